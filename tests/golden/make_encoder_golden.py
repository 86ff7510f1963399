#!/usr/bin/env python3
"""Writes tests/data/golden/encoder_golden.json: texts with the token ids and the vectors that
sentence-transformers gives them.

    make_encoder_golden.py FOLDER > tests/data/golden/encoder_golden.json

FOLDER holds the model as sentence-transformers lays it out (model.safetensors, vocab.txt, tokenizer.json,
modules.json ...). Needs sentence-transformers from PyPI and no network.
"""

import hashlib
import importlib.metadata
import json
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

ACCENTS = "\u0300\u0301\u0308\u0327\u0323"

TEXTS = [
    # What people ask, and what the articles say.
    "How do I reset my password?",
    "VPN drops every hour",
    "printer",
    "I can't log in to my account since this morning, it says the certificate has expired.",
    "Open Settings > Network & Internet > VPN, choose the profile and select Disconnect.",
    "Tickets of priority P1 are answered within 15 minutes, 24/7; P2 within 4 hours on business days.",
    "The backup of 2026-11-23T21:45:00Z failed with error 0x80070005 (access denied).",
    "E-mail: it-support@example.com, phone +1 (555) 010-9999, https://example.com/kb?id=42#top",
    "sudo apt-get install --no-install-recommends libfoo-dev=1.2.3+deb12u1 && reboot",
    "SELECT count(*) FROM users WHERE name = 'O''Brien' AND active IS NOT NULL;",
    "C:\\Users\\Public\\Documents\\report_v2.final(3).xlsx",
    "Don't worry -- we're on it... won't take long!!! (promise?)",
    "IMPORTANT: ALL STAFF MUST ROTATE THEIR CREDENTIALS",
    "iPhone, macOS, GitHub, eBay, McDonald, XMLHttpRequest",
    "3.14159 1,000,000 1e-9 50% $99.95 \u20ac12,50 \u00a37 \u00a5800 7\u00bd \u00b2\u2153",
    "a",
    "I",
    "?",
    "...",
    "the the the the the the the the",
    # Nothing at all, or next to it.
    "",
    " \t\r\n ",
    "\u00a0\u2003\u3000\u2028\u2029",
    "\u0001\u0002\u0007\u001b\u007f\u0080\u0085\u009f",
    "\u200b\u200d\u2060\ufeff\u00ad",
    # Accents, composed and not.
    "caf\u00e9 na\u00efve r\u00e9sum\u00e9 \u00fcber Stra\u00dfe gro\u00df \u00c6r\u00f8sk\u00f8bing",
    "cafe\u0301 nai\u0308ve u\u0308ber A\u030angstro\u0308m",
    f"z{ACCENTS}a{ACCENTS}l{ACCENTS}g{ACCENTS}o",
    "\u0110\u1eb7ng nh\u1eadp kh\u00f4ng \u0111\u01b0\u1ee3c, m\u1eadt kh\u1ea9u \u0111\u00e3 h\u1ebft h\u1ea1n",
    "\u0130stanbul'da \u015eifre s\u0131f\u0131rlama: I\u011fd\u0131r, \u00c7anakkale",
    "Za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 ja\u017a\u0144",
    "\u017eluťou\u010dk\u00fd k\u016f\u0148 p\u011bl ď\u00e1belsk\u00e9 \u00f3dy",
    "\ufb01le \ufb02ow \u01c4 \u01c6 \u0149 \u1e9e \u017f\u00b5\u2126\u212a\u212b",
    "\uff28\uff45\uff4c\uff4c\uff4f \uff11\uff12\uff13 \uff01",
    # Other scripts.
    "\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 \u039a\u03cc\u03c3\u03bc\u03b5, \u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u1f00\u03c1\u03c7\u1fc6\u03c2\u037e",
    "\u041a\u0430\u043a \u0441\u0431\u0440\u043e\u0441\u0438\u0442\u044c \u043f\u0430\u0440\u043e\u043b\u044c? \u0401\u043b\u043a\u0430 \u0419\u043e\u0434 \u0407\u0436\u0430\u043a",
    "\u092e\u0947\u0930\u093e \u092a\u093e\u0938\u0935\u0930\u094d\u0921 \u0930\u0940\u0938\u0947\u091f \u0915\u0930\u0947\u0902\u0964 \u0958 \u0929",
    "\u0995\u09c0\u09ad\u09be\u09ac\u09c7 \u09aa\u09be\u09b8\u0993\u09df\u09be\u09b0\u09cd\u09a1",
    "\u0ba8\u0bbe\u0ba9\u0bcd \u0b95\u0b9f\u0bb5\u0bc1\u0b9a\u0bcd\u0b9a\u0bca\u0bb2\u0bcd\u0bb2\u0bc8",
    "\u0e09\u0e31\u0e19\u0e25\u0e37\u0e21\u0e23\u0e2b\u0e31\u0e2a\u0e1c\u0e48\u0e32\u0e19 \u0e40\u0e02\u0e49\u0e32\u0e23\u0e30\u0e1a\u0e1a\u0e44\u0e21\u0e48\u0e44\u0e14\u0e49",
    "\u0643\u064a\u0641 \u0623\u0639\u064a\u062f \u062a\u0639\u064a\u064a\u0646 \u0643\u064e\u0644\u0650\u0645\u064e\u0629 \u0627\u0644\u0645\u0631\u0648\u0631\u061f \u0661\u0662\u0663",
    "\u05d0\u05d9\u05da \u05dc\u05d0\u05e4\u05e1 \u05e1\u05b4\u05d9\u05e1\u05b0\u05de\u05b8\u05d4\u05f3 \u202b\u05d0\u202c",
    "\u5982\u4f55\u91cd\u7f6e\u6211\u7684\u5bc6\u7801\uff1fVPN\u8fde\u63a5\u5931\u8d25\u3002",
    "\u30d1\u30b9\u30ef\u30fc\u30c9\u3092\u5fd8\u308c\u307e\u3057\u305f\u3002\u304c \uff76\uff9e \u30d7\u30ea\u30f3\u30bf\u30fc",
    "\ube44\ubc00\ubc88\ud638\ub97c \uc7ac\uc124\uc815\ud558\ub294 \ubc29\ubc95 \uac01 \u1112\u1161\u11ab",
    "\uf900\ufa10\U00020000\U0002a6df\U0002b820\U0002b920\U0002f800 \u3402\u4dbf\u4dc0",
    "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0 \u1c90\u1c91 \u0531\u0582 \u13a0\uab70",
    "\u1780\u17d2\u1793\u17bb\u1784 \u0f40\u0f0b\u0f41 \u1019\u103c\u1014\u103a",
    # Pictures and signs.
    "the server is down \U0001f525\U0001f525 help \U0001f64f\U0001f3fd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f \U0001f1e9\U0001f1ea 1\ufe0f\u20e3",
    "smile\U0001f600face \u2713 \u2717 \u2192 \u21d2 \u2260 \u2264 \u221e \u2211 \u00b1 \u00b0C \u2122 \u00a9 \u00ae",
    "\u201cquoted\u201d \u2018single\u2019 \u00abguillemets\u00bb \u2013 en \u2014 em \u2026 \u2022 bullet \u00b7 \u00a7 \u00b6 \u2020 \u00bf \u00a1",
    "`code` ~tilde~ ^caret^ _under_ |pipe| {brace} <angle> [bracket] #hash @at \\back /slash *star* +plus =eq",
    "\U0001d54b\U0001d559\U0001d556 \U0001d400 \u24b6\u2460 \u2169 \u3231 \u33c2",
    # Long words and long texts.
    "x" * 100,
    "x" * 101,
    "\u00e9" * 100 + " " + "e\u0301" * 100 + " " + "\u00e9" * 101,
    "pneumonoultramicroscopicsilicovolcanoconiosis antidisestablishmentarianism",
    "donaudampfschifffahrtselektrizit\u00e4tenhauptbetriebswerkbauunterbeamtengesellschaft",
    "a" * 5000,
    "8f14e45fceea167a5a36dedd4bea2543 deadbeef-cafe-4bad-9f00-0123456789ab",
    " ".join(["Restart the service, then check the log for errors."] * 22) + " The end.",
    " ".join(str(n) for n in range(400)),
    "!" * 600,
    "\u5bc6" * 300,
    " ".join(["unbelievably"] * 84) + " internationalization",
    # What could confuse a reader of special tokens.
    "[CLS] hello [SEP] world [MASK] [PAD] [UNK]",
    "foo[SEP]bar [sep] [ SEP ] [[MASK]] [CLS",
    "##ing ## # ##",
    "line one\nline two\r\nline three\ttab\u000bvt\u000cff",
    "zero\u200bwidth soft\u00adhyphen word\u2060joiner bom\ufeff replacement\ufffdcharacter private\ue000use",
    "no\u00a0break thin\u2009space ideographic\u3000space line\u2028separator ogham\u1680space",
]


def main():
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    folder = pathlib.Path(sys.argv[1])
    model = SentenceTransformer(str(folder), device="cpu")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    cases = []
    for text in TEXTS:
        ids = model.tokenizer(text, truncation=True, max_length=model.max_seq_length)["input_ids"]
        vector = model.encode(text, normalize_embeddings=True)
        case = {"text": text, "ids": ids, "vector": [round(float(x), 7) for x in vector]}
        if not any(token in text for token in model.tokenizer.all_special_tokens):
            normal = tokenizer.normalizer.normalize_str(text)
            case["words"] = [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]
        cases.append(case)
    head = {
        "about": "made by tests/golden/make_encoder_golden.py",
        "versions": {name: importlib.metadata.version(name)
                     for name in ("sentence-transformers", "transformers", "tokenizers", "torch")},
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
                   for name in ("model.safetensors", "vocab.txt", "tokenizer.json")},
    }
    lines = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in cases)
    print(json.dumps(head, indent=1)[:-2] + ',\n "cases": [\n' + lines + "\n ]\n}")


if __name__ == "__main__":
    main()
