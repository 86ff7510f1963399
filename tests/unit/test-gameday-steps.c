#include "test.h"

#include "server/drill/gameday.h"

#include "common/json.h"

#define START_AT_MS INT64_C(1795470300000)
#define RUN_ID      7

/* A game day with a clock, a simulation and a Prometheus that are made up. */
struct stage {
    struct gameday_status g;
    struct gameday_sight sight;
    struct drill_status drill;
};

static void begin(struct stage *stage, const char *kind, bool fast_alerts)
{
    const struct gameday_plan *plans[GAMEDAY_STEPS_MAX];
    size_t n = gameday_plan_find(kind, plans);

    CHECK(n > 0);
    *stage = (struct stage){.g = {.id = 1, .fast_alerts = fast_alerts}};
    (void)snprintf(stage->g.kind, sizeof(stage->g.kind), "%s", kind);
    stage->sight.now = (struct drill_moment){START_AT_MS, 1000};
    gameday_begin(&stage->g, plans, n, &stage->sight.now);
}

/* Time passes, Prometheus is asked at its end and tells `alert`, and the game day takes it in. */
static void pass(struct stage *stage, int64_t ms, enum drill_alert_state alert)
{
    stage->sight.now.at_ms += ms;
    stage->sight.now.mono_ms += ms;
    stage->sight.alert = alert;
    stage->sight.alert_asked_mono_ms = stage->sight.now.mono_ms;
    gameday_advance(&stage->g, &stage->sight);
    if (!gameday_wants_drill(&stage->g) && stage->drill.id > 0 && stage->drill.ended_at_ms == 0)
        stage->drill.ended_at_ms = stage->sight.now.at_ms;
}

static struct gameday_step *step(struct stage *stage)
{
    return &stage->g.steps[stage->g.at];
}

/* What was wanted has been started. */
static void inject(struct stage *stage)
{
    CHECK(gameday_wants_drill(&stage->g));
    stage->drill = (struct drill_status){.id = RUN_ID, .started_at_ms = stage->sight.now.at_ms};
    stage->sight.drill = &stage->drill;
}

static void fire(struct stage *stage)
{
    stage->drill.alert.firing_at_ms = stage->sight.now.at_ms;
}

static void deliver(struct stage *stage)
{
    stage->drill.alert.delivered_at_ms = stage->sight.now.at_ms;
    stage->drill.ended_at_ms = stage->sight.now.at_ms;
}

static void come_to_detect(struct stage *stage)
{
    pass(stage, 2000, DRILL_ALERT_INACTIVE);
    CHECK(step(stage)->phase == GAMEDAY_DETECT);
    inject(stage);
}

static void come_to_clear(struct stage *stage)
{
    come_to_detect(stage);
    pass(stage, 5000, DRILL_ALERT_PENDING);
    fire(stage);
    pass(stage, 1000, DRILL_ALERT_FIRING);
    CHECK(step(stage)->phase == GAMEDAY_NOTIFY && gameday_wants_drill(&stage->g));
    deliver(stage);
    pass(stage, 1000, DRILL_ALERT_FIRING);
    CHECK(step(stage)->phase == GAMEDAY_CLEAR && !gameday_wants_drill(&stage->g));
}

/* The next step has no simulation yet. */
static void forget_drill(struct stage *stage)
{
    stage->drill = (struct drill_status){0};
    stage->sight.drill = NULL;
}

static void come_through(struct stage *stage)
{
    come_to_clear(stage);
    pass(stage, 1000, DRILL_ALERT_INACTIVE);
    CHECK(step(stage)->phase == GAMEDAY_RESOLVE);
    stage->drill.alert.resolved_at_ms = stage->sight.now.at_ms;
    pass(stage, 1000, DRILL_ALERT_INACTIVE);
    forget_drill(stage);
}

/* ---- Plans --------------------------------------------------------------------------------------- */

