#include "test.h"

#include "common/json.h"
#include "server/ml/drift.h"
#include "source_file.h"

#include <math.h>

/* ---- Golden numbers from scipy ------------------------------------------------------------------- */

#define SAMPLE_MAX 256

static size_t read_numbers(const struct json *array, double *values)
{
    size_t n = 0;

    for (const struct json *item = json_first(array); item; item = json_next(item)) {
        CHECK(n < SAMPLE_MAX);
        values[n++] = json_number(item, (double)NAN);
    }
    return n;
}

static size_t read_counts(const struct json *array, uint32_t *counts)
{
    double values[SAMPLE_MAX];
    size_t n = read_numbers(array, values);

    for (size_t i = 0; i < n; i++)
        counts[i] = (uint32_t)values[i];
    return n;
}

static double number(const struct json *object, const char *group, const char *key)
{
    double value = json_number(json_get(json_get(object, group), key), (double)NAN);

    if (isnan(value))
        fail_msg("the golden case has no %s.%s", group, key);
    return value;
}

/* Largest differences over all cases. Those of values far from 1 are relative. */
struct differences {
    double ks, p, wasserstein, js, psi, edges;
    int n_cases, n_p;
};

static void keep_largest(double *largest, double ours, double golden)
{
    *largest = fmax(*largest, fabs(ours - golden) / fmax(1, fabs(golden)));
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void compare_distances(const struct json *golden, struct differences *differences)
{
    double reference[SAMPLE_MAX], window[SAMPLE_MAX], ks, wasserstein;
    size_t m = read_numbers(json_get(golden, "reference"), reference);
    size_t n = read_numbers(json_get(golden, "window"), window);
    struct reference_feature feature;

    qsort(window, n, sizeof(*window), compare);
    reference_feature_init(&feature, reference, m);
    drift_distances(&feature, window, n, &ks, &wasserstein);
    reference_feature_finish(&feature);
    keep_largest(&differences->ks, ks, number(golden, "ks", "statistic"));
    keep_largest(&differences->wasserstein, wasserstein,
                 json_number(json_get(golden, "wasserstein"), (double)NAN));
    if (n > 100 && m > 100) {
        keep_largest(&differences->p, drift_ks_p(ks, (double)n, (double)m),
                     number(golden, "ks", "p_asymp"));
        differences->n_p++;
    }
}

static void compare_cells(const struct json *golden, struct differences *differences)
{
    const struct json *psi = json_get(golden, "psi"), *js = json_get(golden, "js");
    uint32_t before[SAMPLE_MAX], after[SAMPLE_MAX];
    size_t n = read_counts(json_get(psi, "counts_reference"), before);

    CHECK(read_counts(json_get(psi, "counts_window"), after) == n);
    keep_largest(&differences->psi, drift_psi(before, after, n),
                 number(golden, "psi", "value_smoothed_half"));
    n = read_counts(json_get(js, "p_counts"), before);
    CHECK(read_counts(json_get(js, "q_counts"), after) == n);
    keep_largest(&differences->js, drift_js_distance(before, after, n),
                 number(golden, "js", "distance_base2"));
}

/* Our own edges and cells, found from the sample, are those of the golden file too. */
static void compare_edges(const struct json *golden, struct differences *differences)
{
    const struct json *psi = json_get(golden, "psi");
    double reference[SAMPLE_MAX], edges[SAMPLE_MAX] = {0};
    uint32_t counts[SAMPLE_MAX];
    size_t n = read_numbers(json_get(golden, "reference"), reference);
    struct reference_feature feature;

    reference_feature_init(&feature, reference, n);
    CHECK(read_numbers(json_get(psi, "inner_edges"), edges) == feature.n_edges);
    CHECK(read_counts(json_get(psi, "counts_reference"), counts) == feature.n_edges + 1);
    for (size_t k = 0; k < feature.n_edges; k++)
        keep_largest(&differences->edges, feature.edges[k], edges[k]);
    CHECK(memcmp(feature.cell_counts, counts, (feature.n_edges + 1) * sizeof(*counts)) == 0);
    reference_feature_finish(&feature);
}

static void statistics_agree_with_scipy(void **state)
{
    CLEANUP(freep) char *text = NULL;
    CLEANUP(json_freep) struct json *json = NULL;
    struct differences d = {0};
    size_t len;

    (void)state;
    text = source_file_read("tests/data/golden/drift_golden.json", &len);
    CHECK(json_parse(text, len, &json, NULL) == 0);
    for (const struct json *golden = json_first(json_get(json, "cases")); golden;
         golden = json_next(golden)) {
        compare_distances(golden, &d);
        compare_cells(golden, &d);
        compare_edges(golden, &d);
        d.n_cases++;
    }
    print_message(
        "# largest differences over %d cases: KS D %.2g, Wasserstein %.2g, JS %.2g, PSI %.2g, "
        "edges %.2g; KS p over %d cases %.2g\n",
        d.n_cases, d.ks, d.wasserstein, d.js, d.psi, d.edges, d.n_p, d.p);
    CHECK(d.n_cases == 13 && d.n_p >= 5);
    CHECK(d.ks <= 1e-9 && d.wasserstein <= 1e-9 && d.js <= 1e-9 && d.psi <= 1e-9);
    CHECK(d.edges <= 1e-12);
    CHECK(d.p <= 0.01);
}

/* ---- Formulas against tables --------------------------------------------------------------------- */

static void normal_quantiles_are_those_of_the_tables(void **state)
{
    (void)state;
    CHECK_NEAR(drift_normal_quantile(0.5), 0, 1e-9);
    CHECK_NEAR(drift_normal_quantile(0.025), 1.959963984540054, 1e-9);
    CHECK_NEAR(drift_normal_quantile(0.001), 3.090232306167813, 1e-9);
    CHECK_NEAR(drift_normal_quantile(0.00025), 3.480756404, 1e-8);
    CHECK_NEAR(drift_normal_quantile(1e-300), 37.0471, 1e-3);
}

static void chi_square_tails_are_those_of_the_tables(void **state)
{
    (void)state;
    CHECK_NEAR(drift_chi2_tail(3.841458820694124, 1), 0.05, 1e-12);
    CHECK_NEAR(drift_chi2_tail(5.991464547107979, 2), 0.05, 1e-12);
    CHECK_NEAR(drift_chi2_tail(16.266236196238129, 3), 0.001, 1e-12);
    CHECK_NEAR(drift_chi2_tail(27.877164871256568, 9), 0.001, 1e-12);
    CHECK_NEAR(drift_chi2_tail(0, 5), 1, 1e-12);
}

static void chi_square_quantiles_are_those_of_the_tables_but_for_a_little(void **state)
{
    (void)state;
    CHECK_NEAR(drift_chi2_quantile(9, 0.001) / 27.877164871256568, 1, 0.007);
    CHECK_NEAR(drift_chi2_quantile(5, 0.001) / 20.515005652432873, 1, 0.012);
    CHECK_NEAR(drift_chi2_quantile(1, 0.00025) / 13.41237, 1, 0.06);
    for (unsigned dof = 1; dof <= 9; dof++)
        CHECK(drift_chi2_tail(drift_chi2_quantile(dof, 0.00025), dof) < 0.00025);
}

static void the_kolmogorov_series_is_that_of_the_tables(void **state)
{
    /* lambda = 1.36 is the 5 % point, 1.63 the 1 % point; e so large that the correction vanishes. */
    double n = 2e12, root = 1e6;

    (void)state;
    CHECK_NEAR(drift_ks_p(1.3581 / root, n, n), 0.05, 1e-4);
    CHECK_NEAR(drift_ks_p(1.6276 / root, n, n), 0.01, 1e-4);
    CHECK(drift_ks_p(0, 200, 5000) == 1);
    CHECK(drift_ks_p(1, 200, 5000) < 1e-100);
}

static void severity_is_a_half_at_0_25_over_chance(void **state)
{
    (void)state;
    CHECK_NEAR(drift_psi_expected(10, 200, 5000), 9 * (1.0 / 200 + 1.0 / 5000), 1e-15);
    CHECK(drift_severity(0.04, 0.05) == 0);
    CHECK_NEAR(drift_severity(0.30, 0.05), 0.5, 1e-12);
    CHECK_NEAR(drift_severity(0.55, 0.05), 0.75, 1e-12);
}

static void the_score_is_a_half_at_four_features_of_a_half(void **state)
{
    (void)state;
    CHECK_NEAR(drift_score((double[]){0.5, 0.5, 0.5, 0.5}, 4), 0.5, 1e-12);
    CHECK_NEAR(drift_score((double[]){drift_severity(0.57, 0), 0, 0, 0}, 4), 0.5, 0.01);
    CHECK(drift_score((double[]){0, 0, 0, 0}, 4) == 0);
    CHECK(drift_score((double[]){1, 1, 1, 1}, 4) == 1);
}

static void class_counts_are_compared_as_a_table(void **state)
{
    /* scipy.stats.chi2_contingency([[30, 50, 20], [60, 30, 10]], correction=False) */
    struct drift_classes moved =
        drift_compare_classes((uint32_t[]){60, 30, 10}, (uint32_t[]){30, 50, 20}, 3);
    struct drift_classes apart =
        drift_compare_classes((uint32_t[]){9, 0, 0}, (uint32_t[]){0, 5, 0}, 3);
    struct drift_classes alone = drift_compare_classes((uint32_t[]){9, 0}, (uint32_t[]){5, 0}, 2);

    (void)state;
    CHECK_NEAR(moved.chi2, 10 + 5 + 10.0 / 3, 1e-12);
    CHECK_NEAR(moved.p, exp(-moved.chi2 / 2), 1e-15);
    CHECK_NEAR(moved.cramers_v, sqrt(moved.chi2 / 200), 1e-12);
    CHECK_NEAR(apart.cramers_v, 1, 1e-12);
    CHECK(alone.chi2 == 0 && alone.p == 1 && alone.cramers_v == 0);
}

/* ---- A comparison -------------------------------------------------------------------------------- */

#define N_ROWS   1000
#define N_WINDOW 200

/* Feature f of row i: evenly spread over 0..9.99, one order for all. */
static struct reference *even_reference(void)
{
    static double x[N_ROWS][N_FEATURES];
    static uint8_t class_index[N_ROWS];

    for (int i = 0; i < N_ROWS; i++) {
        for (int f = 0; f < N_FEATURES; f++)
            x[i][f] = i / 100.0;
        class_index[i] = (uint8_t)(i % 2);
    }
    return reference_new((const double(*)[N_FEATURES])x, class_index, N_ROWS);
}

static const struct model two_classes = {.n_classes = 2,
                                         .classes = {"Low", "High"},
                                         .scale = {2, 1, 1, 1},
                                         .coef = {{-1, 0, 0, 0}, {3, 0, 0, 0}}};

/* The window spreads evenly too, with feature 0 moved up by `by`. */
static void fill(struct drift_window *window, double by)
{
    drift_window_clear(window);
    for (int i = 0; i < N_WINDOW; i++) {
        double at = (i * 77 % N_WINDOW) / 20.0, x[N_FEATURES] = {at + by, at, at, at};

        drift_window_add(window, x, i % 2);
    }
    drift_window_sort(window);
}

static void a_window_like_the_reference_is_quiet(void **state)
{
    CLEANUP(reference_freep) struct reference *reference = even_reference();
    CLEANUP(drift_window_freep) struct drift_window *window = drift_window_new(N_WINDOW);
    struct drift_comparison comparison;

    (void)state;
    fill(window, 0);
    drift_compare(&two_classes, reference, window, 0.001, &comparison);
    CHECK(comparison.score == 0);
    CHECK(comparison.n_before == N_ROWS);
    for (int f = 0; f < N_FEATURES; f++) {
        CHECK(!comparison.feature[f].is_over);
        CHECK_NEAR(comparison.feature[f].mean_shift_sd, 0, 0.01);
        CHECK(comparison.feature[f].ks_p > 0.9);
    }
    CHECK(comparison.classes.chi2 == 0);
    CHECK(comparison.class_share_before[1] == 0.5 && comparison.class_share_after[1] == 0.5);
}

static void a_moved_feature_is_the_one_that_is_over(void **state)
{
    CLEANUP(reference_freep) struct reference *reference = even_reference();
    CLEANUP(drift_window_freep) struct drift_window *window = drift_window_new(N_WINDOW);
    struct drift_comparison comparison;
    struct drift_feature *moved = &comparison.feature[0];
    uint32_t rows = 0;

    (void)state;
    fill(window, 3);
    drift_compare(&two_classes, reference, window, 0.001, &comparison);
    CHECK(moved->is_over && moved->psi > moved->psi_critical && moved->psi_critical > 0.1);
    CHECK(!comparison.feature[1].is_over);
    CHECK_NEAR(moved->ks, 0.3, 0.01);
    CHECK_NEAR(moved->mean_after - moved->mean_before, 3, 0.05);
    CHECK_NEAR(moved->mean_shift_sd, 3 / 2.887, 0.02);
    CHECK_NEAR(moved->wasserstein_sd, moved->mean_shift_sd, 1e-9);
    CHECK_NEAR(moved->logit_shift, 4 * 3 / 2.0, 0.1);
    CHECK(comparison.feature[1].logit_shift == 0);
    for (size_t k = 0; k <= moved->n_edges; k++)
        rows += moved->after[k];
    CHECK(rows == N_WINDOW);
    CHECK(moved->after[0] == 0 && moved->after[9] == 80);
}

static void critical_values_share_alpha_among_the_features(void **state)
{
    CLEANUP(reference_freep) struct reference *reference = even_reference();
    CLEANUP(drift_window_freep) struct drift_window *window = drift_window_new(N_WINDOW);
    struct drift_comparison comparison;

    (void)state;
    fill(window, 0);
    drift_compare(&two_classes, reference, window, 0.001, &comparison);
    CHECK(comparison.feature[0].psi_critical ==
          drift_psi_critical(10, N_WINDOW, N_ROWS, 0.001 / N_FEATURES));
}

static void a_feature_is_over_by_psi_or_by_ks(void **state)
{
    static const struct {
        struct drift_feature feature;
        bool is_over;
    } cases[] = {
        {{.psi = 0.17, .psi_critical = 0.17, .ks_p = 1}, true},
        {{.psi = 0.16, .psi_critical = 0.17, .ks_p = 1}, false},
        {{.psi = 0.10, .psi_critical = 0.02, .ks_p = 1}, true},
        {{.psi = 0.09, .psi_critical = 0.02, .ks_p = 1}, false},
        {{.psi_critical = 0.17, .ks = 0.10, .ks_p = 0.0002}, true},
        {{.psi_critical = 0.17, .ks = 0.09, .ks_p = 0.0002}, false},
        {{.psi_critical = 0.17, .ks = 0.50, .ks_p = 0.00025}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK(drift_is_over(&cases[i].feature, 0.00025) == cases[i].is_over);
}

static void cells_carry_the_psi_between_them(void **state)
{
    CLEANUP(reference_freep) struct reference *reference = even_reference();
    CLEANUP(drift_window_freep) struct drift_window *window = drift_window_new(N_WINDOW);
    struct drift_comparison comparison;
    double sum = 0;

    (void)state;
    fill(window, 2);
    drift_compare(&two_classes, reference, window, 0.001, &comparison);
    for (size_t k = 0; k <= comparison.feature[0].n_edges; k++)
        sum += drift_cell_psi(&comparison.feature[0], k);
    CHECK_NEAR(sum, comparison.feature[0].psi, 1e-12);
}

static void the_explanation_names_means_cells_and_logit(void **state)
{
    struct drift_feature feature = {.psi = 0.42,
                                    .mean_before = 120,
                                    .mean_after = 150.5,
                                    .mean_shift_sd = 0.76,
                                    .logit_shift = 1.9,
                                    .n_edges = 2,
                                    .edges = {80, 160},
                                    .before = {300, 400, 300},
                                    .after = {10, 90, 100}};
    struct buffer out;

    (void)state;
    buffer_init(&out, 512);
    drift_explain(&feature, FEATURE_TICKET_LENGTH, &out);
    assert_string_equal(
        buffer_text(&out),
        "mean 120 -> 150.5 words (+0.76 sd), PSI 0.42; most of it in up to 80 (30 % "
        "-> 5 %) and over 160 (30 % -> 50 %); moves the logit of the highest class "
        "against the lowest by +1.90");
    buffer_finish(&out);
}

static struct json *written(const struct drift_report *report)
{
    struct json *json = NULL;
    struct buffer out;
    struct json_writer w = {&out, false};

    buffer_init(&out, 1 << 16);
    drift_report_write(report, &two_classes, &w);
    CHECK(!out.failed);
    CHECK(json_parse(out.data, out.len, &json, NULL) == 0);
    buffer_finish(&out);
    return json;
}

static void a_report_without_a_score_says_null(void **state)
{
    CLEANUP(json_freep) struct json *json = written(&(struct drift_report){.n_samples = 99});

    (void)state;
    CHECK(json_number(json_get(json, "samples_analyzed"), -1) == 99);
    CHECK(json_type(json_get(json, "drift_score")) == JSON_NULL && json_get(json, "drift_score"));
    CHECK(!json_get(json, "features"));
}

static void a_report_holds_every_figure(void **state)
{
    CLEANUP(reference_freep) struct reference *reference = even_reference();
    CLEANUP(drift_window_freep) struct drift_window *window = drift_window_new(N_WINDOW);
    CLEANUP(json_freep) struct json *json = NULL;
    struct drift_report report = {.n_samples = N_WINDOW,
                                  .has_score = true,
                                  .has_usual = true,
                                  .detected = {true},
                                  .n_detected = 1,
                                  .detected_ratio = 0.25,
                                  .is_detected = true};
    const struct json *first;

    (void)state;
    fill(window, 3);
    drift_compare(&two_classes, reference, window, 0.001, &report.training);
    report.usual = report.training;
    json = written(&report);
    first = json_first(json_get(json, "features"));
    CHECK(json_bool(json_get(json, "drift_detected"), false));
    CHECK_NEAR(json_number(json_get(json, "drift_score"), 0), report.training.score, 1e-6);
    CHECK(json_count(json_get(json, "features")) == N_FEATURES);
    assert_string_equal(json_string(json_get(first, "name")), "ticket_length");
    CHECK(json_bool(json_get(first, "drift_detected"), false));
    CHECK_NEAR(json_number(json_get(first, "psi"), 0), report.training.feature[0].psi, 1e-6);
    CHECK(json_count(json_get(first, "cells")) == 10);
    CHECK(strstr(json_string(json_get(first, "explanation")), "most of it in"));
    CHECK(json_count(json_get(json_get(json, "predictions"), "classes")) == 2);
    CHECK(json_number(json_get(json_get(json, "usual"), "drift_score"), 0) > 0);
    assert_string_equal(json_string(json_get(json, "judged_against")), "usual");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(statistics_agree_with_scipy),
        TEST(normal_quantiles_are_those_of_the_tables),
        TEST(chi_square_tails_are_those_of_the_tables),
        TEST(chi_square_quantiles_are_those_of_the_tables_but_for_a_little),
        TEST(the_kolmogorov_series_is_that_of_the_tables),
        TEST(severity_is_a_half_at_0_25_over_chance),
        TEST(the_score_is_a_half_at_four_features_of_a_half),
        TEST(class_counts_are_compared_as_a_table),
        TEST(a_window_like_the_reference_is_quiet),
        TEST(a_moved_feature_is_the_one_that_is_over),
        TEST(critical_values_share_alpha_among_the_features),
        TEST(a_feature_is_over_by_psi_or_by_ks),
        TEST(cells_carry_the_psi_between_them),
        TEST(the_explanation_names_means_cells_and_logit),
        TEST(a_report_without_a_score_says_null),
        TEST(a_report_holds_every_figure),
    };

    return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
