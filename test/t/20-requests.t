#!/usr/bin/python3
"""Proves what each WHERE, ORDER BY and LIMIT becomes: exactly these requests are announced by EXPLAIN, exactly these
arrive at the service, and the rows are those of a local copy of the table."""
import json
import os
import re
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from imagecat import explain, fresh_database, requests_in, rows, server  # noqa: E402
from tap import diag, done, is_, ok, unlike  # noqa: E402

# Canonical columns that are named otherwise in Glance, or are not there
MEMBERS = {"hidden": "os_hidden", "type": "image_type", "os": "os_type", "source": None, "version": None,
           "properties": None}

ANYTHING = object()

cur = fresh_database("t20_requests").cursor()
cloud = Cloud(images=300, seed=1, mode="varied").start()
documents = cloud.documents()
server(cur, "g", cloud.url)
server(cur, "small", cloud.url, page_size=100)
cur.execute("CREATE SCHEMA n; IMPORT FOREIGN SCHEMA native FROM SERVER g INTO n")
cur.execute("""CREATE FOREIGN TABLE own (id uuid, distro text OPTIONS (field 'os_distro'), hw_disk_bus varchar,
    label text OPTIONS (field 'name'), bytes integer OPTIONS (field 'size'), born timestamp OPTIONS (field 'created_at'),
    deep text OPTIONS (field '/os_distro')) SERVER g""")
cur.execute("CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")


def local_copy():
    """Fills table copy from the documents, by other means than the extension's."""
    cur.execute("CREATE TABLE copy (LIKE g.images)")
    cur.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'copy'")
    members = {column: MEMBERS.get(column, column) for (column,) in cur.fetchall()}
    images = [{**{column: document.get(member) for column, member in members.items()}, "source": "g",
               "properties": {key: held for key, held in document.items() if key not in members.values()}}
              for document in documents]
    cur.execute("INSERT INTO copy SELECT * FROM jsonb_populate_recordset(NULL::copy, %s)", [json.dumps(images)])


def both(parameters="", limit=1000, everything="visibility=all&member_status=all", sort=""):
    """The two requests of a complete listing: visible images, then hidden ones."""
    return [f"GET /v2/images?limit={limit}&os_hidden={hidden}" +
            "".join("&" + part for part in (parameters, everything, sort) if part) for hidden in ("false", "true")]


def sent():
    """What was sent. With tags, the page behind the last image is asked for too, since links cannot be relied on; it
    is checked to be that, and left out."""
    found = []
    for record in cloud.requests:
        if record.value("tag") is not None and record.value("marker") is not None:
            ok(record.images == 0 and record.target.startswith(tuple(target[4:] for target in found)),
               "the page that ends a listing by tags")
        else:
            found.append(f"{record.method} {record.target}")
    return found


def check(query, expected, name=None, on_the_wire=None, at_once=False):
    """EXPLAIN announces what is expected; that, or what is given as on_the_wire, is sent. Gives the rows."""
    name = name or query
    plan = explain(cur, query)
    is_(requests_in(plan), expected, f"announced: {name}")
    cloud.clear()
    found = rows(cur, query)
    if on_the_wire is not ANYTHING:
        found_sent, wanted = sent(), expected if on_the_wire is None else on_the_wire
        if at_once or "&sort=" in "".join(expected):    # listings that are under way together
            found_sent.sort(), wanted.sort()
        is_(found_sent, wanted, f"sent: {name}")
    return found


def ids_of(some):
    return [re.match(r"\(g,([^,]*)", text)[1] for (text,) in some]


def check_where(clause, expected, at_once=False):
    found = check(f"SELECT t::text FROM g.images t WHERE {clause}", expected, clause, at_once=at_once)
    wanted = rows(cur, f"SELECT t::text FROM copy t WHERE {clause}")
    same_rows(found, wanted, clause)
    return len(wanted)


def same_rows(found, wanted, name):
    if not ok(sorted(found) == sorted(wanted), f"rows: {name}"):
        diag(f"{len(found)} rows, expected {len(wanted)}")
        for kind, some in (("too many", set(found) - set(wanted)), ("missing", set(wanted) - set(found))):
            for (text,) in sorted(some)[:2]:
                diag(f"{kind}: {text[:500]}")


local_copy()
rows(cur, "SELECT 1 FROM g.images")             # the first images: nobody asks for versions from here on
is_(len(documents), rows(cur, "SELECT count(*) FROM copy")[0][0], "the local copy is complete")

checksum, hash_value = next((d["checksum"], d["os_hash_value"]) for d in documents if d["checksum"])
ids = sorted(document["id"] for document in documents)

