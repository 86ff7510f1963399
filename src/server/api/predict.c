#include "server/api/api.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "server/api/scoring.h"
#include "server/app.h"
#include "server/metrics/metrics.h"
#include "server/ml/model.h"
#include "server/store/store.h"

#include <stdio.h>

#define BATCH_ROWS_MAX 10000

struct predict_body {
    double x[N_FEATURES];
};

#define X(feature) offsetof(struct predict_body, x[feature])

/* The ranges are those of ml/features.c, which a unit test holds these to. */
static const struct field predict_fields[] = {
    {"ticket_length", FIELD_INT, true, 0, 1000, X(FEATURE_TICKET_LENGTH), NULL,
     "Words of the ticket"},
    {"urgency_keywords", FIELD_INT, true, 0, 20, X(FEATURE_URGENCY_KEYWORDS), NULL,
     "How many words of urgency it has"},
    {"business_impact", FIELD_NUMBER, true, 0, 10, X(FEATURE_BUSINESS_IMPACT), NULL,
     "0 nobody is affected, 10 the business stands still"},
    {"customer_tier", FIELD_INT, true, 1, 5, X(FEATURE_CUSTOMER_TIER), NULL, "1 basic, 5 premium"},
};
const struct schema predict_schema = SCHEMA_OF(predict_fields);

struct batch_body {
    const struct json *rows;
};

static const struct field batch_fields[] = {
    {"rows", FIELD_OBJECTS, true, 1, BATCH_ROWS_MAX, offsetof(struct batch_body, rows), "Ticket",
     "Objects as /predict takes"},
};
const struct schema batch_schema = SCHEMA_OF(batch_fields);

static void write_prediction(const struct app *app,
                             const struct scored *scored,
                             struct json_writer *w)
{
    const struct prediction *p = &scored->prediction;

    json_write_string(w, "severity", app->model->classes[p->class_index]);
    json_write_int(w, "severity_code", p->class_index);
    json_write_fixed(w, "confidence", p->confidence, 6);
    json_write_object(w, "probabilities");
    for (int c = 0; c < app->model->n_classes; c++)
        json_write_fixed(w, app->model->classes[c], p->probability[c], 6);
    json_write_object_end(w);
    json_write_string(w, "prediction_id", scored->id);
}

int api_predict(struct app *app,
                const struct request *request,
                struct reply *reply,
                struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct predict_body body;
    struct scored scored;
    uint64_t ticket = 0;
    double seconds;

    if (!fields_decode(&predict_schema, request->json, "", &body, &reply->fields))
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    scoring_note_caller(app, request, &scored.row);
    scoring_predict(app, body.x, &scored);
    seconds = (double)(clock_mono_ns() - request->received_ns) * 1e-9;
    scored.row.duration_ms = (float)(seconds * 1e3);
    if (scoring_keep(app, &scored, &ticket, err) < 0)
        return -1;
    metrics_observe(app->metrics, METRIC_ML_PREDICTION_LATENCY_SECONDS, NO_LABELS, seconds,
                    request->trace_id);
    json_write_object(&w, NULL);
    write_prediction(app, &scored, &w);
    json_write_string(&w, "model_version", app->model->version);
    json_write_fixed(&w, "processing_time_ms", seconds * 1e3, 3);
    json_write_object_end(&w);
    scoring_answer_when_durable(app, reply, ticket);
    return 0;
}

/* All rows are checked before the first is scored: a bad batch changes nothing. */
static int decode_batch(const struct json *rows,
                        struct predict_body *bodies,
                        struct reply *reply,
                        struct tw_error *err)
{
    size_t i = 0;
    char prefix[32];
    bool is_good = true;

    for (const struct json *row = json_first(rows); row; row = json_next(row), i++) {
        (void)snprintf(prefix, sizeof(prefix), "rows[%zu].", i);
        is_good =
            fields_decode(&predict_schema, row, prefix, &bodies[i], &reply->fields) && is_good;
    }
    return is_good ? 0 : tw_fail(err, TW_INVALID, "%zu fields are wrong", reply->fields.n);
}

int api_predict_batch(struct app *app,
                      const struct request *request,
                      struct reply *reply,
                      struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct batch_body batch;
    CLEANUP(freep) struct predict_body *bodies = NULL;
    struct scored scored;
    uint64_t ticket = 0;
    size_t n_rows;

    if (!fields_decode(&batch_schema, request->json, "", &batch, &reply->fields))
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    n_rows = json_count(batch.rows);
    bodies = xcalloc(n_rows, sizeof(*bodies));
    if (decode_batch(batch.rows, bodies, reply, err) < 0)
        return -1;
    scoring_note_caller(app, request, &scored.row);
    json_write_object(&w, NULL);
    json_write_array(&w, "predictions");
    for (size_t i = 0; i < n_rows; i++) {
        scoring_predict(app, bodies[i].x, &scored);
        scored.row.duration_ms = (float)((double)(clock_mono_ns() - request->received_ns) * 1e-6);
        if (scoring_keep(app, &scored, &ticket, err) < 0)
            return -1;
        json_write_object(&w, NULL);
        write_prediction(app, &scored, &w);
        json_write_object_end(&w);
    }
    json_write_array_end(&w);
    json_write_string(&w, "model_version", app->model->version);
    json_write_fixed(&w, "processing_time_ms",
                     (double)(clock_mono_ns() - request->received_ns) * 1e-6, 3);
    json_write_object_end(&w);
    scoring_answer_when_durable(app, reply, ticket);
    return 0;
}

void api_predict_failed(struct app *app, int status)
{
    unsigned type = status == 503   ? ERROR_TYPE_OVERLOAD
                    : status >= 500 ? ERROR_TYPE_INTERNAL
                                    : ERROR_TYPE_VALIDATION;

    metrics_add(app->metrics, METRIC_ML_PREDICTION_ERRORS_TOTAL, LABELS(type), 1);
    metrics_add(app->metrics, METRIC_ML_PREDICTIONS_TOTAL,
                LABELS((unsigned)app->model->n_classes, PREDICTION_ERROR), 1);
}
