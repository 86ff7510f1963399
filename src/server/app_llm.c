#include "server/app_parts.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "server/llm/encoder.h"
#include "server/llm/knowledge.h"
#include "server/llm/openai.h"
#include "server/llm/query_window.h"
#include "server/llm/vector_source.h"
#include "server/llm/vectors.h"
#include "server/store/store.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define QUESTIONS_FILE_MAX (1U << 20)
#define WATCH_MS           5000
#define REPAIR_WAIT_MAX_MS 600000

/* ---- The parts ----------------------------------------------------------------------------------- */

static unsigned encoder_threads(const struct config *config)
{
    long n_cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (config->encoder_threads > 0)
        return (unsigned)config->encoder_threads;
    return n_cores > 1 ? (unsigned)(n_cores - 1) : 1;
}

/* Without weights the stand-in, which everybody is told of; with faulty ones no start. */
static int open_encoder(struct app *app, struct tw_error *err)
{
    const char *folder = app->config->encoder_weights;
    CLEANUP(freep) char *weights = xprintf_dup("%s/model.safetensors", folder);
    CLEANUP(freep) char *vocab = xprintf_dup("%s/vocab.txt", folder);
    const struct encoder_options options = {weights, vocab, encoder_threads(app->config)};
    struct tw_error why = {0};

    if (encoder_open(&options, &app->encoder, &why) == 0)
        return 0;
    if (why.code != TW_NOT_FOUND)
        return tw_fail(err, why.code, "%s", why.message);
    app->encoder = encoder_new_hashed();
    log_warn(
        "no weights of the encoder in %s: questions are answered by words alone, and embedding "
        "drift sees spelling instead of meaning; ./run fetches them, as does %s/fetch-encoder.sh FOLDER",
        folder, app->config->assets_dir);
    return 0;
}

static int open_index(struct app *app, struct tw_error *err)
{
    const struct config *c = app->config;
    const struct chroma_options chroma = {
        .url = c->chroma_url,
        .tenant = c->chroma_tenant,
        .database = c->chroma_database,
        .token = *c->chroma_token ? c->chroma_token : NULL,
        .timeout_ms = c->chroma_timeout_ms,
    };
    size_t dim = encoder_dim(app->encoder);

    if (!encoder_is_semantic(app->encoder))
        return 0;
    if (*c->chroma_url)
        return vector_source_open_chroma(&chroma, c->chroma_collection, dim, &app->index, err);
    return vector_source_open_embedded(app->vectors, c->chroma_collection, dim, &app->index, err);
}

static int open_knowledge(struct app *app, struct tw_error *err)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/knowledge.db", app->config->state_dir);
    CLEANUP(freep) char *lists = xprintf_dup("%s/kb", app->config->assets_dir);
    struct vectors_stats vectors = {0};
    struct knowledge_options options = {
        .folder = app->config->kb_dir,
        .lists_folder = lists,
        .path = path,
        .encoder = app->encoder,
        .vectors = app->index,
    };

    if (app->vectors && !*app->config->chroma_url) {
        vectors_read_stats(app->vectors, &vectors);
        options.has_damaged_vectors = vectors.n_damaged > 0;
    }
    return knowledge_open(&options, &app->knowledge, err);
}

static int open_model(struct app *app, struct tw_error *err)
{
    const struct config *c = app->config;
    const struct openai_options options = {
        .base_url = c->llm_base_url,
        .api_key = c->llm_api_key,
        .model = c->llm_model,
        .fallback_model = c->llm_fallback_model,
        .timeout_ms = c->llm_timeout_ms,
        .max_tokens = c->llm_max_tokens,
        .temperature = c->llm_temperature,
        .retries = (int)c->llm_retries,
    };

    app->prices = (struct generation_prices){c->llm_price_input, c->llm_price_output};
    if (!config_uses_openai(c))
        return 0;
    if (openai_new(&options, &app->openai, err) < 0)
        return -1;
    return c->llm_judge_share > 0 ? app_start_judge(app, &options, err) : 0;
}

/* ---- Questions: what the baseline asks, and the reference of embedding drift ---------------------- */

