"""Images to fill a CloudAPI stand-in with: believable ones, and what makes them awkward; the same for the same seed.

An image is a dict of JSON values: id, name, version, state, public, owner and requirements always; os, type,
description, homepage, eula, origin, published_at (as shown, with or without milliseconds), image_size, tags (object),
files (of one), acl (list of account UUIDs), error where it has them. A member that is missing or None is not shown.
"""
import datetime
import random
import typing

from . import isotime
from .cloudapi_signin import UUID, account_uuid
from .images import PROJECTS, random_uuid

LOGINS = ('demo', 'other')         # accounts that generated images belong to, unless told otherwise
OPERATOR = account_uuid('admin')   # publishes what is public
FIRST_DAY = datetime.datetime(2013, 1, 1, tzinfo=isotime.UTC)
SECONDS = int((datetime.datetime(2026, 7, 1, tzinfo=isotime.UTC) - FIRST_DAY).total_seconds())
MEGABYTE = 1 << 20
STATES = ('active',) * 80 + ('disabled',) * 12 + ('unactivated',) * 4 + ('creating',) * 2 + ('failed',) * 2


class Kind(typing.NamedTuple):
    weight: int
    name: str
    os: str
    type: str
    versions: tuple                # {d} is the build date
    megabytes: tuple
    requirements: tuple = ({},)
    role: str = 'os'


KINDS = (
    Kind(10, 'base-64-lts', 'smartos', 'zone-dataset', ('19.4.0', '20.4.0', '21.4.1', '22.4.0', '23.4.0'), (60, 160),
         ({}, {'min_platform': {'7.0': '20141030T081701Z'}})),
    Kind(6, 'minimal-64-lts', 'smartos', 'zone-dataset', ('20.4.0', '21.4.0', '23.4.0'), (30, 90)),
    Kind(3, 'pkgbuild', 'smartos', 'zone-dataset', ('18.1.0', '21.2.0', 'trunk'), (300, 700), ({'min_ram': 2048},)),
    Kind(3, 'postgresql', 'smartos', 'zone-dataset', ('15.4.0', '21.1.0', '22.4.1'), (180, 320), ({'min_ram': 512},),
         'database'),
    Kind(8, 'ubuntu-22.04', 'linux', 'lx-dataset', ('{d}',), (120, 400), ({'brand': 'lx', 'min_ram': 256},)),
    Kind(6, 'ubuntu-24.04', 'linux', 'lx-dataset', ('{d}',), (120, 400), ({'brand': 'lx'},)),
    Kind(6, 'debian-12', 'linux', 'lx-dataset', ('{d}',), (100, 300), ({'brand': 'lx', 'min_ram': 128},)),
    Kind(4, 'alpine-3', 'linux', 'lx-dataset', ('{d}', '3.19.1', '3.20.0'), (3, 30), ({'brand': 'lx'},)),
    Kind(3, 'void-lx', 'linux', 'lx-dataset', ('{d}',), (80, 200), ({'brand': 'lx', 'max_ram': 65536},)),
    Kind(6, 'ubuntu-certified-22.04', 'linux', 'zvol', ('{d}', '{d}.1'), (300, 700),
         ({}, {'brand': 'bhyve', 'bootrom': 'uefi', 'min_ram': 1024})),
    Kind(5, 'debian-12', 'linux', 'zvol', ('{d}',), (280, 500),
         ({'brand': 'bhyve', 'bootrom': 'bios'}, {'brand': 'bhyve'})),
    Kind(3, 'rockylinux-9', 'linux', 'zvol', ('{d}',), (500, 1200), ({'brand': 'bhyve', 'min_ram': 1024},)),
    Kind(3, 'freebsd-14', 'bsd', 'zvol', ('{d}', '14.0', '14.1'), (400, 900),
         ({}, {'brand': 'bhyve', 'bootrom': 'uefi'})),
    Kind(2, 'ws2022std', 'windows', 'zvol', ('1.0', '1.1', '{d}'), (4000, 9000),
         ({'min_ram': 4096, 'max_ram': 131072, 'brand': 'bhyve', 'bootrom': 'uefi'},)),
    Kind(2, 'lxd-alpine-edge', 'linux', 'lxd', ('{d}',), (3, 60)),
    Kind(10, 'docker-layer', 'linux', 'docker', ('{x}',), (1, 400), role=''),
    Kind(2, 'firmware-tools', 'other', 'other', ('1.0', '1.2'), (1, 50), role=''),
)
CUSTOM = ('web-golden', 'db master', 'jenkins-slave', 'haproxy/edge', 'build.2024', 'erp_prod')
ERRORS = (
    ('PrepareImageDidNotRun', 'prepare-image script was not seen to run (old guest tools?)'),
    ('VmHasNoOrigin', 'cannot create an incremental image: the vm has no origin'),
    ('NotSupported', 'incremental images of incremental images are not supported'),
    ('ImgadmCrashed', 'internal detail that must not be shown'),
)

