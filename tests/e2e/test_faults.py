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
        cls.server = start(weights=WEIGHTS, state=STATE)
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
        for name, reason in (("vector-db-down", "index_unreachable"), ("corrupted-embeddings", "disagreement")):
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


def scores(server):
    """Everything that says how good answers are, and how far traffic has moved."""
    words = ("score", "drift", "abstentions", "unsupported", "degraded", "correlation", "accuracy", "ml_predictions_total",
             "triage_latency", "llm_request")
    samples = {**server.metrics("ml"), **server.metrics("llm")}
    return {name: value for name, value in samples.items()
            if name.startswith(("llm_", "ml_", "triage_")) and any(word in name for word in words)}


class Simulations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start(weights=WEIGHTS, state=STATE)
        wait_until_loaded(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def tearDown(self):
        self.server.operate("DELETE", "/simulations")
        self.server.operate("DELETE", "/faults/outage")
        wait_for("no fault is left", lambda: on(self.server) == set())
        for listener in ("ml", "llm"):
            wait_for(f"{listener} is open", lambda: not is_down(self.server, listener))

    def begin(self, kind, **params):
        answer = self.server.operate("POST", "/simulations", {"kind": kind, "params": params})
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json()

    def look(self, run):
        return self.server.operate("GET", f"/simulations/{run['id']}").json()

    def end(self, run):
        self.assertEqual(self.server.operate("DELETE", f"/simulations/{run['id']}").status, 200)
        wait_for("its fault is off", lambda: on(self.server) == set())
        self.assertEqual(self.look(run)["state"], "stopped")

    def test_hallucination_raises_its_share_of_scores_and_touches_nobody_else(self):
        first = chat(self.server)["id"]
        labels = 'evaluator="lexical-1",source="chat"'
        high = above(self.server, "llm_hallucination_score", "0.7")
        scored = self.server.metrics("llm")[f"llm_hallucination_score_count{{{labels}}}"]
        run = self.begin("hallucination", per_second=10, rate=0.7)
        wait_for("it is on", lambda: on(self.server) == {"fabricate"})
        self.assertEqual(run["alert"]["name"], "LLMHallucinationCritical")
        for _ in range(5):
            self.assertLess(chat(self.server)["hallucination_score"], 0.3)  # a user's
        wait_for("50 answers", lambda: self.look(run)["requests"]["succeeded"] >= 50)
        self.end(run)
        high = above(self.server, "llm_hallucination_score", "0.7") - high
        scored = self.server.metrics("llm")[f"llm_hallucination_score_count{{{labels}}}"] - scored
        self.assertGreater(high, 0.1 * scored)  # so the p90 is over 0.7
        self.assertGreater(high, 20)
        rows = self.server.operate("GET", "/requests?kind=chat&min_hallucination=0.71&limit=100").json()["requests"]
        self.assertEqual({row["origin"] for row in rows if row["id"] > first}, {"drill"})

    def test_rag_without_a_knowledge_base_raises_abstentions(self):
        for mode in ("empty-kb", "no-context"):
            before = self.server.metrics("llm")['llm_abstentions_total{source="chat"}']
            run = self.begin("rag", mode=mode, rate=10)
            self.assertEqual(run["alert"]["name"], "LLMAbstentionHigh")
            wait_for("answers", lambda: self.look(run)["requests"]["succeeded"] >= 15)
            self.assertEqual(on(self.server), {mode})
            self.assertFalse(chat(self.server)["abstained"])
            self.end(run)
            done = self.look(run)["requests"]["succeeded"]
            self.assertGreater(self.server.metrics("llm")['llm_abstentions_total{source="chat"}'] - before, 0.5 * done)

    @unittest.skipUnless(WEIGHTS, "needs the encoder's weights")
    def test_rag_with_a_failing_dense_side_raises_the_degraded_counter(self):
        for mode, reason in (("vector-db-down", "index_unreachable"), ("corrupted-embeddings", "disagreement")):
            counter = f'llm_retrieval_degraded_total{{reason="{reason}"}}'
            before = self.server.metrics("llm")[counter]
            run = self.begin("rag", mode=mode)
            self.assertEqual(run["alert"]["name"], "LLMRetrievalDegraded")
            wait_for("it counts", lambda: self.server.metrics("llm")[counter] >= before + 2)
            self.end(run)

    @unittest.skipIf(WEIGHTS, "needs a server without the encoder's weights")
    def test_a_simulation_whose_fault_cannot_act_fails_and_says_why(self):
        run = self.begin("rag", mode="vector-db-down")
        wait_for("it has failed", lambda: self.look(run)["state"] == "failed")
        self.assertIn("weights", self.look(run)["reason"])

    @unittest.skipUnless(WEIGHTS, "needs the encoder's weights: in the stand-in's vectors a topic moves too little")
    def test_topic_shift_moves_the_embedding_drift(self):
        self.server.operate("POST", "/simulations", {"kind": "baseline"})
        run = self.begin("topic-shift", rate=20)
        self.assertEqual(run["alert"]["name"], "LLMEmbeddingDriftHigh")
        wait_for("drift", lambda: self.server.metrics("llm").get("llm_embedding_drift_score", 0) > 0.4, 120)
        self.assertEqual(on(self.server), set())
        self.end(run)

    def test_latency_slows_triage_and_leaves_the_workers_free(self):
        counter = 'triage_latency_seconds_bucket{le="10.0"}'

        def slow():
            samples = self.server.metrics("ml")
            return samples["triage_latency_seconds_count"] - samples[counter]

        before = slow()
        run = self.begin("latency", interval_s=1, burst=20)
        self.assertEqual(run["alert"]["name"], "PipelineLatencyHigh")
        wait_for("many are parked", lambda: self.server.metrics("ops")["tidewatch_jobs_parked"] >= 40)
        self.assertEqual(self.server.post("ml", "/predict/batch", {"rows": [TICKET]}).status, 200)
        self.assertLess(self.server.post("ml", "/triage", BUG).json()["processing_time_ms"], 10000)
        wait_for("slow triages", lambda: slow() >= before + 20)
        self.assertEqual(self.look(run)["requests"]["failed"], 0, self.look(run)["last_error"])
        self.end(run)
        wait_for("none is left", lambda: self.server.metrics("ops")["tidewatch_jobs_parked"] == 0)

    def test_outage_takes_a_listener_away_and_gives_it_back(self):
        run = self.begin("outage", target="llm-rag-api")
        self.assertEqual((run["alert"]["name"], run["params"]["target"]), ("APIDown", "llm-rag-api"))
        wait_for("it is down", lambda: is_down(self.server, "llm"))
        self.end(run)
        wait_for("it is back", lambda: not is_down(self.server, "llm"))

    def test_a_fault_that_an_operator_clears_ends_its_simulation(self):
        run = self.begin("outage", target="ml-api")
        wait_for("it is down", lambda: is_down(self.server, "ml"))
        self.assertEqual(self.server.operate("PUT", "/faults/outage", {"ttl_s": 9, "target": "ml-api"}).status, 409)
        self.server.operate("DELETE", "/faults/outage")
        wait_for("it has ended", lambda: self.look(run)["state"] == "stopped")
        self.assertIn("cleared", self.look(run)["reason"])

    def test_a_run_ends_with_its_duration_and_takes_its_fault_along(self):
        run = self.server.operate("POST", "/simulations", {"kind": "hallucination", "until": "duration",
                                                           "params": {"queries": 8, "per_second": 4}}).json()
        wait_for("it has finished", lambda: self.look(run)["state"] == "finished")
        wait_for("its fault is off", lambda: on(self.server) == set())
        self.assertEqual(self.look(run)["requests"]["sent"], 8)

    def test_no_simulation_moves_a_score_without_its_requests(self):
        modes = ("empty-kb", "no-context", *(("vector-db-down", "corrupted-embeddings") if WEIGHTS else ()))
        for target, kinds in (("llm-rag-api", (("hallucination", {}), ("topic-shift", {}),
                                               ("recovery", {"predictions_per_second": 0}),
                                               ("baseline", {"predictions_per_second": 0, "triages_per_second": 0,
                                                             "chats_per_second": 5}),
                                               *(("rag", {"mode": mode}) for mode in modes))),
                              ("ml-api", (("drift", {}), ("latency", {"delay_s": 0, "interval_s": 1}),
                                          ("recovery", {"chats_per_second": 0}),
                                          ("baseline", {"chats_per_second": 0})))):
            listener = "llm" if target == "llm-rag-api" else "ml"
            before = self.settled_scores()
            answer = self.server.operate("PUT", "/faults/outage", {"ttl_s": 300, "target": target})
            self.assertEqual(answer.status, 200)
            wait_for("it is down", lambda: is_down(self.server, listener))
            for kind, params in kinds:
                run = self.begin(kind, **params)
                wait_for(f"{kind} tries", lambda: self.look(run)["requests"]["failed"] >= 2)
                self.assertEqual(self.look(run)["requests"]["succeeded"], 0)
                self.server.operate("DELETE", f"/simulations/{run['id']}")
            self.server.operate("DELETE", "/faults/outage")
            wait_for("it is back", lambda: not is_down(self.server, listener))
            self.assertEqual(scores(self.server), before)

    def test_an_outage_moves_no_score(self):
        for target, listener in (("ml-api", "ml"), ("llm-rag-api", "llm")):
            before = self.settled_scores()
            run = self.begin("outage", target=target)
            wait_for("it is down", lambda: is_down(self.server, listener))
            self.end(run)
            wait_for("it is back", lambda: not is_down(self.server, listener))
            self.assertEqual(scores(self.server), before)

    def settled_scores(self):
        wait_for("nothing is under way", lambda: self.server.metrics("ops")["tidewatch_jobs_running"] == 0)
        for window in ("ml", "llm"):  # else what came before is still to be computed
            self.server.request(window, "POST", "/drift/reset", token=self.server.token)
        return scores(self.server)


class Life(unittest.TestCase):
    def test_a_stop_a_crash_and_a_restart_clear_everything(self):
        server = start(weights=WEIGHTS, state=STATE)
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
