#include "store_fixture.h"

#include "server/store/retention.h"
#include "server/store/schema.h"

/* Retention alone, on a connection of its own, with the time given. */
struct bench {
    struct db *db;
    struct inserts *inserts;
    struct retention *retention;
};

static void set_up(struct fixture *f, struct bench *b, struct retention_limits limits)
{
    CHECK_OK(db_open(f->path, DB_CREATE, 0, &b->db, err));
    CHECK_OK(schema_upgrade(b->db, &store_schema, f->path, err));
    CHECK_OK(inserts_new(b->db, &b->inserts, err));
    CHECK_OK(retention_new(b->db, b->inserts, &limits, &b->retention, err));
}

static void tear_down(struct bench *b)
{
    retention_free(b->retention);
    inserts_free(b->inserts);
    db_close(b->db);
}

static void add_predictions(struct bench *b, int64_t first, int64_t n, int64_t at_ms)
{
    insert_predictions(b->db, b->inserts, first, n, at_ms);
}

static void add_others(struct bench *b, int64_t at_ms)
{
    struct event_row event = {.at_ms = at_ms, .kind = "server"};
    struct record feedback = {.kind = RECORD_FEEDBACK, .feedback = {.at_ms = at_ms}};
    struct record record = {.kind = RECORD_EVENT, .event = &event};

    CHECK_OK(inserts_add(b->inserts, &feedback, err));
    CHECK_OK(inserts_add(b->inserts, &record, err));
}

static int64_t count(struct bench *b, const char *sql)
{
    int64_t n = -1;

    CHECK_OK(db_read_int(b->db, sql, &n, err));
    return n;
}

static int step(struct bench *b, int64_t now_ms, int max_rows, int64_t *ret_deleted)
{
    struct tw_error why = {0};
    int more = retention_step(b->retention, now_ms, max_rows, ret_deleted, &why);

    if (more < 0)
        fail_msg("%s", why.message);
    return more;
}

static void without_limits_nothing_goes(void **state)
{
    struct bench b = {0};
    int64_t deleted = -1, next_ms = 0;

    set_up(*state, &b, (struct retention_limits){0, 0});
    add_predictions(&b, 1, 10, 1);
    CHECK(step(&b, INT64_MAX / 2, 1000, &deleted) == 0);
    CHECK(deleted == 0);
    CHECK_OK(retention_next_ms(b.retention, &next_ms, err));
    CHECK(next_ms == INT64_MAX);
    tear_down(&b);
}

static void age_goes_in_small_steps_and_stops_at_the_young(void **state)
{
    struct bench b = {0};
    int64_t deleted = 0, next_ms = 0;

    set_up(*state, &b, (struct retention_limits){1000, 0});
    add_predictions(&b, 1, 25, 500);
    add_predictions(&b, 26, 5, 2000);
    CHECK(step(&b, 2000, 10, &deleted) == 1 && deleted == 10);
    CHECK(step(&b, 2000, 10, &deleted) == 1 && deleted == 10);
    CHECK(step(&b, 2000, 10, &deleted) == 1 && deleted == 5);
    CHECK(step(&b, 2000, 10, &deleted) == 0 && deleted == 0);
    CHECK(count(&b, "SELECT count(*) FROM predictions") == 5);
    CHECK(count(&b, "SELECT value FROM counters WHERE name = 'predictions'") == 5);
    CHECK(count(&b, "SELECT value FROM counters WHERE name = 'last_sequence'") == 30);
    CHECK_OK(retention_next_ms(b.retention, &next_ms, err));
    CHECK(next_ms == 3000);
    CHECK(step(&b, 3000, 10, &deleted) == 0); /* just of that age: not over it */
    CHECK(step(&b, 3001, 10, &deleted) == 1 && deleted == 5);
    tear_down(&b);
}

static void age_takes_feedback_and_events_too_but_no_simulations(void **state)
{
    struct bench b = {0};
    int64_t deleted = 0;

    set_up(*state, &b, (struct retention_limits){1000, 0});
    add_others(&b, 1);
    CHECK_OK(
        db_exec(b.db, "INSERT INTO simulations VALUES (1,1,2,'drift','finished',NULL,'')", err));
    while (step(&b, 5000, 10, &deleted) > 0)
        CHECK(deleted == 0);
    CHECK(count(&b, "SELECT count(*) FROM feedback") == 0);
    CHECK(count(&b, "SELECT count(*) FROM events") == 0);
    CHECK(count(&b, "SELECT count(*) FROM simulations") == 1);
    tear_down(&b);
}

