#include "server/store/store.h"

#include "common/alloc.h"
#include "server/store/db.h"
#include "server/store/readers.h"
#include "server/store/store_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Rows are numbered on several threads: their times may run against their sequences by this much. */
#define TIME_DISORDER_MS 60000

#define PREDICTION_COLUMNS                                                                         \
    "sequence, at_ms, x0, x1, x2, x3, class, origin, confidence, duration_ms, simulation"

#define ANSWER_COLUMNS                                                                             \
    "id, at_ms, kind, status, origin, class, relevance, hallucination, groundedness, "             \
    "answer_relevance, duration_ms, simulation, trace_id, model, query"

#define RUNS_OF(table)                                                                             \
    "SELECT id, started_at_ms, ended_at_ms, kind, state, detail, idempotency_key "                 \
    "FROM " table " WHERE id < ?1 ORDER BY id DESC LIMIT ?2"

enum query {
    QUERY_PREDICTIONS,
    QUERY_PREDICTION,
    QUERY_ANSWERS,
    QUERY_ANSWER,
    QUERY_FEEDBACK,
    QUERY_EVENTS,
    QUERY_SIMULATIONS,
    QUERY_GAMEDAYS,
    QUERY_LAST_IDS,
    QUERY_LAST_GAMEDAY,
    N_QUERIES
};

const char *const store_query_sql[] = {
    [QUERY_PREDICTIONS] = "SELECT " PREDICTION_COLUMNS " FROM predictions WHERE sequence < ?1 "
                          "ORDER BY sequence DESC",
    [QUERY_PREDICTION] = "SELECT " PREDICTION_COLUMNS " FROM predictions WHERE sequence = ?1",
    [QUERY_ANSWERS] = "SELECT " ANSWER_COLUMNS " FROM answers WHERE id < ?1 ORDER BY id DESC",
    [QUERY_ANSWER] = "SELECT " ANSWER_COLUMNS ", detail FROM answers WHERE id = ?1",
    [QUERY_FEEDBACK] = "SELECT prediction, at_ms, predicted_class, true_class, origin, confidence "
                       "FROM feedback ORDER BY id DESC LIMIT ?1",
    [QUERY_EVENTS] = "SELECT id, at_ms, kind, subject, detail FROM events WHERE id < ?1 "
                     "ORDER BY id DESC LIMIT ?2",
    [QUERY_SIMULATIONS] = RUNS_OF("simulations"),
    [QUERY_GAMEDAYS] = RUNS_OF("gamedays"),
    [QUERY_LAST_IDS] = "SELECT (SELECT value FROM counters WHERE name = 'last_sequence'), "
                       "(SELECT max(id) FROM simulations)",
    [QUERY_LAST_GAMEDAY] = "SELECT max(id) FROM gamedays",
};

const size_t n_store_queries = N_QUERIES;

static int start(struct store *store,
                 enum query query,
                 struct reader **ret_reader,
                 struct statement **ret_statement,
                 struct tw_error *err)
{
    if (readers_borrow(store->readers, ret_reader, err) < 0)
        return -1;
    return reader_query(*ret_reader, query, ret_statement, err);
}

static int64_t before_or_newest(int64_t before)
{
    return before > 0 ? before : INT64_MAX;
}

static int check_limit(int limit, struct tw_error *err)
{
    return limit > 0 ? 0 : tw_fail(err, TW_INVALID, "the limit must be over 0");
}

static void copy_text(struct statement *from, int column, char *to, size_t size)
{
    const char *text = statement_text(from, column);

    (void)snprintf(to, size, "%s", text ? text : "");
}

static char *dup_text(struct statement *from, int column)
{
    const char *text = statement_text(from, column);

    return text ? xstrdup(text) : NULL;
}

/* ---- Predictions ------------------------------------------------------------------------------- */

static void read_prediction(struct statement *from, struct prediction_row *row)
{
    row->sequence = statement_int(from, 0);
    row->at_ms = statement_int(from, 1);
    for (int i = 0; i < 4; i++)
        row->x[i] = statement_real(from, 2 + i);
    row->class_index = (uint8_t)statement_int(from, 6);
    row->origin = (uint8_t)statement_int(from, 7);
    row->confidence = (float)statement_real(from, 8);
    row->duration_ms = (float)statement_real(from, 9);
    row->simulation_id = statement_int(from, 10);
}

static bool matches(const struct prediction_filter *filter, const struct prediction_row *row)
{
    return (filter->class_index < 0 || row->class_index == filter->class_index) &&
           (filter->origin < 0 || row->origin == filter->origin) && row->at_ms >= filter->since_ms;
}

/* The filter is applied here and not in SQL: the walk must see the rows that do not match, to know
 * when it has come to rows that are too old, since there is no index on time. */
