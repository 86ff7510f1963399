/* The line that is typed at the bottom of the console: its editor, its history, its commands, its completion. */

#include "dashboard_case.h"

#include "tui/state/prompt.h"

#include <math.h>

static const struct prompt_known nothing; /* but the table */

/* ---- The editor ---------------------------------------------------------------------------------- */

static struct line_edit edited(const char *text, size_t cursor)
{
    struct line_edit line = {0};

    line_edit_set(&line, text);
    line.cursor = cursor;
    return line;
}

static void each_key_edits_as_in_a_shell(void **unused)
{
    static const struct {
        const char *before;
        size_t cursor;
        enum line_edit_action action;
        const char *after;
        size_t cursor_after;
    } cases[] = {
        {"abc", 3, EDIT_LEFT, "abc", 2},
        {"abc", 0, EDIT_LEFT, "abc", 0},
        {"abc", 3, EDIT_RIGHT, "abc", 3},
        {"abc", 1, EDIT_HOME, "abc", 0},
        {"abc", 1, EDIT_END, "abc", 3},
        {"abc", 2, EDIT_ERASE, "ac", 1},
        {"abc", 0, EDIT_ERASE, "abc", 0},
        {"abc", 0, EDIT_DELETE, "bc", 0},
        {"abc", 3, EDIT_DELETE, "abc", 3},
        {"ask a word  ", 12, EDIT_ERASE_WORD, "ask a ", 6},
        {"ask word", 6, EDIT_ERASE_WORD, "ask rd", 4},
        {"ask word", 4, EDIT_ERASE_ALL_BEFORE, "word", 0},
        {"ask word", 4, EDIT_ERASE_ALL_BEHIND, "ask ", 4},
        {"abc", 3, EDIT_SWAP, "acb", 3},
        {"abc", 1, EDIT_SWAP, "bac", 2},
        {"a", 1, EDIT_SWAP, "a", 1},
        {"", 0, EDIT_SWAP, "", 0},
        /* two bytes, and three: never half a character */
        {"\xc3\xa9x", 2, EDIT_ERASE, "x", 0},
        {"\xe6\xbc\x82y", 0, EDIT_DELETE, "y", 0},
        {"\xc3\xa9\xe6\xbc\x82", 5, EDIT_LEFT, "\xc3\xa9\xe6\xbc\x82", 2},
        {"\xc3\xa9\xe6\xbc\x82", 2, EDIT_SWAP, "\xe6\xbc\x82\xc3\xa9", 5},
    };

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct line_edit line = edited(cases[i].before, cases[i].cursor);

        line_edit_do(&line, cases[i].action);
        assert_string_equal(line.text, cases[i].after);
        CHECK(line.cursor == cases[i].cursor_after);
        CHECK(line.len == strlen(line.text));
    }
}

static void what_was_erased_can_be_put_back(void **unused)
{
    struct line_edit line = edited("ask one two", 11);

    (void)unused;
    line_edit_do(&line, EDIT_ERASE_WORD);
    line_edit_do(&line, EDIT_HOME);
    line_edit_do(&line, EDIT_YANK);
    assert_string_equal(line.text, "twoask one ");
    CHECK(line.cursor == 3);
}

static void pasted_text_is_one_line_that_acts_on_no_terminal(void **unused)
{
    struct line_edit line = edited("ask ", 4);

    (void)unused;
    CHECK(line_edit_paste(&line, "one\ntwo\x1b[2J\tthree\x07 \xe2\x80\xaerev \xff"));
    for (const char *at = line.text; *at; at++)
        CHECK((unsigned char)*at >= ' ' && *at != 0x7f);
    CHECK(strncmp(line.text, "ask one two", 11) == 0);
    CHECK(!strstr(line.text, "\xe2\x80\xae"));
}

