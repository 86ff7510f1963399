/* Recordings: the format, finding an answer again, and what is never written. */

#include "test.h"

#include "common/alloc.h"
#include "common/file.h"
#include "tui/data/tape.h"
#include "tui/poll/player.h"
#include "tui/poll/recorder.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "tidewatch recording 1\nH 1795420931000 5000 120 1 live-eu\n"

/* NULL on success, else the message; the tape is the caller's on success. */
static int read_text(const char *text, size_t len, struct tape *tape, struct tw_error *err)
{
    char *owned_text = xcalloc(1, len + 1);

    memcpy(owned_text, text, len);
    return tape_read(owned_text, len, tape, err);
}

static void the_identity_leaves_moments_out(void **state)
{
    struct tape_question question;

    (void)state;
    tape_question_init(&question, "prometheus", "POST", "/api/v1/query_range",
                       "query=up&timeout=4&start=100.5&end=200.125&step=15.000");
    assert_string_equal(buffer_text(&question.identity),
                        "prometheus POST /api/v1/query_range&query=up&step=15.000");
    CHECK(question.start_ms == 100500 && question.end_ms == 200125);
    tape_question_finish(&question);
    tape_question_init(&question, "backend", "GET", "/requests?kind=chat&end=soon", NULL);
    assert_string_equal(buffer_text(&question.identity),
                        "backend GET /requests&kind=chat&end=soon");
    CHECK(question.start_ms == 0 && question.end_ms == 0);
    tape_question_finish(&question);
}

static void an_answer_reads_back_as_it_was_written(void **state)
{
    static const char body[] = "{\"a\":\n\"b\"}\n";
    struct tape_head head = {1795420931000, 5000, 120, true, "live-eu"};
    struct tape_answer answers[3] = {
        {.at_ms = 7,
         .start_ms = 1000,
         .end_ms = 2000,
         .reply = {.status = 200,
                   .body = body,
                   .body_len = sizeof(body) - 1,
                   .content_type = "application/json; charset=utf-8",
                   .server_date_ms = 1795420932000,
                   .retry_after_ms = -1,
                   .elapsed_us = 1234}},
        {.at_ms = 9,
         .reply =
             {.status = 200, .body = body, .body_len = sizeof(body) - 1, .retry_after_ms = 30000}},
        {.at_ms = 9,
         .reply = {.body = "",
                   .retry_after_ms = -1,
                   .error = {TW_BUSY, "no answer from x within 3 ms"}}},
    };
    struct tape_question question;
    struct buffer text;
    struct tape tape;

    (void)state;
    buffer_init(&text, 65536);
    tape_question_init(&question, "backend", "GET", "/health", NULL);
    tape_write_head(&head, &text);
    tape_write_question(&question, &text);
    for (int i = 0; i < 3; i++)
        tape_write_answer(&answers[i], i == 1, &text);
    assert_int_equal(read_text(buffer_text(&text), text.len, &tape, NULL), 0);
    CHECK(tape.head.began_ms == head.began_ms && tape.head.refresh_ms == 5000 &&
          tape.head.n_columns == 120);
    CHECK(tape.head.is_production && !tape.is_cut && tape.n_answers == 3 &&
          tape_length_ms(&tape) == 9);
    assert_string_equal(tape.head.context, "live-eu");
    for (int i = 0; i < 2; i++) {
        const struct fetch_reply *got = &tape.answers[i].reply, *put = &answers[i].reply;

        CHECK(got->status == 200 && got->body_len == sizeof(body) - 1 && got->error.code == TW_OK);
        assert_string_equal(got->body, body);
        assert_string_equal(got->content_type, put->content_type);
        CHECK(got->server_date_ms == put->server_date_ms &&
              got->retry_after_ms == put->retry_after_ms);
        CHECK(got->elapsed_us == put->elapsed_us &&
              tape.answers[i].start_ms == answers[i].start_ms);
    }
    CHECK(tape.answers[2].reply.status == 0 && tape.answers[2].reply.error.code == TW_BUSY);
    assert_string_equal(tape.answers[2].reply.error.message, "no answer from x within 3 ms");
    assert_string_equal(tape.answers[2].reply.body, "");
    /* Cut anywhere behind the head, what came whole is there. */
    tape_finish(&tape);
    for (size_t len = sizeof(HEAD) - 1; len < text.len; len++) {
        assert_int_equal(read_text(buffer_text(&text), len, &tape, NULL), 0);
        CHECK(tape.n_answers < 3);
        tape_finish(&tape);
    }
    tape_question_finish(&question);
    buffer_finish(&text);
}

