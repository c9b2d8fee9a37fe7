#!/usr/bin/python3
"""Proves that imagecat.create_catalog makes one table of many servers, for whoever may, that mistakes are told, that
a query goes to the services that its sources name and to no other, and that a dump brings the catalog back."""
import os
import subprocess
import sys
from contextlib import closing

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from imagecat import connect, error_of, explain, fresh_database, requests_in, rows, server, value  # noqa: E402
from tap import done, is_, like, ok  # noqa: E402

cur = fresh_database("t25_catalog").cursor()
clouds = {name: Cloud(images=20 + index, seed=index).start() for index, name in enumerate(("a", "b", "c"))}
ODD = 'it\'s "odd"; \\ Ü'
LONG = "long-" + "ü" * 29                # 63 bytes: the longest name that a server can have
for name, cloud in clouds.items():
    server(cur, name, cloud.url, shape=None)
for name in (ODD, LONG, LONG[:-1]):
    server(cur, name, clouds["a"].url, shape=None)


def asked(query, parameters=None):
    """The rows of a query, and which services were asked for them."""
    for cloud in clouds.values():
        cloud.clear()
    found = rows(cur, query, parameters)
    return found, "".join(name for name, cloud in clouds.items() if cloud.requests)


def refused(title, query, pgcode, message, hint=None, detail=None):
    error = error_of(cur, query)
    is_(error and error.pgcode, pgcode, f"{title}: SQLSTATE")
    if error:
        like(error.diag.message_primary, message, f"{title}: message")
        if hint:
            like(error.diag.message_hint, hint, f"{title}: hint")
        if detail:
            like(error.diag.message_detail, detail, f"{title}: detail")


# What it makes
is_(value(cur, "SELECT imagecat.create_catalog('all_images', 'a', 'b', 'c')::text"), "all_images.images",
    "the table's name")
COLUMNS = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 AND " \
    "attrelid = %s::regclass ORDER BY attnum"
is_(rows(cur, COLUMNS, ["all_images.images"]), rows(cur, COLUMNS, ["imagecat.image"]), "the canonical columns")
is_(rows(cur, COLUMNS, ["all_images.images_b"]), rows(cur, COLUMNS, ["imagecat.image"]), "in a partition")
PARTITIONS = """SELECT c.relname, s.srvname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits
    JOIN pg_class c ON c.oid = inhrelid JOIN pg_foreign_table t ON ftrelid = c.oid
    JOIN pg_foreign_server s ON s.oid = ftserver
    WHERE inhparent = %s::regclass ORDER BY srvname COLLATE "C" """
is_(rows(cur, PARTITIONS, ["all_images.images"]),
    [(f"images_{name}", name, f"FOR VALUES IN ('{name}')") for name in "abc"], "a foreign partition for each server")
everything = sorted((name, document["id"]) for name, cloud in clouds.items() for document in cloud.documents())
is_(sorted(rows(cur, "SELECT source, id FROM all_images.images")), everything, "all images of all services")

is_(value(cur, "SELECT imagecat.create_catalog('Odd \"schema\"', VARIADIC %s::text[])::text", [[ODD, LONG, LONG[:-1]]]),
    '"Odd ""schema""".images', "odd names are quoted")
found = rows(cur, PARTITIONS, ['"Odd ""schema""".images'])
is_([row[1] for row in found], sorted((ODD, LONG, LONG[:-1])), "odd servers")
is_(dict((row[1], row[0]) for row in found)[ODD], "images_" + ODD, "a partition with an odd name")
ok(len({row[0] for row in found}) == 3 and all(len(row[0].encode()) <= 63 for row in found),
   "long names are cut, and differ")
is_(rows(cur, 'SELECT source, count(*) FROM "Odd ""schema""".images GROUP BY source ORDER BY source COLLATE "C"'),
    [(name, len(clouds["a"].documents())) for name in sorted((ODD, LONG, LONG[:-1]))], "odd servers have their images")
