#!/usr/bin/env python3
"""The sentence encoder beside ONNX Runtime, one thread against one thread, back to back.

    bench_encoder.py MODEL-FOLDER [--rate build/tests/bench/encoder-rate] [--pairs 5]

MODEL-FOLDER holds model.safetensors and vocab.txt. Needs onnxruntime, onnx, tokenizers and numpy
from PyPI. ONNX Runtime gets the graph that its own transformer optimiser makes (minilm_onnx.py), all graph
optimisations, texts that are token ids already, and for batches the size that is fastest for it with texts
sorted by length; ours begins with the text. Both run at niceness 5. A ratio over 1 says that ours is faster; the
one of CPU time stays meaningful while others use the machine.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime
from tokenizers import BertWordPieceTokenizer

import minilm_onnx

ROOT = pathlib.Path(__file__).resolve().parents[2]

QUERIES = [
    "reset password",
    "VPN drops every hour",
    "How do I reset my password?",
    "What is the response time for a priority one ticket?",
    "Who do I call at night when the mail server is down?",
    "my laptop does not connect to the office wifi since the update yesterday, what can I do?",
]


def sentences(tokenizer, n_max):
    """Sentences of the tree's own documents, 5 to 60 tokens each."""
    found = []
    for path in sorted([*ROOT.glob("assets/kb/*.md"), *ROOT.glob("assets/runbooks/*.md"), *ROOT.glob("docs/*.md")]):
        for block in path.read_text().split("\n\n"):
            if block.startswith(("#", "    ", "|", "```")):
                continue
            found += re.split(r"(?<=[.!?:]) +", " ".join(block.split()))
    return [text for text in found if 5 <= len(tokenizer.encode(text).ids) <= 60][:n_max]


class Onnx:
    """ONNX Runtime on one thread."""

    def __init__(self, weights_path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(minilm_onnx.build(weights_path), options,
                                                    providers=["CPUExecutionProvider"])

    def embed(self, batch):
        ids = np.zeros((len(batch), max(map(len, batch))), np.int32)
        mask = np.zeros_like(ids)
        for row, text in enumerate(batch):
            ids[row, :len(text)] = text
            mask[row, :len(text)] = 1
        states = self.session.run(None, {"ids": ids, "types": np.zeros_like(ids), "mask": mask})[0]
        vectors = (states * mask[..., None]).sum(1)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def measure(self, ids, size, passes):
        """(seconds, CPU seconds) of the best pass."""
        ordered = sorted(ids, key=len) if size > 1 else ids
        times = []
        for _ in range(passes + 1):
            start, cpu = time.perf_counter(), time.process_time()
            for first in range(0, len(ordered), size):
                self.embed(ordered[first:first + size])
            times.append((time.perf_counter() - start, time.process_time() - cpu))
        return [min(column) for column in zip(*times[1:])]


def measure_ours(rate, folder, path, mode, passes):
    out = subprocess.run([rate, folder, path, mode, str(passes)], check=True, capture_output=True, text=True).stdout
    return [min(column) for column in zip(*(map(float, line.split()) for line in out.splitlines()))]


def check(onnx, tokenizer):
    """The opponent computes the same thing: the least cosine with sentence-transformers' vectors."""
    cases = json.loads((ROOT / "tests/data/golden/encoder_golden.json").read_text())["cases"]
    return min(float(onnx.embed([case["ids"]])[0] @ np.array(case["vector"], np.float32)) for case in cases)


def report(name, pairs, n_tokens, n_texts):
    def median(key):
        return statistics.median(key(ours, theirs) for ours, theirs in pairs)

    print(f"| {name} | {median(lambda a, b: b[1] / a[1]):.2f} | {median(lambda a, b: b[0] / a[0]):.2f} | "
          f"{n_tokens / median(lambda a, _: a[1]):.0f} | {n_tokens / median(lambda _, b: b[1]):.0f} | "
          f"{median(lambda a, _: a[1]) / n_texts * 1e3:.2f} | {median(lambda _, b: b[1]) / n_texts * 1e3:.2f} |",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rate", default=ROOT / "build/tests/bench/encoder-rate")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=300)
    args = parser.parse_args()
    os.nice(5)
    tokenizer = BertWordPieceTokenizer(str(args.folder / "vocab.txt"), lowercase=True)
    tokenizer.enable_truncation(256)
    onnx = Onnx(args.folder / "model.safetensors")
    texts = sentences(tokenizer, args.sentences)
    ids = [tokenizer.encode(text).ids for text in texts]
    size = min((1, 2, 4, 8, 16, 32), key=lambda size: onnx.measure(ids, size, 2)[1])
    print(f"onnxruntime {onnxruntime.__version__}, least cosine with the golden vectors {check(onnx, tokenizer):.6f}, "
          f"its best batch {size}; {len(texts)} sentences, {sum(map(len, ids))} tokens; medians of {args.pairs} pairs\n")
    print("| case | CPU ratio | clock ratio | ours tokens/s | ONNX Runtime | ours ms/text | ONNX Runtime |")
    print("|---|---|---|---|---|---|---|")
    cases = [(f"query of {len(tokenizer.encode(query).ids)} tokens", [query], "single", 1, 60) for query in QUERIES]
    cases += [("each sentence alone", texts, "single", 1, 2), ("all sentences in batches", texts, "bulk", size, 2)]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "texts"
        for name, some, mode, batch, passes in cases:
            path.write_text("\n".join(some) + "\n")
            some_ids = [tokenizer.encode(text).ids for text in some]
            pairs = [(measure_ours(args.rate, args.folder, path, mode, passes), onnx.measure(some_ids, batch, passes))
                     for _ in range(args.pairs)]
            report(name, pairs, sum(map(len, some_ids)), len(some))


if __name__ == "__main__":
    main()
