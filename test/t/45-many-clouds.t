#!/usr/bin/python3
"""Proves that services below an Append, and their identity services, are asked at the same time: none of eight
stand-ins answers before all eight were asked, which a query that asks one after the other cannot survive. Then the same
with errors, retries, limits, rescans, cursors, joins, local tables and cancels."""
import os
import re
import sys
import threading
import time
from contextlib import closing

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

import psycopg2  # noqa: E402
from cloud import Cloud, Identity, USER  # noqa: E402
from imagecat import connect, error_of, explain, figure_in, fresh_database, rows, server, value  # noqa: E402
from tap import diag, done, is_, like, ok  # noqa: E402

EIGHT = [f"c{number}" for number in range(8)]
PATIENCE = 10                       # seconds that a stand-in waits for the others: only a failure takes them
cur = fresh_database("t45_many_clouds").cursor()
clouds = {name: Cloud(images=40 + 5 * index, seed=index).start() for index, name in enumerate(EIGHT)}
for name, cloud in clouds.items():
    server(cur, name, cloud.url, shape=None, page_size=20)
cur.execute("SELECT imagecat.create_catalog('every', VARIADIC %s::text[])", [EIGHT])
everything = sorted((name, document["id"]) for name, cloud in clouds.items() for document in cloud.documents())
SCAN = "SELECT source, id FROM every.images"


def clear():
    for cloud in clouds.values():
        cloud.clear()


def meet(parties, times=1, **where):
    """No party's answer leaves before all of them were asked so often; gives how many waited in vain."""
    barrier, lonely = threading.Barrier(len(parties) * times), []

    def wait(_):
        try:
            barrier.wait(PATIENCE)
        except threading.BrokenBarrierError:
            lonely.append(1)
    for party in parties:
        party.fault("call", function=wait, times=times, **where)
    return lonely


def together(title, query, expected, parties=None, **where):
    """The query gives these rows, and all parties were asked at once."""
    clear()
    lonely = meet(parties or list(clouds.values()), **where)
    is_(sorted(rows(cur, query)), expected, title)
    is_(len(lonely), 0, f"{title}: all are asked before any answers")


def first_requests():
    """The target of each service's first request."""
    return {cloud.requests[0].target for cloud in clouds.values()}


# All at once
together("eight services", SCAN, everything)
together("eight services, the second pages", SCAN, everything, skip=1)
together("counted", "SELECT count(*) FROM every.images", [(len(everything),)])
is_(re.findall(r"^  ->  (.*) images_\d$", explain(cur, SCAN), re.M),
    [f"Async Foreign Scan on images_{name}" for name in EIGHT],
    "EXPLAIN: asynchronous")
cur.execute("SET imagecat.prefetch = off")
together("without prefetch", SCAN, everything)
cur.execute("RESET imagecat.prefetch")
cur.execute("SET enable_async_append = off")
is_(sorted(rows(cur, SCAN)), everything, "one after the other, as enable_async_append = off wants it")
cur.execute("RESET enable_async_append")
together("filtered", "SELECT source, id FROM every.images WHERE status = 'active'",
         sorted((name, document["id"]) for name, cloud in clouds.items() for document in cloud.documents()
                if document["status"] == "active"))
is_({re.sub("os_hidden=[a-z]+", "", target) for target in first_requests()},
    {"/v2/images?limit=20&&status=eq:active&visibility=all&member_status=all"}, "with the filter in each request")
together("three of eight",
         "SELECT source, count(*) FROM every.images WHERE source IN ('c1', 'c4', 'c6') GROUP BY source",
         sorted((name, len(clouds[name].documents())) for name in ("c1", "c4", "c6")),
         [clouds[name] for name in ("c1", "c4", "c6")])
together("a self-join", "SELECT a.source, a.id FROM every.images a JOIN every.images b USING (source, id)", everything)
together("UNION ALL of foreign tables",
         "SELECT source, id FROM every.images_c0 UNION ALL SELECT source, id FROM every.images_c1",
         [row for row in everything if row[0] in ("c0", "c1")], [clouds["c0"], clouds["c1"]])
