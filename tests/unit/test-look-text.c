#include "test.h"

#include "common/json.h"
#include "look_case.h"
#include "tui/command/look_text.h"
#include "tui/text/server_text.h"

#include <stdbool.h>

/* Screens of --once against the files of tests/golden/once. TW_GOLDEN_UPDATE=1 writes them anew
 * (tests/golden/update.sh). */

#define RUNNING(id, kind, progress, alert)                                                         \
    "{\"id\":" id ",\"kind\":\"" kind "\",\"state\":\"running\",\"started_at_ms\":1795470258000,"  \
    "\"ends_by_ms\":1795470378000,\"requests\":{\"sent\":210,\"succeeded\":209,\"failed\":1},"     \
    "\"progress\":" progress ",\"alert\":" alert "}"
#define EVENT(id, kind, subject, detail)                                                           \
    "{\"id\":" id ",\"at_ms\":1795470290000,\"kind\":\"" kind "\",\"subject\":\"" subject          \
    "\",\"detail\":" detail "}"

static const char *const urls[N_LOOK_SOURCES] = {"http://127.0.0.1:9090", "http://127.0.0.1:9093",
                                                 "http://127.0.0.1:8003"};

static const struct {
    const char *name;
    struct look_case answers;
} screens[] = {
    {"ok", {CASE_QUIET}},
    {"drift",
     {
         .query = VECTOR(
             SAMPLE("drift", "0.8231") "," SAMPLE("samples", "200") "," SAMPLE("predictions", "7.1") "," SAMPLE("p95", "0.00231") "," SAMPLE(
                 "errors",
                 "0.0041") "," SAMPLE("realized",
                                      "0.702") "," SAMPLE("trained",
                                                          "0.874") "," SAMPLE("labels",
                                                                              "320") "," SAMPLE("drift_age",
                                                                                                "0.6") "," SAMPLE("predictions_age",
                                                                                                                  "0.6") "," SAMPLE("feedback_age", "0.6") "," SAMPLE("up_age", "0.6") "," FEATURE("ticket_length",
                                                                                                                                                                                                   "0.97") "," FEATURE("urgency_keywords", "0.91") "," FEATURE("business_impact", "0.27") "," FEATURE("customer_tier",
                                                                                                                                                                                                                                                                                                      "0.11") "," UP("ml-api",
                                                                                                                                                                                                                                                                                                                     "127.0.0.1:8000",
                                                                                                                                                                                                                                                                                                                     "1") "," UP("llm-rag-api",
                                                                                                                                                                                                                                                                                                                                 "127.0.0.1:8001",
                                                                                                                                                                                                                                                                                                                                 "0")),
         .alerts = ALERTS(ALERT(
             "MLModelDriftHigh",
             "critical",
             "firing",
             "2026-11-23T21:40:48Z") ","
                                     "{\"labels\":{\"alertname\":\"MLFeatureDrift\",\"feature_name\":\"ticket_length\","
                                     "\"service\":\"ml-api\",\"severity\":\"info\"},\"state\":\"pending\"}," ALERT(
                                         "APIDown",
                                         "critical",
                                         "pending",
                                         "2026-11-23T21:44:50Z") "," ALERT("MLAccuracyLow",
                                                                           "warning",
                                                                           "firing",
                                                                           "2026-11-23T19:40:00Z") "," ALERT("MLFeatureDrift",
                                                                                                             "info",
                                                                                                             "firing",
                                                                                                             "2026-11-21T21:40:48Z") "," WATCHDOG_FIRING),
         .targets =
             "{\"status\":\"success\",\"data\":{\"activeTargets\":[{\"labels\":{\"job\":"
             "\"ml-api\",\"instance\":\"127.0.0.1:8000\"},\"scrapeInterval\":\"1s\"},"
             "{\"labels\":{\"job\":\"llm-rag-api\",\"instance\":\"127.0.0.1:8001\"},"
             "\"lastError\":\"Get \\\"http://127.0.0.1:8001/metrics\\\": dial tcp 127.0.0.1:8001: connect: "
             "connection refused\"}]}}",
         .delivered = "[" DELIVERED("MLModelDriftHigh", "critical", "active", "") "," DELIVERED(
             "MLAccuracyLow",
             "warning",
             "suppressed",
             "\"3f2a\"") "," DELIVERED("Theirs", "warning", "active", "") "," WATCHDOG_DELIVERED
                                                                          "]",
         .health = "{\"fast_alerts\":true}",
         .simulations = "{\"simulations\":[" RUNNING(
             "7",
             "drift",
             "0.35",
             "{\"name\":\"MLModelDriftHigh\",\"state\":\"firing\"}") "," RUNNING("3",
                                                                                 "baseline",
                                                                                 "null",
                                                                                 "null") "]}",
         .events = "{\"events\":[" EVENT(
             "12",
             "alert_firing",
             "MLModelDriftHigh",
             "{\"severity\":\"critical\"}") "," EVENT("11",
                                                      "simulation_started",
                                                      "drift #7",
                                                      "{\"amount\":0.8,\"rate\":5}") "]}",
     }},
    {"quality",
     {
         .query = VECTOR(QUIET_SAMPLES "," BAD_QUALITY_SAMPLES),
         .alerts = ALERTS(WATCHDOG_FIRING "," ALERT(
             "LLMHallucinationCritical", "critical", "firing", "2026-11-23T21:40:48Z")),
         .targets = TARGET_LIST,
         .delivered = "[" WATCHDOG_DELIVERED
                      "," DELIVERED("LLMHallucinationCritical", "critical", "active", "") "]",
         .health = "{\"fast_alerts\":false}",
         .simulations = "{\"simulations\":[]}",
         .events = "{\"events\":[]}",
     }},
    {"fresh-start",
     {
         .query = VECTOR(SAMPLE("samples", "34") "," SAMPLE("predictions", "0") "," SAMPLE(
             "p95", "NaN") "," SAMPLE("errors",
                                      "NaN") "," SAMPLE("trained",
                                                        "0.874") "," SAMPLE("up_age",
                                                                            "9.9") "," UP_ALL),
         .alerts = ALERTS(WATCHDOG_FIRING),
         .targets = TARGET_LIST,
         .delivered = "[" WATCHDOG_DELIVERED "]",
         .health = "{}",
         .simulations = "{\"simulations\":[]}",
         .events = "{\"events\":[]}",
     }},
    {"stale",
     {
         .query = VECTOR(QUIET_SAMPLES "," SAMPLE("drift_age", "95") "," SAMPLE(
             "predictions_age", "95") "," SAMPLE("feedback_age", "95") "," SAMPLE("up_age", "95")),
         .alerts = ALERTS(""),
         .rules = RULES(RULE("Watchdog")),
         .targets = TARGET_LIST,
         .health = "{\"fast_alerts\":false}",
         .simulations = "{\"simulations\":[]}",
         .events = "{}",
     }},
    {"nothing-answers", {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL}},
    {"hostile",
     {
         .query = VECTOR(
             SAMPLE("drift", "-Inf") "," SAMPLE("samples", "1e300") "," SAMPLE("predictions", "-7e300") "," SAMPLE(
                 "p95",
                 "1e308") "," FEATURE("\\u001b[2J\\u202e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
                                      "7") "," UP("ml-api",
                                                  "a-very-long-host-name.of-an-even-longer.example.org:8000",
                                                  "0")),
         .alerts = ALERTS(ALERT(
             "\\u001b]0;title\\u0007\xe3\x82\xa2\xe3\x83\xa9\xe3\x83\xbc\xe3\x83\x88",
             "page",
             "firing",
             "9999-12-31T23:59:59Z") "," ALERT("AnAlertWhoseNameIsMuchLongerThanItsColumnCanHold",
                                               "critical",
                                               "firing",
                                               "0001-01-01T00:00:00Z")),
         .rules = RULES(RULE("Watchdog")),
         .targets = "{\"status\":\"success\",\"data\":{\"activeTargets\":[]}}",
         .delivered = "[]",
         .health = "[]",
         .simulations = "{\"simulations\":[" RUNNING(
             "9007199254740991", "\\u009bkind-with-a-long-name", "1", "[]") "]}",
         .events = "{\"events\":[" EVENT(
             "1", "a\\nb", "\\u001b[31mred", "{\"k\":\"\\u001b[0m\",\"n\":[1,\"x\"]}") "]}",
     }},
};

