#ifndef TW_INTERRUPT_H
#define TW_INTERRUPT_H

/* Ctrl-C as an event instead of an end: a thread of its own waits for SIGINT. The first is counted and
 * wakes the fetcher; the second leaves the program at once, with 130. */

#include "common/error.h"

#include <stdbool.h>

struct fetcher;
struct interrupt;

/* Blocks SIGINT in the calling thread, and so in all that it starts later. */
int interrupt_start(struct fetcher *fetcher,
                    struct interrupt **ret_interrupt,
                    struct tw_error *err) MUST_CHECK;
void interrupt_stop(struct interrupt *interrupt); /* joins the thread; NULL is fine */
DEFINE_CLEANUP(struct interrupt *, interrupt_stop);

bool interrupt_came(const struct interrupt *interrupt);

#endif
