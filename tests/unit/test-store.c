#include "store_fixture.h"

#include "common/file.h"

#include <math.h>
#include <pthread.h>
#include <sys/stat.h>

/* ---- Rows there and back ----------------------------------------------------------------------- */

#define LIST_MAX 64

struct list {
    int n;
    int stop_after; /* 0: never */
    struct prediction_row predictions[LIST_MAX];
    struct feedback_row feedback[LIST_MAX];
    struct event_row events[LIST_MAX];
    struct simulation_row simulations[LIST_MAX];
    char details[LIST_MAX][192];
};

static bool goes_on(struct list *list)
{
    list->n++;
    return list->n != list->stop_after;
}

static bool add_prediction(void *ctx, const struct prediction_row *row)
{
    struct list *list = ctx;

    CHECK(list->n < LIST_MAX);
    list->predictions[list->n] = *row;
    return goes_on(list);
}

static bool add_feedback(void *ctx, const struct feedback_row *row)
{
    struct list *list = ctx;

    CHECK(list->n < LIST_MAX);
    list->feedback[list->n] = *row;
    return goes_on(list);
}

static bool add_event(void *ctx, const struct event_row *row)
{
    struct list *list = ctx;

    CHECK(list->n < LIST_MAX);
    list->events[list->n] = *row;
    (void)snprintf(list->details[list->n], sizeof(list->details[0]), "%s",
                   row->detail ? row->detail : "(null)");
    return goes_on(list);
}

static bool add_simulation(void *ctx, const struct simulation_row *row)
{
    struct list *list = ctx;

    CHECK(list->n < LIST_MAX);
    list->simulations[list->n] = *row;
    (void)snprintf(list->details[list->n], sizeof(list->details[0]), "%s",
                   row->detail ? row->detail : "(null)");
    return goes_on(list);
}

static const struct prediction_filter everything = {.class_index = -1, .origin = -1, .limit = 64};

static void a_prediction_comes_back_as_it_was_put(void **state)
{
    struct fixture *f = *state;
    const struct prediction_row put = {
        .sequence = 42,
        .at_ms = 1700000000123,
        .x = {0, 20, 0.1, -1e-300},
        .class_index = 2,
        .origin = ORIGIN_DRILL,
        .confidence = 0.3333333f,
        .duration_ms = 1e-3f,
        .simulation_id = 7,
    };
    struct prediction_row got = {0};

    open_store(f);
    CHECK(is_committed(f->store, put_prediction(f->store, &put)));
    CHECK_OK(store_get_prediction(f->store, 42, &got, err));
    CHECK(got.sequence == 42 && got.at_ms == put.at_ms && got.class_index == 2);
    CHECK(got.origin == ORIGIN_DRILL && got.simulation_id == 7);
    CHECK(got.confidence == put.confidence && got.duration_ms == put.duration_ms);
    for (int i = 0; i < 4; i++)
        CHECK(got.x[i] == put.x[i]);
}

static void a_prediction_that_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct prediction_row row;
    struct tw_error why = {0};

    open_store(f);
    CHECK(store_get_prediction(f->store, 5, &row, &why) == -1);
    CHECK(why.code == TW_NOT_FOUND);
    assert_string_equal(why.message, "there is no prediction 5");
}

/* Sequences 1..30: class = sequence % 3, a drill for every fifth, one second apart, 10 minutes old
 * steps between the first ten and the rest. */
static void put_thirty(struct store *store)
{
    uint64_t ticket = 0;

    for (int64_t i = 1; i <= 30; i++) {
        struct prediction_row row = prediction(i, (i > 10 ? 600000 : 0) + i * 1000);

        row.origin = i % 5 == 0 ? ORIGIN_DRILL : ORIGIN_USER;
        ticket = put_prediction(store, &row);
    }
    CHECK(is_committed(store, ticket));
}

static void list_predictions(struct store *store,
                             const struct prediction_filter *filter,
                             struct list *list)
{
    CHECK_OK(store_list_predictions(store, filter, add_prediction, list, err));
}

static void predictions_are_listed_newest_first(void **state)
{
    struct fixture *f = *state;
    struct list list = {0};

    open_store(f);
    put_thirty(f->store);
    list_predictions(f->store, &everything, &list);
    assert_int_equal(list.n, 30);
    for (int i = 0; i < 30; i++)
        assert_int_equal(list.predictions[i].sequence, 30 - i);
}

static void the_limit_and_the_callback_end_a_list(void **state)
{
    struct fixture *f = *state;
    struct prediction_filter filter = everything;
    struct list four = {0}, two = {.stop_after = 2};

    open_store(f);
    put_thirty(f->store);
    filter.limit = 4;
    list_predictions(f->store, &filter, &four);
    assert_int_equal(four.n, 4);
    list_predictions(f->store, &filter, &two);
    assert_int_equal(two.n, 2);
}

