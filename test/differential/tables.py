"""The foreign tables that are queried, and their copies.

Schema remote holds the foreign tables, schema copy what one scan of each gave with pushdown off. Besides the two
imported tables there are two written by hand, with other types, collations, custom properties and JSON pointers,
one on a second server, and a partitioned one over both servers.
"""
import typing

from psycopg2 import sql

from imagecat import options_clause

# What a column shows besides a member's name or a path into the document
SOURCE, REST, WHOLE, NOTHING = "(source)", "(rest)", "(whole)", "(nothing)"


class Column(typing.NamedTuple):
    name: str
    type: str
    shows: typing.Union[str, tuple]      # a member, a path of keys, or one of the words above
    field: typing.Optional[str] = None   # the column option

    @property
    def kind(self):
        """What queries may do with it."""
        base = self.type.split("(")[0].split(" ")[0]
        return {"text": "text", "varchar": "text", "char": "text", "uuid": "uuid", "bigint": "integer",
                "integer": "integer", "smallint": "integer", "numeric": "integer", "boolean": "boolean",
                "timestamptz": "time", "timestamp": "timestamp", "date": "date", "text[]": "tags",
                "jsonb": "object" if self.shows == REST else "json"}[base]


def column(name, type_="text", shows=None, field=None):
    return Column(name, type_, shows or name, field)


CATALOG = (
    column("source", shows=SOURCE), column("id"), column("name"), column("version", shows=NOTHING),
    column("status"), column("visibility"), column("owner"), column("type", shows="image_type"),
    column("os", shows="os_type"), column("os_version"), column("architecture"), column("disk_format"),
    column("container_format"), column("size", "bigint"), column("virtual_size", "bigint"),
    column("min_disk", "integer"), column("min_ram", "integer"), column("checksum"), column("protected", "boolean"),
    column("hidden", "boolean", "os_hidden"), column("tags", "text[]"), column("created_at", "timestamptz"),
    column("updated_at", "timestamptz"), column("properties", "jsonb", REST),
)
NATIVE = (
    column("id"), column("name"), column("status"), column("visibility"), column("owner"), column("disk_format"),
    column("container_format"), column("size", "bigint"), column("virtual_size", "bigint"),
    column("min_disk", "integer"), column("min_ram", "integer"), column("checksum"), column("os_hash_algo"),
    column("os_hash_value"), column("protected", "boolean"), column("os_hidden", "boolean"),
    column("tags", "text[]"), column("created_at", "timestamptz"), column("updated_at", "timestamptz"),
    column("self"), column("file"), column("schema"), column("direct_url"), column("locations", "jsonb"),
    column("stores"), column("properties", "jsonb", REST), column("document", "jsonb", WHOLE),
)
HAND = (
    column("id", "uuid"), column("name", 'text COLLATE "C"'), column("label", "varchar(8)", "name", "name"),
    column("status", "varchar(20)"), column("visibility"), column("owner"), column("source", shows=SOURCE),
    column("size", "integer"), column("min_ram", "smallint"), column("created_at", "timestamp"),
    column("born", "timestamptz", "created_at", "created_at"), column("updated_at", "timestamptz(0)"),
    column("day", "date", "updated_at", "updated_at"), column("tags", "text[]"),
    column("distro", "text", ("os_distro",), "/os_distro"), column("os_distro"), column("os_version"),
    column("hw_disk_bus", 'text COLLATE "C"'), column("five", "integer"), column("weird:key"), column("cores_min"),
    column("ID"), column("Upper"), column("kernel_id"), column("properties", "jsonb", REST),
    column("protected", "boolean"), column("hidden", "boolean", "os_hidden"), column("version", shows=NOTHING),
)
ODD = (
    column("id", 'text COLLATE "C"'), column("name", "varchar(300)"), column("os_hidden", "boolean"),
    column("size", "numeric"), column("virtual_size"), column("min_disk", "bigint"), column("created_at"),
    column("updated_at", "timestamptz"), column("made", "timestamp", "created_at", "created_at"),
    column("changed", "timestamp(0)", "updated_at", "updated_at"), column("protected"), column("checksum", "char(32)"),
    column("image_type"), column("os_type"), column("architecture"), column("empty_prop"), column("os_admin_user"),
    column("trait", "text", "trait:HW_CPU_X86_AVX2", "trait:HW_CPU_X86_AVX2"), column("os_hash_algo"),
    column("instance_uuid", "uuid"), column("status", 'text COLLATE "C"'), column("tags", "text[]"),
    column("properties", "jsonb", REST), column("document", "jsonb", WHOLE),
)
TABLES = {"catalog": CATALOG, "native": NATIVE, "hand": HAND, "odd": ODD, "other": CATALOG, "family": CATALOG}
NATIVE_TABLES = ("native", "odd")
SERVERS = {"catalog": ("cloud",), "native": ("cloud",), "hand": ("cloud",), "odd": ("cloud",), "other": ("other",),
           "family": ("cloud", "other")}


def create(cur, url, tokens, **options):
    """Servers cloud and other, with one token each, and all the tables, the copies too."""
    for name, token in zip(("cloud", "other"), tokens):
        cur.execute(sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER imagecat {}").format(
            sql.Identifier(name), options_clause({"api": "glance", "url": url, "page_size": 1000, **options})))
        cur.execute(sql.SQL("CREATE USER MAPPING FOR PUBLIC SERVER {} {}").format(
            sql.Identifier(name), options_clause({"token": token})))
    # whose equality is not that of bytes
    cur.execute("CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    cur.execute("CREATE SCHEMA remote; CREATE SCHEMA copy")
    for schema, server, name in (("catalog", "cloud", "catalog"), ("native", "cloud", "native"),
                                 ("catalog", "other", "other")):
        cur.execute(f"IMPORT FOREIGN SCHEMA {schema} FROM SERVER {server} INTO remote;"
                    f"ALTER FOREIGN TABLE remote.images RENAME TO {name}")
    _create_by_hand(cur, "hand", HAND, "canonical")
    _create_by_hand(cur, "odd", ODD, "native")
    cur.execute("""
        CREATE TABLE remote.family (LIKE remote.catalog) PARTITION BY LIST (source);
        CREATE FOREIGN TABLE remote.family1 PARTITION OF remote.family FOR VALUES IN ('cloud') SERVER cloud;
        CREATE FOREIGN TABLE remote.family2 PARTITION OF remote.family FOR VALUES IN ('other') SERVER other""")
    cur.execute("SET imagecat.enable_pushdown = off")
    for name in TABLES:
        cur.execute(f"CREATE TABLE copy.{name} AS SELECT * FROM remote.{name}; ANALYZE copy.{name}")
    cur.execute("RESET imagecat.enable_pushdown")


def _create_by_hand(cur, name, columns, style):
    """A table with these columns and, amid them, one that was dropped."""
    definitions = [sql.SQL("{} {} {} {}").format(
        sql.Identifier(each.name), sql.SQL(each.type.split(" COLLATE ")[0]),
        options_clause({"field": each.field} if each.field else {}),
        sql.SQL('COLLATE "C"' if "COLLATE" in each.type else "")) for each in columns]
    definitions.insert(3, sql.SQL("dropped text"))
    cur.execute(sql.SQL("CREATE FOREIGN TABLE remote.{} ({}) SERVER cloud OPTIONS (columns {})").format(
        sql.Identifier(name), sql.SQL(", ").join(definitions), sql.Literal(style)))
    cur.execute(sql.SQL("ALTER FOREIGN TABLE remote.{} DROP COLUMN dropped").format(sql.Identifier(name)))
