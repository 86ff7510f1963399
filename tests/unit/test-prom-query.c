#include "test.h"

#include "common/alloc.h"
#include "reply.h"
#include "tui/data/prom_matrix.h"
#include "tui/data/prom_query.h"

#include <math.h>
#include <stdbool.h>

static void selectors_are_found_and_nothing_else(void **state)
{
    static const struct {
        const char *expr, *found; /* one a line */
    } cases[] = {
        {"up", "up\n"},
        {"max(ml_data_drift_score)", "ml_data_drift_score\n"},
        {"histogram_quantile(0.95, sum by (le, job) (rate(a_bucket{x=~\"}\\\"\"}[5m])))",
         "a_bucket{x=~\"}\\\"\"}\n"},
        {"sum(x) by (job) / on (job) group_left (y) z offset 5m", "x\nz\n"},
        {"a and b unless c or a", "a\nb\nc\n"},
        {"{__name__=\"x\"} > bool 5e3 + Inf - 0x1f", "{__name__=\"x\"}\n"},
        {"max_over_time(rate(x[5m])[1h:30s]) @ start()", "x\n"},
        {"1 + vector(2) # up\n * time()", ""},
        {"label_replace(x, \"a\", \"$1\", 'b', `up`)", "x\n"},
        {"job:rate:5m {a=\"b\"}", "job:rate:5m {a=\"b\"}\n"},
        {"a{b=\"", "a{b=\"\n"},
        {"", ""},
        {"((", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct prom_selectors selectors;
        char found[256] = "";

        prom_selectors_read(cases[i].expr, &selectors);
        for (size_t k = 0; k < selectors.n; k++)
            (void)snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s\n",
                           selectors.at[k]);
        assert_string_equal(found, cases[i].found);
        prom_selectors_finish(&selectors);
    }
}

static void joint_queries_are_marked_and_told_apart(void **state)
{
    char tw[] = "tw", job[] = "job", api[] = "a";
    static const char *const marks[] = {"12", "", "x", "1x", "-1", "99999999999999999999"};
    struct buffer expr;
    size_t index = 7;

    (void)state;
    buffer_init(&expr, 1000);
    prom_query_join(&expr, 0, "up # c");
    prom_query_join(&expr, 12, "down");
    assert_string_equal(buffer_text(&expr), "label_replace(\nup # c\n,\"tw\",\"0\",\"\",\"\") or "
                                            "label_replace(\ndown\n,\"tw\",\"12\",\"\",\"\")");
    buffer_finish(&expr);
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        struct labels labels = {.n = 2, .at = xcalloc(2, sizeof(struct label))};

        labels.at[0] = (struct label){xstrdup(tw), xstrdup(marks[i])};
        labels.at[1] = (struct label){xstrdup(job), xstrdup(api)};
        CHECK(prom_query_take_index(&labels, &index) == (i == 0));
        CHECK(labels.n == (i == 0 ? 1 : 2));
        assert_string_equal(labels_get(&labels, "job"), "a");
        labels_finish(&labels);
    }
    CHECK(index == 12);
}

static void forms_carry_times_and_what_a_flavour_needs(void **state)
{
    struct time_grid grid = {1795470000000, 30000, 3};
    struct buffer form;

    (void)state;
    buffer_init(&form, 1000);
    prom_query_write_instant("a+b", 1795470000123, 4000, PROM_PROMETHEUS, &form);
    assert_string_equal(buffer_text(&form), "query=a%2Bb&timeout=4000ms&time=1795470000.123");
    buffer_clear(&form);
    prom_query_write_range("a", &grid, 4000, PROM_VICTORIAMETRICS, &form);
    assert_string_equal(buffer_text(&form),
                        "query=a&timeout=4000ms&start=1795470000.000&end=1795470060.000"
                        "&step=30.000&nocache=1&latency_offset=1s");
    buffer_finish(&form);
}

static void servers_are_told_by_their_build(void **state)
{
    static const struct {
        const char *body;
        enum prom_flavour flavour;
        const char *version;
    } cases[] = {
        {"{\"status\":\"success\",\"data\":{\"version\":\"2.42.0+ds\"}}", PROM_PROMETHEUS,
         "2.42.0+ds"},
        {"{\"status\":\"success\",\"data\":{\"version\":\"0.31.0\"}}", PROM_THANOS, "0.31.0"},
        {"{\"status\":\"success\",\"data\":{\"application\":\"Grafana Mimir\",\"version\":\"2.9\"}}",
         PROM_MIMIR, "2.9"},
        {"{\"status\":\"success\",\"data\":{}}", PROM_UNKNOWN, ""},
    };
    struct fetch_reply vector = reply_of(
        200, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}");
    struct fetch_reply scalar = reply_of(
        200, "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]}}");
    struct fetch_reply html = reply_html(200, "<p>");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fetch_reply reply = reply_of(200, cases[i].body);
        enum prom_flavour flavour = N_PROM_FLAVOURS;
        char version[32];

        assert_int_equal(prom_read_build(&reply, &flavour, version, sizeof(version), NULL), 0);
        CHECK(flavour == cases[i].flavour);
        assert_string_equal(version, cases[i].version);
    }
    CHECK(prom_is_vector(&vector) && !prom_is_vector(&scalar) && !prom_is_vector(&html));
}

