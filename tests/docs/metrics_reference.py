#!/usr/bin/env python3
"""docs/metrics.md: the server's table of metrics, and which alerts and panels look at each.

    metrics_reference.py PROGRAM --write         writes it
    metrics_reference.py PROGRAM --check BUILD   whether it stands in the tree as it would be written; prints TAP

PROGRAM prints the table (metrics-table.c). Rules and dashboards are read as their own tests read them.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/metrics.md"
sys.path.append(str(ROOT / "tests/dashboards"))
from boards import load, queries_of  # noqa: E402
from series import metric_names, read_rules  # noqa: E402

UNITS = {"seconds": "seconds", "bytes": "bytes", "usd": "US dollars", "sd": "standard deviations", "ratio": "0 to 1"}
LISTENERS = {"ml": "The ML API, port 8000", "llm": "The LLM API, port 8001", "vector": "The vector API, port 8002",
             "ops": "The operations API, port 8003"}

HEAD = """# Metrics

Every series of `/metrics`, by the API that shows it. Made from the server's table (`src/server/metrics/metrics_table.h`),
the rules of `prom/rules/` and the dashboards of `assets/grafana/`: not to be edited by hand, `ninja -C build
metrics-reference` writes it anew.

A label without values here takes them from the model, the configuration or the routes. A gauge is absent until its value
is known. "Looked at by" names alerts, then panels by their dashboard, also where a recorded series stands between.
"""


class Metric:
    def __init__(self, line):
        self.name, self.kind, listeners, labels, edges, self.help = line.split("\t")
        self.listeners, self.edges = listeners.split(), edges.split()
        self.labels = [label.split("=") for label in labels.split()]

    @property
    def type(self):
        """With the unit, which is the last word of the name."""
        unit = UNITS.get(self.name.removesuffix("_total").removesuffix("_per_day").rpartition("_")[2])
        return f"{self.kind}, {unit}" if unit else self.kind

    @property
    def labels_text(self):
        return "<br>".join(f"`{name}`" + (f": {values.replace('|', ', ')}" if values else "")
                           for name, values in self.labels)


def read_table(program):
    said = subprocess.run([program], check=True, text=True, capture_output=True).stdout
    return [Metric(line) for line in said.splitlines()]


def rules(kind):
    """(name, expression) of the alerts or the records of all rules."""
    for path in sorted((ROOT / "prom/rules").glob("*.yml")):
        for name, fields in read_rules(path.read_text(), kind):
            yield name, fields["expr"]


def names_in(expr, metrics, records):
    """The metrics that an expression asks for, through recorded series too."""
    found = set()
    for name in metric_names(expr):
        if name in records:
            found |= names_in(records[name], metrics, {k: v for k, v in records.items() if k != name})
        found.add(name if name in metrics else re.sub(r"_(bucket|count|sum)$", "", name))
    return found & metrics


def users(metrics):
    """{metric: who looks at it}, each once, in the order of the rules and of the panels."""
    names, records, found = {metric.name for metric in metrics}, {}, {}
    for name, expr in rules("record"): # two rules may record one series
        records[name] = f"{records.get(name, '')} {expr}"
    asked = [(f"[{name}](../assets/runbooks/{name}.md)", expr) for name, expr in rules("alert")]
    asked += [(f"{board['title']}: {where}", expr) for board in load().values() for where, expr, _ in queries_of(board)]
    for user, expr in asked:
        for name in names_in(expr, names, records):
            found.setdefault(name, {})[user] = True
    return found, records


def users_text(found):
    """Alerts as they are, panels behind the name of their dashboard."""
    alerts, panels = [user for user in found if user.startswith("[")], {}
    for user in found:
        if not user.startswith("["):
            board, _, panel = user.partition(": ")
            panels.setdefault(board, []).append(panel)
    texts = [", ".join(alerts)] if alerts else []
    return "<br>".join(texts + [f"{board}: {', '.join(names)}" for board, names in panels.items()])


def table(head, rows):
    rule = "|".join("---" for _ in head)
    return "\n".join([f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def section(title, metrics, found):
    rows = [[f"`{m.name}`", m.type, m.labels_text, m.help, users_text(found.get(m.name, {}))] for m in metrics]
    return f"\n## {title}\n\n" + table(["metric", "type", "labels", "what it is", "looked at by"], rows)


def page(metrics):
    found, records = users(metrics)
    text = HEAD
    for listener, title in LISTENERS.items():
        shown = [m for m in metrics if m.listeners == [listener]]
        text += section(title, shown, found) if shown else ""
    text += section("Each of them but the vector API", [m for m in metrics if len(m.listeners) > 1], found)
    bounds = {}
    for metric in metrics:
        if metric.edges:
            bounds.setdefault(", ".join(metric.edges), []).append(f"`{metric.name}`")
    text += "\n## Bounds of the histograms\n\n" + table(
        ["histograms", "bounds, and +Inf"], [["<br>".join(names), edges] for edges, names in bounds.items()])
    text += "\nThose of `ml_feature_value` are the cells of its feature in the training data.\n"
    names = {metric.name for metric in metrics}
    text += "\n## Recorded by the rules\n\nFor a service of several replicas ([operations](guides/operations.md)).\n\n"
    text += table(["series", "made of"], [[f"`{name}`", ", ".join(f"`{n}`" for n in sorted(names_in(expr, names, records)))]
                                          for name, expr in records.items()])
    return text


def point(number, name, problem):
    print(f"{'not ok' if problem else 'ok'} {number} - {name}")
    if problem:
        print(f"# {problem}", flush=True)
    return bool(problem)


def check(metrics, build):
    print("TAP version 13\n1..3")
    in_tree = PAGE.read_text() if PAGE.exists() else ""
    failed = point(1, f"docs/metrics.md is what `ninja -C {build} metrics-reference` makes",
                   "" if in_tree == page(metrics) else "the table, the rules or the dashboards have changed since")
    failed |= point(2, "noticed: a metric more", "" if in_tree != page(metrics[1:]) else "without one it is the same")
    metrics[-1].help += " And more."
    failed |= point(3, "noticed: another help", "" if in_tree != page(metrics) else "with another it is the same")
    return failed


def main():
    program, mode, *build = sys.argv[1:]
    metrics = read_table(program)
    if mode == "--check":
        return check(metrics, *build)
    PAGE.write_text(page(metrics))
    return 0


if __name__ == "__main__":
    sys.exit(main())
