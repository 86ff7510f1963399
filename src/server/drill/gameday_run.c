#include "server/drill/gameday_run.h"

#include "common/alloc.h"
#include "common/credentials.h"
#include "common/fetch.h"

#include <stdio.h>
#include <string.h>

#define TICK_MS               250
#define ALERT_TIMEOUT_MS      5000
#define ALERT_REPLY_MAX_BYTES 524288
#define ALERTS_PATH           "/api/v1/alerts"

/* A simulation of ours. */
struct hold {
    int64_t id;                                          /* 0: none */
    char error[sizeof(((struct tw_error *)0)->message)]; /* why none could be started; "" else */
};

struct gameday_run {
    const struct gameday_hooks *hooks;
    struct fetcher *fetcher;
    struct credentials *credentials; /* for Prometheus; NULL: none yet, or none at all */
    size_t step;                     /* that drill belongs to */
    struct hold drill, recovery, baseline;
    struct drill_status drill_status;
    const char *polled_alert; /* static; of the poll under way or the last one */
    enum drill_alert_state alert;
    int64_t asked_mono_ms;   /* when that state was asked for */
    int64_t polling_mono_ms; /* when the poll under way was begun; 0: none is */
    int64_t next_poll_mono_ms;
};

struct gameday_run *gameday_run_new(const struct gameday_hooks *hooks)
{
    struct gameday_run *run = xcalloc(1, sizeof(*run));

    run->hooks = hooks;
    run->fetcher = fetcher_new();
    return run;
}

void gameday_run_free(struct gameday_run *run)
{
    if (!run)
        return;
    fetcher_free(run->fetcher);
    credentials_free(run->credentials);
    free(run);
}

void gameday_run_wake(struct gameday_run *run)
{
    fetcher_wake(run->fetcher);
}

/* ---- Simulations --------------------------------------------------------------------------------- */

static void begin(struct gameday_run *run,
                  struct hold *hold,
                  enum drill_kind kind,
                  const char *until,
                  const char *params)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct drill_request request = {.kind = drill_kind_name(kind), .until = until};
    struct drill_started started = {0};
    struct field_errors errors = {0};
    struct tw_error err = {0};

    hold->error[0] = '\0';
    if (json_parse(params, strlen(params), &json, &err) == 0) {
        request.params = json;
        if (drill_start(run->hooks->drill, &request, &started, &errors, &err) == 0) {
            hold->id = started.id;
            return;
        }
    }
    (void)snprintf(hold->error, sizeof(hold->error), "%s", err.message);
}

/* The simulation is kept in mind: word of its alert may still come. */
static void stop(struct gameday_run *run, const struct hold *hold)
{
    struct tw_error ignored;

    if (hold->id > 0 && drill_stop(run->hooks->drill, hold->id, &ignored) < 0)
        return; /* it has ended so long ago that it is forgotten */
}

static void end(struct gameday_run *run, struct hold *hold)
{
    stop(run, hold);
    *hold = (struct hold){0};
}

static bool is_running(struct gameday_run *run, const struct hold *hold)
{
    struct drill_status status;

    return hold->id > 0 && drill_get(run->hooks->drill, hold->id, &status) &&
           status.state == DRILL_RUNNING;
}

void gameday_run_begin(struct gameday_run *run)
{
    begin(run, &run->baseline, DRILL_BASELINE, NULL, "{}");
    run->baseline.error[0] = '\0'; /* it is on already, or there is no room: the steps do without */
}

static void act_on_drill(struct gameday_run *run, const struct gameday_status *g)
{
    const struct gameday_plan *plan = g->steps[g->at].plan;

    if (run->step != g->at) {
        end(run, &run->drill);
        run->step = g->at;
    }
    if (!gameday_wants_drill(g))
        stop(run, &run->drill);
    else if (run->drill.id == 0 && run->drill.error[0] == '\0')
        begin(run, &run->drill, plan->kind, "notified", plan->params);
}

static void act_on_recovery(struct gameday_run *run, const struct gameday_status *g)
{
    if (!gameday_wants_recovery(g))
        end(run, &run->recovery);
    else if (!is_running(run, &run->recovery))
        begin(run, &run->recovery, DRILL_RECOVERY, NULL, g->steps[g->at].plan->recovery);
}

void gameday_run_act(struct gameday_run *run, const struct gameday_status *g)
{
    act_on_drill(run, g);
    act_on_recovery(run, g);
}

void gameday_run_end(struct gameday_run *run)
{
    end(run, &run->drill);
    end(run, &run->recovery);
    end(run, &run->baseline);
}

/* ---- The alert ----------------------------------------------------------------------------------- */

static void finish_poll(void *ctx, const struct fetch_reply *reply)
{
    struct gameday_run *run = ctx;
    CLEANUP(json_freep) struct json *answer = NULL;

    run->asked_mono_ms = run->polling_mono_ms;
    run->polling_mono_ms = 0;
    run->alert = DRILL_ALERT_UNKNOWN;
    if (reply->status < 200 || reply->status > 299 ||
        json_parse(reply->body, reply->body_len, &answer, NULL) < 0 ||
        drill_alert_read(answer, run->polled_alert, &run->alert, NULL) < 0)
        run->alert = DRILL_ALERT_UNKNOWN; /* the step says so, when its time is over */
}

static void poll_alert(struct gameday_run *run, const char *alert, int64_t mono_ms)
{
    const char *base = run->hooks->prometheus_url;
    CLEANUP(freep) char *url = NULL;
    struct fetch_request request = {.timeout_ms = ALERT_TIMEOUT_MS,
                                    .max_reply_bytes = ALERT_REPLY_MAX_BYTES};

    if (!base || base[0] == '\0' || run->polling_mono_ms != 0 || mono_ms < run->next_poll_mono_ms)
        return;
    run->next_poll_mono_ms = mono_ms + run->hooks->alert_poll_ms;
    run->polled_alert = alert;
    url = xprintf_dup("%s" ALERTS_PATH, base);
    request.url = url;
    if (credentials_obtain(&run->credentials, run->hooks->prometheus_access, "prometheus",
                           &request.access, NULL) == 0 &&
        fetcher_start(run->fetcher, &request, finish_poll, run, NULL) == 0)
        run->polling_mono_ms = mono_ms;
}

void gameday_run_look(struct gameday_run *run,
                      const struct gameday_status *g,
                      struct gameday_sight *ret_sight)
{
    const struct gameday_step *step = &g->steps[g->at];

    poll_alert(run, step->alert, drill_moment_now().mono_ms);
    (void)fetcher_step(run->fetcher, TICK_MS);
    *ret_sight = (struct gameday_sight){.now = drill_moment_now()};
    if (run->polled_alert == step->alert && run->asked_mono_ms > 0) {
        ret_sight->alert = run->alert;
        ret_sight->alert_asked_mono_ms = run->asked_mono_ms;
    }
    if (run->step == g->at && run->drill.id > 0 &&
        drill_get(run->hooks->drill, run->drill.id, &run->drill_status))
        ret_sight->drill = &run->drill_status;
    if (run->step == g->at && run->drill.error[0] != '\0')
        ret_sight->start_error = run->drill.error;
    if (run->recovery.error[0] != '\0')
        ret_sight->recovery_error = run->recovery.error;
}
