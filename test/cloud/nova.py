"""Nova's image proxy (Compute v2.1): modern, as in Nova 26, or as Rackspace Cloud Servers had it in 2015."""
import dataclasses
import json
import re
import uuid

from . import nova_images, nova_versions, webob_errors
from .answers import Answer, Page, Undecodable, json_text, parse_query
from .glance_list import Params
from .nova_glance import GlanceV1, GlanceV2, NovaError, filters_of
from .nova_view import LINKS_MAX, Others, View, next_query, next_query_of_2015
from .rackspace_images_repose import HEADERS, RateLimit, over_limit, unauthorized
from .webob_errors import NOT_FOUND, UNAUTHORIZED, HTTPError

FAULTS = {400: 'badRequest', 401: 'unauthorized', 403: 'forbidden', 404: 'itemNotFound', 405: 'badMethod',
          409: 'conflictingRequest', 413: 'overLimit', 415: 'badMediaType', 429: 'overLimit', 501: 'notImplemented',
          503: 'serviceUnavailable'}
UNEXPECTED = ('Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log '
              "if possible.\n<class '%s'>")
ROUTE = re.compile(r'/(v2\.1|v2)/?(?:/(?!images(?:/|$))([^/]+))?/images(?:/([^/]+))?', re.S)
PROJECT = re.compile('[0-9a-f-]+')    # what Nova takes for a project's id


@dataclasses.dataclass
class NovaConfig:
    """What differs between one Nova and another."""
    era: str = 'modern'              # modern (through Glance v2) or rackspace (2015, through Glance v1)
    database: str = 'sqlite'         # Glance's: sqlite (exact), postgresql or mariadb (general_ci)
    page_max: int = 0                # images a page at most, whatever the limit, and without one; 0 is all of them
    zero_limit: str = 'all'          # limit=0 means 'all', or is refused: '400' (newer versions' schema)
    success: int = 200               # 203 is documented too
    unauthorized: str = None         # a 401's form: 'keystonemiddleware', 'webob' or 'repose'; by the era if not given
    auth_uri: str = None             # named in a 401's WWW-Authenticate
    endpoint: str = None             # what a catalog adds to the url, e.g. /v2.1/{tenant}; /v2.1 or /v2/{tenant}
    glance_url: str = 'http://127.0.0.1:9292'      # in alternate links
    link_prefix: str = None          # of links, instead of the URL that was asked: http://internal:8774
    deleted_by_id: bool = True       # rackspace: a deleted image can still be had by its id
    rate_limit: int = 0              # so many requests in rate_period seconds, then 413 (rackspace) or 429
    rate_period: float = 60
    prefix: str = ''                 # path before the version

    def __post_init__(self):
        if self.era not in ('modern', 'rackspace'):
            raise ValueError('era is modern or rackspace, not %r' % self.era)
        if self.unauthorized is None:
            self.unauthorized = 'keystonemiddleware' if self.era == 'modern' else 'repose'


@dataclasses.dataclass
class RackspaceServersConfig(NovaConfig):
    """Rackspace Cloud Servers."""
    era: str = 'rackspace'
    database: str = 'mariadb'
    page_max: int = 1000
    glance_url: str = 'https://dfw.servers.api.rackspacecloud.invalid/{project}'


