#!/usr/bin/python3
# needs: openstack
"""Proves that the stand-ins of Glance and Nova, holding the very images of a real Glance over SQLite, answer as the
real servers do: status, images, their order, the next page, messages, documents. No difference is known over SQLite;
those that come of other databases are told in test/cloud/README.md."""
import itertools
import json
import os
import random
import sys
import urllib.parse
import urllib.request

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import ADMIN, OTHER_USER, USER, Cloud, faithful, nova_questions, questions  # noqa: E402
from openstack import call  # noqa: E402
from tap import diag, done, ok  # noqa: E402

GLANCE, NOVA, FILE = (os.environ[name] for name in ("GLANCE_SQLITE_URL", "NOVA_URL", "GLANCE_SQLITE_FILE"))
NOBODY, READER = "x:none:member", "u-t1:t1:reader"
SEED = int(os.environ.get("IMAGECAT_SEED", random.randrange(1 << 30)))


def point(differences, asked, name):
    if not ok(asked and not differences, f"{name}: {asked} questions, the same answers"):
        diag(f"seed {SEED}; real / stand-in")
        diag("\n".join(map(str, differences[:10])))


def glance(images):
    with Cloud(images=images) as cloud:
        def same(name, token, paths):
            paths = list(paths)
            point(list(faithful.compare(GLANCE, cloud.url, token, paths)), len(paths), name)

        same("Glance, fixed", USER, questions.fixed(images))
        for at, token in enumerate((USER, USER, OTHER_USER, ADMIN, NOBODY, READER, None)):
            same(f"Glance, random, {token}", token, questions.questions(images, 40, SEED + at))
        for query in faithful.WALKS:
            pages = list(faithful.compare_walk(GLANCE, cloud.url, ADMIN, query))
            point(pages, 1, f"Glance, page by page, {query}")
        same("Glance, one by one", USER, (f"/v2/images/{image['id']}" for image in images[::6]))


def nova(images):
    with Cloud(service="nova", images=images, unauthorized="webob") as cloud:
        hosts = [urllib.parse.urlsplit(url).netloc for url in (NOVA, cloud.url)]

        def answer(url, path, token, headers):
            status, said, content = call(url + path, token, headers=headers)
            return status, said["Content-Type"], comparable(content.decode(), hosts)

        def same(name, asked):
            asked = list(asked)
            differences = []
            for path, headers, token in asked:
                real, ours = (answer(url, path, token, headers) for url in (NOVA, cloud.url))
                if real != ours:
                    differences.append(f"{path} {headers} [{token}]: {str(real)[:300]} / {str(ours)[:300]}")
            point(differences, len(asked), name)

        same("Nova, fixed", ((path, headers, USER) for path, headers in nova_questions.fixed()))
        tokens = itertools.cycle((USER, OTHER_USER, ADMIN, NOBODY, READER, None))
        same("Nova, random", zip(nova_questions.questions(images, 80, SEED), itertools.repeat({}), tokens))


def comparable(text, hosts):
    """Without what each server has of its own: its address and that of its Glance."""
    for host in hosts:
        text = text.replace(host, "HOST")
    try:
        value = json.loads(text)
    except ValueError:
        return text
    for image in value.get("images", []) + [value.get("image") or {}]:
        for link in image.get("links", []):
            if link["rel"] == "alternate":
                link["href"] = link["href"].rpartition("/")[2]
    return value


copied = faithful.copy_images(GLANCE, "a:none:admin", faithful.times_from_sqlite(FILE))
ok(len(copied) > 290, f"{len(copied)} images are copied")
glance(copied)
nova(copied)
done()
