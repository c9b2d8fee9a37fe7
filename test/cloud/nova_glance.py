"""The Glance beneath a Nova: which images a list request gets, from Glance v2 (modern) or from Glance v1 (2015).

What Nova asks of Glance is not what was asked of Nova; each class here first translates and then lists.
"""
import html
import urllib.parse

from . import glance_list, isotime
from .databases import DATABASES, DatabaseError
from .glance import MEMBERS, Glance, GlanceConfig
from .glance_filters import LISTED_STATUSES
from .webob_errors import HTTPError

SUPPORTED = {'name': 'name', 'status': 'status', 'changes-since': 'changes-since', 'server': 'property-instance_uuid',
             'type': 'property-image_type', 'minRam': 'min_ram', 'minDisk': 'min_disk'}
BASE_MEMBERS = {'id', 'created_at', 'updated_at', 'tags', 'direct_url', 'self', 'file', 'schema', 'locations', *MEMBERS}
PAGE_SIZE = 20                   # what glanceclient asks for at a time
NEWEST_FIRST = [('created_at', 'desc'), ('id', 'desc')]


class NovaError(Exception):
    """To be answered with this status and message, in Nova's form."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


def filters_of(params):
    """Nova's filters, under the names by which it passes them on; the last value of each, others are dropped."""
    filters = {}
    for key, _ in params.pairs:
        if key in SUPPORTED or key.startswith('property-'):
            filters[SUPPORTED.get(key, key)] = params.last(key)
    server = filters.get('property-instance_uuid')
    if server and '/' in server:
        filters['property-instance_uuid'] = server.rsplit('/', 1)[1]
    if 'status' in filters:
        filters['status'] = filters['status'].lower()
    return filters


class GlanceV2:
    """Modern: filters go through Glance v2, operators and all, and a property's name loses more than its prefix."""
    empty_size = 0

    def __init__(self, store, tokens, database):
        self.glance = Glance(store, tokens, GlanceConfig(database=database))

    def images(self, filters, page, identity):
        """The images for one list request; page holds limit, marker and page_size as far as they were given."""
        query = urllib.parse.urlencode({**self.translate(filters), 'limit': page.get('page_size') or PAGE_SIZE})
        if page.get('marker'):
            query += '&marker=' + page['marker']           # glanceclient puts it there as it is
        try:
            pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, errors='surrogatepass')
            asked = glance_list.parse(pairs, self.glance.config, self.glance.features)
            listing, late_error = self.glance.listings.get(asked, identity)
            marker = self.glance._marker_image(asked.marker, identity) if asked.marker is not None else None
            asked.limit = page.get('limit') or len(listing.images) + 1
            return glance_list.page(asked, listing, late_error, marker)[0]
        except HTTPError as error:
            raise self.translated(error) from None

    @staticmethod
    def translate(filters):
        """The query of Nova's filters; `lstrip` takes any of the characters of "property-" from a property's name."""
        translated = {}
        for key, value in filters.items():
            if key.startswith('property-'):
                translated[key.lstrip('property-')] = value
            elif key == 'changes-since':
                translated['updated_at'] = 'gte:' + value
            else:
                translated[key] = value
        return translated

    @staticmethod
    def translated(error):
        """Glance's error as Nova reports it."""
        if error.status == 400:
            return NovaError(400, 'HTTP 400 Bad Request: ' + html.escape(error.explanation))
        if error.status in (401, 403):
            return NovaError(403, 'HTTP %d Forbidden: %s' % (error.status, html.escape(error.explanation)))
        return NovaError(500, "glanceclient.exc.HTTPInternalServerError")

    def find(self, identifier, identity):
        """The image of that id if it can be seen, or None."""
        image = self.glance._find(identifier)
        return image if image is not None and self.glance._may_see(image, identity) else None

    def complete(self, identity):
        """All that can be listed without filters."""
        return self.images({}, {}, identity)

    @staticmethod
    def properties(image):
        """What Nova calls metadata: properties that are not hidden by a member of their name."""
        return {key: value for key, value in image['properties'].items() if key not in BASE_MEMBERS}


