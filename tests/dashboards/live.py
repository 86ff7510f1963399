"""What every query of our dashboards gets from a Prometheus: which have lines, which are rightly empty and why, which
should have some. Exits 1 when a query fails or is empty without a reason.

    live.py [PROMETHEUS_URL] [WINDOW_S]      http://127.0.0.1:9090 and 900 by default
"""

import json
import math
import sys
import time
import urllib.parse
import urllib.request

import boards

# Where nothing to show is as it should be, by the panel and the query's letter.
MAY_BE_EMPTY = {
    ("Confidence and groundedness", "A"): "under 100 triages, or all of them grounded alike",
    ("External answers p90", "A"): "nobody has sent answers to /evaluate",
    ("Agreement with the judge", "A"): "no judge is configured",
    ("Cost per day", "B"): "no budget is configured",
    ("Refused requests", "A"): "nothing was refused",
    ("Faults", "A"): "nothing is injected",
    ("Certificate", "A"): "there is no TLS",
    ("Active alerts", "A"): "no alert is active",
    ("Simulations", ""): "no drill ran",
}
POINTS = 120  # of a line
SCRAPE_S = 10  # as the provisioned data source says


def ask(prometheus, path, **parameters):
    # Loopback or a server of one's own: a proxy of the environment must not come between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    body = urllib.parse.urlencode(parameters).encode()
    with opener.open(f"{prometheus}/api/v1/{path}", data=body, timeout=30) as answer:
        return json.loads(answer.read())["data"]["result"]


def step_of(thing, window_s):
    """Seconds from point to point of what a panel or an annotation draws."""
    return max(1, window_s // thing.get("maxDataPoints", POINTS))


def answer(prometheus, expr, is_instant, end, window_s, step):
    """Prometheus's result for a window that ends at `end` (Unix time), as Grafana would ask for it."""
    rate_interval = max(step + SCRAPE_S, 4 * SCRAPE_S)
    expr = boards.fill_in(expr, __range=f"{window_s}s", __rate_interval=f"{rate_interval}s")
    if is_instant:
        return ask(prometheus, "query", query=expr, time=end)
    end -= end % step
    return ask(prometheus, "query_range", query=expr, start=end - window_s, end=end, step=step)


def has_number(result):
    return any(not math.isnan(float(value)) for series in result
               for _, value in series.get("values") or [series["value"]])


def answers(prometheus, board, end, window_s):
    """Yields (panel or annotation, target or None, result); None for a query that Prometheus refuses."""
    asked = [*boards.targets_of(board), *((annotation, None) for annotation in boards.annotations_of(board))]
    for thing, target in asked:
        expr = (target or thing)["expr"]
        try:
            result = answer(prometheus, expr, bool(target and target["instant"]), end, window_s,
                            step_of(thing, window_s))
        except OSError:
            result = None
        yield thing, target, result


def name_of(thing, target):
    return (thing["title"], target["refId"]) if target else (thing["name"], "")


def report(prometheus, end, window_s, may_be_empty):
    """Prints a line for each query that has nothing and one of totals; returns what is wrong, as sentences."""
    wrong, n_full, n_empty = [], 0, 0
    for uid, board in boards.load().items():
        for thing, target, result in answers(prometheus, board, end, window_s):
            where, ref = name = name_of(thing, target)
            reason = may_be_empty.get(name)
            if result and has_number(result):
                n_full += 1
            elif result is None:
                wrong.append(f"{uid}: {where} {ref}: refused")
            elif reason:
                n_empty += 1
                print(f"# empty: {uid}: {where} {ref}: {reason}", flush=True)
            else:
                wrong.append(f"{uid}: {where} {ref}: empty")
    print(f"# {n_full} queries have numbers, {n_empty} are rightly empty, {len(wrong)} are wrong", flush=True)
    return wrong


def main():
    prometheus = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:9090"
    wrong = report(prometheus, time.time(), int(sys.argv[2]) if len(sys.argv) > 2 else 900, MAY_BE_EMPTY)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
