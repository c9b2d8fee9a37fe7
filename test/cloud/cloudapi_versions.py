"""Version ranges as npm's semver reads them: which of its versions does CloudAPI give to `Accept-Version: ~9||~8`?"""
import re

PARTIAL = r'[v=\s]*(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?'
SIMPLE = re.compile(r'(~>?|\^|[<>]=?|=)?\s*' + PARTIAL)
HYPHEN = re.compile(PARTIAL + r'\s+-\s+' + PARTIAL)
LOWEST, HIGHEST = (0, 0, 0), (1 << 53, 0, 0)


def number(version):
    return tuple(int(part) for part in version.split('.'))


class Range:
    """A union of half-open intervals of versions; `valid` is false for text that is no range."""

    def __init__(self, text):
        self.intervals = []
        self.valid = True
        for part in text.split('||'):
            interval = _interval(part.strip())
            if interval is None:
                self.valid = False
                return
            self.intervals.append(interval)

    def has(self, version):
        return self.valid and any(low <= version < high for low, high in self.intervals)

    def beyond(self, version):
        """Whether every version in the range is higher (semver's ltr)."""
        return self.valid and all(version < low for low, high in self.intervals)

    def reaches(self, version):
        """CloudAPI's own test for "this version or a later one was asked for"."""
        return self.has(version) or self.beyond(version)

    def best(self, versions):
        """The highest of these versions that is in the range, or None."""
        return max((version for version in versions if self.has(number(version))), key=number, default=None)


def _interval(text):
    """(low, high) of one alternative; None if it is not understood."""
    if text == '':
        return LOWEST, HIGHEST
    hyphen = HYPHEN.fullmatch(text)
    if hyphen:
        return _span(hyphen.groups()[:3])[0], _span(hyphen.groups()[3:])[1]
    low, high, at = LOWEST, HIGHEST, 0
    while at < len(text):
        found = SIMPLE.match(text, at)
        if not found or found.end() == at:
            return None
        at = found.end()
        if at < len(text) and not text[at].isspace():
            return None
        at += len(text[at:]) - len(text[at:].lstrip())
        more = _comparator(found[1] or '=', found.groups()[1:])
        low, high = max(low, more[0]), min(high, more[1])
    return low, high


def _span(parts):
    """The interval of a version some of whose parts may be missing or x: 7.1 is [7.1.0, 7.2.0)."""
    known = []
    for part in parts:
        if part is None or not part.isdigit():
            break
        known.append(int(part))
    if not known:
        return LOWEST, HIGHEST
    low = tuple(known + [0] * (3 - len(known)))
    high = tuple(known[:-1] + [known[-1] + 1] + [0] * (3 - len(known)))
    return low, high


def _comparator(operator, parts):
    low, high = _span(parts)
    if operator == '=':
        return low, high
    if operator == '>':
        return high, HIGHEST
    if operator == '>=':
        return low, HIGHEST
    if operator == '<':
        return LOWEST, low
    if operator == '<=':
        return LOWEST, high
    given = [part for part in parts if part is not None and part.isdigit()]
    if operator == '^':
        first = next((at for at, part in enumerate(given) if part != '0'), len(given) - 1)
        return low, _span(given[:first + 1])[1]
    return low, _span(given[:2])[1]          # ~: the patch level is free, the minor one too if none is given
