#!/usr/bin/env python3
"""The sentence encoder beside ONNX Runtime and sentence-transformers, one thread each, back to back.

    bench_encoder.py MODEL-FOLDER [--rate build/tests/bench/encoder-rate] [--pairs 5]

MODEL-FOLDER holds model.safetensors and vocab.txt. The packages are installed where tests keep theirs: those of
peer/encoder.lock, and with TW_BENCH_TORCH=1 in the environment those of peer/encoder-torch.lock, without which
sentence-transformers is left out. ONNX Runtime gets the graph that its own transformer optimiser makes
(minilm_onnx.py), all graph optimisations and texts that are token ids already; sentence-transformers begins with the
text, as ours does. For batches each gets the size that is fastest for it, with texts sorted by length. All run at
niceness 5. A ratio over 1 says that ours is faster; the one of CPU time stays meaningful while others use the machine.
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

import peers

WITH_TORCH = os.environ.get("TW_BENCH_TORCH") == "1"
peers.need("encoder-torch" if WITH_TORCH else "encoder")

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
from tokenizers import BertWordPieceTokenizer  # noqa: E402

import minilm_onnx  # noqa: E402

ROOT = peers.SOURCE
BATCHES = (1, 2, 4, 8, 16, 32)

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


class Side:
    """A peer; texts are what prepare made of them."""

    def measure(self, texts, size, passes):
        """(seconds, CPU seconds) of the best pass."""
        ordered = sorted(texts, key=len) if size > 1 else texts
        times = []
        for _ in range(passes + 1):
            start, cpu = time.perf_counter(), time.process_time()
            for first in range(0, len(ordered), size):
                self.embed(ordered[first:first + size])
            times.append((time.perf_counter() - start, time.process_time() - cpu))
        return [min(column) for column in zip(*times[1:])]

    def best_batch(self, texts):
        return min(BATCHES, key=lambda size: self.measure(texts, size, 2)[1])

    def cosine(self):
        """It computes the same thing: the least cosine with the golden vectors, sentence-transformers' own."""
        cases = json.loads((ROOT / "tests/data/golden/encoder_golden.json").read_text())["cases"]
        return min(float(self.embed([self.of_case(case)])[0] @ np.array(case["vector"], np.float32)) for case in cases)


class Onnx(Side):
    """ONNX Runtime on one thread."""

    name = "ONNX Runtime"

    def __init__(self, folder, tokenizer):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(minilm_onnx.build(folder / "model.safetensors"), options,
                                                    providers=["CPUExecutionProvider"])
        self.tokenizer, self.version = tokenizer, onnxruntime.__version__

    def prepare(self, text):
        return self.tokenizer.encode(text).ids

    @staticmethod
    def of_case(case):
        return case["ids"]

    def embed(self, batch):
        ids = np.zeros((len(batch), max(map(len, batch))), np.int32)
        mask = np.zeros_like(ids)
        for row, text in enumerate(batch):
            ids[row, :len(text)] = text
            mask[row, :len(text)] = 1
        states = self.session.run(None, {"ids": ids, "types": np.zeros_like(ids), "mask": mask})[0]
        vectors = (states * mask[..., None]).sum(1)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class SentenceTransformers(Side):
    """The model as sentence-transformers lays it out, on one thread of PyTorch."""

    name = "sentence-transformers"

    def __init__(self, folder, _tokenizer):
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        import sentence_transformers
        import torch
        from sentence_transformers import models

        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        with tempfile.TemporaryDirectory() as layout:
            self.lay_out(folder, pathlib.Path(layout))
            words = models.Transformer(layout, max_seq_length=256)
        modules = [words, models.Pooling(384, "mean"), models.Normalize()]
        self.model = sentence_transformers.SentenceTransformer(modules=modules, device="cpu").eval()
        self.version = f"{sentence_transformers.__version__} with torch {torch.__version__}"

    @staticmethod
    def lay_out(source, folder):
        for name in ("model.safetensors", "vocab.txt"):
            (folder / name).symlink_to((source / name).resolve())
        (folder / "config.json").write_text(json.dumps({
            "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": 384,
            "intermediate_size": 1536, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "num_attention_heads": 12,
            "num_hidden_layers": 6, "type_vocab_size": 2, "vocab_size": 30522}))
        (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True,
                                                                 "model_max_length": 512}))

    @staticmethod
    def prepare(text):
        return text

    @staticmethod
    def of_case(case):
        return case["text"]

    def embed(self, batch):
        return self.model.encode(batch, batch_size=len(batch), show_progress_bar=False, convert_to_numpy=True)


