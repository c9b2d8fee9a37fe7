#!/usr/bin/python3
"""Proves that list_images means the same on a service and on a local copy of its images, that it keeps the API's
defaults, that it sends exactly these requests, and that a bad value is an error that names its argument."""
import json
import os
import random
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from imagecat import error_of, fresh_database, rows, server  # noqa: E402
from tap import diag, done, is_, like, ok  # noqa: E402

# Canonical columns that are named otherwise in Glance, or are not there
MEMBERS = {"hidden": "os_hidden", "type": "image_type", "os": "os_type", "source": None, "version": None,
           "properties": None}
SEED = int(os.environ.get("SEED", "40"))
CALLS = int(os.environ.get("CALLS", "400"))

cur = fresh_database("t40_list_images").cursor()
cloud = Cloud(images=300, seed=4, mode="varied").start()
server(cur, "g", cloud.url)
server(cur, "small", cloud.url, page_size=40)
rows(cur, "SELECT 1 FROM g.images")             # nobody asks for versions from here on
rows(cur, "SELECT 1 FROM small.images")


# The API's defaults: hidden images, others' community images and what is shared but not accepted are not listed.
documents = cloud.documents()
raw = {image["id"]: image for image in cloud.images}


def default_lists(document):
    image = raw[document["id"]]
    return (image["owner"] == "t1" or image["visibility"] == "public" or
            (image["visibility"] == "shared" and image["members"].get("t1") == "accepted"))


def names(call):
    return sorted(image for (image,) in rows(cur, f"SELECT id FROM imagecat.list_images({call})"))


defaults = [document for document in documents if default_lists(document) and not document["os_hidden"]]
ok(0 < len(defaults) < len(documents) - 20, "there is something that the API does not list by default")
is_(names("'g'"), sorted(document["id"] for document in defaults), "the API's defaults")
is_(names("'small'"), sorted(document["id"] for document in defaults), "the API's defaults, in pages")
is_(names("'g', hidden => true"), sorted(d["id"] for d in documents if default_lists(d) and d["os_hidden"]), "hidden ones")
community = [d for d in documents if d["visibility"] == "community" and not d["os_hidden"]]
is_(names("'g', visibility => 'community'"), sorted(d["id"] for d in community), "community images, others' too")
for status in ("pending", "rejected", "accepted"):
    is_(names(f"'g', visibility => 'shared', member_status => '{status}'"),
        sorted(d["id"] for d in documents if d["visibility"] == "shared" and not d["os_hidden"] and
               (d["owner"] == "t1" or raw[d["id"]]["members"].get("t1") == status)), f"member_status {status}")
is_(names("'g', visibility => 'all', member_status => 'all'"), sorted(d["id"] for d in documents if not d["os_hidden"]),
    "visibility all, member_status all: all but hidden ones")
is_(names("'g', visibility => 'eq:all', member_status => 'eq:all'"), sorted(d["id"] for d in documents if not d["os_hidden"]),
    "the same with eq:")

