#include "tui/board/dashboard.h"

#include "common/alloc.h"
#include "common/file.h"
#include "tui/board/dashboard_parts.h"
#include "tui/text/moment.h"
#include "tui/text/server_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Pieces ------------------------------------------------------------------------------------- */

void dashboard_note(struct dashboard_notes *notes, const char *fmt, ...)
{
    char text[sizeof(notes->text[0])];
    va_list args;

    if (notes->n++ >= DASHBOARD_NOTES_MAX)
        return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    /* Once more after formatting: a piece of a character may have been cut off. */
    (void)server_text_copy(notes->text[notes->n - 1], sizeof(text), text, strlen(text));
}

void dashboard_copy_text(char *out, size_t size, const struct json *value)
{
    const char *text = json_string(value);
    CLEANUP(freep) char *flat = xstrdup(text ? text : "");

    for (char *at = flat; *at; at++)
        if (*at == '\n' || *at == '\r' || *at == '\t')
            *at = ' ';
    (void)server_text_copy(out, size, flat, strlen(flat));
}

const char *dashboard_text_at(const struct json *object, const char *key)
{
    const char *text = json_string(json_get(object, key));

    return text ? text : "";
}

bool dashboard_has(const struct json *value)
{
    if (!value)
        return false;
    switch (json_type(value)) {
    case JSON_NULL:
        return false;
    case JSON_BOOL:
        return json_bool(value, false);
    case JSON_NUMBER:
        return json_number(value, 0) != 0;
    case JSON_STRING:
        return json_string(value)[0] != '\0';
    case JSON_ARRAY:
    case JSON_OBJECT:
        return json_count(value) > 0;
    }
    return false;
}

/* ---- Panels in reading order -------------------------------------------------------------------- */

/* A place in the list while it is sorted. */
struct entry {
    const struct json *json;
    double y, x;
    size_t order; /* in the file: qsort is not stable */
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->y != b->y)
        return a->y < b->y ? -1 : 1;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* The objects of a list by gridPos; owned by the caller. */
static struct entry *sort_list(const struct json *list, size_t *ret_n)
{
    struct entry *entries = xcalloc(json_count(list), sizeof(*entries));
    size_t n = 0;

    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        const struct json *grid = json_get(item, "gridPos");

        if (json_type(item) != JSON_OBJECT)
            continue;
        entries[n] = (struct entry){item, json_number(json_get(grid, "y"), 0),
                                    json_number(json_get(grid, "x"), 0), n};
        n++;
    }
    qsort(entries, n, sizeof(*entries), compare_entries);
    *ret_n = n;
    return entries;
}

struct row {
    char title[128];
    bool is_collapsed;
};

static bool is_row(const struct json *json)
{
    const char *type = json_string(json_get(json, "type"));

    return type && strcmp(type, "row") == 0;
}

static void add_panel(struct dashboard *dashboard,
                      const struct json *json,
                      const struct row *row,
                      size_t *n_left_off)
{
    struct panel *panel;

    if (dashboard->n_panels == DASHBOARD_PANELS_MAX) {
        (*n_left_off)++;
        return;
    }
    dashboard->panels =
        xrealloc_array(dashboard->panels, dashboard->n_panels + 1, sizeof(*dashboard->panels));
    panel = &dashboard->panels[dashboard->n_panels++];
    memset(panel, 0, sizeof(*panel));
    dashboard_read_panel(dashboard, json, panel);
    memcpy(panel->row, row->title, sizeof(panel->row));
    panel->is_row_collapsed = row->is_collapsed;
}

static void open_row(struct dashboard *dashboard, const struct json *json, struct row *row)
{
    const char *title = json_string(json_get(json, "title"));

    dashboard_fill_in_text(dashboard, title ? title : "", row->title, sizeof(row->title));
    row->is_collapsed = json_bool(json_get(json, "collapsed"), false);
    if (dashboard_has(json_get(json, "repeat")))
        dashboard_note(&dashboard->notes,
                       "Grafana repeats the row '%.60s' for each value of a variable", row->title);
}

