#include "tui/data/operations_health.h"

#include "common/fetch.h"
#include "tui/data/answer.h"
#include "tui/data/server_json.h"

#include <string.h>

static void read_runs(const struct json *runs, struct operations_health *health)
{
    for (const struct json *run = json_first(runs); run; run = json_next(run)) {
        const char *kind = json_string(json_get(run, "kind"));

        if (kind && strcmp(kind, "baseline") == 0)
            health->baseline_id = server_json_whole(json_get(run, "id"), 0);
        else
            health->n_drills++;
    }
}

static void read_gameday(const struct json *json, struct gameday_glance *gameday)
{
    gameday->id = server_json_whole(json_get(json, "id"), 0);
    server_json_copy(gameday->kind, sizeof(gameday->kind), json_get(json, "kind"));
    server_json_copy(gameday->step, sizeof(gameday->step), json_get(json, "step"));
    server_json_copy(gameday->phase, sizeof(gameday->phase), json_get(json, "phase"));
    gameday->at = server_json_whole(json_get(json, "at"), 0);
    gameday->n_steps = server_json_whole(json_get(json, "steps"), 0);
}

static int read_report(const struct json *json,
                       struct operations_health *ret_health,
                       struct tw_error *err)
{
    const struct json *fast = json_get(json, "fast_alerts");
    struct operations_health health = {.watchdog_age_ms = -1};

    if (!json_string(json_get(json, "status")))
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no health report");
    server_json_copy(health.status, sizeof(health.status), json_get(json, "status"));
    server_json_copy(health.version, sizeof(health.version), json_get(json, "version"));
    health.tells_fast_alerts = json_type(fast) == JSON_BOOL;
    health.is_fast_alerts = json_bool(fast, false);
    health.are_drills_enabled = json_bool(json_get(json, "drills_enabled"), false);
    health.watchdog_age_ms = server_json_whole(json_get(json, "watchdog_age_ms"), -1);
    read_runs(json_get(json, "simulations"), &health);
    read_gameday(json_get(json, "gameday"), &health.gameday);
    *ret_health = health;
    return 0;
}

int operations_health_read(const struct fetch_reply *reply,
                           struct operations_health *ret_health,
                           struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;

    if (reply->status == 503 && json_parse(reply->body, reply->body_len, &json, NULL) == 0 &&
        json_type(json_get(json, "live")) == JSON_BOOL)
        return read_report(json, ret_health, err);
    if (answer_read(reply, &json, err) < 0)
        return -1;
    return read_report(json, ret_health, err);
}
