#include "store_fixture.h"

#include "common/alloc.h"
#include "server/store/checkpointer.h"
#include "server/store/schema.h"

#include <pthread.h>
#include <string.h>

/* ---- A disk that takes its time ---------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stuck;
    int n_waiting; /* for a sync */
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* SQLite's call comes here. */
int fdatasync(int fd)
{
    (void)fd;
    (void)pthread_mutex_lock(&disk.lock);
    disk.n_waiting++;
    (void)pthread_cond_broadcast(&disk.changed);
    while (disk.is_stuck)
        (void)pthread_cond_wait(&disk.changed, &disk.lock);
    disk.n_waiting--;
    (void)pthread_mutex_unlock(&disk.lock);
    return 0;
}

static void set_stuck(bool is_stuck)
{
    (void)pthread_mutex_lock(&disk.lock);
    disk.is_stuck = is_stuck;
    (void)pthread_cond_broadcast(&disk.changed);
    (void)pthread_mutex_unlock(&disk.lock);
}

static bool has_somebody_waiting(void)
{
    struct timespec until;
    bool is_waiting;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    (void)pthread_mutex_lock(&disk.lock);
    while (disk.n_waiting == 0 && pthread_cond_timedwait(&disk.changed, &disk.lock, &until) == 0)
        ;
    is_waiting = disk.n_waiting > 0;
    (void)pthread_mutex_unlock(&disk.lock);
    return is_waiting;
}

static int tear_down(void **state)
{
    set_stuck(false); /* a test that failed left it so */
    return fixture_tear_down(state);
}

/* ---- Tests ------------------------------------------------------------------------------------- */

static uint64_t put_large_answer(struct store *store, int64_t id, size_t n_bytes)
{
    struct answer_row *row = xcalloc(1, sizeof(*row));
    uint64_t ticket = 0;

    row->id = id;
    row->query = xstrdup("why");
    row->detail = xcalloc(1, n_bytes + 1);
    memset(row->detail, ' ', n_bytes);
    CHECK_OK(store_put_answer(store, row, &ticket, err));
    return ticket;
}

static void the_first_row_after_the_start_waits_for_no_sync(void **state)
{
    struct fixture *f = *state;
    const struct prediction_row row = prediction(1, 1);

    open_store(f);
    set_stuck(true);
    CHECK(is_committed(f->store, put_prediction(f->store, &row)));
}

static void rows_go_in_while_a_copy_of_the_log_waits_for_the_disk(void **state)
{
    struct fixture *f = *state;

    open_store(f);
    set_stuck(true);
    CHECK(is_committed(f->store, put_large_answer(f->store, 2, 20 << 20)));
    CHECK(has_somebody_waiting());
    for (int64_t i = 10; i < 20; i++) {
        const struct prediction_row row = prediction(i, i);

        CHECK(is_committed(f->store, put_prediction(f->store, &row)));
    }
}

static void all_of_the_log_is_copied_before_it_stops(void **state)
{
    struct fixture *f = *state;
    struct checkpointer *checkpointer = NULL;
    struct inserts *inserts = NULL;
    struct db *db = NULL;

    CHECK_OK(db_open(f->path, DB_CREATE, 0, &db, err));
    CHECK_OK(schema_upgrade(db, &store_schema, f->path, err));
    CHECK_OK(inserts_new(db, &inserts, err));
    CHECK_OK(checkpointer_start(f->path, &checkpointer, err));
    insert_predictions(db, inserts, 1, 10000, 1);
    CHECK(db_wal_pages(db) > 100);
    checkpointer_wake(checkpointer);
    checkpointer_wake(checkpointer);
    checkpointer_stop(checkpointer);
    insert_predictions(db, inserts, 20000, 1, 1);
    CHECK(db_wal_pages(db) < 10); /* it began anew */
    inserts_free(inserts);
    db_close(db);
}

static void it_needs_a_database(void **state)
{
    struct checkpointer *checkpointer = NULL;
    struct tw_error why = {0};

    (void)state;
    assert_int_equal(checkpointer_start("/nowhere/x", &checkpointer, &why), -1);
    CHECK(strstr(why.message, "cannot open"));
    checkpointer_stop(checkpointer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_row_after_the_start_waits_for_no_sync,
                                        fixture_set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_go_in_while_a_copy_of_the_log_waits_for_the_disk,
                                        fixture_set_up, tear_down),
        STORE_TEST(all_of_the_log_is_copied_before_it_stops),
        STORE_TEST(it_needs_a_database),
    };

    return cmocka_run_group_tests_name("store-checkpointer", tests, NULL, NULL);
}
