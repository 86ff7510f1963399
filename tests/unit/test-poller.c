#include "test.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/fetch.h"
#include "fake_stack.h"
#include "tui/poll/poller.h"

#include <math.h>
#include <poll.h>
#include <signal.h>

/* The poller against a small fake stack: real sockets, real threads, short intervals. */

#define REFRESH_MS  150
#define DEADLINE_MS 5000

#define PANEL(id, type, exprs)                                                                     \
    "{\"id\":" id ",\"type\":\"" type "\",\"title\":\"p" id "\",\"targets\":[" exprs "]}"
#define EXPR(ref, expr)   "{\"refId\":\"" ref "\",\"expr\":\"" expr "\",\"legendFormat\":\"{{job}}\"}"
#define DASHBOARD(panels) "{\"uid\":\"t\",\"title\":\"T\",\"panels\":[" panels "]}"

static const char good_panels[] =
    DASHBOARD(PANEL("1", "timeseries", EXPR("A", "ml_data_drift_score")) "," PANEL(
        "2",
        "stat",
        EXPR("A", "sum(rate(ml_predictions_total[$__rate_interval]))")) "," PANEL("3",
                                                                                  "nodeGraph",
                                                                                  EXPR("A", "up")));
static const char mixed_panels[] =
    DASHBOARD(PANEL("1", "timeseries", EXPR("A", "ml_data_drift_score")) "," PANEL(
        "2",
        "timeseries",
        EXPR("A", "bad_metric{")) "," PANEL("3",
                                            "timeseries",
                                            EXPR("A", "up") "," EXPR(
                                                "B", "slow_metric")) "," PANEL("4",
                                                                               "stat",
                                                                               EXPR("A",
                                                                                    "scalar(up)")));

struct setting {
    struct fake_stack fake;
    struct poller *poller;
    struct access access;
    char token_path[64];
    char urls[N_SOURCES][64];
};

static struct dashboard *dashboard_of(const char *text)
{
    struct dashboard *dashboard = NULL;

    assert_int_equal(dashboard_read(text, strlen(text), &dashboard, NULL), 0);
    return dashboard;
}

static void begin(struct setting *setting, const char *panels, int64_t range_ms)
{
    static const char *const parts[N_SOURCES] = {"prom", "am", "ops", "ml"};
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = dashboard_of(panels);
    struct poller_config config = {.access = &setting->access,
                                   .refresh_ms = REFRESH_MS,
                                   .scrape_interval_ms = 1000,
                                   .range_ms = range_ms,
                                   .n_columns = 60,
                                   .dashboard = dashboard};

    for (size_t i = 0; i < N_SOURCES; i++) {
        (void)snprintf(setting->urls[i], sizeof(setting->urls[i]), "http://127.0.0.1:%d/%s",
                       setting->fake.port, parts[i]);
        config.urls[i] = setting->urls[i];
    }
    assert_int_equal(poller_start(&config, &setting->poller, NULL), 0);
}

/* The operations API is shown a token. */
static void open_access(struct setting *setting)
{
    char path[] = "/tmp/tidewatch-poller-XXXXXX";
    struct credential_settings operations = {.token_file = path};
    int fd = mkstemp(path);

    assert_true(fd >= 0 && write(fd, "operator-token\n", 15) == 15 && close(fd) == 0);
    assert_int_equal(
        credentials_new(&operations, "operations", false, &setting->access.operations, NULL), 0);
    (void)snprintf(setting->token_path, sizeof(setting->token_path), "%s", path);
}

static int set_up(void **state)
{
    struct setting *setting = xcalloc(1, sizeof(*setting));

    open_access(setting);

    fake_start(&setting->fake);
    *state = setting;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *setting = *state;

    poller_stop(setting->poller);
    access_finish(&setting->access);
    (void)unlink(setting->token_path);
    fake_stop(&setting->fake);
    free(setting);
    return 0;
}

typedef bool seen_fn(const struct snapshot *snapshot);

/* The first snapshot of which `seen` holds; fails the test when none comes in time. */
static struct snapshot *wait_for(struct setting *setting, seen_fn *seen, const char *what)
{
    int64_t until_ms = clock_mono_ms() + DEADLINE_MS;

    while (clock_mono_ms() < until_ms) {
        struct pollfd fd = {.fd = poller_fd(setting->poller), .events = POLLIN};
        struct snapshot *snapshot = poller_take(setting->poller);

        if (seen(snapshot))
            return snapshot;
        snapshot_unref(snapshot);
        (void)poll(&fd, 1, 20);
    }
    fail_msg("not seen in %d ms: %s", DEADLINE_MS, what);
    return NULL;
}

#define WAIT_FOR(seen) wait_for(setting, seen, #seen)

static bool is_all_ok(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < N_SOURCES; i++)
        if (snapshot->sources[i].state != DATA_OK)
            return false;
    return snapshot->panels[0]->state == DATA_OK && snapshot->panels[0]->set.grid.n > 0 &&
           snapshot->drift && snapshot->targets && snapshot->operations->has_events &&
           snapshot->operations->has_simulations && snapshot->operations->has_health &&
           snapshot->operations->has_faults && snapshot->alerts->n > 0 &&
           snapshot->sources[SOURCE_PROMETHEUS].version[0] &&
           snapshot->sources[SOURCE_ALERTMANAGER].version[0];
}

static enum data_state prom_state(const struct snapshot *snapshot)
{
    return snapshot->sources[SOURCE_PROMETHEUS].state;
}

static bool is_prom_ok(const struct snapshot *snapshot)
{
    return prom_state(snapshot) == DATA_OK && snapshot->panels[0]->set.grid.n > 0 &&
           snapshot->panels[0]->state == DATA_OK;
}

static bool is_prom_error(const struct snapshot *snapshot)
{
    return prom_state(snapshot) == DATA_ERROR;
}

static bool is_prom_stale(const struct snapshot *snapshot)
{
    return prom_state(snapshot) == DATA_STALE;
}

/* ---- When all is well ---------------------------------------------------------------------------- */

static void the_first_snapshot_is_there_at_once_and_empty(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *snapshot = NULL;

    fake_set(&setting->fake, FAKE_PROM, FAKE_HUNG);
    begin(setting, good_panels, 60000);
    snapshot = poller_take(setting->poller);
    CHECK(prom_state(snapshot) == DATA_NONE && snapshot->n_panels == 3);
    CHECK(snapshot->panels[0]->state == DATA_NONE && snapshot->panels[0]->set.n == 0);
    CHECK(source_age_ms(&snapshot->sources[SOURCE_PROMETHEUS], clock_mono_ms()) == -1);
    CHECK(panel_data_age_ms(snapshot->panels[0], clock_mono_ms()) == -1);
}

