#include "server/llm/vectors_file.h"

#include "common/alloc.h"
#include "server/store/db.h"
#include "server/store/schema.h"

#define BUSY_MS        5000 /* somebody looks at the file with another program */
#define CHECKPOINT_AT  4000 /* pages of the log */
#define VACUUM_SQL     "PRAGMA incremental_vacuum(2000)"
#define DEFAULT_DB_ROW "'" VECTORS_DEFAULT_TENANT "', '" VECTORS_DEFAULT_DATABASE "'"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "vectors are stored, and sent, as little-endian float32");

/* Vectors are dim little-endian float32. The checksum is record_checksum's. */
static const char *const steps[] = {
    "CREATE TABLE tenants (name TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE databases ("
    "  tenant TEXT NOT NULL REFERENCES tenants,"
    "  name TEXT NOT NULL,"
    "  uuid TEXT NOT NULL,"
    "  PRIMARY KEY (tenant, name));"
    "CREATE TABLE collections ("
    "  id INTEGER PRIMARY KEY,"
    "  uuid TEXT NOT NULL UNIQUE,"
    "  tenant TEXT NOT NULL,"
    "  database TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  metadata TEXT,"          /* JSON object */
    "  space INTEGER NOT NULL," /* enum vector_space */
    "  dim INTEGER NOT NULL,"   /* 0: not known yet */
    "  ef_construction INTEGER NOT NULL,"
    "  ef_search INTEGER NOT NULL,"
    "  max_neighbors INTEGER NOT NULL,"
    "  embedding_function TEXT," /* JSON object, for clients */
    "  UNIQUE (tenant, database, name),"
    "  FOREIGN KEY (tenant, database) REFERENCES databases ON DELETE CASCADE);"
    "CREATE TABLE records ("
    "  sequence INTEGER PRIMARY KEY," /* of the first writing, over all collections */
    "  collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,"
    "  id TEXT NOT NULL,"
    "  checksum INTEGER NOT NULL,"
    "  uri TEXT,"
    "  metadata TEXT," /* JSON object */
    "  document TEXT,"
    "  vector BLOB NOT NULL,"
    "  UNIQUE (collection, id));"
    "INSERT INTO tenants VALUES ('" VECTORS_DEFAULT_TENANT "');"
    "INSERT INTO databases VALUES (" DEFAULT_DB_ROW ", '00000000-0000-0000-0000-000000000000');",
};

const struct schema vectors_schema = {
    .application_id = 0x56445754, /* "TWDV" */
    .n_steps = COUNT_OF(steps),
    .steps = steps,
};

enum sql {
    SQL_PUT_TENANT,
    SQL_PUT_DATABASE,
    SQL_DELETE_DATABASE,
    SQL_PUT_COLLECTION,
    SQL_DELETE_COLLECTION,
    SQL_PUT_RECORD,
    SQL_DELETE_RECORD,
    N_SQL
};

static const char *const sql_texts[N_SQL] = {
    [SQL_PUT_TENANT] = "INSERT INTO tenants VALUES (?1)",
    [SQL_PUT_DATABASE] = "INSERT INTO databases VALUES (?1, ?2, ?3)",
    [SQL_DELETE_DATABASE] = "DELETE FROM databases WHERE tenant = ?1 AND name = ?2",
    /* Not OR REPLACE, which would take the records with it. */
    [SQL_PUT_COLLECTION] =
        ("INSERT INTO collections VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
         " ON CONFLICT (id) DO UPDATE SET name = ?5, metadata = ?6, dim = ?8,"
         " ef_construction = ?9, ef_search = ?10, max_neighbors = ?11, embedding_function = ?12"),
    [SQL_DELETE_COLLECTION] = "DELETE FROM collections WHERE id = ?1",
    [SQL_PUT_RECORD] = "INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_DELETE_RECORD] = "DELETE FROM records WHERE sequence = ?1",
};

struct vectors_file {
    struct db *db;
    struct statement *statements[N_SQL];
    bool has_deleted; /* since begin */
};

int vectors_file_open(const char *path, struct vectors_file **ret_file, struct tw_error *err)
{
    struct vectors_file *file = xcalloc(1, sizeof(*file));
    int result = db_open(path, DB_CREATE, BUSY_MS, &file->db, err);

    if (result == 0)
        result = schema_upgrade(file->db, &vectors_schema, path, err);
    for (size_t i = 0; i < N_SQL && result == 0; i++)
        result = db_prepare(file->db, sql_texts[i], &file->statements[i], err);
    if (result < 0) {
        vectors_file_close(file);
        return -1;
    }
    *ret_file = file;
    return 0;
}

