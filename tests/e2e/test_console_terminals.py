"""The console on terminals of every kind, of every size, in every locale, and on its way out of them."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

import test_console
from fake_servers import GOOD, HUNG
from terminal import ByteStream, Screen

SIGNALS = ("TERM", "HUP", "INT", "QUIT", "SEGV", "ABRT", "BUS", "FPE", "ILL")
PASTE_BEGIN = b"\x1b[200~"
ESCAPE = re.compile(rb"\x1b(?:\[([?>=]?)([0-9;]*)([ -/]*)([@-~])|([()])([0-9A-Z])|([ -/]*[0-~]))")
# Modes that ANSI terminals ignore when they lack them, and that no terminfo names: pastes, whole frames.
HARMLESS = {"?2004h", "?2004l", "?2026h", "?2026l"}
VIEWS = ("\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[19~", "\x1b[20~", "e")

# Prints the shape of everything that a terminfo entry can send; curses reads one entry in a process.
SHAPES = """
import curses, json, re, subprocess, sys
sys.path.insert(0, sys.argv[1])
from test_console_terminals import shapes_of
curses.setupterm(sys.argv[2], 1)
sent = b""
for line in subprocess.run(["infocmp", "-1", "-x", sys.argv[2]], capture_output=True, text=True).stdout.splitlines():
    text = curses.tigetstr(line.strip().split("=")[0])
    for n in (0, 1, 9, 200) if text and not re.search(rb"%[0-9:.]*s", text) else ():
        sent += curses.tparm(text, *[n] * 9)
