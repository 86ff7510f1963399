#!/usr/bin/env python3
"""Every alert is complete: labels, annotations, a runbook, and only metrics that the server has, in the
runbook's queries and in recording rules too. Prints TAP.

    alerts.py [SOURCE_ROOT]

Reads the rule files by line, in the layout that they have: promtool checks the YAML and the PromQL.
"""

import pathlib
import re
import sys

SEVERITIES = {"critical", "warning", "info", "none"}
SIGNALS = {"drift", "latency", "errors", "quality", "traffic", "cost", "availability"}
# Series that Prometheus and Alertmanager make.
FOREIGN = {"up", "scrape_duration_seconds", "scrape_samples_scraped", "alertmanager_notifications_failed_total", "ALERTS"}
WORDS = {"and", "or", "unless", "on", "ignoring", "by", "without", "sum", "max", "min", "avg", "count", "offset",
         "bool", "group_left", "group_right"}


def read_rules(text, kind):
    """Yields (name, {key: value}) with the block of each alert or record: key: value lines, blocks joined."""
    for rule in re.split(r"(?m)^      - ", text)[1:]:
        if not rule.startswith(kind + ": "):
            continue
        block = rule.removeprefix(kind + ": ")
        lines = [line for line in block.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        fields, key, indent = {}, None, 0
        for line in lines[1:]:
            depth = len(line) - len(line.lstrip())
            m = re.match(r"\s*(\w+):\s*(.*)$", line)
            if m and m.group(1) in ("labels", "annotations"):
                key = None
            elif m and (key is None or depth <= indent):
                key, indent = m.group(1), depth
                fields[key] = "" if m.group(2) in ("|", ">-") else m.group(2).strip("\"'")
            elif key:
                fields[key] += " " + line.strip()
        yield lines[0].strip(), fields


def metric_names(expr):
    expr = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"|#\s*guard", " ", expr)
    expr = re.sub(r"\b(by|on|ignoring|without|group_left|group_right)\s*\([^)]*\)", " ", expr)
    return set(re.findall(r"(?<![a-zA-Z0-9_:])[a-zA-Z_:][a-zA-Z0-9_:]*(?![a-zA-Z0-9_:]|\s*\()", expr)) - WORDS


def unknown_metrics(expr, known):
    for metric in sorted(metric_names(expr) if known else ()):
        if metric not in known and re.sub(r"_(bucket|count|sum)$", "", metric) not in known:
            yield f"there is no metric {metric}"


def queries_of(runbook):
    return re.findall(r"^ +promtool query instant \S+ '(.+)'$", runbook, re.MULTILINE)


def views_of(root):
    """What `tidewatch --view` takes, by the table of views."""
    return set(re.findall(r"^    \[VIEW_\w+\] = \{\"(\w+)\"", (root / "src/tui/state/ui_state.c").read_text(), re.MULTILINE))


UNITS = {"": 1, " %": 0.01, "ms": 0.001, "s": 1, "/s": 1}


def problems_of_message(fields, views):
    """Value, threshold and view: what a notification shows beside the sentences. A threshold that is a number is
    the one of the expression."""
    if not re.search(r"\$value\b", fields.get("value", "")):
        yield "no value"
    if not fields.get("threshold"):
        yield "no threshold"
    if m := re.fullmatch(r"(over|under|at) (-?[0-9.]+)( %|ms|s|/s)?", fields.get("threshold", "")):
        sign = {"over": ">", "under": "<", "at": "=="}[m.group(1)]
        number = format(float(m.group(2)) * UNITS[m.group(3) or ""], ".6g")
        if not re.search(rf"{sign}\s*{re.escape(number)}(?![0-9.])", fields["expr"]):
            yield f"the expression has no '{sign} {number}'"
    if views and fields.get("view") not in views:
        yield f"the console has no view '{fields.get('view')}'"


def problems_of(name, fields, root, known):
    if fields.get("severity") not in SEVERITIES:
        yield f"severity '{fields.get('severity')}'"
    if fields.get("signal") not in SIGNALS:
        yield f"signal '{fields.get('signal')}'"
    for key in ("service", "summary"):
        if not fields.get(key):
            yield f"no {key}"
    if not re.search(r"\$value\b", fields.get("description", "")):
        yield "the description does not name the value"
    if "first" not in fields.get("description", ""):
        yield "the description does not say what to look at first"
    yield from problems_of_message(fields, views_of(root) if known else None)
    if fields.get("runbook_url") != f"assets/runbooks/{name}.md":
        yield f"runbook_url '{fields.get('runbook_url')}'"
    runbook = root / "assets" / "runbooks" / f"{name}.md"
    text = runbook.read_text() if runbook.exists() else ""
    if not text.startswith(f"# {name}\n"):
        yield f"no {runbook.relative_to(root)}"
    for part in ("**Means.**", "**Confirm**", "**Do", "**Clears**"):
        if part not in text:
            yield f"its runbook has no {part}"
    for expr in (fields.get("expr", ""), *queries_of(text)):
        yield from unknown_metrics(expr, known)


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    table = root / "src/server/metrics/metrics_table.h"
    known = FOREIGN | set(re.findall(r'"([a-z_]+)"', table.read_text())) if table.exists() else None
    texts = [path.read_text() for folder in ("rules", "second") for path in sorted((root / "prom" / folder).glob("*.yml"))]
    alerts = [alert for text in texts for alert in read_rules(text, "alert")]
    records = [record for text in texts for record in read_rules(text, "record")]
    if known:
        known |= {name for name, _ in records}
    results = [(name, list(problems_of(name, fields, root, known))) for name, fields in alerts]
    results += [(name, list(unknown_metrics(fields.get("expr", ""), known))) for name, fields in records]
    orphans = {p.stem for p in (root / "assets/runbooks").glob("*.md")} - {name for name, _ in alerts}
    results.append(("runbooks without an alert", sorted(orphans)))
    print(f"TAP version 13\n1..{len(results)}")
    for n, (name, problems) in enumerate(results, 1):
        print(f"{'not ok' if problems else 'ok'} {n} - {name}{': ' if problems else ''}{'; '.join(problems)}")
    return 1 if any(problems for _, problems in results) else 0


if __name__ == "__main__":
    sys.exit(main())
