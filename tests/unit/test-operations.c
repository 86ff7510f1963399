#include "test.h"

#include "reply.h"
#include "tui/data/active_faults.h"
#include "tui/data/operations.h"
#include "tui/data/operations_health.h"

#include <math.h>
#include <stdbool.h>

#define RUNNING                                                                                    \
    "{\"id\":7,\"kind\":\"drift\",\"state\":\"running\",\"params\":{\"duration_s\":120,"           \
    "\"amount\":0.8,\"rate\":5,\"features\":[\"ticket_length\",\"customer_tier\"]},"               \
    "\"until\":\"alert\",\"started_at_ms\":1795470300000,\"ends_by_ms\":1795470780000,"            \
    "\"elapsed_ms\":42000,\"requests\":{\"sent\":210,\"succeeded\":209,\"failed\":1},"             \
    "\"progress\":0.35,\"alert\":{\"name\":\"MLModelDriftHigh\",\"state\":\"pending\","            \
    "\"pending_at_ms\":1795470340000,\"firing_at_ms\":null,\"delivered_at_ms\":null},"             \
    "\"ended_at_ms\":null,\"reason\":null}"

static void a_simulation_is_read(void **state)
{
    struct fetch_reply reply = reply_of(202, RUNNING);
    struct simulation simulation;

    (void)state;
    assert_int_equal(operations_read_simulation(&reply, &simulation, NULL), 0);
    CHECK(simulation.id == 7 && simulation.state == SIMULATION_RUNNING);
    assert_string_equal(simulation.kind, "drift");
    assert_string_equal(simulation.until, "alert");
    assert_string_equal(simulation.params,
                        "duration_s=120 amount=0.8 rate=5 features=ticket_length,customer_tier");
    CHECK(simulation.started_at_ms == 1795470300000 && simulation.ended_at_ms == 0);
    CHECK(simulation.n_sent == 210 && simulation.n_failed == 1);
    CHECK(simulation.progress == 0.35);
    assert_string_equal(simulation.alert, "MLModelDriftHigh");
    CHECK(simulation.alert_state == SIMULATION_ALERT_PENDING);
    CHECK(simulation.pending_at_ms == 1795470340000 && simulation.firing_at_ms == 0);
    assert_string_equal(simulation.reason, "");
}

static void baseline_has_no_end_and_no_alert(void **state)
{
    struct fetch_reply reply =
        reply_of(200, "{\"id\":1,\"kind\":\"baseline\",\"state\":\"running\",\"until\":null,"
                      "\"progress\":null,\"alert\":null}");
    struct simulation simulation;

    (void)state;
    assert_int_equal(operations_read_simulation(&reply, &simulation, NULL), 0);
    CHECK(isnan(simulation.progress) && simulation.ends_by_ms == 0);
    assert_string_equal(simulation.alert, "");
    CHECK(simulation.alert_state == SIMULATION_ALERT_UNKNOWN);
}

static void hostile_simulations_are_refused_or_tamed(void **state)
{
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"id\":0,\"kind\":\"a\",\"state\":\"running\"}",
        "{\"id\":-3,\"kind\":\"a\",\"state\":\"running\"}",
        "{\"id\":1e300,\"kind\":\"a\",\"state\":\"running\"}",
        "{\"id\":\"7\",\"kind\":\"a\",\"state\":\"running\"}",
        "{\"id\":7,\"kind\":\"\",\"state\":\"running\"}",
        "{\"id\":7,\"kind\":\"a\",\"state\":\"jumping\"}",
        "{\"id\":7,\"kind\":\"a\"}",
    };
    struct fetch_reply odd =
        reply_of(200, "{\"id\":7,\"kind\":\"\\u001b[31m\",\"state\":\"failed\",\"requests\":[1],"
                      "\"progress\":7,\"started_at_ms\":-1,\"ended_at_ms\":1e19,\"alert\":[],"
                      "\"params\":[1,2],\"reason\":{}}");
    struct simulation simulation;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);

        if (operations_read_simulation(&reply, &simulation, NULL) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_int_equal(operations_read_simulation(&odd, &simulation, NULL), 0);
    assert_string_equal(simulation.kind, "?[31m");
    assert_string_equal(simulation.params, "");
    CHECK(isnan(simulation.progress) && simulation.started_at_ms == 0 &&
          simulation.ended_at_ms == 0 && simulation.n_sent == 0);
}

