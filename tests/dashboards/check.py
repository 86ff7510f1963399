"""The dashboards that we ship: fit for Grafana and true to the metrics and alerts; and the checks: what is broken on
purpose is noticed. TAP on stdout. Usage: check.py PROMTOOL"""

import re
import sys
import unittest

import checks
import mutations
import type_check
from boards import ROOT, load

PROVISIONING = ROOT / "assets/grafana/provisioning"


def provisioning_problems(boards):
    text = (PROVISIONING / "dashboards/tidewatch.yaml").read_text()
    if not re.search(r"^    folder: Observability Lab$", text, re.MULTILINE):
        yield "the dashboards' folder is not Observability Lab"
    if not re.search(r"^      path: \$TIDEWATCH_GRAFANA/dashboards$", text, re.MULTILINE):
        yield "the provider does not read the dashboards' folder"
    if set(boards) != {"overview", "ml-service", "llm-quality", "pipeline-health"}:
        yield f"there are the dashboards {sorted(boards)}"


class Types:
    """One run of the compiler per version of Grafana's types, for all dashboards."""

    def __init__(self, boards):
        self.skipped, self.errors = None, {}
        try:
            modules = type_check.obtain()
        except unittest.SkipTest as reason:
            self.skipped = str(reason)
            return
        for version in type_check.VERSIONS:
            self.errors[version] = type_check.check(modules, version, boards)

    def problems(self, version, name):
        return self.errors[version].get("", []) + self.errors[version].get(name, [])


def shipped_points(boards, all_checks, types):
    """(name, problems, reason to skip)."""
    yield "provisioning", list(provisioning_problems(boards)), None
    yield "every alert has a panel", checks.without_panel(boards, checks.read_alerts()), None
    for uid, board in boards.items():
        for name, check in all_checks.items():
            yield f"{uid}: {name}", list(check(uid, board)), None
        for version in type_check.VERSIONS:
            yield f"{uid}: types of {version}", not types.skipped and types.problems(version, uid), types.skipped


def mutation_points(broken, all_checks, types):
    """As shipped_points: what is wrong here is that nothing was found wrong."""
    for i, (what, uid, board, name) in enumerate(broken):
        if name != "types":
            said = list(all_checks[name](uid, board))
            yield f"{what}: {said[0][:110] if said else 'not noticed'}", [] if said else [f"{name} did not"], None
            continue
        said = [types.errors[version].get(f"broken-{i}", []) for version in types.errors]
        silent = [f"{version} did not" for version, errors in zip(types.errors, said) if not errors]
        yield f"{what}: {said[-1][0][:110] if said and said[-1] else 'not noticed'}", silent, types.skipped


def main():
    boards, all_checks = load(), dict(checks.all_checks(sys.argv[1]))
    broken = mutations.make(boards)
    types = Types(boards | {f"broken-{i}": board for i, (_, _, board, _) in enumerate(broken)})
    points = list(shipped_points(boards, all_checks, types))
    alerts = checks.read_alerts()
    all_checks["coverage"] = lambda uid, board: checks.without_panel(boards | {uid: board}, alerts)
    points += mutation_points(broken, all_checks, types)
    print(f"1..{len(points)}")
    for i, (name, problems, skipped) in enumerate(points, 1):
        print(f"{'not ok' if problems else 'ok'} {i} - {name}{f' # SKIP {skipped}' if skipped else ''}")
        for problem in problems or []:
            print(f"# {problem}")
    return any(problems for _, problems, _ in points)


sys.exit(main())
