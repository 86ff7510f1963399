#ifndef TW_TUI_QUERY_BOARD_H
#define TW_TUI_QUERY_BOARD_H

/* A dashboard of one chart, of an expression that was typed. Pure. */

#include "common/error.h"
#include "tui/board/dashboard.h"

/* As dashboard_read. The caller holds the one reference. */
int query_board_read(const char *expr,
                     struct dashboard **ret_dashboard,
                     struct tw_error *err) MUST_CHECK;

#endif
