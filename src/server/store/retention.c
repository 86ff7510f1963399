#include "server/store/retention.h"

#include "common/alloc.h"
#include "server/store/db.h"
#include "server/store/inserts.h"

#include <stdbool.h>

/* Free pages that are left in the file for the next rows; and how many go back at a time. */
#define FREE_PAGES_KEPT 256
#define SHRINK_STEP_SQL "PRAGMA incremental_vacuum(256)"

enum trimmed_table { TRIM_PREDICTIONS, TRIM_ANSWERS, TRIM_FEEDBACK, TRIM_EVENTS, N_TRIMMED };

struct table_sql {
    const char *oldest; /* time of the first row */
    const char *bound;  /* key of the row ?1 places after the first, or of the last one */
    const char *delete; /* up to key ?1, older than ?2 */
};

#define TABLE_SQL(table, key)                                                                      \
    {                                                                                              \
        "SELECT at_ms FROM " table " ORDER BY " key " LIMIT 1",                                    \
            "SELECT max(" key ") FROM (SELECT " key " FROM " table " ORDER BY " key " LIMIT ?1)",  \
            "DELETE FROM " table " WHERE " key " <= ?1 AND at_ms < ?2"                             \
    }

static const struct table_sql sql_of[N_TRIMMED] = {
    [TRIM_PREDICTIONS] = TABLE_SQL("predictions", "sequence"),
    [TRIM_ANSWERS] = TABLE_SQL("answers", "id"),
    [TRIM_FEEDBACK] = TABLE_SQL("feedback", "id"),
    [TRIM_EVENTS] = TABLE_SQL("events", "id"),
};

struct table_statements {
    struct statement *oldest, *bound, *delete;
};

struct retention {
    struct db *db;
    struct inserts *inserts;
    struct retention_limits limits;
    struct table_statements tables[N_TRIMMED];
    struct statement *page_size, *page_count, *freelist_count;
};

static int prepare_table(struct db *db,
                         const struct table_sql *sql,
                         struct table_statements *table,
                         struct tw_error *err)
{
    if (db_prepare(db, sql->oldest, &table->oldest, err) < 0 ||
        db_prepare(db, sql->bound, &table->bound, err) < 0)
        return -1;
    return db_prepare(db, sql->delete, &table->delete, err);
}

int retention_new(struct db *db,
                  struct inserts *inserts,
                  const struct retention_limits *limits,
                  struct retention **ret_retention,
                  struct tw_error *err)
{
    CLEANUP(retention_freep) struct retention *retention = xcalloc(1, sizeof(*retention));

    retention->db = db;
    retention->inserts = inserts;
    retention->limits = *limits;
    for (int i = 0; i < N_TRIMMED; i++)
        if (prepare_table(db, &sql_of[i], &retention->tables[i], err) < 0)
            return -1;
    if (db_prepare(db, "PRAGMA page_size", &retention->page_size, err) < 0 ||
        db_prepare(db, "PRAGMA page_count", &retention->page_count, err) < 0 ||
        db_prepare(db, "PRAGMA freelist_count", &retention->freelist_count, err) < 0)
        return -1;
    *ret_retention = TAKE(retention);
    return 0;
}

void retention_free(struct retention *retention)
{
    if (!retention)
        return;
    for (int i = 0; i < N_TRIMMED; i++) {
        statement_free(retention->tables[i].oldest);
        statement_free(retention->tables[i].bound);
        statement_free(retention->tables[i].delete);
    }
    statement_free(retention->page_size);
    statement_free(retention->page_count);
    statement_free(retention->freelist_count);
    free(retention);
}

/* The one value of a statement, or `none` when it has no row. */
static int read_value(struct statement *statement,
                      int64_t none,
                      int64_t *ret_value,
                      struct tw_error *err)
{
    int row = statement_step(statement, err);

    if (row >= 0)
        *ret_value = row ? statement_int(statement, 0) : none;
    statement_reset(statement);
    return row < 0 ? -1 : 0;
}

static int delete_in_transaction(struct retention *retention,
                                 enum trimmed_table table,
                                 int64_t *ret_deleted,
                                 struct tw_error *err)
{
    if (statement_run(retention->tables[table].delete, err) < 0)
        return -1;
    *ret_deleted = db_changes(retention->db);
    if (table == TRIM_PREDICTIONS && inserts_count(retention->inserts, -*ret_deleted, 0, err) < 0)
        return -1;
    return db_commit(retention->db, err);
}

/* The first max_rows rows, of which those older than before_ms go. */
static int delete_oldest(struct retention *retention,
                         enum trimmed_table table,
                         int64_t before_ms,
                         int max_rows,
                         int64_t *ret_deleted,
                         struct tw_error *err)
{
    const struct table_statements *statements = &retention->tables[table];
    int64_t bound = 0;

