#ifndef TW_ML_DRIFT_MONITOR_H
#define TW_ML_DRIFT_MONITOR_H

/* Drift of live predictions against the model's reference. Any number of threads record without a
 * lock (one slot of a ring); everything else takes the monitor's own mutex, which recording never
 * does. The monitor has no thread of its own: somebody calls drift_monitor_check every few
 * milliseconds to seconds and before each scrape.
 *
 * A prediction equal in all features to the newest one of the window counts once: it makes that one
 * younger and is no new prediction for the votes. Flags go up after two votes in a row that are over
 * the limits and down after two that are not. A vote is due after every vote_every new predictions; a
 * check that finds several due takes one, so under a burst votes coalesce: they are then further apart
 * in predictions, never closer in time than the checks. A check without a vote due refreshes the
 * figures and leaves the flags.
 *
 * After a restart: record the stored predictions again, oldest first, and check whenever record says
 * so, then the votes fall as they did live. */

#include "common/error.h"
#include "server/ml/drift.h"
#include "server/ml/model.h"

#include <stdbool.h>
#include <stdint.h>

struct drift_monitor;

#define DRIFT_WINDOW_LEAST 100
#define DRIFT_WINDOW_MOST  5000

struct drift_options {
    int window;         /* predictions looked at, 100..5000 */
    int64_t max_age_ms; /* older ones fall out */
    int vote_every;     /* new predictions between votes, over 0: 25 */
    double alpha;       /* 0.001 */
};

/* Borrows the model for its life. */
struct drift_monitor *drift_monitor_new(const struct model *model,
                                        const struct drift_options *options);
void drift_monitor_free(struct drift_monitor *monitor);
DEFINE_CLEANUP(struct drift_monitor *, drift_monitor_free);

/* Lock-free, any thread, about 20 ns. When a burst overruns the ring (at least 4 windows and 4096
 * records) the oldest are lost, which the window would have dropped anyway; the report counts them.
 * Returns true at every vote_every-th record: the caller may then wake whoever calls
 * drift_monitor_check. at_ms of one thread must not fall. */
bool drift_monitor_record(struct drift_monitor *monitor,
                          const double *x,
                          int class_index,
                          int64_t at_ms);

/* Takes in what was recorded, drops what is too old, votes once if vote_every predictions came since
 * the last vote, and computes anew if anything changed. Without a score (under 100 predictions) there
 * is no vote, and flags are forgotten. */
void drift_monitor_check(struct drift_monitor *monitor, int64_t now_ms);

/* A copy of the newest result, as of the last check. */
void drift_monitor_report(struct drift_monitor *monitor, struct drift_report *ret_report);

/* Empties window and votes; what is in the ring is forgotten too. The report is that of an empty
 * window at once. */
void drift_monitor_reset(struct drift_monitor *monitor);

/* A second reference, "the same hour of earlier days", or NULL for none: while there is one, flags are
 * judged against it, and the report carries both comparisons from the next check on. Flags stay as they
 * are until voted otherwise. */
void drift_monitor_set_usual(struct drift_monitor *monitor, struct reference *owned_usual);

#endif
