#ifndef TW_STORE_READERS_H
#define TW_STORE_READERS_H

/* A small pool of read-only connections, opened when first needed, each with its statements prepared
 * once. Any thread borrows one for the time of a query; when all are out it waits. */

#include "common/error.h"

#include <stddef.h>

struct reader;
struct readers;
struct statement;

/* sql[i] is what reader_query(i) runs; path and sql are borrowed for the pool's life. */
struct readers *readers_new(const char *path, const char *const *sql, size_t n_sql);
void readers_free(struct readers *readers); /* all readers are back; NULL is fine */
DEFINE_CLEANUP(struct readers *, readers_free);

int readers_borrow(struct readers *readers,
                   struct reader **ret_reader,
                   struct tw_error *err) MUST_CHECK;
void reader_return(struct reader *reader); /* ends its read transaction; NULL is fine */
DEFINE_CLEANUP(struct reader *, reader_return);

/* What the reader reads from here until it is returned is of one moment. */
int reader_begin(struct reader *reader, struct tw_error *err) MUST_CHECK;

/* The statement, ready for binding and stepping, until reader_end_query or the reader's return. */
int reader_query(struct reader *reader,
                 size_t query,
                 struct statement **ret_statement,
                 struct tw_error *err) MUST_CHECK;

/* Resets the statement; another query may follow. None is fine. */
void reader_end_query(struct reader *reader);

#endif
