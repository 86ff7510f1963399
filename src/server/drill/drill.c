#include "server/drill/drill.h"

#include "common/alloc.h"
#include "server/drill/drill_goal.h"
#include "server/drill/drill_mark.h"
#include "server/drill/drill_record.h"
#include "server/drill/drill_run.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define ENTRIES_MAX (DRILL_RUNNING_MAX + DRILL_KEPT_MAX)

/* A run with its thread; gone once the thread has been joined. */
struct worker {
    struct drill *drill;
    struct drill_record *record; /* borrowed from the entry, which outlives the worker */
    struct drill_run *run;
    pthread_t thread;
};

struct entry {
    int64_t id;
    enum drill_kind kind;
    struct drill_record *record;
    struct worker *worker; /* NULL: joined */
};

struct drill {
    struct drill_hooks hooks;
    struct drill_marker *marker;
    pthread_mutex_t lock; /* guards all below; taken before a record's own, never the other way */
    struct entry entries[ENTRIES_MAX]; /* ascending by id */
    size_t n_entries;
    int64_t last_id;
    bool is_shut;
};

struct drill *drill_new(const struct drill_hooks *hooks, const void *key, size_t key_len)
{
    struct drill *drill = xcalloc(1, sizeof(*drill));

    drill->hooks = *hooks;
    if (drill->hooks.alert_poll_ms <= 0)
        drill->hooks.alert_poll_ms = 2000;
    drill->last_id = hooks->last_id;
    drill->marker = drill_marker_new(key, key_len);
    (void)pthread_mutex_init(&drill->lock, NULL);
    return drill;
}

static void lock(struct drill *drill)
{
    (void)pthread_mutex_lock(&drill->lock);
}

static void unlock(struct drill *drill)
{
    (void)pthread_mutex_unlock(&drill->lock);
}

static enum drill_state entry_state(const struct entry *entry)
{
    struct drill_moment now = drill_moment_now();
    struct drill_status status;

    drill_record_read(entry->record, &now, &status);
    return status.state;
}

/* NULL: no such run. With the lock. */
static struct entry *find_entry(struct drill *drill, int64_t id)
{
    for (size_t i = 0; i < drill->n_entries; i++)
        if (drill->entries[i].id == id)
            return &drill->entries[i];
    return NULL;
}

/* ---- Gauges -------------------------------------------------------------------------------------- */

static void publish_kind(struct drill *drill, enum drill_kind kind)
{
    struct drill_moment now = drill_moment_now();
    unsigned n_running = 0;
    double progress = (double)NAN;

    lock(drill);
    for (size_t i = 0; i < drill->n_entries; i++) {
        struct drill_status status;

        drill_record_read(drill->entries[i].record, &now, &status);
        if (status.kind != kind || status.state != DRILL_RUNNING)
            continue;
        n_running++;
        progress = status.progress;
    }
    unlock(drill);
    if (drill->hooks.active)
        drill->hooks.active(drill->hooks.ctx, kind, n_running);
    if (drill->hooks.progress)
        drill->hooks.progress(drill->hooks.ctx, kind, progress);
}

static void publish(struct drill *drill)
{
    for (int k = 0; k < N_DRILL_KINDS; k++)
        publish_kind(drill, (enum drill_kind)k);
}

/* ---- Threads ------------------------------------------------------------------------------------- */

static void tell_event(const struct drill_hooks *hooks, const struct drill_status *status)
{
    struct buffer detail;
    struct json_writer w = {&detail, false};

    if (!hooks->event)
        return;
    buffer_init(&detail, 1024);
    json_write_object(&w, NULL);
    json_write_int(&w, "id", status->id);
    json_write_string(&w, "state", drill_state_name(status->state));
    json_write_string(&w, "reason", status->reason[0] != '\0' ? status->reason : NULL);
    json_write_object_end(&w);
    hooks->event(hooks->ctx, "simulation", drill_kind_name(status->kind), buffer_text(&detail));
    buffer_finish(&detail);
}

