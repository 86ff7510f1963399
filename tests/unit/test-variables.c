#include "dashboard_case.h"

#include "common/alloc.h"
#include "common/fetch.h"
#include "tui/board/variable_query.h"
#include "tui/text/pattern.h"

/* The variables of a dashboard: what is asked for, what can be chosen, and what comes of a choice. */

#define CHAIN                                                                                          \
    "{\"templating\":{\"list\":["                                                                      \
    "{\"name\":\"node\",\"type\":\"query\",\"query\":{\"query\":\"label_values(up{job=\\\"$job\\\"}, " \
    "instance)\",\"refId\":\"x\"},\"current\":{},\"includeAll\":true,\"multi\":true,\"sort\":2},"      \
    "{\"name\":\"job\",\"type\":\"query\",\"query\":\"label_values(up, job)\",\"current\":{\"value\":" \
    "\"gone\"},\"regex\":\"/(.*)-job/\"},"                                                             \
    "{\"name\":\"size\",\"type\":\"custom\",\"query\":\"Small : 1, Large : 2\",\"current\":{}},"       \
    "{\"name\":\"window\",\"type\":\"interval\",\"query\":\"1m,5m\",\"current\":{\"value\":\"5m\"}},"  \
    "{\"name\":\"team\",\"type\":\"constant\",\"query\":\"sre\"},"                                     \
    "{\"name\":\"free\",\"type\":\"textbox\",\"query\":\"any\"}]},"                                    \
    "\"panels\":[{\"type\":\"stat\",\"title\":\"$size of $node\",\"targets\":[{\"expr\":\"up\"}]}]}"

static const struct dashboard_times times = {1795466400000, 1795470000000, 30000, 30000};

static void expect_filled(const struct dashboard *dashboard, const char *text, const char *filled)
{
    struct buffer out;

    buffer_init(&out, 2 * DASHBOARD_EXPR_MAX);
    assert_int_equal(dashboard_fill_in(dashboard, text, &times, &out, NULL), 0);
    assert_string_equal(buffer_text(&out), filled);
    buffer_finish(&out);
}

/* Answers what is awaited next, which must be `name`. */
static void answer(struct dashboard **dashboard,
                   const char *name,
                   const char *const *options,
                   size_t n,
                   const char *reason)
{
    const struct dashboard_variable *awaited = dashboard_awaited(*dashboard);
    struct dashboard *next;

    CHECK(awaited);
    assert_string_equal(awaited->name, name);
    next = dashboard_take_options(*dashboard, name, options, n, reason);
    CHECK(dashboard_is_kin(*dashboard, next) && next->revision > (*dashboard)->revision);
    dashboard_unref(*dashboard);
    *dashboard = next;
}

static void choose(struct dashboard **dashboard, const char *name, const char *value)
{
    struct dashboard *next = NULL;
    struct tw_error err;

    if (dashboard_choose(*dashboard, name, &value, 1, &next, &err) < 0)
        fail_msg("%s", err.message);
    dashboard_unref(*dashboard);
    *dashboard = next;
}

static struct dashboard *read_and_answer(void)
{
    static const char *const jobs[] = {"b-job", "other", "a-job"}, *const nodes[] = {"n1", "n.2"};
    struct dashboard *dashboard = dashboard_case_read(CHAIN);

    answer(&dashboard, "job", jobs, COUNT_OF(jobs), NULL);
    answer(&dashboard, "node", nodes, COUNT_OF(nodes), NULL);
    CHECK(!dashboard_awaited(dashboard));
    return dashboard;
}

static void what_depends_on_another_is_asked_for_after_it(void **state)
{
    CLEANUP(dashboard_unrefp) struct dashboard *d = read_and_answer();

    (void)state;
    /* The stored choice is gone: the first; one that has "All": all, sorted downwards. */
    expect_filled(d, "x{job=\"$job\"}", "x{job=\"b\"}");
    expect_filled(d, "x{node=~\"$node\"}", "x{node=~\"(n1|n\\\\.2)\"}");
    assert_string_equal(d->panels[0].title, "Small of All");
    CHECK(d->variables[1].n_options == 2 &&
          d->notes.n == 0); /* "other" is not met by the pattern */
}

