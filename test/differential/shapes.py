"""Random queries of every shape."""
from .queries import Order, Query
from .tables import TABLES
from .tree import Choice, Joined, Sql, Table, Value, quoted

DIRECTIONS = ("", "", "", "DESC", "DESC", "DESC", "ASC NULLS FIRST", "DESC NULLS LAST", "ASC NULLS LAST",
              "DESC NULLS FIRST")
LIMITS = (0, 1, 1, 2, 3, 3, 5, 7, 10, 11, 20, 50, 100, 300, 1000, 2000)
OFFSETS = (0, 1, 2, 3, 10, 100, 300, 2000)
SETTINGS = ("enable_hashjoin = off", "enable_mergejoin = off", "enable_nestloop = off", "enable_material = off",
            "enable_sort = off", "enable_sort = off", "enable_sort = off", "enable_incremental_sort = off",
            "enable_hashagg = off", "enable_memoize = off", "imagecat.prefetch = off", "imagecat.prefetch = off",
            "work_mem = '64kB'", "from_collapse_limit = 1", "join_collapse_limit = 1",
            "enable_partitionwise_join = on", "enable_partitionwise_aggregate = on", "enable_async_append = off")
SAME_COLUMNS = ("catalog", "native", "other", "family")        # id, name, ... are of the same types in these
SHARED = ("id", "name", "status", "owner", "size", "min_ram", "created_at", "updated_at", "checksum", "visibility")


