#!/usr/bin/python3
"""Proves that a value that does not fit its column reads as NULL (with U+FFFD for what text cannot hold, as a string if
a number is too large for jsonb), that one WARNING per scan tells how many and where, that the row and all others stay,
and that what came can still be seen."""
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from cloud.images import plain_image  # noqa: E402
from imagecat import error_of, fresh_database, notices, rows, server  # noqa: E402
from tap import diag, done, is_, like, ok  # noqa: E402

cur = fresh_database("t31_bad_values").cursor()
cloud = Cloud(images=0).start()
cloud.store.replace([plain_image(name=f"n{at}", created_at=f"2024-01-0{at + 1}T00:00:00Z", os_distro="d") for at in range(5)])
bad_id = cloud.images[2]["id"]
server(cur, "g", cloud.url)
cur.execute("CREATE SCHEMA n; IMPORT FOREIGN SCHEMA native FROM SERVER g INTO n")
others = sorted(rows(cur, f"SELECT t::text FROM g.images t WHERE id <> '{bad_id}'"))
others_native = sorted(rows(cur, f"SELECT t::text FROM n.images t WHERE id <> '{bad_id}'"))
notices(cur)
FITS = object()


def send(member, raw, **more):
    """From now on one image has this JSON text for that member."""
    cloud.clear()
    cloud.fault("override", id=bad_id, raw={member: raw}, times=None, **more)


def case(column, member, raw, expected, replaced=False):
    """The column reads as expected (text of it, None for NULL); warned of unless it is what was sent."""
    name = f"{column}: {raw if len(raw) < 40 else raw[:30] + '... of ' + str(len(raw))}"
    send(member, raw)
    for table, shown in (("g.images", "properties"), ("n.images", "document"), ("imagecat.list_images('g')", "properties")):
        native = table == "n.images"
        error = error_of(cur, f"SELECT * FROM {table}")
        warnings = notices(cur)
        if error:
            ok(False, f"{table} {name}: no error")
            diag(error)
            continue
        real = member if native else column
        found = rows(cur, f"SELECT {real}::text, t::text FROM {table} t")
        mine = [row for row in found if (row[1],) not in (others_native if native else others)]
        is_((len(found), len(mine)), (5, 1), f"{table} {name}: the others are unaffected")
        if expected is not FITS:
            is_(mine and mine[0][0], expected, f"{table} {name}: reads as")
        notices(cur)
        fits = expected is FITS or (expected is not None and not replaced)
        is_(len(warnings), 0 if fits or raw == "null" else 1, f"{table} {name}: warnings")
        if expected is None and raw != "null":
            like(warnings[0], rf'column "{real}" of image "{bad_id}" was sent as', f"{table} {name}: says where")
            [[value]] = rows(cur, f"SELECT {shown} -> '{member}' FROM {table} WHERE {real} IS NULL")
            is_(value, json.loads(raw), f"{table} {name}: {shown} still has it")
            notices(cur)
    is_((rows(cur, "SELECT count(*) FROM g.images"), notices(cur)), ([(5,)], []), f"{name}: count(*) is unaffected")
    is_((len(rows(cur, "SELECT id FROM g.images")), notices(cur)), (5, []), f"{name}: so are queries of other columns")


for raw in ('"yesterday"', '"2024-13-01T00:00:00Z"', '"2024-02-30T00:00:00Z"', "5", '"infinity"', '"99999-01-01T00:00:00Z"',
            '""', "true", "{}", '["2024-01-01T00:00:00Z"]', '"now"', '"2024-01-01T25:00:00Z"'):
    case("created_at", "created_at", raw, None)
case("updated_at", "updated_at", "null", None)
case("updated_at", "updated_at", '"2024-01-01T00:00:00.5+02:00"', "2023-12-31 22:00:00.5+00")
for raw in ('"many"', "1.5", "1e3", "9223372036854775808", "1" + "0" * 400, "true", "{}", "[]", '""', '"0x10"', '"5 GB"'):
    case("size", "size", raw, None)
