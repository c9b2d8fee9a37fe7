#!/usr/bin/python3
"""Proves for each API and each way to push a filter which requests a WHERE becomes, on the wire and in EXPLAIN, that
nothing else is sent, and that the rows are a local copy's; every entry of the dialect tables has its lines here."""
import os
import re
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, ".."), os.path.join(here, "..", "dialects")]

import tables  # noqa: E402
from cloud import Cloud, USER  # noqa: E402
from cloud.cloudapi_keys import make_key  # noqa: E402
from imagecat import explain, fresh_database, requests_in, rows, server  # noqa: E402
from tap import diag, done, is_, ok  # noqa: E402


class Ask:
    """The requests of each branch: what is added to every listing of the API. NOTHING is not asked at all."""

    def __init__(self, *branches, limit=None, sort="", lookups=()):
        self.branches, self.limit, self.sort, self.lookups = branches, limit, sort, lookups


ALL, NOTHING = "", Ask()
ID = "00000000-0000-4000-8000-000000000000"


def text(key, member, column=None, prefix="", native=False):
    """Equality of a text."""
    table, name = "n:" if native else "", column or member
    one = f"{key}={prefix}{{{name}}}"
    return {f"{key} {member} = {prefix}".strip(): (
        {f"{table}{name} = '{{{name}}}'": one, f"{table}{name} IS NOT DISTINCT FROM '{{{name}}}'": one,
         f"{table}{name} = 'no such' OR {name} = '{{{name}}}' OR {name} = NULL": Ask(f"{key}={prefix}no%20such", one)},
        {f"{table}{name} <> '{{{name}}}'": ALL, f"{table}{name} LIKE '%{{{name}}}%'": ALL,
         f"{table}lower({name}) = 'x'": ALL})}


def listed(name, picked=None):
    """A text of Glance's that takes a list too."""
    picked = picked or f"{{{name}}}"
    return {f"{name} {name} = eq:": ({f"{name} = '{picked}'": f"{name}=eq:{picked}"},
                                     {f"{name} <> '{picked}'": ALL, f"lower({name}) = 'x'": ALL}),
            f"{name} {name} IN in:": ({f"{name} IN ('{picked}', 'a,b')": f"{name}=in:{picked},%22a,b%22",
                                       f"{name} = '{picked}' OR {name} = 'x'": f"{name}=in:{picked},x"},
                                      {f"{name} IN ('{picked}', 'a\"b')":
                                       Ask(f"{name}=eq:{picked}", f"{name}=eq:a%22b"),
                                       f"{name} NOT IN ('{picked}', 'x')": ALL})}


def integer(key, member, column=None, native=False, maximum=True, natural=False):
    """Equality of a number; natural: the service refuses negative ones."""
    table, name = "n:" if native else "", column or member
    return {f"{key} {member} =": (
        {f"{table}{name} = {{{name}}}": f"{key}={{{name}}}",
         f"{table}{name} IN ({{{name}}}, 3)": Ask(f"{key}={{{name}}}", f"{key}=3")},
        {f"{table}{name} <> {{{name}}}": ALL, f"{table}{name} - 1 = 2": ALL,
         **({f"{table}{name} = 2147483648": ALL, f"{table}{name} > {{{name}}}": ALL} if maximum else {}),
         **({f"{table}{name} = -1": ALL} if natural else {})})}


def bounds(name):
    """Lower and upper bounds of a number of bytes."""
    return {f"{name}_min {name} >=": ({f"{name} >= 5": f"{name}_min=5",
                                       f"{name} >= 5 AND {name} > 9": f"{name}_min=10"}, {}),
            f"{name}_min {name} >": ({f"{name} > 5": f"{name}_min=6", f"5 < {name}": f"{name}_min=6"},
                                     {f"{name} > 9223372036854775807": NOTHING, f"{name} > 5.5": ALL}),
            f"{name}_max {name} <=": ({f"{name} <= 5000000000": f"{name}_max=5000000000"}, {}),
            f"{name}_max {name} <": ({f"{name} < 5000000000": f"{name}_max=4999999999",
                                      f"{name} >= 1 AND {name} < 5000000000": f"{name}_min=1&{name}_max=4999999999"},
                                     {f"{name} < 5 AND {name} > 9": NOTHING})}


