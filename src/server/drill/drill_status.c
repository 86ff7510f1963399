#include "server/drill/drill.h"

const char *drill_state_name(enum drill_state state)
{
    static const char *const names[] = {"running", "stopped", "finished", "failed", "interrupted"};

    return names[state];
}

bool drill_is_key(const char *key)
{
    size_t len = 0;

    for (; key[len]; len++)
        if (key[len] < 0x21 || key[len] > 0x7e)
            return false;
    return len > 0 && len < DRILL_KEY_SIZE;
}

static void write_moment(struct json_writer *w, const char *key, int64_t at_ms)
{
    if (at_ms > 0)
        json_write_int(w, key, at_ms);
    else
        json_write_null(w, key);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_write_string(w, key, text[0] != '\0' ? text : NULL);
}

static const char *until_name(enum drill_until until)
{
    static const char *const names[] = {NULL, "alert", "duration", "notified"};

    return names[until];
}

static void write_requests(struct json_writer *w, const struct drill_status *status)
{
    json_write_object(w, "requests");
    json_write_int(w, "sent", (int64_t)status->n_sent);
    json_write_int(w, "succeeded", (int64_t)status->n_succeeded);
    json_write_int(w, "failed", (int64_t)status->n_failed);
    json_write_object_end(w);
}

static void write_alert(struct json_writer *w, const struct drill_alert *alert)
{
    if (!alert->name) {
        json_write_null(w, "alert");
        return;
    }
    json_write_object(w, "alert");
    json_write_string(w, "name", alert->name);
    json_write_string(w, "state", drill_alert_state_name(alert->state));
    write_moment(w, "pending_at_ms", alert->pending_at_ms);
    write_moment(w, "firing_at_ms", alert->firing_at_ms);
    write_moment(w, "delivered_at_ms", alert->delivered_at_ms);
    write_moment(w, "resolved_at_ms", alert->resolved_at_ms);
    json_write_object_end(w);
}

void drill_write_json(const struct drill_status *status, struct json_writer *w)
{
    const struct drill_kind_info *info = &drill_kinds[status->kind];

    json_write_object(w, NULL);
    json_write_int(w, "id", status->id);
    json_write_string(w, "kind", info->name);
    json_write_string(w, "state", drill_state_name(status->state));
    drill_params_write(info->params, info->n_params, &status->params, w, "params");
    json_write_string(w, "until", until_name(status->until));
    json_write_int(w, "started_at_ms", status->started_at_ms);
    write_moment(w, "ends_by_ms", status->ends_by_ms);
    json_write_int(w, "elapsed_ms", status->elapsed_ms);
    write_requests(w, status);
    json_write_number(w, "progress", status->progress);
    write_alert(w, &status->alert);
    write_moment(w, "ended_at_ms", status->ended_at_ms);
    write_text(w, "reason", status->reason);
    write_text(w, "last_error", status->last_error);
    json_write_object_end(w);
}
