"""Game days, live: with Prometheus, Alertmanager and the client; stopped, cut off and refused."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import sqlite3
import struct
import subprocess
import termios
import time
import unittest
import xml.etree.ElementTree

from server import BUILD, Server, free_port
from stack import Stack, wait_for
from test_faults import is_down, on

TIDEWATCH = str(BUILD / "src/tui/tidewatch")


def environment(server):
    return {k: v for k, v in os.environ.items() if not k.startswith("TIDEWATCH_")} | {
        "HOME": str(server.state), "TIDEWATCH_STATE": str(server.state), "LC_ALL": "C.UTF-8",
        "TIDEWATCH_OPERATIONS_URL": f"http://127.0.0.1:{server.ports['ops']}"}


class GameDay(unittest.TestCase):
    def client(self, *words):
        return subprocess.run([TIDEWATCH, "gameday", *words], env=environment(self.server), capture_output=True,
                              text=True, check=False, timeout=200)

    def follow(self, *words):
        process = subprocess.Popen([TIDEWATCH, "gameday", *words], env=environment(self.server), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def start(self, **body):
        return self.server.operate("POST", "/gamedays", body)

    def look(self, gameday_id):
        return self.server.operate("GET", f"/gamedays/{gameday_id}").json()

    def newest(self):
        days = self.server.operate("GET", "/gamedays").json()["gamedays"]
        return days[0] if days else None

    def phase_kept(self):
        """Of the newest one's first step, as the database has it."""
        with contextlib.closing(sqlite3.connect(f"file:{self.server.state}/tidewatch.db?mode=ro", uri=True)) as db:
            (detail,) = db.execute("SELECT detail FROM gamedays ORDER BY id DESC LIMIT 1").fetchone()
        return json.loads(detail)["steps"][0]["phase"]

    def junit(self, path):
        suite = xml.etree.ElementTree.parse(path).getroot().find("testsuite")
        return suite, {case.get("name"): case for case in suite.findall("testcase")}

    def running(self):
        return [s["kind"] for s in self.server.operate("GET", "/simulations").json()["simulations"]
                if s["state"] == "running"]

    def expect_nothing_on(self):
        wait_for("no simulation runs", lambda: not self.running(), 10)
        wait_for("no fault is left", lambda: on(self.server) == set(), 10)
        for listener in ("ml", "llm"):
            wait_for(f"{listener} is open", lambda: not is_down(self.server, listener), 10)


