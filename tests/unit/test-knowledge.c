#include "knowledge_fixture.h"

#include "server/llm/knowledge_view.h"
#include "server/llm/lexicon.h"

static const char vpn[] = "# VPN access\n\nThe VPN lets you work away from the office.\n\n"
                          "## Connect\n\nOpen the client and type your password.\n";
static const char printing[] = "# Printing\n\nEvery floor has a printer.\n\n## Paper jam\n\n"
                               "Open the flap of the printer and pull.\n";

struct names {
    char text[512]; /* "a.md b.md " */
};

static bool add_name(void *ctx, const struct knowledge_document *document)
{
    struct names *names = ctx;
    size_t len = strlen(names->text);

    (void)snprintf(names->text + len, sizeof(names->text) - len, "%s ", document->path);
    return true;
}

static void check_documents(const struct fixture *fixture, const char *expected)
{
    struct names names = {""};

    knowledge_each_document(fixture->knowledge, add_name, &names);
    assert_string_equal(names.text, expected);
}

/* Chunks that hold the word now, by the index. */
static size_t n_hits(const struct fixture *fixture, const char *word)
{
    CLEANUP(knowledge_view_finish) struct knowledge_view view = {0};
    struct knowledge_hit hits[10];
    size_t n;

    CHECK_OK(knowledge_view_init(fixture->knowledge, &view, err));
    CHECK_OK(knowledge_view_search(&view, word, COUNT_OF(hits), hits, &n, err));
    return n;
}

/* ---- Documents --------------------------------------------------------------------------------- */

static void a_new_base_is_empty(void **state)
{
    struct fixture *fixture = *state;

    open_knowledge(fixture);
    assert_int_equal(stats_of(fixture).n_documents, 0);
    assert_string_equal(stats_of(fixture).version, "");
    assert_int_equal(progress_of(fixture).phase, KNOWLEDGE_IDLE);
    assert_int_equal(n_hits(fixture, "vpn"), 0);
}

static void markdown_and_text_files_below_the_folder_are_loaded(void **state)
{
    struct fixture *fixture = *state;

    put_file(fixture, "vpn.md", vpn);
    put_file(fixture, "office/floor 2/printing.md", printing);
    put_file(fixture, "notes.txt", "Data recovery\n\nCall the desk.\n");
    load_knowledge(fixture);
    check_documents(fixture, "notes.txt office/floor 2/printing.md vpn.md ");
    assert_int_equal(stats_of(fixture).n_chunks, 3);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_OFF);
    assert_int_equal(n_hits(fixture, "printers"), 1);
    assert_int_equal(progress_of(fixture).n_files, 3);
    assert_int_equal(progress_of(fixture).n_changed, 3);
    assert_int_equal(progress_of(fixture).phase, KNOWLEDGE_DONE);
}

static void other_files_and_the_lists_are_no_documents(void **state)
{
    struct fixture *fixture = *state;

    put_file(fixture, "a.md", vpn);
    put_file(fixture, "b.pdf", "x");
    put_file(fixture, ".hidden.md", "x");
    put_file(fixture, ".git/c.md", "x");
    put_file(fixture, "questions.txt", "How?\n");
    put_file(fixture, "synonyms.txt", "tunnel: vpn\n");
    put_file(fixture, "generic.txt", "thing\n");
    put_file(fixture, "deep/generic.txt", "An ordinary text there.\n");
    load_knowledge(fixture);
    check_documents(fixture, "a.md deep/generic.txt ");
}

static void a_link_out_of_the_folder_is_not_followed(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(freep) char *inside = xprintf_dup("%s/alias.md", fixture->kb);
    CLEANUP(freep) char *outside = xprintf_dup("%s/secrets.md", fixture->kb);
    CLEANUP(freep) char *loop = xprintf_dup("%s/loop", fixture->kb);

    put_file(fixture, "vpn.md", vpn);
    CHECK(symlink("vpn.md", inside) == 0);
    CHECK(symlink("/etc/passwd", outside) == 0);
    CHECK(symlink(".", loop) == 0);
    load_knowledge(fixture);
    check_documents(fixture, "alias.md vpn.md ");
}

