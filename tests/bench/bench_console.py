#!/usr/bin/python3
"""What the console costs: CPU, bytes, first paint, memory, key to paint; beside htop, btop and glances in one run.

Usage: bench_console.py BUILD_DIR [--seconds 30] [--refresh 2] [--keys 200] [--starts 10] [--no-peers]

Prints a table for 120x36 and one for 140x40, with the bar of each figure. The servers are invented
(tests/e2e/fake_servers.py) and in a process of their own: every expression of the shipped overview has five series
that move. CPU is the process's own, from the scheduler's nanoseconds, so that others on the machine hardly touch
it; times are by the clock, and they do. A burst is what arrives with less than 50 ms of silence in it. Key to paint is
from the write of the key to the last byte before 6 ms of silence; bursts that a refresh falls into are left in.
First paint is from exec to the last byte of the first burst, the median of so many starts, and of ours while no
server answers; data is from exec to the first dot of a line.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import fake_servers  # noqa: E402
from terminal import Terminal  # noqa: E402

SETTLE_S = 4
QUIET_S = 0.05
QUIET_AFTER_KEY_S = 0.006
DOTS = re.compile(b"\xe2[\xa0-\xa3]")  # of braille

# Name, what it is, bar; "" for none.
FIGURES = (
    ("cpu", "CPU, % of a core", 0.20),
    ("median", "bytes per refresh, median", 400),
    ("mean", "bytes per refresh, mean", 800),
    ("most", "bytes per refresh, most", 4000),
    ("rate", "bytes per second", 400),
    ("paused", "bytes in 5 s, paused", 0),
    ("paint", "first paint, ms", 30),
    ("paint_bytes", "first paint, bytes", 6000),
    ("data", "first data, ms", 100),
    ("rss", "RSS, MB", 14),
    ("pss", "PSS, MB", 7),
    ("key50", "key to last byte, p50 ms", 1),
    ("key99", "key to last byte, p99 ms", 10),
    ("key_bytes", "key, median bytes", 500),
    ("stopped50", "the same while the servers are stopped, p50 ms", 1),
    ("stopped99", "p99 ms", 10),
)
PEERS = (("htop", ["htop", "--delay=15"], b"Tasks"), ("btop", ["btop"], b"cpu"), ("glances", ["glances", "--time", "2"], b"CPU"))


# ---- The servers

def serve():
    """Prints the console's settings, and answers until its input ends."""
    servers = fake_servers.Servers()
    servers.prometheus.n_series = 5
    servers.operations.launch("drift")
    print(json.dumps(servers.settings()), flush=True)
    sys.stdin.read()
    os._exit(0)


class ServerProcess:
    def __init__(self, *command):
        command = command or (sys.executable, str(HERE / "bench_console.py"), "--serve")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.settings = json.loads(self.process.stdout.readline())

    def hold(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        self.go_on()
        self.process.stdin.close()
        self.process.wait(5)


def console(build, servers, folder, *more):
    token = folder / "operator.token"
    token.write_text("0123456789abcdef0123456789abcdef\n")
    token.chmod(0o600)
    return [str(build / "src/tui/tidewatch"), *servers.settings, f"--auth.token_file={token}",
            f"--assets.dir={HERE.parents[1] / 'assets'}", *more]


# ---- Looking at a process and its terminal

def cpu_ns(pid):
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def memory_mb(pid):
    rows = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return tuple(int(rows[name].split()[0]) / 1024 for name in ("Rss", "Pss"))


def read_some(terminal, wait_s):
    """(moment, bytes) as they come; b"" after wait_s of silence."""
    if not select.select([terminal.master], [], [], wait_s)[0]:
        return time.monotonic(), b""
    data = os.read(terminal.master, 65536)
    return time.monotonic(), data


def watch(terminal, seconds):
    """The sizes of the bursts within so many seconds."""
    end = time.monotonic() + seconds
    bursts, burst = [], 0
    while time.monotonic() < end:
        _, data = read_some(terminal, QUIET_S)
        if data:
            burst += len(data)
        elif burst:
            bursts.append(burst)
            burst = 0
    return bursts + ([burst] if burst else [])


def first_paint(command, size, mark, **env):
    """Milliseconds from exec to the last byte of the first burst that has the mark in it, and its bytes."""
    terminal = Terminal(command, columns=size[0], rows=size[1], **env)
    try:
        sent, last = b"", terminal.began
        while True:
            at, data = read_some(terminal, 0.04 if mark in sent else 3)
            if not data or time.monotonic() - terminal.began > 5:
                return (last - terminal.began) * 1000, len(sent)
            sent, last = sent + data, at
    finally:
        terminal.close()


def first_data(command, size):
    """Milliseconds from exec to the first line of a chart; None when there is none within 5 s."""
    terminal = Terminal(command, columns=size[0], rows=size[1])
    try:
        sent = b""
        while time.monotonic() - terminal.began < 5:
            at, data = read_some(terminal, 1)
            sent += data
            if DOTS.search(sent):
                return (at - terminal.began) * 1000
        return None
    finally:
        terminal.close()


def press_keys(terminal, keys, n):
    """(milliseconds to the last byte, bytes) of each key that sent something."""
    results = []
    for i in range(n):
        read_some(terminal, 0.02)
        began = time.monotonic()
        terminal.press(keys[i % len(keys)])
        last, size = began, 0
        while True:
            at, data = read_some(terminal, QUIET_AFTER_KEY_S)
            if not data:
                break
            last, size = at, size + len(data)
        if size:
            results.append(((last - began) * 1000, size))
    return results


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p))] if values else None