/* The panels of a collapsed row lie inside of it; those of an open one follow it. */
static void read_panels(struct dashboard *dashboard, const struct json *list)
{
    size_t n_entries, n_inside, n_left_off = 0;
    CLEANUP(freep) struct entry *entries = sort_list(list, &n_entries);
    struct row row = {0};

    for (size_t i = 0; i < n_entries; i++) {
        CLEANUP(freep) struct entry *inside = NULL;

        if (!is_row(entries[i].json)) {
            add_panel(dashboard, entries[i].json, &row, &n_left_off);
            continue;
        }
        open_row(dashboard, entries[i].json, &row);
        inside = sort_list(json_get(entries[i].json, "panels"), &n_inside);
        for (size_t k = 0; k < n_inside; k++)
            add_panel(dashboard, inside[k].json, &row, &n_left_off);
    }
    if (n_left_off > 0)
        dashboard_note(&dashboard->notes, "%zu panels beyond the first %d are left off", n_left_off,
                       DASHBOARD_PANELS_MAX);
    if (n_entries < json_count(list))
        dashboard_note(&dashboard->notes, "%zu things among the panels are none",
                       json_count(list) - n_entries);
}

/* ---- The dashboard ------------------------------------------------------------------------------ */

static void read_time(struct dashboard *dashboard, const struct json *time)
{
    const char *from = json_string(json_get(time, "from"));
    const char *to = json_string(json_get(time, "to"));

    if (from && strncmp(from, "now-", 4) == 0 &&
        moment_parse_span(from + 4, &dashboard->range_ms) && (!to || strcmp(to, "now") == 0))
        return;
    dashboard->range_ms = 0;
    if (from || to)
        dashboard_note(&dashboard->notes,
                       "its time range is not taken over, only now-... to now is");
}

/* The console marks simulations in every chart by itself: an annotation that asks for them misses nothing. */
static bool is_about_simulations(const struct json *annotation)
{
    const char *expr = json_string(json_get(annotation, "expr"));

    return expr && strstr(expr, "tidewatch_simulation_active");
}

static void note_annotations(struct dashboard *dashboard, const struct json *list)
{
    size_t n = 0;

    for (const struct json *item = json_first(list); item; item = json_next(item))
        n += !dashboard_has(json_get(item, "builtIn")) &&
             json_bool(json_get(item, "enable"), true) && !is_about_simulations(item);
    if (n > 0)
        dashboard_note(&dashboard->notes, "%zu of its annotation queries are not asked", n);
}

static void destroy_source(struct part *part)
{
    struct dashboard_source *source = (struct dashboard_source *)part;

    free(source->text);
    free(source);
}

static void destroy(struct part *part)
{
    struct dashboard *dashboard = (struct dashboard *)part;

    for (size_t i = 0; i < dashboard->n_panels; i++)
        dashboard_panel_finish(&dashboard->panels[i]);
    free(dashboard->panels);
    dashboard_variables_finish(dashboard);
    dashboard_choices_free(dashboard->choices);
    part_unref(&dashboard->source->part);
    free(dashboard);
}

static int read_json(const struct json *json, struct dashboard *dashboard, struct tw_error *err)
{
    const char *refresh = json_string(json_get(json, "refresh"));

    if (json_type(json_get(json, "panels")) != JSON_ARRAY && json_get(json, "rows"))
        return tw_fail(err, TW_INVALID,
                       "a dashboard of before Grafana 5: open and save it in a newer Grafana");
    if (json_type(json_get(json, "panels")) != JSON_ARRAY)
        return tw_fail(err, TW_INVALID, "not a Grafana dashboard: it has no list of panels");
    dashboard_copy_text(dashboard->uid, sizeof(dashboard->uid), json_get(json, "uid"));
    dashboard_copy_text(dashboard->title, sizeof(dashboard->title), json_get(json, "title"));
    read_time(dashboard, json_get(json, "time"));
    if (!refresh || !moment_parse_span(refresh, &dashboard->refresh_ms))
        dashboard->refresh_ms = 0;
    dashboard_read_variables(dashboard, json_get(json_get(json, "templating"), "list"));
    note_annotations(dashboard, json_get(json_get(json, "annotations"), "list"));
    read_panels(dashboard, json_get(json, "panels"));
    return 0;
}

