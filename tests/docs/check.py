#!/usr/bin/env python3
"""What the documents say of the programs, held against the programs.

    check.py SOURCE_ROOT BUILD_ROOT

Links lead somewhere, commands and options are those of --help, keys and typed commands those of the console's tables,
settings those that exist, paths those that the running server describes; the guides' curl examples are run against it.
Then each check is shown a sentence that is wrong, and must notice. Prints TAP. A fence with a
name other than sh or bash (text, json) is what a program says; code without one, and indented code, are commands.
"""

import importlib.util
import itertools
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1]).resolve()
BUILD = pathlib.Path(sys.argv[2]).resolve()
os.environ["TW_BUILD_ROOT"] = str(BUILD)
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/e2e"))
from server import Server  # noqa: E402
from test_llm_api import wait_until_loaded  # noqa: E402

CONSOLE = BUILD / "src/tui/tidewatch"
SERVER = BUILD / "src/server/tidewatchd"
LISTENERS = {8000: "ml", 8001: "llm", 8002: "vector", 8003: "ops"}
RUN_IN = ("README.md", "docs/guides/")  # whose curl examples are run
KEYS_IN = ("README.md", "docs/console.md", "docs/guides/")
TOP = "src tests docs prom assets dist debian".split()
count = failures = 0


def point(name, problems):
    global count, failures
    count += 1
    problems = list(problems)
    failures += bool(problems)
    print(f"{'not ok' if problems else 'ok'} {count} - {name}")
    for problem in problems:
        print(f"# {problem}", flush=True)


# ---- What a document has ---------------------------------------------------------------------------


