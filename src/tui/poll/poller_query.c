#include "common/alloc.h"
#include "common/clock.h"
#include "tui/data/answer.h"
#include "tui/data/prom_matrix.h"
#include "tui/data/prom_parts.h"
#include "tui/poll/poller_parts.h"

#include <malloc.h>
#include <math.h>
#include <string.h>

/* Samples that came late are in the charts after so long at the latest. */
#define WHOLE_EVERY_MS ((int64_t)5 * 60 * 1000)

/* VictoriaMetrics shows nothing newer by default (-search.latencyOffset), whatever it is asked. */
#define METRICSQL_LAG_MS 30000

/* Only a whole window of a board is so large; what a refresh brings is far less. */
#define LARGE_REPLY ((size_t)64 * 1024)

/* ---- The plan ------------------------------------------------------------------------------------ */

/* It is made anew when it is wanted. */
static void drop_part(struct panel_live *panel)
{
    if (panel->part)
        part_unref(&panel->part->part);
    panel->part = NULL;
}

static void board_finish(struct board_live *board)
{
    for (size_t i = 0; board->plan && i < board->dashboard->n_panels; i++) {
        series_set_finish(&board->panels[i].set);
        for (int mode = 0; mode < N_PLAN_MODES; mode++)
            free(board->panels[i].notes[mode]);
        drop_part(&board->panels[i]);
    }
    free(board->panels);
    query_plan_free(board->plan);
    dashboard_unref(board->dashboard);
    *board = (struct board_live){0};
}

static struct board_live board_new(struct dashboard *dashboard)
{
    struct board_live board = {
        .dashboard = dashboard_ref(dashboard),
        .plan = query_plan_new(dashboard),
        .panels = xcalloc(dashboard->n_panels, sizeof(struct panel_live)),
    };

    for (size_t i = 0; i < dashboard->n_panels; i++) {
        board.panels[i].good_mono_ms = -1;
        board.panels[i].is_changed = true;
    }
    return board;
}

static struct board_live current_board(const struct poller *poller)
{
    return (struct board_live){poller->dashboard, poller->plan, poller->panels};
}

void poller_drop_plans(struct poller *poller)
{
    struct board_live current = current_board(poller);

    board_finish(&current);
    for (size_t i = 0; i < PARKED_MAX; i++)
        board_finish(&poller->parked[i]);
}

/* What a dashboard showed last is kept while another is shown: coming back it is there at once, as old as it
 * is, also when the server has become silent. The one that was parked first makes room. */
static void park(struct poller *poller)
{
    size_t i = 0;

    if (!poller->plan)
        return;
    while (i < PARKED_MAX && poller->parked[i].plan)
        i++;
    if (i == PARKED_MAX) {
        board_finish(&poller->parked[0]);
        memmove(&poller->parked[0], &poller->parked[1],
                sizeof(poller->parked[0]) * (PARKED_MAX - 1));
        i = PARKED_MAX - 1;
    }
    poller->parked[i] = current_board(poller);
    for (size_t p = 0; p < poller->dashboard->n_panels; p++)
        drop_part(&poller->panels[p]); /* twice the series of what nobody sees */
}

static struct board_live unpark(struct poller *poller, struct dashboard *dashboard)
{
    for (size_t i = 0; i < PARKED_MAX; i++)
        if (poller->parked[i].plan && poller->parked[i].dashboard == dashboard) {
            struct board_live board = poller->parked[i];

            memmove(&poller->parked[i], &poller->parked[i + 1],
                    sizeof(poller->parked[0]) * (PARKED_MAX - 1 - i));
            poller->parked[PARKED_MAX - 1] = (struct board_live){0};
            return board;
        }
    return board_new(dashboard);
}

void poller_replace_plan(struct poller *poller, struct dashboard *dashboard)
{
    struct board_live current = current_board(poller), next = board_new(dashboard);

    board_finish(&current);
    poller->dashboard = next.dashboard;
    poller->plan = next.plan;
    poller->panels = next.panels;
    rounds_restart(poller);
}