static void check_lines(const struct series_set *set)
{
    CHECK(set->n == 1);
    assert_string_equal(set->at[0].name, "ml-api");
    CHECK(set->at[0].labels.n == 1); /* without the batch's mark */
    for (size_t i = 0; i < set->grid.n; i++)
        if (set->at[0].values[i] !=
            (double)(set->grid.start_ms + (int64_t)i * set->grid.step_ms) / 1000)
            fail_msg("point %zu of %zu is %f", i, set->grid.n, set->at[0].values[i]);
}

static void a_good_stack_comes_whole(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *s = NULL;
    const struct alert *alert;

    begin(setting, good_panels, 60000);
    s = WAIT_FOR(is_all_ok);
    check_lines(&s->panels[0]->set);
    CHECK(s->panels[0]->set.grid.step_ms == 1000 && s->panels[0]->set.grid.n == 61);
    CHECK(panel_data_value(&s->dashboard->panels[0], s->panels[0]) == 0.25);
    CHECK(s->panels[0]->sample_age_ms == 2500);
    CHECK(panel_data_age_ms(s->panels[0], clock_mono_ms()) >= 2500);
    CHECK(s->panels[2]->state == DATA_NONE); /* a table is not asked for */
    CHECK(s->scrape_interval_ms == 1000 && s->range_ms == 60000 && s->end_ms == 0);
    assert_string_equal(s->sources[SOURCE_PROMETHEUS].flavour, "prometheus");
    assert_string_equal(s->sources[SOURCE_PROMETHEUS].version, "2.42.0");
    assert_string_equal(s->sources[SOURCE_ALERTMANAGER].version, "0.25.0");
    CHECK(s->sources[SOURCE_OPERATIONS].latency_us >= 0 && s->sources[SOURCE_ML].n_bytes > 0);
    CHECK(s->alerts->n == 1 && s->alerts->watchdog == WATCHDOG_OK);
    alert = &s->alerts->at[0];
    CHECK(alert->state == ALERT_SILENCED && alert->is_in_prometheus && alert->is_in_alertmanager);
    assert_string_equal(alert->silences[0], "s-1");
    CHECK(s->operations->health.is_fast_alerts && s->operations->health.baseline_id == 3);
    CHECK(s->operations->simulations.n == 2 && s->operations->simulations.at[0].progress == 0.35);
    CHECK(s->operations->faults.n == 1 && s->operations->faults.at[0].left_ms == 45000);
    CHECK(s->operations->faults_mono_ms > 0);
    CHECK(s->operations->n_marks == 1 && s->operations->marks[0].kind == MARK_START);
    assert_string_equal(s->operations->marks[0].text, "drift 7");
    CHECK(s->drift->status.has_score && s->drift->status.features[0].cells[1].after == 0.75);
    CHECK(s->targets->targets.n == 1);
}

static bool has_new_steps(const struct snapshot *snapshot)
{
    static int64_t first_ms;

    if (!is_prom_ok(snapshot))
        first_ms = 0;
    else if (first_ms == 0)
        first_ms = snapshot->panels[0]->set.grid.start_ms;
    return first_ms > 0 && snapshot->panels[0]->set.grid.start_ms >= first_ms + 2000;
}

static void after_the_first_time_only_the_tail_is_asked_for(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *snapshot = NULL;

    begin(setting, good_panels, 60000);
    snapshot = WAIT_FOR(has_new_steps);
    check_lines(&snapshot->panels[0]->set);
    CHECK(snapshot->panels[0]->set.grid.n == 61);
    (void)pthread_mutex_lock(&setting->fake.mutex);
    CHECK(setting->fake.most_points == 61);
    /* The new point and the two before it; more when a step was missed on a busy machine. */
    CHECK(setting->fake.least_points == 4);
    CHECK(setting->fake.first_ms % 1000 == 0 && setting->fake.last_ms % 1000 == 0);
    (void)pthread_mutex_unlock(&setting->fake.mutex);
}

static bool is_wide(const struct snapshot *snapshot)
{
    return snapshot->range_ms == 3600000 && snapshot->panels[0]->set.grid.step_ms == 30000;
}

static bool is_panned(const struct snapshot *snapshot)
{
    return snapshot->end_ms == 1795470000000 &&
           time_grid_end_ms(&snapshot->panels[0]->set.grid) == 1795470000000;
}

static bool is_narrow(const struct snapshot *snapshot)
{
    return snapshot->panels[0]->set.grid.step_ms == 300000;
}

static void another_window_is_fetched_whole(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *wide = NULL, *panned = NULL, *narrow = NULL;

    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_prom_ok));
    assert_int_equal(poller_set_window(setting->poller, 3600000, 0, NULL), 0);
    wide = WAIT_FOR(is_wide);
    check_lines(&wide->panels[0]->set);
    CHECK(wide->panels[0]->set.grid.n == 121);
    assert_int_equal(poller_set_window(setting->poller, 3600000, 1795470000000, NULL), 0);
    panned = WAIT_FOR(is_panned);
    check_lines(&panned->panels[0]->set);
    CHECK(panned->panels[0]->state == DATA_OK);
    assert_int_equal(poller_set_columns(setting->poller, 8, NULL), 0);
    narrow = WAIT_FOR(is_narrow);
    check_lines(&narrow->panels[0]->set);
    /* What was taken before has not changed. */
    CHECK(wide->panels[0]->set.grid.n == 121 && wide->end_ms == 0);
}

static bool is_short_dashboard(const struct snapshot *snapshot)
{
    return snapshot->dashboard->n_panels == 1 && snapshot->panels[0]->state == DATA_OK;
}

static bool is_long_dashboard(const struct snapshot *s)
{
    return s->n_panels == 3;
}

static void another_dashboard_brings_its_panels(void **state)
{
    struct setting *setting = *state;
    CLEANUP(dashboard_unrefp)
    struct dashboard *other = dashboard_of(DASHBOARD(PANEL("9", "gauge", EXPR("A", "up"))));
    CLEANUP(snapshot_unrefp) struct snapshot *before = NULL, *after = NULL;

    begin(setting, good_panels, 60000);
    before = WAIT_FOR(is_prom_ok);
    assert_int_equal(poller_set_dashboard(setting->poller, other, NULL), 0);
    after = WAIT_FOR(is_short_dashboard);
    CHECK(after->n_panels == 1 && before->n_panels == 3);
    CHECK(before->dashboard != after->dashboard && before->panels[2]->state == DATA_NONE);
}

