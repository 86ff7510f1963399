#!/usr/bin/python3
"""POST /predict beside a bare libmicrohttpd + cJSON + softmax program, back to back, by wrk.

Usage: bench_predict.py BUILD_DIR [--pairs 5] [--seconds 5]
Prints a Markdown table of medians over the pairs, ratios first, and how it was run.
"""

import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

from measure import faultless_load, rss_mb, scrape_ms, start_ms  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, nargs="*", default=[1, 16, 64])
    parser.add_argument("--durability", default="relaxed")
    args = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = args.build
    from server import Server, free_port

    port = free_port()
    bare = subprocess.Popen([pathlib.Path(args.build) / "tests/bench/bare", str(port), "2"])
    try:
        with Server(f"store.durability={args.durability}", "server.log_level=warn") as server:
            time.sleep(0.3)
            print(f"{platform.machine()}, {os.cpu_count()} cores shared with wrk; wrk -t1 -c C -d{args.seconds}s; "
                  f"2 threads each; medians of {args.pairs} pairs, back to back; drift, metrics and storage "
                  f"({args.durability}) on\n")
            sides = [(f"http://127.0.0.1:{server.ports['ml']}", server.process.pid),
                     (f"http://127.0.0.1:{port}", bare.pid)]
            print("| connections | rate ratio | CPU ratio | tidewatchd req/s | bare req/s | p50 ms | bare | p99 ms "
                  "| bare | CPU us/req | bare |")
            print("|---|---|---|---|---|---|---|---|---|---|---|")
            for connections in args.connections:
                for url, pid in sides:
                    faultless_load(url, pid, connections, 1)
                pairs = [[faultless_load(url, pid, connections, args.seconds) for url, pid in sides]
                         for _ in range(args.pairs)]

                def median(key, side):
                    return statistics.median(pair[side][key] for pair in pairs)

                rate = statistics.median(ours["rps"] / theirs["rps"] for ours, theirs in pairs)
                cpu = statistics.median(ours["cpu"] / theirs["cpu"] for ours, theirs in pairs)
                print(f"| {connections} | {rate:.2f} | {cpu:.2f} | {median('rps', 0):.0f} | {median('rps', 1):.0f} | "
                      f"{median('p50', 0):.3f} | {median('p50', 1):.3f} | {median('p99', 0):.3f} | "
                      f"{median('p99', 1):.3f} | {median('cpu', 0):.1f} | {median('cpu', 1):.1f} |", flush=True)
            print(f"\n/metrics {scrape_ms(server.ports['ml']):.2f} ms (with connection); "
                  f"RSS {rss_mb(server.process.pid):.1f} MB (bare {rss_mb(bare.pid):.1f} MB); "
                  f"rows dropped {server.metrics('ops')['tidewatch_store_rows_dropped_total']:.0f} of "
                  f"{server.metrics('ops')['tidewatch_store_rows_written_total']:.0f} written")
            print(f"start to /health with a trained model: {start_ms(server):.0f} ms (median of 5)")
    finally:
        bare.terminate()
        bare.wait()


if __name__ == "__main__":
    main()