static void every_kind_has_its_options_and_its_first_choice(void **state)
{
    CLEANUP(dashboard_unrefp) struct dashboard *d = dashboard_case_read(CHAIN);

    (void)state;
    CHECK(d->variables[2].n_options == 2);
    assert_string_equal(d->variables[2].options[1].text, "Large");
    assert_string_equal(d->variables[2].options[1].value, "2");
    expect_filled(d, "$size $window $team $free ${size:text}", "1 5m sre any Small");
    CHECK(d->variables[4].is_hidden && !d->variables[5].is_hidden);
}

static void a_choice_makes_another_dashboard_and_leaves_this_one(void **state)
{
    CLEANUP(dashboard_unrefp) struct dashboard *before = read_and_answer();
    CLEANUP(dashboard_unrefp) struct dashboard *d = dashboard_ref(before);

    (void)state;
    choose(&d, "size", "2");
    choose(&d, "node", "n1");
    choose(&d, "free", "thing");
    assert_string_equal(d->panels[0].title, "Large of n1");
    assert_string_equal(before->panels[0].title, "Small of All");
    expect_filled(d, "{a=~\"$node\"} $free", "{a=~\"n1\"} thing");
    choose(&d, "node", VARIABLE_ALL);
    expect_filled(d, "$node", "(n1|n\\\\.2)");
    CHECK(!dashboard_awaited(d));
}

static void what_depends_on_a_choice_is_asked_for_anew(void **state)
{
    static const char *const nodes[] = {"n1", "n3"};
    CLEANUP(dashboard_unrefp) struct dashboard *d = read_and_answer();

    (void)state;
    choose(&d, "node", "n1");
    choose(&d, "job", "a");
    answer(&d, "node", nodes, COUNT_OF(nodes), NULL);
    expect_filled(d, "$job $node", "a n1"); /* what was chosen is still there */
    choose(&d, "job", "b");
    answer(&d, "node", nodes + 1, 1, NULL);
    expect_filled(d, "$job $node", "b n3");
}

static void what_cannot_be_chosen_is_refused(void **state)
{
    static const char *const two[] = {"1", "2"}, *const one[] = {"3"};
    CLEANUP(dashboard_unrefp) struct dashboard *d = read_and_answer();
    struct dashboard *next = NULL;
    struct tw_error err;

    (void)state;
    CHECK(dashboard_choose(d, "nope", one, 1, &next, &err) < 0 && err.code == TW_NOT_FOUND);
    CHECK(dashboard_choose(d, "size", one, 1, &next, &err) < 0 && err.code == TW_INVALID);
    CHECK(strstr(err.message, "'3'"));
    CHECK(dashboard_choose(d, "size", two, 2, &next, &err) < 0);
    CHECK(strstr(err.message, "one value"));
    CHECK(dashboard_choose(d, "size", two, 0, &next, &err) < 0 && !next);
}

static void a_question_that_is_refused_is_said(void **state)
{
    CLEANUP(dashboard_unrefp) struct dashboard *d = dashboard_case_read(CHAIN);

    (void)state;
    answer(&d, "job", NULL, 0, "parse error");
    CHECK(dashboard_case_has_note(&d->notes, "$job: parse error"));
    expect_filled(d, "$job", "gone"); /* the file's choice is the best guess */
    answer(&d, "node", NULL, 0, NULL);
    CHECK(dashboard_case_has_note(&d->notes, "$node: the server has nothing"));
}

