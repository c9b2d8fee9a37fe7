"""Keystone v2.0 and Rackspace's identity service, which is built on it: POST /v2.0/tokens and the list of tenants.

The two differ in credentials (Rackspace's API key), in the catalog's and the token's members, and in their errors.
"""
import json
import re
import uuid

from .answers import Answer
from .identity_tokens import moment
from .identity_v3 import UNAUTHORIZED, json_answer, not_found

LAST_HOUR = 3600                 # seconds
API_KEY = 'RAX-KSKEY:apiKeyCredentials'
FAULTS = {400: 'badRequest', 401: 'unauthorized', 403: 'userDisabled', 404: 'itemNotFound'}
TITLES = {400: 'Bad Request', 401: 'Unauthorized', 404: 'Not Found'}
WRONG = 'Unable to authenticate user with credentials provided.'
BOTH_TENANTS = 'Invalid request. Specify tenantId OR tenantName, not both.'


class Refusal(Exception):
    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, list(headers)


class KeystoneV2:
    """Answers requests below /v2.0 as OpenStack's Keystone did before Queens."""
    credentials = ('passwordCredentials', 'token')
    wrong = UNAUTHORIZED

    def __init__(self, accounts, catalog, tokens, config):
        self.accounts, self.catalog, self.tokens, self.config = accounts, catalog, tokens, config

    def version(self, root):
        return {'id': 'v2.0', 'status': 'deprecated', 'updated': '2016-08-04T00:00:00Z',
                'links': [{'rel': 'self', 'href': root + '/v2.0/'}],
                'media-types': [{'base': 'application/json', 'type': 'application/vnd.openstack.identity-v2.0+json'}]}

    def answer(self, request, root):
        try:
            answer = self._route(request, root)
        except Refusal as refusal:
            answer = self.refused(refusal, root)
        answer.headers.append(('Vary', 'X-Auth-Token'))
        answer.headers.append(('x-openstack-request-id', 'req-%s' % uuid.uuid4()))
        return answer

    def _route(self, request, root):
        path = request.path.rstrip('/')
        if path == '/v2.0' and request.method == 'GET':
            return json_answer(200, {'version': self.version(root)})
        if path == '/v2.0/tokens' and request.method == 'POST':
            return json_answer(200, {'access': self._access(self._sign_in(request))})
        if path == '/v2.0/tenants' and request.method == 'GET':
            return json_answer(200, self._tenants(request))
        if re.fullmatch('/v2.0/tokens/[^/]+', path) and request.method == 'DELETE':
            self.tokens.revoke(path.rpartition('/')[2])
            return Answer(204)
        return not_found()

    def refused(self, refusal, root):
        answer = json_answer(refusal.status, {'error': {'message': refusal.message, 'code': refusal.status,
                                                        'title': TITLES[refusal.status]}})
        if refusal.status == 401:
            answer.headers.append(('WWW-Authenticate', 'Keystone uri="%s/v2.0"' % root))
        answer.headers += refusal.headers
        return answer

    def _sign_in(self, request):
        """The grant for the credentials in a request."""
        try:
            auth = json.loads(request.body)['auth']
            kind = next(kind for kind in self.credentials if kind in auth)
            given = auth[kind]
            if not isinstance(given, dict):
                raise TypeError(kind)
        except (ValueError, KeyError, TypeError, StopIteration):
            raise Refusal(400, 'Expecting to find one of %s in auth.' % ', '.join(self.credentials)) from None
        if kind == 'token':
            grant = self.tokens.grant(given.get('id'))
            if grant is None:
                raise Refusal(401, self.wrong)
            user, methods, expires_at = grant.user, grant.methods, grant.expires_at
        else:
            user, methods, expires_at = self.user(kind, given), (kind,), None
        project = self._tenant(auth, user)
        roles = user.roles[project.id] if project else ()
        return self.issue(user, methods, expires_at, project=project, roles=roles)

    def issue(self, user, methods, expires_at, **scope):
        return self.tokens.issue(user, methods, expires_at, **scope)

    def user(self, kind, given):
        """The user with these credentials."""
        user = self.accounts.user(id=given.get('userId'), name=given.get('username'))
        secret, held = (given.get('apiKey'), user and user.api_key) if kind == API_KEY else (
            given.get('password'), user and user.password)
        if user is None or held is None or secret != held:
            raise Refusal(401, self.wrong)
        if not user.enabled:
            raise Refusal(401, self.wrong)
        return user

    def _tenant(self, auth, user):
        id, name = auth.get('tenantId'), auth.get('tenantName')
        if id and name:
            raise Refusal(400, BOTH_TENANTS)
        if not id and not name:
            return self.usual_tenant(user)
        project = self.accounts.project(id or None, name)
        if project is None or not user.roles.get(project.id):
            raise Refusal(401, self.no_such_tenant(id or name, user))
        return project

    def usual_tenant(self, user):
        """The tenant of a token for which none was named; None gives a token without a catalog."""
        return user.default_project

    def no_such_tenant(self, tenant, user):
        return self.wrong

    def _access(self, grant):
        return {'token': self.token(grant),
                'serviceCatalog': self.catalog.v2(grant.project.id) if grant.project else [],
                'user': {'username': grant.user.name, 'roles_links': [], 'id': grant.user.id, 'name': grant.user.name,
                         'roles': [{'name': role} for role in grant.roles]},
                'metadata': {'is_admin': 0, 'roles': []}}

    def token(self, grant):
        token = {'issued_at': moment(grant.issued_at).rstrip('Z'), 'expires': moment(grant.expires_at, 0),
                 'id': grant.token, 'audit_ids': [grant.audit_id]}
        if grant.project:
            token['tenant'] = {'description': None, 'enabled': True, 'id': grant.project.id, 'name': grant.project.name}
        return token

    def _tenants(self, request):
        grant = self.tokens.grant(request.headers.get('x-auth-token'))
        if grant is None:
            raise Refusal(401, self.wrong)
        return {'tenants_links': [], 'tenants': [{'description': None, 'enabled': True, 'id': each.id,
                                                  'name': each.name} for each in self.accounts.projects_of(grant.user)]}


