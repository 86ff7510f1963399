#include "knowledge_fixture.h"

#include "server/llm/retrieval.h"

static const struct retrieval_faults no_faults;

/* Six articles: enough that a word of one of them is rare. */
static void put_articles(const struct fixture *fixture)
{
    put_file(
        fixture, "vpn.md",
        "# Remote access\n\nThe VPN tunnel protects work away from the office.\n\n## Error codes\n\n"
        "VPN-809 says that a router blocks the port.\n");
    put_file(
        fixture, "password.md",
        "# Passwords\n\n## Forgotten password\n\nChoose a new password on the portal page with "
        "the code from your phone.\n");
    put_file(
        fixture, "printing.md",
        "# Printing\n\n## Paper jam\n\nOpen the flap of the printer, then pull the sheet out.\n");
    put_file(fixture, "billing.md",
             "# Billing\n\n## When an invoice is late\n\nThe invoice department answers within two "
             "working days.\n");
    put_file(
        fixture, "backup.md",
        "# Data recovery\n\n## Restore a file\n\nThe backup keeps each file for thirty days.\n");
    put_file(
        fixture, "laptop.md",
        "# Laptops\n\n## Replacement\n\nA laptop is replaced after four years by the workplace "
        "crew.\n");
    put_file(fixture, "synonyms.txt", "wlan: router\ntunnel: vpn\n");
    put_file(fixture, "generic.txt", "problem\nworking\nhelp\n");
}

static struct retrieval search_with(struct fixture *fixture,
                                    const char *question,
                                    struct retrieval_faults faults)
{
    const struct retrieval_request request = {.question = question, .n_docs = 3, .faults = faults};
    struct retrieval found;

    CHECK_OK(retrieval_search(fixture->knowledge, &request, &found, err));
    return found;
}

static struct retrieval search(struct fixture *fixture, const char *question)
{
    return search_with(fixture, question, no_faults);
}

static void load_articles(struct fixture *fixture)
{
    put_articles(fixture);
    load_knowledge(fixture);
}

static void load_with_vectors(struct fixture *fixture, const char *source)
{
    use_vectors(fixture, source);
    load_articles(fixture);
}

static void check_first(struct fixture *fixture, const char *question, const char *document)
{
    struct retrieval found = search(fixture, question);

    if (found.n == 0)
        fail_msg("'%s' finds nothing", question);
    assert_string_equal(found.passages[0].document, document);
    retrieval_finish(&found);
}

/* ---- By words ---------------------------------------------------------------------------------- */

static void a_question_finds_the_chunk_with_its_words(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_articles(fixture);
    found = search(fixture, "How do I pull a sheet from the printer after a paper jam?");
    CHECK(found.n >= 1 && found.n <= 3);
    assert_string_equal(found.passages[0].chunk_id, "printing.md#1");
    assert_string_equal(found.passages[0].title, "Printing");
    assert_int_equal(found.passages[0].start, 0);
    assert_int_equal(found.passages[0].end, found.passages[0].len);
    CHECK(found.passages[0].score > 0 && found.passages[0].score <= 1);
    CHECK(found.relevance > 0.5 && found.relevance <= 1);
    CHECK(!found.is_under_floor && !found.is_ambiguous);
    assert_int_equal(found.degraded, RETRIEVAL_NOT_DEGRADED);
    assert_null(found.query_vector);
    retrieval_finish(&found);
}

static void synonyms_typos_and_identifiers_find_too(void **state)
{
    struct fixture *fixture = *state;

    load_articles(fixture);
    check_first(fixture, "the wlan blocks my port", "vpn.md");
    check_first(fixture, "forgotten pasword on the portal", "password.md");
    check_first(fixture, "vpn-809", "vpn.md");
}

static void a_foreign_question_is_under_the_floor(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_articles(fixture);
    found = search(fixture, "Which wine goes with grilled salmon on paper?");
    assert_int_equal(found.n, 0);
    CHECK(found.is_under_floor && !found.is_ambiguous);
    CHECK(found.n_candidates >= 1); /* kept, for who wants to see why */
    CHECK(found.relevance > 0 && found.relevance < 0.5);
    retrieval_finish(&found);
}

static void a_question_without_a_specific_word_is_ambiguous(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_articles(fixture);
    found = search(fixture, "Help, it is not working!");
    CHECK(found.is_ambiguous);
    assert_int_equal(found.n, 0);
    CHECK(found.relevance == 0);
    retrieval_finish(&found);
}

static void topics_are_the_nearest_titles_and_then_others(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_articles(fixture);
    found = search(fixture, "Is the printer edible?");
    assert_int_equal(found.n_topics, 3);
    assert_string_equal(found.topics[0], "Printing");
    assert_string_not_equal(found.topics[1], found.topics[0]);
    retrieval_finish(&found);
}

