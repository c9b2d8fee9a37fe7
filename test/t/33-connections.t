#!/usr/bin/python3
"""Proves what goes over the wire beside the query: connections that are kept, headers, changed servers and credentials,
allowed hosts; and that cursors, errors and subtransactions leave nothing behind."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud, OTHER_USER, USER  # noqa: E402
from imagecat import connect, error_of, fresh_database, rows, server, value  # noqa: E402
from tap import done, is_, like, ok  # noqa: E402

cur = fresh_database("t33_connections").cursor()
cloud = Cloud(images=100, seed=2).start()
other = Cloud(images=60, seed=3).start()
squeezed = Cloud(images=100, seed=2, gzip=True).start()
server(cur, "g", cloud.url, page_size=10)
server(cur, "o", other.url, page_size=10)
server(cur, "z", squeezed.url, page_size=10)


def ids(service, token=USER):
    return sorted(document["id"] for document in service.documents(token))


def scanned(table="g.images"):
    return sorted(image for (image,) in rows(cur, f"SELECT id FROM {table}"))


def descriptors():
    return len(os.listdir(f"/proc/{cur.connection.info.backend_pid}/fd"))


# One connection for all scans of a session
for _ in range(5):
    is_(scanned(), ids(cloud), "a scan of many pages")
rows(cur, "SELECT * FROM imagecat.list_images('g')")
rows(cur, f"SELECT * FROM g.images WHERE id = '{ids(cloud)[0]}'")
is_(cloud.connections, 1, "one connection carries all scans")
ok(len(cloud.requests) > 50, "of many requests")
cloud.disconnect()
is_(scanned(), ids(cloud), "the service closed the connection meanwhile")
is_(cloud.connections, 2, "a new one is made")
cloud.fault("hang_up")
is_(scanned(), ids(cloud), "a connection that is closed behind an answer, against what was promised")
rows(cur, "SELECT id FROM g.images ORDER BY created_at")
ok(cloud.connections <= 5, f"a merge takes one more at most ({cloud.connections})")

# What is sent, and nothing more
cloud.clear()
rows(cur, "SELECT * FROM g.images")
rows(cur, f"SELECT * FROM g.images WHERE id = '{ids(cloud)[0]}'")
rows(cur, "SELECT * FROM imagecat.list_images('g')")
for record in cloud.requests:
    headers = {name: text for name, text in record.headers.items() if name not in ("host", "user-agent")}
    if headers != {"accept": "application/json", "accept-encoding": "gzip", "x-auth-token": USER} or record.body or \
            record.method != "GET":
        is_(headers, {}, f"headers of {record.target}")
        break
else:
    ok(True, f"{len(cloud.requests)} requests: Accept, Accept-Encoding and X-Auth-Token only")
is_({record.headers["host"] for record in cloud.requests}, {f"127.0.0.1:{cloud.port}"}, "Host")
server(cur, "nobody", cloud.url, token=None)
cloud.clear()
error_of(cur, "SELECT * FROM nobody.images")
ok(all("x-auth-token" not in record.headers for record in cloud.requests), "without a token none is sent")
is_(scanned("z.images"), ids(cloud), "compressed answers")
ok(all(record.headers.get("accept-encoding") == "gzip" for record in squeezed.requests), "gzip is asked for")
for framing in ("chunked", "close", "length"):
    squeezed.framing = framing
    is_(scanned("z.images"), ids(cloud), f"compressed answers, {framing}")

# Errors in subtransactions
rows(cur, "SELECT * FROM g.images")
before = descriptors()
cur.execute("""DO $$ BEGIN FOR i IN 1..40 LOOP
    BEGIN PERFORM 1 / (length(id) - 36) FROM g.images; EXCEPTION WHEN division_by_zero THEN NULL; END;
    BEGIN PERFORM count(*) FROM (SELECT id FROM g.images LIMIT 15) i; END;
    END LOOP; END $$""")
ok(descriptors() <= before + 1, f"40 errors in exception blocks leave no descriptors ({before}, {descriptors()})")
cur.execute("""CREATE FUNCTION nested(depth int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE r record; found int := 0; BEGIN
    BEGIN FOR r IN SELECT id FROM g.images LOOP found := found + 1;
        IF found = 13 AND depth > 0 THEN found := found + nested(depth - 1); RAISE 'x'; END IF;
        END LOOP; EXCEPTION WHEN raise_exception THEN NULL; END; RETURN found; END $$""")
total = len(ids(cloud))
is_(value(cur, "SELECT nested(5)"), 5 * 13 + total, "scans within scans, each ended by an error")
connections = cloud.connections
is_(value(cur, "SELECT nested(5)"), 5 * 13 + total, "and again")
ok(descriptors() <= before + 8, f"nested errors leave few descriptors ({descriptors()})")
cur.execute("BEGIN")
for depth in range(10):
    cur.execute(f"SAVEPOINT s; DECLARE c{depth} CURSOR FOR SELECT id FROM g.images; FETCH 15 FROM c{depth}")
    if depth % 2:
        cur.execute("ROLLBACK TO s")
is_(sum(len(rows(cur, f"FETCH ALL FROM c{depth}")) for depth in range(0, 10, 2)), 5 * (total - 15),
    "cursors of subtransactions that stay, between those that are rolled back")
error_of(cur, "FETCH ALL FROM c1")
cur.execute("ROLLBACK")
is_(scanned(), ids(cloud), "the session goes on")

# Cursors
cur.execute("BEGIN")
for number in range(24):
    table = ("g.images", "o.images", "z.images")[number % 3]
    order = "ORDER BY created_at DESC" if number % 4 == 3 else ""
    cur.execute(f"DECLARE k{number} CURSOR FOR SELECT id FROM {table} {order}")
found, live, step = {number: [] for number in range(24)}, set(range(24)), 1
while live:
    for number in sorted(live):
        got = [image for (image,) in rows(cur, f"FETCH {1 + (number + step) % 17} FROM k{number}")]
        found[number] += got
        if not got:
            live.discard(number)
    step += 1
wanted = [ids(cloud), ids(other), ids(cloud)]
is_([number for number in range(24) if sorted(found[number]) != wanted[number % 3]], [], "24 interleaved cursors on three servers")
cur.execute("COMMIT")
cur.execute("BEGIN; DECLARE h CURSOR WITH HOLD FOR SELECT id FROM g.images")
first = [image for (image,) in rows(cur, "FETCH 5 FROM h")]
cur.execute("COMMIT")
cloud.clear()
is_(sorted(first + [image for (image,) in rows(cur, "FETCH ALL FROM h")]), ids(cloud), "WITH HOLD: all of it")
is_(cloud.requests, [], "WITH HOLD: nothing is asked after COMMIT")
cur.execute("CLOSE h")
cur.execute("BEGIN; DECLARE b SCROLL CURSOR FOR SELECT id FROM g.images")
forth = rows(cur, "FETCH ALL FROM b")
is_(rows(cur, "FETCH BACKWARD ALL FROM b"), forth[::-1], "a scrollable cursor goes back")
cur.execute("COMMIT")
is_(len(rows(cur, "SELECT * FROM (SELECT id FROM g.images) g FULL JOIN (SELECT id FROM o.images) o USING (id)")),
    len(set(ids(cloud)) | set(ids(other))), "a join of two servers")
is_(rows(cur, "SELECT count(*) FROM g.images a, g.images b WHERE a.id = b.id"), [(total,)], "a table joined with itself")
ok(descriptors() <= before + 30, f"idle connections are few ({descriptors()})")

# What is altered holds at once, in prepared statements too.
cur.execute("SET plan_cache_mode = force_generic_plan; PREPARE p AS SELECT id FROM g.images")
prepared = sorted(image for (image,) in rows(cur, "EXECUTE p"))
is_(prepared, ids(cloud), "prepared")
for name, statement, expected in (
        ("user mapping", f"ALTER USER MAPPING FOR PUBLIC SERVER g OPTIONS (SET token '{OTHER_USER}')", ids(cloud, OTHER_USER)),
        ("a mapping of one's own", f"CREATE USER MAPPING FOR CURRENT_USER SERVER g OPTIONS (token '{USER}')", ids(cloud)),
        ("a mapping dropped", "DROP USER MAPPING FOR CURRENT_USER SERVER g", ids(cloud, OTHER_USER)),
        ("token back", f"ALTER USER MAPPING FOR PUBLIC SERVER g OPTIONS (SET token '{USER}')", ids(cloud)),
        ("url", f"ALTER SERVER g OPTIONS (SET url '{other.url}')", ids(other)),
        ("url back", f"ALTER SERVER g OPTIONS (SET url '{cloud.url}')", ids(cloud)),
        ("url with a slash", f"ALTER SERVER g OPTIONS (SET url '{cloud.url}/')", ids(cloud)),
        ("url with the version", f"ALTER SERVER g OPTIONS (SET url '{cloud.url}/v2')", ids(cloud))):
    cur.execute(statement)
    is_((scanned(), sorted(image for (image,) in rows(cur, "EXECUTE p"))), (expected, expected), f"altered: {name}")
cur.execute("ALTER SERVER g OPTIONS (SET page_size '7')")
cloud.clear()
rows(cur, "EXECUTE p")
is_({record.value("limit") for record in cloud.requests}, {"7"}, "altered: page_size")
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT id FROM g.images; FETCH 1 FROM c")
with connect("t33_connections") as session:
    session.autocommit = True
    session.cursor().execute(f"ALTER SERVER g OPTIONS (SET url '{other.url}')")
    session.cursor().execute(f"ALTER SERVER g OPTIONS (SET url '{cloud.url}')")
is_(len(rows(cur, "FETCH ALL FROM c")), total - 1, "a scan under way is not disturbed")
cur.execute("COMMIT")

# Allowed hosts
for hosts, allowed in (("", True), ("127.0.0.1", True), (f"127.0.0.1:{cloud.port}", True), (f"127.0.0.1:{other.port}", False),
                       ("example.org", False), ("example.org, 127.0.0.1", True), ("*.0.0.1", True), ("*.1", True),
                       ("*.example.org", False), ("27.0.0.1", False), ("127.0.0.1.example.org", False), ("*", False),
                       (f"example.org:{cloud.port}", False), ("localhost", False), (" 127.0.0.1 ", True)):
    cur.execute("SET imagecat.allowed_hosts = %s", [hosts])
    cloud.clear()
    error = error_of(cur, "SELECT id FROM g.images")
    if hosts == "*":        # undocumented: either it means every host, or none
        ok(error is None or error.pgcode == "42501", f"allowed hosts {hosts!r}: any or none")
        continue
    is_((error and error.pgcode, bool(cloud.requests)), (None, True) if allowed else ("42501", False), f"allowed hosts {hosts!r}")
    error = error_of(cur, "SELECT id FROM imagecat.list_images('g')")
    is_(error and error.pgcode, None if allowed else "42501", f"allowed hosts {hosts!r}: list_images")
cur.execute("SET imagecat.allowed_hosts = 'example.org'")
error = error_of(cur, "SELECT id FROM g.images")
like(error.diag.message_primary, '^the host of server "g" is not allowed$', "allowed hosts: message")
like(error.diag.message_hint, "imagecat.allowed_hosts", "allowed hosts: hint")
cur.execute("RESET imagecat.allowed_hosts")
cur.execute("DROP ROLE IF EXISTS t33_user; CREATE ROLE t33_user; SET ROLE t33_user")
is_(error_of(cur, "SET imagecat.allowed_hosts = ''").pgcode, "42501", "only superusers may set it")
is_(error_of(cur, "SHOW imagecat.allowed_hosts").pgcode, "42501", "or see it")
cur.execute("RESET ROLE; DROP ROLE t33_user")

for each in (cloud, other, squeezed):
    each.stop()
done()
