#include "test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "server/llm/extractive.h"
#include "server/llm/lexicon.h"
#include "server/llm/passage.h"
#include "server/llm/section.h"

static const char steps[] =
    "# Remote access\n\nThis article explains the client, the gateway and the tunnel.\n\n"
    "## Connect\n\nThe client is installed on every **managed** laptop.\n\n"
    "1. Open the client from the tray\n   and choose a gateway.\n"
    "2. Type your `password`.\n"
    "3. Wait for the [green icon](icons.md).\n\n"
    "A session lasts 12 hours.\n\n"
    "## Error codes\n\n"
    "| Code | Meaning | Remedy |\n|---|---|---|\n"
    "| VPN-809 | A router blocks the port | Use compatibility mode |\n"
    "| VPN-691 | Wrong user name | Reset it |\n";

static const char printing[] = "## Paper jam\n\nOpen the flap of the printer.\n";

static struct passage passage(const char *document, const char *title, const char *text)
{
    return (struct passage){.chunk_id = document,
                            .document = document,
                            .title = title,
                            .heading = "",
                            .text = text,
                            .len = strlen(text)};
}

static char *answer_from(const char *question, const struct passage *passages, size_t n)
{
    CLEANUP(lexicon_freep) struct lexicon *lexicon = lexicon_new();
    struct extractive_request request = {
        .question = question, .lexicon = lexicon, .passages = passages, .n_passages = n};
    struct extractive_answer answer;

    for (size_t i = 0; i < n; i++)
        lexicon_add_chunk(lexicon, &passages[i].text, 1);
    extractive_generate(&request, &answer);
    CHECK(!answer.is_abstained);
    return answer.text;
}

static void check_answer(const char *question, const char *expected)
{
    const struct passage passages[] = {passage("vpn.md", "Remote access", steps),
                                       passage("print.md", "Printing", printing)};
    CLEANUP(freep) char *text = answer_from(question, passages, COUNT_OF(passages));

    assert_string_equal(text, expected);
}

static void steps_stay_together_in_order_and_are_cited(void **state)
{
    (void)state;
    check_answer("How do I connect with the client?",
                 "Connect\n\nThe client is installed on every managed laptop. [1]\n\n"
                 "1. Open the client from the tray and choose a gateway.\n"
                 "2. Type your password.\n"
                 "3. Wait for the green icon. [1]\n\n"
                 "A session lasts 12 hours. [1]");
}

static void of_a_table_the_rows_that_are_asked_for_come(void **state)
{
    (void)state;
    check_answer("what does error VPN-809 mean",
                 "Error codes\n\n"
                 "- VPN-809: A router blocks the port; Use compatibility mode [1]");
}

static void a_section_of_another_passage_is_cited_as_that(void **state)
{
    (void)state;
    check_answer("paper jam in the printer", "Paper jam\n\nOpen the flap of the printer. [2]");
}

static void two_short_sections_that_fit_alike_are_both_given(void **state)
{
    static const char refund[] =
        "## Refund for yearly plans\n\nAsk for the refund within 30 days.\n\n"
        "## Refund for monthly plans\n\nThe refund is 14 days here.\n\n"
        "## Other\n\nNothing of interest.\n";
    const struct passage one = passage("refund.md", "Money", refund);
    CLEANUP(freep) char *text = answer_from("How long can I get a refund?", &one, 1);

    (void)state;
    CHECK(strstr(text, "30 days") && strstr(text, "14 days"));
    CHECK(!strstr(text, "Nothing"));
}

static void a_second_section_that_makes_it_long_is_left_out(void **state)
{
    struct passage one;
    struct buffer text;

    (void)state;
    buffer_init(&text, 1 << 16);
    for (int section = 0; section < 2; section++) {
        (void)buffer_printf(&text, "## Refund %s\n\nThe refund", section ? "second" : "first");
        for (int i = 0; i < 60; i++)
            (void)buffer_puts(&text, " filler");
        (void)buffer_puts(&text, ".\n\n");
    }
    one = passage("refund.md", "Money", buffer_text(&text));
    {
        CLEANUP(freep) char *answer = answer_from("refund first", &one, 1);

        CHECK(strstr(answer, "Refund first") && !strstr(answer, "Refund second"));
    }
    buffer_finish(&text);
}

static void the_introduction_gives_way_to_a_section(void **state)
{
    static const char article[] =
        "# Password reset\n\nA password protects your account. This article is "
        "about the password.\n\n"
        "## Rules\n\nA password has 14 characters.\n";
    const struct passage one = passage("password.md", "Password reset", article);
    CLEANUP(freep) char *text = answer_from("How many characters has a password?", &one, 1);

    (void)state;
    CHECK(strncmp(text, "Rules\n", 6) == 0);
}