class Nova:
    """Answers requests about the images of a store."""
    generator = nova_images

    def __init__(self, store, tokens, config=None):
        self.store, self.tokens = store, tokens
        self.config = config or NovaConfig()
        self.is_modern = self.config.era == 'modern'
        if self.is_modern:
            self.source = GlanceV2(store, tokens, self.config.database)
        else:
            self.source = GlanceV1(store, tokens, self.config.database, self.config.deleted_by_id)
        self.limit = RateLimit(self.config.rate_limit, self.config.rate_period)
        self.url = ''            # set when the server listens; links of complete() begin with it

    @property
    def endpoint(self):
        """What stands behind the url in a service catalog."""
        return self.config.endpoint or ('/v2.1' if self.is_modern else '/v2/{tenant}')

    def is_list(self, request):
        found = self._match(request.path)
        return bool(found) and found[3] in (None, 'detail')

    def marker(self, request):
        return 'marker', dict(request.pairs).get('marker')

    def too_many(self, seconds=1):
        if not self.is_modern:
            return over_limit(seconds)
        wait = '%d' % max(1, round(seconds))
        body = {'overLimit': {'code': 429, 'message': 'This request was rate-limited.', 'retryAfter': wait}}
        return Answer(429, json.dumps(body).encode(), 'application/json; charset=UTF-8', [('Retry-After', wait)])

    def complete(self, identity):
        """Every image that this identity can list, in detail, as under the endpoint of the catalog."""
        version = self.endpoint.split('/')[1]
        project = identity.project if '{tenant}' in self.endpoint else ''
        view = self._view(self.url + '/' + version, project, identity)
        with self.store.lock:
            return [view.detail(image) for image in self.source.complete(identity)]

    def answer(self, request):
        wait = self.limit.exceeded()
        if wait:
            return self.too_many(wait)
        try:
            answer = self._route(request)
        except Undecodable:
            answer = self._error(NovaError(500, UNEXPECTED % 'UnicodeDecodeError'))
        except NovaError as error:
            answer = self._error(error)
        except HTTPError as error:
            answer = webob_errors.answer(error, request.headers.get('accept'))
        if request.method == 'HEAD':
            answer.replace_body(b'', 'text/html; charset=UTF-8')
        identifier = 'req-%s' % uuid.uuid4()
        answer.headers += [('X-Openstack-Request-Id', identifier), ('X-Compute-Request-Id', identifier)]
        if not self.is_modern:
            answer.headers += HEADERS
        return answer

    def _match(self, path):
        if not path.startswith(self.config.prefix):
            return None
        return ROUTE.fullmatch(path[len(self.config.prefix):])

    def _route(self, request):
        found = self._match(request.path)
        if not found:
            return nova_versions.answer(request.path[len(self.config.prefix):], self._base(request))
        identity = self.tokens.identify(request.headers.get('x-auth-token'))
        if identity is None:
            return self._no_token(request)
        version, project, rest = found.groups()
        if request.method != 'GET':
            raise HTTPError(404, NOT_FOUND)
        if project is not None and project != identity.project:
            if not PROJECT.fullmatch(project):
                raise HTTPError(404, NOT_FOUND)
            raise NovaError(400, "Malformed request URL: URL's project_id '%s' doesn't match Context's project_id '%s'"
                            % (project, identity.project))
        headers = nova_versions.microversion_headers(request.headers) if self.is_modern and version == 'v2.1' else []
        view = self._view('%s/%s' % (self._base(request), version), project, identity)
        if rest in (None, 'detail'):
            answer = self._list(request, identity, view, rest)
        else:
            answer = self._show(rest, identity, view)
        answer.headers += headers
        return answer

    def _base(self, request):
        host = request.headers.get('host', 'localhost')
        return '%s://%s%s' % ('https' if request.secure else 'http', host, self.config.prefix)

    def _view(self, application, project, identity):
        if self.config.link_prefix:
            application = self.config.link_prefix + '/' + application.rpartition('/')[2]
        return View(application, project, self.config.glance_url.replace('{project}', identity.project or ''),
                    self.source)

    def _no_token(self, request):
        uri = self.config.auth_uri
        challenge = [('WWW-Authenticate', 'Keystone uri="%s"' % uri)] if uri else []
        if self.config.unauthorized == 'repose':
            return unauthorized(uri)
        if self.config.unauthorized == 'webob':
            raise HTTPError(401, UNAUTHORIZED, challenge)
        return Answer(401, json.dumps({'error': {
            'code': 401, 'title': 'Unauthorized', 'message': 'The request you have made requires authentication.'}}
        ).encode(), 'application/json', challenge)

    def _error(self, error):
        message = error.message
        if error.status == 500 and not message.startswith('Unexpected'):
            message = UNEXPECTED % message
        body = {FAULTS.get(error.status, 'computeFault'): {'code': error.status, 'message': message}}
        return Answer(error.status, json_text(body), 'application/json; charset=UTF-8')

    def _list(self, request, identity, view, rest):
        params = Params(parse_query(request.query.replace(';', '&')))     # webob takes both for separators
        filters = filters_of(params)
        page = self._page(params)
        with self.store.lock:
            images = self.source.images(filters, page, identity)
            try:
                shown = [view.detail(image) if rest else view.brief(image) for image in images]
            except ValueError:
                raise NovaError(500, 'json.decoder.JSONDecodeError') from None
        others = Others()
        most = self.config.page_max and page['limit'] or int(params.last('limit', LINKS_MAX))
        if images and len(images) == min(most, LINKS_MAX):
            path = 'images/detail' if rest else 'images'
            following = next_query if self.is_modern else next_query_of_2015
            others['next'] = view.next_link(path, following(params.pairs, images[-1]['id']))
        return Answer(self.config.success, content_type='application/json',
                      page=Page(images, [json_text(each) for each in shown], others))

    def _page(self, params):
        """{limit, page_size, marker, offset} as far as they are given; refuses bad numbers."""
        page = {}
        for key in ('limit', 'page_size', 'offset') if self.is_modern else ('limit', 'page_size'):
            if key in params:
                page[key] = self._number(key, params.last(key))
        if page.get('limit') == 0 and self.config.zero_limit == '400':
            raise NovaError(400, 'Invalid input for query parameters limit. Value: 0. '
                            "'0' does not match '^[1-9]+[0-9]*$'")
        if 'marker' in params:
            page['marker'] = params.last('marker')
        if self.config.page_max:
            page['limit'] = min(page.get('limit') or self.config.page_max, self.config.page_max)
        return page

    def _number(self, key, text):
        wrong = 'Invalid input received: %s must be %s' if self.is_modern else '%s param must be %s'
        try:
            number = int(text)
        except ValueError:
            raise NovaError(400, wrong % (key, 'an integer')) from None
        if number < 0:
            raise NovaError(400, wrong % (key, '>= 0' if self.is_modern else 'positive'))
        return number

    def _show(self, identifier, identity, view):
        with self.store.lock:
            image = self.source.find(identifier, identity)
            if image is None:
                raise NovaError(404, 'Image not found.')
            return Answer(self.config.success, json_text({'image': view.detail(image)}), 'application/json')


class RackspaceServers(Nova):
    """Rackspace Cloud Servers: the 2015 Nova with Rackspace's images."""
    generator = nova_images.Rackspace
