#include "server/api/api.h"

#include "common/clock.h"
#include "server/app.h"
#include "server/drill/drill.h"

#include <string.h>

#define DETAIL_BYTES_MAX 4096

/* POST /alerts/log: Alertmanager's webhook (version 4). Every alert in it becomes an event, but the
 * Watchdog, whose coming each minute is only noted: its silence is what matters. */

static void copy_texts(const struct json *object, const char *key, struct json_writer *w)
{
    json_write_object(w, key);
    for (const struct json *v = json_first(object); v; v = json_next(v))
        if (json_string(v))
            json_write_string(w, json_key(v), json_string(v));
    json_write_object_end(w);
}

static void record(struct app *app, const struct json *alert, const char *name, bool is_firing)
{
    struct buffer detail;
    struct json_writer w = {&detail, false};

    buffer_init(&detail, DETAIL_BYTES_MAX);
    json_write_object(&w, NULL);
    json_write_string(&w, "status", is_firing ? "firing" : "resolved");
    json_write_string(&w, "starts_at", json_string(json_get(alert, "startsAt")));
    json_write_string(&w, "ends_at", json_string(json_get(alert, "endsAt")));
    copy_texts(json_get(alert, "labels"), "labels", &w);
    copy_texts(json_get(alert, "annotations"), "annotations", &w);
    json_write_object_end(&w);
    app_event(app, "alert", name, detail.failed ? "{\"truncated\":true}" : buffer_text(&detail));
    buffer_finish(&detail);
}

int api_alerts_log(struct app *app,
                   const struct request *request,
                   struct reply *reply,
                   struct tw_error *err)
{
    const struct json *alerts = json_get(request->json, "alerts");
    struct json_writer w = {&reply->body, false};
    int64_t now_ms = clock_now_ms(), n_taken = 0;

    if (json_type(alerts) != JSON_ARRAY) {
        field_errors_add(&reply->fields, "alerts", "must be an array");
        return tw_fail(err, TW_INVALID, "this is not Alertmanager's webhook body");
    }
    for (const struct json *alert = json_first(alerts); alert; alert = json_next(alert)) {
        const char *name = json_string(json_get(json_get(alert, "labels"), "alertname"));
        const char *status = json_string(json_get(alert, "status"));
        bool is_firing = status && strcmp(status, "firing") == 0;

        if (!name)
            continue;
        n_taken++;
        if (strcmp(name, "Watchdog") == 0) {
            app->watchdog_at_ms = now_ms;
            continue;
        }
        record(app, alert, name, is_firing);
        drill_note_delivery(app->drill, name, is_firing, now_ms);
    }
    json_write_object(&w, NULL);
    json_write_int(&w, "taken", n_taken);
    json_write_object_end(&w);
    return 0;
}
