#include "tui/data/knowledge.h"

#include "common/fetch.h"
#include "tui/data/answer.h"
#include "tui/data/quality.h"
#include "tui/data/server_json.h"
#include "tui/text/moment.h"

#include <string.h>

/* ---- Reading ----------------------------------------------------------------------------------- */

static int64_t read_moment(const struct json *json, const char *key, const char *other)
{
    const struct json *value = json_get(json, key);

    return server_json_moment(value ? value : json_get(json, other));
}

static int read_load(const struct json *json,
                     const struct json *state,
                     struct knowledge_load *load,
                     struct tw_error *err)
{
    static const struct {
        const char *word;
        enum load_state state;
    } states[] = {{"idle", LOAD_IDLE},
                  {"done", LOAD_IDLE},
                  {"loading", LOAD_RUNNING},
                  {"failed", LOAD_FAILED}};

    const char *word = json_string(state);
    size_t i = 0;

    while (i < COUNT_OF(states) && !(word && strcmp(states[i].word, word) == 0))
        i++;
    if (i == COUNT_OF(states))
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but does not tell how the load stands");
    load->state = states[i].state;
    server_json_copy(load->phase, sizeof(load->phase), json_get(json, "phase"));
    server_json_copy(load->error, sizeof(load->error), json_get(json, "error"));
    load->n_files = server_json_whole(json_get(json, "files_total"), -1);
    load->n_files_done = server_json_whole(json_get(json, "files_done"), -1);
    load->n_chunks_done = server_json_whole(json_get(json, "chunks_done"), -1);
    load->n_vectors = server_json_whole(json_get(json, "vectors_total"), -1);
    load->n_vectors_done = server_json_whole(json_get(json, "vectors_done"), -1);
    load->n_refused = server_json_whole(json_get(json, "refused"), -1);
    load->n_added = server_json_whole(json_get(json, "added"), -1);
    load->n_changed = server_json_whole(json_get(json, "changed"), -1);
    load->n_removed = server_json_whole(json_get(json, "removed"), -1);
    load->n_unchanged = server_json_whole(json_get(json, "unchanged"), -1);
    load->started_at_ms = read_moment(json, "started_at_ms", "started_at");
    load->finished_at_ms = read_moment(json, "finished_at_ms", "finished_at");
    server_json_copy(load->refusal, sizeof(load->refusal), json_get(json, "first_refusal"));
    server_json_copy(load->vectors_error, sizeof(load->vectors_error),
                     json_get(json, "vectors_error"));
    return 0;
}

int knowledge_read_load(const struct fetch_reply *reply,
                        struct knowledge_load *ret_load,
                        struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct knowledge_load load = {0};
    const char *word;

    if (answer_read(reply, &json, err) < 0 ||
        read_load(json_get(json, "load"), json_get(json, "state"), &load, err) < 0)
        return -1;
    word = json_string(json_get(json_get(json, "load"), "state"));
    load.is_to_come = load.state == LOAD_RUNNING && word && strcmp(word, "loading") != 0;
    *ret_load = load;
    return 0;
}

int knowledge_read_stats(const struct fetch_reply *reply,
                         struct knowledge_stats *ret_stats,
                         struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *load;
    struct knowledge_stats stats = {0};

    if (answer_read(reply, &json, err) < 0)
        return -1;
    load = json_get(json, "load");
    if (read_load(load, json_get(load, "state"), &stats.load, err) < 0)
        return -1;
    stats.n_documents = server_json_whole(json_get(json, "documents"), -1);
    stats.n_chunks = server_json_whole(json_get(json, "chunks"), -1);
    stats.n_vectors = server_json_whole(json_get(json, "vectors"), -1);
    stats.n_words = server_json_whole(json_get(json, "words"), -1);
    stats.loaded_at_ms = read_moment(json, "loaded_at_ms", "loaded_at");
    server_json_copy_id(stats.version, sizeof(stats.version), json_get(json, "version"));
    server_json_copy(stats.encoder, sizeof(stats.encoder), json_get(json, "encoder"));
    server_json_copy(stats.index, sizeof(stats.index), json_get(json, "index"));
    stats.is_stand_in =
        !json_bool(json_get(json, "encoder_is_semantic"), !quality_is_stand_in(stats.encoder));
    *ret_stats = stats;
    return 0;
}

