#include "tui/draw/bars.h"
#include "tui/text/server_text.h"
#include "tui/view/board_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Fresh data's age in whole seconds up to here, then in steps: twelve ages a second are bytes. */
#define AGE_STEP_MS    5000
#define DIFFERS        "differs: e"
#define BOTH_MIN_WIDTH 30 /* of a border that has names of lines and a note */
#define SENTENCE_CELLS 32 /* of a border where the beginning of a note tells what it is about */
#define TREND_PART     10 /* the newest tenth of the points against the tenth before it */

/* ---- By type ----------------------------------------------------------------------------------- */

struct drawer {
    board_draw_fn *draw;
    board_value_fn *value; /* NULL: the number of the first series */
    bool is_of_several;    /* each series shows its own number: of several the head has none */
    bool is_judged;        /* by thresholds */
    bool has_note_row;     /* a note takes a row of its own, as it does from several numbers */
};

static const struct drawer drawers[PANEL_OTHER + 1] = {
    [PANEL_TIMESERIES] = {.draw = board_timeseries_draw, .is_judged = true},
    [PANEL_STAT] = {.draw = board_stat_draw, .is_of_several = true, .is_judged = true},
    [PANEL_GAUGE] = {.draw = board_gauge_draw, .is_of_several = true, .is_judged = true},
    [PANEL_BARGAUGE] = {.draw = board_bargauge_draw, .is_of_several = true, .is_judged = true},
    [PANEL_PIECHART] = {.draw = board_piechart_draw,
                        .value = board_piechart_value,
                        .has_note_row = true},
    [PANEL_HEATMAP] = {.draw = board_heatmap_draw, .value = board_heatmap_value},
    [PANEL_TABLE] = {.draw = board_table_draw,
                     .value = board_table_value,
                     .is_judged = true,
                     .has_note_row = true},
    [PANEL_TEXT] = {.draw = board_text_draw},
    [PANEL_ALERTLIST] = {.draw = board_alertlist_draw, .value = board_alertlist_value},
    [PANEL_TIMELINE] = {.draw = board_timeline_draw, .is_of_several = true, .is_judged = true},
    [PANEL_BARCHART] = {.draw = board_bargauge_draw, .is_of_several = true, .is_judged = true},
};

/* ---- What a panel comes to --------------------------------------------------------------------- */

static bool has_points(const struct panel_data *data)
{
    return data->set.n > 0;
}

enum panel_state board_level_state(enum threshold_level level)
{
    static const enum panel_state of_level[] = {[LEVEL_NONE] = PANEL_NONE,
                                                [LEVEL_OK] = PANEL_OK,
                                                [LEVEL_WARN] = PANEL_WARN,
                                                [LEVEL_CRIT] = PANEL_CRIT};

    return of_level[level];
}

enum role board_value_role(const struct panel *panel, double value, enum role otherwise)
{
    enum threshold_level level = panel_level(panel, value);

    return level == LEVEL_NONE ? otherwise : panel_state_role(board_level_state(level));
}

bool board_is_stale(const struct board_panel *at)
{
    return at->data->state == DATA_STALE || at->data->state == DATA_ERROR;
}

enum panel_state board_value_state(const struct panel *panel, double value)
{
    if (isnan(value) && !panel_mapping(panel, value))
        return PANEL_NAN;
    return board_level_state(panel_level(panel, value));
}

enum panel_state board_panel_state(const struct panel *panel, const struct panel_data *data)
{
    if (!panel_is_of_queries(panel) || panel_data_is_told_empty(panel, data))
        return PANEL_NONE;
    if (data->state != DATA_OK)
        return view_state_of(data->state);
    if (isnan(panel_data_value(panel, data)) && !panel_mapping(panel, (double)NAN))
        return PANEL_NAN;
    if (!drawers[panel->type].is_judged)
        return PANEL_NONE;
    return board_level_state(panel_data_level(panel, data));
}

static enum panel_state state_of(const struct board_panel *at)
{
    return at->panel->type == PANEL_ALERTLIST ? board_alertlist_state(at)
                                              : board_panel_state(at->panel, at->data);
}

/* The mean of finite values in [from, to); NaN when there is none. */
static double mean_of(const double *values, size_t from, size_t to)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = from; i < to; i++)
        if (isfinite(values[i])) {
            sum += values[i];
            n++;
        }
    return n > 0 ? sum / (double)n : (double)NAN;
}

/* A tenth of the range of what is shown is a trend, less is noise. */
static enum trend trend_of(const struct panel *panel, const struct panel_data *data)
{
    const struct series *series = panel_data_series(panel, data);
    size_t n = data->set.grid.n, part = n / TREND_PART;
    double now, before, least, most;

    if (!series || part < 2)
        return TREND_NONE;
    now = mean_of(series->values, n - part, n);
    before = mean_of(series->values, n - 2 * part, n - part);
    least = series_reduce(series, n, CALC_MIN);
    most = series_reduce(series, n, CALC_MAX);
    if (!(fabs(now - before) > 0.1 * (most - least)))
        return TREND_NONE;
    return now > before ? TREND_UP : TREND_DOWN;
}

