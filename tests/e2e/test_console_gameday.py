"""A game day by keys alone, on the real stack with fast alerts: started from its form, followed step by step while
another console only looks, its report opened, copied out and kept; another one is undone."""

import json
import os
import pathlib
import re
import time
import unittest
import xml.etree.ElementTree

from stack import Stack
from terminal import Terminal

PROGRAM = pathlib.Path(os.environ["TW_BUILD_ROOT"]) / "src/tui/tidewatch"
ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
GUARD_S = 0.4


class ConsoleGameDay(unittest.TestCase):
    def open(self, stack, *more, folder=None, **kwargs):
        command = [str(PROGRAM), f"--prometheus.url=http://{stack.prometheus_address}",
                   f"--alertmanager.url=http://{stack.alertmanager_address}",
                   f"--operations.url=http://127.0.0.1:{stack.server.ports['ops']}",
                   f"--ml.url=http://127.0.0.1:{stack.server.ports['ml']}",
                   f"--auth.token_file={stack.folder}/operator.token", f"--assets.dir={ASSETS}", "--refresh=0.5", *more]
        if folder:  # files are written to the current one
            command = ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(folder), *command]
        terminal = Terminal(command, **kwargs)
        self.addCleanup(terminal.close)
        return terminal

    def written(self, folder, ending):
        (path,) = folder.glob(f"*.{ending}")
        return path.read_text()

    def test_started_followed_read_and_undone(self):
        with Stack() as stack:
            folder = pathlib.Path(stack.folder) / "written"
            folder.mkdir()
            terminal = self.open(stack, "--view", "simulations", folder=folder)
            other = self.open(stack, columns=140, rows=40)
            terminal.wait_for("game day")
            other.wait_for("baseline off", 10)
            terminal.press("j" * 8 + "\r")
            terminal.wait_for("Launch a game day")
            terminal.press("\x1b[D")  # the last one
            terminal.wait_for("< outage >")
            terminal.press("j ")
            terminal.press("\r")
            terminal.wait_for("Start a game day of outage on")
            time.sleep(GUARD_S)
            terminal.press("y")
            terminal.wait_for("game day 1 of outage started, 2 steps")
            other.wait_for("GAME DAY outage 1/2", 10)
            other.wait_for("outage ml-api", 10)
            terminal.wait_until(lambda: re.search(r"outage 1 +running", terminal.text()), "it is listed", 10)
            terminal.press("G\r")
            terminal.wait_until(lambda: re.search(r"outage ml-api .*(settle|detect)", terminal.text()), "its step", 10)
            other.wait_for("GAME DAY outage 2/2", 90)
            terminal.wait_for("game day #1 outage passed: 2 of 2 steps passed", 120)
            other.wait_gone("GAME DAY", 10)
            for name in ("outage ml-api", "outage llm-rag-api"):
                self.assertRegex(terminal.text(), rf"{name} +APIDown +\d+\w+ +\d+\w+ +\d+\w+ +passed")
            for key in "xjt":
                terminal.press("w")
                terminal.wait_for("Write to a file")
                terminal.press(key)
                terminal.wait_for("written: ")
            suite = xml.etree.ElementTree.fromstring(self.written(folder, "xml")).find("testsuite")
            self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("2", "0", "0"))
            report = json.loads(self.written(folder, "json"))
            self.assertEqual([step["result"] for step in report["steps"]], ["passed", "passed"])
            self.assertIn("2 of 2 steps passed", self.written(folder, "txt"))
            terminal.press("y")
            terminal.wait_for("the report sent to the terminal's clipboard")

            terminal.press(":gameday rag\r")
            terminal.wait_for("Start a game day of rag on")
            time.sleep(GUARD_S)
            terminal.press("y")
            terminal.wait_for("game day 2 of rag started")
            other.wait_for("GAME DAY rag 1/4", 10)
            terminal.press("U")
            terminal.wait_for("game day 2 of rag stopped")
            other.wait_gone("GAME DAY", 10)


if __name__ == "__main__":
    unittest.main()
