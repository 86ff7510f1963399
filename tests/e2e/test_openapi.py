"""What /openapi.json of each listener promises, held against the server by schemathesis (PyPI): requests that the
description allows, and such that it forbids."""

import pathlib
import subprocess
import tempfile
import unittest

from packages import python_with
from server import Server

VERSION = "4.32.5"

# What a description in JSON schema cannot say. Everything else is checked everywhere.
EXCEPTIONS = """
# Also what fits the schema can be refused: an id that is none of ours, two parameters that exclude each other, a NUL
# character (400), a second load beside the first (503).
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "422"]

[[operations]]
include-path = "/load-knowledge"
[operations.checks]
positive_data_acceptance.expected-statuses = ["2xx", "400", "503"]
not_a_server_error.expected-statuses = ["2xx", "4xx", "503"]

# The vector API: bodies are Chroma's, and so are the answers to wrong ones. What we do not have answers 501.
[[operations]]
include-path-regex = "^/api/v[12]"
[operations.checks]
positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404", "409", "410", "422", "501"]
not_a_server_error.expected-statuses = ["2xx", "4xx", "501"]
"""


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schemathesis = python_with("schemathesis", VERSION).parent / "schemathesis"
        # Drills cut listeners off; they have tests of their own.
        cls.server = Server("server.log_level=warn", "drills.enabled=false").__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def hold(self, listener):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "exceptions.toml")
            config.write_text(EXCEPTIONS)
            done = subprocess.run(
                [self.schemathesis, "--config-file", config, "run",
                 f"http://127.0.0.1:{self.server.ports[listener]}/openapi.json",
                 "--header", f"Authorization: Bearer {self.server.token}", "--max-examples", "20", "--seed", "1",
                 "--generation-database", ":memory:", "--no-color"],
                cwd=folder, capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout[-20000:] + done.stderr)

    def test_the_ml_api_is_as_it_describes_itself(self):
        self.hold("ml")

    def test_the_llm_api_is_as_it_describes_itself(self):
        self.hold("llm")

    def test_the_vector_api_is_as_it_describes_itself(self):
        self.hold("vector")

    def test_the_operations_api_is_as_it_describes_itself(self):
        self.hold("ops")


if __name__ == "__main__":
    unittest.main()
