#ifndef TW_TUI_GAMEDAY_H
#define TW_TUI_GAMEDAY_H

/* Game days as the operations API tells of them. Text in them is fit for a terminal. Pure. */

#include "common/buffer.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

enum gameday_state {
    GAMEDAY_RUNNING,
    GAMEDAY_PASSED,
    GAMEDAY_FAILED,
    GAMEDAY_STOPPED,
    GAMEDAY_INTERRUPTED,
};

enum gameday_phase {
    GAMEDAY_WAITING,
    GAMEDAY_SETTLE,
    GAMEDAY_DETECT,
    GAMEDAY_NOTIFY,
    GAMEDAY_CLEAR,
    GAMEDAY_RESOLVE,
    GAMEDAY_OVER,
    N_GAMEDAY_PHASES
};

enum gameday_result {
    GAMEDAY_NO_RESULT,
    GAMEDAY_STEP_PASSED,
    GAMEDAY_STEP_FAILED,
    GAMEDAY_STEP_STOPPED,
};

/* Moments are Unix ms, 0 when they have not come; spans are -1 then. */
struct gameday_step {
    char name[64];
    char alert[64];
    char alert_state[16];
    enum gameday_phase phase;
    enum gameday_result result;
    int64_t since_at_ms[N_GAMEDAY_PHASES]; /* when it came into the phase */
    int64_t ended_at_ms;
    int64_t detect_ms, notify_ms, clear_ms, resolve_ms;
    int64_t limit_ms[N_GAMEDAY_PHASES]; /* of the phase; 0: none */
    char reason[256];
};

#define GAMEDAY_STEPS_MAX 32

struct gameday {
    int64_t id;
    char kind[32];
    enum gameday_state state;
    bool fast_alerts;
    int64_t started_at_ms, ended_at_ms, elapsed_ms;
    char reason[200];
    size_t n_steps;
    struct gameday_step steps[GAMEDAY_STEPS_MAX];
};

struct gamedays {
    size_t n; /* newest first */
    struct gameday *at;
};

/* What a game day can be of: a simulation that raises an alert, or all of them. */
extern const char *const gameday_kinds[];
#define N_GAMEDAY_KINDS 7

/* The body of POST /gamedays. */
struct gameday_request {
    const char *kind, *idempotency_key;
    bool skips_resolved; /* does not wait for the word that an alert has cleared */
};

void gameday_write_start(const struct gameday_request *request, struct buffer *out);

const char *gameday_state_name(enum gameday_state state);

size_t gameday_count(const struct gameday *gameday, enum gameday_result result);

/* Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int gameday_read(const struct fetch_reply *reply,
                 struct gameday *ret_gameday,
                 struct tw_error *err) MUST_CHECK;
int gamedays_read(const struct fetch_reply *reply,
                  struct gamedays *ret_gamedays,
                  struct tw_error *err) MUST_CHECK;
void gamedays_finish(struct gamedays *gamedays);

#endif