# What is awkward. The names from ~base on cannot be stored in production (see CloudapiConfig.validate), but a client that
# does not know that must not be led astray by them: some turn a comparison into another one.
NAMES = (
    'base', 'Base', 'BASE', 'base ', ' base', 'base-64', 'base-6', 'BASE-64', 'a_b', 'axb', 'a.b', 'a/b', 'a b', 'a  b',
    'a-b', 'docker', 'null', 'true', '0', '00', '-', '.', '/', ' ', '_', '1e3', 'NaN', '...', 'n' * 1024, 'zone-dataset',
    '~base', '!base', '~', '!', '~~', 'x~base', '!zvol', 'a%b', 'a+b', 'a&b=c', 'é', '日本語',
    "it's", '"q"', 'a\\b', '%41',
)
VERSIONS = ('1', '01', '1.0', '1.0.0', '1+2', '1.0+', '+', '-', '1/2', 'V1', 'v1', '20240229', '1_0', '1x0', 'null',
            '~1', '!1', '9' * 512)
TAGS = (
    {'role': 'os', 'beta': True, 'kernel_version': 4.3, 'count': 0, 'big': 9007199254740991, 'negative': -1},
    {'nested': {'a': {'b': [1, '2', False, None, {'c': 'd'}]}}, 'empty': {}, 'list': []},
    {'docker:repo': 'library/nginx', 'docker:tag:latest': True,
     'docker:config': {'Cmd': ['nginx', '-g', 'daemon off;'], 'Entrypoint': None, 'WorkingDir': ''}},
    {}, {'': 'empty key'}, {'a=b': 'c=d', 'a,b': '{x}', 'quote"': 'back\\slash'}, {'Role': 'OS', 'role': 'os'},
    {'é': '日本語 \U0001f40c', 'lines': 'a\nb\tc', 'null': 'null', 'true': 'true', 'one': '1'},
    {'tag%d' % number: number for number in range(60)},
)
# Ties, mixed precision, the edges of a day and of time
TIMES = ('2015-01-20T18:06:18Z', '2015-01-20T18:06:18.000Z', '2015-01-20T18:06:18.001Z', '2015-01-20T18:06:18.500Z',
         '2015-01-20T18:06:19Z', '2024-02-29T23:59:59.999Z', '2024-03-01T00:00:00Z', '1970-01-01T00:00:00Z',
         '1969-12-31T23:59:59.999Z', '2038-01-19T03:14:08Z', '9999-12-31T23:59:59.999Z', '2024-03-31T01:30:00.250Z')
DESCRIPTIONS = ('', 'Größe "XL", \\backslash\\, 日本語 \U0001f40c', 'two\nlines\tand a tab',
                '<b>&amp;</b> \u0085\u2028', 'd' * 10240, '[{"id": "not an image"}]', '}{][', "'; DROP TABLE images; --")
SIZES = (1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1)
REQUIREMENTS = ({'min_ram': 1, 'max_ram': 2 ** 31 - 1}, {'min_ram': 0}, {'max_ram': 128, 'brand': 'joyent-minimal'},
                {'networks': [{'name': 'net0', 'description': 'public'}], 'ssh_key': True},
                {'brand': 'bhyve', 'bootrom': 'bios'})


def generate(count, seed=1, mode='varied', projects=LOGINS):
    """That many images; mode 'believable' as a real cloud has them, 'varied' with the awkward mixed in.

    projects: the accounts that own images and that images are shared with, by login or UUID.
    """
    if mode not in ('believable', 'varied'):
        raise ValueError('mode is believable or varied, not %r' % mode)
    rnd = random.Random('cloudapi %s %s' % (seed, mode))
    logins = LOGINS if projects == PROJECTS else projects          # PROJECTS: none were asked for
    owners = [login if UUID.fullmatch(login) else account_uuid(login) for login in logins]
    kinds = rnd.choices(KINDS, [kind.weight for kind in KINDS], k=count)
    images = [_believable(rnd, kind, owners) for kind in kinds]
    if mode == 'varied':
        _spoil(images, rnd, owners)
    return images


