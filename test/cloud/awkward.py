"""What a client stumbles over: values that a Glance really accepts and stores, mixed into generated images.

Not here: what Glance refuses to store (NUL in PostgreSQL, characters beyond the first plane) and what is no valid
JSON value of its member; those are faults (faults.override).
"""
from . import isotime

# By what they try
NAMES = (
    # case, accents and trailing blanks, which loose collations ignore
    'plain', 'Plain', 'PLAIN', 'plain ', ' plain', 'é', 'É', 'e', 'e\u0301', 'ß', 'ss', 's', 'straße', 'STRASSE',
    'ı', 'I', 'i', 'æ', 'ae', 'Å', 'a', 'Z', '日本語', '\u200b',
    # the quoting of in: lists
    'a,b', 'a"b', 'a\\b', '"quoted"', ',', ',,', 'a,', '"', 'x"y,z"w', 'back\\"slash', "it's", '\\', '""',
    # operators, and colons that are none
    'in:x', 'eq:x', 'eq:eq:x', 'neq:x', 'gte:5', 'foo:bar', ':', 'a:', ':a', 'http://x/y?z=1&w=2#f',
    # times, which decide whether a colon is an operator's
    '2024-01-01T00:00:00Z', '2024-01-01', '2024-01-01T00:00:00', '00:00', '10:30:00',
    # wildcards and URL syntax
    '100%', '100_', '1005', 'a_b', 'axb', 'a+b', 'a b', 'a/b', '%41', '%', '&', 'a=b', '?', '#', ';', '[x]', '{y}',
    # what is mistaken for nothing or for a number
    '', 'null', 'None', 'NULL', '0', '00', 'true', '-', '_', '~', '1e3', 'NaN',
    # white space and length
    'tab\there', 'line\nbreak', ' ', '\u00a0', 'n' * 255, '語' * 255,
)
TAGS = (['x86', 'lts'], ['x86', 'Comma,Tag', 'sp ace'], ['arm'], ['X86'], [' lead'], ['trail '], [''], ['é', 'É'],
        ['a&b=c', 'x:y'], ['"q"', 'back\\slash', '{}'], ['NULL', 'null'], ['t' * 255], ['x86', 'X86'],
        ['tag%d' % number for number in range(60)])
PROPERTIES = (
    {'cores_min': '2', 'weird:key': 'v', 'deleted_by': 'me'}, {'empty_prop': ''}, {'os_distro': 'Ubuntu'},
    {'os_distro': 'ubuntu '}, {'os_distro': 'in:ubuntu,debian'}, {'os_distro': ''}, {'os_version': '5'},
    {'A B': '1', 'a=b': '2', 'a&b': '3', 'a+b': '4'}, {'é': 'é', 'Upper': 'U', 'upper': 'u'},
    {'next': '7', 'filters': '7', 'is_public': '7', 'marker': '7', 'limit': '7', 'sort': 'name', 'page': '2'},
    {'metadata': '7', 'keys': '7', 'items': '7', 'get': '7', 'registry': '7'}, {'properties': '{}', 'members': '7'},
    {'size_min': '5', 'x_max': '5', 'created_at_min': '5'}, {'': 'empty key'}, {'__class__': 'x'},
    {'kernel_id': None, 'ramdisk_id': None}, {'padded': ' x ', 'percent': '100%', 'lines': 'a\nb'},
    {'yes': 'true', 'five': '5', 'json': '{"a": [1, "2"]}', 'quote': '"'}, {'k' * 255: 'v' * 4000},
    {'images': '[]', 'first': '/v2/images', 'name_': 'x', 'ID': 'x', 'Name': 'x'},
    {'architecture': 'X86_64', 'os_type': 'Linux', 'image_type': ''},
)
SIZES = (0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 1, 2 ** 63 - 1)
SMALL = (0, 1, 5, 10, 512, 2 ** 31 - 1)
# Groups within one displayed second, with and without microseconds, and far ends
TIMES = (
    '2024-02-29T12:00:00.000000Z', '2024-02-29T12:00:00.000001Z', '2024-02-29T12:00:00.500000Z',
    '2024-02-29T12:00:00.999999Z', '2024-02-29T12:00:01.000000Z', '2024-02-29T11:59:59.999999Z',
    '2023-12-31T23:59:59.999999Z', '2024-01-01T00:00:00.000000Z', '2024-03-31T01:30:00.250000Z',
    '1969-12-31T23:59:59.900000Z', '1999-12-31T23:59:59.000000Z', '2038-01-19T03:14:08.000000Z',
    '9999-12-31T23:59:59.999999Z', '1582-10-10T00:00:00.123456Z',
)
DISK_FORMATS = ('qcow2', 'raw', 'iso', 'vmdk', 'vhd', 'vhdx', 'vdi', 'ploop')
AMAZON = ('ami', 'aki', 'ari')


def spoil(images, rnd, projects):
    """Makes a good part of the images awkward, each in a few ways, the first ones by name."""
    for at, image in enumerate(images):
        if at < len(NAMES):
            image['name'] = NAMES[at]
            image['visibility'] = 'public' if at % 4 else 'shared'
        elif at % 17 == 0:
            image['name'] = None
        elif at % 13 == 0:
            image['name'] = rnd.choice(NAMES)
        if at % 5 == 0:
            image['tags'] = list(TAGS[at // 5 % len(TAGS)])
        if at % 6 == 1:
            image['properties'] = {**image['properties'], **PROPERTIES[at // 6 % len(PROPERTIES)]}
        elif at % 6 == 2:
            image['properties'] = dict(PROPERTIES[rnd.randrange(len(PROPERTIES))])
        if at % 7 == 3:
            _times(image, rnd)
        if at % 8 == 5:
            image['size'] = rnd.choice(SIZES)
            image['virtual_size'] = rnd.choice(SIZES)
            image['min_ram'], image['min_disk'] = rnd.choice(SMALL), rnd.choice(SMALL)
        if at % 9 == 4:
            _unfinished(image)
        elif at % 9 == 7:
            image['disk_format'] = rnd.choice(DISK_FORMATS)
            image['container_format'] = rnd.choice(('bare', 'ovf', 'ova', 'docker', 'compressed'))
        elif at % 9 == 8:
            image['disk_format'] = image['container_format'] = rnd.choice(AMAZON)
        if at % 11 == 6:
            image['os_hidden'] = True
        if at % 10 == 9:
            image['protected'] = True
        if at % 23 == 22:
            image['owner'] = None
        if image['visibility'] == 'shared' and image['owner']:
            image['members'] = {project: ('accepted', 'pending', 'rejected')[(at // 4) % 3]
                                for project in projects if project != image['owner']}
        elif image['visibility'] != 'shared':
            image['members'] = {}


def _times(image, rnd):
    image['created_at'] = rnd.choice(TIMES)
    image['updated_at'] = rnd.choice((image['created_at'], image['updated_at'], *TIMES))
    image['updated_at'] = max(image['updated_at'], image['created_at'])
    assert isotime.is_time(image['created_at'])


def _unfinished(image):
    """As after POST: registered, nothing uploaded, no formats."""
    image.update(status='queued', size=None, virtual_size=None, checksum=None, os_hash_algo=None, os_hash_value=None,
                 disk_format=None, container_format=None)
