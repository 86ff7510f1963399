/* One panel over all of the screen: where everything goes, and the line on top. */

#include "tui/draw/line.h"
#include "tui/text/glyph.h"
#include "tui/text/moment.h"
#include "tui/view/view_inspect_parts.h"

#include "common/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

/* From here on the boxes stand beside and under the chart. */
#define BOXES_WIDTH   120
#define BOXES_HEIGHT  27
#define SIDE_SHARE    34 /* percent of the width */
#define CONTEXT_LINES 4
#define WAY_CELLS     30 /* of a dashboard's title and of a row's, where a panel is open */

/* A chart that can be read, with its frame and without. */
#define CHART_ROWS      10
#define BARE_CHART_ROWS 4
#define SERIES_ROWS     3 /* at the least, where there are so many; a sixth of a higher screen */
#define SERIES_SHARE    6

/* ---- Shared ------------------------------------------------------------------------------------ */

void view_inspect_format(const struct inspect_view *view, double value, char out[UNITS_SIZE])
{
    if (isnan(value))
        (void)snprintf(out, UNITS_SIZE, "-");
    else
        (void)units_format(out, UNITS_SIZE, view->panel->unit, UNITS_AUTO, value);
}

void view_inspect_format_moment(const struct inspect_view *view,
                                int64_t at_ms,
                                char out[VIEW_INSPECT_MOMENT_SIZE])
{
    const struct time_grid *grid = &view->data->set.grid;
    char iso[CLOCK_ISO_SIZE];

    clock_format_iso(at_ms, iso, sizeof(iso));
    if (grid->n > 0 && time_grid_end_ms(grid) - grid->start_ms > DAY_MS)
        (void)snprintf(out, VIEW_INSPECT_MOMENT_SIZE, "%.5s %.8s", iso + 5, iso + 11);
    else
        (void)snprintf(out, VIEW_INSPECT_MOMENT_SIZE, "%.8s", iso + 11);
}

const char *view_inspect_compare_name(enum compare_id id)
{
    static const char *const names[N_COMPARES] = {"1h", "1d", "1w"};

    return names[id];
}

enum compare_id view_inspect_compare(const struct inspect_view *view)
{
    return inspect_compare_of(view->model->state->compare_ms);
}

const struct series *view_inspect_earlier(const struct inspect_view *view, enum compare_id id)
{
    if (id == N_COMPARES || !view->known || !view->known->compare[id].is_known || !view->series)
        return NULL;
    return inspect_find(&view->known->compare[id].set, view->series);
}

double view_inspect_earlier_value(const struct inspect_view *view,
                                  enum compare_id id,
                                  int64_t at_ms)
{
    const struct series *earlier = view_inspect_earlier(view, id);

    return earlier && at_ms >= 0
               ? inspect_value_at(earlier, &view->known->compare[id].set.grid, at_ms)
               : (double)NAN;
}

static struct inspect_view view_of(const struct ui_model *model, size_t i)
{
    struct inspect_view view = {
        .model = model,
        .panel = &model->snapshot->dashboard->panels[i],
        .data = model->snapshot->panels[i],
        .known = ui_inspect_data(model->snapshot, i),
        .index = i,
    };

    view.selected = ui_selected_series(model->state, view.panel, view.data);
    if (view.selected < view.data->set.n)
        view.series = &view.data->set.at[view.selected];
    return view;
}

/* ---- The line on top --------------------------------------------------------------------------- */

static void add_thresholds(const struct inspect_view *view, struct line *line)
{
    for (size_t i = 0; i < view->panel->n_thresholds; i++) {
        const struct threshold *threshold = &view->panel->thresholds[i];
        bool is_crit = threshold->level == LEVEL_CRIT;
        char value[UNITS_SIZE];

        if (!isfinite(threshold->from) || (!is_crit && threshold->level != LEVEL_WARN))
            continue;
        view_inspect_format(view, threshold->from, value);
        (void)line_add(line, 60, style_of(is_crit ? ROLE_LIMIT_CRIT : ROLE_LIMIT_WARN), "%s %s",
                       is_crit ? "crit" : "warn", value);
    }
}

