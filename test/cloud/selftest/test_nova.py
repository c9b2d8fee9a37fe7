"""Proves that the stand-in answers as a real Nova 26 did, request by request, with images in the samples' shape."""
import ast
import collections
import json
import re
import unittest
import urllib.parse

from cloud import ADMIN, OTHER_USER, USER, Cloud, nova_images
from .populated import populated
from .recorded import recorded
from .shapes import Samples
from .web import Web

GET = re.compile(r'GET (/\S*) ?(\{.*\})?$')
LISTED = re.compile(r'  -> 200 (\d+) images (\[.*?\])(?: images_links=(\[.*\]))?$')
FAILED = re.compile(r"  -> (\d+) (['\"].*)$")
MOMENTS = re.compile('2026-?11-?21')
LIST = '/v2.1/images/detail'


class NovaTest(unittest.TestCase):
    options = {}

    def setUp(self):
        self.cloud = Cloud(service='nova', images=populated(), **self.options).start()
        self.web = Web(self.cloud.url)

    def tearDown(self):
        self.web.close()
        self.cloud.stop()

    def detail(self, query='', token=USER):
        return self.web.get(LIST + query, token).json['images']


class Transcript(NovaTest):
    options = {'unauthorized': 'webob'}

    def test_requests(self):
        lines = recorded('nova-sqlite.txt')
        compared = 0
        for line, result in zip(lines, lines[1:]):
            asked, listed, failed = GET.match(line), LISTED.match(result), FAILED.match(result)
            if not asked or not (listed or failed):
                continue
            with self.subTest(line):
                headers = {key.replace('-', '_'): value for key, value in ast.literal_eval(asked[2] or '{}').items()}
                answer = self.web.get(asked[1], **headers)
                if failed:
                    self.compare_text(answer, failed)
                else:
                    self.compare_list(asked[1], answer, listed)
            compared += 1
        self.assertGreater(compared, 110)

    def compare_text(self, answer, failed):
        self.assertEqual(answer.status, int(failed[1]))
        text = ast.literal_eval(failed[2])
        body = answer.body.decode().replace(urllib.parse.urlsplit(self.cloud.url).netloc, '127.0.0.1:8774')
        self.assertEqual(body[:len(text)], text)

    def compare_list(self, path, answer, listed):
        self.assertEqual(answer.status, 200)
        if MOMENTS.search(path):
            return
        images, shown = answer.json['images'], json.loads(listed[2])
        self.assertEqual(len(images), int(listed[1]))
        members = ('name', 'status', 'OS-EXT-IMG-SIZE:size') if shown and not isinstance(shown[0][0], int) else (
            'minRam', 'minDisk')
        self.assertEqual([[image.get(member) for member, _ in zip(members, each)]
                          for image, each in zip(images, shown)], shown)
        links = answer.json.get('images_links')
        self.assertEqual(links and self.without_marker(links), listed[3] and self.without_marker(eval(listed[3])))

    def without_marker(self, links):
        href = links[0]['href'].replace(self.cloud.url, 'http://127.0.0.1:8774')
        return links[0]['rel'], re.sub('marker=[0-9a-f-]+', 'marker=', href)

    def test_who_sees_how_many(self):
        for token, count in ((USER, 216), (ADMIN, 262), (OTHER_USER, 171)):
            self.assertEqual(len(self.detail('?limit=1000', token)), count, token)
        self.assertEqual(self.web.get(LIST, None).body[:32], b'401 Unauthorized\n\nThis server co')

    def test_statuses(self):
        statuses = collections.Counter(image['status'] for image in self.detail())
        self.assertEqual(statuses, {'ACTIVE': 107, 'SAVING': 102, 'UNKNOWN': 7})

    def test_answer_of_one_image(self):
        answer = self.web.get(LIST + '?limit=1')
        self.assertEqual(list(answer.json), ['images', 'images_links'])
        self.assertEqual(list(answer.json['images'][0]), [
            'id', 'name', 'minRam', 'minDisk', 'metadata', 'created', 'updated', 'status', 'progress',
            'OS-EXT-IMG-SIZE:size', 'links'])
        self.assertEqual(answer.headers['Openstack-Api-Version'], 'compute 2.1')
        self.assertEqual(answer.headers.get_all('Vary'), ['OpenStack-API-Version', 'X-OpenStack-Nova-API-Version'])

    def test_other_methods(self):
        head = self.web.get(LIST, method='HEAD')
        self.assertEqual((head.status, head.headers['Content-Type'], head.body), (404, 'text/html; charset=UTF-8', b''))
        post = self.web.get(LIST, method='POST')
        self.assertEqual((post.status, post.body), (404, b'404 Not Found\n\nThe resource could not be found.\n\n   '))

    def test_walk(self):
        path, ids = LIST + '?limit=7&status=active&minDisk=5', []
        for _ in range(3):
            page = self.web.get(path).json
            ids.append([image['id'] for image in page['images']])
            path = page['images_links'][0]['href'][len(self.cloud.url):] if 'images_links' in page else None
        self.assertEqual((path, [len(each) for each in ids], len(set(sum(ids, [])))), (None, [7, 7, 4], 18))


