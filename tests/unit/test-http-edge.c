#include "test.h"

#include "common/clock.h"
#include "server/http/admission.h"
#include "server/http/headers.h"
#include "server/http/jobs.h"
#include "server/http/problem.h"
#include "server/http/router.h"

#include <stdatomic.h>

/* ---- Router ------------------------------------------------------------------------------------- */

static const struct route routes[] = {
    {.method = "GET", .path = "/"},
    {.method = "GET", .path = "/things"},
    {.method = "POST", .path = "/things"},
    {.method = "GET", .path = "/things/{id}"},
    {.method = "DELETE", .path = "/things/{id}"},
    {.method = "GET", .path = "/things/{id}/parts/{part}"},
    {.method = "GET", .path = "/old/*"},
};

static struct route_match match(const char *method, const char *path)
{
    struct route_match found;

    router_match(routes, COUNT_OF(routes), method, path, &found);
    return found;
}

static void a_path_leads_to_its_route(void **state)
{
    struct route_match found = match("POST", "/things");

    (void)state;
    assert_ptr_equal(found.route, &routes[2]);
    assert_ptr_equal(match("HEAD", "/things").route, &routes[1]);
    assert_ptr_equal(match("GET", "/").route, &routes[0]);
}

static void segments_are_handed_over(void **state)
{
    struct route_match found;

    (void)state;
    router_match(routes, COUNT_OF(routes), "GET", "/things/17/parts/a-b", &found);
    assert_ptr_equal(found.route, &routes[5]);
    assert_string_equal(found.param[0], "17");
    assert_string_equal(found.param[1], "a-b");
}

static void an_unknown_path_and_a_wrong_method_differ(void **state)
{
    static const char *const unknown[] = {
        "",         "/thing",          "/things/",           "/things/1/",
        "//things", "/things/1/parts", "/things/1/parts/2/3"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        struct route_match found = match("GET", unknown[i]);

        CHECK(!found.route && !found.path_is_known);
    }
    CHECK(match("PUT", "/things").path_is_known);
    assert_string_equal(match("PUT", "/things").allow, "GET, HEAD, POST");
    assert_string_equal(match("POST", "/things/1").allow, "GET, HEAD, DELETE");
}

static void a_star_stands_for_the_rest_of_a_path(void **state)
{
    (void)state;
    assert_ptr_equal(match("GET", "/old/a").route, &routes[6]);
    assert_ptr_equal(match("GET", "/old/a/b/").route, &routes[6]);
    CHECK(!match("GET", "/old").route && !match("GET", "/older/a").route);
}

static void a_huge_path_is_unknown(void **state)
{
    char path[4096];

    (void)state;
    memset(path, 'a', sizeof(path) - 1);
    memcpy(path, "/things/", 8);
    path[sizeof(path) - 1] = '\0';
    CHECK(!match("GET", path).route);
}

/* ---- Headers ------------------------------------------------------------------------------------ */

