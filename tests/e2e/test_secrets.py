"""Secrets that are planted everywhere are found nowhere but in the files that are theirs."""

import base64
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from server import BUILD, TICKET, Server

SETTINGS = {  # by the environment: a command line is for everybody to read
    "TIDEWATCH_CHROMA_TOKEN": "plantedchroma0001",
    "TIDEWATCH_LLM_TOKEN": "plantedllmtoken0002",
    "OPENAI_API_KEY": "sk-plantedapikey0003",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T1/B1/plantedslack0004",
    "SMTP_HOST": "127.0.0.1",
    "SMTP_USERNAME": "somebody",
    "SMTP_PASSWORD": "plantedpassword0005",
    "ALERT_EMAIL": "oncall@firm.example",
}
PLANTED = re.compile(rb"planted\w+\d{4}")


class Secrets(unittest.TestCase):
    def setUp(self):
        self.outputs = {}
        self.out = self.enterContext(tempfile.TemporaryDirectory())
        added = SETTINGS | {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}  # nobody is there
        self.addCleanup(lambda: [os.environ.pop(name) for name in added])
        os.environ.update(added)

    def run_command(self, name, *arguments):
        done = subprocess.run([BUILD / "src/server/tidewatchd", *arguments], capture_output=True, timeout=60, cwd=self.out,
                              env=os.environ)
        self.outputs[name] = done.stdout + done.stderr

    def ask_everything(self, server, tokens):
        for listener in ("ml", "llm", "vector", "ops"):
            for path in ("/", "/health", "/metrics", "/openapi.json", "/events?limit=100", "/requests", "/simulations",
                         "/faults", "/kb/stats", "/model/info", "/drift/status", "/nothing"):
                for name, token in tokens.items():
                    answer = server.get(listener, path, token=token)
                    self.outputs[f"{listener} {path} as {name}"] = answer.body + str(answer.headers).encode()
        for listener, path, body in (("ml", "/predict", TICKET), ("ml", "/predict", {"ticket_length": "x"}),
                                     ("llm", "/chat", {"query": "How do I reset my password?"}),
                                     ("ml", "/drift/reset", None), ("ops", "/simulations", {"kind": "none"}),
                                     ("ml", "/triage", {"ticket_text": "it is down", "business_impact": 9, "customer_tier": 5})):
            for name, token in tokens.items():
                answer = server.post(listener, path, body, token=token)
                self.outputs[f"{listener} POST {path} as {name}"] = answer.body + str(answer.headers).encode()

    def test_no_output_holds_one(self):
        server = Server("auth.tokens_file=tokens", "server.log_level=debug")
        server.token = "plantedoperator0006"
        tokens = {"operator": server.token, "reader": "plantedreader0007", "nobody": "plantedwrong0008",
                  "ann": None}
        secret_files = {server.state / "operator.token", server.state / "tokens"}
        (server.state / "tokens").touch(mode=0o600)
        (server.state / "tokens").write_text(f"infer {tokens['reader']}\n")
        made = subprocess.run([BUILD / "src/server/tidewatchd", "token", "new", "ann", f"--state.dir={server.state}"],
                              capture_output=True, text=True, timeout=60, cwd=self.out).stdout.strip()
        tokens["ann"] = made
        # The environment reaches the server without what is TIDEWATCH_'s: these stand in a file beside it.
        (server.state / ".env").write_text("".join(f"{k}={v}\n" for k, v in SETTINGS.items() if k.startswith("TIDEWATCH_")))
        secret_files.add(server.state / ".env")
        with server:
            self.ask_everything(server, tokens)
            server.process.send_signal(1)
            self.outputs["command line"] = pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
            (server.state / "tokens").write_text("infer plantedshort\xe90009\n", encoding="latin-1")
            server.process.send_signal(1)
            self.run_command("check-config", "check-config", f"--state.dir={server.state}")
            self.run_command("help", "--help-settings")
            self.run_command("a bad value", "check-config", "--smtp.password=plantedtwice0010\n")
            self.run_command("bad tokens", f"--state.dir={server.state}", f"--auth.tokens_file={server.state / 'tokens'}",
                             "--server.roles=ops", "--listen.ops=127.0.0.1:0")
            self.run_command("render-config", "render-config", "--out", f"{self.out}/rendered", f"--state.dir={server.state}")
            with self.subTest("limits of the process"):
                limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
                self.assertRegex(limits, r"Max core file size\s+0\s+0\s")
            server.stop()
            self.assertIn(b"***", self.outputs["check-config"])
            self.assertGreater(self.outputs["check-config"].count(b"***"), 4)
            for path in [*server.state.rglob("*"), *pathlib.Path(self.out).rglob("*")]:
                if path.is_file() and path not in secret_files:
                    self.outputs[str(path)] = path.read_bytes()
            self.assertIn(str(server.state / "log"), self.outputs)
            self.assertIn(str(server.state / "tidewatch.db"), self.outputs)
            theirs = {f"{self.out}/rendered/slack_url", f"{self.out}/rendered/smtp_password"}
            self.assertTrue(theirs <= set(self.outputs))
            for name in theirs:  # the search does find
                self.assertRegex(self.outputs[name], PLANTED)
                self.assertEqual(os.stat(name).st_mode & 0o777, 0o600)
            for name, text in self.outputs.items():
                if name in theirs:
                    continue
                found = PLANTED.findall(text) + re.findall(rb"plantedshort", text)
                self.assertEqual(found, [], name)
                self.assertNotIn(made[3:].encode(), text, name)
                self.assertNotIn(base64.b64encode(b"plantedoperator0006"), text, name)
        shutil.rmtree(server.state, ignore_errors=True)


if __name__ == "__main__":
    unittest.main()
