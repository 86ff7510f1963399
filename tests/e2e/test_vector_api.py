"""The vector API: as Chroma's server answers (a transcript of one), as its clients use it, and by itself; and the
other way round, our client of Chroma's API against a real Chroma server and against servers that misbehave."""

import contextlib
import http.client
import json
import math
import os
import pathlib
import re
import socket
import sqlite3
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import packages
from server import BUILD, SOURCE, Server, free_port

HERE = pathlib.Path(__file__).parent
DATABASE = "/api/v2/tenants/default_tenant/databases/default_database"
COLLECTIONS = DATABASE + "/collections"
ROLES = "server.roles=ml,vector,ops"


class Api:
    """One keep-alive connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, method, path, text=None, content_type="application/json"):
        headers = {"Content-Type": content_type} if text is not None else {}
        self.connection.request(method, path, text, headers)
        answer = self.connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body else None

    def __call__(self, method, path, body=None):
        return self.send(method, path, None if body is None else json.dumps(body))

    def collection(self, name, space="cosine"):
        status, body = self("POST", COLLECTIONS, {"name": name, "get_or_create": True,
                                                  "configuration": {"hnsw": {"space": space}}})
        assert status == 200, body
        return f"{COLLECTIONS}/{body['id']}"


def same(wanted, got):
    """Equal, but for the last digits of numbers and the order of keys."""
    if isinstance(wanted, float) and isinstance(got, (int, float)):
        return math.isclose(wanted, got, rel_tol=1e-6, abs_tol=1e-7)
    if type(wanted) is not type(got):
        return False
    if isinstance(wanted, dict):
        return wanted.keys() == got.keys() and all(same(wanted[k], got[k]) for k in wanted)
    if isinstance(wanted, list):
        return len(wanted) == len(got) and all(map(same, wanted, got))
    return wanted == got


def exchanges():
    """The transcript: (method, path, body or None, status, answer as text)."""
    text = (SOURCE / "tests/data/vector/transcript.txt").read_text()
    for block in text.split("### ")[1:]:
        head, *lines = block.rstrip("\n").split("\n")
        method, path = head.split(" ", 1)
        body = lines.pop(0)[2:] if lines[0].startswith("> ") else None
        yield method, path, body, int(lines[0].split()[1]), "\n".join(lines[1:])


class Transcript(unittest.TestCase):
    """Every exchange with a real server gets the same status and the same body from ours."""

    # We say that it is not supported; Chroma's local server fails inside.
    OTHER_STATUS = {"GET T/collections/ID/indexing_status": 501}
    # Texts that name a parser's column or another executor: only the kind of the error has to agree.
    # Some records are equally far away: which of them come last is nobody's promise (ours go by id).
    WITH_A_TIE = ('{"query_embeddings":[[1,0,0]],"n_results":3}',
                  '{"query_embeddings":[[1,0,0]],"n_results":5,"include":["distances"]}')
    OTHER_TEXTS = re.compile(r"Failed to (parse|deserialize)|Error executing plan|unsupported for local|scout_logs")

    def setUp(self):
        self.ids = {}

    def check(self, where, wanted, got):
        if isinstance(wanted, dict) and "nanosecond heartbeat" in wanted:
            self.assertGreater(got["nanosecond heartbeat"], 1.7e18, where)
        elif isinstance(wanted, dict) and "error" in wanted and self.OTHER_TEXTS.search(wanted["message"]):
            if where not in self.OTHER_STATUS:
                self.assertEqual(got["error"], wanted["error"], where)
            self.assertTrue(got["message"], where)
        else:
            self.assertTrue(same(wanted, got), f"{where}\nwanted {wanted}\ngot    {got}")

    def fill_in(self, text):
        for name, value in self.ids.items():
            text = re.sub(rf'(?<=["\[/]){name}(?=["\]/]|$)', value, text)
        return text

    def test_it_is_answered_as_by_chroma(self):
        with Server(ROLES) as server:
            api = Api(server.ports["vector"])
            n = 0
            for method, path, body, status, answer in exchanges():
                where = f"{method} {path}"
                wanted = json.loads(answer)
                real_path = re.sub(r"^T\b", DATABASE, self.fill_in(path))
                got_status, got = api.send(method, real_path, body)
                self.assertEqual(got_status, self.OTHER_STATUS.get(where, status), f"{where} {body}: {got}")
                if isinstance(wanted, dict) and wanted.get("id") in ("ID", "OLD"):
                    self.ids.setdefault(wanted["id"], got["id"])
                wanted = json.loads(self.fill_in(answer))
                if body in self.WITH_A_TIE:
                    wanted, got = wanted["distances"], got["distances"]
                self.check(where, wanted, got)
                n += 1
            self.assertEqual(n, 78)


class ByItself(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(ROLES)
        cls.server.__enter__()
        cls.port = cls.server.ports["vector"]

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def setUp(self):
        self.api = Api(self.port)

    def test_a_path_or_method_that_is_not_there_has_no_body(self):
        self.assertEqual(self.api("GET", "/api/v2/nothing"), (404, None))
        self.assertEqual(self.api("DELETE", "/api/v2/version"), (405, None))
        self.assertEqual(self.api("GET", "/api/v1/collections/a/b")[0], 410)

    def test_a_wrong_body_is_named_and_changes_nothing(self):
        path = self.api.collection("wrong-bodies")
        self.assertEqual(self.api("POST", path + "/add", {"ids": ["a"], "embeddings": [[1, 2]]})[0], 201)
        cases = [
            (422, {"ids": ["b"]}), (422, {"embeddings": [[1, 2]]}), (422, {"ids": "b", "embeddings": [[1, 2]]}),
            (422, {"ids": [1], "embeddings": [[1, 2]]}), (422, {"ids": ["b"], "embeddings": [[1, None]]}),
            (422, {"ids": ["b"], "embeddings": [7]}), (422, {"ids": ["b"], "embeddings": [[1, "2"]]}),
            (422, {"ids": ["b"], "embeddings": None}), (422, []), (422, 7),
            (422, {"ids": ["b"], "embeddings": [[1, 2]], "documents": [1]}),
            (422, {"ids": ["b"], "embeddings": [[1, 2]], "metadatas": [{"a": {"b": 1}}]}),
            (422, {"ids": ["b"], "embeddings": [[1, 2]], "metadatas": [{"a": [1, "b"]}]}),
            (422, {"ids": ["b"], "embeddings": [[1, 2]], "metadatas": ["a"]}),
            (400, {"ids": ["b", "c"], "embeddings": [[1, 2]]}), (400, {"ids": ["b"], "embeddings": [[]]}),
            (400, {"ids": ["b"], "embeddings": [[1, 2]], "documents": []}),
            (400, {"ids": ["b", "c"], "embeddings": [[1, 2], [1, 2, 3]]}), (400, {"ids": ["b"], "embeddings": [[1]]}),
            (400, {"ids": [""], "embeddings": [[1, 2]]}), (400, {"ids": ["b" * 256], "embeddings": [[1, 2]]}),
            (400, {"ids": ["b"], "embeddings": ["AACAPwAA"]}), (400, {"ids": ["b"], "embeddings": ["@@@@"]}),
            (400, {"ids": ["b"], "embeddings": [[1e300, 0]]}), (400, {"ids": ["b"], "embeddings": [[0] * 5000]}),
            (400, {"ids": ["b"], "embeddings": [[1, 2]], "documents": ["x" * (2 << 20)]}),
        ]
        for wanted, body in cases:
            for call in ("/add", "/upsert"):
                status, answer = self.api("POST", path + call, body)
                self.assertEqual(status, wanted, f"{str(body)[:200]} {answer}")
                self.assertEqual(answer["error"], {400: "InvalidArgumentError", 422: "ChromaError"}[wanted])
                self.assertTrue(answer["message"])
        for text in ("", "{", '{"ids":["b"],"ids":["c"],"embeddings":[[1,2]]}', '{"ids":["\xff"]}', "[" * 100):
            self.assertEqual(self.api.send("POST", path + "/upsert", text.encode("latin-1"))[0], 400, text)
        self.assertEqual(self.api.send("POST", path + "/upsert", "{}", "text/plain")[0], 415)
        self.assertEqual(self.api("POST", path + "/get", {})[1]["ids"], ["a"])

    def test_a_wrong_question_is_named(self):
        path = self.api.collection("wrong-questions")
        self.api("POST", path + "/add", {"ids": ["a"], "embeddings": [[1, 2]]})
        query = {"query_embeddings": [[1, 2]]}
        cases = [
            (422, "query", {}), (422, "query", {**query, "n_results": -1}), (422, "query", {**query, "n_results": 1.5}),
            (422, "query", {**query, "include": None}), (422, "query", {**query, "include": ["x"]}),
            (400, "query", {"query_embeddings": [[1, 2, 3]]}), (400, "query", {**query, "where": {}}),
            (400, "query", {**query, "where": {"a": {"$gt": "x"}}}),
            (400, "query", {**query, "where_document": {"$regex": "x"}}),
            (400, "query", {"query_embeddings": [[1, 2]] * 1001}),
            (422, "get", {"limit": "x"}), (422, "get", {"ids": [1]}), (400, "get", {"where": []}),
            (400, "delete", {"ids": []}), (422, "delete", {"ids": "a"}), (400, "delete", {"where": {"$and": []}}),
        ]
        for wanted, call, body in cases:
            status, answer = self.api("POST", f"{path}/{call}", body)
            self.assertEqual(status, wanted, f"{call} {str(body)[:200]} {str(answer)[:200]}")
        self.assertEqual(self.api("GET", path + "/count"), (200, 1))

    def test_vectors_come_back_as_they_went_in(self):
        path = self.api.collection("round-trip", "l2")
        vectors = [[0.1, -1e-20, 3e14, 1 / 3], [1, 2, 3, 4]]
        packed = struct.pack("<4f", *vectors[0])
        self.api("POST", path + "/add", {"ids": ["a", "b"], "embeddings": vectors,
                                         "metadatas": [{"é\"\n": "\u20ac\x01", "big": 2**53 + 1, "f": 2.0}, None]})
        status, answer = self.api("POST", path + "/get", {"include": ["embeddings", "metadatas"]})
        self.assertEqual(struct.pack("<4f", *answer["embeddings"][0]), packed)
        self.assertEqual(answer["metadatas"], [{"é\"\n": "\u20ac\x01", "big": 2**53 + 1, "f": 2.0}, None])
        self.assertIsInstance(answer["metadatas"][0]["f"], float)

    def test_a_body_over_the_limit_is_refused(self):
        path = self.api.collection("too-large")
        self.api.connection.putrequest("POST", path + "/upsert")
        self.api.connection.putheader("Content-Type", "application/json")
        self.api.connection.putheader("Content-Length", str((64 << 20) + 1))
        self.api.connection.endheaders()
        answer = self.api.connection.getresponse()
        self.assertEqual((answer.status, json.loads(answer.read())["error"]), (413, "ChromaError"))

    def announce(self, path, n_bytes):
        """A connection that has sent the headers of a body."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(f"POST {path}/upsert HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           f"Content-Length: {n_bytes}\r\n\r\n".encode())
        return connection

    def test_of_large_bodies_few_are_taken_at_a_time(self):
        path = self.api.collection("large-bodies")
        text = '{"ids":[],"embeddings":[]' + " " * (9 << 20) + "}"
        others = [self.announce(path, 9 << 20) for _ in range(4)]
        deadline = time.monotonic() + 20
        while self.api.send("POST", path + "/upsert", text)[0] != 503:  # until their headers have come in
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(self.api("POST", path + "/upsert", {"ids": ["a"], "embeddings": [[1]]})[0], 200)
        for connection in others:
            connection.close()
        while (answer := self.api.send("POST", path + "/upsert", text))[0] != 200:  # until they have gone
            self.assertEqual(answer[0], 503)
            self.assertLess(time.monotonic(), deadline)

    def test_a_large_body_must_say_how_large_it_is(self):
        path = self.api.collection("unknown-length")
        pieces = [b'{"ids":[],"embeddings":[]', *[b" " * (1 << 20)] * 9, b"}"]
        self.api.connection.request("POST", path + "/upsert", iter(pieces), {"Content-Type": "application/json"},
                                    encode_chunked=True)
        self.assertEqual(self.api.connection.getresponse().status, 413)

    def test_a_large_batch_is_taken(self):
        path = self.api.collection("large")
        n, dim = 6000, 384
        vector = json.dumps([round(math.sin(i), 7) for i in range(dim)])
        text = '{"ids":%s,"embeddings":[%s]}' % (json.dumps([f"r{i}" for i in range(n)]), ",".join([vector] * n))
        self.assertGreater(len(text), 16 << 20)
        self.assertEqual(self.api.send("POST", path + "/upsert", text)[0], 200)
        self.assertEqual(self.api("GET", path + "/count"), (200, n))
        status, answer = self.api("POST", path + "/get", {"include": ["embeddings"]})
        self.assertEqual((status, len(answer["embeddings"])), (200, n))
        page = self.api("POST", path + "/get", {"include": ["embeddings"], "limit": 10, "offset": 5995})[1]
        self.assertEqual(page["ids"], [f"r{i}" for i in range(5995, 6000)])
        self.assertEqual(self.api("DELETE", COLLECTIONS + "/large")[0], 200)

    def test_searches_go_on_beside_writes(self):
        path = self.api.collection("beside")
        stop, failures = threading.Event(), []

        def search():
            api = Api(self.port)
            while not stop.is_set():
                status, answer = api("POST", path + "/query", {"query_embeddings": [[1, 0, 0, 0]], "n_results": 3})
                if status != 200 or len(answer["ids"][0]) not in (0, 3):
                    failures.append((status, answer))

        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        for i in range(30):
            ids = [f"{i % 3}-{j}" for j in range(100)]
            self.api("POST", path + "/upsert", {"ids": ids, "embeddings": [[i, j, 1, 0] for j in range(100)]})
            if i % 10 == 9:
                self.api("POST", path + "/delete", {"where": {"$and": [{"x": {"$ne": 1}}]}})
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_it_says_what_it_serves(self):
        paths = self.api("GET", "/openapi.json")[1]["paths"]
        self.assertIn("/api/v2/tenants/{tenant}/databases/{database}/collections/{collection}/query", paths)
        self.assertEqual(self.api("GET", "/health")[1]["listener"], "vector")
        self.api("GET", "/api/v2/version")
        self.assertGreaterEqual(
            self.server.metrics("ops")['http_requests_total{listener="vector",route="/api/v2/version",code="2xx"}'], 1)


