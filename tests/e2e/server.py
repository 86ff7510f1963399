"""A real tidewatchd in a temporary folder on free ports, for tests. Ends what it started, by pid."""

import http.client
import json
import os
import pathlib
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("TW_BUILD_ROOT", "build")).resolve()
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    """Below the range from which the kernel takes ports for outgoing connections (32768 on): one of those takes
    the port of a server that is just being started again, or connects to itself while nothing listens there."""
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def without_duplicates(pairs):
    """An object; a key that stands twice in it would be a bug of the server."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a key stands twice: {names}")
    return dict(pairs)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body, object_pairs_hook=without_duplicates)


class Server:
    """Use as a context manager; `settings` are flags without their dashes."""

    program = BUILD / "src/server/tidewatchd"
    wrapper = ()  # words before the program's, such as valgrind's
    environment = {}  # beside that of the test
    poll_s = 0.02  # how often start() asks whether the server is there

    def __init__(self, *settings, state=None):
        self.owns_state = state is None
        self.state = pathlib.Path(state or tempfile.mkdtemp(prefix="tidewatch-test-"))
        self.ports = {name: free_port() for name in ("ml", "llm", "vector", "ops")}
        self.token = secrets.token_hex(16)
        self.settings = settings
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if kind or (self.process and self.process.returncode not in (0, -signal.SIGKILL)):
            sys.stderr.write((self.state / "log").read_text(errors="replace")[-8000:])
        if self.process and self.process.returncode not in (0, -signal.SIGKILL) and not kind:
            raise AssertionError(f"tidewatchd ended with {self.process.returncode}")
        if self.owns_state:
            shutil.rmtree(self.state, ignore_errors=True)

    def listeners(self):
        """Those that the settings open."""
        settings = dict(setting.partition("=")[::2] for setting in self.settings)
        roles = settings.get("server.roles", "ml,llm,vector,ops").split(",")
        return [name for name in roles if not (name == "vector" and "chroma.url" in settings)]

    def is_healthy(self):
        """llm is not until its knowledge base is there: opened is enough of it, and of vector."""
        listeners = self.listeners()
        if any(self.get(name, "/health").status != 200 for name in ("ops", "ml") if name in listeners):
            return False
        for name in listeners:  # opened one after the other
            socket.create_connection(("127.0.0.1", self.ports[name]), 5).close()
        return True

    def start(self, wait_s=30):
        token_file = self.state / "operator.token"
        if not token_file.exists():
            token_file.touch(mode=0o600)
            token_file.write_text(self.token + "\n")
        self.token = token_file.read_text().strip()
        command = [
            *self.wrapper,
            str(self.program),
            f"--state.dir={self.state}",
            *[f"--listen.{name}=127.0.0.1:{port}" for name, port in self.ports.items()],
            "--drills.enabled=true",
            *[f"--{s}" for s in self.settings],
        ]
        env = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWATCH_")} | self.environment
        with open(self.state / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=env, cwd=self.state)
        deadline = time.monotonic() + wait_s
        while True:
            try:
                if self.is_healthy():
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.stderr.write((self.state / "log").read_text(errors="replace"))
                raise AssertionError("tidewatchd did not become healthy")
            time.sleep(self.poll_s)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)

    def connect(self, listener, timeout=20):
        return http.client.HTTPConnection("127.0.0.1", self.ports[listener], timeout=timeout)

    def request(self, listener, method, path, body=None, headers=None, token=None):
        connection = self.connect(listener)
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, listener, path, **kwargs):
        return self.request(listener, "GET", path, **kwargs)

    def post(self, listener, path, body=None, **kwargs):
        return self.request(listener, "POST", path, body, **kwargs)

    def operate(self, method, path, body=None):
        return self.request("ops", method, path, body, token=self.token)

    def metrics(self, listener="ml"):
        """The samples of a scrape: {'name{labels}': value}."""
        samples = {}
        for line in self.get(listener, "/metrics").body.decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                samples[name] = float(value)
        return samples


TICKET = {"ticket_length": 120, "urgency_keywords": 2, "business_impact": 5, "customer_tier": 3}