void poller_set_plan(struct poller *poller, struct dashboard *dashboard)
{
    struct board_live board;

    /* Another choice of variables: what was shown for the old one is not worth keeping. */
    if (poller->dashboard != dashboard && dashboard_is_kin(poller->dashboard, dashboard)) {
        poller_replace_plan(poller, dashboard);
        return;
    }
    park(poller);
    board = unpark(poller, dashboard);
    poller->dashboard = board.dashboard;
    poller->plan = board.plan;
    poller->panels = board.panels;
    rounds_restart(poller);
}

/* ---- Rounds -------------------------------------------------------------------------------------- */

void rounds_init(struct poller *poller)
{
    for (int mode = 0; mode < N_PLAN_MODES; mode++)
        poller->rounds[mode] = (struct round){.plan.mode = (enum plan_mode)mode};
}

static void end_round(struct round *round)
{
    plan_chunks_finish(&round->plan.chunks);
    round->is_active = false;
}

void rounds_finish(struct poller *poller)
{
    for (int mode = 0; mode < N_PLAN_MODES; mode++)
        end_round(&poller->rounds[mode]);
}

void rounds_restart(struct poller *poller)
{
    poller->generation++;
    for (int mode = 0; mode < N_PLAN_MODES; mode++) {
        end_round(&poller->rounds[mode]);
        poller->rounds[mode].n_in_flight = 0;
        poller->rounds[mode].due_mono_ms = 0;
        poller->rounds[mode].n_failures = 0;
    }
    if (poller->plan)
        query_plan_forget_lines(poller->plan);
    poller->whole_mono_ms = clock_mono_ms();
}

void rounds_hurry(struct poller *poller)
{
    for (int mode = 0; mode < N_PLAN_MODES; mode++)
        poller->rounds[mode].due_mono_ms = 0;
}

static int64_t window_end_ms(const struct poller *poller)
{
    return poller->end_ms > 0 ? poller->end_ms : poller_now_ms(poller) - poller->lag_ms;
}

void rounds_window(const struct poller *poller,
                   struct time_grid *ret_want,
                   struct dashboard_times *ret_times)
{
    int64_t step_ms =
        time_grid_step_ms(poller->range_ms, poller->n_columns, poller->scrape_interval_ms);

    *ret_want = time_grid_of(window_end_ms(poller), poller->range_ms, step_ms);
    *ret_times = (struct dashboard_times){
        .from_ms = ret_want->start_ms,
        .to_ms = ret_want->start_ms + poller->range_ms,
        .interval_ms = step_ms,
        .scrape_interval_ms = poller->scrape_interval_ms,
    };
}

static void set_times(const struct poller *poller, struct round *round)
{
    rounds_window(poller, &round->plan.want, &round->plan.times);
    round->at_ms = window_end_ms(poller);
}

/* When lines are asked for again: at the next step, or not before something else changes. */
static int64_t next_step_mono_ms(const struct poller *poller,
                                 const struct round *round,
                                 int64_t mono_ms)
{
    int64_t step_ms = round->plan.want.step_ms;
    int64_t rest_ms = time_grid_end_ms(&round->plan.want) + step_ms - window_end_ms(poller);

    if (poller->end_ms > 0)
        return INT64_MAX;
    if (rest_ms < 1)
        rest_ms = 1;
    return mono_ms + (rest_ms < poller->refresh_ms ? poller->refresh_ms : rest_ms);
}

/* A line that fails comes back before the next step. */
static int64_t next_lines_mono_ms(const struct poller *poller,
                                  const struct round *round,
                                  int64_t mono_ms)
{
    int64_t next_ms = next_step_mono_ms(poller, round, mono_ms);

    for (size_t i = 0; i < poller->plan->n_items; i++) {
        const struct plan_standing *standing = &poller->plan->items[i].standings[PLAN_LINES];

        if (standing->reason[0] && standing->retry_at_mono_ms < next_ms)
            next_ms = standing->retry_at_mono_ms;
    }
    return next_ms > mono_ms ? next_ms : mono_ms + 1;
}