# Each line: a clause, and what it adds to both requests.
PUSHED = {
    # text, always with eq:, however odd the value
    "name = 'plain'": "name=eq:plain",
    "'plain' = name": "name=eq:plain",
    "name = 'plain'::varchar": "name=eq:plain",
    "name = ''": "name=eq:",
    "name = 'in:x'": "name=eq:in:x",
    "name = 'eq:eq:x'": "name=eq:eq:eq:x",
    "name = '2024-01-01T00:00:00Z'": "name=eq:2024-01-01T00:00:00Z",
    "name = 'http://x/y?z=1&w=2#f'": "name=eq:http://x/y%3Fz%3D1%26w%3D2%23f",
    "name = 'a+b'": "name=eq:a%2Bb",
    "name = 'a b'": "name=eq:a%20b",
    "name = ' plain'": "name=eq:%20plain",
    "name = '%41'": "name=eq:%2541",
    "name = 'a\"b'": "name=eq:a%22b",
    "name = E'tab\\there'": "name=eq:tab%09here",
    "name = ';'": "name=eq:%3B",
    "name = 'é'": "name=eq:%C3%A9",
    "name = upper('plain')": "name=eq:PLAIN",
    "name IN ('plain', 'Plain')": "name=in:plain,Plain",
    "name IN ('plain', 'a,b', '')": "name=in:plain,%22a,b%22,%22%22",
    "name IN ('a\\b', ',')": "name=in:a%5Cb,%22,%22",
    "name IN ('in:x', 'foo:bar')": "name=in:in:x,foo:bar",
    "name = ANY ('{plain,NULL,Plain}')": "name=in:plain,Plain",
    "name = ANY ('{plain,NULL}')": "name=eq:plain",
    f"id IN ('{ids[0]}', '{ids[1]}', 'x')": f"id=in:{ids[0]},{ids[1]},x",
    "id = 'not-a-uuid'": "id=eq:not-a-uuid",
    "id = '../schemas/image'": "id=eq:../schemas/image",
    "status = 'active'": "status=eq:active",
    "status IN ('queued', 'deactivated')": "status=in:queued,deactivated",
    "disk_format = 'qcow2'": "disk_format=eq:qcow2",
    "disk_format IN ('raw', 'iso')": "disk_format=in:raw,iso",
    "container_format = 'bare'": "container_format=eq:bare",
    "container_format IN ('ovf', 'ami')": "container_format=in:ovf,ami",
    "owner = 't2'": "owner=t2",
    "owner = 'eq:t2'": "owner=eq:t2",
    f"checksum = '{checksum}'": f"checksum={checksum}",
    # numbers: bounds of size and virtual_size, equality of all
    "size = 2147483648": "size=2147483648",
    "size = 0": "size=0",
    "size >= 1000000000": "size_min=1000000000",
    "size > 1000000000": "size_min=1000000001",
    "1000000000 < size": "size_min=1000000001",
    "size <= 1000000000": "size_max=1000000000",
    "size < 1000000000": "size_max=999999999",
    "size < 2::smallint": "size_max=1",
    "size BETWEEN 1 AND 2147483648": "size_min=1&size_max=2147483648",
    "size > 9223372036854775806": "size_min=9223372036854775807",
    "size >= -5": "size_min=-5",
    "virtual_size >= 4294967296": "virtual_size_min=4294967296",
    "virtual_size < 4294967296": "virtual_size_max=4294967295",
    "virtual_size = 0": "virtual_size=0",
    "min_ram = 512": "min_ram=512",
    "min_ram = 2147483647": "min_ram=2147483647",
    "min_disk = 10": "min_disk=10",
    # booleans
    "protected": "protected=true",
    "NOT protected": "protected=false",
    "protected <> true": "protected=false",
    "protected = true": "protected=true",
    "protected = false": "protected=false",
    "protected IS TRUE": "protected=true",
    "protected IS FALSE": "protected=false",
    # tags
    "tags @> '{x86}'": "tag=x86",
    "tags @> '{x86,lts}'": "tag=x86&tag=lts",
    "'{x86}' <@ tags": "tag=x86",
    "'x86' = ANY (tags)": "tag=x86",
    "'x86' = ANY (tags) AND 'lts' = ANY (tags)": "tag=x86&tag=lts",
    "tags @> '{\"sp ace\"}'": "tag=sp%20ace",
    "tags @> '{a&b=c,x:y}'": "tag=a%26b%3Dc&tag=x:y",
    "tags @> '{Comma\\,Tag}'": "tag=Comma,Tag",
    "tags @> '{\"\"}'": "tag=",
    "tags @> '{é}'": "tag=%C3%A9",
    # times: only whole seconds, only gte and lt
    "created_at >= '2024-02-29 12:00:00+00'": "created_at=gte:2024-02-29T12:00:00Z",
    "created_at >= '2024-02-29 12:00:00.000001+00'": "created_at=gte:2024-02-29T12:00:01Z",
    "created_at > '2024-02-29 12:00:00+00'": "created_at=gte:2024-02-29T12:00:01Z",
    "created_at > '2024-02-29 12:00:00.5+00'": "created_at=gte:2024-02-29T12:00:01Z",
    "created_at < '2024-02-29 12:00:01+00'": "created_at=lt:2024-02-29T12:00:01Z",
    "created_at < '2024-02-29 12:00:00.5+00'": "created_at=lt:2024-02-29T12:00:01Z",
    "created_at <= '2024-02-29 12:00:00+00'": "created_at=lt:2024-02-29T12:00:01Z",
    "created_at <= '2024-02-29 12:00:00.999999+00'": "created_at=lt:2024-02-29T12:00:01Z",
    "created_at = '2024-02-29 12:00:00+00'": "created_at=gte:2024-02-29T12:00:00Z",
    "created_at = '2024-02-29 12:00:00.5+00'": "created_at=gte:2024-02-29T12:00:01Z",
    "created_at >= '2024-01-01 00:00:00.5+02'": "created_at=gte:2023-12-31T22:00:01Z",
    "created_at >= '1969-12-31 23:59:59.5+00'": "created_at=gte:1970-01-01T00:00:00Z",
    "created_at < '1999-12-31 23:59:59+00'": "created_at=lt:1999-12-31T23:59:59Z",
    "created_at BETWEEN '2023-01-01' AND '2024-01-01'": "created_at=gte:2023-01-01T00:00:00Z",
    "created_at < '2024-01-01' AND created_at > '2023-01-01'": "created_at=lt:2024-01-01T00:00:00Z",
    "created_at >= date '2024-03-31'": "created_at=gte:2024-03-31T00:00:00Z",
    "created_at < timestamp '2024-03-31 01:30'": "created_at=lt:2024-03-31T01:30:00Z",
    "updated_at >= '2024-02-29 12:00:00+00'": "updated_at=gte:2024-02-29T12:00:00Z",
    "updated_at <= '2024-02-29 12:00:00+00'": "updated_at=lt:2024-02-29T12:00:01Z",
    "created_at < '9999-12-31'": "created_at=lt:9999-12-31T00:00:00Z",
    "created_at > '1900-01-01'": "created_at=gte:1900-01-01T00:00:01Z",
    # custom properties
    "os = 'linux'": "os_type=linux",
    "os_version = '22.04'": "os_version=22.04",
    "architecture = 'x86_64'": "architecture=x86_64",
    "type = 'snapshot'": "image_type=snapshot",
    "properties ->> 'os_distro' = 'ubuntu'": "os_distro=ubuntu",
    "properties ->> 'os_distro' = ''": "os_distro=",
    "properties ->> 'os_distro' = 'in:ubuntu,debian'": "os_distro=in:ubuntu,debian",
    "properties ->> 'trait:HW_CPU_X86_AVX2' = 'required'": "trait:HW_CPU_X86_AVX2=required",
    "properties @> '{\"os_distro\": \"ubuntu\"}'": "os_distro=ubuntu",
    "'{\"os_distro\": \"ubuntu\"}' <@ properties": "os_distro=ubuntu",
    "properties @> '{\"os_distro\": \"debian\", \"hw_disk_bus\": \"virtio\"}'": "os_distro=debian&hw_disk_bus=virtio",
    "properties @> '{\"os_distro\": \"debian\", \"five\": 5}'": "os_distro=debian",
    # several at once, and some that go unsent beside others
    "size >= 1000 AND disk_format <> 'raw' AND tags @> '{lts}'": "size_min=1000&tag=lts",
    "min_ram = 512 AND name LIKE '%u%'": "min_ram=512",
    "size > 5 AND size >= 10": "size_min=10",
    "size >= 10 AND size > 5 AND size < 1000 AND size <= 5000": "size_min=10&size_max=999",
    "created_at > '2023-01-01' AND created_at >= '2024-01-01'": "created_at=gte:2024-01-01T00:00:00Z",
    "name IN ('plain', 'Plain') AND name = 'plain'": "name=eq:plain",
    "name IN ('plain', 'Plain', 'x') AND name IN ('Plain', 'plain', 'y')": "name=in:plain,Plain",
    "name IN ('plain', 'Plain') AND name <> 'plain'": "name=eq:Plain",
    "size IN (0, 1, 5) AND size >= 1 AND size < 5": "size=1",
    # other ways to say "equal"
    "name = 'plain' OR name = 'Plain'": "name=in:plain,Plain",
    "name IN ('plain', 'x') OR name = 'Plain' OR 'plain' = name": "name=in:plain,x,Plain",
    "name = 'plain' OR name = NULL": "name=eq:plain",
    "name = 'plain' OR name = ANY ('{NULL}')": "name=eq:plain",
    "name = 'plain' OR source = 'other'": "name=eq:plain",
    "(name = 'plain' AND size >= 0) OR (name = 'Plain' AND size >= 0)": "size_min=0&name=in:plain,Plain",
    "name IS NOT DISTINCT FROM 'plain'": "name=eq:plain",
    "name LIKE 'plain'": "name=eq:plain",
    "name LIKE 'a\\%b'": "name=eq:a%25b",
    "name = ALL ('{plain}')": "name=eq:plain",
    "name = 'plain'::name": "name=eq:plain",
    "protected = ANY ('{t,NULL}')": "protected=true",
    # a day of the session's time zone, which is UTC here
    "created_at::date = '2024-02-29'": "created_at=gte:2024-02-29T00:00:00Z",
    "created_at::date < '2024-02-29'": "created_at=lt:2024-02-29T00:00:00Z",
    "created_at::date <= '2024-02-29'": "created_at=lt:2024-03-01T00:00:00Z",
    "created_at::date > '2024-02-29'": "created_at=gte:2024-03-01T00:00:00Z",
    "created_at::date >= '2024-02-29'": "created_at=gte:2024-02-29T00:00:00Z",
    # said of all images, or of no column of Glance's
    "source IS NOT NULL": "",
    "version IS NULL": "",
    "version IS DISTINCT FROM 'x'": "",
    "name = 'plain' OR version IS NULL": "",
    "hidden OR NOT hidden": "",
    "source = 'g'": "",
    "tags @> '{}'": "",
}
# These say something of their own about visibility.
VISIBILITY = {f"visibility = '{word}'": f"visibility={word}" for word in ("public", "private", "shared", "community")}
NOT_PUSHED = (
    "name <> 'plain'", "name NOT IN ('plain', 'Plain')", "NOT (name = 'plain')",
    "name LIKE 'pl%'", "name ILIKE 'PLAIN'", "name ~ '^p'", "name < 'b'", "name >= 'x'", "name BETWEEN 'a' AND 'c'",
    "name IS NULL", "name IS NOT NULL", "lower(name) = 'plain'", "name || '' = 'plain'", "name::char(5) = 'plain'",
    "name COLLATE caseless = 'plain'",
    "name = repeat('x', 8000)", "name = CASE WHEN random() < 2 THEN 'plain' END", "name = owner",
    "status <> 'active'", "visibility <> 'public'",
    "visibility = 'all'", "visibility = ''", "owner IS NULL", "checksum IS NULL",
    "disk_format IS NULL", "id > '8'",
    "size <> 0", "size >= 1e6", "size > 1000000.5", "size > 1000000::float8", "size - 1 > 1000000",
    "size IS NULL", "size % 2 = 0", "size > virtual_size",
    "min_ram >= 512", "min_ram < 512", "min_disk BETWEEN 1 AND 10", "min_ram = 2147483648", "min_disk = -2147483649",
    "min_ram = 512.0",
    "protected IS NOT TRUE", "protected IS NULL", "hidden IS NULL",
    "protected OR hidden", "hidden = protected",
    "tags @> '{\" lead\"}'", "tags @> '{\"trail \"}'", "tags @> '{\u00a0x}'", "tags @> '{x\u2003}'", "tags @> '{\u3000}'",
    "tags && '{x86,arm}'", "tags = '{arm}'", "tags <@ '{x86,lts,arm}'", "'x86' <> ALL (tags)", "NOT tags @> '{x86}'",
    "'x86' LIKE ANY (tags)", "cardinality(tags) = 2", "tags[1] = 'x86'", "tags IS NULL",
    "created_at <> '2024-02-29 12:00:00+00'", "created_at IN ('2024-02-29 12:00:00+00', '2024-01-01 00:00:00+00')",
    "created_at > '-infinity'", "created_at < 'infinity'", "created_at = 'infinity'", "created_at < '10000-01-01'",
    "created_at < '9999-12-31 23:59:59+00'", "created_at > '4713-01-01 BC'", "created_at < '1899-12-31'",
    "created_at < '294276-12-31'", "created_at < date '5874897-12-31'",
    "date_trunc('year', created_at) = '2024-01-01'", "created_at < updated_at", "updated_at - created_at > '1 day'",
    "properties ->> 'cores_min' = '2'", "properties ->> 'x_max' = '5'", "properties ->> 'properties' = '{}'",
    "properties ->> 'members' = '7'", "properties ->> 'metadata' = '7'", "properties ->> 'keys' = '7'",
    "properties ->> 'get' = '7'", "properties ->> 'is_public' = '7'", "properties ->> 'deleted_by' = 'me'",
    "properties ->> 'next' = '7'", "properties ->> 'limit' = '7'", "properties ->> 'marker' = '7'",
    "properties ->> 'sort' = 'name'", "properties ->> 'page' = '2'", "properties ->> '__class__' = 'x'",
    "properties ->> 'A B' = '1'", "properties ->> 'a=b' = '2'", "properties ->> 'a&b' = '3'",
    "properties ->> 'é' = 'é'", "properties @> '{\"\": \"empty key\"}'", "properties ->> 'Upper' = 'U'",
    "properties ->> 'os_type' = 'linux'", "properties ->> 'name' = 'plain'", "properties ->> 'self' IS NOT NULL",
    "properties ->> 'os_distro' <> 'ubuntu'", "properties ->> 'os_distro' LIKE 'ub%'",
    "properties ->> 'os_distro' IS NULL",
    "properties ? 'os_distro'", "properties -> 'os_distro' = '\"ubuntu\"'", "(properties ->> 'five')::int = 5",
    "properties ->> owner = 'x'", "properties @> '{\"five\": 5}'", "properties @> '{}'", "properties @> '[]'",
    "properties @> '{\"kernel_id\": null}'", "properties @> '{\"os_type\": \"linux\"}'",
    "properties #>> '{os_distro}' = 'ubuntu'", "properties = '{}'",
    "source LIKE 'g%'", "coalesce(name, '') = ''",
    "random() < 2",
)
# Each line: a clause, and what it adds to the requests of each of its branches, which are sent at once.
UNIONS = {
    # lists that the service cannot take
    "name IN ('plain', 'a\"b')": ["name=eq:plain", "name=eq:a%22b"],
    "owner IN ('t1', 't2')": ["owner=t1", "owner=t2"],
    "owner = 't1' OR owner = 't2'": ["owner=t1", "owner=t2"],
    "checksum IN ('x', 'y', 'x')": ["checksum=x", "checksum=y"],
    "size IN (0, 1)": ["size=0", "size=1"],
    "size IN (0, 1, 2, 3, 4, 5, 6, 7)": [f"size={value}" for value in range(8)],
    "min_ram IN (0, 512)": ["min_ram=0", "min_ram=512"],
    "properties ->> 'os_distro' IN ('ubuntu', 'debian')": ["os_distro=ubuntu", "os_distro=debian"],
    "status = 'active' AND owner IN ('t1', 't2') AND size <> 0":
    ["status=eq:active&owner=t1", "status=eq:active&owner=t2"],
    "owner IN ('t1', 't2') AND min_ram IN (0, 512)": ["owner=t1", "owner=t2"],
    # branches
    "name = 'plain' OR size = 1": ["name=eq:plain", "size=1"],
    "name IN ('plain', 'Plain') OR size = 1": ["name=in:plain,Plain", "size=1"],
    "name = 'plain' OR name = 'Plain' OR tags @> '{x86,lts}'": ["name=in:plain,Plain", "tag=x86&tag=lts"],
    "name = 'plain' OR id IN ('x', 'y')": ["name=eq:plain", "id=in:x,y"],
    "name = 'plain' OR size IN (0, 1)": ["name=eq:plain", "size=0", "size=1"],
    "name = 'plain' OR (min_ram = 512 AND size IN (0, 1))":
    ["name=eq:plain", "min_ram=512&size=0", "min_ram=512&size=1"],
    "(name = 'plain' AND size >= 0) OR (size = 1 AND status = 'active' AND disk_format <> 'raw')":
    ["name=eq:plain&size_min=0", "size=1&status=eq:active"],
    "status = 'active' AND (name = 'plain' OR size = 1)": ["status=eq:active&name=eq:plain", "status=eq:active&size=1"],
    "size >= 1 AND (name = 'plain' OR size = 1 OR size = 0)": ["size_min=1&name=eq:plain", "size=1"],
    "name = 'plain' OR (size = 1 AND status = 'active' AND status = 'queued')": ["name=eq:plain"],
    "properties @> '{\"os_distro\": \"ubuntu\"}' OR name = 'plain'": ["os_distro=ubuntu", "name=eq:plain"],
    "(created_at > '2024-01-01' AND name = 'plain') OR size = 0":
    ["created_at=gte:2024-01-01T00:00:01Z&name=eq:plain", "size=0"],
}
# A branch that may bring many images, or all, or too many branches: one listing, as without the OR.
NO_UNIONS = {
    "name = 'plain' OR status = 'active'": "", "name = 'plain' OR size > 5": "", "name = 'plain' OR hidden": "",
    "name = 'plain' OR name LIKE 'x%'": "", "name = 'plain' OR name IS NULL": "", "name = 'plain' OR random() > 2": "",
    "name = 'plain' OR created_at = '2024-02-29 12:00:00+00'": "", "name = 'plain' OR size - 1 = 0": "",
    "name = 'plain' OR size IN (0, 1, 2, 3, 4, 5, 6, 7)": "", "size IN (0, 1, 2, 3, 4, 5, 6, 7, 8)": "",
    "visibility IN ('public', 'all')": "", "name IN ('plain', '" + "x" * 8000 + "', '\"')": "",
    "created_at IN ('2024-02-29 12:00:00+00', '2024-01-01 00:00:00+00')": "",
    "name = 'plain' OR " + " OR ".join(f"(size = {value} AND min_ram = 0)" for value in range(8)): "",
    "name = 'plain' OR tags @> '{}'": "",
    # what is one request already
    "name = 'Plain' AND (size = 1 OR checksum = 'x')": "name=eq:Plain",
    "name = 'Plain' AND owner IN ('t1', 't2')": "name=eq:Plain",
    "checksum = 'x' AND size IN (0, 1)": "checksum=x",
}
CONTRADICTIONS = (
    "name = NULL", "name = ANY ('{}')", "name = ANY ('{NULL}')", "tags @> '{x86,NULL}'", "hidden AND NOT hidden",
    "source = 'other'", "size > NULL::bigint", "created_at = NULL::timestamptz AND status = 'active'", "false",
    "source IN ('a', 'b')", "source <> 'g'",
    # what one column cannot be at once
    "name = 'x' AND upper(name) = 'X' AND name IN ('y', 'z')", "size >= 10 AND size < 5", "size > 5 AND size < 6",
    "size BETWEEN 10 AND 5", "size > 9223372036854775807", "size < -9223372036854775808", "size = 5 AND size > 5",
    "created_at > '2024-01-02' AND created_at < '2024-01-01'", "created_at > 'infinity'",
    "created_at::date = '2024-01-01' AND created_at::date > '2024-01-03'", "name IN ('x', 'y') AND name IN ('z', 'a')",
    "name = 'x' AND name IS NULL", "name <> 'x' AND name IS NULL",
    "status IN ('active', 'queued') AND status = 'saving'",
    "protected AND NOT protected",
    "name LIKE 'x' AND name LIKE 'y'", "name = 'x' AND name LIKE '%y%'", "name = 'x' AND name <> 'x'",
    "name NOT IN ('x', NULL)", "name <> ALL ('{x,NULL}')", "properties ->> 'os_distro' = 'a' AND properties @> "
    "'{\"os_distro\": \"b\"}'",
    # NULL where it cannot be, and columns that no image of Glance's has
    "id IS NULL", "status IS NULL", "visibility IS NULL", "source IS NULL", "version = '1'", "version IS NOT NULL",
    "version <> '1'", "version IS NOT DISTINCT FROM 'x'", "version LIKE '%x'", "version IN ('a', 'b')",
    # every branch of it
    "(name = 'x' AND size = NULL) OR source = 'other'", "version = '1' OR id IS NULL",
    "(size > 5 AND size < 3) OR (name = 'x' AND name = 'y')", "size > 5 AND (size = 1 OR size IN (2, 3))",
)

