#include "server/ml/train.h"

#include "server/ml/fit.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/random.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPLIT_SEED     7
#define REFERENCE_SEED 8

/* Rows of one side of the split, in the order of the file. */
struct part {
    size_t n;
    double (*x)[N_FEATURES];
    uint8_t *label;
};

static void part_finish(struct part *part)
{
    free(part->x);
    free(part->label);
}

static void shuffle(struct random_state *rng, size_t *index, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = random_below(rng, (uint32_t)i), held = index[i - 1];

        index[i - 1] = index[other];
        index[other] = held;
    }
}

/* Marks held_out_share of each class, rounded, at random. */
static size_t mark_held_out(const struct dataset *dataset,
                            const struct train_options *options,
                            bool *is_held_out)
{
    CLEANUP(freep) size_t *index = xcalloc(dataset->n_rows, sizeof(*index));
    struct random_state rng;
    size_t n_marked = 0;

    random_seed(&rng, SPLIT_SEED);
    for (int c = 0; c < options->n_classes; c++) {
        size_t n = 0, n_held_out;

        for (size_t i = 0; i < dataset->n_rows; i++)
            if (dataset->label[i] == c)
                index[n++] = i;
        shuffle(&rng, index, n);
        n_held_out = (size_t)round(options->held_out_share * (double)n);
        for (size_t i = 0; i < n_held_out; i++)
            is_held_out[index[i]] = true;
        n_marked += n_held_out;
    }
    return n_marked;
}

static void take_part(const struct dataset *dataset,
                      const bool *is_held_out,
                      bool wanted,
                      struct part *ret_part)
{
    *ret_part = (struct part){0, xcalloc(dataset->n_rows, sizeof(*ret_part->x)),
                              xcalloc(dataset->n_rows, sizeof(*ret_part->label))};
    for (size_t i = 0; i < dataset->n_rows; i++) {
        if (is_held_out[i] != wanted)
            continue;
        memcpy(ret_part->x[ret_part->n], dataset->x[i], sizeof(dataset->x[i]));
        ret_part->label[ret_part->n++] = dataset->label[i];
    }
}

/* Mean and population sd, as scikit-learn's StandardScaler; a feature that does not vary is left at its
 * size. */
static void find_scale(const struct part *part, struct model *model)
{
    for (int f = 0; f < N_FEATURES; f++) {
        double mean = 0, square = 0;

        for (size_t i = 0; i < part->n; i++)
            mean += part->x[i][f];
        mean /= (double)part->n;
        for (size_t i = 0; i < part->n; i++)
            square += (part->x[i][f] - mean) * (part->x[i][f] - mean);
        model->mean[f] = mean;
        model->scale[f] = sqrt(square / (double)part->n);
        if (model->scale[f] < MODEL_SCALE_MIN)
            model->scale[f] = 1;
    }
}

static int fit(const struct part *part,
               const struct train_options *options,
               struct model *model,
               struct tw_error *err)
{
    CLEANUP(freep) double(*z)[N_FEATURES] = xcalloc(part->n, sizeof(*z));
    double weights[CLASSES_MAX][FIT_WEIGHTS];
    struct fit_problem problem = {.n_rows = part->n,
                                  .z = (const double(*)[N_FEATURES])z,
                                  .label = part->label,
                                  .n_classes = options->n_classes,
                                  .progress = options->progress,
                                  .ctx = options->ctx};

    for (size_t i = 0; i < part->n; i++)
        for (int f = 0; f < N_FEATURES; f++)
            z[i][f] = (part->x[i][f] - model->mean[f]) / model->scale[f];
    if (fit_minimise(&problem, weights, err) < 0)
        return -1;
    for (int c = 0; c < options->n_classes; c++) {
        memcpy(model->coef[c], weights[c], sizeof(model->coef[c]));
        model->intercept[c] = weights[c][N_FEATURES];
    }
    return 0;
}

/* The training part, or a sample of it: beyond REFERENCE_ROWS_MAX more rows cost every vote time and
 * tell it nothing. */
