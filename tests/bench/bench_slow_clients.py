#!/usr/bin/python3
"""p99 of /predict while others misbehave: one slow client, one stalled upload, 500 idle keep-alive connections.

Usage: bench_slow_clients.py BUILD_DIR [--seconds 5]
The load is 8 keep-alive connections by wrk; each case runs beside the quiet case, back to back.
"""

import argparse
import os
import pathlib
import socket
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n"


def drip(port, stop):
    """A client that sends its body a byte at a time, for ever again."""
    while not stop.is_set():
        try:
            with socket.create_connection(("127.0.0.1", port)) as s:
                s.sendall(HEAD)
                while not stop.is_set():
                    s.sendall(b" ")
                    time.sleep(0.02)
        except OSError:
            pass


def stall(port, stop):
    """A client that stops in the middle of its body."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(HEAD + b"{")
        stop.wait()


def idle(port, stop):
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(500)]
    for s in sockets:
        s.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    stop.wait()
    for s in sockets:
        s.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=5)
    args = parser.parse_args()
    os.environ["TW_BUILD_ROOT"] = args.build
    from measure import faultless_load
    from server import Server

    print("| beside | quiet p99 ms | p99 ms | quiet req/s | req/s |")
    print("|---|---|---|---|---|")
    with Server("server.log_level=warn") as server:
        port, pid = server.ports["ml"], server.process.pid
        url = f"http://127.0.0.1:{port}"
        faultless_load(url, pid, 8, 1)
        for name, trouble in (("one slow client", drip), ("one stalled upload", stall), ("500 idle connections", idle)):
            quiet = faultless_load(url, pid, 8, args.seconds)
            stop = threading.Event()
            thread = threading.Thread(target=trouble, args=(port, stop))
            thread.start()
            time.sleep(0.5)
            busy = faultless_load(url, pid, 8, args.seconds)
            stop.set()
            thread.join()
            print(f"| {name} | {quiet['p99']:.2f} | {busy['p99']:.2f} | {quiet['rps']:.0f} | {busy['rps']:.0f} |",
                  flush=True)


if __name__ == "__main__":
    main()