int store_list_predictions(struct store *store,
                           const struct prediction_filter *filter,
                           store_prediction_fn *row,
                           void *ctx,
                           struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;
    struct statement *statement = NULL;
    int n_found = 0, more;

    if (check_limit(filter->limit, err) < 0 ||
        start(store, QUERY_PREDICTIONS, &reader, &statement, err) < 0)
        return -1;
    statement_bind_int(statement, 1, before_or_newest(filter->before_sequence));
    while (n_found < filter->limit && (more = statement_step(statement, err)) != 0) {
        struct prediction_row found;

        if (more < 0)
            return -1;
        read_prediction(statement, &found);
        if (filter->since_ms > 0 && found.at_ms < filter->since_ms - TIME_DISORDER_MS)
            break;
        if (!matches(filter, &found))
            continue;
        n_found++;
        if (!row(ctx, &found))
            break;
    }
    return 0;
}

int store_get_prediction(struct store *store,
                         int64_t sequence,
                         struct prediction_row *ret_row,
                         struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;
    struct statement *statement = NULL;
    int found;

    if (start(store, QUERY_PREDICTION, &reader, &statement, err) < 0)
        return -1;
    statement_bind_int(statement, 1, sequence);
    found = statement_step(statement, err);
    if (found < 0)
        return -1;
    if (!found)
        return tw_fail(err, TW_NOT_FOUND, "there is no prediction %" PRId64, sequence);
    read_prediction(statement, ret_row);
    return 0;
}

/* ---- Answers ----------------------------------------------------------------------------------- */

static double real_or_nan(struct statement *from, int column)
{
    return statement_is_null(from, column) ? (double)NAN : statement_real(from, column);
}

/* Without query and detail. */
static void read_answer(struct statement *from, struct answer_row *row)
{
    row->id = statement_int(from, 0);
    row->at_ms = statement_int(from, 1);
    row->kind = (uint8_t)statement_int(from, 2);
    row->status = (uint8_t)statement_int(from, 3);
    row->origin = (uint8_t)statement_int(from, 4);
    row->class_index = statement_is_null(from, 5) ? -1 : (int)statement_int(from, 5);
    row->relevance = real_or_nan(from, 6);
    row->hallucination = real_or_nan(from, 7);
    row->groundedness = real_or_nan(from, 8);
    row->answer_relevance = real_or_nan(from, 9);
    row->duration_ms = statement_real(from, 10);
    row->simulation_id = statement_int(from, 11);
    copy_text(from, 12, row->trace_id, sizeof(row->trace_id));
    copy_text(from, 13, row->model, sizeof(row->model));
}

static bool answer_matches(const struct answer_filter *filter, const struct answer_row *row)
{
    return (filter->kind < 0 || row->kind == filter->kind) &&
           (filter->class_index < 0 || row->class_index == filter->class_index) &&
           (filter->min_hallucination <= 0 || row->hallucination >= filter->min_hallucination) &&
           row->at_ms >= filter->since_ms;
}

int store_list_answers(struct store *store,
                       const struct answer_filter *filter,
                       store_answer_fn *row,
                       void *ctx,
                       struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;
    struct statement *statement = NULL;
    int n_found = 0, more;

    if (check_limit(filter->limit, err) < 0 ||
        start(store, QUERY_ANSWERS, &reader, &statement, err) < 0)
        return -1;
    statement_bind_int(statement, 1, before_or_newest(filter->before_id));
    while (n_found < filter->limit && (more = statement_step(statement, err)) != 0) {
        CLEANUP(freep) char *query = NULL;
        struct answer_row found = {0};

        if (more < 0)
            return -1;
        read_answer(statement, &found);
        if (filter->since_ms > 0 && found.at_ms < filter->since_ms - TIME_DISORDER_MS)
            break;
        if (!answer_matches(filter, &found))
            continue;
        found.query = query = dup_text(statement, 14);
        n_found++;
        if (!row(ctx, &found))
            break;
    }
    return 0;
}

int store_get_answer(struct store *store,
                     int64_t id,
                     struct answer_row **ret_row,
                     struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;
    struct statement *statement = NULL;
    struct answer_row *row;
    int found;

    if (start(store, QUERY_ANSWER, &reader, &statement, err) < 0)
        return -1;
    statement_bind_int(statement, 1, id);
    found = statement_step(statement, err);
    if (found < 0)
        return -1;
    if (!found)
        return tw_fail(err, TW_NOT_FOUND, "there is no answer %" PRId64, id);
    row = xcalloc(1, sizeof(*row));
    read_answer(statement, row);
    row->query = dup_text(statement, 14);
    row->detail = dup_text(statement, 15);
    *ret_row = row;
    return 0;
}

/* ---- Feedback, events, simulations ------------------------------------------------------------- */

