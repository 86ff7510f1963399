"""Servers behind proxies, with logins and certificates, and those that answer as Prometheus does without being it:
VictoriaMetrics, Thanos, Mimir; and clocks that are not ours."""

import base64
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import fake_servers
from terminal import Terminal

PROGRAM = pathlib.Path(os.environ["TW_BUILD_ROOT"]) / "src/tui/tidewatch"
ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
SECRETS = {"password": "hunter2-password", "am.token": "hunter2-alertmanager", "ops.token": "hunter2-operations",
           "headers": "hunter2-cookie"}
LOGIN = "Basic " + base64.b64encode(b"ana:hunter2-password").decode()
NO_TARGETS = 1  # exit code: all is well, but that the Prometheus here scrapes nothing
NO_VMALERT = "alert rules: not from this server (vmalert not set)"


class Case(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)
        self.servers = fake_servers.Servers()
        self.addCleanup(self.servers.stop)
        self.prometheus, self.alertmanager = self.servers.prometheus, self.servers.alertmanager

    def put(self, name, text, mode=0o600):
        """In the place of what is there, as secret stores do."""
        path = self.home / name
        beside = self.home / (name + ".new")
        beside.write_text(text)
        beside.chmod(mode)
        beside.rename(path)
        return path

    def open(self, *more, columns=110):
        terminal = Terminal([str(PROGRAM), f"--assets.dir={ASSETS}", "--refresh=0.3", *self.servers.settings(), *more],
                            columns=columns, HOME=str(self.home))
        self.addCleanup(terminal.close)
        return terminal

    def run_program(self, *arguments):
        return subprocess.run([str(PROGRAM), *arguments], env={"PATH": os.environ["PATH"], "HOME": str(self.home)},
                              capture_output=True, text=True, timeout=20)

    def once(self, *more):
        return self.run_program("--once", *self.servers.settings(), *more)

    def forms(self):
        """What was asked by POST, as {field: value} of each."""
        return [dict(urllib.parse.parse_qsl(body)) for method, _, body, _ in self.prometheus.requests if method == "POST"]


