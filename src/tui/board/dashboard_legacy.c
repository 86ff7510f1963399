/* Panels as they were before Grafana 8: many dashboards that are passed around still have them, and Grafana
 * turns them into the new ones when it opens the file. */

#include "common/alloc.h"
#include "tui/board/dashboard_parts.h"
#include "tui/data/prom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number, also one in a string. */
static double number_of(const struct json *value, double otherwise)
{
    double number;

    if (json_string(value))
        return prom_number(json_string(value), &number) ? number : otherwise;
    return json_number(value, otherwise);
}

/* In its place: a file may have them in any order. */
static void add_threshold(struct panel *panel, double from, enum threshold_level level)
{
    size_t place = panel->n_thresholds;

    if (panel->n_thresholds == DASHBOARD_THRESHOLDS_MAX || isnan(from))
        return;
    panel->thresholds =
        xrealloc_array(panel->thresholds, panel->n_thresholds + 1, sizeof(*panel->thresholds));
    for (; place > 0 && panel->thresholds[place - 1].from > from; place--)
        panel->thresholds[place] = panel->thresholds[place - 1];
    panel->thresholds[place] = (struct threshold){.from = from, .level = level};
    panel->n_thresholds++;
}

/* ---- "graph" ------------------------------------------------------------------------------------- */

static void read_graph_thresholds(const struct json *list, struct panel *panel)
{
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        const char *mode = dashboard_text_at(item, "colorMode");

        if (strcmp(dashboard_text_at(item, "op"), "gt") != 0)
            dashboard_note(&panel->notes, "a threshold that is met from below is not drawn");
        else
            add_threshold(panel, number_of(json_get(item, "value"), (double)NAN),
                          strcmp(mode, "critical") == 0  ? LEVEL_CRIT
                          : strcmp(mode, "warning") == 0 ? LEVEL_WARN
                          : strcmp(mode, "ok") == 0      ? LEVEL_OK
                                                         : LEVEL_NONE);
    }
    panel->are_thresholds_lines = panel->n_thresholds > 0;
}

static void read_graph(const struct json *json, struct panel *panel)
{
    const struct json *axis = json_first(json_get(json, "yaxes"));

    dashboard_copy_text(panel->unit, sizeof(panel->unit), json_get(axis, "format"));
    panel->min = number_of(json_get(axis, "min"), (double)NAN);
    panel->max = number_of(json_get(axis, "max"), (double)NAN);
    panel->is_logarithmic = number_of(json_get(axis, "logBase"), 1) > 1;
    read_graph_thresholds(json_get(json, "thresholds"), panel);
    if (json_bool(json_get(json, "bars"), false))
        dashboard_note(&panel->notes, "Grafana draws bars, here they are lines");
    if (json_bool(json_get(json, "stack"), false))
        dashboard_note(&panel->notes, "Grafana stacks the series, here they are not");
}

/* ---- "singlestat" -------------------------------------------------------------------------------- */

static void read_value_name(const char *name, struct panel *panel)
{
    static const struct {
        const char *name;
        enum series_calc calc;
    } names[] = {{"", CALC_LAST},       {"current", CALC_LAST}, {"avg", CALC_MEAN},
                 {"min", CALC_MIN},     {"max", CALC_MAX},      {"total", CALC_SUM},
                 {"first", CALC_FIRST}, {"name", CALC_LAST}};

    panel->is_name_shown = strcmp(name, "name") == 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i].name, name) == 0) {
            panel->calc = names[i].calc;
            return;
        }
    dashboard_note(&panel->notes, "the calculation '%.30s' is not known: the last value is shown",
                   name);
}

/* "10,20" beside the three colours of what is below, between and above. */
static void read_stat_thresholds(const struct json *json, struct panel *panel)
{
    const char *list = dashboard_text_at(json, "thresholds");
    const struct json *colour = json_first(json_get(json, "colors"));
    double from = -HUGE_VAL;

    if (!list[0] || (!json_bool(json_get(json, "colorValue"), false) &&
                     !json_bool(json_get(json, "colorBackground"), false) &&
                     !json_bool(json_get(json_get(json, "gauge"), "show"), false)))
        return;
    for (; colour && panel->n_thresholds < 3; colour = json_next(colour)) {
        char *end;

        if (json_string(colour))
            add_threshold(panel, from, dashboard_level_of(json_string(colour)));
        from = strtod(list, &end);
        if (end == list)
            return;
        list = end + strspn(end, ", ");
    }
}

static void read_maps(const struct json *json, struct panel *panel)
{
    for (const struct json *item = json_first(json_get(json, "valueMaps")); item;
         item = json_next(item))
        dashboard_add_mapping(panel, number_of(json_get(item, "value"), (double)NAN),
                              number_of(json_get(item, "value"), (double)NAN), item);
    for (const struct json *item = json_first(json_get(json, "rangeMaps")); item;
         item = json_next(item))
        dashboard_add_mapping(panel, number_of(json_get(item, "from"), (double)NAN),
                              number_of(json_get(item, "to"), (double)NAN), item);
}

static void read_singlestat(const struct json *json, struct panel *panel)
{
    const struct json *gauge = json_get(json, "gauge");
    double decimals = number_of(json_get(json, "decimals"), -1);

    dashboard_copy_text(panel->unit, sizeof(panel->unit), json_get(json, "format"));
    panel->decimals = decimals >= 0 && decimals <= 9 ? (int)decimals : -1;
    read_value_name(dashboard_text_at(json, "valueName"), panel);
    read_stat_thresholds(json, panel);
    read_maps(json, panel);
    dashboard_copy_text(panel->no_value, sizeof(panel->no_value), json_get(json, "nullText"));
    if (dashboard_has(json_get(json, "prefix")) || dashboard_has(json_get(json, "postfix")))
        dashboard_note(&panel->notes, "what stands before and behind its number is left out");
    if (!json_bool(json_get(gauge, "show"), false))
        return;
    panel->type = PANEL_GAUGE;
    panel->min = number_of(json_get(gauge, "minValue"), 0);
    panel->max = number_of(json_get(gauge, "maxValue"), 100);
}

/* ---- Others -------------------------------------------------------------------------------------- */

static void read_piechart(const struct json *json, struct panel *panel)
{
    dashboard_copy_text(panel->unit, sizeof(panel->unit), json_get(json, "format"));
    read_value_name(dashboard_text_at(json, "valueName"), panel);
}

static void read_table(const struct json *json, struct panel *panel)
{
    if (dashboard_has(json_get(json, "styles")))
        dashboard_note(&panel->notes, "the styles of its columns are not applied");
}

void dashboard_read_legacy(const struct json *json, struct panel *panel)
{
    static const struct {
        const char *type;
        void (*read)(const struct json *json, struct panel *panel);
    } readers[] = {
        {"graph", read_graph},
        {"singlestat", read_singlestat},
        {"grafana-piechart-panel", read_piechart},
        {"table-old", read_table},
    };

    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (strcmp(readers[i].type, panel->type_name) == 0)
            readers[i].read(json, panel);
}
