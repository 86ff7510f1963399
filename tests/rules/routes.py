#!/usr/bin/env python3
"""Where alerts go, by Alertmanager itself: every alert of the rules to the channels of its severity, what holds
what back, and how long it waits. Then proves that these checks can fail: changes one line of the routing
at a time and demands that one of them notices.

    routes.py RENDER_CASES SOURCE_ROOT

Prints TAP.
"""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import alerts

ALERTMANAGER = shutil.which("prometheus-alertmanager") or "alertmanager"

# Channels of a severity, where they are configured.
CHANNELS = {
    "critical": {"webhook", "slack", "email"},
    "warning": {"webhook", "slack"},
    "info": {"webhook"},
    "none": {"webhook"},
}
CONFIGURED = {"none": {"webhook"}, "slack": {"webhook", "slack"}, "email": {"webhook", "email"},
              "both": {"webhook", "slack", "email"}}

# group_by, group_wait, group_interval, repeat_interval of an alert, as it inherits them.
USUAL = ("alertname service", "10s", "5m", "4h")
TIMES = {
    "critical": USUAL,
    "warning": (*USUAL[:3], "12h"),
    "info": USUAL,
    "other": USUAL,
    "Watchdog": ("alertname service", "0s", "30s", "50s"),
    "TidewatchTest": ("alertname service test", "1s", "5s"),
}

# What fires together for the inhibitions: (alertname, severity, service, signal), and whether it is held back.
TOGETHER = {
    ("APIDown", "critical", "ml-api", "availability"): False,
    ("MLModelDriftHigh", "critical", "ml-api", "drift"): True,
    ("MLLatencyHigh", "warning", "ml-api", "latency"): True,
    ("MLFeatureDrift", "info", "ml-api", "drift"): True,
    ("PipelineLatencyHigh", "critical", "triage", "latency"): True,
    ("LowRequestRate", "warning", "triage", "traffic"): True,
    ("LLMHallucinationCritical", "critical", "llm-rag-api", "quality"): False,
    ("LLMErrorRateHigh", "critical", "llm-rag-api", "errors"): False,
    ("LLMRelevanceLow", "warning", "llm-rag-api", "quality"): True,
    ("LLMLatencyHigh", "warning", "llm-rag-api", "latency"): False,
    ("Remark", "info", "llm-rag-api", "quality"): False,
    ("StoreDropping", "warning", "operations", "errors"): False,
    ("Remark", "info", "operations", "errors"): False,
    ("Watchdog", "none", "tidewatch", "availability"): False,
}
# Without an API that is down: only the critical of the same service and signal holds back.
DOWN = ("APIDown", "critical", "ml-api", "availability")
TOGETHER_UP = {key: key[0] == "LLMRelevanceLow" for key in TOGETHER if key != DOWN}

# Alertmanager lets no alert be held back by one that is source and target alike: this says so once more.
SAME = {'alertname != "APIDown" is other'}


def read_block(lines, depth=0):
    """The YAML that Alertmanager writes: mappings, lists, plain scalars; takes lines from the front."""
    if lines and re.match(" " * depth + "- ", lines[0]):
        items = []
        while lines and re.match(" " * depth + "- ", lines[0]):
            lines[0] = " " * (depth + 2) + lines[0][depth + 2:]
            is_scalar = not re.match(r" *[\w ]+:( |$)", lines[0])
            items.append(lines.pop(0).strip() if is_scalar else read_block(lines, depth + 2))
        return items
    found = {}
    while lines and (m := re.match(" " * depth + r"([\w-]+):(?: (.*))?$", lines[0], re.IGNORECASE)):
        lines.pop(0)
        if m.group(2) is not None:
            found[m.group(1)] = m.group(2)
            while lines and len(lines[0]) - len(lines[0].lstrip()) > depth and not lines[0].lstrip().startswith("- "):
                lines.pop(0)  # the rest of a quoted text
        else:
            is_list = lines and re.match(" " * depth + "- ", lines[0])
            found[m.group(1)] = read_block(lines, depth if is_list else depth + 2)
    return found


