"""Random conditions on a column, by its kind.

None of them may raise an error for a row's values: which rows are looked at is not SQL's promise.
"""
import json
import re

from .tree import Not, Sql, Value, quoted

COMPARISONS = ("=", "=", "=", "=", "<>", "<", "<=", ">", ">=")
ORDERED = ("=", "<", "<", "<", "<=", "<=", ">", ">", ">=", ">=", "<>")       # of times and numbers
COLLATIONS = ('"C"', '"C"', '"POSIX"', '"en-x-icu"', '"und-x-icu"', "folded")
BOOLEAN_TESTS = ("IS TRUE", "IS FALSE", "IS NOT TRUE", "IS NOT FALSE", "IS UNKNOWN", "IS NOT UNKNOWN", "IS NULL",
                 "IS NOT NULL", "= true", "= false", "<> true", "<> false", "< true", ">= true", "IN (true)",
                 "IN (false, NULL)", "= ANY ('{t,f}')", "= ALL ('{t}')", "IS DISTINCT FROM true",
                 "IS NOT DISTINCT FROM NULL")
MOMENTS = ("now()", "current_timestamp", "statement_timestamp()", "localtimestamp", "current_date",
           "'today'::timestamptz", "date_trunc('day', now())", "now() AT TIME ZONE 'UTC'", "to_timestamp(1704067200.5)",
           "'2024-02-29'::date::timestamptz", "make_timestamptz(2024, 1, 1, 0, 0, 0.5)")


class Kinds:
    """tags_ordered: the service sends the tags of an image in the same order each time."""

    def __init__(self, values, tags_ordered=True):
        self.values, self.rnd, self.model = values, values.rnd, values.data.model
        self.tags_ordered = tags_ordered

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
            forms += [("(", " || '')"), ("lower(", ")"), ("trim(", ")"), ("", "::varchar"), ("", "::varchar(4)"),
                      ("", "::bpchar"), ("", "::bpchar::text"), ("", "::name::text")]
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
        collation = self.rnd.choice(COLLATIONS)
        return self.rnd.choice((
            self.pattern(table, name, column), self.pattern(table, name, column), self.pattern(table, name, column),
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
            self.moment(name),
        ))

    def moment(self, name):
        """A time next to one that execution alone knows."""
        shift = self.rnd.choice(("", "", " - interval '1 day'", " - interval '700 days 7 hours'",
                                 " - interval '2 years 1 month 0.5 seconds'", " + interval '30 days'"))
        moment = self.rnd.choice(MOMENTS)
        return Sql(f"{name} {self.rnd.choice(('<', '<', '<=', '>', '>=', '>='))} {moment}{shift}")

    def pattern(self, table, name, column):
        """A text that contains, begins with, ends with or looks like another."""
        draw = self.values.variants(lambda: self.values.fragment(table, column))
        plain = self.rnd.choice(("LIKE", "LIKE", "LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE", "~~", "!~~"))
        before, after = self.rnd.choice((("%", "%"), ("%", "%"), ("%", "%"), ("", "%"), ("", "%"), ("%", ""), ("", ""),
                                         ("_", "%"), ("%", "_"), ("%%", "%"), ("", "__")))

        def escaped(text):
            return before + re.sub(r"([%_\\])", r"\\\1", text) + after

        def wild(text):
            return before + text.rstrip("\\") + after

        def regular(text):
            return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)

        def value(change=str):
            return Value(change(draw[0]), "text", self.values.chance(0.5), tuple(map(change, draw[1:])))

        def typed(change=str):
            return Value(change(draw[0]), "text", False, tuple(map(change, draw[1:])))

        match = self.rnd.choice(("~", "~", "~", "!~", "~*", "!~*"))
        start, end = self.rnd.choice((("", ""), ("", ""), ("^", ""), ("", "$"), ("^", "$"), ("^.*", ""), ("(", ")")))
        chance = self.rnd.random()
        if chance < 0.3:
            return Sql(f"{name} {plain} ", value(escaped))
        if chance < 0.4:
            return Sql(f"{name} {plain} ", value(wild))
        if chance < 0.6:
            return Sql(f"{name} {match} ", value(lambda text: start + regular(text) + end))
        return self.rnd.choice((
            Sql(f"strpos({name}, ", value(), ") > 0"), Sql(f"strpos({name}, ", value(), ") > 0"),
            Sql(f"strpos({name}, ", value(), ") <> 0"), Sql(f"strpos({name}, ", value(), ") = 1"),
            Sql("position(", typed(), f" IN {name}) > 0"), Sql(f"starts_with({name}, ", value(), ")"),
            Sql(f"NOT starts_with({name}, ", value(), ")"), Sql(f"{name} ^@ ", value()),
            Sql(f"left({name}, 3) = left(", typed(), ", 3)"), Sql(f"right({name}, 2) = ", value()),
            Sql(f"{name} LIKE ", value(lambda text: before + re.sub("([%_!])", r"!\1", text) + after), " ESCAPE '!'"),
            Sql(f"{name} LIKE ", value(wild), " ESCAPE ''"),
            Sql(f"{name} LIKE ANY (ARRAY[", typed(escaped), ", 'b%'])"),
            Sql(f"{name} LIKE '%' || ", typed(), " || '%'"),
            Sql(f"{name} SIMILAR TO '%(z|e)%'"), Sql(f"{name} ~ {quoted('^[A-Za-z]' + self.rnd.choice(('', '.*-')))}"),
            Sql(f"{name} COLLATE {self.rnd.choice(COLLATIONS[:5])} LIKE ", value(escaped)),
            Sql(f"lower({name}) LIKE ", value(lambda text: escaped(text.lower()))),
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
        """On the object of custom properties."""
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
            Sql(f"{member} LIKE 'u%'"), Sql(f"{member} <> ", text), Sql(f"strpos({member}, ", text, ") > 0"),
            Sql(f"{member} LIKE '%' || ", text),
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
        members = [each.name for each in self.model.tables["native"]]
        key = self.rnd.choice((self.values.key(), *self.model.sent, *members))
        text = self.values.property(key)
        text.bare = False
        return self.rnd.choice((
            Sql(f"{name} IS NULL"), Sql(f"{name} ->> {quoted(key)} = ", text), Sql(f"{name} ? {quoted(key)}"),
            Sql(f"{name} @> ", self._object(key)), Sql(f"({name} -> {quoted(key)})::text = 'null'"),
            Sql(f"{name} ->> {quoted(key)} IS NOT NULL"), Sql(f"jsonb_typeof({name}) = 'object'"),
        ))

    def _two_columns(self, table, alias):
        """One column next to another of its kind, or rows of two."""
        columns = [each for each in self.model.tables[table] if each.kind in ("text", "integer", "time")]
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
