"""Random conditions on one table's columns.

None of them may raise an error for a row's values: which rows are looked at is not SQL's promise.
"""
import json
import uuid

from .tables import TABLES
from .tree import Array, Joined, Not, Sql, Value, quoted

COMPARISONS = ("=", "=", "=", "=", "<>", "<", "<=", ">", ">=")
ORDERED = ("=", "<", "<", "<", "<=", "<=", ">", ">", ">=", ">=", "<>")       # of times and numbers
COLLATIONS = ('"C"', '"C"', '"POSIX"', '"en-x-icu"', '"und-x-icu"', "folded")
# How often sharp() takes a column, by its name or its kind
SHARP = {"time": 4, "timestamp": 6, "integer": 3, "boolean": 2, "tags": 8, "object": 6, "uuid": 4, "text": 1,
         "id": 4, "name": 5, "size": 5, "virtual_size": 5}
BOOLEAN_TESTS = ("IS TRUE", "IS FALSE", "IS NOT TRUE", "IS NOT FALSE", "IS UNKNOWN", "IS NOT UNKNOWN", "IS NULL",
                 "IS NOT NULL", "= true", "= false", "<> true", "<> false", "< true", ">= true", "IN (true)",
                 "IN (false, NULL)", "= ANY ('{t,f}')", "= ALL ('{t}')", "IS DISTINCT FROM true",
                 "IS NOT DISTINCT FROM NULL")
CONSTANTS = ("true", "false", "NULL::boolean", "1 = 0", "now() > '2020-01-01'", "current_user = 'nobody'",
             "current_setting('imagecat.prefetch') IS NULL", "pg_typeof(1) = 'integer'::regtype")


