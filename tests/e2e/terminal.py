"""A program on a pseudo terminal of its own, and what that terminal shows, read by pyte."""

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time

import pyte
from wcwidth import wcwidth


class Screen(pyte.Screen):
    """With the repetition of characters (REP) and scrolling (SU, SD), which xterm's terminfo has and pyte lacks."""

    last = " "

    def draw(self, data):
        super().draw(data)
        self.last = data[-1]

    def repeat(self, count=1):
        super().draw(self.last * (count or 1))

    def scroll(self, change_lines, count):
        """Between the margins, wherever the cursor is; it stays there."""
        x, y = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        change_lines(count or 1)
        self.cursor.x, self.cursor.y = x, y

    def scroll_up(self, count=1):
        self.scroll(self.delete_lines, count)

    def scroll_down(self, count=1):
        self.scroll(self.insert_lines, count)


class ByteStream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat", S="scroll_up", T="scroll_down")
    events = pyte.ByteStream.events | {"repeat", "scroll_up", "scroll_down"}


def set_size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Terminal:
    """controls=False: of no session, so that no SIGHUP tells of its end."""

    def __init__(self, command, term="xterm-256color", columns=80, rows=24, controls=True, **env):
        self.master, self.slave = os.openpty()
        set_size(self.slave, columns, rows)
        self.settings = termios.tcgetattr(self.slave)
        self.sent = b""
        self.screen = Screen(columns, rows)
        self.stream = ByteStream(self.screen)
        environment = {"PATH": os.environ["PATH"], "TERM": term, "LANG": "C.UTF-8", "HOME": "/nonexistent"}
        environment["ASAN_OPTIONS"] = "detect_leaks=0:handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0"
        environment.update(env)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=self.slave, stdout=self.slave, stderr=self.slave,
            env=environment, close_fds=True, preexec_fn=self.take_terminal if controls else os.setsid)

    @staticmethod
    def take_terminal():
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

    def text(self):
        return "\n".join(self.screen.display)

    @staticmethod
    def columns_of(text):
        """Cells of a row of the display: pyte leaves the right half of a wide character empty."""
        return sum(wcwidth(c) for c in text)

    def shows(self, text):
        return any(text in line for line in self.screen.display)

    def wait_for(self, text, limit=5.0):
        self.wait_until(lambda: self.shows(text), repr(text), limit)

    def wait_gone(self, text, limit=5.0):
        self.wait_until(lambda: not self.shows(text), f"no {text!r}", limit)

    def wait_until(self, is_so, what, limit=5.0):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            self.read(quiet=0.02, limit=0.1)
            if is_so():
                return
        raise AssertionError(f"{what} is not on the screen:\n{self.text()}")

    def press(self, keys):
        os.write(self.master, keys if isinstance(keys, bytes) else keys.encode())

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

    def modes_left(self):
        """Private modes that were turned on and not off again: the alternate screen, pastes, the mouse."""
        left = set()
        for numbers, letter in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", self.sent):
            for number in map(int, numbers.split(b";")):
                (left.add if letter == b"h" else left.discard)(number)
        return left - {7, 12, 25}  # as they are by themselves: wrapping, a blinking cursor, a visible one

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
