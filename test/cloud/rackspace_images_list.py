"""The image list of Glance 2014.2, of which Rackspace Cloud Images is a fork: its parameters and who sees what.

Filters are literal: one value to a key, no operators; whatever is no parameter and no column is a custom property. So
`sort=`, `offset=`, `os_hidden=` and a second `sort_key=` ask for properties that no image has.
"""
from . import glance_filters, glance_list
from .glance_list import ListRequest, Params
from .webob_errors import SERVER_ERROR, HTTPError

SORTABLE = ('name', 'status', 'container_format', 'disk_format', 'size', 'id', 'created_at', 'updated_at', 'min_disk',
            'min_ram', 'owner', 'checksum', 'virtual_size', 'protected')
RELATIONS = ('properties', 'members', 'locations', 'tags')
VISIBILITIES = ('public', 'private', 'shared')


def parse(pairs, config):
    """Reads and checks the parameters in the order in which the real one does."""
    params = Params(pairs)
    links = params.as_dict()
    links.pop('marker', None)
    limit = params.pop_first('limit')
    marker = params.pop_first('marker')
    direction = params.pop_first('sort_dir', 'desc')
    member_status = params.pop_first('member_status', 'accepted')
    tags = [tag.strip() for tag in params.pop_all('tag')] if config.tag_filter else []
    key = params.pop_first('sort_key', 'created_at')
    if direction not in ('asc', 'desc'):
        raise HTTPError(400, 'Invalid sort direction: %s' % direction)
    visibility = params.last('visibility')
    if visibility and visibility not in VISIBILITIES:
        raise HTTPError(400, 'Invalid visibility value: %s' % visibility)
    if params.last('changes-since'):
        raise HTTPError(400, 'The "changes-since" filter is no longer available on v2.')
    if member_status not in ('pending', 'accepted', 'rejected', 'all'):
        raise HTTPError(400, 'Invalid status: %s' % member_status)
    limit = glance_list._limit(limit, config)
    if tags:
        params.remove('tags')
        params.tags = tags
    return ListRequest(params, limit, marker, member_status, _sort(key, direction), links)


def _sort(key, direction):
    if key in RELATIONS:
        raise HTTPError(500, SERVER_ERROR)
    if key not in SORTABLE:
        raise HTTPError(400, 'Sort key supplied was not valid.')
    keys = ['created_at', 'id']                    # sort_key=id is in there already and so changes nothing
    return [(each, direction) for each in ([key] if key not in keys else []) + keys]


def visible(images, identity, member_status, visibility):
    """What this identity may list. "private" is all that is not public, "shared" what others share with it."""
    mine = identity.project

    def is_member(image):
        if identity.is_admin:
            return bool(image['members'])
        if mine is None:
            return bool(image['members'])
        return mine in image['members'] and member_status in ('all', image['members'][mine])

    def belongs(image):
        if visibility == 'shared':
            return is_member(image)
        if visibility and (visibility == 'public') != (image['visibility'] == 'public'):
            return False
        return (identity.is_admin or image['visibility'] == 'public' or is_member(image)
                or (mine is not None and image['owner'] == mine))

    return [image for image in images if not image.get('os_hidden') and belongs(image)]


class Listings(glance_list.Listings):
    """Listings by these rules."""

    def get(self, asked, identity):
        params = asked.params
        visibility = params.pop_first('visibility')
        protected = params.last('protected')
        params.remove('protected')
        found = glance_filters.conditions(params, self.database, self.features)
        if protected is not None:                  # a text next to a boolean: only 0 and 1 mean something
            found.add(lambda image: protected in ('0', '1') and image['protected'] == (protected == '1'))
        images = found.apply(visible(self.store.images, identity, asked.member_status, visibility))
        listing = glance_list.Listing(self._joined(images, found.tags), asked.sort, self.database)
        return listing, found.late_error
