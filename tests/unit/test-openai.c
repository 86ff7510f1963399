/* Calls of openai.c against a server that answers well and badly. The first part of the path says how:
 * base_url is http://127.0.0.1:PORT/NAME. */

#include "canned_server.h"
#include "test.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/fetch.h"
#include "common/utf8.h"
#include "server/llm/openai.h"

#include <signal.h>

#define KEY "sk-tst-4f9a81c7d2e6"

#define CHUNK(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STOP        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define USAGE       "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":90,\"completion_tokens\":7}}\n\n"
#define DONE        "data: [DONE]\n\n"

#define WHOLE(text, more)                                                                          \
    "{\"id\":\"x\",\"model\":\"echoed\",\"choices\":[{\"index\":0,\"message\":{\"role\":"          \
    "\"assistant\",\"content\":\"" text "\"},\"finish_reason\":\"stop\"}]" more "}"
#define COUNTED ",\"usage\":{\"prompt_tokens\":80,\"completion_tokens\":5,\"total_tokens\":85}"

static const char good[] = WHOLE("Open the portal [1].", COUNTED);

static struct canned_server server, elsewhere;

/* ---- What the server says --------------------------------------------------------------------- */

static void send_json(int fd, const char *status, const char *body)
{
    char head[128];

    (void)snprintf(head, sizeof(head), "%s\r\nContent-Type: application/json", status);
    canned_send_answer(fd, head, body);
}

static void open_stream(int fd)
{
    canned_send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                         "Connection: close\r\n\r\n");
}

static bool send_stream(int fd, const char *events)
{
    open_stream(fd);
    canned_send_text(fd, events);
    return false;
}

static bool asks_model(const char *request, const char *model)
{
    char field[80];

    (void)snprintf(field, sizeof(field), "\"model\":\"%s\"", model);
    return strstr(request, field) != NULL;
}

static bool say_good(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    send_json(fd, "200 OK", good);
    return true;
}

static bool say_stream(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    return send_stream(fd, ": hello\n\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\","
                           "\"content\":null}}]}\n\n" CHUNK("Open ") CHUNK("the \\u00e4 portal")
                               CHUNK(" [1].") STOP USAGE DONE);
}

static bool say_busy_once(int fd, const char *request, size_t n)
{
    if (n > 0)
        return say_good(fd, request, n);
    send_json(fd, "429 Too Many Requests\r\nRetry-After: 0", "{\"error\":{\"message\":\"slow\"}}");
    return true;
}

static bool say_busy_for_long(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    send_json(fd, "429 Too Many Requests\r\nRetry-After: 3600", "{\"error\":\"come back later\"}");
    return true;
}

static bool say_broken(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    send_json(fd, "500 Internal Server Error", "{\"detail\":\"out of memory\"}");
    return true;
}

static bool say_broken_twice(int fd, const char *request, size_t n)
{
    return n < 2 ? say_broken(fd, request, n) : say_good(fd, request, n);
}

static bool say_a_is_broken(int fd, const char *request, size_t n)
{
    return asks_model(request, "model-a") ? say_broken(fd, request, n) : say_good(fd, request, n);
}

static bool say_half(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    return send_stream(fd, CHUNK("Open the") "data: {\"choi");
}

static bool say_half_of_nothing(int fd, const char *request, size_t n)
{
    if (n > 0)
        return say_stream(fd, request, n);
    canned_send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                         "Content-Length: 500\r\n\r\n: soon\n\n");
    return false;
}

static bool say_and_stall(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    open_stream(fd);
    canned_send_text(fd, CHUNK("Open the"));
    canned_wait_for_close(fd);
    return false;
}

static bool say_all_and_stall(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    open_stream(fd);
    canned_send_text(fd, CHUNK("Open it.") STOP DONE);
    canned_wait_for_close(fd);
    return false;
}

static bool say_nothing(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    canned_wait_for_close(fd);
    return false;
}

static bool say_error_event(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    return send_stream(fd, CHUNK("Open") "data: {\"error\":{\"message\":\"worker lost\"}}\n\n");
}

static bool say_named_error_event(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    return send_stream(fd, "event: error\ndata: {\"message\":\"no worker\"}\n\n");
}

static bool say_redirect(int fd, const char *request, size_t n)
{
    char head[128];

    (void)request;
    (void)n;
    (void)snprintf(head, sizeof(head), "307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d/",
                   elsewhere.port);
    canned_send_answer(fd, head, "moved");
    return true;
}

