// What users of Chroma's JavaScript client do: client.mjs PORT, with the package in node_modules of the working folder.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const { ChromaClient } = createRequire(process.cwd() + "/")("chromadb");
const client = new ChromaClient({ host: "127.0.0.1", port: Number(process.argv[2]), ssl: false });

assert(await client.version());
assert((await client.heartbeat()) > 0);
const collection = await client.getOrCreateCollection({
  name: "js-test", embeddingFunction: null, configuration: { hnsw: { space: "cosine" } }, metadata: { a: 1 },
});
await collection.add({
  ids: ["a", "b", "c"], embeddings: [[1, 0, 0], [0, 1, 0], [0.9, 0.1, 0]], documents: ["da", "db", "dc"],
  metadatas: [{ n: 1 }, { n: 2.5 }, { n: 3 }],
});
await collection.upsert({ ids: ["d"], embeddings: [[0, 0, 1]], documents: ["dd"] });
const found = await collection.query({ queryEmbeddings: [[1, 0, 0]], nResults: 2, where: { n: { $gte: 1 } } });
assert.deepEqual(found.ids, [["a", "c"]]);
assert(Math.abs(found.distances[0][0]) < 1e-6 && Math.abs(found.distances[0][1] - 0.0061163) < 1e-6);
assert.deepEqual(found.metadatas, [[{ n: 1 }, { n: 3 }]]);
const page = await collection.get({ where: { n: { $in: [1, 3] } }, limit: 5, include: ["embeddings", "documents"] });
assert.deepEqual(page.ids, ["a", "c"]);
assert.deepEqual(page.documents, ["da", "dc"]);
assert(Math.abs(page.embeddings[1][0] - 0.9) < 1e-6);
await collection.update({ ids: ["a"], metadatas: [{ n: 10 }] });
assert.deepEqual((await collection.get({ ids: ["a"] })).metadatas, [{ n: 10 }]);
assert.equal(await collection.count(), 4);
assert.deepEqual((await collection.peek({ limit: 2 })).ids, ["a", "b"]);
await collection.delete({ ids: ["b"] });
assert.equal(await collection.count(), 3);
assert((await client.listCollections()).some((c) => c.name === "js-test"));
assert((await client.countCollections()) >= 1);
await collection.modify({ name: "js-test-2" });
await client.deleteCollection({ name: "js-test-2" });
await assert.rejects(client.getCollection({ name: "js-test-2" }));
console.log("all well");
