"""Repose, the proxy before Rackspace's services: rate limits, its errors, the headers it leaves behind."""
import collections
import email.utils
import json
import math
import threading
import time

from .answers import Answer
from .identity_tokens import moment

HEADERS = [('Via', '1.1 Repose (Repose/2.12)'), ('Server', 'Jetty(8.0.y.z-SNAPSHOT)')]


class RateLimit:
    """So many requests in any period of so many seconds; 0 is no limit."""

    def __init__(self, requests=0, period=60):
        self.requests, self.period = requests, period
        self._lock = threading.Lock()
        self._times = collections.deque()

    def exceeded(self):
        """0 if this request is within the limit, which it then counts against; else the seconds to wait."""
        if not self.requests:
            return 0
        now = time.monotonic()
        with self._lock:
            while self._times and self._times[0] <= now - self.period:
                self._times.popleft()
            if len(self._times) < self.requests:
                self._times.append(now)
                return 0
            return self._times[0] + self.period - now


def over_limit(seconds, status=413, member='retryAt'):
    """Too many requests: both the header and the body say when to come again, as dates and so in whole seconds."""
    again = math.ceil(time.time() + seconds)
    body = {'overLimit': {'code': status, 'message': 'OverLimit Retry...', 'details': 'Error Details...',
                          member: moment(again, 0)}}
    return Answer(status, json.dumps(body).encode(), 'application/json',
                  [('Retry-After', email.utils.formatdate(again, usegmt=True))] + HEADERS)


def unauthorized(auth_uri=None):
    """No token, or one that is not good any more."""
    body = {'unauthorized': {'code': 401, 'message': 'No valid token provided. Please use the \'X-Auth-Token\' header '
                                                     'with a valid token.'}}
    headers = [('WWW-Authenticate', 'Keystone uri=%s' % auth_uri)] if auth_uri else []
    return Answer(401, json.dumps(body).encode(), 'application/json', headers + HEADERS)
