#!/usr/bin/env python3
"""A vote of the drift monitor beside scipy and Evidently: what it costs, and whether they say the same.

    bench_drift_peers.py BUILD_DIR [--pairs 5] [--windows 200] [--reports 40]

The packages are installed where tests keep theirs (peer/drift.lock). All get the same reference (the model's, 5,000
rows) and the same windows of 200 predictions, and keep what they can of the reference: scipy's side has its columns
sorted, its edges and its counts, Evidently's its data set. Theirs is CPU time, ours the median by the clock of votes
that are too short to be interrupted often. Prints Markdown.
"""

import argparse
import pathlib
import statistics
import subprocess
import time
import warnings

import peers

peers.need("drift")

import evidently  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import scipy  # noqa: E402
from evidently.presets import DataDriftPreset  # noqa: E402
from scipy import stats  # noqa: E402
from scipy.spatial import distance  # noqa: E402

FEATURES = ["ticket_length", "urgency_keywords", "business_impact", "customer_tier"]
ALPHA, WINDOW = 0.001, 200
SIZES = (50, 100, 200, 500, 1000, 2000, 5000)
AMOUNTS = (0, 0.1, 0.2, 0.4, 0.8)


class Ours:
    def __init__(self, build):
        self.command = [pathlib.Path(build) / "tests/bench/drift-vote", peers.SOURCE / "assets/tickets.csv"]

    def run(self, *args):
        return subprocess.run([*self.command, *map(str, args)], check=True, capture_output=True, text=True).stdout.splitlines()

    def vote_us(self, size, votes=500):
        return float(self.run("time", size, votes)[0])

    def reference(self):
        return np.array([line.split() for line in self.run("reference")], float)

    def windows(self, amount, count, seed):
        """(what the monitor says, its window) of each."""
        lines = self.run("windows", amount, count, seed)
        for at in range(0, len(lines), WINDOW + 1):
            yield (np.array(lines[at].split(), float),
                   np.array([line.split() for line in lines[at + 1:at + 1 + WINDOW]], float))


class Scipy:
    """The tests that a monitor in Python would be made of."""

    def __init__(self, reference):
        self.columns = [np.sort(column) for column in reference.T[:4]]
        self.edges = [np.unique(np.quantile(column, np.arange(1, 10) / 10)) for column in self.columns]
        self.cells = [self.count(column, edges) for column, edges in zip(self.columns, self.edges)]
        self.sd = [column.std() for column in self.columns]
        self.classes = np.bincount(reference[:, 4].astype(int), minlength=3)
        self.critical = [(1 / WINDOW + 1 / len(reference)) * stats.chi2.ppf(1 - ALPHA / 4, len(edges)) for edges in self.edges]

    @staticmethod
    def count(values, edges):
        return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)

    def psi(self, f, values):
        counts = self.count(values, self.edges[f])
        p, q = ((c + 0.5) / (c.sum() + 0.5 * len(c)) for c in (counts, self.cells[f]))
        return np.sum((p - q) * np.log(p / q)), counts

    def vote(self, window):
        """PSI, D and p of each feature; chi-square and p of the classes."""
        found = []
        for f in range(4):
            ks = stats.ks_2samp(self.columns[f], window[:, f], method="asymp")
            found += [self.psi(f, window[:, f])[0], ks.statistic, ks.pvalue]
        table = np.array([self.classes, np.bincount(window[:, 4].astype(int), minlength=3)])
        chi2 = stats.chi2_contingency(table[:, table.sum(axis=0) > 0])
        return [*found, chi2.statistic, chi2.pvalue]

    def vote_all(self, window):
        """With the other figures that ours computes."""
        found = self.vote(window)
        for f in range(4):
            counts = self.count(window[:, f], self.edges[f])
            found += [stats.wasserstein_distance(self.columns[f], window[:, f]) / self.sd[f],
                      distance.jensenshannon(counts, self.cells[f], base=2), window[:, f].mean()]
        return found

    def is_over(self, found):
        """Our rule on scipy's figures."""
        return any(found[3 * f] >= max(0.1, self.critical[f]) or (found[3 * f + 2] < ALPHA / 4 and found[3 * f + 1] >= 0.1)
                   for f in range(4))


class Evidently:
    """Its preset, as it comes; the predicted class is a fifth column, as ours looks at it too."""

    def __init__(self, reference):
        self.definition = evidently.DataDefinition(numerical_columns=FEATURES, categorical_columns=["severity"])
        self.reference = self.data(reference)
        self.report = evidently.Report([DataDriftPreset()])

    def data(self, rows):
        frame = pd.DataFrame(rows[:, :4], columns=FEATURES).assign(severity=rows[:, 4].astype(int).astype(str))
        return evidently.Dataset.from_pandas(frame, data_definition=self.definition)

    def vote(self, window):
        return self.report.run(self.data(window), self.reference)

    def drifted(self, window):
        """(columns that drifted, names of the metrics)."""
        metrics = self.vote(window).dict()["metrics"]
        return metrics[0]["value"]["count"], [metric["metric_name"] for metric in metrics]


