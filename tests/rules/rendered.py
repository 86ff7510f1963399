#!/usr/bin/env python3
"""What the renderer makes of prom/, judged by promtool and amtool themselves and by golden files.

    rendered.py RENDER_CASES SOURCE_ROOT [--update]

Prints TAP. --update, or TW_UPDATE_GOLDEN in the environment, writes the golden files anew, for a review
of the difference.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Case: the files of it that are kept as golden.
GOLDEN = {
    "normal-none": ["prometheus.yml", "alertmanager.yml"],
    "normal-both": ["prometheus.yml", "alertmanager.yml"],
    "fast-both": ["prometheus.yml", "alertmanager.yml", "rules/availability.yml", "rules/fleet.yml", "rules/llm.yml",
                  "rules/ml.yml", "rules/self.yml", "rules/triage.yml"],
}

ROUTES = [
    ("critical", "severity=critical alertname=MLModelDriftHigh service=ml-api"),
    ("warning", "severity=warning alertname=MLLatencyHigh service=ml-api"),
    ("log", "severity=info alertname=MLFeatureDrift service=ml-api"),
    ("log", "severity=none alertname=Watchdog service=tidewatch"),
    ("log", "severity=unheard-of alertname=Other"),
]

SECRETS = ["s3cret", "services/T1/B2"]


def tool(*command):
    """None when the command succeeds, else what it said."""
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if run.returncode == 0 else (run.stdout + run.stderr).strip()


def modes(case):
    for name in ("slack_url", "smtp_password"):
        is_wanted = case.name.endswith(("both", "slack" if name == "slack_url" else "email"))
        path = case / name
        if path.exists() != is_wanted:
            yield f"{name} {'is missing' if is_wanted else 'should not be there'}"
        elif is_wanted and path.stat().st_mode & 0o777 != 0o600:
            yield f"{name} has mode {path.stat().st_mode & 0o777:o}"
    for path in case.rglob("*.yml"):
        for secret in SECRETS:
            if secret in path.read_text():
                yield f"a secret stands in {path.name}"


def route(case, receiver, labels):
    command = ["amtool", "config", "routes", "test", f"--config.file={case / 'alertmanager.yml'}"]
    run = subprocess.run(command + labels.split(), capture_output=True, text=True, check=False)
    got = run.stdout.strip()
    return None if got == receiver else f"{labels} goes to '{got}' {run.stderr.strip()}"


def golden(case, name, root, update):
    text = (case / name).read_text().replace(str(case), "OUT")
    path = root / "tests/golden/stack" / case.name / name
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if not path.exists() or path.read_text() != text:
        return f"{path.relative_to(root)} differs; see the difference with --update"
    return None


def guards(text):
    return [int(number) for number in re.findall(r"(\d+) # guard$", text, re.MULTILINE)]


def fast_times(case, root):
    """The rules that the checkers load must not hold a time or a guard that was not sped up."""
    for path in (case / "rules").glob("*.yml"):
        text = path.read_text()
        for left in re.findall(r"for: \d+[mhd]|\[\d+[mhd]|offset \d+[mhd]", text):
            yield f"{path.name} still has {left}"
        if guards(text) != [-(-n // 4) for n in guards((root / "prom/rules" / path.name).read_text())]:
            yield f"{path.name} has guards of {guards(text)}"


def checks(root, out, update):
    """Yields (name, what is wrong or None)."""
    for case in sorted(out.iterdir()):
        rules = sorted(str(p) for p in (case / "rules").glob("*.yml"))
        yield f"{case.name}: promtool check config", tool("promtool", "check", "config", case / "prometheus.yml")
        yield f"{case.name}: promtool check rules", tool("promtool", "check", "rules", *rules)
        yield f"{case.name}: amtool check-config", tool("amtool", "check-config", case / "alertmanager.yml")
        yield f"{case.name}: secrets", "; ".join(modes(case)) or None
        for receiver, labels in ROUTES:
            yield f"{case.name}: route to {receiver}", route(case, receiver, labels)
        if case.name.startswith("fast"):
            yield f"{case.name}: times", "; ".join(fast_times(case, root)) or None
        for name in GOLDEN.get(case.name, []):
            yield f"{case.name}: golden {name}", golden(case, name, root, update)
        for path in (root / "prom/rules").glob("*.yml") if case.name == "normal-none" else ():
            is_same = (case / "rules" / path.name).read_bytes() == path.read_bytes()
            yield f"{case.name}: {path.name} is as written", None if is_same else "it was changed"


def main():
    render_cases, root = sys.argv[1], pathlib.Path(sys.argv[2])
    update = "--update" in sys.argv or "TW_UPDATE_GOLDEN" in os.environ
    out = pathlib.Path(tempfile.mkdtemp(prefix="rendered."))
    try:
        failed = n = 0
        print("TAP version 13")
        said = tool(render_cases, root / "prom", out)
        for n, (name, wrong) in enumerate([("renders", said), *checks(root, out, update)], 1):
            print(f"{'not ok' if wrong else 'ok'} {n} - {name}")
            if wrong:
                failed += 1
                print("# " + wrong.replace(os.linesep, "\n# "))
        print(f"1..{n}")
        return 1 if failed else 0
    finally:
        shutil.rmtree(out)


if __name__ == "__main__":
    sys.exit(main())
