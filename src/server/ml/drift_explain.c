#include "server/ml/drift.h"

#define CELLS_NAMED 2

static double total(const uint32_t *counts, size_t n)
{
    double sum = 0;

    for (size_t k = 0; k < n; k++)
        sum += counts[k];
    return sum;
}

double drift_cell_psi(const struct drift_feature *feature, size_t cell)
{
    size_t n_cells = feature->n_edges + 1;

    return drift_psi_term(feature->before[cell], total(feature->before, n_cells),
                          feature->after[cell], total(feature->after, n_cells), (double)n_cells);
}

/* The cell with the largest term that is not taken yet. */
static size_t largest_cell(const struct drift_feature *feature, const bool *is_taken)
{
    size_t best = PSI_CELLS_MAX;

    for (size_t k = 0; k <= feature->n_edges; k++)
        if (!is_taken[k] &&
            (best == PSI_CELLS_MAX || drift_cell_psi(feature, k) > drift_cell_psi(feature, best)))
            best = k;
    return best;
}

static void put_cell_name(const struct drift_feature *feature, size_t cell, struct buffer *out)
{
    if (cell == 0)
        (void)buffer_printf(out, "up to %.4g", feature->edges[0]);
    else if (cell == feature->n_edges)
        (void)buffer_printf(out, "over %.4g", feature->edges[cell - 1]);
    else
        (void)buffer_printf(out, "over %.4g to %.4g", feature->edges[cell - 1],
                            feature->edges[cell]);
}

static void put_cells(const struct drift_feature *feature, struct buffer *out)
{
    double n_before = total(feature->before, feature->n_edges + 1);
    double n_after = total(feature->after, feature->n_edges + 1);
    bool is_taken[PSI_CELLS_MAX] = {false};

    for (size_t named = 0; named < CELLS_NAMED && named <= feature->n_edges; named++) {
        size_t cell = largest_cell(feature, is_taken);

        is_taken[cell] = true;
        (void)buffer_puts(out, named == 0 ? "; most of it in " : " and ");
        put_cell_name(feature, cell, out);
        (void)buffer_printf(out, " (%.0f %% -> %.0f %%)", 100 * feature->before[cell] / n_before,
                            100 * feature->after[cell] / n_after);
    }
}

void drift_explain(const struct drift_feature *feature, enum feature which, struct buffer *out)
{
    (void)buffer_printf(out, "mean %.4g -> %.4g %s (%+.2f sd), PSI %.2f", feature->mean_before,
                        feature->mean_after, features[which].unit, feature->mean_shift_sd,
                        feature->psi);
    put_cells(feature, out);
    (void)buffer_printf(out, "; moves the logit of the highest class against the lowest by %+.2f",
                        feature->logit_shift);
}
