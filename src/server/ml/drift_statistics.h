#ifndef TW_ML_DRIFT_STATISTICS_H
#define TW_ML_DRIFT_STATISTICS_H

/* The distances and tests that drift is measured with: numbers in, numbers out. Pure. */

#include "server/ml/reference.h"

#include <stddef.h>
#include <stdint.h>

/* Population stability index over cells, sum of (p - q) ln(p / q), with half a row added to every cell
 * of both sides: p = (c + 0.5) / (n + 0.5 K). */
double drift_psi(const uint32_t *reference, const uint32_t *window, size_t n_cells);

/* A cell's p or q: its share of n rows, as that has it. */
double drift_share(double count, double n, double n_cells);

/* One cell's term of it. n_reference and n_window are the sums over all cells. */
double drift_psi_term(
    double reference, double n_reference, double window, double n_window, double n_cells);

/* What the PSI of two samples of one distribution comes to on average: (K - 1)(1/n + 1/m). Its own
 * distribution is about chi-square with K - 1 degrees of freedom times (1/n + 1/m) (Yurdakul, "Statistical
 * properties of population stability index", 2018), so it is over the critical value with chance tail. */
double drift_psi_expected(size_t n_cells, double n, double m);
double drift_psi_critical(size_t n_cells, double n, double m, double tail);

/* 0..1: 1 - 2^(-max(0, psi - expected) / 0.25), so 0.5 at a PSI of 0.25 over what chance gives. */
double drift_severity(double psi, double expected);

/* 0..1 over all features: min(1, (sum of severity^3 / 4)^(1/3)), with 4 for the number of features. */
double drift_score(const double *severity, size_t n_features);

/* Square root of the Jensen-Shannon divergence in bits: 0 equal, 1 disjoint. Both sums over 0. */
double drift_js_distance(const uint32_t *reference, const uint32_t *window, size_t n_cells);

/* Kolmogorov-Smirnov D and Wasserstein-1 of the reference's n_rows against an ascending sample, in one
 * merge over distinct values. n over 0. */
void drift_distances(const struct reference_feature *feature,
                     const double *sorted,
                     size_t n,
                     double *ret_ks,
                     double *ret_wasserstein);

/* Chance of a D this large or larger between samples of one distribution, for n and m over 100: the
 * Kolmogorov series at sqrt(e) D + 1 / (6 sqrt(e)) + (sqrt(e) D - 1) / (4 e), e = nm / (n + m) (Vrbik,
 * "Small-sample corrections to Kolmogorov-Smirnov test statistic", 2018). On the golden samples it is
 * within 0.0013 of scipy's kstwo; the older (sqrt(e) + 0.12 + 0.11 / sqrt(e)) D is up to 0.0113 off. */
double drift_ks_p(double d, double n, double m);

/* Homogeneity of two rows of class counts. Classes that neither has are left out. Cramer's V of a table
 * of two rows is sqrt(chi2 / (n + m)). */
struct drift_classes {
    double chi2, p, cramers_v; /* 0, 1, 0 when fewer than two classes occur */
};
struct drift_classes drift_compare_classes(const uint32_t *reference,
                                           const uint32_t *window,
                                           size_t n_classes);

double drift_chi2_tail(double chi2, unsigned dof); /* chance of more; dof over 0 */
/* Its inverse, by Wilson and Hilferty (1931): at the tails used here 0.7 % too large at 9 degrees of
 * freedom, 6 % at 1, so that a feature with few cells is flagged a little later. */
double drift_chi2_quantile(unsigned dof, double tail);
double drift_normal_quantile(double tail); /* chance of more = tail, 0 < tail <= 0.5 */

#endif
