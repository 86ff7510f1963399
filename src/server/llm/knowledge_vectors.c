#include "server/llm/knowledge_vectors.h"

#include "server/llm/encoder.h"
#include "server/llm/id_table.h"
#include "server/llm/markdown.h"
#include "server/llm/text.h"
#include "server/llm/vector_source.h"
#include "server/store/db.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BATCH         32 /* texts encoded and stored together */
#define DELETE_BATCH  4096
#define SENTENCES_MAX 64 /* of a chunk; only lists of very short lines have more */
#define ID_SIZE       256

struct item {
    char id[ID_SIZE];
    char version[HASH_HEX_SIZE];
    const char *kind;
    char *text;
};

struct syncing {
    const struct knowledge_vectors_sync *sync;
    struct id_table there;
    struct item batch[BATCH];
    size_t n_batch;
    size_t n_due, n_done;
    float *vectors; /* BATCH of them */
};

static void clear_batch(struct syncing *s)
{
    for (size_t i = 0; i < s->n_batch; i++)
        free(s->batch[i].text);
    s->n_batch = 0;
}

static void syncing_finish(struct syncing *s)
{
    clear_batch(s);
    id_table_finish(&s->there);
    free(s->vectors);
}

/* ---- Making ------------------------------------------------------------------------------------ */

static bool is_zero(const float *vector, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        if (vector[i] != 0)
            return false;
    return true;
}

static int store_batch(struct syncing *s, struct tw_error *err)
{
    struct vector_record records[BATCH];
    size_t dim = encoder_dim(s->sync->encoder), n = 0;

    for (size_t i = 0; i < s->n_batch; i++) {
        const struct item *item = &s->batch[i];
        const float *vector = s->vectors + i * dim;

        /* A text without words has no direction, and is near to nothing. */
        if (is_zero(vector, dim))
            continue;
        records[n++] =
            (struct vector_record){item->id, vector, item->text, item->kind, item->version};
    }
    return n > 0 ? vector_source_upsert(s->sync->vectors, records, n, err) : 0;
}

static int flush(struct syncing *s, struct tw_error *err)
{
    const char *texts[BATCH];
    size_t lens[BATCH];

    for (size_t i = 0; i < s->n_batch; i++) {
        texts[i] = s->batch[i].text;
        lens[i] = strlen(texts[i]);
    }
    if (s->n_batch > 0 && (encoder_embed(s->sync->encoder, texts, lens, s->n_batch, ENCODER_BULK,
                                         s->vectors, err) < 0 ||
                           store_batch(s, err) < 0))
        return -1;
    s->n_done += s->n_batch;
    clear_batch(s);
    return s->sync->progress(s->sync->ctx, s->n_due, s->n_done, err);
}

/* Takes text over. */
static int want(struct syncing *s, const struct item *item, struct tw_error *err)
{
    struct id_entry *entry = id_table_obtain(&s->there, item->id);
    uint64_t version = id_table_hash(item->version);

    entry->is_wanted = true;
    s->n_due++;
    if (entry->version == version) {
        free(item->text);
        s->n_done++;
        return 0;
    }
    s->batch[s->n_batch++] = *item;
    return s->n_batch == BATCH ? flush(s, err) : 0;
}

/* ---- Texts ------------------------------------------------------------------------------------- */

static char *plain_dup(const char *lead, const char *text, size_t len)
{
    CLEANUP(buffer_finish) struct buffer plain;

    buffer_init(&plain, strlen(lead) + len + 2);
    (void)buffer_puts(&plain, lead);
    markdown_append_plain(&plain, text, len);
    return xstrdup(buffer_text(&plain));
}

struct chunk_row {
    const char *document, *title, *heading, *text;
    int64_t number;
};

static void find_version(const struct syncing *s, const struct chunk_row *row, char *ret_version)
{
    CLEANUP(freep)
    char *all = xprintf_dup("%s\n%s\n%s\n%s\n%s", KNOWLEDGE_VECTOR_RULES,
                            encoder_name(s->sync->encoder), row->title, row->heading, row->text);

    hash_sha256_hex(all, strlen(all), ret_version);
}

