#!/usr/bin/env python3
"""POST /chat as one would write it in Python: FastAPI on uvicorn, the same MiniLM weights on ONNX Runtime, Chroma embedded
as the index, quoted sentences for an answer, a lexical evaluation. For bench_chat_peer.py.

    chat_service.py PORT KNOWLEDGE.DB WEIGHTS-FOLDER STATE-FOLDER

KNOWLEDGE.DB is tidewatchd's: the chunks are the very same. Their vectors are made at the first start and kept in
STATE-FOLDER; a later start reads them. It stores no request, counts no metric, measures no drift, knows no synonyms
and checks neither numbers nor names: it does less than tidewatchd does for an answer.
"""

import math
import os
import pathlib
import re
import sqlite3
import sys
import time

import chromadb
import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field
from tokenizers import BertWordPieceTokenizer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import minilm_onnx  # noqa: E402

WORD = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])|\n{2,}|\n(?=[-*] |\d+\. )")
STOP = frozenset("a an and are as at be but by can do does for from has have how i if in is it its me my no not of on or our so "
                 "that the their them then there they this to was we what when where which who why will with you your".split())
ANSWER_SENTENCES = 3
FLOOR = 0.30  # of the cosine with the best chunk: under it nothing is answered
SUPPORTED = 0.30


def words_of(text):
    return [word for word in WORD.findall(text.lower()) if word not in STOP]


class Encoder:
    """Sentences to vectors of length 1; from any number of threads, each on its own core."""

    def __init__(self, folder):
        self.tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(minilm_onnx.build(folder / "model.safetensors"), options,
                                                    providers=["CPUExecutionProvider"])

    def embed(self, texts):
        batch = self.tokenizer.encode_batch(texts)
        ids = np.array([text.ids for text in batch], np.int32)
        mask = np.array([text.attention_mask for text in batch], np.int32)
        states = self.session.run(None, {"ids": ids, "types": np.zeros_like(ids), "mask": mask})[0]
        vectors = (states * mask[..., None]).sum(1)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Chunk:
    def __init__(self, document, number, title, headings, text):
        self.document, self.id, self.text = document, f"{document}#{number}", text
        self.words = set(words_of(f"{title} {headings} {text}"))
        self.sentences = [(sentence, words_of(sentence)) for sentence in SENTENCE.split(text) if sentence.strip()]


class Knowledge:
    def __init__(self, database, encoder, folder):
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
            rows = db.execute("SELECT path, number, chunks.title, headings, text FROM chunks JOIN documents "
                              "ON documents.id = document ORDER BY chunks.id").fetchall()
        self.chunks = {chunk.id: chunk for chunk in (Chunk(*row) for row in rows)}
        self.encoder = encoder
        counts = {}
        for chunk in self.chunks.values():
            for word in chunk.words:
                counts[word] = counts.get(word, 0) + 1
        self.idf = {word: math.log(1 + len(self.chunks) / count) for word, count in counts.items()}
        self.rarest = math.log(1 + len(self.chunks))
        client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
        self.collection = client.get_or_create_collection("knowledge", embedding_function=None,
                                                          configuration={"hnsw": {"space": "cosine"}})
        if self.collection.count() != len(self.chunks):
            self.fill()

    def fill(self):
        chunks = sorted(self.chunks.values(), key=lambda chunk: len(chunk.text))
        for first in range(0, len(chunks), 16):
            some = chunks[first:first + 16]
            self.collection.upsert(ids=[chunk.id for chunk in some], embeddings=self.encoder.embed([c.text for c in some]))

    def weight(self, words):
        return sum(self.idf.get(word, self.rarest) for word in words)

    def covered(self, words, by):
        """The share of words, by idf, that are among the others."""
        whole = self.weight(words)
        return self.weight(word for word in words if word in by) / whole if whole else 0.0

    def search(self, query, n):
        """(chunk, cosine) of the n nearest."""
        found = self.collection.query(query_embeddings=self.encoder.embed([query]), n_results=n, include=["distances"])
        return [(self.chunks[chunk_id], 1 - distance) for chunk_id, distance in zip(found["ids"][0], found["distances"][0])]

    def quote(self, query_words, chunks):
        """The sentences that fit the question best, in the order of the best chunk."""
        asked = set(query_words)
        ranked = sorted(((self.covered(query_words, set(words)) / (1 + place), place, -at, sentence)
                         for place, chunk in enumerate(chunks) for at, (sentence, words) in enumerate(chunk.sentences)
                         if asked & set(words)), reverse=True)[:ANSWER_SENTENCES]
        return [sentence for _, _, _, sentence in sorted(ranked, key=lambda item: (item[1], -item[2]))]


class ChatRequest(BaseModel):
    query: str = Field(min_length=1, max_length=5000)
    session_id: str | None = Field(default=None, max_length=100)
    num_context_docs: int = Field(default=3, ge=1, le=10)


class Source(BaseModel):
    document: str
    chunk_id: str
    score: float


class Sentence(BaseModel):
    text: str
    support: float


class ChatAnswer(BaseModel):
    response: str
    context_used: list[str]
    sources: list[Source]
    relevance_score: float
    hallucination_score: float | None
    groundedness_score: float | None
    abstained: bool
    sentences: list[Sentence]
    processing_time_ms: float


def evaluate(knowledge, sentences, chunks):
    """Each sentence's words in the chunk that has most of them."""
    return [Sentence(text=sentence, support=max(knowledge.covered(words_of(sentence), chunk.words) for chunk in chunks))
            for sentence in sentences]


def application(knowledge):
    app = FastAPI()

    @app.post("/chat")
    def chat(request: ChatRequest) -> ChatAnswer:
        start = time.perf_counter()
        words = words_of(request.query)
        found = knowledge.search(request.query, request.num_context_docs)
        chunks = [chunk for chunk, _ in found]
        sentences = knowledge.quote(words, chunks) if found and found[0][1] >= FLOOR else []
        judged = evaluate(knowledge, sentences, chunks)
        support = [sentence.support for sentence in judged]
        return ChatAnswer(
            response=" ".join(sentences) or "The articles do not say anything about this.",
            context_used=[chunk.text for chunk in chunks],
            sources=[Source(document=chunk.document, chunk_id=chunk.id, score=cosine) for chunk, cosine in found],
            relevance_score=max((knowledge.covered(words, chunk.words) for chunk in chunks), default=0.0),
            hallucination_score=sum(s < SUPPORTED for s in support) / len(support) if support else None,
            groundedness_score=sum(support) / len(support) if support else None,
            abstained=not sentences, sentences=judged, processing_time_ms=(time.perf_counter() - start) * 1e3)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "healthy"}

    return app


def main():
    port, database, weights, folder = sys.argv[1:]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    knowledge = Knowledge(database, Encoder(pathlib.Path(weights)), pathlib.Path(folder))
    uvicorn.run(application(knowledge), host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
