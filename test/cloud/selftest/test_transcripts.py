"""Proves that the stand-in answers as real Glance servers did, request by request, over all three databases.

Replays the requests recorded from the real servers that do not depend on the ids and moments of that run, and compares
status, number of images, names and error texts.
"""
import ast
import collections
import json
import re
import unittest

from cloud import Cloud
from .populated import populated
from .recorded import recorded
from .web import Web

GET = re.compile(r'GET (/v2/images\S*)(?: +\[([^]]*)\])?$')
RESULT = re.compile(r"  -> (\d+) (?:(\d+) images (?:(\[.*?\]) )?(?:next=(\S+)|\(no next\))|(['\"].*))$")
COUNTED = re.compile(r'GET (/v2/images\?\S*) \[(\S+)\] -> (\d+) (.*)$')
COMPLETE = re.compile(r'(\S*) +limit=(\d+) pages=(\d+) rows=(\d+) distinct=(\d+) onepage=(\d+)')
IDS_OF_THAT_RUN = re.compile(r'[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-(?!0000)|id_max=5')
MOMENTS_OF_THAT_RUN = re.compile(r'2026-?11-?21')    # status and error text can be compared, numbers cannot


class Transcripts(unittest.TestCase):
    database, transcript = 'sqlite', 'glance-sqlite.txt'

    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud(images=populated(), database=cls.database).start()
        cls.web = Web(cls.cloud.url)
        cls.lines = recorded(cls.transcript)

    @classmethod
    def tearDownClass(cls):
        cls.web.close()
        cls.cloud.stop()

    def test_requests(self):
        compared = 0
        for line, result in zip(self.lines, self.lines[1:]):
            asked, answered = GET.match(line), RESULT.match(result)
            if not asked or not answered or IDS_OF_THAT_RUN.search(line):
                continue
            with self.subTest(line[:150]):
                self.compare(asked[1], asked[2], *answered.groups())
            compared += 1
        self.assertGreater(compared, 350)

    def compare(self, path, token, status, count, shown, following, error):
        token = None if token == 'None' else token or 'u-t1:t1:member'
        answer = self.web.get(path, token)
        self.assertEqual(answer.status, int(status))
        if error:
            self.assertEqual(answer.body.decode(), ast.literal_eval(error))
            return
        if MOMENTS_OF_THAT_RUN.search(path):
            return
        images = answer.json['images']
        self.assertEqual(len(images), int(count))
        self.assertEqual('next' in answer.json, following is not None)
        if following:
            self.assertEqual(answer.json['next'].rpartition('marker=')[0], following.rpartition('marker=')[0])
        names = json.loads(shown or '[]')
        if all(name is None or isinstance(name, str) for name in names) and self.is_ordered(path):
            member = self.shown_member(path, names)
            if member:
                self.assertEqual([image[member] for image in images[:len(names)]], names)

    def is_ordered(self, path):
        """Whether the order does not hang on ids."""
        return 'sort_key=id' not in path and 'sort=id' not in path

    @staticmethod
    def shown_member(path, names):
        if not names or re.fullmatch(r'20\d\d-.*Z', names[0] or '') and '_at=' in path:
            return None
        return 'visibility' if set(names) <= {'public', 'private', 'shared', 'community'} else 'name'

    def test_visibility(self):
        """Who sees what, counted by visibility and owner."""
        compared = 0
        for line in self.lines:
            found = COUNTED.match(line)
            if not found:
                continue
            with self.subTest(line[:120]):
                path, token, status, shown = found.groups()
                answer = self.web.get(path + '&limit=1000', token)
                self.assertEqual(answer.status, int(status))
                expected = ast.literal_eval(shown)
                if isinstance(expected, bytes):
                    self.assertEqual(answer.body, expected)
                else:
                    seen = collections.Counter((image['visibility'], image['owner']) for image in answer.json['images'])
                    self.assertEqual(dict(seen), expected)
                compared += 1
        self.assertGreater(compared, 90)

    def test_paging(self):
        """Following next to the end, also where the real one loses images, repeats them or loops for ever."""
        compared = 0
        for line in self.lines:
            found = COMPLETE.match(line)
            if not found:
                continue
            query, limit, pages, rows, distinct, _ = found.groups()
            with self.subTest(line):
                got = self.follow('limit=%s&%s' % (limit, query), int(limit))
                self.assertEqual(got[:3], (int(pages), int(rows), int(distinct)))
                self.assertEqual(got[3], 500 if ' 500 ' in line else 200)
            compared += 1
        self.assertGreater(compared, 20)

    def follow(self, query, limit):
        path, marker, ids, pages, status = '/v2/images?' + query, '', [], 0, 200
        while pages < 501:                          # where the real servers' walk gave up
            answer = self.web.get(path + marker)
            pages += 1
            status = answer.status
            if status != 200:
                break
            ids += [image['id'] for image in answer.json['images']]
            if len(answer.json['images']) < limit:
                break
            marker = '&marker=' + ids[-1]
        return pages, len(ids), len(set(ids)), status


class TranscriptsPostgreSQL(Transcripts):
    database, transcript = 'postgresql', 'glance-postgresql.txt'


class TranscriptsMariaDB(Transcripts):
    database, transcript = 'mariadb', 'glance-mariadb.txt'

    def is_ordered(self, path):
        return False                                # whole seconds, then random ids


if __name__ == '__main__':
    unittest.main()
