"""Glance's image list: parameters, visibility, sorting and paging, quirks included."""
import collections
import dataclasses
import urllib.parse

from . import glance_filters
from .databases import DatabaseError
from .webob_errors import SERVER_ERROR, HTTPError

SORT_KEYS = ('name', 'status', 'container_format', 'disk_format', 'size', 'id', 'created_at', 'updated_at')
VISIBILITIES = ('community', 'public', 'private', 'shared', 'all')
OLD_VISIBILITIES = ('public', 'private', 'shared')


class Params:
    """The query's pairs, with the multi-dict manners of webob: get takes the last value, pop the first."""

    def __init__(self, pairs):
        self.pairs = list(pairs)
        self.tags = None

    def __contains__(self, key):
        return any(name == key for name, _ in self.pairs)

    def last(self, key, default=None):
        return next((value for name, value in reversed(self.pairs) if name == key), default)

    def pop_first(self, key, default=None):
        for at, (name, value) in enumerate(self.pairs):
            if name == key:
                del self.pairs[at]
                return value
        return default

    def pop_all(self, key):
        found = [value for name, value in self.pairs if name == key]
        self.remove(key)
        return found

    def remove(self, key):
        self.pairs = [pair for pair in self.pairs if pair[0] != key]

    def as_dict(self):
        return dict(self.pairs)


@dataclasses.dataclass
class ListRequest:
    """A list request as understood; what is left in params are filters."""
    params: Params
    limit: int
    marker: str
    member_status: str
    sort: list           # of (key, direction)
    links: dict          # the parameters that `first` and `next` repeat


def parse(pairs, config, features):
    """Reads and checks the parameters in the order in which Glance does."""
    params = Params(pairs)
    links = dict(params.pairs)                     # only the last of repeated ones
    links.pop('marker', None)
    limit = params.pop_first('limit')
    marker = params.pop_first('marker')
    member_status = params.pop_first('member_status', 'accepted')
    tags = [tag.strip() for tag in params.pop_all('tag')]
    visibility = params.last('visibility')
    if visibility and visibility not in (VISIBILITIES if features.community else OLD_VISIBILITIES):
        raise HTTPError(400, 'Invalid visibility value: %s' % visibility)
    if params.last('changes-since'):
        raise HTTPError(400, 'The "changes-since" filter is no longer available on v2.')
    if member_status not in ('pending', 'accepted', 'rejected', 'all'):
        raise HTTPError(400, 'Invalid status: %s' % member_status)
    limit = _limit(limit, config)
    if tags:
        params.remove('tags')
        params.tags = tags
    sort = _sort(params, features)
    if features.hidden:
        _check_boolean('os_hidden', params.last('os_hidden', 'false').lower())
    if params.last('protected') is not None:
        _check_boolean('protected', params.last('protected'))
    return ListRequest(params, limit, marker, member_status, sort, links)


def _limit(text, config):
    if text is None:
        return min(config.limit_default, config.limit_max)
    try:
        limit = int(text)
    except ValueError:
        raise HTTPError(400, 'limit param must be an integer') from None
    if limit < 0:
        raise HTTPError(400, 'limit param must be positive')
    return min(limit, config.limit_max)


def _check_boolean(key, value):
    if value not in ('true', 'false'):
        raise HTTPError(400, "Invalid value '%s' for '%s' filter. Valid values are 'true' or 'false'." % (value, key))


def _sort(params, features):
    keys, directions = [], []
    if 'sort' in params and features.sort:
        if 'sort_key' in params or 'sort_dir' in params:
            raise HTTPError(400, 'Old and new sorting syntax cannot be combined')
        for part in params.pop_first('sort').strip().split(','):
            key, _, direction = part.partition(':')
            keys.append(_sort_key(key.strip()))
            directions.append(_sort_direction((direction or 'desc').strip()))
    else:
        keys = [_sort_key(key.strip()) for key in params.pop_all('sort_key')]
        directions = [_sort_direction(direction.strip()) for direction in params.pop_all('sort_dir')]
        if len(directions) > 1 and len(directions) != len(keys):
            raise HTTPError(400, 'Number of sort dirs does not match the number of sort keys')
    keys = keys or ['created_at']
    directions = directions or ['desc']
    last_direction = 'desc'                        # of the keys that make the order total
    if len(directions) == 1:
        last_direction = directions[0]
        directions = directions * len(keys)
    for key in ('created_at', 'id'):
        if key not in keys:
            keys.append(key)
            directions.append(last_direction)
    return list(zip(keys, directions))


def _sort_key(key):
    if key not in SORT_KEYS:
        raise HTTPError(400, 'Invalid sort key: %s. It must be one of the following: %s.' % (key, ', '.join(SORT_KEYS)))
    return key


def _sort_direction(direction):
    if direction not in ('asc', 'desc'):
        raise HTTPError(400, 'Invalid sort direction: %s' % direction)
    return direction