/* Why there is no number beside one that was asked for with a key; the others are only left open. */
static void add_no_compare(const struct inspect_view *view, struct line *line, enum compare_id id)
{
    const struct inspect_compare *compare = view->known ? &view->known->compare[id] : NULL;
    const char *name = view_inspect_compare_name(id);

    if (id == view_inspect_compare(view))
        (void)line_add(line, 80, style_of(ROLE_STALE), "%s ago %.90s", name,
                       compare && compare->reason[0]  ? compare->reason
                       : compare && compare->is_known ? "has no value here"
                                                      : "is asked for");
    else if (compare && (compare->is_known || compare->reason[0]))
        (void)line_add(line, 20, style_of(ROLE_DIM), "vs %s ago -", name);
}

static void add_compare(const struct inspect_view *view,
                        enum encoding encoding,
                        struct line *line,
                        enum compare_id id)
{
    const struct time_grid *moments = &view->data->set.grid;
    int64_t cursor_ms = view->model->state->cursor_ms;
    int weight = id == view_inspect_compare(view) ? 80 : 70 - (int)id;
    double now = view->series ? inspect_value_at(view->series, moments, cursor_ms) : (double)NAN;
    double then = view_inspect_earlier_value(view, id, inspect_moment_of(moments, cursor_ms));
    char change[INSPECT_CHANGE_SIZE];

    if (inspect_format_change(change, view->panel, now, then,
                              encoding == ENCODING_UTF8 ? "\xc3\x97" : "x"))
        (void)line_add(line, weight, style_of(ROLE_ACCENT), "vs %s ago %s",
                       view_inspect_compare_name(id), change);
    else
        add_no_compare(view, line, id);
}

/* An hour and a day ago side by side where there is room, else the one that was chosen, or the hour. */
static void add_compares(const struct inspect_view *view,
                         enum encoding encoding,
                         struct line *line,
                         bool is_wide)
{
    enum compare_id chosen = view_inspect_compare(view);

    for (int i = 0; i < N_COMPARES; i++) {
        enum compare_id id = (enum compare_id)i;
        bool is_usual = is_wide ? id != COMPARE_WEEK : chosen == N_COMPARES && id == COMPARE_HOUR;

        if (id == chosen || (is_usual && !panel_is_of_now(view->panel)))
            add_compare(view, encoding, line, id);
    }
}

static void add_step(const struct inspect_view *view, struct line *line)
{
    char span[MOMENT_SPAN_SIZE];

    if (view->data->set.grid.step_ms <= 0)
        return;
    moment_format_span(view->data->set.grid.step_ms, span);
    (void)line_add(line, 30, style_of(ROLE_DIM), "step %s", span);
}

static void put_step(struct pen *pen, const char *name)
{
    if (!name[0])
        return;
    pen->x += grid_put_cut(pen->grid, pen->x, pen->y, WAY_CELLS, style_of(ROLE_DIM), name);
    pen_put(pen, style_of(ROLE_DIM), " / ");
}

/* Where the panel stands: in the view, or in the dashboard that was opened in its place, and under which row. */
static void put_way(const struct inspect_view *view, struct pen *pen)
{
    const struct ui_state *state = view->model->state;
    bool is_of_file = state->view == VIEW_OVERVIEW && state->place->is_overview_of_file;

    put_step(pen,
             is_of_file ? view->model->snapshot->dashboard->title : view_titles[state->view].name);
    put_step(pen, view->panel->row);
}

