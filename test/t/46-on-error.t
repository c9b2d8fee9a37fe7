#!/usr/bin/python3
"""Proves that a server with on_error 'warn' that fails is one warning with the error's words and no rows, never some of
its rows; that its rows are the same as ever when it does not fail; and that nothing else is swallowed."""
import os
import sys
import threading

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud, Identity  # noqa: E402
from imagecat import error_of, explain, fresh_database, notices, rows, server, value  # noqa: E402
from tap import done, is_, like, ok  # noqa: E402

cur = fresh_database("t46_on_error").cursor()
broken = Cloud(images=100, seed=1).start()
sound = [Cloud(images=30 + index, seed=index).start() for index in range(7)]
FAST = {"max_retries": 1, "request_timeout": "1s"}
server(cur, "b", broken.url, page_size=20, on_error="warn", **FAST)
server(cur, "strict", broken.url, page_size=20, on_error="error", **FAST)
for index, cloud in enumerate(sound):
    server(cur, f"s{index}", cloud.url, shape=None, page_size=20, on_error="warn" if index % 2 else "error")
cur.execute("SELECT imagecat.create_catalog('every', VARIADIC %s::text[])",
            [["b", *(f"s{index}" for index in range(7))]])
images = sorted(document["id"] for document in broken.documents())
others = sorted((f"s{index}", document["id"]) for index, cloud in enumerate(sound) for document in cloud.documents())
everything = sorted(others + [("b", image) for image in images])


def prepare(kind=None, **arguments):
    broken.clear()
    if kind:
        broken.fault(kind, **{"times": None, **arguments})
    notices(cur)


def warned():
    """The warnings since the last call; each is about server b."""
    return [text for text in notices(cur) if text.startswith("WARNING")]


def left_out(title, query, expected, pattern=None, detail=None, hint=None):
    """The query gives these rows, and one warning."""
    is_(sorted(rows(cur, query)), expected, title)
    found = warned()
    is_(len(found), 1, f"{title}: one warning")
    if found:
        like(found[0], r'^WARNING:  server "b" is left out: ' + (pattern or ""), f"{title}: its words")
        if detail:
            like(found[0], r"^DETAIL:  " + detail, f"{title}: detail")
        if hint:
            like(found[0], r"^HINT:  " + hint, f"{title}: hint")


# Without a failure nothing is different.
prepare()
is_(sorted(image for (image,) in rows(cur, "SELECT id FROM b.images")), images, "no failure: all images")
is_(rows(cur, "SELECT * FROM b.images ORDER BY id"),
    [("b", *row[1:]) for row in rows(cur, "SELECT * FROM strict.images ORDER BY id")],
    "all columns are the same")
is_(sorted(rows(cur, "SELECT source, id FROM every.images")), everything, "a catalog")
is_(value(cur, "SELECT count(*) FROM b.images WHERE status = 'active'"),
    sum(document["status"] == "active" for document in broken.documents()), "filtered")
is_(len(rows(cur, "SELECT id FROM b.images a JOIN b.images b USING (id)")), len(images), "joined with itself")
times = [when for (when,) in rows(cur, "SELECT created_at FROM b.images ORDER BY created_at DESC")]
is_(times, sorted(times, reverse=True), "in order")
is_(rows(cur, "SELECT created_at FROM b.images ORDER BY created_at DESC LIMIT 5"), [(when,) for when in times[:5]],
    "with a limit")
is_(value(cur, "SELECT count(*) FROM (VALUES (1), (2)) v(n), LATERAL (SELECT id FROM b.images WHERE n > 0 OFFSET 0) i"),
    2 * len(images), "rescans")
cur.execute("SET work_mem = '64kB'")
prepare("repeat_images", copies=200, new_ids=True, match="os_hidden=true")
hidden = sum(document["os_hidden"] for document in broken.documents())
is_(value(cur, "SELECT count(properties) FROM b.images"), len(images) + 199 * hidden, "more rows than memory")
cur.execute("RESET work_mem")
prepare("status", status=503, times=1, headers={"Retry-After": "0"})
is_(len(rows(cur, "SELECT FROM b.images")), len(images), "a new try that succeeds")
is_(warned(), [], "no warnings in all that")