static void build_reference(const struct part *part, struct model *model)
{
    size_t n = part->n < REFERENCE_ROWS_MAX ? part->n : REFERENCE_ROWS_MAX;
    CLEANUP(freep) size_t *index = xcalloc(part->n, sizeof(*index));
    CLEANUP(freep) double(*x)[N_FEATURES] = xcalloc(n, sizeof(*x));
    CLEANUP(freep) uint8_t *predicted = xcalloc(n, sizeof(*predicted));
    struct random_state rng;
    struct prediction prediction;

    random_seed(&rng, REFERENCE_SEED);
    for (size_t i = 0; i < part->n; i++)
        index[i] = i;
    shuffle(&rng, index, part->n);
    for (size_t i = 0; i < n; i++) {
        memcpy(x[i], part->x[index[i]], sizeof(x[i]));
        model_predict(model, x[i], &prediction);
        predicted[i] = (uint8_t)prediction.class_index;
    }
    reference_init(&model->reference, (const double(*)[N_FEATURES])x, predicted, n);
}

static void name_model(const struct dataset *dataset,
                       const struct train_options *options,
                       struct model *model)
{
    char day[CLOCK_ISO_SIZE];

    clock_format_iso(options->now_ms, day, sizeof(day));
    (void)snprintf(model->name, sizeof(model->name), "severity-logreg");
    (void)snprintf(model->version, sizeof(model->version), "%.10s.%.8s", day, dataset->sha256);
    memcpy(model->data_sha256, dataset->sha256, sizeof(model->data_sha256));
    model->trained_at_ms = options->now_ms;
    model->n_classes = options->n_classes;
    for (int c = 0; c < options->n_classes; c++)
        (void)snprintf(model->classes[c], sizeof(model->classes[c]), "%s", options->classes[c]);
}

int train_model(const struct dataset *dataset,
                const struct train_options *options,
                struct model **ret_model,
                struct tw_error *err)
{
    CLEANUP(model_freep) struct model *model = xcalloc(1, sizeof(*model));
    CLEANUP(freep) bool *is_held_out = xcalloc(dataset->n_rows, sizeof(*is_held_out));
    CLEANUP(part_finish) struct part training = {0};
    CLEANUP(part_finish) struct part held_out = {0};
    size_t n_training = dataset->n_rows - mark_held_out(dataset, options, is_held_out);

    assert(options->held_out_share >= 0 && options->held_out_share <= 0.5);
    if (n_training < REFERENCE_ROWS_MIN)
        return tw_fail(
            err, TW_INVALID,
            "%zu of %zu rows are for training: at least %d are needed, so about %.0f in all",
            n_training, dataset->n_rows, REFERENCE_ROWS_MIN,
            ceil(REFERENCE_ROWS_MIN / (1 - options->held_out_share)));
    take_part(dataset, is_held_out, false, &training);
    take_part(dataset, is_held_out, true, &held_out);
    name_model(dataset, options, model);
    find_scale(&training, model);
    if (fit(&training, options, model, err) < 0)
        return -1;
    build_reference(&training, model);
    if (held_out.n > 0)
        train_measure(model, (const double(*)[N_FEATURES])held_out.x, held_out.label, held_out.n);
    model->n_train = (uint32_t)training.n;
    *ret_model = TAKE(model);
    return 0;
}

static double class_f1(const struct model *model, int c)
{
    double hits = model->confusion[c][c], of_class = 0, said = 0;

    for (int other = 0; other < model->n_classes; other++) {
        of_class += model->confusion[c][other];
        said += model->confusion[other][c];
    }
    return of_class + said > 0 ? 2 * hits / (of_class + said) : 0;
}

static double class_recall(const struct model *model, int c)
{
    double of_class = 0;

    for (int other = 0; other < model->n_classes; other++)
        of_class += model->confusion[c][other];
    return of_class > 0 ? model->confusion[c][c] / of_class : 0;
}

void train_measure(struct model *model,
                   const double (*x)[N_FEATURES],
                   const uint8_t *label,
                   size_t n_rows)
{
    double hits = 0, loss = 0;

    memset(model->confusion, 0, sizeof(model->confusion));
    for (size_t i = 0; i < n_rows; i++) {
        struct prediction prediction;

        model_predict(model, x[i], &prediction);
        model->confusion[label[i]][prediction.class_index]++;
        hits += prediction.class_index == label[i];
        loss -= log(fmax(prediction.probability[label[i]], DBL_EPSILON));
    }
    model->n_held_out = (uint32_t)n_rows;
    model->accuracy = hits / (double)n_rows;
    model->log_loss = loss / (double)n_rows;
    model->macro_f1 = 0;
    for (int c = 0; c < model->n_classes; c++) {
        model->macro_f1 += class_f1(model, c) / model->n_classes;
        model->recall[c] = class_recall(model, c);
    }
}
