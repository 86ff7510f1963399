"""What tidewatchd and its console stand on is killed, hung and made to lie, one by one and all four together: a Chroma
server, an OpenAI-compatible endpoint, Prometheus, Alertmanager. Each case: what clients of the APIs saw, what the
console showed, and that all is well again without a restart. docs/faults.md has it as a table."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import fake_upstreams
from fake_servers import CUT, ENDLESS, GARBAGE, GOOD, HTML, HUNG, PAGE, STUCK
from server import BUILD, SOURCE, TICKET, Server
from stack import Stack, wait_for
from terminal import Terminal

TIDEWATCH = BUILD / "src/tui/tidewatch"
WEIGHTS = os.environ.get("TIDEWATCH_ENCODER_WEIGHTS", "")
PATIENCE_S = 60  # for what takes a second or ten on a machine with nothing else to do
QUESTION = "How long is a reset link valid?"
WORDS_ALONE = "retrieval went on without meaning"
QUOTED = "the model did not answer, so the knowledge base is quoted"
ARTICLES = {"reset": "# Reset a password\n\nThe reset link works once and expires after 20 minutes. Open the portal.\n",
            "vpn": "# Remote access\n\nThe VPN client connects from home. A router may block the port.\n",
            "printer": "# Printing\n\nOpen the flap of the printer, then pull the jammed sheet out.\n"}

# ---- Lies: of (path, answer), another answer ---------------------------------------------------------------------


def of_queries(lie):
    return lambda path, answer: lie(answer) if path.endswith("/query") and "ids" in answer else answer


def hits(ids=None, distance=0.5):
    """As many as there were, all as near."""
    return lambda answer: {"ids": [[f"{ids}{i}" for i in range(len(answer["ids"][0]))]] if ids else answer["ids"],
                           "distances": [[distance] * len(answer["ids"][0])]}


def of_alerts(lie):
    def change(path, answer):
        for alert in answer["data"]["alerts"] if path.startswith("/api/v1/alerts") else []:
            lie(alert)
        return answer
    return change


def of_usage(**usage):
    return lambda path, answer: {**answer, "usage": usage}


# Name, the mode or lie, and what an answer's warning and /health say of it.
CHROMA = (
    ("killed", None, "Connection refused"),
    ("silent", HUNG, "no answer from"),
    ("silent after half", STUCK, "no answer from"),
    ("cut off", CUT, "bytes remaining to read"),
    ("a page with 200", PAGE, "is no JSON"),
    ("half of a JSON", GARBAGE, "is no JSON"),
    ("502", HTML, "answers 502"),
    ("50 MB", ENDLESS, "is longer than 16777216 bytes"),
    ("JSON of another shape", of_queries(lambda answer: {"ids": {}, "distances": 5}), "makes no sense"),
    ("NaN", of_queries(hits(distance=float("nan"))), "is no JSON"),
    ("a distance of 1e300", of_queries(hits(distance=1e300)), "makes no sense"),
    ("more ids than distances", of_queries(lambda answer: {**answer, "distances": [[0.5]]}), "makes no sense"),
    ("ids that nobody stored", of_queries(hits(ids="stranger")), "holds no vectors of these texts"),
)
MODEL = (
    ("killed", None, "Connection refused"),
    ("silent", HUNG, "no answer from"),
    ("silent after half", STUCK, "no answer from"),
    ("cut off", CUT, "bytes remaining to read"),
    ("a page with 200", PAGE, "gives no answer (text/html)"),
    ("half of a JSON", GARBAGE, "is not JSON"),
    ("502", HTML, "answers 502"),
    ("50 MB", ENDLESS, "is longer than 4194304 bytes"),
    ("JSON of another shape", lambda path, answer: {"choices": 5}, "has no choices"),
    ("no text", lambda path, answer: {"choices": [{"message": {"content": None}}]}, "has no text"),
    ("an error with 200", lambda path, answer: {"error": {"message": "quota"}}, "an error in the answer: quota"),
    ("NaN", of_usage(prompt_tokens=float("nan"), completion_tokens=1), "is not JSON"),
)
# What the console's header says of the source, and its line of alerts. Those of test_console_servers.py are not here.
PROMETHEUS = (
    ("killed", None, "ERROR", "Connection refused"),
    ("silent", HUNG, "STALE", "no answer within"),
    ("half of a JSON", GARBAGE, "ERROR", "not valid JSON"),
    ("JSON of another shape", lambda path, answer: {"status": "success", "data": 5}, "ERROR", "not of Prometheus"),
    ("an alert in no known state", of_alerts(lambda alert: alert.update(state="exploded")), "PARTIAL", "neither pending nor firing"),
)
ALERTMANAGER = (
    ("killed", None, "ERROR", "Connection refused"),
    ("silent", HUNG, "STALE", "no answer within"),
    ("JSON of another shape", lambda path, answer: {"data": 5}, "ERROR", "JSON, but no list"),
)
TOGETHER = (("killed", None, "ERROR"), ("silent", HUNG, "STALE"), ("a page with 200", PAGE, "ERROR"))


class Case(unittest.TestCase):
    """One tidewatchd, and a console where one is wanted, which nothing here may bring down."""

    has_console = True

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidewatch-upstreams-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        (cls.folder / "kb").mkdir()
        for name, text in ARTICLES.items():
            (cls.folder / f"kb/{name}.md").write_text(text)
        cls.chroma = fake_upstreams.Chroma().start()
        cls.model = fake_upstreams.Model().start()
        cls.prometheus = fake_upstreams.Prometheus().start()
        cls.alertmanager = fake_upstreams.Alertmanager().start()
        cls.alertmanager.prometheus = cls.prometheus
        cls.prometheus.alert = "firing"
        cls.addClassCleanup(lambda: [cls.__dict__[name].stop() for name in cls.NAMES])
        cls.start_without_chroma()
        if cls.has_console:
            cls.open_console()

    @classmethod
    def open_console(cls):
        cls.terminal = Terminal([str(TIDEWATCH), *cls.console_settings("1s"), "--refresh=0.5"], columns=120, rows=40)
        cls.addClassCleanup(cls.terminal.close)

    NAMES = ("chroma", "model", "prometheus", "alertmanager")

    @classmethod
    def start_without_chroma(cls):
        """The first load finds nobody to bring vectors to; what was seen then is looked at by a test."""
        cls.chroma.stop()
        more = (f"encoder.weights={WEIGHTS}", f"chroma.url={cls.chroma.url}") if WEIGHTS else ()
        cls.server = Server(*more, f"kb.dir={cls.folder}/kb", f"llm.base_url={cls.model.url}/v1", "llm.model=little-model",
                            "llm.retries=0", "llm.timeout=500ms", "chroma.timeout=500ms", f"prometheus.url={cls.prometheus.url}",
                            f"alertmanager.url={cls.alertmanager.url}", "llm.price_output=1000")
        cls.server.__enter__()
        cls.addClassCleanup(lambda: cls.server.__exit__(None))
        wait_for("the words are in", lambda: cls.server.get("llm", "/kb/stats").json()["load"]["finished_at_ms"], PATIENCE_S)
        cls.first = cls.chat(), cls.part("index")
        cls.chroma = cls.chroma.again()

    @classmethod
    def console_settings(cls, timeout):
        ports = cls.server.ports
        return [f"--prometheus.url={cls.prometheus.url}", f"--alertmanager.url={cls.alertmanager.url}",
                *[f"--{name}.url=http://127.0.0.1:{ports[port]}" for name, port in
                  (("operations", "ops"), ("ml", "ml"), ("llm", "llm"))],
                f"--assets.dir={SOURCE}/assets", f"--client.timeout={timeout}",
                f"--auth.token_file={cls.server.state}/operator.token"]

    # ---- What is done to them

    def put(self, name, fault):
        upstream = getattr(self, name)
        if fault is None:
            upstream.stop()
        elif callable(fault):
            upstream.lie = fault
        else:
            upstream.released.clear()
            upstream.mode = fault

    def heal(self, name):
        upstream = getattr(self, name)
        if upstream.socket.fileno() < 0:
            setattr(type(self), name, upstream.again())
        upstream.lie, upstream.mode = None, GOOD
        upstream.released.set()

    @contextlib.contextmanager
    def faulty(self, fault, *names):
        for name in names:
            self.put(name, fault)
        try:
            yield
        finally:
            for name in names:
                self.heal(name)

    # ---- What clients of the APIs see

    @classmethod
    def chat(cls, **more):
        answer = cls.server.post("llm", "/chat", {"query": QUESTION, **more})
        assert answer.status == 200, answer.body
        return answer.json()

    @classmethod
    def part(cls, name):
        answer = cls.server.get("ops", "/health")
        assert answer.status == 200, answer.body  # the server is ready: there is a fallback
        return answer.json()["parts"].get(name, {})

    def part_says(self, name, reason):
        part = self.part(name)
        self.assertEqual(part["status"], "fallback")
        self.assertIn(reason, part["detail"])

    def warned(self, *texts):
        """The first answer with a warning that has them all."""
        def look():
            answer = self.chat()
            return answer if [w for w in answer["warnings"] if all(text in w for text in texts)] else None
        return wait_for(f"a warning with {texts}", look, PATIENCE_S)

    def well(self):
        """Answers as on a good day; whatever was open or put off closes by itself."""
        def look():
            answer = self.chat()
            return answer if not answer["warnings"] and answer["model"] == "little-model" else None
        wait_for("answers without a warning", look, PATIENCE_S)
        for name in ("index", "generator") if WEIGHTS else ("generator",):
            wait_for(f"{name} is ok", lambda: self.part(name)["status"] == "ok", PATIENCE_S)

    def assert_good(self, answer):
        """From the right article, and scored."""
        self.assertFalse(answer["abstained"], answer)
        self.assertIn("20 minutes", answer["response"])
        self.assertEqual(answer["sources"][0]["document"], "reset.md")
        self.assertGreater(answer["groundedness_score"], 0.7)

    def count(self, name):
        return sum(value for sample, value in self.server.metrics("llm").items() if sample.startswith(name))

    def predict(self, n):
        """The slowest but one in a hundred of n predictions, in ms; each is answered 200."""
        connection = self.server.connect("ml")
        took_ms = []
        for _ in range(n):
            began = time.monotonic()
            connection.request("POST", "/predict", json.dumps(TICKET), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            took_ms.append(1000 * (time.monotonic() - began))
            self.assertEqual(answer.status, 200, body)
        connection.close()
        return sorted(took_ms)[n - 1 - n // 100]

    def unharmed(self):
        """Predictions, and that the server calls itself ready."""
        self.predict(10)
        self.part("model")

    # ---- What the console shows

    def run_once(self, *arguments):
        """A command that ends by itself."""
        return subprocess.run([TIDEWATCH, *arguments, *self.console_settings("1s")], capture_output=True, text=True,
                              timeout=PATIENCE_S, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})

    def header_says(self, name, word):
        short = {"prometheus": "prom", "alertmanager": "am"}[name]
        self.terminal.wait_until(lambda: f"{short} {word}" in self.terminal.screen.display[0]
                                 or f"{name} {word}" in self.terminal.screen.display[0], f"{name} {word}", PATIENCE_S)

    def keys_work(self):
        self.terminal.press("?")
        self.terminal.wait_for("Keys of the panels", PATIENCE_S)
        self.terminal.press("\x1b")
        self.terminal.wait_gone("Keys of the panels", PATIENCE_S)

    def reason_is_told(self, reason):
        """In the list of sources."""
        self.terminal.press("e")
        self.terminal.wait_for(reason, PATIENCE_S)
        self.terminal.press("\x1b")
        self.terminal.wait_gone("Sources, errors and warnings", PATIENCE_S)

    def last_data_is_kept(self):
        """A number under a mark that says it is old."""
        self.terminal.wait_until(lambda: any(" 0.1" in line and "STALE" in line for line in self.terminal.screen.display),
                                 "an old number", PATIENCE_S)


class Apis(Case):
    """What clients see while Chroma or the model is not well."""

    has_console = False

    @unittest.skipUnless(WEIGHTS, "needs the encoder's weights")
    def test_vectors_that_nobody_took_at_the_start_are_brought_later(self):
        answer, index = self.first
        self.assert_good(answer)
        self.assertTrue([w for w in answer["warnings"] if WORDS_ALONE in w], answer["warnings"])
        self.assertEqual(index["status"], "fallback")
        self.assertIn("Connection refused", index["detail"])
        self.well()
        self.assertGreater(len(self.chroma.records), 6)

    @unittest.skipUnless(WEIGHTS, "needs the encoder's weights")
    def test_chroma_one_fault_after_the_other(self):
        self.well()
        for name, fault, reason in CHROMA:
            with self.subTest(name):
                before = self.count("llm_retrieval_degraded_total")
                with self.faulty(fault, "chroma"):
                    self.assert_good(self.warned(WORDS_ALONE, reason))
                    self.assertGreater(self.count("llm_retrieval_degraded_total"), before)
                    self.part_says("index", reason)
                    self.unharmed()
                self.well()

    @unittest.skipUnless(WEIGHTS, "needs the encoder's weights")
    def test_chroma_that_is_well_again_is_noticed_without_a_question(self):
        self.well()
        with self.faulty(None, "chroma"):
            self.warned(WORDS_ALONE)
        wait_for("the index is ok", lambda: self.part("index")["status"] == "ok", PATIENCE_S)
        self.assertFalse(self.chat()["warnings"])

    @unittest.skipUnless(WEIGHTS, "needs the encoder's weights")
    def test_chroma_that_was_made_anew_for_other_vectors_is_made_ours_again(self):
        """Somebody emptied the collection, and put vectors of three numbers into it."""
        self.well()
        before, self.chroma.dimension = set(self.chroma.records), 3
        self.chroma.records.clear()
        self.assert_good(self.warned(WORDS_ALONE))
        self.well()
        self.assertEqual(set(self.chroma.records), before)
        self.assertEqual(self.chroma.dimension, 384)

    @unittest.skipUnless(WEIGHTS, "needs the encoder's weights")
    def test_chroma_that_is_silent_is_not_waited_for_by_every_question(self):
        self.well()
        with self.faulty(HUNG, "chroma"):
            self.warned("not asked for a while", "no answer from")
            asked = len(self.chroma.requests)
            for _ in range(20):
                self.assert_good(self.chat())
            self.assertLess(len(self.chroma.requests) - asked, 5)  # now and then one, to see
        self.well()

    def test_the_model_one_fault_after_the_other(self):
        self.well()
        for name, fault, reason in MODEL:
            with self.subTest(name):
                before = self.count('llm_fallbacks_total{to="extractive"}')
                with self.faulty(fault, "model"):
                    answer = self.warned(QUOTED, reason)
                    self.assert_good(answer)
                    self.assertEqual(answer["model"], "extractive")
                    self.assertGreater(self.count('llm_fallbacks_total{to="extractive"}'), before)
                    self.part_says("generator", reason)
                    self.unharmed()
                self.well()

    def test_absurd_counts_of_tokens_are_estimated_and_cost_nothing_absurd(self):
        self.well()
        for usage in ({"prompt_tokens": 1e308, "completion_tokens": -5}, {"prompt_tokens": 10 ** 9, "completion_tokens": 10 ** 9},
                      {"prompt_tokens": "many", "completion_tokens": None}):
            with self.subTest(usage):
                before = self.count("llm_cost_usd_total")
                with self.faulty(of_usage(**usage), "model"):
                    wait_for("an estimate", lambda: self.chat()["usage"]["estimated"], PATIENCE_S)
                self.assertLess(self.count("llm_cost_usd_total") - before, 1)

    def test_a_stream_that_falls_silent_ends_with_its_failure(self):
        self.well()
        self.model.released.clear()
        self.model.stalls = True
        before = self.count('llm_requests_total{status="timeout"}')
        body = self.server.post("llm", "/chat", {"query": QUESTION, "stream": True}).body.decode()
        self.model.stalls = False
        self.model.released.set()
        events = [block.split("\n", 1) for block in body.strip().split("\n\n")]
        self.assertEqual([name for name, _ in events], ["event: text", "event: error"], body)
        failure = json.loads(events[-1][1].removeprefix("data: "))
        self.assertEqual(failure["status"], 504)
        self.assertIn("no answer from", failure["detail"])
        self.assertEqual(self.count('llm_requests_total{status="timeout"}'), before + 1)
        self.well()


class Console(Case):
    """What the console shows while Prometheus or Alertmanager is not well, and what tidewatchd does without its word."""

    def test_prometheus_one_fault_after_the_other(self):
        self.header_says("prometheus", "OK")
        for name, fault, word, reason in PROMETHEUS:
            with self.subTest(name):
                with self.faulty(fault, "prometheus"):
                    self.header_says("prometheus", word)
                    self.terminal.wait_until(lambda: reason in self.terminal.screen.display[1], reason, PATIENCE_S)
                    self.assertIn("MLModelDriftHigh", self.terminal.screen.display[1])  # as it was
                    if word != "PARTIAL":
                        self.last_data_is_kept()
                    self.keys_work()
                    self.unharmed()
                self.header_says("prometheus", "OK")
                self.terminal.wait_gone("STALE", PATIENCE_S)

    def test_a_simulation_says_that_prometheus_does_not_tell_of_its_alert(self):
        for fault, reason in ((None, "Connection refused"), (GARBAGE, "valid JSON"),
                              (lambda path, answer: {"status": "success", "data": 5}, "no list of alerts")):
            with self.subTest(reason):
                with self.faulty(fault, "prometheus"):
                    run = self.server.operate("POST", "/simulations", {"kind": "drift"}).json()
                    self.addCleanup(self.server.operate, "DELETE", f"/simulations/{run['id']}")
                    look = lambda: self.server.operate("GET", f"/simulations/{run['id']}").json()
                    wait_for(reason, lambda: reason in (look()["last_error"] or ""), PATIENCE_S)
                    seen = look()
                    self.assertEqual((seen["state"], seen["alert"]["state"]), ("running", "unknown"))
                wait_for("it is told", lambda: look()["alert"]["state"] == "firing", PATIENCE_S)
                self.doCleanups()
        self.header_says("prometheus", "OK")

    def test_alertmanager_one_fault_after_the_other(self):
        self.header_says("alertmanager", "OK")
        for name, fault, word, reason in ALERTMANAGER:
            with self.subTest(name):
                with self.faulty(fault, "alertmanager"):
                    self.header_says("alertmanager", word)
                    self.reason_is_told(reason)
                    self.keys_work()
                    self.unharmed()
                self.header_says("alertmanager", "OK")


class Together(Case):
    def test_all_four_together(self):
        self.well()
        quiet_ms = self.predict(300)
        for name, fault, word in TOGETHER:
            with self.subTest(name):
                for source in ("prometheus", "alertmanager"):
                    self.header_says(source, "OK")
                with self.faulty(fault, *self.NAMES):
                    slow_ms = self.predict(300)
                    print(f"# all four {name}: /predict p99 {slow_ms:.2f} ms, before {quiet_ms:.2f} ms", flush=True)
                    self.apis_go_on()
                    self.console_goes_on(word)
                self.well()
                for source in ("prometheus", "alertmanager"):
                    self.header_says(source, "OK")
        self.assertIsNone(self.server.process.poll())
        self.assertIsNone(self.terminal.process.poll())

    def apis_go_on(self):
        before = self.count("llm_retrieval_degraded_total"), self.count("llm_fallbacks_total")
        answer = self.warned(QUOTED)
        self.assert_good(answer)
        self.assertEqual(answer["model"], "extractive")
        self.part_says("generator", "little-model")
        self.assertGreater(self.count("llm_fallbacks_total"), before[1])
        if WEIGHTS:
            self.assertTrue([w for w in answer["warnings"] if WORDS_ALONE in w])
            self.part_says("index", "")
            self.assertGreater(self.count("llm_retrieval_degraded_total"), before[0])
        triage = self.server.post("ml", "/triage", {**TICKET, "ticket_text": QUESTION})
        self.assertEqual(triage.status, 200)
        self.assertTrue(triage.json()["severity"])

    def console_goes_on(self, word):
        for source in ("prometheus", "alertmanager"):
            self.header_says(source, word)
        self.last_data_is_kept()
        self.keys_work()
        result = self.run_once("--once")
        self.assertEqual(result.returncode, 3, result.stdout)
        for source in ("prometheus", "alertmanager"):
            self.assertRegex(result.stdout, f"{source} +ERROR")
        result = self.run_once("ask", QUESTION)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(QUOTED, " ".join(result.stdout.split()))

class Stopping(unittest.TestCase):
    @unittest.skipUnless(WEIGHTS, "needs the encoder's weights")
    def test_a_silent_chroma_does_not_hold_up_a_stop(self):
        """Its load would wait for two minutes, and the stop of the test for half a one."""
        chroma = fake_upstreams.Chroma().start()
        self.addCleanup(chroma.stop)
        chroma.mode = HUNG
        with Server(f"encoder.weights={WEIGHTS}", f"chroma.url={chroma.url}", "chroma.timeout=2m") as server:
            wait_for("it is asked", lambda: chroma.requests, PATIENCE_S)
            self.assertEqual(server.stop(), 0)


@unittest.skipUnless(shutil.which("prometheus"), "there is no Prometheus")
class Real(unittest.TestCase):
    def test_a_real_prometheus_and_alertmanager_are_killed_and_started_again(self):
        with Stack() as stack:
            commands = {name: process.args for name, process in stack.processes.items()}
            addresses = {"prometheus": stack.prometheus_address, "alertmanager": stack.alertmanager_address}
            ports = stack.server.ports
            terminal = Terminal([str(TIDEWATCH), *[f"--{name}.url=http://{address}" for name, address in addresses.items()],
                                 f"--operations.url=http://127.0.0.1:{ports['ops']}", f"--ml.url=http://127.0.0.1:{ports['ml']}",
                                 f"--llm.url=http://127.0.0.1:{ports['llm']}", f"--assets.dir={SOURCE}/assets",
                                 "--refresh=0.5"], columns=120, rows=40)
            self.addCleanup(terminal.close)
            headers = lambda word: all(f"{short} {word}" in terminal.screen.display[0] or f"{name} {word}" in terminal.screen.display[0]
                                       for short, name in (("prom", "prometheus"), ("am", "alertmanager")))
            terminal.wait_until(lambda: headers("OK"), "both are well", PATIENCE_S)
            for process in stack.processes.values():
                process.kill()
                process.wait()
            terminal.wait_until(lambda: headers("ERROR"), "both are gone", PATIENCE_S)
            terminal.wait_until(lambda: "Connection refused" in terminal.screen.display[1], "the reason", PATIENCE_S)
            self.assertEqual(stack.server.post("ml", "/predict", TICKET).status, 200)
            for name, command in commands.items():
                stack.launch(name, addresses[name], *command)
            terminal.wait_until(lambda: headers("OK"), "both are well again", PATIENCE_S)


if __name__ == "__main__":
    unittest.main()
