#include "store_fixture.h"

#include "server/store/schema.h"

static const char *const two_steps[] = {
    "CREATE TABLE a (x); INSERT INTO a VALUES (1);",
    "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = 2;",
};

static const char *const second_is_wrong[] = {
    "CREATE TABLE a (x);",
    "CREATE TABLE b (x); CREATE TABLE a (x);",
};

static struct schema schema_of(const char *const *steps, size_t n)
{
    return (struct schema){.application_id = 99, .n_steps = n, .steps = steps};
}

static int64_t read_int(struct db *db, const char *sql)
{
    int64_t value = -1;

    CHECK_OK(db_read_int(db, sql, &value, err));
    return value;
}

static void a_new_file_takes_all_steps_once(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    const struct schema schema = schema_of(two_steps, 2);

    CHECK_OK(schema_upgrade(db, &schema, f->path, err));
    CHECK_OK(schema_upgrade(db, &schema, f->path, err));
    CHECK(read_int(db, "PRAGMA user_version") == 2);
    CHECK(read_int(db, "PRAGMA application_id") == 99);
    CHECK(read_int(db, "SELECT sum(x * 10 + y) FROM a") == 12);
}

static void an_older_file_takes_the_steps_it_lacks(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    const struct schema older = schema_of(two_steps, 1), newer = schema_of(two_steps, 2);

    CHECK_OK(schema_upgrade(db, &older, f->path, err));
    CHECK(read_int(db, "PRAGMA user_version") == 1);
    CHECK_OK(schema_upgrade(db, &newer, f->path, err));
    CHECK(read_int(db, "SELECT y FROM a") == 2);
}

static void a_newer_file_is_refused(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    const struct schema older = schema_of(two_steps, 1), newer = schema_of(two_steps, 2);
    struct tw_error why = {0};

    CHECK_OK(schema_upgrade(db, &newer, f->path, err));
    CHECK(schema_upgrade(db, &older, f->path, &why) == -1);
    CHECK(why.code == TW_BROKEN && strstr(why.message, "newer version"));
}

