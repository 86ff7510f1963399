#!/usr/bin/python3
"""Hours of mixed load with every simulation once: do memory, descriptors, threads, CPU and the log of the database stay flat?

Usage: soak.py BUILD_DIR [--minutes 60] [--pace 40] [--weights FOLDER]
tidewatchd with a real Prometheus and Alertmanager, fast alerts. Each minute a line is printed; at the end a table with
the first sample after the warm-up, the last one, the largest, and the slope of a line through them (least squares).
Exits 1 when the server died or a request went wrong outside of a simulation.
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import platform
import random
import statistics
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
SOURCE = HERE.parents[1]
QUESTIONS = [line for line in (SOURCE / "assets/kb/questions.txt").read_text().splitlines() if line and line[0] != "#"]
SIMULATIONS = (
    ("baseline", {}), ("drift", {}), ("hallucination", {}), ("latency", {}), ("topic-shift", {}),
    *(("rag", {"mode": mode}) for mode in ("empty-kb", "no-context", "vector-db-down", "corrupted-embeddings")),
    ("outage", {"target": "ml-api"}), ("outage", {"target": "llm-rag-api"}), ("recovery", {}),
)
WARM_UP = 5  # samples, minutes


def ticket(rng):
    return {"ticket_length": rng.randint(20, 300), "urgency_keywords": rng.randint(0, 8),
            "business_impact": round(rng.uniform(0, 10), 2), "customer_tier": rng.randint(1, 5)}


def evaluation(rng):
    text = rng.choice(QUESTIONS)
    return {"query": text, "contexts": [f"{text} is answered here. The limit is {rng.randint(1, 90)} days."],
            "response": f"The limit is {rng.randint(1, 90)} days."}


# Weight, listener, method, path, body.
MIX = (
    (400, "ml", "POST", "/predict", ticket),
    (40, "ml", "POST", "/predict/batch", lambda rng: {"rows": [ticket(rng) for _ in range(20)]}),
    (100, "llm", "POST", "/chat", lambda rng: {"query": rng.choice(QUESTIONS)}),
    (30, "ml", "POST", "/triage", lambda rng: {**ticket(rng), "ticket_text": rng.choice(QUESTIONS)}),
    (30, "llm", "POST", "/evaluate", evaluation),
    (30, "ml", "GET", "/drift/status", None),
    (30, "llm", "GET", "/kb/stats", None),
    (30, "ops", "GET", "/requests?limit=50", None),
    (30, "ops", "GET", "/events?limit=50", None),
    (10, "ops", "GET", "/metrics", None),
    (1, "llm", "POST", "/load-knowledge", lambda rng: {}),
    (10, "ml", "POST", "/predict", lambda rng: {"ticket_length": "long"}),  # 422
)


class Load:
    """A thread that sends requests of MIX at a pace, over one connection for each listener."""

    def __init__(self, server, pace, seed):
        self.server, self.pace, self.rng = server, pace, random.Random(seed)
        self.counts, self.stopping, self.times = collections.Counter(), threading.Event(), collections.defaultdict(list)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        connections = {}
        weights = [entry[0] for entry in MIX]
        while not self.stopping.wait(self.rng.expovariate(self.pace)):
            _, listener, method, path, make = self.rng.choices(MIX, weights)[0]
            body = json.dumps(make(self.rng)) if make else None
            began = time.perf_counter()
            try:
                connection = connections.setdefault(listener, self.server.connect(listener))
                connection.request(method, path, body, {"Content-Type": "application/json",
                                                        "Authorization": f"Bearer {self.server.token}"})
                answer = connection.getresponse()
                answer.read()
                self.counts[f"{path.partition('?')[0]} {answer.status}"] += 1
                self.times[path.partition("?")[0]].append((time.perf_counter() - began) * 1e3)
            except (OSError, http.client.HTTPException) as error:
                connections.pop(listener).close()
                self.counts[f"{path.partition('?')[0]} {type(error).__name__}"] += 1

    def stop(self):
        self.stopping.set()
        self.thread.join()


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def sample(server):
    pid = server.process.pid
    status = status_of(pid)
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    ticks = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    size = lambda name: (server.state / name).stat().st_size / 1e6 if (server.state / name).exists() else 0.0
    return {
        "RSS MB": int(status["VmRSS"].split()[0]) / 1024,
        "private MB": sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")) / 1024,
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "threads": int(status["Threads"]),
        "write-ahead log MB": size("tidewatch.db-wal"),
        "database MB": size("tidewatch.db"),
        "CPU s": (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK"),
    }


def slope_per_hour(values, minutes):
    return statistics.linear_regression(minutes, values).slope * 60 if len(values) > 2 else float("nan")


def simulate(server, name, parameters):
    answer = server.operate("POST", "/simulations", {"kind": name, "params": parameters})
    return f"{name} {' '.join(parameters.values())}".strip() + ("" if answer.status in (200, 201, 202) else f" refused: {answer.status}")


def report(samples, minutes):
    print("\n| | at minute %d | last | largest | slope per hour |\n|---|---|---|---|---|" % minutes[0])
    for name in samples[0]:
        values = [s[name] for s in samples]
        if name == "CPU s":
            values = [b - a for a, b in zip(values, values[1:])]
            name = "CPU s per minute"
        print(f"| {name} | {values[0]:.1f} | {values[-1]:.1f} | {max(values):.1f} | {slope_per_hour(values, minutes[:len(values)]):+.2f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--pace", type=float, default=40, help="requests a second, over two connections a listener")
    parser.add_argument("--weights", default=os.environ.get("TIDEWATCH_ENCODER_WEIGHTS"))
    args = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = args.build
    from stack import Stack

    settings = ["server.log_level=warn", *([f"encoder.weights={args.weights}"] if args.weights else [])]
    print(f"{platform.machine()}, {os.cpu_count()} cores, {args.minutes} minutes at {args.pace:g} requests a second, "
          f"{'with' if args.weights else 'without'} the encoder\n", flush=True)
    with Stack(*settings) as stack:
        loads = [Load(stack.server, args.pace / 2, seed) for seed in (1, 2)]
        samples, begun = [], time.monotonic()
        # All but the warm-up, evenly.
        turns = {WARM_UP + 1 + i * max(1, (args.minutes - WARM_UP - 2) // len(SIMULATIONS)): s for i, s in enumerate(SIMULATIONS)}
        try:
            for minute in range(1, args.minutes + 1):
                said = simulate(stack.server, *turns[minute]) if minute in turns else ""
                time.sleep(max(0.0, begun + minute * 60 - time.monotonic()))
                samples.append(sample(stack.server))
                print(f"{minute:4} " + "  ".join(f"{k} {v:.1f}" for k, v in samples[-1].items()) + f"  {said}", flush=True)
        finally:
            for load in loads:
                load.stop()
        kept = samples[WARM_UP - 1:] or samples
        report(kept, list(range(args.minutes - len(kept) + 1, args.minutes + 1)))
        total = loads[0].counts + loads[1].counts
        print(f"\n{sum(total.values())} requests: " + ", ".join(f"{key} {n}" for key, n in sorted(total.items())))
        times = {path: sorted(loads[0].times[path] + loads[1].times[path]) for path in loads[0].times}
        print("p50, p99 ms: " + ", ".join(f"{path} {v[len(v) // 2]:.1f}, {v[int(len(v) * 0.99)]:.1f}" for path, v in sorted(times.items())))
        runs = stack.server.operate("GET", "/simulations").json()["simulations"]
        print("simulations: " + ", ".join(f"{run['kind']} {run['state']}" + (f" ({run['reason']})" if run['state'] == 'failed' else '') for run in reversed(runs)))
        wrong = {key: n for key, n in total.items() if not key.endswith((" 200", " 202", " 422", " 503"))}
        # An outage refuses connections, as it should; nothing else may.
        return 1 if any("Refused" not in key and "Disconnected" not in key and "Reset" not in key for key in wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
