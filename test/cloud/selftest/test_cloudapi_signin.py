"""Proves that the CloudAPI stand-in lets in whoever signed rightly, of every kind of key, and no one else."""
import time
import unittest
import urllib.parse
from email.utils import formatdate

from cloud import Cloud
from cloud.cloudapi_images import plain_image
from cloud.cloudapi_keys import BadKey, PublicKey, make_key
from cloud.cloudapi_signin import Role
from .web import Web

BAD = {'code': 'InvalidCredentials', 'message': 'Invalid authorization credentials supplied'}


class SignIn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = {kind: make_key(kind, 'my ' + kind) for kind in ('rsa', 'ecdsa', 'ecdsa-384', 'ed25519')}
        cls.sub = make_key('ecdsa', 'subkey')
        cls.cloud = Cloud(
            service='cloudapi',
            images=[plain_image(name='demo', owner='demo', public=False), plain_image(name='rich', owner='rich')],
            keys={'demo': list(cls.keys.values()), 'demo/bob': cls.sub, 'demo/idle': {'k': cls.sub.public},
                  'rich': [cls.keys['rsa'].public], 'root': cls.keys['ed25519'], 'gone': cls.sub},
            operators=('root',), disabled=('gone',),
            roles={'demo/bob': {'reader': Role(), 'writer': Role(actions=('deleteimage',)),
                                'extra': Role(default=False)}}).start()
        cls.web = Web(cls.cloud.url, None)

    @classmethod
    def tearDownClass(cls):
        cls.web.close()
        cls.cloud.stop()

    def ask(self, key, key_id=None, path='/my/images', method='GET', change=lambda header: header, age=0, **headers):
        date = formatdate(time.time() - age, usegmt=True)
        header = key.authorization(key_id or '/demo/keys/' + key.fingerprint, path, date, method.lower())
        return self.web.get(path, method=method, Date=date, Authorization=change(header), **headers)

    def code(self, *arguments, **named):
        answer = self.ask(*arguments, **named)
        return answer.status, answer.json['code'] if answer.status != 200 else [image['name'] for image in answer.json]

    def test_kinds(self):
        for kind, key in self.keys.items():
            for name in (key.fingerprint, urllib.parse.unquote(key.name)):
                with self.subTest('%s by %s' % (kind, name)):
                    answer = self.ask(key, '/demo/keys/' + name, '/demo/images?name=~d&as-role=x')
                    self.assertEqual((answer.status, answer.json[0]['name']), (200, 'demo'))
        self.assertEqual(self.ask(self.keys['rsa'], method='HEAD').status, 200)

    def test_wrong_signatures(self):
        rsa, ecdsa = self.keys['rsa'], self.keys['ecdsa']
        self.assertEqual(self.web.get('/my/images').json['code'], 'InvalidCredentials')
        for reason, answer in {
                'unknown key': self.ask(make_key('ecdsa')),
                'another key': self.ask(rsa, '/demo/keys/' + ecdsa.fingerprint),
                'unknown account': self.ask(rsa, '/nobody/keys/' + rsa.fingerprint),
                'no account my': self.ask(rsa, '/my/keys/' + rsa.fingerprint),
                'changed path': self.web.get('/my/images?os=linux', Date=formatdate(usegmt=True), Authorization=(
                    rsa.authorization('/demo/keys/' + rsa.fingerprint, '/my/images', formatdate(usegmt=True)))),
                'changed method': self.ask(rsa, change=lambda header: header.replace('headers="(', 'headers="date (')),
                'no base64': self.ask(ecdsa, change=lambda header: header.partition('signature=')[0] + 'signature="x"'),
                'other hash': self.ask(rsa, change=lambda header: header.replace('rsa-sha256', 'rsa-sha512')),
        }.items():
            with self.subTest(reason):
                self.assertEqual((answer.status, answer.json), (401, BAD))
        self.assertEqual(self.ask(rsa, 'demo').json['message'], 'Invalid KeyId demo in authorization header')

    def test_wrong_headers(self):
        rsa = self.keys['rsa']
        for wanted, answer in (
                ('rsa-sha384 is not supported', self.changed('rsa-sha256', 'rsa-sha384')),
                ('hmac-sha256 is not a supported algorithm', self.changed('rsa-sha256', 'hmac-sha256')),
                ('ed25519-sha256 is not a supported algorithm', self.changed('rsa-sha256', 'ed25519-sha256')),
                ('bad param format', self.changed('",', '", ')),
                ('scheme was not "Signature"', self.changed('Signature', 'signature', 1)),
                ('date was not a signed header', self.changed('(request-target) date', '(request-target)')),
                ('digest was not in the request', self.changed(') date', ') date digest')),
                ('keyId was not specified', self.changed('keyId', 'keyid')),
                ('clock skew of', self.ask(rsa, age=400)), ('clock skew of', self.ask(rsa, age=-400))):
            with self.subTest(wanted):
                self.assertEqual((answer.status, answer.json['code']), (400, 'InvalidHeader'))
                self.assertIn('Authorization header invalid: ' + wanted, answer.json['message'])
                self.assertNotIn('Server', answer.headers)
        self.assertEqual(self.ask(rsa, age=250).status, 200)
        self.assertEqual(self.web.get('/my/images', Authorization='nonsense').status, 400)
        self.assertEqual(self.web.get('/my/images', Authorization='Basic x').status, 401)

    def changed(self, find, by, count=-1):
        return self.ask(self.keys['rsa'], change=lambda header: header.replace(find, by, count))

    def test_clock(self):
        self.cloud.config.clock = 1000
        try:
            self.assertIn('clock skew of 100', self.ask(self.keys['rsa']).json['message'])
        finally:
            self.cloud.config.clock = 0

    def test_date_only_and_old_form(self):
        key, date = self.keys['rsa'], formatdate(usegmt=True)
        key_id = '/demo/keys/' + key.fingerprint
        for form in ('Signature keyId="%s",algorithm="rsa-sha256",signature="%s"' % (key_id, key.sign('date: ' + date)),
                     'Signature keyId="%s",algorithm="rsa-sha256" %s' % (key_id, key.sign(date))):
            self.assertEqual(self.web.get('/my/images', Date=date, Authorization=form).status, 200)

    def test_presigned(self):
        key, host = self.keys['rsa'], self.cloud.url.partition('//')[2]

        def ask(expires, extra='', **changed):
            query = {'algorithm': 'rsa-sha256', 'expires': str(int(expires)), 'keyId': '/demo/keys/' + key.fingerprint,
                     'name': 'demo'}
            line = '&'.join('%s=%s' % (name, urllib.parse.quote(value, safe=''))
                            for name, value in sorted(query.items()))
            query['signature'] = key.sign('GET\n%s\n/my/images\n%s' % (host, line))
            query.update(changed)
            return self.web.get('/my/images?' + urllib.parse.urlencode(query) + extra, Host=host)
        self.assertEqual([image['name'] for image in ask(time.time() + 60).json], ['demo'])
        self.assertEqual(ask(time.time() + 60, name='rich').status, 401)
        self.assertEqual((ask(time.time() - 60).status, ask(time.time() - 60).json),
                         (500, {'message': 'request expired'}))
        self.assertEqual(self.web.get('/my/images?algorithm=rsa-sha256').json['message'],
                         'parameters "expires, keyId, signature" are required')

    def test_accounts(self):
        rsa, root = self.keys['rsa'], self.keys['ed25519']
        self.assertEqual(self.code(rsa), (200, ['demo', 'rich']))
        self.assertEqual(self.code(rsa, '/rich/keys/' + rsa.fingerprint), (200, ['rich']))
        self.assertEqual(self.code(rsa, path='/rich/images'), (403, 'NotAuthorized'))
        self.assertEqual(self.code(rsa, path='/nobody/images'), (404, 'ResourceNotFound'))
        self.assertEqual(self.code(root, '/root/keys/my ed25519', path='/demo/images'), (200, ['demo', 'rich']))
        self.assertEqual(self.code(self.sub, '/gone/keys/subkey'), (403, 'NotAuthorized'))

    def test_sub_users(self):
        bob = '/demo/users/bob/keys/subkey'
        self.assertEqual(self.code(self.sub, bob), (200, ['demo', 'rich']))
        self.assertEqual(self.code(self.sub, bob, '/demo/images?as-role=reader,writer'), (200, ['demo', 'rich']))
        self.assertEqual(self.code(self.sub, bob, '/demo/images?as-role=extra'), (200, ['demo', 'rich']))
        self.assertEqual(self.code(self.sub, bob, '/demo/images?as-role=writer'), (403, 'NotAuthorized'))
        self.assertEqual(self.code(self.sub, bob, '/demo/images?as-role=unknown'), (403, 'NotAuthorized'))
        self.assertEqual(self.code(self.sub, '/demo/users/idle/keys/k'), (403, 'NotAuthorized'))
        self.assertEqual(self.code(self.sub, '/demo/users/eve/keys/subkey'), (401, 'InvalidCredentials'))
        self.assertEqual(self.code(self.sub, bob, Accept_Version='~7.1'), (401, 'InvalidCredentials'))
        self.assertEqual(self.code(self.sub, '/demo/keys/subkey'), (401, 'InvalidCredentials'))


