#!/usr/bin/env python3
"""The terminal half of the console on real pseudo terminals: show-scene is driven by keys and signals,
and what it sends is read by pyte. Usage: test_screen.py SHOW-SCENE"""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

import pyte

PROGRAM = sys.argv[1]
FOOTER = "1-9 panel"
COLOR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


class Screen(pyte.Screen):
    """With the repetition of characters (REP), which xterm's terminfo has and pyte lacks."""

    last = " "

    def draw(self, data):
        super().draw(data)
        self.last = data[-1]

    def repeat(self, count=1):
        super().draw(self.last * (count or 1))


class ByteStream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat")
    events = pyte.ByteStream.events | {"repeat"}


def set_size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Terminal:
    """show-scene in a session of its own, and what its terminal shows."""

    def __init__(self, term="xterm-256color", columns=80, rows=24, command=None, controls=True, **env):
        self.master, self.slave = os.openpty()
        set_size(self.slave, columns, rows)
        self.settings = termios.tcgetattr(self.slave)
        self.sent = b""
        self.screen = Screen(columns, rows)
        self.stream = ByteStream(self.screen)
        environment = {"PATH": os.environ["PATH"], "TERM": term, "LANG": "C.UTF-8"}
        environment["ASAN_OPTIONS"] = "detect_leaks=0:handle_segv=0:handle_abort=0"
        environment.update(env)
        self.process = subprocess.Popen(
            command or [PROGRAM], stdin=self.slave, stdout=self.slave, stderr=self.slave,
            env=environment, close_fds=True, preexec_fn=self.take_terminal if controls else os.setsid)

    def take_terminal(self):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def read(self, quiet=0.15, limit=5.0):
        """Everything up to a silence."""
        end = time.monotonic() + limit
        got = b""
        while time.monotonic() < end and select.select([self.master], [], [], quiet)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            got += data
        self.sent += got
        self.stream.feed(got)
        return got

    def wait_for(self, text, limit=5.0):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            self.read(quiet=0.05, limit=0.5)
            if any(text in line for line in self.screen.display):
                return
        raise AssertionError("%r is not on the screen:\n%s" % (text, "\n".join(self.screen.display)))

    def press(self, keys):
        os.write(self.master, keys if isinstance(keys, bytes) else keys.encode())

    def row(self):
        """The row that names the last input."""
        return self.screen.display[-2].rstrip()

    def resize(self, columns, rows):
        set_size(self.slave, columns, rows)
        self.screen.resize(rows, columns)

    def end(self, limit=5.0):
        """Exit status, negative for a signal, as soon as there is one."""
        deadline = time.monotonic() + limit
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(quiet=0.01, limit=0.01)
        self.read(quiet=0.02)
        if self.process.poll() is None:
            self.process.kill()
            raise AssertionError("it did not end")
        return self.process.returncode

    def settings_are_back(self):
        return termios.tcgetattr(self.slave) == self.settings

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                pass