int dashboard_read_source(struct dashboard_source *source,
                          struct dashboard_choices *owned_choices,
                          struct dashboard **ret_dashboard,
                          struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = xcalloc(1, sizeof(*dashboard));
    const struct json *model;

    part_init(&dashboard->part, destroy);
    part_ref(&source->part);
    dashboard->source = source;
    dashboard->choices = owned_choices;
    if (json_parse(source->text, source->len, &json, err) < 0)
        return -1;
    /* Grafana's HTTP API wraps the dashboard. */
    model = json_get(json, "dashboard");
    if (read_json(json_type(model) == JSON_OBJECT ? model : json, dashboard, err) < 0)
        return -1;
    *ret_dashboard = TAKE(dashboard);
    return 0;
}

static struct dashboard_source *source_new(const char *text, size_t len)
{
    struct dashboard_source *source = xcalloc(1, sizeof(*source));

    part_init(&source->part, destroy_source);
    source->text = xcalloc(len + 1, 1);
    memcpy(source->text, text, len);
    source->len = len;
    return source;
}

int dashboard_read(const char *text,
                   size_t len,
                   struct dashboard **ret_dashboard,
                   struct tw_error *err)
{
    struct dashboard_source *source;
    int r;

    if (len > DASHBOARD_BYTES_MAX)
        return tw_fail(err, TW_INVALID, "the dashboard is larger than %zu bytes",
                       DASHBOARD_BYTES_MAX);
    source = source_new(text, len);
    r = dashboard_read_source(source, xcalloc(1, sizeof(struct dashboard_choices)), ret_dashboard,
                              err);
    part_unref(&source->part);
    return r;
}

int dashboard_load(const char *path, struct dashboard **ret_dashboard, struct tw_error *err)
{
    CLEANUP(freep) char *text = NULL;
    struct tw_error reason;
    size_t len;

    if (file_read(path, DASHBOARD_BYTES_MAX, &text, &len, err) < 0)
        return -1;
    if (dashboard_read(text, len, ret_dashboard, &reason) < 0)
        return tw_fail(err, reason.code, "'%s': %s", path, reason.message);
    return 0;
}

struct dashboard *dashboard_ref(struct dashboard *dashboard)
{
    part_ref(&dashboard->part);
    return dashboard;
}

void dashboard_unref(struct dashboard *dashboard)
{
    if (dashboard)
        part_unref(&dashboard->part);
}

/* ---- Legends ------------------------------------------------------------------------------------ */

/* {{ label }} at text: what stands for it goes into out. Its length, or 0 when there is none. */
static size_t write_label(const char *text, const struct labels *labels, struct buffer *out)
{
    const char *end = strncmp(text, "{{", 2) == 0 ? strstr(text, "}}") : NULL;
    char name[128];
    size_t len;

    if (!end)
        return 0;
    text += 2;
    len = (size_t)(end - text);
    while (len > 0 && *text == ' ') {
        text++;
        len--;
    }
    while (len > 0 && text[len - 1] == ' ')
        len--;
    (void)snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name) - 1),
                   text);
    (void)buffer_puts(out, labels_get(labels, name));
    return (size_t)(end + 2 - text);
}

static void write_labels(const struct labels *labels, struct buffer *out)
{
    const char *between = "";

    (void)buffer_puts(out, labels_get(labels, "__name__"));
    for (size_t i = 0; i < labels->n; i++) {
        if (strcmp(labels->at[i].name, "__name__") == 0)
            continue;
        (void)buffer_printf(out, "%s%s=%s",
                            between[0] ? between
                            : out->len ? " "
                                       : "",
                            labels->at[i].name, labels->at[i].value);
        between = " ";
    }
}

char *target_legend_dup(const struct target *target,
                        const struct labels *labels,
                        const char *fallback)
{
    struct buffer name;
    char *shown;

    buffer_init(&name, 1024);
    if (target->legend[0] && strcmp(target->legend, "__auto") != 0)
        for (const char *at = target->legend; *at;) {
            size_t len = write_label(at, labels, &name);

            if (len == 0)
                (void)buffer_putc(&name, *at++);
            else
                at = strstr(at, "}}") + 2;
        }
    else
        write_labels(labels, &name);
    shown = server_text_dup(name.len > 0 ? buffer_text(&name) : fallback[0] ? fallback : "value");
    buffer_finish(&name);
    return shown;
}