static void what_cannot_be_a_document_is_passed_over_and_counted(void **state)
{
    struct fixture *fixture = *state;

    put_file(fixture, "bad.md", "one \xff two");
    put_file(fixture, "na\nme.md", "x");
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    check_documents(fixture, "vpn.md ");
    assert_int_equal(progress_of(fixture).n_refused, 2);
    CHECK(strlen(progress_of(fixture).first_refusal) > 0);
    remove_file(fixture, "na\nme.md");
    load_knowledge(fixture);
    assert_string_equal(progress_of(fixture).first_refusal, "'bad.md': byte 4 is not UTF-8");
}

static void folders_too_deep_are_passed_over(void **state)
{
    struct fixture *fixture = *state;

    put_file(fixture, "1/2/3/4/5/6/7/8/in.md", vpn);
    put_file(fixture, "1/2/3/4/5/6/7/8/9/out.md", vpn);
    load_knowledge(fixture);
    check_documents(fixture, "1/2/3/4/5/6/7/8/in.md ");
    assert_string_equal(progress_of(fixture).first_refusal, "'1/2/3/4/5/6/7/8/9' lies too deep");
}

static void a_document_without_title_is_called_by_its_name(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(knowledge_snapshot_unrefp) struct knowledge_snapshot *snapshot = NULL;

    put_file(fixture, "net/vpn-access_2.md", "Dial in.\n");
    load_knowledge(fixture);
    snapshot = knowledge_obtain_snapshot(fixture->knowledge);
    assert_string_equal(snapshot->documents[0].title, "vpn access 2");
}

/* ---- Loading again ----------------------------------------------------------------------------- */

static void loading_again_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct knowledge_stats before, after;

    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    before = stats_of(fixture);
    load_knowledge(fixture);
    after = stats_of(fixture);
    assert_int_equal(progress_of(fixture).n_changed, 0);
    assert_string_equal(before.version, after.version);
    assert_int_equal(before.loaded_at_ms, after.loaded_at_ms);
}

static void changed_new_and_removed_files_are_followed(void **state)
{
    struct fixture *fixture = *state;

    put_file(fixture, "a.md", vpn);
    put_file(fixture, "b.md", printing);
    put_file(fixture, "c.md", "# Stays\n\nUnchanged words.\n");
    load_knowledge(fixture);
    put_file(fixture, "a.md", "# Tunnel\n\nEverything is new.\n");
    remove_file(fixture, "b.md");
    put_file(fixture, "d.md", "# Backup\n\nNightly copies.\n");
    load_knowledge(fixture);
    check_documents(fixture, "a.md c.md d.md ");
    assert_int_equal(progress_of(fixture).n_changed, 2);
    assert_int_equal(progress_of(fixture).n_removed, 1);
    assert_int_equal(n_hits(fixture, "vpn"), 0);
    assert_int_equal(n_hits(fixture, "printer"), 0);
    assert_int_equal(n_hits(fixture, "tunnel"), 1);
    assert_int_equal(n_hits(fixture, "unchanged"), 1);
}

static void a_file_that_turns_bad_is_removed(void **state)
{
    struct fixture *fixture = *state;

    put_file(fixture, "a.md", vpn);
    load_knowledge(fixture);
    put_file(fixture, "a.md", "\xff");
    load_knowledge(fixture);
    check_documents(fixture, "");
    assert_int_equal(n_hits(fixture, "vpn"), 0);
}

