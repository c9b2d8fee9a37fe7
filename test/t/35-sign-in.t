#!/usr/bin/python3
"""Proves that one can sign in to an identity service in each way that Keystone, Rackspace and IAM know, that tokens are
shared, renewed and forgotten in time, and that a refusal is an error that names the user mapping and no secret."""
import os
import sys
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from cloud.identity import Identity  # noqa: E402
from imagecat import connect, error_of, explain, figure_in, fresh_database, options_clause, rows, server, value  # noqa: E402
from psycopg2 import sql  # noqa: E402
from refusals import refused  # noqa: E402
from tap import done, is_, like, ok, unlike  # noqa: E402

LOG = os.path.join(os.environ["PGHOST"], "log")
log_start = os.path.getsize(LOG)
cur = fresh_database("t35_sign_in").cursor()
SECRETS = ("pw1", "other1", "s3cret", "aaaaa-bbbbb-ccccc-12345678", "theUsersPassword", "wr0ng-pa55")
PASSWORD = {"username": "u1", "password": "pw1", "project_name": "p1"}
heard = []                       # all that errors said


def mapping(name, options, role="PUBLIC"):
    """Gives the server a new user mapping in place of the old one."""
    cur.execute(f"DROP USER MAPPING IF EXISTS FOR {role} SERVER {name}")
    cur.execute(sql.SQL(f"CREATE USER MAPPING FOR {role} SERVER {name} {{}}").format(options_clause(options)))


def count(name):
    return value(cur, f"SELECT count(*) FROM {name}.images")


def signs_in(name, title, options, expected):
    """With these credentials the server shows so many images; gives the body of the sign-in."""
    mapping(name, options)
    error = error_of(cur, f"SELECT count(*) FROM {name}.images")
    is_(error and (error.diag.message_primary, error.diag.message_detail), None, f"{title}: no error")
    if not error:
        is_(count(name), expected, f"{title}: all images")


def refuses(name, title, options, pgcode, message, hint=None, detail=None, query=None):
    """With these credentials there is such an error."""
    if options is not None:
        mapping(name, options)
    error = error_of(cur, query or f"SELECT count(*) FROM {name}.images")
    heard.append(refused(error, title, pgcode, message, detail, hint) or "")


def invalid(title, statement, options, pgcode, message, hint):
    """The statement with these options is refused when it is run, not when the server is used."""
    error = error_of(cur, sql.SQL(statement).format(options_clause(options)))
    is_(error and error.pgcode, pgcode, f"{title}: SQLSTATE")
    if error:
        heard.append(error.diag.message_primary + (error.diag.message_hint or ""))
        like(error.diag.message_primary, message, f"{title}: message")
        like(error.diag.message_hint, hint, f"{title}: hint")


def tokens_asked(identity):
    return len(identity.lists)


# Keystone v3: the same names mean other things in another domain, and the catalog is full of decoys

keystone = Identity().start()
cloud = Cloud(images=60, identity=keystone).start()
p1, p2, other_p1 = keystone.accounts.projects
u1 = keystone.accounts.user(name="u1")
credential = keystone.accounts.credentials[0]
seen = {project.id: len(cloud.documents(keystone.issue("u1", project.id))) for project in (p1, p2)}
seen[other_p1.id] = len(cloud.documents(keystone.issue(keystone.accounts.users[-1].id, other_p1.id)))

server(cur, "k", auth_url=keystone.auth_url, mapping=PASSWORD, page_size=10, region="RegionOne")
plan = explain(cur, "SELECT * FROM k.images")
like(plan, r"GET /v2/images\?", "EXPLAIN shows the request")
is_(tokens_asked(keystone), 0, "EXPLAIN signs nobody in")

signs_in("k", "password", PASSWORD, seen[p1.id])
is_(keystone.lists[-1].headers.get("x-auth-token"), None, "the sign-in carries no token")
signs_in("k", "ids", {"user_id": u1.id, "password": "pw1", "project_id": p2.id}, seen[p2.id])
signs_in("k", "names with domains", {"username": "u1", "password": "pw1", "user_domain_name": "Default",
         "project_name": "p2", "project_domain_id": "default"}, seen[p2.id])