/* The lines of a file that are neither empty nor comments, in place. A file that is not there has none. */
static void read_lines(const char *path, struct app_texts *ret_texts)
{
    size_t len, capacity = 0;

    *ret_texts = (struct app_texts){0};
    if (access(path, R_OK) < 0 ||
        file_read(path, QUESTIONS_FILE_MAX, &ret_texts->storage, &len, NULL) < 0)
        return;
    for (char *rest = ret_texts->storage, *line; (line = strsep(&rest, "\n"));) {
        line[strcspn(line, "\r")] = '\0';
        if (*line == '\0' || *line == '#')
            continue;
        if (ret_texts->n == capacity) {
            capacity = 2 * capacity + 64;
            ret_texts->items = xrealloc_array(ret_texts->items, capacity, sizeof(char *));
        }
        ret_texts->items[ret_texts->n++] = line;
    }
}

static void finish_texts(struct app_texts *texts)
{
    free(texts->items);
    free(texts->storage);
}

static void read_texts(struct app *app)
{
    CLEANUP(freep) char *questions = xprintf_dup("%s/questions.txt", app->config->kb_dir);
    CLEANUP(freep) char *foreign = xprintf_dup("%s/foreign-questions.txt", app->config->assets_dir);
    CLEANUP(freep) char *tickets = xprintf_dup("%s/tickets.txt", app->config->assets_dir);

    read_lines(questions, &app->questions);
    read_lines(foreign, &app->foreign);
    read_lines(tickets, &app->tickets);
}

/* Without questions of its own the knowledge base's first queries become the reference. */
static void set_reference(struct app *app)
{
    size_t n = app->questions.n, dim = encoder_dim(app->encoder);
    CLEANUP(freep) size_t *lens = xcalloc(n + 1, sizeof(*lens));
    CLEANUP(freep) float *vectors = xcalloc(n + 1, dim * sizeof(*vectors));
    struct tw_error err;

    for (size_t i = 0; i < n; i++)
        lens[i] = strlen(app->questions.items[i]);
    if (n > 0 && encoder_embed(app->encoder, (const char *const *)app->questions.items, lens, n,
                               ENCODER_BULK, vectors, &err) < 0) {
        log_warn("no reference for embedding drift: %s", err.message);
        n = 0;
    }
    query_window_set_reference(app->queries, vectors, n);
}

/* ---- The window of queries after a restart -------------------------------------------------------- */

struct asked_before { /* newest first */
    char *texts[QUERY_WINDOW_VECTORS];
    size_t lens[QUERY_WINDOW_VECTORS];
    bool is_drill[QUERY_WINDOW_VECTORS];
    size_t n;
};

static bool keep_query(void *ctx, const struct answer_row *row)
{
    struct asked_before *before = ctx;

    if (row->kind == ANSWER_EXTERNAL || !row->query) /* what others answered is not in the window */
        return true;
    before->texts[before->n] = xstrdup(row->query);
    before->lens[before->n] = strlen(row->query);
    before->is_drill[before->n++] = row->origin == ORIGIN_DRILL;
    return before->n < QUERY_WINDOW_VECTORS;
}

/* Queries that come while this is at work, a second or so, are older in the window than they are. */
static void restore_queries(struct app *app)
{
    const struct answer_filter filter = {
        .kind = -1,
        .class_index = -1,
        .since_ms = clock_now_ms() - app->config->drift_max_age_ms,
        .limit = 4 * QUERY_WINDOW_VECTORS,
    };
    CLEANUP(freep) struct asked_before *before = xcalloc(1, sizeof(*before));
    size_t dim = encoder_dim(app->encoder);
    CLEANUP(freep) float *vectors = xcalloc(QUERY_WINDOW_VECTORS, dim * sizeof(*vectors));
    struct tw_error err;
    int result = store_list_answers(app->store, &filter, keep_query, before, &err);

    if (result == 0 && before->n > 0)
        result = encoder_embed(app->encoder, (const char *const *)before->texts, before->lens,
                               before->n, ENCODER_BULK, vectors, &err);
    if (result < 0)
        log_warn("embedding drift begins anew: %s", err.message);
    for (size_t i = before->n; i-- > 0;) {
        if (result == 0)
            (void)query_window_put(app->queries, vectors + i * dim, before->is_drill[i]);
        free(before->texts[i]);
    }
}

