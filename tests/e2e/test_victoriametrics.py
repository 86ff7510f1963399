"""The console on a real VictoriaMetrics that scrapes the real tidewatchd, beside a Prometheus that does the same: the
panels that have numbers on one have them on the other. First without vmalert, then with it."""

import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import unittest

from server import free_port
from stack import Stack, answers, fetch, wait_for
from terminal import Terminal
import test_dashboard_data

BUILD = pathlib.Path(os.environ["TW_BUILD_ROOT"])
PROGRAM, POLL = BUILD / "src/tui/tidewatch", BUILD / "tests/live/poll"
ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
DASHBOARDS = sorted((ASSETS / "grafana/dashboards").glob("*.json"))
SCREENS = os.environ.get("TW_SCREENS")  # a folder to keep the screens in
NO_VMALERT = "alert rules: not from this server (vmalert not set)"
# VictoriaMetrics drops what is not a number; Prometheus has a line of NaN, which is as empty to the eye.
NO_NUMBER = "points=none"


class VictoriaStack(Stack):
    """With VictoriaMetrics at `victoria_address`, as docs/data-sources.md has it, and vmalert, whose alerts go to an Alertmanager
    of their own at `second_address`."""

    def __enter__(self):
        self.victoria_address, self.vmalert_address, self.second_address = (f"127.0.0.1:{free_port()}" for _ in range(3))
        super().__enter__()
        try:
            self.launch_victoria()
            self.launch("second", self.second_address, shutil.which("prometheus-alertmanager") or "alertmanager",
                        f"--config.file={self.folder / 'config/alertmanager.yml'}", f"--storage.path={self.folder / 'second'}",
                        f"--web.listen-address={self.second_address}", "--cluster.listen-address=")
            victoria = f"http://{self.victoria_address}"
            self.launch_ready("vmalert", f"http://{self.vmalert_address}/health", "vmalert",
                              f"-rule={self.folder / 'config/rules/*.yml'}", f"-datasource.url={victoria}",
                              f"-remoteWrite.url={victoria}", f"-notifier.url=http://{self.second_address}",
                              "-evaluationInterval=1s", f"-httpListenAddr={self.vmalert_address}")
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def launch_victoria(self, *more):
        self.launch_ready("victoria", f"http://{self.victoria_address}/health", "victoria-metrics",
                          f"-storageDataPath={self.folder / 'victoria'}", f"-httpListenAddr={self.victoria_address}",
                          "-retentionPeriod=1d", f"-promscrape.config={self.folder / 'config/prometheus.yml'}",
                          "-promscrape.config.strictParse=false", "-search.latencyOffset=1s", *more)

    def launch_ready(self, name, url, *command):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

        def is_ready():
            if self.processes[name].poll() is not None:
                raise AssertionError(f"{name} ended with {self.processes[name].returncode}")
            return answers(url)

        wait_for(f"{name} is ready", is_ready, 60)

    def restart_victoria(self, *more):
        self.processes["victoria"].terminate()
        self.processes["victoria"].wait(30)
        self.launch_victoria(*more)