print(json.dumps(sorted(shapes_of(sent))))
"""


def shapes_of(sent):
    """The kinds of escape sequences in sent, numbers left out, but for those of modes."""
    shapes = set()
    for private, numbers, between, final, charset, which, other in ESCAPE.findall(sent):
        if final in b"hl" and final:
            shapes |= {f"{private.decode()}{number}{final.decode()}" for number in numbers.decode().split(";")}
        elif final:
            shapes.add(f"[{private.decode()}{between.decode()}{final.decode()}")
        else:
            shapes.add((charset + which + other).decode())
    return shapes


def shapes_known(term):
    folder = str(pathlib.Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", SHAPES, folder, term], capture_output=True, check=True,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    return set(json.loads(done.stdout))


class WayOutTest(test_console.Console):
    def assert_given_back(self, terminal):
        self.assertTrue(terminal.settings_are_back(), "line settings")
        self.assertEqual(terminal.modes_left(), set())
        self.assertTrue(terminal.sent.rindex(b"\x1b[?25h") > terminal.sent.rindex(b"\x1b[?25l"), "cursor")

    def test_every_signal_gives_the_terminal_back_out_of_a_form_and_a_paste(self):
        for name in SIGNALS:
            with self.subTest(name):
                number = getattr(signal, "SIG" + name)
                terminal = self.open()
                terminal.wait_for("ALERTS")
                terminal.press(b"D")
                terminal.wait_for("Launch a drift simulation")
                terminal.press(PASTE_BEGIN + b"cut off")
                terminal.process.send_signal(number)
                self.assertEqual(terminal.end(), 128 + number)
                self.assert_given_back(terminal)
                terminal.close()

    def gone_after(self, **kwargs):
        """Seconds from the terminal's end to the program's, and its exit code."""
        terminal = self.open(**kwargs)
        terminal.wait_for("ALERTS")
        terminal.read(quiet=0.05)
        began = time.monotonic()
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.process.wait(5)
        return time.monotonic() - began, terminal.process.returncode

    def test_a_terminal_that_is_gone_ends_it_within_a_tenth_of_a_second(self):
        command = self.command()
        ways = {"SIGHUP": {}, "the end of the file alone": {"controls": False},
                "SIGHUP ignored": {"command": ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *command]}}
        for mode in (GOOD, HUNG):
            for server in self.servers.all():
                server.mode = mode
            for name, way in ways.items():
                with self.subTest(name, mode=mode):
                    times, codes = zip(*(self.gone_after(**way) for _ in range(3)))
                    self.assertLess(min(times), 0.1)  # the best of three: a busy machine is not the program's fault
                    self.assertEqual(set(codes), {129})

    def test_the_end_of_its_input_gives_back_the_screen(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, slave)
        terminal = self.open(command=["sh", "-c", 'exec "$0" "$@" <"$KEYS"', *self.command()], KEYS=os.ttyname(slave))
        terminal.wait_for("ALERTS")
        os.close(master)
        self.assertEqual(terminal.end(), 129)
        self.assertTrue(terminal.settings_are_back())
        self.assertEqual(terminal.modes_left(), set())

    def test_after_ctrl_z_everything_is_asked_anew(self):
        script = "set -m\n%s\necho stopped $?\nread line\nfg\n" % " ".join([*self.command(), "--refresh=60"])
        terminal = self.open(command=["bash", "-c", script])
        terminal.wait_for("baseline on")
        terminal.read(quiet=0.5)
        terminal.press(b"\x1a")
        terminal.wait_for("stopped 148")
        self.assertEqual(terminal.modes_left(), set())
        asked = [len(server.requests) for server in self.servers.all()[:3]]
        terminal.press("\r")
        terminal.wait_for("?:help")
        terminal.wait_until(lambda: all(len(server.requests) > n for server, n in zip(self.servers.all(), asked)),
                            "questions to each server")
        terminal.press("q")
        terminal.end()
        self.assert_given_back(terminal)

    def test_a_stop_from_outside_is_mended_when_it_goes_on(self):
        terminal = self.live()
        terminal.press("p")
        terminal.wait_for("PAUSED")
        terminal.read(quiet=0.3)
        before = list(terminal.screen.display)
        terminal.process.send_signal(signal.SIGSTOP)
        terminal.screen.reset()  # somebody else wrote there meanwhile
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_until(lambda: terminal.screen.display == before, "the same screen")


class TypesTest(test_console.Console):
    def walk(self, terminal, keys_of_all=True):
        """Through a chart and a form, and through every view, and out."""
        more = (*VIEWS, "\x1bOQ", "=", "t", "?", "\x1b", "a\r", "\x1b", "v", "\x1b") if keys_of_all else ()
        for keys in ("\r", "\x1b", "D", "\x1b", *more, "\x0c"):
            terminal.press(keys)
            terminal.read(quiet=0.03)
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)
        self.assertTrue(terminal.settings_are_back())
        self.assertEqual(terminal.modes_left(), set())

    def test_nothing_is_sent_that_the_terminal_lacks(self):
        self.servers.prometheus.alert = "firing"
        for term in ("xterm", "xterm-256color", "screen", "screen-256color", "tmux", "tmux-256color", "linux", "vt100", "vt220"):
            with self.subTest(term):
                terminal = self.open(term=term)
                terminal.wait_for("Data drift")
                terminal.wait_for("1 CRIT")
                self.walk(terminal, term in ("xterm-256color", "linux", "vt100"))
                self.assertEqual(shapes_of(terminal.sent) - shapes_known(term) - HARMLESS, set())
                self.assertEqual("?1049h" in shapes_of(terminal.sent), "?1049h" in shapes_known(term))
                has_colour = test_console.COLOR.search(terminal.sent) is not None
                self.assertEqual(has_colour, term not in ("vt100", "vt220"))
                terminal.close()

    def test_no_color_is_obeyed_by_every_type(self):
        self.servers.prometheus.alert = "firing"
        for term in ("xterm", "linux"):
            with self.subTest(term):
                terminal = self.open(term=term, NO_COLOR="1")
                terminal.wait_for("1 CRIT")
                self.walk(terminal)
                self.assertIsNone(test_console.COLOR.search(terminal.sent))
                self.assertNotIn(b"\x1b[39;49m", terminal.sent)
                terminal.close()

    def test_dumb_unknown_and_nameless_terminals_are_sent_no_escape(self):
        for term in ("dumb", "no-such-terminal", "unknown", ""):
            with self.subTest(term):
                terminal = self.open(term=term)
                self.assertEqual(terminal.end(), 64)
                self.assertIn(b"tidewatch --once", terminal.sent)
                self.assertNotIn(b"\x1b", terminal.sent)
                self.assertTrue(terminal.settings_are_back())

    @unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
    def test_tmux_and_screen_in_a_real_tmux(self):
        for term in ("screen", "screen-256color", "tmux", "tmux-256color"):
            with self.subTest(term):
                socket, settings = self.folder / f"tmux-{term}", self.folder / "tmux.conf"
                settings.write_text(f"set -g default-terminal {term}\nset -s exit-empty off\n")
                tmux = ["tmux", "-u", "-S", str(socket), "-f", str(settings)]
                command = " ".join(self.command()) + "; echo left $? in $TERM; exec cat"
                subprocess.run([*tmux, "new-session", "-d", "-x", "100", "-y", "30", command], check=True,
                               env={**os.environ, "LANG": "C.UTF-8"})
                self.addCleanup(subprocess.run, [*tmux, "kill-server"], stderr=subprocess.DEVNULL)
                for keys, text in (((), "baseline on"), (("D",), "Launch a drift"), (("Escape",), "?:help"),
                                   (("F3",), "ticket_length moved up"), (("q",), f"left 0 in {term}")):
                    if keys:
                        subprocess.run([*tmux, "send-keys", *keys], check=True)
                    self.assertTrue(self.captured(tmux, text), text)
                    if not keys:
                        self.assertEqual(self.asked(tmux, "alternate_on"), "1")
                self.assertEqual(self.asked(tmux, "alternate_on cursor_flag mouse_any_flag"), "0 1 0")

    @staticmethod
    def asked(tmux, names):
        text = " ".join("#{%s}" % name for name in names.split())
        return subprocess.run([*tmux, "display-message", "-p", text], capture_output=True, text=True).stdout.strip()

    captured = test_console.ConsoleTest.captured


@unittest.skipUnless(shutil.which("localedef") and os.path.exists("/usr/share/i18n/locales/tr_TR"),
                     "the sources of locales are not installed")
class LocalesTest(test_console.Console):
    """Of locales of their own: nothing of the system's is changed."""

    MADE = ("de_DE.UTF-8", "tr_TR.UTF-8", "tr_TR.ISO-8859-9", "de_DE.ISO-8859-1")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        making = [subprocess.Popen(["localedef", "--no-archive", "-i", name.split(".")[0], "-f", name.split(".", 1)[1],
                                    cls.folder / name]) for name in cls.MADE]
        assert not any(each.wait() for each in making)

    def test_numbers_keep_their_points_and_filters_tell_no_case_from_another(self):
        self.servers.prometheus.alert = "firing"
        for name in ("C", "POSIX", "C.UTF-8", *self.MADE):
            with self.subTest(name):
                terminal = self.live(LANG=name, LC_ALL=name, LOCPATH=str(self.folder))
                terminal.wait_until(lambda: re.search(r"Data drift +0\.1\d", terminal.text()), "the number")
                self.assertIsNone(re.search(r"\d,\d", terminal.text()), terminal.text())
                terminal.press("a")
                terminal.wait_until(lambda: re.search("CRIT +MLModelDriftHigh", terminal.text()), "the alert")
                for word in ("DRIFTHIGH", "drifthigh"):
                    terminal.press("/" + word)
                    terminal.wait_for(word)
                    self.assertIsNotNone(re.search("CRIT +MLModelDriftHigh", terminal.text()), terminal.text())
                    terminal.press("\x1b")
                    terminal.wait_gone(word)
                number = self.servers.operations.next_id
                terminal.press("D\r")
                terminal.wait_for("Sure?")
                time.sleep(test_console.GUARD_S)
                terminal.press("y")
                terminal.wait_for(f"DRILL drift {number}")
                self.assertIn('"amount":0.8', self.sent(self.servers.operations, "POST")[-1][2].replace(" ", ""))
                self.assertEqual(all(byte < 0x80 for byte in terminal.sent), "UTF-8" not in name)
                terminal.close()
                self.servers.operations.end(number)


