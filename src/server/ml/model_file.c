/* The model file:
 *
 *   {"format": "tidewatch-model-1", "name", "version", "trained_at_ms", "data_sha256",
 *    "classes": [name, ...],
 *    "features": [{"name", "mean", "scale"}, ...],          in the order of features.h
 *    "coef": [[per feature], per class], "intercept": [per class],
 *    "metrics": {"accuracy", "log_loss", "macro_f1", "recall": [per class],
 *                "confusion": [[predicted], true], "training_rows", "held_out_rows"},
 *    "reference": {"rows", "class_counts": [per class],
 *                  "features": [{"name", "mean", "sd", "edges": [], "cell_counts": [],
 *                                "values": [], "cumulative": []}, ...]}}
 *
 * Other keys are passed over, so that a later version may add some. */

#include "server/ml/model.h"

#include "common/alloc.h"
#include "common/file.h"
#include "common/json.h"
#include "common/json_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT     "tidewatch-model-1"
#define WEIGHT_MAX 1e6 /* far above any fitted one; keeps logits finite */
#define ROWS_MAX   1e9

/* Where the numbers of an array must lie. */
struct range {
    double min, max;
};

static const struct range weights_range = {-WEIGHT_MAX, WEIGHT_MAX};
static const struct range share_range = {0, 1};
static const struct range count_range = {0, ROWS_MAX};

/* ---- Reading ------------------------------------------------------------------------------------- */

static int get_number(const struct json *object,
                      const char *key,
                      struct range range,
                      double *ret_value,
                      struct tw_error *err)
{
    double value = json_number(json_get(object, key), (double)NAN);

    if (!(value >= range.min && value <= range.max))
        return tw_fail(err, TW_INVALID, "'%s' is not a number within %g..%g", key, range.min,
                       range.max);
    *ret_value = value;
    return 0;
}

static int get_count(const struct json *object,
                     const char *key,
                     uint32_t *ret_count,
                     struct tw_error *err)
{
    double value = 0;

    if (get_number(object, key, count_range, &value, err) < 0)
        return -1;
    if (value != floor(value))
        return tw_fail(err, TW_INVALID, "'%s' is not a whole number", key);
    *ret_count = (uint32_t)value;
    return 0;
}