static bool say_too_much(int fd, const char *request, size_t n)
{
    char block[4096];

    (void)request;
    (void)n;
    memset(block, ' ', sizeof(block));
    canned_send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
    for (int i = 0; i < 1200; i++)
        canned_send(fd, block, sizeof(block));
    return false;
}

static bool say_the_key(int fd, const char *request, size_t n)
{
    (void)n;
    /* Whole, escaped, broken by a control character, and cut. */
    send_json(fd, strstr(request, "stream\":true") ? "401 Unauthorized" : "403 Forbidden",
              "{\"error\":{\"message\":\"bad \\u0007key " KEY ", sk\\u002dtst-4f9a81c7d2e6, "
              "sk-tst-4f\\u00019a81c7d2e6 or sk-tst-4f9a81\\nHost: x\"}}");
    return true;
}

static bool say_the_key_in_bad_json(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    send_json(fd, "200 OK", "{\"" KEY "\":1,\"" KEY "\":2}");
    return true;
}

static bool say_foreign(int fd, const char *request, size_t n)
{
    static const char *const unknown[] = {"stream_options", "\"max_tokens\"", "temperature"};
    static const char *const answers[] = {
        "{\"detail\":[{\"loc\":[\"body\",\"stream_options\"],\"msg\":\"extra fields\"}]}",
        "{\"error\":{\"message\":\"use 'max_completion_tokens' instead\",\"param\":\"max_tokens\"}}",
        "{\"error\":{\"message\":\"only 1\",\"param\":\"temperature\"}}"};

    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        if (strstr(request, unknown[i])) {
            send_json(fd, i == 0 ? "422 Unprocessable Content" : "400 Bad Request", answers[i]);
            return true;
        }
    return say_stream(fd, request, n);
}

static bool say_foreign_for_ever(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    send_json(fd, "400 Bad Request",
              "stream_options response_format json_schema max_completion_tokens temperature");
    return true;
}

/* Understands all fields but for one request, whose refusal names a field and means another thing. */
static bool say_misleading(int fd, const char *request, size_t n)
{
    if (strstr(request, "How do I get"))
        return say_foreign_for_ever(fd, request, n);
    return say_stream(fd, request, n);
}

#define SAYS_WITH(name, type, body)                                                                \
    static bool name(int fd, const char *request, size_t n)                                        \
    {                                                                                              \
        (void)request;                                                                             \
        (void)n;                                                                                   \
        canned_send_answer(fd, "200 OK\r\nContent-Type: " type, body);                             \
        return true;                                                                               \
    }

SAYS_WITH(say_no_json, "application/json", "{\"choices\":[{")
SAYS_WITH(say_no_choice, "application/json", "{\"choices\":[]}")
SAYS_WITH(say_no_text, "application/json", WHOLE("", ""))
SAYS_WITH(say_html, "text/html", "<html>Log in to the guest network</html>")
SAYS_WITH(say_error, "application/json", "{\"error\":{\"message\":\"model is loading\"}}")
SAYS_WITH(say_error_text, "application/json", "{\"error\":\"model is loading\"}")
SAYS_WITH(say_without_usage, "application/json", WHOLE("Open the portal now", ""))
SAYS_WITH(say_bad_usage,
          "application/json",
          WHOLE("Open it", ",\"usage\":{\"prompt_tokens\":-4,\"completion_tokens\":1e99}"))
SAYS_WITH(say_absurd_usage,
          "application/json",
          WHOLE("Open it", ",\"usage\":{\"prompt_tokens\":80,\"completion_tokens\":900000000}"))
SAYS_WITH(say_bad_text,
          "application/json",
          WHOLE("a\\u0000b \\ud83d c \xff\xc3 \\ud83d\\ude00", ""))
SAYS_WITH(say_cut,
          "application/json",
          "{\"choices\":[{\"message\":{\"content\":\"Open\"},\"finish_reason\":\"length\"}]}")
#undef SAYS_WITH

