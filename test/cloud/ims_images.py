"""Images as Huawei Cloud's and OTC's image service has them: public ("gold"), market, private, shared ones.

The members are those of images.py (no owner is None here); visibility is public, private or shared; properties holds
everything else exactly as shown: numbers and booleans as text, now and then a null. `registered` false hides an image
from ordinary users.
"""
import datetime
import random

from . import awkward, images, isotime

FIRST_DAY = datetime.datetime(2016, 6, 1, tzinfo=isotime.UTC)
SECONDS = int((datetime.datetime(2026, 7, 1, tzinfo=isotime.UTC) - FIRST_DAY).total_seconds())
GIGABYTE = 1 << 30
PUBLIC_OWNER = '1bed856811654c1cb661a6ca845ebc77'
MARKET_OWNER = '055ae22e000025062fe1c00d2c57a287'
EMPTY_CHECKSUM, DUMMY_CHECKSUM = 'd41d8cd98f00b204e9800998ecf8427e', '99914b932bd37a50b983c5e7c90ae93b'
ENTERPRISE = 'ee9bd2a7-3c3a-4d5b-9d0a-1c41f0f3e8d2'
SYSTEMS = (                      # platform, version, os type, bits
    ('CentOS', 'CentOS 7.3 64bit', 'Linux', '64'), ('CentOS', 'CentOS 7.9 64bit', 'Linux', '64'),
    ('CentOS', 'CentOS 6.8 32bit', 'Linux', '32'), ('Ubuntu', 'Ubuntu 14.04 server 64bit', 'Linux', '64'),
    ('Ubuntu', 'Ubuntu 18.04 server 64bit', 'Linux', '64'), ('Ubuntu', 'Ubuntu 22.04 server 64bit', 'Linux', '64'),
    ('Debian', 'Debian GNU/Linux 11.1.0 64bit', 'Linux', '64'), ('EulerOS', 'EulerOS 2.5 64bit', 'Linux', '64'),
    ('openEuler', 'openEuler 20.03 64bit', 'Linux', '64'), ('Fedora', 'Fedora 30 64bit', 'Linux', '64'),
    ('SUSE', 'SUSE Enterprise 12 SP5 64bit', 'Linux', '64'), ('OpenSUSE', 'OpenSUSE 42.3 64bit', 'Linux', '64'),
    ('Oracle Linux', 'Oracle Linux Server release 7.6 64bit', 'Linux', '64'),
    ('CoreOS', 'CoreOS 1800.1.0 64bit', 'Linux', '64'), ('Red Hat', 'Redhat Linux Enterprise 8.2 64bit', 'Linux', '64'),
    ('Windows', 'Windows Server 2016 Standard 64bit', 'Windows', '64'),
    ('Windows', 'Windows Server 2012 R2 Datacenter 64bit', 'Windows', '64'), ('Other', 'Other(64 bit)', 'Other', '64'),
)
FEATURES = '{"onekey_resetpasswd": "true", "nic_hotplug": "true", "disk_hotplug": "true", "user_data": "true"}'
SUPPORT = ('__support_kvm', '__support_xen', '__support_largememory', '__support_diskintensive',
           '__support_highperformance', '__support_xen_hana', '__support_kvm_infiniband', '__support_fc_inject',
           '__support_arm', '__support_amd', '__support_kvm_hi1822_hisriov')
PRIVATE_NAMES = ('web-backup', 'ecs-image-%d', 'full-ecs-%d', '测试镜像_%d', 'data-disk', 'golden-%d', 'agent')
TAGS = ([], [], [], ['env=prod'], ['env=test', 'team=web'], ['env.old'], ['a=b=c'], ['key='], ['名=值'])
TYPES = ('gold',) * 9 + ('market',) * 3 + ('private',) * 6 + ('shared',) * 3
STATUSES = ('active',) * 17 + ('queued', 'saving', 'killed')

# What only a careful reader survives: members of other types or of no value, names that are almost others
PROPERTIES = (
    {'__image_size': '0', '__whole_image': 'true'}, {'__whole_image': 'false', '__lazyloading': 'True'},
    {'__data_origin': None, '__backup_id': '', '__productcode': ''}, {'max_ram': '', '__sequence_num': '0'},
    {'max_ram': 4096}, {'__os_bit': '', '__description': 'line\nbreak "quoted" 描述'},
    {'__support_xen_gpu_type': 'M60_vGPU', '__support_kvm_gpu_type': 'P2V100'}, {'__support_kvm': 'false'},
    {'__system__cmkid': 'fd7cb6b2-3b3d-4b6b-9b3f-5c6c9d5e6f70', '__root_origin': 'file'},
    {'hw_vif_multiqueue_enabled': 'true', 'hw_firmware_type': 'uefi', 'architecture': 'arm'},
    {'__system_support_market': True, '__image_displayname': 'in:x', '__account_code': ''},
    {'deleted': False, 'deleted_at': None}, {'__image_size': '9223372036854775807'}, {'__os_type': 'Other'},
    {'enterprise_project_id': ENTERPRISE}, {'enterprise_project_id': '0'}, {'enterprise_project_id': ''},
    {'__os_feature_list': '[]', '__image_location': 'eu-de', '__unknown_member': {'a': [1, None]}},
)


