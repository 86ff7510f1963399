"""The real tidewatch asks, triages and loads against made-up ML and LLM servers."""

import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import tempfile
import unittest

import fake_servers
from fake_servers import GARBAGE, HTML, HUNG

TIDEWATCH = str(pathlib.Path(os.environ.get("TW_BUILD_ROOT", "build")).resolve() / "src/tui/tidewatch")
TOKEN = "0123456789abcdef0123456789abcdef"
UNSAFE = ("\x1b", "\x07", "\u202e", "\x9b")


class LlmClient(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidewatch-llm-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "operator.token").write_text(TOKEN + "\n")
        (self.folder / "operator.token").chmod(0o600)
        self.servers = fake_servers.Servers()
        self.addCleanup(self.servers.stop)
        self.llm, self.ml = self.servers.llm, self.servers.ml

    def environment(self, **more):
        kept = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TIDEWATCH_STATE": str(self.folder),
                "LC_ALL": "C.UTF-8", **kept, **more}

    def run_client(self, *arguments, stdin="", **more):
        command = [TIDEWATCH, arguments[0], *self.servers.settings(), *arguments[1:]]
        done = subprocess.run(command, env=self.environment(**more), input=stdin, capture_output=True, text=True,
                              timeout=20)
        for bad in UNSAFE:
            self.assertNotIn(bad, done.stdout + done.stderr)
        return done

    def sent(self, server, path):
        return [json.loads(body) if body else None for method, p, body, _ in server.requests if p == path]

    # ---- ask ------------------------------------------------------------------------------------

    def test_an_answer_is_shown_with_the_support_of_each_sentence(self):
        run = self.run_client("ask", "--docs", "4", "How", "do I reset", "my password?")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.sent(self.llm, "/chat"),
                         [{"query": "How do I reset my password?", "num_context_docs": 4}])
        for words in ("· not scored  Hello.", "● supported   Open the self-service portal",
                      "▲ weak        The link is good", "✖ unsupported After 3 wrong attempts",
                      "support 0.12: number not in evidence; denied on one side",
                      "nearest account-lockout.md#1: After five", "· not scored  Anything else?",
                      "[1] 0.82  password-reset.md#2", "hallucination     0.50 over 0.4",
                      "model extractive", "tokens 212 in 58 out (estimated)", "request r-1"):
            self.assertIn(words, run.stdout)
        self.assertTrue(all(len(line) <= 80 for line in run.stdout.splitlines()), run.stdout)

    def test_ascii_has_words_instead_of_signs(self):
        run = self.run_client("ask", "password", LC_ALL="C")
        self.assertTrue(run.stdout.isascii())
        self.assertIn("\nunsupported After 3 wrong attempts", run.stdout)

    def test_a_question_may_come_from_standard_input(self):
        run = self.run_client("ask", "-", stdin="  How do I\nreset it?\n\n")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.sent(self.llm, "/chat"), [{"query": "How do I\nreset it?"}])
        for text in ("", " \n "):
            run = self.run_client("ask", "-", stdin=text)
            self.assertEqual(run.returncode, 64)
            self.assertIn("the text is empty", run.stderr)

    def test_words_behind_two_dashes_are_the_question(self):
        self.assertEqual(self.run_client("ask", "what", "is", "-", "--", "--json").returncode, 0)
        self.assertEqual(self.sent(self.llm, "/chat"), [{"query": "what is - --json"}])

    def test_not_answered_is_said_and_ends_with_4(self):
        run = self.run_client("ask", "what will the weather be")
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertTrue(run.stdout.startswith("NOT ANSWERED: "), run.stdout)
        self.assertIn("I can answer questions about passwords", run.stdout)
        self.assertIn("hallucination     -", run.stdout)
        run = self.run_client("ask", "--json", "what will the weather be")
        self.assertEqual((run.returncode, json.loads(run.stdout)["abstained"]), (4, True))

    def test_json_is_the_servers_answer(self):
        run = self.run_client("ask", "--json", "password")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(len(json.loads(run.stdout)["sentences"]), 4)

    def test_a_stream_is_shown_as_it_comes_and_scored_at_the_end(self):
        run = self.run_client("ask", "--stream", "password")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.sent(self.llm, "/chat"), [{"query": "password", "stream": True}])
        text, scored = run.stdout.split("· not scored  Hello.", 1)
        self.assertIn("Bob from accounting likes this.", " ".join(text.split()))
        self.assertIn("✖ unsupported Bob from accounting", scored)
        run = self.run_client("ask", "--stream", "--json", "password")
        self.assertEqual(json.loads(run.stdout)["model"], "extractive")

    def test_hostile_answers_are_tamed(self):
        for more in ((), ("--stream",), ("--json",)):
            run = self.run_client("ask", *more, "hostile")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("x" * 10000, "".join(run.stdout.split()))

    def test_what_the_server_refuses_is_named_by_field(self):
        run = self.run_client("ask", "--docs", "99", "password")
        self.assertEqual(run.returncode, 1)
        self.assertIn("cannot ask: Unprocessable Content", run.stderr)
        self.assertIn("num_context_docs: must be an integer from 1 to 10", run.stderr)

    def test_servers_that_fail_are_told_apart(self):
        self.llm.mode = HTML
        run = self.run_client("ask", "password")
        self.assertEqual(run.returncode, 1)
        self.assertIn("HTTP 502: 502 Bad Gateway", run.stderr)
        self.llm.mode = GARBAGE
        self.assertEqual(self.run_client("ask", "password").returncode, 3)
        self.llm.mode = HUNG
        run = self.run_client("ask", "--client.answer_timeout=300ms", "password")
        self.assertEqual(run.returncode, 3)
        self.assertIn("within 300 ms", run.stderr)
        self.llm.stop()
        run = self.run_client("ask", "password")
        self.assertEqual(run.returncode, 3)
        self.assertIn("Connection refused", run.stderr)
        self.servers.llm = fake_servers.Llm().start()

    def test_colours_on_a_terminal_alone(self):
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(TIDEWATCH, [TIDEWATCH, "ask", "password", *self.servers.settings()],
                      self.environment(TERM="xterm"))
        output = b""
        while select.select([fd], [], [], 10)[0]:
            try:
                data = os.read(fd, 4096)
            except OSError:
                break
            if not data:
                break
            output += data
        os.close(fd)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertIn("\x1b[1;31m✖\x1b[0m After 3 wrong", output.decode())
        self.assertIn("unsupported", output.decode())  # in the legend

    # ---- triage ---------------------------------------------------------------------------------

    def test_a_ticket_is_rated_and_explained(self):
        run = self.run_client("triage", "--impact", "8.5", "--tier=5", "The whole site", "is down")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.sent(self.ml, "/triage"),
                         [{"ticket_text": "The whole site is down", "business_impact": 8.5, "customer_tier": 5}])
        for words in ("High  confidence 0.873", "A whole site is down.", "1. Page the on-call engineer",
                      "on-call.md#1", "1. password-reset.md#2", "hallucination     0.00",
                      "took 23.1 ms, model 0.1 ms, llm 22.5 ms", "prediction r1-7  request x1"):
            self.assertIn(words, run.stdout)
        run = self.run_client("triage", "--json", "--impact=1", "--tier=1", "--length=9", "--urgency=0", "-",
                              stdin="x y")
        self.assertEqual(json.loads(run.stdout)["severity_code"], 2)
        self.assertEqual(self.sent(self.ml, "/triage")[1]["ticket_length"], 9)

    def test_a_triage_without_its_llm_part_ends_with_4(self):
        self.ml.is_degraded = True
        run = self.run_client("triage", "--impact", "8", "--tier", "5", "The site is down")
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertIn("warning: answered without the knowledge base: no answer within 30 s", run.stdout)
        self.assertIn("High  confidence 0.873", run.stdout)
        self.assertIn("business impact is far over the usual", run.stdout)

    def test_a_ticket_that_lacks_something_is_told_what(self):
        run = self.run_client("triage", "The site is down")
        self.assertEqual(run.returncode, 1)
        self.assertIn("business_impact: is missing", run.stderr)
        self.assertIn("customer_tier: is missing", run.stderr)

    # ---- load -----------------------------------------------------------------------------------

    def test_a_load_is_followed_to_its_end(self):
        run = self.run_client("load")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("loaded: changed 3, removed 1, refused 0, unchanged 24 in 1s", run.stdout)
        self.assertIn("there are 27 documents, 143 chunks, 19000 words", run.stdout)
        self.assertIn("index none, encoder hashed-ngrams (a stand-in)", run.stdout)
        self.assertIn("reading", run.stderr)
        self.assertIn("encoding", run.stderr)
        self.assertEqual([token for _, path, _, token in self.llm.requests if path == "/load-knowledge"], [TOKEN])

    def test_a_load_that_is_at_work_already_is_waited_for(self):
        self.llm.begin_load()
        run = self.run_client("load")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("waiting: HTTP 503: Service Unavailable: a load is at work", run.stderr)
        self.assertIn("changed 3", run.stdout)
        self.assertGreater(len(self.sent(self.llm, "/load-knowledge")), 1)
        self.llm.is_overloaded = True  # busy with something else
        run = self.run_client("load", "--client.answer_timeout=700ms")
        self.assertEqual(run.returncode, 1)
        self.assertIn("cannot load the knowledge base: Service Unavailable", run.stderr)

    def test_a_load_as_json_is_the_last_look(self):
        run = self.run_client("load", "--json")
        self.assertEqual((run.returncode, json.loads(run.stdout)["load"]["state"]), (0, "idle"))

    def test_a_load_that_fails_says_why(self):
        self.llm.load_error = "cannot read vpn.md: Permission denied"
        run = self.run_client("load")
        self.assertEqual(run.returncode, 1)
        self.assertIn("FAILED  cannot read vpn.md: Permission denied", run.stdout)

    def test_a_load_needs_the_token(self):
        (self.folder / "operator.token").unlink()
        run = self.run_client("load")
        self.assertEqual(run.returncode, 78)
        self.assertEqual(self.llm.requests, [])

    # ---- usage ----------------------------------------------------------------------------------

    def test_what_is_missing_or_mistyped_is_said(self):
        for arguments, words in ((("ask",), "QUESTION...|- is missing"),
                                 (("triage", "--impact=1"), "TEXT...|- is missing"),
                                 (("ask", "--dcos=1", "x"), "'docs'"), (("load", "x"), "too many"),
                                 (("ask", "--docs=many", "x"), "whole number"), (("aks", "x"), "'ask'")):
            run = self.run_client(*arguments)
            self.assertEqual(run.returncode, 64, arguments)
            self.assertIn(words, run.stderr)
        for command in ("ask", "triage", "load"):
            self.assertIn("tidewatch " + command, self.run_client(command, "--help").stdout)


if __name__ == "__main__":
    unittest.main()