def measure_ours(rate, folder, path, mode, passes):
    out = subprocess.run([rate, folder, path, mode, str(passes)], check=True, capture_output=True, text=True).stdout
    return [min(column) for column in zip(*(map(float, line.split()) for line in out.splitlines()))]


def report(case, side, pairs, n_tokens, n_texts):
    def median(key):
        return statistics.median(key(ours, theirs) for ours, theirs in pairs)

    print(f"| {case} | {side.name} | {median(lambda a, b: b[1] / a[1]):.2f} | {median(lambda a, b: b[0] / a[0]):.2f} | "
          f"{n_tokens / median(lambda a, _: a[1]):.0f} | {n_tokens / median(lambda _, b: b[1]):.0f} | "
          f"{median(lambda a, _: a[1]) / n_texts * 1e3:.2f} | {median(lambda _, b: b[1]) / n_texts * 1e3:.2f} |",
          flush=True)


def compare(args, sides, texts, tokenizer):
    """Each case beside each side: (case, texts, ours' mode, passes)."""
    count = {text: len(tokenizer.encode(text).ids) for text in [*texts, *QUERIES]}
    cases = [(f"query of {count[query]} tokens", [query], "single", 60) for query in QUERIES]
    cases += [("each sentence alone", texts, "single", 2), ("all sentences in batches", texts, "bulk", 2)]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "texts"
        for case, some, mode, passes in cases:
            path.write_text("\n".join(some) + "\n")
            for side, size in sides:
                theirs = [side.prepare(text) for text in some]
                pairs = [(measure_ours(args.rate, args.folder, path, mode, passes),
                          side.measure(theirs, size if mode == "bulk" else 1, passes)) for _ in range(args.pairs)]
                report(case, side, pairs, sum(count[text] for text in some), len(some))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rate", default=ROOT / "build/tests/bench/encoder-rate")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=300)
    args = parser.parse_args()
    if not (args.folder / "model.safetensors").exists():
        print("not measured: the weights of the encoder are not there")
        return
    os.nice(5)
    tokenizer = BertWordPieceTokenizer(str(args.folder / "vocab.txt"), lowercase=True)
    tokenizer.enable_truncation(256)
    texts = sentences(tokenizer, args.sentences)
    sides = []
    for kind in (Onnx, SentenceTransformers) if WITH_TORCH else (Onnx,):
        side = kind(args.folder, tokenizer)
        sides.append((side, side.best_batch([side.prepare(text) for text in texts])))
    if not WITH_TORCH:
        print("sentence-transformers is left out: PyPI's torch brings 3 GB of CUDA's libraries; ./run bench --torch encoder\n")
    print(f"{peers.machine()}; {len(texts)} sentences, {sum(len(tokenizer.encode(text).ids) for text in texts)} tokens; "
          f"medians of {args.pairs} pairs")
    for side, size in sides:
        print(f"- {side.name} {side.version}: least cosine with the golden vectors {side.cosine():.6f}, its best batch {size}")
    print("\n| case | beside | CPU ratio | clock ratio | ours tokens/s | theirs | ours ms/text | theirs |")
    print("|---|---|---|---|---|---|---|---|")
    compare(args, sides, texts, tokenizer)


if __name__ == "__main__":
    main()
