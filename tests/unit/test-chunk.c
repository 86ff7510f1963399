#include "test.h"

#include "common/buffer.h"
#include "server/llm/chunk.h"
#include "server/llm/markdown.h"

#include <stdbool.h>

static struct chunks cut(const char *text, bool is_plain)
{
    struct chunks chunks;
    struct tw_error err;

    if (chunk_document(text, strlen(text), is_plain, &chunks, &err) < 0)
        fail_msg("%s", err.message);
    return chunks;
}

/* " word" n times. */
static void add_words(struct buffer *text, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++) {
        (void)buffer_puts(text, word);
        (void)buffer_putc(text, i + 1 < n ? ' ' : '\n');
    }
}

static bool chunk_holds(const struct chunk *chunk, const char *text, const char *part)
{
    return memmem(text + chunk->start, chunk->end - chunk->start, part, strlen(part)) != NULL;
}

static void the_first_heading_is_the_title(void **state)
{
    struct chunks chunks =
        cut("# VPN access\n\nHow to.\n\n## Connect **now**\n\nDial in.\n", false);

    (void)state;
    assert_string_equal(chunks.title, "VPN access");
    assert_int_equal(chunks.n, 1);
    assert_string_equal(chunks.at[0].heading, "");
    assert_string_equal(chunks.at[0].headings, "Connect now");
    chunks_finish(&chunks);
}

static void a_document_that_begins_below_the_first_level_has_no_title(void **state)
{
    struct chunks chunks = cut("## Connect\n\nDial in.\n\n# Late\n\nMore.\n", false);

    (void)state;
    assert_string_equal(chunks.title, "");
    assert_string_equal(chunks.at[0].heading, "Connect");
    assert_string_equal(chunks.at[0].headings, "Connect\nLate");
    chunks_finish(&chunks);
}

static void a_text_file_is_called_by_its_first_line(void **state)
{
    struct chunks chunks = cut("Data recovery\n\n# is no heading here.\n", true);

    (void)state;
    assert_string_equal(chunks.title, "Data recovery");
    assert_string_equal(chunks.at[0].headings, "");
    chunks_finish(&chunks);
    chunks = cut("It starts with a sentence.\n\nAnd goes on.\n", true);
    assert_string_equal(chunks.title, "");
    chunks_finish(&chunks);
}

static void offsets_are_bytes_of_the_file(void **state)
{
    const char *text = "\n\n# Tïtle\r\n\r\nÜber alles.  \r\n\r\n";
    struct chunks chunks = cut(text, false);

    (void)state;
    assert_int_equal(chunks.n, 1);
    assert_int_equal(chunks.at[0].start, 2);
    assert_string_equal(text + chunks.at[0].end, "  \r\n\r\n");
    assert_int_equal(chunks.at[0].n_words, 3);
    chunks_finish(&chunks);
}

static void a_new_section_begins_a_chunk_once_there_are_eighty_words(void **state)
{
    struct buffer text;
    struct chunks chunks;

    (void)state;
    buffer_init(&text, 1 << 20);
    (void)buffer_puts(&text, "# T\n\n## One\n\n");
    add_words(&text, 90, "a");
    (void)buffer_puts(&text, "\n## Two\n\n");
    add_words(&text, 30, "b");
    (void)buffer_puts(&text, "\n### Three\n\n");
    add_words(&text, 90, "c");
    chunks = cut(buffer_text(&text), false);
    assert_int_equal(chunks.n, 2);
    assert_string_equal(chunks.at[0].heading, "One");
    assert_string_equal(chunks.at[1].heading, "Two");
    assert_string_equal(chunks.at[1].headings, "Two\nThree");
    CHECK(chunk_holds(&chunks.at[1], buffer_text(&text), "## Two"));
    chunks_finish(&chunks);
    buffer_finish(&text);
}

static void a_small_rest_goes_to_the_chunk_before_it(void **state)
{
    struct buffer text;
    struct chunks chunks;

    (void)state;
    buffer_init(&text, 1 << 20);
    (void)buffer_puts(&text, "## One\n\n");
    add_words(&text, 100, "a");
    (void)buffer_puts(&text, "\n## Two\n\n");
    add_words(&text, 20, "b");
    chunks = cut(buffer_text(&text), false);
    assert_int_equal(chunks.n, 1);
    assert_int_equal(chunks.at[0].n_words, 122);
    assert_string_equal(chunks.at[0].headings, "One\nTwo");
    chunks_finish(&chunks);
    buffer_finish(&text);
}

static void a_chunk_in_the_middle_of_a_section_knows_its_path(void **state)
{
    struct buffer text;
    struct chunks chunks;

    (void)state;
    buffer_init(&text, 1 << 20);
    (void)buffer_puts(&text, "# T\n\n## One\n\n### Deep\n\n");
    add_words(&text, 150, "a");
    (void)buffer_putc(&text, '\n');
    add_words(&text, 150, "b");
    chunks = cut(buffer_text(&text), false);
    assert_int_equal(chunks.n, 2);
    assert_string_equal(chunks.at[1].heading, "One > Deep");
    assert_string_equal(chunks.at[1].headings, "One\nDeep");
    CHECK(chunk_holds(&chunks.at[1], buffer_text(&text), "b b b"));
    chunks_finish(&chunks);
    buffer_finish(&text);
}

