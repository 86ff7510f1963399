#ifndef TW_LOOK_H
#define TW_LOOK_H

/* One look at the whole stack: what Prometheus, Alertmanager and the operations API answered, joined
 * and judged. Filled reply by reply in any order, then judged once. Pure: the edge that asks is
 * once.c. */

#include "tui/command/look_queries.h"
#include "tui/data/alertmanager.h"
#include "tui/data/operations.h"
#include "tui/data/prom.h"
#include "tui/data/prom_flavour.h"
#include "tui/data/prom_rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOK_FEATURES_MAX      32
#define LOOK_TARGETS_MAX       32
#define LOOK_REASONS_MAX       12
#define LOOK_FEW_SAMPLES       100 /* under it there is no drift score */
#define LOOK_SCRAPE_DEFAULT_MS 10000
#define LOOK_RESEND_MS         75000 /* Prometheus sends an alert again after 1m: see look_judge.c */
#define LOOK_STALE_SLACK_MS    5000  /* beyond two scrape intervals */

/* The exit code of --once. */
enum look_verdict { LOOK_OK, LOOK_WARN, LOOK_CRIT, LOOK_UNKNOWN };

enum look_source_id { LOOK_PROMETHEUS, LOOK_ALERTMANAGER, LOOK_BACKEND, N_LOOK_SOURCES };

enum look_source_state {
    LOOK_SOURCE_OK,
    LOOK_SOURCE_PARTIAL, /* some of what was asked failed */
    LOOK_SOURCE_ERROR,   /* all of it did */
};

struct look_source {
    size_t n_answered, n_failed;
    const char *failing; /* what failed first: "query", "alerts", ...; NULL for nothing */
    char reason[256];    /* why; "" */
    int64_t answer_us;   /* of the slowest answer */
    int64_t skew_ms;     /* its clock minus ours */
};

enum look_reading_state {
    LOOK_NO_DATA, /* Prometheus has no such series */
    LOOK_FRESH,
    LOOK_STALE, /* the last sample is older than two scrapes */
    LOOK_ERROR, /* could not be asked; the source says why */
};

struct look_reading {
    bool has_answer, has_failed;
    double value; /* may be NaN or infinite */
    double age_s; /* of its newest sample; NaN unknown */
};

enum look_severity { LOOK_INFO, LOOK_WARNING, LOOK_CRITICAL };

/* Borrowed from the look. */
struct look_alert {
    const struct prom_alert *alert;
    const struct am_alert *delivered; /* NULL: Alertmanager has not got it, or was not asked */
    enum look_severity severity;
};

struct look_feature {
    char name[64];
    double severity; /* 0..1 */
};

struct look_target {
    char job[64];
    char instance[96];
    bool is_up;
    const char *last_error; /* borrowed; "" unknown */
};

enum look_watchdog {
    LOOK_WATCHDOG_UNKNOWN,
    LOOK_WATCHDOG_OK,
    LOOK_WATCHDOG_STARTING,    /* firing, not delivered yet, and within its first resend */
    LOOK_WATCHDOG_SILENT,      /* not firing: the rules are not evaluated */
    LOOK_WATCHDOG_UNDELIVERED, /* firing, but Alertmanager has not got it */
    LOOK_WATCHDOG_ABSENT,      /* Prometheus has no such rule: it is not one of ours */
};

struct look_reason {
    enum look_verdict level;
    char text[200];
};

struct look {
    int64_t at_ms;
    struct look_source sources[N_LOOK_SOURCES];

