#!/usr/bin/env python3
"""POST /chat beside the same pipeline in Python (peer/chat_service.py), back to back, at 1 and 8 clients.

    bench_chat_peer.py BUILD_DIR [--weights FOLDER] [--pairs 5] [--seconds 2]

Needs the encoder's weights; the packages are installed where tests keep theirs (peer/chat.lock). Both answer the
questions of assets/kb/questions.txt from the same chunks with the same weights; the clients, in Python too, share the
machine. Ours also stores the answer, counts, and measures drift. Prints Markdown; every ratio is ours / theirs.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import bench_chat as chat
import peers
from measure import cpu_seconds, rss_mb

CLIENTS = (1, 8)
MEASURES = {"p50 ms": "p50", "p99 ms": "p99", "CPU ms a request": "cpu", "answers/s": "rate"}


class Python:
    """The service in Python, as a process."""

    def __init__(self, database, weights, folder, port):
        self.command = [sys.executable, peers.HERE / "peer/chat_service.py", str(port), database, weights, folder]
        self.port, self.process = port, None

    def start(self):
        self.process = subprocess.Popen(self.command)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def ask(port, query):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/chat", json.dumps({"query": query}), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def seconds_to_first_answer(start, port, process):
    """From the start of the process to an answer that quotes the articles."""
    began = time.monotonic()
    start()
    while time.monotonic() < began + 120:
        try:
            status, answer = ask(port, "How do I reset my password?")
            if status == 200 and not answer["abstained"]:
                return time.monotonic() - began
        except OSError:
            pass
        if process() and process().poll() is not None:
            break
        time.sleep(0.005)
    sys.exit("the service in Python did not start")


def load(bodies, port, pid, n_clients, seconds):
    before = cpu_seconds(pid)
    done = chat.measure(port, "/chat", bodies, n_clients, seconds)
    if done.failed or not done.ms:
        sys.exit(f"{done.failed} of {len(done.ms)} requests to port {port} failed")
    return {"p50": chat.percentile(done.ms, 0.5), "p99": chat.percentile(done.ms, 0.99),
            "cpu": (cpu_seconds(pid) - before) / len(done.ms) * 1e3, "rate": len(done.ms) / seconds}


def report_load(server, python, args):
    bodies = [json.dumps({"query": query}) for query in chat.QUESTIONS]
    sides = [(server.ports["llm"], server.process.pid), (python.port, python.process.pid)]
    print("| clients | | ours / theirs (range) | ours | theirs |\n|---|---|---|---|---|")
    for n_clients in CLIENTS:
        for side in sides:
            load(bodies, *side, n_clients, 1)
        pairs = [[load(bodies, *side, n_clients, args.seconds) for side in sides] for _ in range(args.pairs)]
        for name, key in MEASURES.items():
            values = [[side[key] for side in pair] for pair in pairs]
            ours, theirs = (peers.short(statistics.median(column)) for column in zip(*values))
            print(f"| {n_clients} | {name} | {peers.ratio(values)} | {ours} | {theirs} |", flush=True)


def report_memory(server, python):
    ours, theirs = rss_mb(server.process.pid), rss_mb(python.process.pid)
    print(f"| | RSS MB, after it | {peers.ratio([(ours, theirs)])} | {ours:.0f} | {theirs:.0f} |", flush=True)


def report_start(server, python, n_pairs):
    """Both have the vectors from before."""
    pairs = []
    for _ in range(n_pairs):
        server.stop()
        python.stop()
        pairs.append((seconds_to_first_answer(server.start, server.ports["llm"], lambda: None),
                      seconds_to_first_answer(python.start, python.port, lambda: python.process)))
    ours, theirs = (statistics.median(column) for column in zip(*pairs))
    print(f"| | s from the start to the first answer | {peers.ratio(pairs)} | {ours:.3f} | {theirs:.3f} |", flush=True)


def report_sources(server, python):
    """How often the best chunk is the same: they do search the same thing."""
    same = answered = 0
    for query in chat.QUESTIONS:
        answers = [ask(port, query)[1] for port in (server.ports["llm"], python.port)]
        best = [answer["sources"][0]["document"] if answer["sources"] else None for answer in answers]
        answered += None not in best
        same += best[0] is not None and best[0] == best[1]
    print(f"\nThe best source is of the same article for {same} of {answered} questions.")


def versions():
    from importlib.metadata import version
    return ", ".join(f"{name} {version(name)}" for name in ("fastapi", "uvicorn", "onnxruntime", "tokenizers", "chromadb"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--weights", default=os.environ.get("TIDEWATCH_ENCODER_WEIGHTS"))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    args = parser.parse_args()
    if not args.weights:
        print("not measured: the weights of the encoder are not there")
        return
    os.environ["TW_BUILD_ROOT"] = args.build
    peers.need("chat")
    from server import Server, free_port

    print(f"{peers.machine()}; {versions()}; {len(chat.QUESTIONS)} questions, keep-alive, each client waits for its "
          f"answer; {args.seconds:.0f} s each; medians of {args.pairs} pairs, back to back\n")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidewatch-peer-"))
    try:
        with Server("server.log_level=warn", f"encoder.weights={args.weights}") as server:
            chat.wait_until_loaded(server)
            python = Python(server.state / "knowledge.db", args.weights, folder, free_port())
            try:
                first = seconds_to_first_answer(python.start, python.port, lambda: python.process)
                report_load(server, python, args)
                report_memory(server, python)
                report_start(server, python, args.pairs)
                report_sources(server, python)
                print(f"The very first start of the one in Python, which makes the vectors: {first:.1f} s.")
            finally:
                python.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
