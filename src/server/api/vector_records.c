#include "common/alloc.h"
#include "common/float_text.h"
#include "server/api/api.h"
#include "server/api/vector.h"
#include "server/api/vector_body.h"
#include "server/app.h"

#include <string.h>

/* What one call may read: more than that could not be sent anyway. */
#define ROWS_MAX      500000
#define FLOATS_MAX    (8U << 20)
#define QUESTIONS_MAX 1000 /* vectors of one query: each is a scan */

/* ---- Writing ------------------------------------------------------------------------------------ */

static int write_records(struct app *app,
                         const struct request *request,
                         enum vectors_mode mode,
                         struct reply *reply,
                         struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    struct vector_batch batch = {0};
    int result = vector_find_collection(app, request, &collection, reply, err);

    if (result == 0)
        result = vector_batch_read(request->text, mode != VECTORS_UPDATE, &batch, reply, err);
    if (result == 0 && vectors_write(collection, mode, batch.items, batch.n, batch.dim, err) < 0)
        result = vector_pass(reply, err);
    vector_batch_finish(&batch);
    if (result == 0)
        (void)buffer_puts(&reply->body, "{}");
    return result;
}

int api_vector_add(struct app *app,
                   const struct request *request,
                   struct reply *reply,
                   struct tw_error *err)
{
    if (write_records(app, request, VECTORS_ADD, reply, err) < 0)
        return -1;
    reply->status = 201;
    return 0;
}

int api_vector_upsert(struct app *app,
                      const struct request *request,
                      struct reply *reply,
                      struct tw_error *err)
{
    return write_records(app, request, VECTORS_UPSERT, reply, err);
}

int api_vector_update(struct app *app,
                      const struct request *request,
                      struct reply *reply,
                      struct tw_error *err)
{
    return write_records(app, request, VECTORS_UPDATE, reply, err);
}

/* ---- Answers ------------------------------------------------------------------------------------ */

/* One column of some rows. */
typedef void write_cell_fn(struct json_writer *w, const struct vectors_row *row, size_t dim);

static void write_id(struct json_writer *w, const struct vectors_row *row, size_t dim)
{
    (void)dim;
    json_write_string(w, NULL, row->id);
}

static void write_vector(struct json_writer *w, const struct vectors_row *row, size_t dim)
{
    json_write_array(w, NULL);
    for (size_t i = 0; i < dim; i++)
        json_write_float(w, NULL, row->vector[i]);
    json_write_array_end(w);
}

static void write_document(struct json_writer *w, const struct vectors_row *row, size_t dim)
{
    (void)dim;
    json_write_string(w, NULL, row->document);
}

static void write_uri(struct json_writer *w, const struct vectors_row *row, size_t dim)
{
    (void)dim;
    json_write_string(w, NULL, row->uri);
}

static void write_metadata(struct json_writer *w, const struct vectors_row *row, size_t dim)
{
    (void)dim;
    if (row->metadata)
        json_write_raw(w, NULL, row->metadata, strlen(row->metadata));
    else
        json_write_null(w, NULL);
}

static void write_distance(struct json_writer *w, const struct vectors_row *row, size_t dim)
{
    (void)dim;
    json_write_float(w, NULL, row->distance);
}

/* The lists of a query hold a list for each vector, those of a get do not. */
struct found {
    const struct vector_question *question;
    const struct vectors_rows *lists;
    size_t n_lists, dim;
    bool is_nested;
};

static void write_column(struct json_writer *w,
                         const struct found *found,
                         const char *name,
                         write_cell_fn *write)
{
    json_write_array(w, name);
    for (size_t i = 0; i < found->n_lists; i++) {
        const struct vectors_rows *rows = &found->lists[i];

        if (found->is_nested)
            json_write_array(w, NULL);
        for (size_t j = 0; j < rows->n; j++)
            write(w, &rows->at[j], found->dim);
        if (found->is_nested)
            json_write_array_end(w);
    }
    json_write_array_end(w);
}

