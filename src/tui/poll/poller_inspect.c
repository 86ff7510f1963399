/* What is asked for one panel alone. Each job asks one thing at a time, target by target, so that a panel
 * never takes more than a few of the server's places; what it found is published when all targets of the
 * panel have answered. */

#include "common/alloc.h"
#include "common/clock.h"
#include "tui/poll/poller_inspect_parts.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#define SEVERAL_PAGES ((size_t)16 * 1024)

const struct panel *inspect_panel(const struct poller *poller)
{
    const struct inspect_want *want = &poller->inspect.want;

    if (!want->is_on || want->dashboard != poller->dashboard ||
        want->panel >= poller->dashboard->n_panels)
        return NULL;
    return &poller->dashboard->panels[want->panel];
}

/* ---- Asking ------------------------------------------------------------------------------------- */

static bool is_wanted(const struct poller *poller, enum inspect_job_id id)
{
    return inspect_job_compare(id) != COMPARE_WEEK ||
           inspect_compare_of(poller->inspect.want.compare_ms) == COMPARE_WEEK;
}

static void reset_job(struct inspect_live *live, enum inspect_job_id id)
{
    live->jobs[id] = (struct inspect_job){.generation = live->jobs[id].generation + 1};
}

static void reset_exemplars(struct inspect_live *live)
{
    reset_job(live, JOB_EXEMPLARS);
    live->exemplars_until_ms = 0;
}

static bool selects(const struct target *target, const char *selector)
{
    struct prom_selectors selectors;
    bool is_in = false;

    prom_selectors_read(target->expr, &selectors);
    for (size_t i = 0; i < selectors.n && !is_in; i++)
        is_in = strcmp(selectors.at[i], selector) == 0;
    prom_selectors_finish(&selectors);
    return is_in;
}

/* Is every selector of target t in one that is asked before it? Percentiles of one histogram are such. */
static bool is_covered(const struct panel *panel, size_t t)
{
    struct prom_selectors selectors;
    bool are_all = true;

    prom_selectors_read(panel->targets[t].expr, &selectors);
    for (size_t i = 0; i < selectors.n && are_all; i++) {
        are_all = false;
        for (size_t before = 0; before < t && !are_all; before++)
            are_all = panel->targets[before].is_asked &&
                      selects(&panel->targets[before], selectors.at[i]);
    }
    prom_selectors_finish(&selectors);
    return are_all;
}

/* The next target from `from` on that the job is about; NULL: none is left. */
static const struct target *next_target(const struct panel *panel,
                                        const struct inspect_job_info *info,
                                        size_t from)
{
    for (size_t t = from; t < panel->n_targets; t++) {
        const struct target *target = &panel->targets[t];

        if (target->is_asked && (!target->is_instant || info->instant_path) &&
            !(info->is_by_selector && is_covered(panel, t)))
            return target;
    }
    return NULL;
}

static void end_job(struct poller *poller, enum inspect_job_id id)
{
    struct inspect_live *live = &poller->inspect;
    struct inspect_job *job = &live->jobs[id];
    int64_t period_ms =
        inspect_jobs[id].end ? inspect_jobs[id].end(live, id) : inspect_jobs[id].period_ms;

    job->target = 0;
    job->n_failures = 0;
    job->due_mono_ms = period_ms == INT64_MAX ? INT64_MAX : clock_mono_ms() + period_ms;
    live->is_changed = true;
    poller_mark_dirty(poller);
}

static void fail_job(struct poller *poller, enum inspect_job_id id, const char *reason)
{
    struct inspect_live *live = &poller->inspect;
    struct inspect_job *job = &live->jobs[id];

    if (inspect_jobs[id].reason)
        (void)snprintf(inspect_jobs[id].reason(live->data, id), SOURCE_REASON_SIZE, "%s", reason);
    job->target = 0;
    job->due_mono_ms =
        clock_mono_ms() + backoff_ms(++job->n_failures, random_uniform(&poller->rng));
    live->is_changed = true;
    poller_mark_dirty(poller);
}

