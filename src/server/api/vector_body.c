#include "server/api/vector_body.h"

#include "common/alloc.h"
#include "common/base64.h"
#include "common/json_scan.h"
#include "server/api/vector.h"
#include "server/llm/metadata.h"
#include "server/llm/where.h"

#include <string.h>

#define NO_TEXT     SIZE_MAX
#define FILTER_MAX  (1U << 20) /* bytes of a where clause: it becomes a tree */
#define TEXTS_SLACK (64U << 10)
#define VECTOR_SIZE (VECTOR_DIM_MAX * sizeof(float))

/* ---- Columns ------------------------------------------------------------------------------------ */

/* One element of an array in the body. */
typedef int read_element_fn(
    void *ctx, size_t index, struct json_scan *scan, struct reply *reply, struct tw_error *err);

static int fail_inconsistent(struct reply *reply, struct tw_error *err)
{
    return vector_fail(reply, 400, err,
                       "Inconsistent number of IDs, embeddings, documents, URIs and metadatas");
}

static int fail_type(const char *name,
                     const char *wanted,
                     struct reply *reply,
                     struct tw_error *err)
{
    return vector_fail(reply, 422, err, "%s: expected %s", name, wanted);
}

static bool is_array(const struct vector_member *member)
{
    struct json_scan scan = member->value;

    return json_scan_type(&scan) == JSON_ARRAY;
}

static size_t count_elements(const struct vector_member *member)
{
    struct json_scan scan = member->value;
    size_t n = 0;

    json_scan_enter(&scan);
    for (; json_scan_more(&scan); n++)
        (void)json_scan_skip(&scan);
    return n;
}

static int read_elements(const struct vector_member *member,
                         read_element_fn *read,
                         void *ctx,
                         struct reply *reply,
                         struct tw_error *err)
{
    struct json_scan scan = member->value;

    if (!is_array(member))
        return fail_type(member->name, "a sequence", reply, err);
    json_scan_enter(&scan);
    for (size_t i = 0; json_scan_more(&scan); i++)
        if (read(ctx, i, &scan, reply, err) < 0)
            return -1;
    return 0;
}

/* A column of a batch, which may be left out but must have n elements. */
static int read_column(const struct vector_member *member,
                       size_t n,
                       read_element_fn *read,
                       void *ctx,
                       struct reply *reply,
                       struct tw_error *err)
{
    if (!member->is_there)
        return 0;
    if (!is_array(member))
        return fail_type(member->name, "a sequence", reply, err);
    if (count_elements(member) != n)
        return fail_inconsistent(reply, err);
    return read_elements(member, read, ctx, reply, err);
}

/* ---- Texts -------------------------------------------------------------------------------------- */

/* Appends the string, with a NUL; its offset tells where it starts, for the buffer may move. */
static size_t put_string(struct json_scan *scan, struct buffer *texts)
{
    size_t start = texts->len;

    json_scan_string(scan, texts);
    (void)buffer_putc(texts, '\0');
    return start;
}

static const char *text_at(const struct buffer *texts, size_t offset)
{
    return offset == NO_TEXT ? NULL : texts->data + offset;
}

/* ---- Vectors ------------------------------------------------------------------------------------ */

/* Vectors of one dimension, one after the other. */
struct vector_list {
    struct buffer *floats;
    size_t n, dim;
};

static int fail_dim(size_t wanted, size_t got, struct reply *reply, struct tw_error *err)
{
    return vector_fail(reply, 400, err,
                       "Collection expecting embedding with dimension of %zu, got %zu", wanted,
                       got);
}

/* An array of numbers. */
static int read_numbers(struct json_scan *scan,
                        float *ret_vector,
                        size_t *ret_dim,
                        struct reply *reply,
                        struct tw_error *err)
{
    size_t dim = 0;

