#include "tui/command/look.h"

#include "common/alloc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Joining ----------------------------------------------------------------------------------- */

/* What Prometheus itself says about the target; "" when it did not. */
static const struct prom_target *find_target(const struct look *look,
                                             const char *job,
                                             const char *instance)
{
    for (size_t i = 0; i < look->prom_targets.n; i++)
        if (strcmp(look->prom_targets.at[i].job, job) == 0 &&
            (!instance || strcmp(look->prom_targets.at[i].instance, instance) == 0))
            return &look->prom_targets.at[i];
    return NULL;
}

/* Prometheus begins with 'Get "URL": dial tcp ADDRESS: ', which says nothing that the target's name does
 * not. */
static const char *cause_of(const char *error)
{
    const char *end = strncmp(error, "Get \"", 5) == 0 ? strstr(error + 5, "\": ") : NULL;

    if (end)
        error = end + 3;
    end = strncmp(error, "dial tcp ", 9) == 0 ? strstr(error, ": ") : NULL;
    return end ? end + 2 : error;
}

static int compare_targets(const void *a, const void *b)
{
    const struct look_target *left = a, *right = b;
    int order = strcmp(left->job, right->job);

    return order ? order : strcmp(left->instance, right->instance);
}

static void join_targets(struct look *look)
{
    const struct prom_target *ml_api = find_target(look, "ml-api", NULL);
    int64_t interval_ms = ml_api && ml_api->scrape_interval_ms > 0 ? ml_api->scrape_interval_ms
                                                                   : LOOK_SCRAPE_DEFAULT_MS;

    look->stale_after_ms = 2 * interval_ms + LOOK_STALE_SLACK_MS;
    qsort(look->targets, look->n_targets, sizeof(look->targets[0]), compare_targets);
    for (size_t i = 0; i < look->n_targets; i++) {
        struct look_target *target = &look->targets[i];
        const struct prom_target *said = find_target(look, target->job, target->instance);

        target->last_error = said ? cause_of(said->last_error) : "";
    }
    for (int reading = 0; reading < N_LOOK_READINGS; reading++)
        look->readings[reading].age_s = look->ages_s[look_readings[reading].age];
}

static int compare_features(const void *a, const void *b)
{
    const struct look_feature *left = a, *right = b;

    if (left->severity < right->severity)
        return 1;
    if (left->severity > right->severity)
        return -1;
    return strcmp(left->name, right->name);
}

static int compare_alerts(const void *a, const void *b)
{
    const struct look_alert *left = a, *right = b;

    if (left->severity != right->severity)
        return left->severity < right->severity ? 1 : -1;
    if (left->alert->is_firing != right->alert->is_firing)
        return left->alert->is_firing ? -1 : 1;
    if (left->alert->active_at_ms != right->alert->active_at_ms)
        return left->alert->active_at_ms < right->alert->active_at_ms ? -1 : 1;
    return strcmp(labels_get(&left->alert->labels, "alertname"),
                  labels_get(&right->alert->labels, "alertname"));
}

/* Prometheus drops what it would send before it has discovered its Alertmanager, some seconds after its
 * start, and sends again a minute later: until then absence proves nothing. */
static void join_watchdog(struct look *look, const struct look_alert *alert)
{
    int64_t since_ms = alert->alert->active_at_ms;

    look->watchdog = LOOK_WATCHDOG_OK;
    if (look->has_delivered && !alert->delivered)
        look->watchdog = look_now_ms(look, LOOK_PROMETHEUS) - since_ms < LOOK_RESEND_MS
                             ? LOOK_WATCHDOG_STARTING
                             : LOOK_WATCHDOG_UNDELIVERED;
    if (alert->delivered && alert->delivered->updated_at_ms > 0)
        look->watchdog_age_ms =
            look_now_ms(look, LOOK_ALERTMANAGER) - alert->delivered->updated_at_ms;
}

/* What Alertmanager has, as if Prometheus had told of it: there is no other side. */
static void take_delivered_alone(struct look *look)
{
    const struct am_alerts *delivered = &look->am_alerts;

    prom_alerts_finish(&look->prom_alerts);
    look->has_alerts = look->has_delivered;
    look->prom_alerts.at = xcalloc(delivered->n, sizeof(*look->prom_alerts.at));
    look->prom_alerts.n = delivered->n;
    for (size_t i = 0; i < delivered->n; i++) {
        const struct labels *annotations = &delivered->at[i].annotations;

        look->prom_alerts.at[i] = (struct prom_alert){
            .labels = labels_copy(&delivered->at[i].labels),
            .annotations = labels_copy(annotations),
            .summary = xstrdup(labels_get(annotations, "summary")),
            .is_firing = true,
            .active_at_ms = delivered->at[i].starts_at_ms,
            .value = (double)NAN,
        };
    }
}