static void lists_are_read(void **state)
{
    struct fetch_reply reply = reply_of(200, "{\"simulations\":[" RUNNING "]}");
    struct fetch_reply empty = reply_of(200, "{\"simulations\":[]}");
    struct fetch_reply broken = reply_of(200, "{\"simulations\":[" RUNNING ",{}]}");
    struct fetch_reply other = reply_of(200, "{\"events\":[]}");
    struct simulations simulations;

    (void)state;
    assert_int_equal(operations_read_simulations(&reply, &simulations, NULL), 0);
    CHECK(simulations.n == 1 && simulations.at[0].id == 7);
    simulations_finish(&simulations);
    assert_int_equal(operations_read_simulations(&empty, &simulations, NULL), 0);
    CHECK(simulations.n == 0);
    simulations_finish(&simulations);
    assert_int_equal(operations_read_simulations(&broken, &simulations, NULL), -1);
    assert_int_equal(operations_read_simulations(&other, &simulations, NULL), -1);
}

static void events_are_read(void **state)
{
    struct fetch_reply reply = reply_of(
        200,
        "{\"events\":[{\"id\":3,\"at_ms\":1795470300000,\"kind\":\"alert_firing\","
        "\"subject\":\"MLModelDriftHigh\",\"detail\":{\"severity\":\"critical\",\"n\":5992685830000001,"
        "\"ok\":true,\"none\":null,\"deep\":{\"a\":1}}},"
        "{\"kind\":\"odd\",\"subject\":[],\"detail\":7}]}");
    struct fetch_reply bad = reply_of(200, "{\"events\":[{\"id\":3}]}");
    struct events events;

    (void)state;
    assert_int_equal(operations_read_events(&reply, &events, NULL), 0);
    CHECK(events.n == 2 && events.at[0].id == 3 && events.at[0].at_ms == 1795470300000);
    assert_string_equal(events.at[0].subject, "MLModelDriftHigh");
    assert_string_equal(events.at[0].detail,
                        "severity=critical n=5992685830000001 ok=yes none=- deep=...");
    assert_string_equal(events.at[1].subject, "");
    assert_string_equal(events.at[1].detail, "");
    events_finish(&events);
    assert_int_equal(operations_read_events(&bad, &events, NULL), -1);
}

static void health_tells_of_fast_alerts_when_it_does(void **state)
{
    struct fetch_reply fast = reply_of(200, "{\"status\":\"ok\",\"fast_alerts\":true}");
    struct fetch_reply silent = reply_of(200, "{\"status\":\"ok\"}");
    struct fetch_reply list = reply_of(200, "[]");
    bool tells = true, is_fast = true;

    (void)state;
    assert_int_equal(operations_read_health(&silent, &tells, &is_fast, NULL), 0);
    CHECK(!tells && !is_fast);
    assert_int_equal(operations_read_health(&fast, &tells, &is_fast, NULL), 0);
    CHECK(tells && is_fast);
    assert_int_equal(operations_read_health(&list, &tells, &is_fast, NULL), -1);
}

static void health_tells_of_the_game_day_that_runs(void **state)
{
    struct fetch_reply runs =
        reply_of(200, "{\"status\":\"ok\",\"gameday\":{\"id\":3,\"kind\":\"all\",\"step\":\"rag "
                      "empty-kb\",\"phase\":\"detect\",\"at\":5,\"steps\":10}}");
    struct fetch_reply none = reply_of(200, "{\"status\":\"ok\",\"gameday\":null}");
    struct operations_health health;

    (void)state;
    assert_int_equal(operations_health_read(&runs, &health, NULL), 0);
    CHECK(health.gameday.id == 3 && health.gameday.at == 5 && health.gameday.n_steps == 10);
    assert_string_equal(health.gameday.step, "rag empty-kb");
    assert_string_equal(health.gameday.phase, "detect");
    assert_int_equal(operations_health_read(&none, &health, NULL), 0);
    CHECK(health.gameday.id == 0);
}