static const struct {
    const char *name;
    bool (*say)(int fd, const char *request, size_t n);
} scenes[] = {
    {"good", say_good},
    {"stream", say_stream},
    {"busy-once", say_busy_once},
    {"busy-for-long", say_busy_for_long},
    {"broken", say_broken},
    {"broken-twice", say_broken_twice},
    {"a-is-broken", say_a_is_broken},
    {"half", say_half},
    {"half-of-nothing", say_half_of_nothing},
    {"and-stall", say_and_stall},
    {"all-and-stall", say_all_and_stall},
    {"nothing", say_nothing},
    {"error-event", say_error_event},
    {"named-error-event", say_named_error_event},
    {"redirect", say_redirect},
    {"too-much", say_too_much},
    {"the-key", say_the_key},
    {"the-key-in-bad-json", say_the_key_in_bad_json},
    {"foreign", say_foreign},
    {"foreign-for-ever", say_foreign_for_ever},
    {"misleading", say_misleading},
    {"no-json", say_no_json},
    {"no-choice", say_no_choice},
    {"no-text", say_no_text},
    {"html", say_html},
    {"error", say_error},
    {"error-text", say_error_text},
    {"without-usage", say_without_usage},
    {"bad-usage", say_bad_usage},
    {"absurd-usage", say_absurd_usage},
    {"bad-text", say_bad_text},
    {"cut", say_cut},
};

static bool answer_scene(struct canned_server *self, int fd, const char *request, size_t n)
{
    char path[128];

    (void)self;
    for (size_t i = 0; i < COUNT_OF(scenes); i++) {
        (void)snprintf(path, sizeof(path), "POST /%s/chat/completions HTTP/1.1\r\n",
                       scenes[i].name);
        if (strncmp(request, path, strlen(path)) == 0)
            return scenes[i].say(fd, request, n);
    }
    canned_send_answer(fd, "404 Not Found", "no such scene");
    return true;
}

static bool answer_elsewhere(struct canned_server *self, int fd, const char *request, size_t n)
{
    (void)self;
    return say_good(fd, request, n);
}

/* ---- Calls ------------------------------------------------------------------------------------ */

static const struct passage passages[] = {
    {.chunk_id = "vpn.md#1",
     .title = "VPN access",
     .heading = "Ask for it",
     .text = "Open the portal.",
     .len = 16},
    {.chunk_id = "vpn.md#2",
     .title = "VPN access",
     .heading = "",
     .text = "Wait two days.",
     .len = 14},
};

/* One call and all that it gave. */
struct asked {
    struct openai *openai;
    struct generation answer;
    struct tw_error err;
    int result;
    char told[512];
    size_t n_pieces, n_pieces_wanted;
    size_t n_requests;
};

static bool take_text(void *ctx, const char *text, size_t len)
{
    struct asked *asked = ctx;
    size_t end = strlen(asked->told);

    CHECK(len > 0 && utf8_is_valid(text, len));
    (void)snprintf(asked->told + end, sizeof(asked->told) - end, "%.*s", (int)len, text);
    return ++asked->n_pieces < asked->n_pieces_wanted;
}

static struct openai *open_scene_with(const char *scene, struct openai_options options)
{
    CLEANUP(freep) char *url = xprintf_dup("http://127.0.0.1:%d/%s/", server.port, scene);
    struct openai *openai = NULL;

    options.base_url = url;
    options.api_key = KEY;
    options.model = "model-a";
    options.max_tokens = 100;
    options.temperature = 0.25;
    options.backoff = (struct backoff){1, 2};
    if (options.timeout_ms == 0)
        options.timeout_ms = 20000;
    server.n_requests = 0;
    assert_int_equal(openai_new(&options, &openai, NULL), 0);
    return openai;
}

static struct openai *open_scene(const char *scene)
{
    return open_scene_with(scene, (struct openai_options){.retries = 2});
}

static void forget(struct asked *asked)
{
    generation_finish(&asked->answer);
    memset(asked->told, 0, sizeof(asked->told));
    asked->n_pieces = 0;
}

/* No text that a call gives may hold the key. */
static void check_no_key(const struct asked *asked)
{
    CHECK(!strstr(asked->err.message, "sk-tst-4"));
    CHECK(!strstr(asked->answer.fallback_reason, "sk-tst-4"));
    CHECK(!asked->answer.text || !strstr(asked->answer.text, "sk-tst-4"));
}

