#include "server/llm/vector_source.h"

#include "common/alloc.h"
#include "common/json_write.h"
#include "server/llm/vector_source_ops.h"

void vector_source_free(struct vector_source *source)
{
    if (!source)
        return;
    source->ops->free(source->self);
    free(source);
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

// NOLINTNEXTLINE(readability-function-size): these are what a query has
int vector_source_query(struct vector_source *source,
                        const float *vector,
                        const char *kind,
                        size_t k,
                        struct vector_hit *ret_hits,
                        size_t *ret_n,
                        struct tw_error *err)
{
    return source->ops->query(source->self, vector, kind, k, ret_hits, ret_n, err);
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