/* What the first dashboard showed is there again at once, and is not asked for anew from its beginning. */
static void a_dashboard_comes_back_with_what_it_showed(void **state)
{
    struct setting *setting = *state;
    CLEANUP(dashboard_unrefp)
    struct dashboard *other = dashboard_of(DASHBOARD(PANEL("9", "gauge", EXPR("A", "up"))));
    CLEANUP(snapshot_unrefp) struct snapshot *before = NULL, *away = NULL, *back = NULL;

    begin(setting, good_panels, 60000);
    before = WAIT_FOR(is_prom_ok);
    assert_int_equal(poller_set_dashboard(setting->poller, other, NULL), 0);
    away = WAIT_FOR(is_short_dashboard);
    fake_set(&setting->fake, FAKE_PROM, FAKE_HUNG);
    assert_int_equal(poller_set_dashboard(setting->poller, before->dashboard, NULL), 0);
    back = WAIT_FOR(is_long_dashboard);
    CHECK(back->dashboard == before->dashboard);
    CHECK(back->panels[0]->set.n == before->panels[0]->set.n && back->panels[0]->set.grid.n > 0);
    CHECK(back->panels[0]->good_mono_ms >= before->panels[0]->good_mono_ms);
}

/* ---- Variables ----------------------------------------------------------------------------------- */

#define VARIABLE(name, query)                                                                      \
    "{\"name\":\"" name "\",\"type\":\"query\",\"query\":\"" query "\",\"current\":{}}"
#define BOARD(variables, expr)                                                                     \
    "{\"templating\":{\"list\":[" variables                                                        \
    "]},\"panels\":[" PANEL("1", "timeseries", "{\"refId\":\"A\",\"expr\":\"" expr "\"}") "]}"

static const char variable_board[] =
    BOARD(VARIABLE("node", "label_values(up{job=\\\"$job\\\"}, instance)") "," VARIABLE(
              "job", "label_values(job)"),
          "up{job=\\\"$job\\\",instance=\\\"$node\\\"}");

/* The newest query is a while another one, such as what server this is. */
static void expect_asked(struct setting *setting, const char *text)
{
    int64_t until_ms = clock_mono_ms() + DEADLINE_MS;
    bool is_asked = false;

    while (!is_asked && clock_mono_ms() < until_ms) {
        (void)pthread_mutex_lock(&setting->fake.mutex);
        is_asked = strstr(setting->fake.last_query, text) != NULL;
        (void)pthread_mutex_unlock(&setting->fake.mutex);
        (void)poll(NULL, 0, 5);
    }
    if (!is_asked)
        fail_msg("nobody asks for %s", text);
}

static void variables_are_asked_for_before_the_panels(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *first = NULL, *s = NULL;

    begin(setting, variable_board, 60000);
    first = poller_take(setting->poller);
    s = WAIT_FOR(is_prom_ok);
    CHECK(dashboard_is_kin(first->dashboard, s->dashboard) && !dashboard_awaited(s->dashboard));
    CHECK(s->dashboard->variables[1].n_options == 2);
    expect_asked(setting, "up{job=\"b\",instance=\"a:1\"}");
}

static bool is_chosen(const struct snapshot *s)
{
    return is_prom_ok(s) && strcmp(s->dashboard->variables[1].shown, "a") == 0;
}

static void another_choice_is_another_question(void **state)
{
    static const char *const a = "a";
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *before = NULL, *after = NULL;
    CLEANUP(dashboard_unrefp) struct dashboard *chosen = NULL;

    begin(setting, variable_board, 60000);
    before = WAIT_FOR(is_prom_ok);
    assert_int_equal(dashboard_choose(before->dashboard, "job", &a, 1, &chosen, NULL), 0);
    assert_int_equal(poller_set_dashboard(setting->poller, chosen, NULL), 0);
    after = WAIT_FOR(is_chosen);
    CHECK(after->dashboard->revision > before->dashboard->revision);
    expect_asked(setting, "up{job=\"a\",instance=\"a:1\"}");
}

static void a_refused_variable_does_not_hold_up_the_panels(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *s = NULL;

    begin(setting, BOARD(VARIABLE("x", "label_values(bad)"), "up{job=~\\\"$x\\\"}"), 60000);
    s = WAIT_FOR(is_prom_ok);
    CHECK(s->dashboard->notes.n == 2 && strstr(s->dashboard->notes.text[0], "no such label"));
    expect_asked(setting, "up{job=~\".*\"}");
}

static void dashboards_beyond_the_kept_ones_are_forgotten(void **state)
{
    struct setting *setting = *state;
    struct dashboard *others[6];
    CLEANUP(snapshot_unrefp) struct snapshot *last = NULL;

    begin(setting, good_panels, 60000);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        others[i] = dashboard_of(DASHBOARD(PANEL("9", "gauge", EXPR("A", "up"))));
        assert_int_equal(poller_set_dashboard(setting->poller, others[i], NULL), 0);
    }
    assert_int_equal(poller_set_dashboard(setting->poller, others[0], NULL), 0);
    last = WAIT_FOR(is_short_dashboard);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        dashboard_unref(others[i]);
}

/* ---- Stored requests ----------------------------------------------------------------------------- */

static size_t n_stored(struct setting *setting)
{
    size_t n;

    (void)pthread_mutex_lock(&setting->fake.mutex);
    n = setting->fake.n_stored;
    (void)pthread_mutex_unlock(&setting->fake.mutex);
    return n;
}

static bool has_list(const struct snapshot *s)
{
    return s->requests != NULL;
}

static bool has_worst_list(const struct snapshot *s)
{
    return s->requests && s->requests->filter.order == ORDER_WORST;
}

static bool has_request(const struct snapshot *s)
{
    return s->request != NULL;
}

static bool has_request_reason(const struct snapshot *s)
{
    return s->request_reason[0] != '\0';
}

static bool has_requests_reason(const struct snapshot *s)
{
    return s->requests_reason[0] != '\0';
}

static void want(struct setting *setting, enum stored_order order, const char *id)
{
    struct requests_want want = {.is_on = true, .filter = {N_STORED_KINDS, order}};

    (void)snprintf(want.id, sizeof(want.id), "%s", id);
    assert_int_equal(poller_set_requests(setting->poller, &want, NULL), 0);
}

static void requests_are_asked_for_only_while_they_are_wanted(void **state)
{
    static const struct requests_want nothing = {.is_on = false};
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *before = NULL, *listed = NULL, *worst = NULL;
    size_t n;

    begin(setting, good_panels, 60000);
    before = WAIT_FOR(is_all_ok);
    CHECK(n_stored(setting) == 0 && !before->requests);
    want(setting, ORDER_NEWEST, "");
    listed = WAIT_FOR(has_list);
    CHECK(listed->requests->requests.n == 2 && listed->requests->requests.has_more);
    assert_string_equal(listed->requests->requests.at[0].id, "7");
    want(setting, ORDER_WORST, "");
    worst = WAIT_FOR(has_worst_list);
    assert_string_equal(worst->requests->requests.at[0].id, "6");
    assert_int_equal(poller_set_requests(setting->poller, &nothing, NULL), 0);
    snapshot_unref(worst);
    worst = WAIT_FOR(is_all_ok);
    n = n_stored(setting);
    for (int i = 0; i < 10; i++) { /* ten more snapshots, and no question about them */
        struct pollfd fd = {.fd = poller_fd(setting->poller), .events = POLLIN};

        (void)poll(&fd, 1, 1000);
        snapshot_unref(poller_take(setting->poller));
    }
    CHECK(n_stored(setting) <= n + 1);
}