static void render(size_t i, struct page_style style, struct buffer *out)
{
    struct page page = {.out = out, .style = style};
    struct look look;

    look_of_case(&look, &screens[i].answers);
    look_write_text(&look, urls, &page);
    CHECK(!out->failed);
    look_finish(&look);
}

static void check_lines(const char *screen, size_t width)
{
    while (*screen) {
        size_t len = strcspn(screen, "\n");
        char line[1024];

        assert_true(len < sizeof(line));
        memcpy(line, screen, len);
        line[len] = '\0';
        if (server_text_cells(line) > width)
            fail_msg("over %zu cells: %s", width, line);
        for (size_t i = 0; i < len; i++)
            CHECK((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
        screen += len + 1;
    }
}

static void check_golden(const char *name, const char *text)
{
    char path[512], golden[16384];
    FILE *file;
    size_t len;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    (void)snprintf(path, sizeof(path), "%s/tests/golden/once/%s.txt", getenv("TW_SOURCE_ROOT"),
                   name);
    if (getenv("TW_GOLDEN_UPDATE")) { /* NOLINT(concurrency-mt-unsafe) */
        file = fopen(path, "we");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        return;
    }
    file = fopen(path, "re");
    if (!file)
        fail_msg("there is no %s", path);
    len = fread(golden, 1, sizeof(golden) - 1, file);
    golden[len] = '\0';
    (void)fclose(file);
    if (strcmp(text, golden) != 0)
        fail_msg("%s differs; it should be\n%s\nand is\n%s", name, golden, text);
}

static void every_screen_is_as_agreed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(screens); i++)
        for (int is_utf8 = 0; is_utf8 < 2; is_utf8++) {
            struct page_style style = {.is_utf8 = is_utf8, .width = 80};
            struct buffer out;
            char name[64];

            buffer_init(&out, 16384);
            render(i, style, &out);
            check_lines(buffer_text(&out), 80);
            (void)snprintf(name, sizeof(name), "%s.%s", screens[i].name,
                           is_utf8 ? "utf8" : "ascii");
            check_golden(name, buffer_text(&out));
            buffer_finish(&out);
        }
}

