#ifndef TW_UI_PLACE_H
#define TW_UI_PLACE_H

/* Where a console is, from its session: which installation, live or replayed, and what may be done. */

#include "tui/poll/session.h"
#include "tui/state/ui_state.h"

#define UI_NO_CONTEXT "local" /* the environment's name without a context */

/* What a place borrows. */
struct ui_place_texts {
    char no_token[sizeof(((struct tw_error *)NULL)->message) + 32];
    char user[SILENCE_BY_SIZE];
    char *prometheus_url; /* owned */
};

struct ui_place ui_place_of(const struct session *session,
                            bool is_read_only,
                            struct ui_place_texts *ret_texts);
void ui_place_finish(struct ui_place_texts *texts); /* zeroed is fine */

#endif
