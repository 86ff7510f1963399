#include "test.h"

#include "server/llm/wordpiece.h"
#include "source_file.h"

#define IDS_MAX 256

static struct wordpiece *small; /* tests/data/vocab_small.txt */

static int set_up(void **state)
{
    size_t len;
    CLEANUP(freep) char *text = source_file_read("tests/data/vocab_small.txt", &len);
    struct tw_error err;

    (void)state;
    if (wordpiece_parse(text, len, &small, &err) < 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    wordpiece_free(small);
    return 0;
}

/* The ids of the small vocabulary: line numbers from 0. */
enum {
    UNK = 1,
    CLS,
    SEP,
    MASK,
    BANG,
    COMMA,
    DOT,
    DASH,
    A,
    AA,
    UN,
    UNAFF,
    AFF,
    ABLE,
    ABLES,
    THE,
    CAFE,
    S,
    MI
};

static void check_ids(const char *text, size_t max_ids, const uint16_t *expected, size_t n)
{
    uint16_t ids[IDS_MAX];
    size_t n_ids = wordpiece_encode(small, text, strlen(text), ids, max_ids);

    if (n_ids != n)
        fail_msg("'%.60s' has %zu ids, not %zu", text, n_ids, n);
    for (size_t i = 0; i < n; i++)
        if (ids[i] != expected[i])
            fail_msg("id %zu of '%.60s' is %d, not %d", i, text, ids[i], expected[i]);
}

#define CHECK_IDS(text, ...)                                                                       \
    check_ids(text, IDS_MAX, (const uint16_t[]){__VA_ARGS__},                                      \
              sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))

static void a_word_is_cut_into_the_longest_pieces(void **state)
{
    (void)state;
    CHECK_IDS("unaffable", CLS, UNAFF, ABLE, SEP);
    CHECK_IDS("Unaffables!", CLS, UNAFF, ABLES, BANG, SEP);
    CHECK_IDS("the caf\xc3\xa9s, un-a", CLS, THE, CAFE, S, COMMA, UN, DASH, A, SEP);
    CHECK_IDS("a\xe5\xaf\x86"
              "a",
              CLS, A, MI, A, SEP);
}

static void a_word_that_cannot_be_cut_is_unknown_as_a_whole(void **state)
{
    (void)state;
    CHECK_IDS("unz the", CLS, UNK, THE, SEP);
    CHECK_IDS("able", CLS, UNK, SEP);
    CHECK_IDS("\xf0\x9f\x98\x80", CLS, UNK, SEP);
}

static void a_text_without_words_has_only_the_marks(void **state)
{
    (void)state;
    CHECK_IDS("", CLS, SEP);
    CHECK_IDS(" \n\t \xe2\x80\x8b\xff", CLS, SEP);
}

static void special_tokens_keep_their_ids(void **state)
{
    (void)state;
    CHECK_IDS("the[MASK]a [PAD]", CLS, THE, MASK, A, 0, SEP);
}

static void a_word_over_a_hundred_characters_is_unknown(void **state)
{
    char text[102];

    (void)state;
    memset(text, 'a', sizeof(text));
    text[101] = '\0';
    CHECK_IDS(text, CLS, UNK, SEP);
    text[100] = '\0';
    CHECK(wordpiece_encode(small, text, 100, (uint16_t[IDS_MAX]){0}, IDS_MAX) == 102);
}

static void a_long_text_ends_with_the_mark_at_the_limit(void **state)
{
    (void)state;
    check_ids("the the the the", 4, (const uint16_t[]){CLS, THE, THE, SEP}, 4);
    check_ids("the unaffables the", 4, (const uint16_t[]){CLS, THE, UNAFF, SEP}, 4);
    check_ids("the unaffz the", 4, (const uint16_t[]){CLS, THE, UNK, SEP}, 4);
    check_ids("aaaaaaaaaaaaaaz", 5, (const uint16_t[]){CLS, UNK, SEP}, 3);
    check_ids("", 3, (const uint16_t[]){CLS, SEP}, 2);
}

static void what_is_no_vocabulary_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "no [PAD]"},
        {"[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "no [MASK]"},
        {"[PAD]\n\n[UNK]\n", "line 2 of the vocabulary is empty"},
        {"[PAD]\na\n[UNK]\na\n", "line 4 of the vocabulary stands there twice"},
        {"[PAD]\n\xff\n", "not UTF-8"},
    };
    struct wordpiece *pieces = NULL;
    struct tw_error err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(wordpiece_parse(cases[i].text, strlen(cases[i].text), &pieces, &err) < 0);
        CHECK(err.code == TW_INVALID);
        if (!strstr(err.message, cases[i].why))
            fail_msg("'%s' does not say '%s'", err.message, cases[i].why);
    }
}

static void a_vocabulary_of_too_many_lines_is_refused(void **state)
{
    size_t len = WORDPIECE_COUNT_MAX + 1;
    CLEANUP(freep) char *text = xcalloc(1, len);
    struct wordpiece *pieces = NULL;
    struct tw_error err;

    (void)state;
    memset(text, '\n', len);
    CHECK(wordpiece_parse(text, len, &pieces, &err) < 0);
    assert_string_equal(err.message, "the vocabulary is too large");
}

static void the_last_line_needs_no_end(void **state)
{
    static const char text[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nlast";
    CLEANUP(wordpiece_freep) struct wordpiece *pieces = NULL;
    uint16_t ids[8];

    (void)state;
    CHECK(wordpiece_parse(text, sizeof(text) - 1, &pieces, NULL) == 0);
    CHECK(wordpiece_count(pieces) == 6);
    CHECK(wordpiece_encode(pieces, "last", 4, ids, 8) == 3 && ids[1] == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_word_is_cut_into_the_longest_pieces),
        TEST(a_word_that_cannot_be_cut_is_unknown_as_a_whole),
        TEST(a_text_without_words_has_only_the_marks),
        TEST(special_tokens_keep_their_ids),
        TEST(a_word_over_a_hundred_characters_is_unknown),
        TEST(a_long_text_ends_with_the_mark_at_the_limit),
        TEST(what_is_no_vocabulary_is_refused),
        TEST(a_vocabulary_of_too_many_lines_is_refused),
        TEST(the_last_line_needs_no_end),
    };

    return cmocka_run_group_tests_name("wordpiece", tests, set_up, tear_down);
}
