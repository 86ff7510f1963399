"""What every listener gives to whom: each route and method, with each kind of token. A route that is not in the table
below, or no longer in the server, fails: somebody must have decided who may use it. And operators by name."""

import subprocess
import time
import unittest

from server import BUILD, TICKET, Server

NONE, READ, INFER, OPERATE = range(4)
DATABASES = "/api/v2/tenants/{tenant}/databases"
COLLECTION = DATABASES + "/{database}/collections/{collection}"
EVERYWHERE = [
    ("GET", "/", NONE, 200),
    ("GET", "/health", NONE, 200),
    ("GET", "/metrics", READ, 200),
    ("GET", "/openapi.json", NONE, 200),
]
# Method, path, what a token must allow, and the status of such a request without a body.
ROUTES = {
    "ml": [
        *EVERYWHERE,
        ("POST", "/drift/reset", OPERATE, 200),
        ("GET", "/drift/status", READ, 200),
        ("POST", "/feedback", INFER, 400),
        ("GET", "/model/info", READ, 200),
        ("POST", "/predict", INFER, 400),
        ("POST", "/predict/batch", INFER, 400),
        ("POST", "/predict_v2", INFER, 400),
        ("POST", "/triage", INFER, 400),
    ],
    "llm": [
        *EVERYWHERE,
        ("POST", "/chat", INFER, 400),
        ("POST", "/chat_v2", INFER, 400),
        ("GET", "/drift/embedding-stats", READ, 200),
        ("POST", "/drift/reset", OPERATE, 200),
        ("POST", "/evaluate", INFER, 400),
        ("GET", "/kb/stats", READ, 200),
        ("POST", "/load-knowledge", OPERATE, (202, 503)),
    ],
    "vector": [
        *EVERYWHERE,
        ("DELETE", "/api/v1/*", NONE, 410),
        ("GET", "/api/v1/*", NONE, 410),
        ("POST", "/api/v1/*", NONE, 410),
        ("PUT", "/api/v1/*", NONE, 410),
        ("GET", "/api/v2", NONE, 200),
        ("GET", "/api/v2/auth/identity", READ, 200),
        ("GET", "/api/v2/healthcheck", NONE, 200),
        ("GET", "/api/v2/heartbeat", NONE, 200),
        ("GET", "/api/v2/pre-flight-checks", NONE, 200),
        ("POST", "/api/v2/reset", READ, 403),
        ("POST", "/api/v2/tenants", INFER, 400),
        ("GET", "/api/v2/tenants/{tenant}", READ, 200),
        ("GET", DATABASES, READ, 200),
        ("POST", DATABASES, INFER, 400),
        ("DELETE", DATABASES + "/{database}", INFER, 404),
        ("GET", DATABASES + "/{database}", READ, 404),
        ("GET", DATABASES + "/{database}/collections", READ, 200),
        ("POST", DATABASES + "/{database}/collections", INFER, 400),
        ("GET", DATABASES + "/{database}/collections/by-id/{collection}", READ, 400),
        ("DELETE", COLLECTION, INFER, 404),
        ("GET", COLLECTION, READ, 404),
        ("PUT", COLLECTION, INFER, 400),
        ("POST", COLLECTION + "/add", INFER, 400),
        ("GET", COLLECTION + "/count", READ, 400),
        ("POST", COLLECTION + "/delete", INFER, 400),
        ("POST", COLLECTION + "/fork", READ, 501),
        ("POST", COLLECTION + "/get", READ, 400),
        ("GET", COLLECTION + "/indexing_status", READ, 501),
        ("POST", COLLECTION + "/query", READ, 400),
        ("POST", COLLECTION + "/search", READ, 501),
        ("POST", COLLECTION + "/update", INFER, 400),
        ("POST", COLLECTION + "/upsert", INFER, 400),
        ("GET", DATABASES + "/{database}/collections_count", READ, 200),
        ("GET", "/api/v2/version", NONE, 200),
    ],
    "ops": [
        *EVERYWHERE,
        ("POST", "/alerts/log", OPERATE, 400),
        ("GET", "/events", READ, 200),
        ("GET", "/faults", READ, 200),
        ("DELETE", "/faults/{name}", OPERATE, 200),
        ("PUT", "/faults/{name}", OPERATE, 400),
        ("GET", "/gamedays", READ, 200),
        ("POST", "/gamedays", OPERATE, 400),
        ("DELETE", "/gamedays/{id}", OPERATE, 404),
        ("GET", "/gamedays/{id}", READ, 404),
        ("GET", "/requests", READ, 200),
        ("GET", "/requests/{id}", READ, 404),
        ("DELETE", "/simulations", OPERATE, 200),
        ("GET", "/simulations", READ, 200),
        ("POST", "/simulations", OPERATE, 400),
        ("DELETE", "/simulations/{id}", OPERATE, 404),
        ("GET", "/simulations/{id}", READ, 404),
    ],}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
