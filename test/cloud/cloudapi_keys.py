"""Key pairs as CloudAPI's users have them: made with openssl, read from PEM or OpenSSH text, named by fingerprint."""
import base64
import dataclasses
import hashlib
import re
import struct
import subprocess
import tempfile

from . import cloudapi_crypto

# make_key's kinds, as arguments of `openssl genpkey`, and the algorithm that a client signs with
KINDS = {
    'rsa': (('RSA', '-pkeyopt', 'rsa_keygen_bits:2048'), 'rsa-sha256'),
    'ecdsa': (('EC', '-pkeyopt', 'ec_paramgen_curve:P-256'), 'ecdsa-sha256'),
    'ecdsa-384': (('EC', '-pkeyopt', 'ec_paramgen_curve:P-384'), 'ecdsa-sha512'),
    'ed25519': (('ED25519',), 'ed25519-sha512'),
}
OID_RSA = bytes.fromhex('2a864886f70d010101')
OID_ED25519 = bytes.fromhex('2b6570')
OID_CURVES = {bytes.fromhex('2a8648ce3d030107'): 'nistp256', bytes.fromhex('2b81040022'): 'nistp384'}


class BadKey(ValueError):
    """The text is no public key of a kind known here."""


@dataclasses.dataclass
class KeyPair:
    """A key to sign in with: `private` goes to the client, `public` (OpenSSH's form) to the account."""
    kind: str
    name: str
    private: str           # PEM, PKCS #8
    public: str
    fingerprint: str       # MD5, aa:bb:...

    @property
    def algorithm(self):
        """What a client writes into its Authorization header."""
        return KINDS[self.kind][1]

    def traditional(self):
        """The private key in the older PEM form (BEGIN RSA PRIVATE KEY, BEGIN EC PRIVATE KEY)."""
        return _openssl('pkey', '-traditional', given=self.private.encode()).decode()

    def openssh(self):
        """The private key as ssh-keygen writes it (BEGIN OPENSSH PRIVATE KEY), which OpenSSL does not read."""
        key = _der(_der_one(_pem(self.private), 0x30))[2][1]
        fields = _ssh_fields(PublicKey.read(self.public).blob)
        if self.kind == 'rsa':
            _, modulus, exponent, private, p, q, _, _, inverse = (value for _, value in _der(_der_one(key, 0x30)))
            fields = [b'ssh-rsa', modulus, exponent, private, inverse, p, q]
        elif self.kind == 'ed25519':
            fields.append(_der_one(key, 0x04) + fields[1])
        else:
            fields.append(b'\0' + _der(_der_one(key, 0x30))[1][1])
        secret = b'same' * 2 + _ssh_blob(*fields, self.name.encode())
        secret += bytes(range(1, 1 + -len(secret) % 8))
        whole = (b'openssh-key-v1\0' + _ssh_blob(b'none', b'none', b'') + struct.pack('>I', 1)
                 + _ssh_blob(PublicKey.read(self.public).blob, secret))
        text = base64.b64encode(whole).decode()
        lines = [text[at:at + 70] for at in range(0, len(text), 70)]
        return '\n'.join(['-----BEGIN OPENSSH PRIVATE KEY-----', *lines, '-----END OPENSSH PRIVATE KEY-----', ''])

    def sign(self, text):
        """The signature's base64, by openssl."""
        message = text.encode('latin-1')
        # Ed25519 signs the message itself and pkeyutl wants that from a file; the key comes from one too.
        arguments = ['-rawin'] + ([] if self.kind == 'ed25519' else ['-digest', self.algorithm.rpartition('-')[2]])
        with _file(self.private.encode()) as key, _file(message) as data:
            return base64.b64encode(_openssl('pkeyutl', '-sign', '-inkey', key.name, '-in', data.name,
                                             *arguments)).decode()

    def authorization(self, key_id, target, date, method='get'):
        """An Authorization header as CloudAPI's users send it."""
        signature = self.sign('(request-target): %s %s\ndate: %s' % (method, target, date))
        return ('Signature keyId="%s",algorithm="%s",headers="(request-target) date",signature="%s"'
                % (key_id, self.algorithm, signature))


def make_key(kind='rsa', name='key'):
    """A new key pair: rsa, ecdsa (P-256), ecdsa-384 or ed25519."""
    private = _openssl('genpkey', '-algorithm', *KINDS[kind][0])
    key = PublicKey.read(_openssl('pkey', '-pubout', given=private).decode())
    return KeyPair(kind, name, private.decode(), key.ssh(name), key.fingerprint)


def _openssl(*arguments, given=None):
    return subprocess.run(['openssl', *arguments], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=True).stdout


def _file(content):
    file = tempfile.NamedTemporaryFile()
    file.write(content)
    file.flush()
    return file


