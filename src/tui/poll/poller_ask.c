#include "common/alloc.h"
#include "common/clock.h"
#include "common/json.h"
#include "tui/data/answer.h"
#include "tui/poll/marks.h"
#include "tui/poll/poller_parts.h"
#include "tui/text/server_text.h"

#include <string.h>

#define SELDOM_MS  60000
#define RARELY_MS  600000
#define SOON_MS    5000
#define EVENTS_URL "/events?limit=50"

#define PATH_BYTES_MAX 256

/* ---- Taking answers ------------------------------------------------------------------------------ */

typedef int take_fn(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err);

static int take_prom_alerts(struct poller *poller,
                            const struct fetch_reply *reply,
                            struct tw_error *err)
{
    struct prom_alerts alerts;

    if (prom_read_alerts(reply, &alerts, err) < 0)
        return -1;
    prom_alerts_finish(&poller->prom_alerts);
    poller->prom_alerts = alerts;
    poller->has_prom_alerts = true;
    return 0;
}

static void destroy_targets(struct part *part)
{
    struct targets_data *data = (struct targets_data *)part;

    prom_targets_finish(&data->targets);
    free(data);
}

/* The interval that most targets have: one slow job must not make every chart coarse. 0: unknown. */
static int64_t usual_interval_ms(const struct prom_targets *targets)
{
    int64_t usual_ms = 0;
    size_t n_most = 0;

    for (size_t i = 0; i < targets->n && i < 200; i++) {
        size_t n = 0;

        for (size_t k = 0; k < targets->n; k++)
            n += targets->at[k].scrape_interval_ms == targets->at[i].scrape_interval_ms;
        if (targets->at[i].scrape_interval_ms > 0 && n > n_most) {
            n_most = n;
            usual_ms = targets->at[i].scrape_interval_ms;
        }
    }
    return usual_ms;
}

static int take_targets(struct poller *poller,
                        const struct fetch_reply *reply,
                        struct tw_error *err)
{
    struct targets_data *data;
    struct prom_targets targets;
    int64_t interval_ms;

    if (prom_read_targets(reply, &targets, err) < 0)
        return -1;
    data = xcalloc(1, sizeof(*data));
    part_init(&data->part, destroy_targets);
    data->targets = targets;
    if (poller->targets)
        part_unref(&poller->targets->part);
    poller->targets = data;
    interval_ms = usual_interval_ms(&targets);
    /* A server that has just started does not know its targets yet. */
    if (interval_ms == 0)
        poller->asks[ASK_PROM_TARGETS].due_mono_ms = clock_mono_ms() + SOON_MS;
    if (interval_ms > 0 && interval_ms != poller->scrape_interval_ms) {
        poller->scrape_interval_ms = interval_ms;
        rounds_restart(poller);
    }
    return 0;
}

static void settle_flavour(struct poller *poller)
{
    enum prom_flavour flavour = poller->is_metricsql ? PROM_VICTORIAMETRICS : poller->build_flavour;

    if (flavour == poller->flavour)
        return;
    poller->flavour = flavour;
    rounds_hurry(poller);
}

static int take_build(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct source_live *live = &poller->sources[SOURCE_PROMETHEUS];

    if (prom_read_build(reply, &poller->build_flavour, live->version, sizeof(live->version), err) <
        0)
        return -1;
    settle_flavour(poller);
    return 0;
}

static int take_probe(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    (void)err;
    poller->is_metricsql = prom_is_vector(reply);
    settle_flavour(poller);
    return 0;
}

static int take_am_alerts(struct poller *poller,
                          const struct fetch_reply *reply,
                          struct tw_error *err)
{
    struct am_alerts alerts;

    if (am_read_alerts(reply, &alerts, err) < 0)
        return -1;
    am_alerts_finish(&poller->am_alerts);
    poller->am_alerts = alerts;
    poller->has_am_alerts = true;
    return 0;
}

static int take_rules(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct prom_rules rules;

    if (prom_read_rules(reply, &rules, err) < 0)
        return -1;
    prom_rules_finish(&poller->prom_rules);
    poller->prom_rules = rules;
    poller->has_prom_rules = true;
    return 0;
}

static int take_am_status(struct poller *poller,
                          const struct fetch_reply *reply,
                          struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct source_live *live = &poller->sources[SOURCE_ALERTMANAGER];
    const char *version;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    version = json_string(json_get(json_get(json, "versionInfo"), "version"));
    version = version ? version : "";
    (void)server_text_copy(live->version, sizeof(live->version), version, strlen(version));
    return 0;
}

/* ---- The operations API -------------------------------------------------------------------------- */

static void destroy_operations(struct part *part)
{
    struct operations_data *data = (struct operations_data *)part;

    simulations_finish(&data->simulations);
    events_finish(&data->events);
    free(data->marks);
    free(data);
}

