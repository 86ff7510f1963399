"""What a dashboard must be, beside what the types say: each check yields what is wrong, as sentences."""

import json
import re
import subprocess
import sys
import tempfile

import series
from boards import ROOT, annotations_of, fill_in, panels_of, queries_of, targets_of

sys.path.append(str(ROOT / "tests/rules"))
from alerts import read_rules  # noqa: E402

RUNBOOKS = ROOT / "assets/runbooks"
DATA_SOURCES = ROOT / "assets/grafana/provisioning/datasources/tidewatch.yaml"
TYPES = {"timeseries", "stat", "gauge", "bargauge", "piechart", "heatmap", "table"}
# Ids of @grafana/data 13.2 (getValueFormats) that the console knows too, and its way to write a unit of one's own.
UNITS = {"short", "none", "percentunit", "percent", "s", "ms", "reqps", "ops", "bytes", "currencyUSD", "suffix:/s"}
# The colour of a limit says how severe its alert is. Info has none: nobody is to act on it at once.
COLOURS = {"critical": "red", "warning": "orange", "info": "blue"}
# Alerts that no line at their number would explain: it stands beside an hour ago.
WITHOUT_LINE = {"LowRequestRate"}
GRID_COLUMNS = 24
DESCRIPTION_BYTES = 255  # what the console keeps


def named(panel):
    return panel.get("title") or f"panel {panel.get('id')}"


def numbered(panels, key):
    values = [p.get(key) for p in panels]
    return None not in values and len(set(values)) == len(values)


# ---- The file


def schema_problems(uid, board):
    for key, kind in {"uid": str, "title": str, "description": str, "tags": list, "schemaVersion": int, "refresh": str,
                      "panels": list, "time": dict, "templating": dict, "annotations": dict, "links": list}.items():
        if not isinstance(board.get(key), kind):
            yield f"{key} is not a {kind.__name__}"
    if board.get("uid") != uid:
        yield f"uid {board.get('uid')} is not the file's name"
    if board.get("id") is not None:
        yield "id must be left to Grafana"
    if not {"from", "to"} <= set(board.get("time", {})):
        yield "time lacks from or to"
    if not numbered(list(panels_of(board)), "id"):
        yield "panel ids are not different numbers"


def source_problems(_, board):
    """Every question goes to the variable, whose choice at first is the data source that we provision."""
    provisioned = set(re.findall(r"^\s*uid: (\S+)", DATA_SOURCES.read_text(), re.MULTILINE))
    variables = {v["name"]: v for v in board["templating"]["list"]}
    choice = variables.get("datasource", {})
    if choice.get("type") != "datasource" or choice.get("query") != "prometheus":
        yield "there is no variable for the Prometheus data source"
    if choice.get("current", {}).get("value") not in provisioned:
        yield f"data source {choice.get('current', {}).get('value')} is not provisioned"
    for name, thing in [*((named(p), p) for p in panels_of(board)),
                        *((f"{named(p)} {t.get('refId')}", t) for p, t in targets_of(board)),
                        *((a.get("name"), a) for a in annotations_of(board))]:
        if thing.get("datasource") != {"type": "prometheus", "uid": "${datasource}"}:
            yield f"{name}: its data source is not the variable"
    for text in sorted(set(re.findall(r"\$\{?(?!__)(\w+)", json.dumps(board)))):
        if text not in variables:
            yield f"there is no variable {text}"


# ---- Panels


def panel_problems(_, board):
    for p in panels_of(board):
        name = named(p)
        if p.get("type") not in TYPES:
            yield f"{name}: type {p.get('type')}"
        units = [p["fieldConfig"]["defaults"].get("unit", "none"), p["options"].get("yAxis", {}).get("unit", "none")]
        units += [q["value"] for o in p["fieldConfig"]["overrides"] for q in o["properties"] if q["id"] == "unit"]
        for unit in units:
            if unit not in UNITS and unit is not None:
                yield f"{name}: unit {unit}"
        if not p.get("targets") or not numbered(p["targets"], "refId"):
            yield f"{name}: refIds are not there or not different"
        if not p.get("description") or len(p["description"].encode()) > DESCRIPTION_BYTES:
            yield f"{name}: its description is missing or longer than the console shows"