    json_scan_enter(scan);
    while (json_scan_more(scan)) {
        if (json_scan_type(scan) != JSON_NUMBER)
            return fail_type("embeddings", "f32", reply, err);
        if (dim == VECTOR_DIM_MAX)
            return vector_fail(reply, 400, err, "an embedding has over %d dimensions",
                               VECTOR_DIM_MAX);
        ret_vector[dim++] = (float)json_scan_number(scan, NULL);
    }
    *ret_dim = dim;
    return 0;
}

static int read_base64(struct json_scan *scan,
                       float *ret_vector,
                       size_t *ret_dim,
                       struct reply *reply,
                       struct tw_error *err)
{
    struct buffer text;
    size_t size;
    bool is_good, starved;

    buffer_init(&text, BASE64_LEN(VECTOR_SIZE));
    json_scan_string(scan, &text);
    size = base64_size(buffer_text(&text), text.len);
    is_good = !text.failed && size <= VECTOR_SIZE && size % sizeof(float) == 0 &&
              base64_decode(buffer_text(&text), text.len, ret_vector, size);
    starved = text.starved;
    buffer_finish(&text);
    if (starved)
        return vector_fail_memory(err);
    if (!is_good)
        return vector_fail(reply, 400, err,
                           "Base64 decoding error: an embedding is no base64 of at most %d "
                           "little-endian f32 values",
                           VECTOR_DIM_MAX);
    *ret_dim = size / sizeof(float);
    return 0;
}

/* Appends the vector at the cursor to the list; it has the dimension of those before it. */
static int put_vector(struct vector_list *list,
                      struct json_scan *scan,
                      struct reply *reply,
                      struct tw_error *err)
{
    float vector[VECTOR_DIM_MAX];
    enum json_type type = json_scan_type(scan);
    size_t dim = 0;

    if (type != JSON_ARRAY && type != JSON_STRING)
        return fail_type("embeddings", "a sequence or a string", reply, err);
    if ((type == JSON_ARRAY ? read_numbers : read_base64)(scan, vector, &dim, reply, err) < 0)
        return -1;
    if (list->n > 0 && dim != list->dim)
        return fail_dim(list->dim, dim, reply, err);
    if (!buffer_append(list->floats, vector, dim * sizeof(*vector)))
        return tw_fail(err, TW_BUSY, "no memory for the vectors");
    list->dim = dim;
    list->n++;
    return 0;
}

/* ---- Batches ------------------------------------------------------------------------------------ */

/* Where an item's parts start; NO_TEXT: it has none. */
struct places {
    size_t id, document, uri, metadata, vector;
};

struct batch_reader {
    struct vector_batch *batch;
    struct places *places;
    struct vector_list vectors;
    bool needs_vectors;
};

static int read_id(
    void *ctx, size_t i, struct json_scan *scan, struct reply *reply, struct tw_error *err)
{
    struct batch_reader *reader = ctx;

    if (json_scan_type(scan) != JSON_STRING)
        return fail_type("ids", "a string", reply, err);
    reader->places[i].id = put_string(scan, &reader->batch->texts);
    if (reader->batch->texts.data && !reader->batch->texts.data[reader->places[i].id])
        return vector_fail(reply, 400, err, "Empty ID, ID must have at least one character");
    return 0;
}

static int read_embedding(
    void *ctx, size_t i, struct json_scan *scan, struct reply *reply, struct tw_error *err)
{
    struct batch_reader *reader = ctx;

    if (json_scan_type(scan) == JSON_NULL && !reader->needs_vectors) {
        (void)json_scan_skip(scan);
        return 0;
    }
    reader->places[i].vector = reader->batch->vectors.len;
    if (put_vector(&reader->vectors, scan, reply, err) < 0)
        return -1;
    if (reader->vectors.dim == 0)
        return vector_fail(
            reply, 400, err,
            "Validation error: embeddings: Each embedding must have at least 1 dimension");
    return 0;
}

/* A string or null. */
static int read_text(struct batch_reader *reader,
                     size_t *ret_place,
                     const char *name,
                     struct json_scan *scan,
                     struct reply *reply,
                     struct tw_error *err)
{
    enum json_type type = json_scan_type(scan);

