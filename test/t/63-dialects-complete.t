#!/usr/bin/python3
# slow
"""Proves for each API that a foreign table shows what the account can see, whichever filters are pushed."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

import imagecat  # noqa: E402
from cloud import USER, Cloud  # noqa: E402
from cloud.cloudapi_keys import make_key  # noqa: E402
from tap import diag, done, is_, ok  # noqa: E402

# Conditions on canonical columns; {} are values of the data.
CONDITIONS = [
    "id = %(id)s", "id = upper(%(id)s)", "id IN (%(id)s, 'x')", "name = %(name)s", "name IN (%(name)s, 'x')",
    "name = 'no such image'", "status = 'active'", "status = 'saving'", "status = 'disabled'", "status <> 'active'",
    "status = 'ACTIVE'", "visibility = 'public'", "visibility = 'private'", "visibility = 'shared'", "owner = %(owner)s",
    "type = %(type)s", "type <> %(type)s", "os = %(os)s", "version = %(version)s", "size >= 1000000000",
    "size < 500000000", "size = 0", "size IS NULL", "min_disk = 10", "min_ram = 512", "protected", "NOT protected",
    "hidden IS NULL", "created_at >= %(time)s", "created_at > %(time)s", "created_at < %(time)s",
    "created_at <= %(time)s", "created_at = %(time)s", "updated_at >= %(time)s", "updated_at > %(time)s",
    "updated_at = %(time)s", "updated_at < %(time)s", "tags @> ARRAY['x86']", "'a=b' = ANY (tags)",
    "properties ->> 'os_distro' = 'ubuntu'", "properties -> 'metadata' ->> 'os_distro' = 'ubuntu'",
    "properties -> 'metadata' ->> 'hw_disk_bus' = 'virtio'", "properties @> '{\"os_distro\": \"debian\"}'",
    "status = 'active' AND created_at >= %(time)s AND name = %(name)s",
]
ORDERS = ["", " ORDER BY created_at DESC, id LIMIT 7", " ORDER BY updated_at, id LIMIT 5"]


def services():
    """(api, stand-in, server options, credentials)."""
    key = make_key("rsa", "laptop")
    yield "cloudapi", Cloud(service="cloudapi", images=300, seed=1, keys={"demo": key}, duplicates=True), "demo", {
        "login": "demo", "key_id": key.fingerprint, "private_key": key.private}
    yield "nova", Cloud(service="nova", images=300, seed=1), USER, {"token": USER}
    yield "rackspace_servers", Cloud(service="rackspace_servers", images=300, seed=1), USER, {"token": USER}
    yield "rackspace_images", Cloud(service="rackspace_images", images=300, seed=1), USER, {"token": USER}
    yield "ims", Cloud(service="ims", images=300, seed=1), USER, {"token": USER}


def answer(cur, query, values):
    try:
        return sorted(map(str, imagecat.rows(cur, query, values)))
    except Exception as error:  # pylint: disable=broad-except
        return [str(error)]


connection = imagecat.fresh_database("dialects")
cur = connection.cursor()
for api, cloud, account, mapping in services():
    with cloud:
        endpoint = getattr(cloud.service, "endpoint", "") or ""
        imagecat.server(cur, api, cloud.url + endpoint.replace("{tenant}", "t1"), api=api, mapping=mapping, page_size=50)
        ids = imagecat.rows(cur, "SELECT id FROM %s.images ORDER BY id COLLATE \"C\"" % api)
        expected = sorted(document["id"] for document in cloud.documents(account))
        is_([row[0] for row in ids], expected, api + ": the table has every image that the account can see, once")
        imagecat.value(cur, "SELECT set_config('imagecat.enable_pushdown', 'off', false)")
        cur.execute("CREATE TABLE %s.copy AS SELECT * FROM %s.images" % (api, api))
        imagecat.value(cur, "SELECT set_config('imagecat.enable_pushdown', 'on', false)")
        cur.execute("SELECT id, name, owner, type, os, version, coalesce(updated_at, created_at) FROM %s.copy "
                    "WHERE name IS NOT NULL ORDER BY id" % api)
        picked = cur.fetchall()[::40]
        wrong = []
        for row in picked:
            values = dict(zip(("id", "name", "owner", "type", "os", "version", "time"), row))
            for condition in CONDITIONS:
                for order in ORDERS:
                    query = "SELECT id, name, status, size, created_at FROM TABLE WHERE " + condition + order
                    here_, there = (answer(cur, query.replace("TABLE", f"{api}.{name}"), values) for name in ("copy", "images"))
                    if here_ != there:
                        wrong.append((cur.mogrify(query.replace("TABLE", f"{api}.images"), values).decode(), len(here_), len(there),
                                      there[:1]))
        ok(not wrong, "%s: %d queries give the same rows as a copy" % (
            api, len(picked) * len(CONDITIONS) * len(ORDERS)))
        for each in wrong[:6]:
            diag(str(each))
done()
