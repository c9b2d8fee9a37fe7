"""The foreign tables that are queried, and their copies.

Schema remote holds the foreign tables, schema copy what one scan of each gave with pushdown off. Of each API there are
six: `catalog` and `native` as they are imported, `hand` and `odd` written by hand (the one with canonical columns, the
other with native ones; other types, collations, custom properties and JSON pointers), `other`, a second catalog on a
second server, and `family`, a partitioned one over both servers.
"""
import typing

from psycopg2 import sql

from imagecat import options_clause

# What a column shows besides a member's name or a path into the document
SOURCE, REST, WHOLE, NOTHING = "(source)", "(rest)", "(whole)", "(nothing)"
KINDS = {"text": "text", "varchar": "text", "char": "text", "uuid": "uuid", "bigint": "integer", "integer": "integer",
         "smallint": "integer", "numeric": "integer", "boolean": "boolean", "timestamptz": "time",
         "timestamp": "timestamp", "date": "date", "text[]": "tags", "jsonb": "json"}
CANONICAL = ("source", "id", "name", "version", "status", "visibility", "owner", "type", "os", "os_version",
             "architecture", "disk_format", "container_format", "size", "virtual_size", "min_disk", "min_ram",
             "checksum", "protected", "hidden", "tags", "created_at", "updated_at", "properties")
TYPES = {"size": "bigint", "virtual_size": "bigint", "min_disk": "integer", "min_ram": "integer",
         "protected": "boolean", "hidden": "boolean", "tags": "text[]", "created_at": "timestamptz",
         "updated_at": "timestamptz", "properties": "jsonb"}
SERVERS = {"catalog": ("cloud",), "native": ("cloud",), "hand": ("cloud",), "odd": ("cloud",), "other": ("other",),
           "family": ("cloud", "other")}
NATIVE_TABLES = ("native", "odd")


class Column(typing.NamedTuple):
    name: str
    type: str
    shows: typing.Union[str, tuple]      # a member, a path of keys, or one of the words above
    field: typing.Optional[str] = None   # the column option
    reads: typing.Union[str, tuple, None] = None     # "lower"; "zero", which is NULL; (word for true, word for false);
                                                     # "pairs" of an object
    kind: str = ""               # what queries may do with it; "object" holds the custom properties


def column(name, type_="text", shows=None, field=None, reads=None):
    base = type_.split("(")[0].split(" ")[0]
    shows = shows or name
    return Column(name, type_, shows, field, reads, "object" if shows == REST else KINDS[base])


def columns(text, type_="text"):
    """Several columns of members with their own names and one type."""
    return tuple(column(name, type_) for name in text.split())


def canonical(members, reads=()):
    """The canonical columns. members: {column: what it shows}, for the columns that show anything of this API."""
    words = {"source": SOURCE, "properties": REST}
    return tuple(column(name, TYPES.get(name, "text"), words.get(name) or members.get(name, NOTHING), None,
                        dict(reads).get(name)) for name in CANONICAL)


