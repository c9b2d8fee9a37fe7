"""An HTTP/1.1 server small enough to misbehave on purpose.

It reads requests and delivers answers, one thread to a connection; what the answers say is the application's affair
(`application(request) -> (answer, delivery, record)`), how their bytes travel is the delivery's.
"""
import gzip
import http.client
import random
import select
import socket
import ssl
import struct
import threading
import time
from email.utils import formatdate

from .answers import Request

REQUEST_LINE_LIMIT = 8192        # eventlet's, including the method, the version and the line end
UWSGI_PATH_LIMIT = 32638         # beyond it uwsgi drops the connection, then the query, then the connection again
UWSGI_QUERY_LOST = range(32768, 65500)


class Server:
    """Listens on one port until stopped; can refuse connections for a while."""

    def __init__(self, application, host='127.0.0.1', port=0, style='eventlet', tls=None):
        self.application = application
        self.host, self.port = host, port
        self.style = style
        self.tls = tls
        self.stopping = threading.Event()
        self.released = threading.Event()
        self.connections = 0
        self._open = set()
        self._lock = threading.Lock()
        self._listener = None

    def start(self):
        self._listen()

    def stop(self):
        self.stopping.set()
        self.refuse()

    def refuse(self):
        """Closes the port and every connection: whoever connects is refused."""
        listener, self._listener = self._listener, None
        if listener:
            try:
                listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
            except OSError:
                pass
            listener.close()
        self.disconnect()

    def disconnect(self):
        """Closes every open connection, idle or not."""
        with self._lock:
            victims = list(self._open)
        for connection in victims:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self):
        """Opens the port again."""
        if self._listener is None:
            self._listen()

    def _listen(self):
        self._listener = socket.create_server((self.host, self.port), backlog=512)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection, number):
        original = connection
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open.discard(original)
                    self._open.add(connection)
            Conversation(self, connection, number).run()
        except (OSError, ssl.SSLError, ValueError):
            pass  # the client went away, or talks no HTTP
        finally:
            with self._lock:
                self._open.discard(original)
                self._open.discard(connection)
            connection.close()


