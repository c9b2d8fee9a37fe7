"""Proves the rules of the IMS sheet, the shape of captured answers, and AK/SK signatures against published vectors."""
import types
import unittest
import urllib.parse

from cloud import ADMIN, OTHER_USER, USER, Cloud, aksk
from .shapes import Samples
from .web import Web

LIST = '/v2/cloudimages'
DAY = '2018-10-28T%02d:00:00.500000Z'


def image(at, **members):
    return {'id': '%08d-0000-4000-8000-000000000000' % at, 'name': 'image %d' % at, 'created_at': DAY % at,
            'updated_at': DAY % at, **members}


class IMSTest(unittest.TestCase):
    options, given = {}, ()

    def setUp(self):
        self.cloud = Cloud(service='ims', images=0, **self.options).start()
        self.web = Web(self.cloud.url)
        for members in self.given:
            self.cloud.add(**members)

    def tearDown(self):
        self.web.close()
        self.cloud.stop()

    def found(self, query='', token=USER):
        """Which images, by the number that their ids begin with."""
        answer = self.web.get(LIST + query, token)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(list(answer.json), ['images'])
        return [int(each['id'][:8]) for each in answer.json['images']]

    def refused(self, query, status=400, code='IMG.0001'):
        answer = self.web.get(LIST + query)
        self.assertEqual((answer.status, answer.json['error']['code']), (status, code), query)