def time(name):
    """Glance's times: whole seconds, gte and lt alone."""
    at, late = "2024-02-29T12:00:00Z", "2024-02-29T12:00:01Z"
    return {f"{name} {name} {op} {prefix}": (
        {f"{name} {op} '2024-02-29 12:00:00+00'": f"{name}={prefix}{whole}",
         f"{name} {op} '2024-02-29 14:00:00.5+02'": f"{name}={prefix}{part}"},
        {f"{name} {op} '0044-03-15 BC'": ALL, f"{name} {op} '{end}'": out})
        for op, prefix, whole, part, end, out in (
            (">=", "gte:", at, late, "infinity", ALL), (">", "gte:", late, late, "infinity", NOTHING),
            ("=", "gte:", at, late, "infinity", ALL), ("<", "lt:", at, late, "-infinity", NOTHING),
            ("<=", "lt:", late, late, "-infinity", ALL))}


def ims_time(name):
    """IMS: the second that a bound is in."""
    at, late = "2024-02-29T12:00:00Z", "2024-02-29T12:00:01Z"
    return {f"{name} {name} {op} {prefix}": (
        {f"{name} {op} '2024-02-29 12:00:00+00'": f"{name}={prefix}{second}",
         f"{name} {op} '2024-02-29 14:00:00.5+02'": f"{name}={prefix}{second}"},
        {f"{name} {op} '0044-03-15 BC'": ALL})
        for op, prefix, second in ((">=", "gte:", at), (">", "gte:", at), ("=", "gte:", at), ("<", "lt:", late),
                                   ("<=", "lt:", late))}


def true_only(name, native=True):
    """What an image lacks where it is false."""
    shown = ("n:" if native else "") + name
    return {f"{name} {name} =": ({shown: f"{name}=true", f"{shown} = true": f"{name}=true"},
                                 {f"n:NOT {name}" if native else f"NOT {name}": ALL, f"{shown} IS NOT TRUE": ALL,
                                  f"{shown} IS NULL": ALL})}


def plain(name, native=False):
    """IMS: no operator may be in a value."""
    shown = ("n:" if native else "") + name
    return {f"{name} {name} =": (
        {f"{shown} = '{{{name}}}'": f"{name}={{{name}}}",
         f"{shown} IN ('{{{name}}}', 'x')": Ask(f"{name}={{{name}}}", f"{name}=x")},
        {f"{shown} = 'in:x'": ALL, f"{shown} = ''": ALL, f"{shown} IN ('{{{name}}}', 'a:b')": ALL,
         f"{shown} LIKE '{{{name}}}%'": ALL, f"{shown} <> 'x'": ALL})}