void vectors_file_close(struct vectors_file *file)
{
    if (!file)
        return;
    for (size_t i = 0; i < N_SQL; i++)
        statement_free(file->statements[i]);
    if (file->db)
        (void)!db_checkpoint(file->db, DB_CHECKPOINT_TRUNCATE, NULL);
    db_close(file->db);
    free(file);
}

struct db *vectors_file_db(struct vectors_file *file)
{
    return file->db;
}

int vectors_file_begin(struct vectors_file *file, struct tw_error *err)
{
    file->has_deleted = false;
    return db_begin(file->db, err);
}

int vectors_file_commit(struct vectors_file *file, struct tw_error *err)
{
    if (db_commit(file->db, err) < 0)
        return -1;
    /* What was asked for is done. If tidying up fails, the next change tries again. */
    if (file->has_deleted)
        (void)!db_exec(file->db, VACUUM_SQL, NULL);
    if (db_wal_pages(file->db) > CHECKPOINT_AT)
        (void)!db_checkpoint(file->db, DB_CHECKPOINT_PASSIVE, NULL);
    return 0;
}

void vectors_file_rollback(struct vectors_file *file)
{
    db_rollback(file->db);
}

int vectors_file_put_tenant(struct vectors_file *file, const char *tenant, struct tw_error *err)
{
    struct statement *statement = file->statements[SQL_PUT_TENANT];

    statement_bind_text(statement, 1, tenant);
    return statement_run(statement, err);
}

int vectors_file_put_database(struct vectors_file *file,
                              const struct database *database,
                              struct tw_error *err)
{
    struct statement *statement = file->statements[SQL_PUT_DATABASE];

    statement_bind_text(statement, 1, database->tenant);
    statement_bind_text(statement, 2, database->name);
    statement_bind_text(statement, 3, database->uuid);
    return statement_run(statement, err);
}

int vectors_file_delete_database(struct vectors_file *file,
                                 const struct database *database,
                                 struct tw_error *err)
{
    struct statement *statement = file->statements[SQL_DELETE_DATABASE];

    file->has_deleted = true;
    statement_bind_text(statement, 1, database->tenant);
    statement_bind_text(statement, 2, database->name);
    return statement_run(statement, err);
}

struct collection_row collection_row_of(const struct vectors_collection *collection)
{
    return (struct collection_row){collection,           collection->name,
                                   collection->metadata, collection->embedding_function,
                                   collection->dim,      collection->hnsw};
}

int vectors_file_put_collection(struct vectors_file *file,
                                const struct collection_row *row,
                                struct tw_error *err)
{
    struct statement *statement = file->statements[SQL_PUT_COLLECTION];

    statement_bind_int(statement, 1, row->collection->row);
    statement_bind_text(statement, 2, row->collection->uuid);
    statement_bind_text(statement, 3, row->collection->tenant);
    statement_bind_text(statement, 4, row->collection->database);
    statement_bind_text(statement, 5, row->name);
    statement_bind_text(statement, 6, row->metadata);
    statement_bind_int(statement, 7, row->collection->space);
    statement_bind_int(statement, 8, (int64_t)row->dim);
    statement_bind_int(statement, 9, row->hnsw.ef_construction);
    statement_bind_int(statement, 10, row->hnsw.ef_search);
    statement_bind_int(statement, 11, row->hnsw.max_neighbors);
    statement_bind_text(statement, 12, row->embedding_function);
    return statement_run(statement, err);
}

static int run_with_id(struct vectors_file *file, enum sql sql, int64_t id, struct tw_error *err)
{
    struct statement *statement = file->statements[sql];

    file->has_deleted = true;
    statement_bind_int(statement, 1, id);
    return statement_run(statement, err);
}

int vectors_file_delete_collection(struct vectors_file *file, int64_t row, struct tw_error *err)
{
    return run_with_id(file, SQL_DELETE_COLLECTION, row, err);
}

int vectors_file_put_record(struct vectors_file *file,
                            int64_t collection_row,
                            const struct record *record,
                            const float *vector,
                            size_t dim,
                            struct tw_error *err)
{
    struct statement *statement = file->statements[SQL_PUT_RECORD];

    statement_bind_int(statement, 1, record->sequence);
    statement_bind_int(statement, 2, collection_row);
    statement_bind_text(statement, 3, record->id);
    statement_bind_int(statement, 4, record_checksum(record, vector, dim));
    statement_bind_text(statement, 5, record->uri);
    statement_bind_text(statement, 6, record->metadata);
    statement_bind_text(statement, 7, record->document);
    statement_bind_blob(statement, 8, vector, dim * sizeof(*vector));
    return statement_run(statement, err);
}

int vectors_file_delete_record(struct vectors_file *file, int64_t sequence, struct tw_error *err)
{
    return run_with_id(file, SQL_DELETE_RECORD, sequence, err);
}