class OverARestart(unittest.TestCase):
    def test_what_was_acknowledged_is_there_after_a_kill(self):
        server = Server(ROLES)
        with server:
            api = Api(server.ports["vector"])
            path = api.collection("kept")
            for i in range(5):
                body = {"ids": [f"{i}-{j}" for j in range(50)], "embeddings": [[i, j, 1] for j in range(50)],
                        "documents": [f"text {i} {j}" for j in range(50)], "metadatas": [{"i": i}] * 50}
                self.assertEqual(api("POST", path + "/add", body)[0], 201)
            api("POST", path + "/delete", {"where": {"i": 3}})
            before = api("POST", path + "/get", {"include": ["embeddings", "documents", "metadatas", "uris"]})
            question = {"query_embeddings": [[2, 9, 1]], "n_results": 7}
            found = api("POST", path + "/query", question)
            server.kill()
            server.start()
            api = Api(server.ports["vector"])
            self.assertEqual(api("POST", path + "/get", {"include": ["embeddings", "documents", "metadatas", "uris"]}),
                             before)
            self.assertEqual(len(before[1]["ids"]), 200)
            self.assertEqual(api("POST", path + "/query", question), found)
            server.stop()
            with contextlib.closing(sqlite3.connect(server.state / "vectors.db")) as db, db:
                db.execute("UPDATE records SET vector = zeroblob(12) WHERE id = '0-7'")
            server.start()
            api = Api(server.ports["vector"])
            self.assertEqual(api("GET", path + "/count"), (200, 199))  # the damaged one is left out

    def test_with_a_chroma_server_it_is_not_open(self):
        with Server(ROLES, f"chroma.url=http://127.0.0.1:{free_port()}") as server:
            with self.assertRaises(ConnectionRefusedError):
                server.get("vector", "/api/v2/version")


