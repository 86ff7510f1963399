"""The dashboards that we ship: fit for Grafana's schema, free of overlaps, every expression good PromQL, every
metric one that our server exposes. TAP on stdout. Usage: check.py PROMTOOL SOURCE_ROOT"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

PROMTOOL, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
TYPES = {"timeseries", "stat", "gauge", "bargauge", "piechart", "heatmap", "table", "text", "alertlist", "row"}
UNITS = {None, "short", "none", "percentunit", "percent", "s", "ms", "reqps", "ops", "bytes", "currencyUSD"}
BUILT_IN = {"__rate_interval": "1m", "__interval": "15s", "__range": "1h"}
# The metrics of the LLM side and of triage: said in the design, exposed once those parts are there.
COMING = ("llm_", "triage_")

failures = []
count = 0


def check(name, problems):
    global count
    count += 1
    print(f"{'not ok' if problems else 'ok'} {count} - {name}")
    for problem in problems:
        failures.append(problem)
        print(f"# {problem}")


def panels_of(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def targets_of(dashboard):
    for panel in panels_of(dashboard):
        for target in panel.get("targets", []):
            yield panel, target


def schema_problems(path, d):
    for key, kind in {"uid": str, "title": str, "tags": list, "schemaVersion": int, "refresh": str, "panels": list,
                      "time": dict, "templating": dict, "annotations": dict}.items():
        if not isinstance(d.get(key), kind):
            yield f"{key} is not a {kind.__name__}"
    if d.get("uid") != path.stem:
        yield f"uid {d.get('uid')} is not the file's name"
    if not {"from", "to"} <= set(d["time"]):
        yield "time lacks from or to"
    if "id" in d and d["id"] is not None:
        yield "id must be left to Grafana"
    if not any(v.get("type") == "datasource" for v in d["templating"]["list"]):
        yield "there is no data source variable"
    ids = [p.get("id") for p in panels_of(d)]
    if len(set(ids)) != len(ids) or not all(isinstance(i, int) for i in ids):
        yield "panel ids are not different whole numbers"


def panel_problems(d):
    for p in panels_of(d):
        name = p.get("title") or f"panel {p.get('id')}"
        if p.get("type") not in TYPES:
            yield f"{name}: type {p.get('type')}"
        if p.get("type") in ("row", "text"):
            continue
        if p.get("datasource", {}).get("uid") != "${datasource}":
            yield f"{name}: its data source is not the variable"
        unit = p["fieldConfig"]["defaults"].get("unit")
        if unit not in UNITS:
            yield f"{name}: unit {unit}"
        refs = [t.get("refId") for t in p.get("targets", [])]
        if len(set(refs)) != len(refs) or None in refs:
            yield f"{name}: refIds are not different"
        values = [s["value"] for s in p["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])]
        if values and (values[0] is not None or values[1:] != sorted(values[1:])):
            yield f"{name}: thresholds {values}"
        if not p.get("description"):
            yield f"{name}: no description"


def place_problems(d):
    taken = {}
    for p in d["panels"]:
        g = p["gridPos"]
        if not (0 <= g["x"] and g["x"] + g["w"] <= 24 and g["w"] > 0 and g["h"] > 0 and g["y"] >= 0):
            yield f"{p['title']}: {g}"
        for x in range(g["x"], g["x"] + g["w"]):
            for y in range(g["y"], g["y"] + g["h"]):
                if (x, y) in taken:
                    yield f"{p['title']} lies on {taken[x, y]}"
                    return
                taken[x, y] = p["title"]


def fill_in(expr):
    return re.sub(r"\$\{?(\w+)\}?", lambda m: BUILT_IN.get(m[1], m[0]), expr)


def promql_problems(d):
    rules = [{"record": f"r:{i}", "expr": fill_in(t["expr"])} for i, (_, t) in enumerate(targets_of(d))]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "dashboards", "rules": rules}]}, file)  # JSON is YAML
        file.flush()
        done = subprocess.run([PROMTOOL, "check", "rules", file.name], capture_output=True, text=True)
    if done.returncode:
        yield (done.stderr or done.stdout).strip().replace("\n", "; ")
    if f"{len(rules)} rules found" not in done.stdout:
        yield f"promtool has not seen {len(rules)} rules"


def metric_problems(d):
    table = (ROOT / "src/server/metrics/metrics_table.h").read_text()
    known = set(re.findall(r'"([a-z][a-z0-9_]+)"', table))
    for p, t in targets_of(d):
        expr = re.sub(r'"[^"]*"', "", t["expr"])
        for name in re.findall(r"\b((?:ml|llm|triage|http|tidewatch|process)_[a-z0-9_]+)\b", expr):
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            if base not in known and name not in known and not name.startswith(COMING):
                yield f"{p['title']}: nobody exposes {name}"


files = sorted((ROOT / "assets/grafana/dashboards").glob("*.json"))
check("there are dashboards", [] if files else ["none found"])
for path in files:
    dashboard = json.loads(path.read_text())
    for what, find in [("schema", lambda d: schema_problems(path, d)), ("panels", panel_problems),
                       ("places", place_problems), ("PromQL", promql_problems), ("metrics", metric_problems)]:
        check(f"{path.stem}: {what}", list(find(dashboard)))
print(f"1..{count}")
sys.exit(1 if failures else 0)
