#include "test.h"

#include "common/alloc.h"
#include "common/json.h"
#include "tui/data/scored_page.h"

#include <math.h>
#include <stdbool.h>

/* ---- Dividing ---------------------------------------------------------------------------------- */

#define SENTENCES_MAX 6

/* The parts of the answer, each as "N:text" with the number of its sentence or a dash. */
static char *divided_dup(const char *response, const char *const sentences[SENTENCES_MAX])
{
    CLEANUP(freep) struct scored_range *ranges = NULL;
    CLEANUP(buffer_finish) struct buffer out;
    size_t n = 0, n_ranges;

    while (n < SENTENCES_MAX && sentences[n])
        n++;
    n_ranges = scored_divide(response, sentences, n, &ranges);
    buffer_init(&out, 65536);
    for (size_t i = 0; i < n_ranges; i++) {
        if (ranges[i].sentence == SCORED_NO_SENTENCE)
            (void)buffer_puts(&out, "-:");
        else
            (void)buffer_printf(&out, "%zu:", ranges[i].sentence);
        (void)buffer_append(&out, response + ranges[i].start, ranges[i].end - ranges[i].start);
        (void)buffer_putc(&out, '|');
    }
    return buffer_take(&out, NULL);
}

static void check_divided(const char *response,
                          const char *const sentences[SENTENCES_MAX],
                          const char *expected)
{
    CLEANUP(freep) char *divided = divided_dup(response, sentences);

    assert_string_equal(divided, expected);
}

#define SENTENCES(...) ((const char *const[SENTENCES_MAX]){__VA_ARGS__})

static void an_answer_falls_into_its_sentences(void **state)
{
    (void)state;
    check_divided("One is so. Two is so.", SENTENCES("One is so.", "Two is so."),
                  "0:One is so.|1:Two is so.|");
    check_divided("One  is\nso. Two", SENTENCES("One is so.", "Two"), "0:One  is\nso.|1:Two|");
}

static void citations_and_list_signs_stay_with_their_sentence(void **state)
{
    (void)state;
    check_divided("Do this [1]. Do that [2][3].", SENTENCES("Do this.", "Do that."),
                  "0:Do this [1].|1:Do that [2][3].|");
    check_divided("1. Do this [1]\n2. Do that\n", SENTENCES("Do this", "Do that"),
                  "0:1. Do this [1]|1:2. Do that|");
    check_divided("(Do this)!\n\n- Do that", SENTENCES("Do this", "Do that"),
                  "0:(Do this)!|1:- Do that|");
}

static void what_is_no_sentence_is_shown_all_the_same(void **state)
{
    (void)state;
    check_divided("Hello.\nDo this. Anything else?", SENTENCES("Do this."),
                  "-:Hello.|0:Do this.|-:Anything else?|");
    check_divided("Hello there.\n2. Do this", SENTENCES("Do this"), "-:Hello there.|0:2. Do this|");
    check_divided("I cannot say.\n\nAsk about mail.", SENTENCES(NULL),
                  "-:I cannot say.|-:Ask about mail.|");
    check_divided("", SENTENCES(NULL), "");
    check_divided(" \n ", SENTENCES(NULL), "");
}

static void a_sentence_that_is_not_there_keeps_its_place(void **state)
{
    (void)state;
    check_divided("One. Three.", SENTENCES("One.", "Two.", "Three."), "0:One.|1:|2:Three.|");
    check_divided("", SENTENCES("One."), "0:|");
    check_divided("One.", SENTENCES("", "[1]", "One."), "0:|1:|2:One.|");
}