# Every way of failing
for title, kind, arguments, pattern, detail, hint in (
        ("500", "status", {"status": 500, "body": "<b>out of order</b>"}, 'server "b" answered with HTTP status 500$',
         "The service says: .*out of order", None),
        ("503, after all retries", "status", {"status": 503, "headers": {"Retry-After": "0"}}, '.*status 503$', None,
         None),
        ("401", "status", {"status": 401}, '.*status 401$', None,
         'Check the credentials in the user mapping for PUBLIC'),
        ("403", "status", {"status": 403}, '.*status 403$', None, "The credentials"),
        ("404", "status", {"status": 404}, '.*status 404$', None, 'Check the option "url" of server "b"'),
        ("no answer", "drop", {}, "the answer .* was cut short", "", None),
        ("a reset", "reset", {}, "the answer .* was cut short", "", None),
        ("a cut answer", "cut", {}, "the answer .* was cut short", "", None),
        ("no answer in time", "stall", {}, "server \"b\" did not answer in time", "no whole answer within 1000 ms",
         'See the server options "connect_timeout"'),
        ("no JSON", "html", {}, "the answer .* is not a list of images", "", None),
        ("half JSON", "invalid_json", {}, "the answer .* is not a list of images", "", None),
        ("pages without end", "same_page", {}, "the pages of server", "The page after image", None)):
    prepare(kind, **arguments)
    left_out(title, "SELECT id FROM b.images", [], pattern, detail, hint)
    prepare(kind, skip=2, **arguments)
    if kind != "same_page":
        left_out(f"{title}, after two pages", "SELECT id FROM b.images", [], pattern, detail, hint)
    prepare(kind, **arguments)
    is_(error_of(cur, "SELECT id FROM strict.images") is not None, True, f"{title}: on_error 'error'")
    broken.clear()
prepare()
broken.refuse()
left_out("no connection", "SELECT id FROM b.images", [], 'could not connect to server "b"', "",
         'Check the option "url"')
left_out("no connection, one of eight", "SELECT source, id FROM every.images", others,
         'could not connect to server "b"')
broken.accept()
is_(sorted(rows(cur, "SELECT source, id FROM every.images")), everything, "it is there again at once")
is_(warned(), [], "without a warning")

# In all kinds of queries
prepare("status", status=500)
left_out("one of eight", "SELECT source, id FROM every.images", others)
left_out("one of eight, counted", "SELECT count(*) FROM every.images", [(len(others),)])
left_out("one of eight, in order", "SELECT count(*) FROM (SELECT FROM every.images ORDER BY created_at) i",
         [(len(others),)])
NEWEST = "SELECT source, created_at FROM every.images ORDER BY created_at DESC LIMIT 7"
like(explain(cur, NEWEST), r"Merge Append(\n.*)*->  Foreign Scan", "a merge")
cur.execute("SET imagecat.enable_pushdown = off")
expected = rows(cur, NEWEST)
cur.execute("RESET imagecat.enable_pushdown")
warned()
left_out("a merge", NEWEST, sorted(expected))
cur.execute("SET enable_async_append = off")
left_out("one of eight, one after the other", "SELECT source, id FROM every.images", others)
cur.execute("RESET enable_async_append")
left_out("in list_images", "SELECT id FROM imagecat.list_images('b')", [])
left_out("in list_images, sorted", "SELECT id FROM imagecat.list_images('b', sort => 'name')", [])
left_out("in list_images, with a marker",
         f"SELECT id FROM imagecat.list_images('b', sort => 'name', marker => '{images[0]}')", [])
broken.fault("status", status=500, on="show", times=None)
left_out("looked up", f"SELECT id FROM b.images WHERE id = '{images[0]}'", [])
left_out("a join", "SELECT s.id FROM every.images_s0 s LEFT JOIN b.images b USING (id)",
         sorted((image,) for source, image in others if source == "s0"))
broken.clear()
broken.fault("status", status=500, times=None)
left_out("rescans",
         "SELECT (SELECT count(*) FROM b.images WHERE status = s) FROM (VALUES ('active'), ('queued'), ('x')) v(s)",
         [(0,), (0,), (0,)])
is_(len(broken.requests), 1, "rescans: it is asked once, and left out of the whole query")
like(explain(cur, "SELECT id FROM b.images", analyze=True), r"actual rows=0 loops=1", "EXPLAIN ANALYZE")
is_(len(warned()), 1, "EXPLAIN ANALYZE: one warning")
explain(cur, "SELECT id FROM b.images")
is_(warned(), [], "EXPLAIN asks nobody")
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT source, id FROM every.images; SAVEPOINT s")
found = rows(cur, "FETCH 40 FROM c")
cur.execute("RELEASE s")
is_(sorted(found + rows(cur, "FETCH ALL FROM c")), others, "a cursor")
cur.execute("COMMIT")
is_(len(warned()), 1, "a cursor: one warning")
cur.execute("CREATE TABLE copied AS SELECT * FROM every.images")
is_(value(cur, "SELECT count(*) FROM copied"), len(others), "a statement that writes")
warned()

# Never some of its rows: what was handed out cannot be taken back.
prepare("status", status=500, skip=2)
left_out("list_images, after two pages", "SELECT id FROM imagecat.list_images('b')", [])
prepare("cut", match="os_hidden=true")
left_out("one listing of two", "SELECT id FROM b.images", [])
prepare("status", status=500, skip=1)
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT id FROM b.images")
is_(rows(cur, "FETCH 1 FROM c"), [], "a cursor's first row waits for all")
cur.execute("COMMIT")
is_(len(warned()), 1, "a cursor's first row waits for all: one warning")
LATERAL = "SELECT s, i.id FROM (VALUES ('active'), ('queued')) v(s), " \
    "LATERAL (SELECT id FROM b.images WHERE status = s OFFSET 0) i"
