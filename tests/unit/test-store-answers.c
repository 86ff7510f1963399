#include "store_fixture.h"

#include "common/alloc.h"

#include <math.h>

static struct answer_row *answer_with(int64_t id, uint8_t kind, double hallucination)
{
    struct answer_row *row = xcalloc(1, sizeof(*row));

    *row = (struct answer_row){
        .id = id,
        .at_ms = id * 10,
        .kind = kind,
        .status = ANSWER_SUCCESS,
        .origin = ORIGIN_USER,
        .class_index = kind == ANSWER_TRIAGE ? 2 : -1,
        .relevance = 0.75,
        .hallucination = hallucination,
        .groundedness = isnan(hallucination) ? (double)NAN : 1 - hallucination,
        .answer_relevance = 0.5,
        .duration_ms = 12.5,
        .trace_id = "0123456789abcdef0123456789abcdef",
        .model = "extractive",
        .query = xstrdup("how do I reset it"),
        .detail = xstrdup("{\"response\":\"like this\"}"),
    };
    return row;
}

static void put(struct fixture *f, int64_t id, uint8_t kind, double hallucination)
{
    uint64_t ticket = 0;

    CHECK_OK(store_put_answer(f->store, answer_with(id, kind, hallucination), &ticket, err));
    CHECK(is_committed(f->store, ticket));
}

struct found {
    int64_t ids[16];
    size_t n;
    bool has_detail;
};

static bool note(void *ctx, const struct answer_row *row)
{
    struct found *found = ctx;

    found->has_detail = found->has_detail || row->detail;
    assert_string_equal(row->query, "how do I reset it");
    found->ids[found->n++] = row->id;
    return true;
}

static const struct answer_filter any = {.kind = -1, .class_index = -1, .limit = 16};

static void an_answer_comes_back_as_it_was_put(void **state)
{
    struct fixture *f = *state;
    CLEANUP(answer_row_freep) struct answer_row *row = NULL;

    open_store(f);
    put(f, 7, ANSWER_TRIAGE, 0.25);
    reopen_store(f);
    CHECK_OK(store_get_answer(f->store, 7, &row, err));
    CHECK(row->id == 7 && row->at_ms == 70 && row->kind == ANSWER_TRIAGE && row->class_index == 2);
    CHECK(row->relevance == 0.75 && row->hallucination == 0.25 && row->groundedness == 0.75);
    CHECK(row->answer_relevance == 0.5 && row->duration_ms == 12.5);
    assert_string_equal(row->trace_id, "0123456789abcdef0123456789abcdef");
    assert_string_equal(row->model, "extractive");
    assert_string_equal(row->detail, "{\"response\":\"like this\"}");
}

static void a_score_that_is_not_known_stays_unknown(void **state)
{
    struct fixture *f = *state;
    CLEANUP(answer_row_freep) struct answer_row *row = NULL;

    open_store(f);
    put(f, 7, ANSWER_CHAT, (double)NAN);
    CHECK_OK(store_get_answer(f->store, 7, &row, err));
    CHECK(isnan(row->hallucination) && isnan(row->groundedness) && row->class_index == -1);
}

static void answers_are_listed_newest_first_by_kind_and_hallucination(void **state)
{
    struct fixture *f = *state;
    struct answer_filter filter = any;
    struct found all = {0}, chats = {0}, bad = {0}, old = {0};

    open_store(f);
    put(f, 1, ANSWER_CHAT, 0.9);
    put(f, 2, ANSWER_TRIAGE, 0.8);
    put(f, 3, ANSWER_CHAT, 0.1);
    put(f, 4, ANSWER_CHAT, (double)NAN);
    CHECK_OK(store_list_answers(f->store, &any, note, &all, err));
    CHECK(all.n == 4 && all.ids[0] == 4 && all.ids[3] == 1 && !all.has_detail);
    filter.kind = ANSWER_CHAT;
    filter.before_id = 4;
    CHECK_OK(store_list_answers(f->store, &filter, note, &chats, err));
    CHECK(chats.n == 2 && chats.ids[0] == 3 && chats.ids[1] == 1);
    filter = any;
    filter.min_hallucination = 0.5;
    CHECK_OK(store_list_answers(f->store, &filter, note, &bad, err));
    CHECK(bad.n == 2 && bad.ids[0] == 2);
    filter = any;
    filter.since_ms = 30;
    CHECK_OK(store_list_answers(f->store, &filter, note, &old, err));
    CHECK(old.n == 2 && old.ids[1] == 3);
}

static void the_queue_is_bounded_in_bytes_too(void **state)
{
    struct fixture *f = *state;
    struct prediction_row small = prediction(1000, 1);
    struct store_stats stats;
    struct db *block;

    open_store(f);
    block = open_beside(f);
    CHECK_OK(db_begin(block, err));
    for (int64_t id = 1; id <= 100; id++) {
        struct answer_row *row = answer_with(id, ANSWER_CHAT, 0.5);

        free(row->detail);
        row->detail = xcalloc(1, (1U << 20) + 1);
        memset(row->detail, ' ', 1U << 20);
        CHECK_OK(store_put_answer(f->store, row, NULL, err));
    }
    store_read_stats(f->store, &stats);
    assert_int_equal(stats.queued, 63); /* with a megabyte and a bit each, in 64 MB */
    assert_int_equal(stats.dropped, 37);
    db_rollback(block);
    db_close(block);
    CHECK(is_committed(f->store, put_prediction(f->store, &small)));
    put(f, 2000, ANSWER_CHAT, 0.5); /* there is room again */
}

static void an_answer_that_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct answer_row *row = NULL;
    struct tw_error why = {0};

    open_store(f);
    CHECK(store_get_answer(f->store, 99, &row, &why) < 0 && why.code == TW_NOT_FOUND && !row);
}

static void ids_of_answers_are_not_given_again(void **state)
{
    struct fixture *f = *state;
    int64_t sequence = 0, simulation = 0;

    open_store(f);
    put(f, 4321, ANSWER_CHAT, 0);
    reopen_store(f);
    CHECK_OK(store_last_ids(f->store, &sequence, &simulation, err));
    CHECK(sequence == 4321);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_answer_comes_back_as_it_was_put),
        STORE_TEST(a_score_that_is_not_known_stays_unknown),
        STORE_TEST(answers_are_listed_newest_first_by_kind_and_hallucination),
        STORE_TEST(the_queue_is_bounded_in_bytes_too),
        STORE_TEST(an_answer_that_is_not_there_is_not_found),
        STORE_TEST(ids_of_answers_are_not_given_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
