"""Random queries of one table."""
from .parts import DIRECTIONS, LIMITS, Parts
from .queries import Order, Query
from .tree import Choice, Joined, Sql, Table, quoted


class Singles(Parts):
    """Shapes with one foreign table in FROM."""

    def _single(self):
        table = self._table()
        query = Query(self._columns(table, "a"), self._from(table, "a"), self.conditions.conjuncts(table, "a"),
                      self._order(table, "a"))
        if self.values.chance(0.02):
            query.suffix = "FOR UPDATE"
            query.columns = [Sql("a.id")]
        return self._limit(query)

    def _sharp(self):
        """One condition or two that the service may decide."""
        table = self._table()
        query = Query([Sql("a.id")], self._from(table, "a"),
                      [self.conditions.sharp(table, "a") for _ in range(self.rnd.choice((1, 1, 1, 2)))])
        if self.values.chance(0.25):
            query.order = self._order(table, "a")
        if self.values.chance(0.25):
            query.limit = self.rnd.choice((1, 1, 2, 3, 5, 10))
        return query

    def _long_list(self):
        table = self._table()
        return self._limit(Query([Sql("a.id")], self._from(table, "a"), [self.conditions.long_list(table, "a")] +
                                 [self.conditions.sharp(table, "a") for _ in range(self.rnd.choice((0, 0, 1)))],
                                 self._order(table, "a")))

    def _family(self):
        """Partitions, of which conditions leave some, in one order over all."""
        conditions = [self.conditions.sharp("family", "a") for _ in range(self.rnd.choice((0, 1, 1, 2)))]
        source = self.rnd.choice((None, "= 'cloud'", "= 'other'", "IN ('cloud', 'nowhere')", "<> 'cloud'",
                                  "= (SELECT 'other'::text)", "= ANY ('{other,cloud}')", "IS NOT NULL", "= 'nowhere'"))
        if source:
            conditions.append(Sql(f"a.source {source}"))
        if self.values.chance(0.2):
            conditions = [Joined("OR", [Joined("AND", conditions), Sql("a.source = 'other' AND a.name = 'x'")])]
        query = Query(self._columns("family", "a"), self._from("family", "a"), conditions)
        if self.values.chance(0.7):
            query.order = self._order("family", "a") + (self._unique("family", "a") if self.values.chance(0.3) else [])
        query = self._limit(query)
        if self.values.chance(0.5):
            query.settings = {"enable_sort": "off"}
        return query

    # groups

    def _aggregate(self):
        table = self._table()
        return Query([self._figure(table, "a") for _ in range(self.rnd.choice((1, 1, 2, 3)))], self._from(table, "a"),
                     self.conditions.conjuncts(table, "a"))

    def _groups(self):
        table = self._table()
        names = [f'a."{self._column(table).name}"' for _ in range(self.rnd.choice((1, 1, 2)))]
        if self.values.chance(0.2):
            names = [f"{self.rnd.choice(self.model.properties_of(table, 'a'))} ->> {quoted(self.values.key())}"]
        query = Query([Sql(name) for name in names] + [self._figure(table, "a")], self._from(table, "a"),
                      self.conditions.conjuncts(table, "a"), group=[Sql(name) for name in names])
        chance = self.rnd.random()
        if chance < 0.1:
            query.group = [Sql(f"{self.rnd.choice(('ROLLUP', 'CUBE'))} ({', '.join(names)})")]
        elif chance < 0.15:
            query.group = [Sql(f"GROUPING SETS (({', '.join(names)}), ())")]
        if self.values.chance(0.3):
            query.having.append(self.rnd.choice((
                Sql(f"count(*) {self.rnd.choice(('>', '=', '<'))} {self.rnd.choice((1, 1, 2, 5))}"),
                Sql(f"{names[0]} IS NOT NULL"), Sql(f'min(a."{self._time(table)}") > \'2022-01-01\''),
                Sql("bool_or(", self.conditions.sharp(table, "a"), ")"), Sql(f"{names[0]}::text <> 'active'"))))
        if self.values.chance(0.6):
            query.order = [Order(Sql(self.rnd.choice(names)), self.rnd.choice(DIRECTIONS))]
        return self._limit(query)

    def _distinct(self):
        table = self._table()
        names = [f'a."{self._column(table).name}"' for _ in range(self.rnd.choice((1, 1, 2)))]
        query = Query([Sql(name) for name in names], self._from(table, "a"), self.conditions.conjuncts(table, "a"),
                      distinct=True)
        if self.values.chance(0.6):
            query.order = [Order(Sql(self.rnd.choice(names)), self.rnd.choice(DIRECTIONS))]
        return self._limit(query)

    def _distinct_on(self):
        """The first row of each group."""
        table = self._table()
        keys = [self._key(table, "a") for _ in range(self.rnd.choice((1, 1, 2)))]
        more = [self._key(table, "a") for _ in range(self.rnd.choice((0, 0, 1)))]
        return self._limit(Query(self._columns(table, "a"), self._from(table, "a"),
                                 self.conditions.conjuncts(table, "a"), keys + more + self._unique(table, "a"),
                                 distinct_on=len(keys)))

    def _window(self):
        """Figures over the rows next to each row, and the first few of each group."""
        table = self._table()
        unique = self.model.unique(table, "i")
        part = self.rnd.choice(("", "", f'PARTITION BY i."{self._column(table).name}" '))
        key = self.rnd.choice((f'i."{self._time(table)}" DESC, ', f'i."{self._time(table)}", ', ""))
        column = self._column(table, ("text", "integer", "time", "timestamp"))
        inner = self.conditions.conjuncts(table, "i")
        figure = self.rnd.choice(("row_number()", "row_number()", "rank()", "count(*)", f'lag(i."{column.name}")',
                                  f'first_value(i."{column.name}")', f'max(i."{self._time(table)}")', "ntile(3)"))
        source = Choice(Sql(f"(SELECT i.*, {figure} OVER ({part}ORDER BY {key}{unique}) AS figure FROM ", Table(table),
                            " i WHERE ", Joined("AND", inner), ") a"), self._from(table, "a"))
        where = self.conditions.conjuncts(table, "a")[:1] if self.values.chance(0.4) else []
        if figure in ("row_number()", "rank()") and self.values.chance(0.6):
            where.append(Sql(f"a.figure {self.rnd.choice(('<=', '<', '='))} {self.rnd.choice((1, 2, 5))}"))
        return self._limit(Query([Sql("a.id"), Sql("a.figure")], source, where, self._order(table, "a"),
                                 others=(self._part(table, "i", inner),)))

    # one in another

    def _nested(self):
        """A limit inside, conditions outside."""
        table = self._table()
        inner = [Sql("i." + part.expression.parts[0].partition("a.")[2] + " " + part.direction)
                 for part in self._order(table, "a") if part.expression.parts[0].startswith("a.")]
        keys = [part for key in inner + [Sql(self.model.unique(table, "i"))] for part in (", ", key)][1:]
        limit = self.rnd.choice(LIMITS)
        inner = self.conditions.conjuncts(table, "i")
        source = Choice(Sql("(SELECT * FROM ", Table(table), " i WHERE ", Joined("AND", inner), " ORDER BY ", *keys,
                            f" LIMIT {limit}) a"), self._from(table, "a"))
        return self._limit(Query(self._columns(table, "a"), source, self.conditions.conjuncts(table, "a"),
                                 self._order(table, "a"), others=(self._part(table, "i", inner),)))

    def _with(self):
        """A common table expression, read once or twice."""
        table = self._table()
        word = self.rnd.choice(("MATERIALIZED ", "NOT MATERIALIZED ", "", ""))
        twice = self.rnd.choice(("SELECT * FROM w", "SELECT * FROM w", "SELECT * FROM w UNION ALL SELECT * FROM w",
                                 "SELECT w.* FROM w WHERE w.id IN (SELECT w.id FROM w)",
                                 "SELECT w.* FROM w WHERE (SELECT count(*) FROM w) > 3"))
        inner = self.conditions.conjuncts(table, "i")
        source = Choice(Sql(f"(WITH w AS {word}(SELECT * FROM ", Table(table), " i WHERE ", Joined("AND", inner),
                            f") {twice}) a"), self._from(table, "a"))
        return self._limit(Query(self._columns(table, "a") if "UNION" not in twice else [Sql("a.id")], source,
                                 self.conditions.conjuncts(table, "a"), self._order(table, "a"),
                                 others=(self._part(table, "i", inner),)))
