#include "server/store/db.h"

#include "common/alloc.h"

#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct db {
    sqlite3 *handle;
    sqlite3_stmt *rollback; /* of the transaction, if there is one */
    int wal_pages;
};

struct statement {
    sqlite3 *handle;
    sqlite3_stmt *stmt;
    int bind_failure; /* first SQLite code since the last reset */
};

/* ---- Errors ------------------------------------------------------------------------------------ */

static enum tw_code code_of(int sqlite_code)
{
    if (sqlite_code == SQLITE_IOERR_NOMEM)
        return TW_BUSY;
    switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
        return TW_BUSY;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        return TW_INVALID;
    default:
        return TW_BROKEN;
    }
}

/* SQLite's text for all of these is "disk I/O error". */
static const char *failed_work(int sqlite_code)
{
    switch (sqlite_code) {
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
        return " while reading";
    case SQLITE_IOERR_WRITE:
        return " while writing";
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
        return " while syncing";
    case SQLITE_IOERR_TRUNCATE:
        return " while cutting the file";
    case SQLITE_IOERR_SHMOPEN:
    case SQLITE_IOERR_SHMSIZE:
    case SQLITE_IOERR_SHMMAP:
        return " with the index of the log";
    default:
        return "";
    }
}

static int fail(sqlite3 *handle, int sqlite_code, struct tw_error *err)
{
    /* The connection's text is more precise, but only if its last failure is this one. */
    const char *text = handle && (sqlite3_errcode(handle) & 0xff) == (sqlite_code & 0xff)
                           ? sqlite3_errmsg(handle)
                           : sqlite3_errstr(sqlite_code);

    /* The system's reason is kept for this one only; for others it would be of some call before. */
    if (handle && (sqlite_code & 0xff) == SQLITE_CANTOPEN && sqlite3_system_errno(handle) != 0)
        return tw_fail_errno(err, TW_BROKEN, sqlite3_system_errno(handle), "%s", text);
    return tw_fail(err, code_of(sqlite_code), "%s%s", text, failed_work(sqlite_code));
}

int db_fail_damaged(const char *path, const struct tw_error *why, struct tw_error *err)
{
    if (why->code == TW_BUSY)
        return tw_fail(err, TW_BUSY, "cannot read '%.120s': %.80s", path, why->message);
    return tw_fail(
        err, TW_BROKEN,
        "'%.100s' is damaged (%.60s): move it away with its -wal and -shm, or go back to "
        "a backup",
        path, why->message);
}

/* ---- Connections ------------------------------------------------------------------------------- */

static int remember_wal_pages(void *ctx, sqlite3 *handle, const char *name, int pages)
{
    struct db *db = ctx;

    (void)handle;
    (void)name;
    db->wal_pages = pages;
    return SQLITE_OK;
}

/* SQLite would create the file with the process's umask; the log and its index inherit the mode. */
static int create_private_file(const char *path, struct tw_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return tw_fail_errno(err, errno == ENOENT ? TW_INVALID : TW_BROKEN, errno,
                             "cannot open or create '%s'", path);
    (void)close(fd);
    return 0;
}

static int use_wal(struct db *db, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *statement = NULL;
    const char *mode;

    if (db_prepare(db, "PRAGMA journal_mode=WAL", &statement, err) < 0)
        return -1;
    if (statement_step(statement, err) < 0)
        return -1;
    mode = statement_text(statement, 0);
    if (!mode || strcmp(mode, "wal") != 0)
        return tw_fail(err, TW_BROKEN,
                       "write-ahead logging is not possible there (a network file system?): "
                       "journal mode stays '%s'",
                       mode ? mode : "unknown");
    return 0;
}

/* Only before the first table does it take effect; later it would still write to the file, which must
 * stay as it is until it was found to be sound. */
static int choose_auto_vacuum(struct db *db, struct tw_error *err)
{
    int64_t n_pages = 0;

    if (db_read_int(db, "PRAGMA page_count", &n_pages, err) < 0)
        return -1;
    return n_pages > 0 ? 0 : db_exec(db, "PRAGMA auto_vacuum=INCREMENTAL", err);
}

static int prepare_for_writing(struct db *db, struct tw_error *err)
{
    /* Debian's SQLite overwrites deleted rows with zeros by default: "fast" does so where that costs no
     * further page write. */
    if (choose_auto_vacuum(db, err) < 0 || db_exec(db, "PRAGMA secure_delete=FAST", err) < 0 ||
        use_wal(db, err) < 0 ||
        db_exec(db, "PRAGMA journal_size_limit=16777216; PRAGMA wal_autocheckpoint=0;", err) < 0)
        return -1;
    /* Replaces the automatic checkpoint, which would run inside the commit. */
    sqlite3_wal_hook(db->handle, remember_wal_pages, db);
    return 0;
}