static void a_line_takes_whole_characters_up_to_its_end(void **unused)
{
    static char long_text[2 * LINE_EDIT_SIZE];
    struct line_edit line = {0};

    (void)unused;
    for (size_t i = 0; i + 2 < sizeof(long_text); i += 2)
        memcpy(long_text + i, "\xc3\xa9", 3);
    CHECK(!line_edit_paste(&line, long_text));
    CHECK(line.len == LINE_EDIT_SIZE - 2);
    CHECK(!line_edit_type(&line, 0xe9));
    CHECK(line_edit_type(&line, 'x'));
    CHECK(!line_edit_type(&line, 'y'));
    CHECK(line.len == LINE_EDIT_SIZE - 1);
}

static void controls_and_what_turns_the_reading_direction_are_not_typed(void **unused)
{
    static const uint32_t codes[] = {0, 7, 27, 0x7f, 0x9b, 0x202e, 0xd800, 0x110000, 0x110005};
    struct line_edit line = {0};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        (void)line_edit_type(&line, codes[i]);
    assert_string_equal(line.text, "");
}

/* ---- History ------------------------------------------------------------------------------------- */

static void send_line(struct prompt *prompt, const char *text)
{
    prompt_begin(prompt);
    line_edit_set(&prompt->line, text);
    prompt_remember(prompt);
}

static void history_is_walked_and_the_draft_is_kept(void **unused)
{
    struct prompt prompt = {0};

    (void)unused;
    CHECK(!prompt_last(&prompt));
    send_line(&prompt, "view drift");
    send_line(&prompt, "range 1h");
    send_line(&prompt, "range 1h");
    send_line(&prompt, "  ");
    CHECK(prompt.n_history == 2);
    prompt_begin(&prompt);
    line_edit_set(&prompt.line, "dra");
    prompt_recall(&prompt, 1);
    assert_string_equal(prompt.line.text, "dra");
    prompt_recall(&prompt, -1);
    assert_string_equal(prompt.line.text, "range 1h");
    prompt_recall(&prompt, -1);
    prompt_recall(&prompt, -1);
    assert_string_equal(prompt.line.text, "view drift");
    prompt_recall(&prompt, 1);
    prompt_recall(&prompt, 1);
    assert_string_equal(prompt.line.text, "dra");
    prompt_finish(&prompt);
}

static void history_keeps_the_newest(void **unused)
{
    struct prompt prompt = {0};
    char text[32];

    (void)unused;
    for (int i = 0; i < PROMPT_HISTORY_MAX + 7; i++) {
        (void)snprintf(text, sizeof(text), "ask %d", i);
        send_line(&prompt, text);
    }
    CHECK(prompt.n_history == PROMPT_HISTORY_MAX);
    assert_string_equal(prompt.history[0], "ask 7");
    assert_string_equal(prompt_last(&prompt), "ask 56");
    prompt_finish(&prompt);
}

/* ---- Commands ------------------------------------------------------------------------------------ */

static void commands_are_read_with_their_arguments(void **unused)
{
    struct prompt_order order;

    (void)unused;
    CHECK(prompt_parse("  view   alerts ", &order, NULL) == 0 && order.id == PROMPT_VIEW);
    CHECK(order.number == 4);
    CHECK(prompt_parse("range 1h30m", &order, NULL) == 0 && order.ms == 5400000);
    CHECK(prompt_parse("refresh 500ms", &order, NULL) == 0 && order.ms == 500);
    CHECK(prompt_parse("q", &order, NULL) == 0 && order.id == PROMPT_QUIT);
    CHECK(prompt_parse("-", &order, NULL) == 0 && order.id == PROMPT_REPEAT);
    CHECK(prompt_parse("sim topic-shift", &order, NULL) == 0 && order.number == SIM_TOPIC_SHIFT);
    CHECK(prompt_parse("dashboard", &order, NULL) == 0 && !order.text[0]);
    CHECK(prompt_parse("dashboard a b.json ", &order, NULL) == 0);
    assert_string_equal(order.text, "a b.json");
    CHECK(prompt_parse("ask impact=3 is what?", &order, NULL) == 0);
    assert_string_equal(order.enquiry.text, "impact=3 is what?");
}

