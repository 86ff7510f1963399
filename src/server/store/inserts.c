#include "server/store/inserts.h"

#include "common/alloc.h"
#include "server/store/db.h"
#include "server/store/record.h"

struct inserts {
    struct statement *by_kind[N_RECORD_KINDS];
    struct statement *count;
};

static const char *const insert_sql[N_RECORD_KINDS] = {
    [RECORD_PREDICTION] = "INSERT INTO predictions VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    [RECORD_FEEDBACK] = "INSERT INTO feedback VALUES (NULL,?,?,?,?,?,?)",
    [RECORD_EVENT] = "INSERT INTO events VALUES (NULL,?,?,?,?)",
    [RECORD_ANSWER] = "INSERT OR REPLACE INTO answers VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [RECORD_SIMULATION] = "INSERT OR REPLACE INTO simulations VALUES (?,?,?,?,?,?,?)",
    [RECORD_GAMEDAY] = "INSERT OR REPLACE INTO gamedays VALUES (?,?,?,?,?,?,?)",
};

static const char count_sql[] =
    "UPDATE counters SET value = CASE name WHEN 'predictions' THEN value + ?1 "
    "ELSE max(value, ?2) END WHERE name IN ('predictions', 'last_sequence')";

int inserts_new(struct db *db, struct inserts **ret_inserts, struct tw_error *err)
{
    CLEANUP(inserts_freep) struct inserts *inserts = xcalloc(1, sizeof(*inserts));

    for (int kind = 0; kind < N_RECORD_KINDS; kind++)
        if (db_prepare(db, insert_sql[kind], &inserts->by_kind[kind], err) < 0)
            return -1;
    if (db_prepare(db, count_sql, &inserts->count, err) < 0)
        return -1;
    *ret_inserts = TAKE(inserts);
    return 0;
}

void inserts_free(struct inserts *inserts)
{
    if (!inserts)
        return;
    for (int kind = 0; kind < N_RECORD_KINDS; kind++)
        statement_free(inserts->by_kind[kind]);
    statement_free(inserts->count);
    free(inserts);
}

static void bind_prediction(struct statement *to, const struct prediction_row *row)
{
    statement_bind_int(to, 1, row->sequence);
    statement_bind_int(to, 2, row->at_ms);
    for (int i = 0; i < 4; i++)
        statement_bind_real(to, 3 + i, row->x[i]);
    statement_bind_int(to, 7, row->class_index);
    statement_bind_int(to, 8, row->origin);
    statement_bind_real(to, 9, (double)row->confidence);
    statement_bind_real(to, 10, (double)row->duration_ms);
    if (row->simulation_id != 0)
        statement_bind_int(to, 11, row->simulation_id);
}

static void bind_feedback(struct statement *to, const struct feedback_row *row)
{
    statement_bind_int(to, 1, row->prediction_sequence);
    statement_bind_int(to, 2, row->at_ms);
    statement_bind_int(to, 3, row->predicted_class);
    statement_bind_int(to, 4, row->true_class);
    statement_bind_int(to, 5, row->origin);
    statement_bind_real(to, 6, (double)row->confidence);
}

static void bind_event(struct statement *to, const struct event_row *row)
{
    statement_bind_int(to, 1, row->at_ms);
    statement_bind_text(to, 2, row->kind);
    statement_bind_text(to, 3, row->subject);
    statement_bind_text(to, 4, row->detail);
}

static void bind_simulation(struct statement *to, const struct simulation_row *row)
{
    statement_bind_int(to, 1, row->id);
    statement_bind_int(to, 2, row->started_at_ms);
    statement_bind_int(to, 3, row->ended_at_ms);
    statement_bind_text(to, 4, row->kind);
    statement_bind_text(to, 5, row->state);
    statement_bind_text(to, 6, row->detail);
    statement_bind_text(to, 7, row->idempotency_key);
}

/* A number that is none is stored as NULL. */
static void bind_answer(struct statement *to, const struct answer_row *row)
{
    statement_bind_int(to, 1, row->id);
    statement_bind_int(to, 2, row->at_ms);
    statement_bind_int(to, 3, row->kind);
    statement_bind_int(to, 4, row->status);
    statement_bind_int(to, 5, row->origin);
    if (row->class_index >= 0)
        statement_bind_int(to, 6, row->class_index);
    statement_bind_real(to, 7, row->relevance);
    statement_bind_real(to, 8, row->hallucination);
    statement_bind_real(to, 9, row->groundedness);
    statement_bind_real(to, 10, row->answer_relevance);
    statement_bind_real(to, 11, row->duration_ms);
    if (row->simulation_id != 0)
        statement_bind_int(to, 12, row->simulation_id);
    statement_bind_text(to, 13, row->trace_id);
    statement_bind_text(to, 14, row->model);
    statement_bind_text(to, 15, row->query);
    statement_bind_text(to, 16, row->detail);
}

int inserts_add(struct inserts *inserts, const struct record *record, struct tw_error *err)
{
    struct statement *statement = inserts->by_kind[record->kind];

    switch (record->kind) {
    case RECORD_PREDICTION:
        bind_prediction(statement, &record->prediction);
        break;
    case RECORD_FEEDBACK:
        bind_feedback(statement, &record->feedback);
        break;
    case RECORD_EVENT:
        bind_event(statement, record->event);
        break;
    case RECORD_SIMULATION:
    case RECORD_GAMEDAY:
        bind_simulation(statement, record->simulation);
        break;
    case RECORD_ANSWER:
        bind_answer(statement, record->answer);
        break;
    case N_RECORD_KINDS:
        break;
    }
    return statement_run(statement, err);
}

int inserts_count(struct inserts *inserts,
                  int64_t predictions_added,
                  int64_t last_sequence,
                  struct tw_error *err)
{
    statement_bind_int(inserts->count, 1, predictions_added);
    statement_bind_int(inserts->count, 2, last_sequence);
    return statement_run(inserts->count, err);
}
