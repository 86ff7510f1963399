"""What the console's command line changes while it runs, on real pseudo terminals: the context, the theme, the mouse,
variables, the settings read again and written."""

import json
import os
import pathlib
import re
import shutil
import signal
import stat
import tempfile
import time
import unittest

import fake_servers
from fake_servers import HUNG
from terminal import Terminal
from test_console import COLOR

PROGRAM = pathlib.Path(os.environ["TW_BUILD_ROOT"]) / "src/tui/tidewatch"
ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
OPERATOR = "0123456789abcdef0123456789abcdef"
MOUSE = re.compile(rb"\x1b\[\?100[0-9][hl]")
MOUSE_ON, MOUSE_OFF = b"\x1b[?1000h\x1b[?1006h", b"\x1b[?1006l\x1b[?1000l"
GUARD_S = 0.35
BOARD = {"title": "Own", "templating": {"list": [
    {"name": "region", "type": "custom", "query": "eu west,eu east,us", "multi": True, "includeAll": True,
     "current": {"value": ["us"]}}]},
    "panels": [{"type": "timeseries", "title": "Up in $region", "targets": [{"expr": 'up{region=~"$region"}'}]}]}


def click(x, y):
    """Pressed and let go; cells from 0."""
    return f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m"


class Settings(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)
        self.here, self.there = fake_servers.Servers(), fake_servers.Servers()
        for servers in (self.here, self.there):
            self.addCleanup(servers.stop)
        self.there.prometheus.label = "of-the-other"
        self.put("live.token", OPERATOR + "\n", 0o600)
        self.settings = self.put("config/tidewatch/tidewatch.conf", "# mine\n[console]\ntheme = dark ; my eyes\n" + "".join(
            f"\n[context.{name}]\n" + "".join(f"{server} = {getattr(servers, server).url}\n" for server in
                                              ("prometheus", "alertmanager", "operations", "ml", "llm")) + more
            for name, servers, more in (("staging", self.here, "token_file = ~/live.token\n"),
                                        ("live-eu", self.there, "prod = true\n"))), 0o600)

    def put(self, name, text, mode=0o644):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def open(self, *more, **kwargs):
        kwargs.setdefault("columns", 110)
        terminal = Terminal([str(PROGRAM), f"--assets.dir={ASSETS}", "--refresh=0.5", *more], HOME=str(self.home),
                            XDG_CONFIG_HOME=f"{self.home}/config", XDG_STATE_HOME=f"{self.home}/state", **kwargs)
        self.addCleanup(terminal.close)
        return terminal

    def live(self, *more, **kwargs):
        terminal = self.open("--context", "staging", *more, **kwargs)
        terminal.wait_for("[staging]")
        terminal.wait_for("baseline on")
        terminal.wait_until(lambda: terminal.shows("prom OK"), "prometheus OK")
        return terminal

    def say(self, terminal, line):
        terminal.press(":")
        terminal.wait_for("view  range")
        terminal.press(line + "\r")

    # ---- Context -------------------------------------------------------------------------------------

    def test_another_context_has_its_servers_its_name_and_nothing_of_the_one_before(self):
        self.here.prometheus.alert = "firing"
        terminal = self.live()
        terminal.wait_until(lambda: terminal.shows("MLModelDriftHigh"), "the alert")
        terminal.press(":context li\t")
        terminal.wait_for(":context live-eu")
        terminal.press("\r")
        terminal.wait_for("[PROD live-eu]")
        self.assertFalse(terminal.shows("MLModelDriftHigh"), terminal.text())
        terminal.wait_until(lambda: terminal.shows("prom OK"), "prometheus OK")
        time.sleep(0.6)  # what was under way has ended
        n_before = len(self.here.prometheus.requests)
        self.assertTrue(self.there.prometheus.requests and self.there.ml.requests)
        terminal.wait_until(lambda: len(self.there.prometheus.requests) > 10, "requests")
        self.assertEqual(len(self.here.prometheus.requests), n_before)
        for server in self.there.all():
            self.assertLessEqual({request[3] for request in server.requests}, {""})
        terminal.press("D")
        terminal.wait_for("context 'live-eu' names no token_file")
        self.say(terminal, "ask who are you")
        terminal.wait_for("Open the self-service portal")
        self.assertEqual(self.here.llm.requests, [])
        self.say(terminal, "context staging")
        terminal.wait_for("[staging]")
        terminal.wait_for("MLModelDriftHigh")
        self.say(terminal, "answer")
        terminal.wait_for("nothing was asked from here yet")

    def test_a_hung_context_is_left_at_once(self):
        terminal = self.live()
        for server in self.here.all():
            server.mode = HUNG
        terminal.wait_until(lambda: terminal.shows("STALE"), "that it hangs", limit=15)
        began = time.monotonic()
        self.say(terminal, "context live-eu")
        terminal.wait_for("[PROD live-eu]", limit=2)
        print(f"# from a hung context to another: {(time.monotonic() - began) * 1000:.0f} ms")
        terminal.wait_until(lambda: terminal.shows("prom OK"), "prometheus OK")
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)

    def test_with_a_simulation_of_ours_it_asks(self):
        terminal = self.live()
        terminal.press("D\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("drift 7")
        self.say(terminal, "context live-eu")
        terminal.wait_for("Go to live-eu? What you started on staging goes on there.")
        terminal.press("\x1b")
        terminal.wait_gone("Go to live-eu?")
        self.assertTrue(terminal.shows("[staging]"))
        self.say(terminal, "context live-eu")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("[PROD live-eu]")
        self.assertFalse(terminal.shows("U:undo"))
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)

    def test_they_are_listed_and_mistakes_change_nothing(self):
        terminal = self.live()
        self.say(terminal, "context")
        terminal.wait_for("live-eu  PROD")
        terminal.wait_for("staging  (here)")
        self.assertNotIn(OPERATOR, terminal.text())
        terminal.press("\x1b")
        self.say(terminal, "context stagin")
        terminal.wait_for("did you mean 'staging'?")
        terminal.press("\x1b")
        self.settings.write_text(self.settings.read_text() + "nonsense\n")
        self.say(terminal, "context live-eu")
        terminal.wait_until(lambda: re.search(r"tidewatch\.conf:\d+: neither", terminal.text()), "line and reason")
        terminal.press("\x1b")
        terminal.wait_until(lambda: terminal.shows("[staging]") and terminal.shows("baseline on"), "where we were")
        self.assertEqual(self.there.prometheus.requests, [])

    def test_flags_name_the_servers_of_the_place_where_it_began(self):
        terminal = self.open(*self.here.settings())
        terminal.wait_for("[local]")
        terminal.wait_for("baseline on")
        self.say(terminal, "context live-eu")
        terminal.wait_for("[PROD live-eu]")
        terminal.wait_until(lambda: len(self.there.prometheus.requests) > 5, "requests")
        self.say(terminal, "context local")
        terminal.wait_for("[local]")
        n_before = len(self.here.prometheus.requests)
        terminal.wait_until(lambda: len(self.here.prometheus.requests) > n_before + 5, "requests")

    def test_a_recording_stays_where_it_is(self):
        tape = self.home / "a.tape"
        terminal = self.live("--record", str(tape))
        self.say(terminal, "context live-eu")
        terminal.wait_for("a recording is made of one installation")
        terminal.press("q")
        terminal.end()
        self.assertEqual(self.there.prometheus.requests, [])
        terminal = self.open("--replay", str(tape))
        terminal.wait_for("REPLAY")
        self.say(terminal, "context live-eu")
        terminal.wait_for("a recording shows the installation")

    def test_read_only_looks_at_another_context_too(self):
        terminal = self.open("--context", "staging", "--read-only")
        terminal.wait_for("[staging read-only]")
        self.say(terminal, "context live-eu")
        terminal.wait_for("PROD live-eu read-only")
        terminal.press("D")
        terminal.wait_for("--read-only")

    # ---- Look ----------------------------------------------------------------------------------------

    def test_a_theme_takes_effect_at_once(self):
        terminal = self.live("--theme", "mono")
        self.assertIsNone(COLOR.search(terminal.sent))
        self.say(terminal, "theme dark")
        terminal.wait_until(lambda: COLOR.search(terminal.sent), "colours")
        self.say(terminal, "theme mono")
        terminal.read()
        n_before = len(terminal.sent)
        self.say(terminal, "theme")
        terminal.wait_for("the theme is mono")
        self.assertIsNone(COLOR.search(terminal.sent[n_before:]))
        self.say(terminal, "theme dusk")
        terminal.wait_for("no theme 'dusk' (did you mean 'dark'?)")

    def test_no_color_stays(self):
        terminal = self.live(NO_COLOR="1")
        self.say(terminal, "theme dark")
        terminal.wait_for("the theme is mono: NO_COLOR is set")
        terminal.read()
        self.assertIsNone(COLOR.search(terminal.sent))

    # ---- Mouse ---------------------------------------------------------------------------------------

    def test_without_it_no_byte_is_about_the_mouse(self):
        terminal = self.live()
        terminal.press(click(60, 5) + "a" + click(10, 5))
        terminal.wait_for("Alerts:")
        terminal.press("\x1b")
        terminal.wait_for("Data drift")
        self.say(terminal, "mouse off")
        terminal.wait_for("mouse off")
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)
        self.assertIsNone(MOUSE.search(terminal.sent))

    def test_a_click_focuses_a_second_one_opens_and_the_wheel_moves(self):
        terminal = self.live()
        self.say(terminal, "mouse on")
        terminal.wait_for("mouse on")
        self.assertIn(MOUSE_ON, terminal.sent)
        row, column = next((y, line.index(" 2 ") + 2) for y, line in enumerate(terminal.screen.display) if " 2 " in line)
        terminal.press(click(column, row + 2))
        terminal.wait_for("▸2")
        terminal.press("\x1b[<64;5;5M")
        terminal.read()
        terminal.press(click(column, row + 2))
        terminal.wait_for("▸2")
        terminal.press(click(column, row + 2))
        terminal.wait_for("AT CURSOR")
        terminal.press("\x1b")
        terminal.wait_for("▸2")
        terminal.press("v")
        terminal.wait_for("Enter: go")
        y = next(y for y, line in enumerate(terminal.screen.display) if "What happened, newest first" in line)
        terminal.press(click(40, y) * 2)
        terminal.wait_for("UTC, newest first")

    def test_no_click_answers_a_question(self):
        terminal = self.live()
        self.say(terminal, "mouse")
        terminal.wait_for("mouse on")
        terminal.press("D\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        for y in range(24):
            terminal.press(click(50, y) + "\x1b[<65;50;10M")
        terminal.read()
        self.assertTrue(terminal.shows("Sure?"))
        self.assertEqual([r for r in self.here.operations.requests if r[0] == "POST"], [])

    def test_it_is_off_again_on_every_way_out(self):
        for way in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT, "q"):
            terminal = self.live()
            self.say(terminal, "mouse on")
            terminal.wait_until(lambda: MOUSE_ON in terminal.sent, "the mouse")
            if way == "q":
                terminal.press(way)
            else:
                terminal.process.send_signal(way)
            terminal.end()
            self.assertEqual(MOUSE.findall(terminal.sent)[-1][-1:], b"l", way)
            self.assertIn(MOUSE_OFF, terminal.sent, way)
            self.assertTrue(terminal.settings_are_back(), way)
            terminal.close()

    def test_ctrl_z_gives_the_mouse_to_the_shell_and_fg_takes_it_again(self):
        script = f"set -m\n{PROGRAM} --assets.dir={ASSETS} --context staging\necho stopped $?\nread line\nfg\n"
        terminal = Terminal(["bash", "-c", script], columns=110, HOME=str(self.home),
                            XDG_CONFIG_HOME=f"{self.home}/config", XDG_STATE_HOME=f"{self.home}/state")
        self.addCleanup(terminal.close)
        terminal.wait_for("baseline on")
        self.say(terminal, "mouse on")
        terminal.wait_for("mouse on")
        terminal.press(b"\x1a")
        terminal.wait_for("stopped 148")
        self.assertEqual(MOUSE.findall(terminal.sent)[-1][-1:], b"l")
        n_before = len(terminal.sent)
        terminal.press("\r")
        terminal.wait_for("baseline on")
        self.assertIn(MOUSE_ON, terminal.sent[n_before:])
        terminal.press("q")
        terminal.end()
        self.assertEqual(MOUSE.findall(terminal.sent)[-1][-1:], b"l")

    # ---- Variables and queries -----------------------------------------------------------------------

    def expressions(self):
        return "".join(body + path for _, path, body, _ in self.here.prometheus.requests)

    def test_a_variable_is_chosen_and_completed(self):
        terminal = self.live("--dashboard", str(self.put("own.json", json.dumps(BOARD))))
        terminal.wait_for("Up in us")
        terminal.press(":var r\teu e\t")
        terminal.wait_for(":var region eu east")
        terminal.press(", us\r")
        terminal.wait_for("Up in eu east + us")
        terminal.wait_until(lambda: "eu+east" in self.expressions() or "eu%20east" in self.expressions(), "the query")
        self.say(terminal, "var region mars")
        terminal.wait_for("$region cannot be 'mars'")
        self.say(terminal, "var region all")
        terminal.wait_for("Up in All")
        self.say(terminal, "var")
        terminal.wait_for("All, or some of 3: eu west, eu east, us")

    def test_the_panels_query_is_edited_and_shown(self):
        terminal = self.live("--dashboard", str(self.put("own.json", json.dumps(BOARD))))
        terminal.wait_for("Up in us")
        self.say(terminal, "query edit")
        terminal.wait_for(':query up{region=~"us"}')
        terminal.press(" + 1\r")
        terminal.wait_for('▸1 up{region=~"us"} + 1')

    # ---- Reading and writing -------------------------------------------------------------------------

    def test_reload_takes_what_is_new_and_leaves_what_is_wrong(self):
        board = self.put("own.json", json.dumps(BOARD))
        terminal = self.live("--dashboard", str(board))
        terminal.wait_for("Up in us")
        self.say(terminal, "var region eu west")
        terminal.wait_for("Up in eu west")
        board.write_text(json.dumps(BOARD).replace("Up in", "Still up in"))
        self.settings.write_text(self.settings.read_text().replace("[console]\n", "[console]\nrange = 3h\n"))
        self.say(terminal, "reload")
        terminal.wait_for("Still up in eu west")
        terminal.wait_for(" 3h ")
        board.write_text("{")
        self.say(terminal, "reload")
        terminal.wait_for("own.json")
        terminal.press("\x1b")
        terminal.wait_for("Still up in eu west")
        board.write_text(json.dumps(BOARD))
        self.settings.write_text(self.settings.read_text().replace("range = 3h", "range = soon"))
        self.say(terminal, "reload")
        terminal.wait_for("tidewatch.conf:3: console.range")
        terminal.press("\x1b")
        terminal.wait_for("Still up in eu west")

    def test_reload_goes_to_servers_that_have_moved(self):
        terminal = self.live()
        text = self.settings.read_text()
        self.settings.write_text(text.replace(self.here.prometheus.url, self.there.prometheus.url))
        self.say(terminal, "reload")
        terminal.wait_until(lambda: len(self.there.prometheus.requests) > 5, "requests")
        terminal.wait_for("[staging]")

    def test_save_writes_the_look_and_nothing_else(self):
        before = self.settings.read_text()
        terminal = self.live()
        self.say(terminal, "theme light")
        self.say(terminal, "range 3h")
        self.say(terminal, "view drift")
        self.say(terminal, "mouse on")
        self.assertEqual(self.settings.read_text(), before)
        self.say(terminal, "save")
        terminal.wait_for("console.theme = light   (was dark)")
        terminal.wait_for("Written to")
        self.assertEqual(self.settings.read_text(), before.replace(
            "theme = dark ; my eyes\n",
            "theme = light ; my eyes\nrange = 3h\nrefresh = 500ms\nview = drift\nmouse = true\n"))
        self.assertEqual(stat.S_IMODE(self.settings.stat().st_mode), 0o600)
        terminal.press("q")
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)
        terminal = self.open("--context", "staging")
        terminal.wait_for("Features against the training data")
        self.assertIn(MOUSE_ON, terminal.sent)
        self.assertTrue(terminal.shows(" 3h "))
        self.say(terminal, "save")
        terminal.wait_for("Nothing differs")

    def test_the_command_lines_history_is_kept_without_questions(self):
        kept = self.home / "state/tidewatch/console.history"
        terminal = self.live()
        self.say(terminal, "ask a secret")
        terminal.wait_for("Open the self-service portal")
        terminal.press("\x1b")
        self.say(terminal, "view drift")
        terminal.wait_for("ticket_length")
        terminal.press("q")
        terminal.end()
        self.assertEqual(kept.read_text(), "view drift\n")
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        terminal = self.live()
        terminal.press(":\x1bOA")
        terminal.wait_for(":view drift")
        terminal.press("\x1b")
        terminal = self.live("--console.history=false")
        self.say(terminal, "range 3h")
        terminal.press("q")
        terminal.end()
        self.assertEqual(kept.read_text(), "view drift\n")

    def test_without_a_home_nothing_is_kept(self):
        terminal = Terminal([str(PROGRAM), f"--assets.dir={ASSETS}", *self.here.settings()], columns=110,
                            HOME=f"{self.home}/none")
        self.addCleanup(terminal.close)
        terminal.wait_for("baseline on")
        self.say(terminal, "view drift")
        terminal.wait_for("ticket_length")
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)
        self.assertFalse((self.home / "none").exists())

    def test_save_makes_a_file_where_there_is_none(self):
        shutil.rmtree(self.home / "config")
        terminal = self.open(*self.here.settings())
        terminal.wait_for("[local]")
        self.say(terminal, "ascii")
        self.say(terminal, "save")
        terminal.wait_for("console.ascii = true")
        self.assertEqual(self.settings.read_text(), "[console]\nrefresh = 500ms\nascii = true\n")
        self.assertEqual(stat.S_IMODE(self.settings.stat().st_mode), 0o600)


if __name__ == "__main__":
    unittest.main()
