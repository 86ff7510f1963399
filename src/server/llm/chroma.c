#include "common/alloc.h"
#include "common/base64.h"
#include "common/fetch.h"
#include "common/float_text.h"
#include "server/llm/chroma_reply.h"
#include "server/llm/vector_source_ops.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* A collection on a Chroma server. A call borrows a fetcher, so that connections stay open and any number of
 * threads may call; the collection's id is asked for when it is first needed and again when the server
 * does not know it any more, for somebody may have deleted it. */

#define BATCH_RECORDS   500
#define BATCH_BYTES     (4U << 20) /* a batch ends when it is over this */
#define BODY_BYTES_MAX  (32U << 20)
#define REPLY_BYTES_MAX (16U << 20)
#define WRITE_MS_MIN    30000 /* a batch may take a server seconds */
#define FETCHERS_KEPT   4

struct chroma {
    char *base;        /* ".../api/v2" */
    char *tenant_path; /* "/tenants/X", names escaped for a URL */
    char *database_path;
    char *tenant, *database, *collection, *token_header, *token;
    size_t dim;
    int64_t timeout_ms;
    atomic_bool is_stopping;

    pthread_mutex_t lock; /* guards what follows; not held while a fetcher works */
    struct fetcher *idle[FETCHERS_KEPT];
    size_t n_idle;
    char id[CHROMA_ID_SIZE]; /* "": not known */
    bool takes_base64;
};

/* ---- Exchanges ---------------------------------------------------------------------------------- */

/* A request and the fetcher that carries it. */
struct call {
    struct chroma *chroma;
    struct fetcher *fetcher;
    struct fetch_reply reply;
};

static struct call begin_call(struct chroma *chroma)
{
    struct call call = {.chroma = chroma};

    (void)pthread_mutex_lock(&chroma->lock);
    if (chroma->n_idle > 0)
        call.fetcher = chroma->idle[--chroma->n_idle];
    (void)pthread_mutex_unlock(&chroma->lock);
    if (!call.fetcher)
        call.fetcher = fetcher_new();
    return call;
}

static void end_call(struct call *call)
{
    struct chroma *chroma = call->chroma;

    (void)pthread_mutex_lock(&chroma->lock);
    if (chroma->n_idle < FETCHERS_KEPT)
        chroma->idle[chroma->n_idle++] = TAKE(call->fetcher);
    (void)pthread_mutex_unlock(&chroma->lock);
    if (call->fetcher)
        fetcher_free(call->fetcher);
}

/* One exchange at base + path; a body makes it a POST. The reply is the call's until its next one. */
static int exchange(struct call *call,
                    const char *method,
                    const char *path,
                    const struct buffer *body,
                    int64_t timeout_ms,
                    struct tw_error *err)
{
    const struct chroma *chroma = call->chroma;
    CLEANUP(freep) char *url = xprintf_dup("%s%s", chroma->base, path);
    const char *const headers[] = {chroma->token_header, NULL};
    const struct fetch_request request = {
        .method = method,
        .url = url,
        .headers = headers,
        .bearer = chroma->token,
        .body = body ? buffer_text(body) : NULL,
        .body_len = body ? body->len : 0,
        .timeout_ms = timeout_ms,
        .max_reply_bytes = REPLY_BYTES_MAX,
        .gives_up = &chroma->is_stopping,
    };

    if (body && body->failed)
        return tw_fail(err, TW_INVALID, "what is to be sent is over %u bytes", BODY_BYTES_MAX);
    fetch_and_wait(call->fetcher, &request, &call->reply);
    if (call->reply.status == 0)
        return tw_fail(err, call->reply.error.code, "Chroma server: %.230s",
                       call->reply.error.message);
    return chroma_check_status(call->reply.status, call->reply.body, call->reply.body_len, err);
}

/* ---- The collection ----------------------------------------------------------------------------- */

static int post_name(struct call *call, const char *path, const char *name, struct tw_error *err)
{
    struct buffer body;
    struct json_writer w = {&body, false};
    int result;

    buffer_init(&body, BODY_BYTES_MAX);
    json_write_object(&w, NULL);
    json_write_string(&w, "name", name);
    json_write_object_end(&w);
    result = exchange(call, "POST", path, &body, call->chroma->timeout_ms, err);
    buffer_finish(&body);
    return result;
}

