#!/usr/bin/python3
"""Proves that a query for one id asks for that image alone, finds what lists leave out, tells "no such image" from a
wrong URL, and tests all other conditions on what came; ids that could mean another resource are never part of a path."""
import os
import sys
import uuid

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from cloud.images import plain_image  # noqa: E402
from imagecat import error_of, explain, figure_in, fresh_database, requests_in, rows, server  # noqa: E402
from tap import done, is_, like, ok  # noqa: E402

cur = fresh_database("t24_lookup").cursor()
SEEN = {"public": {"min_ram": 512, "tags": ["x86"], "size": 5}, "hidden": {"os_hidden": True}, "nobodys": {"owner": None}, "hidden_nobodys": {"owner": None, "os_hidden": True},
        "community": {"visibility": "community", "owner": "t2"},
        "hidden_community": {"visibility": "community", "owner": "t2", "os_hidden": True},
        "pending": {"visibility": "shared", "owner": "t2", "members": {"t1": "pending"}},
        "rejected": {"visibility": "shared", "owner": "t2", "members": {"t1": "rejected"}},
        "accepted": {"visibility": "shared", "owner": "t2", "members": {"t1": "accepted"}},
        "own": {"visibility": "private"}, "queued": {"status": "queued"}, "deactivated": {"status": "deactivated"}}
UNSEEN = {"others_private": {"visibility": "private", "owner": "t2"},
          "not_with_me": {"visibility": "shared", "owner": "t2", "members": {"t3": "accepted"}}}
# GET shows these to everybody, lists to admins only: in the table are those that are in the lists.
UNLISTED = {"nobodys_private": {"visibility": "private", "owner": None},
            "nobodys_shared": {"visibility": "shared", "owner": None, "os_hidden": True}}
images = {label: plain_image(name=label, **members) for label, members in {**SEEN, **UNSEEN, **UNLISTED}.items()}
ids = {label: image["id"] for label, image in images.items()}
cloud = Cloud(images=0).start()
loose = Cloud(images=0, database="mariadb").start()
for each in (cloud, loose):
    each.store.replace(list(images.values()))
server(cur, "g", cloud.url)
server(cur, "loose", loose.url)
server(cur, "admin", cloud.url, token="a:t9:admin")
server(cur, "deep", cloud.url + "/v2/nowhere")
cur.execute("""CREATE SCHEMA n; IMPORT FOREIGN SCHEMA native FROM SERVER g INTO n;
    CREATE FOREIGN TABLE own (id uuid, label text OPTIONS (field 'name')) SERVER g;
    CREATE FOREIGN TABLE own_loose (id uuid, label text OPTIONS (field 'name')) SERVER loose;
    CREATE TABLE wanted AS SELECT * FROM unnest(%s) WITH ORDINALITY wanted(id, at)""",
            [[ids["public"], ids["hidden"], None, "..", ids["others_private"], ids["public"].upper(), ids["own"]]])
rows(cur, "SELECT 1 FROM g.images")             # nobody asks for versions from here on
rows(cur, "SELECT 1 FROM loose.images")


def sent(service=cloud):
    return [f"{record.method} {record.target}" for record in service.requests]


def look_up(name, query, expected, requests, service=cloud, announced=None):
    service.clear()
    is_(requests_in(explain(cur, query)), requests if announced is None else announced, f"announced: {name}")
    is_(sent(service), [], f"nothing is sent while planning: {name}")
    is_(rows(cur, query), expected, f"rows: {name}")
    is_(sent(service), requests, f"sent: {name}")


def path(label):
    return [f"GET /v2/images/{ids[label]}"]


def in_lists(label):
    """What is asked of the lists when a look-up leaves an image in doubt."""
    hidden = "true" if images[label]["os_hidden"] else "false"
    return [f"GET /v2/images?limit=1000&os_hidden={hidden}&id=eq:{ids[label]}&visibility=all&member_status=all"]


