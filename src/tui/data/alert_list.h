#ifndef TW_TUI_ALERT_LIST_H
#define TW_TUI_ALERT_LIST_H

/* Which alerts of the board a list shows, and in which groups. Pure. */

#include "tui/data/alert_board.h"

#include <stdbool.h>
#include <stddef.h>

/* Within a group, and without groups, they stand as on the board: worst first, then the longer active. */
enum alert_grouping { GROUP_NONE, GROUP_SEVERITY, GROUP_SERVICE, GROUP_STATE, N_ALERT_GROUPINGS };

enum alert_show {
    SHOW_ALL,
    SHOW_CRITICAL,
    SHOW_WARNING,
    SHOW_FIRING, /* whether Alertmanager has it or not, and what it alone has */
    SHOW_PENDING,
    SHOW_HELD_BACK, /* silenced or inhibited */
    SHOW_SERVICE,   /* of one service */
    N_ALERT_SHOWS
};

struct alert_choice {
    enum alert_grouping grouping;
    enum alert_show show;
    char service[64]; /* of SHOW_SERVICE */
};

struct alert_list {
    size_t n;
    size_t at[2 * ALERT_BOARD_MAX]; /* of the board */
};

void alert_list_make(const struct alert_board *board,
                     const struct alert_choice *choice,
                     struct alert_list *ret_list);

const char *alert_grouping_name(enum alert_grouping grouping);    /* "service"; "" for none */
const char *alert_choice_name(const struct alert_choice *choice); /* "critical"; "" for all */

/* Of the alert's group: "critical", "ml-api", "firing"; "" without groups. */
const char *alert_group_of(const struct alert *alert, enum alert_grouping grouping);

#endif
