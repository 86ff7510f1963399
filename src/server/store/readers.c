#include "server/store/readers.h"

#include "common/alloc.h"
#include "server/store/db.h"

#include <assert.h>
#include <pthread.h>

#define N_READERS 4
#define N_SQL_MAX 16
#define BUSY_MS   1000 /* a reader waits only while another process recovers the log */

struct reader {
    struct readers *pool;
    struct db *db; /* NULL until first needed */
    struct statement *statements[N_SQL_MAX];
    struct statement *active;
};

/* lock guards idle and n_idle; it is not held while a connection is opened or used. */
struct readers {
    const char *path;
    const char *const *sql;
    size_t n_sql;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    size_t n_idle;
    struct reader *idle[N_READERS];
    struct reader all[N_READERS];
};

struct readers *readers_new(const char *path, const char *const *sql, size_t n_sql)
{
    struct readers *readers = xcalloc(1, sizeof(*readers));

    assert(n_sql <= N_SQL_MAX);
    readers->path = path;
    readers->sql = sql;
    readers->n_sql = n_sql;
    (void)pthread_mutex_init(&readers->lock, NULL);
    (void)pthread_cond_init(&readers->returned, NULL);
    for (size_t i = 0; i < N_READERS; i++) {
        readers->all[i].pool = readers;
        readers->idle[readers->n_idle++] = &readers->all[i];
    }
    return readers;
}

void readers_free(struct readers *readers)
{
    if (!readers)
        return;
    assert(readers->n_idle == N_READERS);
    for (size_t i = 0; i < N_READERS; i++) {
        for (size_t j = 0; j < readers->n_sql; j++)
            statement_free(readers->all[i].statements[j]);
        db_close(readers->all[i].db);
    }
    (void)pthread_cond_destroy(&readers->returned);
    (void)pthread_mutex_destroy(&readers->lock);
    free(readers);
}

int readers_borrow(struct readers *readers, struct reader **ret_reader, struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;

    (void)pthread_mutex_lock(&readers->lock);
    while (readers->n_idle == 0)
        (void)pthread_cond_wait(&readers->returned, &readers->lock);
    reader = readers->idle[--readers->n_idle]; /* the one used last: its cache is warm */
    (void)pthread_mutex_unlock(&readers->lock);
    if (!reader->db && db_open(readers->path, DB_READ, BUSY_MS, &reader->db, err) < 0)
        return -1;
    *ret_reader = TAKE(reader);
    return 0;
}

void reader_return(struct reader *reader)
{
    struct readers *readers;

    if (!reader)
        return;
    reader_end_query(reader);
    if (reader->db)
        db_rollback(reader->db);
    readers = reader->pool;
    (void)pthread_mutex_lock(&readers->lock);
    readers->idle[readers->n_idle++] = reader;
    (void)pthread_mutex_unlock(&readers->lock);
    (void)pthread_cond_signal(&readers->returned);
}

int reader_begin(struct reader *reader, struct tw_error *err)
{
    return db_begin_reading(reader->db, err);
}

void reader_end_query(struct reader *reader)
{
    if (reader->active)
        statement_reset(reader->active);
    reader->active = NULL;
}

int reader_query(struct reader *reader,
                 size_t query,
                 struct statement **ret_statement,
                 struct tw_error *err)
{
    struct statement **slot = &reader->statements[query];

    assert(query < reader->pool->n_sql && !reader->active);
    if (!*slot && db_prepare(reader->db, reader->pool->sql[query], slot, err) < 0)
        return -1;
    reader->active = *slot;
    *ret_statement = *slot;
    return 0;
}
