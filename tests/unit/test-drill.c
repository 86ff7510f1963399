#include "test.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/credentials.h"
#include "common/fetch.h"
#include "common/json.h"
#include "server/drill/drill.h"
#include "server/drill/drill_kinds.h"
#include "server/ml/features.h"

#include <arpa/inet.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MAX_MS     8000
#define CONNECTIONS_MAX 32
#define TICKETS_MAX     4096
#define KEY             "a key of some length, for tests only"

/* ---- A listener that stands for /predict, /feedback and Prometheus -------------------------------- */

enum manner { ANSWER, ANSWER_503, ANSWER_NONSENSE, ANSWER_NOTHING };

struct connection {
    int fd;
    size_t len;
    char text[2048];
};

struct listener {
    pthread_t thread;
    int fd, wake_fd;
    char url[64];
    _Atomic int manner;
    _Atomic(struct drill *) drill;         /* whose marks are checked; NULL: none yet */
    _Atomic int pending_from, firing_from; /* tickets after which the alert is so; -1: never */
    _Atomic int n_chats, n_triages;
    _Atomic int n_tickets, n_feedback, n_polls, n_odd;
    _Atomic int n_unmarked, last_origin;
    _Atomic int64_t last_id;
    pthread_mutex_t lock; /* guards tickets */
    double tickets[TICKETS_MAX][N_FEATURES];
    struct connection connections[CONNECTIONS_MAX];
};

static void answer(const struct connection *c, int status, const char *body)
{
    char text[1024];
    int len =
        snprintf(text, sizeof(text),
                 "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 status, strlen(body), body);

    (void)!send(c->fd, text, (size_t)len, MSG_NOSIGNAL);
}

static void take_ticket(struct listener *l, const struct json *body)
{
    int n = atomic_load(&l->n_tickets);

    if (n == TICKETS_MAX)
        return;
    (void)pthread_mutex_lock(&l->lock);
    for (int f = 0; f < N_FEATURES; f++)
        l->tickets[n][f] = json_number(json_get(body, features[f].name), (double)NAN);
    (void)pthread_mutex_unlock(&l->lock);
    if (json_count(body) != N_FEATURES)
        atomic_fetch_add(&l->n_odd, 1);
}

static void check_mark(struct listener *l, const char *head)
{
    static const char name[] = "X-Tidewatch-Simulation: ";
    struct drill *drill = atomic_load(&l->drill);
    const char *at = strstr(head, name);
    char value[256] = "";
    int64_t id = 0;

    if (!drill)
        return;
    if (at)
        (void)sscanf(at + strlen(name), "%255[^\r]", value);
    atomic_store(&l->last_origin, (int)drill_check_header(drill, at ? value : NULL, &id));
    atomic_store(&l->last_id, id);
    if (id == 0)
        atomic_fetch_add(&l->n_unmarked, 1);
}

static void answer_alerts(struct listener *l, const struct connection *c)
{
    int n = atomic_load(&l->n_tickets);
    int firing_from = atomic_load(&l->firing_from), pending_from = atomic_load(&l->pending_from);
    const char *word = pending_from >= 0 && n >= pending_from ? "pending" : "inactive";
    char body[512];

    atomic_fetch_add(&l->n_polls, 1);
    if (firing_from >= 0 && n >= firing_from)
        word = "firing";
    (void)snprintf(body, sizeof(body),
                   "{\"status\":\"success\",\"data\":{\"alerts\":[{\"labels\":{\"alertname\":"
                   "\"MLModelDriftHigh\"},\"state\":\"%s\"}]}}",
                   word);
    answer(c, 200, body);
}

static void answer_post(struct listener *l,
                        const struct connection *c,
                        const char *path,
                        const char *body_text,
                        size_t body_len)
{
    CLEANUP(json_freep) struct json *body = NULL;
    char reply[128];

    if (json_parse(body_text, body_len, &body, NULL) < 0) {
        atomic_fetch_add(&l->n_odd, 1);
        answer(c, 400, "{}");
    } else if (strcmp(path, "/predict") == 0) {
        take_ticket(l, body);
        (void)snprintf(reply, sizeof(reply), "{\"prediction_id\":\"p-%d\",\"severity\":\"Low\"}",
                       atomic_fetch_add(&l->n_tickets, 1));
        answer(c, 200, reply);
    } else if (strcmp(path, "/chat") == 0) {
        const char *query = json_string(json_get(body, "query"));

        if (!query || strncmp(query, "how ", 4) != 0 || json_count(body) != 1)
            atomic_fetch_add(&l->n_odd, 1);
        atomic_fetch_add(&l->n_chats, 1);
        answer(c, 200, "{}");
    } else if (strcmp(path, "/triage") == 0) {
        if (!json_string(json_get(body, "ticket_text")) || json_count(body) != 1 + N_FEATURES)
            atomic_fetch_add(&l->n_odd, 1);
        atomic_fetch_add(&l->n_triages, 1);
        answer(c, 200, "{}");
    } else if (strcmp(path, "/feedback") == 0) {
        const char *severity = json_string(json_get(body, "severity"));
        const char *id = json_string(json_get(body, "prediction_id"));

        if (!severity || !id || strncmp(id, "p-", 2) != 0 ||
            !(strcmp(severity, "calm") == 0 || strcmp(severity, "brisk") == 0 ||
              strcmp(severity, "storm") == 0))
            atomic_fetch_add(&l->n_odd, 1);
        atomic_fetch_add(&l->n_feedback, 1);
        answer(c, 200, "{}");
    } else {
        atomic_fetch_add(&l->n_odd, 1);
        answer(c, 404, "{}");
    }
}

static void answer_request(struct listener *l,
                           const struct connection *c,
                           const char *head,
                           const char *body,
                           size_t body_len)
{
    char path[64] = "";
    int manner = atomic_load(&l->manner);
    bool is_post = sscanf(head, "POST %63s", path) == 1;

    if (manner == ANSWER_NOTHING)
        return;
    if (manner == ANSWER_503)
        answer(c, 503, "{}");
    else if (manner == ANSWER_NONSENSE)
        answer(c, 200, "{\"status\":\"success\",\"data\":{\"alerts\":\"all\"}}");
    else if (is_post) {
        check_mark(l, head);
        answer_post(l, c, path, body, body_len);
    } else if (strstr(head, "X-Scope-OrgID: drills")) {
        answer_alerts(l, c);
    } else { /* as Prometheus that is behind a gate */
        answer(c, 401, "{}");
    }
}

/* Answers the requests that are whole; false when the connection is done. */
static bool serve(struct listener *l, struct connection *c)
{
    ssize_t got = recv(c->fd, c->text + c->len, sizeof(c->text) - 1 - c->len, 0);
    char *end;

    if (got <= 0)
        return false;
    c->len += (size_t)got;
    c->text[c->len] = '\0';
    while ((end = strstr(c->text, "\r\n\r\n"))) {
        const char *length = strstr(c->text, "Content-Length: ");
        size_t head_len = (size_t)(end - c->text) + 4;
        size_t body_len = length && length < end ? strtoul(length + 16, NULL, 10) : 0;

        if (c->len < head_len + body_len)
            break;
        *end = '\0';
        answer_request(l, c, c->text, c->text + head_len, body_len);
        c->len -= head_len + body_len;
        memmove(c->text, c->text + head_len + body_len, c->len + 1);
    }
    return c->len + 1 < sizeof(c->text);
}

static void accept_one(struct listener *l)
{
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        if (l->connections[i].fd < 0) {
            l->connections[i].fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
            l->connections[i].len = 0;
            return;
        }
    }
}