static void each_filter_of_predictions_leaves_out_what_it_should(void **state)
{
    struct fixture *f = *state;

    static const struct {
        struct prediction_filter filter;
        int n;
        int64_t first;
    } cases[] = {
        {{.class_index = 1, .origin = -1, .limit = 64}, 10, 28},
        {{.class_index = -1, .origin = ORIGIN_DRILL, .limit = 64}, 6, 30},
        {{.class_index = -1, .origin = ORIGIN_BASELINE, .limit = 64}, 0, 0},
        {{.class_index = -1, .origin = -1, .before_sequence = 11, .limit = 64}, 10, 10},
        {{.class_index = -1, .origin = -1, .since_ms = 600000, .limit = 64}, 20, 30},
        {{.class_index = -1, .origin = -1, .since_ms = 625000, .limit = 64}, 6, 30},
        {{.class_index = 0, .origin = ORIGIN_DRILL, .limit = 64}, 2, 30},
        {{.class_index = 0, .origin = ORIGIN_USER, .before_sequence = 20, .limit = 3}, 3, 18},
    };

    open_store(f);
    put_thirty(f->store);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct list list = {0};

        list_predictions(f->store, &cases[i].filter, &list);
        if (list.n != cases[i].n || list.predictions[0].sequence != cases[i].first)
            fail_msg("case %zu: %d rows from %lld", i, list.n,
                     (long long)list.predictions[0].sequence);
    }
}

static void rows_out_of_order_in_time_are_still_found(void **state)
{
    struct fixture *f = *state;
    struct prediction_filter filter = everything;
    struct prediction_row late = prediction(1, 100000), early = prediction(2, 99000);
    struct list list = {0};

    open_store(f);
    (void)put_prediction(f->store, &late);
    CHECK(is_committed(f->store, put_prediction(f->store, &early)));
    filter.since_ms = 99500;
    list_predictions(f->store, &filter, &list);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.predictions[0].sequence, 1);
}

static void feedback_comes_back_newest_first(void **state)
{
    struct fixture *f = *state;
    struct list list = {0};
    uint64_t ticket = 0;

    open_store(f);
    for (int64_t i = 1; i <= 3; i++) {
        const struct feedback_row row = {
            .prediction_sequence = i * 10,
            .at_ms = 1000 + i,
            .predicted_class = 1,
            .true_class = (uint8_t)(i % 3),
            .origin = ORIGIN_BASELINE,
            .confidence = 0.6f,
        };

        CHECK_OK(store_put_feedback(f->store, &row, &ticket, err));
    }
    CHECK(is_committed(f->store, ticket));
    CHECK_OK(store_list_feedback(f->store, 2, add_feedback, &list, err));
    assert_int_equal(list.n, 2);
    CHECK(list.feedback[0].prediction_sequence == 30 && list.feedback[1].prediction_sequence == 20);
    CHECK(list.feedback[1].at_ms == 1002 && list.feedback[1].true_class == 2);
    CHECK(list.feedback[1].predicted_class == 1 && list.feedback[1].confidence == 0.6f);
    CHECK(list.feedback[1].origin == ORIGIN_BASELINE);
}

static void put_event(struct store *store, int64_t at_ms, const char *detail)
{
    struct event_row row = {
        .at_ms = at_ms,
        .kind = "alert",
        .subject = "MLModelDriftHigh",
        .detail = detail ? strdup(detail) : NULL,
    };

    CHECK_OK(store_put_event(store, &row, err));
    CHECK(row.detail == NULL);
}

static void events_get_ids_and_come_back_newest_first(void **state)
{
    struct fixture *f = *state;
    struct list all = {0}, older = {0};

    open_store(f);
    put_event(f->store, 1, "{\"a\":1}");
    put_event(f->store, 2, NULL);
    put_event(f->store, 3, "{\"text\":\"h\xc3\xa9\"}");
    flush_store(f->store);
    CHECK_OK(store_list_events(f->store, 0, 10, add_event, &all, err));
    assert_int_equal(all.n, 3);
    for (int i = 0; i < 3; i++)
        CHECK(all.events[i].id == 3 - i && all.events[i].at_ms == 3 - i);
    assert_string_equal(all.events[0].kind, "alert");
    assert_string_equal(all.events[0].subject, "MLModelDriftHigh");
    assert_string_equal(all.details[0], "{\"text\":\"h\xc3\xa9\"}");
    assert_string_equal(all.details[1], "(null)");
    CHECK_OK(store_list_events(f->store, 3, 1, add_event, &older, err));
    CHECK(older.n == 1 && older.events[0].id == 2);
}

static void put_simulation(struct store *store, int64_t id, const char *simulation_state)
{
    struct simulation_row row = {
        .id = id,
        .started_at_ms = 1000 * id,
        .ended_at_ms = strcmp(simulation_state, "running") == 0 ? 0 : 5000,
        .kind = "drift",
        .detail = strdup("{\"amount\":0.8}"),
        .idempotency_key = "key",
    };

    (void)snprintf(row.state, sizeof(row.state), "%s", simulation_state);
    CHECK_OK(store_put_simulation(store, &row, err));
    CHECK(row.detail == NULL);
}