for label in SEEN:
    look_up(label, f"SELECT name FROM g.images WHERE id = '{ids[label]}'", [(label,)],
            path(label) + (in_lists(label) if "nobodys" in label else []), announced=path(label))
for label in UNLISTED:
    look_up(label, f"SELECT name FROM g.images WHERE id = '{ids[label]}'", [], path(label) + in_lists(label),
            announced=path(label))
    is_(rows(cur, f"SELECT name FROM admin.images WHERE id = '{ids[label]}'"), [(label,)], f"{label}: an admin's")
is_(rows(cur, "SELECT name FROM g.images WHERE name LIKE 'nobodys_%'"), [], "nobody's: in no list")
for label in UNSEEN:
    look_up(label, f"SELECT name FROM g.images WHERE id = '{ids[label]}'", [], path(label))
look_up("every column", f"SELECT t.* FROM n.images t WHERE id = '{ids['hidden']}'",
        [row for row in rows(cur, "SELECT t.* FROM n.images t") if row[0] == ids["hidden"]], path("hidden"))
nobody = str(uuid.uuid4())
look_up("no such image", f"SELECT name FROM g.images WHERE id = '{nobody}'", [], [f"GET /v2/images/{nobody}"])
for clause in (f"'{ids['own']}' = id", f"id = '{ids['own']}'::varchar", f"id IN ('{ids['own']}')",
               f"id = '{ids['own']}' AND id = '{ids['own']}'"):
    look_up(clause, f"SELECT name FROM g.images WHERE {clause}", [("own",)], path("own"))
for tail in ("LIMIT 1", "LIMIT 5", "ORDER BY created_at", "ORDER BY created_at DESC LIMIT 3", "ORDER BY name"):
    look_up(tail, f"SELECT name FROM g.images WHERE id = '{ids['own']}' {tail}", [("own",)], path("own"))

# All other conditions are tested here.
for clause, holds in (("name = 'public'", True), ("name = 'other'", False), ("NOT hidden", True), ("hidden", False),
                      ("min_ram = 512 AND size > 4", True), ("size > 5", False), ("tags @> '{x86}'", True),
                      ("tags @> '{arm}'", False), ("visibility = 'private'", False), ("status <> 'active'", False),
                      ("created_at > '1999-01-01'", True), ("created_at < '1999-01-01'", False),
                      ("source = 'g'", True), ("name LIKE 'pub%'", True), ("properties ->> 'os_distro' = 'x'", False)):
    look_up(clause, f"SELECT name FROM g.images WHERE id = '{ids['public']}' AND {clause}", [("public",)] if holds else [],
            path("public"))
cloud.clear()
is_(rows(cur, f"SELECT 1 FROM g.images WHERE id = '{ids['own']}' AND id = '{ids['public']}'"), [], "two ids at once")
ok(len(sent()) <= 1, "two ids at once: one request at most")
is_(figure_in(explain(cur, f"SELECT * FROM g.images WHERE id = '{ids['own']}'", analyze=True), "Requests"), 1, "one request")

# Upper case: the path as it was written; only the service's comparison may be loose, the result's never is.
upper = ids["public"].upper()
assert upper != ids["public"]
for name, service in (("g", cloud), ("loose", loose)):
    look_up(f"upper case, {name}", f"SELECT name FROM {name}.images WHERE id = '{upper}'", [], [f"GET /v2/images/{upper}"], service)
for table, service in (("own", cloud), ("own_loose", loose)):
    look_up(f"uuid column, {table}", f"SELECT id::text, label FROM {table} WHERE id = '{{{upper}}}'",
            [(ids["public"], "public")], path("public"), service)

