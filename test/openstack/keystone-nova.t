#!/usr/bin/python3
# needs: openstack
"""Proves that through the catalog of a real Keystone, however one signs in, a table has the images that the user can GET
with an ordinary token, also when the token ends in the middle; and that a table over a real Nova has what its list has,
whichever filters are pushed."""
import concurrent.futures
import contextlib
import http.server
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib")]

import psycopg2  # noqa: E402
from imagecat import connect, error_of, explain, figure_in, fresh_database, options_clause, rows, server, value  # noqa: E402
from psycopg2 import sql  # noqa: E402
from tap import diag, done, is_, like, ok, unlike  # noqa: E402

KEYSTONE, SHORT = os.environ["KEYSTONE_URL"], os.environ["KEYSTONE_SHORT_URL"]
GLANCE, OTHER_GLANCE = os.environ["KEYSTONE_GLANCE_URL"], os.environ["KEYSTONE_OTHER_GLANCE_URL"]
KEYSTONE_NOVA, NOVA, SQLITE = os.environ["NOVA_KEYSTONE_URL"], os.environ["NOVA_URL"], os.environ["GLANCE_SQLITE_URL"]
P1, P2, U1 = (os.environ[f"KEYSTONE_{name}"] for name in ("PROJECT_P1", "PROJECT_P2", "USER_U1"))
CREDENTIAL = os.environ["KEYSTONE_APPLICATION_CREDENTIAL_ID"]
SECRETS = ("pw1", "lostpw", "adminpw", "s3cret", "wr0ng-pa55")
DOMAIN = {"user_domain_name": "Default", "project_domain_name": "Default"}
PASSWORD = {"username": "u1", "password": "pw1", "project_name": "p1", **DOMAIN}
ADMIN = {"username": "admin", "password": "adminpw", "project_name": "p1", **DOMAIN}
BY_ID = {"application_credential_id": CREDENTIAL, "application_credential_secret": "s3cret"}
BY_NAME = {"application_credential_name": "fdw", "application_credential_secret": "s3cret"}
# Those of test/openstack/populate.py
IDS = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"imagecat:test:{number}")) for number in range(80)]
WAIT = 90                        # seconds for what takes 15

LOG = os.path.join(os.environ["PGHOST"], "log")
log_start = os.path.getsize(LOG)
cur = fresh_database("t86_keystone_nova").cursor()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
heard = []                       # all that errors said
tokens = set()                   # all that the test itself, or the service between, has seen


def call(url, token=None, body=None, method=None, kind="application/json"):
    """Status, headers and content of an answer, of whatever status."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": kind, "Accept": "application/json", **({"X-Auth-Token": token} if token else {})}
    try:
        with opener.open(urllib.request.Request(url, content, headers, method=method), timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def get(url, token):
    status, _, content = call(url, token)
    if status != 200:
        raise RuntimeError(f"GET {url}: {status} {content[:300]}")
    return json.loads(content)


def sign_in(keystone, user, password, project):
    """An ordinary token."""
    person = {"name": user, "domain": {"id": "default"}, "password": password}
    scope = {"project": {"name": project, "domain": {"id": "default"}}} if project else "unscoped"
    auth = {"identity": {"methods": ["password"], "password": {"user": person}}, "scope": scope}
    status, headers, content = call(keystone + "/v3/auth/tokens", body={"auth": auth})
    if status != 201:
        raise RuntimeError(f"{user} cannot sign in: {status} {content[:300]}")
    tokens.add(headers["X-Subject-Token"])
    return headers["X-Subject-Token"]


def glance_ids(url, token):
    """The ids of all images that the token can GET one by one."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = dict(zip(IDS, pool.map(lambda image: call(f"{url}/v2/images/{image}", token)[0], IDS)))
    strange = {image: status for image, status in found.items() if status not in (200, 404)}
    if strange:
        raise RuntimeError(f"GET of images: {strange}")
    return sorted(image for image, status in found.items() if status == 200)


