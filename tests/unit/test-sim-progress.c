#include "test.h"

#include "tui/data/sim_progress.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdbool.h>

#define START_MS 1795470300000

static struct sim_progress running(void)
{
    struct sim_progress progress = {
        .simulation = {.id = 7,
                       .kind = "drift",
                       .state = SIMULATION_RUNNING,
                       .until = "alert",
                       .params = "amount=0.8",
                       .started_at_ms = START_MS,
                       .ends_by_ms = START_MS + 120000,
                       .elapsed_ms = 42000,
                       .n_sent = 210,
                       .n_succeeded = 210,
                       .progress = 0.35,
                       .alert = "MLModelDriftHigh",
                       .alert_state = SIMULATION_ALERT_INACTIVE},
        .score = 0.48,
    };

    return progress;
}

static struct page page_of(struct buffer *out, size_t width)
{
    struct page page = {.out = out, .style = {.is_utf8 = false, .width = width}};

    buffer_init(out, 8192);
    return page;
}

static void check_bar(const struct sim_progress *progress, size_t width, const char *expected)
{
    struct buffer out;
    struct page page = page_of(&out, width);

    sim_progress_write_bar(progress, &page);
    assert_string_equal(buffer_text(&out), expected);
    CHECK(server_text_cells(expected) <= width);
    buffer_finish(&out);
}

static void the_bar_fits_one_line(void **state)
{
    struct sim_progress progress = running();

    (void)state;
    check_bar(&progress, 79,
              "drift #7 [####------]  35% 42s, 1m18s left  score 0.48  inactive  210 sent");
    check_bar(&progress, 40, "drift #7 [####------]  35% 42s, 1m18s...");
    progress.score = (double)NAN;
    progress.simulation.progress = (double)NAN;
    progress.simulation.ends_by_ms = 0;
    progress.simulation.n_failed = 3;
    check_bar(&progress, 79, "drift #7  42s  score -  inactive  210 sent, 3 failed");
    progress.simulation.state = SIMULATION_FINISHED;
    progress.waits_for_delivery = true;
    check_bar(&progress, 79, "drift #7 finished, waiting for the notification  score -");
    progress.silent_for_ms = 4200;
    check_bar(&progress, 79, "drift #7 no answer from the operations API for 4s");
    progress.silent_for_ms = 0;
    progress.waits_for_delivery = false;
    progress.waits_for_clear = true;
    check_bar(&progress, 79, "drift #7 finished, waiting for MLModelDriftHigh to clear  score -");
}

static void check_changes(const struct sim_progress *before,
                          const struct sim_progress *after,
                          const char *expected)
{
    struct buffer out;
    struct page page = page_of(&out, 80);

    sim_progress_write_changes(before, after, START_MS + 60000, &page);
    assert_string_equal(buffer_text(&out), expected);
    buffer_finish(&out);
}

static void a_change_is_one_line_and_no_change_is_none(void **state)
{
    struct sim_progress before = running(), after = running();

    (void)state;
    after.simulation.n_sent = 300;
    after.simulation.elapsed_ms = 60000;
    after.score = 0.49;
    before.simulation.alert_state = SIMULATION_ALERT_UNKNOWN;
    check_changes(&before, &after, "");
    CHECK(sim_progress_take_score(&after, 0.53, START_MS + 55000));
    after.simulation.alert_state = SIMULATION_ALERT_PENDING;
    check_changes(&before, &after,
                  "21:45:55  drift score 0.53, over 0.5\n21:46:00  MLModelDriftHigh pending\n");
    before = after;
    after.simulation.alert_state = SIMULATION_ALERT_FIRING;
    after.simulation.state = SIMULATION_FINISHED;
    after.simulation.ended_at_ms = START_MS + 59000;
    (void)snprintf(after.simulation.reason, sizeof(after.simulation.reason), "its alert fired");
    after.simulation.delivered_at_ms = START_MS + 61000;
    after.cleared_at_ms = START_MS + 62000;
    check_changes(&before, &after,
                  "21:46:00  MLModelDriftHigh firing\n"
                  "21:45:59  drift #7 finished: its alert fired\n"
                  "21:46:01  Alertmanager has delivered the notification\n"
                  "21:46:02  MLModelDriftHigh cleared\n");
    before = after = running();
    after.silent_for_ms = 500;
    check_changes(&before, &after, "21:46:00  the operations API does not answer\n");
    check_changes(&after, &before, "21:46:00  the operations API answers again\n");
    before = after = running();
    after.simulation.n_failed = 1;
    check_changes(&before, &after, "21:46:00  requests fail: the server does not say why\n");
}

