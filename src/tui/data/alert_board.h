#ifndef TW_ALERT_BOARD_H
#define TW_ALERT_BOARD_H

/* The alerts of Prometheus and of Alertmanager, joined by their labels: each side alone knows half.
 * Pure. */

#include "tui/data/alertmanager.h"
#include "tui/data/operations.h"
#include "tui/data/part.h"
#include "tui/data/prom.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An alert that fires is told to Alertmanager at the next evaluation at the latest, and we ask one after the
 * other: only after so long is its absence a fact. */
#define ALERT_DELIVERY_GRACE_MS 20000

/* Alertmanager forgets an alert that Prometheus does not send again after four times its interval, a minute:
 * what it holds for longer is another Prometheus's. */
#define ALERT_CLEARING_MS 300000

/* Taken from each side: nobody reads more, and every one of them is copied at each answer. */
#define ALERT_BOARD_MAX 1000

/* The rule that always fires: while it arrives, rules are evaluated and alerts delivered. */
#define ALERT_WATCHDOG "Watchdog"

struct prom_rules;

enum alert_severity { ALERT_INFO, ALERT_WARNING, ALERT_CRITICAL };

enum alert_state {
    ALERT_FIRING,      /* and Alertmanager has it, or is not asked */
    ALERT_UNDELIVERED, /* firing in Prometheus, absent from Alertmanager: a fault in itself */
    ALERT_PENDING,
    ALERT_SILENCED,  /* firing; Alertmanager holds it back by a silence */
    ALERT_INHIBITED, /* firing; another alert holds it back */
    ALERT_FOREIGN,   /* only Alertmanager has it: another Prometheus's, or somebody posted it */
    ALERT_CLEARING,  /* over in Prometheus, of one of its rules; Alertmanager still holds it */
};

struct alert {
    char name[96];
    enum alert_severity severity;
    enum alert_state state;
    char service[64];  /* label, "" for none */
    char summary[200]; /* annotation, "" for none */
    uint64_t id;       /* of its labels: the same from board to board */
    struct labels labels;
    struct labels annotations;
    char *expr;           /* of the rule that makes it; owned; NULL unknown */
    int64_t for_ms;       /* of that rule */
    char rule_error[200]; /* of its newest evaluation; "" */
    int64_t active_at_ms; /* since when the condition holds; 0 unknown */
    double value;         /* NaN unknown */
    bool is_in_prometheus, is_in_alertmanager;
    size_t n_silences;                  /* that hold it back; the first AM_SILENCES_MAX are kept */
    char silences[AM_SILENCES_MAX][64]; /* ids */
    char inhibited_by[96];              /* name of the alert that holds it back; "" for none */
    char receivers[AM_RECEIVERS_SIZE];  /* by Alertmanager's routes; "" unknown */
    int64_t simulation_id;              /* the drill that runs or ran when it began; 0 for none */

    /* Firing and not in Alertmanager since, or of a rule of Prometheus and not active there since; 0: it is where
     * it should be. */
    int64_t absent_since_ms;
};

enum watchdog_state {
    WATCHDOG_UNKNOWN, /* Prometheus is not heard, or its rules are not known */
    WATCHDOG_OK,
    WATCHDOG_SILENT,      /* there is such a rule, and it is not firing: rules are not evaluated */
    WATCHDOG_UNDELIVERED, /* firing, and Alertmanager does not have it */
    WATCHDOG_ABSENT,      /* a Prometheus with other rules than ours, that one not among them */
    WATCHDOG_NO_RULES,    /* nor any other alert rule: nothing can fire */
};

struct alert_board {
    struct part part;
    size_t n;
    struct alert *at; /* owned; worst first, then the longer active. Without the Watchdog */
    size_t n_critical, n_warning,
        n_info; /* firing, delivered or not; without silenced and inhibited */
    size_t n_pending, n_silenced, n_undelivered;
    size_t n_left_off;                     /* beyond ALERT_BOARD_MAX of a side */
    bool has_prometheus, has_alertmanager; /* whose fresh answers it was made of */
    const char
        *without_rules; /* why there is no Prometheus's side at all; static; NULL: there is */
    enum watchdog_state watchdog;
};

/* What is known; any pointer may be NULL: never answered. Old answers still count, but nothing is held
 * to be missing, and no Watchdog silent, by an answer that is not fresh. */
struct alert_sources {
    const struct prom_alerts *prometheus;
    const struct am_alerts *alertmanager;
    bool is_prometheus_fresh, is_alertmanager_fresh;
    const struct prom_rules *rules;        /* NULL: not answered yet */
    const struct simulations *simulations; /* tell which alert began inside a drill */
    int64_t ahead_ms;                      /* Prometheus's clock before that of the simulations */
    /* What answers as Prometheus has no alert rules, for this reason (static): Alertmanager alone tells what fires,
     * and nothing pending is known. NULL: it has, or that is not known. */
    const char *without_rules;
};

/* `before` is the board of the last time, or NULL: absent_since_ms goes on from it. One reference, the
 * caller's. */
struct alert_board *alert_board_join(const struct alert_sources *sources,
                                     const struct alert_board *before,
                                     int64_t now_ms);

/* Whether no alert in it means that there is none. */
bool alert_board_is_known(const struct alert_board *board);
void alert_board_unref(struct alert_board *board); /* NULL is fine */

const char *alert_severity_name(enum alert_severity severity); /* "critical" */
const char *alert_state_name(enum alert_state state);          /* "firing", "undelivered", ... */

#endif
