"""Listeners with TLS: what they speak, who believes them, and a certificate that is renewed while they run."""

import http.client
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from server import BUILD, TICKET, Server

NAME = "tidewatch.example"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


class Authority:
    """A certificate authority in a folder, and certificates of it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca = self.folder / "ca.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=test authority", "-keyout", self.folder / "ca.key", "-out", self.ca)

    def issue(self, certificate, key, names, kind="ec", days=2):
        request, extensions = self.folder / "request", self.folder / "extensions"
        bits = ["rsa:2048"] if kind == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("req", "-newkey", *bits, "-nodes", "-subj", "/CN=tidewatch", "-keyout", f"{key}.new", "-out", request)
        extensions.write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.folder / "ca.key", "-CAcreateserial",
                "-days", str(days), "-extfile", extensions, "-out", f"{certificate}.new")
        os.chmod(f"{key}.new", 0o600)
        os.replace(f"{key}.new", key)
        os.replace(f"{certificate}.new", certificate)


class TlsServer(Server):
    def __init__(self, authority, *settings, names=f"DNS:{NAME},IP:127.0.0.1", kind="ec"):
        self.authority = authority
        self.certificate, self.key = authority.folder / "cert.pem", authority.folder / "key.pem"
        authority.issue(self.certificate, self.key, names, kind)
        super().__init__(f"tls.certificate_file={self.certificate}", f"tls.key_file={self.key}",
                         f"tls.ca_file={authority.ca}", *settings)
        self.context = ssl.create_default_context(cafile=authority.ca)
        self.context.check_hostname = "IP:" in names

    def connect(self, listener, timeout=20):
        return http.client.HTTPSConnection("127.0.0.1", self.ports[listener], timeout=timeout, context=self.context)

    def serial(self, listener="ml"):
        with socket.create_connection(("127.0.0.1", self.ports[listener]), 10) as s:
            with self.context.wrap_socket(s, server_hostname="127.0.0.1") as wrapped:
                return wrapped.getpeercert()["serialNumber"]


@unittest.skipUnless(shutil.which("openssl"), "there is no openssl to make a certificate")
class Tls(unittest.TestCase):
    def setUp(self):
        self.authority = Authority(self.enterContext(tempfile.TemporaryDirectory()))

    def log(self, server):
        return (server.state / "log").read_text()

    def wait_for_log(self, server, text, n=1):
        deadline = time.monotonic() + 60
        while self.log(server).count(text) < n:
            self.assertLess(time.monotonic(), deadline, text)
            time.sleep(0.02)

    def handshake(self, server, lowest, highest):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.check_hostname = False
        context.load_verify_locations(self.authority.ca)
        context.minimum_version, context.maximum_version = lowest, highest
        with socket.create_connection(("127.0.0.1", server.ports["ml"]), 10) as s:
            with context.wrap_socket(s) as wrapped:
                return wrapped.version(), wrapped.cipher()[0]

    def test_every_listener_speaks_tls_and_nothing_else(self):
        for kind in ("ec", "rsa"):
            with TlsServer(self.authority, kind=kind) as server:
                for listener in ("ml", "llm", "vector", "ops"):
                    self.assertEqual(server.get(listener, "/health").status, 200)
                    self.assertEqual(server.get(listener, "/metrics").status, 200)
                    with socket.create_connection(("127.0.0.1", server.ports[listener]), 10) as s:
                        s.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        try:
                            self.assertNotIn(b"HTTP/", s.recv(1000))
                        except ConnectionResetError:
                            pass
                self.assertEqual(server.post("ml", "/predict", TICKET).status, 200)
                self.assertEqual(server.post("ml", "/predict/batch", {"rows": [TICKET] * 2000}).status, 200)
                answer = server.post("llm", "/chat", {"query": "How do I reset my password?", "stream": True})
                self.assertIn(b"event: ", answer.body)  # a stream, over TLS

    def test_versions_and_ciphers_of_old_are_refused(self):
        with TlsServer(self.authority, kind="rsa") as server:
            v = ssl.TLSVersion
            self.assertEqual(self.handshake(server, v.TLSv1_3, v.TLSv1_3)[0], "TLSv1.3")
            version, cipher = self.handshake(server, v.TLSv1_2, v.TLSv1_2)
            self.assertEqual(version, "TLSv1.2")
            self.assertRegex(cipher, "^ECDHE-.*(GCM|POLY1305|CCM)")
            with self.assertRaises(OSError):
                self.handshake(server, v.TLSv1, v.TLSv1_1)
            for ciphers in ("AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "AES128-SHA"):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                context.maximum_version = v.TLSv1_2
                context.set_ciphers(ciphers)
                with socket.create_connection(("127.0.0.1", server.ports["ml"]), 10) as s:
                    with self.assertRaises(OSError, msg=ciphers):
                        context.wrap_socket(s)

    def test_a_renewed_certificate_is_shown_and_connections_go_on(self):
        with TlsServer(self.authority) as server:
            first = server.serial()
            held = server.connect("ml")
            held.request("GET", "/health")
            self.assertEqual(held.getresponse().read()[:1], b"{")
            held_socket = held.sock
            self.authority.issue(server.certificate, server.key, f"DNS:{NAME},IP:127.0.0.1", "rsa")
            self.assertEqual(server.serial(), first)
            server.process.send_signal(1)
            self.wait_for_log(server, "is in use", 2)
            second = server.serial()
            self.assertNotEqual(second, first)
            self.assertEqual([server.serial(listener) for listener in ("llm", "vector", "ops")], [second] * 3)
            held.request("GET", "/health")
            self.assertEqual(held.getresponse().read()[:1], b"{")
            self.assertIs(held.sock, held_socket)
            held.close()
            # What does not fit changes nothing.
            good = server.key.read_bytes()
            for bad, mode, why in ((b"nonsense", 0o600, "stays as it was"), (None, 0o644, "chmod 640"),
                                   ((self.authority.folder / "ca.key").read_bytes(), 0o600, "do not match")):
                server.key.write_bytes(good if bad is None else bad)
                server.key.chmod(mode)
                before = self.log(server).count("the certificate stays as it was")
                server.process.send_signal(1)
                self.wait_for_log(server, "the certificate stays as it was", before + 1)
                kept = [line for line in self.log(server).splitlines() if "the certificate stays as it was" in line]
                self.assertIn(why, kept[-1])
                self.assertEqual(server.serial(), second)
            server.key.chmod(0o600)

    def not_after(self, server):
        """By the file, by the metric, and by health."""
        text = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", server.certificate], check=True,
                              capture_output=True, text=True, timeout=60).stdout
        return (ssl.cert_time_to_seconds(text.strip().removeprefix("notAfter=")),
                server.metrics("ops")["tidewatch_tls_certificate_not_after_seconds"],
                server.get("ops", "/health").json()["certificate_not_after_ms"] / 1000)

    def test_when_the_certificate_expires_is_a_metric_and_follows_a_renewal(self):
        with TlsServer(self.authority) as server:
            by_file, *shown = self.not_after(server)
            self.assertEqual(shown, [by_file] * 2)
            self.assertAlmostEqual(by_file, time.time() + 2 * 86400, delta=600)
            self.assertNotIn("tidewatch_tls_certificate_not_after_seconds", server.metrics("ml"))  # once for the process
            self.authority.issue(server.certificate, server.key, "IP:127.0.0.1", days=30)
            renewed, *shown = self.not_after(server)
            self.assertGreater(renewed, by_file)
            self.assertEqual(shown, [by_file] * 2)  # the server has not been told
            server.process.send_signal(1)
            self.wait_for_log(server, "is in use", 2)
            self.assertEqual(self.not_after(server), (renewed,) * 3)

    def test_without_tls_nothing_expires(self):
        with Server("server.roles=ml,ops") as server:
            self.assertNotIn("tidewatch_tls_certificate_not_after_seconds", server.metrics("ops"))
            self.assertIsNone(server.get("ops", "/health").json()["certificate_not_after_ms"])

    def test_a_wrong_pair_does_not_start(self):
        authority = self.authority
        certificate, key = authority.folder / "c", authority.folder / "k"
        authority.issue(certificate, key, "IP:127.0.0.1")

        def refusal(*settings):
            with tempfile.TemporaryDirectory() as state:
                done = subprocess.run([BUILD / "src/server/tidewatchd", f"--state.dir={state}", *settings],
                                      capture_output=True, text=True, timeout=60, cwd=state)
            self.assertIn(done.returncode, (1, 2), done.stderr)
            return done.stderr

        named = f"--tls.certificate_file={certificate}"
        self.assertIn("both or neither", refusal(named))
        self.assertIn("do not match", refusal(named, f"--tls.key_file={authority.folder / 'ca.key'}"))
        self.assertIn("cannot read the key file", refusal(named, f"--tls.key_file={key}.none"))
        key.chmod(0o604)
        self.assertIn("the key file is open to others (mode 604) and not used: chmod 640", refusal(named, f"--tls.key_file={key}"))

    def test_simulations_ask_by_the_certificates_name(self):
        """The certificate does not have the address: its name is in the URL, and the connection goes to the address."""
        with TlsServer(self.authority, f"tls.server_name={NAME}", names=f"DNS:{NAME}") as server:
            self.assertEqual(server.operate("POST", "/simulations", {"kind": "baseline"}).status, 202)
            sent = 'tidewatch_simulation_requests_total{kind="baseline",outcome="%s"}'
            deadline = time.monotonic() + 60
            while server.metrics("ops")[sent % "ok"] < 5:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.1)
            self.assertEqual(server.metrics("ops")[sent % "failed"], 0)

    def test_prometheus_and_alertmanager_are_told(self):
        server = TlsServer(self.authority, f"tls.server_name={NAME}")
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([BUILD / "src/server/tidewatchd", "render-config", "--out", out, f"--state.dir={server.state}",
                            *(f"--{s}" for s in server.settings)], check=True, capture_output=True, timeout=60, cwd=out)
            for file, n in (("prometheus.yml", 3), ("alertmanager.yml", 1)):
                text = pathlib.Path(out, file).read_text()
                self.assertEqual(text.count(f"ca_file: '{self.authority.ca}'"), n)
                self.assertEqual(text.count(f"server_name: '{NAME}'"), n)
            self.assertEqual(pathlib.Path(out, "prometheus.yml").read_text().count("scheme: https"), 3)
            self.assertIn("url: 'https://127.0.0.1:8003/alerts/log'", pathlib.Path(out, "alertmanager.yml").read_text())
            for program, *arguments in (("promtool", "check", "config", f"{out}/prometheus.yml"),
                                        ("amtool", "check-config", f"{out}/alertmanager.yml")):
                if shutil.which(program):
                    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        shutil.rmtree(server.state)

    @unittest.skipUnless((BUILD / "src/tui/tidewatch").exists(), "there is no console")
    def test_the_console_believes_the_authority_it_is_told_of_and_no_other(self):
        with TlsServer(self.authority) as server:
            def events(*settings):
                return subprocess.run([BUILD / "src/tui/tidewatch", "events", "--json",
                                       f"--operations.url=https://127.0.0.1:{server.ports['ops']}", *settings],
                                      capture_output=True, text=True, timeout=60, cwd=server.state,
                                      env={"HOME": str(server.state), "PATH": os.environ["PATH"]})

            done = events(f"--operations.ca_file={self.authority.ca}")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("started", done.stdout)
            done = events()
            self.assertEqual(done.returncode, 3)
            self.assertIn("certificate", done.stderr)


if __name__ == "__main__":
    unittest.main()
