"""The dialect tables, as src/dialect has them, and README's tables made of them."""
import collections
import glob
import os
import subprocess
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# Members of ParamEncoding that need words of their own.
CONSTANT, BOOLEAN, TRUE = 2, 3, 4

Field = collections.namedtuple("Field", "member type column kind argument path zero")
Param = collections.namedtuple("Param", "key member op prefix encoding guarded")


class Tables:
    """The tables of one dialect."""

    def __init__(self):
        self.fields, self.params, self.words, self.sorts, self.paging = [], [], [], [], []

    def field(self, member):
        return next((field for field in self.fields if field.member == member), None)

    def column(self, member, native=False):
        """How SQL names what shows a member: by the canonical column if there is one."""
        field = self.field(member)
        if field is None:
            return None
        name = field.column if field.column != "-" and not native else field.member
        return name if name.replace("_", "a").isalnum() and name.islower() else '"%s"' % name

    def is_sent(self, parameter):
        """Whether the table has a way from SQL to this parameter."""
        return (parameter in self.paging or any(param.key == parameter for param in self.params) or
                any(word[0] == parameter for word in self.words))


def read():
    """Compiles the tables, prints them and reads that: {api: Tables}."""
    include = subprocess.run([os.environ.get("PG_CONFIG", "pg_config"), "--includedir-server"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    sources = [name for name in sorted(glob.glob(os.path.join(ROOT, "src", "dialect", "*.c")))
               if not name.endswith(("params.c", "request.c"))]
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "print")
        subprocess.run(["cc", "-std=gnu11", "-I", os.path.join(ROOT, "src"), "-I", include,
                        os.path.join(ROOT, "test", "dialects", "print.c"), *sources, "-o", program], check=True)
        printed = subprocess.run([program], check=True, text=True, stdout=subprocess.PIPE).stdout
    found = collections.defaultdict(Tables)
    for line in printed.splitlines():
        api, kind, *rest = line.split("\t")
        tables = found[api]
        if kind == "field":
            tables.fields.append(Field(*rest))
        elif kind == "param":
            tables.params.append(Param(*rest[:4], int(rest[4]), rest[5] == "1"))
        elif kind == "word":
            tables.words.append(rest)
        elif kind == "sort":
            tables.sorts.append(rest)
        else:
            tables.paging = [name for name in rest if name != "-"]
    return dict(found)


def sql_of(tables, param):
    """The SQL that a parameter's entry pushes."""
    if param.member == "-":
        return "`=` on any other custom property"
    column = tables.column(param.member)
    if column is None:
        return "`list_images(%s => 'x')`" % param.member
    if param.op == "CONTAINS":
        return "`%s LIKE '%%x%%'`, `list_images(%s => '~x')`" % (column, param.member)
    if param.encoding == CONSTANT:
        words = {"true": "public", "false": "private"}
        return "`%s = '%s'`" % (column, words.get(param.prefix, param.prefix.lower()))
    if param.encoding in (BOOLEAN, TRUE):
        if tables.field(param.member).kind == "words":
            column = tables.column(param.member, native=True)
        return "`%s`" % column if param.encoding == TRUE else "`%s`, `NOT %s`" % (column, column)
    if param.op == "HAS":
        return "`tags @> '{x}'`, `'x' = ANY (tags)`"
    if param.op == "IN":
        return "`%s IN (...)`" % column
    return "`%s %s x`" % (column, {"DISTINCT": "IS DISTINCT FROM"}.get(param.op, param.op))


def unique(texts):
    return list(dict.fromkeys(texts))


def parameter_rows(tables, documented):
    keys = unique(documented + [param.key for param in tables.params if param.member != "-"])
    for key in keys:
        sql = [sql_of(tables, param) for param in tables.params if param.key == key and param.member != "-"]
        for _, member, word in (entry for entry in tables.words if entry[0] == key):
            sql.append("`list_images(%s => '%s')`" % (tables.column(member), word))
        if key in tables.paging:
            sql.append({"limit": "`LIMIT`, the option `page_size`, `list_images(max_rows, page_size)`",
                        "marker": "each further page, `list_images(marker)`"}.get(
                            key, "`ORDER BY` " + ", ".join(tables.column(member) for member, _ in tables.sorts) +
                            "; `list_images(sort)`"))
        if not sql:
            sql.append("`list_images(params => '{\"%s\": ...}')`" % key)
        yield "`?%s`" % key, ", ".join(unique(sql))
    for param in tables.params:
        if param.member == "-":
            yield "`?%s`*name*" % param.key, sql_of(tables, param)


def member_rows(tables):
    for field in tables.fields:
        shown = []
        if field.kind != "custom":
            shown.append("`%s` %s" % (field.member, field.type))
        if field.column != "-":
            shown.append("canonical `%s`" % field.column)
        if field.argument != "-":
            shown.append("`list_images(%s)`" % field.argument)
        yield "`%s`" % field.member, ", ".join(shown)


def markdown(tables, documented):
    """One table: what each parameter is sent for, then which columns show each member."""
    rows = [*parameter_rows(tables, documented), *member_rows(tables)]
    return "\n".join(["| API | SQL |", "|---|---|", *("| %s | %s |" % row for row in rows)]) + "\n"
