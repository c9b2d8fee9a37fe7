"""Huawei Cloud's and OTC's Image Management Service: GET /v2/cloudimages behind an API gateway."""
import dataclasses
import json
import re
import uuid

from . import aksk, ims_images, isotime
from .answers import Answer, Page, Undecodable, json_text, parse_query
from .databases import DATABASES
from .glance_list import link
from .ims_list import Asked, IMSError, visible
from .rackspace_images_repose import RateLimit
from .tokens import make_identity

NOT_PUBLISHED = ('APIGW.0101', 'The API does not exist or has not been published in the environment')
WRONG = 'Incorrect IAM authentication information: '
LONGEST = 8192                   # of a request's path and query
MEMBERS = ('name', 'status', 'visibility', 'owner', 'size', 'checksum', 'protected', 'min_ram', 'min_disk',
           'disk_format', 'container_format')


@dataclasses.dataclass
class IMSConfig:
    """What may differ, or is not known for sure."""
    limit_default: int = 500
    limit_max: int = 1000            # images a page at most; 0 is any number
    over_limit: str = 'cut'          # a larger limit is 'cut' or refused: '400'
    database: str = 'sqlite'         # sqlite (exact) or mariadb (general_ci)
    minimum: str = 'equal'           # min_ram and min_disk: 'equal' or 'at most'
    operators: bool = False          # in: and eq: in name, id, status and the formats are operators, as in Glance
    unknown: str = 'ignore'          # an unknown parameter: 'ignore', 'property' (equality) or '400'
    all_tags: bool = True            # of several tags all are needed; otherwise the last one counts
    sorts_by_update: bool = False    # sort_key=updated_at exists
    enterprise_required: bool = False    # users must name enterprise_project_id
    access_keys: dict = None         # {access key: (secret key, user, project[, security token])}
    signatures: tuple = ('huawei', 'otc')    # the forms understood
    clock_offset: float = 0          # seconds that the gateway's clock is ahead, for signatures
    rate_limit: int = 0              # so many requests in rate_period seconds, then 429
    rate_period: float = 60
    auth_uri: str = None             # not told to clients
    prefix: str = ''                 # path before /v2

    def __post_init__(self):
        if self.access_keys is None:
            self.access_keys = {'AKEXAMPLE': ('SKEXAMPLE', 'u', 't1')}


