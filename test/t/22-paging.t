#!/usr/bin/python3
"""Proves that paging brings every image once, whatever pages the service cuts, links to or loses images between; that
pages which do not come to an end are an error; and which pages are asked for ahead."""
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from cloud.images import plain_image  # noqa: E402
from imagecat import error_of, fresh_database, rows, server  # noqa: E402
from tap import diag, done, is_, like, ok  # noqa: E402

cur = fresh_database("t22_paging").cursor()
cloud = Cloud(images=0).start()
elsewhere = Cloud(images=3).start()
server(cur, "g", cloud.url, page_size=10)


def fill(count, **members):
    """That many images, n000 the newest: the order in which Glance lists them."""
    cloud.clear()
    cloud.store.replace([plain_image(name=f"n{at:03d}", created_at=f"2024-01-01T00:{59 - at // 60:02d}:{59 - at % 60:02d}Z",
                                     updated_at="2024-02-01T00:00:00Z", **members) for at in range(count)])
    return [f"n{at:03d}" for at in range(count)]


def page_size(size):
    cur.execute(f"ALTER SERVER g OPTIONS (SET page_size '{size}')")


def names(tail="WHERE NOT hidden"):
    return [name for (name,) in rows(cur, f"SELECT name FROM g.images {tail}")]


def limits():
    return [int(record.value("limit")) for record in cloud.lists]


def markers():
    """The names of the images that requests continued from."""
    found = {image["id"]: image["name"] for image in cloud.images}
    return [found.get(record.value("marker"), "gone") for record in cloud.lists if record.value("marker")]


# Page sizes
for size, count in ((1, 5), (7, 30), (10, 30), (10, 31), (1000, 30), (5000, 30), (30, 30), (29, 30), (31, 30)):
    wanted = fill(count)
    page_size(size)
    is_(names(), wanted, f"{count} images in pages of {size}")
    pages = count // min(size, 1000) + 1            # a last page that is full is followed by an empty one
    is_(limits(), [min(size, 1000)] * pages, f"{count} images in pages of {size}: the pages asked for")
    is_(markers(), wanted[size - 1::size], f"{count} images in pages of {size}: continued from the last image of each")
page_size(10)
wanted = fill(120)
cloud.config.limit_max = 50
page_size(1000)
is_((names(), limits()), (wanted, [1000] * 3), "a service that sends less than it was asked for")
cur.execute("SELECT name FROM g.images WHERE NOT hidden LIMIT 80")
is_([name for (name,) in cur.fetchall()], wanted[:80], "the same with a limit beyond its page")
cloud.config.limit_max = 1000
page_size(10)
wanted = fill(25, tags=["a", "b"])
cloud.fault("repeat_images", copies=3, new_ids=True, skip=2)
is_(len(names()), 10 + 10 + 5 * 3, "a service that sends more than it was asked for")

# Links: they tell that there is a further page, and nothing else.
wanted = fill(35, tags=["a", "b"])
cloud.fault("members_first", times=None)
is_(names(), wanted, "next before the images")
for link in (elsewhere.url + "/v2/images?marker=x", "//" + elsewhere.url[7:] + "/v2/images", "/v2/images", "", "x" * 5000,
             7, True, {"href": "/v2/images"}, ["/v2/images"]):
    wanted = fill(35)
    cloud.fault("next_link", value=link, times=3)
    is_((names(), markers()), (wanted, ["n009", "n019", "n029"]), f"next is {str(link)[:40]!r}")
is_(elsewhere.requests, [], "no link was followed to another host")
wanted = fill(35, tags=["a", "b"])
is_(names("WHERE NOT hidden AND tags @> '{a,b}'"), wanted, "two tags over several pages")
is_({tuple(record.values("tag")) for record in cloud.lists}, {("a", "b")}, "each page is asked for with both tags")
wanted = fill(5)
document = json.dumps(cloud.documents()[0])
for last in ('"next": null, ', "", '"Next": "/v2/images", '):
    cloud.clear()
    cloud.fault("body", body='{%s"images": [%s], "schema": "/v2/schemas/images"}' % (last, document))
    is_((names(), len(cloud.lists)), (["n000"], 1), f"no further page: {last or 'no next'}")