static void what_is_damaged_is_refused_with_its_place(void **state)
{
    static const char *const damaged[] = {
        "",
        "tidewatch recording 2\n",
        "tidewatch recording 1\n",
        "tidewatch recording 1\nH 1 0 120 0 local\n",
        "tidewatch recording 1\nH 1 5000 120 2 local\n",
        "tidewatch recording 1\nH 1 5000 120 0 lo\x1b[31mcal\n",
        "tidewatch recording 1\nH 1 5000 120 0 a-name-that-is-longer-than-thirty-one\n",
        HEAD "X\n",
        HEAD "Q 0\n\n",
        HEAD "Q 2\nabc\n",
        HEAD "Q 99999999999999999999\nab\n",
        HEAD "A 0 1 0 0 200 0 1 0 -1 2 \nab\n",
        HEAD "Q 1\nq\nA 1 1 0 0 200 0 1 0 -1 2 \nab\n",
        HEAD "Q 1\nq\nA 0 1 0 0 200 0 1 0 -1 = \n",
        HEAD "Q 1\nq\nA 0 1 0 0 200 0 1 0 -1 -2 \nab\n",
        HEAD "Q 1\nq\nA 0 1 0 0 200 0 1 0 -1 1 \nab\n",
        HEAD "Q 1\nq\nA 0 1 0 0 0 0 1 0 -1 2 \nab\n",
        HEAD "Q 1\nq\nA 0 1 0 0 200 4 1 0 -1 2 \nab\n",
        HEAD "Q 1\nq\nA 0 5 0 0 200 0 1 0 -1 2 \nab\nA 0 4 0 0 200 0 1 0 -1 2 \nab\n",
        HEAD "Q 1\nq\nA 0 1 0 0 200 0 1 0 -1 9000000 \nab\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        struct tw_error err;
        struct tape tape;

        if (read_text(damaged[i], strlen(damaged[i]), &tape, &err) == 0)
            fail_msg("taken: %s", damaged[i]);
        CHECK(err.code == TW_INVALID &&
              (strstr(err.message, "byte ") || strstr(err.message, "no recording")));
    }
}

/* The answer to "q" in the window at the time: its body. */
static const char *found(const struct tape *tape, const char *form, int64_t at_ms)
{
    const struct tape_answer *answer;
    struct tape_question question;

    tape_question_init(&question, "s", "POST", "/q", form);
    answer = tape_find(tape, &question, at_ms);
    tape_question_finish(&question);
    return answer ? answer->reply.body : "";
}