int store_list_feedback(
    struct store *store, int limit, store_feedback_fn *row, void *ctx, struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;
    struct statement *statement = NULL;
    int more;

    if (check_limit(limit, err) < 0 || start(store, QUERY_FEEDBACK, &reader, &statement, err) < 0)
        return -1;
    statement_bind_int(statement, 1, limit);
    while ((more = statement_step(statement, err)) > 0) {
        struct feedback_row found = {
            .prediction_sequence = statement_int(statement, 0),
            .at_ms = statement_int(statement, 1),
            .predicted_class = (uint8_t)statement_int(statement, 2),
            .true_class = (uint8_t)statement_int(statement, 3),
            .origin = (uint8_t)statement_int(statement, 4),
            .confidence = (float)statement_real(statement, 5),
        };

        if (!row(ctx, &found))
            break;
    }
    return more < 0 ? -1 : 0;
}

static bool give_event(struct statement *from, store_event_fn *row, void *ctx)
{
    CLEANUP(freep) char *detail = dup_text(from, 4);
    struct event_row found = {
        .id = statement_int(from, 0),
        .at_ms = statement_int(from, 1),
        .detail = detail,
    };

    copy_text(from, 2, found.kind, sizeof(found.kind));
    copy_text(from, 3, found.subject, sizeof(found.subject));
    return row(ctx, &found);
}

int store_list_events(struct store *store,
                      int64_t before_id,
                      int limit,
                      store_event_fn *row,
                      void *ctx,
                      struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;
    struct statement *statement = NULL;
    int more;

    if (check_limit(limit, err) < 0 || start(store, QUERY_EVENTS, &reader, &statement, err) < 0)
        return -1;
    statement_bind_int(statement, 1, before_or_newest(before_id));
    statement_bind_int(statement, 2, limit);
    while ((more = statement_step(statement, err)) > 0)
        if (!give_event(statement, row, ctx))
            break;
    return more < 0 ? -1 : 0;
}

static bool give_simulation(struct statement *from, store_simulation_fn *row, void *ctx)
{
    CLEANUP(freep) char *detail = dup_text(from, 5);
    struct simulation_row found = {
        .id = statement_int(from, 0),
        .started_at_ms = statement_int(from, 1),
        .ended_at_ms = statement_int(from, 2),
        .detail = detail,
    };

    copy_text(from, 3, found.kind, sizeof(found.kind));
    copy_text(from, 4, found.state, sizeof(found.state));
    copy_text(from, 6, found.idempotency_key, sizeof(found.idempotency_key));
    return row(ctx, &found);
}

struct run_sink {
    store_simulation_fn *row;
    void *ctx;
};

static int list_runs(struct store *store,
                     enum query query,
                     int64_t before_id,
                     int limit,
                     struct run_sink sink,
                     struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;
    struct statement *statement = NULL;
    int more;

    if (check_limit(limit, err) < 0 || start(store, query, &reader, &statement, err) < 0)
        return -1;
    statement_bind_int(statement, 1, before_or_newest(before_id));
    statement_bind_int(statement, 2, limit);
    while ((more = statement_step(statement, err)) > 0)
        if (!give_simulation(statement, sink.row, sink.ctx))
            break;
    return more < 0 ? -1 : 0;
}

int store_list_simulations(struct store *store,
                           int64_t before_id,
                           int limit,
                           store_simulation_fn *row,
                           void *ctx,
                           struct tw_error *err)
{
    return list_runs(store, QUERY_SIMULATIONS, before_id, limit, (struct run_sink){row, ctx}, err);
}

int store_list_gamedays(struct store *store,
                        int64_t before_id,
                        int limit,
                        store_simulation_fn *row,
                        void *ctx,
                        struct tw_error *err)
{
    return list_runs(store, QUERY_GAMEDAYS, before_id, limit, (struct run_sink){row, ctx}, err);
}

int store_last_ids(struct store *store,
                   int64_t *ret_sequence,
                   int64_t *ret_simulation,
                   struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;
    struct statement *statement = NULL;
    int row;

    if (start(store, QUERY_LAST_IDS, &reader, &statement, err) < 0)
        return -1;
    row = statement_step(statement, err);
    if (row < 0)
        return -1;
    *ret_sequence = row ? statement_int(statement, 0) : 0;
    *ret_simulation = row ? statement_int(statement, 1) : 0;
    return 0;
}

int store_last_gameday(struct store *store, int64_t *ret_id, struct tw_error *err)
{
    CLEANUP(reader_returnp) struct reader *reader = NULL;
    struct statement *statement = NULL;
    int row;

    if (start(store, QUERY_LAST_GAMEDAY, &reader, &statement, err) < 0)
        return -1;
    row = statement_step(statement, err);
    if (row < 0)
        return -1;
    *ret_id = row ? statement_int(statement, 0) : 0;
    return 0;
}
