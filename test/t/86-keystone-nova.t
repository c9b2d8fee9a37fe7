#!/usr/bin/python3
# needs: openstack
"""Proves that through the catalog of a real Keystone, however one signs in, a table has the images that the user can
GET with an ordinary token, also when the token ends in the middle of a scan; and that the same
holds for a real Nova."""
import concurrent.futures
import http.server
import json
import os
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib")]

import psycopg2  # noqa: E402
from imagecat import connect, error_of, fresh_database, server  # noqa: E402
from openstack import call, image_id, nova_documents, nova_shows_glance, set_mapping, set_options, shows  # noqa: E402
from tap import done, is_, like, ok, unlike  # noqa: E402

KEYSTONE, SHORT = os.environ["KEYSTONE_URL"], os.environ["KEYSTONE_SHORT_URL"]
GLANCE, OTHER_GLANCE = os.environ["KEYSTONE_GLANCE_URL"], os.environ["KEYSTONE_OTHER_GLANCE_URL"]
NOVA = os.environ["NOVA_KEYSTONE_URL"]
P1, P2, U1 = (os.environ[f"KEYSTONE_{name}"] for name in ("PROJECT_P1", "PROJECT_P2", "USER_U1"))
CREDENTIAL = os.environ["KEYSTONE_APPLICATION_CREDENTIAL_ID"]
SECRETS = ("pw1", "lostpw", "adminpw", "s3cret", "wr0ng-pa55")
DOMAIN = {"user_domain_name": "Default", "project_domain_name": "Default"}
PASSWORD = {"username": "u1", "password": "pw1", "project_name": "p1", **DOMAIN}
ADMIN = {"username": "admin", "password": "adminpw", "project_name": "p1", **DOMAIN}
BY_ID = {"application_credential_id": CREDENTIAL, "application_credential_secret": "s3cret"}
BY_NAME = {"application_credential_name": "fdw", "application_credential_secret": "s3cret"}
IDS = [image_id(number) for number in range(80)]   # those that "nova start" makes
BOTH_REGIONS = '(?=.*"RegionOne")(?=.*"RegionTwo")region'
WAIT = 90                        # seconds for what takes 15

LOG = os.path.join(os.environ["PGHOST"], "log")
log_start = os.path.getsize(LOG)
cur = fresh_database("t86_keystone_nova").cursor()
heard = []                       # all that errors said
tokens = set()                   # all that the test itself, or the service between, has seen


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


def nova_ids(url, token):
    return sorted(document["id"] for document in nova_documents(url, token))


def refuses(name, title, pgcode, message, hint=None, detail=None, options=None):
    """With these credentials there is such an error."""
    if options is not None:
        set_mapping(cur, name, options)
    error = error_of(cur, f"SELECT id FROM {name}.images")
    is_(error and error.pgcode, pgcode, f"{title}: SQLSTATE")
    if error:
        said = error.diag
        parts = (said.message_primary, said.message_detail, said.message_hint, said.context)
        heard.append("\n".join(filter(None, parts)))
        like(said.message_primary, message, f"{title}: message")
        for wanted, text, part in ((hint, said.message_hint, "hint"), (detail, said.message_detail, "detail")):
            if wanted:
                like(text, wanted, f"{title}: {part}")


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


# What there is to be seen

token = {(user, project): sign_in(KEYSTONE, user, password, project) for user, password, project in (
    ("u1", "pw1", "p1"), ("u1", "pw1", "p2"), ("rd", "pwr", "p1"), ("admin", "adminpw", "p1"))}
seen = {who: glance_ids(GLANCE, each) for who, each in token.items()}
other_seen = {who: glance_ids(OTHER_GLANCE, token[who]) for who in (("u1", "p1"), ("admin", "p1"))}
mine, theirs = seen["u1", "p1"], seen["u1", "p2"]
is_((len(seen["admin", "p1"]), len(other_seen["admin", "p1"])), (80, 10),
    "the images that an administrator can GET")
ok(20 < len(mine) < 80 and mine != theirs and set(other_seen["u1", "p1"]) < set(mine),
   f"the projects can GET different ones: {len(mine)}, {len(theirs)}, {len(other_seen['u1', 'p1'])}")
nova_seen = {who: nova_ids(NOVA, each) for who, each in token.items()}
nova_mine = nova_seen["u1", "p1"]
ok(0 < len(nova_seen["u1", "p2"]) and nova_mine != nova_seen["u1", "p2"], "Nova shows the projects different images")

# Scans whose tokens end before they do: where that is known in advance, and where only the service's 401 tells.
# The points between pass the time.

PLACES = (("glance", GLANCE + "/v2/images?limit=1", mine), ("nova", NOVA + "/v2.1/images?limit=1", nova_mine))
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

# Each way to sign in, and the endpoints of the catalog

server(cur, "k", auth="keystone", auth_url=KEYSTONE + "/v3", mapping=PASSWORD, region="RegionOne", page_size=30)
shows(cur, "k", "password, names", mine)
shows(cur, "k", "password, ids of the domains", mine, {
    "username": "u1", "password": "pw1", "user_domain_id": "default", "project_name": "p1",
    "project_domain_id": "default"})
