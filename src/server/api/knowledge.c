#include "server/api/api.h"

#include "common/json_write.h"
#include "server/app.h"
#include "server/llm/embedding_drift.h"
#include "server/llm/encoder.h"
#include "server/llm/knowledge.h"
#include "server/llm/query_window.h"

#include <math.h>
#include <stdint.h>

/* The knowledge base: load it, and what it holds; and how far questions have moved from it. */

static bool is_at_work(const struct knowledge_progress *progress)
{
    return progress->phase != KNOWLEDGE_IDLE && progress->phase != KNOWLEDGE_DONE &&
           progress->phase != KNOWLEDGE_FAILED;
}

static void write_load(struct app *app, struct json_writer *w)
{
    struct knowledge_progress progress;
    size_t n_unchanged;

    knowledge_read_progress(app->knowledge, &progress);
    n_unchanged = progress.n_files - progress.n_refused;
    n_unchanged -= progress.n_changed < n_unchanged ? progress.n_changed : n_unchanged;
    json_write_object(w, "load");
    json_write_string(w, "state",
                      is_at_work(&progress)                ? "loading"
                      : progress.phase == KNOWLEDGE_FAILED ? "failed"
                                                           : "idle");
    json_write_string(w, "phase", knowledge_phase_name(progress.phase));
    json_write_int(w, "files_total", (int64_t)progress.n_files);
    json_write_int(w, "files_done", (int64_t)progress.n_read);
    json_write_int(w, "changed", (int64_t)progress.n_changed);
    json_write_int(w, "unchanged", (int64_t)n_unchanged);
    json_write_int(w, "removed", (int64_t)progress.n_removed);
    json_write_int(w, "refused", (int64_t)progress.n_refused);
    json_write_int(w, "chunks_done", (int64_t)progress.n_chunks);
    json_write_int(w, "vectors_done", (int64_t)progress.n_vectors);
    json_write_int(w, "vectors_total", (int64_t)progress.n_vectors_due);
    json_write_int(w, "started_at_ms", progress.started_at_ms);
    json_write_int(w, "finished_at_ms", progress.ended_at_ms);
    json_write_string(w, "error", *progress.error ? progress.error : NULL);
    json_write_string(w, "first_refusal", *progress.first_refusal ? progress.first_refusal : NULL);
    json_write_string(w, "vectors_error", *progress.vectors_error ? progress.vectors_error : NULL);
    json_write_object_end(w);
}

int api_knowledge_load(struct app *app,
                       const struct request *request,
                       struct reply *reply,
                       struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};

    if (app_start_load(app, err) < 0)
        return -1;
    reply->status = 202;
    json_write_object(&w, NULL);
    json_write_string(&w, "state", "loading");
    write_load(app, &w);
    json_write_string(&w, "request_id", request->request_id);
    json_write_object_end(&w);
    return 0;
}

static bool write_document(void *ctx, const struct knowledge_document *document)
{
    struct json_writer *w = ctx;

    json_write_object(w, NULL);
    json_write_string(w, "document", document->path);
    json_write_string(w, "title", document->title);
    json_write_int(w, "chunks", (int64_t)document->n_chunks);
    json_write_object_end(w);
    return !w->out->failed;
}

int api_knowledge_stats(struct app *app,
                        const struct request *request,
                        struct reply *reply,
                        struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct knowledge_stats stats;

    (void)request;
    (void)err;
    knowledge_read_stats(app->knowledge, &stats);
    json_write_object(&w, NULL);
    json_write_int(&w, "documents", (int64_t)stats.n_documents);
    json_write_int(&w, "chunks", (int64_t)stats.n_chunks);
    json_write_int(&w, "words", (int64_t)stats.n_words);
    json_write_string(&w, "version", stats.version);
    json_write_int(&w, "loaded_at_ms", stats.loaded_at_ms);
    json_write_string(&w, "encoder", encoder_name(app->encoder));
    json_write_bool(&w, "encoder_is_semantic", encoder_is_semantic(app->encoder));
    json_write_string(&w, "index", *stats.vectors ? stats.vectors : NULL);
    json_write_string(&w, "folder", app->config->kb_dir);
    write_load(app, &w);
    json_write_array(&w, "files");
    knowledge_each_document(app->knowledge, write_document, &w);
    json_write_array_end(&w);
    json_write_object_end(&w);
    return 0;
}

int api_embedding_stats(struct app *app,
                        const struct request *request,
                        struct reply *reply,
                        struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct embedding_drift_result result;
    bool has_score;

    (void)request;
    (void)err;
    has_score = query_window_latest(app->queries, &result) && result.has_score;
    json_write_object(&w, NULL);
    if (has_score)
        json_write_fixed(&w, "score", result.unseen_ratio, 4);
    else
        json_write_null(&w, "score");
    json_write_fixed(&w, "classifier_score", has_score ? result.score : (double)NAN, 4);
    json_write_fixed(&w, "auc", has_score ? result.auc : (double)NAN, 4);
    json_write_fixed(&w, "p_value", has_score ? result.p_value : (double)NAN, 4);
    json_write_fixed(&w, "mmd_squared", has_score ? result.mmd2 : (double)NAN, 6);
    json_write_fixed(&w, "mmd_p_value", has_score ? result.mmd2_p : (double)NAN, 4);
    json_write_fixed(&w, "diversity", result.n_window > 1 ? result.diversity : (double)NAN, 4);
    json_write_int(&w, "reference", (int64_t)result.n_reference);
    json_write_int(&w, "window", (int64_t)result.n_window);
    json_write_int(&w, "queries", (int64_t)query_window_count(app->queries));
    json_write_string(&w, "encoder", encoder_name(app->encoder));
    json_write_object_end(&w);
    return 0;
}

int api_embedding_reset(struct app *app,
                        const struct request *request,
                        struct reply *reply,
                        struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};

    (void)err;
    query_window_reset(app->queries);
    app_event(app, "drift", "embedding window reset", NULL);
    json_write_object(&w, NULL);
    json_write_bool(&w, "reset", true);
    json_write_string(&w, "request_id", request->request_id);
    json_write_object_end(&w);
    return 0;
}