static void every_kind_has_its_steps_and_all_has_each_of_them(void **state)
{
    static const struct {
        const char *kind;
        size_t n_steps;
    } kinds[] = {{"drift", 1}, {"hallucination", 1}, {"topic-shift", 1}, {"latency", 1},
                 {"rag", 4},   {"outage", 2},        {"all", 10},        {"baseline", 0},
                 {"", 0},      {"recovery", 0}};
    const struct gameday_plan *plans[GAMEDAY_STEPS_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        assert_int_equal(gameday_plan_find(kinds[i].kind, plans), kinds[i].n_steps);
}

static void every_step_can_be_injected_and_knows_its_alert(void **state)
{
    const struct gameday_plan *plans[GAMEDAY_STEPS_MAX];
    size_t n = gameday_plan_find("all", plans);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct drill_kind_info *info = &drill_kinds[plans[i]->kind];
        const struct drill_kind_info *recovery = &drill_kinds[DRILL_RECOVERY];
        CLEANUP(json_freep) struct json *json = NULL, *recovery_json = NULL;
        struct field_errors errors = {0};
        struct drill_params params;

        CHECK(json_parse(plans[i]->params, strlen(plans[i]->params), &json, NULL) == 0);
        drill_params_read(info->params, info->n_params, json, &params, &errors);
        if (plans[i]->recovery) {
            CHECK(json_parse(plans[i]->recovery, strlen(plans[i]->recovery), &recovery_json,
                             NULL) == 0);
            drill_params_read(recovery->params, recovery->n_params, recovery_json, &params,
                              &errors);
        }
        assert_int_equal(errors.n, 0);
        CHECK(gameday_plan_expect(plans[i]).alert);
    }
    assert_string_equal(gameday_plan_expect(plans[4]).alert, "LLMAbstentionHigh");
    assert_string_equal(gameday_plan_expect(plans[6]).alert, "LLMRetrievalDegraded");
}

static void limits_follow_the_rule_and_shrink_with_fast_alerts(void **state)
{
    const struct gameday_plan *plans[GAMEDAY_STEPS_MAX];
    struct gameday_limits usual, fast;

    (void)state;
    CHECK(gameday_plan_find("hallucination", plans) == 1);
    gameday_plan_limits(plans[0], false, &usual);
    gameday_plan_limits(plans[0], true, &fast);
    /* `for` and range are 5 minutes, and 15 s with fast alerts */
    CHECK(usual.detect_ms - plans[0]->rise_ms == 300000 + 60000);
    CHECK(fast.detect_ms - plans[0]->rise_ms == 15000 + 30000);
    CHECK(usual.clear_ms - plans[0]->fall_ms == 300000 + 60000);
    CHECK(fast.clear_ms - plans[0]->fall_ms == 15000 + 30000);
    CHECK(usual.notify_ms == 10000 + 300000 + 60000 && fast.notify_ms == 1000 + 5000 + 30000);
    CHECK(usual.resolve_ms == 300000 + 60000 && fast.resolve_ms == 5000 + 30000);
}

/* ---- A step -------------------------------------------------------------------------------------- */

static void a_step_passes_with_its_times(void **state)
{
    struct stage stage;
    struct gameday_step *s = &stage.g.steps[0];

    (void)state;
    begin(&stage, "hallucination", true);
    CHECK(!gameday_wants_drill(&stage.g));
    come_through(&stage);
    CHECK(stage.g.state == GAMEDAY_PASSED && s->result == GAMEDAY_STEP_PASSED);
    CHECK(s->simulation_id == RUN_ID);
    CHECK(s->firing_at_ms - s->injected_at_ms == 5000);
    CHECK(s->delivered_at_ms - s->firing_at_ms == 1000);
    CHECK(s->cleared_at_ms - s->stopped_at_ms == 2000);
    CHECK(stage.g.elapsed_ms == 2000 + 5000 + 1000 + 1000 + 1000 + 1000);
    CHECK(stage.g.ended_at_ms == START_AT_MS + stage.g.elapsed_ms);
    pass(&stage, 1000, DRILL_ALERT_FIRING); /* over is over */
    CHECK(stage.g.state == GAMEDAY_PASSED && stage.g.elapsed_ms == 11000);
}

