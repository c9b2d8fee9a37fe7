"""Triton CloudAPI's ListImages and GetImage: routes, API versions, what an image looks like, errors, throttling."""
import base64
import dataclasses
import hashlib
import json
import re
import threading
import time
import typing
import uuid

from . import cloudapi_images, cloudapi_list, cloudapi_signin
from .answers import Answer, Page
from .cloudapi_signin import UUID, Account, RestError, SignIn, read_authorization
from .cloudapi_versions import Range

VERSIONS = ('9.0.0', '8.0.0', '7.3.0', '7.2.0', '7.1.0', '7.0.0')
OLD_TYPES = {'smartmachine': 'zone-dataset', 'virtualmachine': 'zvol'}
ROUTES = (      # (path, the methods it has, the name that access rules know it by)
    (re.compile(r'/([^/]+)/images/?'), ('GET', 'HEAD', 'POST'), 'images'),
    (re.compile(r'/([^/]+)/images/([^/]+)/?'), ('GET', 'HEAD', 'POST', 'DELETE'), 'image'),
    (re.compile(r'/([^/]+)/?'), ('GET', 'HEAD', 'POST'), 'account'),
)
FORMS = ('application/json', 'text/plain', 'application/octet-stream', 'application/javascript')
EXPLAINED_ERRORS = ('PrepareImageDidNotRun', 'VmHasNoOrigin', 'NotSupported')
REQUIREMENTS = (('max_memory', 'max_ram'), ('max_ram', 'max_ram'), ('min_memory', 'min_ram'), ('min_ram', 'min_ram'),
                ('brand', 'brand'), ('bootrom', 'bootrom'))
THROTTLE = (10, 30)                # production's
BACKEND_DOWN = 'connect ECONNREFUSED 10.99.99.21:80'


@dataclasses.dataclass
class CloudapiConfig:
    """The accounts, and what differs between one CloudAPI and another."""
    keys: typing.Union[dict, str] = None     # {'login' or 'login/sub-user': keys}; or a file, see read_keys_file
    accounts: dict = None          # {login: UUID}, for accounts without keys or with a given UUID
    operators: tuple = ()          # logins that may act for every account
    disabled: tuple = ()           # logins that are refused
    roles: dict = None             # {'login/sub-user': {name: cloudapi_signin.Role}}
    versions: tuple = VERSIONS
    throttle: tuple = None         # (requests per second, burst) for each login; see THROTTLE
    duplicates: bool = False       # two images come twice, as at the boundary between two of its internal pages
    page: int = None               # rows that IMGAPI's database gives for a query; production has 1000 (see paged)
    like: bool = False             # `_` and `%` are wildcards in ~values, as they may be in production
    validate: bool = False         # leave out images that IMGAPI would not load, such as one named ~x
    clock: float = 0               # seconds by which its clock is ahead of ours
    restart: float = 1.0           # seconds that IMGAPI needs to come back after public=nonsense has crashed it
    server: str = 'cloudapi/9.20.0'
    prefix: str = ''


