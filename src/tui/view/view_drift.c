#include "tui/draw/bars.h"
#include "tui/draw/table.h"
#include "tui/text/moment.h"
#include "tui/view/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIDE_BY_SIDE 120 /* from this width on the histogram stands beside the table */

enum {
    COLUMN_MARK,
    COLUMN_FEATURE,
    COLUMN_SCORE,
    COLUMN_PSI,
    COLUMN_KS,
    COLUMN_SHIFT,
    COLUMN_LOGIT,
    COLUMN_P,
};

static const struct table_column columns[] = {
    [COLUMN_MARK] = {" ", 1, 0, false, false},
    [COLUMN_FEATURE] = {"FEATURE", 16, 0, false, true},
    [COLUMN_SCORE] = {"SCORE", 5, 0, true, false},
    [COLUMN_PSI] = {"PSI", 5, 36, true, false},
    [COLUMN_KS] = {"KS", 5, 56, true, false},
    [COLUMN_SHIFT] = {"BEFORE -> AFTER", 15, 54, true, false},
    [COLUMN_LOGIT] = {"LOGIT", 6, 62, true, false},
    [COLUMN_P] = {"KS p", 8, 76, true, false},
};

/* ---- Summary ----------------------------------------------------------------------------------- */

static enum panel_state score_state(const struct drift_status *status)
{
    return status->score > DRIFT_SCORE_LIMIT ? PANEL_CRIT
           : status->is_detected             ? PANEL_WARN
                                             : PANEL_OK;
}

static void put_number(struct pen *pen, const char *name, const char *fmt, double value)
{
    char text[32];

    if (isnan(value))
        return;
    (void)units_format(text, sizeof(text), "none", 2, value);
    pen_putf(pen, style_of(ROLE_DIM), "   %s ", name);
    pen_put(pen, style_of(ROLE_NORMAL), text);
    pen_put(pen, style_of(ROLE_DIM), fmt);
}

static void draw_summary(const struct ui_model *model, struct grid *grid, struct rect row)
{
    const struct drift_data *drift = model->snapshot->drift;
    const struct source *source = &model->snapshot->sources[SOURCE_ML];
    struct pen pen = pen_at(grid, row);
    struct age age = {.ms = model->at.mono_ms - drift->good_mono_ms,
                      .is_late = source->state == DATA_STALE};
    char text[24];

    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "Drift score ");
    (void)units_format(text, sizeof(text), "none", 2, drift->status.score);
    pen_putf(&pen, style_with(panel_state_role(score_state(&drift->status)), STYLE_BOLD), "%s ",
             text);
    panel_put_state(&pen, source->state == DATA_OK ? score_state(&drift->status)
                                                   : view_state_of(source->state));
    (void)units_format_age(text, sizeof(text), age);
    pen_putf(&pen, style_of(ROLE_DIM), " %s", text);
    put_number(&pen, "alert over", "", DRIFT_SCORE_LIMIT);
    pen_putf(&pen, style_of(ROLE_DIM), "   window %lld", (long long)drift->status.n_samples);
    put_number(&pen, "usual for this hour", "", drift->status.usual_score);
    put_number(&pen, "predictions", " (Cramer's V)", drift->status.prediction_drift);
}

/* ---- Table ------------------------------------------------------------------------------------- */

static enum panel_state feature_state(const struct drift_feature_status *feature)
{
    if (feature->severity > DRIFT_SCORE_LIMIT)
        return PANEL_CRIT;
    return feature->is_detected || feature->severity >= DRIFT_SEVERITY_SHOWN ? PANEL_WARN
                                                                             : PANEL_OK;
}

static void put_cell(const struct table *table,
                     struct grid *grid,
                     int y,
                     size_t column,
                     struct style style,
                     double value)
{
    char text[UNITS_SIZE];

    (void)units_format(text, sizeof(text), "none", column == COLUMN_P ? 4 : 2, value);
    table_put(table, grid, y, column, style, isnan(value) ? "-" : text);
}

static void put_feature(struct grid *grid,
                        const struct table *table,
                        int y,
                        const struct drift_feature_status *feature)
{
    struct style state = style_of(panel_state_role(feature_state(feature)));
    char shift[32], sign[8];

    if (grid->encoding == ENCODING_UTF8)
        grid_put_glyph(grid, table->at[COLUMN_MARK].x, y, state,
                       panel_state_glyph(feature_state(feature)));
    else if (feature_state(feature) != PANEL_OK)
        (void)grid_put(grid, table->at[COLUMN_MARK].x, y, 1, state,
                       feature_state(feature) == PANEL_CRIT ? "!" : "*");
    table_put(table, grid, y, COLUMN_FEATURE, style_of(ROLE_NORMAL), feature->name);
    put_cell(table, grid, y, COLUMN_SCORE, state, feature->severity);
    put_cell(table, grid, y, COLUMN_PSI, style_of(ROLE_NORMAL), feature->psi);
    put_cell(table, grid, y, COLUMN_KS, style_of(ROLE_NORMAL), feature->ks);
    put_cell(table, grid, y, COLUMN_P, style_of(ROLE_NORMAL), feature->ks_p);
    (void)snprintf(shift, sizeof(shift), "%.4g -> %.4g", feature->mean_before, feature->mean_after);
    table_put(table, grid, y, COLUMN_SHIFT, style_of(ROLE_NORMAL), shift);
    (void)snprintf(sign, sizeof(sign), "%+.2f", feature->logit_shift);
    table_put(table, grid, y, COLUMN_LOGIT, style_of(ROLE_NORMAL),
              isnan(feature->logit_shift) ? "-" : sign);
}