def compute(prefix):
    """Nova and Rackspace Cloud Servers."""
    early = "2024-02-29T11:59:59Z"
    found = {
        f"name name = {prefix}".strip(): (
            {"name = '{name}'": f"name={prefix}{{name}}", "name = 'in:x'": f"name={prefix}in:x",
             "name IN ('{name}', 'x')": Ask(f"name={prefix}{{name}}", f"name={prefix}x")},
            {"name LIKE '{name}%'": ALL, "name <> 'x'": ALL, "lower(name) = 'x'": ALL}),
        "status status = ACTIVE": (
            {"status = 'active'": "status=ACTIVE", "n:status = 'ACTIVE'": "status=ACTIVE"},
            {"status = 'saving'": ALL, "status = 'unknown'": ALL, "status IN ('active', 'saving')": ALL,
             "status = 'active' OR status = 'saving'": ALL}),
        "server server.id =": (
            {f"n:\"server.id\" = '{ID}'": f"server={ID}"},
            {"n:\"server.id\" = ''": ALL, "n:\"server.id\" = 'a/b'": ALL}),
        **integer("minDisk", "minDisk", "min_disk", natural=True),
        **integer("minRam", "minRam", "min_ram", natural=True),
        "type metadata.image_type =": (
            {"type = 'snapshot'": "type=snapshot", "type IN ('snapshot', 'base')": Ask("type=snapshot", "type=base")},
            {"type <> 'snapshot'": ALL}),
        "property- - =": (
            {"properties -> 'metadata' ->> 'hw_disk_bus' = 'virtio'": "property-hw_disk_bus=virtio",
             "n:metadata ->> 'hw_disk_bus' = 'virtio'": "property-hw_disk_bus=virtio",
             "n:metadata @> '{{\"hw_disk_bus\": \"virtio\"}}' OR name = 'x'":
             Ask("property-hw_disk_bus=virtio", f"name={prefix}x")},
            {"n:metadata ->> 'A B' = 'x'": ALL, "n:metadata ->> 'cores_min' = '2'": ALL,
             "n:metadata -> 'hw_disk_bus' = '\"virtio\"'": ALL, "n:metadata ->> 'block_device_mapping' = '[]'": ALL,
             **({"n:metadata ->> 'min_ram' = '5'": ALL} if prefix else {})}),
    }
    for op in (">=", ">", "="):
        found[f"changes-since updated {op}"] = (
            {f"updated_at {op} '2024-02-29 12:00:00+00'": f"changes-since={early}",
             f"updated_at {op} '2024-02-29 12:00:00.5+00'": f"changes-since={early}"},
            {f"updated_at {op} '0044-03-15 BC'": ALL, "updated_at < '2024-02-29 12:00:00+00'": ALL,
             f"created_at {op} '2024-02-29 12:00:00+00'": ALL})
    found["columns that no image has"] = (
        {"owner IS NULL": ALL, "tags @> '{{a}}'": NOTHING, "protected": NOTHING,
         "hidden IS NOT TRUE": ALL} if prefix else
        {"visibility IS NULL": ALL, "checksum = 'x' OR name = '{name}'": "name={name}", "hidden": NOTHING}, {})
    found["limit"] = ({"LIMIT 5": Ask(ALL, limit=5),
                       "WHERE name = '{name}' LIMIT 5": Ask(f"name={prefix}{{name}}", limit=5)},
                      {"WHERE name <> 'x' LIMIT 5": ALL, "ORDER BY created_at LIMIT 5": ALL})
    return found


def words(api):
    """The words of list_images that are the service's own."""
    return {f"word {member} {word}": ({f"list_images({argument} => '{word}')": f"{member}={word}"}, {})
            for member, argument, word in api}