matched = 0
for clause, parameters in PUSHED.items():
    matched += check_where(clause, both(parameters)) > 0
for clause, parameters in VISIBILITY.items():
    matched += check_where(clause, both(parameters, everything="member_status=all")) > 0
for clause in NOT_PUSHED:
    matched += check_where(clause, both()) > 0
for clause, branches in UNIONS.items():
    matched += check_where(clause, [request for parameters in branches for request in both(parameters)], True) > 0
for clause, parameters in NO_UNIONS.items():
    matched += check_where(clause, both(parameters)) > 0
ok(matched > (len(PUSHED) + len(UNIONS) + len(NO_UNIONS)) * 0.8 + len(NOT_PUSHED) * 0.5,
   f"most clauses are true of some image ({matched})")
for words in (("public", "shared"), ("public", "private", "shared", "community")):
    check_where("visibility IN ('" + "', '".join(words) + "')",
                [request for word in words
                 for request in both(f"visibility={word}", everything="member_status=all")], True)
for clause in CONTRADICTIONS:
    query = f"SELECT t::text FROM g.images t WHERE {clause}"
    cloud.clear()
    is_((rows(cur, query), sent()), ([], []), f"nothing is asked: {clause}")
    unlike(explain(cur, query), "GET", f"nothing is announced: {clause}")