static int set_up(
    struct db *db, const char *path, enum db_access access, int busy_ms, struct tw_error *err)
{
    static const int flags[] = {
        [DB_CREATE] = SQLITE_OPEN_READWRITE,
        [DB_READ] = SQLITE_OPEN_READONLY,
        [DB_ALONE] = SQLITE_OPEN_READWRITE,
    };
    int code = sqlite3_open_v2(path, &db->handle, flags[access] | SQLITE_OPEN_NOMUTEX, NULL);

    if (code != SQLITE_OK)
        return fail(db->handle, code, err);
    (void)sqlite3_extended_result_codes(db->handle, 1);
    (void)sqlite3_busy_timeout(db->handle, busy_ms);
    if (db_exec(db, "PRAGMA foreign_keys=ON", err) < 0)
        return -1;
    return access == DB_CREATE ? prepare_for_writing(db, err) : 0;
}

static bool is_damaged(const struct db *db)
{
    int code = sqlite3_errcode(db->handle) & 0xff;

    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

int db_open(
    const char *path, enum db_access access, int busy_ms, struct db **ret_db, struct tw_error *err)
{
    CLEANUP(db_closep) struct db *db = xcalloc(1, sizeof(*db));
    struct tw_error why = {0};

    if (access == DB_CREATE && create_private_file(path, err) < 0)
        return -1;
    if (set_up(db, path, access, busy_ms, &why) < 0) {
        if (is_damaged(db))
            return db_fail_damaged(path, &why, err);
        return tw_fail(err, why.code, "cannot open '%.100s': %.120s", path, why.message);
    }
    *ret_db = TAKE(db);
    return 0;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    (void)sqlite3_finalize(db->rollback);
    /* Never the _v2 form: a forgotten statement is a bug that must show, not a connection that lingers. */
    (void)sqlite3_close(db->handle);
    free(db);
}

void db_set_busy_ms(struct db *db, int busy_ms)
{
    (void)sqlite3_busy_timeout(db->handle, busy_ms);
}

int db_exec(struct db *db, const char *sql, struct tw_error *err)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : fail(db->handle, code, err);
}

int db_read_int(struct db *db, const char *sql, int64_t *ret_value, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *statement = NULL;
    int row;

    if (db_prepare(db, sql, &statement, err) < 0)
        return -1;
    row = statement_step(statement, err);
    if (row < 0)
        return -1;
    if (row == 0)
        return tw_fail(err, TW_NOT_FOUND, "no row");
    *ret_value = statement_int(statement, 0);
    return 0;
}

/* The ROLLBACK is made before it is needed: to end a transaction because memory has run out must not need
 * memory. One that is kept from before may have expired, and would be made anew. */
static int begin(struct db *db, const char *sql, struct tw_error *err)
{
    int code;

    (void)sqlite3_finalize(db->rollback);
    code = sqlite3_prepare_v2(db->handle, "ROLLBACK", -1, &db->rollback, NULL);
    return code == SQLITE_OK ? db_exec(db, sql, err) : fail(db->handle, code, err);
}

int db_begin(struct db *db, struct tw_error *err)
{
    return begin(db, "BEGIN IMMEDIATE", err);
}

int db_begin_reading(struct db *db, struct tw_error *err)
{
    return begin(db, "BEGIN", err);
}

int db_commit(struct db *db, struct tw_error *err)
{
    return db_exec(db, "COMMIT", err);
}

void db_rollback(struct db *db)
{
    /* After some failures (disk full) SQLite has rolled back by itself. */
    if (sqlite3_get_autocommit(db->handle))
        return;
    (void)sqlite3_step(db->rollback);
    (void)sqlite3_reset(db->rollback);
}

/* Setting a field of the header writes its page whatever the value is; an UPDATE to the same value would
 * be optimised away. */
int db_probe(struct db *db, struct tw_error *err)
{
    int64_t version;
    char sql[64];

    if (db_begin(db, err) < 0)
        return -1;
    if (db_read_int(db, "PRAGMA user_version", &version, err) == 0) {
        (void)snprintf(sql, sizeof(sql), "PRAGMA user_version=%" PRId64, version);
        if (db_exec(db, sql, err) == 0 && db_commit(db, err) == 0)
            return 0;
    }
    db_rollback(db);
    return -1;
}

