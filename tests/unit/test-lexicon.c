#include "test.h"

#include "server/llm/lexicon.h"
#include "server/llm/terms.h"
#include "server/llm/thesaurus.h"

#include <math.h>

static const char *const chunks[] = {
    "VPN access needs a certificate",
    "The certificate lasts a year",
    "Error VPN-809 at sign-in",
    "Passwords are reset in the portal",
};

static struct lexicon *make_lexicon(void)
{
    static const char generic[] = "# no topic\nproblem\nworking\n\nthing # nor this\n";
    static const char synonyms[] = "password: passphrase, login code\n# note\nlogin code: portal\n";
    struct lexicon *lexicon = lexicon_new();
    struct tw_error err;

    for (size_t i = 0; i < COUNT_OF(chunks); i++)
        lexicon_add_chunk(lexicon, &chunks[i], 1);
    assert_int_equal(lexicon_add_generic(lexicon, generic, strlen(generic), &err), 0);
    assert_int_equal(lexicon_add_synonyms(lexicon, synonyms, strlen(synonyms), &err), 0);
    return lexicon;
}

static void rare_words_weigh_more(void **state)
{
    struct lexicon *lexicon = make_lexicon();

    (void)state;
    CHECK(lexicon_n_chunks(lexicon) == 4);
    CHECK(lexicon_df(lexicon, "certif") == 2 && lexicon_df(lexicon, "year") == 1);
    CHECK_NEAR(lexicon_idf(lexicon, "certif"), log(1 + 2.5 / 2.5), 1e-15);
    CHECK_NEAR(lexicon_idf(lexicon, "year"), log(1 + 3.5 / 1.5), 1e-15);
    CHECK(lexicon_idf(lexicon, "year") == lexicon_idf1(lexicon));
    lexicon_free(lexicon);
}

static void an_unknown_word_weighs_as_one_seen_once(void **state)
{
    struct lexicon *lexicon = make_lexicon();

    (void)state;
    CHECK(lexicon_df(lexicon, "zebra") == 0);
    CHECK(lexicon_idf(lexicon, "zebra") == lexicon_idf1(lexicon));
    lexicon_free(lexicon);
    lexicon = lexicon_new();
    CHECK(lexicon_idf(lexicon, "zebra") == 1 && lexicon_df(lexicon, "zebra") == 0);
    CHECK(!lexicon_is_generic(lexicon, "zebra"));
    lexicon_free(lexicon);
    lexicon_free(NULL);
}

static void a_chunk_counts_a_word_once_over_its_parts(void **state)
{
    static const char *const parts[] = {"Backups", "Backup of a backup", "restore a backup"};
    struct lexicon *lexicon = lexicon_new();

    (void)state;
    lexicon_add_chunk(lexicon, parts, COUNT_OF(parts));
    CHECK(lexicon_n_chunks(lexicon) == 1 && lexicon_df(lexicon, "backup") == 1);
    lexicon_free(lexicon);
}

static void many_words_keep_their_counts(void **state)
{
    struct lexicon *lexicon = lexicon_new();
    char text[32];
    const char *part = text;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        (void)snprintf(text, sizeof(text), "zz%d zz%d", i, i / 2);
        lexicon_add_chunk(lexicon, &part, 1);
    }
    CHECK(lexicon_df(lexicon, "zz0") == 2); /* in 0 (twice) and 1 */
    CHECK(lexicon_df(lexicon, "zz1000") == 3);
    CHECK(lexicon_df(lexicon, "zz2999") == 1);
    lexicon_free(lexicon);
}

