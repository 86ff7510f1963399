#!/usr/bin/python3
"""How the console and its peers leave a terminal, and what they send to which: Markdown tables.

Usage: bench_matrix.py BUILD_DIR [--only NAME ...]

Peers are what is installed of htop, btop, glances, tig, nnn, ncdu and lnav; others are left out. Each cell is a
program of its own on a pseudo terminal of 100x30. A way out is "yes" when line settings, private modes (alternate
screen, mouse, pastes) and the cursor are as they were; else it says what is not. "ignored" is a program that is
there two seconds later. The end of the terminal comes without SIGHUP: milliseconds to the program's end, or what it
burns of a core when it stays. Colours are the colour sequences of the first second.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import fake_servers  # noqa: E402
from bench_console import console, cpu_ns  # noqa: E402
from terminal import Terminal  # noqa: E402

SIGNALS = ("TERM", "HUP", "INT", "QUIT", "SEGV", "ABRT", "BUS", "FPE", "ILL")
COLOR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
PATIENCE_S = 2
START_S, DRAWN = 10, 300  # seconds, bytes
VERSION = re.compile(r"\d+\.\d+(?:\.\d+)*")


class Program:
    def __init__(self, name, command, home, folder=None):
        self.name, self.command, self.home, self.folder = name, command, home, folder

    def open(self, command=None, **kwargs):
        """Drawn, as far as a silence tells."""
        home = {"HOME": self.home, "XDG_CONFIG_HOME": self.home}
        kwargs = {"columns": 100, "rows": 30, **home, **kwargs}
        command = ["env", "-C", self.folder or "/", *(command or self.command)]
        terminal = Terminal(command, **kwargs)
        end = time.monotonic() + START_S
        while len(terminal.sent) < DRAWN and terminal.process.poll() is None and time.monotonic() < end:
            terminal.read(quiet=0.2, limit=0.5)
        terminal.read(quiet=0.8, limit=4)
        return terminal

    def version(self):
        done = subprocess.run([self.command[0], "-V" if self.name == "nnn" else "--version"], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, env={**os.environ, "HOME": self.home})
        found = VERSION.search(done.stdout + done.stderr)
        return found.group(0) if found else "?"


def left_behind(terminal):
    """What of the terminal is not as it was; "" when all is."""
    wrong = [] if terminal.settings_are_back() else ["line"]
    modes = terminal.modes_left()
    wrong += ["screen"] if modes & {47, 1047, 1049} else []
    wrong += ["mouse"] if modes & {9, 1000, 1002, 1003, 1005, 1006, 1015} else []
    wrong += ["paste"] if 2004 in modes else []
    wrong += ["cursor"] if terminal.sent.rfind(b"\x1b[?25l") > terminal.sent.rfind(b"\x1b[?25h") else []
    return ", ".join(wrong)


def has_ended(terminal, patience_s=PATIENCE_S):
    end = time.monotonic() + patience_s
    while terminal.process.poll() is None and time.monotonic() < end:
        terminal.read(quiet=0.02, limit=0.05)
    terminal.read(quiet=0.05, limit=0.5)
    return terminal.process.poll() is not None


def after_signal(program, name):
    terminal = program.open()
    try:
        if terminal.process.poll() is not None:
            return "did not start"
        terminal.process.send_signal(getattr(signal, "SIG" + name))
        if not has_ended(terminal):
            return "ignored" if left_behind(terminal) else "hangs"
        wrong = left_behind(terminal)
        return f"**no**: {wrong}" if wrong else "yes"
    finally:
        terminal.close()


def after_end_of_terminal(program):
    terminal = program.open(controls=False)
    try:
        began = time.monotonic()
        os.close(terminal.slave)
        os.close(terminal.master)
        try:
            terminal.process.wait(PATIENCE_S)
            return f"{(time.monotonic() - began) * 1000:.0f} ms"
        except subprocess.TimeoutExpired:
            before = cpu_ns(terminal.process.pid)
            time.sleep(1)
            return f"**stays**, {(cpu_ns(terminal.process.pid) - before) / 1e7:.0f} % CPU"
    finally:
        terminal.close()


def after_ctrl_z(program):
    script = 'set -m\n"$@"\necho "stopped $?"\nread line\nfg\n'
    terminal = program.open(command=["bash", "-c", script, "bash", *program.command])
    try:
        terminal.press(b"\x1a")
        terminal.read(quiet=0.5, limit=2)
        if b"stopped 148" not in terminal.sent:
            return "does not stop"
        wrong = left_behind(terminal)
        before = len(terminal.sent)
        terminal.press("\r")
        terminal.read(quiet=0.8, limit=3)
        is_back = len(terminal.sent) - before > 200
        return "yes" if is_back and not wrong else f"**no**: {wrong or 'not drawn again'}"
    finally:
        terminal.close()


def colours(program, **kwargs):
    """Colour sequences; or what it says instead of drawing."""
    terminal = program.open(**kwargs)
    try:
        terminal.read(quiet=0.2, limit=1)
        if terminal.process.poll() is not None:
            said = "a traceback" if b"Traceback" in terminal.sent else f"{len(terminal.sent)} B of text"
            return f"exits {terminal.process.returncode} ({said})"
        return str(len(COLOR.findall(terminal.sent)))
    finally:
        terminal.close()


def size(program, columns, rows):
    terminal = program.open(columns=columns, rows=rows)
    try:
        if terminal.process.poll() is not None:
            return f"exits {terminal.process.returncode}"
        rows_used = sum(bool(line.strip()) for line in terminal.screen.display)
        return f"{rows_used} rows"
    finally:
        terminal.close()


def storm(program):
    terminal = program.open()
    try:
        for columns, rows in ((140, 40), (1, 1), (2, 50), (60, 15), (300, 1), (40, 10), (1, 3), (20, 5), (500, 200), (80, 24)):
            terminal.resize(columns, rows)
            terminal.read(quiet=0.05, limit=0.3)
        terminal.read(quiet=0.5, limit=3)
        return "yes" if terminal.process.poll() is None else f"**no**: exit {terminal.process.returncode}"
    finally:
        terminal.close()


WAYS_OUT = [(name, lambda program, name=name: after_signal(program, name)) for name in SIGNALS]
WAYS_OUT += [("end of terminal", after_end_of_terminal), ("Ctrl-Z, fg", after_ctrl_z)]
TERMINALS = [
    ("xterm-256color", colours),
    ("NO_COLOR", lambda program: colours(program, NO_COLOR="1")),
    ("vt100", lambda program: colours(program, term="vt100")),
    ("linux", lambda program: colours(program, term="linux")),
    ("dumb", lambda program: colours(program, term="dumb")),
    ("unknown", lambda program: colours(program, term="no-such-terminal")),
    ("LANG=C", lambda program: colours(program, LANG="C")),
    ("80x24", lambda program: size(program, 80, 24)),
    ("40x10", lambda program: size(program, 40, 10)),
    ("20x5", lambda program: size(program, 20, 5)),
    ("resize storm", storm),
]


def peers(folder):
    log = pathlib.Path(folder) / "a.log"
    log.write_text("".join(f"2026-11-26 08:00:{n % 60:02} INFO line {n}\n" for n in range(500)))
    commands = {"htop": ["htop"], "btop": ["btop"], "glances": ["glances", "--disable-check-update"], "tig": ["tig"],
                "nnn": ["nnn", str(HERE)], "ncdu": ["ncdu", "-x", str(HERE.parent)], "lnav": ["lnav", str(log)]}
    return [Program(name, command, folder, str(HERE.parents[1]) if name == "tig" else None)
            for name, command in commands.items() if shutil.which(command[0])]


def say_table(title, columns, programs):
    print(f"| {title} | " + " | ".join(name for name, _ in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for program in programs:
        cells = [measure(program) for _, measure in columns]
        print(f"| {program.name} {program.version()} | " + " | ".join(cells) + " |", flush=True)
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--only", nargs="+", default=[])
    args = parser.parse_args()
    servers = fake_servers.Servers()
    servers.prometheus.alert = "firing"
    with tempfile.TemporaryDirectory() as name:
        programs = [Program("tidewatch", console(args.build.resolve(), servers, pathlib.Path(name)), name), *peers(name)]
        programs = [program for program in programs if not args.only or program.name in args.only]
        say_table("given back after", WAYS_OUT, programs)
        say_table("colour sequences, and sizes", TERMINALS, programs)
    servers.stop()


if __name__ == "__main__":
    main()