static void an_empty_base_answers_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    open_knowledge(fixture);
    found = search(fixture, "printer jam");
    CHECK(found.is_under_floor && found.n == 0 && found.n_topics == 0);
    retrieval_finish(&found);
}

static void no_question_is_an_operator_of_the_index(void **state)
{
    static const char *const hostile[] = {
        "\"",
        "\"printer\" OR *",
        "title : printer",
        "NEAR(printer jam, 2)",
        "printer AND NOT jam -sheet ^flap",
        "'; DROP TABLE chunks; --",
        "printer* + (jam",
        "a\"b\"\"c",
        "\xff\xfe printer \x01",
        "C:\\printer\\jam \"x",
        "",
        "   \n\t ",
    };
    struct fixture *fixture = *state;
    char long_question[5001];

    load_articles(fixture);
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        struct retrieval found = search(fixture, hostile[i]);

        retrieval_finish(&found);
    }
    for (size_t i = 0; i + 1 < sizeof(long_question); i++)
        long_question[i] = (char)(i % 6 == 5 ? ' ' : 'a' + (char)(i * 7 % 26));
    long_question[sizeof(long_question) - 1] = '\0';
    {
        struct retrieval found = search(fixture, long_question);

        CHECK(found.is_under_floor);
        retrieval_finish(&found);
    }
    check_first(fixture, "\"printer\" jam* (sheet", "printing.md");
}

static void at_most_as_many_passages_as_asked_for_come(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval_request request = {.question = "printer flap sheet invoice backup laptop vpn"};

    load_articles(fixture);
    for (request.n_docs = 1; request.n_docs <= 4; request.n_docs++) {
        struct retrieval found;

        CHECK_OK(retrieval_search(fixture->knowledge, &request, &found, err));
        assert_int_equal(found.n, request.n_docs);
        retrieval_finish(&found);
    }
}

/* ---- By meaning -------------------------------------------------------------------------------- */

static void meaning_finds_what_words_do_not(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_with_vectors(fixture, "embedded");
    found = search(fixture, "toner spilled everywhere");
    CHECK(found.n_candidates >= 1);
    assert_string_equal(found.passages[0].document, "printing.md");
    assert_int_equal(found.dim, FAKE_DIM);
    CHECK(found.query_vector[1] > 0.99f);
    assert_int_equal(found.degraded, RETRIEVAL_NOT_DEGRADED);
    retrieval_finish(&found);
    CHECK_OK(knowledge_load(fixture->knowledge, err));
    fixture->options.vectors = NULL;
    open_knowledge(fixture);
    found = search(fixture, "toner spilled everywhere");
    assert_int_equal(found.n_candidates, 0);
    assert_int_equal(found.dim, FAKE_DIM); /* for drift, also without a dense side */
    retrieval_finish(&found);
}

static void both_sides_together_rank_first_what_both_find(void **state)
{
    struct fixture *fixture = *state;

    load_with_vectors(fixture, "embedded");
    /* By words the laptops are before the printer, by meaning the printer, remote access, the laptops. */
    check_first(fixture, "toner toner toner from home from home beside the laptop sheet",
                "printing.md");
}

static void a_side_can_be_left_out(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval_request request = {
        .question = "toner spilled everywhere", .n_docs = 3, .sides_off = RETRIEVAL_DENSE};
    struct retrieval found;

    load_with_vectors(fixture, "embedded");
    CHECK_OK(retrieval_search(fixture->knowledge, &request, &found, err));
    assert_int_equal(found.n_candidates, 0);
    retrieval_finish(&found);
    request.question = "paper";
    request.sides_off = RETRIEVAL_DENSE | RETRIEVAL_WORDS;
    CHECK_OK(retrieval_search(fixture->knowledge, &request, &found, err));
    assert_int_equal(found.n_candidates, 0);
    retrieval_finish(&found);
}

/* ---- Degraded ---------------------------------------------------------------------------------- */

static void check_degraded(struct fixture *fixture, enum retrieval_degraded degraded)
{
    struct retrieval found = search(fixture, "pull a sheet from the printer after a paper jam");

    if (found.degraded != degraded)
        fail_msg("it is %s, not %s (%s)", retrieval_degraded_name(found.degraded),
                 retrieval_degraded_name(degraded), found.degraded_detail);
    CHECK(strlen(found.degraded_detail) > 0);
    assert_string_equal(found.passages[0].document, "printing.md");
    CHECK(found.n >= 1);
    retrieval_finish(&found);
}

static void words_go_on_when_the_server_of_vectors_is_away(void **state)
{
    struct fixture *fixture = *state;

    load_with_vectors(fixture, "chroma");
    fixture->fake.fails = TW_BROKEN;
    check_degraded(fixture, RETRIEVAL_INDEX_UNREACHABLE);
    fixture->fake.fails = TW_BUSY;
    check_degraded(fixture, RETRIEVAL_INDEX_UNREACHABLE);
}