case("size", "size", '"7"', "7")
case("size", "size", "-9223372036854775808", "-9223372036854775808")
for raw in ("2147483648", "-2147483649", '"x"', "1.0", "[1]"):
    case("min_ram", "min_ram", raw, None)
for raw in ('"yes"', "1", "0", "{}", '"t"'):
    case("protected", "protected", raw, None)
case("protected", "protected", '"TRUE"', "true")
for raw in ('"x"', "{}", "5", "true"):
    case("tags", "tags", raw, None)
case("tags", "tags", "[1, null, true]", "{1,NULL,true}")
case("tags", "tags", r'["a\u0000"]', "{a\ufffd}", replaced=True)
for raw, text in ((r'"a\u0000b"', "a\ufffdb"), (r'"\ud800"', "\ufffd"), (r'"\udc00\ud800x"', "\ufffd\ufffdx"),
                  ('"\udcff\udcfe!"', "\ufffd\ufffd!")):
    case("name", "name", raw, text, replaced=True)
case("name", "name", r'"\ud83d\ude00"', "\U0001f600")
for raw, text in (("5", "5"), ("true", "true"), ('{"a": 1}', '{"a": 1}'), ("null", None)):
    case("name", "name", raw, text)

# Custom properties of any size and shape. A number that jsonb cannot hold is shown as a string of the same text.
for raw in ("-0", "1E400", "1e-400", "[]", '{"a": {"b": [1, 2, {"c": null}]}}', "[" * 50 + "]" * 50,
            '"' + "x" * 5000000 + '"', "1" + "0" * 10000, "0." + "1" * 10000):
    send("os_x", raw)
    is_((len(rows(cur, "SELECT length(properties::text) FROM g.images WHERE properties ? 'os_x'")), notices(cur)), (1, []),
        f"a property of {raw[:30]} ({len(raw)} bytes)")
for raw in ("1" + "0" * 100000, "0." + "1" * 16000, "1" + "0" * 8000 + "e-9999"):
    send("os_x", raw)
    is_(rows(cur, "SELECT name FROM g.images WHERE (properties ->> 'os_x')::numeric = %s::numeric", [raw]), [("n2",)],
        f"near what jsonb can hold, number or string: {raw[:20]} ({len(raw)} bytes)")
    notices(cur)
BEYOND = ("1e999999", "1e131072", "-1e-20000", "0." + "1" * 20000, "0." + "1" * 9000 + "e-9999", "1" + "0" * 200000)
for raw in BEYOND:
    for table, column in (("g.images", "properties"), ("n.images", "document"), ("imagecat.list_images('g')", "properties")):
        send("os_x", raw)
        name = f"{table}: a property of {raw[:20]} ({len(raw)} bytes)"
        query = f"SELECT name, {column} -> 'os_x' FROM {table} WHERE {column} ? 'os_x' OR {column} IS NULL"
        error = error_of(cur, query)
        found = notices(cur)
        ok(error is None and len(found) == 1, f"{name}: one warning, no error")
        if error:
            diag(error)
            continue
        like(found[0] if found else "", rf'"{column}": 1 with U\+FFFD or a string for what cannot be held. The first: column '
             rf'"{column}" of image "{bad_id}" was sent as ', f"{name}: the warning says so")
        is_(rows(cur, query), [("n2", raw)], f"{name}: shown as a string of the same text")
        others_now = rows(cur, f"SELECT t::text FROM {table} t WHERE id <> '{bad_id}'")
        is_(sorted(others_now), others_native if column == "document" else others, f"{name}: the others are unaffected")
        notices(cur)
cloud.clear()
cloud.fault("override", id=bad_id, raw={"os_x": '{"a": ["\\"1e999999\\"", -1e999999, {"1e999999": 1e999999}], "b": 1e5}'},
            times=None)
