#!/usr/bin/python3
"""What the console costs: CPU, bytes, first paint, memory, key to paint; beside htop and btop in one run.

Usage: bench_console.py BUILD_DIR [--seconds 30] [--refresh 2] [--columns 120] [--rows 36] [--no-peers]

The servers are invented (tests/e2e/fake_servers.py): every expression of the shipped overview has five series
that move. CPU is the process's own, from the scheduler's nanoseconds. A burst is what arrives with less than
50 ms of silence in it. Key to paint is from the write of the key to the last byte before 6 ms of silence; keys
that send nothing and bursts that a refresh falls into are left in.
"""

import argparse
import os
import pathlib
import select
import shutil
import statistics
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


def cpu_ns(pid):
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total


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
    """Milliseconds from exec to the last byte of the first burst that has the mark in it, and its bytes. The
    console's servers hang meanwhile: what it paints then is the skeleton."""
    terminal = Terminal(command, columns=size[0], rows=size[1], **env)
    try:
        sent, last = b"", terminal.began
        while True:
            at, data = read_some(terminal, 0.04 if mark in sent else 3)
            if not data or time.monotonic() - terminal.began > 3:
                return (last - terminal.began) * 1000, len(sent)
            sent, last = sent + data, at
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
    return values[min(len(values) - 1, int(len(values) * p))]


def say_keys(name, results):
    times = [t for t, _ in results]
    print(f"  {name:34} p50 {percentile(times, .5):.2f} ms  p99 {percentile(times, .99):.2f} ms  max {max(times):.2f} ms  "
          f"median {statistics.median(size for _, size in results):.0f} B  n {len(results)}")


def measure(name, command, args, keys, mark, servers=None, **env):
    size = (args.columns, args.rows)
    for server in servers.all() if servers else ():
        server.mode = fake_servers.HUNG
    paints = [first_paint(command, size, mark, **env) for _ in range(5)]
    for server in servers.all() if servers else ():
        server.mode = fake_servers.GOOD
    terminal = Terminal(command, columns=size[0], rows=size[1], **env)
    try:
        watch(terminal, SETTLE_S)
        pid = terminal.process.pid
        before, began = cpu_ns(pid), time.monotonic()
        bursts = watch(terminal, args.seconds)
        spent, took = cpu_ns(pid) - before, time.monotonic() - began
        rss, pss = memory_mb(pid)
        pressed = press_keys(terminal, keys, args.keys)
        print(f"{name}")
        print(f"  CPU {spent / took / 1e7:.3f} % of a core   RSS {rss:.1f} MB (PSS {pss:.1f})")
        print(f"  first paint {min(t for t, _ in paints):.1f}-{max(t for t, _ in paints):.1f} ms, "
              f"{statistics.median(n for _, n in paints):.0f} B")
        print(f"  bursts {len(bursts)}: median {statistics.median(bursts) if bursts else 0:.0f} mean "
              f"{statistics.mean(bursts) if bursts else 0:.0f} max {max(bursts, default=0)} B   {sum(bursts) / took:.0f} B/s")
        say_keys("key to last byte", pressed)
        return terminal
    except BaseException:
        terminal.close()
        raise


def start_moving(servers):
    servers.prometheus.n_series = 5
    servers.operations.launch("drift")


def console(build, servers, folder, *more):
    token = folder / "operator.token"
    token.write_text("0123456789abcdef0123456789abcdef\n")
    token.chmod(0o600)
    return [str(build / "src/tui/tidewatch"), *servers.settings(), f"--auth.token_file={token}",
            f"--assets.dir={HERE.parents[1] / 'assets'}", *more]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--refresh", type=float, default=2)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=36)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--no-peers", action="store_true")
    args = parser.parse_args()
    servers = fake_servers.Servers()
    start_moving(servers)
    print(f"{args.columns}x{args.rows}, {args.seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        keys = ["\t", "\x1b[Z"]
        for title, more in (("tidewatch, as it comes", ()), (f"tidewatch, every {args.refresh:g} s", (f"--refresh={args.refresh}",))):
            terminal = measure(title, console(args.build, servers, folder, *more), args, keys, b"ALERTS", servers)
        terminal.press("p")
        watch(terminal, 1)
        before = cpu_ns(terminal.process.pid)
        print(f"  paused: {sum(watch(terminal, 5))} B and {(cpu_ns(terminal.process.pid) - before) / 5e7:.3f} % CPU in 5 s")
        terminal.press("p")
        servers.prometheus.mode = fake_servers.HUNG
        watch(terminal, 3)
        say_keys("key to last byte, Prometheus hangs", press_keys(terminal, keys, args.keys))
        servers.prometheus.released.set()
        terminal.close()
        if not args.no_peers:
            for title, command, mark in (("htop, every 1.5 s", ["htop"], b"Tasks"), ("btop, every 2 s", ["btop"], b"cpu")):
                if shutil.which(command[0]):
                    home = {"HOME": name, "XDG_CONFIG_HOME": name}
                    measure(title, command, args, ["\x1bOB", "\x1bOA"], mark, **home).close()
    servers.stop()


if __name__ == "__main__":
    main()