static int get_text(
    const struct json *object, const char *key, char *out, size_t size, struct tw_error *err)
{
    const char *text = json_string(json_get(object, key));

    if (!text || !text[0] || strlen(text) >= size)
        return tw_fail(err, TW_INVALID, "'%s' is not a text of 1 to %zu bytes", key, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

/* An array of exactly n elements, its first one in *ret_first. */
static int get_array(const struct json *array,
                     const char *what,
                     size_t n,
                     const struct json **ret_first,
                     struct tw_error *err)
{
    if (json_type(array) != JSON_ARRAY || json_count(array) != n)
        return tw_fail(err, TW_INVALID, "'%s' is not an array of %zu", what, n);
    *ret_first = json_first(array);
    return 0;
}

static int get_numbers(const struct json *array,
                       const char *what,
                       struct range range,
                       double *values,
                       size_t n,
                       struct tw_error *err)
{
    const struct json *item = NULL;

    if (get_array(array, what, n, &item, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++, item = json_next(item)) {
        values[i] = json_number(item, (double)NAN);
        if (!(values[i] >= range.min && values[i] <= range.max))
            return tw_fail(err, TW_INVALID, "'%s' holds what is not a number within %g..%g", what,
                           range.min, range.max);
    }
    return 0;
}

static int get_counts(
    const struct json *array, const char *what, uint32_t *counts, size_t n, struct tw_error *err)
{
    const struct json *item = NULL;

    if (get_array(array, what, n, &item, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++, item = json_next(item)) {
        double value = json_number(item, (double)NAN);

        if (!(value >= 0 && value <= ROWS_MAX && value == floor(value)))
            return tw_fail(err, TW_INVALID, "'%s' holds what is not a count", what);
        counts[i] = (uint32_t)value;
    }
    return 0;
}

static uint64_t sum_of(const uint32_t *counts, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

static int read_identity(const struct json *json, struct model *model, struct tw_error *err)
{
    static const struct range moments = {0, 1e14};
    const char *format = json_string(json_get(json, "format"));
    double trained_at_ms = 0;

    if (!format || strcmp(format, FORMAT) != 0)
        return tw_fail(err, TW_INVALID, "not a model file: 'format' is not '%s'", FORMAT);
    if (get_text(json, "name", model->name, sizeof(model->name), err) < 0 ||
        get_text(json, "version", model->version, sizeof(model->version), err) < 0 ||
        get_text(json, "data_sha256", model->data_sha256, sizeof(model->data_sha256), err) < 0 ||
        get_number(json, "trained_at_ms", moments, &trained_at_ms, err) < 0)
        return -1;
    model->trained_at_ms = (int64_t)trained_at_ms;
    return 0;
}

static int read_classes(const struct json *json, struct model *model, struct tw_error *err)
{
    const struct json *array = json_get(json, "classes"), *item = json_first(array);
    size_t n = json_count(array);

    if (json_type(array) != JSON_ARRAY || n < 2 || n > CLASSES_MAX)
        return tw_fail(err, TW_INVALID, "'classes' is not an array of 2 to %d names", CLASSES_MAX);
    for (size_t c = 0; c < n; c++, item = json_next(item)) {
        const char *name = json_string(item);

        if (!name || !name[0] || strlen(name) >= CLASS_NAME_SIZE)
            return tw_fail(err, TW_INVALID, "a class name is not a text of 1 to %d bytes",
                           CLASS_NAME_SIZE - 1);
        for (size_t before = 0; before < c; before++)
            if (strcmp(model->classes[before], name) == 0)
                return tw_fail(err, TW_INVALID, "the class '%s' stands twice", name);
        memcpy(model->classes[c], name, strlen(name) + 1);
    }
    model->n_classes = (int)n;
    return 0;
}

/* The n-th feature's object must bear its name: the order is part of the format. */
static int check_feature_name(const struct json *object, int f, struct tw_error *err)
{
    const char *name = json_string(json_get(object, "name"));

    if (!name || strcmp(name, features[f].name) != 0)
        return tw_fail(err, TW_INVALID, "feature %d is not '%s'", f + 1, features[f].name);
    return 0;
}

static int read_scales(const struct json *json, struct model *model, struct tw_error *err)
{
    const struct json *item = NULL;

    if (get_array(json_get(json, "features"), "features", N_FEATURES, &item, err) < 0)
        return -1;
    for (int f = 0; f < N_FEATURES; f++, item = json_next(item)) {
        struct range within = {features[f].min, features[f].max};
        struct range scales = {MODEL_SCALE_MIN, WEIGHT_MAX};

        if (check_feature_name(item, f, err) < 0 ||
            get_number(item, "mean", within, &model->mean[f], err) < 0 ||
            get_number(item, "scale", scales, &model->scale[f], err) < 0)
            return -1;
    }
    return 0;
}

static int read_weights(const struct json *json, struct model *model, struct tw_error *err)
{
    const struct json *row = NULL;

    if (get_array(json_get(json, "coef"), "coef", (size_t)model->n_classes, &row, err) < 0)
        return -1;
    for (int c = 0; c < model->n_classes; c++, row = json_next(row))
        if (get_numbers(row, "coef", weights_range, model->coef[c], N_FEATURES, err) < 0)
            return -1;
    return get_numbers(json_get(json, "intercept"), "intercept", weights_range, model->intercept,
                       (size_t)model->n_classes, err);
}

static int read_confusion(const struct json *metrics, struct model *model, struct tw_error *err)
{
    const struct json *row = NULL;
    size_t n = (size_t)model->n_classes;
    uint64_t sum = 0;

    if (get_array(json_get(metrics, "confusion"), "confusion", n, &row, err) < 0)
        return -1;
    for (size_t c = 0; c < n; c++, row = json_next(row)) {
        if (get_counts(row, "confusion", model->confusion[c], n, err) < 0)
            return -1;
        sum += sum_of(model->confusion[c], n);
    }
    if (sum != model->n_held_out)
        return tw_fail(err, TW_INVALID, "'confusion' does not add up to 'held_out_rows'");
    return 0;
}

static int read_metrics(const struct json *json, struct model *model, struct tw_error *err)
{
    static const struct range losses = {0, 100};
    const struct json *metrics = json_get(json, "metrics");

    if (get_number(metrics, "accuracy", share_range, &model->accuracy, err) < 0 ||
        get_number(metrics, "log_loss", losses, &model->log_loss, err) < 0 ||
        get_number(metrics, "macro_f1", share_range, &model->macro_f1, err) < 0 ||
        get_numbers(json_get(metrics, "recall"), "recall", share_range, model->recall,
                    (size_t)model->n_classes, err) < 0 ||
        get_count(metrics, "training_rows", &model->n_train, err) < 0 ||
        get_count(metrics, "held_out_rows", &model->n_held_out, err) < 0)
        return -1;
    return read_confusion(metrics, model, err);
}

static int read_edges(const struct json *object,
                      struct reference_feature *feature,
                      struct tw_error *err)
{
    const struct json *array = json_get(object, "edges");

    feature->n_edges = json_count(array);
    if (feature->n_edges < 1 || feature->n_edges > PSI_EDGES_MAX)
        return tw_fail(err, TW_INVALID, "'edges' is not an array of 1 to %d", PSI_EDGES_MAX);
    if (get_numbers(array, "edges", weights_range, feature->edges, feature->n_edges, err) < 0)
        return -1;
    for (size_t k = 1; k < feature->n_edges; k++)
        if (feature->edges[k] <= feature->edges[k - 1])
            return tw_fail(err, TW_INVALID, "'edges' do not ascend");
    return get_counts(json_get(object, "cell_counts"), "cell_counts", feature->cell_counts,
                      feature->n_edges + 1, err);
}

/* values and cumulative; *feature owns them even on failure. */
static int read_sample(const struct json *object,
                       struct range within,
                       uint32_t n_rows,
                       struct reference_feature *feature,
                       struct tw_error *err)
{
    const struct json *values = json_get(object, "values");
    size_t n = json_count(values);

    if (n < 1 || n > n_rows)
        return tw_fail(err, TW_INVALID, "'values' is not an array of 1 to %u", n_rows);
    feature->n_distinct = n;
    feature->values = xcalloc(n, sizeof(*feature->values));
    feature->cumulative = xcalloc(n, sizeof(*feature->cumulative));
    if (get_numbers(values, "values", within, feature->values, n, err) < 0 ||
        get_counts(json_get(object, "cumulative"), "cumulative", feature->cumulative, n, err) < 0)
        return -1;
    for (size_t i = 1; i < n; i++)
        if (feature->values[i] <= feature->values[i - 1] ||
            feature->cumulative[i] <= feature->cumulative[i - 1])
            return tw_fail(err, TW_INVALID, "'values' or 'cumulative' do not ascend");
    if (feature->cumulative[0] == 0 || feature->cumulative[n - 1] != n_rows)
        return tw_fail(err, TW_INVALID, "'cumulative' does not go from 1 or more to 'rows'");
    return 0;
}

static int read_reference_feature(const struct json *object,
                                  int f,
                                  struct reference *reference,
                                  struct tw_error *err)
{
    struct reference_feature *feature = &reference->feature[f];
    struct range within = {features[f].min, features[f].max};
    struct range spread = {0, features[f].max - features[f].min};
    uint32_t counts[PSI_CELLS_MAX];

    if (check_feature_name(object, f, err) < 0 ||
        get_number(object, "mean", within, &feature->mean, err) < 0 ||
        get_number(object, "sd", spread, &feature->sd, err) < 0 ||
        read_edges(object, feature, err) < 0 ||
        read_sample(object, within, reference->n_rows, feature, err) < 0)
        return -1;
    reference_count_cells(feature, counts);
    if (memcmp(counts, feature->cell_counts, sizeof(counts)) != 0)
        return tw_fail(err, TW_INVALID, "'cell_counts' of %s are not those of its values",
                       features[f].name);
    return 0;
}

static int read_reference(const struct json *json, struct model *model, struct tw_error *err)
{
    const struct json *object = json_get(json, "reference"), *item = NULL;
    struct reference *reference = &model->reference;
    size_t n_classes = (size_t)model->n_classes;

    if (get_count(object, "rows", &reference->n_rows, err) < 0 ||
        get_counts(json_get(object, "class_counts"), "class_counts", reference->class_counts,
                   n_classes, err) < 0 ||
        get_array(json_get(object, "features"), "features", N_FEATURES, &item, err) < 0)
        return -1;
    if (reference->n_rows < REFERENCE_ROWS_MIN || reference->n_rows > REFERENCE_ROWS_MAX)
        return tw_fail(err, TW_INVALID, "the reference has %u rows: %d to %d are wanted",
                       reference->n_rows, REFERENCE_ROWS_MIN, REFERENCE_ROWS_MAX);
    if (sum_of(reference->class_counts, n_classes) != reference->n_rows)
        return tw_fail(err, TW_INVALID, "'class_counts' do not add up to 'rows'");
    for (int f = 0; f < N_FEATURES; f++, item = json_next(item))
        if (read_reference_feature(item, f, reference, err) < 0)
            return -1;
    return 0;
}

int model_parse(const char *text, size_t len, struct model **ret_model, struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    CLEANUP(model_freep) struct model *model = xcalloc(1, sizeof(*model));

    if (json_parse(text, len, &json, err) < 0 || read_identity(json, model, err) < 0 ||
        read_classes(json, model, err) < 0 || read_scales(json, model, err) < 0 ||
        read_weights(json, model, err) < 0 || read_metrics(json, model, err) < 0 ||
        read_reference(json, model, err) < 0)
        return -1;
    *ret_model = TAKE(model);
    return 0;
}

int model_load(const char *path, struct model **ret_model, struct tw_error *err)
{
    CLEANUP(freep) char *text = NULL;
    struct tw_error why;
    size_t len;

    if (file_read(path, MODEL_FILE_MAX, &text, &len, err) < 0)
        return -1;
    if (model_parse(text, len, ret_model, &why) < 0)
        return tw_fail(err, why.code, "'%s': %s", path, why.message);
    return 0;
}

/* ---- Writing ------------------------------------------------------------------------------------- */

static void write_numbers(struct json_writer *w, const char *key, const double *values, size_t n)
{
    json_write_array(w, key);
    for (size_t i = 0; i < n; i++)
        json_write_number(w, NULL, values[i]);
    json_write_array_end(w);
}

static void write_counts(struct json_writer *w, const char *key, const uint32_t *counts, size_t n)
{
    json_write_array(w, key);
    for (size_t i = 0; i < n; i++)
        json_write_int(w, NULL, counts[i]);
    json_write_array_end(w);
}

static void write_weights(struct json_writer *w, const struct model *model)
{
    json_write_array(w, "features");
    for (int f = 0; f < N_FEATURES; f++) {
        json_write_object(w, NULL);
        json_write_string(w, "name", features[f].name);
        json_write_number(w, "mean", model->mean[f]);
        json_write_number(w, "scale", model->scale[f]);
        json_write_object_end(w);
    }
    json_write_array_end(w);
    json_write_array(w, "coef");
    for (int c = 0; c < model->n_classes; c++)
        write_numbers(w, NULL, model->coef[c], N_FEATURES);
    json_write_array_end(w);
    write_numbers(w, "intercept", model->intercept, (size_t)model->n_classes);
}

static void write_metrics(struct json_writer *w, const struct model *model)
{
    size_t n = (size_t)model->n_classes;

    json_write_object(w, "metrics");
    json_write_number(w, "accuracy", model->accuracy);
    json_write_number(w, "log_loss", model->log_loss);
    json_write_number(w, "macro_f1", model->macro_f1);
    write_numbers(w, "recall", model->recall, n);
    json_write_array(w, "confusion");
    for (size_t c = 0; c < n; c++)
        write_counts(w, NULL, model->confusion[c], n);
    json_write_array_end(w);
    json_write_int(w, "training_rows", model->n_train);
    json_write_int(w, "held_out_rows", model->n_held_out);
    json_write_object_end(w);
}

static void write_reference(struct json_writer *w, const struct model *model)
{
    const struct reference *reference = &model->reference;

    json_write_object(w, "reference");
    json_write_int(w, "rows", reference->n_rows);
    write_counts(w, "class_counts", reference->class_counts, (size_t)model->n_classes);
    json_write_array(w, "features");
    for (int f = 0; f < N_FEATURES; f++) {
        const struct reference_feature *feature = &reference->feature[f];

        json_write_object(w, NULL);
        json_write_string(w, "name", features[f].name);
        json_write_number(w, "mean", feature->mean);
        json_write_number(w, "sd", feature->sd);
        write_numbers(w, "edges", feature->edges, feature->n_edges);
        write_counts(w, "cell_counts", feature->cell_counts, feature->n_edges + 1);
        write_numbers(w, "values", feature->values, feature->n_distinct);
        write_counts(w, "cumulative", feature->cumulative, feature->n_distinct);
        json_write_object_end(w);
    }
    json_write_array_end(w);
    json_write_object_end(w);
}

void model_write(const struct model *model, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    json_write_string(&w, "format", FORMAT);
    json_write_string(&w, "name", model->name);
    json_write_string(&w, "version", model->version);
    json_write_int(&w, "trained_at_ms", model->trained_at_ms);
    json_write_string(&w, "data_sha256", model->data_sha256);
    json_write_array(&w, "classes");
    for (int c = 0; c < model->n_classes; c++)
        json_write_string(&w, NULL, model->classes[c]);
    json_write_array_end(&w);
    write_weights(&w, model);
    write_metrics(&w, model);
    write_reference(&w, model);
    json_write_object_end(&w);
    (void)buffer_putc(out, '\n');
}

int model_save(const struct model *model, const char *path, struct tw_error *err)
{
    struct buffer out;
    int result;

    buffer_init(&out, MODEL_FILE_MAX);
    model_write(model, &out);
    if (out.failed)
        result = tw_fail(err, TW_INVALID, "the model is larger than %zu bytes", MODEL_FILE_MAX);
    else
        result = file_write_atomically(path, out.data, out.len, 0644, err);
    buffer_finish(&out);
    return result;
}
