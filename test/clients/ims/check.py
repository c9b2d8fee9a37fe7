"""Huawei Cloud's SDK lists the stand-in's images; the stand-in, the SDK and the extension agree on signatures."""
import http.client
import json
import os
import subprocess
import sys
import urllib.parse

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, '..', '..', 'lib'), os.path.join(here, '..', '..')]

from cloud import USER, Cloud, aksk  # noqa: E402
from imagecat import fresh_database, rows, server  # noqa: E402
from tap import diag, done, is_, ok  # noqa: E402

LIST = '/v2/cloudimages'
KEYS = {'AKEXAMPLE': ('SKEXAMPLE', 'u', 't1'), 'AKSHORT': ('SKSHORT', 'u', 't1', 'secret+token/==')}
PERMANENT = {'access': 'AKEXAMPLE', 'secret': 'SKEXAMPLE'}
TEMPORARY = {'access': 'AKSHORT', 'secret': 'SKSHORT'}
TEXTS = ['plain', 'a+b', 'a b', 'a/b', 'a%2Fb', '100%', 'é', '日本語', "it's", 'q"uote', 'a&b=c', 'a;b', '~x', "*()!'", '?#',
         '\\', '']


def ask(jobs):
    """The results of these jobs (see sdk.js), which are the last line: the SDK writes its log before it."""
    ended = subprocess.run(['node', os.path.join(here, 'sdk.js')], input=json.dumps(jobs), text=True,
                           stdout=subprocess.PIPE, check=True)
    return json.loads(ended.stdout.split('\n')[-1])


def check_client(cloud):
    """The SDK's whole client: its listings, and its own view of a refusal."""
    everything = [image['id'] for image in cloud.service.listed(cloud.tokens.identify(USER))]
    names = [image['name'] for image in cloud.documents()][:3]
    common = {**PERMANENT, 'project': 't1'}

    def listing(**query):
        return {'endpoint': cloud.url, 'path': LIST, 'query': query}

    whole, temporary, wrong, *named = ask([
        {'list': listing(limit=50), **common},
        {'list': listing(limit=50), **TEMPORARY, 'project': 't1', 'securityToken': 'secret+token/=='},
        {'list': listing(limit=50), **common, 'secret': 'wrong'},
        *({'list': listing(name=text, limit=1), **common} for text in names + TEXTS)])
    is_(sorted(ids(whole)), sorted(everything), 'the SDK lists the images of the stand-in')
    is_(ids(temporary), ids(whole), 'with a temporary key and its token too')
    is_([wrong['status'], 'images' in wrong], [401, False], 'and is refused with a wrong secret')
    is_([answer['status'] for answer in named], [200] * len(named), 'whatever is in the query')
    is_([[image['name'] for image in answer['body']['images']] for answer in named[:len(names)]],
        [[name] for name in names], 'it finds images by their names')


def ids(answer):
    return [image['id'] for image in answer.get('body', {}).get('images', [])]


def send(cloud, target, headers):
    """The status of the answer."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(cloud.url).netloc, timeout=20)
    connection.putrequest('GET', target, skip_host=True, skip_accept_encoding=True)
    for name, content in headers.items():
        connection.putheader(name, content)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def check_signer(cloud):
    """What the SDK signed is accepted as it is, and in no other form."""
    host = urllib.parse.urlsplit(cloud.url).netloc
    query = {'name': 'a b', 'limit': '5'}
    target = LIST + '?' + urllib.parse.urlencode(query)
    headers = {'X-Sdk-Date': aksk.sdk_date(), 'X-Project-Id': 't1', 'host': host}
    request = {'method': 'GET', 'url': cloud.url + LIST, 'headers': headers, 'query': query}
    headers = ask([{'sign': request, **PERMANENT}])[0]['headers']
    authorization = headers['Authorization']
    last = authorization[-1]
    is_(send(cloud, target, headers), 200, 'what the SDK signed is accepted')
    is_(send(cloud, LIST + '?limit=5&name=a%20b', headers), 200, 'its query in another order and form too')
    for title, other_target, changes in (
            ('another limit', target.replace('limit=5', 'limit=6'), {}),
            ('another name', target.replace('a+b', 'a%2Bb'), {}),
            ('one more parameter', target + '&status=active', {}),
            ('no query', LIST, {}),
            ('another signature', target, {'Authorization': authorization[:-1] + ('0' if last != '0' else '1')}),
            ('no signature', target, {'Authorization': authorization.partition(', Signature')[0]}),
            ('another key', target, {'Authorization': authorization.replace('AKEXAMPLE', 'AKSHORT')}),
            ('another date', target, {'X-Sdk-Date': aksk.sdk_date(1)}),
            ('another project', target, {'X-Project-Id': 't2'}),
            ('fewer signed headers', target, {'Authorization': authorization.replace(';x-project-id', '')})):
        is_(send(cloud, other_target, {**headers, **changes}), 401, f'with {title} it is refused')


def signing_job(cloud, record, credentials):
    """The SDK is to sign a recorded request again."""
    target, _, query = record.target.partition('?')
    named = record.headers['authorization'].partition('SignedHeaders=')[2].partition(',')[0].split(';')
    headers = {'X-Sdk-Date' if name == 'x-sdk-date' else name: record.headers[name] for name in named}
    url = 'http://' + urllib.parse.urlsplit(cloud.url).netloc + target
    return {'sign': {'method': record.method, 'url': url, 'headers': headers,
                     'query': urllib.parse.parse_qs(query, keep_blank_values=True)}, **credentials}


def check_extension(prefix):
    """Each request of the extension, signed again by the SDK."""
    cur = fresh_database('t71_ims').cursor()
    with Cloud('ims', images=40, access_keys=KEYS, signatures=('huawei',), prefix=prefix, limit_max=7) as cloud:
        server(cur, 'i', cloud.url, 'ims', mapping={'access_key': 'AKEXAMPLE', 'secret_key': 'SKEXAMPLE',
                                                    'project_id': 't1'})
        server(cur, 'j', cloud.url, 'ims', mapping={'access_key': 'AKSHORT', 'secret_key': 'SKSHORT',
                                                    'security_token': 'secret+token/=='})
        for name, credentials in (('i', PERMANENT), ('j', TEMPORARY)):
            cloud.clear()
            rows(cur, f'SELECT id FROM {name}.images')
            rows(cur, f"SELECT id FROM {name}.images WHERE created_at >= '2020-01-01' AND tags @> '{{a b,c+d}}'"
                      " AND status = 'active' AND min_ram = 0 ORDER BY created_at DESC LIMIT 3")
            for text in TEXTS:
                rows(cur, f'SELECT id FROM {name}.images WHERE name = %s AND id <> %s', (text, text))
                rows(cur, f"SELECT id FROM {name}.images WHERE os_version = %s", (text,))
            signed = ask([signing_job(cloud, record, credentials) for record in cloud.requests])
            different = [(record.target, record.headers['authorization'], result)
                         for record, result in zip(cloud.requests, signed)
                         if result['headers']['Authorization'] != record.headers['authorization']]
            asked = {record.target for record in cloud.requests}
            if not ok(not different and len(asked) > 15,
                      f'{len(asked)} different requests under "{prefix}/" are signed as the SDK signs, key {name}'):
                diag('\n'.join(map(str, different[:5])))
    cur.connection.close()


def main():
    with Cloud('ims', images=40, access_keys=KEYS, limit_max=100) as cloud:
        check_client(cloud)
        check_signer(cloud)
    for prefix in ('', '/some/where'):
        check_extension(prefix)
    done()


main()
