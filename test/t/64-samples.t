#!/usr/bin/python3
"""Proves that documented and captured responses of each API load, and every native column shows the right value.

The expected values come from the same bytes by Python's json and by the types of the dialect tables.
"""
import datetime
import glob
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, ".."), os.path.join(here, "..", "dialects")]

import imagecat  # noqa: E402
import tables  # noqa: E402
from cloud import USER, Cloud  # noqa: E402
from cloud.cloudapi_keys import make_key  # noqa: E402
from tap import done, is_, ok  # noqa: E402

SAMPLES = os.path.join(here, "..", "samples")


def api_of(name):
    """Which API a sample is of; None for those that have no images, such as a token."""
    folder, file = name.split("/")
    if folder != "openstack":
        return folder
    with open(os.path.join(SAMPLES, "openstack", "INDEX.json"), encoding="utf-8") as index:
        kinds = {entry["file"]: entry["kind"] for entry in json.load(index)}
    return {"glance": "glance", "nova": "nova", "rackspace-images": "rackspace_images",
            "rackspace-servers": "rackspace_servers"}.get(kinds.get(file))


def images_of(content):
    """The images of a list, of one image, or of one in a wrapper."""
    if isinstance(content, list):
        return content
    if isinstance(content.get("images"), list):
        return content["images"]
    if isinstance(content.get("image"), dict):
        return [content["image"]]
    return [content] if "id" in content or "uuid" in content else []


def at_path(image, field):
    if field.path == "-":
        return image.get(field.member)
    for token in field.path[1:].split("/"):
        if isinstance(image, list):
            image = image[int(token)] if int(token) < len(image) else None
        else:
            image = image.get(token) if isinstance(image, dict) else None
    return image


def expected(image, field):
    """What the field's natural type makes of what was sent."""
    value = at_path(image, field)
    if value is None or (field.zero == "1" and value == 0):
        return None
    if field.type == "text":
        return value if isinstance(value, str) else json.dumps(value)
    if field.type in ("bigint", "integer"):
        return int(value)
    if field.type == "boolean":
        return value if isinstance(value, bool) else value.lower() == "true"
    if field.type == "timestamptz":
        time = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        return time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)
    return value


dialects = tables.read()
key = make_key("rsa", "laptop")
cur = imagecat.fresh_database("samples").cursor()
loaded = 0
for path in sorted(glob.glob(os.path.join(SAMPLES, "*", "*.json"))):
    name = os.path.relpath(path, SAMPLES)
    api = api_of(name)
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    images = images_of(content) if api else []
    if not images:
        continue
    is_list = isinstance(content, list) if api == "cloudapi" else isinstance(content, dict) and "images" in content
    body = content if is_list else images if api == "cloudapi" else {"images": images}
    options = {"keys": {"demo": key}} if api == "cloudapi" else {}
    mapping = {"token": USER} if api != "cloudapi" else {
        "login": "demo", "key_id": key.fingerprint, "private_key": key.private}
    with Cloud(service=api, images=0, **options) as cloud:
        schema = "s%d" % loaded
        imagecat.server(cur, schema, cloud.url + (getattr(cloud.service, "endpoint", "") or "").replace("{tenant}", "t1"),
                        api=api, mapping=mapping, shape="native")
        cloud.fault("body", on="any", body=json.dumps(body))
        cloud.fault("body", on="any", skip=1, times=None, body="[]" if api == "cloudapi" else '{"images": []}')
        imagecat.notices(cur)
        cur.execute("SELECT * FROM %s.images" % schema)
        columns = [column.name for column in cur.description]
        rows = [dict(zip(columns, row)) for row in cur.fetchall()]
    fields = [field for field in dialects[api].fields if field.kind != "custom"]
    is_([row["document"] for row in rows], images, "%s: %d images of %s" % (name, len(images), api))
    wrong = [(image.get("id"), field.member, row[field.member], expected(image, field))
             for image, row in zip(images, rows) for field in fields if row[field.member] != expected(image, field)]
    is_(wrong, [], name + ": each native column shows what was sent")
    is_(imagecat.notices(cur), [], name + ": without a warning")
    loaded += 1
ok(loaded > 30, "%d samples" % loaded)
done()
