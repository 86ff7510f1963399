"""By keys alone, on the real stack with fast alerts: B starts traffic, D makes the drift, the alert is seen
pending and firing, the drift view names the features, X stops it, and all clears. H and L do the same for
answers that are made up and for slow triages, seen by a second console that started nothing."""

import os
import pathlib
import re
import time
import unittest

from stack import Stack
from terminal import Terminal

PROGRAM = pathlib.Path(os.environ["TW_BUILD_ROOT"]) / "src/tui/tidewatch"
ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
SCREENS = os.environ.get("TW_SCREENS")  # a folder to keep the screens in


class ConsoleLoop(unittest.TestCase):
    def open(self, stack, *more, **kwargs):
        terminal = Terminal(
            [str(PROGRAM), f"--prometheus.url=http://{stack.prometheus_address}",
             f"--alertmanager.url=http://{stack.alertmanager_address}",
             f"--operations.url=http://127.0.0.1:{stack.server.ports['ops']}",
             f"--ml.url=http://127.0.0.1:{stack.server.ports['ml']}",
             f"--auth.token_file={stack.folder}/operator.token", f"--assets.dir={ASSETS}", "--refresh=1", *more],
            **kwargs)
        self.addCleanup(terminal.close)
        return terminal

    def keep(self, terminal, name):
        if SCREENS:
            (pathlib.Path(SCREENS) / name).write_text(terminal.text() + "\n")

    def keep_all(self, terminals, name):
        for size, terminal in terminals.items():
            terminal.read(quiet=0.05, limit=0.5)
            self.keep(terminal, f"{name}.{size}.txt")

    def all_wait(self, terminals, text, limit):
        for terminal in terminals.values():
            terminal.wait_for(text, limit)

    def said(self, what, began):
        print(f"# {time.monotonic() - began:6.1f} s  {what}", flush=True)

    def test_the_loop(self):
        with Stack() as stack:
            terminals = {"80x24": self.open(stack), "140x40": self.open(stack, columns=140, rows=40),
                         "80x24-ascii": self.open(stack, "--ascii"),
                         "140x40-ascii": self.open(stack, "--ascii", columns=140, rows=40)}
            terminal = terminals["80x24"]
            self.all_wait(terminals, "baseline off", 10)
            terminal.press("B")
            self.all_wait(terminals, "baseline on", 10)
            began = time.monotonic()
            terminal.press("D")
            terminal.wait_for("Launch a drift simulation")
            terminal.press("\t\t20\r")  # at 20 predictions a second
            terminal.wait_for("Sure?")
            self.keep_all(terminals, "0-question")
            time.sleep(0.4)
            terminal.press("y")
            self.all_wait(terminals, "drift ", 10)
            self.said("the drift runs", began)
            self.all_wait(terminals, " pending", 60)
            self.said("pending", began)
            self.keep_all(terminals, "1-pending")
            self.all_wait(terminals, "1 CRIT", 60)
            self.said("firing", began)
            self.all_wait(terminals, "MLModelDriftHigh", 5)
            self.keep_all(terminals, "2-firing")
            for each in terminals.values():
                each.press("\x1bOR")
            self.all_wait(terminals, "ticket_length", 10)
            self.keep_all(terminals, "3-drift")
            for each in terminals.values():
                each.press("a")
            self.all_wait(terminals, "Enter: runbook", 10)
            self.all_wait(terminals, "firing", 10)
            self.all_wait(terminals, " sim ", 10)
            self.keep_all(terminals, "4-alerts")
            for each in terminals.values():
                each.press("\x1bOQ\r")
            self.all_wait(terminals, "SERIES", 10)
            self.keep_all(terminals, "5-chart")
            for each in terminals.values():
                each.press("\x1b")
            # It ended with its alert, or is stopped now; ordinary traffic clears the window.
            terminal.press("X")
            stack.server.post("ml", "/drift/reset", {}, token=stack.server.token)
            self.all_wait(terminals, "ALERTS  none", 90)
            self.said("cleared", began)
            self.keep_all(terminals, "6-cleared")
            terminal.press("q")
            if terminal.process.poll() is None and terminal.shows("Quit?"):
                terminal.press("y")
            self.assertEqual(terminal.end(), 0)

    def drill(self, terminals, key, kind, alert):
        """Started at the first of the terminals by its key; every one of them sees it, up to its alert."""
        began = time.monotonic()
        first = next(iter(terminals.values()))
        first.press(key)
        first.wait_for(f"Launch a {kind} simulation")
        first.press("\r")
        first.wait_for("Sure?")
        time.sleep(0.4)
        first.press("y")
        self.all_wait(terminals, f"DRILL {kind} ", 10)
        self.said(f"{kind} runs", began)
        self.keep_all(terminals, f"{kind}-1-running")
        row = re.compile(rf"{kind} \d+ +finished .* firing +\d+m?\d*s +\d+m?\d*s")
        for terminal in terminals.values():
            terminal.wait_until(lambda shown=terminal: row.search(shown.text()), f"{alert} firing", 120)
        self.said(f"{alert} fires", began)
        self.keep_all(terminals, f"{kind}-2-fired")
        for terminal in terminals.values():
            self.assertNotIn("X stops it", terminal.text())  # nothing of the form is left
        for terminal in terminals.values():
            terminal.press("a")
            terminal.wait_until(lambda shown=terminal: re.search(rf"CRIT +{alert}", shown.text()), alert, 10)
            self.assertIn("CRIT", terminal.screen.display[1])
            self.assertNotIn("DRILL", terminal.screen.display[0])
            terminal.press("s")

    def test_hallucination_and_latency(self):
        with Stack() as stack:
            terminals = {"80x24": self.open(stack), "140x40-ascii": self.open(stack, "--ascii", columns=140, rows=40)}
            self.all_wait(terminals, "baseline off", 10)
            for terminal in terminals.values():
                terminal.press("s")
            self.drill(terminals, "H", "hallucination", "LLMHallucinationCritical")
            self.drill(terminals, "L", "latency", "PipelineLatencyHigh")


if __name__ == "__main__":
    unittest.main()
