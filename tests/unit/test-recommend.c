#include "test.h"

#include "server/triage/recommend.h"

#include <string.h>

static const struct passage unlock = {
    .chunk_id = "account.md#2",
    .text = "## Unlock\n\nDo this:\n\n1. Open the portal.\n2. Choose \"Unlock\" and wait\n   5 "
            "minutes.\n\nThen sign in. 3 is a number, no step.\n",
};

static void the_severity_decides_the_first_action(void **state)
{
    struct recommendation low[RECOMMEND_MAX], high[RECOMMEND_MAX], of_two[RECOMMEND_MAX];

    (void)state;
    CHECK(recommend(0, 3, NULL, 0, low) == 1 && recommend(2, 3, NULL, 0, high) == 1);
    CHECK(strstr(low[0].text, "in the queue") && strstr(high[0].text, "at once"));
    CHECK(!low[0].chunk_id);
    CHECK(recommend(1, 2, NULL, 0, of_two) == 1);
    assert_string_equal(of_two[0].text, high[0].text);
    CHECK(recommend(0, 1, NULL, 0, of_two) == 1);
    assert_string_equal(of_two[0].text, low[0].text);
}

static void steps_come_from_the_passages_with_their_continuation(void **state)
{
    struct recommendation out[RECOMMEND_MAX];

    (void)state;
    CHECK(recommend(1, 3, &unlock, 1, out) == 3);
    assert_string_equal(out[1].text, "Open the portal.");
    assert_string_equal(out[2].text, "Choose \"Unlock\" and wait 5 minutes.");
    assert_string_equal(out[2].chunk_id, "account.md#2");
}

static void there_are_never_more_than_fit(void **state)
{
    const struct passage many[] = {unlock, unlock, unlock, unlock, unlock};
    struct recommendation out[RECOMMEND_MAX];

    (void)state;
    CHECK(recommend(1, 3, many, 5, out) == RECOMMEND_MAX);
}

static void a_long_step_is_cut_at_a_word(void **state)
{
    char text[1000] = "1. ";
    const struct passage passage = {.chunk_id = "x#1", .text = text};
    struct recommendation out[RECOMMEND_MAX];

    (void)state;
    for (size_t i = 3; i + 6 < sizeof(text); i += 5)
        memcpy(text + i, "word ", 6);
    CHECK(recommend(0, 3, &passage, 1, out) == 2);
    CHECK(strlen(out[1].text) < RECOMMEND_TEXT_MAX && strlen(out[1].text) > RECOMMEND_TEXT_MAX - 8);
    assert_string_equal(out[1].text + strlen(out[1].text) - 5, " word");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_severity_decides_the_first_action),
        cmocka_unit_test(steps_come_from_the_passages_with_their_continuation),
        cmocka_unit_test(there_are_never_more_than_fit),
        cmocka_unit_test(a_long_step_is_cut_at_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