# Each call and the requests that it makes
some = defaults[0]["id"]
TIME = "2024-02-29T12:00:00Z"
for call, expected in {
        "": "", "hidden => false": "os_hidden=false", "hidden => true": "os_hidden=true", "name => 'plain'": "name=eq:plain",
        "name => 'eq:plain'": "name=eq:plain", "name => 'eq:in:x'": "name=eq:in:x", "name => 'gt:x'": "name=eq:gt:x",
        "name => 'in:plain,\"a,b\"'": "name=in:plain,%22a,b%22", "name => 'neq:plain'": "", "name => '!plain'": "",
        "name => '~lai'": "", "name => 'eq:~lai'": "name=eq:~lai", f"id => '{some}'": f"id=eq:{some}",
        "status => 'ACTIVE'": "status=eq:active", "status => 'in:Active,QUEUED'": "status=in:active,queued",
        "visibility => 'public'": "visibility=public", "visibility => 'all'": "visibility=all",
        "visibility => 'neq:public'": "", "visibility => 'in:public,private'": "", "public => true": "visibility=public",
        "public => false": "", "owner => 't2'": "owner=t2", "type => 'snapshot'": "image_type=snapshot",
        "type => '!snapshot'": "", "os => 'linux'": "os_type=linux", "os => 'in:linux,windows'": "",
        "disk_format => 'qcow2'": "disk_format=eq:qcow2", "container_format => 'bare'": "container_format=eq:bare",
        "checksum => 'x'": "checksum=x", "architecture => 'x86_64'": "architecture=x86_64",
        "member_status => 'all'": "member_status=all", "instance => 'x'": "instance_uuid=x",
        f"created_at => 'gte:{TIME}'": f"created_at=gte:{TIME}", f"created_at => 'gt:{TIME}'":
        "created_at=gte:2024-02-29T12:00:01Z",
        f"created_at => 'lt:{TIME}'": f"created_at=lt:{TIME}", f"created_at => 'lte:{TIME}'":
        "created_at=lt:2024-02-29T12:00:01Z",
        f"created_at => '{TIME}'": f"created_at=gte:{TIME}", f"created_at => 'eq:{TIME}'": f"created_at=gte:{TIME}",
        f"created_at => 'neq:{TIME}'": "", "updated_at => 'gte:2024-02-29 12:00:00'": f"updated_at=gte:{TIME}",
        "updated_at => 'gte:2024-02-29T14:00:00+02:00'": f"updated_at=gte:{TIME}",
        "changes_since => '2024-02-29 12:00:00+00'": f"updated_at=gte:{TIME}",
        "protected => true": "protected=true", "protected => false": "protected=false",
        "tag => '{x86}'": "tag=x86", "tag => '{x86,lts}'": "tag=x86&tag=lts", "tag => '{\" lead\"}'": "", "tag => '{}'": "",
        "size_min => 5, size_max => 7": "size_min=5&size_max=7", "min_ram => 512": "min_ram=512", "min_disk => 10": "min_disk=10",
        "properties => '{\"os_distro\": \"ubuntu\"}'": "os_distro=ubuntu",
        "properties => '{\"x_min\": \"1\"}'": "", "properties => '{\"os_type\": \"linux\"}'": "os_type=linux",
        "version => '1'": "", "params => '{\"os_hash_algo\": \"sha512\"}'": "os_hash_algo=sha512",
        "params => '{\"tag\": [\"x86\", \"lts\"]}'": "tag=x86&tag=lts", "params => '{\"a b\": \"c&d\"}'": "a%20b=c%26d",
        "sort => 'created_at:asc'": "sort=created_at:asc", "sort => 'created_at'": "sort=created_at:desc",
        "sort => 'name'": "", "sort => 'created_at,id'": "", "sort => 'updated_at:asc'": ""}.items():
    cloud.clear()
    rows(cur, f"SELECT id FROM imagecat.list_images('g'{', ' if call else ''}{call})")
    found = [record.target for record in cloud.requests if record.value("marker") is None]
    is_(found, ["/v2/images?limit=1000" + ("&" + expected if expected else "")], f"sent: {call or 'nothing'}")
for call, limits in {"max_rows => 5": [5], "max_rows => 5, name => '~a'": [1000], "max_rows => 5, sort => 'name'": [1000],
                     "max_rows => 3, sort => 'updated_at'": [3], "max_rows => 0": [], "max_rows => 0, sort => 'name'": [],
                     "max_rows => 1": [1], "max_rows => 5000, page_size => 1000": [1000], "page_size => 500": [500],
                     "page_size => 5000": [1000], "max_rows => 1, page_size => 100": [1]}.items():
    cloud.clear()
    found = rows(cur, f"SELECT id FROM imagecat.list_images('g', {call})")
    most = int(call.partition("max_rows => ")[2].partition(",")[0] or 1000)
    ok(len(found) <= most, f"{call}: not more rows than that")
    is_([int(record.value("limit")) for record in cloud.requests], limits, f"{call}: requests")
