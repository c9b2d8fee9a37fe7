"""Real clients list the stand-in's images, with keys of every kind; and http-signature agrees with the stand-in on what a
signature is, and takes those of the extension."""
import json
import os
import subprocess
import sys
import tempfile
import time
import types
from email.utils import formatdate

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, '..', '..', 'lib'), os.path.join(here, '..', '..')]

import oracle  # noqa: E402
from cloud import Cloud  # noqa: E402
from cloud.cloudapi_keys import PublicKey, make_key  # noqa: E402
from cloud.cloudapi_signin import RestError, verified, read_authorization  # noqa: E402
from imagecat import fresh_database, rows, server  # noqa: E402
from tap import diag, done, is_, like, ok  # noqa: E402

TRITON = ['node', os.path.join(here, 'node_modules/triton/bin/triton'), 'image', 'list', '-j']
SMARTDC = ['node', os.path.join(here, 'node_modules/smartdc/bin/sdc-listimages')]


def run(command, cloud, key, home):
    """The images that a client prints."""
    environment = {'PATH': os.environ['PATH'], 'HOME': home, 'SDC_URL': cloud.url, 'SDC_ACCOUNT': 'demo',
                   'SDC_KEY_ID': key.fingerprint}
    ended = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ended.returncode:
        return ended.stderr
    if command[1] == SMARTDC[1]:
        return json.loads(ended.stdout)
    return [json.loads(line) for line in ended.stdout.split('\n') if line]


