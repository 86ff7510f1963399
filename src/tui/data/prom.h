#ifndef TW_PROM_H
#define TW_PROM_H

/* Answers of the Prometheus HTTP API (/api/v1), also as VictoriaMetrics, Thanos and Mimir give them.
 * Numbers come as strings there, so that NaN and infinities exist. A server's warnings and infos are
 * kept: an answer with them may be partial. Everything read is owned by the caller. Pure. */

#include "tui/text/labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct fetch_reply;

#define PROM_NOTES_MAX 8
#define PROM_ITEMS_MAX 5000 /* samples, alerts or targets of one answer; more is an error */

/* Sentences of the server. */
struct prom_notes {
    size_t n; /* of all; the first PROM_NOTES_MAX are kept */
    char text[PROM_NOTES_MAX][200];
};

struct prom_sample {
    struct labels labels;
    double at_s;  /* Unix time of the evaluation, not of the scrape */
    double value; /* may be NaN or infinite */
};

struct prom_vector {
    size_t n;
    struct prom_sample *at;
    struct prom_notes warnings, infos;
};

struct prom_alert {
    struct labels labels;      /* with alertname */
    char *summary;             /* annotation, "" when absent */
    struct labels annotations; /* none where they are no strings */
    bool is_firing;            /* else pending */
    int64_t active_at_ms;      /* since when the condition holds; 0 unknown */
    double value;              /* NaN unknown */
};

struct prom_alerts {
    size_t n;
    struct prom_alert *at;
    struct prom_notes warnings;
};

struct prom_target {
    char job[64];
    char instance[96];
    char last_error[200];       /* "" when the last scrape went well */
    int64_t scrape_interval_ms; /* 0 unknown: older servers do not say */
};

struct prom_targets {
    size_t n;
    struct prom_target *at;
};

/* The number in a Prometheus string: decimal, "NaN", "+Inf", "-Inf". False for anything else, also
 * for blanks around it and for hexadecimal. */
bool prom_number(const char *text, double *ret_value);

/* Percent-encoded, for a form as well as for a path. */
void prom_write_encoded(const char *text, struct buffer *out);

/* The form body of POST /api/v1/query: works for long expressions, unlike the GET. */
void prom_write_query_form(const char *expr, int64_t timeout_ms, struct buffer *out);

/* The answer to /api/v1/query with a vector or a scalar in it (VictoriaMetrics gives a scalar as a
 * vector of one). Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int prom_read_vector(const struct fetch_reply *reply,
                     struct prom_vector *ret_vector,
                     struct tw_error *err) MUST_CHECK;
void prom_vector_finish(struct prom_vector *vector);

/* The answer to /api/v1/alerts. */
int prom_read_alerts(const struct fetch_reply *reply,
                     struct prom_alerts *ret_alerts,
                     struct tw_error *err) MUST_CHECK;
void prom_alerts_finish(struct prom_alerts *alerts);

/* The answer to /api/v1/targets. */
int prom_read_targets(const struct fetch_reply *reply,
                      struct prom_targets *ret_targets,
                      struct tw_error *err) MUST_CHECK;
void prom_targets_finish(struct prom_targets *targets);

#endif
