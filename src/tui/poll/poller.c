#include "tui/poll/poller.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "tui/poll/poller_parts.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SCRAPE_DEFAULT_MS 10000
#define COLUMNS_DEFAULT   80
#define ANSWER_TIMEOUT_MS 60000

/* Answers that come close together make one snapshot: one frame of the screen instead of five. */
#define PUBLISH_WITHIN_MS 50

/* ---- The thread ---------------------------------------------------------------------------------- */

static bool is_waiting(const struct poller *poller)
{
    for (size_t i = 0; i < N_SOURCES; i++)
        if (poller->sources[i].n_in_flight > 0)
            return true;
    return false;
}

static void publish_if_due(struct poller *poller, int64_t mono_ms)
{
    bool is_dirty = poller->dirty_since_mono_ms >= 0;

    if ((is_dirty &&
         (!is_waiting(poller) || mono_ms - poller->dirty_since_mono_ms >= PUBLISH_WITHIN_MS)) ||
        mono_ms >= poller->next_change_mono_ms)
        poller_publish(poller, mono_ms);
}

static int wait_ms(const struct poller *poller, int64_t mono_ms)
{
    int64_t until_ms = asks_next_due_mono_ms(poller), rounds_ms = rounds_next_due_mono_ms(poller);
    int64_t inspect_ms = inspect_next_due_mono_ms(poller);

    if (rounds_ms < until_ms)
        until_ms = rounds_ms;
    if (variables_next_due_mono_ms(poller) < until_ms)
        until_ms = variables_next_due_mono_ms(poller);
    if (inspect_ms < until_ms)
        until_ms = inspect_ms;
    if (poller->next_change_mono_ms < until_ms)
        until_ms = poller->next_change_mono_ms;
    if (poller->dirty_since_mono_ms >= 0 &&
        poller->dirty_since_mono_ms + PUBLISH_WITHIN_MS < until_ms)
        until_ms = poller->dirty_since_mono_ms + PUBLISH_WITHIN_MS;
    if (until_ms <= mono_ms)
        return 0;
    /* Somebody may set the clock, on which the next step of the charts depends. */
    return until_ms - mono_ms < 60000 ? (int)(until_ms - mono_ms) : 60000;
}

static void *poll_all(void *arg)
{
    struct poller *poller = arg;

    while (!atomic_load(&poller->is_stopping)) {
        int64_t mono_ms = clock_mono_ms();

        commands_run(poller);
        asks_start_due(poller, mono_ms);
        variables_start_due(poller, mono_ms);
        rounds_start_due(poller, mono_ms);
        inspect_start_due(poller, mono_ms);
        mono_ms = clock_mono_ms();
        publish_if_due(poller, mono_ms);
        (void)fetcher_step(poller->fetcher, wait_ms(poller, mono_ms));
    }
    return NULL;
}

/* ---- Starting and stopping ----------------------------------------------------------------------- */

static char *dup_or_null(const char *text)
{
    return text && text[0] ? xstrdup(text) : NULL;
}

static void set_up_sources(struct poller *poller, const struct poller_config *config)
{
    static const struct access nothing = {0};

    const struct access *access = config->access ? config->access : &nothing;
    struct credentials *const credentials[N_SOURCES] = {access->prometheus, access->alertmanager,
                                                        access->operations, access->operations};
    static const size_t n_questions[N_SOURCES] = {N_PROM_QUESTIONS, N_AM_QUESTIONS, N_OPS_QUESTIONS,
                                                  N_ML_QUESTIONS};

    for (size_t i = 0; i < N_SOURCES; i++) {
        struct source_live *live = &poller->sources[i];

        live->url = dup_or_null(config->urls[i]);
        live->credentials = credentials_copy(credentials[i]);
        live->latency_us = -1;
        source_track_init(&live->track, n_questions[i]);
    }
    poller->sources[SOURCE_PROMETHEUS].track.questions[PROM_QUESTION_LINES].is_secondary = true;
}

static int64_t first_range_ms(const struct poller_config *config)
{
    int64_t range_ms = config->range_ms > 0 ? config->range_ms : config->dashboard->range_ms;

    if (range_ms <= 0)
        range_ms = WINDOW_DEFAULT;
    if (range_ms < POLLER_RANGE_MS_MIN)
        return POLLER_RANGE_MS_MIN;
    return range_ms > POLLER_RANGE_MS_MAX ? POLLER_RANGE_MS_MAX : range_ms;
}

