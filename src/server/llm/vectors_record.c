#include "server/llm/vectors_private.h"

#include "common/alloc.h"

#include <math.h>
#include <string.h>

/* A copy of text behind what is there already, at *end; NULL stays NULL. */
static const char *put_text(const char *text, char **end)
{
    char *start = *end;
    size_t size;

    if (!text)
        return NULL;
    size = strlen(text) + 1;
    memcpy(start, text, size);
    *end = start + size;
    return start;
}

static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

struct record *record_new(const char *id,
                          const char *document,
                          const char *uri,
                          const char *metadata)
{
    size_t bytes =
        sizeof(struct record) + size_of(id) + size_of(document) + size_of(uri) + size_of(metadata);
    struct record *record = calloc(1, bytes);
    char *end;

    if (!record)
        return NULL;
    end = record->text;
    record->refs = 1;
    record->bytes = bytes;
    record->id = put_text(id, &end);
    record->document = put_text(document, &end);
    record->uri = put_text(uri, &end);
    record->metadata = put_text(metadata, &end);
    return record;
}

struct record *record_retain(struct record *record)
{
    atomic_fetch_add_explicit(&record->refs, 1, memory_order_relaxed);
    return record;
}

void record_release(struct record *record)
{
    if (record && atomic_fetch_sub_explicit(&record->refs, 1, memory_order_acq_rel) == 1)
        free(record);
}

static uint64_t hash(uint64_t state, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        state = (state ^ at[i]) * 0x100000001b3ULL;
    return state;
}

/* A missing text differs from an empty one. */
static uint64_t hash_text(uint64_t state, const char *text)
{
    return text ? hash(state, text, strlen(text) + 1) : hash(state, "\x01", 1);
}

int64_t record_checksum(const struct record *record, const float *vector, size_t dim)
{
    uint64_t state = hash(0xcbf29ce484222325ULL, vector, dim * sizeof(*vector));

    state = hash_text(state, record->id);
    state = hash_text(state, record->document);
    state = hash_text(state, record->uri);
    return (int64_t)hash_text(state, record->metadata);
}

bool vectors_is_sound(const float *vector, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        if (!(fabsf(vector[i]) <= (float)VECTOR_VALUE_MAX))
            return false;
    return true;
}