VALUES = {"{name}": "delay", "{id}": "999999", "{tenant}": "default_tenant", "{database}": "none",
          "{collection}": "none", "*": "x"}
WRONG = "wrong" * 8


def filled(path):
    for name, value in VALUES.items():
        path = path.replace(name, value)
    return path


def token_command(server, name):
    return subprocess.run([BUILD / "src/server/tidewatchd", "token", "new", name, f"--state.dir={server.state}"],
                          capture_output=True, text=True, timeout=60, cwd=server.state)


class Scan(unittest.TestCase):
    """With what is open by default, and with tokens for reading and inference too."""

    def scan(self, server, tokens, is_restricted):
        """tokens: by the role that they have; WRONG and None count as no role."""
        for listener, routes in ROUTES.items():
            connection = server.connect(listener)

            def ask(method, path, token):
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                connection.request(method, filled(path), headers=headers)
                response = connection.getresponse()
                response.read()
                return response.status

            for method, path, needed, status in routes:
                expected = status if isinstance(status, tuple) else (status,)
                for token, role in ((None, NONE), (WRONG, NONE), *tokens):
                    with self.subTest(listener=listener, method=method, path=path, role=role, token=token is not None):
                        if token is None and not is_restricted:
                            role = INFER
                        got = ask(method, path, token)
                        if role >= needed:
                            self.assertIn(got, expected)
                        else:
                            self.assertEqual(got, 401 if role == NONE or token is None else 403)
            for path in sorted({path for _, path, _, _ in routes}):
                allowed = {method for method, p, _, _ in routes if p == path}
                for method in METHODS:
                    if method in allowed or (method == "HEAD" and "GET" in allowed):
                        continue
                    with self.subTest(listener=listener, method=method, path=path):
                        for token in (None, WRONG, *(token for token, _ in tokens)):
                            self.assertIn(ask(method, path, token), (404, 405) if "*" in path else (405,))
            connection.close()

    def test_every_route_is_in_the_table(self):
        with Server() as server:
            for listener, routes in ROUTES.items():
                listed = server.get(listener, "/").json()["routes"]
                self.assertEqual(sorted((r["method"], r["path"]) for r in listed),
                                 sorted((method, path) for method, path, _, _ in routes), listener)

    def test_without_tokens_reading_and_inference_are_open(self):
        with Server() as server:
            self.scan(server, [(server.token, OPERATE)], is_restricted=False)

    def test_with_tokens_everything_but_the_signs_of_life_is_closed(self):
        tokens = {role: word * 5 for role, word in ((READ, "reader"), (INFER, "infers"), (OPERATE, "worker"))}
        server = Server("auth.tokens_file=tokens")
        file = server.state / "tokens"
        file.touch(mode=0o600)
        file.write_text("".join(f"{word} {tokens[role]}\n" for role, word in
                                ((READ, "read"), (INFER, "infer"), (OPERATE, "operate"))))
        with server:
            self.scan(server, [(token, role) for role, token in tokens.items()] + [(server.token, OPERATE)],
                      is_restricted=True)


