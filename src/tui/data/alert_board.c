#include "tui/data/alert_board.h"

#include "common/alloc.h"
#include "tui/data/label_index.h"
#include "tui/data/prom_rules.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *alert_severity_name(enum alert_severity severity)
{
    static const char *const names[] = {"info", "warning", "critical"};

    return names[severity];
}

const char *alert_state_name(enum alert_state state)
{
    static const char *const names[] = {"firing",    "undelivered", "pending", "silenced",
                                        "inhibited", "foreign",     "clearing"};

    return names[state];
}

/* ---- One alert ---------------------------------------------------------------------------------- */

static void copy_text(char *out, size_t size, const char *text)
{
    (void)server_text_copy(out, size, text, strlen(text));
}

/* Servers give labels sorted by name. */
static uint64_t id_of(const struct labels *labels)
{
    uint64_t hash = LABEL_HASH_START;

    for (size_t i = 0; i < labels->n; i++)
        hash = label_hash(hash, &labels->at[i]);
    return hash;
}

static enum alert_severity severity_of(const struct labels *labels)
{
    const char *severity = labels_get(labels, "severity");

    if (strcmp(severity, "critical") == 0 || strcmp(severity, "page") == 0)
        return ALERT_CRITICAL;
    return strcmp(severity, "warning") == 0 ? ALERT_WARNING : ALERT_INFO;
}

static void describe(struct alert *alert, const struct labels *labels)
{
    copy_text(alert->name, sizeof(alert->name), labels_get(labels, "alertname"));
    copy_text(alert->service, sizeof(alert->service), labels_get(labels, "service"));
    alert->severity = severity_of(labels);
    alert->value = (double)NAN;
    alert->id = id_of(labels);
    alert->labels = labels_copy(labels);
}

static void add_rule(struct alert *alert,
                     const struct labels *labels,
                     const struct prom_rules *rules)
{
    const struct prom_rule *rule = rules ? prom_rules_find(rules, labels) : NULL;

    if (!rule)
        return;
    alert->expr = server_text_lines_dup(rule->query, strlen(rule->query));
    alert->for_ms = rule->for_ms;
    copy_text(alert->rule_error, sizeof(alert->rule_error), rule->last_error);
}

static void add_delivery(struct alert *alert,
                         const struct am_alert *delivered,
                         const struct am_alerts *all)
{
    const struct am_alert *inhibitor = am_find_fingerprint(all, delivered->first_inhibitor);

    alert->is_in_alertmanager = true;
    alert->n_silences = delivered->n_silences;
    memcpy(alert->silences, delivered->silences, sizeof(alert->silences));
    memcpy(alert->receivers, delivered->receivers, sizeof(alert->receivers));
    if (delivered->n_inhibitors > 0)
        copy_text(alert->inhibited_by, sizeof(alert->inhibited_by),
                  inhibitor ? labels_get(&inhibitor->labels, "alertname")
                            : delivered->first_inhibitor);
    if (delivered->state != AM_SUPPRESSED)
        return;
    alert->state = delivered->n_silences > 0 ? ALERT_SILENCED : ALERT_INHIBITED;
}

/* The drill inside of which it began: the one that is to raise it, else the newest of several. */
static int64_t simulation_at(const struct alert_sources *sources,
                             const struct labels *labels,
                             int64_t began_ms)
{
    const struct simulations *simulations = sources->simulations;
    const char *name = labels_get(labels, "alertname");
    int64_t at_ms = began_ms > 0 ? began_ms - sources->ahead_ms : 0, newest = 0;

    for (size_t i = 0; simulations && at_ms > 0 && i < simulations->n; i++) {
        const struct simulation *run = &simulations->at[i];
        bool has_ended = run->state != SIMULATION_RUNNING && run->ended_at_ms > 0;

        if (strcmp(run->kind, "baseline") == 0 || run->started_at_ms > at_ms ||
            (has_ended && at_ms > run->ended_at_ms))
            continue;
        if (strcmp(run->alert, name) == 0)
            return run->id;
        if (newest == 0)
            newest = run->id;
    }
    return newest;
}