class Alertmanager:
    """A real one with a configuration that is exchanged; holds nothing that was posted from test to test."""

    def __init__(self, folder, config):
        self.folder, self.file = folder, folder / "alertmanager.yml"
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{s.getsockname()[1]}"
        self.file.write_text(config)
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [ALERTMANAGER, f"--config.file={self.file}", f"--storage.path={folder / 'data'}",
                 f"--web.listen-address={self.address}", "--cluster.listen-address="], stdout=log, stderr=log)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address}{path}", data, {"Content-Type": "application/json"})
        with self.opener.open(request, timeout=5) as answer:
            return answer.read()

    def wait_until_ready(self):
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.ask("/-/ready")
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def load(self, config):
        self.file.write_text(config)
        self.ask("/-/reload", "")

    def config(self):
        return read_block(json.loads(self.ask("/api/v2/status"))["config"]["original"].splitlines())

    def post(self, keys, is_firing):
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + (600 if is_firing else -1)))
        self.ask("/api/v2/alerts", [
            {"labels": dict(zip(("alertname", "severity", "service", "signal"), key)), "endsAt": end,
             "startsAt": "2026-01-01T00:00:00Z"} for key in keys])

    def held_back(self):
        return {tuple(a["labels"][n] for n in ("alertname", "severity", "service", "signal")):
                a["status"]["state"] == "suppressed" for a in json.loads(self.ask("/api/v2/alerts"))}


# ---- The checks: each yields what is wrong -----------------------------------------------------------


def route_options(route, alert, inherited=None):
    """The options that an alert gets: of the deepest route that its labels match, or None."""
    for matcher in route.get("matchers", []):
        name, operator, value = re.fullmatch(r"(\w+)(=|!=)\"(.*)\"", matcher).groups()
        if (alert.get(name) == value) != (operator == "="):
            return None
    own = {"group_by": " ".join(route["group_by"])} if "group_by" in route else {}
    own |= {k: route[k] for k in ("group_wait", "group_interval", "repeat_interval", "receiver") if k in route}
    options = (inherited or {}) | own
    for child in route.get("routes", []):
        if (found := route_options(child, alert, options)) is not None:
            return found
    return options


def check_times(config):
    for name, times in TIMES.items():
        severity = name if name in CHANNELS else "critical" if name == "TidewatchTest" else "none"
        for severity in (("critical", "warning", "info") if name == "TidewatchTest" else (severity,)):
            got = route_options(config["route"], {"alertname": name, "severity": severity})
            got = tuple(got[k] for k in ("group_by", "group_wait", "group_interval", "repeat_interval"))
            if got[: len(times)] != times:
                yield f"{name} ({severity}) is grouped and repeated by {got}"


def check_channels(config, configured):
    """Every receiver has the channels of its severity, and tells the end of an alert too."""
    receivers = {r["name"]: r for r in config["receivers"]}
    for name, severity in (("critical", "critical"), ("warning", "warning"), ("log", "info")):
        got = {key.removesuffix("_configs") for key in receivers[name] if key.endswith("_configs")}
        if got != CHANNELS[severity] & configured:
            yield f"{name} has {sorted(got)}"
        for key, items in receivers[name].items():
            if key.endswith("_configs") and [item.get("send_resolved") for item in items] != ["true"]:
                yield f"{name} does not send the end by {key}"


def check_routes(file, cases):
    """cases: (alertname, severity, service, signal, receiver), asked of amtool."""
    for name, severity, service, signal, receiver in cases:
        run = subprocess.run(
            ["amtool", "config", "routes", "test", f"--config.file={file}", f"alertname={name}", f"severity={severity}",
             f"service={service}", f"signal={signal}"], capture_output=True, text=True, check=False)
        if run.stdout.strip() != receiver:
            yield f"{name} ({severity}) goes to '{run.stdout.strip()}' {run.stderr.strip()}"


def check_inhibitions(alertmanager, patience_s):
    """Its inhibitor learns of alerts in its own time."""
    for expected, down_is_firing in ((TOGETHER, True), (TOGETHER_UP, False)):
        alertmanager.post([DOWN], False)
        alertmanager.post(expected, True)
        deadline = time.monotonic() + patience_s
        while (got := {k: v for k, v in alertmanager.held_back().items() if k in expected}) != expected:
            if time.monotonic() > deadline:
                yield "; ".join(f"{k[0]} of {k[2]} is {'held back' if got.get(k) else 'sent'}" for k in expected
                                if got.get(k) != expected[k]) + ("" if down_is_firing else " with all APIs up")
                break
            time.sleep(0.05)


def all_problems(alertmanager, cases, patience_s):
    config = alertmanager.config()
    yield from check_times(config)
    yield from check_channels(config, CONFIGURED["both"])
    yield from check_routes(alertmanager.file, cases)
    yield from check_inhibitions(alertmanager, patience_s)


# ---- Mutations -----------------------------------------------------------------------------------------


