#!/usr/bin/python3
"""Scaling out, shown on this machine: the topology of docs/guides/scale-out.md, and what it does under drift, load, a
kill and a stop.

Usage: scale_out.py BUILD_DIR [--weights FOLDER]
Prints a Markdown table, one line for each claim that is checked, with its figures. Exits 1 when one does not hold.
"""

import argparse
import collections
import concurrent.futures
import http.client
import json
import math
import os
import pathlib
import platform
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e"), str(HERE.parent / "dashboards")]
os.environ["TW_BUILD_ROOT"] = next((word for word in sys.argv[1:] if not word.startswith("-")), "build")  # server reads it
import boards  # noqa: E402
from fleet import LLM, ML, NAME, Fleet, accepts, nginx_program  # noqa: E402
from server import BUILD, SOURCE  # noqa: E402
from stack import wait_for  # noqa: E402
from terminal import Terminal  # noqa: E402
from test_drift_loop import ordinary_rows  # noqa: E402

QUESTIONS = [line for line in (SOURCE / "assets/kb/questions.txt").read_text().splitlines() if line and line[0] != "#"]
TICKETS = [line for line in (SOURCE / "assets/tickets.txt").read_text().splitlines() if line and line[0] != "#"]
# By how much, at most to what.
SHIFT = {"ticket_length": (40, 1000), "urgency_keywords": (1, 20), "business_impact": (2, 10), "customer_tier": (1, 5)}
PREDICTING, ASKING = 8, 2  # clients of the load
PAUSE_S = 0.01  # between an answer and the next request: Python's threads must not be what is measured

n_failed = 0


def claim(holds, what, figures):
    global n_failed
    n_failed += not holds
    print(f"| {'yes' if holds else '**NO**'} | {what} | {figures} |", flush=True)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.nan


def counted(values):
    """'ml-1 12, ml-2 13'"""
    return ", ".join(f"{name} {n}" for name, n in sorted(collections.Counter(values).items()))


# ---- Traffic -----------------------------------------------------------------------------------------


def shifted(row):
    """Each feature by about one standard deviation."""
    return {name: min(row[name] + by, most) for name, (by, most) in SHIFT.items()}


def send(fleet, rows):
    """Each row a request of its own, over four connections; the predictions that came."""
    def share(part):
        connection = fleet.connect()
        answers = [fleet.ask("/predict", row, connection) for row in part]
        connection.close()
        return answers

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = [answer for part in pool.map(share, [rows[i::4] for i in range(4)]) for answer in part]
    if any(status != 200 for status, _ in answers):
        raise AssertionError(counted(status for status, _ in answers))
    return [body for _, body in answers]


class Trickle:
    """Keeps sending rows, forty a second, until it ends: alerts want traffic that goes on."""

    def __init__(self, fleet, rows):
        self.fleet, self.rows, self.stopping = fleet, rows, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        connection = self.fleet.connect()
        for row in self.rows:
            if self.stopping.wait(0.025):
                break
            self.fleet.ask("/predict", row, connection)
        connection.close()

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


class Client(threading.Thread):
    """Posts bodies in turn until stopped; records (when it began, status or what broke, ms)."""

    def __init__(self, fleet, path, bodies, turn):
        super().__init__()
        self.fleet, self.path, self.bodies, self.turn = fleet, path, bodies, turn
        self.stopping, self.records = threading.Event(), []

    def run(self):
        connection = self.fleet.connect()
        while not self.stopping.wait(PAUSE_S):
            self.turn += 1
            began = time.time()
            try:
                outcome, _ = self.fleet.ask(self.path, self.bodies[self.turn % len(self.bodies)], connection)
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
                connection.close()
            self.records.append((began, outcome, (time.time() - began) * 1e3))
        connection.close()


