"""Packages that a test runs against, by name and version, in a folder that outlives the test: $TW_TEST_CACHE or
test-cache in the build folder. Without a network the test is skipped, but fails under CI=true."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from server import BUILD


def cache():
    return pathlib.Path(os.environ.get("TW_TEST_CACHE") or BUILD / "test-cache").resolve()


def give_up(reason):
    if os.environ.get("CI") == "true":
        raise AssertionError(reason)
    raise unittest.SkipTest(reason)


def obtain(name, steps, timeout=240):
    """Runs the steps (folder -> command) once; what is there is used as it is."""
    folder = cache() / name
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for step in steps:
        try:
            done = subprocess.run(step(folder), capture_output=True, text=True, timeout=timeout)
        except (OSError, subprocess.TimeoutExpired) as error:
            give_up(f"cannot install {name}: {error}")
        if done.returncode != 0:
            give_up(f"cannot install {name}: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
    (folder / "complete").touch()
    return folder


def python_with(package, version):
    """A Python that has the package, in an environment of its own."""
    folder = obtain(f"{package}-{version}", [
        lambda f: [sys.executable, "-m", "venv", f],
        lambda f: [f / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1",
                   "--timeout", "15", f"{package}=={version}"],
    ])
    return folder / "bin/python"


def locked_python(lock, timeout=600):
    """The same with all that a file of requirements pins by version and hash."""
    folder = obtain(f"{lock.stem}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}", [
        lambda f: [sys.executable, "-m", "venv", f],
        lambda f: [f / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-deps",
                   "--require-hashes", "--retries", "1", "--timeout", "15", "--requirement", lock],
    ], timeout)
    return folder / "bin/python"


def need_node():
    if not shutil.which("node") or not shutil.which("npm"):
        give_up("node and npm are not installed")


def node_modules(package, version):
    """The folder to run node in, so that it finds the package."""
    need_node()
    return obtain(f"{package}-{version}", [
        lambda f: ["npm", "install", "--prefix", f, "--no-audit", "--no-fund", "--fetch-retries", "1",
                   f"{package}@{version}"],
    ])


def locked_node_modules(name, source, *options):
    """The same for all that source's package.json names, as its package-lock.json pins it by version and hash."""
    need_node()
    lock = source / "package-lock.json"
    return obtain(f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}", [
        lambda f: ["cp", source / "package.json", lock, f],
        lambda f: ["npm", "ci", "--prefix", f, "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "1",
                   *options],
    ])