class Keys(unittest.TestCase):
    def test_forms(self):
        for kind in ('rsa', 'ecdsa', 'ed25519'):
            key = make_key(kind, 'name of it')
            for text in (key.public, key.private, key.public.encode().decode() + '\n'):
                self.assertEqual(PublicKey.read(text).fingerprint, key.fingerprint)
            self.assertEqual(PublicKey.read(key.public).name, 'name of it')
        self.assertEqual(PublicKey.read(make_key('rsa').traditional()).kind, 'rsa')
        for text in ('', 'ssh-rsa', 'ssh-dss AAAAB3NzaC1kc3M='):
            with self.assertRaises(BadKey):
                PublicKey.read(text)

    def test_fingerprint(self):
        """The fingerprint that ssh-keygen gives this key."""
        key = PublicKey.read('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea')
        self.assertEqual(key.fingerprint, 'cf:07:be:9d:68:ae:65:54:6d:a0:93:c3:6f:bd:0d:82')

    def test_published_vectors(self):
        """RFC 8032, 7.1, test 2; RFC 6979, A.2.5, P-256 with SHA-256 and the message `sample`."""
        from cloud.cloudapi_crypto import CURVES, ecdsa_verify, ed25519_verify
        public = bytes.fromhex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
        signature = bytes.fromhex('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da'
                                  '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00')
        self.assertTrue(ed25519_verify(public, b'\x72', signature))
        self.assertFalse(ed25519_verify(public, b'\x73', signature))
        curve = CURVES['nistp256']
        point = (0x60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6,
                 0x7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299)
        r = 0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716
        s = 0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8
        self.assertTrue(ecdsa_verify(curve, point, 'sha256', b'sample', r, s))
        self.assertFalse(ecdsa_verify(curve, point, 'sha256', b'sample', r, s - 1))


if __name__ == '__main__':
    unittest.main()
