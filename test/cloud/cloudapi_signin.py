"""Who is asking, CloudAPI's way: HTTP Signatures checked against the accounts' public keys, presigned URLs, roles."""
import base64
import binascii
import dataclasses
import datetime
import email.utils
import hashlib
import re
import typing
import urllib.parse

from .cloudapi_keys import KeyPair, PublicKey

SKEW = 300
HASHES = ('sha1', 'sha256', 'sha512')
KINDS = ('rsa', 'dsa', 'ecdsa', 'ed25519')
# What CloudAPI lists; the library below it knows no sha384, which therefore fails all the same
LISTED = ('rsa-sha1', 'rsa-sha256', 'rsa-sha384', 'rsa-sha512', 'dsa-sha1', 'dsa-sha256', 'ecdsa-sha256',
          'ecdsa-sha384', 'ecdsa-sha512', 'ed25519-sha512')
LISTED_09 = ('rsa-sha1', 'rsa-sha256', 'rsa-sha512', 'dsa-sha1')
PARAMETER = re.compile(r'([A-Za-z]+)=(?:"([^"]*)"|(\d+))')
PARAMETERS_09 = re.compile(r'((?:[A-Za-z]+="[^"]*",?)+) (.+)', re.S)
UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')

NO_SIGNATURE = 'You must make authenticated requests to use CloudAPI'
BAD_CREDENTIALS = 'Invalid authorization credentials supplied'
FORBIDDEN = 'You do not have permission to access %s'


class RestError(Exception):
    """An error as the service words it. `early`: raised before the service sets its usual headers."""

    def __init__(self, status, code, message, errors=None, early=False, headers=()):
        super().__init__(message)
        self.status, self.early, self.headers = status, early, headers
        members = {'code': code, 'message': message, 'errors': errors}
        self.body = {name: value for name, value in members.items() if value is not None}


@dataclasses.dataclass(frozen=True)
class Account:
    login: str
    uuid: str
    operator: bool = False         # may act for every account
    disabled: bool = False


@dataclasses.dataclass(frozen=True)
class Caller:
    account: Account
    subuser: typing.Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Role:
    """What a sub-user may do while the role is active: by default without being asked for, or only with as-role."""
    actions: tuple = ('listimages', 'headimages', 'getimage', 'headimage')
    default: bool = True


@dataclasses.dataclass
class Signature:
    key_id: str
    algorithm: str             # lower case
    signed: bytes              # the text that was signed
    signature: str             # base64


def account_uuid(login):
    """The UUID of the account of that name, unless told otherwise."""
    digits = hashlib.md5(('account ' + login).encode()).hexdigest()
    return '%s-%s-4%s-a%s-%s' % (digits[:8], digits[8:12], digits[13:16], digits[17:20], digits[20:])


def bad_header(message):
    return RestError(400, 'InvalidHeader', 'Authorization header invalid: ' + message, early=True)


def refused(message=BAD_CREDENTIALS):
    return RestError(401, 'InvalidCredentials', message)


# Reading

def read_authorization(request, now):
    """The Signature that a request carries; None if it carries none. RestError if it makes no sense."""
    header = request.headers.get('authorization')
    signature = None
    if header:
        scheme, blank, _ = header.partition(' ')
        if not blank:
            raise RestError(400, 'InvalidHeader', 'BasicAuth content is invalid.', early=True)
        if scheme.lower() == 'signature':
            try:
                signature = _read_signature(request, header, now)
            except RestError:
                signature = _read_old_signature(request, header, now)
                if signature is None:
                    raise
    sent = _moment(request.headers.get('date', ''))
    if sent is not None and now - sent > SKEW:
        raise RestError(400, 'RequestExpired', 'Date header %s is too old' % request.headers['date'], early=True)
    return signature


