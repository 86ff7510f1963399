"""`tidewatch alerts test` with a real Alertmanager, its channels up and down."""

import json
import os
import re
import signal
import subprocess

from notified import PASSWORD, Case, moment, part_of
from server import BUILD
from stack import wait_for

TIDEWATCH = BUILD / "src/tui/tidewatch"


class AlertsTest(Case):
    with_prometheus = False

    def command(self, *more):
        return [TIDEWATCH, "alerts", "test", f"--alertmanager.url={self.url}",
                f"--operations.url=http://127.0.0.1:{self.stack.server.ports['ops']}",
                f"--auth.token_file={self.stack.folder}/operator.token", *more]

    def env(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWATCH_")}
        return env | {"TIDEWATCH_STATE": str(self.stack.folder), "HOME": "/nonexistent"}

    def run_test(self, *more):
        return subprocess.run(self.command(*more), capture_output=True, text=True, timeout=150, check=False, env=self.env())

    def lines(self, done):
        """{"firing": {channel: rest of its line}, "resolved": ...}, with what a line goes on with."""
        found, part, name = {"firing": {}, "resolved": {}}, "firing", None
        for line in done.stdout.splitlines():
            if line == "resolved":
                part = "resolved"
            elif m := re.match(r"  (\w+) +(.*)$", line):
                name = m.group(1)
                found[part][name] = m.group(2)
            elif line.startswith("   ") and name:
                found[part][name] += " " + line.strip()
        return found

    def check_delivered(self, done, *names):
        lines = self.lines(done)
        for part in ("firing", "resolved"):
            for name in names:
                self.assertRegex(lines[part].get(name, ""), r"^delivered after ", done.stdout + done.stderr)
        return lines

    def test_every_channel_is_told_to_work_and_does(self):
        done = self.run_test()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.check_delivered(done, "slack", "email", "log")
        self.assertIn("Every channel of this severity works.", done.stdout)
        titles = [text["title"] for text in self.slack.texts()]
        self.assertEqual(titles, ["[CRITICAL] TidewatchTest (tidewatch)", "[RESOLVED] TidewatchTest (tidewatch)"])
        self.assertIn("nothing is wrong", self.mail.mails[0]["Subject"])
        self.assertRegex(part_of(self.mail.mails[1], "plain"), "it fired for")

    def test_json_has_the_same(self):
        done = self.run_test("--json", "--severity", "warning")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        channels = {c["channel"]: c for c in told["channels"]}
        self.assertEqual((told["ok"], told["severity"], told["receivers"]), (True, "warning", ["warning"]))
        for name in ("slack", "log"):
            self.assertEqual((channels[name]["firing"]["state"], channels[name]["resolved"]["state"]), ("delivered", "delivered"))
        self.assertEqual((channels["email"]["configured"], channels["email"]["routed"]), (True, False))
        self.assertFalse(self.mail.mails)

    def test_info_goes_to_the_log_alone(self):
        done = self.run_test("--severity=info")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = self.check_delivered(done, "log")
        self.assertEqual((lines["firing"]["slack"], lines["firing"]["email"]), ("not for info alerts",) * 2)
        self.assertFalse(self.mail.mails + self.slack.bodies)

    def check_one_fails(self, name, reason, hint, *others):
        done = self.run_test()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        lines = self.check_delivered(done, *others)
        self.assertRegex(lines["firing"][name], rf"^FAILED .*{reason}.* look at .*{hint}.*run logs alertmanager", done.stdout)
        self.assertNotIn(name, lines["resolved"])
        self.assertIn("Not every channel", done.stdout)

    def test_a_slack_in_trouble_stops_no_mail(self):
        self.slack.status = 500
        self.check_one_fails("slack", "500", "SLACK_WEBHOOK_URL", "email", "log")

    def test_a_slack_that_revoked_its_webhook_stops_no_mail(self):
        self.slack.status = 404
        self.check_one_fails("slack", "404: no_service", "SLACK_WEBHOOK_URL", "email", "log")

    def test_a_slack_that_is_away_stops_no_mail(self):
        self.slack.close()
        self.check_one_fails("slack", "connection refused", "SLACK_WEBHOOK_URL", "email", "log")

    def test_a_mail_server_that_is_away_stops_no_slack(self):
        self.mail.close()
        self.check_one_fails("email", "connection refused", "SMTP_HOST", "slack", "log")

    def test_a_mail_server_that_refuses_stops_no_slack(self):
        self.mail.refuses = "550 no such user here"
        self.check_one_fails("email", "550", "ALERT_EMAIL", "slack", "log")

    def test_the_password_is_the_one_of_the_file(self):
        path = self.stack.folder / "config/smtp_password"
        self.assertEqual((path.stat().st_mode & 0o777, path.read_text()), (0o600, PASSWORD))
        self.mail.password = "another one"
        self.check_one_fails("email", "535", "SMTP_PASSWORD", "slack", "log")
        path.write_text("another one")  # Alertmanager reads it anew for each mail
        self.addCleanup(path.write_text, PASSWORD)
        self.assertEqual(self.run_test().returncode, 0)

    def test_a_server_that_is_away_fails_the_log_alone(self):
        self.stack.server.stop()
        self.addCleanup(self.stack.server.start)
        self.check_one_fails("log", "connection refused", "whether tidewatchd runs", "slack", "email")

    def test_a_silence_is_named(self):
        silence = json.loads(self.alertmanager("POST", "/api/v2/silences", {
            "matchers": [{"name": "alertname", "value": "TidewatchTest", "isRegex": False, "isEqual": True}],
            "startsAt": moment(1), "endsAt": moment(-300), "createdBy": "test", "comment": "test"}))["silenceID"]
        self.addCleanup(self.alertmanager, "DELETE", f"/api/v2/silence/{silence}")
        done = self.run_test()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(f"the silence {silence} holds it back", self.lines(done)["firing"]["slack"])

    def test_channels_that_are_not_configured_are_no_failure(self):
        settings = self.stack.server.settings
        self.stack.server.settings = [s for s in settings if s not in self.channels]
        self.stack.render()
        self.alertmanager("POST", "/-/reload", "")

        def restore():
            self.stack.server.settings = settings
            self.stack.render()
            self.alertmanager("POST", "/-/reload", "")

        self.addCleanup(restore)
        done = self.run_test()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = self.check_delivered(done, "log")
        self.assertEqual(lines["firing"]["slack"], "not configured: set SLACK_WEBHOOK_URL")
        self.assertEqual(lines["firing"]["email"], "not configured: set SMTP_HOST and ALERT_EMAIL")

    def test_without_alertmanager_it_says_so(self):
        done = self.run_test("--alertmanager.url=http://127.0.0.1:1")
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot ask Alertmanager", done.stderr)

    def test_ctrl_c_resolves_the_alert(self):
        self.slack.close()  # so that it waits
        process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env())
        wait_for("it was posted", lambda: b"TidewatchTest" in self.alertmanager("GET", "/api/v2/alerts"), 20)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        wait_for("it is over", lambda: b"TidewatchTest" not in self.alertmanager("GET", "/api/v2/alerts"), 20)
