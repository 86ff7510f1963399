"""What hostile clients send: bytes that drip, requests that two servers could read differently, too much of
everything, and line ends where they should not be. What the library below us takes although it is dubious stands
here too, as it is."""

import json
import os
import re
import select
import socket
import threading
import time
import unittest

from server import TICKET, Server

HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"
BODY = json.dumps(TICKET).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
HEALTH = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"


def predict(headers, body, version=b"1.1"):
    return b"POST /predict HTTP/" + version + b"\r\n" + HOST + JSON + headers + b"\r\n" + body


def chunk(data, size=None):
    return (size if size is not None else b"%x" % len(data)) + b"\r\n" + data + b"\r\n"


class Reply:
    """All that came on a connection until the server closed it, as it does once it has answered all that was sent."""

    def __init__(self, port, data, wait_s=60):
        self.was_closed = False
        self.bytes = b""
        with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while piece := s.recv(65536):
                    self.bytes += piece
                self.was_closed = True
            except TimeoutError:
                pass
            except OSError:  # a reset
                self.was_closed = True

    @property
    def statuses(self):
        return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d\d\d) ", self.bytes)]


class Attacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("http.idle_timeout=2s", "http.header_timeout=1s", "http.body_timeout=1s",
                            "http.address_connections=40", "server.log_level=debug")
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def send(self, data, listener="ml"):
        return Reply(self.server.ports[listener], data)

    def refused(self, data, statuses=(400,)):
        """It is refused, and nothing after it is taken for a request."""
        reply = self.send(data + SMUGGLED)
        self.assertTrue(reply.statuses and set(reply.statuses) <= set(statuses), (data, reply.bytes))
        self.assertTrue(reply.was_closed, data)

    def rejected(self, reason, listener="ml"):
        return self.server.metrics("ops")[f'http_request_rejected_total{{listener="{listener}",reason="{reason}"}}']

    # ---- Bytes that drip ----

    def drip(self, head, piece, limit_s=60):
        """Seconds until the server cuts off a client that sends a piece each tenth of a second."""
        with socket.create_connection(("127.0.0.1", self.server.ports["ml"]), timeout=5) as s:
            s.sendall(head)
            begin = time.monotonic()
            while time.monotonic() - begin < limit_s:
                try:
                    s.sendall(piece)
                    s.settimeout(0.1)
                    if s.recv(4096) == b"":
                        return time.monotonic() - begin
                except TimeoutError:
                    continue
                except OSError:
                    return time.monotonic() - begin
        self.fail("it was never cut off")

    def test_headers_that_drip_are_cut_off(self):
        before = self.rejected("timeout")
        self.drip(b"GET /health HTTP/1.1\r\nHost: localhost\r\n", b"X-A: b\r\n")
        self.assertGreater(self.rejected("timeout"), before)

    def test_a_request_line_that_drips_is_cut_off(self):
        self.drip(b"GET /", b"a")

    def test_line_ends_that_drip_are_cut_off(self):
        self.drip(b"", b"\r\n")

    def test_headers_that_drip_after_a_good_request_are_cut_off(self):
        self.drip(HEALTH + b"GET /hea", b"a")

    def test_a_body_that_drips_is_cut_off(self):
        self.drip(predict(b"Content-Length: 60000\r\n", b""), b" ")

    def test_chunks_that_drip_are_cut_off(self):
        self.drip(predict(CHUNKED, b""), chunk(b" "))

    def test_many_slow_clients_leave_room_for_others(self):
        """As many as one address may have, but for a few; then all that it may have."""
        slow = [socket.create_connection(("127.0.0.1", self.server.ports["ml"]), timeout=5) for _ in range(30)]
        try:
            for s in slow:
                s.sendall(b"GET /health HTTP/1.1\r\nX-A: ")
            self.assertEqual(self.server.post("ml", "/predict", TICKET).status, 200)
        finally:
            for s in slow:
                s.close()

    def test_connections_of_one_address_are_limited(self):
        opened = []
        try:
            n_answered = 0
            for _ in range(60):
                s = socket.create_connection(("127.0.0.1", self.server.ports["llm"]), timeout=5)
                opened.append(s)
            for s in opened:
                try:
                    s.sendall(HEALTH)
                    n_answered += s.recv(15) == b"HTTP/1.1 200 OK"
                except OSError:
                    pass
            self.assertLessEqual(n_answered, 40)
            self.assertGreaterEqual(n_answered, 30)
        finally:
            for s in opened:
                s.close()

    # ---- Framing ----

    def test_length_and_encoding_together(self):
        self.refused(predict(LENGTH + CHUNKED, chunk(BODY) + b"0\r\n\r\n"))
        self.refused(predict(CHUNKED + LENGTH, chunk(BODY) + b"0\r\n\r\n"))

    def test_two_lengths(self):
        self.refused(predict(LENGTH + LENGTH, BODY))
        self.refused(predict(LENGTH + b"Content-Length: 3\r\n", BODY))
        self.refused(predict(b"Content-Length: 0\r\n" + LENGTH, BODY))

    def test_lengths_that_are_no_number(self):
        for length in (b"5, 5", b"+5", b"-1", b"0x57", b"", b"5 5", b"5\t5", b"5;5", b"1e2", b"\xd9\xa5"):
            self.refused(predict(b"Content-Length: " + length + b"\r\n", BODY))

    def test_lengths_beyond_any_body(self):
        for length in (b"99999999999", b"99999999999999999999999", b"18446744073709551616"):
            self.refused(predict(b"Content-Length: " + length + b"\r\n", BODY), (413,))

    def test_other_encodings(self):
        for encoding in (b"identity", b"gzip, chunked", b"chunked, chunked", b"xchunked", b"chunked;q=1", b"",
                         b"\x0bchunked", b"chu\xadnked"):
            self.refused(predict(b"Transfer-Encoding: " + encoding + b"\r\n", chunk(BODY) + b"0\r\n\r\n"))
        self.refused(predict(CHUNKED + CHUNKED, chunk(BODY) + b"0\r\n\r\n"))
        self.refused(predict(CHUNKED, chunk(BODY) + b"0\r\n\r\n", version=b"1.0"))

    def test_blanks_before_the_colon(self):
        self.refused(predict(b"Content-Length : %d\r\n" % len(BODY), BODY))
        self.refused(predict(b"Transfer-Encoding\t: chunked\r\n", chunk(BODY) + b"0\r\n\r\n"))

    def test_framing_in_folded_headers(self):
        self.refused(predict(b"Transfer-Encoding:\r\n chunked\r\n", chunk(BODY) + b"0\r\n\r\n"))
        self.refused(predict(b"Content-Length: %d\r\n 0\r\n" % len(BODY), BODY))
        self.refused(predict(b"Content-Length:\r\n\t%d\r\n" % len(BODY), BODY))
        self.refused(b"GET /health HTTP/1.1\r\n Host: localhost\r\n" + HOST + b"\r\n")

    def test_bad_chunk_sizes(self):
        for size in (b"zz", b"-5", b"+5", b"0x57", b"", b" 57", b"57 57", b"5\x007"):
            self.refused(predict(CHUNKED, chunk(BODY, size) + b"0\r\n\r\n"))
        self.refused(predict(CHUNKED, chunk(BODY, b"5") + b"0\r\n\r\n"))
        self.refused(predict(CHUNKED, chunk(BODY, b"10000000000000057") + b"0\r\n\r\n"), (413,))

    def test_a_body_where_none_belongs(self):
        self.refused(b"GET /health HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED), (413,))

    def test_trailers_are_no_headers(self):
        trailer = b"0\r\nAuthorization: Bearer " + self.server.token.encode() + b"\r\n\r\n"
        request = b"POST /drift/reset HTTP/1.1\r\n" + HOST + JSON + CHUNKED + b"\r\n" + chunk(b"{}") + trailer
        self.assertEqual(self.send(request).statuses, [401])

    def test_what_the_library_takes(self):
        """Line ends of LF alone, extensions of chunks, a NUL that ends a header's value: not refused, but nothing is
        hidden behind them either."""
        for data in (b"GET /health HTTP/1.1\nHost: localhost\n\n", predict(CHUNKED, chunk(BODY, b"%x;a=b" % len(BODY)) + b"0\r\n\r\n"),
                     predict(CHUNKED, b"%x\n%s\n0\n\n" % (len(BODY), BODY)),
                     b"GET /health HTTP/1.1\r\n" + HOST + b"X-A: b\0c\r\n\r\n",
                     predict(LENGTH.replace(b"\r\n", b"\0 0\r\n"), BODY),
                     b"GET /health HTTP/1.1\r\n" + HOST + b"X-A: b\r\n c\r\n\r\n"):
            self.assertEqual(self.send(data + HEALTH).statuses, [200, 200], data)

    # ---- Pipelines ----

    def test_pipelined_requests_are_answered_in_order(self):
        data = (predict(LENGTH, BODY) + HEALTH + SMUGGLED) * 30
        self.assertEqual(self.send(data).statuses, [200, 200, 404] * 30)

    def test_what_follows_a_refused_request_is_not_read(self):
        self.assertEqual(self.send(HEALTH + predict(LENGTH + LENGTH, BODY) + HEALTH * 50).statuses, [200, 400])

    # ---- Malformed requests ----

    def test_malformed_request_lines(self):
        for line in (b"GET", b"GET /health", b"GET /health HTTP/9", b"get /health http/1.1", b"GET\t/health\tHTTP/1.1",
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                     b"GET /health XTTP/1.1", b"\0\0\0\0"):
            reply = self.send(line + b"\r\n" + HOST + b"\r\n" + SMUGGLED)
            self.assertNotIn(200, reply.statuses, line)
            self.assertNotIn(404, reply.statuses, line)
            self.assertTrue(reply.was_closed, line)
        self.assertEqual(self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").statuses, [505])

    def test_malformed_headers(self):
        for header in (b"no colon\r\n", b"X-\0A: b\r\n", b"X-A: a\rb\r\n", b"X A: b\r\n", b"X-A: \x7f\r\n", b"(X): a\r\n"):
            self.refused(b"GET /health HTTP/1.1\r\n" + HOST + header + b"\r\n")

    def test_one_host_is_needed(self):
        self.refused(b"GET /health HTTP/1.1\r\n\r\n")
        self.refused(b"GET /health HTTP/1.1\r\n" + HOST + HOST + b"\r\n")
        self.refused(b"GET /health HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n")
        self.assertEqual(self.send(b"GET /health HTTP/1.0\r\n\r\n").statuses, [200])

    def test_two_authorizations(self):
        token = b"Authorization: Bearer " + self.server.token.encode() + b"\r\n"
        self.refused(b"GET /health HTTP/1.1\r\n" + HOST + token + token + b"\r\n")

    def test_a_nul_in_a_path_is_no_end_of_it(self):
        self.assertEqual(self.send(b"GET /health%00/x HTTP/1.1\r\n" + HOST + b"\r\n").statuses, [404])
        self.assertEqual(self.send(b"GET /events?limit=5%00x HTTP/1.1\r\n" + HOST + b"\r\n", "ops").statuses, [422])

    def test_requests_to_be_passed_on_are_not(self):
        for line in (b"GET http://evil.example/health HTTP/1.1", b"CONNECT evil.example:443 HTTP/1.1",
                     b"OPTIONS * HTTP/1.1"):
            self.assertIn(self.send(line + b"\r\n" + HOST + b"\r\n").statuses, ([404], [405], [400]), line)
        reply = self.send(b"TRACE /health HTTP/1.1\r\n" + HOST + b"X-Secret: 1f2e3d\r\n\r\n")
        self.assertEqual(reply.statuses, [405])
        self.assertNotIn(b"1f2e3d", reply.bytes)

    # ---- Too much ----

    def test_oversized_requests(self):
        for data, statuses in ((b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", [414]),
                               (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", [404]),
                               (b"GET /health HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 40000 + b"\r\n\r\n", [431])):
            reply = self.send(data)
            self.assertIn(reply.statuses, (statuses, []), data[:40])  # [] where what was unread caused a reset
        for data in (b"".join(b"X-%d: a\r\n" % i for i in range(3000)), b"Cookie: " + b"a=b;" * 3000 + b"\r\n"):
            reply = self.send(b"GET /health HTTP/1.1\r\n" + HOST + data + b"\r\n")
            self.assertTrue(set(reply.statuses) <= {431}, reply.bytes[:200])
        self.assertEqual(self.send(b"GET /health?" + b"&".join(b"a%d=1" % i for i in range(700)) +
                                   b" HTTP/1.1\r\n" + HOST + b"\r\n").statuses, [])

    def test_a_large_body_is_refused_by_its_length(self):
        self.refused(predict(b"Content-Length: 65537\r\n", b""), (413,))

    # ---- Line ends in what is echoed ----

    def test_nothing_is_injected_into_headers_or_the_log(self):
        marked = b"x%0d%0aX-Injected:%201%0d%0a%0d%0a2026-01-01T00:00:00.000Z%20error%20forged"
        token = b"Authorization: Bearer " + self.server.token.encode() + b"\r\n"
        for line in (b"DELETE /faults/" + marked, b"GET /faults/" + marked, b"GET /events?limit=" + marked,
                     b"GET /requests/" + marked, b"GET /" + marked):
            reply = self.send(line + b" HTTP/1.1\r\n" + HOST + token + b"X-Request-Id: " + marked + b"\r\n\r\n", "ops")
            self.assertEqual(len(reply.statuses), 1, reply.bytes)
            self.assertNotIn(b"\r\nX-Injected", reply.bytes)
        answer = self.server.post("ml", "/predict", {**TICKET, "a\r\nX-Injected: 1": "b\n2026-01-01 error forged"})
        self.assertEqual(answer.status, 422)
        for path in ("/alerts/log",):
            self.server.request("ops", "POST", path, {"alerts": [{"status": "firing", "labels": {
                "alertname": "a\r\n2026-01-01 error forged"}}]}, token=self.server.token)
        log = (self.server.state / "log").read_text(errors="replace")
        self.assertFalse([line for line in log.splitlines() if not re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z (error|warn|info|debug) ", line)])
        self.assertFalse([line for line in log.splitlines() if line.startswith("2026-01-01")])

    def test_it_stands_after_all_of_this(self):
        threads = [threading.Thread(target=self.send, args=(data,))
                   for data in (b"\0" * 100, predict(LENGTH, BODY[:10]), HEALTH[:20], predict(CHUNKED, b"5\r\n")) * 5]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.server.post("ml", "/predict", TICKET).status, 200)


class SlowReaders(unittest.TestCase):
    """They ask for more than any buffer on the way holds, and take a byte a second of it, or none."""

    N_READERS = 48
    ASKED = b"GET /metrics HTTP/1.1\r\n" + HOST + b"\r\n"

    def setUp(self):
        self.server = Server("http.idle_timeout=3s")
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.server.process.pid}/fd"))

    def connect(self, listener):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(5)
        s.connect(("127.0.0.1", self.server.ports[listener]))
        s.sendall(self.ASKED * 150)
        s.setblocking(False)
        self.addCleanup(s.close)
        return s

    def others_are_unharmed(self):
        for listener in ("ml", "llm", "ops"):
            self.assertEqual(self.server.get(listener, "/health").status, 200)
            self.assertIn(b"# HELP", self.server.get(listener, "/metrics").body)
        self.assertEqual(self.server.post("ml", "/predict", TICKET).status, 200)

    def until_they_are_gone(self, before, readers, sip):
        """Of each a byte a second, where it sips."""
        deadline = time.monotonic() + 120
        while self.descriptors() > before:
            self.assertLess(time.monotonic(), deadline, f"{self.descriptors()} descriptors, {before} before")
            for s in readers if sip else ():
                try:
                    s.recv(1)
                except OSError:
                    pass  # nothing has come, or it was ended
            self.others_are_unharmed()
            time.sleep(1)

    def test_answers_that_nobody_reads_are_given_up(self):
        for sip in (False, True):
            with self.subTest(sip=sip):
                self.others_are_unharmed()
                before = self.descriptors()
                readers = [self.connect(("llm", "ops")[i % 2]) for i in range(self.N_READERS)]
                served = [s for s in readers if select.select([s], [], [], 60)[0]]
                self.assertEqual(len(served), self.N_READERS)
                self.until_they_are_gone(before, readers, sip)


class RateLimit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("http.rate=0.5", "http.burst=100")
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def test_an_address_that_asks_too_often_is_told_when_to_come_back(self):
        connection = self.server.connect("ml")
        answers = []
        for _ in range(120):  # on one connection, which stays open
            connection.request("GET", "/health")
            response = connection.getresponse()
            answers.append((response.status, response.headers, response.read()))
        connection.close()
        self.assertEqual(answers[0][0], 200)
        status, headers, body = answers[-1]
        self.assertEqual(status, 429)
        self.assertEqual(headers["Content-Type"], "application/problem+json")
        self.assertTrue(1 <= int(headers["Retry-After"]) <= 2, headers["Retry-After"])
        self.assertEqual(json.loads(body)["title"], "Too Many Requests")
        n_good = [status for status, *_ in answers].count(200)
        self.assertLess(n_good, 100)  # the others of the burst went to whether it was up
        self.assertEqual({status for status, *_ in answers}, {200, 429})
        # The bodies of refused requests are read over, and the limit is one for all listeners.
        self.assertEqual(self.server.post("ml", "/predict", TICKET).status, 429)
        answer = self.server.get("ops", "/health")
        self.assertEqual(answer.status, 429)
        # It is one by address, not one for all.
        with socket.create_connection(("127.0.0.1", self.server.ports["ops"]), 10, ("127.0.0.2", 0)) as s:
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            received = b""
            while piece := s.recv(65536):
                received += piece
        self.assertTrue(received.startswith(b"HTTP/1.1 200"))
        counted = re.search(rb'http_request_rejected_total{listener="ml",reason="rate_limited"} (\d+)', received)
        self.assertGreater(int(counted[1]), 20)


if __name__ == "__main__":
    unittest.main()
