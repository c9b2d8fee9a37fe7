#!/usr/bin/python3
"""Proves that services which verify a signature of each request (CloudAPI's, Huawei Cloud's, Open Telekom Cloud's) accept
ours, whatever is in the query and the base URL, and that a refusal names the user mapping and no secret."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from cloud.cloudapi_keys import make_key  # noqa: E402
from cloud.cloudapi_signin import Role  # noqa: E402
from imagecat import error_of, fresh_database, options_clause, rows, server, value  # noqa: E402
from psycopg2 import sql  # noqa: E402
from refusals import refused  # noqa: E402
from tap import done, is_, like, ok, unlike  # noqa: E402

cur = fresh_database("t36_signed").cursor()
AWKWARD = ["plain", "a+b", "a b", "a/b", "a%2Fb", "100%", "é", "日本語", "it's", 'q"uote', "a&b=c", "a;b", "~x", "*()!'", "\\", "?#"]
heard = []


def mapping(name, options):
    cur.execute(f"DROP USER MAPPING IF EXISTS FOR PUBLIC SERVER {name}")
    cur.execute(sql.SQL(f"CREATE USER MAPPING FOR PUBLIC SERVER {name} {{}}").format(options_clause(options)))


def count(name, condition="true"):
    return value(cur, f"SELECT count(*) FROM {name}.images WHERE {condition}")


def refuses(name, title, options, pgcode, message, hint, detail=None):
    if options is not None:
        mapping(name, options)
    error = error_of(cur, f"SELECT count(*) FROM {name}.images")
    heard.append(refused(error, title, pgcode, message, detail, hint) or "")


# CloudAPI: HTTP signatures

keys = {kind: make_key(kind, f"my {kind}") for kind in ("rsa", "ecdsa", "ecdsa-384", "ed25519")}
logins = {f"login{at}": key for at, key in enumerate(keys.values())}
bob = make_key("ed25519", "bob's")
with Cloud("cloudapi", images=40, keys={**logins, "login0/bob": bob},
           roles={"login0/bob": {"reader": Role(), "lister": Role(default=False)}}) as cloud:
    server(cur, "c", cloud.url, "cloudapi", mapping={})
    refuses("c", "no key", None, "28000", 'server "c" answered with HTTP status 401', "no credentials.*ALTER USER MAPPING",
            r"\(code InvalidCredentials\)")
    for login, key in logins.items():
        everything = len(cloud.documents(login))
        for what, options in (("its fingerprint", {}), ("a fingerprint", {"key_id": key.fingerprint}),
                              ("a name", {"key_id": key.name})):
            mapping("c", {"login": login, "private_key": key.private, **options})
            is_(count("c"), everything, f"{key.kind} by {what}")
    mapping("c", {"login": "login0/bob", "private_key": bob.private})
    is_(count("c"), len(cloud.documents("login0/bob")), "a sub-user")
    like(cloud.requests[-1].headers["authorization"], 'keyId="/login0/users/bob/keys/', "whom the key is named after")
    is_(value(cur, """SELECT count(*) FROM imagecat.list_images('c', params => '{"as-role": "lister"}')"""),
        value(cur, "SELECT count(*) FROM imagecat.list_images('c')"), "with a role")
    like(error_of(cur, """SELECT * FROM imagecat.list_images('c', params => '{"as-role": "king"}')""").diag.message_detail,
         "NotAuthorized|InvalidRole|role", "with a role that he has not")
    mapping("c", {"login": "login0", "private_key": keys["rsa"].private})
    for name in AWKWARD:
        cur.execute("SELECT count(*) FROM c.images WHERE name = %s", (name,))
        ok(cloud.requests[-1].status == 200, f"signed with {name} in the query")
    cur.execute("ALTER SERVER c OPTIONS (ADD auth 'http_signature')")
    is_(count("c"), len(cloud.documents("login0")), "the way named")
    refuses("c", "another's key", {"login": "login1", "private_key": keys["rsa"].private}, "28000", "401",
            "user mapping for PUBLIC", r"\(code InvalidCredentials\)")
    refuses("c", "no key where one is demanded", {}, "28000", 'server "c" needs a login and a private key',
            "ALTER USER MAPPING.*private_key '...'")

with Cloud("cloudapi", images=5, keys=logins, clock=1000) as late:
    server(cur, "late", late.url, "cloudapi", mapping={"login": "login0", "private_key": keys["rsa"].private})
    refuses("late", "a clock that is wrong", None, "HV000", "400", "", r"clock skew.*\(code InvalidHeader\)")

# IMS: access keys

ACCESS = {"access_key": "AKEXAMPLE", "secret_key": "SKEXAMPLE"}
TEMPORARY = {"access_key": "AKSHORT", "secret_key": "SKSHORT", "security_token": "secret+token/=="}
access_keys = {"AKEXAMPLE": ("SKEXAMPLE", "u", "t1"), "AKSHORT": ("SKSHORT", "u", "t1", "secret+token/==")}
for form, options in (("huawei", {}), ("otc", {"region": "eu-de"}),
                      ("otc", {"region": "eu-de", "service_name": "ims"})):
    for prefix in ("", "/some/where"):
        with Cloud("ims", images=40, access_keys=access_keys, signatures=(form,), prefix=prefix, limit_max=7) as cloud:
            title = f"{form} {' '.join(options)} {prefix}"
            server(cur, "i", cloud.url, "ims", mapping=ACCESS, **options)
            everything = count("i")
            ok(everything > 7, f"{title}: keys, over several pages")
            mapping("i", {**ACCESS, "project_id": "t1"})
            is_(count("i"), everything, f"{title}: keys and a project")
            mapping("i", {**TEMPORARY, "project_id": "t1"})
            is_(count("i"), everything, f"{title}: temporary keys")
            for name in AWKWARD:
                cur.execute("SELECT count(*) FROM i.images WHERE name = %s AND created_at > '2020-01-01'", (name,))
                ok(cloud.requests[-1].status == 200, f"{title}: signed with {name} in the query")
            refuses("i", f"{title}: wrong key", {**ACCESS, "secret_key": "wr0ng-key"}, "28000", "401",
                    "user mapping for PUBLIC", r"aksk signature fail.*\(code APIGW.0301\) \[request ")
            refuses("i", f"{title}: wrong project", {**ACCESS, "project_id": "t2"}, "42501", "403", "may not do this",
                    r"\(code APIGW.0302\)")
            cur.execute("DROP SERVER i CASCADE; DROP SCHEMA i")

for secret in ("wr0ng-key", "SKEXAMPLE", "SKSHORT", "secret+token", "PRIVATE KEY---", keys["rsa"].private[100:120]):
    unlike("\n".join(heard), secret.replace("+", r"\+"), "no error has a secret")
done()
