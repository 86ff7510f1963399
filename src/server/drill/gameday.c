#include "server/drill/gameday.h"

#include "common/alloc.h"
#include "server/drill/gameday_run.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* The thread of one game day; gone once it has been joined. */
struct worker {
    struct gamedays *gamedays;
    struct gameday_run *run;
    pthread_t thread;
};

struct gamedays {
    struct gameday_hooks hooks;
    pthread_mutex_t lock;                         /* guards all below */
    struct gameday_status kept[GAMEDAY_KEPT_MAX]; /* ascending by id; only the last may run */
    size_t n_kept;
    int64_t last_id;
    struct worker *worker; /* of the last one; NULL: joined, or being so */
    bool is_shut;
};

struct gamedays *gamedays_new(const struct gameday_hooks *hooks)
{
    struct gamedays *gamedays = xcalloc(1, sizeof(*gamedays));

    gamedays->hooks = *hooks;
    gamedays->last_id = hooks->last_id;
    (void)pthread_mutex_init(&gamedays->lock, NULL);
    return gamedays;
}

static void lock(struct gamedays *gamedays)
{
    (void)pthread_mutex_lock(&gamedays->lock);
}

static void unlock(struct gamedays *gamedays)
{
    (void)pthread_mutex_unlock(&gamedays->lock);
}

/* NULL: not known. With the lock. */
static struct gameday_status *find(struct gamedays *gamedays, int64_t id)
{
    for (size_t i = 0; i < gamedays->n_kept; i++)
        if (gamedays->kept[i].id == id)
            return &gamedays->kept[i];
    return NULL;
}

/* The one that runs, or NULL. With the lock. */
static struct gameday_status *find_running(struct gamedays *gamedays)
{
    struct gameday_status *last = &gamedays->kept[gamedays->n_kept > 0 ? gamedays->n_kept - 1 : 0];

    return gamedays->n_kept > 0 && last->state == GAMEDAY_RUNNING ? last : NULL;
}

/* ---- The thread ---------------------------------------------------------------------------------- */

static void tell_event(const struct gameday_hooks *hooks,
                       const struct gameday_status *g,
                       const struct gameday_step *step)
{
    const char *reason = step ? step->reason : g->reason;
    struct buffer detail;
    struct json_writer w = {&detail, false};

    if (!hooks->event)
        return;
    buffer_init(&detail, 2048);
    json_write_object(&w, NULL);
    json_write_int(&w, "id", g->id);
    if (step) {
        json_write_string(&w, "step", step->plan->name);
        json_write_string(&w, "state",
                          step->phase == GAMEDAY_OVER || g->state != GAMEDAY_RUNNING
                              ? gameday_result_name(step->result)
                              : "begun");
    } else {
        json_write_string(&w, "state", gameday_state_name(g->state));
    }
    if (reason[0] != '\0')
        json_write_string(&w, "reason", reason);
    json_write_object_end(&w);
    hooks->event(hooks->ctx, "gameday", g->kind, buffer_text(&detail));
    buffer_finish(&detail);
}

static void tell_step_events(const struct gameday_hooks *hooks,
                             const struct gameday_status *before,
                             const struct gameday_status *after)
{
    bool has_moved = before->at != after->at, is_over = after->state != GAMEDAY_RUNNING;

    if (has_moved || is_over)
        tell_event(hooks, after, &after->steps[before->at]);
    if (has_moved)
        tell_event(hooks, after, &after->steps[after->at]);
}

/* Whether there is something to keep: all that a look from outside would tell but the time. */
static bool has_changed(const struct gameday_status *before, const struct gameday_status *after)
{
    const struct gameday_step *old = &before->steps[before->at], *new = &after->steps[after->at];

    return before->state != after->state || before->at != after->at || old->phase != new->phase ||
           old->alert_state != new->alert_state || old->simulation_id != new->simulation_id;
}

static void save(const struct gameday_hooks *hooks, const struct gameday_status *g)
{
    if (hooks->save)
        hooks->save(hooks->ctx, g);
}

/* Moves the shared state on by what is seen and gives a copy; one that was stopped meanwhile stays so. */
static void advance(struct worker *worker,
                    const struct gameday_sight *sight,
                    struct gameday_status *ret_status)
{
    struct gamedays *all = worker->gamedays;
    struct gameday_status *g;

