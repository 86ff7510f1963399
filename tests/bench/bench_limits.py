#!/usr/bin/python3
"""What the limits and checks of a request cost, in pairs back to back, by wrk; and a thousand connections at once.

Usage: bench_limits.py BUILD_DIR [--base OTHER_BUILD_DIR] [--pairs 5] [--seconds 3]
Pairs: without and with http.rate; the other build and this one; without and with TLS. Prints Markdown: medians of the
ratios of CPU time for each request and of requests per second, above 1 where the second costs more or answers more.
"""

import argparse
import os
import pathlib
import statistics
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE))

from measure import faultless_load, load  # noqa: E402


def started(build, *settings):
    """A server of that build. server.py knows one build folder: the one in the environment when it is imported."""
    import server

    server.BUILD = pathlib.Path(build).resolve()
    return server.Server(*settings)


def pair(name, first, second, script, path, options):
    ratios = {"cpu": [], "rps": []}
    with first[0] as a, second[0] as b:
        for i in range(options.pairs):
            results = {}
            for server, scheme in ((a, first[1]), (b, second[1]))[::1 if i % 2 else -1]:
                url = f"{scheme}://127.0.0.1:{server.ports['ml']}{path}"
                results[server] = faultless_load(url, server.process.pid, 16, options.seconds, script)
            for key, values in ratios.items():
                values.append(results[b][key] / results[a][key])
    cpu, rps = (sorted(ratios[key]) for key in ("cpu", "rps"))
    print(f"| {name} | {path} | {statistics.median(cpu):.3f} ({cpu[0]:.3f} to {cpu[-1]:.3f}) | "
          f"{statistics.median(rps):.3f} ({rps[0]:.3f} to {rps[-1]:.3f}) |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--base")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = options.build
    limited = ("http.rate=1000000", "http.burst=1000000")
    paths = (("predict.lua", "/predict"), (None, "/health"))
    print("| second against first | path | CPU time for a request | requests/s |\n|---|---|---|---|")
    for script, path in paths:
        pair("http.rate against none", (started(options.build), "http"), (started(options.build, *limited), "http"),
             script, path, options)
        if options.base:
            pair("this build against the other", (started(options.base), "http"), (started(options.build), "http"),
                 script, path, options)
        with tempfile.TemporaryDirectory() as folder:
            from test_tls import Authority, TlsServer

            tls = TlsServer(Authority(folder))
            pair("TLS against none", (started(options.build), "http"), (tls, "https"), script, path, options)
    print("\n| 1,000 connections, 10 s | requests/s | p99 ms | errors |\n|---|---|---|---|")
    with started(options.build) as server:
        for script, path in paths:
            r = load(f"http://127.0.0.1:{server.ports['ml']}{path}", server.process.pid, 1000, 10, script)
            print(f"| {path} | {r['rps']:,.0f} | {r['p99']:.1f} | {r['errors']} |", flush=True)
    print(f"\n{os.cpu_count()} CPUs, load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
