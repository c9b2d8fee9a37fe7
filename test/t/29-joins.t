#!/usr/bin/python3
"""Proves that joins ask a service once for each value while that is the cheaper way and for the whole listing when it
is not, never twice for the same, and give the rows of a local copy; and that estimates are near what happened."""
import os
import re
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from imagecat import explain, figure_in, fresh_database, rows, server, value  # noqa: E402
from tap import diag, done, is_, like, ok, unlike  # noqa: E402

cur = fresh_database("t29_joins").cursor()
cloud = Cloud(images=6000, seed=1, mode="varied").start()
server(cur, "g", cloud.url, estimated_images=6000)
cur.execute("""SET enable_memoize = off;            -- the scan's own memory is what is looked at
    CREATE TABLE copy AS SELECT * FROM g.images; CREATE UNIQUE INDEX ON copy (id); ANALYZE copy;
    CREATE FUNCTION g.numbered(wanted int) RETURNS TABLE (at bigint, id text) LANGUAGE sql STABLE AS
'SELECT row_number() OVER (ORDER BY id), id FROM (SELECT id FROM copy WHERE owner IS NOT NULL
         ORDER BY md5(id) LIMIT wanted) AS few'""")
for count in (5, 10, 5000):
    cur.execute(f"CREATE TABLE id{count} AS SELECT * FROM g.numbered({count}); ANALYZE id{count}")
cur.execute("CREATE TABLE twice AS SELECT at, id FROM id5, generate_series(1, 3); ANALYZE twice")
cloud.clear()
rows(cur, "SELECT FROM g.images")
LISTING = len(cloud.requests)


def lookups():
    return sum(bool(re.match(r"/v2/images/[-0-9a-f]{36}$", record.target)) for record in cloud.requests)


def listings():
    return sum(record.target.startswith("/v2/images?") for record in cloud.requests)


asked = []              # requests for pages of each check


def check(name, query, expected_lookups, expected_listings=0, near=True):
    """Runs the query on both sides: rows and requests. Gives the plan."""
    wanted = sorted(rows(cur, query.format("copy")), key=repr)
    cloud.clear()
    found = sorted(rows(cur, query.format("g.images")), key=repr)
    is_(found, wanted, f"{name}: the rows of a local copy, {len(wanted)}")
    ok(lookups() == expected_lookups if isinstance(expected_lookups, int) else lookups() in expected_lookups,
       f"{name}: {lookups()} look-ups")
    ok(bool(listings()) == bool(expected_listings) and listings() <= LISTING, f"{name}: {listings()} requests for pages")
    asked.append(listings())
    cur.execute("EXPLAIN ANALYZE " + query.format("g.images"))
    plan = "\n".join(line for (line,) in cur.fetchall())
    if near:
        for line in plan.splitlines():
            numbers = re.search(r"rows=(\d+) width=\d+\) \(actual time=\S+ rows=(\d+) loops=([1-9]\d*)\)", line)
            if numbers:
                estimated, actual = max(int(numbers[1]), 1), max(int(numbers[2]), 1)
                ok(max(estimated / actual, actual / estimated) <= 3,
                   f"{name}: {estimated} rows estimated, {actual} came: {line.strip().split('  (')[0]}") or diag(plan)
    return plan


check("five ids", "SELECT i.at, m.name FROM id5 i JOIN {} m USING (id)", 5)
check("ten ids", "SELECT i.at, m.name FROM id10 i JOIN {} m USING (id)", 10)
check("five thousand ids", "SELECT i.at, m.name FROM id5000 i JOIN {} m USING (id)", 0, 1)
check("lateral, five ids", "SELECT i.at, m.name FROM id5 i, LATERAL (SELECT * FROM {} WHERE id = i.id) m", 5)
check("lateral, five thousand ids", "SELECT i.at, m.name FROM id5000 i, LATERAL (SELECT * FROM {} WHERE id = i.id) m", 0, 1)
check("lateral with limit, five ids",
      "SELECT i.at, m.name FROM id5 i, LATERAL (SELECT * FROM {} WHERE id = i.id LIMIT 1) m", 5)
plan = check("lateral with limit, five thousand ids",
             "SELECT i.at, m.name FROM id5000 i, LATERAL (SELECT * FROM {} WHERE id = i.id LIMIT 1) m", range(1, 200), 1)