class Panels:
    """What a dashboard's panels have on one server: {index: "series=3 points=some"}."""

    def __init__(self, dashboard, prometheus):
        self.process = subprocess.Popen([POLL, dashboard, "1000", prometheus], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.at, self.text = {}, b""
        self.before, self.n_same = set(), 0

    def is_settled(self):
        """Asked once a second: for some of them nothing has been new."""
        now = self.full()
        self.n_same = self.n_same + 1 if now == self.before else 0
        self.before = now
        return bool(now) and self.n_same >= 5

    def read(self):
        while select.select([self.process.stdout], [], [], 0)[0]:
            *lines, self.text = (self.text + self.process.stdout.read1()).split(b"\n")
            for line in lines:
                what, name, rest = line.decode().split(" ", 2)
                if what == "panel":
                    self.at[int(name)] = rest

    def full(self):
        self.read()
        return {index for index, rest in self.at.items() if re.search(r"series=[1-9]\d* ", rest) and NO_NUMBER not in rest}

    def values(self):
        self.read()
        return {index for index, rest in self.at.items() if re.search(r"series=[1-9]", rest)}

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class VictoriaTest(test_dashboard_data.Dashboards):
    test_every_query_has_something_to_show = None  # is of the other module

    def settings(self, of="victoria"):
        stack = self.stack
        prometheus, alertmanager = {
            "victoria": (stack.victoria_address, stack.second_address),
            "prometheus": (stack.prometheus_address, stack.alertmanager_address)}[of]
        return [f"--prometheus.url=http://{prometheus}", f"--alertmanager.url=http://{alertmanager}",
                f"--operations.url=http://127.0.0.1:{stack.server.ports['ops']}",
                f"--ml.url=http://127.0.0.1:{stack.server.ports['ml']}", f"--auth.token_file={stack.folder}/operator.token"]

    def once(self, *more, of="victoria"):
        result = subprocess.run([PROGRAM, "--once", *self.settings(of), *more], capture_output=True, text=True, timeout=30,
                                env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
        self.assertEqual(result.stderr, "")
        return result.stdout

    def open(self, *more, of="victoria", **size):
        terminal = Terminal([str(PROGRAM), f"--assets.dir={ASSETS}", "--refresh=1", *self.settings(of), *more], **size)
        self.addCleanup(terminal.close)
        return terminal

    def keep(self, terminal, name):
        terminal.read(quiet=0.3, limit=2)
        if SCREENS:
            (pathlib.Path(SCREENS) / f"{name}.txt").write_text(terminal.text() + "\n")

    def test_the_screens_are_those_of_prometheus(self):
        with VictoriaStack("llm.cost_budget_usd_per_day=5") as self.stack:
            wait_for("the knowledge base is there", lambda: self.stack.server.get("llm", "/health").status == 200, 60)
            self.send_traffic()
            self.keep_an_alert_firing()
            self.check_without_vmalert()
            self.check_panels()
            self.check_figures()
            self.stack.restart_victoria(f"-vmalert.proxyURL=http://{self.stack.vmalert_address}")
            self.check_with_vmalert()

    def keep_an_alert_firing(self):
        """For as long as the test takes, and at both Alertmanagers."""
        started = self.stack.server.operate("POST", "/simulations", {
            "kind": "drift", "params": {"amount": 0.8, "rate": 20, "duration_s": 600}, "until": "duration"})
        self.assertEqual(started.status, 202, started.body)
        for address in (self.stack.alertmanager_address, self.stack.second_address):
            wait_for(f"the alert is at {address}", lambda: b"MLModelDriftHigh" in fetch(f"http://{address}/api/v2/alerts"),
                     180)

    def check_without_vmalert(self):
        for size in ({"columns": 80, "rows": 24}, {"columns": 140, "rows": 40}):
            name = f"{size['columns']}x{size['rows']}"
            terminal = self.open(**size)
            terminal.wait_for("vm OK" if size["columns"] == 80 else "OK", limit=20)
            terminal.wait_for("1 CRIT", limit=60)
            self.keep(terminal, f"overview-vm-{name}")
            self.assertFalse(terminal.shows("Watchdog silent"), terminal.text())
            terminal.press("a")
            terminal.wait_for("alert rules: not from this server")
            terminal.wait_for("MLModelDriftHigh")
            self.keep(terminal, f"alerts-vm-{name}")
            terminal.press("e")
            terminal.wait_for(NO_VMALERT)
            terminal.wait_for("victoriametrics")
            self.keep(terminal, f"sources-vm-{name}")
            terminal.close()
            other = self.open(of="prometheus", **size)
            other.wait_for("1 CRIT", limit=60)
            self.keep(other, f"overview-prometheus-{name}")
            other.close()
        self.assertIn(NO_VMALERT, self.once())
        terminal = self.open(columns=140, rows=40)
        terminal.wait_for("Data drift")
        terminal.press("\r")
        terminal.wait_for("VictoriaMetrics keeps none", limit=20)  # exemplars
        self.keep(terminal, "panel-vm-140x40")

    def check_panels(self):
        """Panel by panel. What is new may be seen later on VictoriaMetrics."""
        for dashboard in DASHBOARDS:
            here = Panels(dashboard, f"http://{self.stack.prometheus_address}")
            there = Panels(dashboard, f"http://{self.stack.victoria_address}")
            try:
                wait_for(f"the panels of {dashboard.stem}",
                         lambda: here.is_settled() and here.full() <= there.full(), 90, 1)
                self.assertLessEqual(there.full() - here.full(), here.values(), f"{here.at} {there.at}")
                print(f"# {dashboard.stem}: {len(here.full())} of {len(here.at)} panels have numbers on Prometheus, "
                      f"{len(there.full())} on VictoriaMetrics", flush=True)
            except AssertionError:
                print(f"# {dashboard.stem}\n# prometheus {sorted(here.at.items())}\n# victoria {sorted(there.at.items())}")
                raise
            finally:
                here.end()
                there.end()

    def check_figures(self):
        """Those of --once: the same have numbers, and what does not move while both are asked is equal."""
        def figures(of):
            look = json.loads(self.once("--json", of=of))
            return {name: reading for part in ("model", "quality") for name, reading in look[part].items()
                    if isinstance(reading, dict)}

        here, there = figures("prometheus"), figures("victoria")
        for name, reading in here.items():
            if reading["state"] == "ok":
                self.assertEqual(there[name]["state"], "ok", (name, there[name]))
        for name in ("model_accuracy", "knowledge_documents", "knowledge_chunks"):
            self.assertEqual(there[name]["value"], here[name]["value"], name)

    def check_with_vmalert(self):
        terminal = self.open("--view=alerts", columns=140, rows=40)
        terminal.wait_for("victoriametrics OK" if terminal.shows("victoriametrics OK") else "vm OK", limit=60)
        terminal.wait_for("MLModelDriftHigh", limit=60)
        terminal.wait_gone("alert rules: not from this server", limit=90)
        self.keep(terminal, "alerts-vmalert-140x40")
        look = json.loads(self.once("--json"))
        self.assertIsNone(look["sources"]["prometheus"]["without_rules"])
        self.assertEqual(look["sources"]["prometheus"]["flavour"], "victoriametrics")
        self.assertIn("MLModelDriftHigh", [alert["name"] for alert in look["alerts"]])


if __name__ == "__main__":
    unittest.main()
