"""Faults on demand: which requests they hit, and what each kind does to the answer.

A fault is asked for by its kind and that kind's arguments, plus where it strikes:

    on      'list' (default), 'show' (everything else) or 'any'
    match   a regular expression that must be found in the path and query
    skip    so many matching requests go unharmed first
    times   so many are hit then (default 1; None is for ever)

Several faults may hit one request; they apply in the order in which they were asked for. FAULTS lists the kinds; the
first line of each function's docstring says what it does, its parameters are the kind's arguments.
"""
import dataclasses
import inspect
import json
import re
import threading
import typing
import zlib

from . import isotime
from .answers import Answer, Delivery, json_text


@dataclasses.dataclass
class Exchange:
    """A request on its way to becoming an answer."""
    request: object
    service: object
    store: object
    delivery: Delivery
    answer: typing.Optional[Answer] = None

    def marker(self):
        return self.service.marker(self.request)


class Fault:
    def __init__(self, kind, on='list', match=None, skip=0, times=1, **arguments):
        if kind not in FAULTS:
            raise ValueError('no fault of kind %r; there are: %s' % (kind, ', '.join(sorted(FAULTS))))
        inspect.signature(FAULTS[kind]).bind(None, **arguments)     # complains about wrong arguments at once
        self.kind, self.on, self.match = kind, on, match and re.compile(match)
        self.skip, self.times, self.arguments = skip, times, arguments

    def hits(self, request, is_list):
        """Whether it strikes here; counts."""
        if self.on != 'any' and (self.on == 'list') != is_list:
            return False
        if self.match and not self.match.search(request.target):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            if self.times <= 0:
                return False
            self.times -= 1
        return True

    def apply(self, exchange):
        FAULTS[self.kind](exchange, **self.arguments)


class Faults:
    """The faults in force."""

    def __init__(self):
        self._lock = threading.Lock()
        self._faults = []

    def add(self, fault):
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self):
        with self._lock:
            self._faults.clear()

    def for_request(self, request, is_list):
        """(those that strike before the service answers, those that strike after)."""
        with self._lock:
            hits = [fault for fault in self._faults if fault.hits(request, is_list)]
            self._faults = [fault for fault in self._faults if fault.times is None or fault.times > 0]
        return ([fault for fault in hits if fault.kind in BEFORE],
                [fault for fault in hits if fault.kind not in BEFORE])


# Before the service sees the request

def call(exchange, function):
    """Calls function(request) before the service answers (in-process only): change images, tokens, anything."""
    function(exchange.request)


def delete_marker(exchange):
    """Deletes the image that the request's marker names; requests without a marker are left alone."""
    _, marker = exchange.marker()
    if marker:
        exchange.store.delete(marker)


def touch_marker(exchange):
    """Sets the marker image's updated_at to now, as if someone had updated it between two pages."""
    _, marker = exchange.marker()
    with exchange.store.editing():
        image = exchange.store.find(marker)
        if image:
            image['updated_at'] = isotime.now()


def same_page(exchange):
    """Ignores the request's marker: the first page again."""
    parameter, _ = exchange.marker()
    request = exchange.request
    request.query = '&'.join(part for part in request.query.split('&') if not part.startswith(parameter + '='))


# What the answer says

def status(exchange, status=503, body='', content_type='text/html; charset=UTF-8', headers=()):
    """Another status, with this body (text, bytes, or a JSON value) and these headers (dict or pairs)."""
    exchange.answer = Answer(status)
    if not isinstance(body, (str, bytes)):
        body, content_type = json_text(body), 'application/json'
    exchange.answer.replace_body(body, content_type)
    exchange.answer.headers = list(dict(headers).items())


def html(exchange, body='<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>'):
    """Status 200, but an HTML page."""
    exchange.answer = Answer(200)
    exchange.answer.replace_body(body, 'text/html; charset=UTF-8')


def body(exchange, body, content_type='application/json'):
    """Any body, text or bytes, with the answer's status."""
    exchange.answer.replace_body(body, content_type)


def replace(exchange, find, by, count=1):
    """Replaces text in the rendered body; for JSON that is almost right."""
    rendered = exchange.answer.render()
    find, by = (part.encode() if isinstance(part, str) else part for part in (find, by))
    exchange.answer.replace_body(rendered.replace(find, by, count))


def invalid_json(exchange, at=0.5):
    """Puts a `}` too many at that fraction of the body, on a boundary where it is sure to be a syntax error."""
    rendered = exchange.answer.render()
    place = rendered.rfind(b', "', 0, max(2, int(len(rendered) * at)))
    place = place if place >= 0 else len(rendered)
    exchange.answer.replace_body(rendered[:place] + b'}}' + rendered[place:])


SHAPES = {
    'top_array': lambda page: b'[' + page + b']',
    'top_null': lambda page: b'null',
    'top_string': lambda page: b'"images"',
    'empty': lambda page: b'',
    'empty_object': lambda page: b'{}',
    'two_values': lambda page: page + b'{}',
}


def wrong_shape(exchange, shape='images_object'):
    """A body of the wrong JSON types.

    images_object, images_string, images_null, images_missing; element_string, element_null, element_array (the
    first image of the page); top_array, top_null, top_string, empty, empty_object, two_values.
    """
    page = exchange.answer.page
    if shape in SHAPES:
        exchange.answer.replace_body(SHAPES[shape](exchange.answer.render()))
    elif shape.startswith('element_'):
        page.rendered[:1] = [{'string': b'"image"', 'null': b'null', 'array': b'[1]'}[shape[8:]]]
    else:
        page.images_member, member = None, page.images_member
        images = {'object': {'0': None}, 'string': 'none', 'null': None}
        others = dict(page.others)
        if shape != 'images_missing':
            others = {member: images[shape[7:]], **others}
        exchange.answer.replace_body(json_text(others))