/* The target's expression, filled in for the window, or for one that is offset_ms earlier. */
static int write_expr(const struct poller *poller,
                      const struct target *target,
                      int64_t offset_ms,
                      struct buffer *out,
                      struct tw_error *err)
{
    struct dashboard_times times = poller->inspect.times;

    times.from_ms -= offset_ms;
    times.to_ms -= offset_ms;
    return dashboard_fill_in(poller->dashboard, target->expr, &times, out, err);
}

static void send(struct poller *poller,
                 enum inspect_job_id id,
                 const struct target *target,
                 const char *expr,
                 struct request *request)
{
    const struct inspect_job_info *info = &inspect_jobs[id];
    struct request_text text = {.method = info->write ? "POST" : "GET",
                                .path =
                                    target && target->is_instant ? info->instant_path : info->path,
                                .is_form = info->write != NULL,
                                .max_reply_bytes = info->max_reply_bytes};
    struct buffer form;

    buffer_init(&form, 4 * PLAN_CHUNK_BYTES_MAX);
    if (info->write) {
        info->write(poller, id, target, expr, request->timeout_ms * 4 / 5, &form);
        text.body = buffer_text(&form);
        text.body_len = form.len;
    }
    request->kind = REQUEST_INSPECT;
    request->job = id;
    request->generation = poller->inspect.jobs[id].generation;
    poller->inspect.jobs[id].is_in_flight = true;
    request_send(request, &text);
    buffer_finish(&form);
}

/* target NULL: the job has none. */
static void ask(struct poller *poller, enum inspect_job_id id, const struct target *target)
{
    enum compare_id compare = inspect_job_compare(id);
    int64_t offset_ms = compare == N_COMPARES ? 0 : inspect_compare_ms(compare);
    CLEANUP(buffer_finish) struct buffer expr;
    struct request *request;
    struct tw_error err;

    buffer_init(&expr, 2 * DASHBOARD_EXPR_MAX);
    if (target && write_expr(poller, target, offset_ms, &expr, &err) < 0) {
        fail_job(poller, id, err.message);
        return;
    }
    request = request_obtain(poller, SOURCE_PROMETHEUS, QUESTION_NONE);
    if (request)
        send(poller, id, target, buffer_text(&expr), request);
}

static void start_job(struct poller *poller, const struct panel *panel, enum inspect_job_id id)
{
    const struct inspect_job_info *info = &inspect_jobs[id];
    struct inspect_job *job = &poller->inspect.jobs[id];
    const struct target *target = info->write ? next_target(panel, info, job->target) : NULL;

    if (job->target == 0 && info->begin)
        info->begin(&poller->inspect, id);
    if (info->write && !target) {
        end_job(poller, id);
        return;
    }
    if (target)
        job->target = (size_t)(target - panel->targets);
    ask(poller, id, target);
}

/* Another window or step: what depends on it is asked anew, and what is shown stays until then. */
static void follow_window(struct poller *poller)
{
    struct inspect_live *live = &poller->inspect;

    rounds_window(poller, &live->window, &live->times);
    if (live->range_ms == poller->range_ms && live->end_ms == poller->end_ms &&
        live->step_ms == live->window.step_ms)
        return;
    live->range_ms = poller->range_ms;
    live->end_ms = poller->end_ms;
    live->step_ms = live->window.step_ms;
    reset_job(live, JOB_COST);
    for (int id = JOB_COMPARE; id <= JOB_COMPARE_LAST; id++)
        reset_job(live, (enum inspect_job_id)id);
    reset_exemplars(live);
}

void inspect_start_due(struct poller *poller, int64_t mono_ms)
{
    struct inspect_live *live = &poller->inspect;
    const struct panel *panel = inspect_panel(poller);

    if (!panel)
        return;
    follow_window(poller);
    for (int id = 0; id < N_INSPECT_JOBS; id++)
        if (!live->jobs[id].is_in_flight && mono_ms >= live->jobs[id].due_mono_ms &&
            is_wanted(poller, (enum inspect_job_id)id) &&
            source_may_be_asked(poller, SOURCE_PROMETHEUS, mono_ms))
            start_job(poller, panel, (enum inspect_job_id)id);
}

