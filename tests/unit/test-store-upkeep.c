#include "store_fixture.h"

#include "server/store/schema.h"
#include "server/store/upkeep.h"

#include <sys/stat.h>

struct bench {
    struct fixture *f;
    struct db *db;
    struct inserts *inserts;
    struct upkeep *upkeep;
    int64_t deleted; /* in all */
};

static struct moment at(int64_t ms)
{
    return (struct moment){.at_ms = 1000000 + ms, .mono_ms = 5000 + ms};
}

static void set_up(struct fixture *f, struct bench *b, int64_t max_age_ms)
{
    const struct retention_limits limits = {max_age_ms, 0};
    const struct moment start = at(0);

    b->f = f;
    CHECK_OK(db_open(f->path, DB_CREATE, 0, &b->db, err));
    CHECK_OK(schema_upgrade(b->db, &store_schema, f->path, err));
    CHECK_OK(inserts_new(b->db, &b->inserts, err));
    CHECK_OK(upkeep_new(b->db, b->inserts, &limits, &start, &b->upkeep, err));
}

static void tear_down(struct bench *b)
{
    upkeep_free(b->upkeep);
    inserts_free(b->inserts);
    db_close(b->db);
}

static void after_batch(struct bench *b, int64_t ms)
{
    const struct moment now = at(ms);
    int64_t deleted = -1;

    CHECK_OK(upkeep_after_batch(b->upkeep, &now, &deleted, err));
    b->deleted += deleted;
}

static int idle_ms(struct bench *b, int64_t ms)
{
    const struct moment now = at(ms);

    return upkeep_idle_ms(b->upkeep, &now);
}

static void while_idle(struct bench *b, int64_t ms)
{
    const struct moment now = at(ms);
    int64_t deleted = -1;

    CHECK_OK(upkeep_while_idle(b->upkeep, &now, &deleted, err));
    b->deleted += deleted;
}

static int64_t log_bytes(const struct bench *b)
{
    char log[128];
    struct stat status;

    (void)snprintf(log, sizeof(log), "%s-wal", b->f->path);
    CHECK(stat(log, &status) == 0);
    return status.st_size;
}

static void an_idle_file_has_its_log_emptied_once_and_then_sleeps_for_ever(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, 0);
    insert_predictions(b.db, b.inserts, 1, 100, 1);
    after_batch(&b, 1000);
    assert_int_equal(idle_ms(&b, 1000), 5000);
    assert_int_equal(idle_ms(&b, 4000), 2000);
    assert_int_equal(idle_ms(&b, 9000), 0);
    CHECK(log_bytes(&b) > 0);
    while_idle(&b, 6000);
    CHECK(log_bytes(&b) == 0);
    assert_int_equal(idle_ms(&b, 6000), -1);
    after_batch(&b, 7000);
    assert_int_equal(idle_ms(&b, 7000), 5000);
    tear_down(&b);
}

static void a_log_that_has_grown_is_copied_back_behind_a_batch(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, 0);
    insert_predictions(b.db, b.inserts, 1, 100, 1);
    after_batch(&b, 1);
    CHECK(db_wal_pages(b.db) > 0); /* small: left alone */
    insert_predictions(b.db, b.inserts, 101, 100000, 1);
    CHECK(db_wal_pages(b.db) >= 1000);
    after_batch(&b, 2);
    CHECK(db_wal_pages(b.db) == 0);
    tear_down(&b);
}

static void retention_looks_once_a_second_and_goes_on_while_there_is_more(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, 1000);
    after_batch(&b, 0); /* the first look: nothing there */
    insert_predictions(b.db, b.inserts, 1, 5000, 1);
    after_batch(&b, 500);
    assert_int_equal(b.deleted, 0);
    after_batch(&b, 1000);
    assert_int_equal(b.deleted, 4096);
    after_batch(&b, 1001);
    assert_int_equal(b.deleted, 5000);
    tear_down(&b);
}

static void an_idle_file_wakes_when_rows_come_of_age(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, 3600000);
    insert_predictions(b.db, b.inserts, 1, 10, at(0).at_ms);
    after_batch(&b, 0);
    while_idle(&b, 5000);
    assert_int_equal(idle_ms(&b, 5000), 3595000);
    assert_int_equal(idle_ms(&b, 3599000), 60000); /* those that follow soon go with it */
    while_idle(&b, 3600001);
    assert_int_equal(b.deleted, 10);
    assert_int_equal(idle_ms(&b, 3600001), 0); /* a step was taken: look whether there is more */
    while_idle(&b, 3600002);
    assert_int_equal(idle_ms(&b, 3600002), -1);
    tear_down(&b);
}

static void a_far_age_is_slept_for_in_parts(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, INT64_C(90) * 86400000);
    insert_predictions(b.db, b.inserts, 1, 10, at(0).at_ms);
    while_idle(&b, 0);
    assert_int_equal(idle_ms(&b, 0), 21600000);
    tear_down(&b);
}

static void a_locked_file_is_left_for_later(void **state)
{
    struct bench b = {0};
    struct db *other;

    set_up(*state, &b, 1000);
    insert_predictions(b.db, b.inserts, 1, 10, 1);
    other = open_beside(b.f);
    CHECK_OK(db_begin(other, err));
    after_batch(&b, 0);
    while_idle(&b, 5000);
    assert_int_equal(b.deleted, 0);
    assert_int_equal(idle_ms(&b, 5000), 60000);
    db_rollback(other);
    db_close(other);
    while_idle(&b, 65000);
    assert_int_equal(b.deleted, 10);
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_idle_file_has_its_log_emptied_once_and_then_sleeps_for_ever),
        STORE_TEST(a_log_that_has_grown_is_copied_back_behind_a_batch),
        STORE_TEST(retention_looks_once_a_second_and_goes_on_while_there_is_more),
        STORE_TEST(an_idle_file_wakes_when_rows_come_of_age),
        STORE_TEST(a_far_age_is_slept_for_in_parts),
        STORE_TEST(a_locked_file_is_left_for_later),
    };

    return cmocka_run_group_tests_name("store-upkeep", tests, NULL, NULL);
}
