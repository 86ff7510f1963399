#include "server/ml/reference.h"

#include "common/alloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Quantile of a sorted sample between its neighbours, with numpy's own rounding: equal neighbours give
 * exactly their value, so that edges on ties merge. */
static double quantile(const double *sorted, size_t n, double share)
{
    double at = share * (double)(n - 1), below = floor(at), part = at - below;
    double low = sorted[(size_t)below], high = sorted[(size_t)below + (below < (double)(n - 1))];

    return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
}

static void find_edges(struct reference_feature *feature, const double *sorted, size_t n)
{
    for (int decile = 1; decile <= PSI_EDGES_MAX; decile++) {
        double edge = quantile(sorted, n, decile / 10.0);

        if (feature->n_edges == 0 || edge > feature->edges[feature->n_edges - 1])
            feature->edges[feature->n_edges++] = edge;
    }
}

static void find_moments(struct reference_feature *feature, const double *sorted, size_t n)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++)
        sum += sorted[i];
    feature->mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (sorted[i] - feature->mean) * (sorted[i] - feature->mean);
    feature->sd = sqrt(squares / (double)n);
}

static void keep_distinct(struct reference_feature *feature, const double *sorted, size_t n)
{
    feature->values = xcalloc(n, sizeof(*feature->values));
    feature->cumulative = xcalloc(n, sizeof(*feature->cumulative));
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && sorted[i + 1] == sorted[i])
            continue;
        feature->values[feature->n_distinct] = sorted[i];
        feature->cumulative[feature->n_distinct++] = (uint32_t)(i + 1);
    }
}

void reference_count_cells(const struct reference_feature *feature, uint32_t *counts)
{
    size_t cell = 0;
    uint32_t before = 0;

    for (size_t k = 0; k < PSI_CELLS_MAX; k++)
        counts[k] = 0;
    for (size_t i = 0; i < feature->n_distinct; i++) {
        while (cell < feature->n_edges && feature->values[i] > feature->edges[cell])
            cell++;
        counts[cell] += feature->cumulative[i] - before;
        before = feature->cumulative[i];
    }
}

void reference_feature_init(struct reference_feature *feature, double *sample, size_t n)
{
    assert(n > 0 && n <= UINT32_MAX);
    *feature = (struct reference_feature){0};
    qsort(sample, n, sizeof(*sample), compare);
    find_edges(feature, sample, n);
    find_moments(feature, sample, n);
    keep_distinct(feature, sample, n);
    reference_count_cells(feature, feature->cell_counts);
}

void reference_feature_finish(struct reference_feature *feature)
{
    free(feature->values);
    free(feature->cumulative);
    *feature = (struct reference_feature){0};
}

void reference_init(struct reference *reference,
                    const double (*x)[N_FEATURES],
                    const uint8_t *class_index,
                    size_t n_rows)
{
    CLEANUP(freep) double *column = xcalloc(n_rows, sizeof(*column));

    *reference = (struct reference){.n_rows = (uint32_t)n_rows};
    for (int f = 0; f < N_FEATURES; f++) {
        for (size_t i = 0; i < n_rows; i++)
            column[i] = x[i][f];
        reference_feature_init(&reference->feature[f], column, n_rows);
    }
    for (size_t i = 0; i < n_rows; i++)
        reference->class_counts[class_index[i]]++;
}

void reference_finish(struct reference *reference)
{
    for (int f = 0; f < N_FEATURES; f++)
        reference_feature_finish(&reference->feature[f]);
    *reference = (struct reference){0};
}

struct reference *reference_new(const double (*x)[N_FEATURES],
                                const uint8_t *class_index,
                                size_t n_rows)
{
    struct reference *reference = xcalloc(1, sizeof(*reference));

    reference_init(reference, x, class_index, n_rows);
    return reference;
}

void reference_free(struct reference *reference)
{
    if (!reference)
        return;
    reference_finish(reference);
    free(reference);
}
