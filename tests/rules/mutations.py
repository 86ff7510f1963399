#!/usr/bin/env python3
"""Proves that the rule tests can fail: changes one thing of one rule at a time (a threshold, a
comparison, a constant, a `for`, a window, a guard, a matcher, a label) and demands that a test case
notices.

    mutations.py [PROM_DIR]

Prints TAP, one line per mutation.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Rule file and the tests that are about it.
SUITES = {
    "rules/ml.yml": "tests/ml.yml",
    "rules/llm.yml": "tests/llm.yml",
    "rules/triage.yml": "tests/triage.yml",
    "rules/fleet.yml": "tests/fleet.yml",
    "rules/availability.yml": "tests/availability.yml",
    "rules/self.yml": "tests/self.yml",
    "second/prometheus-down.yml": "tests/prometheus-down.yml",
}

EVALUATION_S = 15

UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration):
    return int(duration[:-1]) * UNIT_S[duration[-1]]


def nearby_numbers(text, is_count):
    value = float(text)
    if is_count:
        return [str(int(value) - 1), str(int(value) + 1)]
    if value == 0:
        return ["1"]
    return [format(value * factor, ".6g") for factor in (0.9, 1.1)]


COMPARISONS = {">": [">=", "<"], ">=": [">", "<="], "<": ["<=", ">"], "<=": ["<"], "==": ["!=", ">="]}


def mutations_of_comparisons(code, is_guard):
    for m in re.finditer(r"(?<![!=~<>])(>=|<=|==|>|<)(?![=~])\s*(-?[0-9.]+)?(?!\w)", code):
        operator, number = m.group(1), m.group(2)
        for other in COMPARISONS[operator]:
            if not (operator == "==" and number == "1" and other == ">="):
                yield f"{operator} to {other}", m.span(1), other
        if number:
            for other in nearby_numbers(number, is_guard):
                yield f"{number} to {other}", m.span(2), other
            if is_guard:
                yield f"no guard {number}", m.span(2), "0"


def mutations_of_times(code):
    for m in re.finditer(r"(?<=\[)[0-9]+[smhd](?=\])|(?<=offset )[0-9]+[smhd]", code):
        for other in (seconds(m.group(0)) - 60, seconds(m.group(0)) + 60):
            yield f"{m.group(0)} to {other}s", m.span(), f"{other}s"


def mutations_of_matchers(code):
    for m in re.finditer(r"(\w+)(=~|!=|=)(\"[^\"]*\"),?", code):
        yield f"no {m.group(0)}", m.span(), ""
        if m.group(2) != "=~":
            other = "=" if m.group(2) == "!=" else "!="
            yield f"{m.group(1)}{m.group(2)} to {other}", m.span(2), other
    for m in re.finditer(r"\{[a-z]+=~\"([^\"]+)\"", code):
        for word in m.group(1).split("|"):
            left = "|".join(w for w in m.group(1).split("|") if w != word)
            yield f"without {word}", m.span(1), left


def mutations_of_constants(code):
    """The numbers that nothing is compared with: of a quantile, a difference, a factor."""
    unquoted = re.sub(r"\"[^\"]*\"", lambda m: "_" * len(m.group(0)), code)
    for m in re.finditer(r"(?<![\w.])[0-9]+(\.[0-9]+)?(?![\w.])", unquoted):
        if not re.search(r"[<>=]\s*-?$", unquoted[: m.start()]):
            for factor in (0.9, 1.04):
                other = format(float(m.group(0)) * factor, ".5g") if float(m.group(0)) else str(factor)
                yield f"{m.group(0)} to {other}", m.span(), other


def mutations_of_line(line):
    """Yields (what, changed line) for a line of an expression."""
    code, _, comment = line.partition(" #")
    tail = " #" + comment if comment else ""
    for what, (start, end), other in (
        *mutations_of_comparisons(code, comment.strip() == "guard"),
        *mutations_of_times(code),
        *mutations_of_matchers(code),
        *mutations_of_constants(code),
    ):
        yield what, code[:start] + other + code[end:] + tail


def mutations_of_file(lines):
    """Yields (alert or recorded series, what, line number, changed line)."""
    alert, expr_indent, in_labels = None, None, False
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if expr_indent is not None and line.strip() and indent <= expr_indent:
            expr_indent = None
        if m := re.match(r"\s*- (?:alert|record): ([\w:]+)", line):
            alert = m.group(1)
        elif m := re.match(r"(\s*)expr:(.*)", line):
            expr_indent = len(m.group(1))
            if m.group(2).strip() != "|":
                for what, changed in mutations_of_line(m.group(2)):
                    yield alert, what, number, f"{m.group(1)}expr:{changed}"
        elif expr_indent is not None:
            for what, changed in mutations_of_line(line):
                yield alert, what, number, changed
        elif m := re.match(r"(\s*for: )(\w+)$", line):
            for other in (seconds(m.group(2)) - EVALUATION_S, seconds(m.group(2)) + EVALUATION_S):
                yield alert, f"for {m.group(2)} to {other}s", number, f"{m.group(1)}{other}s"
        elif re.match(r"\s*labels:$", line):
            in_labels = True
        elif re.match(r"\s*annotations:$", line):
            in_labels = False
        elif in_labels and (m := re.match(r"(\s*(severity|service|signal): ).+", line)):
            yield alert, f"{m.group(2)} to other", number, m.group(1) + "other"


def only(text, header, alert):
    """Of a file in sections, each opened by a line that header matches with the alert's name, what
    stands before the first and the alert's own; all of it when there are no sections."""
    kept, section, has_sections = [], None, False
    for line in text.splitlines():
        if m := re.match(header, line):
            section, has_sections = m.group(1), True
        if section in (None, alert):
            kept.append(line)
    return "\n".join(kept) + "\n" if has_sections else text


