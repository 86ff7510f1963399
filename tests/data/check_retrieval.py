#!/usr/bin/env python3
"""Checks the retrieval set and the question files against the articles.

Usage: check_retrieval.py [--root DIR]     exit 0 when all is well, 1 if not.
"""
import argparse
import collections
import json
import pathlib
import re
import sys

KINDS = ("in", "foreign", "ambiguous")
SPLITS = ("cal", "test")
LEAST = {"in": 126, "outside": 64, "questions": 220, "articles": 28}
BLANK = {"document", "heading", "key", "also"}


def flat(text):
    """Lower case with every run of white space as one blank."""
    return re.sub(r"\s+", " ", text.lower())


def read_sections(path):
    """Returns {heading: text} of one article; its title holds the opening."""
    sections = {}
    name = None
    for line in path.read_text(encoding="utf-8").splitlines():
        mark = re.match(r"##? (.+)", line)
        if mark:
            name = mark.group(1)
            sections[name] = ""
        elif name is not None:
            sections[name] += line + "\n"
    return sections


def read_lines(path):
    """Returns the lines that are neither blank nor comments."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def check_keys(row, section):
    """Yields what is wrong with the keys of one row."""
    keys = row.get("key")
    if not isinstance(keys, list) or not 1 <= len(keys) <= 3:
        yield "one to three keys are wanted"
        return
    for key in keys:
        choices = key if isinstance(key, list) else [key]
        for choice in choices:
            if choice != choice.lower():
                yield f"key {choice!r} is not lower case"
            if choice not in flat(section):
                yield f"key {choice!r} is not under the heading"


def check_row(row, articles):
    """Yields what is wrong with one row of the set."""
    if row.get("kind") not in KINDS or row.get("split") not in SPLITS:
        yield "kind or split is unknown"
        return
    if not str(row.get("question", "")).strip():
        yield "there is no question"
    if row["kind"] != "in":
        if BLANK & row.keys():
            yield "only an in-domain question has an answer"
        return
    sections = articles.get(row.get("document"))
    if sections is None:
        yield f"no article {row.get('document')}"
        return
    for other in row.get("also", []):
        if other not in articles:
            yield f"no article {other}"
    if row.get("heading") not in sections:
        yield f"no heading {row.get('heading')!r}"
        return
    yield from check_keys(row, sections[row["heading"]])


def read_rows(path, faults):
    """Returns the rows of the set; a line that is no JSON is a fault."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            rows.append(json.loads(line))
        except ValueError as reason:
            faults.append(f"line {number}: {reason}")
    return rows


def find_repeats(items):
    return [item for item, times in collections.Counter(items).items() if times > 1]


def check_balance(rows, faults):
    """The counts of each kind, halved, and every article in both halves."""
    inside = [row for row in rows if row["kind"] == "in"]
    if len(inside) < LEAST["in"] or len(rows) - len(inside) < LEAST["outside"]:
        faults.append("too few rows")
    for kind in KINDS:
        halves = collections.Counter(row["split"] for row in rows if row["kind"] == kind)
        if abs(halves["cal"] - halves["test"]) > 1:
            faults.append(f"{kind}: the halves differ, {dict(halves)}")
    for split in SPLITS:
        if len({row["document"] for row in inside if row["split"] == split}) < LEAST["articles"]:
            faults.append(f"{split}: not every article is asked about")


def check_synonyms(path, faults):
    lines = read_lines(path)
    for line in lines:
        if not re.fullmatch(r"[a-z0-9-]+( [a-z0-9-]+){0,3}: [^:,]+(, [^:,]+)*", line):
            faults.append(f"synonyms: {line!r}")
    faults += [f"synonyms: {word!r} twice" for word in find_repeats(l.split(":")[0] for l in lines)]
    return len(lines)


def check_generic(path, faults):
    words = read_lines(path)
    faults += [f"generic: {word!r}" for word in words if not re.fullmatch(r"[a-z]+", word)]
    faults += [f"generic: {word!r} twice" for word in find_repeats(words)]
    return len(words)


def main():
    parser = argparse.ArgumentParser()
    here = pathlib.Path(__file__).resolve()
    parser.add_argument("--root", type=pathlib.Path, default=here.parents[2])
    root = parser.parse_args().root
    folder = root / "assets" / "kb"
    faults = []

    articles = {path.name: read_sections(path) for path in sorted(folder.glob("*.md"))}
    rows = read_rows(root / "tests" / "data" / "retrieval.jsonl", faults)
    asked = [flat(line) for line in read_lines(folder / "questions.txt")]
    for row in rows:
        faults += [f"{row.get('id')}: {fault}" for fault in check_row(row, articles)]
        if flat(row.get("question", "")) in asked:
            faults.append(f"{row.get('id')}: is in questions.txt too")
    faults += [f"id {name} twice" for name in find_repeats(row.get("id") for row in rows)]
    faults += [f"{text!r} twice" for text in find_repeats(flat(row.get("question", "")) for row in rows)]
    faults += [f"questions.txt: {text!r} twice" for text in find_repeats(asked)]
    if not faults:
        check_balance(rows, faults)
    if len(articles) < LEAST["articles"] or len(asked) < LEAST["questions"]:
        faults.append("too few articles or questions")
    synonyms = check_synonyms(folder / "synonyms.txt", faults)
    generic = check_generic(folder / "generic.txt", faults)

    for fault in faults:
        print(fault, file=sys.stderr)
    kinds = collections.Counter((row.get("kind"), row.get("split")) for row in rows)
    print(f"articles {len(articles)}, questions {len(asked)}, synonyms {synonyms}, generic words {generic}")
    print(", ".join(f"{kind}/{split} {count}" for (kind, split), count in sorted(kinds.items())))
    print("ok" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
