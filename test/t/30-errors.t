#!/usr/bin/python3
"""Proves that whatever goes wrong between here and the service is an error with the fitting SQLSTATE, the server's name
and what the service said, without a secret, without a partial result, and with a session that goes on."""
# slow
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from email.utils import formatdate

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud import Cloud  # noqa: E402
from imagecat import error_of, explain, figure_in, fresh_database, rows, server  # noqa: E402
from tap import diag, done, is_, like, ok  # noqa: E402

TOKEN = "gAAAAAB-s3cr3t_" + "Xy7q" * 12
LONG_TOKEN = "gAAAAAC-s3cr3t_" + "Zw5k" * 120
LOG = os.path.join(os.environ["PGHOST"], "log")
QUERY = "SELECT * FROM g.images"
log_start = os.path.getsize(LOG)

cur = fresh_database("t30_errors").cursor()
cloud = Cloud(images=50, tokens={TOKEN: ("u", "t1", "member"), LONG_TOKEN: ("u", "t1", "member")}).start()
elsewhere = Cloud(images=3, auth=False).start()
everything = len(cloud.documents("u:t1:member"))
server(cur, "g", cloud.url, token=TOKEN, page_size=20, request_timeout="600ms", connect_timeout="300ms", max_retries=0)


def leaks(text):
    """A piece of a token in the text, if there is one."""
    return next((token[at:at + 8] for token in (TOKEN, LONG_TOKEN) for at in range(len(token) - 7)
                 if token[at:at + 8] in (text or "")), None)


def failing(name, pgcode, message, detail="", query=QUERY, most=5):
    """The query fails in that way within `most` seconds."""
    started = time.monotonic()
    error = error_of(cur, query)
    took = time.monotonic() - started
    is_(error and error.pgcode, pgcode, f"{name}: SQLSTATE")
    if not error:
        return error
    said = error.diag
    like(said.message_primary, message, f"{name}: message")
    if detail:
        like(said.message_detail, detail, f"{name}: detail")
    parts = "\n".join(filter(None, (said.message_primary, said.message_detail, said.message_hint, said.context)))
    is_(leaks(parts), None, f"{name}: no secret")
    ok(took < most, f"{name}: after {took:.3f} s")
    ok("\n" not in (said.message_detail or ""), f"{name}: the detail is one line")
    return error


def fails(name, pgcode, message, detail, kind, **arguments):
    """A fault of that kind makes the scan fail, on its first page and on a later one; afterwards all is well."""
    for skip in (0, 1):
        cloud.clear()
        cloud.fault(kind, skip=skip, times=None, **arguments)
        failing(f"{name}, page {skip + 1}", pgcode, message, detail)
        is_(len([record for record in cloud.lists if record.faults]) > 0, True, f"{name}, page {skip + 1}: it struck")
        cloud.clear()
        is_(len(rows(cur, QUERY)), everything, f"{name}, page {skip + 1}: the session goes on")


# The service refuses
JSON = {"message": "Bad <b>thing</b> happened<br /><br />\n\n\n", "code": "x", "title": "T"}
for status, pgcode in ((403, "42501"), (401, "28000"), (404, "HV000"), (405, "HV000"), (409, "HV000"), (413, "53000"),
                       (429, "53000"), (500, "HV000"), (502, "HV000"), (503, "53000"), (504, "HV000")):
    message = f'^server "g" answered with HTTP status {status}$'
    fails(f"{status} in JSON", pgcode, message, r"^The service says: Bad thing happened \(code x\)$", "status",
          status=status, body=JSON)
for name, body, detail in (
        ("HTML", "<html><head><title>Oops</title></head><body>\n<h1>Bad\tgateway</h1></body></html>",
         "^The service says: Oops Bad gateway$"),
        ("text", "Bad gateway\r\n", "^The service says: Bad gateway$"), ("empty", "", None),
        ("no UTF-8", b"B\xe9d", r"^The service says: B\?d$"), ("JSON without a message", "[1]", r"^The service says: \[1\]$"),
        ("Keystone's JSON", '{"error": {"code": 401, "message": "No", "title": "T"}}', r"^The service says: No \(code 401\)$"),
        ("very long", "x" * 100000, "^The service says: x{200,320}$")):
    for status, pgcode in ((500, "HV000"), (401, "28000")):
        fails(f"{status} with {name} body", pgcode, f"HTTP status {status}$", detail, "status", status=status, body=body)