class Rules(IMSTest):
    given = [
        image(1, visibility='public', owner='huawei', protected=True, __platform='CentOS', __support_kvm='true'),
        image(2, visibility='private', owner='t1', tags=['a=b', 'c=d'], min_disk=40, name='in:x'),
        image(3, visibility='private', owner='t2'),
        image(4, visibility='shared', owner='t1', members={'t2': 'accepted'}, tags=['a.b']),
        image(5, visibility='shared', owner='t2', members={'t1': 'accepted'}, min_disk=10, __whole_image='true'),
        image(6, visibility='shared', owner='t2', members={'t1': 'pending'}),
        image(7, visibility='shared', owner='t2', members={'t1': 'rejected'}),
        image(8, visibility='public', owner='huawei', registered=False),
        image(9, visibility='private', owner='t1', status='queued', enterprise_project_id='ep', __whole_image='false'),
    ]

    def test_who_sees_what(self):
        self.assertEqual(self.found(), [9, 5, 4, 2, 1])
        self.assertEqual(self.found(token=OTHER_USER), [7, 6, 5, 4, 3, 1])
        self.assertEqual(self.found('?visibility=private'), [9, 2])           # not what one shares out
        self.assertEqual(self.found('?visibility=public'), [1])
        self.assertEqual(self.found('?visibility=shared'), [5, 4])
        for status, found in (('accepted', [5, 4]), ('pending', [6]), ('rejected', [7])):
            self.assertEqual(self.found('?visibility=shared&member_status=' + status), found)
        self.assertEqual(self.found('?__isregistered=false'), [])
        self.assertEqual(self.found('?__isregistered=false', ADMIN), [8])
        self.refused('?member_status=pending')
        self.refused('?visibility=shared&member_status=all')
        self.refused('?visibility=all')

    def test_image_types(self):
        for kind, found in (('gold', [1]), ('private', [9, 2]), ('shared', [5, 4]), ('market', [])):
            self.assertEqual(self.found('?__imagetype=' + kind), found)
        self.assertEqual(self.web.get(LIST + '?__imagetype=x').json,
                         {'error': {'message': 'The imagetype is invalid.', 'code': 'IMG.0024'}})

    def test_equality(self):
        for query, found in (
                ('name=image 1', [1]), ('name=in:x', [2]), ('name=Image 1', []), ('id=' + self.given[3]['id'], [4]),
                ('status=active', [5, 4, 2, 1]), ('owner=t1', [9, 4, 2]), ('__platform=CentOS', [1]),
                ('__support_kvm=true', [1]), ('__support_kvm=false', []), ('__whole_image=true', [5]),
                ('__whole_image=false', [9]), ('protected=true', [1]), ('protected=false', [9, 5, 4, 2]),
                ('min_disk=40', [2]), ('min_ram=0', [9, 5, 4, 2, 1]), ('disk_format=zvhd2', [9, 5, 4, 2, 1]),
                ('container_format=bare&name=image 1', [1]), ('unknown=1', [9, 5, 4, 2, 1]),
                ('enterprise_project_id=ep', [9]), ('enterprise_project_id=0', [5, 4, 2, 1]),
                ('enterprise_project_id=all_granted_eps', [9, 5, 4, 2, 1])):
            self.assertEqual(self.found('?' + query), found, query)
        for query in ('protected=True', '__whole_image=1', 'min_disk=x', 'min_ram=-1', 'min_ram=1.5'):
            self.refused('?' + query)

    def test_what_is_not_known_for_sure(self):
        config = self.cloud.config
        config.minimum, config.operators, config.unknown = 'at most', True, 'property'
        self.assertEqual(self.found('?min_disk=10'), [9, 5, 4, 1])
        self.assertEqual(self.found('?name=in:image 1,image 2,x'), [1])
        self.assertEqual(self.found('?name=eq:in:x'), [2])
        self.refused('?name=foo:bar')
        self.assertEqual(self.found('?unknown=1'), [])
        config.unknown, config.enterprise_required = '400', True
        self.refused('?enterprise_project_id=0&unknown=1')
        self.refused('', 403, 'IMG.0026')

    def test_tags(self):
        self.assertEqual(self.found('?tag=a%3Db'), [4, 2])                    # a.b is an old form of a=b
        self.assertEqual(self.found('?tag=a%3Db&tag=c%3Dd'), [2])
        self.cloud.config.all_tags = False
        self.assertEqual(self.found('?tag=c%3Dd&tag=a%3Db'), [4, 2])

    def test_times_in_whole_seconds(self):
        for operator, found in (('gt', [9, 5]), ('gte', [9, 5, 4]), ('lt', [2, 1]), ('lte', [4, 2, 1]), ('eq', [4]),
                                ('neq', [9, 5, 2, 1])):
            for text in ('2018-10-28T04:00:00Z', '2018-10-28 04:00:00'):
                self.assertEqual(self.found('?created_at=%s:%s' % (operator, text)), found)
        self.assertEqual(self.found('?updated_at=2018-10-28T04:00:00Z'), [4])
        for wrong in ('2018-10-28', 'gt:2018-10-28T04:00:00+00:00', 'gt:2018-10-28T04:00:00.5Z', 'in:2018', 'gt:x', '',
                      'gt:2018-13-28T04:00:00Z'):
            self.refused('?created_at=' + urllib.parse.quote(wrong))

    def test_sort(self):
        self.assertEqual(self.found('?sort_key=name&sort_dir=asc'), [1, 4, 5, 9, 2])
        self.assertEqual(self.found('?sort_dir=asc'), [1, 2, 4, 5, 9])
        self.refused('?sort_key=updated_at')
        self.refused('?sort_dir=up')
        self.cloud.config.sorts_by_update = True
        self.assertEqual(self.found('?sort_key=updated_at&sort_dir=asc'), [1, 2, 4, 5, 9])

    def test_pages(self):
        marker, pages = '', []
        while not pages or pages[-1]:              # only an empty page is the end
            pages.append(self.found('?limit=2' + marker))
            marker = '&marker=%08d-0000-4000-8000-000000000000' % (pages[-1] or [0])[-1]
        self.assertEqual(pages, [[9, 5], [4, 2], [1], []])
        self.refused('?marker=x')
        for limit in ('x', '-1', ''):
            self.refused('?limit=' + limit)
        self.cloud.config.limit_max = 3
        self.assertEqual(self.found('?limit=500'), [9, 5, 4])
        self.cloud.config.over_limit = '400'
        self.refused('?limit=4')

    def test_native_api(self):
        page = self.web.get('/v2/images?limit=2').json
        self.assertEqual(page['next'], '/v2/images?limit=2&marker=' + page['images'][1]['id'])
        self.assertEqual(self.web.get('/v2/images/' + self.given[4]['id']).json['name'], 'image 5')
        self.assertEqual(self.web.get('/v2/images/' + self.given[2]['id']).status, 404)

    def test_gateway_errors(self):
        for path, token, status, code in (
                (LIST, None, 401, 'APIGW.0301'), (LIST, 'nonsense', 401, 'APIGW.0301'),
                (LIST, 'u:none:member', 403, 'APIGW.0302'), (LIST + '/' + self.given[0]['id'], USER, 404, 'APIGW.0101'),
                ('/v3/x', USER, 404, 'APIGW.0101')):
            answer = self.web.get(path, token)
            self.assertEqual((answer.status, answer.json['error_code']), (status, code))
            self.assertEqual(set(answer.json), {'error_msg', 'error_code', 'request_id'})
        self.cloud.tokens.revoked.add(USER)
        self.assertEqual(self.web.get(LIST).json['error_code'], 'APIGW.0307')

    def test_too_often(self):
        self.cloud.service.limit.requests = 1
        self.found()
        answer = self.web.get(LIST)
        self.assertEqual((answer.status, answer.json['error_code'], answer.headers['Retry-After']),
                         (429, 'APIGW.0308', None))


