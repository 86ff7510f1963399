"""tidewatchd with a real Prometheus and a real Alertmanager, for tests: a temporary folder, free ports,
fast alerts. Ends what it started, by pid; shows the logs when something goes wrong."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from server import BUILD, Server, free_port

TIDEWATCHD = BUILD / "src/server/tidewatchd"


def wait_for(what, condition, timeout_s, interval_s=0.2):
    """The first true value of condition(); an error that names `what` when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s} s")
        time.sleep(interval_s)


def fetch(url, timeout_s=5):
    # Loopback only: a proxy of the environment must not come between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=timeout_s) as answer:
        return answer.read()


def answers(url):
    try:
        fetch(url, 2)
        return True
    except OSError:
        return False


class Stack:
    """Use as a context manager. `server` is the Server of tidewatchd."""

    def __init__(self, *settings, fast_alerts=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidewatch-stack-"))
        self.prometheus_address = f"127.0.0.1:{free_port()}"
        self.alertmanager_address = f"127.0.0.1:{free_port()}"
        self.server = Server(
            f"prometheus.url=http://{self.prometheus_address}",
            f"prometheus.listen={self.prometheus_address}",
            f"prometheus.fast_alerts={'true' if fast_alerts else 'false'}",
            f"alertmanager.url=http://{self.alertmanager_address}",
            f"alertmanager.listen={self.alertmanager_address}",
            *settings,
            state=self.folder,
        )
        self.processes = {}
        # As ./run does: what fires before Alertmanager is known is not sent again for a minute by default.
        self.prometheus_options = ["--rules.alert.resend-delay=5s"] if fast_alerts else []

    # ---- Start and stop

    def __enter__(self):
        try:
            self.server.start()
            self.render()
            self.launch("alertmanager", self.alertmanager_address, shutil.which("prometheus-alertmanager") or "alertmanager",
                        f"--config.file={self.folder / 'config/alertmanager.yml'}",
                        f"--storage.path={self.folder / 'alertmanager'}",
                        f"--web.listen-address={self.alertmanager_address}", "--cluster.listen-address=")
            self.launch("prometheus", self.prometheus_address, "prometheus",
                        f"--config.file={self.folder / 'config/prometheus.yml'}",
                        f"--storage.tsdb.path={self.folder / 'prometheus'}",
                        f"--web.listen-address={self.prometheus_address}", "--web.enable-lifecycle", *self.prometheus_options)
            wait_for("both APIs are scraped", lambda: self.query('count(up{job=~"ml-api|operations"} == 1)') == 2, 30)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            for process in self.processes.values():
                process.terminate()
            for process in self.processes.values():
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if kind:
                self.show_logs()
            self.server.__exit__(kind)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def render(self):
        command = [TIDEWATCHD, "render-config", "--out", self.folder / "config", f"--state.dir={self.folder}",
                   *[f"--listen.{name}=127.0.0.1:{port}" for name, port in self.server.ports.items()],
                   *[f"--{s}" for s in self.server.settings]]
        env = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWATCH_")}
        subprocess.run(command, check=True, env=env, cwd=self.folder, stdout=subprocess.DEVNULL)

    def launch(self, name, address, *command):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

        def is_ready():
            if self.processes[name].poll() is not None:
                raise AssertionError(f"{name} ended with {self.processes[name].returncode}")
            return answers(f"http://{address}/-/ready")

        wait_for(f"{name} is ready", is_ready, 60)

    def show_logs(self):
        for name in self.processes:
            log = (self.folder / f"{name}.log").read_text(errors="replace")
            sys.stderr.write(f"---- {name}\n{log[-6000:]}")

    # ---- Questions

    def query(self, expression):
        """The one value of an instant query, None when it has none."""
        url = f"http://{self.prometheus_address}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        result = json.loads(fetch(url))["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def alert_state(self, name):
        """inactive, pending or firing, by Prometheus."""
        alerts = json.loads(fetch(f"http://{self.prometheus_address}/api/v1/alerts"))["data"]["alerts"]
        states = {alert["state"] for alert in alerts if alert["labels"]["alertname"] == name}
        return "firing" if "firing" in states else "pending" if "pending" in states else "inactive"

    def alert_events(self, name):
        """What Alertmanager delivered about an alert to the log, oldest first: (status, Unix ms)."""
        events = self.server.operate("GET", "/events?limit=500").json()["events"]
        found = []
        for event in events:
            if event["kind"] == "alert" and event["subject"] == name:
                detail = event["detail"] if isinstance(event["detail"], dict) else json.loads(event["detail"])
                found.append((event["id"], detail["status"], event["at_ms"]))
        return [(status, at_ms) for _, status, at_ms in sorted(found)]