signs_in("k", "another domain", {"username": "u1", "password": "other1", "user_domain_name": "Other",
         "project_name": "p1"}, seen[other_p1.id])
signs_in("k", "one domain for both", {"username": "u1", "password": "other1", "domain_name": "Other",
         "project_name": "p1"}, seen[other_p1.id])
signs_in("k", "id and name of a project", {**PASSWORD, "project_id": p2.id}, seen[p2.id])
signs_in("k", "the user's default project", {"username": "home", "password": "pwh"}, seen[p1.id])
signs_in("k", "application credential by id", {"application_credential_id": credential.id,
         "application_credential_secret": "s3cret"}, seen[p1.id])
signs_in("k", "application credential by name", {"application_credential_name": "fdw", "username": "u1",
         "application_credential_secret": "s3cret"}, seen[p1.id])
signs_in("k", "application credential by name and user id", {"application_credential_name": "fdw", "user_id": u1.id,
         "application_credential_secret": "s3cret"}, seen[p1.id])
signs_in("k", "a token for another project", {"token": keystone.issue("u1", None), "project_name": "p2"}, seen[p2.id])
given = keystone.issue("u1", p1.id)
signs_in("k", "a token that needs only a catalog", {"token": given}, seen[p1.id])
is_(cloud.requests[-1].headers["x-auth-token"], given, "which is the one that is used")

refuses("k", "wrong password", {**PASSWORD, "password": "wr0ng-pa55"}, "28000",
        "identity service of server \"k\" answered with HTTP status 401", 'user mapping for PUBLIC on server "k"',
        "requires authentication.*401.*request req-")
refuses("k", "a disabled user", {"username": "off", "password": "pwo", "project_name": "p1"}, "28000", "401")
refuses("k", "no such project", {**PASSWORD, "project_name": "nowhere"}, "28000", "401")
refuses("k", "no project", {"username": "lost", "password": "pwl"}, "28000", "needs a project", "project_name")
refuses("k", "a token without a project", {"token": keystone.issue("u1", None)}, "28000", "needs a project")
refuses("k", "a second factor", {"username": "mfa", "password": "pwm", "project_name": "p1"}, "28000",
        "multi-factor", "application credential")
refuses("k", "an unknown application credential", {"application_credential_id": "nobody",
        "application_credential_secret": "s3cret"}, "28000", "404", "user mapping for PUBLIC")
refuses("k", "an expired token", {"token": keystone.issue("u1", p1.id, expires_in=-5)}, "28000", "401")
refuses("k", "no credentials", {}, "28000", "needs a password", "ALTER USER MAPPING FOR PUBLIC")
cur.execute("DROP USER MAPPING FOR PUBLIC SERVER k")
refuses("k", "no user mapping", None, "28000", "needs a password", 'CREATE USER MAPPING FOR "postgres"')

mapping("k", PASSWORD)
cur.execute("ALTER SERVER k OPTIONS (DROP region)")
refuses("k", "no region in particular", None, "HV00N", "endpoints in several regions",
        'region.*"RegionTwo", "RegionOne"')
cur.execute("ALTER SERVER k OPTIONS (ADD region 'Atlantis')")
refuses("k", "no such region", None, "HV00N", "no fitting endpoint", 'region.*"RegionTwo", "RegionOne"', "Atlantis")
cur.execute("ALTER SERVER k OPTIONS (SET region 'RegionOne')")
for option in ("service_type", "service_name"):
    cur.execute(f"ALTER SERVER k OPTIONS (ADD {option} 'nothing')")
    refuses("k", f"no such {option}", None, "HV00N", "no fitting endpoint", option, "nothing")
    cur.execute(f"ALTER SERVER k OPTIONS (DROP {option})")
