"""Prometheus, Alertmanager, the operations API, the ML API and the LLM API, each on a port of its own, that
answer well or badly as they are told, and remember what was sent to them."""

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
PAGE, CUT, STUCK, ENDLESS = "page", "cut", "stuck", "endless"  # a page as a good answer; less than announced; 50 MB
MEGABYTE = b"[1,2,3,4,5,6,7,8,9,0,\n]" * 45600


def as_json(answer):
    """Bytes that are no UTF-8 go out as they are: "\\udcff" is the byte 0xff."""
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogateescape")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.mode = GOOD
        self.released = threading.Event()
        self.requests = []  # (method, path, body, token)
        self.marks = []  # of each of them: whose doing it says it is
        self.open_sockets = set()
        self.prefix = ""  # of every path; what is without is not there
        self.gate = None  # of the headers: None to let in, or (status, more headers, body)
        self.headers = []  # of each of the requests
        self.ahead_s = 0  # of our clock
        self.scheme = "http"

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}{self.prefix}"

    def now(self):
        return time.time() + self.ahead_s

    def secure(self, context):
        """From here on with TLS."""
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https"

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

    def mode_of(self, path):
        return self.mode

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

    def date_time_string(self, timestamp=None):
        return super().date_time_string(self.server.now() if timestamp is None else timestamp)

    def let_in(self):
        """False when it was answered already."""
        refusal = self.server.gate(self.headers) if self.server.gate else None
        if not refusal and not self.path.startswith(self.server.prefix + "/"):
            refusal = 404, {}, "404 page not found\n"
        if not refusal:
            self.path = self.path.removeprefix(self.server.prefix)
            return True
        status, more, body = refusal
        self.send(status, "text/html" if body.startswith("<") else "text/plain", body.encode(), more)
        return False

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        self.server.headers.append(self.headers)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.server.requests.append((self.command, self.path, body, token))
        self.server.marks.append(self.headers.get("X-Tidewatch-Source"))
        if not self.let_in():
            return
        mode = self.server.mode_of(self.path)
        if mode == HUNG:
            self.server.released.wait(60)
            self.close_connection = True
            return
        if mode == HTML:
            self.send(502, "text/html", b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>")
        elif mode == GARBAGE:
            self.send(200, "application/json", b'{"status":"success","data":{"resu')
        elif mode == PAGE:
            self.send(200, "text/html", b"<!DOCTYPE html><html><head><title>Log in</title></head><body>...</body></html>")
        elif mode in (CUT, STUCK):
            self.send(200, "application/json", b'{"status":"success","data":', announced=5000)
            self.wfile.flush()
            self.close_connection = True
            if mode == STUCK:
                self.server.released.wait(60)
        elif mode == ENDLESS:
            self.send(200, "application/json", b'{"status":"success","data":', announced=50 << 20)
            for _ in range(50):
                self.wfile.write(MEGABYTE)
            self.close_connection = True
        else:
            status, answer = self.server.answer(self.command, self.path, body)
            if status == 200 and self.path == "/chat" and json.loads(body).get("stream"):
                self.stream(answer)
            else:
                self.send(status, "application/json", as_json(answer))

    do_GET = do_POST = do_DELETE = do_PUT = handle_any

    def stream(self, answer):
        """Server-sent events: the text in small pieces, then the scored answer."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        text = answer["response"]
        for name, event in [("text", {"text": text[i:i + 7]}) for i in range(0, len(text), 7)] + [("answer", answer)]:
            self.wfile.write(f"event: {name}\ndata: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()

    def send(self, status, kind, body, more={}, announced=None):
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(announced or len(body)))
        self.end_headers()
        self.wfile.write(body)


class Prometheus(Server):
    """Every expression has `n_series` lines; `level` is their value, `label` one of their labels."""

    level = 0.15  # and waves by 0.02: it is shown as 0.1 and one more digit
    label = "ml-api"
    n_series = 1
    alert = None  # None, "pending", "firing"
    more_alerts = ()  # the labels of further ones that fire
    label_mode = None  # of questions for the values of a label; None: as the rest

    def mode_of(self, path):
        return self.label_mode if self.label_mode is not None and path.startswith("/api/v1/label/") else self.mode
    lacks = ()  # beginnings of paths that this sort of server does not have
    build = {"version": "2.42.0"}
    is_metricsql = False  # as VictoriaMetrics answers
    has_rules = True
    is_partial = False
    keeps_exemplars = True
    has_exemplars = True

    def series(self, mark, is_age):
        for i in range(1 if is_age else self.n_series):
            labels = {"tw": mark} if is_age else {"tw": mark, "job": f"{self.label}{i or ''}", "feature": f"f{i}"}
            yield i, labels

    def value(self, at, i):
        if self.mode == NAN:
            return "NaN"
        return repr(round(self.level + 0.02 * math.sin(at / 120 + i), 4))

    def unmarked(self, path, form):
        """One expression alone, for the panel that is looked into."""
        at, end, step = (float(form[name][0]) for name in ("start", "end", "step"))
        lines = [{"metric": {"job": f"{self.label}{i or ''}", "feature": f"f{i}"},
                  "values": [[at + n * step, self.value(at + n * step, i)] for n in range(int((end - at) / step) + 1)]}
                 for i in range(self.n_series)]
        return {"status": "success", "data": {"resultType": "matrix", "result": lines,
                                              "stats": {"samples": {"totalQueryableSamples": 4321}}}}

    def exemplars(self, form):
        labels = {"__name__": "ml_data_drift_score", "model": self.label}
        found = [{"labels": {"trace_id": f"{n:032x}"}, "value": str(n / 10), "timestamp": float(form["end"][0]) - 60 * n}
                 for n in range(1, 9)]
        series = [{"seriesLabels": labels, "exemplars": found}] if self.has_exemplars else []
        return {"status": "success", "data": series}

    def rules(self):
        rules = [("MLModelDriftHigh", "ml_data_drift_score > 0.5", "critical", self.alert or "inactive"),
                 ("LLMLatencyHigh", "llm_request_latency_seconds_bucket > 5", "warning", "inactive")]
        if not self.has_rules:
            return {"status": "success", "data": {"groups": []}}
        return {"status": "success", "data": {"groups": [{"name": "all", "rules": [
            {"type": "alerting", "name": name, "query": query, "duration": 300, "state": state, "lastError": "",
             "labels": {"severity": severity, "service": self.label}} for name, query, severity, state in rules]}]}}

    def query(self, path, form):
        result = []
        query = form["query"][0]
        if "query_range" in path and not MARK.search(query):
            return self.unmarked(path, form)
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
                    at = float(form.get("time", [self.now()])[0])
                    result.append({"metric": labels, "value": [at, "1.5" if is_age else self.value(at, i)]})
        if self.mode == EMPTY:
            result = []
        kind = "matrix" if "query_range" in path else "vector"
        if not MARK.search(query):
            kind, result = ("vector", [{"metric": {}, "value": [self.now(), "1"]}]) if self.is_metricsql else (
                "scalar", [self.now(), "1"])
        answer = {"status": "success", "data": {"resultType": kind, "result": result}}
        if self.mode == WARNING:
            answer["warnings"] = ["store 10.0.0.7 did not answer"]
        if self.is_partial:
            answer["isPartial"] = True
        return answer

    def alerts(self):
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now() - 60))
        alerts = [{"labels": {"alertname": "Watchdog"}, "state": "firing", "activeAt": began, "value": "1"}]
        if self.alert:
            alerts.append({"labels": {"alertname": "MLModelDriftHigh", "severity": "critical", "service": self.label},
                           "annotations": {"summary": "inputs drift"}, "state": self.alert, "activeAt": began,
                           "value": "0.71"})
        return alerts + [{"labels": labels, "annotations": {"summary": labels["alertname"]}, "state": "firing",
                          "activeAt": began, "value": "1"} for labels in self.more_alerts]

    def answer(self, method, path, body):
        if path.startswith(self.lacks):
            return 404, {"status": "error", "errorType": "not_found", "error": "no such path"}
        if path.startswith("/api/v1/query_exemplars"):
            return 200, self.exemplars(urllib.parse.parse_qs(body))
        if path.startswith("/api/v1/rules"):
            return 200, self.rules()
        if path.startswith("/api/v1/status/flags"):
            features = "exemplar-storage" if self.keeps_exemplars else ""
            return 200, {"status": "success", "data": {"enable-feature": features}}
        if path.startswith("/api/v1/query"):
            return 200, self.query(path, urllib.parse.parse_qs(body))
        if path.startswith("/api/v1/alerts"):
            return 200, {"status": "success", "data": {"alerts": self.alerts() if self.has_rules else []}}
        if path.startswith("/api/v1/label/"):
            return 200, {"status": "success", "data": [self.label, "other"]}
        if path.startswith("/api/v1/targets"):
            target = {"labels": {"job": "ml-api", "instance": "a:1"}, "lastError": "", "scrapeInterval": "1s"}
            return 200, {"status": "success", "data": {"activeTargets": [target]}}
        return 200, {"status": "success", "data": self.build}


def rfc3339(at_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


class Alertmanager(Server):
    """Silences of equal values hold alerts back until they end; `refusal` answers every POST."""

    prometheus = None
    refusal = None  # (status, body)

    def __init__(self, port=0):
        super().__init__(port)
        self.silences = {}  # id -> as listed, without its state
        self.next_id = 1

    def state(self, silence):
        return "active" if silence["endsAt"] > rfc3339(self.now()) else "expired"

    def add(self, matchers, seconds=900, by="bob", comment="by hand"):
        return self.post({"matchers": [{"name": name, "value": value, "isRegex": False, "isEqual": True}
                                       for name, value in matchers.items()],
                          "startsAt": rfc3339(self.now()), "endsAt": rfc3339(self.now() + seconds),
                          "createdBy": by, "comment": comment})

    def post(self, silence):
        number = silence.get("id") or f"{self.next_id:08x}-0000-4000-8000-000000000000"
        self.next_id += "id" not in silence
        self.silences[number] = {**silence, "id": number}
        return number

    def silenced_by(self, labels):
        return [number for number, silence in self.silences.items() if self.state(silence) == "active" and
                all(labels.get(each["name"], "") == each["value"] for each in silence["matchers"])]

    def alerts(self):
        for alert in self.prometheus.alerts():
            if alert["state"] != "firing":
                continue
            by = self.silenced_by(alert["labels"])
            yield {"labels": alert["labels"], "annotations": alert.get("annotations", {}), "fingerprint": "f1",
                   "startsAt": alert["activeAt"], "updatedAt": alert["activeAt"], "receivers": [{"name": "slack"}, {"name": "log"}],
                   "status": {"state": "suppressed" if by else "active", "silencedBy": by, "inhibitedBy": []}}

    def answer(self, method, path, body):
        if method == "POST":
            return self.refusal or (200, {"silenceID": self.post(json.loads(body))})
        if method == "DELETE":
            self.silences[path.removeprefix("/api/v2/silence/")]["endsAt"] = rfc3339(self.now() - 1)
            return 200, {}
        if path.startswith("/api/v2/alerts"):
            return 200, list(self.alerts())
        if path.startswith("/api/v2/silences"):
            return 200, [{**silence, "status": {"state": self.state(silence)}} for silence in self.silences.values()]
        return 200, {"versionInfo": {"version": "0.25.0"}}


def problem(status, title, detail, **errors):
    return status, {"type": "about:blank", "title": title, "status": status, "detail": detail,
                    "errors": [{"field": field, "detail": text} for field, text in errors.items()]}


PASSAGES = [
    {"chunk_id": "password-reset.md#2", "document": "password-reset.md", "title": "Reset a forgotten password",
     "heading": "From the portal", "score": 0.82,
     "text": "Open the self-service portal and choose Forgot password. A link is sent to your private address. "
             "The link works for 15 minutes."},
    {"chunk_id": "account-lockout.md#1", "document": "account-lockout.md", "title": "Locked accounts",
     "heading": "When an account is locked", "score": 0.61,
     "text": "A locked account cannot sign in anywhere.\n\nAfter five wrong attempts the account is locked for 30 "
             "minutes. The service desk can unlock it sooner."},
]
# Text, support, flags, passage and the words in it.
SENTENCES = [
    ("Open the self-service portal and choose Forgot password.", 1.0, [], 0,
     "Open the self-service portal and choose Forgot password."),
    ("The link is good for a quarter of an hour.", 0.42, [], 0, "The link works for 15 minutes."),
    ("After 3 wrong attempts the account is locked for 24 hours.", 0.12,
     ["number-absent", "negation"], 1,
     "After five wrong attempts the account is locked for 30 minutes."),
    ("Bob from accounting likes this.", 0.0, ["name-absent: Bob"], None, None),
]
HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202eevil\x9b31m " + "x" * 10000 + " end"


def evidence_of(passage, words):
    if passage is None:
        return None
    text = PASSAGES[passage]["text"]
    start = text.index(words)
    return {"chunk_id": PASSAGES[passage]["chunk_id"], "start": start, "end": start + len(words), "text": words}


def scored_answer(sentences=SENTENCES):
    """As POST /chat answers; the response has more in it than what is scored."""
    bad = sum(support < 0.3 for _, support, *_ in sentences)
    return {"response": "Hello.\n\n" + " [1] ".join(text for text, *_ in sentences) + " Anything else?",
            "sentences": [{"text": text, "support": support, "flags": flags, "evidence": evidence_of(passage, words)}
                          for text, support, flags, passage, words in sentences],
            "relevance_score": 0.91, "hallucination_score": bad / len(sentences), "answer_relevance_score": 0.8,
            "groundedness_score": sum(s for _, s, *_ in sentences) / len(sentences), "abstained": False,
            "model": "extractive", "usage": {"input_tokens": 212, "output_tokens": 58, "estimated": True},
            "ttft_ms": 3.01, "processing_time_ms": 12.34}


NOTHING = {"response": "I have nothing on that. I can answer questions about passwords, VPN and billing.",
           "sentences": [], "sources": [], "context_used": [], "relevance_score": 0.04, "hallucination_score": None,
           "groundedness_score": None, "answer_relevance_score": None, "abstained": True, "model": "extractive",
           "usage": {"input_tokens": 20, "output_tokens": 16, "estimated": True}, "ttft_ms": 1.2,
           "processing_time_ms": 1.3}


class Stored:
    """The stored requests; new ones can be added."""

    def __init__(self):
        self.at = []
        for number in range(1, 25):
            self.add(number)

    def add(self, number):
        kind = ("chat", "triage", "prediction")[number % 3]
        row = {"id": number, "kind": kind, "at_ms": int(time.time() * 1000) - (25 - number) * 7000, "status": "success",
               "severity": None if kind == "chat" else ("Low", "Medium", "High")[number % 7 % 3],
               "query": f"Account {number}: how do I reset its password, please?", "origin": "user",
               "trace_id": f"{number:032x}"}
        if kind == "prediction":
            del row["query"]
            row.update(ticket_length=120, urgency_keywords=2, business_impact=5, customer_tier=3, confidence=0.71,
                       processing_time_ms=0.05)
        elif number % 9 == 0:
            row.update({k: v for k, v in NOTHING.items() if k not in ("sources", "context_used")}, status="abstained")
        else:
            row.update(scored_answer(SENTENCES[:number % 4 + 1]), passages=PASSAGES, warnings=[])
            if number == 19:
                row.update(query=HOSTILE, response=HOSTILE, hallucination_score=0.2, sentences=[
                    {"text": HOSTILE, "support": 0.1, "flags": [HOSTILE[:40]], "evidence": None}])
        self.at.append(row)

    def list(self, query):
        least = float(query.get("min_hallucination", ["-1"])[0])
        rows = [{k: v for k, v in row.items() if k not in ("response", "sentences", "passages", "usage", "ttft_ms",
                                                            "warnings")}
                for row in reversed(self.at)
                if query.get("kind", [row["kind"]])[0] == row["kind"]
                and (least < 0 or (row.get("hallucination_score") or 0) >= least)]
        return {"requests": rows[:int(query.get("limit", ["50"])[0])]}

    def get(self, name):
        rows = [row for row in self.at if str(row["id"]) == name]
        return (200, rows[0]) if rows else problem(404, "Not Found", "no such request")


ALERTS = {"drift": "MLModelDriftHigh", "hallucination": "LLMHallucinationCritical", "latency": "PipelineLatencyHigh",
          "topic-shift": "LLMEmbeddingDriftHigh", "rag": "LLMAbstentionHigh", "outage": "APIDown"}


class Operations(Server):
    """With a state: what is started runs until it is stopped."""

    refusal = None  # (status, body) of every start

    def __init__(self, port=0):
        super().__init__(port)
        self.faults = []  # (name, ends at, what else)
        self.alert_state = "inactive"  # of what runs
        self.stored = Stored()
        self.running = {}  # id -> kind
        self.ended = {}
        self.keys = {}
        self.next_id = 7
        self.hostile = None  # a text that is wherever one can be

    def simulation(self, number, kind, state):
        now = int(self.now() * 1000)
        began = now - 5000
        is_firing = self.alert_state == "firing" and state == "running"
        return {"id": number, "kind": kind, "state": state, "params": {"amount": 0.8}, "until": "alert",
                "started_at_ms": began, "ends_by_ms": None if kind == "baseline" else now + 120000,
                "ended_at_ms": None if state == "running" else now, "elapsed_ms": 5000,
                "requests": {"sent": 25, "succeeded": 25, "failed": 0},
                "progress": None if kind == "baseline" else 0.4,
                "alert": None if kind == "baseline" else {
                    "name": ALERTS[kind], "state": self.alert_state if state == "running" else "inactive",
                    "pending_at_ms": began + 1000 if is_firing else None,
                    "firing_at_ms": began + 3000 if is_firing else None,
                    "delivered_at_ms": began + 4000 if is_firing else None}}

    def hostile_run(self, number):
        run = self.simulation(number, "drift", "stopped")
        run.update({key: self.hostile for key in ("kind", "until", "reason", "last_error")},
                   params={self.hostile: self.hostile, "features": [self.hostile]})
        run["alert"]["name"] = self.hostile
        return run

    def listed(self):
        if self.hostile:
            return [self.hostile_run(number) for number in range(40, 20, -1)]
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
            return self.refusal or self.start_simulation(body)
        if path == "/faults":
            return 200, {"drills_enabled": True, "faults": [{"name": "fabricate", "active": False}] + [
                {"name": name, "active": True, "left_ms": int((end - time.monotonic()) * 1000), "simulation_id": None,
                 **more} for name, end, more in self.faults if end > time.monotonic()]}
        if method == "DELETE":
            return self.stop_simulations(path)
        if path.startswith("/simulations"):
            return 200, {"simulations": self.listed()}
        if path.startswith("/requests/"):
            return self.stored.get(path.removeprefix("/requests/"))
        if path.startswith("/requests"):
            return 200, self.stored.list(urllib.parse.parse_qs(urllib.parse.urlsplit(path).query))
        if path.startswith("/events"):
            text = self.hostile or "started"
            return 200, {"events": [{"id": 1, "at_ms": int(self.now() * 1000), "kind": self.hostile or "server",
                                     "subject": text, "detail": {text: text, "version": "0.1.0"}}]}
        return 200, {"status": "ok", "live": True, "version": "0.1.0", "fast_alerts": True, "drills_enabled": True,
                     "watchdog_age_ms": 1000,
                     "simulations": [{"id": n, "kind": kind} for n, kind in self.running.items()]}


class Ml(Server):
    is_degraded = False
    refusal = None  # (status, body) of every prediction and triage

    def predict(self, body):
        asked = json.loads(body)
        if not 1 <= asked["customer_tier"] <= 5:
            return problem(422, "Unprocessable Content", "1 field is wrong", customer_tier="must be from 1 to 5")
        return 200, {"severity": "High", "confidence": 0.71, "model_version": HOSTILE, "prediction_id": "p-41",
                     "processing_time_ms": 0.12,
                     "probabilities": {"Low": 0.02, "Medium": 0.08, "High": 0.71, "Critical": 0.19}}

    def triage(self, body):
        ticket = json.loads(body)
        missing = {f: "is missing" for f in ("business_impact", "customer_tier") if f not in ticket}
        if missing:
            return problem(422, "Unprocessable Content", f"{len(missing)} fields are wrong", **missing)
        answer = {"severity": "High", "severity_code": 2, "confidence": 0.873, "processing_time_ms": 23.1,
                  "ml_processing_ms": 0.1, "llm_processing_ms": 22.5, "prediction_id": "r1-7", "request_id": "x1",
                  "id": 99, "warnings": [], "explanation": "A whole site is down. " + HOSTILE, "abstained": False,
                  "recommended_actions": ["Page the on-call engineer", HOSTILE],
                  "recommended_action_sources": ["on-call.md#1", None],
                  "context_sources": [passage["chunk_id"] for passage in PASSAGES],
                  "llm_quality_scores": {"relevance": 0.8, "hallucination": 0.0, "groundedness": 0.93,
                                         "answer_relevance": 0.7}}
        if self.is_degraded:
            answer.update(explanation="High: business impact is far over the usual.", context_sources=[],
                          llm_quality_scores=dict.fromkeys(answer["llm_quality_scores"]),
                          warnings=["answered without the knowledge base: no answer within 30 s"])
        return 200, answer

    def answer(self, method, path, body):
        if path in ("/triage", "/predict") and self.refusal:
            return self.refusal
        if path == "/triage":
            return self.triage(body)
        if path == "/predict":
            return self.predict(body)
        cells = [{"above": None, "up_to": 100, "before": 300, "after": 20}, {"above": 100, "up_to": 150, "before": 200, "after": 60},
                 {"above": 150, "up_to": None, "before": 50, "after": 120}]
        feature = {"name": "ticket_length", "unit": "words", "drift_detected": True, "severity": 0.7, "psi": 0.6,
                   "psi_critical": 0.2, "ks": 0.4, "ks_p": 0.001, "mean_before": 120, "mean_after": 180,
                   "logit_shift": 0.9, "explanation": "ticket_length moved up", "cells": cells}
        return 200, {"at_ms": int(self.now() * 1000), "samples_analyzed": 200, "samples_needed": 100,
                     "drift_detected": True, "drift_score": 0.6, "features": [feature]}


class Llm(Server):
    """A load takes `load_steps` looks at its state."""

    load_steps = 3
    load_error = None
    refusal = None  # (status, body) of every question
    stored_id = 24
    is_overloaded = False

    def __init__(self, port=0):
        super().__init__(port)
        self.load = self.late = None

    def chat(self, body):
        asked = json.loads(body)
        if not 1 <= asked.get("num_context_docs", 3) <= 10:
            return problem(422, "Unprocessable Content", "1 field is wrong",
                           num_context_docs="must be an integer from 1 to 10")
        if self.refusal:
            return self.refusal
        answer = NOTHING if "weather" in asked["query"] else {**scored_answer(), "sources": [
            {key: passage[key] for key in ("document", "chunk_id", "score")} for passage in PASSAGES]}
        if "hostile" in asked["query"]:
            answer = {**answer, "response": HOSTILE, "model": HOSTILE, "sentences": [
                {"text": HOSTILE, "support": 0.1, "flags": [HOSTILE], "evidence": None}]}
        return 200, {**answer, "id": self.stored_id, "request_id": "r-1"}

    def begin_load(self):
        """As the server does it: what its answer tells is still the load before, and so may the next look."""
        if self.is_overloaded or self.load and self.load["state"] == "loading":
            return problem(503, "Service Unavailable", "a load is at work: GET /kb/stats tells how far it is")
        before = self.shown_load()
        self.load = {"state": "loading", "phase": "reading", "files_total": 27, "files_done": 0, "chunks_done": 0,
                     "vectors_done": 0, "vectors_total": 0, "started_at_ms": int(time.time() * 1000),
                     "finished_at_ms": 0, "changed": 0, "removed": 0, "refused": 0, "unchanged": 0, "error": None,
                     "first_refusal": None, "vectors_error": None, "steps": 0}
        self.late = before
        return 202, {"state": "loading", "load": before}

    def advance(self):
        load = self.load
        if not load or load["state"] != "loading":
            return
        load["steps"] += 1
        load.update(files_done=27 * load["steps"] // self.load_steps, chunks_done=48 * load["steps"],
                    phase="encoding" if load["steps"] > 1 else "reading")
        if load["steps"] == self.load_steps:
            load.update(state="failed" if self.load_error else "idle", error=self.load_error, changed=3, removed=1,
                        unchanged=24, finished_at_ms=load["started_at_ms"] + 1200)

    def shown_load(self):
        if not self.load:
            return {"state": "idle", "phase": "done", "changed": 27, "removed": 0, "refused": 0, "unchanged": 0,
                    "started_at_ms": 1795470300000, "finished_at_ms": 1795470301000}
        return {key: value for key, value in self.load.items() if key != "steps"}

    def answer(self, method, path, body):
        if path == "/chat":
            return self.chat(body)
        if path == "/load-knowledge":
            return self.begin_load()
        if path == "/kb/stats":
            load, self.late = self.late, None
            if not load:
                self.advance()
            return 200, {"documents": 27, "chunks": 143, "words": 19000, "version": "a1b2",
                         "loaded_at_ms": 1795470300000, "encoder": "hashed-ngrams", "encoder_is_semantic": False,
                         "index": None,
                         "load": load or self.shown_load(), "files": []}
        return problem(404, "Not Found", "no such path")


class Servers:
    def __init__(self):
        self.prometheus = Prometheus().start()
        self.alertmanager = Alertmanager().start()
        self.alertmanager.prometheus = self.prometheus
        self.operations = Operations().start()
        self.ml = Ml().start()
        self.llm = Llm().start()
        self.operations.running[3] = "baseline"

    def all(self):
        return self.prometheus, self.alertmanager, self.operations, self.ml, self.llm

    def settings(self):
        names = ("prometheus", "alertmanager", "operations", "ml", "llm")
        return [f"--{name}.url={server.url}" for name, server in zip(names, self.all())]

    def stop(self):
        for server in self.all():
            server.stop()