def override(exchange, values=None, raw=None, remove=(), index=None, id=None):
    """Other values in the page's images: all of them, the one at `index` or the one whose `id` is given.

    values: {member: JSON value}; raw: {member: JSON text or bytes, written as it is}; remove: members to leave out.
    """
    page = exchange.answer.page
    for at, image in enumerate(page.images):
        if index not in (None, at, at - len(page.images)) or id not in (None, image.get('id')):
            continue
        shown = json.loads(page.rendered[at])
        members = {key: json_text(value) for key, value in {**shown, **(values or {})}.items() if key not in remove}
        for key, text in (raw or {}).items():
            members[key] = text.encode('utf-8', 'surrogateescape') if isinstance(text, str) else text
        page.rendered[at] = b'{' + b', '.join(json_text(key) + b': ' + text for key, text in members.items()) + b'}'


def members_first(exchange):
    """`next` and the other members before the images."""
    exchange.answer.page.images_last = True


def next_link(exchange, value=None):
    """This `next`, whatever it is (`"/v2/images"`, another host, a number); None leaves it out."""
    exchange.answer.page.others.pop('next', None)
    if value is not None:
        exchange.answer.page.others['next'] = value


def repeat_marker(exchange):
    """`next` carries the marker that the request itself had (the last image's id on the first page)."""
    page = exchange.answer.page
    parameter, marker = exchange.marker()
    if marker is None and page.images:
        marker = page.images[-1]['id']
    page.others['next'] = '/v2/images?%s=%s' % (parameter, marker)


def repeat_images(exchange, copies=10, new_ids=False):
    """A huge page: its images so many times over, each time under ids of their own if new_ids."""
    page = exchange.answer.page
    rendered, images = list(page.rendered), list(page.images)
    for copy in range(1, copies):
        for image, text in zip(images, rendered):
            identifier = image['id']
            if new_ids:
                identifier = '%08x%s' % (int(identifier[:8], 16) ^ copy, identifier[8:])
                text = text.replace(image['id'].encode(), identifier.encode())
            page.rendered.append(text)
            page.images.append(image)


def pad(exchange, size):
    """A page of that many bytes more, all blanks."""
    exchange.answer.replace_body(exchange.answer.render() + b' ' * size)


def redirect(exchange, location, status=302):
    """A redirect."""
    exchange.answer = Answer(status, headers=[('Location', location)])


# How the answer travels

def delay(exchange, seconds):
    """Waits before the first byte."""
    exchange.delivery.delay += seconds


def cut(exchange, at=None, length=True, reset=False):
    """Closes the connection after `at` bytes of the body (default: half of it; negative: counted from the end).

    With length, a Content-Length has promised the whole; without, only the JSON shows that something is missing.
    """
    size = len(exchange.answer.render())
    if at is None:
        at = size // 2
    exchange.delivery.cut = at if at >= 0 else max(0, size + at)
    exchange.delivery.reset = reset
    if not length:
        exchange.delivery.framing = 'close'


def stall(exchange, at=None, seconds=None):
    """Stops in the middle of the body (after `at` bytes) for some seconds, or until the stand-in is released."""
    exchange.delivery.stall = (len(exchange.answer.render()) // 2 if at is None else at, seconds)


def trickle(exchange, least=1, most=None, pause=0):
    """Sends the body in pieces of `least` to `most` bytes with a pause after each."""
    exchange.delivery.pieces = (least, most or least)
    exchange.delivery.pause = pause


def reset(exchange):
    """A TCP reset instead of an answer."""
    exchange.delivery.silent = exchange.delivery.reset = True


def drop(exchange):
    """The connection is closed without an answer."""
    exchange.delivery.silent = True


def chunked(exchange):
    """The chunked transfer coding instead of a Content-Length."""
    exchange.delivery.framing = 'chunked'


def close(exchange):
    """No Content-Length: the end of the connection is the end of the body."""
    exchange.delivery.framing = 'close'


def hang_up(exchange):
    """A whole answer, but then the connection, which it promised to keep, is closed."""
    exchange.delivery.hang_up = True


def headers(exchange, **headers):
    """Other headers, or none: headers(content_length='5', retry_after='1', date=None)."""
    exchange.delivery.headers.update({name.lower().replace('_', '-'): value for name, value in headers.items()})


def gzip(exchange):
    """Compresses the body if the client accepts that."""
    exchange.delivery.gzip = True


def gzip_bomb(exchange, size):
    """A valid page padded to `size` bytes of blanks, which compress to a thousandth; sent compressed in any case."""
    compressor = zlib.compressobj(1, wbits=31)
    page = exchange.answer.render()
    blanks = b' ' * (1 << 20)
    parts = [compressor.compress(page[:1])]
    for _ in range(size >> 20):
        parts.append(compressor.compress(blanks))
    parts += [compressor.compress(page[1:]), compressor.flush()]
    exchange.answer.replace_body(b''.join(parts))
    exchange.answer.headers.append(('Content-Encoding', 'gzip'))


BEFORE = {'call', 'delete_marker', 'touch_marker', 'same_page'}
FAULTS = {function.__name__: function for function in (
    call, delete_marker, touch_marker, same_page,
    status, html, body, replace, invalid_json, wrong_shape, override, members_first, next_link, repeat_marker,
    repeat_images, pad, redirect,
    delay, cut, stall, trickle, reset, drop, hang_up, chunked, close, headers, gzip, gzip_bomb)}
