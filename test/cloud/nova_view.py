"""How Nova shows images: one, a list in brief or in detail, and the links in and around them."""
import json
import urllib.parse

from . import isotime

STATUSES = {'active': 'ACTIVE', 'queued': 'SAVING', 'saving': 'SAVING', 'deleted': 'DELETED',
            'pending_delete': 'DELETED', 'killed': 'ERROR'}
PROGRESS = {'queued': 25, 'saving': 50, 'active': 100}
DECODED = ('block_device_mapping', 'mappings')     # JSON in a property, shown as what it means
TRUE_WORDS = ('1', 't', 'true', 'on', 'y', 'yes')
LINKS_MAX = 1000                 # a page of more than that gets no link to the next


class View:
    """Shows images to one request. `application` is the URL up to the version, `project` is what the links repeat."""

    def __init__(self, application, project, glance_url, source):
        self.application, self.project = application, project
        self.root = application.rpartition('/')[0]
        self.glance_url = glance_url
        self.source = source

    def brief(self, image):
        return {'id': image['id'], 'name': image['name'], 'links': self._image_links(image['id'])}

    def detail(self, image):
        properties = decoded(self.source.properties(image))
        size = image['size']
        shown = {
            'id': image['id'], 'name': image['name'], 'minRam': image['min_ram'], 'minDisk': image['min_disk'],
            'metadata': properties, 'created': isotime.shown(image['created_at']),
            'updated': image['updated_at'] and isotime.shown(image['updated_at']),
            'status': STATUSES.get(image['status'], 'UNKNOWN'), 'progress': PROGRESS.get(image['status'], 0),
            'OS-EXT-IMG-SIZE:size': self.source.empty_size if size is None else size,
            'links': self._image_links(image['id']),
        }
        server = properties.get('instance_uuid')
        if server is not None:
            shown['server'] = {'id': server, 'links': self._links('servers', server)}
        if properties.get('auto_disk_config') is not None:
            is_auto = str(properties['auto_disk_config']).strip().lower() in TRUE_WORDS
            shown['OS-DCF:diskConfig'] = 'AUTO' if is_auto else 'MANUAL'
        if image.get('fault'):
            shown['fault'] = image['fault']
        return shown

    def next_link(self, path, query):
        return '%s?%s' % (join(self.application, self.project, path), query)

    def _image_links(self, identifier):
        alternate = '/'.join((self.glance_url, 'images', identifier))
        return self._links('images', identifier) + [
            {'rel': 'alternate', 'type': 'application/vnd.openstack.image', 'href': alternate}]

    def _links(self, collection, identifier):
        return [{'rel': 'self', 'href': join(self.application, self.project, collection, identifier)},
                {'rel': 'bookmark', 'href': join(self.root, self.project, collection, identifier)}]


def join(root, project, *parts):
    return '/'.join((root, project) + parts if project else (root,) + parts)


def next_query(pairs, marker):
    """The next page's query: the request's own parameters, the last of each in sorted order, and the marker."""
    params = dict(sorted(pairs))
    params['marker'] = marker
    return urllib.parse.urlencode(params, errors='surrogatepass')


def next_query_of_2015(pairs, marker):
    """All parameters as they came, the marker last, and nothing is encoded: not every such link is a valid URL."""
    kept = [pair for pair in pairs if pair[0] != 'marker']
    return '&'.join('%s=%s' % pair for pair in kept + [('marker', marker)])


def decoded(properties):
    """Raises ValueError, as Nova does, for what ought to be JSON and is not."""
    return {key: json.loads(value) if key in DECODED and isinstance(value, str) else value
            for key, value in properties.items()}


class Others(dict):
    """A page's members besides the images. `next`, which is how faults call the link, is `images_links` here."""

    def __setitem__(self, key, value):
        if key == 'next':
            key, value = 'images_links', [{'rel': 'next', 'href': value}]
        super().__setitem__(key, value)

    def pop(self, key, *default):
        return super().pop('images_links' if key == 'next' else key, *default)
