#!/usr/bin/python3
"""Proves that EXPLAIN tells in every format what a scan asks and, with ANALYZE, what came of it, in plans of any shape;
that its counters are those of the service; and that without ANALYZE nothing is sent."""
import json
import os
import re
import sys
from xml.etree import ElementTree

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from imagecat import fresh_database, requests_in, rows, server, value  # noqa: E402
from tap import done, is_, like, ok, unlike  # noqa: E402

COUNTERS = {"Requests", "Pages", "Images Received", "Bytes Received", "Retries"}
XML = "{http://www.postgresql.org/2009/explain}"
cur = fresh_database("t28_explain").cursor()
cloud = Cloud(images=100, seed=2).start()
other = Cloud(images=30, seed=3).start()
server(cur, "g", cloud.url, page_size=20)
server(cur, "o", other.url)
an_id, another_id = sorted(document["id"] for document in cloud.documents())[:2]
cur.execute("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off")


def scans(query, *options):
    """The foreign scans of the plan, as EXPLAIN's JSON has them."""
    found = []

    def search(node):
        if node["Node Type"] == "Foreign Scan":
            found.append(node)
        for child in node.get("Plans", ()):
            search(child)

    search(value(cur, f"EXPLAIN ({', '.join(options + ('FORMAT json',))}) {query}")[0]["Plan"])
    return found


def xml_scans(query, *options):
    """The same of its XML."""
    text = "\n".join(line for (line,) in rows(cur, f"EXPLAIN ({', '.join(options + ('FORMAT xml',))}) {query}"))
    found = []
    for node in ElementTree.fromstring(text).iter(XML + "Plan"):
        members = {child.tag.removeprefix(XML).replace("-", " "): child for child in node}
        if members["Node Type"].text == "Foreign Scan":
            found.append({name: [item.text for item in child] or child.text for name, child in members.items()})
    return found


def yaml_scans(query, *options):
    """The same of its YAML, as far as scalars and lists of them go."""
    found, item = [], None
    [[text]] = rows(cur, f"EXPLAIN ({', '.join(options + ('FORMAT yaml',))}) {query}")
    for line in text.splitlines():
        member = re.fullmatch(r" *(?:- )?([A-Z][A-Za-z -]*): (.*)", line)
        listed = re.fullmatch(r" *- (\".*\")", line)
        if member and member[1] == "Node Type":
            item = {} if json.loads(member[2]) == "Foreign Scan" else None
            found += [item] if item is not None else []
        if item is None:
            continue
        if listed:
            item[last].append(json.loads(listed[1]))
        elif member:
            last = member[1]
            item[last] = [] if member[2] == "" else json.loads(member[2]) if member[2][0] == '"' else member[2]
    return found


def text_of(query, *options):
    return "\n".join(line for (line,) in rows(cur, f"EXPLAIN ({', '.join(options or ('COSTS OFF',))}) {query}"))


# Each format tells the same
QUERY = "SELECT name FROM g.images WHERE status = 'active' AND size > 5 AND name LIKE '%\"%'"
expected = [f"GET /v2/images?limit=20&os_hidden={hidden}&size_min=6&status=eq:active&visibility=all&member_status=all"
            for hidden in ("false", "true")]
is_(sorted(requests_in(text_of(QUERY))), sorted(expected), "text: a line for each request")
cloud.clear()
for name, function in (("JSON", scans), ("XML", xml_scans), ("YAML", yaml_scans)):
    [scan] = function(QUERY)
    is_(scan["Remote Request"], expected, f"{name}: a list of requests")
    is_(COUNTERS & set(scan), set(), f"{name}: no counters without ANALYZE")
is_(cloud.requests, [], "nothing was sent")
for name, function in (("JSON", scans), ("XML", xml_scans), ("YAML", yaml_scans)):
    cloud.clear()
    [scan] = function(QUERY, "ANALYZE")
    is_({counter: int(scan[counter]) for counter in COUNTERS - {"Bytes Received"}},
        {"Requests": len(cloud.requests), "Pages": len(cloud.requests), "Retries": 0,
         "Images Received": int(scan["Actual Rows"]) + int(scan["Rows Removed by Filter"])}, f"{name}: what came of it")
    ok(int(scan["Bytes Received"]) > 1000 and float(scan["Wait Time"]) >= 0, f"{name}: bytes and the time waited")
    [scan] = function(QUERY, "ANALYZE", "TIMING OFF")
    is_("Wait Time" in scan, False, f"{name}: no times with TIMING OFF")
    [scan] = function(QUERY, "ANALYZE", "VERBOSE", "BUFFERS OFF", "COSTS OFF")
    is_((scan["Remote Request"], scan["Schema"]), (expected, "g"), f"{name}: VERBOSE, BUFFERS OFF, COSTS OFF")
is_(type(scans(QUERY, "ANALYZE")[0]["Requests"]), int, "JSON: counters are numbers")
plan = text_of(QUERY, "ANALYZE", "BUFFERS OFF", "SUMMARY OFF")
like(plan, r"^ +Requests: \d+\n +Pages: \d+\n +Images Received: \d+\n +Bytes Received: \d+\n +Retries: 0\n"
           r" +Wait Time: \d+\.\d{3} ms$", "text: counters in order, times in milliseconds")
unlike(text_of(QUERY, "ANALYZE", "TIMING OFF", "SUMMARY OFF"), "Wait Time|time=", "text: no times with TIMING OFF")
like(text_of(QUERY, "VERBOSE", "COSTS OFF"), "^Foreign Scan on g.images\n +Output: name$", "text: VERBOSE")