class ScreenTest(unittest.TestCase):
    def open(self, *args, **kwargs):
        terminal = Terminal(*args, **kwargs)
        self.addCleanup(terminal.close)
        return terminal

    def started(self, *args, **kwargs):
        terminal = self.open(*args, **kwargs)
        terminal.wait_for(FOOTER)
        return terminal

    def assert_restored(self, terminal):
        self.assertTrue(terminal.settings_are_back(), "line settings")
        last = terminal.sent[-400:]
        self.assertIn(b"\x1b[?1049l", last)
        self.assertIn(b"\x1b[?25h", last)
        self.assertIn(b"\x1b[?2004l", last)
        self.assertNotIn(b"\x1b[?1049h", last[last.rindex(b"\x1b[?1049l"):])

    def test_q_restores_the_terminal(self):
        terminal = self.started()
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)
        self.assert_restored(terminal)

    def test_signals_restore_the_terminal(self):
        for name in ("TERM", "HUP", "INT", "QUIT", "SEGV", "ABRT", "BUS", "FPE", "ILL"):
            with self.subTest(name):
                number = getattr(signal, "SIG" + name)
                terminal = self.started()
                terminal.process.send_signal(number)
                self.assertEqual(terminal.end(), 128 + number)
                self.assert_restored(terminal)
                terminal.close()

    def test_end_of_file_ends_it_within_100_ms(self):
        # Without a controlling terminal there is no SIGHUP: only the end of file tells it.
        terminal = self.started(controls=False)
        began = time.monotonic()
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.process.wait(5)
        self.assertLess(time.monotonic() - began, 0.1)

    def test_an_unchanged_frame_sends_nothing(self):
        terminal = self.started()
        terminal.read()
        terminal.press("uuuuu")
        self.assertEqual(terminal.read(), b"")

    def test_a_second_costs_few_bytes(self):
        terminal = self.started(columns=120, rows=36)
        terminal.press("s")
        terminal.read()
        costs = []
        for _ in range(8):
            terminal.press("s")
            costs.append(len(terminal.read()))
        self.assertLessEqual(max(costs), 400, costs)
        print("# bytes for nine ages that change:", costs)

    def test_the_first_frame_is_small(self):
        terminal = self.started(columns=120, rows=36)
        print("# bytes of the first frame at 120x36:", len(terminal.sent))
        self.assertLess(len(terminal.sent), 11000)

    def test_no_color_sends_no_color(self):
        terminal = self.started(NO_COLOR="1")
        for key in "nnnnn12\x0c":
            terminal.press(key)
            terminal.read(quiet=0.05)
        terminal.press("q")
        terminal.end()
        self.assertIsNone(COLOR.search(terminal.sent))
        self.assertIsNone(re.search(rb"\x1b\[39;49m", terminal.sent))

    def test_color_is_sent_otherwise(self):
        terminal = self.started()
        self.assertIsNotNone(COLOR.search(terminal.sent))

    def test_keys_are_named(self):
        keys = {
            b"\x1bOP": "F1", b"\x1bOQ": "F2", b"\x1b[15~": "F5", b"\x1b[20~": "F9",
            b"\x1bOA": "Up", b"\x1b[A": "Up", b"\x1b[D": "Left", b"\x1bOC": "Right",
            b"\x1b[5~": "PgUp", b"\x1b[6~": "PgDn", b"\x1b[H": "Home", b"\x1bOF": "End",
            b"\x1b[1~": "Home", b"\x1b[4~": "End", b"\x1b[Z": "S-Tab", b"\t": "Tab",
            b"\r": "Enter", b"\n": "Enter", b"\x7f": "Bksp", b"\x08": "Bksp", b"\x03": "Ctrl-C",
            b"\x0c": "Ctrl-L", b" ": "Space", b"a": "a", "ä".encode(): "ä", "漢".encode(): "漢",
            b"\x1b": "Esc", b"\x1c": "Ctrl-\\", b"\x1b[3~": "Del",
            b"\x1b[1;5D": "unknown key", b"\x1b[99;99X": "unknown key", b"\x1b[<0;3;4M": "unknown key",
        }
        for term in ("xterm-256color", "vt220", "tmux-256color"):
            terminal = self.started(term=term, LANG="C.UTF-8")
            for sequence, name in keys.items():
                if term == "vt220" and not name.isascii():
                    continue  # drawn in ASCII there
                terminal.press("u")
                terminal.press(sequence)
                with self.subTest(term=term, sequence=sequence):
                    terminal.wait_for("key " + name)
            terminal.close()

    def test_esc_is_quick(self):
        terminal = self.started()
        terminal.read()
        began = time.monotonic()
        terminal.press(b"\x1b")
        self.assertTrue(select.select([terminal.master], [], [], 1)[0])
        self.assertLess(time.monotonic() - began, 0.5)  # the library waits a second by itself
        terminal.wait_for("key Esc")

    def test_a_paste_is_one_event(self):
        terminal = self.started()
        terminal.press(b"\x1b[200~D\rq\x1b[201~")
        terminal.wait_for("paste 3 bytes")
        terminal.press(b"\x1b[200~slow")
        terminal.read()
        terminal.press("ly ü\x1b[201~")
        terminal.wait_for("paste 9 bytes: slowly")
        terminal.press(b"\x1b[200~without an end")
        terminal.wait_for("paste 14 bytes", limit=3)
        terminal.press("x")
        terminal.wait_for("key x")

    def test_a_huge_paste_is_cut(self):
        terminal = self.started()
        text = b"\x1b[200~" + b"x" * 70000 + b"\x1b[201~"
        for at in range(0, len(text), 1000):
            terminal.press(text[at:at + 1000])
            time.sleep(0.001)
        terminal.wait_for("paste 65536 bytes cut")

    def test_noise_is_survived(self):
        noise = bytes((i * 7919 + 13) % 256 for i in range(4000)).replace(b"q", b"_")
        noise = noise.replace(b"\x1a", b"_")
        for lang in ("C.UTF-8", "C"):
            terminal = self.started(LANG=lang)
            for at in range(0, len(noise), 200):
                terminal.press(noise[at:at + 200])
                terminal.read(quiet=0.02)
            terminal.press(b"\x1b[201~")
            time.sleep(1.2)
            terminal.read()
            terminal.press("y")
            terminal.wait_for("key y")
            terminal.close()

    def test_a_resize_storm_is_survived(self):
        terminal = self.started()
        for columns, rows in ((140, 40), (1, 1), (2, 50), (60, 15), (300, 1), (40, 10), (1, 3),
                              (20, 5), (500, 200), (80, 24)):
            terminal.resize(columns, rows)
            terminal.read(quiet=0.03)
            terminal.press("s")
        terminal.press("x")
        terminal.wait_for("key x")
        fresh = self.started()
        fresh.press("ssssssssssx")
        fresh.wait_for("key x")
        self.assertEqual(terminal.screen.display, fresh.screen.display)

    def test_suspended_it_gives_the_terminal_back_and_takes_it_again(self):
        # A shell with job control between the terminal and the program.
        script = "set -m\n%s\necho stopped $?\nstty -a | grep -c -- '-icanon'\nread line\nfg\n"
        terminal = self.started(command=["bash", "-c", script % PROGRAM])
        terminal.press("3")
        terminal.wait_for("key 3")
        terminal.press(b"\x1a")
        terminal.wait_for("stopped 148")
        self.assertIn(b"\x1b[?1049l", terminal.sent)
        self.assertIn(b"\x1b[?2004l", terminal.sent)
        terminal.resize(90, 30)
        terminal.sent = b""
        terminal.press("\r")
        terminal.wait_for("key Ctrl-Z")
        self.assertIn(b"\x1b[?1049h", terminal.sent)
        self.assertIn(b"\x1b[?2004h", terminal.sent)
        self.assertIn(FOOTER, terminal.screen.display[-1])
        terminal.press("q")
        terminal.end()
        self.assert_restored(terminal)

    def test_without_a_shell_to_go_back_to_it_goes_on(self):
        terminal = self.started()
        terminal.press(b"\x1a")
        terminal.wait_for("key Ctrl-Z")
        terminal.press("x")
        terminal.wait_for("key x")

    def test_terminals_of_many_types_show_the_same(self):
        for term in ("xterm-256color", "xterm", "screen", "screen-256color", "tmux", "tmux-256color",
                     "linux", "vt100", "vt220"):
            with self.subTest(term):
                terminal = self.started(term=term, LANG="C")
                self.assertIn("| 0.40 ", terminal.screen.display[3])
                self.assertTrue(terminal.screen.display[11].startswith("+------"))
                terminal.press("q")
                self.assertEqual(terminal.end(), 0)
                self.assertTrue(terminal.settings_are_back())
                terminal.close()

    def test_lang_c_sends_ascii_alone(self):
        terminal = self.started(LANG="C")
        self.assertTrue(all(byte < 0x80 for byte in terminal.sent))

    def test_a_locale_that_is_missing_is_utf8(self):
        terminal = self.started(LANG="xx_YY.UTF-8")
        self.assertIn("┌─", terminal.screen.display[2])

    def test_dumb_and_unknown_terminals_are_refused_with_a_way_out(self):
        for term in ("dumb", "no-such-terminal", ""):
            with self.subTest(term):
                terminal = self.open(term=term)
                self.assertEqual(terminal.end(), 2)
                self.assertIn(b"tidewatch --once", terminal.sent)
                self.assertNotIn(b"\x1b", terminal.sent)

    def test_without_a_terminal_it_is_refused(self):
        done = subprocess.run([PROGRAM], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env={"TERM": "xterm"}, timeout=5)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"tidewatch --once", done.stderr)

    def test_a_redraw_repairs_the_screen(self):
        terminal = self.started()
        terminal.read()
        before = list(terminal.screen.display)
        terminal.screen.reset()
        terminal.press(b"\x0c")
        terminal.wait_for("key Ctrl-L")
        self.assertEqual(before[:-2], terminal.screen.display[:-2])

    def test_states_follow_each_other_without_remains(self):
        terminal = self.started(columns=100, rows=30)
        terminal.press("nnnnnn")
        for _ in range(6):
            terminal.press("n")
            terminal.read(quiet=0.03)
        terminal.press("x")
        terminal.wait_for("key x")
        fresh = self.started(columns=100, rows=30)
        fresh.press("x")
        fresh.wait_for("key x")
        self.assertEqual(terminal.screen.display, fresh.screen.display)

    def test_themes_can_be_changed(self):
        terminal = self.started()
        for _ in range(4):
            terminal.press("t")
            terminal.read(quiet=0.05)
        terminal.sent = b""
        terminal.press(b"\x0c")  # the fourth is mono
        terminal.read()
        self.assertIsNone(COLOR.search(terminal.sent))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
