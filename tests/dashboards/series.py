"""Which series there are and what labels they have, from the server's table of metrics and our recording rules; and
what of it a PromQL expression names wrongly. No parser: promtool is that."""

import re
import sys

from boards import ROOT

sys.path.append(str(ROOT / "tests/rules"))
from alerts import metric_names, read_rules  # noqa: E402

# What Prometheus and Alertmanager make themselves, with their labels.
ALERT_LABELS = {"alertname", "alertstate", "severity", "service", "signal"}
FOREIGN = {
    "up": set(),
    "scrape_duration_seconds": set(),
    "alertmanager_notifications_failed_total": {"integration"},
    "alertmanager_notifications_total": {"integration"},
    "ALERTS": ALERT_LABELS,
    "ALERTS_FOR_STATE": ALERT_LABELS - {"alertstate"},
}
SCRAPED = {"job", "instance"}


def _section(text, macro):
    """The lines of a table: from its #define to the first line that does not go on."""
    start = text.index(f"#define {macro}(_)")
    end = re.compile(r"[^\\]\n").search(text, start).end()
    return text[start:end].replace("\\\n", " ")


def read_table():
    """{series: {label: its fixed values, or None}}, histograms as the three kinds of series that they are."""
    text = (ROOT / "src/server/metrics/metrics_table.h").read_text()
    names, values = {}, {}
    for enum, name, kind in re.findall(r"_\(\s*(LABEL_\w+),\s*(\"\w+\"|LABEL_COMPOSITE),\s*(\w+)\)",
                                       _section(text, "METRIC_LABELS")):
        name = name.strip('"')
        names[enum] = {"listener", "route"} if name == "LABEL_COMPOSITE" else {name}
        if enum == "LABEL_FEATURE_BIN":
            names[enum].add("above")
        values[enum] = None if kind == "GIVEN" else set(re.findall(r'"([^"]*)"', _section(text, kind)))
    metrics = {}
    for kind, name, labels in re.findall(r"_\(\s*METRIC_\w+,\s*(KIND_\w+),\s*\"(\w+)\",\s*(NO_LABEL|BY\([^)]*\))",
                                         _section(text, "METRICS")):
        enums = re.findall(r"LABEL_\w+", labels.removeprefix("NO_LABEL"))
        own = {n: values[e] for e in enums for n in names[e]}
        for suffix in ("_bucket", "_sum", "_count") if kind == "KIND_HISTOGRAM" else ("",):
            metrics[name + suffix] = own | ({"le": None} if suffix == "_bucket" else {})
    return metrics


def read_records():
    """Names of our recording rules, which keep the labels that they are summed by."""
    for path in (ROOT / "prom/rules").glob("*.yml"):
        for name, _ in read_rules(path.read_text(), "record"):
            yield name


def read_all():
    """{series: {label: its fixed values, or None}}."""
    known = read_table()
    known |= {name: dict.fromkeys(labels) for name, labels in FOREIGN.items()}
    known |= {name: dict.fromkeys({"feature_name", "le", "bin", "above"}) for name in read_records()}
    for labels in known.values():
        labels |= dict.fromkeys(SCRAPED)
    return known


def _matcher_problems(name, labels, matchers):
    for label, operator, value in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', matchers):
        if label not in labels:
            yield f"{name} has no label {label}"
            continue
        for one in value.split("|") if "~" in operator else [value]:
            if labels[label] is not None and one not in labels[label]:
                yield f"{name} has no {label}=\"{one}\""


def problems(expr, legend, known):
    """Series, labels and fixed values that do not exist, in an expression and in the legend of its lines."""
    names = metric_names(expr)
    for name in sorted(names - known.keys()):
        yield f"nobody exposes {name}"
    for name, matchers in re.findall(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}", expr):
        yield from _matcher_problems(name, known.get(name, {}), matchers)
    has = {label for name in names & known.keys() for label in known[name]}
    kept = [set(re.findall(r"\w+", by)) for by in re.findall(r"\bby\s*\(([^)]*)\)", expr)]
    for label in sorted(set().union(*kept) - has):
        yield f"nothing has the label {label} to be summed by"
    shown = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", legend or ""))
    for label in sorted(shown - (set().union(*kept) if kept else has)):
        yield f"the legend shows {label}, which the lines do not have"
