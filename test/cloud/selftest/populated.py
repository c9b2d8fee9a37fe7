"""The 300 images with which the real servers of the transcripts were filled, rebuilt from the same random seed.

Ids and times are our own: those of the real run are not to be had.
"""
import datetime
import hashlib
import random

from cloud import images, isotime

DISK_FORMATS = ('qcow2', 'raw', 'iso', 'vmdk', 'vhd', 'vdi', 'ami')
PREFIXES = ['img', 'Img', 'IMG', 'vm_image', 'vm image']
CONTAINERS = ['bare', 'ovf', 'ova', 'docker']
SYSTEMS = ['ubuntu', 'debian', 'centos', 'Ubuntu', 'fedora', 'windows']
NAMES = ['plain', 'Plain', 'PLAIN', 'plain ', ' plain', 'a,b', 'a"b', 'a\\b', '"quoted"', "it's", '100%', '100_',
         '1005', 'a_b', 'axb', 'in:x', 'eq:x', 'eq:eq:x', 'foo:bar', 'http://x/y?z=1&w=2#f', 'a+b', 'a b', 'a/b', 'é',
         'É', 'e', 'e\u0301', 'ß', 'ss', '日本語', 'straße', 'STRASSE', '2024-01-01T00:00:00Z', '2024-01-01',
         '2024-01-01T00:00:00', 'null', 'None', '0', '00', '', 'ı', 'I', 'i', 'Z', 'a', '_', '-', '~', 'æ', 'ae',
         'tab\there', ',', ',,', 'a,', '"', 'x"y,z"w', 'back\\"slash']
START = datetime.datetime(2026, 11, 21, 6, 31, 11, 123456, tzinfo=isotime.UTC)


def populated(count=300):
    rnd = random.Random(42)
    ids = random.Random(7)
    return [_image(at, rnd, ids) for at in range(count)]


def _image(at, rnd, ids):
    visibility = ('private', 'public', 'shared', 'community', 'private')[at % 5]
    owner, other = ('t1', 't2') if at % 3 else ('t2', 't1')
    created = isotime.stored(START + datetime.timedelta(microseconds=43211 * at))
    image = images.plain_image(
        id=images.random_uuid(ids), owner=owner, status='queued', size=None, name=None, disk_format=None,
        container_format=None, min_ram=(0, 512, 1024, 2048)[at % 4], min_disk=(0, 1, 5, 10, 20)[at % 5],
        created_at=created)
    if at < len(NAMES):
        image['name'], visibility = NAMES[at], 'public'
    elif at % 17:
        image['name'] = '%s-%03d' % (rnd.choice(PREFIXES), at % 150)
    image['visibility'] = visibility
    disk_format = DISK_FORMATS[at % 7]
    if disk_format == 'ami':
        image['disk_format'] = image['container_format'] = 'ami'
    elif at % 11:
        image['disk_format'], image['container_format'] = disk_format, rnd.choice(CONTAINERS)
    if at % 4 == 0:
        image['tags'] = ['x86', 'lts'] if at % 8 else ['x86', 'Comma,Tag', 'sp ace']
    elif at % 9 == 0:
        image['tags'] = ['arm']
    image['protected'] = at % 10 == 0
    image['os_hidden'] = at % 13 == 0
    properties = image['properties']
    if at % 2 == 0:
        properties.update(os_distro=rnd.choice(SYSTEMS), os_version='%d.04' % (at % 5))
    if at % 6 == 0:
        properties['hw_disk_bus'] = 'virtio'
    if at % 19 == 0:
        properties['empty_prop'] = ''
    if at % 23 == 0:
        properties.update({'cores_min': '2', 'weird:key': 'v', 'deleted_by': 'me'})
    if image['disk_format'] and at % 3 != 2:
        _upload(image, b'x' * (at * 7 % 2000))
        if at % 12 == 0:
            image['status'] = 'deactivated'
        elif at % 12 == 1:
            properties['note'] = 'upd'
    if visibility == 'shared':
        image['members'] = {other: ('pending', 'accepted', 'rejected')[at // 5 % 3]}
    return image


def _upload(image, content):
    image.update(status='active', size=len(content), checksum=hashlib.md5(content).hexdigest(), os_hash_algo='sha512',
                 os_hash_value=hashlib.sha512(content).hexdigest())
    if image['disk_format'] == 'raw' and image['container_format'] == 'bare':
        image['virtual_size'] = len(content)