cur.execute("CREATE SCHEMA given; CREATE VIEW given.images_a AS SELECT 1")
is_(value(cur, "SELECT imagecat.create_catalog('given', 'a')::text"), "given.images", "a schema that is there already")
is_(rows(cur, PARTITIONS, ["given.images"])[0][0], "images_a_1", "a name that is taken already")

# What is wrong is told
for title, query, pgcode, message, *rest in (
        ("no servers", "SELECT imagecat.create_catalog('x')", "22023", "^a catalog needs at least one server$",
         "create_catalog"),
        ("no servers in an array", "SELECT imagecat.create_catalog('x', VARIADIC '{}')", "22023",
         "at least one server"),
        ("NULL as a server", "SELECT imagecat.create_catalog('x', 'a', NULL)", "22004", "may not be null"),
        ("NULL as servers", "SELECT imagecat.create_catalog('x', VARIADIC NULL)", "22004", "may not be null"),
        ("NULL as the schema", "SELECT imagecat.create_catalog(NULL, 'a')", "22004", "may not be null"),
        ("an unknown server", "SELECT imagecat.create_catalog('x', 'a', 'nobody')", "42704", '"nobody" does not exist'),
        ("a server named twice", "SELECT imagecat.create_catalog('x', 'a', 'b', 'a')", "22023",
         '^server "a" is named twice$'),
        ("an existing table", "SELECT imagecat.create_catalog('given', 'b')", "42P07",
         '^relation "images" already exists in schema "given"$', "PARTITION OF given.images FOR VALUES")):
    refused(title, query, pgcode, message, *rest)
cur.execute("CREATE FOREIGN DATA WRAPPER other; CREATE SERVER foreigner FOREIGN DATA WRAPPER other")
refused("a server of another wrapper", "SELECT imagecat.create_catalog('x', 'foreigner')", "42809",
        '^server "foreigner" is not one of imagecat\'s$', 'wrapper is "other"')
is_(value(cur, "SELECT count(*) FROM pg_namespace WHERE nspname = 'x'"), 0, "what is refused leaves nothing")

# Relations of the database: rows of one partition have one source
cur.execute("CREATE SERVER here FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'imagecat.images')")
refused("a relation with sources of its own", "SELECT imagecat.create_catalog('x', 'a', 'here')", "42809",
        '^server "here" cannot be a part of a catalog$', "a view without that column", 'column "source"')
cur.execute("CREATE VIEW given.sourceless AS SELECT id, name FROM imagecat.images")
cur.execute("ALTER SERVER here OPTIONS (SET relation 'given.sourceless')")
cur.execute("INSERT INTO imagecat.images (source, id, name) VALUES ('somewhere', 'i1', 'one')")
cur.execute("SELECT imagecat.create_catalog('mixed', 'a', 'here', 'b')")
is_(rows(cur, "SELECT source, id FROM mixed.images WHERE name = 'one'"), [("here", "i1")],
    "a view without sources is a part")
is_(value(cur, "SELECT count(*) FROM mixed.images"), 1 + len(clouds["a"].documents()) + len(clouds["b"].documents()),
    "local rows and services' in one table")

# Adding a server later
cur.execute("CREATE FOREIGN TABLE given.images_b PARTITION OF given.images FOR VALUES IN ('b') SERVER b")
is_(sorted(rows(cur, "SELECT source, id FROM given.images")), [row for row in everything if row[0] != "c"],
    "a server added later")

# Whoever may use the servers and create in the schema
cur.execute("DROP ROLE IF EXISTS t25_user; CREATE ROLE t25_user; GRANT USAGE ON SCHEMA imagecat TO t25_user")
cur.execute("GRANT USAGE ON FOREIGN SERVER a TO t25_user; CREATE SCHEMA theirs; SET ROLE t25_user")
refused("no right to create a schema", "SELECT imagecat.create_catalog('x', 'a')", "42501",
        "permission denied for database")
refused("no right to create in the schema", "SELECT imagecat.create_catalog('theirs', 'a')", "42501",
        "permission denied for schema")
refused("no right to use a server", "SELECT imagecat.create_catalog('theirs', 'a', 'b')", "42501",
        "permission denied for foreign server b")
