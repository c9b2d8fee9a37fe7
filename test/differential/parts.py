"""What random queries are made of: tables, select lists, sort keys, limits, aggregates."""
from .queries import Order, Query
from .tree import Choice, Joined, Sql, Table, quoted

DIRECTIONS = ("", "", "", "DESC", "DESC", "DESC", "ASC NULLS FIRST", "DESC NULLS LAST", "ASC NULLS LAST",
              "DESC NULLS FIRST")
LIMITS = (0, 1, 1, 2, 3, 3, 5, 7, 10, 11, 20, 50, 100, 300, 1000, 2000)
OFFSETS = (0, 1, 2, 3, 10, 100, 300, 2000)
COMPARABLE = ("text", "uuid", "integer", "boolean", "time", "timestamp", "date")
ANY_TABLE = ("catalog",) * 4 + ("native",) * 2 + ("hand",) * 3 + ("odd",) * 3 + ("other",) + ("family",) * 2


class Parts:
    """cheap: the service is slow, so fewer scans for a query."""

    def __init__(self, values, conditions, cheap=False):
        self.values, self.conditions, self.rnd = values, conditions, values.rnd
        self.model, self.cheap = values.data.model, cheap

    def _table(self, names=ANY_TABLE):
        return self.rnd.choice(names)

    def _column(self, table, kinds=COMPARABLE):
        return self.rnd.choice(self.model.of_kind(table, *kinds))

    def _time(self, table):
        """The name of a column with times."""
        return self.rnd.choice(self.model.of_kind(table, "time", "timestamp")).name

    def _columns(self, table, alias):
        """A select list."""
        chance = self.rnd.random()
        if chance < 0.15:
            return [Sql(f"{alias}.*")]
        if chance < 0.45:
            return [Sql(f"{alias}.id")]
        columns = [Sql(f'{alias}."{each.name}"')
                   for each in self.rnd.sample(self.model.tables[table], self.rnd.choice((1, 2, 3, 5)))]
        if chance < 0.6:
            columns.append(self._expression(table, alias))
        return columns

    def _expression(self, table, alias):
        name, time = self._column(table).name, self._time(table)
        objects = self.rnd.choice(self.model.properties_of(table, alias))
        forms = [f"{objects} -> {quoted(self.values.key())}", f"length({alias}.id::text)", f'{alias}."{name}" IS NULL',
                 f'{alias}."{name}"::text || \'x\'', f"{alias}.tableoid IS NULL", f"rank() OVER (ORDER BY {alias}.id)",
                 f'rank() OVER (ORDER BY {alias}."{time}" DESC)', f"{alias} IS NULL", "1", "now() IS NULL"]
        tags = [each.name for each in self.model.of_kind(table, "tags")]
        if tags:
            forms.append(f'cardinality({alias}."{tags[0]}")')
        if self.conditions.tags_ordered:
            forms += [f"{alias}::text", f"to_jsonb({alias})"] + [f'{alias}."{tag}"[1]' for tag in tags]
        return Sql(self.rnd.choice(forms))

    def _key(self, table, alias):
        """A sort key."""
        if self.rnd.random() < 0.7:
            columns = [each for each in self.model.tables[table] if each.kind in ("time", "timestamp")
                       or each.name in ("id", "name", "status", "size")]
            column = self.rnd.choice(columns + [each for each in columns if each.name in ("id", "created_at")])
        else:
            column = self._column(table)
        text = f'{alias}."{column.name}"'
        if column.kind == "text" and self.values.chance(0.6):
            text += ' COLLATE "C"' if self.values.chance(0.9) else ' COLLATE "en-x-icu"'
        if self.values.chance(0.04):
            text = {"time": f"date_trunc('day', {text})", "integer": f"-({text}::numeric)",
                    "text": f"lower({text})"}.get(column.kind, text)
        return Order(Sql(text), self.rnd.choice(DIRECTIONS))

    def _order(self, table, alias):
        return [self._key(table, alias) for _ in range(self.rnd.choice((0, 0, 1, 1, 1, 1, 2, 3)))]

    def _unique(self, table, alias):
        """Sort keys that leave no ties."""
        return [Order(Sql(key)) for key in self.model.unique(table, alias).split(", ")]

    def _limit(self, query):
        if self.values.chance(0.4):
            query.limit = self.rnd.choice(LIMITS)
            if self.values.chance(0.25):
                query.offset = self.rnd.choice(OFFSETS)
        elif self.values.chance(0.03):
            query.offset = self.rnd.choice(OFFSETS)
        return query

    def _from(self, table, alias, few=None, local=False):
        """A table; with few only so many of its rows, always the same."""
        whole = Sql(Table(table, local), " " + alias)
        if few is None:
            return whole
        where = self.conditions.conjuncts(table, "x") if self.values.chance(0.5) else []
        return Choice(Sql("(SELECT * FROM ", Table(table, local), " x WHERE ", Joined("AND", where),
                          f" ORDER BY {self.model.unique(table, 'x')} LIMIT {few} "
                          f"OFFSET {self.rnd.choice((0, 0, 5, 40))}) {alias}"), whole)

    def _part(self, table, alias, where):
        """A query of a part alone, to which a failing query may come down."""
        return Query([Sql(f"{alias}.id")], self._from(table, alias), where)

    def _figure(self, table, alias):
        """An aggregate that does not depend on the order of its input."""
        column = self._column(table, ("text", "integer", "time", "timestamp", "date"))
        name = f'{alias}."{column.name}"'
        number = self._column(table, ("integer",)).name
        unique = self.model.unique(table, alias)
        return self.rnd.choice((
            Sql("count(*)"), Sql("count(*)"), Sql(f"count({name})"), Sql(f"count(DISTINCT {name})"),
            Sql(f"min({name})"), Sql(f"max({name})"), Sql(f'min({alias}."{self._time(table)}")'),
            Sql(f'max({alias}."{self._time(table)}")'), Sql(f'sum({alias}."{number}"::numeric)'),
            Sql(f"string_agg({alias}.id::text, ',' ORDER BY {alias}.id)"),
            Sql(f"array_agg({name} ORDER BY {name}, {alias}.id)"),
            Sql(f"(array_agg({name} ORDER BY {unique}))[1]"), Sql(f'bool_or({alias}."{self._time(table)}" IS NULL)'),
            Sql("count(*) FILTER (WHERE ", self.conditions.condition(table, alias), ")"),
            Sql("count(*) FILTER (WHERE ", self.conditions.sharp(table, alias), ")"),
            Sql(f"max({name}) FILTER (WHERE ", self.conditions.sharp(table, alias), ")"),
        ))
