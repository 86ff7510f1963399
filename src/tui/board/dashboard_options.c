#include "common/alloc.h"
#include "tui/board/dashboard_parts.h"
#include "tui/data/prom.h"
#include "tui/draw/text_view.h"
#include "tui/text/markup.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ALERTS_MAX 1000

/* ---- One number for a line ----------------------------------------------------------------------- */

static void read_calc(const struct json *reduce, struct panel *panel)
{
    static const struct {
        const char *name;
        enum series_calc calc;
    } calcs[] = {
        {"lastNotNull", CALC_LAST}, {"last", CALC_LAST}, {"firstNotNull", CALC_FIRST},
        {"first", CALC_FIRST},      {"min", CALC_MIN},   {"max", CALC_MAX},
        {"mean", CALC_MEAN},        {"sum", CALC_SUM},   {"count", CALC_COUNT},
    };

    const struct json *first = json_first(json_get(reduce, "calcs"));
    const char *name = json_string(first);
    size_t i = 0;

    panel->calc = CALC_LAST;
    while (name && i < COUNT_OF(calcs) && strcmp(calcs[i].name, name) != 0)
        i++;
    if (i < COUNT_OF(calcs))
        panel->calc = calcs[i].calc;
    else
        dashboard_note(&panel->notes,
                       "the calculation '%.30s' is not known: the last value is shown", name);
    if (json_next(first))
        dashboard_note(&panel->notes, "only the first of %zu calculations is shown",
                       json_count(json_get(reduce, "calcs")));
}

static void read_reduction(const struct dashboard *dashboard,
                           const struct json *json,
                           struct panel *panel)
{
    const struct json *options = json_get(json, "options");
    const struct json *reduce = json_get(options, "reduceOptions");

    (void)dashboard;
    panel->is_name_shown = strcmp(dashboard_text_at(options, "textMode"), "name") == 0;
    read_calc(reduce, panel);
    if (json_bool(json_get(reduce, "values"), false))
        dashboard_note(&panel->notes, "Grafana shows all values, here it is one per series");
    if (dashboard_has(json_get(reduce, "fields")) && panel->type != PANEL_PIECHART)
        dashboard_note(&panel->notes, "the choice of fields is not applied");
}

/* ---- Heatmaps ------------------------------------------------------------------------------------ */

/* The unit of the bounds stands with the axis; before Grafana 9 as "format". */
static void read_heatmap(const struct dashboard *dashboard,
                         const struct json *json,
                         struct panel *panel)
{
    const struct json *options = json_get(json, "options");
    const struct json *axis = json_get(options, "yAxis");
    const struct json *unit = json_get(axis, "unit");

    (void)dashboard;
    if (!axis)
        unit = json_get(json_get(json, "yAxis"), "format");
    dashboard_copy_text(panel->heatmap.unit, sizeof(panel->heatmap.unit), unit);
    if (!dashboard_has(unit))
        memcpy(panel->heatmap.unit, panel->unit, sizeof(panel->heatmap.unit));
    /* In the cells are counts, whatever unit the axis has. */
    dashboard_copy_text(panel->unit, sizeof(panel->unit),
                        json_get(json_get(options, "cellValues"), "unit"));
    panel->heatmap.is_calculated = json_bool(json_get(options, "calculate"), false);
    if (json_bool(json_get(axis, "reverse"), false))
        dashboard_note(&panel->notes, "Grafana draws its largest bucket at the foot");
}

/* ---- Texts --------------------------------------------------------------------------------------- */

static char *text_dup(const char *content, const char *mode)
{
    CLEANUP(freep) char *safe = server_text_lines_dup(content, strlen(content));
    CLEANUP(buffer_finish) struct buffer plain;
    CLEANUP(buffer_finish) struct buffer shown;

    buffer_init(&plain, DASHBOARD_TEXT_MAX);
    buffer_init(&shown, 2 * DASHBOARD_TEXT_MAX);
    if (strcmp(mode, "code") == 0)
        return TAKE(safe);
    markup_strip_tags(safe, strcmp(mode, "html") == 0, &plain);
    text_view_write_markdown(buffer_text(&plain), &shown);
    return xstrdup(buffer_text(&shown));
}

