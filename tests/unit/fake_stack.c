#include "fake_stack.h"

#include "common/buffer.h"
#include "common/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX 65536
#define ANSWER_MAX  (4 << 20)

/* ---- Words on the wire --------------------------------------------------------------------------- */

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

static void write_date(struct fake_stack *fake, struct buffer *out)
{
    time_t at = (time_t)((clock_now_ms() + fake->skew_ms) / 1000);
    struct tm tm;
    char text[64];

    if (fake->skew_ms == 0)
        return;
    (void)gmtime_r(&at, &tm);
    (void)strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    (void)buffer_puts(out, text);
}

static void send_answer(struct fake_stack *fake,
                        int fd,
                        const char *status,
                        const char *type,
                        const struct buffer *body)
{
    struct buffer out;

    buffer_init(&out, ANSWER_MAX);
    (void)buffer_printf(&out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", status,
                        type, body->len);
    write_date(fake, &out);
    (void)buffer_puts(&out, "\r\n");
    (void)buffer_append(&out, buffer_text(body), body->len);
    send_all(fd, buffer_text(&out), out.len);
    buffer_finish(&out);
}

static void send_text(
    struct fake_stack *fake, int fd, const char *status, const char *type, const char *text)
{
    struct buffer body;

    buffer_init(&body, ANSWER_MAX);
    (void)buffer_puts(&body, text);
    send_answer(fake, fd, status, type, &body);
    buffer_finish(&body);
}

