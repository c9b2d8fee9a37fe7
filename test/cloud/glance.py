"""OpenStack Glance v2: routes, single images, members and versions (the list itself is in glance_list.py)."""
import dataclasses
import json
import re
import uuid

from . import glance_list, isotime, webob_errors
from .answers import Answer, Page, Undecodable, json_text, parse_query
from .databases import DATABASES
from .glance_filters import LISTED_STATUSES
from .webob_errors import NOT_FOUND, UNAUTHORIZED, UNDECODABLE, HTTPError

VERSIONS = ('v2.17', 'v2.16', 'v2.15', 'v2.9', 'v2.7', 'v2.6', 'v2.5', 'v2.4', 'v2.3', 'v2.2', 'v2.1', 'v2.0')
ROUTE = re.compile(r'/v2(?:\.\d+)?/(.*)', re.S)
# The order in which Glance writes an image's members, after its custom properties
MEMBERS = ('name', 'disk_format', 'container_format', 'visibility', 'size', 'virtual_size', 'status', 'checksum',
           'protected', 'min_ram', 'min_disk', 'owner', 'os_hidden', 'os_hash_algo', 'os_hash_value')


@dataclasses.dataclass
class GlanceConfig:
    """What differs between one Glance and another."""
    version: str = 'v2.15'           # the newest it lists; Zed's (without the cache's middleware)
    limit_default: int = 25
    limit_max: int = 1000
    database: str = 'sqlite'         # sqlite (exact), postgresql or mariadb (general_ci)
    auth_uri: str = None             # if given, a 401 names it in WWW-Authenticate, as keystonemiddleware does
    unauthorized: str = 'webob'      # a 401's form: 'webob', or 'keystonemiddleware' for its JSON
    prefix: str = ''                 # path before /v2, as of an endpoint http://host/image


class Features:
    """What came with which version."""

    def __init__(self, version):
        number = tuple(int(part) for part in version.lstrip('v').split('.'))
        self.hidden = number >= (2, 7)       # os_hidden and the os_hash members: Rocky
        self.community = number >= (2, 5)    # visibility community and all: Ocata
        self.operators = number >= (2, 4)    # in:, eq:, gte: and so on
        self.sort = number >= (2, 3)         # sort=key:dir: Kilo


