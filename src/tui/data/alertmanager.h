#ifndef TW_ALERTMANAGER_H
#define TW_ALERTMANAGER_H

/* Answers of Alertmanager's API v2 (v1 is gone since 0.27). Everything read is owned by the caller.
 * Pure. */

#include "tui/text/labels.h"

#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

#define AM_ALERTS_MAX 5000 /* of one answer; more is an error */

/* Kept of each alert; n_silences and n_inhibitors count all of them. */
#define AM_SILENCES_MAX   4
#define AM_RECEIVERS_SIZE 128

enum am_state {
    AM_ACTIVE,      /* notified */
    AM_SUPPRESSED,  /* silenced or inhibited */
    AM_UNPROCESSED, /* just arrived */
};

struct am_alert {
    struct labels labels;
    struct labels annotations; /* none where they are no strings */
    enum am_state state;
    size_t n_silences, n_inhibitors;
    char silences[AM_SILENCES_MAX][64]; /* ids */
    char fingerprint[32];               /* by which others name it */
    char first_inhibitor[32];           /* fingerprint of an alert; "" for none */
    char receivers[AM_RECEIVERS_SIZE];  /* "slack, log"; "" unknown */
    int64_t starts_at_ms;               /* since when it fires; 0 unknown */
    int64_t updated_at_ms;              /* when Prometheus sent it last; 0 unknown */
};

struct am_alerts {
    size_t n;
    struct am_alert *at;
};

/* "active", "suppressed", "unprocessed" */
const char *am_state_name(enum am_state state);

/* The answer to /api/v2/alerts. Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int am_read_alerts(const struct fetch_reply *reply,
                   struct am_alerts *ret_alerts,
                   struct tw_error *err) MUST_CHECK;
void am_alerts_finish(struct am_alerts *alerts);

/* The alert with all these labels, or NULL. */
const struct am_alert *am_find(const struct am_alerts *alerts, const struct labels *labels);

/* The alert of that fingerprint, or NULL. */
const struct am_alert *am_find_fingerprint(const struct am_alerts *alerts, const char *fingerprint);

#endif
