"""What goes wrong with the database under a real server: what clients see, what health, metrics and the log say, and
that it is over without a restart. Backups, and one process per state folder."""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from server import BUILD, TICKET, Server
from test_llm_api import wait_for
from test_vector_api import Api

TIDEWATCHD = str(BUILD / "src/server/tidewatchd")


STATE = tempfile.mkdtemp(prefix="tidewatch-test-")  # whose model all use


def setUpModule():
    with start(state=STATE, own_model=True) as server:
        server.post("ml", "/predict", TICKET)


def tearDownModule():
    shutil.rmtree(STATE, ignore_errors=True)


def start(*settings, state=None, own_model=False):
    model = [] if own_model else [f"model.path={STATE}/model.json"]
    return Server("server.roles=ml,ops", *model, *settings, state=state)


def run(command, *words, state, store=None):
    settings = [f"--state.dir={state}", f"--model.path={STATE}/model.json", *([f"--store.path={store}"] if store else [])]
    env = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWATCH_")}
    return subprocess.run([TIDEWATCHD, *([command] if command else []), *words, *settings], capture_output=True,
                          text=True, timeout=60, check=False, env=env, cwd=state)


def health(server):
    return server.get("ops", "/health")


def log_lines(server, text):
    return [line for line in (server.state / "log").read_text(errors="replace").splitlines() if text in line]


def sequence_of(answer):
    return int(answer.json()["prediction_id"][4:20], 16)


def rows(server, sql="select sequence from predictions"):
    with contextlib.closing(sqlite3.connect(server.state / "tidewatch.db")) as db:
        return [row[0] for row in db.execute(sql)]


def set_file_limit(server, n_bytes):
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))


def fill_disk(server):
    """From here on the database's log takes a few dozen commits more: a write beyond fails, as on a full disk. That works
    without being root."""
    set_file_limit(server, (server.state / "tidewatch.db-wal").stat().st_size + (64 << 10))


def make_space(server):
    set_file_limit(server, resource.RLIM_INFINITY)


class FullDisk(unittest.TestCase):
    def test_in_commit_mode_nothing_is_acknowledged_that_is_not_kept(self):
        with start("store.durability=commit") as server:
            acknowledged, refused = [], []
            fill_disk(server)
            for _ in range(200):
                answer = server.post("ml", "/predict", TICKET)
                (acknowledged if answer.status == 200 else refused).append(answer)
                if len(refused) == 5:
                    break
            self.assertTrue(acknowledged)
            self.assertEqual(len(refused), 5)
            for answer in refused:
                self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "1"))
                self.assertIn("could not be stored", answer.json()["detail"])

            unwell = health(server)
            self.assertEqual(unwell.status, 503)
            self.assertEqual(unwell.json()["parts"]["store"]["status"], "failing")
            self.assertIn("disk I/O error while writing", unwell.json()["parts"]["store"]["detail"])
            metrics = server.metrics("ops")
            self.assertGreaterEqual(metrics["tidewatch_store_rows_dropped_total"], 5)
            self.assertGreater(metrics["tidewatch_store_failed_commits_total"], 0)

            make_space(server)
            wait_for("it is well without any row", lambda: health(server).status == 200)
            again = server.post("ml", "/predict", TICKET)
            self.assertEqual(again.status, 200)
            self.assertEqual(server.stop(), 0)
            kept = set(rows(server))
            self.assertLessEqual({sequence_of(a) for a in acknowledged + [again]}, kept)
            self.assertEqual(len(log_lines(server, "rows are lost")), 1)
            self.assertEqual(len(log_lines(server, "is written again")), 1)
            recovered = json.loads(rows(server, "select detail from events where subject = 'store recovered'")[0])
            self.assertGreaterEqual(recovered["rows_lost"], 5)
            self.assertIn("disk I/O error while writing", recovered["reason"])
            self.assertEqual(rows(server, "pragma integrity_check"), ["ok"])

    def test_in_default_mode_rows_wait_for_space(self):
        with start() as server:
            fill_disk(server)
            taken = []

            def is_full():
                taken.append(server.post("ml", "/predict/batch", {"rows": [TICKET] * 500}).status)
                return health(server).status == 503

            wait_for("the disk is full", is_full)
            self.assertEqual(set(taken), {200})
            wait_for("the log says so", lambda: log_lines(server, "kept and tried again"))
            make_space(server)
            wait_for("it is well", lambda: health(server).status == 200)
            self.assertEqual(server.metrics("ops")["tidewatch_store_rows_dropped_total"], 0)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(len(rows(server)), 500 * len(taken))
            self.assertEqual(len(log_lines(server, "kept and tried again")), 1)
            self.assertEqual(len(log_lines(server, "is written again")), 1)