LINES = {
    "glance": {
        **listed("id", "not-a-uuid"), **listed("name"), **listed("status"), **listed("disk_format"),
        **listed("container_format"),
        "visibility visibility =": (
            {f"visibility = '{word}'": f"visibility={word}" for word in ("public", "private", "shared", "community")},
            {"visibility = 'all'": ALL, "visibility = ''": ALL, "visibility IN ('public', 'x')": ALL}),
        "member_status member_status =": (
            {f"list_images(member_status => '{word}')": f"member_status={word}"
             for word in ("accepted", "pending", "all")}, {}),
        **text("owner", "owner"), **text("checksum", "checksum"),
        **text("os_hash_algo", "os_hash_algo", native=True), **text("os_hash_value", "os_hash_value", native=True),
        **bounds("size"), **bounds("virtual_size"), **integer("size", "size", maximum=False),
        **integer("virtual_size", "virtual_size", maximum=False), **integer("min_disk", "min_disk"),
        **integer("min_ram", "min_ram"),
        "protected protected =": (
            {"protected": "protected=true", "NOT protected": "protected=false",
             "protected IS FALSE": "protected=false"},
            {"protected IS NOT TRUE": ALL, "protected IS NULL": ALL, "protected OR NOT protected": ALL}),
        "os_hidden os_hidden =": ({"list_images(hidden => true)": "os_hidden=true"}, {}),
        "tag tags HAS": (
            {"tags @> '{{x86}}'": "tag=x86", "'x86' = ANY (tags)": "tag=x86",
             "tags @> '{{x86,lts}}'": "tag=x86&tag=lts",
             "tags @> '{{x86}}' OR name = 'plain'": Ask("tag=x86", "name=eq:plain")},
            {"tags @> '{{\" lead\"}}'": ALL, "tags && '{{x86}}'": ALL, "'x86' <> ALL (tags)": ALL,
             "tags = '{{x86}}'": ALL}),
        **time("created_at"), **time("updated_at"),
        " - =": (
            {"properties ->> 'os_distro' = 'ubuntu'": "os_distro=ubuntu", "os = 'linux'": "os_type=linux",
             "properties @> '{{\"os_distro\": \"ubuntu\"}}'": "os_distro=ubuntu"},
            {"properties ->> 'cores_min' = '2'": ALL, "properties ->> 'get' = '7'": ALL,
             "properties ? 'os_distro'": ALL}),
        "word visibility all": ({"list_images(visibility => 'all')": "visibility=all"}, {}),
        "sort created_at": (
            {"ORDER BY created_at": Ask(ALL, sort="sort=created_at:asc"),
             "WHERE name = '{name}' ORDER BY created_at DESC LIMIT 3":
             Ask("name=eq:{name}", sort="sort=created_at:desc", limit=3)},
            {"WHERE name <> 'x' ORDER BY created_at LIMIT 3": Ask(ALL, sort="sort=created_at:asc")}),
        "sort updated_at": ({"ORDER BY updated_at LIMIT 3": Ask(ALL, sort="sort=updated_at:asc", limit=3)},
                            {"ORDER BY updated_at": ALL, "WHERE name <> 'x' ORDER BY updated_at LIMIT 3": ALL}),
        "sort id": ({"ORDER BY id COLLATE \"C\" LIMIT 3": Ask(ALL, sort="sort=id:asc", limit=3)},
                    {"ORDER BY id COLLATE \"en-x-icu\" LIMIT 3": ALL, "ORDER BY name LIMIT 3": ALL}),
        "sort status": ({"ORDER BY status COLLATE \"C\" LIMIT 3": Ask(ALL, sort="sort=status:asc", limit=3)},
                        {"ORDER BY status COLLATE \"C\"": ALL}),
        "look-up": ({"id = '{id}'": Ask(lookups=["/v2/images/{id}"]),
                     "id = '{id}' OR name = 'plain'": Ask("name=eq:plain", lookups=["/v2/images/{id}"])},
                    {"id = '../schemas/image'": "id=eq:../schemas/image"}),
        "columns that no image has": ({"version IS NULL": ALL, "version = 'x'": NOTHING}, {}),
    },
    "rackspace_images": {
        **text("id", "id"), **text("name", "name"), **text("status", "status"), **text("owner", "owner"),
        **text("disk_format", "disk_format"), **text("container_format", "container_format"),
        **text("checksum", "checksum"),
        "visibility visibility =": (
            {"visibility = 'public'": "visibility=public", "visibility = 'private'": "visibility=private",
             "visibility IN ('public', 'private')": Ask("visibility=public", "visibility=private")},
            {"visibility = 'shared'": ALL, "visibility = 'community'": ALL, "visibility IN ('public', 'shared')": ALL}),
        "member_status member_status =": (
            {f"list_images(member_status => '{word}')": f"member_status={word}" for word in ("accepted", "all")}, {}),
        **bounds("size"), **integer("size", "size", maximum=False), **integer("min_disk", "min_disk"),
        **integer("min_ram", "min_ram"),
        " - =": (
            {"properties ->> 'os_distro' = 'ubuntu'": "os_distro=ubuntu", "os = 'linux'": "os_type=linux",
             "architecture = 'x64'": "org.openstack__1__architecture=x64"},
            {"properties ->> 'cores_min' = '2'": ALL, "properties ->> 'metadata' = '7'": ALL}),
        "word visibility shared": ({"list_images(visibility => 'shared')": "visibility=shared"}, {}),
        "what has no parameter": ({}, {"protected": ALL, "tags @> '{{x}}'": ALL, "created_at > '2024-01-01'": ALL,
                                       "updated_at < '2024-01-01'": ALL, "version IS NULL": ALL, "hidden": NOTHING}),
        "sort created_at": ({"ORDER BY created_at DESC LIMIT 3":
                             Ask(ALL, sort="sort_key=created_at&sort_dir=desc", limit=3)},
                             {"ORDER BY id COLLATE \"C\"": ALL}),
        "sort updated_at": ({"ORDER BY updated_at LIMIT 3": Ask(ALL, sort="sort_key=updated_at&sort_dir=asc", limit=3)},
                            {"ORDER BY updated_at": ALL}),
    },
    "nova": compute("eq:"),
    "rackspace_servers": compute(""),
    "ims": {
        **plain("id"), **plain("name"), **plain("status"), **plain("owner"), **plain("disk_format"),
        **plain("container_format"), **integer("min_disk", "min_disk", natural=True),
        **integer("min_ram", "min_ram", natural=True),
        "member_status member_status =": (
            {"list_images(visibility => 'shared', member_status => 'pending')":
             "visibility=shared&member_status=pending"}, {}),
        **true_only("protected", native=False),
        **{entry: line for name in ("__isregistered", "__whole_image", "__support_kvm", "__support_xen",
                                    "__support_largememory", "__support_diskintensive", "__support_highperformance",
                                    "__support_xen_hana", "__support_kvm_infiniband")
           for entry, line in true_only(name).items()},
        **{entry: line for name in ("__support_xen_gpu_type", "__support_kvm_gpu_type", "__os_type", "__platform",
                                    "__system__cmkid", "virtual_env_type", "enterprise_project_id")
           for entry, line in plain(name, native=True).items()},
        **integer("__os_bit", "__os_bit", native=True, maximum=False, natural=True),
        **ims_time("created_at"), **ims_time("updated_at"),
        **words([("visibility", "visibility", word) for word in ("public", "private", "shared")]),
        **words([("__imagetype", "type", word) for word in ("gold", "private", "shared", "market")]),
        "what has no parameter": ({}, {"visibility = 'private'": ALL, "type = 'gold'": ALL, "tags @> '{{a}}'": ALL,
                                       "size > 5": ALL, "hidden": NOTHING}),
        "sort created_at": ({"ORDER BY created_at LIMIT 3": Ask(ALL, sort="sort_key=created_at&sort_dir=asc", limit=3)},
                            {"ORDER BY updated_at LIMIT 3": ALL, "ORDER BY id COLLATE \"C\"": ALL}),
    },
    "cloudapi": {
        "name name =": ({"name = '{name}'": "name={name}", "name IN ('{name}', 'x')": Ask("name={name}", "name=x")},
                        {"name = '~x'": ALL, "name = '!x'": ALL, "name = ''": ALL, "name IN ('{name}', '~x')": ALL,
                         "name <> 'x'": ALL}),
        "name name CONTAINS ~": (
            {"name LIKE '%base%'": "name=~base", "name LIKE 'base%'": "name=~base", "name LIKE 'b_s%-64%'": "name=~-64",
             "strpos(name, 'base') > 0": "name=~base", "position('base' IN name) > 0": "name=~base",
             "starts_with(name, 'base')": "name=~base", "name ^@ 'base'": "name=~base",
             "name LIKE '%base%' AND name LIKE '%64'": "name=~base"},
            {"name LIKE '%'": ALL, "name LIKE '%a\\_x%'": ALL, "name LIKE '%100\\%%'": ALL, "name LIKE '%*%'": ALL,
             "name LIKE '%(x)%'": ALL, "name ILIKE '%base%'": ALL, "name NOT LIKE '%base%'": ALL, "name ~ 'base'": ALL,
             "strpos('base', name) > 0": ALL, "strpos(name, 'base') > 1": ALL, "strpos(name, '') > 0": ALL}),
        "version version =": ({"version = '{version}'": "version={version}"},
                              {"version = '~x'": ALL, "version = ''": ALL}),
        "version version CONTAINS ~": ({"version LIKE '%0.%'": "version=~0."}, {"version LIKE '%~%'": ALL}),
        "os os =": ({"os = 'linux'": "os=linux", "os IN ('linux', 'smartos')": Ask("os=linux", "os=smartos")},
                    {"os = ''": ALL, "os <> 'linux'": ALL}),
        "type type =": ({"type = 'zvol'": "type=zvol"}, {"type = '!zvol'": ALL, "type LIKE 'zv%'": ALL}),
        "type type <> !": ({"type <> 'zvol'": "type=!zvol", "NOT type = 'docker'": "type=!docker",
                            "type NOT IN ('zvol', 'docker')": "type=!zvol"}, {"type <> ''": ALL, "type <> '!x'": ALL}),
        "type type DISTINCT !": ({"type IS DISTINCT FROM 'zvol'": "type=!zvol"}, {"type IS DISTINCT FROM '~x'": ALL}),
        "state state = active": ({"status = 'active'": "state=active"},
                                 {"status = 'disabled'": ALL, "status IN ('active', 'failed')": ALL,
                                  "status = 'x'": ALL}),
        "owner owner =": ({"owner = '{owner}'": "owner={owner}"},
                          {"owner = 'me'": ALL, "owner IN ('{owner}', 'me')": ALL}),
        "public public =": ({"n:public": "public=true", "n:NOT public": "public=false"}, {"n:public IS NOT TRUE": ALL}),
        "public public = true": ({"visibility = 'public'": "public=true"}, {"visibility = 'shared'": ALL}),
        "public public = false": ({"visibility = 'private'": "public=false"}, {"visibility <> 'private'": ALL}),
        **words([("state", "status", word) for word in ("all", "disabled", "unactivated", "creating", "failed")]),
        "look-up": ({"id = '{id}'": Ask(lookups=["/my/images/{id}"]),
                     f"id IN ('{{id}}', '{ID}')": Ask(lookups=["/my/images/{id}", f"/my/images/{ID}"]),
                     f"id = '{{id}}' OR id = '{ID}' OR name = 'x'":
                     Ask("name=x", lookups=["/my/images/{id}", f"/my/images/{ID}"]),
                     "id = '{id}' OR (name = '{name}' AND os = 'linux')":
                     Ask("name={name}&os=linux", lookups=["/my/images/{id}"])},
                    {"id = 'x'": ALL, "id IN ('{id}', 'x')": ALL, "id IS NULL": NOTHING, "name IS NULL": NOTHING}),
        "what has no parameter": ({}, {"size > 5": ALL, "created_at > '2024-01-01'": ALL, "tags @> '{{a=b}}'": ALL,
                                       "LIMIT 3": ALL, "ORDER BY created_at LIMIT 3": ALL, "protected": NOTHING}),
    },
    # before v2.4 a value is literal
    "glance v2.2": {
        **{f"{name} {name} =": ({f"{name} = '{{{name}}}'": f"{name}={{{name}}}",
                                 f"{name} IN ('{{{name}}}', 'x')": Ask(f"{name}={{{name}}}", f"{name}=x")},
                                {f"{name} = 'foo:bar'": ALL, f"{name} IN ('x', 'a:b')": ALL})
           for name in ("name", "status", "disk_format", "container_format")},
        "id id =": ({"id = 'x'": "id=x"}, {"id = 'foo:bar'": ALL}),
        "visibility visibility =": ({"visibility = 'public'": "visibility=public"}, {"visibility = 'private'": ALL}),
        "later than this": ({}, {"created_at >= '2024-01-01'": ALL, "hidden IS NOT TRUE": ALL, "NOT hidden": ALL,
                                 "n:os_hash_algo = 'sha512'": ALL}),
        "sort created_at": ({"ORDER BY created_at LIMIT 3": Ask(ALL, sort="sort_key=created_at&sort_dir=asc",
                                                                limit=3)}, {}),
    },
}


