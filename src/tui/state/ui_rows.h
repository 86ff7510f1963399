#ifndef TW_TUI_UI_ROWS_H
#define TW_TUI_UI_ROWS_H

/* What a view lists of what there is: rows of a list, or panels of a board, that its filter lets through. Pure. */

#include "tui/data/alert_list.h"
#include "tui/state/ui_state.h"

struct ui_rows {
    size_t n_all;   /* without the filter */
    size_t n_fixed; /* of them and of n: what no filter takes away */
    size_t n;
    int *at;      /* their indices, ascending; owned */
    int selected; /* index into `at`; -1: there is none */
};

struct ui_rows ui_rows_of(const struct ui_state *state,
                          const struct snapshot *snapshot,
                          enum view_id view);
void ui_rows_finish(struct ui_rows *rows);

/* The index of what is selected, or -1; and of what is `by` rows from it, bounded. */
int ui_rows_item(const struct ui_rows *rows);
int ui_rows_step(const struct ui_rows *rows, int by);

/* Whether one of the n texts has the filter's word in it, or with a '!' before it none has. "" lets all
 * through; upper and lower case are the same. NULL among the texts is passed over. */
bool ui_filter_passes(const char *filter, const char *const *texts, size_t n);

/* As alert_list_make, of those that the filter of the alerts lets through. */
void ui_rows_alerts(const struct ui_state *state,
                    const struct alert_board *board,
                    struct alert_list *ret_list);

/* The filter that is typed or shown: the help's, or the view's. */
const char *ui_filter(const struct ui_state *state);

#endif
