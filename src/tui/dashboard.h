#ifndef TW_DASHBOARD_H
#define TW_DASHBOARD_H

/* A Grafana dashboard (JSON, schema of Grafana 10) as far as the console draws it. Nothing is dropped
 * silently: a panel that cannot be drawn keeps its place with a reason, and fields that would change
 * what is seen are named in notes. Reading is pure; a loaded dashboard never changes and may be read
 * from any thread. */

#include "common/buffer.h"
#include "common/error.h"
#include "tui/labels.h"
#include "tui/part.h"
#include "tui/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DASHBOARD_BYTES_MAX      ((size_t)1 << 20) /* of a file */
#define DASHBOARD_PANELS_MAX     100
#define DASHBOARD_TARGETS_MAX    20 /* of a panel */
#define DASHBOARD_VARIABLES_MAX  50
#define DASHBOARD_VALUES_MAX     200 /* of a variable */
#define DASHBOARD_THRESHOLDS_MAX 16
#define DASHBOARD_EXPR_MAX       ((size_t)8000) /* bytes, filled in */
#define DASHBOARD_NOTES_MAX      16

/* Sentences for the reader, fit for a terminal. */
struct dashboard_notes {
    size_t n; /* of all; the first DASHBOARD_NOTES_MAX are kept */
    char text[DASHBOARD_NOTES_MAX][160];
};

enum panel_type {
    PANEL_TIMESERIES,
    PANEL_STAT,
    PANEL_GAUGE,
    PANEL_BARGAUGE,
    PANEL_PIECHART,
    PANEL_HEATMAP,
    PANEL_TABLE,
    PANEL_TEXT,
    PANEL_ALERTLIST,
    PANEL_OTHER,
};

/* By the colour of a threshold's step: green is OK, yellow and orange are WARN, red is CRIT; blue, text,
 * transparent and the like are NONE. */
enum threshold_level { LEVEL_NONE, LEVEL_OK, LEVEL_WARN, LEVEL_CRIT };

struct threshold {
    double from; /* the step holds from this value on; -infinity for the base */
    enum threshold_level level;
    char colour[24]; /* as in the file: "red", "#EAB839" */
};

struct target {
    char ref_id[16];
    char *expr; /* owned; as in the file, variables not filled in; may hold newlines and tabs */
    char legend[128]; /* legendFormat; "" and "__auto": by the labels */
    bool is_instant;  /* one value, no line */
    bool is_hidden;   /* not asked for, as in Grafana */
    bool is_asked;    /* is asked for: has an expression for Prometheus and is not hidden */
    char reason[120]; /* why it is not asked for; "" when it is or is hidden */
};

struct panel {
    int64_t id;
    enum panel_type type;
    char type_name[32]; /* as in the file */
    char title[128];
    char description[256]; /* cut to what fits */
    char row[128];         /* title of the row above it; "" for none */
    bool is_row_collapsed;
    int x, y, w, h;   /* gridPos: of 24 columns; y as in the file */
    char reason[160]; /* why it cannot be drawn; "" when it can */

    size_t n_targets;
    struct target *targets; /* owned */

    char unit[32];                /* Grafana's id: "percentunit", "s", "reqps"; "" none */
    int decimals;                 /* -1: as fits */
    double min, max;              /* NaN: by the data */
    char no_value[32];            /* instead of a value that is not there; "" for none */
    bool is_logarithmic;          /* y axis */
    bool are_thresholds_lines;    /* Grafana draws them into the chart */
    size_t n_thresholds;          /* ascending */
    struct threshold *thresholds; /* owned */
    enum series_calc calc;        /* of stat and gauge */
    bool is_name_shown;           /* a stat with the name of its series instead of its value */
    struct dashboard_notes notes; /* what Grafana would draw otherwise */
};

struct dashboard_variable {
    char name[64];
    char type[16];   /* "query", "custom", "interval", "constant", "textbox", "datasource" */
    bool is_regex;   /* the one value is a regular expression already */
    bool is_multi;   /* fills in as an alternative of regular expressions */
    size_t n_values; /* the chosen ones */
    char **values;   /* owned */
    char *shown;     /* owned; the choice for people, fit for a terminal */
};

struct dashboard {
    struct part part;
    char uid[64];
    char title[128];
    int64_t range_ms;   /* time.from of the form now-...; 0: none */
    int64_t refresh_ms; /* 0: none */
    size_t n_variables;
    struct dashboard_variable *variables; /* owned */
    size_t n_panels;
    struct panel *panels; /* owned; in reading order */
    struct dashboard_notes notes;
};

/* TW_INVALID with the reason for what is not JSON, not a dashboard, or over a limit. The caller holds
 * the one reference. */
int dashboard_read(const char *text,
                   size_t len,
                   struct dashboard **ret_dashboard,
                   struct tw_error *err) MUST_CHECK;

/* The file at path; errors of dashboard_read and file_read, naming the path. Not pure. */
int dashboard_load(const char *path,
                   struct dashboard **ret_dashboard,
                   struct tw_error *err) MUST_CHECK;

struct dashboard *dashboard_ref(struct dashboard *dashboard);
void dashboard_unref(struct dashboard *dashboard); /* NULL is fine */
DEFINE_CLEANUP(struct dashboard *, dashboard_unref);

/* "timeseries"; PANEL_OTHER is "other" */
const char *panel_type_name(enum panel_type type);

/* Drawn from data: timeseries, stat and gauge without a reason against it. */
bool panel_is_drawn(const struct panel *panel);

/* The level of the step that holds at value; LEVEL_NONE for NaN and without thresholds. */
enum threshold_level panel_level(const struct panel *panel, double value);

/* What the built-in variables stand for. */
struct dashboard_times {
    int64_t from_ms, to_ms;     /* $__from, $__to, $__range */
    int64_t interval_ms;        /* the step: $__interval */
    int64_t scrape_interval_ms; /* $__rate_interval = max($__interval + this, 4 times this) */
};

/* text with $name, ${name}, ${name:format} and [[name]] filled in, appended to out. A variable that is
 * not known stays as it is. TW_INVALID when it grows over DASHBOARD_EXPR_MAX. */
int dashboard_fill_in(const struct dashboard *dashboard,
                      const char *text,
                      const struct dashboard_times *times,
                      struct buffer *out,
                      struct tw_error *err) MUST_CHECK;

/* The name of a line: legendFormat with {{label}} filled in, else the labels, else the fallback. Owned,
 * fit for a terminal, never empty. */
char *target_legend_dup(const struct target *target,
                        const struct labels *labels,
                        const char *fallback);

#endif
