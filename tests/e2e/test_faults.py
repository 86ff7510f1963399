"""Faults and the simulations that inject them, on a real server: each does what it says to what a scrape
shows, and is gone after it was cleared, after its time, and after a restart."""

import http.client
import shutil
import tempfile
import threading
import time
import unittest

from test_llm_api import BUG, WEIGHTS, start, wait_for, wait_until_loaded
from server import TICKET

KNOWN = "How do I report a phishing e-mail?"  # answered by words alone, too
FOREIGN = "Who won the world cup in 1974?"


STATE = tempfile.mkdtemp(prefix="tidewatch-test-")  # one model and one knowledge base for all


def tearDownModule():
    shutil.rmtree(STATE, ignore_errors=True)


def on(server):
    """Names of the faults that are on, which every way of asking must agree on."""
    listed = {f["name"] for f in server.get("ops", "/faults").json()["faults"] if f["active"]}
    healthy = set(server.get("ops", "/health").json()["faults"])
    scraped = {name.split('"')[1] for name, value in server.metrics("ops").items()
               if name.startswith("tidewatch_fault_active{") and value}
    if not listed == healthy == scraped:  # one may have run out between two looks
        return on(server)
    return listed


def chat(server, query=KNOWN):
    return server.post("llm", "/chat", {"query": query}).json()


def is_down(server, listener):
    try:
        server.get(listener, "/health")
        return False
    except OSError:
        return True


