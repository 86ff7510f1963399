#include "common/alloc.h"
#include "common/clock.h"
#include "tui/data/answer.h"
#include "tui/poll/poller_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void command_free(struct command *command)
{
    if (!command)
        return;
    dashboard_unref(command->dashboard);
    free(command->body);
    free(command->enquiry);
    silence_draft_finish(&command->silence);
    free(command);
}

DEFINE_CLEANUP(struct command *, command_free);

/* ---- Notices ------------------------------------------------------------------------------------- */

void poller_notice(struct poller *poller,
                   bool is_error,
                   uint64_t command_id,
                   int64_t simulation_id,
                   const char *fmt,
                   ...)
{
    struct notice *notice;
    va_list args;

    if (poller->n_notices == SNAPSHOT_NOTICES)
        memmove(poller->notices, poller->notices + 1,
                --poller->n_notices * sizeof(*poller->notices));
    notice = &poller->notices[poller->n_notices++];
    *notice = (struct notice){.id = ++poller->last_notice_id,
                              .at_ms = poller_clock_ms(poller),
                              .is_error = is_error,
                              .command_id = command_id,
                              .simulation_id = simulation_id};
    va_start(args, fmt);
    (void)vsnprintf(notice->text, sizeof(notice->text), fmt, args);
    va_end(args);
    poller->has_new_notice = true;
    poller_mark_dirty(poller);
}

/* ---- The window ---------------------------------------------------------------------------------- */

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static void set_window(struct poller *poller, const struct command *command)
{
    int64_t range_ms = clamp(command->range_ms, POLLER_RANGE_MS_MIN, POLLER_RANGE_MS_MAX);
    int64_t end_ms = command->end_ms > 0 ? command->end_ms : 0;

    if (range_ms == poller->range_ms && end_ms == poller->end_ms)
        return;
    poller->range_ms = range_ms;
    poller->end_ms = end_ms;
    rounds_restart(poller);
    poller_mark_dirty(poller);
}

/* Only another step makes the lines different. */
static void set_columns(struct poller *poller, size_t n_columns)
{
    int64_t before_ms =
        time_grid_step_ms(poller->range_ms, poller->n_columns, poller->scrape_interval_ms);

    poller->n_columns = n_columns < 1                    ? 1
                        : n_columns > POLLER_COLUMNS_MAX ? POLLER_COLUMNS_MAX
                                                         : n_columns;
    if (before_ms !=
        time_grid_step_ms(poller->range_ms, poller->n_columns, poller->scrape_interval_ms))
        rounds_restart(poller);
}

static void refresh_now(struct poller *poller)
{
    for (int source = 0; source < N_SOURCES; source++) {
        poller->sources[source].track.retry_at_mono_ms = 0;
        asks_hurry(poller, (enum source_id)source);
    }
    rounds_hurry(poller);
    inspect_hurry(poller);
}

/* ---- What changes the server --------------------------------------------------------------------- */

static const struct simulation *running_baseline(const struct poller *poller)
{
    const struct simulations *runs = &poller->operations->simulations;

    for (size_t i = 0; i < runs->n; i++)
        if (runs->at[i].state == SIMULATION_RUNNING && strcmp(runs->at[i].kind, "baseline") == 0)
            return &runs->at[i];
    return NULL;
}

/* Switching the baseline off is stopping the run that it is. True: it can be sent. */
static bool resolve_baseline(struct poller *poller, struct command *command)
{
    const struct simulation *run = running_baseline(poller);

    if (command->kind != COMMAND_BASELINE || command->is_on)
        return true;
    if (!run) {
        poller_notice(poller, true, command->id, 0, "no baseline traffic runs");
        return false;
    }
    command->simulation_id = run->id;
    return true;
}

static bool is_start(const struct command *command)
{
    return command->kind == COMMAND_START || command->kind == COMMAND_START_GAMEDAY ||
           (command->kind == COMMAND_BASELINE && command->is_on);
}

static bool is_gameday(const struct command *command)
{
    return command->kind == COMMAND_START_GAMEDAY || command->kind == COMMAND_STOP_GAMEDAY;
}

