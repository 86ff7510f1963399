#!/usr/bin/python3
"""The head of what `./run bench` prints: machine, versions, moment. Markdown.

    head.py BUILD_DIR
"""

import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Debian's packages of what makes the load or stands beside us.
PEERS = "wrk valgrind htop btop glances tig nnn ncdu lnav prometheus prometheus-alertmanager victoria-metrics".split()


def said(*command):
    """The first line, or nothing when there is no such program or it fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=10)
    except OSError:
        return ""
    return done.stdout.partition("\n")[0].strip() if done.returncode == 0 else ""


def field(path, name):
    found = re.search(rf"^{name}\s*[:=]\s*(.+)$", pathlib.Path(path).read_text(), re.MULTILINE)
    return found[1].strip('"') if found else "unknown"


def installed(packages):
    """Those that dpkg knows, with their versions."""
    if not shutil.which("dpkg-query"):
        return "unknown: this is no Debian"
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n", *packages],
                          text=True, capture_output=True)
    return ", ".join(line.removeprefix("installed ") for line in done.stdout.splitlines() if line.startswith("installed "))


def debian():
    name = field("/etc/os-release", "PRETTY_NAME")
    version = pathlib.Path("/etc/debian_version")
    return f"{name}, {version.read_text().strip()}" if version.exists() else name


def commit():
    now = said("git", "log", "-1", "--format=commit %h of %cs")
    if not now:
        return "no git checkout: the commit is not known"
    return now + (", with changes" if said("git", "status", "--porcelain", "--untracked-files=no") else "")


def about(build, what):
    return json.loads((build / f"meson-info/intro-{what}.json").read_text())


def built(build):
    compiler = about(build, "targets")[0]["target_sources"][0]["compiler"]
    options = {option["name"]: option["value"] for option in about(build, "buildoptions")}
    sanitizers = "" if options["b_sanitize"] == "none" else f", sanitizers {options['b_sanitize']}"
    return f"{said(*compiler, '--version')}; {options['buildtype']}{sanitizers}"


def libraries(build):
    return ", ".join(f"{one['name']} {one['version']}" for one in about(build, "dependencies") if one["version"] != "unknown")


def main():
    build = pathlib.Path(sys.argv[1])
    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    hypervisor = " (virtual)" if " hypervisor " in field("/proc/cpuinfo", "flags") + " " else ""
    now = datetime.datetime.now(datetime.timezone.utc)
    rows = {
        "taken": f"{now:%Y-%m-%d %H:%M} UTC, load average {' '.join(f'{load:.2f}' for load in os.getloadavg())}",
        "machine": f"{field('/proc/cpuinfo', 'model name')}{hypervisor}, {os.cpu_count()} cores, {memory:.1f} GiB of memory",
        "system": f"{debian()}; Linux {platform.release()}, {platform.machine()}",
        "tidewatch": f"{said(build / 'src/server/tidewatchd', '--version')}, {commit()}",
        "built by": built(build),
        "libraries": libraries(build),
        "encoder": "its weights are there" if "TIDEWATCH_ENCODER_WEIGHTS" in os.environ else "without weights: what needs them is left out",
        "beside": installed(PEERS),
    }
    print("# Tidewatch's benchmarks\n\n| | |\n|---|---|")
    for name, text in rows.items():
        print(f"| {name} | {text.replace('|', '/')} |")


if __name__ == "__main__":
    main()