static void a_simulation_replaces_the_row_with_its_id(void **state)
{
    struct fixture *f = *state;
    struct list list = {0};

    open_store(f);
    put_simulation(f->store, 1, "running");
    put_simulation(f->store, 2, "running");
    put_simulation(f->store, 1, "finished");
    flush_store(f->store);
    CHECK_OK(store_list_simulations(f->store, 0, 10, add_simulation, &list, err));
    assert_int_equal(list.n, 2);
    CHECK(list.simulations[0].id == 2 && list.simulations[1].id == 1);
    assert_string_equal(list.simulations[0].state, "running");
    assert_string_equal(list.simulations[1].state, "finished");
    CHECK(list.simulations[1].started_at_ms == 1000 && list.simulations[1].ended_at_ms == 5000);
    assert_string_equal(list.simulations[1].kind, "drift");
    assert_string_equal(list.simulations[1].idempotency_key, "key");
    assert_string_equal(list.details[1], "{\"amount\":0.8}");
}

static void a_limit_of_nothing_is_invalid(void **state)
{
    struct fixture *f = *state;
    struct prediction_filter none = everything;
    struct tw_error why = {0};

    open_store(f);
    none.limit = 0;
    CHECK(store_list_predictions(f->store, &none, add_prediction, NULL, &why) == -1);
    CHECK(why.code == TW_INVALID);
    CHECK(store_list_feedback(f->store, 0, add_feedback, NULL, &why) == -1);
    CHECK(store_list_events(f->store, 0, -1, add_event, NULL, &why) == -1);
    CHECK(store_list_simulations(f->store, 0, 0, add_simulation, NULL, &why) == -1);
}

/* Retention works behind a batch, at most once a second: gives it batches until it has. */
static void wait_for_predictions(const struct fixture *f, int64_t n)
{
    do
        flush_store(f->store);
    while (read_beside(f, "SELECT count(*) FROM predictions") != n);
    flush_store(f->store); /* the figures follow the deletion before the next batch */
}

/* ---- Opening again ----------------------------------------------------------------------------- */

static void what_is_queued_is_written_when_closing(void **state)
{
    struct fixture *f = *state;
    struct store_stats stats;

    open_store(f);
    for (int64_t i = 1; i <= 500; i++) {
        struct prediction_row row = prediction(i, i);

        (void)put_prediction(f->store, &row);
    }
    reopen_store(f);
    store_read_stats(f->store, &stats);
    assert_int_equal(stats.predictions, 500);
    assert_int_equal(stats.written, 0);
    assert_int_equal(read_beside(f, "SELECT count(*) FROM predictions"), 500);
}

static void closing_copies_the_log_back_and_removes_it(void **state)
{
    struct fixture *f = *state;
    char log[128];

    (void)snprintf(log, sizeof(log), "%s-wal", f->path);
    open_store(f);
    put_thirty(f->store);
    CHECK(access(log, F_OK) == 0);
    store_close(TAKE(f->store));
    CHECK(access(log, F_OK) != 0);
}

static void simulations_left_running_become_interrupted(void **state)
{
    struct fixture *f = *state;
    struct list list = {0};

    open_store(f);
    put_simulation(f->store, 1, "finished");
    put_simulation(f->store, 2, "running");
    reopen_store(f);
    CHECK_OK(store_list_simulations(f->store, 0, 10, add_simulation, &list, err));
    assert_string_equal(list.simulations[0].state, "interrupted");
    CHECK(list.simulations[0].ended_at_ms > 0);
    assert_string_equal(list.simulations[1].state, "finished");
    CHECK(list.simulations[1].ended_at_ms == 5000);
}

static void a_game_day_is_kept_beside_the_simulations_and_interrupted_like_them(void **state)
{
    struct fixture *f = *state;
    struct simulation_row row = {
        .id = 3,
        .started_at_ms = 1000,
        .kind = "all",
        .state = "running",
        .detail = strdup("{\"state\":\"running\",\"steps\":[{\"phase\":\"detect\"}]}"),
        .idempotency_key = "key",
    };
    struct list list = {0};
    int64_t last = -1;

    open_store(f);
    CHECK_OK(store_last_gameday(f->store, &last, err));
    CHECK(last == 0);
    put_simulation(f->store, 3, "finished");
    CHECK_OK(store_put_gameday(f->store, &row, err));
    CHECK(row.detail == NULL);
    reopen_store(f);
    CHECK_OK(store_list_gamedays(f->store, 0, 10, add_simulation, &list, err));
    assert_int_equal(list.n, 1);
    assert_string_equal(list.simulations[0].kind, "all");
    assert_string_equal(list.simulations[0].state, "interrupted");
    CHECK(strstr(list.details[0], "\"state\":\"interrupted\",\"steps\":[{\"phase\":\"detect\"}]"));
    CHECK(strstr(list.details[0], "the server stopped under it"));
    CHECK_OK(store_last_gameday(f->store, &last, err));
    CHECK(last == 3);
}

