#include "test.h"

#include "server/ml/realized.h"

#include <math.h>

static void add(struct realized *r, int64_t sequence, int predicted, int truth, float confidence)
{
    (void)realized_add(
        r, &(struct realized_label){sequence, (uint8_t)predicted, (uint8_t)truth, confidence, 0});
}

static void few_labels_make_no_figure(void **state)
{
    struct realized r = {0};
    struct realized_report report;

    (void)state;
    for (int i = 0; i < REALIZED_LABELS_MIN - 1; i++)
        add(&r, i, 1, 1, 0.9F);
    realized_report(&r, 3, &report);
    assert_int_equal(report.n_labels, REALIZED_LABELS_MIN - 1);
    CHECK(isnan(report.accuracy) && isnan(report.calibration_error));
}

/* 40 labels, 30 right: of class 0 all 20, of class 1 10 of 20. All with confidence 0.95. */
static void accuracy_recall_and_calibration_are_counted(void **state)
{
    struct realized r = {0};
    struct realized_report report;

    (void)state;
    for (int i = 0; i < 20; i++) {
        add(&r, i, 0, 0, 0.95F);
        add(&r, 100 + i, i % 2, 1, 0.95F);
    }
    realized_report(&r, 3, &report);
    CHECK_NEAR(report.accuracy, 0.75, 1e-12);
    CHECK_NEAR(report.recall[0], 1, 1e-12);
    CHECK_NEAR(report.recall[1], 0.5, 1e-12);
    CHECK(isnan(report.recall[2]));
    CHECK_NEAR(report.calibration_error, 0.2, 1e-6);
}

static void a_second_label_replaces_the_first(void **state)
{
    struct realized r = {0};
    struct realized_label label = {7, 1, 1, 0.5F, 0};

    (void)state;
    CHECK(realized_add(&r, &label));
    label.true_class = 2;
    CHECK(!realized_add(&r, &label));
    assert_int_equal(r.n, 1);
    assert_int_equal(r.labels[0].true_class, 2);
}

/* Sequences begin at the moment of a replica's start: two that start together count alike. */
static void two_replicas_predictions_of_one_sequence_are_two(void **state)
{
    struct realized r = {0};
    struct realized_label label = {7, 1, 1, 0.5F, 1};

    (void)state;
    CHECK(realized_add(&r, &label));
    label.replica = 2;
    CHECK(realized_add(&r, &label));
    CHECK(!realized_add(&r, &label));
    assert_int_equal(r.n, 2);
}

static void only_the_last_labels_count(void **state)
{
    struct realized r = {0};
    struct realized_report report;

    (void)state;
    for (int i = 0; i < REALIZED_WINDOW; i++)
        add(&r, i, 0, 1, 0.5F);
    for (int i = 0; i < REALIZED_WINDOW; i++)
        add(&r, 10000 + i, 1, 1, 0.5F);
    realized_report(&r, 3, &report);
    assert_int_equal(report.n_labels, REALIZED_WINDOW);
    CHECK_NEAR(report.accuracy, 1, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(few_labels_make_no_figure),
        TEST(accuracy_recall_and_calibration_are_counted),
        TEST(a_second_label_replaces_the_first),
        TEST(two_replicas_predictions_of_one_sequence_are_two),
        TEST(only_the_last_labels_count),
    };

    return cmocka_run_group_tests_name("realized", tests, NULL, NULL);
}