static void ascii_is_ascii(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(screens); i++) {
        struct page_style style = {.is_utf8 = false, .width = 80};
        struct buffer out;

        buffer_init(&out, 16384);
        render(i, style, &out);
        for (size_t at = 0; at < out.len; at++)
            CHECK((unsigned char)out.data[at] < 0x80);
        buffer_finish(&out);
    }
}

static void narrow_screens_are_cut_not_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(screens); i++)
        for (size_t width = 1; width <= 80; width += 13) {
            struct page_style style = {.is_utf8 = true, .width = width};
            struct buffer out;

            buffer_init(&out, 16384);
            render(i, style, &out);
            check_lines(buffer_text(&out), width);
            buffer_finish(&out);
        }
}

static void colours_add_nothing_but_colours(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(screens); i++) {
        struct page_style style = {.is_utf8 = true, .width = 80};
        struct buffer plain, coloured;
        size_t used = 0;

        buffer_init(&plain, 16384);
        buffer_init(&coloured, 32768);
        render(i, style, &plain);
        style.has_colour = true;
        render(i, style, &coloured);
        CHECK(coloured.len > plain.len);
        for (size_t at = 0; at < coloured.len; at++) {
            if (coloured.data[at] == '\x1b')
                at += strcspn(coloured.data + at, "m");
            else
                coloured.data[used++] = coloured.data[at];
        }
        coloured.data[used] = '\0';
        /* What a colour begins and ends around may end in blanks. */
        CHECK(used >= plain.len);
        CHECK(strncmp(coloured.data, plain.data, 20) == 0);
        buffer_finish(&plain);
        buffer_finish(&coloured);
    }
}

static void json_of_every_screen_is_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(screens); i++) {
        CLEANUP(json_freep) struct json *json = NULL;
        struct buffer out;
        struct look look;
        struct tw_error err;

        buffer_init(&out, 65536);
        look_of_case(&look, &screens[i].answers);
        look_write_json(&look, urls, &out);
        CHECK(!out.failed);
        if (json_parse(out.data, out.len, &json, &err) < 0)
            fail_msg("%s: %s", screens[i].name, err.message);
        CHECK(json_number(json_get(json, "exit_code"), -1) == (double)look.verdict);
        assert_string_equal(json_string(json_get(json, "verdict")),
                            look_verdict_name(look.verdict));
        CHECK(json_count(json_get(json, "alerts")) == look.n_alerts);
        CHECK(json_count(json_get(json, "model")) == LOOK_FIRST_QUALITY + 1);
        CHECK(json_count(json_get(json, "quality")) == N_LOOK_READINGS - LOOK_FIRST_QUALITY + 1);
        for (size_t at = 0; at + 1 < out.len; at++)
            CHECK((unsigned char)out.data[at] >= 0x20);
        look_finish(&look);
        buffer_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_screen_is_as_agreed),         TEST(ascii_is_ascii),
        TEST(narrow_screens_are_cut_not_broken), TEST(colours_add_nothing_but_colours),
        TEST(json_of_every_screen_is_read_back),
    };

    return cmocka_run_group_tests_name("look-text", tests, NULL, NULL);
}