class GatewayError(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class IMS:
    """Answers requests about the images of a store."""
    generator = ims_images

    def __init__(self, store, tokens, config=None):
        self.store, self.tokens = store, tokens
        self.config = config or IMSConfig()
        self.database = DATABASES[self.config.database]()
        self.limit = RateLimit(self.config.rate_limit, self.config.rate_period)

    def is_list(self, request):
        return request.path in (self.config.prefix + '/v2/cloudimages', self.config.prefix + '/v2/images')

    def marker(self, request):
        return 'marker', dict(request.pairs).get('marker')

    def too_many(self, seconds=1):
        """The gateway does not say when to come again."""
        limit = self.config.rate_limit or 2000
        return self._gateway(GatewayError(429, 'APIGW.0308', 'The throttling threshold has been reached: policy api '
                                          'over ratelimit,limit:%d,time:1 minute' % limit))

    def complete(self, identity):
        """Every image that this identity can list in any way: pending and rejected shares are asked for by name."""
        with self.store.lock:
            found = {}
            for status in ('accepted', 'pending', 'rejected'):
                for image in visible(self.store.images, identity, None, status):
                    found.setdefault(image['id'], image)
            return [self.document(image) for image in found.values()]

    def listed(self, identity):
        """What a list without parameters gives, page after page."""
        with self.store.lock:
            return [self.document(image) for image in visible(self.store.images, identity)
                    if image.get('registered', True)]

    def answer(self, request):
        try:
            answer = self._route(request)
        except GatewayError as error:
            answer = self._gateway(error)
        except Undecodable:
            answer = self._refused(IMSError())
        except IMSError as error:
            answer = self._refused(error)
        if request.method == 'HEAD':
            answer.replace_body(b'')
        answer.headers += [('X-Request-Id', uuid.uuid4().hex), ('Server', 'api-gateway')]
        return answer

    @staticmethod
    def _gateway(error):
        body = {'error_msg': error.message, 'error_code': error.code, 'request_id': uuid.uuid4().hex}
        return Answer(error.status, json.dumps(body).encode(), 'application/json')

    @staticmethod
    def _refused(error):
        return Answer(error.status, json_text({'error': {'message': error.message, 'code': error.code}}),
                      'application/json')

    def _route(self, request):
        if len(request.target) > LONGEST:
            return Answer(414, b'<html><head><title>414 Request-URI Too Large</title></head></html>', 'text/html')
        found = re.fullmatch(re.escape(self.config.prefix) + '/v2/(cloudimages|images)(?:/([^/]+))?', request.path)
        if not found or (found[1] == 'cloudimages' and found[2]) or request.method not in ('GET', 'HEAD'):
            raise GatewayError(404, *NOT_PUBLISHED)
        if self.limit.exceeded():
            return self.too_many()
        identity = self._identify(request)
        if found[2]:
            return self._show(found[2], identity)
        return self._list(request, identity, is_native=found[1] == 'images')

    # who is asking

    def _identify(self, request):
        if 'authorization' in request.headers:
            return self._signer(request)
        token = request.headers.get('x-auth-token')
        identity = self.tokens.identify(token)
        if identity is None and token and self._was_issued(token):
            raise GatewayError(401, 'APIGW.0307', 'The token must be updated')
        if identity is None:
            raise GatewayError(401, 'APIGW.0301', WRONG + ('decrypt token fail' if token else 'x-auth-token not found'))
        if identity.project is None:
            raise GatewayError(403, 'APIGW.0302', 'The IAM user is not allowed to access the API')
        return identity

    def _was_issued(self, token):
        return token in getattr(self.tokens, 'issued', ()) or token in self.tokens.revoked

    def _signer(self, request):
        keys = self.config.access_keys
        try:
            access = aksk.verify(request, lambda key: keys[key][0] if key in keys else None,
                                 request.time + self.config.clock_offset, self.config.signatures)
        except aksk.Refused as error:
            raise GatewayError(401, 'APIGW.0301', WRONG + str(error)) from None
        _, user, project, *temporary = keys[access]
        if temporary and request.headers.get('x-security-token') != temporary[0]:
            raise GatewayError(401, 'APIGW.0301', WRONG + 'the security token is missing or wrong')
        if request.headers.get('x-project-id', project) != project:
            raise GatewayError(403, 'APIGW.0302', 'The IAM user is not allowed to access the API')
        return make_identity(user, project)

    # images

    def _list(self, request, identity, is_native):
        pairs = parse_query(request.query)
        asked = Asked(pairs, self.config, self.database, 25 if is_native else self.config.limit_default)
        if self.config.enterprise_required and 'enterprise_project_id' not in asked.given:
            raise IMSError('IMG.0026', 'Policy does not allow the user to perform the operation.', 403)
        with self.store.lock:
            marker = None
            if asked.marker is not None:
                marker = self._visible_image(asked.marker, identity)
                if marker is None:
                    raise IMSError()
            images = asked.page(asked.images(self.store, identity), marker)
            rendered = [json_text(self.document(image)) for image in images]
        others = {}
        if is_native:
            params = {key: value for key, value in pairs if key != 'marker'}
            others = {'first': link(params), 'schema': '/v2/schemas/images'}
            if images and len(images) == asked.limit:
                others['next'] = link(params, marker=images[-1]['id'])
        return Answer(200, content_type='application/json', page=Page(images, rendered, others))

    def _visible_image(self, identifier, identity):
        image = self.store.find(identifier)
        if image is None:
            return None
        may_see = any(visible([image], identity, None, status) for status in ('accepted', 'pending', 'rejected'))
        return image if may_see else None

    def _show(self, identifier, identity):
        with self.store.lock:
            image = self._visible_image(identifier, identity)
            if image is None:
                raise IMSError('IMG.0027', 'No image found with ID %s' % identifier, 404)
            return Answer(200, json_text(self.document(image)), 'application/json')

    @staticmethod
    def document(image):
        """An image as shown: members without a value are left out, but for those that are null on purpose."""
        shown = {'schema': '/v2/schemas/image', 'id': image['id'], 'self': '/v2/images/' + image['id'],
                 'file': '/v2/images/%s/file' % image['id'], 'tags': image['tags']}
        shown.update((member, image[member]) for member in MEMBERS if image[member] is not None)
        if 'virtual_size' in image:
            shown['virtual_size'] = image['virtual_size']
        for member in ('created_at', 'updated_at', 'active_at'):
            if image.get(member):
                shown[member] = isotime.shown(image[member])
        return {**shown, **image['properties']}