class Rules(NovaTest):
    def test_page_ends(self):
        count = len(self.detail())
        full = self.web.get('%s?limit=%d' % (LIST, count)).json
        self.assertIn('images_links', full)
        following = full['images_links'][0]['href']
        self.assertTrue(following.startswith(self.cloud.url))
        self.assertEqual(self.web.get(following[len(self.cloud.url):]).json, {'images': []})
        self.assertNotIn('images_links', self.web.get(LIST + '?limit=1001').json)

    def test_link_repeats_the_greatest_of_repeated(self):
        page = self.web.get(LIST + '?limit=10&limit=9&name=in:a,b').json
        self.assertIn('limit=9&', self.web.get(LIST + '?limit=10&limit=9').json['images_links'][0]['href'])
        self.assertNotIn('images_links', page)

    def test_project_in_the_url(self):
        page = self.web.get('/v2.1/t1/images/detail?limit=1').json
        image = page['images'][0]
        self.assertEqual([link['href'] for link in image['links']], [
            '%s/v2.1/t1/images/%s' % (self.cloud.url, image['id']), '%s/t1/images/%s' % (self.cloud.url, image['id']),
            'http://127.0.0.1:9292/images/' + image['id']])
        self.assertTrue(page['images_links'][0]['href'].startswith(self.cloud.url + '/v2.1/t1/images/detail?limit=1&'))
        self.assertEqual(self.web.get('/v2.1/t2/images/detail').status, 404)
        self.assertEqual(self.web.get('/v2.1/abc/images/detail').status, 400)

    def test_link_prefix(self):
        self.cloud.config.link_prefix = 'http://internal:8774'
        page = self.web.get(LIST + '?limit=1').json
        self.assertTrue(page['images_links'][0]['href'].startswith('http://internal:8774/v2.1/images/detail?limit=1'))

    def test_keystone_form_of_401(self):
        self.cloud.config.auth_uri = 'http://keystone/v3'
        answer = self.web.get(LIST, 'nonsense')
        self.assertEqual((answer.status, answer.json), (401, {'error': {
            'code': 401, 'title': 'Unauthorized', 'message': 'The request you have made requires authentication.'}}))
        self.assertEqual(answer.headers['WWW-Authenticate'], 'Keystone uri="http://keystone/v3"')

    def test_newer_schema_refuses_no_limit(self):
        self.cloud.config.zero_limit = '400'
        self.assertEqual(self.web.get(LIST + '?limit=0').status, 400)

    def test_203(self):
        self.cloud.config.success = 203
        answer = self.web.get(LIST + '?limit=2')
        self.assertEqual((answer.status, len(answer.json['images'])), (203, 2))

    def test_invisible_marker(self):
        private = next(image for image in self.cloud.images
                       if image['visibility'] == 'private' and image['owner'] == 't2')
        answer = self.web.get(LIST + '?marker=' + private['id'])
        self.assertEqual((answer.status, list(answer.json)), (403, ['forbidden']))

    def test_rate_limit(self):
        self.cloud.service.limit.requests, self.cloud.service.limit.period = 1, 60
        self.assertEqual([self.web.get(LIST + '?limit=1').status for _ in range(2)], [200, 429])

    def test_throttle(self):
        self.cloud.throttle(3, times=1)
        answer = self.web.get(LIST)
        self.assertEqual((answer.status, answer.headers['Retry-After'], answer.json['overLimit']['retryAfter']),
                         (429, '3', '3'))
        self.assertEqual(self.web.get(LIST).status, 200)

    def test_faults_know_the_links(self):
        self.cloud.fault('next_link', value='http://elsewhere/v2.1/images/detail?marker=x')
        self.cloud.fault('next_link', value=None, skip=1)
        self.cloud.fault('repeat_marker', skip=2)
        pages = [self.web.get(LIST + '?limit=2').json for _ in range(3)]
        self.assertEqual(pages[0]['images_links'], [
            {'rel': 'next', 'href': 'http://elsewhere/v2.1/images/detail?marker=x'}])
        self.assertNotIn('images_links', pages[1])
        self.assertTrue(pages[2]['images_links'][0]['href'].endswith('marker=' + pages[2]['images'][1]['id']))
        self.assertEqual([record.images for record in self.cloud.lists], [2, 2, 2])


class Views(unittest.TestCase, Samples):
    def test_documents_are_the_complete_scan(self):
        with Cloud(service='nova', images=300) as cloud:
            web = Web(cloud.url)
            for token in (USER, OTHER_USER, ADMIN):
                self.assertEqual(web.get(LIST, token).json['images'], cloud.documents(token))
            web.close()

    def test_awkward_members(self):
        with Cloud(service='nova', images=300) as cloud:
            documents = cloud.documents(ADMIN)
            self.assertTrue(any(isinstance(image['metadata'].get('block_device_mapping'), list) for image in documents))
            self.assertEqual({image.get('OS-DCF:diskConfig') for image in documents}, {None, 'AUTO', 'MANUAL'})
            self.assertTrue({'SAVING', 'ACTIVE', 'UNKNOWN'} <= {image['status'] for image in documents})
            self.assertTrue(any(image['server']['id'] == '' for image in documents if 'server' in image))
            self.assertTrue(any(image['name'] is None for image in documents))

    def test_broken_mapping_breaks_the_list(self):
        with Cloud(service='nova', images=5) as cloud:
            image = cloud.add(block_device_mapping='[')
            web = Web(cloud.url)
            self.assertEqual(web.get(LIST).status, 500)
            self.assertEqual(web.get('/v2.1/images').status, 200)
            cloud.store.delete(image['id'])
            self.assertEqual(web.get(LIST).status, 200)
            web.close()

    def test_samples(self):
        with Cloud(service='nova', images=nova_images.generate(300)) as cloud:
            self.assert_samples(cloud.documents(ADMIN), 'openstack',
                                r'(nova|libcloud-nova|jclouds-nova|rackgopher-nova|pkgcloud-(hp|openstack)-nova)-.*',
                                allowed=('tenant_id', 'user_id'))


if __name__ == '__main__':
    unittest.main()