# Ids that are no single harmless segment of a path are asked for in a list; whatever it is, no other resource is.
for odd in ("..", ".", "a/b", "", "../schemas/image", f"{ids['own']}/", f"{ids['own']}/members", f"{ids['own']}?x=1", "%2e%2e",
            f" {ids['own']}", f"{ids['own']} ", f"{ids['own']}#x", "x" * 36, "é" * 18, f"{ids['own'][:-1]}/", "detail"):
    cloud.clear()
    is_(rows(cur, "SELECT name FROM g.images WHERE id = %s", [odd]), [], f"odd id {odd!r}: no row")
    is_([(record.path, record.value("id")) for record in cloud.requests], [("/v2/images", "eq:" + odd)] * 2,
        f"odd id {odd!r}: listed")
cloud.clear()
is_(rows(cur, "SELECT name FROM g.images WHERE id = repeat('a', 20000)"), [], "a very long id")
is_({record.path for record in cloud.requests}, {"/v2/images"}, "a very long id: listed")
ok(max(len(record.target) for record in cloud.requests) < 8000, "a very long id: no long URL")
cloud.clear()
is_(rows(cur, f"SELECT name FROM g.images WHERE id IN ('{ids['own']}', '{ids['hidden']}') ORDER BY 1"), [("hidden",), ("own",)],
    "two ids in a list")
is_({record.path for record in cloud.requests}, {"/v2/images"}, "two ids in a list: listed")

# A look-up beside listings: an image that both bring is one row, and what no listing has is there all the same.
for other, extra in (("own", ["own"]), ("hidden", []), ("no such", [])):
    for tail in ("", "ORDER BY created_at", "LIMIT 9"):
        query = f"SELECT name FROM g.images WHERE id = '{ids['hidden']}' OR name = '{other}' {tail}"
        requests = [f"GET /v2/images?limit={9 if 'LIMIT' in tail else 1000}&os_hidden={hidden}&name=eq:"
                    f"{other.replace(' ', '%20')}&visibility=all&member_status=all" +
                    ("&sort=created_at:asc" if "ORDER" in tail else "") for hidden in ("false", "true")]
        is_(requests_in(explain(cur, query)), requests + path("hidden"), f"announced: {query}")
        cloud.clear()
        is_(sorted(name for (name,) in rows(cur, query)), sorted(["hidden"] + extra), f"rows: {query}")
        is_(sorted(sent()), sorted(requests + path("hidden")), f"sent: {query}")
cloud.clear()
cloud.fault("status", on="show", status=500, times=None)
error = error_of(cur, f"SELECT name FROM g.images WHERE id = '{ids['hidden']}' OR name = 'own'")
ok(error is not None and "HTTP status 500" in error.diag.message_primary, "one of the requests fails: so does the query")
cloud.clear()
cloud.fault("override", id=ids["own"], remove=["id"], times=None)
error = error_of(cur, "SELECT name FROM g.images WHERE name = 'own' OR size = 5")
is_(error and error.pgcode, "HV00K", "images without ids could come twice")
cur.execute("SET imagecat.enable_pushdown = off")
cloud.clear()
is_(rows(cur, f"SELECT name FROM g.images WHERE id = '{ids['hidden']}'"), [("hidden",)], "pushdown off")
is_({(record.path, record.value("id")) for record in cloud.requests}, {("/v2/images", None)}, "pushdown off: listed")
cur.execute("RESET imagecat.enable_pushdown")

# Errors: only the service's own 404 says that there is no such image.
QUERY = f"SELECT name FROM g.images WHERE id = '{ids['own']}'"
for name, arguments in (("404 in HTML", {"status": 404, "body": "<html><body>Not Found</body></html>"}),
                        ("404 without a body", {"status": 404}), ("403", {"status": 403, "body": {"message": "no"}}),
                        ("500", {"status": 500}), ("400", {"status": 400, "body": {"message": "no"}})):
    cloud.clear()
    cloud.fault("status", on="show", times=None, **arguments)
    error = error_of(cur, QUERY)
    ok(error is not None and f"HTTP status {arguments['status']}" in error.diag.message_primary, f"{name} is an error: {error}")
