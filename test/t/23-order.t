#!/usr/bin/python3
"""Proves which ORDER BY is left to the service and which is sorted here, that both listings are merged in order, and
that an order which the service does not keep is an error or costs no row."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

import psycopg2  # noqa: E402

from cloud import Cloud  # noqa: E402
from cloud.images import plain_image  # noqa: E402
from imagecat import error_of, explain, fresh_database, requests_in, rows, server  # noqa: E402
from tap import diag, done, is_, like, ok, unlike  # noqa: E402

cur = fresh_database("t23_order").cursor()
clouds = {name: Cloud(images=200, seed=3, database=name).start() for name in ("sqlite", "postgresql", "mariadb")}
cloud = clouds["sqlite"]
for database, each in clouds.items():
    server(cur, database, each.url)
server(cur, "small", cloud.url, page_size=5)
cur.execute("CREATE FOREIGN TABLE own (id uuid, born timestamp OPTIONS (field 'created_at'), shape text) SERVER sqlite;"
            "CREATE TABLE copy AS SELECT * FROM sqlite.images")


def sorts(plan):
    """The values of the parameter sort in the requests that a plan announces, each once."""
    return sorted({part[5:] for request in requests_in(plan) for part in request.split("&") if part.startswith("sort=")})


# (after FROM, the sort that is sent, whether PostgreSQL sorts as well)
for tail, sent, sorted_here in (
        ("sqlite.images ORDER BY created_at", "created_at:asc", None),
        ("sqlite.images ORDER BY created_at DESC", "created_at:desc", None),
        ("sqlite.images ORDER BY created_at DESC NULLS LAST", "created_at:desc", None),
        ("sqlite.images ORDER BY created_at LIMIT 7", "created_at:asc", None),
        ("sqlite.images ORDER BY created_at, id", "created_at:asc", "Incremental Sort"),
        ("sqlite.images ORDER BY created_at DESC, name LIMIT 5", "created_at:desc", "Incremental Sort"),
        ("sqlite.images WHERE status = 'active' ORDER BY status, created_at", "created_at:asc", None),
        ("own ORDER BY born DESC", "created_at:desc", None),
        ("own ORDER BY id", "id:asc", None),
        ("sqlite.images ORDER BY id COLLATE \"C\"", "id:asc", None),
        ("sqlite.images ORDER BY id COLLATE \"C\" DESC LIMIT 3", "id:desc", None),
        ("sqlite.images ORDER BY updated_at LIMIT 7", "updated_at:asc", None),
        ("sqlite.images ORDER BY updated_at DESC LIMIT 1000", "updated_at:desc", None),
        ("sqlite.images ORDER BY status COLLATE \"C\" LIMIT 5", "status:asc", None),
        # not the service's
        ("sqlite.images ORDER BY id", None, "Sort"),
        ("sqlite.images ORDER BY id COLLATE \"en-x-icu\"", None, "Sort"),
        ("sqlite.images ORDER BY name", None, "Sort"),
        ("sqlite.images ORDER BY name COLLATE \"C\"", None, "Sort"),
        ("sqlite.images ORDER BY name COLLATE \"C\" LIMIT 5", None, "Sort"),
        ("sqlite.images WHERE name IS NOT NULL ORDER BY name COLLATE \"C\" LIMIT 5", None, "Sort"),
        ("sqlite.images ORDER BY size", None, "Sort"),
        ("sqlite.images ORDER BY size DESC LIMIT 5", None, "Sort"),
        ("sqlite.images ORDER BY disk_format COLLATE \"C\" LIMIT 5", None, "Sort"),
        ("sqlite.images ORDER BY min_ram LIMIT 5", None, "Sort"),
        ("sqlite.images ORDER BY os COLLATE \"C\"", None, "Sort"),
        ("sqlite.images ORDER BY updated_at", None, "Sort"),
        ("sqlite.images ORDER BY updated_at LIMIT 1001", None, "Sort"),
        ("sqlite.images ORDER BY updated_at, id LIMIT 5", None, "Sort"),
        ("sqlite.images WHERE name LIKE '%a%' ORDER BY updated_at LIMIT 5", None, "Sort"),
        ("small.images ORDER BY updated_at LIMIT 6", None, "Sort"),
        ("sqlite.images ORDER BY status COLLATE \"C\"", None, "Sort"),
        ("sqlite.images ORDER BY status LIMIT 5", None, "Sort"),
        ("sqlite.images ORDER BY id COLLATE \"C\", created_at", "id:asc", "Incremental Sort"),
        ("sqlite.images ORDER BY created_at::date", None, "Sort"),
        ("sqlite.images ORDER BY created_at - updated_at", None, "Sort"),
        ("sqlite.images ORDER BY hidden, created_at", None, "Sort"),
        ("own ORDER BY shape COLLATE \"C\"", None, "Sort")):
    plan = explain(cur, f"SELECT id FROM {tail}")
    is_(sorts(plan), [sent] if sent else [], f"sent: {tail}")
    if sorted_here:
        like(plan, rf"^ *(-> +)?{sorted_here}$", f"{sorted_here}: {tail}")
    else:
        unlike(plan, "Sort", f"no sort here: {tail}")
is_(sorts(explain(cur, "SELECT max(created_at) FROM sqlite.images")), ["created_at:desc"], "max() reads from the end")

# The rows, against a local copy. Ties may come in any order, so what is compared is the sort key and the set.
for database, each in clouds.items():
    for key, tail in (("created_at", "ORDER BY created_at"), ("created_at", "ORDER BY created_at DESC"),
                      ("created_at", "ORDER BY created_at DESC LIMIT 20"),
                      ("created_at", "ORDER BY created_at OFFSET 5 LIMIT 20"),
                      ("created_at, id", "ORDER BY created_at, id LIMIT 30"),
                      ("created_at, name", "ORDER BY created_at DESC, name"),
                      ("id", "ORDER BY id COLLATE \"C\""), ("id", "ORDER BY id COLLATE \"C\" DESC LIMIT 9"),
                      ("updated_at", "ORDER BY updated_at LIMIT 15"), ("updated_at", "ORDER BY updated_at DESC LIMIT 150"),
                      ("status", "ORDER BY status COLLATE \"C\" LIMIT 90"),
                      ("created_at", "WHERE status = 'active' AND name LIKE '%u%' ORDER BY created_at LIMIT 10"),
                      ("created_at", "WHERE hidden ORDER BY created_at LIMIT 10"),
                      ("name", "ORDER BY name LIMIT 10"), ("size", "ORDER BY size DESC NULLS LAST LIMIT 10")):
        is_(rows(cur, f"SELECT {key} FROM {database}.images {tail}"), rows(cur, f"SELECT {key} FROM copy {tail}"),
            f"{database}: {tail}")
for tail in ("ORDER BY created_at", "ORDER BY created_at DESC", "ORDER BY id COLLATE \"C\" DESC"):
    is_(sorted(rows(cur, f"SELECT id FROM small.images {tail}")), sorted(rows(cur, "SELECT id FROM copy")),
        f"merged from many pages, each image once: {tail}")
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT hidden FROM small.images ORDER BY created_at; FETCH 60 FROM c")
ok({hidden for (hidden,) in cur.fetchall()} == {True, False}, "hidden images come among the others")
cur.execute("COMMIT")
cloud.clear()
rows(cur, "SELECT id FROM small.images ORDER BY created_at LIMIT 5")
is_(sorted(record.value("os_hidden") for record in cloud.lists), ["false", "true"], "a merge starts with one page of each")

# A service that ignores the sort, or does not send what it sorts by
wrong = Cloud(images=0).start()
server(cur, "wrong", wrong.url)
wrong.store.replace([plain_image(name=f"n{at}", created_at=f"2024-01-01T00:00:{at:02d}Z") for at in range(30)])


def ignore(request):
    request.query = "&".join(part for part in request.query.split("&") if not part.startswith("sort="))


for name, fault, arguments in (("ignores the sort", "call", {"function": ignore}),
                               ("sends no time", "override", {"index": 3, "remove": ["created_at"]}),
                               ("sends another word for a time", "override", {"index": 3, "values": {"created_at": "now"}})):
    for tail in ("ORDER BY created_at", "ORDER BY created_at, id"):
        wrong.clear()
        wrong.fault(fault, times=None, **arguments)
        error = error_of(cur, f"SELECT id FROM wrong.images {tail}")
        is_(error and error.pgcode, "HV00K", f"a service that {name}: {tail}: SQLSTATE")
        like(error and error.diag.message_primary, 'server "wrong" did not send its images in the order of "created_at"',
             f"a service that {name}: message")
        like(error and error.diag.message_hint, "imagecat.enable_pushdown = off", f"a service that {name}: hint")
    cur.execute("SET imagecat.enable_pushdown = off")
    is_(len(rows(cur, "SELECT id FROM wrong.images ORDER BY created_at")), 30, f"a service that {name}: as the hint says")
    cur.execute("RESET imagecat.enable_pushdown")
    is_(len(rows(cur, "SELECT id FROM wrong.images")), 30, f"a service that {name}: without an order")

# An update moves an image in the order by updated_at. Paging through that order would lose or double rows, also where
# the service's pages are smaller than they were asked to be.
short = Cloud(images=0, limit_max=5).start()
server(cur, "short", short.url)
for tail in ("ORDER BY updated_at LIMIT 12", "ORDER BY updated_at DESC LIMIT 12"):
    for hidden in ("", "WHERE NOT hidden"):
        short.clear()
        short.store.replace([plain_image(name=f"n{at:02d}", created_at="2023-01-01T00:00:00Z",
                                         updated_at=f"2024-01-01T00:00:{at:02d}Z") for at in range(20)])
        short.fault("touch_marker", match="sort=updated_at.*marker=", times=None)
        query = f"SELECT name FROM short.images {hidden} {tail}"
        try:
            found = [name for (name,) in rows(cur, query)]
            if not ok(len(set(found)) == len(found) == 12, f"{query}: twelve rows or an error"):
                diag(f"got {len(found)} rows: {found}")
        except psycopg2.DatabaseError as error:
            is_(error.pgcode, "HV00K", f"{query}: twelve rows or an error")

for each in (*clouds.values(), wrong, short):
    each.stop()
done()
