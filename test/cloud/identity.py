"""An identity service beside the image services: Keystone v3, Keystone v2.0 or Rackspace's.

    with Identity() as identity, Cloud(service='nova', identity=identity) as cloud:
        ... sign in at identity.url + '/v3' as u1/pw1, project p1, domain Default; the catalog leads to cloud ...

It records its requests and has faults like any stand-in (its "list" requests are those for a token). Image services
wired to it accept the tokens it issued and no others, and appear in its catalog as soon as they are started.
"""
import dataclasses
import email.utils

from . import identity_accounts, identity_catalog
from .identity_tokens import IssuedTokens
from .identity_v2 import KeystoneV2, RackspaceIdentity
from .identity_v3 import IAM, KeystoneV3, json_answer, not_found
from .rackspace_images_repose import RateLimit, over_limit
from .standin import Cloud


USUAL = object()


@dataclasses.dataclass
class IdentityConfig:
    """What differs between one identity service and another."""
    api: str = 'v3'                  # v3, v2.0, both, rackspace, or iam (v3 as Huawei Cloud and OTC have it)
    expiry: float = 3600             # seconds that a token lives
    revocation_delay: float = 0      # so long do image services still accept a revoked token
    clock_offset: float = 0          # seconds that the service's clock is ahead
    region: str = None               # where image services register; Rackspace's default region. RegionOne or DFW
    token_length: int = None         # 183, as Fernet's; 146 for Rackspace, 2800 for IAM
    token_prefix: str = None         # gAAAAAB, none or MII
    discovery_status: int = 300      # of GET /
    same_token: bool = True          # Rackspace: signing in again gives the same token until its last hour
    names_tenant: bool = True        # Rackspace: a token for no tenant in particular still names one
    expires_offset: str = None       # Rackspace: '-05:00' instead of Z in `expires`
    rate_limit: int = 0              # Rackspace: so many requests in rate_period seconds, then 413; 0 is no limit
    rate_period: float = 60

    def __post_init__(self):
        region, length, prefix = {'rackspace': ('DFW', 146, ''), 'iam': ('eu-de', 2800, 'MII')}.get(
            self.api, ('RegionOne', 183, 'gAAAAAB'))
        self.region = self.region or region
        self.token_length = self.token_length or length
        self.token_prefix = prefix if self.token_prefix is None else self.token_prefix


class IdentityService:
    """The service behind an Identity: versions, and the API versions below them."""

    def __init__(self, config, accounts, catalog, tokens):
        self.config, self.accounts, self.catalog = config, accounts, catalog
        arguments = accounts, catalog, tokens, config
        self.v3 = {'v3': KeystoneV3, 'both': KeystoneV3, 'iam': IAM}.get(config.api)
        self.v3 = self.v3 and self.v3(*arguments)
        self.v2 = {'v2.0': KeystoneV2, 'both': KeystoneV2, 'rackspace': RackspaceIdentity}.get(config.api)
        self.v2 = self.v2 and self.v2(*arguments)
        self.limit = RateLimit(config.rate_limit, config.rate_period)

    def is_list(self, request):
        """Requests for a token."""
        return request.method == 'POST' and request.path.rstrip('/') in ('/v3/auth/tokens', '/v2.0/tokens')

    def marker(self, request):
        return 'marker', None

    def too_many(self, seconds=1):
        return over_limit(seconds)

    def answer(self, request):
        wait = self.limit.exceeded()
        if wait:
            return over_limit(wait)
        root = '%s://%s' % ('https' if request.secure else 'http', request.headers.get('host', 'localhost'))
        if request.path in ('', '/'):
            return self._versions(root)
        for version, service in (('/v3', self.v3), ('/v2.0', self.v2)):
            if service and (request.path + '/').startswith(version + '/'):
                return service.answer(request, root)
        answer = not_found()
        answer.headers.append(('Vary', 'X-Auth-Token'))
        return answer

    def _versions(self, root):
        versions = [service.version(root) for service in (self.v3, self.v2) if service]
        answer = json_answer(self.config.discovery_status, {'versions': {'values': versions}})
        answer.headers = [('Location', root + '/v3/'), ('Vary', 'X-Auth-Token')]
        return answer


class Identity(Cloud):
    """A running identity service.

    accounts    users, projects and so on (identity_accounts.py); the usual ones if not given
    catalog     services and endpoints (identity_catalog.py); decoys if not given
    options     members of IdentityConfig: api='rackspace', expiry=2, region='RegionTwo'...
    Further arguments (latency, framing, tls, port...) are those of a Cloud.
    """
    CLOUD_ARGUMENTS = ('latency', 'framing', 'gzip', 'style', 'tls', 'host', 'port')

    def __init__(self, accounts=None, catalog=None, **options):
        for_cloud = {name: options.pop(name) for name in self.CLOUD_ARGUMENTS if name in options}
        config = IdentityConfig(**options)
        is_rackspace = config.api == 'rackspace'
        self.accounts = accounts or (identity_accounts.rackspace_accounts() if is_rackspace
                                     else identity_accounts.keystone_accounts())
        self.catalog = catalog or (identity_catalog.rackspace_catalog() if is_rackspace
                                   else identity_catalog.keystone_catalog())
        issued = IssuedTokens(config)
        service = IdentityService(config, self.accounts, self.catalog, issued)
        super().__init__(service=(lambda *_: service, lambda: config), images=[], **for_cloud)
        self.tokens = issued

    @property
    def auth_url(self):
        """What to sign in at, with the version: url is the service without one."""
        return self.url + ('/v3' if self.service.v3 else '/v2.0')

    @property
    def projects(self):
        """The ids of the first two projects, for images to belong to."""
        return tuple(project.id for project in self.accounts.projects[:2])

    def register(self, cloud, region=None, interface='public', url=None):
        """Puts an image service into the catalog."""
        type, name = identity_catalog.ENTRIES[cloud.service_name]
        url = (url or cloud.url) + getattr(cloud.service, 'endpoint', '')
        self.catalog.add(type, name, url, region or self.config.region, interface)

    def issue(self, user=None, project=USUAL, expires_in=None):
        """A token without a request for it: of a user and a project given by id or name (project None: unscoped).

        Without them it is the first user's, in that user's first project.
        """
        holder = self.accounts.user(id=user) or self.accounts.user(name=user) if user else self.accounts.users[0]
        if project is USUAL:
            project = self.accounts.projects_of(holder)[0].id
        place = project and (self.accounts.project(id=project) or self.accounts.project(name=project))
        roles = holder.roles.get(place.id, ()) if place else ()
        expires_at = None if expires_in is None else self.tokens.now() + expires_in
        return self.tokens.issue(holder, ('password',), expires_at, project=place or None, roles=roles).token

    def revoke(self, token=None):
        """Withdraws one token, or all."""
        self.tokens.revoke(token)

    def expire(self, token=None):
        """Makes one token, or all, expire now."""
        self.tokens.expire(token)

    def _respond(self, request):
        answer, delivery, record = super()._respond(request)
        if self.config.clock_offset:
            delivery.headers.setdefault('date', email.utils.formatdate(self.tokens.now(), usegmt=True))
        return answer, delivery, record