static void a_list_that_is_wrong_names_its_line(void **state)
{
    static const struct {
        bool is_synonyms;
        const char *text, *line;
    } lists[] = {
        {false, "good\n\ntwo words\n", "line 3"},
        {false, "!!!", "line 1"},
        {true, "a: b\nno colon\n", "line 2"},
        {true, "a:\n", "line 1"},
        {true, ": b\n", "line 1"},
        {true, "aa: bb, , cc\n", "line 1"},
        {true, "aa: one two three four five six seven\n", "line 1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct lexicon *lexicon = lexicon_new();
        struct tw_error err = {0};
        size_t len = strlen(lists[i].text);
        int result = lists[i].is_synonyms ? lexicon_add_synonyms(lexicon, lists[i].text, len, &err)
                                          : lexicon_add_generic(lexicon, lists[i].text, len, &err);

        CHECK(result == -1 && err.code == TW_INVALID);
        if (!strstr(err.message, lists[i].line))
            fail_msg("'%s' does not say '%s'", err.message, lists[i].line);
        lexicon_free(lexicon);
    }
}

static void an_endless_list_is_refused(void **state)
{
    struct lexicon *lexicon = lexicon_new();
    char *text = calloc(1, LEXICON_LIST_BYTES + 1);
    struct tw_error err = {0};

    (void)state;
    CHECK(lexicon_add_generic(lexicon, text, LEXICON_LIST_BYTES + 1, &err) == -1);
    CHECK(lexicon_add_synonyms(lexicon, text, LEXICON_LIST_BYTES + 1, &err) == -1);
    CHECK(err.code == TW_INVALID);
    free(text);
    lexicon_free(lexicon);
}

static void synonyms_are_found_from_both_sides(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    struct lexicon_phrase password = {.n = 1, .stems = {"password"}};
    struct lexicon_phrase login_code = {.n = 2, .stems = {"login", "code"}};
    const struct lexicon_phrase *found;

    (void)state;
    found = lexicon_synonym(lexicon, &password, LEXICON_SYNONYMS, 0);
    CHECK(found && found->n == 1 && strcmp(found->stems[0], "passphras") == 0);
    found = lexicon_synonym(lexicon, &password, LEXICON_SYNONYMS, 1);
    CHECK(found && found->n == 2 && strcmp(found->stems[1], "code") == 0);
    CHECK(!lexicon_synonym(lexicon, &password, LEXICON_SYNONYMS, 2));
    CHECK(!lexicon_synonym(lexicon, &password, LEXICON_WORDS, 0));
    found = lexicon_synonym(lexicon, &login_code, LEXICON_WORDS, 0);
    CHECK(found && found->n == 1 && strcmp(found->stems[0], "password") == 0);
    CHECK(!lexicon_synonym(lexicon, &login_code, LEXICON_WORDS, 1));
    lexicon_free(lexicon);
}

static void a_name_is_what_mostly_stands_as_one(void **state)
{
    static const char *const text =
        "Open Gangway. Gangway is red, so ask Gangway. The Red button is red and red.";
    struct lexicon *lexicon = lexicon_new();

    (void)state;
    lexicon_add_chunk(lexicon, &text, 1);
    CHECK(lexicon_is_name(lexicon, "gangwai"));
    CHECK(!lexicon_is_name(lexicon, "red") && !lexicon_is_name(lexicon, "zebra"));
    lexicon_free(lexicon);
}

/* Do the two words share a group of the thesaurus? */
static bool is_alike(const struct thesaurus *thesaurus, const char *a, const char *b)
{
    const struct thesaurus_entry *left = thesaurus_find(thesaurus, a);
    const struct thesaurus_entry *right = thesaurus_find(thesaurus, b);

    for (unsigned i = 0; left && right && i < left->n_groups; i++)
        for (unsigned k = 0; k < right->n_groups; k++)
            if (left->groups[i] == right->groups[k])
                return true;
    return false;
}

static void everyday_english_is_known_to_every_lexicon(void **state)
{
    struct lexicon *lexicon = lexicon_new();
    const struct thesaurus *thesaurus = lexicon_thesaurus(lexicon);
    const struct thesaurus_entry *before = thesaurus_find(thesaurus, "befor");
    const struct thesaurus_entry *after = thesaurus_find(thesaurus, "after");

    (void)state;
    CHECK(is_alike(thesaurus, "choos", "pick") && !is_alike(thesaurus, "choos", "delet"));
    CHECK(before && after && before->sides[0].contrast == after->sides[0].contrast);
    CHECK(before->sides[0].side != after->sides[0].side);
    CHECK(thesaurus_find(thesaurus, "forbid")->is_negative);
    CHECK(thesaurus_find(thesaurus, "simpli")->is_light);
    CHECK(thesaurus_find(thesaurus, "manag")->is_role);
    CHECK(thesaurus_find(thesaurus, "possibl")->is_permission);
    CHECK(!thesaurus_find(thesaurus, "zebra"));
    lexicon_free(lexicon);
}

/* ---- Terms --------------------------------------------------------------------------------------- */

/* The stems of the question's specific terms with " " between. */
static void expect_terms(const struct lexicon *lexicon, const char *question, const char *expected)
{
    char got[256] = "";
    struct terms terms;
    size_t len = 0;

    terms_init(&terms, lexicon, question, strlen(question));
    for (size_t i = 0; i < terms.n; i++)
        len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s", i > 0 ? " " : "",
                                terms.items[i].word->stem);
    if (strcmp(got, expected) != 0)
        fail_msg("'%s' asks about '%s', not '%s'", question, got, expected);
    terms_finish(&terms);
}