def write_key(home, key, form):
    """A home folder as ssh users have it."""
    os.makedirs(os.path.join(home, '.ssh'), 0o700, exist_ok=True)
    path = os.path.join(home, '.ssh', 'id_' + key.kind)
    with open(path, 'w', encoding='ascii', opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(form(key))
    with open(path + '.pub', 'w', encoding='ascii') as file:
        file.write(key.public + '\n')


def plainly(images):
    """The images without what the clients make up; a client's complaint as lines."""
    if isinstance(images, str):
        return images.strip().split('\n')
    made_up = ('repository', 'pubdate', 'age')
    return sorted(({name: value for name, value in image.items() if name not in made_up} for image in images),
                  key=lambda image: image['id'])


def check_clients(kind, form, clients):
    key = make_key(kind, 'key of demo')
    with tempfile.TemporaryDirectory() as home, Cloud(service='cloudapi', images=200, keys={'demo': key}) as cloud:
        write_key(home, key, form)
        every = cloud.documents('demo')
        for client, all_states, kinds in clients:
            name = '%s, %s, %s: ' % (os.path.basename(client[1]), kind, form.__name__)
            wanted = [image for image in every if image.get('type') != 'docker']
            is_(plainly(run(client + all_states, cloud, key, home)), plainly(wanted), name + 'all states')
            wanted = [image for image in every if image.get('type') == 'zvol' and image['state'] == 'active']
            is_(plainly(run(client + kinds, cloud, key, home)), plainly(wanted), name + 'a type')
        found = run(TRITON + ['name=~base', 'state=all'], cloud, key, home)
        wanted = [image for image in every if 'base' in image['name'] and image.get('type') != 'docker']
        is_(plainly(found), plainly(wanted), 'triton, %s: part of a name' % kind)
        verdicts = oracle.verify(cloud.requests, key.public)
        ok(len(verdicts) > 2 and all(verdict.get('ok') for verdict in verdicts),
           '%s, %s: http-signature takes the recorded requests too' % (kind, form.__name__))


def check_refusals(home):
    key, stranger = make_key('ecdsa', 'k'), make_key('ecdsa', 's')
    with Cloud(service='cloudapi', images=5, keys={'demo': key}) as cloud:
        write_key(home, stranger, form=lambda pair: pair.private)
        like(run(TRITON, cloud, stranger, home), 'InvalidCredentials', "triton is refused with a stranger's key")
        write_key(home, key, form=lambda pair: pair.private)
        like(run(TRITON + ['state=nonsense'], cloud, key, home), 'InvalidParameter.*invalid state: "nonsense"',
             'triton tells of a wrong state')


def check_extension():
    """Each request of the extension, verified by the library, which must refuse another key's."""
    cur = fresh_database('t70_cloudapi').cursor()
    for kind, algorithm in (('rsa', 'rsa-sha256'), ('ecdsa', 'ecdsa-sha256'), ('ecdsa-384', 'ecdsa-sha(256|384)'),
                            ('ed25519', 'ed25519-sha512')):
        key, stranger = make_key(kind, 'mine'), make_key(kind, "another's")
        with Cloud(service='cloudapi', images=40, keys={'demo': key}) as cloud:
            name = kind.replace('-', '_')
            server(cur, name, cloud.url, 'cloudapi', mapping={'login': 'demo', 'private_key': key.private})
            rows(cur, f'SELECT id FROM {name}.images')
            for text in ('plain', 'a+b', 'a b', 'a/b', '100%', 'é', "it's", 'q"uote', 'a&b=c', 'a;b', '~x', "*()!'", '?#'):
                rows(cur, f'SELECT id FROM {name}.images WHERE name = %s AND owner = %s', (text, text))
            requests = cloud.requests
        ok(len({request.target for request in requests}) > 10 and
           all(request.status == 200 for request in requests), f'{kind}: the extension sends requests of many kinds')
        verdicts = oracle.verify(requests, key.public)
        if not ok(all(verdict.get('ok') for verdict in verdicts), f'{kind}: http-signature takes them all'):
            diag('\n'.join(map(str, verdicts[:3])))
        like(requests[-1].headers['authorization'], f'algorithm="{algorithm}"', f'{kind}: the algorithm')
        ok(not any(verdict.get('ok') for verdict in oracle.verify(requests, stranger.public)),
           f'{kind}: and takes none for those of another key')
    cur.connection.close()


# The stand-in's reader and verifier beside the library's

ALGORITHMS = ['rsa-sha1', 'rsa-sha256', 'rsa-sha384', 'rsa-sha512', 'dsa-sha1', 'dsa-sha256', 'ecdsa-sha256',
              'ecdsa-sha384', 'ecdsa-sha512', 'ed25519-sha512']
CHANGES = (
    lambda header: header,
    lambda header: header.replace('",', '", '),
    lambda header: header + ',',
    lambda header: header + ' ',
    lambda header: header.replace('Signature', 'signature', 1),
    lambda header: header.replace('Signature ', 'Signature  ', 1),
    lambda header: header.replace('keyId=', 'keyid='),
    lambda header: header.replace('keyId=', 'key-id='),
    lambda header: header.replace('keyId="', "keyId='"),
    lambda header: header.replace('signature="', 'signature="AA'),
    lambda header: header.replace('="', '=" ', 1),
    lambda header: header.replace('algorithm="', 'algorithm="x'),
    lambda header: header.replace('-sha', '-SHA'),
    lambda header: header.replace('-sha', '-sha3-'),
    lambda header: header.replace('sha512', 'sha384').replace('sha256', 'sha384'),
    lambda header: header.replace('sha512', 'sha1').replace('sha256', 'sha1'),
    lambda header: header.replace('algorithm="', 'algorithm="hmac-sha256",was="'),
    lambda header: header.replace('algorithm="', 'algorithm="dsa-sha1",was="'),
    lambda header: header.replace('algorithm="', 'algorithm="ecdsa-sha256",was="'),
    lambda header: header.replace('headers="', 'headers="Date '),
    lambda header: header.replace(' date"', '"'),
    lambda header: header.replace('date"', 'date  host"'),
    lambda header: header.replace('headers="', 'headers="digest '),
    lambda header: header.replace('headers="', 'headers="",was="'),
    lambda header: header.replace('keyId="', 'n=1,keyId="'),
    lambda header: header.replace('keyId="', 'n=1x,keyId="'),
    lambda header: header.replace('keyId="/', 'keyId="'),
    lambda header: header.partition('signature=')[0],
    lambda header: header.partition('signature=')[0] + 'signature=""',
    lambda header: header.partition('signature=')[0] + 'signature="%%%"',
    lambda header: header.partition('signature=')[0] + 'signature="' + 'A' * 88 + '"',
    lambda header: header.replace('==', '').replace('="', '', 1) if header.endswith('="') else header,
)


def request_of(headers, target='/demo/images?os=linux&x=%41', method='GET'):
    return types.SimpleNamespace(method=method, target=target, headers=headers)


def our_verdict(request, public, now):
    try:
        signature = read_authorization(request, now)
        return {'ok': verified(PublicKey.read(public), signature), 'signed': signature.signed.decode('latin-1'),
                'keyId': signature.key_id}
    except RestError as error:
        return {'error': error.body['message'].replace('Authorization header invalid: ', '')}


def check_library():
    now = time.time()
    date = formatdate(now, usegmt=True)
    keys = [make_key(kind, kind) for kind in ('rsa', 'ecdsa', 'ecdsa-384', 'ed25519')]
    forms = [['date'], ['(request-target)', 'date'], ['request-line', 'date'],
             ['(request-target)', 'date', 'host', '(keyid)', '(algorithm)']]
    signed = []
    for key in keys:
        kinds = {'rsa': ('rsa-sha1', 'rsa-sha256', 'rsa-sha512'), 'ed25519': ('ed25519-sha512',)}.get(
            key.kind, ('ecdsa-sha256', 'ecdsa-sha512'))
        signed += [(key, {'sign': {'method': 'GET', 'path': '/demo/images?os=linux&x=%41', 'headers':
                                   {'date': date, 'host': 'h:1'}}, 'key': key.private,
                          'options': {'keyId': '/demo/keys/k', 'algorithm': algorithm, 'headers': form}})
                   for algorithm in kinds for form in forms]
    jobs, cases = [], []
    for (key, job), result in zip(signed, oracle.ask([job for _, job in signed])):
        if 'error' in result:
            ok(False, 'http-signature signs: %s' % result['error'])
            continue
        good = result['headers']['authorization']
        for change in CHANGES:
            headers = {'date': date, 'host': 'h:1', 'authorization': change(good)}
            cases.append((key, request_of(headers)))
        cases.append((key, request_of({'date': date, 'host': 'h:2', 'authorization': good}, '/demo/images')))
        cases.append((key, request_of({'host': 'h:1', 'authorization': good})))
    jobs = [{'verify': {'method': request.method, 'url': request.target, 'headers': request.headers},
             'publicKey': key.public, 'options': {'algorithms': ALGORITHMS}} for key, request in cases]
    different = accepted = 0
    for (key, request), theirs in zip(cases, oracle.ask(jobs)):
        ours = our_verdict(request, key.public, now)
        accepted += theirs.get('ok') is True
        if ours != theirs:
            different += 1
            if different < 10:
                diag('%s\n  theirs %s\n  ours   %s' % (request.headers, theirs, ours))
    is_(different, 0, '%d headers, right and wrong, are read and judged as by http-signature' % len(cases))
    ok(accepted >= len(signed), 'those that http-signature wrote among them are right')
    written = [{'verify': {'method': 'GET', 'url': '/demo/images', 'headers': {
        'date': date, 'authorization': key.authorization('/demo/keys/k', '/demo/images', date)}},
        'publicKey': key.public} for key in keys]
    ok(all(result.get('ok') for result in oracle.ask(written)), 'what KeyPair.authorization writes is right')


def main():
    def private(key):
        return key.private

    def traditional(key):
        return key.traditional()

    def openssh(key):
        return key.openssh()

    triton = (TRITON, ['state=all'], ['type=zvol'])
    smartdc = (SMARTDC, ['-s', 'all'], ['-t', 'zvol'])
    check_clients('rsa', private, (triton, smartdc))
    check_clients('rsa', openssh, (triton, smartdc))
    check_clients('ecdsa', private, (triton, smartdc))
    check_clients('ecdsa', traditional, (triton, smartdc))
    check_clients('ed25519', private, (triton,))             # smartdc's old library mistakes many Ed25519 keys
    check_clients('ed25519', openssh, (triton,))
    with tempfile.TemporaryDirectory() as home:
        check_refusals(home)
    check_extension()
    check_library()
    done()


main()
