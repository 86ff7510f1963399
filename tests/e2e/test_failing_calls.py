"""A real server whose system calls fail (failing_calls.c): it goes on, or ends with a message, and the database stays
sound. And an upgrade of the schema that is killed at each of its writes."""

import contextlib
import errno
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from server import BUILD, SOURCE, TICKET, Server, free_port

TIDEWATCHD = BUILD / "src/server/tidewatchd"
STATE = pathlib.Path(tempfile.mkdtemp(prefix="tidewatch-test-"))  # whose model all use


def setUpModule():
    with Server("server.roles=ml,ops", state=STATE):
        pass


def tearDownModule():
    shutil.rmtree(STATE, ignore_errors=True)


def preloaded(library, **variables):
    """The environment of a server with the library; a sanitizer must not insist on being the first one."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": str(BUILD / f"tests/e2e/lib{library}.so"), **variables,
            "ASAN_OPTIONS": f"{options}{':' if options else ''}verify_asan_link_order=0"}


@contextlib.contextmanager
def environment(env):
    before = dict(os.environ)
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def start(env, *settings):
    """A server whose calls fail from its second start on: its files are there."""
    with Server("server.roles=ml,ops", f"model.path={STATE}/model.json", *settings) as server:
        server.stop()
        with environment(env):
            server.start()
        yield server


def ask(server, sql):
    with contextlib.closing(sqlite3.connect(server.state / "tidewatch.db")) as db:
        return [row[0] for row in db.execute(sql)]


def predict_from_threads(server, n_threads, n_each):
    """Sequences that were acknowledged, and the other statuses."""
    acknowledged, others = [], []

    def send():
        for _ in range(n_each):
            answer = server.post("ml", "/predict", TICKET)
            if answer.status == 200:
                acknowledged.append(int(answer.json()["prediction_id"][4:20], 16))
            else:
                others.append(answer.status)

    threads = [threading.Thread(target=send) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return acknowledged, others


class Disk(unittest.TestCase):
    def test_a_disk_that_fails_now_and_then_loses_nothing_that_was_acknowledged(self):
        # A commit is some seven writes: each must have a chance to go through when it is tried again.
        for rule in (f"write:{errno.ENOSPC}:23", f"sync:{errno.EIO}:3", f"write:{errno.EIO}:29,sync:{errno.EIO}:7"):
            with self.subTest(rule):
                env = preloaded("failing-calls", TW_SHIM=rule, TW_SHIM_PATH="tidewatch.db-wal")
                with start(env, "store.durability=commit") as server:
                    acknowledged, others = predict_from_threads(server, 4, 25)
                    self.assertGreater(server.metrics("ops")["tidewatch_store_failed_commits_total"], 0)
                    self.assertEqual(server.stop(), 0)
                    self.assertTrue(acknowledged)
                    self.assertLessEqual(set(others), {503})
                    self.assertLessEqual(set(acknowledged), set(ask(server, "select sequence from predictions")))
                    self.assertEqual(ask(server, "pragma integrity_check"), ["ok"])

    def test_a_disk_that_takes_nothing_is_said_at_the_start(self):
        state = pathlib.Path(tempfile.mkdtemp(dir=STATE))
        done = run_once(state, preloaded("failing-calls", TW_SHIM=f"write:{errno.EROFS}:1", TW_SHIM_PATH="tidewatch.db"))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("tidewatch.db", done.stderr)
        self.assertIn("disk I/O error while writing", done.stderr)


class Clock(unittest.TestCase):
    def test_a_clock_that_is_set_back_under_the_server_harms_nothing(self):
        jump = STATE / "jump"
        with start(preloaded("failing-calls", TW_SHIM_CLOCK=str(jump)), "store.max_age=1d") as server:
            def predict(n):
                for i in range(n):
                    body = {**TICKET, "ticket_length": 100 + i}
                    yield int(server.post("ml", "/predict", body).json()["prediction_id"][4:20], 16)

            before = list(predict(110))
            jump.touch()
            after = list(predict(10))
            self.assertEqual(before + after, sorted(set(before + after)))
            health = server.get("ops", "/health")
            self.assertEqual(health.status, 200)
            self.assertGreaterEqual(health.json()["uptime_ms"], 0)
            self.assertGreaterEqual(server.get("ml", "/drift/status").json()["samples_analyzed"], 100)
            server.stop()
            with environment(preloaded("failing-calls", TW_SHIM_CLOCK=str(jump))):
                server.start()
            later = list(predict(5))
            self.assertGreater(later[0], after[-1])
            jump.unlink()
            self.assertEqual(server.stop(), 0)
            self.assertEqual(ask(server, "select sequence from predictions order by 1"), before + after + later)
            self.assertEqual(len(ask(server, "select 1 from predictions where at_ms < (select max(at_ms) from predictions) "
                                             "- 6 * 86400000")), 15)


class Network(unittest.TestCase):
    def test_every_client_gets_in_though_every_second_accept_fails(self):
        for code in (errno.EMFILE, errno.ECONNABORTED):
            with self.subTest(errno.errorcode[code]):
                with start(preloaded("failing-calls", TW_SHIM=f"accept:{code}:2")) as server:
                    acknowledged, others = predict_from_threads(server, 4, 10)
                    self.assertEqual((len(acknowledged), others), (40, []))
                    self.assertIn("accept fails", (server.state / "log").read_text())

    def test_a_simulation_counts_the_connections_that_fail_and_the_server_goes_on(self):
        with start(preloaded("failing-calls", TW_SHIM=f"connect:{errno.ECONNREFUSED}:1")) as server:
            begun = server.operate("POST", "/simulations", {"kind": "baseline"})
            self.assertEqual(begun.status, 202, begun.body)
            deadline = time.monotonic() + 30
            failed = 0
            while failed < 3 and time.monotonic() < deadline:
                failed = server.get("ops", f"/simulations/{begun.json()['id']}").json()["requests"]["failed"]
                time.sleep(0.05)
            self.assertGreaterEqual(failed, 3)
            self.assertIn("connect fails", (server.state / "log").read_text())
            self.assertEqual(server.post("ml", "/predict", TICKET).status, 200)


def run_once(state, env=None):
    """Opens the database as a start does, and ends: that address needs tokens, and there are none."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWATCH_")}
    return subprocess.run([str(TIDEWATCHD), f"--state.dir={state}", f"--model.path={STATE}/model.json", "--roles", "ml",
                           "--store.max_age=0", f"--listen.ml=0.0.0.0:{free_port()}"], capture_output=True, text=True, timeout=60,
                          check=False, env={**clean, **(env or {})}, cwd=state)


