#include "common/json_write.h"
#include "tui/command/look_text.h"

#include <math.h>
#include <string.h>

static void write_moment(struct json_writer *w, const char *key, int64_t at_ms)
{
    if (at_ms > 0)
        json_write_int(w, key, at_ms);
    else
        json_write_null(w, key);
}

static void write_reasons(const struct look *look, struct json_writer *w)
{
    json_write_array(w, "reasons");
    for (size_t i = 0; i < look->n_reasons && i < LOOK_REASONS_MAX; i++) {
        json_write_object(w, NULL);
        json_write_string(w, "level", look_verdict_name(look->reasons[i].level));
        json_write_string(w, "text", look->reasons[i].text);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_sources(const struct look *look, const char *const *urls, struct json_writer *w)
{
    static const char *const states[] = {"ok", "partial", "error"};

    json_write_object(w, "sources");
    for (int id = 0; id < N_LOOK_SOURCES; id++) {
        const struct look_source *source = &look->sources[id];

        json_write_object(w, look_source_name((enum look_source_id)id));
        json_write_string(w, "state", states[look_source_state(source)]);
        json_write_string(w, "url", urls[id]);
        json_write_fixed(w, "answer_ms", (double)source->answer_us / 1000, 3);
        json_write_string(w, "failing", source->failing);
        json_write_string(w, "reason", source->reason[0] ? source->reason : NULL);
        json_write_int(w, "clock_skew_ms", source->skew_ms);
        if (id == LOOK_PROMETHEUS) {
            json_write_number(w, "data_age_s", look->ages_s[LOOK_AGE_UP]);
            json_write_string(w, "flavour",
                              look->flavour ? prom_flavour_name(look->flavour) : NULL);
            json_write_string(w, "without_rules", look->without_rules);
        }
        json_write_object_end(w);
    }
    json_write_object_end(w);
}

/* JSON has no NaN: it is a state of its own here, with value null, and so are the infinities. */
static const char *reading_state(const struct look *look, enum look_reading_id id)
{
    static const char *const states[] = {"no_data", "ok", "stale", "error"};
    enum look_reading_state state = look_reading_state(look, id);

    if (state == LOOK_FRESH && !isfinite(look->readings[id].value))
        return isnan(look->readings[id].value) ? "nan" : "infinite";
    return states[state];
}

static void write_readings(const struct look *look, int first, int end, struct json_writer *w)
{
    for (int id = first; id < end; id++) {
        const struct look_reading *reading = &look->readings[id];

        json_write_object(w, look_readings[id].name);
        json_write_string(w, "state", reading_state(look, (enum look_reading_id)id));
        json_write_number(w, "value", reading->has_answer ? reading->value : (double)NAN);
        json_write_number(w, "age_s", reading->age_s);
        json_write_object_end(w);
    }
}

static void write_model(const struct look *look, struct json_writer *w)
{
    json_write_object(w, "model");
    write_readings(look, 0, LOOK_FIRST_QUALITY, w);
    json_write_array(w, "features");
    for (size_t i = 0; i < look->n_features; i++) {
        json_write_object(w, NULL);
        json_write_string(w, "name", look->features[i].name);
        json_write_number(w, "drift", look->features[i].severity);
        json_write_object_end(w);
    }
    json_write_array_end(w);
    json_write_object_end(w);
}

static void write_quality(const struct look *look, struct json_writer *w)
{
    json_write_object(w, "quality");
    write_readings(look, LOOK_FIRST_QUALITY, N_LOOK_READINGS, w);
    json_write_string(w, "encoder", look->encoder[0] ? look->encoder : NULL);
    json_write_object_end(w);
}

static void write_alert(const struct look_alert *alert, struct json_writer *w)
{
    const struct labels *labels = &alert->alert->labels;

    json_write_object(w, NULL);
    json_write_string(w, "name", labels_get(labels, "alertname"));
    json_write_string(w, "severity", look_severity_name(alert->severity));
    json_write_string(w, "state", alert->alert->is_firing ? "firing" : "pending");
    write_moment(w, "active_at_ms", alert->alert->active_at_ms);
    json_write_number(w, "value", alert->alert->value);
    json_write_string(w, "summary", alert->alert->summary);
    json_write_string(w, "alertmanager",
                      alert->delivered ? am_state_name(alert->delivered->state) : NULL);
    json_write_string(w, "silenced_by",
                      alert->delivered && alert->delivered->silences[0][0]
                          ? alert->delivered->silences[0]
                          : NULL);
    json_write_object(w, "labels");
    for (size_t i = 0; i < labels->n; i++)
        json_write_string(w, labels->at[i].name, labels->at[i].value);
    json_write_object_end(w);
    json_write_object_end(w);
}

static void write_alerts(const struct look *look, struct json_writer *w)
{
    json_write_array(w, "alerts");
    for (size_t i = 0; i < look->n_alerts; i++)
        write_alert(&look->alerts[i], w);
    json_write_array_end(w);
    json_write_int(w, "alerts_in_alertmanager_only", (int64_t)look->n_only_delivered);
    json_write_object(w, "watchdog");
    json_write_string(w, "state", look_watchdog_name(look->watchdog));
    if (look->watchdog_age_ms >= 0)
        json_write_int(w, "told_ms_ago", look->watchdog_age_ms);
    else
        json_write_null(w, "told_ms_ago");
    json_write_object_end(w);
}

static void write_targets(const struct look *look, struct json_writer *w)
{
    json_write_array(w, "targets");
    for (size_t i = 0; i < look->n_targets; i++) {
        const struct look_target *target = &look->targets[i];

        json_write_object(w, NULL);
        json_write_string(w, "job", target->job);
        json_write_string(w, "instance", target->instance);
        json_write_bool(w, "up", target->is_up);
        json_write_string(w, "last_error", target->last_error[0] ? target->last_error : NULL);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_simulations(const struct look *look, struct json_writer *w)
{
    json_write_array(w, "simulations");
    for (size_t i = 0; i < look->simulations.n; i++) {
        const struct simulation *s = &look->simulations.at[i];

        if (s->state != SIMULATION_RUNNING)
            continue;
        json_write_object(w, NULL);
        json_write_int(w, "id", s->id);
        json_write_string(w, "kind", s->kind);
        write_moment(w, "started_at_ms", s->started_at_ms);
        write_moment(w, "ends_by_ms", s->ends_by_ms);
        json_write_number(w, "progress", s->progress);
        json_write_int(w, "requests_sent", s->n_sent);
        json_write_int(w, "requests_failed", s->n_failed);
        json_write_string(w, "alert", s->alert[0] ? s->alert : NULL);
        json_write_string(w, "alert_state", simulation_alert_state_name(s->alert_state));
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_events(const struct look *look, struct json_writer *w)
{
    json_write_array(w, "events");
    for (size_t i = 0; i < look->events.n && i < LOOK_EVENTS_SHOWN; i++) {
        const struct event *event = &look->events.at[i];

        json_write_object(w, NULL);
        json_write_int(w, "id", event->id);
        write_moment(w, "at_ms", event->at_ms);
        json_write_string(w, "kind", event->kind);
        json_write_string(w, "subject", event->subject);
        json_write_string(w, "detail", event->detail);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

void look_write_json(const struct look *look, const char *const *urls, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    json_write_string(&w, "verdict", look_verdict_name(look->verdict));
    json_write_int(&w, "exit_code", (int64_t)look->verdict);
    json_write_int(&w, "at_ms", look->at_ms);
    write_reasons(look, &w);
    write_sources(look, urls, &w);
    if (look->has_fast_alerts)
        json_write_bool(&w, "fast_alerts", look->is_fast_alerts);
    else
        json_write_null(&w, "fast_alerts");
    write_model(look, &w);
    write_quality(look, &w);
    write_alerts(look, &w);
    write_targets(look, &w);
    write_simulations(look, &w);
    write_events(look, &w);
    json_write_object_end(&w);
    (void)buffer_putc(out, '\n');
}
