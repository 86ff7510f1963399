#include "test.h"

#include "common/buffer.h"
#include "server/llm/id_table.h"
#include "server/llm/lexicon.h"
#include "server/llm/ranking.h"
#include "server/llm/retrieval_query.h"
#include "server/llm/spelling.h"
#include "server/llm/terms.h"

static void lists_are_fused_by_place(void **state)
{
    struct ranking a = {0}, b = {0}, fused = {0};

    (void)state;
    ranking_add(&a, 1, 9);
    ranking_add(&a, 2, 5);
    ranking_add(&b, 2, 0.5);
    ranking_add(&b, 3, 0.4);
    ranking_sort(&a);
    ranking_sort(&b);
    ranking_fuse(&fused, &a, 1);
    ranking_fuse(&fused, &b, 1);
    ranking_sort(&fused);
    assert_int_equal(fused.n, 3);
    assert_int_equal(fused.items[0].rowid, 2);
    CHECK_NEAR(fused.items[0].score, 1.0 / 62 + 1.0 / 61, 1e-12);
    assert_int_equal(fused.items[1].rowid, 1);
    CHECK_NEAR(ranking_score(&fused, 3), 1.0 / 62, 1e-12);
    CHECK(ranking_score(&fused, 4) == 0);
}

static void equal_scores_stand_by_rowid(void **state)
{
    struct ranking list = {0};

    (void)state;
    ranking_add(&list, 7, 1);
    ranking_add(&list, 3, 1);
    ranking_add(&list, 5, 2);
    ranking_sort(&list);
    assert_int_equal(list.items[0].rowid, 5);
    assert_int_equal(list.items[1].rowid, 3);
    assert_int_equal(list.items[2].rowid, 7);
}

static void scores_add_up_or_the_larger_stays(void **state)
{
    struct ranking list = {0};

    (void)state;
    ranking_add(&list, 1, 2);
    ranking_add(&list, 1, 3);
    ranking_raise(&list, 2, 2);
    ranking_raise(&list, 2, 1);
    CHECK(ranking_score(&list, 1) == 5);
    CHECK(ranking_score(&list, 2) == 2);
}

static void a_full_list_takes_no_more(void **state)
{
    struct ranking list = {0};

    (void)state;
    for (int64_t i = 1; i <= RANKING_MAX + 10; i++)
        ranking_add(&list, i, 1);
    assert_int_equal(list.n, RANKING_MAX);
    ranking_add(&list, 1, 1);
    CHECK(ranking_score(&list, 1) == 2);
}

/* ---- Expressions ------------------------------------------------------------------------------- */

static struct lexicon *lexicon_of(const char *synonyms, const char *chunk)
{
    struct lexicon *lexicon = lexicon_new();
    struct tw_error err;

    if (lexicon_add_synonyms(lexicon, synonyms, strlen(synonyms), &err) < 0)
        fail_msg("%s", err.message);
    lexicon_add_chunk(lexicon, &chunk, 1);
    return lexicon;
}

static void terms_become_quoted_alternatives(void **state)
{
    CLEANUP(lexicon_freep)
    struct lexicon *lexicon = lexicon_of("tunnel: vpn, remote access\n", "keyboard databases");
    const char *question = "The tunnels and databases fail: x\"y keyboaard";
    struct terms terms;
    struct buffer out;

    (void)state;
    terms_init(&terms, lexicon, question, strlen(question));
    buffer_init(&out, RETRIEVAL_QUERY_BYTES);
    retrieval_query_terms(&terms, &out);
    assert_string_equal(buffer_text(&out),
                        "\"tunnels\" OR \"databases\" OR \"fail\" OR \"x\" OR \"y\" "
                        "OR \"keyboard\"*");
    buffer_clear(&out);
    retrieval_query_synonyms(&terms, &out);
    assert_string_equal(buffer_text(&out), "(\"vpn\") OR (\"remote\" AND \"access\")");
    buffer_finish(&out);
    terms_finish(&terms);
}