static void draw_table(const struct ui_model *model,
                       struct grid *grid,
                       struct rect rect,
                       int selected)
{
    const struct drift_status *status = &model->snapshot->drift->status;
    struct rect inside = view_frame(grid, rect, "Features against the training data", "");
    int top, n = (int)status->n_features;
    struct table table;

    if (inside.height < 2)
        return;
    table_plan(&table, columns, COUNT_OF(columns), inside);
    table_put_titles(&table, grid, inside.y);
    top = view_first_row(selected, n, inside.height - 1);
    for (int row = 0; row < inside.height - 1 && top + row < n; row++) {
        put_feature(grid, &table, inside.y + 1 + row, &status->features[top + row]);
        grid_add_item(grid, (struct rect){inside.x, inside.y + 1 + row, inside.width, 1},
                      top + row);
        if (top + row == selected)
            view_select_row(grid, (struct rect){inside.x, inside.y + 1 + row, inside.width, 1});
    }
}

/* ---- Histogram --------------------------------------------------------------------------------- */

static void put_legend(struct grid *grid, struct rect row)
{
    struct pen pen = pen_at(grid, row);

    pen_glyph(&pen, style_of(ROLE_REFERENCE), GLYPH_SHADE);
    pen_put(&pen, style_of(ROLE_DIM), " training  ");
    pen_glyph(&pen, style_of(ROLE_WARN), GLYPH_FULL);
    pen_put(&pen, style_of(ROLE_DIM), " now   x: up to");
}

static void draw_histogram(struct grid *grid,
                           struct rect rect,
                           const struct drift_feature_status *feature)
{
    double before[DRIFT_CELLS_MAX], after[DRIFT_CELLS_MAX];
    char texts[DRIFT_CELLS_MAX][16];
    const char *labels[DRIFT_CELLS_MAX];
    size_t n = feature->n_cells < DRIFT_CELLS_MAX ? feature->n_cells : DRIFT_CELLS_MAX;
    struct histogram_pair pair = {
        .reference = before, .current = after, .labels = labels, .n_bins = n, .role = ROLE_WARN};

    for (size_t i = 0; i < n; i++) {
        before[i] = feature->cells[i].before;
        after[i] = feature->cells[i].after;
        labels[i] = texts[i];
        if (isfinite(feature->cells[i].up_to))
            (void)snprintf(texts[i], sizeof(texts[i]), "%.3g", feature->cells[i].up_to);
        else
            (void)snprintf(texts[i], sizeof(texts[i]), "more");
    }
    put_legend(grid, layout_take_top(&rect, 1));
    (void)bars_histogram_pair(grid, rect, &pair);
}

static void draw_feature(struct grid *grid,
                         struct rect rect,
                         const struct drift_feature_status *feature)
{
    char note[32];
    struct rect inside, text;
    int lines;

    (void)snprintf(note, sizeof(note), "psi critical %.2f", feature->psi_critical);
    inside = panel_draw_plain(grid, rect, feature->name, isnan(feature->psi_critical) ? "" : note,
                              false);
    if (inside.height < 1)
        return;
    inside.x++;
    inside.width -= 2;
    lines = panel_put_wrapped(grid, (struct rect){inside.x, inside.y, inside.width, 0},
                              style_of(ROLE_NORMAL), feature->explanation);
    if (lines > inside.height / 2)
        lines = inside.height / 2;
    text = layout_take_bottom(&inside, lines);
    (void)panel_put_wrapped(grid, text, style_of(ROLE_NORMAL), feature->explanation);
    if (inside.height >= 4 && feature->n_cells > 0)
        draw_histogram(grid, inside, feature);
}

/* Beside or under the table; where there is no room for a histogram, what explains the selected feature
 * in words. */
static void draw_features(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct drift_status *status = &model->snapshot->drift->status;
    int selected = ui_selected(model->state, VIEW_DRIFT, status->n_features);
    bool is_full = layout_frame(grid->width, grid->height).mode == LAYOUT_FULL;
    int rows = (is_full ? 3 : 1) + (int)status->n_features;
    struct rect rest;

    if (rows > body.height / 2 && is_full)
        rows = (body.height + 1) / 2;
    if (body.width >= SIDE_BY_SIDE && is_full)
        rest = layout_take_right(&body, body.width * 45 / 100);
    else
        rest = layout_take_bottom(&body, body.height - rows);
    draw_table(model, grid, body, selected);
    if (selected >= 0 && is_full)
        draw_feature(grid, rest, &status->features[selected]);
    else if (selected >= 0 && rest.height > 0)
        (void)panel_put_wrapped(grid, rest, style_of(ROLE_DIM),
                                status->features[selected].explanation);
}

int view_drift_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct snapshot *snapshot = model->snapshot;
    const struct source *source = &snapshot->sources[SOURCE_ML];
    char reason[200];

    if (!snapshot->drift) {
        panel_put_message(grid, body,
                          view_state_of(source->state == DATA_OK ? DATA_NONE : source->state),
                          source->reason[0] ? source->reason : "the ML API has not answered yet");
        return 0;
    }
    if (!snapshot->drift->status.has_score) {
        (void)snprintf(reason, sizeof(reason),
                       "%lld of %lld samples for a score: B starts baseline traffic, D a drift",
                       (long long)snapshot->drift->status.n_samples,
                       (long long)snapshot->drift->status.n_needed);
        panel_put_message(grid, body, PANEL_NO_DATA, reason);
        return 0;
    }
    draw_summary(model, grid, layout_take_top(&body, 1));
    draw_features(model, grid, body);
    return 0;
}
