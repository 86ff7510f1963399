#include "server/api/vector.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/json_write.h"
#include "server/api/api.h"
#include "server/app.h"
#include "server/llm/metadata.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STRING_BYTES_MAX (64U << 10)

/* ---- Errors ------------------------------------------------------------------------------------- */

static const char *kind_of(int status)
{
    switch (status) {
    case 400:
        return "InvalidArgumentError";
    case 404:
        return "NotFoundError";
    case 410:
        return "Unimplemented";
    case 500:
        return "InternalError";
    default:
        return "ChromaError";
    }
}

void api_vector_error(const struct route *route, struct reply *reply, const char *detail)
{
    struct json_writer w = {&reply->body, false};

    buffer_clear(&reply->body);
    reply->content_type = "application/json";
    if (!route && (reply->status == 404 || reply->status == 405))
        return; /* as Chroma has it */
    json_write_object(&w, NULL);
    json_write_string(&w, "error", kind_of(reply->status));
    json_write_string(&w, "message", detail);
    json_write_object_end(&w);
}

int vector_fail(struct reply *reply, int status, struct tw_error *err, const char *fmt, ...)
{
    char text[sizeof(err->message)];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    reply->status = status;
    return tw_fail(err, TW_INVALID, "%s", text);
}

int vector_fail_memory(struct tw_error *err)
{
    return tw_fail(err, TW_BUSY, "no memory for this request");
}

int vector_pass(struct reply *reply, const struct tw_error *err)
{
    if (err->code == TW_INVALID)
        reply->status = 400;
    return -1;
}

/* ---- Requests ------------------------------------------------------------------------------------- */

static struct vector_member *find_member(struct vector_member *members,
                                         size_t n_members,
                                         const struct json_span *key)
{
    for (size_t i = 0; i < n_members; i++)
        if (json_span_is(key, members[i].name))
            return &members[i];
    return NULL;
}

int vector_read_members(const char *text,
                        const char *what,
                        struct vector_member *members,
                        size_t n_members,
                        struct reply *reply,
                        struct tw_error *err)
{
    struct json_scan scan = {text ? text : "{}"};

    if (json_scan_type(&scan) != JSON_OBJECT)
        return vector_fail(reply, 422, err, "%s: expected an object", what);
    json_scan_enter(&scan);
    while (json_scan_more(&scan)) {
        struct json_span key = json_scan_key(&scan);
        struct vector_member *member = find_member(members, n_members, &key);

        if (member && (member->is_there || member->is_null))
            return vector_fail(reply, 400, err, "duplicate field `%s`", member->name);
        if (member) {
            member->value = scan;
            member->is_null = json_scan_type(&scan) == JSON_NULL;
            member->is_there = !member->is_null;
        }
        (void)json_scan_skip(&scan);
    }
    return 0;
}

int vector_read_string(const struct vector_member *member,
                       char **ret_text,
                       struct reply *reply,
                       struct tw_error *err)
{
    struct json_scan scan = member->value;
    struct buffer text;

    *ret_text = NULL;
    if (!member->is_there)
        return 0;
    if (json_scan_type(&scan) != JSON_STRING)
        return vector_fail(reply, 422, err, "%s: expected a string", member->name);
    buffer_init(&text, STRING_BYTES_MAX);
    json_scan_string(&scan, &text);
    *ret_text = buffer_take(&text, NULL);
    if (*ret_text)
        return 0;
    return text.starved ? vector_fail_memory(err)
                        : vector_fail(reply, 400, err, "%s: too long", member->name);
}

int vector_read_number(const struct vector_member *member,
                       size_t *value,
                       struct reply *reply,
                       struct tw_error *err)
{
    struct json_scan scan = member->value;
    bool is_whole = false;
    double number = 0;

    if (!member->is_there)
        return 0;
    if (json_scan_type(&scan) == JSON_NUMBER)
        number = json_scan_number(&scan, &is_whole);
    if (!is_whole || number < 0 || number > UINT32_MAX)
        return vector_fail(reply, 422, err, "%s: expected u32", member->name);
    *value = (size_t)number;
    return 0;
}

int vector_read_metadata(const struct vector_member *member,
                         char **ret_metadata,
                         struct reply *reply,
                         struct tw_error *err)
{
    struct json_scan scan = member->value;
    struct buffer text, merged;
    struct tw_error why;