/* Every character that can be seen is in one part, in order. */
static void nothing_of_the_answer_is_left_out(void **state)
{
    static const char response[] = "Hi. 1. Aa bb [2]; cc? \xc3\xa9\n--\n * dd [12] ee!\n\n[3] ff.";
    static const char *const pool[] = {"Aa bb", "cc", "dd ee", "ff", "zz", "bb", "", "Hi", "e"};
    uint64_t random = 88172645463325252U;

    (void)state;
    for (int round = 0; round < 5000; round++) {
        const char *sentences[SENTENCES_MAX] = {0};
        CLEANUP(freep) struct scored_range *ranges = NULL;
        size_t n, at = 0;

        for (size_t i = 0; i < SENTENCES_MAX; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            sentences[i] = pool[random % COUNT_OF(pool)];
        }
        n = scored_divide(response, sentences, (size_t)(random >> 32) % SENTENCES_MAX, &ranges);
        for (size_t i = 0; i < n; i++) {
            if (ranges[i].start == ranges[i].end)
                continue;
            for (; at < ranges[i].start; at++)
                CHECK(response[at] == ' ' || response[at] == '\n');
            CHECK(ranges[i].start == at && ranges[i].end > at);
            at = ranges[i].end;
        }
        for (; response[at]; at++)
            CHECK(response[at] == ' ' || response[at] == '\n');
    }
}

/* ---- Reading ----------------------------------------------------------------------------------- */

#define PASSAGE                                                                                    \
    "{\"chunk_id\":\"lock.md#1\",\"document\":\"lock.md\",\"title\":\"Locks\",\"heading\":"        \
    "\"When\",\"text\":\"After five\\ttries.\\nIt is \\u001blocked for 30 minutes.\",\"score\":0.61}"

static int read_text(const char *text, struct scored *ret_scored, struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;

    assert_int_equal(json_parse(text, strlen(text), &json, NULL), 0);
    return scored_read(json, ret_scored, err);
}

static void sentences_come_with_their_support_and_evidence(void **state)
{
    struct scored scored;
    const struct scored_part *part;

    (void)state;
    assert_int_equal(
        read_text(
            "{\"response\":\"Hi. It is locked for 14 minutes [1]. Rest.\",\"sentences\":["
            "{\"text\":\"It is locked for 14 minutes.\",\"support\":0.12,\"flags\":[\"number not "
            "in evidence: 14\",{\"kind\":\"name-absent\",\"text\":\"Bob_X\"},7],\"evidence\":{"
            "\"chunk_id\":\"lock.md#1\",\"start\":900,\"end\":930,\"text\":\"It is \\u001blocked "
            "for 30 minutes.\"}},"
            "{\"text\":\"Rest.\",\"support\":0.4,\"flags\":[],\"evidence\":null}],"
            "\"passages\":[" PASSAGE "],\"relevance_score\":0.9,\"hallucination_score\":0.5,"
            "\"groundedness_score\":null,\"answer_relevance_score\":7,\"abstained\":false}",
            &scored, NULL),
        0);
    CHECK(scored.n_parts == 3 && scored.n_passages == 1 && !scored.is_abstained);
    CHECK(scored.relevance == 0.9 && scored.hallucination == 0.5);
    CHECK(isnan(scored.groundedness) && isnan(scored.answer_relevance));
    CHECK(scored.parts[0].level == SUPPORT_UNSCORED);
    part = &scored.parts[1];
    CHECK(part->level == SUPPORT_NONE && part->support == 0.12 && part->n_flags == 2);
    assert_string_equal(part->text, "It is locked for 14 minutes [1].");
    assert_string_equal(part->flags[0], "number not in evidence: 14");
    assert_string_equal(part->flags[1], "name not in evidence: Bob_X");
    assert_string_equal(scored.passages[0].text,
                        "After five tries.\nIt is ?locked for 30 minutes.");
    assert_string_equal(part->evidence.text, "It is ?locked for 30 minutes.");
    CHECK(part->evidence.passage == 0 && part->evidence.start == 18 && part->evidence.end == 47);
    CHECK(scored.parts[2].level == SUPPORT_WEAK && !scored.parts[2].evidence.is_known);
    scored_finish(&scored);
}

static void a_sentence_is_one_paragraph(void **state)
{
    struct scored scored;

    (void)state;
    assert_int_equal(
        read_text("{\"response\":\"1. Wait  and\\n   see.\",\"sentences\":[{\"text\":\"Wait and "
                  "see.\",\"support\":1}]}",
                  &scored, NULL),
        0);
    assert_string_equal(scored.parts[0].text, "1. Wait and see.");
    scored_finish(&scored);
}

