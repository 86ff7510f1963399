#include "test.h"

#include "common/alloc.h"
#include "reply.h"
#include "tui/data/alert_board.h"
#include "tui/data/prom_rules.h"

#include <math.h>

#define NOW 1795470600000 /* 2026-11-23T21:50:00Z */

#define FIRING(name, more)                                                                         \
    "{\"labels\":{\"alertname\":\"" name "\"" more                                                 \
    "},\"annotations\":{\"summary\":\"s\"},\"state\":\"firing\","                                  \
    "\"activeAt\":\"2026-11-23T21:45:00Z\",\"value\":\"0.7\"}"
#define PENDING(name, more)                                                                        \
    "{\"labels\":{\"alertname\":\"" name "\"" more                                                 \
    "},\"state\":\"pending\",\"activeAt\":\"2026-11-23T21:49:00Z\",\"value\":\"1\"}"
#define DELIVERED(name, more, silences, inhibitors, word)                                          \
    "{\"labels\":{\"cluster\":\"x\",\"alertname\":\"" name "\"" more "},\"status\":{\"state\":"    \
    "\"" word "\",\"silencedBy\":[" silences "],\"inhibitedBy\":[" inhibitors                      \
    "]},\"updatedAt\":\"2026-11-23T21:49:00Z\"}"
#define CRIT ",\"severity\":\"critical\",\"service\":\"ml-api\""
#define WARN ",\"severity\":\"warning\""

struct known {
    struct prom_alerts prometheus;
    struct am_alerts alertmanager;
    struct alert_sources sources;
};

/* NULL: that one has not answered. */
static void know(struct known *known, const char *prometheus, const char *alertmanager)
{
    CLEANUP(freep)
    char *text = xprintf_dup("{\"status\":\"success\",\"data\":{\"alerts\":[%s]}}",
                             prometheus ? prometheus : "");
    CLEANUP(freep) char *list = xprintf_dup("[%s]", alertmanager ? alertmanager : "");
    struct fetch_reply first = reply_of(200, text), second = reply_of(200, list);

    *known = (struct known){0};
    assert_int_equal(prom_read_alerts(&first, &known->prometheus, NULL), 0);
    assert_int_equal(am_read_alerts(&second, &known->alertmanager, NULL), 0);
    known->sources = (struct alert_sources){
        .prometheus = prometheus ? &known->prometheus : NULL,
        .alertmanager = alertmanager ? &known->alertmanager : NULL,
        .is_prometheus_fresh = prometheus != NULL,
        .is_alertmanager_fresh = alertmanager != NULL,
    };
}

static void forget(struct known *known)
{
    prom_alerts_finish(&known->prometheus);
    am_alerts_finish(&known->alertmanager);
}

static struct alert_board *join(const char *prometheus, const char *alertmanager)
{
    struct known known;
    struct alert_board *board;

    know(&known, prometheus, alertmanager);
    board = alert_board_join(&known.sources, NULL, NOW);
    forget(&known);
    return board;
}

static void both_sides_are_joined_by_labels(void **state)
{
    struct alert_board *board = join(
        FIRING("A", CRIT) "," PENDING("B", WARN) "," FIRING("C", WARN) "," FIRING("D", CRIT),
        DELIVERED("A", CRIT, "", "", "active") "," DELIVERED(
            "C", WARN, "\"s1\"", "",
            "suppressed") "," DELIVERED("D", CRIT, "", "\"i\"",
                                        "suppressed") "," DELIVERED("E", WARN, "", "", "active"));

    (void)state;
    CHECK(board->n == 5 && board->n_critical == 1 && board->n_pending == 1);
    CHECK(board->n_silenced == 1 && board->n_warning == 1 && board->n_undelivered == 0);
    assert_string_equal(board->at[0].name, "A");
    CHECK(board->at[0].state == ALERT_FIRING && board->at[0].severity == ALERT_CRITICAL);
    CHECK(board->at[0].is_in_prometheus && board->at[0].is_in_alertmanager);
    assert_string_equal(board->at[0].service, "ml-api");
    assert_string_equal(board->at[0].summary, "s");
    CHECK(board->at[0].value == 0.7 && board->at[0].active_at_ms == NOW - 300000);
    for (size_t i = 0; i < board->n; i++)
        switch (board->at[i].name[0]) {
        case 'B':
            CHECK(board->at[i].state == ALERT_PENDING);
            break;
        case 'C':
            CHECK(board->at[i].state == ALERT_SILENCED);
            assert_string_equal(board->at[i].silences[0], "s1");
            break;
        case 'D':
            CHECK(board->at[i].state == ALERT_INHIBITED);
            break;
        case 'E':
            CHECK(board->at[i].state == ALERT_FOREIGN && isnan(board->at[i].value));
            break;
        default:
            break;
        }
    alert_board_unref(board);
}

