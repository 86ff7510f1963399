#include "server/ml/drift_statistics.h"

#include <math.h>

static double sum_of(const uint32_t *counts, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

double drift_share(double count, double n, double n_cells)
{
    return (count + 0.5) / (n + 0.5 * n_cells);
}

double drift_psi_term(
    double reference, double n_reference, double window, double n_window, double n_cells)
{
    double q = drift_share(reference, n_reference, n_cells);
    double p = drift_share(window, n_window, n_cells);

    return (p - q) * log(p / q);
}

double drift_psi(const uint32_t *reference, const uint32_t *window, size_t n_cells)
{
    double n_reference = sum_of(reference, n_cells), n_window = sum_of(window, n_cells), psi = 0;

    for (size_t k = 0; k < n_cells; k++)
        psi += drift_psi_term(reference[k], n_reference, window[k], n_window, (double)n_cells);
    return psi;
}

double drift_psi_expected(size_t n_cells, double n, double m)
{
    return ((double)n_cells - 1) * (1 / n + 1 / m);
}

double drift_psi_critical(size_t n_cells, double n, double m, double tail)
{
    if (n_cells < 2)
        return HUGE_VAL;
    return (1 / n + 1 / m) * drift_chi2_quantile((unsigned)n_cells - 1, tail);
}

double drift_severity(double psi, double expected)
{
    return 1 - exp2(-fmax(0, psi - expected) / 0.25);
}

double drift_score(const double *severity, size_t n_features)
{
    double sum = 0;

    for (size_t f = 0; f < n_features; f++)
        sum += severity[f] * severity[f] * severity[f];
    return fmin(1, cbrt(sum / (double)n_features));
}

/* x log2(x / y), with its limit at 0. */
static double bits(double x, double y)
{
    return x > 0 ? x * log2(x / y) : 0;
}

double drift_js_distance(const uint32_t *reference, const uint32_t *window, size_t n_cells)
{
    double n_reference = sum_of(reference, n_cells), n_window = sum_of(window, n_cells);
    double divergence = 0;

    for (size_t k = 0; k < n_cells; k++) {
        double q = reference[k] / n_reference, p = window[k] / n_window, middle = (p + q) / 2;

        divergence += (bits(p, middle) + bits(q, middle)) / 2;
    }
    return sqrt(fmax(0, divergence));
}

void drift_distances(const struct reference_feature *feature,
                     const double *sorted,
                     size_t n,
                     double *ret_ks,
                     double *ret_wasserstein)
{
    size_t n_distinct = feature->n_distinct, i = 0, j = 0;
    double m = feature->cumulative[n_distinct - 1], gap = 0, ks = 0, area = 0;
    double at = fmin(feature->values[0], sorted[0]);

    while (i < n_distinct || j < n) {
        double next = i == n_distinct || (j < n && sorted[j] < feature->values[i])
                          ? sorted[j]
                          : feature->values[i];

        area += gap * (next - at);
        at = next;
        if (i < n_distinct && feature->values[i] == at)
            i++;
        while (j < n && sorted[j] == at)
            j++;
        gap = fabs((i > 0 ? feature->cumulative[i - 1] : 0) / m - (double)j / (double)n);
        ks = fmax(ks, gap);
    }
    *ret_ks = ks;
    *ret_wasserstein = area;
}

double drift_ks_p(double d, double n, double m)
{
    double e = n * m / (n + m), root = sqrt(e);
    double lambda = root * d + 1 / (6 * root) + (root * d - 1) / (4 * e);
    double sum = 0;

    if (lambda < 0.2) /* there the series is 1 to 12 digits, but slow */
        return 1;
    for (int k = 1; k <= 100; k++) {
        double term = exp(-2.0 * k * k * lambda * lambda);

        sum += k % 2 ? term : -term;
        if (term < 1e-17)
            break;
    }
    return fmin(1, fmax(0, 2 * sum));
}

struct drift_classes drift_compare_classes(const uint32_t *reference,
                                           const uint32_t *window,
                                           size_t n_classes)
{
    double m = sum_of(reference, n_classes), n = sum_of(window, n_classes);
    struct drift_classes result = {0, 1, 0};
    unsigned n_present = 0;

    for (size_t c = 0; c < n_classes; c++) {
        double both = (double)reference[c] + window[c], expected = both * n / (n + m);
        double off = window[c] - expected;

        if (both == 0)
            continue;
        n_present++;
        result.chi2 += off * off / expected + off * off / (both - expected);
    }
    if (n_present < 2)
        return (struct drift_classes){0, 1, 0};
    result.p = drift_chi2_tail(result.chi2, n_present - 1);
    result.cramers_v = sqrt(result.chi2 / (n + m));
    return result;
}

/* The finite sums for whole degrees of freedom (Abramowitz and Stegun 26.4.4 and 26.4.5). */
double drift_chi2_tail(double chi2, unsigned dof)
{
    double term, sum = 0;

    if (dof % 2 == 0) {
        term = exp(-chi2 / 2);
        for (unsigned k = 0; k < dof / 2; k++) {
            sum += term;
            term *= chi2 / (2.0 * (k + 1));
        }
        return sum;
    }
    term = sqrt(2 * chi2 / M_PI) * exp(-chi2 / 2);
    for (unsigned k = 1; k < dof; k += 2) {
        sum += term;
        term *= chi2 / (k + 2.0);
    }
    return erfc(sqrt(chi2 / 2)) + sum;
}

/* Newton's method on ln of the tail. That is concave, and the start lies above the root (the tail at z is
 * under exp(-z^2 / 2)), so every step falls towards it; to tails of 1e-300. */
double drift_normal_quantile(double tail)
{
    double z = sqrt(-2 * log(tail));

    for (int i = 0; i < 60; i++) {
        double above = erfc(z / M_SQRT2) / 2;
        double density = exp(-z * z / 2) / sqrt(2 * M_PI);
        double step = (log(above) - log(tail)) * above / density;

        z += step;
        if (fabs(step) < 1e-13 * (1 + z))
            break;
    }
    return z;
}

double drift_chi2_quantile(unsigned dof, double tail)
{
    double spread = 2.0 / (9.0 * dof);
    double root = 1 - spread + drift_normal_quantile(tail) * sqrt(spread);

    return dof * root * root * root;
}
