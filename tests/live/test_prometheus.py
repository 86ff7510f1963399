"""The poller against the real Prometheus: good, hung (SIGSTOP), killed, started again. TAP on stdout.
Usage: test_prometheus.py PROMETHEUS POLL"""

import json
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PROMETHEUS, POLL = sys.argv[1:3]
REFRESH_S = 0.5
EXPRS = ["up", "sum by (job) (rate(prometheus_http_requests_total[$__rate_interval]))", "scalar(sum(up))",
         "sum by (", "nobody_exposes_this", "up * on (x) group_left (y) up"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Stack:
    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        (folder / "prom.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [{"job_name": "prometheus", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}]}))

    def start(self):
        self.process = subprocess.Popen(
            [PROMETHEUS, f"--config.file={self.folder}/prom.yml", f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                if urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=1).status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("Bail out! Prometheus does not get ready")


class Poll:
    def __init__(self, folder, port):
        # Two minutes: an hour has steps of 30 s, and a new Prometheus no point before the first of them.
        panels = [{"type": "timeseries", "title": expr, "targets": [{"refId": "A", "expr": expr}]} for expr in EXPRS]
        (folder / "d.json").write_text(json.dumps({"title": "T", "panels": panels, "time": {"from": "now-2m"}}))
        self.process = subprocess.Popen([POLL, folder / "d.json", str(int(REFRESH_S * 1000)),
                                         f"http://127.0.0.1:{port}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.now, self.text = {}, b""

    def read(self, wait_s):
        if not select.select([self.process.stdout], [], [], wait_s)[0]:
            return
        self.text += self.process.stdout.read1()
        *lines, self.text = self.text.split(b"\n")
        for line in lines:
            what, name, rest = line.decode().split(" ", 2)
            self.now[what + " " + name] = rest

    def wait(self, deadline_s, expected):
        """All of {key: beginning of its state} within the time; gives what it took."""
        begin = time.monotonic()
        while time.monotonic() - begin < deadline_s:
            if all(self.now.get(key, "").startswith(state) for key, state in expected.items()):
                return time.monotonic() - begin
            self.read(0.1)
        return None


count = failed = 0


def check(name, ok, poll):
    global count, failed
    count += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {count} - {name}")
    if not ok:
        for key, state in sorted(poll.now.items()):
            print(f"# {key}: {state}")


with tempfile.TemporaryDirectory() as name:
    stack = Stack(pathlib.Path(name), free_port())
    stack.start()
    poll = Poll(stack.folder, stack.port)
    try:
        good = {"source prometheus": "OK prometheus 2.", "panel 0": "OK series=1 points=some",
                "panel 1": "OK series=1 points=some", "panel 2": "OK series=1 points=some"}
        check("real data comes in", poll.wait(25, good) is not None, poll)
        check("a bad expression breaks its panel only",
              poll.wait(5, {"panel 3": "ERROR", "panel 4": "NO DATA", "source prometheus": "OK"}) is not None, poll)
        check("Prometheus's own words are kept", "parse error" in poll.now.get("panel 3", ""), poll)
        stack.process.send_signal(signal.SIGSTOP)
        took = poll.wait(10, {"source prometheus": "STALE", "panel 0": "STALE"})
        check("a stopped process is STALE within two intervals", took is not None and took <= 2 * REFRESH_S + 0.4, poll)
        stack.process.send_signal(signal.SIGCONT)
        check("it recovers", poll.wait(15, good) is not None, poll)
        stack.process.kill()
        stack.process.wait()
        took = poll.wait(10, {"source prometheus": "ERROR", "panel 0": "STALE"})
        check("a killed one is ERROR within two intervals", took is not None and took <= 2 * REFRESH_S + 0.4, poll)
        stack.start()
        check("it recovers by itself when started again", poll.wait(40, good) is not None, poll)
    finally:
        stack.process.kill()
        stack.process.wait()
        poll.process.stdin.close()
        poll.process.wait(5)
print(f"1..{count}")
sys.exit(failed > 0)
