"""Random queries of several tables: joins, sub-queries, set operations."""
from .parts import DIRECTIONS, Parts
from .queries import Order, Query
from .tree import Choice, Items, Joined, Sql, Table, Value, quoted

LOOPS = ({"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_material": "off"},
         {"enable_hashjoin": "off", "enable_mergejoin": "off"}, {"enable_hashjoin": "off"}, {"enable_mergejoin": "off"},
         {"enable_nestloop": "off"}, {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_memoize": "off"})
UNIQUE = ("id", "name")
KEYS = ("text", "uuid", "integer", "time", "timestamp", "date")      # kinds of columns to join by
PLAIN_TABLES = ("catalog", "catalog", "native", "other", "family")


class Joins(Parts):
    """Shapes with more than one table."""

    def _link(self, one, two, kinds=KEYS, often=("id", "id", "name")):
        """(expression on a, expression on b) of two columns that can be equal."""
        names = [each.name for each in self.model.of_kind(one, *kinds)
                 if (other := self.model.column(two, each.name)) and other.kind in kinds]
        shared = [name for name in self.model.shared(one, two) if name in names]
        more = () if often == UNIQUE else shared if self.values.chance(0.8) else names
        name = self.rnd.choice([*(name for name in often if name in names), *more])
        left, right = self.model.column(one, name), self.model.column(two, name)
        texts = f'a."{name}"', f'b."{name}"'
        if left.kind != right.kind:
            return texts[0] + "::text", texts[1] + "::text"
        if left.kind == "text" and ("COLLATE" in left.type) != ("COLLATE" in right.type):
            return texts[0], texts[1] + ' COLLATE "C"'
        return texts

    def _in_query(self):
        """IN, NOT IN, EXISTS and NOT EXISTS with another table."""
        one, two = self._table(), self._table()
        left, right = self._link(one, two, ("text", "uuid", "integer", "time"))
        other = Table(two, self.values.chance(0.4))
        where = self.conditions.conjuncts(two, "b")
        inner = Joined("AND", where)
        chance = self.rnd.random()
        if chance < 0.5:
            word = self.rnd.choice(("IN", "IN", "NOT IN", "= ANY"))
            condition = Sql(f"{left} {word} (SELECT {right} FROM ", other, " b WHERE ", inner, ")")
        elif chance < 0.65:
            word = self.rnd.choice(("= ANY", "= ANY", "<> ALL"))
            condition = Sql(f"{left} {word} (ARRAY(SELECT {right} FROM ", other, " b WHERE ", inner, "))")
        else:
            word = self.rnd.choice(("", "NOT "))
            condition = Sql(f"{word}EXISTS (SELECT FROM ", other, f" b WHERE {left} = {right} AND ", inner, ")")
        if self.values.chance(0.12):
            condition = Joined("OR", [condition, self.conditions.sharp(one, "a")])
        query = Query(self._columns(one, "a"), self._from(one, "a", local=self.values.chance(0.25)),
                      self.conditions.conjuncts(one, "a")[:2] + [condition], self._order(one, "a"),
                      others=(self._part(two, "b", where),))
        if self.values.chance(0.4):
            query.settings = dict(self.rnd.choice(LOOPS))
        return self._limit(query)

    def _value_query(self):
        """A value that comes from a sub-query and is known only while executing."""
        one, two = self._table(PLAIN_TABLES), self._table(PLAIN_TABLES)
        inner = self.conditions.conjuncts(two, "b")
        where, other = Joined("AND", inner), Table(two, self.values.chance(0.5))
        place = f" ORDER BY {self.model.unique(two, 'b')} LIMIT 1 OFFSET {self.rnd.choice((0, 1, 4, 9, 33))})"
        key = self.rnd.choice(("os_distro", "os_version", "architecture", self.values.key()))
        ours, theirs = (self.rnd.choice(self.model.properties_of(table, alias))
                        for table, alias in ((one, "a"), (two, "b")))
        left, right = self._link(one, two)
        listed, element = self._link(one, two, ("text", "uuid", "integer"))
        choices = [
            Sql(f"{left} = (SELECT {right} FROM ", other, " b WHERE ", where, place),
            Sql(f'a."{self._time(one)}" {self.rnd.choice((">=", ">", "<", "<=", "="))} '
                f'(SELECT {self.rnd.choice(("min", "max"))}(b."{self._time(two)}") FROM ', other, " b WHERE ", where,
                ")"),
            Sql(f"{listed} = ANY (ARRAY(SELECT {element} FROM ", other, " b WHERE ", where, "))"),
            Sql(f"{listed} = ANY (ARRAY(SELECT {element} FROM ", other, " b WHERE ", where, "))"),
            Sql(f"{ours} ->> {quoted(key)} = (SELECT {theirs} ->> {quoted(key)} FROM ", other, " b WHERE ", where,
                place),
            Sql(f"{ours} @> (SELECT {theirs} FROM ", other, " b WHERE ", where, place)]
        if self.model.column(one, "size") and self.model.column(two, "size"):
            choices.append(Sql("a.size >= (SELECT max(b.size) FROM ", other, " b WHERE ", where, ")"))
        if all((column := self.model.column(table, "tags")) and column.kind == "tags" for table in (one, two)):
            choices.append(Sql("a.tags @> (SELECT b.tags FROM ", other, " b WHERE ", where, place))
            if self.conditions.tags_ordered:
                choices.append(Sql("(SELECT b.tags[1] FROM ", other, " b WHERE ", where, place, " = ANY (a.tags)"))
        for name in self.model.shared(one, two):
            if self.model.column(one, name).kind == "boolean":
                choices.append(Sql(f'a."{name}" = (SELECT b."{name}" FROM ', other, " b WHERE ", where, place))
                break
        return self._limit(Query(self._columns(one, "a"), self._from(one, "a"),
                                 self.conditions.conjuncts(one, "a")[:1] + [self.rnd.choice(choices)],
                                 self._order(one, "a"), others=(self._part(two, "b", inner),)))

    def _correlated(self):
        """A sub-query that is run again for each of a few rows."""
        one, two = self._table(PLAIN_TABLES), self._table(PLAIN_TABLES)
        few = 2 if self.cheap else 6
        left, right = self._link(one, two)
        links = [f"{right} = {left}"] * 3 + [
            f'b."{self._time(two)}" {self.rnd.choice("<>")} a."{self._time(one)}"',
            "b.name = ANY (ARRAY[a.name, 'plain'])", "b.name LIKE a.name || '%'", "strpos(b.name, a.name) > 0",
            "b.name = a.name OR b.id = a.id",
            f"{self.rnd.choice(self.model.properties_of(two, 'b'))} @> jsonb_build_object('os_distro', a.name)"]
        if all((column := self.model.column(table, "tags")) and column.kind == "tags" for table in (one, two)):
            links += ["b.tags @> a.tags"] + (["a.tags[1] = ANY (b.tags)"] if self.conditions.tags_ordered else [])
        inner = self.conditions.conjuncts(two, "b")[:2]
        where = Joined("AND", [Sql(f"({self.rnd.choice(links)})")] + inner)
        chosen = self.rnd.choice(("count(*)", f'max(b."{self._time(two)}")', "min(b.name)", None))
        unique = self.model.unique(two, "b")
        if chosen:
            column = Sql(f"(SELECT {chosen} FROM ", Table(two), " b WHERE ", where, ")")
        else:
            key = self.rnd.choice((f'b."{self._time(two)}", ', ""))
            column = Sql("ARRAY(SELECT b.id FROM ", Table(two), " b WHERE ", where, f" ORDER BY {key}{unique} LIMIT 3)")
        return Query([Sql("a.id"), column], self._from(one, "a", few, local=self.values.chance(0.5)), [],
                     self._order(one, "a"), others=(self._part(two, "b", inner),))

    def _join(self):
        """Two tables, either of them foreign or local, whole or a few rows of it."""
        one, two = self._table(PLAIN_TABLES + ("hand", "odd")), self._table(PLAIN_TABLES + ("hand", "odd"))
        left_key, right_key = self._link(one, two)
        kind = self.rnd.choice(("JOIN", "JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
        local = self.rnd.choice((None, "a", "a", "b", "b"))
        few = self.rnd.choice((1, 2, 2)) if self.cheap else self.rnd.choice((None, None, 2, 4, 12))
        on = [Sql(f"{left_key} = {right_key}")]
        if kind != "FULL JOIN" and self.values.chance(0.5):
            make = self.rnd.choice((self.conditions.sharp, self.conditions.condition))
            on.append(make(two, "b"))
        few_left = self.values.chance(0.7)
        left = self._from(one, "a", few if few_left else None, local == "a")
        right = self._from(two, "b", None if few_left else few, local == "b")
        query = Query(self.rnd.choice(([Sql("a.id"), Sql("b.id")], [Sql("count(*)")],
                                       self._columns(one, "a") + self._columns(two, "b"))),
                      Choice(Sql(left, f" {kind} ", right, " ON ", Joined("AND", on)), left),
                      self.conditions.conjuncts(one, "a")[:2])
        if self.values.chance(0.4):
            query.where += self.conditions.conjuncts(two, "b")[:1]
        if self.values.chance(0.75 if few else 0.3):
            query.settings = dict(self.rnd.choice(LOOPS))
        if query.columns[0].parts[0] == "count(*)":
            return query
        query.order = self._order(one, "a")
        return self._limit(query)

    def _chain(self):
        """Three tables."""
        one, two, three = (self._table(PLAIN_TABLES) for _ in range(3))
        pairs = [self._link(one, other, ("text",), UNIQUE) for other in (two, three)]
        source = Sql(self._from(one, "a", 2 if self.cheap else self.rnd.choice((None, 3, 8)), self.values.chance(0.5)),
                     self.rnd.choice((" JOIN ", " LEFT JOIN ")), self._from(two, "b", None, self.values.chance(0.4)),
                     f" ON {pairs[0][0]} = {pairs[0][1]}", self.rnd.choice((" JOIN ", " LEFT JOIN ")),
                     self._from(three, "c", None, self.values.chance(0.4)),
                     f" ON {pairs[1][0]} = c{pairs[1][1][1:]}")
        query = Query([Sql("a.id"), Sql("b.id"), Sql("c.id")], source,
                      [self.conditions.sharp(self.rnd.choice((one,)), "a")] if self.values.chance(0.6) else [],
                      self._order(one, "a"))
        if self.values.chance(0.5):
            query.settings = dict(self.rnd.choice(LOOPS))
        return self._limit(query)

    def _listed(self):
        """A list of values joined with a table, or a table with a list that is aggregated before."""
        table = self._table()
        column = self._column(table, ("text", "uuid", "integer", "time", "timestamp"))
        name = f'a."{column.name}"'
        array = self.values.array(table, column)
        if array.items and len(array.items) > 12 and self.cheap:
            array.items, array.variants = array.items[:3], ()
        link = self.rnd.choice((f"{name} = v.x", f"{name} = v.x", f"{name} = v.x AND a.id IS NOT NULL",
                                f"lower({name}::text) = lower(v.x::text)"))
        if self.values.chance(0.3):
            condition = Sql(f"{name} = ANY (ARRAY(SELECT x FROM unnest(", array, ") AS u(x) WHERE x IS NOT NULL))")
            query = Query([Sql("a.id")], self._from(table, "a"), [condition], self._order(table, "a"))
        else:
            kind = self.rnd.choice((" JOIN ", " JOIN ", " LEFT JOIN ", " RIGHT JOIN "))
            query = Query([Sql("v.x"), Sql("a.id")],
                          Sql("(SELECT DISTINCT x FROM unnest(", array, ") AS u(x)) v", kind, self._from(table, "a"),
                              f" ON {link}"), self.conditions.conjuncts(table, "a")[:1], self._order(table, "a"))
        if self.values.chance(0.5):
            query.settings = dict(self.rnd.choice(LOOPS))
        return self._limit(query)

    def _lateral(self):
        """A scan for each of a few values, known only then."""
        table = self._table()
        column = self._column(table, ("text", "uuid", "integer", "time", "timestamp"))
        name, few = f'i."{column.name}"', 2 if self.cheap else self.rnd.choice((2, 4, 7))
        objects = self.rnd.choice(self.model.properties_of(table, "i"))
        links = [f"{name} = v.x", f"{name} = v.x", f"{name} = ANY (ARRAY[v.x])", f"({name} = v.x OR {name} IS NULL)"]
        if column.kind != "uuid":
            links += [f"{name} >= v.x", f"{name} < v.x"]
        if column.kind == "text":
            links += [f"{objects} ->> 'os_distro' = v.x", f"{objects} @> jsonb_build_object('os_distro', v.x)",
                      f"{name} LIKE v.x", f"strpos({name}, v.x) > 0"]
            for tags in self.model.of_kind(table, "tags"):
                links += [f'i."{tags.name}" @> ARRAY[v.x::text]', f'v.x::text = ANY (i."{tags.name}")']
        link = self.rnd.choice(links)
        if self.values.chance(0.4):
            driver = Sql(f'(SELECT x."{column.name}" AS x FROM ', Table(table, True),
                         f" x ORDER BY {self.model.unique(table, 'x')} LIMIT {few} "
                         f"OFFSET {self.rnd.choice((0, 3, 30))}) v")
        else:
            values = [self.values.literal(table, column) for _ in range(few)]
            type_ = {"time": "timestamptz", "integer": "numeric"}.get(column.kind, column.kind)
            if column.kind == "integer":
                type_ = "bigint"
                values = [Value(self.values.integer_of((), 2 ** 63), "bigint") for _ in range(few)] \
                    if any(value.type in ("numeric", "float8") for value in values) else values
            driver = Sql("(VALUES ", Items([Sql("(", value, f"::{type_})") for value in values]), ") v(x)")
        time = self._time(table)
        limit = self.rnd.choice(("", " LIMIT 1", " LIMIT 3", " LIMIT 20"))
        first = self.rnd.choice((f'i."{time}" DESC, ', f'i."{time}", ', ''))
        where = self.conditions.conjuncts(table, "i")[:2]
        inner = Sql("(SELECT i.* FROM ", Table(table), " i WHERE ", Joined("AND", [Sql(link)] + where),
                    f" ORDER BY {first}{self.model.unique(table, 'i')}{limit}) a")
        left = self.values.chance(0.5)
        return self._limit(Query([Sql("v.x")] + self._columns(table, "a"),
                                 Sql(driver, " LEFT JOIN LATERAL " if left else " CROSS JOIN LATERAL ", inner,
                                     " ON true" if left else ""), [], self._order(table, "a"),
                                 others=(self._part(table, "i", where),)))

    def _union(self):
        """Set operations, now and then with a branch that is sorted and cut."""
        one, two = self._table(PLAIN_TABLES), self._table(PLAIN_TABLES)
        shared = [name for name in self.model.shared(one, two) if name != "id"]
        names = ["id"] + self.rnd.sample(shared, min(len(shared), self.rnd.choice((0, 1, 2))))
        word = self.rnd.choice(("UNION ALL", "UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL",
                                "EXCEPT ALL"))
        branches, others = [], []
        for table in (one, two):
            cut = f" ORDER BY {self.model.unique(table, 'b')} LIMIT {self.rnd.choice((3, 20))}" \
                if self.values.chance(0.15) else ""
            where = self.conditions.conjuncts(table, "b")
            others.append(self._part(table, "b", where))
            branches.append(Sql("(SELECT " + ", ".join(f'b."{name}"' for name in names) + " FROM ", Table(table),
                                " b WHERE ", Joined("AND", where), cut, ")"))
        query = Query([Sql(f'a."{name}"') for name in names],
                      Choice(Sql("(", branches[0], f" {word} ", branches[1], ") a"), Sql(branches[0], " a")),
                      others=tuple(others))
        if self.values.chance(0.7):
            times = [name for name in names if self.model.column(one, name).kind == "time"]
            name = self.rnd.choice(times or names)
            collation = ' COLLATE "C"' if name == "id" else ""
            query.order = [Order(Sql(f'a."{name}"{collation}'), self.rnd.choice(DIRECTIONS))]
        return self._limit(query)
