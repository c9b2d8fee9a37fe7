#!/usr/bin/python3
"""Proves that imagecat.server_stats counts every request once, whatever sent it and however it ended: for one session,
and with the library preloaded for all; and who may see and reset the counters."""
import os
import shutil
import subprocess
import sys
import tempfile
import threading

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

import psycopg2  # noqa: E402
from cloud import Cloud  # noqa: E402
from cloud.identity import Identity  # noqa: E402
from imagecat import connect, error_of, explain, figure_in, fresh_database, rows, server, value  # noqa: E402
from tap import done, is_, ok  # noqa: E402

COUNTERS = ("requests", "pages", "images", "bytes", "retries", "errors", "wait_time")
CLUSTER = os.path.join(here, "..", "lib", "cluster.sh")


def counted(name, session):
    """All counters of a server."""
    [found] = rows(session, f"SELECT {', '.join(COUNTERS)} FROM imagecat.server_stats WHERE server = '{name}'")
    return dict(zip(COUNTERS, found))


def requests(name, session):
    return counted(name, session)["requests"]


def reset(session, name=None):
    session.execute("SELECT imagecat.reset_server_stats(%s)", [name])


def case(name, statement, service, session, **fault):
    """The statement's requests are all counted, and none else; gives the counters."""
    service.clear()
    if fault:
        service.fault(**fault)
    reset(session)
    error = error_of(session, statement)
    found = counted(name, session)
    is_(found["requests"], len(service.requests),
        f"requests of {statement.split(';')[0][:60]}" + (", an error" if error else ""))
    return found