def joined(path, *parts):
    return path + "?" + "&".join(part for part in parts if part)


def targets(api, parameters, limit=None, sort="", everything=True):
    """The listings of everything, or the one of list_images, each with these parameters."""
    if api == "glance":
        rest = [] if "visibility=" in parameters else ["visibility=all"]
        if not everything:
            return [joined("/v2/images", f"limit={limit or 1000}", parameters)]
        return [joined("/v2/images", f"limit={limit or 1000}", f"os_hidden={hidden}", parameters, *rest,
                       "member_status=all", sort) for hidden in ("false", "true")]
    if api == "rackspace_images":
        return [joined("/v2/images", f"limit={limit or 1000}", parameters, "member_status=all" if everything else "",
                       sort)]
    if api == "glance v2.2":
        return [joined("/v2/images", f"limit={limit or 1000}", parameters, "member_status=all", sort)]
    if api in ("nova", "rackspace_servers"):
        return [joined("/v2.1/images/detail" if api == "nova" else "/v2/t1/images/detail", f"limit={limit or 1000}",
                       parameters)]
    if api == "ims":
        return [joined("/v2/cloudimages", f"limit={limit or 500}", parameters, sort, shared)
                for shared in (["", "visibility=shared&member_status=pending",
                                "visibility=shared&member_status=rejected"]
                               if everything else [""])]
    rest = ["" if "state=" in parameters else "state=all", "" if "type=" in parameters else "type=!none"]
    return [joined("/my/images", parameters, *(rest if everything else []))]


