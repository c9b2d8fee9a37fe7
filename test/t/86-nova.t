#!/usr/bin/python3
# needs: openstack
"""Proves that a table over a real Nova has what Nova's list has, and that any condition, LIMIT and order gives the rows
that a copy of the table gives, while what Nova can filter by is sent to it."""
import contextlib
import json
import os
import sys
import urllib.parse
import uuid

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib")]

import psycopg2  # noqa: E402
from imagecat import explain, figure_in, fresh_database, rows, server  # noqa: E402
from openstack import call, nova_documents, nova_shows_glance, set_options, shows  # noqa: E402
from tap import diag, done, is_, like, ok  # noqa: E402

NOVA, GLANCE = os.environ["NOVA_URL"], os.environ["GLANCE_SQLITE_URL"]
OWNER = "u-t1:t1:member"
VIEWERS = {"t1": OWNER, "t2": "u-t2:t2:member", "admin": "a:t1:admin"}
INSTANCE = str(uuid.uuid5(uuid.NAMESPACE_URL, "imagecat:test:instance"))
SHOWN = "id, name, status, min_ram, min_disk, type, architecture, updated_at"
cur = fresh_database("t86_nova").cursor()
made = contextlib.ExitStack()    # takes away what was made


def make_image(name, image_type, data=b"data", **properties):
    """With a type and a server, which the images of populate.py have not."""
    body = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "private",
            "image_type": image_type, **properties}
    status, _, content = call(GLANCE + "/v2/images", OWNER, body)
    if status != 201:
        raise RuntimeError(f"no image {name}: {status} {content[:300]}")
    image = json.loads(content)["id"]
    made.callback(lambda: call(f"{GLANCE}/v2/images/{image}", OWNER, method="DELETE"))
    if data and call(f"{GLANCE}/v2/images/{image}/file", OWNER, data, "PUT", "application/octet-stream")[0] != 204:
        raise RuntimeError(f"no content for image {name}")


def literal(text):
    return cur.mogrify("%s", (text,)).decode()


