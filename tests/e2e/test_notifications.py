"""What people get to see of alerts: a real Prometheus and a real Alertmanager send to a Slack and a mail
server of our own, which keep what they received."""

import html
import re
import time
import urllib.parse

from notified import CONSOLE, RUNBOOKS, Case, fetch_direct, moment, part_of
from stack import wait_for

UTC = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


class Messages(Case):
    def put_outage(self):
        answer = self.stack.server.operate("PUT", "/faults/outage", {"ttl_s": 120, "target": "llm-rag-api"})
        self.assertEqual(answer.status, 200, answer.body)

    def check_firing(self, slack, mail):
        self.assertEqual(slack["title"], "[CRITICAL] APIDown (llm-rag-api)")
        self.assertEqual(slack["color"], "#b3261e")
        self.assertRegex(slack["text"], r"^\*llm-rag-api is down\*\nValue \*0\*, threshold at 0, since " + UTC + "\n")
        self.assertIn("Look first at whether the process runs", slack["text"])
        self.assertIn(f"Console: `{CONSOLE} --view sources`", slack["text"])
        self.assertIn(f"<{RUNBOOKS}/APIDown.md|Runbook>", slack["text"])
        self.assertEqual(mail["Subject"], "[CRITICAL] APIDown (llm-rag-api): llm-rag-api is down")
        self.assertEqual((mail["From"], mail["To"], mail["Auto-Submitted"]),
                         ("tidewatch@firm.net", "oncall@firm.net", "auto-generated"))
        text = part_of(mail, "plain")
        for line in ("CRITICAL: llm-rag-api is down", "Alert       APIDown", "Service     llm-rag-api",
                     "Severity    critical", "Value       0", "Threshold   at 0", f"Console     {CONSOLE} --view sources",
                     f"Runbook     {RUNBOOKS}/APIDown.md"):
            self.assertIn(line + "\n", text)
        self.assertRegex(text, rf"(?m)^Since       {UTC}$")
        page = html.unescape(part_of(mail, "html"))
        for part in ("CRITICAL: llm-rag-api is down", "Value</th><td><b>0</b>", "Threshold</th><td>at 0",
                     f"<code>{CONSOLE} --view sources</code>", f'<a href="{RUNBOOKS}/APIDown.md">'):
            self.assertIn(part, page)
        return re.search(r"(?m)^Prometheus  (\S+)$", text).group(1)

    def check_link(self, link, slack, mail):
        """It opens the expression in the real Prometheus: Debian's sends on to /classic, and must keep the query."""
        self.assertIn(f"<{link}|Prometheus>", slack["text"])
        self.assertEqual(slack["title_link"], link)
        self.assertIn(f'<a href="{link}">', html.unescape(part_of(mail, "html")))
        page, address = fetch_direct(link)
        asked, came_to = urllib.parse.urlsplit(link), urllib.parse.urlsplit(address)
        self.assertIn("up{", urllib.parse.parse_qs(asked.query)["g0.expr"][0])
        self.assertEqual((came_to.netloc, came_to.query), (asked.netloc, asked.query))
        self.assertRegex(came_to.path, "/graph/?$")
        self.assertIn(b"Prometheus", page)

    def check_resolved(self, slack, mail):
        self.assertEqual(slack["title"], "[RESOLVED] APIDown (llm-rag-api)")
        self.assertEqual(slack["color"], "#2e7d32")
        self.assertRegex(slack["text"], rf"Last value \*0\*, threshold at 0, resolved {UTC}, it fired for (\d+m)?\d+s\n")
        self.assertEqual(mail["Subject"], "[RESOLVED] APIDown (llm-rag-api): llm-rag-api is down")
        self.assertRegex(part_of(mail, "plain"), r"(?m)^Last value  0$")
        self.assertRegex(part_of(mail, "plain"), rf"(?m)^Resolved    {UTC}, it fired for (\d+m)?\d+s$")
        self.assertRegex(part_of(mail, "html"), rf"Resolved</th><td>{UTC}, it fired for (\d+m)?\d+s<")

    def test_a_real_alert_reaches_every_channel_with_what_on_call_needs(self):
        self.put_outage()
        wait_for("it is in Slack", lambda: self.slack_about("llm-rag-api"), 60)
        wait_for("it is in the mail", lambda: self.mails_about("llm-rag-api"), 20)
        wait_for("it is in the log", lambda: self.log_about("APIDown", "llm-rag-api"), 20)
        slack, mail = self.slack_about("llm-rag-api")[0], self.mails_about("llm-rag-api")[0]
        self.check_link(self.check_firing(slack, mail), slack, mail)
        self.stack.server.operate("DELETE", "/faults/outage")
        wait_for("Slack has the end", lambda: len(self.slack_about("llm-rag-api")) > 1, 90)
        wait_for("the mail has the end", lambda: len(self.mails_about("llm-rag-api")) > 1, 20)
        wait_for("the log has the end", lambda: "resolved" in self.log_about("APIDown", "llm-rag-api"), 20)
        self.check_resolved(self.slack_about("llm-rag-api")[1], self.mails_about("llm-rag-api")[1])

    def test_severities_go_where_they_should(self):
        for severity in ("critical", "warning", "info"):
            self.post({"alertname": "A", "service": f"to-{severity}", "severity": severity})
        for severity in ("critical", "warning", "info"):
            wait_for(f"the log has {severity}", lambda s=severity: self.log_about("A", f"to-{s}"), 20)
        wait_for("the mail", lambda: self.mails_about("to-critical"), 20)
        wait_for("Slack", lambda: self.slack_about("to-critical") and self.slack_about("to-warning"), 20)
        time.sleep(1)  # what should not come gets a chance to
        self.assertFalse(self.mails_about("to-warning") + self.mails_about("to-info") + self.slack_about("to-info"))

    def test_how_long_it_fired_is_told_to_the_second(self):
        labels = {"alertname": "A", "service": "long", "severity": "critical"}
        self.post(labels, starts_s=3723)
        wait_for("it fires", lambda: self.mails_about("long"), 20)
        self.post(labels, starts_s=3723, ends=moment())
        wait_for("it is over", lambda: len(self.mails_about("long")) > 1, 30)
        self.assertRegex(part_of(self.mails_about("long")[1], "plain"), r"it fired for 1h2m[3-6]s\n")

    def test_hostile_values_are_harmless_everywhere(self):
        evil = '<img src=x onerror=alert(1)>\x1b[2J\x1b]0;owned\x07\u202e & "q" <!channel> </td>'
        self.post({"alertname": "Evil", "service": "evil", "severity": "critical", "instance": evil},
                  {"summary": evil, "description": evil, "value": evil, "threshold": evil, "view": evil,
                   "runbook_url": "javascript:alert(1)"})
        mail = wait_for("the mail", lambda: self.mails_about("evil"), 20)[0]
        slack = wait_for("Slack", lambda: self.slack_about("evil"), 20)[0]
        page, text = part_of(mail, "html"), part_of(mail, "plain")
        self.assertNotRegex(page, r"<img|<!channel|href=\"javascript|</td> *</td>")
        self.assertIn("&lt;img src=x onerror=alert(1)&gt;", page)
        for shown in (page, text, mail["Subject"], slack["text"], slack["title"]):
            self.assertNotRegex(shown, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertNotIn("<", slack["text"].replace("<http", ""))
        self.assertIn("&lt;!channel&gt;", slack["text"])
        for shown in (page, text, slack["text"]):
            self.assertRegex(shown, rf"{CONSOLE} --view alerts(<|`|\n)")
        self.assertEqual(len(text.splitlines()), text.count("\n"))

    def test_a_large_group_stays_short(self):
        for n in range(12):
            self.post({"alertname": "Many", "service": "many", "severity": "critical", "instance": f"host{n:02}"})
        mail = wait_for("all of them in a mail", lambda: [m for m in self.mails_about("many") if " x12" in m["Subject"]], 30)[0]
        slack = [text for text in self.slack_about("many") if " x12" in text["title"]][0]
        for text in (part_of(mail, "plain"), part_of(mail, "html"), slack["text"]):
            self.assertIn("These are 10 of 12", text)
        self.assertEqual(part_of(mail, "plain").count("Labels      instance host"), 10)