class GlanceV1:
    """2015: literal filters, whole property names, and, with changes-since, deleted images too."""
    empty_size = None

    def __init__(self, store, tokens, database, deleted_by_id=True):
        self.store = store
        self.database = DATABASES[database]()
        self.deleted_by_id = deleted_by_id
        self.glance = Glance(store, tokens, GlanceConfig(version='v2.2'))    # no community, no hidden ones
        self.features = self.glance.features

    def images(self, filters, page, identity):
        tests = self._tests(filters)
        with_deleted = 'changes-since' in filters
        images = [image for image in self._visible(identity, with_deleted) if all(test(image) for test in tests)]
        listing = glance_list.Listing(images, NEWEST_FIRST, self.database)
        marker = None
        if page.get('marker'):
            marker = self._marker(page['marker'], identity, with_deleted)
        return listing.after(marker, page.get('limit') or len(images))

    def _visible(self, identity, with_deleted):
        """Every share counts, accepted or not; a deleted image is shared with nobody any more."""
        def shown(image):
            return with_deleted or (not image.get('deleted') and image['status'] in LISTED_STATUSES)

        images = [{**image, 'members': {}} if image.get('deleted') else image for image in self.store.images]
        return glance_list.visible(filter(shown, images), identity, 'all', None, self.features)

    def _tests(self, filters):
        text = self.database.text
        tests = []
        for key, value in filters.items():
            if key.startswith('property-'):
                tests.append(self._has_property(text(key[9:]), text(value)))
            elif key == 'changes-since':
                tests.append(self._changed_since(value))
            elif key in ('min_ram', 'min_disk'):
                tests.append(self._number(key, value))
            else:
                tests.append(lambda image, key=key, wanted=text(value):
                             image[key] is not None and text(image[key]) == wanted)
        return tests

    def _has_property(self, key, value):
        text = self.database.text
        return lambda image: any(held is not None and text(name) == key and text(held) == value
                                 for name, held in self.properties(image).items())

    def _changed_since(self, value):
        """Exclusive, unlike the modern one's."""
        try:
            threshold = isotime.parse(value)
        except isotime.BadTime:
            raise NovaError(400, '400 Bad Request\nUnrecognized changes-since value\n   (HTTP 400)') from None
        except isotime.TimeOutOfRange:
            raise NovaError(500, 'HTTPInternalServerError') from None
        stored = self.database.stored_time
        return lambda image: stored(image['updated_at']) > threshold

    def _number(self, key, value):
        if key == 'min_ram' and not (value.lstrip('+').isdecimal()):
            raise NovaError(400, '400 Bad Request\nBad value passed to filter min_ram got %s\n   (HTTP 400)' % value)
        try:
            number = self.database.number_equal_to(key, value)
        except DatabaseError:
            raise NovaError(500, 'HTTPInternalServerError') from None
        return lambda image: number is not None and image[key] == number

    def _marker(self, identifier, identity, with_deleted):
        image = self.find(identifier, identity)
        if image is None or (image.get('deleted') and not with_deleted):
            raise NovaError(400, '400 Bad Request\nInvalid marker. Image could not be found.\n   (HTTP 400)')
        return image

    def find(self, identifier, identity):
        image = self.store.find(identifier)
        if image is None or (image.get('deleted') and not self.deleted_by_id):
            return None
        visible = self.glance._may_see(
            {**image, 'visibility': 'public' if image['visibility'] == 'public' else 'shared'}, identity)
        return image if visible else None

    def complete(self, identity):
        return self.images({}, {}, identity)

    @staticmethod
    def properties(image):
        """Deleting an image deletes its properties."""
        return {} if image.get('deleted') else image['properties']
