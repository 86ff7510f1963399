#include "server/store/backup.h"

#include "common/alloc.h"
#include "common/file.h"
#include "common/lock_file.h"
#include "server/store/db.h"
#include "server/store/pieces.h"
#include "server/store/schema.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 5000

/* ---- Files ------------------------------------------------------------------------------------- */

/* A file under way, removed unless it was given its name. */
struct draft {
    char *path; /* NULL: it has its name */
};

static void draft_finish(struct draft *draft)
{
    if (draft->path)
        (void)unlink(draft->path);
    free(draft->path);
}

static int draft_make(struct draft *draft, const char *beside, struct tw_error *err)
{
    CLEANUP(freep) char *path = xprintf_dup("%s.XXXXXX", beside);
    int fd = mkostemp(path, O_CLOEXEC);

    if (fd < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot make a file beside '%.150s'", beside);
    (void)close(fd);
    draft->path = TAKE(path);
    return 0;
}

static int sync_path(const char *path, int flags, struct tw_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    int code = errno;

    if (fd >= 0)
        (void)close(fd);
    return is_synced ? 0 : tw_fail_errno(err, TW_BROKEN, code, "cannot sync '%.180s'", path);
}

static int sync_folder_of(const char *path, struct tw_error *err)
{
    CLEANUP(freep) char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');

    if (slash)
        slash[slash == folder] = '\0';
    return sync_path(slash ? folder : ".", O_DIRECTORY, err);
}

static bool is_same_file(const char *path, const char *other_path)
{
    struct stat status, other;

    return stat(path, &status) == 0 && stat(other_path, &other) == 0 &&
           status.st_dev == other.st_dev && status.st_ino == other.st_ino;
}

static int refuse_database_itself(const struct backup_options *options, struct tw_error *err)
{
    if (!is_same_file(options->file, options->database) &&
        !(options->second && is_same_file(options->file, options->second->path)))
        return 0;
    return tw_fail(err, TW_INVALID, "'%.180s' is the database itself", options->file);
}

static int fail_exists(const char *path, struct tw_error *err)
{
    return tw_fail(err, TW_INVALID, "'%.150s' exists: name another file, or give --force", path);
}

/* File systems without the no-replace form (EINVAL) had the look at the beginning. */
static int rename_to_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    return errno == EINVAL ? rename(from, to) : -1;
}

