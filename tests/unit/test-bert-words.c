#include "test.h"

#include "common/buffer.h"
#include "encoder_golden.h"
#include "server/llm/bert_words.h"

/* The words with '|' between them. */
static const char *split(const char *text, size_t len)
{
    static char joined[2048];
    struct bert_words words;
    struct bert_word word;
    size_t n = 0;

    bert_words_init(&words, text, len);
    while (bert_words_next(&words, &word)) {
        CHECK(n + word.len + 2 < sizeof(joined));
        if (n > 0)
            joined[n++] = '|';
        memcpy(joined + n, word.text, word.len);
        n += word.len;
    }
    joined[n] = '\0';
    return joined;
}

#define CHECK_SPLIT(text, expected) assert_string_equal(split(text, sizeof(text) - 1), expected)

static void words_are_lower_case_without_accents(void **state)
{
    (void)state;
    CHECK_SPLIT("  Déjà \t VU\n", "deja|vu");
    CHECK_SPLIT("e\xcc\x81", "e");
    CHECK_SPLIT("\xc4\xb0stanbul", "istanbul");
}

static void punctuation_and_chinese_stand_alone(void **state)
{
    (void)state;
    CHECK_SPLIT("don't stop!!", "don|'|t|stop|!|!");
    CHECK_SPLIT("a\xe5\xaf\x86\xe7\xa0\x81"
                "b",
                "a|\xe5\xaf\x86|\xe7\xa0\x81|b");
    CHECK_SPLIT("x\xe2\x80\xa6y", "x|\xe2\x80\xa6|y");
    CHECK_SPLIT("$^`|", "$|^|`||");
}

static void control_characters_and_invalid_bytes_vanish(void **state)
{
    (void)state;
    CHECK_SPLIT("a\0b\x01"
                "c\x7f"
                "d",
                "abcd");
    CHECK_SPLIT("a\xff\xc3"
                "b\xed\xa0\x80"
                "c\xf8",
                "abc");
    CHECK_SPLIT("zero\xe2\x80\x8bwidth", "zerowidth");
    CHECK_SPLIT("\xc3", "");
    CHECK_SPLIT("", "");
}

static void special_tokens_are_taken_as_they_stand(void **state)
{
    struct bert_words words;
    struct bert_word word;

    (void)state;
    CHECK_SPLIT("A[SEP]B [sep]", "a|[SEP]|b|[|sep|]");
    CHECK_SPLIT("[CLS", "[|cls");
    bert_words_init(&words, "[MASK]", 6);
    CHECK(bert_words_next(&words, &word) && word.is_special);
    CHECK(!bert_words_next(&words, &word));
}

static void a_long_word_is_counted_but_not_kept(void **state)
{
    CLEANUP(freep) char *text = xcalloc(1, 100000);
    struct bert_words words;
    struct bert_word word;

    (void)state;
    memset(text, 'y', 100000);
    bert_words_init(&words, text, 100000);
    CHECK(bert_words_next(&words, &word));
    CHECK(word.n_chars == 100000 && word.len == BERT_WORD_CHARS_MAX);
    CHECK(!bert_words_next(&words, &word));
}

/* What bert_words gives for the text is the list; longer words than are kept are compared by their length. */
static void check_words(const char *text, const struct json *list)
{
    const struct json *expected = json_first(list);
    struct bert_words words;
    struct bert_word word;

    bert_words_init(&words, text, strlen(text));
    for (; bert_words_next(&words, &word); expected = json_next(expected)) {
        const char *want = json_string(expected);

        if (!want)
            fail_msg("'%.60s' has more words than expected", text);
        if (word.n_chars <= BERT_WORD_CHARS_MAX &&
            (strlen(want) != word.len || memcmp(want, word.text, word.len) != 0))
            fail_msg("'%.60s' has '%.*s', not '%s'", text, (int)word.len, word.text, want);
        if (word.n_chars > BERT_WORD_CHARS_MAX)
            CHECK(memcmp(want, word.text, word.len) == 0 && strlen(want) > word.len);
    }
    if (expected)
        fail_msg("'%.60s' lacks '%s'", text, json_string(expected));
}

static void words_are_those_of_the_reference_tokeniser(void **state)
{
    CLEANUP(json_freep) struct json *golden = encoder_golden_read();
    size_t n = 0;

    (void)state;
    for (const struct json *item = json_first(json_get(golden, "cases")); item;
         item = json_next(item)) {
        if (!json_get(item, "words"))
            continue;
        check_words(json_string(json_get(item, "text")), json_get(item, "words"));
        n++;
    }
    CHECK(n >= 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_are_lower_case_without_accents),
        TEST(punctuation_and_chinese_stand_alone),
        TEST(control_characters_and_invalid_bytes_vanish),
        TEST(special_tokens_are_taken_as_they_stand),
        TEST(a_long_word_is_counted_but_not_kept),
        TEST(words_are_those_of_the_reference_tokeniser),
    };

    return cmocka_run_group_tests_name("bert-words", tests, NULL, NULL);
}
