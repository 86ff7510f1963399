#include "server/store/schema.h"

#include "common/cleanup.h"
#include "server/store/db.h"

#include <inttypes.h>
#include <stdio.h>

/* Sequences, and ids of simulations, come from the program; they are the rowid, so that a new row goes
 * to the end of the table and no second tree has to follow. There is no index on time: sequence and
 * time grow together (query.c and retention.c say how they use it).
 *
 * counters: what must outlive the rows and must not be counted at every start: the number of
 * predictions, and the largest sequence ever stored, in step with the rows as they are written in the
 * same transactions. */
static const char *const store_steps[] = {
    "CREATE TABLE predictions ("
    "  sequence INTEGER PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  x0 REAL NOT NULL, x1 REAL NOT NULL, x2 REAL NOT NULL, x3 REAL NOT NULL,"
    "  class INTEGER NOT NULL,"
    "  origin INTEGER NOT NULL," /* enum origin: 0 user, 1 baseline, 2 drill */
    "  confidence REAL NOT NULL,"
    "  duration_ms REAL NOT NULL,"
    "  simulation INTEGER);" /* NULL: none */
    "CREATE TABLE feedback ("
    "  id INTEGER PRIMARY KEY,"
    "  prediction INTEGER NOT NULL," /* its sequence; the row itself may be gone already */
    "  at_ms INTEGER NOT NULL,"
    "  predicted_class INTEGER NOT NULL,"
    "  true_class INTEGER NOT NULL,"
    "  origin INTEGER NOT NULL,"
    "  confidence REAL NOT NULL);"
    /* AUTOINCREMENT: an id is not given twice, even when retention has emptied the table. */
    "CREATE TABLE events ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  at_ms INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  detail TEXT);" /* JSON object */
    "CREATE TABLE simulations ("
    "  id INTEGER PRIMARY KEY,"
    "  started_at_ms INTEGER NOT NULL,"
    "  ended_at_ms INTEGER NOT NULL," /* 0: running */
    "  kind TEXT NOT NULL,"
    "  state TEXT NOT NULL,"
    "  detail TEXT,"
    "  idempotency_key TEXT NOT NULL);"
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO counters VALUES ('predictions', 0), ('last_sequence', 0);",

    /* Answers of the LLM side. detail last: a list that does not ask for it reads none of its pages. */
    "CREATE TABLE answers ("
    "  id INTEGER PRIMARY KEY," /* of the same count as predictions.sequence */
    "  at_ms INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL,"   /* enum answer_kind: 0 chat, 1 triage, 2 external */
    "  status INTEGER NOT NULL," /* enum answer_status */
    "  origin INTEGER NOT NULL,"
    "  class INTEGER," /* of a triage */
    /* 0..1, NULL: not scored */
    "  relevance REAL, hallucination REAL, groundedness REAL, answer_relevance REAL,"
    "  duration_ms REAL NOT NULL,"
    "  simulation INTEGER,"
    "  trace_id TEXT NOT NULL,"
    "  model TEXT NOT NULL,"
    "  query TEXT NOT NULL,"
    "  detail TEXT NOT NULL);",

    /* As simulations; detail is the report. */
    "CREATE TABLE gamedays ("
    "  id INTEGER PRIMARY KEY,"
    "  started_at_ms INTEGER NOT NULL,"
    "  ended_at_ms INTEGER NOT NULL," /* 0: running */
    "  kind TEXT NOT NULL,"
    "  state TEXT NOT NULL,"
    "  detail TEXT,"
    "  idempotency_key TEXT NOT NULL);",
};

const struct schema store_schema = {
    .application_id = 0x54445754, /* "TDWT" */
    .n_steps = COUNT_OF(store_steps),
    .steps = store_steps,
};

static int refuse_foreign_file(struct db *db,
                               const struct schema *schema,
                               const char *path,
                               struct tw_error *err)
{
    int64_t application = 0, n_tables = 0;
    struct tw_error why = {0};

    if (db_read_int(db, "PRAGMA application_id", &application, &why) < 0 ||
        db_read_int(db, "SELECT count(*) FROM sqlite_schema", &n_tables, &why) < 0)
        return db_fail_damaged(path, &why, err);
    if (application == schema->application_id || (application == 0 && n_tables == 0))
        return 0;
    return tw_fail(err, TW_BROKEN,
                   "'%.120s' is a database of another program: name another file, or move it away",
                   path);
}

static int take_step(struct db *db, const struct schema *schema, size_t step, struct tw_error *err)
{
    char pragmas[96];

    (void)snprintf(pragmas, sizeof(pragmas),
                   "PRAGMA user_version=%zu; PRAGMA application_id=%" PRId32 ";", step + 1,
                   schema->application_id);
    if (db_begin(db, err) < 0)
        return -1;
    if (db_exec(db, schema->steps[step], err) < 0 || db_exec(db, pragmas, err) < 0 ||
        db_commit(db, err) < 0) {
        db_rollback(db);
        return -1;
    }
    return 0;
}

/* 0: an empty file. */
static int read_version(struct db *db,
                        const struct schema *schema,
                        const char *path,
                        int64_t *ret_version,
                        struct tw_error *err)
{
    struct tw_error why = {0};

    if (refuse_foreign_file(db, schema, path, err) < 0)
        return -1;
    if (db_read_int(db, "PRAGMA user_version", ret_version, &why) < 0)
        return db_fail_damaged(path, &why, err);
    if (*ret_version >= 0 && (uint64_t)*ret_version <= schema->n_steps)
        return 0;
    return tw_fail(err, TW_BROKEN,
                   "'%.100s' was written by a newer version (its schema is %" PRId64
                   ", this program knows %zu): start the newer program, or name another file",
                   path, *ret_version, schema->n_steps);
}

int schema_recognise(struct db *db,
                     const struct schema *schema,
                     const char *path,
                     struct tw_error *err)
{
    int64_t version = 0;

    if (read_version(db, schema, path, &version, err) < 0)
        return -1;
    return version > 0 ? 0 : tw_fail(err, TW_BROKEN, "'%.150s' is empty", path);
}

int schema_upgrade(struct db *db,
                   const struct schema *schema,
                   const char *path,
                   struct tw_error *err)
{
    int64_t version = 0;
    struct tw_error why = {0};

    if (read_version(db, schema, path, &version, err) < 0)
        return -1;
    for (size_t step = (size_t)version; step < schema->n_steps; step++)
        if (take_step(db, schema, step, &why) < 0)
            return tw_fail(err, why.code, "cannot bring '%.100s' to schema %zu: %.100s", path,
                           step + 1, why.message);
    return 0;
}

int schema_check(struct db *db, const char *path, struct tw_error *err)
{
    static const char *const ends[] = {
        "SELECT min(sequence) FROM predictions",
        "SELECT max(sequence) FROM predictions",
        "SELECT min(id) FROM feedback",
        "SELECT max(id) FROM feedback",
        "SELECT min(id) FROM events",
        "SELECT max(id) FROM events",
        "SELECT min(id) FROM simulations",
        "SELECT max(id) FROM simulations",
        "SELECT min(id) FROM answers",
        "SELECT max(id) FROM answers",
        "SELECT max(id) FROM gamedays",
        "SELECT sum(value) FROM counters",
    };
    struct tw_error why = {0};
    int64_t ignored;

    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (db_read_int(db, ends[i], &ignored, &why) < 0)
            return db_fail_damaged(path, &why, err);
    return 0;
}