static void features_stand_before_the_text_of_a_triage(void **unused)
{
    struct prompt_order order;

    (void)unused;
    CHECK(prompt_parse("triage impact=8 tier=2 VPN is down, x=1", &order, NULL) == 0);
    assert_string_equal(order.enquiry.text, "VPN is down, x=1");
    CHECK(order.enquiry.impact == 8 && order.enquiry.tier == 2);
    CHECK(isnan(order.enquiry.length) && isnan(order.enquiry.urgency));
    CHECK(prompt_parse("predict tier=5 length=120 impact=7.5 urgency=2", &order, NULL) == 0);
    CHECK(order.enquiry.length == 120 && order.enquiry.urgency == 2);
    CHECK(order.enquiry.impact == 7.5 && order.enquiry.tier == 5);
}

static void what_makes_no_sense_says_why(void **unused)
{
    static const struct {
        const char *line, *problem;
    } cases[] = {
        {"vew alerts", "no command 'vew' (did you mean 'view'?)"},
        {"xyzzy", "no command 'xyzzy'"},
        {"", "no command ''"},
        {"view", "view needs NAME"},
        {"view alert", "no view 'alert' (did you mean 'alerts'?)"},
        {"sim drfit", "no simulation 'drfit' (did you mean 'drift'?)"},
        {"quit now", "quit takes no argument"},
        {"range soon", "'soon' is no span of time like 30s, 15m or 1h30m"},
        {"range 1s", "'1s' is not from 1m00s to 366d00h"},
        {"refresh 1h", "'1h' is not from 100ms to 10m00s"},
        {"ask   ", "ask needs TEXT"},
        {"triage impact=8", "triage needs the text of a ticket"},
        {"predict length=1 urgency=2 impact=3", "predict needs tier=N"},
        {"predict length=x", "length='x' is no number"},
        {"predict length=nan", "length='nan' is no number"},
        {"predict length=1e999", "length='1e999' is no number"},
        {"predict colour=1", "predict takes length=N urgency=N impact=N tier=N, not 'colour=1'"},
    };

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct prompt_order order;
        struct tw_error err;

        CHECK(prompt_parse(cases[i].line, &order, &err) < 0);
        CHECK(err.code == TW_INVALID);
        assert_string_equal(err.message, cases[i].problem);
    }
}

/* ---- Completion ---------------------------------------------------------------------------------- */

static void tab_completes_from_the_table(void **unused)
{
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"v", "v"},
        {"vi", "view "},
        {"re", "re"},
        {"ref", "refresh "},
        {"a", "a"},
        {"theme hi", "theme high-contrast "},
        {"mouse o", "mouse o"},
        {"mouse of", "mouse off "},
        {"an", "answer "},
        {"zzz", "zzz"},
        {"view al", "view alerts "},
        {"sim la", "sim latency "},
        {"dashboard ml", "dashboard ml-service "},
        {"dashboard /srv/ml", "dashboard /srv/ml"},
        {"sim ", "sim "},
        {"range 1", "range 1"},
        {"range 6", "range 6h "},
        {"predict le", "predict length="},
        {"predict length=3 u", "predict length=3 urgency="},
        {"ask vi", "ask vi"},
        {"", ""},
    };

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct line_edit line = {0};

        line_edit_set(&line, cases[i].before);
        prompt_tab(&line, &nothing);
        assert_string_equal(line.text, cases[i].after);
    }
}

static void tab_completes_the_word_under_the_cursor(void **unused)
{
    struct line_edit line = edited("vi drift", 2);

    (void)unused;
    prompt_tab(&line, &nothing);
    assert_string_equal(line.text, "view drift");
    CHECK(line.cursor == 4);
}

