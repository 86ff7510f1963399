#include "tui/data/sim_progress.h"
#include "tui/draw/text_view.h"
#include "tui/view/view_parts.h"

#include <stdio.h>

#define TEXT_BYTES_MAX 8192

/* As `tidewatch sim status` has it. */
static void write_run(const struct ui_model *model,
                      const struct simulation *run,
                      int width,
                      enum encoding encoding,
                      struct buffer *out)
{
    const struct sim_kind *kind = sim_kind_find(run->kind);
    struct page page = {.out = out,
                        .style = {.is_utf8 = encoding == ENCODING_UTF8, .width = (size_t)width}};
    char since[16];

    view_format_since(model, run->started_at_ms, since);
    (void)buffer_printf(out, "%c%s, begun %s ago\n", TEXT_VIEW_TITLE,
                        kind ? kind->about : run->kind, since);
    sim_write_status(run, &page);
}

int view_run_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct simulation *run = ui_open_run(model->state, model->snapshot);
    struct rect inside;
    struct buffer text;
    char title[64];
    int top;

    (void)snprintf(title, sizeof(title), "Simulation %lld", (long long)model->state->open_run_id);
    inside = view_frame(grid, body, title, "Esc: back");
    if (!run) {
        panel_put_message(grid, inside, PANEL_NO_DATA, "it is no longer in the server's list");
        return 0;
    }
    buffer_init(&text, TEXT_BYTES_MAX);
    write_run(model, run, inside.width, grid->encoding, &text);
    top = text_view_draw(grid, inside, buffer_text(&text), model->state->text_top);
    buffer_finish(&text);
    return top;
}