def _believable(rnd, kind, owners):
    published = FIRST_DAY + datetime.timedelta(seconds=rnd.randrange(SECONDS), milliseconds=rnd.randrange(1000))
    custom = rnd.random() < 0.4 and kind.type != 'docker'
    state = rnd.choice(STATES) if custom or rnd.random() < 0.3 else 'active'
    image = {
        'id': random_uuid(rnd), 'name': rnd.choice(CUSTOM) if custom else kind.name,
        'version': rnd.choice(kind.versions).format(d=published.strftime('%Y%m%d'), x='%012x' % rnd.getrandbits(48)),
        'os': kind.os, 'type': kind.type, 'state': state, 'public': not custom,
        'owner': rnd.choice(owners) if custom else OPERATOR, 'requirements': dict(rnd.choice(kind.requirements)),
        'published_at': _shown(published, rnd.random() < 0.6),
        'files': [{'compression': rnd.choice(('gzip', 'gzip', 'gzip', 'bzip2', 'xz', 'none')),
                   'sha1': '%040x' % rnd.getrandbits(160),
                   'size': rnd.randrange(kind.megabytes[0] * MEGABYTE, kind.megabytes[1] * MEGABYTE)}],
    }
    if kind.type == 'zvol':
        image['image_size'] = rnd.choice((8192, 10240, 16384, 25600, 81920))
    if custom:
        image['origin'] = random_uuid(rnd)
        if rnd.random() < 0.3:
            image['acl'] = [owner for owner in owners if owner != image['owner']]
    else:
        image['description'] = 'A %s image with %s for containers and machines.' % (kind.os, kind.name)
        image['homepage'] = 'https://docs.example.com/images/%s/%s' % (kind.os, kind.name)
    if kind.role and rnd.random() < 0.8:
        image['tags'] = {'role': kind.role, 'group': kind.name}
    if kind.type == 'docker':
        image['tags'] = {'docker:id': 'sha256:%064x' % rnd.getrandbits(256), 'docker:architecture': 'amd64',
                         'docker:tag:latest': rnd.random() < 0.5, 'docker:repo': 'docker.io/library/busybox'}
    if kind.os == 'windows':
        image['eula'] = 'https://example.com/eula/%s.html' % kind.name
    _fit_state(image, rnd)
    return image


def _fit_state(image, rnd):
    """Takes away what an image in its state does not have yet."""
    if image['state'] in ('active', 'disabled'):
        return
    del image['published_at']
    if rnd.random() < 0.5 or image['state'] != 'unactivated':
        del image['files']
    if image['state'] in ('creating', 'failed'):
        for member in ('os', 'type', 'image_size', 'requirements'):
            image.pop(member, None)
        image['requirements'] = {}
    if image['state'] == 'failed':
        code, message = rnd.choice(ERRORS)
        image['error'] = {'code': code, 'message': message}


def _spoil(images, rnd, owners):
    """Makes a good part of the images awkward, the first ones by name."""
    for at, image in enumerate(images):
        if at < len(NAMES):
            image['name'] = NAMES[at]
        elif at % 13 == 0:
            image['name'] = rnd.choice(NAMES)
        if at % 5 == 1:
            image['version'] = VERSIONS[at // 5 % len(VERSIONS)]
        if at % 4 == 2:
            image['tags'] = dict(TAGS[at // 4 % len(TAGS)])
        if at % 6 == 3 and 'published_at' in image:
            image['published_at'] = TIMES[at // 6 % len(TIMES)]
        if at % 7 == 4:
            image['description'] = DESCRIPTIONS[at // 7 % len(DESCRIPTIONS)]
        if at % 8 == 5 and 'files' in image:
            image['files'][0]['size'] = SIZES[at // 8 % len(SIZES)]
        if at % 9 == 6 and image.get('type'):
            image['requirements'] = dict(REQUIREMENTS[at // 9 % len(REQUIREMENTS)])
        if at % 10 == 7:
            image['owner'] = owners[at // 10 % len(owners)]
            image['public'] = at % 3 == 0
        if at % 11 == 8:
            others = [owner for owner in owners if owner != image['owner']]
            image['acl'] = (others or owners) + [random_uuid(rnd) for _ in range(at // 11 % 3)]
        if at % 19 == 10 and image.get('type') == 'zvol':
            image['image_size'] = 2 ** 31 - 1
        if at % 12 == 11 and 'published_at' in image:
            image['state'] = ('disabled', 'unactivated', 'creating', 'failed')[at // 12 % 4]
            _fit_state(image, rnd)


def _shown(moment, precise=True):
    text = moment.strftime('%Y-%m-%dT%H:%M:%S')
    return text + ('.%03dZ' % (moment.microsecond // 1000) if precise else 'Z')


def plain_image(**members):
    """An active public image with these members and nothing remarkable otherwise; None leaves a member out."""
    image = {
        'id': random_uuid(random), 'name': 'image', 'version': '1.0.0', 'os': 'linux', 'type': 'lx-dataset',
        'state': 'active', 'public': True, 'owner': OPERATOR, 'requirements': {},
        'published_at': _shown(datetime.datetime.now(isotime.UTC)),
        'files': [{'compression': 'gzip', 'sha1': '0' * 40, 'size': 1000000}], **members}
    if not UUID.fullmatch(image['owner']):
        image['owner'] = account_uuid(image['owner'])
    return {name: value for name, value in image.items() if value is not None}
