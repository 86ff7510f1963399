#ifndef TW_DELIVERY_H
#define TW_DELIVERY_H

/* Whether a test alert reaches people: the channels that Alertmanager's own configuration sends it to, its
 * counters of them before and after, and the events of the server, which is the channel "log". A count
 * belongs to an integration, not to an alert: a real notification in the same seconds counts too. All
 * texts that come out are fit for a terminal. Pure. */

#include "common/buffer.h"
#include "common/error.h"
#include "tui/draw/page.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

#define DELIVERY_ALERT         "TidewatchTest" /* prom/alertmanager.yml has a route for it */
#define DELIVERY_CHANNELS_MAX  12
#define DELIVERY_RECEIVERS_MAX 8
#define DELIVERY_REASON_SIZE   240
#define DELIVERY_ID_SIZE       17

/* What is posted: it fires until ends_at_ms, and with one that is past it is over. */
struct delivery_alert {
    const char *id;       /* tells this test from others: the label "test" */
    const char *severity; /* as a rule has it: what it is routed by */
    int64_t starts_at_ms;
    int64_t ends_at_ms; /* it resolves itself then, whatever becomes of us */
};

/* The body of POST /api/v2/alerts. */
void delivery_write_alert(const struct delivery_alert *alert, struct buffer *out);

/* ---- Where it goes ----------------------------------------------------------------------------- */

struct delivery_routing {
    size_t n; /* 0: Alertmanager does not have the alert (yet) */
    char receivers[DELIVERY_RECEIVERS_MAX][64];
    char held_back[160]; /* by a silence or another alert: a sentence; "": it is not */
};

/* The answer to /api/v2/alerts with a filter for the test. Errors as answer_read, and TW_BROKEN for JSON
 * of another shape. */
int delivery_read_routing(const struct fetch_reply *reply,
                          struct delivery_routing *ret_routing,
                          struct tw_error *err) MUST_CHECK;

enum delivery_state {
    DELIVERY_WAITING,
    DELIVERY_DONE,
    DELIVERY_FAILED,   /* given up, or not within the time */
    DELIVERY_NOT_SENT, /* and none is due: the channel sends no such thing */
};

/* Of one of the two messages, that it fires and that it is over. */
struct delivery {
    enum delivery_state state;
    int64_t after_ms;                  /* since it was posted: until it arrived, or was given up */
    double n_failed;                   /* tries */
    bool was_sent;                     /* so said the counters of the last look */
    char reason[DELIVERY_REASON_SIZE]; /* of a failure */
};

struct delivery_channel {
    char integration[24]; /* Alertmanager's word: "slack", "email", "webhook", "pagerduty" */
    bool is_configured;   /* in any receiver */
    bool is_routed;       /* in one that the alert goes to; the rest is about these */
    bool sends_resolved;
    struct delivery firing, resolved;
};

/* Slack, e-mail and the log always stand first, configured or not. */
struct delivery_channels {
    size_t n;
    struct delivery_channel at[DELIVERY_CHANNELS_MAX];
};

/* The answer to /api/v2/status, which holds the configuration as Alertmanager itself writes it. */
int delivery_read_channels(const struct fetch_reply *reply,
                           const struct delivery_routing *routing,
                           struct delivery_channels *ret_channels,
                           struct tw_error *err) MUST_CHECK;

/* ---- What became of it ------------------------------------------------------------------------- */

/* Since Alertmanager's start. */
struct delivery_counts {
    double n_tries, n_failed, n_given_up;
};

/* From the text of Alertmanager's /metrics; series that are not there count as 0. */
void delivery_read_counts(const char *metrics,
                          const char *integration,
                          struct delivery_counts *ret_counts);

/* Whether the server's /events have the test, firing and resolved. */
int delivery_read_log(const struct fetch_reply *reply,
                      const char *id,
                      bool *ret_is_firing,
                      bool *ret_is_resolved,
                      struct tw_error *err) MUST_CHECK;

/* What was seen of a channel at one moment. */
struct delivery_look {
    struct delivery_counts before, now;
    bool has_log;       /* this channel is the log, and the log could be read: then it decides */
    bool is_in_log;     /* the message that is waited for */
    int64_t elapsed_ms; /* since it was posted */
    bool is_over;       /* there is no more time */
};

/* Settles a delivery that is waited for, if it can be. Counters must say twice in a row that it was sent:
 * Alertmanager does not read them at one moment, and a try that has just failed may be in one of them only. */
void delivery_judge(struct delivery *delivery, const struct delivery_look *look);

/* Why Alertmanager's log says that the integration failed last; "" when it does not say. */
void delivery_find_reason(const char *log, const char *integration, char out[DELIVERY_REASON_SIZE]);

/* Every channel that it is routed to has delivered both, and there is at least one. */
bool delivery_is_good(const struct delivery_channels *channels);

/* ---- Output ------------------------------------------------------------------------------------ */

/* A line, with a second one on what to look at when it failed. is_resolved: the second message's. */
void delivery_write_line(const struct delivery_channel *channel,
                         const char *severity,
                         bool is_resolved,
                         struct page *page);

struct delivery_report {
    const struct delivery_alert *alert;
    const char *alertmanager_url;
    const struct delivery_routing *routing;
    const struct delivery_channels *channels;
};

void delivery_write_json(const struct delivery_report *report, struct buffer *out);

#endif
