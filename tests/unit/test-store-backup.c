#include "store_fixture.h"

#include "common/file.h"
#include "server/store/backup.h"
#include "server/store/schema.h"

#include <glob.h>
#include <sys/stat.h>

static const char *const second_steps[] = {
    "CREATE TABLE things (id INTEGER PRIMARY KEY, bytes BLOB)"};
static const struct schema second_schema = {
    .application_id = 12345, .n_steps = COUNT_OF(second_steps), .steps = second_steps};

struct backup_case {
    struct fixture *f;
    char backup[128], model[128], second_path[128];
    struct kept_file files[2];
    struct kept_database second;
    struct backup_options options;
};

static void set_up(struct backup_case *c, struct fixture *f)
{
    *c = (struct backup_case){.f = f};
    (void)snprintf(c->backup, sizeof(c->backup), "%s/a.backup", f->folder);
    (void)snprintf(c->model, sizeof(c->model), "%s/model.json", f->folder);
    c->files[0] = (struct kept_file){"model.json", c->model};
    c->files[1] = (struct kept_file){"key", "/nowhere/key"};
    c->options = (struct backup_options){
        .database = f->path, .file = c->backup, .files = c->files, .n_files = 2, .stamp = "S"};
    CHECK_OK(file_write_atomically(c->model, "{1}", 3, 0600, err));
    (void)snprintf(c->second_path, sizeof(c->second_path), "%s/second.db", f->folder);
    c->second = (struct kept_database){"second", c->second_path, &second_schema,
                                       "SELECT count(*) FROM things"};
}

/* As a server has it open; owned by the caller. */
static struct db *open_second(struct backup_case *c)
{
    struct db *db = NULL;

    CHECK_OK(db_open(c->second_path, DB_CREATE, 0, &db, err));
    CHECK_OK(schema_upgrade(db, &second_schema, c->second_path, err));
    c->options.second = &c->second;
    return db;
}

static void put_rows(struct store *store, int64_t first, int n)
{
    uint64_t ticket = 0;

    for (int64_t i = first; i < first + n; i++) {
        struct prediction_row row = prediction(i, i);

        ticket = put_prediction(store, &row);
    }
    CHECK(is_committed(store, ticket));
}

static int64_t ask(const char *path, const char *sql)
{
    CLEANUP(db_closep) struct db *db = NULL;
    int64_t value = -1;

    CHECK_OK(db_open(path, DB_READ, 0, &db, err));
    CHECK_OK(db_read_int(db, sql, &value, err));
    return value;
}