# The choice of passes
visible, hidden = both()
for clause, expected in (("NOT hidden", [visible]), ("hidden", [hidden]), ("hidden = false", [visible]),
                         ("hidden = true", [hidden]), ("hidden IS FALSE", [visible]), ("hidden IS TRUE", [hidden]),
                         ("true = hidden", [hidden]), ("hidden <> true", [visible]), ("hidden < true", [visible]),
                         ("hidden IS NOT TRUE", [visible]), ("hidden IS NOT FALSE", [hidden]),
                         ("hidden IS DISTINCT FROM true", [visible]), ("hidden IS NULL OR NOT hidden", [visible]),
                         ("hidden IN (true, NULL)", [hidden]), ("hidden IS NOT DISTINCT FROM false", [visible]),
                         ("hidden IS NULL", [visible, hidden]), ("hidden IS UNKNOWN", [visible, hidden])):
    check_where(clause, expected)

# Limits: a page size where all else is the service's, and then what is not needed is not fetched.
for tail, limit, least, most in (
        ("LIMIT 5", 5, 1, 1), ("LIMIT 5 OFFSET 7", 12, 1, 1), ("WHERE status = 'active' LIMIT 5", 5, 1, 1),
        ("LIMIT 5000", 1000, 2, 2), ("LIMIT ALL", 1000, 2, 2),
        # true of all images, whatever the service is asked
        ("WHERE updated_at IS NOT NULL AND version IS NULL LIMIT 5", 5, 1, 1),
        ("WHERE status IN ('active', 'queued') AND status = 'active' LIMIT 5", 5, 1, 1),
        # with tests of our own, all may be needed
        ("WHERE name LIKE '%' LIMIT 5", 1000, 1, 2), ("WHERE size - 1 > 5 LIMIT 5", 1000, 1, 2),
        ("WHERE created_at = '2024-02-29 12:00:00+00' LIMIT 1", 1000, 1, 2)):
    parameters = {"status": "status=eq:active", "created": "created_at=gte:2024-02-29T12:00:00Z"}
    expected = both(next((text for word, text in parameters.items() if word in tail), ""), limit)
    found = check(f"SELECT t::text FROM g.images t {tail}", expected, tail, ANYTHING)
    is_(sent(), expected[:max(least, min(most, len(sent())))], f"sent: {tail}")
    wanted = rows(cur, f"SELECT t::text FROM copy t {tail}")
    is_(len(found), len(wanted), f"as many rows: {tail}")
    where = tail.partition("LIMIT")[0]
    ok(set(found) <= set(rows(cur, f"SELECT t::text FROM copy t {where}")), f"none but right ones: {tail}")
