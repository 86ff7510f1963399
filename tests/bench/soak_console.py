#!/usr/bin/python3
"""The console for minutes or hours against a real tidewatchd, Prometheus and Alertmanager: does what it uses stay flat?

Usage: soak_console.py BUILD_DIR [--minutes 60] [--refresh 1] [--columns 120] [--rows 36] [--report-only]
Baseline traffic runs, and a simulation now and then, of which each fires its alert and ends; every minute the console
shows another view. A line is printed each minute; at the end a table with the sample after the warm-up, the last one,
the largest, and the slope of a line through them (least squares). Exits 1 when the console died, when its memory
grew by over 1 MB between the first half's median and the second's, or when it holds more descriptors or threads
at the end than ever before the middle; not with --report-only.
"""

import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "e2e"))
import soak  # noqa: E402

VIEWS = ["\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[19~", "\x1b[20~"]  # F2 to F9
WARM_UP = 3  # samples, minutes: by then every view has been shown once, or nearly
GROWTH_MB = 1.0


class Drain(threading.Thread):
    """Reads what the console writes; a terminal that nobody reads would stop it."""

    def __init__(self, master):
        super().__init__(daemon=True)
        self.master, self.n_bytes = master, 0

    def run(self):
        try:
            while data := os.read(self.master, 65536):
                self.n_bytes += len(data)
        except OSError:
            pass  # its end


def sample(pid, n_bytes):
    rollup = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    size = lambda *names: sum(int(rollup[name].split()[0]) for name in names) / 1024
    ticks = sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    return {
        "RSS MB": size("Rss"),
        "PSS MB": size("Pss"),
        "private MB": size("Private_Clean", "Private_Dirty"),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "threads": int(soak.status_of(pid)["Threads"]),
        "CPU s": ticks / 1e9,
        "kB sent": n_bytes / 1e3,
    }


def report(samples, minutes):
    """Of what only grows, the growth by the minute."""
    columns = {}
    for name in samples[0]:
        values = [s[name] for s in samples]
        if name in ("CPU s", "kB sent"):
            name, values = f"{name} per minute", [b - a for a, b in zip(values, values[1:])]
        columns[name] = values
    print(f"\n| | at minute {minutes[0]} | last | largest | slope per hour |\n|---|---|---|---|---|")
    for name, values in columns.items():
        slope = soak.slope_per_hour(values, minutes[:len(values)])
        print(f"| {name} | {values[0]:.2f} | {values[-1]:.2f} | {max(values):.2f} | {slope:+.2f} |")
    print(f"\nCPU {statistics.mean(columns['CPU s per minute']) / 60 * 100:.3f} % of a core")


def complaints(samples):
    half = len(samples) // 2
    early, late = samples[:half], samples[half:]
    if not early:
        return
    grown = statistics.median(s["private MB"] for s in late) - statistics.median(s["private MB"] for s in early)
    if grown > GROWTH_MB:
        yield f"private memory grew by {grown:.2f} MB between the halves"
    for name in ("descriptors", "threads"):
        if samples[-1][name] > max(s[name] for s in early):
            yield f"{name}: {samples[-1][name]} at the end, {max(s[name] for s in early)} at the most in the first half"


def run(stack, args):
    from terminal import Terminal

    program, token = args.build / "src/tui/tidewatch", stack.folder / "soak.token"
    token.write_text(stack.server.token + "\n")
    token.chmod(0o600)
    ports = stack.server.ports
    urls = {"prometheus": stack.prometheus_address, "alertmanager": stack.alertmanager_address,
            **{name: f"127.0.0.1:{ports[port]}" for name, port in (("operations", "ops"), ("ml", "ml"), ("llm", "llm"))}}
    command = [str(program), *[f"--{name}.url=http://{address}" for name, address in urls.items()],
               f"--auth.token_file={token}", f"--assets.dir={soak.SOURCE / 'assets'}", f"--refresh={args.refresh}"]
    terminal = Terminal(command, columns=args.columns, rows=args.rows)
    drain = Drain(terminal.master)
    drain.start()
    samples, begun = [], time.monotonic()
    every = max(1, (args.minutes - WARM_UP) // len(soak.SIMULATIONS))
    turns = {1: soak.SIMULATIONS[0]} | {WARM_UP + i * every: s for i, s in enumerate(soak.SIMULATIONS) if i > 0}
    try:
        for minute in range(1, args.minutes + 1):
            terminal.press(VIEWS[minute % len(VIEWS)])
            said = soak.simulate(stack.server, *turns[minute]) if minute in turns else ""
            while time.monotonic() < begun + minute * 60:
                time.sleep(min(1.0, max(0.0, begun + minute * 60 - time.monotonic())))
                if terminal.process.poll() is not None:
                    raise AssertionError(f"the console ended with {terminal.process.returncode}")
            samples.append(sample(terminal.process.pid, drain.n_bytes))
            print(f"{minute:4} " + "  ".join(f"{k} {v:.2f}" for k, v in samples[-1].items()) + f"  {said}", flush=True)
        terminal.press("\x1b\x1b:quit\r")
        terminal.process.wait(5)
    except subprocess.TimeoutExpired:
        pass  # it asks whether to leave while a simulation runs; close ends it
    finally:
        terminal.close()
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--refresh", type=float, default=1)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=36)
    parser.add_argument("--report-only", action="store_true")
    args = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = str(args.build)
    from stack import Stack

    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {args.minutes} minutes, refresh "
          f"{args.refresh:g} s, {args.columns}x{args.rows}\n", flush=True)
    with Stack("server.log_level=warn") as stack:
        samples = run(stack, args)
    kept = samples[WARM_UP - 1:] or samples
    report(kept, list(range(args.minutes - len(kept) + 1, args.minutes + 1)))
    wrong = list(complaints(kept))
    print("\n".join(wrong))
    return 1 if wrong and not args.report_only else 0


if __name__ == "__main__":
    sys.exit(main())
