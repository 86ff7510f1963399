"""Every kind of bad request gets the right status and a problem document, changes nothing, and is counted."""

import json
import socket
import time
import unittest

from server import TICKET, Server


def raw(port, data, timeout=10):
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.sendall(data)
        s.settimeout(timeout)
        received = b""
        try:
            while chunk := s.recv(65536):
                received += chunk
                if b"\r\n\r\n" in received and b"Content-Length: 0" in received:
                    break
        except TimeoutError:
            pass
        return received


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("http.body_timeout=1s", "http.idle_timeout=2s")
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def state(self):
        status = self.server.get("ml", "/drift/status").json()
        samples = self.server.metrics()
        good = {k: v for k, v in samples.items() if k.startswith("ml_predictions_total") and "success" in k}
        return status["samples_analyzed"], sum(good.values()), samples['ml_prediction_errors_total{error_type="validation"}']

    def refused(self, status, body, content_type="application/json", headers=None, path="/predict"):
        """Sends it, checks the problem document, and that only the error count has moved."""
        before = self.state()
        answer = self.server.request(
            "ml", "POST", path, body, headers={"Content-Type": content_type, **(headers or {})}
        )
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        problem = answer.json()
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["title"] and problem["detail"])
        after = self.state()
        self.assertEqual(before[:2], after[:2], "state changed")
        self.assertEqual(after[2], before[2] + 1, "the error was not counted")
        return {e["field"] for e in problem["errors"]}

    def changed(self, **changes):
        body = {**TICKET, **changes}
        return json.dumps({k: v for k, v in body.items() if v is not ...})

    def test_each_missing_field_is_named(self):
        for field in TICKET:
            self.assertEqual(self.refused(422, self.changed(**{field: ...})), {field})

    def test_all_missing_fields_are_named_at_once(self):
        self.assertEqual(self.refused(422, "{}"), set(TICKET))

    def test_wrong_types_are_named(self):
        for field in TICKET:
            for value in ("1", None, True, [1], {"a": 1}):
                self.assertEqual(self.refused(422, self.changed(**{field: value})), {field})

    def test_values_out_of_range_are_named(self):
        limits = {"ticket_length": (-1, 1001), "urgency_keywords": (-1, 21),
                  "business_impact": (-0.01, 10.01), "customer_tier": (0, 6)}
        for field, values in limits.items():
            for value in values:
                self.assertEqual(self.refused(422, self.changed(**{field: value})), {field})

    def test_fractions_where_integers_belong(self):
        for field in ("ticket_length", "urgency_keywords", "customer_tier"):
            self.assertEqual(self.refused(422, self.changed(**{field: 1.5})), {field})

    def test_an_unknown_field_is_named(self):
        self.assertEqual(self.refused(422, self.changed(extra=1)), {"extra"})
        self.assertEqual(self.refused(422, self.changed(Ticket_Length=1)), {"Ticket_Length"})

    def test_what_is_not_json(self):
        for text in ("", "{", "null x", "{'a':1}", '{"ticket_length": NaN}', '{"ticket_length": 1e400}',
                     '{"ticket_length": Infinity}', '{"ticket_length": 01}', '{"a":1,}', "\x00",
                     '{"a": "\\u0000"}', '{"a": "\\ud800"}'):
            self.refused(400, text)

    def test_duplicate_keys(self):
        self.refused(400, self.changed()[:-1] + ', "ticket_length": 5}')

    def test_invalid_utf8(self):
        self.refused(400, b'{"ticket_length": "\xff\xfe"}')

    def test_deep_nesting(self):
        self.refused(400, "[" * 10000 + "]" * 10000)

    def test_something_else_than_an_object(self):
        for text in ("[]", "1", '"x"', "null", "true"):
            self.refused(422, text)

    def test_a_body_of_10_mb(self):
        before = self.state()
        head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" \
               b"Content-Length: 10485760\r\n\r\n"
        answer = raw(self.server.ports["ml"], head)  # refused before the body is sent
        self.assertIn(b" 413 ", answer.split(b"\r\n")[0])
        self.assertIn(b"application/problem+json", answer)
        try:
            raw(self.server.ports["ml"], head + b" " * (10 << 20))
        except ConnectionError:
            pass  # what is sent all the same is cut off
        after = self.state()
        self.assertEqual(before[:2], after[:2])
        self.assertGreaterEqual(after[2], before[2] + 1)

    def test_a_chunked_body_without_end(self):
        before = self.state()
        data = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" \
               b"Transfer-Encoding: chunked\r\n\r\n"
        chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
        try:
            answer = raw(self.server.ports["ml"], data + chunk * 5 + b"0\r\n\r\n")
            self.assertIn(b" 413 ", answer.split(b"\r\n")[0])
        except ConnectionError:
            pass
        self.assertEqual(self.state()[:2], before[:2])
        with self.assertRaises(OSError):  # goes on and on: cut off
            for _ in range(20):
                answer = raw(self.server.ports["ml"], data + chunk * 400)
                if not answer or b" 413 " not in answer.split(b"\r\n")[0]:
                    raise ConnectionResetError
        self.assertEqual(self.state()[:2], before[:2])

    def test_a_wrong_media_type(self):
        for content_type in ("text/plain", "application/xml", "application/json; charset=latin1"):
            self.refused(415, self.changed(), content_type=content_type)

    def test_a_foreign_host(self):
        before = self.state()
        for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example"):
            answer = self.server.request("ml", "POST", "/predict", self.changed(),
                                         headers={"Host": host, "Content-Type": "application/json"})
            self.assertEqual(answer.status, 421)
        self.assertEqual(self.state()[:2], before[:2])

    def test_unknown_paths_and_methods(self):
        self.assertEqual(self.server.get("ml", "/nothing").status, 404)
        self.assertEqual(self.server.get("ml", "/predict/").status, 404)
        answer = self.server.get("ml", "/predict")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))
        answer = self.server.request("ml", "BREW", "/health")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"))

    def test_head_is_get_without_its_body(self):
        answer = self.server.request("ml", "HEAD", "/health")
        self.assertEqual((answer.status, answer.body), (200, b""))

    def test_operations_need_the_operators_token(self):
        body = {"kind": "drift"}
        for headers, status in (({}, 401), ({"Authorization": "Bearer wrongwrongwrongwrong"}, 401),
                                ({"Authorization": "Basic abc"}, 401), ({"Authorization": "Bearer "}, 401)):
            answer = self.server.post("ops", "/simulations", body, headers=headers)
            self.assertEqual(answer.status, status)
            self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        self.assertEqual(self.server.get("ops", "/simulations").json()["simulations"], [])
        self.assertEqual(self.server.post("ml", "/drift/reset").status, 401)

    def test_simulations_refuse_bad_parameters(self):
        for body, field in (({}, "kind"), ({"kind": "nothing"}, "kind"),
                            ({"kind": "drift", "params": {"amount": 7}}, "params.amount"),
                            ({"kind": "drift", "params": {"speed": 7}}, "params.speed"),
                            ({"kind": "drift", "until": "never"}, "until")):
            answer = self.server.operate("POST", "/simulations", body)
            self.assertEqual(answer.status, 422, answer.body)
            self.assertIn(field, {e["field"] for e in answer.json()["errors"]})
        self.assertEqual(self.server.get("ops", "/simulations").json()["simulations"], [])

    def test_feedback_for_what_was_never_predicted(self):
        answer = self.server.post("ml", "/feedback", {"prediction_id": "00" * 21, "severity": "Low"})
        self.assertEqual(answer.status, 422)
        good = self.server.post("ml", "/predict", TICKET).json()["prediction_id"]
        forged = ("0" if good[0] != "0" else "1") + good[1:]
        answer = self.server.post("ml", "/feedback", {"prediction_id": forged, "severity": "Nope"})
        self.assertEqual({e["field"] for e in answer.json()["errors"]}, {"prediction_id", "severity"})
        self.assertEqual(self.server.metrics()["ml_feedback_window_labels"], 0)

    def test_a_batch_with_one_bad_row_changes_nothing(self):
        before = self.state()
        answer = self.server.post("ml", "/predict/batch", {"rows": [TICKET, {**TICKET, "customer_tier": 9}]})
        self.assertEqual(answer.status, 422)
        self.assertEqual(answer.json()["errors"][0]["field"], "rows[1].customer_tier")
        self.assertEqual(self.state()[:2], before[:2])

    def test_a_body_that_drips_is_cut_off(self):
        before = self.state()
        with socket.create_connection(("127.0.0.1", self.server.ports["ml"])) as s:
            s.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      b"Content-Length: 1000\r\n\r\n")
            started = time.monotonic()
            with self.assertRaises(OSError):
                while time.monotonic() - started < 8:
                    s.sendall(b" ")
                    time.sleep(0.1)
                    s.settimeout(0.01)
                    try:
                        if s.recv(1) == b"":
                            raise ConnectionResetError
                    except TimeoutError:
                        pass
            self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(self.state()[:2], before[:2])

    def test_a_hostile_request_id_is_replaced(self):
        answer = self.server.get("ml", "/health", headers={"X-Request-Id": "abc-1"})
        self.assertEqual(answer.headers["X-Request-Id"], "abc-1")
        answer = self.server.get("ml", "/health", headers={"X-Request-Id": "a b" * 50})
        self.assertRegex(answer.headers["X-Request-Id"], "^[0-9a-f]{16}$")


if __name__ == "__main__":
    unittest.main()
