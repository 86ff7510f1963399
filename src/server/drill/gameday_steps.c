#include "server/drill/gameday_steps.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A fault that the step before held is released by its own thread, a moment after its simulation ended. */
#define SETTLE_LEAST_MS 2000

const char *gameday_state_name(enum gameday_state state)
{
    static const char *const names[] = {"running", "passed", "failed", "stopped", "interrupted"};

    return names[state];
}

const char *gameday_phase_name(enum gameday_phase phase)
{
    static const char *const names[] = {"waiting", "settle",  "detect", "notify",
                                        "clear",   "resolve", "over"};

    return names[phase];
}

const char *gameday_result_name(enum gameday_result result)
{
    static const char *const names[] = {NULL, "passed", "failed", "stopped"};

    return names[result];
}

size_t gameday_count(const struct gameday_status *g, enum gameday_result result)
{
    size_t n = 0;

    for (size_t i = 0; i < g->n_steps; i++)
        n += g->steps[i].result == result;
    return n;
}

/* ---- Moves --------------------------------------------------------------------------------------- */

static void enter(struct gameday_step *step,
                  enum gameday_phase phase,
                  const struct drill_moment *now)
{
    step->phase = phase;
    step->phase_since_mono_ms = now->mono_ms;
}

static void begin_step(struct gameday_step *step, const struct drill_moment *now)
{
    step->started_at_ms = now->at_ms;
    enter(step, GAMEDAY_SETTLE, now);
}

void gameday_begin(struct gameday_status *g,
                   const struct gameday_plan *const *plans,
                   size_t n_plans,
                   const struct drill_moment *now)
{
    g->state = GAMEDAY_RUNNING;
    g->started_at_ms = now->at_ms;
    g->started_mono_ms = now->mono_ms;
    g->n_steps = n_plans;
    for (size_t i = 0; i < n_plans; i++) {
        g->steps[i] = (struct gameday_step){.plan = plans[i]};
        g->steps[i].alert = gameday_plan_expect(plans[i]).alert;
        gameday_plan_limits(plans[i], g->fast_alerts, &g->steps[i].limits);
    }
    begin_step(&g->steps[0], now);
}

static void end_step(struct gameday_status *g, const struct drill_moment *now)
{
    struct gameday_step *step = &g->steps[g->at];

    if (step->result == GAMEDAY_NO_RESULT)
        step->result = GAMEDAY_STEP_PASSED;
    step->ended_at_ms = now->at_ms;
    enter(step, GAMEDAY_OVER, now);
    if (g->at + 1 < g->n_steps) {
        begin_step(&g->steps[++g->at], now);
        return;
    }
    g->state = gameday_count(g, GAMEDAY_STEP_FAILED) > 0 ? GAMEDAY_FAILED : GAMEDAY_PASSED;
    g->ended_at_ms = now->at_ms;
}

/* The first failure is the one that is told. */
static void PRINTF_LIKE(2, 3) fail(struct gameday_step *step, const char *fmt, ...)
{
    va_list args;

    if (step->result == GAMEDAY_STEP_FAILED)
        return;
    step->result = GAMEDAY_STEP_FAILED;
    va_start(args, fmt);
    /* The analyzer of clang 14 loses va_start when it inlines the call. */
    (void)vsnprintf(step->reason, sizeof(step->reason), fmt,
                    args); // NOLINT(clang-analyzer-valist.*)
    va_end(args);
}

void gameday_end(struct gameday_status *g,
                 enum gameday_state state,
                 const char *reason,
                 const struct drill_moment *now)
{
    struct gameday_step *step = &g->steps[g->at];

    if (g->state != GAMEDAY_RUNNING)
        return;
    if (step->result == GAMEDAY_NO_RESULT) {
        step->result = GAMEDAY_STEP_STOPPED;
        (void)snprintf(step->reason, sizeof(step->reason), "%s", reason);
    }
    step->ended_at_ms = now->at_ms;
    g->state = state;
    g->ended_at_ms = now->at_ms;
    (void)snprintf(g->reason, sizeof(g->reason), "%s", reason);
}

/* ---- Phases -------------------------------------------------------------------------------------- */

static int64_t in_phase_ms(const struct gameday_step *step, const struct gameday_sight *sight)
{
    return sight->now.mono_ms - step->phase_since_mono_ms;
}

/* An answer that was asked for before this phase says nothing about it. */
static bool is_quiet(const struct gameday_step *step, const struct gameday_sight *sight)
{
    return step->alert_state == DRILL_ALERT_INACTIVE &&
           sight->alert_asked_mono_ms >= step->phase_since_mono_ms;
}

static double seconds(int64_t ms)
{
    return (double)ms / 1000;
}

static void fail_unquiet(struct gameday_step *step,
                         const struct gameday_sight *sight,
                         const char *what)
{
    if (step->alert_state == DRILL_ALERT_UNKNOWN)
        fail(step, "Prometheus did not tell about %s within %.16g s", step->alert,
             seconds(step->limits.clear_ms));
    else
        fail(step, "%s %s %.16g s, it is %s%s%s", step->alert, what, seconds(step->limits.clear_ms),
             drill_alert_state_name(step->alert_state),
             sight->recovery_error ? "; no ordinary traffic could be sent: " : "",
             sight->recovery_error ? sight->recovery_error : "");
}