/* Whether they exist already does not matter: the next attempt to make the collection tells. */
static void make_database(struct call *call)
{
    const struct chroma *chroma = call->chroma;
    CLEANUP(freep) char *databases = xprintf_dup("%s/databases", chroma->tenant_path);

    (void)!post_name(call, "/tenants", chroma->tenant, NULL);
    (void)!post_name(call, databases, chroma->database, NULL);
}

static int obtain_collection(struct call *call,
                             struct chroma_collection *ret_collection,
                             struct tw_error *err)
{
    const struct chroma *chroma = call->chroma;
    CLEANUP(freep) char *path = xprintf_dup("%s/collections", chroma->database_path);
    struct buffer body;
    struct json_writer w = {&body, false};
    struct tw_error why = {0};
    int result;

    buffer_init(&body, BODY_BYTES_MAX);
    json_write_object(&w, NULL);
    json_write_string(&w, "name", chroma->collection);
    json_write_bool(&w, "get_or_create", true);
    json_write_object(&w, "configuration");
    json_write_object(&w, "hnsw");
    json_write_string(&w, "space", "cosine");
    json_write_object_end(&w);
    json_write_object_end(&w);
    json_write_object_end(&w);
    result = exchange(call, "POST", path, &body, chroma->timeout_ms, &why);
    /* Servers do not agree on the status for a database that is not there. */
    if (result < 0 && (call->reply.status == 400 || call->reply.status == 404)) {
        make_database(call);
        result = exchange(call, "POST", path, &body, chroma->timeout_ms, &why);
    }
    buffer_finish(&body);
    if (result < 0)
        return tw_fail(err, why.code, "%s", why.message);
    return chroma_read_collection(call->reply.body, call->reply.body_len, ret_collection, err);
}

static int delete_collection(struct call *call, struct tw_error *err)
{
    const struct chroma *chroma = call->chroma;
    CLEANUP(freep)
    char *path = xprintf_dup("%s/collections/%s", chroma->database_path, chroma->collection);

    return exchange(call, "DELETE", path, NULL, chroma->timeout_ms, err);
}

static bool ask_for_base64(struct call *call)
{
    return exchange(call, "GET", "/pre-flight-checks", NULL, call->chroma->timeout_ms, NULL) == 0 &&
           chroma_takes_base64(call->reply.body, call->reply.body_len);
}

static bool is_ours(const struct chroma *chroma, const struct chroma_collection *collection)
{
    return collection->is_cosine && (collection->dim == 0 || collection->dim == chroma->dim);
}

static int ask_for_collection(struct call *call, struct tw_error *err)
{
    struct chroma *chroma = call->chroma;
    struct chroma_collection collection;
    bool takes_base64;

    if (obtain_collection(call, &collection, err) < 0)
        return -1;
    if (!is_ours(chroma, &collection)) {
        if (delete_collection(call, err) < 0 || obtain_collection(call, &collection, err) < 0)
            return -1;
        if (!is_ours(chroma, &collection))
            return tw_fail(err, TW_BROKEN,
                           "the Chroma server makes no cosine collection of %zu numbers",
                           chroma->dim);
    }
    takes_base64 = ask_for_base64(call);
    (void)pthread_mutex_lock(&chroma->lock);
    memcpy(chroma->id, collection.id, sizeof(chroma->id));
    chroma->takes_base64 = takes_base64;
    (void)pthread_mutex_unlock(&chroma->lock);
    return 0;
}

/* Our callers do not ask for a thing that may not be there: where a 404 cannot be mended, something is
 * wrong with the server or its address. */
static int fail_source(const struct tw_error *why, struct tw_error *err)
{
    return tw_fail(err, why->code == TW_NOT_FOUND ? TW_BROKEN : why->code, "%s", why->message);
}

/* Asks the server for the collection, which is made when it is not there or not of our kind. */
static int resolve(struct call *call, struct tw_error *err)
{
    struct tw_error why = {0};

    return ask_for_collection(call, &why) == 0 ? 0 : fail_source(&why, err);
}