def nova_documents(url, token, limit=70):
    """All pages of Nova's own list."""
    found, marker = [], ""
    while True:
        page = get(f"{url}/v2.1/images/detail?limit={limit}{marker}", token)["images"]
        if not page:
            return found
        found += page
        marker = "&marker=" + page[-1]["id"]


def nova_ids(url, token):
    return sorted(document["id"] for document in nova_documents(url, token))


def mapping(name, options):
    """Gives the server a new user mapping in place of the old one."""
    cur.execute(sql.SQL("DROP USER MAPPING IF EXISTS FOR PUBLIC SERVER {}").format(sql.Identifier(name)))
    cur.execute(sql.SQL("CREATE USER MAPPING FOR PUBLIC SERVER {} {}").format(sql.Identifier(name), options_clause(options)))


def change(name, clause):
    cur.execute(f"ALTER SERVER {name} OPTIONS ({clause})")


def table_ids(name):
    """The ids in the server's table, or what the error says."""
    try:
        return sorted(identifier for (identifier,) in rows(cur, f"SELECT id FROM {name}.images"))
    except psycopg2.Error as error:
        return [error.pgcode, error.diag.message_primary, error.diag.message_detail]


def shows(name, title, expected, options=None):
    if options is not None:
        mapping(name, options)
    is_(table_ids(name), expected, f"{title}: the {len(expected)} images that the user can see, each once")


def refuses(name, title, pgcode, message, hint=None, detail=None, options=None):
    """With these credentials there is such an error."""
    if options is not None:
        mapping(name, options)
    error = error_of(cur, f"SELECT id FROM {name}.images")
    is_(error and error.pgcode, pgcode, f"{title}: SQLSTATE")
    if error:
        said = error.diag
        heard.append("\n".join(filter(None, (said.message_primary, said.message_detail, said.message_hint, said.context))))
        like(said.message_primary, message, f"{title}: message")
        for wanted, text, part in ((hint, said.message_hint, "hint"), (detail, said.message_detail, "detail")):
            if wanted:
                like(text, wanted, f"{title}: {part}")


# Each way to sign in, and the endpoints of the catalog

token = {(user, project): sign_in(KEYSTONE, user, password, project) for user, password, project in (
    ("u1", "pw1", "p1"), ("u1", "pw1", "p2"), ("rd", "pwr", "p1"), ("admin", "adminpw", "p1"))}
seen = {who: glance_ids(GLANCE, each) for who, each in token.items()}
other_seen = {who: glance_ids(OTHER_GLANCE, token[who]) for who in (("u1", "p1"), ("admin", "p1"))}
mine, theirs = seen["u1", "p1"], seen["u1", "p2"]
is_((len(seen["admin", "p1"]), len(other_seen["admin", "p1"])), (80, 10), "the images that an administrator can GET")
ok(20 < len(mine) < 80 and mine != theirs and set(other_seen["u1", "p1"]) < set(mine),
   f"the projects can GET different ones: {len(mine)}, {len(theirs)}, {len(other_seen['u1', 'p1'])}")

server(cur, "k", auth="keystone", auth_url=KEYSTONE + "/v3", mapping=PASSWORD, region="RegionOne", page_size=30)
shows("k", "password, names", mine)
shows("k", "password, ids of the domains", mine, {
    "username": "u1", "password": "pw1", "user_domain_id": "default", "project_name": "p1", "project_domain_id": "default"})
shows("k", "password, ids", mine, {"user_id": U1, "password": "pw1", "project_id": P1})
shows("k", "password, no domain", mine, {"username": "u1", "password": "pw1", "project_name": "p1"})
shows("k", "the other project, name", theirs, {**PASSWORD, "project_name": "p2"})
shows("k", "the other project, id", theirs, {"user_id": U1, "password": "pw1", "project_id": P2})
shows("k", "application credential by id", mine, BY_ID)
shows("k", "application credential by name and user", mine, {**BY_NAME, "username": "u1", "user_domain_name": "Default"})
shows("k", "application credential by name and user's id", mine, {**BY_NAME, "user_id": U1})
shows("k", "a token for another project", theirs, {
    "token": token["u1", "p1"], "project_name": "p2", "project_domain_name": "Default"})