together("sorted here", f"{SCAN} ORDER BY id", everything)

# Answers of all sizes and speeds
clear()
for index, cloud in enumerate(clouds.values()):
    cloud.fault("trickle", least=1, most=3000, pause=0.001 * index, times=None)
is_(sorted(rows(cur, SCAN)), everything, "answers in pieces")
clear()
for index, cloud in enumerate(clouds.values()):
    cloud.fault("delay", seconds=0.02 * (index * 3 % 8), times=None)
is_(sorted(rows(cur, SCAN)), everything, "answers in another order")
found = rows(cur, SCAN)
is_(sorted(found), everything, "again")
clear()
lonely = meet(list(clouds.values()))
for cloud in clouds.values():
    cloud.fault("repeat_images", copies=3000, new_ids=True, match="os_hidden=true")
hidden = sum(document["os_hidden"] for cloud in clouds.values() for document in cloud.documents())
is_(value(cur, "SELECT count(*) FROM every.images"), len(everything) + 2999 * hidden,
    "huge pages, most of which pause until they are read")
is_(len(lonely), 0, "huge pages: asked at once")

# EXPLAIN (ANALYZE)
clear()
plan = explain(cur, SCAN, analyze=True)
is_(re.findall(r"Async Foreign Scan on images_(c\d) .*\(actual rows=(\d+) loops=1\)", plan),
    [(name, str(len(cloud.documents()))) for name, cloud in clouds.items()], "EXPLAIN ANALYZE: the rows of each")
is_(figure_in(plan, "Requests"), sum(len(cloud.requests) for cloud in clouds.values()), "EXPLAIN ANALYZE: requests")
clear()
for cloud in clouds.values():
    cloud.fault("delay", seconds=0.2)
plan = value(cur, "EXPLAIN (ANALYZE, COSTS OFF, FORMAT JSON) " + SCAN)[0]
waits = [child["Wait Time"] for child in plan["Plan"]["Plans"]]
ok(all(wait >= 190 for wait in waits), f"EXPLAIN ANALYZE: each scan waited ({waits})")
ok(plan["Execution Time"] < sum(waits), "EXPLAIN ANALYZE: at the same time")

# A limit ends the Append early; rows of the fast do not wait for the slow.
clear()
clouds["c3"].fault("stall", at=0, times=None)
is_(len(rows(cur, f"{SCAN} LIMIT 5")), 5, "a limit: one service never answers")
is_(len(rows(cur, "SELECT 1 WHERE EXISTS (SELECT FROM every.images)")), 1, "EXISTS: likewise")
cur.execute(f"BEGIN; DECLARE c CURSOR FOR {SCAN}")
held = rows(cur, f"FETCH {len(everything) - len(clouds['c3'].documents())} FROM c")
is_(sorted(held), [row for row in everything if row[0] != "c3"], "a cursor: all others' rows come first")
clouds["c3"].release()
is_(sorted(rows(cur, "FETCH ALL FROM c")), [row for row in everything if row[0] == "c3"], "then those of the slow one")
cur.execute("COMMIT")

# A cursor that rests is not what a service is late for.


def after_a_rest():
    """The cursor's other rows, after longer than a request may take; the late service answers a little later."""
    threading.Event().wait(1.2)
    answering = threading.Timer(0.3, may_answer.set)
    answering.start()
    found = rows(cur, "FETCH ALL FROM c")
    answering.join()
    return found


def be_late():
    clear()
    may_answer.clear()
    clouds["c0"].fault("call", function=lambda _: may_answer.wait(PATIENCE))


may_answer = threading.Event()
be_late()
for each in ("c0", "c1"):
    cur.execute(f"ALTER SERVER {each} OPTIONS (ADD request_timeout '1s')")
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT source, id FROM every.images WHERE source IN ('c0', 'c1')")
first = rows(cur, "FETCH 3 FROM c")
is_(sorted(first + after_a_rest()), [row for row in everything if row[0] in ("c0", "c1")], "a cursor rests")
cur.execute("COMMIT")
clear()
clouds["c0"].fault("stall", at=0)
started = time.monotonic()
error = error_of(cur, SCAN)
is_(error and (error.pgcode, error.diag.message_primary), ("HV00N", 'server "c0" did not answer in time'),
    "one is late")
