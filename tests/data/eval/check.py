#!/usr/bin/env python3
"""Checks the labelled answers against their form and the articles.

Usage: check.py [--root DIR] [--set cal-1|cal-2|cal-3|test] [--part]

Without --set every set that is there is checked; --part leaves out the
counts, for a set that is still being written. Exit 0 when all is well, 1 if
not. Only ids and faults are printed, never an answer.
"""
import argparse
import collections
import difflib
import json
import pathlib
import re
import sys

GOOD = ("faithful", "paraphrase")
ONE_CHANGE = ("number", "number-same-article", "name", "negation", "invented")
LEAST = {
    "faithful": 28,
    "paraphrase": 42,
    "number": 18,
    "number-same-article": 18,
    "name": 34,
    "negation": 34,
    "invented": 34,
    "off-topic": 32,
    "abstain": 32,
}
FIELDS = {"id", "pair", "article", "split", "kind", "question", "contexts", "answer"}
ARTICLES = {
    "cal-1": """access-requests api-keys-rate-limits bug-reports data-classification
        email-mailbox file-shares incident-severity laptop-requests monitoring-alerts
        office-wifi password-reset postmortems refunds-plan-changes security-policy
        sla-response-times video-meetings""".split(),
    "cal-2": """account-access billing-invoices change-management database-backup
        feature-requests incident-response joiners-and-leavers mobile-devices
        multi-factor-authentication on-call-escalation phishing printing
        remote-desktop service-outage software-installation vpn""".split(),
}
ARTICLES["cal-3"] = ARTICLES["test"] = sorted(ARTICLES["cal-1"] + ARTICLES["cal-2"])
LETTERS = {"cal-1": "c", "cal-2": "t", "cal-3": "f", "test": "g"}  # that the ids of a set begin with
WORDS = (12, 90)  # of an answer
APART = (0.10, 2)  # lengths within a pair: this share of the original, or this many words
KIND_APART = 0.10  # mean length of a kind against the mean of all
# Rows of the largest article against the smallest; sets about all articles have few of each.
SHARE_APART = {"cal-1": 1.5, "cal-2": 1.5, "cal-3": 4, "test": 4}
RUNS = {"name": 2, "negation": 3}  # runs of changed words
RUN_WORDS = 12  # changed words in a name or negation, old and new together
SHARED_LEAST = 0.3  # of the words of an original that holds an invented sentence
RUN_FOREIGN = 6  # an off-topic answer shares no such run with its contexts

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen
    fourteen fifteen sixteen seventeen eighteen nineteen""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SCALES = {"hundred": 100, "thousand": 1000, "million": 1000000}
VALUES = {word: value for value, word in enumerate(ONES)}
VALUES.update({word: 10 * value for value, word in enumerate(TENS, 2)})
# A number and its unit, said in the next smaller or larger unit.
FACTORS = {"week": 7, "hour": 60, "minute": 1 / 60, "year": 12, "month": 1 / 12, "day": 1 / 7}


