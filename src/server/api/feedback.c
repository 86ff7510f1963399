#include "server/api/api.h"

#include "common/clock.h"
#include "server/api/prediction_id.h"
#include "server/app.h"
#include "server/drill/drill.h"
#include "server/metrics/metrics.h"
#include "server/ml/model.h"
#include "server/ml/realized.h"
#include "server/store/store.h"

#include <string.h>

struct feedback_body {
    const char *prediction_id;
    const char *severity;
};

static const struct field feedback_fields[] = {
    {"prediction_id", FIELD_STRING, true, 1, 128, offsetof(struct feedback_body, prediction_id),
     NULL, "As /predict gave it"},
    {"severity", FIELD_STRING, true, 1, 31, offsetof(struct feedback_body, severity), NULL,
     "What the ticket turned out to be"},
};
const struct schema feedback_schema = SCHEMA_OF(feedback_fields);

static int class_of(const struct model *model, const char *name)
{
    for (int c = 0; c < model->n_classes; c++)
        if (strcmp(model->classes[c], name) == 0)
            return c;
    return -1;
}

/* True when the label is the first for its prediction, which the replica made. */
static bool take_label(struct app *app, const struct feedback_row *row, uint16_t replica)
{
    struct realized_label label = {row->prediction_sequence, row->predicted_class, row->true_class,
                                   row->confidence, replica};
    bool is_new;

    (void)pthread_mutex_lock(&app->realized_lock);
    is_new = realized_add(app->realized, &label);
    (void)pthread_mutex_unlock(&app->realized_lock);
    return is_new;
}

int api_feedback(struct app *app,
                 const struct request *request,
                 struct reply *reply,
                 struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct feedback_row row = {.at_ms = clock_now_ms()};
    struct feedback_body body;
    struct prediction_id id = {0};
    int64_t simulation_id;
    int true_class;
    bool is_new, is_correct;

    if (!fields_decode(&feedback_schema, request->json, "", &body, &reply->fields))
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    true_class = class_of(app->model, body.severity);
    if (true_class < 0)
        field_errors_add(&reply->fields, "severity", "is none of the model's classes");
    if (!prediction_id_read(body.prediction_id, &app->id_key, &id) ||
        id.class_index >= app->model->n_classes)
        field_errors_add(&reply->fields, "prediction_id", "is no prediction of this service");
    if (reply->fields.n > 0)
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    row.prediction_sequence = id.sequence;
    row.predicted_class = id.class_index;
    row.true_class = (uint8_t)true_class;
    row.confidence = id.confidence;
    row.origin = (uint8_t)drill_check_header(
        app->drill, request_header(request, "X-Tidewatch-Simulation"), &simulation_id);
    if (store_put_feedback(app->store, &row, &reply->wait_ticket, err) < 0)
        return -1;
    is_new = take_label(app, &row, id.replica);
    is_correct = row.predicted_class == row.true_class;
    if (is_new)
        metrics_add(app->metrics, METRIC_ML_FEEDBACK_TOTAL, LABELS(is_correct), 1);
    json_write_object(&w, NULL);
    json_write_bool(&w, "correct", is_correct);
    json_write_bool(&w, "replaced", !is_new);
    json_write_object_end(&w);
    return 0;
}
