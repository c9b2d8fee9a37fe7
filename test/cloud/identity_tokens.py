"""The tokens an identity service has issued: how they look, how long they live, and whom they stand for.

An image service that is wired to an identity service takes `IssuedTokens` for its own `Tokens` (tokens.py).
"""
import dataclasses
import datetime
import random
import time
import typing

from . import isotime
from .identity_accounts import Domain, Project, User
from .tokens import Identity, Tokens

ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'


@dataclasses.dataclass
class Grant:
    """What one token stands for."""
    token: str
    user: User
    methods: tuple
    issued_at: float                 # by the service's clock
    expires_at: float
    roles: tuple = ()
    project: typing.Optional[Project] = None
    domain: typing.Optional[Domain] = None
    system: bool = False
    credential: object = None
    audit_id: str = ''

    @property
    def is_scoped(self):
        return bool(self.project or self.domain or self.system)


class IssuedTokens(Tokens):
    """Accepts the tokens issued and no others, until they expire or are revoked.

    `revocation_delay`: a service still accepts a revoked token that long, as one that keeps its answers does.
    """

    def __init__(self, config, seed=1):
        super().__init__(speaking=False)
        self.config = config
        self.issued = {}
        self._revoked_at = {}
        self._random = random.Random(seed)

    def now(self):
        """The time by the service's clock, which may be wrong."""
        return time.time() + self.config.clock_offset

    def issue(self, user, methods, expires_at=None, **scope):
        """A new grant. With whole seconds of life its times are cut to whole seconds, as Fernet tokens are."""
        issued_at = self.now()
        if self.config.expiry == int(self.config.expiry):
            issued_at = float(int(issued_at))
        text = self.config.token_prefix + self._text(self.config.token_length - len(self.config.token_prefix))
        grant = Grant(text, user, tuple(methods), issued_at, expires_at or issued_at + self.config.expiry,
                      audit_id=self._text(22), **scope)
        self.issued[text] = grant
        return grant

    def _text(self, length):
        return ''.join(self._random.choices(ALPHABET, k=length))

    def grant(self, token):
        """The grant of a token that the identity service itself still honours, or None."""
        grant = self.issued.get(token)
        if grant is None or token in self.revoked or self.now() >= grant.expires_at:
            return None
        return grant

    def revoke(self, token=None):
        """Withdraws a token, or all of them."""
        for each in [token] if token else list(self.issued):
            self.revoked.add(each)
            self._revoked_at.setdefault(each, time.time())

    def expire(self, token=None):
        """Makes a token, or all of them, expire now."""
        for each in [token] if token else list(self.issued):
            self.issued[each].expires_at = min(self.issued[each].expires_at, self.now())

    def identify(self, token):
        grant = self.issued.get(token)
        if grant is None:
            return super().identify(token)           # a fixed one that the test put there
        if self.now() >= grant.expires_at:
            return None
        if token in self.revoked and time.time() >= self._revoked_at.get(token, 0) + self.config.revocation_delay:
            return None
        return Identity(grant.user.id, grant.project and grant.project.id, grant.roles)


def moment(seconds, digits=6):
    """2026-11-21T07:49:37.000000Z, with that many digits after the point."""
    text = isotime.stored(datetime.datetime.fromtimestamp(seconds, isotime.UTC))
    return text[:20 + digits].rstrip('.').rstrip('Z') + 'Z'
