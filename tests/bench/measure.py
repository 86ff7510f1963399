"""What a server costs: a load by wrk, CPU time, memory, the time of a scrape and of a start."""

import http.client
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")


def family(pid):
    """The process and all that it has started, directly or not."""
    children = " ".join(path.read_text() for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children")).split()
    return [pid, *(member for child in children for member in family(int(child)))]


def cpu_seconds(pid):
    total = 0
    for member in family(pid):
        fields = pathlib.Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def rss_mb(pid):
    status = [pathlib.Path(f"/proc/{member}/status").read_text() for member in family(pid)]
    return sum(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) for text in status) / 1024


def to_ms(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 60e3}[unit]


def count_errors(out):
    """Answers that were not 2xx or 3xx or took over 10 s, and failures to connect, read and write."""
    counts = re.findall(r"(?:Non-2xx or 3xx responses:|connect|read|write|timeout) (\d+)", out)
    return sum(map(int, counts))


def load(url, pid, connections, seconds, script="predict.lua", rows=None):
    """The script decides what is asked of the server, whose process is pid; rows is how many tickets a batch has."""
    before = cpu_seconds(pid)
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s",
         *(["-s", HERE / script] if script else []), url, *(["--", str(rows)] if rows else [])],
        capture_output=True, text=True, check=True).stdout
    seconds_of_cpu = cpu_seconds(pid) - before
    requests = int(re.search(r"(\d+) requests in", out)[1])
    return {
        "requests": requests,
        "errors": count_errors(out),
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
        "p50": to_ms(re.search(r"^\s+50%\s+(\S+)", out, re.M)[1]),
        "p99": to_ms(re.search(r"^\s+99%\s+(\S+)", out, re.M)[1]),
        "cpu": seconds_of_cpu / max(requests, 1) * 1e6,
        "cpu_s": seconds_of_cpu,
    }


def faultless_load(*args, **kwargs):
    """The same; ends the program when a request failed."""
    result = load(*args, **kwargs)
    if result["errors"] > 0:
        sys.exit(f"{result['errors']} errors under load")
    return result


def milliseconds(action):
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1e3


def scrape_ms(port):
    """The median of 21 scrapes, each with a connection of its own."""
    def scrape():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        assert response.status == 200 and response.read()
        connection.close()

    return statistics.median(milliseconds(scrape) for _ in range(21))


def start_ms(server):
    """The median of five starts of a server that runs, as it does afterwards: from exec to an answer of /health."""
    times = []
    server.poll_s = 0.001
    for _ in range(5):
        server.stop()
        times.append(milliseconds(server.start))
    return statistics.median(times)