static void ask(struct asked *asked, bool is_stream)
{
    struct generation_request request = {.question = "How do I get VPN access?",
                                         .passages = passages,
                                         .n_passages = 2,
                                         .on_text = is_stream ? take_text : NULL,
                                         .ctx = asked};

    forget(asked);
    if (asked->n_pieces_wanted == 0)
        asked->n_pieces_wanted = 1000;
    server.n_requests = 0;
    asked->err = (struct tw_error){0};
    asked->result = openai_generate(asked->openai, &request, &asked->answer, &asked->err);
    asked->n_requests = server.n_requests;
    CHECK((asked->result == 0) == (asked->answer.text != NULL));
    CHECK((asked->result == 0) == (asked->err.code == TW_OK));
    check_no_key(asked);
}

static void finish(struct asked *asked)
{
    forget(asked);
    openai_free(asked->openai);
}

/* Asks the scene once and ends. */
static void ask_scene(struct asked *asked, const char *scene, bool is_stream)
{
    *asked = (struct asked){.openai = open_scene(scene)};
    ask(asked, is_stream);
}

static void expect_error(const char *scene, bool is_stream, enum tw_code code, const char *why)
{
    struct asked asked;

    ask_scene(&asked, scene, is_stream);
    if (asked.result == 0 || asked.err.code != code || !strstr(asked.err.message, why))
        fail_msg("%s: %d, %s", scene, asked.err.code, asked.err.message);
    finish(&asked);
}

/* ---- Tests ------------------------------------------------------------------------------------ */

static void a_good_answer_comes_with_its_usage(void **state)
{
    struct asked asked;
    char request[CANNED_REQUEST_MAX];

    (void)state;
    ask_scene(&asked, "good", false);
    assert_string_equal(asked.answer.text, "Open the portal [1].");
    assert_string_equal(asked.answer.model, "model-a");
    CHECK(asked.answer.input_tokens == 80 && asked.answer.output_tokens == 5);
    CHECK(!asked.answer.is_estimated && !asked.answer.is_cut);
    CHECK(asked.answer.path == GENERATION_PRIMARY && asked.answer.fallback_reason[0] == '\0');
    CHECK(asked.answer.n_tries == 1 && asked.answer.first_token_us > 0);
    canned_read_last(&server, request);
    CHECK(strstr(request, "POST /good/chat/completions HTTP/1.1\r\n"));
    CHECK(strstr(request, "Authorization: Bearer " KEY "\r\n"));
    CHECK(strstr(request, "Content-Type: application/json\r\n"));
    CHECK(strstr(request, "\"max_tokens\":100,\"temperature\":0.25}"));
    CHECK(strstr(request, "How do I get VPN access?") && strstr(request, "Wait two days."));
    CHECK(!strstr(request, "\"stream\""));
    finish(&asked);
}

