#include "common/alloc.h"
#include "tui/board/dashboard_parts.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRID_COLUMNS 24 /* of gridPos */
#define GRID_H_MAX   1000
#define GRID_Y_MAX   1000000
#define DECIMALS_MAX 15

static const char *const type_names[] = {"timeseries", "stat",           "gauge",    "bargauge",
                                         "piechart",   "heatmap",        "table",    "text",
                                         "alertlist",  "state-timeline", "barchart", "other"};

/* What panels were called before, and what is drawn alike. */
static const struct {
    const char *name;
    enum panel_type type;
} other_names[] = {
    {"graph", PANEL_TIMESERIES},        {"singlestat", PANEL_STAT},
    {"table-old", PANEL_TABLE},         {"grafana-piechart-panel", PANEL_PIECHART},
    {"status-history", PANEL_TIMELINE},
};

const char *panel_type_name(enum panel_type type)
{
    return type_names[type];
}

bool panel_is_drawn(const struct panel *panel)
{
    return panel->reason[0] == '\0';
}

bool panel_is_of_queries(const struct panel *panel)
{
    return panel->type != PANEL_TEXT && panel->type != PANEL_ALERTLIST;
}

bool panel_is_of_now(const struct panel *panel)
{
    for (size_t t = 0; t < panel->n_targets; t++)
        if (panel->targets[t].is_asked && !panel->targets[t].is_instant)
            return false;
    return true;
}

/* ---- Thresholds --------------------------------------------------------------------------------- */

/* "#RGB" or "#RRGGBB" by its hue; greys are NONE. */
static enum threshold_level level_of_hex(const char *digits)
{
    size_t n = strspn(digits, "0123456789abcdefABCDEF");
    unsigned long code = strtoul(digits, NULL, 16);
    int r, g, b, most, least;

    if (n != 3 && n < 6)
        return LEVEL_NONE;
    if (n > 6)
        code >>= 4 * (n - 6 < 8 ? n - 6 : 8); /* alpha */
    r = (int)(n == 3 ? (code >> 8 & 15) * 17 : code >> 16 & 255);
    g = (int)(n == 3 ? (code >> 4 & 15) * 17 : code >> 8 & 255);
    b = (int)(n == 3 ? (code & 15) * 17 : code & 255);
    most = r > g ? (r > b ? r : b) : (g > b ? g : b);
    least = r < g ? (r < b ? r : b) : (g < b ? g : b);
    if (most - least < 40 || b == most)
        return LEVEL_NONE;
    if (g == most && r < g * 9 / 10)
        return LEVEL_OK;
    return g * 2 > r ? LEVEL_WARN : LEVEL_CRIT;
}

/* "rgb(r, g, b)" and "rgba(r, g, b, a)". */
static enum threshold_level level_of_rgb(const char *numbers)
{
    char hex[8];
    long parts[3];

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        char *end;

        parts[i] = strtol(numbers, &end, 10);
        if (end == numbers || parts[i] < 0 || parts[i] > 255)
            return LEVEL_NONE;
        numbers = end + strspn(end, ", ");
    }
    (void)snprintf(hex, sizeof(hex), "%02x%02x%02x", (unsigned)parts[0] & 255,
                   (unsigned)parts[1] & 255, (unsigned)parts[2] & 255);
    return level_of_hex(hex);
}

enum threshold_level dashboard_level_of(const char *colour)
{
    if (strncmp(colour, "rgb", 3) == 0)
        return level_of_rgb(colour + 3 + strspn(colour + 3, "a("));
    if (colour[0] == '#')
        return level_of_hex(colour + 1);
    if (strstr(colour, "red"))
        return LEVEL_CRIT;
    if (strstr(colour, "orange") || strstr(colour, "yellow"))
        return LEVEL_WARN;
    return strstr(colour, "green") ? LEVEL_OK : LEVEL_NONE;
}

enum threshold_level panel_level(const struct panel *panel, double value)
{
    const struct value_mapping *mapping = panel_mapping(panel, value);
    enum threshold_level level = LEVEL_NONE;

    if (mapping && mapping->has_level)
        return mapping->level;
    for (size_t i = 0; i < panel->n_thresholds; i++)
        if (value >= panel->thresholds[i].from)
            level = panel->thresholds[i].level;
    return level;
}

static int compare_thresholds(const void *left, const void *right)
{
    const struct threshold *a = left, *b = right;

    return a->from < b->from ? -1 : a->from > b->from;
}

/* Steps in percent stand between min and max, which must both be known. */
static bool to_absolute(const struct panel *panel, double percent, double *ret_value)
{
    *ret_value = panel->min + percent / 100 * (panel->max - panel->min);
    return isfinite(*ret_value);
}

