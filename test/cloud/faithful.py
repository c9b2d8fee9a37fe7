"""Compares a stand-in with the real thing: copies a real Glance's images, then asks both the same questions.

    cloud.load_from(real_url, admin_token)                    # or store.replace(copy_images(..., times=...))
    for difference in compare(real_url, cloud.url, token, questions(cloud.images)):
        print(difference)

From a shell: `/usr/bin/python3 -m cloud.faithful REAL_URL ADMIN_TOKEN TOKEN...` (in test/).
"""
import dataclasses
import json
import sqlite3
import sys
import urllib.error
import urllib.parse
import urllib.request

from . import isotime
from .images import plain_image
from .questions import questions

COLUMNS = set(plain_image()) - {'properties', 'members'} | {'locations', 'direct_url', 'stores'}
WALKS = ('limit=17', 'limit=17&sort=name:asc', 'limit=17&sort=name:desc', 'limit=17&sort=size:asc',
         'limit=17&sort=size:desc', 'limit=17&sort=disk_format:desc,size:asc', 'limit=2&tag=x86',
         'limit=17&sort=status:asc', 'limit=17&sort=updated_at:asc,name')
SHOWN_ONLY = ('self', 'file', 'schema')    # made from the id


def get(url, path, token):
    """(status, JSON value or text) of a GET."""
    request = urllib.request.Request(url.rstrip('/') + path, headers={'Accept': 'application/json'})
    if token:
        request.add_header('X-Auth-Token', token)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    try:
        return status, json.loads(body)
    except ValueError:
        return status, body.decode('utf-8', 'replace')


def walk(url, query, token):
    """Every image of a list, page by page."""
    marker = ''
    while True:
        status, page = get(url, '/v2/images?limit=1000&%s%s' % (query, marker), token)
        if status != 200:
            raise RuntimeError('%s: %s %s' % (url, status, page))
        yield from page['images']
        if 'next' not in page:
            return
        marker = '&marker=' + page['images'][-1]['id']


def copy_images(url, token, times=None):
    """All images of a Glance, read as an admin, in the form in which a stand-in stores them.

    A list shows whole seconds; times ({id: (created_at, updated_at)}, see times_from_sqlite) adds what it hides.
    """
    images = []
    for hidden in ('false', 'true'):
        for shown in walk(url, 'visibility=all&member_status=all&os_hidden=' + hidden, token):
            image = plain_image(**{key: value for key, value in shown.items() if key in COLUMNS},
                                properties={key: value for key, value in shown.items()
                                            if key not in COLUMNS and key not in SHOWN_ONLY})
            if shown['visibility'] == 'shared':
                _, answer = get(url, '/v2/images/%s/members' % shown['id'], token)
                image['members'] = {member['member_id']: member['status'] for member in answer['members']}
            if times and shown['id'] in times:
                image['created_at'], image['updated_at'] = times[shown['id']]
            images.append(image)
    return images


def times_from_sqlite(path):
    """The stored times, microseconds and all, from the database file of a Glance over SQLite."""
    with sqlite3.connect('file:%s?mode=ro' % urllib.parse.quote(path), uri=True) as database:
        return {identifier: (isotime.parse(created), isotime.parse(updated))
                for identifier, created, updated in database.execute('SELECT id, created_at, updated_at FROM images')}


@dataclasses.dataclass
class Difference:
    """What two servers disagree about."""
    path: str
    token: str
    what: str        # status, images, order, next, message or documents
    a: object
    b: object

    def __str__(self):
        return '%s [%s]: %s: %.300r / %.300r' % (self.path, self.token, self.what, self.a, self.b)


def compare(base_url_a, base_url_b, token, paths, documents=True):
    """Asks both servers the same and yields the differences; documents compares the images' JSON too."""
    for path in paths:
        (status_a, a), (status_b, b) = get(base_url_a, path, token), get(base_url_b, path, token)
        if status_a != status_b:
            yield Difference(path, token, 'status', (status_a, a), (status_b, b))
        elif isinstance(a, dict) and isinstance(b, dict):
            for what, left, right in _compare_bodies(a, b, documents):
                yield Difference(path, token, what, left, right)


def _compare_bodies(a, b, documents):
    if 'images' not in a or 'images' not in b:
        if a.get('message') != b.get('message'):
            yield 'message', a.get('message'), b.get('message')
        return
    ids_a, ids_b = ([image['id'] for image in body['images']] for body in (a, b))
    if sorted(ids_a) != sorted(ids_b):
        yield ('images', [each for each in ids_a if each not in ids_b], [each for each in ids_b if each not in ids_a])
        return
    if ids_a != ids_b:
        yield 'order', ids_a, ids_b
    for member in ('first', 'next'):
        if a.get(member) != b.get(member):
            yield member, a.get(member), b.get(member)
    if documents:
        by_id = {image['id']: image for image in b['images']}
        for image in a['images']:
            # the order of tags is the database's whim
            left, right = ({**each, 'tags': sorted(each['tags'])} for each in (image, by_id[image['id']]))
            if left != right:
                yield 'documents', _only_in(left, right), _only_in(right, left)


def _only_in(one, another):
    """The members that the other lacks or has with another value."""
    return {key: value for key, value in one.items() if key not in another or another[key] != value}


def compare_walk(base_url_a, base_url_b, token, query, pages=60):
    """Follows a list page by page on both servers, by the markers of the first."""
    path = '/v2/images?' + query
    for _ in range(pages):
        yield from compare(base_url_a, base_url_b, token, [path])
        status, page = get(base_url_a, path, token)
        if status != 200 or 'next' not in page:
            return
        path = '/v2/images?%s&marker=%s' % (query, page['images'][-1]['id'])


def main():
    from .standin import Cloud             # which imports this module
    url, admin, *tokens = sys.argv[1:]
    with Cloud(images=copy_images(url, admin)) as cloud:
        count = 0
        for token in [admin] + tokens:
            for difference in compare(url, cloud.url, token, questions(cloud.images)):
                print(difference)
                count += 1
        for query in WALKS:
            for difference in compare_walk(url, cloud.url, admin, query):
                print(difference)
                count += 1
        print('%d images, %d differences' % (len(cloud.images), count))


if __name__ == '__main__':
    main()