ok(0.9 < time.monotonic() - started < 5, "one is late: after its own time")
for each in ("c0", "c1"):
    cur.execute(f"ALTER SERVER {each} OPTIONS (DROP request_timeout)")

# Errors name the one that failed.
for title, kind, arguments, pgcode, message in (
        ("500", "status", {"status": 500}, "HV000", 'server "c5" answered with HTTP status 500'),
        ("401", "status", {"status": 401}, "28000", 'server "c5" answered with HTTP status 401'),
        ("no answer", "drop", {}, "HV00K", 'the answer of server "c5" was cut short'),
        ("a cut answer", "cut", {}, "HV00K", 'the answer of server "c5" was cut short'),
        ("no JSON", "html", {}, "HV00K", 'the answer of server "c5" is not a list of images')):
    clear()
    clouds["c5"].fault(kind, times=None, **arguments)
    error = error_of(cur, SCAN)
    is_(error and (error.pgcode, error.diag.message_primary), (pgcode, message), f"one of eight: {title}")
clear()
is_(sorted(rows(cur, SCAN)), everything, "after errors all is well")
clouds["c5"].refuse()
error = error_of(cur, SCAN)
is_(error and (error.pgcode, error.diag.message_primary), ("HV00N", 'could not connect to server "c5"'),
    "one does not run")
clouds["c5"].accept()

# Pauses before a retry do not hold up the others, and are not one after the other.
clear()
for cloud in clouds.values():
    cloud.fault("status", status=503, headers={"Retry-After": "1"})
started = time.monotonic()
is_(sorted(rows(cur, SCAN)), everything, "all want to be asked again later")
took = time.monotonic() - started
ok(1 <= took < 6, f"they pause at the same time ({took:.2f} s for 8 of 1 s)")

# Rescans
VALUES = "(VALUES ('active'), ('queued'), ('active')) v(s)"
by_status = {status: sum(document["status"] == status for cloud in clouds.values() for document in cloud.documents())
             for status in ("active", "queued")}
clear()
is_(rows(cur, f"SELECT s, (SELECT count(*) FROM every.images WHERE status = s) FROM {VALUES}"),
    [(status, by_status[status]) for status in ("active", "queued", "active")], "a subquery for each row")
is_(rows(cur, f"SELECT s, (SELECT count(*) FROM (SELECT FROM every.images WHERE status = s LIMIT 7) i) FROM {VALUES}"),
    [(status, min(by_status[status], 7)) for status in ("active", "queued", "active")], "rescans that end early")
cur.execute("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off")
NESTED = "SELECT count(*) FROM (VALUES (1), (2), (3)) v(n) LEFT JOIN every.images ON n > 0"
like(explain(cur, NESTED), r"Nested Loop.*Append\n *->  Async", "a nested loop over an Append")
is_(value(cur, NESTED), 3 * len(everything), "rescans in a nested loop")
cur.execute("SET imagecat.enable_pushdown = off")
is_(value(cur, "SELECT count(*) FROM every.images a JOIN every.images b USING (source, id) WHERE a.source = 'c2'"),
    len(clouds["c2"].documents()), "without pushdown")
cur.execute("RESET ALL")
for name in EIGHT:
    cur.execute(f"PREPARE p_{name} AS SELECT source, id FROM every.images WHERE source = ANY ($1)")
    cur.execute("SET plan_cache_mode = force_generic_plan")
    is_(sorted(rows(cur, f"EXECUTE p_{name} (%s)", [[name, "c0"]])),
        [row for row in everything if row[0] in (name, "c0")],
        f"prepared, {name} and c0")
cur.execute("RESET plan_cache_mode")

