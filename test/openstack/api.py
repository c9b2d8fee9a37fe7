"""One OpenStack API over HTTP, for the scripts that fill Glance and Keystone."""
import http.client
import json
import urllib.parse


class Api:
    def __init__(self, url):
        parts = urllib.parse.urlparse(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)

    def call(self, token, method, path, body=None, kind="application/json"):
        """The headers and the document of the answer; an error ends the script."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind, **({"X-Auth-Token": token} if token else {})}
        self.connection.request(method, path, content, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201, 204):
            raise SystemExit(f"{method} {path}: {answer.status} {text[:400]}")
        return answer.headers, json.loads(text) if text else None