static void specific_terms_are_what_the_question_is_about(void **state)
{
    struct lexicon *lexicon = make_lexicon();

    (void)state;
    expect_terms(lexicon, "How do I reset my password? My password!", "reset password");
    expect_terms(lexicon, "I have a problem, it is not working", "");
    expect_terms(lexicon, "Can I get 2 of the error 809 or VPN-809?", "get error 809 vpn-809");
    expect_terms(lexicon, "", "");
    lexicon_free(lexicon);
}

/* m of the question in the text, and the coverage in *ret_coverage. */
static double matched(const struct lexicon *lexicon,
                      const char *question,
                      const char *text,
                      double *ret_coverage)
{
    struct terms terms;
    struct stem_set set;
    double m;

    terms_init(&terms, lexicon, question, strlen(question));
    stem_set_init(&set, &text, 1);
    m = terms_matched(&terms, &set);
    *ret_coverage = terms_coverage(&terms, &set);
    stem_set_finish(&set);
    terms_finish(&terms);
    return m;
}

static void a_chunk_is_worth_the_terms_that_it_holds(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    double coverage, idf1 = lexicon_idf1(lexicon);

    (void)state;
    CHECK_NEAR(matched(lexicon, "zebra password", chunks[3], &coverage), idf1, 1e-12);
    CHECK_NEAR(coverage, 0.5, 1e-12);
    CHECK(matched(lexicon, "zebra", chunks[3], &coverage) == 0 && coverage == 0);
    CHECK(matched(lexicon, "what is it", chunks[3], &coverage) == 0 && coverage == 0);
    CHECK(matched(lexicon, "password", "", &coverage) == 0 && coverage == 0);
    lexicon_free(lexicon);
}

static void a_synonym_counts_less_and_a_phrase_only_whole(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    double coverage, idf1 = lexicon_idf1(lexicon);

    (void)state;
    CHECK_NEAR(matched(lexicon, "password", "a passphrase", &coverage), 0.8 * idf1, 1e-12);
    CHECK(matched(lexicon, "passphrase", "a password", &coverage) == 0); /* only one way */
    CHECK_NEAR(matched(lexicon, "password", "the login has a code", &coverage), 0.8 * idf1, 1e-12);
    CHECK(matched(lexicon, "password", "the code", &coverage) == 0);
    /* Both words of the phrase stand for the portal. */
    CHECK_NEAR(matched(lexicon, "login code", chunks[3], &coverage), 1.6 * idf1, 1e-12);
    CHECK(matched(lexicon, "login", chunks[3], &coverage) == 0);
    lexicon_free(lexicon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rare_words_weigh_more),
        TEST(an_unknown_word_weighs_as_one_seen_once),
        TEST(a_chunk_counts_a_word_once_over_its_parts),
        TEST(many_words_keep_their_counts),
        TEST(a_list_that_is_wrong_names_its_line),
        TEST(an_endless_list_is_refused),
        TEST(synonyms_are_found_from_both_sides),
        TEST(a_name_is_what_mostly_stands_as_one),
        TEST(everyday_english_is_known_to_every_lexicon),
        TEST(specific_terms_are_what_the_question_is_about),
        TEST(a_chunk_is_worth_the_terms_that_it_holds),
        TEST(a_synonym_counts_less_and_a_phrase_only_whole),
    };

    return cmocka_run_group_tests_name("lexicon", tests, NULL, NULL);
}