static void the_last_load_outlives_a_restart(void **state)
{
    struct fixture *fixture = *state;
    struct knowledge_stats before, after;
    CLEANUP(knowledge_snapshot_unrefp) struct knowledge_snapshot *snapshot = NULL;

    put_file(fixture, "vpn.md", vpn);
    put_file(fixture, "generic.txt", "client\n");
    put_file(fixture, "synonyms.txt", "tunnel: vpn\n");
    load_knowledge(fixture);
    before = stats_of(fixture);
    remove_file(fixture, "vpn.md"); /* it is not read again */
    open_knowledge(fixture);
    after = stats_of(fixture);
    assert_string_equal(before.version, after.version);
    assert_int_equal(before.n_words, after.n_words);
    assert_int_equal(before.loaded_at_ms, after.loaded_at_ms);
    assert_int_equal(n_hits(fixture, "password"), 1);
    snapshot = knowledge_obtain_snapshot(fixture->knowledge);
    assert_int_equal(lexicon_n_chunks(snapshot->lexicon), 1);
    assert_int_equal(lexicon_df(snapshot->lexicon, "password"), 1);
    CHECK(lexicon_is_generic(snapshot->lexicon, "client"));
}

static void a_missing_folder_leaves_what_was(void **state)
{
    struct fixture *fixture = *state;
    struct tw_error err;

    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    remove_file(fixture, "vpn.md");
    CHECK(rmdir(fixture->kb) == 0);
    CHECK(knowledge_load(fixture->knowledge, &err) < 0);
    assert_int_equal(err.code, TW_NOT_FOUND);
    assert_int_equal(progress_of(fixture).phase, KNOWLEDGE_FAILED);
    assert_string_equal(progress_of(fixture).error, err.message);
    assert_int_equal(n_hits(fixture, "vpn"), 1);
}

/* ---- Lists ------------------------------------------------------------------------------------- */

static void a_faulty_list_is_named_with_its_line(void **state)
{
    struct fixture *fixture = *state;
    struct tw_error err;

    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    put_file(fixture, "synonyms.txt", "tunnel: vpn\nno colon here\n");
    CHECK(knowledge_load(fixture->knowledge, &err) < 0);
    assert_int_equal(err.code, TW_INVALID);
    CHECK(strstr(err.message, "'synonyms.txt': line 2 "));
    assert_int_equal(n_hits(fixture, "vpn"), 1);
}

static void lists_that_are_missing_come_from_the_other_folder(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(freep) char *lists = xprintf_dup("%s/lists", fixture->folder);
    CLEANUP(freep) char *generic = xprintf_dup("%s/generic.txt", lists);
    CLEANUP(knowledge_snapshot_unrefp) struct knowledge_snapshot *snapshot = NULL;

    CHECK(mkdir(lists, 0700) == 0);
    CHECK_OK(file_write_atomically(generic, "office\n", 7, 0600, err));
    fixture->options.lists_folder = lists;
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    snapshot = knowledge_obtain_snapshot(fixture->knowledge);
    CHECK(lexicon_is_generic(snapshot->lexicon, "offic"));
}

static void a_changed_list_makes_a_new_version(void **state)
{
    struct fixture *fixture = *state;
    struct knowledge_stats before;

    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    before = stats_of(fixture);
    put_file(fixture, "generic.txt", "client\n");
    load_knowledge(fixture);
    assert_int_equal(progress_of(fixture).n_changed, 0);
    assert_string_not_equal(before.version, stats_of(fixture).version);
}

/* ---- The file ---------------------------------------------------------------------------------- */

static void a_damaged_file_is_reported_with_what_to_do(void **state)
{
    struct fixture *fixture = *state;
    struct tw_error why;
    char rubbish[8192];

    memset(rubbish, 'x', sizeof(rubbish));
    CHECK_OK(file_write_atomically(fixture->path, rubbish, sizeof(rubbish), 0600, err));
    CHECK(knowledge_open(&fixture->options, &fixture->knowledge, &why) < 0);
    assert_int_equal(why.code, TW_BROKEN);
    CHECK(strstr(why.message, "move it away"));
}

/* ---- Readers beside a load --------------------------------------------------------------------- */