static void one_request_is_asked_for_once(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *opened = NULL, *missing = NULL;

    begin(setting, good_panels, 60000);
    want(setting, ORDER_NEWEST, "7");
    opened = WAIT_FOR(has_request);
    assert_string_equal(opened->request->detail.request.id, "7");
    CHECK(opened->request->detail.answer.scored.n_parts == 1);
    CHECK(n_stored(setting) == 1);
    want(setting, ORDER_NEWEST, "8");
    missing = WAIT_FOR(has_request_reason);
    assert_string_equal(missing->request_reason, "HTTP 404: Not Found: no such request");
    CHECK(missing->request == opened->request); /* the view looks at its id */
    CHECK(missing->sources[SOURCE_OPERATIONS].state == DATA_OK);
}

/* ---- Game days ----------------------------------------------------------------------------------- */

static size_t n_gamedays(struct setting *setting)
{
    size_t n;

    (void)pthread_mutex_lock(&setting->fake.mutex);
    n = setting->fake.n_gamedays;
    (void)pthread_mutex_unlock(&setting->fake.mutex);
    return n;
}

static bool lists_a_game_day_that_passed(const struct snapshot *s)
{
    return s->gamedays && s->gamedays->gamedays.n == 1 &&
           s->gamedays->gamedays.at[0].state == GAMEDAY_PASSED;
}

static bool has_a_game_day_that_runs(const struct snapshot *s)
{
    return s->gameday && s->gameday->gameday.state == GAMEDAY_RUNNING &&
           s->operations->health.gameday.id == 4;
}

static void game_days_are_asked_for_only_while_a_screen_shows_them(void **state)
{
    static const struct gamedays_want listed = {.is_on = true}, nothing = {.is_on = false};
    struct setting *setting = *state;
    size_t n;

    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_all_ok));
    CHECK(n_gamedays(setting) == 0);
    assert_int_equal(poller_set_gamedays(setting->poller, &listed, NULL), 0);
    snapshot_unref(WAIT_FOR(lists_a_game_day_that_passed));
    CHECK(n_gamedays(setting) == 1); /* the list alone, and seldom: none runs */
    atomic_store(&setting->fake.gameday_runs, true);
    snapshot_unref(WAIT_FOR(has_a_game_day_that_runs));
    atomic_store(&setting->fake.gameday_runs, false);
    snapshot_unref(WAIT_FOR(lists_a_game_day_that_passed)); /* its end is in the list at once */
    assert_int_equal(poller_set_gamedays(setting->poller, &nothing, NULL), 0);
    snapshot_unref(WAIT_FOR(is_all_ok));
    n = n_gamedays(setting);
    for (int i = 0; i < 10; i++) { /* ten more snapshots, and no question about them */
        struct pollfd fd = {.fd = poller_fd(setting->poller), .events = POLLIN};

        (void)poll(&fd, 1, 1000);
        snapshot_unref(poller_take(setting->poller));
    }
    CHECK(n_gamedays(setting) <= n + 1);
}

static void a_report_that_is_over_is_asked_for_once(void **state)
{
    static const struct gamedays_want open = {.is_on = true, .id = 4};
    struct setting *setting = *state;

    begin(setting, good_panels, 60000);
    assert_int_equal(poller_set_gamedays(setting->poller, &open, NULL), 0);
    for (;;) {
        CLEANUP(snapshot_unrefp) struct snapshot *s = WAIT_FOR(is_all_ok);

        if (!s->gameday)
            continue;
        CHECK(s->gameday->gameday.id == 4 && !s->gamedays);
        CHECK(strncmp(s->gameday->body, "{\"id\":4", 7) == 0 && s->gameday->body_len > 50);
        break;
    }
    CHECK(n_gamedays(setting) == 1);
}

/* The answer that is slow belongs to what was wanted before: it must not hold up what is wanted now. */
static void what_is_wanted_no_more_holds_nothing_up(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *listed = NULL;

    begin(setting, good_panels, 60000);
    atomic_store(&setting->fake.requests_hang, true);
    want(setting, ORDER_NEWEST, "7");
    while (n_stored(setting) == 0)
        (void)poll(NULL, 0, 5);
    atomic_store(&setting->fake.requests_hang, false);
    want(setting, ORDER_NEWEST, "");
    listed = WAIT_FOR(has_list);
    CHECK(!listed->request);
}

static void a_list_that_fails_says_why(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *failed = NULL;

    fake_set(&setting->fake, FAKE_OPS, FAKE_HTML);
    begin(setting, good_panels, 60000);
    want(setting, ORDER_NEWEST, "");
    failed = WAIT_FOR(has_requests_reason);
    CHECK(!failed->requests);
    CHECK(strstr(failed->requests_reason, "502"));
}

/* ---- One panel, looked into ---------------------------------------------------------------------- */

static void look_into(struct setting *setting, bool is_on, size_t panel, int64_t compare_ms)
{
    CLEANUP(snapshot_unrefp) struct snapshot *now = poller_take(setting->poller);
    struct inspect_want want = {is_on, now->dashboard, panel, compare_ms, -1};

    assert_int_equal(poller_set_inspect(setting->poller, &want, NULL), 0);
}

static bool is_looked_into(const struct snapshot *s)
{
    return s->inspect && s->inspect->cost.is_known && s->inspect->rules.is_known &&
           s->inspect->exemplars.is_known && s->inspect->exemplars.storage == PROM_STORAGE_ON;
}

static bool has_past(const struct snapshot *s)
{
    return s->inspect && s->inspect->compare[COMPARE_HOUR].is_known &&
           s->inspect->compare[COMPARE_DAY].is_known;
}

static bool has_last_week(const struct snapshot *s)
{
    return s->inspect && s->inspect->compare[COMPARE_WEEK].is_known;
}

static bool is_not_looked_into(const struct snapshot *s)
{
    return !s->inspect;
}

static bool has_no_exemplars(const struct snapshot *s)
{
    return s->inspect && s->inspect->exemplars.reason[0] && s->inspect->cost.is_known;
}

static bool has_no_cost(const struct snapshot *s)
{
    return s->inspect && s->inspect->cost.reason[0] != '\0';
}

