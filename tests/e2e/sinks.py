"""Where notifications end in tests: a Slack that takes webhooks, and a real SMTP server (Debian's
python3-aiosmtpd), both on loopback. Both can be made to fail, and taken away."""

import email
import email.policy
import http.server
import json
import threading

import aiosmtpd.controller
import aiosmtpd.smtp

from server import free_port


class Slack:
    """`bodies`: what was posted, parsed, oldest first. `status`: what it answers."""

    def __init__(self):
        self.port = free_port()
        self.path = "/services/T000/B000/SECRET"
        self.url = f"http://127.0.0.1:{self.port}{self.path}"
        self.status, self.bodies, self.server = 200, [], None

    def open(self):
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                right = self.path == sink.path
                if right and sink.status == 200:
                    sink.bodies.append(json.loads(body))
                answer = b"ok" if right and sink.status == 200 else b"no_service"
                self.send_response(sink.status if right else 404)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def texts(self):
        return [body["attachments"][0] for body in self.bodies]


class Mail:
    """`mails`: what was delivered, as email.message.EmailMessage. It wants a login; `refuses`: an SMTP answer
    to every recipient, such as "550 no such user"."""

    def __init__(self, username, password):
        self.port, self.username, self.password = free_port(), username, password
        self.mails, self.refuses, self.controller = [], None, None

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        got = (data.login.decode(), data.password.decode())
        return aiosmtpd.smtp.AuthResult(success=got == (self.username, self.password), handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, options):
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"

    def open(self):
        # LOGIN is left out: Alertmanager's does not understand how aiosmtpd words its challenge.
        self.controller = aiosmtpd.controller.Controller(
            self, hostname="127.0.0.1", port=self.port, authenticator=self.authenticate, auth_required=True,
            auth_require_tls=False, auth_exclude_mechanism=["LOGIN"])
        self.controller.start()

    def close(self):
        if self.controller:
            self.controller.stop()
            self.controller = None