class LargerSets(unittest.TestCase, Samples):
    def test_documents_are_the_complete_scan(self):
        with Cloud(service='ims', images=700) as cloud:
            web = Web(cloud.url)
            for token in (USER, OTHER_USER, ADMIN):
                scanned = {}
                for query in ('', '&__isregistered=false', '&visibility=shared&member_status=pending',
                              '&visibility=shared&member_status=rejected'):
                    page, marker = [None], ''
                    while page:
                        page = web.get('%s?limit=500%s%s' % (LIST, query, marker), token).json['images']
                        scanned.update((each['id'], each) for each in page)
                        marker = '&marker=' + page[-1]['id'] if page else ''
                    if not query:
                        self.assertEqual(len(scanned), len(cloud.service.listed(cloud.tokens.identify(token))))
                self.assertEqual(scanned, {each['id']: each for each in cloud.documents(token)})
            web.close()

    def test_samples(self):
        with Cloud(service='ims', images=700) as cloud:
            self.assert_samples(cloud.documents(ADMIN), 'ims',
                                '(ims_captured|otcdocs__(querying|modifying|updating)).*')


class Signed(IMSTest):
    given = [image(1, visibility='private', owner='t1', name='a b')]
    options = {'access_keys': {'AK': ('SK', 'u', 't1'), 'TEMP': ('SK2', 'u', 't1', 'sectok')}}

    def ask(self, target=LIST, access='AK', secret='SK', form='huawei', now=None, **more):
        date = aksk.sdk_date(now)
        host = urllib.parse.urlsplit(self.cloud.url).netloc
        headers = {'Host': host, 'X-Sdk-Date': date, **{key.replace('_', '-'): value for key, value in more.items()}}
        signature = aksk.sign(access, secret, 'GET', target, headers, form=form)
        del headers['Host']                        # the client sends it anyway
        return self.web.get(target, None, Authorization=signature, **headers)

    def test_accepted(self):
        for form in ('huawei', 'otc'):
            self.assertEqual(len(self.ask(form=form).json['images']), 1)
            self.assertEqual(len(self.ask(LIST + '?tag=a%3Db&name=a%20b', form=form).json['images']), 0)
            self.assertEqual(len(self.ask(LIST + '?name=a%20b&limit=5', form=form).json['images']), 1)
        self.assertEqual(self.ask(X_Project_Id='t1').status, 200)
        self.assertEqual(self.ask(access='TEMP', secret='SK2', X_Security_Token='sectok').status, 200)

    def test_refused(self):
        import time
        self.assertEqual(self.ask(secret='wrong').json['error_code'], 'APIGW.0301')
        self.assertEqual(self.ask(access='nobody').status, 401)
        self.assertEqual(self.ask(access='TEMP', secret='SK2').status, 401)
        for seconds, status in ((-890, 200), (-920, 401), (890, 200), (920, 401)):
            self.assertEqual(self.ask(now=time.time() + seconds).status, status)
        self.cloud.config.clock_offset = 3600
        self.assertEqual(self.ask().status, 401)
        self.cloud.config.clock_offset = 0
        self.assertEqual(self.ask(X_Project_Id='t2').status, 403)
        self.cloud.config.signatures = ('otc',)
        self.assertEqual((self.ask().status, self.ask(form='otc').status), (401, 200))
        for header in ('', 'Basic x', 'SDK-HMAC-SHA256 Access=AK'):
            self.assertEqual(self.web.get(LIST, None, Authorization=header).status, 401)

    def test_what_is_signed_must_be_what_is_sent(self):
        date = aksk.sdk_date()
        headers = {'X-Sdk-Date': date}
        signature = aksk.sign('AK', 'SK', 'GET', LIST + '?limit=1', headers)
        self.assertEqual(self.web.get(LIST + '?limit=1', None, Authorization=signature, X_Sdk_Date=date).status, 200)
        self.assertEqual(self.web.get(LIST + '?limit=2', None, Authorization=signature, X_Sdk_Date=date).status, 401)