check("SELECT id FROM g.images LIMIT 0", both(limit=1), on_the_wire=[])
check("SELECT count(*) FROM g.images LIMIT 5", both())
check("SELECT DISTINCT status FROM g.images LIMIT 1", both())
is_(requests_in(explain(cur, "SELECT id FROM small.images")), both(limit=100), "page_size of the server")
is_(requests_in(explain(cur, "SELECT id FROM small.images LIMIT 500")), both(limit=100), "page_size caps a limit")
plan = explain(cur, "SELECT * FROM g.images a JOIN copy b USING (id) LIMIT 5")
is_(requests_in(plan), both(), "no limit through a join")

# The first and the last of an order are one image of each listing.
for function, direction in (("min", "asc"), ("max", "desc")):
    for clause, parameters in (("", ""), ("WHERE created_at > '2024-01-01'", "created_at=gte:2024-01-01T00:00:01Z"),
                               ("WHERE name IN ('plain', 'Plain')", "name=in:plain,Plain")):
        query = f"SELECT {function}(created_at) FROM g.images {clause}"
        is_(check(query, both(parameters, 1, sort=f"sort=created_at:{direction}")),
            rows(cur, query.replace("g.images", "copy")), f"rows: {query}")

# The requests of an OR are merged in order, an image of two of them once.
for tail in ("ORDER BY created_at, id", "ORDER BY created_at DESC LIMIT 3", "ORDER BY id COLLATE \"C\" LIMIT 2"):
    query = ("SELECT id, created_at FROM g.images WHERE name = 'plain' OR size = 1 OR owner = 'nobody' AND size = 0 " +
             tail)
    key = "id:asc" if "COLLATE" in tail else "created_at:desc" if "DESC" in tail else "created_at:asc"
    limit = int(tail.split("LIMIT ")[1]) if "LIMIT" in tail else 1000
    expected = [request for parameters in ("name=eq:plain", "size=1", "owner=nobody&size=0")
                for request in both(parameters, limit, sort=f"sort={key}")]
    is_(check(query, expected), rows(cur, query.replace("g.images", "copy")), f"rows in order: {query}")