static void what_is_not_for_prometheus_is_not_asked_for(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = dashboard_case_read(
        "{\"panels\":[],\"templating\":{\"list\":["
        "{\"name\":\"a\",\"type\":\"query\",\"query\":\"SHOW TAG VALUES\",\"current\":{\"value\":\"x\"}},"
        "{\"name\":\"b\",\"type\":\"query\",\"query\":\"label_values(job)\",\"datasource\":{\"type\":\"loki\"}},"
        "{\"name\":\"c\",\"type\":\"query\",\"query\":\"label_values(job)\",\"refresh\":0,"
        "\"options\":[{\"value\":\"p\"}]}]}}");

    (void)state;
    CHECK(!dashboard_awaited(d) && d->notes.n == 3);
    CHECK(dashboard_case_has_note(&d->notes, "$a:") && dashboard_case_has_note(&d->notes, "$b:"));
    CHECK(dashboard_case_has_note(&d->notes, "$b has no stored choice"));
    expect_filled(d, "$a $b $c", "x .* p");
}

static void a_long_list_is_everything_and_says_so(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = dashboard_case_read(
        "{\"panels\":[],\"templating\":{\"list\":[{\"name\":\"a\",\"type\":\"query\",\"includeAll\":true,"
        "\"query\":\"label_values(a)\",\"current\":{\"value\":\"$__all\"}}]}}");
    char *options[300];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(options); i++)
        options[i] = xprintf_dup("v%zu", i);
    answer(&d, "a", (const char *const *)options, COUNT_OF(options), NULL);
    for (size_t i = 0; i < COUNT_OF(options); i++)
        free(options[i]);
    expect_filled(d, "{x=~\"$a\"}", "{x=~\".*\"}");
    CHECK(d->variables[0].n_options == DASHBOARD_VALUES_MAX &&
          dashboard_case_has_note(&d->notes, "100 of its options"));
}

static void formats_are_written(void **state)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *d = dashboard_case_read(
        "{\"panels\":[],\"templating\":{\"list\":[{\"name\":\"v\",\"type\":\"custom\",\"multi\":true,"
        "\"query\":\"a.b,c d\",\"current\":{\"value\":[\"a.b\",\"c d\"]}}]}}");

    static const struct {
        const char *text, *filled;
    } cases[] = {
        {"$v", "(a\\\\.b|c d)"},
        {"${v:regex}", "(a\\\\.b|c d)"},
        {"${v:raw}", "a.b,c d"},
        {"${v:csv}", "a.b,c d"},
        {"${v:pipe}", "a.b|c d"},
        {"${v:glob}", "{a.b,c d}"},
        {"${v:text}", "a.b + c d"},
        {"${v:doublequote}", "\"a.b\",\"c d\""},
        {"[[v:singlequote]]", "'a.b','c d'"},
        {"${v:percentencode}", "{a.b,c%20d}"},
        {"${v:unknown}", "(a\\\\.b|c d)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_filled(d, cases[i].text, cases[i].filled);
}

/* ---- Questions ---------------------------------------------------------------------------------- */

static void queries_become_paths(void **state)
{
    static const struct {
        const char *query, *path;
    } cases[] = {
        {"label_values(job)", "/api/v1/label/job/values?start=100&end=200"},
        {" label_values( up{a=\"b,c\"} , instance ) ",
         "/api/v1/label/instance/values?start=100&end=200&match%5B%5D=up%7Ba%3D%22b%2Cc%22%7D"},
        {"label_names()", "/api/v1/labels?start=100&end=200"},
        {"metrics(go_\\w)", "/api/v1/label/__name__/values?start=100&end=200&match%5B%5D="
                            "%7B__name__%3D~%22.%2A%28%3F%3Ago_%5C%5Cw%29.%2A%22%7D"},
        {"query_result(sum by (a) (x))",
         "/api/v1/query?time=200&query=sum%20by%20%28a%29%20%28x%29"},
    };

    static const char *const unknown[] = {
        "", "up", "SHOW (x)", "label_values(a", "label_values)a(", "label_values(a) + 1"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_finish) struct buffer out;

        buffer_init(&out, VARIABLE_PATH_MAX);
        CHECK(variable_query_write_path(cases[i].query, 100000, 200000, &out));
        assert_string_equal(buffer_text(&out), cases[i].path);
    }
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        CHECK(!variable_query_is_known(unknown[i]));
}