void board_format(const struct panel *panel, double value, bool has_data, char out[UNITS_SIZE])
{
    const struct value_mapping *mapping = has_data ? panel_mapping(panel, value) : NULL;

    if (mapping && mapping->text[0])
        (void)snprintf(out, UNITS_SIZE, "%s", mapping->text);
    else if (isnan(value) && panel->no_value[0])
        (void)snprintf(out, UNITS_SIZE, "%s", panel->no_value);
    else if (isnan(value) && !has_data)
        out[0] = '\0';
    else
        (void)units_format(out, UNITS_SIZE, panel->unit,
                           panel->decimals >= 0 ? panel->decimals : UNITS_AUTO, value);
}

/* ---- The head ---------------------------------------------------------------------------------- */

static void format_value(const struct board_panel *at, char out[UNITS_SIZE])
{
    const struct drawer *drawer = &drawers[at->panel->type];
    const char *name = panel_data_name(at->panel, at->data);

    out[0] = '\0';
    if (drawer->value)
        drawer->value(at, out);
    else if (!panel_is_of_queries(at->panel) || (drawer->is_of_several && at->data->set.n > 1))
        return;
    else if (at->panel->is_name_shown && name)
        (void)server_text_copy(out, UNITS_SIZE, name, strlen(name));
    else
        board_format(at->panel, panel_data_value(at->panel, at->data), has_points(at->data), out);
}

static void set_age(const struct board_panel *at, struct panel_head *head)
{
    if (at->panel->type == PANEL_ALERTLIST)
        head->age.ms = board_alertlist_age_ms(at);
    else if (panel_is_of_queries(at->panel))
        head->age.ms = panel_data_age_ms(at->data, at->model->at.mono_ms);
    head->age.is_late = head->state == PANEL_STALE || head->state == PANEL_ERROR;
    if (!head->age.is_late && head->age.ms > AGE_STEP_MS)
        head->age.ms -= head->age.ms % AGE_STEP_MS;
}

/* The panel with its head, whose value is written into `value`. */
static struct board_panel panel_at(const struct ui_model *model,
                                   size_t i,
                                   bool is_focused,
                                   char value[UNITS_SIZE],
                                   struct panel_head *ret_head)
{
    struct board_panel at = {
        .model = model,
        .panel = &model->snapshot->dashboard->panels[i],
        .data = model->snapshot->panels[i],
        .index = i,
        .value = value,
        .is_alone = is_focused && model->state->zoom != ZOOM_NONE,
    };

    value[0] = '\0';
    *ret_head = (struct panel_head){
        .number = i < 9 ? (int)i + 1 : 0,
        .title = at.panel->title,
        .value = value,
        .age = {.ms = UNITS_AGE_NONE},
        .is_focused = is_focused,
    };
    if (!panel_is_drawn(at.panel))
        return at;
    format_value(&at, value);
    at.state = ret_head->state = state_of(&at);
    if (value[0] && !drawers[at.panel->type].value && at.data->state == DATA_OK)
        ret_head->trend = trend_of(at.panel, at.data);
    set_age(&at, ret_head);
    return at;
}

/* ---- Panels ------------------------------------------------------------------------------------ */

/* Why the panel is not as it should be, with the next try where one is waited for. */
static void format_note(const struct board_panel *at, char *out, size_t size)
{
    const struct source *source = &at->model->snapshot->sources[SOURCE_PROMETHEUS];
    int64_t wait_ms = source->retry_at_mono_ms - at->model->at.mono_ms;

    if (source->retry_at_mono_ms > 0 && wait_ms > 0 && at->data->state != DATA_PARTIAL)
        (void)snprintf(out, size, "%s, retry %llds", at->data->reason,
                       (long long)((wait_ms + 999) / 1000));
    else if (board_is_stale(at) || at->data->state == DATA_PARTIAL || !has_points(at->data))
        (void)snprintf(out, size, "%s", at->data->reason);
    else if (at->data->set.n_refused > 0)
        (void)snprintf(out, size, "%zu series more are not shown", at->data->set.n_refused);
    else
        out[0] = '\0';
}

static void draw_series(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    const struct drawer *drawer = &drawers[at->panel->type];
    enum panel_state state = at->data->state == DATA_OK ? PANEL_PARTIAL : at->state;
    struct rect rect = inside;
    char note[SOURCE_REASON_SIZE + 32];

    format_note(at, note, sizeof(note));
    if (!has_points(at->data)) {
        panel_put_message(grid, inside, at->state,
                          panel_data_is_told_empty(at->panel, at->data) ? at->panel->no_value
                                                                        : note);
        return;
    }
    if (note[0] && rect.height > 1 &&
        (drawer->has_note_row || (drawer->is_of_several && at->data->set.n > 1)))
        rect.height--;
    drawer->draw(at, grid, rect);
    if (note[0])
        panel_put_note(grid, inside, state, note);
}

