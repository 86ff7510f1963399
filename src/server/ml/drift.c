#include "server/ml/drift.h"

#include "common/alloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PSI_LEAST 0.1 /* smaller shifts are not worth a flag, however sure */
#define KS_LEAST  0.1

struct drift_window *drift_window_new(size_t capacity)
{
    struct drift_window *window = xcalloc(1, sizeof(*window));

    window->capacity = capacity;
    for (int f = 0; f < N_FEATURES; f++)
        window->sorted[f] = xcalloc(capacity, sizeof(double));
    return window;
}

void drift_window_free(struct drift_window *window)
{
    if (!window)
        return;
    for (int f = 0; f < N_FEATURES; f++)
        free(window->sorted[f]);
    free(window);
}

void drift_window_clear(struct drift_window *window)
{
    window->n = 0;
    memset(window->class_counts, 0, sizeof(window->class_counts));
}

void drift_window_add(struct drift_window *window, const double *x, int class_index)
{
    assert(window->n < window->capacity && class_index >= 0 && class_index < CLASSES_MAX);
    for (int f = 0; f < N_FEATURES; f++)
        window->sorted[f][window->n] = x[f];
    window->class_counts[class_index]++;
    window->n++;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void drift_window_sort(struct drift_window *window)
{
    for (int f = 0; f < N_FEATURES; f++)
        qsort(window->sorted[f], window->n, sizeof(double), compare);
}

/* Values of an ascending sample that are <= limit. */
static size_t count_up_to(const double *sorted, size_t n, double limit)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (sorted[middle] <= limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void count_cells(struct drift_feature *feature, const double *sorted, size_t n)
{
    size_t below = 0;

    for (size_t k = 0; k <= feature->n_edges; k++) {
        size_t up_to = k < feature->n_edges ? count_up_to(sorted, n, feature->edges[k]) : n;

        feature->after[k] = (uint32_t)(up_to - below);
        below = up_to;
    }
}

static double mean_of(const double *values, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

bool drift_is_over(const struct drift_feature *feature, double tail)
{
    return feature->psi >= fmax(PSI_LEAST, feature->psi_critical) ||
           (feature->ks_p < tail && feature->ks >= KS_LEAST);
}

static void compare_feature(const struct reference_feature *reference,
                            uint32_t n_before,
                            const double *sorted,
                            size_t n_after,
                            double tail,
                            struct drift_feature *ret_feature)
{
    struct drift_feature *feature = ret_feature;
    double n = (double)n_after, m = n_before, sd = reference->sd > 0 ? reference->sd : 1;
    size_t n_cells = reference->n_edges + 1;

    feature->n_edges = reference->n_edges;
    memcpy(feature->edges, reference->edges, sizeof(feature->edges));
    memcpy(feature->before, reference->cell_counts, sizeof(feature->before));
    count_cells(feature, sorted, n_after);
    feature->psi = drift_psi(feature->before, feature->after, n_cells);
    feature->psi_critical = drift_psi_critical(n_cells, n, m, tail);
    feature->severity = drift_severity(feature->psi, drift_psi_expected(n_cells, n, m));
    feature->js_distance = drift_js_distance(feature->before, feature->after, n_cells);
    drift_distances(reference, sorted, n_after, &feature->ks, &feature->wasserstein_sd);
    feature->wasserstein_sd /= sd;
    feature->ks_p = drift_ks_p(feature->ks, n, m);
    feature->mean_before = reference->mean;
    feature->mean_after = mean_of(sorted, n_after);
    feature->mean_shift_sd = (feature->mean_after - feature->mean_before) / sd;
    feature->is_over = drift_is_over(feature, tail);
}

static void compare_classes(const struct reference *reference,
                            const struct drift_window *window,
                            struct drift_comparison *comparison)
{
    comparison->classes =
        drift_compare_classes(reference->class_counts, window->class_counts, CLASSES_MAX);
    for (int c = 0; c < CLASSES_MAX; c++) {
        comparison->class_share_before[c] = (double)reference->class_counts[c] / reference->n_rows;
        comparison->class_share_after[c] = window->class_counts[c] / (double)window->n;
    }
}

void drift_compare(const struct model *model,
                   const struct reference *reference,
                   const struct drift_window *window,
                   double alpha,
                   struct drift_comparison *ret_comparison)
{
    double severity[N_FEATURES];

    assert(window->n > 0);
    *ret_comparison = (struct drift_comparison){.n_before = reference->n_rows};
    for (int f = 0; f < N_FEATURES; f++) {
        struct drift_feature *feature = &ret_comparison->feature[f];
        double spread = model->coef[model->n_classes - 1][f] - model->coef[0][f];

        compare_feature(&reference->feature[f], reference->n_rows, window->sorted[f], window->n,
                        alpha / N_FEATURES, feature);
        feature->logit_shift =
            spread * (feature->mean_after - feature->mean_before) / model->scale[f];
        severity[f] = feature->severity;
    }
    ret_comparison->score = drift_score(severity, N_FEATURES);
    compare_classes(reference, window, ret_comparison);
}
