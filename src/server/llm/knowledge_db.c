#include "server/llm/knowledge_db.h"

#include "server/llm/chunk.h"
#include "server/llm/knowledge_snapshot.h"
#include "server/llm/lexicon.h"
#include "server/store/db.h"
#include "server/store/schema.h"

#include "common/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000 /* another process that loads */

/* AUTOINCREMENT: a rowid never means another chunk, so that what an older version of the base knows it by
 * cannot mislead. The chunks' texts are stored once: the index refers to them. */
static const char *const steps[] = {
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE documents ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  path TEXT NOT NULL UNIQUE,"
    "  title TEXT NOT NULL,"
    "  hash TEXT NOT NULL," /* of the file */
    "  bytes INTEGER NOT NULL,"
    "  first_chunk INTEGER NOT NULL,"
    "  n_chunks INTEGER NOT NULL,"
    "  n_words INTEGER NOT NULL);"
    "CREATE TABLE chunks ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  document INTEGER NOT NULL REFERENCES documents (id),"
    "  number INTEGER NOT NULL," /* from 1 */
    "  start INTEGER NOT NULL,"  /* bytes in the file */
    "  end INTEGER NOT NULL,"
    "  heading TEXT NOT NULL,"
    "  title TEXT NOT NULL,"    /* the document's */
    "  headings TEXT NOT NULL," /* one a line */
    "  text TEXT NOT NULL);"
    "CREATE INDEX chunks_document ON chunks (document);"
    "CREATE VIRTUAL TABLE search USING fts5("
    "  title, headings, text, content='chunks', content_rowid='id',"
    "  tokenize='porter unicode61 remove_diacritics 2');"
    "CREATE TABLE terms (stem TEXT PRIMARY KEY, chunks INTEGER NOT NULL) WITHOUT ROWID;",
};

static const struct schema knowledge_schema = {
    .application_id = 0x5457444b, /* "TWDK" */
    .n_steps = COUNT_OF(steps),
    .steps = steps,
};

int knowledge_db_open(const char *path, struct db **ret_db, struct tw_error *err)
{
    CLEANUP(db_closep) struct db *db = NULL;

    /* A crash may lose the last load, never damage the file; loading again is cheap. */
    if (db_open(path, DB_CREATE, BUSY_MS, &db, err) < 0 ||
        schema_upgrade(db, &knowledge_schema, path, err) < 0 ||
        db_exec(db, "PRAGMA synchronous=NORMAL", err) < 0)
        return -1;
    *ret_db = TAKE(db);
    return 0;
}

/* Reading needs no step of the schema, and unlike a writer's opening no sync of the disk. */
static bool is_current(struct db *db)
{
    int64_t application = 0, version = 0;

    return db_read_int(db, "PRAGMA application_id", &application, NULL) == 0 &&
           db_read_int(db, "PRAGMA user_version", &version, NULL) == 0 &&
           application == knowledge_schema.application_id && version == COUNT_OF(steps);
}

int knowledge_db_open_to_read(const char *path, struct db **ret_db, struct tw_error *err)
{
    CLEANUP(db_closep) struct db *db = NULL;

    if (access(path, F_OK) == 0 && db_open(path, DB_READ, BUSY_MS, &db, NULL) == 0 &&
        is_current(db)) {
        *ret_db = TAKE(db);
        return 0;
    }
    return knowledge_db_open(path, ret_db, err); /* makes it, or says what is wrong */
}

/* ---- Facts ------------------------------------------------------------------------------------- */

int knowledge_db_read_fact(struct db *db, const char *name, char **ret_value, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *statement = NULL;
    int row;

    if (db_prepare(db, "SELECT value FROM facts WHERE name = ?", &statement, err) < 0)
        return -1;
    statement_bind_text(statement, 1, name);
    row = statement_step(statement, err);
    if (row < 0)
        return -1;
    *ret_value = xstrdup(row > 0 ? statement_text(statement, 0) : "");
    return 0;
}

int knowledge_db_read_number(struct db *db,
                             const char *name,
                             int64_t *ret_value,
                             struct tw_error *err)
{
    CLEANUP(freep) char *value = NULL;

    if (knowledge_db_read_fact(db, name, &value, err) < 0)
        return -1;
    *ret_value = strtoll(value, NULL, 10);
    return 0;
}

int knowledge_db_write_fact(struct db *db,
                            const char *name,
                            const char *value,
                            struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *statement = NULL;

    if (db_prepare(db, "INSERT OR REPLACE INTO facts VALUES (?, ?)", &statement, err) < 0)
        return -1;
    statement_bind_text(statement, 1, name);
    statement_bind_text(statement, 2, value);
    return statement_run(statement, err);
}

/* ---- Documents --------------------------------------------------------------------------------- */

enum {
    ADD_DOCUMENT,
    SET_COUNTS,
    ADD_CHUNK,
    INDEX_CHUNK,
    FORGET_CHUNKS,
    REMOVE_CHUNKS,
    REMOVE_DOCUMENT,
    N_INSERTS
};

static const char *const sql[N_INSERTS] = {
    [ADD_DOCUMENT] =
        "INSERT INTO documents (path, title, hash, bytes, first_chunk, n_chunks, n_words) "
        "VALUES (?, ?, ?, ?, 0, 0, 0)",
    [SET_COUNTS] = "UPDATE documents SET first_chunk = ?, n_chunks = ?, n_words = ? WHERE id = ?",
    [ADD_CHUNK] =
        "INSERT INTO chunks (document, number, start, end, heading, title, headings, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [INDEX_CHUNK] = "INSERT INTO search (rowid, title, headings, text) "
                    "SELECT id, title, headings, text FROM chunks WHERE id = ?",
    /* An index that refers to its texts must be told what it forgets, while it is still there. */
    [FORGET_CHUNKS] = "INSERT INTO search (search, rowid, title, headings, text) "
                      "SELECT 'delete', id, title, headings, text FROM chunks WHERE document = ?",
    [REMOVE_CHUNKS] = "DELETE FROM chunks WHERE document = ?",
    [REMOVE_DOCUMENT] = "DELETE FROM documents WHERE id = ?",
};