class Model:
    """The tables of one API.

    tables      {name: columns}
    holder      the member that holds the custom properties, else the image itself does
    sharp       {column or kind: weight} of the columns that the service can decide on, see Conditions.sharp
    keys        custom properties worth asking for, whether there are such or not
    sent        columns whose name as such is worth a condition more often: what the service filters by
    """

    def __init__(self, api, catalog, native, hand, odd, sharp, holder=None, keys=(), sent=("id", "name")):
        self.api, self.holder, self.sharp = api, holder, sharp
        self.keys, self.sent = keys, sent
        self.tables = {"catalog": catalog, "native": native, "hand": hand, "odd": odd, "other": catalog,
                       "family": catalog}
        if holder:
            self.tables = {name: tuple(each._replace(kind="object") if each.shows == holder else each
                                       for each in given) for name, given in self.tables.items()}

    def column(self, table, name):
        """The column of that name, or None."""
        return next((each for each in self.tables[table] if each.name == name), None)

    def of_kind(self, table, *kinds):
        return [each for each in self.tables[table] if each.kind in kinds]

    def shared(self, one, two):
        """Names of columns that two tables have with the same type, and that can be compared."""
        types = {each.name: each.type for each in self.tables[one]}
        return [each.name for each in self.tables[two] if types.get(each.name) == each.type
                and each.kind not in ("tags", "object", "json")]

    def unique(self, table, alias):
        """Sort keys that leave no ties; of a uuid, or of text under the default collation."""
        return f"{alias}.id, {alias}.source" if table == "family" else f"{alias}.id"

    def properties_of(self, table, alias):
        """The expressions that are the object of custom properties."""
        found = [f'{alias}."{each.name}"' for each in self.of_kind(table, "object")
                 if not (self.holder and each.shows == REST)]
        if self.holder and not (table in NATIVE_TABLES and self._shown_natively()):
            found += [f"({alias}.properties -> '{self.holder}')"]
        return found

    def _shown_natively(self):
        return any(each.shows == self.holder for each in self.tables["native"])


class Account(typing.NamedTuple):
    """Who asks: a server's url and the options of its user mapping."""
    url: str
    mapping: dict


def create(cur, model, accounts, **options):
    """Servers cloud and other for these two accounts, and all the tables, the copies too."""
    for name, account in zip(("cloud", "other"), accounts):
        given = {"api": model.api, "url": account.url, "page_size": 1000, **options}
        cur.execute(sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER imagecat {}").format(
            sql.Identifier(name), options_clause(given)))
        cur.execute(sql.SQL("CREATE USER MAPPING FOR PUBLIC SERVER {} {}").format(
            sql.Identifier(name), options_clause(account.mapping)))
    # whose equality is not that of bytes
    cur.execute("CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    cur.execute("CREATE SCHEMA remote; CREATE SCHEMA copy")
    for schema, server, name in (("catalog", "cloud", "catalog"), ("native", "cloud", "native"),
                                 ("catalog", "other", "other")):
        cur.execute(f"IMPORT FOREIGN SCHEMA {schema} FROM SERVER {server} INTO remote;"
                    f"ALTER FOREIGN TABLE remote.images RENAME TO {name}")
    _create_by_hand(cur, "hand", model.tables["hand"], "canonical")
    _create_by_hand(cur, "odd", model.tables["odd"], "native")
    cur.execute("""
        CREATE TABLE remote.family (LIKE remote.catalog) PARTITION BY LIST (source);
        CREATE FOREIGN TABLE remote.family1 PARTITION OF remote.family FOR VALUES IN ('cloud') SERVER cloud;
        CREATE FOREIGN TABLE remote.family2 PARTITION OF remote.family FOR VALUES IN ('other') SERVER other""")
    cur.execute("SET imagecat.enable_pushdown = off")
    for name in model.tables:
        cur.execute(f"CREATE TABLE copy.{name} AS SELECT * FROM remote.{name}; ANALYZE copy.{name}")
    cur.execute("RESET imagecat.enable_pushdown")


def _create_by_hand(cur, name, given, style):
    """A table with these columns and, amid them, one that was dropped."""
    definitions = [sql.SQL("{} {} {} {}").format(
        sql.Identifier(each.name), sql.SQL(each.type.split(" COLLATE ")[0]),
        options_clause({"field": each.field} if each.field else {}),
        sql.SQL('COLLATE "C"' if "COLLATE" in each.type else "")) for each in given]
    definitions.insert(3, sql.SQL("dropped text"))
    cur.execute(sql.SQL("CREATE FOREIGN TABLE remote.{} ({}) SERVER cloud OPTIONS (columns {})").format(
        sql.Identifier(name), sql.SQL(", ").join(definitions), sql.Literal(style)))
    cur.execute(sql.SQL("ALTER FOREIGN TABLE remote.{} DROP COLUMN dropped").format(sql.Identifier(name)))