static void the_headings_of_a_chunk_are_bounded(void **state)
{
    struct buffer text;
    struct chunks chunks;

    (void)state;
    buffer_init(&text, 1 << 20);
    for (int i = 0; i < 6; i++) { /* the last two are a small rest */
        (void)buffer_printf(&text, "\n## %0180d\n\n", i);
        add_words(&text, i < 4 ? 20 : 5, "a");
    }
    chunks = cut(buffer_text(&text), false);
    assert_int_equal(chunks.n, 1);
    assert_int_equal(strlen(chunks.at[0].headings), 4 * 181 - 1);
    chunks_finish(&chunks);
    buffer_finish(&text);
}

static void a_heading_its_lead_in_and_the_steps_stay_together(void **state)
{
    struct buffer text;
    struct chunks chunks;

    (void)state;
    buffer_init(&text, 1 << 20);
    (void)buffer_puts(&text, "# T\n\n");
    add_words(&text, 190, "intro");
    (void)buffer_puts(&text, "\n## Steps\n\nDo this first:\n\n");
    for (int i = 1; i <= 12; i++) {
        (void)buffer_printf(&text, "%d. ", i);
        add_words(&text, 30, "step");
        (void)buffer_puts(&text, i == 6 ? "\n```\nsudo make\n```\n\n" : "\n");
    }
    (void)buffer_puts(&text, "Then rest.\n");
    chunks = cut(buffer_text(&text), false);
    assert_int_equal(chunks.n, 3);
    CHECK(chunk_holds(&chunks.at[1], buffer_text(&text), "## Steps"));
    CHECK(chunk_holds(&chunks.at[1], buffer_text(&text), "Do this first"));
    CHECK(chunk_holds(&chunks.at[1], buffer_text(&text), "\n12. "));
    CHECK(chunk_holds(&chunks.at[2], buffer_text(&text), "Then rest"));
    chunks_finish(&chunks);
    buffer_finish(&text);
}

static void a_table_and_a_block_of_code_are_whole(void **state)
{
    struct buffer text;
    struct chunks chunks;

    (void)state;
    buffer_init(&text, 1 << 20);
    (void)buffer_puts(&text, "Codes:\n\n| a | b |\n|---|---|\n");
    for (int i = 0; i < 150; i++)
        (void)buffer_printf(&text, "| code %d | meaning |\n", i);
    (void)buffer_puts(&text, "\n```sh\n");
    for (int i = 0; i < 150; i++)
        (void)buffer_printf(&text, "# comment\n\nrun %d\n", i);
    (void)buffer_puts(&text, "```\n\nEnd.\n");
    chunks = cut(buffer_text(&text), false);
    assert_int_equal(chunks.n, 3);
    CHECK(chunk_holds(&chunks.at[0], buffer_text(&text), "Codes:"));
    CHECK(chunk_holds(&chunks.at[0], buffer_text(&text), "code 149"));
    CHECK(chunk_holds(&chunks.at[1], buffer_text(&text), "run 0\n"));
    CHECK(chunk_holds(&chunks.at[1], buffer_text(&text), "run 149\n```"));
    assert_string_equal(chunks.at[1].headings, "");
    chunks_finish(&chunks);
    buffer_finish(&text);
}

static void a_long_paragraph_is_cut_between_sentences(void **state)
{
    struct buffer text;
    struct chunks chunks;

    (void)state;
    buffer_init(&text, 1 << 20);
    for (int i = 0; i < 50; i++)
        (void)buffer_puts(&text, "Every one of these sentences has exactly nine words. ");
    chunks = cut(buffer_text(&text), false);
    assert_int_equal(chunks.n, 3);
    for (size_t i = 0; i < chunks.n; i++) {
        CHECK(chunks.at[i].n_words <= CHUNK_WORDS_MAX);
        assert_int_equal(chunks.at[i].n_words % 9, 0);
        assert_int_equal(buffer_text(&text)[chunks.at[i].end - 1], '.');
    }
    chunks_finish(&chunks);
    buffer_finish(&text);
}

static void what_is_not_utf8_is_refused_with_its_place(void **state)
{
    struct chunks chunks;
    struct tw_error err;

    (void)state;
    CHECK(chunk_document("ab\xff", 3, false, &chunks, &err) < 0);
    assert_int_equal(err.code, TW_INVALID);
    assert_string_equal(err.message, "byte 2 is not UTF-8");
    CHECK(chunk_document("ab\0c", 4, false, &chunks, &err) < 0);
    assert_string_equal(err.message, "it holds a NUL byte at 2");
}

static void a_document_of_more_than_a_megabyte_is_refused(void **state)
{
    char *text = calloc(1, CHUNK_DOCUMENT_MAX + 1);
    struct chunks chunks;
    struct tw_error err;

    (void)state;
    memset(text, 'a', CHUNK_DOCUMENT_MAX + 1);
    CHECK(chunk_document(text, CHUNK_DOCUMENT_MAX + 1, false, &chunks, &err) < 0);
    assert_int_equal(err.code, TW_INVALID);
    free(text);
}