static void a_panel_is_looked_into_while_it_is_wanted(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *before = NULL, *seen = NULL;
    const struct inspect_data *data;

    begin(setting, good_panels, 60000);
    before = WAIT_FOR(is_all_ok);
    CHECK(!before->inspect && setting->fake.n_inspections == 0);
    look_into(setting, true, 0, 0);
    seen = WAIT_FOR(is_looked_into);
    data = seen->inspect;
    CHECK(data->panel == 0 && data->dashboard == seen->dashboard);
    CHECK(data->cost.n_requests == 1 && data->cost.n_series == 1 && data->cost.n_nan == 0);
    CHECK(data->cost.n_points == data->cost.grid.n && data->cost.n_bytes > 100);
    CHECK(data->cost.elapsed_us > 0 && data->cost.n_samples == -1);
    CHECK(data->rules.about.n == 1);
    assert_string_equal(data->rules.about.at[0].condition, "> 0.5");
    CHECK(data->exemplars.found.n == 1 && data->exemplars.found.at[0].value == 0.7);
    look_into(setting, false, 0, 0);
    snapshot_unref(WAIT_FOR(is_not_looked_into));
}

/* The fake's points are worth their own time: what stands at the present is an hour less. */
static void the_past_is_laid_on_the_present(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *seen = NULL;
    const struct series_set *set;

    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_all_ok));
    look_into(setting, true, 0, 0);
    seen = WAIT_FOR(has_past);
    CHECK(!seen->inspect->compare[COMPARE_WEEK].is_known);
    for (int id = COMPARE_HOUR; id <= COMPARE_DAY; id++) {
        set = &seen->inspect->compare[id].set;
        CHECK(set->n == 1);
        CHECK(time_grid_end_ms(&set->grid) > time_grid_end_ms(&seen->panels[0]->set.grid));
        for (size_t i = 0; i < set->grid.n; i++)
            CHECK((int64_t)set->at[0].values[i] * 1000 ==
                  set->grid.start_ms + (int64_t)i * set->grid.step_ms -
                      inspect_compare_ms((enum compare_id)id));
    }
    look_into(setting, true, 0, 604800000);
    snapshot_unref(seen);
    seen = WAIT_FOR(has_last_week);
    set = &seen->inspect->compare[COMPARE_WEEK].set;
    CHECK((int64_t)set->at[0].values[0] * 1000 == set->grid.start_ms - 604800000);
    CHECK(seen->inspect->compare[COMPARE_HOUR].is_known);
}

/* Its end lies minutes ahead of the chart's: what is asked with every refresh is the chart alone. */
static void the_past_is_not_asked_for_with_every_refresh(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *seen = NULL;
    int64_t end_ms;

    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_all_ok));
    look_into(setting, true, 0, 0);
    snapshot_unref(WAIT_FOR(is_looked_into));
    seen = WAIT_FOR(has_past);
    end_ms = time_grid_end_ms(&seen->inspect->compare[COMPARE_DAY].set.grid);
    CHECK(end_ms - time_grid_end_ms(&seen->panels[0]->set.grid) >= 240000);
}

static void a_server_without_exemplars_says_so_and_the_rest_is_there(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *seen = NULL;

    atomic_store(&setting->fake.exemplars_fail, true);
    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_all_ok));
    look_into(setting, true, 0, 0);
    seen = WAIT_FOR(has_no_exemplars);
    CHECK(strstr(seen->inspect->exemplars.reason, "404") && !seen->inspect->exemplars.is_known);
    CHECK(seen->sources[SOURCE_PROMETHEUS].state == DATA_OK);
}

static void of_exemplars_only_the_newest_are_asked_for_again(void **state)
{
    struct setting *setting = *state;
    int64_t first_ms, again_ms, until_ms = clock_mono_ms() + DEADLINE_MS;

    begin(setting, good_panels, 1800000);
    snapshot_unref(WAIT_FOR(is_all_ok));
    look_into(setting, true, 0, 0);
    snapshot_unref(WAIT_FOR(is_looked_into));
    first_ms = setting->fake.exemplars_first_ms;
    assert_int_equal(poller_refresh_now(setting->poller, NULL), 0);
    do {
        (void)poll(NULL, 0, 5);
        again_ms = setting->fake.exemplars_first_ms;
    } while (again_ms == first_ms && clock_mono_ms() < until_ms);
    CHECK(again_ms > first_ms + 1500000);
}

/* Percentiles of one histogram have the same exemplars. */
static void exemplars_of_one_selector_are_asked_for_once(void **state)
{
    static const char panels[] = DASHBOARD(
        PANEL("1", "timeseries",
              EXPR("A", "max(ml_data_drift_score)") "," EXPR("B", "min(ml_data_drift_score)")));
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *seen = NULL;

    begin(setting, panels, 60000);
    look_into(setting, true, 0, 0);
    seen = WAIT_FOR(is_looked_into);
    CHECK(seen->inspect->cost.n_requests == 2);
    CHECK(setting->fake.n_inspections == 3); /* rules, flags, and once for exemplars */
}

static void values_of_now_are_looked_into_by_an_instant_query(void **state)
{
    static const char panels[] =
        DASHBOARD(PANEL("1", "stat", "{\"refId\":\"A\",\"expr\":\"scalar(up)\",\"instant\":true}"));
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *seen = NULL;
    size_t n_ranges;

    begin(setting, panels, 60000);
    look_into(setting, true, 0, 0);
    seen = WAIT_FOR(is_looked_into);
    CHECK(seen->inspect->cost.n_series == 1 && seen->inspect->cost.n_points == 1);
    snapshot_unref(seen);
    seen = WAIT_FOR(has_past);
    CHECK(seen->inspect->compare[COMPARE_HOUR].set.n == 0); /* it has no line, now or then */
    (void)pthread_mutex_lock(&setting->fake.mutex);
    n_ranges = setting->fake.n_ranges;
    (void)pthread_mutex_unlock(&setting->fake.mutex);
    CHECK(n_ranges == 0);
}

static void a_query_that_is_refused_says_why(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *seen = NULL;

    begin(setting, mixed_panels, 60000);
    look_into(setting, true, 1, 0);
    seen = WAIT_FOR(has_no_cost);
    CHECK(strstr(seen->inspect->cost.reason, "parse error"));
}

/* ---- Queries that fail --------------------------------------------------------------------------- */

static bool is_mixed_settled(const struct snapshot *s)
{
    return s->panels[0]->state == DATA_OK && s->panels[1]->state == DATA_ERROR &&
           s->panels[2]->state == DATA_PARTIAL && s->panels[3]->state == DATA_OK &&
           s->panels[0]->set.grid.n > 0 && s->panels[3]->set.grid.n > 0;
}

static void one_bad_expression_breaks_one_panel(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *s = NULL;

    begin(setting, mixed_panels, 60000);
    s = WAIT_FOR(is_mixed_settled);
    CHECK(prom_state(s) == DATA_OK);
    check_lines(&s->panels[0]->set);
    CHECK(strstr(s->panels[1]->reason, "parse error") != NULL);
    CHECK(strstr(s->panels[2]->reason, "timed out") != NULL);
    check_lines(&s->panels[2]->set);
    /* A scalar cannot carry the mark, and goes without. */
    CHECK(panel_data_value(&s->dashboard->panels[3], s->panels[3]) == 7);
}

