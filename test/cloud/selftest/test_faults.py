"""Proves that every fault does to the bytes on the wire what it says."""
import http.client
import json
import socket
import threading
import time
import unittest
import zlib

from cloud import Cloud
from cloud.faults import FAULTS
from .web import Web

TOKEN = {'X-Auth-Token': 'u-t1:t1:member'}


class FaultTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud(images=100).start()

    @classmethod
    def tearDownClass(cls):
        cls.cloud.stop()

    def setUp(self):
        self.cloud.clear()
        self.web = Web(self.cloud.url)

    def tearDown(self):
        self.web.close()

    def page(self, path='/v2/images?limit=5'):
        return self.web.get(path).json

    def raw(self, path='/v2/images?limit=5'):
        """Everything the server sends until it closes, head and body apart."""
        with socket.create_connection(('127.0.0.1', self.cloud.port), timeout=10) as connection:
            connection.sendall(('GET %s HTTP/1.1\r\nHost: x\r\nX-Auth-Token: u-t1:t1:member\r\n\r\n' % path).encode())
            data = b''
            while True:
                part = connection.recv(65536)
                if not part:
                    break
                data += part
        return data.partition(b'\r\n\r\n')[::2]


class Selection(FaultTest):
    def test_times_skip_match(self):
        self.cloud.fault('status', status=503, times=2, skip=1, match='limit=5')
        statuses = [self.web.get(path).status for path in (
            '/v2/images?limit=5', '/v2/images?limit=6', '/v2/images?limit=5', '/v2/images?limit=5',
            '/v2/images?limit=5')]
        self.assertEqual(statuses, [200, 200, 503, 503, 200])
        self.assertEqual([record.faults for record in self.cloud.requests], [[], [], ['status'], ['status'], []])

    def test_only_lists_by_default(self):
        self.cloud.fault('status', status=500)
        self.assertEqual(self.web.get('/versions').status, 200)
        self.assertEqual(self.web.get('/v2/images').status, 500)
        self.cloud.fault('status', status=500, on='show', times=None)
        self.assertEqual(self.web.get('/versions').status, 500)
        self.assertEqual(self.web.get('/v2/images').status, 200)

    def test_mistakes_are_refused(self):
        for arguments in ({'kind': 'nosuch'}, {'kind': 'delay', 'second': 1}, {'kind': 'redirect'}):
            with self.assertRaises((ValueError, TypeError)):
                self.cloud.fault(**arguments)

    def test_every_fault_is_documented(self):
        for function in FAULTS.values():
            self.assertTrue(function.__doc__)


class Content(FaultTest):
    def test_status(self):
        self.cloud.fault('status', status=429, headers={'Retry-After': '1'}, body={'error': {'code': 429}})
        answer = self.web.get('/v2/images')
        self.assertEqual((answer.status, answer.headers['Retry-After']), (429, '1'))
        self.assertEqual(answer.json, {'error': {'code': 429}})

    def test_html(self):
        self.cloud.fault('html')
        self.assertIn(b'<html>', self.web.get('/v2/images').body)

    def test_invalid_json(self):
        self.cloud.fault('invalid_json')
        with self.assertRaises(ValueError):
            self.page()

    def test_replace(self):
        self.cloud.fault('replace', find='"images"', by='"Images"')
        self.assertIn('Images', self.page())

    def test_wrong_shapes(self):
        self.cloud.fault('wrong_shape', shape='images_object')
        self.assertIsInstance(self.page()['images'], dict)
        self.cloud.fault('wrong_shape', shape='images_missing')
        self.assertNotIn('images', self.page())
        self.cloud.fault('wrong_shape', shape='images_null')
        self.assertIsNone(self.page()['images'])
        self.cloud.fault('wrong_shape', shape='element_string')
        self.assertEqual(self.page()['images'][0], 'image')
        self.cloud.fault('wrong_shape', shape='top_array')
        self.assertIsInstance(self.page(), list)
        for shape in ('empty', 'two_values'):
            self.cloud.fault('wrong_shape', shape=shape)
            with self.assertRaises(ValueError):
                self.page()

    def test_override(self):
        self.cloud.fault('override', index=1, values={'created_at': 'yesterday', 'size': 'many'}, remove=['status'],
                         raw={'name': '"a\\u0000b"', 'checksum': b'"\xff\xfe"', 'min_ram': '1' + '0' * 400})
        body = self.web.get('/v2/images?limit=3').body
        self.assertIn(b'"\xff\xfe"', body)
        images = json.loads(body.decode('utf-8', 'replace'))['images']
        self.assertEqual((images[1]['created_at'], images[1]['name']), ('yesterday', 'a\0b'))
        self.assertEqual(images[1]['min_ram'], 10 ** 400)
        self.assertNotIn('status', images[1])
        self.assertNotEqual(images[0]['created_at'], 'yesterday')

    def test_lone_surrogate_by_id(self):
        identifier = self.page()['images'][2]['id']
        self.cloud.fault('override', id=identifier, raw={'name': r'"\ud800"'})
        self.assertIn(b'"\\ud800"', self.web.get('/v2/images?limit=5').body)

    def test_links(self):
        self.cloud.fault('members_first')
        self.assertEqual(list(self.page()), ['first', 'schema', 'next', 'images'])
        self.cloud.fault('next_link', value='http://elsewhere/v2/images?marker=x')
        self.assertEqual(self.page()['next'], 'http://elsewhere/v2/images?marker=x')
        self.cloud.fault('next_link')
        self.assertNotIn('next', self.page())
        marker = self.page()['images'][-1]['id']
        self.cloud.fault('repeat_marker')
        self.assertEqual(self.page('/v2/images?limit=5&marker=' + marker)['next'], '/v2/images?marker=' + marker)
        self.cloud.fault('same_page')
        self.assertEqual(self.page('/v2/images?limit=5&marker=' + marker)['images'][-1]['id'], marker)

    def test_huge_pages(self):
        self.cloud.fault('repeat_images', copies=3, new_ids=True)
        ids = [image['id'] for image in self.page()['images']]
        self.assertEqual((len(ids), len(set(ids))), (15, 15))
        self.cloud.fault('pad', size=1000000)
        self.assertGreater(len(self.web.get('/v2/images?limit=5').body), 1000000)

    def test_redirect(self):
        self.cloud.fault('redirect', location='http://elsewhere/', status=307)
        answer = self.web.get('/v2/images')
        self.assertEqual((answer.status, answer.headers['Location']), (307, 'http://elsewhere/'))


