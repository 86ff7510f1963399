"""The dashboards that we ship, and how to walk through them."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "assets/grafana/dashboards"

# As Grafana fills them in for a window of an hour.
BUILT_IN = {"__rate_interval": "40s", "__interval": "15s", "__range": "1h"}


def load():
    """{uid: dashboard}, by the name of the file."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def panels_of(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def targets_of(dashboard):
    for panel in panels_of(dashboard):
        for target in panel.get("targets", []):
            yield panel, target


def annotations_of(dashboard):
    """Those that ask Prometheus."""
    return [a for a in dashboard["annotations"]["list"] if not a.get("builtIn")]


def queries_of(dashboard):
    """(where it stands, expression, target or None) of panels and annotations."""
    for panel, target in targets_of(dashboard):
        yield panel.get("title") or f"panel {panel.get('id')}", target.get("expr", ""), target
    for annotation in annotations_of(dashboard):
        yield f"annotation {annotation.get('name')}", annotation.get("expr", ""), None


def fill_in(expr, **variables):
    return re.sub(r"\$\{?(\w+)\}?", lambda m: (BUILT_IN | variables).get(m[1], m[0]), expr)