static void a_view_is_of_one_moment(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(knowledge_view_finish) struct knowledge_view view = {0};
    struct knowledge_hit hits[10];
    struct knowledge_chunk chunk = {0};
    size_t n;

    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    CHECK_OK(knowledge_view_init(fixture->knowledge, &view, err));
    remove_file(fixture, "vpn.md");
    put_file(fixture, "printing.md", printing);
    load_knowledge(fixture);
    CHECK_OK(knowledge_view_search(&view, "vpn", COUNT_OF(hits), hits, &n, err));
    assert_int_equal(n, 1);
    CHECK_OK(knowledge_view_read(&view, hits[0].rowid, &chunk, err));
    assert_string_equal(chunk.chunk_id, "vpn.md#1");
    assert_string_equal(view.snapshot->documents[0].path, "vpn.md");
    assert_int_equal(knowledge_view_locate(&view, "vpn.md#1/2"), hits[0].rowid);
    knowledge_chunk_finish(&chunk);
    assert_int_equal(n_hits(fixture, "vpn"), 0);
    assert_int_equal(n_hits(fixture, "printer"), 1);
}

static void ids_of_vectors_are_located_or_are_of_no_chunk(void **state)
{
    static const char *const strange[] = {
        "vpn.md",     "vpn.md#", "vpn.md#0", "vpn.md#2", "vpn.md#1x",
        "other.md#1", "vpn#1",   "",         "#1",       "vpn.md#99999999999999999999"};
    struct fixture *fixture = *state;
    CLEANUP(knowledge_view_finish) struct knowledge_view view = {0};

    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    CHECK_OK(knowledge_view_init(fixture->knowledge, &view, err));
    CHECK(knowledge_view_locate(&view, "vpn.md#1") > 0);
    for (size_t i = 0; i < COUNT_OF(strange); i++)
        assert_int_equal(knowledge_view_locate(&view, strange[i]), 0);
}

struct meddler {
    struct fixture *fixture;
    size_t n_calls, n_busy, n_old_hits, n_new_hits;
    bool cancels;
};

/* Called in the middle of a load. */
static void meddle(void *ctx)
{
    struct meddler *meddler = ctx;
    struct tw_error err = {0};

    meddler->n_calls++;
    meddler->n_busy += knowledge_load(meddler->fixture->knowledge, &err) < 0 && err.code == TW_BUSY;
    meddler->n_old_hits += n_hits(meddler->fixture, "vpn");
    meddler->n_new_hits += n_hits(meddler->fixture, "tunnel");
    assert_int_equal(progress_of(meddler->fixture).phase, KNOWLEDGE_EMBEDDING);
    if (meddler->cancels)
        knowledge_cancel(meddler->fixture->knowledge);
}

static void only_one_load_is_at_work(void **state)
{
    struct fixture *fixture = *state;
    struct meddler meddler = {.fixture = fixture};

    use_vectors(fixture, "embedded");
    fixture->fake.before_upsert = meddle;
    fixture->fake.ctx = &meddler;
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    CHECK(meddler.n_calls > 0);
    assert_int_equal(meddler.n_busy, meddler.n_calls);
}

static void words_are_searched_while_the_first_vectors_are_made(void **state)
{
    struct fixture *fixture = *state;
    struct meddler meddler = {.fixture = fixture};

    use_vectors(fixture, "embedded");
    fixture->fake.before_upsert = meddle;
    fixture->fake.ctx = &meddler;
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    assert_int_equal(meddler.n_old_hits, 1);
}

static void later_changes_are_seen_when_their_vectors_are_there(void **state)
{
    struct fixture *fixture = *state;
    struct meddler meddler = {.fixture = fixture};

    use_vectors(fixture, "embedded");
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    fixture->fake.before_upsert = meddle;
    fixture->fake.ctx = &meddler;
    put_file(fixture, "vpn.md", "# Tunnel\n\nAll is new.\n");
    load_knowledge(fixture);
    assert_int_equal(meddler.n_old_hits, 1);
    assert_int_equal(meddler.n_new_hits, 0);
    assert_int_equal(n_hits(fixture, "tunnel"), 1);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_READY);
}

