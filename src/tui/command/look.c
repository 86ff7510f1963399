#include "tui/command/look.h"

#include "common/alloc.h"
#include "common/fetch.h"
#include "tui/data/clock_skew.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void look_init(struct look *look, int64_t at_ms)
{
    *look = (struct look){.at_ms = at_ms, .watchdog_age_ms = -1};
    for (int age = 0; age < N_LOOK_AGES; age++)
        look->ages_s[age] = (double)NAN;
}

void look_finish(struct look *look)
{
    free(look->alerts);
    prom_alerts_finish(&look->prom_alerts);
    am_alerts_finish(&look->am_alerts);
    prom_targets_finish(&look->prom_targets);
    simulations_finish(&look->simulations);
    events_finish(&look->events);
    *look = (struct look){0};
}

/* ---- Names ------------------------------------------------------------------------------------- */

const char *look_verdict_name(enum look_verdict verdict)
{
    static const char *const names[] = {"ok", "warn", "crit", "unknown"};

    return names[verdict];
}

const char *look_source_name(enum look_source_id source)
{
    static const char *const names[] = {"prometheus", "alertmanager", "backend"};

    return names[source];
}

const char *look_source_state_name(enum look_source_state state)
{
    static const char *const names[] = {"OK", "PARTIAL", "ERROR"};

    return names[state];
}

const char *look_reading_state_name(enum look_reading_state state)
{
    static const char *const names[] = {"NO DATA", "OK", "STALE", "ERROR"};

    return names[state];
}

const char *look_severity_name(enum look_severity severity)
{
    static const char *const names[] = {"info", "warning", "critical"};

    return names[severity];
}

const char *look_watchdog_name(enum look_watchdog watchdog)
{
    static const char *const names[] = {"unknown", "ok",          "starting",
                                        "silent",  "undelivered", "absent"};

    return names[watchdog];
}

enum look_source_state look_source_state(const struct look_source *source)
{
    if (source->n_failed == 0 && source->n_answered > 0)
        return LOOK_SOURCE_OK;
    return source->n_answered > 0 ? LOOK_SOURCE_PARTIAL : LOOK_SOURCE_ERROR;
}

enum look_reading_state look_reading_state(const struct look *look, enum look_reading_id reading)
{
    const struct look_reading *r = &look->readings[reading];

    if (!r->has_answer)
        return r->has_failed ? LOOK_ERROR : LOOK_NO_DATA;
    return r->age_s * 1000 > (double)look->stale_after_ms ? LOOK_STALE : LOOK_FRESH;
}

/* A severity that we do not know counts as a warning: somebody wanted to be told. */
enum look_severity look_severity(const struct labels *labels)
{
    const char *severity = labels_get(labels, "severity");

    if (strcmp(severity, "critical") == 0)
        return LOOK_CRITICAL;
    if (strcmp(severity, "info") == 0 || strcmp(severity, "none") == 0)
        return LOOK_INFO;
    return LOOK_WARNING;
}

/* ---- Taking answers ---------------------------------------------------------------------------- */

static void answered(struct look *look, enum look_source_id source, const struct fetch_reply *reply)
{
    look->sources[source].n_answered++;
    if (reply->elapsed_us > look->sources[source].answer_us)
        look->sources[source].answer_us = reply->elapsed_us;
}

static void failed(struct look *look,
                   enum look_source_id source,
                   const char *what,
                   const struct tw_error *err)
{
    struct look_source *s = &look->sources[source];

    if (s->n_failed++ > 0)
        return;
    s->failing = what;
    (void)snprintf(s->reason, sizeof(s->reason), "%s", err->message);
}

static void take_feature(struct look *look, const struct prom_sample *sample)
{
    struct look_feature *feature = &look->features[look->n_features];

    if (look->n_features == LOOK_FEATURES_MAX || isnan(sample->value))
        return;
    (void)snprintf(feature->name, sizeof(feature->name), "%s",
                   labels_get(&sample->labels, "feature_name"));
    feature->severity = sample->value;
    look->n_features++;
}

