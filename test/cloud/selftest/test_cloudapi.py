"""Proves the rules of the CloudAPI stand-in: what a list shows, in which form, and how it refuses."""
import base64
import hashlib
import json
import unittest

from cloud import Cloud
from cloud.cloudapi_images import OPERATOR, generate, plain_image
from cloud.cloudapi_signin import account_uuid
from cloud.cloudapi_versions import Range, number
from .web import Web

DEMO, OTHER = account_uuid('demo'), account_uuid('other')


def small():
    """One image of each sort that the rules tell apart, named after what it is."""
    def image(name, second, **members):
        at = None if second is None else '2024-01-01T00:00:%02dZ' % second
        return plain_image(name=name, published_at=at, **members)
    return [
        image('late', 50, version='2.0.0'),
        image('zvol', 10, type='zvol', image_size=10240, os='bsd', requirements={'min_ram': 512, 'bootrom': 'uefi'}),
        image('zone', 20, type='zone-dataset', os='smartos', version='1.0.1'),
        image('docker', 30, type='docker'),
        image('disabled', 31, state='disabled'),
        image('mine', 40, owner='demo', public=False, acl=[OTHER]),
        image('mine-public', 41, owner='demo'),
        image('mine-disabled', 42, owner='demo', public=False, state='disabled'),
        image('mine-unactivated', None, owner='demo', public=False, state='unactivated', files=None),
        image('mine-creating', None, owner='demo', public=False, state='creating', os=None, type=None, files=None),
        image('mine-failed', None, owner='demo', public=False, state='failed', os=None, type=None, files=None,
              error={'code': 'VmHasNoOrigin', 'message': 'told'}),
        image('shared', 43, owner='other', public=False, acl=[DEMO]),
        image('shared-disabled', 44, owner='other', public=False, acl=[DEMO], state='disabled'),
        image('hidden', 45, owner='other', public=False),
        image('hidden-unactivated', None, owner='other', state='unactivated', files=None),
    ]