def above(server, name, edge, labels='evaluator="lexical-1",source="chat"'):
    """Observations of a score's histogram over an edge of its buckets."""
    samples = server.metrics("llm")
    return samples[f"{name}_count{{{labels}}}"] - samples[f'{name}_bucket{{{labels},le="{edge}"}}']


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start(state=STATE)
        wait_until_loaded(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def tearDown(self):
        for name in on(self.server):
            self.clear(name)
        for listener in ("ml", "llm"):
            wait_for(f"{listener} is open", lambda: not is_down(self.server, listener))

    def put(self, name, **body):
        answer = self.server.operate("PUT", f"/faults/{name}", {"ttl_s": 60, **body})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def clear(self, name):
        answer = self.server.operate("DELETE", f"/faults/{name}")
        self.assertEqual(answer.status, 200, answer.body)

    def test_what_is_wrong_with_an_order_is_named(self):
        for name, body, field in (("delay", {}, "ttl_s"), ("delay", {"ttl_s": 901}, "ttl_s"),
                                  ("delay", {"ttl_s": 0}, "ttl_s"), ("delay", {"ttl_s": 9, "rate": 1}, "rate"),
                                  ("delay", {"ttl_s": 9, "delay_ms": 30001}, "delay_ms"),
                                  ("fabricate", {"ttl_s": 9, "rate": 1.5}, "rate"),
                                  ("outage", {"ttl_s": 9}, "target"), ("outage", {"ttl_s": 9, "target": "x"}, "target")):
            answer = self.server.operate("PUT", f"/faults/{name}", body)
            self.assertEqual(answer.status, 422, (name, body))
            self.assertIn(field, [e["field"] for e in answer.json()["errors"]])
        self.assertEqual(self.server.operate("PUT", "/faults/fire", {"ttl_s": 9}).status, 404)
        self.assertEqual(self.server.operate("DELETE", "/faults/fire").status, 404)
        for method in ("PUT", "DELETE"):
            self.assertEqual(self.server.request("ops", method, "/faults/delay", {"ttl_s": 9}).status, 401)
        self.assertEqual(on(self.server), set())

    def test_a_fabricating_generator_is_scored_as_one(self):
        honest, before = chat(self.server), above(self.server, "llm_hallucination_score", "0.7")
        self.assertLess(honest["hallucination_score"], 0.3)
        self.put("fabricate")
        self.assertEqual(on(self.server), {"fabricate"})
        for query in (KNOWN, FOREIGN, "help", "How long is a reset link valid?"):
            answer = chat(self.server, query)
            self.assertFalse(answer["abstained"], query)
            self.assertGreater(answer["hallucination_score"], 0.7, answer["response"])
            self.assertTrue([w for w in answer["warnings"] if "simulated" in w], answer["warnings"])
        self.assertEqual(above(self.server, "llm_hallucination_score", "0.7"), before + 4)
        self.clear("fabricate")
        self.assertEqual(chat(self.server)["response"], honest["response"])

    def test_a_fault_with_a_rate_of_zero_touches_nothing(self):
        honest = chat(self.server)["response"]
        self.put("fabricate", rate=0)
        self.assertEqual({chat(self.server)["response"] for _ in range(5)}, {honest})

    def test_retrieval_without_a_base_or_with_the_wrong_passages_abstains(self):
        for name in ("empty-kb", "no-context"):
            before = self.server.metrics("llm")['llm_abstentions_total{source="chat"}']
            self.put(name)
            self.assertTrue(chat(self.server)["abstained"], name)
            self.assertEqual(self.server.metrics("llm")['llm_abstentions_total{source="chat"}'], before + 1)
            self.clear(name)
            self.assertFalse(chat(self.server)["abstained"])

    @unittest.skipIf(WEIGHTS, "needs a server without the encoder's weights")
    def test_a_fault_that_could_not_act_is_refused(self):
        answer = self.server.operate("PUT", "/faults/vector-db-down", {"ttl_s": 9})
        self.assertEqual(answer.status, 409)
        self.assertIn("weights", answer.json()["detail"])
        self.assertEqual(on(self.server), set())

    @unittest.skipUnless(WEIGHTS, "needs the encoder's weights")
    def test_answers_go_on_with_words_when_the_dense_side_fails(self):
        wait_for("vectors are in", lambda: not [w for w in chat(self.server)["warnings"] if "without meaning" in w])
        for name, reason in (("vector-db-down", "unreachable"), ("corrupted-embeddings", "disagreement")):
            counter = f'llm_retrieval_degraded_total{{reason="{reason}"}}'
            before = self.server.metrics("llm")[counter]
            self.put(name)
            self.assertFalse(chat(self.server)["abstained"])
            self.assertEqual(self.server.metrics("llm")[counter], before + 1, name)
            self.clear(name)
            chat(self.server)
            self.assertEqual(self.server.metrics("llm")[counter], before + 1)

    def test_a_delay_parks_requests_and_leaves_workers_free(self):
        self.put("delay", delay_ms=2500)
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.server.post("ml", "/triage", BUG)))
                   for _ in range(24)]  # more than there are workers
        for thread in threads:
            thread.start()
        wait_for("they are parked", lambda: self.server.metrics("ops")["tidewatch_jobs_parked"] == 24)
        self.assertEqual(self.server.metrics("ops")["tidewatch_jobs_running"], 0)
        self.assertEqual(self.server.post("ml", "/predict/batch", {"rows": [TICKET]}).status, 200)
        self.assertEqual(self.server.metrics("ops")["tidewatch_jobs_parked"], 24)  # that one overtook them
        for thread in threads:
            thread.join()
        self.assertEqual({a.status for a in answers}, {200})
        for answer in (a.json() for a in answers):
            self.assertGreaterEqual(answer["processing_time_ms"], 2500)
            self.assertFalse(answer["abstained"])
        self.assertEqual(self.server.metrics("ops")["tidewatch_jobs_parked"], 0)

    def test_an_outage_closes_a_listener_and_its_connections_and_it_comes_back(self):
        for target, listener, other in (("ml-api", "ml", "llm"), ("llm-rag-api", "llm", "ml")):
            kept = self.server.connect(listener)
            kept.request("GET", "/metrics")
            self.assertEqual(kept.getresponse().read()[:6], b"# HELP")
            kept.auto_open = False
            self.put("outage", target=target)
            wait_for("it is down", lambda: is_down(self.server, listener))
            with self.assertRaises((OSError, http.client.HTTPException)):
                for _ in range(100):
                    kept.request("GET", "/metrics")
                    kept.getresponse().read()
                    time.sleep(0.01)
            self.assertFalse(is_down(self.server, other))
            self.clear("outage")
            wait_for("it is back", lambda: not is_down(self.server, listener))
            kept.close()
        self.assertEqual(self.server.post("ml", "/predict", TICKET).status, 200)

    def test_an_outage_amid_traffic_harms_no_other_listener_and_loses_no_worker(self):
        stop = threading.Event()

        def scrape(listener, path, body):
            while not stop.is_set():
                connection = self.server.connect(listener)
                try:
                    while not stop.is_set():
                        connection.request("POST" if body else "GET", path, body,
                                           {"Content-Type": "application/json"} if body else {})
                        connection.getresponse().read()
                except (OSError, http.client.HTTPException):
                    time.sleep(0.01)
                finally:
                    connection.close()

        threads = [threading.Thread(target=scrape, args=a) for a in
                   (("ml", "/metrics", None), ("llm", "/metrics", None), ("llm", "/chat", '{"query":"vpn?"}'),
                    ("llm", "/chat", '{"query":"vpn?","stream":true}'), ("ml", "/predict/batch", '{"rows":[]}'))]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                for target, listener in (("llm-rag-api", "llm"), ("ml-api", "ml")):
                    self.put("outage", target=target)
                    wait_for("it is down", lambda: is_down(self.server, listener))
                    self.clear("outage")
                    wait_for("it is back", lambda: not is_down(self.server, listener))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertIsNone(self.server.process.poll())
        wait_for("no job is left", lambda: self.server.metrics("ops")["tidewatch_jobs_running"] == 0)
        self.assertFalse(chat(self.server)["abstained"])

    def test_everything_is_off_after_its_time_though_nobody_clears_it(self):
        self.put("empty-kb", ttl_s=2)
        self.put("outage", ttl_s=2, target="ml-api")
        wait_for("it is down", lambda: is_down(self.server, "ml"))
        wait_for("its time is over", lambda: on(self.server) == set())
        wait_for("it is back", lambda: not is_down(self.server, "ml"))
        self.assertFalse(chat(self.server)["abstained"])
        told = [e for e in self.server.operate("GET", "/events?limit=50").json()["events"] if e["kind"] == "fault"]
        self.assertEqual([e["detail"]["what"] for e in told if e["subject"] == "empty-kb"][:2], ["expired", "set"])