def write_mutant(prom, folder, case, n):
    """A folder with the one changed rule, and the tests about it: alone, they are ten times faster."""
    alert, _, rule_file, number, changed = case
    lines = (prom / rule_file).read_text().splitlines()
    lines[number] = changed
    tests = (prom / SUITES[rule_file]).read_text()
    for name, text in (
        (rule_file, only("\n".join(lines), r"      - alert: (\w+)", alert)),
        (SUITES[rule_file], only(tests, r"  # -+ (\w+) -+$", alert)),
    ):
        (folder / str(n) / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / str(n) / name).write_text(text)
    return folder / str(n)


def check_syntax(files):
    """A mutant that is no rule at all would fail every test and prove nothing."""
    check = subprocess.run(["promtool", "check", "rules", *files], capture_output=True, text=True, check=False)
    if check.returncode != 0:
        raise RuntimeError("a mutation is not a rule: " + check.stderr)


def is_noticed(copy, rule_file):
    test = ["promtool", "test", "rules", copy / SUITES[rule_file]]
    return subprocess.run(test, capture_output=True, check=False).returncode != 0


def collect_cases(prom):
    cases = []
    for rule_file in sorted(SUITES):
        lines = (prom / rule_file).read_text().splitlines()
        for alert, what, number, changed in mutations_of_file(lines):
            cases.append((alert, what, rule_file, number, changed))
    return cases


def run_cases(prom, cases, folder):
    """Prints a line each; returns how many no test has noticed."""
    copies = [write_mutant(prom, folder, case, n) for n, case in enumerate(cases)]
    check_syntax([copy / case[2] for copy, case in zip(copies, cases)])
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = [pool.submit(is_noticed, copy, case[2]) for copy, case in zip(copies, cases)]
        for n, ((alert, what, rule_file, number, _), result) in enumerate(zip(cases, results), 2):
            if result.result():
                print(f"ok {n} - {alert}: {what}")
            else:
                failed += 1
                print(f"not ok {n} - {alert}: {what} ({rule_file}:{number + 1}): no test notices")
    return failed


def main():
    default = pathlib.Path(__file__).resolve().parents[2] / "prom"
    prom = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    rule_files = {str(p.relative_to(prom)) for d in ("rules", "second") for p in prom.glob(f"{d}/*.yml")}
    untested = sorted(rule_files - set(SUITES))
    cases = collect_cases(prom)
    print(f"TAP version 13\n1..{len(cases) + 1}")
    print(f"{'not ok' if untested else 'ok'} 1 - every rule file has tests {' '.join(untested)}")
    with tempfile.TemporaryDirectory(prefix="mutations.") as folder:
        failed = run_cases(prom, cases, pathlib.Path(folder))
    return 1 if failed or untested else 0


if __name__ == "__main__":
    sys.exit(main())