# Values that only execution knows
cur.execute("PREPARE one_of AS SELECT id FROM g.images WHERE name = $1 OR name = 'Plain' OR size = $2")
cur.execute("SET plan_cache_mode = force_generic_plan")
for first, second in (("'plain'", "1"), ("NULL", "1"), ("'x'", "NULL")):
    branches = [f"name=in:{first[1:-1]},Plain" if first != "NULL" else "name=eq:Plain"]
    branches += ["size=1"] if second != "NULL" else []
    expected = sorted(request for parameters in branches for request in both(parameters))
    cloud.clear()
    found = sorted(rows(cur, f"EXECUTE one_of ({first}, {second})"))
    is_(sorted(sent()), expected, f"sent: $1 = {first}, $2 = {second}")
    is_(sorted(requests_in(explain(cur, f"EXECUTE one_of ({first}, {second})"))), expected,
        f"announced: $1 = {first}, $2 = {second}")
    is_(found, sorted(rows(cur, f"SELECT id FROM copy WHERE name = {first} OR name = 'Plain' OR size = {second}")),
        f"rows: $1 = {first}, $2 = {second}")
cur.execute("RESET plan_cache_mode")
query = "SELECT id FROM g.images WHERE name = (SELECT 'plain') OR size = (SELECT 1)"
is_(requests_in(explain(cur, query)), both("name=eq:$0") + both("size=$1"), "values of sub-plans are announced as such")
is_(sorted(rows(cur, query)), sorted(rows(cur, query.replace("g.images", "copy"))), "and the rows are right")

