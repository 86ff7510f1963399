#ifndef TW_GAMEDAY_STEPS_H
#define TW_GAMEDAY_STEPS_H

/* A game day as a state machine: it is told what can be seen, and says what should run. Pure. */

#include "server/drill/drill.h"
#include "server/drill/drill_record.h"
#include "server/drill/gameday_plan.h"

enum gameday_state {
    GAMEDAY_RUNNING,
    GAMEDAY_PASSED, /* every step did */
    GAMEDAY_FAILED,
    GAMEDAY_STOPPED,     /* somebody asked */
    GAMEDAY_INTERRUPTED, /* the server stopped under it */
};

const char *gameday_state_name(enum gameday_state state); /* as in JSON: "running" ... */

/* Where a step is. */
enum gameday_phase {
    GAMEDAY_WAITING, /* its turn has not come */
    GAMEDAY_SETTLE,  /* its alert must be quiet first */
    GAMEDAY_DETECT,  /* the simulation runs, the alert is to fire */
    GAMEDAY_NOTIFY,  /* ... and Alertmanager to deliver that */
    GAMEDAY_CLEAR,   /* the simulation is stopped, the alert is to clear */
    GAMEDAY_RESOLVE, /* ... and Alertmanager to deliver that */
    GAMEDAY_OVER,
};

const char *gameday_phase_name(enum gameday_phase phase);

enum gameday_result {
    GAMEDAY_NO_RESULT,
    GAMEDAY_STEP_PASSED,
    GAMEDAY_STEP_FAILED,
    GAMEDAY_STEP_STOPPED,
};

const char *gameday_result_name(enum gameday_result result); /* NULL: none */

/* Moments are Unix time in ms, 0 when they have not come. */
struct gameday_step {
    const struct gameday_plan *plan;
    struct gameday_limits limits;
    enum gameday_phase phase;
    enum gameday_result result;
    const char *alert;                  /* static */
    enum drill_alert_state alert_state; /* in Prometheus */
    int64_t phase_since_mono_ms;        /* monotonic */
    int64_t simulation_id;              /* 0: none yet */
    int64_t started_at_ms;              /* of the step */
    int64_t injected_at_ms;             /* the simulation has begun */
    int64_t firing_at_ms;
    int64_t delivered_at_ms;
    int64_t stopped_at_ms; /* the simulation is over */
    int64_t cleared_at_ms;
    int64_t resolved_at_ms; /* Alertmanager has delivered that */
    int64_t ended_at_ms;
    char reason[240]; /* why it failed or was stopped; "" else */
};

struct gameday_status {
    int64_t id; /* over 0 */
    char kind[32];
    enum gameday_state state;
    bool fast_alerts;
    bool skips_resolved;
    int64_t started_at_ms, ended_at_ms;
    int64_t elapsed_ms; /* as of the last advance */
    int64_t started_mono_ms;
    size_t n_steps;
    size_t at; /* the step that it is in */
    struct gameday_step steps[GAMEDAY_STEPS_MAX];
    char reason[160]; /* why it was stopped; "" else */
    char idempotency_key[DRILL_KEY_SIZE];
};

/* n_plans 1..GAMEDAY_STEPS_MAX, borrowed for ever: they are const. */
void gameday_begin(struct gameday_status *g,
                   const struct gameday_plan *const *plans,
                   size_t n_plans,
                   const struct drill_moment *now);

/* What can be seen of the step at hand. */
struct gameday_sight {
    struct drill_moment now;
    enum drill_alert_state alert;     /* in Prometheus's last answer; UNKNOWN: it has not told */
    int64_t alert_asked_mono_ms;      /* when that was asked for */
    const struct drill_status *drill; /* the step's simulation; NULL: none was started */
    const char *start_error;          /* why none could be; NULL: it could */
    const char *recovery_error;       /* the same of the recovery's traffic */
};

/* Takes in what is seen. One call is one move at most: what follows from it is for the next. */
void gameday_advance(struct gameday_status *g, const struct gameday_sight *sight);

/* Ends it before its time; one that is over stays as it is. */
void gameday_end(struct gameday_status *g,
                 enum gameday_state state,
                 const char *reason,
                 const struct drill_moment *now);

/* What should run now. */
bool gameday_wants_drill(const struct gameday_status *g);
bool gameday_wants_recovery(const struct gameday_status *g);

size_t gameday_count(const struct gameday_status *g, enum gameday_result result);

#endif
