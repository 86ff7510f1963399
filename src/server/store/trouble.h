#ifndef TW_STORE_TROUBLE_H
#define TW_STORE_TROUBLE_H

/* What goes wrong with the database, made into news: one piece when it begins, one when rows are lost, one
 * when it is over, however many batches fail in between. Pure; the writer's thread only. */

#include "server/store/store.h"

#define TROUBLE_QUIET_MS    1000  /* a failure that is over by then is no news */
#define TROUBLE_REFUSALS_MS 60000 /* between two pieces of news on refused rows */

struct trouble {
    store_news_fn *tell; /* NULL: nobody wants to know */
    void *ctx;

    bool is_unwritten; /* the last attempt at a batch failed */
    bool is_untidy;    /* the last upkeep failed */
    bool is_told;      /* something of this trouble was told, so its end will be */
    bool is_loss_told, is_untidiness_told;
    int64_t began_mono_ms;
    uint64_t dropped_before; /* rows, when it began */
    bool has_told_refusal;
    int64_t refusal_told_mono_ms;
    char reason[160];
};

struct trouble_moment {
    int64_t mono_ms;
    uint64_t dropped; /* rows dropped since the start, for whatever reason */
};

void trouble_init(struct trouble *trouble, store_news_fn *tell, void *ctx);

/* An attempt at a batch failed. */
void trouble_note_failure(struct trouble *trouble,
                          const char *reason,
                          const struct trouble_moment *now);

/* The batch of the last failure was given up. */
void trouble_note_loss(struct trouble *trouble, const struct trouble_moment *now);

/* A batch, or a probe, went through. */
void trouble_note_commit(struct trouble *trouble, const struct trouble_moment *now);

/* Upkeep did its work, or (reason) failed. */
void trouble_note_upkeep(struct trouble *trouble,
                         const char *reason, /* NULL: done */
                         const struct trouble_moment *now);

void trouble_note_refusals(struct trouble *trouble,
                           const char *reason,
                           const struct trouble_moment *now);

bool trouble_is_over(const struct trouble *trouble);

/* "" when it is over. */
const char *trouble_reason(const struct trouble *trouble);

#endif
