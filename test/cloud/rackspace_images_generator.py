"""Images as Rackspace had them about 2015: base images with their many properties, and snapshots of servers.

The members are those of images.py. Base images that reached their end of life are os_hidden: no list shows them, but
they can be had by id.
"""
import datetime
import random

from . import awkward, images, isotime

plain_image = images.plain_image
FIRST_DAY = datetime.datetime(2012, 3, 1, tzinfo=isotime.UTC)
SECONDS = int((datetime.datetime(2016, 6, 1, tzinfo=isotime.UTC) - FIRST_DAY).total_seconds())
SYSTEMS = (                      # name, os_distro, org.openstack__1__os_distro, version, vm_mode, least disk and memory
    ('Ubuntu 14.04 LTS (Trusty Tahr) (PVHVM)', 'ubuntu', 'com.ubuntu', '14.04', 'hvm', 20, 512),
    ('Ubuntu 14.04 LTS (Trusty Tahr) (PV)', 'ubuntu', 'com.ubuntu', '14.04', 'xen', 20, 512),
    ('Ubuntu 12.04 LTS (Precise Pangolin) (PVHVM)', 'ubuntu', 'com.ubuntu', '12.04', 'hvm', 20, 512),
    ('Ubuntu 15.10 (Wily Werewolf) (PVHVM)', 'ubuntu', 'com.ubuntu', '15.10', 'hvm', 20, 512),
    ('CentOS 7 (PVHVM)', 'centos', 'org.centos', '7', 'hvm', 20, 512),
    ('CentOS 6 (PV)', 'centos', 'org.centos', '6.6', 'xen', 20, 512),
    ('Debian 8 (Jessie) (PVHVM)', 'debian', 'org.debian', '8', 'hvm', 20, 512),
    ('Debian 7 (Wheezy) (PVHVM)', 'debian', 'org.debian', '7', 'hvm', 20, 512),
    ('Fedora 22 (PVHVM)', 'fedora', 'org.fedoraproject', '22', 'hvm', 20, 512),
    ('Red Hat Enterprise Linux 7 (PVHVM)', 'rhel', 'com.redhat', '7', 'hvm', 20, 512),
    ('Scientific Linux 6 (PVHVM)', 'scientificlinux', 'org.scientificlinux', '6', 'hvm', 20, 512),
    ('CoreOS (Stable)', 'com.coreos', 'com.coreos', '766.4.0', 'hvm', 20, 512),
    ('FreeBSD 10', 'freebsd', 'org.freebsd', '10', 'hvm', 20, 512),
    ('Gentoo 15.3 (PVHVM)', 'gentoo', 'org.gentoo', '15.3', 'hvm', 20, 512),
    ('Vyatta Network OS 6.7R9', 'vyatta', 'com.vyatta', '6.7R9', 'xen', 20, 1024),
    ('Windows Server 2012 R2', 'windows', 'com.microsoft.server', '2012.2', 'hvm', 40, 1024),
    ('Windows Server 2008 R2 SP1 + SQL Server 2012 SP1 Web', 'windows', 'com.microsoft.server', '2008.2', 'hvm', 40,
     2048),
    ('OnMetal - Ubuntu 14.04 LTS (Trusty Tahr)', 'ubuntu', 'com.ubuntu', '14.04', 'metal', 20, 512),
)
SERVERS = ('web1', 'db-master', 'voweb1-firstimage', 'Daily-wordpress.example.com', 'weekly_backup', 'mail')
OWNER = '657197'                 # of the base images
STATUSES = ('active',) * 17 + ('queued', 'saving', 'active')


def generate(count, seed=1, mode='varied', projects=images.PROJECTS):
    if mode not in ('believable', 'varied'):
        raise ValueError('mode is believable or varied, not %r' % mode)
    rnd = random.Random('%s rackspace %s' % (seed, mode))
    made = [_base(rnd) if rnd.random() < 0.55 else _snapshot(rnd, projects) for _ in range(count)]
    if mode == 'varied':
        awkward.spoil(made, rnd, projects)
        for image in made:                         # what 2014 did not have yet
            if image['visibility'] == 'community':
                image['visibility'] = 'private'
            image.update(os_hash_algo=None, os_hash_value=None)
    return made


def _common(rnd):
    name, distro, vendor, version, mode, disk, ram = rnd.choice(SYSTEMS)
    created = FIRST_DAY + datetime.timedelta(seconds=rnd.randrange(SECONDS), microseconds=rnd.randrange(1000000))
    updated = created + datetime.timedelta(seconds=rnd.randrange(90, 4000000), microseconds=rnd.randrange(1000000))
    windows = distro == 'windows'
    return {
        'id': images.random_uuid(rnd), 'name': name, 'status': 'active', 'visibility': 'public', 'owner': OWNER,
        'size': rnd.randrange(200 << 20, (9 if windows else 2) << 30), 'virtual_size': None, 'min_disk': disk,
        'min_ram': ram, 'protected': False, 'os_hidden': False, 'checksum': '%032x' % rnd.getrandbits(128),
        'os_hash_algo': None, 'os_hash_value': None, 'disk_format': 'vhd', 'container_format': 'ovf',
        'created_at': isotime.stored(created), 'updated_at': isotime.stored(updated), 'tags': [], 'members': {},
        'properties': {'os_distro': distro, 'os_type': 'windows' if windows else 'linux', 'vm_mode': mode,
                       'org.openstack__1__os_distro': vendor, 'org.openstack__1__os_version': version,
                       'org.openstack__1__architecture': 'x64',
                       'auto_disk_config': rnd.choice(('disabled', 'True', 'False')),
                       'flavor_classes': '*,!onmetal' if mode != 'metal' else 'onmetal'},
    }


def _base(rnd):
    image = _common(rnd)
    build = image['created_at']
    image['os_hidden'] = rnd.random() < 0.08
    properties = image['properties']
    properties.update(image_type='base', cache_in_nova='True')
    properties.update({'com.rackspace__1__' + key: value for key, value in (
        ('build_core', '1'), ('build_managed', rnd.choice('01')), ('build_rackconnect', '1'), ('options', '0'),
        ('platform_target', 'PublicCloud'), ('release_build_date', build[:10] + '_' + build[11:19].replace(':', '-')),
        ('release_id', str(rnd.randrange(200, 1010))), ('release_version', str(rnd.randrange(1, 14))),
        ('source', 'kickstart'), ('visible_core', '1'), ('visible_managed', rnd.choice('01')),
        ('visible_rackconnect', '1'))})
    return image


def _snapshot(rnd, projects):
    image = _common(rnd)
    image['name'] = '%s-%d' % (rnd.choice(SERVERS), rnd.randrange(1390000000, 1460000000))
    image['owner'] = rnd.choice(projects)
    image['visibility'] = 'shared' if rnd.random() < 0.2 else 'private'
    image['status'] = rnd.choice(STATUSES)
    if image['status'] != 'active':
        image.update(size=None, checksum=None)
    if image['visibility'] == 'shared':
        image['members'] = {project: rnd.choice(('accepted', 'pending', 'rejected')) for project in projects
                            if project != image['owner']}
    image['properties'].update(
        image_type='snapshot', instance_uuid=images.random_uuid(rnd), base_image_ref=images.random_uuid(rnd),
        instance_type_flavorid='general1-1', instance_type_memory_mb='1024', instance_type_root_gb='20',
        instance_type_rxtx_factor='200', user_id=str(rnd.randrange(100000, 200000)))
    return image