# Joined with a table whose values each service is asked for, answers kept, the whole listing where that is cheaper
cur.execute("CREATE TABLE wanted (id text, n int)")
chosen = [row[1] for row in everything[::9]]
cur.executemany("INSERT INTO wanted VALUES (%s, %s)", [(image, n) for image in chosen for n in range(3)])
cur.execute("ANALYZE wanted")
JOIN = "SELECT n, source, id FROM wanted JOIN every.images USING (id)"
joined = sorted((n, *row) for row in everything for n in range(3) if row[1] in chosen)
for settings in ("", "SET enable_hashjoin = off; SET enable_mergejoin = off", "SET enable_memoize = off",
                 "SET enable_material = off", "SET enable_async_append = off"):
    cur.execute(settings or "SELECT")
    is_(sorted(rows(cur, JOIN)), joined, f"a join ({settings})")
is_(sorted(rows(cur, JOIN + " WHERE n = 1 AND source IN ('c2', 'c3')")),
    [row for row in joined if row[0] == 1 and row[1] in ("c2", "c3")], "a join with two of eight")
cur.execute("RESET ALL")
is_(sorted(rows(cur, "SELECT source, id FROM every.images WHERE id IN (SELECT id FROM wanted)")),
    sorted(set(row[1:] for row in joined)), "a semi-join")
cur.execute("ANALYZE every.images")
is_(value(cur, "SELECT sum(reltuples)::int FROM pg_class WHERE relnamespace = 'every'::regnamespace AND relkind = 'f'"),
    len(everything), "ANALYZE of all")
is_(sorted(rows(cur, JOIN)), joined, "a join with statistics")

# Interleaved cursors over the same services, each of them pending now and then
clear()
cur.execute("BEGIN")
for number in range(6):
    cur.execute(f"DECLARE k{number} CURSOR FOR {SCAN}" + (" ORDER BY created_at DESC" if number == 4 else ""))
collected, live, step = {number: [] for number in range(6)}, set(range(6)), 1
while live:
    for number in sorted(live):
        got = rows(cur, f"FETCH {1 + (number * 7 + step) % 23} FROM k{number}")
        collected[number] += got
        if not got:
            live.discard(number)
    step += 1
is_([number for number in collected if sorted(collected[number]) != everything], [], "six interleaved cursors")
cur.execute("COMMIT")

# In order: each service sends its own, the rows are merged.
ordered = [when for (when,) in rows(cur, "SELECT created_at FROM every.images ORDER BY created_at DESC")]
is_(ordered, sorted(ordered, reverse=True), "ORDER BY")
is_(len(ordered), len(everything), "ORDER BY: all")
NEWEST = "SELECT created_at FROM every.images ORDER BY created_at DESC LIMIT 7"
like(explain(cur, NEWEST), r"Merge Append(\n.*)*->  Foreign Scan", "ORDER BY LIMIT: a merge")
together("ORDER BY LIMIT", NEWEST, [(when,) for when in sorted(ordered[:7])])
is_({len(cloud.requests) for cloud in clouds.values()}, {2}, "ORDER BY LIMIT: the two listings of each service")
clear()
cur.execute("SELECT FROM every.images WHERE source = (SELECT min(s) FROM (VALUES ('c3'), ('c5')) v(s)) "
            "ORDER BY created_at LIMIT 3")
is_([name for name, cloud in clouds.items() if cloud.requests], ["c3"],
    "ORDER BY LIMIT: only the source that a subquery tells")
cur.execute(f"BEGIN; DECLARE c SCROLL CURSOR FOR {NEWEST}")
is_(rows(cur, "FETCH ALL FROM c"), [(when,) for when in ordered[:7]], "ORDER BY LIMIT: a scrollable cursor")
is_(rows(cur, "FETCH BACKWARD ALL FROM c"), [(when,) for when in ordered[6::-1]], "ORDER BY LIMIT: and back")
cur.execute("COMMIT")
clear()
clouds["c6"].fault("status", status=500)
error = error_of(cur, NEWEST)
is_(error and error.diag.message_primary, 'server "c6" answered with HTTP status 500',
    "ORDER BY LIMIT: an error names its server")
