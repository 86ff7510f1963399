#!/usr/bin/python3
"""kill -9 of tidewatchd under load, then a restart: what is on disk, what was lost, is the window back?

Usage: bench_kill.py BUILD_DIR [--rounds 20] [--clients 8]
An acknowledged row is lost when its answer had come and the database does not have it. In the default mode the bar
is 50 ms of rows, in commit mode none. Exits 1 when a bar is missed.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import sqlite3
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))


def sequence_of(prediction_id):
    return int(prediction_id[4:20], 16)


def send(port, seed, acknowledged, stop):
    rng = random.Random(seed)  # of its own: equal tickets in a row would count once in the drift window
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    while not stop.is_set():
        body = json.dumps({"ticket_length": rng.randint(20, 300), "urgency_keywords": rng.randint(0, 8),
                           "business_impact": round(rng.uniform(0, 10), 2), "customer_tier": rng.randint(1, 5)})
        try:
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            acknowledged.append((sequence_of(answer["prediction_id"]), time.monotonic()))
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return


def round_of(server, clients, rng):
    acknowledged, stop = [], threading.Event()
    threads = [threading.Thread(target=send, args=(server.ports["ml"], rng.random(), acknowledged, stop))
               for _ in range(clients)]
    for thread in threads:
        thread.start()
    time.sleep(rng.uniform(0.3, 1.0))
    killed = time.monotonic()
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    database = sqlite3.connect(server.state / "tidewatch.db")
    intact = database.execute("pragma integrity_check").fetchone()[0]
    stored = {row[0] for row in database.execute("select sequence from predictions")}
    database.close()
    lost = [at for sequence, at in acknowledged if sequence not in stored]
    started = time.monotonic()
    server.start()
    window = server.get("ml", "/drift/status").json()["samples_analyzed"]
    return {
        "intact": intact == "ok", "acknowledged": len(acknowledged), "lost": len(lost),
        "lost_age_ms": max(((killed - at) * 1e3 for at in lost), default=0.0),
        "window": window, "restart_ms": (time.monotonic() - started) * 1e3, "stored": len(stored),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    args = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = args.build
    from server import Server

    missed = False
    print(f"{args.rounds} kills per mode, {args.clients} clients, each for 0.3 to 1 s\n")
    print("| mode | acknowledged | lost | most lost at once | oldest lost, ms before the kill | integrity | window back "
          "| restart ms, median |")
    print("|---|---|---|---|---|---|---|---|")
    for mode, bar_ms in (("relaxed", 50), ("commit", 0)):
        rng = random.Random(mode)
        with Server(f"store.durability={mode}", "server.log_level=warn") as server:
            rounds = [round_of(server, args.clients, rng) for _ in range(args.rounds)]
        oldest = max(r["lost_age_ms"] for r in rounds)
        full = sum(r["window"] == min(200, r["stored"]) for r in rounds)
        print(f"| {mode} | {sum(r['acknowledged'] for r in rounds)} | {sum(r['lost'] for r in rounds)} | "
              f"{max(r['lost'] for r in rounds)} | {oldest:.1f} | {sum(r['intact'] for r in rounds)}/{len(rounds)} ok | "
              f"{full}/{len(rounds)} | {sorted(r['restart_ms'] for r in rounds)[len(rounds) // 2]:.0f} |", flush=True)
        missed |= oldest > bar_ms or not all(r["intact"] for r in rounds) or full < len(rounds)
    sys.exit(missed)


if __name__ == "__main__":
    main()
