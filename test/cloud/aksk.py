"""Requests signed with an access key: Huawei Cloud's SDK-HMAC-SHA256 and the longer form of OTC.

`verify` computes a request's signature as the gateway does and compares; `sign` makes one, for tests.
"""
import calendar
import hashlib
import hmac
import re
import time
import urllib.parse

ALGORITHM = 'SDK-HMAC-SHA256'
WINDOW = 15 * 60                 # seconds that a request's date may be off
UNRESERVED = '-_.~'
AUTHORIZATION = re.compile(
    r'SDK-HMAC-SHA256 (?:Access=(?P<access>[^,\s]+)|Credential=(?P<credential>[^,/\s]+)/(?P<scope>[^,\s]*)),\s*'
    r'SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]+)$')


class Refused(Exception):
    """The signature is missing, too old, of an unknown key or wrong; the text says which."""


def verify(request, secret_of, now=None, forms=('huawei', 'otc')):
    """The access key that signed a request (Request of answers.py); raises Refused.

    secret_of(access key) gives the secret or None; now is the service's clock.
    """
    found = AUTHORIZATION.match(request.headers.get('authorization', ''))
    if not found:
        raise Refused('the Authorization header is missing or malformed')
    form = 'huawei' if found['access'] else 'otc'
    if form not in forms:
        raise Refused('the Authorization header has no %s' % ('Access' if 'huawei' in forms else 'Credential'))
    access = found['access'] or found['credential']
    secret = secret_of(access)
    if secret is None:
        raise Refused('unknown access key ' + access)
    date = request.headers.get('x-sdk-date', '')
    _check_date(date, time.time() if now is None else now)
    signed = found['signed'].split(';')
    if 'x-sdk-date' not in signed or signed != sorted(signed) or signed != [name.lower() for name in signed]:
        raise Refused('SignedHeaders must be sorted, in lower case, and name x-sdk-date')
    missing = [name for name in signed if name not in request.headers]
    if missing:
        raise Refused('signed header %s is missing' % missing[0])
    headers = [(name, request.headers[name]) for name in signed]
    canonical = canonical_request(request.method, request.target, headers, request.body)
    if not hmac.compare_digest(signature(secret, date, canonical, found['scope']), found['signature']):
        raise Refused('verify aksk signature fail, canonicalRequest:' + canonical.replace('\n', '|'))
    return access


def _check_date(date, now):
    try:
        moment = calendar.timegm(time.strptime(date, '%Y%m%dT%H%M%SZ'))
    except ValueError:
        raise Refused('X-Sdk-Date %r is no date' % date) from None
    if abs(moment - now) > WINDOW:
        raise Refused('X-Sdk-Date %s is not within 15 minutes of the time' % date)


def canonical_request(method, target, headers, body=b''):
    """headers: (lower-case name, value) in the order of SignedHeaders."""
    path, _, query = target.partition('?')
    lines = [method, canonical_path(path), canonical_query(query)]
    lines += ['%s:%s' % (name, value.strip()) for name, value in headers]
    content = dict(headers).get('x-sdk-content-sha256') or hashlib.sha256(body).hexdigest()
    return '\n'.join(lines + ['', ';'.join(name for name, _ in headers), content])


def canonical_path(path):
    """Each segment decoded and encoded again; in a signature a path always ends with a slash."""
    segments = [urllib.parse.quote(urllib.parse.unquote_to_bytes(segment), safe=UNRESERVED)
                for segment in path.split('/')]
    return '/'.join(segments).rstrip('/') + '/'


def canonical_query(query):
    """Parameters by name and value, both encoded again; a name without a value gets an equals sign."""
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, errors='surrogateescape')
    return '&'.join('%s=%s' % (_quoted(key), _quoted(value)) for key, value in sorted(pairs))


def _quoted(text):
    return urllib.parse.quote(text, safe=UNRESERVED, errors='surrogateescape')


def signature(secret, date, canonical, scope=None):
    """scope, 20200608/region/service/sdk_request, makes it OTC's form, in which region and service may be empty."""
    digest = hashlib.sha256(canonical.encode('utf-8', 'surrogateescape')).hexdigest()
    if scope is None:
        return _hmac(secret.encode(), '\n'.join((ALGORITHM, date, digest))).hex()
    key = ('SDK' + secret).encode()
    for part in scope.split('/'):
        key = _hmac(key, part)
    return _hmac(key, '\n'.join((ALGORITHM, date, scope, digest))).hex()


def _hmac(key, text):
    return hmac.new(key, text.encode('utf-8', 'surrogateescape'), hashlib.sha256).digest()


def sign(access, secret, method, target, headers, body=b'', form='huawei', region='', service=''):
    """The Authorization header for a request with these headers (dict; X-Sdk-Date and Host among them)."""
    named = sorted((name.lower(), value) for name, value in headers.items())
    date = dict(named)['x-sdk-date']
    scope = None if form == 'huawei' else '%s/%s/%s/sdk_request' % (date[:8], region, service)
    made = signature(secret, date, canonical_request(method, target, named, body), scope)
    who = 'Access=%s' % access if form == 'huawei' else 'Credential=%s/%s' % (access, scope)
    return '%s %s, SignedHeaders=%s, Signature=%s' % (ALGORITHM, who, ';'.join(name for name, _ in named), made)


def sdk_date(now=None):
    """20200608T023900Z."""
    return time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))