static bool has_words(const char *text)
{
    return text[strspn(text, " \t\r\n\x01")] != '\0';
}

/* Before Grafana 7 beside the options. */
static void read_text(const struct dashboard *dashboard,
                      const struct json *json,
                      struct panel *panel)
{
    const struct json *options =
        json_get(json_get(json, "options"), "content") ? json_get(json, "options") : json;
    CLEANUP(buffer_finish) struct buffer content;

    buffer_init(&content, DASHBOARD_TEXT_MAX);
    dashboard_fill_in_lines(dashboard, dashboard_text_at(options, "content"), &content);
    if (content.failed)
        dashboard_note(&panel->notes, "only its first %zu bytes are shown", DASHBOARD_TEXT_MAX);
    panel->text = text_dup(buffer_text(&content), dashboard_text_at(options, "mode"));
    if (!has_words(panel->text)) {
        free(panel->text);
        panel->text = NULL;
    }
}

/* ---- Lists of alerts ----------------------------------------------------------------------------- */

/* name op "value" of {a="b", c=~"d"}; moves *at behind it. */
static bool read_matcher(const char **at, struct alert_matcher *matcher)
{
    size_t name = strcspn(*at, "=!~ "), len;
    const char *op = *at + name + strspn(*at + name, " ");
    size_t n_op = strspn(op, "=!~");
    const char *value = op + n_op + strspn(op + n_op, " ");

    if (name == 0 || name >= sizeof(matcher->name) || n_op == 0 || n_op > 2 || *value != '"')
        return false;
    len = strcspn(++value, "\"");
    if (value[len] != '"' || len >= sizeof(matcher->value))
        return false;
    (void)server_text_copy(matcher->name, sizeof(matcher->name), *at, name);
    (void)server_text_copy(matcher->value, sizeof(matcher->value), value, len);
    matcher->is_negated = op[0] == '!';
    matcher->is_pattern = op[n_op - 1] == '~';
    *at = value + len + 1;
    return true;
}

static void read_matchers(const char *text, struct panel *panel)
{
    struct alertlist_options *alerts = &panel->alertlist;
    const char *at = text + strspn(text, " {");

    while (*at && *at != '}') {
        if (alerts->n_matchers == ALERT_MATCHERS_MAX ||
            !read_matcher(&at, &alerts->matchers[alerts->n_matchers])) {
            dashboard_note(&panel->notes, "the filter of labels is not understood from '%.40s' on",
                           at);
            return;
        }
        alerts->n_matchers++;
        at += strspn(at, ", ");
    }
}

/* What Grafana knows of its own alerts and Prometheus does not of its. */
static void note_alerts(const struct json *options, struct panel *panel)
{
    static const struct {
        const char *key, *note;
    } others[] = {
        {"folder", "alerts have no folder here: the choice of one is not applied"},
        {"dashboardAlerts", "Grafana lists the alerts of this dashboard alone"},
        {"groupBy", "its groups are not formed"},
    };

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (dashboard_has(json_get(options, others[i].key)))
            dashboard_note(&panel->notes, "%s", others[i].note);
    if (strcmp(dashboard_text_at(options, "show"), "changes") == 0)
        dashboard_note(&panel->notes, "Grafana lists changes, here it is what is active");
}

static void read_states(const struct json *options, struct panel *panel)
{
    const struct json *states = json_get(options, "stateFilter");
    bool shows_firing = json_bool(json_get(states, "firing"), false) ||
                        json_bool(json_get(states, "alerting"), false);
    bool shows_pending = json_bool(json_get(states, "pending"), false);

    panel->alertlist.shows_firing = shows_firing || !states;
    panel->alertlist.shows_pending = shows_pending || !states;
    if (json_bool(json_get(states, "normal"), false) || json_bool(json_get(states, "ok"), false))
        dashboard_note(&panel->notes, "rules that are not active are not listed");
}

