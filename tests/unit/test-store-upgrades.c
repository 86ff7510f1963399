#include "store_fixture.h"

#include "source_file.h"

#include "server/store/schema.h"

/* Databases that programs of this project have written, brought to today's schema by opening them. */

#define N_KEPT_VERSIONS 3

static void load(const struct fixture *f, int version)
{
    CLEANUP(db_closep) struct db *db = NULL;
    char path[64];
    char *sql;
    size_t len;

    (void)snprintf(path, sizeof(path), "tests/data/store/schema-%d.sql", version);
    sql = source_file_read(path, &len);
    CHECK_OK(db_open(f->path, DB_CREATE, 0, &db, err));
    CHECK_OK(db_exec(db, sql, err));
    free(sql);
}

static int64_t ask(const char *path, const char *sql)
{
    CLEANUP(db_closep) struct db *db = NULL;
    int64_t value = -1;

    CHECK_OK(db_open(path, DB_READ, 0, &db, err));
    CHECK_OK(db_read_int(db, sql, &value, err));
    return value;
}

/* Every table's definition, as one text. */
static char *definitions(const char *path)
{
    CLEANUP(db_closep) struct db *db = NULL;
    CLEANUP(statement_freep) struct statement *statement = NULL;
    char *copy;

    CHECK_OK(db_open(path, DB_READ, 0, &db, err));
    CHECK_OK(db_prepare(db,
                        "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema "
                        "WHERE sql IS NOT NULL ORDER BY name)",
                        &statement, err));
    CHECK(statement_step(statement, NULL) == 1);
    copy = strdup(statement_text(statement, 0));
    CHECK(copy != NULL);
    return copy;
}

static bool note_row(void *ctx, const struct prediction_row *row)
{
    int *n = ctx;

    CHECK(row->x[0] == 100 + (double)(row->sequence - 1700000000000000));
    (*n)++;
    return true;
}

static bool note_simulation(void *ctx, const struct simulation_row *row)
{
    int *n = ctx;

    assert_string_equal(row->state, row->id == 1 ? "stopped" : "interrupted");
    (*n)++;
    return true;
}

static void rows_are_all_there(struct store *store)
{
    const struct prediction_filter filter = {.class_index = -1, .origin = -1, .limit = 100};
    int n_predictions = 0, n_simulations = 0;

    CHECK_OK(store_list_predictions(store, &filter, note_row, &n_predictions, err));
    CHECK_OK(store_list_simulations(store, INT64_MAX, 100, note_simulation, &n_simulations, err));
    assert_int_equal(n_predictions, 5);
    assert_int_equal(n_simulations, 2);
}

static void every_earlier_schema_becomes_todays(void **state)
{
    struct fixture *f = *state;
    char fresh_path[128];
    char *fresh;

    (void)snprintf(fresh_path, sizeof(fresh_path), "%s.fresh", f->path);
    CHECK_OK(store_open(&(struct store_options){.path = fresh_path, .queue_capacity = 64},
                        &f->store, err));
    store_close(TAKE(f->store));
    fresh = definitions(fresh_path);
    for (int version = 1; version <= N_KEPT_VERSIONS; version++) {
        char *upgraded;

        load(f, version);
        assert_int_equal(ask(f->path, "PRAGMA user_version"), version);
        open_store(f);
        rows_are_all_there(f->store);
        store_close(TAKE(f->store));
        assert_int_equal(ask(f->path, "PRAGMA user_version"), store_schema.n_steps);
        assert_int_equal(ask(f->path, "SELECT count(*) FROM feedback"), 1);
        assert_int_equal(ask(f->path, "SELECT count(*) FROM events"), 1);
        assert_int_equal(ask(f->path, "SELECT count(*) FROM answers"), version >= 2);
        assert_int_equal(ask(f->path, "SELECT count(*) FROM gamedays"), version >= 3);
        upgraded = definitions(f->path);
        assert_string_equal(upgraded, fresh);
        free(upgraded);
        assert_int_equal(unlink(f->path), 0);
    }
    free(fresh);
}

static void there_is_a_database_of_every_schema(void **state)
{
    (void)state;
    assert_int_equal(N_KEPT_VERSIONS, store_schema.n_steps);
}

static void a_newer_schema_is_refused_and_the_file_left_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct tw_error why = {0};

    load(f, N_KEPT_VERSIONS);
    {
        CLEANUP(db_closep) struct db *db = open_beside(f);

        CHECK_OK(db_exec(db, "PRAGMA user_version=99", err));
    }
    CHECK(store_open(&f->options, &f->store, &why) == -1);
    CHECK(why.code == TW_BROKEN && strstr(why.message, "newer version (its schema is 99"));
    CHECK(strstr(why.message, "start the newer program"));
    assert_int_equal(ask(f->path, "PRAGMA user_version"), 99);
    assert_int_equal(ask(f->path, "SELECT count(*) FROM predictions"), 5);
    assert_int_equal(ask(f->path, "SELECT count(*) FROM simulations WHERE state = 'running'"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(every_earlier_schema_becomes_todays),
        STORE_TEST(there_is_a_database_of_every_schema),
        STORE_TEST(a_newer_schema_is_refused_and_the_file_left_as_it_is),
    };

    return cmocka_run_group_tests_name("store-upgrades", tests, NULL, NULL);
}
