"""A small HTTP client for the self-tests, one connection kept alive."""
import http.client
import json
import urllib.parse


class Reply:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.read()

    @property
    def json(self):
        return json.loads(self.body)


class Web:
    def __init__(self, url, token='u-t1:t1:member', accept=None):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
        self.token, self.accept = token, accept

    def get(self, path, token='', method='GET', **headers):
        """A reply; token None sends none. Blanks and other raw bytes in the path are quoted."""
        token = self.token if token == '' else token
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        if token:
            headers['X-Auth-Token'] = token
        if self.accept:
            headers.setdefault('Accept', self.accept)
        path = urllib.parse.quote(path, safe="/?&=%+:,;()'\"-_.~\\[]")
        self.connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            self.connection.putheader(name, value)
        self.connection.endheaders()
        return Reply(self.connection.getresponse())

    def ids(self, path, token=''):
        return [image['id'] for image in self.get(path, token).json['images']]

    def names(self, path, token=''):
        return [image['name'] for image in self.get(path, token).json['images']]

    def close(self):
        self.connection.close()