static void offsets_count_where_there_are_no_words(void **state)
{
    static const struct {
        const char *evidence;
        size_t start, end;
        const char *text;
    } cases[] = {
        {"{\"chunk_id\":\"lock.md#1\",\"start\":6,\"end\":10}", 6, 10, "five"},
        {"{\"chunk_id\":\"lock.md#1\",\"start\":6,\"end\":1000}", 0, 0, ""},
        {"{\"chunk_id\":\"lock.md#1\",\"start\":10,\"end\":6}", 0, 0, ""},
        {"{\"chunk_id\":\"lock.md#1\",\"start\":-1,\"end\":6}", 0, 0, ""},
        {"{\"chunk_id\":\"lock.md#1\",\"start\":6,\"end\":10,\"text\":\"not there\"}", 0, 0,
         "not there"},
        {"{\"chunk_id\":\"other.md#1\",\"start\":6,\"end\":10}", 0, 0, ""},
        {"{}", 0, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep)
        char *text = xprintf_dup("{\"sentences\":[{\"text\":\"A\",\"support\":1,\"evidence\":%s}],"
                                 "\"passages\":[" PASSAGE "]}",
                                 cases[i].evidence);
        struct scored scored;

        assert_int_equal(read_text(text, &scored, NULL), 0);
        CHECK(scored.parts[0].evidence.start == cases[i].start);
        CHECK(scored.parts[0].evidence.end == cases[i].end);
        assert_string_equal(scored.parts[0].evidence.text, cases[i].text);
        CHECK(scored.parts[0].evidence.is_known);
        scored_finish(&scored);
    }
}

static void odd_answers_are_refused_or_tamed(void **state)
{
    static const char *const bad[] = {"{}", "[]", "7", "{\"response\":7}",
                                      "{\"sentences\":{\"a\":1}}"};
    static const char *const odd[] = {
        "{\"response\":\"\",\"sentences\":[7,null,{\"text\":7,\"support\":\"x\",\"flags\":7}]}",
        "{\"response\":\"a\",\"sentences\":{\"text\":\"a\"},\"passages\":7,\"sources\":[\"a.md\",7]}",
        "{\"sentences\":[{\"text\":\"a\",\"support\":2,\"evidence\":[1]}]}",
    };
    struct scored scored;
    struct buffer many;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (read_text(bad[i], &scored, NULL) == 0)
            fail_msg("accepted: %s", bad[i]);
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        assert_int_equal(read_text(odd[i], &scored, NULL), 0);
        for (size_t k = 0; k < scored.n_parts; k++)
            CHECK(scored.parts[k].level == SUPPORT_UNSCORED && scored.parts[k].text);
        scored_finish(&scored);
    }
    buffer_init(&many, (size_t)1 << 20);
    (void)buffer_puts(&many, "{\"response\":\"a\",\"sentences\":[0");
    for (int i = 0; i < SCORED_PARTS_MAX; i++)
        (void)buffer_puts(&many, ",0");
    (void)buffer_puts(&many, "]}");
    CHECK(read_text(buffer_text(&many), &scored, NULL) < 0);
    buffer_finish(&many);
}

/* A text of any number of lines is read in no more parts than there is room for. */
static void an_endless_answer_has_a_bounded_number_of_parts(void **state)
{
    struct scored scored;
    struct buffer text;

    (void)state;
    buffer_init(&text, (size_t)1 << 20);
    (void)buffer_puts(&text, "{\"response\":\"");
    for (int i = 0; i < 5 * SCORED_PARTS_MAX; i++)
        (void)buffer_puts(&text, "a\\n");
    (void)buffer_puts(&text, "\"}");
    assert_int_equal(read_text(buffer_text(&text), &scored, NULL), 0);
    CHECK(scored.n_parts == SCORED_PARTS_MAX);
    CHECK(strlen(scored.parts[SCORED_PARTS_MAX - 1].text) > (size_t)4 * SCORED_PARTS_MAX);
    scored_finish(&scored);
    buffer_finish(&text);
}

