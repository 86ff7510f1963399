"""What the tests of notifications share: a stack whose Alertmanager sends to the sinks, and a look at them."""

import datetime
import json
import unittest
import urllib.request

from sinks import Mail, Slack
from stack import Stack

PASSWORD = "s3cret' of \"tw\""
RUNBOOKS = "https://git.firm.net/tidewatch/assets/runbooks"
CONSOLE = "/opt/tidewatch/run console"


def moment(ago_s=0):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def fetch_direct(request):
    """Loopback only: a proxy of the environment must not come between. (body, address in the end)."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5) as answer:
        return answer.read(), answer.url


def part_of(mail, kind):
    """The "plain" or "html" part, with the line ends of this machine."""
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")


class Case(unittest.TestCase):
    """One stack for all tests: what they post differs by service, so that no group is another's."""

    with_prometheus = True

    @classmethod
    def setUpClass(cls):
        cls.slack, cls.mail = Slack(), Mail("tw@firm.net", PASSWORD)
        for sink in (cls.slack, cls.mail):
            sink.open()
            cls.addClassCleanup(sink.close)
        cls.channels = [f"slack.webhook_url={cls.slack.url}", "smtp.host=127.0.0.1", f"smtp.port={cls.mail.port}",
                        "smtp.from=tidewatch@firm.net", "smtp.username=tw@firm.net", f"smtp.password={PASSWORD}",
                        "alerts.email=oncall@firm.net"]
        cls.stack = Stack(*cls.channels, f"alerts.runbooks={RUNBOOKS}/", f"alerts.console={CONSOLE}")
        cls.stack.prometheus_options.append(f"--web.external-url=http://{cls.stack.prometheus_address}")
        cls.stack.__enter__()
        cls.addClassCleanup(cls.stack.__exit__, None)
        if not cls.with_prometheus:  # its alerts would be counted among those of a test
            cls.stack.processes["prometheus"].terminate()
            cls.stack.processes.pop("prometheus").wait(20)
        cls.url = f"http://{cls.stack.alertmanager_address}"
        # Where ./run has it: `alerts test` looks for reasons there.
        (cls.stack.folder / "logs").mkdir()
        (cls.stack.folder / "logs/alertmanager.log").symlink_to(cls.stack.folder / "alertmanager.log")

    def setUp(self):
        self.slack.bodies.clear()
        self.mail.mails.clear()
        self.addCleanup(self.repair)

    def repair(self):
        self.slack.status, self.mail.refuses, self.mail.password = 200, None, PASSWORD
        for sink in (self.slack, self.mail):
            sink.close()
            sink.open()

    def alertmanager(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        return fetch_direct(request)[0]

    def post(self, labels, annotations=None, starts_s=0, ends=None):
        self.alertmanager("POST", "/api/v2/alerts", [{
            "labels": labels, "annotations": annotations or {"summary": "S", "description": "D"},
            "startsAt": moment(starts_s), **({"endsAt": ends} if ends else {}),
            "generatorURL": f"http://{self.stack.prometheus_address}/graph?g0.expr=up+%3D%3D+0&g0.tab=1"}])

    def slack_about(self, service):
        return [text for text in self.slack.texts() if f"({service})" in text["title"]]

    def mails_about(self, service):
        return [mail for mail in self.mail.mails if f"({service})" in mail["Subject"]]

    def log_about(self, name, service):
        events = self.stack.server.operate("GET", "/events?limit=500").json()["events"]
        details = [e["detail"] for e in events if e["kind"] == "alert" and e["subject"] == name]
        return [d["status"] for d in details if d["labels"]["service"] == service]
