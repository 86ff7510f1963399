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

/* Whether the log is to be copied back. */
static bool after_batch(struct bench *b, int64_t ms)
{
    const struct moment now = at(ms);
    int64_t deleted = -1;
    int wants_copy = 0;

    CHECK_OK(wants_copy = upkeep_after_batch(b->upkeep, &now, &deleted, err));
    b->deleted += deleted;
    return wants_copy;
}

static int idle_ms(struct bench *b, int64_t ms)
{
    const struct moment now = at(ms);

    return upkeep_idle_ms(b->upkeep, &now);
}

static bool while_idle(struct bench *b, int64_t ms)
{
    const struct moment now = at(ms);
    int64_t deleted = -1;
    int wants_copy = 0;

    CHECK_OK(wants_copy = upkeep_while_idle(b->upkeep, &now, &deleted, err));
    b->deleted += deleted;
    return wants_copy;
}

static int64_t log_bytes(const struct bench *b)
{
    char log[128];
    struct stat status;

    (void)snprintf(log, sizeof(log), "%s-wal", b->f->path);
    CHECK(stat(log, &status) == 0);
    return status.st_size;
}

static void write_mb(struct bench *b, int n)
{
    char sql[160];

    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO events (at_ms, kind, subject, detail) "
                   "VALUES (1, 'x', 'x', zeroblob(%d))",
                   n << 20);
    CHECK_OK(db_exec(b->db, sql, err));
}

static void an_idle_file_has_its_log_copied_and_then_emptied_and_sleeps_for_ever(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, 0);
    insert_predictions(b.db, b.inserts, 1, 100, 1);
    after_batch(&b, 1000);
    assert_int_equal(idle_ms(&b, 1000), 5000);
    assert_int_equal(idle_ms(&b, 4000), 2000);
    assert_int_equal(idle_ms(&b, 9000), 0);
    CHECK(while_idle(&b, 5500));
    CHECK(log_bytes(&b) > 0);
    assert_int_equal(idle_ms(&b, 5500), 1000);
    CHECK(!while_idle(&b, 6000));
    CHECK(log_bytes(&b) > 0 && log_bytes(&b) < 10000); /* the next rows find it begun */
    assert_int_equal(idle_ms(&b, 6000), -1);
    after_batch(&b, 7000);
    assert_int_equal(idle_ms(&b, 7000), 5000);
    tear_down(&b);
}

static void the_log_is_to_be_copied_each_time_that_it_has_grown(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, 0);
    write_mb(&b, 1);
    CHECK(!after_batch(&b, 1)); /* small: left alone */
    write_mb(&b, 16);
    CHECK(after_batch(&b, 2));
    CHECK(!after_batch(&b, 3)); /* asked for already */
    write_mb(&b, 1);
    CHECK(!after_batch(&b, 4)); /* nobody did it, but little is new */
    write_mb(&b, 16);
    CHECK(after_batch(&b, 5));
    CHECK_OK(db_checkpoint(b.db, DB_CHECKPOINT_PASSIVE, err));
    write_mb(&b, 1); /* the log begins anew */
    CHECK(!after_batch(&b, 6));
    write_mb(&b, 16);
    CHECK(after_batch(&b, 7));
    tear_down(&b);
}

static void a_log_that_nobody_copies_is_bounded(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, 0);
    do {
        CHECK(log_bytes(&b) < (UPKEEP_LOG_PAGES + 3000) * INT64_C(4096));
        write_mb(&b, 8);
        (void)after_batch(&b, 1);
    } while (db_wal_pages(b.db) > 0);
    CHECK(log_bytes(&b) >= UPKEEP_LOG_PAGES * INT64_C(4096)); /* and not copied before */
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
    while_idle(&b, 4000);
    while_idle(&b, 5000);
    assert_int_equal(idle_ms(&b, 5000), 3595000);
    assert_int_equal(idle_ms(&b, 3599000), 60000); /* those that follow soon go with it */
    while_idle(&b, 3600001);
    assert_int_equal(b.deleted, 10);
    assert_int_equal(idle_ms(&b, 3600001), 0); /* a step was taken: look whether there is more */
    CHECK(while_idle(&b, 3600002));            /* it wrote: the log has to be copied again */
    while_idle(&b, 3601002);
    assert_int_equal(idle_ms(&b, 3601002), -1);
    tear_down(&b);
}

static void a_far_age_is_slept_for_in_parts(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, INT64_C(90) * 86400000);
    insert_predictions(b.db, b.inserts, 1, 10, at(0).at_ms);
    while_idle(&b, 0);
    while_idle(&b, 0);
    assert_int_equal(idle_ms(&b, 0), 21600000);
    tear_down(&b);
}

static void rows_that_come_during_the_copy_put_the_emptying_off(void **state)
{
    struct bench b = {0};

    set_up(*state, &b, 0);
    insert_predictions(b.db, b.inserts, 1, 100, 1);
    after_batch(&b, 0);
    CHECK(while_idle(&b, 5000));
    insert_predictions(b.db, b.inserts, 101, 100, 1);
    after_batch(&b, 5500);
    assert_int_equal(idle_ms(&b, 5500), 5000);
    CHECK(while_idle(&b, 10500));
    CHECK(log_bytes(&b) > 0);
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
        STORE_TEST(an_idle_file_has_its_log_copied_and_then_emptied_and_sleeps_for_ever),
        STORE_TEST(the_log_is_to_be_copied_each_time_that_it_has_grown),
        STORE_TEST(a_log_that_nobody_copies_is_bounded),
        STORE_TEST(retention_looks_once_a_second_and_goes_on_while_there_is_more),
        STORE_TEST(an_idle_file_wakes_when_rows_come_of_age),
        STORE_TEST(a_far_age_is_slept_for_in_parts),
        STORE_TEST(rows_that_come_during_the_copy_put_the_emptying_off),
        STORE_TEST(a_locked_file_is_left_for_later),
    };

    return cmocka_run_group_tests_name("store-upkeep", tests, NULL, NULL);
}
