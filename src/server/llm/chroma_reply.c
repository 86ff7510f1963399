#include "server/llm/chroma_reply.h"

#include "common/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIM_MAX 65536

/* How far rounding may lead out of 0..2. */
#define DISTANCE_SLACK 1e-3

static int fail_sense(struct tw_error *err)
{
    return tw_fail(err, TW_BROKEN, "the Chroma server's answer makes no sense");
}

static int parse(const char *body, size_t len, struct json **ret_json, struct tw_error *err)
{
    struct tw_error why;

    if (json_parse(body, len, ret_json, &why) < 0)
        return tw_fail(err, TW_BROKEN, "the Chroma server's answer is no JSON: %.150s",
                       why.message);
    return 0;
}

int chroma_check_status(int status, const char *body, size_t len, struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const char *message = NULL;
    enum tw_code code = TW_BROKEN;

    if (status >= 200 && status < 300)
        return 0;
    if (json_parse(body, len, &json, NULL) == 0)
        message = json_string(json_get(json, "message"));
    if (status == 400 || status == 413 || status == 422)
        code = TW_INVALID;
    else if (status == 404)
        code = TW_NOT_FOUND;
    else if (status == 429 || status == 503 || status == 504)
        code = TW_BUSY;
    return tw_fail(err, code, "the Chroma server answers %d%s%.180s", status, message ? ": " : "",
                   message ? message : "");
}

bool chroma_takes_base64(const char *body, size_t len)
{
    CLEANUP(json_freep) struct json *json = NULL;

    return json_parse(body, len, &json, NULL) == 0 &&
           json_bool(json_get(json, "supports_base64_encoding"), false);
}

/* ---- Collections -------------------------------------------------------------------------------- */

static bool is_id(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len < CHROMA_ID_SIZE && text[strspn(text, "0123456789abcdefABCDEF-")] == '\0';
}

int chroma_read_collection(const char *body,
                           size_t len,
                           struct chroma_collection *ret_collection,
                           struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *hnsw;
    const char *id, *space;
    double dim;

    if (parse(body, len, &json, err) < 0)
        return -1;
    id = json_string(json_get(json, "id"));
    dim = json_number(json_get(json, "dimension"), 0);
    hnsw = json_get(json_get(json, "configuration_json"), "hnsw");
    space = json_string(json_get(hnsw, "space"));
    if (!id || !is_id(id) || !(dim >= 0 && dim <= DIM_MAX) || dim != floor(dim))
        return fail_sense(err);
    memcpy(ret_collection->id, id, strlen(id) + 1);
    ret_collection->dim = (size_t)dim;
    ret_collection->is_cosine = space && strcmp(space, "cosine") == 0;
    return 0;
}

/* ---- Hits --------------------------------------------------------------------------------------- */

static int by_distance(const void *a, const void *b)
{
    const struct vector_hit *x = a, *y = b;

    if (x->distance < y->distance || x->distance > y->distance)
        return x->distance < y->distance ? -1 : 1;
    return strcmp(x->id, y->id);
}

static bool read_hit(const struct json *id, const struct json *distance, struct vector_hit *ret_hit)
{
    const char *text = json_string(id);
    double value = json_number(distance, NAN);

    if (!text || strlen(text) >= sizeof(ret_hit->id) ||
        !(value >= -DISTANCE_SLACK && value <= 2 + DISTANCE_SLACK))
        return false;
    memcpy(ret_hit->id, text, strlen(text) + 1);
    ret_hit->distance = fmin(fmax(value, 0), 2);
    return true;
}

int chroma_read_hits(const char *body,
                     size_t len,
                     size_t k,
                     struct vector_hit *ret_hits,
                     size_t *ret_n,
                     struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *ids, *distances, *id, *distance;
    size_t n = 0;

    if (parse(body, len, &json, err) < 0)
        return -1;
    ids = json_first(json_get(json, "ids"));
    distances = json_first(json_get(json, "distances"));
    if (!ids || !distances || json_type(ids) != JSON_ARRAY || json_type(distances) != JSON_ARRAY)
        return fail_sense(err);
    id = json_first(ids);
    distance = json_first(distances);
    for (; id && distance; id = json_next(id), distance = json_next(distance))
        if (n == k || !read_hit(id, distance, &ret_hits[n++]))
            return fail_sense(err);
    if (id || distance)
        return fail_sense(err);
    qsort(ret_hits, n, sizeof(*ret_hits), by_distance);
    *ret_n = n;
    return 0;
}

/* ---- Pages -------------------------------------------------------------------------------------- */

int chroma_read_page(const char *body,
                     size_t len,
                     vector_source_each_fn *each,
                     void *ctx,
                     size_t *ret_n,
                     struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *ids, *metadatas, *metadata;
    size_t n;

    if (parse(body, len, &json, err) < 0)
        return -1;
    ids = json_get(json, "ids");
    metadatas = json_get(json, "metadatas");
    n = json_count(ids);
    if (!ids || json_type(ids) != JSON_ARRAY || n > CHROMA_PAGE_RECORDS ||
        json_count(metadatas) != n)
        return fail_sense(err);
    metadata = json_first(metadatas);
    for (const struct json *id = json_first(ids); id; id = json_next(id)) {
        const char *version = json_string(json_get(metadata, "version"));

        if (!json_string(id))
            return fail_sense(err);
        each(ctx, json_string(id), version ? version : "");
        metadata = json_next(metadata);
    }
    *ret_n = n;
    return 0;
}
