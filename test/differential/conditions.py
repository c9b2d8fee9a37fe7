"""Random WHERE clauses: which columns they are about, and how conditions are joined."""
import uuid

from .kinds import BOOLEAN_TESTS, Kinds
from .tree import Array, Joined, Not, Sql, Value, quoted

CONSTANTS = ("true", "false", "NULL::boolean", "1 = 0", "now() > '2020-01-01'", "current_user = 'nobody'",
             "current_setting('imagecat.prefetch') IS NULL", "pg_typeof(1) = 'integer'::regtype")


class Conditions(Kinds):
    """Conditions on the columns of one table under an alias."""

    def conjuncts(self, table, alias):
        """What WHERE has, as a list."""
        count = self.rnd.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 7))
        found = [self.condition(table, alias) for _ in range(count)]
        if count and self.values.chance(0.06):         # the same column twice
            column = self.rnd.choice(self.model.tables[table])
            found += [self.about(table, alias, column) for _ in range(2)]
        return found

    def condition(self, table, alias, depth=0):
        """Anything at all."""
        chance = self.rnd.random()
        if depth < 3 and chance < 0.09:
            return Joined("OR", [self.condition(table, alias, depth + 1) for _ in range(self.rnd.choice((2, 2, 3)))])
        if depth < 3 and chance < 0.12:
            return Joined("AND", [self.condition(table, alias, depth + 1) for _ in range(self.rnd.choice((2, 3)))])
        if depth < 3 and chance < 0.18:
            return Not(self.condition(table, alias, depth + 1))
        if chance < 0.19:
            return Sql(self.rnd.choice(CONSTANTS))
        if chance < 0.22:
            return self._two_columns(table, alias)
        if chance < 0.30:
            return self.sharp(table, alias)
        return self.about(table, alias, self._column(table))

    # what services can decide

    def sharp(self, table, alias):
        """A condition of the kind that services can decide, next to values that are there: where the mistakes are."""
        chance = self.rnd.random()
        if chance < 0.62:
            return self._leaf(table, alias)
        if chance < 0.75:
            column = self.rnd.choice(self.model.of_kind(table, "text"))
            if self.values.chance(0.5):
                column = self.rnd.choice([each for each in self.model.of_kind(table, "text")
                                          if each.name in self.model.sent] or [column])
            return self.pattern(table, f'{alias}."{column.name}"', column)
        if chance < 0.87:
            return self._alternatives(table, alias)
        return self._tree(table, alias, 0)

    def _sharp_column(self, table):
        weights = self.model.sharp
        columns = [each for each in self.model.tables[table]
                   if (each.name in weights or each.kind in weights) and each.kind != "json"]
        return self.rnd.choices(columns, [weights.get(each.name) or weights[each.kind] for each in columns])[0]

    def _tree(self, table, alias, depth):
        """OR of branches, each of which is one condition or several, or such a tree again."""
        branches = []
        for _ in range(self.rnd.choice((2, 2, 2, 3, 4))):
            parts = [self._tree(table, alias, depth + 1) if depth < 2 and self.values.chance(0.12) else
                     self._alternatives(table, alias) if self.values.chance(0.12) else self._leaf(table, alias)
                     for _ in range(self.rnd.choice((1, 1, 2, 2, 3)))]
            branches.append(Joined("AND", parts) if len(parts) > 1 else parts[0])
        if self.values.chance(0.2):                    # a condition that all branches have
            common = self._leaf(table, alias)
            branches = [Joined("AND", [common, branch]) for branch in branches]
        tree = Joined("OR", branches)
        return Not(tree) if self.values.chance(0.12) else tree

    def _alternatives(self, table, alias):
        """OR of conditions on one column, mostly equalities: a list by another name."""
        column = self._sharp_column(table)
        name = f'{alias}."{column.name}"'
        if column.kind in ("tags", "object", "boolean"):
            return Joined("OR", [self._decidable(table, alias, column) for _ in range(self.rnd.choice((2, 2, 3)))])
        count, only_equal = self.rnd.choice((2, 2, 3, 4, 6)), self.values.chance(0.6)
        parts = []
        for _ in range(count):
            chance = 0 if only_equal else self.rnd.random()
            if chance < 0.6:
                parts.append(Sql(f"{name} = ", self.values.literal(table, column)))
            elif chance < 0.7:
                parts.append(Sql(f"{name} IS NULL"))
            elif chance < 0.85:
                parts.append(self._membership(table, name, column))
            else:
                parts.append(self._comparison(table, name, column))
        found = Joined("OR", parts)
        return Not(found) if self.values.chance(0.1) else found

    def _leaf(self, table, alias):
        """One such condition."""
        column = self._sharp_column(table)
        if self.values.chance(0.03):
            return Sql(f'{alias}."{column.name}" IS {self.rnd.choice(("", "NOT "))}NULL')
        leaf = self._decidable(table, alias, column)
        return Not(leaf) if self.values.chance(0.04) else leaf

    def _decidable(self, table, alias, column):
        name = f'{alias}."{column.name}"'
        kind = column.kind
        chance = self.rnd.random()
        if kind == "tags":
            if chance < 0.6:
                return Sql(f"{name} @> ", self.values.tags())
            return Sql(self.values.tag(), f" = ANY ({name})")
        if kind == "object":
            name, key = self.rnd.choice(self.model.properties_of(table, alias)), self.values.key()
            if chance < 0.3:
                return Sql(f"{name} @> ", self._object(key))
            if chance < 0.45:
                return Sql(f"{name} ->> {quoted(key)} = ANY (", self.values.properties(key), ")")
            return Sql(f"{name} ->> {quoted(key)} = ", self.values.property(key))
        if kind == "boolean":
            return self._boolean(table, name, column)
        if kind == "text" and chance < 0.2:
            return self._collated(table, name, column)
        if kind in ("time", "timestamp") and chance < 0.1:
            return self.moment(name)
        if kind == "integer" and "size" not in column.name and chance < 0.5:      # only equality is a filter
            value = Value(self.values.integer_of(self.values.data.columns[table, column.name], 2 ** 63, 0.35), "bigint")
            return Sql(f"{name} = ", value)
        if chance < 0.7:
            return self._comparison(table, name, column)
        return self._membership(table, name, column)

    def _collated(self, table, name, column):
        """Equality by other rules than that of bytes, for which services know no word."""
        value = self.values.literal(table, column)
        value.bare = False
        if value.text is not None and self.values.chance(0.7):
            value.text = value.text.swapcase()
        collation = "folded" if self.values.chance(0.8) else '"en-x-icu"'
        return self.rnd.choice((Sql(f"{name} COLLATE {collation} = ", value),
                                Sql(f"{name} = ", value, f" COLLATE {collation}"),
                                Sql(f"{name} COLLATE {collation} = ANY (ARRAY[", value, "])")))

    def long_list(self, table, alias):
        """A list too long for one URL, with the other spellings that loose databases take for the same."""
        column = self.model.column(table, self.rnd.choice(("id", "name")))
        known = self.values.data.columns[table, column.name]
        items = [item for item in self.rnd.sample(known, len(known) // 2) if '"' not in item]
        if column.kind == "text":
            items += [self.rnd.choice((item.upper(), item.lower(), item + " ")) for item in items]
        while len(items) < 500:
            items.append(str(uuid.UUID(int=self.rnd.getrandbits(128))))
        self.rnd.shuffle(items)
        return Sql(f'{alias}."{column.name}" = ANY (', Array(items, column.kind), ")")

    # any column

    def _column(self, table):
        columns = self.model.tables[table]
        if self.values.chance(0.35):                   # the ones that services can filter by, more often
            columns = [each for each in columns if each.kind in ("time", "timestamp", "tags", "object", "boolean")
                       or each.name in self.model.sent]
        return self.rnd.choice(columns)

    def about(self, table, alias, column):
        """A condition on this column."""
        name = f'{alias}."{column.name}"'
        if self.values.chance(0.04):
            return Sql(f"{name} IS {self.rnd.choice(('', 'NOT '))}NULL")
        kind = column.kind
        if kind == "tags":
            return self._tags(name)
        if kind == "object":
            return self._properties(self.rnd.choice(self.model.properties_of(table, alias)))
        if kind == "json":
            return self._json(name, column)
        if kind == "boolean":
            return self._boolean(table, name, column)
        chance = self.rnd.random()
        if chance < 0.5:
            return self._comparison(table, name, column)
        if chance < 0.7:
            return self._membership(table, name, column)
        if chance < 0.76:
            return Sql(f"{name} {self.rnd.choice(('', '', 'NOT '))}BETWEEN ", self.literal(table, column), " AND ",
                       self.literal(table, column))
        if chance < 0.8:
            return Sql(f"{name} IS {self.rnd.choice(('', 'NOT '))}DISTINCT FROM ", self.literal(table, column))
        if chance < 0.83:
            return Sql("(", self._comparison(table, name, column), f") {self.rnd.choice(BOOLEAN_TESTS[:8])}")
        return {"text": self._text, "integer": self._integer, "uuid": self._comparison}.get(
            kind, self._time)(table, name, column)