/* A process without the LLM side says "none": it has none, and needs none. */
static void take_encoder(struct look *look, const struct prom_sample *sample)
{
    const char *name = labels_get(&sample->labels, "encoder");
    size_t used = strlen(look->encoder);

    if (strcmp(name, "none") == 0)
        return;
    (void)snprintf(look->encoder + used, sizeof(look->encoder) - used, "%s%s", used ? ", " : "",
                   name);
}

static void take_target(struct look *look, const struct prom_sample *sample)
{
    struct look_target *target = &look->targets[look->n_targets];

    if (look->n_targets == LOOK_TARGETS_MAX)
        return;
    (void)snprintf(target->job, sizeof(target->job), "%s", labels_get(&sample->labels, "job"));
    (void)snprintf(target->instance, sizeof(target->instance), "%s",
                   labels_get(&sample->labels, "instance"));
    target->is_up = sample->value == 1;
    target->last_error = "";
    look->n_targets++;
}

static void take_sample(struct look *look, const struct prom_sample *sample)
{
    enum look_query query = look_query_of(labels_get(&sample->labels, "tw"));

    if (query < LOOK_QUERY_AGES) {
        look->readings[query].has_answer = true;
        look->readings[query].value = sample->value;
    } else if (query < LOOK_QUERY_FEATURES) {
        look->ages_s[query - LOOK_QUERY_AGES] = sample->value;
    } else if (query == LOOK_QUERY_FEATURES) {
        take_feature(look, sample);
    } else if (query == LOOK_QUERY_UP) {
        take_target(look, sample);
    } else if (query == LOOK_QUERY_ENCODER) {
        take_encoder(look, sample);
    }
}

static void take_vector(struct look *look, struct prom_vector *vector)
{
    for (size_t i = 0; i < vector->n; i++)
        take_sample(look, &vector->at[i]);
    for (size_t i = 0; i < vector->warnings.n && i < PROM_NOTES_MAX; i++)
        if (look->warnings.n < PROM_NOTES_MAX)
            (void)snprintf(look->warnings.text[look->warnings.n++], sizeof(look->warnings.text[0]),
                           "%s", vector->warnings.text[i]);
    prom_vector_finish(vector);
}

void look_take_all(struct look *look, const struct fetch_reply *reply)
{
    struct prom_vector vector;
    struct tw_error err;

    if (prom_read_vector(reply, &vector, &err) < 0) {
        failed(look, LOOK_PROMETHEUS, "query", &err);
        for (int reading = 0; reading < N_LOOK_READINGS; reading++)
            look->readings[reading].has_failed = true;
        return;
    }
    answered(look, LOOK_PROMETHEUS, reply);
    look->has_targets = true;
    take_vector(look, &vector);
}

void look_take_query(struct look *look, enum look_query query, const struct fetch_reply *reply)
{
    struct prom_vector vector;
    struct tw_error err;

    if (prom_read_vector(reply, &vector, &err) < 0) {
        failed(look, LOOK_PROMETHEUS, look_queries[query].tag, &err);
        if (query < LOOK_QUERY_AGES)
            look->readings[query].has_failed = true;
        return;
    }
    answered(look, LOOK_PROMETHEUS, reply);
    if (query < LOOK_QUERY_AGES)
        look->readings[query].has_failed = false;
    if (query == LOOK_QUERY_UP)
        look->has_targets = true;
    take_vector(look, &vector);
}

void look_note_clock(struct look *look,
                     enum look_source_id source,
                     const struct fetch_reply *reply,
                     int64_t now_ms)
{
    (void)clock_skew_read(reply, now_ms, &look->sources[source].skew_ms);
}

int64_t look_now_ms(const struct look *look, enum look_source_id source)
{
    return look->at_ms + look->sources[source].skew_ms;
}

