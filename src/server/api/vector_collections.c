#include "common/alloc.h"
#include "common/json_write.h"
#include "server/api/api.h"
#include "server/api/vector.h"
#include "server/app.h"

#include <limits.h>
#include <string.h>

static const char *const space_names[N_VECTOR_SPACES] = {
    [VECTOR_L2] = "l2", [VECTOR_COSINE] = "cosine", [VECTOR_IP] = "ip"};

/* ---- Answers ------------------------------------------------------------------------------------ */

static void write_configuration(struct json_writer *w, const struct vectors_collection_info *info)
{
    json_write_object(w, "configuration_json");
    json_write_object(w, "hnsw");
    json_write_string(w, "space", space_names[info->space]);
    json_write_int(w, "ef_construction", info->hnsw.ef_construction);
    json_write_int(w, "ef_search", info->hnsw.ef_search);
    json_write_int(w, "max_neighbors", info->hnsw.max_neighbors);
    json_write_fixed(w, "resize_factor", 1.2, 1);
    json_write_int(w, "sync_threshold", 1000);
    json_write_object_end(w);
    json_write_null(w, "spann");
    if (info->embedding_function)
        json_write_raw(w, "embedding_function", info->embedding_function,
                       strlen(info->embedding_function));
    else
        json_write_null(w, "embedding_function");
    json_write_object_end(w);
}

static void write_collection(struct json_writer *w, struct vectors_collection *collection)
{
    struct vectors_collection_info info;

    vectors_collection_read_info(collection, &info);
    json_write_object(w, NULL);
    json_write_string(w, "id", info.uuid);
    json_write_string(w, "name", info.name);
    write_configuration(w, &info);
    if (info.metadata)
        json_write_raw(w, "metadata", info.metadata, strlen(info.metadata));
    else
        json_write_null(w, "metadata");
    if (info.dim > 0)
        json_write_int(w, "dimension", (int64_t)info.dim);
    else
        json_write_null(w, "dimension");
    json_write_string(w, "tenant", info.tenant);
    json_write_string(w, "database", info.database);
    json_write_int(w, "log_position", 0);
    json_write_int(w, "version", 0);
    json_write_object_end(w);
    vectors_collection_info_finish(&info);
}

/* ---- Configurations ----------------------------------------------------------------------------- */

/* What a client may set of a collection's configuration. */
struct configuration {
    bool has_space, has_ef_search;
    enum vector_space space;
    struct vectors_hnsw hnsw;
    char *embedding_function; /* owned; NULL: none */
};

static bool read_space(const char *text, enum vector_space *ret_space)
{
    for (size_t i = 0; text && i < N_VECTOR_SPACES; i++)
        if (strcmp(space_names[i], text) == 0) {
            *ret_space = (enum vector_space)i;
            return true;
        }
    return false;
}

static int read_members_of(const struct vector_member *parent,
                           struct vector_member *members,
                           size_t n,
                           struct reply *reply,
                           struct tw_error *err)
{
    if (!parent->is_there)
        return 0;
    return vector_read_members(parent->value.at, parent->name, members, n, reply, err);
}

static int read_int(const struct vector_member *member,
                    int *value,
                    struct reply *reply,
                    struct tw_error *err)
{
    size_t number = (size_t)*value;

    if (vector_read_number(member, &number, reply, err) < 0)
        return -1;
    if (number > INT_MAX)
        return vector_fail(reply, 422, err, "%s: too large", member->name);
    *value = (int)number;
    return 0;
}

static int read_hnsw(const struct vector_member *parent,
                     struct configuration *configuration,
                     struct reply *reply,
                     struct tw_error *err)
{
    struct vector_member members[] = {{.name = "space"},
                                      {.name = "ef_construction"},
                                      {.name = "ef_search"},
                                      {.name = "max_neighbors"}};
    CLEANUP(freep) char *space = NULL;

    if (read_members_of(parent, members, COUNT_OF(members), reply, err) < 0 ||
        vector_read_string(&members[0], &space, reply, err) < 0 ||
        read_int(&members[1], &configuration->hnsw.ef_construction, reply, err) < 0 ||
        read_int(&members[2], &configuration->hnsw.ef_search, reply, err) < 0 ||
        read_int(&members[3], &configuration->hnsw.max_neighbors, reply, err) < 0)
        return -1;
    configuration->has_ef_search = configuration->has_ef_search || members[2].is_there;
    configuration->has_space = configuration->has_space || space;
    if (space && !read_space(space, &configuration->space))
        return vector_fail(reply, 422, err,
                           "configuration.%s.space: unknown variant `%.60s`, expected one of `l2`, "
                           "`cosine`, `ip`",
                           parent->name, space);
    return 0;
}