class Upgrade(unittest.TestCase):
    def test_killed_at_any_of_its_writes_it_is_as_before_or_after_a_step(self):
        sql = (SOURCE / "tests/data/store/schema-1.sql").read_text()
        stood_at = []
        for n in range(1, 200):
            state = pathlib.Path(tempfile.mkdtemp(dir=STATE))
            with contextlib.closing(sqlite3.connect(state / "tidewatch.db")) as db:
                db.executescript(sql)
                db.execute("pragma journal_mode=wal")
            done = run_once(state, preloaded("failing-calls", TW_SHIM=f"write:kill:{n}", TW_SHIM_PATH="tidewatch.db"))
            if done.returncode != -signal.SIGKILL:
                break
            stood_at.append(self.look(state))
            if n % 5 == 0:
                self.assertEqual(run_once(state).returncode, 2)
                self.assertEqual(self.look(state), 3)
            shutil.rmtree(state)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(stood_at, sorted(stood_at))
        self.assertEqual(set(stood_at), {1, 2, 3})
        print(f"# {len(stood_at)} writes, killed at each", flush=True)

    def look(self, state):
        """The version it stands at; all that was there must still be."""
        with contextlib.closing(sqlite3.connect(state / "tidewatch.db")) as db:
            version = db.execute("pragma user_version").fetchone()[0]
            tables = {row[0] for row in db.execute("select name from sqlite_schema where type = 'table'")}
            self.assertEqual(db.execute("pragma integrity_check").fetchone()[0], "ok")
            self.assertEqual(db.execute("select count(*) from predictions").fetchone()[0], 5)
            self.assertEqual(db.execute("select count(*) from simulations").fetchone()[0], 2)
        self.assertEqual("answers" in tables, version >= 2)
        self.assertEqual("gamedays" in tables, version >= 3)
        return version


if __name__ == "__main__":
    unittest.main()
