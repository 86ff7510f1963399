"""What users of Chroma's Python client do: client.py PORT. Fails with an AssertionError."""

import random
import sys

import chromadb
from chromadb.errors import ChromaError, InvalidArgumentError, NotFoundError


def raises(kind, call):
    try:
        call()
    except kind:
        return True
    return False


client = chromadb.HttpClient(host="127.0.0.1", port=int(sys.argv[1]))
assert client.heartbeat() > 0 and client.get_version() and client.get_max_batch_size() > 100
collection = client.get_or_create_collection("py-test", embedding_function=None, metadata={"a": 1},
                                             configuration={"hnsw": {"space": "cosine"}})
assert collection.metadata == {"a": 1} and collection.configuration_json["hnsw"]["space"] == "cosine"
rng = random.Random(1)
ids = [f"id{i}" for i in range(300)]
vectors = [[rng.gauss(0, 1) for _ in range(8)] for _ in ids]
collection.add(ids=ids, embeddings=vectors, documents=[f"doc {i}" for i in range(300)],
               metadatas=[{"n": i, "even": i % 2 == 0, "f": i / 2, "tag": f"t{i % 3}"} for i in range(300)])
assert collection.count() == 300
collection.upsert(ids=["id0", "new"], embeddings=[vectors[1], vectors[2]], documents=["zero", "new"])
assert collection.count() == 301

found = collection.query(query_embeddings=vectors[5:7], n_results=3, where_document={"$contains": "doc"},
                         where={"$and": [{"even": True}, {"n": {"$lt": 100}}]})
assert found["ids"][1][0] == "id6" and abs(found["distances"][1][0]) < 1e-6
for metadatas, distances in zip(found["metadatas"], found["distances"]):
    assert all(m["even"] and m["n"] < 100 and isinstance(m["f"], float) for m in metadatas)
    assert distances == sorted(distances) and len(distances) == 3

page = collection.get(where={"tag": {"$in": ["t1"]}}, limit=4, offset=2,
                      include=["embeddings", "documents", "metadatas", "uris"])
assert page["ids"] == ["id7", "id10", "id13", "id16"] and page["documents"][0] == "doc 7"
assert page["embeddings"].shape == (4, 8) and abs(page["embeddings"][0] - vectors[7]).max() < 1e-6
assert page["metadatas"][0] == {"n": 7, "even": False, "f": 3.5, "tag": "t1"} and page["uris"] == [None] * 4

collection.update(ids=["id3"], metadatas=[{"n": None, "tag": "t9"}])
collection.update(ids=["id3"], embeddings=[vectors[4]], documents=["three"])
one = collection.get(ids=["id3"])
assert one["metadatas"] == [{"even": False, "f": 1.5, "tag": "t9"}] and one["documents"] == ["three"]

collection.delete(ids=["id4"])
collection.delete(where={"n": {"$gte": 290}})
assert collection.count() == 290 and collection.peek(3)["ids"] == ["id0", "id1", "id2"]
assert [c.name for c in client.list_collections() if c.name == "py-test"] and client.count_collections() >= 1
collection.modify(name="py-test-2", metadata={"b": 2})
assert client.get_collection("py-test-2", embedding_function=None).metadata == {"b": 2}
assert client.get_collection("py-test-2", embedding_function=None).count() == 290

assert raises(NotFoundError, lambda: client.get_collection("py-test"))
assert raises(ChromaError, lambda: client.create_collection("py-test-2"))
assert raises(InvalidArgumentError, lambda: collection.query(query_embeddings=[[1, 2]]))
client.delete_collection("py-test-2")
assert not [c for c in client.list_collections() if c.name.startswith("py-test")]
print("all well")