static void send_command(struct poller *poller, struct command *command)
{
    struct request *request = request_obtain(poller, SOURCE_OPERATIONS, QUESTION_NONE);
    bool is_all = command->kind == COMMAND_STOP_ALL;
    const char *what = is_gameday(command) ? "/gamedays" : "/simulations";
    char path[64];
    struct request_text text = {.method = is_start(command) ? "POST" : "DELETE",
                                .path = path,
                                .max_reply_bytes = REPLY_SMALL};

    (void)snprintf(path, sizeof(path), "%s", what);
    if (!request) {
        poller_notice(poller, true, command->id, 0, "%s",
                      poller->sources[SOURCE_OPERATIONS].url
                          ? "the backend does not answer: too much is under way"
                          : "no backend is configured");
        command_free(command);
        return;
    }
    if (is_start(command)) {
        text.body = command->body;
        text.body_len = strlen(command->body);
    } else if (!is_all) {
        (void)snprintf(path, sizeof(path), "%s/%lld", what, (long long)command->simulation_id);
    }
    request->kind = REQUEST_COMMAND;
    request->command = command;
    request_send(request, &text);
}

static void change_server(struct poller *poller, struct command *owned_command)
{
    if (resolve_baseline(poller, owned_command))
        send_command(poller, owned_command);
    else
        command_free(owned_command);
}

/* ---- Its answer ---------------------------------------------------------------------------------- */

/* The problem's fields, or err: "HTTP 422: amount must be at most 1". */
static void explain(const struct fetch_reply *reply,
                    const struct tw_error *err,
                    char *out,
                    size_t size)
{
    struct answer_problem problem;
    int len = snprintf(out, size, "%s", err->message);

    if (!answer_read_problem(reply, &problem))
        return;
    for (size_t i = 0; i < problem.n_fields && len > 0 && (size_t)len < size; i++)
        len += snprintf(out + len, size - (size_t)len, "; %s %s", problem.fields[i].field,
                        problem.fields[i].detail);
}

static const char *subject_of(const struct command *command)
{
    if (command->kind == COMMAND_START)
        return command->simulation_kind;
    if (command->kind == COMMAND_BASELINE)
        return "baseline traffic";
    if (is_gameday(command))
        return "game day";
    return command->kind == COMMAND_STOP_ALL ? "drills" : "simulation";
}

/* For the form that made the request. */
static void keep_fields(struct notice *notice, const struct fetch_reply *reply)
{
    struct answer_problem problem;

    if (!answer_read_problem(reply, &problem))
        return;
    for (size_t i = 0; i < problem.n_fields && i < NOTICE_FIELDS_MAX; i++) {
        struct notice_field *field = &notice->fields[notice->n_fields++];

        (void)snprintf(field->field, sizeof(field->field), "%.47s", problem.fields[i].field);
        (void)snprintf(field->detail, sizeof(field->detail), "%.95s", problem.fields[i].detail);
    }
}

static void notice_failure(struct request *request,
                           const struct fetch_reply *reply,
                           const struct tw_error *err)
{
    const struct command *command = request->command;
    const char *hint = reply->status == 401 ? " (is the operator token right?)" : "";
    char why[400];

    explain(reply, err, why, sizeof(why));
    poller_notice(request->poller, true, command->id, command->simulation_id, "%s not %s: %.140s%s",
                  subject_of(command), is_start(command) ? "started" : "stopped", why, hint);
    keep_fields(&request->poller->notices[request->poller->n_notices - 1], reply);
}

static void notice_stopped_all(struct request *request, const struct json *json)
{
    double n = json_number(json_get(json, "stopped"), -1);

    if (n < 0)
        poller_notice(request->poller, false, request->command->id, 0, "drills stopped");
    else
        poller_notice(request->poller, false, request->command->id, 0, "%.0f drill%s stopped", n,
                      n == 1 ? "" : "s");
}

static int notice_gameday(struct request *request,
                          const struct fetch_reply *reply,
                          struct tw_error *err)
{
    CLEANUP(freep) struct gameday *gameday = xcalloc(1, sizeof(*gameday));
    const struct command *command = request->command;
    struct poller *poller = request->poller;
    const char *what = "stopped";

    if (gameday_read(reply, gameday, err) < 0)
        return -1;
    if (is_start(command))
        what = reply->status == 200 ? "runs already" : "started";
    poller_notice(poller, false, command->id, 0, "game day %lld of %s %s, %zu step%s (%lld ms)",
                  (long long)gameday->id, gameday->kind, what, gameday->n_steps,
                  gameday->n_steps == 1 ? "" : "s", (long long)(reply->elapsed_us / 1000));
    poller->notices[poller->n_notices - 1].gameday_id = gameday->id;
    return 0;
}