static int draft_publish(struct draft *draft, const char *path, bool replaces, struct tw_error *err)
{
    int result;

    if (sync_path(draft->path, 0, err) < 0)
        return -1;
    result = replaces ? rename(draft->path, path) : rename_to_new(draft->path, path);
    if (result < 0 && errno == EEXIST)
        return fail_exists(path, err);
    if (result < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot rename to '%.180s'", path);
    free(TAKE(draft->path));
    return sync_folder_of(path, err);
}

/* A second name, before the first one gets another file. Nothing there is fine. */
static int put_aside(const char *path, const char *stamp, struct tw_error *err)
{
    CLEANUP(freep) char *aside = xprintf_dup("%s.before-%s", path, stamp);

    if (link(path, aside) == 0 || errno == ENOENT)
        return 0;
    return tw_fail_errno(err, TW_BROKEN, errno, "cannot put '%.180s' aside", path);
}

/* ---- Databases --------------------------------------------------------------------------------- */

static int check_integrity(struct db *db, const char *path, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *check = NULL;
    struct tw_error why = {0};
    const char *verdict = NULL;

    if (db_prepare(db, "PRAGMA integrity_check(1)", &check, &why) == 0 &&
        statement_step(check, &why) > 0)
        verdict = statement_text(check, 0);
    if (verdict && strcmp(verdict, "ok") == 0)
        return 0;
    if (verdict)
        (void)tw_fail(&why, TW_BROKEN, "%.200s", verdict);
    return db_fail_damaged(path, &why, err);
}

static int describe(struct db *db, struct backup_summary *summary, struct tw_error *err)
{
    const struct {
        int64_t since_schema;
        const char *sql;
        int64_t *value;
    } counts[] = {
        {0, "PRAGMA user_version", &summary->schema},
        {1, "SELECT count(*) FROM predictions", &summary->predictions},
        {1, "SELECT count(*) FROM feedback", &summary->feedback},
        {1, "SELECT count(*) FROM events", &summary->events},
        {2, "SELECT count(*) FROM answers", &summary->answers},
    };

    for (size_t i = 0; i < COUNT_OF(counts); i++)
        if (summary->schema >= counts[i].since_schema &&
            db_read_int(db, counts[i].sql, counts[i].value, err) < 0)
            return -1;
    return 0;
}

/* Opens a database of ours and holds it at this moment until it is closed: without the read transaction
 * SQLite would begin the copy anew whenever the server commits. */
static int open_moment(const char *path,
                       const struct schema *schema,
                       struct db **ret_db,
                       struct tw_error *err)
{
    CLEANUP(db_closep) struct db *db = NULL;
    int64_t n_tables;

    if (db_open(path, DB_READ, BUSY_MS, &db, err) < 0 ||
        schema_recognise(db, schema, path, err) < 0 || db_exec(db, "BEGIN", err) < 0 ||
        db_read_int(db, "SELECT count(*) FROM sqlite_schema", &n_tables, err) < 0)
        return -1;
    *ret_db = TAKE(db);
    return 0;
}

/* The copy has no log beside it. */
static int copy_to(struct db *from,
                   const char *path,
                   const struct backup_options *options,
                   struct db **ret_to,
                   struct tw_error *err)
{
    CLEANUP(db_closep) struct db *to = NULL;

    if (db_open(path, DB_ALONE, 0, &to, err) < 0 ||
        db_copy(from, to, options->progress, options->ctx, err) < 0 ||
        db_exec(to, "PRAGMA journal_mode=DELETE", err) < 0)
        return -1;
    *ret_to = TAKE(to);
    return 0;
}

/* ---- Making one -------------------------------------------------------------------------------- */

static int keep_file(struct statement *insert,
                     const struct kept_file *file,
                     size_t *n_kept,
                     struct tw_error *err)
{
    CLEANUP(freep) char *bytes = NULL;
    struct tw_error why = {0};
    size_t len = 0;

    if (file_read(file->path, BACKUP_FILE_MAX, &bytes, &len, &why) < 0)
        return why.code == TW_NOT_FOUND ? 0 : tw_fail(err, why.code, "%s", why.message);
    statement_bind_text(insert, 1, file->name);
    statement_bind_blob(insert, 2, bytes, len);
    (*n_kept)++;
    return statement_run(insert, err);
}

static int keep_files(struct db *db,
                      const struct backup_options *options,
                      size_t *n_kept,
                      struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *insert = NULL;

    if (db_prepare(db, "INSERT INTO kept_files VALUES (?1, ?2)", &insert, err) < 0)
        return -1;
    for (size_t i = 0; i < options->n_files; i++)
        if (keep_file(insert, &options->files[i], n_kept, err) < 0)
            return -1;
    return 0;
}

/* By way of a file of its own, as only that can be copied while somebody writes to the original. */
static int keep_second(struct db *to,
                       struct db *from,
                       const struct backup_options *options,
                       int64_t *ret_count,
                       struct tw_error *err)
{
    const struct kept_database *second = options->second;
    CLEANUP(draft_finish) struct draft draft = {NULL};
    CLEANUP(db_closep) struct db *copy = NULL;

    if (draft_make(&draft, options->file, err) < 0 ||
        copy_to(from, draft.path, options, &copy, err) < 0 ||
        check_integrity(copy, second->path, err) < 0 ||
        db_read_int(copy, second->count_sql, ret_count, err) < 0)
        return -1;
    db_close(TAKE(copy));
    return pieces_keep(to, second->name, draft.path, err);
}

/* Both databases are held before either is copied, so that they are of one moment. */
static int fill(const char *path,
                const struct backup_options *options,
                struct backup_summary *summary,
                struct tw_error *err)
{
    const struct kept_database *second = options->second;
    CLEANUP(db_closep) struct db *from = NULL;
    CLEANUP(db_closep) struct db *from_second = NULL;
    CLEANUP(db_closep) struct db *to = NULL;

    if (open_moment(options->database, &store_schema, &from, err) < 0)
        return -1;
    if (second && access(second->path, F_OK) == 0 &&
        open_moment(second->path, second->schema, &from_second, err) < 0)
        return -1;
    if (copy_to(from, path, options, &to, err) < 0 || db_begin(to, err) < 0 ||
        db_exec(to, "CREATE TABLE kept_files (name TEXT PRIMARY KEY, bytes BLOB NOT NULL)", err) <
            0 ||
        keep_files(to, options, &summary->n_files, err) < 0)
        return -1;
    if (from_second && keep_second(to, from_second, options, &summary->n_second, err) < 0)
        return -1;
    if (db_commit(to, err) < 0 || check_integrity(to, options->database, err) < 0)
        return -1;
    return describe(to, summary, err);
}

int backup_make(const struct backup_options *options,
                struct backup_summary *ret_summary,
                struct tw_error *err)
{
    CLEANUP(draft_finish) struct draft draft = {NULL};
    struct stat status;

    *ret_summary = (struct backup_summary){.n_second = -1};
    if (refuse_database_itself(options, err) < 0)
        return -1;
    if (!options->replaces && access(options->file, F_OK) == 0)
        return fail_exists(options->file, err);
    if (draft_make(&draft, options->file, err) < 0 ||
        fill(draft.path, options, ret_summary, err) < 0)
        return -1;
    if (stat(draft.path, &status) == 0)
        ret_summary->bytes = status.st_size;
    return draft_publish(&draft, options->file, options->replaces, err);
}

/* ---- Going back to one ------------------------------------------------------------------------- */

struct carried {
    void *bytes; /* NULL: the backup does not have it */
    size_t len;
};

struct load {
    struct carried files[BACKUP_FILES_MAX];
    struct draft database; /* beside its place */
    struct draft second;   /* the same; no path: the backup does not have it */
};

static void load_finish(struct load *load)
{
    for (size_t i = 0; i < BACKUP_FILES_MAX; i++)
        free(load->files[i].bytes);
    draft_finish(&load->database);
    draft_finish(&load->second);
}

static int take_file(struct db *db,
                     const char *name,
                     struct carried *ret_file,
                     struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *find = NULL;
    const void *bytes;
    int found;

    if (db_prepare(db, "SELECT bytes FROM kept_files WHERE name = ?1", &find, err) < 0)
        return -1;
    statement_bind_text(find, 1, name);
    found = statement_step(find, err);
    if (found <= 0)
        return found;
    bytes = statement_blob(find, 0, &ret_file->len);
    if (!bytes || ret_file->len > BACKUP_FILE_MAX)
        return tw_fail(err, TW_BROKEN, "the backup's '%s' is empty or too large", name);
    ret_file->bytes = xcalloc(1, ret_file->len);
    memcpy(ret_file->bytes, bytes, ret_file->len);
    return 0;
}

/* Into a draft beside its place. */
static int take_second(struct db *db,
                       const struct kept_database *second,
                       struct draft *ret_draft,
                       int64_t *ret_count,
                       struct tw_error *err)
{
    CLEANUP(draft_finish) struct draft draft = {NULL};
    CLEANUP(db_closep) struct db *copy = NULL;
    int found;

    if (draft_make(&draft, second->path, err) < 0)
        return -1;
    found = pieces_take(db, second->name, draft.path, err);
    if (found <= 0)
        return found;
    if (db_open(draft.path, DB_ALONE, 0, &copy, err) < 0 ||
        schema_recognise(copy, second->schema, second->name, err) < 0 ||
        check_integrity(copy, second->name, err) < 0 ||
        db_read_int(copy, second->count_sql, ret_count, err) < 0)
        return -1;
    ret_draft->path = TAKE(draft.path);
    return 0;
}

/* Takes out what the backup carries, and the space that it had; a copy of the database that somebody made by
 * other means carries nothing. */
static int take_kept(struct db *db,
                     const struct backup_options *options,
                     struct load *load,
                     int64_t *ret_n_second,
                     struct tw_error *err)
{
    int64_t has_table = 0;

    if (db_read_int(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'kept_files'", &has_table,
                    err) < 0)
        return -1;
    if (!has_table)
        return 0;
    for (size_t i = 0; i < options->n_files; i++)
        if (take_file(db, options->files[i].name, &load->files[i], err) < 0)
            return -1;
    if (options->second && take_second(db, options->second, &load->second, ret_n_second, err) < 0)
        return -1;
    return db_exec(db, "DROP TABLE kept_files; PRAGMA incremental_vacuum", err);
}

static int unpack(const struct backup_options *options,
                  struct load *load,
                  struct backup_summary *summary,
                  struct tw_error *err)
{
    CLEANUP(db_closep) struct db *from = NULL;
    CLEANUP(db_closep) struct db *to = NULL;

    if (open_moment(options->file, &store_schema, &from, err) < 0 ||
        check_integrity(from, options->file, err) < 0 ||
        draft_make(&load->database, options->database, err) < 0 ||
        copy_to(from, load->database.path, options, &to, err) < 0 ||
        take_kept(to, options, load, &summary->n_second, err) < 0 ||
        schema_upgrade(to, &store_schema, options->file, err) < 0 ||
        schema_check(to, options->file, err) < 0)
        return -1;
    return describe(to, summary, err);
}

/* The log belongs to the old file and would be played into the new one: it goes aside first, under the name
 * that makes it the log of what is put aside. */
static int replace_database(struct draft *draft,
                            const char *path,
                            const char *stamp,
                            struct tw_error *err)
{
    CLEANUP(freep) char *log = xprintf_dup("%s-wal", path);
    CLEANUP(freep) char *index = xprintf_dup("%s-shm", path);
    CLEANUP(freep) char *log_aside = xprintf_dup("%s.before-%s-wal", path, stamp);

    if (put_aside(path, stamp, err) < 0)
        return -1;
    if (rename(log, log_aside) < 0 && errno != ENOENT)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot put '%.180s' aside", log);
    (void)unlink(index); /* made again from the log */
    return draft_publish(draft, path, true, err);
}

static bool is_there_already(const char *path, const struct carried *file)
{
    CLEANUP(freep) char *bytes = NULL;
    size_t len = 0;

    return file_read(path, file->len, &bytes, &len, NULL) == 0 && len == file->len &&
           memcmp(bytes, file->bytes, len) == 0;
}

static int put_back_file(const struct kept_file *to,
                         const struct carried *file,
                         const char *stamp,
                         struct tw_error *err)
{
    if (is_there_already(to->path, file))
        return 0;
    if (put_aside(to->path, stamp, err) < 0)
        return -1;
    return file_write_atomically(to->path, file->bytes, file->len, 0600, err);
}

static int put_back(const struct backup_options *options,
                    struct load *load,
                    struct backup_summary *summary,
                    struct tw_error *err)
{
    for (size_t i = 0; i < options->n_files; i++) {
        if (!load->files[i].bytes)
            continue;
        if (put_back_file(&options->files[i], &load->files[i], options->stamp, err) < 0)
            return -1;
        summary->n_files++;
    }
    if (load->second.path &&
        replace_database(&load->second, options->second->path, options->stamp, err) < 0)
        return -1;
    return replace_database(&load->database, options->database, options->stamp, err);
}

int backup_restore(const struct backup_options *options,
                   struct backup_summary *ret_summary,
                   struct tw_error *err)
{
    CLEANUP(load_finish) struct load load = {0};
    CLEANUP(freep) char *lock_path = xprintf_dup("%s.lock", options->database);
    CLEANUP(freep) char *what = xprintf_dup("'%s'", options->database);
    struct stat status;
    int lock_fd = -1, result = -1;

    assert(options->n_files <= BACKUP_FILES_MAX);
    *ret_summary = (struct backup_summary){.n_second = -1};
    if (refuse_database_itself(options, err) < 0 ||
        lock_file_take(lock_path, what, &lock_fd, err) < 0)
        return -1;
    if (unpack(options, &load, ret_summary, err) == 0)
        result = put_back(options, &load, ret_summary, err);
    if (result == 0 && stat(options->database, &status) == 0)
        ret_summary->bytes = status.st_size;
    lock_file_release(lock_fd);
    return result;
}