static void *listen_on(void *arg)
{
    struct listener *l = arg;

    for (;;) {
        struct pollfd fds[CONNECTIONS_MAX + 2];

        for (int i = 0; i < CONNECTIONS_MAX; i++)
            fds[i] = (struct pollfd){l->connections[i].fd, POLLIN, 0};
        fds[CONNECTIONS_MAX] = (struct pollfd){l->fd, POLLIN, 0};
        fds[CONNECTIONS_MAX + 1] = (struct pollfd){l->wake_fd, POLLIN, 0};
        (void)poll(fds, CONNECTIONS_MAX + 2, -1);
        if (fds[CONNECTIONS_MAX + 1].revents)
            return NULL;
        for (int i = 0; i < CONNECTIONS_MAX; i++) {
            if (fds[i].revents && !serve(l, &l->connections[i])) {
                (void)close(l->connections[i].fd);
                l->connections[i].fd = -1;
            }
        }
        if (fds[CONNECTIONS_MAX].revents)
            accept_one(l);
    }
}

static struct listener *listener_start(void)
{
    struct listener *l = xcalloc(1, sizeof(*l));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);

    for (int i = 0; i < CONNECTIONS_MAX; i++)
        l->connections[i].fd = -1;
    atomic_store(&l->pending_from, -1);
    atomic_store(&l->firing_from, -1);
    (void)pthread_mutex_init(&l->lock, NULL);
    l->wake_fd = eventfd(0, EFD_CLOEXEC);
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(l->fd, (struct sockaddr *)&address, size) == 0);
    CHECK(listen(l->fd, 16) == 0);
    CHECK(getsockname(l->fd, (struct sockaddr *)&address, &size) == 0);
    (void)snprintf(l->url, sizeof(l->url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    CHECK(pthread_create(&l->thread, NULL, listen_on, l) == 0);
    return l;
}

static void listener_stop(struct listener *l)
{
    CHECK(eventfd_write(l->wake_fd, 1) == 0);
    CHECK(pthread_join(l->thread, NULL) == 0);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        if (l->connections[i].fd >= 0)
            (void)close(l->connections[i].fd);
    (void)close(l->fd);
    (void)close(l->wake_fd);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

/* ---- What the hooks were told --------------------------------------------------------------------- */

struct ear {
    struct drill_status saved[16]; /* the last of each id */
    int n_saves, n_events;
    char last_event[256];
    unsigned n_active[N_DRILL_KINDS];
    double progress[N_DRILL_KINDS];
    uint64_t n_outcome[2];
    int n_injected, n_renewed, n_released;
    int64_t fault_owner; /* of the last that was injected; 0: it was released */
    enum fault fault;
    uint64_t n_outcome_before_fault; /* requests that were answered before it */
    bool refuses_faults, has_lost_fault;
};

static pthread_mutex_t ear_lock = PTHREAD_MUTEX_INITIALIZER; /* guards every struct ear */

static void hear_save(void *ctx, const struct drill_status *status)
{
    struct ear *ear = ctx;

    (void)pthread_mutex_lock(&ear_lock);
    ear->saved[status->id % 16] = *status;
    ear->n_saves++;
    (void)pthread_mutex_unlock(&ear_lock);
}

static void hear_event(void *ctx, const char *kind, const char *subject, const char *detail)
{
    struct ear *ear = ctx;

    (void)pthread_mutex_lock(&ear_lock);
    ear->n_events++;
    (void)snprintf(ear->last_event, sizeof(ear->last_event), "%s %s %s", kind, subject, detail);
    (void)pthread_mutex_unlock(&ear_lock);
}

static void hear_active(void *ctx, enum drill_kind kind, unsigned n_running)
{
    struct ear *ear = ctx;

    (void)pthread_mutex_lock(&ear_lock);
    ear->n_active[kind] = n_running;
    (void)pthread_mutex_unlock(&ear_lock);
}

static void hear_progress(void *ctx, enum drill_kind kind, double ratio)
{
    struct ear *ear = ctx;

    (void)pthread_mutex_lock(&ear_lock);
    ear->progress[kind] = ratio;
    (void)pthread_mutex_unlock(&ear_lock);
}

static void hear_request(void *ctx, enum drill_kind kind, enum drill_outcome outcome)
{
    struct ear *ear = ctx;

    (void)kind;
    (void)pthread_mutex_lock(&ear_lock);
    ear->n_outcome[outcome]++;
    (void)pthread_mutex_unlock(&ear_lock);
}

static int hear_inject(void *ctx, const struct fault_order *order, struct tw_error *err)
{
    struct ear *ear = ctx;
    bool refuses;

    (void)pthread_mutex_lock(&ear_lock);
    refuses = ear->refuses_faults;
    ear->n_injected++;
    ear->fault_owner = order->simulation_id;
    ear->fault = order->fault;
    ear->n_outcome_before_fault = ear->n_outcome[0] + ear->n_outcome[1];
    (void)pthread_mutex_unlock(&ear_lock);
    CHECK(order->ttl_ms >= FAULT_TTL_MIN_MS && order->ttl_ms <= FAULT_TTL_MAX_MS);
    return refuses ? tw_fail(err, TW_BUSY, "another has it") : 0;
}

static int hear_renew(void *ctx, const struct fault_order *order, struct tw_error *err)
{
    struct ear *ear = ctx;
    bool is_lost;

    (void)pthread_mutex_lock(&ear_lock);
    ear->n_renewed++;
    is_lost = ear->has_lost_fault || ear->fault_owner != order->simulation_id;
    (void)pthread_mutex_unlock(&ear_lock);
    return is_lost ? tw_fail(err, TW_NOT_FOUND, "its fault was cleared") : 0;
}

static void hear_release(void *ctx, enum fault fault, int64_t simulation_id)
{
    struct ear *ear = ctx;

    (void)pthread_mutex_lock(&ear_lock);
    if (fault == ear->fault && simulation_id == ear->fault_owner)
        ear->fault_owner = 0;
    ear->n_released++;
    (void)pthread_mutex_unlock(&ear_lock);
}

static struct drill_status last_saved(struct ear *ear, int64_t id)
{
    struct drill_status status;

    (void)pthread_mutex_lock(&ear_lock);
    status = ear->saved[id % 16];
    (void)pthread_mutex_unlock(&ear_lock);
    return status;
}

static struct ear heard(struct ear *ear)
{
    struct ear copy;

    (void)pthread_mutex_lock(&ear_lock);
    copy = *ear;
    (void)pthread_mutex_unlock(&ear_lock);
    return copy;
}

/* ---- The stage ------------------------------------------------------------------------------------ */

struct stage {
    struct listener *listener;
    struct ear ear;
    struct drill *drill;
};

static int set_stage(void **state)
{
    static const char *const questions[] = {"how is it reset", "how long does it take"};
    static const char *const tickets[] = {"it does not work", "please make it blue"};
    static char tenant[] = "X-Scope-OrgID: drills";
    static const struct credential_settings prometheus = {.headers = tenant};
    struct stage *stage = xcalloc(1, sizeof(*stage));
    struct drill_hooks hooks = {
        .ctx = &stage->ear,
        .prometheus_access = &prometheus,
        .class_names = {"calm", "brisk", "storm"},
        .questions = {questions, 2},
        .foreign = {questions, 2},
        .tickets = {tickets, 2},
        .alert_poll_ms = 20,
        .last_id = 40,
        .save = hear_save,
        .event = hear_event,
        .active = hear_active,
        .progress = hear_progress,
        .count_request = hear_request,
        .inject_fault = hear_inject,
        .renew_fault = hear_renew,
        .release_fault = hear_release,
    };

    stage->listener = listener_start();
    hooks.ml_url = hooks.llm_url = hooks.prometheus_url = stage->listener->url;
    stage->drill = drill_new(&hooks, KEY, strlen(KEY));
    atomic_store(&stage->listener->drill, stage->drill);
    *state = stage;
    return 0;
}

static int clear_stage(void **state)
{
    struct stage *stage = *state;

    /* The order that a server has: requests are checked until the last one is in. */
    drill_shut(stage->drill);
    listener_stop(stage->listener);
    drill_free(stage->drill);
    free(stage);
    return 0;
}

static int try_start(struct stage *stage,
                     const char *kind,
                     const char *params,
                     const char *key,
                     struct drill_started *ret_started,
                     struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct drill_request request = {.kind = kind, .idempotency_key = key};
    struct field_errors errors = {0};

    CHECK(json_parse(params, strlen(params), &json, NULL) == 0);
    request.params = json;
    return drill_start(stage->drill, &request, ret_started, &errors, err);
}

static int64_t start(struct stage *stage, const char *kind, const char *params)
{
    struct drill_started started = {0};
    struct tw_error err = {0};

    if (try_start(stage, kind, params, NULL, &started, &err) < 0)
        fail_msg("%s", err.message);
    CHECK(!started.was_known);
    return started.id;
}

static struct drill_status look(struct stage *stage, int64_t id)
{
    struct drill_status status;

    CHECK(drill_get(stage->drill, id, &status));
    return status;
}

/* Waits, at most WAIT_MAX_MS, until the condition holds. */
#define WAIT_FOR(condition)                                                                        \
    for (int64_t give_up_ = clock_mono_ms() + WAIT_MAX_MS; !(condition);)                          \
    pause_until(give_up_, #condition)

static void pause_until(int64_t give_up_mono_ms, const char *condition)
{
    if (clock_mono_ms() > give_up_mono_ms)
        fail_msg("waited in vain for: %s", condition);
    clock_sleep_until_mono_ms(clock_mono_ms() + 2);
}

static double mean_of(struct listener *l, int first, int n, enum feature feature)
{
    double sum = 0;

    (void)pthread_mutex_lock(&l->lock);
    for (int i = first; i < first + n; i++)
        sum += l->tickets[i][feature];
    (void)pthread_mutex_unlock(&l->lock);
    return sum / n;
}

/* ---- Tests ---------------------------------------------------------------------------------------- */

static void a_drift_moves_the_means_and_ends_when_its_alert_fires(void **state)
{
    struct stage *stage = *state;
    struct listener *l = stage->listener;
    struct drill_status status;
    int64_t id;

    atomic_store(&l->pending_from, 60);
    atomic_store(&l->firing_from, 160);
    id = start(stage, "drift", "{\"rate\":200,\"amount\":1}");
    CHECK(id == 41);
    CHECK(look(stage, id).state == DRILL_RUNNING);
    WAIT_FOR(look(stage, id).state != DRILL_RUNNING);
    status = look(stage, id);
    CHECK(status.state == DRILL_FINISHED);
    assert_string_equal(status.reason, "MLModelDriftHigh fired");
    CHECK(status.alert.pending_at_ms >= status.started_at_ms);
    CHECK(status.alert.firing_at_ms > status.alert.pending_at_ms);
    CHECK(status.ended_at_ms >= status.alert.firing_at_ms);
    CHECK_NEAR(status.progress, 1, 0);
    CHECK(status.ends_by_ms - status.started_at_ms == 480000);
    /* Length 200 sd 50, urgency 5, impact 8 sd 1.5, tier 4.5 sd 0.8 before clipping, 160 tickets. */
    CHECK(mean_of(l, 0, 160, FEATURE_TICKET_LENGTH) > 180);
    CHECK(mean_of(l, 0, 160, FEATURE_URGENCY_KEYWORDS) > 4);
    CHECK(mean_of(l, 0, 160, FEATURE_BUSINESS_IMPACT) > 7);
    CHECK(mean_of(l, 0, 160, FEATURE_CUSTOMER_TIER) > 4);
    CHECK(status.n_succeeded >= 150 && status.n_failed == 0);
    CHECK(status.n_sent - status.n_succeeded <= 8);
    CHECK((uint64_t)atomic_load(&l->n_tickets) <= status.n_sent);
    CHECK(atomic_load(&l->n_feedback) == 0);
    CHECK(atomic_load(&l->n_unmarked) == 0 && atomic_load(&l->n_odd) == 0);
    CHECK(atomic_load(&l->last_origin) == ORIGIN_DRILL && atomic_load(&l->last_id) == id);
}

static void a_run_is_saved_and_told_from_start_to_end(void **state)
{
    struct stage *stage = *state;
    int64_t id;

    atomic_store(&stage->listener->firing_from, 10);
    id = start(stage, "drift", "{\"rate\":100}");
    WAIT_FOR(last_saved(&stage->ear, id).state == DRILL_FINISHED);
    WAIT_FOR(heard(&stage->ear).n_events == 2);
    WAIT_FOR(heard(&stage->ear).n_active[DRILL_DRIFT] == 0 &&
             isnan(heard(&stage->ear).progress[DRILL_DRIFT]));
    CHECK(strstr(heard(&stage->ear).last_event,
                 "simulation drift {\"id\":41,\"state\":\"finished\""));
    CHECK(heard(&stage->ear).n_outcome[DRILL_REQUEST_SUCCEEDED] == look(stage, id).n_succeeded);
    CHECK(last_saved(&stage->ear, id).n_sent == look(stage, id).n_sent);
}

static void only_the_features_that_are_named_move(void **state)
{
    struct stage *stage = *state;
    struct listener *l = stage->listener;

    (void)start(stage, "drift",
                "{\"rate\":200,\"amount\":1,\"features\":[\"business_impact\"],\"seed\":5}");
    WAIT_FOR(atomic_load(&l->n_tickets) >= 100);
    CHECK(mean_of(l, 0, 100, FEATURE_BUSINESS_IMPACT) > 7);
    CHECK_NEAR(mean_of(l, 0, 100, FEATURE_TICKET_LENGTH), 120, 5 * 4);
    CHECK_NEAR(mean_of(l, 0, 100, FEATURE_URGENCY_KEYWORDS), 2, 5 * 0.15);
}

static void the_baseline_is_usual_and_gives_feedback_until_it_is_stopped(void **state)
{
    struct stage *stage = *state;
    struct listener *l = stage->listener;
    struct drill_status status;
    int64_t id;
    int n;

    id = start(stage, "baseline", "{\"predictions_per_second\":100,\"feedback_ratio\":1}");
    CHECK(look(stage, id).ends_by_ms == 0 && isnan(look(stage, id).progress));
    WAIT_FOR(atomic_load(&l->n_tickets) >= 100 && atomic_load(&l->n_feedback) >= 20);
    CHECK(drill_stop_all(stage->drill) == 0);
    CHECK(look(stage, id).state == DRILL_RUNNING);
    CHECK(drill_stop(stage->drill, id, NULL) == 0);
    status = look(stage, id);
    CHECK(status.state == DRILL_STOPPED && status.ended_at_ms > 0);
    WAIT_FOR(last_saved(&stage->ear, id).state == DRILL_STOPPED);
    n = atomic_load(&l->n_tickets);
    CHECK(atomic_load(&l->n_feedback) <= n);
    CHECK((uint64_t)(n + atomic_load(&l->n_feedback)) <= status.n_sent);
    CHECK_NEAR(mean_of(l, 0, 100, FEATURE_TICKET_LENGTH), 120, 5 * 4);
    CHECK_NEAR(mean_of(l, 0, 100, FEATURE_BUSINESS_IMPACT), 5, 5 * 0.2);
    CHECK(atomic_load(&l->last_origin) == ORIGIN_BASELINE && atomic_load(&l->last_id) == id);
    CHECK(atomic_load(&l->n_unmarked) == 0 && atomic_load(&l->n_odd) == 0);
    CHECK(atomic_load(&l->n_polls) == 0);
}

static void the_baseline_asks_questions_and_sends_tickets_with_a_text(void **state)
{
    struct stage *stage = *state;
    struct listener *l = stage->listener;
    int64_t id = start(stage, "baseline",
                       "{\"predictions_per_second\":0,\"chats_per_second\":20,"
                       "\"triages_per_second\":20}");

    WAIT_FOR(atomic_load(&l->n_chats) >= 10 && atomic_load(&l->n_triages) >= 10);
    CHECK(drill_stop(stage->drill, id, NULL) == 0);
    CHECK(atomic_load(&l->last_origin) == ORIGIN_BASELINE && atomic_load(&l->n_odd) == 0);
    CHECK(atomic_load(&l->n_unmarked) == 0 && atomic_load(&l->n_tickets) == 0);
}

static void nothing_is_sent_after_the_stop(void **state)
{
    struct stage *stage = *state;
    int64_t id = start(stage, "drift", "{\"rate\":200}");
    struct drill_status stopped;
    int n;

    WAIT_FOR(look(stage, id).n_succeeded >= 10);
    CHECK(drill_stop_all(stage->drill) == 1);
    stopped = look(stage, id);
    CHECK(stopped.state == DRILL_STOPPED && stopped.progress < 1);
    WAIT_FOR(heard(&stage->ear).n_events == 2);
    n = atomic_load(&stage->listener->n_tickets);
    clock_sleep_until_mono_ms(clock_mono_ms() + 100);
    CHECK(atomic_load(&stage->listener->n_tickets) <= n + 1);
    CHECK(look(stage, id).n_sent == stopped.n_sent);
    CHECK(look(stage, id).elapsed_ms == stopped.elapsed_ms);
    CHECK(drill_stop(stage->drill, id, NULL) == 0); /* again: no harm */
    assert_string_equal(look(stage, id).reason, stopped.reason);
}

static void a_run_with_nothing_to_do_is_woken_by_its_stop(void **state)
{
    struct stage *stage = *state;
    int64_t id = start(stage, "baseline",
                       "{\"predictions_per_second\":0,\"chats_per_second\":0,"
                       "\"triages_per_second\":0}");
    int64_t before_ms;

    WAIT_FOR(heard(&stage->ear).n_saves == 1);
    clock_sleep_until_mono_ms(clock_mono_ms() + 50);
    before_ms = clock_mono_ms();
    CHECK(drill_stop(stage->drill, id, NULL) == 0);
    WAIT_FOR(heard(&stage->ear).n_events == 2);
    CHECK(clock_mono_ms() - before_ms < 500); /* of itself it would look up after a second */
    CHECK(look(stage, id).n_sent == 0);
}

static void a_fault_is_on_before_the_first_request_and_off_after_the_stop(void **state)
{
    static const struct {
        const char *kind, *params;
        enum fault fault;
    } cases[] = {
        {"hallucination", "{\"per_second\":20}", FAULT_FABRICATE},
        {"rag", "{\"mode\":\"no-context\",\"rate\":20}", FAULT_NO_CONTEXT},
        {"rag", "{\"mode\":\"corrupted-embeddings\",\"rate\":20}", FAULT_CORRUPTED_EMBEDDINGS},
        {"latency", "{\"interval_s\":1}", FAULT_DELAY},
    };
    struct stage *stage = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t id = start(stage, cases[i].kind, cases[i].params);

        WAIT_FOR(look(stage, id).n_succeeded >= 5);
        CHECK(heard(&stage->ear).fault_owner == id && heard(&stage->ear).fault == cases[i].fault);
        CHECK(heard(&stage->ear).n_renewed > (int)i);
        CHECK(drill_stop(stage->drill, id, NULL) == 0);
        WAIT_FOR(heard(&stage->ear).n_released == (int)i + 1);
        CHECK(heard(&stage->ear).fault_owner == 0 && heard(&stage->ear).n_injected == (int)i + 1);
        CHECK(i > 0 || heard(&stage->ear).n_outcome_before_fault == 0);
    }
}

static void a_shut_releases_the_fault(void **state)
{
    struct stage *stage = *state;
    int64_t id = start(stage, "outage", "{\"target\":\"llm-rag-api\"}");

    WAIT_FOR(heard(&stage->ear).fault_owner == id);
    CHECK(heard(&stage->ear).fault == FAULT_OUTAGE);
    drill_shut(stage->drill);
    CHECK(heard(&stage->ear).n_released == 1 && heard(&stage->ear).fault_owner == 0);
    CHECK(look(stage, id).state == DRILL_INTERRUPTED && look(stage, id).n_sent == 0);
}

static void a_run_fails_whose_fault_cannot_be_had(void **state)
{
    struct stage *stage = *state;
    int64_t id;

    (void)pthread_mutex_lock(&ear_lock);
    stage->ear.refuses_faults = true;
    (void)pthread_mutex_unlock(&ear_lock);
    id = start(stage, "hallucination", "{}");
    WAIT_FOR(look(stage, id).state == DRILL_FAILED);
    assert_string_equal(look(stage, id).reason, "another has it");
    CHECK(look(stage, id).n_sent == 0);
    WAIT_FOR(heard(&stage->ear).n_events == 2);
    CHECK(heard(&stage->ear).n_released == 0); /* it is the other's */
}

static void a_run_ends_whose_fault_somebody_clears(void **state)
{
    struct stage *stage = *state;
    int64_t id;

    (void)pthread_mutex_lock(&ear_lock);
    stage->ear.has_lost_fault = true;
    (void)pthread_mutex_unlock(&ear_lock);
    id = start(stage, "rag", "{}");
    WAIT_FOR(look(stage, id).state == DRILL_STOPPED);
    assert_string_equal(look(stage, id).reason, "its fault was cleared");
}

static void a_burst_is_sent_at_once(void **state)
{
    struct stage *stage = *state;
    int64_t id;

    atomic_store(&stage->listener->manner, ANSWER_NOTHING);
    id = start(stage, "latency", "{\"burst\":20,\"interval_s\":60}");
    WAIT_FOR(look(stage, id).n_sent == 20);
    clock_sleep_until_mono_ms(clock_mono_ms() + 50);
    CHECK(look(stage, id).n_sent == 20);
}

static void what_a_kind_brings_about_depends_on_its_mode(void **state)
{
    struct stage *stage = *state;
    int64_t id = start(stage, "rag", "{\"mode\":\"vector-db-down\"}");
    struct drill_started started;
    struct tw_error err;

    assert_string_equal(look(stage, id).alert.name, "LLMRetrievalDegraded");
    CHECK(look(stage, id).ends_by_ms - look(stage, id).started_at_ms == 120000 + 180000);
    CHECK(drill_stop(stage->drill, id, NULL) == 0);
    id = start(stage, "rag", "{}");
    assert_string_equal(look(stage, id).alert.name, "LLMAbstentionHigh");
    CHECK(try_start(stage, "outage", "{\"target\":\"moon\"}", NULL, &started, &err) < 0);
    assert_string_equal(err.message, "not accepted: params.target");
}

static void one_run_of_a_kind_at_a_time_and_a_key_starts_it_once(void **state)
{
    struct stage *stage = *state;
    struct drill_started first, second;
    struct tw_error err = {0};

    CHECK(try_start(stage, "drift", "{}", "retry-1", &first, &err) == 0);
    CHECK(try_start(stage, "drift", "{}", "retry-1", &second, &err) == 0);
    CHECK(!first.was_known && second.was_known && first.id == second.id);
    CHECK(try_start(stage, "drift", "{}", "retry-2", &second, &err) < 0);
    CHECK(err.code == TW_BUSY && strstr(err.message, "simulation 41"));
    CHECK(try_start(stage, "baseline", "{}", "retry-1", &second, &err) < 0);
    CHECK(err.code == TW_INVALID && strstr(err.message, "idempotency_key"));
    CHECK(drill_stop(stage->drill, first.id, &err) == 0);
    CHECK(try_start(stage, "drift", "{}", "retry-1", &second, &err) == 0);
    CHECK(second.was_known && second.id == first.id); /* a retry that comes late starts nothing */
    CHECK(try_start(stage, "drift", "{}", NULL, &second, &err) == 0);
    CHECK(second.id == first.id + 1);
    CHECK(drill_stop(stage->drill, 7, &err) < 0 && err.code == TW_NOT_FOUND);
}

static void a_wrong_request_starts_nothing_and_names_its_fields(void **state)
{
    struct stage *stage = *state;
    CLEANUP(json_freep) struct json *params = NULL;
    struct drill_request request = {.kind = "drift", .until = "dawn", .idempotency_key = "a b"};
    struct drill_started started;
    struct field_errors errors = {0};
    struct drill_status status;
    struct tw_error err = {0};

    CHECK(json_parse("{\"amount\":2}", 12, &params, NULL) == 0);
    request.params = params;
    CHECK(drill_start(stage->drill, &request, &started, &errors, &err) < 0);
    CHECK(err.code == TW_INVALID && errors.n == 3);
    assert_string_equal(err.message, "not accepted: idempotency_key, until, params.amount");
    errors.n = 0;
    request = (struct drill_request){.kind = "tsunami"};
    CHECK(drill_start(stage->drill, &request, &started, &errors, &err) < 0);
    assert_string_equal(
        errors.item[0].detail,
        "must be one of baseline, drift, hallucination, topic-shift, latency, rag, outage, recovery");
    errors.n = 0;
    request = (struct drill_request){.kind = "all"};
    CHECK(drill_start(stage->drill, &request, &started, &errors, &err) < 0);
    CHECK(strstr(errors.item[0].detail, "POST /gamedays"));
    errors.n = 0;
    request = (struct drill_request){.kind = NULL, .idempotency_key = ""};
    CHECK(drill_start(stage->drill, &request, &started, &errors, &err) < 0);
    CHECK(errors.n == 2);
    errors.n = 0;
    request = (struct drill_request){.kind = "baseline", .until = "alert"};
    CHECK(drill_start(stage->drill, &request, &started, &errors, &err) < 0);
    CHECK(errors.n == 1);
    CHECK(drill_list(stage->drill, &status, 1) == 0);
}

static void a_listener_that_refuses_is_counted_and_told(void **state)
{
    struct stage *stage = *state;
    struct drill_hooks hooks = {.ml_url = "http://127.0.0.1:1", .prometheus_url = ""};
    struct drill *drill = drill_new(&hooks, KEY, strlen(KEY));
    struct drill_request request = {.kind = "drift"};
    struct drill_started started;
    struct field_errors errors = {0};
    struct drill_status status = {0};

    (void)stage;
    CHECK(drill_start(drill, &request, &started, &errors, NULL) == 0);
    WAIT_FOR(drill_get(drill, started.id, &status) && status.n_failed >= 3);
    CHECK(status.state == DRILL_RUNNING && status.n_succeeded == 0);
    CHECK(status.alert.state == DRILL_ALERT_UNKNOWN);
    CHECK(strncmp(status.last_error, "POST /predict: ", 15) == 0);
    drill_free(drill);
}

static void a_listener_that_fails_is_counted_and_told(void **state)
{
    struct stage *stage = *state;
    int64_t id;

    atomic_store(&stage->listener->manner, ANSWER_503);
    id = start(stage, "baseline", "{\"predictions_per_second\":100}");
    WAIT_FOR(look(stage, id).n_failed >= 5);
    CHECK(look(stage, id).n_succeeded == 0);
    assert_string_equal(look(stage, id).last_error, "POST /predict answered 503");
    /* It recovers, and so does the run. */
    atomic_store(&stage->listener->manner, ANSWER);
    WAIT_FOR(look(stage, id).n_succeeded >= 5);
}

static void nonsense_from_prometheus_leaves_the_alert_unknown(void **state)
{
    struct stage *stage = *state;
    int64_t id;

    atomic_store(&stage->listener->manner, ANSWER_NONSENSE);
    id = start(stage, "drift", "{\"rate\":0.1}");
    WAIT_FOR(strstr(look(stage, id).last_error, "no list of alerts"));
    CHECK(look(stage, id).state == DRILL_RUNNING);
    CHECK(look(stage, id).alert.state == DRILL_ALERT_UNKNOWN);
    atomic_store(&stage->listener->manner, ANSWER);
    WAIT_FOR(look(stage, id).alert.state == DRILL_ALERT_INACTIVE);
}

static void an_alert_that_is_on_already_does_not_end_the_run(void **state)
{
    struct stage *stage = *state;
    int64_t id;

    atomic_store(&stage->listener->firing_from, 0);
    id = start(stage, "drift", "{\"rate\":100}");
    WAIT_FOR(atomic_load(&stage->listener->n_polls) >= 10);
    CHECK(look(stage, id).state == DRILL_RUNNING && look(stage, id).alert.was_firing);
    CHECK(look(stage, id).alert.firing_at_ms == 0);
}

static void deliveries_are_noted_during_and_after_the_run(void **state)
{
    struct stage *stage = *state;
    struct drill_status status;
    int64_t id, ended_at_ms;

    atomic_store(&stage->listener->firing_from, 5);
    id = start(stage, "drift", "{\"rate\":100}");
    WAIT_FOR(last_saved(&stage->ear, id).state == DRILL_FINISHED);
    WAIT_FOR(heard(&stage->ear).n_events == 2);
    ended_at_ms = look(stage, id).ended_at_ms;
    drill_note_delivery(stage->drill, "MLLatencyHigh", true, ended_at_ms + 1);
    CHECK(look(stage, id).alert.delivered_at_ms == 0);
    drill_note_delivery(stage->drill, "MLModelDriftHigh", true, ended_at_ms + 10);
    drill_note_delivery(stage->drill, "MLModelDriftHigh", false,
                        ended_at_ms + DRILL_NOTICE_AFTER_END_MS + 1);
    CHECK(look(stage, id).alert.resolved_at_ms == 0);
    drill_note_delivery(stage->drill, "MLModelDriftHigh", false,
                        ended_at_ms + DRILL_NOTICE_AFTER_END_MS);
    status = last_saved(&stage->ear, id);
    CHECK(status.alert.delivered_at_ms == ended_at_ms + 10);
    CHECK(status.alert.resolved_at_ms == ended_at_ms + DRILL_NOTICE_AFTER_END_MS);
    CHECK(status.state == DRILL_FINISHED);
}

static void shutting_interrupts_at_once_even_with_requests_under_way(void **state)
{
    struct stage *stage = *state;
    int64_t id, baseline_id, before_ms;
    struct drill_started started;
    struct tw_error err = {0};

    atomic_store(&stage->listener->manner, ANSWER_NOTHING);
    id = start(stage, "drift", "{\"rate\":200}");
    baseline_id = start(stage, "baseline", "{\"predictions_per_second\":100}");
    WAIT_FOR(look(stage, id).n_sent == 8 && look(stage, baseline_id).n_sent == 8);
    before_ms = clock_mono_ms();
    drill_shut(stage->drill);
    CHECK(clock_mono_ms() - before_ms < 2000);
    CHECK(last_saved(&stage->ear, id).state == DRILL_INTERRUPTED);
    CHECK(last_saved(&stage->ear, baseline_id).state == DRILL_INTERRUPTED);
    CHECK(try_start(stage, "drift", "{}", NULL, &started, &err) < 0 && err.code == TW_BUSY);
    CHECK(heard(&stage->ear).n_active[DRILL_DRIFT] == 0 &&
          heard(&stage->ear).n_active[DRILL_BASELINE] == 0);
}

static bool is_same_ticket(const double *a, const double *b)
{
    for (int f = 0; f < N_FEATURES; f++)
        if (a[f] < b[f] || a[f] > b[f])
            return false;
    return true;
}

/* Two requests may overtake each other on the way: a ticket is looked for, not compared in turn. */
static bool has_ticket(const struct listener *l, int first, int n, const double *ticket)
{
    for (int i = first; i < first + n; i++)
        if (is_same_ticket(l->tickets[i], ticket))
            return true;
    return false;
}

/* The index of the first of at least n tickets of a drift that is over now. */
static int run_drift(struct stage *stage, const char *params, int n)
{
    struct listener *l = stage->listener;
    int n_events = heard(&stage->ear).n_events;
    int first = atomic_load(&l->n_tickets);
    int64_t id = start(stage, "drift", params);

    WAIT_FOR(atomic_load(&l->n_tickets) >= first + n);
    CHECK(drill_stop(stage->drill, id, NULL) == 0);
    WAIT_FOR(heard(&stage->ear).n_events == n_events + 2);
    return first;
}

static void the_same_seed_sends_the_same_tickets(void **state)
{
    enum { N = 20, MORE = 30 };
    struct stage *stage = *state;
    struct listener *l = stage->listener;
    int a = run_drift(stage, "{\"rate\":100,\"seed\":99}", MORE);
    int b = run_drift(stage, "{\"rate\":100,\"seed\":99}", MORE);
    int c = run_drift(stage, "{\"rate\":100,\"seed\":100}", MORE);
    int n_by_chance = 0;

    for (int i = 0; i < N; i++) {
        CHECK(has_ticket(l, b, MORE, l->tickets[a + i]));
        n_by_chance += has_ticket(l, c, MORE, l->tickets[a + i]);
    }
    CHECK(n_by_chance < N / 2);
}

static void start_and_stop(struct stage *stage)
{
    int64_t id = start(stage, "drift", "{\"rate\":0.1}");

    CHECK(drill_stop(stage->drill, id, NULL) == 0);
    WAIT_FOR(last_saved(&stage->ear, id).id == id &&
             last_saved(&stage->ear, id).state == DRILL_STOPPED);
    drill_publish(stage->drill);
}

static void the_table_forgets_the_oldest_run_and_lists_newest_first(void **state)
{
    struct stage *stage = *state;

    enum { N = DRILL_RUNNING_MAX + DRILL_KEPT_MAX + 3 };
    struct drill_status all[N];
    size_t n;

    for (int i = 0; i < N; i++)
        start_and_stop(stage);
    n = drill_list(stage->drill, all, COUNT_OF(all));
    CHECK(n >= DRILL_KEPT_MAX && n <= DRILL_RUNNING_MAX + DRILL_KEPT_MAX);
    CHECK(all[0].id == 40 + N);
    for (size_t i = 1; i < n; i++)
        CHECK(all[i].id == all[i - 1].id - 1);
    CHECK(!drill_get(stage->drill, 41, &all[0]));
    CHECK(drill_list(stage->drill, all, 2) == 2);
}

static void the_status_is_written_as_the_contract_says(void **state)
{
    struct drill_status status = {
        .id = 7,
        .kind = DRILL_DRIFT,
        .state = DRILL_RUNNING,
        .until = DRILL_UNTIL_ALERT,
        .params = {{{.number = 120},
                    {.number = 0.8},
                    {.number = 5},
                    {.features = (1U << N_FEATURES) - 1},
                    {.number = 3}}},
        .started_at_ms = 1795000000000,
        .ends_by_ms = 1795000480000,
        .elapsed_ms = 168000,
        .n_sent = 840,
        .n_succeeded = 838,
        .n_failed = 1,
        .progress = 0.35,
        .alert = {.name = "MLModelDriftHigh",
                  .state = DRILL_ALERT_PENDING,
                  .pending_at_ms = 1795000040000},
    };
    struct buffer out;
    struct json_writer w = {&out, false};

    (void)state;
    buffer_init(&out, 4096);
    drill_write_json(&status, &w);
    assert_string_equal(
        buffer_text(&out),
        "{\"id\":7,\"kind\":\"drift\",\"state\":\"running\",\"params\":{\"duration_s\":120,"
        "\"amount\":0.8,\"rate\":5,\"features\":[\"ticket_length\",\"urgency_keywords\","
        "\"business_impact\",\"customer_tier\"],\"seed\":3},\"until\":\"alert\","
        "\"started_at_ms\":1795000000000,\"ends_by_ms\":1795000480000,\"elapsed_ms\":168000,"
        "\"requests\":{\"sent\":840,\"succeeded\":838,\"failed\":1},\"progress\":0.35,"
        "\"alert\":{\"name\":\"MLModelDriftHigh\",\"state\":\"pending\",\"pending_at_ms\":"
        "1795000040000,\"firing_at_ms\":null,\"delivered_at_ms\":null,\"resolved_at_ms\":null},"
        "\"ended_at_ms\":null,\"reason\":null,\"last_error\":null}");
    buffer_finish(&out);
}

static void a_baseline_is_written_without_end_and_alert(void **state)
{
    struct drill_status status = {.id = 1, .kind = DRILL_BASELINE, .progress = (double)NAN};
    struct buffer out;
    struct json_writer w = {&out, false};

    (void)state;
    buffer_init(&out, 4096);
    drill_write_json(&status, &w);
    CHECK(strstr(buffer_text(&out), "\"until\":null"));
    CHECK(strstr(buffer_text(&out), "\"ends_by_ms\":null"));
    CHECK(strstr(buffer_text(&out), "\"progress\":null,\"alert\":null,"));
    buffer_finish(&out);
}

#define STAGED(name) cmocka_unit_test_setup_teardown(name, set_stage, clear_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_drift_moves_the_means_and_ends_when_its_alert_fires),
        STAGED(a_run_is_saved_and_told_from_start_to_end),
        STAGED(only_the_features_that_are_named_move),
        STAGED(the_baseline_is_usual_and_gives_feedback_until_it_is_stopped),
        STAGED(the_baseline_asks_questions_and_sends_tickets_with_a_text),
        STAGED(nothing_is_sent_after_the_stop),
        STAGED(a_run_with_nothing_to_do_is_woken_by_its_stop),
        STAGED(a_fault_is_on_before_the_first_request_and_off_after_the_stop),
        STAGED(a_shut_releases_the_fault),
        STAGED(a_run_fails_whose_fault_cannot_be_had),
        STAGED(a_run_ends_whose_fault_somebody_clears),
        STAGED(a_burst_is_sent_at_once),
        STAGED(what_a_kind_brings_about_depends_on_its_mode),
        STAGED(one_run_of_a_kind_at_a_time_and_a_key_starts_it_once),
        STAGED(a_wrong_request_starts_nothing_and_names_its_fields),
        STAGED(a_listener_that_refuses_is_counted_and_told),
        STAGED(a_listener_that_fails_is_counted_and_told),
        STAGED(nonsense_from_prometheus_leaves_the_alert_unknown),
        STAGED(an_alert_that_is_on_already_does_not_end_the_run),
        STAGED(deliveries_are_noted_during_and_after_the_run),
        STAGED(shutting_interrupts_at_once_even_with_requests_under_way),
        STAGED(the_same_seed_sends_the_same_tickets),
        STAGED(the_table_forgets_the_oldest_run_and_lists_newest_first),
        TEST(the_status_is_written_as_the_contract_says),
        TEST(a_baseline_is_written_without_end_and_alert),
    };

    if (fetch_global_init(NULL) < 0)
        return 1;
    return cmocka_run_group_tests_name("drill", tests, NULL, NULL);
}