    *ret_metadata = NULL;
    if (!member->is_there)
        return 0;
    buffer_init(&text, METADATA_BYTES_MAX);
    if (metadata_read(&scan, &text, &why) < 0) {
        buffer_finish(&text);
        return why.code == TW_BUSY
                   ? vector_fail_memory(err)
                   : vector_fail(reply, 422, err, "%s: %.200s", member->name, why.message);
    }
    buffer_init(&merged, METADATA_BYTES_MAX);
    metadata_merge(NULL, buffer_text(&text), &merged); /* without its nulls */
    buffer_finish(&text);
    if (merged.len == 0 && !merged.failed)
        return vector_fail(reply, 400, err, "Validation error: %s: Metadata cannot be empty",
                           member->name);
    *ret_metadata = buffer_take(&merged, NULL);
    return *ret_metadata ? 0
                         : vector_fail_memory(err); /* it is no longer than what it was made of */
}

/* One of the two; stays when it is absent. */
static int read_parameter(const struct request *request,
                          const char *name,
                          size_t *value,
                          struct reply *reply,
                          struct tw_error *err)
{
    const char *text = request_query(request, name);

    if (!text)
        return 0;
    if (!*text || text[strspn(text, "0123456789")] || strlen(text) > 9)
        return vector_fail(reply, 400, err, "Failed to deserialize query string: %s", name);
    *value = strtoul(text, NULL, 10);
    return 0;
}

int vector_read_page(const struct request *request,
                     size_t *ret_offset,
                     size_t *ret_limit,
                     struct reply *reply,
                     struct tw_error *err)
{
    *ret_offset = 0;
    *ret_limit = SIZE_MAX;
    if (read_parameter(request, "offset", ret_offset, reply, err) < 0)
        return -1;
    return read_parameter(request, "limit", ret_limit, reply, err);
}

static bool is_uuid(const char *text)
{
    for (size_t i = 0; i < VECTORS_UUID_SIZE - 1; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return text[VECTORS_UUID_SIZE - 1] == '\0';
}

int vector_find_collection(struct app *app,
                           const struct request *request,
                           struct vectors_collection **ret_collection,
                           struct reply *reply,
                           struct tw_error *err)
{
    const char *uuid = request->param[2];

    if (!is_uuid(uuid))
        return vector_fail(reply, 400, err, "Collection ID is not a valid UUIDv4");
    return vectors_find_collection_by_uuid(app->vectors, request->param[0], request->param[1], uuid,
                                           ret_collection, err);
}

/* ---- The server --------------------------------------------------------------------------------- */

int api_vector_heartbeat(struct app *app,
                         const struct request *request,
                         struct reply *reply,
                         struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};

    (void)app;
    (void)request;
    (void)err;
    json_write_object(&w, NULL);
    json_write_int(&w, "nanosecond heartbeat", clock_now_ms() * 1000000);
    json_write_object_end(&w);
    return 0;
}

/* Of the API, not of the program: every Chroma server says so, and clients look at it. */
int api_vector_version(struct app *app,
                       const struct request *request,
                       struct reply *reply,
                       struct tw_error *err)
{
    (void)app;
    (void)request;
    (void)err;
    (void)buffer_puts(&reply->body, "\"1.0.0\"");
    return 0;
}

int api_vector_pre_flight(struct app *app,
                          const struct request *request,
                          struct reply *reply,
                          struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};

    (void)app;
    (void)request;
    (void)err;
    json_write_object(&w, NULL);
    json_write_int(&w, "max_batch_size", 5461);
    json_write_bool(&w, "supports_base64_encoding", true);
    json_write_object_end(&w);
    return 0;
}

int api_vector_healthcheck(struct app *app,
                           const struct request *request,
                           struct reply *reply,
                           struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};

    (void)request;
    (void)err;
    reply->status = app->is_draining ? 503 : 200;
    json_write_object(&w, NULL);
    json_write_bool(&w, "is_executor_ready", !app->is_draining);
    json_write_bool(&w, "is_log_client_ready", !app->is_draining);
    json_write_object_end(&w);
    return 0;
}

int api_vector_identity(struct app *app,
                        const struct request *request,
                        struct reply *reply,
                        struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};

    (void)app;
    (void)request;
    (void)err;
    json_write_object(&w, NULL);
    json_write_string(&w, "user_id", "");
    json_write_string(&w, "tenant", VECTORS_DEFAULT_TENANT);
    json_write_array(&w, "databases");
    json_write_string(&w, NULL, VECTORS_DEFAULT_DATABASE);
    json_write_array_end(&w);
    json_write_object_end(&w);
    return 0;
}

int api_vector_gone(struct app *app,
                    const struct request *request,
                    struct reply *reply,
                    struct tw_error *err)
{
    (void)app;
    (void)request;
    return vector_fail(reply, 410, err, "The v1 API is deprecated. Please use /v2 apis");
}