static void set_next_due(struct poller *poller, struct round *round)
{
    int64_t mono_ms = clock_mono_ms();

    if (round->has_failed) {
        round->n_failures++;
        round->due_mono_ms = mono_ms + backoff_ms(round->n_failures, random_uniform(&poller->rng));
        return;
    }
    round->n_failures = 0;
    if (round->plan.mode == PLAN_LINES)
        round->due_mono_ms = next_lines_mono_ms(poller, round, mono_ms);
    else
        round->due_mono_ms = round->begun_mono_ms + poller->refresh_ms;
}

static void begin_round(struct poller *poller, struct round *round, int64_t mono_ms)
{
    int question = round->plan.mode == PLAN_LINES ? PROM_QUESTION_LINES : PROM_QUESTION_VALUES;

    round->is_active = true;
    round->has_failed = false;
    round->n_in_flight = 0;
    round->begun_mono_ms = mono_ms;
    poller->sources[SOURCE_PROMETHEUS].track.questions[question].period_ms = poller->refresh_ms;
    if (round->plan.mode == PLAN_LINES && poller->end_ms == 0 &&
        mono_ms - poller->whole_mono_ms >= WHOLE_EVERY_MS) {
        query_plan_forget_lines(poller->plan);
        poller->whole_mono_ms = mono_ms;
    }
    set_times(poller, round);
    query_plan_ask(poller->plan, &round->plan, mono_ms);
}

/* ---- Asking -------------------------------------------------------------------------------------- */

static void send_chunk(struct poller *poller, struct round *round, struct request *request)
{
    struct plan_chunk *chunk = request->chunk;
    bool is_lines = round->plan.mode == PLAN_LINES;
    struct request_text text = {.method = "POST",
                                .path = is_lines ? "/api/v1/query_range" : "/api/v1/query",
                                .is_form = true,
                                .max_reply_bytes = REPLY_LARGE};
    /* The server gives up before we do, so that it can say which query was too slow. */
    int64_t timeout_ms = request->timeout_ms * 4 / 5;
    struct buffer form;

    buffer_init(&form, 4 * PLAN_CHUNK_BYTES_MAX);
    if (is_lines)
        prom_query_write_range(buffer_text(&chunk->expr), &chunk->grid, timeout_ms, poller->flavour,
                               &form);
    else
        prom_query_write_instant(buffer_text(&chunk->expr), round->at_ms, timeout_ms,
                                 poller->flavour, &form);
    text.body = buffer_text(&form);
    text.body_len = form.len;
    request_send(request, &text);
    buffer_finish(&form);
}

static void ask_chunks(struct poller *poller, struct round *round)
{
    int question = round->plan.mode == PLAN_LINES ? PROM_QUESTION_LINES : PROM_QUESTION_VALUES;

    while (!round->has_failed && round->plan.chunks.next < round->plan.chunks.n) {
        struct request *request = request_obtain(poller, SOURCE_PROMETHEUS, question);

        if (!request)
            return;
        request->kind = REQUEST_CHUNK;
        request->mode = round->plan.mode;
        request->generation = poller->generation;
        request->chunk = plan_chunks_take(&round->plan.chunks);
        round->n_in_flight++;
        send_chunk(poller, round, request);
    }
}

static bool is_done(const struct round *round)
{
    return round->n_in_flight == 0 &&
           (round->has_failed || round->plan.chunks.next == round->plan.chunks.n);
}

static void run_round(struct poller *poller, struct round *round, int64_t mono_ms)
{
    if (!round->is_active) {
        if (mono_ms < round->due_mono_ms ||
            !source_may_be_asked(poller, SOURCE_PROMETHEUS, mono_ms))
            return;
        begin_round(poller, round, mono_ms);
    }
    ask_chunks(poller, round);
    if (round->is_active && is_done(round)) {
        set_next_due(poller, round);
        end_round(round);
    }
}

void rounds_start_due(struct poller *poller, int64_t mono_ms)
{
    if (variables_are_awaited(poller))
        return;
    for (int mode = 0; mode < N_PLAN_MODES; mode++)
        run_round(poller, &poller->rounds[mode], mono_ms);
}

