"""Dashboards against Grafana's own types of three versions: the schema that they are written in, one in between,
and the newest; by the TypeScript compiler. The packages are pinned with their hashes in types/package-lock.json
and come from npm once, into $TW_TEST_CACHE."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from boards import ROOT

sys.path.append(str(ROOT / "tests/e2e"))
import packages  # noqa: E402

TYPES = pathlib.Path(__file__).parent / "types"
PANELS = {"timeseries": "TimeSeries", "stat": "Stat", "gauge": "Gauge", "bargauge": "BarGauge", "piechart": "PieChart",
          "heatmap": "Heatmap", "table": "Table"}
WITH_FIELDS = {"timeseries", "piechart", "heatmap", "table"}
# Package: its index, its types of a dashboard, and those of a panel.
VERSIONS = {
    "grafana-10": ("dist/index", "dist/esm/raw/dashboard/x/dashboard_types.gen",
                   "dist/esm/raw/composable/{0}/panelcfg/x/{1}PanelCfg_types.gen"),
    "grafana-12": ("dist/types/index", "dist/types/raw/dashboard/x/dashboard_types.gen",
                   "dist/types/raw/composable/{0}/panelcfg/x/{1}PanelCfg_types.gen"),
    "grafana-13": ("dist/types/index", "dist/types/raw/dashboard/x/types.gen",
                   "dist/types/raw/composable/{0}/panelcfg/x/types.gen"),
}
# The newest has those of a query elsewhere; they are the same.
QUERY = "grafana-10/dist/esm/raw/composable/prometheus/dataquery/x/PrometheusDataQuery_types.gen"
OPTIONS = {"strict": True, "noEmit": True, "skipLibCheck": True, "target": "es2022", "module": "esnext",
           "moduleResolution": "bundler", "types": []}


def obtain():
    """The folder with node_modules. Skips (unittest.SkipTest) where they cannot be had, but fails under CI=true."""
    return packages.locked_node_modules("dashboard-types", TYPES)


def _schema(version):
    """schema.ts: the names that board.ts takes from one version."""
    _, dashboard, panel = VERSIONS[version]
    lines = [f"export type * from './node_modules/{version}/{dashboard}';",
             f"export type {{ PrometheusDataQuery }} from './node_modules/{QUERY}';"]
    for kind, name in PANELS.items():
        names = [f"Options as {kind.capitalize()}Options"]
        names += [f"FieldConfig as {kind.capitalize()}Fields"] if kind in WITH_FIELDS else []
        lines.append(f"export type {{ {', '.join(names)} }} from './node_modules/{version}/{panel.format(kind, name)}';")
    return "\n".join(lines) + "\n"


def check(modules, version, boards):
    """{name: [errors]} of {name: dashboard}; "" for errors that are in no dashboard."""
    index = VERSIONS[version][0]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "node_modules").symlink_to(modules / "node_modules")
        (folder / "schema.ts").write_text(_schema(version))
        shutil.copy(TYPES / "board.ts", folder)
        for name, board in boards.items():
            (folder / f"{name}.ts").write_text("import type { Board } from './board';\n"
                                               f"export const board: Board = {json.dumps(board, indent=1)};\n")
        paths = {"@grafana/schema": [f"./node_modules/{version}/{index}.d.ts"]}
        (folder / "tsconfig.json").write_text(json.dumps(
            {"compilerOptions": OPTIONS | {"paths": paths, "preserveSymlinks": True}, "include": ["*.ts"]}))
        done = subprocess.run(["node", modules / "node_modules/typescript/bin/tsc", "--pretty", "false", "-p", folder],
                              capture_output=True, text=True, cwd=folder)
    errors = {}
    for line in done.stdout.splitlines():
        found = re.match(r"(?:\./)?([\w.-]+)\.ts\((\d+),\d+\): error (.*)", line)
        if found:
            errors.setdefault(found[1] if found[1] in boards else "", []).append(found[3])
    if done.returncode and not errors:
        errors[""] = [done.stdout + done.stderr]
    return errors
