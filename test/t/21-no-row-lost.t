#!/usr/bin/python3
"""Proves for each rule of pushing that no row is lost or doubled, on data made for it: each case has an image that the
naive request (tried as well, to show that the case is sharp) does not find on some database."""
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud, USER  # noqa: E402
from cloud.images import plain_image  # noqa: E402
from imagecat import error_of, fresh_database, server  # noqa: E402
from tap import diag, done, is_, ok  # noqa: E402

cur = fresh_database("t21_no_row_lost").cursor()
clouds = {name: Cloud(images=0, database=name).start() for name in ("sqlite", "postgresql", "mariadb")}
for database, cloud in clouds.items():
    server(cur, database, cloud.url)


def naive_ids(cloud, query):
    """What the naive query brings, over both passes; nothing if it is refused."""
    found = []
    for hidden in ("false", "true"):
        request = urllib.request.Request(f"{cloud.url}/v2/images?limit=1000&{query}" +
                                         ("" if "os_hidden" in query or query == "plain" else f"&os_hidden={hidden}"),
                                         headers={"X-Auth-Token": USER})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                found += [image["id"] for image in json.load(answer)["images"]]
        except urllib.error.HTTPError:
            return []
    return found


def case(where, images, expected, naive=None):
    """The images are {label: members}, of which expected says which ones WHERE is true of."""
    sharp = False
    for database, cloud in clouds.items():
        held = {label: plain_image(**members) for label, members in images.items()}
        cloud.store.replace(list(held.values()))
        labels = {image["id"]: label for label, image in held.items()}
        error = error_of(cur, f"SELECT id FROM {database}.images WHERE {where}")
        if error:
            ok(False, f"{database}: {where}")
            diag(error)
            continue
        cur.execute(f"SELECT id FROM {database}.images WHERE {where}")
        is_(sorted(labels.get(image, image) for (image,) in cur.fetchall()), sorted(expected.split()),
            f"{database}: {where}")
        if naive:
            found = naive_ids(cloud, "visibility=all&member_status=all&" + naive if naive != "plain" else "limit=1000")
            sharp |= not set(expected.split()) <= {labels[image] for image in found}
    if naive:
        ok(sharp, f"the naive request loses a row: {naive}")


def named(*names):
    return {f"i{at}": {"name": name} for at, name in enumerate(names)}


# Times: stored with microseconds (in whole seconds by MariaDB), shown in whole seconds, compared as they are shown
HALF = {"half": {"created_at": "2024-02-29T12:00:00.500000Z", "updated_at": "2024-02-29T12:00:00.500000Z"},
        "before": {"created_at": "2024-02-29T11:59:59.999999Z", "updated_at": "2024-02-29T11:59:59.999999Z"},
        "after": {"created_at": "2024-02-29T12:00:01Z", "updated_at": "2024-02-29T12:00:01Z"}}
for column in ("created_at", "updated_at"):
    for operator, at, expected, naive in (
            ("=", "12:00:00", "half", "eq:2024-02-29T12:00:00Z"),
            ("=", "12:00:00.5", "", None),
            ("<=", "12:00:00", "before half", "lte:2024-02-29T12:00:00Z"),
            ("<=", "11:59:59", "before", "lte:2024-02-29T11:59:59Z"),
            ("<=", "12:00:00.4", "before half", "lte:2024-02-29T12:00:00.4Z"),
            ("<", "12:00:00.4", "before half", "lt:2024-02-29T12:00:00.4Z"),
            ("<", "12:00:00.000001", "before half", "lt:2024-02-29T12:00:00.000001Z"),
            ("<", "12:00:00", "before", None),
            ("<", "12:00:01", "before half", None),
            (">", "12:00:00", "after", None),
            (">", "11:59:59.999999", "half after", None),
            (">=", "12:00:00", "half after", None),
            (">=", "12:00:00.5", "after", None),
            (">=", "11:59:59", "before half after", None),
            (">=", "14:00:00+02", "half after", "gte:2024-02-29T14:00:00+02:00")):
        zone = "" if "+" in at else "+00"
        case(f"{column} {operator} '2024-02-29 {at}{zone}'", HALF, expected, naive and f"{column}={naive}")