cloud.clear()
is_(names("'g', page_size => 7"), sorted(document["id"] for document in defaults), "page_size 7: all")
is_({record.value("limit") for record in cloud.requests}, {"7"}, "page_size 7: each page")
cloud.clear()
is_(len(rows(cur, "SELECT id FROM imagecat.list_images('g', page_size => 7, max_rows => 50)")), 50, "page_size 7, max_rows 50")
ok(max(int(record.value("limit")) for record in cloud.requests) <= 7, "page_size 7, max_rows 50: no page is larger")
cloud.clear()
is_(len(rows(cur, "SELECT id FROM imagecat.list_images('small', max_rows => 100)")), 100, "the server's page_size, max_rows 100")
is_({record.value("limit") for record in cloud.requests}, {"40"}, "the server's page_size: each page")

# A marker
newest = [image for (image,) in rows(cur, "SELECT id FROM imagecat.list_images('g')")]
cloud.clear()
is_([image for (image,) in rows(cur, f"SELECT id FROM imagecat.list_images('g', marker => '{newest[9]}', max_rows => 5)")],
    newest[10:15], "marker: from there on")
is_([record.target for record in cloud.requests], [f"/v2/images?limit=5&marker={newest[9]}"], "marker: sent")
by_name = [image for (image,) in rows(cur, "SELECT id FROM imagecat.list_images('g', sort => 'name,id')")]
is_([image for (image,) in rows(cur, f"SELECT id FROM imagecat.list_images('g', sort => 'name,id', marker => '{by_name[9]}', "
                                     "max_rows => 5)")], by_name[10:15], "marker within an order made here")
is_(rows(cur, f"SELECT id FROM imagecat.list_images('g', marker => '{newest[-1]}')"), [], "behind the last image there is none")

# The same calls on a local copy; what the API hides by its own rules of projects is left out of it.
cur.execute("CREATE TABLE copy OF imagecat.image")
cur.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'copy'")
members = {column: MEMBERS.get(column, column) for (column,) in cur.fetchall()}
cloud.store.replace([raw[document["id"]] for document in documents if default_lists(document)])
documents = cloud.documents()
images = [{**{column: document.get(member) for column, member in members.items()}, "source": "g",
           "properties": {key: held for key, held in document.items() if key not in members.values()}} for document in documents]
cur.execute("INSERT INTO copy SELECT * FROM jsonb_populate_recordset(NULL::copy, %s)", [json.dumps(images)])
cur.execute("""CREATE SERVER l FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'public.copy', semantics 'glance');
    CREATE USER MAPPING FOR PUBLIC SERVER l""")
rnd = random.Random(SEED)


def of(column, at_least=1):
    """Values that the column has, and one that it has not."""
    return [each for (each,) in rows(cur, f"SELECT DISTINCT {column} FROM copy WHERE {column} IS NOT NULL ORDER BY 1")] + ["none"]


values = {column: of(column) for column in ("name", "id", "status", "owner", "type", "os", "disk_format", "container_format",
                                            "checksum", "architecture")}
values["visibility"] = ["public", "private", "shared", "community", "none"]
values["version"] = ["1"]
values["instance"] = of("properties ->> 'instance_uuid'")
tags = [tag for (tag,) in rows(cur, "SELECT DISTINCT unnest(tags) FROM copy ORDER BY 1")] + ["none"]
properties = [pair for pair in rows(cur, "SELECT DISTINCT key, value #>> '{}' FROM copy, jsonb_each(properties) WHERE "
                                         "jsonb_typeof(value) = 'string' AND key NOT IN ('self', 'file', 'schema') ORDER BY 1, 2")]
