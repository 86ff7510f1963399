/* What was asked from the command line, and the answer. */

#include "common/buffer.h"
#include "tui/draw/text_view.h"
#include "tui/text/moment.h"
#include "tui/view/view_parts.h"

#include <stdio.h>

#define TEXT_BYTES_MAX ((size_t)1 << 20)
#define WAIT_STEP_MS   1000

static void write_answer(const struct enquiry_data *data,
                         int width,
                         enum encoding encoding,
                         struct buffer *out)
{
    struct page page = {.out = out,
                        .style = {.is_utf8 = encoding == ENCODING_UTF8, .width = (size_t)width}};

    (void)buffer_printf(out, "%c%s\n\n", TEXT_VIEW_TITLE, data->enquiry.text);
    if (data->enquiry.kind == ENQUIRY_PREDICT)
        prediction_write(&data->prediction, &page);
    else
        triage_write(&data->triage, &page);
}

static int draw_text(const struct ui_model *model,
                     struct grid *grid,
                     struct rect inside,
                     const struct enquiry_data *data)
{
    struct buffer text;
    int top;

    buffer_init(&text, TEXT_BYTES_MAX);
    write_answer(data, inside.width, grid->encoding, &text);
    top = text_view_draw(grid, inside, buffer_text(&text), model->state->text_top);
    buffer_finish(&text);
    return top;
}

/* What was asked stays in sight while there is no answer to it. */
static void put_no_answer(const struct ui_model *model,
                          struct grid *grid,
                          struct rect inside,
                          const struct enquiry_data *data)
{
    const struct ui_state *state = model->state;
    int64_t waited_ms = model->at.mono_ms - state->enquired_mono_ms;
    int rows = panel_put_wrapped(
        grid,
        (struct rect){inside.x, inside.y, inside.width, inside.height > 4 ? inside.height / 3 : 1},
        style_with(ROLE_TITLE, STYLE_BOLD), state->enquiry.text);
    char span[MOMENT_SPAN_SIZE], text[80];

    (void)layout_take_top(&inside, rows < inside.height / 3 ? rows : inside.height / 3);
    if (data) {
        panel_put_message(grid, inside, PANEL_ERROR, data->reason);
        return;
    }
    moment_format_span(waited_ms - waited_ms % WAIT_STEP_MS, span);
    (void)snprintf(text, sizeof(text), "asked %s ago, not answered yet",
                   waited_ms < WAIT_STEP_MS ? "0s" : span);
    panel_put_message(grid, inside, PANEL_NONE, text);
}

int answer_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct enquiry_data *data = ui_enquiry(model->state, model->snapshot);
    struct rect inside;
    char title[32];

    grid_fill(grid, body, style_of(ROLE_NORMAL), ' ');
    if (data && data->is_answered && data->enquiry.kind == ENQUIRY_ASK) {
        view_request_draw_detail(model, grid, body, &data->detail);
        return 0;
    }
    (void)snprintf(title, sizeof(title), "Command line: %s",
                   enquiry_name(model->state->enquiry.kind));
    inside = view_frame(grid, body, title, "Esc: back");
    if (data && data->is_answered)
        return draw_text(model, grid, inside, data);
    put_no_answer(model, grid, inside, data);
    return 0;
}