def time_us(call, window, repeats):
    took = []
    for _ in range(repeats):
        start = time.process_time_ns()
        call(window)
        took.append((time.process_time_ns() - start) / 1e3)
    return statistics.median(took)


def report_time(ours, sides, window, n_pairs):
    print("| beside | ours / theirs (range) | ours us | theirs us |\n|---|---|---|---|")
    for name, call, repeats in sides:
        time_us(call, window, 2)
        pairs = [(ours.vote_us(WINDOW), time_us(call, window, repeats)) for _ in range(n_pairs)]
        print(f"| {name} | {peers.ratio(pairs)} | {statistics.median(p[0] for p in pairs):.1f} | "
              f"{statistics.median(p[1] for p in pairs):.0f} |", flush=True)


def report_growth(ours, sides, rows):
    print("\n| window | ours us | " + " | ".join(name + " us" for name, _, _ in sides) + " |\n|---|" + "---|" * (len(sides) + 1))
    table = []
    for size in SIZES:
        table.append([ours.vote_us(size, 200), *(time_us(call, rows[:size], max(3, repeats // 10)) for _, call, repeats in sides)])
        print(f"| {size} | " + " | ".join(map(peers.short, table[-1])) + " |", flush=True)
    print("| exponent | " + " | ".join(f"{peers.exponent(SIZES, column):.2f}" for column in zip(*table)) + " |", flush=True)


def judge(scipys, evidentlys, report, window, use_evidently):
    """What each says of a window: True is an alarm."""
    found = scipys.vote(window)
    verdicts = {
        "ours, one vote": bool(report[0]), "ours, two votes in a row": bool(report[1]),
        "scipy, our rule": scipys.is_over(found),
        "scipy, KS p < 0.05": min(found[2:12:3]) < 0.05,
        "PSI > 0.2": max(found[0:12:3]) > 0.2,
        "scipy, chi-square p < 0.05": found[13] < 0.05,
    }
    if use_evidently:
        n_drifted, _ = evidentlys.drifted(window)
        verdicts |= {"Evidently, any column": n_drifted > 0, "Evidently, half of them": n_drifted >= 2.5}
    psi_ks = [report[2 + 5 * f + i] for f in range(4) for i in range(3)]
    return verdicts, np.abs(np.array([*psi_ks, *report[22:24]]) - np.array(found))


def report_agreement(ours, scipys, evidentlys, n_windows, n_reports):
    alarms, same, apart = {}, {}, np.zeros(14)
    for amount in AMOUNTS:
        for i, (report, window) in enumerate(ours.windows(amount, n_windows, 11)):
            verdicts, difference = judge(scipys, evidentlys, report, window, i < (n_reports if amount == 0 else n_reports // 3))
            apart = np.maximum(apart, difference)
            for name, verdict in verdicts.items():
                alarms.setdefault(name, {}).setdefault(amount, []).append(int(verdict))
                same.setdefault(name, []).append(int(verdict == verdicts["ours, one vote"]))
    print("\n| who | alarms, no drift | " + " | ".join(f"drift {amount}" for amount in AMOUNTS[1:]) + " | same as our vote |")
    print("|---|" + "---|" * (len(AMOUNTS) + 1))
    for name, by_amount in alarms.items():
        print(f"| {name} | " + " | ".join(f"{statistics.mean(by_amount[a]):.3f}" for a in AMOUNTS) +
              f" | {statistics.mean(same[name]):.3f} |")
    print(f"\nLargest difference between our figures and scipy's: PSI {apart[0:12:3].max():.1e}, D {apart[1:12:3].max():.1e}, "
          f"p of D {apart[2:12:3].max():.1e}, chi-square {apart[12]:.1e}, its p {apart[13]:.1e}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--windows", type=int, default=200)
    parser.add_argument("--reports", type=int, default=40, help="Evidently's of windows without drift, and a third of it for each amount")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    ours = Ours(args.build)
    reference = ours.reference()
    scipys, evidentlys = Scipy(reference), Evidently(reference)
    rows = np.concatenate([window for _, window in ours.windows(0, max(SIZES) // WINDOW, 5)])
    sides = [("scipy: KS, PSI, chi-square", scipys.vote, 100), ("scipy: all our figures", scipys.vote_all, 100),
             ("Evidently, DataDriftPreset", evidentlys.vote, 5)]
    print(f"{peers.machine()}; scipy {scipy.__version__}, numpy {np.__version__}, Evidently {evidently.__version__}, pandas "
          f"{pd.__version__}; one thread each; window {WINDOW}, reference {len(reference)} rows, 4 features and the class; "
          f"medians of {args.pairs} pairs, back to back\n")
    report_time(ours, sides, rows[:WINDOW], args.pairs)
    report_growth(ours, sides, rows)
    print(f"\n{args.windows} windows a column, Evidently {args.reports} and {args.reports // 3}: {evidentlys.drifted(rows[:WINDOW])[1]}", flush=True)
    report_agreement(ours, scipys, evidentlys, args.windows, args.reports)


if __name__ == "__main__":
    main()
