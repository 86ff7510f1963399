#include "tui/prom_rules.h"

#include "common/alloc.h"
#include "common/json.h"
#include "tui/prom_parts.h"
#include "tui/server_json.h"
#include "tui/server_text.h"

#include <string.h>

/* Recording rules stand there too where the server does not know `type`. */
static bool is_alerting(const struct json *item)
{
    const char *type = json_string(json_get(item, "type"));

    return type && strcmp(type, "alerting") == 0 && json_string(json_get(item, "name")) &&
           json_string(json_get(item, "query"));
}

static void read_rule(const struct json *item, struct prom_rule *rule)
{
    double for_s = json_number(json_get(item, "duration"), 0);

    rule->name = server_text_dup(json_string(json_get(item, "name")));
    rule->expr = server_text_dup(json_string(json_get(item, "query")));
    rule->for_ms = for_s > 0 && for_s < 1e9 ? (int64_t)(for_s * 1000) : 0;
    server_json_copy(rule->last_error, sizeof(rule->last_error), json_get(item, "lastError"));
    if (labels_read(json_get(item, "labels"), &rule->labels, NULL) < 0)
        rule->labels = (struct labels){0};
}

static int read_group(const struct json *group, struct prom_rules *rules, struct tw_error *err)
{
    const struct json *list = json_get(group, "rules");

    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        if (!is_alerting(item))
            continue;
        if (rules->n == PROM_RULES_MAX)
            return tw_fail(err, TW_BROKEN, "the answer has over %d rules", PROM_RULES_MAX);
        rules->at = xrealloc_array(rules->at, rules->n + 1, sizeof(*rules->at));
        read_rule(item, &rules->at[rules->n++]);
    }
    return 0;
}

int prom_read_rules(const struct fetch_reply *reply,
                    struct prom_rules *ret_rules,
                    struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *data = NULL, *groups;
    struct prom_rules rules = {0};

    if (prom_open_envelope(reply, &json, &data, err) < 0)
        return -1;
    groups = json_get(data, "groups");
    if (json_type(groups) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer has no list of groups");
    for (const struct json *group = json_first(groups); group; group = json_next(group))
        if (read_group(group, &rules, err) < 0) {
            prom_rules_finish(&rules);
            return -1;
        }
    *ret_rules = rules;
    return 0;
}

void prom_rules_finish(struct prom_rules *rules)
{
    for (size_t i = 0; i < rules->n; i++) {
        free(rules->at[i].name);
        free(rules->at[i].expr);
        labels_finish(&rules->at[i].labels);
    }
    free(rules->at);
    *rules = (struct prom_rules){0};
}

static bool is_made_by(const struct labels *labels, const struct prom_rule *rule)
{
    if (strcmp(labels_get(labels, "alertname"), rule->name) != 0)
        return false;
    for (size_t i = 0; i < rule->labels.n; i++) {
        const struct label *label = &rule->labels.at[i];

        if (!strstr(label->value, "{{") &&
            strcmp(labels_get(labels, label->name), label->value) != 0)
            return false;
    }
    return true;
}

const struct prom_rule *prom_rules_find(const struct prom_rules *rules, const struct labels *labels)
{
    for (size_t i = 0; i < rules->n; i++)
        if (is_made_by(labels, &rules->at[i]))
            return &rules->at[i];
    return NULL;
}
