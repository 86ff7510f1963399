#!/usr/bin/python3
"""/predict and /predict/batch beside a FastAPI service of the same shape (peer/service.py says what it does and does
not do), with one worker, with two, and with two that do without scikit-learn in a request, and beside a bare
libmicrohttpd + cJSON program, back to back, by wrk; then how the cost grows with connections, requests and tickets in a
batch.

Usage: bench_peer.py BUILD_DIR [--rounds 5] [--seconds 2] [--only compare|growth]
Prints Markdown and how it was run. A row with a request that failed is void. About seven minutes.
The packages (peer/predict.lock) go into $TW_TEST_CACHE or BUILD_DIR/test-cache.
"""

import argparse
import contextlib
import json
import math
import operator
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

from measure import family, load, rss_mb, scrape_ms, start_ms  # noqa: E402

BATCH = 32
OURS, BARE, PEER, PEERS, NUMPY = ("tidewatchd", "bare", "FastAPI, 1 worker", "FastAPI, 2 workers",
                                  "FastAPI, 2 workers, numpy")
PATHS = {"/predict": None, "/predict/batch": BATCH}  # and how many tickets a request has
GROWTH_CONNECTIONS = [1, 4, 16, 64, 256, 1000]
GROWTH_ROWS = [1, 10, 100, 1000, 10000]


class Ours:
    def __init__(self, server):
        self.server, self.port = server, server.ports["ml"]

    def pid(self):
        return self.server.process.pid

    def start_ms(self):
        return start_ms(self.server)


class Program:
    """Another server; use as a context manager. Its output is shown when it does not come up."""

    poll_s = 0.02

    def __init__(self, port, command, **environment):
        self.port, self.command = port, command
        self.environment = {**os.environ, **environment}
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def pid(self):
        return self.process.pid

    def start_ms(self):
        return start_ms(self)

    def start(self):
        self.process = subprocess.Popen(self.command, env=self.environment)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise AssertionError(f"{self.command} did not become healthy") from None
            time.sleep(self.poll_s)

    def stop(self):
        members = family(self.process.pid)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            for member in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            self.process.wait()