static void size_takes_the_oldest_predictions_first_and_ends(void **state)
{
    struct bench b = {0};
    int64_t deleted = 0;
    int n_steps = 0;

    set_up(*state, &b, (struct retention_limits){0, 1});
    add_predictions(&b, 1, 1000, 1);
    add_others(&b, 1);
    CHECK(step(&b, 1, 400, &deleted) == 1 && deleted == 400);
    CHECK(count(&b, "SELECT min(sequence) FROM predictions") == 401);
    CHECK(count(&b, "SELECT count(*) FROM events") == 1);
    /* A limit under the size of an empty file takes everything, and does not run for ever. */
    while (step(&b, 1, 400, &deleted) > 0)
        CHECK(++n_steps < 10);
    CHECK(count(&b, "SELECT count(*) FROM predictions") == 0);
    CHECK(count(&b, "SELECT count(*) FROM events") == 0);
    tear_down(&b);
}

static void an_id_of_a_forgotten_event_is_not_given_again(void **state)
{
    struct bench b = {0};
    int64_t deleted = 0;

    set_up(*state, &b, (struct retention_limits){1000, 0});
    add_others(&b, 1);
    while (step(&b, 5000, 10, &deleted) > 0)
        ;
    add_others(&b, 5000);
    CHECK(count(&b, "SELECT max(id) FROM events") == 2);
    tear_down(&b);
}

static void free_pages_go_back_to_the_file_system(void **state)
{
    struct bench b = {0};
    struct tw_error why = {0};
    int64_t deleted = 0, before, after;
    int more;

    set_up(*state, &b, (struct retention_limits){1000, 0});
    add_predictions(&b, 1, 60000, 1);
    CHECK(retention_shrink(b.retention, &why) == 0);
    before = count(&b, "PRAGMA page_count");
    while (step(&b, 5000, 10000, &deleted) > 0)
        ;
    CHECK(count(&b, "PRAGMA page_count") == before);
    while ((more = retention_shrink(b.retention, &why)) > 0)
        ;
    CHECK(more == 0);
    after = count(&b, "PRAGMA page_count");
    CHECK(before > 600 && after < 300);
    tear_down(&b);
}

static void a_file_without_incremental_vacuum_does_not_keep_it_busy(void **state)
{
    struct fixture *f = *state;
    struct bench b = {0};
    int64_t deleted = 0;

    {
        /* As it would be after somebody's VACUUM with other settings. */
        CLEANUP(db_closep) struct db *db = NULL;

        CHECK_OK(db_open(f->path, DB_CREATE, 0, &db, err));
        CHECK_OK(db_exec(db, "PRAGMA auto_vacuum=NONE; VACUUM;", err));
    }
    set_up(f, &b, (struct retention_limits){1000, 0});
    CHECK(count(&b, "PRAGMA auto_vacuum") == 0);
    add_predictions(&b, 1, 60000, 1);
    while (step(&b, 5000, 10000, &deleted) > 0)
        ;
    CHECK(count(&b, "PRAGMA freelist_count") > 256);
    CHECK(retention_shrink(b.retention, NULL) == 0);
    tear_down(&b);
}

static void a_locked_file_is_busy_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct bench b = {0};
    struct tw_error why = {0};
    struct db *other;
    int64_t deleted = 0;

    set_up(f, &b, (struct retention_limits){1000, 0});
    add_predictions(&b, 1, 10, 1);
    other = open_beside(f);
    CHECK_OK(db_begin(other, err));
    CHECK(retention_step(b.retention, 5000, 10, &deleted, &why) == -1);
    CHECK(why.code == TW_BUSY && deleted == 0);
    db_rollback(other);
    db_close(other);
    CHECK(count(&b, "SELECT count(*) FROM predictions") == 10);
    CHECK(step(&b, 5000, 10, &deleted) == 1 && deleted == 10);
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(without_limits_nothing_goes),
        STORE_TEST(age_goes_in_small_steps_and_stops_at_the_young),
        STORE_TEST(age_takes_feedback_and_events_too_but_no_simulations),
        STORE_TEST(size_takes_the_oldest_predictions_first_and_ends),
        STORE_TEST(an_id_of_a_forgotten_event_is_not_given_again),
        STORE_TEST(free_pages_go_back_to_the_file_system),
        STORE_TEST(a_file_without_incremental_vacuum_does_not_keep_it_busy),
        STORE_TEST(a_locked_file_is_busy_and_loses_nothing),
    };

    return cmocka_run_group_tests_name("store-retention", tests, NULL, NULL);
}
