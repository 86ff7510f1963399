#ifndef TW_PROM_RULES_H
#define TW_PROM_RULES_H

/* The alert rules of a Prometheus, also those that are not active: answers of /api/v1/rules. Recording
 * rules are read too, because an alert may look at a metric through one. Pure. */

#include "common/error.h"
#include "tui/data/alert_board.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

#define PROM_RULES_MAX 1000 /* of one answer; more is an error */

enum prom_rule_state { PROM_RULE_INACTIVE, PROM_RULE_PENDING, PROM_RULE_FIRING, PROM_RULE_UNKNOWN };

struct prom_rule {
    char name[96]; /* of the alert, or of what a recording rule records */
    bool is_alert;
    char *query; /* owned; not fit for a terminal */
    char condition
        [120]; /* "> 0.5"; the whole query, cut, where no such part is found; fit for a terminal */
    char service[64]; /* label, "" for none */
    enum alert_severity severity;
    enum prom_rule_state state;
    int64_t for_ms;
    char last_error[160]; /* "" when its last evaluation went well */
};

struct prom_rules {
    size_t n;
    struct prom_rule *at; /* owned */
};

/* Errors as answer_read, and TW_BROKEN for JSON of another shape or over PROM_RULES_MAX rules. */
int prom_read_rules(const struct fetch_reply *reply,
                    struct prom_rules *ret_rules,
                    struct tw_error *err) MUST_CHECK;
void prom_rules_finish(struct prom_rules *rules);

/* The alert rule that makes alerts with these labels, by its name, severity and service; or NULL. */
const struct prom_rule *prom_rules_find(const struct prom_rules *rules,
                                        const struct labels *labels);

/* Whether there is an alert rule of that name, whatever its labels. */
bool prom_rules_have_alert(const struct prom_rules *rules, const char *name);

/* "> 0.5" of "rate(x[5m]) > 0.5": the query's first comparison, when it is one with a number and no set
 * operator stands before it; else "". */
void prom_rule_condition(const char *query, char *out, size_t size);

const char *prom_rule_state_name(enum prom_rule_state state); /* "firing" */

#endif