def peer(python, folder, memory, workers, softmax):
    """In the folder is its model. Its rows go there, the metrics that workers share into the other, which no disk
    slows down."""
    from server import free_port

    port = free_port()
    own = pathlib.Path(tempfile.mkdtemp(dir=folder))
    environment = {"PEER_MODEL": str(folder / "model"), "PEER_ROWS": str(own / "rows"), "PEER_SOFTMAX": softmax,
                   "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if workers > 1:
        environment["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(dir=memory)
    return Program(port, [python, "-m", "uvicorn", "service:app", "--app-dir", HERE / "peer", "--host", "127.0.0.1",
                          "--port", str(port), "--workers", str(workers), "--loop", "uvloop", "--http", "httptools",
                          "--no-access-log", "--log-level", "warning"], **environment)


def bare(build):
    from server import free_port

    port = free_port()
    return Program(port, [pathlib.Path(build) / "tests/bench/bare", str(port), "2"])


def ask(port, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def shape(answer):
    if isinstance(answer, dict):
        return {key: shape(value) for key, value in answer.items()}
    return [shape(value) for value in answer] if isinstance(answer, list) else None


def check_answers(sides):
    """All give answers of the same shape; returns the largest difference between a probability of ours and of the
    peer, whose models were trained on other fifths of the same rows."""
    tickets = [{"ticket_length": length, "urgency_keywords": urgency, "business_impact": impact, "customer_tier": tier}
               for length in (60, 120, 180) for urgency in (0, 2, 5) for impact in (2, 5, 8) for tier in (1, 3, 5)]
    difference = 0
    for path, body in (("/predict", tickets[0]), ("/predict/batch", {"rows": tickets[:BATCH]})):
        shapes = {name: shape(ask(side.port, path, body)) for name, side in sides.items()}
        if any(other != shapes[OURS] for other in shapes.values()):
            sys.exit(f"answers differ: {shapes}")
    for ticket in tickets:
        ours, *others = (ask(sides[name].port, "/predict", ticket)["probabilities"] for name in (OURS, PEERS, NUMPY))
        difference = max(difference, *(abs(ours[severity] - other[severity]) for other in others for severity in ours))
    return difference


def median(rounds, name, key):
    return statistics.median(result[name][key] for result in rounds)


def ratio(rounds, name, key):
    """Ours to that, of the same round."""
    return statistics.median(result[OURS][key] / result[name][key] for result in rounds)


def figures(rounds, name):
    errors = sum(result[name]["errors"] for result in rounds)
    if errors > 0:
        return f"void | void | void | void | {errors}"
    rps, p50, p99, cpu = (median(rounds, name, key) for key in ("rps", "p50", "p99", "cpu"))
    return f"{rps:.0f} | {p50:.3f} | {p99:.2f} | {cpu:.1f} | 0"


def is_void(rounds, *names):
    return any(result[name]["errors"] > 0 for result in rounds for name in names)


def load_side(side, connections, seconds, rows=None):
    return load(f"http://127.0.0.1:{side.port}", side.pid(), connections, seconds, rows=rows)


def measure(sides, connections, seconds, rounds, rows=None):
    """Rounds, each of one load on every side, in an order that turns."""
    names = list(sides)
    turned = (names[i % len(names):] + names[:i % len(names)] for i in range(rounds))
    return [{name: load_side(sides[name], connections, seconds, rows) for name in order} for order in turned]


def compare_loads(sides, options):
    """A table for each path; returns the rounds by path and connections."""
    found = {}
    for path, rows in PATHS.items():
        print(f"\n`{path}`" + (f", {rows} tickets a request" if rows else "") + "\n")
        print("| connections | server | rate ratio | CPU ratio | req/s | p50 ms | p99 ms | CPU us/req | errors |\n"
              "|---|---|---|---|---|---|---|---|---|")
        measure(sides, 16, 1, 1, rows)  # warms all up
        for connections in options.connections:
            rounds = found[path, connections] = measure(sides, connections, options.seconds, options.rounds, rows)
            for name in sides:
                ratios = "void | void"
                if name == OURS:
                    ratios = "1 | 1"
                elif not is_void(rounds, OURS, name):
                    ratios = f"{ratio(rounds, name, 'rps'):.3g} | {ratio(rounds, name, 'cpu'):.2g}"
                print(f"| {connections} | {name} | {ratios} | {figures(rounds, name)} |", flush=True)
    return found


def compare_rest(sides):
    """The table of memory after the load, scrapes and starts; returns tidewatchd's scrape and start."""
    print("\n| server | RSS after the load MB | /metrics ms | start to /health ms |\n|---|---|---|---|")
    result = {}
    for name, side in sides.items():
        memory = rss_mb(side.pid())
        scrape = scrape_ms(side.port) if name != BARE else math.nan
        start = side.start_ms()
        print(f"| {name} | {memory:.0f} | {'none' if name == BARE else f'{scrape:.2f}'} | {start:.0f} |", flush=True)
        result[name] = scrape, start
    return result[OURS]


HOLDS = {"at least": operator.ge, "at most": operator.le, "under": operator.lt}
BARS = [  # rate or CPU per request beside that server, at 16 connections and more
    ("rps", BARE, "at least", 0.8),
    ("cpu", BARE, "at most", 1.25),
    ("rps", PEER, "at least", 20),
    ("rps", PEERS, "at least", 20),
]


def print_bars(found, scrape, start):
    rows = [(f"{path}, {connections} connections: {'rate' if key == 'rps' else 'CPU'} ratio to {name}", bound, bar,
             None if is_void(rounds, OURS, name) else ratio(rounds, name, key))
            for (path, connections), rounds in found.items() if connections >= 16
            for key, name, bound, bar in BARS]
    rows += [("start to /health, ms", "under", 50, start), ("/metrics, ms", "under", 2, scrape)]
    print("\n| | bar | measured |\n|---|---|---|")
    for what, bound, bar, value in rows:
        shown = "void"
        if value is not None:
            shown = f"{value:.3g}" + ("" if HOLDS[bound](value, bar) else ", missed")
        print(f"| {what} | {bound} {bar} | {shown} |", flush=True)


def exponent(points):
    """The slope of ln y over ln x, by least squares: y grows as x to the power of it."""
    logs = [(math.log(x), math.log(y)) for x, y in points if y > 0]
    if len(logs) < 2:
        return math.nan
    x_mean, y_mean = (statistics.fmean(column) for column in zip(*logs))
    return sum((x - x_mean) * (y - y_mean) for x, y in logs) / sum((x - x_mean) ** 2 for x, _ in logs)


def grow_connections(sides, options):
    print("\nConnections, `/predict`, medians of three loads\n")
    print("| server | connections | req/s | p50 ms | p99 ms | CPU us/req | errors |\n|---|---|---|---|---|---|---|")
    found = {connections: measure(sides, connections, options.seconds, 3) for connections in GROWTH_CONNECTIONS}
    for name in sides:
        for connections, rounds in found.items():
            print(f"| {name} | {connections} | {figures(rounds, name)} |")
        good = {connections: rounds for connections, rounds in found.items() if not is_void(rounds, name)}
        exponents = [exponent([(c, median(rounds, name, key)) for c, rounds in good.items()])
                     for key in ("rps", "p50", "p99", "cpu")]
        print(f"| {name} | exponent | " + " | ".join(f"{e:.2f}" for e in exponents) + " | |", flush=True)


def print_growth(points):
    """Rows of x, two figures that depend on it, and errors."""
    firsts, seconds = [], []
    for x, first, second, errors in points:
        if errors > 0:
            print(f"| {x} | void | void | {errors} |", flush=True)
            continue
        print(f"| {x} | {first:.3g} | {second:.3g} | 0 |", flush=True)
        firsts.append((x, first))
        seconds.append((x, second))
    print(f"| exponent | {exponent(firsts):.2f} | {exponent(seconds):.2f} | |", flush=True)


def grow_requests(side):
    print("\nRequests, 16 connections\n\n| requests | CPU s | RSS after MB | errors |\n|---|---|---|---|")
    loads = (load_side(side, 16, seconds) for seconds in (1, 2, 4, 8))
    print_growth((result["requests"], result["cpu_s"], rss_mb(side.pid()), result["errors"]) for result in loads)


def grow_rows(side, seconds):
    print("\nTickets in a batch, one connection\n\n| tickets | p50 ms | CPU us/ticket | errors |\n|---|---|---|---|")
    loads = ((rows, load_side(side, 1, seconds, rows)) for rows in GROWTH_ROWS)
    print_growth((rows, result["p50"], result["cpu"] / rows, result["errors"]) for rows, result in loads)


def version_of(python, *packages):
    script = ("import sys; from importlib.metadata import version\n"
              "print(*(f'{name} {version(name)}' for name in sys.argv[1:]), sep=', ')")
    return subprocess.run([python, "-c", script, *packages], capture_output=True, text=True, check=True).stdout.strip()


def print_how(python, options, accuracy):
    wrk = subprocess.run(["wrk", "--version"], capture_output=True, text=True).stdout.split(" [")[0]
    packages = version_of(python, "fastapi", "uvicorn", "uvloop", "httptools", "pydantic", "scikit-learn", "numpy",
                          "prometheus-client", "orjson")
    print(f"{platform.machine()}, {os.cpu_count()} cores shared with {wrk}: -t1 -c C -d{options.seconds}s, keep-alive; "
          f"medians of {options.rounds} rounds, back to back. tidewatchd and bare have two threads; drift, metrics and "
          f"storage (relaxed) are on. FastAPI: Python {platform.python_version()}, {packages}; its model's accuracy is "
          f"{accuracy}. Ratios are tidewatchd's to that server's. Load average at the start {os.getloadavg()[0]:.1f}.",
          flush=True)


@contextlib.contextmanager
def all_sides(options):
    import packages
    from server import SOURCE, Server

    python = packages.locked_python(HERE / "peer/predict.lock")
    with contextlib.ExitStack() as stack:
        folder, memory = (
            pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tidewatch-peer-", dir=where)))
            for where in (None, "/dev/shm"))
        accuracy = subprocess.run([python, HERE / "peer/train.py", SOURCE / "assets/tickets.csv", folder / "model"],
                                  stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        print_how(python, options, accuracy)
        yield {
            OURS: Ours(stack.enter_context(Server("server.log_level=warn"))),
            BARE: stack.enter_context(bare(options.build)),
            PEER: stack.enter_context(peer(python, folder, memory, 1, "scikit-learn")),
            PEERS: stack.enter_context(peer(python, folder, memory, 2, "scikit-learn")),
            NUMPY: stack.enter_context(peer(python, folder, memory, 2, "numpy")),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, nargs="*", default=[1, 16, 64])
    parser.add_argument("--only", choices=("compare", "growth"))
    options = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = options.build
    try:
        with all_sides(options) as sides:
            print(f"\nThe largest difference of a probability, tidewatchd's to FastAPI's: {check_answers(sides):.3f}")
            if options.only != "growth":
                found = compare_loads(sides, options)
                print_bars(found, *compare_rest(sides))
            if options.only != "compare":
                grow_connections({name: sides[name] for name in (OURS, BARE)}, options)
                grow_requests(sides[OURS])
                grow_rows(sides[OURS], options.seconds)
            print(f"\nLoad average at the end: {os.getloadavg()[0]:.1f}")
    except unittest.SkipTest as reason:
        sys.exit(f"there is no peer: {reason}")


if __name__ == "__main__":
    main()
