/* What the variables of a dashboard can be, asked for one after the other: the query of one may depend on
 * the choice of another. Until all are known no query of a panel is asked, since it would be another. */

#include "common/clock.h"
#include "common/fetch.h"
#include "tui/board/variable_query.h"
#include "tui/data/answer.h"
#include "tui/poll/poller_parts.h"

#include <stdio.h>
#include <string.h>

bool variables_are_awaited(const struct poller *poller)
{
    return dashboard_awaited(poller->dashboard) != NULL;
}

void variables_finish(struct poller *poller)
{
    dashboard_unref(poller->variables.of);
    poller->variables.of = NULL;
}

/* The poller shows what came of the dashboard, and asks for what is still missing. */
static void take(struct poller *poller,
                 const char *name,
                 const struct variable_names *names,
                 const char *reason)
{
    CLEANUP(dashboard_unrefp)
    struct dashboard *next = dashboard_take_options(
        poller->dashboard, name, (const char *const *)names->at, names->n, reason);

    poller_replace_plan(poller, next);
    poller->variables.due_mono_ms = 0;
    poller->variables.n_failures = 0;
    poller->variables.reason[0] = '\0';
    poller_mark_dirty(poller);
}

static void take_reason(struct poller *poller, const char *name, const char *reason)
{
    static const struct variable_names none = {.n = 0};

    take(poller, name, &none, reason);
}

static const struct dashboard_times *times_of(const struct poller *poller,
                                              struct dashboard_times *times)
{
    int64_t to_ms = poller->end_ms > 0 ? poller->end_ms : poller_now_ms(poller);

    *times = (struct dashboard_times){
        .from_ms = to_ms - poller->range_ms,
        .to_ms = to_ms,
        .interval_ms =
            time_grid_step_ms(poller->range_ms, poller->n_columns, poller->scrape_interval_ms),
        .scrape_interval_ms = poller->scrape_interval_ms,
    };
    return times;
}

/* The variable's query with those that it depends on filled in. */
static int write_query(const struct poller *poller,
                       const struct dashboard_variable *variable,
                       struct buffer *out,
                       struct tw_error *err)
{
    struct dashboard_times times;

    return dashboard_fill_in(poller->dashboard, variable->query, times_of(poller, &times), out,
                             err);
}

static void ask(struct poller *poller,
                const struct dashboard_variable *variable,
                const char *query,
                struct request *request)
{
    struct variables_live *live = &poller->variables;
    struct request_text text = {.method = "GET", .max_reply_bytes = REPLY_SMALL};
    struct dashboard_times times;
    CLEANUP(buffer_finish) struct buffer path;

    buffer_init(&path, VARIABLE_PATH_MAX);
    (void)times_of(poller, &times);
    (void)variable_query_write_path(query, times.from_ms, times.to_ms, &path);
    request->kind = REQUEST_VARIABLE;
    dashboard_unref(live->of);
    live->of = dashboard_ref(poller->dashboard);
    (void)snprintf(live->name, sizeof(live->name), "%s", variable->name);
    (void)snprintf(live->query, sizeof(live->query), "%s", query);
    live->is_in_flight = true;
    text.path = buffer_text(&path);
    request_send(request, &text);
}

void variables_start_due(struct poller *poller, int64_t mono_ms)
{
    const struct dashboard_variable *variable = dashboard_awaited(poller->dashboard);
    struct tw_error err = {.message = "its query is too long"};
    CLEANUP(buffer_finish) struct buffer query;
    struct request *request;

    buffer_init(&query, 2 * DASHBOARD_EXPR_MAX);
    if (!variable || poller->variables.is_in_flight || mono_ms < poller->variables.due_mono_ms ||
        !source_may_be_asked(poller, SOURCE_PROMETHEUS, mono_ms))
        return;
    if (write_query(poller, variable, &query, &err) < 0 ||
        query.len >= sizeof(poller->variables.query)) {
        take_reason(poller, variable->name, err.message);
        return;
    }
    request = request_obtain(poller, SOURCE_PROMETHEUS, QUESTION_NONE);
    if (request)
        ask(poller, variable, buffer_text(&query), request);
}

int64_t variables_next_due_mono_ms(const struct poller *poller)
{
    const struct source_live *live = &poller->sources[SOURCE_PROMETHEUS];
    int64_t due_ms = poller->variables.due_mono_ms;

    if (!live->url || poller->variables.is_in_flight ||
        live->n_in_flight >= in_flight_max(SOURCE_PROMETHEUS) || !variables_are_awaited(poller))
        return INT64_MAX;
    return due_ms > live->track.retry_at_mono_ms ? due_ms : live->track.retry_at_mono_ms;
}

/* Is it the question that is wrong, so that asking again brings nothing? */
static bool is_refused(const struct fetch_reply *reply)
{
    return reply->status >= 400 && reply->status < 500 && reply->status != 401 &&
           reply->status != 403 && reply->status != 429;
}

/* Nobody answered: once more, later. Until then the panels say what they wait for. */
static void fail(struct poller *poller, const char *reason)
{
    struct variables_live *live = &poller->variables;

    live->due_mono_ms =
        clock_mono_ms() + backoff_ms(++live->n_failures, random_uniform(&poller->rng));
    (void)snprintf(live->reason, sizeof(live->reason), "%s", reason);
}

bool variables_describe(const struct poller *poller, char *out, size_t size)
{
    const struct dashboard_variable *variable = dashboard_awaited(poller->dashboard);

    if (!variable)
        return false;
    (void)snprintf(out, size, "asking what $%s can be%s%s", variable->name,
                   poller->variables.reason[0] ? ": " : "", poller->variables.reason);
    return true;
}

void variable_answered(struct request *request, const struct fetch_reply *reply)
{
    struct poller *poller = request->poller;
    struct variables_live *live = &poller->variables;
    struct variable_names names;
    struct tw_error err = {0};

    live->is_in_flight = false;
    if (live->of != poller->dashboard)
        return; /* another one is shown by now */
    if (variable_query_read(live->query, reply, &names, &err) == 0)
        take(poller, live->name, &names, NULL);
    else if (is_refused(reply) || reply->is_too_long)
        take_reason(poller, live->name, err.message);
    else
        fail(poller, err.message);
    variable_names_finish(&names);
}