shows("k", "a token without a project", mine, {"token": sign_in(KEYSTONE, "u1", "pw1", None), "project_id": P1})
shows("k", "a reader", seen["rd", "p1"], {"username": "rd", "password": "pwr", "project_name": "p1", **DOMAIN})
shows("k", "an administrator", seen["admin", "p1"], ADMIN)
mapping("k", PASSWORD)
for auth_url in (KEYSTONE, KEYSTONE + "/", KEYSTONE + "/v3/"):
    change("k", f"SET auth_url '{auth_url}'")
    shows("k", f"auth_url .../{auth_url[len(KEYSTONE) + 1:]}", mine)
server(cur, "t", GLANCE, token=token["u1", "p1"])
shows("t", "an ordinary token and an address", mine)

for clause, expected in (("SET region 'RegionOne', ADD interface 'internal'", other_seen), ("DROP region", other_seen),
                         ("SET interface 'admin'", seen), ("SET interface 'public', ADD region 'RegionTwo'", other_seen)):
    change("k", clause)
    for who, options in ((("admin", "p1"), ADMIN), (("u1", "p1"), PASSWORD)):
        shows("k", f"{clause}, {who[0]}", expected[who], options)
shows("k", "RegionTwo with an application credential", other_seen["u1", "p1"], BY_ID)
change("k", "DROP interface, SET region 'Atlantis'")
refuses("k", "an unknown region", "HV00N", "no fitting endpoint", '(?=.*"RegionOne")(?=.*"RegionTwo")region', "Atlantis")
change("k", "DROP region")
refuses("k", "no region in particular", "HV00N", "endpoints in several regions", '(?=.*"RegionOne")(?=.*"RegionTwo")region')
change("k", "ADD region 'RegionTwo', ADD interface 'admin'")
refuses("k", "an interface that the region has not", "HV00N", "no fitting endpoint", '"RegionOne"', "admin")
change("k", "DROP interface, SET region 'RegionOne'")

WHOSE = 'user mapping for PUBLIC on server "k"'
UNSCOPED = {"username": "u1", "password": "pw1", "user_domain_name": "Default"}
refuses("k", "no scope", "28000", "needs a project", "project_name", options=UNSCOPED)
refuses("k", "a token without a scope", "28000", "needs a project", "project_name",
        options={"token": sign_in(KEYSTONE, "u1", "pw1", None)})
refuses("k", "a scope that is a domain without a role", "28000", "401", options={**UNSCOPED, "domain_name": "Default"})
for title, options in (("a wrong password", {**PASSWORD, "password": "wr0ng-pa55"}),
                       ("a wrong password, ids", {"user_id": U1, "password": "wr0ng-pa55", "project_id": P1}),
                       ("another domain", {**PASSWORD, "user_domain_name": "Elsewhere"}),
                       ("no such project", {**PASSWORD, "project_name": "nowhere"}),
                       ("no role in the project", {**PASSWORD, "username": "lost", "password": "lostpw"}),
                       ("a wrong secret", {**BY_ID, "application_credential_secret": "wr0ng-pa55"})):
    refuses("k", title, "28000", 'identity service of server "k" answered with HTTP status 401', WHOSE,
            "401.*request req-", options=options)
refuses("k", "an unknown application credential", "28000", "identity service.*HTTP status 40[14]", WHOSE,
        options={**BY_ID, "application_credential_id": "0" * 32})
refuses("t", "a token that is none", "28000", 'server "t" answered with HTTP status 401', 'for PUBLIC on server "t"',
        options={"token": "no-such-token"})
shows("k", "afterwards the right password", mine, PASSWORD)

# Tokens that end in the middle of a scan: where that is known in advance, and where only the service's 401 tells