class CredentialsTest(Case):
    def let_in(self, server, **wanted):
        """Whoever does not show all of these is not told anything."""
        def gate(headers):
            missing = [name for name, value in wanted.items() if headers.get(name.replace("_", "-")) != value]
            return (401, {"WWW-Authenticate": 'Basic realm="a"'},
                    f"<html><title>no {missing[0]}</title></html>") if missing else None
        server.gate = gate

    def write_settings(self):
        """A context in which every server wants something else."""
        self.prometheus.prefix, self.alertmanager.prefix = "/prometheus", "/alertmanager"
        self.let_in(self.prometheus, Authorization=LOGIN, X_Scope_OrgID="team-a", X_Team="ml")
        self.let_in(self.alertmanager, Authorization="Bearer hunter2-alertmanager")
        self.let_in(self.servers.operations, Authorization="Bearer hunter2-operations", Cookie="hunter2-cookie")
        for name, text in SECRETS.items():
            self.put(name, f"Cookie: {text}\n" if name == "headers" else text + "\n")
        self.put("tidewatch.conf", "[context.live]\n" + "".join(
            f"{name} = {getattr(self.servers, name).url}\n" for name in ("prometheus", "alertmanager", "operations")) +
            "prometheus_user = ana\nprometheus_password_file = ~/password\n"
            "prometheus_headers = X-Scope-OrgID: team-a; X-Team: ml\nalertmanager_token_file = ~/am.token\n"
            "token_file = ~/ops.token\noperations_headers_file = ~/headers\n", 0o644)
        return f"--config={self.home}/tidewatch.conf", "--context=live"

    def check_secret(self, text):
        for secret in (*SECRETS.values(), LOGIN.split()[1]):
            self.assertNotIn(secret, text)

    def test_every_server_is_shown_its_own_and_nobody_sees_it(self):
        settings = self.write_settings()
        tape = self.home / "t.tape"
        terminal = Terminal([str(PROGRAM), f"--assets.dir={ASSETS}", "--refresh=0.3", f"--record={tape}", *settings],
                            columns=110, HOME=str(self.home))
        self.addCleanup(terminal.close)
        for text in ("prom OK", "am OK", "api OK", "baseline on"):
            terminal.wait_for(text)
        terminal.press("e")
        terminal.wait_for("Sources, errors and warnings")
        self.check_secret(pathlib.Path(f"/proc/{terminal.process.pid}/cmdline").read_text())
        terminal.press("q")
        self.assertEqual(terminal.end(), 0)
        self.check_secret(terminal.sent.decode())
        self.check_secret(tape.read_text())
        result = self.run_program("--once", *settings)
        self.assertEqual(result.returncode, NO_TARGETS, result.stdout + result.stderr)
        listed = self.run_program("contexts", *settings)
        for text in ("user        ana", f"password    ~/password", "header      X-Scope-OrgID", "header      X-Team",
                     "headers     ~/headers"):
            self.assertIn(text, listed.stdout)
        self.assertNotIn("team-a", listed.stdout)
        self.check_secret(result.stdout + result.stderr + listed.stdout + listed.stderr)
        for server, foreign in ((self.prometheus, "hunter2-"), (self.alertmanager, "hunter2-operations")):
            for headers in server.headers:
                self.assertNotIn(foreign, str(headers))
                self.assertIsNone(headers.get("Cookie"))
        self.assertEqual({path.split("/")[1] for _, path, *_ in self.prometheus.requests}, {"prometheus"})

    def test_a_secret_that_is_repeated_by_a_server_is_blanked(self):
        settings = self.write_settings()
        self.prometheus.gate = lambda headers: (403, {}, f"not for {headers['Authorization']}")
        tape = self.home / "t.tape"
        result = self.run_program("--once", f"--record={tape}", *settings)
        self.assertIn("HTTP 403: not for Basic ****", result.stdout)
        self.check_secret(result.stdout + tape.read_text())

    def test_a_token_is_read_again_when_its_file_changes(self):
        token = self.put("token", "first-token\n")
        self.let_in(self.prometheus, Authorization="Bearer first-token")
        terminal = self.open(f"--prometheus.token_file={token}")
        terminal.wait_for("prom OK")
        self.let_in(self.prometheus, Authorization="Bearer other-token")
        terminal.wait_for("prom ERROR", limit=10)
        terminal.press("e")
        terminal.wait_for("HTTP 401, it wants a login: Basic: no Authorization")
        self.put("token", "other-token\n")
        terminal.press("r")
        terminal.wait_for("prom OK", limit=10)
        token.chmod(0o644)
        terminal.wait_for(f"the token file is open to others (mode 644) and not used: chmod 600", limit=10)
        n_asked = len(self.prometheus.requests)
        terminal.read(quiet=0.7, limit=1)
        self.assertEqual(len(self.prometheus.requests), n_asked)
        token.chmod(0o600)
        terminal.press("r")
        terminal.wait_for("prom OK", limit=10)

    def test_what_is_wrong_with_a_file_ends_it_with_its_name(self):
        self.put("key", "x\n", 0o640)
        self.put("password", "x\n", 0o644)
        self.put("cert", "x\n", 0o644)
        for settings, text in (
                (("--prometheus.user=ana", f"--prometheus.password_file={self.home}/password"),
                 f"the password file is open to others (mode 644) and not used: chmod 600 '{self.home}/password'"),
                ((f"--alertmanager.cert_file={self.home}/cert", f"--alertmanager.key_file={self.home}/key"),
                 f"the certificate file '{self.home}/cert' holds no PEM"),
                (("--operations.token_file=/nonexistent/token",), "there is no option --operations.token_file"),
                (("--operations.ca_file=/nonexistent/ca",), "cannot read the CA file '/nonexistent/ca': No such file"),
                (("--prometheus.headers=Authorization: Bearer hunter2",), "is a secret: put it into headers_file"),
                (("--prometheus.url=http://ana:hunter2@127.0.0.1:1",), "prometheus.url holds a name or password"),
                (("--operations.user=ana",), "operations has a user and no password_file")):
            result = self.once(*settings)
            self.assertIn(result.returncode, (64, 78), text)
            self.assertIn(text, result.stderr)
            self.assertNotIn("hunter2", result.stderr)
        self.assertEqual(sum(len(server.requests) for server in self.servers.all()), 0)

    def test_a_redirect_to_another_host_is_told_and_not_followed(self):
        token = self.put("token", "hunter2-token\n")
        elsewhere = fake_servers.Prometheus().start()
        self.addCleanup(elsewhere.stop)
        self.prometheus.gate = lambda headers: (302, {"Location": f"{elsewhere.url}/login?state=1"}, "<a>Found</a>")
        settings = (f"--prometheus.token_file={token}",)
        result = self.once(*settings)
        self.assertEqual(result.returncode, 3, result.stdout)
        said = f"HTTP 302 to {elsewhere.url}/login, which is not asked: is it a login page?"
        self.assertIn(said.split(",")[0], result.stdout)
        terminal = self.open(*settings, "--view=sources")
        terminal.wait_for(said)
        self.assertEqual(elsewhere.requests, [])

    def test_refusals_of_a_proxy_are_told_in_its_words(self):
        for refusal, said in (((401, {"WWW-Authenticate": 'Basic realm="a"'}, "<title>Authorization Required</title>"),
                               "HTTP 401, it wants a login: Basic: Authorization Required"),
                              ((403, {}, "RBAC: access denied"), "HTTP 403: RBAC: access denied"),
                              ((502, {}, "<html>\n<title>502 Bad Gateway</title></html>"), "HTTP 502: 502 Bad Gateway"),
                              ((200, {}, "<!doctype html><title>Sign in</title>"), "not JSON but text/html: Sign in")):
            self.prometheus.gate = lambda headers: refusal
            result = self.once()
            self.assertEqual(result.returncode, 3)
            self.assertIn(said, result.stdout)