def json_text(value):
    """JSON as CloudAPI writes it: compact, UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode('utf-8', 'surrogatepass')


class CompactPage(Page):
    """A bare array, written without blanks."""

    def render(self):
        if self.images_member is None:
            return b'[' + b','.join(self.rendered) + b']'
        return super().render()


class JsonAnswer(Answer):
    """An answer whose Content-MD5 follows its body, also when a fault has changed that."""

    def render(self):
        body = super().render()
        digest = base64.b64encode(hashlib.md5(body).digest()).decode()
        self.headers[:] = [(name, digest if name == 'Content-MD5' else value) for name, value in self.headers]
        return body


class Cloudapi:
    """Answers requests about the images of a store."""

    generator = cloudapi_images

    def __init__(self, store, tokens, config=None):
        self.store = store
        self.config = config = config or CloudapiConfig()
        accounts = config.accounts or ({} if config.keys else dict.fromkeys(cloudapi_images.LOGINS))
        self.sign_in = SignIn(config.keys, accounts, config.operators, config.disabled, config.roles, tokens.required)
        # So that Cloud.documents(login) works
        tokens.fixed.update({account.login: ('-', account.login) for account in self.sign_in.accounts})
        self._lock = threading.Lock()
        self._buckets = {}             # {login: (tokens left, when)}
        self._down_until = 0
        self._serialised = {}
        self._serialised_version = None

    def is_list(self, request):
        return bool(re.fullmatch(re.escape(self.config.prefix) + r'/[^/]+/images/?', request.path))

    def marker(self, _request):
        """CloudAPI does not page: there is no marker."""
        return 'marker', None

    def account(self, login):
        return self.sign_in.find(login)

    def complete(self, identity):
        """Every image that the account can see, in any state and of any type, as API version 9 shows it.

        The identity is an account or what the tokens made of its login; anything else stands for the first account.
        """
        account = identity if isinstance(identity, Account) else self.account(identity and identity.project)
        account = account or self.sign_in.accounts[0]
        with self.store.lock:
            asked = cloudapi_list.Asked(account.uuid, {}, 'all')
            return [self.document(image) for image in cloudapi_list.listed(self._images(), asked)]

    def answer(self, request):
        started = time.time()
        methods = None
        form = preferred_form(request.headers.get('accept') or '*/*')
        try:
            path = self._path(request)
            found, methods, action = self._find_route(request, path)
            answer = self._route(request, path, found, action)
        except RestError as error:
            answer = JsonAnswer(error.status, json_text(error.body), 'application/json', list(error.headers))
            if form == 'text/plain':
                answer.replace_body(error.body.get('message') or '', form)
            if form is None and error.status != 406:
                return Answer(406)
            if error.early:
                return answer
        answer.headers += self._headers(request.headers, methods, started)
        if form == 'text/plain':
            answer.content_type = form
        return answer

    def _headers(self, asked, methods, started):
        identifier = asked.get('request-id') or asked.get('x-request-id') or str(uuid.uuid4())
        return [
            ('Access-Control-Allow-Origin', '*'),
            ('Access-Control-Allow-Headers', 'Accept, Accept-Version, Content-Length, Content-MD5, Content-Type, '
                                             'Date, Api-Version, Response-Time'),
            ('Access-Control-Allow-Methods', ', '.join(methods)),
            ('Access-Control-Expose-Headers', 'Api-Version, Request-Id, Response-Time'),
            ('Content-MD5', ''), ('Server', self.config.server),
            ('Api-Version', Range('*').best(self.config.versions)),
            ('Request-Id', identifier), ('Response-Time', str(int((time.time() - started) * 1000)))]

    def too_many(self, _seconds=1):
        """CloudAPI does not say when to come again."""
        error = self._over_limit()
        answer = JsonAnswer(error.status, json_text(error.body), 'application/json',
                            self._headers({}, ('GET', 'HEAD', 'POST'), time.time()))
        answer.render()
        return answer

    def _over_limit(self):
        return RestError(429, 'TooManyRequestsError', 'You have exceeded your request rate of %s r/s.'
                         % (self.config.throttle or THROTTLE)[0])

    # what is asked

    def _path(self, request):
        path = request.path
        if self.config.prefix:
            if not path.startswith(self.config.prefix + '/'):
                raise RestError(404, 'ResourceNotFound', '%s does not exist' % path, early=True)
            path = path[len(self.config.prefix):]
        return path

    def _find_route(self, request, path):
        for pattern, methods, action in ROUTES:
            found = pattern.fullmatch(path)
            if not found:
                continue
            if request.method not in methods:
                raise RestError(405, 'MethodNotAllowedError', '%s is not allowed' % request.method, early=True,
                                headers=[('Allow', ', '.join(methods))])
            return found, methods, action
        raise RestError(404, 'ResourceNotFound', '%s does not exist' % path, early=True)

    def _route(self, request, path, found, action):
        headers = request.headers
        asked_version = headers.get('accept-version') or headers.get('x-api-version') or '*'
        version = Range(asked_version)
        if version.best(self.config.versions) is None:
            raise RestError(400, 'InvalidVersion',
                            '%s is not supported by %s %s' % (asked_version, request.method, path), early=True)
        if preferred_form(headers.get('accept') or '*/*') is None:
            raise RestError(406, 'NotAcceptableError', 'Server accepts: ' + ','.join(FORMS), early=True)
        now = time.time() + self.config.clock
        signature = read_authorization(request, now)
        if path == '/--ping':
            return JsonAnswer(200, json_text({'ping': 'pong', 'cloudapi': {'versions': list(self.config.versions)}}),
                              'application/json')
        caller = self.sign_in.caller(request, signature, version, now)
        login = caller.account.login if found[1] == 'my' else found[1]
        account = self.sign_in.account_for(caller, login)
        parameters = read_parameters(request)
        if request.method not in ('GET', 'HEAD'):
            raise RestError(501, 'NotImplemented', 'This stand-in can only be read.')
        answer = {'images': self._list, 'image': self._get, 'account': self._show_account}[action](
            account, version, parameters, found)
        prefix = 'head' if request.method == 'HEAD' else 'list' if action == 'images' else 'get'
        self.sign_in.authorize(caller, account, prefix + action, path, parameters.get('as-role'))
        self._throttle(caller.account.login)
        if isinstance(answer, RestError):        # one that the service comes to only now
            raise answer
        return answer

    def _throttle(self, login):
        if not self.config.throttle or (self.account(login) or Account(login, '')).operator:
            return
        rate, burst = self.config.throttle
        with self._lock:
            left, since = self._buckets.get(login, (burst, time.monotonic()))
            now = time.monotonic()
            left = min(burst, left + rate * (now - since))
            allowed = left >= 1
            self._buckets[login] = left - allowed, now
        if not allowed:
            raise self._over_limit()

    def _show_account(self, account, _version, _parameters, _found):
        return JsonAnswer(200, json_text({'id': account.uuid, 'login': account.login}), 'application/json')

    # images

    def _list(self, account, version, parameters, _found):
        asked = self._understand(account, version, parameters)
        with self.store.lock:
            if self.config.page:
                images = cloudapi_list.paged(self._images(), asked, self.config.page, self.config.like)
            else:
                images = cloudapi_list.listed(self._images(), asked, self.config.like)
            if self.config.duplicates:
                images = cloudapi_list.repeated(images)
            rendered = [self.serialise(image, version) for image in images]
        return JsonAnswer(200, content_type='application/json', page=CompactPage(images, rendered, images_member=None))

    def _understand(self, account, version, parameters):
        """The request that CloudAPI makes of IMGAPI, and IMGAPI's complaints about it."""
        filters = {name: parameters[name] for name in cloudapi_list.FILTERS if parameters.get(name)}
        if 'type' not in filters:
            filters['type'] = '!docker'
        elif not version.reaches((8, 0, 0)):
            kind = filters['type']
            filters['type'] = OLD_TYPES.get(kind) if isinstance(kind, str) else None
            if filters['type'] is None:
                shown = kind if isinstance(kind, str) else ','.join(kind)
                raise RestError(409, 'InvalidArgument', 'image type %s is not a valid type' % shown)
        self._check_backend()
        state = parameters.get('state') or 'active'
        if isinstance(state, list) or state not in cloudapi_list.STATES:
            shown = state if isinstance(state, str) else "[ '%s' ]" % "', '".join(state)
            raise RestError(422, 'InvalidParameter', 'invalid state: "%s"' % shown,
                            [{'field': 'state', 'code': 'Invalid'}])
        public = parameters.get('public') or None
        if public is not None and public not in ('true', 'false'):
            self._crash_backend()
        return cloudapi_list.Asked(account.uuid, filters, state, public and public == 'true')

    def _get(self, account, version, _parameters, found):
        identifier = found[2]
        self._check_backend()
        if not UUID.fullmatch(identifier):
            return RestError(404, 'ResourceNotFound', '%s not found' % identifier)
        with self.store.lock:
            self._images()
            image = self.store.find(identifier)
            if image is None:
                raise RestError(404, 'ResourceNotFound', 'image %s not found' % identifier)
            if not cloudapi_list.may_get(image, account.uuid):
                raise RestError(404, 'ResourceNotFound', 'image not found')
            return JsonAnswer(200, self.serialise(image, version), 'application/json')

    def _crash_backend(self):
        """IMGAPI throws outside any handler and dies; whoever asks before it is back gets no answer from it."""
        self._down_until = time.monotonic() + self.config.restart
        raise RestError(500, None, None)

    def _check_backend(self):
        if time.monotonic() < self._down_until:
            raise RestError(500, None, BACKEND_DOWN)

    def _images(self):
        """The images held, as far as IMGAPI would load them; the store must be locked."""
        if self._serialised_version != self.store.version:
            self._serialised.clear()
            self._serialised_version = self.store.version
        images = self.store.images
        return [image for image in images if cloudapi_list.is_valid(image)] if self.config.validate else images

    # how it is shown

    def serialise(self, image, version):
        """An image as JSON, kept until the store changes."""
        key = image['id'], version.reaches((8, 0, 0)), version.reaches((7, 1, 0))
        text = self._serialised.get(key)
        if text is None:
            text = self._serialised[key] = json_text(self.document(image, version))
        return text

    @staticmethod
    def document(image, version=Range('*')):
        """An image as CloudAPI shows it: what it has not, it does not mention."""
        kind = image.get('type')
        shown = {'id': image['id'], 'name': image['name'], 'version': image['version']}
        if image.get('os'):
            shown['os'] = image['os']
        given = image.get('requirements') or {}
        shown['requirements'] = {name: given[source] for name, source in REQUIREMENTS if given.get(source)}
        if kind:
            old_kind = 'virtualmachine' if kind == 'zvol' else 'smartmachine'
            shown['type'] = kind if version.reaches((8, 0, 0)) else old_kind
        if kind == 'zvol' and image.get('image_size') is not None:
            shown['image_size'] = image['image_size']
        if image.get('description'):
            shown['description'] = image['description']
        if image.get('files'):
            shown['files'] = [{name: image['files'][0][name] for name in ('compression', 'sha1', 'size')}]
        for member in ('tags', 'homepage', 'published_at'):
            if image.get(member) is not None:
                shown[member] = image[member]
        if version.reaches((7, 1, 0)):
            shown.update(owner=image['owner'], public=image['public'], state=image['state'])
            for member in ('eula', 'acl', 'origin'):
                if image.get(member):
                    shown[member] = image[member]
            if image['state'] == 'failed' and image.get('error'):
                shown['error'] = _shown_error(image['error'])
        return shown


def _shown_error(error):
    if error['code'] in EXPLAINED_ERRORS:
        return {'code': error['code'], 'message': error['message']}
    return {'code': 'InternalError', 'message': 'an unexpected error occurred (Contact support for assistance.)'}


def read_parameters(request):
    """{name: value}, or a list of values where a name comes more than once."""
    parameters = {}
    for name, value in request.pairs:
        if name in parameters:
            held = parameters[name]
            parameters[name] = (held if isinstance(held, list) else [held]) + [value]
        else:
            parameters[name] = value
    return parameters


def preferred_form(header):
    """Which of the service's forms an Accept header likes best; None if none will do. (Only JSON and text are made.)"""
    wishes = []
    for part in header.split(','):
        wanted, _, more = part.partition(';')
        quality = re.search(r'q=([0-9.]+)', more)
        wishes.append((-float(quality[1]) if quality else -1, wanted.strip().lower()))
    for quality, wanted in sorted(wishes, key=lambda wish: wish[0]):
        for form in FORMS:
            if quality and wanted in ('*/*', form, form.partition('/')[0] + '/*'):
                return 'text/plain' if wanted == 'text/*' else form
    return None
