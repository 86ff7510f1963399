#!/usr/bin/python3
"""POST /predict while 64 clients of POST /chat drown the LLM side: times alone and beside, and what is shed.

Usage: bench_overload.py BUILD_DIR [--weights FOLDER] [--seconds 8] [--clients 64]
Every client asks again as soon as it has its answer, one that was refused (503) at once too. With the queue's default
length nobody is refused by 64 clients; a queue of 16 sheds. Exits 1 when a prediction failed, or something else than
200 and 503 with Retry-After came from /chat.
"""

import argparse
import http.client
import json
import os
import pathlib
import platform
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE))
from bench_chat import JSON, QUESTIONS, TICKET, measure, percentile, wait_until_loaded


class Drowning:
    """Clients that keep asking whatever they are told, until stopped."""

    def __init__(self, port, n):
        self.port, self.stopping = port, threading.Event()
        self.counts, self.lock = {}, threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(n)]
        for thread in self.threads:
            thread.start()

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def run(self, turn):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stopping.is_set():
            turn += 1
            try:
                connection.request("POST", "/chat", json.dumps({"query": QUESTIONS[turn % len(QUESTIONS)]}), JSON)
                response = connection.getresponse()
                response.read()
                self.count((response.status, response.getheader("Retry-After") is not None))
            except (OSError, http.client.HTTPException):
                self.count("broken")
                connection.close()
        connection.close()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        return self.counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--weights", default=os.environ.get("TIDEWATCH_ENCODER_WEIGHTS"))
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", type=int, default=64)
    args = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = args.build
    from server import Server

    print(f"{platform.machine()}, {os.cpu_count()} cores shared with the clients (Python, keep-alive); {args.clients} clients "
          f"of /chat; one of /predict with 2 ms between requests; {args.seconds:.0f} s each; encoder: "
          f"{'yes' if args.weights else 'no'}\n")
    print("| http.queue | /predict alone p50 ms | p99 | beside p50 ms | p99 | predictions failed | /chat answered | shed "
          "| rows dropped |\n|---|---|---|---|---|---|---|---|---|")
    missed = False
    for queue in (128, 16):
        weights = [f"encoder.weights={args.weights}"] if args.weights else []
        with Server("server.log_level=warn", f"http.queue={queue}", *weights) as server:
            wait_until_loaded(server)
            alone = measure(server.ports["ml"], "/predict", [TICKET], 1, args.seconds, 0.002)
            drowning = Drowning(server.ports["llm"], args.clients)
            time.sleep(0.5)
            beside = measure(server.ports["ml"], "/predict", [TICKET], 1, args.seconds, 0.002)
            counts = drowning.stop()
            dropped = server.metrics("ops")["tidewatch_store_rows_dropped_total"]
        print(f"| {queue} | {percentile(alone.ms, 0.5):.2f} | {percentile(alone.ms, 0.99):.2f} | "
              f"{percentile(beside.ms, 0.5):.2f} | {percentile(beside.ms, 0.99):.2f} | {alone.failed + beside.failed} | "
              f"{counts.get((200, False), 0)} | {counts.get((503, True), 0)} | {dropped:.0f} |", flush=True)
        missed |= beside.failed > 0 or not set(counts) <= {(200, False), (503, True)}
    sys.exit(missed)


if __name__ == "__main__":
    main()