class Conditions:
    """tags_ordered: the service sends the tags of an image in the same order each time."""

    def __init__(self, values, tags_ordered=True):
        self.values, self.rnd = values, values.rnd
        self.tags_ordered = tags_ordered

    # trees

    def conjuncts(self, table, alias):
        """What WHERE has, as a list."""
        count = self.rnd.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 7))
        found = [self.condition(table, alias) for _ in range(count)]
        if count and self.values.chance(0.06):         # the same column twice
            name = self.rnd.choice(TABLES[table])
            found += [self.about(table, alias, name) for _ in range(2)]
        return found

    def condition(self, table, alias, depth=0):
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
        return self.about(table, alias, self._column(table))

    def sharp(self, table, alias):
        """A condition of the kind that services can decide, next to values that are there: where the mistakes are."""
        columns = [each for each in TABLES[table] if each.kind in SHARP]
        column = self.rnd.choices(columns, [SHARP.get(each.name) or SHARP[each.kind] for each in columns])[0]
        name = f'{alias}."{column.name}"'
        kind = column.kind
        chance = self.rnd.random()
        if kind == "tags":
            if chance < 0.6:
                return Sql(f"{name} @> ", self.values.tags())
            return Sql(self.values.tag(), f" = ANY ({name})")
        if kind == "object":
            key = self.values.key()
            if chance < 0.3:
                return Sql(f"{name} @> ", self._object(key))
            return Sql(f"{name} ->> {quoted(key)} = ", self.values.property(key))
        if kind == "boolean":
            return self._boolean(table, name, column)
        if kind == "text" and chance < 0.2:
            return self._collated(table, name, column)
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
        wanted = self.rnd.choice(("id", "name"))
        column = next(each for each in TABLES[table] if each.name == wanted)
        known = self.values.data.columns[table, column.name]
        items = [item for item in self.rnd.sample(known, len(known) // 2) if '"' not in item]
        if column.kind == "text":
            items += [self.rnd.choice((item.upper(), item.lower(), item + " ")) for item in items]
        while len(items) < 500:
            items.append(str(uuid.UUID(int=self.rnd.getrandbits(128))))
        self.rnd.shuffle(items)
        return Sql(f'{alias}."{column.name}" = ANY (', Array(items, column.kind), ")")

    def _column(self, table):
        columns = TABLES[table]
        if self.values.chance(0.35):                   # the ones that services can filter by, more often
            wanted = [each for each in columns if each.kind in ("time", "timestamp", "tags", "object", "boolean")
                      or each.name in ("id", "name", "size")]
            return self.rnd.choice(wanted)
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
            return self._properties(name)
        if kind == "json":
            return self._json(name, column)
        if kind == "boolean":
            return self._boolean(table, name, column)
        chance = self.rnd.random()
        if chance < 0.55:
            return self._comparison(table, name, column)
        if chance < 0.76:
            return self._membership(table, name, column)
        if chance < 0.82:
            return Sql(f"{name} {self.rnd.choice(('', '', 'NOT '))}BETWEEN ", self.literal(table, column), " AND ",
                       self.literal(table, column))
        if chance < 0.85:
            return Sql(f"{name} IS {self.rnd.choice(('', 'NOT '))}DISTINCT FROM ", self.literal(table, column))
        return {"text": self._text, "integer": self._integer, "uuid": self._comparison}.get(
            kind, self._time)(table, name, column)

    # values

    def literal(self, table, column):
        """A value as a literal or as an expression that is worth it."""
        value = self.values.literal(table, column)
        if value.text is None or not self.values.chance(0.12):
            return value
        value.bare = False
        forms = [("(SELECT ", ")"), ("coalesce(", f", NULL::{value.type})"), ("CASE WHEN true THEN ", " END"),
                 ("(", ")")]
        if value.type == "text":
            forms += [("(", " || '')"), ("lower(", ")"), ("trim(", ")")]
        if value.type in ("integer", "bigint", "numeric"):
            forms += [("(", " - 0)"), ("(0 + ", ")")]
        if value.type in ("timestamptz", "timestamp"):
            forms += [("(", " + interval '0')"), ("(", " - interval '0.5 second')"), ("date_trunc('second', ", ")")]
        before, after = self.rnd.choice(forms)
        return Sql(before, value, after)

    def _comparison(self, table, name, column):
        operator = self.rnd.choice(ORDERED if column.kind in ("integer", "time", "timestamp", "date") else COMPARISONS)
        value = self.literal(table, column)
        if self.values.chance(0.15):
            return Sql(value, f" {operator} {name}")
        return Sql(f"{name} {operator} ", value)

    def _membership(self, table, name, column):
        if self.values.chance(0.35):
            items = [self.literal(table, column) for _ in range(self.rnd.choice((1, 2, 3)))]
            parts = [part for item in items for part in (", ", item)][1:]
            return Sql(f"{name} {self.rnd.choice(('', '', 'NOT '))}IN (", *parts, ")")
        quantifier = self.rnd.choice(("= ANY", "= ANY", "= ANY", "= ANY", "= SOME", "<> ALL", "<> ANY", "= ALL",
                                      "< ANY", ">= ALL"))
        return Sql(f"{name} {quantifier} (", self.values.array(table, column), ")")

    # kinds

    def _text(self, table, name, column):
        value = self.values.literal(table, column)
        value.bare = False
        other = self.values.text_for(table, column) or ""
        pattern = self.rnd.choice((other[:3] + "%", "%" + other[-3:], other.replace(other[:1] or "a", "_"), other, "%",
                                   "", "a%", "%\\%%"))
        collation = self.rnd.choice(COLLATIONS)
        return self.rnd.choice((
            Sql(f"{name} {self.rnd.choice(('', 'NOT '))}{self.rnd.choice(('LIKE', 'ILIKE'))} ",
                Value(pattern.rstrip("\\") or "a", "text")),
            Sql(f"{name} ~ {quoted('^[A-Za-z]' + self.rnd.choice(('', '.*-', '{3}')))}"),
            Sql(f"{name} ^@ ", Value(other[:2], "text")),
            Sql(f"lower({name}) = lower(", value, ")"),
            Sql(f"{name} || '' = ", value),
            Sql(f"coalesce({name}, '') = ", value),
            Sql(f"nullif({name}, ", value, ") IS NULL"),
            Sql(f"length({name}) {self.rnd.choice(COMPARISONS)} {len(other)}"),
            Sql(f"{name} COLLATE {collation} {self.rnd.choice(COMPARISONS)} ", value),
            Sql(f"{name} COLLATE {collation} = ANY (", self.values.array(table, column), ")"),
            Sql(f"{name} = (", value, f" COLLATE {collation})"),
            Sql(f"{name}::varchar = ", value),
            Sql(f"{name}::varchar(5) = ", value),
            Sql(f"{name} = {quoted(other[:200])}::char(200)"),
            Sql(f"{name}::char(200) = {quoted(other[:200])}::char(200)"),
            Sql(f"{name} = {quoted(other[:15])}::name"),
            Sql(f"({name} = ", value, f") {self.rnd.choice(BOOLEAN_TESTS)}"),
            Sql(f"CASE WHEN {name} = ", value, f" THEN true ELSE {self.rnd.choice(('false', 'NULL', 'true'))} END"),
        ))

    def _integer(self, table, name, column):
        value = self.values.literal(table, column)
        value.bare = False
        return self.rnd.choice((
            Sql(f"{name} % 2 = {self.rnd.choice((0, 1))}"),
            Sql(f"{name} / 2 {self.rnd.choice(COMPARISONS)} ", value),
            Sql(f"{name}::numeric + 1 > ", value),
            Sql(f"{name}::text = '{(value.text or '0').split('.')[0]}'"),
            Sql(f"coalesce({name}, 0) {self.rnd.choice(COMPARISONS)} ", value),
            Sql(f"({name} > ", value, f") {self.rnd.choice(BOOLEAN_TESTS)}"),
        ))

    def _time(self, table, name, column):
        value = self.values.literal(table, column)
        value.bare = False
        unit = self.rnd.choice(("second", "minute", "day", "year"))
        return self.rnd.choice((
            Sql(f"date_trunc('{unit}', {name}) {self.rnd.choice(COMPARISONS)} ", value),
            Sql(f"{name}::date {self.rnd.choice(COMPARISONS)} ", Value(self.values.date_of(
                self.values.data.columns[table, column.name]), "date")),
            Sql(f"extract(year FROM {name}) = {self.rnd.choice((2022, 2023, 2024, 1999))}"),
            Sql(f"{name}::text LIKE '2024%'"),
            Sql(f"({name} >= ", value, f") {self.rnd.choice(BOOLEAN_TESTS)}"),
            Sql(f"{name} {self.rnd.choice(('<', '>='))} "
                f"now() - interval '{self.rnd.choice((1, 100, 700))} days 7 hours'"),
        ))

    def _boolean(self, table, name, column):
        chance = self.rnd.random()
        if chance < 0.3:
            return Sql(name)
        if chance < 0.5:
            return Not(Sql(name))
        if chance < 0.6:
            return self._comparison(table, name, column)
        if chance < 0.65:
            return Sql(f"({name} {self.rnd.choice(BOOLEAN_TESTS)}) IS NOT TRUE")
        return Sql(f"{name} {self.rnd.choice(BOOLEAN_TESTS)}")

    def _tags(self, name):
        chance = self.rnd.random()
        tags = self.values.tags()
        if chance < 0.4:
            return Sql(f"{name} @> ", tags)
        if chance < 0.6:
            tag = self.values.tag()
            quantifier = self.rnd.choice(("= ANY", "= ANY", "= ANY", "= ANY", "<> ALL", "= ALL", "< ANY"))
            return Sql(tag, f" {quantifier} ({name})")
        forms = [Sql(tags, f" <@ {name}"), Sql(f"{name} <@ ", tags), Sql(f"{name} && ", tags),
                 Sql(f"NOT {name} @> ", tags), Sql(f"cardinality({name}) {self.rnd.choice(COMPARISONS)} "
                                                   f"{self.rnd.choice((0, 1, 2, 3))}"),
                 Sql(f"array_length({name}, 1) IS NULL"), Sql(f"array_position({name}, ", self.values.tag(), ") > 0"),
                 Sql(f"{name} @> ", tags, f" AND {name} @> ", self.values.tags()),
                 Sql(f"{name} @> (SELECT ", tags, ")"), Sql(f'{name} COLLATE folded @> ', tags),
                 Sql("NULL = ANY (", name, ")"), Sql(f"{name} = '{{}}'"),
                 Sql(f"'folded' COLLATE folded = ANY ({name})")]
        if self.tags_ordered:
            forms += [Sql(f"{name} = ", tags), Sql(f"{name}[1] = ", self.values.tag()), Sql(f"{name} > ", tags),
                      Sql(f"{name}[2] IS NOT NULL"), Sql(f"{name} = ANY (ARRAY[", tags, "])") if tags.items else
                      Sql(f"{name} <> ", tags)]
        return self.rnd.choice(forms)

    def _properties(self, name):
        key = self.values.key()
        member = f"{name} ->> {quoted(key)}"
        chance = self.rnd.random()
        if chance < 0.4:
            operator = self.rnd.choice(COMPARISONS) if self.values.chance(0.3) else "="
            return Sql(f"{member} {operator} ", self.values.property(key))
        if chance < 0.5:
            return Sql(f"{member} = ANY (", self.values.properties(key), ")")
        if chance < 0.8:
            contained = self._object(key)
            return self.rnd.choice((Sql(f"{name} @> ", contained), Sql(f"{name} @> ", contained),
                                    Sql(contained, f" <@ {name}")))
        text = self.values.property(key)
        text.bare = False
        return self.rnd.choice((
            Sql(f"{member} IS {self.rnd.choice(('', 'NOT '))}NULL"),
            Sql(f"{name} ? {quoted(key)}"),
            Sql(f"{name} ?| ARRAY[{quoted(key)}, {quoted(self.values.key())}]"),
            Sql(f"{name} -> {quoted(key)} = to_jsonb(", text, ")"),
            Sql(f"{name} #>> ARRAY[{quoted(key)}] = ", text),
            Sql(f"jsonb_extract_path_text({name}, {quoted(key)}) = ", text),
            Sql(f"{name} ->> ", Value(key, "text", False), " = ", text),
            Sql(f"{name} ->> (SELECT ", Value(key, "text", False), ") = ", text),
            Sql(f"lower({member}) = ", text),
            Sql(f"{member} LIKE 'u%'"),
            Sql(f"({member}) COLLATE folded = ", text),
            Sql(f"{name} <@ ", self._object(key)),
            Sql(f"{name} = ", self._object(key)),
            Sql(f"{name} = '{{}}'"),
            Sql(f"{member} = {name} ->> {quoted(self.values.key())}"),
        ))

    def _object(self, key):
        """A jsonb literal to be contained in the properties."""
        def one():
            chance = self.rnd.random()
            if chance < 0.04:
                return self.rnd.choice(("{}", "[]", '"x"', "null", "1", '["os_distro"]', "[1]"))
            members = {}
            for name in [key] + [self.values.key() for _ in range(self.rnd.choice((0, 0, 0, 1, 2)))]:
                members[name] = self.rnd.choice((7, None, True, {}, [], {"a": "b"})) if self.values.chance(0.06) else \
                    self.values.property_text(name)
            return json.dumps(members)
        first, others = one(), tuple(one() for _ in range(self.values.runs - 1))
        return Value(first, "jsonb", self.values.chance(0.3), others)

    def _json(self, name, column):
        if column.name != "document":
            return Sql(f"{name} IS NULL")
        return self.rnd.choice((
            Sql(f"{name} ->> 'name' = ", self.values.tag()),
            Sql(f"{name} @> '{{\"os_hidden\": true}}'"),
            Sql(f"{name} ->> 'status' = 'active'"),
            Sql(f"{name} ? 'os_distro'"),
            Sql(f"({name} -> 'size')::text = 'null'"),
        ))

    def _two_columns(self, table, alias):
        """One column next to another of its kind, or rows of two."""
        columns = [each for each in TABLES[table] if each.kind in ("text", "integer", "time")]
        one = self.rnd.choice(columns)
        two = self.rnd.choice([each for each in columns if each.kind == one.kind])
        first, second = f'{alias}."{one.name}"', f'{alias}."{two.name}"'
        if one.kind == "text":
            first += ' COLLATE "C"'
        if self.values.chance(0.5):
            return Sql(f"{first} {self.rnd.choice(COMPARISONS)} {second}")
        first, second = f'{alias}."{one.name}"', f'{alias}."{two.name}"'
        left, right = self.literal(table, one), self.literal(table, two)
        return Sql(f"({first}, {second}) {self.rnd.choice(('=', '<', '>=', '<>'))} (", left, ", ", right, ")")