cur.execute("ALTER SERVER k OPTIONS (ADD interface 'admin', ADD service_name 'glance')")
refuses("k", "the admin's endpoint", None, "HV00N", "could not connect to server", None, "glance-admin.regionone.invalid")
keystone.register(cloud, region="RegionTwo", interface="admin")
cur.execute("ALTER SERVER k OPTIONS (SET region 'RegionTwo')")
is_(count("k"), seen[p1.id], "an interface in a region")
like(explain(cur, "SELECT * FROM k.images"), r"GET /v2/images\?", "EXPLAIN afterwards")
cur.execute("ALTER SERVER k OPTIONS (DROP interface, SET region 'RegionOne', DROP service_name)")

cur.execute(f"ALTER SERVER k OPTIONS (SET auth_url '{keystone.url}')")
is_(count("k"), seen[p1.id], "the identity service's version is found out")
cur.execute(f"ALTER SERVER k OPTIONS (SET auth_url '{keystone.url}/v3/')")
is_(count("k"), seen[p1.id], "a slash at the end")
cur.execute("ALTER SERVER k OPTIONS (SET auth_url 'http://127.0.0.1:1/v3')")
refuses("k", "nobody listens", None, "HV00N", "could not connect to the identity service of server", "auth_url")
cur.execute(f"ALTER SERVER k OPTIONS (SET auth_url '{keystone.url}/elsewhere/v3')")
refuses("k", "not an identity service", None, "HV000", "identity service.*404", "auth_url")
cur.execute(f"ALTER SERVER k OPTIONS (SET auth_url '{keystone.auth_url}')")
cur.execute(f"SET imagecat.allowed_hosts = '127.0.0.1:{cloud.port}'")
refuses("k", "a host that is not allowed", None, "42501", "host of server")
cur.execute(f"SET imagecat.allowed_hosts = '127.0.0.1:{keystone.port}'")
refuses("k", "a catalog's host that is not allowed", None, "42501", "host of server")
cur.execute("RESET imagecat.allowed_hosts")

# Tokens are shared and forgotten

mapping("k", PASSWORD)
keystone.clear()
for _ in range(3):
    count("k")
rows(cur, "SELECT * FROM k.images a JOIN k.images b USING (id)")
value(cur, "SELECT count(*) FROM imagecat.list_images('k')")
is_(tokens_asked(keystone), 1, "scans of a session share a token")
is_(figure_in(explain(cur, "SELECT * FROM k.images WHERE id = 'x'", analyze=True), "Requests"), 2,
    "only the service's requests are left to count")
other = connect("t35_sign_in").cursor()
value(other, "SELECT count(*) FROM k.images")
is_(tokens_asked(keystone), 2, "another session has its own")
value(other, "SELECT count(*) FROM k.images")
cur.execute("ALTER USER MAPPING FOR PUBLIC SERVER k OPTIONS (ADD domain_id 'default')")
value(other, "SELECT count(*) FROM k.images")
is_(tokens_asked(keystone), 3, "a mapping that was altered elsewhere is noticed")
count("k")
cur.execute("ALTER SERVER k OPTIONS (SET page_size '20')")
count("k")
is_(tokens_asked(keystone), 5, "so is an altered server")
cur.execute("BEGIN; ALTER USER MAPPING FOR PUBLIC SERVER k OPTIONS (SET project_name 'p2')")
is_(count("k"), seen[p2.id], "in a transaction the new mapping counts")
cur.execute("ROLLBACK")
is_(count("k"), seen[p1.id], "and after its end the old one")
cur.execute("DROP ROLE IF EXISTS t35_other; CREATE ROLE t35_other; GRANT USAGE ON SCHEMA k TO t35_other; GRANT SELECT ON k.images TO t35_other")
mapping("k", {**PASSWORD, "project_name": "p2"}, "t35_other")
count("k")
cur.execute("SET ROLE t35_other")
is_(count("k"), seen[p2.id], "a role with a mapping of its own has a token of its own")
cur.execute("RESET ROLE")
is_(count("k"), seen[p1.id], "and takes nobody else's away")
cur.execute("DROP OWNED BY t35_other; DROP ROLE t35_other")

# Tokens end

