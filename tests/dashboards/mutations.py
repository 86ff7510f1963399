"""Dashboards that are broken on purpose, one thing each, and which check must say so."""

import copy

from boards import annotations_of, panels_of


def _panel(board, kind="timeseries"):
    return next(p for p in panels_of(board) if p["type"] == kind)


def _titled(board, title):
    return next(p for p in panels_of(board) if p["title"] == title)


def _defaults(board, kind="timeseries"):
    return _panel(board, kind)["fieldConfig"]["defaults"]


def _query(board):
    return _panel(board)["targets"][0]


def _replace(old, new):
    def change(board):
        target = next(t for p in panels_of(board) for t in p["targets"] if old in t["expr"])
        target["expr"] = target["expr"].replace(old, new)
    return change


def _rename(find, old, new):
    def change(board):
        thing = find(board)
        thing[new] = thing.pop(old)
    return change


def _set(find, key, value):
    def change(board):
        find(board)[key] = value
    return change


def _drop(find, key):
    def change(board):
        del find(board)[key]
    return change


def _same(board):
    return board


def _variable(board):
    return board["templating"]["list"][0]


def _annotation(board):
    return annotations_of(board)[0]


def _steps(board):
    return _titled(board, "Triage latency")["fieldConfig"]["defaults"]["thresholds"]["steps"]


def _unsort(board):
    steps = _titled(board, "Embedding drift")["fieldConfig"]["defaults"]["thresholds"]["steps"]
    steps[1], steps[2] = steps[2], steps[1]


def _overlap(board):
    board["panels"][1]["gridPos"]["x"] -= 1


def _repeat_id(board):
    board["panels"][1]["id"] = board["panels"][0]["id"]


def _repeat_ref(board):
    next(p for p in panels_of(board) if len(p["targets"]) > 1)["targets"][1]["refId"] = "A"


def _override_unit(board):
    properties = _panel(board, "table")["fieldConfig"]["overrides"][0]["properties"]
    next(q for q in properties if q["id"] == "unit")["value"] = "secondz"


def _leave_unexplained(board):
    for p in panels_of(board):
        p["description"] = p["description"].replace("StoreDropping", "An alert")


def _custom(board):
    return _defaults(board)["custom"]


def _legend(board):
    return _panel(board)["options"]["legend"]


def _grid(board):
    return _panel(board)["gridPos"]


