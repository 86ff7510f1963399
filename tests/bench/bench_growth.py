#!/usr/bin/env python3
"""How the knowledge base's cost grows with its sections, words and vectors each alone.

    bench_growth.py BUILD_DIR [SECTIONS ...]

By knowledge-load (generated articles of five sections, no encoder) and vector-search (384 numbers a vector). The
exponent is the slope of the line through the logarithms: 1 is linear. Prints Markdown.
"""

import pathlib
import re
import subprocess
import sys

import peers

MEASURES = (
    ("first load, s", r"first load: ([\d.]+) s"),
    ("load when nothing changed, s", r"nothing changed: ([\d.]+) s"),
    ("load when one file changed, s", r"one file changed: ([\d.]+) s"),
    ("opened at a start, ms", r"opened in ([\d.]+) ms"),
    ("question by words, p50 ms", r"questions alone: p50 ([\d.]+) ms"),
    ("question by words, p99 ms", r"questions alone: p50 [\d.]+ ms, p99 ([\d.]+) ms"),
    ("highest memory, MB", r"one file changed: .* memory so far (\d+) MB"),
    ("vector search, p50 ms", r"top 5: p50 ([\d.]+) ms"),
    ("vector search, p99 ms", r"top 5: p50 [\d.]+ ms, p99 ([\d.]+) ms"),
)


def measure(made, n_sections):
    out = "".join(subprocess.run([made / program, str(n)], check=True, capture_output=True, text=True).stdout
                  for program, n in (("knowledge-load", n_sections // 5), ("vector-search", n_sections)))
    return [float(re.search(pattern, out)[1]) for _, pattern in MEASURES]


def main():
    made = pathlib.Path(sys.argv[1]) / "tests/bench"
    sizes = [int(size) for size in sys.argv[2:]] or [1000, 10000, 50000]
    table = [measure(made, size) for size in sizes]
    print(f"{peers.machine()}; knowledge-load, vector-search\n")
    print("| sections | " + " | ".join(f"{size:,}" for size in sizes) + " | exponent |\n|---|" + "---|" * (len(sizes) + 1))
    for (name, _), values in zip(MEASURES, zip(*table)):
        known = "" if min(values) <= 0 else f"{peers.exponent(sizes, values):.2f}"
        print(f"| {name} | " + " | ".join(map(peers.short, values)) + f" | {known} |")


if __name__ == "__main__":
    main()
