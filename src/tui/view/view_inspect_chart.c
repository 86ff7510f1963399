#include "tui/draw/chart.h"
#include "tui/view/view_inspect_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NOTE_SIZE 160

static bool is_hidden(const struct inspect_view *view, size_t s)
{
    return view->model->state->hidden_series >> s & 1;
}

static size_t count_hidden(const struct inspect_view *view)
{
    size_t n = 0;

    for (size_t s = 0; s < view->data->set.n; s++)
        n += is_hidden(view, s);
    return n;
}

/* ---- A logarithmic axis ------------------------------------------------------------------------- */

/* The points that such an axis has no place for; *ret_n_shown gets the others. */
static size_t count_not_positive(const struct inspect_view *view, size_t *ret_n_shown)
{
    size_t n = 0;

    *ret_n_shown = 0;
    for (size_t s = 0; s < view->data->set.n; s++)
        for (size_t i = 0; !is_hidden(view, s) && i < view->data->set.grid.n; i++) {
            double value = view->data->set.at[s].values[i];

            n += value <= 0;
            *ret_n_shown += value > 0;
        }
    return n;
}

static bool wants_log(const struct inspect_view *view)
{
    return view->panel->is_logarithmic != view->model->state->is_scale_turned;
}

static int write_scale(const struct inspect_view *view, char out[NOTE_SIZE])
{
    size_t n_shown, n_lost = count_not_positive(view, &n_shown);

    if (!wants_log(view))
        return 0;
    if (n_shown == 0)
        return snprintf(out, NOTE_SIZE, "no log axis: nothing over 0, ");
    if (n_lost > 0)
        return snprintf(out, NOTE_SIZE, "log, %zu points not over 0 left out, ", n_lost);
    return snprintf(out, NOTE_SIZE, "log, ");
}

/* ---- The frame ---------------------------------------------------------------------------------- */

/* "at 08:00:30, 4 series, 1 hidden" */
static void write_note(const struct inspect_view *view, char out[NOTE_SIZE])
{
    char moment[VIEW_INSPECT_MOMENT_SIZE];
    size_t n_hidden = count_hidden(view);
    int used = write_scale(view, out);

    if (view->data->set.grid.n > 0 && view->model->state->cursor_ms >= 0) {
        view_inspect_format_moment(view, view->model->state->cursor_ms, moment);
        used += snprintf(out + used, NOTE_SIZE - (size_t)used, "at %s, ", moment);
    }
    used += snprintf(out + used, NOTE_SIZE - (size_t)used, "%zu series", view->data->set.n);
    if (n_hidden > 0)
        used += snprintf(out + used, NOTE_SIZE - (size_t)used, ", %zu hidden", n_hidden);
    if (view->data->set.n_refused > 0)
        (void)snprintf(out + used, NOTE_SIZE - (size_t)used, ", %zu more not kept",
                       view->data->set.n_refused);
}

static void write_metrics(const struct inspect_view *view, char *out, size_t size)
{
    struct inspect_metrics metrics;
    size_t used = 0;

    inspect_metrics_of_panel(view->panel, &metrics);
    out[0] = '\0';
    for (size_t i = 0; i < metrics.n && used < size; i++)
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", metrics.names[i]);
}

/* The frame on screens that have frames; returns the inside. */
static struct rect draw_frame(const struct inspect_view *view, struct grid *grid, struct rect rect)
{
    char names[256], title[256], note[NOTE_SIZE] = "";

    if (layout_frame(grid->width, grid->height).mode != LAYOUT_FULL)
        return rect;
    write_note(view, note);
    write_metrics(view, names, sizeof(names));
    /* The note is worth more than the last of many names. */
    (void)snprintf(title, sizeof(title), "%.*s", rect.width / 2 < 8 ? 8 : rect.width / 2, names);
    return panel_draw_plain(grid, rect, title, note, true);
}

/* ---- Lines -------------------------------------------------------------------------------------- */

/* The selected line at the earlier time; false: there is none to draw. */
static bool find_earlier(const struct inspect_view *view, struct chart_series *ret_earlier)
{
    enum compare_id id = view_inspect_compare(view);
    const struct series *earlier = view_inspect_earlier(view, id);
    const struct time_grid *moments;

    if (!earlier)
        return false;
    moments = &view->known->compare[id].set.grid;
    *ret_earlier = (struct chart_series){
        .values = earlier->values,
        .n_values = moments->n,
        .first_ms = moments->start_ms,
        .step_ms = moments->step_ms,
        .role = ROLE_REFERENCE,
        .mark = ',',
        .is_dim = true,
    };
    return true;
}

static void draw_lines(const struct inspect_view *view, struct grid *grid, struct rect inside)
{
    struct chart_series earlier;
    struct board_lines lines = {
        .has_time_axis = true,
        .cursor_ms = view->model->state->cursor_ms,
        .hidden = view->model->state->hidden_series,
        .is_logarithmic = wants_log(view),
    };

    if (find_earlier(view, &earlier))
        lines.earlier = &earlier;
    board_lines_draw(view->model, grid, inside, view->index, &lines);
    inside.height--; /* the time axis */
    if (view->data->state != DATA_OK)
        panel_put_note(grid, inside, view_state_of(view->data->state), view->data->reason);
}

/* Bars, a pie, a table of what is now: there is no line, and the panel looks as on its board. */
static bool is_of_now(const struct inspect_view *view)
{
    return panel_is_drawn(view->panel) && view->data->set.n > 0 && panel_is_of_now(view->panel);
}

int inspect_chart_draw(const struct inspect_view *view, struct grid *grid, struct rect rect)
{
    const char *reason = view->data->reason;
    struct rect inside;

    if (is_of_now(view))
        return board_panel_draw(view->model, grid, rect, view->index, true, 0);
    inside = draw_frame(view, grid, rect);
    if (inside.height < 1)
        return 0;
    if (!panel_is_drawn(view->panel))
        panel_put_message(grid, inside, PANEL_NONE,
                          view->panel->reason[0] ? view->panel->reason : "cannot be drawn here");
    else if (view->data->set.n == 0)
        panel_put_message(grid, inside, view_state_of(view->data->state), reason);
    else if (view->data->set.grid.n == 0)
        panel_put_message(grid, inside, PANEL_NONE, "the lines come");
    else if (view->model->state->is_table)
        inspect_points_draw(view, grid, inside);
    else
        draw_lines(view, grid, inside);
    return 0;
}
