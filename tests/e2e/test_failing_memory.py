"""A real server whose memory runs out (failing_malloc.c is in it), under whatever sanitizer this build has: whichever
allocation it is that fails, a client gets its answer, a 503 or none, and the server goes on. It ends only where
common/alloc ends it, with a message, or at its start."""

import collections
import contextlib
import http.client
import io
import json
import mmap
import re
import signal
import sqlite3
import struct
import tempfile
import time
import unittest

from server import BUILD, TICKET, Server

DATABASE = "/api/v2/tenants/default_tenant/databases/default_database"
COLLECTIONS = DATABASE + "/collections"
QUESTION = {"query": "How do I reset my password?"}
RECORDS = {"ids": ["a", "b"], "embeddings": [[1, 2, 3], [3, 2, 1]], "documents": ["x", "y"],
           "metadatas": [{"a": 1}, {"b": "c"}]}
# Listener, method, path ({c}: a collection), body.
REQUESTS = [
    ("ml", "POST", "/predict", TICKET),
    ("ml", "POST", "/predict/batch", {"rows": [TICKET] * 20}),
    ("ml", "POST", "/predict_v2", TICKET),
    ("ml", "POST", "/triage", {**TICKET, "ticket_text": "The production database is down. Nobody can work."}),
    ("ml", "GET", "/drift/status", None),
    ("ml", "GET", "/model/info", None),
    ("ml", "GET", "/metrics", None),
    ("ml", "GET", "/", None),
    ("ml", "GET", "/openapi.json", None),
    ("llm", "POST", "/chat", QUESTION),
    ("llm", "POST", "/chat", {**QUESTION, "stream": True}),
    ("llm", "POST", "/evaluate", {**QUESTION, "response": "Press the red button. It takes 5 minutes.",
                                  "contexts": ["Press the red button."]}),
    ("llm", "GET", "/drift/embedding-stats", None),
    ("llm", "GET", "/kb/stats", None),
    ("vector", "POST", COLLECTIONS, {"name": "other", "metadata": {"a": "b"}, "get_or_create": True}),
    ("vector", "GET", COLLECTIONS, None),
    ("vector", "POST", "{c}/upsert", RECORDS),
    ("vector", "POST", "{c}/query", {"query_embeddings": [[1, 2, 3]], "n_results": 2, "where": {"a": {"$gte": 0}}}),
    ("vector", "POST", "{c}/get", {"ids": ["a", "b"]}),
    ("ops", "GET", "/health", None),
    ("ops", "GET", "/events", None),
    ("ops", "GET", "/requests", None),
    ("ops", "GET", "/simulations", None),
    ("ops", "GET", "/gamedays", None),
    ("ops", "PUT", "/faults/delay", {"ttl_s": 1}),
    ("ops", "POST", "/alerts/log", {"alerts": [{"status": "firing", "labels": {"alertname": "a"}}]}),
]
PLACES_MAX = 60  # of a request's allocations, each of which fails once; spread over them when there are more
REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|Assertion")
# What may end the server at once; the latter is a sanitizer that has no memory for a thread of its own.
ABORT = "tidewatch: out of memory|Sanitizer: CHECK failed: sanitizer_linux"


class Rules:
    """struct rules of failing_malloc.c, which the server has mapped too."""

    def __init__(self, path):
        path.write_bytes(bytes(40))
        with open(path, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), 40)

    def put(self, **numbers):
        for name, number in numbers.items():
            struct.pack_into("=q", self.bytes, 8 * ("first", "every", "spares", "n_asked", "n_failed").index(name), number)

    def get(self, at):
        return struct.unpack_from("=q", self.bytes, 8 * at)[0]

    def fail(self, first, every=0, spares=1):
        self.put(first=0)
        self.put(every=every, spares=spares, n_asked=0)
        self.put(first=first)

    def stop(self):
        self.put(first=0, n_asked=0)

    n_asked = property(lambda self: self.get(3))
    n_failed = property(lambda self: self.get(4))


