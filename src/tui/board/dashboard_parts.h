#ifndef TW_DASHBOARD_PARTS_H
#define TW_DASHBOARD_PARTS_H

/* What the files of dashboard.h share. Nobody else includes this. */

#include "common/json.h"
#include "tui/board/dashboard.h"

void dashboard_note(struct dashboard_notes *notes, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "" when value is no string. Fit for a terminal; newlines and tabs become blanks. */
void dashboard_copy_text(char *out, size_t size, const struct json *value);

/* Is there something in it: not absent, null, false, "", 0, [] or {}. */
bool dashboard_has(const struct json *value);

/* The string of that member; "" when it is none. Borrowed. */
const char *dashboard_text_at(const struct json *object, const char *key);

/* ---- dashboard.c */

/* The file. Never changes. */
struct dashboard_source {
    struct part part;
    char *text; /* owned */
    size_t len;
};

/* Of one variable. */
struct variable_choice {
    char name[64];
    bool is_answered;
    char reason[120]; /* why there are no options though they were asked for; "" */
    size_t n_options;
    char **options; /* owned */
    bool is_chosen;
    size_t n_values;
    char **values; /* owned */
};

struct dashboard_choices {
    size_t n;
    struct variable_choice *at; /* owned */
};

/* Reads the source anew. Takes a reference to it, and the choices. */
int dashboard_read_source(struct dashboard_source *source,
                          struct dashboard_choices *owned_choices,
                          struct dashboard **ret_dashboard,
                          struct tw_error *err) MUST_CHECK;

/* ---- dashboard_choices.c */

struct dashboard_choices *dashboard_choices_copy(const struct dashboard_choices *choices);
void dashboard_choices_free(struct dashboard_choices *choices); /* NULL is fine */

/* NULL: nothing is known of that variable. */
const struct variable_choice *dashboard_choice_of(const struct dashboard *dashboard,
                                                  const char *name);

/* ---- dashboard_panel.c */

/* json is an object. The variables of the dashboard are there already. */
void dashboard_read_panel(const struct dashboard *dashboard,
                          const struct json *json,
                          struct panel *panel);
void dashboard_panel_finish(struct panel *panel);

/* Of a colour's name or "#RRGGBB". */
enum threshold_level dashboard_level_of(const char *colour);

/* ---- dashboard_options.c: what a file says about one type of panel */

/* Reads the panel's options for its type, and its value mappings. */
void dashboard_read_options(const struct dashboard *dashboard,
                            const struct json *json,
                            struct panel *panel);

/* result: {"text": ..., "color": ...}. NaN: for what is not a number. */
void dashboard_add_mapping(struct panel *panel, double from, double to, const struct json *result);

/* Which of the overrides change more than the look, and are not applied here. */
size_t dashboard_count_overrides(const struct json *overrides, enum panel_type type);

/* ---- dashboard_legacy.c: panels of before Grafana 8 */

void dashboard_read_legacy(const struct json *json, struct panel *panel);

/* ---- dashboard_table.c */

void dashboard_read_table(const struct json *json, struct panel *panel);

/* ---- dashboard_variables.c */

void dashboard_read_variables(struct dashboard *dashboard, const struct json *list);
void dashboard_variables_finish(struct dashboard *dashboard);

/* ---- dashboard_fill.c */

/* For titles and legends: variables as people read them. */
void dashboard_fill_in_text(const struct dashboard *dashboard,
                            const char *text,
                            char *out,
                            size_t size);

/* The same, appended, as it is; for texts of several lines. */
void dashboard_fill_in_lines(const struct dashboard *dashboard,
                             const char *text,
                             struct buffer *out);

/* The first variable in text that is not known, as "$name" in out; false when all are. */
bool dashboard_find_unknown(const struct dashboard *dashboard,
                            const char *text,
                            char *out,
                            size_t size);

/* Does the text refer to this variable? */
bool dashboard_mentions(const char *text, const char *name);

#endif