    if (type != JSON_STRING && type != JSON_NULL)
        return fail_type(name, "a string", reply, err);
    if (type == JSON_STRING)
        *ret_place = put_string(scan, &reader->batch->texts);
    else
        (void)json_scan_skip(scan);
    return 0;
}

static int read_document(
    void *ctx, size_t i, struct json_scan *scan, struct reply *reply, struct tw_error *err)
{
    struct batch_reader *reader = ctx;

    return read_text(reader, &reader->places[i].document, "documents", scan, reply, err);
}

static int read_uri(
    void *ctx, size_t i, struct json_scan *scan, struct reply *reply, struct tw_error *err)
{
    struct batch_reader *reader = ctx;

    return read_text(reader, &reader->places[i].uri, "uris", scan, reply, err);
}

static int read_metadata(
    void *ctx, size_t i, struct json_scan *scan, struct reply *reply, struct tw_error *err)
{
    struct batch_reader *reader = ctx;
    struct tw_error why;

    if (json_scan_type(scan) == JSON_NULL) {
        (void)json_scan_skip(scan);
        return 0;
    }
    reader->places[i].metadata = reader->batch->texts.len;
    if (metadata_read(scan, &reader->batch->texts, &why) < 0)
        return why.code == TW_BUSY
                   ? vector_fail_memory(err)
                   : vector_fail(reply, 422, err, "metadatas[%zu]: %.200s", i, why.message);
    (void)buffer_putc(&reader->batch->texts, '\0');
    return 0;
}

/* Now that nothing moves any more, where everything is. */
static void resolve_items(const struct batch_reader *reader)
{
    struct vector_batch *batch = reader->batch;

    for (size_t i = 0; i < batch->n; i++) {
        const struct places *place = &reader->places[i];

        batch->items[i] = (struct vectors_item){
            .id = text_at(&batch->texts, place->id),
            .document = text_at(&batch->texts, place->document),
            .uri = text_at(&batch->texts, place->uri),
            .metadata = text_at(&batch->texts, place->metadata),
            .vector = (const float *)(const void *)text_at(&batch->vectors, place->vector),
        };
    }
    batch->dim = reader->vectors.dim;
}

static int read_columns(struct batch_reader *reader,
                        const struct vector_member *members,
                        struct reply *reply,
                        struct tw_error *err)
{
    static read_element_fn *const readers[] = {read_id, read_embedding, read_document, read_uri,
                                               read_metadata};
    struct vector_batch *batch = reader->batch;

    batch->n = count_elements(&members[0]);
    batch->items = calloc(batch->n + 1, sizeof(*batch->items));
    reader->places = calloc(batch->n + 1, sizeof(*reader->places));
    if (!batch->items || !reader->places)
        return tw_fail(err, TW_BUSY, "no memory for %zu records", batch->n);
    for (size_t i = 0; i < batch->n; i++)
        reader->places[i] = (struct places){NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT};
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (read_column(&members[i], batch->n, readers[i], reader, reply, err) < 0)
            return -1;
    if (batch->texts.failed)
        return tw_fail(err, TW_BUSY, "no memory for the texts");
    resolve_items(reader);
    return 0;
}

int vector_batch_read(const char *text,
                      bool needs_vectors,
                      struct vector_batch *ret_batch,
                      struct reply *reply,
                      struct tw_error *err)
{
    struct vector_member members[] = {{.name = "ids"},
                                      {.name = "embeddings"},
                                      {.name = "documents"},
                                      {.name = "uris"},
                                      {.name = "metadatas"}};
    struct batch_reader reader = {.batch = ret_batch, .needs_vectors = needs_vectors};
    size_t len = text ? strlen(text) : 0;
    int result;