@unittest.skipUnless(shutil.which("openssl"), "there is no openssl to make certificates")
class CertificatesTest(Case):
    def make(self, name, *signed_by):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                        "-addext", "subjectAltName=IP:127.0.0.1", *signed_by, "-keyout", f"{self.home}/{name}.key",
                        "-out", f"{self.home}/{name}.pem"], check=True, capture_output=True, timeout=60)

    def test_each_side_shows_a_certificate(self):
        self.make("server")
        self.make("ana")
        self.make("bob")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.home}/server.pem", f"{self.home}/server.key")
        context.load_verify_locations(f"{self.home}/ana.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.prometheus.secure(context)
        ca = f"--prometheus.ca_file={self.home}/server.pem"

        def client(name):
            return f"--prometheus.cert_file={self.home}/{name}.pem", f"--prometheus.key_file={self.home}/{name}.key"

        for settings in ((), client("ana"), (ca,), (ca, *client("bob"))):
            result = self.once(*settings)
            self.assertEqual(result.returncode, 3, result.stdout)
            self.assertRegex(result.stdout, "prometheus +ERROR ")  # in the server's words, if it has any
            self.assertEqual(self.prometheus.requests, [])
        self.assertIn("self-signed certificate", self.once().stdout)
        result = self.once(ca, *client("ana"))
        self.assertEqual(result.returncode, NO_TARGETS, result.stdout)
        # One and another's key: it is known which files do not fit.
        result = self.once(ca, client("ana")[0], client("bob")[1])
        self.assertIn(f"cannot use '{self.home}/ana.pem' with '", result.stdout)
        terminal = self.open(ca, *client("ana"))
        terminal.wait_for("prom OK")


class FlavoursTest(Case):
    def test_victoriametrics_without_vmalert_leaves_alerts_to_alertmanager(self):
        self.prometheus.is_metricsql, self.prometheus.build, self.prometheus.has_rules = True, {}, False
        self.prometheus.alert = "firing"
        self.alertmanager.alerts = lambda: [
            {"labels": alert["labels"], "annotations": alert.get("annotations", {}), "fingerprint": "f1",
             "startsAt": alert["activeAt"], "updatedAt": alert["activeAt"], "receivers": [{"name": "log"}],
             "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}}
            for alert in self.prometheus.alerts()]
        terminal = self.open()
        terminal.wait_for("vm OK")
        terminal.wait_for("1 CRIT")
        self.assertFalse(terminal.shows("Watchdog"))
        terminal.press("a")
        terminal.wait_for(NO_VMALERT)
        self.assertRegex(terminal.text(), "MLModelDriftHigh +ml-api +1m")
        terminal.press("e")
        terminal.wait_for(NO_VMALERT)
        self.assertFalse(terminal.shows("ERROR"))
        self.assertTrue(all(form.get("nocache") == "1" for form in self.forms() if "query" in form and form["query"] != "1"))
        result = self.once()
        self.assertEqual(result.returncode, 2, result.stdout)
        for text in (NO_VMALERT, "victoriametrics", "MLModelDriftHigh is firing (critical)", "1 firing, 0 pending"):
            self.assertIn(text, result.stdout)
        self.assertNotIn("ERROR", result.stdout)
        self.prometheus.alert = None
        result = self.once("--json")
        self.assertEqual(result.returncode, NO_TARGETS, result.stdout)
        self.assertIn(NO_VMALERT, result.stdout)
        # Nobody is left who could tell.
        self.alertmanager.mode = fake_servers.HTML
        result = self.once()
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertIn(f"the alerts are not known: {NO_VMALERT[:40]}", result.stdout)

    def test_victoriametrics_with_vmalert_tells_alerts_as_prometheus_does(self):
        self.prometheus.is_metricsql, self.prometheus.build, self.prometheus.alert = True, {}, "pending"
        terminal = self.open("--view=alerts")
        terminal.wait_for("vm OK")
        terminal.wait_for("MLModelDriftHigh")
        terminal.wait_for("pending")
        self.assertFalse(terminal.shows("alert rules:"))

    def test_what_is_partial_is_said_to_be(self):
        self.prometheus.is_metricsql, self.prometheus.build, self.prometheus.is_partial = True, {}, True
        terminal = self.open()
        terminal.wait_for("PARTIAL")
        result = self.once()
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("partial answer: not every storage node", result.stdout)

    def test_thanos_is_asked_for_one_of_each_replica_and_its_warnings_make_panels_partial(self):
        self.prometheus.build = {"version": "0.32.5", "revision": "x"}
        self.prometheus.mode = fake_servers.WARNING
        self.prometheus.lacks = ("/api/v1/alerts", "/api/v1/targets")
        terminal = self.open("--view=sources")
        terminal.wait_for("thanos OK")
        terminal.wait_for("thanos 0.32.5")
        terminal.wait_for("alert rules: not from this server (no ruler behind it)")
        terminal.wait_for("scrape targets: not from this server")
        terminal.press("v\x1b\x1b")
        terminal.wait_for("PARTIAL")
        # The first questions were put before it was known who answers.
        terminal.wait_until(lambda: "nocache" not in self.forms()[-1], "a question for Thanos alone")
        form = self.forms()[-1]
        self.assertEqual((form["dedup"], form["partial_response"]), ("true", "true"))
        result = self.once()
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("store 10.0.0.7 did not answer", result.stdout)
        self.assertIn("thanos 0.32.5", result.stdout)

    def test_mimir_wants_prefixes_and_a_tenant_and_its_configuration_is_left_alone(self):
        self.prometheus.build = {"application": "Grafana Mimir", "version": "2.10.0"}
        self.prometheus.lacks = ("/api/v1/targets", "/api/v1/status/flags")
        self.prometheus.prefix, self.alertmanager.prefix = "/prometheus", "/alertmanager"
        for server in (self.prometheus, self.alertmanager):
            server.gate = lambda headers: None if headers.get("X-Scope-OrgID") == "team-a" else (401, {}, "no org id\n")
        result = self.once()
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertIn("HTTP 401: no org id", result.stdout)
        tenant = [f"--{name}.headers=X-Scope-OrgID: team-a" for name in ("prometheus", "alertmanager")]
        result = self.once(*tenant)
        self.assertEqual(result.returncode, NO_TARGETS, result.stdout)
        self.assertIn("mimir 2.10.0", result.stdout)
        terminal = self.open(*tenant)
        terminal.wait_for("mimir OK")
        terminal.wait_for("am OK")
        terminal.press("\r")
        terminal.wait_for("EXEMP")
        terminal.press("\x1be")
        terminal.wait_for("scrape targets: not from this server")
        self.assertEqual({path.split("?")[0] for _, path, *_ in self.alertmanager.requests},
                         {f"/alertmanager/api/v2/{name}" for name in ("alerts", "silences", "status")})
        # Without the prefix nothing is there, and that is no server that only lacks its rules.
        self.prometheus.prefix = "/other"
        result = self.once(*tenant, f"--prometheus.url={self.prometheus.url.removesuffix('/other')}")
        self.assertEqual(result.returncode, 3)
        self.assertIn("HTTP 404", result.stdout)
        self.assertNotIn("not from this server", result.stdout)
        terminal = self.open(*tenant, f"--prometheus.url={self.prometheus.url.removesuffix('/other')}", "--view=alerts")
        terminal.wait_for("prom ERROR")
        terminal.read()
        self.assertFalse(terminal.shows("not from this server"))


class ClocksTest(Case):
    def set_ahead(self, seconds):
        for server in self.servers.all():
            server.ahead_s = seconds

    def test_ages_and_windows_go_by_the_servers_clock_and_it_is_said(self):
        for seconds, said in ((600, "10m ahead"), (-600, "10m behind")):
            with self.subTest(said):
                self.set_ahead(seconds)
                self.prometheus.requests.clear()
                self.prometheus.alert = "firing"
                terminal = self.open(columns=160)
                terminal.wait_for(f"prom clock {said}")
                terminal.wait_for(time.strftime("%H:%M", time.gmtime(time.time() + seconds)) + "Z")
                terminal.press("a")
                terminal.wait_for("MLModelDriftHigh")
                terminal.read()
                self.assertRegex(terminal.text(), "MLModelDriftHigh +ml-api +1m")
                ends = [float(form["end"]) for form in self.forms() if "end" in form]
                self.assertTrue(ends)
                self.assertLess(abs(max(ends) - time.time() - seconds), 60)
                terminal.close()
                result = self.once()
                self.assertRegex(result.stdout, f"prometheus +OK .*\n +its clock is {said}")
                self.assertRegex(result.stdout, "MLModelDriftHigh .*firing +1m")

    def test_simulations_go_by_the_clock_of_the_operations_api(self):
        self.prometheus.ahead_s = 600
        self.servers.operations.running[7] = "drift"
        terminal = self.open(columns=160)
        terminal.wait_for("prom clock 10m ahead")
        terminal.wait_for("drift 7")
        terminal.read()
        self.assertNotRegex(terminal.text(), r"drift 7.* 0s")

    def test_clocks_that_agree_are_not_mentioned(self):
        terminal = self.open(columns=160)
        terminal.wait_for("prometheus OK")
        terminal.read()
        self.assertFalse(terminal.shows("clock"))


if __name__ == "__main__":
    unittest.main()