/* ---- The board ---------------------------------------------------------------------------------- */

static void destroy_board(struct part *part)
{
    struct alert_board *board = (struct alert_board *)part;

    for (size_t i = 0; i < board->n; i++) {
        labels_finish(&board->at[i].labels);
        labels_finish(&board->at[i].annotations);
        free(board->at[i].expr);
    }
    free(board->at);
    free(board);
}

void alert_board_unref(struct alert_board *board)
{
    if (board)
        part_unref(&board->part);
}

/* What the board before held to be missing. */
struct absent {
    const struct alert **alerts;  /* owned; they themselves are that board's */
    const struct labels **labels; /* owned; theirs */
    struct label_index index;
};

struct joining {
    const struct alert_sources *sources;
    const struct am_alert **delivered; /* owned; per alert of Prometheus; NULL: it is not */
    bool *is_known;                    /* owned; per alert of Alertmanager: Prometheus has it */
    struct absent absent;
    int64_t now_ms;
};

static void list_absent(const struct alert_board *before, struct absent *absent)
{
    size_t n = 0, n_most = before ? before->n : 0;

    absent->alerts = xcalloc(n_most, sizeof(struct alert *));
    absent->labels = xcalloc(n_most, sizeof(struct labels *));
    for (size_t i = 0; i < n_most; i++)
        if (before->at[i].absent_since_ms > 0) {
            absent->alerts[n] = &before->at[i];
            absent->labels[n++] = &before->at[i].labels;
        }
    label_index_init(&absent->index, absent->labels, n);
}

/* By labels: what is delivered has those that it has in Prometheus, and perhaps more. The first that does tells. */
static void match(struct joining *joining)
{
    const struct prom_alerts *prometheus = joining->sources->prometheus;
    const struct am_alerts *alertmanager = joining->sources->alertmanager;
    size_t n_prometheus = prometheus ? prometheus->n : 0;
    size_t n_alertmanager = alertmanager ? alertmanager->n : 0, place;
    const struct labels **labels = xcalloc(n_alertmanager, sizeof(struct labels *));
    struct label_index index;

    for (size_t i = 0; i < n_alertmanager; i++)
        labels[i] = &alertmanager->at[i].labels;
    label_index_init(&index, labels, n_alertmanager);
    joining->delivered = xcalloc(n_prometheus, sizeof(struct am_alert *));
    joining->is_known = xcalloc(n_alertmanager, sizeof(*joining->is_known));
    for (size_t i = 0; i < n_prometheus; i++) {
        struct label_search search = label_index_search(&index, &prometheus->at[i].labels);

        while (label_search_next(&search, &place)) {
            if (!joining->delivered[i])
                joining->delivered[i] = &alertmanager->at[place];
            joining->is_known[place] = true;
        }
    }
    label_index_finish(&index);
    free(labels);
}

static void finish_joining(struct joining *joining)
{
    label_index_finish(&joining->absent.index);
    free(joining->absent.alerts);
    free(joining->absent.labels);
    free(joining->delivered);
    free(joining->is_known);
}

/* Since when the alert has been missing on the side that should have it, by the board before. */
static int64_t absent_since(const struct joining *joining, const struct labels *labels)
{
    const struct absent *absent = &joining->absent;
    struct label_search search = label_index_search(&absent->index, labels);
    size_t place;

    while (label_search_next(&search, &place))
        if (absent->labels[place]->n == labels->n)
            return absent->alerts[place]->absent_since_ms;
    return joining->now_ms;
}

