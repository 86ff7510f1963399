#include "tui/data/delivery.h"

#include "common/clock.h"
#include "common/fetch.h"
#include "common/json_write.h"
#include "tui/data/alertmanager.h"
#include "tui/data/answer.h"
#include "tui/data/prom.h"
#include "tui/data/server_json.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <string.h>

/* ---- The alert --------------------------------------------------------------------------------- */

static void write_moment(struct json_writer *w, const char *key, int64_t at_ms)
{
    char text[CLOCK_ISO_SIZE];

    clock_format_iso(at_ms, text, sizeof(text));
    json_write_string(w, key, text);
}

/* It has what a rule's alert has, so that a message about it looks like one about a real alert. */
void delivery_write_alert(const struct delivery_alert *alert, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_array(&w, NULL);
    json_write_object(&w, NULL);
    json_write_object(&w, "labels");
    json_write_string(&w, "alertname", DELIVERY_ALERT);
    json_write_string(&w, "severity", alert->severity);
    json_write_string(&w, "service", "tidewatch");
    json_write_string(&w, "signal", "test");
    json_write_string(&w, "test", alert->id);
    json_write_object_end(&w);
    json_write_object(&w, "annotations");
    json_write_string(&w, "summary", "A test of the delivery: nothing is wrong");
    json_write_string(
        &w, "description",
        "Somebody ran `tidewatch alerts test`. It resolves itself; there is nothing to do.");
    json_write_string(&w, "value", "1");
    json_write_string(&w, "threshold", "none, it is a test");
    json_write_string(&w, "view", "events");
    json_write_string(&w, "runbook_url", "assets/runbooks/AlertmanagerNotificationsFailing.md");
    json_write_object_end(&w);
    write_moment(&w, "startsAt", alert->starts_at_ms);
    write_moment(&w, "endsAt", alert->ends_at_ms);
    json_write_object_end(&w);
    json_write_array_end(&w);
}

/* ---- Where it goes ----------------------------------------------------------------------------- */

static void explain_hold(const struct json *status, char out[160])
{
    const char *state = json_string(json_get(status, "state"));
    const char *silence = json_string(json_first(json_get(status, "silencedBy")));
    char shown[64];

    out[0] = '\0';
    if (!state || strcmp(state, am_state_name(AM_SUPPRESSED)) != 0)
        return;
    if (!silence) {
        (void)snprintf(out, 160, "another alert inhibits it");
        return;
    }
    (void)server_text_copy(shown, sizeof(shown), silence, strlen(silence));
    (void)snprintf(out, 160, "the silence %s holds it back", shown);
}