static void read_alertlist(const struct dashboard *dashboard,
                           const struct json *json,
                           struct panel *panel)
{
    const struct json *options = json_get(json, "options");
    struct alertlist_options *alerts = &panel->alertlist;
    double most = json_number(json_get(options, "maxItems"), 0);
    double order = json_number(json_get(options, "sortOrder"), ALERT_ORDER_WORST);
    CLEANUP(buffer_finish) struct buffer filter;

    buffer_init(&filter, 4096);
    read_states(options, panel);
    dashboard_fill_in_text(dashboard, dashboard_text_at(options, "alertName"), alerts->name,
                           sizeof(alerts->name));
    dashboard_fill_in_lines(dashboard, dashboard_text_at(options, "alertInstanceLabelFilter"),
                            &filter);
    read_matchers(buffer_text(&filter), panel);
    alerts->n_most = most >= 1 && most <= ALERTS_MAX ? (size_t)most : 0;
    alerts->order = order >= ALERT_ORDER_NAME && order <= ALERT_ORDER_NEWEST
                        ? (enum alert_order)(int)order
                        : ALERT_ORDER_WORST;
    alerts->is_number_alone = strcmp(dashboard_text_at(options, "viewMode"), "stat") == 0;
    note_alerts(options, panel);
}

/* ---- Value mappings ------------------------------------------------------------------------------ */

const struct value_mapping *panel_mapping(const struct panel *panel, double value)
{
    for (size_t i = 0; i < panel->n_mappings; i++) {
        const struct value_mapping *mapping = &panel->mappings[i];

        if (isnan(value) ? isnan(mapping->from) : value >= mapping->from && value <= mapping->to)
            return mapping;
    }
    return NULL;
}

void dashboard_add_mapping(struct panel *panel, double from, double to, const struct json *result)
{
    struct value_mapping *mapping;
    char colour[32];

    if (panel->n_mappings == DASHBOARD_MAPPINGS_MAX) {
        dashboard_note(&panel->notes, "only %d value mappings are kept", DASHBOARD_MAPPINGS_MAX);
        return;
    }
    panel->mappings =
        xrealloc_array(panel->mappings, panel->n_mappings + 1, sizeof(*panel->mappings));
    mapping = &panel->mappings[panel->n_mappings++];
    *mapping = (struct value_mapping){.from = from, .to = to};
    dashboard_copy_text(mapping->text, sizeof(mapping->text), json_get(result, "text"));
    dashboard_copy_text(colour, sizeof(colour), json_get(result, "color"));
    mapping->has_level = colour[0] != '\0';
    mapping->level = dashboard_level_of(colour);
}

static void add_value_mappings(struct panel *panel, const struct json *options)
{
    for (const struct json *item = json_first(options); item; item = json_next(item)) {
        double value;

        if (json_key(item) && prom_number(json_key(item), &value) && !isnan(value))
            dashboard_add_mapping(panel, value, value, item);
    }
}

static void add_special_mapping(struct panel *panel, const struct json *options)
{
    const char *match = dashboard_text_at(options, "match");
    const struct json *result = json_get(options, "result");

    if (strstr(match, "nan") || strstr(match, "null"))
        dashboard_add_mapping(panel, (double)NAN, (double)NAN, result);
    else if (strcmp(match, "true") == 0 || strcmp(match, "false") == 0)
        dashboard_add_mapping(panel, match[0] == 't', match[0] == 't', result);
}

/* Before Grafana 8: {"type": 1, "value": "0", "text": "DOWN"}, or 2 with "from" and "to". */
static void add_old_mapping(struct panel *panel, const struct json *mapping)
{
    const char *value = dashboard_text_at(mapping, "value");
    double from, to;

    if (strcmp(value, "null") == 0)
        dashboard_add_mapping(panel, (double)NAN, (double)NAN, mapping);
    else if (prom_number(value, &from) && !isnan(from))
        dashboard_add_mapping(panel, from, from, mapping);
    else if (prom_number(dashboard_text_at(mapping, "from"), &from) &&
             prom_number(dashboard_text_at(mapping, "to"), &to))
        dashboard_add_mapping(panel, from, to, mapping);
}

