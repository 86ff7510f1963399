#!/usr/bin/python3
"""How the console's cost grows: with alerts, with series in one panel, with panels.

Usage: bench_console_scale.py BUILD_DIR [--seconds 15]

Each row is a console of its own at a refresh of 1 s beside invented servers in a process of their own. CPU per refresh
is the process's own, user and system, the ticks between included; the exponent is that of the growth of what comes on
top of the smallest row: 1 is linear.
"""

import argparse
import json
import math
import os
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import bench_console as bench  # noqa: E402

SIZE = (120, 36)
SETTLE_S = 6
AXES = {"alerts": (10, 100, 1000), "series": (50, 500, 5000), "panels": (6, 20, 60)}


def dashboard(n_panels):
    return {"title": "scale", "uid": "scale", "time": {"from": "now-15m", "to": "now"}, "panels": [
        {"id": i + 1, "type": "timeseries", "title": f"panel {i}", "gridPos": {"x": 8 * (i % 3), "y": 8 * (i // 3), "w": 8, "h": 8},
         "targets": [{"refId": "A", "expr": f"max(scale_{i})"}]} for i in range(n_panels)]}


def serve(n_alerts, n_series):
    servers = bench.fake_servers.Servers()
    prometheus = servers.prometheus
    prometheus.n_series = n_series
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    alerts = [{"labels": {"alertname": f"Alert{i % 20}", "severity": ("critical", "warning")[i % 2], "instance": f"10.0.{i // 250}.{i % 250}:9100"},
               "annotations": {"summary": f"{i} is wrong"}, "state": "firing", "activeAt": began, "value": str(i)} for i in range(n_alerts)]
    prometheus.alerts = lambda: alerts
    print(json.dumps(servers.settings()), flush=True)
    sys.stdin.read()
    os._exit(0)


def row(args, folder, n_alerts, n_series, n_panels):
    servers = bench.ServerProcess(sys.executable, __file__, "--serve", str(n_alerts), str(n_series))
    file = folder / "scale.json"
    file.write_text(json.dumps(dashboard(n_panels)))
    command = bench.console(args.build, servers, folder, "--refresh=1", f"--dashboard={file}")
    terminal = bench.Terminal(command, columns=SIZE[0], rows=SIZE[1])
    try:
        bench.watch(terminal, SETTLE_S)
        before = bench.cpu_ns(terminal.process.pid)
        sent = sum(bench.watch(terminal, args.seconds))
        spent = bench.cpu_ns(terminal.process.pid) - before
        rss, pss = bench.memory_mb(terminal.process.pid)
        return {"CPU ms": spent / 1e6 / args.seconds, "B": sent / args.seconds, "RSS MB": rss, "PSS MB": pss}
    finally:
        terminal.close()
        servers.end()


def exponent(rows, sizes):
    """Of the growth of CPU over the smallest row."""
    (least, *_, middle, most), (_, *_, n_middle, n_most) = [r["CPU ms"] for r in rows], sizes
    if middle <= least or most <= least:
        return float("nan")
    return math.log((most - least) / (middle - least)) / math.log(n_most / n_middle)


def main():
    if sys.argv[1:2] == ["--serve"]:
        serve(*map(int, sys.argv[2:]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=15)
    args = parser.parse_args()
    print("| | CPU ms per refresh | bytes per refresh | RSS MB | PSS MB | exponent |\n|---|---|---|---|---|---|")
    for axis, sizes in AXES.items():
        rows = []
        for size in sizes:
            counts = {"alerts": 0, "series": 1, "panels": 1} | {axis: size}
            with tempfile.TemporaryDirectory() as name:
                rows.append(row(args, pathlib.Path(name), *counts.values()))
        for size, figures in zip(sizes, rows):
            last = f"{exponent(rows, sizes):.2f}" if size == sizes[-1] else ""
            print(f"| {size} {axis} | {figures['CPU ms']:.2f} | {figures['B']:.0f} | {figures['RSS MB']:.1f} | "
                  f"{figures['PSS MB']:.1f} | {last} |", flush=True)
    print(f"\n{SIZE[0]}x{SIZE[1]}, {args.seconds:g} s a row, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
