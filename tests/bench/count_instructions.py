#!/usr/bin/python3
"""Instructions that a request costs, counted by callgrind: about the same on a busy machine as on a quiet one.

Usage: count_instructions.py BUILD_DIR [--requests 100] [--rounds 3] [--only NAME ...] [--functions 0]

A server of a release build runs under valgrind, for the LLM side another one; of each round n and 2 n requests are
counted, and a request is the difference over n, of all threads, so that what goes on without requests and the counting
itself cancel out. Medians of the rounds. The server has no encoder: that one is measured by itself. With --functions N the
N functions that cost most themselves stand below; their names need no build with -g. Prints Markdown.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
JSON = {"Content-Type": "application/json"}
BATCH = 100
SETTLE_S = 0.5  # until the store's writer has what was given to it
QUESTIONS = [line for line in (HERE.parents[1] / "assets/kb/questions.txt").read_text().splitlines()
             if line and line[0] != "#"]


def ticket(i):
    """One differs from the other in every feature, as in predict.lua."""
    return {"ticket_length": 60 + i % 121, "urgency_keywords": i % 5, "business_impact": 2 + i % 61 / 10,
            "customer_tier": 1 + i % 5}


# Of the server that is asked: what the LLM side does at its start must not be counted with the rest.
ML, LLM = ("server.roles=ml,ops",), ("server.roles=ml,llm,ops",)

# Name: listener, method, path, body of the i-th request, share of --requests that is asked, the server's settings.
CASES = {
    "predict": ("ml", "POST", "/predict", ticket, 1, ML),
    "batch": ("ml", "POST", "/predict/batch", lambda i: {"rows": [ticket(i * BATCH + j) for j in range(BATCH)]}, 0.1, ML),
    "metrics": ("ml", "GET", "/metrics", None, 0.2, ML),
    "metrics of operations": ("ops", "GET", "/metrics", None, 0.2, ML),
    "chat": ("llm", "POST", "/chat", lambda i: {"query": QUESTIONS[i % len(QUESTIONS)]}, 0.05, LLM),
}


class Counted:
    """A server under callgrind, which counts from the first count on."""

    def __init__(self, server, folder):
        self.pid, self.folder, self.n_dumps = server.process.pid, folder, 0
        self.control("-i", "on")

    def control(self, *words):
        done = subprocess.run(["callgrind_control", *words, str(self.pid)], text=True, capture_output=True)
        if done.returncode != 0 or "OK" not in done.stdout:
            sys.exit(f"callgrind_control: {done.stdout}{done.stderr}")

    def count(self):
        """Instructions since the count before, and the file that has them by function."""
        self.n_dumps += 1
        self.control("-d")
        file = self.folder / f"callgrind.{self.n_dumps}"
        return int(re.search(r"^(?:summary|totals): (\d+)", file.read_text(), re.MULTILINE)[1]), file


def ask(connection, case, first, n):
    _, method, path, body, _, _ = case
    for i in range(first, first + n):
        connection.request(method, path, json.dumps(body(i)) if body else None, JSON if body else {})
        response = connection.getresponse()
        said = response.read()
        if response.status != 200:
            sys.exit(f"{method} {path} was answered with {response.status}: {said[:200]}")
    time.sleep(SETTLE_S)


def measure(server, counted, case, n, rounds):
    """(instructions a request by round, file of the last count)"""
    connection = http.client.HTTPConnection("127.0.0.1", server.ports[case[0]], timeout=600)
    ask(connection, case, 0, n)  # what is made once
    counted.count()
    found, at = [], n
    for _ in range(rounds):
        counts = []
        for times in (1, 2):
            ask(connection, case, at, times * n)
            at += times * n
            count, file = counted.count()
            counts.append(count)
        found.append((counts[1] - counts[0]) / n)
    connection.close()
    return found, file


def costly_functions(file, n):
    """(share, function) of those that cost most themselves."""
    said = subprocess.run(["callgrind_annotate", "--show-percs=yes", "--threshold=100", file], text=True, capture_output=True,
                          check=True).stdout
    rows = re.findall(r"^ *[\d,]+ \( ?([\d.]+)%\)  \S*?([^:/\s]+(?: \[.*)?)$", said, re.MULTILINE)
    return [(float(share), re.sub(r" \[.*/([^/]+)\]$", r" (\1)", name)) for share, name in rows
            if name != "PROGRAM TOTALS"][:n]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--functions", type=int, default=0)
    args = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = args.build
    version = subprocess.run(["valgrind", "--version"], text=True, capture_output=True, check=True).stdout.strip()
    print(f"{version}, {args.rounds} rounds, all threads, without encoder; a batch has {BATCH} tickets\n")
    print("| | requests a count | instructions a request | least | most |\n|---|---|---|---|---|", flush=True)
    costly = {}
    for settings in (ML, LLM):
        names = [name for name in args.only if CASES[name][5] == settings]
        if names:
            with tempfile.TemporaryDirectory(prefix="tidewatch-count-") as folder:
                costly |= report(names, settings, pathlib.Path(folder), args)
    for name, rows in costly.items():
        print(f"\n{title(name)}, functions by what they cost themselves:\n\n| share | function |\n|---|---|")
        print("\n".join(f"| {share:.1f} % | `{function}` |" for share, function in rows))


def title(name):
    return f"`{CASES[name][1]} {CASES[name][2]}` ({CASES[name][0]})"


def report(names, settings, folder, args):
    """Prints a row for each; {name: its costly functions} where they are wanted."""
    from server import Server
    from test_llm_api import wait_until_loaded

    settings, state, costly = ("server.log_level=warn", *settings), folder / "state", {}
    state.mkdir(mode=0o700)

    def loaded(server):
        if "server.roles=ml,llm,ops" in settings:
            wait_until_loaded(server)

    with Server(*settings, state=state) as server:  # the model and the knowledge base are made at full speed
        loaded(server)
    server = Server(*settings, state=state)
    # Fair: else the thread that has valgrind's lock keeps it from the others for seconds.
    server.wrapper = ("valgrind", "--tool=callgrind", "--instr-atstart=no", "--fair-sched=yes", "--quiet",
                      f"--callgrind-out-file={folder}/callgrind")
    try:
        server.start(wait_s=300)
        loaded(server)
        counted = Counted(server, folder)
        for name in names:
            n = max(1, round(args.requests * CASES[name][4]))
            found, file = measure(server, counted, CASES[name], n, args.rounds)
            print(f"| {title(name)} | {n}, {2 * n} | {statistics.median(found):,.0f} | {min(found):,.0f} | {max(found):,.0f} |",
                  flush=True)
            if args.functions:
                costly[name] = costly_functions(file, args.functions)
    finally:
        server.kill()
    return costly


if __name__ == "__main__":
    main()
