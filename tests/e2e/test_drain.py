"""SIGTERM under load: no response that began is cut, what was not begun is refused in words or closed cleanly, and
what was acknowledged is in the database. And the LLM side drowning, beside which the ML API must not notice."""

import contextlib
import http.server
import json
import signal
import socket
import sqlite3
import threading
import time
import unittest

from server import TICKET, Server
from test_llm_api import start, wait_until_loaded

KNOWN = {"query": "How do I report a phishing e-mail?"}


def request_bytes(path, body):
    text = json.dumps(body)
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(text)}\r\n\r\n{text}").encode()


class Cut(Exception):
    """A response that began and did not end."""


HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Connection:
    """A keep-alive connection that knows how much of an answer it has."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.rest = b""

    def close(self):
        self.socket.close()

    def more(self):
        try:
            piece = self.socket.recv(1 << 16)
        except ConnectionResetError:  # the server closed before it read what was on its way
            piece = b""
        if not piece and self.rest:
            raise Cut(self.rest[:200])
        self.rest += piece
        return bool(piece)

    def ask(self, request):
        """(status, headers, body), or None when the connection was closed before an answer began."""
        try:
            self.socket.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            return None
        while b"\r\n\r\n" not in self.rest:
            if not self.more():
                return None
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        length = int(headers["content-length"])
        while len(self.rest) < length:
            if not self.more():
                raise Cut(head)
        body, self.rest = self.rest[:length], self.rest[length:]
        return int(lines[0].split(" ")[1]), headers, json.loads(body)


class Client(threading.Thread):
    """Asks on one connection until that is closed, and then once on a new one."""

    def __init__(self, port, path, body):
        super().__init__()
        self.port, self.request = port, request_bytes(path, body)
        self.answers, self.faults = [], []
        self.start()

    def run(self):
        try:
            connection = Connection(self.port)
            while answer := connection.ask(self.request):
                self.answers.append(answer)
                if answer[1].get("connection", "").lower() == "close":
                    break
            connection.close()
            with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):
                connection = Connection(self.port)
                if answer := connection.ask(self.request):
                    self.answers.append(answer)
                connection.close()
        except Exception as fault:  # told by the test, on its own thread
            self.faults.append(repr(fault))


def sequences(answers):
    for status, _, body in answers:
        if status == 200:
            for row in body.get("predictions", [body]):
                yield int(row["prediction_id"][4:20], 16)


class Drain(unittest.TestCase):
    def drain(self, *settings):
        with Server("http.workers=2", "http.queue=4", *settings) as server:
            wait_until_loaded(server)
            predict = [Client(server.ports["ml"], "/predict", TICKET) for _ in range(8)]
            batch = [Client(server.ports["ml"], "/predict/batch", {"rows": [TICKET] * 2000}) for _ in range(4)]
            chat = [Client(server.ports["llm"], "/chat", KNOWN) for _ in range(4)]
            idle = Connection(server.ports["ml"])
            deadline = time.monotonic() + 30
            while not all(c.answers for c in predict + chat) and time.monotonic() < deadline:
                time.sleep(0.01)
            began = time.monotonic()
            self.assertEqual(server.stop(), 0)
            took_s = time.monotonic() - began
            for client in predict + batch + chat:
                client.join()
            idle.close()
            for client in predict + batch + chat:
                self.assertEqual(client.faults, [])
                for status, headers, _ in client.answers:
                    self.assertIn(status, (200, 503))
                    if status == 503:
                        self.assertGreaterEqual(int(headers["retry-after"]), 1)
            with contextlib.closing(sqlite3.connect(server.state / "tidewatch.db")) as db:
                kept = {row[0] for row in db.execute("select sequence from predictions")}
                n_chats = db.execute("select count(*) from answers").fetchone()[0]
            acknowledged = [s for client in predict + batch for s in sequences(client.answers)]
            self.assertGreater(len(acknowledged), 8)
            self.assertLessEqual(set(acknowledged), kept)
            self.assertGreaterEqual(n_chats, sum(a[0] == 200 for client in chat for a in client.answers))
            print(f"# stopped after {took_s:.2f} s, {len(acknowledged)} rows acknowledged, all kept", flush=True)

    def test_in_default_mode_every_answer_is_whole_and_every_row_kept(self):
        self.drain()

    def test_in_commit_mode_too(self):
        self.drain("store.durability=commit")


class SlowModel(http.server.BaseHTTPRequestHandler):
    """An OpenAI-compatible endpoint that writes a word every 50 ms, 40 in all."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        with contextlib.suppress(OSError):
            for n in range(40):
                piece = {"choices": [{"delta": {"content": f"word{n} "}, "finish_reason": "stop" if n == 39 else None}]}
                self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
                self.wfile.flush()
                time.sleep(0.05)
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def log_message(self, *_):
        pass


