#include "server/store/backup.h"

#include "common/alloc.h"
#include "common/file.h"
#include "common/lock_file.h"
#include "server/store/db.h"
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

static int refuse_database_itself(const struct backup_options *options, struct tw_error *err)
{
    struct stat database, file;

    if (stat(options->database, &database) < 0 || stat(options->file, &file) < 0 ||
        database.st_dev != file.st_dev || database.st_ino != file.st_ino)
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

/* The open read transaction holds one moment over all steps: without it SQLite would begin the copy anew
 * whenever the server commits. */
static int copy_moment(struct db *from,
                       struct db *to,
                       const struct backup_options *options,
                       struct tw_error *err)
{
    int64_t n_tables;
    int result = -1;

    if (db_begin_reading(from, err) < 0)
        return -1;
    if (db_read_int(from, "SELECT count(*) FROM sqlite_schema", &n_tables, err) == 0)
        result = db_copy(from, to, options->progress, options->ctx, err);
    db_rollback(from);
    return result;
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

    if (db_exec(db, "CREATE TABLE kept_files (name TEXT PRIMARY KEY, bytes BLOB NOT NULL)", err) <
            0 ||
        db_prepare(db, "INSERT INTO kept_files VALUES (?1, ?2)", &insert, err) < 0)
        return -1;
    for (size_t i = 0; i < options->n_files; i++)
        if (keep_file(insert, &options->files[i], n_kept, err) < 0)
            return -1;
    return 0;
}

static int fill(const char *path,
                const struct backup_options *options,
                struct backup_summary *summary,
                struct tw_error *err)
{
    CLEANUP(db_closep) struct db *from = NULL;
    CLEANUP(db_closep) struct db *to = NULL;

    if (db_open(options->database, DB_READ, BUSY_MS, &from, err) < 0 ||
        schema_recognise(from, &store_schema, options->database, err) < 0 ||
        db_open(path, DB_ALONE, 0, &to, err) < 0 || copy_moment(from, to, options, err) < 0 ||
        db_exec(to, "PRAGMA journal_mode=DELETE", err) < 0 ||
        keep_files(to, options, &summary->n_files, err) < 0 ||
        check_integrity(to, options->database, err) < 0)
        return -1;
    return describe(to, summary, err);
}

int backup_make(const struct backup_options *options,
                struct backup_summary *ret_summary,
                struct tw_error *err)
{
    CLEANUP(draft_finish) struct draft draft = {NULL};
    struct stat status;

    *ret_summary = (struct backup_summary){0};
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
};

static void load_finish(struct load *load)
{
    for (size_t i = 0; i < BACKUP_FILES_MAX; i++)
        free(load->files[i].bytes);
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

/* Takes the files out; a copy of the database that somebody made by other means has none. */
static int take_files(struct db *db,
                      const struct backup_options *options,
                      struct load *load,
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
    return db_exec(db, "DROP TABLE kept_files", err);
}

static int unpack(const char *path,
                  const struct backup_options *options,
                  struct load *load,
                  struct backup_summary *summary,
                  struct tw_error *err)
{
    CLEANUP(db_closep) struct db *from = NULL;
    CLEANUP(db_closep) struct db *to = NULL;

    if (db_open(options->file, DB_READ, BUSY_MS, &from, err) < 0 ||
        schema_recognise(from, &store_schema, options->file, err) < 0 ||
        check_integrity(from, options->file, err) < 0 || db_open(path, DB_ALONE, 0, &to, err) < 0 ||
        copy_moment(from, to, options, err) < 0 ||
        db_exec(to, "PRAGMA journal_mode=DELETE", err) < 0 ||
        take_files(to, options, load, err) < 0 ||
        schema_upgrade(to, &store_schema, options->file, err) < 0 ||
        schema_check(to, options->file, err) < 0)
        return -1;
    return describe(to, summary, err);
}

/* The log belongs to the old file and would be played into the new one: it goes aside first, under the name
 * that makes it the log of what is put aside. */
static int replace_database(struct draft *draft,
                            const struct backup_options *options,
                            struct tw_error *err)
{
    CLEANUP(freep) char *log = xprintf_dup("%s-wal", options->database);
    CLEANUP(freep) char *index = xprintf_dup("%s-shm", options->database);
    CLEANUP(freep)
    char *log_aside = xprintf_dup("%s.before-%s-wal", options->database, options->stamp);

    if (put_aside(options->database, options->stamp, err) < 0)
        return -1;
    if (rename(log, log_aside) < 0 && errno != ENOENT)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot put '%.180s' aside", log);
    (void)unlink(index); /* made again from the log */
    return draft_publish(draft, options->database, true, err);
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
                    const struct load *load,
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
    return 0;
}

int backup_restore(const struct backup_options *options,
                   struct backup_summary *ret_summary,
                   struct tw_error *err)
{
    CLEANUP(draft_finish) struct draft draft = {NULL};
    CLEANUP(load_finish) struct load load = {0};
    CLEANUP(freep) char *lock_path = xprintf_dup("%s.lock", options->database);
    CLEANUP(freep) char *what = xprintf_dup("'%s'", options->database);
    struct stat status;
    int lock_fd = -1, result = -1;

    assert(options->n_files <= BACKUP_FILES_MAX);
    *ret_summary = (struct backup_summary){0};
    if (refuse_database_itself(options, err) < 0 ||
        lock_file_take(lock_path, what, &lock_fd, err) < 0)
        return -1;
    if (draft_make(&draft, options->database, err) == 0 &&
        unpack(draft.path, options, &load, ret_summary, err) == 0 &&
        put_back(options, &load, ret_summary, err) == 0)
        result = replace_database(&draft, options, err);
    if (result == 0 && stat(options->database, &status) == 0)
        ret_summary->bytes = status.st_size;
    lock_file_release(lock_fd);
    return result;
}