/* A client's own, kept for it as it is. */
static int read_function(const struct vector_member *member,
                         struct configuration *configuration,
                         struct reply *reply,
                         struct tw_error *err)
{
    struct json_scan scan = member->value;
    struct json_span text;

    if (!member->is_there)
        return 0;
    if (json_scan_type(&scan) != JSON_OBJECT)
        return vector_fail(reply, 422, err, "embedding_function: expected an object");
    text = json_scan_skip(&scan);
    if (text.len > VECTORS_FUNCTION_MAX)
        return vector_fail(reply, 400, err, "embedding_function: over %d bytes",
                           VECTORS_FUNCTION_MAX);
    configuration->embedding_function = xprintf_dup("%.*s", (int)text.len, text.at);
    return 0;
}

/* spann is another index of Chroma's, with the same spaces. */
static int read_configuration(const struct vector_member *parent,
                              struct configuration *configuration,
                              struct reply *reply,
                              struct tw_error *err)
{
    struct vector_member members[] = {
        {.name = "hnsw"}, {.name = "spann"}, {.name = "embedding_function"}};

    if (read_members_of(parent, members, COUNT_OF(members), reply, err) < 0 ||
        read_hnsw(&members[0], configuration, reply, err) < 0 ||
        read_hnsw(&members[1], configuration, reply, err) < 0)
        return -1;
    return read_function(&members[2], configuration, reply, err);
}

/* The old way: "hnsw:space" in the metadata. */
static int read_old_space(const struct vector_member *metadata,
                          struct configuration *configuration,
                          struct reply *reply,
                          struct tw_error *err)
{
    struct vector_member space = {.name = "hnsw:space"};
    CLEANUP(freep) char *text = NULL;

    if (read_members_of(metadata, &space, 1, reply, err) < 0 ||
        vector_read_string(&space, &text, reply, err) < 0)
        return -1;
    if (text && !configuration->has_space && !read_space(text, &configuration->space))
        return vector_fail(reply, 400, err,
                           "Failed to parse hnsw parameters from segment metadata");
    return 0;
}

/* ---- Making ------------------------------------------------------------------------------------- */

/* The body of a POST; texts are owned. */
struct wanted {
    char *name, *metadata;
    bool or_get;
    struct configuration configuration;
};

static void wanted_finish(struct wanted *wanted)
{
    free(wanted->name);
    free(wanted->metadata);
    free(wanted->configuration.embedding_function);
}

static int read_flag(const struct vector_member *member,
                     bool *ret_value,
                     struct reply *reply,
                     struct tw_error *err)
{
    struct json_scan scan = member->value;

    *ret_value = false;
    if (!member->is_there)
        return 0;
    if (json_scan_type(&scan) != JSON_BOOL)
        return vector_fail(reply, 422, err, "%s: expected a boolean", member->name);
    *ret_value = *scan.at == 't';
    return 0;
}

static int read_wanted(const struct request *request,
                       struct wanted *wanted,
                       struct reply *reply,
                       struct tw_error *err)
{
    struct vector_member members[] = {{.name = "name"},
                                      {.name = "metadata"},
                                      {.name = "get_or_create"},
                                      {.name = "configuration"}};

    wanted->configuration = (struct configuration){.hnsw = VECTORS_HNSW_DEFAULTS};
    if (vector_read_members(request->text, "the body", members, COUNT_OF(members), reply, err) <
            0 ||
        vector_read_string(&members[0], &wanted->name, reply, err) < 0 ||
        read_configuration(&members[3], &wanted->configuration, reply, err) < 0 ||
        vector_read_metadata(&members[1], &wanted->metadata, reply, err) < 0 ||
        read_old_space(&members[1], &wanted->configuration, reply, err) < 0)
        return -1;
    if (!wanted->name)
        return vector_fail(reply, 422, err, "missing field `name`");
    return read_flag(&members[2], &wanted->or_get, reply, err);
}

static int add_wanted(struct app *app,
                      const struct request *request,
                      const struct wanted *wanted,
                      struct reply *reply,
                      struct tw_error *err)
{
    const struct vectors_definition definition = {
        .tenant = request->param[0],
        .database = request->param[1],
        .name = wanted->name,
        .metadata = wanted->metadata,
        .embedding_function = wanted->configuration.embedding_function,
        .space = wanted->configuration.space,
        .hnsw = wanted->configuration.hnsw,
    };
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    struct json_writer w = {&reply->body, false};
    bool is_new;