static void an_alert_that_stays_away_is_undelivered_after_the_grace(void **state)
{
    struct known known;
    struct alert_board *first, *second, *third, *late;

    (void)state;
    know(&known, FIRING("A", CRIT), "");
    first = alert_board_join(&known.sources, NULL, NOW);
    CHECK(first->at[0].state == ALERT_FIRING && first->at[0].absent_since_ms == NOW);
    second = alert_board_join(&known.sources, first, NOW + ALERT_DELIVERY_GRACE_MS - 1);
    CHECK(second->at[0].state == ALERT_FIRING && second->n_undelivered == 0);
    third = alert_board_join(&known.sources, second, NOW + ALERT_DELIVERY_GRACE_MS);
    CHECK(third->at[0].state == ALERT_UNDELIVERED && third->n_undelivered == 1);
    CHECK(third->n_critical == 1);
    /* Without a fresh word of Alertmanager nothing is held against it. */
    known.sources.is_alertmanager_fresh = false;
    late = alert_board_join(&known.sources, third, NOW + 2 * ALERT_DELIVERY_GRACE_MS);
    CHECK(late->at[0].state == ALERT_FIRING && !late->has_alertmanager);
    alert_board_unref(first);
    alert_board_unref(second);
    alert_board_unref(third);
    alert_board_unref(late);
    forget(&known);
}