    if (db_begin(retention->db, err) < 0)
        return -1;
    statement_bind_int(statements->bound, 1, max_rows);
    if (read_value(statements->bound, 0, &bound, err) == 0) {
        statement_bind_int(statements->delete, 1, bound);
        statement_bind_int(statements->delete, 2, before_ms);
        if (delete_in_transaction(retention, table, ret_deleted, err) == 0)
            return 0;
    }
    db_rollback(retention->db);
    return -1;
}

/* The time of the oldest row, INT64_MAX for an empty table. */
static int read_oldest(struct retention *retention,
                       enum trimmed_table table,
                       int64_t *ret_at_ms,
                       struct tw_error *err)
{
    return read_value(retention->tables[table].oldest, INT64_MAX, ret_at_ms, err);
}

static int read_used_bytes(struct retention *retention, int64_t *ret_bytes, struct tw_error *err)
{
    int64_t size = 0, count = 0, n_free = 0;

    if (read_value(retention->page_size, 0, &size, err) < 0 ||
        read_value(retention->page_count, 0, &count, err) < 0 ||
        read_value(retention->freelist_count, 0, &n_free, err) < 0)
        return -1;
    *ret_bytes = (count - n_free) * size;
    return 0;
}

struct victim {
    bool is_found;
    enum trimmed_table table;
    int64_t before_ms; /* only rows from before that */
};

static int choose_by_age(struct retention *retention,
                         int64_t now_ms,
                         struct victim *victim,
                         struct tw_error *err)
{
    int64_t before_ms = now_ms - retention->limits.max_age_ms;

    for (int table = 0; table < N_TRIMMED && !victim->is_found; table++) {
        int64_t oldest_ms = 0;

        if (read_oldest(retention, (enum trimmed_table)table, &oldest_ms, err) < 0)
            return -1;
        if (oldest_ms < before_ms)
            *victim = (struct victim){true, (enum trimmed_table)table, before_ms};
    }
    return 0;
}

static int choose_by_size(struct retention *retention, struct victim *victim, struct tw_error *err)
{
    int64_t used_bytes = 0;

    if (read_used_bytes(retention, &used_bytes, err) < 0)
        return -1;
    if (used_bytes <= retention->limits.max_bytes)
        return 0;
    for (int table = 0; table < N_TRIMMED && !victim->is_found; table++) {
        int64_t oldest_ms = 0;

        if (read_oldest(retention, (enum trimmed_table)table, &oldest_ms, err) < 0)
            return -1;
        if (oldest_ms != INT64_MAX)
            *victim = (struct victim){true, (enum trimmed_table)table, INT64_MAX};
    }
    return 0;
}

int retention_step(struct retention *retention,
                   int64_t now_ms,
                   int max_rows,
                   int64_t *ret_predictions_deleted,
                   struct tw_error *err)
{
    struct victim victim = {0};
    int64_t deleted = 0;

    *ret_predictions_deleted = 0;
    if (retention->limits.max_age_ms > 0 && choose_by_age(retention, now_ms, &victim, err) < 0)
        return -1;
    if (!victim.is_found && retention->limits.max_bytes > 0 &&
        choose_by_size(retention, &victim, err) < 0)
        return -1;
    if (!victim.is_found)
        return 0;
    if (delete_oldest(retention, victim.table, victim.before_ms, max_rows, &deleted, err) < 0)
        return -1;
    if (victim.table == TRIM_PREDICTIONS)
        *ret_predictions_deleted = deleted;
    return 1;
}

int retention_next_ms(struct retention *retention, int64_t *ret_at_ms, struct tw_error *err)
{
    int64_t oldest_ms = INT64_MAX;

    for (int table = 0; table < N_TRIMMED && retention->limits.max_age_ms > 0; table++) {
        int64_t at_ms = INT64_MAX;

        if (read_oldest(retention, (enum trimmed_table)table, &at_ms, err) < 0)
            return -1;
        if (at_ms < oldest_ms)
            oldest_ms = at_ms;
    }
    if (oldest_ms > INT64_MAX - retention->limits.max_age_ms)
        *ret_at_ms = INT64_MAX;
    else
        *ret_at_ms = oldest_ms + retention->limits.max_age_ms;
    return 0;
}

int retention_shrink(struct retention *retention, struct tw_error *err)
{
    int64_t n_before = 0, n_after = 0;

    if (read_value(retention->freelist_count, 0, &n_before, err) < 0)
        return -1;
    if (n_before <= FREE_PAGES_KEPT)
        return 0;
    if (db_exec(retention->db, SHRINK_STEP_SQL, err) < 0 ||
        read_value(retention->freelist_count, 0, &n_after, err) < 0)
        return -1;
    /* A file that somebody rebuilt without incremental vacuum never shrinks: do not try for ever. */
    return n_after < n_before && n_after > FREE_PAGES_KEPT;
}