class Between(http.server.BaseHTTPRequestHandler):
    """Hands sign-ins on to the Keystone with short tokens, but says that these are good for a day."""
    protocol_version = "HTTP/1.1"
    issued = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, content = call(SHORT + self.path, body=body)
        answer = json.loads(content)
        answer["token"]["expires_at"] = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + 86400))
        content = json.dumps(answer).encode()
        self.issued.append(headers["X-Subject-Token"])
        tokens.add(self.issued[-1])
        self.send_response(status)
        for name in ("X-Subject-Token", "Content-Type"):
            self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def begin(name, settings=""):
    """A cursor over the server's table in a session of its own, with the rows that were read of it."""
    reader = connect("t86_keystone_nova").cursor()
    reader.execute(f"{settings}; BEGIN; DECLARE c CURSOR FOR SELECT id FROM {name}.images; FETCH 7 FROM c")
    return reader, [identifier for (identifier,) in reader.fetchall()]


def rest(title, reader, found, expected):
    """Reads the cursor to its end: all rows, each once, and no error."""
    is_(len(found), 7, f"{title}: the first rows")
    try:
        reader.execute("FETCH ALL FROM c")
        found += [identifier for (identifier,) in reader.fetchall()]
        problem = None
    except psycopg2.Error as error:
        problem = str(error)
    is_(problem, None, f"{title}: no error")
    is_(sorted(found), expected, f"{title}: all rows, each once")
    reader.connection.close()


def await_refusal(url, ended):
    """Waits until the service takes the token no more."""
    started = time.monotonic()
    while call(url, ended)[0] != 401:
        if time.monotonic() - started > WAIT:
            raise RuntimeError(f"{url} still takes the token after {WAIT} s")
        time.sleep(0.25)


nova_mine = nova_ids(KEYSTONE_NOVA, token["u1", "p1"])
PLACES = (("glance", GLANCE + "/v2/images?limit=1", mine), ("nova", KEYSTONE_NOVA + "/v2.1/images?limit=1", nova_mine))
between = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
threading.Thread(target=between.serve_forever, daemon=True).start()
cursors = []
for api, url, expected in PLACES:
    ok(len(expected) > 30, f"{api}: {len(expected)} images are more than a few pages")
    common = {"api": api, "auth": "keystone", "region": "RegionOne", "page_size": 5}
    for title, auth_url, options in (("password", SHORT, PASSWORD), ("credential", SHORT, BY_ID),
                                     ("unforeseen", f"http://127.0.0.1:{between.server_port}", PASSWORD)):
        name = f"short_{api}_{title}"
        server(cur, name, auth_url=auth_url + "/v3", mapping=options, **common)
        for prefetch in ("on", "off"):
            cursors.append((f"15 seconds, {api}, {title}, prefetch {prefetch}",
                            *begin(name, f"SET imagecat.prefetch = {prefetch}"), expected))
later = sign_in(SHORT, "u1", "pw1", "p1")   # after all of the cursors' tokens, so that it ends last
for api, url, _ in PLACES:
    is_(call(url, later)[0], 200, f"{api} takes a token of 15 seconds")
is_(len(Between.issued), 4, "sessions that do not know when their token ends")
for _, url, _ in PLACES:
    await_refusal(url, later)
for each in cursors:
    rest(*each)
is_(len(Between.issued), 8, "have signed in once more each")
between.shutdown()

# Nova with Keystone's tokens

server(cur, "kn", api="nova", auth="keystone", auth_url=KEYSTONE + "/v3", mapping=PASSWORD)
nova_seen = {who: nova_ids(KEYSTONE_NOVA, each) for who, each in token.items()}
ok(0 < len(nova_seen["u1", "p2"]) and nova_seen["u1", "p1"] != nova_seen["u1", "p2"], "Nova shows the projects different images")
for title, who, options in (("password, names", ("u1", "p1"), PASSWORD), ("application credential by id", ("u1", "p1"), BY_ID),
                            ("application credential by name and user's id", ("u1", "p1"), {**BY_NAME, "user_id": U1}),
                            ("password, ids", ("u1", "p2"), {"user_id": U1, "password": "pw1", "project_id": P2}),
                            ("a reader", ("rd", "p1"), {"username": "rd", "password": "pwr", "project_name": "p1", **DOMAIN}),
                            ("an administrator", ("admin", "p1"), ADMIN)):
    shows("kn", f"nova, {title}", nova_seen[who], options)
