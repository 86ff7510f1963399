#include "test.h"

#include "common/json.h"
#include "common/random.h"
#include "same_bits.h"
#include "server/ml/tickets.h"
#include "server/ml/train.h"
#include "source_file.h"

#include <math.h>

#define DAY_MS 86400000LL

static const char *const golden_classes[] = {"Low", "Medium", "High", "Critical"};

static struct json *read_golden(void)
{
    CLEANUP(freep) char *text = NULL;
    struct json *json = NULL;
    size_t len;

    text = source_file_read("tests/data/golden/logreg_golden.json", &len);
    CHECK(json_parse(text, len, &json, NULL) == 0);
    return json;
}

static struct dataset *read_dataset(const char *path, const char *const *classes, int n_classes)
{
    CLEANUP(freep) char *text = NULL;
    struct dataset *dataset = NULL;
    struct tw_error err;
    size_t len;

    text = source_file_read(path, &len);
    if (dataset_parse(text, len, classes, n_classes, &dataset, &err) < 0)
        fail_msg("%s", err.message);
    return dataset;
}

static struct model *train(const struct dataset *dataset, const struct train_options *options)
{
    struct model *model = NULL;
    struct tw_error err;

    if (train_model(dataset, options, &model, &err) < 0)
        fail_msg("%s", err.message);
    return model;
}

static struct model *train_golden(void)
{
    CLEANUP(dataset_freep)
    struct dataset *dataset =
        read_dataset("tests/data/golden/tickets_train.csv", golden_classes, 4);

    return train(dataset, &(struct train_options){.classes = golden_classes, .n_classes = 4});
}

static double element(const struct json *array, size_t i)
{
    const struct json *item = json_first(array);

    while (i-- > 0)
        item = json_next(item);
    return json_number(item, (double)NAN);
}

static const struct json *row_of(const struct json *array, size_t i)
{
    const struct json *item = json_first(array);

    while (i-- > 0)
        item = json_next(item);
    return item;
}

/* Largest difference between the model's weights and a block of the golden file. */
static double weight_difference(const struct model *model, const struct json *block)
{
    double largest = 0;

    for (size_t c = 0; c < 4; c++) {
        for (size_t f = 0; f < N_FEATURES; f++)
            largest = fmax(
                largest, fabs(model->coef[c][f] - element(row_of(json_get(block, "coef"), c), f)));
        largest =
            fmax(largest, fabs(model->intercept[c] - element(json_get(block, "intercept"), c)));
    }
    return largest;
}

/* Of predictions for the golden rows. */
static double probability_difference(const struct model *model,
                                     const struct json *golden,
                                     const char *key)
{
    double largest = 0;
    size_t n = 0;

    for (const struct json *row = json_first(json_get(golden, "rows")); row;
         row = json_next(row), n++) {
        struct prediction prediction;
        double x[N_FEATURES];

        for (size_t f = 0; f < N_FEATURES; f++)
            x[f] = element(json_get(row, "x"), f);
        model_predict(model, x, &prediction);
        for (size_t c = 0; c < 4; c++)
            largest =
                fmax(largest, fabs(prediction.probability[c] - element(json_get(row, key), c)));
    }
    CHECK(n == 25);
    return largest;
}

static void training_reaches_the_golden_optimum(void **state)
{
    CLEANUP(json_freep) struct json *golden = read_golden();
    CLEANUP(model_freep) struct model *model = train_golden();
    const struct json *scaler = json_get(golden, "scaler");
    double scale_difference = 0, weights, probabilities;

    (void)state;
    for (size_t f = 0; f < N_FEATURES; f++)
        scale_difference = fmax(
            scale_difference, fmax(fabs(model->mean[f] - element(json_get(scaler, "mean"), f)),
                                   fabs(model->scale[f] - element(json_get(scaler, "scale"), f))));
    weights = weight_difference(model, json_get(golden, "optimum"));
    probabilities = probability_difference(model, golden, "proba_optimum");
    print_message(
        "# largest difference from the scaler %.2g, from the optimum's weights %.2g, from its "
        "probabilities %.2g\n",
        scale_difference, weights, probabilities);
    CHECK(scale_difference <= 1e-9);
    CHECK(weights <= 1e-6);
    CHECK(probabilities <= 1e-9);
}