# Images deleted while the pages are read: each that was there all the time comes once.
def delete_last(number):
    """Before the page is answered, deletes the last images of what was listed so far."""
    def delete(request):
        marker = dict(request.pairs)["marker"]
        at = next(at for at, image in enumerate(cloud.images) if image["id"] == marker)
        with cloud.editing() as images:
            del images[at + 1 - number:at + 1]
    return delete


for prefetch in ("on", "off"):
    cur.execute(f"SET imagecat.prefetch = {prefetch}")
    for tail in ("WHERE NOT hidden", "ORDER BY created_at DESC", "WHERE tags @> '{a}' AND NOT hidden"):
        for count, size, skip, number in ((50, 10, 0, 1), (50, 10, 1, 1), (50, 10, 3, 1), (50, 10, 0, 2), (50, 10, 1, 9),
                                          (50, 10, 0, 10), (50, 10, 1, 10), (15, 10, 0, 3), (12, 1, 0, 1), (12, 1, 4, 1),
                                          (12, 3, 1, 3), (20, 10, 0, 1), (20, 10, 1, 1), (64, 32, 0, 14)):
            name = f"prefetch {prefetch}, {tail}, pages of {size}, {number} deleted before page {skip + 2}"
            wanted = fill(count, tags=["a"])
            page_size(size)
            cloud.fault("call", function=delete_last(number), match="marker=", skip=skip)
            try:
                found = names(tail)
            except Exception as error:                  # a crash ends the session
                ok(False, name)
                diag(error)
                if cur.connection.closed:
                    raise
                continue
            if not ok(found == wanted, name):
                diag(f"missing {sorted(set(wanted) - set(found))}, twice {[n for n in wanted if found.count(n) > 1]}, "
                     f"of {len(found)}")
        wanted = fill(40, tags=["a"])
        page_size(10)
        cloud.fault("delete_marker", match="marker=", times=None)
        is_(sorted(set(names(tail))), wanted, f"prefetch {prefetch}, {tail}: the marker is deleted again and again")
    # Beyond the last page that was read, or sixteen images, nothing is left to continue from.
    for count, size, skip, number in ((60, 30, 0, 30), (12, 3, 1, 5)):
        fill(count)
        page_size(size)
        cloud.fault("call", function=delete_last(number), match="marker=", skip=skip)
        error = error_of(cur, "SELECT name FROM g.images WHERE NOT hidden")
        is_(error and error.pgcode, "HV000", f"prefetch {prefetch}: {number} deleted, pages of {size}: an error, not the end")
cur.execute("RESET imagecat.prefetch")
page_size(10)

# Images that come while the pages are read are in or not, but displace none.
for added in ("2023-01-01T00:00:00Z", "2025-01-01T00:00:00Z"):
    wanted = fill(35)
    cloud.fault("call", function=lambda request: cloud.add(name="new", created_at=added), match="marker=")
    is_([name for name in names() if name != "new"], wanted, f"an image of {added[:4]} is added between pages")


# Pages without end
def fails(name, detail, rest="WHERE NOT hidden"):
    for prefetch in ("on", "off"):
        cur.execute(f"SET imagecat.prefetch = {prefetch}")
        error = error_of(cur, f"SELECT name FROM g.images {rest}")
        is_(error and error.pgcode, "HV00K", f"{name}, prefetch {prefetch}: SQLSTATE")
        like(error and error.diag.message_primary, 'pages of server "g" do not come to an end',
             f"{name}, prefetch {prefetch}: message")
        like(error and error.diag.message_detail, detail, f"{name}, prefetch {prefetch}: detail")
        ok(len(cloud.lists) < 20, f"{name}, prefetch {prefetch}: soon noticed")
        cloud.journal.clear()
    cur.execute("RESET imagecat.prefetch")


fill(35)
cloud.fault("same_page", times=None, match="marker=")
fails("the first page again and again", "brings nothing new")
is_(error_of(cur, "SELECT name FROM g.images ORDER BY created_at DESC").pgcode, "HV00K", "the same with an order")
fill(60)
first = cloud.images[9]["id"]


