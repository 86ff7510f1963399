"""A recorded console and its replay show the same; recordings are one's own and hold no token."""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import time
import unittest

import fake_servers
from fake_servers import HUNG
from terminal import Terminal

PROGRAM = pathlib.Path(os.environ["TW_BUILD_ROOT"]) / "src/tui/tidewatch"
ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
TOKEN = "0123456789abcdef0123456789abcdef"
DEAD = [f"--{name}.url=http://127.0.0.1:1" for name in ("prometheus", "alertmanager", "operations", "ml", "llm")]
MOVING = re.compile(r"\d+(\.\d+)?(ms|s)\b|\d\d:\d\d(:\d\d)?|REC|LIVE")


class ReplayTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = self.folder / "incident.tape"
        self.token = self.folder / "operator.token"
        self.token.write_text(TOKEN + "\n")
        self.token.chmod(0o600)
        self.servers = fake_servers.Servers()
        self.addCleanup(self.servers.stop)

    def command(self, *more):
        return [str(PROGRAM), f"--assets.dir={ASSETS}", *more]

    def open(self, *more, **kwargs):
        terminal = Terminal(self.command("--refresh=0.5", *more), **kwargs)
        self.addCleanup(terminal.close)
        return terminal

    def recording(self, *more, **kwargs):
        terminal = self.open(*self.servers.settings(), f"--auth.token_file={self.token}", "--record", str(self.file),
                             *more, **kwargs)
        terminal.wait_for("REC")
        terminal.wait_for("baseline on")
        terminal.wait_until(lambda: terminal.shows("prom OK") or terminal.shows("prometheus OK"), "prometheus OK")
        return terminal

    def replay(self, *more, **kwargs):
        return self.open(*DEAD, "--replay", str(self.file), *more, **kwargs)

    def run_program(self, *arguments):
        return subprocess.run(self.command(*arguments), env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)

    def rows(self, terminal):
        """The body of the screen, without what moves by itself."""
        return [MOVING.sub("~", line).rstrip() for line in terminal.screen.display[1:-1]]

    def same_soon(self, terminal, expected, limit=8.0):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            terminal.read(quiet=0.05, limit=0.3)
            if self.rows(terminal) == expected:
                return
        self.assertEqual(self.rows(terminal), expected)

    def record_one(self):
        self.servers.prometheus.alert = "firing"
        terminal = self.recording()
        terminal.wait_for("1 CRIT")
        time.sleep(1.5)
        terminal.read()
        terminal.press("p")  # the screen is held, so that this is what the recording ends with
        terminal.wait_for("PAUSED")
        shown = self.rows(terminal)
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)
        return shown

    def test_a_replay_shows_what_was_recorded_without_any_network(self):
        shown = self.record_one()
        self.servers.stop()
        terminal = self.replay()
        terminal.wait_for("REPLAY")
        terminal.wait_for("1 CRIT")
        self.same_soon(terminal, shown)
        terminal.wait_until(lambda: re.search(r"REPLAY [0-9:]+ end", terminal.text()), "the end")
        terminal.press("D")
        terminal.wait_for("this is a replay: nothing is changed")
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)

    def test_it_is_the_same_at_another_size(self):
        self.record_one()
        terminal = self.replay(columns=140, rows=40)
        terminal.wait_for("REPLAY")
        terminal.wait_for("1 CRIT")
        terminal.wait_for("Data drift")
        self.assertNotIn("not in the recording", terminal.text())

    def test_what_was_not_asked_is_said(self):
        self.record_one()
        terminal = self.replay("--view=quality")
        terminal.wait_for("not in the recording")

    def test_a_source_that_hung_hangs_again(self):
        self.servers.alertmanager.mode = HUNG
        terminal = self.recording()
        terminal.wait_for("am ERROR")
        terminal.press("q")
        terminal.end()
        terminal = self.replay()
        terminal.wait_for("am ERROR")
        terminal.press("e")
        terminal.wait_for("no answer within")

    def test_once_from_its_own_recording_and_from_the_consoles(self):
        self.servers.prometheus.alert = "firing"
        live = self.run_program("--once", "--json", *self.servers.settings(), f"--auth.token_file={self.token}",
                                "--record", str(self.file))
        again = self.run_program("--once", "--json", *DEAD, "--replay", str(self.file))
        self.assertEqual(again.returncode, live.returncode, again.stderr)
        self.assertEqual(live.returncode, 2)
        first, second = json.loads(live.stdout), json.loads(again.stdout)
        self.assertEqual(first["alerts"], second["alerts"])
        self.assertEqual(first["verdict"], second["verdict"])
        self.file.unlink()
        self.record_one()
        text = self.run_program("--once", *DEAD, "--replay", str(self.file))
        self.assertEqual(text.returncode, 2, text.stdout)
        self.assertTrue(text.stdout.startswith("REPLAY"))
        self.assertNotIn("not in the recording", text.stdout)

    def test_a_recording_is_ones_own_and_replaces_nothing_unasked(self):
        self.file.write_text("precious")
        self.file.chmod(0o644)
        result = self.run_program("--once", *self.servers.settings(), "--record", str(self.file))
        self.assertEqual(result.returncode, 64)
        self.assertIn("is there already", result.stderr)
        self.assertEqual(self.file.read_text(), "precious")
        result = self.run_program("--once", *self.servers.settings(), "--record", str(self.file), "--overwrite")
        self.assertTrue(self.file.read_text().startswith("tidewatch recording 1\n"))
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        link = self.folder / "link"
        link.symlink_to(self.file)
        result = self.run_program("--once", *self.servers.settings(), "--record", str(link), "--overwrite")
        self.assertEqual(result.returncode, 64)

    def test_it_holds_neither_token_nor_address(self):
        self.record_one()
        recorded = self.file.read_bytes()
        self.assertEqual({request[3] for request in self.servers.operations.requests}, {TOKEN})
        self.assertNotIn(TOKEN.encode(), recorded)
        self.assertNotIn(b"Authorization", recorded)
        self.assertNotIn(self.servers.operations.url.encode(), recorded)

    def test_what_is_no_recording_is_refused(self):
        self.record_one()
        whole = self.file.read_bytes()
        for damaged, reason in ((b"", "no recording"), (b"[prometheus]\n", "no recording"),
                                (whole.replace(b"\nA ", b"\nB ", 1), "neither question nor answer"),
                                (whole.replace(b"\nA 0 ", b"\nA 99 ", 1), "bad number")):
            self.file.write_bytes(damaged)
            result = self.run_program("--once", "--replay", str(self.file))
            self.assertEqual(result.returncode, 64)
            self.assertIn(reason, result.stderr)
        self.file.write_bytes(whole[:len(whole) * 2 // 3])  # its console was killed
        terminal = self.replay()
        terminal.wait_for("1 CRIT")

    def test_both_at_once_make_no_sense(self):
        result = self.run_program("--once", "--record", str(self.file), "--replay", str(self.file))
        self.assertEqual(result.returncode, 64)
        self.assertFalse(self.file.exists())


if __name__ == "__main__":
    unittest.main()