static void the_last_ids_are_told_also_when_their_rows_are_gone(void **state)
{
    struct fixture *f = *state;
    struct prediction_row old = prediction(99, 1000);
    int64_t sequence = -1, simulation = -1;

    f->options.max_age_ms = 3600000;
    open_store(f);
    CHECK_OK(store_last_ids(f->store, &sequence, &simulation, err));
    CHECK(sequence == 0 && simulation == 0);
    put_simulation(f->store, 12, "finished");
    (void)put_prediction(f->store, &old);
    wait_for_predictions(f, 0);
    reopen_store(f);
    CHECK_OK(store_last_ids(f->store, &sequence, &simulation, err));
    CHECK(sequence == 99 && simulation == 12);
}

static void the_file_is_private_and_in_wal_mode(void **state)
{
    struct fixture *f = *state;
    struct stat status;

    open_store(f);
    CHECK(stat(f->path, &status) == 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(read_beside(f, "PRAGMA auto_vacuum"), 2);
    assert_int_equal(read_beside(f, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(read_beside(f, "PRAGMA user_version"), 3);
}

static void expect_refusal(struct fixture *f, enum tw_code code, const char *part)
{
    struct tw_error why = {0};

    CHECK(store_open(&f->options, &f->store, &why) == -1);
    CHECK(f->store == NULL);
    if (why.code != code || !strstr(why.message, part))
        fail_msg("code %d: %s", (int)why.code, why.message);
}

static void a_folder_that_does_not_exist_is_refused(void **state)
{
    struct fixture *f = *state;

    f->options.path = "/nonexistent/folder/test.db";
    expect_refusal(f, TW_INVALID, "cannot use '/nonexistent/folder'");
    f->options.path = "/etc/passwd/test.db";
    expect_refusal(f, TW_INVALID, "/etc/passwd");
}

static void a_second_store_on_the_same_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    struct tw_error why = {0};

    open_store(f);
    CHECK(store_open(&f->options, &second, &why) == -1);
    CHECK(why.code == TW_BUSY && strstr(why.message, "in use by process "));
}

/* Root may write anywhere: then the test is somebody else for a moment. */
static void become_nobody(const struct fixture *f)
{
    if (geteuid() != 0)
        return;
    CHECK(chown(f->folder, 65534, 65534) == 0);
    CHECK(access(f->path, F_OK) < 0 || chown(f->path, 65534, 65534) == 0);
    CHECK(seteuid(65534) == 0);
}

static void become_oneself_again(void)
{
    if (getuid() == 0)
        CHECK(seteuid(0) == 0);
}

static void a_folder_that_cannot_be_written_is_refused_with_the_reason(void **state)
{
    struct fixture *f = *state;

    become_nobody(f);
    CHECK(chmod(f->folder, 0500) == 0);
    expect_refusal(f, TW_BROKEN, "test.db.lock': Permission denied");
    CHECK(chmod(f->folder, 0700) == 0);
    become_oneself_again();
}

static void a_database_that_cannot_be_written_is_refused_with_the_reason(void **state)
{
    struct fixture *f = *state;

    open_store(f);
    store_close(TAKE(f->store));
    CHECK(chmod(f->path, 0400) == 0);
    {
        char lock[128];

        (void)snprintf(lock, sizeof(lock), "%s.lock", f->path);
        CHECK(unlink(lock) == 0);
    }
    become_nobody(f);
    expect_refusal(f, TW_BROKEN, "test.db': Permission denied");
    become_oneself_again();
}

static void a_log_whose_database_is_gone_is_not_thrown_away(void **state)
{
    struct fixture *f = *state;
    char log[128];

    (void)snprintf(log, sizeof(log), "%s-wal", f->path);
    CHECK_OK(file_write_atomically(log, "rows", 4, 0600, err));
    expect_refusal(f, TW_BROKEN, "move the log away too");
    CHECK(access(log, F_OK) == 0 && access(f->path, F_OK) < 0);
}

static void the_file_of_a_newer_program_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;

    open_store(f);
    store_close(TAKE(f->store));
    {
        CLEANUP(db_closep) struct db *db = open_beside(f);

        CHECK_OK(db_exec(db, "PRAGMA user_version=77", err));
    }
    expect_refusal(f, TW_BROKEN, "newer version (its schema is 77, this program knows 3)");
    assert_int_equal(read_beside(f, "PRAGMA user_version"), 77);
}

static void the_database_of_another_program_is_refused(void **state)
{
    struct fixture *f = *state;

    {
        CLEANUP(db_closep) struct db *db = open_beside(f);

        CHECK_OK(db_exec(db, "CREATE TABLE theirs (x)", err));
    }

    expect_refusal(f, TW_BROKEN, "database of another program");
}

static void a_file_that_is_not_a_database_is_refused_with_advice(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->path, "w");

    CHECK(file != NULL);
    for (int i = 0; i < 1000; i++)
        (void)fputs("this is not a database\n", file);
    CHECK(fclose(file) == 0);
    expect_refusal(f, TW_BROKEN, "is damaged (file is not a database): move it away");
}

