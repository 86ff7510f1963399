#ifndef TW_UI_OUTSIDE_H
#define TW_UI_OUTSIDE_H

/* What the console's state asks of the world: the poller's commands, runbooks, random keys. On the UI
 * thread; none waits for the network. */

#include "tui/poll/poller.h"
#include "tui/state/ui_state.h"

/* An idempotency key that nobody guesses: 63 printable characters at most. */
void ui_make_key(char out[FORM_KEY_SIZE]);

/* The runbook that the state names, into state->runbook; NULL when there is none. */
void ui_load_runbook(struct ui_state *state, const char *assets_dir);

/* Hands a request to the poller, and tells the state its id. 0 for requests that are not the poller's. TW_BUSY:
 * its queue is full. */
int ui_send(struct ui_state *state,
            struct poller *poller,
            const struct ui_request *request,
            struct tw_error *err) MUST_CHECK;

#endif