prepare("status", status=500, match="queued")
error = error_of(cur, LATERAL)
is_(error and error.diag.message_primary, 'server "b" answered with HTTP status 500',
    "a failure after rows of an earlier rescan")
is_(warned(), [], "is an error")

# A limit takes no more than it needs.
prepare()
is_(len(rows(cur, "SELECT id FROM b.images LIMIT 5")), 5, "a limit")
is_([record.value("limit") for record in broken.requests], ["5"], "a limit: one request of its size")
prepare("status", status=500)
left_out("a limit and a failure", "SELECT id FROM b.images LIMIT 5", [])

# Signing in
identity = Identity().start()
signed = Cloud(images=10, identity=identity).start()
server(cur, "k", shape="catalog", auth_url=identity.auth_url, region="RegionOne", on_error="warn",
       mapping={"username": "u1", "password": "wrong", "project_name": "p1"})
notices(cur)
is_(rows(cur, "SELECT id FROM k.images"), [], "a refused sign-in")
like("".join(warned()),
     '^WARNING:  server "k" is left out: the identity service of server "k" answered with HTTP status 401',
     "is a warning")
cur.execute("ALTER USER MAPPING FOR PUBLIC SERVER k OPTIONS (SET password 'pw1')")
identity.fault("status", status=500, on="any")
is_(rows(cur, "SELECT id FROM k.images"), [], "an identity service that fails")
like("".join(warned()), 'left out: the identity service of server "k" answered with HTTP status 500', "is a warning")
is_(len(rows(cur, "SELECT id FROM k.images")), len(signed.documents(identity.issue("u1", "p1"))),
    "and then all is well")
cur.execute("ALTER USER MAPPING FOR PUBLIC SERVER k OPTIONS (DROP password, DROP username, DROP project_name)")
is_(rows(cur, "SELECT id FROM k.images"), [], "no credentials")
like("".join(warned()), 'left out: server "k" needs', "is a warning")
cur.execute("SET imagecat.allowed_hosts = 'example.org'")
prepare()
left_out("a host that is not allowed", "SELECT id FROM b.images", [], 'the host of server "b" is not allowed', None,
         "A superuser can")
cur.execute("RESET imagecat.allowed_hosts")

# What is not the service's failure is an error as ever.
prepare("stall")
cur.execute("SET statement_timeout = 200")
for table in ("b.images", "every.images"):
    is_(error_of(cur, f"SELECT count(*) FROM {table}").pgcode, "57014", f"statement_timeout, {table}")
is_(error_of(cur, "SELECT * FROM imagecat.list_images('b')").pgcode, "57014", "statement_timeout, list_images")
cur.execute("RESET statement_timeout")
prepare("stall")
canceller = threading.Timer(0.3, cur.connection.cancel)
canceller.start()
is_(error_of(cur, "SELECT count(*) FROM b.images").pgcode, "57014", "cancel")
canceller.join()
prepare()
is_(error_of(cur, "SELECT 1 / length('') FROM b.images").pgcode, "22012", "an error of the query's own")
is_(error_of(cur, "SELECT * FROM imagecat.list_images('b', sort => 'nothing')").pgcode, "22023",
    "an argument that is not accepted")
is_(error_of(cur, "SELECT * FROM imagecat.list_images('b', marker => 'nobody', sort => 'created_at')") is not None,
    True, "a marker likewise")
cur.execute("CREATE DOMAIN positive AS bigint CHECK (value > 0)")
cur.execute("CREATE FOREIGN TABLE odd (id text, status positive) SERVER b")
is_([row for row in rows(cur, "SELECT status FROM odd") if row[0] is not None], [],
    "values that do not fit are NULL as ever")
is_([text for text in warned() if "left out" in text], [], "and none of these is a warning of this kind")

# The option
for value_given, pgcode in (("warn", None), ("error", None), ("ignore", "HV024"), ("WARN", "HV024"), ("", "HV024")):
    error = error_of(cur, "CREATE SERVER o FOREIGN DATA WRAPPER imagecat "
                          f"OPTIONS (api 'glance', url 'http://x', on_error '{value_given}')")
    is_(error and error.pgcode, pgcode, f"on_error '{value_given}'")
    cur.execute("DROP SERVER IF EXISTS o")
error = error_of(cur, "CREATE SERVER o FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', on_error 'warn')")
like(error.diag.message_primary, 'option "on_error" has no meaning with api "local"', "not with api local")
ok(len(os.listdir(f"/proc/{cur.connection.info.backend_pid}/fd")) < 100, "no descriptors are left")

for each in (broken, *sound, signed, identity):
    each.stop()
done()