static void a_file_that_was_cut_is_refused_with_advice(void **state)
{
    struct fixture *f = *state;

    open_store(f);
    store_close(TAKE(f->store));
    CHECK(truncate(f->path, 12288) == 0);
    expect_refusal(f, TW_BROKEN, "is damaged (");
}

static void a_file_with_a_broken_page_is_refused_with_advice(void **state)
{
    struct fixture *f = *state;
    FILE *file;

    open_store(f);
    put_thirty(f->store);
    store_close(TAKE(f->store));
    file = fopen(f->path, "r+");
    CHECK(file && fseek(file, 8192, SEEK_SET) == 0); /* page 3: predictions */
    for (int i = 0; i < 4096; i++)
        (void)fputc(0x55, file);
    CHECK(fclose(file) == 0);
    expect_refusal(f, TW_BROKEN, "is damaged (");
}

/* ---- A full queue ------------------------------------------------------------------------------ */

/* Holds the write lock, so that rows stay in the queue. */
static struct db *block_writing(const struct fixture *f)
{
    struct db *db = open_beside(f);

    CHECK_OK(db_begin(db, err));
    return db;
}

static void unblock_writing(struct db *db)
{
    db_rollback(db);
    db_close(db);
}

static void a_full_queue_drops_and_counts_in_relaxed_mode(void **state)
{
    struct fixture *f = *state;
    struct store_stats stats;
    struct db *block;
    uint64_t ticket = 1;

    f->options.queue_capacity = 64;
    open_store(f);
    block = block_writing(f);
    for (int64_t i = 1; i <= 100; i++) {
        struct prediction_row row = prediction(i, i);

        ticket = put_prediction(f->store, &row);
    }
    CHECK(ticket == 0);
    CHECK(!is_committed(f->store, ticket));
    store_read_stats(f->store, &stats);
    assert_int_equal(stats.queue_capacity, 64);
    assert_int_equal(stats.queued, 60); /* a sixteenth is kept for others */
    assert_int_equal(stats.dropped, 40);
    put_event(f->store, 1, "{}");
    unblock_writing(block);
    flush_store(f->store);
    assert_int_equal(read_beside(f, "SELECT count(*) FROM predictions"), 60);
    assert_int_equal(read_beside(f, "SELECT count(*) FROM events"), 1);
}

static void a_full_queue_is_busy_in_commit_mode(void **state)
{
    struct fixture *f = *state;
    struct event_row event = {.kind = "server", .detail = strdup("{}")};
    struct tw_error why = {0};
    struct db *block;
    int n_taken = 0;

    f->options.queue_capacity = 64;
    f->options.durability = STORE_COMMIT;
    f->options.retry_for_ms = 20000;
    open_store(f);
    block = block_writing(f);
    for (int64_t i = 1; i <= 100; i++) {
        struct prediction_row row = prediction(i, i);

        if (store_put_prediction(f->store, &row, NULL, &why) == 0)
            n_taken++;
    }
    assert_int_equal(n_taken, 60);
    CHECK(why.code == TW_BUSY);
    for (int i = 0; i < 4; i++)
        put_event(f->store, i, "{}");
    why.code = TW_OK;
    CHECK(store_put_event(f->store, &event, &why) == -1);
    CHECK(why.code == TW_BUSY && event.detail != NULL);
    free(event.detail);
    unblock_writing(block);
    reopen_store(f);
    assert_int_equal(read_beside(f, "SELECT count(*) FROM predictions"), 60);
    assert_int_equal(read_beside(f, "SELECT count(*) FROM events"), 4);
}

static void a_dropped_event_is_freed_and_counted(void **state)
{
    struct fixture *f = *state;
    struct store_stats stats;
    struct db *block;

    f->options.queue_capacity = 64;
    open_store(f);
    block = block_writing(f);
    for (int i = 0; i < 70; i++)
        put_event(f->store, i, "{}"); /* the leak checker looks at the six too many */
    store_read_stats(f->store, &stats);
    assert_int_equal(stats.dropped, 6);
    unblock_writing(block);
}

/* ---- Commits ----------------------------------------------------------------------------------- */

struct order {
    int n;
    int tags[8];
    sem_t all;
    int expected;
};

struct order_entry {
    struct order *order;
    int tag;
};

static void note_order(void *ctx, bool ok)
{
    struct order_entry *entry = ctx;
    struct order *order = entry->order;

    CHECK(ok);
    order->tags[order->n++] = entry->tag;
    if (order->n == order->expected)
        (void)sem_post(&order->all);
}

