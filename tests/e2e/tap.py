"""Runs test modules of this folder and prints TAP, one point per test method: tap.py MODULE ...
Why a point failed goes to stderr too: meson prints that part when a program fails."""

import sys
import traceback
import unittest


class Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.n = 0

    def point(self, test, word, note=""):
        self.n += 1
        print(f"{word} {self.n} - {test.id()}{note}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.point(test, "ok")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.point(test, "ok", f" # SKIP {reason}")

    def fail_point(self, test, err):
        self.point(test, "not ok")
        for line in "".join(traceback.format_exception(*err)).splitlines():
            print(f"# {line}", flush=True)
            print(line, file=sys.stderr)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.fail_point(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.fail_point(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.fail_point(subtest, err)


def main():
    result = Tap()
    print("TAP version 13")
    unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:]).run(result)
    print(f"1..{result.n}")
    return 0 if result.wasSuccessful() and result.n > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