static void nothing_is_injected_before_the_alert_is_quiet(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "drift", true);
    pass(&stage, 1000, DRILL_ALERT_INACTIVE); /* what the step before held may still be on */
    CHECK(step(&stage)->phase == GAMEDAY_SETTLE && !gameday_wants_recovery(&stage.g));
    pass(&stage, 5000, DRILL_ALERT_FIRING);
    CHECK(step(&stage)->phase == GAMEDAY_SETTLE && gameday_wants_recovery(&stage.g));
    pass(&stage, 1000, DRILL_ALERT_UNKNOWN);
    CHECK(step(&stage)->phase == GAMEDAY_SETTLE);
    pass(&stage, 1000, DRILL_ALERT_INACTIVE);
    CHECK(step(&stage)->phase == GAMEDAY_DETECT && !gameday_wants_recovery(&stage.g));
}

static void an_alert_that_does_not_get_quiet_fails_the_step(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "drift", true);
    stage.sight.recovery_error = "8 simulations are running";
    pass(&stage, step(&stage)->limits.clear_ms - 1, DRILL_ALERT_PENDING);
    CHECK(stage.g.state == GAMEDAY_RUNNING);
    pass(&stage, 1, DRILL_ALERT_PENDING);
    CHECK(stage.g.state == GAMEDAY_FAILED && stage.g.steps[0].simulation_id == 0);
    assert_string_equal(stage.g.steps[0].reason,
                        "MLModelDriftHigh was on before the step began and did not clear within "
                        "60 s, it is pending; no ordinary traffic could be sent: 8 simulations "
                        "are running");
}

static void a_prometheus_that_does_not_tell_fails_the_step(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "outage", false);
    pass(&stage, step(&stage)->limits.clear_ms, DRILL_ALERT_UNKNOWN);
    CHECK(stage.g.steps[0].result == GAMEDAY_STEP_FAILED);
    assert_string_equal(stage.g.steps[0].reason,
                        "Prometheus did not tell about APIDown within 60 s");
}

static void an_alert_that_does_not_fire_in_time_fails_the_step_and_stops_the_simulation(
    void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "outage", true);
    come_to_detect(&stage);
    pass(&stage, step(&stage)->limits.detect_ms - 1, DRILL_ALERT_PENDING);
    CHECK(stage.g.at == 0 && gameday_wants_drill(&stage.g));
    pass(&stage, 1, DRILL_ALERT_PENDING);
    CHECK(stage.g.at == 1 && !gameday_wants_drill(&stage.g));
    CHECK(stage.g.state == GAMEDAY_RUNNING && stage.g.steps[1].phase == GAMEDAY_SETTLE);
    assert_string_equal(stage.g.steps[0].reason, "APIDown did not fire within 33 s, it is pending");
}

static void a_simulation_that_cannot_start_or_ends_early_fails_the_step(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "drift", true);
    pass(&stage, 2000, DRILL_ALERT_INACTIVE);
    stage.sight.start_error = "simulation 3, of kind drift, is running";
    pass(&stage, 1000, DRILL_ALERT_INACTIVE);
    CHECK(stage.g.state == GAMEDAY_FAILED);
    CHECK(strstr(stage.g.steps[0].reason, "simulation 3, of kind drift, is running"));

    begin(&stage, "drift", true);
    come_to_detect(&stage);
    stage.drill.ended_at_ms = stage.sight.now.at_ms;
    (void)snprintf(stage.drill.reason, sizeof(stage.drill.reason), "stopped on request");
    pass(&stage, 1000, DRILL_ALERT_INACTIVE);
    assert_string_equal(stage.g.steps[0].reason,
                        "its simulation ended before MLModelDriftHigh fired: stopped on request");
}

static void a_notification_that_never_comes_fails_the_step_which_still_clears(void **state)
{
    struct stage stage;
    struct gameday_step *s = &stage.g.steps[0];

    (void)state;
    begin(&stage, "hallucination", true);
    come_to_detect(&stage);
    fire(&stage);
    pass(&stage, 1000, DRILL_ALERT_FIRING);
    pass(&stage, s->limits.notify_ms, DRILL_ALERT_FIRING);
    CHECK(s->phase == GAMEDAY_CLEAR && s->result == GAMEDAY_STEP_FAILED);
    CHECK(!gameday_wants_drill(&stage.g));
    pass(&stage, 1000, DRILL_ALERT_INACTIVE);
    CHECK(s->cleared_at_ms > 0); /* and nobody waits for word of the end */
    CHECK(stage.g.state == GAMEDAY_FAILED);
    assert_string_equal(
        s->reason,
        "LLMHallucinationCritical fired, and Alertmanager did not deliver it within 36 s");
}

