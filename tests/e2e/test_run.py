"""The script ./run with the programs of this build: starts, attaches, names what is in its way, stops."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from server import BUILD, SOURCE, free_port
from stack import answers, wait_for
from test_tls import Authority


class Run(unittest.TestCase):
    def setUp(self):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="tidewatch-run-"))
        self.ports = {name: free_port() for name in ("ml", "llm", "vector", "ops", "prometheus", "alertmanager")}
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWATCH_")} | {
            "TIDEWATCH_STATE": str(self.state),
            "BUILD_DIR": str(BUILD),
            "TIDEWATCH_LISTEN_ML": f"127.0.0.1:{self.ports['ml']}",
            "TIDEWATCH_LISTEN_LLM": f"127.0.0.1:{self.ports['llm']}",
            "TIDEWATCH_LISTEN_VECTOR": f"127.0.0.1:{self.ports['vector']}",
            "TIDEWATCH_LISTEN_OPS": f"127.0.0.1:{self.ports['ops']}",
            "PROMETHEUS_LISTEN": f"127.0.0.1:{self.ports['prometheus']}",
            "ALERTMANAGER_LISTEN": f"127.0.0.1:{self.ports['alertmanager']}",
        }
        self.addCleanup(self.leave)

    def leave(self):
        if self._outcome and not self._outcome.success:
            for log in sorted(self.state.glob("logs/*.log")):
                sys.stderr.write(f"---- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
        self.run_script("down")
        shutil.rmtree(self.state)

    def run_script(self, *words, **changes):
        return subprocess.run([SOURCE / "run", *words], env=self.env | changes, capture_output=True, text=True,
                              check=False, timeout=150)

    def pids(self):
        return {p.stem: int(p.read_text().split()[0]) for p in self.state.glob("run/*.pid")}

    def is_gone(self, pid):
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    def up(self, *options):
        done = self.run_script("up", "--fast-alerts", *options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_with_a_certificate_everybody_asks_over_tls(self):
        authority = Authority(self.state)
        authority.issue(self.state / "cert.pem", self.state / "key.pem", "IP:127.0.0.1")
        self.env |= {"TIDEWATCH_TLS_CERTIFICATE_FILE": str(self.state / "cert.pem"),
                     "TIDEWATCH_TLS_KEY_FILE": str(self.state / "key.pem"),
                     "TIDEWATCH_TLS_CA_FILE": str(authority.ca)}
        said = self.up()
        self.assertIn(f"https://127.0.0.1:{self.ports['ops']}", said)
        self.assertIn("prometheus    sees 3 of 3 services", said)
        self.assertIn("baseline      ordinary traffic runs", said)
        self.assertRegex(said, r"backend +OK")
        tested = self.run_script("alerts", "test", "--severity=info")
        self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)
        self.assertRegex(tested.stdout, r"  log +delivered after ")

    def test_it_starts_everything_and_leaves_no_process(self):
        said = self.up()
        self.assertIn("prometheus    sees 3 of 3 services", said)
        self.assertIn("baseline      ordinary traffic runs", said)
        self.assertEqual(self.run_script("status").returncode, 0)
        token = self.state / "operator.token"
        self.assertEqual((token.stat().st_mode & 0o777, len(token.read_text().strip())), (0o600, 64))
        self.assertEqual(self.state.stat().st_mode & 0o777, 0o700)
        started = self.pids()
        self.assertEqual(set(started), {"tidewatchd", "prometheus", "alertmanager"})

        # Notifications name a command and a folder that are there.
        messages = (self.state / "config/templates/tidewatch.tmpl").read_text()
        self.assertIn(f"{SOURCE}/run console --view", messages)
        self.assertIn(f"{SOURCE}/assets/runbooks/", messages)
        tested = self.run_script("alerts", "test", "--severity=info")
        self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)
        self.assertRegex(tested.stdout, r"  log +delivered after ")

        # Attaching needs nothing of the environment but the state folder.
        plain = {k: v for k, v in self.env.items() if "LISTEN" not in k}
        again = subprocess.run([SOURCE / "run"], env=plain, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("Tidewatch runs already", again.stdout)
        self.assertEqual(self.pids(), started)

        self.assertEqual(self.run_script("down").returncode, 0)
        for name, pid in started.items():
            self.assertTrue(self.is_gone(pid), f"{name} still runs")
        self.assertEqual(self.run_script("status").returncode, 3)
        self.assertIn("Nothing runs", self.run_script("down").stdout)

    def test_after_a_crash_it_starts_what_is_missing(self):
        self.up("--no-baseline")
        before = self.pids()
        os.kill(before["tidewatchd"], signal.SIGKILL)
        wait_for("tidewatchd is gone", lambda: self.is_gone(before["tidewatchd"]), 10)
        self.assertEqual(self.run_script("status").returncode, 1)
        self.up("--no-baseline")
        after = self.pids()
        self.assertNotEqual(after.pop("tidewatchd"), before.pop("tidewatchd"))
        self.assertEqual(after, before)

    def test_it_ends_only_what_it_started(self):
        stranger = subprocess.Popen(["sleep", "300"])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        (self.state / "run").mkdir()
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        (self.state / "run/prometheus.pid").write_text(f"{stranger.pid} 12345 {boot} http://127.0.0.1:1\n")
        self.assertEqual(self.run_script("down").returncode, 0)
        self.assertIsNone(stranger.poll())

    def test_a_port_in_use_names_its_owner_and_the_way_out(self):
        owner = subprocess.Popen([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(self.ports["prometheus"])],
                                 cwd=self.state, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(owner.wait)
        self.addCleanup(owner.kill)
        wait_for("the port is taken", lambda: answers(f"http://127.0.0.1:{self.ports['prometheus']}/"), 10)
        done = self.run_script("up")
        self.assertEqual(done.returncode, 1)
        for part in (f"pid {owner.pid}", "http.server", "PROMETHEUS_LISTEN=", "TIDEWATCH_PROMETHEUS_URL="):
            self.assertIn(part, done.stderr)
        self.assertEqual(self.pids(), {})
        self.assertIsNone(owner.poll())

    def test_a_start_that_fails_leaves_nothing_behind(self):
        done = self.run_script("up", TIDEWATCH_STORE_PATH="/proc/nowhere/tidewatch.db")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/proc/nowhere", done.stderr)
        self.assertEqual(self.pids(), {})

    def test_a_game_day_starts_what_it_needs_and_stops_it_again(self):
        done = self.run_script("gameday", "outage", "--fast-alerts", "--no-baseline", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["state"], "passed")
        self.assertEqual(self.pids(), {})
        self.assertEqual(self.run_script("status").returncode, 3)

    def test_a_game_day_that_is_broken_off_stops_what_it_started_and_no_more(self):
        for before in ("nothing", "everything"):
            if before == "everything":
                self.up("--no-baseline")
            kept = self.pids()
            script = subprocess.Popen([SOURCE / "run", "gameday", "all", "--fast-alerts", "--no-baseline"], env=self.env, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            self.addCleanup(script.communicate)
            self.addCleanup(script.kill)
            self.assertIn("game day #", script.stdout.readline())
            os.killpg(script.pid, signal.SIGINT)  # as Ctrl-C in a terminal
            said, complaints = script.communicate(timeout=60)
            self.assertEqual(script.returncode, 130, said + complaints)
            self.assertIn("stopped on the server", complaints)
            self.assertEqual(self.pids(), kept)
        self.assertIn("0 of 10 passed", self.run_script("gameday", "list").stdout)

    def test_words_it_does_not_know_are_refused(self):
        for words in (["upp"], ["up", "--fats"], ["down", "now"], ["logs", "nothing"], ["gameday"],
                      ["gameday", "list"]):
            done = self.run_script(*words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("run: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