static void draw_inside(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    if (!panel_is_drawn(at->panel))
        panel_put_message(grid, inside, PANEL_NONE, at->panel->reason);
    else if (panel_is_of_queries(at->panel))
        draw_series(at, grid, inside);
    else
        drawers[at->panel->type].draw(at, grid, inside);
}

/* What the file asks for and is drawn otherwise here, as it is said in a border: the first of it, and how much
 * more. All of it stands among errors and warnings. */
struct differences {
    const char *text;
    char rest[32];
    int cells; /* of both with a blank on either side */
};

static struct differences differences_of(const struct dashboard_notes *notes,
                                         enum encoding encoding,
                                         int room)
{
    struct differences differences = {.text = notes->text[0]};

    if (notes->n > 1)
        (void)snprintf(differences.rest, sizeof(differences.rest), " (+%zu: e)", notes->n - 1);
    differences.cells =
        grid_text_cells(encoding, differences.text) + (int)strlen(differences.rest) + 2;
    /* Where there is room for no more than a few words of it, two say where to read it. */
    if (differences.cells > room && room < SENTENCE_CELLS)
        differences = (struct differences){.text = DIFFERS, .cells = (int)strlen(DIFFERS) + 2};
    return differences;
}

static void put_differences(const struct differences *differences,
                            struct grid *grid,
                            struct rect row)
{
    struct pen pen = pen_at(grid, row);

    pen_put(&pen, style_of(ROLE_BORDER), " ");
    pen.x += grid_put_cut(grid, pen.x, pen.y, pen_left(&pen) - (int)strlen(differences->rest) - 1,
                          style_of(ROLE_DIM), differences->text);
    pen_put(&pen, style_of(ROLE_DIM), differences->rest);
    pen_put(&pen, style_of(ROLE_BORDER), " ");
}

/* The lower border has it, where it costs no row of the panel; beside the names of lines at the right. */
static void put_foot(const struct board_panel *at, struct grid *grid, struct rect rect)
{
    struct rect row = {rect.x + 2, rect.y + rect.height - 1, rect.width - 4, 1}, right = row;
    bool has_legend = at->panel->type == PANEL_TIMESERIES && !at->is_alone && at->data->set.n > 1;
    bool differs = at->panel->notes.n > 0;
    bool has_both = has_legend && differs && row.width >= BOTH_MIN_WIDTH;

    if (!panel_is_drawn(at->panel) || rect.height < 3 || rect.width < 16)
        return;
    if (differs) {
        int room = has_both ? row.width * 2 / 5 : row.width;
        struct differences differences = differences_of(&at->panel->notes, grid->encoding, room);

        if (has_both) {
            right = layout_take_right(&row, differences.cells < room ? differences.cells : room);
            row.width--;
        }
        put_differences(&differences, grid, right);
    }
    if (has_both || (has_legend && !differs))
        board_put_legend(at, grid, row);
}

int board_panel_draw(const struct ui_model *model,
                     struct grid *grid,
                     struct rect rect,
                     size_t i,
                     bool is_focused,
                     int foot_taken)
{
    int top = is_focused ? model->state->text_top : 0;
    char value[UNITS_SIZE];
    struct panel_head head;
    struct board_panel at = panel_at(model, i, is_focused, value, &head);

    at.top = &top;
    draw_inside(&at, grid, panel_draw(grid, rect, &head));
    put_foot(&at, grid, (struct rect){rect.x, rect.y, rect.width - foot_taken, rect.height});
    return top;
}

/* In a line there is no room for a text, but for its beginning. */
static void put_strip_text(const struct board_panel *at, struct grid *grid, struct rect row)
{
    const char *text = at->panel->reason;
    char line[256];

    if (panel_is_drawn(at->panel) && at->panel->text) {
        const char *from = at->panel->text + strspn(at->panel->text, "\x01\n ");

        (void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(from, "\n"), from);
        text = line;
    }
    (void)grid_put_cut(grid, row.x + row.width / 2, row.y, row.width - row.width / 2,
                       style_of(ROLE_DIM), text);
}

void board_panel_draw_strip(
    const struct ui_model *model, struct grid *grid, struct rect row, size_t i, bool is_focused)
{
    char value[UNITS_SIZE];
    struct strip strip = {.n_values = 0};
    struct board_panel at = panel_at(model, i, is_focused, value, &strip.head);

    if (panel_is_drawn(at.panel) && panel_is_of_queries(at.panel) && has_points(at.data)) {
        const struct series *series = panel_data_series(at.panel, at.data);

        strip.values = (series ? series : &at.data->set.at[0])->values;
        strip.n_values = at.data->set.grid.n;
    }
    panel_draw_strip(grid, row, &strip);
    if (!panel_is_drawn(at.panel) || at.panel->type == PANEL_TEXT)
        put_strip_text(&at, grid, row);
}