def conditions(documents):
    """(condition, the parameter that it is sent as, or "" for any or none)."""
    names = sorted({document["name"] for document in documents if document["name"] is not None})
    special = [name for name in names if not name.lower().startswith(("img", "vm"))]
    for name in special + [name for name in names if name not in special][::60] + ["no such image", "in:plain,Plain"]:
        yield f"name = {literal(name)}", "name=eq:" if name else ""
    yield f"name IN ({', '.join(map(literal, special[:3]))})", ""
    yield "name IS NULL", ""
    for status in ("active", "ACTIVE", "saving", "unknown"):
        yield f"status = '{status}'", "status=ACTIVE" if status == "active" else ""
    for column, parameter, numbers in (("min_ram", "minRam", (0, 512, 7, -1)), ("min_disk", "minDisk", (0, 5, 7))):
        for number in numbers:
            yield f"{column} = {number}", f"{parameter}={number}" if number >= 0 else ""
    times = sorted(document["updated"] for document in documents)
    for text in (times[len(times) // 2], times[-4]):
        for shift in ("0", "1 microsecond", "-1 second"):
            moment = f"(timestamptz {literal(text)} + interval '{shift}')"
            for operator in (">=", ">", "="):
                yield f"updated_at {operator} {moment}", "changes-since="
        yield f"updated_at < {moment}", ""
    for image_type in ("snapshot", "Snapshot", "a,b", "eq:snapshot", "none"):
        yield f"type = {literal(image_type)}", "type="
    yield from (("type IN ('snapshot', 'base')", ""), ("type = ''", ""))
    for disk_bus in ("virtio", "VIRTIO", "none"):
        yield f"properties -> 'metadata' ->> 'hw_disk_bus' = '{disk_bus}'", f"property-hw_disk_bus={disk_bus}"
    for key, text in (("empty_prop", ""), ("é key", "a,b"), ("property_x", "p")):
        yield f"properties -> 'metadata' ->> '{key}' = '{text}'", ""
    yield "properties -> 'metadata' @> '{\"hw_disk_bus\": \"scsi\"}'", ""
    moment = times[len(times) // 2]
    yield f"status = 'active' AND min_ram = 0 AND updated_at >= {literal(moment)}", "status=ACTIVE&"
    yield f"type = 'snapshot' AND status = 'active' AND updated_at >= {literal(moment)}", "type=snapshot"
    yield "status = 'active' AND properties -> 'metadata' ->> 'hw_disk_bus' = 'virtio'", "property-hw_disk_bus=virtio"
    yield f"id = '{documents[7]['id']}'", ""
    yield f"id = '{documents[9]['id']}' AND status = 'active'", ""


def found_by(table, condition, pushdown="on"):
    """The rows, sorted; or the error."""
    cur.execute(f"SET imagecat.enable_pushdown = {pushdown}")
    try:
        found = sorted(map(str, rows(cur, f"SELECT {SHOWN} FROM {table} WHERE {condition}")))
    except psycopg2.Error as error:
        found = [str(error)]
    cur.execute("RESET imagecat.enable_pushdown")
    return found


def whole_table(viewer, documents):
    """The whole table, in few and in many pages, with and without pushdown; leaves VIEWER.copy."""
    expected = sorted(document["id"] for document in documents)
    shows(cur, viewer, f"{viewer}", expected)
    set_options(cur, viewer, "ADD page_size '25'")
    shows(cur, viewer, f"{viewer}, many pages", expected)
    cur.execute("SET imagecat.enable_pushdown = off")
    cur.execute(f"CREATE TABLE {viewer}.copy AS SELECT * FROM {viewer}.images")
    cur.execute("RESET imagecat.enable_pushdown")
    set_options(cur, viewer, "DROP page_size")
    told = rows(cur, f"""SELECT id, name, status, min_ram, min_disk, coalesce(size, 0), type, architecture,
        to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        properties -> 'metadata' FROM {viewer}.copy ORDER BY id COLLATE "C" """)
    is_(told, [(each["id"], each["name"], each["status"].lower(), each["minRam"], each["minDisk"],
                each["OS-EXT-IMG-SIZE:size"] or 0, each["metadata"].get("image_type"),
                each["metadata"].get("architecture"), each["created"], each["updated"], each["metadata"])
               for each in sorted(documents, key=lambda each: each["id"])],
        f"{viewer}: the columns show what the documents say, without pushdown too")


def all_conditions(viewer, documents):
    wrong, unsent, asked, empty = [], [], 0, 0
    for condition, parameter in list(conditions(documents))[:: 1 if viewer == "t1" else 7]:
        copied, pushed = found_by(f"{viewer}.copy", condition), found_by(f"{viewer}.images", condition)
        asked, empty = asked + 1, empty + (not copied)
        if copied != pushed or asked % 20 == 0 and pushed != found_by(f"{viewer}.images", condition, "off"):
            wrong.append((condition, len(copied), len(pushed), pushed[:1]))
        plan = urllib.parse.unquote(explain(cur, f"SELECT id FROM {viewer}.images WHERE {condition}"))
        if parameter and parameter not in plan.split("Remote Request:")[-1]:
            unsent.append((condition, parameter, plan))
    if not ok(not wrong, f"{viewer}: {asked} conditions, {empty} of them true of no image, give the rows of a copy"):
        diag("\n".join(map(str, wrong[:8])))
    if not ok(not unsent, f"{viewer}: what Nova can filter by is sent"):
        diag("\n".join(map(str, unsent[:8])))


def images_of_a_server(viewer, documents):
    cur.execute(f"CREATE SCHEMA {viewer}_native")
    cur.execute(f"IMPORT FOREIGN SCHEMA native FROM SERVER {viewer} INTO {viewer}_native")
    query = f"SELECT id FROM {viewer}_native.images WHERE \"server.id\" = '{INSTANCE}'"
    is_(sorted(row[0] for row in rows(cur, query)),
        sorted(each["id"] for each in documents if each["metadata"].get("instance_uuid") == INSTANCE),
        f"{viewer}: the images of a server")
    like(explain(cur, query), f"[?&]server={INSTANCE}", f"{viewer}: Nova is asked for them")


def limits(viewer, documents):
    expected = {document["id"] for document in documents}
    for page_size, sizes in ((25, (1, 24, 25, 26, len(expected), 1000)), (1000, (7, len(expected) - 1))):
        set_options(cur, viewer, f"{'SET' if page_size == 1000 else 'ADD'} page_size '{page_size}'")
        for limit in sizes:
            got = [identifier for (identifier,) in rows(cur, f"SELECT id FROM {viewer}.images LIMIT {limit}")]
            is_((len(got), len(set(got)), set(got) <= expected), (min(limit, len(expected)),) * 2 + (True,),
                f"{viewer}: LIMIT {limit}, pages of {page_size}")
    plan = explain(cur, f"SELECT id FROM {viewer}.images LIMIT 7", analyze=True)
    like(plan, r"Remote Request: GET /v2\.1/images/detail\?limit=7$", f"{viewer}: the limit is sent")
    is_((figure_in(plan, "Requests"), figure_in(plan, "Images Received")), (1, 7), f"{viewer}: for one request")
    active = {each["id"] for each in documents if each["status"] == "ACTIVE"}
    got = [row[0] for row in rows(cur, f"SELECT id FROM {viewer}.images WHERE status = 'active' LIMIT 40")]
    is_((len(got), len(set(got)), set(got) <= active), (min(40, len(active)),) * 2 + (True,),
        f"{viewer}: a condition and a LIMIT")
    newest = f"SELECT id FROM {viewer}.%s ORDER BY created_at DESC, id LIMIT 9"
    is_(rows(cur, newest % "images"), rows(cur, newest % "copy"), f"{viewer}: an order and a LIMIT")


with made:
    for each_type in ("snapshot", "snapshot", "Snapshot", "base", "a,b", "eq:snapshot", ""):
        make_image(f"of type {each_type}", each_type, instance_uuid=INSTANCE, hw_disk_bus="virtio")
    make_image("snapshot to come", "snapshot", None, instance_uuid=str(uuid.uuid4()), property_x="p", retype_x="r")
    for who, token in VIEWERS.items():
        seen = nova_documents(NOVA, token)
        ok(len(seen) > 150, f"{who}: Nova lists {len(seen)} images")
        server(cur, who, NOVA, "nova", token=token)
        whole_table(who, seen)
        server(cur, f"{who}_glance", GLANCE, token=token)
        nova_shows_glance(cur, who, f"{who}_glance", who)
        all_conditions(who, seen)
        images_of_a_server(who, seen)
        limits(who, seen)
done()