count("k")
keystone.clear(), cloud.clear()
keystone.revoke()
is_(count("k"), seen[p1.id], "a token that was revoked is replaced")
is_((tokens_asked(keystone), sum(r.status == 401 for r in cloud.requests)), (1, 1), "by signing in once")

cur.execute("BEGIN")
cur.execute("DECLARE c CURSOR FOR SELECT id FROM k.images")
cur.execute("FETCH 5 FROM c")
found = cur.fetchall()
keystone.expire()
cur.execute("FETCH ALL FROM c")
found += cur.fetchall()
cur.execute("COMMIT")
is_((len(found), len(set(found))), (seen[p1.id], seen[p1.id]), "a token that expires between two pages loses no row")

keystone.clear(), cloud.clear()
cloud.fault("status", status=401, times=None, on="any",
            body=b'{"error":{"code":401,"title":"Unauthorized","message":"no"}}')
refuses("k", "a service that takes no token", None, "28000", 'server "k" answered with HTTP status 401',
        "user mapping for PUBLIC")
is_((len(cloud.requests), tokens_asked(keystone)), (2, 1), "one new sign-in and one repetition, no more")
cloud.clear(), keystone.clear()
cloud.fault("status", status=403, body=b'{"message":"nothing for you","code":"403 Forbidden"}')
refuses("k", "a service that forbids", None, "42501", "403", "are valid, but may not do this", "nothing for you")
is_(tokens_asked(keystone), 0, "which is no reason to sign in again")

for title, options, scans, expected in (("near its end", {"expiry": 2}, 3, range(2, 4)),
                                        ("by its clock, ahead", {"expiry": 600, "clock_offset": 7200}, 2, (1,)),
                                        ("by its clock, behind", {"expiry": 600, "clock_offset": -7200}, 2, (1,))):
    with Identity(**options) as short, Cloud(images=30, identity=short) as behind:
        server(cur, "short", auth_url=short.auth_url, mapping=PASSWORD, page_size=5, region="RegionOne")
        for _ in range(scans):
            count("short")
            time.sleep(0.8 if scans == 3 else 0)
        ok(tokens_asked(short) in expected, f"{title}: {tokens_asked(short)} sign-ins")
        is_([r.status for r in behind.requests if r.status != 200], [], f"{title}: no request with an old token")
        cur.execute("DROP SERVER short CASCADE; DROP SCHEMA short")

# The identity service is busy, slow or broken

mapping("k", PASSWORD)
keystone.clear()
keystone.fault("status", status=503, headers={"Retry-After": "0"}, times=2)
is_(count("k"), seen[p1.id], "a busy identity service is asked again")
mapping("k", PASSWORD)
keystone.fault("status", status=503, headers={"Retry-After": "3600"})
refuses("k", "one that is busy for an hour", None, "53000", "identity service.*503")
keystone.clear()
keystone.fault("status", status=400, body=b'{"error":{"code":400,"message":"bad: {\'password\': \'pw1\'}"}}')
refuses("k", "one that repeats what it was sent", None, "HV000", "400", None, "not shown")
keystone.fault("status", status=200, body=b"<html>")
refuses("k", "one that says nothing", None, "HV00K", "did not answer as expected", "auth_url")
keystone.latency = 5
started = time.monotonic()
cur.execute("SET statement_timeout = '300ms'")
refuses("k", "one that hangs", None, "57014", "statement timeout")
cur.execute("RESET statement_timeout")
ok(time.monotonic() - started < 2, "signing in can be cancelled")
keystone.latency = 0
is_(count("k"), seen[p1.id], "afterwards all is well")

# A token and no more, an address and no catalog

server(cur, "t", cloud.url, token=keystone.issue("u1", p1.id))
is_(count("t"), seen[p1.id], "a token as it is")
cloud.clear()
refuses("t", "a token that ends", {"token": keystone.issue("u1", p1.id, expires_in=-5)}, "28000",
        'server "t" answered with HTTP status 401', "user mapping for PUBLIC")