# Retries
cloud.fault("status", status=503, headers={"Retry-After": "0"}, times=2)
[scan] = scans("SELECT id FROM g.images WHERE NOT hidden AND name = 'x'", "ANALYZE")
is_((scan["Requests"], scan["Retries"], scan["Pages"]), (3, 2, 1), "retries")

# A loop: all executions together, and a parameter for what differs
LOOP = f"""SELECT (SELECT name FROM g.images i WHERE i.id = v.id)
    FROM (VALUES ('{an_id}'), ('{another_id}'), ('{an_id[:-12]}000000000000'), (NULL)) AS v (id)"""
like(text_of(LOOP), r"Remote Request: GET /v2/images/\$\d+$", "a loop: the id is a parameter")
cloud.clear()
[scan] = scans(LOOP, "ANALYZE")
is_((scan["Actual Loops"], scan["Requests"], scan["Images Received"], scan["Pages"]), (4, 3, 2, 2),
    "a loop: counters of all executions; a NULL is not asked for")
like(scan["Remote Request"][0], r"^GET /v2/images/\$\d+$", "a loop, executed: the id is a parameter still")
is_(len(cloud.requests), 3, "a loop: requests as the service has them")
cloud.clear()
[outer, inner] = scans("""SELECT b.name FROM (SELECT id FROM g.images WHERE NOT hidden LIMIT 3) a
    CROSS JOIN LATERAL (SELECT name FROM g.images i WHERE i.id = a.id LIMIT 1) b""", "ANALYZE")
is_((outer["Requests"] + inner["Requests"], inner["Actual Loops"]), (len(cloud.requests), 3),
    "two scans: each counts its own")

# What is known only while executing, and what never is
cloud.clear()
query = f"SELECT name FROM g.images WHERE id = (SELECT '{an_id}' FROM pg_class LIMIT 1)"
like(text_of(query), r"GET /v2/images/\$\d+$", "an InitPlan's value is a parameter")
is_(cloud.requests, [], "and EXPLAIN sends nothing")
[scan] = scans(query, "ANALYZE")
is_((scan["Requests"], cloud.requests[-1].target), (1, f"/v2/images/{an_id}"), "which is sent in its place")
cloud.clear()
query = "SELECT id FROM g.images WHERE (SELECT count(*) FROM pg_class) < 0"
for name, function in (("JSON", scans), ("XML", xml_scans), ("YAML", yaml_scans)):
    [scan] = function(query, "ANALYZE")
    is_((int(scan["Actual Loops"]), {int(scan[counter]) for counter in COUNTERS}), (0, {0}), f"{name}: never executed")
like(text_of(query, "ANALYZE", "COSTS OFF"),
     r"Foreign Scan on images \(never executed\)\n( +Remote Request: GET [^\n]*\n)+ +Requests: 0$", "text: never executed")
[scan] = scans("SELECT id FROM g.images WHERE source = 'another'", "ANALYZE")
is_((scan["Remote Request"], scan["Requests"]), (["none"], 0), "no row can pass: no request")
is_(cloud.requests, [], "none of these was asked")

# Prepared statements: EXPLAIN EXECUTE knows the values
cur.execute("SET plan_cache_mode = force_generic_plan; PREPARE p(text, bigint) AS "
            "SELECT id FROM g.images WHERE NOT hidden AND name = $1 AND size > $2")
plan = text_of("EXECUTE p('plain', 5)")
like(plan, r"Filter: .*\(size > \$2\).*\(name = \$1\)", "a generic plan: the filter has parameters")
like(plan, r"Remote Request: GET /v2/images\?limit=20&os_hidden=false&size_min=6&name=eq:plain&",
     "a generic plan: the request is the one that would be sent")
cloud.clear()
[scan] = scans("EXECUTE p('plain', 5)", "ANALYZE")
is_(scan["Remote Request"], [f"GET {record.target}" for record in cloud.requests], "a generic plan: which is sent")
cur.execute("RESET plan_cache_mode")
if cur.connection.server_version >= 160000:
    like(text_of("SELECT id FROM g.images WHERE name = $1", "GENERIC_PLAN"), r"name=eq:\$1", "GENERIC_PLAN")

# Plans with several tables
both = scans("SELECT id FROM g.images WHERE NOT hidden UNION ALL SELECT id FROM o.images WHERE NOT hidden", "ANALYZE")
is_(sum(scan["Images Received"] for scan in both),
    sum(1 for service in (cloud, other) for document in service.documents() if not document["os_hidden"]),
    "UNION ALL: each counts its own images")
cur.execute("CREATE TABLE kept AS SELECT id FROM g.images LIMIT 0")
cur.execute("BEGIN")
[scan] = scans("INSERT INTO kept SELECT id FROM g.images WHERE NOT hidden", "ANALYZE")
is_(scan["Actual Rows"], value(cur, "SELECT count(*) FROM kept"), "EXPLAIN ANALYZE INSERT")
cur.execute("ROLLBACK")

# What is sent is what was shown, for first pages: whatever the query
for query in (f"id = '{an_id}'", f"id IN ('{an_id}', '{another_id}')", "NOT hidden", "hidden AND protected",
              "created_at >= '2024-01-01' ORDER BY created_at", "tags @> '{lts}' LIMIT 3",
              "properties ->> 'os_distro' = 'debian'"):
    query = "SELECT name FROM g.images WHERE " + query
    cloud.clear()
    shown = requests_in(text_of(query))
    is_(cloud.requests, [], "EXPLAIN asks nothing")
    rows(cur, query)
    firsts = [f"GET {record.target}" for record in cloud.requests if "marker=" not in record.target]
    is_(sorted(set(firsts) - set(shown)), [], f"what is sent was shown: {query}")
    if "LIMIT" not in query:
        is_(sorted(firsts), sorted(shown), f"and all of it: {query}")

cloud.stop()
other.stop()
done()