static bool is_partial(const struct snapshot *s)
{
    return s->panels[0]->state == DATA_PARTIAL;
}

static void a_warning_makes_panels_partial(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *s = NULL;

    fake_set(&setting->fake, FAKE_PROM, FAKE_WARNING);
    begin(setting, good_panels, 60000);
    s = WAIT_FOR(is_partial);
    assert_string_equal(s->panels[0]->reason, "store 2 did not answer");
    CHECK(s->panels[0]->warnings.n == 1);
}

static bool is_empty(const struct snapshot *s)
{
    return prom_state(s) == DATA_OK && s->panels[0]->good_mono_ms >= 0;
}

static void no_series_is_no_data(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *s = NULL;

    setting->fake.is_empty = true;
    begin(setting, good_panels, 60000);
    s = WAIT_FOR(is_empty);
    CHECK(s->panels[0]->state == DATA_NONE && s->panels[0]->set.n == 0);
    CHECK(isnan(panel_data_value(&s->dashboard->panels[0], s->panels[0])));
}

static bool are_lines_partial(const struct snapshot *s)
{
    return prom_state(s) == DATA_PARTIAL;
}

static void lines_that_hang_leave_the_values(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *s = NULL;

    setting->fake.lines_hang = true;
    begin(setting, good_panels, 60000);
    s = WAIT_FOR(are_lines_partial);
    CHECK(panel_data_value(&s->dashboard->panels[0], s->panels[0]) == 0.25);
    CHECK(strstr(s->sources[SOURCE_PROMETHEUS].reason, "no answer within") != NULL);
}

static bool is_metricsql(const struct snapshot *s)
{
    return strcmp(s->sources[SOURCE_PROMETHEUS].flavour, "victoriametrics") == 0 && is_prom_ok(s);
}

static void victoriametrics_is_known_by_its_answer(void **state)
{
    struct setting *setting = *state;

    setting->fake.is_metricsql = true;
    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_metricsql));
}

/* ---- Servers that fail --------------------------------------------------------------------------- */

/* Breaks Prometheus, expects the state within two intervals of the poller, mends it. */
static void check_break(struct setting *setting,
                        enum fake_mode mode,
                        seen_fn *seen,
                        const char *why)
{
    CLEANUP(snapshot_unrefp) struct snapshot *bad = NULL;
    int64_t broken_mono_ms;

    snapshot_unref(WAIT_FOR(is_prom_ok));
    broken_mono_ms = clock_mono_ms();
    fake_set(&setting->fake, FAKE_PROM, mode);
    bad = WAIT_FOR(seen);
    /* Two intervals, and the waking of a busy machine. */
    CHECK(clock_mono_ms() - broken_mono_ms <= 2 * REFRESH_MS + 400);
    if (!strstr(bad->sources[SOURCE_PROMETHEUS].reason, why))
        fail_msg("'%s' does not say '%s'", bad->sources[SOURCE_PROMETHEUS].reason, why);
    CHECK(bad->panels[0]->state == DATA_STALE && bad->panels[0]->set.n == 1);
    CHECK(strstr(bad->panels[0]->reason, why) != NULL);
    CHECK(bad->sources[SOURCE_ALERTMANAGER].state == DATA_OK);
    CHECK(source_age_ms(&bad->sources[SOURCE_PROMETHEUS], clock_mono_ms()) >= 0);
    fake_set(&setting->fake, FAKE_PROM, FAKE_GOOD);
    snapshot_unref(WAIT_FOR(is_prom_ok));
}

static void a_proxys_page_is_an_error_with_its_first_line(void **state)
{
    struct setting *setting = *state;

    begin(setting, good_panels, 60000);
    check_break(setting, FAKE_HTML, is_prom_error, "HTTP 502: 502 Bad Gateway");
    check_break(setting, FAKE_HTML_OK, is_prom_error, "text/html: Please log in");
}

static void garbage_is_an_error(void **state)
{
    struct setting *setting = *state;

    begin(setting, good_panels, 60000);
    check_break(setting, FAKE_GARBAGE, is_prom_error, "");
}

static void unavailable_is_an_error(void **state)
{
    struct setting *setting = *state;

    begin(setting, good_panels, 60000);
    check_break(setting, FAKE_503, is_prom_error, "HTTP 503");
}

static void a_hung_server_is_stale(void **state)
{
    struct setting *setting = *state;

    begin(setting, good_panels, 60000);
    check_break(setting, FAKE_HUNG, is_prom_stale, "");
}

static void a_slow_server_is_still_good(void **state)
{
    struct setting *setting = *state;
    int64_t until_ms;

    fake_set(&setting->fake, FAKE_AM, FAKE_SLOW);
    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_prom_ok));
    /* Slower than two refreshes is too slow; 300 ms against 150 ms makes it time out at times, but never
     * touches the others. */
    until_ms = clock_mono_ms() + 500;
    while (clock_mono_ms() < until_ms) {
        struct pollfd fd = {.fd = poller_fd(setting->poller), .events = POLLIN};
        CLEANUP(snapshot_unrefp) struct snapshot *s = poller_take(setting->poller);

        CHECK(prom_state(s) == DATA_OK && s->panels[0]->state == DATA_OK);
        (void)poll(&fd, 1, 50);
    }
}

static bool is_am_error(const struct snapshot *s)
{
    return s->sources[SOURCE_ALERTMANAGER].state == DATA_ERROR;
}

static void a_refused_port_is_an_error_from_the_start(void **state)
{
    struct setting *setting = *state;
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = dashboard_of(good_panels);
    struct poller_config config = {.urls = {[SOURCE_PROMETHEUS] = "http://127.0.0.1:1",
                                            [SOURCE_ALERTMANAGER] = "http://127.0.0.1:1"},
                                   .refresh_ms = REFRESH_MS,
                                   .dashboard = dashboard};
    CLEANUP(snapshot_unrefp) struct snapshot *s = NULL;

    assert_int_equal(poller_start(&config, &setting->poller, NULL), 0);
    snapshot_unref(WAIT_FOR(is_am_error));
    s = WAIT_FOR(is_prom_error);
    CHECK(s->panels[0]->state == DATA_ERROR && s->panels[0]->set.n == 0);
    CHECK(s->panels[0]->reason[0] != '\0');
    CHECK(s->sources[SOURCE_PROMETHEUS].retry_at_mono_ms > 0);
    CHECK(!s->sources[SOURCE_OPERATIONS].is_configured);
    assert_string_equal(s->sources[SOURCE_OPERATIONS].reason, "not configured: set operations.url");
    CHECK(s->alerts->watchdog == WATCHDOG_UNKNOWN);
}