class Conversation:
    """The requests and answers of one connection."""

    def __init__(self, server, connection, number):
        self.server = server
        self.connection = connection
        self.number = number
        self.reader = connection.makefile('rb', 65536)

    def run(self):
        with self.reader:
            while not self.server.stopping.is_set():
                request, version = self._read()
                if request is None:
                    return
                answer, delivery, record = self.server.application(request)
                keep = (version == 'HTTP/1.1' and request.headers.get('connection', '').lower() != 'close'
                        and self.server.style != 'uwsgi')
                try:
                    keep = self._deliver(request, answer, delivery, record, keep)
                except OSError:
                    record.aborted = True
                    raise
                if not keep:
                    return

    def _read(self):
        line = self.reader.readline(REQUEST_LINE_LIMIT if self.server.style == 'eventlet' else 1 << 17)
        if line in (b'\r\n', b'\n'):  # tolerated between requests
            line = self.reader.readline(REQUEST_LINE_LIMIT)
        if not line:
            return None, None
        if self.server.style == 'eventlet' and len(line) >= REQUEST_LINE_LIMIT:
            self.connection.sendall(b'HTTP/1.0 414 Request URI Too Long\r\n'
                                    b'Connection: close\r\nContent-length: 0\r\n\r\n')
            self._drain()
            return None, None
        method, target, version = line.decode('latin-1').split()
        if self.server.style == 'uwsgi' and len(target) > UWSGI_PATH_LIMIT:
            if len(target) not in UWSGI_QUERY_LOST:
                return None, None
            target = target.partition('?')[0]
        headers = {}
        while True:
            line = self.reader.readline(65536)
            if line in (b'\r\n', b'\n', b''):
                break
            key, _, value = line.decode('latin-1').partition(':')
            headers[key.strip().lower()] = value.strip()
        body = self.reader.read(int(headers.get('content-length', 0)))
        return Request(method, target, headers, body, self.number, bool(self.server.tls)), version

    def _drain(self):
        """Reads what the client still sends, lest the close become a reset that swallows the answer."""
        self.connection.settimeout(1)
        try:
            while self.connection.recv(65536):
                pass
        except OSError:
            pass

    def _deliver(self, request, answer, delivery, record, keep):
        """Sends the answer; true if the connection can carry another request."""
        if not self._wait(delivery.delay):
            record.aborted = True
            return False
        if delivery.silent:
            self._close(delivery.reset)
            return False
        body = answer.render()
        record.bytes = len(body if delivery.cut is None else body[:delivery.cut])
        headers = list(answer.headers)
        if answer.content_type:
            headers.insert(0, ('Content-Type', answer.content_type))
        if delivery.gzip and 'gzip' in request.headers.get('accept-encoding', ''):
            body = gzip.compress(body, 1)
            headers.append(('Content-Encoding', 'gzip'))
        keep = keep and delivery.framing != 'close' and delivery.cut is None
        framed = chunked(body) if delivery.framing == 'chunked' else body
        if delivery.framing == 'chunked':
            headers.append(('Transfer-Encoding', 'chunked'))
        elif delivery.framing == 'length' and self.server.style != 'uwsgi':
            headers.append(('Content-Length', str(len(body))))
        headers.append(('Date', formatdate(usegmt=True)))
        headers = [pair for pair in headers if pair[0].lower() not in delivery.headers]
        headers += [(name, value) for name, value in delivery.headers.items() if value is not None]
        if not keep:
            headers.append(('Connection', 'close'))
        reason = http.client.responses.get(answer.status, 'Unknown')
        head = 'HTTP/1.1 %d %s\r\n' % (answer.status, reason)
        head += ''.join('%s: %s\r\n' % pair for pair in headers) + '\r\n'
        whole = self._send(head.encode('latin-1'), b'' if request.method == 'HEAD' else framed, delivery)
        record.aborted = not whole
        record.finished = time.time()
        if delivery.cut is not None or delivery.hang_up:
            self._close(delivery.reset)
            return False
        return whole and keep

    def _send(self, head, body, delivery):
        if delivery.cut is not None:
            body = body[:delivery.cut]
        stall_at, stall_for = delivery.stall or (None, None)
        if stall_at is None and delivery.pieces is None:
            self.connection.sendall(head + body)
            return True
        self.connection.sendall(head)
        parts = [body] if stall_at is None else [body[:stall_at], body[stall_at:]]
        for number, part in enumerate(parts):
            if number and not self._wait(stall_for, until_released=True):
                return False
            for piece in split(part, delivery.pieces):
                self.connection.sendall(piece)
                if delivery.pause and not self._wait(delivery.pause):
                    return False
        return True

    def _wait(self, seconds, until_released=False):
        """Sleeps; false if the server stops or the client goes away meanwhile. None is for ever."""
        if seconds == 0:
            return True
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            if self.server.stopping.is_set() or self._client_gone():
                return False
            if until_released and self.server.released.is_set():
                return True
            left = 0.02 if end is None else min(0.02, max(0, end - time.monotonic()))
            self.server.stopping.wait(left)
        return True

    def _client_gone(self):
        if self.server.tls or not select.select([self.connection], [], [], 0)[0]:
            return False
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b''
        except OSError:
            return True

    def _close(self, reset):
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        else:
            try:
                self.connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass


def split(data, pieces):
    """Cuts data into pieces of a random size between pieces[0] and pieces[1]; None leaves it whole."""
    if pieces is None:
        yield data
        return
    start = 0
    while start < len(data):
        size = random.randint(*pieces)
        yield data[start:start + size]
        start += size


def chunked(body, size=997):
    """The body in the chunked transfer coding; an odd size, so that chunks end anywhere."""
    coded = b''.join(b'%x\r\n%s\r\n' % (len(body[at:at + size]), body[at:at + size])
                     for at in range(0, len(body), size))
    return coded + b'0\r\n\r\n'


def tls_context(certificate, key, client_ca=None):
    """A server's TLS settings; with client_ca it demands a client certificate signed by that CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