class SizesTest(test_console.Console):
    def test_every_view_survives_a_storm_of_sizes_with_keys_pressed_meanwhile(self):
        terminal = self.live()
        for view in VIEWS:
            terminal.press(view)
            for columns, rows in ((140, 40), (1, 1), (2, 50), (60, 15), (300, 1), (40, 10), (1, 3), (20, 5), (80, 24)):
                terminal.resize(columns, rows)
                terminal.press("jk\x1b[B\x1b[A")
                terminal.read(quiet=0.01, limit=0.03)
        for view in VIEWS:
            with self.subTest(view):
                terminal.press(view)
                terminal.wait_for("?:help")
                terminal.press("p")
                terminal.wait_for("PAUSED")
                terminal.read(quiet=0.1)
                before = list(terminal.screen.display)
                terminal.press(b"\x0c")
                terminal.read(quiet=0.1)
                self.assertEqual(terminal.screen.display, before)  # what was sent in parts is the whole
                terminal.press("p")
                terminal.wait_gone("PAUSED")

    def test_it_begins_at_any_size(self):
        self.servers.prometheus.alert = "firing"
        for columns, rows in ((1, 1), (2, 2), (3, 1), (5, 3), (10, 5), (20, 4), (200, 2), (3, 60)):
            with self.subTest(columns=columns, rows=rows):
                terminal = self.open(columns=columns, rows=rows)
                terminal.read(quiet=0.2, limit=2)
                terminal.press("?\x1baeD\x1b")
                terminal.read(quiet=0.1)
                terminal.resize(80, 24)
                terminal.wait_for("1 CRIT")
                terminal.press("qy")
                self.assertEqual(terminal.end(), 0)
                terminal.close()

    def test_huge_screens_are_used_to_their_edges(self):
        for columns, rows in ((300, 100), (500, 200)):
            with self.subTest(columns=columns):
                terminal = self.live(columns=columns, rows=rows)
                terminal.wait_for("Data drift")
                display = terminal.screen.display
                self.assertTrue(display[-1].startswith("?:help") or display[-1].startswith(" ?:help"), display[-1])
                self.assertTrue(any(line.rstrip().endswith("┐") and len(line.rstrip()) > columns - 4 for line in display))
                for view in VIEWS:
                    terminal.press(view)
                    terminal.read(quiet=0.1)
                terminal.press("q")
                self.assertEqual(terminal.end(), 0)
                terminal.close()

    def test_strips_have_a_row_for_each_panel_and_none_runs_over(self):
        terminal = self.live("--dashboard", str(ASSETS_OVERVIEW), columns=40, rows=10)
        terminal.wait_for("Data drift")
        terminal.read(quiet=0.2)
        rows = [line for line in terminal.screen.display if re.match(r"^[ ▸>]*\d ", line)]
        self.assertGreaterEqual(len(rows), 5, terminal.text())
        before = list(terminal.screen.display)
        wide = Screen(80, 10)  # a row that runs over a terminal of 40 columns would go on here
        ByteStream(wide).feed(terminal.sent)
        self.assertTrue(all(not line[40:].strip() for line in wide.display), "\n".join(wide.display))
        self.assertEqual([line[:40] for line in wide.display], before)


ASSETS_OVERVIEW = test_console.ASSETS / "grafana/dashboards/overview.json"

if __name__ == "__main__":
    unittest.main()
