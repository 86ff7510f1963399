/* The answers that were scored worst, under the panels of quality. */

#include "tui/state/ui_rows.h"
#include "tui/view/view_parts.h"

#include <stdio.h>

#define SHARE      4  /* of the body's height; half of it while the keys are in the list */
#define PANEL_ROWS 16 /* of the screen, that stay for panels: two rows of charts that can be read */
#define LEAST      4  /* fewer would show one answer in its frame */

static void format_title(const struct stored_requests *requests, char *out, size_t size)
{
    if (requests && requests->n > 0)
        (void)snprintf(out, size, "Worst recent answers (%s%zu)",
                       requests->has_more ? "of the last " : "", requests->n);
    else
        (void)snprintf(out, size, "Worst recent answers");
}

int view_worst_height(const struct ui_model *model, const struct grid *grid, struct rect body)
{
    int height = body.height / SHARE, spare = body.height - PANEL_ROWS;

    if (layout_frame(grid->width, grid->height).mode != LAYOUT_FULL)
        return model->state->is_in_worst ? body.height : 0;
    if (model->state->is_in_worst)
        return body.height / 2;
    height = height < spare ? height : spare;
    return height < LEAST ? 0 : height;
}

void view_worst_draw(const struct ui_model *model, struct grid *grid, struct rect rect)
{
    const struct stored_requests *requests = ui_requests(model->state, model->snapshot);
    bool is_in = model->state->is_in_worst;
    struct request_rows rows = {.requests = requests, .selected = -1};
    struct rect inside = rect;
    char title[64];

    format_title(requests, title, sizeof(title));
    if (layout_frame(grid->width, grid->height).mode == LAYOUT_FULL)
        inside =
            view_box(grid, rect, title, is_in ? "Enter: open  Esc: panels" : "o: go there", is_in);
    if (!requests || requests->n == 0) {
        view_requests_put_none(model, grid, inside);
        return;
    }
    rows.n = requests->n;
    if (is_in)
        rows.selected = ui_requests_chosen(model->state, requests);
    view_requests_put_rows(model, grid, inside, &rows);
}