static void a_stream_is_told_piece_by_piece(void **state)
{
    struct asked asked;
    char request[CANNED_REQUEST_MAX];

    (void)state;
    ask_scene(&asked, "stream", true);
    assert_string_equal(asked.told, "Open the \xc3\xa4 portal [1].");
    assert_string_equal(asked.answer.text, asked.told);
    CHECK(asked.n_pieces == 3 && asked.answer.len == strlen(asked.told));
    CHECK(asked.answer.input_tokens == 90 && asked.answer.output_tokens == 7);
    CHECK(!asked.answer.is_estimated && asked.answer.first_token_us > 0);
    canned_read_last(&server, request);
    CHECK(strstr(request, "\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    finish(&asked);
}

static void a_server_that_does_not_stream_is_told_at_once(void **state)
{
    struct asked asked;

    (void)state;
    ask_scene(&asked, "good", true);
    assert_string_equal(asked.told, "Open the portal [1].");
    CHECK(asked.n_pieces == 1 && asked.result == 0);
    finish(&asked);
}

static void what_may_pass_is_tried_again(void **state)
{
    static const struct {
        const char *scene;
        bool is_stream;
        size_t n_requests;
    } cases[] = {{"busy-once", false, 2}, {"broken-twice", false, 3}, {"half-of-nothing", true, 2}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct asked asked;
        struct openai_state counts;

        ask_scene(&asked, cases[i].scene, cases[i].is_stream);
        if (asked.result < 0 || asked.n_requests != cases[i].n_requests)
            fail_msg("%s: %zu requests, %s", cases[i].scene, asked.n_requests, asked.err.message);
        CHECK(asked.answer.n_tries == (int)asked.n_requests);
        CHECK(asked.answer.path == GENERATION_PRIMARY);
        openai_read_state(asked.openai, &counts);
        CHECK(counts.n_tries == asked.n_requests && counts.n_retries == asked.n_requests - 1);
        finish(&asked);
    }
}

static void a_wait_beyond_the_deadline_is_not_begun(void **state)
{
    struct asked asked;

    (void)state;
    ask_scene(&asked, "busy-for-long", false);
    CHECK(asked.result < 0 && asked.n_requests == 1 && asked.err.code == TW_BROKEN);
    CHECK(strstr(asked.err.message, "model-a: the LLM endpoint answers 429: come back later"));
    finish(&asked);
}

static void a_broken_model_opens_its_breaker_and_the_second_answers(void **state)
{
    struct openai_options options = {
        .fallback_model = "model-b", .retries = 1, .breaker_failures = 3};
    struct asked asked = {.openai = open_scene_with("a-is-broken", options)};
    struct openai_state breakers;

    (void)state;
    for (int i = 0; i < 4; i++) {
        ask(&asked, false);
        CHECK(asked.result == 0 && asked.answer.path == GENERATION_FALLBACK_MODEL);
        assert_string_equal(asked.answer.model, "model-b");
        CHECK(asked.n_requests == (size_t)(i == 0 ? 3 : i == 1 ? 2 : 1));
        openai_read_state(asked.openai, &breakers);
        CHECK(breakers.primary == (i == 0 ? BREAKER_CLOSED : BREAKER_OPEN));
        CHECK(breakers.fallback == BREAKER_CLOSED);
    }
    CHECK(strstr(asked.answer.fallback_reason, "failed too often"));
    finish(&asked);
}

static void the_last_failure_of_the_first_model_is_kept_until_it_answers(void **state)
{
    struct openai_options options = {.fallback_model = "model-b"};
    struct asked asked = {.openai = open_scene_with("a-is-broken", options)};
    struct openai_state seen;

    (void)state;
    openai_read_state(asked.openai, &seen);
    assert_string_equal(seen.last_error, "");
    ask(&asked, false);
    CHECK(asked.result == 0);
    openai_read_state(asked.openai, &seen);
    assert_string_equal(seen.last_error, "the LLM endpoint answers 500: out of memory");
    CHECK(seen.primary == BREAKER_CLOSED);
    finish(&asked);

    options = (struct openai_options){.retries = 0};
    asked = (struct asked){.openai = open_scene_with("busy-once", options)};
    ask(&asked, false);
    CHECK(asked.result < 0);
    openai_read_state(asked.openai, &seen);
    CHECK(strstr(seen.last_error, "429"));
    finish(&asked);
}

static void the_reason_of_a_fallback_is_told(void **state)
{
    struct openai_options options = {.fallback_model = "model-b"};
    struct asked asked = {.openai = open_scene_with("a-is-broken", options)};

    (void)state;
    ask(&asked, false);
    assert_string_equal(asked.answer.fallback_reason,
                        "the LLM endpoint answers 500: out of memory");
    finish(&asked);
}

static void both_models_broken_is_an_error_of_both(void **state)
{
    struct openai_options options = {
        .fallback_model = "model-b", .retries = 1, .breaker_failures = 2};
    struct asked asked = {.openai = open_scene_with("broken", options)};

    (void)state;
    ask(&asked, false);
    CHECK(asked.result < 0 && asked.err.code == TW_BROKEN && asked.n_requests == 4);
    CHECK(strstr(asked.err.message, "model-a: the LLM endpoint answers 500: out of memory; "
                                    "model-b: the LLM endpoint answers 500"));
    ask(&asked, false);
    CHECK(asked.result < 0 && asked.n_requests == 0); /* both breakers are open */
    finish(&asked);
}

static void an_open_breaker_probes_after_its_time(void **state)
{
    struct openai_options options = {.breaker_failures = 1, .breaker_open_ms = 1};
    struct asked asked = {.openai = open_scene_with("broken-twice", options)};
    struct openai_state breakers;

    (void)state;
    /* The scene counts requests anew for each call: its first request is always answered 500. */
    ask(&asked, false);
    CHECK(asked.result < 0 && asked.n_requests == 1);
    clock_sleep_until_mono_ms(clock_mono_ms() + 2);
    ask(&asked, false);
    CHECK(asked.n_requests == 1);
    clock_sleep_until_mono_ms(clock_mono_ms() + 2);
    openai_read_state(asked.openai, &breakers);
    CHECK(breakers.primary == BREAKER_HALF_OPEN);
    finish(&asked);
}

static void nothing_is_tried_again_once_text_was_told(void **state)
{
    static const struct {
        const char *scene, *why;
        enum tw_code code;
    } cases[] = {{"half", "the stream ended before its answer", TW_BROKEN},
                 {"error-event", "worker lost", TW_BROKEN},
                 {"and-stall", "fell silent", TW_BUSY}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct openai_options options = {
            .fallback_model = "model-b", .retries = 3, .stall_timeout_ms = 50};
        struct asked asked = {.openai = open_scene_with(cases[i].scene, options)};

        ask(&asked, true);
        if (asked.result == 0 || asked.n_requests != 1 || asked.err.code != cases[i].code ||
            !strstr(asked.err.message, cases[i].why))
            fail_msg("%s: %zu requests, %s", cases[i].scene, asked.n_requests, asked.err.message);
        CHECK(strncmp(asked.told, "Open", 4) == 0);
        finish(&asked);
    }
}

static void an_answer_that_is_whole_needs_no_end_of_the_transfer(void **state)
{
    struct openai_options options = {.stall_timeout_ms = 50};
    struct asked asked = {.openai = open_scene_with("all-and-stall", options)};

    (void)state;
    ask(&asked, true);
    CHECK(asked.result == 0);
    assert_string_equal(asked.answer.text, "Open it.");
    finish(&asked);
}

static void silence_is_a_timeout(void **state)
{
    struct openai_options options = {.timeout_ms = 200, .retries = 3, .fallback_model = "model-b"};
    struct asked asked = {.openai = open_scene_with("nothing", options)};

    (void)state;
    for (int is_stream = 0; is_stream < 2; is_stream++) {
        ask(&asked, is_stream);
        CHECK(asked.result < 0 && asked.err.code == TW_BUSY && asked.n_requests <= 1);
        CHECK(strstr(asked.err.message, "no answer from 127.0.0.1:"));
    }
    finish(&asked);
}

static void the_callers_deadline_counts_too(void **state)
{
    struct asked asked = {.openai = open_scene("good")};
    struct generation_request request = {.question = "Why?", .deadline_mono_ms = 1};

    (void)state;
    asked.result = openai_generate(asked.openai, &request, &asked.answer, &asked.err);
    CHECK(asked.result < 0 && asked.err.code == TW_BUSY && server.n_requests == 0);
    finish(&asked);
}

static void bad_answers_are_errors_that_say_why(void **state)
{
    (void)state;
    for (int is_stream = 0; is_stream < 2; is_stream++) {
        expect_error("no-json", is_stream, TW_BROKEN, "not JSON");
        expect_error("no-choice", is_stream, TW_BROKEN, "no choices");
        expect_error("no-text", is_stream, TW_BROKEN, "no text");
        expect_error("html", is_stream, TW_BROKEN, "(text/html)");
        expect_error("error", is_stream, TW_BROKEN, "model is loading");
        expect_error("error-text", is_stream, TW_BROKEN, "model is loading");
        expect_error("too-much", is_stream, TW_BROKEN, "longer than");
        expect_error("unknown", is_stream, TW_BROKEN, "answers 404: no such scene");
    }
    expect_error("named-error-event", true, TW_BROKEN, "no worker");
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    elsewhere.n_requests = 0;
    expect_error("redirect", false, TW_BROKEN, "answers 307 (redirects are not followed): moved");
    expect_error("redirect", true, TW_BROKEN, "answers 307");
    CHECK(elsewhere.n_requests == 0 && elsewhere.n_connections == 0);
}

static void missing_usage_is_estimated_and_marked(void **state)
{
    static const char *const names[] = {"without-usage", "bad-usage", "absurd-usage"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct asked asked;

        ask_scene(&asked, names[i], false);
        CHECK(asked.result == 0 && asked.answer.is_estimated);
        CHECK(asked.answer.output_tokens == (i == 0 ? 4 : 2));
        CHECK(asked.answer.input_tokens > 100 && asked.answer.input_tokens < 1000);
        finish(&asked);
    }
}

static void broken_text_is_mended(void **state)
{
    struct asked asked;

    (void)state;
    ask_scene(&asked, "bad-text", true);
    assert_string_equal(asked.answer.text, "a\xef\xbf\xbd"
                                           "b \xef\xbf\xbd c \xef\xbf\xbd\xef\xbf\xbd "
                                           "\xf0\x9f\x98\x80");
    CHECK(utf8_is_valid(asked.answer.text, asked.answer.len));
    finish(&asked);
}

static void an_answer_cut_by_its_limit_says_so(void **state)
{
    struct asked asked;

    (void)state;
    ask_scene(&asked, "cut", false);
    CHECK(asked.result == 0 && asked.answer.is_cut);
    finish(&asked);
}

static void the_key_is_in_no_error(void **state)
{
    struct asked asked;

    (void)state;
    ask_scene(&asked, "the-key", false);
    CHECK(asked.result < 0 && asked.n_requests == 1);
    assert_string_equal(
        asked.err.message,
        "model-a: the LLM endpoint answers 403: bad key ***, ***, *** or *** Host: x");
    finish(&asked);
    ask_scene(&asked, "the-key", true);
    CHECK(asked.result < 0 && strstr(asked.err.message, "answers 401: bad key ***"));
    finish(&asked);
    ask_scene(&asked, "the-key-in-bad-json", false);
    CHECK(asked.result < 0 && strstr(asked.err.message, "the key '***' stands twice"));
    finish(&asked);
}

static void fields_that_a_server_does_not_know_are_left_out(void **state)
{
    struct openai_options options = {0};
    struct asked asked = {.openai = open_scene_with("foreign", options)};

    (void)state;
    ask(&asked, true);
    CHECK(asked.result == 0 && asked.n_requests == 4);
    ask(&asked, true);
    CHECK(asked.result == 0 && asked.n_requests == 1); /* it was learned */
    finish(&asked);
    expect_error("foreign-for-ever", true, TW_BROKEN, "answers 400: stream_options");
}

static void a_refusal_that_no_omission_mends_teaches_nothing(void **state)
{
    struct asked asked = {.openai = open_scene("misleading")};
    struct generation_request request = {.question = "Why?", .on_text = take_text, .ctx = &asked};
    char sent[CANNED_REQUEST_MAX];

    (void)state;
    ask(&asked, true);
    CHECK(asked.result < 0 && asked.n_requests == 4); /* all that a stream can do without */
    asked.n_pieces = 0;
    assert_int_equal(openai_generate(asked.openai, &request, &asked.answer, NULL), 0);
    canned_read_last(&server, sent);
    CHECK(strstr(sent, "stream_options") && strstr(sent, "temperature"));
    CHECK(strstr(sent, "\"max_tokens\""));
    finish(&asked);
}

static void a_taker_that_has_gone_ends_the_call(void **state)
{
    static const char *const names[] = {"stream", "good"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct openai_options options = {.retries = 3, .fallback_model = "model-b"};
        struct asked asked = {.openai = open_scene_with(names[i], options), .n_pieces_wanted = 1};
        struct openai_state breakers;

        ask(&asked, true);
        CHECK(asked.result < 0 && asked.n_requests == 1 && asked.n_pieces == 1);
        CHECK(asked.err.code == TW_BROKEN && strstr(asked.err.message, "not wanted any more"));
        openai_read_state(asked.openai, &breakers);
        CHECK(breakers.primary == BREAKER_CLOSED);
        finish(&asked);
    }
}

static void connections_and_traces_are_passed_on(void **state)
{
    static const char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    struct asked asked = {.openai = open_scene("good")};
    size_t before = server.n_connections;
    char request[CANNED_REQUEST_MAX];

    (void)state;
    for (int i = 0; i < 5; i++) {
        struct generation_request one = {.question = "Why?", .trace_parent = trace};

        forget(&asked);
        assert_int_equal(openai_generate(asked.openai, &one, &asked.answer, NULL), 0);
    }
    CHECK(server.n_connections == before + 1);
    canned_read_last(&server, request);
    CHECK(strstr(request,
                 "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
    finish(&asked);
}

static void *ask_in_thread(void *ctx)
{
    struct asked *asked = ctx;
    struct generation_request request = {.question = "Why?"};

    asked->result = openai_generate(asked->openai, &request, &asked->answer, &asked->err);
    return NULL;
}

static void a_stop_ends_calls_and_waits(void **state)
{
    static const char *const names[] = {"nothing", "broken"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct openai_options options = {
            .retries = 1000, .timeout_ms = 600000, .breaker_failures = 9999};
        struct asked asked = {.openai = open_scene_with(names[i], options)};
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, ask_in_thread, &asked), 0);
        while (server.n_requests == 0)
            clock_sleep_until_mono_ms(clock_mono_ms() + 1);
        openai_stop(asked.openai);
        (void)pthread_join(thread, NULL);
        CHECK(asked.result < 0 && asked.err.code == TW_BROKEN);
        finish(&asked);
    }
}

static void many_calls_at_once_are_answered(void **state)
{
    struct openai *openai = open_scene("good");
    struct asked asked[24] = {0};
    pthread_t threads[COUNT_OF(asked)];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        asked[i].openai = openai;
        assert_int_equal(pthread_create(&threads[i], NULL, ask_in_thread, &asked[i]), 0);
    }
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        (void)pthread_join(threads[i], NULL);
        CHECK(asked[i].result == 0);
        generation_finish(&asked[i].answer);
    }
    openai_free(openai);
}

