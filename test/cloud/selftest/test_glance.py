"""Proves what the replay of transcripts does not: errors, single images, paging under change, versions, old servers."""
import unittest

from cloud import Cloud
from .populated import populated
from .web import Web


class GlanceTest(unittest.TestCase):
    options = {}

    def setUp(self):
        self.cloud = Cloud(images=populated(), **self.options).start()
        self.web = Web(self.cloud.url)

    def tearDown(self):
        self.web.close()
        self.cloud.stop()

    def image(self, **wanted):
        return next(image for image in self.cloud.images if all(image[key] == value for key, value in wanted.items()))


class Errors(GlanceTest):
    def test_form_follows_accept(self):
        path = '/v2/images?marker=x'
        self.assertEqual(self.web.get(path, Accept='application/json').json, {
            'message': 'No image found with ID x<br /><br />\n\n\n', 'code': '400 Bad Request', 'title': 'Bad Request'})
        html = self.web.get(path, Accept='*/*')
        self.assertEqual(html.headers['Content-Type'], 'text/html; charset=UTF-8')
        self.assertEqual(' '.join(html.body.decode().split('\n')),
                         '<html>  <head>   <title>400 Bad Request</title>  </head>  <body>   <h1>400 Bad Request</h1>'
                         '   No image found with ID x<br /><br />     </body> </html>')
        self.assertEqual(self.web.get(path, Accept='text/plain').body,
                         b'400 Bad Request\n\nNo image found with ID x\n\n   ')
        self.assertEqual(self.web.get(path).headers['Content-Type'], 'text/plain; charset=UTF-8')

    def test_no_token(self):
        answer = self.web.get('/v2/images', None)
        self.assertEqual((answer.status, len(answer.body)), (401, 253))
        self.assertRegex(answer.headers['X-Openstack-Request-Id'], '^req-')
        for token in ('nonsense', 'a:b', ''):
            self.assertEqual(self.web.get('/v2/images', token or ' ').status, 401)

    def test_challenge(self):
        self.cloud.config.auth_uri = 'http://keystone/v3'
        self.cloud.config.unauthorized = 'keystonemiddleware'
        answer = self.web.get('/v2/images', None)
        self.assertEqual((answer.json['error']['code'], answer.headers['WWW-Authenticate']),
                         (401, 'Keystone uri="http://keystone/v3"'))

    def test_tokens(self):
        self.cloud.tokens.fixed['opaque'] = ('u', 't1', 'member')
        self.assertEqual(len(self.web.ids('/v2/images?limit=1000', 'opaque')), 216)
        self.cloud.tokens.revoked.add('opaque')
        self.assertEqual(self.web.get('/v2/images', 'opaque').status, 401)

    def test_methods(self):
        head = self.web.get('/v2/images', method='HEAD')
        self.assertEqual((head.status, head.headers['Allow'], head.headers['Content-Length']), (405, 'GET, POST', '0'))
        options = self.web.get('/v2/images', method='OPTIONS')
        self.assertEqual((options.status, options.body), (
            405, b'405 Method Not Allowed\n\nThe method OPTIONS is not allowed for this resource. \n\n '))

    def test_long_path(self):
        path = '/v2/images?foo='
        self.assertEqual(self.web.get(path + 'x' * (8176 - len(path))).status, 200)
        answer = self.web.get(path + 'x' * (8177 - len(path)))
        self.assertEqual((answer.status, answer.body), (414, b''))

    def test_semicolon_separates(self):
        self.assertEqual(len(self.web.ids('/v2/images?limit=1000;name=eq:Plain')), 1)
        self.cloud.add(name='a;b')
        self.assertEqual(self.web.names('/v2/images?name=eq:a%3Bb'), ['a;b'])

    def test_checksum_twice_is_both(self):
        checksum = self.image(name='img-148', visibility='community')['checksum']
        self.assertEqual(len(self.web.ids('/v2/images?checksum=%s&checksum=%s' % (checksum, checksum))), 1)
        self.assertEqual(len(self.web.ids('/v2/images?checksum=%s&checksum=x' % checksum)), 0)


class Show(GlanceTest):
    def test_bare_object(self):
        image = self.image(name='Plain')
        shown = self.web.get('/v2/images/' + image['id']).json
        self.assertEqual((shown['name'], shown['self']), ('Plain', '/v2/images/' + image['id']))
        self.assertEqual(shown['created_at'], image['created_at'][:19] + 'Z')

    def test_what_lists_omit(self):
        others = [
            self.image(os_hidden=True, owner='t1'), self.image(visibility='community', owner='t2'),
            next(image for image in self.cloud.images if image['members'].get('t1') == 'rejected')]
        for image in others:
            self.assertEqual(self.web.get('/v2/images/' + image['id']).status, 200)
            self.assertEqual(self.web.ids('/v2/images?id=' + image['id']), [])

    def test_not_found(self):
        private = self.image(visibility='private', owner='t2')['id']
        for identifier in (private, 'bogus', self.image(name='Plain')['id'].upper() + 'A'):
            answer = self.web.get('/v2/images/' + identifier)
            self.assertEqual((answer.status, answer.body.decode()),
                             (404, '404 Not Found\n\nNo image found with ID %s\n\n   ' % identifier))
        self.assertEqual(self.web.get('/v2/images/').status, 404)

    def test_marker_of_an_invisible_image(self):
        private = self.image(visibility='private', owner='t2')['id']
        self.assertEqual(self.web.get('/v2/images?marker=' + private).status, 403)

    def test_all_that_a_tenant_can_see(self):
        """Two lists give exactly what can be had by id."""
        listed = set()
        for hidden in ('false', 'true'):
            listed.update(self.web.ids('/v2/images?limit=1000&visibility=all&member_status=all&os_hidden=' + hidden))
        gettable = {image['id'] for image in self.cloud.images
                    if self.web.get('/v2/images/' + image['id']).status == 200}
        self.assertEqual(listed, gettable)
        self.assertEqual(len(listed), 268)

    def test_members(self):
        image = self.image(visibility='shared', owner='t1')
        members = self.web.get('/v2/images/%s/members' % image['id']).json['members']
        self.assertEqual({member['member_id']: member['status'] for member in members}, image['members'])


