#ifndef TW_STORE_WAITERS_H
#define TW_STORE_WAITERS_H

/* Who wants to know when a row is on disk. Tickets are settled in ascending order by the writer; any
 * thread may wait for one, before or after. */

#include "server/store/store.h"

struct waiters;

/* Ticket 0 is never settled on disk: it stands for a row that was not taken. */
struct waiters *waiters_new(void);
void waiters_free(struct waiters *waiters); /* nobody may be waiting any more; NULL is fine */
DEFINE_CLEANUP(struct waiters *, waiters_free);

/* Calls done at once, on this thread, if the ticket is settled; else keeps it. Any thread. */
void waiters_add(struct waiters *waiters, uint64_t ticket, store_committed_fn *done, void *ctx);

/* Writer: these rows, all after the last settled one or in what is settled next, are lost. Comes
 * before the waiters_settle that covers them. */
void waiters_note_lost(struct waiters *waiters, uint64_t first_ticket, uint64_t last_ticket);

/* Writer: everything up to the ticket is decided. Calls back whoever waited for it, by ticket,
 * outside the lock. */
void waiters_settle(struct waiters *waiters, uint64_t last_ticket);

#endif