class List(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud(service='cloudapi', images=small(), accounts={'demo': DEMO, 'other': OTHER}, auth=False,
                          restart=0.3).start()
        cls.web = Web(cls.cloud.url, None)

    @classmethod
    def tearDownClass(cls):
        cls.web.close()
        cls.cloud.stop()

    def get(self, query='', login='demo', version='~9', **headers):
        return self.web.get('/%s/images%s' % (login, query and '?' + query), Accept_Version=version, **headers)

    def names(self, query='', **more):
        return [image['name'] for image in self.get(query, **more).json]

    def check(self, query, names, **more):
        with self.subTest(query):
            self.assertEqual(self.names(query, **more), names.split())

    def test_visibility_and_order(self):
        active = 'zvol zone mine mine-public shared late'
        self.check('', active)
        self.check('state=active', active)
        self.check('', 'zvol zone mine mine-public shared hidden late', login='other')
        self.check('state=disabled', 'mine-disabled')
        self.check('state=unactivated', 'mine-unactivated mine-creating mine-failed')
        self.check('state=creating', 'mine-creating')
        self.check('state=failed', 'mine-failed')
        whole = 'mine-unactivated mine-creating mine-failed zvol zone disabled mine mine-public mine-disabled shared ' \
                'shared-disabled late'
        self.check('state=all', whole)
        self.check('state=all&type=!nonsense', whole.replace('zone ', 'zone docker '))
        self.assertEqual([image['name'] for image in self.cloud.documents()],
                         whole.replace('zone ', 'zone docker ').split())

    def test_filters(self):
        self.check('name=mine', 'mine')
        self.check('name=Mine', '')
        self.check('name=~mine', 'mine mine-public')
        self.check('name=~', 'zvol zone mine mine-public shared late')
        self.check('version=~.0.1', 'zone')
        self.check('version=2.0.0', 'late')
        self.check('os=bsd', 'zvol')
        self.check('os=~bs', '')
        self.check('type=docker', 'docker')
        self.check('type=!zvol', 'zone docker mine mine-public shared late')
        self.check('type=nonsense', '')
        self.check('public=false', 'mine shared')
        self.check('public=true', 'zvol zone mine-public late')
        self.check('owner=%s' % DEMO, 'mine mine-public')
        self.check('owner=%s' % OTHER, 'shared')
        self.check('owner=nonsense', '')
        self.check('owner=%s&public=true' % OPERATOR, 'zvol zone late')

    def test_filters_that_forget(self):
        """With another's owner, creating and failed ask for anything; disabled and unactivated for nothing."""
        self.check('owner=%s&state=failed' % OTHER, 'shared shared-disabled')
        self.check('owner=%s&state=disabled' % OTHER, '')
        self.check('owner=%s&state=all' % OTHER, 'shared shared-disabled')

    def test_ignored(self):
        whole = self.names()
        for query in ('limit=1', 'marker=x', 'sort=name', 'tag.role=os', 'name=', 'name=&os=', 'type=', 'state=',
                      'public='):
            self.check(query, ' '.join(whole))

    def test_repeated(self):
        for query in ('name=mine&name=mine', 'type=zvol&type=zvol', 'os=linux&os=linux'):
            self.check(query, '')
        self.assertEqual(self.get('state=all&state=all').status, 422)

    def test_version_7(self):
        self.check('type=smartmachine', 'zone', version='~7.1')
        self.check('type=virtualmachine', 'zvol', version='~7.1')
        self.assertEqual(self.get('type=zvol', version='~7.1').json,
                         {'code': 'InvalidArgument', 'message': 'image type zvol is not a valid type'})
        kinds = {image['name']: image['type'] for image in self.get(version='~7.3').json}
        self.assertEqual([kinds[name] for name in ('zvol', 'zone', 'mine')],
                         ['virtualmachine', 'smartmachine', 'smartmachine'])
        self.assertEqual(set(self.get(version='~7.0').json[0]),
                         {'id', 'name', 'version', 'os', 'type', 'requirements', 'image_size', 'files', 'published_at'})

    def test_versions(self):
        self.assertEqual(self.get(version='~6').json['code'], 'InvalidVersion')
        self.assertEqual(self.web.get('/my/images', X_Api_Version='~6').status, 400)
        self.assertEqual(self.web.get('/my/images', Api_Version='~6').status, 200)     # is not read at all
        self.assertEqual(self.get(version='~7||~8').json[0]['type'], 'zvol')
        self.assertEqual(self.get(version='~9||~8').headers['Api-Version'], '9.0.0')

    def test_shape(self):
        image = self.get('name=zvol').json[0]
        self.assertEqual(list(image), ['id', 'name', 'version', 'os', 'requirements', 'type', 'image_size', 'files',
                                       'published_at', 'owner', 'public', 'state'])
        self.assertEqual(image['requirements'], {'min_memory': 512, 'min_ram': 512, 'bootrom': 'uefi'})
        failed = self.get('state=failed').json[0]
        self.assertEqual(failed['error'], {'code': 'VmHasNoOrigin', 'message': 'told'})
        self.assertNotIn('type', failed)
        with self.cloud.editing() as images:
            images[10]['error']['code'] = 'Other'
        self.assertEqual(self.get('state=failed').json[0]['error']['code'], 'InternalError')

    def test_one_image(self):
        def get(name):
            identifier = next(image['id'] for image in self.cloud.images if image['name'] == name)
            return self.web.get('/my/images/' + identifier)
        for name in ('docker', 'disabled', 'mine-creating', 'shared-disabled'):
            self.assertEqual(get(name).json['name'], name)
        for name in ('hidden', 'hidden-unactivated'):
            self.assertEqual(get(name).json, {'code': 'ResourceNotFound', 'message': 'image not found'})
        self.assertEqual(self.web.get('/my/images/x').json['message'], 'x not found')

    def test_head(self):
        whole, head = self.get(), self.web.get('/demo/images', method='HEAD')
        self.assertEqual((head.status, head.body, head.headers['Content-MD5'], head.headers['Content-Length']),
                         (200, b'', whole.headers['Content-MD5'], whole.headers['Content-Length']))

    def test_refusals(self):
        self.assertEqual(self.get('state=x').json['errors'], [{'field': 'state', 'code': 'Invalid'}])
        self.assertEqual(self.web.get('/demo/images', method='PUT').status, 405)
        self.assertEqual(self.web.get('/demo/nothing').json['message'], '/demo/nothing does not exist')
        self.assertEqual(self.get(Accept='text/html').status, 406)
        text = self.get('state=x', Accept='text/plain, application/json')
        self.assertEqual((text.headers['Content-Type'], text.body), ('text/plain', b'invalid state: "x"'))
        self.assertEqual(self.get(login='nobody').json['message'], 'nobody does not exist')
        self.assertEqual(self.web.get('/--ping').json['ping'], 'pong')

    def test_crash(self):
        """A `public` that is no boolean kills the service behind; requests fail until it is back."""
        crashed = self.get('public=maybe')
        self.assertEqual((crashed.status, crashed.json), (500, {}))
        down = self.get()
        self.assertEqual((down.status, list(down.json)), (500, ['message']))
        self.cloud.service._down_until = 0
        self.assertEqual(self.get().status, 200)

    def test_checksum_follows_faults(self):
        self.cloud.fault('override', index=0, values={'name': 'changed'})
        answer = self.get()
        self.assertEqual(answer.json[0]['name'], 'changed')
        self.assertEqual(answer.headers['Content-MD5'], base64.b64encode(hashlib.md5(answer.body).digest()).decode())
        self.cloud.fault('headers', content_md5='x')
        self.assertEqual(self.get().headers['Content-MD5'], 'x')
        self.assertTrue(self.cloud.service.is_list(self.cloud.lists[-1]))


class Options(unittest.TestCase):
    def names(self, path='/my/images', **options):
        with Cloud(service='cloudapi', auth=False, **options) as cloud:
            web = Web(cloud.url, None)
            answers = [web.get(path) for _ in range(4)]
            web.close()
        return answers

    def test_duplicates(self):
        images = [plain_image(name='n%d' % at, published_at='2024-01-01T00:00:0%dZ' % at) for at in range(6)]
        got = [image['name'] for image in self.names(images=images, duplicates=True)[0].json]
        self.assertEqual(got, ['n0', 'n1', 'n2', 'n3', 'n2', 'n3', 'n4', 'n5'])

    def test_pages(self):
        """Images of one time at a page's end come twice; queries that end at different times lose images."""
        ties = [plain_image(name='n%d' % at, published_at='2024-01-01T00:00:0%dZ' % (at // 2)) for at in range(8)]
        got = [image['name'] for image in self.names(images=ties, page=4)[0].json]
        self.assertEqual((len(got), len(set(got))), (12, 8))
        mixed = [plain_image(name='own%d' % at, owner='demo', public=False, published_at='2015-01-01T00:00:0%dZ' % at)
                 for at in range(6)]
        mixed += [plain_image(name='pub%d' % at, published_at='2016-01-01T00:00:0%dZ' % at) for at in range(6)]
        got = [image['name'] for image in self.names(images=mixed, page=4)[0].json]
        self.assertEqual(set(image['name'] for image in mixed) - set(got), {'own4', 'own5'})

    def test_throttle(self):
        answers = self.names(images=[], throttle=(1, 3))
        self.assertEqual([answer.status for answer in answers], [200, 200, 200, 429])
        self.assertEqual(answers[-1].json, {'code': 'TooManyRequestsError',
                                            'message': 'You have exceeded your request rate of 1 r/s.'})
        self.assertNotIn('Retry-After', answers[-1].headers)

    def test_validate_and_like(self):
        images = [plain_image(name=name) for name in ('~x', 'a_b', 'axb')]
        self.assertEqual(len(self.names(images=images)[0].json), 3)
        self.assertEqual(len(self.names(images=images, validate=True)[0].json), 2)
        self.assertEqual(len(self.names('/my/images?name=~a_b', images=images)[0].json), 1)
        self.assertEqual(len(self.names('/my/images?name=~a_b', images=images, like=True)[0].json), 2)

    def test_add(self):
        with Cloud(service='cloudapi', images=40, auth=False) as cloud:
            added = cloud.add(name='x', type='zvol', image_size=5, tags={'a': 1}, public=False, owner='demo', os=None)
            shown = next(image for image in cloud.documents() if image['id'] == added['id'])
            self.assertEqual([shown.get(member) for member in ('name', 'type', 'image_size', 'tags', 'public', 'os')],
                             ['x', 'zvol', 5, {'a': 1}, False, None])

    def test_throttle_on_demand(self):
        with Cloud(service='cloudapi', images=1, auth=False) as cloud:
            cloud.throttle()
            web = Web(cloud.url, None)
            self.assertEqual([web.get('/my/images').status for _ in range(2)], [429, 200])
            web.close()


class Generator(unittest.TestCase):
    def test_repeatable(self):
        self.assertEqual(generate(50, 7), generate(50, 7))
        self.assertNotEqual(generate(50, 7), generate(50, 8))

    def test_complete(self):
        """A complete scan shows what can be seen, each image once; no member is null."""
        for mode in ('believable', 'varied'):
            with Cloud(service='cloudapi', images=300, mode=mode, auth=False) as cloud:
                web = Web(cloud.url, None)
                for login in ('demo', 'other'):
                    got = web.get('/%s/images?state=all&type=!none' % login).json
                    self.assertEqual(got, cloud.service.complete(cloud.service.account(login)))
                    self.assertEqual(len({image['id'] for image in got}), len(got))
                    self.assertTrue(150 < len(got) < 300)
                    self.assertFalse([image for image in got if None in image.values()])
                    self.assertTrue({'active', 'disabled', 'unactivated', 'creating'}
                                    <= {image['state'] for image in got})
                json.dumps(got, allow_nan=False)
                web.close()


class Versions(unittest.TestCase):
    def test_ranges(self):
        versions = ('9.0.0', '8.0.0', '7.3.0', '7.2.0', '7.1.0', '7.0.0')
        for text, best in (('*', '9.0.0'), ('', '9.0.0'), ('~9||~8', '9.0.0'), ('~7||~8', '8.0.0'), ('~7.1', '7.1.0'),
                           ('7.x', '7.3.0'), ('~7', '7.3.0'), ('^7.1', '7.3.0'), ('>=7 <8', '7.3.0'), ('>7', '9.0.0'),
                           ('<=7', '7.3.0'), ('7.1 - 7.2', '7.2.0'), ('=8.0.0', '8.0.0'), ('~6', None),
                           ('8.0.1', None), ('nonsense', None)):
            self.assertEqual(Range(text).best(versions), best, text)
        self.assertTrue(Range('~9').reaches(number('8.0.0')))
        self.assertFalse(Range('~7').reaches(number('8.0.0')))


if __name__ == '__main__':
    unittest.main()
