"""The stand-ins that queries are asked of: the APIs, and what differs between services of the same API."""
import typing

from cloud import ADMIN, OTHER_USER, USER, Cloud
from cloud.cloudapi_keys import make_key

from .models import MODELS
from .tables import Account
from .world import World

CLOUDAPI_USERS = ("demo", "other")
# What is said of an order that serves one page only: it is planned for a service that knows os_hidden and gives the pages
# that it is asked for
NEEDS_A_PAGE = "sent less than was asked for"


class Setup(typing.NamedTuple):
    api: str
    options: dict                # of the stand-in
    tokens: tuple                # of the servers cloud and other
    page_sizes: tuple
    documented: bool = True      # whether the stand-in itself knows what must be seen
    tolerated: str = ""          # part of an error that is no mismatch


SETUPS = {
    # compares text by bytes
    "exact": Setup("glance", {"database": "exact"}, (USER, OTHER_USER), (1000,) * 5 + (25, 10, 3)),
    # ignores case, accents and trailing blanks, and stores whole seconds
    "loose": Setup("glance", {"database": "mariadb"}, (USER, ADMIN), (1000,) * 5 + (25, 10, 3)),
    # no Content-Length, other limits on URLs, NULLs last
    "uwsgi": Setup("glance", {"database": "postgresql", "style": "uwsgi"}, (OTHER_USER, USER), (1000, 1000, 25)),
    # cuts every limit down, behind a prefix, for somebody who sees everything
    "clamp": Setup("glance", {"database": "exact", "limit_max": 29, "prefix": "/image"}, (ADMIN, USER),
                   (1000,) * 3 + (20, 7), tolerated=NEEDS_A_PAGE),
    # before os_hidden, before visibility=all and before operators
    "v2.6": Setup("glance", {"version": "v2.6"}, (USER, OTHER_USER), (1000, 1000, 10), tolerated=NEEDS_A_PAGE),
    "v2.4": Setup("glance", {"version": "v2.4"}, (USER, OTHER_USER), (1000, 1000, 10), False, NEEDS_A_PAGE),
    "v2.2": Setup("glance", {"version": "v2.2", "database": "mariadb"}, (USER, OTHER_USER), (1000, 1000, 10),
                  False, NEEDS_A_PAGE),
    "cloudapi": Setup("cloudapi", {"duplicates": True}, CLOUDAPI_USERS, (1000,)),
    # `_` and `%` are wildcards
    "cloudapi_like": Setup("cloudapi", {"like": True}, CLOUDAPI_USERS[::-1], (1000,)),
    "nova": Setup("nova", {}, (USER, OTHER_USER), (1000,) * 5 + (30, 20, 7)),
    # over MariaDB, cutting limits down, with links to another host
    "nova_loose": Setup("nova", {"database": "mariadb", "page_max": 40, "link_prefix": "http://internal.invalid:8774"},
                        (OTHER_USER, ADMIN), (1000,) * 5 + (7,)),
    "servers": Setup("rackspace_servers", {}, (USER, OTHER_USER), (1000,) * 5 + (30, 20, 7)),
    "servers_203": Setup("rackspace_servers", {"database": "postgresql", "success": 203, "page_max": 33},
                         (OTHER_USER, USER), (1000,) * 5 + (7,)),
    "rackspace": Setup("rackspace_images", {"protected_text": 3}, (USER, OTHER_USER), (1000,) * 5 + (30, 20, 7)),
    # as its documents have it: smaller pages than asked for, and no filter by tags
    "rackspace_strict": Setup("rackspace_images", {"database": "sqlite", "limit_max": 33, "tag_filter": False,
                                                   "with_first": False}, (OTHER_USER, ADMIN), (1000,) * 5 + (7,),
                              tolerated=NEEDS_A_PAGE),
    "ims": Setup("ims", {}, (USER, OTHER_USER), (500,) * 5 + (30, 20, 7)),
    # what documents leave open, the other way round
    "ims_loose": Setup("ims", {"database": "mariadb", "minimum": "at most", "operators": True, "all_tags": False,
                               "limit_max": 40, "unknown": "property"}, (OTHER_USER, USER), (500,) * 5 + (7,)),
}


def _accounts(cloud, setup, key):
    """The accounts of the two servers."""
    for token in setup.tokens:
        project = token.partition(":")[2].partition(":")[0]
        url = cloud.url + (getattr(cloud.service, "endpoint", "") or "").replace("{tenant}", project)
        mapping = {"token": token}
        if key:
            mapping = {"login": token, "key_id": key.fingerprint, "private_key": key.private}
        yield Account(url, mapping)


def ask(name, seed, queries, images=100, seconds=None, most_mismatches=5, spoil=None, database=None):
    """Asks a stand-in of that setup so many queries; gives the summary.

    spoil(cloud, world) may do harm once the copies are made.
    """
    setup = SETUPS[name]
    key = make_key("rsa", "laptop") if setup.api == "cloudapi" else None
    keys = {"keys": dict.fromkeys(setup.tokens, key)} if key else {}
    with Cloud(service=setup.api, images=images, seed=seed, mode="varied", **setup.options, **keys) as cloud:
        documents = {server: cloud.documents(token) for server, token in zip(("cloud", "other"), setup.tokens)}
        world = World(database or "differential_" + name.replace(".", "_"), MODELS[setup.api],
                      list(_accounts(cloud, setup, key)), seed, setup.page_sizes,
                      documents if setup.documented else None, [image["id"] for image in cloud.images], cloud,
                      tolerated=setup.tolerated)
        if spoil:
            spoil(cloud, world)
        try:
            world.run(queries, seconds, most_mismatches)
        finally:
            summary = world.close()
    return summary