static void set_up(struct poller *poller, const struct poller_config *config)
{
    size_t n_columns = config->n_columns > 0 ? config->n_columns : COLUMNS_DEFAULT;

    poller->refresh_ms = config->refresh_ms < POLLER_REFRESH_MS_MIN   ? POLLER_REFRESH_MS_MIN
                         : config->refresh_ms > POLLER_REFRESH_MS_MAX ? POLLER_REFRESH_MS_MAX
                                                                      : config->refresh_ms;
    poller->scrape_interval_ms =
        config->scrape_interval_ms > 0 ? config->scrape_interval_ms : SCRAPE_DEFAULT_MS;
    poller->range_ms = first_range_ms(config);
    poller->n_columns = n_columns < POLLER_COLUMNS_MAX ? n_columns : POLLER_COLUMNS_MAX;
    poller->recorder = config->recorder;
    poller->player = config->player;
    poller->dirty_since_mono_ms = -1;
    poller->next_change_mono_ms = INT64_MAX;
    random_seed(&poller->rng, (uint64_t)clock_mono_ns() ^ (uint64_t)getpid());
    poller->context = dup_or_null(config->context);
    set_up_sources(poller, config);
    poller->enquiries.llm_url = dup_or_null(config->llm_url);
    poller->enquiries.timeout_ms =
        config->answer_timeout_ms > 0 ? config->answer_timeout_ms : ANSWER_TIMEOUT_MS;
    poller->operations = operations_data_new();
    rounds_init(poller);
    poller_set_plan(poller, config->dashboard);
    poller->fetcher = fetcher_new();
    poller_publish(poller, clock_mono_ms());
}

static void drop_requests(struct poller *poller)
{
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        plan_chunk_free(poller->requests[i].chunk);
        command_free(poller->requests[i].command);
        tape_question_finish(&poller->requests[i].asked);
    }
}

static void poller_free(struct poller *poller)
{
    fetcher_free(poller->fetcher);
    drop_requests(poller);
    rounds_finish(poller);
    poller_drop_plans(poller);
    variables_finish(poller);
    free(poller->context);
    for (size_t i = 0; i < N_SOURCES; i++) {
        free(poller->sources[i].url);
        credentials_free(poller->sources[i].credentials);
    }
    for (size_t i = 0; i < poller->shared.n_commands; i++)
        command_free(poller->shared.commands[i]);
    snapshot_unref(poller->shared.newest);
    prom_alerts_finish(&poller->prom_alerts);
    am_alerts_finish(&poller->am_alerts);
    prom_rules_finish(&poller->prom_rules);
    if (poller->silences)
        part_unref(&poller->silences->part);
    alert_board_unref(poller->board);
    if (poller->operations)
        part_unref(&poller->operations->part);
    if (poller->drift)
        part_unref(&poller->drift->part);
    if (poller->targets)
        part_unref(&poller->targets->part);
    stored_finish(poller);
    gamedays_live_finish(poller);
    enquiries_finish(poller);
    inspect_finish(poller);
    (void)pthread_mutex_destroy(&poller->shared.mutex);
    (void)close(poller->event_fd);
    free(poller);
}

/* Signals are for the screen's thread. */
static int start_thread(struct poller *poller, struct tw_error *err)
{
    sigset_t all, before;
    int code;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&poller->thread, NULL, poll_all, poller);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0)
        return tw_fail_errno(err, TW_BROKEN, code, "cannot start the poller's thread");
    (void)pthread_setname_np(poller->thread, "poller");
    return 0;
}

int poller_start(const struct poller_config *config,
                 struct poller **ret_poller,
                 struct tw_error *err)
{
    struct poller *poller = xcalloc(1, sizeof(*poller));

    (void)pthread_mutex_init(&poller->shared.mutex, NULL);
    poller->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (poller->event_fd < 0) {
        int code = errno;

        (void)pthread_mutex_destroy(&poller->shared.mutex);
        free(poller);
        return tw_fail_errno(err, TW_BROKEN, code, "cannot make an eventfd");
    }
    set_up(poller, config);
    if (start_thread(poller, err) < 0) {
        poller_free(poller);
        return -1;
    }
    *ret_poller = poller;
    return 0;
}