case("created_at BETWEEN '2024-02-29 12:00:00+00' AND '2024-02-29 12:00:00+00'", HALF, "half",
     "created_at=gte:2024-02-29T12:00:00Z&created_at=lte:2024-02-29T12:00:00Z")
case("created_at > '2024-02-29 11:00+00' AND created_at <= '2024-02-29 12:00+00'", HALF, "before half",
     "created_at=gt:2024-02-29T11:00:00Z&created_at=lte:2024-02-29T12:00:00Z")
case("created_at IN ('2024-02-29 12:00+00', '2024-02-29 12:00:01+00')", HALF, "half after",
     "created_at=in:2024-02-29T12:00:00Z,2024-02-29T12:00:01Z")
case("created_at <> '2024-02-29 12:00:01+00'", HALF, "before half")
ENDS = {"first": {"created_at": "1582-10-10T00:00:00.123456Z"}, "last": {"created_at": "9999-12-31T23:59:59.999999Z"},
        "leap": {"created_at": "1969-12-31T23:59:59.900000Z"}}
case("created_at < '1583-01-01'", ENDS, "first")
case("created_at >= '9999-12-31 23:59:59+00'", ENDS, "last")
case("created_at > '9999-12-31 23:59:58.5+00'", ENDS, "last")
case("created_at <= '9999-12-31 23:59:59+00'", ENDS, "first leap last", "created_at=lte:9999-12-31T23:59:59Z")
case("created_at < '10000-01-01'", ENDS, "first leap last", "created_at=lt:10000-01-01T00:00:00Z")
case("created_at < 'infinity' AND created_at > '-infinity'", ENDS, "first leap last", "created_at=lt:infinity")
case("created_at <= '1969-12-31 23:59:59+00'", ENDS, "first leap", "created_at=lte:1969-12-31T23:59:59Z")
case("created_at < '1970-01-01'", ENDS, "first leap")

# Text: colons, operators, commas, quotes, backslashes, blanks, case, NULL
for value in ("foo:bar", "in:x,y", "eq:x", "neq:x", "gte:5", ":", "a:"):
    case(f"name = '{value}'", named(value, "x", "y", None), "i0", f"name={value}")
case("name = '2024-01-01T00:00:00Z'", named("2024-01-01T00:00:00Z", "eq", None), "i0")
case("name = 'a+b&c=d%41#f;g'", named("a+b&c=d%41#f;g", "a", None), "i0", "name=eq:a+b&c=d%41#f;g")
case("name = ''", named("", " ", None), "i0")
case("name = 'trail '", named("trail ", "trail", "trail  "), "i0")
case("name = 'plain'", named("plain", "Plain", "PLAIN", "plain ", "pl\u00e4in"), "i0")
case("name = '\u00e9'", named("\u00e9", "e", "\u00c9", "e\u0301"), "i0")
case("name IS NULL", named("x", None, ""), "i1", "name=")
case("name <> 'x'", named("x", None, "y", "X"), "i2 i3", "name=neq:x")
case("name IS DISTINCT FROM 'x'", named("x", None, "y"), "i1 i2", "name=neq:x")
case("name NOT IN ('x', 'z')", named("x", None, "y", "X"), "i2 i3")
case("name LIKE 'a%'", named("abc", "a%", "b", None), "i0 i1", "name=a%25")
case("name < 'b' COLLATE \"C\"", named("a", "B", "b", None), "i0 i1")
case("name = 'x' OR name IS NULL", named("x", None, "y"), "i0 i1", "name=eq:x")
case("owner IS NULL", {"mine": {}, "nobody": {"owner": None}}, "nobody", "owner=")
case("disk_format IS NULL", {"raw": {"disk_format": "raw"}, "none": {"disk_format": None}}, "none", "disk_format=")
for values, naive in ((["a,b", "c"], "in:a,b,c"), (['a"b', "c"], 'in:a"b,c'), (["a\\b", "c"], None),
                      (["c", ""], "in:c,"), (["", "c"], None), (['"q"', "c"], 'in:"q",c'), ([",", "c"], "in:,,c"),
                      (["in:x", "c:d"], None), (["a, b", " c"], "in:a, b, c"), (["x,y\\", "c"], 'in:"x,y\\",c'),
                      (["x\\", "c,d"], None), (["\\,\\", "c"], None), (["back\\\"slash", "c"], 'in:back\\\\"slash,c')):
    items = ", ".join("'%s'" % value.replace("'", "''") for value in values)
    case(f"name IN ({items})", named(*values, "other", None), "i0 i1",
         naive and "name=" + urllib.parse.quote(naive, safe=":"))
