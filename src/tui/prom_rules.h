#ifndef TW_PROM_RULES_H
#define TW_PROM_RULES_H

/* The alerting rules of Prometheus: what an alert is made of. Everything read is owned by the caller. Pure. */

#include "tui/labels.h"

#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

#define PROM_RULES_MAX 2000 /* of one answer; more is an error */

struct prom_rule {
    char *name, *expr; /* owned */
    int64_t for_ms;
    struct labels labels; /* that it gives to its alerts */
    char last_error[200]; /* of its newest evaluation; "" when that went well */
};

struct prom_rules {
    size_t n;
    struct prom_rule *at; /* owned */
};

/* The answer to /api/v1/rules?type=alert. Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int prom_read_rules(const struct fetch_reply *reply,
                    struct prom_rules *ret_rules,
                    struct tw_error *err) MUST_CHECK;
void prom_rules_finish(struct prom_rules *rules);

/* The rule that makes alerts with these labels, or NULL. Where a label of a rule is a template, its value is
 * not compared. */
const struct prom_rule *prom_rules_find(const struct prom_rules *rules,
                                        const struct labels *labels);

#endif