static void settle(struct gameday_status *g,
                   struct gameday_step *step,
                   const struct gameday_sight *sight)
{
    if (is_quiet(step, sight) && in_phase_ms(step, sight) >= SETTLE_LEAST_MS) {
        enter(step, GAMEDAY_DETECT, &sight->now);
    } else if (in_phase_ms(step, sight) >= step->limits.clear_ms) {
        fail_unquiet(step, sight, "was on before the step began and did not clear within");
        end_step(g, &sight->now);
    }
}

static void note_drill(struct gameday_step *step, const struct drill_status *drill)
{
    step->simulation_id = drill->id;
    step->injected_at_ms = drill->started_at_ms;
    step->firing_at_ms = drill->alert.firing_at_ms;
    step->delivered_at_ms = drill->alert.delivered_at_ms;
    step->stopped_at_ms = drill->ended_at_ms;
    step->resolved_at_ms = drill->alert.resolved_at_ms;
}

static void detect(struct gameday_status *g,
                   struct gameday_step *step,
                   const struct gameday_sight *sight)
{
    if (step->firing_at_ms > 0) {
        enter(step, GAMEDAY_NOTIFY, &sight->now);
        return;
    }
    if (sight->start_error)
        fail(step, "the simulation could not be started: %s", sight->start_error);
    else if (step->stopped_at_ms > 0)
        fail(step, "its simulation ended before %s fired: %s", step->alert, sight->drill->reason);
    else if (in_phase_ms(step, sight) >= step->limits.detect_ms)
        fail(step, "%s did not fire within %.16g s, it is %s", step->alert,
             seconds(step->limits.detect_ms), drill_alert_state_name(sight->alert));
    if (step->result == GAMEDAY_STEP_FAILED)
        end_step(g, &sight->now);
}

static void notify(struct gameday_step *step, const struct gameday_sight *sight)
{
    if (step->delivered_at_ms == 0 && step->stopped_at_ms > 0)
        fail(step, "its simulation ended before Alertmanager delivered %s: %s", step->alert,
             sight->drill->reason);
    else if (step->delivered_at_ms == 0 && in_phase_ms(step, sight) >= step->limits.notify_ms)
        fail(step, "%s fired, and Alertmanager did not deliver it within %.16g s", step->alert,
             seconds(step->limits.notify_ms));
    else if (step->delivered_at_ms == 0)
        return;
    enter(step, GAMEDAY_CLEAR, &sight->now);
}

/* One that was never delivered will not be resolved either. */
static bool waits_for_resolved(const struct gameday_status *g, const struct gameday_step *step)
{
    return !g->skips_resolved && step->delivered_at_ms > 0;
}

static void clear(struct gameday_status *g,
                  struct gameday_step *step,
                  const struct gameday_sight *sight)
{
    if (step->stopped_at_ms > 0 && is_quiet(step, sight)) {
        step->cleared_at_ms = sight->now.at_ms;
        if (waits_for_resolved(g, step))
            enter(step, GAMEDAY_RESOLVE, &sight->now);
        else
            end_step(g, &sight->now);
    } else if (in_phase_ms(step, sight) >= step->limits.clear_ms) {
        fail_unquiet(step, sight, "did not clear within");
        end_step(g, &sight->now);
    }
}

static void resolve(struct gameday_status *g,
                    struct gameday_step *step,
                    const struct gameday_sight *sight)
{
    if (step->resolved_at_ms == 0 && in_phase_ms(step, sight) < step->limits.resolve_ms)
        return;
    if (step->resolved_at_ms == 0)
        fail(step, "%s cleared, and Alertmanager did not say so within %.16g s", step->alert,
             seconds(step->limits.resolve_ms));
    end_step(g, &sight->now);
}

void gameday_advance(struct gameday_status *g, const struct gameday_sight *sight)
{
    struct gameday_step *step = &g->steps[g->at];

    if (g->state != GAMEDAY_RUNNING)
        return;
    g->elapsed_ms = sight->now.mono_ms - g->started_mono_ms;
    step->alert_state = sight->alert;
    if (sight->drill)
        note_drill(step, sight->drill);
    switch (step->phase) {
    case GAMEDAY_SETTLE:
        settle(g, step, sight);
        break;
    case GAMEDAY_DETECT:
        detect(g, step, sight);
        break;
    case GAMEDAY_NOTIFY:
        notify(step, sight);
        break;
    case GAMEDAY_CLEAR:
        clear(g, step, sight);
        break;
    case GAMEDAY_RESOLVE:
        resolve(g, step, sight);
        break;
    case GAMEDAY_WAITING:
    case GAMEDAY_OVER:
        break;
    }
}

/* ---- What should run ------------------------------------------------------------------------------ */

bool gameday_wants_drill(const struct gameday_status *g)
{
    enum gameday_phase phase = g->steps[g->at].phase;

    return g->state == GAMEDAY_RUNNING && (phase == GAMEDAY_DETECT || phase == GAMEDAY_NOTIFY);
}

bool gameday_wants_recovery(const struct gameday_status *g)
{
    const struct gameday_step *step = &g->steps[g->at];

    if (g->state != GAMEDAY_RUNNING || !step->plan->recovery)
        return false;
    return step->phase == GAMEDAY_CLEAR ||
           (step->phase == GAMEDAY_SETTLE && step->alert_state > DRILL_ALERT_INACTIVE);
}