static void inference_agrees_with_scikit_learn(void **state)
{
    CLEANUP(json_freep) struct json *golden = read_golden();
    const struct json *block = json_get(golden, "sklearn"), *scaler = json_get(golden, "scaler");
    struct model model = {.n_classes = 4};
    double probabilities;

    (void)state;
    for (size_t f = 0; f < N_FEATURES; f++) {
        model.mean[f] = element(json_get(scaler, "mean"), f);
        model.scale[f] = element(json_get(scaler, "scale"), f);
    }
    for (size_t c = 0; c < 4; c++) {
        for (size_t f = 0; f < N_FEATURES; f++)
            model.coef[c][f] = element(row_of(json_get(block, "coef"), c), f);
        model.intercept[c] = element(json_get(block, "intercept"), c);
    }
    probabilities = probability_difference(&model, golden, "proba_sklearn");
    print_message("# largest difference from scikit-learn's probabilities %.2g\n", probabilities);
    CHECK(probabilities <= 1e-9);
}

static void metrics_agree_with_scikit_learn(void **state)
{
    CLEANUP(json_freep) struct json *golden = read_golden();
    CLEANUP(model_freep) struct model *model = train_golden();
    CLEANUP(dataset_freep)
    struct dataset *test = read_dataset("tests/data/golden/tickets_test.csv", golden_classes, 4);
    const struct json *optimum = json_get(golden, "optimum");

    (void)state;
    CHECK(model->n_held_out == 0 && model->accuracy == 0);
    train_measure(model, (const double(*)[N_FEATURES])test->x, test->label, test->n_rows);
    CHECK_NEAR(model->accuracy, json_number(json_get(optimum, "accuracy"), 0), 1e-12);
    CHECK_NEAR(model->log_loss, json_number(json_get(optimum, "log_loss"), 0), 1e-9);
    CHECK_NEAR(model->macro_f1, json_number(json_get(optimum, "macro_f1"), 0), 1e-12);
    for (size_t c = 0; c < 4; c++)
        for (size_t d = 0; d < 4; d++)
            CHECK(model->confusion[c][d] ==
                  element(row_of(json_get(optimum, "confusion_rows_true"), c), d));
    CHECK_NEAR(model->recall[0], 366.0 / 407, 1e-12);
}

static void count_progress(void *ctx, const struct train_progress *progress)
{
    struct train_progress *last = ctx;

    CHECK(progress->iteration == last->iteration + 1);
    *last = *progress;
}

static struct model *train_on_the_asset(train_progress_fn *progress, void *ctx)
{
    CLEANUP(dataset_freep)
    struct dataset *dataset = read_dataset("assets/tickets.csv", ticket_classes, TICKET_CLASSES);

    return train(dataset, &(struct train_options){.classes = ticket_classes,
                                                  .n_classes = TICKET_CLASSES,
                                                  .held_out_share = 0.2,
                                                  .now_ms = 20000 * DAY_MS,
                                                  .progress = progress,
                                                  .ctx = ctx});
}

static void the_asset_gives_a_model_of_the_promised_accuracy(void **state)
{
    struct train_progress last = {.iteration = -1};
    CLEANUP(model_freep) struct model *model = train_on_the_asset(count_progress, &last);
    char version[32];

    (void)state;
    print_message("# held-out accuracy %.4f, log-loss %.4f, macro-F1 %.4f, %d iterations\n",
                  model->accuracy, model->log_loss, model->macro_f1, last.iteration);
    CHECK(model->accuracy >= 0.84 && model->accuracy <= 0.92);
    CHECK(model->n_train == 5000 && model->n_held_out == 1250);
    CHECK(model->reference.n_rows == 5000);
    CHECK(last.gradient_norm <= 1e-8);
    (void)snprintf(version, sizeof(version), "2024-10-04.%.8s", model->data_sha256);
    assert_string_equal(model->version, version);
}

static void the_known_calls_come_out(void **state)
{
    static const struct {
        double x[N_FEATURES];
        int class_index;
    } calls[] = {{{50, 0, 2, 1}, 0}, {{120, 2, 5, 3}, 1}, {{200, 5, 9, 5}, 2}, {{150, 3, 7, 4}, 2}};
    CLEANUP(model_freep) struct model *model = train_on_the_asset(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        struct prediction prediction;
        double sum = 0;

        model_predict(model, calls[i].x, &prediction);
        CHECK(prediction.class_index == calls[i].class_index);
        for (int c = 0; c < CLASSES_MAX; c++)
            sum += prediction.probability[c];
        CHECK_NEAR(sum, 1, 1e-12);
        CHECK(prediction.confidence == prediction.probability[prediction.class_index]);
    }
}

static void the_same_file_gives_the_same_bits(void **state)
{
    CLEANUP(model_freep) struct model *a = train_on_the_asset(NULL, NULL);
    CLEANUP(model_freep) struct model *b = train_on_the_asset(NULL, NULL);

    (void)state;
    CHECK(same_bits(a->coef, b->coef, sizeof(a->coef)));
    CHECK(same_bits(a->intercept, b->intercept, sizeof(a->intercept)));
    CHECK(a->log_loss == b->log_loss);
}

