#ifndef TW_TUI_VIEW_PARTS_H
#define TW_TUI_VIEW_PARTS_H

/* What view_requests.c and view_request.c share. Nobody else includes this. */

#include "tui/quality.h"
#include "tui/view.h"

#define VIEW_AGE_STEP_MS 5000

enum panel_state view_quality_state(enum quality_id id, double value);
void view_format_request_age(const struct ui_model *model,
                             const struct stored_request *request,
                             char *out,
                             size_t size);

/* The one that is open. */
void view_request_draw(const struct ui_model *model, struct grid *grid, struct rect body);

#endif
