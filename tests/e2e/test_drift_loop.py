"""The loop, live: a drift simulation raises the score, the rule, the notification; and all clears."""

import random
import time
import unittest

from stack import Stack, wait_for

ALERT = "MLModelDriftHigh"


def ordinary_rows(n, seed):
    """Tickets as in the training data."""
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        rows.append({
            "ticket_length": round(min(max(rng.gauss(120, 40), 20), 300)),
            "urgency_keywords": min(sum(rng.random() < 0.02 for _ in range(100)), 10),
            "business_impact": min(max(rng.gauss(5, 2), 0), 10),
            "customer_tier": round(min(max(rng.gauss(3, 1), 1), 5)),
        })
    return rows


class DriftLoop(unittest.TestCase):
    def send_ordinary(self, n, seed):
        answer = self.stack.server.post("ml", "/predict/batch", {"rows": ordinary_rows(n, seed)})
        self.assertEqual(answer.status, 200)

    def score(self):
        return self.stack.query("ml_data_drift_score")

    def watch(self, what, condition, timeout_s):
        wait_for(what, condition, timeout_s)
        seconds = time.monotonic() - self.begin
        print(f"# {seconds:6.1f} s  {what}", flush=True)
        return seconds

    def simulation(self):
        return self.stack.server.operate("GET", f"/simulations/{self.simulation_id}").json()

    def test_drift_is_scored_alerted_delivered_and_cleared(self):
        with Stack() as self.stack:
            self.drift()
            self.recover()

    def drift(self):
        stack, operate = self.stack, self.stack.server.operate
        self.begin = time.monotonic()
        self.send_ordinary(300, seed=1)
        self.watch("ordinary traffic has a score", lambda: self.score() is not None, 15)
        self.assertLess(self.score(), 0.5)
        self.assertEqual(stack.alert_state(ALERT), "inactive")
        self.assertEqual(stack.alert_events(ALERT), [])

        started = operate("POST", "/simulations",
                          {"kind": "drift", "params": {"amount": 0.8, "rate": 20}, "until": "alert"})
        self.assertEqual(started.status, 202)
        self.simulation_id = started.json()["id"]
        self.begin = time.monotonic()
        self.watch("score over 0.5", lambda: (self.score() or 0) > 0.5, 90)
        pending = self.watch("pending", lambda: stack.alert_state(ALERT) in ("pending", "firing"), 20)
        firing = self.watch("firing", lambda: stack.alert_state(ALERT) == "firing", 40)
        # `for: 5m` is 15 s here; a look each 0.2 s and an evaluation each second blur it.
        self.assertGreater(firing - pending, 12)
        self.watch("delivered to the log", lambda: stack.alert_events(ALERT), 20)
        self.watch("the simulation knows it", lambda: self.simulation()["alert"]["delivered_at_ms"], 10)

        told = self.simulation()["alert"]
        self.assertLessEqual(told["pending_at_ms"], told["firing_at_ms"])
        self.assertLessEqual(told["firing_at_ms"] - 3000, told["delivered_at_ms"])
        self.assertEqual(stack.alert_events(ALERT)[0][0], "firing")

    def recover(self):
        stack, operate = self.stack, self.stack.server.operate
        self.assertIn(operate("DELETE", f"/simulations/{self.simulation_id}").status, (200, 202, 204))
        self.begin = time.monotonic()
        self.watch("simulation ended", lambda: self.simulation()["state"] != "running", 15)
        self.send_ordinary(400, seed=2)
        self.watch("score back under 0.5", lambda: (self.score() or 1) <= 0.5, 30)
        self.watch("cleared in Prometheus", lambda: stack.alert_state(ALERT) == "inactive", 30)
        self.watch("resolution delivered", lambda: stack.alert_events(ALERT)[-1][0] == "resolved", 40)
        self.assertEqual([status for status, _ in stack.alert_events(ALERT)], ["firing", "resolved"])

    def test_the_watchdog_reaches_the_log_and_nothing_else_fires(self):
        with Stack() as stack:
            wait_for("the Watchdog fires", lambda: stack.alert_state("Watchdog") == "firing", 20)
            wait_for("a notification has left", lambda: (stack.query(
                'alertmanager_notifications_total{integration="webhook"}') or 0) > 0, 20)
            self.assertEqual(stack.query('alertmanager_notifications_failed_total{integration="webhook"}'), 0)
            self.assertEqual(stack.query('count(ALERTS{alertname!="Watchdog"})'), None)


if __name__ == "__main__":
    unittest.main()