/* Everything that a run tells the outside comes from its own thread, in order, until it closes its
 * record. */
static void *work(void *arg)
{
    struct worker *worker = arg;
    const struct drill_hooks *hooks = &worker->drill->hooks;
    struct drill_moment now = drill_moment_now();
    struct drill_status status;

    drill_record_read(worker->record, &now, &status);
    status.state = DRILL_RUNNING; /* the event is the start, even if it has been stopped by now */
    status.reason[0] = '\0';
    tell_event(hooks, &status);
    drill_run_work(worker->run);
    do {
        now = drill_moment_now();
        if (drill_record_take_unsaved(worker->record, &now, &status) && hooks->save)
            hooks->save(hooks->ctx, &status);
    } while (!drill_record_close(worker->record));
    drill_record_read(worker->record, &now, &status);
    tell_event(hooks, &status);
    publish(worker->drill);
    return NULL;
}

static void name_thread(pthread_t thread, int64_t id)
{
    char name[16]; /* all that Linux keeps */

    (void)snprintf(name, sizeof(name), "drill-%u", (unsigned)((uint64_t)id % 1000000000U));
    (void)pthread_setname_np(thread, name);
}

static struct worker *worker_new(struct drill *drill, const struct entry *entry)
{
    struct worker *worker = xcalloc(1, sizeof(*worker));
    char mark[DRILL_MARK_SIZE];

    drill_mark_write(drill->marker, entry->id, entry->kind, mark);
    worker->drill = drill;
    worker->record = entry->record;
    worker->run = drill_run_new(&drill->hooks, entry->record, mark);
    return worker;
}

static void worker_free(struct worker *worker)
{
    drill_run_free(worker->run);
    free(worker);
}

static void join(struct worker *worker)
{
    (void)pthread_join(worker->thread, NULL);
    worker_free(worker);
}

/* Takes a worker whose thread is through, or about to be, out of the table; NULL when there is none.
 * With `any`, also one that works still. */
static struct worker *take_worker(struct drill *drill, bool any)
{
    struct worker *worker = NULL;

    lock(drill);
    for (size_t i = 0; i < drill->n_entries && !worker; i++) {
        struct entry *entry = &drill->entries[i];

        if (entry->worker && (any || drill_record_is_closed(entry->record)))
            worker = TAKE(entry->worker);
    }
    unlock(drill);
    return worker;
}

static void join_ended(struct drill *drill)
{
    for (struct worker *w = take_worker(drill, false); w; w = take_worker(drill, false))
        join(w);
}

/* With the lock. */
static void end_entry(struct entry *entry, enum drill_state state, const char *reason)
{
    struct drill_moment now = drill_moment_now();

    if (drill_record_end(entry->record, state, reason, &now) && entry->worker)
        drill_run_wake(entry->worker->run);
}

void drill_shut(struct drill *drill)
{
    if (!drill)
        return;
    lock(drill);
    drill->is_shut = true;
    for (size_t i = 0; i < drill->n_entries; i++)
        end_entry(&drill->entries[i], DRILL_INTERRUPTED, "the server stopped");
    unlock(drill);
    for (struct worker *w = take_worker(drill, true); w; w = take_worker(drill, true))
        join(w);
}

void drill_free(struct drill *drill)
{
    if (!drill)
        return;
    drill_shut(drill);
    for (size_t i = 0; i < drill->n_entries; i++)
        drill_record_free(drill->entries[i].record);
    drill_marker_free(drill->marker);
    (void)pthread_mutex_destroy(&drill->lock);
    free(drill);
}

/* ---- Starting ------------------------------------------------------------------------------------ */

static void check_key(const char *key, struct drill_status *first, struct field_errors *errors)
{
    if (!key)
        return;
    if (!drill_is_key(key))
        field_errors_add(errors, "idempotency_key", "must be 1 to %d printable ASCII characters",
                         DRILL_KEY_SIZE - 1);
    else
        (void)snprintf(first->idempotency_key, sizeof(first->idempotency_key), "%s", key);
}

