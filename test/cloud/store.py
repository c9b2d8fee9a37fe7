"""The images a stand-in holds: one list, one lock, and a version that tells caches when to forget."""
import contextlib
import threading


class Store:
    """Images are plain dicts of JSON values; see images.py for their members."""

    def __init__(self, images=()):
        self.lock = threading.RLock()
        self.images = list(images)
        self.version = 0
        self._by_id = None

    @contextlib.contextmanager
    def editing(self):
        """Lends the list for changes: add, remove, alter images at will inside the block."""
        with self.lock:
            try:
                yield self.images
            finally:
                self.version += 1
                self._by_id = None

    def find(self, identifier):
        """The image of that id, or None."""
        with self.lock:
            if self._by_id is None:
                self._by_id = {image['id']: image for image in self.images}
            return self._by_id.get(identifier)

    def replace(self, images):
        with self.editing() as held:
            held[:] = images

    def add(self, images):
        with self.editing() as held:
            held.extend(images)

    def delete(self, identifier):
        """Removes an image; true if it was there."""
        with self.editing() as held:
            before = len(held)
            held[:] = [image for image in held if image['id'] != identifier]
            return len(held) < before
