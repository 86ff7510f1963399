"""The console on real pseudo terminals, against servers that answer well and badly."""

import base64
import csv
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import fake_servers
from fake_servers import EMPTY, GARBAGE, GOOD, HTML, HUNG, NAN, WARNING
from terminal import Terminal

PROGRAM = pathlib.Path(os.environ["TW_BUILD_ROOT"]) / "src/tui/tidewatch"
ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
TOKEN = "0123456789abcdef0123456789abcdef"
COLOR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
REFRESH_S = 0.5
PAINTED = "ALERTS"
GUARD_S = 0.35
F2, F4, F5, F6, F7, F9 = "\x1bOQ", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[20~"
DOWN = "\x1bOB"


class Console(unittest.TestCase):
    """A console before servers of its own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        (cls.folder / "operator.token").write_text(TOKEN + "\n")
        (cls.folder / "operator.token").chmod(0o600)

    def setUp(self):
        self.servers = fake_servers.Servers()
        self.addCleanup(self.servers.stop)

    def command(self, *more):
        return [str(PROGRAM), *self.servers.settings(), f"--auth.token_file={self.folder}/operator.token",
                f"--assets.dir={ASSETS}", f"--refresh={REFRESH_S}", *more]

    def open(self, *more, command=None, **kwargs):
        terminal = Terminal(command or self.command(*more), **kwargs)
        self.addCleanup(terminal.close)
        return terminal

    def live(self, *more, **kwargs):
        """Opened, and every server has answered."""
        terminal = self.open(*more, **kwargs)
        terminal.wait_for("baseline on")
        terminal.wait_until(lambda: terminal.shows("prom OK") or terminal.shows("prometheus OK"), "prometheus OK")
        return terminal

    def sent(self, server, method):
        return [request for request in server.requests if request[0] == method]


class ConsoleTest(Console):
    # ---- Alerts and silences -------------------------------------------------------------------------

    def firing(self, *more, **kwargs):
        """The alerts view with one that fires."""
        self.servers.prometheus.alert = "firing"
        terminal = self.live(*more, **kwargs)
        terminal.press("a")
        terminal.wait_until(lambda: re.search("CRIT +MLModelDriftHigh", terminal.text()), "the alert")
        return terminal

    def posted(self):
        return [json.loads(body) for method, path, body, _ in self.servers.alertmanager.requests
                if (method, path) == ("POST", "/api/v2/silences")]

    def deleted(self):
        return [path.removeprefix("/api/v2/silence/") for method, path, *_ in self.servers.alertmanager.requests
                if method == "DELETE"]

    def test_enter_shows_the_alert_with_its_rule_and_runbook(self):
        terminal = self.firing(columns=140, rows=40)
        terminal.press("\r")
        terminal.wait_for("rule: ml_data_drift_score > 0.5   for 5m00s")
        terminal.wait_for("for slack, log")
        terminal.wait_for("service=ml-api")
        terminal.wait_for("Confirm")  # of assets/runbooks/MLModelDriftHigh.md
        self.servers.prometheus.alert = None
        terminal.wait_for("no longer pending or firing")

    def test_a_acknowledges_and_u_takes_it_back(self):
        terminal = self.firing()
        terminal.press("A")
        terminal.wait_for("silenced 14m")
        (silence,) = self.posted()
        self.assertEqual({m["name"]: m["value"] for m in silence["matchers"]},
                         {"alertname": "MLModelDriftHigh", "severity": "critical", "service": "ml-api"})
        self.assertTrue(all(m["isEqual"] and not m["isRegex"] for m in silence["matchers"]))
        begins, ends = (time.mktime(time.strptime(silence[key][:19], "%Y-%m-%dT%H:%M:%S"))
                        for key in ("startsAt", "endsAt"))
        self.assertEqual(ends - begins, 900)
        self.assertTrue(silence["createdBy"] and silence["comment"])
        terminal.wait_for("silence 00000001 made for 15m00s")
        terminal.wait_for("U:undo")
        terminal.press("U")
        terminal.wait_gone("silenced 14m")
        self.assertEqual(self.deleted(), ["00000001-0000-4000-8000-000000000000"])

    def test_s_shows_what_it_matches_before_it_posts(self):
        terminal = self.firing()
        terminal.press("S")
        terminal.wait_for("1 of 1 alerts: MLModelDriftHigh")
        terminal.press("disk swap")
        terminal.press("\x1b[A2h\x1bOB\x1bOB" + "\x7f" * 10)
        terminal.wait_for("one quote alone")
        terminal.press("\"")
        terminal.wait_for("NO alert")
        terminal.press("\x7fDriftHigh\"")
        terminal.wait_for("1 of 1 alerts")
        terminal.press("\t" * 3 + "zone=b")
        terminal.wait_for("NO alert")
        terminal.press("\r")
        terminal.wait_for("Sure?")
        terminal.wait_for("Now it matches NO alert of the 1")
        self.assertEqual(self.posted(), [])
        time.sleep(GUARD_S)
        terminal.press("S")
        terminal.press("\r")
        terminal.wait_gone("Sure?")
        self.assertEqual(self.posted(), [])
        terminal.press("\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("made for 2h00m")
        (silence,) = self.posted()
        self.assertEqual(silence["comment"], "disk swap")
        self.assertEqual(silence["matchers"][-1], {"name": "zone", "value": "b", "isRegex": False, "isEqual": True})

    def test_a_refused_silence_comes_back_in_the_form(self):
        self.servers.alertmanager.refusal = (400, "invalid silence: too silent")
        terminal = self.firing()
        terminal.press("Swhy\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("too silent")
        terminal.wait_for("Enter: review")
        self.servers.alertmanager.refusal = None
        terminal.press("\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("silenced 59m")

    def test_a_silence_of_another_is_extended_and_expired(self):
        number = self.servers.alertmanager.add({"alertname": "MLModelDriftHigh"}, by="bob", comment="known")
        terminal = self.firing(columns=140, rows=40)
        terminal.press("\r")
        terminal.wait_for("of bob, 14m")
        terminal.press("T")
        terminal.wait_for("extended for 1h15m in all")
        (silence,) = self.posted()
        self.assertEqual((silence["id"], silence["createdBy"], silence["comment"]), (number, "bob", "known"))
        terminal.wait_for("1h14m left")
        terminal.press("E")
        terminal.wait_for("End this silence")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_gone("of bob")
        self.assertEqual(self.deleted(), [number])

    def test_a_board_and_an_open_panel_silence_their_alert(self):
        self.servers.prometheus.alert = "firing"
        terminal = self.live(columns=140, rows=40)
        terminal.wait_for("MLModelDriftHigh")
        terminal.press("A")
        terminal.wait_for('alertname="MLModelDriftHigh"')
        terminal.wait_for("1 of 1 alerts: MLModelDriftHigh")
        self.assertEqual(self.posted(), [])
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("silence 00000001 made for 15m00s")
        terminal.press("\r")
        terminal.wait_until(lambda: re.search(r"MLModelDriftHigh silenced .* silenced by .*, 14m\d+s left", terminal.text()),
                            "by whom and for how long")
        terminal.press("U")
        terminal.wait_for("not silenced")
        terminal.press("Sdisk swap\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for(", 59m")
        terminal.press("E")
        terminal.wait_for("End this silence")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("not silenced")
        self.assertEqual([silence["comment"] for silence in self.posted()],
                         ["acknowledged in the console", "disk swap"])
        self.assertEqual([number[:8] for number in self.deleted()], ["00000001", "00000002"])

    def test_a_dead_alertmanager_is_told_in_the_footer(self):
        terminal = self.firing()
        self.servers.alertmanager.stop()
        terminal.press("A")
        terminal.wait_for("not silenced:")
        terminal.wait_until(lambda: re.search("CRIT +MLModelDriftHigh", terminal.text()), "the alert still")

    def test_read_only_silences_nothing(self):
        terminal = self.firing("--read-only")
        for key in "ASET":
            terminal.press(key)
            terminal.wait_for("--read-only")
        self.assertEqual(self.posted() + self.deleted(), [])

    # ---- What it is for ------------------------------------------------------------------------------

    def test_d_launches_a_drift_and_x_stops_it(self):
        operations = self.servers.operations
        terminal = self.live()
        terminal.press("D")
        terminal.wait_for("Launch a drift simulation")
        terminal.press("300")
        terminal.wait_for("300")
        terminal.press("\r")
        terminal.wait_for("POST " + operations.url + "/simulations")
        shown = re.search(r'"idempotency_key":"([^"]+)"', "".join(
            line.split("│")[-2].strip(" ") if line.count("│") >= 2 else "" for line in terminal.screen.display))
        self.assertEqual(self.sent(operations, "POST"), [])
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("drift 7")
        (request,) = self.sent(operations, "POST")
        body = json.loads(request[2])
        self.assertEqual(request[1], "/simulations")
        self.assertEqual(request[3], TOKEN)
        self.assertEqual((body["kind"], body["until"]), ("drift", "alert"))
        self.assertEqual(body["params"], {"duration_s": 300, "amount": 0.8, "rate": 5})
        self.assertRegex(body["idempotency_key"], "^console-[0-9a-f]{16}$")
        if shown:
            self.assertEqual(shown.group(1), body["idempotency_key"])
        terminal.wait_for("40%")
        terminal.press("q")
        terminal.wait_for("Quit? What you started goes on")
        terminal.press(b"\x1b")
        terminal.wait_gone("Quit?")
        terminal.press("X")
        terminal.wait_gone("40%")
        self.assertEqual(self.sent(operations, "DELETE")[0][1], "/simulations")
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)

    def launch(self, terminal, key, title, keys=""):
        """The form, what is typed in it, and the question that follows."""
        terminal.press(key)
        terminal.wait_for(title)
        terminal.press(keys + "\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")

    def test_each_key_opens_its_form_starts_its_kind_and_x_stops_it(self):
        operations = self.servers.operations
        terminal = self.live()
        for key, kind, keys, params in (
                ("D", "drift", "\t1", {"duration_s": 120, "amount": 1, "rate": 5}),
                ("H", "hallucination", "80\t0.9", {"queries": 80, "rate": 0.9, "per_second": 2}),
                ("L", "latency", "\t30\t\t15", {"duration_s": 60, "burst": 30, "interval_s": 5, "delay_s": 15})):
            operations.alert_state = "inactive"
            number = operations.next_id
            self.launch(terminal, key, f"Launch a {kind} simulation", keys)
            terminal.wait_for(f"DRILL {kind} {number} 1m5")
            body = json.loads(self.sent(operations, "POST")[-1][2])
            self.assertEqual((body["kind"], body["params"], body["until"]), (kind, params, "alert"))
            terminal.wait_for("40%")
            terminal.press("s")
            terminal.wait_for(f"#{number} running")
            operations.alert_state = "firing"
            terminal.wait_until(lambda: re.search(r"firing +1s +3s +4s +-", terminal.text()), "the times")
            terminal.press("X")
            terminal.wait_gone("DRILL")
            terminal.wait_for(f"#{number} stopped")
            terminal.press(b"\x1b")
            terminal.wait_for("Data drift")

    def test_the_other_kinds_are_started_from_the_list(self):
        operations = self.servers.operations
        for steps, kind, keys, params in (
                (0, "baseline", "9", {"predictions_per_second": 9, "chats_per_second": 0.2, "triages_per_second": 0.2,
                                      "feedback_ratio": 0.5}),
                (3, "topic-shift", "\t\t1", {"duration_s": 300, "rate": 2, "share": 1}),
                (5, "rag", "\t  \t\t7", {"duration_s": 120, "mode": "vector-db-down", "rate": 2, "seed": 7}),
                (6, "outage", "\t \t ", {"duration_s": 180, "target": "llm-rag-api"})):
            terminal = self.live()
            number = operations.next_id
            terminal.press("s" + "j" * steps)
            self.launch(terminal, "\r", f"{kind} simulation", keys)
            terminal.wait_for(f"{kind} simulation {number} started")
            body = json.loads(self.sent(operations, "POST")[-1][2])
            self.assertEqual((body["kind"], body["params"]), (kind, params))
            self.assertEqual(body.get("until"), {"baseline": None, "outage": "duration"}.get(kind, "alert"))
            terminal.close()
            operations.end(number)

    def test_a_field_that_the_server_refuses_is_shown_at_the_field(self):
        operations = self.servers.operations
        operations.refusal = fake_servers.problem(422, "Unprocessable Content", "some fields are wrong",
                                                  **{"params.per_second": "must be a number from 0.1 to 1"})
        terminal = self.live()
        self.launch(terminal, "H", "Launch a hallucination simulation")
        terminal.wait_for("per-second 2        must be a number from 0.1 to 1")
        self.assertTrue(terminal.shows("▸ per-second"))
        self.assertEqual(operations.running, {3: "baseline"})
        operations.refusal = None
        terminal.press("1\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("DRILL hallucination 7")
        self.assertEqual(json.loads(self.sent(operations, "POST")[-1][2])["params"]["per_second"], 1)

    def test_a_busy_server_is_told_in_the_form(self):
        operations = self.servers.operations
        operations.refusal = fake_servers.problem(409, "Conflict", "a latency simulation is running")
        terminal = self.live()
        self.launch(terminal, "L", "Launch a latency simulation")
        terminal.wait_for("latency not started: HTTP 409: Conflict")
        self.assertTrue(terminal.shows("Launch a latency simulation"))
        self.assertEqual(operations.running, {3: "baseline"})
        terminal.press(b"\x1b")
        terminal.wait_gone("Launch a latency")

    def test_what_others_broke_is_in_every_header_and_silence_is_no_none(self):
        operations = self.servers.operations
        operations.launch("outage")
        for columns, rows in ((80, 24), (40, 10)):
            terminal = self.live(columns=columns, rows=rows) if columns > 60 else self.open(columns=columns, rows=rows)
            terminal.wait_for("DRILL outage 7")
            for key in (F2, F4, F5, F6, F7, "s", F9, "e", "D", b"\x1b", "?", b"\x1b"):
                terminal.press(key)
                terminal.read(quiet=0.1)
                self.assertTrue(terminal.screen.display[0].count("DRILL outage 7 "), terminal.text())
            terminal.close()
        terminal = self.live()
        operations.faults.append(("delay", time.monotonic() + 600, {"delay_ms": 12000}))
        terminal.wait_for("1 drill 1 fault 9m")
        operations.end(7)
        terminal.wait_for("FAULT delay 9m")
        terminal.press("s")
        terminal.wait_for("by an operator  delay_ms=12000")
        operations.mode = HUNG
        terminal.wait_for("FAULT delay 9m", limit=1)
        terminal.wait_until(lambda: re.search(r"FAULT delay \d+m\d\ds\?", terminal.screen.display[0]), "doubt", 15)
        operations.released.set()

    def test_without_a_backend_it_is_not_known_what_is_broken(self):
        self.servers.operations.mode = HTML
        terminal = self.open()
        terminal.wait_for("drills?")

    def test_neither_enter_nor_the_launching_key_confirms(self):
        terminal = self.live()
        terminal.press("D\r")
        terminal.wait_for("Sure?")
        terminal.press("y")  # too early: typed ahead
        time.sleep(GUARD_S)
        terminal.press("DD")
        terminal.press("\r")
        terminal.wait_gone("Sure?")
        self.assertEqual(self.sent(self.servers.operations, "POST"), [])

    def test_u_undoes_a_start_and_b_switches_the_baseline(self):
        operations = self.servers.operations
        terminal = self.live()
        terminal.press("D\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("U:undo")
        terminal.press("U")
        terminal.wait_until(lambda: 7 in operations.ended, "the drift stopped")
        self.assertEqual(self.sent(operations, "DELETE")[0][1], "/simulations/7")
        terminal.press("B")
        terminal.wait_for("baseline off")
        self.assertEqual(self.sent(operations, "DELETE")[1][1], "/simulations/3")
        terminal.press("B")
        terminal.wait_for("baseline on")
        self.assertEqual(json.loads(self.sent(operations, "POST")[1][2])["kind"], "baseline")

    def test_others_drills_are_stopped_only_after_a_question(self):
        self.servers.operations.launch("drift")
        terminal = self.live()
        terminal.wait_for("drift 7")
        terminal.press("X")
        terminal.wait_for("Not all of them were started")
        self.assertEqual(self.sent(self.servers.operations, "DELETE"), [])
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_until(lambda: self.sent(self.servers.operations, "DELETE"), "the stop")

    def test_without_a_token_it_says_so_and_sends_nothing(self):
        command = [part for part in self.command() if not part.startswith("--auth")]
        terminal = self.open(command=command + ["--auth.token_file=/nonexistent/token"])
        terminal.wait_for("baseline on")
        terminal.press("D")
        terminal.wait_for("no operator token")
        self.assertEqual(self.sent(self.servers.operations, "POST"), [])

    def test_read_only_offers_nothing_that_acts(self):
        terminal = self.live("--read-only")
        self.assertFalse(terminal.shows("DHL:sim"))
        for key in "DHLXB":
            terminal.press("s")
            terminal.wait_gone("--read-only")
            terminal.press(key)
            terminal.wait_for("nothing is changed from here: --read-only")
        terminal.press("\r")
        terminal.wait_for("nothing is changed from here: --read-only")
        self.assertEqual(self.sent(self.servers.operations, "POST") + self.sent(self.servers.operations, "DELETE"), [])

    def test_a_pasted_text_starts_nothing(self):
        terminal = self.live()
        terminal.press(b"\x1b[200~D\ry\x1b[201~")
        terminal.wait_for("pasted text is ignored")
        self.assertFalse(terminal.shows("Launch"))

    def test_the_alert_is_seen_pending_firing_and_cleared(self):
        prometheus = self.servers.prometheus
        terminal = self.live()
        prometheus.level, prometheus.alert = 0.71, "pending"
        terminal.wait_for("1 pending")
        prometheus.alert = "firing"
        terminal.wait_for("1 CRIT")
        self.assertTrue(terminal.shows("MLModelDriftHigh"))
        terminal.press("a\r")
        terminal.wait_for("alertname=MLModelDriftHigh")
        terminal.wait_for("Means.")  # the runbook beside the program
        terminal.press("\x1b")
        prometheus.level, prometheus.alert = 0.15, None
        terminal.wait_for("ALERTS  none")

    def test_every_view_opens(self):
        terminal = self.live()
        for key, text in (("\x1bOR", "ticket_length moved up"), (F4, "Groundedness"), (F5, "Chat latency"),
                          (F6, "Alerts: 0 critical"), (F7, "Requests: chats, newest first"), (F9, "UTC, newest first"),
                          ("e", "answered"), ("?", "Keys of sources"), ("\x1b", "answered"), ("v", "Views"),
                          ("\x1bOQ", "Data drift"), ("\r", "AT CURSOR"), ("z", "Data drift"), ("\x1b", "2 ")):
            terminal.press(key)
            with self.subTest(key):
                terminal.wait_for(text)

    def test_it_begins_with_the_view_that_is_asked_for(self):
        for view, text in (("overview", "Data drift"), ("drift", "ticket_length moved up"), ("quality", "Groundedness"),
                           ("latency", "Chat latency"), ("alerts", "Alerts: 0 critical"),
                           ("requests", "Requests: chats, newest first"), ("events", "UTC, newest first"),
                           ("sources", "answered")):
            with self.subTest(view):
                terminal = self.open("--view", view)
                terminal.wait_for(text)
                terminal.press("q")

    def test_a_request_opens_with_the_evidence_of_its_sentences(self):
        terminal = self.live()
        self.assertEqual(self.asked_for_requests(), [])
        terminal.press(F7)
        terminal.wait_for("Account 24")
        self.assertIn("/requests?limit=100&kind=chat", self.asked_for_requests())
        terminal.press("o")
        terminal.wait_for("worst of the last hour first")
        terminal.wait_gone("Account 24")  # it has nothing unsupported
        terminal.wait_until(lambda: "/requests?limit=100&kind=chat&min_hallucination=0.001" in self.asked_for_requests(),
                            "the question for them")
        terminal.press("\r")
        terminal.wait_for("▲ The link is good")
        terminal.wait_for("name not in evidence: Bob")  # at the weakest sentence
        terminal.press("k")
        terminal.wait_for("number not in evidence; denied on one side alone")
        terminal.wait_for("account-lockout.md#1")
        self.assertTrue(terminal.shows("After five wrong attempts the account is locked"))
        terminal.press("g")
        terminal.wait_for("it claims nothing that could be checked")
        terminal.press("\x1b\x1b")
        terminal.wait_for("Data drift")
        n = len(self.asked_for_requests())
        terminal.read(quiet=3 * REFRESH_S, limit=3 * REFRESH_S)
        self.assertLessEqual(len(self.asked_for_requests()), n + 1)  # one may have been under way

    def test_requests_are_listed_by_kind(self):
        terminal = self.live()
        for key, shown, kind in ((F7, "Account 24", "kind=chat"), ("f", "Account 22", "kind=triage"),
                                 ("f", "120 words, urgency 2", "limit=100"),
                                 ("f", "Requests: predictions", "kind=prediction")):
            terminal.press(key)
            with self.subTest(kind):
                terminal.wait_for(shown)
                self.assertTrue(self.asked_for_requests()[-1].endswith(kind), self.asked_for_requests())

    def asked_for_requests(self):
        return [path for _, path, _, _ in self.servers.operations.requests if path.startswith("/requests")]

    def test_beside_the_answer_where_there_is_room(self):
        for columns, is_beside in ((99, False), (100, True)):
            terminal = self.live(columns=columns, rows=40)
            terminal.press(F7)
            terminal.wait_for("Account 24")
            terminal.press("o")
            terminal.wait_gone("Account 24")
            terminal.press("\r")
            terminal.wait_for("name not in evidence: Bob")
            rows = [i for i, line in enumerate(terminal.screen.display) if "Answer" in line or "Evidence" in line]
            self.assertEqual(len(rows), 1 if is_beside else 2, terminal.text())
            terminal.close()

    def test_hostile_answers_reach_no_terminal(self):
        for more in ({}, {"LANG": "C"}):
            terminal = self.live(**more)
            terminal.press(F7)
            terminal.wait_for("Account 24")
            terminal.press("f")
            terminal.wait_for("Account 22")
            terminal.press(DOWN + "\r")
            terminal.wait_for("x" * 60)
            terminal.press("jkG")
            terminal.read()
            for bad in (b"\x1b]0;", b"\x07", "\u202e".encode(), b"\xc2\x9b"):
                self.assertNotIn(bad, terminal.sent)
            terminal.close()

    def test_requests_that_cannot_be_had_say_why(self):
        terminal = self.live()
        self.servers.operations.mode = HTML
        terminal.press(F7)
        terminal.wait_for("502 Bad Gateway")
        self.painted_while_requests(terminal)
        self.servers.operations.mode = GOOD
        terminal.wait_for("Account 24", limit=8)
        self.servers.operations.stored.at = []
        terminal.press("\r")
        terminal.wait_for("no such request")

    def painted_while_requests(self, terminal):
        terminal.press("?")
        terminal.wait_for("Keys of the requests", limit=0.5)
        terminal.press("\x1b")
        terminal.wait_gone("Keys of the requests", limit=0.5)

    def test_a_board_comes_back_while_prometheus_hangs(self):
        terminal = self.live()
        terminal.wait_for("0.1")
        terminal.press(F4)
        terminal.wait_for("Groundedness")
        self.servers.prometheus.mode = HUNG
        terminal.press(F2)
        terminal.wait_for("Data drift 0.1", limit=2)
        terminal.wait_for("STALE", limit=4)
        self.assertTrue(terminal.shows("Data drift 0.1"))
        terminal.press(F5)
        terminal.wait_for("Triage latency", limit=1)

    def test_a_missing_dashboard_costs_one_view(self):
        assets = self.folder / "assets"
        (assets / "grafana/dashboards").mkdir(parents=True, exist_ok=True)
        shutil.copy(ASSETS / "grafana/dashboards/overview.json", assets / "grafana/dashboards")
        command = [part for part in self.command() if "--assets" not in part] + [f"--assets.dir={assets}"]
        terminal = self.live(command=command)
        terminal.press(F4)
        terminal.wait_for("llm-quality.json")
        terminal.press(F2)
        terminal.wait_for("Data drift 0.1")
        shutil.rmtree(assets)
        terminal = self.live(command=command)
        terminal.wait_for("overview.json")
        terminal.press("\x1bOR")
        terminal.wait_for("ticket_length moved up")

    def test_every_shipped_dashboard_opens_by_its_name(self):
        terminal = self.live(columns=140, rows=40)
        names = sorted(file.stem for file in (ASSETS / "grafana/dashboards").glob("*.json"))
        titles = {"llm-quality": "Groundedness", "ml-service": "Class distribution",
                  "overview": "Chat latency p95", "pipeline-health": "Where the time goes"}
        self.assertEqual(names, sorted(titles))
        for name in names:
            terminal.press(f":dashboard {name[:-2]}\t\r")
            terminal.wait_for(titles[name])
        terminal.press(":dashboard\r")
        terminal.wait_for("Chat latency p95")

    def test_paused_nothing_is_sent(self):
        terminal = self.live()
        terminal.press("p")
        terminal.wait_for("PAUSED")
        terminal.read(quiet=0.3)
        self.assertEqual(terminal.read(quiet=2.5, limit=3), b"")
        terminal.press("p")
        terminal.wait_for("LIVE")

    # ---- One panel, looked into ----------------------------------------------------------------------

    def asked(self, path):
        """Of one panel; the rules of alerts are asked for all along."""
        return [request for request in self.servers.prometheus.requests
                if request[1].startswith(path) and not request[1].endswith("?type=alert")]

    def look_into(self, **kwargs):
        terminal = self.live("--dashboard", str(self.dashboard("ml_data_drift_score")), **kwargs)
        self.assertEqual(self.asked("/api/v1/rules") + self.asked("/api/v1/query_exemplars"), [])
        terminal.press("\r")
        terminal.wait_for("AT CURSOR")
        return terminal

    def test_a_panel_is_looked_into(self):
        self.servers.prometheus.alert = "firing"
        terminal = self.look_into(columns=140, rows=40)
        terminal.wait_for("MLModelDriftHigh firing")
        terminal.wait_for("> 0.5 for 5m")
        self.assertFalse(terminal.shows("LLMLatencyHigh"))
        terminal.wait_for("trace 00000000")
        terminal.wait_for("model=ml-api")
        terminal.wait_for("4321 samples read")
        terminal.wait_for(f"prometheus 2.42.0 at {self.servers.prometheus.url}")
        self.assertTrue(terminal.shows("no value "))
        terminal.press("\x1b")
        terminal.wait_gone("AT CURSOR")
        n = len(self.asked("/api/v1/rules"))
        terminal.read(quiet=3 * REFRESH_S, limit=3 * REFRESH_S)
        self.assertEqual(len(self.asked("/api/v1/rules")), n)

    def test_a_panel_is_compared_with_its_past(self):
        def shows_change(name):
            return terminal.shows(f"vs {name} ago +") or terminal.shows(f"vs {name} ago -0")

        def pasts():
            forms = [request[2] for request in self.asked("/api/v1/query_range")
                     if "label_replace" not in request[2] and "stats" not in request[2]]
            starts = [float(re.search(r"start=([0-9.]+)", form).group(1)) for form in forms]
            hours = sorted(round((time.time() - start - 3600) / 3600) for start in starts)
            return [n for n in hours if n > 0]  # 0: the chart itself

        terminal = self.look_into(columns=140, rows=40)
        terminal.wait_until(lambda: shows_change("1h") and shows_change("1d"), "both side by side")
        self.assertEqual(set(pasts()), {1, 24})
        for name in ("1h", "1d", "1w"):
            terminal.press("=")
            terminal.wait_until(lambda: shows_change(name), name)
        self.assertEqual(set(pasts()), {1, 24, 168})
        terminal.press("=")
        terminal.wait_gone("1w ago")
        asked = pasts()
        terminal.read(quiet=3 * REFRESH_S, limit=3 * REFRESH_S)
        self.assertEqual(pasts(), asked)  # not with every refresh

    def test_a_narrow_screen_compares_with_one_past(self):
        terminal = self.look_into()
        terminal.wait_for("vs 1h ago ")
        self.assertFalse(terminal.shows("1d ago"))
        terminal.press("==")
        terminal.wait_for("vs 1d ago ")
        self.assertFalse(terminal.shows("1h ago"))

    def test_the_cursor_the_table_and_the_axis(self):
        terminal = self.look_into()
        terminal.press("h" * 3 + "\x1b[5~")
        terminal.wait_for("at ")
        terminal.press("t")
        terminal.wait_for("UTC  ")
        terminal.press("t")
        terminal.wait_gone("UTC  ")
        terminal.press("c")
        terminal.wait_for("log, ")
        terminal.press("c \x1b[C")
        terminal.wait_for("1 hidden")

    def test_no_exemplars_are_told_apart_from_none_kept(self):
        self.servers.prometheus.has_exemplars = False
        terminal = self.look_into()
        terminal.wait_for("EXEMP none from")
        terminal.close()
        self.servers.prometheus.keeps_exemplars = False
        self.servers.prometheus.requests.clear()
        terminal = self.look_into()
        terminal.wait_for("EXEMP this Prometheus keeps none")

    def test_a_hung_prometheus_leaves_the_keys_of_a_panel(self):
        terminal = self.look_into()
        self.servers.prometheus.mode = HUNG
        terminal.press("===")
        terminal.wait_for("1w ago is asked for", limit=0.5)
        terminal.press("t")
        terminal.wait_for("UTC  ", limit=0.5)

    def copied(self, terminal, choice):
        terminal.press("y")
        terminal.wait_for("Copy")
        terminal.sent = b""
        terminal.press(choice)
        terminal.wait_for("sent to the terminal's clipboard")
        return [base64.b64decode(text).decode() for text in re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", terminal.sent)]

    def test_y_copies_through_the_terminal(self):
        terminal = self.look_into()
        terminal.wait_for("trace 0")
        self.assertEqual(self.copied(terminal, "q"), ["ml_data_drift_score"])
        self.assertIn("--data-urlencode 'query=ml_data_drift_score'", self.copied(terminal, "c")[0])
        self.assertEqual(self.copied(terminal, "t"), [f"{1:032x}"])
        self.assertRegex(self.copied(terminal, "v")[0], r"^20[-0-9]+T[0-9:.]+Z\tml-api\t0\.1\d*\n$")
        terminal.close()
        self.servers.prometheus.requests.clear()
        terminal = self.look_into(TMUX="/tmp/x,1,0")
        self.assertEqual(self.copied(terminal, "q"), ["ml_data_drift_score"] * 2)
        self.assertIn(b"\x1bPtmux;\x1b\x1b]52;c;", terminal.sent)

    def test_a_terminal_without_a_clipboard_is_sent_none(self):
        terminal = self.look_into(term="linux")
        terminal.press("yq")
        terminal.wait_for("linux has no clipboard")
        self.assertNotIn(b"\x1b]52", terminal.sent)

    def test_w_writes_new_files_for_their_owner(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        os.symlink("/nonexistent/x", folder / "tidewatch-link")
        command = ["sh", "-c", 'cd "$0" && exec "$@"', str(folder),
                   *self.command("--dashboard", str(self.dashboard("ml_data_drift_score")))]
        terminal = self.live(command=command)
        terminal.wait_for("0.1")
        for choice, ending in (("c", "csv"), ("c", "csv"), ("j", "json"), ("t", "txt")):
            terminal.press("w")
            terminal.wait_for("Write to a file")
            terminal.press(choice)
            terminal.wait_for("written: tidewatch-up-")
            terminal.press("r")
            terminal.wait_gone("written: ")
        files = sorted(path for path in folder.iterdir() if not path.is_symlink())
        self.assertEqual(sorted(path.suffix for path in files), [".csv", ".csv", ".json", ".txt"])
        for path in files:
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        rows = list(csv.reader(files[0].read_text().splitlines()))
        self.assertEqual(rows[0], ["time", "ml-api"])
        self.assertRegex(rows[1][0], r"^20[-0-9]+T[0-9:.]+Z$")
        (panel,) = [json.loads(path.read_text()) for path in files if path.suffix == ".json"]
        self.assertEqual(panel["queries"], ["ml_data_drift_score"])
        self.assertTrue(panel["series"][0]["points"])
        (text,) = [path.read_text() for path in files if path.suffix == ".txt"]
        self.assertIn("▸1 Up", text)
        self.assertNotIn("Write to a file", text)

    def test_where_nothing_can_be_written_it_says_so(self):
        command = ["sh", "-c", 'cd /proc && exec "$@"', "sh",
                   *self.command("--dashboard", str(self.dashboard("ml_data_drift_score")))]
        terminal = self.live(command=command)
        terminal.wait_for("0.1")
        terminal.press("wc")
        terminal.wait_for("cannot write tidewatch-up-")

    # ---- Servers that fail ---------------------------------------------------------------------------

    def painted_while(self, terminal):
        """A key is answered on the screen although the server is not."""
        terminal.press("?")
        terminal.wait_for("Keys of the panels", limit=0.5)
        terminal.press("\x1b")
        terminal.wait_gone("Keys of the panels", limit=0.5)

    def recovers(self, terminal):
        terminal.wait_for("prom OK", limit=8)
        terminal.wait_gone("ERROR", limit=8)

    def test_a_hung_prometheus_is_stale_and_keys_still_paint(self):
        terminal = self.live("--dashboard", str(self.dashboard()))
        self.servers.prometheus.mode = HUNG
        terminal.wait_for("STALE", limit=4)
        self.painted_while(terminal)
        self.servers.prometheus.mode = GOOD
        self.servers.prometheus.released.set()
        self.recovers(terminal)

    def test_a_prometheus_that_was_never_there_is_an_error(self):
        self.servers.prometheus.mode = HTML
        terminal = self.open()
        terminal.wait_for("prom ERROR", limit=4)
        terminal.wait_for("502 Bad Gateway")
        self.assertFalse(terminal.shows("ALERTS  none"))
        self.painted_while(terminal)
        self.servers.prometheus.mode = GOOD
        self.recovers(terminal)

    def test_garbage_is_an_error(self):
        self.servers.prometheus.mode = GARBAGE
        terminal = self.open()
        terminal.wait_for("prom ERROR", limit=4)
        self.painted_while(terminal)

    def test_a_killed_prometheus_is_told_and_comes_back(self):
        terminal = self.live()
        port = self.servers.prometheus.server_address[1]
        self.servers.prometheus.stop()
        terminal.wait_until(lambda: terminal.shows("prom STALE") or terminal.shows("prom ERROR"), "STALE or ERROR", 4)
        self.painted_while(terminal)
        self.servers.prometheus = fake_servers.Prometheus(port).start()
        self.servers.alertmanager.prometheus = self.servers.prometheus
        self.recovers(terminal)

    def test_warnings_are_partial(self):
        self.servers.prometheus.mode = WARNING
        terminal = self.open("--dashboard", str(self.dashboard()))
        terminal.wait_for("PARTIAL", limit=4)
        terminal.wait_for("store 10.0.0.7")

    def test_no_series_are_no_data(self):
        self.servers.prometheus.mode = EMPTY
        self.open().wait_for("NO DATA", limit=4)

    def test_nan_is_said(self):
        self.servers.prometheus.mode = NAN
        self.open().wait_for("NaN", limit=4)

    def test_a_dead_alertmanager_hides_no_alert(self):
        self.servers.prometheus.alert = "firing"
        self.servers.alertmanager.mode = HTML
        terminal = self.open()
        terminal.wait_for("1 CRIT", limit=4)
        terminal.wait_for("am ERROR")

    def test_a_dead_backend_leaves_the_charts(self):
        self.servers.operations.mode = HTML
        terminal = self.open()
        terminal.wait_for("api ERROR", limit=4)
        terminal.wait_for("prom OK")

    def test_hostile_labels_reach_no_terminal(self):
        self.servers.prometheus.alert = "firing"
        self.servers.prometheus.label = "\x1b]0;owned\x07\x1b[2J\u202eevil\x9b31m\r\n\u2028"
        terminal = self.open("--dashboard", str(self.dashboard()))
        terminal.wait_for("1 CRIT", limit=4)
        terminal.press("\r")
        terminal.wait_for("SERIES")
        for bad in (b"\x1b]0;", b"\x07", "\u202e".encode(), b"\xc2\x9b"):
            self.assertNotIn(bad, terminal.sent)

    def dashboard(self, expr="up"):
        path = self.folder / "one.json"
        path.write_text(json.dumps({"title": "One", "panels": [
            {"type": "timeseries", "title": "Up", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 8},
             "targets": [{"refId": "A", "expr": expr, "legendFormat": "{{job}}"}]}]}))
        return path

    # ---- Dashboards ----------------------------------------------------------------------------------

    def types_dashboard(self):
        types = ("timeseries", "stat", "gauge", "bargauge", "barchart", "piechart", "heatmap", "table", "state-timeline")
        panels = [{"type": kind, "title": f"A {kind}", "gridPos": {"x": 8 * (i % 3), "y": 8 * (i // 3), "w": 8, "h": 8},
                   "targets": [{"refId": "A", "expr": 'up{job=~"$job"}', "legendFormat": "{{job}}"}]}
                  for i, kind in enumerate(types)]
        panels.append({"type": "alertlist", "title": "A list", "gridPos": {"x": 0, "y": 24, "w": 8, "h": 8}})
        panels.append({"type": "text", "title": "A text", "gridPos": {"x": 8, "y": 24, "w": 8, "h": 8},
                       "options": {"content": "# On call for $job\nSee **runbooks**."}})
        panels.append({"type": "geomap", "title": "A map", "gridPos": {"x": 16, "y": 24, "w": 8, "h": 8}})
        variable = {"name": "job", "type": "query", "query": "label_values(up, job)", "current": {}}
        path = self.folder / "types.json"
        path.write_text(json.dumps({"title": "Types", "templating": {"list": [variable]}, "panels": panels}))
        return path

    def test_every_type_of_panel_is_drawn_with_what_the_variable_is(self):
        terminal = self.open("--dashboard", str(self.types_dashboard()), columns=140, rows=60)
        terminal.wait_for("On call for ml-api")
        for said in ("See runbooks.", "in all", "max 0.1", "1 row", "0 active", "panels of type 'geomap' are not drawn here"):
            terminal.wait_for(said)
        queries = [urllib.parse.unquote(body) for method, path, body, _ in self.servers.prometheus.requests
                   if path.startswith("/api/v1/query")]
        self.assertTrue([query for query in queries if 'up{job=~"ml-api"}' in query])
        self.assertFalse([query for query in queries if "$job" in query or ".*" in query])

    def test_without_an_answer_for_the_variable_the_panels_say_what_they_wait_for(self):
        self.servers.prometheus.label_mode = HTML
        terminal = self.open("--dashboard", str(self.types_dashboard()), columns=140, rows=60)
        terminal.wait_for("asking what $job can be: HTTP 502")
        terminal.wait_for("On call for ?")
        self.servers.prometheus.label_mode = GOOD
        terminal.wait_for("On call for ml-api", limit=8)

    # ---- The terminal --------------------------------------------------------------------------------

    def assert_restored(self, terminal):
        self.assertTrue(terminal.settings_are_back(), "line settings")
        self.assertEqual(terminal.modes_left(), set())
        last = terminal.sent[-400:]
        self.assertIn(b"\x1b[?1049l", last)
        self.assertIn(b"\x1b[?25h", last)
        self.assertNotIn(b"\x1b[?1049h", last[last.rindex(b"\x1b[?1049l"):])

    def test_nine_signals_restore_the_terminal(self):
        for name in ("TERM", "HUP", "INT", "QUIT", "SEGV", "ABRT", "BUS", "FPE", "ILL"):
            with self.subTest(name):
                number = getattr(signal, "SIG" + name)
                terminal = self.open()
                terminal.wait_for(PAINTED)
                terminal.process.send_signal(number)
                self.assertEqual(terminal.end(), 128 + number)
                self.assert_restored(terminal)
                terminal.close()

    def test_signals_restore_it_while_everything_hangs(self):
        for server in self.servers.all():
            server.mode = HUNG
        for name in ("TERM", "HUP", "INT"):
            number = getattr(signal, "SIG" + name)
            terminal = self.open()
            terminal.wait_for("SIM")
            time.sleep(0.2)
            began = time.monotonic()
            terminal.process.send_signal(number)
            self.assertEqual(terminal.end(), 128 + number)
            self.assertLess(time.monotonic() - began, 0.5)
            self.assert_restored(terminal)

    def test_ctrl_z_and_fg(self):
        script = "set -m\n%s\necho stopped $?\nread line\nfg\n" % " ".join(self.command())
        terminal = self.open(command=["bash", "-c", script])
        terminal.wait_for("baseline on")
        terminal.press(b"\x1a")
        terminal.wait_for("stopped 148")
        self.assertIn(b"\x1b[?1049l", terminal.sent)
        terminal.resize(100, 30)
        terminal.press("\r")
        terminal.wait_for("baseline on")
        self.assertTrue(terminal.shows("?:help"))
        terminal.press("q")
        terminal.end()
        self.assert_restored(terminal)

    def test_a_resize_storm_is_survived(self):
        terminal = self.live()
        for columns, rows in ((140, 40), (1, 1), (2, 50), (60, 15), (300, 1), (40, 10), (1, 3), (20, 5), (500, 200), (80, 24)):
            terminal.resize(columns, rows)
            terminal.read(quiet=0.03, limit=0.3)
        terminal.wait_for("?:help")
        terminal.wait_for("Data drift")
        terminal.press("p")
        terminal.wait_for("PAUSED")
        terminal.read(quiet=0.5)
        before = list(terminal.screen.display)
        terminal.press(b"\x0c")
        terminal.read(quiet=0.5)
        terminal.wait_until(lambda: terminal.screen.display == before, "the same screen")

    def test_small_screens_say_what_matters(self):
        self.servers.prometheus.alert = "firing"
        for (columns, rows), text in (((60, 15), "Data drift"), ((40, 10), "Data drift"), ((30, 4), "1 CRIT")):
            with self.subTest(columns=columns):
                terminal = self.open(columns=columns, rows=rows)
                terminal.wait_for("1 CRIT")
                terminal.wait_for(text)
                terminal.press("q")
                self.assertEqual(terminal.end(), 0)

    def test_terminals_of_many_types(self):
        for term in ("xterm-256color", "screen", "tmux", "tmux-256color", "linux", "vt100"):
            with self.subTest(term):
                terminal = self.open(term=term, LANG="C")
                terminal.wait_for("+->1 Data drift")
                terminal.press("q")
                self.assertEqual(terminal.end(), 0)
                self.assertTrue(terminal.settings_are_back())
                terminal.close()

    def test_dumb_and_unknown_terminals_are_told_another_way(self):
        for term in ("dumb", "no-such-terminal"):
            with self.subTest(term):
                terminal = self.open(term=term)
                self.assertEqual(terminal.end(), 64)
                self.assertIn(b"tidewatch --once", terminal.sent)
                self.assertNotIn(b"\x1b", terminal.sent)

    def test_lang_c_and_ascii_send_ascii_alone(self):
        for kwargs, more in (({"LANG": "C"}, ()), ({}, ("--ascii",))):
            terminal = self.live(*more, **kwargs)
            self.assertTrue(all(byte < 0x80 for byte in terminal.sent))
            terminal.close()

    @unittest.skipUnless(b"de_DE.utf8" in subprocess.run(["locale", "-a"], capture_output=True).stdout,
                         "the locale de_DE.utf8 is not installed")
    def test_a_decimal_comma_breaks_no_number(self):
        terminal = self.live(LANG="de_DE.UTF-8", LC_ALL="de_DE.UTF-8")
        terminal.wait_for("0.1")
        terminal.press("D\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_until(lambda: self.sent(self.servers.operations, "POST"), "the start")
        self.assertEqual(json.loads(self.sent(self.servers.operations, "POST")[0][2])["params"]["amount"], 0.8)

    def test_no_color_sends_no_color(self):
        self.servers.prometheus.alert = "firing"
        terminal = self.live(NO_COLOR="1")
        terminal.wait_for("1 CRIT")
        for key in ("D", "\x1b", "?", "\x1b", "a", "e", "\x1b", "\r", "=", "t", "t", "c", "y", "\x1b", "\x0c"):
            terminal.press(key)
            terminal.read(quiet=0.05)
        self.assertIsNone(COLOR.search(terminal.sent))
        coloured = self.live()
        self.assertIsNotNone(COLOR.search(coloured.sent))

    def test_themes_from_options_and_settings(self):
        self.servers.prometheus.alert = "firing"
        settings = self.folder / "themes.conf"
        settings.write_text("[console]\ntheme = mono\n")
        file = f"--config={settings}"
        cases = [([f"--theme={name}"], {}, name != "mono")
                 for name in ("default", "dark", "light", "colour-blind", "mono")]
        cases += [(["--theme=high-contrast"], {}, True),  # states by brightness; only many series need colours
                  ([file], {}, False), ([file, "--theme=dark"], {}, True),
                  (["--theme=dark"], {"NO_COLOR": "1"}, False), (["--theme=colour-blind"], {"NO_COLOR": "1"}, False)]
        for more, variables, has_colour in cases:
            with self.subTest(more=more, variables=variables):
                terminal = self.live(*more, **variables)
                terminal.wait_for("1 CRIT")  # the word, in every theme
                terminal.press("?")
                terminal.read(quiet=0.05)
                self.assertEqual(COLOR.search(terminal.sent) is not None, has_colour)
                terminal.close()

    def test_the_first_screen_needs_no_server(self):
        for server in self.servers.all():
            server.mode = HUNG
        terminal = self.open()
        terminal.wait_for("Data drift", limit=1)
        terminal.wait_for("?:help", limit=1)

    def test_inside_tmux(self):
        if not shutil.which("tmux"):
            self.skipTest("tmux is not installed")
        socket = self.folder / "tmux"
        tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        subprocess.run([*tmux, "new-session", "-d", "-x", "100", "-y", "30", " ".join(self.command())],
                       check=True, env={**os.environ, "LANG": "C.UTF-8"})
        self.addCleanup(subprocess.run, [*tmux, "kill-server"], stderr=subprocess.DEVNULL)
        for keys, text in (((), "baseline on"), (("D",), "Launch a drift simulation"), (("Escape",), "?:help"),
                           (("F3",), "ticket_length")):
            if keys:
                subprocess.run([*tmux, "send-keys", *keys], check=True)
            self.assertTrue(self.captured(tmux, text), text)

    def captured(self, tmux, text):
        end = time.monotonic() + 5
        while time.monotonic() < end:
            screen = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True).stdout
            if text in screen:
                return True
            time.sleep(0.05)
        return False

    def test_without_a_terminal_it_is_one_look(self):
        done = subprocess.run(self.command(), stdin=subprocess.DEVNULL, capture_output=True, timeout=10,
                              env={"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": "/nonexistent"})
        self.assertIn(done.returncode, (0, 1, 2, 3))
        self.assertNotIn(b"\x1b[?1049h", done.stdout)

if __name__ == "__main__":
    unittest.main()
