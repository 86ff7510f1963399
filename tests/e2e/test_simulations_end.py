"""Whatever happens to the one who started a simulation, or to the server, nothing of it stays on: a dropped terminal,
a killed client, a killed server, in the middle of each kind."""

import os
import pty
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from server import BUILD
from test_faults import is_down, on
from test_llm_api import WEIGHTS, start, wait_for, wait_until_loaded

TIDEWATCH = str(BUILD / "src/tui/tidewatch")
MODES = ("empty-kb", "no-context", *(("vector-db-down", "corrupted-embeddings") if WEIGHTS else ()))
SHORT = ("--until", "duration", "--duration", "10")


def kinds(mode, target):
    """Every kind at once, as words for the client."""
    return {"drift": SHORT, "hallucination": ("--until", "duration", "--queries", "20"), "topic-shift": SHORT,
            "latency": (*SHORT, "--delay", "2"), "rag": (*SHORT, "--mode", mode),
            "outage": (*SHORT, "--target", target), "recovery": ("--duration", "10")}


class SimulationsEnd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.state = tempfile.mkdtemp(prefix="tidewatch-test-")
        cls.addClassCleanup(shutil.rmtree, cls.state, ignore_errors=True)
        cls.server = start(weights=WEIGHTS, state=cls.state)
        cls.addClassCleanup(cls.server.__exit__, None)
        wait_until_loaded(cls.server)

    @staticmethod
    def take(terminal):
        """In the child: the terminal is its own, and its end ends it even where the tests run under nohup."""
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.login_tty(terminal)

    def launch(self, kind, words, terminal):
        env = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWATCH_")} | {
            "HOME": self.state, "TIDEWATCH_STATE": self.state, "LC_ALL": "C.UTF-8", "TERM": "xterm",
            "TIDEWATCH_OPERATIONS_URL": f"http://127.0.0.1:{self.server.ports['ops']}"}
        process = subprocess.Popen([TIDEWATCH, "sim", kind, *words], env=env, pass_fds=(terminal,),
                                   preexec_fn=lambda: self.take(terminal))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def runs(self):
        return self.server.operate("GET", "/simulations").json()["simulations"]

    def begin(self, mode, target):
        """Starts every kind, each by its client in its terminal, and waits until all of them are at work."""
        newest = max((run["id"] for run in self.runs()), default=0)
        clients = []
        for kind, words in kinds(mode, target).items():
            ours, theirs = pty.openpty()
            clients.append((self.launch(kind, words, theirs), ours))
            os.close(theirs)
        wait_for("all run", lambda: len(self.started_after(newest)) == len(clients))
        wait_for("their faults are on", lambda: {"fabricate", "delay", mode, "outage"} <= on(self.server))
        return newest, clients

    def started_after(self, newest):
        return [run for run in self.runs() if run["id"] > newest]

    def expect_nothing_on(self):
        wait_for("no fault is left", lambda: on(self.server) == set())
        for listener in ("ml", "llm"):
            wait_for(f"{listener} is open", lambda: not is_down(self.server, listener))
        wait_for("no request waits", lambda: self.server.metrics("ops")["tidewatch_jobs_parked"] == 0)
        active = {name: value for name, value in self.server.metrics("ops").items()
                  if name.startswith("tidewatch_simulation_active")}
        self.assertEqual(len(active), 8)
        self.assertEqual(set(active.values()), {0})

    def test_a_dropped_terminal_or_a_killed_client_changes_nothing_and_all_come_to_their_end(self):
        for number, way in enumerate(("terminal", "client")):
            newest, clients = self.begin(MODES[number], ("ml-api", "llm-rag-api")[number])
            for client, terminal in clients:
                if way == "client":
                    client.kill()
                os.close(terminal)
                client.wait(10)
            self.assertEqual({run["state"] for run in self.started_after(newest)}, {"running"})
            wait_for("all are over", lambda: not [r for r in self.started_after(newest) if r["state"] == "running"], 60)
            self.assertEqual({run["kind"]: run["state"] for run in self.started_after(newest)},
                             {kind: "finished" for kind in kinds("", "")})
            self.expect_nothing_on()

    def test_a_killed_server_comes_back_with_nothing_on(self):
        for number, mode in enumerate(MODES):
            newest, clients = self.begin(mode, ("ml-api", "llm-rag-api")[number % 2])
            self.server.operate("POST", "/simulations", {"kind": "baseline"})
            time.sleep(0.3)  # a kill may cost the rows of the last 50 ms
            self.server.kill()
            for client, terminal in clients:
                client.kill()
                os.close(terminal)
            self.server.start()
            states = {run["kind"]: run["state"] for run in self.started_after(newest)}
            self.assertEqual(set(states), {*kinds("", ""), "baseline"})
            self.assertEqual(set(states.values()), {"interrupted"})
            self.expect_nothing_on()
            wait_until_loaded(self.server)


if __name__ == "__main__":
    unittest.main()