class Paging(GlanceTest):
    def test_next_keeps_the_last_of_repeated(self):
        page = self.web.get('/v2/images?limit=2&tag=x86&tag=lts'
                            '&sort_key=name&sort_key=id&sort_dir=asc&sort_dir=desc').json
        self.assertTrue(page['next'].startswith('/v2/images?limit=2&tag=lts&sort_key=id&sort_dir=desc&marker='))
        self.assertEqual(page['first'], '/v2/images?limit=2&tag=lts&sort_key=id&sort_dir=desc')

    def test_one_page_too_many(self):
        page = self.web.get('/v2/images?limit=216').json
        self.assertEqual(self.web.ids(page['next']), [])

    def test_deleted_marker(self):
        page = self.web.get('/v2/images?limit=3').json
        self.cloud.store.delete(page['images'][-1]['id'])
        self.assertEqual(self.web.get(page['next']).status, 400)

    def test_updated_marker(self):
        page = self.web.get('/v2/images?limit=3&sort=updated_at:asc').json
        with self.cloud.editing():
            self.cloud.store.find(page['images'][-1]['id'])['updated_at'] = '2027-01-01T00:00:00.000000Z'
        self.assertEqual(self.web.ids(page['next']), [])

    def test_limit_max(self):
        self.cloud.config.limit_max = 50
        page = self.web.get('/v2/images?limit=60').json
        self.assertEqual(len(page['images']), 50)
        self.assertIn('limit=60&marker=', page['next'])


class Versions(GlanceTest):
    def test_list(self):
        for path, status in (('/', 300), ('/versions', 200), ('/v3/images', 300), ('/v2.16/images', 300)):
            answer = self.web.get(path, None)
            self.assertEqual(answer.status, status)
            self.assertEqual(answer.json['versions'][0], {
                'id': 'v2.15', 'status': 'CURRENT', 'links': [{'rel': 'self', 'href': self.cloud.url + '/v2/'}]})
        self.assertEqual(len(answer.body), 1053 + len(str(self.cloud.port)) * 10 - 40)

    def test_other_paths(self):
        self.assertEqual(self.web.get('/v2').headers['Location'], self.cloud.url + '/v2/')
        self.assertEqual(self.web.get('/v2/').status, 404)
        self.assertEqual(self.web.get('/v2.15/images').status, 200)
        self.assertEqual(self.web.get('/healthcheck', None).body, b'')


class Loose(GlanceTest):
    options = {'database': 'general_ci'}

    def test_superset(self):
        self.assertEqual(sorted(self.web.names('/v2/images?name=eq:plain')), ['PLAIN', 'Plain', 'plain '])
        self.assertEqual(len(self.web.ids('/v2/images?os_distro=UBUNTU&limit=1000')), 35)
        self.assertEqual(len(self.web.ids('/v2/images?id=' + self.image(name='Plain')['id'].upper())), 1)

    def test_whole_seconds(self):
        image = self.image(name='Plain')
        path = '/v2/images?name=eq:Plain&created_at=%s'
        self.assertIn('Plain', self.web.names(path % image['created_at'][:19]))
        self.assertEqual(self.web.names(path % ('gte:' + image['created_at'])), [])

    def test_tags_that_match_twice_end_the_list_early(self):
        for at in range(6):
            self.cloud.add(tags=['Two', 'two'], visibility='public')
        page = self.web.get('/v2/images?tag=two&limit=4').json
        self.assertEqual((len(page['images']), 'next' in page), (2, False))


class BeforeHidden(GlanceTest):
    options = {'version': 'v2.6'}

    def test_hidden_is_a_property(self):
        self.assertEqual(self.web.ids('/v2/images?os_hidden=false'), [])
        self.assertNotIn('os_hidden', self.web.get('/v2/images').json['images'][0])


class BeforeCommunity(GlanceTest):
    options = {'version': 'v2.4'}

    def test_visibility(self):
        for visibility in ('all', 'community'):
            self.assertEqual(self.web.get('/v2/images?visibility=' + visibility).status, 400)
        shown = {image['visibility'] for image in self.web.get('/v2/images?limit=1000').json['images']}
        self.assertEqual(shown, {'public', 'private'})
        self.assertEqual(self.web.names('/v2/images?name=in:Plain'), ['Plain'])


class BeforeOperators(GlanceTest):
    options = {'version': 'v2.2'}

    def test_literal(self):
        self.assertEqual(self.web.names('/v2/images?name=in:x'), ['in:x'])
        self.assertEqual(self.web.names('/v2/images?name=eq:Plain'), [])
        self.assertEqual(self.web.names('/v2/images?created_at=gte:2000-01-01T00:00:00Z'), [])
        self.assertEqual(self.web.names('/v2/images?sort=name:asc'), [])


if __name__ == '__main__':
    unittest.main()
