"""What tidewatchd and its console stand on, to be killed, hung and made to lie: a Chroma server, an OpenAI-compatible
endpoint, and the Prometheus and Alertmanager of fake_servers. What each answers goes through its `lie`."""

import json
import re
import uuid

import fake_servers


class Lying:
    lie = None  # of (path, answer): another answer, or (status, answer)

    def answer(self, method, path, body):
        status, answer = super().answer(method, path, body)
        if not self.lie:
            return status, answer
        lie = self.lie(path, answer)
        return lie if isinstance(lie, tuple) else (status, lie)

    def again(self):
        """As the process that is started after this one has died: what it keeps is there again."""
        other = type(self)(self.server_address[1])
        for name in self.kept:
            setattr(other, name, getattr(self, name))
        return other.start()

    kept = ()


class Prometheus(Lying, fake_servers.Prometheus):
    kept = ("alert",)


class Alertmanager(Lying, fake_servers.Alertmanager):
    kept = ("prometheus", "silences", "next_id")


class Store(fake_servers.Server):
    """As much of Chroma's API as tidewatchd uses: one collection."""

    def __init__(self, port=0):
        super().__init__(port)
        self.id = str(uuid.uuid4())
        self.records = {}  # id -> (vector, metadata)
        self.dimension = None

    def upsert(self, body):
        for record, vector, metadata in zip(body["ids"], body["embeddings"], body["metadatas"]):
            self.records[record] = vector, metadata or {}
            self.dimension = len(vector)
        return 200, {}

    def query(self, body):
        (asked,), kind = body["query_embeddings"], body.get("where", {}).get("kind")
        if self.dimension and self.dimension != len(asked):
            return 400, {"error": "InvalidArgumentError", "message": f"Collection expecting embedding with dimension of "
                                                                     f"{self.dimension}, got {len(asked)}"}
        near = sorted((1 - sum(a * b for a, b in zip(asked, vector)), record)
                      for record, (vector, metadata) in self.records.items() if kind in (None, metadata.get("kind")))
        near = near[:body["n_results"]]
        return 200, {"ids": [[record for _, record in near]], "distances": [[max(0, distance) for distance, _ in near]]}

    def get(self, body):
        rows = sorted(self.records)[body["offset"]:body["offset"] + body["limit"]]
        return 200, {"ids": rows, "metadatas": [self.records[row][1] for row in rows]}

    def delete(self, body):
        for record in body["ids"]:
            self.records.pop(record, None)
        return 200, {}

    def drop(self):
        self.records, self.dimension, self.id = {}, None, str(uuid.uuid4())
        return 200, {}

    def collection(self):
        return 200, {"id": self.id, "dimension": self.dimension, "configuration_json": {"hnsw": {"space": "cosine"}}}

    def answer(self, method, path, body):
        if path.endswith("/pre-flight-checks"):
            return 200, {"max_batch_size": 100}
        if method == "DELETE":
            return self.drop()
        if path.endswith("/collections"):
            return self.collection()
        match = re.search(r"/collections/([0-9a-f-]+)/(upsert|query|get|delete)$", path)
        if not match or match[1] != self.id:
            return 404, {"error": "NotFoundError", "message": "no such collection"}
        return getattr(self, match[2])(json.loads(body))


class Chroma(Lying, Store):
    kept = ("id", "records", "dimension")


class Writer(fake_servers.Handler):
    def do_POST(self):
        if not self.server.stalls:
            return self.handle_any()
        self.rfile.read(int(self.headers["Content-Length"]))
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b'data: {"choices":[{"delta":{"content":"The reset link "}}]}\n\n')
        self.wfile.flush()
        self.server.released.wait(60)


class Endpoint(fake_servers.Server):
    """Writes one sentence, whatever is asked."""

    says = "The reset link works once and expires after 20 minutes [1]."
    stalls = False  # a piece of it as an event, and silence until it is released

    def __init__(self, port=0):
        super().__init__(port)
        self.RequestHandlerClass = Writer

    def answer(self, method, path, body):
        return 200, {"choices": [{"message": {"role": "assistant", "content": self.says}, "finish_reason": "stop"}],
                     "usage": {"prompt_tokens": 321, "completion_tokens": 45}}


class Model(Lying, Endpoint):
    pass