class Live(GameDay):
    def setUp(self):
        stack = Stack()
        self.server = stack.__enter__().server
        self.addCleanup(lambda: stack.__exit__(None if self._outcome.success else AssertionError))

    def test_an_outage_is_detected_delivered_and_cleared(self):
        report = self.server.state / "junit.xml"
        done = self.client("outage", "--junit", str(report))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = done.stdout.splitlines()
        self.assertIn("2 of 2 steps passed", lines[-1])
        self.assertEqual(lines[-4].split(), ["step", "alert", "detect", "notify", "clear", "result"])
        for line, name in zip(lines[-3:-1], ("outage ml-api", "outage llm-rag-api")):
            self.assertRegex(line, rf"^{name} +APIDown +\d+\w+ +\d+\w+ +\d+\w+ +passed$")
        suite, cases = self.junit(report)
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("2", "0", "0"))
        self.assertEqual(set(cases), {"outage ml-api", "outage llm-rag-api"})
        for case in cases.values():
            self.assertGreater(float(case.get("time")), 0)
            self.assertEqual([child.tag for child in case], ["system-out"])
        self.expect_nothing_on()

        told = [(e["detail"].get("step"), e["detail"]["state"]) for e in
                reversed(self.server.operate("GET", "/events?limit=100").json()["events"]) if e["kind"] == "gameday"]
        self.assertEqual(told, [(None, "running"), ("outage ml-api", "begun"), ("outage ml-api", "passed"),
                                ("outage llm-rag-api", "begun"), ("outage llm-rag-api", "passed"), (None, "passed")])
        self.assertIn("passed", self.client("list").stdout)
        before = self.look(1)
        self.server.stop()
        self.server.start()
        self.assertEqual(self.look(1), before)  # the report is kept
        self.assertIn("2 of 2 steps passed", self.client("status", "1").stdout)

    def test_drift_is_cleared_by_ordinary_requests_and_a_killed_client_changes_nothing(self):
        report = self.server.state / "junit.xml"
        client = self.follow("drift", "--junit", str(report))
        wait_for("it injects", lambda: "drift" in self.running(), 30)
        client.kill()
        client.wait()
        suite, _ = self.junit(report)
        self.assertEqual(suite.get("errors"), "1")  # nothing is known of its end
        wait_for("it is over", lambda: self.newest()["state"] != "running", 200)
        step = self.newest()["steps"][0]
        self.assertEqual((self.newest()["state"], step["result"], step["reason"]), ("passed", "passed", None))
        self.assertGreater(step["detect_ms"], 10000)  # `for` is 15 s; a prediction or two may have come before
        runs = {s["kind"]: s for s in self.server.operate("GET", "/simulations").json()["simulations"]}
        self.assertEqual(set(runs), {"drift", "recovery", "baseline"})
        self.assertIn("delivered", runs["drift"]["reason"])
        self.assertGreater(runs["recovery"]["requests"]["succeeded"], 0)
        self.expect_nothing_on()

    def test_rag_without_the_encoders_weights_passes_what_words_can_and_fails_the_rest(self):
        report = self.server.state / "junit.xml"
        done = self.client("rag", "--json", "--no-wait-resolved", "--junit", str(report))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        steps = {step["name"]: step for step in json.loads(done.stdout)["steps"]}
        self.assertEqual({name: step["result"] for name, step in steps.items()},
                         {"rag empty-kb": "passed", "rag no-context": "passed",
                          "rag vector-db-down": "failed", "rag corrupted-embeddings": "failed"})
        suite, cases = self.junit(report)
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("4", "2"))
        for name, case in cases.items():
            failures = [failure.get("message") for failure in case.findall("failure")]
            self.assertEqual(failures, [steps[name]["reason"]] if steps[name]["reason"] else [])
        self.assertIn("weights", steps["rag vector-db-down"]["reason"])
        self.expect_nothing_on()

    def test_a_server_that_ends_in_the_middle_leaves_an_interrupted_report_and_nothing_on(self):
        for end in (self.server.kill, self.server.stop):
            client = self.follow("outage")
            # A game day begins once the alert of the end before is quiet and its group has said so.
            wait_for("the API is down", lambda: is_down(self.server, "ml"), 120)
            # A killed server has lost what it had not yet written.
            wait_for("that is kept", lambda: self.phase_kept() == "detect", 10)
            end()
            self.server.start()
            said, complaints = client.communicate(timeout=120)
            self.assertEqual(client.returncode, 1, said + complaints)
            self.assertIn("interrupted: 0 of 2 steps passed", said)
            self.assertEqual((self.newest()["state"], self.newest()["steps"][0]["phase"]), ("interrupted", "detect"))
            self.expect_nothing_on()


