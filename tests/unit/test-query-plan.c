#include "test.h"

#include "tui/board/query_plan.h"

#include <math.h>

#define PANEL(type, targets) "{\"type\":\"" type "\",\"title\":\"p\",\"targets\":[" targets "]}"
#define EXPR(text)           "{\"refId\":\"A\",\"expr\":\"" text "\"}"
#define INSTANT(text)        "{\"refId\":\"B\",\"expr\":\"" text "\",\"instant\":true}"

static const struct dashboard_times times = {0, 3600000, 30000, 10000};

static struct query_plan *plan_of(const char *panels)
{
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = NULL;
    char text[32768];

    (void)snprintf(text, sizeof(text), "{\"panels\":[%s]}", panels);
    assert_int_equal(dashboard_read(text, strlen(text), &dashboard, NULL), 0);
    return query_plan_new(dashboard);
}

static struct query_plan *small_plan(void)
{
    return plan_of(PANEL("timeseries", EXPR("a") "," INSTANT("sum(a) / b")) "," PANEL(
        "nodeGraph", EXPR("c")) "," PANEL("stat", EXPR("b")));
}

static struct plan_round round_of(enum plan_mode mode)
{
    return (struct plan_round){.mode = mode, .times = times, .want = {0, 30000, 121}};
}

static void values_and_ages_go_in_one_request(void **state)
{
    struct query_plan *plan = small_plan();
    struct plan_round round = round_of(PLAN_VALUES);
    struct plan_chunk *chunk;

    (void)state;
    CHECK(plan->n_items ==
          5); /* three targets, the ages of a and b; the graph of nodes is not drawn */
    query_plan_ask(plan, &round, 0);
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->n == 5 && !plan_chunks_take(&round.chunks));
    CHECK(strstr(buffer_text(&chunk->expr), "time() - max(timestamp(b))") != NULL);
    CHECK(plan->panels[0].n_ages == 2 && plan->panels[2].n_ages == 1);
    plan->items[plan->panels[0].ages[0]].age_s = 3;
    plan->items[plan->panels[2].ages[0]].age_s = 47.5;
    CHECK(query_plan_age_ms(plan, 0) == 47500 && query_plan_age_ms(plan, 1) == -1);
    plan_chunk_free(chunk);
    plan_chunks_finish(&round.chunks);
    query_plan_free(plan);
}

static void lines_are_asked_once_and_then_their_tail(void **state)
{
    struct query_plan *plan = small_plan();
    struct plan_round round = round_of(PLAN_LINES);
    struct plan_chunk *chunk;

    (void)state;
    query_plan_ask(plan, &round, 0);
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->n == 2 && chunk->grid.n == 121); /* instant and ages have no line */
    query_plan_answered(plan, &round, chunk, 1);
    plan_chunk_free(chunk);
    query_plan_ask(plan, &round, 0);
    CHECK(!plan_chunks_take(&round.chunks));
    round.want.start_ms += 30000;
    query_plan_ask(plan, &round, 0);
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->grid.n == 4 && time_grid_end_ms(&chunk->grid) == 121 * 30000);
    plan_chunk_free(chunk);
    query_plan_forget_lines(plan);
    query_plan_ask(plan, &round, 0);
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->grid.n == 121);
    plan_chunk_free(chunk);
    plan_chunks_finish(&round.chunks);
    query_plan_free(plan);
}

static void a_refused_chunk_goes_one_by_one_and_the_bad_one_waits(void **state)
{
    struct query_plan *plan = small_plan();
    struct plan_round round = round_of(PLAN_LINES);
    struct plan_chunk *chunk;
    const char *reason;

    (void)state;
    query_plan_ask(plan, &round, 0);
    chunk = plan_chunks_take(&round.chunks);
    query_plan_refused(plan, &round, chunk, "bad", 0, 0.5);
    plan_chunk_free(chunk);
    /* The first is good alone. */
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->n == 1 && !chunk->is_bare);
    query_plan_answered(plan, &round, chunk, 1);
    plan_chunk_free(chunk);
    /* The second is not: once more without its mark, then it has failed. */
    for (int i = 0; i < 2; i++) {
        chunk = plan_chunks_take(&round.chunks);
        CHECK(chunk && chunk->n == 1 && chunk->is_bare == (i == 1));
        query_plan_refused(plan, &round, chunk, "parse error", 1000, 0.5);
        plan_chunk_free(chunk);
    }
    CHECK(!plan_chunks_take(&round.chunks));
    CHECK(query_plan_failures(plan, 0, &reason) == 0 && !reason);
    CHECK(query_plan_failures(plan, 2, &reason) == 1);
    assert_string_equal(reason, "parse error");
    /* Not before its time, and then alone. */
    round.want.start_ms += 30000;
    query_plan_ask(plan, &round, 1999);
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->n == 1 && plan->items[chunk->items[0]].panel == 0);
    plan_chunk_free(chunk);
    CHECK(!plan_chunks_take(&round.chunks));
    query_plan_ask(plan, &round, 2000);
    plan_chunk_free(plan_chunks_take(&round.chunks));
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->n == 1 && plan->items[chunk->items[0]].panel == 2 && !chunk->is_bare);
    CHECK(chunk->grid.n == 121); /* all of it: it never had any */
    query_plan_answered(plan, &round, chunk, 1);
    CHECK(query_plan_failures(plan, 2, &reason) == 0);
    plan_chunk_free(chunk);
    plan_chunks_finish(&round.chunks);
    query_plan_free(plan);
}

