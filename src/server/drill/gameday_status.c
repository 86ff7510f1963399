#include "server/drill/gameday.h"

static void write_moment(struct json_writer *w, const char *key, int64_t at_ms)
{
    if (at_ms > 0)
        json_write_int(w, key, at_ms);
    else
        json_write_null(w, key);
}

/* From one moment to the other, which may have been seen first; null while one has not come. */
static void write_span(struct json_writer *w, const char *key, int64_t from_ms, int64_t to_ms)
{
    if (from_ms == 0 || to_ms == 0)
        json_write_null(w, key);
    else
        json_write_int(w, key, to_ms > from_ms ? to_ms - from_ms : 0);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_write_string(w, key, text[0] != '\0' ? text : NULL);
}

static void write_limits(struct json_writer *w, const struct gameday_limits *limits)
{
    json_write_object(w, "limits");
    json_write_int(w, "detect_ms", limits->detect_ms);
    json_write_int(w, "notify_ms", limits->notify_ms);
    json_write_int(w, "clear_ms", limits->clear_ms);
    json_write_int(w, "resolve_ms", limits->resolve_ms);
    json_write_object_end(w);
}

static void write_step(struct json_writer *w, const struct gameday_step *step)
{
    json_write_object(w, NULL);
    json_write_string(w, "name", step->plan->name);
    json_write_string(w, "alert", step->alert);
    json_write_string(w, "alert_state", drill_alert_state_name(step->alert_state));
    json_write_string(w, "phase", gameday_phase_name(step->phase));
    json_write_string(w, "result", gameday_result_name(step->result));
    if (step->simulation_id > 0)
        json_write_int(w, "simulation_id", step->simulation_id);
    else
        json_write_null(w, "simulation_id");
    write_moment(w, "started_at_ms", step->started_at_ms);
    write_moment(w, "injected_at_ms", step->injected_at_ms);
    write_moment(w, "firing_at_ms", step->firing_at_ms);
    write_moment(w, "delivered_at_ms", step->delivered_at_ms);
    write_moment(w, "stopped_at_ms", step->stopped_at_ms);
    write_moment(w, "cleared_at_ms", step->cleared_at_ms);
    write_moment(w, "resolved_at_ms", step->resolved_at_ms);
    write_moment(w, "ended_at_ms", step->ended_at_ms);
    write_span(w, "detect_ms", step->injected_at_ms, step->firing_at_ms);
    write_span(w, "notify_ms", step->firing_at_ms, step->delivered_at_ms);
    write_span(w, "clear_ms", step->stopped_at_ms, step->cleared_at_ms);
    write_span(w, "resolve_ms", step->cleared_at_ms, step->resolved_at_ms);
    write_limits(w, &step->limits);
    write_text(w, "reason", step->reason);
    json_write_object_end(w);
}

void gameday_write_json(const struct gameday_status *status, struct json_writer *w)
{
    json_write_object(w, NULL);
    json_write_int(w, "id", status->id);
    json_write_string(w, "kind", status->kind);
    json_write_string(w, "state", gameday_state_name(status->state));
    json_write_bool(w, "fast_alerts", status->fast_alerts);
    json_write_bool(w, "wait_resolved", !status->skips_resolved);
    json_write_int(w, "started_at_ms", status->started_at_ms);
    write_moment(w, "ended_at_ms", status->ended_at_ms);
    json_write_int(w, "elapsed_ms", status->elapsed_ms);
    json_write_int(w, "passed", (int64_t)gameday_count(status, GAMEDAY_STEP_PASSED));
    json_write_int(w, "failed", (int64_t)gameday_count(status, GAMEDAY_STEP_FAILED));
    write_text(w, "reason", status->reason);
    json_write_array(w, "steps");
    for (size_t i = 0; i < status->n_steps; i++)
        write_step(w, &status->steps[i]);
    json_write_array_end(w);
    json_write_object_end(w);
}
