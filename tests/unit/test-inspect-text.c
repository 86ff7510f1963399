#include "test.h"

#include "common/alloc.h"
#include "common/base64.h"
#include "common/buffer.h"
#include "common/json.h"
#include "tui/text/osc52.h"
#include "tui/view/inspect_text.h"

#include <math.h>

#define AT_MS INT64_C(1795420800000) /* 2026-11-23T08:00:00Z */

static char expr_a[] = "rate(x{a='b'}[$__rate_interval])", expr_b[] = "up\n# why\n";

struct bench {
    struct target targets[3];
    struct panel panel;
    struct panel_data data;
    struct dashboard dashboard;
    struct inspect_subject subject;
    struct buffer out;
};

static struct series *add(struct bench *bench, const char *name)
{
    char label_name[] = "job";
    char *value = xstrdup(name);
    struct label label = {label_name, value};
    struct labels labels = {.n = 1, .at = &label};
    struct series *series = series_set_obtain(&bench->data.set, 0, &labels, name);

    free(value);
    return series;
}

static void begin(struct bench *bench)
{
    *bench = (struct bench){
        .targets = {{.expr = expr_a, .is_asked = true},
                    {.expr = expr_a},
                    {.expr = expr_b, .is_asked = true}},
        .panel = {.title = "Drift by feature (5m)", .unit = "s", .n_targets = 3, .decimals = -1},
        .data = {.set = {.grid = {AT_MS, 30000, 3}}, .times = {AT_MS, AT_MS + 60000, 30000, 10000}},
    };
    bench->panel.targets = bench->targets;
    bench->subject = (struct inspect_subject){&bench->dashboard, &bench->panel, &bench->data};
    buffer_init(&bench->out, 1 << 20);
}

static void end(struct bench *bench)
{
    series_set_finish(&bench->data.set);
    buffer_finish(&bench->out);
}

/* ---- Queries ----------------------------------------------------------------------------------- */

static void queries_are_as_they_are_asked(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    inspect_text_queries(&bench.subject, INSPECT_AS_IT_IS, &bench.out);
    assert_string_equal(buffer_text(&bench.out), "rate(x{a='b'}[40s])\n\nup\n# why\n");
    buffer_clear(&bench.out);
    inspect_text_queries(&bench.subject, INSPECT_IN_ONE_LINE, &bench.out);
    assert_string_equal(buffer_text(&bench.out), "rate(x{a='b'}[40s])   up # why ");
    end(&bench);
}

static void curl_gets_what_no_shell_takes_apart(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    inspect_text_curl(&bench.subject, "http://h:9090/a'b", &bench.out);
    CHECK(strncmp(buffer_text(&bench.out),
                  "curl -s 'http://h:9090/a'\\''b/api/v1/query_range' "
                  "--data-urlencode 'query=rate(x{a='\\''b'\\''}[40s])' "
                  "-d start=1795420800 -d end=1795420860 -d step=30\ncurl",
                  strlen("curl -s 'http://h:9090/a'\\''b/api/v1/query_range' "
                         "--data-urlencode 'query=rate(x{a='\\''b'\\''}[40s])' "
                         "-d start=1795420800 -d end=1795420860 -d step=30\ncurl")) == 0);
    end(&bench);
}

static void values_are_of_the_cursors_moment(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    series_put(&bench.data.set, add(&bench, "a"), AT_MS, 0.1);
    series_put(&bench.data.set, add(&bench, "b"), AT_MS + 30000, 2);
    inspect_text_values(&bench.subject, AT_MS, &bench.out);
    assert_string_equal(buffer_text(&bench.out),
                        "2026-11-23T08:00:00.000Z\ta\t0.1\n2026-11-23T08:00:00.000Z\tb\tNaN\n");
    end(&bench);
}

/* ---- Files ------------------------------------------------------------------------------------- */

static void csv_quotes_what_needs_it_and_disarms_formulas(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    series_put(&bench.data.set, add(&bench, "plain"), AT_MS, 0.1);
    series_put(&bench.data.set, add(&bench, "a,\"b\"\r\nc"), AT_MS + 30000, (double)INFINITY);
    series_put(&bench.data.set, add(&bench, "=cmd|' /C calc'!A0"), AT_MS + 60000, -3);
    inspect_text_csv(&bench.subject, &bench.out);
    assert_string_equal(buffer_text(&bench.out),
                        "time,plain,\"a,\"\"b\"\"\r\nc\",\"'=cmd|' /C calc'!A0\"\r\n"
                        "2026-11-23T08:00:00.000Z,0.1,,\r\n"
                        "2026-11-23T08:00:30.000Z,,+Inf,\r\n"
                        "2026-11-23T08:01:00.000Z,,,-3\r\n");
    end(&bench);
}