/* Every member is there; one that was not asked for is null. */
static int write_answer(const struct found *found, struct reply *reply, struct tw_error *err)
{
    static const struct {
        enum vector_include include;
        write_cell_fn *write;
    } columns[] = {{INCLUDE_EMBEDDINGS, write_vector},
                   {INCLUDE_DOCUMENTS, write_document},
                   {INCLUDE_URIS, write_uri},
                   {INCLUDE_METADATAS, write_metadata},
                   {INCLUDE_DISTANCES, write_distance}};
    const struct vector_question *question = found->question;
    struct json_writer w = {&reply->body, false};

    json_write_object(&w, NULL);
    write_column(&w, found, "ids", write_id);
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        const char *name = vector_include_names[columns[i].include];

        if (columns[i].include == INCLUDE_DISTANCES && !found->is_nested)
            continue; /* a get has none */
        if (vector_includes(question, columns[i].include))
            write_column(&w, found, name, columns[i].write);
        else
            json_write_null(&w, name);
    }
    json_write_array(&w, "include");
    for (size_t i = 0; i < question->n_includes; i++)
        json_write_string(&w, NULL, vector_include_names[question->include[i]]);
    json_write_array_end(&w);
    json_write_object_end(&w);
    if (reply->body.starved)
        return vector_fail_memory(err);
    if (reply->body.failed)
        return vector_fail(reply, 400, err,
                           "the answer would be too large: ask for fewer records at a time");
    return 0;
}

static int check_size(size_t n_rows, size_t dim, struct reply *reply, struct tw_error *err)
{
    if (n_rows <= ROWS_MAX && n_rows * dim <= FLOATS_MAX)
        return 0;
    return vector_fail(reply, 400, err,
                       "the answer would be too large: ask for fewer records at a time");
}

/* ---- Questions ---------------------------------------------------------------------------------- */

typedef int question_fn(struct vectors_collection *collection,
                        const struct vector_question *question,
                        struct reply *reply,
                        struct tw_error *err);

static question_fn get_records, query_records, delete_records;

static question_fn *const question_functions[] = {
    [VECTOR_QUERY] = query_records,
    [VECTOR_GET] = get_records,
    [VECTOR_DELETE] = delete_records,
};

/* The collection of the path, asked what the body says. */
static int answer_question(struct app *app,
                           const struct request *request,
                           enum vector_call call,
                           struct reply *reply,
                           struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    struct vector_question question = {0};
    int result = vector_find_collection(app, request, &collection, reply, err);

    if (result == 0)
        result = vector_question_read(request->text, call, &question, reply, err);
    if (result == 0)
        result = question_functions[call](collection, &question, reply, err);
    vector_question_finish(&question);
    return result;
}

/* ---- Getting ------------------------------------------------------------------------------------ */

/* Of the collection, as far as its vectors are wanted. */
static size_t wanted_dim(struct vectors_collection *collection,
                         const struct vector_question *question)
{
    struct vectors_collection_info info;
    size_t dim;

    if (!vector_includes(question, INCLUDE_EMBEDDINGS))
        return 0;
    vectors_collection_read_info(collection, &info);
    dim = info.dim;
    vectors_collection_info_finish(&info);
    return dim;
}

static int get_records(struct vectors_collection *collection,
                       const struct vector_question *question,
                       struct reply *reply,
                       struct tw_error *err)
{
    size_t dim = wanted_dim(collection, question), n_max = dim > 0 ? FLOATS_MAX / dim : ROWS_MAX;
    const struct vectors_get get = {
        .filter = question->filter,
        .offset = question->offset,
        .limit = question->limit <= n_max ? question->limit : n_max + 1,
        .wants_vectors = vector_includes(question, INCLUDE_EMBEDDINGS),
    };
    struct vectors_rows rows;
    struct found found = {question, &rows, 1, dim, false};
    int result;

