#!/usr/bin/env python3
"""Pins what lock files ask for: lock.py FILE.lock ...

A line "# wants PACKAGE" of the file is what is asked for. Below them lands all that pip would install for it here, by
version and by the hash of its file, as pip reads it. The files are those of CPython 3.11 on x86-64 (Debian 12); on
others pip refuses them, and so the benchmark says that it cannot be run.
"""

import json
import pathlib
import subprocess
import sys


def pinned(wants):
    """"name==version --hash=..." of each package."""
    report = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
                             "--report", "-", *wants],
                            check=True, stdout=subprocess.PIPE, text=True).stdout
    for item in json.loads(report)["install"]:
        package, file = item["metadata"], item["download_info"]["archive_info"]
        yield f"{package['name']}=={package['version']} --hash=sha256:{file['hashes']['sha256']}\n"


def main():
    for path in map(pathlib.Path, sys.argv[1:]):
        comments = [line for line in path.read_text().splitlines(keepends=True) if line.startswith("#")]
        wants = [line.removeprefix("# wants ").strip() for line in comments if line.startswith("# wants ")]
        path.write_text("".join([*comments, *sorted(pinned(wants), key=str.lower)]))


if __name__ == "__main__":
    main()
