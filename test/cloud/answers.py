"""What goes in and out of a service: requests, answers, and pages that faults can take apart before they are sent."""
import dataclasses
import json
import time
import typing
import urllib.parse


class Undecodable(Exception):
    """The query holds bytes that are no UTF-8."""


class Request:
    """One HTTP request; header names are in lower case."""

    def __init__(self, method, target, headers, body=b'', connection=0, secure=False):
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.connection = connection
        self.secure = secure
        self.time = time.time()
        self.path, _, self.query = target.partition('?')
        self.path = urllib.parse.unquote(self.path, errors='replace')

    @property
    def pairs(self):
        """The query's parameters in order, decoded (`+` is a blank)."""
        return parse_query(self.query)


def parse_query(query):
    try:
        return urllib.parse.parse_qsl(query, keep_blank_values=True, errors='strict')
    except UnicodeDecodeError as error:
        raise Undecodable(str(error)) from error


@dataclasses.dataclass
class Page:
    """The body of a list answer: serialised images plus the other members, in the order they are written.

    `images_member` is None for a service that answers with a bare array.
    """
    images: typing.List[dict]                      # as stored
    rendered: typing.List[bytes]                   # the same, serialised
    others: typing.Dict[str, object] = dataclasses.field(default_factory=dict)
    images_member: typing.Optional[str] = 'images'
    images_last: bool = False                      # write the images after the other members

    def render(self):
        array = b'[' + b', '.join(self.rendered) + b']'
        if self.images_member is None:
            return array
        images = [json_text(self.images_member) + b': ' + array]
        others = [json_text(key) + b': ' + json_text(value) for key, value in self.others.items()]
        return b'{' + b', '.join(others + images if self.images_last else images + others) + b'}'


@dataclasses.dataclass
class Answer:
    """One HTTP answer; a page, if there is one, is rendered when the faults are done with it."""
    status: int = 200
    body: bytes = b''
    content_type: typing.Optional[str] = None
    headers: typing.List[tuple] = dataclasses.field(default_factory=list)
    page: typing.Optional[Page] = None

    @property
    def images_sent(self):
        return len(self.page.images) if self.page else 0

    def render(self):
        return self.page.render() if self.page else self.body

    def replace_body(self, body, content_type=None):
        """Gives the answer another body; the page is gone."""
        self.page = None
        self.body = body.encode('utf-8', 'surrogateescape') if isinstance(body, str) else body
        if content_type:
            self.content_type = content_type


@dataclasses.dataclass
class Delivery:
    """How an answer's bytes travel: all the ways a transport can disappoint."""
    delay: float = 0                 # seconds before the first byte
    framing: str = 'length'          # 'length', 'chunked' or 'close' (neither length nor keep-alive, as uwsgi has it)
    gzip: bool = False
    cut: typing.Optional[int] = None     # stop after that many bytes of the body and close
    reset: bool = False              # end with a TCP reset rather than a close
    silent: bool = False             # not a single byte: close at once
    stall: typing.Optional[tuple] = None     # (bytes of the body, seconds or None = until released)
    pieces: typing.Optional[tuple] = None    # (fewest, most) bytes at a time
    pause: float = 0                 # seconds between pieces
    hang_up: bool = False            # close after the answer although it promised to keep the connection
    headers: typing.Dict[str, typing.Optional[str]] = dataclasses.field(default_factory=dict)
    # (lower-case names) that replace whatever else would be sent; None leaves the header out


def json_text(value):
    """JSON as Glance writes it: UTF-8, no escapes beyond the necessary ones."""
    return json.dumps(value, ensure_ascii=False).encode('utf-8', 'surrogatepass')
