#include "test.h"

#include "server/store/trouble.h"

/* What was told, as letters: t trying, l losing, u untidy, f refused, r recovered. */
struct told {
    int n;
    char kinds[32];
    char reason[160];
    uint64_t lost;
    int64_t for_ms;
    struct trouble trouble;
};

static void note(void *ctx, const struct store_news *news)
{
    static const char letters[] = {[STORE_TRYING] = 't',
                                   [STORE_LOSING] = 'l',
                                   [STORE_UNTIDY] = 'u',
                                   [STORE_REFUSED] = 'f',
                                   [STORE_RECOVERED] = 'r'};
    struct told *told = ctx;

    CHECK(told->n < 31);
    told->kinds[told->n++] = letters[news->kind];
    (void)snprintf(told->reason, sizeof(told->reason), "%s", news->reason);
    told->lost = news->lost;
    told->for_ms = news->for_ms;
}

static void begin(struct told *told)
{
    *told = (struct told){0};
    trouble_init(&told->trouble, note, told);
}

static void fail_at(struct told *told, int64_t mono_ms)
{
    trouble_note_failure(&told->trouble, "no space", &(struct trouble_moment){mono_ms, 0});
}

static void lose_at(struct told *told, int64_t mono_ms, uint64_t dropped)
{
    fail_at(told, mono_ms);
    trouble_note_loss(&told->trouble, &(struct trouble_moment){mono_ms, dropped});
}

static void commit_at(struct told *told, int64_t mono_ms, uint64_t dropped)
{
    trouble_note_commit(&told->trouble, &(struct trouble_moment){mono_ms, dropped});
}

static void a_failure_that_passes_at_once_is_no_news_but_is_a_reason(void **state)
{
    struct told told;

    (void)state;
    begin(&told);
    fail_at(&told, 10);
    fail_at(&told, 900);
    assert_string_equal(trouble_reason(&told.trouble), "no space");
    commit_at(&told, 1500, 0);
    assert_string_equal(trouble_reason(&told.trouble), "");
    assert_string_equal(told.kinds, "");
}

static void a_lasting_failure_is_told_once_and_so_is_its_end(void **state)
{
    struct told told;

    (void)state;
    begin(&told);
    for (int64_t ms = 0; ms < 20000; ms += 500)
        fail_at(&told, ms);
    commit_at(&told, 21000, 0);
    commit_at(&told, 22000, 0);
    assert_string_equal(told.kinds, "tr");
    assert_string_equal(told.reason, "no space");
    CHECK(told.for_ms == 21000 && told.lost == 0);
}

static void a_thousand_lost_batches_are_one_piece_of_news(void **state)
{
    struct told told;

    (void)state;
    begin(&told);
    fail_at(&told, 0);
    for (int64_t i = 0; i < 1000; i++)
        lose_at(&told, 2000 + i, (uint64_t)i + 1);
    commit_at(&told, 5000, 1000);
    assert_string_equal(told.kinds, "tlr");
    CHECK(told.lost == 1000);
}

static void what_was_dropped_before_is_not_counted(void **state)
{
    struct told told;

    (void)state;
    begin(&told);
    trouble_note_failure(&told.trouble, "full", &(struct trouble_moment){0, 70});
    trouble_note_loss(&told.trouble, &(struct trouble_moment){1, 75});
    commit_at(&told, 2, 75);
    assert_string_equal(told.kinds, "lr");
    CHECK(told.lost == 5);
}

static void it_is_not_over_while_upkeep_fails(void **state)
{
    struct told told;
    struct trouble_moment now = {100, 0};

    (void)state;
    begin(&told);
    trouble_note_upkeep(&told.trouble, NULL, &now);
    trouble_note_upkeep(&told.trouble, "I/O error", &now);
    trouble_note_upkeep(&told.trouble, "I/O error", &now);
    lose_at(&told, 200, 1);
    commit_at(&told, 300, 1);
    CHECK(!trouble_is_over(&told.trouble));
    assert_string_equal(told.kinds, "ul");
    now.mono_ms = 400;
    trouble_note_upkeep(&told.trouble, NULL, &now);
    assert_string_equal(told.kinds, "ulr");
    CHECK(trouble_is_over(&told.trouble));
}

static void refused_rows_are_told_once_a_minute_and_are_no_trouble(void **state)
{
    struct told told;

    (void)state;
    begin(&told);
    for (int64_t ms = 0; ms < 120000; ms += 1000)
        trouble_note_refusals(&told.trouble, "not a number", &(struct trouble_moment){ms, 1});
    assert_string_equal(told.kinds, "ff");
    assert_string_equal(told.reason, "not a number");
    CHECK(trouble_is_over(&told.trouble));
}

static void nobody_need_listen(void **state)
{
    struct trouble trouble;

    (void)state;
    trouble_init(&trouble, NULL, NULL);
    trouble_note_failure(&trouble, "no space", &(struct trouble_moment){0, 0});
    trouble_note_loss(&trouble, &(struct trouble_moment){0, 1});
    trouble_note_refusals(&trouble, "twice", &(struct trouble_moment){0, 1});
    CHECK(!trouble_is_over(&trouble));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_that_passes_at_once_is_no_news_but_is_a_reason),
        cmocka_unit_test(a_lasting_failure_is_told_once_and_so_is_its_end),
        cmocka_unit_test(a_thousand_lost_batches_are_one_piece_of_news),
        cmocka_unit_test(what_was_dropped_before_is_not_counted),
        cmocka_unit_test(it_is_not_over_while_upkeep_fails),
        cmocka_unit_test(refused_rows_are_told_once_a_minute_and_are_no_trouble),
        cmocka_unit_test(nobody_need_listen),
    };

    return cmocka_run_group_tests_name("store-trouble", tests, NULL, NULL);
}