static void json_reads_back(void **state)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *series, *points;
    struct bench bench;

    (void)state;
    begin(&bench);
    series_put(&bench.data.set, add(&bench, "a\"b"), AT_MS, 0.1);
    series_put(&bench.data.set, &bench.data.set.at[0], AT_MS + 60000, -(double)INFINITY);
    inspect_text_json(&bench.subject, &bench.out);
    assert_int_equal(json_parse(bench.out.data, bench.out.len, &json, NULL), 0);
    assert_string_equal(json_string(json_get(json, "title")), "Drift by feature (5m)");
    CHECK(json_count(json_get(json, "queries")) == 2);
    series = json_first(json_get(json, "series"));
    assert_string_equal(json_string(json_get(series, "name")), "a\"b");
    assert_string_equal(json_string(json_get(json_get(series, "labels"), "job")), "a\"b");
    points = json_get(series, "points");
    CHECK(json_count(points) == 2); /* the gap is left out */
    CHECK(json_number(json_first(json_first(points)), 0) == (double)AT_MS);
    CHECK(json_number(json_next(json_first(json_first(points))), 0) == 0.1);
    assert_string_equal(json_string(json_next(json_first(json_next(json_first(points))))), "-Inf");
    end(&bench);
}

static void file_names_are_plain(void **state)
{
    static const struct {
        const char *title, *name;
    } cases[] = {
        {"Drift by feature (5m)", "tidewatch-drift-by-feature-5m-20261123T080000Z.csv"},
        {"../../etc/passwd", "tidewatch-etc-passwd-20261123T080000Z.csv"},
        {"\xe6\xbc\x82\xe7\xa7\xbb", "tidewatch-panel-20261123T080000Z.csv"},
        {"", "tidewatch-panel-20261123T080000Z.csv"},
    };

    char out[INSPECT_FILE_NAME_SIZE], long_title[300];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        inspect_text_file_name(cases[i].title, AT_MS, 1, "csv", out);
        assert_string_equal(out, cases[i].name);
    }
    inspect_text_file_name("x", AT_MS, 12, "json", out);
    assert_string_equal(out, "tidewatch-x-20261123T080000Z-12.json");
    memset(long_title, 'a', sizeof(long_title) - 1);
    long_title[sizeof(long_title) - 1] = '\0';
    inspect_text_file_name(long_title, AT_MS, 99, "json", out);
    CHECK(strlen(out) <= 120 && strcmp(out + strlen(out) - 8, "-99.json") == 0);
}

/* ---- The clipboard ----------------------------------------------------------------------------- */

static void the_clipboards_sequence_holds_the_text_in_base64(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 1000);
    CHECK(osc52_write("up", 2, false, &out));
    assert_string_equal(buffer_text(&out), "\033]52;c;dXA=\a");
    buffer_clear(&out);
    CHECK(osc52_write("up", 2, true, &out));
    assert_string_equal(buffer_text(&out), "\033]52;c;dXA=\a\033Ptmux;\033\033]52;c;dXA=\a\033\\");
    buffer_finish(&out);
}

static void what_is_too_long_for_terminals_is_refused(void **state)
{
    CLEANUP(freep) char *text = xcalloc(OSC52_TEXT_MAX + 2, 1);
    struct buffer out;

    (void)state;
    memset(text, 'x', OSC52_TEXT_MAX + 1);
    buffer_init(&out, 200000);
    CHECK(!osc52_write(text, OSC52_TEXT_MAX + 1, false, &out));
    CHECK(out.len == 0);
    CHECK(osc52_write(text, OSC52_TEXT_MAX, false, &out));
    CHECK(!out.failed && BASE64_LEN((size_t)OSC52_TEXT_MAX) <= OSC52_BASE64_MAX);
    buffer_finish(&out);
}

static void terminals_without_a_clipboard_are_known(void **state)
{
    (void)state;
    CHECK(osc52_is_known("xterm-256color") && osc52_is_known("tmux-256color") &&
          osc52_is_known("screen"));
    CHECK(!osc52_is_known("linux") && !osc52_is_known("vt100") && !osc52_is_known("dumb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(queries_are_as_they_are_asked),
        TEST(curl_gets_what_no_shell_takes_apart),
        TEST(values_are_of_the_cursors_moment),
        TEST(csv_quotes_what_needs_it_and_disarms_formulas),
        TEST(json_reads_back),
        TEST(file_names_are_plain),
        TEST(the_clipboards_sequence_holds_the_text_in_base64),
        TEST(what_is_too_long_for_terminals_is_refused),
        TEST(terminals_without_a_clipboard_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
