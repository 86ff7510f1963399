#include "test.h"

#include "server/triage/ticket_text.h"

#include <string.h>

static void words_are_what_stands_between_blanks_and_has_a_letter(void **state)
{
    (void)state;
    CHECK(ticket_text_words("", 1000) == 0);
    CHECK(ticket_text_words("  one two\tthree\n", 1000) == 3);
    CHECK(ticket_text_words("well - no ... 24/7 don't", 1000) == 4);
    CHECK(ticket_text_words("Stra\xc3\x9f"
                            "e \xe6\x97\xa5",
                            1000) == 2);
}

static void words_are_counted_up_to_the_most(void **state)
{
    (void)state;
    CHECK(ticket_text_words("a b c d e", 3) == 3);
}

static void urgency_is_found_in_any_case_as_whole_words(void **state)
{
    (void)state;
    CHECK(ticket_text_urgency("URGENT: the database is down!", 20) == 2);
    CHECK(ticket_text_urgency("please download the touchdown video", 20) == 0);
    CHECK(ticket_text_urgency("insurgent, detergent", 20) == 0);
    CHECK(ticket_text_urgency("", 20) == 0);
}

static void a_phrase_counts_once(void **state)
{
    (void)state;
    CHECK(ticket_text_urgency("as soon as possible, asap", 20) == 2);
    CHECK(ticket_text_urgency("urgently urgent", 20) == 2);
}

static void urgency_is_counted_up_to_the_most(void **state)
{
    (void)state;
    CHECK(ticket_text_urgency("down down down down", 3) == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_what_stands_between_blanks_and_has_a_letter),
        cmocka_unit_test(words_are_counted_up_to_the_most),
        cmocka_unit_test(urgency_is_found_in_any_case_as_whole_words),
        cmocka_unit_test(a_phrase_counts_once),
        cmocka_unit_test(urgency_is_counted_up_to_the_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