# ---- Figures

def running_figures(terminal, args, keys):
    pid = terminal.process.pid
    watch(terminal, SETTLE_S)
    before, began = cpu_ns(pid), time.monotonic()
    bursts = watch(terminal, args.seconds)
    spent, took = cpu_ns(pid) - before, time.monotonic() - began
    rss, pss = memory_mb(pid)
    pressed = press_keys(terminal, keys, args.keys)
    times = [t for t, _ in pressed]
    return {"cpu": spent / took / 1e7, "median": statistics.median(bursts or [0]), "mean": statistics.mean(bursts or [0]),
            "most": max(bursts, default=0), "rate": sum(bursts) / took, "rss": rss, "pss": pss,
            "key50": percentile(times, .5), "key99": percentile(times, .99),
            "key_bytes": statistics.median([size for _, size in pressed] or [0])}


def paint_figures(command, size, mark, args, **env):
    paints = [first_paint(command, size, mark, **env) for _ in range(args.starts)]
    return {"paint": statistics.median(t for t, _ in paints), "paint_most": max(t for t, _ in paints),
            "paint_bytes": statistics.median(n for _, n in paints)}


def our_figures(args, size, folder):
    servers = ServerProcess()
    keys = ["\t", "\x1b[Z"]
    command = console(args.build, servers, folder, f"--refresh={args.refresh}")
    try:
        data = [first_data(command, size) for _ in range(args.starts)]
        servers.hold()
        figures = paint_figures(command, size, b"ALERTS", args)
        servers.go_on()
        if None not in data:
            figures["data"] = statistics.median(data)
        terminal = Terminal(command, columns=size[0], rows=size[1])
        try:
            figures |= running_figures(terminal, args, keys)
            terminal.press("p")
            watch(terminal, 1)
            figures["paused"] = sum(watch(terminal, 5))
            terminal.press("p")
            watch(terminal, 1)
            servers.hold()
            watch(terminal, 3)
            times = [t for t, _ in press_keys(terminal, keys, args.keys)]
            figures |= {"stopped50": percentile(times, .5), "stopped99": percentile(times, .99)}
        finally:
            terminal.close()
    finally:
        servers.end()
    return figures


def peer_figures(command, mark, args, size, folder):
    env = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    figures = paint_figures(command, size, mark, args, **env)
    terminal = Terminal(command, columns=size[0], rows=size[1], **env)
    try:
        return figures | running_figures(terminal, args, ["\x1bOB", "\x1bOA"])
    finally:
        terminal.close()


# ---- Saying

def shown(figures, name):
    value = figures.get(name)
    if value is None:
        return ""
    text = f"{value:.0f}" if value >= 100 or name in ("paused", "key_bytes") else f"{value:.2f}" if value < 10 else f"{value:.1f}"
    return f"{text} (most {figures['paint_most']:.0f})" if name == "paint" else text


def say_table(size, all_figures):
    bars = {name: bar for name, _, bar in FIGURES}
    if size == (140, 40):
        bars["mean"] = 1000
    ours = all_figures["tidewatch"]
    print(f"\n| {size[0]}x{size[1]} | bar | " + " | ".join(all_figures) + " | |\n|" + "---|" * (len(all_figures) + 3))
    for name, title, _ in FIGURES:
        verdict = "not measured" if ours.get(name) is None else "met" if ours[name] <= bars[name] else "missed"
        print(f"| {title} | {bars[name]:g} | " + " | ".join(shown(f, name) for f in all_figures.values()) + f" | {verdict} |")


def version(command):
    lines = subprocess.run([command, "-V" if command == "glances" else "--version"], capture_output=True, text=True,
                           check=False).stdout.splitlines() or [command]
    return re.sub(r"\x1b\[[0-9;]*m", "", lines[0]).strip()


def main():
    if sys.argv[1:] == ["--serve"]:
        serve()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--refresh", type=float, default=2)
    parser.add_argument("--sizes", default="120x36,140x40")
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--no-peers", action="store_true")
    args = parser.parse_args()
    peers = [] if args.no_peers else [peer for peer in PEERS if shutil.which(peer[0])]
    for name, *_ in [] if args.no_peers else PEERS:
        if not shutil.which(name):
            print(f"{name} is not installed: left out")
    print(", ".join([f"{platform.machine()}, {os.cpu_count()} cores", version(str(args.build / "src/tui/tidewatch")),
                     *[version(name) for name, *_ in peers]]))
    for size in [tuple(map(int, text.split("x"))) for text in args.sizes.split(",")]:
        with tempfile.TemporaryDirectory() as name:
            folder, load = pathlib.Path(name), os.getloadavg()[0]
            figures = {"tidewatch": our_figures(args, size, folder)}
            for peer, command, mark in peers:
                figures[peer] = peer_figures(command, mark, args, size, folder)
        say_table(size, figures)
        print(f"\n{args.seconds:g} s at a refresh of {args.refresh:g} s, {args.keys} keys, {args.starts} starts; "
              f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after", flush=True)


if __name__ == "__main__":
    main()