static int read_answer(const char *query, const char *body, struct variable_names *names)
{
    struct fetch_reply reply = {.status = 200, .body = body, .body_len = strlen(body)};
    struct tw_error err;

    return variable_query_read(query, &reply, names, &err);
}

static void answers_are_lists_of_names(void **state)
{
    struct variable_names names;

    (void)state;
    assert_int_equal(
        read_answer("label_values(a)", "{\"status\":\"success\",\"data\":[\"x\",1,\"y\"]}", &names),
        0);
    CHECK(names.n == 2);
    assert_string_equal(names.at[1], "y");
    variable_names_finish(&names);
    assert_int_equal(
        read_answer("query_result(up)",
                    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
                    "{\"metric\":{\"__name__\":\"up\",\"job\":\"a\",\"x\":\"b\"},"
                    "\"value\":[1795420931,\"1\"]}]}}",
                    &names),
        0);
    CHECK(names.n == 1);
    assert_string_equal(names.at[0], "up{job=\"a\",x=\"b\"} 1 1795420931000");
    variable_names_finish(&names);
    CHECK(read_answer("label_values(a)", "{\"status\":\"success\",\"data\":{}}", &names) < 0);
    CHECK(read_answer("label_values(a)", "<html>", &names) < 0 && names.n == 0);
}

/* ---- Patterns ----------------------------------------------------------------------------------- */

static void patterns_are_read_as_javascript_has_them(void **state)
{
    static const struct {
        const char *pattern, *text, *found; /* NULL: not met */
    } cases[] = {
        {"/.*instance=\"([^\"]*)\".*/", "up{instance=\"a:1\"} 1", "a:1"},
        {"/no/", "there is none, but no", "no"},
        {"no", "nobody", NULL},
        {"n.*", "nobody", "nobody"},
        {"(n)o.*", "nobody", "n"},
        {"/NODE/i", "a node", "node"},
        {"/\\d+/", "node12", "12"},
        {"/[\\w.]+$/", "x y.z_1", "y.z_1"},
        {"/\\//", "a/b", "/"},
        {"/a|b/", "xb", "b"},
        {"/([^:]+)(:\\d+)?/", "host:9100", "host"},
    };

    static const char *const refused[] = {"/(?<text>a)/", "/a{2}/",  "/.*?a/",        "/(a)\\1/",
                                          "/[a/",         "/(/",     "/[[:alpha:]]/", "/\\bx/",
                                          "/((a*)*)*/",   "/(a+)+/", "/((a)?b)?/",    "/a)/"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pattern pattern;
        size_t start, len;
        bool is_found;

        assert_int_equal(pattern_init(&pattern, cases[i].pattern, NULL), 0);
        is_found = pattern_find(&pattern, cases[i].text, &start, &len);
        if (is_found != (cases[i].found != NULL) ||
            (is_found && (len != strlen(cases[i].found) ||
                          strncmp(cases[i].text + start, cases[i].found, len) != 0)))
            fail_msg("%s on '%s'", cases[i].pattern, cases[i].text);
        pattern_finish(&pattern);
    }
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct pattern pattern;

        if (pattern_init(&pattern, refused[i], NULL) == 0)
            fail_msg("%s was taken", refused[i]);
        pattern_finish(&pattern);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_depends_on_another_is_asked_for_after_it),
        TEST(every_kind_has_its_options_and_its_first_choice),
        TEST(a_choice_makes_another_dashboard_and_leaves_this_one),
        TEST(what_depends_on_a_choice_is_asked_for_anew),
        TEST(what_cannot_be_chosen_is_refused),
        TEST(a_question_that_is_refused_is_said),
        TEST(what_is_not_for_prometheus_is_not_asked_for),
        TEST(a_long_list_is_everything_and_says_so),
        TEST(formats_are_written),
        TEST(queries_become_paths),
        TEST(answers_are_lists_of_names),
        TEST(patterns_are_read_as_javascript_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