/* False: not known. */
static bool read_id(struct chroma *chroma, char ret_id[CHROMA_ID_SIZE])
{
    (void)pthread_mutex_lock(&chroma->lock);
    memcpy(ret_id, chroma->id, CHROMA_ID_SIZE);
    (void)pthread_mutex_unlock(&chroma->lock);
    return ret_id[0] != '\0';
}

/* A POST to the collection: "upsert", "query" ... Tried twice, when the server has lost it, or refuses what
 * is right: somebody may have made it one of another dimension. */
static int post(struct call *call,
                const char *what,
                const struct buffer *body,
                int64_t timeout_ms,
                struct tw_error *err)
{
    struct chroma *chroma = call->chroma;
    char id[CHROMA_ID_SIZE];
    struct tw_error why = {0};

    for (int attempt = 0; attempt < 2; attempt++) {
        CLEANUP(freep) char *path = NULL;

        if ((attempt > 0 || !read_id(chroma, id)) && resolve(call, err) < 0)
            return -1;
        (void)read_id(chroma, id);
        path = xprintf_dup("%s/collections/%s/%s", chroma->database_path, id, what);
        if (exchange(call, "POST", path, body, timeout_ms, &why) == 0)
            return 0;
        if (why.code != TW_NOT_FOUND && why.code != TW_INVALID)
            break;
    }
    return fail_source(&why, err);
}

/* ---- Writing ------------------------------------------------------------------------------------ */

static void write_vector(struct json_writer *w, const float *vector, size_t dim, bool as_base64)
{
    struct buffer text;

    if (as_base64) {
        buffer_init(&text, BASE64_LEN(dim * sizeof(*vector)));
        base64_encode(vector, dim * sizeof(*vector), &text);
        json_write_string(w, NULL, buffer_text(&text));
        buffer_finish(&text);
        return;
    }
    json_write_array(w, NULL);
    for (size_t i = 0; i < dim; i++)
        json_write_float(w, NULL, vector[i]);
    json_write_array_end(w);
}

static void write_metadata(struct json_writer *w, const struct vector_record *record)
{
    CLEANUP(freep) char *metadata = vector_record_metadata_dup(record);

    if (!metadata)
        w->out->failed = true;
    else if (record->kind || record->version)
        json_write_raw(w, NULL, metadata, strlen(metadata));
    else
        json_write_null(w, NULL);
}

/* Column by column, as the server wants it. */
static void write_batch(struct json_writer *w,
                        const struct chroma *chroma,
                        const struct vector_record *records,
                        size_t n,
                        bool as_base64)
{
    json_write_object(w, NULL);
    json_write_array(w, "ids");
    for (size_t i = 0; i < n; i++)
        json_write_string(w, NULL, records[i].id);
    json_write_array_end(w);
    json_write_array(w, "embeddings");
    for (size_t i = 0; i < n; i++)
        write_vector(w, records[i].vector, chroma->dim, as_base64);
    json_write_array_end(w);
    json_write_array(w, "documents");
    for (size_t i = 0; i < n; i++)
        json_write_string(w, NULL, records[i].document);
    json_write_array_end(w);
    json_write_array(w, "metadatas");
    for (size_t i = 0; i < n; i++)
        write_metadata(w, &records[i]);
    json_write_array_end(w);
    json_write_object_end(w);
}

static int64_t write_timeout_ms(const struct chroma *chroma)
{
    return chroma->timeout_ms > WRITE_MS_MIN ? chroma->timeout_ms : WRITE_MS_MIN;
}

static int upsert_batch(struct call *call,
                        const struct vector_record *records,
                        size_t n,
                        struct tw_error *err)
{
    struct chroma *chroma = call->chroma;
    struct buffer body;
    struct json_writer w = {&body, false};
    bool as_base64;
    int result;

    (void)pthread_mutex_lock(&chroma->lock);
    as_base64 = chroma->takes_base64;
    (void)pthread_mutex_unlock(&chroma->lock);
    buffer_init(&body, BODY_BYTES_MAX);
    write_batch(&w, chroma, records, n, as_base64);
    result = post(call, "upsert", &body, write_timeout_ms(chroma), err);
    buffer_finish(&body);
    return result;
}

