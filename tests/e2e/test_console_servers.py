"""The console before servers that hang, break off, send too much, and mean no good."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import unicodedata

import test_console
from fake_servers import CUT, ENDLESS, GOOD, PAGE, STUCK

# No character of these may reach a terminal: they move, colour, turn around or are nothing to be seen.
HOSTILE = {
    "escapes": "\x1b]0;owned\x07\x1b[2J\x1b[31m\x1bP1$r\x1b\\\x9b31m\x90q\x9c red",
    "ten kilobytes": "x" * 10000,
    "bidi": "\u202eevil\u202c\u2066good\u2069\u200f\u061c end",
    "no width": "a\u200bb\u200c\u200dc\u2060\ufeffd\u00ad\u034f e\u0301\u0302\u0303",
    "CJK": "漂移警報" * 40,
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f525\u2764\ufe0f\U0001f1e9\U0001f1ea" * 20,
    "lines": "one\r\ntwo\u2028three\u2029four\u0085five\tsix\x08\x7f",
}
# No JSON that a server of these sends: the answer as a whole is refused, and the reason said.
REFUSED = {"not valid UTF-8": "\udcff\udcfe\udcc3(\udced\udca0\udc80\udcf4\udc90\udc80\udc80\x1b[31m", "u0000": "a\x00\x1b[31m"}
VIEWS = {"overview": "\x1bOQ", "drift": "\x1bOR", "quality": "\x1bOS", "latency": "\x1b[15~", "alerts": "\x1b[17~",
         "requests": "\x1b[18~", "simulations": "\x1b[19~", "events": "\x1b[20~", "sources": "e"}
OURS = re.compile(r"\x1b(?:\[[?>]?[0-9;]*[A-Za-z@`]|[()][A-Z0-9]|[78=>M])")


def faults_of(sent):
    """What there is in sent that must not be: bytes that are no UTF-8, sequences and characters not ours."""
    text = OURS.sub("", sent.decode("utf-8"))
    return {f"U+{ord(c):04X}" for c in text
            if c not in "\r\n\b\t\x0e\x0f" and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")
                                              or unicodedata.combining(c))}


class ServersTest(test_console.Console):
    def assert_in_its_place(self, terminal):
        """Boxes end where they should: what is wider or narrower than it was thought to be shifts them."""
        for line in terminal.screen.display:
            is_whole = line[-1] in "│┐┘" and terminal.columns_of(line) == terminal.screen.columns
            self.assertTrue(is_whole or line[0] not in "│┌└", f"{line!r}\n{terminal.text()}")

    def look_at(self, terminal, *keys):
        for each in keys:
            terminal.press(each)
            terminal.read(quiet=0.04)
            self.assert_in_its_place(terminal)
        self.assertEqual(faults_of(terminal.sent), set())

    def answers_keys(self, terminal):
        terminal.press("?")
        terminal.wait_for("Keys of the panels", limit=2)
        terminal.press("\x1b")
        terminal.wait_gone("Keys of the panels", limit=2)

    # ---- Bad connections ------------------------------------------------------------------------------

    def test_a_stopped_server_leaves_every_key(self):
        """SIGSTOP: the kernel still takes connections, and nothing ever comes."""
        script = ("import fake_servers, time\nserver = fake_servers.Prometheus().start()\n"
                  "print(server.url, flush=True)\ntime.sleep(60)\n")
        server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                                  cwd=pathlib.Path(__file__).parent)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        url = server.stdout.readline().strip()
        terminal = self.live("--prometheus.url=" + url)
        os.kill(server.pid, signal.SIGSTOP)
        terminal.wait_for("prom STALE", limit=8)
        for key in VIEWS.values():
            before = terminal.screen.display[2:]
            terminal.press(key)
            if key != VIEWS["overview"]:
                terminal.wait_until(lambda: terminal.screen.display[2:] != before, "another view", 1)
        terminal.press(VIEWS["overview"])
        self.answers_keys(terminal)
        os.kill(server.pid, signal.SIGCONT)
        terminal.wait_for("prom OK", limit=15)

    def test_answers_that_break_off_hang_or_never_end_are_errors_that_pass(self):
        for mode in (CUT, STUCK, ENDLESS, PAGE):
            with self.subTest(mode):
                for server in self.servers.all():
                    server.mode = mode
                    server.released.clear()
                terminal = self.open("--client.timeout=1s")
                terminal.wait_for("prom ERROR", limit=6)
                terminal.wait_for("am ERROR", limit=6)
                terminal.wait_for("api ERROR", limit=6)
                self.answers_keys(terminal)
                self.look_at(terminal, *VIEWS.values())
                size = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{terminal.process.pid}/status").read_text())[1])
                self.assertLess(size, 200_000)  # kB, with the sanitizer's: 50 MB are never kept
                for server in self.servers.all():
                    server.mode = GOOD
                    server.released.set()
                terminal.press("\x1bOQ")
                terminal.wait_for("prom OK", limit=15)
                terminal.close()

    # ---- Too much -------------------------------------------------------------------------------------

    def test_a_thousand_alerts_are_listed_and_moved_through(self):
        self.servers.prometheus.more_alerts = [
            {"alertname": f"Alert{i:04}", "severity": ("critical", "warning", "info")[i % 3], "service": f"s{i % 7}"}
            for i in range(998)]
        terminal = self.live("--view", "alerts")
        terminal.wait_for("333 CRIT")
        self.look_at(terminal, "G", "\r", "\x1b", "g", "\x1b[6~", "o", "o", "f", "f", "/Alert0777")
        terminal.wait_for("Alert0777")

    def test_five_thousand_series_in_one_panel_are_cut_and_said(self):
        self.servers.prometheus.n_series = 5000
        terminal = self.open("--dashboard", str(self.board()), columns=140, rows=40)
        terminal.wait_for("64 of 5000 series shown", limit=20)
        self.answers_keys(terminal)
        self.look_at(terminal, "\r", "j", "G", "t", "\x1b")

    def test_alerts_of_sixty_four_labels_are_shown(self):
        self.servers.prometheus.more_alerts = [
            {"alertname": "Many", "severity": "critical", **{f"label_{i:02}": f"value {i} " + "v" * i for i in range(62)}}]
        terminal = self.live("--view", "alerts")
        terminal.wait_for("1 CRIT")
        terminal.press("\r")
        terminal.wait_for("alertname=Many")
        terminal.wait_for("label_00=value 0")
        self.look_at(terminal, "G", "g", "j")

    def board(self):
        path = self.folder / "one.json"
        path.write_text(json.dumps({"title": "One", "panels": [
            {"type": kind, "title": f"A {kind}", "gridPos": {"x": 0, "y": 8 * i, "w": 24, "h": 8},
             "targets": [{"refId": "A", "expr": "up", "legendFormat": "{{job}}"}]}
            for i, kind in enumerate(("timeseries", "table", "bargauge"))]}))
        return path

    # ---- Texts that nobody means well with -------------------------------------------------------------

    def make_hostile(self, text):
        self.servers.prometheus.label = text
        self.servers.prometheus.alert = "firing"
        self.servers.prometheus.more_alerts = [{"alertname": text or "a", "severity": "critical", "service": text, "pod": text}]
        self.servers.operations.hostile = text
        for row in self.servers.operations.stored.at:
            row.update(query=text, response=text, severity=text)
            if "sentences" in row:
                row["sentences"] = [{"text": text, "support": 0.1, "flags": [text], "evidence": None}]
        self.servers.alertmanager.silences.clear()
        self.servers.alertmanager.add({"alertname": text, "zone": text}, by=text, comment=text)

    def test_hostile_texts_reach_no_terminal_and_leave_every_box_whole(self):
        cases = [(name, text, {"columns": 100, "rows": 30}) for name, text in HOSTILE.items()]
        cases.append(("ASCII", " ".join(HOSTILE.values()), {"columns": 60, "rows": 15, "LANG": "C"}))
        for name, text, kwargs in cases:
            with self.subTest(name):
                self.make_hostile(text)
                terminal = self.open("--dashboard", str(self.board()), **kwargs)
                terminal.wait_for("CRIT")
                self.look_at(terminal, "\r", "\x1b", VIEWS["alerts"], "\r", "G", "\x1b", "G", "\r", "\x1b", "S", "\x1b",
                             VIEWS["requests"], "\r", "G", "\x1b", VIEWS["simulations"], "G", "\r", "\x1b", VIEWS["events"],
                             VIEWS["sources"], VIEWS["overview"])
                terminal.close()

    def test_what_is_no_json_is_refused_with_its_reason(self):
        for reason, text in REFUSED.items():
            with self.subTest(reason):
                self.make_hostile(text)
                terminal = self.open()
                terminal.wait_for("prom ERROR")
                terminal.wait_for(reason)
                self.answers_keys(terminal)
                self.look_at(terminal, *VIEWS.values())
                terminal.close()

    def test_a_hostile_silence_is_shown_tamed(self):
        for name in ("escapes", "bidi", "CJK"):
            with self.subTest(name):
                self.servers.alertmanager.silences.clear()
                self.servers.alertmanager.add({"alertname": "MLModelDriftHigh"}, by="eve " + HOSTILE[name], comment=HOSTILE[name])
                self.servers.prometheus.alert = "firing"
                terminal = self.live("--view", "alerts", columns=140, rows=40)
                terminal.wait_for("silenced")
                terminal.press("\r")
                terminal.wait_for("of eve")
                self.look_at(terminal, "G")
                terminal.close()
