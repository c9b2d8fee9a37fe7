#!/usr/bin/python3
"""Proves that the stand-ins of the services, which most other tests rely on, answer as real servers answered and as the
documents say: a point for each of their own tests."""
import concurrent.futures
import os
import sys
import unittest

here = os.path.dirname(os.path.abspath(__file__))
tests = os.path.join(here, "..")
sys.path[:0] = [os.path.join(tests, "lib"), tests]

from tap import diag, done, ok  # noqa: E402


class Points(unittest.TestResult):
    """Gathers (name, problems) of each test, and of what goes wrong between two, when a class is set up."""

    def __init__(self):
        super().__init__()
        self.points, self.problems = [], None

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
            self.points.append((str(test), [text]))
        else:
            self.problems.append(text)

    def stopTest(self, test):
        self.points.append((test.id().removeprefix("cloud.selftest."), self.problems))
        self.problems = None
        super().stopTest(test)


def points_of(module):
    found = Points()
    unittest.defaultTestLoader.loadTestsFromName(module).run(found)
    return found.points


def modules():
    for file in sorted(os.listdir(os.path.join(tests, "cloud", "selftest"))):
        if file.startswith("test_") and file.endswith(".py"):
            yield "cloud.selftest." + file.removesuffix(".py")


with concurrent.futures.ProcessPoolExecutor(4) as pool:
    for points in pool.map(points_of, modules()):
        ok(points, "a file has tests")
        for name, problems in points:
            if not ok(not problems, name):
                diag("\n".join(problems[:5]))
done()