numbers = {column: [each for each in of(column) if each != "none"] for column in ("size", "min_disk", "min_ram")}
times = {column: [each for each in of(f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')")
                  if each[:2] in ("19", "20")]
         for column in ("created_at", "updated_at")}
keys = ["name", "id", "status", "owner", "created_at", "updated_at", "size", "min_ram", "disk_format", "type", "os", "protected",
        "visibility", "os_type", "architecture", "checksum", "virtual_size"]


def text_argument(column):
    def item(each):
        quoted = each.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"' if set(each) & set(',"') or not each else each

    chosen = rnd.choice(values[column])
    kind = rnd.randrange(8)
    if kind == 0:
        return "neq:" + chosen
    if kind in (1, 2):
        return "in:" + ",".join(item(rnd.choice(values[column])) for _ in range(rnd.randrange(5)))
    if kind == 3 and column in ("name", "version", "type"):
        return rnd.choice("~!") + chosen[rnd.randrange(3):][:4]
    if kind == 4 and column == "status":
        return chosen.upper()
    return rnd.choice(("eq:", "eq:", "")) + chosen


def random_call():
    """Arguments by name, and whether their order is told to the last row."""
    call = {}
    for argument in rnd.sample([*values, "created_at", "updated_at", "changes_since", "public", "protected", "hidden", "tag",
                                "size_min", "size_max", "min_disk", "min_ram", "properties"], rnd.choice((0, 1, 1, 1, 2, 2, 3))):
        if argument in times:
            zone = rnd.choice(("", "Z", "+00:00", ".5Z", "+02:00"))
            call[argument] = rnd.choice(("gt:", "gte:", "lt:", "lte:", "eq:", "neq:", "")) + rnd.choice(times[argument]) + zone
        elif argument == "changes_since":
            call[argument] = rnd.choice(times["updated_at"]) + "Z"
        elif argument in ("public", "protected", "hidden"):
            call[argument] = rnd.random() < 0.5
        elif argument == "tag":
            call[argument] = rnd.sample(tags, rnd.choice((0, 1, 1, 2)))
        elif argument in ("size_min", "size_max"):
            call[argument] = rnd.choice(numbers["size"]) + rnd.randrange(-1, 2)
        elif argument in numbers:
            call[argument] = rnd.choice(numbers[argument])
        elif argument == "properties":
            call[argument] = json.dumps(dict(rnd.sample(properties, rnd.choice((1, 1, 2)))))
        else:
            call[argument] = text_argument(argument)
    if "public" in call and "visibility" in call:
        del call["visibility"]
    if rnd.random() < 0.5:
        wanted = rnd.sample(keys, rnd.randrange(3)) + ["id"]
        call["sort"] = ",".join(key + rnd.choice((":asc", ":desc", "", ": ASC ")) for key in dict.fromkeys(wanted))
        if rnd.random() < 0.6:
            call["max_rows"] = rnd.choice((0, 1, 2, 10, 1000))
        if rnd.random() < 0.2:
            call["marker"] = rnd.choice(documents)["id"]
    if rnd.random() < 0.3:
        call["page_size"] = rnd.choice((10, 50, 1000))
    return call


CASTS = {"tag": "::text[]", "properties": "::jsonb", "changes_since": "::timestamptz"}


def outcome(service, call):
    """The rows, or the SQLSTATE and message."""
    arguments = "".join(f", {name} => %s{CASTS.get(name, '')}" for name in call)
    query = f"SELECT t::text FROM imagecat.list_images('{service}'{arguments}) t"
    error = error_of(cur, query, list(call.values()))
    if error:
        return error.pgcode, error.diag.message_primary
    found = [text for (text,) in rows(cur, query, list(call.values()))]
    return found if "sort" in call else sorted(found)


wrong, filled, failed = 0, 0, 0
for number in range(CALLS):
    call = random_call()
    here_, there = outcome("l", call), outcome("g", call)
    filled += isinstance(there, list) and len(there) > 0
    failed += isinstance(there, tuple)
    if here_ != there:
        wrong += 1
        if wrong <= 8:
            diag(f"call {number}: {call!r}")
            diag(f"service: {len(there)} {there[:2]!r}"[:500])
            diag(f"local:   {len(here_)} {here_[:2]!r}"[:500])
is_(wrong, 0, f"{CALLS} random calls on the service and on a local copy, seed {SEED}")
ok(filled > CALLS * 0.3, f"many of them give rows ({filled}; {failed} are errors on both)")

# Errors name the argument and what it accepts.
BOTH = ("name => 'in:\"a'", "name => 'in:\"a\"b'", "created_at => 'yesterday'", "created_at => 'gt:'", "created_at => 'in:2024-01-01'",
        "updated_at => ''", "updated_at => '2024-02-30T00:00:00Z'", "tag => '{a,NULL}'", "properties => '[]'", "properties => '5'",
        "properties => '{\"x\": {}}'", "properties => '{\"x\": null}'", "properties => '{\"size\": 5}'",
        "properties => '{\"tags\": \"x\"}'", "properties => '{\"os_hidden\": true}'", "sort => 'bogus'", "sort => 'name:up'",
        "sort => 'tags'", "sort => 'properties'", "sort => 'name,'", "sort => ''", "sort => 'name:asc:desc'", "max_rows => -1",
        "page_size => 0", "page_size => -1", "marker => 'nonsense'", f"marker => '{'0' * 8}-0000-4000-8000-000000000000'",
        "sort => 'name,id', marker => 'nonsense'", "marker => ''", "member_status => 'neq:all'", "member_status => 'in:all'")
SERVICE = ("member_status => 'bogus'", "params => '[]'", "params => '{\"limit\": 5}'", "params => '{\"marker\": \"x\"}'",
           "params => '{\"sort\": \"name\"}'", "params => '{\"sort_key\": \"name\"}'", "params => '{\"sort_dir\": \"asc\"}'",
           "params => '{\"x\": {}}'", "params => '{\"x\": null}'", "params => '{\"x\": [[1]]}'", "params => '{\"x\": [null]}'")
LOCAL = ("member_status => 'accepted'", "params => '{\"x\": \"y\"}'")
for service, calls in (("g", BOTH + SERVICE), ("l", BOTH + LOCAL)):
    for call in calls:
        argument = call.rpartition(" => ")[0].split(", ")[-1]
        cloud.clear()
        error = error_of(cur, f"SELECT * FROM imagecat.list_images('{service}', {call})")
        if not ok(error is not None and error.pgcode == "22023", f"{service}, {call}: SQLSTATE"):
            diag(error and (error.pgcode, error))
        if error:
            like(error.diag.message_primary, f'argument "{argument}"', f"{service}, {call}: names the argument")
            ok(error.diag.message_hint or error.diag.message_detail or "no meaning" in error.diag.message_primary,
               f"{service}, {call}: says more")
        if argument not in ("marker",):
            is_(cloud.requests, [], f"{service}, {call}: nothing is sent")
for call, pgcode in (("'missing'", "42704"), ("'g', bogus => 1", "42883"), ("'g', min_ram => '5 GB'", "22P02"),
                     ("'g', hidden => 'perhaps'", "22P02"), ("'g', changes_since => 'whenever'", "22007")):
    error = error_of(cur, f"SELECT * FROM imagecat.list_images({call})")
    is_(error and error.pgcode, pgcode, f"list_images({call})")
cur.execute("CREATE EXTENSION IF NOT EXISTS file_fdw; CREATE SERVER f FOREIGN DATA WRAPPER file_fdw") \
    if rows(cur, "SELECT 1 FROM pg_available_extensions WHERE name = 'file_fdw'") else \
    cur.execute("CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER f FOREIGN DATA WRAPPER nothing")
error = error_of(cur, "SELECT * FROM imagecat.list_images('f')")
is_(error and error.pgcode, "42809", "a server of another wrapper")
cur.execute("DROP ROLE IF EXISTS t40_user; CREATE ROLE t40_user; SET ROLE t40_user")
is_(error_of(cur, "SELECT * FROM imagecat.list_images('g')").pgcode, "42501", "not everybody may call it")
cur.execute("RESET ROLE; DROP ROLE t40_user")

cloud.stop()
done()
