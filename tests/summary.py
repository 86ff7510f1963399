#!/usr/bin/env python3
"""Adds up meson's test logs: what failed, then one line `N passed, N failed, N skipped`.

    summary.py BROKEN_BUILDS TESTLOG.json ...

A test that prints TAP counts with each of its points, another as one. A build that broke and a log
that is missing count as failed.
"""

import json
import pathlib
import re
import sys

POINT = re.compile(r"^(ok|not ok)\b(.*)$", re.MULTILINE)


def count(test):
    """(passed, failed, skipped) of one line of a log."""
    points = POINT.findall(test.get("stdout") or "")
    passed = sum(word == "ok" and "# SKIP" not in rest for word, rest in points)
    skipped = sum("# SKIP" in rest for _, rest in points)
    failed = sum(word == "not ok" and "# SKIP" not in rest for word, rest in points)
    if test["result"] == "SKIP":
        return (passed, failed, skipped or 1)
    if test["result"] in ("OK", "EXPECTEDFAIL"):
        return (passed, failed, skipped) if points else (1, 0, 0)
    # Failed without a point that says so: it crashed, ran out of time, or did not finish its plan.
    return (passed, failed or 1, skipped)


def main():
    broken, logs = int(sys.argv[1]), sys.argv[2:]
    passed, failed, skipped = 0, broken, 0
    for name in logs:
        path = pathlib.Path(name)
        tests = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        if not tests:
            failed += 1
            print(f"no test has run in {path.parent.parent}")
        for test in tests:
            p, f, s = count(test)
            passed, failed, skipped = passed + p, failed + f, skipped + s
            if f:
                print(f"failed: {test['name']} ({test['result']}) in {path.parent.parent.name}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
