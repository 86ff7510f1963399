"""What the benchmarks beside other people's packages share: getting those, ratios, growth."""

import math
import os
import pathlib
import statistics
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]


def need(name):
    """Runs the program again in a Python that has what peer/NAME.lock pins, unless this is that one. Without a network,
    or where pip refuses the pinned files, it ends and says so."""
    sys.path.insert(0, str(HERE.parent / "e2e"))
    import packages

    try:
        python = packages.locked_python(HERE / "peer" / f"{name}.lock")
    except unittest.SkipTest as reason:
        print(f"not measured: {reason}")
        sys.exit(0)
    if pathlib.Path(sys.prefix) != python.parents[1]:
        os.execv(python, [python, *sys.argv])


def machine():
    return f"{os.uname().machine}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}"


def ratio(pairs):
    """The median of ours / theirs over pairs (ours, theirs) that were taken back to back, and its range, as text."""
    ratios = [ours / theirs for ours, theirs in pairs]
    return f"{short(statistics.median(ratios))} ({short(min(ratios))} to {short(max(ratios))})"


def short(value):
    """Three digits."""
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}" if value else "0"


def exponent(sizes, values):
    """Of the power law through the points: the slope of the line through their logarithms, by least squares."""
    return statistics.linear_regression([math.log(n) for n in sizes], [math.log(v) for v in values]).slope