ok(figure_in(plan, "Answers Reused") > 4000, "lateral with limit, five thousand ids: most come from the whole listing") or diag(plan)
check("an outer join", "SELECT i.at, m.name FROM id10 i LEFT JOIN {} m ON m.id = i.id AND m.status = 'active'", 10)
for count, pages in (5, 2), (10, 2), (5000, LISTING):
    plan = check(f"a semi-join, {count} ids", f"SELECT name FROM {{}} WHERE id IN (SELECT id FROM id{count})", 0, 1)
    is_(asked[-1], pages, f"a semi-join, {count} ids: {pages} requests")
    (unlike if count == 5000 else like)(plan, "Images by Keys", f"a semi-join, {count} ids: the plan")
check("an anti-join", "SELECT at FROM id10 i WHERE NOT EXISTS (SELECT FROM {} m WHERE m.id = i.id AND NOT m.protected)",
      10, near=False)
check("a list made by a sub-query", "SELECT name FROM {} WHERE id = ANY (ARRAY(SELECT id FROM id10))", 0, 1, near=False)
is_(asked[-1], 2, "a list made by a sub-query: sent as a list")
plan = check("ids that come again", "SELECT i.at, m.name FROM twice i JOIN {} m USING (id)", 5)
is_((figure_in(plan, "Requests"), figure_in(plan, "Answers Reused")), (5, 10), "ids that come again: EXPLAIN's figures")
check("a correlated sub-query", "SELECT (SELECT m.name FROM {} m WHERE m.id = i.id) FROM twice i", 5)
check("a correlated EXISTS", "SELECT EXISTS (SELECT FROM {} m WHERE m.id = i.id AND m.size > 0) OR i.at < 0 FROM twice i",
      5, near=False)
check("no parameter at all", "SELECT i.at, m.c FROM twice i, LATERAL (SELECT count(*) AS c FROM {} WHERE id = i.id) m", 5)

# what the planner cannot know
cur.execute("CREATE TABLE guess AS SELECT * FROM id5000")
cur.execute("ALTER TABLE guess SET (autovacuum_enabled = off)")
plan = check("ids from a function that is thought to give ten",
             "SELECT count(m.name) FROM unnest((SELECT array_agg(id) FROM guess)) AS i (id) JOIN {} m USING (id)",
             range(0, 200), 1, near=False)

# by name: a listing for each, on the remote index
cur.execute("""CREATE TABLE names AS SELECT DISTINCT name FROM copy WHERE name IS NOT NULL ORDER BY 1 LIMIT 3;
    ANALYZE names""")
cloud.clear()
is_(sorted(rows(cur, "SELECT m.id FROM names JOIN g.images m USING (name)")),
    sorted(rows(cur, "SELECT m.id FROM names JOIN copy m USING (name)")), "by name: the rows of a local copy")
unlike(explain(cur, "SELECT m.id FROM names JOIN g.images m USING (name)"), "Remote Request: GET /v2/images/",
       "by name: no look-up")

# lists of keys: whatever is among them, and where the service takes unequal ones for equal
loose = Cloud(images=300, seed=1, mode="varied", database="mariadb").start()
server(cur, "loose", loose.url)
cur.execute("""CREATE TABLE loose_copy AS SELECT * FROM loose.images; ANALYZE loose_copy;
    CREATE FOREIGN TABLE loose_typed (id uuid, name varchar) SERVER loose;
    CREATE TABLE keys AS SELECT * FROM (SELECT upper(id), upper(name), 1 FROM loose_copy UNION ALL
        SELECT id, name, 2 FROM loose_copy UNION ALL VALUES (NULL, NULL, 3), ('', '', 4), ('a,b', '"', 5)) AS k (id, name, at)
        WHERE id IS NULL OR hashtext(id) % 25 = 0; ANALYZE keys""")
