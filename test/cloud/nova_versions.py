"""What a Nova says of its versions, at its root and under each, and which microversion a request speaks."""
import re

from .answers import Answer, json_text
from .nova_glance import NovaError
from .webob_errors import NOT_FOUND, HTTPError

PROXY_MAX = (2, 35)              # the last microversion in which images are proxied
NEWEST = (2, 93)
MICROVERSION = re.compile(r'([1-9]\d*)\.([1-9]\d*|0)')
MEDIA = 'application/vnd.openstack.compute+json;version='


def _versions(base):
    return [{'id': 'v2.0', 'status': 'SUPPORTED', 'version': '', 'min_version': '', 'updated': '2011-01-21T11:33:21Z',
             'links': [{'rel': 'self', 'href': base + '/v2/'}]},
            {'id': 'v2.1', 'status': 'CURRENT', 'version': '%d.%d' % NEWEST, 'min_version': '2.1',
             'updated': '2013-07-23T11:33:21Z', 'links': [{'rel': 'self', 'href': base + '/v2.1/'}]}]


def _media(version):
    return [{'base': 'application/json', 'type': MEDIA + ('2' if version['id'] == 'v2.0' else '2.1')}]


def answer(path, base):
    """The answer for a path that is none of the API's; base is the URL before it."""
    versions = _versions(base)
    if path in ('', '/'):
        return Answer(200, json_text({'versions': versions}), 'application/json')
    for version in versions:
        if base + path.rstrip('/') + '/' == version['links'][0]['href']:
            version['links'].append({'rel': 'describedby', 'type': 'text/html', 'href': 'http://docs.openstack.org/'})
            return Answer(200, json_text({'version': {**version, 'media-types': _media(version)}}), 'application/json')
    if re.match(r'/v2(\.1)?/', path):
        raise HTTPError(404, NOT_FOUND)
    choices = [{'id': each['id'], 'status': each['status'],
                'links': [{'rel': 'self', 'href': each['links'][0]['href'].rstrip('/') + path}],
                'media-types': _media(each)} for each in versions]
    return Answer(300, json_text({'choices': choices}), 'application/json')


def microversion_headers(headers):
    """The headers that tell the microversion a request asked for; refuses those that know no images."""
    asked = headers.get('x-openstack-nova-api-version')
    service, blank, text = headers.get('openstack-api-version', '').partition(' ')
    if service == 'compute' and blank:
        asked = text
    asked = '2.1' if asked is None else asked
    found = MICROVERSION.fullmatch(asked)
    version = NEWEST if asked == 'latest' else found and (int(found[1]), int(found[2]))
    if not version:
        raise NovaError(400, 'API Version String %s is of invalid format. Must be of format MajorNum.MinorNum.' % asked)
    if not (2, 1) <= version <= NEWEST:
        raise NovaError(406, 'Version %s is not supported by the API. Minimum is 2.1 and maximum is %d.%d.'
                        % (asked, *NEWEST))
    if version > PROXY_MAX:
        raise NovaError(404, NOT_FOUND)
    text = '%d.%d' % version
    return [('Openstack-Api-Version', 'compute ' + text), ('X-Openstack-Nova-Api-Version', text),
            ('Vary', 'OpenStack-API-Version'), ('Vary', 'X-OpenStack-Nova-API-Version')]
