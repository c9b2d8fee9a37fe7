"""The stand-ins that queries are asked of: what differs between real Glances."""
import typing

from cloud import ADMIN, OTHER_USER, USER, Cloud

from .world import World


class Setup(typing.NamedTuple):
    options: dict                # of the stand-in
    tokens: tuple                # of the servers cloud and other
    page_sizes: tuple
    documented: bool = True      # whether the stand-in itself knows what must be seen


SETUPS = {
    # compares text by bytes
    "exact": Setup({"database": "exact"}, (USER, OTHER_USER), (1000, 1000, 10, 3)),
    # ignores case, accents and trailing blanks, and stores whole seconds
    "loose": Setup({"database": "mariadb"}, (USER, ADMIN), (1000, 1000, 10, 3)),
    # no Content-Length, other limits on URLs, NULLs last
    "uwsgi": Setup({"database": "postgresql", "style": "uwsgi"}, (OTHER_USER, USER), (1000, 1000, 25)),
    # cuts every limit down, behind a prefix, for somebody who sees everything
    "clamp": Setup({"database": "exact", "limit_max": 17, "prefix": "/image"}, (ADMIN, USER), (1000, 20, 7)),
    # before os_hidden, before visibility=all and before operators
    "v2.6": Setup({"version": "v2.6"}, (USER, OTHER_USER), (1000, 10)),
    "v2.4": Setup({"version": "v2.4"}, (USER, OTHER_USER), (1000, 10), documented=False),
    "v2.2": Setup({"version": "v2.2", "database": "mariadb"}, (USER, OTHER_USER), (1000, 10), documented=False),
}


def ask(name, seed, queries, images=300, seconds=None, most_mismatches=5, change=None, database=None):
    """Asks a stand-in of that setup so many queries; gives the summary. change(cloud) may spoil it once the copies are
    made."""
    setup = SETUPS[name]
    with Cloud(images=images, seed=seed, mode="varied", **setup.options) as cloud:
        documents = {server: cloud.documents(token) for server, token in zip(("cloud", "other"), setup.tokens)}
        world = World(database or "differential_" + name.replace(".", "_"), cloud.url, setup.tokens, seed,
                      setup.page_sizes, documents if setup.documented else None,
                      [image["id"] for image in cloud.images], cloud)
        if change:
            change(cloud)
        try:
            world.run(queries, seconds, most_mismatches)
        finally:
            summary = world.close()
    return summary
