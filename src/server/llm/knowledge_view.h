#ifndef TW_KNOWLEDGE_VIEW_H
#define TW_KNOWLEDGE_VIEW_H

/* One moment of the knowledge base, for one question: what is read through a view belongs together, whatever
 * a load does meanwhile. It holds one of four connections: short, and no waiting for a network in it. One
 * thread. */

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct knowledge;
struct knowledge_snapshot;
struct reader;

struct knowledge_view {
    struct reader *reader;
    struct knowledge_snapshot *snapshot; /* of the same moment */
};

/* Waits for a connection. TW_BROKEN the file cannot be read; TW_BUSY another process writes it. */
int knowledge_view_init(struct knowledge *knowledge,
                        struct knowledge_view *ret_view,
                        struct tw_error *err) MUST_CHECK;
void knowledge_view_finish(struct knowledge_view *view); /* zeroed is fine */

struct knowledge_hit {
    int64_t rowid;
    double score; /* BM25 with the columns' weights; over 0, higher is better */
};

/* The at most `limit` best chunks for an FTS5 expression, best first, equal ones by rowid. */
int knowledge_view_search(struct knowledge_view *view,
                          const char *expression,
                          size_t limit,
                          struct knowledge_hit *ret_hits,
                          size_t *ret_n,
                          struct tw_error *err) MUST_CHECK;

/* Owned texts. */
struct knowledge_chunk {
    char *chunk_id; /* "vpn.md#4" */
    char *document, *title, *heading, *headings, *text;
    size_t len, start, end;
};

/* TW_NOT_FOUND: no such chunk. */
int knowledge_view_read(struct knowledge_view *view,
                        int64_t rowid,
                        struct knowledge_chunk *ret_chunk,
                        struct tw_error *err) MUST_CHECK;
void knowledge_chunk_finish(struct knowledge_chunk *chunk); /* zeroed is fine */

/* The chunk that a vector's id ("vpn.md#4" or "vpn.md#4/2") is about: its rowid, or 0. */
int64_t knowledge_view_locate(const struct knowledge_view *view, const char *vector_id);

#endif