static void read_thresholds(const struct json *json, struct panel *panel)
{
    const struct json *steps = json_get(json, "steps");
    bool is_percent = strcmp(dashboard_text_at(json, "mode"), "percentage") == 0;
    size_t n = json_count(steps);

    if (n > DASHBOARD_THRESHOLDS_MAX) {
        dashboard_note(&panel->notes, "only %d of %zu thresholds are kept",
                       DASHBOARD_THRESHOLDS_MAX, n);
        n = DASHBOARD_THRESHOLDS_MAX;
    }
    panel->thresholds = xcalloc(n, sizeof(*panel->thresholds));
    for (const struct json *step = json_first(steps); step && panel->n_thresholds < n;
         step = json_next(step)) {
        struct threshold *threshold = &panel->thresholds[panel->n_thresholds];

        threshold->from = json_number(json_get(step, "value"), -HUGE_VAL);
        dashboard_copy_text(threshold->colour, sizeof(threshold->colour), json_get(step, "color"));
        threshold->level = dashboard_level_of(threshold->colour);
        if (is_percent && isfinite(threshold->from) &&
            !to_absolute(panel, threshold->from, &threshold->from)) {
            dashboard_note(&panel->notes, "thresholds in percent need min and max: not drawn");
            break;
        }
        panel->n_thresholds++;
    }
    qsort(panel->thresholds, panel->n_thresholds, sizeof(*panel->thresholds), compare_thresholds);
}

/* By the colour of the values, which is its own way for all but lines, or as lines in the chart. In every
 * panel that nobody gave limits a file has those of Grafana, and they are not shown: they are no limits. A
 * gauge and the like show theirs on the scale, whatever the colour. */
static bool are_thresholds_shown(const struct json *defaults, const struct panel *panel)
{
    const char *mode = dashboard_text_at(json_get(defaults, "color"), "mode");
    bool is_by_colour = strcmp(mode, "thresholds") == 0;

    if (panel->type == PANEL_TIMESERIES)
        return is_by_colour || panel->are_thresholds_lines;
    return panel->type != PANEL_STAT || is_by_colour || !mode[0];
}

/* ---- How values are shown ----------------------------------------------------------------------- */

static void read_custom(const struct json *custom, struct panel *panel)
{
    const char *style = dashboard_text_at(custom, "drawStyle");
    const char *stacking = dashboard_text_at(json_get(custom, "stacking"), "mode");
    const char *scale = dashboard_text_at(json_get(custom, "scaleDistribution"), "type");
    const char *lines = dashboard_text_at(json_get(custom, "thresholdsStyle"), "mode");
    const char *transform = dashboard_text_at(custom, "transform");

    if (style[0] && strcmp(style, "line") != 0)
        dashboard_note(&panel->notes, "Grafana draws %.20s, here they are lines", style);
    if (stacking[0] && strcmp(stacking, "none") != 0)
        dashboard_note(&panel->notes, "Grafana stacks the series (%.20s), here they are not",
                       stacking);
    if (transform[0] && strcmp(transform, "off") != 0)
        dashboard_note(&panel->notes, "the transform '%.20s' of values is not applied", transform);
    panel->is_logarithmic = strcmp(scale, "log") == 0;
    if (scale[0] && !panel->is_logarithmic && strcmp(scale, "linear") != 0)
        dashboard_note(&panel->notes, "the scale '%.20s' is drawn as linear", scale);
    panel->are_thresholds_lines = lines[0] && strcmp(lines, "off") != 0;
}

static void read_field_config(const struct json *config, struct panel *panel)
{
    const struct json *defaults = json_get(config, "defaults");
    double decimals = json_number(json_get(defaults, "decimals"), -1);
    size_t n_overrides = dashboard_count_overrides(json_get(config, "overrides"), panel->type);

    dashboard_copy_text(panel->unit, sizeof(panel->unit), json_get(defaults, "unit"));
    dashboard_copy_text(panel->no_value, sizeof(panel->no_value), json_get(defaults, "noValue"));
    panel->decimals = decimals >= 0 && decimals <= DECIMALS_MAX ? (int)decimals : -1;
    panel->min = json_number(json_get(defaults, "min"), (double)NAN);
    panel->max = json_number(json_get(defaults, "max"), (double)NAN);
    read_custom(json_get(defaults, "custom"), panel);
    if (are_thresholds_shown(defaults, panel))
        read_thresholds(json_get(defaults, "thresholds"), panel);
    if (dashboard_has(json_get(defaults, "displayName")))
        dashboard_note(&panel->notes, "the display name is not used, the legend is");
    if (n_overrides > 0)
        dashboard_note(&panel->notes, "%zu field override%s not applied", n_overrides,
                       n_overrides == 1 ? " is" : "s are");
}