    *ret_batch = (struct vector_batch){0};
    /* A text may grow by being read (metadata is kept escaped), but not much, and a float takes two bytes
     * at least ("0,"). */
    buffer_init(&ret_batch->texts, 2 * len + TEXTS_SLACK);
    buffer_init(&ret_batch->vectors, 2 * len + 16);
    reader.vectors.floats = &ret_batch->vectors;
    if (vector_read_members(text, "the body", members, COUNT_OF(members), reply, err) < 0)
        return -1;
    for (size_t i = 0; i < (needs_vectors ? 2 : 1); i++) {
        if (!members[i].is_there && !members[i].is_null)
            return vector_fail(reply, 422, err, "missing field `%s`", members[i].name);
        if (!members[i].is_there || !is_array(&members[i]))
            return fail_type(members[i].name, "a sequence", reply, err);
    }
    result = read_columns(&reader, members, reply, err);
    free(reader.places);
    return result;
}

void vector_batch_finish(struct vector_batch *batch)
{
    free(batch->items);
    buffer_finish(&batch->texts);
    buffer_finish(&batch->vectors);
    *batch = (struct vector_batch){0};
}

/* ---- Questions ---------------------------------------------------------------------------------- */

const char *const vector_include_names[N_INCLUDES] = {[INCLUDE_DISTANCES] = "distances",
                                                      [INCLUDE_DOCUMENTS] = "documents",
                                                      [INCLUDE_EMBEDDINGS] = "embeddings",
                                                      [INCLUDE_METADATAS] = "metadatas",
                                                      [INCLUDE_URIS] = "uris"};

bool vector_includes(const struct vector_question *question, enum vector_include include)
{
    for (size_t i = 0; i < question->n_includes; i++)
        if (question->include[i] == include)
            return true;
    return false;
}

static int read_include(
    void *ctx, size_t index, struct json_scan *scan, struct reply *reply, struct tw_error *err)
{
    struct vector_question *question = ctx;
    struct json_span name;

    if (json_scan_type(scan) != JSON_STRING)
        return vector_fail(reply, 422, err, "include[%zu]: expected a string", index);
    name = json_scan_skip(scan);
    name.at++;
    name.len -= 2; /* its quotes */
    for (int i = 0; i < N_INCLUDES; i++) {
        if (!json_span_is(&name, vector_include_names[i]))
            continue;
        if (!vector_includes(question, (enum vector_include)i))
            question->include[question->n_includes++] = (enum vector_include)i;
        return 0;
    }
    return vector_fail(reply, 422, err,
                       "include[%zu]: unknown variant `%.*s`, expected one of `distances`, "
                       "`documents`, `embeddings`, `metadatas`, `uris`",
                       index, (int)(name.len < 40 ? name.len : 40), name.at);
}

static int read_includes(const struct vector_member *member,
                         enum vector_call call,
                         struct vector_question *question,
                         struct reply *reply,
                         struct tw_error *err)
{
    static const enum vector_include usual[] = {INCLUDE_DOCUMENTS, INCLUDE_METADATAS,
                                                INCLUDE_DISTANCES};

    if (member->is_there)
        return read_elements(member, read_include, question, reply, err);
    if (member->is_null)
        return fail_type(member->name, "a sequence", reply, err);
    question->n_includes = call == VECTOR_QUERY ? 3 : 2;
    memcpy(question->include, usual, sizeof(usual));
    return 0;
}

/* Offsets of the ids, until they are all there. */
struct id_reader {
    struct buffer *texts;
    size_t *places;
};

static int read_wanted_id(
    void *ctx, size_t i, struct json_scan *scan, struct reply *reply, struct tw_error *err)
{
    struct id_reader *reader = ctx;

    if (json_scan_type(scan) != JSON_STRING)
        return fail_type("ids", "a string", reply, err);
    reader->places[i] = put_string(scan, reader->texts);
    return 0;
}

static int read_ids(const struct vector_member *member,
                    struct vector_question *question,
                    struct reply *reply,
                    struct tw_error *err)
{
    struct id_reader reader = {.texts = &question->texts};
    CLEANUP(freep) size_t *places = NULL;
    size_t n;

