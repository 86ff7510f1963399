#include "test.h"

#include "tui/poll/panel_state.h"

#include <math.h>

/* A panel with a value, answered just now by a good server; each case changes one thing. */
struct scene {
    struct panel_facts facts;
    struct panel_data data;
    struct series series;
    double values[2];
};

static void good(struct scene *scene)
{
    *scene = (struct scene){
        .facts = {.n_asked = 2,
                  .source = DATA_OK,
                  .source_reason = "",
                  .scrape_interval_ms = 10000,
                  .overdue_ms = 4000,
                  .mono_ms = 100000},
        .data = {.good_mono_ms = 99000, .sample_age_ms = 9000},
        .series = {.last = 1},
    };
    scene->series.values = scene->values;
    scene->data.set = (struct series_set){.grid = {0, 30000, 2}, .n = 1, .at = &scene->series};
}

static void expect(struct scene *scene, enum data_state state, const char *reason)
{
    panel_state_judge(&scene->facts, &scene->data);
    if (scene->data.state != state || !strstr(scene->data.reason, reason) ||
        (reason[0] == '\0' && scene->data.reason[0]))
        fail_msg("%s '%s' is not %s '%s'", data_state_name(scene->data.state), scene->data.reason,
                 data_state_name(state), reason);
}

static void fresh_and_whole_is_ok(void **state)
{
    struct scene scene;

    (void)state;
    good(&scene);
    expect(&scene, DATA_OK, "");
    scene.data.sample_age_ms = 25000; /* two scrapes and the slack */
    scene.facts.chart_behind_ms = 90000;
    expect(&scene, DATA_OK, "");
    scene.data.sample_age_ms = -1; /* not known */
    expect(&scene, DATA_OK, "");
}

static void old_is_stale_and_says_how(void **state)
{
    struct scene scene;

    (void)state;
    good(&scene);
    scene.data.sample_age_ms = 47000;
    expect(&scene, DATA_STALE, "its newest sample is 47s old");
    good(&scene);
    scene.facts.chart_behind_ms = 91000;
    expect(&scene, DATA_STALE, "its lines end 1m31s ago");
    good(&scene);
    scene.data.good_mono_ms = 95999;
    expect(&scene, DATA_STALE, "no answer");
    good(&scene);
    scene.facts.source = DATA_ERROR;
    scene.facts.source_reason = "HTTP 502";
    expect(&scene, DATA_STALE, "HTTP 502");
    good(&scene);
    scene.series.last = (double)NAN;
    scene.data.sample_age_ms = -1;
    expect(&scene, DATA_STALE, "its series have ended");
}

static void nothing_is_no_data(void **state)
{
    struct scene scene;

    (void)state;
    good(&scene);
    scene.data.set.n = 0;
    expect(&scene, DATA_NONE, "");
    scene.data.good_mono_ms = -1;
    scene.facts.source = DATA_NONE;
    expect(&scene, DATA_NONE, "");
    scene.facts.source = DATA_ERROR;
    scene.facts.source_reason = "refused";
    expect(&scene, DATA_ERROR, "refused");
}

static void failures_are_partial_or_an_error(void **state)
{
    struct scene scene;

    (void)state;
    good(&scene);
    scene.facts.failure = "parse error";
    scene.facts.n_failed = 1;
    expect(&scene, DATA_PARTIAL, "parse error");
    scene.facts.n_failed = 2;
    expect(&scene, DATA_ERROR, "parse error");
    scene.data.good_mono_ms = -1;
    expect(&scene, DATA_ERROR, "parse error");
}

static void warnings_and_left_off_series_are_partial(void **state)
{
    struct scene scene;

    (void)state;
    good(&scene);
    scene.data.set.n_refused = 3;
    expect(&scene, DATA_PARTIAL, "1 of 4 series shown");
    scene.data.warnings.n = 1;
    (void)snprintf(scene.data.warnings.text[0], sizeof(scene.data.warnings.text[0]), "store down");
    expect(&scene, DATA_PARTIAL, "store down");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(fresh_and_whole_is_ok),
        TEST(old_is_stale_and_says_how),
        TEST(nothing_is_no_data),
        TEST(failures_are_partial_or_an_error),
        TEST(warnings_and_left_off_series_are_partial),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