/* What changes the picture and is not done here. */
static void note_the_rest(const struct json *json, struct panel *panel)
{
    static const struct {
        const char *key, *note;
    } others[] = {
        {"timeFrom", "its own time range is not applied"},
        {"timeShift", "its time shift is not applied"},
        {"interval", "its least interval is not applied"},
        {"repeat", "Grafana repeats it for each value of a variable, here it stands once"},
        {"seriesOverrides", "its series overrides are not applied"},
    };

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (dashboard_has(json_get(json, others[i].key)))
            dashboard_note(&panel->notes, "%s", others[i].note);
    if (panel->type != PANEL_TABLE && dashboard_has(json_get(json, "transformations")))
        dashboard_note(&panel->notes, "its transformations are not applied");
}

/* ---- Targets ------------------------------------------------------------------------------------ */

/* The kind of data source that is not Prometheus, or "". A name alone does not tell. */
static const char *foreign_source(const struct json *datasource)
{
    const char *name = json_string(datasource);
    const char *type = dashboard_text_at(datasource, "type");

    if (name)
        return strcmp(name, "-- Grafana --") == 0 ? "grafana" : "";
    if (strcmp(dashboard_text_at(datasource, "uid"), "-- Mixed --") == 0)
        return "";
    return strcmp(type, "prometheus") == 0 ? "" : type;
}

/* Blanks aside, no control characters: they have no business in an expression, and it is shown. */
static bool is_clean(const char *expr)
{
    for (; *expr; expr++)
        if ((unsigned char)*expr < 0x20 ? !strchr("\n\r\t", *expr) : *expr == 0x7f)
            return false;
    return true;
}

static void refuse(struct target *target, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void refuse(struct target *target, const char *fmt, ...)
{
    char reason[sizeof(target->reason)];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    (void)server_text_copy(target->reason, sizeof(target->reason), reason, strlen(reason));
}

static void check_target(const struct dashboard *dashboard,
                         const char *foreign,
                         struct target *target,
                         struct dashboard_notes *notes)
{
    char unknown[80];

    if (foreign[0])
        refuse(target, "query %s asks %.40s, not Prometheus", target->ref_id, foreign);
    else if (!target->expr[strspn(target->expr, " \n\r\t")])
        refuse(target, "query %s has no expression", target->ref_id);
    else if (strlen(target->expr) > DASHBOARD_EXPR_MAX)
        refuse(target, "query %s is longer than %zu bytes", target->ref_id, DASHBOARD_EXPR_MAX);
    else if (!is_clean(target->expr))
        refuse(target, "query %s has control characters in it", target->ref_id);
    else
        target->is_asked = !target->is_hidden;
    if (target->is_asked &&
        dashboard_find_unknown(dashboard, target->expr, unknown, sizeof(unknown)))
        dashboard_note(notes, "query %s: the variable %s is not known", target->ref_id, unknown);
}

static void read_target(const struct dashboard *dashboard,
                        const struct json *json,
                        const char *panel_foreign,
                        struct target *target,
                        struct dashboard_notes *notes)
{
    const struct json *datasource = json_get(json, "datasource");
    const char *foreign = datasource ? foreign_source(datasource) : panel_foreign;

    dashboard_copy_text(target->ref_id, sizeof(target->ref_id), json_get(json, "refId"));
    dashboard_fill_in_text(dashboard, dashboard_text_at(json, "legendFormat"), target->legend,
                           sizeof(target->legend));
    target->expr = xstrdup(dashboard_text_at(json, "expr"));
    target->is_heatmap = strcmp(dashboard_text_at(json, "format"), "heatmap") == 0;
    target->is_hidden = json_bool(json_get(json, "hide"), false);
    target->is_instant =
        json_bool(json_get(json, "instant"), false) && !json_bool(json_get(json, "range"), false);
    check_target(dashboard, foreign, target, notes);
    if (dashboard_has(json_get(json, "interval")))
        dashboard_note(notes, "query %s: its least interval is not applied", target->ref_id);
}

static void read_targets(const struct dashboard *dashboard,
                         const struct json *json,
                         struct panel *panel)
{
    const struct json *list = json_get(json, "targets");
    const char *foreign = foreign_source(json_get(json, "datasource"));
    size_t n = json_count(list);

    if (n > DASHBOARD_TARGETS_MAX) {
        dashboard_note(&panel->notes, "only %d of %zu queries are asked", DASHBOARD_TARGETS_MAX, n);
        n = DASHBOARD_TARGETS_MAX;
    }
    panel->targets = xcalloc(n, sizeof(*panel->targets));
    for (const struct json *item = json_first(list); item && panel->n_targets < n;
         item = json_next(item))
        read_target(dashboard, item, foreign, &panel->targets[panel->n_targets++], &panel->notes);
}

/* ---- The panel ---------------------------------------------------------------------------------- */

static enum panel_type type_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(other_names); i++)
        if (strcmp(other_names[i].name, name) == 0)
            return other_names[i].type;
    for (size_t i = 0; i < PANEL_OTHER; i++)
        if (strcmp(type_names[i], name) == 0)
            return (enum panel_type)i;
    return PANEL_OTHER;
}