def changed_lines(line):
    """(what, other lines instead) for a line of the routing."""
    indent = line[: len(line) - len(line.lstrip())]
    text = line.strip()
    if m := re.match(r"(group_wait|group_interval|repeat_interval): (\w+)$", text):
        yield f"{text} to 7m", [f"{indent}{m.group(1)}: 7m"]
    if m := re.match(r"(- )?receiver: (\w+)$", text):
        for other in {"critical", "warning", "log"} - {m.group(2)}:
            yield f"{text} to {other}", [f"{indent}{m.group(1) or ''}receiver: {other}"]
    if m := re.match(r"(group_by: (?:&\w+ )?)\[(.*)\]$", text):
        for name in m.group(2).split(", "):
            left = ", ".join(n for n in m.group(2).split(", ") if n != name)
            yield f"group_by without {name}", [f"{indent}{m.group(1)}[{left}]"]
    if m := re.match(r"((?:- )?(?:matchers|source_matchers|target_matchers): (?:&\w+ )?)\[(.*)\]$", text):
        parts = m.group(2).split(", ")
        for part in parts:
            left = [p for p in parts if p != part]
            turned = part.replace(" != ", " = ") if " != " in part else part.replace(" = ", " != ")
            other = re.sub(r"\"\w+(-\w+)*\"", '"other"', part)
            for what, matchers in ((f"{part} turned", [*left, turned]), (f"{part} is other", [*left, other])):
                if what not in SAME:
                    yield what, [f"{indent}{m.group(1)}[{', '.join(matchers)}]"]
    if m := re.match(r"equal: \[(.*)\]$", text):
        for name in m.group(1).split(", "):
            left = [n for n in m.group(1).split(", ") if n != name]
            if left:
                yield f"equal without {name}", [f"{indent}equal: [{', '.join(left)}]"]
            yield f"equal {name} is job", [f"{indent}equal: [{', '.join([*left, 'alertname'])}]"]
    if text == "send_resolved: true":
        yield "the end is not sent", [f"{indent}send_resolved: false"]
    if re.match(r"\w+_configs: \*\w+$", text):
        yield f"without {text}", []


def mutations(text):
    """(what, changed configuration): one line of what stands from `route:` on."""
    lines = text.splitlines()
    for n in range(lines.index("route:"), len(lines)):
        for what, instead in changed_lines(lines[n]):
            yield f"line {n + 1}, {what}", "\n".join([*lines[:n], *instead, *lines[n + 1:]]) + "\n"


# ---- All of it -----------------------------------------------------------------------------------------


def collect_cases(root):
    """Every alert of the rules with its labels and the receiver that design gives its severity."""
    receivers = {"critical": "critical", "warning": "warning", "info": "log", "none": "log"}
    for folder in ("rules", "second"):
        for path in sorted((root / "prom" / folder).glob("*.yml")):
            for name, f in alerts.read_rules(path.read_text(), "alert"):
                service = "ml-api" if "{{" in f["service"] else f["service"]
                yield name, f["severity"], service, f["signal"], receivers[f["severity"]]
    for severity in ("critical", "warning", "info"):
        yield "TidewatchTest", severity, "tidewatch", "test", receivers[severity]
    yield "Watchdog", "critical", "tidewatch", "availability", "log"  # whatever it says of itself
    yield "Unheard-of", "other", "x", "y", "log"


def results(out, root, folder):
    """Yields (name, what is wrong or "")."""
    cases = list(collect_cases(root))
    yield f"there are alerts to route ({len(cases)})", "" if len(cases) > 20 else "too few"
    text = (out / "normal-both/alertmanager.yml").read_text()
    shutil.copytree(out / "normal-both/templates", folder / "templates")
    alertmanager = Alertmanager(folder, text)
    try:
        alertmanager.wait_until_ready()
        for pace in ("normal", "fast"):
            for name, configured in CONFIGURED.items():
                file = out / f"{pace}-{name}/alertmanager.yml"
                alertmanager.load(file.read_text())
                yield f"{pace}-{name}: channels", "; ".join(check_channels(alertmanager.config(), configured))
                yield f"{pace}-{name}: every alert's receiver", "; ".join(check_routes(file, cases))
        alertmanager.load(text)
        yield "groups and times", "; ".join(check_times(alertmanager.config()))
        yield "what holds what back", "; ".join(check_inhibitions(alertmanager, 10))
        for what, mutant in mutations(text):
            alertmanager.load(mutant)
            yield f"mutation: {what}", "" if next(all_problems(alertmanager, cases, 1), None) else "no check notices"
    finally:
        alertmanager.stop()


def main():
    render_cases, root = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="routes.") as name:
        out, folder = pathlib.Path(name) / "out", pathlib.Path(name) / "am"
        folder.mkdir()
        subprocess.run([render_cases, root / "prom", out], check=True)
        failed = n = 0
        print("TAP version 13")
        for n, (what, wrong) in enumerate(results(out, root, folder), 1):
            print(f"{'not ok' if wrong else 'ok'} {n} - {what}" + (f": {wrong}" if wrong else ""), flush=True)
            failed += bool(wrong)
        print(f"1..{n}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
