#ifndef TW_STORE_DB_H
#define TW_STORE_DB_H

/* A thin skin over SQLite, and the only includer of it. A connection and its statements belong to one
 * thread at a time (multi-thread mode: no mutex inside). Text and blobs that are read are borrowed
 * until the statement's next step or reset; bound ones must stay until the statement is reset.
 *
 * Errors: TW_BUSY somebody else holds the lock or there is no memory, TW_INVALID the row itself is
 * refused (constraint, too big), TW_BROKEN everything else: disk full, I/O error, damaged file, faulty
 * SQL. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct statement;

enum db_access {
    DB_CREATE, /* read and write; a new file gets mode 0600; WAL and incremental vacuum */
    DB_READ,   /* the file must exist */
    DB_ALONE,  /* read and write, of a file that nobody else uses: as it is, without a log */
};

/* busy_ms: how long a call waits for a lock that another connection holds. The error names the path
 * and, for a damaged file, says what to do. */
int db_open(const char *path,
            enum db_access access,
            int busy_ms,
            struct db **ret_db,
            struct tw_error *err) MUST_CHECK;
void db_close(struct db *db); /* its statements must be gone; NULL is fine */
DEFINE_CLEANUP(struct db *, db_close);

void db_set_busy_ms(struct db *db, int busy_ms);

/* Fails with why, met while opening or first reading the file: busy, or else damaged and what to do. */
int db_fail_damaged(const char *path, const struct tw_error *why, struct tw_error *err);

/* Runs the statements of sql, ignoring the rows they give. */
int db_exec(struct db *db, const char *sql, struct tw_error *err) MUST_CHECK;

/* The first column of the first row; TW_NOT_FOUND when there is no row. NULL reads as 0. */
int db_read_int(struct db *db, const char *sql, int64_t *ret_value, struct tw_error *err)
    MUST_CHECK;

/* A write transaction, that takes the lock at once: a deferred one that read first would fail with
 * TW_BUSY without waiting. */
int db_begin(struct db *db, struct tw_error *err) MUST_CHECK;
/* One that reads, from its first read on as of one moment; db_rollback ends it. */
int db_begin_reading(struct db *db, struct tw_error *err) MUST_CHECK;
int db_commit(struct db *db, struct tw_error *err) MUST_CHECK;
void db_rollback(struct db *db); /* no transaction is fine; needs no memory */

/* Commits a write that changes nothing, to see whether one can be. */
int db_probe(struct db *db, struct tw_error *err) MUST_CHECK;

int64_t db_changes(struct db *db); /* rows of the last INSERT, UPDATE or DELETE */
int64_t db_last_id(struct db *db); /* rowid of the last INSERT */

/* Pages in the write-ahead log after this connection's last commit; 0 after a truncating checkpoint. */
int db_wal_pages(const struct db *db);

/* Fills `to`, whatever it held, with the pages of `from`. */
typedef void db_progress_fn(void *ctx, int64_t n_done, int64_t n_pages);
int db_copy(struct db *from,
            struct db *to,
            db_progress_fn *progress, /* or NULL */
            void *ctx,
            struct tw_error *err) MUST_CHECK;

enum db_checkpoint {
    DB_CHECKPOINT_PASSIVE,  /* as far as readers allow; waits for nobody */
    DB_CHECKPOINT_TRUNCATE, /* waits for readers up to busy_ms; empties the log */
};

int db_checkpoint(struct db *db, enum db_checkpoint kind, struct tw_error *err) MUST_CHECK;

/* One statement, kept for many uses. */
int db_prepare(struct db *db,
               const char *sql,
               struct statement **ret_statement,
               struct tw_error *err) MUST_CHECK;
void statement_free(struct statement *statement); /* NULL is fine */
DEFINE_CLEANUP(struct statement *, statement_free);

/* Parameters count from 1. What goes wrong while binding is reported by statement_step. */
void statement_bind_int(struct statement *statement, int index, int64_t value);
void statement_bind_real(struct statement *statement, int index, double value);
void statement_bind_text(struct statement *statement, int index, const char *text); /* NULL: null */
void statement_bind_blob(struct statement *statement, int index, const void *bytes, size_t len);

/* 1: a row is there, 0: done, -1: failed. */
int statement_step(struct statement *statement, struct tw_error *err) MUST_CHECK;

/* One step of a statement without rows, and reset. */
int statement_run(struct statement *statement, struct tw_error *err) MUST_CHECK;

/* Ends the read transaction and lets go of what was bound; use after each use. */
void statement_reset(struct statement *statement);

/* Columns count from 0. */
bool statement_is_null(struct statement *statement, int column);
int64_t statement_int(struct statement *statement, int column);
double statement_real(struct statement *statement, int column);
const char *statement_text(struct statement *statement, int column); /* NULL for null */
const void *statement_blob(struct statement *statement, int column, size_t *ret_len);

#endif