static void a_passage_in_the_middle_of_a_section_has_its_heading(void **state)
{
    struct passage one = passage("vpn.md", "Remote access", "The tunnel ends after 12 hours.\n");
    CLEANUP(freep) char *text = NULL;

    (void)state;
    one.heading = "Connect > On Linux";
    text = answer_from("When does the tunnel end?", &one, 1);
    assert_string_equal(text, "On Linux\n\nThe tunnel ends after 12 hours. [1]");
}

/* ---- Abstaining -------------------------------------------------------------------------------- */

static char *abstain_with(bool is_ambiguous, const char *const *topics, size_t n_topics)
{
    CLEANUP(lexicon_freep) struct lexicon *lexicon = lexicon_new();
    const struct extractive_request request = {.question = "What is love?",
                                               .lexicon = lexicon,
                                               .is_ambiguous = is_ambiguous,
                                               .topics = topics,
                                               .n_topics = n_topics};
    struct extractive_answer answer;

    extractive_generate(&request, &answer);
    CHECK(answer.is_abstained);
    return answer.text;
}

static void without_passages_it_says_so_and_what_it_can_answer(void **state)
{
    static const char *const topics[] = {"VPN access", "Printing"};
    CLEANUP(freep) char *text = abstain_with(false, topics, 2);

    (void)state;
    CHECK(strstr(text, "do not know"));
    CHECK(strstr(text, "\n- VPN access\n- Printing"));
}

static void an_ambiguous_question_is_asked_back(void **state)
{
    CLEANUP(freep) char *text = abstain_with(true, NULL, 0);

    (void)state;
    CHECK(strncmp(text, "Which system", 12) == 0);
    CHECK(!strstr(text, "for example"));
}

static void passages_without_any_section_are_no_answer(void **state)
{
    CLEANUP(lexicon_freep) struct lexicon *lexicon = lexicon_new();
    const struct passage one = passage("a.md", "A", "# Only a heading\n");
    const struct extractive_request request = {
        .question = "heading?", .lexicon = lexicon, .passages = &one, .n_passages = 1};
    struct extractive_answer answer;

    (void)state;
    extractive_generate(&request, &answer);
    CHECK(answer.is_abstained);
    free(answer.text);
}

/* ---- Plain text -------------------------------------------------------------------------------- */

static bool no_row(void *ctx, const char *text, size_t len)
{
    (void)ctx;
    (void)text;
    (void)len;
    return false;
}

static char *read_section(const char *text)
{
    struct passage one = passage("a.md", "A", text);
    struct sections sections = {0};
    struct buffer out;
    char *plain;

    sections_add(&sections, &one);
    assert_int_equal(sections.n, 1);
    buffer_init(&out, 1 << 16);
    section_append_text(&out, &sections.items[0], "[1]", no_row, NULL);
    plain = xstrdup(buffer_text(&out));
    buffer_finish(&out);
    sections_finish(&sections);
    return plain;
}

static void markdown_is_written_for_reading(void **state)
{
    static const struct {
        const char *marked, *plain;
    } cases[] = {
        {"One\nline  and\r\nanother.\n\nTwo.", "One line and another. [1]\n\nTwo. [1]"},
        {"* first\n* second\n  goes on\n", "* first\n* second goes on [1]"},
        {"1. a\n   - deep\n2. b\n", "1. a\n- deep\n2. b [1]"},
        {"Do:\n\n```sh\nsudo  reboot\n```\n", "Do: [1]\n\n```sh\nsudo  reboot\n```\n[1]"},
        {"| A | B |\n|---|---|\n| x | |\n| **y** | z \\| w |\n", "- x\n- y: z | w [1]"},
        {"a | b\n--|--\n1 | 2 | 3\n", "- 1: 2; 3 [1]"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *plain = read_section(cases[i].marked);

        assert_string_equal(plain, cases[i].plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps_stay_together_in_order_and_are_cited),
        TEST(of_a_table_the_rows_that_are_asked_for_come),
        TEST(a_section_of_another_passage_is_cited_as_that),
        TEST(two_short_sections_that_fit_alike_are_both_given),
        TEST(a_second_section_that_makes_it_long_is_left_out),
        TEST(the_introduction_gives_way_to_a_section),
        TEST(a_passage_in_the_middle_of_a_section_has_its_heading),
        TEST(without_passages_it_says_so_and_what_it_can_answer),
        TEST(an_ambiguous_question_is_asked_back),
        TEST(passages_without_any_section_are_no_answer),
        TEST(markdown_is_written_for_reading),
    };

    return cmocka_run_group_tests_name("extractive", tests, NULL, NULL);
}