case("name IN ('plain', 'Plain')", named("plain", "Plain", "PLAIN", "plain "), "i0 i1")
case("name = ANY ('{x,NULL}')", named("x", None, "NULL"), "i0")

# What lists leave out unless they are told
SEEN = {"public": {}, "hidden": {"os_hidden": True}, "hidden_private": {"os_hidden": True, "visibility": "private"},
        "others_community": {"visibility": "community", "owner": "t2"},
        "hidden_community": {"visibility": "community", "owner": "t2", "os_hidden": True},
        "pending": {"visibility": "shared", "owner": "t2", "members": {"t1": "pending"}},
        "rejected": {"visibility": "shared", "owner": "t2", "members": {"t1": "rejected"}},
        "accepted": {"visibility": "shared", "owner": "t2", "members": {"t1": "accepted"}},
        "nobodys": {"owner": None}, "others_private": {"visibility": "private", "owner": "t2"},
        "not_with_me": {"visibility": "shared", "owner": "t2", "members": {"t3": "accepted"}},
        **{status: {"status": status} for status in ("queued", "saving", "deactivated", "importing", "uploading")}}
INVISIBLE = {"others_private", "not_with_me"}
case("true", SEEN, " ".join(set(SEEN) - INVISIBLE), "plain")
case("hidden", SEEN, "hidden hidden_private hidden_community", "os_hidden=false")
case("visibility = 'community'", SEEN, "others_community hidden_community", "os_hidden=false&visibility=public")
case("visibility = 'shared'", SEEN, "pending rejected accepted", "member_status=accepted&visibility=shared")
case("visibility <> 'public'", SEEN,
     "hidden_private others_community hidden_community pending rejected accepted", "visibility=private")
case("visibility IN ('private', 'community')", SEEN, "hidden_private others_community hidden_community",
     "visibility=in:private,community")
case("owner = 't2'", SEEN, "others_community hidden_community pending rejected accepted",
     "os_hidden=false&owner=t2")
case("status <> 'active'", SEEN, "queued saving deactivated importing uploading", "status=neq:active")
case("hidden IS NOT TRUE AND visibility = 'private'", SEEN, "")

# Numbers
SIZES = {"none": {"size": None, "virtual_size": None}, "zero": {"size": 0}, "max": {"size": 2 ** 63 - 1},
         "small": {"size": 5, "virtual_size": 7, "min_ram": 512, "min_disk": 10},
         "big": {"size": 2 ** 31, "min_ram": 2 ** 31 - 1, "min_disk": 20}}
