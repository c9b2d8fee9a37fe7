"""Proves that the stand-in answers as CloudAPI's own code did, byte for byte where bytes are the service's.

Replays recorded pairs of requests and answers over the manifests, in the image service's own form, that were there.
"""
import base64
import hashlib
import json
import re
import time
import unittest
from email.utils import formatdate

from cloud import Cloud
from cloud.cloudapi import json_text
from cloud.cloudapi_keys import make_key
from .recorded import recorded
from .web import Web

DEMO = '11111111-1111-4111-8111-111111111111'
OF_THAT_MOMENT = ('Date', 'Request-Id', 'Response-Time', 'Content-MD5', 'Content-Length', 'Connection', 'Keep-Alive')


def manifests():
    """The image service's stored manifests as images of the stand-in."""
    images = []
    for raw in map(json.loads, recorded('cloudapi-manifests.jsonl')):
        image = {key: value for key, value in raw.items() if value != 'null'}
        image['id'] = image.pop('uuid')
        image['tags'] = image.pop('tagsObj', None)
        image.setdefault('requirements', {})
        if isinstance(image.get('acl'), str):
            image['acl'] = [image['acl']]
        images.append(image)
    return images


class Golden(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.key = make_key('rsa')
        cls.cloud = Cloud(service='cloudapi', images=manifests(), keys={'demo': cls.key}, accounts={'demo': DEMO},
                          validate=True).start()
        cls.web = Web(cls.cloud.url, None)
        cls.pairs = [json.loads(line) for line in recorded('cloudapi-answers.jsonl')]

    @classmethod
    def tearDownClass(cls):
        cls.web.close()
        cls.cloud.stop()

    def test_pairs(self):
        for at, pair in enumerate(self.pairs):
            with self.subTest('%d: %s %s' % (at, pair['path'], pair['req_headers'])):
                self.replay(pair)
        self.assertGreater(len(self.pairs), 60)

    def replay(self, pair):
        path = pair['path'].replace('!', '%21')      # as our client would quote it after signing
        given = dict(header.split(': ', 1) for header in pair['req_headers'])
        skew = re.search(r'clock skew of (\S+)s', str(pair['body']))
        given['Date'] = formatdate(time.time() - (float(skew[1]) if skew else 0), usegmt=True)
        if pair['status'] != 401:
            given['Authorization'] = self.key.authorization('/demo/keys/' + self.key.fingerprint, path,
                                                            given['Date'])
        else:
            given['Authorization'] = self.key.authorization('/demo/keys/unknown', path, given['Date'])
        got = self.web.get(path, **given)
        self.assertEqual(got.status, pair['status'])
        if skew:
            self.assertEqual(re.sub(r'\d+(\.\d+)?s was', 'Ns was', got.json['message']),
                             re.sub(r'\d+(\.\d+)?s was', 'Ns was', pair['body']['message']))
        else:
            self.assertEqual(got.body, json_text(pair['body']))
        wanted = dict(header.split(': ', 1) for header in pair['resp_headers'])
        self.assertEqual({name: got.headers[name] for name in got.headers if name not in OF_THAT_MOMENT},
                         {name: value for name, value in wanted.items() if name not in OF_THAT_MOMENT})
        if 'Content-MD5' in wanted:
            self.assertEqual(got.headers['Content-MD5'], wanted['Content-MD5'])
            self.assertEqual(got.headers['Content-MD5'], base64.b64encode(hashlib.md5(got.body).digest()).decode())
            self.assertEqual(got.headers['Content-Length'], wanted['Content-Length'])
        self.assertEqual('Request-Id' in got.headers, 'Request-Id' in wanted)


if __name__ == '__main__':
    unittest.main()
