#include "server/api/api.h"

#include "server/app.h"
#include "server/ml/model.h"

static void write_classes(const struct model *model, struct json_writer *w)
{
    json_write_array(w, "classes");
    for (int c = 0; c < model->n_classes; c++) {
        json_write_object(w, NULL);
        json_write_string(w, "name", model->classes[c]);
        json_write_fixed(w, "recall", model->recall[c], 4);
        json_write_number(w, "intercept", model->intercept[c]);
        json_write_array(w, "coefficients");
        for (int f = 0; f < N_FEATURES; f++)
            json_write_number(w, NULL, model->coef[c][f]);
        json_write_array_end(w);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_features(const struct model *model, struct json_writer *w)
{
    json_write_array(w, "features");
    for (int f = 0; f < N_FEATURES; f++) {
        json_write_object(w, NULL);
        json_write_string(w, "name", features[f].name);
        json_write_string(w, "unit", features[f].unit);
        json_write_number(w, "min", features[f].min);
        json_write_number(w, "max", features[f].max);
        json_write_number(w, "mean", model->mean[f]);
        json_write_number(w, "scale", model->scale[f]);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

int api_model_info(struct app *app,
                   const struct request *request,
                   struct reply *reply,
                   struct tw_error *err)
{
    const struct model *model = app->model;
    struct json_writer w = {&reply->body, false};

    (void)request;
    (void)err;
    json_write_object(&w, NULL);
    json_write_string(&w, "name", model->name);
    json_write_string(&w, "version", model->version);
    json_write_int(&w, "trained_at_ms", model->trained_at_ms);
    json_write_string(&w, "data_sha256", model->data_sha256);
    json_write_int(&w, "training_rows", model->n_train);
    json_write_int(&w, "held_out_rows", model->n_held_out);
    json_write_fixed(&w, "accuracy", model->accuracy, 4);
    json_write_fixed(&w, "log_loss", model->log_loss, 4);
    json_write_fixed(&w, "macro_f1", model->macro_f1, 4);
    write_features(model, &w);
    write_classes(model, &w);
    json_write_object_end(&w);
    return 0;
}
