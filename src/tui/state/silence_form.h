#ifndef TW_TUI_SILENCE_FORM_H
#define TW_TUI_SILENCE_FORM_H

/* The form that makes a silence: for how long, why, and what it matches; all of it is typed text. Pure. */

#include "tui/data/alert_board.h"
#include "tui/data/silence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SILENCE_FORM_DURATION_SIZE 16
#define SILENCE_FORM_MATCHERS_MAX  24
#define SILENCE_FORM_MATCHER_SIZE  160
#define SILENCE_FORM_PROBLEM_SIZE  200

/* Rows: the first two, then the matchers, and an empty one for a further matcher. */
enum silence_form_row { SILENCE_ROW_DURATION, SILENCE_ROW_COMMENT, SILENCE_ROW_MATCHERS };

struct silence_form {
    int focused;
    char duration[SILENCE_FORM_DURATION_SIZE];
    bool was_duration_touched; /* the first character typed replaces what stands there */
    char comment[SILENCE_ABOUT_SIZE];
    size_t n_matchers;
    char matchers[SILENCE_FORM_MATCHERS_MAX][SILENCE_FORM_MATCHER_SIZE];
    char problem
        [SILENCE_FORM_PROBLEM_SIZE]; /* what is wrong with the focused row, or why it was refused; "" */
};

/* One hour, for all labels of the alert. False: they do not fit in. */
bool silence_form_init(struct silence_form *form, const struct labels *labels);

int silence_form_n_rows(const struct silence_form *form);
const char *silence_form_text(const struct silence_form *form, int row);

void silence_form_move(struct silence_form *form, int by);
void silence_form_type(struct silence_form *form, uint32_t code); /* a character */
void silence_form_erase(struct silence_form *form);
void silence_form_refuse(struct silence_form *form, const char *why);

/* The matchers as far as they are typed; -1 with the row in *ret_row for the first that is none. */
int silence_form_matchers(const struct silence_form *form,
                          struct matchers *ret_matchers,
                          int *ret_row,
                          struct tw_error *err) MUST_CHECK;

/* A draft by that user, given to the caller; false: what is wrong stands in the form, and its row has the focus. */
bool silence_form_check(struct silence_form *form, const char *by, struct silence_draft *ret_draft);

/* "it matches 2 of 5 alerts: A, B" of the board as it is. */
#define SILENCE_PREVIEW_SIZE 400

struct silence_preview {
    size_t n_matched, n_alerts;
    char text[SILENCE_PREVIEW_SIZE];
};

struct silence_preview silence_preview_of(const struct matchers *matchers,
                                          const struct alert_board *board);

/* It matches none of the alerts, or every one. */
static inline bool silence_preview_is_odd(const struct silence_preview *preview)
{
    return preview->n_matched == 0 ||
           (preview->n_matched == preview->n_alerts && preview->n_alerts > 1);
}

#endif