is_(rows(cur, "SELECT properties -> 'os_x' FROM g.images WHERE properties ? 'os_x'"),
    [({"a": ['"1e999999"', "-1e999999", {"1e999999": "1e999999"}], "b": 100000},)], "such numbers within, beside others")
is_(len(notices(cur)), 1, "such numbers within, beside others: one warning")
send("os_x", r'"a\u0000b\ud800"')
is_(rows(cur, "SELECT properties ->> 'os_x' FROM g.images WHERE properties ? 'os_x'"), [("a\ufffdb\ufffd",)],
    "what text cannot hold inside properties")
notices(cur)

# One warning for all, with how many in each column and where the first was; a rescan adds to it.
cloud.clear()
cloud.fault("override", values={"size": "many", "created_at": "yesterday"}, raw={"name": r'"\u0000"'}, times=None)
rows(cur, "SELECT * FROM g.images")
found = notices(cur)
is_(len(found), 1, "many bad values: one warning")
like(found[0], '^WARNING:  15 values of server "g" do not fit their columns', "many bad values: how many")
for part in ('"size": 5 as NULL', '"created_at": 5 as NULL', r'"name": 5 with U\+FFFD'):
    like(found[0], part, f"many bad values: {part}")
send("size", "1e3", values={"min_ram": "x"})
rows(cur, "SELECT id, size, min_ram FROM g.images")
found = notices(cur)
like(found[0] if found else "", '^DETAIL:  They were read in column "size": 1 as NULL, "min_ram": 1 as NULL. The first: '
     'column "[a-z_]+" of image "[-0-9a-f]{36}" was sent as "[^"]+".$', "the whole DETAIL")
cloud.clear()
cloud.fault("override", values={"size": "many", "created_at": "yesterday"}, raw={"name": r'"\u0000"'}, times=None)
cloud.clear()
send("size", '"many"')
cur.execute("SET enable_material = off")
rows(cur, "SELECT (SELECT sum(size) FROM g.images WHERE size > v OR size IS NULL) FROM generate_series(1, 3) v")
found = notices(cur)
is_(len(found), 1, "three executions of one scan: one warning")
like(found[0] if found else "", '"size": 1 as NULL', "three executions of one scan: what came once is counted once")
cur.execute("BEGIN; DECLARE c CURSOR FOR SELECT * FROM g.images; FETCH 5 FROM c; CLOSE c; COMMIT")
is_(len(notices(cur)), 1, "a cursor warns when it is closed")
cur.execute("RESET enable_material")

# What is sorted by cannot be missing: an error that tells the way out.
send("created_at", '"yesterday"')
error = error_of(cur, "SELECT id FROM g.images ORDER BY created_at")
is_(error and error.pgcode, "HV00K", "an order by a value that is none: SQLSTATE")
cur.execute("SET imagecat.enable_pushdown = off")
is_(rows(cur, "SELECT name FROM g.images ORDER BY created_at DESC LIMIT 1"), [("n2",)], "the way out")
cur.execute("RESET imagecat.enable_pushdown")

# In a plan with parallel workers too
cur.execute("""CREATE TABLE big AS SELECT g FROM generate_series(1, 200000) g; ANALYZE big; SET parallel_setup_cost = 0;
    SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0""")
send("os_x", "1e999999")
query = ("SELECT count(DISTINCT id), count(DISTINCT properties ->> 'os_x'), max(properties ->> 'os_x') FROM big, "
         "(SELECT id, properties FROM g.images OFFSET 0) i WHERE g % 2 = 0 AND properties IS DISTINCT FROM '{}'")
like("\n".join(line for (line,) in rows(cur, "EXPLAIN " + query)), "Gather", "the plan has workers")
error = error_of(cur, query)
if ok(error is None, "a bad value under a parallel plan is no error either"):
    is_(rows(cur, query), [(5, 1, "1e999999")], "all images, the value shown")
else:
    diag(error)

cloud.stop()
done()
