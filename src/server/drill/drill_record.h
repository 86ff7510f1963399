#ifndef TW_DRILL_RECORD_H
#define TW_DRILL_RECORD_H

/* How a run stands, shared by its thread and whoever asks: every function takes the record's own
 * mutex and may be called from any thread. Also settles who persists a change, so that an older
 * state never overwrites a newer one: the run's thread until drill_record_close, then whoever made
 * the change. */

#include "server/drill/drill.h"
#include "server/drill/drill_goal.h"

#include <stdbool.h>
#include <stdint.h>

struct drill_record;

/* A moment on both clocks. */
struct drill_moment {
    int64_t at_ms;   /* Unix time */
    int64_t mono_ms; /* monotonic */
};

struct drill_moment drill_moment_now(void);

struct drill_record *drill_record_new(const struct drill_status *first,
                                      const struct drill_goal *goal,
                                      const struct drill_moment *started);
void drill_record_free(struct drill_record *record);

void drill_record_read(struct drill_record *record,
                       const struct drill_moment *now,
                       struct drill_status *ret_status);

/* After the end nothing counts any more: the figures that were reported stay. */
void drill_record_count_sent(struct drill_record *record);
bool drill_record_count_reply(struct drill_record *record, enum drill_outcome outcome);
void drill_record_note_error(struct drill_record *record, const char *message);
void drill_record_observe(struct drill_record *record,
                          enum drill_alert_state state,
                          const struct drill_moment *now);

/* Ends the run if its goal is reached. True: the run is over, by this or before. */
bool drill_record_check_goal(struct drill_record *record, const struct drill_moment *now);

/* False: it was over already, and stays as it was. */
bool drill_record_end(struct drill_record *record,
                      enum drill_state state,
                      const char *reason,
                      const struct drill_moment *now);

enum drill_noted {
    DRILL_NOTED_NOTHING, /* not about this run, or known */
    DRILL_NOTED_BY_RUN,  /* its thread will save it: wake it */
    DRILL_NOTED_BY_CALLER,
};

enum drill_noted drill_record_note_delivery(struct drill_record *record,
                                            const char *alertname,
                                            bool is_firing,
                                            int64_t at_ms);

/* For the run's thread. Marks the record as to be saved; take gives a copy if it is. */
void drill_record_want_save(struct drill_record *record);
bool drill_record_take_unsaved(struct drill_record *record,
                               const struct drill_moment *now,
                               struct drill_status *ret_status);

/* The thread's last word. False: there is something to save first. */
bool drill_record_close(struct drill_record *record);
bool drill_record_is_closed(struct drill_record *record);

#endif
