"""Proves that a real Nova with the very same images says the same, to thousands of questions; skipped without one.

    CLOUD_REAL_NOVA=http://127.0.0.1:8774 CLOUD_REAL_GLANCE_DB=.../glance.db     (fakeauth; the database is empty or ours)
"""
import json
import os
import random
import sqlite3
import unittest
import urllib.parse

from cloud import ADMIN, OTHER_USER, USER, Cloud, nova_images, real_database
from cloud.awkward import NAMES, TIMES
from .web import Web

NOVA, DATABASE = os.environ.get('CLOUD_REAL_NOVA'), os.environ.get('CLOUD_REAL_GLANCE_DB')
TOKENS = (USER, OTHER_USER, ADMIN, 'x:none:member', None)
FIXED = '''
    limit=0 limit=-1 limit=x limit= limit=1.5 limit=%2B3 limit=1_0 limit=1000 limit=1001 limit=99999999999999999999
    limit=2&limit=3 limit=5&limit=10 limit=10&limit=9 page_size=3 page_size=0 page_size=x page_size=50&limit=7 offset=3
    offset=x offset=-1 marker= marker=bogus marker=a%20b marker=x%26visibility=all minRam=abc minRam= minRam=0512
    minDisk=-1 minRam=gte:5 minRam=99999999999999999999 changes-since= changes-since=x changes-since=2024
    changes-since=2024-02-29T12:00:00%2B01:00 changes-since=9999-12-31T23:59:59-05:00 server=/ server=http://h/s/
    type=in:base,snapshot status= status=SAVING status=IN:ACTIVE,QUEUED property-=1 property-visibility=all
    property-visibility=bad property-os_hidden=true property-hidden=true property-member_status=all property-tag=x86
    property-tags=x86 property-sort=name property-limit=1 property-size_min=100 property-size_max=abc property-members=1
    property-created_at=gt:2024-01-01T00:00:00Z property-changes-since=x property-properties=x name=%FF name=%00
    property-%FF=1 %FF=1 name name=plain;status=active name=a;limit=3 name=plain&name=Plain Name=plain && =x ? sort=name
    property-yes=no property-type=x property--dash=d property-dash=d property-hw_disk_bus=virtio owner=x
'''.split()
VERSIONS = ('2.1', '2.35', '2.36', '2.93', '2.94', 'latest', 'x', '2', '2.01', '')


@unittest.skipUnless(NOVA and DATABASE, 'no real Nova')
class RealNova(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        images = nova_images.generate(300, 3)
        with sqlite3.connect(DATABASE) as database:
            if not database.execute('SELECT count(*) FROM images').fetchone()[0]:
                real_database.insert(database, images)
        cls.cloud = Cloud(service='nova', images=images, unauthorized='webob').start()
        cls.real, cls.ours = Web(NOVA), Web(cls.cloud.url)

    @classmethod
    def tearDownClass(cls):
        cls.real.close()
        cls.ours.close()
        cls.cloud.stop()

    def compare(self, query, token=USER, path='/v2.1/images/detail', **headers):
        real, ours = ((answer.status, answer.headers['Content-Type'], self.comparable(answer.body)) for answer in (
            web.get(path + ('?' + query if query else ''), token, **headers) for web in (self.real, self.ours)))
        with self.subTest(query, token=token, path=path, **headers):
            self.assertEqual(ours, real)

    def comparable(self, body):
        text = body.decode()
        for host in (urllib.parse.urlsplit(NOVA).netloc, urllib.parse.urlsplit(self.cloud.url).netloc):
            text = text.replace(host, 'HOST')
        try:
            value = json.loads(text)
        except ValueError:
            return text
        for image in value.get('images', []) + [value.get('image') or {}]:
            for link in image.get('links', []):
                if link['rel'] == 'alternate':
                    link['href'] = link['href'].rpartition('/')[2]       # each has its own Glance
        return value

    def test_fixed(self):
        for query in FIXED:
            self.compare(query)
        for token in TOKENS:
            self.compare('', token)
        for version in VERSIONS:
            self.compare('limit=2', X_OpenStack_Nova_API_Version=version)
            self.compare('limit=2', OpenStack_API_Version='compute ' + version)
        for path in ('/', '/v2', '/v2.1/', '/v3', '/v1.1/images', '/v2.1/images/', '/v2.1/images/detail/', '/v2.1/images',
                     '/v2.1/images/bogus', '/v2/images/detail', '/v2.1/abc/images/detail', '/v2.1//images/detail'):
            for accept in ('*/*', 'application/json'):
                self.compare('', path=path, Accept=accept)

    def test_random(self):
        rnd = random.Random(os.environ.get('CLOUD_SEED', '1'))
        for _ in range(int(os.environ.get('CLOUD_QUESTIONS', '600'))):
            chosen = rnd.sample((self.name, self.status, self.property, self.number, self.time, self.marker, self.limit),
                                rnd.choice((1, 1, 1, 2, 2, 3)))
            pairs = [make(rnd) for make in chosen]
            self.compare(urllib.parse.urlencode(pairs), rnd.choice(TOKENS[:4]))

    def test_one_by_one(self):
        for image in self.cloud.images[::5]:
            for token in TOKENS[:3]:
                self.compare('', token, '/v2.1/images/' + image['id'])

    @staticmethod
    def name(rnd):
        return 'name', rnd.choice(('', '', 'eq:', 'in:')) + rnd.choice([name for name in NAMES if len(name) < 200])

    @staticmethod
    def status(rnd):
        return 'status', rnd.choice(('ACTIVE', 'active', 'queued', 'in:active,saving', 'UNKNOWN', 'eq:deactivated'))

    def property(self, rnd):
        key, value = rnd.choice([pair for image in self.cloud.images for pair in image['properties'].items()])
        return 'property-' + key[:100], (value or '')[:200]

    @staticmethod
    def number(rnd):
        return rnd.choice(('minRam', 'minDisk')), rnd.choice((0, 1, 5, 10, 512, 1024, 2 ** 31 - 1))

    @staticmethod
    def time(rnd):
        return 'changes-since', rnd.choice(TIMES)[:rnd.choice((10, 19, 26))]

    def marker(self, rnd):
        return 'marker', rnd.choice(self.cloud.images)['id']

    @staticmethod
    def limit(rnd):
        return 'limit', rnd.choice((1, 2, 7, 50, 1000))


if __name__ == '__main__':
    unittest.main()
