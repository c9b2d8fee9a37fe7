#!/usr/bin/python3
"""Proves that ANALYZE counts all images in one listing and samples them fairly, as the table's owner, in partitions and
of local relations too; and that the planner's estimates are then within three times of what comes."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud, USER  # noqa: E402
from cloud.images import plain_image  # noqa: E402
from imagecat import connect, error_of, fresh_database, notices, rows, server, value  # noqa: E402
from tap import diag, done, is_, like, ok  # noqa: E402

cur = fresh_database("t26_analyze").cursor()
cloud = Cloud(images=2000, seed=5, mode="believable").start()
small = Cloud(images=40, seed=6, mode="believable").start()
server(cur, "g", cloud.url, page_size=100)
server(cur, "s", small.url, page_size=100)
everything = len(cloud.documents(USER))


def known(table):
    """What pg_class has of a table: rows, and whether there are pages."""
    [[tuples, pages]] = rows(cur, f"SELECT reltuples, relpages > 0 FROM pg_class WHERE oid = '{table}'::regclass")
    return tuples, pages


def estimate(query):
    """How many rows the planner expects, and how many there are."""
    plan = value(cur, "EXPLAIN (FORMAT json) " + query)[0]["Plan"]
    cur.execute(query)
    return plan["Plan Rows"], cur.rowcount


def is_close(query, name=None, times=3):
    expected, found = estimate(query)
    ratio = max(expected, 1) / max(found, 1)
    if not ok(1 / times <= ratio <= times, f"estimate: {name or query}"):
        diag(f"{expected} rows were expected, {found} came: {ratio:.2f} times")


# Before: the server's option, or its default
is_(known("g.images"), (-1, False), "never analyzed")
is_(estimate("SELECT FROM g.images")[0], 1000, "before: the default")
cur.execute("ALTER SERVER g OPTIONS (ADD estimated_images '1500')")
is_(estimate("SELECT FROM g.images")[0], 1500, "before: the server's option")

# One listing, counted exactly
cloud.clear()
cur.execute("ANALYZE VERBOSE g.images")
targets = [record.target for record in cloud.requests]
is_(known("g.images"), (everything, True), "the number of images is exact")
is_(len(targets), len(set(targets)), "no request was made twice")
pages = [sum(1 for target in targets if f"os_hidden={hidden}" in target) for hidden in ("false", "true")]
is_(sum(pages), len(targets), "two listings, of visible and hidden images, and nothing else")
like("\n".join(notices(cur)), f'"images": {everything} images listed; {everything} of them in the sample',
     "VERBOSE tells")
is_(estimate("SELECT FROM g.images")[0], everything, "the planner knows")
is_(value(cur, "SELECT count(*) FROM pg_stats WHERE schemaname = 'g' AND n_distinct = -1 AND attname = 'id'"), 1,
    "id is unique")

# Estimates of what people ask for
for condition in ("status = 'active'", "status <> 'active'", "status IN ('queued', 'deactivated')",
                  "visibility = 'public'", "visibility = 'private'", "NOT hidden", "hidden", "protected",
                  "os = 'linux'", "size >= 1000000000", "size < 300000000", "size BETWEEN 300000000 AND 900000000",
                  "size IS NULL",
                  "created_at >= '2025-01-01'", "created_at < '2023-06-01'",
                  "created_at BETWEEN '2024-01-01' AND '2024-07-01'", "tags @> '{lts}'", "'lts' = ANY (tags)",
                  "name = 'no such name'", "name LIKE 'debian%'", "disk_format = 'qcow2'",
                  "min_disk >= 20", "status = 'active' AND NOT hidden AND size >= 1000000000",
                  "created_at >= '2025-01-01' AND os = 'linux'"):
    is_close("SELECT id FROM g.images WHERE " + condition, condition)
[[an_id, a_name]] = rows(cur, "SELECT id, name FROM g.images WHERE name IS NOT NULL ORDER BY id LIMIT 1")
is_close(f"SELECT id FROM g.images WHERE id = '{an_id}'", "id =")
is_close(f"SELECT id FROM g.images WHERE name = '{a_name}'", "name =")
is_close("SELECT id FROM g.images WHERE id = ANY (ARRAY(SELECT id FROM g.images LIMIT 10))", "id of a sub-select")
is_close("SELECT a.id FROM g.images a JOIN g.images b USING (id)", "a join on id")
is_close("SELECT DISTINCT status FROM g.images", "DISTINCT status")
is_close("SELECT owner, os FROM g.images GROUP BY owner, os", "GROUP BY owner, os", times=5)

is_close("SELECT id FROM g.images WHERE properties @> '{\"os_distro\": \"debian\"}'", "properties @>")

# A member of properties has statistics of its own, if asked for
query = "SELECT id FROM g.images WHERE properties ->> 'os_distro' = 'debian'"
diag("properties without statistics: %d expected, %d came" % estimate(query))
cur.execute("CREATE STATISTICS g.distro ON (properties ->> 'os_distro') FROM g.images; ANALYZE g.images")
is_close(query, "properties ->> 'os_distro', with CREATE STATISTICS")

# A sample smaller than the set
cur.execute("SET default_statistics_target = 1; ANALYZE VERBOSE g.images")
like("\n".join(notices(cur)), rf'"images": {everything} images listed; 300 of them in the sample', "a sample of 300")
is_(known("g.images"), (everything, True), "a smaller sample: the number is exact all the same")
is_close("SELECT id FROM g.images WHERE status = 'active'", "of a sample: status =")
is_close("SELECT id FROM g.images WHERE size >= 1000000000", "of a sample: size >=")
# The sample has every part of the listing: the middle of its times moves little
[[middle]] = rows(cur, "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY created_at) FROM g.images")
is_close(f"SELECT id FROM g.images WHERE created_at < '{middle}'", "of a sample: the older half", times=1.4)
is_close(f"SELECT id FROM g.images WHERE created_at >= '{middle}'", "of a sample: the newer half", times=1.4)
cur.execute("RESET default_statistics_target; ANALYZE g.images (status, size)")
is_(known("g.images"), (everything, True), "some columns only")
cur.execute("BEGIN; ANALYZE g.images; COMMIT")
is_(known("g.images"), (everything, True), "in a transaction")
cur.execute("ANALYZE g.images, s.images")
is_(known("s.images"), (len(small.documents(USER)), True), "two tables")
notices(cur)

# Other shapes of tables
cur.execute("CREATE SCHEMA n; IMPORT FOREIGN SCHEMA native FROM SERVER g INTO n; ANALYZE n.images")
is_(known("n.images"), (everything, True), "native columns")
cur.execute("""CREATE FOREIGN TABLE few (id text, gone text, status text) SERVER g;
    ALTER TABLE few DROP gone; ANALYZE few""")
is_(known("few"), (everything, True), "a dropped column")
is_close("SELECT FROM few WHERE status = 'active'", "behind a dropped column")
cur.execute("CREATE FOREIGN TABLE none () SERVER g; ANALYZE none")
is_(known("none"), (everything, True), "no column at all")

# Bad values: one WARNING as in a scan
cloud.fault("override", id=an_id, raw={"size": '"many"'}, times=None)
cur.execute("ANALYZE g.images")
warnings = notices(cur)
is_(len(warnings), 1, "a bad value: one warning")
like("".join(warnings), '1 value of server "g" does not fit its column', "a bad value: which")
cloud.clear()

# Errors leave what was known
cloud.fault("status", status=500, times=None)
is_(error_of(cur, "ANALYZE g.images").pgcode, "HV000", "the service fails: an error")
is_(known("g.images"), (everything, True), "the service fails: what was known stays")
cloud.clear()

# An empty catalog: nothing is expected, until it is analyzed anew
empty = Cloud(images=0).start()
server(cur, "e", empty.url)
cur.execute("ANALYZE e.images")
is_((known("e.images"), estimate("SELECT FROM e.images")), ((0, True), (1, 0)), "an empty catalog is known to be so")
empty.store.replace([plain_image(name=f"n{number}") for number in range(7)])
cur.execute("ANALYZE e.images")
is_((known("e.images"), estimate("SELECT FROM e.images")), ((7, True), (7, 7)), "images came")
empty.fault("status", status=500, times=None)
is_(estimate("SELECT FROM s.images WHERE false")[0] <= 1, True, "planning asks nothing")

# Partitions: the parent's sample has its part of each
cur.execute("""CREATE TABLE catalog (LIKE imagecat.images) PARTITION BY LIST (source);
    CREATE FOREIGN TABLE catalog_g PARTITION OF catalog FOR VALUES IN ('g') SERVER g;
    CREATE FOREIGN TABLE catalog_s PARTITION OF catalog FOR VALUES IN ('s') SERVER s;
    CREATE TABLE catalog_l PARTITION OF catalog FOR VALUES IN ('l');
    ALTER TABLE catalog ALTER source SET STATISTICS 3;
    INSERT INTO catalog_l (source, id, status) SELECT 'l', n, 'active' FROM generate_series(1, 100) n;
    ANALYZE catalog""")
total = everything + len(small.documents(USER)) + 100
is_([known(table)[0] for table in ("catalog", "catalog_g", "catalog_s", "catalog_l")],
    [total, everything, total - everything - 100, 100], "partitions: each counted, and all together")
cur.execute("SET default_statistics_target = 1; ANALYZE catalog; RESET default_statistics_target")
is_(known("catalog")[0], total, "partitions: the number of all")
[[sources, parts]] = rows(cur, """SELECT most_common_vals::text::text[], most_common_freqs
    FROM pg_stats WHERE tablename = 'catalog' AND inherited AND attname = 'source'""")
part = dict(zip(sources, parts))
share, fair = part["s"] / (part["g"] + part["s"]), (total - everything - 100) / (total - 100)
ok(fair / 2 < share < fair * 2, f"partitions: the sample has a fair part of each service ({share:.3f}, {fair:.3f})")
cur.execute("""CREATE TABLE parent (LIKE imagecat.images); CREATE FOREIGN TABLE child () INHERITS (parent) SERVER s;
    ANALYZE parent""")
is_(value(cur, "SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'parent' AND inherited"), True, "inheritance")
notices(cur)

# Local relations, read as the table's owner
cur.execute("""INSERT INTO imagecat.images SELECT * FROM g.images;
    CREATE SERVER l FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local');
    CREATE SCHEMA l; IMPORT FOREIGN SCHEMA catalog FROM SERVER l INTO l; ANALYZE l.images""")
is_(known("l.images"), (everything, True), "api local")
is_close("SELECT FROM l.images WHERE status = 'active'", "api local: status =")
cur.execute("""CREATE FOREIGN TABLE l.few (id text, gone text, status text) SERVER l;
    ALTER TABLE l.few DROP gone; ANALYZE l.few""")
is_close("SELECT FROM l.few WHERE status = 'active'", "api local: behind a dropped column")
cur.execute("""DROP ROLE IF EXISTS t26_owner; CREATE ROLE t26_owner; GRANT USAGE ON FOREIGN SERVER g, l TO t26_owner;
    ALTER TABLE l.images OWNER TO t26_owner; GRANT USAGE ON SCHEMA imagecat TO t26_owner""")
is_(error_of(cur, "ANALYZE l.images").pgcode, "42501", "api local: a superuser's ANALYZE reads as the owner")
cur.execute("GRANT SELECT ON imagecat.images TO t26_owner; ANALYZE l.images")

# The owner's user mapping, whoever asks
cur.execute("""ALTER TABLE g.images OWNER TO t26_owner;
    CREATE USER MAPPING FOR t26_owner SERVER g OPTIONS (token 'u-t2:t2:member')""")
cloud.clear()
cur.execute("ANALYZE g.images")
is_({record.headers["x-auth-token"] for record in cloud.requests}, {"u-t2:t2:member"}, "the owner's credentials")
is_(known("g.images")[0], len(cloud.documents("u-t2:t2:member")), "what the owner sees")
cur.execute("""DROP ROLE IF EXISTS t26_other; CREATE ROLE t26_other; GRANT USAGE ON SCHEMA g TO t26_other;
    SET ROLE t26_other""")
cloud.clear()
notices(cur)
cur.execute("ANALYZE g.images")
is_((len(cloud.requests), len(notices(cur))), (0, 1), "another user may not: a warning, and nothing is asked")
cur.execute("RESET ROLE")

# Cancel acts while the service is silent
cloud.fault("stall", times=None)
cur.execute("SET statement_timeout = '200ms'")
is_(error_of(cur, "ANALYZE g.images").pgcode, "57014", "cancelled")
cur.execute("RESET statement_timeout")
cloud.release()
cloud.clear()

cur.execute("DROP SERVER g, s, e, l CASCADE; DROP OWNED BY t26_owner, t26_other; DROP ROLE t26_owner, t26_other")
for each in (cloud, small, empty):
    each.stop()
done()
