"""Who is asking: X-Auth-Token to user, project and roles.

A token is either one of the fixed opaque ones given, or of the form `user:project:role[,role]` as the fakeauth
middleware of the real test servers has it (project `none` for none).
"""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Identity:
    user: str
    project: typing.Optional[str]
    roles: tuple = ('member',)

    @property
    def is_admin(self):
        return 'admin' in self.roles


class Tokens:
    """Decides whom a token stands for; `fixed` may be edited while the stand-in runs."""

    def __init__(self, fixed=None, speaking=True, required=True):
        self.fixed = dict(fixed or {})
        self.speaking = speaking        # accept user:project:role
        self.required = required        # otherwise everyone is an admin, as under Glance's "noauth"
        self.revoked = set()

    def identify(self, token):
        """The identity, or None for a missing, unknown or revoked token."""
        if not self.required:
            return Identity('nobody', None, ('admin',))
        if not token or token in self.revoked:
            return None
        if token in self.fixed:
            return make_identity(*self.fixed[token])
        parts = token.split(':')
        if self.speaking and len(parts) == 3:
            return make_identity(*parts)
        return None


def make_identity(user, project, role='member'):
    return Identity(user, None if project in (None, 'none') else project, tuple(role.lower().split(',')))
