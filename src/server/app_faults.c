#include "server/app_parts.h"

#include "common/clock.h"
#include "common/json_write.h"
#include "common/log.h"
#include "common/random.h"
#include "server/api/api.h"
#include "server/drill/drill.h"
#include "server/drill/faults.h"

#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CLOSING_MS       20 /* between looks whether workers have given back a listener's exchanges */
#define REOPEN_MS        1000 /* between attempts to get a port back */
#define EVENT_DETAIL_MAX 512

static const enum listener target_listeners[N_FAULT_TARGETS] = {
    [FAULT_TARGET_ML] = LISTENER_INDEX_ML,
    [FAULT_TARGET_LLM] = LISTENER_INDEX_LLM,
};

/* ---- Setting and clearing ------------------------------------------------------------------------ */

static void wake(struct app *app)
{
    (void)eventfd_write(app->fault_wake_fd, 1);
}

static void tell(struct app *app,
                 enum fault fault,
                 const char *what,
                 const struct fault_order *order)
{
    struct buffer detail;
    struct json_writer w = {&detail, false};
    unsigned params = fault_params(fault);

    buffer_init(&detail, EVENT_DETAIL_MAX);
    json_write_object(&w, NULL);
    json_write_string(&w, "what", what);
    if (order) {
        json_write_int(&w, "ttl_s", order->ttl_ms / 1000);
        if (params & FAULT_TAKES_RATE)
            json_write_number(&w, "rate", order->rate);
        if (params & FAULT_TAKES_DELAY)
            json_write_int(&w, "delay_ms", order->delay_ms);
        if (params & FAULT_TAKES_TARGET)
            json_write_string(&w, "target", fault_target_name(order->target));
        if (order->simulation_id != FAULT_NOBODY)
            json_write_int(&w, "simulation_id", order->simulation_id);
    }
    json_write_object_end(&w);
    app_event(app, "fault", fault_name(fault), buffer_text(&detail));
    buffer_finish(&detail);
}

/* A fault that could not act would be a drill that proves nothing. */
static int check_place(const struct app *app, const struct fault_order *order, struct tw_error *err)
{
    switch (order->fault) {
    case FAULT_OUTAGE:
        if (app->listeners[target_listeners[order->target]])
            return 0;
        return tw_fail(err, TW_INVALID, "%s is not served by this process",
                       fault_target_name(order->target));
    case FAULT_VECTOR_DB_DOWN:
    case FAULT_CORRUPTED_EMBEDDINGS:
        if (app->index)
            return 0;
        return tw_fail(
            err, TW_INVALID,
            "retrieval has no dense side here that could fail: the encoder's weights are "
            "missing, or the LLM side runs elsewhere");
    case FAULT_FABRICATE:
    case FAULT_DELAY:
    case FAULT_EMPTY_KB:
    case FAULT_NO_CONTEXT:
    case N_FAULTS:
        break;
    }
    if (app->knowledge)
        return 0;
    return tw_fail(err, TW_INVALID,
                   "the LLM side does not run in this process: set the fault where it does");
}

int app_set_fault(struct app *app, const struct fault_order *order, struct tw_error *err)
{
    if (check_place(app, order, err) < 0 ||
        faults_set(app->faults, order, clock_mono_ms(), err) < 0)
        return -1;
    tell(app, order->fault, "set", order);
    wake(app);
    return 0;
}

bool app_clear_fault(struct app *app, enum fault fault)
{
    if (!faults_clear(app->faults, fault, clock_mono_ms()))
        return false;
    tell(app, fault, "cleared", NULL);
    wake(app);
    return true;
}

int app_renew_fault(void *ctx, const struct fault_order *order, struct tw_error *err)
{
    struct app *app = ctx;

    if (!faults_renew(app->faults, order->fault, order->simulation_id, clock_mono_ms()))
        return tw_fail(err, TW_NOT_FOUND, "its fault %s was cleared", fault_name(order->fault));
    wake(app);
    return 0;
}

int app_inject_fault(void *ctx, const struct fault_order *order, struct tw_error *err)
{
    return app_set_fault(ctx, order, err);
}

void app_release_fault(void *ctx, enum fault fault, int64_t simulation_id)
{
    struct app *app = ctx;

    if (!faults_release(app->faults, fault, simulation_id, clock_mono_ms()))
        return;
    tell(app, fault, "cleared", NULL);
    wake(app);
}

/* ---- What they do to a request -------------------------------------------------------------------- */

