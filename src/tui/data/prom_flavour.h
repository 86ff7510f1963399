#ifndef TW_PROM_FLAVOUR_H
#define TW_PROM_FLAVOUR_H

/* What server it is that answers Prometheus's HTTP API, what it wants to be told with every query, and what of
 * the API it does not have. Pure. */

#include "common/buffer.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct fetch_reply;

enum prom_flavour {
    PROM_UNKNOWN,
    PROM_PROMETHEUS,
    PROM_VICTORIAMETRICS,
    PROM_THANOS,
    PROM_MIMIR,
    N_PROM_FLAVOURS
};

const char *prom_flavour_name(enum prom_flavour flavour); /* "prometheus"; "" for unknown */

/* The answer to /api/v1/status/buildinfo. The version ("" unknown) is fit for a terminal. Errors as
 * answer_read, and TW_BROKEN for JSON of another shape. */
int prom_read_build(const struct fetch_reply *reply,
                    enum prom_flavour *ret_flavour,
                    char *ret_version,
                    size_t size,
                    struct tw_error *err) MUST_CHECK;

/* Whether the answer to the query "1" is a vector: only VictoriaMetrics does that, and some of its versions call
 * themselves Prometheus in their buildinfo. */
bool prom_is_vector(const struct fetch_reply *reply);

/* What the server needs beside a query: fields of a form, each with '&' before it. For PROM_UNKNOWN those of all:
 * who does not know one passes it over. */
void prom_flavour_write(enum prom_flavour flavour, struct buffer *out);

/* Parts of the API that not every server has. */
enum prom_part { PROM_PART_RULES, PROM_PART_TARGETS, N_PROM_PARTS };

/* Whether the answer says that the server does not have what was asked for, which is no failing of it: 404, 405,
 * 410, 501, and VictoriaMetrics's 400 for a path that it does not know. */
bool prom_is_lacking(const struct fetch_reply *reply);

/* "alert rules: not from this server (vmalert not set)" */
const char *prom_lack_text(enum prom_flavour flavour, enum prom_part part);

#endif