static void a_scalar_stays_without_its_mark(void **state)
{
    struct query_plan *plan = plan_of(PANEL("stat", EXPR("scalar(a)")));
    struct plan_round round = round_of(PLAN_LINES);
    struct plan_chunk *chunk;

    (void)state;
    query_plan_ask(plan, &round, 0);
    chunk = plan_chunks_take(&round.chunks);
    query_plan_refused(plan, &round, chunk, "bad", 0, 0.5);
    plan_chunk_free(chunk);
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->is_bare);
    assert_string_equal(buffer_text(&chunk->expr), "scalar(a)");
    query_plan_answered(plan, &round, chunk, 1);
    plan_chunk_free(chunk);
    round.want.start_ms += 30000;
    query_plan_ask(plan, &round, 0);
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->is_bare);
    plan_chunk_free(chunk);
    plan_chunks_finish(&round.chunks);
    query_plan_free(plan);
}

/* Together they would be refused, and each be asked again, every time. */
static void what_answers_much_stays_alone_until_it_has_become_less(void **state)
{
    static const size_t n_series[] = {PLAN_JOINED_SERIES_MAX + 1, PLAN_JOINED_SERIES_MAX};
    struct query_plan *plan = small_plan();
    struct plan_round round = round_of(PLAN_VALUES);
    struct plan_chunk *chunk;

    (void)state;
    query_plan_ask(plan, &round, 0);
    chunk = plan_chunks_take(&round.chunks);
    query_plan_refused(plan, &round, chunk, "too many", 0, 0.5);
    plan_chunk_free(chunk);
    for (size_t i = 0; i < 5; i++) {
        chunk = plan_chunks_take(&round.chunks);
        CHECK(chunk && chunk->n == 1 && chunk->items[0] == i);
        query_plan_answered(plan, &round, chunk, i == 1 ? n_series[0] : 1);
        plan_chunk_free(chunk);
    }
    CHECK(!plan_chunks_take(&round.chunks));
    for (size_t i = 0; i < COUNT_OF(n_series); i++) {
        query_plan_ask(plan, &round, 0);
        for (size_t n = 0; (chunk = plan_chunks_take(&round.chunks)); n++) {
            bool has_it = chunk->items[0] == 1;

            CHECK(chunk->n == (has_it ? 1 : 4));
            query_plan_answered(plan, &round, chunk, has_it ? n_series[i] : 4);
            plan_chunk_free(chunk);
            CHECK(n < 2);
        }
    }
    query_plan_ask(plan, &round, 0);
    chunk = plan_chunks_take(&round.chunks);
    CHECK(chunk && chunk->n == 5 && !plan_chunks_take(&round.chunks));
    plan_chunk_free(chunk);
    plan_chunks_finish(&round.chunks);
    query_plan_free(plan);
}

static void long_queries_are_spread_over_requests(void **state)
{
    static char panels[32000];
    struct query_plan *plan;
    struct plan_round round = round_of(PLAN_LINES);
    size_t n_items = 0, n_chunks = 0;

    (void)state;
    for (int i = 0; i < 8; i++) {
        (void)snprintf(panels + strlen(panels), sizeof(panels) - strlen(panels),
                       "%s" PANEL("stat", EXPR("m%d_%03000d")), i ? "," : "", i, i);
    }
    plan = plan_of(panels);
    query_plan_ask(plan, &round, 0);
    for (struct plan_chunk *chunk = plan_chunks_take(&round.chunks); chunk;
         chunk = plan_chunks_take(&round.chunks)) {
        CHECK(!chunk->expr.failed && chunk->expr.len <= PLAN_CHUNK_BYTES_MAX);
        n_items += chunk->n;
        n_chunks++;
        plan_chunk_free(chunk);
    }
    CHECK(n_items == 8 && n_chunks == 3);
    plan_chunks_finish(&round.chunks);
    query_plan_free(plan);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(values_and_ages_go_in_one_request),
        TEST(lines_are_asked_once_and_then_their_tail),
        TEST(a_refused_chunk_goes_one_by_one_and_the_bad_one_waits),
        TEST(a_scalar_stays_without_its_mark),
        TEST(what_answers_much_stays_alone_until_it_has_become_less),
        TEST(long_queries_are_spread_over_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