case("size >= 5", SIZES, "small big max")
case("size > 9223372036854775806", SIZES, "max")
case("size > 9223372036854775807", SIZES, "")
case("size <= 9223372036854775807", SIZES, "zero small big max")
case("size < 9223372036854775808", SIZES, "zero small big max", "size_max=9223372036854775808")
case("size >= 4.5", SIZES, "small big max", "size_min=4.5")
case("size IS NULL", SIZES, "none", "size=")
case("size IN (0, 5)", SIZES, "zero small", "size=in:0,5")
case("size <> 5", SIZES, "zero big max", "size=neq:5")
case("virtual_size >= 7", SIZES, "small")
case("min_ram >= 512", SIZES, "small big", "min_ram=512")
case("min_ram <= 512", SIZES, "none zero max small", "min_ram=512")
case("min_ram = 2147483647", SIZES, "big")
case("min_ram <> 2147483648", SIZES, "none zero max small big", "min_ram=neq:2147483648")
case("min_disk BETWEEN 5 AND 15", SIZES, "small", "min_disk=5")

# Tags: the service strips what it is asked for, and compares each with each
TAGS = {"lead": {"tags": [" lead"]}, "trail": {"tags": ["trail "]}, "clean": {"tags": ["lead", "trail"]},
        "wide": {"tags": ["\u00a0x", "x\u3000"]}, "empty": {"tags": [""]}, "none": {"tags": []},
        "both": {"tags": ["x86", "X86"]}, "lower": {"tags": ["x86"]}, "odd": {"tags": ["a,b", "a&b=c", '"', "{}", "\\"]}}
case("tags @> '{\" lead\"}'", TAGS, "lead", "tag=%20lead")
case("'trail ' = ANY (tags)", TAGS, "trail", "tag=trail%20&tag=none")
case("tags @> '{\u00a0x}'", TAGS, "wide", "tag=%C2%A0x")
case("tags @> '{x\u3000}'", TAGS, "wide", "tag=x%E3%80%80")
case("tags @> '{lead,trail}'", TAGS, "clean", "tags=lead,trail")
case("tags @> '{\"\"}'", TAGS, "empty")
case("tags = '{}'", TAGS, "none", "tag=")
case("tags @> '{}'", TAGS, " ".join(TAGS), "tag=")
case("tags @> '{x86}'", TAGS, "both lower")
case("tags @> '{X86}'", TAGS, "both")
case("tags @> '{x86,X86}'", TAGS, "both")
case("tags && '{x86,lead}'", TAGS, "both lower clean", "tag=x86&tag=lead")
case("NOT tags @> '{x86}'", TAGS, "lead trail clean wide empty none odd")
for tag in ("a,b", "a&b=c", '"', "{}", "\\"):
    case(f"'{tag}' = ANY (tags)", TAGS, "odd", f"tags={urllib.parse.quote(tag)}" if len(tag) > 1 else None)

# Custom properties: names that mean something else to the service, and values that look like operators
def property_case(key, is_sharp):
    case(f"properties ->> '{key}' = 'v'",
         {"has": {"properties": {key: "v"}}, "other": {"properties": {key: "w"}}, "without": {}}, "has",
         f"{key}=v" if is_sharp else None)


for name in ("cores_min", "x_max", "created_at_min", "size_min", "properties", "members", "metadata", "keys", "get", "tag",
             "marker", "sort", "sort_key", "sort_dir", "changes-since", "os_min", "protected_min", "__class__", "to_dict",
             "_sa_registry"):
    property_case(name, True)
for name in ("limit", "is_public", "deleted", "deleted_by", "member_status", "A B", "\u00e9", "page", "os_distro", "a.b-c:d"):
    property_case(name, False)
PROPERTIES = {"exact": {"os_distro": "ubuntu"}, "blank": {"os_distro": "ubuntu "}, "case": {"os_distro": "Ubuntu"},
              "list": {"os_distro": "in:ubuntu,debian"}, "empty": {"os_distro": ""}, "without": {},
              "null": {"properties": {"kernel_id": None}}, "two": {"properties": {"up_per": "u", "UP_PER": "U"}}}