mapping("kn", PASSWORD)
for clause in ("ADD region 'RegionOne', ADD interface 'internal'", "SET interface 'admin', ADD page_size '7'"):
    change("kn", clause)
    shows("kn", f"nova, {clause}", nova_mine)
change("kn", "SET region 'RegionTwo'")
refuses("kn", "nova, a region that it is not in", "HV00N", "no fitting endpoint", '"RegionOne"', "compute.*RegionTwo")
change("kn", "SET region 'RegionOne'")
refuses("kn", "nova, a wrong password", "28000", 'identity service of server "kn".*401', 'for PUBLIC on server "kn"',
        options={**PASSWORD, "password": "wr0ng-pa55"})
refuses("kn", "nova, no scope", "28000", "needs a project", "project_name", options=UNSCOPED)

# Nova over 300 images, and a few with a type and a server, which the others have not

OWNER = "u-t1:t1:member"
VIEWERS = {"t1": OWNER, "t2": "u-t2:t2:member", "admin": "a:t1:admin"}
SHOWN = "id, name, status, min_ram, min_disk, type, architecture, updated_at"


def make_image(name, image_type, data=b"data", **properties):
    body = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "private", **properties,
            **({} if image_type is None else {"image_type": image_type})}
    status, _, content = call(SQLITE + "/v2/images", OWNER, body)
    if status != 201:
        raise RuntimeError(f"no image {name}: {status} {content[:300]}")
    image = json.loads(content)["id"]
    made.callback(lambda: call(f"{SQLITE}/v2/images/{image}", OWNER, method="DELETE"))
    if data and call(f"{SQLITE}/v2/images/{image}/file", OWNER, data, "PUT", "application/octet-stream")[0] != 204:
        raise RuntimeError(f"no content for image {name}")


def literal(text):
    return cur.mogrify("%s", (text,)).decode()


def moments(documents):
    """Bounds at, before and after the times of some images."""
    for text in sorted({document["updated"] for document in documents})[::60]:
        for shift in ("0", "1 microsecond", "-1 second"):
            yield f"(timestamptz {literal(text)} + interval '{shift}')"


