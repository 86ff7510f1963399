"""The dashboards on the real stack under traffic: every query of every panel has something to show, but for what needs
a judge or TLS."""

import pathlib
import sys
import time
import unittest

from stack import Stack, wait_for
from test_drift_loop import ordinary_rows

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/dashboards"))
import live  # noqa: E402

WINDOW_S = 120
QUESTIONS = [line for line in (ROOT / "assets/kb/questions.txt").read_text().splitlines()
             if len(line) >= 10 and not line.startswith("#")]


class Dashboards(unittest.TestCase):
    def post(self, listener, path, body, status=200):
        answer = self.stack.server.post(listener, path, body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def test_every_query_has_something_to_show(self):
        with Stack("llm.cost_budget_usd_per_day=5") as self.stack:
            wait_for("the knowledge base is there", lambda: self.stack.server.get("llm", "/health").status == 200, 60)
            self.send_traffic()
            self.wait_for_embedding_drift()
            self.make_an_alert()
            wrong = live.report(f"http://{self.stack.prometheus_address}", time.time(), WINDOW_S, {
                ("Agreement with the judge", "A"): "needs a language model",
                ("Certificate", "A"): "the listeners are without TLS",
            })
            self.assertEqual(wrong, [])

    def send_traffic(self):
        """Before and after: a rate needs two looks at a counter."""
        for part in range(2):
            rows = ordinary_rows(150, seed=part)
            self.post("ml", "/predict/batch", {"rows": rows})
            for row in rows[:20]:
                made = self.post("ml", "/predict", row)
                self.post("ml", "/feedback", {"prediction_id": made["prediction_id"], "severity": made["severity"]})
            self.triage(QUESTIONS[part::2][:60], fabricate=part == 1)
            for question in QUESTIONS[:5]:
                self.post("llm", "/chat", {"query": question})
            self.post("llm", "/evaluate", {"query": QUESTIONS[0], "contexts": ["Open Foghorn and choose New alert."],
                                           "response": "Choose New alert in Foghorn."})
            self.post("ml", "/predict", {"ticket_length": -1}, status=422)
            self.wait_for_a_scrape()

    def triage(self, texts, fabricate):
        """Over a hundred in all, some with made-up sentences: else every one is grounded alike."""
        if fabricate:
            answer = self.stack.server.operate("PUT", "/faults/fabricate", {"ttl_s": 120, "rate": 0.5})
            self.assertEqual(answer.status, 200, answer.body)
        for i, text in enumerate(texts):
            self.post("ml", "/triage", {"ticket_text": text, "business_impact": i % 11, "customer_tier": 1 + i % 5})

    def wait_for_a_scrape(self):
        def told(samples):
            return sum(v for k, v in samples.items() if k.startswith("ml_predictions_total"))

        now = told(self.stack.server.metrics())
        wait_for("scraped", lambda: self.stack.query("sum(ml_predictions_total)") == now, 20)

    def wait_for_embedding_drift(self):
        """It is computed once a second at most, and not of less than 100 questions."""
        wait_for("embedding drift", lambda: self.stack.query("llm_embedding_drift_score >= 0") is not None, 20)

    def make_an_alert(self):
        started = self.stack.server.operate("POST", "/simulations", {
            "kind": "drift", "params": {"amount": 0.8, "rate": 20}, "until": "alert"})
        self.assertEqual(started.status, 202, started.body)
        wait_for("an alert is active", lambda: self.stack.query('count(ALERTS{alertname="MLModelDriftHigh"})'), 120)
        wait_for("replicas are added up", lambda: self.stack.query("fleet:ml_data_drift_score") is not None, 20)


if __name__ == "__main__":
    unittest.main()