# Published by the makers of the SDKs
VECTORS_PUBLISHED = [
    ('huawei', 'AccessKey', 'SecretKey', '', '', 'GET', '/resources?size=1', '',
     {'Host': 'service.endpoint.myhuaweicloud.com', 'X-Sdk-Date': '20200608T023900Z'},
     'cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842'),
    ('huawei', 'AccessKey', 'SecretKey', '', '', 'POST', '/resources?size=1', '{"name":"test","id":1}',
     {'Host': 'service.endpoint.myhuaweicloud.com', 'X-Sdk-Date': '20200608T023900Z'},
     '436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f'),
    ('otc', 'ak', 'sk', '', '', 'GET', '/', '',
     {'Host': 'example.com', 'X-Project-Id': 'project', 'X-Sdk-Date': '19700101T000001Z'},
     'ec385090522c25504a5b574c7195ac56bf37081d90f74fc093a2676f906cb057'),
    ('otc', 'ak', 'sk', 'region', 'service', 'GET', '/', '',
     {'Host': 'example.com', 'X-Project-Id': 'project', 'X-Sdk-Date': '19700101T000001Z'},
     '8bdb0e44341d71482390afe6536fa5f3ecfa6da7956ee95d1f8a60b7ab871240'),
]


class Signatures(unittest.TestCase):
    def verified(self, access, secret, method, target, body, headers, authorization):
        named = {name.lower(): value for name, value in headers.items()}
        request = types.SimpleNamespace(method=method, target=target, body=body.encode(),
                                        headers={**named, 'authorization': authorization})
        now = 1 if headers['X-Sdk-Date'].startswith('1970') else 1591583940
        return aksk.verify(request, {access: secret}.get, now) == access

    def test_published_vectors(self):
        for form, access, secret, region, service, method, target, body, headers, expected in VECTORS_PUBLISHED:
            made = aksk.sign(access, secret, method, target, headers, body.encode(), form, region, service)
            self.assertTrue(made.endswith('Signature=' + expected))
            self.assertTrue(self.verified(access, secret, method, target, body, headers, made))

    def test_canonical_forms(self):
        self.assertEqual(aksk.canonical_path('/v2/a%20b/ü'.replace('ü', '%C3%BC')), '/v2/a%20b/%C3%BC/')
        self.assertEqual(aksk.canonical_path('/'), '/')
        self.assertEqual(aksk.canonical_query('b=2&a=x%2By&a=&c&tag=a%3Db&~=%7E'),
                         'a=&a=x%2By&b=2&c=&tag=a%3Db&~=~')


if __name__ == '__main__':
    unittest.main()
