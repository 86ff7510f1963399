#ifndef TW_STORE_RECORD_H
#define TW_STORE_RECORD_H

/* One row of any kind on its way to disk: the item of the store's queue. */

#include "server/store/store.h"

enum record_kind {
    RECORD_PREDICTION,
    RECORD_FEEDBACK,
    RECORD_EVENT,
    RECORD_SIMULATION,
    RECORD_ANSWER,
    RECORD_GAMEDAY,
    N_RECORD_KINDS
};

struct record {
    enum record_kind kind;

    union {
        struct prediction_row prediction;
        struct feedback_row feedback;
        /* The rare, large ones are on the heap, so that the queue's slots stay small. Owned, with the
         * detail inside. */
        struct event_row *event;
        struct simulation_row *simulation; /* of RECORD_GAMEDAY too */
        struct answer_row *answer;
    };
};

/* What the record owns beside itself. */
size_t record_heap_bytes(const struct record *record);

/* Frees what the record owns, not the record. */
void record_finish(struct record *record);

#endif
