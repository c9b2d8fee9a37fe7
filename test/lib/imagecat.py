"""What tests of the extension share: connections to the private cluster, servers, plans, errors, memory."""
import os
import re
from contextlib import closing

import psycopg2
from psycopg2 import sql


def connect(dbname=None, autocommit=True, **parameters):
    """A session in the private cluster, which PGHOST, PGPORT and PGUSER lead to."""
    if "PGHOST" not in os.environ:
        raise RuntimeError("no PGHOST: start this test with test/run")
    connection = psycopg2.connect(dbname=dbname or os.environ.get("PGDATABASE", "postgres"), **parameters)
    connection.autocommit = autocommit
    return connection


def fresh_database(name):
    """A session in a new database that has the extension; an old one of that name is dropped."""
    with closing(connect("postgres")) as admin:
        cur = admin.cursor()
        cur.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        cur.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    connection = connect(name)
    connection.cursor().execute("CREATE EXTENSION imagecat")
    return connection


def options_clause(options):
    """OPTIONS (...) with proper quoting; nothing for no options."""
    if not options:
        return sql.SQL("")
    pairs = [sql.SQL("{} {}").format(sql.Identifier(key), sql.Literal(str(value))) for key, value in options.items()]
    return sql.SQL("OPTIONS ({})").format(sql.SQL(", ").join(pairs))


def server(cur, name, url=None, api="glance", token="u-t1:t1:member", mapping=None, schema=None, shape="catalog",
           **options):
    """Creates a server, a user mapping for everybody and the foreign table SCHEMA.images; the schema is named NAME
    unless told otherwise. MAPPING replaces the token; token=None without it gives a mapping without options;
    shape is catalog, native, or None for no table."""
    given = {"api": api, **({"url": url} if url else {}), **options}
    credentials = mapping if mapping is not None else {"token": token} if token else {}
    schema = sql.Identifier(schema or name)
    cur.execute(sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER imagecat {}")
                .format(sql.Identifier(name), options_clause(given)))
    cur.execute(sql.SQL("CREATE USER MAPPING FOR PUBLIC SERVER {} {}")
                .format(sql.Identifier(name), options_clause(credentials)))
    if shape:
        cur.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        cur.execute(sql.SQL("IMPORT FOREIGN SCHEMA {} FROM SERVER {} INTO {}")
                    .format(sql.Identifier(shape), sql.Identifier(name), schema))


def rows(cur, query, parameters=None):
    """All rows of a query."""
    cur.execute(query, parameters)
    return cur.fetchall()


def value(cur, query, parameters=None):
    """The first column of the first row."""
    cur.execute(query, parameters)
    return cur.fetchone()[0]


def error_of(cur, query, parameters=None):
    """The error that a statement ends with (pgcode, diag.message_primary, diag.message_hint...), or None."""
    try:
        cur.execute(query, parameters)
        if cur.description:
            cur.fetchall()
    except psycopg2.Error as error:
        if not cur.connection.closed and not cur.connection.autocommit:
            cur.connection.rollback()
        return error
    return None


def notices(cur):
    """The notices since the last call."""
    found = list(cur.connection.notices)
    del cur.connection.notices[:]
    return found


def explain(cur, query, parameters=None, analyze=False, verbose=False):
    """The plan as text, without what varies from run to run."""
    flags = ["COSTS OFF"]
    if analyze:
        flags += ["ANALYZE", "TIMING OFF", "SUMMARY OFF"]
    if verbose:
        flags.append("VERBOSE")
    cur.execute(f"EXPLAIN ({', '.join(flags)}) " + query, parameters)
    return "\n".join(line for (line,) in cur.fetchall())


def requests_in(plan):
    """The requests that a plan announces, in order."""
    return re.findall(r"Remote Request: (.*)", plan)


def figure_in(plan, name):
    """The sum of one of EXPLAIN ANALYZE's whole-number figures, e.g. "Requests"; None if the plan has none."""
    found = re.findall(rf"^\s*{re.escape(name)}: (\d+)", plan, re.M)
    return sum(map(int, found)) if found else None


def backend_memory(cur):
    """The private memory of the session's server process, in kB (what needs no privilege to read)."""
    with open(f"/proc/{cur.connection.info.backend_pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
