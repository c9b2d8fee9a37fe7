"""Literals: values that are there, and values that are nearly there, for these are what goes wrong."""
import datetime
import unicodedata
import uuid

from .tree import Array, Value

OPERATORS = ("eq:", "in:", "neq:", "gte:", "lt:", "eq:in:", "foo:")
TEXTS = ("", " ", "a", "%", "_", "\\", '"', "'", ",", ":", "é", "e\u0301", "null", "NULL", "0", "true", "all",
         "public", "日本語", "😀", "a\tb", "a\nb", "x" * 300, "y" * 9000, "&limit=1", "a&b=c#d", "%41", "+",
         "2024-01-01T00:00:00Z", "~", "~a", "!", "!zvol", "^a", "a$", ".*", "a|b", "(", "[a", "x+", "a?", "{1}", "\\d",
         "  ", "ß", "SS", "ı", "İ", "ﬁ", "a_b", "a%b", "50%", "eq:a", "in:a,b")
INTEGERS = (0, 1, -1, 512, 2 ** 15, 2 ** 31 - 1, 2 ** 31, -2 ** 31, -2 ** 31 - 1, 2 ** 53 + 1, 2 ** 63 - 1,
            -2 ** 63 + 1, -2 ** 63)
TIMES = ("infinity", "-infinity", "epoch", "0001-01-01 00:00:00+00", "4714-11-24 00:00:00+00 BC",
         "1582-10-10 00:00:00.5+00", "1899-12-31 23:59:59.9+00", "1900-01-01 00:00:00+00",
         "9999-12-31 23:59:59.999999+00",
         "9999-12-31 00:00:00+00", "9999-12-30 23:59:59.5+00", "10000-01-01 00:00:00+00", "20000-01-01 00:00:00+00",
         "2024-02-29", "today")
NUDGES = (0, 0, 0, 1, 1, -1, -1, 500000, 500000, -500000, 999999, -999999, 1000000, -1000000, 86400000000)
ZONES = (0, 0, 0, 2, -5, 5.75, -3.5, 14)
KEYS = ("os_distro", "os_version", "architecture", "image_type", "hw_disk_bus", "name", "id", "status", "os_hidden",
        "created_at", "tags", "self", "schema", "os_hash_algo", "nothing_like_it", "limit", "cores_min", "size_max",
        "weird:key", "get", "properties", "Upper", "é key", "deleted_by", "kernel_id", "")