class Load:
    def __init__(self, fleet, rows):
        questions = [{"query": question} for question in QUESTIONS]
        self.clients = [Client(fleet, "/predict", rows, 97 * i) for i in range(PREDICTING)]
        self.clients += [Client(fleet, "/chat", questions, 31 * i) for i in range(ASKING)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.stopping.set()
        for client in self.clients:
            client.join()

    def between(self, path, begin, end):
        """(requests, those without 200, the same as text, p50 ms, p99 ms)"""
        records = [record for client in self.clients if client.path == path for record in client.records
                   if begin <= record[0] < end]
        failed = [outcome for _, outcome, _ in records if outcome != 200]
        times = [ms for _, _, ms in records]
        told = counted(map(str, failed)) or "0"
        return len(records), len(failed), told, percentile(times, 0.5), percentile(times, 0.99)


# ---- Drift -------------------------------------------------------------------------------------------


def published_cells(replica):
    """{feature: [(over, up to, share of the training rows)]}, as the replica tells them to Prometheus."""
    cells = collections.defaultdict(list)
    pattern = r'ml_feature_reference_ratio\{feature_name="(\w+)",bin="(.+)",above="(.+)"\}'
    for name, value in replica.metrics().items():
        found = re.fullmatch(pattern, name)
        if found:
            cells[found[1]].append((float(found[3]), float(found[2]), value))
    return cells


def pooled_psi(rows, cells):
    """{feature: PSI}, by the formula of docs/drift.md on the rows as they were sent."""
    result = {}
    for feature, bounds in cells.items():
        counts = [sum(over < row[feature] <= up_to for row in rows) for over, up_to, _ in bounds]
        shares = [(count + 0.5) / (len(rows) + 0.5 * len(bounds)) for count in counts]
        result[feature] = sum((p - q) * math.log(p / q) for p, (_, _, q) in zip(shares, bounds))
    return result


def score_of(psi, cells, n):
    severities = [1 - 2 ** (-max(0, value - (len(cells[feature]) - 1) / n) / 0.25) for feature, value in psi.items()]
    return (sum(s ** 3 for s in severities) / len(severities)) ** (1 / 3)


COUNTED = 'sum(ml_feature_value_count{feature_name="customer_tier"})'  # predictions, of all replicas
IN_WINDOW = 'fleet:ml_feature_value_bucket{feature_name="customer_tier",le="+Inf"}'


def recorded_psi(fleet, n_all):
    """({feature: PSI}, score, predictions in the window) by the rules, once Prometheus has scraped all n_all and the rules
    have been evaluated on them."""
    wait_for("all predictions are scraped", lambda: fleet.value(COUNTED) == n_all, 30)
    then = fleet.value("max(timestamp(ml_feature_value_count))")
    wait_for("the rules have seen them", lambda: (fleet.value("min(timestamp(fleet:ml_feature_psi))") or 0) > then + 1, 30)
    psi = {labels["feature_name"]: value for labels, value in fleet.query("fleet:ml_feature_psi")}
    return psi, fleet.value("fleet:ml_data_drift_score"), fleet.value(IN_WINDOW)


def counts_by_edge(fleet):
    """{(feature, le): predictions} of all replicas since they began, as Prometheus has it."""
    summed = fleet.query("sum by (feature_name, le) (ml_feature_value_bucket)")
    return {(labels["feature_name"], float(labels["le"])): value for labels, value in summed}


def compare_drift(fleet, name, rows, cells, before, n_all):
    """`before` are the counts when the first of the rows was not yet sent."""
    psi, score, n = recorded_psi(fleet, n_all)
    now = counts_by_edge(fleet)
    are_same = [now[feature, up_to] - before.get((feature, up_to), 0) == sum(row[feature] <= up_to for row in rows)
                for feature, bounds in cells.items() for _, up_to, _ in bounds]
    claim(all(are_same), f"{name}: what the replicas counted together is what was sent",
          f"{len(rows)} tickets, equal at {sum(are_same)} of {len(are_same)} edges of cells")
    wanted = pooled_psi(rows, cells)
    gaps = {feature: abs(psi[feature] - wanted[feature]) for feature in wanted}
    claim(all(gap <= 0.0005 + 0.005 * wanted[feature] for feature, gap in gaps.items()),
          f"{name}: the fleet's PSI by the recording rules is that of the pooled tickets",
          "; ".join(f"{feature} {psi[feature]:.5f} and {wanted[feature]:.5f}" for feature in wanted)
          + f"; score {score:.4f} and {score_of(wanted, cells, len(rows)):.4f}; `increase` made {n:.1f} of the {len(rows)}")


# ---- The claims --------------------------------------------------------------------------------------


def show_scrapes(fleet):
    wanted = 'count(up{job=~"ml-api|llm-rag-api|operations"} == 1)'
    for of in ("prometheus", "victoria"):
        wait_for(f"{of} has all", lambda of=of: fleet.value(wanted, of) == 10, 60)
    claim(True, "all five replicas are scraped, and VictoriaMetrics has it by remote_write",
          f"of 10 targets {fleet.value(wanted):.0f} up on Prometheus, {fleet.value(wanted, 'victoria'):.0f} on VictoriaMetrics")


def show_feedback(fleet, rows):
    """Each replica gets the label of each one's prediction. Returns the rows that were predicted."""
    taken, sent = collections.Counter(), []
    for maker in ML:
        for taker in ML:
            row = rows[len(sent)]
            sent.append(row)
            made = fleet.replicas[maker].post("ml", "/predict", row).json()
            label = {"prediction_id": made["prediction_id"], "severity": made["severity"]}
            answer = fleet.replicas[taker].post("ml", "/feedback", label)
            taken[answer.status, answer.status == 200 and answer.json() == {"correct": True, "replaced": False}] += 1
    forged = made["prediction_id"][:-1] + ("0" if made["prediction_id"][-1] != "0" else "1")
    refused = fleet.replicas[ML[0]].post("ml", "/feedback", {**label, "prediction_id": forged}).status
    claim(taken == {(200, True): 9} and refused == 422, "feedback is taken wherever it arrives",
          f"9 pairs of three makers and three takers: {taken[200, True]} taken as new; a forged id: {refused}")
    return sent


def show_drift(fleet):
    """Returns the shifted tickets."""
    cells = published_cells(fleet.replicas[ML[0]])
    are_equal = all(published_cells(fleet.replicas[name]) == cells for name in ML)
    baseline = ordinary_rows(1500, seed=2)
    sent = show_feedback(fleet, ordinary_rows(9, seed=1)) + baseline
    served = collections.Counter(replica_of(fleet, answer) for answer in send(fleet, baseline))
    claim(are_equal and len(served) == 3 and max(served.values()) - min(served.values()) <= 30,
          "nginx spreads predictions over three replicas, which measure against the same reference", counted(served.elements()))
    compare_drift(fleet, "baseline", sent, cells, {}, len(sent))
    tell_replicas(fleet, "baseline", lambda score: score < 0.3)

    wait_for("the window has forgotten the baseline", lambda: fleet.value(IN_WINDOW) in (0, None), 90)
    before, moved = counts_by_edge(fleet), [shifted(row) for row in ordinary_rows(1500, seed=3)]
    began = time.monotonic()
    send(fleet, moved)
    compare_drift(fleet, "shifted", moved, cells, before, len(sent) + len(moved))
    tell_replicas(fleet, "shifted", lambda score: score > 0.5)
    with Trickle(fleet, moved * 4):
        wanted = {("MLFleetDriftHigh", ""), *(("MLModelDriftHigh", fleet.instance(name, "ml")) for name in ML)}
        wait_for("the alerts are at Alertmanager", lambda: wanted <= fleet.firing(), 90)
        claim(True, "the alert on the fleet's drift fires, and each replica's",
              f"all four at Alertmanager {time.monotonic() - began:.0f} s after the first shifted ticket (`for` is 15 s here)")
        show_consoles(fleet)
    return moved


def replica_of(fleet, prediction):
    return ML[int(prediction["prediction_id"][:4], 16) - 1]


def tell_replicas(fleet, name, is_right):
    scores = {n: fleet.replicas[n].get("ml", "/drift/status").json() for n in ML}
    claim(all(is_right(scores[n]["drift_score"]) for n in ML), f"{name}: each replica's own window",
          ", ".join(f"{n} {scores[n]['drift_score']:.3f}" for n in ML))


def same_panels(fleet, at):
    """Of the shipped dashboards' queries without a rate how many have equal answers and which differ; of the others' lines by
    which shares they do."""
    equal, different, rates = 0, [], []
    for uid, board in boards.load().items():
        for panel, target in boards.targets_of(board):
            expr = boards.fill_in(target["expr"], __range="2m", __rate_interval="20s")
            here, there = ({json.dumps({k: v for k, v in labels.items() if k != "__name__"}, sort_keys=True): value
                            for labels, value in fleet.query(expr, of, at) if not math.isnan(value)}
                           for of in ("prometheus", "victoria"))
            if re.search(r"\b(rate|increase|delta|deriv)\(|_over_time\(|offset|time\(\)", expr):
                rates += [abs(there[key] / here[key] - 1) for key in here.keys() & there.keys() if here[key]]
            elif here.keys() == there.keys() and all(math.isclose(here[k], there[k], rel_tol=1e-9) for k in here):
                equal += bool(here)
            else:
                different.append(f"{uid}: {panel.get('title')}: {here} {there}"[:300])
    return equal, different, rates


def console(fleet, of="victoria"):
    first = fleet.replicas[ML[0]]
    return [str(BUILD / "src/tui/tidewatch"), f"--prometheus.url={fleet.url(of)}",
            f"--alertmanager.url={fleet.url('alertmanager')}", f"--operations.url=http://{fleet.instance(ML[0], 'ops')}",
            f"--ml.url=http://{fleet.instance(ML[0], 'ml')}", f"--auth.token_file={first.state}/operator.token"]


def once(fleet, *more, of="victoria"):
    done = subprocess.run([*console(fleet, of), "--once", *more], capture_output=True, text=True, timeout=30,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
    if done.stderr:
        raise AssertionError(done.stderr)
    return done.stdout


def show_consoles(fleet):
    """While shifted tickets keep coming, so that nothing moves by much."""
    at = time.time() - 5  # VictoriaMetrics has everything of that moment
    equal, different, rates = same_panels(fleet, at)
    claim(equal > 0 and not different, "the shipped dashboards' queries without a rate give the same on both servers",
          f"{equal} equal, {len(different)} different {different[:2] or ''}; of {len(rates)} lines with a rate half differ "
          f"by up to {100 * percentile(rates, 0.5):.1f} %, 95 % by up to {100 * percentile(rates, 0.95):.1f} %")
    look, other = (json.loads(once(fleet, "--json", of=of)) for of in ("victoria", "prometheus"))
    names = ("drift_score", "drift_samples", "model_accuracy")
    pairs = [(look["model"][name]["value"], other["model"][name]["value"]) for name in names]
    up = sum(target["up"] for target in look["targets"])
    claim(look["sources"]["prometheus"]["flavour"] == "victoriametrics" and up == 12
          and all(math.isclose(*pair, abs_tol=0.02) for pair in pairs),
          "one-shot status on VictoriaMetrics", f"{up} of 12 targets up; " + "; ".join(
              f"{name} {here:.3f}, on Prometheus {there:.3f}" for name, (here, there) in zip(names, pairs)))
    show_screen(fleet)


def show_screen(fleet):
    terminal = Terminal([*console(fleet), "--refresh=1", f"--assets.dir={SOURCE / 'assets'}"], columns=150, rows=44)
    try:
        terminal.wait_for("victoriametrics OK", limit=20)
        for keys, shown in ((":dashboard ml-service\r", "Drift by feature"), ("/over all\r", "Drift over all replicas"),
                            ("\r", "AT CURSOR")):
            terminal.press(keys)
            terminal.wait_for(shown, limit=20)
        line = r"■ ([a-z_ ]+?) +([0-9.]+) +([0-9.]+) *│"
        terminal.wait_until(lambda: len(re.findall(line, terminal.text())) >= 5, "five series with values", 20)
        shown = {found[1]: float(found[3]) for found in re.finditer(line, terminal.text())}
    finally:
        terminal.close()
    wanted = {labels["feature_name"]: value for labels, value in fleet.query("fleet:ml_feature_drift")}
    wanted["drift score"] = fleet.value("fleet:ml_data_drift_score")
    claim(shown.keys() == wanted.keys() and all(abs(shown[name] - wanted[name]) <= 0.02 for name in wanted),
          "the console's panel \"Drift over all replicas\" on VictoriaMetrics",
          "; ".join(f"{name} {shown.get(name)}, on Prometheus {wanted[name]:.3f}" for name in wanted))


# ---- The LLM side ------------------------------------------------------------------------------------


def essence(answer):
    """What an answer says and rests on, without its times and ids."""
    return [answer["response"], answer["context_used"]]


def show_llm_side(fleet):
    collections_there, n_there = fleet.chroma_count()
    stats = [fleet.replicas[name].get("llm", "/kb/stats").json() for name in LLM]
    claim(all(s["index"] == "chroma" and s["load"]["vectors_done"] == n_there for s in stats) and len(collections_there) == 1,
          "one Chroma holds the vectors of both LLM replicas",
          f"{collections_there[0]}: {n_there} records; loaded in {fleet.load_s[0]:.0f} s by the first replica, in "
          f"{fleet.load_s[1]:.1f} s by the second")
    questions = QUESTIONS[:24]
    said = [[essence(fleet.replicas[name].post("llm", "/chat", {"query": q}).json()) for q in questions] for name in LLM]
    same = sum(a == b for a, b in zip(*said))
    claim(same == len(questions), "both LLM replicas give the same answers",
          f"{same} of {len(questions)} equal, with their passages")
    show_balance(fleet, "/chat", [{"query": q} for q in QUESTIONS[:40]], "/chat through nginx is balanced over both LLM replicas")
    show_balance(fleet, "/triage", [{"ticket_text": t, "business_impact": 8, "customer_tier": 4} for t in TICKETS[:40]],
                 "/triage on an ML replica reaches the LLM replicas through nginx (`llm.url`)")


def show_balance(fleet, path, bodies, what):
    """Each of the bodies leads to one question, by way of an ML replica or not."""
    n_before = len(fleet.proxied())
    answers = [fleet.ask(path, body) for body in bodies]
    n_answered = sum(status == 200 and not body.get("warnings") for status, body in answers)
    new = fleet.proxied()[n_before:]
    by = {asked: collections.Counter(entry["tried"][-1] for entry in new if entry["request"] == f"POST {asked}")
          for asked in ("/chat", path)}
    asked = by["/chat"]
    claim(n_answered == len(bodies) == sum(asked.values()) and set(asked) == set(LLM) and min(asked.values()) >= 10, what,
          f"{n_answered} of {len(bodies)} answered; " + ", by way of ".join(counted(n.elements()) for n in by.values()))


# ---- What the proxy lets through ---------------------------------------------------------------------


def show_refusals(fleet):
    ticket = json.dumps({"ticket_length": 150, "urgency_keywords": 3, "business_impact": 7, "customer_tier": 4})
    head, length = f"Host: {NAME}\r\nContent-Type: application/json\r\n", f"Content-Length: {len(ticket)}\r\n"
    chunks = f"{len(ticket):x}\r\n{ticket}\r\n0\r\n\r\n"
    version, chunked = " HTTP/1.1\r\n", "Transfer-Encoding: chunked\r\n"
    post = "POST /predict" + version
    cases = [
        ("length and chunks", post + head + length + chunked + "\r\n" + chunks, 400),
        ("two lengths", post + head + length + "Content-Length: 1\r\n\r\n" + ticket, 400),
        ("two encodings", post + head + chunked + chunked + "\r\n" + chunks, 400),
        ("another encoding", post + head + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunks, 501),
        ("a folded header", post + head + "X-A: b\r\n Content-Length: 3\r\n" + length + "\r\n" + ticket, 400),
        ("a NUL", post + head + "X-A: b\0c\r\n" + length + "\r\n" + ticket, 400),
        ("a blank before a colon", post + head + length.replace(":", " :") + "\r\n" + ticket, 400),
        ("two hosts", post + head + "Host: other.example\r\n" + length + "\r\n" + ticket, 400),
        ("another host", post + head.replace(NAME, "other.example") + length + "\r\n" + ticket, 421),
        *((path, f"GET {path}{version}{head}\r\n", 404) for path in ("/metrics", "/predict/..%2fmetrics", "/drift/status")),
        *((path, f"POST {path}{version}{head}Content-Length: 2\r\n\r\n{{}}", 404)
          for path in ("/drift/reset", "/load-knowledge")),
    ]
    n_before, wrong = fleet.n_predicted(), []
    for name, request, wanted in cases:
        with socket.create_connection(("127.0.0.1", fleet.ports["proxy"]), 10) as connection:
            connection.sendall(request.encode())
            status = int(connection.recv(4096).split()[1])
        if status != wanted:
            wrong.append(f"{name}: {status}")
    n_made = fleet.n_predicted() - n_before
    claim(not wrong and n_made == 0, "what must not get through is refused by the proxy",
          f"{len(cases)} requests that are ambiguous, for another host, or not for clients; with another status than the expected "
          f"one (400, 404, 421, 501): {wrong or 'none'}; predictions made: {n_made:.0f}")


# ---- A kill and a stop under load --------------------------------------------------------------------


def show_kill(fleet, rows):
    """The tickets are shifted ones: the drift alerts of the others must stay while one replica is down."""
    victim = fleet.replicas["ml-2"]
    down = {("APIDown", fleet.instance("ml-2", name)) for name in ("ml", "ops")}
    others = {("MLFleetDriftHigh", ""), *(("MLModelDriftHigh", fleet.instance(name, "ml")) for name in ("ml-1", "ml-3"))}
    with Load(fleet, rows) as load:
        marks = [time.time()]
        wait_for("the drift alerts fire again", lambda: others <= fleet.firing(), 90)
        wait_for_requests(load, marks[-1])
        n_before = len(fleet.proxied())
        marks.append(time.time())
        victim.kill()
        wait_for("the alerts on the instance are there", lambda: down <= fleet.firing(), 60)
        show_it_is_told(fleet, time.time() - marks[-1], others)
        wait_for_requests(load, marks[-1])
        marks.append(time.time())
        show_restart(fleet, victim)
        wait_for("the alerts on the instance are gone", lambda: not down & fleet.firing(), 60)
        wait_for_requests(load, marks[-1])
        marks.append(time.time())
        show_times(load, marks)
        n_passed_on = sum(len(entry["tried"]) > 1 and entry["tried"][0] == "ml-2" for entry in fleet.proxied()[n_before:])
        claim(n_passed_on > 0, "nginx passed on what the dead replica had broken off or refused", f"{n_passed_on} requests")
        show_stop(fleet, load)


def show_it_is_told(fleet, alerted_s, others):
    is_active = others <= fleet.firing()
    told = next((line.strip() for line in once(fleet).splitlines() if f"{fleet.instance('ml-2', 'ml')} is down" in line), "")
    screen = screen_of_alerts(fleet)
    claim(bool(told and screen), "kill -9 of ml-2: the dead instance is told of",
          f"APIDown at Alertmanager after {alerted_s:.1f} s (fast alerts: `for` is 3 s); `--once`: \"{told}\"; "
          f"console: \"{screen}\"")
    claim(is_active, "alerts of the others are not held back meanwhile",
          f"MLFleetDriftHigh, MLModelDriftHigh of ml-1 and of ml-3: {'all' if is_active else 'not all'} active")


def show_restart(fleet, victim):
    victim.start()
    began, n_before = time.time(), len(fleet.proxied())
    wait_for("nginx asks it again", lambda: any(entry["tried"][-1:] == ["ml-2"] and entry["status"] == "200"
                                                for entry in fleet.proxied()[n_before:]), 60)
    claim(True, "started again it takes traffic",
          f"its first 200 {time.time() - began:.1f} s after it was healthy, nginx untouched")


def show_times(load, marks):
    """What clients saw from mark to mark."""
    parts = list(zip(("before", "one replica dead", "back"), marks, marks[1:]))
    for path, n_clients in (("/predict", PREDICTING), ("/chat", ASKING)):
        told, n_bad = [], 0
        for name, begin, end in parts:
            n, n_failed_here, failures, p50, p99 = load.between(path, begin, end)
            n_bad += n_failed_here
            told.append(f"{name}: {n} in {end - begin:.0f} s, without 200: {failures}, p50 {p50:.1f} ms, p99 {p99:.1f} ms")
        claim(n_bad == 0, f"what {n_clients} clients of {path} saw of the kill", "; ".join(told))


def screen_of_alerts(fleet):
    terminal = Terminal([*console(fleet), "--refresh=1", "--view=alerts"], columns=150, rows=44)
    try:
        terminal.wait_for("APIDown", limit=20)
        return " ".join(next(line for line in terminal.screen.display if "APIDown" in line).strip(" │").split())[:80]
    finally:
        terminal.close()


def show_stop(fleet, load):
    """SIGTERM of one LLM replica, and of an ML replica, each while both sides are asked."""
    for name, path in (("llm-2", "/chat"), ("ml-3", "/predict")):
        begin = time.time()
        code = fleet.replicas[name].stop()
        stopped_s = time.time() - begin
        wait_for_requests(load, begin)
        n, n_bad, failures, _, _ = load.between(path, begin - 1, time.time())
        claim(code == 0 and n_bad == 0, f"SIGTERM of {name} under load",
              f"ended with {code} after {stopped_s:.1f} s; {n} requests to {path} from a second before, without 200: {failures}")
        fleet.replicas[name].start()


def wait_for_requests(load, begin):
    """Enough for a 99th percentile."""
    for path, n in (("/predict", 2000), ("/chat", 200)):
        wait_for(f"{n} requests to {path}", lambda path=path, n=n: load.between(path, begin, math.inf)[0] >= n, 120)


def run(fleet):
    show_scrapes(fleet)
    moved = show_drift(fleet)
    show_llm_side(fleet)
    show_refusals(fleet)
    show_kill(fleet, moved)


def left_over(folder, ports):
    """Processes that were started there, and ports that are still open."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command, cwd = (process / "cmdline").read_bytes(), os.readlink(process / "cwd")
        except OSError:
            continue
        if folder in command.decode(errors="replace") or cwd.startswith(folder):
            found.append(f"process {process.name}")
    return found + [f"port {port}" for port in ports if accepts(port)]


def version_of(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return (re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr) or ["?"])[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--weights", default=os.environ.get("TIDEWATCH_ENCODER_WEIGHTS"))
    args = parser.parse_args()
    if not args.weights:
        parser.error("the weights of the encoder are needed: nothing would be asked of Chroma without")
    began = time.monotonic()
    print(f"{platform.machine()}, {os.cpu_count()} cores shared by everything, load {os.getloadavg()[0]:.0f}; nginx "
          f"{version_of(nginx_program(), '-v')}, Prometheus {version_of('prometheus', '--version')}, VictoriaMetrics "
          f"{version_of('dpkg-query', '-W', 'victoria-metrics')}, a real Chroma; fast alerts; clients in Python\n\n"
          "| holds | what | figures |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="tidewatch-scale-out-") as folder:
        tempfile.tempdir = folder  # for what others make too: whatever was started is known by it
        with Fleet(args.weights) as fleet:
            ports = fleet.all_ports()
            run(fleet)
        remains = left_over(folder, ports)
    claim(not remains and not os.path.exists(folder), "everything is stopped",
          f"left of {len(ports)} ports and their processes: {remains or 'none'}; all in {time.monotonic() - began:.0f} s")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