int64_t db_changes(struct db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_last_id(struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int db_wal_pages(const struct db *db)
{
    return db->wal_pages;
}

int db_checkpoint(struct db *db, enum db_checkpoint kind, struct tw_error *err)
{
    static const int modes[] = {
        [DB_CHECKPOINT_PASSIVE] = SQLITE_CHECKPOINT_PASSIVE,
        [DB_CHECKPOINT_TRUNCATE] = SQLITE_CHECKPOINT_TRUNCATE,
    };
    int in_log = 0, copied = 0;
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, modes[kind], &in_log, &copied);

    if (code != SQLITE_OK)
        return fail(db->handle, code, err);
    /* The next commit starts the log anew when all of it was copied. */
    db->wal_pages = in_log > copied ? in_log : 0;
    return 0;
}

#define COPY_PAGES 2048 /* 8 MB between two reports */

int db_copy(
    struct db *from, struct db *to, db_progress_fn *progress, void *ctx, struct tw_error *err)
{
    sqlite3_backup *copy = sqlite3_backup_init(to->handle, "main", from->handle, "main");
    int code = SQLITE_OK;

    if (!copy)
        return fail(to->handle, sqlite3_errcode(to->handle), err);
    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(copy, COPY_PAGES);
        if (progress)
            progress(ctx, sqlite3_backup_pagecount(copy) - sqlite3_backup_remaining(copy),
                     sqlite3_backup_pagecount(copy));
    }
    (void)sqlite3_backup_finish(copy);
    return code == SQLITE_DONE ? 0 : fail(to->handle, code, err);
}

/* ---- Statements -------------------------------------------------------------------------------- */

int db_prepare(struct db *db,
               const char *sql,
               struct statement **ret_statement,
               struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *statement = xcalloc(1, sizeof(*statement));
    int code =
        sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->stmt, NULL);

    if (code != SQLITE_OK) {
        (void)fail(db->handle, code, err);
        return -1; /* said here, for the static analyser */
    }
    statement->handle = db->handle;
    *ret_statement = TAKE(statement);
    return 0;
}

void statement_free(struct statement *statement)
{
    if (!statement)
        return;
    (void)sqlite3_finalize(statement->stmt);
    free(statement);
}

static void note_binding(struct statement *statement, int code)
{
    if (code != SQLITE_OK && statement->bind_failure == SQLITE_OK)
        statement->bind_failure = code;
}

void statement_bind_int(struct statement *statement, int index, int64_t value)
{
    note_binding(statement, sqlite3_bind_int64(statement->stmt, index, value));
}

void statement_bind_real(struct statement *statement, int index, double value)
{
    note_binding(statement, sqlite3_bind_double(statement->stmt, index, value));
}

void statement_bind_text(struct statement *statement, int index, const char *text)
{
    note_binding(statement,
                 sqlite3_bind_text64(statement->stmt, index, text, text ? strlen(text) : 0,
                                     SQLITE_STATIC, SQLITE_UTF8));
}

void statement_bind_blob(struct statement *statement, int index, const void *bytes, size_t len)
{
    note_binding(statement, sqlite3_bind_blob64(statement->stmt, index, bytes, len, SQLITE_STATIC));
}

int statement_step(struct statement *statement, struct tw_error *err)
{
    int code = statement->bind_failure;

    if (code == SQLITE_OK)
        code = sqlite3_step(statement->stmt);
    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : fail(statement->handle, code, err);
}

int statement_run(struct statement *statement, struct tw_error *err)
{
    int row = statement_step(statement, err);

    statement_reset(statement);
    return row < 0 ? -1 : 0;
}

void statement_reset(struct statement *statement)
{
    (void)sqlite3_reset(statement->stmt);
    (void)sqlite3_clear_bindings(statement->stmt);
    statement->bind_failure = SQLITE_OK;
}

bool statement_is_null(struct statement *statement, int column)
{
    return sqlite3_column_type(statement->stmt, column) == SQLITE_NULL;
}

int64_t statement_int(struct statement *statement, int column)
{
    return sqlite3_column_int64(statement->stmt, column);
}

double statement_real(struct statement *statement, int column)
{
    return sqlite3_column_double(statement->stmt, column);
}

const char *statement_text(struct statement *statement, int column)
{
    return (const char *)sqlite3_column_text(statement->stmt, column);
}

const void *statement_blob(struct statement *statement, int column, size_t *ret_len)
{
    const void *bytes = sqlite3_column_blob(statement->stmt, column);

    *ret_len = (size_t)sqlite3_column_bytes(statement->stmt, column);
    return bytes;
}