shows(cur, "k", "password, ids", mine, {"user_id": U1, "password": "pw1", "project_id": P1})
shows(cur, "k", "password, no domain", mine, {"username": "u1", "password": "pw1", "project_name": "p1"})
shows(cur, "k", "the other project, name", theirs, {**PASSWORD, "project_name": "p2"})
shows(cur, "k", "the other project, id", theirs, {"user_id": U1, "password": "pw1", "project_id": P2})
shows(cur, "k", "application credential by id", mine, BY_ID)
shows(cur, "k", "application credential by name and user", mine, {
    **BY_NAME, "username": "u1", "user_domain_name": "Default"})
shows(cur, "k", "application credential by name and user's id", mine, {**BY_NAME, "user_id": U1})
shows(cur, "k", "a token for another project", theirs, {
    "token": token["u1", "p1"], "project_name": "p2", "project_domain_name": "Default"})
shows(cur, "k", "a token without a project", mine, {"token": sign_in(KEYSTONE, "u1", "pw1", None), "project_id": P1})
shows(cur, "k", "a reader", seen["rd", "p1"], {"username": "rd", "password": "pwr", "project_name": "p1", **DOMAIN})
shows(cur, "k", "an administrator", seen["admin", "p1"], ADMIN)
set_mapping(cur, "k", PASSWORD)
for auth_url in (KEYSTONE, KEYSTONE + "/", KEYSTONE + "/v3/"):
    set_options(cur, "k", f"SET auth_url '{auth_url}'")
    shows(cur, "k", f"auth_url .../{auth_url[len(KEYSTONE) + 1:]}", mine)
server(cur, "t", GLANCE, token=token["u1", "p1"])
shows(cur, "t", "an ordinary token and an address", mine)

for clause, expected in (("SET region 'RegionOne', ADD interface 'internal'", other_seen), ("DROP region", other_seen),
                         ("SET interface 'admin'", seen),
                         ("SET interface 'public', ADD region 'RegionTwo'", other_seen)):
    set_options(cur, "k", clause)
    for who, options in ((("admin", "p1"), ADMIN), (("u1", "p1"), PASSWORD)):
        shows(cur, "k", f"{clause}, {who[0]}", expected[who], options)
shows(cur, "k", "RegionTwo with an application credential", other_seen["u1", "p1"], BY_ID)
set_options(cur, "k", "DROP interface, SET region 'Atlantis'")
refuses("k", "an unknown region", "HV00N", "no fitting endpoint", BOTH_REGIONS, "Atlantis")
set_options(cur, "k", "DROP region")
refuses("k", "no region in particular", "HV00N", "endpoints in several regions", BOTH_REGIONS)
set_options(cur, "k", "ADD region 'RegionTwo', ADD interface 'admin'")
refuses("k", "an interface that the region has not", "HV00N", "no fitting endpoint", '"RegionOne"', "admin")
set_options(cur, "k", "DROP interface, SET region 'RegionOne'")

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
shows(cur, "k", "afterwards the right password", mine, PASSWORD)

# Nova with Keystone's tokens

server(cur, "kn", api="nova", auth="keystone", auth_url=KEYSTONE + "/v3", mapping=PASSWORD)
nova_shows_glance(cur, "kn", "k", "nova")
for title, who, options in (
        ("password, names", ("u1", "p1"), PASSWORD), ("application credential by id", ("u1", "p1"), BY_ID),
        ("application credential by name and user's id", ("u1", "p1"), {**BY_NAME, "user_id": U1}),
        ("password, ids", ("u1", "p2"), {"user_id": U1, "password": "pw1", "project_id": P2}),
        ("a reader", ("rd", "p1"), {"username": "rd", "password": "pwr", "project_name": "p1", **DOMAIN}),
        ("an administrator", ("admin", "p1"), ADMIN)):
    shows(cur, "kn", f"nova, {title}", nova_seen[who], options)
set_mapping(cur, "kn", PASSWORD)
for clause in ("ADD region 'RegionOne', ADD interface 'internal'", "SET interface 'admin', ADD page_size '7'"):
    set_options(cur, "kn", clause)
    shows(cur, "kn", f"nova, {clause}", nova_mine)
set_options(cur, "kn", "SET region 'RegionTwo'")
refuses("kn", "nova, a region that it is not in", "HV00N", "no fitting endpoint", '"RegionOne"', "compute.*RegionTwo")
set_options(cur, "kn", "SET region 'RegionOne'")
refuses("kn", "nova, a wrong password", "28000", 'identity service of server "kn".*401', 'for PUBLIC on server "kn"',
        options={**PASSWORD, "password": "wr0ng-pa55"})
refuses("kn", "nova, no scope", "28000", "needs a project", "project_name", options=UNSCOPED)

# The rest of the scans whose tokens have ended

for _, url, _ in PLACES:
    await_refusal(url, later)
for each in cursors:
    rest(*each)
is_(len(Between.issued), 8, "have signed in once more each")
between.shutdown()

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