void poller_stop(struct poller *poller)
{
    if (!poller)
        return;
    atomic_store(&poller->is_stopping, true);
    fetcher_wake(poller->fetcher);
    (void)pthread_join(poller->thread, NULL);
    poller_free(poller);
}

/* ---- For the screen's thread --------------------------------------------------------------------- */

int poller_fd(const struct poller *poller)
{
    return poller->event_fd;
}

struct snapshot *poller_take(struct poller *poller)
{
    struct poller_shared *shared = &poller->shared;
    struct snapshot *snapshot;
    uint64_t count;

    /* Emptied first: what is published from here on wakes again. */
    (void)!read(poller->event_fd, &count, sizeof(count));
    (void)pthread_mutex_lock(&shared->mutex);
    snapshot = snapshot_ref(shared->newest);
    (void)pthread_mutex_unlock(&shared->mutex);
    return snapshot;
}

static int push(struct poller *poller,
                struct command *owned_command,
                uint64_t *ret_id,
                struct tw_error *err)
{
    struct poller_shared *shared = &poller->shared;
    bool has_room;

    (void)pthread_mutex_lock(&shared->mutex);
    has_room = shared->n_commands < COMMANDS_MAX;
    if (has_room) {
        owned_command->id = ++shared->last_command_id;
        if (ret_id)
            *ret_id = owned_command->id;
        shared->commands[shared->n_commands++] = owned_command;
    }
    (void)pthread_mutex_unlock(&shared->mutex);
    if (!has_room) {
        command_free(owned_command);
        return tw_fail(err, TW_BUSY, "too many commands wait already");
    }
    fetcher_wake(poller->fetcher);
    return 0;
}

static struct command *new_command(enum command_kind kind)
{
    struct command *command = xcalloc(1, sizeof(*command));

    command->kind = kind;
    return command;
}

int poller_refresh_now(struct poller *poller, struct tw_error *err)
{
    return push(poller, new_command(COMMAND_REFRESH), NULL, err);
}

int poller_set_window(struct poller *poller, int64_t range_ms, int64_t end_ms, struct tw_error *err)
{
    struct command *command = new_command(COMMAND_WINDOW);

    command->range_ms = range_ms;
    command->end_ms = end_ms;
    return push(poller, command, NULL, err);
}

int poller_set_columns(struct poller *poller, size_t n_columns, struct tw_error *err)
{
    struct command *command = new_command(COMMAND_COLUMNS);

    command->n_columns = n_columns;
    return push(poller, command, NULL, err);
}

int poller_set_refresh(struct poller *poller, int64_t refresh_ms, struct tw_error *err)
{
    struct command *command = new_command(COMMAND_INTERVAL);

    command->refresh_ms = refresh_ms;
    return push(poller, command, NULL, err);
}

int poller_set_paused(struct poller *poller, bool is_paused, struct tw_error *err)
{
    struct command *command = new_command(COMMAND_PAUSE);

    command->is_on = is_paused;
    return push(poller, command, NULL, err);
}

int poller_set_dashboard(struct poller *poller, struct dashboard *dashboard, struct tw_error *err)
{
    struct command *command = new_command(COMMAND_DASHBOARD);

    command->dashboard = dashboard_ref(dashboard);
    return push(poller, command, NULL, err);
}

int poller_set_requests(struct poller *poller,
                        const struct requests_want *want,
                        struct tw_error *err)
{
    struct command *command = new_command(COMMAND_REQUESTS);

    command->requests = *want;
    return push(poller, command, NULL, err);
}

int poller_set_gamedays(struct poller *poller,
                        const struct gamedays_want *want,
                        struct tw_error *err)
{
    struct command *command = new_command(COMMAND_GAMEDAYS);

    command->gamedays = *want;
    return push(poller, command, NULL, err);
}

int poller_enquire(struct poller *poller,
                   const struct enquiry *enquiry,
                   uint64_t *ret_command_id,
                   struct tw_error *err)
{
    struct command *command = new_command(COMMAND_ENQUIRE);

    command->enquiry = xcalloc(1, sizeof(*command->enquiry));
    *command->enquiry = *enquiry;
    return push(poller, command, ret_command_id, err);
}