static void every_command_can_be_typed_and_completed(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_PROMPT_COMMANDS; i++) {
        const struct prompt_command *command = &prompt_commands[i];
        struct prompt_choices choices;
        struct line_edit line = {0};

        CHECK(command->name[0] && command->help[0] && command->arguments);
        line_edit_set(&line, command->name);
        prompt_complete(&line, &nothing, &choices);
        CHECK(choices.n >= 1 && choices.from == 0 && !choices.command);
        for (size_t n = 0; command->word && command->word(&nothing, n); n++)
            CHECK(n < PROMPT_CHOICES_MAX);
    }
}

static void history_is_kept_without_what_may_be_private(void **unused)
{
    static const char old[] =
        "view drift\nask a secret\n\x1b[31mrange 1h\nno such thing\nrange 1h\n";
    struct prompt prompt = {0};
    struct buffer out;

    (void)unused;
    prompt_read_history(&prompt, old, sizeof(old) - 1);
    CHECK(prompt.n_history == 2 && prompt.n_new == 0 && prompt.at == prompt.n_history);
    send_line(&prompt, "ask my password is x");
    send_line(&prompt, "triage my mail is x");
    send_line(&prompt, "asl my password is x");
    send_line(&prompt, "query up == 0");
    buffer_init(&out, 65536);
    prompt_write_history(&prompt, "theme dark\nview drift", 21, &out);
    assert_string_equal(buffer_text(&out), "theme dark\nview drift\nquery up == 0\n");
    buffer_finish(&out);
    prompt_finish(&prompt);
}

static void what_is_kept_of_history_is_bounded(void **unused)
{
    struct prompt prompt = {0};
    struct buffer out;
    size_t n = 0;

    (void)unused;
    for (int i = 0; i < 3 * PROMPT_HISTORY_MAX; i++) {
        char line[32];

        (void)snprintf(line, sizeof(line), "query x%d", i);
        send_line(&prompt, line);
    }
    CHECK(prompt.n_new == PROMPT_HISTORY_MAX);
    buffer_init(&out, 65536);
    prompt_write_history(&prompt, "view drift\n", 11, &out);
    for (size_t i = 0; i < out.len; i++)
        n += out.data[i] == '\n';
    CHECK(n == PROMPT_HISTORY_MAX && !strstr(buffer_text(&out), "view drift"));
    buffer_finish(&out);
    prompt_finish(&prompt);
}

/* ---- Variables ----------------------------------------------------------------------------------- */

#define VARIABLES                                                                                  \
    "{\"templating\":{\"list\":["                                                                  \
    "{\"name\":\"region\",\"type\":\"custom\",\"multi\":true,\"includeAll\":true,"                 \
    "\"query\":\"eu west,eu,us : US,x\\\\,y\"},"                                                   \
    "{\"name\":\"job\",\"type\":\"custom\",\"query\":\"api,web, big one\"},"                       \
    "{\"name\":\"free\",\"type\":\"textbox\",\"query\":\"\"},"                                     \
    "{\"name\":\"team\",\"type\":\"constant\",\"query\":\"sre\"}]},\"panels\":[]}"

static void values_of_a_variable_are_read_as_its_options_have_them(void **unused)
{
    static const struct {
        const char *text, *name;
        const char *values[4];
    } cases[] = {
        {"region eu", "region", {"eu"}},
        {"region  eu west", "region", {"eu west"}},
        {"region eu west, us", "region", {"eu west", "US"}},
        {"region eu,x\\,y , us", "region", {"eu", "x\\,y", "US"}},
        {"region all", "region", {"eu west", "eu", "US", "x\\,y"}},
        {"job big one", "job", {"big one"}},
        {"free a, b  c", "free", {"a, b  c"}},
    };
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = dashboard_case_read(VARIABLES);

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(dashboard_unrefp) struct dashboard *next = NULL;
        const struct dashboard_variable *variable;
        struct tw_error err;

        if (prompt_variable_choose(dashboard, cases[i].text, &next, &err) < 0)
            fail_msg("%s: %s", cases[i].text, err.message);
        variable = dashboard_variable(next, cases[i].name);
        for (size_t v = 0; v < 4 && cases[i].values[v]; v++) {
            CHECK(v < variable->n_values);
            assert_string_equal(variable->values[v], cases[i].values[v]);
        }
    }
}

