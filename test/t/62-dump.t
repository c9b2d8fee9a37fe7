#!/usr/bin/python3
"""Proves that pg_dump carries a database that uses the extension, its local catalog, servers, mappings and tables, into
another one, and that what is dumped there is the same."""
import os
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from imagecat import connect, fresh_database, rows, server  # noqa: E402
from tap import diag, done, is_, like, ok, unlike  # noqa: E402

BIN = subprocess.run([os.environ["PG_CONFIG"], "--bindir"], check=True, text=True, capture_output=True).stdout.strip()
cloud = Cloud(images=60).start()
cur = fresh_database("t62_dump").cursor()
server(cur, "g", cloud.url, page_size=20, request_timeout="20s")
server(cur, "here", api="local", token=None)
cur.execute("""IMPORT FOREIGN SCHEMA native FROM SERVER g INTO public;
    CREATE FOREIGN TABLE own (id uuid NOT NULL, named text OPTIONS (field 'name'), tag text OPTIONS (field '/tags/0'))
        SERVER g OPTIONS (columns 'native');
    INSERT INTO imagecat.images SELECT * FROM g.images;
    CREATE VIEW listed AS SELECT id, name FROM imagecat.list_images('g', name => 'plain');
    CREATE MATERIALIZED VIEW kept AS SELECT id, status FROM g.images;
    CREATE TABLE parts (source text, id text, name text) PARTITION BY LIST (source);
    CREATE FOREIGN TABLE part PARTITION OF parts FOR VALUES IN ('g') SERVER g;
    CREATE FUNCTION counted(imagecat.image[]) RETURNS int LANGUAGE sql AS 'SELECT cardinality($1)';
    GRANT EXECUTE ON FUNCTION imagecat.list_images TO pg_monitor""")


def run(program, *arguments, text=None):
    result = subprocess.run([os.path.join(BIN, program), *arguments], input=text, text=True, capture_output=True)
    if not ok(result.returncode == 0, f"{program} {' '.join(arguments)}"):
        diag(result.stderr)
    return result.stdout


def dump(database):
    """Without what pg_dump makes up for each dump."""
    return [line for line in run("pg_dump", database).splitlines()
            if not line.startswith(("\\restrict", "\\unrestrict"))]


def contents(session):
    return {query: sorted(rows(session, query), key=repr) for query in (
        "SELECT * FROM g.images", "SELECT * FROM images", "SELECT * FROM own", "SELECT * FROM listed",
        "SELECT * FROM kept", "SELECT * FROM parts", "SELECT * FROM here.images", "SELECT * FROM imagecat.images",
        "SELECT counted(array_agg(i)) FROM imagecat.list_images('g') i",
        "SELECT proacl FROM pg_proc WHERE proname = 'list_images'")}


wanted, first = contents(cur), dump("t62_dump")
unlike("\n".join(first), r"CREATE TABLE imagecat\.|CREATE FUNCTION imagecat\.|CREATE TYPE imagecat\.",
       "the extension's own objects are not in the dump")
like("\n".join(first), r"^COPY imagecat\.images ", "but the local catalog's rows are")
fresh_database("t62_plain").cursor().execute("DROP EXTENSION imagecat; DROP SCHEMA imagecat")
run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", "t62_plain", text="\n".join(first))
is_(dump("t62_plain"), first, "restored and dumped again, it is the same")
fresh_database("t62_archive").cursor().execute("DROP EXTENSION imagecat; DROP SCHEMA imagecat")
archive = os.path.join(os.path.dirname(os.environ["PGHOST"]), "t62.dump")
run("pg_dump", "-Fc", "-f", archive, "t62_dump")
run("pg_restore", "--exit-on-error", "-d", "t62_archive", archive)
for database in ("t62_plain", "t62_archive"):
    found = contents(connect(database).cursor())
    is_([query for query in wanted if found[query] != wanted[query]], [], f"{database}: all queries give the same rows")
ok(all(wanted.values()), "and some")
like(run("pg_dump", "--include-foreign-data=g", "--table=own", "t62_dump"),
     r"^COPY public\.own \(id, named, tag\) FROM stdin;\n[-0-9a-f]{36}\t",
     "--include-foreign-data dumps a service's rows")
cloud.stop()
done()