static void only_an_answer_from_after_the_stop_says_that_it_has_cleared(void **state)
{
    struct stage stage;
    int64_t stopped_mono_ms;

    (void)state;
    begin(&stage, "drift", true);
    come_to_clear(&stage);
    CHECK(gameday_wants_recovery(&stage.g));
    stopped_mono_ms = stage.sight.now.mono_ms;
    stage.sight.alert = DRILL_ALERT_INACTIVE;
    stage.sight.alert_asked_mono_ms = stopped_mono_ms - 1;
    gameday_advance(&stage.g, &stage.sight);
    CHECK(step(&stage)->phase == GAMEDAY_CLEAR);
    stage.sight.alert_asked_mono_ms = stopped_mono_ms;
    gameday_advance(&stage.g, &stage.sight);
    CHECK(step(&stage)->phase == GAMEDAY_RESOLVE && !gameday_wants_recovery(&stage.g));
}

static void an_alert_that_stays_fails_the_step(void **state)
{
    struct stage stage;
    int64_t limit_ms;

    (void)state;
    begin(&stage, "hallucination", true);
    come_to_clear(&stage);
    limit_ms = step(&stage)->limits.clear_ms;
    pass(&stage, limit_ms, DRILL_ALERT_FIRING);
    CHECK(stage.g.state == GAMEDAY_FAILED && stage.g.steps[0].cleared_at_ms == 0);
    assert_string_equal(stage.g.steps[0].reason,
                        "LLMHallucinationCritical did not clear within 45 s, it is firing");
}

static void word_of_the_end_is_waited_for_unless_it_is_not_wanted(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "drift", true);
    come_to_clear(&stage);
    pass(&stage, 1000, DRILL_ALERT_INACTIVE);
    pass(&stage, step(&stage)->limits.resolve_ms - 1, DRILL_ALERT_INACTIVE);
    CHECK(stage.g.state == GAMEDAY_RUNNING);
    pass(&stage, 1, DRILL_ALERT_INACTIVE);
    CHECK(stage.g.state == GAMEDAY_FAILED);
    assert_string_equal(stage.g.steps[0].reason,
                        "MLModelDriftHigh cleared, and Alertmanager did not say so within 35 s");

    begin(&stage, "drift", true);
    stage.g.skips_resolved = true;
    come_to_clear(&stage);
    pass(&stage, 1000, DRILL_ALERT_INACTIVE);
    CHECK(stage.g.state == GAMEDAY_PASSED);
}

/* ---- A game day ---------------------------------------------------------------------------------- */

static void one_failed_step_fails_the_day_and_the_others_are_still_run(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "rag", true);
    come_to_detect(&stage);
    pass(&stage, step(&stage)->limits.detect_ms, DRILL_ALERT_INACTIVE);
    forget_drill(&stage);
    for (int i = 1; i < 4; i++)
        come_through(&stage);
    CHECK(stage.g.state == GAMEDAY_FAILED);
    CHECK(gameday_count(&stage.g, GAMEDAY_STEP_PASSED) == 3);
    CHECK(gameday_count(&stage.g, GAMEDAY_STEP_FAILED) == 1);
}

static void one_that_is_ended_says_where_it_was_and_wants_nothing_more(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "outage", true);
    come_to_detect(&stage);
    gameday_end(&stage.g, GAMEDAY_STOPPED, "stopped on request", &stage.sight.now);
    CHECK(stage.g.state == GAMEDAY_STOPPED && stage.g.ended_at_ms == stage.sight.now.at_ms);
    CHECK(stage.g.steps[0].result == GAMEDAY_STEP_STOPPED);
    CHECK(stage.g.steps[0].phase == GAMEDAY_DETECT && stage.g.steps[1].phase == GAMEDAY_WAITING);
    CHECK(!gameday_wants_drill(&stage.g) && !gameday_wants_recovery(&stage.g));
    gameday_end(&stage.g, GAMEDAY_INTERRUPTED, "the server stopped", &stage.sight.now);
    CHECK(stage.g.state == GAMEDAY_STOPPED);
}