struct knowledge_inserts {
    struct db *db;
    int64_t last_chunk; /* rowid */
    struct statement *statements[N_INSERTS];
};

int knowledge_inserts_new(struct db *db,
                          struct knowledge_inserts **ret_inserts,
                          struct tw_error *err)
{
    CLEANUP(knowledge_inserts_freep)
    struct knowledge_inserts *inserts = xcalloc(1, sizeof(*inserts));

    inserts->db = db;
    for (size_t i = 0; i < N_INSERTS; i++)
        if (db_prepare(db, sql[i], &inserts->statements[i], err) < 0)
            return -1;
    *ret_inserts = TAKE(inserts);
    return 0;
}

void knowledge_inserts_free(struct knowledge_inserts *inserts)
{
    if (!inserts)
        return;
    for (size_t i = 0; i < N_INSERTS; i++)
        statement_free(inserts->statements[i]);
    free(inserts);
}

static int run_with(struct knowledge_inserts *inserts, int which, int64_t id, struct tw_error *err)
{
    statement_bind_int(inserts->statements[which], 1, id);
    return statement_run(inserts->statements[which], err);
}

static int add_chunk(struct knowledge_inserts *inserts,
                     int64_t document,
                     const struct chunks *chunks,
                     size_t i,
                     const char *text,
                     struct tw_error *err)
{
    struct statement *add = inserts->statements[ADD_CHUNK];
    const struct chunk *chunk = &chunks->at[i];
    CLEANUP(freep) char *words = strndup(text + chunk->start, chunk->end - chunk->start);

    if (!words)
        return tw_fail(err, TW_BUSY, "no memory for a chunk");
    statement_bind_int(add, 1, document);
    statement_bind_int(add, 2, (int64_t)i + 1);
    statement_bind_int(add, 3, (int64_t)chunk->start);
    statement_bind_int(add, 4, (int64_t)chunk->end);
    statement_bind_text(add, 5, chunk->heading);
    statement_bind_text(add, 6, chunks->title);
    statement_bind_text(add, 7, chunk->headings);
    statement_bind_text(add, 8, words);
    if (statement_run(add, err) < 0)
        return -1;
    inserts->last_chunk = db_last_id(inserts->db);
    return run_with(inserts, INDEX_CHUNK, inserts->last_chunk, err);
}

static int set_counts(struct knowledge_inserts *inserts,
                      int64_t document,
                      const struct chunks *chunks,
                      struct tw_error *err)
{
    struct statement *set = inserts->statements[SET_COUNTS];
    size_t n_words = 0;

    for (size_t i = 0; i < chunks->n; i++)
        n_words += chunks->at[i].n_words;
    statement_bind_int(set, 1, inserts->last_chunk + 1 - (int64_t)chunks->n);
    statement_bind_int(set, 2, (int64_t)chunks->n);
    statement_bind_int(set, 3, (int64_t)n_words);
    statement_bind_int(set, 4, document);
    return statement_run(set, err);
}

int knowledge_inserts_add(struct knowledge_inserts *inserts,
                          const struct knowledge_document *document,
                          const struct chunks *chunks,
                          const char *text,
                          struct tw_error *err)
{
    struct statement *add = inserts->statements[ADD_DOCUMENT];
    int64_t id;

    statement_bind_text(add, 1, document->path);
    statement_bind_text(add, 2, document->title);
    statement_bind_text(add, 3, document->hash);
    statement_bind_int(add, 4, document->bytes);
    if (statement_run(add, err) < 0)
        return -1;
    id = db_last_id(inserts->db);
    for (size_t i = 0; i < chunks->n; i++)
        if (add_chunk(inserts, id, chunks, i, text, err) < 0)
            return -1;
    return set_counts(inserts, id, chunks, err);
}

int knowledge_inserts_remove(struct knowledge_inserts *inserts,
                             const struct knowledge_document *document,
                             struct tw_error *err)
{
    if (run_with(inserts, FORGET_CHUNKS, document->id, err) < 0 ||
        run_with(inserts, REMOVE_CHUNKS, document->id, err) < 0)
        return -1;
    return run_with(inserts, REMOVE_DOCUMENT, document->id, err);
}

/* ---- Terms ------------------------------------------------------------------------------------- */

struct term_writer {
    struct statement *insert;
    struct tw_error *err;
    int result;
};

static void write_term(void *ctx, const char *stem, uint32_t df)
{
    struct term_writer *writer = ctx;

    if (writer->result < 0)
        return;
    statement_bind_text(writer->insert, 1, stem);
    statement_bind_int(writer->insert, 2, df);
    writer->result = statement_run(writer->insert, writer->err);
}

int knowledge_db_write_terms(struct db *db, const struct lexicon *lexicon, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *insert = NULL;
    struct term_writer writer = {.err = err};

    if (db_exec(db, "DELETE FROM terms", err) < 0 ||
        db_prepare(db, "INSERT INTO terms VALUES (?, ?)", &insert, err) < 0)
        return -1;
    writer.insert = insert;
    lexicon_each_stem(lexicon, write_term, &writer);
    return writer.result;
}
