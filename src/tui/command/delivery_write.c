#include "tui/data/delivery.h"

#include "common/json_write.h"
#include "tui/text/moment.h"

#include <string.h>

static const struct wording {
    const char *integration;
    const char *name;    /* ours */
    const char *missing; /* what to set */
    const char *look_at; /* when it fails */
} wordings[] = {
    {"slack", "slack", "set SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_URL"},
    {"email", "email", "set SMTP_HOST and ALERT_EMAIL",
     "SMTP_HOST, SMTP_PORT, SMTP_USERNAME, SMTP_PASSWORD and ALERT_EMAIL"},
    {"webhook", "log", "the operations API is not among the roles",
     "whether tidewatchd runs, with the operator token it had when Alertmanager started"},
};

static const struct wording *wording_of(const struct delivery_channel *channel)
{
    for (size_t i = 0; i < COUNT_OF(wordings); i++)
        if (strcmp(wordings[i].integration, channel->integration) == 0)
            return &wordings[i];
    return NULL;
}

static const char *name_of(const struct delivery_channel *channel)
{
    const struct wording *wording = wording_of(channel);

    return wording ? wording->name : channel->integration;
}

static void write_failure(const struct delivery_channel *channel,
                          const struct delivery *delivery,
                          struct page *page)
{
    const struct wording *wording = wording_of(channel);

    page_text(page, PAGE_BAD, "FAILED");
    page_text(page, PAGE_PLAIN, "  ");
    page_wrapped(page, PAGE_PLAIN, 20, delivery->reason);
    page_end_line(page);
    page_skip_to(page, 20);
    page_wrapped(page, PAGE_DIM, 20, "look at ");
    if (wording) {
        page_wrapped(page, PAGE_DIM, 20, wording->look_at);
        page_wrapped(page, PAGE_DIM, 20, ", and ");
    }
    page_wrapped(page, PAGE_DIM, 20, "at Alertmanager's log: ./run logs alertmanager");
    page_end_line(page);
}

static void write_why_not(const struct delivery_channel *channel,
                          const char *severity,
                          struct page *page)
{
    const struct wording *wording = wording_of(channel);

    if (channel->is_configured)
        page_printf(page, PAGE_DIM, "not for %s alerts", severity);
    else
        page_printf(page, PAGE_DIM, "not configured%s%s", wording ? ": " : "",
                    wording ? wording->missing : "");
    page_end_line(page);
}

void delivery_write_line(const struct delivery_channel *channel,
                         const char *severity,
                         bool is_resolved,
                         struct page *page)
{
    const struct delivery *delivery = is_resolved ? &channel->resolved : &channel->firing;
    char span[MOMENT_SPAN_SIZE];

    page_text(page, PAGE_PLAIN, "  ");
    page_field(page, PAGE_BOLD, name_of(channel), 10);
    if (!channel->is_routed) {
        write_why_not(channel, severity, page);
        return;
    }
    switch (delivery->state) {
    case DELIVERY_DONE:
        moment_format_span(delivery->after_ms, span);
        page_text(page, PAGE_GOOD, "delivered");
        page_printf(page, PAGE_PLAIN, " after %s", span);
        if (delivery->n_failed > 0)
            page_printf(page, PAGE_WARN, " (%.0f tries failed before)", delivery->n_failed);
        page_end_line(page);
        return;
    case DELIVERY_FAILED:
        write_failure(channel, delivery, page);
        return;
    case DELIVERY_NOT_SENT:
        page_text(page, PAGE_DIM, "not sent: this channel is not told when an alert ends");
        page_end_line(page);
        return;
    case DELIVERY_WAITING:
        page_text(page, PAGE_WARN, "not waited for");
        page_end_line(page);
        return;
    }
}

static void write_json_delivery(struct json_writer *w,
                                const char *key,
                                const struct delivery *delivery)
{
    static const char *const names[] = {
        [DELIVERY_WAITING] = "not waited for",
        [DELIVERY_DONE] = "delivered",
        [DELIVERY_FAILED] = "failed",
        [DELIVERY_NOT_SENT] = "not sent",
    };

    json_write_object(w, key);
    json_write_string(w, "state", names[delivery->state]);
    json_write_int(w, "after_ms", delivery->after_ms);
    json_write_fixed(w, "failed_tries", delivery->n_failed, 0);
    json_write_string(w, "reason", delivery->reason[0] ? delivery->reason : NULL);
    json_write_object_end(w);
}

static void write_json_channel(struct json_writer *w, const struct delivery_channel *channel)
{
    json_write_object(w, NULL);
    json_write_string(w, "channel", name_of(channel));
    json_write_bool(w, "configured", channel->is_configured);
    json_write_bool(w, "routed", channel->is_routed);
    if (channel->is_routed) {
        write_json_delivery(w, "firing", &channel->firing);
        write_json_delivery(w, "resolved", &channel->resolved);
    }
    json_write_object_end(w);
}

void delivery_write_json(const struct delivery_report *report, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    json_write_string(&w, "alert", DELIVERY_ALERT);
    json_write_string(&w, "severity", report->alert->severity);
    json_write_string(&w, "test", report->alert->id);
    json_write_string(&w, "alertmanager", report->alertmanager_url);
    json_write_bool(&w, "ok", delivery_is_good(report->channels));
    json_write_array(&w, "receivers");
    for (size_t i = 0; i < report->routing->n; i++)
        json_write_string(&w, NULL, report->routing->receivers[i]);
    json_write_array_end(&w);
    json_write_array(&w, "channels");
    for (size_t i = 0; i < report->channels->n; i++)
        write_json_channel(&w, &report->channels->at[i]);
    json_write_array_end(&w);
    json_write_object_end(&w);
    (void)buffer_putc(out, '\n');
}
