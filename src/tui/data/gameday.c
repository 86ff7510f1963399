#include "tui/data/gameday.h"

#include "common/alloc.h"
#include "common/json_write.h"
#include "tui/data/answer.h"
#include "tui/data/server_json.h"

#define GAMEDAYS_MAX 200

const char *const gameday_kinds[] = {"all",     "drift", "hallucination", "topic-shift",
                                     "latency", "rag",   "outage"};

static const char *const state_names[] = {"running", "passed", "failed", "stopped", "interrupted"};
static const char *const phase_names[] = {"waiting", "settle",  "detect", "notify",
                                          "clear",   "resolve", "over"};
static const char *const result_names[] = {"", "passed", "failed", "stopped"};

void gameday_write_start(const struct gameday_request *request, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    json_write_string(&w, "kind", request->kind);
    json_write_bool(&w, "wait_resolved", !request->skips_resolved);
    json_write_string(&w, "idempotency_key", request->idempotency_key);
    json_write_object_end(&w);
}

const char *gameday_state_name(enum gameday_state state)
{
    return state_names[state];
}

size_t gameday_count(const struct gameday *gameday, enum gameday_result result)
{
    size_t n = 0;

    for (size_t i = 0; i < gameday->n_steps; i++)
        n += gameday->steps[i].result == result;
    return n;
}

static int64_t read_moment(const struct json *object, const char *key)
{
    return server_json_whole(json_get(object, key), 0);
}

static int64_t read_span(const struct json *object, const char *key)
{
    return server_json_whole(json_get(object, key), -1);
}

static void read_times(const struct json *json, struct gameday_step *step)
{
    const struct json *limits = json_get(json, "limits");

    step->since_at_ms[GAMEDAY_SETTLE] = read_moment(json, "started_at_ms");
    step->since_at_ms[GAMEDAY_DETECT] = read_moment(json, "injected_at_ms");
    step->since_at_ms[GAMEDAY_NOTIFY] = read_moment(json, "firing_at_ms");
    step->since_at_ms[GAMEDAY_CLEAR] = read_moment(json, "stopped_at_ms");
    step->since_at_ms[GAMEDAY_RESOLVE] = read_moment(json, "cleared_at_ms");
    step->ended_at_ms = read_moment(json, "ended_at_ms");
    step->detect_ms = read_span(json, "detect_ms");
    step->notify_ms = read_span(json, "notify_ms");
    step->clear_ms = read_span(json, "clear_ms");
    step->resolve_ms = read_span(json, "resolve_ms");
    step->limit_ms[GAMEDAY_DETECT] = read_moment(limits, "detect_ms");
    step->limit_ms[GAMEDAY_NOTIFY] = read_moment(limits, "notify_ms");
    step->limit_ms[GAMEDAY_CLEAR] = read_moment(limits, "clear_ms");
    step->limit_ms[GAMEDAY_SETTLE] = step->limit_ms[GAMEDAY_CLEAR];
    step->limit_ms[GAMEDAY_RESOLVE] = read_moment(limits, "resolve_ms");
}

static int read_step(const struct json *json, struct gameday_step *step, struct tw_error *err)
{
    int phase = server_json_word(json_get(json, "phase"), phase_names, COUNT_OF(phase_names));
    int result = server_json_word(json_get(json, "result"), result_names, COUNT_OF(result_names));

    server_json_copy(step->name, sizeof(step->name), json_get(json, "name"));
    if (phase < 0 || !step->name[0])
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but a step of it is none");
    step->phase = (enum gameday_phase)phase;
    step->result = result > 0 ? (enum gameday_result)result : GAMEDAY_NO_RESULT;
    server_json_copy(step->alert, sizeof(step->alert), json_get(json, "alert"));
    server_json_copy(step->alert_state, sizeof(step->alert_state), json_get(json, "alert_state"));
    server_json_copy(step->reason, sizeof(step->reason), json_get(json, "reason"));
    read_times(json, step);
    return 0;
}

static int read_gameday(const struct json *json, struct gameday *gameday, struct tw_error *err)
{
    const struct json *steps = json_get(json, "steps");
    int state = server_json_word(json_get(json, "state"), state_names, COUNT_OF(state_names));

    *gameday = (struct gameday){.id = server_json_whole(json_get(json, "id"), 0)};
    server_json_copy(gameday->kind, sizeof(gameday->kind), json_get(json, "kind"));
    if (gameday->id == 0 || state < 0 || !gameday->kind[0] || json_type(steps) != JSON_ARRAY ||
        json_count(steps) > GAMEDAY_STEPS_MAX)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no game day");
    gameday->state = (enum gameday_state)state;
    gameday->fast_alerts = json_bool(json_get(json, "fast_alerts"), false);
    gameday->started_at_ms = read_moment(json, "started_at_ms");
    gameday->ended_at_ms = read_moment(json, "ended_at_ms");
    gameday->elapsed_ms = read_moment(json, "elapsed_ms");
    server_json_copy(gameday->reason, sizeof(gameday->reason), json_get(json, "reason"));
    for (const struct json *s = json_first(steps); s; s = json_next(s))
        if (read_step(s, &gameday->steps[gameday->n_steps++], err) < 0)
            return -1;
    return 0;
}

int gameday_read(const struct fetch_reply *reply, struct gameday *ret_gameday, struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    CLEANUP(freep) struct gameday *gameday = xcalloc(1, sizeof(*gameday));

    if (answer_read(reply, &json, err) < 0 || read_gameday(json, gameday, err) < 0)
        return -1;
    *ret_gameday = *gameday;
    return 0;
}

int gamedays_read(const struct fetch_reply *reply,
                  struct gamedays *ret_gamedays,
                  struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    CLEANUP(gamedays_finish) struct gamedays gamedays = {0};
    const struct json *list;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    list = json_get(json, "gamedays");
    if (json_type(list) != JSON_ARRAY || json_count(list) > GAMEDAYS_MAX)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no list of game days");
    gamedays.at = xcalloc(json_count(list), sizeof(*gamedays.at));
    for (const struct json *item = json_first(list); item; item = json_next(item))
        if (read_gameday(item, &gamedays.at[gamedays.n++], err) < 0)
            return -1;
    *ret_gamedays = (struct gamedays){gamedays.n, TAKE(gamedays.at)};
    return 0;
}

void gamedays_finish(struct gamedays *gamedays)
{
    free(gamedays->at);
    *gamedays = (struct gamedays){0};
}
