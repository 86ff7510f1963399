#ifndef TW_LLM_QUERY_WINDOW_H
#define TW_LLM_QUERY_WINDOW_H

/* The vectors of the last queries, and the reference they are compared with (embedding_drift.h). Any thread
 * may call anything; the private mutex is held for copies only. There is no thread in here: one calls
 * query_window_compute whenever query_window_is_due, and whoever reads takes the latest result. */

#include "common/cleanup.h"
#include "server/llm/embedding_drift.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUERY_WINDOW_VECTORS     200 /* in the window, and in a reference that is made of queries */
#define QUERY_WINDOW_DUE_QUERIES 25
#define QUERY_WINDOW_DUE_MS      30000
#define QUERY_WINDOW_REST_MS     1000 /* between two computations, however many queries come */

struct query_window;

/* Its first queries become the reference, unless one is set. dim over 0. */
struct query_window *query_window_new(size_t dim);
void query_window_free(struct query_window *w);
DEFINE_CLEANUP(struct query_window *, query_window_free);

/* The vectors of the knowledge base's own questions: n rows of dim, copied; of more than
 * EMBEDDING_DRIFT_REFERENCE_MAX so many are picked evenly. The window stays, the latest result goes.
 * With n = 0 as query_window_reset, and the next QUERY_WINDOW_VECTORS queries become the reference instead
 * of entering the window. */
void query_window_set_reference(struct query_window *w, const float *vectors, size_t n);

/* Takes the vector of a query (dim numbers, copied). Of a drill's it takes it into the window only: they are real
 * requests, but what is usual must not be learnt from them. True when QUERY_WINDOW_DUE_QUERIES came since the
 * last computation: the caller may wake whoever computes. */
bool query_window_put(struct query_window *w, const float *vector, bool is_drill);

uint64_t query_window_count(
    struct query_window *w); /* queries put since the start; no reset ends it */

/* When a computation is due by what has come so far: 0 now, since there is no result, or
 * QUERY_WINDOW_DUE_QUERIES came since it was begun and that is QUERY_WINDOW_REST_MS ago, or any came and it was
 * begun QUERY_WINDOW_DUE_MS ago. INT64_MAX: not before a query comes. */
int64_t query_window_due_in_ms(struct query_window *w, int64_t now_mono_ms);
bool query_window_is_due(struct query_window *w, int64_t now_mono_ms);

/* One thread at a time. Takes as long as embedding_drift_compute, during which nobody is kept waiting.
 * True when the result became the latest; false when a reference or a reset came meanwhile, so that it is
 * of what is gone: a new one is due. */
bool query_window_compute(struct query_window *w,
                          int64_t now_mono_ms,
                          struct embedding_drift_result *ret_result);

/* A copy of the latest result; before there is one false, and then it is that of no vectors. */
bool query_window_latest(struct query_window *w, struct embedding_drift_result *ret_result);

/* Empties the window; the latest result goes. A reference that was set stays, one made of queries is
 * gathered anew. */
void query_window_reset(struct query_window *w);

#endif
