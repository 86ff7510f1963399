"""A language model's endpoint behind a certificate that nobody vouches for is not asked, and the key stays here."""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ASK = pathlib.Path(os.environ["TW_BUILD_ROOT"]) / "tests/bench/openai-ask"
KEY = "sk-tst-93e1c07a55d2"
ANSWER = {"choices": [{"message": {"content": "Two business days [1]."}, "finish_reason": "stop"}]}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.keys.append(self.headers["Authorization"])
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that hangs up within the handshake is what the test is about


@unittest.skipUnless(shutil.which("openssl"), "there is no openssl to make a certificate")
class OpenaiTls(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        certificate, key = f"{folder}/cert.pem", f"{folder}/key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate],
            check=True, capture_output=True, timeout=60)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.server.keys = []
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def url(self):
        return f"https://127.0.0.1:{self.server.server_port}/v1"

    def test_a_certificate_that_does_not_verify_ends_it_before_the_key_is_sent(self):
        environment = os.environ | {"OPENAI_BASE_URL": self.url(), "OPENAI_API_KEY": KEY, "OPENAI_MODEL": "m"}
        done = subprocess.run([ASK], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout)
        failures = [line for line in done.stdout.splitlines() if line.startswith("failed")]
        self.assertEqual(len(failures), 2, done.stdout)
        self.assertTrue(all("certificate" in line for line in failures), done.stdout)
        self.assertNotIn(KEY, done.stdout + done.stderr)
        self.assertEqual(self.server.keys, [])
        # The server does answer one who does not look.
        request = urllib.request.Request(self.url() + "/chat/completions", b"{}", {"Authorization": "Bearer x"})
        context = ssl._create_unverified_context()
        with urllib.request.urlopen(request, timeout=10, context=context) as reply:
            self.assertEqual(json.load(reply), ANSWER)
        self.assertEqual(self.server.keys, ["Bearer x"])


if __name__ == "__main__":
    unittest.main()
