#!/usr/bin/env python3
"""Prints the polynomials of src/server/llm/matrix_kernels.c, constant term first, and the largest error of each:
2^x on -0.5..0.5 relative to itself, and log2 Phi(-x) on 0..6 weighed by what it does to x Phi(-x). Minimax by
Lawson's reweighted least squares. Needs numpy and scipy."""

import numpy as np
from numpy.polynomial import chebyshev, polynomial
from scipy.special import log_ndtr, ndtr

N_NODES, N_ROUNDS = 4000, 200


def fit(function, weight, first, last, degree):
    middle, half = (first + last) / 2, (last - first) / 2
    t = np.cos(np.pi * (np.arange(N_NODES) + 0.5) / N_NODES)
    x = middle + half * t
    want, weights = function(x), weight(x)
    terms = chebyshev.chebvander(t, degree)
    share = np.ones(N_NODES)
    best = (np.inf, None)
    for _ in range(N_ROUNDS):
        scale = np.sqrt(share) * weights
        coefficients = np.linalg.lstsq(terms * scale[:, None], want * scale, rcond=None)[0]
        errors = np.abs((terms @ coefficients - want) * weights)
        best = min(best, (errors.max(), tuple(coefficients)))
        share *= errors
        share /= share.sum()
    series = chebyshev.Chebyshev(best[1], domain=[first, last])
    return best[0], series.convert(kind=polynomial.Polynomial).coef


def main():
    fits = {
        "exp2": (np.exp2, lambda x: np.exp2(-x), -0.5, 0.5, 5),
        "log2 Phi(-x)": (lambda x: log_ndtr(-x) / np.log(2),
                         lambda x: np.maximum(x, 1e-3) * ndtr(-x) * np.log(2), 0, 6, 6),
    }
    for name, arguments in fits.items():
        error, coefficients = fit(*arguments)
        print(f"{name}: {error:.1e}", *(f"{np.float32(c):.9g}" for c in coefficients))


if __name__ == "__main__":
    main()
