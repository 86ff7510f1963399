#include "gameday_case.h"

#include "common/alloc.h"

#include <stdio.h>

#define MINUTE INT64_C(60000)

static void free_list(struct part *part)
{
    struct gamedays_data *data = (struct gamedays_data *)part;

    gamedays_finish(&data->gamedays);
    free(data);
}

static void free_one(struct part *part)
{
    struct gameday_data *data = (struct gameday_data *)part;

    free(data->body);
    free(data);
}

static struct gameday_step step_of(const char *name, const char *alert, enum gameday_result result)
{
    struct gameday_step step = {.phase = GAMEDAY_OVER,
                                .result = result,
                                .detect_ms = 29000,
                                .notify_ms = 842,
                                .clear_ms = 65000,
                                .resolve_ms = 9000};

    (void)snprintf(step.name, sizeof(step.name), "%s", name);
    (void)snprintf(step.alert, sizeof(step.alert), "%s", alert);
    if (result == GAMEDAY_STEP_PASSED)
        return step;
    step.notify_ms = step.clear_ms = step.resolve_ms = -1;
    if (result == GAMEDAY_STEP_FAILED)
        (void)snprintf(
            step.reason, sizeof(step.reason),
            "the alert fired, but Alertmanager delivered nothing of it within 36 s: is a "
            "silence in the way?");
    return step;
}

/* What runs is in its second step. */
static void set_running(struct gameday *gameday)
{
    struct gameday_step *step = &gameday->steps[1];

    gameday->state = GAMEDAY_RUNNING;
    gameday->started_at_ms = CASE_NOW_MS - 2 * MINUTE;
    gameday->ended_at_ms = 0;
    gameday->elapsed_ms = 2 * MINUTE;
    *step = step_of(step->name, step->alert, GAMEDAY_NO_RESULT);
    step->phase = GAMEDAY_DETECT;
    step->since_at_ms[GAMEDAY_DETECT] = CASE_NOW_MS - 12000;
    step->limit_ms[GAMEDAY_DETECT] = 100000;
    step->detect_ms = -1;
    for (size_t i = 2; i < gameday->n_steps; i++) {
        gameday->steps[i] =
            step_of(gameday->steps[i].name, gameday->steps[i].alert, GAMEDAY_NO_RESULT);
        gameday->steps[i].phase = GAMEDAY_WAITING;
        gameday->steps[i].detect_ms = -1;
    }
}

static void set_gameday(enum case_state state, struct gameday *gameday, int64_t id)
{
    static const char *const names[] = {"rag corrupted-embeddings", "hallucination",
                                        "outage llm-rag-api"};
    static const char *const alerts[] = {"LLMRetrievalDegraded", "LLMHallucinationCritical",
                                         "APIDown"};

    *gameday = (struct gameday){.id = id,
                                .kind = "all",
                                .state = id % 2 == 1 ? GAMEDAY_PASSED : GAMEDAY_FAILED,
                                .fast_alerts = true,
                                .started_at_ms = CASE_NOW_MS - (10 - id) * 60 * MINUTE,
                                .elapsed_ms = 356000,
                                .n_steps = COUNT_OF(names)};
    gameday->ended_at_ms = gameday->started_at_ms + gameday->elapsed_ms;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        gameday->steps[i] = step_of(
            names[i], alerts[i], i == 1 && id % 2 == 0 ? GAMEDAY_STEP_FAILED : GAMEDAY_STEP_PASSED);
    if (id == 3 && (state == CASE_NAN || state == CASE_STALE))
        set_running(gameday);
    if (state != CASE_HUGE)
        return;
    gameday->n_steps = GAMEDAY_STEPS_MAX;
    for (size_t i = 0; i < GAMEDAY_STEPS_MAX; i++) {
        gameday->steps[i] = step_of("", "", GAMEDAY_STEP_FAILED);
        (void)snprintf(gameday->steps[i].name, sizeof(gameday->steps[i].name), "%063d", 1);
        (void)snprintf(gameday->steps[i].alert, sizeof(gameday->steps[i].alert), "%063d", 2);
        (void)snprintf(gameday->steps[i].reason, sizeof(gameday->steps[i].reason), "%0255d", 3);
        gameday->steps[i].detect_ms = INT64_MAX / 2;
    }
}

static struct gamedays_data *new_list(enum case_state state)
{
    struct gamedays_data *data = xcalloc(1, sizeof(*data));
    size_t n = state == CASE_EMPTY ? 0 : state == CASE_HUGE ? 20 : 3;

    part_init(&data->part, free_list);
    data->gamedays.at = xcalloc(n, sizeof(*data->gamedays.at));
    for (; data->gamedays.n < n; data->gamedays.n++)
        set_gameday(state, &data->gamedays.at[data->gamedays.n], (int64_t)(n - data->gamedays.n));
    return data;
}

static struct gameday_data *new_one(enum case_state state, int64_t id)
{
    struct gameday_data *data = xcalloc(1, sizeof(*data));

    part_init(&data->part, free_one);
    set_gameday(state, &data->gameday, id);
    data->body = xstrdup("{}");
    data->body_len = 2;
    return data;
}

static void forget(struct snapshot *snapshot)
{
    if (snapshot->gamedays)
        part_unref(&snapshot->gamedays->part);
    if (snapshot->gameday)
        part_unref(&snapshot->gameday->part);
    snapshot->gamedays = NULL;
    snapshot->gameday = NULL;
    snapshot->gamedays_reason[0] = '\0';
    snapshot->operations->health.gameday = (struct gameday_glance){0};
}

void case_answer_gamedays(struct snapshot *snapshot,
                          enum case_state state,
                          const struct gamedays_want *want)
{
    static const struct gameday_glance running = {3, "all", "hallucination", "detect", 2, 3};

    forget(snapshot);
    if (!want->is_on)
        return;
    if (state == CASE_ERROR) {
        (void)snprintf(snapshot->gamedays_reason, sizeof(snapshot->gamedays_reason),
                       "no answer in 3 s");
        return;
    }
    snapshot->gamedays = new_list(state);
    if (want->id > 0)
        snapshot->gameday = new_one(state, want->id);
    if (state == CASE_NAN || state == CASE_STALE)
        snapshot->operations->health.gameday = running;
}
