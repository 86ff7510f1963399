"""Prometheus, Alertmanager, the operations API and the ML API, each on a port of its own, that answer well
or badly as they are told, and remember what was sent to them."""

import http.server
import json
import math
import re
import socket
import threading
import time
import urllib.parse

MARK = re.compile(r'\n,"tw","(\d+)')
GOOD, HUNG, HTML, GARBAGE, WARNING, EMPTY, NAN = "good", "hung", "html", "garbage", "warning", "empty", "nan"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.mode = GOOD
        self.released = threading.Event()
        self.requests = []  # (method, path, body, token)
        self.open_sockets = set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """As a process that dies: the port is closed, and all connections."""
        self.released.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.open_sockets):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def handle_error(self, request, client_address):
        pass  # a client that leaves in the middle is none

    def answer(self, method, path, body):
        raise NotImplementedError


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.open_sockets.add(self.connection)

    def finish(self):
        self.server.open_sockets.discard(self.connection)
        super().finish()

    def log_message(self, *args):
        pass

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.server.requests.append((self.command, self.path, body, token))
        mode = self.server.mode
        if mode == HUNG:
            self.server.released.wait(60)
            self.close_connection = True
            return
        if mode == HTML:
            self.send(502, "text/html", b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>")
        elif mode == GARBAGE:
            self.send(200, "application/json", b'{"status":"success","data":{"resu')
        else:
            status, answer = self.server.answer(self.command, self.path, body)
            self.send(status, "application/json", json.dumps(answer).encode())

    do_GET = do_POST = do_DELETE = do_PUT = handle_any

    def send(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Prometheus(Server):
    """Every expression has `n_series` lines; `level` is their value, `label` one of their labels."""

    level = 0.1
    label = "ml-api"
    n_series = 1
    alert = None  # None, "pending", "firing"

    def series(self, mark, is_age):
        for i in range(1 if is_age else self.n_series):
            labels = {"tw": mark} if is_age else {"tw": mark, "job": f"{self.label}{i or ''}", "feature": f"f{i}"}
            yield i, labels

    def value(self, at, i):
        if self.mode == NAN:
            return "NaN"
        return repr(round(self.level + 0.02 * math.sin(at / 120 + i), 4))

    def query(self, path, form):
        result = []
        query = form["query"][0]
        start = 0
        for match in MARK.finditer(query):
            is_age = "time() - max(timestamp(" in query[start:match.start()]
            start = match.end()
            for i, labels in self.series(match.group(1), is_age):
                if "query_range" in path:
                    at, end, step = (float(form[name][0]) for name in ("start", "end", "step"))
                    points = [[at + n * step, self.value(at + n * step, i)] for n in range(int((end - at) / step) + 1)]
                    result.append({"metric": labels, "values": points})
                else:
                    at = float(form.get("time", [time.time()])[0])
                    result.append({"metric": labels, "value": [at, "1.5" if is_age else self.value(at, i)]})
        if self.mode == EMPTY:
            result = []
        kind = "matrix" if "query_range" in path else "vector"
        if not MARK.search(query):
            kind, result = "scalar", [time.time(), "1"]
        answer = {"status": "success", "data": {"resultType": kind, "result": result}}
        if self.mode == WARNING:
            answer["warnings"] = ["store 10.0.0.7 did not answer"]
        return answer

    def alerts(self):
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
        alerts = [{"labels": {"alertname": "Watchdog"}, "state": "firing", "activeAt": began, "value": "1"}]
        if self.alert:
            alerts.append({"labels": {"alertname": "MLModelDriftHigh", "severity": "critical", "service": self.label},
                           "annotations": {"summary": "inputs drift"}, "state": self.alert, "activeAt": began,
                           "value": "0.71"})
        return alerts

    def answer(self, method, path, body):
        if path.startswith("/api/v1/query"):
            return 200, self.query(path, urllib.parse.parse_qs(body))
        if path.startswith("/api/v1/alerts"):
            return 200, {"status": "success", "data": {"alerts": self.alerts()}}
        if path.startswith("/api/v1/targets"):
            target = {"labels": {"job": "ml-api", "instance": "a:1"}, "lastError": "", "scrapeInterval": "1s"}
            return 200, {"status": "success", "data": {"activeTargets": [target]}}
        return 200, {"status": "success", "data": {"version": "2.42.0"}}


class Alertmanager(Server):
    prometheus = None

    def answer(self, method, path, body):
        if not path.startswith("/api/v2/alerts"):
            return 200, {"versionInfo": {"version": "0.25.0"}}
        return 200, [{"labels": alert["labels"], "updatedAt": alert["activeAt"],
                      "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}}
                     for alert in self.prometheus.alerts() if alert["state"] == "firing"]


class Operations(Server):
    """With a state: what is started runs until it is stopped."""

    def __init__(self, port=0):
        super().__init__(port)
        self.running = {}  # id -> kind
        self.ended = {}
        self.keys = {}
        self.next_id = 7

    def simulation(self, number, kind, state):
        now = int(time.time() * 1000)
        return {"id": number, "kind": kind, "state": state, "params": {"amount": 0.8}, "until": "alert",
                "started_at_ms": now - 5000, "ends_by_ms": None if kind == "baseline" else now + 120000,
                "ended_at_ms": None if state == "running" else now, "elapsed_ms": 5000,
                "requests": {"sent": 25, "succeeded": 25, "failed": 0},
                "progress": None if kind == "baseline" else 0.4,
                "alert": None if kind == "baseline" else {"name": "MLModelDriftHigh", "state": "inactive"}}

    def listed(self):
        runs = [(n, kind, "running") for n, kind in self.running.items()]
        runs += [(n, kind, "stopped") for n, kind in self.ended.items()]
        return [self.simulation(*run) for run in sorted(runs, reverse=True)]

    def launch(self, kind):
        number, self.next_id = self.next_id, self.next_id + 1
        self.running[number] = kind
        return number

    def end(self, number):
        self.ended[number] = self.running.pop(number)

    def start_simulation(self, body):
        request = json.loads(body)
        number = self.keys.get(request["idempotency_key"])
        status = 200 if number else 202
        if not number:
            number = self.keys[request["idempotency_key"]] = self.launch(request["kind"])
        return status, self.simulation(number, request["kind"], "running")

    def stop_simulations(self, path):
        number = path.removeprefix("/simulations").strip("/")
        if number:
            self.end(int(number))
            return 200, self.simulation(int(number), self.ended[int(number)], "stopped")
        drills = [n for n, kind in self.running.items() if kind != "baseline"]
        for n in drills:
            self.end(n)
        return 200, {"stopped": len(drills)}

    def answer(self, method, path, body):
        if method == "POST":
            return self.start_simulation(body)
        if method == "DELETE":
            return self.stop_simulations(path)
        if path.startswith("/simulations"):
            return 200, {"simulations": self.listed()}
        if path.startswith("/events"):
            return 200, {"events": [{"id": 1, "at_ms": int(time.time() * 1000), "kind": "server",
                                     "subject": "started", "detail": {"version": "0.1.0"}}]}
        return 200, {"status": "ok", "live": True, "version": "0.1.0", "fast_alerts": True, "drills_enabled": True,
                     "watchdog_age_ms": 1000,
                     "simulations": [{"id": n, "kind": kind} for n, kind in self.running.items()]}


class Ml(Server):
    def answer(self, method, path, body):
        cells = [{"above": None, "up_to": 100, "before": 300, "after": 20}, {"above": 100, "up_to": 150, "before": 200, "after": 60},
                 {"above": 150, "up_to": None, "before": 50, "after": 120}]
        feature = {"name": "ticket_length", "unit": "words", "drift_detected": True, "severity": 0.7, "psi": 0.6,
                   "psi_critical": 0.2, "ks": 0.4, "ks_p": 0.001, "mean_before": 120, "mean_after": 180,
                   "logit_shift": 0.9, "explanation": "ticket_length moved up", "cells": cells}
        return 200, {"at_ms": int(time.time() * 1000), "samples_analyzed": 200, "samples_needed": 100,
                     "drift_detected": True, "drift_score": 0.6, "features": [feature]}


class Servers:
    def __init__(self):
        self.prometheus = Prometheus().start()
        self.alertmanager = Alertmanager().start()
        self.alertmanager.prometheus = self.prometheus
        self.operations = Operations().start()
        self.ml = Ml().start()
        self.operations.running[3] = "baseline"

    def all(self):
        return self.prometheus, self.alertmanager, self.operations, self.ml

    def settings(self):
        names = ("prometheus", "alertmanager", "operations", "ml")
        return [f"--{name}.url={server.url}" for name, server in zip(names, self.all())]

    def stop(self):
        for server in self.all():
            server.stop()