def services():
    """(api, stand-in, credentials, version)."""
    key = make_key("rsa", "laptop")
    yield "cloudapi", Cloud(service="cloudapi", images=300, seed=1, keys={"demo": key}), {
        "login": "demo", "key_id": key.fingerprint, "private_key": key.private}
    for api in ("glance", "nova", "rackspace_servers", "rackspace_images", "ims"):
        yield api, Cloud(service=api, images=300, seed=1), {"token": USER}
    yield "glance v2.2", Cloud(images=300, seed=1, version="v2.2"), {"token": USER}


class Service:
    """A server with its tables, canonical and native, and copies of both."""

    def __init__(self, api, cloud, mapping):
        self.api, self.cloud, self.name = api, cloud, api.replace(" ", "_").replace(".", "_")
        endpoint = (getattr(cloud.service, "endpoint", "") or "").replace("{tenant}", "t1")
        server(cur, self.name, cloud.url + endpoint, api=api.split()[0], mapping=mapping)
        cur.execute(f"CREATE SCHEMA {self.name}_n; "
                    f"IMPORT FOREIGN SCHEMA native FROM SERVER {self.name} INTO {self.name}_n; "
                    "SET imagecat.enable_pushdown = off; "
                    f"CREATE TABLE {self.name}.copy AS SELECT * FROM {self.name}.images; "
                    f"CREATE TABLE {self.name}_n.copy AS SELECT * FROM {self.name}_n.images; "
                    "RESET imagecat.enable_pushdown")
        rows(cur, f"SELECT 1 FROM {self.name}.images")          # the version is known from here on
        self.matched = 0

    def fill(self, line):
        """The line with values of the data for {column}, the rarest that is plain."""
        def picked(match):
            for schema in (self.name, self.name + "_n"):
                found = rows(cur,
                             "SELECT 1 FROM information_schema.columns WHERE table_schema = %s AND table_name = 'copy' "
                             "AND column_name = %s", (schema, match[1]))
                if found:
                    some = rows(cur, f"SELECT \"{match[1]}\"::text FROM {schema}.copy WHERE \"{match[1]}\"::text ~ "
                                "'^[A-Za-z0-9._-]+$' GROUP BY 1 ORDER BY count(*), 1 LIMIT 1")
                    return some[0][0] if some else "none"
            raise KeyError(match[1])
        return re.sub(r"(?<!\{)\{(\w+)\}(?!\})", picked, line).replace("{{", "{").replace("}}", "}")

    def sent(self):
        """What was sent, without the pages behind the first."""
        return sorted(record.target for record in self.cloud.requests if record.value("marker") is None)

    def expected(self, ask, everything=True):
        if isinstance(ask, str):
            ask = Ask(ask)
        found = [target for branch in ask.branches
                 for target in targets(self.api, self.fill(branch), ask.limit, ask.sort, everything)]
        return sorted(found + [self.fill(lookup) for lookup in ask.lookups])

    def check(self, line, ask):
        native = line.startswith("n:")
        line = self.fill(line.removeprefix("n:"))
        if line.startswith("list_images("):
            self.cloud.clear()
            rows(cur, f"SELECT id FROM imagecat.{line.replace('(', f'({chr(39)}{self.name}{chr(39)}, ', 1)}")
            is_(self.sent(), self.expected(ask, False), f"{self.api}, sent: {line}")
            return
        schema = self.name + ("_n" if native else "")
        ordered = re.search(r"ORDER BY (\w+)", line)
        tail = line if re.match("ORDER|LIMIT|WHERE", line) else f"WHERE {line}"
        query = f"SELECT {ordered[1] if ordered else 'id'} FROM {schema}.images {tail}"
        expected = self.expected(ask)
        announced = requests_in(explain(cur, query))
        is_(sorted(each.removeprefix("GET ") for each in announced if each != "none"), expected,
            f"{self.api}, announced: {line}")
        self.cloud.clear()
        found = rows(cur, query)
        if "LIMIT" in line:             # the first listing may be enough
            is_(sorted(set(self.sent()) - set(expected)), [], f"{self.api}, nothing else is sent: {line}")
        else:
            is_(self.sent(), expected, f"{self.api}, sent: {line}")
        wanted = rows(cur, query.replace(f"{schema}.images", f"{schema}.copy"))
        self.matched += bool(wanted)
        if "LIMIT" in line and not ordered:
            is_(len(found), len(wanted), f"{self.api}, rows: {line}")
        elif ordered:
            is_(found, wanted, f"{self.api}, rows in order: {line}")
        elif not ok(sorted(found) == sorted(wanted), f"{self.api}, rows: {line}"):
            diag(f"missing {sorted(set(wanted) - set(found))[:3]}, too many {sorted(set(found) - set(wanted))[:3]}")