static size_t n_files_like(const struct fixture *f, const char *pattern)
{
    char path[128];
    glob_t found;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/%s", f->folder, pattern);
    n = glob(path, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return n;
}

static void expect_text(const char *path, const char *expected)
{
    char *text = NULL;
    size_t len;

    CHECK_OK(file_read(path, 100, &text, &len, err));
    assert_string_equal(text, expected);
    free(text);
}

static void expect_failure(int result,
                           const struct tw_error *why,
                           enum tw_code code,
                           const char *text)
{
    assert_int_equal(result, -1);
    if (why->code != code || !strstr(why->message, text))
        fail_msg("%d '%s' is not %d '%s'", why->code, why->message, code, text);
}

/* 3 predictions in the backup, while the store stays open. */
static void make_backup(struct backup_case *c, struct backup_summary *summary)
{
    open_store(c->f);
    put_rows(c->f->store, 1, 3);
    CHECK_OK(backup_make(&c->options, summary, err));
}

/* A backup that the statement has changed, of a store that is gone by then. */
static void expect_spoilt_is_refused(struct backup_case *c,
                                     const char *statement,
                                     const char *reason)
{
    struct backup_summary summary;
    struct tw_error why = {0};
    struct db *db = NULL;

    make_backup(c, &summary);
    store_close(TAKE(c->f->store));
    CHECK_OK(db_open(c->backup, DB_ALONE, 0, &db, err));
    CHECK_OK(db_exec(db, statement, err));
    db_close(db);
    expect_failure(backup_restore(&c->options, &summary, &why), &why, TW_BROKEN, reason);
    CHECK(unlink(c->backup) == 0 && unlink(c->f->path) == 0);
}

static void overwrite(const char *path, long at, int n)
{
    FILE *file = fopen(path, "r+");

    CHECK(file && fseek(file, at, SEEK_SET) == 0);
    for (int i = 0; i < n; i++)
        (void)fputc(0x55, file);
    CHECK(fclose(file) == 0);
}

/* ---- Making one -------------------------------------------------------------------------------- */

static void note_progress(void *ctx, int64_t n_done, int64_t n_pages)
{
    int64_t *last = ctx;

    CHECK(n_done >= last[0] && n_done <= n_pages);
    last[0] = n_done;
    last[1] = n_pages;
}

static void a_backup_of_an_open_store_stands_alone(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct stat status;
    int64_t progress[2] = {0, -1};

    set_up(&c, *state);
    c.options.progress = note_progress;
    c.options.ctx = progress;
    make_backup(&c, &summary);
    CHECK(progress[0] == progress[1] && progress[0] > 0);
    CHECK(summary.predictions == 3 && summary.n_files == 1);
    CHECK(summary.schema == (int64_t)store_schema.n_steps);
    CHECK(stat(c.backup, &status) == 0 && (status.st_mode & 0777) == 0600);
    CHECK(status.st_size == summary.bytes);
    assert_int_equal(n_files_like(c.f, "a.backup?*"), 0); /* no log, no draft */
    put_rows(c.f->store, 10, 2);                          /* writing goes on */
    assert_int_equal(ask(c.backup, "SELECT count(*) FROM predictions"), 3);
    assert_int_equal(
        ask(c.backup, "SELECT length(bytes) FROM kept_files WHERE name = 'model.json'"), 3);
    assert_int_equal(n_files_like(c.f, "a.backup?*"), 0); /* reading leaves none either */
}

static void an_older_backup_goes_only_when_that_is_asked_for(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct tw_error why = {0};

    set_up(&c, *state);
    make_backup(&c, &summary);
    put_rows(c.f->store, 10, 2);
    expect_failure(backup_make(&c.options, &summary, &why), &why, TW_INVALID, "--force");
    assert_int_equal(ask(c.backup, "SELECT count(*) FROM predictions"), 3);
    c.options.replaces = true;
    CHECK_OK(backup_make(&c.options, &summary, err));
    assert_int_equal(ask(c.backup, "SELECT count(*) FROM predictions"), 5);
    assert_int_equal(n_files_like(c.f, "a.backup?*"), 0);
}

static void a_damaged_database_gives_no_backup_and_the_older_one_stays(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct tw_error why = {0};

    set_up(&c, *state);
    make_backup(&c, &summary);
    put_rows(c.f->store, 1000, 500);
    put_rows(c.f->store, 2000, 500);
    store_close(TAKE(c.f->store));
    overwrite(c.f->path, 4096L * 14, 4096); /* in the middle of the predictions */
    c.options.replaces = true;
    expect_failure(backup_make(&c.options, &summary, &why), &why, TW_BROKEN, "is damaged (");
    assert_int_equal(ask(c.backup, "SELECT count(*) FROM predictions"), 3);
    assert_int_equal(n_files_like(c.f, "a.backup?*"), 0);
}

static void what_is_no_database_of_ours_is_not_backed_up(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct tw_error why = {0};

    set_up(&c, *state);
    expect_failure(backup_make(&c.options, &summary, &why), &why, TW_BROKEN, "cannot open");
    CHECK_OK(file_write_atomically(c.f->path, "", 0, 0600, err));
    expect_failure(backup_make(&c.options, &summary, &why), &why, TW_BROKEN, "is empty");
    assert_int_equal(n_files_like(c.f, "a.backup*"), 0);
    c.options.file = "/nowhere/a";
    expect_failure(backup_make(&c.options, &summary, &why), &why, TW_BROKEN, "beside '/nowhere/a'");
}

static void the_database_is_not_its_own_backup(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct tw_error why = {0};

    set_up(&c, *state);
    make_backup(&c, &summary);
    store_close(TAKE(c.f->store));
    c.options.file = c.f->path;
    c.options.replaces = true;
    expect_failure(backup_make(&c.options, &summary, &why), &why, TW_INVALID, "database itself");
    expect_failure(backup_restore(&c.options, &summary, &why), &why, TW_INVALID, "database itself");
    assert_int_equal(ask(c.f->path, "SELECT count(*) FROM predictions"), 3);
}

static void a_second_database_that_is_damaged_or_foreign_gives_no_backup(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct tw_error why = {0};
    struct db *db;

    set_up(&c, *state);
    open_store(c.f);
    db = open_second(&c);
    CHECK_OK(db_exec(db, "PRAGMA application_id=7", err));
    expect_failure(backup_make(&c.options, &summary, &why), &why, TW_BROKEN, "another program");
    CHECK_OK(db_exec(db, "PRAGMA application_id=12345", err));
    CHECK_OK(db_exec(db, "INSERT INTO things VALUES (1, zeroblob(40000))", err));
    db_close(db);
    overwrite(c.second_path, 4096L * 2, 4096);
    expect_failure(backup_make(&c.options, &summary, &why), &why, TW_BROKEN,
                   "second.db' is damaged");
    c.options.file = c.second_path;
    c.options.replaces = true;
    expect_failure(backup_make(&c.options, &summary, &why), &why, TW_INVALID, "database itself");
    assert_int_equal(n_files_like(c.f, "a.backup*"), 0);
}

/* ---- Going back to one ------------------------------------------------------------------------- */

static void a_restore_brings_rows_and_files_back_and_keeps_what_was_there(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    char aside[160];

    set_up(&c, *state);
    make_backup(&c, &summary);
    put_rows(c.f->store, 10, 2);
    store_close(TAKE(c.f->store));
    CHECK_OK(file_write_atomically(c.model, "{22}", 4, 0600, err));
    CHECK_OK(backup_restore(&c.options, &summary, err));
    CHECK(summary.predictions == 3 && summary.n_files == 1);
    expect_text(c.model, "{1}");
    (void)snprintf(aside, sizeof(aside), "%s.before-S", c.model);
    expect_text(aside, "{22}");
    (void)snprintf(aside, sizeof(aside), "%s.before-S", c.f->path);
    assert_int_equal(ask(aside, "SELECT count(*) FROM predictions"), 5);
    open_store(c.f);
    put_rows(c.f->store, 20, 1);
    assert_int_equal(ask(c.f->path, "SELECT count(*) FROM predictions"), 4);
    assert_int_equal(ask(c.f->path, "SELECT count(*) FROM sqlite_schema WHERE name = 'kept_files'"),
                     0);
    assert_int_equal(n_files_like(c.f, "test.db.??????"), 0);
}

static void a_restore_into_an_empty_folder_makes_the_database(void **state)
{
    struct backup_case c;
    struct backup_summary summary;

    set_up(&c, *state);
    make_backup(&c, &summary);
    store_close(TAKE(c.f->store));
    CHECK(unlink(c.f->path) == 0 && unlink(c.model) == 0);
    CHECK_OK(backup_restore(&c.options, &summary, err));
    expect_text(c.model, "{1}");
    assert_int_equal(n_files_like(c.f, "*.before-*"), 0);
    assert_int_equal(ask(c.f->path, "SELECT count(*) FROM predictions"), 3);
}

static void the_log_of_the_old_database_is_not_played_into_the_new_one(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct db *db = NULL;
    char log[160], aside[160], kept[160];

    set_up(&c, *state);
    make_backup(&c, &summary);
    store_close(TAKE(c.f->store));
    /* What a kill leaves: a log with rows that are nowhere else. */
    (void)snprintf(log, sizeof(log), "%s-wal", c.f->path);
    (void)snprintf(kept, sizeof(kept), "%s/kept", c.f->folder);
    CHECK_OK(db_open(c.f->path, DB_CREATE, 0, &db, err));
    CHECK_OK(db_exec(db, "DELETE FROM predictions", err));
    CHECK(link(log, kept) == 0);
    db_close(db);
    CHECK(link(kept, log) == 0);
    CHECK_OK(backup_restore(&c.options, &summary, err));
    assert_int_equal(n_files_like(c.f, "test.db-wal"), 0);
    (void)snprintf(aside, sizeof(aside), "%s.before-S-wal", c.f->path);
    CHECK(access(aside, F_OK) == 0);
    assert_int_equal(ask(c.f->path, "SELECT count(*) FROM predictions"), 3);
}

/* 20 MB: three pieces. */
static void a_second_database_goes_along_and_comes_back(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    char aside[160];
    struct db *db;

    set_up(&c, *state);
    db = open_second(&c);
    CHECK_OK(db_exec(db,
                     "INSERT INTO things VALUES (1, randomblob(10000000)), (2, "
                     "randomblob(10000000)), (3, 'x')",
                     err));
    make_backup(&c, &summary);
    assert_int_equal(summary.n_second, 3);
    assert_int_equal(ask(c.backup, "SELECT count(*) FROM kept_files WHERE name LIKE 'second/%'"),
                     3);
    assert_int_equal(n_files_like(c.f, "a.backup?*"), 0);
    CHECK_OK(db_exec(db, "DELETE FROM things WHERE id < 3", err));
    db_close(db);
    store_close(TAKE(c.f->store));
    CHECK_OK(backup_restore(&c.options, &summary, err));
    CHECK(summary.n_second == 3 && summary.predictions == 3 && summary.n_files == 1);
    assert_int_equal(ask(c.second_path, "SELECT sum(length(bytes)) FROM things"), 20000001);
    assert_int_equal(ask(c.second_path, "PRAGMA application_id"), 12345);
    (void)snprintf(aside, sizeof(aside), "%s.before-S", c.second_path);
    assert_int_equal(ask(aside, "SELECT count(*) FROM things"), 1);
    CHECK(summary.bytes < 200000); /* the database does not keep the space */
    assert_int_equal(n_files_like(c.f, "*.db.??????"), 0);
}

static void a_backup_without_the_second_database_leaves_that_as_it_is(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct db *db;

    set_up(&c, *state);
    make_backup(&c, &summary);
    assert_int_equal(summary.n_second, -1);
    store_close(TAKE(c.f->store));
    db = open_second(&c);
    CHECK_OK(db_exec(db, "INSERT INTO things VALUES (1, 'x')", err));
    db_close(db);
    CHECK_OK(backup_restore(&c.options, &summary, err));
    assert_int_equal(summary.n_second, -1);
    assert_int_equal(ask(c.second_path, "SELECT count(*) FROM things"), 1);
    assert_int_equal(n_files_like(c.f, "second.db.*"), 0);
}

static void a_backup_whose_second_database_is_not_sound_changes_nothing(void **state)
{
    static const char *const spoilers[][2] = {
        /* Of the first piece, the file's header: a newer schema. */
        {"UPDATE kept_files SET bytes = CAST(substr(bytes, 1, 63) || x'63' || substr(bytes, 65) AS "
         "BLOB) WHERE name = 'second/0'",
         "newer version"},
        {"DELETE FROM kept_files WHERE name = 'second/1'", "is damaged ("},
    };
    struct backup_case c;
    struct db *db;

    set_up(&c, *state);
    db = open_second(&c);
    CHECK_OK(db_exec(db, "INSERT INTO things VALUES (1, zeroblob(10000000))", err));
    db_close(db);
    for (size_t i = 0; i < COUNT_OF(spoilers); i++)
        expect_spoilt_is_refused(&c, spoilers[i][0], spoilers[i][1]);
    assert_int_equal(n_files_like(c.f, "*.before-*"), 0);
    assert_int_equal(n_files_like(c.f, "*.db.??????"), 0);
}

static void a_store_that_is_open_is_not_replaced(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct tw_error why = {0};

    set_up(&c, *state);
    make_backup(&c, &summary);
    expect_failure(backup_restore(&c.options, &summary, &why), &why, TW_BUSY, "in use by process ");
    assert_int_equal(n_files_like(c.f, "*.before-*"), 0);
}

static void what_is_no_sound_backup_changes_nothing(void **state)
{
    static const char *const spoilers[][2] = {
        {"PRAGMA user_version=99", "newer version"},
        {"PRAGMA application_id=7", "another program"},
    };
    struct backup_case c;
    struct backup_summary summary;
    struct tw_error why = {0};

    set_up(&c, *state);
    for (size_t i = 0; i < COUNT_OF(spoilers); i++)
        expect_spoilt_is_refused(&c, spoilers[i][0], spoilers[i][1]);
    make_backup(&c, &summary);
    store_close(TAKE(c.f->store));
    overwrite(c.backup, 8192, 4096);
    expect_failure(backup_restore(&c.options, &summary, &why), &why, TW_BROKEN, "is damaged (");
    CHECK(truncate(c.backup, 5000) == 0);
    expect_failure(backup_restore(&c.options, &summary, &why), &why, TW_BROKEN, "is damaged (");
    assert_int_equal(n_files_like(c.f, "*.before-*"), 0);
    assert_int_equal(n_files_like(c.f, "test.db.??????"), 0);
    assert_int_equal(ask(c.f->path, "SELECT count(*) FROM predictions"), 3);
}

static void a_backup_of_an_older_schema_is_brought_to_todays(void **state)
{
    struct backup_case c;
    struct backup_summary summary;
    struct schema first = store_schema;
    struct db *db = NULL;

    set_up(&c, *state);
    first.n_steps = 1;
    CHECK_OK(db_open(c.f->path, DB_CREATE, 0, &db, err));
    CHECK_OK(schema_upgrade(db, &first, c.f->path, err));
    db_close(db);
    CHECK_OK(backup_make(&c.options, &summary, err));
    CHECK(summary.schema == 1);
    assert_int_equal(ask(c.backup, "PRAGMA user_version"), 1);
    CHECK_OK(backup_restore(&c.options, &summary, err));
    assert_int_equal(ask(c.f->path, "PRAGMA user_version"), store_schema.n_steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_backup_of_an_open_store_stands_alone),
        STORE_TEST(an_older_backup_goes_only_when_that_is_asked_for),
        STORE_TEST(a_damaged_database_gives_no_backup_and_the_older_one_stays),
        STORE_TEST(what_is_no_database_of_ours_is_not_backed_up),
        STORE_TEST(the_database_is_not_its_own_backup),
        STORE_TEST(a_second_database_that_is_damaged_or_foreign_gives_no_backup),
        STORE_TEST(a_restore_brings_rows_and_files_back_and_keeps_what_was_there),
        STORE_TEST(a_restore_into_an_empty_folder_makes_the_database),
        STORE_TEST(the_log_of_the_old_database_is_not_played_into_the_new_one),
        STORE_TEST(a_second_database_goes_along_and_comes_back),
        STORE_TEST(a_backup_without_the_second_database_leaves_that_as_it_is),
        STORE_TEST(a_backup_whose_second_database_is_not_sound_changes_nothing),
        STORE_TEST(a_store_that_is_open_is_not_replaced),
        STORE_TEST(what_is_no_sound_backup_changes_nothing),
        STORE_TEST(a_backup_of_an_older_schema_is_brought_to_todays),
    };

    return cmocka_run_group_tests_name("store-backup", tests, NULL, NULL);
}