def until(condition):
    """Waits until the condition holds, twenty seconds at most."""
    for _ in range(2000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise RuntimeError("it did not come about in time")


def accepts():
    """The cluster takes connections."""
    try:
        connect("postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


cur = fresh_database("t27_server_stats").cursor()
cloud = Cloud(images=100, seed=2).start()
server(cur, "g", cloud.url, page_size=10, request_timeout="5s")
everything = len(cloud.documents())

# Without preloading: a session's own
is_(rows(cur, "SELECT * FROM imagecat.server_stats"), [("g", "backend", 0, 0, 0, 0, 0, 0, 0.0, None)],
    "nothing was counted yet")
cloud.fault("delay", seconds=0.1)
plan = explain(cur, "SELECT * FROM g.images WHERE name LIKE '%'", analyze=True)
found = counted("g", cur)
ok(found["requests"] > 5 and 50 < found["wait_time"] < 20000, f"a scan is counted, milliseconds waited too: {found}")
for figure, counter in (("Requests", "requests"), ("Pages", "pages"), ("Images Received", "images"),
                        ("Bytes Received", "bytes"), ("Retries", "retries")):
    is_(found[counter], figure_in(plan, figure), f"as EXPLAIN ANALYZE has it: {figure}")
is_(found["requests"], len(cloud.requests), "and as the service has it")
is_(found["images"], everything, "images are those received")
is_(value(cur, """SELECT stats_reset BETWEEN now() - interval '1 minute' AND clock_timestamp()
    FROM imagecat.server_stats"""), True, "stats_reset: since then")
[[first]] = rows(cur, "SELECT stats_reset FROM imagecat.server_stats")
cur.execute("SELECT * FROM g.images LIMIT 1")
is_(value(cur, "SELECT stats_reset FROM imagecat.server_stats"), first, "stats_reset stays")
reset(cur, "g")
is_(rows(cur, f"SELECT {', '.join(COUNTERS)}, stats_reset > %s FROM imagecat.server_stats", [first]),
    [(0, 0, 0, 0, 0, 0, 0.0, True)], "reset")
cur.execute("SELECT * FROM g.images LIMIT 0; SELECT * FROM g.images WHERE hidden AND NOT hidden")
rows(cur, "EXPLAIN SELECT * FROM g.images")
is_(requests("g", cur), 0, "EXPLAIN, and scans that never start, send nothing")

# Whatever sends requests
an_id = cloud.documents()[0]["id"]
case("g", f"SELECT * FROM g.images WHERE id = '{an_id}'", cloud, cur)
case("g", "SELECT * FROM g.images WHERE id = 'none'", cloud, cur)
case("g", "SELECT id FROM g.images ORDER BY created_at LIMIT 35", cloud, cur)
case("g", "SELECT * FROM imagecat.list_images('g')", cloud, cur)
case("g", "SELECT count(*) FROM g.images a JOIN g.images b USING (id)", cloud, cur)
case("g", "ANALYZE g.images", cloud, cur)
case("g", "SELECT (SELECT count(*) FROM g.images WHERE name = n) FROM unnest('{a,b,c,d}'::text[]) n", cloud, cur)
cur.execute("SET plan_cache_mode = force_generic_plan; PREPARE p(text) AS SELECT * FROM g.images WHERE name = $1")
case("g", "EXECUTE p('x')", cloud, cur)
# where a scan ends early, a page that was asked for ahead may or may not get to the service
cur.execute("SET imagecat.prefetch = off")
case("g", """DO $$ BEGIN FOR i IN 1..3 LOOP BEGIN PERFORM 1 / (length(id) - 36) FROM g.images;
    EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$""", cloud, cur)
case("g", "SELECT 1 / (length(id) - 36) FROM imagecat.list_images('g')", cloud, cur)
case("g", "BEGIN; DECLARE c CURSOR FOR SELECT id FROM g.images; FETCH 15 FROM c; FETCH ALL FROM c; COMMIT", cloud, cur)
reset(cur)
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT id FROM g.images; FETCH 15 FROM c")
is_(requests("g", cur), 0, "a scan under way counts at its end")
cur.execute("ROLLBACK")
ok(requests("g", cur) >= 2, "which a rollback is too")

# Failures
cloud.fault("status", status=503, headers={"Retry-After": "0"}, times=2)
reset(cur)
rows(cur, "SELECT id FROM g.images WHERE NOT hidden AND name = 'x'")
is_({name: counted("g", cur)[name] for name in ("requests", "retries", "errors")},
    {"requests": 3, "retries": 2, "errors": 0}, "two retries, and no error in the end")
for fault in ({"kind": "status", "status": 500}, {"kind": "status", "status": 403}, {"kind": "cut"},
              {"kind": "invalid_json"}, {"kind": "reset"}):
    found = case("g", "SELECT id FROM g.images WHERE NOT hidden AND name = 'x'", cloud, cur, **fault)
    is_(found["errors"], 1, f"an error: {fault}")
cloud.clear()
cloud.fault("stall", times=None)
reset(cur)
cur.execute("SET statement_timeout = '200ms'")
is_(error_of(cur, "SELECT id FROM g.images WHERE NOT hidden").pgcode, "57014", "cancelled")
cur.execute("RESET statement_timeout")
found = counted("g", cur)
is_((found["requests"], found["errors"]), (1, 0), "cancelled: the request counts, not as an error")
cloud.release()
cloud.clear()

# Sign-in, and asking for the version
cur.execute("RESET imagecat.prefetch")
keystone = Identity().start()
behind = Cloud(images=20, identity=keystone).start()
server(cur, "k", auth_url=keystone.auth_url, region="RegionOne",
       mapping={"username": "u1", "password": "pw1", "project_name": "p1"})
rows(cur, "SELECT id FROM k.images")
signing_in = len(keystone.requests)
is_((signing_in > 0, requests("k", cur)), (True, signing_in + len(behind.requests)), "sign-in counts")
old = Cloud(images=5, version="v2.5").start()
server(cur, "o", old.url)
rows(cur, "SELECT id FROM o.images WHERE name = 'none'")
is_((requests("o", cur) > 1, requests("o", cur)), (True, len(old.requests)), "asking for the version counts")
cur.execute("CREATE SERVER l FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local')")
is_(requests("l", cur), 0, "api local makes no requests")

# Whose counters
other = connect("t27_server_stats").cursor()
other.execute("LOAD 'imagecat'")
is_(requests("o", other), 0, "another session has its own")
rows(cur, "SELECT id FROM g.images LIMIT 1")
before = counted("g", cur)
cur.execute("ALTER SERVER g RENAME TO h")
is_(counted("h", cur), before, "a server's new name")
cur.execute("ALTER SERVER h RENAME TO g")
reset(cur, "o")
is_((requests("o", cur), counted("g", cur)), (0, before), "reset of one server")
cur.execute("CREATE FOREIGN DATA WRAPPER foreign_one; CREATE SERVER foreign_one FOREIGN DATA WRAPPER foreign_one")
is_(value(cur, "SELECT count(*) FROM imagecat.server_stats WHERE server = 'foreign_one'"), 0,
    "other wrappers' servers are not there")
is_(error_of(cur, "SELECT imagecat.reset_server_stats('foreign_one')").pgcode, "42809",
    "reset of another wrapper's server")
is_(error_of(cur, "SELECT imagecat.reset_server_stats('none')").pgcode, "42704", "reset of no server")
is_(value(cur, "SELECT imagecat.server_counters(1)"), None, "counters of no server")
cur.execute("""DROP ROLE IF EXISTS t27_user; DROP ROLE IF EXISTS t27_monitor;
    CREATE ROLE t27_user; CREATE ROLE t27_monitor;
    GRANT USAGE ON SCHEMA imagecat TO t27_user, t27_monitor; GRANT pg_monitor TO t27_monitor;
    GRANT USAGE ON FOREIGN SERVER o TO t27_user""")
query = "SELECT server, requests IS NOT NULL FROM imagecat.server_stats ORDER BY server"
for role, expected in (("t27_user", [("g", False), ("k", False), ("l", False), ("o", True)]),
                       ("t27_monitor", [("g", True), ("k", True), ("l", True), ("o", True)])):
    cur.execute(f"SET ROLE {role}")
    is_(rows(cur, query), expected, f"{role} sees counters")
    is_(error_of(cur, "SELECT imagecat.reset_server_stats()").pgcode, "42501", f"{role} may not reset them")
    cur.execute("RESET ROLE")
cur.execute("DROP OWNED BY t27_user, t27_monitor; DROP ROLE t27_user, t27_monitor")

# More servers than there is room for: the one that was used least lately is forgotten
reset(cur)
for number in range(110):
    server(cur, f"many{number}", cloud.url, shape=None)
    rows(cur, f"SELECT id FROM imagecat.list_images('many{number}', id => '{an_id}')")
    rows(cur, f"SELECT id FROM g.images WHERE id = '{an_id}'")
is_((requests("g", cur), requests("many0", cur), requests("many109", cur)), (110, 0, 1), "the longest unused give way")
is_(value(cur, "SELECT count(*) FROM imagecat.server_stats WHERE server ~ 'many' AND requests = 1"), 99,
    "the others stay")

# Preloaded: one set of counters for all sessions of a cluster
folder = tempfile.mkdtemp(prefix="imagecat-")
os.chmod(folder, 0o711)
main = {name: os.environ[name] for name in ("PGHOST", "PGPORT", "PGPASSFILE")}
try:
    printed = subprocess.run([CLUSTER, "start", folder + "/c", "shared_preload_libraries=imagecat"], check=True,
                             text=True, stdout=subprocess.PIPE).stdout
    for pair in printed.splitlines()[-1].removeprefix("export ").split():
        name, _, setting = pair.partition("=")
        os.environ[name] = setting.strip("'")

    cur = fresh_database("t27_shared").cursor()
    server(cur, "g", cloud.url, page_size=10)
    server(cur, "s", cloud.url, page_size=10)
    is_(rows(cur, "SELECT DISTINCT scope FROM imagecat.server_stats"), [("shared",)], "preloaded: for all sessions")
    cloud.clear()
    sessions = [connect("t27_shared").cursor() for _ in range(4)]

    def work(session):
        for _ in range(10):
            rows(session, "SELECT count(*) FROM g.images")
            rows(session, f"SELECT 1 FROM s.images WHERE id = '{an_id}'")

    threads = [threading.Thread(target=work, args=[session]) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    looked_up = sum(1 for record in cloud.requests if an_id in record.target)
    is_((requests("g", cur), requests("s", cur)), (len(cloud.requests) - looked_up, 40),
        "four sessions at once: nothing is lost")
    is_(counted("g", cur)["images"], 40 * everything, "and the images")
    is_(requests("g", sessions[2]), requests("g", cur), "everybody sees the same")
    sessions[0].connection.close()
    is_(requests("s", cur), 40, "a session's end changes nothing")

    # Ended in the middle: the requests were made
    reset(cur)
    cloud.fault("stall", times=None)
    victim = sessions[1]
    pid = victim.connection.info.backend_pid
    thread = threading.Thread(target=lambda: error_of(victim, "SELECT * FROM g.images WHERE NOT hidden"))
    thread.start()
    until(lambda: value(cur, """SELECT count(*) FROM pg_stat_activity
        WHERE pid = %s AND wait_event_type = 'Extension'""", [pid]))
    value(cur, "SELECT pg_terminate_backend(%s, 10000)", [pid])
    thread.join()
    is_(requests("g", cur), 1, "a session that was terminated while it waited")
    cloud.release()
    cloud.clear()

    # Databases do not mix, and a server made anew starts anew
    there = fresh_database("t27_shared_too").cursor()
    server(there, "g", cloud.url)
    reset(there)
    is_((requests("g", there), requests("g", cur)), (0, 1), "another database has its own servers")
    cur.execute("DROP SERVER g CASCADE")
    server(cur, "g", cloud.url, schema="g2")
    is_(requests("g", cur), 0, "a server dropped and made anew")
    there.execute("CREATE DATABASE t27_empty")
    with connect("t27_empty") as empty:
        is_(error_of(empty.cursor(), "CREATE EXTENSION imagecat"), None, "CREATE EXTENSION, preloaded")

    # A crash starts them anew, and the cluster goes on
    rows(cur, "SELECT 1 FROM s.images LIMIT 1")
    pid = sessions[3].connection.info.backend_pid
    subprocess.run(["kill", "-9", str(pid)], check=True)
    until(lambda: error_of(cur, "SELECT 1"))
    until(accepts)
    again = connect("t27_shared").cursor()
    is_(requests("s", again), 0, "after a crash: zeros")
    rows(again, f"SELECT 1 FROM s.images WHERE id = '{an_id}'")
    is_(requests("s", again), 1, "after a crash: counting goes on")
finally:
    subprocess.run([CLUSTER, "stop", folder + "/c"], check=False)
    shutil.rmtree(folder)
    os.environ.update(main)

for each in (cloud, keystone, behind, old):
    each.stop()
done()