is_(rows(cur, NEWEST), [(when,) for when in ordered[:7]], "ORDER BY LIMIT: and then all is well")

# With tables of the database between them
cur.execute("CREATE VIEW nowhere AS SELECT id, name FROM imagecat.images")
cur.execute("CREATE SERVER here FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'public.nowhere')")
cur.execute("CREATE FOREIGN TABLE every.images_here PARTITION OF every.images FOR VALUES IN ('here') SERVER here")
KEPT = ("kept1", "kept2", "kept3")
for name in KEPT:
    cur.execute(f"CREATE TABLE every.images_{name} PARTITION OF every.images FOR VALUES IN ('{name}')")
    cur.execute(f"INSERT INTO every.images (source, id) SELECT '{name}', n::text FROM generate_series(1, 50) n")
cur.execute("INSERT INTO imagecat.images (source, id) SELECT 'x', n::text FROM generate_series(1, 50) n")
mixed = sorted(everything + [(name, str(n)) for name in ("here", *KEPT) for n in range(1, 51)])
together("with local partitions", SCAN, mixed)
like(explain(cur, SCAN), r"->  Foreign Scan on images_here", "a local table is not asynchronous")
cur.execute(f"BEGIN; DECLARE c CURSOR FOR {SCAN}")
found = []
while len(found) < len(mixed) and (some := rows(cur, "FETCH 11 FROM c")):
    found += some
is_(sorted(found), mixed, "with local partitions, a few at a time")
cur.execute("COMMIT; ALTER SERVER c0 OPTIONS (ADD request_timeout '1s')")
be_late()
cur.execute(f"BEGIN; DECLARE c CURSOR FOR {SCAN} WHERE source IN ('c0', 'kept1', 'kept2', 'kept3')")
first = rows(cur, "FETCH 120 FROM c")
is_(sorted(first + after_a_rest()), [row for row in mixed if row[0] in ("c0", *KEPT)],
    "with local partitions, a cursor rests")
cur.execute("COMMIT; ALTER SERVER c0 OPTIONS (DROP request_timeout)")
cur.execute("DROP TABLE every.images_kept1, every.images_kept2, every.images_kept3")
cur.execute("DROP FOREIGN TABLE every.images_here")

# More services than an event set tells of at once
many = {f"m{number:02d}": clouds[EIGHT[number % 8]] for number in range(40)}
for name, cloud in many.items():
    server(cur, name, cloud.url, shape=None)
cur.execute("SELECT imagecat.create_catalog('forty', VARIADIC %s::text[])", [list(many)])
clear()
lonely = meet(list(clouds.values()), times=5)
is_(sorted(rows(cur, "SELECT source, id FROM forty.images")),
    sorted((name, document["id"]) for name, cloud in many.items() for document in cloud.documents()), "forty servers")
is_(len(lonely), 0, "forty servers: asked at once")

# Cancel and timeouts while an Append waits


def cancelled(title, prepare, query, act):
    """Ends the query, which hangs, in a session of its own; it must take less than a second, on any machine."""
    with closing(connect("t45_many_clouds")) as session:
        own = session.cursor()
        own.execute("SELECT count(*) FROM every.images")
        before = len(os.listdir(f"/proc/{session.info.backend_pid}/fd"))
        prepare()
        thread = threading.Thread(target=act, args=(session.info.backend_pid,))
        thread.start()
        error = error_of(own, query)
        took = time.monotonic() - moment[0]
        thread.join()
        is_(error and error.pgcode, "57014", f"{title}: SQLSTATE")
        diag(f"{title}: {took * 1000:.1f} ms")
        ok(took < 1, f"{title}: at once")
        clear()
        own.execute("RESET ALL")
        is_(sorted(rows(own, SCAN)), everything, f"{title}: the session goes on")
        ok(len(os.listdir(f"/proc/{session.info.backend_pid}/fd")) <= before + len(EIGHT),
           f"{title}: no descriptors are left")


def hang():
    clear()
    for cloud in clouds.values():
        cloud.fault("stall", at=0, times=None)


