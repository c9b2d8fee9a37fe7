#!/usr/bin/python3
"""Proves that an old Glance, which takes what it does not know for a custom property, shows a complete table too: its
version is asked once in a session, only when an answer raises doubt, and never of a modern service that sent images."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

import psycopg2  # noqa: E402

from cloud import Cloud  # noqa: E402
from cloud.images import plain_image  # noqa: E402
from imagecat import connect, error_of, fresh_database, rows, server  # noqa: E402
from tap import diag, done, is_, ok  # noqa: E402

SHARED = {"visibility": "shared", "owner": "t2"}
IMAGES = {
    "plain": {"name": "plain", "created_at": "2024-01-01T00:00:00Z", "size": 1, "tags": ["a", "b"]},
    "colon": {"name": "foo:bar", "created_at": "2024-01-02T00:00:00.500000Z", "size": 2, "tags": ["a"]},
    "operator": {"name": "in:plain,x", "created_at": "2024-01-03T00:00:00Z", "os_distro": "ubuntu", "size": None},
    "nameless": {"name": None, "created_at": "2024-01-04T00:00:00Z", "status": "queued"},
    "private": {"name": "private", "visibility": "private", "created_at": "2024-01-05T00:00:00Z"},
    "accepted": {"name": "accepted", "members": {"t1": "accepted"}, "created_at": "2024-01-06T00:00:00Z", **SHARED},
    "pending": {"name": "pending", "members": {"t1": "pending"}, "created_at": "2024-01-07T00:00:00Z", **SHARED},
    "rejected": {"name": "rejected", "members": {"t1": "rejected"}, "created_at": "2024-01-08T00:00:00Z", **SHARED},
    "others": {"name": "others", "owner": "t2", "created_at": "2024-01-09T00:00:00Z"},
}
ALL = list(IMAGES)
NOT_PUBLIC = ["private", "accepted", "pending", "rejected"]

connection = fresh_database("t34_old_versions")
cur = connection.cursor()
count = 0


class Old:
    """A stand-in of that version, a server for it, and labels instead of ids."""

    def __init__(self, version, images=None, url="", **options):
        global count
        count += 1
        self.name = f"s{count}"
        held = {label: plain_image(**members) for label, members in (IMAGES if images is None else images).items()}
        self.labels = {image["id"]: label for label, image in held.items()}
        self.ids = {label: image["id"] for label, image in held.items()}
        self.cloud = Cloud(images=list(held.values()), version=version, **options).start()
        server(cur, self.name, self.cloud.url + url)

    def ask(self, tail="", session=None):
        """The labels of SELECT ... FROM images with that tail, as the table gives them."""
        return self.labels_of(f"SELECT id FROM {self.name}.images {tail}", session or cur)

    def listed(self, arguments=""):
        """The labels that list_images gives with those arguments."""
        return self.labels_of(f"SELECT id FROM imagecat.list_images('{self.name}'{arguments})", cur)

    def labels_of(self, query, session):
        self.cloud.clear()
        try:
            return [self.labels[image] for (image,) in rows(session, query)]
        except psycopg2.DatabaseError as error:
            return [str(error)]

    def version_requests(self):
        return [record.target for record in self.cloud.requests if "/v2" not in record.path]

    def sent(self):
        return [record.target for record in self.cloud.requests]

    def stop(self):
        self.cloud.stop()


# (clause, labels that it is true of); what differs before v2.5 stands below.
QUERIES = (
    ("name = 'plain'", ["plain"]), ("name = 'foo:bar'", ["colon"]), ("name = 'in:plain,x'", ["operator"]),
    ("name IN ('plain', 'private', 'eq:x')", ["plain", "private"]), ("name IS NULL", ["nameless"]),
    ("status = 'queued'", ["nameless"]), ("status IN ('queued', 'saving')", ["nameless"]),
    ("status <> 'active'", ["nameless"]),
    ("created_at >= '2024-01-07 00:00+00'", ["pending", "rejected", "others"]),
    ("created_at > '2024-01-07 00:00+00'", ["rejected", "others"]),
    ("created_at = '2024-01-02 00:00+00'", ["colon"]), ("created_at <= '2024-01-02 00:00+00'", ["plain", "colon"]),
    ("updated_at < '2024-01-02 00:00+00'", ["plain"]),
    ("visibility = 'public'", ["plain", "colon", "operator", "nameless", "others"]),
    ("owner = 't2' AND name = 'others'", ["others"]),
    ("tags @> '{a,b}'", ["plain"]), ("tags @> '{a}'", ["plain", "colon"]), ("size <= 2", ["plain", "colon"]),
    ("size = 2", ["colon"]), ("properties ->> 'os_distro' = 'ubuntu'", ["operator"]), ("name = 'nothing'", []),
    ("size < 0", []), ("name = 'plain' OR size = 2", ["plain", "colon"]), ("size IN (1, 2)", ["plain", "colon"]),
    ("owner IN ('t2', 'x') AND name LIKE 'ot%'", ["others"]), ("hidden IS NOT TRUE", ALL), ("hidden IS NOT FALSE", None),
    ("hidden IS NULL", None), ("name = 'foo:bar' OR tags @> '{a,b}'", ["plain", "colon"]),
    ("visibility IN ('public', 'community')", ["plain", "colon", "operator", "nameless", "others"]),
)
WORDS = {                                   # what a query of everything looks like to each version
    "v2.15": "os_hidden=false&%svisibility=all&member_status=all",
    "v2.7": "os_hidden=false&%svisibility=all&member_status=all",
    "v2.6": "%svisibility=all&member_status=all", "v2.5": "%svisibility=all&member_status=all",
    "v2.4": "%smember_status=all", "v2.3": "%smember_status=all", "v2.2": "%smember_status=all", "v2.0": "%smember_status=all"}
FILTERS = {version: "created_at=gte:2024-01-01T00:00:00Z&name=eq:plain&"
           for version in ("v2.15", "v2.7", "v2.6", "v2.5", "v2.4")}
SORTS = {version: "&sort_key=created_at&sort_dir=desc" for version in ("v2.2", "v2.0")}

for version in WORDS:
    old = Old(version)
    modern = version in ("v2.15", "v2.7")
    is_(sorted(old.ask()), sorted(ALL), f"{version}: complete")
    is_(old.version_requests(), [] if modern else ["/"], f"{version}: asked for its version only if in doubt")
    is_(sorted(old.ask()), sorted(ALL), f"{version}: complete again")
    is_(old.version_requests(), [], f"{version}: and asked once")
    is_(len(old.sent()), 2 if modern else 1, f"{version}: one listing where there are no hidden images")
    for clause, expected in QUERIES:
        if expected is None:                                # what has no os_hidden is neither hidden nor not
            expected = [] if modern else ALL
        is_(sorted(old.ask(f"WHERE {clause}")), sorted(expected), f"{version}: {clause}")
    shown = modern or version in ("v2.6", "v2.5")           # whether it tells shared from private
    for clause, expected in (("visibility = 'private'", ["private"] if shown else NOT_PUBLIC),
                             ("visibility = 'shared'", NOT_PUBLIC[1:] if shown else []),
                             ("visibility <> 'public'", NOT_PUBLIC), ("hidden", []),
                             ("NOT hidden", ALL if modern else [])):
        is_(sorted(old.ask(f"WHERE {clause}")), sorted(expected), f"{version}: {clause}")
    is_(old.ask("ORDER BY created_at DESC LIMIT 3"), ALL[:-4:-1], f"{version}: the newest three")
    is_(old.ask("ORDER BY created_at"), ALL, f"{version}: in order")
    old.ask("WHERE created_at >= '2024-01-01 00:00+00' AND name = 'plain' ORDER BY created_at DESC")
    words = WORDS[version] % FILTERS.get(version, "name=plain&")
    is_(min(old.sent()), f"/v2/images?limit=1000&{words}{SORTS.get(version, '&sort=created_at:desc')}",
        f"{version}: is asked in its own words")
    is_(sorted(old.listed(", name => 'in:plain,private'")), ["plain", "private"], f"{version}: list_images, in:")
    is_(sorted(old.listed(", created_at => 'gte:2024-01-09T00:00:00Z'")), ["others"], f"{version}: list_images, gte:")
    is_(old.listed(", sort => 'created_at:desc', max_rows => 1"), ["others"], f"{version}: list_images, sort")
    old.stop()

# A look-up that finds its image says nothing about the listings beside it: they are still asked for in older words.
for version in ("v2.15", "v2.6", "v2.4", "v2.2"):
    for tail in ("", "ORDER BY created_at", "ORDER BY created_at DESC LIMIT 2"):
        for name, expected in (("private", ["plain", "private"]), ("plain", ["plain"]), ("nothing", ["plain"])):
            old = Old(version)
            found = old.ask(f"WHERE id = '{old.ids['plain']}' OR name = '{name}' {tail}")
            is_(found if tail else sorted(found), expected[::-1] if "DESC" in tail else expected,
                f"{version}: the first query has a look-up and a listing of {name} {tail}")
            is_(old.version_requests(), [] if version == "v2.15" and name != "nothing" else ["/"],
                f"{version}: asked for its version if no listing had an image: {name} {tail}")
            old.stop()

# The version is what a session has learnt of a server, until that is altered.
old = Old("v2.6")
old.ask()
second = connect("t34_old_versions")
is_((sorted(old.ask(session=second.cursor())), old.version_requests()), (sorted(ALL), ["/"]), "another session asks as well")
second.close()
cur.execute(f"ALTER SERVER {old.name} OPTIONS (ADD page_size '500')")
is_((sorted(old.ask()), old.version_requests()), (sorted(ALL), ["/"]), "an altered server is asked anew")
old.stop()

# Images that say nothing of the version: those which an old service sends as well
for version in ("v2.6", "v2.4", "v2.2"):
    for name, first in (("a look-up", lambda: old.ask(f"WHERE id = '{old.ids['plain']}'")),
                        ("list_images", lambda: old.listed()),
                        ("list_images with a filter", lambda: old.listed(", owner => 't2'")),
                        ("list_images sorted here", lambda: old.listed(", sort => 'name'")),
                        ("a look-up of nothing", lambda: old.ask("WHERE id = '00000000-0000-4000-8000-000000000000'"))):
        old = Old(version)
        first()
        is_(sorted(old.ask()), sorted(ALL), f"{version}: complete after {name}")
        is_(sorted(old.ask("WHERE name IN ('plain', 'private')")), ["plain", "private"], f"{version}: after {name}: IN")
        old.stop()

# A modern service
new = Old("v2.17", {})
is_((new.ask(), new.version_requests()), ([], ["/"]), "an empty service is asked")
is_((new.ask(), new.version_requests()), ([], []), "once")
new.stop()
new = Old("v2.17")
new.ask()
is_((new.ask("WHERE name = 'nothing'"), new.version_requests()), ([], []), "a service that sent images is not asked")
new.stop()
new = Old("v2.6", prefix="/image", url="/v2")
is_((sorted(new.ask()), new.version_requests()), (sorted(ALL), ["/image/"]), "a URL with a path and a version in it")
new.stop()

# No list of versions: the service counts as new.
for kind, arguments in (("status", {"status": 404}), ("status", {"status": 500, "body": "<html>"}), ("html", {}),
                        ("body", {"body": "{}"}), ("body", {"body": '{"versions": [{"id": "v3"}, 7, null, {"id": 2}]}'}),
                        ("body", {"body": '{"versions": {"id": "v2.0"}}'}), ("status", {"status": 401})):
    new = Old("v2.17", {})
    new.cloud.fault(kind, on="show", match="^/$", **arguments)
    error = error_of(cur, f"SELECT id FROM {new.name}.images")
    if not ok(error is None, f"versions answered with {kind} {arguments}: no error"):
        diag(error)
    is_(len(new.cloud.requests), 3, f"versions answered with {kind} {arguments}: two listings and the question")
    new.stop()
for kind in ("cut", "reset"):
    new = Old("v2.17", {})
    new.cloud.fault(kind, on="show", match="^/$", times=None)
    error = error_of(cur, f"SELECT id FROM {new.name}.images")
    is_(error and error.pgcode[:2], "HV", f"versions answered with {kind}: an error, since the table may not be empty")
    new.stop()
new = Old("v2.6")
new.cloud.fault("body", on="show", match="^/$", body='{"versions": [{"id": "v2.0"}, {"id": "v2.6"}, {"id": "v1.1"}]}')
is_(sorted(new.ask()), sorted(ALL), "the newest version of the list counts, wherever it stands")
new.stop()
done()