/* ---- Its thread: loads, and embedding drift ------------------------------------------------------ */

static void load(struct app *app)
{
    struct knowledge_progress progress;
    struct tw_error err = {0};
    char detail[256];

    if (knowledge_load(app->knowledge, &err) < 0) {
        log_error("the knowledge base was not loaded: %s", err.message);
        app_event(app, "knowledge", "load failed", NULL);
        return;
    }
    set_reference(app);
    knowledge_read_progress(app->knowledge, &progress);
    (void)snprintf(
        detail, sizeof(detail),
        "{\"files\":%zu,\"changed\":%zu,\"removed\":%zu,\"refused\":%zu,\"took_ms\":%lld}",
        progress.n_files, progress.n_changed, progress.n_removed, progress.n_refused,
        (long long)(progress.ended_at_ms - progress.started_at_ms));
    app_event(app, "knowledge", "loaded", detail);
    log_info("knowledge base loaded: %zu files, %zu changed, %zu removed, in %lld ms",
             progress.n_files, progress.n_changed, progress.n_removed,
             (long long)(progress.ended_at_ms - progress.started_at_ms));
    if (*progress.vectors_error)
        log_warn("no dense retrieval: %s", progress.vectors_error);
    if (*progress.first_refusal)
        log_warn("%zu files were passed over, the first: %s", progress.n_refused,
                 progress.first_refusal);
}

/* ---- The index, while it is not well ------------------------------------------------------------- */

/* Loads that bring vectors back. */
struct repair {
    int64_t wait_ms, last_mono_ms;
    uint64_t n_found; /* at the last one */
};

/* Any question does, when it is the answering that matters. */
static bool answers_questions(struct app *app, struct tw_error *err)
{
    CLEANUP(freep) float *vector = xcalloc(encoder_dim(app->encoder), sizeof(*vector));
    struct vector_hit hit;
    size_t n;

    vector[0] = 1;
    return vector_source_query(app->index, vector, NULL, 1, &hit, &n, err) == 0;
}

/* At once when the last one helped; what seems to succeed and is soon lost again is tried less and less. */
static void repair_index(struct app *app, uint64_t n_found, struct repair *repair)
{
    int64_t now_ms = clock_mono_ms();

    if (n_found != repair->n_found)
        repair->wait_ms = 0;
    if (now_ms - repair->last_mono_ms < repair->wait_ms)
        return;
    log_info("the index answers and lacks vectors: they are brought there");
    repair->last_mono_ms = now_ms;
    repair->n_found = n_found;
    repair->wait_ms = repair->wait_ms == 0 ? WATCH_MS : 2 * repair->wait_ms;
    if (repair->wait_ms > REPAIR_WAIT_MAX_MS)
        repair->wait_ms = REPAIR_WAIT_MAX_MS;
    app->wants_load = true;
}

/* Without it what a server of vectors missed, or lost, would wait for somebody to load the knowledge base,
 * and /health for a question. */
static void watch_index(struct app *app, struct repair *repair)
{
    struct knowledge_stats stats;
    struct tw_error why = {0};
    bool lacks_vectors;

    if (!app->index)
        return;
    knowledge_read_stats(app->knowledge, &stats);
    lacks_vectors = stats.dense == KNOWLEDGE_DENSE_FAILED || stats.dense == KNOWLEDGE_DENSE_LOST;
    if (!lacks_vectors && !*stats.index_error)
        return;
    if (!answers_questions(app, &why))
        knowledge_note_search(app->knowledge, why.message);
    else if (lacks_vectors)
        repair_index(app, stats.n_found, repair);
    else
        knowledge_forgive_index(app->knowledge);
}

/* ---- The thread ---------------------------------------------------------------------------------- */

