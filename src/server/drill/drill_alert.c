#include "server/drill/drill_alert.h"

#include "common/json.h"

#include <string.h>

const char *drill_alert_state_name(enum drill_alert_state state)
{
    static const char *const names[] = {"unknown", "inactive", "pending", "firing"};

    return names[state];
}

static int read_state(const struct json *value,
                      enum drill_alert_state *ret_state,
                      struct tw_error *err)
{
    const char *word = json_string(value);

    for (int s = DRILL_ALERT_INACTIVE; word && s <= DRILL_ALERT_FIRING; s++) {
        if (strcmp(word, drill_alert_state_name((enum drill_alert_state)s)) == 0) {
            *ret_state = (enum drill_alert_state)s;
            return 0;
        }
    }
    return tw_fail(err, TW_INVALID, "an alert's state is '%.32s'", word ? word : "no text");
}

int drill_alert_read(const struct json *answer,
                     const char *name,
                     enum drill_alert_state *ret_state,
                     struct tw_error *err)
{
    enum drill_alert_state hottest = DRILL_ALERT_INACTIVE;
    const char *status = json_string(json_get(answer, "status"));
    const struct json *alerts = json_get(json_get(answer, "data"), "alerts");

    if (!status || strcmp(status, "success") != 0 || !alerts || json_type(alerts) != JSON_ARRAY)
        return tw_fail(err, TW_INVALID, "the answer is no list of alerts");
    for (const struct json *a = json_first(alerts); a; a = json_next(a)) {
        const char *its_name = json_string(json_get(json_get(a, "labels"), "alertname"));
        enum drill_alert_state state = DRILL_ALERT_UNKNOWN;

        if (!its_name || strcmp(its_name, name) != 0)
            continue;
        if (read_state(json_get(a, "state"), &state, err) < 0)
            return -1;
        if (state > hottest)
            hottest = state;
    }
    *ret_state = hottest;
    return 0;
}

static void see_first(struct drill_alert *alert, enum drill_alert_state state)
{
    alert->has_been_seen = true;
    alert->was_firing = state == DRILL_ALERT_FIRING;
}

bool drill_alert_observe(struct drill_alert *alert, enum drill_alert_state state, int64_t at_ms)
{
    bool changed = state != alert->state;

    alert->state = state;
    if (state == DRILL_ALERT_UNKNOWN)
        return changed;
    if (!alert->has_been_seen)
        see_first(alert, state);
    if (state != DRILL_ALERT_FIRING)
        alert->was_firing = false;
    if (state == DRILL_ALERT_PENDING && alert->pending_at_ms == 0)
        alert->pending_at_ms = at_ms;
    if (state == DRILL_ALERT_FIRING && !alert->was_firing && alert->firing_at_ms == 0) {
        /* The notification can be faster than the next poll; the alert fired before it was sent. */
        bool was_told = alert->delivered_at_ms > 0 && alert->delivered_at_ms < at_ms;

        alert->firing_at_ms = was_told ? alert->delivered_at_ms : at_ms;
    }
    return changed;
}

static bool note_resolved(struct drill_alert *alert, int64_t at_ms)
{
    if (alert->resolved_at_ms > 0 || (alert->firing_at_ms == 0 && alert->delivered_at_ms == 0))
        return false;
    alert->resolved_at_ms = at_ms;
    alert->state = DRILL_ALERT_INACTIVE;
    return true;
}

bool drill_alert_note(struct drill_alert *alert, bool is_firing, int64_t at_ms)
{
    if (!is_firing)
        return note_resolved(alert, at_ms);
    /* Inactive a moment ago: a notification that comes now was sent for something earlier. */
    if (alert->delivered_at_ms > 0 || alert->was_firing || alert->state == DRILL_ALERT_INACTIVE)
        return false;
    alert->delivered_at_ms = at_ms;
    return true;
}