def place_problems(_, board):
    taken = {}
    for p in board["panels"]:
        g = p["gridPos"]
        if not {"x", "y", "w", "h"} <= g.keys():
            yield f"{named(p)}: gridPos lacks {sorted({'x', 'y', 'w', 'h'} - g.keys())}"
            continue
        if not (0 <= g["x"] and g["x"] + g["w"] <= GRID_COLUMNS and g["w"] > 0 and g["h"] > 0 and g["y"] >= 0):
            yield f"{named(p)}: {g} is off the grid"
        cells = [(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])]
        for other in sorted({taken[cell] for cell in cells if cell in taken}):
            yield f"{named(p)} lies on {other}"
        taken |= dict.fromkeys(cells, named(p))


# ---- Queries


def promql_problems(promtool):
    def problems(_, board):
        rules = [{"record": f"r:{i}", "expr": fill_in(expr)} for i, (_, expr, _) in enumerate(queries_of(board))]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"groups": [{"name": "dashboards", "rules": rules}]}, file)  # JSON is YAML
            file.flush()
            done = subprocess.run([promtool, "check", "rules", file.name], capture_output=True, text=True)
        if done.returncode:
            yield (done.stderr or done.stdout).strip().replace("\n", "; ")
        elif f"{len(rules)} rules found" not in done.stdout:
            yield f"promtool has not seen {len(rules)} rules"
    return problems


def series_problems(known):
    def problems(_, board):
        for name, expr, target in queries_of(board):
            if not expr:
                yield f"{name}: a query without an expression"
            legend = target.get("legendFormat") if target else None
            for problem in series.problems(expr, legend, known):
                yield f"{name}: {problem}"
    return problems


# ---- Alerts


def read_alerts():
    """{name: (severity, the number that its condition compares with or None)}."""
    alerts = {}
    for path in sorted((ROOT / "prom/rules").glob("*.yml")):
        for name, fields in read_rules(path.read_text(), "alert"):
            limit = re.search(r"[<>] (-?\d[\d.]*)(?:$| and)", fields["expr"].strip())
            alerts[name] = fields["severity"], float(limit[1]) if limit else None
    return alerts


def alerts_of(panel, alerts):
    return [name for name in re.findall(r"\b[A-Z]\w+", panel.get("description", "")) if name in alerts]


def _line_problems(panel, name, alerts):
    severity, limit = alerts[name]
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
    values = [s["value"] for s in steps]
    if not limit or name in WITHOUT_LINE or panel["type"] != "timeseries":
        return
    if limit not in values:
        yield f"{named(panel)}: no threshold at {limit:g}, where {name} fires"
        return
    at = values.index(limit)
    if COLOURS[severity] not in (steps[at]["color"], steps[at - 1]["color"]):
        yield f"{named(panel)}: no {COLOURS[severity]} at {limit:g}, and {name} is {severity}"


def alert_problems(alerts):
    def problems(_, board):
        for p in panels_of(board):
            values = [s["value"] for s in p["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])]
            if values and (values[0] is not None or values[1:] != sorted(values[1:])):
                yield f"{named(p)}: thresholds {values}"
            for name in alerts_of(p, alerts):
                yield from _line_problems(p, name, alerts)
                if f"${{runbooks:raw}}/{name}.md" not in [link["url"] for link in p.get("links", [])]:
                    yield f"{named(p)}: no link to the runbook of {name}"
    return problems


def link_problems(_, board):
    urls = re.findall(r'"url": "([^"]+)"', json.dumps(board))
    for url in sorted(set(urls)):
        name = url.removeprefix("${runbooks:raw}/")
        if name == url:
            yield f"{url} does not lead to a runbook"
        elif name != "${__value.raw}.md" and not (RUNBOOKS / name).is_file():
            yield f"there is no runbook {name}"


def without_panel(boards, alerts):
    """Alerts that no panel explains. The watchdog always fires; PrometheusDown is for another Prometheus."""
    shown = {name for board in boards.values() for p in panels_of(board) for name in alerts_of(p, alerts)}
    return sorted(alerts.keys() - shown - {"Watchdog", "PrometheusDown"})


def all_checks(promtool):
    """[(name, check)]; a check is called with a dashboard's uid and the dashboard."""
    return [("schema", schema_problems), ("data sources", source_problems), ("panels", panel_problems),
            ("places", place_problems), ("PromQL", promql_problems(promtool)),
            ("series", series_problems(series.read_all())), ("alerts", alert_problems(read_alerts())),
            ("links", link_problems)]
