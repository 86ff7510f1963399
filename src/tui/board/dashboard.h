#ifndef TW_DASHBOARD_H
#define TW_DASHBOARD_H

/* A Grafana dashboard (JSON, schema of Grafana 10) as far as the console draws it. Nothing is dropped
 * silently: a panel that cannot be drawn keeps its place with a reason, and fields that would change
 * what is seen are named in notes. Reading is pure; a loaded dashboard never changes and may be read
 * from any thread. */

#include "common/buffer.h"
#include "common/error.h"
#include "tui/data/part.h"
#include "tui/data/series.h"
#include "tui/text/labels.h"

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
#define DASHBOARD_MAPPINGS_MAX   64
#define DASHBOARD_COLUMNS_MAX    32 /* of a table, that the file says something about */
#define DASHBOARD_TEXT_MAX       ((size_t)16384) /* bytes of a text panel, filled in */

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
    PANEL_TIMELINE, /* state-timeline and status-history */
    PANEL_BARCHART,
    PANEL_OTHER,
};

/* By the colour of a threshold's step: green is OK, yellow and orange are WARN, red is CRIT; blue, text,
 * transparent and the like are NONE. */
enum threshold_level { LEVEL_NONE, LEVEL_OK, LEVEL_WARN, LEVEL_CRIT };

struct threshold {
    double from; /* the step holds from this value on; -infinity for the base */
    enum threshold_level level;
    char colour[32]; /* as in the file: "red", "#EAB839", "rgba(50, 172, 45, 0.97)" */
};

/* What stands in the place of a number: "1" is "UP", and green. */
struct value_mapping {
    double from, to; /* both included; NaN: stands for what is not a number */
    char text[48];   /* "": the number stays */
    enum threshold_level level;
    bool has_level; /* it judges, and not the thresholds */
};

struct target {
    char ref_id[16];
    char *expr; /* owned; as in the file, variables not filled in; may hold newlines and tabs */
    char legend[128]; /* legendFormat; "" and "__auto": by the labels */
    bool is_heatmap;  /* its format: Grafana takes cumulated buckets apart */
    bool is_instant;  /* one value, no line */
    bool is_hidden;   /* not asked for, as in Grafana */
    bool is_asked;    /* is asked for: has an expression for Prometheus and is not hidden */
    char reason[120]; /* why it is not asked for; "" when it is or is hidden */
};

struct heatmap_options {
    char unit[32];      /* of the bounds; the panel's own is that of what is in the cells */
    bool is_calculated; /* buckets are made of the values of all series */
};

/* What a file says about one column. */
struct column_rule {
    char name[64];  /* a label, "Value", "Value #A", "Time" */
    char title[64]; /* "": its name */
    char unit[32];  /* "": the panel's */
    int decimals;   /* -1: the panel's */
    int order;      /* ascending; those without one are INT_MAX */
    bool is_hidden;
};

struct table_options {
    size_t n_columns;
    struct column_rule *columns; /* owned */
    char sort_by[64];            /* name or title of a column; "": as the server gave them */
    bool is_descending;
    char join_by[64]; /* the label that makes one row of several queries' series; "": all of them */
};

/* In the order of Grafana's sortOrder. */
enum alert_order {
    ALERT_ORDER_NAME = 1,
    ALERT_ORDER_NAME_DOWN,
    ALERT_ORDER_WORST,
    ALERT_ORDER_OLDEST,
    ALERT_ORDER_NEWEST,
};

#define ALERT_MATCHERS_MAX 8

struct alert_matcher {
    char name[64], value[96];
    bool is_negated, is_pattern;
};

struct alertlist_options {
    bool shows_firing, shows_pending;
    char name[96]; /* a part of the alert's; "" all */
    size_t n_matchers;
    struct alert_matcher matchers[ALERT_MATCHERS_MAX]; /* of labels; all must hold */
    enum alert_order order;
    size_t n_most;        /* rows; 0: no limit */
    bool is_number_alone; /* how many, and no list */
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
    size_t n_mappings;
    struct value_mapping *mappings; /* owned; the first that fits counts */
    struct heatmap_options heatmap;
    struct table_options table;
    struct alertlist_options alertlist;
    char *
        text; /* owned; lines with TEXT_VIEW_TITLE as text_view_draw has them; NULL but for texts */
    struct dashboard_notes notes; /* what Grafana would draw otherwise */
};

