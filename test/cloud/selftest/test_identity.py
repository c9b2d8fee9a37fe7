"""Proves the identity services (Keystone 22, Rackspace as documented) and what image services make of their tokens."""
import email.utils
import http.client
import json
import time
import unittest
import urllib.parse

from cloud import Cloud
from cloud.identity import Identity
from cloud.identity_accounts import make_id
from .web import Reply, Web

try:
    from keystoneauth1 import exceptions, identity as plugins, session
except ImportError:
    session = None

DEFAULT = {'id': 'default'}
P1 = {'project': {'name': 'p1', 'domain': DEFAULT}}
API_KEY = 'RAX-KSKEY:apiKeyCredentials'
DEMO = {API_KEY: {'username': 'demoauthor', 'apiKey': 'aaaaa-bbbbb-ccccc-12345678'}}


def password(scope=None, methods=('password',), **user):
    """The body of a sign-in with a password; u1/pw1 of domain default unless told otherwise."""
    given = {'name': 'u1', 'domain': DEFAULT, 'password': 'pw1'}
    given.update(user)
    identity = {'methods': list(methods), 'password': {'user': {key: value for key, value in given.items() if value}}}
    return {'auth': {'identity': identity, **({'scope': scope} if scope else {})}}


def credential(scope=None, **given):
    identity = {'methods': ['application_credential'], 'application_credential': given}
    return {'auth': {'identity': identity, **({'scope': scope} if scope else {})}}


class IdentityTest(unittest.TestCase):
    options = {}

    def setUp(self):
        self.identity = Identity(**self.options).start()
        self.addCleanup(self.identity.stop)

    def ask(self, method, path, body=None, **headers):
        place = urllib.parse.urlsplit(self.identity.url)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
        self.addCleanup(connection.close)
        headers = {'Content-Type': 'application/json', **{key.replace('_', '-'): each for key, each in headers.items()}}
        data = body if isinstance(body, (str, type(None))) else json.dumps(body)
        connection.request(method, path, data, {key: value for key, value in headers.items() if value})
        return Reply(connection.getresponse())

    def sign_in(self, body):
        return self.ask('POST', '/v3/auth/tokens', body)

    def cloud(self, service='nova', **options):
        cloud = Cloud(service=service, images=50, identity=self.identity, **options).start()
        self.addCleanup(cloud.stop)
        return cloud