static void what_is_not_configured_names_the_key_to_set(void **state)
{
    struct setting *setting = *state;
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = dashboard_of(good_panels);
    struct poller_config config = {.urls = {[SOURCE_PROMETHEUS] = "http://127.0.0.1:1"},
                                   .context = "live-eu",
                                   .refresh_ms = REFRESH_MS,
                                   .dashboard = dashboard};
    CLEANUP(snapshot_unrefp) struct snapshot *s = NULL;

    assert_int_equal(poller_start(&config, &setting->poller, NULL), 0);
    s = poller_take(setting->poller);
    assert_string_equal(s->sources[SOURCE_ML].reason,
                        "not configured: set ml in [context.live-eu]");
}

static void a_server_that_is_down_is_not_stormed(void **state)
{
    struct setting *setting = *state;
    size_t n_before, n_after;

    fake_set(&setting->fake, FAKE_PROM, FAKE_503);
    fake_set(&setting->fake, FAKE_AM, FAKE_503);
    fake_set(&setting->fake, FAKE_OPS, FAKE_503);
    fake_set(&setting->fake, FAKE_ML, FAKE_503);
    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_prom_error));
    (void)poll(NULL, 0, 300);
    (void)pthread_mutex_lock(&setting->fake.mutex);
    n_before = setting->fake.n_requests;
    (void)pthread_mutex_unlock(&setting->fake.mutex);
    (void)poll(NULL, 0, 450);
    (void)pthread_mutex_lock(&setting->fake.mutex);
    n_after = setting->fake.n_requests;
    (void)pthread_mutex_unlock(&setting->fake.mutex);
    /* The first back-off is 0.8 s at least: three refreshes' time brings nothing. */
    CHECK(n_before > 0 && n_after == n_before);
}

static bool has_skew(const struct snapshot *s)
{
    return is_prom_ok(s) && s->sources[SOURCE_PROMETHEUS].skew_ms != 0 &&
           s->now_ms - time_grid_end_ms(&s->panels[0]->set.grid) < 3000;
}

static void another_clock_is_seen_and_followed(void **state)
{
    struct setting *setting = *state;
    CLEANUP(snapshot_unrefp) struct snapshot *s = NULL;

    setting->fake.skew_ms = 3600000;
    begin(setting, good_panels, 60000);
    s = WAIT_FOR(has_skew);
    CHECK_NEAR((double)s->sources[SOURCE_PROMETHEUS].skew_ms, 3600000.0, 1500.0);
    CHECK_NEAR((double)(s->now_ms - s->made_at_ms), 3600000.0, 1500.0);
}

static void stopping_does_not_wait_for_a_hung_server(void **state)
{
    struct setting *setting = *state;
    int64_t before_ms;

    for (int part = 0; part < N_FAKE_PARTS; part++)
        fake_set(&setting->fake, (enum fake_part)part, FAKE_HUNG);
    begin(setting, good_panels, 60000);
    (void)poll(NULL, 0, 50);
    before_ms = clock_mono_ms();
    poller_stop(setting->poller);
    setting->poller = NULL;
    CHECK(clock_mono_ms() - before_ms < 100);
}

/* ---- Commands ------------------------------------------------------------------------------------ */

static uint64_t awaited_command;

static const struct notice *notice_in(const struct snapshot *s)
{
    for (size_t i = 0; i < s->n_notices; i++)
        if (s->notices[i].command_id == awaited_command)
            return &s->notices[i];
    return NULL;
}

static bool is_noticed(const struct snapshot *s)
{
    return notice_in(s) != NULL;
}

static void expect_notice(struct setting *setting,
                          bool is_error,
                          int64_t simulation,
                          const char *text)
{
    CLEANUP(snapshot_unrefp) struct snapshot *s = WAIT_FOR(is_noticed);
    const struct notice *notice = notice_in(s);

    if (!notice)
        fail_msg("no notice");
    else if (notice->is_error != is_error || !strstr(notice->text, text) ||
             notice->simulation_id != simulation)
        fail_msg("%d %lld '%s' is not %d %lld '%s'", notice->is_error,
                 (long long)notice->simulation_id, notice->text, is_error, (long long)simulation,
                 text);
}

static bool has_simulations(const struct snapshot *s)
{
    return s->operations->has_simulations;
}

static void simulations_are_started_and_stopped(void **state)
{
    struct setting *setting = *state;
    struct simulation_number amount = {"amount", 0.8};
    struct simulation_request request = {
        .kind = "drift", .until = "alert", .n_numbers = 1, .numbers = &amount};

    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(has_simulations));
    assert_int_equal(poller_start_simulation(setting->poller, &request, &awaited_command, NULL), 0);
    expect_notice(setting, false, 7, "drift simulation 7 started");
    assert_string_equal(setting->fake.bearer, "operator-token");
    CHECK(setting->fake.last_key[0] != '\0' && setting->fake.n_starts == 1);
    assert_int_equal(poller_stop_simulation(setting->poller, 7, &awaited_command, NULL), 0);
    expect_notice(setting, false, 7, "drift simulation 7 stopped");
    assert_string_equal(setting->fake.last_path, "/ops/simulations/7");
    assert_string_equal(setting->fake.last_method, "DELETE");
    assert_int_equal(poller_stop_drills(setting->poller, &awaited_command, NULL), 0);
    expect_notice(setting, false, 0, "2 drills stopped");
    assert_string_equal(setting->fake.last_path, "/ops/simulations");
    assert_int_equal(poller_set_baseline(setting->poller, false, &awaited_command, NULL), 0);
    expect_notice(setting, false, 3, "baseline simulation 3 stopped");
    assert_string_equal(setting->fake.last_path, "/ops/simulations/3");
    assert_int_equal(poller_set_baseline(setting->poller, true, &awaited_command, NULL), 0);
    expect_notice(setting, false, 7, "started");
    CHECK(setting->fake.n_starts == 2);
}

static void a_game_day_is_started_and_stopped(void **state)
{
    struct setting *setting = *state;
    const struct gameday_request request = {.kind = "outage", .idempotency_key = "key-9"};

    begin(setting, good_panels, 60000);
    assert_int_equal(poller_start_gameday(setting->poller, &request, &awaited_command, NULL), 0);
    expect_notice(setting, false, 0, "game day 4 of outage started, 1 step");
    assert_string_equal(setting->fake.last_key, "key-9");
    assert_int_equal(poller_stop_gameday(setting->poller, 4, &awaited_command, NULL), 0);
    expect_notice(setting, false, 0, "game day 4 of outage stopped");
    assert_string_equal(setting->fake.last_path, "/ops/gamedays/4");
    assert_string_equal(setting->fake.last_method, "DELETE");
}

static bool names_the_amount(const struct snapshot *s)
{
    const struct notice *notice = notice_in(s);

    return notice && notice->n_fields == 1 &&
           strcmp(notice->fields[0].field, "params.amount") == 0 &&
           strcmp(notice->fields[0].detail, "must be 0 to 1") == 0;
}