/* As asks_without_rules has it: an empty list of alerts of VictoriaMetrics means nothing unless it has rules. */
static void find_rules(struct look *look)
{
    bool is_victoria = look->flavour == PROM_VICTORIAMETRICS;
    bool is_place = look->sources[LOOK_PROMETHEUS].n_answered > 0;

    if (!(is_place && (look->has_no_alerts_path || look->has_no_rules_path)) &&
        !(is_victoria && look->has_rules && look->n_rules == 0))
        return;
    look->without_rules = prom_lack_text(look->flavour, PROM_PART_RULES);
    take_delivered_alone(look);
}

static void join_alerts(struct look *look)
{
    size_t n_joined = 0;

    find_rules(look);
    if (look->has_alerts && !look->without_rules && look->has_rules)
        look->watchdog = look->has_watchdog_rule ? LOOK_WATCHDOG_SILENT : LOOK_WATCHDOG_ABSENT;
    look->alerts = xcalloc(look->prom_alerts.n, sizeof(*look->alerts));
    for (size_t i = 0; i < look->prom_alerts.n; i++) {
        const struct prom_alert *alert = &look->prom_alerts.at[i];
        struct look_alert joined = {alert, am_find(&look->am_alerts, &alert->labels),
                                    look_severity(&alert->labels)};

        n_joined += joined.delivered != NULL;
        if (strcmp(labels_get(&alert->labels, "alertname"), ALERT_WATCHDOG) != 0)
            look->alerts[look->n_alerts++] = joined;
        else if (alert->is_firing)
            join_watchdog(look, &joined);
    }
    if (look->has_alerts && look->am_alerts.n > n_joined)
        look->n_only_delivered = look->am_alerts.n - n_joined;
    qsort(look->alerts, look->n_alerts, sizeof(look->alerts[0]), compare_alerts);
    qsort(look->features, look->n_features, sizeof(look->features[0]), compare_features);
}

/* ---- Judging ----------------------------------------------------------------------------------- */

static void PRINTF_LIKE(3, 4)
    add_reason(struct look *look, enum look_verdict level, const char *fmt, ...)
{
    va_list args;

    if (level > look->verdict)
        look->verdict = level;
    if (look->n_reasons++ >= LOOK_REASONS_MAX)
        return;
    look->reasons[look->n_reasons - 1].level = level;
    va_start(args, fmt);
    (void)vsnprintf(look->reasons[look->n_reasons - 1].text, sizeof(look->reasons[0].text), fmt,
                    args);
    va_end(args);
}

static bool is_api(const char *job)
{
    return strcmp(job, "ml-api") == 0 || strcmp(job, "llm-rag-api") == 0 ||
           strcmp(job, "operations") == 0;
}

static void judge_targets(struct look *look)
{
    for (size_t i = 0; i < look->n_targets; i++) {
        const struct look_target *target = &look->targets[i];

        if (!target->is_up)
            add_reason(look, is_api(target->job) ? LOOK_CRIT : LOOK_WARN,
                       "target %.40s %.60s is down%s%.80s", target->job, target->instance,
                       target->last_error[0] ? ": " : "", target->last_error);
    }
}

static bool has_target(const struct look *look, const char *job)
{
    for (size_t i = 0; i < look->n_targets; i++)
        if (strcmp(look->targets[i].job, job) == 0)
            return true;
    return false;
}

static void judge_alerts(struct look *look)
{
    for (size_t i = 0; i < look->n_alerts; i++) {
        const struct look_alert *alert = &look->alerts[i];
        const char *name = labels_get(&alert->alert->labels, "alertname");

        if (alert->alert->is_firing && alert->severity != LOOK_INFO)
            add_reason(look, alert->severity == LOOK_CRITICAL ? LOOK_CRIT : LOOK_WARN,
                       "%.80s is firing (%s)", name, look_severity_name(alert->severity));
        else if (!alert->alert->is_firing && alert->severity == LOOK_CRITICAL)
            add_reason(look, LOOK_WARN, "%.80s is pending (critical)", name);
    }
}