static int hex(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* The value of that name in a form; "" when it is not there. */
static void read_form(const char *form, const char *name, char *out, size_t size)
{
    size_t len = strlen(name), used = 0;
    const char *at = form;

    out[0] = '\0';
    while (at && !(strncmp(at, name, len) == 0 && at[len] == '=')) {
        at = strchr(at, '&');
        at = at ? at + 1 : NULL;
    }
    if (!at)
        return;
    for (at += len + 1; *at && *at != '&' && used + 1 < size; at++)
        if (*at == '%' && at[1] && at[2]) {
            out[used++] = (char)(hex(at[1]) * 16 + hex(at[2]));
            at += 2;
        } else {
            out[used++] = *at;
        }
    out[used] = '\0';
}

static double form_number(const char *form, const char *name)
{
    char text[32];

    read_form(form, name, text, sizeof(text));
    return strtod(text, NULL);
}

/* ---- Prometheus ---------------------------------------------------------------------------------- */

/* Calls `each` for every marked part of a joint query. */
typedef void part_fn(struct buffer *out, const char *mark, bool is_age, const char *form);

static void for_parts(const char *query, part_fn *each, struct buffer *out, const char *form)
{
    static const char mark_is[] = "\n,\"tw\",\"";
    const char *from = query, *at;
    bool is_first = true;

    while ((at = strstr(from, mark_is))) {
        char mark[16] = "";
        const char *digits = at + strlen(mark_is);
        const char *age = strstr(from, "time() - max(timestamp(");

        (void)snprintf(mark, sizeof(mark), "%.*s", (int)strcspn(digits, "\""), digits);
        (void)buffer_puts(out, is_first ? "" : ",");
        is_first = false;
        each(out, mark, age && age < at, form);
        from = digits;
    }
}

static void write_sample(struct buffer *out, const char *mark, bool is_age, const char *form)
{
    (void)buffer_printf(out, "{\"metric\":{\"tw\":\"%s\"%s},\"value\":[%.3f,\"%s\"]}", mark,
                        is_age ? "" : ",\"job\":\"ml-api\"", form_number(form, "time"),
                        is_age ? "2.5" : "0.25");
}

/* Every point is worth its own time, so that a test sees where it was laid. */
static void write_line(struct buffer *out, const char *mark, bool is_age, const char *form)
{
    double start = form_number(form, "start"), end = form_number(form, "end");
    double step = form_number(form, "step");
    bool is_first = true;

    (void)is_age;
    (void)buffer_puts(out, "{\"metric\":{");
    if (mark)
        (void)buffer_printf(out, "\"tw\":\"%s\",", mark);
    (void)buffer_puts(out, "\"job\":\"ml-api\"},\"values\":[");
    for (double at = start; at <= end + 0.0005; at += step) {
        (void)buffer_printf(out, "%s[%.3f,\"%.0f\"]", is_first ? "" : ",", at, at);
        is_first = false;
    }
    (void)buffer_puts(out, "]}");
}

static void open_result(struct fake_stack *fake, const char *type, struct buffer *out)
{
    (void)buffer_puts(out, "{\"status\":\"success\",");
    if (fake->modes[FAKE_PROM] == FAKE_WARNING)
        (void)buffer_puts(out, "\"warnings\":[\"store 2 did not answer\"],");
    (void)buffer_printf(out, "\"data\":{\"resultType\":\"%s\",\"result\":[", type);
}

/* A query that is to fail says so; a scalar cannot be marked. True: answered. */
static bool refuse_query(struct fake_stack *fake, int fd, const char *query)
{
    bool is_joined = strstr(query, "label_replace") != NULL;

    if (strstr(query, "bad_metric") || (is_joined && strstr(query, "scalar(")))
        send_text(fake, fd, "400 Bad Request", "application/json",
                  "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}");
    else if (strstr(query, "slow_metric"))
        send_text(fake, fd, "503 Service Unavailable", "application/json",
                  "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"timed out\"}");
    else
        return false;
    return true;
}

static void answer_query(struct fake_stack *fake, int fd, const char *form)
{
    static char query[16384];
    struct buffer out;

    (void)pthread_mutex_lock(&fake->mutex);
    read_form(form, "query", query, sizeof(query));
    memcpy(fake->last_query, query, sizeof(query));
    if (form_number(form, "time") > 0) {
        fake->newest_time_s = form_number(form, "time");
        fake->n_queries++;
    }
    buffer_init(&out, ANSWER_MAX);
    if (strcmp(query, "1") == 0) {
        (void)buffer_puts(&out, fake->is_metricsql
                                    ? "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
                                      "\"result\":[]}}"
                                    : "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\","
                                      "\"result\":[1,\"1\"]}}");
        send_answer(fake, fd, "200 OK", "application/json", &out);
    } else if (!refuse_query(fake, fd, query)) {
        open_result(fake, strstr(query, "label_replace") ? "vector" : "scalar", &out);
        if (!strstr(query, "label_replace"))
            (void)buffer_puts(&out, "1795470300,\"7\"");
        else if (!fake->is_empty)
            for_parts(query, write_sample, &out, form);
        (void)buffer_puts(&out, "]}}");
        send_answer(fake, fd, "200 OK", "application/json", &out);
    }
    buffer_finish(&out);
    (void)pthread_mutex_unlock(&fake->mutex);
}

static void note_range(struct fake_stack *fake, const char *form)
{
    size_t n_points;

    fake->n_ranges++;
    fake->first_ms = (int64_t)(form_number(form, "start") * 1000 + 0.5);
    fake->last_ms = (int64_t)(form_number(form, "end") * 1000 + 0.5);
    fake->step_ms = (int64_t)(form_number(form, "step") * 1000 + 0.5);
    n_points = (size_t)((fake->last_ms - fake->first_ms) / fake->step_ms) + 1;
    if (n_points > fake->most_points)
        fake->most_points = n_points;
    if (fake->least_points == 0 || n_points < fake->least_points)
        fake->least_points = n_points;
}

static void answer_range(struct fake_stack *fake, int fd, const char *form)
{
    static char query[16384];
    struct buffer out;

    (void)pthread_mutex_lock(&fake->mutex);
    read_form(form, "query", query, sizeof(query));
    note_range(fake, form);
    buffer_init(&out, ANSWER_MAX);
    if (!refuse_query(fake, fd, query)) {
        open_result(fake, "matrix", &out);
        if (!strstr(query, "label_replace"))
            write_line(&out, NULL, false, form);
        else if (!fake->is_empty)
            for_parts(query, write_line, &out, form);
        (void)buffer_puts(&out, "]}}");
        send_answer(fake, fd, "200 OK", "application/json", &out);
    }
    buffer_finish(&out);
    (void)pthread_mutex_unlock(&fake->mutex);
}

#define RULE(name, query)                                                                          \
    "{\"type\":\"alerting\",\"name\":\"" name "\",\"query\":\"" query                              \
    "\",\"duration\":300,\"state\":\"firing\",\"labels\":{\"severity\":\"critical\"}}"

/* What is asked for one panel alone. True: answered. */
static bool answer_inspection(struct fake_stack *fake, int fd, const char *path, const char *form)
{
    const char *status = "200 OK", *body;

    if (strncmp(path, "/api/v1/rules", 13) == 0)
        body = "{\"status\":\"success\",\"data\":{\"groups\":[{\"rules\":[" RULE(
            "MLModelDriftHigh", "ml_data_drift_score > 0.5") "," RULE("Other", "other > 1") "]}]}}";
    else if (strncmp(path, "/api/v1/status/flags", 20) == 0)
        body = "{\"status\":\"success\",\"data\":{\"enable-feature\":\"exemplar-storage\"}}";
    else if (strncmp(path, "/api/v1/query_exemplars", 23) == 0)
        body = "{\"status\":\"success\",\"data\":[{\"seriesLabels\":{\"le\":\"1\"},\"exemplars\":["
               "{\"labels\":{\"trace_id\":\"aa\"},\"value\":\"0.7\",\"timestamp\":1795470300}]}]}";
    else
        return false;
    if (strncmp(path, "/api/v1/rules?", 14) != 0) /* that is asked for with the alerts */
        atomic_fetch_add(&fake->n_inspections, 1);
    if (strncmp(path, "/api/v1/query_exemplars", 23) == 0)
        fake->exemplars_first_ms = (int64_t)(form_number(form, "start") * 1000 + 0.5);
    if (fake->exemplars_fail && strncmp(path, "/api/v1/query_exemplars", 23) == 0) {
        status = "404 Not Found";
        body = "no such page";
    }
    send_text(fake, fd, status, "application/json", body);
    return true;
}

static void answer_prometheus(struct fake_stack *fake, int fd, const char *path, const char *form)
{
    if (answer_inspection(fake, fd, path, form))
        return;
    if (strncmp(path, "/api/v1/query_range", 19) == 0)
        answer_range(fake, fd, form);
    else if (strncmp(path, "/api/v1/query", 13) == 0)
        answer_query(fake, fd, form);
    else if (strncmp(path, "/api/v1/alerts", 14) == 0)
        send_text(fake, fd, "200 OK", "application/json",
                  "{\"status\":\"success\",\"data\":{\"alerts\":["
                  "{\"labels\":{\"alertname\":\"MLModelDriftHigh\",\"severity\":\"critical\","
                  "\"service\":\"ml-api\"},\"annotations\":{\"summary\":\"drifted\"},"
                  "\"state\":\"firing\",\"activeAt\":\"2026-11-23T21:45:00Z\",\"value\":\"0.7\"},"
                  "{\"labels\":{\"alertname\":\"Watchdog\"},\"state\":\"firing\","
                  "\"activeAt\":\"2026-11-23T20:00:00Z\",\"value\":\"1\"}]}}");
    else if (strncmp(path, "/api/v1/targets", 15) == 0)
        send_text(fake, fd, "200 OK", "application/json",
                  "{\"status\":\"success\",\"data\":{\"activeTargets\":["
                  "{\"labels\":{\"job\":\"ml-api\",\"instance\":\"a:1\"},\"lastError\":\"\","
                  "\"scrapeInterval\":\"1s\"}]}}");
    else if (strncmp(path, "/api/v1/label/bad/", 18) == 0)
        send_text(fake, fd, "400 Bad Request", "application/json",
                  "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no such label\"}");
    else if (strncmp(path, "/api/v1/label/", 14) == 0)
        send_text(fake, fd, "200 OK", "application/json",
                  strstr(path, "/job/") ? "{\"status\":\"success\",\"data\":[\"b\",\"a\"]}"
                                        : "{\"status\":\"success\",\"data\":[\"a:1\"]}");
    else
        send_text(fake, fd, "200 OK", "application/json",
                  fake->is_metricsql
                      ? "{\"status\":\"success\",\"data\":{}}"
                      : "{\"status\":\"success\",\"data\":{\"version\":\"2.42.0\"}}");
}

/* ---- The others ---------------------------------------------------------------------------------- */

static void answer_alertmanager(struct fake_stack *fake, int fd, const char *path)
{
    if (strncmp(path, "/api/v2/alerts", 14) == 0)
        send_text(fake, fd, "200 OK", "application/json",
                  "[{\"labels\":{\"alertname\":\"MLModelDriftHigh\",\"severity\":\"critical\","
                  "\"service\":\"ml-api\",\"cluster\":\"x\"},\"status\":{\"state\":\"suppressed\","
                  "\"silencedBy\":[\"s-1\"],\"inhibitedBy\":[]},"
                  "\"updatedAt\":\"2026-11-23T21:46:00Z\"},"
                  "{\"labels\":{\"alertname\":\"Watchdog\"},\"status\":{\"state\":\"active\","
                  "\"silencedBy\":[],\"inhibitedBy\":[]},\"updatedAt\":\"2026-11-23T21:46:00Z\"}]");
    else
        send_text(fake, fd, "200 OK", "application/json",
                  "{\"versionInfo\":{\"version\":\"0.25.0\"}}");
}

#define DRILL                                                                                      \
    "{\"id\":7,\"kind\":\"drift\",\"state\":\"running\",\"params\":{\"amount\":0.8},"              \
    "\"until\":\"alert\",\"started_at_ms\":1795470000000,\"ends_by_ms\":1795480000000,"            \
    "\"elapsed_ms\":1000,\"requests\":{\"sent\":5,\"succeeded\":5,\"failed\":0},"                  \
    "\"progress\":0.35,\"alert\":{\"name\":\"MLModelDriftHigh\",\"state\":\"firing\"}}"
#define BASELINE                                                                                   \
    "{\"id\":3,\"kind\":\"baseline\",\"state\":\"running\",\"params\":{},"                         \
    "\"started_at_ms\":1795460000000,\"elapsed_ms\":1000,\"requests\":{\"sent\":5},"               \
    "\"progress\":null,\"alert\":null}"

static void note_start(struct fake_stack *fake, const char *body)
{
    const char *key = strstr(body, "\"idempotency_key\":\"");

    (void)pthread_mutex_lock(&fake->mutex);
    fake->n_starts++;
    if (key)
        (void)snprintf(fake->last_key, sizeof(fake->last_key), "%.*s", (int)strcspn(key + 19, "\""),
                       key + 19);
    (void)pthread_mutex_unlock(&fake->mutex);
}

#define GAMEDAY(state)                                                                             \
    "{\"id\":4,\"kind\":\"outage\",\"state\":\"" state "\",\"started_at_ms\":1795470000000,"       \
    "\"elapsed_ms\":1000,\"steps\":[{\"name\":\"outage ml-api\",\"alert\":\"APIDown\","            \
    "\"phase\":\"detect\",\"result\":null}]}"

/* The one that runs while the flag is set; "/gamedays" and "/gamedays/4". */
static void answer_gamedays(struct fake_stack *fake, int fd, const char *path)
{
    bool runs = fake->gameday_runs;

    if (path[9] == '/')
        send_text(fake, fd, "200 OK", "application/json",
                  runs ? GAMEDAY("running") : GAMEDAY("passed"));
    else
        send_text(fake, fd, "200 OK", "application/json",
                  runs ? "{\"gamedays\":[" GAMEDAY("running") "]}"
                       : "{\"gamedays\":[" GAMEDAY("passed") "]}");
}

static void answer_change(struct fake_stack *fake, int fd, const char *method, const char *path)
{
    bool is_start = strcmp(method, "POST") == 0;

    if (strncmp(path, "/gamedays", 9) == 0)
        send_text(fake, fd, is_start ? "202 Accepted" : "200 OK", "application/json",
                  is_start ? GAMEDAY("running") : GAMEDAY("stopped"));
    else if (is_start)
        send_text(fake, fd, "202 Accepted", "application/json", DRILL);
    else if (strcmp(path, "/simulations") == 0)
        send_text(fake, fd, "200 OK", "application/json", "{\"stopped\":2}");
    else
        send_text(fake, fd, "200 OK", "application/json", strstr(path, "/3") ? BASELINE : DRILL);
}

/* "/requests?..." and "/requests/7"; any other number is not stored. */
static void answer_stored(struct fake_stack *fake, int fd, const char *path)
{
    if (strcmp(path, "/requests/7") == 0)
        send_text(
            fake, fd, "200 OK", "application/json",
            "{\"id\":7,\"kind\":\"chat\",\"at\":1795470000000,\"query\":\"q\",\"response\":\"A.\","
            "\"sentences\":[{\"text\":\"A.\",\"support\":0.1,\"flags\":[],\"evidence\":null}]}");
    else if (path[9] == '/')
        send_text(fake, fd, "404 Not Found", "application/problem+json",
                  "{\"title\":\"Not Found\",\"status\":404,\"detail\":\"no such request\"}");
    else
        send_text(fake, fd, "200 OK", "application/json",
                  "{\"requests\":[{\"id\":7,\"kind\":\"chat\",\"at\":1795470000000,"
                  "\"hallucination_score\":0.2},{\"id\":6,\"kind\":\"triage\",\"at\":1795460000000,"
                  "\"hallucination_score\":0.9}],\"next\":6}");
}

static void answer_operations(struct fake_stack *fake, int fd, const char *method, const char *path)
{
    if (strcmp(method, "GET") != 0)
        answer_change(fake, fd, method, path);
    else if (strncmp(path, "/requests", 9) == 0)
        answer_stored(fake, fd, path);
    else if (strncmp(path, "/gamedays", 9) == 0)
        answer_gamedays(fake, fd, path);
    else if (strncmp(path, "/simulations", 12) == 0)
        send_text(fake, fd, "200 OK", "application/json",
                  "{\"simulations\":[" DRILL "," BASELINE "]}");
    else if (strcmp(path, "/faults") == 0)
        send_text(fake, fd, "200 OK", "application/json",
                  "{\"drills_enabled\":true,\"faults\":[{\"name\":\"fabricate\",\"active\":false},"
                  "{\"name\":\"delay\",\"active\":true,\"left_ms\":45000,\"delay_ms\":12000,"
                  "\"simulation_id\":null}]}");
    else if (strncmp(path, "/events", 7) == 0)
        send_text(fake, fd, "200 OK", "application/json",
                  "{\"events\":[{\"id\":1,\"at_ms\":1795470000000,\"kind\":\"simulation\","
                  "\"subject\":\"drift\",\"detail\":{\"state\":\"running\"}}]}");
    else if (fake->gameday_runs)
        send_text(fake, fd, "200 OK", "application/json",
                  "{\"status\":\"ok\",\"live\":true,\"gameday\":{\"id\":4,\"kind\":\"outage\"}}");
    else
        send_text(
            fake, fd, "200 OK", "application/json",
            "{\"status\":\"ok\",\"live\":true,\"version\":\"0.1.0\",\"fast_alerts\":true,"
            "\"drills_enabled\":true,\"watchdog_age_ms\":4000,"
            "\"simulations\":[{\"id\":3,\"kind\":\"baseline\"},{\"id\":7,\"kind\":\"drift\"}]}");
}

static void answer_ml(struct fake_stack *fake, int fd)
{
    send_text(fake, fd, "200 OK", "application/json",
              "{\"at_ms\":1795470000000,\"samples_analyzed\":200,\"samples_needed\":100,"
              "\"drift_detected\":true,\"drift_score\":0.6,\"features\":["
              "{\"name\":\"ticket_length\",\"drift_detected\":true,\"severity\":0.7,"
              "\"cells\":[{\"above\":null,\"up_to\":100,\"before\":30,\"after\":10},"
              "{\"above\":100,\"up_to\":null,\"before\":10,\"after\":30}]}]}");
}

/* ---- Requests ------------------------------------------------------------------------------------ */

struct got {
    char *text; /* REQUEST_MAX */
    char method[16], path[128];
    const char *body;
};

static void answer_good(struct fake_stack *fake, int fd, enum fake_part part, const struct got *got)
{
    const char *path = strchr(got->path + 1, '/');

    switch (part) {
    case FAKE_PROM:
        answer_prometheus(fake, fd, path, got->body);
        break;
    case FAKE_AM:
        answer_alertmanager(fake, fd, path);
        break;
    case FAKE_OPS:
        answer_operations(fake, fd, got->method, path);
        break;
    case FAKE_ML:
    case N_FAKE_PARTS:
        answer_ml(fake, fd);
        break;
    }
}

static void wait_for_close(int fd)
{
    char byte;

    while (recv(fd, &byte, 1, 0) > 0)
        ;
}

/* False: the connection is done for. */
static bool answer_badly(struct fake_stack *fake, int fd, enum fake_mode mode)
{
    switch (mode) {
    case FAKE_HUNG:
        wait_for_close(fd);
        return false;
    case FAKE_HTML:
        send_text(fake, fd, "502 Bad Gateway", "text/html",
                  "<html><head><title>502 Bad Gateway</title></head></html>");
        return true;
    case FAKE_HTML_OK:
        send_text(fake, fd, "200 OK", "text/html", "<html><body>Please log in</body></html>");
        return true;
    case FAKE_GARBAGE:
        send_text(fake, fd, "200 OK", "application/json", "{\"status\":\"success\",\"da");
        return true;
    case FAKE_503:
        send_text(fake, fd, "503 Service Unavailable", "text/plain", "Service Unavailable");
        return true;
    case FAKE_401:
        send_text(fake, fd, "401 Unauthorized", "application/problem+json",
                  "{\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"a token is needed\"}");
        return true;
    case FAKE_422:
        send_text(fake, fd, "422 Unprocessable Entity", "application/problem+json",
                  "{\"title\":\"Invalid\",\"status\":422,\"detail\":\"some fields are wrong\","
                  "\"errors\":[{\"field\":\"params.amount\",\"detail\":\"must be 0 to 1\"}]}");
        return true;
    case FAKE_LOST:
        return false;
    case FAKE_GOOD:
    case FAKE_SLOW:
    case FAKE_WARNING:
        break;
    }
    return true;
}

static bool is_answered_well(enum fake_mode mode)
{
    return mode == FAKE_GOOD || mode == FAKE_SLOW || mode == FAKE_WARNING;
}

static void note_request(struct fake_stack *fake, enum fake_part part, const struct got *got)
{
    const char *bearer = strstr(got->text, "Bearer ");

    (void)pthread_mutex_lock(&fake->mutex);
    fake->n_requests++;
    fake->n_stored += part == FAKE_OPS && strstr(got->path, "/requests") != NULL;
    fake->n_gamedays += part == FAKE_OPS && strcmp(got->method, "GET") == 0 &&
                        strstr(got->path, "/gamedays") != NULL;
    if (part == FAKE_OPS && strcmp(got->method, "GET") != 0) {
        (void)snprintf(fake->last_method, sizeof(fake->last_method), "%s", got->method);
        (void)snprintf(fake->last_path, sizeof(fake->last_path), "%s", got->path);
        (void)snprintf(fake->bearer, sizeof(fake->bearer), "%.*s",
                       bearer ? (int)strcspn(bearer + 7, "\r") : 0, bearer ? bearer + 7 : "");
    }
    (void)pthread_mutex_unlock(&fake->mutex);
}

static bool answer(struct fake_stack *fake, int fd, const struct got *got)
{
    enum fake_part part = strncmp(got->path, "/prom/", 6) == 0  ? FAKE_PROM
                          : strncmp(got->path, "/am/", 4) == 0  ? FAKE_AM
                          : strncmp(got->path, "/ops/", 5) == 0 ? FAKE_OPS
                                                                : FAKE_ML;
    enum fake_mode mode = (enum fake_mode)fake->modes[part];
    bool is_change = strcmp(got->method, "GET") != 0;

    note_request(fake, part, got);
    if (part == FAKE_OPS && strcmp(got->method, "POST") == 0)
        note_start(fake, got->body);
    /* What is refused on the operations API is what changes it. */
    if (part == FAKE_OPS && !is_change &&
        (mode == FAKE_LOST || mode == FAKE_401 || mode == FAKE_422))
        mode = FAKE_GOOD;
    if ((part == FAKE_PROM && fake->lines_hang && strstr(got->path, "query_range")) ||
        (part == FAKE_OPS && fake->requests_hang && strstr(got->path, "/requests")))
        mode = FAKE_HUNG;
    if (!is_answered_well(mode))
        return answer_badly(fake, fd, mode);
    if (mode == FAKE_SLOW)
        (void)usleep(300000);
    answer_good(fake, fd, part, got);
    return true;
}

/* One whole request into got->text. False: the client has gone. */
static bool read_request(int fd, struct got *got)
{
    size_t len = 0, body_len = 0;
    char *end = NULL;

    got->text[0] = '\0';
    while (!end || len < (size_t)(end + 4 - got->text) + body_len) {
        ssize_t n = recv(fd, got->text + len, REQUEST_MAX - 1 - len, 0);
        const char *field;

        if (n <= 0)
            return false;
        len += (size_t)n;
        got->text[len] = '\0';
        end = strstr(got->text, "\r\n\r\n");
        field = strstr(got->text, "Content-Length: ");
        if (end && field && field < end)
            body_len = strtoul(field + 16, NULL, 10);
    }
    got->body = end + 4;
    return sscanf(got->text, "%15s %127s", got->method, got->path) == 2;
}

struct connection {
    struct fake_stack *fake;
    int fd;
};

static void *serve(void *arg)
{
    struct connection *connection = arg;
    struct got got = {.text = malloc(REQUEST_MAX)};

    while (read_request(connection->fd, &got) && answer(connection->fake, connection->fd, &got))
        ;
    (void)shutdown(connection->fd, SHUT_RDWR);
    free(got.text);
    free(connection);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct fake_stack *fake = arg;

    for (int fd = accept(fake->listener, NULL, NULL); fd >= 0;
         fd = accept(fake->listener, NULL, NULL)) {
        struct connection *connection = malloc(sizeof(*connection));
        size_t i = fake->n_threads;

        if (i == FAKE_THREADS_MAX)
            abort();
        *connection = (struct connection){fake, fd};
        fake->sockets[i] = fd;
        (void)pthread_create(&fake->threads[i], NULL, serve, connection);
        fake->n_threads++;
    }
    return NULL;
}

void fake_start(struct fake_stack *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    memset(fake, 0, sizeof(*fake));
    (void)pthread_mutex_init(&fake->mutex, NULL);
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fake->listener, (struct sockaddr *)&address, len) < 0 ||
        listen(fake->listener, 64) < 0)
        abort();
    (void)getsockname(fake->listener, (struct sockaddr *)&address, &len);
    fake->port = ntohs(address.sin_port);
    (void)pthread_create(&fake->acceptor, NULL, accept_all, fake);
}

void fake_stop(struct fake_stack *fake)
{
    (void)shutdown(fake->listener, SHUT_RDWR);
    (void)pthread_join(fake->acceptor, NULL);
    (void)close(fake->listener);
    for (size_t i = 0; i < fake->n_threads; i++) {
        (void)shutdown(fake->sockets[i], SHUT_RDWR);
        (void)pthread_join(fake->threads[i], NULL);
        (void)close(fake->sockets[i]);
    }
    (void)pthread_mutex_destroy(&fake->mutex);
}

void fake_set(struct fake_stack *fake, enum fake_part part, enum fake_mode mode)
{
    fake->modes[part] = (int)mode;
}
