#include "server/store/upkeep.h"

#include "common/alloc.h"
#include "server/store/db.h"

#include <stdbool.h>

#define CHECKPOINT_PAGES 4000 /* 16 MB: the log grows by that between two copies */
#define TRIM_ROWS        4096
#define TRIM_EVERY_MS    1000
#define IDLE_MS          5000     /* without rows, before the log is emptied */
#define COPY_MS          1000     /* for the copy, before the log is emptied */
#define IDLE_TRIM_MS     60000    /* without rows, between two looks at the ages */
#define IDLE_MOST_MS     21600000 /* six hours: what poll takes, and clocks change */

struct upkeep {
    struct db *db;
    struct retention *retention;
    bool is_tidy;        /* nothing to do until rows come or age */
    bool is_copied;      /* the copy was asked for, and nothing was written since */
    bool is_over_limits; /* retention has not finished */
    bool is_trimmed;     /* retention has looked at trimmed_at_mono_ms */
    int64_t rows_at_mono_ms;
    int64_t trimmed_at_mono_ms;
    int asked_pages; /* of the log when its copy was asked for; 0: not since it began */
};

int upkeep_new(struct db *db,
               struct inserts *inserts,
               const struct retention_limits *limits,
               const struct moment *now,
               struct upkeep **ret_upkeep,
               struct tw_error *err)
{
    CLEANUP(upkeep_freep) struct upkeep *upkeep = xcalloc(1, sizeof(*upkeep));

    upkeep->db = db;
    upkeep->rows_at_mono_ms = now->mono_ms;
    if (retention_new(db, inserts, limits, &upkeep->retention, err) < 0)
        return -1;
    *ret_upkeep = TAKE(upkeep);
    return 0;
}

void upkeep_free(struct upkeep *upkeep)
{
    if (!upkeep)
        return;
    retention_free(upkeep->retention);
    free(upkeep);
}

static int forgive_busy(const struct tw_error *why, struct tw_error *err)
{
    return why->code == TW_BUSY ? 0 : tw_fail(err, why->code, "%s", why->message);
}

static int trim(struct upkeep *upkeep,
                const struct moment *now,
                int64_t *ret_deleted,
                struct tw_error *err)
{
    int more = retention_step(upkeep->retention, now->at_ms, TRIM_ROWS, ret_deleted, err);

    upkeep->is_over_limits = more != 0; /* what failed is not done */
    upkeep->is_trimmed = true;
    upkeep->trimmed_at_mono_ms = now->mono_ms;
    return more < 0 ? -1 : 0;
}

static bool is_time_to_trim(const struct upkeep *upkeep, const struct moment *now)
{
    return upkeep->is_over_limits || !upkeep->is_trimmed ||
           now->mono_ms - upkeep->trimmed_at_mono_ms >= TRIM_EVERY_MS;
}

static bool has_log_grown(struct upkeep *upkeep)
{
    int pages = db_wal_pages(upkeep->db);

    if (pages < upkeep->asked_pages) /* it began anew */
        upkeep->asked_pages = 0;
    if (pages < upkeep->asked_pages + CHECKPOINT_PAGES)
        return false;
    upkeep->asked_pages = pages;
    return true;
}

int upkeep_after_batch(struct upkeep *upkeep,
                       const struct moment *now,
                       int64_t *ret_predictions_deleted,
                       struct tw_error *err)
{
    bool has_grown = has_log_grown(upkeep);
    struct tw_error why = {0};

    *ret_predictions_deleted = 0;
    upkeep->is_tidy = upkeep->is_copied = false;
    upkeep->rows_at_mono_ms = now->mono_ms;
    if (db_wal_pages(upkeep->db) >= UPKEEP_LOG_PAGES &&
        db_checkpoint(upkeep->db, DB_CHECKPOINT_PASSIVE, &why) < 0)
        return forgive_busy(&why, err);
    if (is_time_to_trim(upkeep, now) && trim(upkeep, now, ret_predictions_deleted, &why) < 0)
        return forgive_busy(&why, err);
    return has_grown;
}

int upkeep_idle_ms(struct upkeep *upkeep, const struct moment *now)
{
    int64_t for_ms =
        upkeep->is_copied ? COPY_MS : IDLE_MS - (now->mono_ms - upkeep->rows_at_mono_ms);
    int64_t next_ms = INT64_MAX;

    if (upkeep->is_tidy) {
        if (retention_next_ms(upkeep->retention, &next_ms, NULL) < 0 || next_ms == INT64_MAX)
            return -1;
        /* Rows that come of age one after the other go together. */
        for_ms = next_ms - now->at_ms;
        for_ms = for_ms < IDLE_TRIM_MS ? IDLE_TRIM_MS : for_ms;
    }
    return (int)(for_ms < 0 ? 0 : for_ms > IDLE_MOST_MS ? IDLE_MOST_MS : for_ms);
}

/* Emptying a log that was copied needs no sync, but beginning it anew does: before rows come. */
static int renew_log(struct upkeep *upkeep, struct tw_error *err)
{
    if (db_checkpoint(upkeep->db, DB_CHECKPOINT_TRUNCATE, err) < 0)
        return -1;
    return db_probe(upkeep->db, err);
}

/* 1: there is more of it. */
static int tidy(struct upkeep *upkeep,
                const struct moment *now,
                int64_t *ret_deleted,
                struct tw_error *err)
{
    int more;

    if (trim(upkeep, now, ret_deleted, err) < 0)
        return -1;
    more = upkeep->is_over_limits ? 1 : retention_shrink(upkeep->retention, err);
    if (more == 0 && upkeep->is_copied)
        return renew_log(upkeep, err);
    upkeep->is_copied = more == 0;
    return more < 0 ? -1 : 1;
}

int upkeep_while_idle(struct upkeep *upkeep,
                      const struct moment *now,
                      int64_t *ret_predictions_deleted,
                      struct tw_error *err)
{
    bool was_copied = upkeep->is_copied;
    struct tw_error why = {0};
    int more;

    *ret_predictions_deleted = 0;
    more = tidy(upkeep, now, ret_predictions_deleted, &why);
    /* What failed is tried again after the next rows, or when the next of them come of age. */
    upkeep->is_tidy = more <= 0;
    if (more < 0)
        return forgive_busy(&why, err);
    return upkeep->is_copied && !was_copied;
}
