#ifndef TW_DRILL_RUN_H
#define TW_DRILL_RUN_H

/* One simulation at work: sends what is due, follows its alert, ends. A run belongs to the thread that
 * is in drill_run_work; only drill_run_wake may be called from others. */

#include "common/buffer.h"
#include "common/fetch.h"
#include "server/drill/drill.h"
#include "server/drill/drill_record.h"

#include <stdint.h>

#define DRILL_IN_FLIGHT_USUAL 8    /* requests under way; what is due beyond waits */
#define DRILL_IN_FLIGHT_MAX   100  /* of the kinds that need more */
#define DRILL_LATER_MAX       256  /* posts put off */
#define DRILL_BODY_MAX        8192 /* bytes of a request's body */
#define DRILL_LATER_BODY_MAX  256  /* of a post put off */

struct drill_run;

/* Borrows hooks and record for its life; copies the mark, its header's value. */
struct drill_run *drill_run_new(const struct drill_hooks *hooks,
                                struct drill_record *record,
                                const char *mark);
void drill_run_free(struct drill_run *run);

/* Returns when the record is over. Saves it along the way, but not its end. */
void drill_run_work(struct drill_run *run);
void drill_run_wake(struct drill_run *run); /* any thread */

/* ---- For the kinds, on the run's thread --------------------------------------------------------- */

struct drill_follow_up;

/* The request has succeeded. */
typedef void drill_reply_fn(struct drill_run *run,
                            const struct fetch_reply *reply,
                            const struct drill_follow_up *follow_up);

/* What happens after a request; copied. */
struct drill_follow_up {
    drill_reply_fn *done; /* NULL: nothing */
    int label;
    int64_t delay_ms;
};

const struct drill_hooks *drill_run_hooks(const struct drill_run *run);
const struct drill_params *drill_run_params(const struct drill_run *run);

/* Sends body to base_url + path, marked and counted. path is static. */
void drill_run_post(struct drill_run *run,
                    const char *base_url,
                    const char *path,
                    const struct buffer *body,
                    const struct drill_follow_up *follow_up);

/* The same to the ML API after delay_ms; left out, with a note, when DRILL_LATER_MAX wait. */
void drill_run_post_later(struct drill_run *run,
                          int64_t delay_ms,
                          const char *path,
                          const struct buffer *body);

void drill_run_note_error(struct drill_run *run, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
