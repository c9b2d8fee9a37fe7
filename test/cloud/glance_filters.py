"""Glance's filters: query parameters to tests on an image, with the refusals of the real one.

Order matters throughout: which of several faulty parameters is complained about is part of what a client sees.
"""
import re

from . import isotime
from .databases import DatabaseError
from .webob_errors import SERVER_ERROR, HTTPError

TEXT_COLUMNS = {'id', 'name', 'disk_format', 'container_format', 'status', 'visibility', 'checksum',
                'os_hash_algo', 'os_hash_value', 'owner'}
NUMBER_COLUMNS = {'size', 'virtual_size', 'min_ram', 'min_disk'}
BOOLEAN_COLUMNS = {'protected', 'os_hidden', 'deleted'}
TIME_COLUMNS = {'created_at', 'updated_at', 'deleted_at'}
OPERATOR_COLUMNS = {'name', 'id', 'status', 'container_format', 'disk_format'}
# Other attributes of the database model's class. A filter of such a name is no property filter: it compares the
# attribute, which the database cannot do for relations and which is false for methods.
RELATIONS = {'properties', 'members', 'locations', 'tags'}
METHODS = {'metadata', 'registry', 'get', 'keys', 'items', 'values', 'save', 'update', 'delete', 'to_dict', 'iteritems'}
LISTED_STATUSES = {'active', 'saving', 'queued', 'pending_delete', 'deleted', 'deactivated', 'importing', 'uploading'}


class Conditions:
    """Tests that an image must pass, and the error, if any, that shows only when the statement is executed."""

    def __init__(self):
        self.tests = []
        self.late_error = None
        self.tags = []

    def add(self, test):
        self.tests.append(test)

    def never(self):
        self.tests.append(lambda image: False)

    def apply(self, images):
        for test in self.tests:
            images = filter(test, images)
        return list(images)


def conditions(params, database, features):
    """Conditions from what is left of the query's parameters; takes them out of params."""
    found = Conditions()
    text = database.text

    if features.hidden:
        hidden = params.last('os_hidden', 'false').lower()
        params.remove('os_hidden')
        found.add(lambda image: bool(image.get('os_hidden')) == (hidden == 'true'))
    if params.last('protected') is not None:
        protected = params.last('protected') == 'true'
        params.remove('protected')
        found.add(lambda image: bool(image.get('protected')) == protected)
    for column in ('checksum', 'os_hash_value'):   # the first value here, any further one below: both count
        value = params.pop_first(column)
        if value is not None:
            _equal(found, column, value, database, features)
    if 'properties' in params:
        raise HTTPError(500, SERVER_ERROR)
    if 'changes-since' in params:                  # only the empty one comes this far
        raise HTTPError(500, SERVER_ERROR)
    params.remove('deleted')
    found.add(lambda image: image['status'] in LISTED_STATUSES)

    tags = params.tags
    if tags is None and 'tags' in params:
        tags = list(params.pop_first('tags'))      # iterates over the characters of the text
    for tag in tags or []:
        _check(found, database.check_text, tag)
        found.tags.append(text(tag))
        found.add(lambda image, wanted=text(tag): wanted in map(text, image['tags']))

    left = params.as_dict()                        # the last value of each
    for key in list(left):
        if key.endswith(('_min', '_max')):
            _bound(found, key, left.pop(key), database, features)
        elif key in ('created_at', 'updated_at') and features.operators:
            _time(found, key, left.pop(key), database)
        elif key in OPERATOR_COLUMNS and features.operators:
            _operator(found, key, left.pop(key), database)
    for key, value in left.items():
        _equal(found, key, value, database, features)
    return found


def split_operator(expression):
    """('gte', 'x') of 'gte:x'; 'eq' if there is no colon or the whole is a time."""
    left, colon, right = expression.partition(':')
    if not colon or isotime.is_time(expression):
        return 'eq', expression
    return left, right


def _operator(found, column, expression, database):
    operator, value = split_operator(expression)
    if operator == 'in':
        values = split_list(value)
    elif operator == 'eq':
        values = [value]
    else:
        raise HTTPError(400, "Unable to filter by unknown operator '%s'." % operator)
    for each in values:
        _check(found, database.check_text, each)
    text = database.text
    wanted = {text(each) for each in values}
    found.add(lambda image: image[column] is not None and text(image[column]) in wanted)


