"""The stand-in itself: a service, its images, its server, the journal and the faults, in one object for tests.

    from cloud import Cloud
    with Cloud(images=300, seed=1, mode='varied') as cloud:
        ... cloud.url, cloud.requests, cloud.fault('status', status=503) ...
"""
import time

from . import control, faithful, images as generator
from .answers import Answer, Delivery
from .cloudapi import Cloudapi, CloudapiConfig
from .faults import Exchange, Fault, Faults
from .glance import Glance, GlanceConfig
from .ims import IMS, IMSConfig
from .journal import Journal, make_record
from .nova import Nova, NovaConfig, RackspaceServers, RackspaceServersConfig
from .rackspace_images import RackspaceImages, RackspaceImagesConfig
from .server import Server, tls_context
from .store import Store
from .tokens import Tokens

# Service name: (class, configuration class). A service offers answer(request) -> Answer, is_list(request),
# marker(request) -> (parameter's name, value or None) for the faults, and complete(identity) -> documents. It may have
# a `generator` (as images.py, of its own kind of images), `endpoint` (what a service catalog adds to the url) and
# too_many(seconds) -> the Answer to a client that asks too often.
SERVICES = {'glance': (Glance, GlanceConfig), 'cloudapi': (Cloudapi, CloudapiConfig), 'nova': (Nova, NovaConfig),
            'rackspace_servers': (RackspaceServers, RackspaceServersConfig),
            'rackspace_images': (RackspaceImages, RackspaceImagesConfig), 'ims': (IMS, IMSConfig)}

# Tokens of the form user:project:role
USER = 'u-t1:t1:member'
OTHER_USER = 'u-t2:t2:member'
ADMIN = 'a:t1:admin'


class Cloud:
    """A running stand-in.

    service     which API it speaks
    images      how many images to generate, or a list of them (see images.py for their members)
    seed, mode, projects    for the generator; mode is 'believable' or 'varied'
    tokens      {token: (user, project, role)}; others of the form user:project:role are accepted too unless
                speaking_tokens is false; auth=False asks for none
    latency     seconds before each answer
    framing     'length', 'chunked' or 'close'; style='uwsgi' is 'close' plus uwsgi's limits
    gzip        compress for clients that accept it
    identity    an Identity (identity.py): its tokens are the only ones accepted, and the service appears in its catalog
    tls         (certificate file, key file[, CA file for client certificates])
    options     the service's configuration, e.g. version='v2.2', limit_max=50, database='mariadb'
    """

    def __init__(self, service='glance', images=300, seed=1, mode='varied', projects=None, tokens=None,
                 speaking_tokens=True, auth=True, latency=0, framing='length', gzip=False, style='eventlet', tls=None,
                 host='127.0.0.1', port=0, identity=None, **options):
        make_service, make_config = SERVICES.get(service, service)
        self.service_name, self.identity = service, identity
        self.generator = getattr(make_service, 'generator', generator)
        if isinstance(images, int):
            projects = projects or (identity.projects if identity else generator.PROJECTS)
            images = self.generator.generate(images, seed, mode, projects)
        self.store = Store(images)
        self.tokens = identity.tokens if identity else Tokens(tokens, speaking_tokens, auth)
        self.config = make_config(**options)
        self.service = make_service(self.store, self.tokens, self.config)
        self.journal = Journal()
        self.faults = Faults()
        self.latency, self.framing, self.gzip = latency, framing, gzip
        self.server = Server(self._respond, host, port, style, tls and tls_context(*tls))

    def start(self):
        self.server.start()
        self.service.url = self.url
        if self.identity:
            self.identity.register(self)
            self.config.auth_uri = self.identity.auth_url
        return self

    def stop(self):
        self.server.stop()

    __enter__ = start

    def __exit__(self, *error):
        self.stop()

    @property
    def port(self):
        return self.server.port

    @property
    def url(self):
        """The endpoint to configure in a client (without /v2)."""
        scheme = 'https' if self.server.tls else 'http'
        return '%s://%s:%d%s' % (scheme, self.server.host, self.port, getattr(self.config, 'prefix', ''))

    # images

    @property
    def images(self):
        """The images held. To change them: `with cloud.editing() as images: ...`"""
        return self.store.images

    def editing(self):
        return self.store.editing()

    def add(self, **members):
        """Adds one image; members not given are plain. Returns it."""
        image = self.generator.plain_image(**members)
        self.store.add([image])
        return image

    def documents(self, token=USER):
        """What a complete scan with this token must give: every image it can list, as the service shows it."""
        return self.service.complete(self.tokens.identify(token))

    def load_from(self, url, token, times=None):
        """Replaces the images by a copy of a real Glance's, read with an admin's token (see faithful.py)."""
        self.store.replace(faithful.copy_images(url, token, times))

    # what was asked

    @property
    def requests(self):
        """The requests recorded, oldest first (see journal.Record)."""
        return self.journal.snapshot()

    @property
    def lists(self):
        """Only the list requests."""
        return [record for record in self.requests if self.service.is_list(record)]

    @property
    def connections(self):
        """How many TCP connections were accepted since the start."""
        return self.server.connections

    def clear(self):
        """Forgets requests and faults."""
        self.journal.clear()
        self.faults.clear()
        self.server.released.clear()

    def wait_for_request(self, condition=lambda record: True, seconds=10):
        """Waits until a recorded request satisfies condition; returns it, or None in vain."""
        return self.journal.wait_for(lambda records: next(filter(condition, records), None), seconds)

    # what goes wrong

    def fault(self, kind, **arguments):
        """Asks for a fault: see faults.py for kinds and arguments."""
        return self.faults.add(Fault(kind, **arguments))

    def throttle(self, seconds=1, **where):
        """Asks for the service's own way of saying "too often, come again in so many seconds" (where: on, times...)."""
        answer = self.service.too_many(seconds)
        return self.fault('status', status=answer.status, body=answer.body, content_type=answer.content_type,
                          headers=answer.headers, **where)

    def release(self):
        """Lets stalled answers go on."""
        self.server.released.set()

    def refuse(self):
        """Closes the port and all connections, until accept()."""
        self.server.refuse()

    def accept(self):
        self.server.accept()

    def disconnect(self):
        """Closes all connections; new ones are welcome."""
        self.server.disconnect()

    def _respond(self, request):
        """(answer, delivery, record) for the server."""
        if request.path.startswith(control.PREFIX):
            return control.answer(self, request), Delivery(), make_record(0, request)
        record = self.journal.enter(request)
        exchange = Exchange(request, self.service, self.store, Delivery(self.latency, self.framing, self.gzip))
        before, after = self.faults.for_request(request, self.service.is_list(request))
        record.faults = [fault.kind for fault in before + after]
        try:
            for fault in before:
                fault.apply(exchange)
            exchange.answer = self.service.answer(request)
            for fault in after:
                fault.apply(exchange)
        except Exception as error:     # a mistake in the stand-in or in a fault: make it unmistakable
            record.faults.append('ERROR: %r' % error)
            exchange.answer = Answer(599, ('stand-in failed: %r' % error).encode(), 'text/plain')
        record.status = exchange.answer.status
        record.images = exchange.answer.images_sent
        record.answered = time.time()
        return exchange.answer, exchange.delivery, record