static void check_until(const char *until,
                        const struct drill_kind_info *info,
                        struct drill_status *first,
                        struct field_errors *errors)
{
    first->until = info->expects.alert                      ? DRILL_UNTIL_ALERT
                   : drill_kind_has(info, DRILL_DURATION_S) ? DRILL_UNTIL_DURATION
                                                            : DRILL_UNTIL_STOPPED;
    if (!until)
        return;
    if (strcmp(until, "duration") == 0 && first->until != DRILL_UNTIL_STOPPED)
        first->until = DRILL_UNTIL_DURATION;
    else if (!info->expects.alert)
        field_errors_add(errors, "until", "%s raises no alert, and runs %s", info->name,
                         first->until == DRILL_UNTIL_STOPPED ? "until it is stopped"
                                                             : "for its duration");
    else if (strcmp(until, "notified") == 0)
        first->until = DRILL_UNTIL_NOTIFIED;
    else if (strcmp(until, "alert") != 0)
        field_errors_add(errors, "until", "must be alert, duration or notified");
}

static void add_unknown_kind(const char *kind, struct field_errors *errors)
{
    struct buffer names;

    if (kind && strcmp(kind, "all") == 0) {
        field_errors_add(errors, "kind", "all is a game day of every kind: POST /gamedays");
        return;
    }
    buffer_init(&names, 120);
    for (int k = 0; k < N_DRILL_KINDS; k++)
        (void)buffer_printf(&names, "%s%s", k > 0 ? ", " : "", drill_kind_name((enum drill_kind)k));
    field_errors_add(errors, "kind", "must be one of %s", buffer_text(&names));
    buffer_finish(&names);
}

static int fail_with_fields(const struct field_errors *errors, struct tw_error *err)
{
    struct buffer fields;

    buffer_init(&fields, 200);
    for (size_t i = 0; i < errors->n && i < FIELD_ERRORS_MAX; i++)
        (void)buffer_printf(&fields, "%s%s", i > 0 ? ", " : "", errors->item[i].field);
    (void)tw_fail(err, TW_INVALID, "not accepted: %s", buffer_text(&fields));
    buffer_finish(&fields);
    return -1;
}

static int check_request(const struct drill_request *request,
                         struct drill_status *ret_first,
                         struct field_errors *errors,
                         struct tw_error *err)
{
    const struct drill_kind_info *info =
        request->kind ? drill_kind_find(request->kind, strlen(request->kind)) : NULL;
    size_t n_before = errors->n;

    *ret_first = (struct drill_status){.state = DRILL_RUNNING};
    check_key(request->idempotency_key, ret_first, errors);
    if (info) {
        ret_first->kind = (enum drill_kind)(info - drill_kinds);
        check_until(request->until, info, ret_first, errors);
        drill_params_read(info->params, info->n_params, request->params, &ret_first->params,
                          errors);
        ret_first->alert.name = drill_kind_expect(info, &ret_first->params).alert;
    } else {
        add_unknown_kind(request->kind, errors);
    }
    return errors->n > n_before ? fail_with_fields(errors, err) : 0;
}

/* The run that was started with the key; 0: none. With the lock. */
static const struct entry *find_key(struct drill *drill, const char *key)
{
    struct drill_moment now = drill_moment_now();

    for (size_t i = 0; key[0] != '\0' && i < drill->n_entries; i++) {
        struct drill_status status;

        drill_record_read(drill->entries[i].record, &now, &status);
        if (strcmp(status.idempotency_key, key) == 0)
            return &drill->entries[i];
    }
    return NULL;
}

static int check_known(const struct entry *known,
                       enum drill_kind kind,
                       struct field_errors *errors,
                       struct tw_error *err)
{
    if (known->kind == kind)
        return 0;
    field_errors_add(errors, "idempotency_key", "belongs to simulation %lld, of kind %s",
                     (long long)known->id, drill_kind_name(known->kind));
    return fail_with_fields(errors, err);
}