static void draw_title(const struct inspect_view *view, struct grid *grid, struct rect row)
{
    struct pen pen = pen_at(grid, row);
    struct line line = {.n = 0};
    char value[UNITS_SIZE];

    pen_glyph(&pen, style_of(ROLE_FOCUS), GLYPH_BACK);
    pen_skip(&pen, 1);
    if (row.width >= BOXES_WIDTH)
        put_way(view, &pen);
    if (view->index < 9)
        pen_putf(&pen, style_of(ROLE_ACCENT), "%zu ", view->index + 1);
    pen.x += grid_put_cut(grid, pen.x, pen.y, row.width / 2, style_with(ROLE_TITLE, STYLE_BOLD),
                          view->panel->title);
    pen_skip(&pen, 2);
    if (!isnan(panel_data_value(view->panel, view->data))) {
        view_inspect_format(view, panel_data_value(view->panel, view->data), value);
        pen_putf(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "%s ", value);
    }
    if (panel_is_drawn(view->panel))
        panel_put_state(&pen, board_panel_state(view->panel, view->data));
    pen_skip(&pen, 2);
    add_thresholds(view, &line);
    add_compares(view, grid->encoding, &line, row.width >= BOXES_WIDTH);
    add_step(view, &line);
    if (pen_left(&pen) >= 6 && line.n > 0)
        line_draw(grid, (struct rect){pen.x, row.y, pen_left(&pen), 1}, &line);
}

/* ---- Two layouts ------------------------------------------------------------------------------- */

static int draw_boxes(const struct inspect_view *view, struct grid *grid, struct rect body)
{
    struct rect query = layout_take_bottom(&body, inspect_query_box_height(view, body.width));
    struct rect context = layout_take_bottom(&body, CONTEXT_LINES + 2);
    int side = body.width * SIDE_SHARE / 100, rows = inspect_series_box_height(view);
    struct rect right = layout_take_right(&body, side);
    struct rect simulation = layout_take_right(&context, side);
    struct rect series;

    /* Exemplars have four rows of their own at the least. */
    series = layout_take_top(&right, rows < right.height - 6 ? rows : right.height - 6);
    inspect_series_draw_box(view, grid, series);
    inspect_exemplars_draw_box(view, grid, right);
    inspect_rules_draw_box(view, grid, context);
    inspect_simulation_draw_box(view, grid, simulation);
    inspect_query_draw_box(view, grid, query);
    return inspect_chart_draw(view, grid, body);
}

typedef void line_fn(const struct inspect_view *view, struct grid *grid, struct rect row);

/* From the bottom up, and the last to leave first: what there is room for beside the chart. The simulation is
 * on its strip already. */
static line_fn *const lines[] = {
    inspect_query_draw_line, inspect_cost_draw_line,      inspect_rules_draw_line,
    inspect_stats_draw_line, inspect_exemplars_draw_line, inspect_simulation_draw_line,
};

static int draw_lines(const struct inspect_view *view, struct grid *grid, struct rect body)
{
    bool is_framed = layout_frame(grid->width, grid->height).mode == LAYOUT_FULL;
    int bare = body.height / 2 > BARE_CHART_ROWS ? body.height / 2 : BARE_CHART_ROWS;
    int chart_rows = is_framed ? CHART_ROWS : bare;
    int n_series = view->data->set.n > 0 ? (int)view->data->set.n : 1;
    int most = body.height / SERIES_SHARE > SERIES_ROWS ? body.height / SERIES_SHARE : SERIES_ROWS;
    int spare = body.height - chart_rows, table = 1 + (n_series < most ? n_series : most);

    if (table > spare)
        table = spare > 0 ? spare : 0;
    spare -= table;
    for (size_t i = 0; i < COUNT_OF(lines) && spare > 0; i++, spare--)
        lines[i](view, grid, layout_take_bottom(&body, 1));
    if (table > 0)
        inspect_series_draw(view, grid, layout_take_bottom(&body, table));
    return inspect_chart_draw(view, grid, body);
}

int view_inspect_draw(const struct ui_model *model, struct grid *grid, struct rect body, size_t i)
{
    struct inspect_view view = view_of(model, i);

    draw_title(&view, grid, layout_take_top(&body, 1));
    if (body.width >= BOXES_WIDTH && body.height >= BOXES_HEIGHT)
        return draw_boxes(&view, grid, body);
    return draw_lines(&view, grid, body);
}
