"""The ML and operations APIs on a real server, one behaviour at a time."""

import json
import os
import re
import subprocess
import time
import unittest

from server import BUILD, SOURCE, TICKET, Server, free_port


def ticket(length, urgency, impact, tier):
    return {"ticket_length": length, "urgency_keywords": urgency, "business_impact": impact, "customer_tier": tier}


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def test_the_reference_calls_come_out_as_documented(self):
        for features, severity, code in (((50, 0, 2, 1), "Low", 0), ((120, 2, 5, 3), "Medium", 1),
                                         ((200, 5, 9, 5), "High", 2), ((150, 3, 7, 4), "High", 2)):
            answer = self.server.post("ml", "/predict", ticket(*features))
            self.assertEqual(answer.status, 200)
            body = answer.json()
            self.assertEqual((body["severity"], body["severity_code"]), (severity, code))
            self.assertAlmostEqual(sum(body["probabilities"].values()), 1, places=5)
            self.assertEqual(body["confidence"], max(body["probabilities"].values()))
            self.assertEqual(self.server.post("ml", "/predict_v2", ticket(*features)).json()["severity"], severity)

    def test_a_batch_equals_single_calls(self):
        rows = [ticket(50 + i, i % 5, i % 10, 1 + i % 5) for i in range(100)]
        batch = self.server.post("ml", "/predict/batch", {"rows": rows}).json()["predictions"]
        for row, from_batch in zip(rows, batch):
            single = self.server.post("ml", "/predict", row).json()
            self.assertEqual(single["probabilities"], from_batch["probabilities"])

    def test_a_batch_of_10000_is_taken_and_10001_is_not(self):
        row = json.dumps(TICKET)
        answer = self.server.request("ml", "POST", "/predict/batch", '{"rows":[' + ",".join([row] * 10000) + "]}",
                                     headers={"Content-Type": "application/json"})
        self.assertEqual((answer.status, len(answer.json()["predictions"])), (200, 10000))
        answer = self.server.request("ml", "POST", "/predict/batch", '{"rows":[' + ",".join([row] * 10001) + "]}",
                                     headers={"Content-Type": "application/json"})
        self.assertEqual(answer.status, 422)

    def test_feedback_makes_realized_figures(self):
        before = self.server.metrics()
        for i in range(30):
            made = self.server.post("ml", "/predict", ticket(60 + i, 1, 3, 2)).json()
            answer = self.server.post("ml", "/feedback",
                                      {"prediction_id": made["prediction_id"], "severity": made["severity"]})
            self.assertEqual(answer.json(), {"correct": True, "replaced": False})
        answer = self.server.post("ml", "/feedback",
                                  {"prediction_id": made["prediction_id"], "severity": made["severity"]})
        self.assertTrue(answer.json()["replaced"])
        after = self.server.metrics()
        self.assertEqual(after["ml_feedback_window_labels"] - before["ml_feedback_window_labels"], 30)
        self.assertEqual(after['ml_feedback_total{correct="true"}'] - before['ml_feedback_total{correct="true"}'], 30)
        self.assertEqual(after["ml_realized_accuracy"], 1)

    def test_drift_is_absent_under_100_samples_and_right_at_the_scrape_after(self):
        self.assertEqual(self.server.request("ml", "POST", "/drift/reset", token=self.server.token).status, 200)
        self.assertNotIn("ml_data_drift_score", self.server.metrics())
        for i in range(99):
            self.server.post("ml", "/predict", ticket(250 + i % 50, 8, 9.5, 5))
        samples = self.server.metrics()
        self.assertEqual(samples["ml_drift_samples_analyzed"], 99)
        self.assertNotIn("ml_data_drift_score", samples)
        self.server.post("ml", "/predict", ticket(250, 9, 9.5, 5))
        self.assertGreater(self.server.metrics()["ml_data_drift_score"], 0.5)
        status = self.server.get("ml", "/drift/status").json()
        self.assertEqual(status["samples_analyzed"], 100)
        self.server.request("ml", "POST", "/drift/reset", token=self.server.token)
        self.assertEqual(self.server.metrics()["ml_drift_samples_analyzed"], 0)

    def test_both_expositions_carry_the_same_series(self):
        self.server.post("ml", "/predict", TICKET, headers={
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
        text = self.server.get("ml", "/metrics")
        self.assertTrue(text.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        om = self.server.get("ml", "/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
        self.assertTrue(om.headers["Content-Type"].startswith("application/openmetrics-text"))
        self.assertTrue(om.body.endswith(b"# EOF\n"))
        self.assertIn(b'trace_id="4bf92f3577b34da6a3ce929d0e0e4736"', om.body)

        def buckets(body):
            return set(re.findall(rb'^(\w+_bucket\{[^}]*\})', body, re.M))

        self.assertEqual(buckets(text.body), buckets(om.body))
        checked = subprocess.run(["promtool", "check", "metrics"], input=text.body, capture_output=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_the_reference_has_a_share_for_each_cell_of_the_histogram(self):
        samples = self.server.metrics()
        for feature in TICKET:
            le = [m.group(1) for name in samples
                  if (m := re.fullmatch(rf'ml_feature_value_bucket{{feature_name="{feature}",le="(.+)"}}', name))]
            cells = {m.groups(): share for name, share in samples.items() if (m := re.fullmatch(
                rf'ml_feature_reference_ratio{{feature_name="{feature}",bin="(.+)",above="(.+)"}}', name))}
            self.assertEqual(set(cells), set(zip(le, ["-Inf", *le])))
            self.assertAlmostEqual(sum(cells.values()), 1)

    def test_the_description_has_every_route_of_the_index(self):
        for listener in ("ml", "ops"):
            routes = self.server.get(listener, "/").json()["routes"]
            paths = self.server.get(listener, "/openapi.json").json()["paths"]
            self.assertEqual({(r["method"].lower(), r["path"]) for r in routes},
                             {(m, p) for p, methods in paths.items() for m in methods})

    def test_stored_requests_are_listed_newest_first(self):
        made = [self.server.post("ml", "/predict", ticket(100 + i, 1, 5, 3)).json() for i in range(5)]
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            rows = self.server.get("ops", "/requests?limit=5").json()["requests"]
            if [r["ticket_length"] for r in rows] == [104, 103, 102, 101, 100]:
                break
            time.sleep(0.05)
        self.assertEqual([r["ticket_length"] for r in rows], [104, 103, 102, 101, 100])
        self.assertEqual(rows[0]["severity"], made[-1]["severity"])
        self.assertEqual(rows[0]["origin"], "user")
        one = self.server.get("ops", f"/requests/{rows[2]['id']}").json()
        self.assertEqual(one, rows[2])
        older = self.server.get("ops", f"/requests?before={rows[2]['id']}&limit=2").json()["requests"]
        self.assertEqual([r["id"] for r in older], [rows[3]["id"], rows[4]["id"]])
        self.assertEqual(self.server.get("ops", "/requests?limit=0").status, 422)
        self.assertEqual(self.server.get("ops", "/requests/1").status, 404)
        self.assertGreaterEqual(self.server.metrics("ops")['tidewatch_jobs_total{outcome="done"}'], 5)

    def test_alertmanagers_webhook_becomes_events(self):
        alert = {"status": "firing", "labels": {"alertname": "TestAlert", "severity": "critical"},
                 "annotations": {"summary": "evil \x1b[31m"}, "startsAt": "2026-01-01T00:00:00Z"}
        body = {"version": "4", "alerts": [alert, {"status": "firing", "labels": {"alertname": "Watchdog"}}]}
        self.assertEqual(self.server.post("ops", "/alerts/log", body).status, 401)
        self.assertEqual(self.server.operate("POST", "/alerts/log", body).json(), {"taken": 2})
        self.assertEqual(self.server.operate("POST", "/alerts/log", {"alerts": 7}).status, 422)
        deadline = time.monotonic() + 5
        events = []
        while not events and time.monotonic() < deadline:
            events = [e for e in self.server.get("ops", "/events").json()["events"] if e["kind"] == "alert"]
        self.assertEqual([e["subject"] for e in events], ["TestAlert"])
        self.assertEqual(events[0]["detail"]["labels"]["severity"], "critical")
        self.assertLess(self.server.get("ops", "/health").json()["watchdog_age_ms"], 10000)


class Life(unittest.TestCase):
    def test_the_drift_window_survives_a_restart(self):
        with Server() as server:
            for i in range(150):
                server.post("ml", "/predict", ticket(100 + i % 40, i % 4, 5, 3))
            before = server.get("ml", "/drift/status").json()
            self.assertEqual(server.stop(), 0)
            server.start()
            after = server.get("ml", "/drift/status").json()
            self.assertEqual(after["samples_analyzed"], before["samples_analyzed"])
            self.assertEqual(after["drift_score"], before["drift_score"])

    def test_a_listener_beyond_loopback_needs_tokens(self):
        with Server() as server:
            run = subprocess.run([str(BUILD / "src/server/tidewatchd"), f"--state.dir={server.state}/other",
                                  f"--model.path={server.state}/model.json",
                                  f"--listen.ml=0.0.0.0:{free_port()}", "--roles", "ml"],
                                 capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(run.returncode, 2)
            self.assertIn("auth.tokens_file", run.stderr)

    def test_tokens_restrict_by_role(self):
        with Server() as server:
            server.stop()
            tokens = server.state / "tokens"
            tokens.touch(mode=0o600)
            tokens.write_text("# who\nread readerreaderreader\ninfer inferinferinferinfer\n")
            server.settings = (f"auth.tokens_file={tokens}",)
            server.start()
            for token, metrics, predict, reset in ((None, 401, 401, 401), ("readerreaderreader", 200, 403, 403),
                                                   ("inferinferinferinfer", 200, 200, 403), (server.token, 200, 200, 200)):
                got = (server.get("ml", "/metrics", token=token).status,
                       server.post("ml", "/predict", TICKET, token=token).status,
                       server.post("ml", "/drift/reset", token=token).status)
                self.assertEqual(got, (metrics, predict, reset), token)
            server.stop()
            tokens.chmod(0o644)
            run = subprocess.run([str(BUILD / "src/server/tidewatchd"), f"--state.dir={server.state}",
                                  f"--auth.tokens_file={tokens}"], capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(run.returncode, 2)
            self.assertIn("chmod 600", run.stderr)
            server.settings = ()
            server.start()

    def test_sigterm_finishes_what_runs(self):
        with Server() as server:
            import threading
            answers = []

            def batch():
                answer = server.post("ml", "/predict/batch", {"rows": [TICKET] * 5000})
                answers.append((answer.status, len(answer.json().get("predictions", []))))

            threads = [threading.Thread(target=batch) for _ in range(6)]
            for t in threads:
                t.start()
            time.sleep(0.05)
            code = server.stop()
            for t in threads:
                t.join()
            self.assertEqual(code, 0)
            for status, count in answers:
                self.assertIn((status, count), ((200, 5000), (503, 0)))

    def test_an_unknown_setting_names_the_nearest(self):
        run = subprocess.run([str(BUILD / "src/server/tidewatchd"), "--drift.windw=300"],
                             capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn("drift.window", run.stderr)

    def test_secrets_are_masked_in_the_printed_configuration(self):
        env = {**os.environ, "SLACK_WEBHOOK_URL": "https://hooks.slack.test/services/T1/B2/verysecret"}
        run = subprocess.run([str(BUILD / "src/server/tidewatchd"), "--check-config"],
                             capture_output=True, text=True, timeout=20, env=env, check=True)
        self.assertNotIn("verysecret", run.stdout)
        self.assertIn("***", run.stdout)


if __name__ == "__main__":
    unittest.main()
