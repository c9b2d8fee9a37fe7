"""Rackspace Cloud Images: a Glance of 2014 behind Repose. What is not said here is as in glance.py."""
import dataclasses
import re

from . import glance_list, rackspace_images_generator, rackspace_images_list
from .answers import Answer, Page, parse_query
from .glance import Glance
from .rackspace_images_repose import HEADERS, RateLimit, over_limit, unauthorized
from .webob_errors import NOT_FOUND, HTTPError

ROUTE = re.compile(r'/v2(?:/(?!images(?:/|$)|schemas/)[^/]+)?/(images|schemas)(?:/([^/]+))?')


@dataclasses.dataclass
class RackspaceImagesConfig:
    """What may differ, or is not known for sure."""
    limit_max: int = 1000            # images a page at most; the documents also say 100
    limit_default: int = 25
    database: str = 'mariadb'        # sqlite (exact), postgresql or mariadb (general_ci)
    tag_filter: bool = True          # tags can be filtered by; the documents deny it, then `tag` is a property
    with_first: bool = True          # pages tell `first`
    protected_text: int = 0          # every so-maniest image shows "protected" as text; 0 is none
    auth_uri: str = None             # named in a 401's WWW-Authenticate
    rate_limit: int = 0              # so many requests in rate_period seconds, then 413
    rate_period: float = 60
    prefix: str = ''                 # path before /v2
    version: str = 'v2.2'            # what glance.py makes of a Glance without operators, hidden and community images


class RackspaceImages(Glance):
    """Answers requests about the images of a store."""
    generator = rackspace_images_generator
    endpoint = '/v2'

    def __init__(self, store, tokens, config=None):
        super().__init__(store, tokens, config or RackspaceImagesConfig())
        self.listings = rackspace_images_list.Listings(store, self.database, self.features)
        self.limit = RateLimit(self.config.rate_limit, self.config.rate_period)

    def is_list(self, request):
        found = self._match(request.path)
        return bool(found) and found.groups() == ('images', None)

    def too_many(self, seconds=1):
        return over_limit(seconds, member='retryAfter')

    def complete(self, identity):
        """Every image that this identity can list in any way; hidden base images cannot be."""
        with self.store.lock:
            images = rackspace_images_list.visible(self.store.images, identity, 'all', None)
            return [self.document(image) for image in images if image['status'] != 'killed']

    def answer(self, request):
        wait = self.limit.exceeded()
        if wait:
            return self.too_many(wait)
        answer = super().answer(request)
        answer.headers += HEADERS
        return answer

    def _match(self, path):
        if not path.startswith(self.config.prefix):
            return None
        return ROUTE.fullmatch(path[len(self.config.prefix):])

    def _route(self, request):
        found = self._match(request.path)
        if not found:
            raise HTTPError(404, NOT_FOUND)
        identity = self.tokens.identify(request.headers.get('x-auth-token'))
        if identity is None:
            return unauthorized(self.config.auth_uri)
        self._only_get(request, ('GET', 'POST') if found[2] is None else ('GET', 'PATCH', 'DELETE'))
        if found[1] == 'schemas':
            return Answer(200, b'{"name": "%s", "properties": {}}' % found[2].encode(), 'application/json')
        return self._list(request, identity) if found[2] is None else self._show(found[2], identity)

    def _list(self, request, identity):
        asked = rackspace_images_list.parse(parse_query(request.query.replace(';', '&')), self.config)
        with self.store.lock:
            listing, late_error = self.listings.get(asked, identity)
            marker = self._marker_image(asked.marker, identity) if asked.marker is not None else None
            images, next_marker = glance_list.page(asked, listing, late_error, marker)
            rendered = [self.serialise(image) for image in images]
        others = {'first': glance_list.link(asked.links)} if self.config.with_first else {}
        others['schema'] = '/v2/schemas/images'
        if next_marker is not None:
            others['next'] = glance_list.link(asked.links, marker=next_marker)
        return Answer(200, content_type='application/json', page=Page(images, rendered, others))

    def document(self, image):
        """Only what has a value is shown."""
        shown = {key: value for key, value in super().document(image).items() if value is not None}
        every = self.config.protected_text
        if every and int(image['id'][:8], 16) % every == 0:
            shown['protected'] = 'true' if image['protected'] else 'false'
        return shown