is_(len(cloud.requests), 1, "cannot be renewed")
refuses("t", "no token", {}, "28000", 'server "t" answered with HTTP status 401', "no credentials.*ALTER USER MAPPING")
cur.execute("ALTER SERVER t OPTIONS (ADD auth 'token')")
refuses("t", "a token that is demanded", {}, "28000", 'server "t" needs a token', "ALTER USER MAPPING.*token '...'")
cur.execute(f"ALTER SERVER t OPTIONS (SET auth 'keystone', ADD auth_url '{keystone.auth_url}')")
signs_in("t", "an address beside the identity service", PASSWORD, seen[p1.id])

# Keystone v2.0, Rackspace, IAM

for api, root in (("v2.0", "/v2.0"), ("v2.0", ""), ("both", "/v2.0"), ("both", "")):
    with Identity(api=api) as old, Cloud(images=30, identity=old) as behind:
        server(cur, "old", auth_url=old.url + root, mapping=PASSWORD, region="RegionOne")
        title = f"Keystone {api} at /{root.strip('/')}"
        is_(count("old"), len(behind.documents(old.issue("u1", "p1"))), f"{title}: password")
        is_(old.lists[-1].path, "/v3/auth/tokens" if (api, root) == ("both", "") else "/v2.0/tokens", f"{title}: version")
        if root == "/v2.0":
            mapping("old", {"username": "u1", "password": "pw1", "project_id": old.projects[1]})
            is_(count("old"), len(behind.documents(old.issue("u1", "p2"))), f"{title}: a project's id")
            mapping("old", {"token": old.issue("u1", None), "project_name": "p1"})
            is_(count("old"), len(behind.documents(old.issue("u1", "p1"))), f"{title}: a token")
            refuses("old", f"{title}: no project", {"username": "u1", "password": "pw1"}, "28000", "needs a project")
            refuses("old", f"{title}: wrong password", {**PASSWORD, "password": "wr0ng-pa55"}, "28000", "401")
            refuses("old", f"{title}: application credential", {"application_credential_id": "x",
                    "application_credential_secret": "s3cret"}, "28000", "no application credentials")
        cur.execute("DROP SERVER old CASCADE; DROP SCHEMA old")

API_KEY = {"username": "demoauthor", "api_key": "aaaaa-bbbbb-ccccc-12345678"}
for api in ("rackspace_images", "rackspace_servers"):
    for offset in (None, "-05:00"):
        with Identity(api="rackspace", expires_offset=offset) as old, Cloud(api, images=30, identity=old) as behind:
            server(cur, "r", api=api, auth="rackspace", auth_url=old.auth_url, mapping=API_KEY)
            title = f"{api}, expires {offset or 'Z'}"
            documents = len(behind.documents(old.issue("demoauthor")))
            is_(count("r"), documents, f"{title}: API key")
            is_(count("r"), documents, f"{title}: again")
            is_(tokens_asked(old), 1, f"{title}: one sign-in")
            if offset is None:
                signs_in("r", f"{title}: tenant", {**API_KEY, "project_id": "1100111"}, documents)
                signs_in("r", f"{title}: password", {"username": "demoauthor", "password": "theUsersPassword"}, documents)
                refuses("r", f"{title}: wrong key", {**API_KEY, "api_key": "wr0ng-pa55"}, "28000", "401",
                        "user mapping for PUBLIC", "Unable to authenticate user")
                refuses("r", f"{title}: a disabled user", {"username": "gone", "api_key": "gone-key"}, "42501", "403",
                        None, "User is disabled")
                refuses("r", f"{title}: a second factor", {"username": "careful", "password": "carefulPassword"},
                        "28000", "multi-factor")
                old.throttle(1)
                signs_in("r", f"{title}: a rate limit with a date", API_KEY, documents)
                cur.execute("ALTER SERVER r OPTIONS (ADD region 'ATL')")
                refuses("r", f"{title}: no such region", None, "HV00N", "no fitting endpoint", '"SYD", "IAD"')
            cur.execute("DROP SERVER r CASCADE; DROP SCHEMA r")