static void a_refused_command_says_why(void **state)
{
    struct setting *setting = *state;
    struct simulation_request request = {.kind = "drift"};

    begin(setting, good_panels, 60000);
    fake_set(&setting->fake, FAKE_OPS, FAKE_422);
    assert_int_equal(poller_start_simulation(setting->poller, &request, &awaited_command, NULL), 0);
    expect_notice(setting, true, 0, "params.amount must be 0 to 1");
    snapshot_unref(WAIT_FOR(names_the_amount));
    fake_set(&setting->fake, FAKE_OPS, FAKE_401);
    assert_int_equal(poller_stop_drills(setting->poller, &awaited_command, NULL), 0);
    expect_notice(setting, true, 0, "is the operator token right?");
}

static void a_lost_answer_is_asked_for_once_more_with_the_same_key(void **state)
{
    struct setting *setting = *state;
    struct simulation_request request = {.kind = "drift", .idempotency_key = "key-1"};

    begin(setting, good_panels, 60000);
    fake_set(&setting->fake, FAKE_OPS, FAKE_LOST);
    assert_int_equal(poller_start_simulation(setting->poller, &request, &awaited_command, NULL), 0);
    expect_notice(setting, true, 0, "drift not started");
    /* libcurl repeats by itself what died on a connection that it had kept. */
    CHECK(setting->fake.n_starts >= 2);
    assert_string_equal(setting->fake.last_key, "key-1");
}

static void without_a_backend_a_command_is_refused(void **state)
{
    struct setting *setting = *state;
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = dashboard_of(good_panels);
    struct poller_config config = {.refresh_ms = REFRESH_MS, .dashboard = dashboard};

    assert_int_equal(poller_start(&config, &setting->poller, NULL), 0);
    assert_int_equal(poller_stop_drills(setting->poller, &awaited_command, NULL), 0);
    expect_notice(setting, true, 0, "no backend is configured");
}

static void paused_only_notices_wake(void **state)
{
    struct setting *setting = *state;
    struct pollfd fd;
    CLEANUP(snapshot_unrefp) struct snapshot *before = NULL, *after = NULL;

    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_all_ok));
    assert_int_equal(poller_set_paused(setting->poller, true, NULL), 0);
    (void)poll(NULL, 0, 100);
    before = poller_take(setting->poller);
    fd = (struct pollfd){.fd = poller_fd(setting->poller), .events = POLLIN};
    CHECK(poll(&fd, 1, 3 * REFRESH_MS) == 0);
    after = poller_take(setting->poller);
    CHECK(after->id > before->id); /* polling has gone on */
    assert_int_equal(poller_stop_drills(setting->poller, &awaited_command, NULL), 0);
    CHECK(poll(&fd, 1, DEADLINE_MS) == 1);
    expect_notice(setting, false, 0, "drills stopped");
    assert_int_equal(poller_set_paused(setting->poller, false, NULL), 0);
    CHECK(poll(&fd, 1, DEADLINE_MS) == 1);
}

static void a_refresh_does_not_wait_for_the_back_off(void **state)
{
    struct setting *setting = *state;
    int64_t before_ms;

    fake_set(&setting->fake, FAKE_PROM, FAKE_503);
    begin(setting, good_panels, 60000);
    snapshot_unref(WAIT_FOR(is_prom_error));
    fake_set(&setting->fake, FAKE_PROM, FAKE_GOOD);
    before_ms = clock_mono_ms();
    assert_int_equal(poller_refresh_now(setting->poller, NULL), 0);
    snapshot_unref(WAIT_FOR(is_prom_ok));
    CHECK(clock_mono_ms() - before_ms < 700);
}

#define POLLER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        POLLER_TEST(the_first_snapshot_is_there_at_once_and_empty),
        POLLER_TEST(a_good_stack_comes_whole),
        POLLER_TEST(after_the_first_time_only_the_tail_is_asked_for),
        POLLER_TEST(another_window_is_fetched_whole),
        POLLER_TEST(another_dashboard_brings_its_panels),
        POLLER_TEST(a_dashboard_comes_back_with_what_it_showed),
        POLLER_TEST(dashboards_beyond_the_kept_ones_are_forgotten),
        POLLER_TEST(variables_are_asked_for_before_the_panels),
        POLLER_TEST(another_choice_is_another_question),
        POLLER_TEST(a_refused_variable_does_not_hold_up_the_panels),
        POLLER_TEST(requests_are_asked_for_only_while_they_are_wanted),
        POLLER_TEST(one_request_is_asked_for_once),
        POLLER_TEST(game_days_are_asked_for_only_while_a_screen_shows_them),
        POLLER_TEST(a_report_that_is_over_is_asked_for_once),
        POLLER_TEST(a_game_day_is_started_and_stopped),
        POLLER_TEST(what_is_wanted_no_more_holds_nothing_up),
        POLLER_TEST(a_list_that_fails_says_why),
        POLLER_TEST(a_panel_is_looked_into_while_it_is_wanted),
        POLLER_TEST(the_past_is_laid_on_the_present),
        POLLER_TEST(the_past_is_not_asked_for_with_every_refresh),
        POLLER_TEST(a_server_without_exemplars_says_so_and_the_rest_is_there),
        POLLER_TEST(of_exemplars_only_the_newest_are_asked_for_again),
        POLLER_TEST(exemplars_of_one_selector_are_asked_for_once),
        POLLER_TEST(values_of_now_are_looked_into_by_an_instant_query),
        POLLER_TEST(a_query_that_is_refused_says_why),
        POLLER_TEST(one_bad_expression_breaks_one_panel),
        POLLER_TEST(a_warning_makes_panels_partial),
        POLLER_TEST(no_series_is_no_data),
        POLLER_TEST(lines_that_hang_leave_the_values),
        POLLER_TEST(victoriametrics_is_known_by_its_answer),
        POLLER_TEST(a_proxys_page_is_an_error_with_its_first_line),
        POLLER_TEST(garbage_is_an_error),
        POLLER_TEST(unavailable_is_an_error),
        POLLER_TEST(a_hung_server_is_stale),
        POLLER_TEST(a_slow_server_is_still_good),
        POLLER_TEST(a_refused_port_is_an_error_from_the_start),
        POLLER_TEST(what_is_not_configured_names_the_key_to_set),
        POLLER_TEST(a_server_that_is_down_is_not_stormed),
        POLLER_TEST(another_clock_is_seen_and_followed),
        POLLER_TEST(stopping_does_not_wait_for_a_hung_server),
        POLLER_TEST(simulations_are_started_and_stopped),
        POLLER_TEST(a_refused_command_says_why),
        POLLER_TEST(a_lost_answer_is_asked_for_once_more_with_the_same_key),
        POLLER_TEST(without_a_backend_a_command_is_refused),
        POLLER_TEST(paused_only_notices_wake),
        POLLER_TEST(a_refresh_does_not_wait_for_the_back_off),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    if (fetch_global_init(NULL) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
