#include "server/api/scoring.h"

#include "common/clock.h"
#include "server/app.h"
#include "server/drill/drill.h"
#include "server/metrics/metrics.h"
#include "server/ml/drift_monitor.h"

#include <semaphore.h>
#include <sys/eventfd.h>

void scoring_note_caller(const struct app *app,
                         const struct request *request,
                         struct prediction_row *row)
{
    const char *header = request_header(request, "X-Tidewatch-Simulation");

    row->at_ms = clock_now_ms();
    row->simulation_id = 0;
    row->origin = (uint8_t)drill_check_header(app->drill, header, &row->simulation_id);
}

void scoring_predict(struct app *app, const double *x, struct scored *ret_scored)
{
    const struct prediction *p = &ret_scored->prediction;
    struct prediction_row *row = &ret_scored->row;

    model_predict(app->model, x, &ret_scored->prediction);
    row->sequence = app->next_sequence++;
    for (int f = 0; f < N_FEATURES; f++)
        row->x[f] = x[f];
    row->class_index = (uint8_t)p->class_index;
    row->confidence = (float)p->confidence;
    prediction_id_write(&(struct prediction_id){(uint16_t)app->config->replica, row->sequence,
                                                row->class_index, row->confidence},
                        &app->id_key, ret_scored->id);
}

int scoring_keep(struct app *app,
                 const struct scored *scored,
                 uint64_t *ret_ticket,
                 struct tw_error *err)
{
    const struct prediction_row *row = &scored->row;

    if (store_put_prediction(app->store, row, ret_ticket, err) < 0)
        return -1;
    if (drift_monitor_record(app->drift, row->x, row->class_index, row->at_ms))
        (void)eventfd_write(app->drift_wake_fd, 1);
    for (unsigned f = 0; f < N_FEATURES; f++)
        metrics_observe(app->metrics, METRIC_ML_FEATURE_VALUE, LABELS(f), row->x[f], NULL);
    metrics_add(app->metrics, METRIC_ML_PREDICTIONS_TOTAL,
                LABELS(row->class_index, PREDICTION_SUCCESS), 1);
    return 0;
}

static void store_wait(void *ctx, uint64_t ticket, reply_ready_fn *ready, void *arg)
{
    store_when_committed(ctx, ticket, ready, arg);
}

void scoring_answer_when_durable(const struct app *app, struct reply *reply, uint64_t ticket)
{
    if (app->config->store_durability != STORE_COMMIT)
        return;
    reply->wait = store_wait;
    reply->wait_ctx = app->store;
    reply->wait_ticket = ticket;
}

struct durable {
    sem_t is_known;
    bool ok;
};

static void note_durable(void *ctx, bool ok)
{
    struct durable *durable = ctx;

    durable->ok = ok;
    (void)sem_post(&durable->is_known);
}

bool scoring_wait_until_durable(const struct app *app, uint64_t ticket)
{
    struct durable durable = {.ok = false};

    (void)sem_init(&durable.is_known, 0, 0);
    store_when_committed(app->store, ticket, note_durable, &durable);
    while (sem_wait(&durable.is_known) < 0) /* a signal */
        ;
    (void)sem_destroy(&durable.is_known);
    return durable.ok;
}