static int notice_success(struct request *request,
                          const struct fetch_reply *reply,
                          struct tw_error *err)
{
    const struct command *command = request->command;
    struct simulation run;
    const char *what;

    if (is_gameday(command))
        return notice_gameday(request, reply, err);
    if (operations_read_simulation(reply, &run, err) < 0)
        return -1;
    what = !is_start(command) ? "stopped" : reply->status == 200 ? "runs already" : "started";
    poller_notice(request->poller, false, command->id, run.id, "%s simulation %lld %s (%lld ms)",
                  run.kind, (long long)run.id, what, (long long)(reply->elapsed_us / 1000));
    return 0;
}

/* An answer that was lost: whether it was done is not known, and the idempotency key (or that stopping
 * twice is stopping once) allows to ask again. */
static bool repeat(struct request *request, const struct fetch_reply *reply)
{
    struct command *command = request->command;

    if (reply->status != 0 || command->is_repeated)
        return false;
    command->is_repeated = true;
    request->command = NULL;
    send_command(request->poller, command);
    return true;
}

void command_answered(struct request *request, const struct fetch_reply *reply)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct tw_error err = {0};
    int result;

    if (request->source == SOURCE_ALERTMANAGER) {
        silence_answered(request, reply);
        return;
    }
    if (repeat(request, reply))
        return;
    result = answer_read(reply, &json, &err);
    if (result == 0 && request->command->kind == COMMAND_STOP_ALL)
        notice_stopped_all(request, json);
    else if (result == 0)
        result = notice_success(request, reply, &err);
    if (result < 0)
        notice_failure(request, reply, &err);
    asks_hurry(request->poller, SOURCE_OPERATIONS);
}

/* ---- The queue ----------------------------------------------------------------------------------- */

static struct command *take_command(struct poller_shared *shared)
{
    struct command *command = NULL;

    (void)pthread_mutex_lock(&shared->mutex);
    if (shared->n_commands > 0) {
        command = shared->commands[0];
        shared->n_commands--;
        memmove(&shared->commands[0], &shared->commands[1],
                shared->n_commands * sizeof(struct command *));
    }
    (void)pthread_mutex_unlock(&shared->mutex);
    return command;
}

static void run_command(struct poller *poller, struct command *owned_command)
{
    CLEANUP(command_freep) struct command *command = owned_command;

    switch (command->kind) {
    case COMMAND_REFRESH:
        refresh_now(poller);
        break;
    case COMMAND_WINDOW:
        set_window(poller, command);
        break;
    case COMMAND_COLUMNS:
        set_columns(poller, command->n_columns);
        break;
    case COMMAND_INTERVAL:
        poller->refresh_ms =
            clamp(command->refresh_ms, POLLER_REFRESH_MS_MIN, POLLER_REFRESH_MS_MAX);
        refresh_now(poller);
        break;
    case COMMAND_PAUSE:
        poller->is_paused = command->is_on;
        poller_mark_dirty(poller);
        break;
    case COMMAND_DASHBOARD:
        poller_set_plan(poller, command->dashboard);
        poller_publish(poller, clock_mono_ms()); /* its frames, or what it showed last, at once */
        break;
    case COMMAND_REQUESTS:
        stored_set_want(poller, &command->requests);
        break;
    case COMMAND_GAMEDAYS:
        gamedays_set_want(poller, &command->gamedays);
        break;
    case COMMAND_ENQUIRE:
        enquiry_send(poller, command);
        break;
    case COMMAND_INSPECT:
        inspect_set_want(poller, &command->inspect);
        break;
    case COMMAND_START:
    case COMMAND_STOP:
    case COMMAND_STOP_ALL:
    case COMMAND_BASELINE:
    case COMMAND_START_GAMEDAY:
    case COMMAND_STOP_GAMEDAY:
        change_server(poller, TAKE(command));
        break;
    case COMMAND_SILENCE:
    case COMMAND_EXPIRE:
        silence_send(poller, TAKE(command));
        break;
    }
}

void commands_run(struct poller *poller)
{
    for (struct command *command = take_command(&poller->shared); command;
         command = take_command(&poller->shared))
        run_command(poller, command);
}