cloud.fault("status", status=403, body=JSON, headers={"X-Openstack-Request-Id": "req-77"})
failing("a request id", "42501", "403", r"\[request req-77\]")
for status in (204, 205, 206, 300, 304):
    cloud.clear()
    cloud.fault("status", status=status, times=None)
    failing(f"an unexpected {status}", "HV000", f"HTTP status {status}$")
cloud.clear()
cloud.tokens.revoked.add(TOKEN)
error = failing("a token that expired", "28000", 'server "g" answered with HTTP status 401', "could not verify")
like(error.diag.message_hint, 'user mapping for PUBLIC on server "g"', "a token that expired: hint")
cloud.tokens.revoked.clear()
cloud.fault("status", status=400, body=JSON, times=None)
failing("400 on the first page", "HV000", "HTTP status 400$", "Bad thing happened")
cloud.clear()
server(cur, "gone", cloud.url + "/v2/nowhere", token=TOKEN)
error = failing("404 for a whole list", "HV000", 'server "gone" .* status 404', "not be found", "SELECT * FROM gone.images")
like(error.diag.message_hint, 'option "url" of server "gone"', "404 for a whole list: hint")

# Redirects are not followed, above all not with the token.
for status in (301, 302, 303, 307, 308):
    cloud.clear()
    cloud.fault("redirect", location=elsewhere.url + "/v2/images", status=status)
    error = failing(f"redirect {status}", "HV000", f'server "g" answered with HTTP status {status}$')
    like(error.diag.message_hint, 'Redirects are not followed; set the option "url"', f"redirect {status}: hint")
is_(elsewhere.requests, [], "no request went elsewhere")

# Answers that are no list of images
NO_LIST = '^the answer of server "g" is not a list of images$'
fails("HTML with 200", "HV00K", NO_LIST, "starts with: Please log in", "html")
cloud.fault("html")
failing("HTML with 200, told whole", "HV00K", NO_LIST, 'unexpected character "<" at byte 0')
for shape, detail in (("images_object", 'member "images" is not an array'), ("images_null", 'member "images" is not an array'),
                      ("images_string", 'member "images" is not an array'), ("images_missing", 'has no member "images"'),
                      ("element_string", 'element of "images" is not an object'),
                      ("element_null", 'element of "images" is not an object'),
                      ("element_array", 'element of "images" is not an object'), ("top_array", "is not an object"),
                      ("top_null", "is not an object"), ("top_string", "is not an object"), ("empty", "is empty"),
                      ("empty_object", 'has no member "images"'), ("two_values", "unexpected character")):
    fails(f"shape {shape}", "HV00K", NO_LIST, detail, "wrong_shape", shape=shape)
for at in (0, 0.5, 0.99):
    fails(f"invalid JSON at {at}", "HV00K", NO_LIST, "unexpected character \"}\"", "invalid_json", at=at)
fails("brackets beyond measure", "HV00K", NO_LIST, "nests deeper than", "override", raw={"x": "[" * 5000 + "]" * 5000})

# Cut bodies, with and without a Content-Length
CUT = '^the answer of server "g" was cut short$'
for at in (0, 1, None, -1):
    fails(f"cut at {at}", "HV00K", CUT, "bytes remaining", "cut", at=at)
    fails(f"cut at {at} without a length", "HV00K", NO_LIST, "is empty|ends in the middle", "cut", at=at, length=False)
fails("reset in the middle", "HV00K", CUT, "reset", "cut", reset=True)
fails("reset at once", "HV00K", CUT, "", "reset")
fails("closed without an answer", "HV00K", CUT, "", "drop")
fails("shorter than promised", "HV00K", NO_LIST, "ends in the middle", "headers", content_length="1000")