class RackspaceIdentity(KeystoneV2):
    """API keys, tokens that belong to the account's tenant even if none is named, a default region."""
    credentials = (API_KEY, 'passwordCredentials', 'token')
    wrong = WRONG

    def refused(self, refusal, root):
        answer = json_answer(refusal.status, {FAULTS[refusal.status]: {'code': refusal.status,
                                                                       'message': refusal.message}})
        answer.headers += refusal.headers
        return answer

    def issue(self, user, methods, expires_at, **scope):
        """The token that the user has already, unless it is in its last hour."""
        for grant in reversed(self.tokens.issued.values()):
            if (self.config.same_token and self.tokens.grant(grant.token) and grant.user is user
                    and grant.project == scope['project'] and grant.expires_at - self.tokens.now() > LAST_HOUR):
                return grant
        return super().issue(user, methods, expires_at, **scope)

    def user(self, kind, given):
        user = self.accounts.user(name=given.get('username'))
        if user is not None and not user.enabled:
            raise Refusal(403, 'User is disabled')
        user = super().user(kind, given)
        if user.second_factor:
            raise Refusal(401, 'Additional authentication credentials required.', [
                ('WWW-Authenticate', "OS-MF sessionId='%s', factor='PASSCODE'" % uuid.uuid4().hex)])
        return user

    def usual_tenant(self, user):
        return user.default_project if self.config.names_tenant else None

    def no_such_tenant(self, tenant, user):
        return "Tenant with Name/Id: '%s' is not valid for User '%s' (id: '%s')" % (tenant, user.name, user.id)

    def token(self, grant):
        expires = moment(grant.expires_at, 3)
        if self.config.expires_offset:
            shift = offset_seconds(self.config.expires_offset)
            expires = moment(grant.expires_at + shift, 3).rstrip('Z') + self.config.expires_offset
        token = {'id': grant.token, 'expires': expires}
        if grant.project:
            token['tenant'] = {'id': grant.project.id, 'name': grant.project.name}
        token['RAX-AUTH:authenticatedBy'] = ['APIKEY' if API_KEY in grant.methods else 'PASSWORD']
        return token

    def _access(self, grant):
        tenant = grant.project or grant.user.default_project
        roles = [{'id': str(at), 'name': role, 'tenantId': project_id}
                 for at, (project_id, names) in enumerate(grant.user.roles.items(), 5) for role in names]
        user = {'id': grant.user.id, 'roles': roles, 'name': grant.user.name}
        if self.config.region:
            user['RAX-AUTH:defaultRegion'] = self.config.region
        return {'token': self.token(grant), 'serviceCatalog': self.catalog.v2(tenant.id, with_tenant=True),
                'user': user}


def offset_seconds(text):
    """-18000 of '-05:00'."""
    sign = -1 if text[0] == '-' else 1
    hours, minutes = text[1:].split(':')
    return sign * (int(hours) * 3600 + int(minutes) * 60)
