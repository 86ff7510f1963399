/* What Chroma servers answer and what Chroma clients send. The first byte chooses the reader, the second varies it,
 * the rest is the text. */

#include "common/json_check.h"
#include "fuzz.h"
#include "server/api/vector_body.h"
#include "server/llm/chroma_reply.h"
#include "server/llm/metadata.h"
#include "server/llm/where.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define K 8

static const char document[] = "a text with [brackets] and \"quotes\"";

static void read_collection(const char *text, size_t len, unsigned variant)
{
    struct chroma_collection collection;

    (void)!chroma_check_status((int)variant * 4, text, len, NULL);
    (void)chroma_takes_base64(text, len);
    if (chroma_read_collection(text, len, &collection, NULL) < 0)
        return;
    FUZZ_EXPECT(strlen(collection.id) > 0 && strlen(collection.id) < sizeof(collection.id));
    FUZZ_EXPECT(!strpbrk(collection.id, "/?#% "));
}

static void read_hits(const char *text, size_t len, unsigned variant)
{
    struct vector_hit hits[K];
    size_t n, k = variant % (K + 1);

    if (chroma_read_hits(text, len, k, hits, &n, NULL) < 0)
        return;
    FUZZ_EXPECT(n <= k);
    for (size_t i = 0; i < n; i++) {
        FUZZ_EXPECT(hits[i].distance >= 0 && hits[i].distance <= 2);
        FUZZ_EXPECT(i == 0 || hits[i - 1].distance <= hits[i].distance);
        FUZZ_EXPECT(memchr(hits[i].id, '\0', sizeof(hits[i].id)));
    }
}

static void count(void *ctx, const char *id, const char *version)
{
    FUZZ_EXPECT(id && version);
    ++*(size_t *)ctx;
}

static void read_page(const char *text, size_t len, unsigned variant)
{
    size_t n, n_seen = 0;

    (void)variant;
    if (chroma_read_page(text, len, count, &n_seen, &n, NULL) == 0)
        FUZZ_EXPECT(n == n_seen && n <= CHROMA_PAGE_RECORDS);
}

/* What is read as metadata is JSON, and reading it again changes nothing. */
static void read_metadata(const char *text, size_t len, unsigned variant)
{
    struct json_scan scan = {text}, again;
    struct buffer once, twice, merged;

    (void)variant;
    if (json_check(text, len, JSON_DEPTH_MAX, NULL) < 0)
        return;
    buffer_init(&once, 2 * METADATA_BYTES_MAX);
    buffer_init(&twice, 2 * METADATA_BYTES_MAX);
    buffer_init(&merged, 4 * METADATA_BYTES_MAX);
    if (metadata_read(&scan, &once, NULL) == 0) {
        FUZZ_EXPECT(json_check(buffer_text(&once), once.len, 2, NULL) == 0);
        again.at = buffer_text(&once);
        FUZZ_EXPECT(metadata_read(&again, &twice, NULL) == 0);
        FUZZ_EXPECT(strcmp(buffer_text(&once), buffer_text(&twice)) == 0);
        metadata_merge(buffer_text(&once), buffer_text(&twice), &merged);
        FUZZ_EXPECT(merged.len == 0 || json_check(buffer_text(&merged), merged.len, 2, NULL) == 0);
    }
    buffer_finish(&once);
    buffer_finish(&twice);
    buffer_finish(&merged);
}

/* A filter, asked of a few records. */
static void read_where(const char *text, size_t len, unsigned variant)
{
    static const char *const metadatas[] = {NULL, "{}",
                                            "{\"n\":3,\"s\":\"t\",\"b\":true,\"l\":[1,2]}",
                                            "{\"a\":-1.5e300,\"s\":\"\\u0009\\\"\"}"};
    CLEANUP(json_freep) struct json *json = NULL;
    CLEANUP(where_freep) struct where *where = NULL;

    if (json_parse(text, len, &json, NULL) < 0 ||
        (variant % 2 ? where_parse : where_parse_document)(json, &where, NULL) < 0)
        return;
    for (size_t i = 0; i < COUNT_OF(metadatas); i++) {
        (void)where_matches(where, metadatas[i], NULL);
        (void)where_matches(where, metadatas[i], document);
    }
}

static void read_batch(const char *text, size_t len, unsigned variant)
{
    struct vector_batch batch;
    struct reply reply = {0};
    struct tw_error err;

    if (json_check(text, len, JSON_DEPTH_MAX, NULL) < 0)
        return;
    if (vector_batch_read(text, variant % 2, &batch, &reply, &err) == 0)
        for (size_t i = 0; i < batch.n; i++) {
            const struct vectors_item *item = &batch.items[i];

            FUZZ_EXPECT(item->id && *item->id && (item->vector || variant % 2 == 0));
            FUZZ_EXPECT(!item->metadata ||
                        json_check(item->metadata, strlen(item->metadata), 2, NULL) == 0);
            if (item->vector)
                (void)vector_norm(item->vector, batch.dim);
        }
    else
        FUZZ_EXPECT(reply.status == 0 || reply.status == 400 || reply.status == 422);
    vector_batch_finish(&batch);
}

static void read_question(const char *text, size_t len, unsigned variant)
{
    struct vector_question question;
    struct reply reply = {0};
    struct tw_error err;

    if (json_check(text, len, JSON_DEPTH_MAX, NULL) < 0)
        return;
    if (vector_question_read(text, (enum vector_call)(variant % 3), &question, &reply, &err) == 0) {
        FUZZ_EXPECT(question.n_includes <= N_INCLUDES && question.n_vectors * question.dim <= len);
        for (size_t i = 0; i < question.filter.n_ids; i++)
            (void)strlen(question.filter.ids[i]);
    } else {
        FUZZ_EXPECT(reply.status == 0 || reply.status == 400 || reply.status == 422);
    }
    vector_question_finish(&question);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const char *, size_t, unsigned) = {
        read_collection, read_hits,  read_page,    read_metadata,
        read_where,      read_batch, read_question};
    char *text;

    if (size < 2)
        return 0;
    text = malloc(size - 1);
    if (!text)
        return 0;
    memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';
    /* The text of a request never has a NUL: json_check refuses it. */
    readers[data[0] % COUNT_OF(readers)](text, size - 2, data[1]);
    free(text);
    return 0;
}
