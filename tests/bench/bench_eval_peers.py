#!/usr/bin/env python3
"""The evaluator beside the metrics of Ragas that need no language model, on the labelled answers of tests/data/eval.

    bench_eval_peers.py BUILD_DIR

The packages are installed where tests keep theirs (peer/evaluation.lock). Ragas' metrics compare an answer with a
reference; here that is what the answer was made from: its sections, one after the other. Where "weakest sentence" is
said, each sentence of the answer is compared with each section, its best counts, and the least of them is the answer's:
the way ours looks at it. Abstentions are left out, as in ours. Nothing is tuned. Prints Markdown.
"""

import argparse
import asyncio
import json
import pathlib
import re
import subprocess
import time
import warnings
from importlib.metadata import version

import peers

peers.need("evaluation")
warnings.simplefilter("ignore")

from ragas.metrics.collections import (  # noqa: E402
    BleuScore, CHRFScore, NonLLMStringSimilarity, QuotedSpansAlignment, RougeScore)

KB = peers.SOURCE / "assets/kb"
SETS = ("cal-1", "cal-2", "cal-3", "test")
GOOD = ("faithful", "paraphrase")
KINDS = ("number", "number-same-article", "name", "negation", "invented", "off-topic")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'])|\n+")


def sections():
    """{"DOCUMENT#heading": text}."""
    found = {}
    for path in KB.glob("*.md"):
        _, *parts = path.read_text().split("\n## ")
        for part in parts:
            heading, _, body = part.partition("\n")
            found[f"{path.name}#{heading.strip()}"] = f"{heading.strip()}\n{body.strip()}"
    return found


def rows_of(name, texts):
    """(kind, answer, texts of its sections); None without the file."""
    path = peers.SOURCE / f"tests/data/eval/{name}.jsonl"
    if not path.exists():
        return None
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [(row["kind"], row["answer"], [texts[reference] for reference in row["contexts"]])
            for row in rows if row["kind"] != "abstain"]


def whole(metric):
    async def score(answer, contexts):
        return (await metric.ascore(reference="\n".join(contexts), response=answer)).value
    return score


def weakest(metric):
    async def score(answer, contexts):
        sentences = [sentence for sentence in SENTENCE.split(answer) if sentence.strip()]
        return min([max([(await metric.ascore(reference=context, response=sentence)).value for context in contexts])
                    for sentence in sentences])
    return score


def quoted(metric):
    async def score(answer, contexts):
        return (await metric.ascore(response=answer, retrieved_contexts=contexts)).value
    return score


METRICS = {
    "RougeScore (rougeL, F)": whole(RougeScore()),
    "RougeScore (rougeL, precision)": whole(RougeScore(mode="precision")),
    "RougeScore (rouge1, precision), weakest sentence": weakest(RougeScore(rouge_type="rouge1", mode="precision")),
    "RougeScore (rougeL, precision), weakest sentence": weakest(RougeScore(mode="precision")),
    "BleuScore": whole(BleuScore()),
    "CHRFScore": whole(CHRFScore()),
    "NonLLMStringSimilarity": whole(NonLLMStringSimilarity()),
    "QuotedSpansAlignment": quoted(QuotedSpansAlignment()),
}


def auroc(good, bad):
    """P(good over bad) + P(equal) / 2."""
    return sum((g > b) + 0.5 * (g == b) for g in good for b in bad) / (len(good) * len(bad))


def measure(score, rows):
    """([AUROC over all bad, over each kind], CPU us an answer)."""
    async def run():
        return [await score(answer, contexts) for _, answer, contexts in rows]

    start = time.process_time()
    scores = asyncio.run(run())
    spent = (time.process_time() - start) / len(rows) * 1e6
    good = [s for s, (kind, _, _) in zip(scores, rows) if kind in GOOD]
    by_kind = [[s for s, row in zip(scores, rows) if row[0] == kind] for kind in KINDS]
    return [auroc(good, bad) for bad in [sum(by_kind, []), *by_kind]], spent


def measure_ours(build, name):
    """The same of lexical-1, from the tables that eval prints."""
    out = subprocess.run([pathlib.Path(build) / "tests/bench/eval", KB, "--test", peers.SOURCE / f"tests/data/eval/{name}.jsonl"],
                         capture_output=True, text=True).stdout
    first = {line.split()[0]: line.split() for line in reversed(out.splitlines()) if line.strip()}
    evaluator = first["lexical-1"]
    return [float(evaluator[1]), *(float(first[kind][2]) for kind in KINDS)], float(evaluator[-1])


def report(name, build, texts):
    rows = rows_of(name, texts)
    if rows is None:
        print(f"\n{name}.jsonl is not there: nothing is measured on it")
        return
    ours, our_us = measure_ours(build, name)
    print(f"\n`{name}`, {len(rows)} answers:\n\n| | ours / theirs, time | AUROC | " + " | ".join(KINDS) + " | CPU us an answer |")
    print("|---|---|---|" + "---|" * len(KINDS) + "---|")

    def line(title, ratio, values, us):
        print(f"| {title} | {ratio} | " + " | ".join(f"{value:.3f}" for value in values) + f" | {us:.0f} |", flush=True)

    line("lexical-1", "", ours, our_us)
    for title, score in METRICS.items():
        values, us = measure(score, rows)
        line(title, peers.short(our_us / us), values, us)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    args = parser.parse_args()
    print(f"{peers.machine()}; Ragas {version('ragas')}, rouge-score {version('rouge-score')}, sacrebleu {version('sacrebleu')}, "
          f"rapidfuzz {version('rapidfuzz')}; one thread each, CPU time")
    texts = sections()
    for name in SETS:
        report(name, args.build, texts)


if __name__ == "__main__":
    main()