def back_to_first(request):
    request.query = request.query.partition("&marker=")[0] + "&marker=" + first


cloud.fault("call", function=back_to_first, match="marker=" + cloud.images[39]["id"], times=None)
fails("a circle of three pages", "brings nothing new")
fill(35)
cloud.fault("body", body='{"images": [], "next": "/v2/images?marker=x"}', times=None)
fails("an empty page that announces another", "without images announces")
fill(5)
cloud.fault("repeat_marker", times=None)
fails("the last page announces another, for ever", "without images announces")
fill(35)
cloud.fault("override", remove=["id"], times=None)
error = error_of(cur, "SELECT name FROM g.images WHERE NOT hidden")
is_(error and error.pgcode, "HV00K", "a page to continue from whose last image has no id is an error")
like(error and error.diag.message_primary, 'server "g" has an image without id', "the error says so")
is_(rows(cur, "SELECT 1"), [(1,)], "the session goes on")

# Which pages are asked for ahead
wanted = fill(40)
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT name FROM g.images WHERE NOT hidden; FETCH 8 FROM c")
ok(cloud.wait_for_request(lambda record: record.value("marker") == cloud.images[9]["id"]),
   "the second page is asked for before the first is consumed")
is_(len(cloud.lists), 2, "and no third")
cur.execute("FETCH 30 FROM c")
is_([name for (name,) in cur.fetchall()], wanted[8:38], "the cursor goes on where it was")
ok(cloud.wait_for_request(lambda record: record.value("marker") == cloud.images[39]["id"]), "ahead to the last page")
cur.execute("COMMIT")
for prefetch, tail, expected in (("off", "", [1, 1, 2]), ("on", "LIMIT 35", [1, 1, 2])):
    fill(40)
    cur.execute(f"SET imagecat.prefetch = {prefetch}")
    cur.execute(f"BEGIN; DECLARE c CURSOR FOR SELECT name FROM g.images WHERE NOT hidden {tail}")
    is_(cloud.lists, [], f"prefetch {prefetch} {tail}: nothing before the first row is wanted")
    counts = []
    for step in (1, 9, 1):
        cur.execute(f"FETCH {step} FROM c")
        counts.append(len(cloud.lists))
    is_(counts, expected, f"prefetch {prefetch} {tail}: no page before it is needed")
    cur.execute("COMMIT")
cur.execute("RESET imagecat.prefetch")
fill(40)
names("WHERE NOT hidden LIMIT 10")
is_(limits(), [10], "a page that is enough for the limit is the only one")
fill(40)
names("WHERE NOT hidden LIMIT 25")
is_(limits(), [10, 10, 10], "as many pages as the limit takes")
fill(40)
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT name FROM g.images WHERE NOT hidden; FETCH 1 FROM c; CLOSE c; COMMIT")
ok(len(cloud.lists) <= 2, "a cursor that is closed early fetches no more")

# A limit that does not suffice, since the service sends what SQL does not want, grows.
loose = Cloud(images=0, database="mariadb").start()
server(cur, "loose", loose.url)
loose.store.replace([plain_image(name="PLAIN", created_at=f"2024-01-02T00:{at // 60:02d}:{at % 60:02d}Z")
                     for at in range(100)] + [plain_image(name="plain", created_at="2024-01-01T00:00:00Z")] * 1)
for size, expected in ((1000, [2, 8, 32, 128]), (20, [2, 8] + [20] * 5)):
    loose.clear()
    cur.execute(f"ALTER SERVER loose OPTIONS ({'ADD' if size == 1000 else 'SET'} page_size '{size}')")
    is_(rows(cur, "SELECT name FROM loose.images WHERE name = 'plain' AND NOT hidden LIMIT 2"), [("plain",)],
        f"pages up to {size}: the only row is found")
    is_([int(record.value("limit")) for record in loose.lists], expected, f"pages up to {size}: they grow fourfold")

for each in (cloud, elsewhere, loose):
    each.stop()
done()
