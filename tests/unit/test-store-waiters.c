#include "test.h"

#include "server/store/waiters.h"

struct seen {
    int n;
    bool ok[256];
    struct waiters *nested; /* asks again from inside the callback */
};

static void note(void *ctx, bool ok)
{
    struct seen *seen = ctx;

    seen->ok[seen->n++] = ok;
}

static void ask_again(void *ctx, bool ok)
{
    struct seen *seen = ctx;

    note(seen, ok);
    waiters_add(seen->nested, 1, note, seen);
}

static void nobody_is_called_before_the_ticket_is_settled(void **state)
{
    CLEANUP(waiters_freep) struct waiters *waiters = waiters_new();
    struct seen seen = {0};

    (void)state;
    waiters_add(waiters, 5, note, &seen);
    waiters_settle(waiters, 4);
    CHECK(seen.n == 0);
    waiters_settle(waiters, 5);
    CHECK(seen.n == 1 && seen.ok[0]);
    waiters_settle(waiters, 6);
    CHECK(seen.n == 1);
}

static void lost_tickets_are_told_now_and_later(void **state)
{
    CLEANUP(waiters_freep) struct waiters *waiters = waiters_new();
    struct seen seen = {0};

    (void)state;
    for (uint64_t ticket = 1; ticket <= 5; ticket++)
        waiters_add(waiters, ticket, note, &seen);
    waiters_note_lost(waiters, 2, 2);
    waiters_note_lost(waiters, 4, 5);
    waiters_settle(waiters, 5);
    for (uint64_t ticket = 1; ticket <= 5; ticket++)
        waiters_add(waiters, ticket, note, &seen);
    assert_int_equal(seen.n, 10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(seen.ok[i], i % 5 == 0 || i % 5 == 2);
}

static void losses_side_by_side_are_one_and_never_forgotten(void **state)
{
    CLEANUP(waiters_freep) struct waiters *waiters = waiters_new();
    struct seen seen = {0};

    (void)state;
    for (uint64_t ticket = 11; ticket <= 1000; ticket++)
        waiters_note_lost(waiters, ticket, ticket);
    waiters_settle(waiters, 1001);
    waiters_add(waiters, 10, note, &seen);
    waiters_add(waiters, 11, note, &seen);
    waiters_add(waiters, 1000, note, &seen);
    waiters_add(waiters, 1001, note, &seen);
    CHECK(seen.ok[0] && !seen.ok[1] && !seen.ok[2] && seen.ok[3]);
}

static void what_can_no_longer_be_known_is_called_lost(void **state)
{
    CLEANUP(waiters_freep) struct waiters *waiters = waiters_new();
    struct seen seen = {0};

    (void)state;
    for (uint64_t ticket = 2; ticket <= 130; ticket += 2)
        waiters_note_lost(waiters, ticket, ticket);
    waiters_settle(waiters, 131);
    waiters_add(waiters, 1, note, &seen); /* was on disk, but before a forgotten loss */
    waiters_add(waiters, 2, note, &seen); /* the forgotten one */
    waiters_add(waiters, 3, note, &seen);
    waiters_add(waiters, 4, note, &seen);
    CHECK(!seen.ok[0] && !seen.ok[1] && seen.ok[2] && !seen.ok[3]);
}

static void a_callback_may_ask_again(void **state)
{
    CLEANUP(waiters_freep) struct waiters *waiters = waiters_new();
    struct seen seen = {.nested = waiters};

    (void)state;
    waiters_add(waiters, 1, ask_again, &seen);
    waiters_settle(waiters, 1);
    assert_int_equal(seen.n, 2);
}

static void many_can_wait_at_once(void **state)
{
    CLEANUP(waiters_freep) struct waiters *waiters = waiters_new();
    struct seen seen = {0};

    (void)state;
    for (uint64_t ticket = 200; ticket > 0; ticket--)
        waiters_add(waiters, ticket, note, &seen);
    waiters_settle(waiters, 150);
    assert_int_equal(seen.n, 150);
    waiters_settle(waiters, 200);
    assert_int_equal(seen.n, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_called_before_the_ticket_is_settled),
        TEST(lost_tickets_are_told_now_and_later),
        TEST(losses_side_by_side_are_one_and_never_forgotten),
        TEST(what_can_no_longer_be_known_is_called_lost),
        TEST(a_callback_may_ask_again),
        TEST(many_can_wait_at_once),
    };

    return cmocka_run_group_tests_name("store-waiters", tests, NULL, NULL);
}