with Identity(api="iam") as iam, Cloud("ims", images=30, identity=iam) as ims:
    IAM = {"username": "u1", "password": "pw1", "domain_name": "Default", "project_name": "p1"}
    server(cur, "iam", api="ims", auth_url=iam.auth_url, mapping=IAM, region="eu-de", service_name="ims")
    server(cur, "iam_token", ims.url, "ims", token=iam.issue("u1", "p1"))
    listed = count("iam_token")
    ok(listed > 0, "IAM: a token")
    is_(count("iam"), listed, "IAM: password")
    iam.revoke()
    is_(count("iam"), listed, "IAM: a token that was revoked is replaced")
    refuses("iam", "IAM: wrong password", {**IAM, "password": "wr0ng-pa55"}, "28000", "401", None, "Unauthorized")
    ims.fault("status", status=403, times=None, body=b'{"error_msg":"no","error_code":"APIGW.0302","request_id":"abc"}')
    refuses("iam", "IMS: forbidden", IAM, "42501", "403", None, r"no \(code APIGW.0302\) \[request")

# What is refused at once

USER = "CREATE USER MAPPING FOR CURRENT_USER SERVER t {}"
SERVER = "CREATE SERVER bad FOREIGN DATA WRAPPER imagecat {}"
for options, missing, hint in (({"username": "u"}, "password", "password, api_key, application_credential_secret"),
                               ({"password": "wr0ng-pa55"}, "username", "username, user_id"),
                               ({"api_key": "wr0ng-pa55"}, "username", "api_key"),
                               ({"application_credential_secret": "s3cret"}, "application_credential_id", "one of"),
                               ({"application_credential_secret": "s3cret", "application_credential_name": "x"},
                                "username", "unique"),
                               ({"access_key": "a"}, "secret_key", "access_key"),
                               ({"login": "a"}, "private_key", "login")):
    invalid(f"only {', '.join(options)}", USER, options, "HV00J", f'"{missing}" is required', hint)
for options, one, two in (({"token": "t", **PASSWORD}, "token", "password"),
                          ({"username": "u", "application_credential_id": "x", "application_credential_secret": "s3cret",
                            "project_name": "p"}, "application_credential_secret", "project_name")):
    invalid(f"{one} and {two}", USER, options, "HV00D", f'"{one}" and "{two}" exclude each other', ".")
invalid("a key that is none", USER, {"login": "a", "private_key": "s3cret"}, "HV024", 'for option "private_key"$', "BEGIN")
invalid("a word that is no key", USER, {"paswort": "s3cret"}, "HV00D", "paswort", '"password"')
invalid("no address", SERVER, {"api": "glance"}, "HV00J", '"url" is required', "auth_url")
invalid("no catalog", SERVER, {"api": "glance", "auth": "token", "auth_url": "http://h"}, "HV00J", '"url" is required',
        "no service catalog")
invalid("no identity service", SERVER, {"api": "nova", "auth": "keystone", "url": "http://h"}, "HV00J",
        '"auth_url" is required', "identity service")
invalid("no such way", SERVER, {"api": "nova", "auth": "keystrone", "url": "http://h"}, "HV024", "auth", '"keystone"')
invalid("no such interface", SERVER, {"api": "nova", "url": "http://h", "interface": "pubic"}, "HV024", "interface",
        '"public"')

is_(error_of(cur, """CREATE SERVER usual FOREIGN DATA WRAPPER imagecat
    OPTIONS (api 'rackspace_images', auth 'rackspace', region 'DFW')"""), None, "Rackspace needs no address")

# No secret anywhere

for secret in SECRETS:
    unlike("\n".join(heard), secret, f"no error says {secret[:2]}...")
with open(LOG, encoding="utf-8") as log:
    log.seek(log_start)
    said = "\n".join(line for line in log if "STATEMENT:" not in line and "USER MAPPING" not in line
                     and not line.startswith("\t"))
for secret in SECRETS:
    unlike(said, secret, f"nor does the server's log say {secret[:2]}...")
tokens = {token for identity in (keystone,) for token in identity.tokens.issued}
is_([token[:9] for token in tokens if token in said or any(token in each for each in heard)], [], "nor a token")
cloud.stop(), keystone.stop()
done()
