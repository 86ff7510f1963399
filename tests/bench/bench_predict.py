#!/usr/bin/python3
"""POST /predict beside a bare libmicrohttpd + cJSON + softmax program, back to back, by wrk.

Usage: bench_predict.py BUILD_DIR [--pairs 5] [--seconds 5]
Prints a Markdown table of medians over the pairs, ratios first, and how it was run.
"""

import argparse
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def to_ms(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def load(port, pid, connections, seconds):
    before = cpu_seconds(pid)
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", HERE / "predict.lua",
         f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", out)[1])
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(out)
    return {
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
        "p50": to_ms(re.search(r"^\s+50%\s+(\S+)", out, re.M)[1]),
        "p99": to_ms(re.search(r"^\s+99%\s+(\S+)", out, re.M)[1]),
        "cpu": (cpu_seconds(pid) - before) / requests * 1e6,
    }


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
            print("| connections | rate ratio | CPU ratio | tidewatchd req/s | bare req/s | p50 ms | bare | p99 ms "
                  "| bare | CPU us/req | bare |")
            print("|---|---|---|---|---|---|---|---|---|---|---|")
            for connections in args.connections:
                load(server.ports["ml"], server.process.pid, connections, 1)
                load(port, bare.pid, connections, 1)
                pairs = [(load(server.ports["ml"], server.process.pid, connections, args.seconds),
                          load(port, bare.pid, connections, args.seconds)) for _ in range(args.pairs)]

                def median(key, side):
                    return statistics.median(pair[side][key] for pair in pairs)

                rate = statistics.median(ours["rps"] / theirs["rps"] for ours, theirs in pairs)
                cpu = statistics.median(ours["cpu"] / theirs["cpu"] for ours, theirs in pairs)
                print(f"| {connections} | {rate:.2f} | {cpu:.2f} | {median('rps', 0):.0f} | {median('rps', 1):.0f} | "
                      f"{median('p50', 0):.3f} | {median('p50', 1):.3f} | {median('p99', 0):.3f} | "
                      f"{median('p99', 1):.3f} | {median('cpu', 0):.1f} | {median('cpu', 1):.1f} |", flush=True)
            started = time.perf_counter()
            for _ in range(20):
                server.get("ml", "/metrics")
            print(f"\n/metrics {(time.perf_counter() - started) / 20 * 1e3:.2f} ms (with connection); "
                  f"RSS {rss_mb(server.process.pid):.1f} MB (bare {rss_mb(bare.pid):.1f} MB); "
                  f"rows dropped {server.metrics('ops')['tidewatch_store_rows_dropped_total']:.0f} of "
                  f"{server.metrics('ops')['tidewatch_store_rows_written_total']:.0f} written")
            times = []
            for _ in range(5):
                server.stop()
                started = time.perf_counter()
                server.start()
                times.append((time.perf_counter() - started) * 1e3)
            print(f"start to /health with a trained model: {statistics.median(times):.0f} ms (median of 5)")
    finally:
        bare.terminate()
        bare.wait()


if __name__ == "__main__":
    main()