# The issue's example
example = ("SELECT id FROM g.images WHERE status='active' AND NOT hidden AND size >= 1000000 AND "
           "created_at >= '2024-01-01 00:00:00.5+02' ORDER BY created_at DESC LIMIT 10")
parameters = "size_min=1000000&created_at=gte:2023-12-31T22:00:01Z&status=eq:active"
expected = both(parameters, 10, sort="sort=created_at:desc")
for query, asked in ((example, expected[:1]), (example.replace("AND NOT hidden ", ""), expected)):
    found = check(query, asked)
    is_(found, rows(cur, query.replace("g.images", "copy")), f"rows in order: {query}")

# Columns of a native table and of one written by hand
for clause, parameters in ((f"os_hash_value = '{hash_value}'", f"os_hash_value={hash_value}"),
                           ("os_hash_algo = 'sha512'", "os_hash_algo=sha512"), ("name = 'plain'", "name=eq:plain"),
                           ("properties ->> 'os_type' = 'linux'", "os_type=linux"), ("self = '/x'", ""),
                           ("file LIKE '/v2%'", ""), ("stores = 'x'", ""), ("document ->> 'name' = 'plain'", ""),
                           ("properties ->> 'name' = 'plain'", ""), ("locations IS NULL", "")):
    found = check(f"SELECT id FROM n.images WHERE {clause}", both(parameters), f"native: {clause}")
