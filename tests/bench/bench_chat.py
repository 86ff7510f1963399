#!/usr/bin/python3
"""POST /chat over HTTP with 1 and 8 clients, memory, and the ML API while the LLM side is saturated.

Usage: bench_chat.py BUILD_DIR [--weights FOLDER] [--seconds 10]
Questions of assets/kb/questions.txt over keep-alive connections, each client asks the next when it has its
answer. Prints Markdown, and how it was run.
"""

import argparse
import http.client
import json
import os
import pathlib
import platform
import statistics
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE))
SOURCE = HERE.parents[1]
QUESTIONS = [line for line in (SOURCE / "assets/kb/questions.txt").read_text().splitlines() if line and line[0] != "#"]
TICKET = json.dumps({"ticket_length": 120, "urgency_keywords": 2, "business_impact": 5, "customer_tier": 3})
JSON = {"Content-Type": "application/json"}


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Clients:
    """n threads that post bodies in turn until stopped; .ms has the times of all."""

    def __init__(self, port, path, bodies, n, pause_s=0.0):
        self.port, self.path, self.bodies, self.pause_s = port, path, bodies, pause_s
        self.stopping = threading.Event()
        self.ms, self.failed = [], 0
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(n)]
        for thread in self.threads:
            thread.start()

    def run(self, turn):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stopping.is_set():
            body = self.bodies[turn % len(self.bodies)]
            turn += len(self.threads)
            begin = time.perf_counter()
            connection.request("POST", self.path, body, JSON)
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                self.ms.append((time.perf_counter() - begin) * 1e3)
            else:
                self.failed += 1
            if self.pause_s:
                time.sleep(self.pause_s)
        connection.close()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        return self


def measure(port, path, bodies, n, seconds, pause_s=0.0):
    clients = Clients(port, path, bodies, n, pause_s)
    time.sleep(seconds)
    return clients.stop()


def wait_until_loaded(server):
    while True:
        load = server.get("llm", "/kb/stats").json()["load"]
        if load["finished_at_ms"] > 0 and load["state"] != "loading":
            return
        time.sleep(0.05)


def bench(server, name, seconds, rss_mb):
    wait_until_loaded(server)
    after_load = rss_mb(server.process.pid)
    bodies = [json.dumps({"query": q}) for q in QUESTIONS]
    measure(server.ports["llm"], "/chat", bodies, 1, 1)
    for n in (1, 8):
        done = measure(server.ports["llm"], "/chat", bodies, n, seconds)
        print(f"| {name} | {n} | {len(done.ms) / seconds:.0f} | {percentile(done.ms, 0.5):.1f} | "
              f"{percentile(done.ms, 0.99):.1f} | {done.failed} | {after_load:.0f} | {rss_mb(server.process.pid):.0f} |",
              flush=True)
    idle = measure(server.ports["ml"], "/predict", [TICKET], 1, seconds, 0.002)
    noise = Clients(server.ports["llm"], "/chat", bodies, 16)
    busy = measure(server.ports["ml"], "/predict", [TICKET], 1, seconds, 0.002)
    noise.stop()
    return (f"| {name} | {percentile(idle.ms, 0.5):.2f} | {percentile(idle.ms, 0.99):.2f} | {percentile(busy.ms, 0.5):.2f} | "
            f"{percentile(busy.ms, 0.99):.2f} | {max(2 * percentile(idle.ms, 0.99), 5):.2f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--weights", default=os.environ.get("TIDEWATCH_ENCODER_WEIGHTS"))
    parser.add_argument("--seconds", type=float, default=10)
    args = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = args.build
    from measure import rss_mb
    from server import Server

    kinds = [("without encoder", [])] + ([("with encoder", [f"encoder.weights={args.weights}"])] if args.weights else [])
    print(f"{platform.machine()}, {os.cpu_count()} cores shared with the clients (Python, keep-alive, each waits for its "
          f"answer); {len(QUESTIONS)} questions; {args.seconds:.0f} s each; times include HTTP and the client\n")
    print("| | clients | req/s | p50 ms | p99 ms | failed | RSS after load MB | RSS after MB |\n|---|---|---|---|---|---|---|---|")
    beside = []
    for name, settings in kinds:
        with Server("server.log_level=warn", *settings) as server:
            beside.append(bench(server, name, args.seconds, rss_mb))
    print("\n`/predict`, one client with 2 ms between requests, alone and beside 16 clients of `/chat`:\n")
    print("| | alone p50 ms | p99 | beside p50 ms | p99 | bar: larger of 2 x alone and 5 |\n|---|---|---|---|---|---|")
    print("\n".join(beside))


if __name__ == "__main__":
    main()
