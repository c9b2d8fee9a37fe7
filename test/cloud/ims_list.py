"""The parameters of GET /v2/cloudimages: which images they ask for, who sees what, in which order.

Server code is not public. What documents and captured answers leave open is a setting (IMSConfig in ims.py).
"""
import re

from . import glance_filters, isotime
from .databases import DatabaseError
from .glance_list import Listing
from .webob_errors import HTTPError

# Equality with a member of the image itself, and with one of the others
COLUMNS = ('id', 'name', 'status', 'owner', 'container_format', 'disk_format')
PROPERTIES = {
    '__imagetype', '__whole_image', '__system__cmkid', '__os_bit', '__platform', '__os_type', '__os_version',
    '__support_kvm', '__support_xen', '__support_largememory', '__support_diskintensive', '__support_highperformance',
    '__support_xen_gpu_type', '__support_kvm_gpu_type', '__support_xen_hana', '__support_kvm_infiniband',
    'virtual_env_type', 'architecture', 'flavor_id'}
SORT_KEYS = ('name', 'container_format', 'disk_format', 'status', 'id', 'size', 'created_at')
IMAGE_TYPES = ('gold', 'private', 'shared', 'market')
VISIBILITIES = ('public', 'private', 'shared')
MEMBER_STATUSES = ('accepted', 'rejected', 'pending')
TIME = re.compile(r'(gt|gte|lt|lte|eq|neq):(.*)$')
FORMATS = re.compile(r'\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ| \d\d:\d\d:\d\d)$')
COMPARE = {'gt': str.__gt__, 'gte': str.__ge__, 'lt': str.__lt__, 'lte': str.__le__, 'eq': str.__eq__,
           'neq': str.__ne__}
INVALID = 'The request message format is invalid.'