static void a_cancelled_load_changes_nothing_and_the_next_one_works(void **state)
{
    struct fixture *fixture = *state;
    struct meddler meddler = {.fixture = fixture, .cancels = true};
    struct tw_error err;

    use_vectors(fixture, "embedded");
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    fixture->fake.before_upsert = meddle;
    fixture->fake.ctx = &meddler;
    put_file(fixture, "vpn.md", "# Tunnel\n\nAll is new.\n");
    CHECK(knowledge_load(fixture->knowledge, &err) < 0);
    assert_int_equal(err.code, TW_BUSY);
    assert_int_equal(n_hits(fixture, "vpn"), 1);
    assert_int_equal(n_hits(fixture, "tunnel"), 0);
    fixture->fake.before_upsert = NULL;
    load_knowledge(fixture);
    assert_int_equal(n_hits(fixture, "tunnel"), 1);
}

/* ---- Vectors ----------------------------------------------------------------------------------- */

static void chunks_and_their_sentences_get_vectors(void **state)
{
    struct fixture *fixture = *state;

    use_vectors(fixture, "embedded");
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    CHECK(fake_vectors_has(&fixture->fake, "vpn.md#1"));
    CHECK(fake_vectors_has(&fixture->fake, "vpn.md#1/1"));
    CHECK(fake_vectors_has(&fixture->fake, "vpn.md#1/2"));
    assert_int_equal(progress_of(fixture).n_vectors, fixture->fake.n);
    assert_int_equal(progress_of(fixture).n_vectors_due, fixture->fake.n);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_READY);
    assert_string_equal(stats_of(fixture).encoder, "fake");
    assert_string_equal(stats_of(fixture).vectors, "embedded");
}

static void vectors_that_are_there_are_not_made_again(void **state)
{
    struct fixture *fixture = *state;
    size_t n_texts;

    use_vectors(fixture, "embedded");
    put_file(fixture, "vpn.md", vpn);
    put_file(fixture, "printing.md", printing);
    load_knowledge(fixture);
    n_texts = fake_encoder_n_texts(fixture->encoder);
    load_knowledge(fixture);
    assert_int_equal(fake_encoder_n_texts(fixture->encoder), n_texts);
    put_file(fixture, "vpn.md", "# VPN access\n\nOther words.\n");
    load_knowledge(fixture);
    CHECK(fake_encoder_n_texts(fixture->encoder) - n_texts <= 3); /* chunk, title, sentence */
    CHECK(!fake_vectors_has(&fixture->fake, "vpn.md#1/4"));
    remove_file(fixture, "printing.md");
    load_knowledge(fixture);
    CHECK(!fake_vectors_has(&fixture->fake, "printing.md#1"));
    CHECK(!fake_vectors_has(&fixture->fake, "printing.md#1/1"));
    CHECK(fake_vectors_has(&fixture->fake, "vpn.md#1"));
}

static void vectors_that_were_lost_are_made_again(void **state)
{
    struct fixture *fixture = *state;
    size_t n;

    use_vectors(fixture, "chroma");
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    n = fixture->fake.n;
    while (fixture->fake.n > 0)
        free(fixture->fake.at[--fixture->fake.n].vector);
    load_knowledge(fixture);
    assert_int_equal(fixture->fake.n, n);
}

static void an_encoder_without_meaning_makes_no_vectors(void **state)
{
    struct fixture *fixture = *state;

    use_vectors(fixture, "embedded");
    encoder_free(fixture->encoder);
    fixture->encoder = fake_encoder_new(false);
    fixture->options.encoder = fixture->encoder;
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    assert_int_equal(fixture->fake.n, 0);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_OFF);
    assert_string_equal(stats_of(fixture).encoder, "fake-spelling");
    assert_string_equal(stats_of(fixture).vectors, "");
}