    question->has_ids = member->is_there;
    if (!member->is_there)
        return 0;
    if (!is_array(member))
        return fail_type(member->name, "a sequence", reply, err);
    n = count_elements(member);
    places = reader.places = calloc(n + 1, sizeof(*places));
    question->ids = calloc(n + 1, sizeof(char *));
    question->filter.ids = question->ids;
    question->filter.n_ids = n;
    if (!places || !question->ids)
        return tw_fail(err, TW_BUSY, "no memory for %zu ids", n);
    if (read_elements(member, read_wanted_id, &reader, reply, err) < 0)
        return -1;
    if (question->texts.failed)
        return tw_fail(err, TW_BUSY, "no memory for the ids");
    for (size_t i = 0; i < n; i++)
        question->ids[i] = text_at(&question->texts, places[i]);
    return 0;
}

typedef int parse_where_fn(const struct json *json, struct where **ret_where, struct tw_error *err);

static int read_where(const struct vector_member *member,
                      parse_where_fn *parse,
                      struct where **ret_where,
                      struct reply *reply,
                      struct tw_error *err)
{
    struct json_scan scan = member->value;
    CLEANUP(json_freep) struct json *json = NULL;
    struct json_span text;

    if (!member->is_there)
        return 0;
    text = json_scan_skip(&scan);
    if (text.len > FILTER_MAX)
        return vector_fail(reply, 400, err, "a filter is over %u bytes", FILTER_MAX);
    if (json_parse(text.at, text.len, &json, err) < 0 || parse(json, ret_where, err) < 0)
        return vector_pass(reply, err);
    return 0;
}

static int read_question_vector(
    void *ctx, size_t index, struct json_scan *scan, struct reply *reply, struct tw_error *err)
{
    (void)index;
    return put_vector(ctx, scan, reply, err);
}

static int read_vectors(const struct vector_member *member,
                        struct vector_question *question,
                        struct reply *reply,
                        struct tw_error *err)
{
    struct vector_list list = {.floats = &question->floats};

    if (!member->is_there && !member->is_null)
        return vector_fail(reply, 422, err, "missing field `query_embeddings`");
    if (!member->is_there)
        return fail_type(member->name, "a sequence", reply, err);
    if (read_elements(member, read_question_vector, &list, reply, err) < 0)
        return -1;
    question->vectors = (float *)(void *)question->floats.data;
    question->n_vectors = list.n;
    question->dim = list.dim;
    return 0;
}

int vector_question_read(const char *text,
                         enum vector_call call,
                         struct vector_question *ret_question,
                         struct reply *reply,
                         struct tw_error *err)
{
    struct vector_member members[] = {{.name = "ids"},
                                      {.name = "where"},
                                      {.name = "where_document"},
                                      {.name = "limit"},
                                      {.name = "offset"},
                                      {.name = "n_results"},
                                      {.name = "query_embeddings"},
                                      {.name = "include"}};
    struct vector_question *q = ret_question;
    size_t len = text ? strlen(text) : 0, n_results = 10;

    *q = (struct vector_question){.limit = SIZE_MAX};
    buffer_init(&q->texts, 2 * len + 16);
    buffer_init(&q->floats, 2 * len + 16);
    if (vector_read_members(text, "the body", members, COUNT_OF(members), reply, err) < 0 ||
        read_ids(&members[0], q, reply, err) < 0 ||
        read_where(&members[1], where_parse, &q->where, reply, err) < 0 ||
        read_where(&members[2], where_parse_document, &q->where_document, reply, err) < 0 ||
        read_includes(&members[7], call, q, reply, err) < 0)
        return -1;
    q->filter.where = q->where;
    q->filter.where_document = q->where_document;
    if (call != VECTOR_QUERY) {
        if (vector_read_number(&members[4], &q->offset, reply, err) < 0)
            return -1;
        return vector_read_number(&members[3], &q->limit, reply, err);
    }
    if (vector_read_number(&members[5], &n_results, reply, err) < 0)
        return -1;
    q->limit = n_results;
    return read_vectors(&members[6], q, reply, err);
}

void vector_question_finish(struct vector_question *question)
{
    free(question->ids);
    where_free(question->where);
    where_free(question->where_document);
    buffer_finish(&question->texts);
    buffer_finish(&question->floats);
    *question = (struct vector_question){0};
}