static void no_connection_is_tried_again_and_named(void **state)
{
    struct openai_options options = {.base_url = "http://127.0.0.1:1/v1",
                                     .model = "m",
                                     .timeout_ms = 20000,
                                     .retries = 1,
                                     .backoff = {1, 1}};
    struct asked asked = {0};

    (void)state;
    assert_int_equal(openai_new(&options, &asked.openai, NULL), 0);
    ask(&asked, false);
    CHECK(asked.result < 0 && asked.err.code == TW_BROKEN);
    CHECK(strstr(asked.err.message, "m: cannot connect to 127.0.0.1:1: Connection refused"));
    finish(&asked);
}

static void what_cannot_be_asked_is_refused(void **state)
{
    struct openai_options options = {.timeout_ms = 1000};
    char long_name[65] = {0};
    struct asked asked = {0};
    struct tw_error err;

    (void)state;
    CHECK(openai_new(&options, &asked.openai, &err) < 0 && err.code == TW_INVALID);
    memset(long_name, 'm', sizeof(long_name) - 1);
    options.model = long_name;
    CHECK(openai_new(&options, &asked.openai, &err) < 0 && err.code == TW_INVALID);
    options.model = "m";
    options.base_url = "ftp://127.0.0.1/";
    assert_int_equal(openai_new(&options, &asked.openai, NULL), 0);
    ask(&asked, false);
    CHECK(asked.err.code == TW_INVALID);
    finish(&asked);
}

