"""The real Glances that test/openstack/glance starts: where they are, and what each tenant may GET there."""
import http.client
import json
import os
import random
import time
import typing
import urllib.parse
import uuid

from .models import GLANCE
from .tables import Account
from .world import World

DATABASES = ("sqlite", "mariadb", "postgresql")
TENANTS = {"t1": "u-t1:t1:member", "t2": "u-t2:t2:member", "admin": "a:t1:admin"}
# Those of populate.py; the last three are of images that were deleted
IDS = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"imagecat:test:{number}")) for number in range(303)]


def url(name):
    """The address of one of the servers, or None."""
    return os.environ.get(f"GLANCE_{name.upper()}_URL")


def documents(name, tenant):
    """Every image that the tenant can GET by its id, one request for each known id.

    Without killed ones: Glance lists them in no way whatever.
    """
    parts = urllib.parse.urlsplit(url(name))
    found = []
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    for identifier in IDS:
        connection.request("GET", f"/v2/images/{identifier}",
                           headers={"X-Auth-Token": TENANTS[tenant], "Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 200:
            found += [document for document in [json.loads(body)] if document["status"] != "killed"]
        elif answer.status != 404:
            raise RuntimeError(f"{name}: GET of {identifier} as {tenant}: {answer.status} {body[:200]}")
    connection.close()
    return found


def world(name, tenants, seed, prefix="differential", **more):
    """A world around a real Glance for two tenants."""
    accounts = [Account(url(name), {"token": TENANTS[tenant]}) for tenant in tenants]
    return World("_".join((prefix, name, *tenants)), GLANCE, accounts, seed, ids=IDS, cheap=True, tags_ordered=False,
                 **more)


def ask(name, seed, queries, seconds):
    """Asks one of the Glances, as several tenants in turn; gives their summaries."""
    rnd = random.Random(f"{seed} {name}")
    end = time.monotonic() + seconds
    found = []
    pairs = (("t1", "t2"), ("admin", "t1"), ("t2", "admin"))
    for at, tenants in enumerate(pairs):
        asked = sum(summary.asked for summary in found)
        left = end - time.monotonic()
        one = world(name, tenants, seed, page_sizes=(1000, 1000, 1000, rnd.choice((7, 50))))
        one.run((queries - asked) // (len(pairs) - at), left / (len(pairs) - at))
        found.append(one.close())
    return found


class Completeness(typing.NamedTuple):
    """What the table of a tenant has, next to what the tenant can GET."""
    tenant: str
    count: int                   # of images that it can GET
    twice: int                   # rows too many of the same id
    extra: list                  # ids
    missing: list
    looked_up: list              # ids whose lookup, WHERE id = '...', disagrees with the whole table
    untrue: list                 # tables whose columns are not what the documents say, each with an example


def complete(name):
    """The completeness of each tenant's table over one of the Glances."""
    held = {tenant: documents(name, tenant) for tenant in TENANTS}
    found = []
    for tenants in (("t1", "t2"), ("t2", "admin"), ("admin", "t1")):
        one = world(name, tenants, 0, "complete", documents=dict(zip(("cloud", "other"), map(held.get, tenants))))
        one.cur.execute("SELECT id FROM remote.catalog")
        ids = [identifier for (identifier,) in one.cur.fetchall()]
        wanted = {document["id"] for document in held[tenants[0]]}
        looked_up = []
        for identifier in IDS:
            one.cur.execute("SELECT id FROM remote.catalog WHERE id = %s", (identifier,))
            if one.cur.rowcount != ids.count(identifier):
                looked_up.append(identifier)
        found.append(Completeness(tenants[0], len(wanted), len(ids) - len(set(ids)), sorted(set(ids) - wanted),
                                  sorted(wanted - set(ids)), looked_up, one.untrue))
        one.close()
    return found