def _read_signature(request, header, now):
    """draft-cavage-http-signatures; as strict as the original: not even a blank after the commas."""
    scheme, _, rest = header.partition(' ')
    given, at = {}, 0
    while at < len(rest):
        found = PARAMETER.match(rest, at)
        if not found:
            raise bad_header('bad param format')
        given[found[1]] = found[2] if found[2] is not None else found[3]
        at = found.end()
        if rest[at:at + 1] not in ('', ','):
            raise bad_header('bad param format')
        at += 1
    if scheme != 'Signature':
        raise bad_header('scheme was not "Signature"')
    for name in ('keyId', 'algorithm', 'signature'):
        if not given.get(name):
            raise bad_header('%s was not specified' % name)
    kind, _, digest = given['algorithm'].lower().partition('-')
    if kind not in KINDS + ('hmac',) or digest not in HASHES:
        raise bad_header('%s is not supported' % given['algorithm'])
    date = 'x-date' if 'x-date' in request.headers else 'date'
    names = (given.get('headers') or date).lower().split(' ')
    lines = [_signed_line(name, request, given) for name in names]
    _check_skew(request, now)
    if date not in names:
        raise bad_header('%s was not a signed header' % date)
    algorithm = given['algorithm'].lower()
    if algorithm not in LISTED:
        raise bad_header('%s is not a supported algorithm' % algorithm)
    return Signature(given['keyId'], algorithm, '\n'.join(lines).encode('latin-1'), given['signature'])


def _signed_line(name, request, given):
    if name == 'request-line':
        return '%s %s HTTP/1.1' % (request.method, request.target)
    if name == '(request-target)':
        return '(request-target): %s %s' % (request.method.lower(), request.target)
    if name in ('(keyid)', '(algorithm)', '(created)', '(expires)'):
        parameter = 'keyId' if name == '(keyid)' else name[1:-1]
        return '%s: %s' % (name, given.get(parameter, 'undefined'))
    if name not in request.headers:
        raise bad_header('%s was not in the request' % name)
    return '%s: %s' % (name, request.headers[name])


def _read_old_signature(request, header, now):
    """The form of version 0.9: bare values are signed, and the signature follows the parameters after a blank."""
    scheme, _, rest = header.partition(' ')
    found = PARAMETERS_09.fullmatch(rest)
    given = dict(re.findall(r'([A-Za-z]+)="([^"]*)"', found[1])) if found else {}
    algorithm = given.get('algorithm', '').lower()
    if scheme != 'Signature' or not given.get('keyId') or algorithm not in LISTED_09:
        return None
    date = 'x-date' if 'x-date' in request.headers else 'date'
    names = (given.get('headers') or date).lower().split(' ')
    values = ['%s %s HTTP/1.1' % (request.method, request.target) if name == 'request-line'
              else request.headers.get(name) for name in names]
    if date not in names or not all(values):
        return None
    try:
        _check_skew(request, now)
    except RestError:
        return None
    return Signature(given['keyId'], algorithm, '\n'.join(values).encode('latin-1'), found[2])


def _check_skew(request, now):
    sent = _moment(request.headers.get('x-date') or request.headers.get('date', ''))
    skew = 0 if sent is None else abs(now - sent)       # an unreadable date passes, as the original lets it
    if skew > SKEW:
        text = ('%.3f' % skew).rstrip('0').rstrip('.')
        raise bad_header('clock skew of %ss was greater than %ds' % (text, SKEW))


def _moment(text):
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp()


def read_presigned(request, now):
    """The Signature in the query of a presigned URL; None if there is none. Its errors are plain 500s."""
    given = dict(request.pairs)
    methods = sorted(re.split(r'\s*,\s*', given.get('method') or request.method))
    if request.method not in methods:
        raise RestError(500, None, '%s was not a signed method' % request.method)
    missing = [name for name in ('algorithm', 'expires', 'keyId', 'signature') if not given.get(name)]
    if len(missing) == 4:
        return None
    if missing:
        raise RestError(500, None, 'parameters "%s" are required' % ', '.join(missing))
    if not re.fullmatch(r'[0-9]+', given['expires']):
        raise RestError(500, None, 'expires is invalid')
    if int(now) > int(given['expires']):
        raise RestError(500, None, 'request expired')
    names = sorted((name for name in given if name.lower() != 'signature'), key=lambda name: (name.lower(), name))
    signed = '\n'.join((','.join(methods), request.headers.get('host', ''), request.target.partition('?')[0],
                        '&'.join('%s=%s' % (_quoted(name), _quoted(given[name])) for name in names)))
    algorithm = given['algorithm'].lower()
    if algorithm not in LISTED:
        raise RestError(500, None, '%s is not a supported signing algorithm' % algorithm.upper())
    return Signature(given['keyId'], algorithm, signed.encode(), given['signature'])


def _quoted(text):
    return urllib.parse.quote(text, safe='-_.~')


# Deciding