static void read_mappings(const struct json *mappings, struct panel *panel)
{
    for (const struct json *item = json_first(mappings); item; item = json_next(item)) {
        const struct json *options = json_get(item, "options");
        const char *type = dashboard_text_at(item, "type");

        if (!options)
            add_old_mapping(panel, item);
        else if (strcmp(type, "value") == 0)
            add_value_mappings(panel, options);
        else if (strcmp(type, "range") == 0)
            dashboard_add_mapping(panel, json_number(json_get(options, "from"), -HUGE_VAL),
                                  json_number(json_get(options, "to"), HUGE_VAL),
                                  json_get(options, "result"));
        else if (strcmp(type, "special") == 0)
            add_special_mapping(panel, options);
        else
            dashboard_note(&panel->notes, "value mappings by '%.20s' are not applied", type);
    }
}

/* ---- Overrides ----------------------------------------------------------------------------------- */

/* Colours and widths are the console's own, and it has no links. */
static bool is_look(const char *property)
{
    static const char *const looks[] = {
        "color",
        "links",
        "custom.align",
        "custom.axisColorMode",
        "custom.axisLabel",
        "custom.cellOptions",
        "custom.displayMode",
        "custom.fillBelowTo",
        "custom.fillOpacity",
        "custom.filterable",
        "custom.gradientMode",
        "custom.inspect",
        "custom.lineInterpolation",
        "custom.lineStyle",
        "custom.lineWidth",
        "custom.minWidth",
        "custom.pointSize",
        "custom.showPoints",
        "custom.spanNulls",
        "custom.width",
    };

    for (size_t i = 0; i < COUNT_OF(looks); i++)
        if (strcmp(looks[i], property) == 0)
            return true;
    return false;
}

/* A table's columns have theirs: dashboard_table.c. */
static bool is_of_column(const struct json *override, const char *property)
{
    static const char *const applied[] = {"unit", "decimals", "displayName", "custom.hidden"};

    if (strcmp(dashboard_text_at(json_get(override, "matcher"), "id"), "byName") != 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(applied); i++)
        if (strcmp(applied[i], property) == 0)
            return true;
    return false;
}

size_t dashboard_count_overrides(const struct json *overrides, enum panel_type type)
{
    size_t n = 0;

    for (const struct json *item = json_first(overrides); item; item = json_next(item)) {
        const struct json *property = json_first(json_get(item, "properties"));
        bool is_missed = !property;

        for (; property; property = json_next(property)) {
            const char *id = dashboard_text_at(property, "id");

            is_missed |= !is_look(id) && !(type == PANEL_TABLE && is_of_column(item, id));
        }
        n += is_missed;
    }
    return n;
}

/* ---- By type ------------------------------------------------------------------------------------- */

static void read_columns(const struct dashboard *dashboard,
                         const struct json *json,
                         struct panel *panel)
{
    (void)dashboard;
    dashboard_read_table(json, panel);
}

typedef void read_fn(const struct dashboard *dashboard,
                     const struct json *json,
                     struct panel *panel);

static read_fn *const readers[PANEL_OTHER + 1] = {
    [PANEL_STAT] = read_reduction,     [PANEL_GAUGE] = read_reduction,
    [PANEL_BARGAUGE] = read_reduction, [PANEL_PIECHART] = read_reduction,
    [PANEL_HEATMAP] = read_heatmap,    [PANEL_TABLE] = read_columns,
    [PANEL_TEXT] = read_text,          [PANEL_ALERTLIST] = read_alertlist,
};

void dashboard_read_options(const struct dashboard *dashboard,
                            const struct json *json,
                            struct panel *panel)
{
    const struct json *defaults = json_get(json_get(json, "fieldConfig"), "defaults");

    read_mappings(json_get(defaults, "mappings"), panel);
    if (readers[panel->type])
        readers[panel->type](dashboard, json, panel);
}