static void no_terms_become_no_expression(void **state)
{
    CLEANUP(lexicon_freep) struct lexicon *lexicon = lexicon_new();
    struct terms terms;
    struct buffer out;

    (void)state;
    terms_init(&terms, lexicon, "is it the", 9);
    buffer_init(&out, RETRIEVAL_QUERY_BYTES);
    retrieval_query_terms(&terms, &out);
    retrieval_query_synonyms(&terms, &out);
    assert_int_equal(out.len, 0);
    buffer_finish(&out);
    terms_finish(&terms);
}

/* ---- Spelling ---------------------------------------------------------------------------------- */

static void a_long_word_with_one_wrong_letter_is_known(void **state)
{
    CLEANUP(lexicon_freep)
    struct lexicon *lexicon = lexicon_of("", "password keyboard passport printer");

    (void)state;
    assert_string_equal(spelling_nearest(lexicon, "pasword"), "password");
    assert_string_equal(spelling_nearest(lexicon, "passwrod"), "password");
    assert_string_equal(spelling_nearest(lexicon, "keyboaard"), "keyboard");
    assert_null(spelling_nearest(lexicon, "passwurt")); /* two letters */
    assert_null(spelling_nearest(lexicon, "bassword")); /* the first one */
    assert_null(spelling_nearest(lexicon, "prnter"));   /* short */
    assert_null(spelling_nearest(lexicon, ""));
}

static void a_respelt_word_counts_like_a_synonym(void **state)
{
    CLEANUP(lexicon_freep) struct lexicon *lexicon = lexicon_of("", "password");
    const char *chunk = "password";
    struct stem_set stems;
    struct terms terms;

    (void)state;
    terms_init(&terms, lexicon, "pasword", 7);
    stem_set_init(&stems, &chunk, 1);
    CHECK(terms.items[0].is_respelt && terms.items[0].is_known);
    CHECK_NEAR(terms_coverage(&terms, &stems), LEXICON_SYNONYM, 1e-12);
    stem_set_finish(&stems);
    terms_finish(&terms);
}

static void a_word_that_a_list_knows_is_not_respelt(void **state)
{
    CLEANUP(lexicon_freep) struct lexicon *lexicon = lexicon_of("passwort: code\n", "password");
    struct terms terms;

    (void)state;
    terms_init(&terms, lexicon, "passwort", 8);
    CHECK(!terms.items[0].is_respelt);
    terms_finish(&terms);
}

/* ---- Ids --------------------------------------------------------------------------------------- */

static void ids_keep_their_versions(void **state)
{
    struct id_table table = {0};
    char id[32];

    (void)state;
    assert_null(id_table_find(&table, "a"));
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(id, sizeof(id), "doc.md#%d", i);
        id_table_obtain(&table, id)->version = (uint64_t)i + 1;
    }
    assert_int_equal(table.n, 5000);
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(id, sizeof(id), "doc.md#%d", i);
        assert_int_equal(id_table_find(&table, id)->version, i + 1);
    }
    assert_int_equal(id_table_obtain(&table, "doc.md#7")->version, 8);
    assert_null(id_table_find(&table, "doc.md#5000"));
    id_table_finish(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_are_fused_by_place),
        TEST(equal_scores_stand_by_rowid),
        TEST(scores_add_up_or_the_larger_stays),
        TEST(a_full_list_takes_no_more),
        TEST(terms_become_quoted_alternatives),
        TEST(no_terms_become_no_expression),
        TEST(a_long_word_with_one_wrong_letter_is_known),
        TEST(a_respelt_word_counts_like_a_synonym),
        TEST(a_word_that_a_list_knows_is_not_respelt),
        TEST(ids_keep_their_versions),
    };

    return cmocka_run_group_tests_name("ranking", tests, NULL, NULL);
}
