#include "test.h"

#include "reply.h"
#include "tui/data/gameday_report.h"

#include <stdbool.h>

#define STEP(name, phase, result, more)                                                            \
    "{\"name\":\"" name "\",\"alert\":\"APIDown\",\"alert_state\":\"pending\",\"phase\":\"" phase  \
    "\",\"result\":" result ",\"started_at_ms\":1795470300000," more                               \
    "\"limits\":{\"detect_ms\":33000,\"notify_ms\":36000,\"clear_ms\":30000,\"resolve_ms\":35000}}"
#define OUTAGE(state, steps)                                                                       \
    "{\"id\":3,\"kind\":\"outage\",\"state\":\"" state "\",\"fast_alerts\":true,"                  \
    "\"started_at_ms\":1795470300000,\"ended_at_ms\":null,\"elapsed_ms\":12000,"                   \
    "\"reason\":null,\"steps\":[" steps "]}"
#define INJECTING "\"injected_at_ms\":1795470302000,"
#define FIRED                                                                                      \
    INJECTING "\"firing_at_ms\":1795470307000,\"delivered_at_ms\":1795470308000,"                  \
              "\"detect_ms\":5000,\"notify_ms\":1000,"
#define DONE                                                                                       \
    FIRED "\"stopped_at_ms\":1795470308000,\"cleared_at_ms\":1795470310000,"                       \
          "\"resolved_at_ms\":1795470311000,\"clear_ms\":2000,\"resolve_ms\":1000,"                \
          "\"ended_at_ms\":1795470311000,"
#define WAITING STEP("outage llm-rag-api", "waiting", "null", "")

static struct gameday read(const char *body)
{
    struct fetch_reply reply = reply_of(200, body);
    struct gameday gameday;
    struct tw_error err = {0};

    if (gameday_read(&reply, &gameday, &err) < 0)
        fail_msg("%s", err.message);
    return gameday;
}

static struct gameday running(void)
{
    return read(OUTAGE("running", STEP("outage ml-api", "detect", "null", INJECTING) "," WAITING));
}

static struct gameday one_failed(void)
{
    return read(OUTAGE(
        "failed", STEP("outage ml-api", "over", "\"passed\"", DONE) "," STEP(
                      "outage <llm>", "over", "\"failed\"",
                      INJECTING "\"reason\":\"APIDown did not fire within 33 s & \\\"so on\\\"\","
                                "\"ended_at_ms\":1795470344000,")));
}

static struct page page_of(struct buffer *out)
{
    struct page page = {.out = out, .style = {.is_utf8 = false, .width = 100}};

    buffer_init(out, 65536);
    return page;
}

static void check(struct buffer *owned_out, const char *expected)
{
    assert_string_equal(buffer_text(owned_out), expected);
    buffer_finish(owned_out);
}

static void a_game_day_is_read(void **state)
{
    struct gameday g = running();

    (void)state;
    CHECK(g.id == 3 && g.state == GAMEDAY_RUNNING && g.fast_alerts && g.n_steps == 2);
    CHECK(g.steps[0].phase == GAMEDAY_DETECT && g.steps[0].detect_ms == -1);
    CHECK(g.steps[0].limit_ms[GAMEDAY_DETECT] == 33000 && g.steps[1].phase == GAMEDAY_WAITING);
    g = one_failed();
    CHECK(g.steps[0].result == GAMEDAY_STEP_PASSED && g.steps[0].clear_ms == 2000);
    CHECK(gameday_count(&g, GAMEDAY_STEP_FAILED) == 1);
}

static void what_is_no_game_day_is_refused(void **state)
{
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"id\":1,\"kind\":\"all\",\"state\":\"running\"}",
        "{\"id\":1,\"kind\":\"all\",\"state\":\"dancing\",\"steps\":[]}",
        "{\"id\":0,\"kind\":\"all\",\"state\":\"running\",\"steps\":[]}",
        "{\"id\":1,\"kind\":\"all\",\"state\":\"running\",\"steps\":[{}]}",
        "{\"id\":1,\"kind\":\"all\",\"state\":\"running\",\"steps\":[{\"name\":\"a\",\"phase\":"
        "\"x\"}]}",
        "{\"id\":1,\"kind\":\"all\",\"state\":\"running\",\"steps\":[0,1,2,3,4,5,6,7,8,9,0,1,2,3,"
        "4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9]}",
    };
    struct fetch_reply list = reply_of(200, "{\"gamedays\":[" OUTAGE("passed", "") ",{}]}");
    struct gameday gameday;
    struct gamedays gamedays;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);

        if (gameday_read(&reply, &gameday, NULL) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
    CHECK(gamedays_read(&list, &gamedays, NULL) < 0);
    list = reply_of(200, "{\"gamedays\":[" OUTAGE("passed", "") "]}");
    CHECK(gamedays_read(&list, &gamedays, NULL) == 0 && gamedays.n == 1);
    gamedays_finish(&gamedays);
}

static void the_bar_tells_the_step_at_hand(void **state)
{
    struct gameday g = running();
    struct buffer out;
    struct page page = page_of(&out);

    (void)state;
    gameday_write_bar(&g, &page);
    check(&out, "[1/2] outage ml-api  injects, waits for APIDown  10s of 33s  pending");
}