class Clients(unittest.TestCase):
    def run_client(self, command, **kwargs):
        with Server(ROLES) as server:
            done = subprocess.run([*command, str(server.ports["vector"])], capture_output=True, text=True, timeout=60,
                                  **kwargs)
        self.assertEqual((done.stdout.strip(), done.returncode), ("all well", 0), done.stderr)

    def test_chromas_python_client_finds_nothing_missing(self):
        python = packages.python_with("chromadb-client", "1.5.9")
        env = {**os.environ, "ANONYMIZED_TELEMETRY": "False"}
        self.run_client([python, HERE / "chroma/client.py"], env=env)

    def test_chromas_javascript_client_finds_nothing_missing(self):
        folder = packages.node_modules("chromadb", "3.5.0")
        self.run_client(["node", HERE / "chroma/client.mjs"], cwd=folder)


@contextlib.contextmanager
def chroma_server():
    """A real one. The version is the newest whose binaries run with Debian 12's C library."""
    package = "chromadb-js-bindings-linux-x64-gnu"
    folder, port = packages.node_modules(package, "1.0.5"), free_port()
    script = f"require('{package}').cli(['chroma', 'run', '--path', process.argv[1], '--host', '127.0.0.1', " \
             f"'--port', '{port}'])"
    with tempfile.TemporaryDirectory(prefix="tidewatch-chroma-") as data:
        process = subprocess.Popen(["node", "-e", script, data], cwd=folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env={**os.environ, "ANONYMIZED_TELEMETRY": "False"})
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    Api(port)("GET", "/api/v2/heartbeat")
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise AssertionError("the Chroma server did not start") from None
                    time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Scripted:
    """A server that gives one answer to everything; None: silence."""

    def __init__(self, answer):
        self.answer, self.socket = answer, socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            if self.answer is not None:
                connection.recv(65536)
                connection.sendall(self.answer)
                connection.close()

    def __enter__(self):
        return self.port

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        for connection in self.connections:
            connection.close()


