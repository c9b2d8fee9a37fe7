"""Proves the rules of Rackspace's two image services (their sheets), and the samples' shape."""
import email.utils
import json
import re
import time
import unittest

from cloud import ADMIN, OTHER_USER, USER, Cloud
from .shapes import Samples
from .web import Web

MOMENT = '2015-05-05T12:00:00.000000Z'


def image(at, **members):
    """Images an hour apart, the later the newer."""
    stamp = '2015-05-05T%02d:00:00.500000Z' % at
    return {'id': '%08d-0000-4000-8000-000000000000' % at, 'name': 'image %d' % at, 'created_at': stamp,
            'updated_at': stamp, 'disk_format': 'vhd', 'container_format': 'ovf', **members}


class Rackspace(unittest.TestCase):
    service, options, given = 'rackspace_images', {'database': 'sqlite'}, ()

    def setUp(self):
        self.cloud = Cloud(service=self.service, images=0, **self.options).start()
        self.web = Web(self.cloud.url, accept='application/json')
        for members in self.given:
            self.cloud.add(**members)

    def tearDown(self):
        self.web.close()
        self.cloud.stop()

    def found(self, query='', token=USER):
        """Which images, by the number in their names."""
        answer = self.web.get(self.path + query, token)
        self.assertEqual(answer.status, 200, answer.body)
        return [int(image['id'][:8]) for image in answer.json['images']]


