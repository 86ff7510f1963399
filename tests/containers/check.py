#!/usr/bin/env python3
"""The container files, as far as no container is needed: compose.yaml is accepted by docker-compose, its parts fit
together, every service is bound and without privileges, and the Dockerfile installs what ./run does for a build.

    check.py SOURCE_ROOT [COMPOSE_PROGRAM]

Prints TAP. Without the program that one point is skipped.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(sys.argv[1]).resolve()
COMPOSE_PROGRAM = sys.argv[2] if len(sys.argv) > 2 else None
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()

PORTS = {"tidewatch": [8000, 8001, 8002, 8003], "prometheus": [9090], "alertmanager": [9093], "grafana": [3000]}
STACK = "/etc/tidewatch-stack"

failures = 0
count = 0


def point(name, problems, skip=""):
    global failures, count
    count += 1
    problems = list(problems)
    failures += bool(problems)
    print(f"{'not ok' if problems else 'ok'} {count} - {name}{skip and ' # SKIP ' + skip}")
    for problem in problems:
        print(f"# {problem}")


def accepted():
    # An environment of its own: the tester's settings are none of the file's.
    with tempfile.TemporaryDirectory() as empty:
        run = subprocess.run([COMPOSE_PROGRAM, "-f", str(ROOT / "compose.yaml"), "config", "-q"], cwd=empty,
                             env={"PATH": os.environ["PATH"], "HOME": empty}, capture_output=True, text=True,
                             timeout=60, check=False)
    if run.returncode != 0 or run.stderr.strip():
        yield (run.stdout + run.stderr).strip()


def mounts():
    """(service, source, target) of every volume."""
    for name, service in SERVICES.items():
        for mount in service.get("volumes", []):
            source, target = mount.split(":")[:2]
            yield name, source, target


def sources():
    for name, source, _ in mounts():
        if source.startswith((".", "/")):
            if not source.startswith("./") or not (ROOT / source).exists():
                yield f"{name} mounts {source}, which is not in the tree"
        elif source not in COMPOSE["volumes"]:
            yield f"{name} mounts the volume {source}, which is not declared"


def published():
    for name, service in SERVICES.items():
        found = []
        for port in service.get("ports", []):
            match = re.fullmatch(r"127\.0\.0\.1:(\d+):(\d+)", str(port))
            if match:
                found.append(int(match[1]))
            if not match or match[1] != match[2]:
                yield f"{name} publishes {port}, not 127.0.0.1:N:N"
        if found != PORTS.get(name, []):
            yield f"{name} publishes {found}, not {PORTS.get(name, [])}"


def images():
    for name, service in SERVICES.items():
        image, _, tag = service.get("image", "").partition(":")
        if not image or not tag or tag == "latest":
            yield f"{name} has an image without a version: {service.get('image')}"
        if image == "tidewatch" and "build" not in service:
            yield f"{name} would be looked for in a registry: it has no build"


def secrets():
    made = set(re.search(r"for name in (.*); do", (ROOT / "assets/container/make-secrets.sh").read_text())[1].split())
    if set(COMPOSE["secrets"]) != made:
        yield f"make-secrets.sh makes {sorted(made)}, not {sorted(COMPOSE['secrets'])}"
    for name, secret in COMPOSE["secrets"].items():
        if secret != {"file": f"./secrets/{name}"}:
            yield f"{name} is not the file secrets/{name}"
    if "/secrets/" not in (ROOT / ".gitignore").read_text().split():
        yield "git does not ignore secrets/"
    allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    if allowed[0] != "*" or "!secrets" in allowed:
        yield ".dockerignore lets secrets/ into the image"
    for name, service in SERVICES.items():
        for key, value in (service.get("environment") or {}).items():
            if value and re.search("TOKEN$|PASSWORD$|API_KEY$", key):
                yield f"{name} has a secret in its environment: {key}"


def context():
    """What .dockerignore lets through is all that the Dockerfile's build is described by."""
    command = re.search(r"RUN (meson setup .*?)\s*\\?\n", DOCKERFILE)[1].replace("/build", "build", 1)
    with tempfile.TemporaryDirectory() as folder:
        for line in (ROOT / ".dockerignore").read_text().splitlines():
            if line.startswith("!"):
                copy = shutil.copytree if (ROOT / line[1:]).is_dir() else shutil.copy
                (pathlib.Path(folder) / line[1:]).parent.mkdir(exist_ok=True)
                copy(ROOT / line[1:], pathlib.Path(folder) / line[1:])
        run = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if run.returncode != 0:
        yield run.stdout[-500:]