for name, query in {
        "by id": "SELECT id, name FROM {} WHERE id IN (SELECT id FROM keys)",
        "by name": "SELECT id, name FROM {} WHERE name IN (SELECT name FROM keys)",
        "with another condition": "SELECT id FROM {} WHERE NOT hidden AND name IN (SELECT name FROM keys WHERE at > 1)",
        "no keys": "SELECT id FROM {} WHERE id IN (SELECT id FROM keys WHERE at > 99)",
        "nothing but NULL": "SELECT id FROM {} WHERE id IN (SELECT id FROM keys WHERE at = 3)",
        "in an aggregate": "SELECT status, count(*) FROM {} WHERE id IN (SELECT id FROM keys) GROUP BY status",
        "for each outer row": """SELECT k.at, (SELECT string_agg(i.name, ',' ORDER BY i.id) FROM {} i
            WHERE i.name IN (SELECT n.name FROM keys n WHERE n.at = k.at)) FROM keys k""",
        "within a join": "SELECT i.id, k.at FROM {} i JOIN keys k ON k.id = i.id WHERE i.name IN (SELECT name FROM keys)",
        "with EXISTS": "SELECT id FROM {} i WHERE EXISTS (SELECT FROM keys k WHERE k.name = i.name AND k.at < 4)",
        "ordered": "SELECT created_at, id FROM {} WHERE name IN (SELECT name FROM keys) ORDER BY 1, 2 LIMIT 5"}.items():
    is_(sorted(rows(cur, query.format("loose.images")), key=repr), sorted(rows(cur, query.format("loose_copy")), key=repr),
        f"keys, {name}: the rows of a local copy")
    ok(name not in ("by id", "by name", "with another condition", "in an aggregate", "with EXISTS") or
       "Images by Keys" in explain(cur, query.format("loose.images")), f"keys, {name}: the plan")
loose.clear()
is_(rows(cur, "SELECT id FROM loose.images WHERE id IN (SELECT id FROM keys WHERE at > 99)"), [], "no keys: no rows")
is_(len(loose.requests), 0, "no keys: no request")
is_(value(cur, "SELECT count(*) FROM loose_typed WHERE id IN (SELECT id::uuid FROM keys WHERE at < 3)"),
    value(cur, "SELECT count(*) FROM loose_copy WHERE id::uuid IN (SELECT id::uuid FROM keys WHERE at < 3)"), "keys, by uuid")

# two tables of the service, one leads to the other
cur.execute("CREATE TABLE kernels AS SELECT id, properties ->> 'kernel_id' AS kernel FROM copy LIMIT 200; ANALYZE kernels")
QUERY = """SELECT a.id, k.name FROM {0} a JOIN {0} k ON k.id = a.properties ->> 'kernel_id'
    WHERE a.created_at >= '2024-06-01'"""
is_(sorted(rows(cur, QUERY.format("g.images"))), sorted(rows(cur, QUERY.format("copy"))),
    "an image that names another: the rows of a local copy")

# of a partitioned table, and with another type
cur.execute("""CREATE FOREIGN TABLE typed (id uuid, name text, size bigint) SERVER g;
    CREATE TABLE part (LIKE g.images) PARTITION BY LIST (source);
    ALTER TABLE part ATTACH PARTITION g.images FOR VALUES IN ('g')""")
cloud.clear()
is_(value(cur, "SELECT count(*) FROM id5 i JOIN typed t ON t.id = i.id::uuid"), 5, "by uuid: the rows")
is_((lookups(), listings()), (5, 0), "by uuid: five look-ups")
cloud.clear()
is_(value(cur, "SELECT count(*) FROM id5 i JOIN part t USING (id)"), 5, "a partition: the rows")
is_((lookups(), listings()), (5, 0), "a partition: five look-ups")

# an answer that is left early must not leave its place to one that is kept
left_early = """SELECT s FROM unnest('{{deactivated,active,deactivated,queued,deactivated,saving,active}}'::text[]) AS u(s)
    WHERE EXISTS (SELECT FROM {} m WHERE m.status = s AND (s <> 'deactivated' OR m.name || m.checksum = 'x'))"""
server(cur, "large", cloud.url, estimated_images=10 ** 6)
like(explain(cur, left_early.format("large.images")), "Nested Loop Semi Join", "left early: a loop that stops at a match")
is_(rows(cur, left_early.format("large.images")), rows(cur, left_early.format("copy")),
    "left early: the rows of a local copy")

# a loop that is started again, left early, and one that fails
cloud.clear()
cur.execute("BEGIN; DECLARE c SCROLL CURSOR FOR SELECT i.at, m.name FROM id5 i JOIN g.images m USING (id) ORDER BY at")
first = rows(cur, "FETCH ALL FROM c")
is_(rows(cur, "FETCH BACKWARD ALL FROM c"), first[::-1], "a cursor: backward the same rows")
cur.execute("COMMIT")
is_(lookups(), 5, "a cursor: five look-ups")
cloud.clear()
is_(len(rows(cur, "SELECT m.name FROM id5000 i JOIN g.images m USING (id) LIMIT 3")), 3, "a limit over a join: three rows")
ok(lookups() + listings() <= 5, f"a limit over a join: {lookups()} look-ups, {listings()} pages")
is_(sorted(rows(cur, "SELECT id FROM pg_ls_tmpdir() AS t (id)")), [], "no temporary file is left")
done()