case("properties ->> 'os_distro' = 'ubuntu'", PROPERTIES, "exact")
case("properties ->> 'os_distro' = 'ubuntu '", PROPERTIES, "blank", "os_distro=ubuntu%20&os_distro=ubuntu")
case("properties ->> 'os_distro' = 'in:ubuntu,debian'", PROPERTIES, "list")
case("properties ->> 'os_distro' = ''", PROPERTIES, "empty")
case("properties ->> 'os_distro' IN ('ubuntu', 'Ubuntu')", PROPERTIES, "exact case", "os_distro=in:ubuntu,Ubuntu")
case("properties ->> 'os_distro' <> 'ubuntu'", PROPERTIES, "blank case list empty")
case("properties ->> 'os_distro' IS NULL", PROPERTIES, "without null two", "os_distro=")
case("properties ->> 'kernel_id' IS NULL AND properties ? 'kernel_id'", PROPERTIES, "null")
case("properties @> '{\"up_per\": \"u\", \"UP_PER\": \"U\"}'", PROPERTIES, "two")
case("properties ->> 'UP_PER' = 'U'", PROPERTIES, "two")
TYPES = {"linux": {"os_type": "linux"}, "Linux": {"os_type": "Linux"}, "none": {}}
case("os = 'Linux'", TYPES, "Linux")
case("os IS NULL", TYPES, "none", "os_type=")

# A loose comparison over a list in several requests: an image that two of them bring is one row all the same.
pairs = [name for number in range(600) for name in (f"image-{number:04d}", f"IMAGE-{number:04d}")]
for database, cloud in clouds.items():
    cloud.store.replace([plain_image(name=name, created_at=f"2024-01-01T00:{at // 60:02d}:{at % 60:02d}Z")
                         for at, name in enumerate(pairs)] + [plain_image(name="image-0001 ")])
    for tail in ("", "ORDER BY created_at"):
        cloud.clear()
        cur.execute(f"SELECT name FROM {database}.images WHERE name = ANY (%s) {tail}", [pairs])
        is_(sorted(name for (name,) in cur.fetchall()), sorted(pairs), f"{database}: a long list of look-alikes {tail}")
        ok(len(cloud.lists) > 2, f"{database}: it was split {tail}")
    lower = pairs[::2]
    cur.execute(f"SELECT name FROM {database}.images WHERE name = ANY (%s)", [lower])
    is_(sorted(name for (name,) in cur.fetchall()), lower, f"{database}: half of them")

# One of several: every branch's images, each once, though two branches find it, or a loose comparison does
UNION = {"both": {"name": "plain", "size": 5}, "name": {"name": "plain", "size": 6}, "size": {"name": "x", "size": 5},
         "look": {"name": "PLAIN ", "size": 6}, "none": {"name": None, "size": None, "owner": None},
         "hidden": {"name": "plain", "size": 5, "os_hidden": True}, "tags": {"name": "y", "tags": ["a", "b", "A"]},
         "others": {"name": "z", "visibility": "community", "owner": "t2"}}