/* ---- Showing ----------------------------------------------------------------------------------- */

#define SHOWN                                                                                         \
    "{\"response\":\"Hi. It is locked for 14 minutes. Call us.\",\"sentences\":[{\"text\":\"It is "   \
    "locked for 14 minutes.\",\"support\":0.12,\"flags\":[\"number not in evidence: 14\"],"           \
    "\"evidence\":{\"chunk_id\":\"lock.md#1\",\"text\":\"It is locked for 30 minutes.\"}},{\"text\":" \
    "\"Call us.\",\"support\":1,\"flags\":[],\"evidence\":null}],\"sources\":[{\"document\":"         \
    "\"lock.md\",\"chunk_id\":\"lock.md#1\",\"score\":0.61}],\"relevance_score\":0.4,"                \
    "\"hallucination_score\":0.5}"

static char *shown_dup(struct page_style style)
{
    struct scored scored;
    struct buffer out;
    struct page page = {.out = &out, .style = style};

    assert_int_equal(read_text(SHOWN, &scored, NULL), 0);
    buffer_init(&out, 65536);
    scored_write_answer(&scored, &page);
    scored_write_sources(&scored, &page);
    scored_write_scores(&scored, &page);
    scored_finish(&scored);
    return buffer_take(&out, NULL);
}

static void in_ascii_a_word_marks_each_sentence(void **state)
{
    CLEANUP(freep) char *shown = shown_dup((struct page_style){.width = 60});

    (void)state;
    assert_string_equal(shown, "not scored  Hi.\n"
                               "unsupported It is locked for 14 minutes.\n"
                               "              support 0.12: number not in evidence: 14\n"
                               "              nearest lock.md#1: It is locked for 30\n"
                               "              minutes.\n"
                               "supported   Call us.\n"
                               "SOURCES\n"
                               "  [1] 0.61  lock.md#1\n"
                               "SCORES\n"
                               "  relevance         0.40 under 0.5\n"
                               "  groundedness      -\n"
                               "  hallucination     0.50 over 0.4\n"
                               "  answer relevance  -\n");
}

static void in_colour_the_sign_does_and_a_legend_says_what_it_means(void **state)
{
    CLEANUP(freep)
    char *shown = shown_dup((struct page_style){.is_utf8 = true, .has_colour = true, .width = 80});

    (void)state;
    CHECK(strstr(shown, "\x1b[1;31m\xe2\x9c\x96\x1b[0m It is locked"));
    CHECK(strstr(shown, "\x1b[2munsupported  \x1b[0m\n"));
}

static void without_colour_the_word_stands_beside_the_sign(void **state)
{
    CLEANUP(freep) char *shown = shown_dup((struct page_style){.is_utf8 = true, .width = 80});

    (void)state;
    CHECK(strstr(shown, "\xe2\x9c\x96 unsupported It is locked"));
    CHECK(!strstr(shown, "\x1b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_falls_into_its_sentences),
        TEST(citations_and_list_signs_stay_with_their_sentence),
        TEST(what_is_no_sentence_is_shown_all_the_same),
        TEST(a_sentence_that_is_not_there_keeps_its_place),
        TEST(nothing_of_the_answer_is_left_out),
        TEST(sentences_come_with_their_support_and_evidence),
        TEST(a_sentence_is_one_paragraph),
        TEST(offsets_count_where_there_are_no_words),
        TEST(odd_answers_are_refused_or_tamed),
        TEST(an_endless_answer_has_a_bounded_number_of_parts),
        TEST(in_ascii_a_word_marks_each_sentence),
        TEST(in_colour_the_sign_does_and_a_legend_says_what_it_means),
        TEST(without_colour_the_word_stands_beside_the_sign),
    };

    return cmocka_run_group_tests_name("scored", tests, NULL, NULL);
}
