"""Images for a Nova: Glance's, plus what is awkward through Nova; and Rackspace's, of which some are deleted.

Beyond the members in images.py an image may have: deleted (True: gone, but named among the changes since a time) and
fault (an object that Nova shows).
"""
import json
import random

from . import images, rackspace_images_generator

SERVER = '8f64d643-f48a-459c-a7af-717dfc7580ee'
MAPPING = [{'boot_index': 0, 'delete_on_termination': True, 'destination_type': 'volume', 'device_name': '/dev/vda',
            'source_type': 'snapshot', 'snapshot_id': 'a900a56c-61b7-4438-9150-76312fa1aa10', 'volume_size': None}]
# Keys that "property-" eats into, values that look like operators, what Nova decodes or derives from
PROPERTIES = (
    {'property-x': '1', 'os_type': 'linux', 'type': 'x', 'release': '9', 'ype': 'y', '-dash': 'd'},
    {'hw_disk_bus': 'virtio', 'trait:x': 'required', 'yes': 'no', 's_type': 'linux', 's_distro': 'ubuntu'},
    {'image_type': 'base', 'instance_uuid': SERVER}, {'image_type': 'backup', 'instance_uuid': 'not-a-uuid'},
    {'image_type': 'in:base,snapshot', 'instance_uuid': ''}, {'auto_disk_config': 'True'},
    {'auto_disk_config': 'disabled'}, {'auto_disk_config': ''}, {'block_device_mapping': json.dumps(MAPPING),
                                                               'root_device_name': '/dev/vda', 'bdm_v2': 'True'},
    {'block_device_mapping': '[]', 'mappings': '[{"virtual": "ami", "device": "sda1"}]'}, {'mappings': 'null'},
    {'status': 'ACTIVE', 'minRam': '512', 'server': 'x', 'links': '[]', 'metadata': '{}'},
)
FAULTS = ({'code': 500, 'message': 'An internal error occured', 'details': 'Error details'},
          {'code': 404, 'message': 'Could not find image 52415800-8b69-11e0-9b19-734f6f007777',
           'created': '2015-08-10T11:59:59Z'})


def generate(count, seed=1, mode='varied', projects=images.PROJECTS):
    """That many images as Glance would have them; in mode 'varied' with more that only Nova makes awkward."""
    made = images.generate(count, seed, mode, projects)
    if mode == 'varied':
        for at, image in enumerate(made):
            if at % 4 == 3:
                image['properties'] = {**image['properties'], **PROPERTIES[at // 4 % len(PROPERTIES)]}
    return made


def plain_image(**members):
    more = {key: members.pop(key) for key in ('deleted', 'fault') if key in members}
    return {**images.plain_image(**members), **more}


class Rackspace:
    """The generator of Rackspace Cloud Servers."""
    plain_image = staticmethod(plain_image)

    @staticmethod
    def generate(count, seed=1, mode='varied', projects=images.PROJECTS):
        made = rackspace_images_generator.generate(count, seed, mode, projects)
        rnd = random.Random('%s servers' % seed)
        for at, image in enumerate(made):
            image['os_hidden'] = False             # Glance v1 knows nothing of it
            if mode == 'varied' and at % 4 == 3:
                image['properties'] = {**image['properties'], **PROPERTIES[at // 4 % len(PROPERTIES)]}
            if mode == 'varied' and at % 29 == 5:
                image['fault'] = rnd.choice(FAULTS)
                image['status'] = 'saving'
            if rnd.random() < (0.12 if mode == 'varied' else 0.05):
                image.update(deleted=True, status=rnd.choice(('deleted', 'deleted', 'pending_delete')))
        return made