static void add_from_prometheus(const struct joining *joining, size_t place, struct alert *alert)
{
    const struct alert_sources *sources = joining->sources;
    const struct prom_alert *source = &sources->prometheus->at[place];
    const struct am_alert *delivered = joining->delivered[place];

    describe(alert, &source->labels);
    copy_text(alert->summary, sizeof(alert->summary), source->summary ? source->summary : "");
    alert->is_in_prometheus = true;
    alert->annotations = labels_copy(&source->annotations);
    add_rule(alert, &source->labels, sources->rules);
    alert->active_at_ms = source->active_at_ms;
    alert->value = source->value;
    alert->state = source->is_firing ? ALERT_FIRING : ALERT_PENDING;
    alert->simulation_id = simulation_at(sources, &source->labels, source->active_at_ms);
    if (!source->is_firing)
        return;
    if (delivered) {
        labels_finish(&alert->labels); /* with what is added on the way: silences are for these */
        alert->labels = labels_copy(&delivered->labels);
        add_delivery(alert, delivered, sources->alertmanager);
    } else if (sources->alertmanager && sources->is_alertmanager_fresh) {
        alert->absent_since_ms = absent_since(joining, &source->labels);
        if (joining->now_ms - alert->absent_since_ms >= ALERT_DELIVERY_GRACE_MS)
            alert->state = ALERT_UNDELIVERED;
    }
}

static bool is_watchdog(const struct labels *labels)
{
    return strcmp(labels_get(labels, "alertname"), ALERT_WATCHDOG) == 0;
}

/* How many of n; the rest is counted as left off. Asked once per side. */
static size_t taken(size_t n, struct alert_board *board)
{
    if (n <= ALERT_BOARD_MAX)
        return n;
    board->n_left_off += n - ALERT_BOARD_MAX;
    return ALERT_BOARD_MAX;
}

static void add_from_alertmanager(const struct joining *joining,
                                  const struct am_alert *delivered,
                                  struct alert *alert)
{
    const struct alert_sources *sources = joining->sources;

    describe(alert, &delivered->labels);
    add_rule(alert, &delivered->labels, sources->rules);
    alert->state = sources->prometheus ? ALERT_FOREIGN : ALERT_FIRING;
    if (sources->prometheus && alert->expr && !sources->is_prometheus_fresh) {
        alert->state = ALERT_FIRING;
    } else if (sources->prometheus && alert->expr) {
        alert->absent_since_ms = absent_since(joining, &delivered->labels);
        if (joining->now_ms - alert->absent_since_ms < ALERT_CLEARING_MS)
            alert->state = ALERT_CLEARING;
    }
    alert->active_at_ms = delivered->starts_at_ms;
    copy_text(alert->summary, sizeof(alert->summary),
              labels_get(&delivered->annotations, "summary"));
    if (sources->without_rules)
        alert->simulation_id = simulation_at(sources, &delivered->labels, delivered->starts_at_ms);
    alert->annotations = labels_copy(&delivered->annotations);
    add_delivery(alert, delivered, sources->alertmanager);
}

static void fill(const struct joining *joining, struct alert_board *board)
{
    const struct prom_alerts *prometheus = joining->sources->prometheus;
    const struct am_alerts *alertmanager = joining->sources->alertmanager;
    size_t n_prometheus = taken(prometheus ? prometheus->n : 0, board);
    size_t n_alertmanager = taken(alertmanager ? alertmanager->n : 0, board);

    for (size_t i = 0; i < n_prometheus; i++)
        if (!is_watchdog(&prometheus->at[i].labels))
            add_from_prometheus(joining, i, &board->at[board->n++]);
    for (size_t i = 0; i < n_alertmanager; i++) {
        const struct am_alert *delivered = &alertmanager->at[i];

        if (!is_watchdog(&delivered->labels) && !joining->is_known[i])
            add_from_alertmanager(joining, delivered, &board->at[board->n++]);
    }
}

static bool has_watchdog(const struct am_alerts *alerts)
{
    for (size_t i = 0; i < alerts->n; i++)
        if (is_watchdog(&alerts->at[i].labels))
            return true;
    return false;
}

