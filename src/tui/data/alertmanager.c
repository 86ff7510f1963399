#include "tui/data/alertmanager.h"

#include "common/alloc.h"
#include "common/json.h"
#include "tui/data/answer.h"
#include "tui/data/server_json.h"
#include "tui/text/moment.h"

#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {"active", "suppressed", "unprocessed"};

const char *am_state_name(enum am_state state)
{
    return state_names[state];
}

static bool read_state(const char *text, enum am_state *ret_state)
{
    for (size_t i = 0; text && i < COUNT_OF(state_names); i++)
        if (strcmp(text, state_names[i]) == 0) {
            *ret_state = (enum am_state)i;
            return true;
        }
    return false;
}

static void read_silences(const struct json *ids, struct am_alert *alert)
{
    size_t i = 0;

    for (const struct json *id = json_first(ids); id && i < AM_SILENCES_MAX; id = json_next(id))
        server_json_copy(alert->silences[i++], sizeof(alert->silences[0]), id);
    alert->n_silences = json_count(ids);
}

static void read_receivers(const struct json *receivers, struct am_alert *alert)
{
    size_t used = 0;

    for (const struct json *each = json_first(receivers); each && used < AM_RECEIVERS_SIZE;
         each = json_next(each)) {
        char name[64];

        server_json_copy(name, sizeof(name), json_get(each, "name"));
        used += (size_t)snprintf(alert->receivers + used, AM_RECEIVERS_SIZE - used, "%s%s",
                                 used > 0 ? ", " : "", name);
    }
}

static int read_alert(const struct json *item, struct am_alert *alert, struct tw_error *err)
{
    const struct json *status = json_get(item, "status");
    const struct json *inhibitors = json_get(status, "inhibitedBy");
    const char *starts_at = json_string(json_get(item, "startsAt"));
    const char *updated_at = json_string(json_get(item, "updatedAt"));

    if (labels_read(json_get(item, "labels"), &alert->labels, err) < 0)
        return -1;
    if (!read_state(json_string(json_get(status, "state")), &alert->state))
        return tw_fail(err, TW_BROKEN, "an alert has no state that Alertmanager knows");
    if (labels_read(json_get(item, "annotations"), &alert->annotations, NULL) < 0)
        alert->annotations = (struct labels){0};
    read_silences(json_get(status, "silencedBy"), alert);
    alert->n_inhibitors = json_count(inhibitors);
    server_json_copy(alert->first_inhibitor, sizeof(alert->first_inhibitor),
                     json_first(inhibitors));
    server_json_copy(alert->fingerprint, sizeof(alert->fingerprint), json_get(item, "fingerprint"));
    read_receivers(json_get(item, "receivers"), alert);
    if (!starts_at || !moment_parse(starts_at, &alert->starts_at_ms))
        alert->starts_at_ms = 0;
    if (!updated_at || !moment_parse(updated_at, &alert->updated_at_ms))
        alert->updated_at_ms = 0;
    return 0;
}

int am_read_alerts(const struct fetch_reply *reply,
                   struct am_alerts *ret_alerts,
                   struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct am_alerts alerts = {0};

    if (answer_read(reply, &json, err) < 0)
        return -1;
    if (json_type(json) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no list of alerts");
    if (json_count(json) > AM_ALERTS_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d alerts", AM_ALERTS_MAX);
    alerts.at = xcalloc(json_count(json), sizeof(*alerts.at));
    for (const struct json *item = json_first(json); item; item = json_next(item))
        if (read_alert(item, &alerts.at[alerts.n++], err) < 0) {
            am_alerts_finish(&alerts);
            return -1;
        }
    *ret_alerts = alerts;
    return 0;
}

void am_alerts_finish(struct am_alerts *alerts)
{
    for (size_t i = 0; i < alerts->n; i++) {
        labels_finish(&alerts->at[i].labels);
        labels_finish(&alerts->at[i].annotations);
    }
    free(alerts->at);
    *alerts = (struct am_alerts){0};
}

const struct am_alert *am_find(const struct am_alerts *alerts, const struct labels *labels)
{
    for (size_t i = 0; i < alerts->n; i++)
        if (labels_include(&alerts->at[i].labels, labels))
            return &alerts->at[i];
    return NULL;
}

const struct am_alert *am_find_fingerprint(const struct am_alerts *alerts, const char *fingerprint)
{
    for (size_t i = 0; fingerprint[0] && i < alerts->n; i++)
        if (strcmp(alerts->at[i].fingerprint, fingerprint) == 0)
            return &alerts->at[i];
    return NULL;
}