static void each_flavour_is_told_what_it_needs(void **state)
{
    static const char *const expected[N_PROM_FLAVOURS] = {
        [PROM_UNKNOWN] = "&nocache=1&latency_offset=1s&dedup=true&partial_response=true",
        [PROM_PROMETHEUS] = "",
        [PROM_VICTORIAMETRICS] = "&nocache=1&latency_offset=1s",
        [PROM_THANOS] = "&dedup=true&partial_response=true",
        [PROM_MIMIR] = "",
    };

    (void)state;
    for (int flavour = 0; flavour < N_PROM_FLAVOURS; flavour++) {
        struct buffer out;

        buffer_init(&out, 200);
        prom_flavour_write((enum prom_flavour)flavour, &out);
        assert_string_equal(buffer_text(&out), expected[flavour]);
        buffer_finish(&out);
    }
}

static void what_a_server_does_not_have_is_told_from_what_it_refuses(void **state)
{
    struct fetch_reply lacking[] = {reply_of(404, "404 page not found"), reply_of(405, ""),
                                    reply_of(410, ""), reply_of(501, ""),
                                    reply_of(400, "remoteAddr: \"a\"; unsupported path requested")};
    struct fetch_reply refused[] = {reply_of(200, "unsupported path"),
                                    reply_of(400, "bad query"),
                                    reply_of(401, ""),
                                    reply_of(403, ""),
                                    reply_of(503, ""),
                                    reply_of(0, "")};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lacking); i++)
        CHECK(prom_is_lacking(&lacking[i]));
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        CHECK(!prom_is_lacking(&refused[i]));
    assert_string_equal(prom_lack_text(PROM_VICTORIAMETRICS, PROM_PART_RULES),
                        "alert rules: not from this server (vmalert not set)");
    for (int flavour = 0; flavour < N_PROM_FLAVOURS; flavour++)
        for (int part = 0; part < N_PROM_PARTS; part++)
            CHECK(strstr(prom_lack_text((enum prom_flavour)flavour, (enum prom_part)part),
                         "not from this server"));
}

#define MATRIX(result, more)                                                                       \
    "{\"status\":\"success\"," more "\"data\":{\"resultType\":\"matrix\",\"result\":" result "}}"

static void a_matrix_is_read_with_what_is_odd_in_it(void **state)
{
    struct fetch_reply reply =
        reply_of(200, MATRIX("[{\"metric\":{\"tw\":\"1\"},\"values\":[[10,\"1\"],[20.5,\"NaN\"],"
                             "[30,\"+Inf\"]]},{\"metric\":{},\"values\":[]}]",
                             "\"warnings\":[\"w\"],\"infos\":[\"i\"],\"isPartial\":true,"));
    struct prom_matrix matrix;

    (void)state;
    assert_int_equal(prom_read_matrix(&reply, &matrix, NULL), 0);
    CHECK(matrix.n == 2 && matrix.at[0].n == 3 && matrix.at[1].n == 0);
    CHECK(matrix.at[0].points[0].value == 1 && matrix.at[0].points[1].at_s == 20.5);
    CHECK(isnan(matrix.at[0].points[1].value) && isinf(matrix.at[0].points[2].value));
    CHECK(matrix.warnings.n == 2 && matrix.infos.n == 1);
    CHECK(strstr(matrix.warnings.text[1], "isPartial") != NULL);
    prom_matrix_finish(&matrix);
}

static void hostile_matrices_are_refused(void **state)
{
    static const char *const bad[] = {
        "[]",
        "{\"status\":\"error\",\"data\":{}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
        MATRIX("{}", ""),
        MATRIX("[1]", ""),
        MATRIX("[{\"metric\":{}}]", ""),
        MATRIX("[{\"metric\":{\"a\":1},\"values\":[]}]", ""),
        MATRIX("[{\"metric\":{},\"values\":[[1]]}]", ""),
        MATRIX("[{\"metric\":{},\"values\":[[1,2]]}]", ""),
        MATRIX("[{\"metric\":{},\"values\":[[1,\"2\",3]]}]", ""),
        MATRIX("[{\"metric\":{},\"values\":[[\"1\",\"2\"]]}]", ""),
        MATRIX("[{\"metric\":{},\"values\":[[1,\"0x2\"]]}]", ""),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fetch_reply reply = reply_of(200, bad[i]);
        struct prom_matrix matrix;

        if (prom_read_matrix(&reply, &matrix, NULL) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(selectors_are_found_and_nothing_else),
        TEST(joint_queries_are_marked_and_told_apart),
        TEST(forms_carry_times_and_what_a_flavour_needs),
        TEST(servers_are_told_by_their_build),
        TEST(each_flavour_is_told_what_it_needs),
        TEST(what_a_server_does_not_have_is_told_from_what_it_refuses),
        TEST(a_matrix_is_read_with_what_is_odd_in_it),
        TEST(hostile_matrices_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