int64_t inspect_next_due_mono_ms(const struct poller *poller)
{
    const struct source_live *prometheus = &poller->sources[SOURCE_PROMETHEUS];
    int64_t next_ms = INT64_MAX;

    if (!inspect_panel(poller) || !prometheus->url ||
        prometheus->n_in_flight >= in_flight_max(SOURCE_PROMETHEUS))
        return INT64_MAX;
    for (int id = 0; id < N_INSPECT_JOBS; id++) {
        const struct inspect_job *job = &poller->inspect.jobs[id];

        if (!job->is_in_flight && is_wanted(poller, (enum inspect_job_id)id) &&
            job->due_mono_ms < next_ms)
            next_ms = job->due_mono_ms;
    }
    if (next_ms < INT64_MAX && next_ms < prometheus->track.retry_at_mono_ms)
        next_ms = prometheus->track.retry_at_mono_ms;
    return next_ms;
}

void inspect_answered(struct request *request, const struct fetch_reply *reply)
{
    struct poller *poller = request->poller;
    struct inspect_job *job = &poller->inspect.jobs[request->job];
    const struct inspect_job_info *info = &inspect_jobs[request->job];
    const struct panel *panel = inspect_panel(poller);
    struct tw_error err = {0};
    int result;

    if (request->generation != job->generation)
        return;
    job->is_in_flight = false;
    if (!panel) /* another board is shown by now */
        return;
    result = info->take(poller, request->job, info->write ? &panel->targets[job->target] : NULL,
                        reply, &err);
    /* It comes so seldom that its memory would lie idle until then. */
    if (reply->body_len > SEVERAL_PAGES)
        (void)malloc_trim(0);
    if (result < 0) {
        fail_job(poller, request->job, err.message);
        return;
    }
    job->target++;
    if (!info->write || !next_target(panel, info, job->target))
        end_job(poller, request->job);
}

/* ---- What is wanted ----------------------------------------------------------------------------- */

static void drop(struct inspect_live *live)
{
    for (int id = 0; id < N_INSPECT_JOBS; id++)
        reset_job(live, (enum inspect_job_id)id);
    if (live->data)
        part_unref(&live->data->part);
    if (live->part)
        part_unref(&live->part->part);
    live->data = live->part = NULL;
    live->range_ms = 0; /* no window yet */
    for (int id = 0; id < N_COMPARES; id++)
        series_set_finish(&live->sets[id]);
    prom_exemplars_finish(&live->exemplars);
    live->exemplars_until_ms = 0;
}

void inspect_finish(struct poller *poller)
{
    drop(&poller->inspect);
}

void inspect_hurry(struct poller *poller)
{
    for (int id = 0; id < N_INSPECT_JOBS; id++)
        poller->inspect.jobs[id].due_mono_ms = 0;
}

void inspect_set_want(struct poller *poller, const struct inspect_want *want)
{
    struct inspect_live *live = &poller->inspect;
    struct inspect_want before = live->want;

    live->want = *want;
    if (before.is_on != want->is_on || before.dashboard != want->dashboard ||
        before.panel != want->panel) {
        drop(live);
        if (want->is_on)
            live->data = inspect_data_new(want);
        live->is_changed = true;
    }
    if (before.cursor_ms != want->cursor_ms)
        reset_exemplars(live);
    poller_mark_dirty(poller);
}

void inspect_publish(struct poller *poller, struct snapshot *snapshot)
{
    struct inspect_live *live = &poller->inspect;

    if (!live->data)
        return;
    if (!live->part || live->is_changed) {
        if (live->part)
            part_unref(&live->part->part);
        live->part = inspect_data_copy(live->data);
        live->is_changed = false;
    }
    part_ref(&live->part->part);
    snapshot->inspect = live->part;
}
