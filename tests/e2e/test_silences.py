"""The console against a real Alertmanager: an alert is acknowledged by key, seen suppressed there, and the
silence taken back; a silence from the form is extended and ended."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request

import fake_servers
from server import free_port
from stack import answers, fetch, wait_for
from terminal import Terminal

PROGRAM = pathlib.Path(os.environ["TW_BUILD_ROOT"]) / "src/tui/tidewatch"
ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
LABELS = {"alertname": "MLLatencyHigh", "severity": "warning", "service": 'ml "api"', "zone": "a=b, c"}
GUARD_S = 0.35


class Silences(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidewatch-silences-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        (self.folder / "alertmanager.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        self.address = f"127.0.0.1:{free_port()}"
        with open(self.folder / "log", "wb") as log:
            process = subprocess.Popen(
                [shutil.which("prometheus-alertmanager") or "alertmanager",
                 f"--config.file={self.folder}/alertmanager.yml", f"--storage.path={self.folder}/data",
                 f"--web.listen-address={self.address}", "--cluster.listen-address="],
                stdout=log, stderr=log, cwd=self.folder)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        wait_for("alertmanager is ready", lambda: answers(f"http://{self.address}/-/ready"), 30)
        self.servers = fake_servers.Servers()
        self.addCleanup(self.servers.stop)

    def open(self):
        settings = [s for s in self.servers.settings() if not s.startswith("--alertmanager.url")]
        terminal = Terminal([str(PROGRAM), *settings, f"--alertmanager.url=http://{self.address}",
                             f"--assets.dir={ASSETS}", "--refresh=0.5", "--view", "alerts"], columns=140, rows=40)
        self.addCleanup(terminal.close)
        return terminal

    def post_alert(self):
        request = urllib.request.Request(f"http://{self.address}/api/v2/alerts", json.dumps([{"labels": LABELS}]).encode(),
                                         {"Content-Type": "application/json"})
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5).close()

    def status(self):
        (alert,) = json.loads(fetch(f"http://{self.address}/api/v2/alerts"))
        return alert["status"]

    def silences(self, state):
        return [silence for silence in json.loads(fetch(f"http://{self.address}/api/v2/silences"))
                if silence["status"]["state"] == state]

    def test_acknowledged_by_key_and_taken_back(self):
        self.post_alert()
        terminal = self.open()
        terminal.wait_for("MLLatencyHigh", 10)
        self.assertEqual(self.status()["state"], "active")
        terminal.press("A")
        terminal.wait_for("silenced 14m", 10)
        status = self.status()
        (silence,) = self.silences("active")
        self.assertEqual((status["state"], status["silencedBy"]), ("suppressed", [silence["id"]]))
        self.assertEqual({m["name"]: m["value"] for m in silence["matchers"]}, LABELS)
        terminal.press("U")
        terminal.wait_gone("silenced 14m", 10)
        self.assertEqual(self.status()["state"], "active")
        self.assertEqual([each["id"] for each in self.silences("expired")], [silence["id"]])

    def test_made_by_the_form_extended_and_ended(self):
        self.post_alert()
        terminal = self.open()
        terminal.wait_for("MLLatencyHigh", 10)
        terminal.press("Sswap of the disk\r")
        terminal.wait_for("Sure?")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_for("silenced 59m", 10)
        self.assertEqual(self.status()["state"], "suppressed")
        (before,) = self.silences("active")
        terminal.press("T")
        terminal.wait_until(lambda: re.search(r"silenced 1h59m", terminal.text()), "an hour more", 10)
        (after,) = self.silences("active")
        self.assertEqual((after["id"], after["comment"]), (before["id"], "swap of the disk"))
        self.assertGreater(after["endsAt"], before["endsAt"])
        terminal.press("E")
        terminal.wait_for("End this silence")
        time.sleep(GUARD_S)
        terminal.press("y")
        terminal.wait_gone("silenced 1h59m", 10)
        self.assertEqual(self.status()["state"], "active")


if __name__ == "__main__":
    unittest.main()