static void judge_delivery(struct look *look)
{
    for (size_t i = 0; look->has_delivered && i < look->n_alerts; i++)
        if (look->alerts[i].alert->is_firing && !look->alerts[i].delivered)
            add_reason(look, LOOK_WARN, "%.80s is firing in Prometheus, absent from Alertmanager",
                       labels_get(&look->alerts[i].alert->labels, "alertname"));
    if (look->watchdog == LOOK_WATCHDOG_SILENT)
        add_reason(look, LOOK_WARN, "the Watchdog is not firing: no rules are evaluated");
    if (look->watchdog == LOOK_WATCHDOG_ABSENT && look->n_rules == 0)
        add_reason(look, LOOK_WARN, "Prometheus has no alert rules");
    if (look->watchdog == LOOK_WATCHDOG_UNDELIVERED)
        add_reason(look, LOOK_WARN, "the Watchdog does not reach Alertmanager");
}

static void judge_source(struct look *look, enum look_source_id id)
{
    const struct look_source *source = &look->sources[id];

    switch (look_source_state(source)) {
    case LOOK_SOURCE_OK:
        break;
    case LOOK_SOURCE_PARTIAL:
        add_reason(look, LOOK_WARN, "%s fails in part: %s: %.150s", look_source_name(id),
                   source->failing, source->reason);
        break;
    case LOOK_SOURCE_ERROR:
        add_reason(look, id == LOOK_PROMETHEUS ? LOOK_UNKNOWN : LOOK_WARN, "%s: %.150s",
                   look_source_name(id), source->failing ? source->reason : "not asked");
        break;
    }
}

static void judge_sources(struct look *look)
{
    for (int source = 0; source < N_LOOK_SOURCES; source++)
        judge_source(look, (enum look_source_id)source);
    if (look->note[0])
        add_reason(look, LOOK_WARN, "%s", look->note);
    for (size_t i = 0; i < look->warnings.n && i < PROM_NOTES_MAX; i++)
        add_reason(look, LOOK_WARN, "Prometheus warns: %.160s", look->warnings.text[i]);
}

static void judge_readings(struct look *look)
{
    for (int reading = 0; reading < N_LOOK_READINGS; reading++)
        if (look_reading_state(look, (enum look_reading_id)reading) == LOOK_STALE) {
            add_reason(look, LOOK_WARN, "%s is stale: its last sample is %.0f s old",
                       look_readings[reading].name, look->readings[reading].age_s);
            return; /* they go stale together: one line says it */
        }
}

static int compare_reasons(const void *a, const void *b)
{
    const struct look_reason *left = a, *right = b;

    return (int)right->level - (int)left->level;
}

/* Worst first, otherwise in the order of adding (qsort need not be stable). */
static void sort_reasons(struct look *look)
{
    size_t n = look->n_reasons < LOOK_REASONS_MAX ? look->n_reasons : LOOK_REASONS_MAX;

    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && compare_reasons(&look->reasons[j - 1], &look->reasons[j]) > 0;
             j--) {
            struct look_reason other = look->reasons[j];

            look->reasons[j] = look->reasons[j - 1];
            look->reasons[j - 1] = other;
        }
}

/* The joint query failed, and so did every part of it. */
static bool is_every_query_failed(const struct look *look)
{
    for (int reading = 0; reading < N_LOOK_READINGS; reading++)
        if (!look->readings[reading].has_failed)
            return false;
    return true;
}

/* Prometheus answers, but not all that a verdict needs. What is known to be critical stays so. */
static void judge_knowledge(struct look *look)
{
    if (look_source_state(&look->sources[LOOK_PROMETHEUS]) == LOOK_SOURCE_ERROR)
        return;
    if (look->has_targets && !has_target(look, "ml-api"))
        add_reason(look, LOOK_WARN, "Prometheus has no target ml-api");
    if (look->verdict == LOOK_CRIT)
        return;
    if (!look->has_alerts)
        add_reason(look, LOOK_UNKNOWN, "the alerts are not known%s%s",
                   look->without_rules ? ": " : "", look->without_rules ? look->without_rules : "");
    if (is_every_query_failed(look))
        add_reason(look, LOOK_UNKNOWN, "Prometheus answers no query");
}

void look_judge(struct look *look)
{
    join_targets(look);
    join_alerts(look);
    judge_targets(look);
    judge_alerts(look);
    judge_knowledge(look);
    judge_delivery(look);
    judge_sources(look);
    judge_readings(look);
    sort_reasons(look);
}
