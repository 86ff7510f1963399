#ifndef TW_DASHBOARD_PARTS_H
#define TW_DASHBOARD_PARTS_H

/* What the files of dashboard.h share. Nobody else includes this. */

#include "common/json.h"
#include "tui/dashboard.h"

void dashboard_note(struct dashboard_notes *notes, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "" when value is no string. Fit for a terminal; newlines and tabs become blanks. */
void dashboard_copy_text(char *out, size_t size, const struct json *value);

/* Is there something in it: not absent, null, false, "", 0, [] or {}. */
bool dashboard_has(const struct json *value);

/* ---- dashboard_panel.c */

/* json is an object. The variables of the dashboard are there already. */
void dashboard_read_panel(const struct dashboard *dashboard,
                          const struct json *json,
                          struct panel *panel);
void dashboard_panel_finish(struct panel *panel);

/* ---- dashboard_variables.c */

void dashboard_read_variables(struct dashboard *dashboard, const struct json *list);
void dashboard_variables_finish(struct dashboard *dashboard);

/* For titles and legends: variables as people read them. */
void dashboard_fill_in_text(const struct dashboard *dashboard,
                            const char *text,
                            char *out,
                            size_t size);

/* The first variable in text that is not known, as "$name" in out; false when all are. */
bool dashboard_find_unknown(const struct dashboard *dashboard,
                            const char *text,
                            char *out,
                            size_t size);

#endif