def conditions(documents):
    """(condition, the parameter that it is sent as, or "" for any or none)."""
    names = sorted({document["name"] for document in documents if document["name"] is not None})
    special = [name for name in names if not name.lower().startswith(("img", "vm"))]
    for name in special + [name for name in names if name not in special][::25] + ["no such image", "in:plain,Plain"]:
        yield f"name = {literal(name)}", "name=eq:" if name else ""
    yield f"name IN ({', '.join(map(literal, special[:3]))})", ""
    yield "name IS NULL", ""
    for status in ("active", "ACTIVE", "saving", "unknown", "error", "queued", "deactivated", "killed"):
        yield f"status = '{status}'", "status=ACTIVE" if status == "active" else ""
    yield "status <> 'active'", ""
    for column, parameter, numbers in (("min_ram", "minRam", (0, 512, 1024, 2048, 7, -1)),
                                       ("min_disk", "minDisk", (0, 5, 20, 7))):
        for number in numbers:
            yield f"{column} = {number}", f"{parameter}={number}" if number >= 0 else ""
    yield "min_ram >= 1024", ""
    for moment in moments(documents):
        for operator in (">=", ">", "="):
            yield f"updated_at {operator} {moment}", "changes-since="
        yield f"updated_at < {moment}", ""
    for image_type in ("snapshot", "Snapshot", "base", "a,b", "eq:snapshot", "none"):
        yield f"type = {literal(image_type)}", "type="
    yield from (("type IN ('snapshot', 'base')", ""), ("type <> 'snapshot'", ""), ("type IS NULL", ""), ("type = ''", ""))
    values = {}
    for document in documents:
        for key, text in document["metadata"].items():
            values.setdefault(key, set()).add(text)
    for key in sorted(values):
        texts = sorted(text for text in values[key] if isinstance(text, str))
        for text in texts[:2] + texts[-1:] + ["none"]:
            yield f"properties -> 'metadata' ->> {literal(key)} = {literal(text)}", {
                "hw_disk_bus": "property-hw_disk_bus="}.get(key, "")
    yield from (("architecture = 'x86_64'", ""), ("architecture = 'X86_64'", ""))
    yield "properties -> 'metadata' ->> 'no_such' IS NULL", ""
    yield "properties -> 'metadata' @> '{\"hw_disk_bus\": \"scsi\"}'", ""
    moment = sorted(document["updated"] for document in documents)[len(documents) // 2]
    yield (f"status = 'active' AND min_ram = 0 AND updated_at >= {literal(moment)}", "status=ACTIVE&")
    yield (f"type = 'snapshot' AND status = 'active' AND updated_at >= {literal(moment)} AND min_disk = 0", "type=snapshot")
    yield "status = 'active' AND properties -> 'metadata' ->> 'hw_disk_bus' = 'virtio'", "property-hw_disk_bus=virtio"
    for document in documents[::60]:
        yield f"id = '{document['id']}'", ""
        yield f"id = '{document['id']}' AND status = 'active'", ""


def found_by(table, condition, pushdown="on"):
    """The rows, sorted; or the error."""
    cur.execute(f"SET imagecat.enable_pushdown = {pushdown}")
    query = f"SELECT {SHOWN} FROM {table} WHERE {condition}"
    try:
        found = sorted(map(str, rows(cur, query)))
    except psycopg2.Error as error:
        found = [str(error)]
    cur.execute("RESET imagecat.enable_pushdown")
    return found


with contextlib.ExitStack() as made:
    instance = str(uuid.uuid5(uuid.NAMESPACE_URL, "imagecat:test:instance"))
    for image_type in ("snapshot", "snapshot", "Snapshot", "base", "a,b", "eq:snapshot", ""):
        make_image(f"of type {image_type}", image_type, instance_uuid=instance, hw_disk_bus="virtio")
    make_image("snapshot to come", "snapshot", None, instance_uuid=str(uuid.uuid4()), property_x="p", retype_x="r")
    for viewer, viewer_token in VIEWERS.items():
        documents = nova_documents(NOVA, viewer_token)
        expected = sorted(document["id"] for document in documents)
        name = f"n_{viewer}"
        server(cur, name, NOVA, "nova", token=viewer_token)
        shows(name, f"nova over 300 images, {viewer}", expected)
        change(name, "ADD page_size '25'")
        shows(name, f"nova over 300 images, {viewer}, many pages", expected)
        cur.execute("SET imagecat.enable_pushdown = off")
        shows(name, f"nova over 300 images, {viewer}, no pushdown", expected)
        cur.execute(f"CREATE TABLE {name}.copy AS SELECT * FROM {name}.images")
        cur.execute("RESET imagecat.enable_pushdown")
        told = rows(cur, f"""SELECT id, name, status, min_ram, min_disk, coalesce(size, 0), type, architecture,
            to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            properties -> 'metadata' FROM {name}.images ORDER BY id COLLATE "C" """)
        is_(told, [(each["id"], each["name"], each["status"].lower(), each["minRam"], each["minDisk"],
                    each["OS-EXT-IMG-SIZE:size"] or 0, each["metadata"].get("image_type"),
                    each["metadata"].get("architecture"), each["created"], each["updated"], each["metadata"])
                   for each in sorted(documents, key=lambda each: each["id"])],
            f"nova, {viewer}: the columns show what the documents say")
        change(name, "DROP page_size")

        wrong, unsent, asked, empty = [], [], 0, 0
        for condition, parameter in list(conditions(documents))[:: 1 if viewer == "t1" else 7]:
            copied, pushed = found_by(f"{name}.copy", condition), found_by(f"{name}.images", condition)
            asked, empty = asked + 1, empty + (not copied)
            if copied != pushed or asked % 15 == 0 and pushed != found_by(f"{name}.images", condition, "off"):
                wrong.append((condition, len(copied), len(pushed), pushed[:1]))
            plan = urllib.parse.unquote(explain(cur, f"SELECT id FROM {name}.images WHERE {condition}"))
            if parameter and parameter not in plan.split("Remote Request:")[-1]:
                unsent.append((condition, parameter, plan))
        if not ok(not wrong, f"nova, {viewer}: {asked} conditions, {empty} of them true of no image, give the same rows "
                             "with and without pushdown"):
            diag("\n".join(map(str, wrong[:8])))
        if not ok(not unsent, f"nova, {viewer}: what Nova can filter by is sent"):
            diag("\n".join(map(str, unsent[:8])))

        server_query = f"SELECT id FROM {name}_native.images WHERE \"server.id\" = '{instance}'"
        cur.execute(f"CREATE SCHEMA {name}_native; IMPORT FOREIGN SCHEMA native FROM SERVER {name} INTO {name}_native")
        is_(sorted(row[0] for row in rows(cur, server_query)),
            sorted(each["id"] for each in documents if each["metadata"].get("instance_uuid") == instance),
            f"nova, {viewer}: the images of a server")
        like(explain(cur, server_query), f"[?&]server={instance}", f"nova, {viewer}: Nova is asked for them")

        for page_size, limits in ((25, (1, 24, 25, 26, 60, len(expected), 1000)), (1000, (7, len(expected) - 1))):
            change(name, f"{'SET' if page_size == 1000 else 'ADD'} page_size '{page_size}'")
            for limit in limits:
                got = [identifier for (identifier,) in rows(cur, f"SELECT id FROM {name}.images LIMIT {limit}")]
                is_((len(got), len(set(got)), set(got) <= set(expected)), (min(limit, len(expected)),) * 2 + (True,),
                    f"nova, {viewer}: LIMIT {limit}, pages of {page_size}")
        plan = explain(cur, f"SELECT id FROM {name}.images LIMIT 7", analyze=True)
        like(plan, r"Remote Request: GET /v2\.1/images/detail\?limit=7$", f"nova, {viewer}: the limit is sent")
        is_((figure_in(plan, "Requests"), figure_in(plan, "Images Received")), (1, 7), f"nova, {viewer}: for one request")
        active = {each["id"] for each in documents if each["status"] == "ACTIVE"}
        got = [identifier for (identifier,) in rows(cur, f"SELECT id FROM {name}.images WHERE status = 'active' LIMIT 40")]
        is_((len(got), set(got) <= active), (len(set(got)), True), f"nova, {viewer}: a condition and a LIMIT")
        is_(len(got), min(40, len(active)), f"nova, {viewer}: as many as there are")
        newest = f"SELECT id FROM {name}.%s ORDER BY created_at DESC, id LIMIT 9"
        is_(rows(cur, newest % "images"), rows(cur, newest % "copy"), f"nova, {viewer}: an order and a LIMIT")

# No secret anywhere

with open(LOG, encoding="utf-8") as log:
    log.seek(log_start)
    said = "\n".join(line for line in log if "STATEMENT:" not in line and "USER MAPPING" not in line
                     and not line.startswith("\t"))
for secret in SECRETS:
    unlike("\n".join(heard), secret, f"no error says {secret[:2]}...")
    unlike(said, secret, f"nor does the server's log say {secret[:2]}...")
is_([each[:9] for each in tokens if each in said or any(each in text for text in heard)], [], "nor a token")
done()
