#!/usr/bin/python3
"""Proves that all that reads works on a hot standby and in read-only transactions, since nothing is written; that what
is altered on the primary holds there, and that a scan that waits gives way to recovery."""
import os
import shlex
import subprocess
import sys
import threading

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from imagecat import connect, error_of, explain, figure_in, fresh_database, notices, requests_in, rows  # noqa: E402
from imagecat import server, value  # noqa: E402
from tap import done, is_, like, ok, unlike  # noqa: E402

CLUSTER = os.path.join(here, "..", "lib", "cluster.sh")
FOLDER = os.path.join(os.path.dirname(os.environ["PGHOST"]), "standby")
primary = fresh_database("t44_standby").cursor()
cloud = Cloud(images=100).start()
server(primary, "g", cloud.url, page_size=20)
server(primary, "mine", api="local", token=None)
primary.execute("""SET synchronous_commit = local;
    CREATE FOREIGN TABLE odd (id text, name inet) SERVER g;
    INSERT INTO imagecat.images SELECT * FROM g.images;
    CREATE TABLE copy AS SELECT * FROM g.images;
    CREATE FUNCTION caught() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
        PERFORM 1 / (length(id) - 36) FROM g.images;
    EXCEPTION WHEN division_by_zero THEN RETURN (SELECT count(*) FROM g.images); END $$""")
total = len(cloud.documents())


def catch_up():
    """Waits until the standby has what the primary wrote."""
    until = value(primary, "SELECT pg_current_wal_flush_lsn()")
    while not value(watcher, "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [until]):
        threading.Event().wait(0.01)


environment = subprocess.run([CLUSTER, "standby", FOLDER, "max_standby_streaming_delay=0"], check=True, text=True,
                             capture_output=True).stdout
place = dict(word.split("=", 1) for word in shlex.split(environment) if "=" in word)
try:
    reach = {"host": place["PGHOST"], "port": place["PGPORT"], "user": "postgres"}
    watcher = connect("t44_standby", **reach).cursor()
    cur = connect("t44_standby", **reach).cursor()
    is_(rows(cur, "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')"), [(True, "on")],
        "a hot standby")

    # Reads
    for name, query, expected in (
            ("a scan", "SELECT count(*) FROM g.images", [(total,)]),
            ("an order", "SELECT count(*) FROM (SELECT id FROM g.images ORDER BY created_at LIMIT 30) i", [(30,)]),
            ("a join", "SELECT count(*) FROM g.images JOIN copy USING (id) WHERE images.* IS NOT DISTINCT FROM copy.*",
             [(total,)]),
            ("list_images", "SELECT count(*) > 20 FROM imagecat.list_images('g', sort => 'name')", [(True,)]),
            ("list_images of the local catalog", "SELECT count(*) FROM imagecat.list_images()", [(total,)]),
            ("a local relation", "SELECT count(*) FROM mine.images", [(total,)]),
            ("an error that is caught", "SELECT caught()", [(total,)]),
            ("values that do not fit", "SELECT count(*), count(name) FROM odd", [(total, 0)])):
        is_(rows(cur, query), expected, f"standby: {name}")
    like("".join(notices(cur)), "do not fit", "standby: the warning of such values")
    cur.execute("SET work_mem = '64kB'")
    is_(len(rows(cur, "SELECT properties, count(*) OVER (ORDER BY properties::text) FROM g.images")), total,
        "standby: a sort in work files")
    is_(len(requests_in(explain(cur, "SELECT * FROM g.images WHERE status = 'active'"))), 2, "standby: EXPLAIN")
    is_(figure_in(explain(cur, "SELECT * FROM g.images", analyze=True), "Images Received"), total,
        "standby: EXPLAIN ANALYZE")
    cur.execute("""BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM g.images;
        DECLARE h CURSOR WITH HOLD FOR SELECT id FROM g.images""")
    forth = rows(cur, "FETCH ALL FROM c")
    is_(rows(cur, "FETCH BACKWARD ALL FROM c"), forth[::-1], "standby: a cursor that goes back")
    cur.execute("COMMIT")
    is_(len(rows(cur, "FETCH ALL FROM h")), total, "standby: a cursor WITH HOLD")
    cur.execute("SET plan_cache_mode = force_generic_plan; PREPARE p AS SELECT count(*) FROM g.images")
    is_(rows(cur, "EXECUTE p"), [(total,)], "standby: prepared")
    for statement in ("IMPORT FOREIGN SCHEMA catalog LIMIT TO (none) FROM SERVER g INTO public", "ANALYZE g.images",
                      "INSERT INTO imagecat.images (id) VALUES ('x')"):
        like(error_of(cur, statement).pgcode, "^25", f"standby: refused by PostgreSQL: {statement}")

    # What the primary alters
    primary.execute("ALTER SERVER g OPTIONS (SET page_size '7')")
    catch_up()
    cloud.clear()
    rows(cur, "EXECUTE p")
    is_({record.value("limit") for record in cloud.requests}, {"7"}, "altered on the primary, it holds on the standby")

    # Recovery does not wait for a scan
    cloud.clear()
    cloud.fault("delay", seconds=60, times=None)
    failed = []
    scan = threading.Thread(target=lambda: failed.append(error_of(cur, "SELECT * FROM g.images")))
    scan.start()
    cloud.wait_for_request()
    primary.execute("DROP FOREIGN TABLE g.images")
    scan.join(20)
    is_(failed and failed[0] and failed[0].pgcode, "40001", "a scan that waits for the network gives way to recovery")
    cloud.clear()
    catch_up()
    is_(error_of(cur, "SELECT * FROM g.images").pgcode, "42P01", "the table is gone there too")
    ok(value(cur, "SELECT count(*) FROM imagecat.list_images('g')") > 20, "and the session goes on")
    with open(os.path.join(FOLDER, "log"), encoding="utf-8", errors="replace") as log:
        unlike(log.read(), "terminated by signal|PANIC|TRAP", "no process of the standby crashed")
finally:
    subprocess.run([CLUSTER, "stop", FOLDER], check=True)

# Read-only transactions of the primary
server(primary, "r", cloud.url)
primary.execute("SET default_transaction_read_only = on")
for name, query in {"a scan": "SELECT count(*) FROM r.images",
                    "a join": "SELECT count(*) FROM r.images JOIN copy USING (id)",
                    "a local relation": "SELECT count(*) FROM mine.images", "misfits": "SELECT count(*) FROM odd",
                    "list_images": "SELECT count(*) FROM imagecat.list_images()"}.items():
    primary.execute("BEGIN")
    is_((rows(primary, query), value(primary, "SELECT pg_current_xact_id_if_assigned() IS NULL")), ([(total,)], True),
        f"read-only: {name}, without a transaction id")
    primary.execute("COMMIT")
ok(error_of(primary, "DELETE FROM imagecat.images").pgcode == "25006", "read-only: the local catalog cannot be written")
cloud.stop()
done()
