"""The record of what was asked and answered, for tests to look at."""
import dataclasses
import threading
import time
import typing
import urllib.parse


@dataclasses.dataclass
class Record:
    """One request and what became of it."""
    number: int
    method: str
    path: str
    query: str                     # as sent
    headers: typing.Dict[str, str]     # names in lower case
    time: float
    connection: int                # which TCP connection carried it, counted from 1
    body: bytes = b''
    status: int = 0
    images: int = 0                # how many the answer held
    bytes: int = 0                 # of its body, before compression and chunking
    faults: typing.List[str] = dataclasses.field(default_factory=list)
    answered: float = 0            # when the answer was ready to be sent
    finished: float = 0            # when its last byte was handed to the system
    aborted: bool = False          # the client left, or the server stopped, before the last byte

    @property
    def pairs(self):
        """The query as a list of decoded (key, value) pairs."""
        return urllib.parse.parse_qsl(self.query, keep_blank_values=True, errors='replace')

    def values(self, key):
        return [value for name, value in self.pairs if name == key]

    def value(self, key, default=None):
        """The last value of a parameter."""
        return (self.values(key) or [default])[-1]

    @property
    def target(self):
        return self.path + ('?' + self.query if self.query else '')

    def as_json(self):
        fields = dataclasses.asdict(self)
        fields['body'] = self.body.decode('utf-8', 'replace')
        fields['pairs'] = self.pairs
        return fields

    def __str__(self):
        return '%s %s -> %d, %d images' % (self.method, self.target, self.status, self.images)


class Journal:
    def __init__(self):
        self.lock = threading.Lock()
        self.records = []
        self._count = 0

    def enter(self, request):
        """Records a request at once, so that one that never gets its answer is seen too."""
        with self.lock:
            self._count += 1
            record = make_record(self._count, request)
            self.records.append(record)
            return record

    def clear(self):
        with self.lock:
            self.records.clear()

    def snapshot(self):
        with self.lock:
            return list(self.records)

    def wait_for(self, condition, seconds=10):
        """Waits until condition(records) is true; returns its last value."""
        end = time.monotonic() + seconds
        while True:
            found = condition(self.snapshot())
            if found or time.monotonic() > end:
                return found
            time.sleep(0.01)


def make_record(number, request):
    return Record(number, request.method, request.target.partition('?')[0], request.query, request.headers,
                  request.time, request.connection, request.body)