/* ---- Showing ----------------------------------------------------------------------------------- */

void knowledge_write_progress(const struct knowledge_load *load, struct page *page)
{
    page_field(page, PAGE_BOLD, load->phase[0] ? load->phase : "loading", 9);
    page_text(page, PAGE_PLAIN, " ");
    if (load->n_files > 0 && load->n_files_done >= 0) {
        page_bar(page, (double)load->n_files_done / (double)load->n_files, 22);
        page_printf(page, PAGE_PLAIN, " %lld of %lld files", (long long)load->n_files_done,
                    (long long)load->n_files);
    }
    if (load->n_chunks_done > 0)
        page_printf(page, PAGE_PLAIN, "  %lld chunks", (long long)load->n_chunks_done);
    if (load->n_vectors > 0 && load->n_vectors_done >= 0)
        page_printf(page, PAGE_PLAIN, "  %lld of %lld vectors", (long long)load->n_vectors_done,
                    (long long)load->n_vectors);
}

/* "added 2, changed 1"; what is not told is left out. */
static void write_counts(const struct knowledge_load *load, struct page *page)
{
    const struct {
        const char *name;
        int64_t n;
    } counts[] = {{"added", load->n_added},
                  {"changed", load->n_changed},
                  {"removed", load->n_removed},
                  {"refused", load->n_refused},
                  {"unchanged", load->n_unchanged}};

    const char *comma = "";

    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (counts[i].n < 0)
            continue;
        page_printf(page, PAGE_PLAIN, "%s%s %lld", comma, counts[i].name, (long long)counts[i].n);
        comma = ", ";
    }
}

static bool is_same_as_before(const struct knowledge_load *load)
{
    return load->n_added <= 0 && load->n_changed == 0 && load->n_removed == 0;
}

static void write_trouble(const char *of, const char *why, struct page *page)
{
    if (!why[0])
        return;
    page_printf(page, PAGE_WARN, "%s: ", of);
    page_wrapped(page, PAGE_PLAIN, 2, why);
    page_end_line(page);
}

static void write_load(const struct knowledge_load *load, struct page *page)
{
    char span[MOMENT_SPAN_SIZE];

    if (load->state == LOAD_FAILED) {
        page_text(page, PAGE_BAD, "FAILED  ");
        page_wrapped(page, PAGE_PLAIN, 8,
                     load->error[0] ? load->error : "the server does not say why");
        page_end_line(page);
        return;
    }
    page_text(page, PAGE_GOOD, is_same_as_before(load) ? "nothing has changed: " : "loaded: ");
    write_counts(load, page);
    if (load->started_at_ms > 0 && load->finished_at_ms >= load->started_at_ms) {
        moment_format_span(load->finished_at_ms - load->started_at_ms, span);
        page_printf(page, PAGE_DIM, " in %s", span);
    }
    page_end_line(page);
    write_trouble("refused", load->refusal, page);
    write_trouble("vectors", load->vectors_error, page);
}

static void write_count(struct page *page, const char *comma, int64_t n, const char *what)
{
    if (n >= 0)
        page_printf(page, PAGE_PLAIN, "%s%lld %s", comma, (long long)n, what);
}

void knowledge_write_end(const struct knowledge_stats *stats, struct page *page)
{
    write_load(&stats->load, page);
    page_text(page, PAGE_PLAIN, "there are ");
    write_count(page, "", stats->n_documents, "documents");
    write_count(page, ", ", stats->n_chunks, "chunks");
    write_count(page, ", ", stats->n_vectors, "vectors");
    write_count(page, ", ", stats->n_words, "words");
    page_end_line(page);
    page_printf(page, PAGE_DIM, "version %.12s, index %s, encoder %s%s", stats->version,
                stats->index[0] ? stats->index : "none", stats->encoder,
                stats->is_stand_in ? " (a stand-in)" : "");
    page_end_line(page);
}
