#include "server/llm/vector_source.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/json_write.h"
#include "server/llm/vector_source_ops.h"

/* Every question waits for the index, so one that is silent would hold all workers for most of the time. */
#define FAILURES_MAX 3
#define OPEN_MS      5000

struct vector_source *vector_source_new(const struct vector_source_ops *ops, void *self)
{
    struct vector_source *source = xcalloc(1, sizeof(*source));

    source->ops = ops;
    source->self = self;
    (void)pthread_mutex_init(&source->lock, NULL);
    breaker_init(&source->breaker, FAILURES_MAX, OPEN_MS);
    return source;
}

void vector_source_free(struct vector_source *source)
{
    if (!source)
        return;
    source->ops->free(source->self);
    (void)pthread_mutex_destroy(&source->lock);
    free(source);
}

void vector_source_stop(struct vector_source *source)
{
    if (source->ops->stop)
        source->ops->stop(source->self);
}

const char *vector_source_name(const struct vector_source *source)
{
    return source->ops->name;
}

int vector_source_upsert(struct vector_source *source,
                         const struct vector_record *records,
                         size_t n_records,
                         struct tw_error *err)
{
    return source->ops->upsert(source->self, records, n_records, err);
}

int vector_source_delete(struct vector_source *source,
                         const char *const *ids,
                         size_t n_ids,
                         struct tw_error *err)
{
    return source->ops->delete (source->self, ids, n_ids, err);
}

/* ---- Queries, with a breaker -------------------------------------------------------------------- */

static int begin_query(struct vector_source *source, struct tw_error *err)
{
    int result = 0;

    (void)pthread_mutex_lock(&source->lock);
    if (!breaker_allow(&source->breaker, clock_mono_ms()))
        result = tw_fail(err, TW_BROKEN, "not asked for a while, for it failed: %s",
                         source->last_failure.message);
    (void)pthread_mutex_unlock(&source->lock);
    return result;
}

/* What it refuses for the query's sake (TW_INVALID) it refuses in good health. */
static void end_query(struct vector_source *source, int result, const struct tw_error *why)
{
    (void)pthread_mutex_lock(&source->lock);
    if (result == 0 || why->code == TW_INVALID) {
        breaker_succeed(&source->breaker);
    } else {
        breaker_fail(&source->breaker, clock_mono_ms());
        source->last_failure = *why;
    }
    (void)pthread_mutex_unlock(&source->lock);
}

// NOLINTNEXTLINE(readability-function-size): these are what a query has
int vector_source_query(struct vector_source *source,
                        const float *vector,
                        const char *kind,
                        size_t k,
                        struct vector_hit *ret_hits,
                        size_t *ret_n,
                        struct tw_error *err)
{
    struct tw_error why = {0};
    int result;

    if (!source->ops->is_remote)
        return source->ops->query(source->self, vector, kind, k, ret_hits, ret_n, err);
    if (begin_query(source, err) < 0)
        return -1;
    result = source->ops->query(source->self, vector, kind, k, ret_hits, ret_n, &why);
    end_query(source, result, &why);
    return result < 0 ? tw_fail(err, why.code, "%s", why.message) : 0;
}

int vector_source_each(struct vector_source *source,
                       vector_source_each_fn *each,
                       void *ctx,
                       struct tw_error *err)
{
    return source->ops->each(source->self, each, ctx, err);
}

char *vector_record_metadata_dup(const struct vector_record *record)
{
    struct buffer out;
    struct json_writer w = {&out, false};
    char *text;

    buffer_init(&out, 4096);
    json_write_object(&w, NULL);
    if (record->kind)
        json_write_string(&w, "kind", record->kind);
    if (record->version)
        json_write_string(&w, "version", record->version);
    json_write_object_end(&w);
    text = buffer_take(&out, NULL);
    buffer_finish(&out);
    return text;
}
