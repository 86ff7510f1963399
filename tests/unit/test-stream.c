#include "test.h"

#include "server/http/stream.h"

#include <string.h>

/* A connection that only counts. */
struct connection {
    struct stream stream;
    int n_suspended, n_resumed;
};

static void count_suspend(void *ctx)
{
    struct connection *c = ctx;

    c->n_suspended++;
}

static void count_resume(void *ctx)
{
    struct connection *c = ctx;

    c->n_resumed++;
}

static int set_up(void **state)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (!c)
        return -1;
    stream_init(&c->stream, count_suspend, count_resume, c);
    stream_start(&c->stream, 8);
    *state = c;
    return 0;
}

static int tear_down(void **state)
{
    struct connection *c = *state;

    stream_finish(&c->stream);
    free(c);
    return 0;
}

static void a_worker_that_sends_nothing_leaves_the_connection_suspended(void **state)
{
    struct connection *c = *state;

    CHECK(stream_end(&c->stream) == STREAM_NOT_BEGUN);
    CHECK(c->n_resumed == 0);
}

static void pieces_come_out_as_they_went_in(void **state)
{
    struct connection *c = *state;
    char out[8] = "";

    CHECK(stream_put(&c->stream, "abc", 3) && stream_put(&c->stream, "de", 2));
    CHECK(c->n_resumed == 1); /* by the first; then it was awake */
    CHECK(stream_read(&c->stream, out, 4) == 4 && memcmp(out, "abcd", 4) == 0);
    CHECK(stream_read(&c->stream, out, 4) == 1 && out[0] == 'e');
}

static void an_empty_pipe_suspends_until_the_next_piece(void **state)
{
    struct connection *c = *state;
    char out[8];

    CHECK(stream_put(&c->stream, "a", 1) && stream_read(&c->stream, out, 8) == 1);
    CHECK(stream_read(&c->stream, out, 8) == STREAM_PAUSED && c->n_suspended == 1);
    CHECK(stream_put(&c->stream, "b", 1) && c->n_resumed == 2);
    CHECK(stream_read(&c->stream, out, 8) == 1 && out[0] == 'b');
}

static void the_end_comes_after_the_last_piece_and_resumes(void **state)
{
    struct connection *c = *state;
    char out[8];

    CHECK(stream_put(&c->stream, "a", 1) && stream_read(&c->stream, out, 8) == 1);
    CHECK(stream_read(&c->stream, out, 8) == STREAM_PAUSED);
    CHECK(stream_put(&c->stream, "z", 1) && stream_end(&c->stream) == STREAM_ENDED);
    CHECK(stream_read(&c->stream, out, 8) == 1);
    CHECK(stream_read(&c->stream, out, 8) == STREAM_AT_END && c->n_suspended == 1);
}

static void a_client_that_lags_too_far_behind_is_given_up(void **state)
{
    struct connection *c = *state;
    char out[16];

    CHECK(stream_put(&c->stream, "12345678", 8));
    CHECK(!stream_put(&c->stream, "9", 1) && !stream_put(&c->stream, "0", 1));
    CHECK(stream_read(&c->stream, out, sizeof(out)) == STREAM_FAILED);
}

static void a_client_that_has_left_gets_nothing_and_the_worker_frees(void **state)
{
    struct connection *c = *state;

    CHECK(stream_put(&c->stream, "a", 1));
    CHECK(stream_cut(&c->stream)); /* still at work */
    CHECK(!stream_put(&c->stream, "b", 1));
    CHECK(stream_orphan(&c->stream));
    CHECK(stream_end(&c->stream) == STREAM_ORPHANED);
    CHECK(c->n_resumed == 1); /* never again: there is nothing to resume */
}

static void a_connection_that_ends_after_the_worker_frees_itself(void **state)
{
    struct connection *c = *state;

    CHECK(stream_put(&c->stream, "a", 1) && stream_end(&c->stream) == STREAM_ENDED);
    CHECK(!stream_cut(&c->stream) && !stream_orphan(&c->stream));
}

#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(a_worker_that_sends_nothing_leaves_the_connection_suspended),
        STREAM_TEST(pieces_come_out_as_they_went_in),
        STREAM_TEST(an_empty_pipe_suspends_until_the_next_piece),
        STREAM_TEST(the_end_comes_after_the_last_piece_and_resumes),
        STREAM_TEST(a_client_that_lags_too_far_behind_is_given_up),
        STREAM_TEST(a_client_that_has_left_gets_nothing_and_the_worker_frees),
        STREAM_TEST(a_connection_that_ends_after_the_worker_frees_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