/* A sentence says little without what it is about: the title goes before each. */
static int want_sentences(struct syncing *s,
                          const struct chunk_row *row,
                          struct item *item,
                          const char *lead,
                          struct tw_error *err)
{
    CLEANUP(text_sentences_finish) struct text_sentences sentences;

    text_sentences_init(&sentences, row->text, strlen(row->text));
    item->kind = KNOWLEDGE_VECTOR_SENTENCE;
    for (size_t i = 0; i < sentences.n && i < SENTENCES_MAX; i++) {
        const struct text_span *span = &sentences.items[i];

        (void)snprintf(item->id, sizeof(item->id), "%s#%" PRId64 "/%zu", row->document, row->number,
                       i + 1);
        item->text = plain_dup(lead, row->text + span->start, span->end - span->start);
        if (want(s, item, err) < 0)
            return -1;
    }
    return 0;
}

static int want_chunk(struct syncing *s, const struct chunk_row *row, struct tw_error *err)
{
    CLEANUP(freep) char *lead = xprintf_dup("%s. ", row->title);
    struct item item = {.kind = KNOWLEDGE_VECTOR_CHUNK};

    find_version(s, row, item.version);
    (void)snprintf(item.id, sizeof(item.id), "%s#%" PRId64, row->document, row->number);
    item.text = plain_dup(lead, row->text, strlen(row->text));
    if (want(s, &item, err) < 0)
        return -1;
    return want_sentences(s, row, &item, lead, err);
}

static int want_chunks(struct syncing *s, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *rows = NULL;
    int row;

    if (db_prepare(s->sync->db,
                   "SELECT d.path, c.title, c.heading, c.text, c.number FROM chunks c "
                   "JOIN documents d ON d.id = c.document ORDER BY c.id",
                   &rows, err) < 0)
        return -1;
    while ((row = statement_step(rows, err)) > 0) {
        const struct chunk_row chunk = {statement_text(rows, 0), statement_text(rows, 1),
                                        statement_text(rows, 2), statement_text(rows, 3),
                                        statement_int(rows, 4)};

        if (want_chunk(s, &chunk, err) < 0)
            return -1;
    }
    return row < 0 ? -1 : flush(s, err);
}

/* ---- Removing ---------------------------------------------------------------------------------- */

static void note_there(void *ctx, const char *id, const char *version)
{
    struct syncing *s = ctx;

    id_table_obtain(&s->there, id)->version = version ? id_table_hash(version) : 1;
}

struct removal {
    struct id_table *there;
    char *ids[DELETE_BATCH];
    size_t n;
};

static void note_unwanted(void *ctx, const char *id, const char *version)
{
    struct removal *removal = ctx;
    const struct id_entry *entry = id_table_find(removal->there, id);

    (void)version;
    if ((!entry || !entry->is_wanted) && removal->n < DELETE_BATCH)
        removal->ids[removal->n++] = xstrdup(id);
}

/* A source must not be changed while it is walked, so each walk collects one batch. */
static int remove_unwanted(struct syncing *s, struct tw_error *err)
{
    int result = 0;
    size_t n;

    do {
        struct removal removal = {.there = &s->there};

        result = vector_source_each(s->sync->vectors, note_unwanted, &removal, err);
        n = removal.n;
        if (result == 0 && n > 0)
            result =
                vector_source_delete(s->sync->vectors, (const char *const *)removal.ids, n, err);
        for (size_t i = 0; i < n; i++)
            free(removal.ids[i]);
    } while (result == 0 && n == DELETE_BATCH);
    return result;
}

int knowledge_vectors_bring_in_step(const struct knowledge_vectors_sync *sync, struct tw_error *err)
{
    CLEANUP(syncing_finish) struct syncing s = {.sync = sync};

    s.vectors = xcalloc(BATCH * encoder_dim(sync->encoder), sizeof(*s.vectors));
    if (vector_source_each(sync->vectors, note_there, &s, err) < 0 || want_chunks(&s, err) < 0)
        return -1;
    return remove_unwanted(&s, err);
}
