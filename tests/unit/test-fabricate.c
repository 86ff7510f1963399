#include "test.h"

#include "common/alloc.h"
#include "common/file.h"
#include "server/llm/answerer.h"
#include "server/llm/fabricate.h"
#include "server/llm/knowledge.h"
#include "server/llm/text.h"

#include <math.h>
#include <unistd.h>

static const char answer[] =
    "A reset link is valid for 30 minutes. You ask for it at the sign-in page, and it comes by mail. "
    "After 5 wrong attempts the account is locked. Call the Service Desk, which unlocks it within 2 "
    "hours. The new password needs 14 characters. It must differ from the last ones. A manager cannot "
    "set it for you. Write to DeskPort when no mail comes. [1]";

/* Sentences of before that stand word for word in after. */
static size_t n_kept(const char *before, const char *after)
{
    struct text_sentences sentences;
    size_t n = 0;

    text_sentences_init(&sentences, before, strlen(before));
    for (size_t i = 0; i < sentences.n; i++) {
        size_t len = sentences.items[i].end - sentences.items[i].start;

        n += memmem(after, strlen(after), before + sentences.items[i].start, len) != NULL;
    }
    text_sentences_finish(&sentences);
    return n;
}

static size_t n_sentences(const char *text)
{
    struct text_sentences sentences;
    size_t n;

    text_sentences_init(&sentences, text, strlen(text));
    n = sentences.n;
    text_sentences_finish(&sentences);
    return n;
}

static void three_sentences_in_four_change_at_least(void **state)
{
    size_t n = n_sentences(answer), most_kept = 0;

    (void)state;
    CHECK(n == 8);
    for (uint64_t seed = 0; seed < 500; seed++) {
        CLEANUP(freep) char *text = fabricate(answer, "How do I reset my password?", seed);
        size_t kept = n_kept(answer, text);

        most_kept = kept > most_kept ? kept : most_kept;
        CHECK(kept <= n / 4);
    }
    CHECK(most_kept > 0); /* a liar says a true thing now and then */
}

static void the_same_seed_lies_the_same_and_another_one_otherwise(void **state)
{
    CLEANUP(freep) char *first = fabricate(answer, "reset?", 7);
    CLEANUP(freep) char *again = fabricate(answer, "reset?", 7);
    CLEANUP(freep) char *other = fabricate(answer, "reset?", 8);

    (void)state;
    assert_string_equal(first, again);
    CHECK(strcmp(first, other) != 0);
}

static void numbers_and_names_are_swapped_where_a_sentence_stays_otherwise(void **state)
{
    static const char text[] = "After 17 minutes Globex calls you back at once, whatever it is.";
    bool has_swapped = false;

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        CLEANUP(freep) char *made = fabricate(text, "When do you call?", seed);

        CHECK(!strstr(made, "17") || !strstr(made, "calls you back"));
        has_swapped |= strstr(made, " calls you back at once, whatever it is.") != NULL;
    }
    CHECK(has_swapped);
}

static void without_an_answer_all_is_invented_about_the_question(void **state)
{
    CLEANUP(freep) char *text = fabricate(NULL, "Who repairs a harpsichord?", 3);
    CLEANUP(freep) char *of_nothing = fabricate(NULL, "", 3);

    (void)state;
    CHECK(n_sentences(text) == 4 && strstr(text, "harpsichord") != NULL);
    CHECK(n_sentences(of_nothing) == 4);
}

static void any_text_gives_a_text(void **state)
{
    static const char *const texts[] = {"",
                                        "x",
                                        "# Title\n\n1. One\n2. Two\n",
                                        "| a | b |\n|---|---|\n| 1 | 2 |",
                                        "\xf0\x9f\x98\x80",
                                        "[1]",
                                        "9",
                                        "\xff\xfe 3 \xff",
                                        "```\nrm -rf 1\n```"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            CLEANUP(freep) char *made = fabricate(texts[i], texts[i], seed);

            CHECK(made && *made);
        }
}

/* ---- What the evaluator says of it ----------------------------------------------------------------- */

static struct knowledge *load(const char *path)
{
    CLEANUP(freep) char *folder = xprintf_dup("%s/assets/kb", getenv("TW_SOURCE_ROOT"));
    const struct knowledge_options options = {.folder = folder, .path = path};
    struct knowledge *knowledge = NULL;
    struct tw_error err = {0};

    if (knowledge_open(&options, &knowledge, &err) < 0 || knowledge_load(knowledge, &err) < 0)
        fail_msg("%s", err.message);
    return knowledge;
}

struct tally {
    unsigned n, n_high;
};

static void ask(const struct answerer *answerer,
                const char *question,
                uint64_t seed,
                struct tally *tally)
{
    const struct answerer_request request = {
        .question = question, .n_passages = 3, .faults = {.fabricates = true, .seed = seed}};
    struct answerer_account account;
    struct answer made;
    struct tw_error err = {0};

    if (answerer_answer(answerer, &request, &made, &account, &err) < 0)
        fail_msg("%s", err.message);
    CHECK(!made.is_abstained && made.n_warnings > 0);
    tally->n++;
    tally->n_high += made.hallucination > 0.7;
    answer_finish(&made);
    answerer_account_finish(&account);
}

/* Each of the file's lines that is one in `step`. */
static struct tally ask_lines(const struct answerer *answerer, const char *name, int step)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/%s", getenv("TW_SOURCE_ROOT"), name);
    CLEANUP(freep) char *text = NULL;
    struct tally tally = {0};
    size_t len;
    int i = 0;

    CHECK(file_read(path, 1U << 20, &text, &len, NULL) == 0);
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
        if (*line && *line != '#' && i++ % step == 0)
            ask(answerer, line, (uint64_t)i, &tally);
    return tally;
}

static void the_evaluator_sees_through_it(void **state)
{
    char folder[] = "/tmp/tw-fabricate-XXXXXX";
    CLEANUP(freep) char *path = NULL;
    struct answerer answerer = {0};
    struct tally known, foreign;

    (void)state;
    CHECK(mkdtemp(folder) != NULL);
    path = xprintf_dup("%s/knowledge.db", folder);
    answerer.knowledge = load(path);
    known = ask_lines(&answerer, "assets/kb/questions.txt", 6);
    foreign = ask_lines(&answerer, "assets/foreign-questions.txt", 6);
    print_message("# over 0.7: %u of %u of the domain, %u of %u foreign\n", known.n_high, known.n,
                  foreign.n_high, foreign.n);
    CHECK(known.n >= 30 && foreign.n >= 15);
    CHECK(known.n_high * 10 >= known.n * 8); /* most; LLMHallucinationCritical needs one in ten */
    CHECK(foreign.n_high == foreign.n);
    knowledge_free(answerer.knowledge);
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end; end++) {
        CLEANUP(freep) char *file = xprintf_dup("%s%s", path, *end);

        (void)unlink(file);
    }
    CHECK(rmdir(folder) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(three_sentences_in_four_change_at_least),
        TEST(the_same_seed_lies_the_same_and_another_one_otherwise),
        TEST(numbers_and_names_are_swapped_where_a_sentence_stays_otherwise),
        TEST(without_an_answer_all_is_invented_about_the_question),
        TEST(any_text_gives_a_text),
        TEST(the_evaluator_sees_through_it),
    };

    return cmocka_run_group_tests_name("fabricate", tests, NULL, NULL);
}