cur.execute("RESET ROLE; GRANT CREATE, USAGE ON SCHEMA theirs TO t25_user; SET ROLE t25_user")
is_(value(cur, "SELECT imagecat.create_catalog('theirs', 'a')::text"), "theirs.images",
    "a user with the privileges may")
is_(value(cur, "SELECT count(*) FROM theirs.images"), len(clouds["a"].documents()), "and reads it")
is_(value(cur, "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'theirs.images_a'::regclass"), "t25_user",
    "and owns it")
cur.execute("RESET ROLE; DROP SCHEMA theirs CASCADE; REVOKE ALL ON FOREIGN SERVER a FROM t25_user")
cur.execute("REVOKE ALL ON SCHEMA imagecat FROM t25_user; DROP ROLE t25_user")

# Which services a query goes to
COUNT = {name: [(len(cloud.documents()),)] for name, cloud in clouds.items()}
is_(asked("SELECT count(*) FROM all_images.images WHERE source = 'b'"), (COUNT["b"], "b"), "one source: one service")
is_(asked("SELECT count(*) FROM all_images.images WHERE source IN ('a', 'c')"),
    ([(COUNT["a"][0][0] + COUNT["c"][0][0],)], "ac"), "two sources")
is_(asked("SELECT count(*) FROM all_images.images WHERE source = 'nowhere'"), ([(0,)], ""),
    "a source that there is not")
is_(asked("SELECT count(*) FROM all_images.images WHERE source <> 'a' AND status IS NOT NULL")[1], "bc", "all but one")
cur.execute("PREPARE by_source(text) AS SELECT count(*) FROM all_images.images WHERE source = $1")
for mode in ("force_custom_plan", "force_generic_plan"):
    cur.execute(f"SET plan_cache_mode = {mode}")
    for name in "cab":
        is_(asked(f"EXECUTE by_source('{name}')"), (COUNT[name], name), f"source = $1, {mode}, {name}")
is_(len(requests_in(explain(cur, "EXECUTE by_source('a')"))), 2, "EXPLAIN shows one service's requests")
cur.execute("RESET plan_cache_mode")
is_(asked("SELECT count(*) FROM all_images.images WHERE source = (SELECT min(s) FROM (VALUES ('b'), ('c')) v(s))"),
    (COUNT["b"], "b"), "a source that a subquery tells")
is_(asked("SELECT s, (SELECT count(*) FROM all_images.images WHERE source = s) FROM (VALUES ('b'), ('c'), ('b')) v(s)"),
    ([(name, *COUNT[name][0]) for name in "bcb"], "bc"), "sources one after the other")
one = clouds["c"].documents()[0]["id"]
is_(asked(f"SELECT source, name FROM all_images.images WHERE source = 'c' AND id = '{one}'"),
    ([("c", clouds["c"].documents()[0].get("name"))], "c"), "an image of one source")
is_([record.path for record in clouds["c"].requests], [f"/v2/images/{one}"], "is looked up")

# Dump and restore
here_bin = subprocess.run([os.environ["PG_CONFIG"], "--bindir"], capture_output=True, text=True,
                          check=True).stdout.strip()
dump = subprocess.run([os.path.join(here_bin, "pg_dump"), "t25_catalog"], capture_output=True, text=True, check=False)
is_((dump.returncode, dump.stderr), (0, ""), "pg_dump")
fresh_database("t25_restored").cursor().execute("DROP EXTENSION imagecat; DROP SCHEMA imagecat")
restore = subprocess.run([os.path.join(here_bin, "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "t25_restored"],
                         input=dump.stdout,
                         capture_output=True, text=True, check=False)
is_((restore.returncode, restore.stderr), (0, ""), "restore")
with closing(connect("t25_restored")) as restored:
    again = restored.cursor()
    is_(rows(again, PARTITIONS, ["all_images.images"]), rows(cur, PARTITIONS, ["all_images.images"]),
        "the catalog is there again")
    is_(sorted(rows(again, "SELECT source, id FROM all_images.images")), everything, "with all images")
connect("postgres").cursor().execute("DROP DATABASE t25_restored")

for cloud in clouds.values():
    cloud.stop()
done()
