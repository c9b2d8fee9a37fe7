#!/usr/bin/python3
"""Fills a Glance with varied images, the same ones each time: populate.py GLANCE_URL DATABASE_URL [COUNT TOKENS]

They are made over HTTP, as two projects. What the API cannot set is then written into Glance's database: times from
2022 to 2026, many of them in the same second, rare states, and sizes of real images. Without COUNT there are 300, of
the projects t1 and t2 of fakeauth.py; otherwise the file TOKENS tells both projects and their tokens (identity.py).
"""
import datetime
import json
import random
import sys
import uuid

import sqlalchemy
from api import Api

COUNT = 300
PATCH = "application/openstack-images-v2.1-json-patch"
DISK_FORMATS = ["qcow2", "raw", "iso", "vmdk", "vhd", "vdi", "ami", "aki", "ari", "ploop"]
CONTAINER_FORMATS = ["bare", "ovf", "ova", "docker"]
SYSTEMS = ["ubuntu", "debian", "centos", "Ubuntu", "fedora", "windows"]
NAMES = [  # what collations, operators, quotes, patterns and URLs may trip over
    "plain", "Plain", "PLAIN", "plain ", " plain", "a,b", 'a"b', "a\\b", '"quoted"', "it's", "100%", "100_", "1005",
    "a_b", "axb", "in:x", "eq:x", "eq:eq:x", "foo:bar", "http://x/y?z=1&w=2#f", "a+b", "a b", "a/b", "é", "É", "e",
    "e\u0301", "ß", "ss", "日本語", "straße", "STRASSE", "2024-01-01T00:00:00Z", "2024-01-01", "2024-01-01T00:00:00",
    "null", "None", "0", "00", "", "ı", "I", "i", "Z", "a", "_", "-", "~", "æ", "ae", "tab\there", ",", ",,", "a,", '"',
    'x"y,z"w', 'back\\"slash', "NULL", "true", "neq:x", "line\nbreak", "x" * 255,
]
RARE_STATES = {7: "saving", 37: "importing", 67: "uploading", 97: "killed"}


def image_id(number):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"imagecat:test:{number}"))


def fake_tokens():
    """What TOKENS holds, for fakeauth.py."""
    owners = [
        {"project": project, "member": f"u-{project}:{project}:member", "admin": f"u-{project}:{project}:admin"}
        for project in ("t1", "t2")
    ]
    return {"owners": owners, "without_project": "a:none:admin"}


def image(number, choose):
    """The document to POST for an image."""
    body = {
        "id": image_id(number),
        "visibility": ["private", "public", "shared", "community", "private"][number % 5],
        "min_ram": [0, 512, 1024, 2048][number % 4],
        "min_disk": [0, 1, 5, 10, 20][number % 5],
    }
    if number < len(NAMES):
        body.update(name=NAMES[number], visibility="public")
    elif number % 17:
        body["name"] = f"{choose(['img', 'Img', 'IMG', 'vm_image', 'vm image'])}-{number % 150:03}"
    disk_format = DISK_FORMATS[number % len(DISK_FORMATS)]
    if disk_format in ("ami", "aki", "ari"):
        body.update(disk_format=disk_format, container_format=disk_format)
    elif number % 11:
        body.update(disk_format=disk_format, container_format=choose(CONTAINER_FORMATS))
    if number % 4 == 0:
        body["tags"] = ["x86", "lts"] if number % 8 else ["x86", "Comma,Tag", "sp ace"]
    elif number % 9 == 0:
        body["tags"] = ["arm"]
    if number % 10 == 0:
        body["protected"] = True
    if number % 13 == 5:
        body["os_hidden"] = True
    if number % 2 == 0:
        body.update(os_distro=choose(SYSTEMS), os_version=f"{number % 5}.04")
        body["architecture"] = choose(["x86_64", "aarch64"])
    if number % 6 == 0:
        body["hw_disk_bus"] = choose(["virtio", "scsi", "VIRTIO"])
    if number % 19 == 0:
        body["empty_prop"] = ""
    if number % 23 == 0:
        body.update({"cores_min": "2", "weird:key": "v", "deleted_by": "me", "é key": "a,b"})
    return body


def make_image(glance, tokens, number, choose):
    """Creates an image; uploads, deactivates, changes and shares some of them."""
    owner, other = tokens["owners"] if number % 3 else reversed(tokens["owners"])
    body = image(number, choose)
    visibility, path = body["visibility"], f"/v2/images/{body['id']}"
    creator = owner["admin" if visibility in ("public", "community") else "member"]
    if number % 50 == 21:
        creator = tokens["without_project"]  # no owner
    glance.call(creator, "POST", "/v2/images", body)
    if "disk_format" in body and number % 3 != 2:
        glance.call(creator, "PUT", path + "/file", b"x" * (number * 7 % 2000), "application/octet-stream")
        if number % 12 == 0:
            glance.call(owner["admin"], "POST", path + "/actions/deactivate", b"")
        elif number % 12 == 1:
            glance.call(creator, "PATCH", path, [{"op": "add", "path": "/note", "value": "changed"}], PATCH)
    if visibility == "shared":
        glance.call(creator, "POST", path + "/members", {"member": other["project"]})
        status = [None, "accepted", "rejected"][number // 5 % 3]
        if status:
            glance.call(other["member"], "PUT", f"{path}/members/{other['project']}", {"status": status})


def times(number):
    """created_at and updated_at: of ten images six share a second, with fractions at both ends of it and between."""
    group, place = divmod(number, 10)
    second = datetime.datetime(2022, 1, 1) + datetime.timedelta(days=53 * group, seconds=4567 * group)
    fraction = [0, 1, 999999, 500000, 499999, 0, 123456, 123456, 654321, 999999][place]
    created = second + datetime.timedelta(hours=29 * place if place > 5 else 0, microseconds=fraction)
    later = [
        datetime.timedelta(0),
        datetime.timedelta(microseconds=999999 - fraction),
        datetime.timedelta(seconds=1),
        datetime.timedelta(days=(number * 37) % 400, microseconds=number),
    ][number // 7 % 4]
    return created, created + later


def write_to_database(url, count):
    engine = sqlalchemy.create_engine(url)
    shown = "%Y-%m-%d %H:%M:%S.%f"
    with engine.begin() as database:
        def update(number, **columns):
            assignments = ", ".join(f"{column} = :{column}" for column in columns)
            statement = sqlalchemy.text(f"UPDATE images SET {assignments} WHERE id = :id")
            if database.execute(statement, {"id": image_id(number), **columns}).rowcount != 1:
                raise SystemExit(f"the database has no image {number}")

        for number in range(count):
            created, updated = times(number)
            update(number, created_at=created.strftime(shown), updated_at=updated.strftime(shown))
            if number in RARE_STATES:
                update(number, status=RARE_STATES[number])
            if number % 14 == 3:
                update(number, size=number * 3_000_000_019, virtual_size=number * 4_000_000_007)


def main():
    glance = Api(sys.argv[1])
    count, tokens = COUNT, fake_tokens()
    if len(sys.argv) > 3:
        count = int(sys.argv[3])
        with open(sys.argv[4], encoding="utf-8") as file:
            tokens = json.load(file)
    choose = random.Random(42).choice
    for number in range(count):
        make_image(glance, tokens, number, choose)
    for number in range(count, count + 3):  # deleted ones stay in the database
        creator = tokens["owners"][0]["member"]
        glance.call(creator, "POST", "/v2/images", {"id": image_id(number), "name": "gone"})
        glance.call(creator, "DELETE", "/v2/images/" + image_id(number))
    write_to_database(sys.argv[2], count)


main()