class Operators(unittest.TestCase):
    def wait(self, what, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)

    def reload(self, server):
        """A token that is made for it says when what was read before it is in force."""
        token_command(server, f"reload-{time.monotonic_ns()}")
        lines = self.log(server).count("tokens read anew")
        server.process.send_signal(1)
        self.wait("SIGHUP", lambda: self.log(server).count("tokens read anew") > lines)

    def log(self, server):
        return (server.state / "log").read_text()

    def operated(self, server):
        return [e["detail"] | {"subject": e["subject"]} for e in server.get("ops", "/events?limit=100").json()["events"]
                if e["kind"] == "operator"]

    def test_operators_have_names_and_come_and_go_with_sighup(self):
        with Server() as server:
            made = token_command(server, "ann")
            self.assertEqual(made.returncode, 0, made.stderr)
            ann = made.stdout.strip()
            self.assertRegex(ann, "^tw_[0-9a-f]{64}$")
            self.assertNotIn(ann, made.stderr)
            file = server.state / "operators"
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            self.assertNotIn(ann[3:], file.read_text())
            reset = lambda token: server.request("ml", "POST", "/drift/reset", token=token,
                                                 headers={"X-Request-Id": "reset-1"}).status
            self.assertEqual(reset(ann), 401)  # not before it is read
            self.reload(server)
            self.assertEqual(reset(ann), 200)
            self.assertEqual(reset(server.token), 200)
            self.assertEqual(server.request("ops", "PUT", "/faults/delay", {"ttl_s": 5}, token=ann).status, 200)
            self.assertEqual(server.request("ops", "DELETE", "/faults/delay", token=ann).status, 200)
            self.assertEqual(server.request("ops", "POST", "/simulations", {"kind": "none"}, token=ann).status, 422)
            self.wait("events", lambda: len(self.operated(server)) == 5)
            told = list(reversed(self.operated(server)))
            self.assertEqual([(e["by"], e["subject"], e["status"]) for e in told],
                             [("ann", "POST /drift/reset", 200), ("operator", "POST /drift/reset", 200),
                              ("ann", "PUT /faults/{name}", 200), ("ann", "DELETE /faults/{name}", 200),
                              ("ann", "POST /simulations", 422)])
            self.assertEqual(told[0]["request_id"], "reset-1")
            self.assertEqual([e.get("what") for e in told], [None, None, "delay", "delay", None])
            # Who is taken out of the file is out.
            file.write_text("".join(line for line in file.read_text().splitlines(True) if not line.startswith("ann:")))
            self.reload(server)
            self.assertEqual(reset(ann), 401)
            self.assertEqual(reset(server.token), 200)
            # A file that cannot be read changes nothing.
            file.write_text("nonsense\n")
            server.process.send_signal(1)
            self.wait("the complaint", lambda: "tokens stay as they were" in self.log(server))
            self.assertNotIn("nonsense", self.log(server))
            self.assertEqual(reset(server.token), 200)

    def test_a_replaced_token_is_out_and_simulations_go_on(self):
        server = Server("auth.tokens_file=tokens")
        file = server.state / "tokens"
        file.touch(mode=0o600)
        file.write_text("read " + "reader" * 5 + "\n")
        sent = 'tidewatch_simulation_requests_total{kind="baseline",outcome="ok"}'
        failed = 'tidewatch_simulation_requests_total{kind="baseline",outcome="failed"}'

        def count(name):
            lines = server.get("ops", "/metrics", token="reader" * 5).body.decode().splitlines()
            return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

        with server:
            old = server.token
            self.assertEqual(server.operate("POST", "/simulations", {"kind": "baseline"}).status, 202)
            self.wait("traffic", lambda: count(sent) > 3)
            (server.state / "operator.token").write_text("another-token-of-ours\n")
            self.reload(server)
            self.assertEqual(server.request("ops", "DELETE", "/simulations", token=old).status, 401)
            before = count(sent)
            self.wait("more traffic", lambda: count(sent) > before + 5)
            self.assertEqual(count(failed), 0)
            # What was closed does not open by a slip in a file.
            file.write_text("# none\n")
            server.process.send_signal(1)
            self.wait("the complaint", lambda: "would be open from now on" in self.log(server))
            self.assertEqual(server.post("ml", "/predict", TICKET).status, 401)

    def test_the_command_refuses_what_it_cannot_do(self):
        server = Server()
        with server:
            self.assertEqual(token_command(server, "ann").returncode, 0)
            for name, why in (("ann", "already"), ("a b", "a name has"), ("", "a name has")):
                done = token_command(server, name)
                self.assertEqual(done.returncode, 2)
                self.assertIn(why, done.stderr)
                self.assertEqual(done.stdout, "")
            (server.state / "operators").chmod(0o644)
            self.assertIn("chmod 600", token_command(server, "bob").stderr)


if __name__ == "__main__":
    unittest.main()