class Bare(GameDay):
    """Without Prometheus: no step can pass, which is enough for most."""

    def setUp(self):
        self.server = Server(f"prometheus.url=http://127.0.0.1:{free_port()}", "prometheus.fast_alerts=true").__enter__()
        self.addCleanup(lambda: self.server.__exit__(None))

    def test_a_terminal_shows_the_step_at_hand_and_ctrl_c_stops_it_on_the_server(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        client = subprocess.Popen([TIDEWATCH, "gameday", "all"], env=environment(self.server) | {"TERM": "xterm"},
                                  pass_fds=(theirs,), preexec_fn=lambda: os.login_tty(theirs))
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        os.close(theirs)
        shown = self.read_until(ours, "drift  waits for a quiet MLModelDriftHigh")
        os.write(ours, b"\x03")
        shown += self.read_until(ours, "game day #1 all stopped: 0 of 10 steps passed")
        self.assertEqual(client.wait(20), 130, shown)
        self.assertIn("\r[1/10] drift", shown)
        self.assertIn("the game day is stopped on the server", shown)
        self.assertEqual(self.newest()["state"], "stopped")
        self.expect_nothing_on()

    def read_until(self, terminal, words):
        """What the terminal shows, without colours."""
        shown, deadline = "", time.monotonic() + 20
        while words not in re.sub(r"\x1b\[[0-9;]*m", "", shown):
            self.assertLess(time.monotonic(), deadline, shown)
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 4096).decode()
        return re.sub(r"\x1b\[[0-9;]*m", "", shown)

    def test_a_step_that_cannot_begin_fails_the_game_day(self):
        report = self.server.state / "junit.xml"
        done = self.client("hallucination", "--json", "--junit", str(report))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        day = json.loads(done.stdout)
        self.assertEqual((day["state"], day["passed"], day["failed"]), ("failed", 0, 1))
        _, cases = self.junit(report)
        self.assertIn("Prometheus did not tell about LLMHallucinationCritical",
                      cases["hallucination"].find("failure").get("message"))

    def test_what_is_asked_is_checked_and_one_runs_at_a_time(self):
        self.assertEqual(self.server.post("ops", "/gamedays", {"kind": "drift"}).status, 401)
        for body, field in (({}, "kind"), ({"kind": "baseline"}, "kind"), ({"kind": "drift", "wait_resolved": 1}, "wait_resolved"),
                            ({"kind": "drift", "idempotency_key": "a b"}, "idempotency_key"), ({"kind": "drift", "x": 1}, "x")):
            answer = self.start(**body)
            self.assertEqual((answer.status, [e["field"] for e in answer.json()["errors"]]), (422, [field]), body)
        refused = self.server.operate("POST", "/simulations", {"kind": "all"})
        self.assertEqual(refused.status, 422)
        self.assertIn("POST /gamedays", refused.json()["errors"][0]["detail"])
        first = self.start(kind="drift", idempotency_key="k")
        self.assertEqual((first.status, first.json()["state"]), (202, "running"))
        again = self.start(kind="drift", idempotency_key="k")
        self.assertEqual((again.status, again.json()["id"]), (200, first.json()["id"]))
        self.assertEqual(self.start(kind="rag", idempotency_key="k").status, 422)
        self.assertEqual(self.start(kind="rag").status, 409)
        self.assertEqual(self.server.request("ops", "DELETE", f"/gamedays/{first.json()['id']}").status, 401)
        stopped = self.server.operate("DELETE", f"/gamedays/{first.json()['id']}")
        self.assertEqual((stopped.status, stopped.json()["state"]), (200, "stopped"))
        second = self.start(kind="rag")
        self.assertEqual(second.status, 202)
        self.server.operate("DELETE", "/simulations")
        self.assertEqual(self.look(second.json()["id"])["state"], "stopped")
        self.assertEqual(self.server.operate("GET", "/gamedays/99").status, 404)
        self.assertEqual(self.server.operate("DELETE", "/gamedays/99").status, 404)
        self.assertIn("/gamedays/{id}", self.server.get("ops", "/openapi.json").json()["paths"])
        self.expect_nothing_on()

    def test_the_client_says_what_is_wrong(self):
        self.assertEqual(self.client().returncode, 64)
        self.assertEqual(self.client("status", "x").returncode, 64)
        self.assertEqual(self.client("status", "9").returncode, 1)
        self.assertEqual(self.client("tsunami").returncode, 1)
        self.assertIn("kind: must be drift", self.client("tsunami").stderr)
        done = self.client("drift", "--junit", "/proc/nowhere/x.xml")
        self.assertEqual((done.returncode, self.newest()), (1, None), done.stderr)
        done = self.client("list")
        self.assertIn("no game days", done.stdout, (done.returncode, done.stderr))


if __name__ == "__main__":
    unittest.main()
