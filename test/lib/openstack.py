"""What tests over real OpenStack servers share: requests of their own, and tables compared with what these brought."""
import json
import urllib.error
import urllib.request
import uuid

import psycopg2
from imagecat import options_clause, rows
from psycopg2 import sql
from tap import is_

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def image_id(number):
    """The id of test/openstack/populate.py's image of that number."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"imagecat:test:{number}"))


def call(url, token=None, body=None, method=None, kind="application/json", headers=None):
    """Status, headers and content of an answer, of whatever status."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Accept": "application/json", **({"X-Auth-Token": token} if token else {}), **(headers or {})}
    if content is not None:
        headers["Content-Type"] = kind
    try:
        with _opener.open(urllib.request.Request(url, content, headers, method=method), timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def nova_documents(url, token, limit=70):
    """All pages of Nova's own list."""
    found, marker = [], ""
    while True:
        status, _, content = call(f"{url}/v2.1/images/detail?limit={limit}{marker}", token)
        if status != 200:
            raise RuntimeError(f"Nova's list: {status} {content[:300]}")
        page = json.loads(content)["images"]
        if not page:
            return found
        found += page
        marker = "&marker=" + page[-1]["id"]


def set_mapping(cur, name, options):
    """Gives the server a new user mapping in place of the old one."""
    server = sql.Identifier(name)
    cur.execute(sql.SQL("DROP USER MAPPING IF EXISTS FOR PUBLIC SERVER {}").format(server))
    cur.execute(sql.SQL("CREATE USER MAPPING FOR PUBLIC SERVER {} {}").format(server, options_clause(options)))


def set_options(cur, name, clause):
    cur.execute(f"ALTER SERVER {name} OPTIONS ({clause})")


def shows(cur, name, title, expected, mapping=None):
    """A point: the server's table, by this mapping if one is given, has the images of these sorted ids."""
    if mapping is not None:
        set_mapping(cur, name, mapping)
    try:
        found = sorted(identifier for (identifier,) in rows(cur, f"SELECT id FROM {name}.images"))
    except psycopg2.Error as error:
        found = [error.pgcode, error.diag.message_primary, error.diag.message_detail]
    is_(found, expected, f"{title}: the {len(expected)} images that the user can see, each once")


def nova_shows_glance(cur, nova, glance, title):
    """A point: the table of a server that is a Nova has the rows that the Glance beneath it lists, in all the canonical
    columns that Nova has."""
    columns = "id, name, nullif(size, 0), min_disk, min_ram, type, os, os_version, architecture, created_at, updated_at"
    status = """CASE WHEN status = 'active' THEN 'active' WHEN status IN ('queued', 'saving') THEN 'saving'
        ELSE 'unknown' END"""
    is_(rows(cur, f'SELECT {columns}, status FROM {nova}.images ORDER BY id COLLATE "C"'),
        rows(cur, f"SELECT {columns}, {status} FROM imagecat.list_images('{glance}') ORDER BY id COLLATE \"C\""),
        f"{title}: the canonical columns are those of Glance's list")