int64_t rounds_next_due_mono_ms(const struct poller *poller)
{
    const struct source_live *live = &poller->sources[SOURCE_PROMETHEUS];
    int64_t next_ms = INT64_MAX;

    if (variables_are_awaited(poller))
        return next_ms;
    for (int mode = 0; mode < N_PLAN_MODES; mode++) {
        const struct round *round = &poller->rounds[mode];
        int64_t due_ms = round->due_mono_ms;

        if (!live->url || round->is_active || live->n_in_flight >= in_flight_max(SOURCE_PROMETHEUS))
            continue;
        if (due_ms < live->track.retry_at_mono_ms)
            due_ms = live->track.retry_at_mono_ms;
        if (due_ms < next_ms)
            next_ms = due_ms;
    }
    return next_ms;
}

/* ---- Taking answers ------------------------------------------------------------------------------ */

/* The item that a series is for: the one that stands in its mark, or the only one. */
static struct plan_item *item_of(struct poller *poller,
                                 const struct plan_chunk *chunk,
                                 struct labels *labels)
{
    size_t index;

    if (chunk->is_bare)
        return &poller->plan->items[chunk->items[0]];
    if (!prom_query_take_index(labels, &index))
        return NULL;
    for (size_t i = 0; i < chunk->n; i++)
        if (chunk->items[i] == index)
            return &poller->plan->items[index];
    return NULL;
}

static struct series *series_of(struct poller *poller,
                                const struct plan_item *item,
                                const struct labels *labels)
{
    const struct panel *panel = &poller->dashboard->panels[item->panel];
    const struct target *target = &panel->targets[item->target];
    const char *fallback = panel->n_targets > 1 ? target->ref_id : panel->title;
    CLEANUP(freep) char *name = target_legend_dup(target, labels, fallback);

    return series_set_obtain(&poller->panels[item->panel].set, item->target, labels, name);
}

/* Before an answer is laid in: what it is about is known anew. */
static void open_items(struct poller *poller,
                       const struct round *round,
                       const struct plan_chunk *chunk)
{
    for (size_t i = 0; i < chunk->n; i++) {
        struct plan_item *item = &poller->plan->items[chunk->items[i]];
        struct panel_live *panel = &poller->panels[item->panel];

        if (item->is_age) {
            item->age_s = (double)NAN;
            continue;
        }
        panel->set.n_refused = 0;
        if (round->plan.mode == PLAN_VALUES) {
            series_set_forget_last(&panel->set, item->target);
            continue;
        }
        series_set_regrid(&panel->set, &round->plan.want);
        series_set_cut(&panel->set, item->target, chunk->grid.start_ms);
        panel->times = round->plan.times;
    }
}

static void keep_notes(const struct panel_notes *said, struct panel_notes **kept)
{
    free(*kept);
    *kept = NULL;
    if (said->warnings.n + said->infos.n == 0)
        return;
    *kept = xcalloc(1, sizeof(**kept));
    **kept = *said;
}

/* After it: the panels have changed. Ages belong to several panels. */
static void close_items(struct poller *poller,
                        const struct round *round,
                        const struct plan_chunk *chunk,
                        const struct panel_notes *notes,
                        size_t n_series)
{
    int64_t mono_ms = clock_mono_ms();

    for (size_t i = 0; i < chunk->n; i++) {
        const struct plan_item *item = &poller->plan->items[chunk->items[i]];
        struct panel_live *panel = &poller->panels[item->panel];

        if (item->is_age)
            continue;
        series_set_drop_empty(&panel->set);
        panel->good_mono_ms = mono_ms;
        keep_notes(notes, &panel->notes[round->plan.mode]);
        panel->is_changed = true;
    }
    query_plan_answered(poller->plan, &round->plan, chunk, n_series);
}

static int take_values(struct poller *poller,
                       const struct round *round,
                       const struct plan_chunk *chunk,
                       const struct fetch_reply *reply,
                       struct tw_error *err)
{
    struct prom_vector vector;
    struct panel_notes notes;