void look_take_alerts(struct look *look, const struct fetch_reply *reply)
{
    struct tw_error err;

    prom_alerts_finish(&look->prom_alerts);
    look->has_no_alerts_path = prom_is_lacking(reply);
    look->has_alerts = prom_read_alerts(reply, &look->prom_alerts, &err) == 0;
    if (look->has_alerts)
        answered(look, LOOK_PROMETHEUS, reply);
    else if (!look->has_no_alerts_path)
        failed(look, LOOK_PROMETHEUS, "alerts", &err);
}

bool look_wants_rules(const struct look *look)
{
    if (!look->has_alerts)
        return look->has_no_alerts_path;
    for (size_t i = 0; i < look->prom_alerts.n; i++) {
        const struct prom_alert *alert = &look->prom_alerts.at[i];

        if (alert->is_firing &&
            strcmp(labels_get(&alert->labels, "alertname"), ALERT_WATCHDOG) == 0)
            return false;
    }
    return true;
}

/* Both tell what is asked at; a server that does not answer them is not failing. */
void look_take_build(struct look *look, const struct fetch_reply *reply)
{
    enum prom_flavour flavour;

    if (prom_read_build(reply, &flavour, look->version, sizeof(look->version), NULL) == 0)
        look->flavour = look->is_metricsql ? PROM_VICTORIAMETRICS : flavour;
}

void look_take_probe(struct look *look, const struct fetch_reply *reply)
{
    look->is_metricsql = prom_is_vector(reply);
    if (look->is_metricsql)
        look->flavour = PROM_VICTORIAMETRICS;
}

void look_take_rules(struct look *look, const struct fetch_reply *reply)
{
    struct prom_rules rules;
    struct tw_error err;

    look->has_no_rules_path = prom_is_lacking(reply);
    look->has_rules = prom_read_rules(reply, &rules, &err) == 0;
    if (look->has_rules) {
        answered(look, LOOK_PROMETHEUS, reply);
        look->n_rules = rules.n;
        look->has_watchdog_rule = prom_rules_have_alert(&rules, ALERT_WATCHDOG);
        prom_rules_finish(&rules);
    } else if (!look->has_no_rules_path) {
        failed(look, LOOK_PROMETHEUS, "rules", &err);
    }
}

void look_take_targets(struct look *look, const struct fetch_reply *reply)
{
    struct tw_error err;

    prom_targets_finish(&look->prom_targets);
    if (prom_read_targets(reply, &look->prom_targets, &err) == 0)
        answered(look, LOOK_PROMETHEUS, reply);
    else if (!prom_is_lacking(reply)) /* Mimir and others have no targets: not a failing */
        failed(look, LOOK_PROMETHEUS, "targets", &err);
}

void look_take_delivered(struct look *look, const struct fetch_reply *reply)
{
    struct tw_error err;

    am_alerts_finish(&look->am_alerts);
    look->has_delivered = am_read_alerts(reply, &look->am_alerts, &err) == 0;
    if (look->has_delivered)
        answered(look, LOOK_ALERTMANAGER, reply);
    else
        failed(look, LOOK_ALERTMANAGER, "alerts", &err);
}

void look_take_health(struct look *look, const struct fetch_reply *reply)
{
    struct tw_error err;

    if (operations_read_health(reply, &look->has_fast_alerts, &look->is_fast_alerts, &err) == 0)
        answered(look, LOOK_BACKEND, reply);
    else
        failed(look, LOOK_BACKEND, "health", &err);
}

void look_take_simulations(struct look *look, const struct fetch_reply *reply)
{
    struct tw_error err;

    simulations_finish(&look->simulations);
    look->has_simulations = operations_read_simulations(reply, &look->simulations, &err) == 0;
    if (look->has_simulations)
        answered(look, LOOK_BACKEND, reply);
    else
        failed(look, LOOK_BACKEND, "simulations", &err);
}

void look_take_events(struct look *look, const struct fetch_reply *reply)
{
    struct tw_error err;

    events_finish(&look->events);
    look->has_events = operations_read_events(reply, &look->events, &err) == 0;
    if (look->has_events)
        answered(look, LOOK_BACKEND, reply);
    else
        failed(look, LOOK_BACKEND, "events", &err);
}