class SignIn:
    """The accounts, their sub-users and everyone's keys."""

    def __init__(self, keys=None, accounts=None, operators=(), disabled=(), roles=None, required=True):
        if isinstance(keys, str):
            keys = read_keys_file(keys)
        self.required = required
        self.roles = roles or {}
        self.keys = {}         # {login or login/sub: {fingerprint or name: PublicKey}}
        logins = dict.fromkeys([*(accounts or {}), *(who.partition('/')[0] for who in keys or {}), *operators])
        self.accounts = [Account(login, (accounts or {}).get(login) or account_uuid(login), login in operators,
                                 login in disabled) for login in logins]
        for who, several in (keys or {}).items():
            named = several.items() if isinstance(several, dict) else [(None, key) for key in _listed(several)]
            for name, key in named:
                self.add_key(who, key, name)

    def add_key(self, who, key, name=None):
        """Gives an account, or a sub-user `login/sub`, a public key (text, a PublicKey or a KeyPair)."""
        if isinstance(key, KeyPair):
            key, name = key.public, name or key.name
        if not isinstance(key, PublicKey):
            key = PublicKey.read(key)
        held = self.keys.setdefault(who, {})
        held[key.fingerprint] = key
        if name or key.name:
            held[name or key.name] = key

    def find(self, login):
        """The account of that login or UUID, or None."""
        return next((account for account in self.accounts if login in (account.login, account.uuid)), None)

    def caller(self, request, signature, version, now):
        """Whose signature it is; RestError 401 or 403."""
        signature = read_presigned(request, now) or signature
        if signature is None:
            if not self.required:
                login = request.path.split('/')[1]
                account = self.find(login) if login != 'my' else None
                return Caller(account or self.accounts[0])
            raise refused(NO_SIGNATURE)
        account, subuser, keys = self._owner(signature.key_id, version)
        key = keys.get(signature.key_id.rpartition('/')[2])
        if key is None or not verified(key, signature):
            raise refused()
        if account.disabled:
            raise RestError(403, 'NotAuthorized', 'Account or user is disabled')
        return Caller(account, subuser)

    def _owner(self, key_id, version):
        parts = key_id.split('/')
        known = len(parts) == 4 and parts[2] == 'keys'
        if not known and version.reaches((7, 2, 0)):       # before, there were no sub-users
            known = len(parts) == 6 and parts[4] == 'keys'
        if not known:
            raise refused('Invalid KeyId %s in authorization header' % key_id)
        account = self.find(parts[1])
        subuser = parts[3] if len(parts) == 6 else None
        who = account and (account.login if subuser is None else '%s/%s' % (account.login, subuser))
        if who not in self.keys:
            raise refused()
        return account, subuser, self.keys[who]

    def account_for(self, caller, login):
        """The account that a request's path names; a sub-user's is always its own."""
        if login == 'my' or caller.subuser is not None:
            return caller.account
        account = self.find(login)
        if account is None:
            raise RestError(404, 'ResourceNotFound', '%s does not exist' % login)
        return account

    def authorize(self, caller, account, action, path, as_role):
        """RestError 403 unless the caller may do that with the account."""
        if caller.subuser is None and (caller.account.uuid == account.uuid or caller.account.operator):
            return
        roles = {}
        if caller.subuser is not None:
            roles = self.roles.get('%s/%s' % (caller.account.login, caller.subuser), {})
        if as_role:
            wanted = ','.join(_listed(as_role)).split(',')
            if any(name not in roles for name in wanted):
                raise RestError(403, 'NotAuthorized', FORBIDDEN % account.login)
            active = [roles[name] for name in wanted]
        else:
            active = [role for role in roles.values() if role.default]
        if not any(action in role.actions for role in active):
            raise RestError(403, 'NotAuthorized', FORBIDDEN % '%s (%s)' % (path, action))


def verified(key, signature):
    kind, _, digest = signature.algorithm.partition('-')
    if kind != key.kind:
        return False
    try:
        return key.verify(digest, signature.signed, base64.b64decode(signature.signature))
    except (binascii.Error, ValueError):
        return False


def _listed(keys):
    return keys if isinstance(keys, (list, tuple)) else [keys]


def read_keys_file(path):
    """{who: [public key]} of a file of lines `login[/sub-user] ssh-rsa AAAA... [name]`."""
    keys = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            who, _, key = line.strip().partition(' ')
            if key and not who.startswith('#'):
                keys.setdefault(who, []).append(key)
    return keys