static void callbacks_come_in_the_order_of_their_tickets(void **state)
{
    struct fixture *f = *state;
    struct order order = {.expected = 5};
    struct order_entry entries[5];
    uint64_t tickets[5];
    struct db *block;

    f->options.durability = STORE_COMMIT;
    f->options.retry_for_ms = 20000;
    open_store(f);
    (void)sem_init(&order.all, 0, 0);
    block = block_writing(f);
    for (int i = 0; i < 5; i++) {
        struct prediction_row row = prediction(i + 1, 1);

        tickets[i] = put_prediction(f->store, &row);
        entries[i] = (struct order_entry){&order, i};
    }
    for (int i = 4; i >= 0; i--)
        store_when_committed(f->store, tickets[i], note_order, &entries[i]);
    unblock_writing(block);
    CHECK(sem_wait(&order.all) == 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(order.tags[i], i);
    (void)sem_destroy(&order.all);
}

struct caller {
    pthread_t thread;
    int n;
    bool ok;
};

static void note_caller(void *ctx, bool ok)
{
    struct caller *caller = ctx;

    caller->thread = pthread_self();
    caller->n++;
    caller->ok = ok;
}

static void a_row_that_is_committed_already_is_answered_at_once(void **state)
{
    struct fixture *f = *state;
    struct prediction_row row = prediction(1, 1);
    struct caller caller = {0};
    uint64_t ticket;

    open_store(f);
    ticket = put_prediction(f->store, &row);
    CHECK(is_committed(f->store, ticket));
    store_when_committed(f->store, ticket, note_caller, &caller);
    CHECK(caller.n == 1 && caller.ok && pthread_equal(caller.thread, pthread_self()));
    store_when_committed(f->store, 0, note_caller, &caller);
    CHECK(caller.n == 2 && !caller.ok);
}

static void a_ticket_that_never_was_is_answered_with_no_when_closing(void **state)
{
    struct fixture *f = *state;
    struct caller caller = {.ok = true};

    open_store(f);
    store_when_committed(f->store, 1000, note_caller, &caller);
    CHECK(caller.n == 0);
    store_close(TAKE(f->store));
    CHECK(caller.n == 1 && !caller.ok);
}

static void a_batch_that_cannot_be_written_is_given_up_and_the_next_goes_through(void **state)
{
    struct fixture *f = *state;
    struct prediction_row lost = prediction(1, 1), kept = prediction(2, 1), got;
    struct caller late = {.ok = true};
    struct store_stats stats;
    struct db *block;
    uint64_t ticket;

    f->options.durability = STORE_COMMIT;
    f->options.retry_for_ms = 1;
    open_store(f);
    block = block_writing(f);
    ticket = put_prediction(f->store, &lost);
    CHECK(!is_committed(f->store, ticket));
    store_when_committed(f->store, ticket, note_caller, &late);
    CHECK(late.n == 1 && !late.ok);
    store_read_stats(f->store, &stats);
    CHECK(stats.dropped == 1 && stats.failed_commits > 0 && stats.written == 0);
    assert_string_equal(stats.last_error, "database is locked");
    unblock_writing(block);
    CHECK(is_committed(f->store, put_prediction(f->store, &kept)));
    store_read_stats(f->store, &stats);
    CHECK(stats.dropped == 1 && stats.written == 1 && stats.predictions == 1);
    assert_string_equal(stats.last_error, "");
    CHECK(store_get_prediction(f->store, 1, &got, NULL) == -1);
    CHECK_OK(store_get_prediction(f->store, 2, &got, err));
}

struct heard {
    sem_t recovered;
    int n_losing, n_recovered;
    uint64_t lost;
};

static void hear(void *ctx, const struct store_news *news)
{
    struct heard *heard = ctx;

    heard->n_losing += news->kind == STORE_LOSING;
    if (news->kind != STORE_RECOVERED)
        return;
    heard->n_recovered++;
    heard->lost = news->lost;
    (void)sem_post(&heard->recovered);
}

static void a_store_that_lost_rows_finds_out_by_itself_that_it_is_well_again(void **state)
{
    struct fixture *f = *state;
    struct heard heard = {0};
    struct timespec until;
    struct store_stats stats;
    struct db *block;

    (void)sem_init(&heard.recovered, 0, 0);
    f->options.durability = STORE_COMMIT;
    f->options.retry_for_ms = 1;
    f->options.tell = hear;
    f->options.tell_ctx = &heard;
    open_store(f);
    block = block_writing(f);
    for (int64_t i = 1; i <= 3; i++) {
        struct prediction_row row = prediction(i, i);

        CHECK(!is_committed(f->store, put_prediction(f->store, &row)));
    }
    unblock_writing(block);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    CHECK(sem_timedwait(&heard.recovered, &until) == 0); /* without another row */
    assert_int_equal(heard.n_losing, 1);
    assert_int_equal(heard.lost, 3);
    do /* it is told a moment before it is published */
        store_read_stats(f->store, &stats);
    while (stats.last_error[0]);
    store_close(TAKE(f->store)); /* the writer is gone: the counters are ours */
    assert_int_equal(heard.n_recovered, 1);
    (void)sem_destroy(&heard.recovered);
}

static void rows_outlast_a_lock_that_is_held_for_a_while(void **state)
{
    struct fixture *f = *state;
    struct prediction_row row = prediction(1, 1);
    struct store_stats stats;
    struct db *block;
    uint64_t ticket;

    open_store(f);
    block = block_writing(f);
    ticket = put_prediction(f->store, &row);
    do
        store_read_stats(f->store, &stats);
    while (stats.failed_commits < 2);
    unblock_writing(block);
    CHECK(is_committed(f->store, ticket));
    store_read_stats(f->store, &stats);
    CHECK(stats.dropped == 0 && stats.written == 1);
}

static void a_row_that_the_table_refuses_does_not_take_others_along(void **state)
{
    struct fixture *f = *state;
    struct prediction_row first = prediction(1, 1), again = prediction(1, 2),
                          nan = prediction(2, 3), last = prediction(3, 4);
    uint64_t tickets[4];
    struct store_stats stats;
    struct db *block;

    nan.x[2] = (double)NAN;
    open_store(f);
    block = block_writing(f);
    tickets[0] = put_prediction(f->store, &first);
    tickets[1] = put_prediction(f->store, &again);
    tickets[2] = put_prediction(f->store, &nan);
    tickets[3] = put_prediction(f->store, &last);
    unblock_writing(block);
    CHECK(is_committed(f->store, tickets[0]) && !is_committed(f->store, tickets[1]));
    CHECK(!is_committed(f->store, tickets[2]) && is_committed(f->store, tickets[3]));
    store_read_stats(f->store, &stats);
    CHECK(stats.dropped == 2 && stats.written == 2 && stats.predictions == 2);
    assert_int_equal(read_beside(f, "SELECT sum(at_ms) FROM predictions"), 5);
}

static void the_figures_add_up(void **state)
{
    struct fixture *f = *state;
    struct store_stats stats;

    open_store(f);
    put_thirty(f->store);
    store_read_stats(f->store, &stats);
    CHECK(stats.written == 30 && stats.predictions == 30 && stats.queued == 0);
    CHECK(stats.commits > 0 && stats.failed_commits == 0 && stats.dropped == 0);
    CHECK(stats.commit_seconds >= stats.last_commit_seconds && stats.last_commit_seconds > 0);
    CHECK(stats.file_bytes >= 4096);
}

/* ---- Retention --------------------------------------------------------------------------------- */

static int64_t wall_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void rows_that_are_too_old_go(void **state)
{
    struct fixture *f = *state;
    struct store_stats stats;
    int64_t now_ms = wall_ms();

    f->options.max_age_ms = 3600000;
    open_store(f);
    for (int64_t i = 1; i <= 20; i++) {
        struct prediction_row row = prediction(i, i <= 15 ? now_ms - 7200000 : now_ms);

        (void)put_prediction(f->store, &row);
    }
    wait_for_predictions(f, 5);
    store_read_stats(f->store, &stats);
    assert_int_equal(stats.predictions, 5);
    assert_int_equal(read_beside(f, "SELECT min(sequence) FROM predictions"), 16);
}

static int64_t used_bytes(const struct fixture *f)
{
    return read_beside(f, "SELECT (page_count - freelist_count) * page_size FROM "
                          "pragma_page_count, pragma_freelist_count, pragma_page_size");
}

static void the_oldest_predictions_go_when_the_file_is_too_large(void **state)
{
    struct fixture *f = *state;
    struct store_stats stats;

    f->options.max_bytes = 300000;
    f->options.queue_capacity = 65536;
    open_store(f);
    put_event(f->store, 1, "{}");
    for (int64_t i = 1; i <= 20000; i++) {
        struct prediction_row row = prediction(i, i);

        (void)put_prediction(f->store, &row);
    }
    do
        flush_store(f->store);
    while (used_bytes(f) > f->options.max_bytes);
    flush_store(f->store);
    store_read_stats(f->store, &stats);
    CHECK(stats.predictions > 0 && stats.predictions < 20000 && stats.dropped == 0);
    assert_int_equal(read_beside(f, "SELECT max(sequence) FROM predictions"), 20000);
    assert_int_equal(read_beside(f, "SELECT count(*) FROM predictions"), stats.predictions);
    assert_int_equal(read_beside(f, "SELECT count(*) FROM events"), 1);
}

/* ---- Two producers ----------------------------------------------------------------------------- */

#define PER_PRODUCER 100000
#define ALL_PRODUCED 200000

/* cmocka's checks belong to the main thread: the others count what they would have complained of. */
struct crew {
    struct store *store;
    _Atomic int64_t next_sequence;
    _Atomic int n_complaints;
};

static void *produce(void *arg)
{
    struct crew *crew = arg;

    for (int i = 0; i < PER_PRODUCER; i++) {
        struct prediction_row row = prediction(++crew->next_sequence, i);

        if (store_put_prediction(crew->store, &row, NULL, NULL) < 0)
            crew->n_complaints++;
    }
    return NULL;
}

static void run_crew(struct crew *crew, void *(*work)(void *), int n_threads)
{
    pthread_t threads[8];

    for (int i = 0; i < n_threads; i++)
        CHECK(pthread_create(&threads[i], NULL, work, crew) == 0);
    for (int i = 0; i < n_threads; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    assert_int_equal(crew->n_complaints, 0);
}

static void two_producers_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct crew crew = {0};
    struct store_stats stats;

    f->options.queue_capacity = 1 << 18;
    open_store(f);
    crew.store = f->store;
    run_crew(&crew, produce, 2);
    flush_store(f->store);
    store_read_stats(f->store, &stats);
    CHECK(stats.dropped == 0 && stats.predictions == ALL_PRODUCED);
    assert_int_equal(read_beside(f, "SELECT count(*) FROM predictions"), ALL_PRODUCED);
    assert_int_equal(read_beside(f, "SELECT min(sequence) FROM predictions"), 1);
    assert_int_equal(read_beside(f, "SELECT max(sequence) FROM predictions"), ALL_PRODUCED);
}

static bool check_descending(void *ctx, const struct prediction_row *row)
{
    int64_t *previous = ctx;
    bool is_fine = row->sequence < *previous && row->x[2] == 5.25;

    *previous = is_fine ? row->sequence : -1;
    return is_fine;
}

static void *read_all_the_time(void *arg)
{
    struct crew *crew = arg;

    for (int i = 0; i < 50; i++) {
        struct prediction_filter filter = everything;
        int64_t previous = INT64_MAX;

        if (store_list_predictions(crew->store, &filter, check_descending, &previous, NULL) < 0 ||
            previous == -1)
            crew->n_complaints++;
    }
    return NULL;
}

static void more_readers_than_connections_read_beside_the_writer(void **state)
{
    struct fixture *f = *state;
    struct crew crew = {0};

    f->options.queue_capacity = 1 << 16;
    open_store(f);
    crew.store = f->store;
    for (int64_t i = 1; i <= 20000; i++) {
        struct prediction_row row = prediction(i, i);

        (void)put_prediction(f->store, &row);
    }
    run_crew(&crew, read_all_the_time, 6);
    flush_store(f->store);
    assert_int_equal(read_beside(f, "SELECT count(*) FROM predictions"), 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_prediction_comes_back_as_it_was_put),
        STORE_TEST(a_prediction_that_is_not_there_is_not_found),
        STORE_TEST(predictions_are_listed_newest_first),
        STORE_TEST(the_limit_and_the_callback_end_a_list),
        STORE_TEST(each_filter_of_predictions_leaves_out_what_it_should),
        STORE_TEST(rows_out_of_order_in_time_are_still_found),
        STORE_TEST(feedback_comes_back_newest_first),
        STORE_TEST(events_get_ids_and_come_back_newest_first),
        STORE_TEST(a_simulation_replaces_the_row_with_its_id),
        STORE_TEST(a_limit_of_nothing_is_invalid),
        STORE_TEST(what_is_queued_is_written_when_closing),
        STORE_TEST(closing_copies_the_log_back_and_removes_it),
        STORE_TEST(simulations_left_running_become_interrupted),
        STORE_TEST(a_game_day_is_kept_beside_the_simulations_and_interrupted_like_them),
        STORE_TEST(the_last_ids_are_told_also_when_their_rows_are_gone),
        STORE_TEST(the_file_is_private_and_in_wal_mode),
        STORE_TEST(a_folder_that_does_not_exist_is_refused),
        STORE_TEST(a_second_store_on_the_same_file_is_refused),
        STORE_TEST(a_folder_that_cannot_be_written_is_refused_with_the_reason),
        STORE_TEST(a_database_that_cannot_be_written_is_refused_with_the_reason),
        STORE_TEST(a_log_whose_database_is_gone_is_not_thrown_away),
        STORE_TEST(the_file_of_a_newer_program_is_refused_and_left_alone),
        STORE_TEST(the_database_of_another_program_is_refused),
        STORE_TEST(a_file_that_is_not_a_database_is_refused_with_advice),
        STORE_TEST(a_file_that_was_cut_is_refused_with_advice),
        STORE_TEST(a_file_with_a_broken_page_is_refused_with_advice),
        STORE_TEST(a_full_queue_drops_and_counts_in_relaxed_mode),
        STORE_TEST(a_full_queue_is_busy_in_commit_mode),
        STORE_TEST(a_dropped_event_is_freed_and_counted),
        STORE_TEST(callbacks_come_in_the_order_of_their_tickets),
        STORE_TEST(a_row_that_is_committed_already_is_answered_at_once),
        STORE_TEST(a_ticket_that_never_was_is_answered_with_no_when_closing),
        STORE_TEST(a_batch_that_cannot_be_written_is_given_up_and_the_next_goes_through),
        STORE_TEST(a_store_that_lost_rows_finds_out_by_itself_that_it_is_well_again),
        STORE_TEST(rows_outlast_a_lock_that_is_held_for_a_while),
        STORE_TEST(a_row_that_the_table_refuses_does_not_take_others_along),
        STORE_TEST(the_figures_add_up),
        STORE_TEST(rows_that_are_too_old_go),
        STORE_TEST(the_oldest_predictions_go_when_the_file_is_too_large),
        STORE_TEST(two_producers_lose_nothing),
        STORE_TEST(more_readers_than_connections_read_beside_the_writer),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
