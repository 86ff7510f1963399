#ifndef TW_TEST_LOOK_CASE_H
#define TW_TEST_LOOK_CASE_H

/* Answers of the three servers from which the tests build a look. NULL: connection refused. */

#include "reply.h"
#include "tui/command/look.h"

#include <stdio.h>

#define CASE_NOW_MS 1795470300000 /* 2026-11-23T21:45:00Z */

#define VECTOR(result)                                                                             \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" result "]}}"
#define SAMPLE(tag, value) "{\"metric\":{\"tw\":\"" tag "\"},\"value\":[1795470300,\"" value "\"]}"
#define FEATURE(name, value)                                                                       \
    "{\"metric\":{\"tw\":\"features\",\"feature_name\":\"" name                                    \
    "\"},\"value\":[1795470300,\"" value "\"]}"
#define UP(job, instance, value)                                                                   \
    "{\"metric\":{\"tw\":\"up\",\"job\":\"" job "\",\"instance\":\"" instance                      \
    "\"},\"value\":[1795470300,\"" value "\"]}"
#define ALERTS(list) "{\"status\":\"success\",\"data\":{\"alerts\":[" list "]}}"
#define ALERT(name, severity, state, active_at)                                                    \
    "{\"labels\":{\"alertname\":\"" name "\",\"severity\":\"" severity                             \
    "\",\"service\":\"ml-api\"},\"annotations\":{\"summary\":\"s\"},\"state\":\"" state            \
    "\",\"activeAt\":\"" active_at "\",\"value\":\"0.62\"}"
#define DELIVERED(name, severity, state, silences)                                                 \
    "{\"labels\":{\"alertname\":\"" name "\",\"severity\":\"" severity                             \
    "\",\"service\":\"ml-api\",\"cluster\":\"dev\"},\"status\":{\"state\":\"" state                \
    "\",\"silencedBy\":[" silences "],\"inhibitedBy\":[]},"                                        \
    "\"updatedAt\":\"2026-11-23T21:44:37Z\"}"

#define WATCHDOG_FIRING    ALERT("Watchdog", "none", "firing", "2026-11-23T20:00:00Z")
#define WATCHDOG_DELIVERED DELIVERED("Watchdog", "none", "active", "")

#define RULES(list) "{\"status\":\"success\",\"data\":{\"groups\":[{\"rules\":[" list "]}]}}"
#define RULE(name)                                                                                 \
    "{\"type\":\"alerting\",\"name\":\"" name                                                      \
    "\",\"query\":\"x > 1\",\"duration\":0,\"labels\":{},\"health\":\"ok\"}"

#define UP_ALL                                                                                     \
    UP("operations", "127.0.0.1:8003", "1")                                                        \
    "," UP("ml-api", "127.0.0.1:8000", "1") "," UP("prometheus", "127.0.0.1:9090", "1")
#define QUIET_SAMPLES                                                                                                                                        \
    SAMPLE("drift", "0.12")                                                                                                                                  \
    "," SAMPLE("samples", "200") "," SAMPLE("predictions", "2.0333") "," SAMPLE("p95", "0.00118") "," SAMPLE("errors", "0") "," SAMPLE(                      \
        "realized",                                                                                                                                          \
        "0.8612") "," SAMPLE("trained",                                                                                                                      \
                             "0.874") "," SAMPLE("labels",                                                                                                   \
                                                 "320") "," SAMPLE("drift_age",                                                                              \
                                                                   "4.2") "," SAMPLE("predictions_age",                                                      \
                                                                                     "4.2") "," SAMPLE("feedback_age",                                       \
                                                                                                       "4.2") "," SAMPLE("up_age",                           \
                                                                                                                         "4.2") "," FEATURE("ticket_length", \
                                                                                                                                            "0.1") "," UP_ALL

#define ENCODER(name)                                                                              \
    "{\"metric\":{\"tw\":\"encoder\",\"encoder\":\"" name "\"},\"value\":[1795470300,\"1\"]}"