    lock(all);
    g = &all->kept[all->n_kept - 1]; /* this one: no other is started before it is joined */
    gameday_advance(g, sight);
    *ret_status = *g;
    unlock(all);
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    const struct gameday_hooks *hooks = &worker->gamedays->hooks;
    struct gameday_status *before = xcalloc(2, sizeof(*before)), *now = before + 1;
    struct gameday_sight sight = {.now = drill_moment_now()};

    gameday_run_begin(worker->run);
    advance(worker, &sight, now);
    tell_event(hooks, now, NULL);
    tell_event(hooks, now, &now->steps[0]);
    save(hooks, now);
    while (now->state == GAMEDAY_RUNNING) {
        *before = *now;
        gameday_run_act(worker->run, now);
        gameday_run_look(worker->run, now, &sight);
        advance(worker, &sight, now);
        if (has_changed(before, now))
            save(hooks, now);
        tell_step_events(hooks, before, now);
    }
    gameday_run_end(worker->run);
    tell_event(hooks, now, NULL);
    free(before);
    return NULL;
}

static void join(struct worker *worker)
{
    if (!worker)
        return;
    (void)pthread_join(worker->thread, NULL);
    gameday_run_free(worker->run);
    free(worker);
}

/* ---- Starting ------------------------------------------------------------------------------------ */

static int check_request(const struct gameday_request *request,
                         const struct gameday_plan **ret_plans,
                         size_t *ret_n_plans,
                         struct field_errors *errors,
                         struct tw_error *err)
{
    const char *key = request->idempotency_key;

    *ret_n_plans = request->kind ? gameday_plan_find(request->kind, ret_plans) : 0;
    if (key && !drill_is_key(key))
        field_errors_add(errors, "idempotency_key", "must be 1 to %d printable ASCII characters",
                         DRILL_KEY_SIZE - 1);
    if (*ret_n_plans == 0)
        field_errors_add(errors, "kind",
                         "must be drift, hallucination, topic-shift, latency, rag, outage or all");
    return errors->n > 0 ? tw_fail(err, TW_INVALID, "some fields are wrong") : 0;
}

/* NULL: none was started with the key. With the lock. */
static const struct gameday_status *find_key(const struct gamedays *gamedays, const char *key)
{
    for (size_t i = 0; key && i < gamedays->n_kept; i++)
        if (strcmp(gamedays->kept[i].idempotency_key, key) == 0)
            return &gamedays->kept[i];
    return NULL;
}

/* A place at the end; the oldest is forgotten when there is none. With the lock. */
static struct gameday_status *make_place(struct gamedays *gamedays)
{
    if (gamedays->n_kept == GAMEDAY_KEPT_MAX)
        memmove(&gamedays->kept[0], &gamedays->kept[1],
                --gamedays->n_kept * sizeof(gamedays->kept[0]));
    return &gamedays->kept[gamedays->n_kept];
}

/* With the lock. */
static int add_run(struct gamedays *gamedays,
                   const struct gameday_request *request,
                   const struct gameday_plan *const *plans,
                   size_t n_plans,
                   struct tw_error *err)
{
    struct gameday_status *g = make_place(gamedays);
    struct worker *worker = xcalloc(1, sizeof(*worker));
    struct drill_moment now = drill_moment_now();
    int failed;

    *g = (struct gameday_status){.id = gamedays->last_id + 1,
                                 .fast_alerts = gamedays->hooks.fast_alerts,
                                 .skips_resolved = request->skips_resolved};
    (void)snprintf(g->kind, sizeof(g->kind), "%s", request->kind);
    if (request->idempotency_key)
        (void)snprintf(g->idempotency_key, sizeof(g->idempotency_key), "%s",
                       request->idempotency_key);
    gameday_begin(g, plans, n_plans, &now);
    *worker = (struct worker){.gamedays = gamedays, .run = gameday_run_new(&gamedays->hooks)};
    failed = pthread_create(&worker->thread, NULL, work, worker);
    if (failed != 0) {
        gameday_run_free(worker->run);
        free(worker);
        return tw_fail_errno(err, TW_BROKEN, failed, "cannot start a thread");
    }
    (void)pthread_setname_np(worker->thread, "gameday");
    gamedays->worker = worker;
    gamedays->last_id = g->id;
    gamedays->n_kept++;
    return 0;
}