int api_vector_reset(struct app *app,
                     const struct request *request,
                     struct reply *reply,
                     struct tw_error *err)
{
    (void)app;
    (void)request;
    return vector_fail(reply, 403, err, "Reset is disabled by config");
}

int api_vector_unsupported(struct app *app,
                           const struct request *request,
                           struct reply *reply,
                           struct tw_error *err)
{
    (void)app;
    (void)request;
    return vector_fail(reply, 501, err,
                       "this is not supported here: docs/vector-api.md says what is");
}

/* ---- Tenants and databases ---------------------------------------------------------------------- */

/* The "name" of the body. Owned by the caller. */
static int read_name(const struct request *request,
                     char **ret_name,
                     struct reply *reply,
                     struct tw_error *err)
{
    struct vector_member name = {.name = "name"};

    if (vector_read_members(request->text, "the body", &name, 1, reply, err) < 0 ||
        vector_read_string(&name, ret_name, reply, err) < 0)
        return -1;
    return *ret_name ? 0 : vector_fail(reply, 422, err, "missing field `name`");
}

static int answer_empty(struct reply *reply)
{
    (void)buffer_puts(&reply->body, "{}");
    return 0;
}

int api_vector_tenants_add(struct app *app,
                           const struct request *request,
                           struct reply *reply,
                           struct tw_error *err)
{
    CLEANUP(freep) char *name = NULL;
    bool is_new;

    if (read_name(request, &name, reply, err) < 0)
        return -1;
    if (vectors_add_tenant(app->vectors, name, &is_new, err) < 0)
        return vector_pass(reply, err);
    return is_new ? answer_empty(reply)
                  : vector_fail(reply, 409, err, "Tenant [%.150s] already exists", name);
}

int api_vector_tenants_get(struct app *app,
                           const struct request *request,
                           struct reply *reply,
                           struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    const char *tenant = request->param[0];

    if (!vectors_has_tenant(app->vectors, tenant))
        return tw_fail(err, TW_NOT_FOUND, "Tenant [%.200s] not found", tenant);
    json_write_object(&w, NULL);
    json_write_string(&w, "name", tenant);
    json_write_null(&w, "resource_name");
    json_write_object_end(&w);
    return 0;
}

int api_vector_databases_add(struct app *app,
                             const struct request *request,
                             struct reply *reply,
                             struct tw_error *err)
{
    CLEANUP(freep) char *name = NULL;
    bool is_new;

    if (read_name(request, &name, reply, err) < 0)
        return -1;
    if (vectors_add_database(app->vectors, request->param[0], name, &is_new, err) < 0)
        return vector_pass(reply, err);
    return is_new ? answer_empty(reply)
                  : vector_fail(reply, 409, err, "Database [%.150s] already exists", name);
}

static void write_database(struct json_writer *w,
                           const char *uuid,
                           const char *name,
                           const char *tenant)
{
    json_write_object(w, NULL);
    json_write_string(w, "id", uuid);
    json_write_string(w, "name", name);
    json_write_string(w, "tenant", tenant);
    json_write_object_end(w);
}

int api_vector_databases_list(struct app *app,
                              const struct request *request,
                              struct reply *reply,
                              struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct vectors_databases databases;
    size_t offset, limit;

    if (vector_read_page(request, &offset, &limit, reply, err) < 0)
        return -1;
    vectors_list_databases(app->vectors, request->param[0], &databases);
    json_write_array(&w, NULL);
    for (size_t i = offset; i < databases.n && i - offset < limit; i++)
        write_database(&w, databases.at[i].uuid, databases.at[i].name, request->param[0]);
    json_write_array_end(&w);
    vectors_databases_finish(&databases);
    return 0;
}

int api_vector_databases_get(struct app *app,
                             const struct request *request,
                             struct reply *reply,
                             struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    const char *tenant = request->param[0], *database = request->param[1];
    char uuid[VECTORS_UUID_SIZE];

    if (!vectors_has_database(app->vectors, tenant, database, uuid))
        return tw_fail(err, TW_NOT_FOUND, "Database [%.150s] not found. Are you sure it exists?",
                       database);
    write_database(&w, uuid, database, tenant);
    return 0;
}

int api_vector_databases_delete(struct app *app,
                                const struct request *request,
                                struct reply *reply,
                                struct tw_error *err)
{
    if (vectors_delete_database(app->vectors, request->param[0], request->param[1], err) < 0)
        return vector_pass(reply, err);
    return answer_empty(reply);
}