def http_answer(status, body):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\n" \
           f"Connection: close\r\n\r\n{body}".encode()


class OurClient(unittest.TestCase):
    """The program vector-source: our client of Chroma's API, beside the embedded store."""

    def source(self, port, *args):
        command = [BUILD / "tests/e2e/vector-source", f"http://127.0.0.1:{port}", *args]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def compare(self, port, *token):
        with tempfile.TemporaryDirectory(prefix="tidewatch-source-") as folder:
            done = self.source(port, "compare", folder, *token)
        self.assertEqual((done.stdout.strip(), done.returncode), ("the same", 0), done.stdout + done.stderr)

    def test_a_real_chroma_server_answers_as_the_embedded_store(self):
        with chroma_server() as port:
            self.compare(port, "token")

    def test_our_own_server_answers_as_the_embedded_store(self):
        with Server(ROLES) as server:
            self.compare(server.ports["vector"])

    def outcome(self, answer):
        with Scripted(answer) as port:
            return self.source(port, "try").stdout.split(" ", 1)

    def test_what_goes_wrong_is_told_apart(self):
        self.assertEqual(self.source(free_port(), "try").stdout.split()[0], "broken")
        self.assertEqual(self.outcome(None)[0], "busy")  # the time-out
        cases = [("200 OK", "<html>", "broken"), ("200 OK", "{}", "broken"), ("200 OK", '{"id":"../x"}', "broken"),
                 ("503 Service Unavailable", "", "busy"), ("500 Internal Server Error", "", "broken"),
                 ("401 Unauthorized", '{"message":"who are you"}', "broken"), ("404 Not Found", "", "broken"),
                 ("422 Unprocessable Entity", '{"error":"x","message":"no good"}', "invalid")]
        for status, body, code in cases:
            got, message = self.outcome(http_answer(status, body))
            self.assertEqual(got, code, f"{status} {body}: {message}")
        self.assertIn("no good", message)
        self.assertEqual(self.outcome(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{")[0], "broken")


if __name__ == "__main__":
    unittest.main()