class Values:
    """Draws literals for columns. runs is how many times a prepared statement will be executed, else 1."""

    def __init__(self, rnd, data):
        self.rnd, self.data = rnd, data
        self.runs = 1

    def chance(self, share):
        return self.rnd.random() < share

    def _several(self, draw):
        """What a literal is in the first run, and in the others."""
        return draw(), tuple(draw() for _ in range(self.runs - 1))

    def variants(self, draw):
        """As many texts as there will be runs."""
        return [draw() for _ in range(self.runs)]

    # one text

    def text_of(self, known):
        """A text that is one of the known, or nearly."""
        chance = self.rnd.random()
        if chance < 0.6 and known:
            return self.rnd.choice(known)
        if chance < 0.92 and known:
            return self._near(self.rnd.choice(known))
        return self.rnd.choice(TEXTS)

    def _near(self, text):
        return self.rnd.choice((
            str.upper, str.lower, str.swapcase, str.title, self._accent,
            lambda t: unicodedata.normalize("NFD", t), lambda t: t + " ", lambda t: " " + t, lambda t: t + "\u00a0",
            lambda t: t + ",", lambda t: f'"{t}"', lambda t: t + '"', lambda t: t + ":", lambda t: ":" + t,
            lambda t: self.rnd.choice(OPERATORS) + t, lambda t: t[:-1], lambda t: t + "x", lambda t: t[1:],
            lambda t: t + "\\", lambda t: t + "," + t, lambda t: "~" + t, lambda t: "!" + t, lambda t: t + "%",
            lambda t: t.replace("-", "_"), lambda t: t.replace("a", "."), lambda t: t + "$", lambda t: t + "*",
            lambda t: t.replace("a", "%"), lambda t: t[:4]))(text)

    def _accent(self, text):
        plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        return plain if plain != text else text.replace("e", "é").replace("a", "Å")

    def fragment(self, table, column):
        """A part of a text that is there, or nearly."""
        chance = self.rnd.random()
        text = self.text_for(table, column)
        if chance < 0.1:
            return self.rnd.choice(TEXTS)
        if chance < 0.25 or len(text) < 2:
            return text
        start = self.rnd.choice((0, 0, self.rnd.randrange(len(text))))
        found = text[start:start + self.rnd.choice((1, 2, 3, 5, 8))]
        return self._near(found) if found and self.chance(0.2) else found

    def uuid_of(self, known):
        chance = self.rnd.random()
        if chance < 0.75 and known:
            text = self.rnd.choice(known)
        else:
            text = str(uuid.UUID(int=self.rnd.getrandbits(128)))
        return self.rnd.choice((text, text, text, text.upper(), "{%s}" % text, text.replace("-", "")))

    def integer_of(self, known, limit, far=0.2):
        """Mostly at a value or next to one, else at the ends of a type; within +-limit."""
        if known and not self.chance(far):
            number = int(self.rnd.choice(known)) + self.rnd.choice((0, 0, 1, -1))
        else:
            number = self.rnd.choice(INTEGERS)
        return str(max(-limit, min(limit - 1, number)))

    def time_of(self, known, zone):
        """A time at, or a little off, one that is shown."""
        if self.chance(0.12) or not known:
            return self.rnd.choice(TIMES)
        text = self.rnd.choice(known)
        try:
            moment = datetime.datetime.fromisoformat(text.partition("+")[0] + "+00:00")
            moment += datetime.timedelta(microseconds=self.rnd.choice(NUDGES))
            if zone:
                moment = moment.astimezone(datetime.timezone(datetime.timedelta(hours=self.rnd.choice(ZONES))))
        except (OverflowError, ValueError):
            return "9999-12-31 23:59:59+00"
        return moment.isoformat(sep=self.rnd.choice(" T")) if zone else moment.replace(tzinfo=None).isoformat(" ")

    def date_of(self, known):
        if self.chance(0.1) or not known:
            return self.rnd.choice(("infinity", "-infinity", "epoch", "5874897-12-31", "9999-12-31", "0001-01-01"))
        text = self.rnd.choice(known)[:10]
        day = datetime.date.fromisoformat(text) if text[:4] != "9999" else datetime.date(9999, 12, 30)
        return (day + datetime.timedelta(days=self.rnd.choice((0, 0, 1, -1)))).isoformat()

    def text_for(self, table, column):
        """The text of one literal that fits a column's kind."""
        known = self.data.columns[table, column.name]
        kind = column.kind
        if kind == "text":
            return self.text_of(known)
        if kind == "uuid":
            return self.uuid_of(known)
        if kind == "integer":
            return self.integer_of(known, 2 ** 63)
        if kind == "boolean":
            return self.rnd.choice(("true", "false"))
        if kind == "date":
            return self.date_of(known)
        return self.time_of(known, kind == "time")

    # literals

    def literal(self, table, column):
        """A value of a type that the column may be compared with."""
        kind = column.kind
        known = self.data.columns[table, column.name]
        if self.chance(0.02):
            return Value(None, {"time": "timestamptz"}.get(kind, {"integer": "bigint"}.get(kind, kind)))
        if kind == "text":
            first, others = self._several(lambda: self.text_of(known))
            return Value(first, self.rnd.choice(("text", "text", "text", "varchar")), self.chance(0.5), others)
        if kind == "integer":
            return self._integer(known)
        if kind in ("time", "timestamp", "date"):
            return self._time(known, kind)
        first, others = self._several(lambda: self.text_for(table, column))
        return Value(first, kind, self.chance(0.3), others)

    def _integer(self, known):
        type_, limit = self.rnd.choice((("bigint", 63), ("bigint", 63), ("bigint", 63), ("integer", 31),
                                        ("smallint", 15), ("numeric", 70), ("float8", 60)))
        first, others = self._several(lambda: self.integer_of(known, 2 ** limit))
        if type_ == "numeric" and self.chance(0.5):
            first += self.rnd.choice((".5", ".0", "000000000"))
        return Value(first, type_, False, others)

    def _time(self, known, kind):
        type_ = self.rnd.choice({"time": ("timestamptz",) * 6 + ("timestamp", "date"),
                                 "timestamp": ("timestamp",) * 5 + ("timestamptz", "timestamptz", "date"),
                                 "date": ("date",) * 4 + ("timestamp", "timestamptz")}[kind])
        if type_ == "date":
            first, others = self._several(lambda: self.date_of(known))
        else:
            first, others = self._several(lambda: self.time_of(known, type_ == "timestamptz"))
        return Value(first, type_, type_ == "timestamptz" and self.chance(0.2), others)

    def array(self, table, column):
        """A list of values, now and then empty, long, or with NULLs."""
        kind = column.kind
        number = self.rnd.choice(("bigint", "bigint", "integer", "numeric"))
        type_ = {"time": "timestamptz", "integer": number}.get(kind, kind)
        limit = {"bigint": 2 ** 63, "integer": 2 ** 31, "numeric": 2 ** 63}.get(type_, 0)
        known = self.data.columns[table, column.name]
        length = self.rnd.choice((0, 1, 1, 2, 2, 3, 3, 4, 6, 9, 30, 120, 400)) if kind in ("text", "uuid") else \
            self.rnd.choice((0, 1, 2, 3, 5))

        def one():
            if self.chance(0.03):
                return None
            return self.integer_of(known, limit) if limit else self.text_for(table, column)

        def items():
            if length > 20 and known:      # long lists are of what is there, and of others like it
                plain = [one() for _ in range(length // 8)]
                return plain + [self.rnd.choice(known) if self.chance(0.5) else
                                str(uuid.UUID(int=self.rnd.getrandbits(128)))
                                for _ in range(length - len(plain))]
            return [one() for _ in range(length)]

        first, others = self._several(items)
        if kind == "text" and length > 20 and self.chance(0.5):      # all of one make: nothing that cannot be sent
            first = [item for item in first if item is not None and len(item) < 300 and '"' not in item]
        return Array(first, type_, others)

    def tag(self):
        return Value(*self._tag_parts())

    def _tag_parts(self):
        first, others = self._several(lambda: self.text_of(self.data.tags))
        return first, "text", False, others

    def tags(self):
        length = self.rnd.choice((0, 1, 1, 1, 1, 2, 2, 3, 5))
        first, others = self._several(lambda: [None if self.chance(0.02) else self.text_of(self.data.tags)
                                               for _ in range(length)])
        return Array(first, "text", others)

    def key(self):
        """A property's key."""
        chance = self.rnd.random()
        if chance < 0.65 and self.data.keys:
            return self.rnd.choice(self.data.keys)
        if chance < 0.7 and self.data.keys:
            return self._near(self.rnd.choice(self.data.keys))
        return self.rnd.choice(self.data.model.keys + KEYS if self.chance(0.5) else self.data.model.keys or KEYS)

    def property_text(self, key):
        return self.text_of(self.data.properties.get(key, ()))

    def property(self, key):
        first, others = self._several(lambda: self.property_text(key))
        return Value(first, "text", self.chance(0.5), others)

    def properties(self, key):
        """A list of values of one property."""
        first, others = self._several(lambda: [self.property_text(key) for _ in range(self.rnd.choice((0, 1, 2, 3)))])
        return Array(first, "text", others)