def _time(found, column, expression, database):
    operator, value = split_operator(expression)
    try:
        threshold = isotime.parse(value)
    except isotime.BadTime:
        raise HTTPError(400, 'Bad "%s" query filter format. Use ISO 8601 DateTime notation.' % column) from None
    except isotime.TimeOutOfRange:
        raise HTTPError(500, SERVER_ERROR) from None
    compare = {'gt': str.__gt__, 'gte': str.__ge__, 'lt': str.__lt__, 'lte': str.__le__,
               'eq': str.__eq__, 'neq': str.__ne__}.get(operator)
    if compare is None:
        raise HTTPError(400, 'Unable to filter on a unknown operator.')
    stored = database.stored_time
    found.add(lambda image: compare(stored(image[column]), threshold))


def _bound(found, key, text, database, features):
    """`<column>_min` and `<column>_max`, of any column whatever."""
    column, is_minimum = key[:-4], key.endswith('_min')
    try:
        number = int(text)
    except ValueError:
        raise HTTPError(400, 'Unable to filter on a range with a non-numeric value.') from None
    compare = (lambda a, b: a >= b) if is_minimum else (lambda a, b: a <= b)
    try:
        database.check_bound(column, number)
        if column in NUMBER_COLUMNS:
            found.add(lambda image: image.get(column) is not None and compare(image[column], number))
        elif column in BOOLEAN_COLUMNS:
            database.check_boolean_bound()
            found.add(lambda image: compare(int(bool(image.get(column))), number))
        elif column in TEXT_COLUMNS:
            database.text_as_bound('', number)
            found.add(lambda image: image.get(column) is not None
                      and compare(*database.text_as_bound(image[column], number)))
        elif column in TIME_COLUMNS:
            sides = database.time_as_bound(number)
            found.add(lambda image: column != 'deleted_at' and compare(*sides))
        else:
            raise HTTPError(500, SERVER_ERROR)     # no such attribute
    except DatabaseError as error:
        found.late_error = error


def _equal(found, key, value, database, features):
    """Plain equality: of a column, or else of a custom property."""
    text = database.text
    _check(found, database.check_text, value)
    if not features.hidden and key in ('os_hidden', 'os_hash_algo', 'os_hash_value'):
        _property(found, key, value, text)
    elif key in TEXT_COLUMNS:
        if key == 'visibility':
            _check(found, database.check_visibility, value)
        found.add(lambda image, wanted=text(value): image[key] is not None and text(image[key]) == wanted)
    elif key in NUMBER_COLUMNS:
        try:
            number = database.number_equal_to(key, value)
            found.add(lambda image: number is not None and image[key] == number)
        except DatabaseError as error:
            found.late_error = error
    elif key in TIME_COLUMNS:                      # deleted_at, always NULL; any time before operators existed
        _check(found, database.check_time, value)
        found.never()
    elif key in RELATIONS:
        raise HTTPError(500, SERVER_ERROR)
    elif key in METHODS or key.startswith('_sa_') or (key.startswith('__') and hasattr(object, key)):
        found.never()
    else:
        _property(found, key, value, text)


def _property(found, key, value, text):
    key, value = text(key), text(value)
    found.add(lambda image: any(held is not None and text(name) == key and text(held) == value
                                for name, held in image['properties'].items()))


def _check(found, check, value):
    try:
        check(value)
    except DatabaseError as error:
        found.late_error = error


QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)",?')
BARE = re.compile(r'([^,]+),?')


def split_list(value):
    """The items of an `in:` list. Quotes are checked and taken off; backslashes stay as they are."""
    _check_quotes(value)
    items = []
    at = 0
    while at < len(value):
        found = QUOTED.match(value, at) or BARE.match(value, at)
        if found:
            items.append(found.group(1))
            at = found.end()
        else:                                      # a lone comma is an empty item
            items.append('')
            at += 1
    return items


def _check_quotes(value):
    inside = False
    for at, character in enumerate(value):
        if character != '"' or (at and value[at - 1] == '\\'):
            continue
        if not inside and at and value[at - 1] != ',':
            raise HTTPError(400, 'Invalid filter value %s. There is no comma before opening quotation mark.' % value)
        if inside and value[at + 1:at + 2] not in ('', ','):
            raise HTTPError(400, 'Invalid filter value %s. There is no comma after closing quotation mark.' % value)
        inside = not inside
    if inside:
        raise HTTPError(400, 'Invalid filter value %s. The quote is not closed.' % value)
