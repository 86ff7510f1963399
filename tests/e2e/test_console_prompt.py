"""The console's command line on real pseudo terminals, against servers that answer well and badly."""

import json
import time

import fake_servers
import test_console
from fake_servers import GARBAGE, GOOD, HTML, HUNG

UP, CTRL_A, CTRL_U, CTRL_W = "\x1bOA", "\x01", "\x15", "\x17"
LEFT = "\x1bOD"


class PromptTest(test_console.Console):
    def say(self, terminal, line):
        terminal.press(":")
        terminal.wait_for("view  range")
        terminal.press(line + "\r")

    def posts(self, server):
        return [(path, json.loads(body), mark) for (method, path, body, _), mark
                in zip(server.requests, server.marks) if method == "POST"]

    # ---- The line ------------------------------------------------------------------------------------

    def test_views_ranges_and_help_by_their_names(self):
        terminal = self.live()
        self.say(terminal, "view events")
        terminal.wait_for("UTC, newest first")
        self.say(terminal, "view overview")
        terminal.wait_for("Data drift")
        self.say(terminal, "range 3h")
        terminal.wait_for(" 3h")
        self.say(terminal, "refresh 2s")
        terminal.wait_for("LIVE 2s")
        self.say(terminal, "help")
        terminal.wait_for("Keys of the panels")
        terminal.press("/:ask")
        terminal.wait_for(":ask TEXT")
        terminal.press("\x1b\x1b")
        terminal.wait_for("Data drift")
        self.say(terminal, "quit")
        self.assertEqual(terminal.end(), 0)

    def test_tab_completes_history_recalls_and_a_mistake_is_corrected(self):
        terminal = self.live()
        terminal.press(":vi\t")
        terminal.wait_for(":view")
        terminal.wait_for("overview  drift  quality")
        terminal.press("ale\t\r")
        terminal.wait_for("Alerts: ")
        self.say(terminal, "vew events")
        terminal.wait_for("no command 'vew' (did you mean 'view'?)")
        terminal.press(CTRL_A + "\x06i\r")
        terminal.wait_for("UTC, newest first")
        terminal.press(":" + UP + UP + UP)
        terminal.wait_for(":view alerts")
        terminal.press("\r")
        terminal.wait_for("Alerts: ")
        self.say(terminal, "view drift")
        terminal.wait_for("ticket_length")
        terminal.press("a-")
        terminal.wait_for("ticket_length")
        terminal.press(":view drift" + CTRL_W + "sources" + LEFT * 3 + CTRL_U)
        terminal.wait_for(":ces")
        terminal.press("\x1b")
        terminal.wait_gone(":ces")

    def test_a_pasted_text_goes_into_the_line_and_sends_nothing(self):
        terminal = self.live()
        terminal.press(":ask \x1b[200~why is\nVPN \x1b]0;owned\x07down\x1b[201~")
        terminal.wait_for(":ask why is VPN")
        terminal.read()
        self.assertNotIn(b"\x1b]0;", terminal.sent)
        self.assertEqual(self.posts(self.servers.llm), [])
        terminal.press("\r")
        terminal.wait_for("Open the self-service portal")
        self.assertTrue(self.posts(self.servers.llm)[0][1]["query"].startswith("why is VPN "))

    def test_a_simulation_is_opened_as_a_form(self):
        terminal = self.live()
        self.say(terminal, "sim latency")
        terminal.wait_for("Launch a latency simulation")
        self.assertEqual(self.posts(self.servers.operations), [])

    def test_ascii_and_back(self):
        terminal = self.live()
        terminal.wait_for("┌")
        self.say(terminal, "ascii")
        terminal.wait_gone("┌")
        self.assertTrue(terminal.text().isascii())
        self.say(terminal, "ascii")
        terminal.wait_for("┌")

    def test_a_dashboard_of_the_users_and_ours_again(self):
        terminal = self.live()
        self.say(terminal, f"dashboard {self.folder}/none.json")
        terminal.wait_for("none.json")
        self.assertTrue(terminal.shows("Data drift"))
        path = self.folder / "own.json"
        path.write_text(json.dumps({"title": "Own", "panels": [
            {"type": "timeseries", "title": "My own panel", "targets": [{"expr": "up"}]}]}))
        self.say(terminal, f"dashboard {path}")
        terminal.wait_for("My own panel")
        terminal.wait_gone("Data drift")
        self.say(terminal, "dashboard")
        terminal.wait_for("Data drift")

    def test_an_expression_is_a_panel(self):
        terminal = self.live()
        self.say(terminal, 'query max(up{job="a\\b"}) or vector(1)')
        terminal.wait_for('max(up{job="a')
        terminal.wait_until(lambda: any("max" in body and "query" in path for _, path, body, _
                                        in self.servers.prometheus.requests), "the query")

    # ---- The filter ----------------------------------------------------------------------------------

    def test_a_filter_is_live_inverse_and_counted(self):
        terminal = self.live()
        terminal.press(test_console.F7)
        terminal.wait_for("Account 24")
        terminal.press("/account 2")
        terminal.wait_for("/account 2_ 2 of 8")
        terminal.wait_gone("Account 18")
        terminal.press("\r")
        terminal.wait_for("/account 2 2 of 8")
        terminal.press("/\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f!24")
        terminal.wait_for("/!24_ 7 of 8")
        terminal.wait_gone("Account 24")
        terminal.press("\x1b")
        terminal.wait_for("Account 24")
        terminal.press("/\x1b[200~zz\x1b]0;owned\x07z\n2\x1b[201~")
        terminal.wait_for("0 of 8")
        terminal.press("\x1b")
        terminal.wait_for("Account 24")
        terminal.read()
        self.assertNotIn(b"\x1b]0;", terminal.sent)

    def test_panels_are_filtered_by_title(self):
        terminal = self.live()
        terminal.press("/latency\r")
        terminal.wait_gone("Data drift")
        terminal.wait_for("/latency ")
        terminal.press("\x1b")
        terminal.wait_for("Data drift")

    # ---- Asking --------------------------------------------------------------------------------------

    def test_a_question_shows_its_answer_sentence_by_sentence(self):
        terminal = self.live()
        self.say(terminal, "ask How do I reset it?")
        terminal.wait_for("Open the self-service portal")
        terminal.wait_for("name not in evidence: Bob")
        terminal.press("k")
        terminal.wait_for("account-lockout.md#1")
        self.assertEqual(self.posts(self.servers.llm), [("/chat", {"query": "How do I reset it?"}, "console")])
        terminal.press("\r")
        terminal.wait_for("chat 24")
        terminal.press("\x1b")
        terminal.wait_for("Requests: all")

    def test_a_prediction_shows_severity_and_probabilities(self):
        terminal = self.live()
        self.say(terminal, "predict l\t120 u\t2 i\t8.5 t\t3")
        terminal.wait_for("High  confidence 0.710")
        terminal.wait_for("Critical")
        terminal.wait_for("0.190")
        self.assertEqual(self.posts(self.servers.ml), [
            ("/predict", {"ticket_length": 120, "urgency_keywords": 2, "business_impact": 8.5, "customer_tier": 3},
             "console")])
        self.say(terminal, "predict length=1 urgency=1 impact=1 tier=9")
        terminal.wait_for("customer_tier must be")

    def test_a_triage_shows_why_and_what_to_do(self):
        terminal = self.live(rows=40)
        self.say(terminal, "triage impact=8 tier=2 A whole site is down")
        terminal.wait_for("High  confidence 0.873")
        terminal.press("G")
        terminal.wait_for("took 23.1 ms, model 0.1 ms, llm 22.5 ms")
        self.assertEqual(self.posts(self.servers.ml), [
            ("/triage", {"ticket_text": "A whole site is down", "business_impact": 8, "customer_tier": 2}, "console")])
        terminal.press("\r")
        terminal.wait_for("HTTP 404")  # this server does not have it
        self.say(terminal, "triage A whole site is down")
        terminal.wait_for("missing; customer_tier is missing")

    def test_servers_that_answer_badly_are_told(self):
        terminal = self.live()
        llm, ml = self.servers.llm, self.servers.ml
        for refusal, text in ((fake_servers.problem(503, "Service Unavailable", "the queue is full"), "queue is full"),
                              (fake_servers.problem(422, "Unprocessable Content", "1 field is wrong",
                                                    query="must have 3 to 2000 characters"), "query must have 3"),
                              ((200, {"response": 7}), "ERROR"), ((200, []), "ERROR"), ((200, "text"), "ERROR")):
            llm.refusal = ml.refusal = refusal
            for line in ("ask x", "triage x", "predict length=1 urgency=1 impact=1 tier=1"):
                self.say(terminal, line)
                terminal.wait_for(f"Command line: {line.split()[0]}")
                terminal.wait_for(text)
                terminal.press("\x1b")
                terminal.wait_gone("Command line")
        llm.refusal = None
        for mode, text in ((HTML, "502 Bad Gateway"), (GARBAGE, "ERROR")):
            llm.mode = mode
            self.say(terminal, "ask x")
            terminal.wait_for(text)
            terminal.press("\x1b")
            terminal.wait_gone("Command line")
        llm.mode = GOOD
        self.say(terminal, "ask again")
        terminal.wait_for("Open the self-service portal")

    def test_a_dead_server_is_told(self):
        terminal = self.live()
        self.servers.llm.stop()
        self.say(terminal, "ask x")
        terminal.wait_for("ERROR")

    def test_hostile_answers_reach_no_terminal(self):
        for more in ({}, {"LANG": "C"}):
            terminal = self.live(**more)
            self.servers.llm.stored_id = "../../simulations"
            self.say(terminal, "ask something hostile")
            terminal.wait_for("x" * 50)
            terminal.press("\r")
            terminal.wait_for("nothing of it among the stored requests")
            self.say(terminal, "triage impact=1 tier=1 x")
            terminal.wait_for("High  confidence 0.873")
            terminal.press("G")
            terminal.wait_for("took 23.1 ms")
            self.say(terminal, "predict length=1 urgency=1 impact=1 tier=1")
            terminal.wait_for("High  confidence")
            for bad in (b"\x1b]0;", b"\x07", "\u202e".encode(), b"\xc2\x9b"):
                self.assertNotIn(bad, terminal.sent)
            terminal.close()

    def test_read_only_asks_nothing(self):
        terminal = self.live("--read-only")
        for line in ("ask x", "triage x", "predict length=1 urgency=1 impact=1 tier=1", "sim drift"):
            self.say(terminal, line)
            terminal.wait_for("--read-only")
        self.assertEqual(self.posts(self.servers.llm) + self.posts(self.servers.ml), [])

    # ---- While nothing answers -----------------------------------------------------------------------

    def test_keys_paint_while_all_servers_hang(self):
        terminal = self.live()
        for server in self.servers.all():
            server.mode = HUNG
        self.say(terminal, "ask x")
        terminal.wait_for("not answered yet")
        slowest = 0
        for i, key in enumerate("abcdefghijklmnopqrstuvwxyz"):
            if i == 0:
                terminal.press(":")
                terminal.wait_for("view  range")
            began = time.monotonic()
            terminal.press(key)
            terminal.wait_for(":" + "abcdefghijklmnopqrstuvwxyz"[:i + 1], limit=2)
            slowest = max(slowest, time.monotonic() - began)
        print(f"# slowest key in the line while all servers hang: {slowest * 1000:.0f} ms")
        terminal.press("\x1b")
        for _ in range(5):
            self.say(terminal, "ask x")
        terminal.wait_for("4 questions are not answered yet")
        terminal.press("\x1bq")
        self.assertEqual(terminal.end(), 0)

    def test_the_line_is_usable_on_small_screens(self):
        for columns, rows in ((40, 10), (20, 5), (10, 1)):
            terminal = self.open(columns=columns, rows=rows)
            terminal.read()
            terminal.press(":ask a long question that has no room")
            terminal.wait_for("no room"[-columns + 4:])
            terminal.press(CTRL_U + "quit\r")
            self.assertEqual(terminal.end(), 0)
            terminal.close()