    if (prom_read_vector(reply, &vector, err) < 0)
        return -1;
    open_items(poller, round, chunk);
    for (size_t i = 0; i < vector.n; i++) {
        struct plan_item *item = item_of(poller, chunk, &vector.at[i].labels);
        struct series *series = NULL;

        if (item && item->is_age)
            item->age_s = vector.at[i].value;
        else if (item)
            series = series_of(poller, item, &vector.at[i].labels);
        if (series) {
            series->last = vector.at[i].value;
            series->is_nan = isnan(series->last);
        }
    }
    notes = (struct panel_notes){vector.warnings, vector.infos};
    close_items(poller, round, chunk, &notes, vector.n);
    prom_vector_finish(&vector);
    return 0;
}

static void lay_line(struct poller *poller, const struct plan_chunk *chunk, struct prom_line *line)
{
    const struct plan_item *item = item_of(poller, chunk, &line->labels);
    struct series *series = NULL;

    if (item && !item->is_age)
        series = series_of(poller, item, &line->labels);
    for (size_t i = 0; series && i < line->n; i++) {
        double at_ms = line->points[i].at_s * 1000;

        if (at_ms > 0 && at_ms < 1e15)
            series_put(&poller->panels[item->panel].set, series, (int64_t)(at_ms + 0.5),
                       line->points[i].value);
    }
}

static int take_lines(struct poller *poller,
                      const struct round *round,
                      const struct plan_chunk *chunk,
                      const struct fetch_reply *reply,
                      struct tw_error *err)
{
    struct prom_matrix matrix;
    struct panel_notes notes;

    if (prom_read_matrix(reply, &matrix, err) < 0)
        return -1;
    /* No line at all: perhaps because this server hides what is new. */
    if (poller->flavour == PROM_VICTORIAMETRICS && matrix.n == 0 && poller->lag_ms == 0) {
        poller->lag_ms = METRICSQL_LAG_MS;
        prom_matrix_finish(&matrix);
        rounds_restart(poller);
        return 0;
    }
    open_items(poller, round, chunk);
    for (size_t i = 0; i < matrix.n; i++)
        lay_line(poller, chunk, &matrix.at[i]);
    notes = (struct panel_notes){matrix.warnings, matrix.infos};
    close_items(poller, round, chunk, &notes, matrix.n);
    prom_matrix_finish(&matrix);
    return 0;
}

/* Is it the query that is wrong, and not the server? Then it says so in its own words, or its answer is
 * good but beyond our limits. */
static bool is_about_query(const struct fetch_reply *reply)
{
    CLEANUP(json_freep) struct json *json = NULL;
    CLEANUP(json_freep) struct json *answer = NULL;
    const struct json *data = NULL;

    if (reply->is_too_long)
        return true;
    if (reply->status >= 200 && reply->status < 300)
        return prom_open_envelope(reply, &answer, &data, NULL) == 0;
    switch (reply->status) {
    case 400:
    case 422:
    case 500:
    case 503:
        return json_parse(reply->body, reply->body_len, &json, NULL) == 0 &&
               json_string(json_get(json, "errorType")) != NULL;
    default:
        return false;
    }
}

void chunk_answered(struct request *request, const struct fetch_reply *reply)
{
    struct poller *poller = request->poller;
    struct round *round = &poller->rounds[request->mode];
    struct tw_error err = {0};
    int result;

    if (request->generation != poller->generation)
        return;
    round->n_in_flight--;
    if (request->mode == PLAN_VALUES)
        result = take_values(poller, round, request->chunk, reply, &err);
    else
        result = take_lines(poller, round, request->chunk, reply, &err);
    /* Read, it was ten times as large, and nothing else needs that much for minutes. */
    if (reply->body_len > LARGE_REPLY)
        (void)malloc_trim(0);
    if (result == 0) {
        request_good(request);
    } else if (is_about_query(reply)) {
        request_good(request); /* of the server, not of the query */
        query_plan_refused(poller->plan, &round->plan, request->chunk, err.message, clock_mono_ms(),
                           random_uniform(&poller->rng));
        for (size_t i = 0; i < poller->dashboard->n_panels; i++)
            poller->panels[i].is_changed = true;
    } else {
        round->has_failed = true;
        request_failed(request, reply, &err);
    }
}
