#include "test.h"

#include "reply.h"
#include "tui/data/answer.h"

static void check_error(struct fetch_reply reply, enum tw_code code, const char *message)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct tw_error err = {0};

    assert_int_equal(answer_read(&reply, &json, &err), -1);
    assert_string_equal(err.message, message);
    assert_int_equal(err.code, code);
}

static void good_json_is_given(void **state)
{
    struct fetch_reply reply = reply_of(202, "{\"a\":[1,2]}");
    CLEANUP(json_freep) struct json *json = NULL;

    (void)state;
    assert_int_equal(answer_read(&reply, &json, NULL), 0);
    CHECK(json_count(json_get(json, "a")) == 2);
}

static void every_servers_error_body_is_understood(void **state)
{
    (void)state;
    check_error(reply_of(400, "{\"status\":\"error\",\"errorType\":\"bad_data\","
                              "\"error\":\"1:3: parse error: unexpected \\u003ceof\\u003e\"}"),
                TW_INVALID, "HTTP 400: bad_data: 1:3: parse error: unexpected <eof>");
    check_error(reply_of(422, "{\"type\":\"about:blank\",\"title\":\"Unprocessable\","
                              "\"status\":422,\"detail\":\"amount is too large\"}"),
                TW_INVALID, "HTTP 422: Unprocessable: amount is too large");
    check_error(reply_of(500, "{\"code\":500,\"message\":\"no peers\"}"), TW_BROKEN,
                "HTTP 500: no peers");
    check_error(reply_of(400, "\"bad matcher format\""), TW_INVALID,
                "HTTP 400: bad matcher format");
    check_error(reply_of(503, ""), TW_BUSY, "HTTP 503");
    check_error(reply_of(404, "404 page not found\n"), TW_NOT_FOUND,
                "HTTP 404: 404 page not found");
    check_error(reply_html(502, "<html>\n<title>502 Bad Gateway</title>"), TW_BROKEN,
                "HTTP 502: 502 Bad Gateway");
    check_error(reply_html(302, "<a href=x>Found</a>"), TW_BROKEN, "HTTP 302: Found");
}

static void a_redirect_and_a_login_are_named(void **state)
{
    struct fetch_reply redirect = reply_html(302, "<a href=x>Found</a>");
    struct fetch_reply login = reply_html(401, "<title>401 Authorization Required</title>");

    (void)state;
    (void)snprintf(redirect.redirect_to, sizeof(redirect.redirect_to),
                   "https://sso.example/log\x1bin");
    check_error(redirect, TW_BROKEN,
                "HTTP 302 to https://sso.example/log?in, which is not asked: is it a login page?");
    (void)snprintf(login.wants, sizeof(login.wants), "Basic");
    check_error(login, TW_INVALID, "HTTP 401, it wants a login: Basic: 401 Authorization Required");
}

static void an_answer_that_is_no_json_is_named(void **state)
{
    (void)state;
    check_error(reply_html(200, "<!doctype html><title>Sign in</title>"), TW_BROKEN,
                "not JSON but text/html: Sign in");
    check_error(reply_of(200, "{\"status\":\"succ"), TW_BROKEN,
                "not valid JSON: a string has no end (byte 15)");
    check_error(reply_of(200, ""), TW_BROKEN, "not valid JSON: the text ends too early (byte 0)");
    check_error(reply_of(200, "{\"a\":1,\"a\":2}"), TW_BROKEN, "the key 'a' stands twice");
}

static void no_answer_keeps_its_reason(void **state)
{
    (void)state;
    check_error(reply_none(TW_BUSY, "Timeout was reached"), TW_BUSY, "Timeout was reached");
    check_error(reply_none(TW_BROKEN, "Could not resolve \x1b[31mhost"), TW_BROKEN,
                "Could not resolve ?[31mhost");
}

static void a_hostile_error_text_is_cut_and_cleaned(void **state)
{
    char body[2000];
    struct fetch_reply reply;
    struct tw_error err;
    struct json *json = NULL;

    (void)state;
    (void)snprintf(body, sizeof(body), "\x1b[2J%01000d", 7);
    reply = reply_html(500, body);
    assert_int_equal(answer_read(&reply, &json, &err), -1);
    CHECK(strncmp(err.message, "HTTP 500: ?[2J0000", 18) == 0);
    CHECK(strlen(err.message) < 256 && !strchr(err.message, '\x1b'));
}

static void a_problem_names_its_fields(void **state)
{
    struct fetch_reply reply = reply_of(
        422, "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,"
             "\"detail\":\"2 fields are wrong\",\"errors\":["
             "{\"field\":\"params.amount\",\"detail\":\"must be a number from 0 to 1\"},"
             "{\"field\":\"params.rate\",\"detail\":\"\\u001b[1mbold\"},17]}");
    struct answer_problem problem;

    (void)state;
    CHECK(answer_read_problem(&reply, &problem));
    assert_string_equal(problem.title, "Unprocessable Content");
    assert_string_equal(problem.detail, "2 fields are wrong");
    CHECK(problem.n_fields == 3);
    assert_string_equal(problem.fields[0].field, "params.amount");
    assert_string_equal(problem.fields[1].detail, "?[1mbold");
    assert_string_equal(problem.fields[2].field, "");
}

static void what_is_no_problem_is_not_taken_for_one(void **state)
{
    struct fetch_reply replies[] = {
        reply_of(200, "{\"title\":\"a\"}"), reply_of(500, "{\"title\":7}"),   reply_of(500, "[]"),
        reply_html(500, "<html>"),          reply_none(TW_BROKEN, "refused"),
    };
    struct answer_problem problem;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(replies); i++)
        CHECK(!answer_read_problem(&replies[i], &problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good_json_is_given),
        TEST(every_servers_error_body_is_understood),
        TEST(a_redirect_and_a_login_are_named),
        TEST(an_answer_that_is_no_json_is_named),
        TEST(no_answer_keeps_its_reason),
        TEST(a_hostile_error_text_is_cut_and_cleaned),
        TEST(a_problem_names_its_fields),
        TEST(what_is_no_problem_is_not_taken_for_one),
    };

    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