    /* As answered. */
    struct look_reading readings[N_LOOK_READINGS];
    double ages_s[N_LOOK_AGES]; /* NaN unknown */
    char
        encoder[96]; /* what makes vectors of sentences; "" unknown, "a, b" where replicas differ */
    size_t n_features;
    struct look_feature features[LOOK_FEATURES_MAX];
    size_t n_targets;
    struct look_target targets[LOOK_TARGETS_MAX];
    bool has_targets, has_alerts, has_delivered, has_simulations, has_events, has_fast_alerts;
    bool is_fast_alerts;
    struct prom_alerts prom_alerts;
    struct am_alerts am_alerts;
    struct prom_targets prom_targets;
    struct simulations simulations;
    struct events events;
    enum prom_flavour flavour; /* of what answers as Prometheus */
    char version[32];          /* "" unknown */
    bool is_metricsql;         /* the probe says VictoriaMetrics */
    bool has_no_alerts_path, has_no_rules_path;
    bool has_rules, has_watchdog_rule;
    size_t n_rules; /* alert rules that it evaluates */
    struct prom_notes warnings;
    char note[200]; /* a further failing of the client itself, such as an unreadable token; "" */

    /* Made by look_judge. */
    const char *
        without_rules; /* why what answers as Prometheus has none: then alerts are Alertmanager's alone;
                                  static; NULL: it has */
    int64_t stale_after_ms;
    size_t n_alerts; /* without the Watchdog; worst first */
    struct look_alert *alerts;
    size_t n_only_delivered; /* alerts that Alertmanager has and Prometheus has not */
    enum look_watchdog watchdog;
    int64_t watchdog_age_ms; /* since Alertmanager was last told; -1 unknown */
    enum look_verdict verdict;
    size_t n_reasons; /* of all; the first LOOK_REASONS_MAX, worst first, are kept */
    struct look_reason reasons[LOOK_REASONS_MAX];
};

void look_init(struct look *look, int64_t at_ms);
void look_finish(struct look *look);

/* One reply each; a failed one is noted with its source. */
void look_take_all(struct look *look, const struct fetch_reply *reply); /* to the joint query */
void look_take_query(struct look *look, enum look_query query, const struct fetch_reply *reply);
void look_take_alerts(struct look *look, const struct fetch_reply *reply);
void look_take_build(struct look *look, const struct fetch_reply *reply);
void look_take_probe(struct look *look, const struct fetch_reply *reply); /* the query "1" */
void look_take_rules(struct look *look, const struct fetch_reply *reply);
void look_take_targets(struct look *look, const struct fetch_reply *reply);
void look_take_delivered(struct look *look, const struct fetch_reply *reply);
void look_take_health(struct look *look, const struct fetch_reply *reply);
void look_take_simulations(struct look *look, const struct fetch_reply *reply);
void look_take_events(struct look *look, const struct fetch_reply *reply);

/* After the alerts: no Watchdog among them; whether that tells anything, only the alert rules do. */
bool look_wants_rules(const struct look *look);

/* Joins what was taken and sets the verdict:
 * unknown  Prometheus cannot be asked, or its alerts cannot and nothing critical is known
 * crit     a critical alert fires, or an API's target is down
 * warn     a warning fires, a critical alert is pending, a source fails in part, data is stale, an
 *          alert did not reach Alertmanager, the Watchdog is silent, there are no alert rules, another
 *          target is down
 * ok       else */
void look_judge(struct look *look);

/* Beside each reply, at now_ms by our clock: what the server's is. */
void look_note_clock(struct look *look,
                     enum look_source_id source,
                     const struct fetch_reply *reply,
                     int64_t now_ms);

/* The moment of the look by that server's clock. */
int64_t look_now_ms(const struct look *look, enum look_source_id source);

enum look_source_state look_source_state(const struct look_source *source);
enum look_reading_state look_reading_state(const struct look *look, enum look_reading_id reading);
enum look_severity look_severity(const struct labels *labels);

const char *look_verdict_name(enum look_verdict verdict);           /* "ok" */
const char *look_source_name(enum look_source_id source);           /* "prometheus" */
const char *look_source_state_name(enum look_source_state state);   /* "OK" */
const char *look_reading_state_name(enum look_reading_state state); /* "NO DATA" */
const char *look_severity_name(enum look_severity severity);        /* "critical" */
const char *look_watchdog_name(enum look_watchdog watchdog);        /* "ok" */

#endif