def read_sections(path):
    """Returns {heading: text} of one article."""
    parts = re.split(r"^## (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def split_tokens(text):
    """Words, numbers and marks in lower case; a hyphen separates."""
    return re.findall(r"\d+(?:[.,:]\d+)*|[^\W\d_]+|[^\w\s-]", text.lower())


def read_value(run):
    """Returns the value of a run of number words, or of one figure."""
    if run[0][0].isdigit():
        plain = run[0].replace(",", "")
        return plain if ":" in plain else float(plain)
    total = part = 0
    for word in run:
        if word in VALUES:
            part += VALUES[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        else:
            total += max(part, 1) * SCALES[word]
            part = 0
    return float(total + part)


def split_numbers(text):
    """Returns the tokens with each number as '#', and the (value, unit) of each.

    A plural s is taken off, so that "1 hour" and "2 hours" differ in nothing else.
    """
    skeleton, numbers, run = [], [], []
    for token in split_tokens(text) + ["."]:
        figure = token[0].isdigit()
        if run and (figure or run[0][0].isdigit() or token not in VALUES and token not in SCALES):
            numbers.append((read_value(run), token.rstrip("s")))
            skeleton.append("#")
            run = []
        if figure or token in VALUES or token in SCALES:
            run.append(token)
        else:
            skeleton.append(token.rstrip("s") or token)
    return skeleton, numbers


def spell_values(number):
    """The value, and the same in the next unit."""
    value, unit = number
    if isinstance(value, str) or unit not in FACTORS:
        return {value}
    return {value, round(value * FACTORS[unit], 6)}


def check_number(row, good, text):
    """Exactly one number differs, and it stands, or does not stand, in the contexts."""
    old, old_numbers = split_numbers(good["answer"])
    new, new_numbers = split_numbers(row["answer"])
    if old != new:
        yield "more than a number is changed"
        return
    changed = [pair for pair in zip(old_numbers, new_numbers) if pair[0][0] != pair[1][0]]
    if len(changed) != 1:
        yield f"{len(changed)} numbers are changed"
        return
    there = set().union(*(spell_values(number) for number in split_numbers(text)[1]))
    found = bool(spell_values(changed[0][1]) & there)
    if found != (row["kind"] == "number-same-article"):
        yield f"the new number stands {'in' if found else 'nowhere in'} the contexts"


def check_runs(row, good):
    """A name or negation changes few words in few places."""
    old, new = split_tokens(good["answer"]), split_tokens(row["answer"])
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    steps = [step for step in steps if step[0] != "equal"]
    changed = sum(step[2] - step[1] + step[4] - step[3] for step in steps)
    if not 1 <= len(steps) <= RUNS[row["kind"]] or changed > RUN_WORDS:
        yield f"{changed} words are changed in {len(steps)} places"


def check_invented(row, good):
    """One place is changed, and enough of the original is left."""
    old, new = good["answer"].split(), row["answer"].split()
    least = min(len(old), len(new))
    head = next((i for i in range(least) if old[i] != new[i]), least)
    tail = next((i for i in range(least - head) if old[-1 - i] != new[-1 - i]), least - head)
    if head + tail < SHARED_LEAST * len(old):
        yield "too little of the original is left"


def check_foreign(row, text):
    """An off-topic answer has no longer run of words in common with the contexts."""
    source = " ".join(split_tokens(text))
    tokens = split_tokens(row["answer"])
    for start in range(len(tokens) - RUN_FOREIGN + 1):
        if " ".join(tokens[start : start + RUN_FOREIGN]) in source:
            yield "comes from its contexts"
            return


def check_length(row, good):
    original, length = len(good["answer"].split()), len(row["answer"].split())
    if abs(length - original) > max(APART[0] * original, APART[1]):
        yield f"has {length} words, its original {original}"


def check_form(row, name, articles):
    """Yields what is wrong with one row on its own."""
    if set(row) != FIELDS:
        yield "the fields are not those wanted"
        return
    if not re.fullmatch(LETTERS[name] + r"\d{3}", row["id"]) or row["split"] != name:
        yield "id or split is not of this set"
    if row["article"].removesuffix(".md") not in ARTICLES[name]:
        yield f"{row['article']} is not of this set"
    if row["kind"] not in LEAST:
        yield f"kind {row['kind']} is unknown"
    if len(row["contexts"]) != 3 or len(set(row["contexts"])) != 3:
        yield "three different contexts are wanted"
    for reference in row["contexts"]:
        document, _, heading = reference.partition("#")
        if heading not in articles.get(document, {}):
            yield f"there is no {reference}"
    if not any(reference.startswith(row["article"] + "#") for reference in row["contexts"]):
        yield "no context is of its own article"
    if not WORDS[0] <= len(row["answer"].split()) <= WORDS[1]:
        yield f"has {len(row['answer'].split())} words"


def check_derived(row, good, text):
    """Yields what is wrong with a bad answer beside its original."""
    yield from check_length(row, good)
    if row["kind"].startswith("number"):
        yield from check_number(row, good, text)
    elif row["kind"] in RUNS:
        yield from check_runs(row, good)
    elif row["kind"] == "invented":
        yield from check_invented(row, good)
    else:
        yield from check_foreign(row, text)


def check_pair(rows, articles):
    """Yields (id, fault) for the rows that share a pair id."""
    first = rows[0]
    for row in rows:
        if any(row[field] != first[field] for field in ("question", "contexts", "article")):
            yield row["id"], "differs from its pair in question, contexts or article"
    if any(row["kind"] == "abstain" for row in rows):
        if len(rows) > 1:
            yield first["id"], "an abstention stands alone"
        return
    goods = [row for row in rows if row["kind"] in GOOD]
    if len(goods) != 1:
        yield first["id"], f"the pair has {len(goods)} good answers"
        return
    parts = (reference.partition("#") for reference in first["contexts"])
    text = "\n".join(articles[document][heading] for document, _, heading in parts)
    for row in rows:
        if row is not goods[0]:
            yield from ((row["id"], fault) for fault in check_derived(row, goods[0], text))


def find_file(root, name):
    return root / "tests" / "data" / "eval" / f"{name}.jsonl"


def read_rows(path, faults):
    """Returns the rows of a set; a line that is no JSON object is a fault."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict):
            rows.append(row)
        else:
            faults.append(f"{path.name} line {number}: is no JSON object")
    return rows


def group_rows(rows, field):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row[field]].append(row)
    return groups


def mean_words(rows):
    return sum(len(row["answer"].split()) for row in rows) / max(len(rows), 1)


def check_balance(rows, name, faults):
    """Counts, shares of the articles, mean lengths and the origin of bad answers."""
    kinds = group_rows(rows, "kind")
    for kind, least in LEAST.items():
        if len(kinds[kind]) < least:
            faults.append(f"{name}: {len(kinds[kind])} {kind}, {least} are wanted")
    if len(kinds["paraphrase"]) < len(kinds["faithful"]):
        faults.append(f"{name}: fewer paraphrases than faithful answers")
    shares = [len(group_rows(rows, "article")[f"{article}.md"]) for article in ARTICLES[name]]
    if max(shares) > SHARE_APART[name] * min(shares):
        faults.append(f"{name}: articles have {min(shares)} to {max(shares)} rows")
    mean = mean_words([row for row in rows if row["kind"] != "abstain"])
    for kind in LEAST:
        if kind != "abstain" and abs(mean_words(kinds[kind]) - mean) > KIND_APART * mean:
            faults.append(f"{name}: {kind} has {mean_words(kinds[kind]):.1f} words, all {mean:.1f}")


def print_set(rows, name):
    """One line a kind: rows, mean length, how many derive from a paraphrase."""
    good = {row["pair"]: row["kind"] for row in rows if row["kind"] in GOOD}
    print(f"{name}: {len(rows)} rows, {len(group_rows(rows, 'pair'))} pairs")
    for kind in LEAST:
        mine = [row for row in rows if row["kind"] == kind]
        line = f"  {kind:20} {len(mine):3} rows, {mean_words(mine):5.1f} words"
        if kind in ONE_CHANGE:
            line += f", {sum(good[row['pair']] == 'paraphrase' for row in mine)} of a paraphrase"
        print(line)


def check_set(root, name, part, faults):
    folder = root / "assets" / "kb"
    articles = {path.name: read_sections(path) for path in sorted(folder.glob("*.md"))}
    rows = read_rows(find_file(root, name), faults)
    before = len(faults)
    for row in rows:
        faults += [f"{row.get('id')}: {fault}" for fault in check_form(row, name, articles)]
    for field in ("id", "answer"):
        times = collections.Counter(row.get(field) for row in rows)
        faults += [f"{row['id']}: {field} twice" for row in rows if times[row.get(field)] > 1]
    if len(faults) > before:
        return
    for members in group_rows(rows, "pair").values():
        faults += [f"{row_id}: {fault}" for row_id, fault in check_pair(members, articles)]
    if not part:
        check_balance(rows, name, faults)
    if len(faults) == before:
        print_set(rows, name)


def main():
    parser = argparse.ArgumentParser()
    here = pathlib.Path(__file__).resolve()
    parser.add_argument("--root", type=pathlib.Path, default=here.parents[3])
    parser.add_argument("--set", choices=sorted(ARTICLES))
    parser.add_argument("--part", action="store_true")
    options = parser.parse_args()
    faults = []
    sets = [options.set] if options.set else sorted(ARTICLES)
    there = [name for name in sets if find_file(options.root, name).exists()]
    for name in there:
        check_set(options.root, name, options.part, faults)
    if not there:
        faults.append("there is no set to check")
    for fault in faults:
        print(fault, file=sys.stderr)
    print("ok" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