static void what_a_variable_cannot_be_is_told(void **unused)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"region mars", "$region cannot be 'mars'"},
        {"region eu, mars", "$region cannot be 'mars'"},
        {"job api, web", "$job cannot be 'api, web'"},
        {"job all", "$job cannot be 'all'"},
        {"none x", "no variable 'none'"},
        {"team ops", "$team is set by the dashboard"},
    };
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = dashboard_case_read(VARIABLES);

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dashboard *next = NULL;
        struct tw_error err = {0};

        CHECK(prompt_variable_choose(dashboard, cases[i].text, &next, &err) < 0 && !next);
        if (!strstr(err.message, cases[i].message))
            fail_msg("%s: %s", cases[i].text, err.message);
    }
}

static void tab_completes_names_and_values_of_variables(void **unused)
{
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"var r", "var region "},
        {"var t", "var t"},
        {"var region A", "var region All "},
        {"var region eu w", "var region eu west "},
        {"var region e", "var region eu"},
        {"var region us,  eu w", "var region us,  eu west "},
        {"var job b", "var job big one "},
        {"var job big o", "var job big one "},
        {"var   job w", "var   job web "},
        {"var free x", "var free x"},
        {"var none x", "var none x"},
    };
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = dashboard_case_read(VARIABLES);
    const struct prompt_known known = {.dashboard = dashboard};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct line_edit line = {0};

        line_edit_set(&line, cases[i].before);
        prompt_tab(&line, &known);
        assert_string_equal(line.text, cases[i].after);
    }
}

static void tab_completes_contexts_of_the_file_and_none(void **unused)
{
    struct setting_family family = {.n = 2};
    const struct prompt_known known = {.contexts = &family, .bare_context = "local"};
    struct line_edit line = {0};
    struct prompt_choices choices;

    (void)unused;
    strncpy(family.members[0].name, "live-eu", sizeof(family.members[0].name) - 1);
    strncpy(family.members[1].name, "staging", sizeof(family.members[1].name) - 1);
    line_edit_set(&line, "context ");
    prompt_complete(&line, &known, &choices);
    CHECK(choices.n == 3 && strcmp(choices.at[2], "local") == 0);
    line_edit_set(&line, "context st");
    prompt_tab(&line, &known);
    assert_string_equal(line.text, "context staging ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_key_edits_as_in_a_shell),
        TEST(what_was_erased_can_be_put_back),
        TEST(pasted_text_is_one_line_that_acts_on_no_terminal),
        TEST(a_line_takes_whole_characters_up_to_its_end),
        TEST(controls_and_what_turns_the_reading_direction_are_not_typed),
        TEST(history_is_walked_and_the_draft_is_kept),
        TEST(history_keeps_the_newest),
        TEST(commands_are_read_with_their_arguments),
        TEST(features_stand_before_the_text_of_a_triage),
        TEST(what_makes_no_sense_says_why),
        TEST(tab_completes_from_the_table),
        TEST(history_is_kept_without_what_may_be_private),
        TEST(what_is_kept_of_history_is_bounded),
        TEST(values_of_a_variable_are_read_as_its_options_have_them),
        TEST(what_a_variable_cannot_be_is_told),
        TEST(tab_completes_names_and_values_of_variables),
        TEST(tab_completes_contexts_of_the_file_and_none),
        TEST(tab_completes_the_word_under_the_cursor),
        TEST(every_command_can_be_typed_and_completed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