class Changes(FaultTest):
    def setUp(self):
        super().setUp()
        self.cloud.add(name='victim', created_at='9999-12-31T23:59:59.999999Z')

    def test_delete_marker(self):
        marker = self.page('/v2/images?limit=1')['images'][0]['id']
        self.cloud.fault('delete_marker', skip=0)
        self.assertEqual(self.web.get('/v2/images?limit=1&marker=' + marker).status, 400)
        self.assertIsNone(self.cloud.store.find(marker))

    def test_touch_marker(self):
        marker = self.page('/v2/images?limit=1&sort=updated_at:asc')['images'][0]['id']
        self.cloud.fault('touch_marker')
        page = self.page('/v2/images?limit=100&sort=updated_at:asc&marker=' + marker)
        self.assertLess(len(page['images']), 10)    # only the images of the far future are left

    def test_call(self):
        seen = []
        self.cloud.fault('call', function=lambda request: seen.append(request.query))
        self.page()
        self.assertEqual(seen, ['limit=5'])


class Transport(FaultTest):
    def test_cut(self):
        self.cloud.fault('cut', at=100)
        head, body = self.raw()
        self.assertEqual(len(body), 100)
        self.assertIn(b'Content-Length', head)
        self.cloud.fault('cut', at=-1, length=False)
        head, body = self.raw()
        self.assertNotIn(b'Content-Length', head)
        self.assertEqual(body[:1] + body[-1:], b'{"')
        self.cloud.fault('cut', at=0)
        self.assertEqual(self.raw()[1], b'')

    def test_framings(self):
        whole = self.web.get('/v2/images?limit=5').body
        self.cloud.fault('close')
        head, body = self.raw()
        self.assertEqual((body, b'Connection: close' in head), (whole, True))
        self.cloud.fault('chunked')
        self.assertEqual(self.web.get('/v2/images?limit=5').body, whole)
        self.cloud.fault('gzip')
        answer = self.web.get('/v2/images?limit=5', Accept_Encoding='gzip')
        self.assertEqual(zlib.decompress(answer.body, 31), whole)
        self.assertEqual(self.web.get('/v2/images?limit=5').body, whole)

    def test_gzip_bomb(self):
        self.cloud.fault('gzip_bomb', size=30 << 20)
        answer = self.web.get('/v2/images?limit=5')
        self.assertLess(len(answer.body), 1 << 20)
        plain = zlib.decompress(answer.body, 31)
        self.assertGreater(len(plain), 30 << 20)
        self.assertEqual(len(json.loads(plain)['images']), 5)

    def test_delay_and_trickle(self):
        self.cloud.fault('delay', seconds=0.2)
        start = time.monotonic()
        self.page()
        self.assertGreater(time.monotonic() - start, 0.19)
        self.cloud.fault('trickle', least=1, most=50)
        self.assertEqual(len(self.page()['images']), 5)

    def test_stall_until_released(self):
        self.cloud.fault('stall', at=10)
        done = []
        thread = threading.Thread(target=lambda: done.append(self.page()))
        thread.start()
        time.sleep(0.2)
        self.assertEqual(done, [])
        self.cloud.release()
        thread.join(5)
        self.assertEqual(len(done), 1)

    def test_client_leaves(self):
        self.cloud.fault('stall', at=10)
        self.web.connection.request('GET', '/v2/images', headers=TOKEN)
        self.assertTrue(self.cloud.wait_for_request())
        self.web.connection.close()
        self.assertTrue(self.cloud.wait_for_request(lambda record: record.aborted))

    def test_hang_up(self):
        self.cloud.fault('hang_up')
        head, body = self.raw()
        self.assertNotIn(b'Connection', head)
        self.assertEqual(len(json.loads(body)['images']), 5)

    def test_headers(self):
        self.cloud.fault('headers', content_length='7', date=None)
        answer = self.web.get('/v2/images?limit=5')
        self.assertEqual((answer.body, answer.headers['Date']), (b'{"image', None))

    def test_reset_and_drop(self):
        self.cloud.fault('reset')
        with self.assertRaises(ConnectionResetError):
            self.raw()
        self.cloud.fault('drop')
        with self.assertRaises(http.client.RemoteDisconnected):
            self.page()

    def test_refuse(self):
        self.page()
        self.cloud.refuse()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(('127.0.0.1', self.cloud.port))
        self.cloud.accept()
        self.web.close()
        self.assertEqual(len(self.page()['images']), 5)


if __name__ == '__main__':
    unittest.main()