static void only_our_own_hosts_are_answered(void **state)
{
    static const char *const names[] = {"ops.example.org"};
    const struct host_list hosts = {names, 1, "10.1.2.3"};
    static const char *const good[] = {"localhost",      "LOCALHOST:8000", "127.0.0.1:1",
                                       "[::1]:8000",     "[::1]",          "10.1.2.3:80",
                                       "Ops.Example.org"};
    static const char *const bad[] = {"evil.example",
                                      "localhost.evil.example",
                                      "127.0.0.1.evil.example",
                                      "",
                                      "[::1",
                                      "10.1.2.30",
                                      "localhost evil",
                                      "[::1]evil:80"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (!headers_host_is_ours(&hosts, good[i]))
            fail_msg("refused %s", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (headers_host_is_ours(&hosts, bad[i]))
            fail_msg("accepted '%s'", bad[i]);
    CHECK(headers_host_is_ours(&hosts, NULL)); /* HTTP/1.0 */
}

static void a_headers_name_is_a_token_and_its_value_has_no_control(void **state)
{
    static const char *const bad_names[] = {"",     "Content-Length ", "X\tA", "X:A",
                                            "a\rb", "\xc3\xa9",        "(a)"};

    (void)state;
    CHECK(headers_is_token("X-Request-Id") && headers_is_token("sec-ch_ua.1!#$%&'*+^`|~"));
    for (size_t i = 0; i < COUNT_OF(bad_names); i++)
        CHECK(!headers_is_token(bad_names[i]));
    CHECK(headers_is_clean("") && headers_is_clean("a\tb \xc3\xa9"));
    CHECK(!headers_is_clean("a\rb") && !headers_is_clean("a\nb") && !headers_is_clean("\x7f"));
}

/* ---- Admission ---------------------------------------------------------------------------------- */

static int framing_status(struct admission_request asked)
{
    static const struct route take_all[] = {{.method = "POST", .path = "/", .max_body_bytes = 99}};
    static const struct http_service service = {.routes = take_all, .n_routes = 1};
    const struct host_list hosts = {0};
    struct route_match found;
    struct admission answer;

    asked.method = "POST";
    asked.path = "/";
    asked.content_type = "application/json";
    answer = admission_decide(&service, &hosts, NULL, &asked, &found);
    CHECK(answer.ends_connection == (answer.status == 400));
    return answer.rejected == ADMITTED ? 200 : answer.status;
}

static void what_two_servers_could_read_differently_is_refused(void **state)
{
    const struct admission_request one = {.host = "localhost", .n_hosts = 1, .is_http_1_1 = true};
    struct admission_request asked = one;

    (void)state;
    assert_int_equal(framing_status(asked), 200);
    asked.content_length = "5";
    asked.n_lengths = 1;
    assert_int_equal(framing_status(asked), 200);
    asked.n_lengths = 2;
    assert_int_equal(framing_status(asked), 400);
    asked.n_lengths = 1;
    asked.content_length = "5, 5";
    assert_int_equal(framing_status(asked), 400);
    asked.content_length = "5";
    asked.transfer_encoding = "chunked";
    asked.n_encodings = 1;
    assert_int_equal(framing_status(asked), 400);
    asked.n_lengths = 0;
    asked.content_length = NULL;
    assert_int_equal(framing_status(asked), 200);
    asked.is_http_1_1 = false;
    assert_int_equal(framing_status(asked), 400);
    asked.is_http_1_1 = true;
    asked.transfer_encoding = "gzip, chunked";
    assert_int_equal(framing_status(asked), 400);
    asked = one;
    asked.has_broken_header = true;
    assert_int_equal(framing_status(asked), 400);
}

static void there_is_one_host(void **state)
{
    struct admission_request asked = {.is_http_1_1 = true};

    (void)state;
    assert_int_equal(framing_status(asked), 400);
    asked.is_http_1_1 = false; /* HTTP/1.0 may leave it out */
    assert_int_equal(framing_status(asked), 200);
    asked.host = "localhost";
    asked.n_hosts = 2;
    assert_int_equal(framing_status(asked), 400);
}

static void a_good_request_id_is_echoed_and_a_bad_one_replaced(void **state)
{
    struct random_state rng;
    char id[REQUEST_ID_SIZE], other[REQUEST_ID_SIZE];

    (void)state;
    random_seed(&rng, 1);
    headers_request_id("Abc-1.2_3", &rng, id);
    assert_string_equal(id, "Abc-1.2_3");
    headers_request_id("with space", &rng, id);
    assert_int_equal(strspn(id, "0123456789abcdef"), 16);
    headers_request_id(NULL, &rng, other);
    CHECK(strcmp(id, other) != 0);
}

static void a_valid_traceparent_gives_its_trace_id(void **state)
{
    static const char *const bad[] = {
        NULL,
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
    };
    struct random_state rng;
    char id[TRACE_ID_SIZE];

    (void)state;
    random_seed(&rng, 1);
    headers_trace_id("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", &rng, id);
    assert_string_equal(id, "4bf92f3577b34da6a3ce929d0e0e4736");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        headers_trace_id(bad[i], &rng, id);
        assert_int_equal(strlen(id), 32);
        CHECK(strncmp(id, "4bf92f35", 8) != 0 && strspn(id, "0") < 32);
    }
}

static void media_types_and_lengths_are_read_strictly(void **state)
{
    (void)state;
    CHECK(headers_is_json("application/json"));
    CHECK(headers_is_json("Application/JSON; charset=UTF-8"));
    CHECK(!headers_is_json("application/jsonx"));
    CHECK(!headers_is_json("application/json; charset=latin1"));
    CHECK(!headers_is_json("text/plain"));
    CHECK(!headers_is_json(NULL));
    assert_int_equal(headers_content_length("123"), 123);
    assert_int_equal(headers_content_length("12x"), -1);
    assert_int_equal(headers_content_length("-5"), -1);
    assert_int_equal(headers_content_length(NULL), -1);
}

static void listen_addresses_are_numeric(void **state)
{
    static const char *const bad[] = {
        "",        "8000",   "localhost:8000", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:8a",
        "[::1:80", "::1:80", "1.2.3:80"};
    struct http_address a;

    (void)state;
    assert_int_equal(http_address_parse("127.0.0.1:8000", &a, NULL), 0);
    CHECK(a.is_loopback && !a.is_v6 && a.port == 8000);
    assert_int_equal(http_address_parse("[::1]:0", &a, NULL), 0);
    CHECK(a.is_loopback && a.is_v6 && a.port == 0);
    assert_int_equal(http_address_parse("0.0.0.0:80", &a, NULL), 0);
    CHECK(!a.is_loopback);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (http_address_parse(bad[i], &a, NULL) == 0)
            fail_msg("accepted '%s'", bad[i]);
}

/* ---- Problems ----------------------------------------------------------------------------------- */

static void a_problem_document_names_the_fields(void **state)
{
    struct reply reply = {.status = 422};
    CLEANUP(json_freep) struct json *json = NULL;

    (void)state;
    buffer_init(&reply.body, 65536);
    field_errors_add(&reply.fields, "a\"b", "is bad");
    problem_write(&reply, "some fields are wrong");
    assert_int_equal(json_parse(reply.body.data, reply.body.len, &json, NULL), 0);
    assert_string_equal(json_string(json_get(json, "title")), "Unprocessable Content");
    assert_string_equal(json_string(json_get(json_first(json_get(json, "errors")), "field")),
                        "a\"b");
    assert_string_equal(reply.content_type, "application/problem+json");
    buffer_finish(&reply.body);
}

static void every_error_code_has_its_status(void **state)
{
    (void)state;
    assert_int_equal(problem_status(TW_INVALID), 422);
    assert_int_equal(problem_status(TW_NOT_FOUND), 404);
    assert_int_equal(problem_status(TW_BUSY), 503);
    assert_int_equal(problem_status(TW_BROKEN), 500);
}

/* ---- Jobs --------------------------------------------------------------------------------------- */

struct probe {
    _Atomic int n_run, n_late;
    _Atomic bool is_held;
    int64_t released_at_mono_ms; /* 0: only by is_held */
};

static void run_probe(void *ctx, bool is_late)
{
    struct probe *probe = ctx;

    while (probe->is_held &&
           (probe->released_at_mono_ms == 0 || clock_mono_ms() < probe->released_at_mono_ms))
        clock_sleep_until_mono_ms(clock_mono_ms() + 1);
    probe->n_run++;
    probe->n_late += is_late;
}

static void every_job_that_was_put_runs_before_stop_returns(void **state)
{
    struct probe probe = {0};
    struct jobs *jobs = jobs_start(3, 64);

    (void)state;
    for (int i = 0; i < 50; i++)
        assert_int_equal(jobs_put(jobs, run_probe, &probe, INT64_MAX, NULL), 0);
    jobs_stop(jobs, clock_mono_ms() + 10000);
    assert_int_equal(probe.n_run, 50);
    assert_int_equal(probe.n_late, 0);
}

static void a_full_queue_refuses(void **state)
{
    struct probe probe = {.is_held = true};
    struct jobs *jobs = jobs_start(1, 2);
    struct jobs_stats stats;
    struct tw_error err;
    int n_put = 0;

    (void)state;
    while (jobs_put(jobs, run_probe, &probe, INT64_MAX, &err) == 0)
        n_put++;
    assert_int_equal(err.code, TW_BUSY);
    CHECK(n_put == 2 || n_put == 3); /* two wait; the worker may have taken one already */
    jobs_read_stats(jobs, &stats);
    assert_int_equal(stats.queued, 2);
    probe.is_held = false;
    jobs_stop(jobs, clock_mono_ms() + 10000);
    assert_int_equal(probe.n_run, n_put);
}

static void a_job_past_its_deadline_is_told_so(void **state)
{
    struct probe probe = {0};
    struct jobs *jobs = jobs_start(1, 4);

    (void)state;
    assert_int_equal(jobs_put(jobs, run_probe, &probe, clock_mono_ms() - 1, NULL), 0);
    jobs_stop(jobs, clock_mono_ms() + 10000);
    assert_int_equal(probe.n_late, 1);
}

static void what_has_not_begun_by_the_stop_deadline_is_late(void **state)
{
    struct probe probe = {.is_held = true, .released_at_mono_ms = clock_mono_ms() + 100};
    struct jobs *jobs = jobs_start(1, 64);

    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(jobs_put(jobs, run_probe, &probe, INT64_MAX, NULL), 0);
    jobs_stop(jobs, clock_mono_ms() - 1);
    assert_int_equal(probe.n_run, 10);
    CHECK(probe.n_late >= 1); /* the first may have begun in time */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_path_leads_to_its_route),
        TEST(segments_are_handed_over),
        TEST(an_unknown_path_and_a_wrong_method_differ),
        TEST(a_star_stands_for_the_rest_of_a_path),
        TEST(a_huge_path_is_unknown),
        TEST(only_our_own_hosts_are_answered),
        TEST(a_headers_name_is_a_token_and_its_value_has_no_control),
        TEST(what_two_servers_could_read_differently_is_refused),
        TEST(there_is_one_host),
        TEST(a_good_request_id_is_echoed_and_a_bad_one_replaced),
        TEST(a_valid_traceparent_gives_its_trace_id),
        TEST(media_types_and_lengths_are_read_strictly),
        TEST(listen_addresses_are_numeric),
        TEST(a_problem_document_names_the_fields),
        TEST(every_error_code_has_its_status),
        TEST(every_job_that_was_put_runs_before_stop_returns),
        TEST(a_full_queue_refuses),
        TEST(a_job_past_its_deadline_is_told_so),
        TEST(what_has_not_begun_by_the_stop_deadline_is_late),
    };

    return cmocka_run_group_tests_name("http-edge", tests, NULL, NULL);
}
