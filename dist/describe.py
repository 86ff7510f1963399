#!/usr/bin/env python3
"""Manual pages and completions from what the programs say of themselves, so that neither can lag behind.

describe.py completion bash|zsh|fish PROGRAM   completions of one of the programs
describe.py manual PAGE PROGRAM ...            PAGE (scdoc) with @commands PROGRAM@, @options PROGRAM@ and
                                               @settings PROGRAM@ filled in
PROGRAM is a path; it is asked for its --help.
"""

import pathlib
import re
import subprocess
import sys


def said(program, *words):
    return subprocess.run([program, *words], check=True, text=True, capture_output=True).stdout


class Option:
    def __init__(self, name, argument, text):
        self.name, self.argument, self.text = name, argument, text

    @property
    def choices(self):
        return self.argument.split("|") if "|" in self.argument else []

    @property
    def is_file(self):
        return self.argument in ("FILE", "DIR", "CSV")


def options_of(text):
    """Lines '  --name ARGUMENT   help', the help on the line below where the argument is long."""
    found = []
    for line in text.splitlines():
        begin = re.match(r"  --([\w-]+)(?: (\S+))?(?:\s{2,}(.*))?$", line)
        rest = re.match(r"\s{20,}(\S.*)$", line)
        if begin:
            found.append(Option(begin[1], begin[2] or "", begin[3] or ""))
        elif rest and found:
            found[-1].text = f"{found[-1].text} {rest[1]}".strip()
    return found


def console_commands(program):
    """(words, operand, help, options) of each command of tidewatch; words is '' for the console itself."""
    text = said(program, "--help")
    found = [("", "", "", options_of(text.partition("\nCommands")[0]))]
    for heading, about in re.findall(r"^  tidewatch (.+)\n      (.+)$", text, re.MULTILINE):
        words = re.match(r"[a-z][a-z -]*(?![A-Z])", heading + " ")[0].strip()
        found.append((words, heading[len(words):].strip(), about, options_of(said(program, *words.split(), "--help"))))
    return found


def server_commands(program):
    text = said(program, "--help")
    options = options_of(text)
    found = [("", "", "", options)]
    for words, about in re.findall(r"^  ([a-z][a-z-]*(?: [a-z]+)?)(?: [A-Z]\S*)?  +(\S.*)$", text, re.MULTILINE):
        found.append((words, "", about, [Option(name, argument, "") for name, argument in
                                         re.findall(r"--([\w-]+)(?: ([A-Z,]+))?", about)]))
    return found


def settings_of(program):
    """(name, what it takes, what it is)"""
    if name_of(program) == "tidewatchd":
        text = said(program, "--help-settings")
    else:
        text = said(program, "--help").partition("\nSettings")[2].partition("\n")[2]
    return re.findall(r"^([a-z_]+\.[a-z_]+)\s+(.*?): (.*)$", text, re.MULTILINE)


def name_of(program):
    return pathlib.Path(program).name


def commands_of(program):
    return (server_commands if name_of(program) == "tidewatchd" else console_commands)(program)


# ---- Completions -----------------------------------------------------------------------------------

def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def bash(program):
    name, commands = name_of(program), commands_of(program)
    identifier = f"_{name}"
    settings = " ".join(f"--{setting}=" for setting, _, _ in settings_of(program))
    out = [f"# {name}(1) in bash. Made from the program's own help.", f"{identifier}() {{",
           "    local cur prev words cword command='' word options values",
           "    _init_completion -n = || return",
           "    for word in \"${words[@]:1:cword-1}\"; do",
           "        [[ $word == -* ]] || command+=${command:+ }$word",
           "    done", "    case $prev in"]
    choices = {o.name: o for _, _, _, options in commands for o in options if o.choices or o.is_file}
    for option in choices.values():
        act = ("_filedir" if option.is_file else
               f"COMPREPLY=($(compgen -W {quoted(' '.join(option.choices))} -- \"$cur\"))")
        out.append(f"    --{option.name}) {act}; return ;;")
    out += ["    esac", "    case $command in"]
    firsts = " ".join(dict.fromkeys(words.split()[0] for words, _, _, _ in commands if words))
    seconds = {}
    for words, _, _, _ in commands:
        if " " in words:
            seconds.setdefault(words.split()[0], []).append(words.split()[1])
    for words, _, _, options in commands:
        values = firsts if not words else " ".join(seconds.get(words, []))
        names = " ".join(f"--{o.name}" for o in options)
        out.append(f"    {quoted(words)}) values={quoted(values)} options={quoted(names)} ;;")
    for first in seconds:
        if first not in {words for words, _, _, _ in commands}:
            out.append(f"    {quoted(first)}) values={quoted(' '.join(seconds[first]))} options='' ;;")
    out += ["    *) values='' options='--help' ;;", "    esac",
            "    # Settings only once their section is begun: there are many.",
            f"    [[ $cur != --*.* ]] || options={quoted(settings)}",
            "    [[ $cur == -* ]] && values=$options",
            "    COMPREPLY=($(compgen -W \"$values\" -- \"$cur\"))",
            "    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace", "}", f"complete -F {identifier} {name}"]
    return "\n".join(out) + "\n"