found = check("SELECT id FROM n.images WHERE NOT os_hidden", [visible], "native: NOT os_hidden")
is_(len(found), len([d for d in documents if not d["os_hidden"]]), "native: rows of NOT os_hidden")
for clause, parameters in (("distro = 'ubuntu'", "os_distro=ubuntu"), ("label = 'plain'", "name=eq:plain"),
                           ("hw_disk_bus = 'virtio'", "hw_disk_bus=virtio"), ("bytes > 5", "size_min=6"),
                           ("born >= '2024-01-01 00:00:00.5'", "created_at=gte:2024-01-01T00:00:01Z"),
                           (f"id IN ('{ids[0].upper()}', '{ids[1]}')", f"id=in:{ids[0]},{ids[1]}"),
                           ("deep = 'ubuntu'", "os_distro=ubuntu"), ("distro > 'a'", ""),
                           # blanks at the end of a char(n) are nothing
                           ("hw_disk_bus = (SELECT 'virtio '::text)::bpchar", "")):
    for zone in ("UTC", "Asia/Tokyo"):
        cur.execute(f"SET timezone = '{zone}'")
        check(f"SELECT id FROM own WHERE {clause}", both(parameters), f"own table, {zone}: {clause}")
cur.execute("RESET timezone")

# Without pushdown
cur.execute("SET imagecat.enable_pushdown = off")
for tail in ("", "WHERE status = 'active'", f"WHERE id = '{ids[0]}'", "WHERE NOT hidden", "WHERE tags @> '{x86}' LIMIT 3"):
    query = f"SELECT t::text FROM g.images t {tail}"
    found = check(query, both(), f"pushdown off: {tail}", ANYTHING if "LIMIT" in tail else None)
    is_(len(found), len(rows(cur, query.replace("g.images", "copy"))), f"pushdown off, rows: {tail}")
check("SELECT id FROM g.images ORDER BY created_at LIMIT 3", both(), "pushdown off: ORDER BY, LIMIT")
cur.execute("RESET imagecat.enable_pushdown")

# Long lists are split so that no URL is too long; more than the service would bear are not sent at all.
def check_list(count, tail="", split=True):
    wanted = ids[::2]
    values = wanted + [f"{number:08x}-0000-4000-8000-000000000000" for number in range(count - len(wanted))]
    cloud.clear()
    cur.execute(f"SELECT id FROM g.images WHERE id = ANY (%s) {tail}", [values])
    found = [image for (image,) in cur.fetchall()]
    is_(sorted(found), wanted, f"{count} ids {tail}: each image once")
    ok(max(len(record.target) for record in cloud.requests) < 8000, f"{count} ids {tail}: no URL is too long")
    ok(all(record.status == 200 for record in cloud.requests), f"{count} ids {tail}: all were answered")
    for hidden in ("false", "true"):
        records = [record for record in cloud.requests if record.value("os_hidden") == hidden]
        asked = [value for record in records for value in record.value("id", "in:")[3:].split(",") if value]
        is_(sorted(asked), sorted(values) if split else [], f"{count} ids {tail}: os_hidden={hidden}: each asked once")
        is_(len(records), max(1, -(-37 * len(asked) // 7400)), f"{count} ids {tail}: os_hidden={hidden}: requests")
    return found


check_list(100)
check_list(400)
check_list(1000)
found = check_list(1000, "ORDER BY created_at")
times = [at for (at,) in rows(cur, "SELECT created_at FROM copy WHERE id = ANY (%s) ORDER BY created_at", [ids[::2]])]
of = dict(rows(cur, "SELECT id, created_at FROM copy"))
is_([of[image] for image in found], times, "1000 ids in the order of created_at")
check_list(20000, split=False)
check_list(2000, "ORDER BY created_at", split=False)

# A property's name may be empty too.
check_where("properties ->> '' = 'empty key'", both())

cloud.stop()
done()