static void changes_are_told_once_in_order(void **state)
{
    struct gameday before = running(), after = one_failed();
    struct buffer out;
    struct page page = page_of(&out);

    (void)state;
    gameday_write_changes(&before, &before, true, &page);
    check(&out, "");
    page = page_of(&out);
    gameday_write_changes(&before, &after, true, &page);
    check(&out, "21:45:07  outage ml-api: the alert fires after 5s\n"
                "21:45:08  outage ml-api: Alertmanager has delivered it after 1s\n"
                "21:45:08  outage ml-api: the injection has ended\n"
                "21:45:10  outage ml-api: the alert has cleared after 2s\n"
                "21:45:11  outage ml-api: Alertmanager has delivered that after 1s\n"
                "21:45:11  outage ml-api: passed\n"
                "21:45:02  outage <llm>: injects\n"
                "21:45:44  outage <llm>: APIDown did not fire within 33 s & \"so on\"\n");
    page = page_of(&out);
    gameday_write_changes(&before, &after, false, &page);
    check(&out, "outage ml-api            APIDown                  5s     1s     2s     passed\n"
                "outage <llm>             APIDown                  -      -      -      FAILED\n");
}

static void the_table_has_times_results_and_reasons(void **state)
{
    struct gameday g = one_failed();
    struct buffer out;
    struct page page = page_of(&out);

    (void)state;
    gameday_write_table(&g, &page);
    check(&out, "step                     alert                    detect notify clear  result\n"
                "outage ml-api            APIDown                  5s     1s     2s     passed\n"
                "outage <llm>             APIDown                  -      -      -      FAILED\n"
                "outage <llm>: APIDown did not fire within 33 s & \"so on\"\n"
                "game day #3 outage failed: 1 of 2 steps passed, in 12s\n");
}

static void the_table_of_one_that_was_cut_off_says_so(void **state)
{
    struct gameday g =
        read(OUTAGE("interrupted", STEP("outage ml-api", "detect", "null", INJECTING) "," WAITING));
    struct buffer out;
    struct page page = page_of(&out);

    (void)state;
    gameday_write_table(&g, &page);
    CHECK(strstr(buffer_text(&out), "-      -      -      cut off\n"));
    CHECK(strstr(buffer_text(&out), "-      -      -      not run\n"));
    buffer_finish(&out);
}

static void junit_has_a_case_per_step_with_its_failure(void **state)
{
    struct gameday g = one_failed();
    struct buffer out;

    (void)state;
    buffer_init(&out, 65536);
    gameday_write_junit(&g, "outage", &out);
    check(&out,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
          "  <testsuite name=\"tidewatch gameday outage\" tests=\"2\" failures=\"1\" errors=\"0\" "
          "skipped=\"0\" time=\"12.000\" timestamp=\"2026-11-23T21:45:00\">\n"
          "    <testcase classname=\"tidewatch.gameday\" name=\"outage ml-api\" time=\"11.000\">\n"
          "      <system-out>alert: APIDown\ndetect: 5.000 s\nnotify: 1.000 s\nclear: 2.000 s\n"
          "resolve: 1.000 s\n</system-out>\n    </testcase>\n"
          "    <testcase classname=\"tidewatch.gameday\" name=\"outage &lt;llm&gt;\" "
          "time=\"44.000\">\n"
          "      <failure message=\"APIDown did not fire within 33 s &amp; &quot;so on&quot;\"/>\n"
          "      <system-out>alert: APIDown\n</system-out>\n    </testcase>\n"
          "  </testsuite>\n</testsuites>\n");
}

static void junit_of_one_that_was_stopped_is_no_success(void **state)
{
    struct gameday g = read(OUTAGE("stopped", STEP("outage ml-api", "detect", "\"stopped\"",
                                                   "\"reason\":\"stopped\",") "," WAITING));
    struct buffer out;

    (void)state;
    buffer_init(&out, 65536);
    gameday_write_junit(&g, "outage", &out);
    CHECK(strstr(buffer_text(&out), "failures=\"0\" errors=\"1\" skipped=\"1\""));
    CHECK(strstr(buffer_text(&out), "<error message=\"stopped\"/>"));
    CHECK(strstr(buffer_text(&out), "<skipped message=\"it did not come to its end\"/>"));
    buffer_clear(&out);
    gameday_write_junit(NULL, "all", &out);
    CHECK(strstr(buffer_text(&out), "tests=\"1\" failures=\"0\" errors=\"1\""));
    buffer_finish(&out);
}

static void what_runs_is_told_by_its_phase_and_a_narrow_page_has_no_alerts(void **state)
{
    struct gameday gameday = running();
    struct buffer out;
    struct page page = page_of(&out);

    (void)state;
    page.style.width = 50;
    gameday_write_table(&gameday, &page);
    check(&out, "step                  detect notify clear  result\n"
                "outage ml-api         -      -      -      detect\n"
                "outage llm-rag-api    -      -      -      -\n"
                "game day #3 outage running: 0 of 2 steps passed...\n");
}

static void a_start_is_written_as_the_server_reads_it(void **state)
{
    const struct gameday_request request = {"rag", "k1", true};
    struct buffer out;

    (void)state;
    buffer_init(&out, 256);
    gameday_write_start(&request, &out);
    check(&out, "{\"kind\":\"rag\",\"wait_resolved\":false,\"idempotency_key\":\"k1\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_runs_is_told_by_its_phase_and_a_narrow_page_has_no_alerts),
        TEST(a_start_is_written_as_the_server_reads_it),
        TEST(a_game_day_is_read),
        TEST(what_is_no_game_day_is_refused),
        TEST(the_bar_tells_the_step_at_hand),
        TEST(changes_are_told_once_in_order),
        TEST(the_table_has_times_results_and_reasons),
        TEST(the_table_of_one_that_was_cut_off_says_so),
        TEST(junit_has_a_case_per_step_with_its_failure),
        TEST(junit_of_one_that_was_stopped_is_no_success),
    };

    return cmocka_run_group_tests_name("gameday-report", tests, NULL, NULL);
}