/* One thread for both, since a load moves the reference of drift. Woken by a query that makes a
 * computation due, by a wish to load, and by the server's end. */
static void *watch_llm(void *ctx)
{
    struct app *app = ctx;
    struct pollfd wake = {.fd = app->llm_wake_fd, .events = POLLIN};
    struct repair repair = {0};
    struct embedding_drift_result result;
    bool is_restored = false;
    int64_t wait_ms;
    eventfd_t count;

    (void)pthread_setname_np(pthread_self(), "llm-watch");
    while (!app->is_draining) {
        if (app->wants_load) {
            app->wants_load = false;
            load(app);
            if (!is_restored) /* after the first load: the reference comes with it */
                restore_queries(app);
            is_restored = true;
        }
        if (query_window_is_due(app->queries, clock_mono_ms()))
            (void)query_window_compute(app->queries, clock_mono_ms(), &result);
        watch_index(app, &repair);
        wait_ms = query_window_due_in_ms(app->queries, clock_mono_ms());
        if (!app->wants_load && poll(&wake, 1, (int)(wait_ms < WATCH_MS ? wait_ms : WATCH_MS)) > 0)
            (void)eventfd_read(app->llm_wake_fd, &count);
    }
    return NULL;
}

int app_start_load(struct app *app, struct tw_error *err)
{
    struct knowledge_progress progress;

    knowledge_read_progress(app->knowledge, &progress);
    if (app->wants_load || (progress.started_at_ms > 0 && progress.ended_at_ms == 0))
        return tw_fail(err, TW_BUSY, "a load is at work: GET /kb/stats tells how far it is");
    app->wants_load = true;
    (void)eventfd_write(app->llm_wake_fd, 1);
    return 0;
}

/* ---- Start and stop ------------------------------------------------------------------------------ */

int app_open_vectors(struct app *app, struct tw_error *err)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/vectors.db", app->config->state_dir);

    if (!config_has_role(app->config, "llm") && !config_has_role(app->config, "vector"))
        return 0;
    return vectors_open(path, &app->vectors, err);
}

int app_open_llm(struct app *app, struct tw_error *err)
{
    read_texts(app);
    if (!config_has_role(app->config, "llm"))
        return 0;
    if (open_encoder(app, err) < 0 || open_index(app, err) < 0 || open_knowledge(app, err) < 0 ||
        open_model(app, err) < 0)
        return -1;
    app->queries = query_window_new(encoder_dim(app->encoder));
    app->answerer = (struct answerer){
        .knowledge = app->knowledge, .encoder = app->encoder, .openai = app->openai};
    app->wants_load = true; /* brings it in step with its folder; nothing to do costs little */
    app->llm_wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (app->llm_wake_fd < 0)
        return tw_fail(err, TW_BROKEN, "cannot make an eventfd");
    return 0;
}

int app_start_llm_thread(struct app *app, struct tw_error *err)
{
    if (!app->knowledge)
        return 0;
    if (pthread_create(&app->llm_thread, NULL, watch_llm, app) != 0)
        return tw_fail(err, TW_BROKEN, "cannot start the thread of the LLM side");
    app->has_llm_thread = true;
    return 0;
}

void app_shut_llm(struct app *app)
{
    if (app->openai)
        openai_stop(app->openai);
    app_stop_judge(app);
    if (app->index)
        vector_source_stop(app->index);
    if (!app->has_llm_thread)
        return;
    knowledge_cancel(app->knowledge);
    (void)eventfd_write(app->llm_wake_fd, 1);
    (void)pthread_join(app->llm_thread, NULL);
    app->has_llm_thread = false;
}

void app_close_llm(struct app *app)
{
    openai_free(app->openai);
    knowledge_free(app->knowledge);
    vector_source_free(app->index);
    vectors_close(app->vectors);
    encoder_free(app->encoder);
    if (app->queries)
        query_window_free(app->queries);
    finish_texts(&app->questions);
    finish_texts(&app->foreign);
    finish_texts(&app->tickets);
    if (app->llm_wake_fd > 0)
        (void)close(app->llm_wake_fd);
}
