#ifndef TW_TUI_GAMEDAY_FORM_H
#define TW_TUI_GAMEDAY_FORM_H

/* The form that starts a game day: that of a simulation, of a kind of its own. Pure. */

#include "tui/data/gameday.h"
#include "tui/state/sim_form.h"

/* No simulation: what a form is of that starts a game day. */
extern const struct sim_kind gameday_form_kind;

bool gameday_form_is(const struct sim_form *form);

/* Empty, with that one of gameday_kinds. */
void gameday_form_init(struct sim_form *form, size_t kind, const char *idempotency_key);

/* The request that it makes; it borrows from `form` and of gameday_kinds. */
struct gameday_request gameday_form_request(const struct sim_form *form);

/* How many steps it has and how long the rules wait in all; true: the form was refused, and why. */
bool gameday_form_advise(const struct sim_form *form,
                         bool is_fast_alerts,
                         char out[FORM_NOTE_SIZE]);

#endif
