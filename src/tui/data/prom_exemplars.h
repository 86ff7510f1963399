#ifndef TW_PROM_EXEMPLARS_H
#define TW_PROM_EXEMPLARS_H

/* Exemplars: single observations behind a metric, each with the id of its trace. Answers of
 * /api/v1/query_exemplars, and whether the server keeps exemplars at all. Pure. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct fetch_reply;

#define PROM_EXEMPLARS_MAX        1000 /* kept; the newest */
#define PROM_EXEMPLARS_LABEL_SETS 64   /* further series share the last one's */

struct prom_exemplar {
    int64_t at_ms; /* Unix time */
    double value;  /* of the observation */
    char trace_id[40];
    uint32_t series; /* index into labels */
};

/* Fit for a terminal. Zeroed is none. */
struct prom_exemplars {
    size_t n;                 /* ascending in time */
    struct prom_exemplar *at; /* owned */
    size_t n_labels;
    char (*labels)[120]; /* owned; "model=rag-v2 le=0.5", of the series they belong to */
    size_t n_left_off;
};

/* Adds those of one answer, each once. Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int prom_exemplars_add(struct prom_exemplars *exemplars,
                       const struct fetch_reply *reply,
                       struct tw_error *err) MUST_CHECK;

/* Lets go of those before that moment. */
void prom_exemplars_drop_before(struct prom_exemplars *exemplars, int64_t at_ms);
void prom_exemplars_copy(const struct prom_exemplars *from, struct prom_exemplars *ret_copy);
void prom_exemplars_finish(struct prom_exemplars *exemplars);

/* The kept ones in order of their distance from at_ms (below 0: the newest first), at most n_wanted indices.
 * Returns how many. */
size_t prom_exemplars_near(const struct prom_exemplars *exemplars,
                           int64_t at_ms,
                           size_t *ret_indices,
                           size_t n_wanted);

enum prom_storage {
    PROM_STORAGE_UNKNOWN,
    PROM_STORAGE_ON,
    PROM_STORAGE_OFF,
    PROM_STORAGE_NEVER, /* this sort of server has none */
};

/* By the answer to /api/v1/status/flags: an exemplar query is answered with nothing in either case. */
enum prom_storage prom_exemplar_storage(const struct fetch_reply *reply);

/* The form body of a POST. */
void prom_exemplars_write_query(
    const char *expr, int64_t from_ms, int64_t to_ms, int64_t timeout_ms, struct buffer *out);

#endif