/* How many records make a batch. */
static size_t batch_size(const struct chroma *chroma, const struct vector_record *records, size_t n)
{
    size_t bytes = 0, size = 0;

    while (size < n && size < BATCH_RECORDS && bytes < BATCH_BYTES) {
        bytes += chroma->dim * 12 + (records[size].document ? strlen(records[size].document) : 0);
        size++;
    }
    return size;
}

static int chroma_upsert(void *self,
                         const struct vector_record *records,
                         size_t n,
                         struct tw_error *err)
{
    struct chroma *chroma = self;
    struct call call = begin_call(chroma);
    char id[CHROMA_ID_SIZE];
    int result = 0;

    /* Before the first body is made: it settles how vectors are sent. */
    if (!read_id(chroma, id))
        result = resolve(&call, err);
    for (size_t i = 0, size; i < n && result == 0; i += size) {
        size = batch_size(chroma, records + i, n - i);
        result = upsert_batch(&call, records + i, size, err);
    }
    end_call(&call);
    return result;
}

static int delete_batch(struct call *call, const char *const *ids, size_t n, struct tw_error *err)
{
    struct buffer body;
    struct json_writer w = {&body, false};
    int result;

    buffer_init(&body, BODY_BYTES_MAX);
    json_write_object(&w, NULL);
    json_write_array(&w, "ids");
    for (size_t i = 0; i < n; i++)
        json_write_string(&w, NULL, ids[i]);
    json_write_array_end(&w);
    json_write_object_end(&w);
    result = post(call, "delete", &body, write_timeout_ms(call->chroma), err);
    buffer_finish(&body);
    return result;
}