static void the_report_tells_what_is_known_and_null_for_the_rest(void **state)
{
    struct stage stage;
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *first, *second;
    struct buffer out;
    struct json_writer w = {&out, false};

    (void)state;
    begin(&stage, "outage", true);
    come_through(&stage);
    buffer_init(&out, 16384);
    gameday_write_json(&stage.g, &w);
    CHECK(!out.failed && json_parse(buffer_text(&out), out.len, &json, NULL) == 0);
    buffer_finish(&out);
    assert_string_equal(json_string(json_get(json, "state")), "running");
    CHECK(json_number(json_get(json, "passed"), -1) == 1);
    first = json_first(json_get(json, "steps"));
    second = json_next(first);
    assert_string_equal(json_string(json_get(first, "result")), "passed");
    CHECK(json_number(json_get(first, "detect_ms"), -1) == 5000);
    CHECK(json_number(json_get(first, "notify_ms"), -1) == 1000);
    CHECK(json_number(json_get(first, "clear_ms"), -1) == 2000);
    CHECK(json_number(json_get(first, "resolve_ms"), -1) == 0);
    CHECK(json_number(json_get(json_get(first, "limits"), "detect_ms"), -1) == 33000);
    assert_string_equal(json_string(json_get(second, "phase")), "settle");
    CHECK(json_type(json_get(second, "result")) == JSON_NULL);
    CHECK(json_type(json_get(second, "detect_ms")) == JSON_NULL);
    CHECK(!json_next(second));
}

static void a_report_of_all_steps_fits_into_its_row(void **state)
{
    struct stage stage;
    struct buffer out;
    struct json_writer w = {&out, false};

    (void)state;
    begin(&stage, "all", false);
    for (size_t i = 0; i < stage.g.n_steps; i++) {
        struct gameday_step *s = &stage.g.steps[i];

        memset(s->reason, '"', sizeof(s->reason) - 1);
        s->simulation_id = INT64_C(1) << 52;
        s->started_at_ms = s->injected_at_ms = s->firing_at_ms = s->delivered_at_ms = START_AT_MS;
        s->stopped_at_ms = s->cleared_at_ms = s->resolved_at_ms = s->ended_at_ms = START_AT_MS;
    }
    buffer_init(&out, 16384);
    gameday_write_json(&stage.g, &w);
    CHECK(!out.failed);
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_has_its_steps_and_all_has_each_of_them),
        TEST(every_step_can_be_injected_and_knows_its_alert),
        TEST(limits_follow_the_rule_and_shrink_with_fast_alerts),
        TEST(a_step_passes_with_its_times),
        TEST(nothing_is_injected_before_the_alert_is_quiet),
        TEST(an_alert_that_does_not_get_quiet_fails_the_step),
        TEST(a_prometheus_that_does_not_tell_fails_the_step),
        TEST(an_alert_that_does_not_fire_in_time_fails_the_step_and_stops_the_simulation),
        TEST(a_simulation_that_cannot_start_or_ends_early_fails_the_step),
        TEST(a_notification_that_never_comes_fails_the_step_which_still_clears),
        TEST(only_an_answer_from_after_the_stop_says_that_it_has_cleared),
        TEST(an_alert_that_stays_fails_the_step),
        TEST(word_of_the_end_is_waited_for_unless_it_is_not_wanted),
        TEST(one_failed_step_fails_the_day_and_the_others_are_still_run),
        TEST(one_that_is_ended_says_where_it_was_and_wants_nothing_more),
        TEST(the_report_tells_what_is_known_and_null_for_the_rest),
        TEST(a_report_of_all_steps_fits_into_its_row),
    };

    return cmocka_run_group_tests_name("gameday-steps", tests, NULL, NULL);
}
