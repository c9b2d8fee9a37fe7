"""A producer of TAP, the line format of test results: ok(), is_(), like(), unlike(); at the end done().

An exception that nobody catches becomes a failed point with its traceback.
"""
import re
import sys
import traceback

_points = 0
_failed = 0


def ok(condition, name):
    """One point; gives back whether it holds."""
    global _points, _failed
    _points += 1
    if not condition:
        _failed += 1
    print(f"{'ok' if condition else 'not ok'} {_points} - {_one_line(name)}", flush=True)
    return bool(condition)


def is_(got, expected, name):
    if not ok(got == expected, name):
        diag(_difference(got, expected))
    return got == expected


def like(text, pattern, name):
    found = re.search(pattern, text or "", re.S | re.M) is not None
    if not ok(found, name):
        diag(f"     got: {text}\npattern: {pattern}")
    return found


def unlike(text, pattern, name):
    found = re.search(pattern, text or "", re.S | re.M) is not None
    if not ok(not found, name):
        diag(f"     got: {text}\nbut not: {pattern}")
    return not found


def diag(text):
    for line in str(text).splitlines():
        print(f"# {line}", flush=True)


def skip(reason, count=1):
    """Points that cannot be shown here; they count as passed."""
    global _points
    for _ in range(count):
        _points += 1
        print(f"ok {_points} # SKIP {_one_line(reason)}", flush=True)


def done():
    """Ends the test file."""
    print(f"1..{_points}", flush=True)
    sys.exit(1 if _failed else 0)


def _one_line(text):
    return " ".join(str(text).split()).replace("#", "\\#")


def _difference(got, expected):
    """Both values, or for long sequences only where they part."""
    if isinstance(got, (list, tuple)) and isinstance(expected, (list, tuple)) and len(got) + len(expected) > 20:
        at = next((i for i, (g, e) in enumerate(zip(got, expected)) if g != e), min(len(got), len(expected)))
        return (f"{len(got)} items, expected {len(expected)}; they differ from item {at} on\n"
                f"     got: {got[at:at + 3]!r}\nexpected: {expected[at:at + 3]!r}")
    return f"     got: {got!r}\nexpected: {expected!r}"


def _died(kind, error, where):
    ok(False, f"no unexpected error: {kind.__name__}")
    diag("".join(traceback.format_exception(kind, error, where)))
    print(f"1..{_points}", flush=True)


sys.excepthook = _died
