"""Proves the rest: the server's manners, the record of requests, the generator, the command line, copying a service."""
import collections
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import unittest
import urllib.request

from cloud import ADMIN, OTHER_USER, USER, Cloud, RemoteCloud, faithful, images, isotime
from .populated import populated
from .web import Web


class Server(unittest.TestCase):
    def test_keep_alive_and_record(self):
        with Cloud(images=50) as cloud:
            web = Web(cloud.url)
            web.get('/v2/images?name=eq:a%20b&tag=x&tag=y')
            web.get('/v2/images?limit=3', Accept='application/json')
            self.assertEqual(cloud.connections, 1)
            first, second = cloud.requests
            self.assertEqual(first.pairs, [('name', 'eq:a b'), ('tag', 'x'), ('tag', 'y')])
            self.assertEqual((first.query, first.values('tag')), ('name=eq:a%20b&tag=x&tag=y', ['x', 'y']))
            self.assertEqual((second.status, second.images, second.headers['accept']), (200, 3, 'application/json'))
            cloud.clear()
            self.assertEqual(cloud.requests, [])
            web.close()

    def test_uwsgi(self):
        with Cloud(images=50, style='uwsgi') as cloud:
            web = Web(cloud.url)
            answer = web.get('/v2/images?limit=1')
            self.assertEqual((answer.headers['Connection'], answer.headers['Content-Length']), ('close', None))
            self.assertEqual(len(web.ids('/v2/images?limit=1&x=' + 'y' * 40000)), 25)
            web.close()

    def test_latency(self):
        with Cloud(images=5, latency=0.1) as cloud:
            web = Web(cloud.url)
            web.get('/v2/images')
            record = cloud.wait_for_request(lambda record: record.finished)
            self.assertGreater(record.finished - record.time, 0.09)
            web.close()

    @unittest.skipUnless(shutil.which('openssl'), 'no openssl')
    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = os.path.join(folder, 'key'), os.path.join(folder, 'cert')
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
                            '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out',
                            certificate], check=True, stderr=subprocess.DEVNULL)
            with Cloud(images=5, tls=(certificate, key)) as cloud:
                request = urllib.request.Request(cloud.url + '/v2/images', headers={'X-Auth-Token': 'a:t1:admin'})
                with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=certificate)) as answer:
                    self.assertEqual(answer.status, 200)
                self.assertTrue(cloud.url.startswith('https:'))

    def test_prefix(self):
        with Cloud(images=populated(), prefix='/image') as cloud:
            web = Web(cloud.url)
            answer = web.get('/image/v2/images?limit=1')
            self.assertTrue(answer.json['next'].startswith('/v2/images?'))
            self.assertEqual(web.get('/v2/images').status, 404)
            web.close()


    def test_documents_are_the_complete_scan(self):
        with Cloud(images=300) as cloud:
            web = Web(cloud.url)
            for token in (USER, OTHER_USER, ADMIN, 'x:none:member'):
                listed = {}
                for hidden in ('false', 'true'):
                    path = '/v2/images?limit=1000&visibility=all&member_status=all&os_hidden=' + hidden
                    listed.update((image['id'], image) for image in web.get(path, token).json['images'])
                self.assertEqual(listed, {image['id']: image for image in cloud.documents(token)})
            web.close()


class Generator(unittest.TestCase):
    def test_same_for_the_same_seed(self):
        self.assertEqual(images.generate(200, 1), images.generate(200, 1))
        self.assertNotEqual(images.generate(200, 1), images.generate(200, 2))

    def test_believable(self):
        many = images.generate(2000, 1, 'believable')
        for image in many:
            self.assertTrue(image['name'])
            self.assertGreater(image['updated_at'], image['created_at'])
            self.assertRegex(image['id'], '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')
            self.assertTrue('2022' <= image['created_at'][:4] <= '2026')
            if image['size'] is not None:
                self.assertTrue(20 << 20 <= image['size'] <= 30000 << 20)
        for member, least in (('status', 5), ('visibility', 4), ('disk_format', 5), ('owner', 2), ('os_hidden', 2)):
            self.assertGreaterEqual(len({image[member] for image in many}), least, member)
        self.assertEqual(len({image['id'] for image in many}), 2000)

    def test_varied(self):
        many = images.generate(300, 1, 'varied')
        for member in ('name', 'size', 'disk_format', 'owner', 'checksum'):
            self.assertTrue(any(image[member] is None for image in many), member)
        seconds = collections.Counter(image['created_at'][:19] for image in many)
        self.assertGreater(max(seconds.values()), 3)
        keys = {key for image in many for key in image['properties']}
        self.assertLessEqual({'cores_min', 'weird:key', 'empty_prop', 'properties', ''}, keys)
        for image in many:
            json.dumps(image)
            self.assertEqual(isotime.parse(image['created_at']), image['created_at'])


class CommandLine(unittest.TestCase):
    def test_control(self):
        with tempfile.TemporaryDirectory() as folder:
            ready = os.path.join(folder, 'ready')
            cloud = RemoteCloud.start('--images', '30', '--mode', 'varied', '--token', 'secret=u:t1:admin',
                                      '--set', 'limit_max=7', '--ready-file', ready)
            try:
                with open(ready, encoding='ascii') as file:
                    self.assertTrue(cloud.url.endswith(file.read().strip()))
                web = Web(cloud.url, 'secret')
                self.assertEqual(len(web.ids('/v2/images?limit=100')), 7)
                self.assertEqual([record['status'] for record in cloud.requests], [200])
                cloud.fault('status', status=503, times=1)
                self.assertEqual([web.get('/v2/images').status for _ in range(2)], [503, 200])
                cloud.replace_images([{'name': 'one', 'os_distro': 'debian'}])
                self.assertEqual(web.names('/v2/images?os_distro=debian'), ['one'])
                cloud.clear()
                self.assertEqual(cloud.requests, [])
                with self.assertRaises(urllib.error.HTTPError):
                    cloud.fault('nosuch')
                web.close()
            finally:
                cloud.stop()
            self.assertEqual(cloud.process.returncode, 0)


class Faithful(unittest.TestCase):
    def test_copy_is_the_same(self):
        """A copy of a stand-in answers like it, once it knows the hidden microseconds."""
        with Cloud(images=150) as original:
            times = {image['id']: (image['created_at'], image['updated_at']) for image in original.images}
            copied = faithful.copy_images(original.url, 'a:none:admin', times)
            with Cloud(images=copied) as copy:
                for token in ('u-t1:t1:member', 'a:t1:admin', 'x:none:member', None):
                    differences = list(faithful.compare(original.url, copy.url, token,
                                                        faithful.questions(original.images, 100)))
                    self.assertEqual([str(each) for each in differences], [])

    def test_differences_are_seen(self):
        with Cloud(images=populated()) as exact, Cloud(images=populated(), database='general_ci') as loose:
            found = [difference.what for difference in faithful.compare(
                exact.url, loose.url, USER,
                ('/v2/images?name=plain', '/v2/images?limit=1', '/v2/images?size_min=9223372036854775808'))]
            self.assertEqual(found, ['images', 'status'])


if __name__ == '__main__':
    unittest.main()