/* With the lock. */
static int start_locked(struct gamedays *gamedays,
                        const struct gameday_request *request,
                        struct gameday_started *ret_started,
                        struct field_errors *errors,
                        struct tw_error *err)
{
    const struct gameday_status *known = find_key(gamedays, request->idempotency_key);
    const struct gameday_status *running = find_running(gamedays);
    const struct gameday_plan *plans[GAMEDAY_STEPS_MAX];
    size_t n_plans;

    if (check_request(request, plans, &n_plans, errors, err) < 0)
        return -1;
    if (known && strcmp(known->kind, request->kind) != 0) {
        field_errors_add(errors, "idempotency_key", "belongs to game day %lld, of kind %s",
                         (long long)known->id, known->kind);
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    }
    if (known) {
        *ret_started = (struct gameday_started){known->id, true};
        return 0;
    }
    if (gamedays->is_shut)
        return tw_fail(err, TW_BUSY, "the server is stopping");
    if (running)
        return tw_fail(err, TW_BUSY, "game day %lld, of kind %s, is running",
                       (long long)running->id, running->kind);
    if (gamedays->worker)
        return tw_fail(err, TW_BUSY, "the last game day is just ending");
    if (add_run(gamedays, request, plans, n_plans, err) < 0)
        return -1;
    *ret_started = (struct gameday_started){gamedays->last_id, false};
    return 0;
}

int gamedays_start(struct gamedays *gamedays,
                   const struct gameday_request *request,
                   struct gameday_started *ret_started,
                   struct field_errors *errors,
                   struct tw_error *err)
{
    struct worker *ended;
    int result;

    lock(gamedays);
    ended = find_running(gamedays) ? NULL : TAKE(gamedays->worker);
    unlock(gamedays);
    join(ended); /* first: what it held on to must be free */
    lock(gamedays);
    result = start_locked(gamedays, request, ret_started, errors, err);
    unlock(gamedays);
    return result;
}

/* ---- Stopping and looking ------------------------------------------------------------------------ */

/* With the lock. */
static void end_running(struct gamedays *gamedays, enum gameday_state state, const char *reason)
{
    struct gameday_status *running = find_running(gamedays);
    struct drill_moment now = drill_moment_now();

    if (!running)
        return;
    gameday_end(running, state, reason, &now);
    gameday_run_wake(gamedays->worker->run);
}

void gamedays_shut(struct gamedays *gamedays)
{
    struct worker *worker;

    if (!gamedays)
        return;
    lock(gamedays);
    gamedays->is_shut = true;
    end_running(gamedays, GAMEDAY_INTERRUPTED, "the server stopped");
    worker = TAKE(gamedays->worker);
    unlock(gamedays);
    join(worker);
}

void gamedays_free(struct gamedays *gamedays)
{
    if (!gamedays)
        return;
    gamedays_shut(gamedays);
    (void)pthread_mutex_destroy(&gamedays->lock);
    free(gamedays);
}

int gamedays_stop(struct gamedays *gamedays, int64_t id, struct tw_error *err)
{
    struct gameday_status *found;

    lock(gamedays);
    found = find(gamedays, id);
    if (found && found->state == GAMEDAY_RUNNING)
        end_running(gamedays, GAMEDAY_STOPPED, "stopped on request");
    unlock(gamedays);
    return found ? 0 : tw_fail(err, TW_NOT_FOUND, "there is no game day %lld", (long long)id);
}

bool gamedays_stop_all(struct gamedays *gamedays)
{
    bool was_running;

    lock(gamedays);
    was_running = find_running(gamedays) != NULL;
    end_running(gamedays, GAMEDAY_STOPPED, "stopped on request, with all drills");
    unlock(gamedays);
    return was_running;
}

bool gamedays_get(struct gamedays *gamedays, int64_t id, struct gameday_status *ret_status)
{
    const struct gameday_status *found;

    lock(gamedays);
    found = find(gamedays, id);
    if (found)
        *ret_status = *found;
    unlock(gamedays);
    return found != NULL;
}

size_t gamedays_list(struct gamedays *gamedays, struct gameday_status *ret_statuses, size_t max)
{
    size_t n = 0;

    lock(gamedays);
    for (size_t i = gamedays->n_kept; i > 0 && n < max; i--)
        ret_statuses[n++] = gamedays->kept[i - 1];
    unlock(gamedays);
    return n;
}