def visible(images, identity, member_status, visibility, features):
    """The images that this identity may list. `visibility` is the filter's value, None without one."""
    mine = identity.project

    def belongs(image):
        if identity.is_admin:
            return True
        kind = image['visibility']
        if kind == 'public' or (kind == 'community' and features.community):
            return True
        if mine is not None and image['owner'] == mine:
            return True
        members = image['members']
        if kind != 'shared' or not members:
            return False
        if mine is None:                           # no project: every image shared with anyone at all
            return True
        return mine in members and member_status in ('all', members[mine])

    if not features.community:
        return [image for image in images if belongs(image) and _old_visibility(image, identity, visibility)]
    if visibility == 'all':
        return [image for image in images if belongs(image)]
    if visibility is not None:
        return [image for image in images if image['visibility'] == visibility and belongs(image)]
    return [image for image in images
            if (image['visibility'] != 'community' or (mine is not None and image['owner'] == mine)) and belongs(image)]


def _old_visibility(image, identity, visibility):
    """Before Ocata an image was public or not; "private" meant one's own, "shared" another's."""
    if visibility in (None, ''):
        return True
    public = image['visibility'] == 'public'
    if visibility == 'public':
        return public
    own = identity.is_admin or image['owner'] == identity.project
    return not public and own == (visibility == 'private')


class Listing:
    """A sorted list of images, and where in it a marker continues."""

    def __init__(self, images, sort, database):
        self.sort = sort
        self.database = database
        self.has_nulls = any(image[key] is None for key, _ in sort for image in images)
        self.images = self._sorted(images)
        self._position = None

    def after(self, marker, limit):
        """The page behind the marker image, which need not be in the list; from the start if it is None."""
        if marker is None:
            return self.images[:limit]
        if self._position is None:
            self._position = {image['id']: at for at, image in enumerate(self.images)}
        at = self._position.get(marker['id'])
        if at is not None and not self.has_nulls:
            return self.images[at + 1:at + 1 + limit]
        # With NULLs in the sort keys the condition below and the order disagree: rows vanish or come again.
        wanted = [self.database.marker_value(self._value(marker, key), key == 'size') for key, _ in self.sort]
        return [image for image in self.images if self._is_after(image, wanted)][:limit]

    def _is_after(self, image, wanted):
        for (key, direction), limit in zip(self.sort, wanted):
            value = self.database.column_value(self._value(image, key), key == 'size')
            if value != limit:
                return value > limit if direction == 'asc' else value < limit
        return False

    def _value(self, image, key):
        value = image[key]
        return self.database.stored_time(value) if key in ('created_at', 'updated_at') else value

    def _order(self, image, key):
        value = self._value(image, key)
        if value is None:
            return (0 if self.database.nulls_first_ascending else 2, '')
        return (1, self.database.text(value) if isinstance(value, str) else value)

    def _sorted(self, images):
        images = list(images)
        if len({direction for _, direction in self.sort}) == 1:    # the usual case, in one go
            keys = [key for key, _ in self.sort]
            images.sort(key=lambda image: [self._order(image, key) for key in keys],
                        reverse=self.sort[0][1] == 'desc')
            return images
        for key, direction in reversed(self.sort):
            images.sort(key=lambda image: self._order(image, key), reverse=direction == 'desc')
        return images


class Listings:
    """Makes listings and keeps the latest, so that a page of a long list costs little."""
    KEPT = 32

    def __init__(self, store, database, features):
        self.store, self.database, self.features = store, database, features
        self._kept = collections.OrderedDict()

    def get(self, asked, identity):
        """(listing, late error); raises HTTPError for faulty filters. The store must be locked."""
        key = (self.store.version, identity.is_admin, identity.project, asked.member_status, tuple(asked.sort),
               tuple(asked.params.pairs), tuple(asked.params.tags or ()))
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        visibility = asked.params.pop_first('visibility')
        found = glance_filters.conditions(asked.params, self.database, self.features)
        if visibility not in (None, 'all') and self.features.community:
            try:
                self.database.check_visibility(visibility)
            except DatabaseError as error:
                found.late_error = error
        images = found.apply(visible(self.store.images, identity, asked.member_status, visibility, self.features))
        listing = Listing(self._joined(images, found.tags), asked.sort, self.database)
        self._kept[key] = listing, found.late_error
        while len(self._kept) > self.KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _joined(self, images, tags):
        """Images once for each of their tags that matches, as the join has it.

        More than one can match only where comparison is loose ("x86" and "X86" on one image). The copies count
        against LIMIT before they are removed, so that such a page is short and, having no `next`, the last,
        whatever is left (seen on Glance 25.1 over MariaDB: 2 images of 13).
        """
        if not tags or not self.database.loose:
            return images
        joined = []
        for image in images:
            copies = 1
            folded = [self.database.text(tag) for tag in image['tags']]
            for tag in tags:
                copies *= folded.count(tag)
            joined.extend([image] * copies)
        return joined


def page(asked, listing, late_error, marker):
    """(images, next marker or None)."""
    if late_error:
        raise HTTPError(500, SERVER_ERROR)
    try:
        rows = listing.after(marker, asked.limit)
    except DatabaseError:
        raise HTTPError(500, SERVER_ERROR) from None
    images = list({image['id']: image for image in rows}.values())
    return images, images[-1]['id'] if images and len(images) == asked.limit else None


def link(params, **more):
    query = urllib.parse.urlencode({**params, **more}, errors='surrogatepass')
    return '/v2/images' + ('?' + query if query else '')