int delivery_read_routing(const struct fetch_reply *reply,
                          struct delivery_routing *ret_routing,
                          struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *alert;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    if (json_type(json) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no list of alerts");
    *ret_routing = (struct delivery_routing){0};
    alert = json_first(json);
    explain_hold(json_get(alert, "status"), ret_routing->held_back);
    for (const struct json *at = json_first(json_get(alert, "receivers"));
         at && ret_routing->n < DELIVERY_RECEIVERS_MAX; at = json_next(at))
        server_json_copy(ret_routing->receivers[ret_routing->n++],
                         sizeof(ret_routing->receivers[0]), json_get(at, "name"));
    return 0;
}

static struct delivery_channel *find_channel(struct delivery_channels *channels,
                                             const char *integration,
                                             size_t len)
{
    struct delivery_channel *channel;

    for (size_t i = 0; i < channels->n; i++)
        if (strlen(channels->at[i].integration) == len &&
            memcmp(channels->at[i].integration, integration, len) == 0)
            return &channels->at[i];
    if (channels->n == DELIVERY_CHANNELS_MAX || len >= sizeof(channel->integration))
        return NULL;
    channel = &channels->at[channels->n++];
    (void)snprintf(channel->integration, sizeof(channel->integration), "%.*s", (int)len,
                   integration);
    return channel;
}

/* "- name: critical", perhaps with the name in quotes. */
static bool is_receiver(const char *line, size_t len, const struct delivery_routing *routing)
{
    const char *name = line + strlen("- name: ");
    size_t name_len = len - strlen("- name: ");

    if (name_len >= 2 && (*name == '\'' || *name == '"') && name[name_len - 1] == *name) {
        name++;
        name_len -= 2;
    }
    for (size_t i = 0; i < routing->n; i++)
        if (strlen(routing->receivers[i]) == name_len &&
            memcmp(routing->receivers[i], name, name_len) == 0)
            return true;
    return false;
}

static bool begins_with(const char *line, size_t len, const char *prefix)
{
    return len >= strlen(prefix) && memcmp(line, prefix, strlen(prefix)) == 0;
}

/* The bytes of X in "  X_configs:", which opens the list of one integration; 0 for other lines. */
static size_t integration_length(const char *line, size_t len)
{
    static const char end[] = "_configs:";
    size_t end_len = sizeof(end) - 1, name_len;

    if (len < 2 + end_len || memcmp(line, "  ", 2) != 0)
        return 0;
    name_len = strspn(line + 2, "abcdefghijklmnopqrstuvwxyz");
    return 2 + name_len + end_len == len && memcmp(line + 2 + name_len, end, end_len) == 0
               ? name_len
               : 0;
}

struct reading {
    const struct delivery_routing *routing;
    struct delivery_channels *channels;
    bool is_in_receivers, is_ours;
    struct delivery_channel *channel; /* of the list that is read; NULL: none */
};

static void read_line(struct reading *r, const char *line, size_t len)
{
    size_t name_len = integration_length(line, len);

    if (len > 0 && *line != ' ' && *line != '-')
        r->is_in_receivers = begins_with(line, len, "receivers:");
    if (!r->is_in_receivers)
        return;
    if (begins_with(line, len, "- name: ")) {
        r->is_ours = is_receiver(line, len, r->routing);
        r->channel = NULL;
    } else if (name_len > 0) {
        r->channel = find_channel(r->channels, line + 2, name_len);
        if (!r->channel)
            return;
        r->channel->is_configured = true;
        r->channel->is_routed |= r->is_ours;
    } else if (r->channel && r->is_ours &&
               (begins_with(line, len, "  - send_resolved: true") ||
                begins_with(line, len, "    send_resolved: true"))) {
        r->channel->sends_resolved = true;
    }
}

int delivery_read_channels(const struct fetch_reply *reply,
                           const struct delivery_routing *routing,
                           struct delivery_channels *ret_channels,
                           struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct reading r = {.routing = routing, .channels = ret_channels};
    const char *text;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    text = json_string(json_get(json_get(json, "config"), "original"));
    if (!text)
        return tw_fail(err, TW_BROKEN, "Alertmanager does not tell its configuration");
    *ret_channels = (struct delivery_channels){
        .n = 3,
        .at = {{.integration = "slack"}, {.integration = "email"}, {.integration = "webhook"}}};
    while (*text) {
        size_t len = strcspn(text, "\n");

        read_line(&r, text, len);
        text += len + (text[len] == '\n');
    }
    return 0;
}

/* ---- What became of it ------------------------------------------------------------------------- */

/* The value of a sample line of this name and integration; 0 for other lines. Alertmanager's label values
 * of these series hold neither braces nor line feeds. */
static double sample_of(const char *line, size_t len, const char *name, const char *label)
{
    const char *labels = line + strlen(name), *end;
    char text[64];
    double value;

    if (!begins_with(line, len, name) || *labels != '{')
        return 0;
    end = memchr(labels, '}', len - strlen(name));
    if (!end || !memmem(labels, (size_t)(end - labels), label, strlen(label)))
        return 0;
    end += end[1] == ' ' ? 2 : 1;
    (void)snprintf(text, sizeof(text), "%.*s", (int)(line + len - end), end);
    return prom_number(text, &value) && value > 0 ? value : 0;
}

void delivery_read_counts(const char *metrics,
                          const char *integration,
                          struct delivery_counts *ret_counts)
{
    char label[64];

    (void)snprintf(label, sizeof(label), "integration=\"%.24s\"", integration);
    *ret_counts = (struct delivery_counts){0};
    while (*metrics) {
        size_t len = strcspn(metrics, "\n");

        ret_counts->n_tries +=
            sample_of(metrics, len, "alertmanager_notification_requests_total", label);
        ret_counts->n_failed +=
            sample_of(metrics, len, "alertmanager_notification_requests_failed_total", label);
        ret_counts->n_given_up +=
            sample_of(metrics, len, "alertmanager_notifications_failed_total", label);
        metrics += len + (metrics[len] == '\n');
    }
}

int delivery_read_log(const struct fetch_reply *reply,
                      const char *id,
                      bool *ret_is_firing,
                      bool *ret_is_resolved,
                      struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    bool is_firing = false, is_resolved = false;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    if (json_type(json_get(json, "events")) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer has no list of events");
    for (const struct json *at = json_first(json_get(json, "events")); at; at = json_next(at)) {
        const struct json *detail = json_get(at, "detail");
        const char *test = json_string(json_get(json_get(detail, "labels"), "test"));
        const char *status = json_string(json_get(detail, "status"));

        if (!test || !status || strcmp(test, id) != 0)
            continue;
        is_firing |= strcmp(status, "firing") == 0;
        is_resolved |= strcmp(status, "resolved") == 0;
    }
    *ret_is_firing = is_firing;
    *ret_is_resolved = is_resolved;
    return 0;
}

void delivery_judge(struct delivery *delivery, const struct delivery_look *look)
{
    double n_failed = look->now.n_failed - look->before.n_failed;
    bool is_sent = look->now.n_tries - look->before.n_tries - n_failed >= 1;
    bool is_certain;

    if (delivery->state != DELIVERY_WAITING)
        return;
    delivery->n_failed = n_failed > 0 ? n_failed : 0;
    if (look->has_log || !is_sent || !delivery->was_sent)
        delivery->after_ms = look->elapsed_ms;
    is_certain = is_sent && (delivery->was_sent || look->is_over);
    delivery->was_sent = is_sent;
    if (look->has_log ? look->is_in_log : is_certain) {
        delivery->state = DELIVERY_DONE;
    } else if (look->now.n_given_up > look->before.n_given_up || look->is_over) {
        delivery->state = DELIVERY_FAILED;
        if (is_sent)
            (void)snprintf(delivery->reason, sizeof(delivery->reason),
                           "Alertmanager sent it, but the server's events do not have it");
        else if (delivery->n_failed > 0)
            (void)snprintf(delivery->reason, sizeof(delivery->reason), "%.0f tries failed",
                           delivery->n_failed);
        else
            (void)snprintf(delivery->reason, sizeof(delivery->reason),
                           "Alertmanager has not tried to send it in this time");
    }
}

bool delivery_is_good(const struct delivery_channels *channels)
{
    size_t n_routed = 0;

    for (size_t i = 0; i < channels->n; i++) {
        const struct delivery_channel *channel = &channels->at[i];

        if (!channel->is_routed)
            continue;
        n_routed++;
        if (channel->firing.state != DELIVERY_DONE ||
            (channel->resolved.state != DELIVERY_DONE &&
             channel->resolved.state != DELIVERY_NOT_SENT))
            return false;
    }
    return n_routed > 0;
}

/* ---- Reasons in Alertmanager's log ------------------------------------------------------------- */

/* logfmt: err="..." up to the closing quote, with \" and \\ undone. Returns the bytes written. */
static size_t copy_quoted(const char *text, size_t len, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < len && text[i] != '"' && n + 1 < size; i++) {
        if (text[i] == '\\' && i + 1 < len)
            i++;
        out[n++] = text[i];
    }
    out[n] = '\0';
    return n;
}

/* Of "critical/slack[0]: ...; critical/email[0]: ..." the part of this integration, without how often it was
 * tried; the whole of it where it is about one alone. */
static void keep_part(char *text, const char *integration, char out[DELIVERY_REASON_SIZE])
{
    char mark[32];
    char *at, *end, *tries;

    (void)snprintf(mark, sizeof(mark), "/%.24s[", integration);
    at = strstr(text, mark);
    if (at) {
        at = strstr(at, "]: ") ? strstr(at, "]: ") + 3 : at;
        end = strstr(at, "]: ");
        while (end && end > at && *end != ';')
            end--;
        if (end && end > at)
            *end = '\0';
        tries = strstr(at, "attempts: ");
        text = tries ? tries + strlen("attempts: ") : at;
    }
    (void)server_text_copy(out, DELIVERY_REASON_SIZE, text, strlen(text));
}

void delivery_find_reason(const char *log, const char *integration, char out[DELIVERY_REASON_SIZE])
{
    static const char key[] = " err=\"";
    char own[40], among[32];

    (void)snprintf(own, sizeof(own), "integration=%.24s[", integration);
    (void)snprintf(among, sizeof(among), "/%.24s[", integration);
    out[0] = '\0';
    while (*log) {
        size_t len = strcspn(log, "\n");
        const char *err = memmem(log, len, key, sizeof(key) - 1);
        char text[2048];

        if (err && (memmem(log, len, own, strlen(own)) || memmem(log, len, among, strlen(among)))) {
            err += sizeof(key) - 1;
            (void)copy_quoted(err, len - (size_t)(err - log), text, sizeof(text));
            keep_part(text, integration, out);
        }
        log += len + (log[len] == '\n');
    }
}
