#!/usr/bin/python3
"""Proves that errors in subtransactions, ten thousand in a session, leave nothing behind: no descriptor, no memory, no
connection, no temporary file; wherever the scan was, and whatever ended it; and that the next query works."""
import os
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from imagecat import backend_memory, connect, fresh_database, rows, server, value  # noqa: E402
from tap import diag, done, is_, ok  # noqa: E402

admin = fresh_database("t43_left_behind").cursor()
cloud = Cloud(images=100).start()
other = Cloud(images=40, seed=3).start()
server(admin, "g", cloud.url, page_size=20, max_retries=0)
server(admin, "o", other.url, page_size=20, max_retries=0)
admin.execute("""CREATE TABLE copy AS SELECT * FROM g.images; CREATE TABLE few AS SELECT id FROM copy LIMIT 9;
    ANALYZE copy, few; CREATE TABLE parent (id text, name text);
    CREATE FOREIGN TABLE a () INHERITS (parent) SERVER g; CREATE FOREIGN TABLE b () INHERITS (parent) SERVER o;
    CREATE FOREIGN TABLE odd (id text, name inet) SERVER g""")
cur = connect("t43_left_behind").cursor()
PROCESS = f"/proc/{cur.connection.info.backend_pid}"
TOTAL = len(cloud.documents())
KEPT = 4        # connections that may stay open for each service


def descriptors():
    """The backend's descriptors, but for those of relations, which PostgreSQL keeps as it likes."""
    names = []
    for each in os.listdir(PROCESS + "/fd"):
        try:
            names.append(os.readlink(f"{PROCESS}/fd/{each}"))
        except FileNotFoundError:
            pass
    return [name for name in names if "/base/" not in name and "/pg_wal/" not in name or "pgsql_tmp" in name]


def sockets():
    return sum(name.startswith("socket:") for name in descriptors())


def contexts():
    """Memory in use, and how many contexts of imagecat's there are."""
    return rows(cur, """SELECT sum(used_bytes)::bigint, count(*) FILTER (WHERE name LIKE 'imagecat%')
        FROM pg_backend_memory_contexts""")[0]


def loop(times, body, condition):
    cur.execute(f"""DO $$ DECLARE r record; caught int := 0; BEGIN
        FOR i IN 1..{times} LOOP
            BEGIN {body} EXCEPTION WHEN {condition} THEN caught := caught + 1; END;
        END LOOP;
        IF caught <> {times} THEN RAISE 'caught only %', caught; END IF; END $$""")


# Name: (times, fault, condition, body)
CASES = {
    "refused": (2500, ("status", {"status": 403}), "insufficient_privilege", "PERFORM * FROM g.images;"),
    "list_images refused": (2500, ("status", {"status": 403}), "insufficient_privilege",
                            "PERFORM * FROM imagecat.list_images('g', sort => 'name');"),
    "never sent": (3000, None, "insufficient_privilege",
                   "SET LOCAL imagecat.allowed_hosts = 'x'; PERFORM * FROM g.images;"),
    "an expression fails in the middle of a page": (500, None, "division_by_zero",
                                                    "PERFORM 1 / (length(id) - 36) FROM g.images;"),
    "cut short": (300, ("cut", {}), "others", "PERFORM * FROM g.images;"),
    "cut short in the second listing of a merge": (100, ("cut", {"match": "os_hidden=true"}), "others",
                                                   "PERFORM id FROM g.images ORDER BY created_at;"),
    "malformed on the second page": (200, ("invalid_json", {"match": "marker"}), "others", "PERFORM * FROM g.images;"),
    "the second of two services": (200, ("status", {"status": 403, "where": "o"}), "insufficient_privilege",
                                   "PERFORM * FROM parent;"),
    "a loop over a cursor": (200, None, "division_by_zero",
                             "FOR r IN SELECT id FROM g.images ORDER BY created_at LOOP PERFORM 1 / 0; END LOOP;"),
    "scans within scans": (100, None, "division_by_zero",
                           """FOR r IN SELECT * FROM g.images LOOP
                              PERFORM 1 / (length(x.id) - 36) FROM o.images x, g.images y LIMIT 5; END LOOP;"""),
    "answers that are kept": (200, None, "division_by_zero",
                              """PERFORM (SELECT 1 / (i.id <> n.last)::int FROM g.images i WHERE i.id = c.id)
                                 FROM copy c, (SELECT max(id) AS last FROM copy) n ORDER BY c.id;"""),
    "keys of another table": (200, None, "division_by_zero",
                              "PERFORM 1 / (length(id) - 36) FROM g.images WHERE id IN (SELECT id FROM few);"),
    "values that do not fit": (100, None, "division_by_zero", "PERFORM 1 / (length(id) - 36), name FROM odd;"),
    "nested exception blocks": (100, ("status", {"status": 403}), "raise_exception",
                                """BEGIN PERFORM * FROM g.images; EXCEPTION WHEN insufficient_privilege THEN
                                   BEGIN PERFORM * FROM g.images; EXCEPTION WHEN insufficient_privilege THEN RAISE 'x';
                                   END; END;""")}