class PublicKey:
    """One public key: `kind` is rsa, ecdsa or ed25519, `blob` OpenSSH's encoding of it."""

    def __init__(self, blob, name=''):
        self.blob, self.name = blob, name
        fields = _ssh_fields(blob)
        label = fields[0].decode('ascii', 'replace')
        if label == 'ssh-rsa':
            self.kind = 'rsa'
            self.exponent, self.modulus = (int.from_bytes(field, 'big') for field in fields[1:3])
        elif label.startswith('ecdsa-sha2-') and label[11:] in cloudapi_crypto.CURVES and fields[2][:1] == b'\4':
            self.kind, self.curve = 'ecdsa', cloudapi_crypto.CURVES[label[11:]]
            half = len(fields[2]) // 2
            self.point = (int.from_bytes(fields[2][1:half + 1], 'big'), int.from_bytes(fields[2][half + 1:], 'big'))
            if not self.curve.holds(self.point):
                raise BadKey('not a point of the curve')
        elif label == 'ssh-ed25519':
            self.kind, self.point = 'ed25519', fields[1]
        else:
            raise BadKey('a key of the kind ' + label)

    @classmethod
    def read(cls, text, name=''):
        """From a line `ssh-rsa AAAA... name` or from PEM (a public key of any form, or a private one)."""
        text = text.strip()
        if not text.startswith('-----BEGIN'):
            words = text.split(None, 2)
            if len(words) < 2:
                raise BadKey('neither PEM nor an OpenSSH public key')
            return cls(base64.b64decode(words[1]), name or (words[2] if len(words) > 2 else ''))
        if 'BEGIN PUBLIC KEY' not in text:
            public = () if 'PRIVATE' in text else ('-RSAPublicKey_in',)
            text = _openssl(*(('rsa', '-pubout') + public if public else ('pkey', '-pubout')),
                            given=text.encode()).decode()
        return cls(_blob(_pem(text)), name)

    def ssh(self, name=''):
        label = _ssh_fields(self.blob)[0].decode()
        return ' '.join((label, base64.b64encode(self.blob).decode(), name or self.name)).strip()

    @property
    def fingerprint(self):
        digits = hashlib.md5(self.blob).hexdigest()
        return ':'.join(digits[at:at + 2] for at in range(0, 32, 2))

    def verify(self, hash_name, message, signature):
        if self.kind == 'rsa':
            return cloudapi_crypto.rsa_verify(self.modulus, self.exponent, hash_name, message, signature)
        if self.kind == 'ed25519':
            return hash_name == 'sha512' and cloudapi_crypto.ed25519_verify(self.point, message, signature)
        try:
            numbers = [int.from_bytes(value, 'big', signed=True) for _, value in _der(_der_one(signature, 0x30))]
        except BadKey:
            return False
        return len(numbers) == 2 and cloudapi_crypto.ecdsa_verify(self.curve, self.point, hash_name, message, *numbers)


def _pem(text):
    """The bytes between the dashes."""
    return base64.b64decode(''.join(re.findall(r'^[^-]+$', text, re.M)))


def _ssh_fields(blob):
    fields, at = [], 0
    while at + 4 <= len(blob):
        size = struct.unpack_from('>I', blob, at)[0]
        fields.append(blob[at + 4:at + 4 + size])
        at += 4 + size
    if at != len(blob) or len(fields) < 2:
        raise BadKey('no OpenSSH public key')
    return fields


def _ssh_blob(*fields):
    return b''.join(struct.pack('>I', len(field)) + field for field in fields)


def _der(data):
    """[(tag, content)] of the DER values in a row."""
    values, at = [], 0
    while at < len(data):
        head = data[at:at + 2]
        if len(head) < 2:
            raise BadKey('DER ends early')
        tag, size = head
        at += 2
        if size & 0x80:
            length = size & 0x7f
            size = int.from_bytes(data[at:at + length], 'big')
            at += length
        if at + size > len(data):
            raise BadKey('DER ends early')
        values.append((tag, data[at:at + size]))
        at += size
    return values


def _der_one(data, tag):
    values = _der(data)
    if len(values) != 1 or values[0][0] != tag:
        raise BadKey('unexpected DER')
    return values[0][1]


def _blob(der):
    """OpenSSH's encoding of a SubjectPublicKeyInfo."""
    algorithm, bits = (value for _, value in _der(_der_one(der, 0x30)))
    oids, key = [value for _, value in _der(algorithm)], bits[1:]
    if oids[0] == OID_RSA:
        modulus, exponent = (value for _, value in _der(_der_one(key, 0x30)))
        return _ssh_blob(b'ssh-rsa', exponent, modulus)
    if oids[0] == OID_ED25519:
        return _ssh_blob(b'ssh-ed25519', key)
    curve = OID_CURVES.get(oids[1]) if len(oids) > 1 else None
    if curve is None:
        raise BadKey('a key of an unknown kind')
    return _ssh_blob(b'ecdsa-sha2-' + curve.encode(), curve.encode(), key)