/* clang-format off */
#define QUALITY_SAMPLES                                                                            \
    SAMPLE("relevance", "0.7812") ","                                                              \
    SAMPLE("groundedness", "0.911") ","                                                            \
    SAMPLE("hallucination", "0.12") ","                                                            \
    SAMPLE("quality", "0.8421") ","                                                                \
    SAMPLE("embedding_drift", "0.03") ","                                                          \
    SAMPLE("abstained", "0.042") ","                                                               \
    SAMPLE("chat_p95", "0.0412") ","                                                               \
    SAMPLE("triage_p95", "0.0523") ","                                                             \
    SAMPLE("documents", "27") ","                                                                  \
    SAMPLE("chunks", "143") ","                                                                    \
    SAMPLE("llm_age", "4.2") ","                                                                   \
    SAMPLE("triage_age", "4.2") ","                                                                \
    ENCODER("all-MiniLM-L6-v2")
#define BAD_QUALITY_SAMPLES                                                                        \
    SAMPLE("relevance", "0.31") ","                                                                \
    SAMPLE("groundedness", "NaN") ","                                                              \
    SAMPLE("hallucination", "0.82") ","                                                            \
    SAMPLE("quality", "0.22") ","                                                                  \
    SAMPLE("embedding_drift", "0.44") ","                                                          \
    SAMPLE("abstained", "0.61") ","                                                                \
    SAMPLE("chat_p95", "7.125") ","                                                                \
    SAMPLE("triage_p95", "12.5") ","                                                               \
    SAMPLE("documents", "27") ","                                                                  \
    SAMPLE("llm_age", "1") ","                                                                     \
    SAMPLE("triage_age", "1") ","                                                                  \
    ENCODER("none") "," ENCODER("hash-ngram")
/* clang-format on */

#define TARGET_LIST                                                                                \
    "{\"status\":\"success\",\"data\":{\"activeTargets\":[{\"labels\":{\"job\":\"ml-api\","        \
    "\"instance\":\"127.0.0.1:8000\"},\"lastError\":\"\",\"scrapeInterval\":\"10s\"}]}}"

struct look_case {
    const char *query, *alerts, *targets;      /* Prometheus */
    const char *rules;                         /* its alert rules; NULL: not asked */
    const char *delivered;                     /* Alertmanager */
    const char *health, *simulations, *events; /* operations API */
};

/* Everything well. */
#define CASE_QUIET                                                                                 \
    .query = VECTOR(QUIET_SAMPLES "," QUALITY_SAMPLES), .alerts = ALERTS(WATCHDOG_FIRING),         \
    .targets = TARGET_LIST, .delivered = "[" WATCHDOG_DELIVERED "]",                               \
    .health = "{\"status\":\"ok\",\"fast_alerts\":false}", .simulations = "{\"simulations\":[]}",  \
    .events = "{\"events\":[]}"

static inline struct fetch_reply case_reply(const char *body)
{
    struct fetch_reply reply =
        body ? reply_of(200, body)
             : reply_none(TW_BROKEN, "cannot connect to 127.0.0.1:9090: Connection refused");

    reply.elapsed_us = 3400;
    return reply;
}

static inline void case_take(struct look *look,
                             const char *body,
                             void (*take)(struct look *, const struct fetch_reply *))
{
    struct fetch_reply reply = case_reply(body);

    take(look, &reply);
}

static inline void look_of_case(struct look *look, const struct look_case *c)
{
    look_init(look, CASE_NOW_MS);
    case_take(look, c->query, look_take_all);
    case_take(look, c->alerts, look_take_alerts);
    if (c->rules)
        case_take(look, c->rules, look_take_rules);
    case_take(look, c->targets, look_take_targets);
    case_take(look, c->delivered, look_take_delivered);
    case_take(look, c->health, look_take_health);
    case_take(look, c->simulations, look_take_simulations);
    case_take(look, c->events, look_take_events);
    look_judge(look);
}

#endif
