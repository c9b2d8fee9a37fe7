"""Requests to put to two servers, made of the values of given images: sensible ones, odd ones and wrong ones."""
import random
import urllib.parse

SORT_KEYS = ('name', 'status', 'size', 'id', 'created_at', 'updated_at', 'disk_format', 'container_format', 'bogus')
COLUMNS = ('name', 'name', 'id', 'status', 'disk_format', 'container_format')
NUMBERS = ('size', 'min_ram', 'min_disk', 'virtual_size', 'size_min', 'size_max', 'min_ram_min', 'min_disk_max',
           'virtual_size_min', 'name_min', 'status_max', 'created_at_min', 'updated_at_max', 'protected_min', 'x_min')
NUMERALS = (0, 1, 512, 'x', '', '5.0', '%207', '-1', '1e3', '1_0', '0x10', '9223372036854775808', '%2B5', '.5', '5.')
CHOICES = ('visibility=all', 'visibility=shared&member_status=all', 'visibility=community', 'visibility=private',
           'visibility=', 'visibility=x', 'visibility=all&visibility=public', 'visibility=public&visibility=all',
           'visibility=bogus&visibility=public', 'os_hidden=true', 'os_hidden=TRUE', 'os_hidden=x', 'protected=true',
           'protected=1', 'protected=false&protected=true', 'member_status=pending', 'member_status=x',
           'member_status=all', 'member_status=all&member_status=pending', 'owner=t1', 'owner=')
ODD = ('limit=5&limit=5', 'limit=-1', 'limit=%205', 'limit=1_0', 'limit=0', 'limit=x', 'marker=', 'marker=bogus',
       'marker=' + 'x' * 40, 'changes-since=x', 'changes-since=', 'deleted=true', 'deleted_at=x', 'deleted_at_min=1',
       'deleted_min=0', 'properties=1', 'members=1', 'members_min=1', 'locations=1', 'get=1', 'keys=1', 'get_min=1',
       'metadata=1', '__class__=1', '__table__=1', '__foo__=1', '_sa_registry=1', 'tags=', 'tags=x86', 'tags=x',
       'tag=x86&tags=', 'tag=&tag=x86', 'checksum=x&checksum=x', 'sort=name&sort_key=id', 'sort=', 'sort=name:',
       'sort=%20name%20:asc%20', 'sort=name:asc,name:desc', 'sort_dir=asc', 'sort_dir=asc&sort_dir=desc',
       'sort_key=name&sort_key=size&sort_dir=asc', 'sort_key=name&sort_dir=asc&sort_dir=desc', 'sort_dir=x',
       'sort_key=id&sort_key=name&sort_dir=asc&sort_dir=desc', 'sort=id:asc&sort=name', 'sort=id:asc,created_at:desc',
       'a', '=', '=1', 'a=1;b=2', 'name=eq:a%3Bb', 'name=eq:Plain;limit=3', 'name=%FF',
       '%FF=1', 'name=%00', 'page=2', 'self=x', 'file=x', 'schema=x', 'next=x')
SNARES = ('plain', 'Plain', 'a,b', '"', '\\', 'x:y', '', 'é', 'in:x', '2024-01-01T00:00:00Z', '10:30:00', 'a"b')


