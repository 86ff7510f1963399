#include "common/alloc.h"
#include "server/llm/vectors_file.h"

#include <string.h>

void vectors_database_finish(struct database *database)
{
    free(database->tenant);
    free(database->name);
}

static bool has_tenant(const struct vectors *vectors, const char *tenant)
{
    for (size_t i = 0; i < vectors->n_tenants; i++)
        if (strcmp(vectors->tenants[i], tenant) == 0)
            return true;
    return false;
}

struct database *vectors_find_database(const struct vectors *vectors,
                                       const char *tenant,
                                       const char *name)
{
    for (size_t i = 0; i < vectors->n_databases; i++)
        if (strcmp(vectors->databases[i].tenant, tenant) == 0 &&
            strcmp(vectors->databases[i].name, name) == 0)
            return &vectors->databases[i];
    return NULL;
}

static int check_name(const char *what, const char *name, struct tw_error *err)
{
    size_t len = strnlen(name, 256);

    if (len >= VECTORS_NAME_MIN && len < 256)
        return 0;
    return tw_fail(err, TW_INVALID, "%s name must have 3 to 255 bytes", what);
}

static int add_tenant(struct vectors *vectors, const char *tenant, struct tw_error *err)
{
    if (check_name("a tenant's", tenant, err) < 0)
        return -1;
    if (vectors->n_tenants == VECTORS_COLLECTIONS_MAX)
        return vectors_fail_full("tenants", err);
    if (vectors_file_begin(vectors->file, err) < 0 ||
        vectors_end_change(vectors, vectors_file_put_tenant(vectors->file, tenant, err), err) < 0)
        return -1;
    (void)pthread_mutex_lock(&vectors->catalog);
    vectors->tenants =
        xrealloc_array(vectors->tenants, vectors->n_tenants + 1, sizeof(*vectors->tenants));
    vectors->tenants[vectors->n_tenants++] = xstrdup(tenant);
    (void)pthread_mutex_unlock(&vectors->catalog);
    return 0;
}

int vectors_add_tenant(struct vectors *vectors,
                       const char *tenant,
                       bool *ret_is_new,
                       struct tw_error *err)
{
    int result = 0;

    (void)pthread_mutex_lock(&vectors->writer);
    *ret_is_new = !has_tenant(vectors, tenant);
    if (*ret_is_new)
        result = add_tenant(vectors, tenant, err);
    (void)pthread_mutex_unlock(&vectors->writer);
    return result;
}

bool vectors_has_tenant(struct vectors *vectors, const char *tenant)
{
    bool result;

    (void)pthread_mutex_lock(&vectors->catalog);
    result = has_tenant(vectors, tenant);
    (void)pthread_mutex_unlock(&vectors->catalog);
    return result;
}

static int add_database(struct vectors *vectors,
                        const char *tenant,
                        const char *name,
                        struct tw_error *err)
{
    struct database database;

    if (!has_tenant(vectors, tenant))
        return tw_fail(err, TW_NOT_FOUND, "Tenant [%.100s] not found", tenant);
    if (check_name("a database's", name, err) < 0)
        return -1;
    if (vectors->n_databases == VECTORS_COLLECTIONS_MAX)
        return vectors_fail_full("databases", err);
    if (vectors_make_uuid(database.uuid, err) < 0)
        return -1;
    database.tenant = xstrdup(tenant);
    database.name = xstrdup(name);
    if (vectors_file_begin(vectors->file, err) < 0 ||
        vectors_end_change(vectors, vectors_file_put_database(vectors->file, &database, err), err) <
            0) {
        vectors_database_finish(&database);
        return -1;
    }
    (void)pthread_mutex_lock(&vectors->catalog);
    vectors->databases =
        xrealloc_array(vectors->databases, vectors->n_databases + 1, sizeof(*vectors->databases));
    vectors->databases[vectors->n_databases++] = database;
    (void)pthread_mutex_unlock(&vectors->catalog);
    return 0;
}

int vectors_add_database(struct vectors *vectors,
                         const char *tenant,
                         const char *database,
                         bool *ret_is_new,
                         struct tw_error *err)
{
    int result = 0;

    (void)pthread_mutex_lock(&vectors->writer);
    *ret_is_new = !vectors_find_database(vectors, tenant, database);
    if (*ret_is_new)
        result = add_database(vectors, tenant, database, err);
    (void)pthread_mutex_unlock(&vectors->writer);
    return result;
}

bool vectors_has_database(struct vectors *vectors,
                          const char *tenant,
                          const char *database,
                          char ret_uuid[VECTORS_UUID_SIZE])
{
    const struct database *found;

    (void)pthread_mutex_lock(&vectors->catalog);
    found = vectors_find_database(vectors, tenant, database);
    if (found && ret_uuid)
        memcpy(ret_uuid, found->uuid, VECTORS_UUID_SIZE);
    (void)pthread_mutex_unlock(&vectors->catalog);
    return found != NULL;
}

void vectors_list_databases(struct vectors *vectors,
                            const char *tenant,
                            struct vectors_databases *ret_databases)
{
    *ret_databases = (struct vectors_databases){0};
    (void)pthread_mutex_lock(&vectors->catalog);
    ret_databases->at = xcalloc(vectors->n_databases + 1, sizeof(*ret_databases->at));
    for (size_t i = 0; i < vectors->n_databases; i++) {
        const struct database *database = &vectors->databases[i];
        struct vectors_database *copy = &ret_databases->at[ret_databases->n];

        if (strcmp(database->tenant, tenant) != 0)
            continue;
        copy->name = xstrdup(database->name);
        memcpy(copy->uuid, database->uuid, VECTORS_UUID_SIZE);
        ret_databases->n++;
    }
    (void)pthread_mutex_unlock(&vectors->catalog);
}

void vectors_databases_finish(struct vectors_databases *databases)
{
    for (size_t i = 0; i < databases->n; i++)
        free(databases->at[i].name);
    free(databases->at);
    *databases = (struct vectors_databases){0};
}

static void forget_database(struct vectors *vectors, struct database *database)
{
    size_t at = (size_t)(database - vectors->databases);

    for (size_t i = vectors->n_collections; i-- > 0;)
        if (vectors_is_in(vectors->collections[i], database->tenant, database->name))
            vectors_forget_collection(vectors->collections[i]);
    (void)pthread_mutex_lock(&vectors->catalog);
    vectors_database_finish(database);
    memmove(database, database + 1, (--vectors->n_databases - at) * sizeof(*database));
    (void)pthread_mutex_unlock(&vectors->catalog);
}

static int delete_database(struct vectors *vectors,
                           const char *tenant,
                           const char *name,
                           struct tw_error *err)
{
    struct database *database = vectors_find_database(vectors, tenant, name);

    if (!database)
        return tw_fail(err, TW_NOT_FOUND, "Database [%.100s] not found. Are you sure it exists?",
                       name);
    if (vectors_file_begin(vectors->file, err) < 0 ||
        vectors_end_change(vectors, vectors_file_delete_database(vectors->file, database, err),
                           err) < 0)
        return -1;
    forget_database(vectors, database);
    return 0;
}

int vectors_delete_database(struct vectors *vectors,
                            const char *tenant,
                            const char *database,
                            struct tw_error *err)
{
    int result;

    (void)pthread_mutex_lock(&vectors->writer);
    result = delete_database(vectors, tenant, database, err);
    (void)pthread_mutex_unlock(&vectors->writer);
    return result;
}
