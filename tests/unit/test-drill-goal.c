#include "test.h"

#include "server/drill/drill_goal.h"

#include <math.h>

#define DURATION_MS INT64_C(120000)
#define FOR_MS      INT64_C(300000)

static const struct drill_alert quiet = {
    .name = "A", .state = DRILL_ALERT_INACTIVE, .has_been_seen = true};

static void the_bound_is_the_longer_of_duration_and_for_plus_three_minutes(void **state)
{
    (void)state;
    CHECK(drill_goal_make(DRILL_UNTIL_ALERT, DURATION_MS, FOR_MS).bound_ms == 480000);
    CHECK(drill_goal_make(DRILL_UNTIL_ALERT, 900000, FOR_MS).bound_ms == 900000);
    CHECK(drill_goal_make(DRILL_UNTIL_ALERT, DURATION_MS, 15000).bound_ms == 195000);
    CHECK(drill_goal_make(DRILL_UNTIL_DURATION, DURATION_MS, FOR_MS).bound_ms == DURATION_MS);
    CHECK(drill_goal_make(DRILL_UNTIL_STOPPED, 0, 0).bound_ms == 0);
}

static void a_run_without_an_end_never_ends_of_itself(void **state)
{
    struct drill_goal goal = drill_goal_make(DRILL_UNTIL_STOPPED, 0, 0);
    struct drill_verdict verdict;

    (void)state;
    CHECK(!drill_goal_check(&goal, &(struct drill_alert){0}, INT64_MAX, &verdict));
    CHECK(isnan(drill_goal_progress(&goal, 5000)));
}

static void a_timed_run_ends_after_its_duration_whatever_the_alert_does(void **state)
{
    struct drill_goal goal = drill_goal_make(DRILL_UNTIL_DURATION, DURATION_MS, FOR_MS);
    struct drill_alert firing = {.name = "A", .state = DRILL_ALERT_FIRING, .firing_at_ms = 1};
    struct drill_verdict verdict;

    (void)state;
    CHECK(!drill_goal_check(&goal, &firing, DURATION_MS - 1, &verdict));
    CHECK(drill_goal_check(&goal, &quiet, DURATION_MS, &verdict));
    CHECK(verdict.state == DRILL_FINISHED);
    assert_string_equal(verdict.reason, "ran for its duration of 120 s");
    CHECK_NEAR(drill_goal_progress(&goal, DURATION_MS / 4), 0.25, 0);
    CHECK_NEAR(drill_goal_progress(&goal, 2 * DURATION_MS), 1, 0);
}

static void an_alert_that_fires_ends_the_run_at_once(void **state)
{
    struct drill_goal goal = drill_goal_make(DRILL_UNTIL_ALERT, DURATION_MS, FOR_MS);
    struct drill_alert alert = quiet;
    struct drill_verdict verdict;

    (void)state;
    CHECK(!drill_goal_check(&goal, &alert, DURATION_MS, &verdict));
    alert.state = DRILL_ALERT_PENDING;
    CHECK(!drill_goal_check(&goal, &alert, DURATION_MS, &verdict));
    alert.state = DRILL_ALERT_FIRING;
    alert.firing_at_ms = 1;
    CHECK(drill_goal_check(&goal, &alert, 1000, &verdict));
    CHECK(verdict.state == DRILL_FINISHED);
    assert_string_equal(verdict.reason, "A fired");
}

static void a_run_until_the_notification_ends_when_the_alert_fired_and_was_delivered(void **state)
{
    struct drill_goal goal = drill_goal_make(DRILL_UNTIL_NOTIFIED, DURATION_MS, FOR_MS);
    struct drill_alert alert = quiet;
    struct drill_verdict verdict;

    (void)state;
    CHECK(goal.bound_ms == 840000);
    alert.delivered_at_ms = 1; /* faster than the poll that will see it fire */
    CHECK(!drill_goal_check(&goal, &alert, 1000, &verdict));
    alert.firing_at_ms = 1;
    CHECK(drill_goal_check(&goal, &alert, 1000, &verdict));
    CHECK(verdict.state == DRILL_FINISHED);
    assert_string_equal(verdict.reason, "A fired, and Alertmanager has delivered it");
}

static void a_run_whose_notification_never_leaves_has_failed(void **state)
{
    struct drill_goal goal = drill_goal_make(DRILL_UNTIL_NOTIFIED, DURATION_MS, FOR_MS);
    struct drill_alert alert = quiet;
    struct drill_verdict verdict;

    (void)state;
    CHECK(drill_goal_check(&goal, &alert, goal.bound_ms, &verdict));
    CHECK(verdict.state == DRILL_FAILED && strstr(verdict.reason, "A did not fire"));
    alert.firing_at_ms = 1;
    CHECK(!drill_goal_check(&goal, &alert, goal.bound_ms - 1, &verdict));
    CHECK(drill_goal_check(&goal, &alert, goal.bound_ms, &verdict));
    CHECK(verdict.state == DRILL_FAILED);
    assert_string_equal(verdict.reason, "A fired, and Alertmanager has not delivered it");
}

static void an_alert_that_was_on_before_ends_it_only_after_its_duration(void **state)
{
    struct drill_goal goal = drill_goal_make(DRILL_UNTIL_ALERT, DURATION_MS, FOR_MS);
    struct drill_alert alert = {
        .name = "A", .state = DRILL_ALERT_FIRING, .has_been_seen = true, .was_firing = true};
    struct drill_verdict verdict;

    (void)state;
    CHECK(!drill_goal_check(&goal, &alert, DURATION_MS - 1, &verdict));
    CHECK(drill_goal_check(&goal, &alert, DURATION_MS, &verdict));
    CHECK(verdict.state == DRILL_FINISHED);
    CHECK(strstr(verdict.reason, "A was firing already"));
}

static void a_run_whose_alert_never_fires_has_failed(void **state)
{
    struct drill_goal goal = drill_goal_make(DRILL_UNTIL_ALERT, DURATION_MS, FOR_MS);
    struct drill_alert unheard = {.name = "A"};
    struct drill_alert pending = quiet;
    struct drill_verdict verdict;

    (void)state;
    CHECK(!drill_goal_check(&goal, &unheard, 479999, &verdict));
    CHECK(drill_goal_check(&goal, &unheard, 480000, &verdict));
    CHECK(verdict.state == DRILL_FAILED);
    assert_string_equal(verdict.reason, "Prometheus did not tell about A within 480 s");
    pending.state = DRILL_ALERT_PENDING;
    CHECK(drill_goal_check(&goal, &pending, 480000, &verdict));
    CHECK(verdict.state == DRILL_FAILED);
    assert_string_equal(verdict.reason, "A did not fire within 480 s, last it was pending");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_bound_is_the_longer_of_duration_and_for_plus_three_minutes),
        TEST(a_run_without_an_end_never_ends_of_itself),
        TEST(a_timed_run_ends_after_its_duration_whatever_the_alert_does),
        TEST(an_alert_that_fires_ends_the_run_at_once),
        TEST(a_run_until_the_notification_ends_when_the_alert_fired_and_was_delivered),
        TEST(a_run_whose_notification_never_leaves_has_failed),
        TEST(an_alert_that_was_on_before_ends_it_only_after_its_duration),
        TEST(a_run_whose_alert_never_fires_has_failed),
    };

    return cmocka_run_group_tests_name("drill-goal", tests, NULL, NULL);
}