# Too large
BIG = '^the answer of server "g" is too large$'
cur.execute("ALTER SERVER g OPTIONS (ADD max_response_size '64kB')")
fails("a large answer", "HV00K", BIG, "larger than 65536 bytes", "pad", size=100000)
fails("a gzip bomb", "HV00K", BIG, "larger than 65536 bytes", "gzip_bomb", size=20 << 20)
cur.execute("ALTER SERVER g OPTIONS (DROP max_response_size)")

# Too late
LATE = '^server "g" did not answer in time$'
fails("no answer", "HV00N", LATE, "within 600 ms", "delay", seconds=30)
fails("stalled in the middle", "HV00N", LATE, "within 600 ms", "stall")
cloud.clear()
cloud.fault("trickle", least=1, most=3, pause=0.02, times=None)
failing("a trickle", "HV00N", LATE, "within 600 ms", most=2)
cloud.clear()
blackhole = socket.create_server(("127.0.0.1", 0), backlog=0)
waiting = []
for _ in range(4):
    waiting.append(socket.socket())
    waiting[-1].setblocking(False)
    waiting[-1].connect_ex(blackhole.getsockname())
server(cur, "hole", f"http://127.0.0.1:{blackhole.getsockname()[1]}", connect_timeout="300ms", token=TOKEN)
failing("connect_timeout", "HV00N", '^server "hole" did not answer in time$', "", "SELECT * FROM hole.images", most=1)
cloud.refuse()
error = failing("nobody listens", "HV00N", '^could not connect to server "g"$', "Failed to connect to 127.0.0.1")
like(error.diag.message_hint, 'option "url" of server "g"', "nobody listens: hint")
cloud.accept()
is_(len(rows(cur, QUERY)), everything, "and is there again")

# An error after rows were shown is an error all the same, and none of them stay.
cloud.fault("status", skip=1, status=500)
cur.execute("CREATE TABLE kept AS SELECT id FROM g.images WITH NO DATA")
error = error_of(cur, "INSERT INTO kept SELECT id FROM g.images")
is_((error and error.pgcode, rows(cur, "SELECT count(*) FROM kept")), ("HV000", [(0,)]), "no partial result")
cloud.clear()

# Retries: for 429 and 503, as often and as late as is asked for
for status in (429, 503):
    for retries, times, after, requests, least, most in (
            (0, 1, "0", 1, 0, 0.5), (2, 2, "0", 4, 0, 0.5), (2, 3, "0", 3, 0, 0.5), (1, 1, "1", 3, 0.9, 2),
            (1, 1, None, 3, 0.2, 1), (1, 1, "soon", 3, 0.2, 1), (3, 1, "100", 1, 0, 0.5),
            (1, 1, formatdate(time.time() + 2, usegmt=True), 3, 0, 2.5),
            (1, 1, formatdate(time.time() - 9, usegmt=True), 3, 0, 0.5)):
        if status == 429 and most > 0.5:
            continue                                # the slow ones once only
        name = f"{status}, Retry-After {after}, {times} times, max_retries {retries}"
        cloud.clear()
        cur.execute(f"ALTER SERVER g OPTIONS (SET max_retries '{retries}', SET request_timeout '5s', SET page_size '1000')")
        cloud.fault("status", status=status, times=times, headers={"Retry-After": after} if after else {})
        started = time.monotonic()
        error = error_of(cur, QUERY)
        took = time.monotonic() - started
        is_(error and error.pgcode, None if requests > times else "53000", f"{name}: SQLSTATE")
        is_(len(cloud.lists), requests, f"{name}: requests")
        ok(least <= took < most, f"{name}: took {took:.3f} s")
cloud.clear()
cloud.fault("status", status=503, times=2, headers={"Retry-After": "0"})
cur.execute("ALTER SERVER g OPTIONS (SET max_retries '4')")
is_(figure_in(explain(cur, QUERY, analyze=True), "Retries"), 2, "EXPLAIN ANALYZE counts retries")
for status in (413, 500, 502, 504):
    cloud.clear()
    cloud.fault("status", status=status)
    is_((error_of(cur, QUERY).pgcode[:2] != "00", len(cloud.lists)), (True, 1), f"{status} is not tried again")
