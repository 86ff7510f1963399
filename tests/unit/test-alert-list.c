#include "test.h"

#include "tui/data/alert_list.h"

static struct alert alerts[] = {
    {.name = "A", .severity = ALERT_CRITICAL, .state = ALERT_FIRING, .service = "ml"},
    {.name = "B", .severity = ALERT_WARNING, .state = ALERT_UNDELIVERED, .service = "llm"},
    {.name = "C", .severity = ALERT_CRITICAL, .state = ALERT_PENDING, .service = "llm"},
    {.name = "D", .severity = ALERT_WARNING, .state = ALERT_SILENCED, .service = "ml"},
    {.name = "E", .severity = ALERT_INFO, .state = ALERT_INHIBITED},
    {.name = "F", .severity = ALERT_WARNING, .state = ALERT_FOREIGN, .service = "ml"},
};

static struct alert_board board = {.n = 6, .at = alerts};

/* Their letters, with a blank between groups. */
static void check(struct alert_choice choice, const char *want)
{
    struct alert_list list;
    char got[32] = "";
    size_t n = 0;

    alert_list_make(&board, &choice, &list);
    for (size_t i = 0; i < list.n; i++) {
        const struct alert *alert = &alerts[list.at[i]];

        if (i > 0 && strcmp(alert_group_of(alert, choice.grouping),
                            alert_group_of(&alerts[list.at[i - 1]], choice.grouping)) != 0)
            got[n++] = ' ';
        got[n++] = alert->name[0];
    }
    assert_string_equal(got, want);
}

static void without_a_choice_all_stand_as_on_the_board(void **state)
{
    (void)state;
    check((struct alert_choice){0}, "ABCDEF");
}

static void groups_stand_together_and_keep_their_order(void **state)
{
    (void)state;
    check((struct alert_choice){.grouping = GROUP_SEVERITY}, "AC BDF E");
    check((struct alert_choice){.grouping = GROUP_SERVICE}, "E BC ADF");
    check((struct alert_choice){.grouping = GROUP_STATE}, "A B C D E F");
    assert_string_equal(alert_group_of(&alerts[4], GROUP_SERVICE), "no service");
}

static void a_choice_shows_its_own_alone(void **state)
{
    (void)state;
    check((struct alert_choice){.show = SHOW_CRITICAL}, "AC");
    check((struct alert_choice){.show = SHOW_WARNING}, "BDF");
    check((struct alert_choice){.show = SHOW_FIRING}, "ABF");
    check((struct alert_choice){.show = SHOW_PENDING}, "C");
    check((struct alert_choice){.show = SHOW_HELD_BACK}, "DE");
    check((struct alert_choice){.show = SHOW_SERVICE, .service = "llm"}, "BC");
    check((struct alert_choice){.show = SHOW_SERVICE, .service = ""}, "E");
    check((struct alert_choice){.show = SHOW_SERVICE, .service = "none"}, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_choice_all_stand_as_on_the_board),
        TEST(groups_stand_together_and_keep_their_order),
        TEST(a_choice_shows_its_own_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
