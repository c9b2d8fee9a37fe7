"""Signature verification without libraries: RSA PKCS #1 v1.5, ECDSA over the NIST curves, Ed25519.

For tests only: clear rather than fast (a few milliseconds each), and in no way hardened against timing.
"""
import hashlib
import typing

DIGEST_PREFIXES = {     # DER of DigestInfo up to the digest (RFC 8017, 9.2)
    'sha1': bytes.fromhex('3021300906052b0e03021a05000414'),
    'sha256': bytes.fromhex('3031300d060960864801650304020105000420'),
    'sha512': bytes.fromhex('3051300d060960864801650304020305000440'),
}


def rsa_verify(modulus, exponent, hash_name, message, signature):
    size = (modulus.bit_length() + 7) // 8
    if len(signature) != size:
        return False
    digest = DIGEST_PREFIXES[hash_name] + hashlib.new(hash_name, message).digest()
    padded = b'\0\1' + b'\xff' * (size - len(digest) - 3) + b'\0' + digest
    number = int.from_bytes(signature, 'big')
    return number < modulus and pow(number, exponent, modulus).to_bytes(size, 'big') == padded


class Curve(typing.NamedTuple):
    """y² = x³ - 3x + b over the integers modulo p; the point g generates a group of n points."""
    p: int
    b: int
    n: int
    g: typing.Tuple[int, int]

    def holds(self, point):
        x, y = point
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - x * x * x + 3 * x - self.b) % self.p == 0

    def add(self, one, other):
        """The sum of two points; None is the neutral element."""
        if one is None or other is None:
            return one or other
        p, (x, y), (u, v) = self.p, one, other
        if x == u and (y + v) % p == 0:
            return None
        slope = (3 * x * x - 3) * pow(2 * y, -1, p) if one == other else (v - y) * pow(u - x, -1, p)
        z = (slope * slope - x - u) % p
        return z, (slope * (x - z) - y) % p

    def combine(self, a, one, b, other):
        """a times one point plus b times another, in one pass over the bits."""
        choices = (None, one, other, self.add(one, other))
        total = None
        for at in reversed(range(max(a.bit_length(), b.bit_length()))):
            total = self.add(total, total)
            total = self.add(total, choices[(a >> at & 1) + 2 * (b >> at & 1)])
        return total


CURVES = {
    'nistp256': Curve(
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
        0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
        (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
         0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)),
    'nistp384': Curve(
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef,
        0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973,
        (0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7,
         0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f)),
}


def ecdsa_verify(curve, public, hash_name, message, r, s):
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    digest = hashlib.new(hash_name, message).digest()
    number = int.from_bytes(digest, 'big') >> max(0, 8 * len(digest) - curve.n.bit_length())
    inverse = pow(s, -1, curve.n)
    point = curve.combine(number * inverse % curve.n, curve.g, r * inverse % curve.n, public)
    return point is not None and point[0] % curve.n == r


# Ed25519 (RFC 8032, 5.1), points in extended coordinates (X, Y, Z, T)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)      # of -1


def _ed_add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _ed_times(factor, point):
    total = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _ed_add(total, point)
        point = _ed_add(point, point)
        factor >>= 1
    return total


def _ed_point(encoded):
    """The point that 32 bytes stand for, or None."""
    number = int.from_bytes(encoded, 'little')
    y, odd = number & ~(1 << 255), number >> 255
    if len(encoded) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    x = P - x if x & 1 != odd else x
    return x, y, 1, x * y % P


BASE = _ed_point((4 * pow(5, -1, P) % P).to_bytes(32, 'little'))


def ed25519_verify(public, message, signature):
    if len(signature) != 64:
        return False
    key, commitment = _ed_point(public), _ed_point(signature[:32])
    factor = int.from_bytes(signature[32:], 'little')
    if key is None or commitment is None or factor >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), 'little') % ORDER
    left, right = _ed_times(factor, BASE), _ed_add(commitment, _ed_times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0