void app_faults_on(struct app *app,
                   int64_t simulation_id,
                   int64_t answer_id,
                   int64_t parked_ms,
                   struct answerer_faults *ret_faults)
{
    const struct faults *faults = app->faults;
    int64_t now_mono_ms = clock_mono_ms();
    struct random_state rng;

#define ACTS(fault) faults_acts_on(faults, (fault), simulation_id, now_mono_ms)
    *ret_faults = (struct answerer_faults){
        .retrieval = {.is_empty = ACTS(FAULT_EMPTY_KB),
                      .is_shuffled = ACTS(FAULT_NO_CONTEXT),
                      .is_dense_down = ACTS(FAULT_VECTOR_DB_DOWN),
                      .is_corrupted = ACTS(FAULT_CORRUPTED_EMBEDDINGS)},
        .seed = (uint64_t)answer_id,
        .delay_ms = (double)parked_ms,
    };
    if (ACTS(FAULT_FABRICATE)) {
        random_seed(&rng, (uint64_t)answer_id);
        ret_faults->fabricates = random_uniform(&rng) < faults_rate(faults, FAULT_FABRICATE);
    }
#undef ACTS
}

int64_t app_park_ms(struct app *app, const struct request *request)
{
    handler_fn *handler = request->route->handler;
    int64_t simulation_id, now_mono_ms = clock_mono_ms();

    if ((handler != api_chat && handler != api_triage) ||
        !faults_is_on(app->faults, FAULT_DELAY, now_mono_ms))
        return 0;
    (void)drill_check_header(app->drill, request_header(request, "X-Tidewatch-Simulation"),
                             &simulation_id);
    if (!faults_acts_on(app->faults, FAULT_DELAY, simulation_id, now_mono_ms))
        return 0;
    return faults_delay_ms(app->faults, FAULT_DELAY);
}

/* ---- The thread: outages, and what runs out ------------------------------------------------------- */

static void reopen(struct app *app, enum fault_target target, int *wait_ms)
{
    struct tw_error err;

    if (http_listener_reopen(app->listeners[target_listeners[target]], &err) == 0) {
        app->is_out[target] = false;
        log_info("%s is open again", fault_target_name(target));
        return;
    }
    log_error("%s cannot be opened again, trying on: %s", fault_target_name(target), err.message);
    *wait_ms = REOPEN_MS;
}

/* One step towards what the fault asks for: a listener closes once its exchanges are through, and opens again
 * from there. wait_ms becomes how long until the next step, if one is needed. */
static void follow_outage(struct app *app, enum fault_target target, int *wait_ms)
{
    struct http_listener *listener = app->listeners[target_listeners[target]];
    bool wants = faults_is_on(app->faults, FAULT_OUTAGE, clock_mono_ms()) &&
                 faults_target(app->faults, FAULT_OUTAGE) == target;

    if (!listener || (!wants && !app->is_out[target]))
        return;
    if (!app->is_out[target])
        log_warn("%s is closed by a simulated outage", fault_target_name(target));
    app->is_out[target] = true;
    if (!http_listener_close(listener))
        *wait_ms = CLOSING_MS;
    else if (!wants)
        reopen(app, target, wait_ms);
}

static int until_next_end_ms(struct app *app)
{
    int64_t next_mono_ms = faults_next_end_mono_ms(app->faults);
    int64_t wait_ms;

    if (next_mono_ms == INT64_MAX)
        return -1;
    wait_ms = next_mono_ms - clock_mono_ms();
    return wait_ms < 0 ? 0 : (int)wait_ms;
}

static void *watch_faults(void *ctx)
{
    struct app *app = ctx;
    struct pollfd wake_up = {.fd = app->fault_wake_fd, .events = POLLIN};
    eventfd_t count;

    (void)pthread_setname_np(pthread_self(), "faults");
    while (!app->is_draining) {
        unsigned expired = faults_take_expired(app->faults, clock_mono_ms());
        int wait_ms = until_next_end_ms(app);

        for (int f = 0; f < N_FAULTS; f++)
            if (expired & (1U << f))
                tell(app, (enum fault)f, "expired", NULL);
        for (int t = 0; t < N_FAULT_TARGETS; t++)
            follow_outage(app, (enum fault_target)t, &wait_ms);
        if (poll(&wake_up, 1, wait_ms) > 0)
            (void)eventfd_read(app->fault_wake_fd, &count);
    }
    return NULL;
}

int app_open_faults(struct app *app, struct tw_error *err)
{
    app->faults = faults_new();
    app->fault_wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return app->fault_wake_fd < 0 ? tw_fail(err, TW_BROKEN, "cannot make an eventfd") : 0;
}

int app_start_fault_thread(struct app *app, struct tw_error *err)
{
    if (pthread_create(&app->fault_thread, NULL, watch_faults, app) != 0)
        return tw_fail(err, TW_BROKEN, "cannot start the thread of the faults");
    app->has_fault_thread = true;
    return 0;
}

void app_stop_fault_thread(struct app *app)
{
    if (!app->has_fault_thread)
        return;
    wake(app);
    (void)pthread_join(app->fault_thread, NULL);
    app->has_fault_thread = false;
}

void app_close_faults(struct app *app)
{
    faults_free(app->faults);
    if (app->fault_wake_fd > 0)
        (void)close(app->fault_wake_fd);
}