/* What it means that it is not firing. */
static enum watchdog_state silence_of(const struct prom_rules *rules)
{
    if (!rules)
        return WATCHDOG_UNKNOWN;
    if (rules->n == 0)
        return WATCHDOG_NO_RULES;
    return prom_rules_have_alert(rules, ALERT_WATCHDOG) ? WATCHDOG_SILENT : WATCHDOG_ABSENT;
}

static enum watchdog_state watchdog_of(const struct alert_sources *sources)
{
    const struct prom_alerts *prometheus = sources->prometheus;
    bool is_delivery_known = sources->alertmanager && sources->is_alertmanager_fresh;

    if (sources->without_rules)
        return is_delivery_known && has_watchdog(sources->alertmanager) ? WATCHDOG_OK
                                                                        : WATCHDOG_UNKNOWN;
    if (!prometheus || !sources->is_prometheus_fresh)
        return WATCHDOG_UNKNOWN;
    for (size_t i = 0; i < prometheus->n; i++) {
        const struct prom_alert *alert = &prometheus->at[i];

        if (!is_watchdog(&alert->labels) || !alert->is_firing)
            continue;
        return is_delivery_known && !am_find(sources->alertmanager, &alert->labels)
                   ? WATCHDOG_UNDELIVERED
                   : WATCHDOG_OK;
    }
    return silence_of(sources->rules);
}

static bool is_loud(const struct alert *alert)
{
    return alert->state == ALERT_FIRING || alert->state == ALERT_UNDELIVERED ||
           alert->state == ALERT_FOREIGN;
}

/* What needs somebody comes before what somebody already holds, or is over. */
static int urgency(const struct alert *alert)
{
    return (is_loud(alert) ? 8 : 0) + (int)alert->severity * 2 + (alert->state == ALERT_PENDING);
}

static int compare(const void *left, const void *right)
{
    const struct alert *a = left, *b = right;

    if (urgency(a) != urgency(b))
        return urgency(a) > urgency(b) ? -1 : 1;
    if (a->active_at_ms != b->active_at_ms)
        return a->active_at_ms < b->active_at_ms ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void count(struct alert_board *board)
{
    for (size_t i = 0; i < board->n; i++) {
        const struct alert *alert = &board->at[i];

        board->n_critical += is_loud(alert) && alert->severity == ALERT_CRITICAL;
        board->n_warning += is_loud(alert) && alert->severity == ALERT_WARNING;
        board->n_info += is_loud(alert) && alert->severity == ALERT_INFO;
        board->n_pending += alert->state == ALERT_PENDING;
        board->n_silenced += alert->state == ALERT_SILENCED;
        board->n_undelivered += alert->state == ALERT_UNDELIVERED;
    }
}

bool alert_board_is_known(const struct alert_board *board)
{
    return board->has_prometheus || (board->without_rules && board->has_alertmanager);
}

struct alert_board *alert_board_join(const struct alert_sources *sources,
                                     const struct alert_board *before,
                                     int64_t now_ms)
{
    struct joining joining = {.sources = sources, .now_ms = now_ms};
    struct alert_board *board = xcalloc(1, sizeof(*board));
    size_t n_most = (sources->prometheus ? sources->prometheus->n : 0) +
                    (sources->alertmanager ? sources->alertmanager->n : 0);

    part_init(&board->part, destroy_board);
    board->at = xcalloc(n_most, sizeof(*board->at));
    board->without_rules = sources->without_rules;
    board->has_prometheus = sources->prometheus && sources->is_prometheus_fresh;
    board->has_alertmanager = sources->alertmanager && sources->is_alertmanager_fresh;
    list_absent(before, &joining.absent);
    match(&joining);
    fill(&joining, board);
    finish_joining(&joining);
    qsort(board->at, board->n, sizeof(*board->at), compare);
    count(board);
    board->watchdog = watchdog_of(sources);
    return board;
}