struct operations_data *operations_data_new(void)
{
    struct operations_data *data = xcalloc(1, sizeof(*data));

    part_init(&data->part, destroy_operations);
    data->health.watchdog_age_ms = -1;
    return data;
}

static void *copy_array(const void *from, size_t n, size_t size)
{
    void *copy = xcalloc(n, size);

    if (n > 0)
        memcpy(copy, from, n * size);
    return copy;
}

struct operations_data *operations_data_copy(const struct operations_data *old)
{
    struct operations_data *data = xcalloc(1, sizeof(*data));

    memcpy(data, old, sizeof(*data));
    part_init(&data->part, destroy_operations);
    data->simulations.at =
        copy_array(old->simulations.at, old->simulations.n, sizeof(*data->simulations.at));
    data->events.at = copy_array(old->events.at, old->events.n, sizeof(*data->events.at));
    data->marks = copy_array(old->marks, old->n_marks, sizeof(*data->marks));
    return data;
}

static void replace_operations(struct poller *poller, struct operations_data *data)
{
    part_unref(&poller->operations->part);
    poller->operations = data;
}

static int take_health(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct source_live *live = &poller->sources[SOURCE_OPERATIONS];
    struct operations_health health;
    struct operations_data *data;

    if (operations_health_read(reply, &health, err) < 0)
        return -1;
    data = operations_data_copy(poller->operations);
    data->health = health;
    data->has_health = true;
    memcpy(live->version, health.version, sizeof(live->version));
    replace_operations(poller, data);
    gamedays_hear_health(poller);
    return 0;
}

static int take_simulations(struct poller *poller,
                            const struct fetch_reply *reply,
                            struct tw_error *err)
{
    struct simulations simulations;
    struct operations_data *data;

    if (operations_read_simulations(reply, &simulations, err) < 0)
        return -1;
    data = operations_data_copy(poller->operations);
    simulations_finish(&data->simulations);
    data->simulations = simulations;
    data->has_simulations = true;
    marks_make(data, poller_ahead_ms(poller));
    replace_operations(poller, data);
    return 0;
}

static int take_faults(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct active_faults faults;
    struct operations_data *data;

    if (active_faults_read(reply, &faults, err) < 0)
        return -1;
    data = operations_data_copy(poller->operations);
    data->faults = faults;
    data->faults_mono_ms = clock_mono_ms();
    data->has_faults = true;
    replace_operations(poller, data);
    return 0;
}

static int take_events(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct events events;
    struct operations_data *data;

    if (operations_read_events(reply, &events, err) < 0)
        return -1;
    data = operations_data_copy(poller->operations);
    events_finish(&data->events);
    data->events = events;
    data->has_events = true;
    replace_operations(poller, data);
    return 0;
}

/* ---- The ML API ---------------------------------------------------------------------------------- */

static void destroy_drift(struct part *part)
{
    struct drift_data *data = (struct drift_data *)part;

    drift_status_finish(&data->status);
    free(data);
}

static int take_drift(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct drift_status status;
    struct drift_data *data;

    if (drift_status_read(reply, &status, err) < 0)
        return -1;
    data = xcalloc(1, sizeof(*data));
    part_init(&data->part, destroy_drift);
    data->status = status;
    data->good_mono_ms = clock_mono_ms();
    if (poller->drift)
        part_unref(&poller->drift->part);
    poller->drift = data;
    return 0;
}

/* ---- The table ----------------------------------------------------------------------------------- */

struct ask_info {
    enum source_id source;
    int question;
    const char *path;
    const char *form;  /* sent as POST; NULL: a GET */
    int64_t period_ms; /* 0: at every refresh */
    take_fn *take;

    /* Of what is asked only while it is wanted; else NULL. */
    bool (*is_wanted)(const struct poller *poller);
    void (*write_path)(const struct poller *poller, struct buffer *out);

    bool may_lack; /* not every server has it, and who has not is not failing */

    /* Of what has a reason of its own on the screen; else NULL. */
    void (*fail)(struct poller *poller, const struct tw_error *err);
};