static void words_go_on_when_the_index_is_damaged(void **state)
{
    struct fixture *fixture = *state;

    load_with_vectors(fixture, "embedded");
    fixture->fake.fails = TW_BROKEN;
    check_degraded(fixture, RETRIEVAL_CHECKSUM);
    fixture->fake.fails = TW_OK;
    fixture->options.has_damaged_vectors = true;
    open_knowledge(fixture);
    check_degraded(fixture, RETRIEVAL_CHECKSUM);
}

static void words_go_on_while_vectors_are_to_be_made(void **state)
{
    struct fixture *fixture = *state;

    load_articles(fixture);
    use_vectors(fixture, "embedded");
    open_knowledge(fixture);
    check_degraded(fixture, RETRIEVAL_LOADING);
    fixture->fake.fails = TW_BUSY;
    load_knowledge(fixture);
    check_degraded(fixture, RETRIEVAL_INDEX_UNREACHABLE);
}

static void words_go_on_when_the_index_was_emptied(void **state)
{
    struct fixture *fixture = *state;

    load_with_vectors(fixture, "chroma");
    while (fixture->fake.n > 0)
        free(fixture->fake.at[--fixture->fake.n].vector);
    check_degraded(fixture, RETRIEVAL_INDEX_UNREACHABLE);
}

static void words_go_on_when_the_index_holds_other_texts(void **state)
{
    struct fixture *fixture = *state;

    load_with_vectors(fixture, "chroma");
    for (size_t i = 0; i < fixture->fake.n; i++)
        fixture->fake.at[i].id[0] = '?'; /* as near as before, and of nobody */
    check_degraded(fixture, RETRIEVAL_INDEX_UNREACHABLE);
}

static enum knowledge_dense dense_of(struct fixture *fixture)
{
    struct knowledge_stats stats;

    knowledge_read_stats(fixture->knowledge, &stats);
    return stats.dense;
}

static void an_index_that_lost_its_vectors_is_not_asked_until_a_load_brought_them(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_with_vectors(fixture, "chroma");
    while (fixture->fake.n > 0)
        free(fixture->fake.at[--fixture->fake.n].vector);
    assert_int_equal(dense_of(fixture), KNOWLEDGE_DENSE_READY);
    check_degraded(fixture, RETRIEVAL_INDEX_UNREACHABLE);
    assert_int_equal(dense_of(fixture), KNOWLEDGE_DENSE_LOST);
    fixture->fake.fails = TW_BROKEN; /* that would be another detail */
    found = search(fixture, "pull a sheet from the printer after a paper jam");
    CHECK(strstr(found.degraded_detail, "lost its vectors"));
    retrieval_finish(&found);
    fixture->fake.fails = TW_OK;
    load_knowledge(fixture);
    assert_int_equal(dense_of(fixture), KNOWLEDGE_DENSE_READY);
    found = search(fixture, "toner spilled everywhere");
    assert_int_equal(found.degraded, RETRIEVAL_NOT_DEGRADED);
    assert_string_equal(found.passages[0].document, "printing.md");
    retrieval_finish(&found);
}

static void how_the_last_search_of_the_index_went_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct knowledge_stats stats;

    load_with_vectors(fixture, "chroma");
    fixture->fake.fails = TW_BROKEN;
    check_degraded(fixture, RETRIEVAL_INDEX_UNREACHABLE);
    knowledge_read_stats(fixture->knowledge, &stats);
    assert_string_equal(stats.index_error, "the fake index fails");
    fixture->fake.fails = TW_OK;
    check_first(fixture, "toner spilled everywhere", "printing.md");
    knowledge_read_stats(fixture->knowledge, &stats);
    assert_string_equal(stats.index_error, "");
}

static void an_index_that_fails_again_and_again_is_not_asked_for_a_while(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_with_vectors(fixture, "chroma");
    fixture->fake.fails = TW_BUSY;
    for (int i = 0; i < 3; i++)
        check_degraded(fixture, RETRIEVAL_INDEX_UNREACHABLE);
    fixture->fake.fails = TW_OK; /* nobody finds out */
    found = search(fixture, "pull a sheet from the printer after a paper jam");
    assert_int_equal(found.degraded, RETRIEVAL_INDEX_UNREACHABLE);
    assert_string_equal(found.degraded_detail,
                        "not asked for a while, for it failed: the fake index fails");
    retrieval_finish(&found);
}

static void a_simulated_fault_says_nothing_of_the_index(void **state)
{
    struct fixture *fixture = *state;
    struct knowledge_stats stats;
    struct retrieval found;

    load_with_vectors(fixture, "chroma");
    found =
        search_with(fixture, "printer paper jam", (struct retrieval_faults){.is_dense_down = true});
    retrieval_finish(&found);
    knowledge_read_stats(fixture->knowledge, &stats);
    assert_string_equal(stats.index_error, "");
}