class IMSError(Exception):
    """To be answered with this status, code and message, in the service's form."""

    def __init__(self, code='IMG.0001', message=INVALID, status=400):
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Asked:
    """A list request as understood: tests, sort, limit and marker."""

    def __init__(self, pairs, config, database, limit_default):
        self.config, self.database = config, database
        self.given = dict(pairs)                   # the last value of each, but for tag
        self.tests = []
        self.limit = self._limit(limit_default)
        self.marker = self.given.get('marker') or None
        self.sort = self._sort()
        self.visibility, self.member_status = self._who()
        self._conditions([value for key, value in pairs if key == 'tag'])

    def _limit(self, default):
        limit = self._number('limit') if 'limit' in self.given else default
        most = self.config.limit_max
        if most and limit > most and self.config.over_limit == '400':
            raise IMSError()
        return min(limit, most) if most else limit

    def _number(self, key):
        text = self.given[key]
        if not re.fullmatch(r'\d{1,18}', text):
            raise IMSError()
        return int(text)

    def _sort(self):
        key, direction = self.given.get('sort_key', 'created_at'), self.given.get('sort_dir', 'desc')
        if key not in SORT_KEYS + (('updated_at',) if self.config.sorts_by_update else ()):
            raise IMSError()
        if direction not in ('asc', 'desc'):
            raise IMSError()
        return [(each, direction) for each in dict.fromkeys((key, 'created_at', 'id'))]

    def _who(self):
        visibility, member_status = self.given.get('visibility'), self.given.get('member_status')
        if visibility is not None and visibility not in VISIBILITIES:
            raise IMSError()
        if member_status is not None and (visibility != 'shared' or member_status not in MEMBER_STATUSES):
            raise IMSError()
        return visibility, member_status or 'accepted'

    def _conditions(self, tags):
        for key, value in self.given.items():
            if key in COLUMNS:
                self._equal(lambda image, key=key: image[key], value, key in glance_filters.OPERATOR_COLUMNS)
            elif key in ('created_at', 'updated_at'):
                self._time(key, value)
            elif key in ('min_ram', 'min_disk'):
                self._minimum(key, self._number(key))
            elif key == 'protected':
                self._boolean(value)
                self.tests.append(lambda image, wanted=value == 'true': image['protected'] == wanted)
            elif key == '__isregistered':
                self._boolean(value)
            elif key == 'enterprise_project_id':
                self._enterprise(value)
            elif key in PROPERTIES or (key.startswith('__support_') and key not in PROPERTIES):
                self._property(key, value)
            elif key not in ('limit', 'marker', 'sort_key', 'sort_dir', 'visibility', 'member_status', 'tag'):
                self._unknown(key, value)
        registered = self.given.get('__isregistered', 'true') == 'true'
        self.tests.append(lambda image: image.get('registered', True) == registered)
        for tag in tags if self.config.all_tags else tags[-1:]:
            self._tag(tag)

    @staticmethod
    def _boolean(value):
        if value not in ('true', 'false'):
            raise IMSError()

    def _equal(self, member, value, may_have_operator=False):
        values = [value]
        if self.config.operators and may_have_operator:      # as in the Glance that it came from
            operator, rest = glance_filters.split_operator(value)
            if operator not in ('in', 'eq'):
                raise IMSError()
            try:
                values = glance_filters.split_list(rest) if operator == 'in' else [rest]
            except HTTPError:
                raise IMSError() from None
        text = self.database.text
        wanted = {text(each) for each in values}
        self.tests.append(lambda image: isinstance(member(image), str) and text(member(image)) in wanted)

    def _property(self, key, value):
        if key == '__imagetype' and value not in IMAGE_TYPES:
            raise IMSError('IMG.0024', 'The imagetype is invalid.')
        if key == '__whole_image':
            self._boolean(value)
        self._equal(lambda image: image['properties'].get(key), value)

    def _unknown(self, key, value):
        if self.config.unknown == '400':
            raise IMSError()
        if self.config.unknown == 'property':
            self._property(key, value)

    def _minimum(self, key, number):
        if self.config.minimum == 'equal':
            self.tests.append(lambda image: image[key] == number)
        else:                                      # what needs no more than that
            self.tests.append(lambda image: image[key] <= number)

    def _time(self, key, value):
        """Whole seconds on both sides."""
        found = TIME.match(value)
        operator, text = found.groups() if found else ('eq', value)
        if not FORMATS.match(text):
            raise IMSError()
        try:
            threshold = isotime.parse(text)[:19]
        except (isotime.BadTime, isotime.TimeOutOfRange):
            raise IMSError() from None
        self.tests.append(lambda image: COMPARE[operator](image[key][:19], threshold))

    def _enterprise(self, value):
        if value == 'all_granted_eps':
            return
        self.tests.append(lambda image: (image['properties'].get('enterprise_project_id') or '0') == value)

    def _tag(self, tag):
        """Tags made before the service's upgrade are kept as key.value, but asked for as key=value."""
        text = self.database.text
        forms = {text(tag), text(tag.replace('=', '.', 1))}
        self.tests.append(lambda image: any(text(each) in forms for each in image['tags']))

    def images(self, store, identity):
        """All images asked for, in order, as a Listing."""
        found = visible(store.images, identity, self.visibility, self.member_status)
        for test in self.tests:
            found = filter(test, found)
        return Listing(list(found), self.sort, self.database)

    def page(self, listing, marker):
        try:
            return listing.after(marker, self.limit)
        except DatabaseError:
            raise IMSError() from None


def visible(images, identity, visibility=None, member_status='accepted'):
    """The images that this identity may list. "shared" is what it shares and what is shared with it."""
    mine = identity.project

    def belongs(image):
        if not image.get('registered', True) and not identity.is_admin:
            return False
        own = mine is not None and image['owner'] == mine
        received = image['visibility'] == 'shared' and image['members'].get(mine) == member_status
        if visibility is not None and image['visibility'] != visibility:
            return False
        if visibility == 'shared' and member_status != 'accepted':
            return received                        # one's own are neither pending nor rejected
        return identity.is_admin or image['visibility'] == 'public' or own or received

    return [image for image in images if belongs(image)]