/* With the lock. */
static int check_room(struct drill *drill, enum drill_kind kind, struct tw_error *err)
{
    size_t n_running = 0;

    if (drill->is_shut)
        return tw_fail(err, TW_BUSY, "the server is stopping");
    for (size_t i = 0; i < drill->n_entries; i++) {
        const struct entry *entry = &drill->entries[i];

        if (entry_state(entry) != DRILL_RUNNING)
            continue;
        if (entry->kind == kind)
            return tw_fail(err, TW_BUSY, "simulation %lld, of kind %s, is running",
                           (long long)entry->id, drill_kind_name(kind));
        n_running++;
    }
    if (n_running >= DRILL_RUNNING_MAX)
        return tw_fail(err, TW_BUSY, "%d simulations are running", DRILL_RUNNING_MAX);
    return 0;
}

/* Forgets the oldest run that is through, if the table is full. With the lock. */
static int make_place(struct drill *drill, struct tw_error *err)
{
    size_t i = 0;

    if (drill->n_entries < ENTRIES_MAX)
        return 0;
    while (i < drill->n_entries && drill->entries[i].worker)
        i++;
    if (i == drill->n_entries)
        return tw_fail(err, TW_BUSY, "too many simulations are just ending");
    drill_record_free(drill->entries[i].record);
    drill->n_entries--;
    memmove(&drill->entries[i], &drill->entries[i + 1],
            (drill->n_entries - i) * sizeof(drill->entries[0]));
    return 0;
}

static int64_t choose_seed(int64_t id, int64_t at_ms)
{
    struct random_state rng;

    random_seed(&rng, (uint64_t)at_ms ^ ((uint64_t)id << 48));
    return (int64_t)(random_bits(&rng) >> 11);
}

static struct drill_record *make_record(const struct drill *drill, struct drill_status *first)
{
    const struct drill_kind_info *info = &drill_kinds[first->kind];
    struct drill_moment now = drill_moment_now();
    struct drill_expectation expects = drill_kind_expect(info, &first->params);
    struct drill_goal goal;

    if (drill_kind_seed(info, &first->params) < 0)
        drill_kind_set_seed(info, &first->params, choose_seed(first->id, now.at_ms));
    goal = drill_goal_make(first->until, drill_kind_duration_ms(info, &first->params),
                           drill_expectation_for_ms(&expects, drill->hooks.fast_alerts));
    return drill_record_new(first, &goal, &now);
}

/* With the lock. */
static int add_run(struct drill *drill, struct drill_status *first, struct tw_error *err)
{
    struct entry *entry = &drill->entries[drill->n_entries];
    int failed;

    first->id = drill->last_id + 1;
    *entry = (struct entry){first->id, first->kind, make_record(drill, first), NULL};
    entry->worker = worker_new(drill, entry);
    failed = pthread_create(&entry->worker->thread, NULL, work, entry->worker);
    if (failed != 0) {
        worker_free(entry->worker);
        drill_record_free(entry->record);
        return tw_fail_errno(err, TW_BROKEN, failed, "cannot start a thread");
    }
    name_thread(entry->worker->thread, first->id);
    drill->last_id = first->id;
    drill->n_entries++;
    return 0;
}

/* With the lock. */
static int start_locked(struct drill *drill,
                        struct drill_status *first,
                        struct drill_started *ret_started,
                        struct field_errors *errors,
                        struct tw_error *err)
{
    const struct entry *known = find_key(drill, first->idempotency_key);

    if (known && check_known(known, first->kind, errors, err) < 0)
        return -1;
    if (known) {
        *ret_started = (struct drill_started){known->id, true};
        return 0;
    }
    if (check_room(drill, first->kind, err) < 0 || make_place(drill, err) < 0 ||
        add_run(drill, first, err) < 0)
        return -1;
    *ret_started = (struct drill_started){first->id, false};
    return 0;
}

int drill_start(struct drill *drill,
                const struct drill_request *request,
                struct drill_started *ret_started,
                struct field_errors *errors,
                struct tw_error *err)
{
    struct drill_status first;
    int result;