# What is done to it, the dashboard, what changes it, the check that must notice.
MUTATIONS = [
    ("a panel of a type that is none", "overview", _set(_panel, "type", "timeserie"), "types"),
    ("a panel of a type that is none, without the compiler", "overview", _set(_panel, "type", "graph"), "panels"),
    ("a panel without a type", "overview", _drop(_panel, "type"), "types"),
    ("a panel of another type than its options", "overview", _set(_panel, "type", "heatmap"), "types"),
    ("a unit that is none", "overview", _set(_defaults, "unit", "secondz"), "panels"),
    ("a unit that is none, of one column", "overview", _override_unit, "panels"),
    ("a draw style that is none", "overview", _set(_custom, "drawStyle", "lines"), "types"),
    ("a line width in quotes", "overview", _set(_custom, "lineWidth", "1"), "types"),
    ("an unknown key among the fields", "overview", _set(_custom, "lineWeight", 1), "types"),
    ("an unknown key among the defaults", "overview", _set(_defaults, "units", "s"), "types"),
    ("an unknown key among the options", "overview", _set(lambda b: _panel(b)["options"], "legends", {}), "types"),
    ("a legend of a kind that is none", "overview", _set(_legend, "displayMode", "rows"), "types"),
    ("thresholds of a mode that is none", "overview",
     _set(lambda b: _defaults(b)["thresholds"], "mode", "relative"), "types"),
    ("a heatmap in colours that are none", "llm-quality",
     _set(lambda b: _panel(b, "heatmap")["options"]["color"], "mode", "spectrum"), "types"),
    ("a pie that is no pie", "ml-service", _set(lambda b: _panel(b, "piechart")["options"], "pieType", "ring"), "types"),
    ("an unknown key of a panel", "overview", _set(_panel, "titel", "x"), "types"),
    ("an unknown key of the dashboard", "overview", _set(_same, "autoRefresh", "10s"), "types"),
    ("a tooltip mode that is none", "overview", _set(_same, "graphTooltip", 7), "types"),
    ("a refresh that is a number", "overview", _set(_same, "refresh", 10), "schema"),
    ("no schema version", "overview", _drop(_same, "schemaVersion"), "schema"),
    ("another uid than the file's name", "overview", _set(_same, "uid", "over-view"), "schema"),
    ("two panels with one id", "overview", _repeat_id, "schema"),
    ("two panels in one place", "overview", _overlap, "places"),
    ("a panel beyond the right edge", "overview", _set(_grid, "w", 25), "places"),
    ("a place without a width", "overview", _drop(_grid, "w"), "places"),
    ("a panel without a data source", "overview", _drop(_panel, "datasource"), "data sources"),
    ("a query that goes to a data source by its id", "overview",
     _set(_query, "datasource", {"type": "prometheus", "uid": "P1809F7CD0C75ACF3"}), "data sources"),
    ("a first choice that is not provisioned", "overview",
     _set(_variable, "current", {"text": "Prometheus", "value": "prom"}), "data sources"),
    ("a variable that is not there", "overview", _replace("[5m]", "[$window]"), "data sources"),
    ("a query without a refId", "overview", _drop(_query, "refId"), "types"),
    ("two queries with one refId", "pipeline-health", _repeat_ref, "panels"),
    ("a misspelt expr", "overview", _rename(_query, "expr", "exprs"), "types"),
    ("a misspelt expr, without the compiler", "overview", _rename(_query, "expr", "query"), "series"),
    ("an instant that is a word", "overview", _set(_query, "instant", "no"), "types"),
    ("PromQL that ends too soon", "overview", _replace("sum by (le)", "sum by (le"), "PromQL"),
    ("PromQL with a function that is none", "overview", _replace("histogram_quantile", "histogram_percentile"), "PromQL"),
    ("a metric that is none", "overview", _replace("ml_data_drift_score", "ml_drift_score"), "series"),
    ("a bucket of what is no histogram", "overview", _replace("ml_feature_drift", "ml_feature_drift_bucket"), "series"),
    ("a label that the metric does not have", "llm-quality", _replace('status="abstained"', 'state="abstained"'), "series"),
    ("a value that the label does not have", "llm-quality", _replace('status="abstained"', 'status="abstain"'), "series"),
    ("a value that is none among several", "overview", _replace("error|timeout", "error|late"), "series"),
    ("a sum by a label that is none", "overview", _replace("by (listener)", "by (api)"), "series"),
    ("a legend of a label that is gone", "ml-service",
     _set(lambda b: _titled(b, "PSI by feature")["targets"][0], "legendFormat", "{{feature}}"), "series"),
    ("an annotation from a metric that is none", "overview",
     _set(_annotation, "expr", "tidewatch_simulations_active > 0"), "series"),
    ("a misspelt key of an annotation", "overview", _rename(_annotation, "titleFormat", "title"), "types"),
    ("a threshold beside its alert's", "pipeline-health", lambda b: _steps(b)[1].update(value=9), "alerts"),
    ("the colour of another severity", "pipeline-health", lambda b: _steps(b)[1].update(color="orange"), "alerts"),
    ("thresholds that do not ascend", "llm-quality", _unsort, "alerts"),
    ("an alert without a link to its runbook", "overview", _drop(_panel, "links"), "alerts"),
    ("a link to a runbook that is not there", "overview",
     lambda b: _panel(b)["links"][0].update(url="${runbooks:raw}/ModelDrift.md"), "links"),
    ("a link that leads elsewhere", "overview",
     lambda b: _panel(b)["links"][0].update(url="assets/runbooks/MLModelDriftHigh.md"), "links"),
    ("an alert that no panel explains", "pipeline-health", _leave_unexplained, "coverage"),
    ("a panel without a description", "overview", _drop(_panel, "description"), "panels"),
    ("a description that the console cuts", "overview", _set(_panel, "description", "word " * 60), "panels"),
]


def make(boards):
    """[(what was done, uid, broken dashboard, check)]."""
    broken = []
    for what, uid, change, check in MUTATIONS:
        board = copy.deepcopy(boards[uid])
        change(board)
        assert board != boards[uid], what
        broken.append((what, uid, board, check))
    return broken