static int read_grid(
    const struct json *grid, const char *key, double least, double most, int otherwise)
{
    double value = json_number(json_get(grid, key), otherwise);

    return (int)(value < least ? least : value > most ? most : value);
}

static void read_place(const struct json *grid, struct panel *panel)
{
    panel->x = read_grid(grid, "x", 0, GRID_COLUMNS - 1, 0);
    panel->y = read_grid(grid, "y", 0, GRID_Y_MAX, 0);
    panel->w = read_grid(grid, "w", 1, GRID_COLUMNS, GRID_COLUMNS / 2);
    panel->h = read_grid(grid, "h", 1, GRID_H_MAX, 8);
}

/* The first reason among the targets, when none of them is asked. */
static const char *target_reason(const struct panel *panel)
{
    const char *reason = "";

    for (size_t i = panel->n_targets; i-- > 0;)
        if (panel->targets[i].is_asked)
            return "";
        else if (panel->targets[i].reason[0])
            reason = panel->targets[i].reason;
    return reason[0] ? reason : "it has no query";
}

static void give_reason(const struct json *json, struct panel *panel)
{
    char *reason = panel->reason;
    size_t size = sizeof(panel->reason);

    if (json_get(json, "libraryPanel") && !json_get(json, "type"))
        (void)snprintf(reason, size, "a library panel: its definition is not in the file");
    else if (panel->type == PANEL_OTHER && !panel->type_name[0])
        (void)snprintf(reason, size, "it has no panel type");
    else if (panel->type == PANEL_OTHER)
        (void)snprintf(reason, size, "panels of type '%s' are not drawn here", panel->type_name);
    else if (panel->type == PANEL_TEXT && !panel->text)
        (void)snprintf(reason, size, "it has no text");
    else if (panel_is_of_queries(panel))
        (void)snprintf(reason, size, "%s", target_reason(panel));
}

/* A panel that is drawn says which of its queries are not asked. */
static void note_refused(struct panel *panel)
{
    for (size_t i = 0; panel_is_drawn(panel) && panel_is_of_queries(panel) && i < panel->n_targets;
         i++)
        if (panel->targets[i].reason[0])
            dashboard_note(&panel->notes, "%s", panel->targets[i].reason);
}

/* Prometheus's data source takes cumulated buckets apart for that format alone; here it is always done. */
static void note_cumulated(struct panel *panel)
{
    for (size_t i = 0; panel->type == PANEL_HEATMAP && i < panel->n_targets; i++) {
        const struct target *target = &panel->targets[i];

        if (target->is_asked && !target->is_heatmap && !panel->heatmap.is_calculated &&
            strstr(target->expr, "_bucket"))
            dashboard_note(&panel->notes, "query %s: Grafana draws its buckets cumulated",
                           target->ref_id);
    }
}

void dashboard_read_panel(const struct dashboard *dashboard,
                          const struct json *json,
                          struct panel *panel)
{
    panel->id = (int64_t)fmin(fmax(json_number(json_get(json, "id"), 0), 0), 1e15);
    dashboard_copy_text(panel->type_name, sizeof(panel->type_name), json_get(json, "type"));
    panel->type = type_of(panel->type_name);
    dashboard_fill_in_text(dashboard, dashboard_text_at(json, "title"), panel->title,
                           sizeof(panel->title));
    dashboard_copy_text(panel->description, sizeof(panel->description),
                        json_get(json, "description"));
    read_place(json_get(json, "gridPos"), panel);
    read_field_config(json_get(json, "fieldConfig"), panel);
    dashboard_read_options(dashboard, json, panel);
    dashboard_read_legacy(json, panel);
    read_targets(dashboard, json, panel);
    note_the_rest(json, panel);
    give_reason(json, panel);
    note_refused(panel);
    note_cumulated(panel);
}

void dashboard_panel_finish(struct panel *panel)
{
    for (size_t i = 0; i < panel->n_targets; i++)
        free(panel->targets[i].expr);
    free(panel->targets);
    free(panel->thresholds);
    free(panel->mappings);
    free(panel->table.columns);
    free(panel->text);
}
