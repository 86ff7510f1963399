"""The real tidewatch against made-up Prometheus, Alertmanager, operations and ML servers."""

import fcntl
import http.server
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest
import urllib.parse

BUILD = pathlib.Path(os.environ.get("TW_BUILD_ROOT", "build")).resolve()
TIDEWATCH = str(BUILD / "src/tui/tidewatch")
TOKEN = "0123456789abcdef0123456789abcdef"


def iso(at_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


class Stack:
    """The state of the made-up world; the handler below answers from it."""

    def __init__(self):
        self.samples = {"drift": 0.12, "samples": 200, "predictions": 2.0, "p95": 0.0012, "errors": 0,
                        "realized": 0.86, "trained": 0.87, "labels": 320, "drift_age": 1,
                        "predictions_age": 1, "feedback_age": 1, "up_age": 1}
        self.up = {"ml-api": 1, "operations": 1, "prometheus": 1}
        self.alerts = []  # (name, severity, state)
        self.absent = set()  # names that Alertmanager has not got
        self.html = set()  # names of servers that answer a proxy's page
        self.hung = set()  # names of servers that never answer
        self.bad_expression = None  # a tag: the joint query fails, and this part alone
        self.simulation = None
        self.requests = []  # (server, method, path, body, headers)
        self.lock = threading.Lock()
        self.released = threading.Event()

    # -- Prometheus
    def query(self, expr):
        tags = [t for t in list(self.samples) + ["features", "up"] if f'"tw", "{t}"' in expr]
        if self.bad_expression in tags:
            return 422, {"status": "error", "errorType": "execution", "error": "many-to-many matching"}
        now, result = time.time(), []
        for tag in tags:
            if tag == "up":
                for job, value in self.up.items():
                    result.append({"metric": {"tw": "up", "job": job, "instance": "127.0.0.1:1"},
                                   "value": [now, str(value)]})
            elif tag == "features":
                result.append({"metric": {"tw": tag, "feature_name": "ticket_length"}, "value": [now, "0.9"]})
            else:
                result.append({"metric": {"tw": tag}, "value": [now, str(self.samples[tag])]})
        return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}

    def all_alerts(self):
        return [("Watchdog", "none", "firing")] + self.alerts

    def prometheus(self, method, path, body):
        if path.startswith("/api/v1/query"):
            return self.query(urllib.parse.parse_qs(body)["query"][0])
        if path.startswith("/api/v1/alerts"):
            alerts = [{"labels": {"alertname": n, "severity": s, "service": "ml-api"}, "state": state,
                       "annotations": {}, "activeAt": iso(time.time() - 60), "value": "1e+00"}
                      for n, s, state in self.all_alerts()]
            return 200, {"status": "success", "data": {"alerts": alerts}}
        if path.startswith("/api/v1/targets"):
            return 200, {"status": "success", "data": {"activeTargets": [
                {"labels": {"job": "ml-api", "instance": "127.0.0.1:1"}, "scrapeInterval": "1s",
                 "lastError": 'Get "http://127.0.0.1:1/metrics": connection refused'}]}}
        return 404, {"status": "error", "errorType": "not_found", "error": "no such path"}

    # -- Alertmanager
    def alertmanager(self, method, path, body):
        alerts = [{"labels": {"alertname": n, "severity": s, "service": "ml-api", "cluster": "dev"},
                   "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
                   "updatedAt": iso(time.time() - 3)}
                  for n, s, state in self.all_alerts() if state == "firing" and n not in self.absent]
        return 200, alerts

    # -- Operations API
    def advance(self):
        """One step per look: the score rises, the alert pends, fires, is delivered."""
        s = self.simulation
        now_ms = int(time.time() * 1000)
        if s["state"] == "running":
            s["step"] += 1
            s["elapsed_ms"] = now_ms - s["started_at_ms"]
            s["progress"] = min(1, s["step"] / 6)
            s["requests"]["sent"] = s["requests"]["succeeded"] = s["step"] * 5
            if s["step"] >= 1:
                self.samples["drift"] = 0.62
            if s["step"] == 2 and s["fires"]:
                s["alert"].update(state="pending", pending_at_ms=now_ms)
            if s["step"] == 3 and self.ends:
                if s["fires"]:
                    s["alert"].update(state="firing", firing_at_ms=now_ms)
                s.update(state="finished" if s["fires"] else "failed", ended_at_ms=now_ms,
                         reason="its alert fired" if s["fires"] else "its alert did not fire in time")
        elif s["alert"]["state"] == "firing" and not s["alert"]["delivered_at_ms"]:
            s["alert"]["delivered_at_ms"] = now_ms

    def shown(self):
        return {k: v for k, v in self.simulation.items() if k not in ("step", "fires")}

    def start(self, body):
        asked = json.loads(body)
        if asked["params"].get("amount", 0) > 1:
            return 422, {"type": "about:blank", "title": "Unprocessable Content", "status": 422,
                         "detail": "1 field is wrong",
                         "errors": [{"field": "params.amount", "detail": "must be a number from 0 to 1"}]}
        now_ms = int(time.time() * 1000)
        self.samples["drift_age"] = 0  # a sample from before the start would not count
        self.simulation = {"id": 7, "kind": asked["kind"], "state": "running", "params": asked["params"],
                           "until": asked.get("until"), "started_at_ms": now_ms, "ends_by_ms": now_ms + 60000,
                           "elapsed_ms": 0, "requests": {"sent": 0, "succeeded": 0, "failed": 0}, "progress": 0,
                           "alert": {"name": "MLModelDriftHigh", "state": "inactive", "pending_at_ms": None,
                                     "firing_at_ms": None, "delivered_at_ms": None},
                           "ended_at_ms": None, "reason": None, "step": 0, "fires": self.fires}
        return 202, self.shown()

    fires = ends = True

    def operations(self, method, path, body, headers):
        if method in ("POST", "DELETE") and headers.get("Authorization") != "Bearer " + TOKEN:
            return 401, {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "a token is needed"}
        if path == "/health":
            return 200, {"status": "ok", "fast_alerts": True}
        if path.startswith("/events"):
            return 200, {"events": [{"id": 1, "at_ms": 1795470300000, "kind": "server_started",
                                     "subject": "\x1b[31mtidewatchd", "detail": {"version": "0.1.0"}}]}
        if path == "/simulations" and method == "POST":
            return self.start(body)
        if path == "/simulations" and method == "GET":
            return 200, {"simulations": [self.shown()] if self.simulation else []}
        if path == "/simulations" and method == "DELETE":
            return 200, {"stopped": 0}
        if path == "/simulations/7" and self.simulation:
            if method == "DELETE":
                self.simulation.update(state="stopped", ended_at_ms=int(time.time() * 1000), reason="somebody asked")
            else:
                self.advance()
            return 200, self.shown()
        return 404, {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no such simulation"}

    # -- ML API
    def ml(self, method, path, body):
        features = json.loads(body)
        if features["customer_tier"] > 5:
            return 422, {"title": "Unprocessable Content", "status": 422, "detail": "1 field is wrong",
                         "errors": [{"field": "customer_tier", "detail": "must be an integer from 1 to 5"}]}
        return 200, {"severity": "Medium", "severity_code": 1, "confidence": 0.71,
                     "probabilities": {"Low": 0.25, "Medium": 0.71, "High": 0.04},
                     "processing_time_ms": 0.05, "model_version": "m1", "prediction_id": "p1"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        stack, name = self.server.stack, self.server.name
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if name in stack.hung:
            stack.released.wait(10)
            self.close_connection = True
            return
        with stack.lock:
            stack.requests.append((name, self.command, self.path, body, dict(self.headers)))
            if name in stack.html:
                status, kind, text = 502, "text/html", "<html><head><title>502 Bad Gateway</title></head></html>"
            else:
                arguments = (self.command, self.path, body) + ((self.headers,) if name == "operations" else ())
                status, answer = getattr(stack, name)(*arguments)
                kind, text = "application/json", json.dumps(answer)
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class Client(unittest.TestCase):
    def setUp(self):
        self.stack = Stack()
        self.state = tempfile.mkdtemp(prefix="tidewatch-client-")
        self.write_token(0o600)
        self.servers = {}
        for name in ("prometheus", "alertmanager", "operations", "ml"):
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.daemon_threads = True
            server.stack, server.name = self.stack, name
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            self.servers[name] = server
        self.urls = {name: f"http://127.0.0.1:{s.server_port}" for name, s in self.servers.items()}

    def tearDown(self):
        self.stack.released.set()
        for server in self.servers.values():
            server.shutdown()
            server.server_close()
        shutil.rmtree(self.state)

    def write_token(self, mode):
        path = pathlib.Path(self.state, "operator.token")
        path.write_text(TOKEN + "\n")
        path.chmod(mode)

    def environment(self, **more):
        env = {"PATH": os.environ["PATH"], "HOME": self.state, "TIDEWATCH_STATE": self.state, "LC_ALL": "C.UTF-8"}
        for name, url in self.urls.items():
            env[f"TIDEWATCH_{name.upper()}_URL"] = url
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        env.update(more)
        return env

    def run_client(self, *arguments, **more):
        return subprocess.run([TIDEWATCH, *arguments], env=self.environment(**more), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=20)

    def refuse(self, name):
        """The server's port, with nobody behind it."""
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.urls[name] = f"http://127.0.0.1:{s.getsockname()[1]}"

    # ---- --once ---------------------------------------------------------------------------------

    def test_a_quiet_stack_is_ok(self):
        run = self.run_client("--once")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        for words in ("● OK", "FAST ALERTS", "0.12  under 0.5", "2.00/s", "1.20 ms", "0.86 over 320 labels",
                      "Watchdog", "3 up, 0 down", "0 running", "server_started", "?[31mtidewatchd"):
            self.assertIn(words, run.stdout)
        self.assertNotIn("\x1b", run.stdout)
        self.assertTrue(all(len(line) <= 80 for line in run.stdout.splitlines()), run.stdout)
        self.assertIn("SOURCES", self.run_client().stdout)

    def test_ascii_locales_get_ascii(self):
        run = self.run_client("--once", LC_ALL="C")
        self.assertEqual(run.returncode, 0)
        self.assertTrue(run.stdout.isascii())

    def test_a_pending_critical_alert_is_a_warning(self):
        self.stack.alerts = [("MLModelDriftHigh", "critical", "pending")]
        run = self.run_client("--once")
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn("MLModelDriftHigh is pending (critical)", run.stdout)

    def test_an_alert_that_alertmanager_has_not_got_is_a_warning(self):
        self.stack.alerts = [("MLFeatureDrift", "info", "firing")]
        self.stack.absent = {"MLFeatureDrift"}
        run = self.run_client("--once")
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn("absent from Alertmanager", run.stdout)

    def test_a_firing_critical_alert_is_critical(self):
        self.stack.alerts = [("MLModelDriftHigh", "critical", "firing")]
        self.stack.samples["drift"] = 0.71
        run = self.run_client("--once", "--json")
        self.assertEqual(run.returncode, 2, run.stdout)
        look = json.loads(run.stdout)
        self.assertEqual((look["verdict"], look["exit_code"], look["fast_alerts"]), ("crit", 2, True))
        self.assertEqual(look["model"]["drift_score"]["value"], 0.71)
        self.assertEqual(look["alerts"][0]["name"], "MLModelDriftHigh")
        self.assertEqual(look["alerts"][0]["alertmanager"], "active")

    def test_an_api_that_is_down_is_critical(self):
        self.stack.up["ml-api"] = 0
        run = self.run_client("--once")
        self.assertEqual(run.returncode, 2, run.stdout)
        self.assertIn("target ml-api 127.0.0.1:1 is down: connection refused", run.stdout)

    def test_stale_data_is_a_warning(self):
        self.stack.samples["drift_age"] = 30
        run = self.run_client("--once")
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn("STALE 30s", run.stdout)

    def test_a_bad_expression_costs_one_figure(self):
        self.stack.bad_expression = "errors"
        run = self.run_client("--once", "--json")
        self.assertEqual(run.returncode, 1, run.stdout)
        model = json.loads(run.stdout)["model"]
        self.assertEqual(model["error_ratio"]["state"], "error")
        self.assertEqual(model["drift_score"]["state"], "ok")

    def test_a_refused_prometheus_is_unknown(self):
        self.refuse("prometheus")
        run = self.run_client("--once")
        self.assertEqual(run.returncode, 3, run.stdout)
        self.assertIn("Connection refused", run.stdout)

    def test_a_hung_prometheus_is_unknown_after_the_timeout(self):
        self.stack.hung = {"prometheus"}
        start = time.monotonic()
        run = self.run_client("--once", "--client.timeout=500ms")
        self.assertEqual(run.returncode, 3, run.stdout)
        self.assertLess(time.monotonic() - start, 3)
        self.assertIn("within 500 ms", run.stdout)

    def test_a_proxys_page_is_unknown(self):
        self.stack.html = {"prometheus"}
        run = self.run_client("--once")
        self.assertEqual(run.returncode, 3, run.stdout)
        self.assertIn("HTTP 502: 502 Bad Gateway", run.stdout)

    def test_a_missing_alertmanager_and_backend_are_warnings(self):
        self.refuse("alertmanager")
        self.refuse("operations")
        run = self.run_client("--once")
        self.assertEqual(run.returncode, 1, run.stdout)

    def test_colours_only_on_a_terminal_and_without_no_color(self):
        for more, expected in (({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False),
                               ({"TERM": "dumb"}, False)):
            _, output = self.on_terminal("--once", **more)
            self.assertEqual("\x1b[" in output, expected, output)

    # ---- sim ------------------------------------------------------------------------------------

    def on_terminal(self, *arguments, act=None, **more):
        """Runs on a pty of 80 columns; act(output so far, pid) may do something. Code and output."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(TIDEWATCH, [TIDEWATCH, *arguments], self.environment(**{"TERM": "xterm", **more}))
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        output, end = b"", time.monotonic() + 20
        while time.monotonic() < end:
            ready, _, _ = select.select([fd], [], [], 0.1)
            if ready:
                try:
                    data = os.read(fd, 4096)
                except OSError:
                    break
                if not data:
                    break
                output += data
            if act and act(output.decode(errors="replace"), fd):
                act = None
        else:
            os.kill(pid, signal.SIGKILL)
        os.close(fd)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status), output.decode(errors="replace")

    def test_drift_is_followed_to_its_alert(self):
        run = self.run_client("sim", "drift", "--features", "ticket_length,customer_tier")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        for words in ("drift #7", "drift score 0.62, over 0.5", "MLModelDriftHigh pending", "MLModelDriftHigh firing",
                      "finished: its alert fired", "delivered the notification", "score over 0.5",
                      "15 requests sent, 0 failed"):
            self.assertIn(words, run.stdout)
        started = [r for r in self.stack.requests if r[:3] == ("operations", "POST", "/simulations")]
        self.assertEqual(len(started), 1)
        body = json.loads(started[0][3])
        self.assertEqual(body["params"], {"duration_s": 120, "amount": 0.8, "rate": 5,
                                          "features": ["ticket_length", "customer_tier"]})
        self.assertEqual(body["until"], "alert")
        self.assertRegex(body["idempotency_key"], "^[0-9a-f]{32}$")
        self.assertFalse([r for r in self.stack.requests if r[0] != "operations" and "Authorization" in r[4]])

    def test_every_drill_is_started_with_its_parameters(self):
        for words, kind, params in (
                (("hallucination", "--queries", "80", "--rate", "0.5"), "hallucination",
                 {"queries": 80, "rate": 0.5, "per_second": 2}),
                (("topic-shift", "--share=1"), "topic-shift", {"duration_s": 300, "rate": 2, "share": 1}),
                (("latency", "--burst", "30"), "latency",
                 {"duration_s": 60, "burst": 30, "interval_s": 5, "delay_s": 12}),
                (("rag", "--mode", "vector-db-down", "--seed", "7"), "rag",
                 {"duration_s": 120, "mode": "vector-db-down", "rate": 2, "seed": 7}),
                (("outage", "--target", "llm-rag-api"), "outage", {"duration_s": 180, "target": "llm-rag-api"})):
            run = self.run_client("sim", *words)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            self.assertNotIn("score", run.stdout)
            body = json.loads([r for r in self.stack.requests if r[:3] == ("operations", "POST", "/simulations")][-1][3])
            self.assertEqual((body["kind"], body["params"], body["until"]), (kind, params, "alert"))
        self.assertEqual(self.run_client("sim", "rag", "--mode", "rain").returncode, 64)

    def test_an_alert_that_does_not_fire_is_a_failure(self):
        self.stack.fires = False
        run = self.run_client("sim", "drift", "--json")
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        end = json.loads(run.stdout)
        self.assertEqual(end["exit_code"], 1)
        self.assertEqual(end["simulation"]["state"], "failed")
        self.assertGreater(end["score_over_at_ms"], 0)

    def test_the_end_can_wait_for_the_alert_to_clear(self):
        self.stack.alerts = [("MLModelDriftHigh", "critical", "firing")]

        def clear():
            while not (self.stack.simulation and self.stack.simulation["state"] == "finished"):
                time.sleep(0.05)
            time.sleep(0.5)
            self.stack.alerts = []

        threading.Thread(target=clear, daemon=True).start()
        run = self.run_client("sim", "drift", "--wait-clear")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("MLModelDriftHigh cleared", run.stdout)

    def test_ctrl_c_stops_it_on_the_server(self):
        def press(output, fd):
            if "score 0.62" not in output:
                return False
            os.write(fd, b"\x03")
            return True

        self.stack.ends = False
        code, output = self.on_terminal("sim", "drift", act=press, NO_COLOR="1")
        self.assertEqual(code, 130, output)
        self.assertIn("drift is stopped on the server", output)
        self.assertIn("stopped: somebody asked", output)
        self.assertEqual(self.stack.simulation["state"], "stopped")
        self.assertIn("\r", output)
        self.assertIn("sent", output)

    def test_a_second_ctrl_c_leaves_at_once(self):
        pressed = []

        def press(output, fd):
            if not pressed and "score 0.62" in output:
                self.stack.hung = {"operations"}
                os.write(fd, b"\x03")
                pressed.append(time.monotonic())
            elif pressed and "stopping drift" in output:
                os.write(fd, b"\x03")
                return True
            return False

        self.stack.ends = False
        code, output = self.on_terminal("sim", "drift", "--client.timeout=10s", act=press, NO_COLOR="1")
        self.assertEqual(code, 130, output)
        self.assertLess(time.monotonic() - pressed[0], 3)

    def test_a_silence_is_told_and_outlived(self):
        def fall_silent():
            while not (self.stack.simulation and self.stack.simulation["step"]):
                time.sleep(0.02)
            self.stack.html = {"operations"}
            time.sleep(1.2)
            self.stack.html = set()

        threading.Thread(target=fall_silent, daemon=True).start()
        run = self.run_client("sim", "drift")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("the operations API does not answer", run.stdout)
        self.assertIn("the operations API answers again", run.stdout)

    def test_a_refused_start_names_the_field(self):
        run = self.run_client("sim", "drift", "--amount", "3")
        self.assertEqual(run.returncode, 1)
        self.assertIn("params.amount: must be a number from 0 to 1", run.stderr)

    def test_a_server_that_is_gone_is_unreachable(self):
        self.refuse("operations")
        run = self.run_client("sim", "drift")
        self.assertEqual(run.returncode, 3, run.stderr)
        self.assertIn("Connection refused", run.stderr)

    def test_a_token_that_others_can_read_is_not_used(self):
        self.write_token(0o644)
        run = self.run_client("sim", "drift")
        self.assertEqual(run.returncode, 78, run.stderr)
        self.assertIn("chmod 600", run.stderr)
        self.assertEqual(self.stack.requests, [])
        self.assertEqual(self.run_client("--once").returncode, 1)

    def test_baseline_list_status_and_stop(self):
        self.assertIn("no simulations", self.run_client("sim", "list").stdout)
        run = self.run_client("sim", "baseline", "--predictions-per-second", "3")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("predictions_per_second=3", run.stdout)
        self.assertIn("baseline", self.run_client("sim", "list").stdout)
        self.assertIn("baseline #7", self.run_client("sim", "status", "7").stdout)
        self.assertEqual(json.loads(self.run_client("sim", "status", "7", "--json").stdout)["id"], 7)
        self.assertIn("stopped", self.run_client("sim", "stop", "#7").stdout)
        self.assertEqual(self.run_client("sim", "stop", "all").returncode, 0)
        run = self.run_client("sim", "status", "8")
        self.assertEqual(run.returncode, 1)
        self.assertIn("no such simulation", run.stderr)
        self.assertEqual(self.run_client("sim", "status", "7/../x").returncode, 64)

    # ---- the rest -------------------------------------------------------------------------------

    def test_predict_shows_severity_and_names_wrong_fields(self):
        good = ("predict", "--length", "120", "--urgency", "2", "--impact", "5")
        run = self.run_client(*good, "--tier", "3")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("Medium  confidence 0.710", run.stdout)
        self.assertEqual(json.loads(self.run_client(*good, "--tier", "3", "--json").stdout)["severity_code"], 1)
        run = self.run_client(*good, "--tier", "9")
        self.assertEqual(run.returncode, 1)
        self.assertIn("customer_tier: must be an integer from 1 to 5", run.stderr)

    def test_events_are_listed(self):
        run = self.run_client("events", "--limit", "3")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("server_started", run.stdout)
        self.assertNotIn("\x1b", run.stdout)
        self.assertIn("/events?limit=3", [r[2] for r in self.stack.requests])
        self.assertNotIn("\x1b", self.run_client("events", "--json").stdout)

    def test_usage_errors_end_with_64_and_name_the_nearest(self):
        for arguments, words in ((("sim", "drfit"), "'sim drift'"), (("--onec",), "'once'"),
                                 (("sim", "drift", "--amout=1"), "'amount'"), (("sim",), "further word"),
                                 (("predict",), "--length is missing"), (("events", "x"), "too many")):
            run = self.run_client(*arguments)
            self.assertEqual(run.returncode, 64, arguments)
            self.assertIn(words, run.stderr)

    def test_help_and_version(self):
        for arguments in (("--help",), ("sim", "--help"), ("sim", "drift", "--help"), ("predict", "-h")):
            run = self.run_client(*arguments)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("tidewatch", run.stdout)
        self.assertIn("--amount", self.run_client("sim", "drift", "--help").stdout)
        self.assertRegex(self.run_client("--version").stdout, r"^tidewatch \d+\.\d+")

    def test_a_settings_file_is_read_and_its_mistakes_are_named(self):
        path = pathlib.Path(self.state, ".config/tidewatch/tidewatch.conf")
        path.parent.mkdir(parents=True)
        path.write_text("[prometheus]\nulr = x\n")
        run = self.run_client("--once")
        self.assertEqual(run.returncode, 78)
        self.assertIn("tidewatch.conf:2", run.stderr)


if __name__ == "__main__":
    unittest.main()