def entries(api):
    """What the dialect's tables have, as the keys of LINES: {entry: whether it has a guard}."""
    table = found_tables[api]
    found = {}
    for param in table.params:
        entry = f"{param.key} {param.member} {param.op} {param.prefix}".rstrip()
        found[entry] = found.get(entry, False) or param.guarded or param.encoding == tables.TRUE
    return {**found, **{f"word {member} {word}": False for _, member, word in table.words},
            **{f"sort {member}": False for member, _ in table.sorts}}


OTHERS = {"look-up", "limit", "columns that no image has", "what has no parameter", "later than this"}
found_tables = tables.read()
for api in sorted(found_tables):
    lines = {**LINES.get(api + " v2.2", {}), **LINES.get(api, {})}
    is_(sorted(set(lines) - OTHERS), sorted(entries(api)), f"{api}: its tables and these lines have the same entries")
    is_([entry for entry in entries(api) if not entry.startswith("sort") and entry in lines and not lines[entry][0]],
        [],
        f"{api}: each entry is sent for some line")
    is_([entry for entry, guarded in entries(api).items() if guarded and entry in lines and not lines[entry][1] and
         not entry.startswith("member_status")], [], f"{api}: each guard has a line that it stops")

cur = fresh_database("t37_dialect_requests").cursor()
cur.execute("SET timezone = 'UTC'")
for api, cloud, mapping in services():
    with cloud:
        service = Service(api, cloud, mapping)
        count = 0
        for lines in LINES[api].values():
            for half in lines:
                for line, ask in half.items():
                    service.check(line, ask)
                    count += 1
        ok(service.matched > count / 3, f"{api}: many lines are true of some image ({service.matched} of {count})")
done()
