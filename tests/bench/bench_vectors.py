#!/usr/bin/env python3
"""Vector queries over HTTP, ours and a real Chroma server side by side: the same clustered vectors of 384 numbers, the
same questions in turn, one keep-alive connection each. bench_vectors.py [SIZE ...]; TW_BUILD_ROOT names a release build.
Prints Markdown."""

import base64
import json
import pathlib
import random
import statistics
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from server import Server  # noqa: E402
from test_vector_api import Api, chroma_server  # noqa: E402

DIM, TOP, BATCH, QUESTIONS = 384, 5, 1000, 300


def members(rng, centre):
    """A member of the cluster, of length 1."""
    x = [c + rng.gauss(0, 0.7) for c in centre]
    norm = sum(v * v for v in x) ** 0.5
    return [v / norm for v in x]


def data(n):
    """The vectors as base64, and questions from the same clusters, as JSON text."""
    rng = random.Random(n)
    centres = [[rng.gauss(0, 1) for _ in range(DIM)] for _ in range(max(n // 50, 1))]
    vectors = [base64.b64encode(struct.pack(f"<{DIM}f", *members(rng, centres[i // 50 % len(centres)]))).decode()
               for i in range(n)]
    questions = [[float(f"{v:.7f}") for v in members(rng, rng.choice(centres))] for _ in range(QUESTIONS)]
    return vectors, questions


def fill(api, path, vectors):
    began = time.monotonic()
    for start in range(0, len(vectors), BATCH):
        part = range(start, min(start + BATCH, len(vectors)))
        status, answer = api("POST", path + "/upsert", {
            "ids": [f"r{i}" for i in part], "embeddings": vectors[start:start + BATCH],
            "documents": [f"record number {i} of the benchmark" for i in part],
            "metadatas": [{"tenth": i % 10, "half": i % 2 == 0} for i in part]})
        assert status == 200, answer
    return len(vectors) / (time.monotonic() - began)


def ask(api, path, body):
    began = time.perf_counter()
    status, answer = api.send("POST", path + "/query", body)
    took = (time.perf_counter() - began) * 1e3
    assert status == 200, answer
    return took, answer["ids"][0]


def rss_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0


def quantile(values, q):
    return sorted(values)[min(int(len(values) * q), len(values) - 1)]


def measure(sides, questions, where):
    """Milliseconds of each side, and the share of the exact answers (the first side's) that the others give."""
    times = {name: [] for name in sides}
    found = {name: 0 for name in sides}
    for number, question in enumerate(questions):
        body = json.dumps({"query_embeddings": [question], "n_results": TOP, "include": ["documents", "distances"],
                           **({"where": where} if where else {})})
        exact = None
        for name in list(sides) if number % 2 else reversed(list(sides)):
            took, ids = ask(*sides[name], body)
            times[name].append(took)
            found[name] = found[name], ids
        exact = set(found["tidewatch"][1])
        for name in sides:
            found[name] = found[name][0] + len(exact & set(found[name][1])) / max(len(exact), 1)
    return {name: (statistics.median(times[name]), quantile(times[name], 0.99), found[name] / len(questions))
            for name in sides}


def main():
    sizes = [int(s) for s in sys.argv[1:]] or [1000, 10000, 50000]
    print("| vectors | filter | server | p50 ms | p99 ms | recall@5 | upserts/s |\n|---|---|---|---|---|---|---|")
    with Server("server.roles=ml,vector,ops", "http.idle_timeout=30m") as server, chroma_server() as chroma_port:
        apis = {"tidewatch": Api(server.ports["vector"]), "chroma": Api(chroma_port)}
        for n in sizes:
            vectors, questions = data(n)
            sides, rates = {}, {}
            for name, api in apis.items():
                path = api.collection(f"bench-{n}")
                rates[name] = fill(api, path, vectors)
                sides[name] = (api, path)
            measure(sides, questions[:20], None)  # warms both up
            for label, where in (("none", None), ("a tenth", {"tenth": 3})):
                result = measure(sides, questions, where)
                for name, (p50, p99, recall) in result.items():
                    print(f"| {n:,} | {label} | {name} | {p50:.2f} | {p99:.2f} | {recall:.3f} | {rates[name]:,.0f} |",
                          flush=True)
                ratio = [result["tidewatch"][i] / result["chroma"][i] for i in (0, 1)]
                print(f"| {n:,} | {label} | ratio | {ratio[0]:.2f} | {ratio[1]:.2f} | | |", flush=True)
        print(f"\ntidewatchd: {rss_mb(server.process.pid):.0f} MB resident with all of it")


if __name__ == "__main__":
    main()