static int start_servers(void **state)
{
    (void)state;
    canned_start(&server, answer_scene);
    canned_start(&elsewhere, answer_elsewhere);
    return fetch_global_init(NULL);
}

static int stop_servers(void **state)
{
    (void)state;
    canned_stop(&server);
    canned_stop(&elsewhere);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_answer_comes_with_its_usage),
        TEST(a_stream_is_told_piece_by_piece),
        TEST(a_server_that_does_not_stream_is_told_at_once),
        TEST(what_may_pass_is_tried_again),
        TEST(a_wait_beyond_the_deadline_is_not_begun),
        TEST(a_broken_model_opens_its_breaker_and_the_second_answers),
        TEST(the_last_failure_of_the_first_model_is_kept_until_it_answers),
        TEST(the_reason_of_a_fallback_is_told),
        TEST(both_models_broken_is_an_error_of_both),
        TEST(an_open_breaker_probes_after_its_time),
        TEST(nothing_is_tried_again_once_text_was_told),
        TEST(an_answer_that_is_whole_needs_no_end_of_the_transfer),
        TEST(silence_is_a_timeout),
        TEST(the_callers_deadline_counts_too),
        TEST(bad_answers_are_errors_that_say_why),
        TEST(a_redirect_is_not_followed),
        TEST(missing_usage_is_estimated_and_marked),
        TEST(broken_text_is_mended),
        TEST(an_answer_cut_by_its_limit_says_so),
        TEST(the_key_is_in_no_error),
        TEST(fields_that_a_server_does_not_know_are_left_out),
        TEST(a_refusal_that_no_omission_mends_teaches_nothing),
        TEST(a_taker_that_has_gone_ends_the_call),
        TEST(connections_and_traces_are_passed_on),
        TEST(a_stop_ends_calls_and_waits),
        TEST(many_calls_at_once_are_answered),
        TEST(no_connection_is_tried_again_and_named),
        TEST(what_cannot_be_asked_is_refused),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("openai", tests, start_servers, stop_servers);
}