def fixed(images):
    """Each choice and oddity by itself, each key, operator and order with the values of a few images, and each name."""
    for part in ODD:
        yield '/v2/images?' + part
    parts = [*CHOICES, *('sort=%s:%s' % (key, way) for key in SORT_KEYS for way in ('asc', 'desc'))]
    filled = [image for image in images if image['size'] and image['name'] and image['container_format']]
    pairs = [('name', operator + name) for name in sorted({image['name'] or '' for image in images}, key=len)[:80]
             for operator in ('eq:', 'in:')]
    for image in filled[::max(1, len(filled) // 3)]:
        pairs += [(key, operator + moment) for key in ('created_at', 'updated_at')
                  for moment in (image[key], image[key][:19] + 'Z')
                  for operator in ('gt:', 'gte:', 'lt:', 'lte:', 'eq:', 'neq:', '')]
        pairs += [(key, operator + image[key]) for key in COLUMNS[1:] for operator in ('eq:', 'in:', '')]
        pairs += [(key + suffix, image[key]) for key in ('size', 'virtual_size', 'min_ram', 'min_disk')
                  for suffix in ('', '_min', '_max')]
        pairs += [('tag', tag) for tag in image['tags']] + list(image['properties'].items())
        pairs += [(key, image[key]) for key in ('checksum', 'os_hash_algo', 'os_hash_value', 'owner')]
        parts.append('marker=' + image['id'])
    for part in parts + [urllib.parse.urlencode([pair]) for pair in pairs]:
        yield '/v2/images?limit=30&' + part


def questions(images, count=1000, seed=1):
    """That many paths, different for each seed."""
    rnd = random.Random(seed)
    for _ in range(count):
        if rnd.random() < 0.05:
            identifier = rnd.choice(images)['id']
            yield '/v2/images/' + rnd.choice((
                identifier, identifier.upper(), identifier + '/', identifier[:-1] + 'x', identifier + 'x'))
            continue
        parts = [_question(rnd, rnd.choice(images)) for _ in range(rnd.choice((1, 1, 1, 2, 3)))]
        parts.append(rnd.choice(('limit=1000', 'limit=1000', 'limit=7', '')))
        rnd.shuffle(parts)
        yield '/v2/images?' + '&'.join(parts)


def _question(rnd, image):
    return rnd.choice((_text, _text, _text, _list, _time, _time, _number, _tag, _property, _choice, _odd, _sort,
                       _marker))(rnd, image)


def _text(rnd, image):
    key = rnd.choice(COLUMNS)
    value = rnd.choice((image[key] or '', image[key] or '', rnd.choice(SNARES)))
    return urllib.parse.urlencode({key: rnd.choice((
        'eq:' + value, 'eq:' + value, value, 'in:' + value, 'neq:' + value, value.upper(), value + ' '))})


def _list(rnd, image):
    key = rnd.choice(COLUMNS)
    if rnd.random() < 0.3:
        value = ''.join(rnd.choice('",\\ab') for _ in range(rnd.randrange(8)))
    else:
        values = [image[key] or '', rnd.choice(SNARES), rnd.choice(SNARES)]
        rnd.shuffle(values)
        value = rnd.choice((','.join(values), '"%s"' % '","'.join(values)))
    return urllib.parse.urlencode({key: 'in:' + value})


def _time(rnd, image):
    moment = image[rnd.choice(('created_at', 'updated_at'))]
    moment = rnd.choice((moment, moment[:19] + 'Z', moment[:19], moment[:23] + 'Z', moment[:10], moment[:4],
                         moment[:7], moment[:13], moment[:16], moment[:19] + '+02:00', moment[:19] + '-0530',
                         moment[:19] + '+14', moment[:19] + '+25:00', moment.lower(), moment.replace('T', ' '),
                         moment.replace('-', '').replace(':', ''), moment.replace('.', ','), moment + 'Z',
                         moment[:26] + '999Z', moment[:18] + 'Z', moment[:5] + moment[6:], ''))
    operator = rnd.choice(('gt:', 'gte:', 'lt:', 'lte:', 'eq:', 'neq:', '', 'in:', 'GT:'))
    return urllib.parse.urlencode({rnd.choice(('created_at', 'updated_at')): operator + moment})


def _number(rnd, image):
    values = (image['size'], image['virtual_size'], image['min_ram'], image['min_disk'])
    return '%s=%s' % (rnd.choice(NUMBERS), rnd.choice(values + NUMERALS))


def _tag(rnd, image):
    tag = rnd.choice(image['tags'] or ['x86', 'lts', ''])
    return urllib.parse.urlencode({'tag': rnd.choice((tag, tag, ' %s ' % tag, tag.upper()))})


def _property(rnd, image):
    key, value = rnd.choice(list(image['properties'].items()) or [('os_distro', 'ubuntu')])
    key, value = rnd.choice((key, key, key, key.upper())), rnd.choice((value, value, ''))
    return urllib.parse.urlencode({key: value or ''})


def _choice(rnd, image):
    return rnd.choice(CHOICES)


def _odd(rnd, image):
    return rnd.choice(ODD)


def _sort(rnd, image):
    keys = [rnd.choice(SORT_KEYS) for _ in range(rnd.choice((1, 1, 2, 3)))]
    return 'sort=' + ','.join(key + rnd.choice((':asc', ':asc', ':desc', '')) for key in keys)


def _marker(rnd, image):
    return 'marker=' + image['id']