class KeystoneV3(IdentityTest):
    def test_versions(self):
        answer = self.ask('GET', '/')
        self.assertEqual(answer.status, 300)
        self.assertEqual(answer.headers['Location'], self.identity.url + '/v3/')
        self.assertEqual([each['id'] for each in answer.json['versions']['values']], ['v3.14'])
        self.assertEqual(self.ask('GET', '/v3/').json['version']['links'], [
            {'rel': 'self', 'href': self.identity.url + '/v3/'}])
        for nowhere in ('/v2.0/tokens', '/v3/v3/auth/tokens', '/v4'):
            self.assertEqual(self.ask('POST', nowhere, password()).status, 404)
        self.identity.config.discovery_status = 200
        self.assertEqual(self.ask('GET', '/').status, 200)

    def test_project_scope(self):
        by_name = password(P1)
        by_id = password({'project': {'id': make_id('project', 'Default', 'p1')}}, name=None, domain=None,
                         id=make_id('user', 'Default', 'u1'))
        default = {'name': 'Default'}
        by_domain_name = password({'project': {'name': 'p1', 'domain': default}}, domain=default)
        for body in (by_name, by_id, by_domain_name):
            answer = self.sign_in(body)
            token = answer.json['token']
            self.assertEqual((answer.status, token['project']['name'], token['user']['name']), (201, 'p1', 'u1'))
            self.assertRegex(answer.headers['X-Subject-Token'], '^gAAAAAB[-_A-Za-z0-9]{176}$')
            self.assertRegex(token['expires_at'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z$')
            self.assertEqual({each['name'] for each in token['roles']}, {'member', 'reader'})

    def test_same_names_in_another_domain(self):
        other = {'name': 'Other'}
        answer = self.sign_in(password({'project': {'name': 'p1', 'domain': other}}, domain=other, password='other1'))
        self.assertEqual(answer.json['token']['project']['domain']['name'], 'Other')
        self.assertEqual(self.sign_in(password(P1, domain=other, password='other1')).status, 401)

    def test_unscoped_has_no_catalog(self):
        for scope in (None, 'unscoped'):
            token = self.sign_in(password(scope)).json['token']
            self.assertTrue({'project', 'catalog', 'roles'}.isdisjoint(token))
        self.assertEqual(self.sign_in(password(name='home', password='pwh')).json['token']['project']['name'], 'p1')
        self.assertNotIn('catalog', self.sign_in(password('unscoped', name='home', password='pwh')).json['token'])

    def test_other_scopes(self):
        self.assertEqual(self.sign_in(password({'domain': DEFAULT})).json['token']['domain']['name'], 'Default')
        self.assertEqual(self.sign_in(password({'domain': DEFAULT}, name='u2', password='pw2')).status, 401)
        system = {'system': {'all': True}}
        self.assertIn('catalog', self.sign_in(password(system, name='admin', password='adminpw')).json['token'])
        self.assertEqual(self.sign_in(password(system)).status, 401)

    def test_refusals_are_all_alike(self):
        for body in (password(P1, password='BAD'), password(P1, name='nobody'),
                     password(P1, domain={'name': 'default'}), password(P1, name='U1'),
                     password({'project': {'name': 'nosuch', 'domain': DEFAULT}}),
                     password({'project': {'id': 'nosuch'}}), password(P1, name='u2', password='pw2'),
                     password(P1, name='off', password='pwo'), password(P1, name='lost', password='pwl'),
                     password(P1, password=None), password(P1, methods=())):
            answer = self.sign_in(body)
            self.assertEqual((answer.status, answer.json), (401, {'error': {
                'code': 401, 'message': 'The request you have made requires authentication.',
                'title': 'Unauthorized'}}))
            self.assertEqual(answer.headers['WWW-Authenticate'], 'Keystone uri="%s/v3"' % self.identity.url)

    def test_bad_requests(self):
        for body in ({}, {'auth': {}}, password(P1, domain=None), password({'project': {'name': 'p1'}}), '[]', 'x', '',
                     password({'project': {'id': 'x'}, 'domain': DEFAULT}), password(P1, name=None),
                     password(P1, methods=('nosuch',)), password(P1, methods=('password', 'token'))):
            self.assertEqual(self.sign_in(body).status, 400, body)
        for kind in (None, 'text/plain', 'application/x-www-form-urlencoded'):
            answer = self.ask('POST', '/v3/auth/tokens', password(P1), Content_Type=kind)
            self.assertEqual((answer.status, 'Content-Type' in answer.json['error']['message']), (400, True))
        kind = 'application/json; charset=utf-8'
        self.assertEqual(self.ask('POST', '/v3/auth/tokens', password(P1), Content_Type=kind).status, 201)

    def test_application_credentials(self):
        identifier = self.identity.accounts.credentials[0].id
        by_name = {'name': 'fdw', 'secret': 's3cret', 'user': {'name': 'u1', 'domain': DEFAULT}}
        for given in ({'id': identifier, 'secret': 's3cret'}, by_name):
            token = self.sign_in(credential(**given)).json['token']
            self.assertEqual((token['project']['name'], token['methods']), ('p1', ['application_credential']))
            self.assertIn('catalog', token)
        for status, body in ((401, credential(P1, id=identifier, secret='s3cret')),
                             (401, credential('unscoped', id=identifier, secret='s3cret')),
                             (401, credential(id=identifier, secret='bad')), (401, credential(id=identifier)),
                             (404, credential(id='nosuch', secret='s3cret')),
                             (401, credential(**{**by_name, 'name': 'nosuch'})),
                             (400, credential(name='fdw', secret='s3cret'))):
            self.assertEqual(self.sign_in(body).status, status, body)

    def test_rescope(self):
        first = self.sign_in(password()).headers['X-Subject-Token']
        again = {'auth': {'identity': {'methods': ['token'], 'token': {'id': first}},
                          'scope': {'project': {'name': 'p2', 'domain': DEFAULT}}}}
        token = self.sign_in(again).json['token']
        self.assertEqual((token['project']['name'], token['methods']), ('p2', ['password', 'token']))
        again['auth']['identity']['token']['id'] = 'bogus'
        self.assertEqual(self.sign_in(again).status, 404)
        identifier = self.identity.accounts.credentials[0].id
        again['auth']['identity']['token']['id'] = self.sign_in(
            credential(id=identifier, secret='s3cret')).headers['X-Subject-Token']
        self.assertEqual(self.sign_in(again).status, 403)

    def test_second_factor(self):
        answer = self.sign_in(password(P1, name='mfa', password='pwm'))
        self.assertEqual((answer.status, answer.json['required_auth_methods']), (401, [['password', 'totp']]))
        self.assertTrue(answer.headers['Openstack-Auth-Receipt'])

    def test_with_a_token(self):
        token = self.sign_in(password(P1)).headers['X-Subject-Token']
        catalog = self.ask('GET', '/v3/auth/catalog', X_Auth_Token=token).json['catalog']
        self.assertEqual([each['region'] for each in catalog if each['type'] == 'dns' for each in each['endpoints']],
                         [None])
        image = next(each for each in catalog if each['type'] == 'image')
        self.assertEqual({(each['region'], each['interface']) for each in image['endpoints']}, {
            (region, interface) for region in ('RegionOne', 'RegionTwo')
            for interface in ('public', 'internal', 'admin')})
        projects = self.ask('GET', '/v3/auth/projects', X_Auth_Token=token).json['projects']
        self.assertEqual([project['name'] for project in projects], ['p1', 'p2'])
        both = {'X_Auth_Token': token, 'X_Subject_Token': token}
        self.assertEqual(self.ask('GET', '/v3/auth/tokens', **both).json['token']['project']['name'], 'p1')
        self.assertEqual(self.ask('DELETE', '/v3/auth/tokens', **both).status, 204)
        self.assertEqual(self.ask('GET', '/v3/auth/catalog', X_Auth_Token=token).status, 401)

    def test_faults_and_record(self):
        self.identity.fault('status', status=503, times=1)
        self.identity.fault('delay', seconds=0.1, skip=1)
        self.assertEqual([self.sign_in(password(P1)).status for _ in range(2)], [503, 201])
        self.assertEqual([record.status for record in self.identity.lists], [503, 201])
        self.assertEqual(json.loads(self.identity.requests[1].body)['auth']['scope'], P1)
        self.identity.fault('status', status=500, on='show', match='catalog')
        self.assertEqual(self.ask('GET', '/v3/auth/catalog').status, 500)

    def test_clock(self):
        self.identity.config.clock_offset = 3600
        answer = self.sign_in(password(P1))
        date = email.utils.parsedate_to_datetime(answer.headers['Date']).timestamp()
        self.assertTrue(3590 < date - time.time() < 3610)
        self.assertEqual(answer.json['token']['issued_at'][:14],
                         time.strftime('%Y-%m-%dT%H:', time.gmtime(date)))


class ImageServices(IdentityTest):
    services = (('glance', '/v2/images', 'image'), ('nova', '/images/detail', 'compute'),
                ('ims', '/v2/cloudimages', 'image'))

    def test_the_catalog_leads_there(self):
        for service, path, kind in self.services:
            with self.subTest(service):
                cloud = self.cloud(service)
                answer = self.sign_in(password(P1))
                urls = [each['url'] for entry in answer.json['token']['catalog'] if entry['type'] == kind
                        for each in entry['endpoints'] if each['region'] == 'RegionOne'
                        and each['interface'] == 'public' and 'invalid' not in each['url']]
                web = Web(cloud.url, answer.headers['X-Subject-Token'])
                self.assertTrue(web.get(urls[-1][len(cloud.url):] + path).json['images'])
                web.close()
                self.identity.catalog.endpoints = [each for each in self.identity.catalog.endpoints
                                                   if cloud.url not in each.url]

    def test_only_tokens_that_were_issued(self):
        for service, path, _ in self.services:
            with self.subTest(service):
                cloud = self.cloud(service)
                web = Web(cloud.url)
                path = getattr(cloud.service, 'endpoint', '') + path
                self.assertEqual(web.get(path, 'u-t1:t1:member').status, 401)
                tokens = [self.identity.issue('u1', 'p1') for _ in range(4)]
                self.assertEqual([web.get(path, token).status for token in tokens], [200] * 4)
                self.identity.revoke(tokens[0])
                self.identity.expire(tokens[1])
                self.assertEqual([web.get(path, token).status for token in tokens], [401, 401, 200, 200])
                self.identity.expire()
                self.assertEqual([web.get(path, token).status for token in tokens], [401] * 4)
                web.close()

    def test_what_they_say_then(self):
        glance, nova = self.cloud('glance'), self.cloud('nova')
        challenge = 'Keystone uri="%s/v3"' % self.identity.url
        for cloud, path, form in ((glance, '/v2/images', b'401 Unauthorized'),
                                  (nova, '/v2.1/images/detail', b'{"error": {"code": 401,')):
            web = Web(cloud.url, 'nonsense')
            answer = web.get(path)
            self.assertTrue(answer.body.startswith(form))
            self.assertEqual((answer.status, answer.headers['WWW-Authenticate']), (401, challenge))
            web.close()

    def test_expiry(self):
        self.identity.config.expiry = 1.5
        cloud = self.cloud('glance')
        web = Web(cloud.url, self.sign_in(password(P1)).headers['X-Subject-Token'])
        self.assertEqual(web.get('/v2/images').status, 200)
        time.sleep(1.55)
        self.assertEqual(web.get('/v2/images').status, 401)
        web.close()

    def test_revocation_takes_its_time(self):
        self.identity.config.revocation_delay = 1.5
        cloud = self.cloud('glance')
        token = self.identity.issue()
        web = Web(cloud.url, token)
        self.assertEqual(web.get('/v2/images').status, 200)
        self.identity.revoke(token)
        self.assertEqual(web.get('/v2/images').status, 200)
        time.sleep(1.55)
        self.assertEqual(web.get('/v2/images').status, 401)
        web.close()

    def test_who_sees_what(self):
        """Images belong to the identity service's projects; an unscoped token sees others, and that with a 200."""
        cloud = self.cloud('glance')
        web = Web(cloud.url)
        seen = {project: set(web.ids('/v2/images?limit=1000', self.identity.issue('u1', project)))
                for project in ('p1', 'p2', None)}
        self.assertEqual(len({frozenset(each) for each in seen.values()}), 3)
        self.assertEqual({image['owner'] for image in cloud.images} - {None}, set(self.identity.projects))
        self.assertGreaterEqual(len(cloud.documents(self.identity.issue())), len(seen['p1']))
        web.close()


class IAM(IdentityTest):
    options = {'api': 'iam'}

    def test_its_own_words(self):
        answer = self.sign_in(password(P1, password='BAD'))
        self.assertEqual((answer.status, answer.json), (401, {'error': {
            'message': 'Unauthorized.', 'code': 401, 'title': 'Unauthorized'}}))
        token = self.sign_in(password(P1)).headers['X-Subject-Token']
        self.assertEqual((token[:3], len(token)), ('MII', 2800))
        web = Web(self.cloud('ims').url, token)
        self.assertTrue(web.get('/v2/cloudimages').json['images'])
        self.identity.expire()
        self.assertEqual(web.get('/v2/cloudimages').json['error_code'], 'APIGW.0307')
        web.close()


class KeystoneV2(IdentityTest):
    options = {'api': 'both'}

    def sign_in(self, auth):
        return self.ask('POST', '/v2.0/tokens', {'auth': auth})

    def test_tokens(self):
        credentials = {'passwordCredentials': {'username': 'u1', 'password': 'pw1'}}
        p1 = make_id('project', 'Default', 'p1')
        for tenant in ({'tenantName': 'p1'}, {'tenantId': p1}):
            access = self.sign_in({**credentials, **tenant}).json['access']
            self.assertEqual(access['token']['tenant']['id'], p1)
            self.assertRegex(access['token']['expires'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$')
        endpoints = next(each for each in access['serviceCatalog'] if each['type'] == 'image')['endpoints']
        self.assertEqual(set(endpoints[0]), {'region', 'publicURL', 'internalURL', 'adminURL'})
        unscoped = self.sign_in(credentials).json['access']
        self.assertEqual(('tenant' in unscoped['token'], unscoped['serviceCatalog']), (False, []))
        tenants = self.ask('GET', '/v2.0/tenants', X_Auth_Token=unscoped['token']['id']).json['tenants']
        self.assertEqual([tenant['name'] for tenant in tenants], ['p1', 'p2'])
        rescoped = self.sign_in({'token': {'id': unscoped['token']['id']}, 'tenantName': 'p2'}).json['access']
        self.assertEqual(rescoped['token']['tenant']['name'], 'p2')

    def test_refusals(self):
        for status, auth in ((401, {'passwordCredentials': {'username': 'u1', 'password': 'BAD'}, 'tenantName': 'p1'}),
                             (401, {'passwordCredentials': {'username': 'u1', 'password': 'pw1'}, 'tenantName': 'x'}),
                             (401, {'token': {'id': 'bogus'}}), (400, {}),
                             (400, {'passwordCredentials': {'username': 'u1', 'password': 'pw1'}, 'tenantName': 'p1',
                                    'tenantId': 'x'})):
            answer = self.sign_in(auth)
            self.assertEqual((answer.status, answer.json['error']['code']), (status, status))

    def test_both_versions(self):
        self.assertEqual([each['id'] for each in self.ask('GET', '/').json['versions']['values']], ['v3.14', 'v2.0'])
        self.assertEqual(self.ask('POST', '/v3/auth/tokens', password(P1)).status, 201)


class Rackspace(IdentityTest):
    options = {'api': 'rackspace', 'expiry': 86400}

    def sign_in(self, **auth):
        return self.ask('POST', '/v2.0/tokens', {'auth': auth})

    def test_api_key(self):
        for tenant in ({}, {'tenantId': '1100111'}, {'tenantName': '1100111'}):
            access = self.sign_in(**DEMO, **tenant).json['access']
            self.assertEqual(access['token']['tenant'], {'id': '1100111', 'name': '1100111'})
            self.assertEqual(access['token']['RAX-AUTH:authenticatedBy'], ['APIKEY'])
            self.assertEqual(access['user']['RAX-AUTH:defaultRegion'], 'DFW')
            self.assertRegex(access['token']['expires'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$')
            self.assertEqual(len(access['token']['id']), 146)

    def test_password(self):
        answer = self.sign_in(passwordCredentials={'username': 'demoauthor', 'password': 'theUsersPassword'})
        self.assertEqual(answer.status, 200)

    def test_catalog(self):
        cloud = self.cloud('rackspace_servers')
        catalog = self.sign_in(**DEMO).json['access']['serviceCatalog']
        compute = {each['name']: each['endpoints'] for each in catalog if each['type'] == 'compute'}
        self.assertEqual(list(compute), ['cloudServers', 'cloudServersOpenStack'])
        self.assertNotIn('region', compute['cloudServers'][0])
        urls = {each['region']: each['publicURL'] for each in compute['cloudServersOpenStack']}
        self.assertEqual(urls['DFW'], cloud.url + '/v2/1100111')
        self.assertEqual(set(urls), {'DFW', 'IAD', 'SYD', 'HKG'})
        self.assertTrue(all(each['tenantId'] == '1100111' for each in compute['cloudServersOpenStack']))

    def test_both_image_services(self):
        for service, path in (('rackspace_servers', '/v2/1100111/images/detail'), ('rackspace_images', '/v2/images')):
            cloud = self.cloud(service)
            web = Web(cloud.url, self.sign_in(**DEMO).json['access']['token']['id'])
            self.assertTrue(web.get(path).json['images'])
            self.identity.expire()
            self.assertEqual((web.get(path).status, list(web.get(path).json)), (401, ['unauthorized']))
            web.close()

    def test_the_same_token_until_its_last_hour(self):
        tokens = [self.sign_in(**DEMO).json['access']['token']['id'] for _ in range(2)]
        self.identity.revoke(tokens[0])
        tokens.append(self.sign_in(**DEMO).json['access']['token']['id'])
        self.identity.tokens.issued[tokens[2]].expires_at = time.time() + 3500
        tokens.append(self.sign_in(**DEMO).json['access']['token']['id'])
        self.assertEqual((tokens[0] == tokens[1], len(set(tokens))), (True, 3))

    def test_variations(self):
        self.identity.config.expires_offset = '-05:00'
        self.identity.config.names_tenant = False
        access = self.sign_in(**DEMO).json['access']
        self.assertNotIn('tenant', access['token'])
        self.assertTrue(access['token']['expires'].endswith('-05:00'))
        self.assertEqual(access['token']['expires'][:13],
                         time.strftime('%Y-%m-%dT%H', time.gmtime(time.time() + 19 * 3600)))
        tenants = self.ask('GET', '/v2.0/tenants', X_Auth_Token=access['token']['id']).json['tenants']
        self.assertEqual(len(tenants), 2)

    def test_refusals(self):
        wrong = {API_KEY: {'username': 'demoauthor', 'apiKey': 'x'}}
        for status, fault, auth in (
                (401, 'unauthorized', wrong), (401, 'unauthorized', {**DEMO, 'tenantId': '999'}),
                (400, 'badRequest', {**DEMO, 'tenantId': '1100111', 'tenantName': '1100111'}), (400, 'badRequest', {}),
                (403, 'userDisabled', {API_KEY: {'username': 'gone', 'apiKey': 'gone-key'}}),
                (401, 'unauthorized', {API_KEY: {'username': 'careful', 'apiKey': 'careful-key'}})):
            answer = self.sign_in(**auth)
            self.assertEqual((answer.status, list(answer.json)), (status, [fault]), auth)
        self.assertTrue(answer.headers['WWW-Authenticate'].startswith('OS-MF sessionId='))
        self.assertEqual(self.sign_in(**wrong).json['unauthorized']['message'],
                         'Unable to authenticate user with credentials provided.')

    def test_too_often(self):
        self.identity.service.limit.requests = 1
        self.sign_in(**DEMO)
        answer = self.sign_in(**DEMO)
        self.assertEqual((answer.status, list(answer.json)), (413, ['overLimit']))
        self.assertTrue(email.utils.parsedate_to_datetime(answer.headers['Retry-After']))


@unittest.skipUnless(session, 'no keystoneauth1')
class KeystoneauthAgrees(IdentityTest):
    """OpenStack's own client library signs in, finds its way, and signs in again when a token has died."""
    options = {'api': 'both'}

    def test_sign_in(self):
        cloud = self.cloud('nova')
        user = {'username': 'u1', 'password': 'pw1'}
        project = {'project_name': 'p1', 'user_domain_name': 'Default', 'project_domain_name': 'Default'}
        by_credential = plugins.v3.ApplicationCredential(
            self.identity.url + '/v3', application_credential_name='fdw', application_credential_secret='s3cret',
            username='u1', user_domain_id='default')
        for plugin in (plugins.V3Password(self.identity.url + '/v3', **user, **project), by_credential,
                       plugins.Password(self.identity.url, **user, **project),
                       plugins.V2Password(self.identity.url + '/v2.0', **user, tenant_name='p1')):
            client = session.Session(plugin)
            where = {'service_type': 'compute', 'region_name': 'RegionOne', 'interface': 'public'}
            self.assertTrue(client.get('/images/detail', endpoint_filter=where).json()['images'])
            self.identity.expire()
            self.assertTrue(client.get('/images/detail', endpoint_filter=where).json()['images'])
            client.session.close()
        self.assertEqual({record.status for record in cloud.requests} - {300}, {200, 401})

    def test_refused(self):
        plugin = plugins.V3Password(self.identity.url + '/v3', username='u1', password='BAD', user_domain_id='default')
        client = session.Session(plugin)
        with self.assertRaises(exceptions.Unauthorized):
            client.get_token()
        client.session.close()


if __name__ == '__main__':
    unittest.main()