    if (check_request(request, &first, errors, err) < 0)
        return -1;
    join_ended(drill);
    lock(drill);
    result = start_locked(drill, &first, ret_started, errors, err);
    unlock(drill);
    if (result == 0)
        drill_publish(drill);
    return result;
}

/* ---- Stopping and looking ------------------------------------------------------------------------ */

int drill_stop(struct drill *drill, int64_t id, struct tw_error *err)
{
    struct entry *entry;

    lock(drill);
    entry = find_entry(drill, id);
    if (entry)
        end_entry(entry, DRILL_STOPPED, "stopped on request");
    unlock(drill);
    return entry ? 0 : tw_fail(err, TW_NOT_FOUND, "there is no simulation %lld", (long long)id);
}

size_t drill_stop_all(struct drill *drill)
{
    size_t n_stopped = 0;

    lock(drill);
    for (size_t i = 0; i < drill->n_entries; i++) {
        struct entry *entry = &drill->entries[i];

        if (entry->kind == DRILL_BASELINE || entry_state(entry) != DRILL_RUNNING)
            continue;
        end_entry(entry, DRILL_STOPPED, "stopped on request, with all drills");
        n_stopped++;
    }
    unlock(drill);
    return n_stopped;
}

bool drill_get(struct drill *drill, int64_t id, struct drill_status *ret_status)
{
    struct drill_moment now = drill_moment_now();
    struct entry *entry;

    lock(drill);
    entry = find_entry(drill, id);
    if (entry)
        drill_record_read(entry->record, &now, ret_status);
    unlock(drill);
    return entry != NULL;
}

size_t drill_list(struct drill *drill, struct drill_status *ret_statuses, size_t max)
{
    struct drill_moment now = drill_moment_now();
    size_t n = 0;

    lock(drill);
    for (size_t i = drill->n_entries; i > 0 && n < max; i--)
        drill_record_read(drill->entries[i - 1].record, &now, &ret_statuses[n++]);
    unlock(drill);
    return n;
}

/* Notes the delivery with the first run after `id` that it concerns and whose thread no longer saves
 * for itself. The run's id and its new state, or 0 when there is none. */
static int64_t note_next(struct drill *drill,
                         int64_t id,
                         const char *alertname,
                         bool is_firing,
                         struct drill_moment at,
                         struct drill_status *ret_status)
{
    int64_t found = 0;

    lock(drill);
    for (size_t i = 0; i < drill->n_entries && !found; i++) {
        struct entry *entry = &drill->entries[i];
        enum drill_noted noted = DRILL_NOTED_NOTHING;

        if (entry->id > id)
            noted = drill_record_note_delivery(entry->record, alertname, is_firing, at.at_ms);
        if (noted == DRILL_NOTED_BY_RUN && entry->worker)
            drill_run_wake(entry->worker->run);
        if (noted == DRILL_NOTED_BY_CALLER) {
            found = entry->id;
            drill_record_read(entry->record, &at, ret_status);
        }
    }
    unlock(drill);
    return found;
}

void drill_note_delivery(struct drill *drill, const char *alertname, bool is_firing, int64_t at_ms)
{
    struct drill_moment at = {at_ms, drill_moment_now().mono_ms};
    struct drill_status status;

    for (int64_t id = 0; (id = note_next(drill, id, alertname, is_firing, at, &status)) != 0;)
        if (drill->hooks.save)
            drill->hooks.save(drill->hooks.ctx, &status);
}

void drill_publish(struct drill *drill)
{
    join_ended(drill);
    publish(drill);
}

enum origin drill_check_header(const struct drill *drill, const char *value, int64_t *ret_id)
{
    enum drill_kind kind;

    *ret_id = 0;
    if (!value || !drill_mark_check(drill->marker, value, ret_id, &kind))
        return ORIGIN_USER;
    return kind == DRILL_BASELINE ? ORIGIN_BASELINE : ORIGIN_DRILL;
}