class Document:
    """Its prose (code blanked), inline code, and blocks of commands; a block is its text."""

    def __init__(self, name, text):
        self.name, self.text = name, text
        self.blocks, prose, fence, block = [], [], None, []
        for line in [*text.splitlines(), ""]:
            mark = re.match(r"\s*```(\w*)", line)
            if mark:
                if fence in ("", "sh", "bash"):
                    self.blocks.append("\n".join(block))
                fence, block = (mark[1] if fence is None else None), []
            elif fence is not None:
                block.append(line)
            elif line.startswith("    ") and (block or not prose or not prose[-1].strip()):
                block.append(line.strip())
            else:
                if block:
                    self.blocks.append("\n".join(block))
                block = []
                prose.append(line)
        prose = "\n".join(prose)
        self.spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
        self.prose = re.sub(r"`[^`]*`", lambda m: "`" + "x" * (len(m[0]) - 2) + "`", prose)
        self.code = [*self.spans, *self.commands()]

    def commands(self):
        """The lines of its blocks, those that go on in one."""
        for block in self.blocks:
            yield from re.sub(r"\\\n\s*", " ", block).splitlines()

    def anchors(self):
        titles = re.findall(r"^#+ (.+)$", self.text, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def documents():
    names = ["README.md", "SECURITY.md", "CHANGELOG.md"]
    names += sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
    return {name: Document(name, (ROOT / name).read_text()) for name in names}


# ---- Links and files -------------------------------------------------------------------------------


def is_there(path):
    """A file or a pattern of some, or a program by the place where it is built."""
    return any(list(ROOT.glob(name)) for name in (path, path.replace("-", "_") + ".c", path + ".c"))


def broken_links(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", document.prose):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / document.name).parent / path if path else ROOT / document.name
        if not file.exists():
            yield f"{document.name}: no file {target}"
        elif anchor and anchor not in (document if not path else Document(path, file.read_text())).anchors():
            yield f"{document.name}: no heading {target}"
    for span in document.spans:
        if re.fullmatch(rf"({'|'.join(TOP)})/[\w./*-]*", span) and "NAME" not in span and not is_there(span):
            yield f"{document.name}: no file {span}"


# ---- Commands and options --------------------------------------------------------------------------


def described():
    """dist/describe.py, which reads what the programs say of themselves."""
    spec = importlib.util.spec_from_file_location("describe", ROOT / "dist/describe.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def said(program, *words):
    environment = {**os.environ, "BUILD_DIR": str(BUILD)}
    return subprocess.run([str(program), *words], check=True, text=True, capture_output=True, env=environment).stdout


def options_of_run(text):
    """{command: its options} of what ./run help says; '' is ./run alone, which takes what up takes."""
    options, command = {}, ""
    for line in text.partition("\n\n")[0].splitlines():
        begin = re.match(r"\./run ?([a-z-]*)", line)
        command = begin[1] if begin else command
        options.setdefault(command, set()).update(re.findall(r"--([a-z][\w-]*)", line[:25]))
    options[""] |= options["up"]
    return options


class Programs:
    """What there is: {program: {command: its options}}, {program: its settings}, variables of the environment."""

    PASSED_ON = ("sim", "gameday", "alerts", "console")  # by ./run to the console

    def __init__(self):
        describe, run_help = described(), said(ROOT / "run", "help")
        self.options, self.settings = {"./run": options_of_run(run_help)}, {"./run": set()}
        for program in (CONSOLE, SERVER):
            self.settings[program.name] = {name for name, _, _ in describe.settings_of(program)}
            self.options[program.name] = {
                words: {option.name for option in options} for words, _, _, options in describe.commands_of(program)}
        for options in self.options["tidewatchd"].values():
            options |= self.options["tidewatchd"][""] | {"config"}
        self.all_settings = set().union(*self.settings.values())
        self.environment = {"TIDEWATCH_CONFIG", *re.findall(r"\b[A-Z]+_[A-Z_]+\b", run_help)}
        self.environment.update(re.findall(r"also (\w+)", said(SERVER, "--help-settings")))
        self.environment.update("TIDEWATCH_" + name.upper().replace(".", "_") for name in self.all_settings)

    def command_of(self, program, words):
        """The longest command that the words begin with; None when they are none. Capitals stand for any."""
        known = self.options[program]
        plain = list(itertools.takewhile(lambda word: re.fullmatch(r"[a-z][a-z-]*|[A-Z]+", word), words))
        for n in range(len(plain), 0, -1):
            if " ".join(plain[:n]) in known:
                return " ".join(plain[:n])
        is_group = len(plain) == 1 or plain[1:2] and plain[1].isupper()
        if not plain or plain[0].isupper() or is_group and any(name.startswith(plain[0] + " ") for name in known):
            return ""
        return None

    def problem(self, program, words):
        """What is wrong with a program's words, or None."""
        if program == "./run" and words and words[0] in self.PASSED_ON:
            ours = {f"--{name}" for name in self.options["./run"][words[0]]}
            words = [word for word in words[words[0] == "console":] if word not in ours]
            return self.problem("tidewatch", words)
        command = self.command_of(program, words)
        if command is None:
            return f"no command {' '.join(words[:2])}"
        known = self.options[program].get(command, set()) | {"help", "version"} | self.settings[program]
        for word in words:
            option = re.match(r"--([\w.-]+)", word)
            if option and option[1] not in known:
                return f"{program} {command} has no {word}"
        return None


def called(line):
    """(program, words) of each call in a line of code."""
    start = r"(?:^|[;&|(] *|\$\(|exec tidewatch |sudo (?:-u \w+ )?)(?:[A-Z_]+=\S+ +)*"
    programs = r"(?:\S*/)?(tidewatchd?)|(?:\S*/)?(?<![\w.])(\./run)"
    for call in re.finditer(rf"{start}(?:{programs})(?= |$)([^#;&|>()]*(?:\|[a-z]+[^#;&|>()]*)*)", line):
        yield call[1] or call[2], [word.strip("[]'\"") for word in call[3].split() if word.strip("[]")]


def wrong_commands(document, programs):
    for line in document.code:
        for program, words in called(line):
            problem = programs.problem(program, words)
            if problem:
                yield f"{document.name}: {problem}, in: {line}"


# ---- Settings --------------------------------------------------------------------------------------


def wrong_settings(document, programs):
    sections = {name.partition(".")[0] for name in programs.all_settings}
    files = "md c h py json yml sh db csv key conf go log token txt tape service target html"
    for line in document.code:
        for name in re.findall(r"(?<![\w./-])(?:--)?([a-z]+\.[a-z_]+)(?=[`=\s,:]|$)", line):
            section, _, key = name.partition(".")
            if section in sections and key not in files.split() and name not in programs.all_settings:
                yield f"{document.name}: no setting {name}"
        for name in re.findall(r"(?<!\w)TIDEWATCH_[A-Z_]+", line):
            if name not in programs.environment and name not in OTHER_VARIABLES:
                yield f"{document.name}: no variable {name}"


# Of Grafana's provisioning, of the tests, and a name for any of them.
OTHER_VARIABLES = {"TIDEWATCH_GRAFANA", "TIDEWATCH_ENCODER_WEIGHTS", "TIDEWATCH_SECTION_KEY"}


# ---- Keys ------------------------------------------------------------------------------------------

NAMED = {"ENTER": "Enter", "ESC": "Esc", "SPACE": "Space", "TAB": "Tab", "UP": "Up", "DOWN": "Down", "LEFT": "Left",
         "RIGHT": "Right", "PAGE_UP": "PgUp", "PAGE_DOWN": "PgDn", "HOME": "Home", "END": "End", "F1": "F1",
         "CTRL_C": "Ctrl-C", "CTRL_L": "Ctrl-L", "CTRL_Z": "Ctrl-Z", "DELETE": "Delete", "BACKSPACE": "Backspace"}


def console_keys():
    """(every key of the table in src/tui/state/keys.c, those that are characters and bound in a view)"""
    text = (ROOT / "src/tui/state/keys.c").read_text()
    table = text[text.index("key_bindings[] = {"):]
    table = table[:table.index("\n};")]
    keys = {f"F{n}" for n in range(2, 2 + int(re.search(r"N_F_VIEWS (\d+)", text)[1]))}
    views = set()
    for names, last, rest in re.findall(r"\n    \{\{([^}]*)\},\s*('.'|\w[\w +]*),\s*([^,]*),", table):
        characters = re.findall(r"'(\\?.)'", names)
        if last.startswith("'"):
            characters = [chr(c) for c in range(ord(characters[0]), ord(last[1]) + 1)]
        keys.update(characters, (NAMED[name] for name in re.findall(r"INPUT_(\w+)", names) if name in NAMED))
        if "VIEWS" in rest or "TIMES" in rest or "BOARDS" in rest:
            views.update(characters)
    return keys, views


def typed_commands():
    text = (ROOT / "src/tui/state/prompt_table.c").read_text()
    return set(re.findall(r'\[PROMPT_\w+\] = \{"([^"]+)"', text)) | set(key_words())


def key_words():
    """What keys do, as it can be typed: the words of keys.c."""
    text = (ROOT / "src/tui/state/keys.c").read_text()
    return re.findall(r'\{ACTION_\w+, "([a-z-]+)"\}', text)


def wrong_keys(document):
    keys, _ = console_keys()
    for span in document.spans:
        if len(span) == 1 and span not in keys:
            yield f"{document.name}: no key {span}"
        command = re.match(r":([a-z]+)\b", span)
        if command and command[1] not in typed_commands():
            yield f"{document.name}: no command {span}"
    for name in re.findall(r"(?<![\w-])(F\d+|Ctrl-\w)(?!\w)", document.prose):
        if name not in keys:
            yield f"{document.name}: no key {name}"


def untold_keys(document):
    told = {key for span in document.spans if len(span) == 1 for key in span} | set("123456789")
    return [f"{document.name}: does not tell of {key}" for key in sorted(console_keys()[1] - told)]


# ---- Paths, and the examples -----------------------------------------------------------------------


def described_paths(server):
    return {port: json.loads(server.get(name, "/openapi.json").body)["paths"] for port, name in LISTENERS.items()}


def has_path(paths, path, method=None):
    for template, methods in paths.items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", re.escape(template).replace(r"\{", "{").replace(r"\}", "}"))
        if re.fullmatch(pattern.replace(r"\*", ".*"), path) and (method is None or method.lower() in methods):
            return True
    return False


def wrong_paths(document, paths):
    for line in document.code:
        for port, path in re.findall(r"\bcurl\b.*?(?:localhost|127\.0\.0\.1):(800\d)(/[^\s'\"?|)]*)", line):
            if not has_path(paths.get(int(port), {}), path):
                yield f"{document.name}: no path {path} at {port}"
    for span in document.spans:
        request = re.fullmatch(r"(GET|POST|PUT|DELETE) (/[\w/{}-]*)", span)
        if request and not any(has_path(known, request[2], request[1]) for known in paths.values()):
            yield f"{document.name}: nothing answers {span}"


def examples(document):
    """Blocks of curl alone that ask our own listeners."""
    for block in document.blocks:
        lines = re.sub(r"\\\n", " ", block).splitlines()
        if re.search(r"(localhost|127\.0\.0\.1):800\d", block) and re.match(r"(\w+=\$\()?curl ", lines[0]):
            yield block


WRAPPER = """#!/bin/sh
exec "$REAL_CURL" --noproxy '*' --fail-with-body --max-time 60 -w '%{stderr}answered %{http_code}\\n' "$@"
"""


def failing_examples(document, server, folder):
    """Each block as it stands, but for the ports; the state folder is where it is by default."""
    home = pathlib.Path(folder)
    wrapper = home / "bin/curl"
    if not wrapper.exists():
        (home / "bin").mkdir()
        (home / ".local/state").mkdir(parents=True)
        (home / ".local/state/tidewatch").symlink_to(server.state)
        wrapper.write_text(WRAPPER)
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    real = subprocess.run(["sh", "-c", "command -v curl"], check=True, text=True, capture_output=True).stdout.strip()
    environment = {"PATH": f"{home}/bin:{os.environ['PATH']}", "HOME": str(home), "REAL_CURL": real}
    for block in examples(document):
        script = re.sub(r"(localhost|127\.0\.0\.1):(800[0-3])",
                        lambda m: f"127.0.0.1:{server.ports[LISTENERS[int(m[2])]]}", block)
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=home, env=environment, text=True,
                              capture_output=True, timeout=240)
        codes = re.findall(r"answered (\d+)", done.stderr)
        if done.returncode != 0 or len(codes) != len(re.findall(r"\bcurl ", block)) or any(c[0] != "2" for c in codes):
            told = f"{' '.join(codes)} {done.stdout[:300]} {done.stderr[-200:]}, in: {block}"
            yield f"{document.name}: {' '.join(told.split())}"


# ---- All of it, and whether it would notice ----------------------------------------------------------

BROKEN = [
    ("links", "See [there](nowhere.md)."),
    ("links", "See [there](docs/store.md#no-such-heading)."),
    ("links", "The code is in `src/server/nowhere/`."),
    ("commands", "Call `./run frobnicate`."),
    ("commands", "Call `./run up --slow-alerts`."),
    ("commands", "Call `./run sim drift --colour red`."),
    ("commands", "Call\n\n    tidewatch gamedays all\n\nfor it."),
    ("commands", "Call\n\n```\nFOO=1 tidewatch ask --loud What\n```\n"),
    ("commands", "Call `tidewatchd repair FILE`."),
    ("commands", "Call `sudo -u tidewatch tidewatchd backup FILE --quickly`."),
    ("commands", "Call `tidewatchd --drift.windows=3`."),
    ("settings", "Set `drift.windows`."),
    ("settings", "Set `TIDEWATCH_DRIFT_WINDOWS=3`."),
    ("keys", "Press `Q`."),
    ("keys", "Press F12."),
    ("keys", "Type `:frobnicate`."),
    ("paths", "Ask\n\n    curl -s localhost:8000/prediction\n"),
    ("paths", "Ask\n\n    curl -s localhost:8001/predict\n"),
    ("paths", "It is `DELETE /predict`."),
    ("examples", "Ask\n\n    curl -s localhost:8000/predict -H 'Content-Type: application/json' -d '{}'\n"),
    ("examples", "Ask\n\n    curl -s -X DELETE localhost:8003/simulations\n"),
]


def main():
    known, programs = documents(), Programs()
    print("TAP version 13")
    with Server("server.log_level=warn") as server, tempfile.TemporaryDirectory() as folder:
        paths = described_paths(server)
        wait_until_loaded(server)
        checks = {
            "links": broken_links,
            "commands": lambda document: wrong_commands(document, programs),
            "settings": lambda document: wrong_settings(document, programs),
            "keys": wrong_keys,
            "paths": lambda document: wrong_paths(document, paths),
            "examples": lambda document: failing_examples(document, server, folder),
        }
        of = {"keys": lambda name: name.startswith(KEYS_IN), "examples": lambda name: name.startswith(RUN_IN)}
        titles = {"links": "links and files are there", "commands": "commands and options are the programs'",
                  "settings": "settings and variables are known", "keys": "keys and typed commands are the console's",
                  "paths": "paths are served", "examples": "curl examples are answered with 2xx"}
        for kind, check in checks.items():
            point(titles[kind], (problem for name, document in known.items() if of.get(kind, bool)(name)
                                 for problem in check(document)))
        point("the console's guide tells every key of the views", untold_keys(known["docs/console.md"]))
        n_examples = sum(len(list(examples(document))) for document in known.values())
        n_calls = sum(len(list(called(line))) for document in known.values() for line in document.code)
        point("there are examples and commands to check",
              [] if n_examples >= 10 and n_calls >= 100 else [f"{n_examples} examples, {n_calls} commands"])
        for kind, sentence in BROKEN:
            found = list(checks[kind](Document("README.md", sentence)))
            point("noticed: " + " ".join(sentence.split()), [] if found else [f"the check of {kind} says nothing"])
    print(f"1..{count}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