cloud.clear()
cloud.fault("status", on="show", status=503, headers={"Retry-After": "0"})
is_(rows(cur, QUERY), [("own",)], "503 is tried again")
is_(len(cloud.requests), 2, "503: two requests")
for kind, arguments in (("html", {}), ("body", {"body": "[]"}), ("body", {"body": ""}), ("cut", {}), ("body", {"body": "{}"})):
    cloud.clear()
    cloud.fault(kind, on="show", **arguments)
    error = error_of(cur, QUERY)
    if arguments == {"body": "{}"}:
        is_((error, rows(cur, QUERY)), (None, [("own",)]), "an image without members is a row that WHERE drops, or none")
    else:
        is_(error and error.pgcode, "HV00K", f"{kind} {arguments}: SQLSTATE")
cloud.clear()
cloud.fault("body", on="show", body='{"id": "another", "name": "wrong"}')
is_(rows(cur, QUERY), [], "another image than the one asked for is dropped")
cloud.clear()
error = error_of(cur, f"SELECT name FROM deep.images WHERE id = '{ids['own']}'")
if error is None:
    ok(len(cloud.requests) == 1, "a wrong base URL whose service answers in JSON looks like no such image")
else:
    like(error.diag.message_primary, 'server "deep" answered with HTTP status 404', "a wrong base URL")

# Parameters: known only when the scan starts, and a request each then.
cur.execute("SET plan_cache_mode = force_generic_plan; PREPARE p (text) AS SELECT name FROM g.images WHERE id = $1")
cur.execute("PREPARE u (uuid) AS SELECT label FROM own WHERE id = $1")
for value, expected, requests in ((ids["hidden"], [("hidden",)], path("hidden")), (nobody, [], [f"GET /v2/images/{nobody}"]),
                                  (None, [], [])):
    cloud.clear()
    is_(requests_in(explain(cur, "EXECUTE p (%s)", [value])), requests or ["none"],
        f"generic plan, {value}: announced with its value")
    is_((rows(cur, "EXECUTE p (%s)", [value]), sent()), (expected, requests), f"generic plan, {value}: rows, request")
for value in ("..", "a/b", "", "x" * 40):
    cloud.clear()
    is_(rows(cur, "EXECUTE p (%s)", [value]), [], f"generic plan, odd id {value!r}")
    is_([(record.path, record.value("id")) for record in cloud.requests], [("/v2/images", "eq:" + value)] * 2,
        f"generic plan, odd id {value!r}: listed")
cloud.clear()
is_((requests_in(explain(cur, "EXECUTE u (%s)", [upper])), rows(cur, "EXECUTE u (%s)", [upper]), sent()),
    (path("public"), [("public",)], path("public")), "generic plan, uuid")
cur.execute("RESET plan_cache_mode")
query = "SELECT at, (SELECT name FROM g.images i WHERE i.id = w.id) FROM wanted w ORDER BY at"
cloud.clear()
is_(requests_in(explain(cur, query)), ["GET /v2/images/$0"], "sub-plan: announced")
is_(rows(cur, query), [(1, "public"), (2, "hidden"), (3, None), (4, None), (5, None), (6, None), (7, "own")], "sub-plan: rows")
is_([request for request in sent() if "?" not in request],
    path("public") + path("hidden") + path("others_private") + [f"GET /v2/images/{upper}"] + path("own"), "sub-plan: look-ups")
is_([(record.path, record.value("id")) for record in cloud.requests if record.query], [("/v2/images", "eq:..")] * 2,
    "sub-plan: the odd one is listed")
cloud.clear()
query = "SELECT name FROM g.images WHERE id = (SELECT id FROM wanted WHERE at = 2)"
is_(requests_in(explain(cur, query)), ["GET /v2/images/$0"], "initial plan: announced")
is_((rows(cur, query), sent()), ([("hidden",)], path("hidden")), "initial plan: rows, request")

cloud.stop()
loose.stop()
done()