    if (vectors_get(collection, &get, &rows, err) < 0)
        return vector_pass(reply, err);
    result = check_size(rows.n, dim, reply, err);
    if (result == 0)
        result = write_answer(&found, reply, err);
    vectors_rows_finish(&rows);
    return result;
}

int api_vector_get(struct app *app,
                   const struct request *request,
                   struct reply *reply,
                   struct tw_error *err)
{
    return answer_question(app, request, VECTOR_GET, reply, err);
}

int api_vector_count(struct app *app,
                     const struct request *request,
                     struct reply *reply,
                     struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    struct json_writer w = {&reply->body, false};

    if (vector_find_collection(app, request, &collection, reply, err) < 0)
        return -1;
    json_write_int(&w, NULL, (int64_t)vectors_count(collection));
    return 0;
}

/* ---- Querying ----------------------------------------------------------------------------------- */

/* A list of rows for each vector of the question. */
static int query_all(struct vectors_collection *collection,
                     const struct vector_question *question,
                     struct vectors_rows *lists,
                     struct reply *reply,
                     struct tw_error *err)
{
    struct vectors_query query = {
        .dim = question->dim,
        .k = question->limit,
        .filter = question->filter,
        .wants_vectors = vector_includes(question, INCLUDE_EMBEDDINGS),
    };

    for (size_t i = 0; i < question->n_vectors; i++) {
        query.vector = question->vectors + i * question->dim;
        if (vectors_query(collection, &query, &lists[i], err) < 0)
            return vector_pass(reply, err);
    }
    return 0;
}

static int query_records(struct vectors_collection *collection,
                         const struct vector_question *question,
                         struct reply *reply,
                         struct tw_error *err)
{
    size_t n_records = vectors_count(collection), dim = wanted_dim(collection, question),
           n_vectors = question->n_vectors,
           n_hits = question->limit < n_records ? question->limit : n_records;
    CLEANUP(freep) struct vectors_rows *lists = calloc(n_vectors + 1, sizeof(*lists));
    const struct found found = {question, lists, n_vectors, dim, true};
    int result;

    if (!lists)
        return tw_fail(err, TW_BUSY, "no memory for %zu answers", n_vectors);
    if (n_vectors > QUESTIONS_MAX)
        return vector_fail(reply, 400, err, "a query must not have over %d vectors", QUESTIONS_MAX);
    result = check_size(n_vectors * n_hits, dim, reply, err);
    if (result == 0)
        result = query_all(collection, question, lists, reply, err);
    if (result == 0)
        result = write_answer(&found, reply, err);
    for (size_t i = 0; i < n_vectors; i++)
        vectors_rows_finish(&lists[i]);
    return result;
}

int api_vector_query(struct app *app,
                     const struct request *request,
                     struct reply *reply,
                     struct tw_error *err)
{
    return answer_question(app, request, VECTOR_QUERY, reply, err);
}

/* ---- Deleting ----------------------------------------------------------------------------------- */

static int delete_records(struct vectors_collection *collection,
                          const struct vector_question *question,
                          struct reply *reply,
                          struct tw_error *err)
{
    bool has_where = question->where || question->where_document;
    struct json_writer w = {&reply->body, false};
    size_t n = 0;

    if (question->has_ids && question->filter.n_ids == 0 && !has_where)
        return vector_fail(reply, 400, err,
                           "Validation error: ids, where: Either ids or where must be specified");
    if ((question->has_ids || has_where) &&
        vectors_delete(collection, &question->filter, question->limit, &n, err) < 0)
        return vector_pass(reply, err);
    /* Chroma counts the ids it was asked for, whether they were there or not. */
    if (question->has_ids && !has_where)
        n = question->filter.n_ids;
    json_write_object(&w, NULL);
    json_write_int(&w, "deleted", (int64_t)n);
    json_write_object_end(&w);
    return 0;
}

int api_vector_delete(struct app *app,
                      const struct request *request,
                      struct reply *reply,
                      struct tw_error *err)
{
    return answer_question(app, request, VECTOR_DELETE, reply, err);
}
