"""Contexts: one file names the servers of several installations; production wants its name typed."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import fake_servers
from terminal import Terminal

PROGRAM = pathlib.Path(os.environ["TW_BUILD_ROOT"]) / "src/tui/tidewatch"
ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
OPERATOR, OF_PROMETHEUS = "0123456789abcdef0123456789abcdef", "prometheus-bearer"
GUARD_S = 0.35


class ContextsTest(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)
        self.servers = fake_servers.Servers()
        self.addCleanup(self.servers.stop)
        self.put("live.token", OPERATOR + "\n", 0o600)
        self.put("prom.token", OF_PROMETHEUS + "\n", 0o600)
        self.put("state/tidewatch/operator.token", "the-token-of-this-machine\n", 0o600)
        self.settings = self.put("config/tidewatch/tidewatch.conf", "".join(
            f"[context.{name}]\n" + "".join(f"{server} = {getattr(self.servers, server).url}\n"
                                            for server in ("prometheus", "alertmanager", "operations", "ml")) + more
            for name, more in (("live-eu", "prod = true\ntoken_file = ~/live.token\nprometheus_token_file = ~/prom.token\n"),
                               ("staging", ""))), 0o644)

    def put(self, name, text, mode):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def variables(self):
        return {"HOME": str(self.home), "XDG_CONFIG_HOME": f"{self.home}/config", "XDG_STATE_HOME": f"{self.home}/state"}

    def open(self, *more):
        terminal = Terminal([str(PROGRAM), f"--assets.dir={ASSETS}", "--refresh=0.5", *more], columns=110,
                            **self.variables())
        self.addCleanup(terminal.close)
        return terminal

    def run_program(self, *arguments):
        return subprocess.run([str(PROGRAM), *arguments], env={"PATH": os.environ["PATH"], **self.variables()},
                              capture_output=True, text=True, timeout=20)

    def tokens(self, server):
        return {request[3] for request in server.requests}

    def posts(self):
        return [request for request in self.servers.operations.requests if request[0] == "POST"]

    def test_production_is_named_and_a_simulation_needs_the_name_typed(self):
        terminal = self.open("--context", "live-eu")
        terminal.wait_for("[PROD live-eu]")
        terminal.wait_for("baseline on")
        terminal.press("D")
        terminal.wait_for("Launch a drift simulation")
        terminal.press("\r")
        terminal.wait_for("type live-eu, then Enter")
        time.sleep(GUARD_S)
        terminal.press("y\r")
        terminal.press("\x7fstaging\r")
        terminal.read()
        self.assertEqual(self.posts(), [])
        terminal.press("\x7f" * 7 + "live-eu\r")
        terminal.wait_for("drift 7")
        (request,) = self.posts()
        self.assertEqual((request[1], request[3]), ("/simulations", OPERATOR))
        self.assertEqual(self.tokens(self.servers.prometheus), {OF_PROMETHEUS})
        self.assertEqual(self.tokens(self.servers.alertmanager), {""})

    def test_a_context_without_a_token_is_sent_none(self):
        terminal = self.open("--context", "staging")
        terminal.wait_for("[staging]")
        terminal.wait_for("baseline on")
        terminal.press("D")
        terminal.wait_for("context 'staging' names no token_file")
        for server in self.servers.all():
            self.assertLessEqual(self.tokens(server), {""})

    def test_without_one_it_is_local(self):
        terminal = self.open(*self.servers.settings())
        terminal.wait_for("[local]")

    def test_the_command_line_wants_the_name_too(self):
        for arguments in ((), ("--confirm", "staging")):
            result = self.run_program("sim", "baseline", "--context", "live-eu", *arguments)
            self.assertEqual(result.returncode, 78)
            self.assertIn("'live-eu' is a production context: add --confirm live-eu", result.stderr)
        self.assertEqual(self.posts(), [])
        result = self.run_program("sim", "baseline", "--context", "live-eu", "--confirm", "live-eu")
        self.assertEqual((result.returncode, len(self.posts())), (0, 1), result.stderr)

    def test_they_are_listed_and_the_file_stays_as_it_is(self):
        before = self.settings.read_bytes(), self.settings.stat().st_mtime_ns
        result = self.run_program("contexts")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, re.compile(r"^live-eu  PROD\n.*^staging\n", re.M | re.S))
        self.assertIn(self.servers.operations.url, result.stdout)
        self.assertNotIn(OPERATOR, result.stdout)
        self.assertEqual((self.settings.read_bytes(), self.settings.stat().st_mtime_ns), before)

    def test_an_unknown_name_or_key_is_told_with_the_nearest(self):
        result = self.run_program("--once", "--context", "stagin")
        self.assertEqual(result.returncode, 78)
        self.assertIn("did you mean 'staging'?", result.stderr)
        self.put("config/tidewatch/tidewatch.conf", "[context.a]\npromethus = http://x\n", 0o644)
        result = self.run_program("contexts")
        self.assertEqual(result.returncode, 78)
        self.assertIn("tidewatch.conf:2: unknown setting 'promethus'; did you mean 'prometheus'?", result.stderr)

    def test_a_servers_token_open_to_others_ends_it(self):
        (self.home / "prom.token").chmod(0o644)
        result = self.run_program("--once", "--context", "live-eu")
        self.assertEqual(result.returncode, 78)
        self.assertIn("open to others", result.stderr)
        self.assertEqual(self.servers.prometheus.requests, [])


if __name__ == "__main__":
    unittest.main()