class Locked(unittest.TestCase):
    def test_rows_wait_until_another_program_lets_go(self):
        with start() as server:
            with contextlib.closing(sqlite3.connect(server.state / "tidewatch.db", isolation_level=None)) as other:
                other.execute("begin immediate")
                taken = [sequence_of(server.post("ml", "/predict", TICKET)) for _ in range(20)]
                wait_for("it is unwell", lambda: health(server).status == 503)
                self.assertEqual(health(server).json()["parts"]["store"]["detail"], "database is locked")
                other.execute("rollback")
            wait_for("it is well", lambda: health(server).status == 200)
            self.assertEqual(server.metrics("ops")["tidewatch_store_rows_dropped_total"], 0)
            self.assertEqual(server.stop(), 0)
            self.assertLessEqual(set(taken), set(rows(server)))

    def test_a_database_that_is_locked_at_the_start_is_not_called_damaged(self):
        with start() as server:
            server.stop()
            with contextlib.closing(sqlite3.connect(server.state / "tidewatch.db", isolation_level=None)) as other:
                other.execute("begin exclusive")
                refused = run(None, state=server.state)
                other.execute("rollback")
            self.assertEqual(refused.returncode, 1)
            self.assertIn("locked", refused.stderr)
            self.assertNotIn("damaged", refused.stderr)