/* Each class keeps its share on both sides of the split. */
static void the_split_is_stratified(void **state)
{
    CLEANUP(model_freep) struct model *model = train_on_the_asset(NULL, NULL);
    CLEANUP(dataset_freep)
    struct dataset *all = read_dataset("assets/tickets.csv", ticket_classes, TICKET_CLASSES);
    double of_class[TICKET_CLASSES] = {0};

    (void)state;
    for (size_t i = 0; i < all->n_rows; i++)
        of_class[all->label[i]]++;
    for (int c = 0; c < TICKET_CLASSES; c++) {
        double held_out = 0;

        for (int d = 0; d < TICKET_CLASSES; d++)
            held_out += model->confusion[c][d];
        CHECK_NEAR(held_out, of_class[c] * 0.2, 0.5);
    }
}

static struct dataset *dataset_of(size_t n_rows)
{
    struct dataset *dataset = NULL;
    struct buffer csv;

    buffer_init(&csv, 1 << 20);
    tickets_write_csv(3, n_rows, &csv);
    CHECK(dataset_parse(csv.data, csv.len, ticket_classes, TICKET_CLASSES, &dataset, NULL) == 0);
    buffer_finish(&csv);
    return dataset;
}

static void a_reference_of_under_1000_rows_is_refused(void **state)
{
    CLEANUP(dataset_freep) struct dataset *dataset = dataset_of(1100);
    struct train_options options = {
        .classes = ticket_classes, .n_classes = TICKET_CLASSES, .held_out_share = 0.2};
    struct model *model = NULL;
    struct tw_error err;

    (void)state;
    CHECK(train_model(dataset, &options, &model, &err) < 0);
    CHECK(err.code == TW_INVALID);
    assert_string_equal(err.message,
                        "880 of 1100 rows are for training: at least 1000 are needed, so "
                        "about 1250 in all");
}

static void a_feature_that_never_varies_does_no_harm(void **state)
{
    CLEANUP(dataset_freep) struct dataset *dataset = dataset_of(1500);
    CLEANUP(model_freep) struct model *model = NULL;

    (void)state;
    for (size_t i = 0; i < dataset->n_rows; i++)
        dataset->x[i][FEATURE_CUSTOMER_TIER] = 3;
    model = train(dataset, &(struct train_options){.classes = ticket_classes,
                                                   .n_classes = TICKET_CLASSES,
                                                   .held_out_share = 0.2});
    CHECK(model->scale[FEATURE_CUSTOMER_TIER] == 1);
    CHECK(model->coef[0][FEATURE_CUSTOMER_TIER] == 0);
    CHECK(model->reference.feature[FEATURE_CUSTOMER_TIER].n_distinct == 1);
    CHECK(model->reference.feature[FEATURE_CUSTOMER_TIER].sd == 0);
    CHECK(model->accuracy > 0.7);
}

static void classes_that_a_feature_tells_apart_perfectly_are_learned(void **state)
{
    CLEANUP(dataset_freep) struct dataset *dataset = dataset_of(1500);
    CLEANUP(model_freep) struct model *model = NULL;

    (void)state;
    for (size_t i = 0; i < dataset->n_rows; i++)
        dataset->label[i] = dataset->x[i][FEATURE_TICKET_LENGTH] > 120;
    model = train(dataset, &(struct train_options){
                               .classes = ticket_classes, .n_classes = 2, .held_out_share = 0.2});
    CHECK(model->accuracy > 0.98);
    CHECK(isfinite(model->coef[1][0]));
}

static void equal_probabilities_go_to_the_lower_class(void **state)
{
    struct model model = {.n_classes = 3, .scale = {1, 1, 1, 1}};
    struct prediction prediction;

    (void)state;
    model_predict(&model, (double[N_FEATURES]){1, 2, 3, 4}, &prediction);
    CHECK(prediction.class_index == 0);
    CHECK_NEAR(prediction.confidence, 1.0 / 3, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(training_reaches_the_golden_optimum),
        TEST(inference_agrees_with_scikit_learn),
        TEST(metrics_agree_with_scikit_learn),
        TEST(the_asset_gives_a_model_of_the_promised_accuracy),
        TEST(the_known_calls_come_out),
        TEST(the_same_file_gives_the_same_bits),
        TEST(the_split_is_stratified),
        TEST(a_reference_of_under_1000_rows_is_refused),
        TEST(a_feature_that_never_varies_does_no_harm),
        TEST(classes_that_a_feature_tells_apart_perfectly_are_learned),
        TEST(equal_probabilities_go_to_the_lower_class),
    };

    return cmocka_run_group_tests_name("train", tests, NULL, NULL);
}
