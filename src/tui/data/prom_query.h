#ifndef TW_PROM_QUERY_H
#define TW_PROM_QUERY_H

/* Questions for Prometheus's HTTP API: several expressions in one request, told apart by the label "tw".
 * Pure. */

#include "common/buffer.h"
#include "tui/data/prom.h"
#include "tui/data/prom_flavour.h"
#include "tui/text/labels.h"
#include "tui/text/time_grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

#define PROM_QUERY_SELECTORS_MAX 16

/* Adds one expression of a joint query, marked with tw="<index>". */
void prom_query_join(struct buffer *out, size_t index, const char *expr);

/* Takes the mark out of the labels. False when there is none, or it is no number. */
bool prom_query_take_index(struct labels *labels, size_t *ret_index);

/* Form bodies for POST. flavour adds what that server needs. */
void prom_query_write_instant(const char *expr,
                              int64_t at_ms,
                              int64_t timeout_ms,
                              enum prom_flavour flavour,
                              struct buffer *out);
void prom_query_write_range(const char *expr,
                            const struct time_grid *grid,
                            int64_t timeout_ms,
                            enum prom_flavour flavour,
                            struct buffer *out);

/* The vector selectors in an expression, each once: "up", "x{job=\"a\"}". Owned by the caller. What is
 * not PromQL gives whatever looks like one, never more than it has characters. */
struct prom_selectors {
    size_t n; /* at most PROM_QUERY_SELECTORS_MAX; further ones are left off */
    char *at[PROM_QUERY_SELECTORS_MAX];
};

void prom_selectors_read(const char *expr, struct prom_selectors *ret_selectors);
void prom_selectors_finish(struct prom_selectors *selectors);

#endif
