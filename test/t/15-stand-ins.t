#!/usr/bin/python3
"""Proves that the stand-ins of the services, which most other tests rely on, answer as real servers answered and as the
documents say: a point for each of their own tests."""
import os
import sys
import unittest

here = os.path.dirname(os.path.abspath(__file__))
tests = os.path.join(here, "..")
sys.path[:0] = [os.path.join(tests, "lib"), tests]

from tap import diag, done, ok  # noqa: E402


class Points(unittest.TestResult):
    """A point for each test, and one more for what goes wrong between two tests, when a class is set up."""
    problems = None

    def startTest(self, test):
        super().startTest(test)
        self.problems = []

    def addError(self, test, err):
        self.problem(test, err)

    def addFailure(self, test, err):
        self.problem(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.problem(subtest, err)

    def addSkip(self, test, reason):
        self.problems.append(f"skipped: {reason}")

    def problem(self, test, err):
        text = f"{test}\n{self._exc_info_to_string(err, test)}"
        if self.problems is None:
            ok(False, str(test))
            diag(text)
        else:
            self.problems.append(text)

    def stopTest(self, test):
        if not ok(not self.problems, test.id().removeprefix("cloud.selftest.")):
            diag("\n".join(self.problems[:5]))
        self.problems = None
        super().stopTest(test)


unittest.TestLoader().discover(os.path.join(tests, "cloud", "selftest"), top_level_dir=tests).run(Points())
done()