static void words_go_on_when_the_question_cannot_be_encoded(void **state)
{
    struct fixture *fixture = *state;

    load_with_vectors(fixture, "embedded");
    fake_encoder_break(fixture->encoder);
    check_degraded(fixture, RETRIEVAL_INDEX_UNREACHABLE);
}

static void vectors_that_are_not_of_these_texts_are_noticed(void **state)
{
    struct fixture *fixture = *state;

    load_with_vectors(fixture, "embedded");
    for (size_t i = 0; i < fixture->fake.n; i++)
        for (size_t k = 0; k < FAKE_DIM; k++)
            fixture->fake.at[i].vector[k] = k == 4; /* all of it about holidays */
    check_degraded(fixture, RETRIEVAL_DISAGREEMENT);
}

/* ---- Simulated faults -------------------------------------------------------------------------- */

static void an_empty_base_can_be_simulated(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_with_vectors(fixture, "embedded");
    found = search_with(fixture, "printer paper jam", (struct retrieval_faults){.is_empty = true});
    CHECK(found.is_under_floor && found.n_candidates == 0 && found.relevance == 0);
    retrieval_finish(&found);
}

static void wrong_chunks_are_under_the_floor(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_articles(fixture);
    found = search_with(fixture, "pull a sheet from the printer after a paper jam",
                        (struct retrieval_faults){.is_shuffled = true});
    CHECK(found.n_candidates > 0 && found.n == 0);
    assert_string_not_equal(found.passages[0].document, "printing.md");
    CHECK(found.relevance < 0.3);
    retrieval_finish(&found);
}

static void an_index_that_is_down_can_be_simulated(void **state)
{
    struct fixture *fixture = *state;
    struct retrieval found;

    load_with_vectors(fixture, "embedded");
    found = search_with(fixture, "pull a sheet from the printer after a paper jam",
                        (struct retrieval_faults){.is_dense_down = true});
    assert_int_equal(found.degraded, RETRIEVAL_INDEX_UNREACHABLE);
    assert_string_equal(found.passages[0].document, "printing.md");
    retrieval_finish(&found);
}

static void every_reason_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < N_RETRIEVAL_DEGRADED; i++)
        CHECK(strlen(retrieval_degraded_name((enum retrieval_degraded)i)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWLEDGE_TEST(a_question_finds_the_chunk_with_its_words),
        KNOWLEDGE_TEST(synonyms_typos_and_identifiers_find_too),
        KNOWLEDGE_TEST(a_foreign_question_is_under_the_floor),
        KNOWLEDGE_TEST(a_question_without_a_specific_word_is_ambiguous),
        KNOWLEDGE_TEST(topics_are_the_nearest_titles_and_then_others),
        KNOWLEDGE_TEST(an_empty_base_answers_nothing),
        KNOWLEDGE_TEST(no_question_is_an_operator_of_the_index),
        KNOWLEDGE_TEST(at_most_as_many_passages_as_asked_for_come),
        KNOWLEDGE_TEST(meaning_finds_what_words_do_not),
        KNOWLEDGE_TEST(both_sides_together_rank_first_what_both_find),
        KNOWLEDGE_TEST(a_side_can_be_left_out),
        KNOWLEDGE_TEST(words_go_on_when_the_server_of_vectors_is_away),
        KNOWLEDGE_TEST(words_go_on_when_the_index_is_damaged),
        KNOWLEDGE_TEST(words_go_on_while_vectors_are_to_be_made),
        KNOWLEDGE_TEST(words_go_on_when_the_index_was_emptied),
        KNOWLEDGE_TEST(words_go_on_when_the_index_holds_other_texts),
        KNOWLEDGE_TEST(an_index_that_lost_its_vectors_is_not_asked_until_a_load_brought_them),
        KNOWLEDGE_TEST(how_the_last_search_of_the_index_went_is_told),
        KNOWLEDGE_TEST(an_index_that_fails_again_and_again_is_not_asked_for_a_while),
        KNOWLEDGE_TEST(a_simulated_fault_says_nothing_of_the_index),
        KNOWLEDGE_TEST(words_go_on_when_the_question_cannot_be_encoded),
        KNOWLEDGE_TEST(vectors_that_are_not_of_these_texts_are_noticed),
        KNOWLEDGE_TEST(an_empty_base_can_be_simulated),
        KNOWLEDGE_TEST(wrong_chunks_are_under_the_floor),
        KNOWLEDGE_TEST(an_index_that_is_down_can_be_simulated),
        TEST(every_reason_has_a_name),
    };

    return cmocka_run_group_tests_name("retrieval", tests, NULL, NULL);
}