def in_wait(pid):
    while not (all(cloud.requests for cloud in clouds.values()) and value(
            cur, "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event IN ('AppendReady', 'Extension')",
            [pid])):
        threading.Event().wait(0.002)


def cancel(pid):
    in_wait(pid)
    moment[0] = time.monotonic()
    rows(cur, "SELECT pg_cancel_backend(%s)", [pid])


def time_out(pid):
    in_wait(pid)
    moment[0] = time.monotonic() + 1         # the timeout that the query sets


moment = [0.0]
cancelled("cancel", hang, SCAN, cancel)
cancelled("cancel of a count", hang, "SELECT count(*) FROM every.images", cancel)


def pause():
    clear()
    for cloud in clouds.values():
        cloud.fault("status", status=503, headers={"Retry-After": "50"}, times=None)


cancelled("cancel in pauses before a retry", pause, SCAN, cancel)
for _ in range(10):
    hang()
    with closing(connect("t45_many_clouds")) as session:
        own = session.cursor()
        own.execute("SET statement_timeout = 50")
        error = error_of(own, SCAN)
        is_(error and error.pgcode, "57014", "statement_timeout")
clear()

# Signing in: eight identity services, each of which answers when all were asked
identities = {f"k{number}": Identity().start() for number in range(8)}
signed = {name: Cloud(images=20, seed=int(name[1]), identity=identity).start() for name, identity in identities.items()}
PASSWORD = {"username": "u1", "password": "pw1", "project_name": "p1"}
for name, identity in identities.items():
    auth_url = identity.auth_url if name < "k4" else identity.auth_url.removesuffix("/v3")      # asked for its version
    server(cur, name, mapping=PASSWORD, shape=None, auth_url=auth_url,
           region="RegionOne")
cur.execute("SELECT imagecat.create_catalog('signed', VARIADIC %s::text[])", [list(identities)])
expected = sorted((name, image["id"]) for name, cloud in signed.items()
                  for image in cloud.documents(identities[name].issue("u1", "p1")))
lonely = meet(list(identities.values()), on="any")
is_(sorted(rows(cur, "SELECT source, id FROM signed.images")), expected, "eight identity services")
is_(len(lonely), 0, "eight identity services: all are asked before any answers")
is_([len(identity.lists) for identity in identities.values()], [1] * 8, "each is asked once")
rows(cur, "SELECT source, id FROM signed.images")
is_([len(identity.lists) for identity in identities.values()], [1] * 8, "tokens are kept")
for identity in identities.values():
    identity.revoke()
lonely = meet(list(identities.values()), on="any")
is_(sorted(rows(cur, "SELECT source, id FROM signed.images")), expected, "all tokens are revoked")
is_(len(lonely), 0, "all tokens are revoked: renewed at once")
with closing(connect("t45_many_clouds")) as fresh:
    own = fresh.cursor()
    for identity in identities.values():
        identity.fault("status", status=503, headers={"Retry-After": "1"}, on="any")
    started = time.monotonic()
    own.execute("SELECT source, id FROM signed.images")
    is_(sorted(own.fetchall()), expected, "all identity services want to be asked again later")
    ok(time.monotonic() - started < 6, "at the same time")
with closing(connect("t45_many_clouds")) as fresh:
    lonely, own = meet(list(identities.values()), on="any"), fresh.cursor()
    lonely_too = meet(list(signed.values()))
    own.execute("SELECT source, id FROM signed.images ORDER BY created_at LIMIT 5")
    is_((len(own.fetchall()), len(lonely), len(lonely_too)), (5, 0, 0),
        "a merge of services to sign in to: asked at once")
with closing(connect("t45_many_clouds")) as fresh:
    identities["k6"].fault("status", status=401, on="any", times=None)
    error = error_of(fresh.cursor(), "SELECT source, id FROM signed.images")
    is_(error and (error.pgcode, error.diag.message_primary),
        ("28000", 'the identity service of server "k6" answered with HTTP status 401'), "one sign-in is refused")

for each in [*clouds.values(), *signed.values(), *identities.values()]:
    each.stop()
done()