class Damaged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidewatch-test-"))
        with start() as server:
            for _ in range(3):
                server.post("ml", "/predict/batch", {"rows": [TICKET] * 1000})
            server.stop()
            cls.sound = (server.state / "tidewatch.db").read_bytes()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def state_with(self, content, log=None):
        state = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        (state / "tidewatch.db").write_bytes(content)
        if log is not None:
            (state / "tidewatch.db-wal").write_bytes(log)
        return state

    def test_it_refuses_to_start_says_what_to_do_and_leaves_the_file_as_it_is(self):
        page = 4096
        for name, content in (("no database at all", b"To whom it may concern\n" * 400),
                              ("cut", self.sound[:len(self.sound) // 2]),
                              ("the header", b"\x55" * 40 + self.sound[40:]),
                              ("the list of tables", self.sound[:100] + b"\x55" * 400 + self.sound[500:]),
                              ("the root of a table", self.sound[:2 * page] + b"\x55" * page + self.sound[3 * page:])):
            with self.subTest(name):
                state = self.state_with(content)
                refused = run(None, state=state)
                self.assertEqual(refused.returncode, 1, refused.stderr)
                self.assertIn("damaged", refused.stderr)
                self.assertIn("move it away", refused.stderr)
                self.assertEqual((state / "tidewatch.db").read_bytes(), content)

    def test_a_log_without_its_database_is_not_thrown_away(self):
        for content in (b"", None):
            state = self.state_with(content or b"", log=b"rows" * 2000)
            if content is None:
                (state / "tidewatch.db").unlink()
            refused = run(None, state=state)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("move the log away too", refused.stderr)
            self.assertEqual((state / "tidewatch.db-wal").read_bytes(), b"rows" * 2000)

    def test_what_only_a_full_look_finds_does_not_stop_predictions_and_stops_backups(self):
        middle = len(self.sound) // 2 // 4096 * 4096
        content = self.sound[:middle] + b"\x55" * 4096 + self.sound[middle + 4096:]
        with start(state=self.state_with(content)) as server:
            self.assertEqual(server.post("ml", "/predict", TICKET).status, 200)
            backup = run("backup", f"{server.state}/copy", state=server.state)
            self.assertEqual(backup.returncode, 1, backup.stderr)
            self.assertIn("damaged", backup.stderr)
            self.assertEqual(list(server.state.glob("copy*")), [])
            self.assertEqual(health(server).status, 200)


class Clock(unittest.TestCase):
    def test_after_the_clock_was_set_back_ids_go_on_and_nothing_is_deleted(self):
        with start("store.max_age=1d") as server:
            server.stop()
            in_a_year = int((time.time() + 365 * 86400) * 1e6)
            with contextlib.closing(sqlite3.connect(server.state / "tidewatch.db")) as db, db:
                for i in range(10):
                    db.execute("insert into predictions values (?, ?, 120, 2, 5, 3, 1, 0, 0.9, 0.1, null)",
                               (in_a_year + i, in_a_year // 1000))
                db.execute("update counters set value = ? where name = 'last_sequence'", (in_a_year + 9,))
                db.execute("update counters set value = value + 10 where name = 'predictions'")
            server.start()
            given = [sequence_of(server.post("ml", "/predict", TICKET)) for _ in range(5)]
            self.assertEqual(given, list(range(in_a_year + 10, in_a_year + 15)))
            server.stop()
            server.start()
            given.append(sequence_of(server.post("ml", "/predict", TICKET)))
            self.assertEqual(given[-1], in_a_year + 15)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(sorted(rows(server)), list(range(in_a_year, in_a_year + 16)))


class OneProcess(unittest.TestCase):
    def test_a_second_server_on_the_state_folder_is_told_who_has_it(self):
        with start() as server:
            second = run(None, state=server.state, store=server.state / "other.db")
            self.assertEqual(second.returncode, 1)
            self.assertIn(f"in use by process {server.process.pid} on ", second.stderr)
            self.assertFalse((server.state / "other.db").exists())
            server.kill()  # whoever dies holds nothing
            server.start()
            for path in ("tidewatchd.lock", "tidewatch.db.lock"):
                held = [fd for fd in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()
                        if os.readlink(fd) == str(server.state / path)]
                self.assertEqual(len(held), 1, path)
                flags = pathlib.Path(f"/proc/{server.process.pid}/fdinfo/{held[0].name}").read_text().split("flags:")[1]
                self.assertTrue(int(flags.split()[0], 8) & os.O_CLOEXEC, "a child would inherit it")

    def test_two_servers_with_one_database_in_two_state_folders(self):
        with start() as server, tempfile.TemporaryDirectory() as other:
            second = run(None, state=other, store=server.state / "tidewatch.db")
            self.assertEqual(second.returncode, 1)
            self.assertIn(f"tidewatch.db' is in use by process {server.process.pid} on ", second.stderr)


class Backup(unittest.TestCase):
    def test_a_backup_under_load_is_one_moment_and_comes_back(self):
        with start("store.durability=commit", own_model=False) as server:
            stop, acknowledged = threading.Event(), []

            def send():
                connection = server.connect("ml")
                while not stop.is_set():
                    connection.request("POST", "/predict", json.dumps(TICKET), {"Content-Type": "application/json"})
                    acknowledged.append(int(json.loads(connection.getresponse().read())["prediction_id"][4:20], 16))
                connection.close()

            for _ in range(5):
                server.post("ml", "/predict/batch", {"rows": [TICKET] * 5000})
            threads = [threading.Thread(target=send) for _ in range(4)]
            for thread in threads:
                thread.start()
            before = list(acknowledged)
            copy = server.state / "copy"
            made = run("backup", str(copy), state=server.state)
            stop.set()
            for thread in threads:
                thread.join()
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertIn("written to", made.stdout)
            self.assertEqual(copy.stat().st_mode & 0o777, 0o600)
            self.assertEqual([p.name for p in server.state.glob("copy*")], ["copy"])
            self.assertEqual(health(server).status, 200)
            with contextlib.closing(sqlite3.connect(copy)) as db:
                stored = {row[0] for row in db.execute("select sequence from predictions")}
                counted = db.execute("select value from counters where name = 'predictions'").fetchone()[0]
                self.assertEqual(db.execute("pragma integrity_check").fetchone()[0], "ok")
            self.assertEqual(len(stored), counted)
            self.assertGreaterEqual(len(stored), 25000)
            self.assertLessEqual(set(before), stored)

            refused = run("backup", str(copy), state=server.state)
            self.assertEqual((refused.returncode, "--force" in refused.stderr), (2, True))
            again = run("backup", str(copy), "--force", state=server.state)
            self.assertEqual(again.returncode, 0, again.stderr)
            running = run("restore", str(copy), state=server.state)
            self.assertEqual(running.returncode, 1)
            self.assertIn(f"in use by process {server.process.pid}", running.stderr)

            prediction = server.post("ml", "/predict", TICKET).json()["prediction_id"]
            self.assertEqual(run("backup", str(copy), "--force", state=server.state).returncode, 0)
            server.stop()
            for gone in ("tidewatch.db", "signing.key"):
                (server.state / gone).unlink()
            back = run("restore", str(copy), state=server.state)
            self.assertEqual(back.returncode, 0, back.stderr)
            server.start()
            # The signing key came back: an id that was given before is known.
            feedback = server.post("ml", "/feedback", {"prediction_id": prediction, "severity": "High"})
            self.assertEqual(feedback.status, 200, feedback.body)
            self.assertEqual(server.stop(), 0)
            self.assertLessEqual(set(acknowledged), set(rows(server)))

    def test_collections_go_along_while_they_are_written_and_answer_the_same_elsewhere(self):
        everything = {"include": ["embeddings", "documents", "metadatas", "uris"]}
        question = {"query_embeddings": [[3, 7, 1]], "n_results": 9, "where": {"i": {"$lt": 500}}}
        with start("server.roles=ml,vector,ops") as server, tempfile.TemporaryDirectory() as elsewhere:
            vectors = Api(server.ports["vector"])
            kept, written = vectors.collection("kept"), vectors.collection("written")
            for i in range(10):
                body = {"ids": [f"{i}-{j}" for j in range(100)], "embeddings": [[i, j, 1] for j in range(100)],
                        "documents": [f"text {i} {j}" for j in range(100)],
                        "metadatas": [{"i": 100 * i + j} for j in range(100)]}
                self.assertEqual(vectors("POST", kept + "/add", body)[0], 201)
            before = vectors("POST", kept + "/get", everything), vectors("POST", kept + "/query", question)
            self.assertEqual((len(before[0][1]["ids"]), len(before[1][1]["ids"][0])), (1000, 9))

            stop, acknowledged = threading.Event(), []

            def write():
                api = Api(server.ports["vector"])
                while not stop.is_set():
                    n = len(acknowledged)
                    body = {"ids": [f"{n}a", f"{n}b"], "embeddings": [[n, 1, 0], [n, 0, 1]]}
                    self.assertEqual(api("POST", written + "/add", body)[0], 201)
                    acknowledged.append(n)

            thread = threading.Thread(target=write)
            thread.start()
            wait_for("it is being written", lambda: len(acknowledged) > 20)
            n_before = len(acknowledged)
            copy = pathlib.Path(elsewhere) / "copy"
            made = run("backup", str(copy), state=server.state)
            n_after = len(acknowledged)
            stop.set()
            thread.join()
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertEqual([p.name for p in copy.parent.iterdir()], ["copy"])
            self.assertEqual(server.stop(), 0)

            state = pathlib.Path(elsewhere) / "state"
            state.mkdir()
            back = run("restore", str(copy), state=state)
            self.assertEqual(back.returncode, 0, back.stderr)
            with start("server.roles=ml,vector,ops", state=state) as other:
                vectors = Api(other.ports["vector"])
                self.assertEqual((vectors("POST", kept + "/get", everything), vectors("POST", kept + "/query", question)),
                                 before)
                ids = vectors("POST", written + "/get", {"include": []})[1]["ids"]
                n = len(ids) // 2  # of one moment: writes as a whole, each up to one and none after
                self.assertEqual(ids, [f"{i}{half}" for i in range(n) for half in "ab"])
                self.assertIn(n, range(n_before, n_after + 2))
                self.assertIn(f"vectors   {1000 + 2 * n} of all collections", made.stdout)
                self.assertEqual(vectors("POST", written + "/add", {"ids": ["new"], "embeddings": [[1, 2, 3]]})[0], 201)

    def test_a_backup_of_before_collections_went_along_is_restored(self):
        with start("server.roles=ml,vector,ops") as server:
            vectors = Api(server.ports["vector"])
            path = vectors.collection("kept")
            vectors("POST", path + "/add", {"ids": ["a"], "embeddings": [[1, 2]]})
            server.post("ml", "/predict", TICKET)
            copy = server.state / "copy"
            self.assertEqual(run("backup", str(copy), state=server.state).returncode, 0)
            with contextlib.closing(sqlite3.connect(copy)) as db, db:
                self.assertEqual(db.execute("delete from kept_files where name like 'vectors.db/%'").rowcount, 1)
            vectors("POST", path + "/add", {"ids": ["b"], "embeddings": [[3, 4]]})
            self.assertEqual(server.stop(), 0)
            back = run("restore", str(copy), state=server.state)
            self.assertEqual(back.returncode, 0, back.stderr)
            self.assertIn("vectors   none", back.stdout)
            server.start()
            self.assertEqual(Api(server.ports["vector"])("GET", path + "/count"), (200, 2))  # as it was
            self.assertEqual(server.stop(), 0)
            self.assertEqual(len(rows(server)), 1)

    def test_the_command_line(self):
        with tempfile.TemporaryDirectory() as state:
            for words, code, text in ((["backup"], 2, "needs a file"), (["restore"], 2, "needs a file"),
                                      (["backup", f"{state}/x"], 1, "cannot open"),
                                      (["restore", f"{state}/x"], 1, "cannot open"),
                                      (["restore", f"{state}/x", "--force"], 2, "'force'"),
                                      (["backup", f"{state}/x", f"{state}/y"], 2, "y")):
                done = run(*words, state=state)
                self.assertEqual((done.returncode, text in done.stderr), (code, True), (words, done.stderr))
            self.assertEqual(list(pathlib.Path(state).glob("x*")), [])
            settings = pathlib.Path(state) / "settings"
            settings.write_text("[store]\nqueue = 77\n")
            for words in ([f"--config={settings}"], ["--config", str(settings)]):  # both forms, as for a setting
                self.assertIn("queue = 77", run("check-config", *words, state=state).stdout)
            usage = subprocess.run([TIDEWATCHD, "--help"], capture_output=True, text=True, check=True).stdout
            for text in ("backup", "restore", "--force", "Exit codes"):
                self.assertIn(text, usage)


if __name__ == "__main__":
    unittest.main()