def generate(count, seed=1, mode='varied', projects=images.PROJECTS):
    if mode not in ('believable', 'varied'):
        raise ValueError('mode is believable or varied, not %r' % mode)
    rnd = random.Random('%s ims %s' % (seed, mode))
    made = [_believable(rnd, rnd.choice(TYPES), projects) for _ in range(count)]
    if mode == 'varied':
        _spoil(made, rnd)
    return made


def _believable(rnd, kind, projects):
    platform, version, os_type, bits = rnd.choice(SYSTEMS)
    created = FIRST_DAY + datetime.timedelta(seconds=rnd.randrange(SECONDS), microseconds=rnd.randrange(1000000))
    updated = created + datetime.timedelta(seconds=rnd.randrange(4000000), microseconds=rnd.randrange(1000000))
    offered = kind in ('gold', 'market')
    identifier = images.random_uuid(rnd)
    name = version if kind == 'gold' else rnd.choice(PRIVATE_NAMES)
    properties = {'__image_source_type': 'uds', '__isregistered': 'true', '__os_type': os_type, '__platform': platform,
                  '__os_version': version, '__os_bit': bits, '__imagetype': kind,
                  'virtual_env_type': rnd.choice(('FusionCompute',) * 6 + ('DataImage', 'Ironic', 'IsoImage'))}
    if kind != 'gold' or rnd.random() < 0.3:
        properties['__image_size'] = str(rnd.randrange(GIGABYTE // 4, 30 * GIGABYTE))
    if offered:
        properties['__lazyloading'] = rnd.choice(('true', 'True'))
    else:
        properties.update(__originalimagename=identifier, __backup_id='', __productcode='', hw_firmware_type='bios',
                          __data_origin=rnd.choice((None, 'file,image.vhd', 'instance,' + images.random_uuid(rnd),
                                                    'image,eu-de,' + images.random_uuid(rnd))))
        properties['max_ram'] = '0'
    if kind == 'market':
        properties.update(__productcode='%032x' % rnd.getrandbits(128), __is_offshelved=rnd.choice(('false', 'true')),
                          __account_code='', __support_agent_list=rnd.choice(('hss', 'hss,ces')))
    if rnd.random() < 0.6:
        properties['__os_feature_list'] = FEATURES
    for member in rnd.sample(SUPPORT, rnd.randrange(4)):
        properties[member] = 'true'
    status = 'active' if offered else rnd.choice(STATUSES)
    owner = {'gold': PUBLIC_OWNER, 'market': MARKET_OWNER}.get(kind) or rnd.choice(projects)
    image = {
        'id': identifier, 'name': name % rnd.randrange(1000) if '%d' in name else name, 'status': status,
        'visibility': 'public' if offered else kind, 'owner': owner, 'size': rnd.choice((0, 2)),
        'virtual_size': None if offered else 0,
        'min_disk': rnd.choice((0, 10, 40, 100)), 'min_ram': rnd.choice((0, 0, 1024, 2048)), 'protected': offered,
        'checksum': EMPTY_CHECKSUM if offered else DUMMY_CHECKSUM, 'disk_format': rnd.choice(('zvhd2', 'zvhd2', 'vhd')),
        'container_format': 'bare', 'created_at': isotime.stored(created), 'updated_at': isotime.stored(updated),
        'active_at': isotime.stored(updated) if status == 'active' and rnd.random() < 0.5 else None,
        'tags': [] if offered else list(rnd.choice(TAGS)), 'members': {}, 'registered': True, 'properties': properties,
    }
    if status != 'active':
        image.update(size=None, checksum=None)
    if kind == 'shared':
        image['members'] = {project: rnd.choice(('accepted', 'pending', 'rejected')) for project in projects
                            if project != owner}
    return image


def _spoil(made, rnd):
    for at, image in enumerate(made):
        if at < len(awkward.NAMES):
            image['name'] = awkward.NAMES[at]
        elif at % 17 == 0:
            image['name'] = None
        elif at % 13 == 0:
            image['name'] = rnd.choice(awkward.NAMES)
        if at % 5 == 1:
            image['properties'] = {**image['properties'], **PROPERTIES[at // 5 % len(PROPERTIES)]}
        if at % 7 == 3:
            image['created_at'] = rnd.choice(awkward.TIMES)
            image['updated_at'] = max(image['created_at'], rnd.choice(awkward.TIMES))
        if at % 9 == 5:
            image['tags'] = list(rnd.choice(awkward.TAGS))
        if at % 19 == 8:
            image['registered'] = False
            image['properties']['__isregistered'] = 'false'
        if at % 11 == 4:
            del image['virtual_size']              # absent rather than null
        if at % 23 == 9:                           # as old samples have it
            image['min_disk'], image['min_ram'] = 1024, 2 ** 31 - 1
        if at % 29 == 3:
            for member in ('__os_version', '__platform', '__os_bit'):
                image['properties'].pop(member, None)


def plain_image(**members):
    """An image with these members and nothing remarkable otherwise; unknown members become properties."""
    more = {'active_at': members.pop('active_at', None), 'registered': members.pop('registered', True)}
    image = images.plain_image(**{'disk_format': 'zvhd2', 'size': 0, **members})
    for member in ('os_hidden', 'os_hash_algo', 'os_hash_value'):
        del image[member]
    kind = {'public': 'gold'}.get(image['visibility'], image['visibility'])
    image['properties'] = {'__imagetype': kind, '__isregistered': 'true' if more['registered'] else 'false',
                           '__image_source_type': 'uds', **image['properties']}
    return {**image, **more}
