"""Which images CloudAPI's ListImages shows, and in which order: the rules of the image service (IMGAPI) behind it.

IMGAPI asks its database up to three times for a list (what the account owns, what is public, what is shared with it)
and joins the answers; where the filters decide which of the three are asked, odd things follow from that.
"""
import dataclasses
import datetime
import re

STATES = ('active', 'disabled', 'unactivated', 'creating', 'failed', 'all')
FILTERS = ('name', 'version', 'os', 'type', 'owner')
# The conditions that a state stands for: unactivated takes in creating and failed
CONDITIONS = {
    'active': {'activated': True, 'disabled': False},
    'disabled': {'activated': True, 'disabled': True},
    'unactivated': {'activated': False},
    'creating': {'state': 'creating'},
    'failed': {'state': 'failed'},
    'all': {},
}
NAME = re.compile(r'[A-Za-z0-9._/ -]{1,1024}')
VERSION = re.compile(r'[A-Za-z0-9._/+-]{1,512}')
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


@dataclasses.dataclass
class Asked:
    """A list request to IMGAPI: values are strings, or lists of them where a parameter was repeated."""
    account: str
    filters: dict
    state: str = 'active'
    public: bool = None


def is_activated(image):
    return image['state'] in ('active', 'disabled')


def is_valid(image):
    """Whether IMGAPI would load the image at all; it skips what its own rules would not accept today."""
    return bool(NAME.fullmatch(image['name']) and VERSION.fullmatch(image['version']))


def may_get(image, account):
    """Whether GetImage shows the image to the account, whatever its state."""
    return image['owner'] == account or (is_activated(image) and (image['public'] or account in image.get('acl', ())))


def scopes(asked):
    """The queries IMGAPI makes of its database: dicts of conditions."""
    conditions = {**asked.filters, **CONDITIONS[asked.state]}
    if asked.public is not None:
        conditions['public'] = asked.public
    owner = asked.filters.get('owner')
    if owner is None:
        found = [{**conditions, 'owner': asked.account}]
    elif owner == asked.account:
        return [conditions]
    else:
        found = []
        conditions.pop('state', None)          # forgotten: creating and failed ask for anything then
    if conditions.get('activated') is False or conditions.get('disabled') is True:
        return found
    if asked.public is not False:
        found.append({**conditions, 'public': True, 'activated': True})
    if asked.public is not True:
        found.append({**conditions, 'public': False, 'activated': True, 'acl': asked.account})
    return found


def matches(image, conditions, like=False):
    return all(_holds(image, field, wanted, like) for field, wanted in conditions.items())


def _holds(image, field, wanted, like):
    if field == 'activated':
        return is_activated(image) == wanted
    if field == 'disabled':
        return (image['state'] == 'disabled') == wanted
    if field == 'public':
        return image['public'] == wanted
    if field == 'acl':
        return wanted in image.get('acl', ())
    value = image.get(field) or 'null'          # placeholders hold that word for os and type
    if isinstance(wanted, list):               # compared with a string, as JavaScript does it
        if field == 'type':
            return wanted[0] == '!'
        return field in ('name', 'version') and wanted[0] == '~' and ','.join(wanted[1:]) in value
    if field in ('name', 'version') and wanted.startswith('~'):
        return bool(_like(wanted[1:]).search(value)) if like else wanted[1:] in value
    if field == 'type' and wanted.startswith('!'):
        return value != wanted[1:]
    return value == wanted


def _like(part):
    """The part with SQL's wildcards in force, as a database behind Moray may take it."""
    return re.compile(''.join({'%': '.*', '_': '.'}.get(letter, re.escape(letter)) for letter in part), re.S)


def milliseconds(image):
    """What images are ordered by: those without a publication time come first."""
    text = image.get('published_at')
    if text is None:
        return 0
    moment = datetime.datetime.fromisoformat(text)
    return (moment - EPOCH) // datetime.timedelta(milliseconds=1)


def listed(images, asked, like=False):
    """The images asked for, each once, by publication."""
    wanted = scopes(asked)
    found = [image for image in images if any(matches(image, conditions, like) for conditions in wanted)]
    return sorted(found, key=milliseconds)


def paged(images, asked, page, like=False):
    """The images as CloudAPI collects them from an IMGAPI whose database gives `page` rows at most for a query.

    CloudAPI goes on from the last image's time, inclusively, and drops the first row only if it is that image: of
    images published in the same millisecond some come twice. The first page is joined from up to three queries that
    each end at `page` rows, so where these end at different times, images are lost. Both happen in production.
    """
    collected, marker = [], None
    while True:
        got = _page(images, asked, page, marker, like)
        short = len(got) < page
        if marker and got and got[0] is marker:
            got = got[1:]
        if not got or got[-1] is marker:
            return collected
        marker = got[-1]
        collected += got
        if short:
            return collected


def _page(images, asked, page, marker, like):
    since = marker and marker.get('published_at')
    joined = {}
    for conditions in scopes(asked):
        rows = [image for image in images if matches(image, conditions, like)]
        # The database compares the text, and puts missing times last
        rows.sort(key=lambda image: (image.get('published_at') is None, image.get('published_at') or ''))
        if since is not None:
            rows = [image for image in rows if (image.get('published_at') or '') >= since]
        joined.update((image['id'], image) for image in rows[:page])
    ordered = sorted(joined.values(), key=milliseconds)
    return ordered if marker is None else ordered[:page]


def repeated(images):
    """The list as a page boundary among images of one time leaves it: two images, where there are as many, twice."""
    half = len(images) // 2
    return images[:half + 1] + images[max(0, half - 1):]