static void a_step_that_fails_leaves_the_one_before(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    const struct schema wrong = schema_of(second_is_wrong, 2);
    struct tw_error why = {0};

    CHECK(schema_upgrade(db, &wrong, f->path, &why) == -1);
    CHECK(strstr(why.message, "to schema 2: table a already exists"));
    CHECK(read_int(db, "PRAGMA user_version") == 1);
    CHECK(read_int(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'") == 0);
}

static void a_database_of_the_first_schema_keeps_its_rows_and_gains_answers(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    struct schema first = store_schema;

    first.n_steps = 1;
    CHECK_OK(schema_upgrade(db, &first, f->path, err));
    CHECK_OK(db_exec(db, "INSERT INTO events VALUES (NULL, 5, 'server', 'started', NULL)", err));
    CHECK_OK(schema_upgrade(db, &store_schema, f->path, err));
    CHECK(read_int(db, "SELECT count(*) FROM events") == 1);
    CHECK(read_int(db, "SELECT count(*) FROM answers") == 0);
}

static void a_database_of_the_second_schema_keeps_its_rows_and_gains_game_days(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    struct schema second = store_schema;

    second.n_steps = 2;
    CHECK_OK(schema_upgrade(db, &second, f->path, err));
    CHECK_OK(db_exec(
        db, "INSERT INTO simulations VALUES (4, 1, 2, 'drift', 'finished', NULL, 'key')", err));
    CHECK_OK(schema_upgrade(db, &store_schema, f->path, err));
    CHECK(read_int(db, "SELECT id FROM simulations") == 4);
    CHECK(read_int(db, "SELECT count(*) FROM gamedays") == 0);
}

static void a_file_that_is_locked_is_busy_and_not_called_damaged(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    CLEANUP(db_closep) struct db *other = open_beside(f);
    const struct schema schema = schema_of(two_steps, 2);
    struct tw_error why = {0};

    db_set_busy_ms(db, 0);
    CHECK_OK(db_begin(other, err));
    CHECK(schema_upgrade(db, &schema, f->path, &why) == -1);
    CHECK(why.code == TW_BUSY);
    db_rollback(other);
}

/* ---- The skin over SQLite ---------------------------------------------------------------------- */

static void values_of_every_kind_come_back(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    CLEANUP(statement_freep) struct statement *statement = NULL;
    static const unsigned char bytes[] = {0, 1, 255, 0};
    const void *blob;
    size_t len = 0;

    CHECK_OK(db_prepare(db, "SELECT ?1, ?2, ?3, ?4, ?5", &statement, err));
    statement_bind_int(statement, 1, INT64_MIN);
    statement_bind_real(statement, 2, 0.1);
    statement_bind_text(statement, 3, "h\xc3\xa9");
    statement_bind_text(statement, 4, NULL);
    statement_bind_blob(statement, 5, bytes, sizeof(bytes));
    CHECK(statement_step(statement, NULL) == 1);
    CHECK(statement_int(statement, 0) == INT64_MIN && statement_real(statement, 1) == 0.1);
    assert_string_equal(statement_text(statement, 2), "h\xc3\xa9");
    CHECK(statement_text(statement, 3) == NULL);
    blob = statement_blob(statement, 4, &len);
    CHECK(len == sizeof(bytes) && memcmp(blob, bytes, len) == 0);
    CHECK(statement_step(statement, NULL) == 0);
    statement_reset(statement);
    CHECK(statement_step(statement, NULL) == 1);
    CHECK(statement_text(statement, 2) == NULL); /* a reset lets go of what was bound */
}

static void a_binding_that_fails_is_told_by_the_step(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    CLEANUP(statement_freep) struct statement *statement = NULL;
    struct tw_error why = {0};

    CHECK_OK(db_prepare(db, "SELECT ?1", &statement, err));
    statement_bind_int(statement, 2, 1);
    CHECK(statement_step(statement, &why) == -1);
    CHECK(why.code == TW_BROKEN);
    statement_reset(statement);
    CHECK(statement_step(statement, &why) == 1);
}

static void faulty_sql_and_missing_rows_are_told_apart(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);
    struct statement *statement = NULL;
    struct tw_error why = {0};
    int64_t value = 7;

    CHECK(db_prepare(db, "SELEKT", &statement, &why) == -1);
    CHECK(why.code == TW_BROKEN && strstr(why.message, "syntax error") && !statement);
    CHECK(db_read_int(db, "SELECT 1 WHERE 0", &value, &why) == -1);
    CHECK(why.code == TW_NOT_FOUND && value == 7);
    CHECK_OK(db_exec(db, "CREATE TABLE u (x UNIQUE); INSERT INTO u VALUES (1);", err));
    CHECK(db_exec(db, "INSERT INTO u VALUES (1)", &why) == -1);
    CHECK(why.code == TW_INVALID);
}

static void a_reading_connection_neither_creates_nor_writes(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = NULL;
    struct tw_error why = {0};
    struct db *none = NULL;

    CHECK(db_open(f->path, DB_READ, 0, &none, &why) == -1);
    CHECK(!none && strstr(why.message, "cannot open '"));
    db_close(open_beside(f));
    CHECK_OK(db_open(f->path, DB_READ, 0, &db, err));
    CHECK(db_exec(db, "CREATE TABLE x (y)", &why) == -1);
}

static void full_text_search_is_there(void **state)
{
    struct fixture *f = *state;
    CLEANUP(db_closep) struct db *db = open_beside(f);

    CHECK_OK(db_exec(db,
                     "CREATE VIRTUAL TABLE t USING fts5(body, tokenize='porter');"
                     "INSERT INTO t VALUES ('resetting passwords');",
                     err));
    CHECK(read_int(db, "SELECT count(*) FROM t WHERE t MATCH 'reset password'") == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_new_file_takes_all_steps_once),
        STORE_TEST(an_older_file_takes_the_steps_it_lacks),
        STORE_TEST(a_database_of_the_first_schema_keeps_its_rows_and_gains_answers),
        STORE_TEST(a_database_of_the_second_schema_keeps_its_rows_and_gains_game_days),
        STORE_TEST(a_newer_file_is_refused),
        STORE_TEST(a_step_that_fails_leaves_the_one_before),
        STORE_TEST(a_file_that_is_locked_is_busy_and_not_called_damaged),
        STORE_TEST(values_of_every_kind_come_back),
        STORE_TEST(a_binding_that_fails_is_told_by_the_step),
        STORE_TEST(faulty_sql_and_missing_rows_are_told_apart),
        STORE_TEST(a_reading_connection_neither_creates_nor_writes),
        STORE_TEST(full_text_search_is_there),
    };

    return cmocka_run_group_tests_name("store-schema", tests, NULL, NULL);
}
