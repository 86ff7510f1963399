#ifndef TW_ML_REFERENCE_H
#define TW_ML_REFERENCE_H

/* What drift is measured against: how the features and the predicted classes were distributed in a
 * sample of rows. Immutable once built. Pure. */

#include "common/cleanup.h"
#include "server/ml/features.h"

#include <stddef.h>
#include <stdint.h>

#define PSI_EDGES_MAX 9 /* inner edges at the reference's deciles, duplicates merged */
#define PSI_CELLS_MAX (PSI_EDGES_MAX + 1)

/* One feature of the reference. Cells are (edge[k-1], edge[k]], the outer ones open. */
struct reference_feature {
    size_t n_edges;
    double edges[PSI_EDGES_MAX];
    uint32_t cell_counts[PSI_CELLS_MAX]; /* n_edges + 1 of them */
    double mean, sd;                     /* population sd */
    size_t n_distinct;                   /* the sorted sample, as distinct values ... */
    double *values;                      /* ... ascending, owned ... */
    uint32_t *cumulative;                /* ... and how many rows are <= each */
};

struct reference {
    uint32_t n_rows;
    struct reference_feature feature[N_FEATURES];
    uint32_t
        class_counts[CLASSES_MAX]; /* of what the model says of the rows, not of their labels */
};

/* Edges as numpy.quantile (linear) has them at 0.1 .. 0.9. Sorts sample; n over 0, values finite. */
void reference_feature_init(struct reference_feature *feature, double *sample, size_t n);
void reference_feature_finish(struct reference_feature *feature);

/* Counts the rows in each cell from values and cumulative; counts has PSI_CELLS_MAX places. */
void reference_count_cells(const struct reference_feature *feature, uint32_t *counts);

void reference_init(struct reference *reference,
                    const double (*x)[N_FEATURES],
                    const uint8_t *class_index,     /* predicted; under CLASSES_MAX */
                    size_t n_rows);                 /* over 0 */
void reference_finish(struct reference *reference); /* zeroed is fine */

/* The same on the heap: for a second reference, built from stored predictions. */
struct reference *reference_new(const double (*x)[N_FEATURES],
                                const uint8_t *class_index,
                                size_t n_rows);
void reference_free(struct reference *reference);
DEFINE_CLEANUP(struct reference *, reference_free);

#endif