def bounds():
    for name, service in SERVICES.items():
        wanted = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
        for key, value in wanted.items():
            if service.get(key) != value:
                yield f"{name}: {key} is not {value}"
        for key in ("mem_limit", "pids_limit", "logging"):
            if key not in service:
                yield f"{name} has no {key}"
        # docker-compose 1.29 takes any word.
        if service.get("restart") not in ("unless-stopped", "no"):
            yield f"{name} has the restart policy {service.get('restart')}"
        if "healthcheck" not in service and "build" not in service:
            yield f"{name} has no health check"
        if "privileged" in service or "cap_add" in service or service.get("user") in ("root", "0", 0):
            yield f"{name} has privileges"
    if "HEALTHCHECK" not in DOCKERFILE or "USER tidewatch" not in DOCKERFILE:
        yield "the image has no health check, or runs as root"


def rendered():
    """What render writes must be what the others see: paths, secrets, names and ports."""
    flags = dict(re.fullmatch(r"--([a-z._]+)=(.*)", word).groups()
                 for word in SERVICES["render"]["command"] if "=" in word)
    words = SERVICES["render"]["command"]
    folders = {name: target for name, source, target in mounts() if source == "stack"}
    if folders != dict.fromkeys(["render", "alertmanager", "prometheus"], STACK):
        yield f"the volume of the rendered files is not at {STACK} everywhere: {folders}"
    if words[words.index("--out") + 1] != STACK or f"-m 700 {STACK}" not in DOCKERFILE:
        yield f"render does not write to {STACK}, or the image does not make it"
    for name in ("prometheus", "alertmanager"):
        if f"--config.file={STACK}/{name}.yml" not in SERVICES[name]["command"]:
            yield f"{name} does not read {STACK}/{name}.yml"
    for name, key in (("alertmanager", "auth.token_file"), ("prometheus", "prometheus.token_file")):
        secret = flags[key].removeprefix("/run/secrets/")
        if secret not in SERVICES[name]["secrets"]:
            yield f"{name} is told to read {flags[key]}, which it does not have"
    for key in ("listen.ml", "listen.llm", "listen.ops", "prometheus.listen", "alertmanager.listen"):
        host, port = flags[key].split(":")
        if int(port) not in PORTS.get(host, []):
            yield f"--{key}={flags[key]} is no service with that port"
    hosts = SERVICES["tidewatch"]["environment"]["TIDEWATCH_HTTP_HOSTS"].split(",")
    if set(hosts) != {"tidewatch", *SERVICES["tidewatch"]["networks"]["default"]["aliases"]}:
        yield f"tidewatch answers to {hosts}, which are not its names in the network"


def packages():
    in_run = set(re.findall(r"^    'build\|[^|]*\|([^|]+)\|", (ROOT / "run").read_text(), re.M))
    stage = DOCKERFILE.split("AS build")[1].split("FROM")[0]
    listed = re.search(r"--no-install-recommends(.*?)&&", stage, re.S)[1].replace("\\", " ")
    if set(listed.split()) != in_run:
        yield f"./run and the Dockerfile differ in {sorted(set(listed.split()) ^ in_run)}"
    if not in_run:
        yield "./run lists nothing"


def copied():
    for words in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.M):
        for source in words.split()[:-1]:
            if not (ROOT / source).exists():
                yield f"COPY {source}: there is no such file"


if COMPOSE_PROGRAM:
    point("docker-compose accepts compose.yaml", accepted())
else:
    point("docker-compose accepts compose.yaml", [], "there is no docker-compose here")
point("what is mounted is in the tree or declared", sources())
point("every port is published to loopback alone, on its usual number", published())
point("every image has a version", images())
point("secrets are files that neither git nor an image takes in", secrets())
point("every service is bound, watched and without privileges", bounds())
point("the rendered files are where, and name what, the others have", rendered())
point("the image is built with the packages that ./run installs", packages())
point("what the Dockerfile copies is in the tree", copied())
point("the image has every file that its build is described by", context())
print(f"1..{count}")
sys.exit(1 if failures else 0)
