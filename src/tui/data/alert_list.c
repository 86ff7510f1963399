#include "tui/data/alert_list.h"

#include <stdlib.h>
#include <string.h>

const char *alert_grouping_name(enum alert_grouping grouping)
{
    static const char *const names[N_ALERT_GROUPINGS] = {"", "severity", "service", "state"};

    return names[grouping];
}

const char *alert_choice_name(const struct alert_choice *choice)
{
    static const char *const names[N_ALERT_SHOWS] = {"",        "critical",  "warning", "firing",
                                                     "pending", "held back", ""};

    if (choice->show != SHOW_SERVICE)
        return names[choice->show];
    return choice->service[0] ? choice->service : "no service";
}

const char *alert_group_of(const struct alert *alert, enum alert_grouping grouping)
{
    switch (grouping) {
    case GROUP_SEVERITY:
        return alert_severity_name(alert->severity);
    case GROUP_SERVICE:
        return alert->service[0] ? alert->service : "no service";
    case GROUP_STATE:
        return alert_state_name(alert->state);
    case GROUP_NONE:
    case N_ALERT_GROUPINGS:
        break;
    }
    return "";
}

static bool is_shown(const struct alert *alert, const struct alert_choice *choice)
{
    bool is_held_back = alert->state == ALERT_SILENCED || alert->state == ALERT_INHIBITED;

    switch (choice->show) {
    case SHOW_CRITICAL:
        return alert->severity == ALERT_CRITICAL;
    case SHOW_WARNING:
        return alert->severity == ALERT_WARNING;
    case SHOW_FIRING:
        return alert->state != ALERT_PENDING && alert->state != ALERT_CLEARING && !is_held_back;
    case SHOW_PENDING:
        return alert->state == ALERT_PENDING;
    case SHOW_HELD_BACK:
        return is_held_back;
    case SHOW_SERVICE:
        return strcmp(alert->service, choice->service) == 0;
    case SHOW_ALL:
    case N_ALERT_SHOWS:
        break;
    }
    return true;
}

struct sorting {
    const struct alert_board *board;
    enum alert_grouping grouping;
};

/* What is worse comes first; services by name. */
static int compare_groups(const struct alert *a,
                          const struct alert *b,
                          enum alert_grouping grouping)
{
    if (grouping == GROUP_SEVERITY)
        return (int)b->severity - (int)a->severity;
    if (grouping == GROUP_STATE)
        return (int)a->state - (int)b->state;
    return grouping == GROUP_SERVICE ? strcmp(a->service, b->service) : 0;
}

static int compare(const void *left, const void *right, void *ctx)
{
    const struct sorting *sorting = ctx;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    int order = compare_groups(&sorting->board->at[a], &sorting->board->at[b], sorting->grouping);

    return order != 0 ? order : a < b ? -1 : a > b;
}

void alert_list_make(const struct alert_board *board,
                     const struct alert_choice *choice,
                     struct alert_list *ret_list)
{
    struct sorting sorting = {board, choice->grouping};

    ret_list->n = 0;
    for (size_t i = 0; i < board->n && i < 2 * (size_t)ALERT_BOARD_MAX; i++)
        if (is_shown(&board->at[i], choice))
            ret_list->at[ret_list->n++] = i;
    qsort_r(ret_list->at, ret_list->n, sizeof(ret_list->at[0]), compare, &sorting);
}