class Life(unittest.TestCase):
    def test_a_stop_a_crash_and_a_restart_clear_everything(self):
        server = start(state=STATE)
        for end in (server.stop, server.kill):
            for name, body in (("fabricate", {}), ("outage", {"target": "llm-rag-api"})):
                self.assertEqual(server.operate("PUT", f"/faults/{name}", {"ttl_s": 900, **body}).status, 200)
            wait_for("it is down", lambda: is_down(server, "llm"))
            end()
            server.start()
            self.assertEqual(on(server), set())
            self.assertFalse(is_down(server, "llm"))
        self.stop_with_a_parked_request(server)
        server.settings = (*server.settings, "drills.enabled=false")
        server.start()
        answer = server.operate("PUT", "/faults/delay", {"ttl_s": 9})
        self.assertEqual(answer.status, 403)
        self.assertIn("drills.enabled", answer.json()["detail"])
        self.assertEqual(on(server), set())
        server.__exit__(None)

    def stop_with_a_parked_request(self, server):
        """It is answered at once: a stop waits for no timer."""
        wait_until_loaded(server)
        server.operate("PUT", "/faults/delay", {"ttl_s": 60, "delay_ms": 30000})
        answers = []
        thread = threading.Thread(target=lambda: answers.append(server.post("ml", "/triage", BUG)))
        thread.start()
        wait_for("it is parked", lambda: server.metrics("ops")["tidewatch_jobs_parked"] == 1)
        self.assertEqual(server.stop(), 0)
        thread.join()
        self.assertEqual(answers[0].status, 200)
        self.assertLess(answers[0].json()["processing_time_ms"], 30000)


if __name__ == "__main__":
    unittest.main()