static void the_answer_of_the_time_and_of_the_nearest_window_is_found(void **state)
{
    static const char text[] = HEAD "Q 13\ns POST /q&a=1\n"
                                    "A 0 100 0 0 200 0 1 0 -1 5 \nfirst\n"
                                    "A 0 200 0 0 200 0 1 0 -1 6 \nsecond\n"
                                    "Q 13\ns POST /q&a=2\n"
                                    "A 1 300 1000 9000 200 0 1 0 -1 5 \nwhole\n"
                                    "A 1 310 8000 9000 200 0 1 0 -1 4 \ntail\n"
                                    "A 1 400 9000 10000 200 0 1 0 -1 5 \ntail2\n";
    struct tape tape;

    (void)state;
    assert_int_equal(read_text(text, sizeof(text) - 1, &tape, NULL), 0);
    assert_string_equal(found(&tape, "a=1", 0), "first");
    assert_string_equal(found(&tape, "a=1", 199), "first");
    assert_string_equal(found(&tape, "a=1&time=7", 200), "second");
    assert_string_equal(found(&tape, "a=1", 999999), "second");
    assert_string_equal(found(&tape, "a=2&start=1.1&end=9.1", 999), "whole");
    assert_string_equal(found(&tape, "a=2&start=8.1&end=9.1", 999), "tail");
    assert_string_equal(found(&tape, "a=2&start=9&end=10", 350), "tail");
    assert_string_equal(found(&tape, "a=2&start=9&end=10", 400), "tail2");
    assert_string_equal(found(&tape, "a=3", 400), "");
    tape_finish(&tape);
}

/* ---- The file ---------------------------------------------------------------------------------- */

static char folder[] = "/tmp/tidewatch-tape-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const struct tape_head test_head = {1795420931000, 5000, 120, false, "local"};

static void put(struct recorder *recorder, const char *path, const char *body)
{
    struct fetch_reply reply = {
        .status = 200, .body = body, .body_len = strlen(body), .retry_after_ms = -1};
    struct tape_question question;

    tape_question_init(&question, "alertmanager", "GET", path, NULL);
    recorder_put(recorder, &question, &reply);
    tape_question_finish(&question);
}

static char *taken(const char *path)
{
    char *text = NULL;
    size_t len;

    assert_int_equal(file_read(path, TAPE_BYTES_MAX, &text, &len, NULL), 0);
    return text;
}

static void secrets_and_alertmanagers_configuration_are_not_kept(void **state)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/t.tape", folder);
    CLEANUP(freep) char *text = NULL;
    static const char *const secrets[] = {"0", "hunter2-hunter2", NULL};
    struct recorder_options options = {.path = path, .max_bytes = 65536};
    struct recorder *recorder;
    struct stat status;

    (void)state;
    assert_int_equal(recorder_open(&options, &test_head, &recorder, NULL), 0);
    recorder_hide(recorder, secrets);
    recorder_hide(recorder, NULL);
    put(recorder, "/api/v2/alerts", "[\"hunter2-hunter2\"]");
    put(recorder, "/api/v2/status",
        "{\"config\":{\"original\":\"url: https://hooks.example/T0/secret\"},\"versionInfo\":{\"version\":\"0.25.0\"}}");
    put(recorder, "/api/v2/status", "secret");
    assert_int_equal(stat(path, &status), 0);
    CHECK((status.st_mode & 0777) == 0600);
    assert_int_equal(recorder_close(recorder, NULL), 0);
    text = taken(path);
    CHECK(!strstr(text, "hunter2") && !strstr(text, "secret"));
    CHECK(strstr(text, "{\"versionInfo\":{\"version\":\"0.25.0\"}}") &&
          strstr(text, "holds a token"));
    assert_int_equal(unlink(path), 0);
}

static void more_secrets_than_can_be_looked_for_end_a_recording(void **state)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/t.tape", folder);
    struct recorder_options options = {.path = path, .max_bytes = 65536};
    struct recorder *recorder;

    (void)state;
    assert_int_equal(recorder_open(&options, &test_head, &recorder, NULL), 0);
    for (int i = 0; i <= RECORDER_SECRETS_MAX; i++) {
        CLEANUP(freep) char *secret = xprintf_dup("hunter2-%d", i);
        const char *const secrets[] = {secret, NULL};

        CHECK(recorder_state(recorder) == RECORDER_ON);
        recorder_hide(recorder, secrets);
        recorder_hide(recorder, secrets);
    }
    CHECK(recorder_state(recorder) == RECORDER_BROKEN);
    assert_int_equal(recorder_close(recorder, NULL), -1);
    assert_int_equal(unlink(path), 0);
}