class Glance:
    """Answers requests about the images of a store."""

    def __init__(self, store, tokens, config=None):
        self.store, self.tokens = store, tokens
        self.config = config or GlanceConfig()
        self.features = Features(self.config.version)
        self.database = DATABASES[self.config.database]()
        self.listings = glance_list.Listings(store, self.database, self.features)
        self._serialised = {}
        self._serialised_version = None

    def is_list(self, request):
        return bool(re.fullmatch(re.escape(self.config.prefix) + r'/v2(\.\d+)?/images', request.path))

    def marker(self, request):
        """The marker a list request carries, and the parameter's name (for faults)."""
        return 'marker', dict(request.pairs).get('marker')

    def complete(self, identity):
        """Every image that this identity can list in any way, as shown: what a foreign table must hold."""
        with self.store.lock:
            images = glance_list.visible(self.store.images, identity, 'all', 'all', self.features)
            return [self.document(image) for image in images if image['status'] in LISTED_STATUSES]

    def answer(self, request):
        try:
            answer = self._route(request)
        except Undecodable:
            answer = webob_errors.answer(HTTPError(400, UNDECODABLE), request.headers.get('accept'))
        except HTTPError as error:
            answer = webob_errors.answer(error, request.headers.get('accept'))
        if request.method == 'HEAD':
            answer.replace_body(b'', 'text/html; charset=UTF-8')
        answer.headers.append(('X-Openstack-Request-Id', 'req-%s' % uuid.uuid4()))
        return answer

    def _route(self, request):
        path = request.path
        if self.config.prefix:
            if not path.startswith(self.config.prefix + '/'):
                raise HTTPError(404, NOT_FOUND)
            path = path[len(self.config.prefix):]
        if path == '/healthcheck':
            return Answer(200, b'', 'text/plain; charset=UTF-8')
        if path.split('/')[1] == 'versions':
            return self._versions(request, 200)
        if path.split('/')[1] not in ('v2',) + self._versions_known():
            return self._versions(request, 300)
        identity = self.tokens.identify(request.headers.get('x-auth-token'))
        if identity is None and self.config.unauthorized == 'keystonemiddleware':
            return Answer(401, json.dumps({'error': {
                'code': 401, 'title': 'Unauthorized', 'message': 'The request you have made requires authentication.'}}
            ).encode(), 'application/json', self._challenge())
        if identity is None:
            raise HTTPError(401, UNAUTHORIZED, self._challenge())
        if path == '/v2':
            return Answer(302, b'', 'text/plain; charset=utf8', [('Location', self._url(request) + '/v2/')])
        found = ROUTE.fullmatch(path)
        parts = found.group(1).split('/') if found else ['']
        if parts == ['images']:
            self._only_get(request, ('GET', 'POST'))
            return self._list(request, identity)
        if parts[0] == 'images' and len(parts) == 2 and parts[1]:
            self._only_get(request, ('GET', 'PATCH', 'DELETE'))
            return self._show(parts[1], identity)
        if parts[0] == 'images' and parts[2:] == ['members']:
            self._only_get(request, ('GET', 'POST'))
            return self._members(parts[1], identity)
        if parts in (['schemas', 'images'], ['schemas', 'image']):
            return Answer(200, json_text({'name': parts[1], 'properties': {}}), 'application/json')
        raise HTTPError(404, NOT_FOUND)

    @staticmethod
    def _only_get(request, allowed):
        if request.method == 'GET':
            return
        if request.method in allowed:
            raise HTTPError(501, 'This stand-in can only be read.')
        raise webob_errors.method_not_allowed(request.method, allowed)

    def _challenge(self):
        uri = self.config.auth_uri
        return [('Www-Authenticate', 'Keystone uri="%s"' % uri)] if uri else []

    def _url(self, request):
        host = request.headers.get('host', 'localhost')
        return '%s://%s%s' % ('https' if request.secure else 'http', host, self.config.prefix)

    def _versions_known(self):
        newest = _number(self.config.version)
        return tuple(version for version in VERSIONS if _number(version) <= newest) or (self.config.version,)

    def _versions(self, request, status):
        links = [{'rel': 'self', 'href': self._url(request) + '/v2/'}]
        versions = [{'id': version, 'status': 'SUPPORTED' if at else 'CURRENT', 'links': links}
                    for at, version in enumerate(self._versions_known())]
        return Answer(status, json.dumps({'versions': versions}).encode(), 'application/json')

    def _list(self, request, identity):
        pairs = parse_query(request.query.replace(';', '&'))     # webob takes both for separators
        asked = glance_list.parse(pairs, self.config, self.features)
        with self.store.lock:
            listing, late_error = self.listings.get(asked, identity)
            marker = None
            if asked.marker is not None:
                marker = self._marker_image(asked.marker, identity)
            images, next_marker = glance_list.page(asked, listing, late_error, marker)
            rendered = [self.serialise(image) for image in images]
        others = {'first': glance_list.link(asked.links), 'schema': '/v2/schemas/images'}
        if next_marker is not None:
            others['next'] = glance_list.link(asked.links, marker=next_marker)
        return Answer(200, content_type='application/json', page=Page(images, rendered, others))

    def _marker_image(self, identifier, identity):
        if len(identifier) > 36:                   # a template that Glance never fills in
            raise HTTPError(400, 'Image with the given id %(image_id)s was not found')
        image = self._find(identifier)
        if image is None:
            raise HTTPError(400, 'No image found with ID %s' % identifier)
        if not self._may_see(image, identity, self.features.community):
            raise HTTPError(403, 'Forbidding request, image %s not visible' % identifier)
        return image

    def _show(self, identifier, identity):
        with self.store.lock:
            image = self._find(identifier)
            if image is None or not self._may_see(image, identity, self.features.community):
                raise HTTPError(404, 'No image found with ID %s' % identifier)
            return Answer(200, self.serialise(image), 'application/json')

    def _members(self, identifier, identity):
        """The projects an image is shared with; a member sees only itself."""
        with self.store.lock:
            image = self._find(identifier)
            if image is None or not self._may_see(image, identity, self.features.community):
                raise HTTPError(404, 'No image found with ID %s' % identifier)
            if image['visibility'] != 'shared':
                raise HTTPError(403, 'Only shared images have members.')
            every = identity.is_admin or image['owner'] == identity.project
            members = [{'member_id': project, 'image_id': image['id'], 'status': status,
                        'created_at': isotime.shown(image['created_at']),
                        'updated_at': isotime.shown(image['updated_at']), 'schema': '/v2/schemas/member'}
                       for project, status in image['members'].items() if every or project == identity.project]
        return Answer(200, json_text({'members': members, 'schema': '/v2/schemas/members'}), 'application/json')

    def _find(self, identifier):
        image = self.store.find(identifier)
        if image is None and self.database.loose:
            image = self.store.find(identifier.lower().rstrip(' '))     # a loose comparison finds it all the same
        return image

    @staticmethod
    def _may_see(image, identity, community=True):
        """Wider than the list: hidden images, pending and rejected shares, others' community images too."""
        return (identity.is_admin or image['owner'] is None or image['visibility'] == 'public'
                or (image['visibility'] == 'community' and community)
                or (identity.project is not None
                    and (image['owner'] == identity.project
                         or (image['visibility'] == 'shared' and identity.project in image['members']))))

    def serialise(self, image):
        """An image as JSON, kept until the store changes."""
        if self._serialised_version != self.store.version:
            self._serialised.clear()
            self._serialised_version = self.store.version
        text = self._serialised.get(image['id'])
        if text is None:
            text = self._serialised[image['id']] = json_text(self.document(image))
        return text

    def document(self, image):
        """An image as Glance shows it: custom properties first, among the base members."""
        shown = dict(image['properties'])
        for member in MEMBERS:
            if self.features.hidden or not member.startswith('os_h'):
                shown[member] = image.get(member)
        if not self.features.community:
            shown['visibility'] = 'public' if image['visibility'] == 'public' else 'private'
        shown['id'] = image['id']
        shown['created_at'] = isotime.shown(image['created_at'])
        shown['updated_at'] = isotime.shown(image['updated_at'])
        for member in ('locations', 'direct_url'):     # only if the operator shows them
            if member in image:
                shown[member] = image[member]
        shown['tags'] = image['tags']
        shown['self'] = '/v2/images/' + image['id']
        shown['file'] = shown['self'] + '/file'
        shown['schema'] = '/v2/schemas/image'
        if 'stores' in image:
            shown['stores'] = image['stores']
        return shown


def _number(version):
    return tuple(int(part) for part in version.lstrip('v').split('.'))
