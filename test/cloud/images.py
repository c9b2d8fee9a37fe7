"""Images to fill a stand-in with: any number, the same for the same seed, believable or deliberately varied.

An image is a dict of JSON values: id, name, status, visibility, owner, size, virtual_size, min_disk, min_ram,
protected, os_hidden, checksum, os_hash_algo, os_hash_value, disk_format, container_format, created_at and updated_at
(fixed-width text with microseconds, see isotime.py), tags (list), properties (dict of custom properties), members
({project: 'accepted' | 'pending' | 'rejected'} for shared ones). It is what the service stores, not what it shows.
"""
import datetime
import random
import uuid

from . import awkward, isotime
from .catalogue import KINDS, SNAPSHOT_HOSTS

PROJECTS = ('t1', 't2')
MEGABYTE = 1 << 20
FIRST_DAY = datetime.datetime(2022, 1, 1, tzinfo=isotime.UTC)
SECONDS = int((datetime.datetime(2026, 7, 1, tzinfo=isotime.UTC) - FIRST_DAY).total_seconds())

STATUSES = (['active'] * 88 + ['queued'] * 5 + ['deactivated'] * 3 + ['saving', 'importing', 'uploading', 'active'])
UPLOADED = ('active', 'deactivated')
VISIBILITIES = ('public',) * 7 + ('private',) * 8 + ('shared',) * 3 + ('community',) * 2
MEMBER_STATUSES = ('accepted', 'pending', 'rejected')


def generate(count, seed=1, mode='varied', projects=PROJECTS):
    """That many images; mode 'believable' as a real cloud has them, 'varied' with the awkward mixed in."""
    if mode not in ('believable', 'varied'):
        raise ValueError('mode is believable or varied, not %r' % mode)
    rnd = random.Random('%s %s' % (seed, mode))
    kinds = rnd.choices(KINDS, [kind.weight for kind in KINDS], k=count)
    images = [believable(rnd, kind, projects) for kind in kinds]
    if mode == 'varied':
        awkward.spoil(images, rnd, projects)
    return images


def believable(rnd, kind, projects=PROJECTS):
    """One image of a kind of the catalogue, or a snapshot of a server that ran it."""
    pick = rnd.choice
    chance = rnd.random()
    created = FIRST_DAY + datetime.timedelta(seconds=rnd.randrange(SECONDS), microseconds=rnd.randrange(1000000))
    updated = created + datetime.timedelta(seconds=rnd.random() ** 8 * 40000000, microseconds=rnd.randrange(1, 1000000))
    version = pick(kind.versions)
    arm = chance < 0.12 and kind.system.startswith('linux')
    visibility = pick(VISIBILITIES)
    status = pick(STATUSES)
    size = rnd.randrange(kind.megabytes[0] * MEGABYTE, kind.megabytes[1] * MEGABYTE) if status in UPLOADED else None
    image = {
        'id': random_uuid(rnd),
        'name': kind.name.format(v=version, x=version.replace('.', ''), d=created.strftime('%Y%m%d'),
                                 a='aarch64' if arm else 'x86_64', b='arm64' if arm else 'amd64'),
        'status': status, 'visibility': visibility, 'owner': pick(projects),
        'size': size, 'virtual_size': pick((None, size and size + 3 * 1024 * MEGABYTE)),
        'min_disk': pick(kind.min_disk), 'min_ram': pick(kind.min_ram),
        'protected': visibility == 'public' and chance < 0.5, 'os_hidden': 0.2 < chance < 0.27,
        'checksum': size and '%032x' % rnd.getrandbits(128),
        'os_hash_algo': size and 'sha512', 'os_hash_value': size and '%0128x' % rnd.getrandbits(512),
        'disk_format': pick(kind.formats), 'container_format': 'docker' if ':' in kind.name else 'bare',
        'created_at': isotime.stored(created), 'updated_at': isotime.stored(updated),
        'tags': list(kind.tags), 'properties': _properties(kind, version, arm, chance), 'members': {},
    }
    if 0.3 < chance < 0.42 and image['disk_format'] != 'iso':
        _make_snapshot(image, rnd)
    if image['visibility'] == 'shared':
        image['members'] = {project: pick(MEMBER_STATUSES) for project in projects
                            if project != image['owner'] and rnd.random() < 0.9}
    return image


def _properties(kind, version, arm, chance):
    os_type, _, distro = kind.system.partition('/')
    if not os_type:
        return {}
    properties = {'os_type': os_type, 'os_distro': distro, 'os_version': version,
                  'architecture': 'aarch64' if arm else 'x86_64'}
    if chance > 0.4:
        properties['hw_disk_bus'] = 'scsi' if chance > 0.8 else 'virtio'
        properties['hw_qemu_guest_agent'] = 'yes'
    if os_type == 'linux' and chance > 0.5:
        properties['os_admin_user'] = distro if distro in ('ubuntu', 'debian', 'rocky') else 'cloud-user'
    if chance > 0.6:
        properties['image_type'] = 'base'
    if chance > 0.9:
        properties['trait:HW_CPU_X86_AVX2'] = 'required'
    return properties


def _make_snapshot(image, rnd):
    """Makes it an image of a server, as Nova's createImage leaves it."""
    date = image['created_at'][:10].replace('-', '')
    image['name'] = '%s-%02d-%s' % (rnd.choice(SNAPSHOT_HOSTS), rnd.randrange(1, 40),
                                    rnd.choice(('snapshot-' + date, 'snap', 'before-upgrade')))
    image.update(visibility='private', protected=False, tags=[])
    if image['size']:
        image['size'] = rnd.randrange(image['size'], 30000 * MEGABYTE)
    image['properties'].update(
        image_type='snapshot', instance_uuid=random_uuid(rnd), base_image_ref=random_uuid(rnd),
        user_id='%032x' % rnd.getrandbits(128), image_location='snapshot', image_state='available')


def random_uuid(rnd):
    """A version 4 UUID from the generator's own randomness."""
    digits = '%032x' % rnd.getrandbits(128)
    return '%s-%s-4%s-%s%s-%s' % (digits[:8], digits[8:12], digits[13:16], '89ab'[int(digits[16], 16) & 3],
                                  digits[17:20], digits[20:])


def plain_image(**members):
    """An image with these members and nothing remarkable otherwise; unknown members become custom properties."""
    now = isotime.now()
    image = {
        'id': str(uuid.uuid4()), 'name': 'image', 'status': 'active', 'visibility': 'public', 'owner': PROJECTS[0],
        'size': 1000000, 'virtual_size': None, 'min_disk': 0, 'min_ram': 0, 'protected': False, 'os_hidden': False,
        'checksum': None, 'os_hash_algo': None, 'os_hash_value': None, 'disk_format': 'qcow2',
        'container_format': 'bare', 'created_at': now, 'updated_at': None, 'tags': [], 'properties': {}, 'members': {},
    }
    image['properties'].update(members.pop('properties', {}))
    for key, value in members.items():
        if key in image or key in ('locations', 'direct_url', 'stores'):
            image[key] = value
        else:
            image['properties'][key] = value
    image['created_at'] = isotime.parse(image['created_at'])
    image['updated_at'] = isotime.parse(image['updated_at'] or image['created_at'])
    return image
