#include "test.h"

#include "common/cleanup.h"
#include "tui/data/source_state.h"

#include <stdbool.h>

enum { VALUES, ALERTS, LINES, N_QUESTIONS };

static void init(struct source_track *track)
{
    source_track_init(track, N_QUESTIONS);
    for (size_t i = 0; i < N_QUESTIONS; i++)
        track->questions[i].period_ms = 2000;
    track->questions[LINES].is_secondary = true;
}

static void ask(struct source_track *track, size_t question, int64_t mono_ms)
{
    track->questions[question].asked_mono_ms = mono_ms;
}

static void failure(struct source_track *track,
                    size_t question,
                    enum outcome outcome,
                    int64_t mono_ms)
{
    source_track_failed(track, question, outcome, "why", mono_ms, 0.5);
}

static void check(const struct source_track *track,
                  int64_t mono_ms,
                  enum data_state state,
                  const char *reason)
{
    char text[SOURCE_REASON_SIZE];
    enum data_state is = source_track_state(track, mono_ms, text);

    if (is != state || strcmp(text, reason) != 0)
        fail_msg("%s '%s' is not %s '%s'", data_state_name(is), text, data_state_name(state),
                 reason);
}

static void it_has_no_data_until_it_answers(void **state)
{
    struct source_track track;

    (void)state;
    init(&track);
    check(&track, 100000, DATA_NONE, "");
    CHECK(source_track_good_mono_ms(&track) == -1);
    source_track_good(&track, VALUES, 1000);
    check(&track, 1000, DATA_OK, "");
    CHECK(source_track_good_mono_ms(&track) == 1000);
}

static void silence_makes_it_stale_after_two_periods(void **state)
{
    struct source_track track;

    (void)state;
    init(&track);
    source_track_good(&track, VALUES, 1000);
    source_track_good(&track, ALERTS, 1500);
    CHECK(source_track_next_change_mono_ms(&track, 1500) == 5001);
    check(&track, 5000, DATA_OK, "");
    check(&track, 5001, DATA_PARTIAL, "some answers are overdue");
    CHECK(source_track_next_change_mono_ms(&track, 5001) == 5501);
    check(&track, 5501, DATA_STALE, "no answer");
    CHECK(source_track_next_change_mono_ms(&track, 5501) == INT64_MAX);
    failure(&track, VALUES, OUTCOME_TIMEOUT, 6000);
    check(&track, 6000, DATA_STALE, "why");
}

static void a_refusal_is_an_error_and_a_timeout_before_any_answer_too(void **state)
{
    struct source_track track;

    (void)state;
    init(&track);
    failure(&track, VALUES, OUTCOME_TIMEOUT, 1000);
    check(&track, 1000, DATA_ERROR, "why");
    init(&track);
    source_track_good(&track, VALUES, 1000);
    failure(&track, VALUES, OUTCOME_FAILED, 3000);
    check(&track, 3000, DATA_ERROR, "why");
    source_track_good(&track, VALUES, 4000);
    check(&track, 4000, DATA_OK, "");
}

static void what_fails_beside_good_answers_makes_it_partial(void **state)
{
    struct source_track track;

    (void)state;
    init(&track);
    source_track_good(&track, VALUES, 1000);
    failure(&track, ALERTS, OUTCOME_FAILED, 1000);
    check(&track, 1000, DATA_PARTIAL, "why");
    CHECK(track.retry_at_mono_ms == 0 && track.n_failures == 0); /* no back-off for the others */
    source_track_good(&track, ALERTS, 1500);
    failure(&track, LINES, OUTCOME_TIMEOUT, 1600);
    check(&track, 1600, DATA_PARTIAL, "why");
    source_track_good(&track, LINES, 1700);
    check(&track, 1700, DATA_OK, "");
    /* A good line speaks for nothing when the rest is silent. */
    source_track_good(&track, LINES, 5600);
    check(&track, 5600, DATA_STALE, "no answer");
    source_track_good(&track, VALUES, 6000);
    source_track_good(&track, ALERTS, 6000);
    track.is_partial = true;
    check(&track, 6000, DATA_PARTIAL, "the server says that its answer is partial");
}

static void the_back_off_doubles_up_to_half_a_minute(void **state)
{
    static const int64_t seconds[] = {1, 2, 4, 8, 16, 30, 30, 30};

    (void)state;
    for (unsigned n = 1; n <= COUNT_OF(seconds); n++) {
        CHECK(backoff_ms(n, 0.5) == seconds[n - 1] * 1000);
        CHECK(backoff_ms(n, 0) == seconds[n - 1] * 800);
        CHECK(backoff_ms(n, 0.999) < seconds[n - 1] * 1200);
    }
    CHECK(backoff_ms(4000000000U, 0.5) == 30000);
}

static void failures_of_one_moment_count_once(void **state)
{
    struct source_track track;

    (void)state;
    init(&track);
    ask(&track, VALUES, 1000);
    ask(&track, ALERTS, 1000);
    failure(&track, VALUES, OUTCOME_FAILED, 1100);
    failure(&track, ALERTS, OUTCOME_FAILED, 1101);
    CHECK(track.n_failures == 1 && track.retry_at_mono_ms == 2100);
    ask(&track, VALUES, 2100);
    failure(&track, VALUES, OUTCOME_FAILED, 2200);
    CHECK(track.n_failures == 2 && track.retry_at_mono_ms == 4200);
    source_track_good(&track, VALUES, 4300);
    CHECK(track.n_failures == 0 && track.retry_at_mono_ms == 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(it_has_no_data_until_it_answers),
        TEST(silence_makes_it_stale_after_two_periods),
        TEST(a_refusal_is_an_error_and_a_timeout_before_any_answer_too),
        TEST(what_fails_beside_good_answers_makes_it_partial),
        TEST(the_back_off_doubles_up_to_half_a_minute),
        TEST(failures_of_one_moment_count_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