static void the_first_score_over_the_limit_counts_once(void **state)
{
    struct sim_progress progress = running();

    (void)state;
    CHECK(!sim_progress_take_score(&progress, 0.9, START_MS - 1)); /* from before the run */
    CHECK(!sim_progress_take_score(&progress, 0.5, START_MS + 1000));
    CHECK(!sim_progress_take_score(&progress, (double)NAN, START_MS + 2000));
    CHECK(progress.score_over_at_ms == 0);
    CHECK(sim_progress_take_score(&progress, 0.51, START_MS + 3000));
    CHECK(!sim_progress_take_score(&progress, 0.6, START_MS + 4000));
    CHECK(progress.score_over_at_ms == START_MS + 3000 && progress.score == 0.6);
}

static void the_end_lists_its_times(void **state)
{
    struct sim_progress progress = running();
    struct buffer out;
    struct page page = page_of(&out, 80);

    (void)state;
    progress.simulation.state = SIMULATION_FINISHED;
    progress.simulation.pending_at_ms = START_MS + 35000;
    progress.simulation.firing_at_ms = START_MS + 335000;
    progress.simulation.ended_at_ms = START_MS + 335500;
    progress.score_over_at_ms = START_MS + 22000;
    sim_progress_write_end(&progress, &page);
    assert_string_equal(buffer_text(&out), "drift #7 finished\n"
                                           "  started           21:45:00\n"
                                           "  score over 0.5    21:45:22  +22s\n"
                                           "  pending           21:45:35  +35s\n"
                                           "  firing            21:50:35  +5m35s\n"
                                           "  delivered         -\n"
                                           "  ended             21:50:35  +5m35s\n"
                                           "  210 requests sent, 0 failed\n");
    buffer_finish(&out);
}

static void the_exit_code_says_whether_it_did_what_it_was_for(void **state)
{
    static const struct {
        const char *until;
        int64_t firing_at_ms;
        enum simulation_state state;
        int code;
    } cases[] = {
        {"alert", 1, SIMULATION_FINISHED, 0},    {"alert", 0, SIMULATION_FAILED, 1},
        {"alert", 0, SIMULATION_STOPPED, 1},     {"alert", 1, SIMULATION_STOPPED, 0},
        {"duration", 0, SIMULATION_FINISHED, 0}, {"duration", 1, SIMULATION_STOPPED, 1},
        {"alert", 0, SIMULATION_INTERRUPTED, 1}, {"duration", 0, SIMULATION_INTERRUPTED, 1},
        {"alert", 0, SIMULATION_FINISHED, 0}, /* it was firing before: the server took the time */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim_progress progress = running();

        (void)snprintf(progress.simulation.until, sizeof(progress.simulation.until), "%s",
                       cases[i].until);
        progress.simulation.state = cases[i].state;
        progress.simulation.firing_at_ms = cases[i].firing_at_ms;
        assert_int_equal(sim_progress_exit_code(&progress), cases[i].code);
    }
}

static void lists_and_status_name_what_matters(void **state)
{
    struct sim_progress progress = running();
    struct buffer out;
    struct page page = page_of(&out, 80);

    (void)state;
    sim_write_line(&progress.simulation, &page);
    assert_string_equal(buffer_text(&out), "#7    drift          running     21:45:00  42s     "
                                           "MLModelDriftHigh inactive\n");
    buffer_clear(&out);
    sim_write_status(&progress.simulation, &page);
    assert_string_equal(buffer_text(&out),
                        "drift #7 running\n"
                        "  parameters        amount=0.8\n"
                        "  until             alert\n"
                        "  alert             MLModelDriftHigh inactive\n"
                        "  started           21:45:00\n"
                        "  pending           -\n"
                        "  firing            -\n"
                        "  delivered         -\n"
                        "  resolved          -\n"
                        "  ends by           21:47:00  +2m00s\n"
                        "  requests          210 sent, 210 succeeded, 0 failed\n");
    buffer_finish(&out);
}

static void only_a_drift_has_a_drift_score(void **state)
{
    struct sim_progress progress = running();
    struct buffer out;
    struct page page = page_of(&out, 80);

    (void)state;
    CHECK(sim_progress_has_score(&progress));
    (void)snprintf(progress.simulation.kind, sizeof(progress.simulation.kind), "rag");
    CHECK(!sim_progress_has_score(&progress));
    sim_progress_write_bar(&progress, &page);
    sim_progress_write_end(&progress, &page);
    CHECK(!strstr(buffer_text(&out), "score"));
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_a_drift_has_a_drift_score),
        TEST(the_bar_fits_one_line),
        TEST(a_change_is_one_line_and_no_change_is_none),
        TEST(the_first_score_over_the_limit_counts_once),
        TEST(the_end_lists_its_times),
        TEST(the_exit_code_says_whether_it_did_what_it_was_for),
        TEST(lists_and_status_name_what_matters),
    };

    return cmocka_run_group_tests_name("sim-progress", tests, NULL, NULL);
}
