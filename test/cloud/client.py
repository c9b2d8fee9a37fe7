"""Controls a stand-in that runs in another process, over its /_control/ paths."""
import json
import os
import subprocess
import sys
import urllib.request


class RemoteCloud:
    """The other end of control.py."""

    def __init__(self, url):
        self.url = url.rstrip('/')
        self.process = None

    @classmethod
    def start(cls, *arguments):
        """Starts a stand-in as a process of its own with these command-line arguments; stop() ends it."""
        here = os.path.dirname(os.path.abspath(__file__))
        process = subprocess.Popen([sys.executable, here, *arguments], stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        if not line.startswith('listening on '):
            process.wait()
            raise RuntimeError('stand-in did not start: %r' % line)
        secure = '--tls-cert' in arguments
        cloud = cls('%s://%s' % ('https' if secure else 'http', line.split()[-1]))
        cloud.process = process
        return cloud

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process.stdout.close()

    @property
    def requests(self):
        """The recorded requests as dicts."""
        return self._call('GET', 'requests')

    @property
    def images(self):
        return self._call('GET', 'images')

    def clear(self):
        self._call('POST', 'clear')

    def fault(self, kind, **arguments):
        self._call('POST', 'faults', {'kind': kind, **arguments})

    def release(self):
        self._call('POST', 'release')

    def disconnect(self):
        self._call('POST', 'disconnect')

    def replace_images(self, images):
        self._call('POST', 'images', {'replace': images})

    def add_images(self, images):
        self._call('POST', 'images', {'add': images})

    def delete_images(self, *identifiers):
        self._call('POST', 'images', {'delete': identifiers})

    def settings(self, **settings):
        self._call('POST', 'settings', settings)

    def _call(self, method, path, value=None):
        request = urllib.request.Request('%s/_control/%s' % (self.url, path), method=method,
                                         data=None if value is None else json.dumps(value).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