static void a_start_is_written_as_the_server_reads_it(void **state)
{
    static const struct simulation_number numbers[] = {{"duration_s", 120}, {"amount", 0.8}};
    struct simulation_request request = {.kind = "drift",
                                         .until = "alert",
                                         .idempotency_key = "k1",
                                         .n_numbers = COUNT_OF(numbers),
                                         .numbers = numbers,
                                         .features = "ticket_length,\"odd\""};
    struct buffer body;

    (void)state;
    buffer_init(&body, 1024);
    operations_write_start(&request, &body);
    assert_string_equal(buffer_text(&body),
                        "{\"kind\":\"drift\",\"params\":{\"duration_s\":120,\"amount\":0.8,"
                        "\"features\":[\"ticket_length\",\"\\\"odd\\\"\"]},\"until\":\"alert\","
                        "\"idempotency_key\":\"k1\"}");
    buffer_clear(&body);
    request.features = "all";
    request.until = NULL;
    request.n_numbers = 0;
    operations_write_start(&request, &body);
    assert_string_equal(buffer_text(&body),
                        "{\"kind\":\"drift\",\"params\":{},\"idempotency_key\":\"k1\"}");
    buffer_finish(&body);
}

static void active_faults_are_read_with_their_owner(void **state)
{
    struct fetch_reply reply = reply_of(
        200, "{\"drills_enabled\":true,\"faults\":[{\"name\":\"fabricate\",\"active\":false},"
             "{\"name\":\"delay\",\"active\":true,\"left_ms\":45000,\"delay_ms\":12000,"
             "\"simulation_id\":null},{\"name\":\"outage\",\"active\":true,\"left_ms\":9000,"
             "\"target\":\"ml-api\",\"simulation_id\":7}]}");
    struct active_faults faults;

    (void)state;
    assert_int_equal(active_faults_read(&reply, &faults, NULL), 0);
    assert_int_equal(faults.n, 2);
    assert_string_equal(faults.at[0].name, "delay");
    assert_string_equal(faults.at[0].params, "delay_ms=12000");
    CHECK(faults.at[0].left_ms == 45000 && faults.at[0].simulation_id == 0);
    assert_string_equal(faults.at[1].params, "target=ml-api");
    CHECK(faults.at[1].simulation_id == 7);
}

static void what_is_no_list_of_faults_is_refused(void **state)
{
    static const char *const bodies[] = {"{\"status\":\"ok\"}", "[]", "{\"faults\":{}}",
                                         "{\"faults\":[{\"active\":true}]}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct fetch_reply reply = reply_of(200, bodies[i]);
        struct active_faults faults;
        struct tw_error err;

        assert_int_equal(active_faults_read(&reply, &faults, &err), -1);
        assert_int_equal(err.code, TW_BROKEN);
    }
}

static void more_faults_than_there_are_places_are_not_kept(void **state)
{
    struct buffer body;
    struct fetch_reply reply;
    struct active_faults faults;

    (void)state;
    buffer_init(&body, 4096);
    (void)buffer_puts(&body, "{\"faults\":[");
    for (int i = 0; i < 2 * ACTIVE_FAULTS_MAX; i++)
        (void)buffer_printf(&body, "%s{\"name\":\"f%d\",\"active\":true}", i ? "," : "", i);
    (void)buffer_puts(&body, "]}");
    reply = reply_of(200, buffer_text(&body));
    assert_int_equal(active_faults_read(&reply, &faults, NULL), 0);
    assert_int_equal(faults.n, ACTIVE_FAULTS_MAX);
    buffer_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(active_faults_are_read_with_their_owner),
        TEST(what_is_no_list_of_faults_is_refused),
        TEST(more_faults_than_there_are_places_are_not_kept),
        TEST(a_simulation_is_read),
        TEST(baseline_has_no_end_and_no_alert),
        TEST(hostile_simulations_are_refused_or_tamed),
        TEST(lists_are_read),
        TEST(events_are_read),
        TEST(health_tells_of_fast_alerts_when_it_does),
        TEST(health_tells_of_the_game_day_that_runs),
        TEST(a_start_is_written_as_the_server_reads_it),
    };

    return cmocka_run_group_tests_name("operations", tests, NULL, NULL);
}