static const struct ask_info infos[N_ASKS] = {
    [ASK_PROM_ALERTS] = {.source = SOURCE_PROMETHEUS,
                         .question = PROM_QUESTION_ALERTS,
                         .path = "/api/v1/alerts",
                         .may_lack = true,
                         .take = take_prom_alerts},
    [ASK_PROM_TARGETS] = {.source = SOURCE_PROMETHEUS,
                          .question = QUESTION_NONE,
                          .path = "/api/v1/targets?state=active",
                          .period_ms = SELDOM_MS,
                          .may_lack = true,
                          .take = take_targets},
    [ASK_PROM_BUILD] = {.source = SOURCE_PROMETHEUS,
                        .question = QUESTION_NONE,
                        .path = "/api/v1/status/buildinfo",
                        .period_ms = RARELY_MS,
                        .take = take_build},
    [ASK_PROM_PROBE] = {.source = SOURCE_PROMETHEUS,
                        .question = QUESTION_NONE,
                        .path = "/api/v1/query",
                        .form = "query=1",
                        .period_ms = RARELY_MS,
                        .take = take_probe},
    [ASK_AM_ALERTS] = {.source = SOURCE_ALERTMANAGER,
                       .question = AM_QUESTION_ALERTS,
                       .path = "/api/v2/alerts",
                       .take = take_am_alerts},
    [ASK_PROM_RULES] = {.source = SOURCE_PROMETHEUS,
                        .question = QUESTION_NONE,
                        .path = "/api/v1/rules?type=alert",
                        .period_ms = SELDOM_MS,
                        .may_lack = true,
                        .take = take_rules},
    [ASK_AM_SILENCES] = {.source = SOURCE_ALERTMANAGER,
                         .question = QUESTION_NONE,
                         .path = "/api/v2/silences",
                         .take = silences_take,
                         .fail = silences_fail},
    [ASK_AM_STATUS] = {.source = SOURCE_ALERTMANAGER,
                       .question = QUESTION_NONE,
                       .path = "/api/v2/status",
                       .period_ms = RARELY_MS,
                       .take = take_am_status},
    [ASK_OPS_HEALTH] = {.source = SOURCE_OPERATIONS,
                        .question = OPS_QUESTION_HEALTH,
                        .path = "/health",
                        .take = take_health},
    [ASK_OPS_SIMULATIONS] = {.source = SOURCE_OPERATIONS,
                             .question = OPS_QUESTION_SIMULATIONS,
                             .path = "/simulations",
                             .take = take_simulations},
    [ASK_OPS_FAULTS] = {.source = SOURCE_OPERATIONS,
                        .question = OPS_QUESTION_FAULTS,
                        .path = "/faults",
                        .take = take_faults},
    [ASK_OPS_EVENTS] = {.source = SOURCE_OPERATIONS,
                        .question = OPS_QUESTION_EVENTS,
                        .path = EVENTS_URL,
                        .take = take_events},
    [ASK_OPS_REQUESTS] = {.source = SOURCE_OPERATIONS,
                          .question = QUESTION_NONE,
                          .take = stored_take_list,
                          .is_wanted = stored_wants_list,
                          .write_path = stored_write_list_path,
                          .fail = stored_fail_list},
    [ASK_OPS_REQUEST] = {.source = SOURCE_OPERATIONS,
                         .question = QUESTION_NONE,
                         .take = stored_take_one,
                         .is_wanted = stored_wants_one,
                         .write_path = stored_write_one_path,
                         .fail = stored_fail_one},
    [ASK_OPS_GAMEDAYS] = {.source = SOURCE_OPERATIONS,
                          .question = QUESTION_NONE,
                          .period_ms = SELDOM_MS,
                          .take = gamedays_take_list,
                          .is_wanted = gamedays_wants_list,
                          .write_path = gamedays_write_list_path,
                          .fail = gamedays_fail},
    [ASK_OPS_GAMEDAY] = {.source = SOURCE_OPERATIONS,
                         .question = QUESTION_NONE,
                         .take = gamedays_take_one,
                         .is_wanted = gamedays_wants_one,
                         .write_path = gamedays_write_one_path,
                         .fail = gamedays_fail},
    [ASK_ML_DRIFT] = {.source = SOURCE_ML,
                      .question = ML_QUESTION_DRIFT,
                      .path = "/drift/status",
                      .take = take_drift},
};

/* Of what is wanted by then, when it is asked only while it is. */
static uint64_t generation_of(const struct poller *poller, enum ask_id id)
{
    return id == ASK_OPS_GAMEDAYS || id == ASK_OPS_GAMEDAY ? poller->gamedays.generation
                                                           : poller->stored.generation;
}

static bool is_wanted(const struct poller *poller, enum ask_id id)
{
    return !infos[id].is_wanted || infos[id].is_wanted(poller);
}