    if (vectors_add_collection(app->vectors, &definition, &collection, &is_new, err) < 0)
        return vector_pass(reply, err);
    if (!is_new && !wanted->or_get)
        return vector_fail(reply, 409, err, "Collection [%.150s] already exists", wanted->name);
    write_collection(&w, collection);
    return 0;
}

int api_vector_collections_add(struct app *app,
                               const struct request *request,
                               struct reply *reply,
                               struct tw_error *err)
{
    struct wanted wanted = {0};
    int result = read_wanted(request, &wanted, reply, err);

    if (result == 0)
        result = add_wanted(app, request, &wanted, reply, err);
    wanted_finish(&wanted);
    return result;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

int api_vector_collections_list(struct app *app,
                                const struct request *request,
                                struct reply *reply,
                                struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct vectors_collections list;
    size_t offset, limit;

    if (vector_read_page(request, &offset, &limit, reply, err) < 0)
        return -1;
    vectors_list_collections(app->vectors, request->param[0], request->param[1], &list);
    json_write_array(&w, NULL);
    for (size_t i = offset; i < list.n && i - offset < limit; i++)
        write_collection(&w, list.at[i]);
    json_write_array_end(&w);
    vectors_collections_finish(&list);
    return 0;
}

int api_vector_collections_count(struct app *app,
                                 const struct request *request,
                                 struct reply *reply,
                                 struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct vectors_collections list;

    (void)err;
    vectors_list_collections(app->vectors, request->param[0], request->param[1], &list);
    json_write_int(&w, NULL, (int64_t)list.n);
    vectors_collections_finish(&list);
    return 0;
}

int api_vector_collections_get(struct app *app,
                               const struct request *request,
                               struct reply *reply,
                               struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    struct json_writer w = {&reply->body, false};

    if (vectors_find_collection(app->vectors, request->param[0], request->param[1],
                                request->param[2], &collection, err) < 0)
        return -1;
    write_collection(&w, collection);
    return 0;
}

int api_vector_collections_get_by_id(struct app *app,
                                     const struct request *request,
                                     struct reply *reply,
                                     struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    struct json_writer w = {&reply->body, false};

    if (vector_find_collection(app, request, &collection, reply, err) < 0)
        return -1;
    write_collection(&w, collection);
    return 0;
}

/* ---- Changing ----------------------------------------------------------------------------------- */

static int change(struct vectors_collection *collection,
                  const struct wanted *wanted,
                  struct reply *reply,
                  struct tw_error *err)
{
    const struct configuration *configuration = &wanted->configuration;
    const struct vectors_changes changes = {
        .name = wanted->name,
        .metadata = wanted->metadata,
        .embedding_function = configuration->embedding_function,
        .ef_search = configuration->has_ef_search ? &configuration->hnsw.ef_search : NULL,
    };
    bool is_taken;

    if (vectors_change_collection(collection, &changes, &is_taken, err) < 0)
        return vector_pass(reply, err);
    if (is_taken)
        return vector_fail(reply, 409, err, "Collection [%.150s] already exists", wanted->name);
    (void)buffer_puts(&reply->body, "{}");
    return 0;
}

int api_vector_collections_change(struct app *app,
                                  const struct request *request,
                                  struct reply *reply,
                                  struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;
    struct vector_member members[] = {
        {.name = "new_name"}, {.name = "new_metadata"}, {.name = "new_configuration"}};
    struct wanted wanted = {0};
    int result = vector_find_collection(app, request, &collection, reply, err);

    if (result == 0)
        result =
            vector_read_members(request->text, "the body", members, COUNT_OF(members), reply, err);
    if (result == 0)
        result = vector_read_string(&members[0], &wanted.name, reply, err);
    if (result == 0)
        result = vector_read_metadata(&members[1], &wanted.metadata, reply, err);
    if (result == 0)
        result = read_configuration(&members[2], &wanted.configuration, reply, err);
    if (result == 0)
        result = change(collection, &wanted, reply, err);
    wanted_finish(&wanted);
    return result;
}

int api_vector_collections_delete(struct app *app,
                                  const struct request *request,
                                  struct reply *reply,
                                  struct tw_error *err)
{
    CLEANUP(vectors_collection_releasep) struct vectors_collection *collection = NULL;

    if (vectors_find_collection(app->vectors, request->param[0], request->param[1],
                                request->param[2], &collection, err) < 0 ||
        vectors_delete_collection(collection, err) < 0)
        return -1;
    (void)buffer_puts(&reply->body, "{}");
    return 0;
}
