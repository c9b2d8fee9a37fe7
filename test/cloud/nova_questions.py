"""Requests to put to two Nova servers, made of the values of given images: sensible ones, odd ones and wrong ones."""
import random
import urllib.parse

from .awkward import NAMES, TIMES

QUERIES = '''
    limit=0 limit=-1 limit=x limit= limit=1.5 limit=%2B3 limit=1_0 limit=1000 limit=1001 limit=99999999999999999999
    limit=2&limit=3 limit=5&limit=10 limit=10&limit=9 page_size=3 page_size=0 page_size=x page_size=50&limit=7 offset=3
    offset=x offset=-1 marker= marker=bogus marker=a%20b marker=x%26visibility=all minRam=abc minRam= minRam=0512
    minDisk=-1 minRam=gte:5 minRam=99999999999999999999 changes-since= changes-since=x changes-since=2024
    changes-since=2024-02-29T12:00:00%2B01:00 changes-since=9999-12-31T23:59:59-05:00 server=/ server=http://h/s/
    type=in:base,snapshot status= status=SAVING status=IN:ACTIVE,QUEUED property-=1 property-visibility=all
    property-visibility=bad property-os_hidden=true property-hidden=true property-member_status=all property-tag=x86
    property-tags=x86 property-sort=name property-limit=1 property-size_min=100 property-size_max=abc property-members=1
    property-created_at=gt:2024-01-01T00:00:00Z property-changes-since=x property-properties=x name=%FF name=%00
    property-%FF=1 %FF=1 name name=plain;status=active name=a;limit=3 name=plain&name=Plain name=Plain && =x ? sort=name
    property-yes=no property-type=x property--dash=d property-dash=d property-hw_disk_bus=virtio owner=x
'''.split()
VERSIONS = ('2.1', '2.35', '2.36', '2.93', '2.94', 'latest', 'x', '2', '2.01', '')
PATHS = ('/', '/v2', '/v2.1/', '/v3', '/v1.1/images', '/v2.1/images/', '/v2.1/images/detail/', '/v2.1/images',
         '/v2.1/images/bogus', '/v2/images/detail', '/v2.1/abc/images/detail', '/v2.1//images/detail')
LIST = '/v2.1/images/detail'


def fixed():
    """Each (path, headers)."""
    for query in QUERIES:
        yield f'{LIST}?{query}', {}
    for version in VERSIONS:
        yield f'{LIST}?limit=2', {'X-OpenStack-Nova-API-Version': version}
        yield f'{LIST}?limit=2', {'OpenStack-API-Version': 'compute ' + version}
    for path in PATHS:
        for accept in ('*/*', 'application/json'):
            yield path, {'Accept': accept}


def questions(images, count=600, seed=1):
    """That many paths, different for each seed."""
    rnd = random.Random(seed)
    makers = (_name, _status, _property, _number, _time, _marker, _limit)
    for _ in range(count):
        if rnd.random() < 0.05:
            yield '/v2.1/images/' + rnd.choice(images)['id']
            continue
        pairs = [make(rnd, images) for make in rnd.sample(makers, rnd.choice((1, 1, 1, 2, 2, 3)))]
        yield f'{LIST}?{urllib.parse.urlencode(pairs)}'


def _name(rnd, images):
    names = [*NAMES] + [image['name'] or '' for image in images]
    return 'name', rnd.choice(('', '', 'eq:', 'in:')) + rnd.choice([name for name in names if len(name) < 200])


def _status(rnd, _):
    return 'status', rnd.choice(('ACTIVE', 'active', 'queued', 'in:active,saving', 'UNKNOWN', 'eq:deactivated'))


def _property(rnd, images):
    key, value = rnd.choice([pair for image in images for pair in image['properties'].items()])
    return 'property-' + key[:100], (value or '')[:200]


def _number(rnd, _):
    return rnd.choice(('minRam', 'minDisk')), rnd.choice((0, 1, 5, 10, 512, 1024, 2 ** 31 - 1))


def _time(rnd, images):
    moment = rnd.choice((rnd.choice(TIMES), rnd.choice(images)['updated_at']))
    return 'changes-since', moment[:rnd.choice((10, 19, 26))]


def _marker(rnd, images):
    return 'marker', rnd.choice(images)['id']


def _limit(rnd, _):
    return 'limit', rnd.choice((1, 2, 7, 50, 1000))