static void an_empty_document_has_no_chunks(void **state)
{
    struct chunks chunks = cut("", false);

    (void)state;
    assert_int_equal(chunks.n, 0);
    assert_string_equal(chunks.title, "");
    chunks_finish(&chunks);
    chunks = cut("\n\n---\n<!-- nothing -->\n", false);
    assert_int_equal(chunks.n, 0);
    chunks_finish(&chunks);
}

/* A megabyte of one pattern comes out in bounded pieces; the test's own time limit finds what is not linear. */
static void a_hostile_megabyte_is_cut_in_bounded_pieces(void **state)
{
    static const char *const patterns[] = {
        "#",       "# a\n",    "###### \n", "a",     "1. ",      "1. a\n",
        "- a\n\n", "```\n",    "<!--\n\n",  "[",     "a\n===\n", "|a|\n",
        "---\n",   "\xc3\xa9", "> ",        "`` ` ", "a\n|-|\n", "2) b\n\n\n   c\n",
        "a. ",     "\t",       "~~~~ x\n\n"};
    char *text = calloc(1, CHUNK_DOCUMENT_MAX);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        size_t step = strlen(patterns[i]), len = CHUNK_DOCUMENT_MAX / step * step;
        struct chunks chunks;
        struct tw_error err;

        for (size_t at = 0; at < len; at += step)
            memcpy(text + at, patterns[i], step);
        if (chunk_document(text, len, false, &chunks, &err) < 0)
            fail_msg("%s: %s", patterns[i], err.message);
        CHECK(chunks.n <= 20000);
        for (size_t k = 0; k < chunks.n; k++)
            CHECK(chunks.at[k].end - chunks.at[k].start <= CHUNK_BYTES_MAX);
        chunks_finish(&chunks);
    }
    free(text);
}

static void marks_are_taken_out_for_reading(void **state)
{
    static const struct {
        const char *marked, *plain;
    } cases[] = {
        {"**Bold** and `a*b*c`", "Bold and a*b*c"},
        {"[the page](https://x.example/a) here", "the page (https://x.example/a) here"},
        {"[VPN](vpn.md) and [`ssh`](https://y.example)", "VPN and ssh (https://y.example)"},
        {"[https://x.example](https://x.example)", "https://x.example"},
        {"2 \\* 3 [not a link] (x)", "2 * 3 [not a link] (x)"},
        {"`` a ` b `` and `open", "a ` b and `open"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer out;

        buffer_init(&out, 1000);
        markdown_append_plain(&out, cases[i].marked, strlen(cases[i].marked));
        assert_string_equal(buffer_text(&out), cases[i].plain);
        buffer_finish(&out);
    }
}

static void blocks_are_told_apart(void **state)
{
    static const char text[] = "---\ntitle: x\n---\nSetext\n======\n\nText with a | bar\n* * *\n"
                               "text\n1. one\n   more\n\n   still\n2. two\n\n* other\nlazy\n\n"
                               "a | b\n--|--\n1 | 2\n\n~~~\n# no\n~~~\n#hash\n<!-- gone\n\n -->\n"
                               "3. three\n####### seven\n";

    static const enum markdown_kind kinds[] = {
        MARKDOWN_HEADING, MARKDOWN_PARAGRAPH, MARKDOWN_PARAGRAPH, MARKDOWN_NUMBERED,
        MARKDOWN_BULLETS, MARKDOWN_TABLE,     MARKDOWN_CODE,      MARKDOWN_PARAGRAPH};
    struct markdown_reader reader;
    struct markdown_block block;

    (void)state;
    markdown_init(&reader, text, sizeof(text) - 1, false);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CHECK(markdown_next(&reader, &block));
        if (block.kind != kinds[i])
            fail_msg("block %zu is of kind %d: %.*s", i, (int)block.kind,
                     (int)(block.end - block.start), text + block.start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_heading_is_the_title),
        TEST(a_document_that_begins_below_the_first_level_has_no_title),
        TEST(a_text_file_is_called_by_its_first_line),
        TEST(offsets_are_bytes_of_the_file),
        TEST(a_new_section_begins_a_chunk_once_there_are_eighty_words),
        TEST(a_small_rest_goes_to_the_chunk_before_it),
        TEST(a_chunk_in_the_middle_of_a_section_knows_its_path),
        TEST(the_headings_of_a_chunk_are_bounded),
        TEST(a_heading_its_lead_in_and_the_steps_stay_together),
        TEST(a_table_and_a_block_of_code_are_whole),
        TEST(a_long_paragraph_is_cut_between_sentences),
        TEST(what_is_not_utf8_is_refused_with_its_place),
        TEST(a_document_of_more_than_a_megabyte_is_refused),
        TEST(an_empty_document_has_no_chunks),
        TEST(a_hostile_megabyte_is_cut_in_bounded_pieces),
        TEST(marks_are_taken_out_for_reading),
        TEST(blocks_are_told_apart),
    };

    return cmocka_run_group_tests_name("chunk", tests, NULL, NULL);
}