rows(cur, "SELECT * FROM g.images ORDER BY created_at")
rows(cur, "SELECT * FROM parent")
ended = 0
for name, (times, fault, condition, body) in CASES.items():
    for each in (cloud, other):
        each.clear()
    if fault:
        where = dict(fault[1])
        (other if where.pop("where", "g") == "o" else cloud).fault(fault[0], times=None, **where)
    loop(20, body, condition)                           # fills caches, and opens the connections that will be kept
    before = contexts(), len(descriptors()), backend_memory(cur)
    started = time.monotonic()
    loop(times, body, condition)
    took = time.monotonic() - started
    after = contexts(), len(descriptors()), backend_memory(cur)
    ended += times
    diag(f"{name}: {times} times in {took:.1f} s, {len(cloud.requests)} requests; before {before}, after {after}")
    ok(after[0][0] - before[0][0] < 20000 and after[0][1] <= before[0][1], f"{name}: no memory context is left")
    ok(after[2] - before[2] < 256, f"{name}: nor memory of curl's or json-c's: {after[2] - before[2]} kB")
    ok(after[1] <= before[1] + KEPT and sockets() <= 1 + 2 * KEPT,
       f"{name}: nor descriptors ({before[1]}, {after[1]}, {sockets()} sockets)")
    is_(value(cur, "SELECT count(*) FROM pg_ls_tmpdir() WHERE name LIKE 'pgsql_tmp' || pg_backend_pid() || '.%'"), 0,
        f"{name}: nor a temporary file")
    for each in (cloud, other):
        each.clear()
    is_(value(cur, "SELECT count(*) FROM (SELECT * FROM g.images UNION ALL SELECT * FROM o.images) i"),
        TOTAL + len(other.documents()), f"{name}: the session goes on")
ok(ended >= 10000, f"{ended} errors in one session")


# A cancel that hits one scan while others are open; the same for an error
def open_cursors():
    cur.execute("""BEGIN; DECLARE a CURSOR FOR SELECT id FROM g.images; DECLARE b CURSOR FOR SELECT id FROM o.images;
        FETCH 5 FROM a; FETCH 5 FROM b; SAVEPOINT s""")


open_cursors()
cloud.fault("delay", seconds=60, times=None)
scan = threading.Thread(target=lambda: found.append(outcome("SELECT * FROM g.images WHERE name = 'x'")))


def outcome(statement):
    """None or the SQLSTATE."""
    try:
        cur.execute(statement)
    except Exception as error:          # psycopg2.Error; others show themselves by having no pgcode
        return error.pgcode
    return None


found = []
scan.start()
cloud.wait_for_request(lambda record: "name=eq:x" in record.target)
rows(admin, "SELECT pg_cancel_backend(%s)", [cur.connection.info.backend_pid])
scan.join()
is_(found, ["57014"], "a cancel of one scan")
cloud.clear()
cur.execute("ROLLBACK TO s")
is_((len(rows(cur, "FETCH ALL FROM a")), len(rows(cur, "FETCH ALL FROM b"))), (TOTAL - 5, len(other.documents()) - 5),
    "the cursors that were open go on")
cur.execute("ROLLBACK")
open_cursors()
cur.execute("FETCH 10 FROM a")
cloud.refuse()
is_(outcome("SELECT * FROM g.images WHERE name = 'x'") is None, False, "a service that is gone")
cloud.accept()
cur.execute("ROLLBACK TO s")
is_(len(rows(cur, "FETCH ALL FROM a")), TOTAL - 15, "a cursor whose page ahead was lost asks for it again")
cur.execute("ROLLBACK")
ok(sockets() <= 1 + 2 * KEPT, f"{sockets()} sockets at the end")
for each in (cloud, other):
    each.stop()
done()
