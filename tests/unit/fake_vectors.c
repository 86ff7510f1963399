#include "fake_vectors.h"

#include "common/alloc.h"
#include "server/llm/vector_source_ops.h"

#include <stdio.h>
#include <string.h>

static int fail_if_told(const struct fake_vectors *fake, struct tw_error *err)
{
    return fake->fails == TW_OK ? 0 : tw_fail(err, fake->fails, "the fake index fails");
}

static struct fake_record *find(const struct fake_vectors *fake, const char *id)
{
    for (size_t i = 0; i < fake->n; i++)
        if (strcmp(fake->at[i].id, id) == 0)
            return &fake->at[i];
    return NULL;
}

bool fake_vectors_has(const struct fake_vectors *fake, const char *id)
{
    return find(fake, id) != NULL;
}

static void put(struct fake_vectors *fake, const struct vector_record *record)
{
    struct fake_record *place = find(fake, record->id);

    if (!place) {
        fake->at = xrealloc_array(fake->at, fake->n + 1, sizeof(*fake->at));
        place = &fake->at[fake->n++];
        *place = (struct fake_record){.vector = xcalloc(fake->dim, sizeof(float))};
    }
    (void)snprintf(place->id, sizeof(place->id), "%s", record->id);
    (void)snprintf(place->kind, sizeof(place->kind), "%s", record->kind);
    (void)snprintf(place->version, sizeof(place->version), "%s", record->version);
    memcpy(place->vector, record->vector, fake->dim * sizeof(float));
}

static int upsert(void *self,
                  const struct vector_record *records,
                  size_t n_records,
                  struct tw_error *err)
{
    struct fake_vectors *fake = self;

    if (fake->before_upsert)
        fake->before_upsert(fake->ctx);
    if (fail_if_told(fake, err) < 0)
        return -1;
    for (size_t i = 0; i < n_records; i++)
        put(fake, &records[i]);
    fake->n_upserted += n_records;
    return 0;
}

static int remove_ids(void *self, const char *const *ids, size_t n_ids, struct tw_error *err)
{
    struct fake_vectors *fake = self;

    if (fail_if_told(fake, err) < 0)
        return -1;
    for (size_t i = 0; i < n_ids; i++) {
        struct fake_record *record = find(fake, ids[i]);

        if (!record)
            continue;
        free(record->vector);
        *record = fake->at[--fake->n];
        fake->n_deleted++;
    }
    return 0;
}

static double distance(const struct fake_vectors *fake, const float *a, const float *b)
{
    double dot = 0;

    for (size_t i = 0; i < fake->dim; i++)
        dot += (double)a[i] * (double)b[i];
    return 1 - dot;
}

static int compare(const void *a, const void *b)
{
    const struct vector_hit *left = a, *right = b;

    if (left->distance != right->distance)
        return left->distance < right->distance ? -1 : 1;
    return strcmp(left->id, right->id);
}

static int query(void *self,
                 const float *vector,
                 const char *kind,
                 size_t k,
                 struct vector_hit *ret_hits,
                 size_t *ret_n,
                 struct tw_error *err)
{
    struct fake_vectors *fake = self;
    CLEANUP(freep) struct vector_hit *hits = xcalloc(fake->n + 1, sizeof(*hits));
    size_t n = 0;

    if (fail_if_told(fake, err) < 0)
        return -1;
    for (size_t i = 0; i < fake->n; i++) {
        if (kind && strcmp(fake->at[i].kind, kind) != 0)
            continue;
        (void)snprintf(hits[n].id, sizeof(hits[n].id), "%s", fake->at[i].id);
        hits[n++].distance = distance(fake, vector, fake->at[i].vector);
    }
    qsort(hits, n, sizeof(*hits), compare);
    *ret_n = n < k ? n : k;
    memcpy(ret_hits, hits, *ret_n * sizeof(*hits));
    return 0;
}

static int each(void *self, vector_source_each_fn *each_record, void *ctx, struct tw_error *err)
{
    struct fake_vectors *fake = self;

    if (fail_if_told(fake, err) < 0)
        return -1;
    for (size_t i = 0; i < fake->n; i++)
        each_record(ctx, fake->at[i].id, fake->at[i].version);
    return 0;
}

static void free_self(void *self)
{
    (void)self;
}

struct vector_source *fake_vectors_source(struct fake_vectors *fake)
{
    static const struct vector_source_ops embedded = {.name = "embedded",
                                                      .upsert = upsert,
                                                      .delete = remove_ids,
                                                      .query = query,
                                                      .each = each,
                                                      .free = free_self};
    static const struct vector_source_ops chroma = {.name = "chroma",
                                                    .is_remote = true,
                                                    .upsert = upsert,
                                                    .delete = remove_ids,
                                                    .query = query,
                                                    .each = each,
                                                    .free = free_self};

    return vector_source_new(strcmp(fake->name, "chroma") == 0 ? &chroma : &embedded, fake);
}

void fake_vectors_finish(struct fake_vectors *fake)
{
    for (size_t i = 0; i < fake->n; i++)
        free(fake->at[i].vector);
    free(fake->at);
    *fake = (struct fake_vectors){0};
}
