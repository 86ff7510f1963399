#ifndef TW_PROM_MATRIX_H
#define TW_PROM_MATRIX_H

/* Answers of /api/v1/query_range. Everything read is owned by the caller. Pure. */

#include "tui/data/prom.h"

struct prom_point {
    double at_s;  /* Unix time */
    double value; /* may be NaN or infinite */
};

struct prom_line {
    struct labels labels;
    size_t n;
    struct prom_point *points; /* in the order of the server: ascending */
};

struct prom_matrix {
    size_t n;
    struct prom_line *at;
    struct prom_notes warnings, infos;
};

/* Errors as answer_read, and TW_BROKEN for JSON of another shape or over PROM_ITEMS_MAX lines. */
int prom_read_matrix(const struct fetch_reply *reply,
                     struct prom_matrix *ret_matrix,
                     struct tw_error *err) MUST_CHECK;
void prom_matrix_finish(struct prom_matrix *matrix);

#endif