def zsh_option(option):
    text = re.sub(r"[\[\]:]", lambda m: "\\" + m[0], option.text)
    value = ""
    if option.argument:
        value = f":{option.argument.lower() if not option.choices else 'value'}:"
        value += "_files" if option.is_file else f"({' '.join(option.choices)})" if option.choices else ""
    return quoted(f"--{option.name}{'=' if option.argument else ''}[{text}]{value}")


def zsh(program):
    name, commands = name_of(program), commands_of(program)
    out = [f"#compdef {name}", f"# {name}(1) in zsh. Made from the program's own help.", "",
           "local -a entered", "local command",
           "entered=(${${words[2,CURRENT-1]}:#-*})", "command=${(j: :)entered}", "case $command in"]
    groups = {"": []}
    for words, _, about, _ in commands:
        if words:
            first, _, second = words.partition(" ")
            (groups.setdefault(first, []) if second else groups[""]).append((second or first, about))
    for first in groups:
        if first and first not in {entry for entry, _ in groups[""]}:
            groups[""].append((first, "more words follow"))
    by_words = {words: options for words, _, _, options in commands}
    for words in dict.fromkeys([*by_words, *groups]):
        entries = " ".join(quoted(f"{entry}:{about}".replace("\n", " ")) for entry, about in groups.get(words, []))
        specs = " ".join(zsh_option(option) for option in by_words.get(words, []))
        out.append(f"{quoted(words)})")
        if entries:
            out.append(f"    local -a commands=({entries})")
            out.append("    [[ $PREFIX == -* ]] || _describe command commands")
        out.append(f"    _arguments {specs} '*: :' ;;" if specs else "    ;;")
    out.append("esac")
    return "\n".join(out) + "\n"


def fish(program):
    name, commands = name_of(program), commands_of(program)
    out = [f"# {name}(1) in fish. Made from the program's own help.", f"complete -c {name} -f"]
    firsts = dict.fromkeys(words.split()[0] for words, _, _, _ in commands if words)
    for words, _, about, options in commands:
        first, _, second = words.partition(" ")
        if second:
            where = f"__fish_seen_subcommand_from {first}; and not __fish_seen_subcommand_from {' '.join(w.split()[1] for w, _, _, _ in commands if w.startswith(first + ' '))}"
            out.append(f"complete -c {name} -n {quoted(where)} -a {quoted(second)} -d {quoted(about)}")
            where = f"__fish_seen_subcommand_from {first}; and __fish_seen_subcommand_from {second}"
        else:
            where = f"__fish_seen_subcommand_from {first}" if first else f"not __fish_seen_subcommand_from {' '.join(firsts)}"
            if first:
                out.append(f"complete -c {name} -n __fish_use_subcommand -a {quoted(first)} -d {quoted(about)}")
        for option in options:
            value = (" -r -F" if option.is_file else f" -x -a {quoted(' '.join(option.choices))}" if option.choices
                     else " -x" if option.argument else "")
            out.append(f"complete -c {name} -n {quoted(where)} -l {option.name}{value} -d {quoted(option.text)}")
    for first in firsts:
        if first not in {words for words, _, _, _ in commands}:
            out.append(f"complete -c {name} -n __fish_use_subcommand -a {quoted(first)}")
    return "\n".join(out) + "\n"


# ---- Manual pages ----------------------------------------------------------------------------------

def escaped(text):
    """For scdoc, where _ underlines, * makes bold and \\ escapes."""
    return re.sub(r"([\\_*\[#<>~])", r"\\\1", text)


def manual_options(options):
    return "".join(f"*--{escaped(o.name)}*{' _' + escaped(o.argument) + '_' if o.argument else ''}\n"
                   f"\t{escaped(o.text) or 'See above.'}\n\n" for o in options)


def manual_commands(program):
    common = {o.name for o in commands_of(program)[0][3]}
    out = ""
    for words, operand, about, options in commands_of(program):
        if words:
            own = [o for o in options if o.name not in common or name_of(program) == "tidewatchd"]
            out += f"*{name_of(program)} {escaped(words)}*{' ' + escaped(operand) if operand else ''}\n\t{escaped(about)}\n\n"
            if own and name_of(program) == "tidewatch":
                out += "".join(f"\t*--{escaped(o.name)}*{' _' + escaped(o.argument) + '_' if o.argument else ''}: {escaped(o.text)}\n\n"
                               for o in own)
    return out


def manual_settings(program):
    return "".join(f"*{escaped(setting)}* ({escaped(kind.strip())})\n\t{escaped(text)}\n\n"
                   for setting, kind, text in settings_of(program))


def manual(page, programs):
    paths = {name_of(program): program for program in programs}
    makers = {"commands": manual_commands, "settings": manual_settings,
              "options": lambda program: manual_options(commands_of(program)[0][3])}
    return re.sub(r"^@(\w+) (\w+)@\n", lambda m: makers[m[1]](paths[m[2]]), pathlib.Path(page).read_text(), flags=re.MULTILINE)


def main():
    kind, what, *programs = sys.argv[1:]
    if kind == "completion":
        sys.stdout.write({"bash": bash, "zsh": zsh, "fish": fish}[what](*programs))
    elif kind == "manual":
        sys.stdout.write(manual(what, programs))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