static void the_watchdog_is_no_alert_but_a_state(void **state)
{
    static const struct {
        const char *prometheus, *alertmanager;
        enum watchdog_state is;
    } cases[] = {
        {FIRING("Watchdog", ""), DELIVERED("Watchdog", "", "", "", "active"), WATCHDOG_OK},
        {FIRING("Watchdog", ""), NULL, WATCHDOG_OK},
        {FIRING("Watchdog", ""), "", WATCHDOG_UNDELIVERED},
        {PENDING("Watchdog", ""), "", WATCHDOG_UNKNOWN}, /* the rules have not been told */
        {NULL, DELIVERED("Watchdog", "", "", "", "active"), WATCHDOG_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct alert_board *board = join(cases[i].prometheus, cases[i].alertmanager);

        if (board->watchdog != cases[i].is || board->n != 0)
            fail_msg("case %zu: %d, %zu alerts", i, (int)board->watchdog, board->n);
        alert_board_unref(board);
    }
}

static void the_watchdog_is_silent_only_where_there_is_such_a_rule(void **state)
{
    static const struct {
        size_t n_rules;
        const char *prometheus;
        enum watchdog_state is;
    } cases[] = {
        {2, "", WATCHDOG_SILENT},
        {2, PENDING("Watchdog", ""), WATCHDOG_SILENT},
        {1, "", WATCHDOG_ABSENT},
        {0, "", WATCHDOG_NO_RULES},
        {1, FIRING("Watchdog", ""), WATCHDOG_UNDELIVERED}, /* it was there a moment ago */
    };
    struct prom_rule rules[] = {{.name = "A", .is_alert = true},
                                {.name = "Watchdog", .is_alert = true}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct prom_rules known_rules = {cases[i].n_rules, rules};
        struct known known;
        struct alert_board *board;

        know(&known, cases[i].prometheus, "");
        known.sources.rules = &known_rules;
        board = alert_board_join(&known.sources, NULL, NOW);
        if (board->watchdog != cases[i].is)
            fail_msg("case %zu: %d", i, (int)board->watchdog);
        alert_board_unref(board);
        forget(&known);
    }
}

static void without_prometheus_alertmanagers_alerts_are_firing(void **state)
{
    struct alert_board *board = join(NULL, DELIVERED("A", CRIT, "", "", "active"));

    (void)state;
    CHECK(board->n == 1 && board->at[0].state == ALERT_FIRING && board->n_critical == 1);
    alert_board_unref(board);
}

static void an_alert_that_began_inside_a_drill_names_it(void **state)
{
    struct simulation runs[] = {
        {.id = 9, .kind = "drift", .state = SIMULATION_RUNNING, .started_at_ms = NOW - 10000},
        {.id = 8,
         .kind = "drift",
         .state = SIMULATION_STOPPED,
         .started_at_ms = NOW - 400000,
         .ended_at_ms = NOW - 100000},
        {.id = 3, .kind = "baseline", .state = SIMULATION_RUNNING, .started_at_ms = 1},
    };
    struct simulations simulations = {COUNT_OF(runs), runs};
    struct known known;
    struct alert_board *board;

    (void)state;
    know(&known, FIRING("A", CRIT) "," PENDING("B", WARN), NULL);
    known.sources.simulations = &simulations;
    board = alert_board_join(&known.sources, NULL, NOW);
    CHECK(board->at[0].simulation_id == 8); /* 5 minutes ago */
    CHECK(board->at[1].simulation_id == 0); /* 1 minute ago: between the two */
    alert_board_unref(board);
    /* Of two at the same time the one that is to raise it, though the other is newer. */
    runs[0].started_at_ms = runs[2].started_at_ms = NOW - 350000;
    (void)snprintf(runs[2].kind, sizeof(runs[2].kind), "latency");
    (void)snprintf(runs[2].alert, sizeof(runs[2].alert), "A");
    board = alert_board_join(&known.sources, NULL, NOW);
    CHECK(board->at[0].simulation_id == 3 && board->at[1].simulation_id == 9);
    alert_board_unref(board);
    forget(&known);
}

static void where_nobody_has_rules_alertmanager_alone_tells(void **state)
{
    static const struct simulation run = {
        .id = 7, .kind = "drift", .state = SIMULATION_RUNNING, .started_at_ms = NOW - 360000};
    struct simulations simulations = {1, (struct simulation *)(uintptr_t)&run};
    struct known known;
    struct alert_board *board;

    (void)state;
    know(&known, NULL,
         DELIVERED("Watchdog", "", "", "", "active") "," DELIVERED(
             "A", CRIT, "", "", "active") "," DELIVERED("B", WARN, "\"s1\"", "", "suppressed"));
    for (size_t i = 0; i < known.alertmanager.n; i++)
        known.alertmanager.at[i].starts_at_ms = NOW - 300000;
    known.sources.simulations = &simulations;
    known.sources.without_rules = "no rules here";
    board = alert_board_join(&known.sources, NULL, NOW);
    CHECK(alert_board_is_known(board) && !board->has_prometheus);
    CHECK(board->watchdog == WATCHDOG_OK && board->n == 2);
    CHECK(board->n_critical == 1 && board->n_silenced == 1 && board->n_undelivered == 0);
    CHECK(board->at[0].state == ALERT_FIRING && board->at[0].active_at_ms == NOW - 300000);
    CHECK(board->at[0].simulation_id == 7 && board->at[1].state == ALERT_SILENCED);
    alert_board_unref(board);
    /* By a clock that is ten minutes before that of the simulations it began before them. */
    known.sources.ahead_ms = 600000;
    known.sources.is_alertmanager_fresh = false;
    board = alert_board_join(&known.sources, NULL, NOW);
    CHECK(!alert_board_is_known(board) && board->watchdog == WATCHDOG_UNKNOWN);
    CHECK(board->at[0].simulation_id == 0);
    alert_board_unref(board);
    forget(&known);
}

static void a_flood_is_cut_and_counted(void **state)
{
    size_t n = ALERT_BOARD_MAX + 50;
    struct prom_alert *alerts = xcalloc(n, sizeof(*alerts));
    char name[] = "alertname", value[] = "A";
    struct label label = {name, value};
    struct prom_alerts flood = {.n = n, .at = alerts};
    struct alert_sources sources = {.prometheus = &flood, .is_prometheus_fresh = true};
    struct alert_board *board;

    (void)state;
    for (size_t i = 0; i < n; i++)
        alerts[i] = (struct prom_alert){.labels = {.n = 1, .at = &label}, .is_firing = true};
    board = alert_board_join(&sources, NULL, NOW);
    CHECK(board->n == ALERT_BOARD_MAX && board->n_left_off == 50);
    alert_board_unref(board);
    free(alerts);
}

static void an_alert_knows_its_rule_and_what_holds_it_back(void **state)
{
    static char expr[] = "x > 1";
    struct prom_rule rule = {
        .name = "A", .is_alert = true, .query = expr, .severity = ALERT_CRITICAL, .for_ms = 300000};
    struct prom_rules rules = {1, &rule};
    struct known known;
    struct alert_board *board;

    (void)state;
    know(
        &known, FIRING("A", CRIT) "," FIRING("B", CRIT),
        DELIVERED(
            "A", CRIT, "\"s1\",\"s2\"", "\"f1\"",
            "suppressed") ",{\"fingerprint\":\"f1\","
                          "\"labels\":{\"alertname\":\"B\",\"severity\":\"critical\",\"service\":\"ml-api\"},"
                          "\"receivers\":[{\"name\":\"log\"}],\"status\":{\"state\":\"active\"}}");
    known.sources.rules = &rules;
    board = alert_board_join(&known.sources, NULL, NOW);
    forget(&known);
    CHECK(board->n == 2);
    assert_string_equal(board->at[0].receivers, "log");
    CHECK(board->at[0].expr == NULL && board->at[0].id != board->at[1].id);
    assert_string_equal(board->at[1].expr, "x > 1");
    CHECK(board->at[1].for_ms == 300000 && board->at[1].n_silences == 2);
    assert_string_equal(board->at[1].silences[1], "s2");
    assert_string_equal(board->at[1].inhibited_by, "B");
    assert_string_equal(labels_get(&board->at[1].annotations, "summary"), "s");
    alert_board_unref(board);
}

/* Alertmanager holds an alert a moment longer than Prometheus: it has cleared, and is nobody else's. */
static void what_prometheus_has_cleared_is_clearing_and_not_foreign(void **state)
{
    static char expr[] = "x > 1";
    struct prom_rule rule = {
        .name = "A", .is_alert = true, .query = expr, .severity = ALERT_CRITICAL, .for_ms = 300000};
    struct prom_rules rules = {1, &rule};
    struct known known;
    struct alert_board *first, *late, *stale;

    (void)state;
    know(&known, "",
         DELIVERED("A", CRIT, "", "", "active") "," DELIVERED("E", CRIT, "", "", "active"));
    known.sources.rules = &rules;
    first = alert_board_join(&known.sources, NULL, NOW);
    CHECK(first->n == 2 && first->n_critical == 1);
    assert_string_equal(first->at[0].name, "E"); /* what needs somebody comes first */
    CHECK(first->at[0].state == ALERT_FOREIGN);
    CHECK(first->at[1].state == ALERT_CLEARING && first->at[1].absent_since_ms == NOW);
    assert_string_equal(first->at[1].expr, "x > 1");
    /* Alertmanager forgets what is not sent again: what stays is sent by another Prometheus. */
    late = alert_board_join(&known.sources, first, NOW + ALERT_CLEARING_MS);
    CHECK(late->n_critical == 2 && late->at[0].state == ALERT_FOREIGN);
    CHECK(late->at[1].state == ALERT_FOREIGN);
    /* An old word of Prometheus does not tell that it has cleared. */
    known.sources.is_prometheus_fresh = false;
    stale = alert_board_join(&known.sources, NULL, NOW);
    CHECK(stale->n_critical == 2 && stale->at[0].state == ALERT_FIRING);
    alert_board_unref(first);
    alert_board_unref(late);
    alert_board_unref(stale);
    forget(&known);
}

#define POD(n)     CRIT ",\"pod\":\"" n "\""
#define REPLICA(n) ",\"replica\":\"" n "\""

/* Replicas of a Prometheus that an external label tells apart: the first tells how it stands, and neither is
 * anybody else's. */
static void the_first_of_several_that_include_it_is_its_delivery(void **state)
{
    static const char delivered[] =
        DELIVERED("B", WARN REPLICA("x"), "", "", "active") "," DELIVERED(
            "A", POD("2") REPLICA("x"), "\"s1\"", "",
            "suppressed") "," DELIVERED("A", POD("2") REPLICA("y"), "", "",
                                        "active") "," DELIVERED("A", POD("1") REPLICA("y"),
                                                                "\"s2\"", "", "suppressed");
    struct alert_board *board =
        join(FIRING("A", POD("1")) "," FIRING("A", POD("2")) "," PENDING("B", WARN), delivered);

    (void)state;
    CHECK(board->n == 3 && board->n_silenced == 2 && board->n_pending == 1);
    for (size_t i = 0; i < board->n; i++) {
        const struct alert *alert = &board->at[i];
        bool is_second = strcmp(labels_get(&alert->labels, "pod"), "2") == 0;

        if (alert->state == ALERT_PENDING)
            continue;
        assert_string_equal(alert->silences[0], is_second ? "s1" : "s2");
        assert_string_equal(labels_get(&alert->labels, "replica"), is_second ? "x" : "y");
    }
    alert_board_unref(board);
}

static void what_lacks_a_label_or_has_another_value_is_another_alert(void **state)
{
    static const char *const others[] = {
        DELIVERED("A", CRIT, "", "", "active"),
        DELIVERED("A", POD("2"), "", "", "active"),
        DELIVERED("B", POD("1"), "", "", "active"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct alert_board *board = join(FIRING("A", POD("1")), others[i]);

        CHECK(board->n == 2 && board->at[0].is_in_prometheus != board->at[1].is_in_prometheus);
        CHECK(board->at[0].is_in_alertmanager != board->at[1].is_in_alertmanager);
        alert_board_unref(board);
    }
}

static void each_of_many_that_are_missing_goes_on_from_its_own_moment(void **state)
{
    struct known known;
    struct alert_board *first, *second;

    (void)state;
    know(&known, FIRING("A", POD("1")), "");
    first = alert_board_join(&known.sources, NULL, NOW);
    forget(&known);
    /* One with more labels is another, which is missing since now. */
    know(&known, FIRING("A", POD("1") REPLICA("x")) "," FIRING("A", POD("1")) "," FIRING("A", CRIT),
         "");
    second = alert_board_join(&known.sources, first, NOW + 5000);
    forget(&known);
    CHECK(second->n == 3);
    for (size_t i = 0; i < second->n; i++)
        CHECK(second->at[i].absent_since_ms ==
              (second->at[i].id == first->at[0].id ? NOW : NOW + 5000));
    alert_board_unref(first);
    alert_board_unref(second);
}

/* Those beyond the board's limit are not shown, and still they are Prometheus's. */
static void what_is_left_off_is_not_foreign(void **state)
{
    struct known known;
    struct prom_alert *alerts = xcalloc(ALERT_BOARD_MAX + 1, sizeof(*alerts));
    char name[] = "alertname", value[] = "Z";
    struct label label = {name, value};
    struct prom_alerts flood = {.n = ALERT_BOARD_MAX + 1, .at = alerts};
    struct alert_board *board;

    (void)state;
    know(&known, FIRING("A", CRIT), DELIVERED("A", CRIT, "", "", "active"));
    for (size_t i = 0; i < ALERT_BOARD_MAX; i++)
        alerts[i] = (struct prom_alert){.labels = {.n = 1, .at = &label}, .is_firing = true};
    alerts[ALERT_BOARD_MAX] = known.prometheus.at[0];
    known.sources.prometheus = &flood;
    board = alert_board_join(&known.sources, NULL, NOW);
    CHECK(board->n == ALERT_BOARD_MAX && board->n_left_off == 1);
    CHECK(!board->at[0].is_in_alertmanager);
    alert_board_unref(board);
    free(alerts);
    forget(&known);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_prometheus_has_cleared_is_clearing_and_not_foreign),
        TEST(both_sides_are_joined_by_labels),
        TEST(an_alert_knows_its_rule_and_what_holds_it_back),
        TEST(an_alert_that_stays_away_is_undelivered_after_the_grace),
        TEST(the_watchdog_is_no_alert_but_a_state),
        TEST(the_watchdog_is_silent_only_where_there_is_such_a_rule),
        TEST(without_prometheus_alertmanagers_alerts_are_firing),
        TEST(an_alert_that_began_inside_a_drill_names_it),
        TEST(where_nobody_has_rules_alertmanager_alone_tells),
        TEST(a_flood_is_cut_and_counted),
        TEST(the_first_of_several_that_include_it_is_its_delivery),
        TEST(what_lacks_a_label_or_has_another_value_is_another_alert),
        TEST(each_of_many_that_are_missing_goes_on_from_its_own_moment),
        TEST(what_is_left_off_is_not_foreign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
