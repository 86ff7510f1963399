#!/usr/bin/env python3
"""Makes tests/data/golden/embedding_golden.json, what embedding_drift.c is held to.

    make_embedding_golden.py > tests/data/golden/embedding_golden.json

It does in the plainest way what the C code does in a closed form: for each labelling and each block it fits
a ridge to all rows outside of the block and predicts those inside. Of the two only the generator that
deals out the labels is the same by intent (random.c), so that p values can be compared exactly. Needs
numpy.
"""

import json
import sys

import numpy as np

BLOCK, RIDGE, PERMUTATIONS, REFERENCE_MAX = 20, 1.0, 200, 400
MASK = (1 << 64) - 1


class Xoshiro:
    """xoshiro256**, seeded by splitmix64."""

    def __init__(self, seed):
        self.word = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & MASK
            z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
            self.word.append(z ^ (z >> 31))

    def bits(self):
        w = self.word
        x = (w[1] * 5) & MASK
        result = ((((x << 7) | (x >> 57)) & MASK) * 9) & MASK
        t = (w[1] << 17) & MASK
        w[2] ^= w[0]
        w[3] ^= w[1]
        w[1] ^= w[2]
        w[0] ^= w[3]
        w[2] ^= t
        w[3] = ((w[3] << 45) | (w[3] >> 19)) & MASK
        return result

    def below(self, n):
        return ((self.bits() >> 32) * n) >> 32


def unit_rows(whole_numbers):
    """As float32, which is what the C code is given."""
    rows = np.array(whole_numbers, dtype=np.float64)
    return (rows / np.sqrt((rows**2).sum(axis=1, keepdims=True))).astype(np.float32)


def blocks_of(n):
    count = n // BLOCK
    edges = [i * n // count for i in range(count + 1)]
    return list(zip(edges, edges[1:]))


def labellings(n_reference, n_window, n_before, n_after):
    labels = [-1.0] * n_before + [1.0] * n_after
    yield list(labels)
    rng = Xoshiro((n_reference << 32) | n_window)
    for _ in range(PERMUTATIONS):
        for i in range(len(labels) - 1, 0, -1):
            j = rng.below(i + 1)
            labels[i], labels[j] = labels[j], labels[i]
        yield list(labels)


def auc_of(predictions, y):
    window, reference = predictions[y > 0], predictions[y < 0]
    over = (window[:, None] > reference[None, :]).sum()
    ties = (window[:, None] == reference[None, :]).sum()
    return (over + ties / 2) / (len(window) * len(reference))


def mean_inner(x):
    """Over all pairs of different rows."""
    inner = x @ x.T
    np.fill_diagonal(inner, 0)
    return inner.sum() / (len(x) * (len(x) - 1))


def mmd2_of(x, y):
    window, reference = x[y > 0], x[y < 0]
    return mean_inner(window) + mean_inner(reference) - 2 * (window @ reference.T).mean()


def unseen_ratio_of(reference, window, blocks):
    """How many more of the window than of the reference are far from what is nearest."""
    own = []
    for a, b in blocks:
        others = np.vstack([reference[:a], reference[b:]])
        own += [max(float(row @ other) for other in others if row @ other < 0.999) for row in reference[a:b]]
    theirs = [max(float(row @ other) for other in reference) for row in window]
    limit = sorted(own)[int(0.05 * len(own))]
    before = np.mean([value < limit for value in own])
    after = np.mean([value < limit for value in theirs])
    return float(max(0, (after - before) / (1 - before)))


def share_as_large(values):
    """Of all, of which the first is the one seen. Equal labellings differ in the last bits here."""
    return float(np.mean(np.array(values) >= values[0] - 1e-12))


def compare(reference, window):
    n = len(reference)
    if n > REFERENCE_MAX:
        reference = reference[[i * n // REFERENCE_MAX for i in range(REFERENCE_MAX)]]
    n, m = len(reference), len(window)
    x = np.vstack([reference, window]).astype(np.float64)
    before, after = blocks_of(n), blocks_of(m)
    blocks = before + [(n + a, n + b) for a, b in after]
    dealt = list(labellings(n, m, len(before), len(after)))
    y = np.array([np.concatenate([[t] * (b - a) for t, (a, b) in zip(labels, blocks)]) for labels in dealt]).T

    centred = x - x.mean(axis=0)
    kernel = centred @ centred.T
    predictions = np.empty_like(y)
    for a, b in blocks:
        rest = np.r_[0:a, b : n + m]
        fit = np.linalg.solve(kernel[np.ix_(rest, rest)] + RIDGE * np.eye(len(rest)), y[rest])
        predictions[a:b] = kernel[a:b, rest] @ fit
    aucs = [auc_of(predictions[:, k], y[:, k]) for k in range(y.shape[1])]
    mmds = [mmd2_of(x, y[:, k]) for k in range(y.shape[1])]

    p_value = share_as_large(aucs)
    return {
        "score": float(max(0, 2 * aucs[0] - 1)) if p_value <= 0.01 else 0.0,
        "auc": float(aucs[0]),
        "p_value": p_value,
        "mmd2": float(mmds[0]),
        "mmd2_p": share_as_large(mmds),
        "unseen_ratio": unseen_ratio_of(x[:n], x[n:], before),
        "diversity": float(1 - mean_inner(x[n:])),
    }


def topics(rng, n, dim, centres, run):
    """Rows around one centre for `run` rows, then around another."""
    which = np.repeat(rng.integers(0, len(centres), n // run + 1), run)[:n]
    rows = centres[which] + rng.normal(0, 30, (n, dim))
    return np.rint(rows).astype(int).tolist()


def main():
    rng = np.random.default_rng(20260103)
    dim = 8
    centres = np.rint(rng.normal(0, 60, (12, dim)))
    cases = []
    for name, n, m, of_reference, of_window, run in [
        ("the same topics, in any order", 124, 117, centres[:8], centres[:8], 1),
        ("the same topics, in runs", 200, 200, centres[:8], centres[:8], 15),
        ("half of the window is new", 139, 158, centres[:6], centres[:12], 1),
        ("all of the window is new, and the reference long", 437, 100, centres[:8], centres[8:], 4),
    ]:
        reference = topics(rng, n, dim, of_reference, run)
        window = topics(rng, m, dim, of_window, run)
        result = compare(unit_rows(reference), unit_rows(window))
        cases.append({"name": name, "expected": result, "reference": reference, "window": window})
        print(name, result, file=sys.stderr)
    json.dump({"dim": dim, "cases": cases}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