static void an_index_that_fails_turns_the_dense_side_off_until_a_load_succeeds(void **state)
{
    struct fixture *fixture = *state;

    use_vectors(fixture, "chroma");
    fixture->fake.fails = TW_BROKEN;
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_FAILED);
    assert_string_equal(progress_of(fixture).vectors_error, "the fake index fails");
    assert_int_equal(n_hits(fixture, "vpn"), 1);
    open_knowledge(fixture);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_PENDING);
    fixture->fake.fails = TW_OK;
    load_knowledge(fixture);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_READY);
    assert_string_equal(progress_of(fixture).vectors_error, "");
    open_knowledge(fixture);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_READY);
}

static void an_encoder_that_fails_turns_the_dense_side_off(void **state)
{
    struct fixture *fixture = *state;

    use_vectors(fixture, "embedded");
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    fake_encoder_break(fixture->encoder);
    put_file(fixture, "vpn.md", "# Tunnel\n\nAll is new.\n");
    load_knowledge(fixture);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_FAILED);
    assert_int_equal(n_hits(fixture, "tunnel"), 1);
}

static void damaged_vectors_turn_the_dense_side_off_until_a_load(void **state)
{
    struct fixture *fixture = *state;

    use_vectors(fixture, "embedded");
    put_file(fixture, "vpn.md", vpn);
    load_knowledge(fixture);
    fixture->options.has_damaged_vectors = true;
    open_knowledge(fixture);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_DAMAGED);
    load_knowledge(fixture);
    assert_int_equal(stats_of(fixture).dense, KNOWLEDGE_DENSE_READY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWLEDGE_TEST(a_new_base_is_empty),
        KNOWLEDGE_TEST(markdown_and_text_files_below_the_folder_are_loaded),
        KNOWLEDGE_TEST(other_files_and_the_lists_are_no_documents),
        KNOWLEDGE_TEST(a_link_out_of_the_folder_is_not_followed),
        KNOWLEDGE_TEST(what_cannot_be_a_document_is_passed_over_and_counted),
        KNOWLEDGE_TEST(folders_too_deep_are_passed_over),
        KNOWLEDGE_TEST(a_document_without_title_is_called_by_its_name),
        KNOWLEDGE_TEST(loading_again_changes_nothing),
        KNOWLEDGE_TEST(changed_new_and_removed_files_are_followed),
        KNOWLEDGE_TEST(a_file_that_turns_bad_is_removed),
        KNOWLEDGE_TEST(the_last_load_outlives_a_restart),
        KNOWLEDGE_TEST(a_missing_folder_leaves_what_was),
        KNOWLEDGE_TEST(a_faulty_list_is_named_with_its_line),
        KNOWLEDGE_TEST(lists_that_are_missing_come_from_the_other_folder),
        KNOWLEDGE_TEST(a_changed_list_makes_a_new_version),
        KNOWLEDGE_TEST(a_damaged_file_is_reported_with_what_to_do),
        KNOWLEDGE_TEST(a_view_is_of_one_moment),
        KNOWLEDGE_TEST(ids_of_vectors_are_located_or_are_of_no_chunk),
        KNOWLEDGE_TEST(only_one_load_is_at_work),
        KNOWLEDGE_TEST(words_are_searched_while_the_first_vectors_are_made),
        KNOWLEDGE_TEST(later_changes_are_seen_when_their_vectors_are_there),
        KNOWLEDGE_TEST(a_cancelled_load_changes_nothing_and_the_next_one_works),
        KNOWLEDGE_TEST(chunks_and_their_sentences_get_vectors),
        KNOWLEDGE_TEST(vectors_that_are_there_are_not_made_again),
        KNOWLEDGE_TEST(vectors_that_were_lost_are_made_again),
        KNOWLEDGE_TEST(an_encoder_without_meaning_makes_no_vectors),
        KNOWLEDGE_TEST(an_index_that_fails_turns_the_dense_side_off_until_a_load_succeeds),
        KNOWLEDGE_TEST(an_encoder_that_fails_turns_the_dense_side_off),
        KNOWLEDGE_TEST(damaged_vectors_turn_the_dense_side_off_until_a_load),
    };

    return cmocka_run_group_tests_name("knowledge", tests, NULL, NULL);
}