class Starving(Server):
    program = BUILD / "tests/e2e/starving-tidewatchd"

    def __init__(self, *settings):
        super().__init__(*settings)
        self.rules = Rules(self.state / "rules")
        (self.state / "suppressions").write_text("leak:libcrypto\n")  # loses something when it cannot begin
        self.environment = {"TW_SHIM_MEMORY": str(self.state / "rules"),
                            "LSAN_OPTIONS": f"suppressions={self.state}/suppressions:print_suppressions=0"}

    def log(self):
        return (self.state / "log").read_text(errors="replace")

    def wait_until_loaded(self):
        deadline = time.monotonic() + 300
        while (load := self.get("llm", "/kb/stats").json()["load"])["state"] == "loading" or not load["finished_at_ms"]:
            if time.monotonic() > deadline:
                raise AssertionError(load)
            time.sleep(0.05)
        return load["state"]

    def ask(self, sql):
        with contextlib.closing(sqlite3.connect(self.state / "tidewatch.db")) as db:
            return [row[0] for row in db.execute(sql)]


class Memory(unittest.TestCase):
    def sound(self, server, log):
        self.assertEqual(server.ask("pragma integrity_check"), ["ok"])
        self.assertFalse(REPORT.findall(log), log[-5000:])

    def send(self, server, listener, method, path, body):
        """The status, or None when the connection ended before the answer did, and the body."""
        try:
            answer = server.request(listener, method, path, body, token=server.token)
        except (OSError, http.client.HTTPException):
            return None, b""
        return answer.status, answer.body

    def check_body(self, path, body, good):
        if path == "/metrics":
            self.assertEqual(body.count(b"\n"), good.count(b"\n"))
        elif good.startswith(b"event: "):
            events = [re.fullmatch(rb"event: (\w+)\ndata: (.*)", event) for event in body.removesuffix(b"\n\n").split(b"\n\n")]
            self.assertIn(events[-1][1], (b"answer", b"error"))
            for event in events:
                json.loads(event[2])
        else:
            json.loads(body)

    def starve(self, server, request, acknowledged):
        """Sends it with each of its allocations failing: that one, that and all after it, that and each third."""
        listener, method, path, body = request
        self.wait(server, lambda: server.get("ops", "/health").status == 200)  # after what the one before did
        self.send(server, *request)  # what is made only once is there
        server.rules.stop()
        expected, good = self.send(server, *request)
        self.assertEqual(expected, 200, (path, good))
        n = server.rules.n_asked
        seen = collections.Counter()
        for every in (0, 1, 3):
            for first in range(1, n + 2, max(1, n // PLACES_MAX)):
                before = server.rules.n_failed
                server.rules.fail(first, every)
                status, answer = self.send(server, *request)
                server.rules.stop()
                if status is None and server.process.poll() is not None:
                    self.fail(f"{path}, allocation {first}: {server.log()[-5000:]}")
                self.assertIn(status, (expected, 503, None), (path, first, every, answer))
                if status == expected:
                    self.check_body(path, answer, good)
                    if path == "/predict":
                        acknowledged.append(int(json.loads(answer)["prediction_id"][4:20], 16))
                if server.rules.n_failed > before:
                    seen[status] += 1
        self.assertEqual(self.send(server, *request)[0], expected)
        print(f"# {method} {path.rsplit('/', 1)[-1]}: {n} allocations; answered {seen[expected]}, "
              f"503 {seen[503]}, closed {seen[None]}", flush=True)
        return seen

    def test_each_request_is_answered_or_refused_whichever_allocation_fails(self):
        acknowledged = []
        with Starving() as server:
            server.wait_until_loaded()
            collection = server.post("vector", COLLECTIONS, {"name": "records"}).json()["id"]
            process = server.process
            for listener, method, path, body in REQUESTS:
                with self.subTest(method=method, path=path):
                    path = path.replace("{c}", f"{COLLECTIONS}/{collection}")
                    seen = self.starve(server, (listener, method, path, body), acknowledged)
                    self.assertGreater(sum(seen.values()), 10, "nothing failed: is failing_malloc.c in the server?")
            self.assertIs(server.process, process)
            self.assertEqual(server.stop(), 0, server.log()[-5000:])
            self.sound(server, server.log())
            self.assertLessEqual(set(acknowledged), set(server.ask("select sequence from predictions")))
            self.assertTrue(acknowledged)
            print(f"# {server.rules.n_failed} allocations failed", flush=True)

    def test_work_in_the_background_goes_on_when_there_is_memory_again(self):
        with Starving() as server:
            server.wait_until_loaded()
            self.assertEqual(server.operate("POST", "/simulations", {"kind": "baseline"}).status, 202)
            sent = 'tidewatch_simulation_requests_total{kind="baseline",outcome="ok"}'
            for every in (41, 13, 5, 1):
                with self.subTest(every=every):
                    failed = server.rules.n_failed
                    server.rules.fail(1, every)
                    self.send(server, "llm", "POST", "/load-knowledge", None)
                    while server.rules.n_failed < failed + 60:
                        self.send(server, "ml", "POST", "/predict", TICKET)
                        self.send(server, "ops", "GET", "/simulations", None)
                    server.rules.stop()
                    self.wait(server, lambda: server.get("ops", "/health").status == 200)
                    before = server.metrics("ops")[sent]
                    self.wait(server, lambda: server.metrics("ops")[sent] > before + 3)
                    self.wait(server, lambda: server.request("llm", "POST", "/load-knowledge", token=server.token).status == 202)
                    self.assertEqual(server.wait_until_loaded(), "idle")
            self.assertEqual(server.stop(), 0, server.log()[-5000:])
            self.sound(server, server.log())

    def holds(self, condition):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return condition()
        return False

    def wait(self, server, condition):
        """A connection that was taken while there was no memory may still end now: then once more."""
        deadline = time.monotonic() + 60
        while not self.holds(condition):
            self.assertIsNone(server.process.poll(), server.log()[-5000:])
            self.assertLess(time.monotonic(), deadline, server.log()[-5000:])
            time.sleep(0.02)

    def live(self, server):
        """A start and some requests."""
        with contextlib.suppress(OSError, AssertionError, ValueError, KeyError), contextlib.redirect_stderr(io.StringIO()):
            server.start()
            for _ in range(50):
                server.post("ml", "/predict", TICKET)
        if server.process.poll() is None:
            server.process.terminate()
        return server.process.wait(60)

    def test_a_start_without_memory_ends_with_a_message_and_harms_nothing(self):
        with Starving() as server:
            n = server.rules.n_asked
            server.stop()
            codes = collections.Counter()
            for spares in (0, 1):
                for place in range(12):
                    first = 1 + place * place * n // 121  # more of them at the beginning
                    for every in (0, 1):
                        mark = len(server.log())
                        server.rules.fail(first, every, spares)
                        code = self.live(server)
                        server.rules.stop()
                        codes[code] += 1
                        log = server.log()[mark:]
                        with self.subTest(first=first, every=every, spares=spares):
                            self.assertIn(code, (0, 1, 2, -signal.SIGABRT), log[-3000:])
                            if code == -signal.SIGABRT:
                                self.assertRegex(log, ABORT)
                            elif code != 0:
                                self.assertIn("tidewatchd: ", log)
                            self.sound(server, log)
            server.start()
            self.assertEqual(server.post("ml", "/predict", TICKET).status, 200)
        self.assertGreater(len(codes), 1, "nothing failed: is failing_malloc.c in the server?")
        print(f"# {n} allocations of a start; how it ended: {dict(codes)}", flush=True)


if __name__ == "__main__":
    unittest.main()