/* One of what a variable can be. */
struct variable_option {
    char *value; /* owned */
    char *text;  /* owned; for people, fit for a terminal */
};

struct dashboard_variable {
    char name[64];
    char label[64];    /* for people; "": its name */
    char type[16];     /* "query", "custom", "interval", "constant", "textbox", "datasource" */
    char *query;       /* owned; of a query what Prometheus is to be asked, see variable_query.h */
    bool is_regex;     /* the one value is a regular expression already */
    bool is_multi;     /* fills in as an alternative of regular expressions */
    bool has_all;      /* "All" can be chosen */
    bool is_hidden;    /* not for people to change */
    bool is_awaited;   /* its options have to be asked for before anything that depends on it */
    size_t n_options;  /* without "All" */
    size_t n_left_off; /* options beyond DASHBOARD_VALUES_MAX */
    struct variable_option *options; /* owned */
    size_t n_values;                 /* the chosen ones */
    char **values;                   /* owned */
    char *shown;                     /* owned; the choice for people, fit for a terminal */
};

struct dashboard_source;
struct dashboard_choices;

struct dashboard {
    struct part part;
    struct dashboard_source *source; /* owned reference: the file, shared by all that came of it */
    struct dashboard_choices *choices; /* owned; what was asked and chosen since it was read */
    uint64_t revision;                 /* ascending from one to the next that came of it */
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

/* ---- Variables: a dashboard never changes, another one comes of it ------------------------------ */

#define VARIABLE_ALL "$__all"

/* Do both come of one file? */
bool dashboard_is_kin(const struct dashboard *a, const struct dashboard *b);

/* NULL: there is none of that name. */
const struct dashboard_variable *dashboard_variable(const struct dashboard *dashboard,
                                                    const char *name);

/* The first of the variables whose options have to be asked for; NULL: none. */
const struct dashboard_variable *dashboard_awaited(const struct dashboard *dashboard);

/* What became of asking: options as they came (they are filtered, sorted and bounded here), or the
 * reason why there are none. The choice is kept where it is among them. The caller holds the one
 * reference. */
struct dashboard *dashboard_take_options(const struct dashboard *dashboard,
                                         const char *name,
                                         const char *const *options,
                                         size_t n,
                                         const char *reason);

/* The dashboard with these values of a variable; the one value VARIABLE_ALL is all of them. Variables whose
 * query mentions it are awaited anew. TW_NOT_FOUND: there is no such variable; TW_INVALID for
 * what is not among its options, and for several values of one that takes one. */
int dashboard_choose(const struct dashboard *dashboard,
                     const char *name,
                     const char *const *values,
                     size_t n,
                     struct dashboard **ret_dashboard,
                     struct tw_error *err) MUST_CHECK;

/* As it was read, without what was asked and chosen since. The caller holds the one reference. */
struct dashboard *dashboard_begin_again(const struct dashboard *dashboard);

/* The dashboard with the values that were chosen in another one, of those variables that both have, as far as
 * they can be had. The caller holds the one reference. */
struct dashboard *dashboard_choose_as(struct dashboard *dashboard, const struct dashboard *other);

/* ---- Panels ------------------------------------------------------------------------------------- */

/* "timeseries"; PANEL_OTHER is "other" */
const char *panel_type_name(enum panel_type type);

/* There is no reason against it. */
bool panel_is_drawn(const struct panel *panel);

/* Its queries are what it is drawn from; not so a text, and a list of alerts. */
bool panel_is_of_queries(const struct panel *panel);

/* Nothing that it asks for is a line over time. */
bool panel_is_of_now(const struct panel *panel);

/* The level of the mapping or of the step that holds at value; LEVEL_NONE for neither. */
enum threshold_level panel_level(const struct panel *panel, double value);

/* The mapping that holds at value; NULL: none. */
const struct value_mapping *panel_mapping(const struct panel *panel, double value);

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