cloud.clear()
cur.execute("ALTER SERVER g OPTIONS (SET page_size '20', SET max_retries '0', SET request_timeout '600ms')")

# A service that repeats the token: no part of it is shown, wherever the text is cut.
for token in (TOKEN, LONG_TOKEN):
    cur.execute(f"ALTER USER MAPPING FOR PUBLIC SERVER g OPTIONS (SET token '{token}')")
    shown = []
    for pad in range(0, 330, 10):
        words = "x" * pad + " token " + token + " is bad"
        for kind, arguments in (("status", {"status": 500, "body": words}), ("html", {"body": words}),
                                ("status", {"status": 500, "body": {"message": words, "code": token}}),
                                ("status", {"status": 500, "headers": {"X-Openstack-Request-Id": words}})):
            cloud.clear()
            cloud.fault(kind, **arguments)
            error = error_of(cur, QUERY)
            if leaks(str(error)):
                shown.append(f"{kind} {', '.join(arguments)}, behind {pad} bytes: {leaks(str(error))}")
    if not ok(shown == [], f"a service that repeats a token of {len(token)} bytes"):
        diag("\n".join(shown[:10]))
        diag(f"{len(shown)} leaks")

# TLS
folder = tempfile.mkdtemp(prefix="imagecat-tls-")
os.chmod(folder, 0o755)


def certificate(name, subject):
    cert, key = (os.path.join(folder, name + end) for end in (".crt", ".key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName={subject}"], check=True, capture_output=True)
    os.chmod(key, 0o644)
    return cert, key


good = certificate("good", "IP:127.0.0.1")
other = certificate("other", "DNS:other.example")
client = certificate("client", "DNS:client")
secure = Cloud(images=5, tls=good).start()
misnamed = Cloud(images=5, tls=other).start()
mutual = Cloud(images=5, tls=(*good, client[0])).start()
REFUSED = '^the certificate of server "%s" was refused$'
for name, url, options, pgcode, message in (
        ("self_signed", secure.url, {}, "HV00N", REFUSED),
        ("accepted", secure.url, {"ca_file": good[0]}, None, None),
        ("unverified", secure.url, {"tls_verify": "off"}, None, None),
        ("verified", secure.url, {"tls_verify": "on"}, "HV00N", REFUSED),
        ("another_ca", secure.url, {"ca_file": other[0]}, "HV00N", REFUSED),
        ("no_file", secure.url, {"ca_file": folder + "/missing"}, "HV00N", REFUSED),
        ("wrong_name", misnamed.url, {"ca_file": other[0]}, "HV00N", REFUSED),
        ("wrong_name_unverified", misnamed.url, {"tls_verify": "off"}, None, None),
        ("no_client", mutual.url, {"ca_file": good[0]}, "HV", None),
        ("client", mutual.url, {"ca_file": good[0], "client_cert": client[0], "client_key": client[1]}, None, None),
        ("https_to_http", "https" + cloud.url[4:], {}, "HV00N", None),
        ("http_to_https", "http" + secure.url[5:], {}, "HV", None)):
    server(cur, name, url, token="u-t1:t1:member", request_timeout="3s", **options)
    error = error_of(cur, f"SELECT * FROM {name}.images")
    ok(error is None if pgcode is None else error is not None and error.pgcode.startswith(pgcode),
       f"TLS, {name}: {error.pgcode if error else 'accepted'}")
    if message:
        like(error.diag.message_primary, message % name, f"TLS, {name}: message")
    elif pgcode:
        like(error.diag.message_primary, f'"{name}"', f"TLS, {name}: message names the server")
is_(len(misnamed.requests), 2, "nothing is sent before the certificate is trusted")
shutil.rmtree(folder)

with open(LOG, encoding="utf-8", errors="replace") as log:
    log.seek(log_start)
    text = log.read()
ok("HTTP status 500" in text, "errors are in the server's log")
is_(leaks(text), None, "and no secret is")

for each in (cloud, elsewhere, secure, misnamed, mutual):
    each.stop()
done()