static int chroma_delete(void *self, const char *const *ids, size_t n, struct tw_error *err)
{
    struct call call = begin_call(self);
    int result = 0;

    for (size_t i = 0; i < n && result == 0; i += BATCH_RECORDS)
        result = delete_batch(&call, ids + i, n - i < BATCH_RECORDS ? n - i : BATCH_RECORDS, err);
    end_call(&call);
    return result;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

static void write_query(struct json_writer *w,
                        const struct chroma *chroma,
                        const float *vector,
                        const char *kind,
                        size_t k)
{
    json_write_object(w, NULL);
    json_write_array(w, "query_embeddings");
    write_vector(w, vector, chroma->dim, false); /* here no server takes base64 */
    json_write_array_end(w);
    json_write_int(w, "n_results", (int64_t)k);
    json_write_array(w, "include");
    json_write_string(w, NULL, "distances");
    json_write_array_end(w);
    if (kind) {
        json_write_object(w, "where");
        json_write_string(w, "kind", kind);
        json_write_object_end(w);
    }
    json_write_object_end(w);
}

// NOLINTNEXTLINE(readability-function-size): as vector_source_query
static int chroma_query(void *self,
                        const float *vector,
                        const char *kind,
                        size_t k,
                        struct vector_hit *ret_hits,
                        size_t *ret_n,
                        struct tw_error *err)
{
    struct chroma *chroma = self;
    struct call call = begin_call(chroma);
    struct buffer body;
    struct json_writer w = {&body, false};
    int result;

    buffer_init(&body, BODY_BYTES_MAX);
    write_query(&w, chroma, vector, kind, k);
    result = post(&call, "query", &body, chroma->timeout_ms, err);
    buffer_finish(&body);
    if (result == 0)
        result = chroma_read_hits(call.reply.body, call.reply.body_len, k, ret_hits, ret_n, err);
    end_call(&call);
    return result;
}

static int get_page(struct call *call, size_t offset, struct tw_error *err)
{
    struct buffer body;
    struct json_writer w = {&body, false};
    int result;

    buffer_init(&body, BODY_BYTES_MAX);
    json_write_object(&w, NULL);
    json_write_int(&w, "limit", CHROMA_PAGE_RECORDS);
    json_write_int(&w, "offset", (int64_t)offset);
    json_write_array(&w, "include");
    json_write_string(&w, NULL, "metadatas");
    json_write_array_end(&w);
    json_write_object_end(&w);
    result = post(call, "get", &body, write_timeout_ms(call->chroma), err);
    buffer_finish(&body);
    return result;
}

static int chroma_each(void *self, vector_source_each_fn *each, void *ctx, struct tw_error *err)
{
    struct call call = begin_call(self);
    size_t offset = 0, n = CHROMA_PAGE_RECORDS;
    int result = 0;

    for (; n == CHROMA_PAGE_RECORDS && result == 0; offset += n) {
        result = get_page(&call, offset, err);
        if (result == 0)
            result = chroma_read_page(call.reply.body, call.reply.body_len, each, ctx, &n, err);
    }
    end_call(&call);
    return result;
}

/* ---- Life cycle --------------------------------------------------------------------------------- */

static void chroma_stop(void *self)
{
    struct chroma *chroma = self;

    atomic_store(&chroma->is_stopping, true);
}

static void chroma_free(void *self)
{
    struct chroma *chroma = self;

    for (size_t i = 0; i < chroma->n_idle; i++)
        fetcher_free(chroma->idle[i]);
    (void)pthread_mutex_destroy(&chroma->lock);
    free(chroma->base);
    free(chroma->tenant_path);
    free(chroma->database_path);
    free(chroma->tenant);
    free(chroma->database);
    free(chroma->collection);
    free(chroma->token_header);
    free(chroma->token);
    free(chroma);
}

static const struct vector_source_ops chroma_ops = {
    .name = "chroma",
    .is_remote = true,
    .upsert = chroma_upsert,
    .delete = chroma_delete,
    .query = chroma_query,
    .each = chroma_each,
    .stop = chroma_stop,
    .free = chroma_free,
};

/* Everything but letters, digits and -._~ as %XX, RFC 3986. */
static char *escape_dup(const char *text)
{
    size_t size = 3 * strlen(text) + 1, len = 0;
    char *out = xcalloc(size, 1);

    for (; *text; text++) {
        char c = *text;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || strchr("-._~", c);

        len += (size_t)snprintf(out + len, size - len, is_plain ? "%c" : "%%%02X",
                                (unsigned)(unsigned char)c);
    }
    return out;
}

static void set_names(struct chroma *chroma, const struct chroma_options *options)
{
    CLEANUP(freep) char *tenant = escape_dup(options->tenant);
    CLEANUP(freep) char *database = escape_dup(options->database);
    size_t url_len = strlen(options->url);

    while (url_len > 0 && options->url[url_len - 1] == '/')
        url_len--;
    chroma->base = xprintf_dup("%.*s/api/v2", (int)url_len, options->url);
    chroma->tenant_path = xprintf_dup("/tenants/%s", tenant);
    chroma->database_path = xprintf_dup("/tenants/%s/databases/%s", tenant, database);
    chroma->tenant = xstrdup(options->tenant);
    chroma->database = xstrdup(options->database);
    if (options->token) {
        chroma->token = xstrdup(options->token);
        chroma->token_header = xprintf_dup("X-Chroma-Token: %s", options->token);
    }
}

/* One that can stand in a URL as it is; servers take no other. */
static bool is_collection_name(const char *name)
{
    return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789._-")] == '\0';
}

int vector_source_open_chroma(const struct chroma_options *options,
                              const char *collection,
                              size_t dim,
                              struct vector_source **ret_source,
                              struct tw_error *err)
{
    struct chroma *chroma;

    if (strncmp(options->url, "http://", 7) != 0 && strncmp(options->url, "https://", 8) != 0)
        return tw_fail(err, TW_INVALID, "the Chroma server's address is not an http or https URL");
    if (dim == 0 || options->timeout_ms <= 0 || !*options->tenant || !*options->database ||
        !is_collection_name(collection))
        return tw_fail(err, TW_INVALID,
                       "a Chroma collection needs names, a dimension and a timeout");
    chroma = xcalloc(1, sizeof(*chroma));
    (void)pthread_mutex_init(&chroma->lock, NULL);
    chroma->collection = xstrdup(collection);
    chroma->dim = dim;
    chroma->timeout_ms = options->timeout_ms;
    set_names(chroma, options);
    *ret_source = vector_source_new(&chroma_ops, chroma);
    return 0;
}
