"""Keystone v3: versions, tokens (password, application credential, token), validation, revocation, catalog.

Statuses and messages are those of Keystone 22; all that is wrong with a password, a project or a role is the same 401,
but an application credential or a token of which nobody has heard is a 404.
"""
import json
import uuid

from .answers import Answer
from .identity_tokens import moment

UNAUTHORIZED = 'The request you have made requires authentication.'
BAD_REQUEST = (' The server could not comply with the request since it is either malformed or otherwise incorrect. '
               'The client is assumed to be in error.')
TITLES = {400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found'}
SCOPES = ('system', 'project', 'domain', 'OS-TRUST:trust')
NOT_FOUND = ('<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL '
             'was not found on the server. If you entered the URL manually please check your spelling and try again.'
             '</p>\n')


class Refusal(Exception):
    def __init__(self, status=401, message=UNAUTHORIZED, extra=None, headers=()):
        super().__init__(message)
        self.status, self.message, self.extra, self.headers = status, message, extra or {}, list(headers)


def expecting(what, where):
    return Refusal(400, 'Expecting to find %s in %s.%s' % (what, where, BAD_REQUEST))


class KeystoneV3:
    """Answers requests below /v3."""

    def __init__(self, accounts, catalog, tokens, config):
        self.accounts, self.catalog, self.tokens, self.config = accounts, catalog, tokens, config

    def version(self, root):
        return {'id': 'v3.14', 'status': 'stable', 'updated': '2020-04-07T00:00:00Z',
                'links': [{'rel': 'self', 'href': root + '/v3/'}],
                'media-types': [{'base': 'application/json', 'type': 'application/vnd.openstack.identity-v3+json'}]}

    def answer(self, request, root):
        """The answer; root is the service's URL without a version."""
        path = request.path.rstrip('/')
        try:
            answer = self._route(request, path, root)
        except Refusal as refusal:
            answer = self._refused(refusal, root)
        answer.headers.append(('Vary', 'X-Auth-Token'))
        answer.headers.append(('x-openstack-request-id', 'req-%s' % uuid.uuid4()))
        return answer

    def _route(self, request, path, root):
        if path == '/v3':
            return json_answer(200, {'version': self.version(root)})
        routes = {
            '/v3/auth/tokens': {'POST': self._issue, 'GET': self._validate, 'HEAD': self._validate,
                                'DELETE': self._revoke},
            '/v3/auth/catalog': {'GET': self._show_catalog},
            '/v3/auth/projects': {'GET': self._projects},
            '/v3/auth/domains': {'GET': self._domains},
        }
        if path not in routes:
            return not_found()
        if request.method not in routes[path]:
            answer = json_answer(405, {'message': 'The method is not allowed for the requested URL.'})
            answer.headers.append(('Allow', ', '.join(routes[path])))
            return answer
        return routes[path][request.method](request, root)

    @staticmethod
    def _refused(refusal, root):
        error = {'code': refusal.status, 'message': refusal.message, 'title': TITLES[refusal.status]}
        body = refusal.extra.pop('body', None) or {'error': {**error, **refusal.extra}}
        text = json.dumps(body, sort_keys=True, separators=(',', ':')) + '\n'
        answer = Answer(refusal.status, text.encode(), 'application/json')
        if refusal.status == 401:
            answer.headers.append(('WWW-Authenticate', 'Keystone uri="%s/v3"' % root))
        answer.headers += refusal.headers
        return answer

    # POST /v3/auth/tokens

    def _issue(self, request, root):
        auth = _members(request)
        identity = _member(auth, 'identity')
        methods = identity.get('methods')
        if not isinstance(methods, list):
            raise Refusal(400, "'methods' is a required property")
        for method in methods:
            if method not in identity:
                raise expecting(method, 'identity')
        scope = self._scope_asked(auth)
        if 'application_credential' in methods:
            grant = self._by_credential(identity['application_credential'], scope)
        elif 'token' in methods:
            grant = self._by_token(identity['token'], scope)
        elif 'password' in methods:
            grant = self._by_password(identity['password'], scope)
        else:
            raise Refusal()
        answer = json_answer(201, {'token': self._document(grant, root, 'nocatalog' not in request.query)})
        answer.headers.append(('X-Subject-Token', grant.token))
        return answer

    @staticmethod
    def _scope_asked(auth):
        """None, 'unscoped', or (kind, description)."""
        scope = auth.get('scope')
        if scope is None or scope == 'unscoped':
            return scope
        kinds = [kind for kind in SCOPES if kind in scope]
        if len(kinds) != 1:
            raise expecting('system, project, domain, OS-TRUST:trust or unscoped', 'scope')
        return kinds[0], scope[kinds[0]]

    def _user(self, given):
        """The user described, or None."""
        if 'id' in given:
            return self.accounts.user(id=given['id'])
        if 'name' not in given:
            raise Refusal(400, 'Invalid input for field identity/password/user: id or name must be present.')
        if 'domain' not in given:
            raise expecting('domain', 'user')
        domain = self._domain(given['domain'])
        return domain and self.accounts.user(name=given['name'], domain=domain)

    def _domain(self, given):
        return self.accounts.domain(id=given.get('id'), name=given.get('name'))

    def _by_password(self, given, scope):
        user = self._user(given.get('user') or {})
        if user is None or user.password is None or given['user'].get('password') != user.password or not user.enabled:
            raise Refusal()
        if user.second_factor:
            raise self._receipt(user)
        return self.tokens.issue(user, ('password',), **self._scope(user, scope, user.default_project))

    def _receipt(self, user):
        """A password was right, but something else is needed too."""
        now = self.tokens.now()
        body = {'receipt': {'methods': ['password'], 'user': {'domain': vars(user.domain), 'id': user.id,
                                                             'name': user.name},
                            'expires_at': moment(now + 300), 'issued_at': moment(now)},
                'required_auth_methods': [['password', 'totp']]}
        return Refusal(401, extra={'body': body},
                       headers=[('Openstack-Auth-Receipt', self.tokens.issue(user, ('password',), now).token)])

    def _by_credential(self, given, scope):
        if scope is not None:
            raise Refusal(401, 'Error authenticating with application credential: Application credentials cannot '
                               'request a scope.', {'identity': {}})
        if 'id' in given:
            credential = self.accounts.credential(id=given['id'])
            if credential is None:
                raise Refusal(404, 'Could not find Application Credential: %s.' % given['id'])
        elif 'user' not in given:
            raise expecting('user', 'application credential')
        else:
            user = self._user(given['user'])
            credential = user and self.accounts.credential(name=given.get('name'), user=user)
        if credential is None or given.get('secret') != credential.secret or not credential.user.enabled:
            raise Refusal()
        return self.tokens.issue(credential.user, ('application_credential',), project=credential.project,
                                 roles=credential.roles, credential=credential)

    def _by_token(self, given, scope):
        grant = self.tokens.grant(given.get('id'))
        if grant is None:
            known = given.get('id') in self.tokens.issued
            raise Refusal() if known else Refusal(404, 'Could not recognize Fernet token')
        if grant.credential:
            raise Refusal(403, 'You are not authorized to perform the requested action: Using a delegated token to '
                               'create another token is not allowed..')
        methods = tuple(dict.fromkeys(grant.methods + ('token',)))
        return self.tokens.issue(grant.user, methods, grant.expires_at, **self._scope(grant.user, scope, None))

    def _scope(self, user, scope, default_project):
        """The arguments that make a grant one for that project, domain or system."""
        if scope in (None, 'unscoped'):
            project = default_project if scope is None else None
            return {'project': project, 'roles': user.roles[project.id]} if project else {}
        kind, given = scope
        if kind == 'system':
            if not user.system_roles:
                raise Refusal()
            return {'system': True, 'roles': user.system_roles}
        if kind == 'project' and 'id' not in given and 'domain' not in given:
            raise expecting('domain', 'project')
        if kind == 'project':
            domain = self._domain(given['domain']) if 'domain' in given else None
            known = 'id' in given or domain is not None
            place = self.accounts.project(given.get('id'), given.get('name'), domain) if known else None
        else:
            place = self._domain(given) if kind == 'domain' else None
        if place is None or not user.roles.get(place.id):
            raise Refusal()
        return {kind: place, 'roles': user.roles[place.id]}

    def _document(self, grant, root, with_catalog=True):
        """The `token` object. An unscoped token has neither roles nor a catalog."""
        user = {'domain': vars(grant.user.domain), 'id': grant.user.id, 'name': grant.user.name,
                'password_expires_at': None}
        token = {'methods': list(grant.methods), 'user': user, 'audit_ids': [grant.audit_id],
                 'expires_at': moment(grant.expires_at), 'issued_at': moment(grant.issued_at)}
        if grant.project:
            token['project'] = {'domain': vars(grant.project.domain), 'id': grant.project.id,
                                'name': grant.project.name}
            token['is_domain'] = False
        if grant.domain:
            token['domain'] = vars(grant.domain)
        if grant.is_scoped:
            token['roles'] = [{'id': '%032x' % (hash_of(role)), 'name': role} for role in grant.roles]
        if grant.system:
            token['system'] = {'all': True}
        if grant.is_scoped and with_catalog:
            token['catalog'] = self._catalog(grant, root)
        if grant.credential:
            token['application_credential'] = {'id': grant.credential.id, 'name': grant.credential.name,
                                               'restricted': True}
        return token

    def _catalog(self, grant, root):
        region = self.config.region
        for interface in ('public', 'internal', 'admin'):
            self.catalog.add('identity', 'keystone', root + '/v3', region, interface)
        return self.catalog.v3(grant.project and grant.project.id)

    # The rest needs a token

    def _bearer(self, request):
        grant = self.tokens.grant(request.headers.get('x-auth-token'))
        if grant is None:
            raise Refusal()
        return grant

    def _subject(self, request):
        self._bearer(request)
        grant = self.tokens.grant(request.headers.get('x-subject-token'))
        if grant is None:
            raise Refusal(404, 'Could not recognize Fernet token')
        return grant

    def _validate(self, request, root):
        grant = self._subject(request)
        answer = json_answer(200, {'token': self._document(grant, root, 'nocatalog' not in request.query)})
        answer.headers.append(('X-Subject-Token', grant.token))
        return answer

    def _revoke(self, request, root):
        self.tokens.revoke(self._subject(request).token)
        return Answer(204)

    def _show_catalog(self, request, root):
        return json_answer(200, {'catalog': self._catalog(self._bearer(request), root)})

    def _projects(self, request, root):
        projects = [{'id': each.id, 'name': each.name, 'domain_id': each.domain.id, 'description': '', 'enabled': True,
                     'parent_id': each.domain.id, 'is_domain': False, 'tags': [], 'options': {},
                     'links': {'self': '%s/v3/projects/%s' % (root, each.id)}}
                    for each in self.accounts.projects_of(self._bearer(request).user)]
        return json_answer(200, {'projects': projects, 'links': _links(root, 'projects')})

    def _domains(self, request, root):
        roles = self._bearer(request).user.roles
        domains = [{**vars(each), 'enabled': True} for each in self.accounts.domains if each.id in roles]
        return json_answer(200, {'domains': domains, 'links': _links(root, 'domains')})


class IAM(KeystoneV3):
    """Huawei Cloud's and OTC's: the same API, another voice."""

    @staticmethod
    def _refused(refusal, root):
        message = 'Unauthorized.' if refusal.status in (401, 404) else refusal.message
        status = 401 if refusal.status == 404 else refusal.status
        return json_answer(status, {'error': {'message': message, 'code': status, 'title': TITLES[status]}})


def _links(root, what):
    return {'next': None, 'self': '%s/v3/auth/%s' % (root, what), 'previous': None}


def _members(request):
    """The `auth` object of a request's body."""
    if not request.headers.get('content-type', '').split(';')[0].strip() == 'application/json':
        raise expecting('application/json', 'Content-Type header')
    try:
        body = json.loads(request.body or b'{}')
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise expecting('valid JSON', 'request body')
    return _member(body, 'auth', 'request body')


def _member(value, name, where=None):
    found = value.get(name)
    if not isinstance(found, dict):
        raise expecting(name, where) if where else Refusal(400, "'%s' is a required property" % name)
    return found


def not_found():
    return Answer(404, NOT_FOUND.encode(), 'text/html; charset=utf-8')


def hash_of(text):
    return int.from_bytes(text.encode()[:16].rjust(16, b'\1'), 'big')


def json_answer(status, value):
    return Answer(status, json.dumps(value, separators=(', ', ': ')).encode(), 'application/json')
