"""The command line: `/usr/bin/python3 test/cloud --images 300`, runs until SIGTERM or SIGINT."""
import argparse
import os
import re
import signal
import sys
import threading

# Run as a folder, Python puts this folder on the path; the package is one level up.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [os.path.dirname(HERE)] + [entry for entry in sys.path if os.path.abspath(entry or '.') != HERE]

from cloud import Cloud                     # noqa: E402
from cloud.identity import Identity         # noqa: E402
from cloud.standin import SERVICES          # noqa: E402


def options():
    parser = argparse.ArgumentParser(prog='cloud', description='A stand-in image service for tests.')
    add = parser.add_argument
    add('--service', choices=sorted(SERVICES), default='glance')
    add('--host', default='127.0.0.1')
    add('--port', type=int, default=0, help='default: any free one')
    add('--images', type=int, default=300, metavar='N')
    add('--seed', type=int, default=1)
    add('--mode', choices=('believable', 'varied'), default='believable')
    add('--projects', default=None, metavar='A,B', help='owners of the generated images (default t1,t2)')
    add('--token', action='append', default=[], metavar='TOKEN=USER:PROJECT:ROLE', help='a fixed token')
    add('--no-auth', action='store_true', help='ask for no token; everyone is an admin')
    add('--tenant-rules', action='store_true', help='the default, kept for readability')
    add('--latency-ms', type=float, default=0)
    add('--framing', choices=('length', 'chunked', 'close'), default='length')
    add('--style', choices=('eventlet', 'uwsgi'), default='eventlet')
    add('--gzip', action='store_true', help='compress for clients that accept it')
    add('--tls-cert', metavar='FILE')
    add('--tls-key', metavar='FILE')
    add('--tls-client-ca', metavar='FILE', help='demand client certificates signed by this CA')
    add('--ready-file', metavar='FILE', help='write HOST:PORT there when listening')
    add('--set', action='append', default=[], metavar='NAME=VALUE', dest='settings',
        help="a setting of the service: version=v2.5, limit_max=50, database=mariadb, prefix=/image")
    add('--identity', choices=('v3', 'v2.0', 'both', 'rackspace', 'iam'), metavar='API',
        help='an identity service too, on a port of its own, whose tokens are then the only ones accepted')
    add('--identity-port', type=int, default=0, metavar='PORT')
    add('--identity-set', action='append', default=[], metavar='NAME=VALUE', dest='identity_settings',
        help='a setting of the identity service: expiry=2, region=RegionTwo')
    return parser.parse_args()


def settings(pairs):
    """{'limit_max': 50} of ['limit_max=50']; whole numbers, fractions, true and false are what they look like."""
    parsed = {}
    for pair in pairs:
        name, _, value = pair.partition('=')
        if value in ('true', 'false'):
            parsed[name] = value == 'true'
        elif value.isdecimal():
            parsed[name] = int(value)
        else:
            parsed[name] = float(value) if re.fullmatch(r'-?\d+(\.\d+)?', value) else value
    return parsed


def main():
    given = options()
    more = settings(given.settings)
    if given.projects:
        more['projects'] = tuple(given.projects.split(','))
    tokens = {token: tuple(who.split(':')) for token, _, who in (each.partition('=') for each in given.token)}
    tls = None
    if given.tls_cert:
        tls = (given.tls_cert, given.tls_key or given.tls_cert, given.tls_client_ca)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    identity = None
    if given.identity:
        identity = Identity(api=given.identity, host=given.host, port=given.identity_port, tls=tls,
                            **settings(given.identity_settings)).start()
    cloud = Cloud(service=given.service, images=given.images, seed=given.seed, mode=given.mode, tokens=tokens,
                  auth=not given.no_auth, latency=given.latency_ms / 1000, framing=given.framing, gzip=given.gzip,
                  style=given.style, tls=tls, host=given.host, port=given.port, identity=identity,
                  **more)
    cloud.start()
    if given.ready_file:
        with open(given.ready_file + '.new', 'w', encoding='ascii') as ready:
            print('%s:%d' % (given.host, cloud.port), file=ready)
        os.replace(given.ready_file + '.new', given.ready_file)
    print('listening on %s:%d' % (given.host, cloud.port), flush=True)
    if identity:
        print('identity on %s:%d' % (given.host, identity.port), flush=True)
    done.wait()
    cloud.stop()
    if identity:
        identity.stop()


if __name__ == '__main__':
    main()
