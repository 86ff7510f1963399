#include "tui/data/prom_rules.h"

#include "common/alloc.h"
#include "tui/data/prom_parts.h"
#include "tui/data/server_json.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The condition ------------------------------------------------------------------------------ */

static const char *skip_quoted(const char *at)
{
    char quote = *at++;

    while (*at && *at != quote)
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

/* Past what holds matchers, not comparisons; one character else. */
static const char *next(const char *at)
{
    if (*at == '"' || *at == '\'' || *at == '`')
        return skip_quoted(at);
    if (*at == '#')
        return at + strcspn(at, "\n");
    if (*at == '{')
        for (at++; *at && *at != '}';)
            at = *at == '"' || *at == '\'' || *at == '`' ? skip_quoted(at) : at + 1;
    return *at ? at + 1 : at;
}

static size_t operator_len(const char *at)
{
    static const char *const operators[] = {">=", "<=", "==", "!=", ">", "<"};

    for (size_t i = 0; i < COUNT_OF(operators); i++)
        if (strncmp(at, operators[i], strlen(operators[i])) == 0)
            return strlen(operators[i]);
    return 0;
}

/* Does a set operator stand here? What is compared behind one is not what the query shows. */
static bool is_set_operator(const char *at)
{
    static const char *const words[] = {"and", "or", "unless"};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t len = strlen(words[i]);

        if ((at[0] == ' ' || at[0] == '\n' || at[0] == ')') &&
            strncmp(at + 1, words[i], len) == 0 &&
            (at[1 + len] == ' ' || at[1 + len] == '\n' || at[1 + len] == '('))
            return true;
    }
    return false;
}

void prom_rule_condition(const char *query, char *out, size_t size)
{
    out[0] = '\0';
    for (const char *at = query; *at && !is_set_operator(at); at = next(at)) {
        size_t len = operator_len(at), n_digits;
        const char *number = at + len + strspn(at + len, " \t\n");

        if (len == 0)
            continue;
        n_digits = strspn(number, "-+.0123456789eE");
        number += number[0] == '-' || number[0] == '+';
        if (number[0] >= '0' && number[0] <= '9')
            (void)snprintf(out, size, "%.*s %.*s", (int)len, at, (int)n_digits,
                           at + len + strspn(at + len, " \t\n"));
        return;
    }
}

/* The query in one line, where it has no condition that could be told apart. */
static void copy_in_one_line(const char *query, char *out, size_t size)
{
    CLEANUP(freep) char *line = xstrdup(query);
    size_t n = 0;

    for (const char *at = query; *at; at++) {
        bool is_blank = (unsigned char)*at <= ' ';

        if (!is_blank || (n > 0 && line[n - 1] != ' '))
            line[n++] = is_blank ? ' ' : *at;
    }
    (void)server_text_copy(out, size, line, n);
}

/* ---- Reading ------------------------------------------------------------------------------------ */

const char *prom_rule_state_name(enum prom_rule_state state)
{
    static const char *const names[] = {"inactive", "pending", "firing", "unknown"};

    return names[state];
}

static enum prom_rule_state state_of(const char *word)
{
    for (int state = PROM_RULE_INACTIVE; word && state < PROM_RULE_UNKNOWN; state++)
        if (strcmp(word, prom_rule_state_name((enum prom_rule_state)state)) == 0)
            return (enum prom_rule_state)state;
    return PROM_RULE_UNKNOWN;
}

static enum alert_severity severity_of(const char *word)
{
    if (word && strcmp(word, "critical") == 0)
        return ALERT_CRITICAL;
    return word && strcmp(word, "warning") == 0 ? ALERT_WARNING : ALERT_INFO;
}

static bool read_rule(const struct json *item, struct prom_rule *rule)
{
    const struct json *labels = json_get(item, "labels");
    const char *type = json_string(json_get(item, "type"));
    const char *query = json_string(json_get(item, "query"));
    double for_s = json_number(json_get(item, "duration"), 0);

    if (!type || !query)
        return false;
    rule->is_alert = strcmp(type, "alerting") == 0;
    rule->query = xstrdup(query);
    server_json_copy(rule->name, sizeof(rule->name), json_get(item, "name"));
    server_json_copy(rule->service, sizeof(rule->service), json_get(labels, "service"));
    server_json_copy(rule->last_error, sizeof(rule->last_error), json_get(item, "lastError"));
    rule->severity = severity_of(json_string(json_get(labels, "severity")));
    rule->state = state_of(json_string(json_get(item, "state")));
    rule->for_ms = for_s > 0 && for_s < 1e9 ? (int64_t)(for_s * 1000) : 0;
    prom_rule_condition(query, rule->condition, sizeof(rule->condition));
    if (!rule->condition[0])
        copy_in_one_line(query, rule->condition, sizeof(rule->condition));
    return true;
}

static int read_group(const struct json *group, struct prom_rules *rules, struct tw_error *err)
{
    const struct json *list = json_get(group, "rules");
    size_t n = json_count(list);

    if (json_type(list) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "a group has no rules");
    if (rules->n + n > PROM_RULES_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d rules", PROM_RULES_MAX);
    rules->at = xrealloc_array(rules->at, rules->n + n, sizeof(*rules->at));
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        struct prom_rule *rule = &rules->at[rules->n];

        memset(rule, 0, sizeof(*rule));
        if (!read_rule(item, rule))
            return tw_fail(err, TW_BROKEN, "a rule has no type or no query");
        rules->n++;
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
    for (size_t i = 0; i < rules->n; i++)
        free(rules->at[i].query);
    free(rules->at);
    *rules = (struct prom_rules){0};
}

static bool is_made_by(const struct labels *labels, const struct prom_rule *rule)
{
    const char *service = labels_get(labels, "service");

    return rule->is_alert && strcmp(rule->name, labels_get(labels, "alertname")) == 0 &&
           rule->severity == severity_of(labels_get(labels, "severity")) &&
           (!rule->service[0] || strstr(rule->service, "{{") ||
            strcmp(rule->service, service) == 0);
}

const struct prom_rule *prom_rules_find(const struct prom_rules *rules, const struct labels *labels)
{
    for (size_t i = 0; i < rules->n; i++)
        if (is_made_by(labels, &rules->at[i]))
            return &rules->at[i];
    return NULL;
}

bool prom_rules_have_alert(const struct prom_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->n; i++)
        if (rules->at[i].is_alert && strcmp(rules->at[i].name, name) == 0)
            return true;
    return false;
}