class Images(Rackspace):
    path = '/v2/images'
    given = [
        image(1, visibility='public', owner='657197', os_distro='ubuntu', tags=['a', 'b']),
        image(2, visibility='private', owner='t1', name='in:x', size=5, protected=True, tags=['a']),
        image(3, visibility='private', owner='t2'),
        image(4, visibility='shared', owner='t2', members={'t1': 'accepted'}),
        image(5, visibility='shared', owner='t2', members={'t1': 'pending'}),
        image(6, visibility='shared', owner='t1', members={'t2': 'accepted'}, name='eq:y', size=None),
        image(7, visibility='public', owner='657197', os_hidden=True),
        image(8, visibility='public', owner='657197', status='killed'),
    ]

    def test_who_sees_what(self):
        self.assertEqual(self.found(), [6, 4, 2, 1])
        self.assertEqual(self.found(token=OTHER_USER), [6, 5, 4, 3, 1])
        self.assertEqual(self.found(token=ADMIN), [6, 5, 4, 3, 2, 1])
        self.assertEqual(self.found('?visibility=private'), [6, 4, 2])
        self.assertEqual(self.found('?visibility=shared'), [4])
        self.assertEqual(self.found('?visibility=shared&member_status=pending'), [5])
        self.assertEqual(self.found('?member_status=all'), [6, 5, 4, 2, 1])
        self.assertEqual(self.found('?visibility=public'), [1])
        for wrong in ('community', 'all', 'x'):
            self.assertEqual(self.web.get('/v2/images?visibility=' + wrong).status, 400)
        self.assertEqual({each['visibility'] for each in self.web.get('/v2/images').json['images']},
                         {'public', 'private'})

    def test_filters_are_literal(self):
        for query, found in (('name=in:x', [2]), ('name=eq:y', [6]), ('name=eq:in:x', []), ('name=in:image 1,x', []),
                             ('name=image 1&name=image 4', [4]), ('status=in:active', []),
                             ('status=active', [6, 4, 2, 1]), ('os_distro=ubuntu', [1]), ('os_distro=Ubuntu', []),
                             ('size=5', [2]), ('size_min=6', [4, 1]), ('size_max=5', [2]),
                             ('size_min=5&size_max=5', [2]), ('owner=t1', [6, 2]), ('min_ram=0', [6, 4, 2, 1]),
                             ('container_format=ovf', [6, 4, 2, 1])):
            self.assertEqual(self.found('?' + query), found, query)
        self.assertEqual(self.web.get('/v2/images?size_min=x').status, 400)

    def test_what_finds_nothing(self):
        for query in ('sort=name:asc', 'offset=0', 'os_hidden=false', 'os_hidden=true',
                      'created_at=2015-05-05T01:00:00Z', 'created_at=gt:2000-01-01T00:00:00Z',
                      'updated_at=lt:2020-01-01', 'protected=true', 'protected=false',
                      'sort_key=name&sort_key=id', 'sort_dir=asc&sort_dir=desc', 'tags=zzz'):
            self.assertEqual(self.found('?' + query), [], query)
        self.assertEqual(self.web.get('/v2/images?changes-since=2015-01-01').status, 400)

    def test_tags(self):
        self.assertEqual(self.found('?tag=a'), [2, 1])
        self.assertEqual(self.found('?tag=a&tag=b'), [1])
        self.cloud.config.tag_filter = False
        self.assertEqual(self.found('?tag=a'), [])

    def test_sort(self):
        self.assertEqual(self.found('?sort_key=name&sort_dir=asc'), [6, 1, 4, 2])
        self.assertEqual(self.found('?sort_key=id&sort_dir=asc'), [1, 2, 4, 6])
        self.cloud.add(**{**image(0), 'created_at': '2015-05-05T23:00:00Z'})
        self.assertEqual(self.found('?sort_key=id&sort_dir=asc')[-1], 0)       # that was created_at after all
        for wrong in ('sort_key=nosuch', 'sort_dir=up', 'sort_key='):
            self.assertEqual(self.web.get('/v2/images?' + wrong).status, 400)

    def test_hidden_by_id(self):
        hidden = self.cloud.images[6]
        self.assertEqual(self.web.get('/v2/images/' + hidden['id']).json['name'], 'image 7')
        self.assertEqual(self.found('?id=' + hidden['id']), [])

    def test_pages(self):
        page = self.web.get('/v2/images?limit=3&owner=t1&name=').json
        self.assertEqual(page, {'images': [], 'first': '/v2/images?limit=3&owner=t1&name=',
                                'schema': '/v2/schemas/images'})
        page = self.web.get('/v2/t1/images?limit=3').json                     # the link forgets the tenant
        self.assertEqual(page['next'], '/v2/images?limit=3&marker=' + page['images'][-1]['id'])
        self.assertNotIn('next', self.web.get(page['next']).json)
        self.assertEqual(self.web.get('/v2/images?marker=x').status, 400)
        self.cloud.config.limit_max = 2
        self.assertEqual(self.found('?limit=1000'), [6, 4])
        self.cloud.config.with_first = False
        self.assertNotIn('first', self.web.get('/v2/images').json)

    def test_absent_members(self):
        shown = self.web.get('/v2/images/' + self.cloud.images[5]['id']).json
        self.assertEqual(set(shown), {
            'id', 'name', 'status', 'visibility', 'protected', 'owner', 'min_ram', 'min_disk', 'disk_format',
            'container_format', 'created_at', 'updated_at', 'tags', 'self', 'file', 'schema'})
        self.assertEqual(shown['protected'], False)
        self.cloud.config.protected_text = 1
        with self.cloud.editing():
            pass                                   # forgets what was serialised
        self.assertEqual(self.web.get('/v2/images/' + self.cloud.images[1]['id']).json['protected'], 'true')

    def test_errors(self):
        answer = self.web.get('/v2/images', 'nonsense')
        self.assertEqual((answer.status, list(answer.json)), (401, ['unauthorized']))
        self.assertEqual(answer.headers['Via'], '1.1 Repose (Repose/2.12)')
        self.assertEqual(self.web.get('/v2/images?marker=x').json['code'], '400 Bad Request')
        self.assertIn(b'<html>', self.web.get('/v2/images?marker=x', Accept='*/*').body)
        self.assertEqual(self.web.get('/v2/images/nosuch').status, 404)
        self.assertEqual(self.web.get('/v3/images').status, 404)

    def test_too_often(self):
        self.cloud.service.limit.requests, self.cloud.service.limit.period = 1, 30
        self.found()
        answer = self.web.get('/v2/images')
        again = email.utils.parsedate_to_datetime(answer.headers['Retry-After']).timestamp()
        self.assertTrue(28 < again - time.time() < 32)
        over = answer.json['overLimit']
        self.assertEqual((answer.status, over['code'], over['message']), (413, 413, 'OverLimit Retry...'))
        self.assertRegex(over['retryAfter'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$')


class LargerSets(unittest.TestCase, Samples):
    def test_documents_are_the_complete_scan(self):
        for service, path in (('rackspace_images', '/v2/images?member_status=all&limit=1000'),
                              ('rackspace_servers', '/v2/{tenant}/images/detail?limit=1000')):
            with Cloud(service=service, images=300) as cloud:
                web = Web(cloud.url)
                for token in (USER, OTHER_USER, ADMIN):
                    listed = web.get(path.replace('{tenant}', token.split(':')[1]), token).json['images']
                    self.assertGreater(len(listed), 130)
                    self.assertEqual(sorted(listed, key=str), sorted(cloud.documents(token), key=str))
                web.close()

    def test_walks_lose_nothing(self):
        for service, path in (('rackspace_images', '/v2/images?limit=7'),
                              ('rackspace_servers', '/v2/t1/images/detail?limit=7')):
            with Cloud(service=service, images=150) as cloud:
                web = Web(cloud.url)
                marker, ids = '', []
                while True:
                    page = web.ids(path + marker)
                    if not page:
                        break
                    ids += page
                    marker = '&marker=' + page[-1]
                self.assertEqual(len(ids), len(set(ids)))
                plain = web.ids(path.replace('limit=7', 'limit=1000'))
                self.assertEqual(ids, plain)
                web.close()

    def test_samples(self):
        base = ('id', 'name', 'status', 'visibility', 'size', 'checksum', 'tags', 'created_at', 'updated_at', 'self',
                'file', 'schema', 'protected', 'owner', 'min_ram', 'min_disk', 'container_format', 'disk_format')
        with Cloud(service='rackspace_images', images=300, protected_text=5) as cloud:
            self.assert_samples(cloud.documents(ADMIN), 'openstack', '(rackspace-images|mimic-rackspace|seed001).*',
                                custom=lambda key: key not in base)
        with Cloud(service='rackspace_servers', images=300) as cloud:
            self.assert_samples(cloud.documents(ADMIN), 'openstack',
                                r'(rackspace-servers|seed002|pkgcloud-rackspace-nova-(detail|show)|jclouds-rackspace|'
                                r'rackgopher-rackspace).*',
                                custom=lambda key: key in ('tenant_id', 'user_id', 'hostId', 'image', 'flavor'))

    def test_the_same_for_the_same_seed(self):
        for service in ('rackspace_images', 'rackspace_servers', 'nova', 'ims'):
            with self.subTest(service):
                one, two, three = (Cloud(service=service, images=100, seed=seed).images for seed in (1, 1, 2))
                self.assertEqual(one, two)
                self.assertNotEqual(one, three)
                json.dumps(one)


class Servers(Rackspace):
    """The 2015 Nova over Glance v1."""
    service, path = 'rackspace_servers', '/v2/t1/images/detail'
    given = [
        image(1, visibility='public', owner='657197', os_distro='ubuntu', property_x='1', image_type='base', type='t'),
        image(2, visibility='private', owner='t1', name='in:x', size=None, image_type='snapshot', instance_uuid='abc',
              status='queued'),
        image(3, visibility='private', owner='t2'),
        image(4, visibility='shared', owner='t2', members={'t1': 'pending'}, auto_disk_config='disabled', min_ram=512),
        image(5, visibility='private', owner='t1', deleted=True, status='deleted', os_distro='ubuntu'),
        image(6, visibility='shared', owner='t2', members={'t1': 'accepted'}, deleted=True, status='deleted'),
        image(7, visibility='public', owner='657197', status='killed', fault={'code': 500, 'message': 'no'}),
        image(8, visibility='public', owner='657197', status='saving', fault={'code': 500, 'message': 'no'}),
    ]

    def test_filters(self):
        for query, found in (
                ('', [8, 4, 2, 1]), ('?name=in:x', [2]), ('?name=eq:in:x', []), ('?status=ACTIVE', [4, 1]),
                ('?status=SAVING', [8]), ('?status=queued', [2]), ('?type=base', [1]), ('?server=abc', [2]),
                ('?server=http://h/v2/t1/servers/abc', [2]), ('?minRam=512', [4]), ('?minRam=511', []),
                ('?property-os_distro=ubuntu', [1]), ('?property-type=t', [1]), ('?property-property_x=1', [1]),
                ('?property-x=1', []), ('?unknown=1&sort_key=name', [8, 4, 2, 1])):
            self.assertEqual(self.found(query), found, query)
        self.assertEqual(self.web.get(self.path + '?minRam=x').status, 400)

    def test_changes_since_is_exclusive_and_tells_of_deleted_ones(self):
        self.assertEqual(self.found('?changes-since=2015-05-05T00:00:00Z'), [8, 7, 5, 4, 2, 1])
        self.assertEqual(self.found('?changes-since=2015-05-05T04:00:00.5Z'), [8, 7, 5])
        self.assertEqual(self.found('?changes-since=2015-05-05T05:00:00.5Z'), [8, 7])
        self.assertEqual(self.found('?changes-since=2015-05-05T00:00:00Z&status=DELETED'), [5])
        self.assertEqual(self.found('?changes-since=2015-05-05T00:00:00Z&property-os_distro=ubuntu'), [1])
        deleted = self.web.get(self.path + '?changes-since=2015-05-05T00:00:00Z').json['images'][2]
        self.assertEqual((deleted['status'], deleted['metadata'], deleted['progress']), ('DELETED', {}, 0))
        self.assertEqual(self.web.get(self.path + '?changes-since=x').status, 400)

    def test_changes_since_in_whole_seconds(self):
        with Cloud(service='rackspace_servers', images=0, database='mariadb') as cloud:
            cloud.add(**image(1))
            web = Web(cloud.url)
            self.assertEqual(len(web.ids(self.path + '?changes-since=2015-05-05T00:59:59Z')), 1)
            self.assertEqual(len(web.ids(self.path + '?changes-since=2015-05-05T01:00:00Z')), 0)
            web.close()

    def test_members(self):
        shown = {image['id'][7]: image for image in self.web.get(self.path).json['images']}
        self.assertIsNone(shown['2']['OS-EXT-IMG-SIZE:size'])
        self.assertEqual((shown['2']['status'], shown['2']['progress']), ('SAVING', 25))
        self.assertEqual(shown['2']['server'], {'id': 'abc', 'links': [
            {'rel': 'self', 'href': self.cloud.url + '/v2/t1/servers/abc'},
            {'rel': 'bookmark', 'href': self.cloud.url + '/t1/servers/abc'}]})
        self.assertEqual(shown['4']['OS-DCF:diskConfig'], 'MANUAL')
        self.assertEqual(shown['8']['fault'], {'code': 500, 'message': 'no'})
        self.assertEqual(shown['1']['links'][2]['href'],
                         'https://dfw.servers.api.rackspacecloud.invalid/t1/images/' + shown['1']['id'])

    def test_by_id(self):
        by_id = '/v2/t1/images/'
        self.assertEqual(self.web.get(by_id + self.cloud.images[4]['id']).json['image']['status'], 'DELETED')
        self.cloud.service.source.deleted_by_id = False
        for at in (2, 4):
            answer = self.web.get(by_id + self.cloud.images[at]['id'])
            self.assertEqual((answer.status, answer.json), (
                404, {'itemNotFound': {'code': 404, 'message': 'Image not found.'}}))

    def test_pages(self):
        page = self.web.get(self.path + '?limit=3').json
        self.assertEqual(page['images_links'], [{'rel': 'next', 'href': '%s%s?limit=3&marker=%s' % (
            self.cloud.url, self.path, page['images'][2]['id'])}])
        self.assertEqual(self.found('?limit=0'), [8, 4, 2, 1])
        raw = self.web.get(self.path + '?limit=1&marker=%s&x=a%%26b+c' % page['images'][0]['id']).json['images_links']
        self.assertTrue(raw[0]['href'].endswith('?limit=1&x=a&b c&marker=' + page['images'][1]['id']))
        self.cloud.config.page_max = 2
        self.assertEqual(self.found(), [8, 4])
        self.assertIn('images_links', self.web.get(self.path + '?limit=1000').json)
        for wrong in ('limit=x', 'limit=-1', 'marker=x', 'marker=' + self.cloud.images[4]['id']):
            answer = self.web.get(self.path + '?' + wrong)
            self.assertEqual((answer.status, list(answer.json)), (400, ['badRequest']), wrong)

    def test_errors(self):
        self.assertEqual(list(self.web.get(self.path, 'nonsense').json), ['unauthorized'])
        self.assertEqual(self.web.get('/v2/999/images/detail').status, 400)
        self.cloud.service.limit.requests = 1
        answers = [self.web.get(self.path) for _ in range(2)]
        self.assertEqual([answer.status for answer in answers], [200, 413])
        self.assertRegex(answers[1].headers['Retry-After'], r'^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$')
        self.assertTrue(re.match(r'\d{4}-', answers[1].json['overLimit']['retryAt']))


if __name__ == '__main__':
    unittest.main()
