#!/usr/bin/python3
"""Proves that a foreign scan does in every executor node what the scan of a local table does: cursors in all ways,
rechecks after a concurrent update, parallel plans, a user's code in the middle of a row, plans that are altered or
compiled, other users' rights; by comparison with a local copy, and with no request too many."""
import os
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

import psycopg2  # noqa: E402
from cloud import Cloud, USER  # noqa: E402
from imagecat import connect, explain, fresh_database, notices, rows, server, value  # noqa: E402
from tap import diag, done, is_, like, ok  # noqa: E402

DATABASE = "t42_executor"
cur = fresh_database(DATABASE).cursor()
cloud = Cloud(images=100).start()
other = Cloud(images=60, seed=3).start()
server(cur, "g", cloud.url, page_size=20)
server(cur, "o", other.url, page_size=20)
cur.execute("CREATE TABLE copy AS SELECT * FROM g.images; CREATE UNIQUE INDEX ON copy (id); ANALYZE copy")
IDS = sorted(document["id"] for document in cloud.documents())
TOTAL = len(IDS)


def until(condition, seconds=20):
    """Waits until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.005)
    return True


def asked():
    """The requests since the last call."""
    targets = [record.target for record in cloud.requests]
    cloud.clear()
    return targets


def outcome(statement, cursor=None):
    """(what it says, its rows) or the SQLSTATE."""
    cursor = cursor or cur
    try:
        cursor.execute(statement)
        return cursor.statusmessage, cursor.fetchall() if cursor.description else None
    except psycopg2.Error as error:
        return error.pgcode


asked()
is_(value(cur, "SELECT count(*) FROM g.images"), TOTAL, "a scan")
LISTING = len(asked())

# Cursors: every movement as over the copy
MOVES = """FETCH NEXT;FETCH 3;FETCH PRIOR;FETCH RELATIVE 0;FETCH ABSOLUTE 40;FETCH BACKWARD 2;FETCH ABSOLUTE -3;
FETCH FORWARD ALL;FETCH NEXT;FETCH PRIOR;MOVE ABSOLUTE 10;FETCH RELATIVE -4;FETCH LAST;MOVE FIRST;FETCH BACKWARD ALL;
FETCH ABSOLUTE 0;FETCH FIRST;MOVE FORWARD 25;FETCH FORWARD 0;FETCH BACKWARD 7;FETCH ABSOLUTE 1000;FETCH BACKWARD 1;
FETCH ABSOLUTE -1000;FETCH 2""".split(";")
for name, query in {"a sort by the service": "SELECT id, created_at FROM {} ORDER BY created_at DESC, id",
                    "a scan": "SELECT * FROM {} WHERE id = '%s'" % IDS[5],
                    "a sub-query": "SELECT id, (SELECT name FROM {} i WHERE i.id = c.id) FROM copy c ORDER BY 1",
                    }.items():
    cur.execute(f"BEGIN; DECLARE f SCROLL CURSOR FOR {query.format('g.images')}")
    cur.execute(f"DECLARE l SCROLL CURSOR FOR {query.format('copy')}")
    differing = [move for move in MOVES if outcome(f"{move} FROM f") != outcome(f"{move} FROM l")]
    is_(differing, [], f"a scrollable cursor over {name} moves as one over the copy")
    cur.execute("COMMIT")
like(explain(cur, "DECLARE c SCROLL CURSOR FOR SELECT id FROM g.images"), "^Materialize",
     "to go back, the rows are kept")
asked()
cur.execute("""BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM g.images;
    FETCH ALL FROM c; FETCH BACKWARD ALL FROM c; FETCH ALL FROM c; COMMIT""")
is_(len(asked()), LISTING, "and asked for once")
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT id FROM g.images")
is_(asked(), [], "a cursor that nobody fetched from has asked for nothing")
rows(cur, "FETCH 5 FROM c")
cloud.fault("stall", times=None)
rows(cur, "FETCH 5 FROM c")
cur.execute("CLOSE c; COMMIT")
ok(until(lambda: all(record.finished or record.aborted for record in cloud.requests)),
   "CLOSE in the middle of a page ends the requests under way")
cloud.clear()

# Cursors and what happens around them
cur.execute("""BEGIN; DECLARE a CURSOR FOR SELECT id FROM g.images;
    DECLARE b CURSOR FOR SELECT id FROM g.images ORDER BY created_at""")
first = rows(cur, "FETCH 5 FROM a") + rows(cur, "FETCH 5 FROM b")
cur.execute("SAVEPOINT s")
cloud.fault("status", status=403, on="any")
is_(outcome("SELECT * FROM g.images WHERE name = 'x'"), "42501", "an error of one scan while two others are open")
cur.execute("ROLLBACK TO s")
is_(sorted(first + rows(cur, "FETCH ALL FROM a") + rows(cur, "FETCH ALL FROM b")),
    sorted((image,) for image in IDS * 2), "disturbs neither")
cur.execute("""COMMIT; BEGIN; DECLARE a CURSOR FOR SELECT id FROM g.images;
    DECLARE b CURSOR FOR SELECT id FROM o.images; FETCH 5 FROM a; FETCH 5 FROM b; SAVEPOINT s""")
cloud.fault("cut", times=None)
is_(outcome("FETCH ALL FROM a"), "HV00K", "a cursor's own error")
cur.execute("ROLLBACK TO s")
cloud.clear()
is_(len(rows(cur, "FETCH ALL FROM b")), value(cur, "SELECT count(*) FROM o.images") - 5,
    "leaves the cursor on another server alone")
cur.execute("SAVEPOINT s")
is_(outcome("FETCH 1 FROM a"), "55000", "and ends its own")
cur.execute("ROLLBACK")
cur.execute("BEGIN; SAVEPOINT s; "
            "DECLARE a CURSOR FOR SELECT c.id, (SELECT i.id FROM g.images i WHERE i.id = c.id) FROM copy c; "
            "RELEASE s; FETCH 3 FROM a; SAVEPOINT t; FETCH 30 FROM a; ROLLBACK TO t")
is_([row for row in rows(cur, "FETCH ALL FROM a") if row[0] != row[1]], [],
    "answers kept in a savepoint outlive its rollback")
FILES = "SELECT count(*) FROM pg_ls_tmpdir() WHERE name LIKE 'pgsql_tmp' || pg_backend_pid() || '.%'"
is_(value(cur, FILES), 1, "in one file")
cur.execute("COMMIT")
is_(value(cur, FILES), 0, "that goes with the cursor")

server(cur, "w", cloud.url, page_size=20)
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT id FROM w.images; FETCH 5 FROM c")
for statement, expected in (
        ("ALTER FOREIGN TABLE w.images DROP COLUMN name", "55006"), ("DROP SERVER w CASCADE", "55006"),
        ("ALTER SERVER w OPTIONS (SET page_size '7', SET url 'http://127.0.0.1:1')", None),
        ("ALTER SERVER w RENAME TO renamed", None), ("DROP USER MAPPING FOR PUBLIC SERVER renamed", None)):
    cur.execute("SAVEPOINT s")
    found = outcome(statement)
    is_(found if isinstance(found, str) else None, expected,
        f"with an open cursor: {statement}: {expected or 'is done'}")
    if expected:
        cur.execute("ROLLBACK TO s")
is_(len(rows(cur, "FETCH ALL FROM c")), TOTAL - 5, "the cursor goes on as it began")
cur.execute("""ROLLBACK; BEGIN; DECLARE h CURSOR WITH HOLD FOR SELECT id FROM w.images; FETCH 5 FROM h; COMMIT;
    DROP SERVER w CASCADE""")
is_(len(rows(cur, "FETCH ALL FROM h")), TOTAL - 5, "a held cursor outlives its server")
cur.execute("CLOSE h")

cur.execute("""CREATE FUNCTION steps() RETURNS SETOF text LANGUAGE plpgsql AS $$
    DECLARE c SCROLL CURSOR FOR SELECT id FROM g.images ORDER BY id; r record; seen text; n int := 0;
    BEGIN
        OPEN c; MOVE FORWARD 30 IN c; FETCH c INTO seen; RETURN NEXT seen;
        FETCH PRIOR FROM c INTO seen; RETURN NEXT seen; CLOSE c;
        FOR r IN c LOOP n := n + 1; seen := r.id; EXIT WHEN n = 25; END LOOP; RETURN NEXT seen;
        FOR r IN SELECT id FROM g.images ORDER BY id LOOP RETURN NEXT r.id; RETURN; END LOOP;
    END $$""")
is_([image for (image,) in rows(cur, "SELECT steps()")], [IDS[30], IDS[29], IDS[24], IDS[0]],
    "plpgsql: MOVE, PRIOR, EXIT, RETURN")

# A concurrent update: the row that waited is checked again, with the same image
CHANGES = {"another column": "UPDATE local SET seen = 'x' WHERE k = 1",
           "another image": f"UPDATE local SET image = '{IDS[1]}' WHERE k = 1",
           "no image": "UPDATE local SET image = 'none' WHERE k = 1", "deleted": "DELETE FROM local WHERE k = 1"}
IMAGES = "{} i WHERE i.id = l.image"
RACES = {"UPDATE FROM": f"UPDATE local l SET seen = coalesce(seen, '') || i.name FROM {IMAGES} RETURNING l.*, i.*",
         "DELETE USING": f"DELETE FROM local l USING {IMAGES} AND i.status <> 'x' RETURNING l.*, i.name",
         "MERGE": "MERGE INTO local l USING (SELECT * FROM {} WHERE id IN ('%s', '%s')) i ON i.id = l.image "
                  "WHEN MATCHED THEN UPDATE SET seen = i.name WHEN NOT MATCHED THEN "
                  "INSERT VALUES (9 + length(i.name), i.id, i.name)" % tuple(IDS[:2]),
         "FOR UPDATE": f"SELECT l.*, i.name, i.tags FROM local l, {IMAGES} ORDER BY k FOR UPDATE OF l",
         "outer join": "SELECT l.*, i FROM local l LEFT JOIN {} i ON i.id = l.image ORDER BY k FOR UPDATE OF l",
         "EXISTS": f"SELECT * FROM local l WHERE EXISTS (SELECT FROM {IMAGES}) ORDER BY k FOR UPDATE",
         "keys": "UPDATE local l SET seen = (SELECT string_agg(i.name, ',' ORDER BY i.id) FROM {} i WHERE i.id IN "
                 "(SELECT image FROM held h WHERE h.k = l.k)) RETURNING *",
         "sub-query": f"SELECT l.*, (SELECT name FROM {IMAGES}) FROM local l ORDER BY k FOR UPDATE"}
cur.execute("CREATE TABLE held AS SELECT 1 AS k, id AS image FROM copy ORDER BY id LIMIT 10; ANALYZE held")
rival = connect(DATABASE)
watcher = connect(DATABASE).cursor()


def race(change, statement):
    """What comes of the statement if the change commits while it waits for a row."""
    cur.execute("DROP TABLE IF EXISTS local; CREATE TABLE local (k int, image text, seen text)")
    cur.execute("INSERT INTO local VALUES (1, %s), (2, %s), (3, 'none')", IDS[:2])
    cur.execute("ANALYZE local; BEGIN; " + change)
    found = []
    thread = threading.Thread(target=lambda: found.append(outcome(statement, rival.cursor())))
    thread.start()
    waited = until(lambda: value(watcher, "SELECT pg_blocking_pids(%s) <> '{}'", [rival.info.backend_pid]))
    cur.execute("COMMIT")
    thread.join()
    return waited, found, rows(cur, "SELECT * FROM local ORDER BY k")


for plan, setting in {"look-ups": "", "a hash join": "SET enable_nestloop = off",
                      "keys": "SET enable_nestloop = off; SET enable_hashjoin = off; SET enable_mergejoin = off",
                      }.items():
    rival.cursor().execute("RESET ALL; SET jit = off; " + setting)
    for change, first in CHANGES.items():
        for name, statement in RACES.items():
            wanted = race(first, statement.format("copy"))
            if not is_(race(first, statement.format("g.images")), wanted,
                       f"{name} by {plan} after a change to {change}"):
                diag(explain(rival.cursor(), statement.format("g.images")))
            if not wanted[0]:
                ok(False, f"{name} waited for {change}")
like(explain(rival.cursor(), RACES["keys"].format("g.images")), r"Images by Keys", "by keys: it was so")
rival.cursor().execute("RESET ALL")
like(explain(rival.cursor(), RACES["UPDATE FROM"].format("g.images")), r"GET /v2/images/\$", "by look-ups: it was one")

# Loops that start the scan again and again keep no memory of it
server(cur, "here", api="local", token=None)
cur.execute("""INSERT INTO imagecat.images SELECT * FROM copy;
    CREATE TABLE wanted AS SELECT i % 2 AS k, id FROM (SELECT id, row_number() OVER (ORDER BY id) AS i FROM copy) c
        WHERE i <= 20;
    CREATE TABLE many AS SELECT i % 2 AS k, id FROM generate_series(1, 200) i, copy WHERE length(id) = 36; ANALYZE;
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off""")
for name, query in {
        "look-ups": "SELECT id = (SELECT i.id FROM g.images i WHERE i.id = m.id) FROM many m",
        "a lateral sub-query": "SELECT m.id = i.id FROM many m, LATERAL (SELECT * FROM g.images i WHERE i.id = m.id "
                               "LIMIT 1) i",
        "keys": "SELECT 10 = (SELECT count(*) FROM g.images i WHERE i.id IN (SELECT id FROM wanted w WHERE w.k = m.k)) "
                "FROM many m",
        "a local relation": "SELECT id = (SELECT h.id FROM here.images h WHERE h.id = m.id) FROM many m"}.items():
    asked()
    cur.execute(f"BEGIN; DECLARE c CURSOR FOR {query}; MOVE 300 FROM c")
    used = "SELECT sum(used_bytes)::bigint FROM pg_backend_memory_contexts"
    before = value(cur, used)
    is_(set(rows(cur, "FETCH 3000 FROM c")), {(True,)}, f"3000 times: {name}")
    growth = value(cur, used) - before
    ok(growth < 100000, f"3000 times: {name}: memory grows by {growth} bytes")
    count = len(asked())
    ok(count <= TOTAL + LISTING, f"3000 times: {name}: {count} requests")
    cur.execute("COMMIT")
cur.execute("RESET ALL")

# Parallel plans: rows of foreign tables come to the leader, once
cur.execute("""CREATE TABLE parent (id text, name text); CREATE TABLE child () INHERITS (parent);
    CREATE FOREIGN TABLE away () INHERITS (parent) SERVER g;
    INSERT INTO child SELECT 'i' || i, 'n' || i % 10 FROM generate_series(1, 2000) i; ANALYZE child;
    CREATE FOREIGN TABLE odd (id text, name inet) SERVER g;
    CREATE SEQUENCE drawn; CREATE VIEW numbered AS SELECT id, name || nextval('drawn') AS name FROM copy;
    CREATE SERVER view FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'public.numbered');
    CREATE FOREIGN TABLE view (id text, name text) SERVER view;
    SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0""")
QUERIES = {"an Append": ("SELECT count(*), count(DISTINCT id) FROM parent", [(2000 + TOTAL,) * 2], LISTING),
           "a join": ("SELECT count(*) FROM child c JOIN g.images i ON i.id <> c.id", [(2000 * TOTAL,)], LISTING),
           "list_images": ("SELECT count(*) > 0 FROM child c, imagecat.list_images('g') i", [(True,)], None),
           "bad values": ("SELECT count(*), count(o.name) FROM child c JOIN odd o ON o.id <> c.id",
                          [(2000 * TOTAL, 0)], LISTING),
           "a view that writes": ("SELECT count(*) FROM child c JOIN view v ON v.id <> c.id", [(2000 * TOTAL,)], 0),
           "its list_images": ("SELECT count(*) FROM child c JOIN imagecat.list_images('view') v ON v.id <> c.id",
                               [(2000 * TOTAL,)], 0)}
gathers = 0
for mode in ("off", "on", "regress"):
    cur.execute(f"SET force_parallel_mode = {mode}")
    for name, (query, expected, count) in QUERIES.items():
        gathers += "Gather" in explain(cur, query)
        asked()
        is_(rows(cur, query), expected, f"force_parallel_mode = {mode}: {name}")
        if count is not None:
            is_(len(asked()), count, f"force_parallel_mode = {mode}: {name}: requests")
ok(gathers >= 9, f"{gathers} of the plans were parallel")
is_(rows(cur, "SELECT proparallel FROM pg_proc WHERE proname = 'list_images'"), [("u",)],
    "list_images: it may run a view's code")
cur.execute("RESET ALL")
notices(cur)

# A user's code in the middle of a row: a domain whose check waits for the network itself
cur.execute("""CREATE FUNCTION listed(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        RETURN (SELECT count(*) >= 0 FROM (SELECT id FROM g.images LIMIT 40) i); END $$;
    CREATE DOMAIN checked AS text CHECK (listed(VALUE));
    CREATE FOREIGN TABLE domains (id text, name checked, status text, os_distro checked, created_at timestamptz)
        SERVER g""")
cloud.clear()
cloud.fault("trickle", least=50, most=200, pause=0.0005)
is_(rows(cur, "SELECT * FROM domains ORDER BY id"),
    rows(cur, "SELECT id, name, status, properties ->> 'os_distro', created_at FROM copy ORDER BY id COLLATE \"C\""),
    "a page that arrives while an input function scans")

# Plans that are altered
cur.execute("""SET plan_cache_mode = force_generic_plan;
    PREPARE p AS SELECT count(*), count(name) FROM g.images WHERE status = $1""")
before = rows(cur, "EXECUTE p ('active')")
alike = value(cur, "SELECT count(properties ->> 'os_distro') FROM copy WHERE status = 'active'")
for statement, expected in (
        ("ALTER FOREIGN TABLE g.images ALTER name OPTIONS (ADD field 'os_distro')", [(before[0][0], alike)]),
        ("ALTER FOREIGN TABLE g.images ALTER name OPTIONS (DROP field)", before),
        ("ALTER FOREIGN TABLE g.images DROP COLUMN owner, DROP COLUMN source", before),
        ("ALTER FOREIGN TABLE g.images DROP COLUMN name; ALTER FOREIGN TABLE g.images ADD COLUMN name text", before),
        ("ALTER FOREIGN TABLE g.images RENAME TO images_102008; ALTER SCHEMA g RENAME TO h", "42P01"),
        ("ALTER SCHEMA h RENAME TO g; ALTER FOREIGN TABLE g.images_102008 RENAME TO images", before),
        ("ALTER FOREIGN TABLE g.images RENAME status TO state", "42703"),
        ("ALTER FOREIGN TABLE g.images RENAME state TO status", before),
        ("ALTER SERVER g OPTIONS (SET url 'http://127.0.0.1:1', ADD max_retries '0')", "HV00N"),
        (f"ALTER SERVER g OPTIONS (SET url '{cloud.url}', DROP max_retries)", before)):
    cur.execute(statement)
    found = outcome("EXECUTE p ('active')")
    is_(found if isinstance(found, str) else found[1], expected, f"prepared, then {statement}")
cur.execute("DROP FOREIGN TABLE g.images; IMPORT FOREIGN SCHEMA catalog FROM SERVER g INTO g")
is_(rows(cur, "EXECUTE p ('active')"), before, "prepared, then another table of that name")
cur.execute("RESET ALL")

# Whose credentials
cur.execute(f"""DROP USER MAPPING FOR PUBLIC SERVER g;
    CREATE USER MAPPING FOR CURRENT_USER SERVER g OPTIONS (token '{USER}');
    DROP ROLE IF EXISTS t27_owner, t27_reader; CREATE ROLE t27_owner; CREATE ROLE t27_reader;
    CREATE USER MAPPING FOR t27_owner SERVER g OPTIONS (token 'owner:t1:member');
    CREATE USER MAPPING FOR t27_reader SERVER g OPTIONS (token 'reader:t2:member');
    GRANT USAGE ON SCHEMA g, imagecat TO t27_owner, t27_reader; GRANT SELECT ON g.images TO t27_owner, t27_reader;
    GRANT USAGE ON FOREIGN SERVER g TO t27_owner;
    GRANT EXECUTE ON FUNCTION imagecat.list_images TO t27_owner, t27_reader;
    GRANT CREATE ON SCHEMA public TO t27_owner; SET ROLE t27_owner;
    CREATE FUNCTION definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM g.images';
    CREATE FUNCTION invoker() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM g.images';
    CREATE FUNCTION lists() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS
        $$SELECT count(*) FROM imagecat.list_images('g')$$;
    CREATE FUNCTION opens(c refcursor) RETURNS refcursor LANGUAGE plpgsql SECURITY DEFINER AS
        'BEGIN OPEN c FOR SELECT id FROM g.images; RETURN c; END';
    CREATE VIEW owners AS SELECT * FROM g.images;
    CREATE VIEW invokers WITH (security_invoker) AS SELECT * FROM g.images;
    CREATE VIEW active WITH (security_barrier) AS SELECT * FROM g.images WHERE status = 'active';
    CREATE VIEW listing AS SELECT * FROM imagecat.list_images('g');
    GRANT SELECT ON owners, invokers, active, listing TO t27_reader;
    RESET ROLE; CREATE FUNCTION tell(text) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS
        'BEGIN RAISE NOTICE ''%'', $1; RETURN true; END';
    SET ROLE t27_reader""")
for query, users in {"SELECT definer()": {"owner"}, "SELECT invoker()": {"reader"}, "SELECT lists()": {"owner"},
                     "BEGIN; SELECT opens('c'); FETCH ALL FROM c; COMMIT": {"owner"},
                     "SELECT count(*) FROM owners": {"owner"},
                     "SELECT count(*) FROM invokers": {"reader"}, "SELECT count(*) FROM active": {"owner"},
                     "SELECT count(*) FROM owners JOIN invokers USING (id)": {"owner", "reader"}}.items():
    cloud.clear()
    cur.execute(query)
    is_({record.headers["x-auth-token"].split(":")[0] for record in cloud.requests}, users, f"as whom: {query}")
cloud.clear()
is_((outcome("SELECT * FROM listing"), asked()), ("42501", []),
    "list_images in a view is the reader's, who has no USAGE")
notices(cur)
cur.execute("SELECT count(*) FROM active WHERE tell(status) AND tell(name)")
ok({"NOTICE:  active\n"} < set(notices(cur)), "a security barrier: a leaky function is called")
cur.execute("SELECT count(*) FROM active WHERE tell(status)")
is_(set(notices(cur)), {"NOTICE:  active\n"}, "but sees only what the view shows")
cur.execute("RESET ROLE; DROP OWNED BY t27_owner, t27_reader CASCADE; DROP ROLE t27_owner, t27_reader")

# Settings and sessions
COMPILED = """SET jit = on; SET jit_above_cost = 0; SET jit_inline_above_cost = 0; SET jit_optimize_above_cost = 0;
    SET work_mem = '64kB'"""
cur.execute(COMPILED)
GROUPED = "SELECT status, count(DISTINCT i.properties) FROM {} i WHERE min_disk >= 0 AND id > 'a' GROUP BY 1 ORDER BY 1"
is_(rows(cur, GROUPED.format("g.images")), rows(cur, GROUPED.format("copy")), "compiled by JIT, with little work_mem")
is_(rows(cur, "SELECT * FROM g.images i JOIN copy c USING (id) WHERE i.* IS DISTINCT FROM c.*"), [],
    "compiled, whole rows")
for statement in ("RESET ALL", "DISCARD ALL", "LOAD 'imagecat'", "ALTER EXTENSION imagecat UPDATE", "DISCARD PLANS"):
    cur.execute(statement)
    is_(value(cur, "SELECT count(*) FROM g.images"), TOTAL, f"after {statement}")
is_(value(cur, "SHOW imagecat.prefetch"), "on", "the settings are there")
second = fresh_database(DATABASE + "_2").cursor()
server(second, "g", other.url)
is_((value(second, "SELECT count(*) FROM g.images"), value(cur, "SELECT count(*) FROM g.images")),
    (len(other.documents()), TOTAL),
    "two databases, each with a server of that name")
cloud.clear()
cloud.fault("stall", times=None)
leaving = connect(DATABASE)
leaving.cursor().execute("BEGIN; DECLARE c CURSOR FOR SELECT id FROM g.images; FETCH 2 FROM c")
pid = leaving.info.backend_pid
leaving.close()
ok(until(lambda: not os.path.exists(f"/proc/{pid}")), "a client that leaves with a page half read: its process ends")
ok(until(lambda: cloud.requests and all(record.aborted for record in cloud.requests)), "and so do its requests")

for each in (cloud, other):
    each.stop()
done()