class DrainOfStreams(unittest.TestCase):
    def setUp(self):
        self.endpoint = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowModel)
        thread = threading.Thread(target=self.endpoint.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.endpoint.server_close)
        self.addCleanup(self.endpoint.shutdown)

    def test_a_stream_that_began_comes_to_its_end(self):
        server = start(f"llm.base_url=http://127.0.0.1:{self.endpoint.server_port}/v1", "llm.retries=0")
        self.addCleanup(server.__exit__, None)
        wait_until_loaded(server)
        readers = []
        for _ in range(3):
            connection = server.connect("llm", timeout=60)
            connection.request("POST", "/chat", json.dumps({**KNOWN, "stream": True}),
                               {"Content-Type": "application/json"})
            readers.append(connection.getresponse())  # its headers: with the first piece
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        for response in readers:
            blocks = response.read().decode().strip().split("\n\n")  # IncompleteRead when the last chunk is missing
            self.assertTrue(blocks[-1].startswith("event: answer\n"), blocks[-1][:300])
            text = "".join(json.loads(block.split("data: ", 1)[1])["text"] for block in blocks[:-1])
            self.assertEqual(text, json.loads(blocks[-1].split("data: ", 1)[1])["response"])
        self.assertEqual(server.process.wait(30), 0)
        print(f"# stopped after {time.monotonic() - began:.2f} s", flush=True)


    def test_what_is_asked_on_an_open_connection_is_answered_too_and_closes_it(self):
        """A proxy that keeps connections has sent it before it can know that the server stops."""
        server = start(f"llm.base_url=http://127.0.0.1:{self.endpoint.server_port}/v1", "llm.retries=0")
        self.addCleanup(server.__exit__, None)
        wait_until_loaded(server)
        kept = Connection(server.ports["llm"])
        self.addCleanup(kept.close)
        question = request_bytes("/evaluate", {
            "query": "How long is the link valid?", "contexts": ["The link expires after 20 minutes."],
            "response": "The link expires after 20 minutes."})
        self.assertEqual(kept.ask(question)[0], 200)
        probe = Connection(server.ports["llm"])
        self.addCleanup(probe.close)
        self.assertEqual(probe.ask(HEALTH)[0], 200)
        stream = server.connect("llm", timeout=60)  # what the stop waits for
        stream.request("POST", "/chat", json.dumps({**KNOWN, "stream": True}), {"Content-Type": "application/json"})
        response = stream.getresponse()
        server.process.send_signal(signal.SIGTERM)
        self.wait_until_it_stops(probe)
        status, headers, _ = kept.ask(question)
        self.assertEqual((status, headers.get("connection", "").lower()), (200, "close"))
        self.assertIn(b"event: answer\n", response.read())
        stream.close()
        self.assertEqual(server.process.wait(30), 0)

    def wait_until_it_stops(self, probe):
        """The answers on a connection that it has accepted before say so."""
        deadline = time.monotonic() + 20
        while probe.ask(HEALTH)[1].get("connection", "").lower() != "close":
            self.assertLess(time.monotonic(), deadline)


class Overload(unittest.TestCase):
    CLIENTS, QUEUE, FOR_S = 64, 8, 3

    def test_64_clients_of_the_llm_side_do_not_harm_predictions(self):
        server = start("http.workers=2", f"http.queue={self.QUEUE}")
        try:
            wait_until_loaded(server)
            stop = threading.Event()
            chats, predictions, faults, most_queued = [], [], [], [0]

            def ask(listener, path, body, answers):
                try:
                    connection, request = Connection(server.ports[listener]), request_bytes(path, body)
                    while not stop.is_set():
                        began = time.perf_counter()
                        status, headers, _ = connection.ask(request)
                        answers.append((status, headers.get("retry-after"), time.perf_counter() - began))
                    connection.close()
                except Exception as fault:
                    faults.append(repr(fault))

            threads = [threading.Thread(target=ask, args=("llm", "/chat", KNOWN, chats)) for _ in range(self.CLIENTS)]
            threads += [threading.Thread(target=ask, args=("ml", "/predict", TICKET, predictions)) for _ in range(2)]
            for thread in threads:
                thread.start()
            until = time.monotonic() + self.FOR_S
            while time.monotonic() < until or not any(status == 503 for status, _, _ in chats):
                most_queued[0] = max(most_queued[0], server.metrics("ops")["tidewatch_jobs_queued"])
                if time.monotonic() > until + 60:
                    break
            stop.set()
            for thread in threads:
                thread.join()
            metrics = server.metrics("ops")
        finally:
            server.__exit__(None)
        self.assertEqual(faults, [])
        self.assertEqual({status for status, _, _ in predictions}, {200})
        self.assertEqual({status for status, _, _ in chats}, {200, 503})
        self.assertEqual({retry is not None for status, retry, _ in chats if status == 503}, {True})
        self.assertLessEqual(most_queued[0], self.QUEUE)
        self.assertEqual(metrics["tidewatch_store_rows_dropped_total"], 0)
        times = sorted(seconds for _, _, seconds in predictions)
        print(f"# {self.CLIENTS} clients of /chat: {sum(s == 200 for s, _, _ in chats)} answered, "
              f"{sum(s == 503 for s, _, _ in chats)} shed; /predict: {len(times)} answered, "
              f"p50 {1e3 * times[len(times) // 2]:.1f} ms, p99 {1e3 * times[int(0.99 * len(times))]:.1f} ms", flush=True)


if __name__ == "__main__":
    unittest.main()