int poller_set_inspect(struct poller *poller, const struct inspect_want *want, struct tw_error *err)
{
    struct command *command = new_command(COMMAND_INSPECT);

    command->inspect = *want;
    return push(poller, command, NULL, err);
}

/* ---- What changes the server --------------------------------------------------------------------- */

/* Different in every run of the program and for every command in it. */
static void make_key(char *out, size_t size)
{
    (void)snprintf(out, size, "console-%d-%llx-%llx", (int)getpid(),
                   (unsigned long long)clock_now_ms(), (unsigned long long)clock_mono_ns());
}

static char *start_body_dup(const struct simulation_request *request)
{
    struct simulation_request keyed = *request;
    struct buffer body;
    char key[64];

    make_key(key, sizeof(key));
    if (!keyed.idempotency_key)
        keyed.idempotency_key = key;
    buffer_init(&body, 16384);
    operations_write_start(&keyed, &body);
    return buffer_take(&body, NULL);
}

int poller_start_simulation(struct poller *poller,
                            const struct simulation_request *request,
                            uint64_t *ret_command_id,
                            struct tw_error *err)
{
    struct command *command = new_command(COMMAND_START);

    (void)snprintf(command->simulation_kind, sizeof(command->simulation_kind), "%s", request->kind);
    command->body = start_body_dup(request);
    if (!command->body) {
        command_free(command);
        return tw_fail(err, TW_INVALID, "the request is too long");
    }
    return push(poller, command, ret_command_id, err);
}

int poller_stop_simulation(struct poller *poller,
                           int64_t simulation_id,
                           uint64_t *ret_command_id,
                           struct tw_error *err)
{
    struct command *command = new_command(COMMAND_STOP);

    command->simulation_id = simulation_id;
    return push(poller, command, ret_command_id, err);
}

int poller_stop_drills(struct poller *poller, uint64_t *ret_command_id, struct tw_error *err)
{
    return push(poller, new_command(COMMAND_STOP_ALL), ret_command_id, err);
}

int poller_set_baseline(struct poller *poller,
                        bool is_on,
                        uint64_t *ret_command_id,
                        struct tw_error *err)
{
    static const struct simulation_request baseline = {.kind = "baseline"};
    struct command *command = new_command(COMMAND_BASELINE);

    command->is_on = is_on;
    if (is_on)
        command->body = start_body_dup(&baseline);
    return push(poller, command, ret_command_id, err);
}

int poller_start_gameday(struct poller *poller,
                         const struct gameday_request *request,
                         uint64_t *ret_command_id,
                         struct tw_error *err)
{
    struct command *command = new_command(COMMAND_START_GAMEDAY);
    struct buffer body;

    (void)snprintf(command->simulation_kind, sizeof(command->simulation_kind), "%s", request->kind);
    buffer_init(&body, 1024);
    gameday_write_start(request, &body);
    command->body = buffer_take(&body, NULL);
    if (!command->body) {
        command_free(command);
        return tw_fail(err, TW_INVALID, "the request is too long");
    }
    return push(poller, command, ret_command_id, err);
}

int poller_stop_gameday(struct poller *poller,
                        int64_t gameday_id,
                        uint64_t *ret_command_id,
                        struct tw_error *err)
{
    struct command *command = new_command(COMMAND_STOP_GAMEDAY);

    command->simulation_id = gameday_id;
    return push(poller, command, ret_command_id, err);
}

int poller_post_silence(struct poller *poller,
                        const struct silence_draft *draft,
                        uint64_t *ret_command_id,
                        struct tw_error *err)
{
    struct command *command = new_command(COMMAND_SILENCE);

    command->silence = silence_draft_copy(draft);
    return push(poller, command, ret_command_id, err);
}

int poller_expire_silence(struct poller *poller,
                          const char *silence_id,
                          uint64_t *ret_command_id,
                          struct tw_error *err)
{
    struct command *command = new_command(COMMAND_EXPIRE);

    if (!silence_id_is_plain(silence_id)) {
        command_free(command);
        return tw_fail(err, TW_INVALID, "the silence has an id that fits into no path");
    }
    (void)snprintf(command->silence_id, sizeof(command->silence_id), "%s", silence_id);
    return push(poller, command, ret_command_id, err);
}
