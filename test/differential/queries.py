"""A query, and how it is run."""
import dataclasses
import typing

from .tree import Joined, Writer, shorter_lists, simpler_lists


PREPARED = ("prepared", "generic")


@dataclasses.dataclass
class Order:
    """A sort key."""
    expression: object
    direction: str = ""

    def simpler(self):
        if self.direction:
            yield Order(self.expression)
        for other in self.expression.simpler():
            yield Order(other, self.direction)


@dataclasses.dataclass
class Query:
    """SELECT columns FROM source WHERE where GROUP BY group HAVING having ORDER BY order LIMIT limit OFFSET offset.

    The sort keys are selected too, before the columns, so that answers can be compared as sequences.
    distinct_on: DISTINCT ON that many of the sort keys, which leave no ties then.

    manner: plain; prepared (executed `runs` times with other values each time); generic (prepared, with a generic
    plan from the start); cursor (`fetches` rows at a time, then closed; None is all the rest, 0 goes back to the start,
    -n is n rows backward)
    """
    columns: list
    source: object
    where: list = dataclasses.field(default_factory=list)
    order: list = dataclasses.field(default_factory=list)
    limit: typing.Optional[int] = None
    offset: typing.Optional[int] = None
    distinct: bool = False
    distinct_on: int = 0
    group: list = dataclasses.field(default_factory=list)
    having: list = dataclasses.field(default_factory=list)
    manner: str = "plain"
    runs: int = 1
    fetches: tuple = ()
    suffix: str = ""
    settings: dict = dataclasses.field(default_factory=dict)
    others: tuple = ()           # simpler queries of parts of it

    def write(self, writer, limited=True):
        """Its text; with limited=False without LIMIT, OFFSET and what follows."""
        selected = [piece.write(writer) for piece in [key.expression for key in self.order] + self.columns]
        distinct = "DISTINCT " if self.distinct else ""
        if self.distinct_on:
            distinct = f"DISTINCT ON ({', '.join(map(str, range(1, self.distinct_on + 1)))}) "
        text = f"SELECT {distinct}{', '.join(selected)} FROM {self.source.write(writer)}"
        if self.where:
            text += " WHERE " + Joined("AND", self.where).write(writer)[1:-1]
        if self.group:
            text += " GROUP BY " + ", ".join(piece.write(writer) for piece in self.group)
        if self.having:
            text += " HAVING " + Joined("AND", self.having).write(writer)[1:-1]
        if self.order:
            text += " ORDER BY " + ", ".join(f"{at} {key.direction}".strip() for at, key in enumerate(self.order, 1))
        if limited and self.limit is not None:
            text += f" LIMIT {self.limit}"
        if limited and self.offset is not None:
            text += f" OFFSET {self.offset}"
        return text + (" " + self.suffix if limited and self.suffix else "")

    def sql(self, names, run=0, limited=True):
        """Its text with all values in place; for a prepared statement they keep the types of its parameters."""
        return self.write(Writer(names, run=run, typed=self.manner in PREPARED), limited)

    def cut(self, count):
        """The places of the rows that LIMIT, OFFSET and a cursor leave of so many."""
        first = self.offset or 0
        last = count if self.limit is None else first + self.limit
        return first, max(first, min(count, last))

    def scrolls(self):
        """Whether its cursor goes backward."""
        return any(count is not None and count <= 0 for count in self.fetches)

    def simpler(self):
        replace = dataclasses.replace
        for other in self.others:
            yield other
            yield replace(other, manner=self.manner, runs=self.runs, fetches=self.fetches, settings=self.settings)
        if self.manner != "plain":
            yield replace(self, manner="plain", runs=1, fetches=())
        if self.runs > 1:
            yield replace(self, runs=self.runs // 2)
            yield replace(self, runs=self.runs - 1)
        for fetches in shorter_lists(self.fetches):
            yield replace(self, fetches=fetches)
        if self.settings:
            yield replace(self, settings={})
            for name in self.settings:
                yield replace(self, settings={key: value for key, value in self.settings.items() if key != name})
        if self.suffix:
            yield replace(self, suffix="")
        if self.where:
            yield replace(self, where=[])
        for where in shorter_lists(self.where):
            yield replace(self, where=where)
        if self.limit is not None:
            yield replace(self, limit=None)
        if self.offset is not None:
            yield replace(self, offset=None)
        if self.order:
            yield replace(self, order=[], distinct_on=0)
        if not self.distinct_on:
            for order in shorter_lists(self.order):
                yield replace(self, order=order)
        if self.distinct:
            yield replace(self, distinct=False)
        for group in shorter_lists(self.group):
            yield replace(self, group=group)
        for having in simpler_lists(self.having):
            yield replace(self, having=having)
        if len(self.columns) > 1:
            for columns in shorter_lists(self.columns):
                yield replace(self, columns=columns)
        for source in self.source.simpler():
            yield replace(self, source=source)
        for where in simpler_lists(self.where):
            yield replace(self, where=where)
        for order in simpler_lists(self.order):
            yield replace(self, order=order)
        for columns in simpler_lists(self.columns):
            if columns:
                yield replace(self, columns=columns)