static void start(struct poller *poller, enum ask_id id, int64_t mono_ms)
{
    CLEANUP(buffer_finish) struct buffer path;
    const struct ask_info *info = &infos[id];
    struct request *request = request_obtain(poller, info->source, info->question);
    struct request_text text = {
        .method = info->form ? "POST" : "GET",
        .path = info->path,
        .body = info->form,
        .body_len = info->form ? strlen(info->form) : 0,
        .is_form = info->form != NULL,
        .max_reply_bytes = REPLY_SMALL * 2,
    };
    int64_t period_ms = info->period_ms > 0 ? info->period_ms : poller->refresh_ms;

    buffer_init(&path, PATH_BYTES_MAX);
    if (!request)
        return;
    if (info->write_path) {
        info->write_path(poller, &path);
        text.path = buffer_text(&path);
    }
    request->kind = REQUEST_ASK;
    request->ask = id;
    request->generation = generation_of(poller, id);
    poller->asks[id].is_in_flight = true;
    poller->asks[id].due_mono_ms = mono_ms + period_ms;
    if (info->question != QUESTION_NONE)
        poller->sources[info->source].track.questions[info->question].period_ms = period_ms;
    request_send(request, &text);
}

void asks_start_due(struct poller *poller, int64_t mono_ms)
{
    for (int id = 0; id < N_ASKS; id++)
        if (!poller->asks[id].is_in_flight && mono_ms >= poller->asks[id].due_mono_ms &&
            is_wanted(poller, (enum ask_id)id) &&
            source_may_be_asked(poller, infos[id].source, mono_ms))
            start(poller, (enum ask_id)id, mono_ms);
}

void asks_hurry(struct poller *poller, enum source_id source)
{
    for (int id = 0; id < N_ASKS; id++)
        if (infos[id].source == source)
            poller->asks[id].due_mono_ms = 0;
}

/* Asked for seldom from here on: somebody may put it there. */
static void note_lacking(const struct request *request)
{
    struct poller *poller = request->poller;

    if (request->question != QUESTION_NONE)
        source_track_lacking(&poller->sources[request->source].track, (size_t)request->question);
    poller->asks[request->ask].due_mono_ms = clock_mono_ms() + SELDOM_MS;
    poller->asks[request->ask].n_failures = 0;
}

/* VictoriaMetrics gives empty lists until it is told where its vmalert is, and a list is empty too while no alert
 * is pending: only the rules tell these apart. */
const char *asks_without_rules(const struct poller *poller, bool *ret_is_settled)
{
    const struct ask *asks = poller->asks;
    const struct source_track *track = &poller->sources[SOURCE_PROMETHEUS].track;
    bool is_victoria = poller->flavour == PROM_VICTORIAMETRICS;
    /* Where queries find nothing either, it is the address that is wrong. */
    bool is_place = track->questions[PROM_QUESTION_VALUES].outcome == OUTCOME_GOOD;
    bool is_without =
        (is_place && (asks[ASK_PROM_ALERTS].is_lacking || asks[ASK_PROM_RULES].is_lacking)) ||
        (is_victoria && poller->has_prom_rules && poller->prom_rules.n == 0);

    *ret_is_settled =
        asks[ASK_PROM_PROBE].is_answered && (!is_victoria || asks[ASK_PROM_RULES].is_answered);
    return is_without ? prom_lack_text(poller->flavour, PROM_PART_RULES) : NULL;
}

void ask_answered(struct request *request, const struct fetch_reply *reply)
{
    struct poller *poller = request->poller;
    const struct ask_info *info = &infos[request->ask];
    struct ask *ask = &poller->asks[request->ask];
    struct tw_error err = {0};

    if (info->is_wanted && request->generation != generation_of(poller, request->ask))
        return; /* another one is wanted by now, and may be under way */
    ask->is_in_flight = false;
    ask->is_answered = true;
    ask->is_lacking = info->may_lack && prom_is_lacking(reply);
    if (ask->is_lacking) {
        note_lacking(request);
        return;
    }
    if (info->take(poller, reply, &err) == 0) {
        ask->n_failures = 0;
        request_good(request);
        return;
    }
    request_failed(request, reply, &err);
    if (info->fail)
        info->fail(poller, &err);
    /* What is asked seldom is asked sooner again when it was not refused but unheard. */
    if (info->question != QUESTION_NONE || reply->status == 0)
        ask->due_mono_ms =
            clock_mono_ms() + backoff_ms(++ask->n_failures, random_uniform(&poller->rng));
}

int64_t asks_next_due_mono_ms(const struct poller *poller)
{
    int64_t next_ms = INT64_MAX;

    for (int id = 0; id < N_ASKS; id++) {
        const struct source_live *live = &poller->sources[infos[id].source];
        int64_t due_ms = poller->asks[id].due_mono_ms;

        if (!live->url || poller->asks[id].is_in_flight || !is_wanted(poller, (enum ask_id)id) ||
            live->n_in_flight >= in_flight_max(infos[id].source))
            continue;
        if (due_ms < live->track.retry_at_mono_ms)
            due_ms = live->track.retry_at_mono_ms;
        if (due_ms < next_ms)
            next_ms = due_ms;
    }
    return next_ms;
}