static void the_same_body_is_written_once(void **state)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/t.tape", folder);
    CLEANUP(freep) char *text = NULL;
    struct recorder_options options = {.path = path, .max_bytes = 65536};
    struct fetch_reply reply;
    struct tape_question question;
    struct recorder *recorder;
    struct player *player;

    (void)state;
    assert_int_equal(recorder_open(&options, &test_head, &recorder, NULL), 0);
    for (int i = 0; i < 5; i++)
        put(recorder, "/api/v2/alerts", "[\"the-body\"]");
    put(recorder, "/api/v2/alerts", "[]");
    put(recorder, "/api/v2/alerts", "[\"the-body\"]");
    assert_int_equal(recorder_close(recorder, NULL), 0);
    text = taken(path);
    CHECK(strstr(strstr(text, "the-body") + 1, "the-body") && strstr(text, " = \n"));
    CHECK(strlen(text) < 600);
    assert_int_equal(player_open(path, &player, NULL), 0);
    player_skip_to_end(player);
    tape_question_init(&question, "alertmanager", "GET", "/api/v2/alerts", NULL);
    player_answer(player, &question, &reply);
    assert_string_equal(reply.body, "[\"the-body\"]");
    CHECK(player_is_over(player) && player_now_ms(player) >= test_head.began_ms);
    tape_question_finish(&question);
    tape_question_init(&question, "alertmanager", "GET", "/other", NULL);
    player_answer(player, &question, &reply);
    CHECK(reply.status == 0 && strcmp(reply.error.message, "not in the recording") == 0);
    tape_question_finish(&question);
    player_free(player);
    assert_int_equal(unlink(path), 0);
}

static void a_full_recording_ends_and_can_still_be_read(void **state)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/t.tape", folder);
    struct recorder_options options = {.path = path, .max_bytes = 2000};
    struct recorder *recorder;
    struct player *player;
    struct tw_error err;
    struct stat status;
    char body[200];

    (void)state;
    assert_int_equal(recorder_open(&options, &test_head, &recorder, NULL), 0);
    for (int i = 0; i < 50; i++) {
        (void)snprintf(body, sizeof(body), "%0150d", i);
        put(recorder, "/api/v2/alerts", body);
    }
    CHECK(recorder_state(recorder) == RECORDER_FULL);
    assert_int_equal(recorder_close(recorder, &err), -1);
    CHECK(strstr(err.message, "before its time"));
    assert_int_equal(stat(path, &status), 0);
    CHECK(status.st_size > 1500 && status.st_size <= 2000);
    assert_int_equal(player_open(path, &player, NULL), 0);
    player_free(player);
    assert_int_equal(unlink(path), 0);
}

static void what_is_no_file_is_not_recorded_into(void **state)
{
    struct recorder_options options = {.path = "/dev/full", .max_bytes = 2000, .is_over = true};
    struct recorder *recorder = NULL;
    struct tw_error err;

    (void)state;
    assert_int_equal(recorder_open(&options, &test_head, &recorder, &err), -1);
    CHECK(strstr(err.message, "/dev/full")); /* no file of ours */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_identity_leaves_moments_out),
        TEST(an_answer_reads_back_as_it_was_written),
        TEST(what_is_damaged_is_refused_with_its_place),
        TEST(the_answer_of_the_time_and_of_the_nearest_window_is_found),
        TEST(secrets_and_alertmanagers_configuration_are_not_kept),
        TEST(more_secrets_than_can_be_looked_for_end_a_recording),
        TEST(the_same_body_is_written_once),
        TEST(a_full_recording_ends_and_can_still_be_read),
        TEST(what_is_no_file_is_not_recorded_into),
    };

    return cmocka_run_group_tests_name("tape", tests, make_folder, remove_folder);
}