case("name = 'plain' OR size = 5", UNION, "both name size hidden", "name=eq:plain&size=5")
case("name = 'plain' OR name = 'PLAIN ' OR size = 5", UNION, "both name size look hidden", "name=in:plain")
case("name IN ('plain', 'PLAIN ', '\"')", UNION, "both name look hidden", "name=eq:plain")
case("name = 'plain' AND NOT hidden OR size = 5 AND hidden", UNION, "both name hidden", "os_hidden=false&name=plain")
case("hidden AND (name = 'plain' OR size = 5)", UNION, "hidden")
case("name = 'plain' OR tags @> '{a}' OR tags @> '{b}'", UNION, "both name hidden tags", "name=eq:plain&tag=a&tag=b")
case("name = 'plain' OR name IS NULL", UNION, "both name hidden none", "name=eq:plain")
case("name = 'plain' OR owner = 't2'", UNION, "both name hidden others")
case("owner IN ('t1', 't2') AND name <> 'plain'", UNION, "size look tags others", "owner=t1")
case("size IN (5, 6) AND name <> 'x'", UNION, "both name look hidden", "size=5")
case("size = 5 OR (size = 6 AND name = 'plain' AND length(name) = 5)", UNION, "both name size hidden", "size=5")
case("(size = 6 AND length(name) = 6) OR name = 'y'", UNION, "look tags", "name=eq:y")
case("name = 'plain' OR (size > 6 AND size < 6) OR (name = 'x' AND size = 6)", UNION, "both name hidden")
case("name = 'plain' OR length(name) = 1", UNION, "both name hidden size tags others", "name=eq:plain")
case("visibility IN ('public', 'community') AND name IN ('z', 'x')", UNION, "size others", "visibility=public")
case("hidden IS NOT TRUE", UNION, " ".join(set(UNION) - {"hidden"}), "os_hidden=true")
case("hidden IS NOT FALSE", UNION, "hidden", "os_hidden=false")
case("hidden IS NULL", UNION, "")
case("name IS DISTINCT FROM 'plain'", UNION, "size look none tags others", "name=neq:plain")
case("owner IS NOT DISTINCT FROM NULL", UNION, "none", "owner=")
case("name LIKE 'pl_in'", UNION, "both name hidden", "name=eq:pl_in")
case("name LIKE 'pl\\_in'", UNION, "")
case("size >= 5 AND size >= 6 AND owner = 't1' AND name <> 'y'", UNION, "name look", "size_min=7")
case("size > 4 AND size < 6", UNION, "both size hidden", "size_min=5&size_max=4")
case("name NOT IN ('plain', 'x') AND name IN ('plain', 'x', 'y')", UNION, "tags")

# Days, also where clocks were set back just after midnight, so that the day before came again
DAYS = {"before": {"created_at": "2010-11-07T02:29:59Z"}, "first": {"created_at": "2010-11-07T02:30:30Z"},
        "again": {"created_at": "2010-11-07T02:31:30Z"}, "late": {"created_at": "2010-11-07T03:29:59Z"},
        "after": {"created_at": "2010-11-07T03:31:00Z"}, "next": {"created_at": "2010-11-08T03:30:00Z"}}
cur.execute("SET timezone = 'America/St_Johns'")
case("created_at::date = '2010-11-06'", DAYS, "before again late", "created_at=lt:2010-11-07T02:30:00Z")
case("created_at::date = '2010-11-07'", DAYS, "first after", "created_at=gte:2010-11-07T03:30:00Z")
case("created_at::date <= '2010-11-06'", DAYS, "before again late", "created_at=lt:2010-11-07T02:30:00Z")
case("created_at::date < '2010-11-07'", DAYS, "before again late", "created_at=lt:2010-11-07T02:30:00Z")
case("created_at::date > '2010-11-06'", DAYS, "first after next", "created_at=gte:2010-11-07T03:30:00Z")
case("created_at::date >= '2010-11-07'", DAYS, "first after next", "created_at=gte:2010-11-07T03:30:00Z")
case("created_at::date >= '2010-11-08'", DAYS, "next")
cur.execute("SET timezone = 'UTC'")
case("created_at::date = '2010-11-07'", DAYS, "before first again late after", "created_at=eq:2010-11-07T00:00:00Z")
case("created_at::date > '2010-11-07'", DAYS, "next")
cur.execute("RESET timezone")

# Images that have a tag twice over, as a loose comparison sees it, cut pages short.
for database, cloud in clouds.items():
    cur.execute(f"ALTER SERVER {database} OPTIONS (ADD page_size '10')")
    cloud.store.replace([plain_image(name=f"n{number:02d}", tags=["x86", "X86"]) for number in range(25)])
    cur.execute(f"SELECT name FROM {database}.images WHERE tags @> '{{x86}}'")
    is_(sorted(name for (name,) in cur.fetchall()), [f"n{number:02d}" for number in range(25)],
        f"{database}: pages of images with look-alike tags")

for cloud in clouds.values():
    cloud.stop()
done()
