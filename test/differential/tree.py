"""Pieces of SQL as a tree: written out once for the foreign tables and once for their copies, and made simpler.

Every piece has write(writer), which gives text, and simpler(), which yields smaller pieces that may stand in its
place; whether they still make sense is for the one who asks to find out.
"""
import dataclasses
import typing


def quoted(text):
    """A text as an SQL literal."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


class Writer:
    """Decides what tables are called and how values are written.

    names: {table: qualified name}. With parameters, values become $1, $2... and are kept, with their types; run
    chooses among a value's variants; typed writes no value without its type.
    """

    def __init__(self, names, parameters=False, run=0, typed=False):
        self.names = names
        self.parameters, self.typed = parameters, typed
        self.run = run
        self.types = []
        self.values = []

    def value(self, literal, type_, bare):
        if not self.parameters:
            return literal if bare and not self.typed else f"{literal}::{type_}"
        self.types.append(type_)
        self.values.append(literal)
        return f"${len(self.types)}"


@dataclasses.dataclass
class Value:
    """A literal. variants are further ones of its kind for the later runs of a prepared statement."""
    text: typing.Optional[str]
    type: str = "text"
    bare: bool = False           # without its type, as most people write it
    variants: tuple = ()

    def literal(self, run):
        texts = (self.text, *self.variants)
        return quoted(texts[run % len(texts)])

    def write(self, writer):
        return writer.value(self.literal(writer.run), self.type, self.bare)

    def simpler(self):
        if self.variants:
            yield dataclasses.replace(self, variants=())
            yield dataclasses.replace(self, text=self.variants[-1], variants=self.variants[:-1])
        if self.text is not None and self.type == "text":
            for shorter in ("a", self.text[:len(self.text) // 2], self.text[len(self.text) // 2:], self.text[:-1],
                            self.text[1:]):
                if len(shorter) < len(self.text):
                    yield dataclasses.replace(self, text=shorter)


@dataclasses.dataclass
class Array:
    """An array literal. Its variants for later runs are other lists of items."""
    items: list                  # of texts and None
    type: str = "text"           # of an element
    variants: tuple = ()

    def write(self, writer):
        lists = (self.items, *self.variants)
        items = ", ".join(map(quoted, lists[writer.run % len(lists)]))
        cast = f"::{self.type}[]" if writer.parameters else ""     # a value of EXECUTE has no other
        return writer.value(f"ARRAY[{items}]{cast}", self.type + "[]", False)

    def simpler(self):
        if self.variants:
            yield dataclasses.replace(self, variants=())
            yield dataclasses.replace(self, items=self.variants[-1], variants=self.variants[:-1])
        for items in shorter_lists(self.items):
            yield dataclasses.replace(self, items=items)


@dataclasses.dataclass
class Table:
    """A table by its name in tables.py; local=True is the copy on both sides."""
    name: str
    local: bool = False

    def write(self, writer):
        return "copy." + self.name if self.local else writer.names[self.name]

    def simpler(self):
        if not self.local:
            yield Table(self.name, True)


class Sql:
    """Text and pieces, one after the other."""

    def __init__(self, *parts):
        self.parts = parts

    def write(self, writer):
        return "".join(part if isinstance(part, str) else part.write(writer) for part in self.parts)

    def simpler(self):
        for at, part in enumerate(self.parts):
            if not isinstance(part, str):
                for other in part.simpler():
                    yield Sql(*self.parts[:at], other, *self.parts[at + 1:])


class Choice:
    """A piece with simpler ones that may take its place, given by whoever made it."""

    def __init__(self, piece, *others):
        self.piece, self.others = piece, others

    def write(self, writer):
        return self.piece.write(writer)

    def simpler(self):
        yield from self.others
        for other in self.piece.simpler():
            yield Choice(other, *self.others)


class Joined:
    """Conditions under AND or OR; none is true."""

    def __init__(self, word, parts):
        self.word, self.parts = word, list(parts)

    def write(self, writer):
        if not self.parts:
            return "true"
        return "(" + f" {self.word} ".join(part.write(writer) for part in self.parts) + ")"

    def simpler(self):
        if len(self.parts) == 1:
            yield self.parts[0]
        for parts in simpler_lists(self.parts):
            yield Joined(self.word, parts)


class Items:
    """Pieces with commas between them, at least one."""

    def __init__(self, pieces):
        self.pieces = list(pieces)

    def write(self, writer):
        return ", ".join(piece.write(writer) for piece in self.pieces)

    def simpler(self):
        for pieces in simpler_lists(self.pieces):
            if pieces:
                yield Items(pieces)


class Not:
    def __init__(self, part):
        self.part = part

    def write(self, writer):
        return f"(NOT {self.part.write(writer)})"

    def simpler(self):
        yield self.part
        for other in self.part.simpler():
            yield Not(other)


def shorter_lists(items):
    """The list with fewer items: halves first, then without each one (of a long list, only without some)."""
    count = len(items)
    if count > 2:
        yield items[:count // 2]
        yield items[count // 2:]
    for at in range(0, count, max(1, count // 12)):
        yield items[:at] + items[at + max(1, count // 12):]


def simpler_lists(pieces):
    """The list with fewer pieces, or with one of them simpler."""
    yield from shorter_lists(pieces)
    for at, piece in enumerate(pieces):
        for other in piece.simpler():
            yield pieces[:at] + [other] + pieces[at + 1:]