class Shapes:
    """cheap: the service is slow, so fewer scans for a query."""

    def __init__(self, values, conditions, cheap=False):
        self.values, self.conditions, self.rnd = values, conditions, values.rnd
        self.cheap = cheap
        pick = {self._sharp: 140, self._long_list: 3, self._single: 35, self._aggregate: 8, self._distinct: 4,
                self._groups: 5, self._nested: 6, self._in_query: 7, self._value_query: 6,
                self._correlated: 2 if cheap else 5, self._join: 3 if cheap else 7, self._lateral: 3 if cheap else 6,
                self._union: 2 if cheap else 5}
        self.makers, self.weights = list(pick), list(pick.values())

    def query(self):
        """A random query."""
        manner = self.rnd.choices(("plain", "prepared", "generic", "cursor"), (80, 3 if self.cheap else 6, 6, 8))[0]
        self.values.runs = {"prepared": 7, "generic": 2}.get(manner, 1)
        query = self.rnd.choices(self.makers, self.weights)[0]()
        query.manner, query.runs = manner, self.values.runs
        if manner == "cursor":
            query.fetches = tuple(self.rnd.choice((1, 2, 3, 5, 10, 50)) for _ in range(self.rnd.choice((1, 2, 3))))
            if self.values.chance(0.3):
                query.fetches += (0, -1) if self.values.chance(0.5) else (0, 4)
            elif self.values.chance(0.3):
                query.fetches += (-1,)
            query.suffix = ""
        for setting in self.rnd.sample(SETTINGS, self.rnd.choice((0, 0, 0, 0, 1, 1, 2, 3))):
            name, value = setting.split(" = ")
            query.settings.setdefault(name, value)
        return query

    # parts

    def _table(self, names=("catalog",) * 4 + ("native",) * 2 + ("hand",) * 3 + ("odd",) * 3 + ("other", "family")):
        return self.rnd.choice(names)

    def _column(self, table, kinds=("text", "uuid", "integer", "boolean", "time", "timestamp", "date")):
        return self.rnd.choice([each for each in TABLES[table] if each.kind in kinds])

    def _columns(self, table, alias):
        """A select list."""
        chance = self.rnd.random()
        if chance < 0.15:
            return [Sql(f"{alias}.*")]
        if chance < 0.45:
            return [Sql(f"{alias}.id")]
        columns = [Sql(f'{alias}."{each.name}"')
                   for each in self.rnd.sample(TABLES[table], self.rnd.choice((1, 2, 3, 5)))]
        if chance < 0.6:
            columns.append(self._expression(table, alias))
        return columns

    def _expression(self, table, alias):
        name = self._column(table).name
        forms = [f"{alias}.properties -> {quoted(self.values.key())}", f"length({alias}.id::text)",
                 f'{alias}."{name}" IS NULL', f'{alias}."{name}"::text || \'x\'', f"cardinality({alias}.tags)",
                 f"{alias}.tableoid IS NULL", f"rank() OVER (ORDER BY {alias}.id)",
                 f"rank() OVER (ORDER BY {alias}.updated_at DESC)", f"{alias} IS NULL", "1", "now() IS NULL"]
        if self.conditions.tags_ordered:
            forms += [f"{alias}.tags[1]", f"{alias}::text", f"to_jsonb({alias})"]
        return Sql(self.rnd.choice(forms))

    def _key(self, table, alias):
        """A sort key."""
        chance = self.rnd.random()
        if chance < 0.7:
            wanted = ("created_at", "created_at", "updated_at", "id", "id", "status", "name", "size", "born", "made",
                      "changed")
            name = self.rnd.choice([each for each in wanted if any(each == column.name for column in TABLES[table])])
            column = next(each for each in TABLES[table] if each.name == name)
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
                          f" ORDER BY x.id, x.source LIMIT {few} OFFSET {self.rnd.choice((0, 0, 5, 40))}) {alias}"
                          if table in ("family",) else
                          f" ORDER BY x.id LIMIT {few} OFFSET {self.rnd.choice((0, 0, 5, 40))}) {alias}"), whole)

    # shapes

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

    def _aggregate(self):
        table = self._table()
        query = Query([self._figure(table, "a") for _ in range(self.rnd.choice((1, 1, 2, 3)))], self._from(table, "a"),
                      self.conditions.conjuncts(table, "a"))
        return query

    def _figure(self, table, alias):
        """An aggregate that does not depend on the order of its input."""
        column = self._column(table, ("text", "integer", "time", "timestamp", "date"))
        name = f'{alias}."{column.name}"'
        number = self._column(table, ("integer",)).name
        return self.rnd.choice((
            Sql("count(*)"), Sql("count(*)"), Sql(f"count({name})"), Sql(f"count(DISTINCT {name})"),
            Sql(f"min({name})"), Sql(f"max({name})"), Sql(f'min({alias}.created_at)'), Sql(f'max({alias}.updated_at)'),
            Sql(f'sum({alias}."{number}"::numeric)'), Sql(f"string_agg({alias}.id::text, ',' ORDER BY {alias}.id)"),
            Sql(f'array_agg({name} ORDER BY {name}, {alias}.id)'), Sql(f"bool_or({alias}.created_at IS NULL)"),
            Sql("count(*) FILTER (WHERE ", self.conditions.condition(table, alias), ")"),
        ))

    def _distinct(self):
        table = self._table()
        names = [f'a."{self._column(table).name}"' for _ in range(self.rnd.choice((1, 1, 2)))]
        query = Query([Sql(name) for name in names], self._from(table, "a"), self.conditions.conjuncts(table, "a"),
                      distinct=True)
        if self.values.chance(0.6):
            query.order = [Order(Sql(self.rnd.choice(names)), self.rnd.choice(DIRECTIONS))]
        return self._limit(query)

    def _groups(self):
        table = self._table()
        names = [f'a."{self._column(table).name}"' for _ in range(self.rnd.choice((1, 1, 2)))]
        if self.values.chance(0.2):
            names = [f"a.properties ->> {quoted(self.values.key())}"]
        query = Query([Sql(name) for name in names] + [self._figure(table, "a")], self._from(table, "a"),
                      self.conditions.conjuncts(table, "a"), group=[Sql(name) for name in names])
        if self.values.chance(0.6):
            query.order = [Order(Sql(self.rnd.choice(names)), self.rnd.choice(DIRECTIONS))]
        return self._limit(query)

    def _nested(self):
        """A limit inside, conditions outside."""
        table = self._table()
        last = [Order(Sql("i.id"))] + ([Order(Sql("i.source"))] if table == "family" else [])
        inner = [Sql("i." + part.expression.parts[0].partition("a.")[2] + " " + part.direction)
                 for part in self._order(table, "a") if part.expression.parts[0].startswith("a.")]
        keys = [part for key in inner + [key.expression for key in last] for part in (", ", key)][1:]
        limit = self.rnd.choice(LIMITS)
        source = Choice(Sql("(SELECT * FROM ", Table(table), " i WHERE ",
                            Joined("AND", self.conditions.conjuncts(table, "i")), " ORDER BY ", *keys,
                            f" LIMIT {limit}) a"), self._from(table, "a"))
        if self.values.chance(0.3):
            source = Choice(Sql("(WITH w AS MATERIALIZED (SELECT * FROM ", Table(table), " i WHERE ",
                                Joined("AND", self.conditions.conjuncts(table, "i")), ") SELECT * FROM w) a"),
                            self._from(table, "a"))
        return self._limit(Query(self._columns(table, "a"), source, self.conditions.conjuncts(table, "a"),
                                 self._order(table, "a")))

    def _in_query(self):
        """IN, NOT IN, EXISTS and NOT EXISTS with another table."""
        one, two = self._table(), self._table()
        name = self.rnd.choice(("id", "id", "name", "status", "owner"))
        inner = self.conditions.conjuncts(two, "b")
        if (one == "hand") != (two == "hand") and name == "id":
            left, right = "a.id::text", "b.id::text"
        else:
            left, right = f"a.{name}", f"b.{name}"
        other = Table(two, self.values.chance(0.3))
        if self.values.chance(0.6):
            word = self.rnd.choice(("IN", "IN", "NOT IN"))
            condition = Sql(f"{left} {word} (SELECT {right} FROM ", other, " b WHERE ",
                            Joined("AND", inner), ")")
        else:
            word = self.rnd.choice(("", "NOT "))
            condition = Sql(f"{word}EXISTS (SELECT FROM ", other, f" b WHERE {left} = {right} AND ",
                            Joined("AND", inner), ")")
        return self._limit(Query(self._columns(one, "a"), self._from(one, "a", local=self.values.chance(0.15)),
                                 self.conditions.conjuncts(one, "a")[:2] + [condition], self._order(one, "a")))

    def _value_query(self):
        """A value that comes from a sub-query and is known only while executing."""
        one, two = self._table(SAME_COLUMNS), self._table(SAME_COLUMNS)
        where = Joined("AND", self.conditions.conjuncts(two, "b"))
        other = Table(two, self.values.chance(0.5))
        number = self.rnd.choice((0, 1, 4, 9, 33))
        place = f" ORDER BY b.id, b.created_at, b.status LIMIT 1 OFFSET {number})"
        name = self.rnd.choice(SHARED)
        key = self.rnd.choice(("os_distro", "os_version", "architecture", self.values.key()))
        time = self.rnd.choice(("created_at", "updated_at"))
        condition = self.rnd.choice((
            Sql(f"a.{name} = (SELECT b.{name} FROM ", other, " b WHERE ", where, place),
            Sql(f"a.{time} {self.rnd.choice(('>=', '>', '<', '<=', '='))} (SELECT {self.rnd.choice(('min', 'max'))}"
                f"(b.{time}) FROM ", other, " b WHERE ", where, ")"),
            Sql("a.size >= (SELECT max(b.size) FROM ", other, " b WHERE ", where, ")"),
            Sql("a.id = ANY (ARRAY(SELECT b.id FROM ", other, " b WHERE ", where, "))"),
            Sql("a.name = ANY (ARRAY(SELECT b.name FROM ", other, " b WHERE ", where, "))"),
            Sql("a.tags @> (SELECT b.tags FROM ", other, " b WHERE ", where, place),
            Sql("(SELECT b.tags[1] FROM ", other, " b WHERE ", where, place, " = ANY (a.tags)")
            if self.conditions.tags_ordered else
            Sql("a.tags @> (SELECT b.tags FROM ", other, " b WHERE ", where, place),
            Sql(f"a.properties ->> {quoted(key)} = (SELECT b.properties ->> {quoted(key)} FROM ", other, " b WHERE ",
                where, place),
            Sql("a.properties @> (SELECT b.properties FROM ", other, " b WHERE ", where, place),
            Sql("a.protected = (SELECT b.protected FROM ", other, " b WHERE ", where, place),
        ))
        return self._limit(Query(self._columns(one, "a"), self._from(one, "a"),
                                 self.conditions.conjuncts(one, "a")[:1] + [condition], self._order(one, "a")))

    def _correlated(self):
        """A sub-query that is run again for each of a few rows."""
        one, two = self._table(SAME_COLUMNS), self._table(SAME_COLUMNS)
        few = 2 if self.cheap else 6
        name = self.rnd.choice(SHARED)
        where = self.conditions.conjuncts(two, "b")[:2]
        link = Sql(self.rnd.choice((f"b.{name} = a.{name}", f"b.{name} = a.{name}", "b.id = a.id",
                                    "b.created_at > a.created_at",
                                    "b.tags @> a.tags", "a.tags[1] = ANY (b.tags)" if self.conditions.tags_ordered else
                                    "b.tags @> a.tags", "b.updated_at < a.updated_at", "b.size <= a.size",
                                    "b.name = ANY (ARRAY[a.name, 'plain'])",
                                    "b.properties @> jsonb_build_object('os_distro', a.name)")))
        column = Sql(self.rnd.choice(("(SELECT count(*) FROM ", "(SELECT max(b.created_at) FROM ",
                                      "(SELECT min(b.name) FROM ", "ARRAY(SELECT b.id FROM ")), Table(two), " b WHERE ",
                     Joined("AND", [link] + where), self.rnd.choice((")", ")")))
        if column.parts[0].startswith("ARRAY"):
            keys = self.rnd.choice(("b.created_at, b.id", "b.id"))
            column.parts = column.parts[:-1] + (f" ORDER BY {keys}, b.status LIMIT 3)",)
        return Query([Sql("a.id"), column], self._from(one, "a", few, local=self.values.chance(0.5)), [],
                     self._order(one, "a"))

    def _join(self):
        one, two = self._table(SAME_COLUMNS + ("hand",)), self._table(SAME_COLUMNS + ("hand", "odd"))
        name = self.rnd.choice(("id", "id", "id", "name", "checksum"))
        if "hand" in (one, two) or "odd" in (one, two):
            name = "id"
        cast = "::text" if (one == "hand") != (two == "hand") else ""
        if two == "odd" and not cast:
            cast = ' COLLATE "C"'
        kind = self.rnd.choice(("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
        few = self.rnd.choice((1, 2, 2)) if self.cheap else self.rnd.choice((None, None, 2, 4))
        on = Joined("AND", [Sql(f"a.{name}{cast} = b.{name}{cast}")] +
                    ([self.conditions.condition(two, "b")] if self.values.chance(0.5) and kind != "FULL JOIN" else []))
        left = self._from(one, "a", few, self.values.chance(0.2))
        right = self._from(two, "b", None, self.values.chance(0.2))
        query = Query(self.rnd.choice(([Sql("a.id"), Sql("b.id")], [Sql("count(*)")],
                                       self._columns(one, "a") + self._columns(two, "b"))),
                      Choice(Sql(left, f" {kind} ", right, " ON ", on), left), self.conditions.conjuncts(one, "a")[:2])
        if self.values.chance(0.4):
            query.where += self.conditions.conjuncts(two, "b")[:1]
        if few is not None and self.values.chance(0.7):
            query.settings = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_material": "off"}
        if query.columns[0].parts[0] == "count(*)":
            return query
        query.order = self._order(one, "a")
        return self._limit(query)

    def _lateral(self):
        """A scan for each of a few values, known only then."""
        table = self._table()
        column = self._column(table, ("text", "uuid", "integer", "time", "timestamp"))
        name, few = f'i."{column.name}"', 2 if self.cheap else self.rnd.choice((2, 4, 7))
        links = [f"{name} = v.x", f"{name} = v.x", f"{name} = ANY (ARRAY[v.x])"]
        if column.kind != "uuid":
            links += [f"{name} >= v.x", f"{name} < v.x"]
        if column.kind == "text":
            links += ["i.tags @> ARRAY[v.x::text]", "v.x::text = ANY (i.tags)", "i.properties ->> 'os_distro' = v.x",
                      "i.properties @> jsonb_build_object('os_distro', v.x)"]
        link = self.rnd.choice(links)
        if self.values.chance(0.4):
            driver = Sql(f'(SELECT x."{column.name}" AS x FROM ', Table(table, True),
                         f" x ORDER BY x.id LIMIT {few} OFFSET {self.rnd.choice((0, 3, 30))}) v")
        else:
            values = [self.values.literal(table, column) for _ in range(few)]
            type_ = {"time": "timestamptz", "integer": "numeric"}.get(column.kind, column.kind)
            if column.kind == "integer":
                type_ = "bigint"
                values = [Value(self.values.integer_of((), 2 ** 63), "bigint") for _ in range(few)] \
                    if any(value.type in ("numeric", "float8") for value in values) else values
            rows = [part for value in values for part in (", (", Sql(value), f"::{type_})")]
            driver = Sql("(VALUES (", *rows[1:], ") v(x)")
        last = "i.id, i.source" if table == "family" else "i.id"
        limit = self.rnd.choice(("", " LIMIT 1", " LIMIT 3", " LIMIT 20"))
        inner = Sql("(SELECT i.* FROM ", Table(table), " i WHERE ",
                    Joined("AND", [Sql(link)] + self.conditions.conjuncts(table, "i")[:2]),
                    f" ORDER BY {self.rnd.choice(('i.created_at DESC, ', 'i.updated_at, ', ''))}{last}{limit}) a")
        query = Query([Sql("v.x")] + self._columns(table, "a"),
                      Sql(driver, self.rnd.choice((" CROSS JOIN LATERAL ", " LEFT JOIN LATERAL ")), inner), [],
                      self._order(table, "a"))
        if query.source.parts[1].startswith(" LEFT"):
            query.source = Sql(*query.source.parts, " ON true")
        return self._limit(query)

    def _union(self):
        one, two = self._table(SAME_COLUMNS), self._table(SAME_COLUMNS)
        names = ["id"] + self.rnd.sample(SHARED[1:], self.rnd.choice((0, 1, 2)))
        word = self.rnd.choice(("UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT"))
        branches = [Sql(f"(SELECT {', '.join('b.' + name for name in names)} FROM ", Table(table), " b WHERE ",
                        Joined("AND", self.conditions.conjuncts(table, "b")), ")") for table in (one, two)]
        query = Query([Sql("a." + name) for name in names],
                      Choice(Sql("(", branches[0], f" {word} ", branches[1], ") a"), Sql(branches[0], " a")))
        if self.values.chance(0.7):
            name = self.rnd.choice([name for name in names if name.endswith("_at")] or names)
            collation = ' COLLATE "C"' if name == "id" else ""
            query.order = [Order(Sql(f"a.{name}{collation}"), self.rnd.choice(DIRECTIONS))]
        return self._limit(query)
