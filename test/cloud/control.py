"""Control over HTTP for shells and other processes: paths under /_control/, which are never recorded.

    GET  /_control/requests            the requests recorded, a JSON array
    GET  /_control/images              the images held, a JSON array
    GET  /_control/status              url, counts
    POST /_control/clear               forget requests and faults
    POST /_control/faults              {"kind": "status", "status": 503, "times": 2} or an array of such
    POST /_control/release             let stalled answers go on
    POST /_control/disconnect          close all connections
    POST /_control/images              {"replace": [...]}, {"add": [...]}, {"delete": ["id"]},
                                       {"generate": {"count": 300, "seed": 1, "mode": "varied"}}
    POST /_control/tokens              {"add": {"token": ["user", "project", "role"]}, "revoke": ["token"]}
    POST /_control/settings            {"latency": 0.02, "framing": "chunked", "gzip": true}
"""
import json

from .answers import Answer
from .faults import Fault

PREFIX = '/_control/'


def answer(cloud, request):
    action = ACTIONS.get((request.method, request.path[len(PREFIX):]))
    if action is None:
        return _json({'error': 'no such control'}, 404)
    try:
        return _json(action(cloud, json.loads(request.body or b'null')))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return _json({'error': repr(error)}, 400)


def _json(value, status=200):
    return Answer(status, json.dumps(value).encode(), 'application/json')


def _requests(cloud, _):
    return [record.as_json() for record in cloud.requests]


def _images(cloud, _):
    with cloud.store.lock:
        return list(cloud.images)


def _status(cloud, _):
    return {'url': cloud.url, 'images': len(cloud.images), 'requests': len(cloud.requests),
            'connections': cloud.connections, 'identity': cloud.identity and cloud.identity.url}


def _clear(cloud, _):
    cloud.clear()


def _faults(cloud, wanted):
    faults = [Fault(**each) for each in (wanted if isinstance(wanted, list) else [wanted])]
    for fault in faults:
        cloud.faults.add(fault)
    return {'faults': len(faults)}


def _release(cloud, _):
    cloud.release()


def _disconnect(cloud, _):
    cloud.disconnect()


def _change_images(cloud, wanted):
    if 'generate' in wanted:
        given = wanted['generate']
        cloud.store.replace(cloud.generator.generate(given['count'], given.get('seed', 1), given.get('mode', 'varied')))
    if 'replace' in wanted:
        cloud.store.replace([cloud.generator.plain_image(**image) for image in wanted['replace']])
    if 'add' in wanted:
        cloud.store.add([cloud.generator.plain_image(**image) for image in wanted['add']])
    for identifier in wanted.get('delete', ()):
        cloud.store.delete(identifier)
    return {'images': len(cloud.images)}


def _tokens(cloud, wanted):
    cloud.tokens.fixed.update({token: tuple(who) for token, who in wanted.get('add', {}).items()})
    cloud.tokens.revoked.update(wanted.get('revoke', ()))


def _settings(cloud, wanted):
    for name in wanted:
        if name not in ('latency', 'framing', 'gzip'):
            raise ValueError(name)
    for name, value in wanted.items():
        setattr(cloud, name, value)


ACTIONS = {
    ('GET', 'requests'): _requests,
    ('GET', 'images'): _images,
    ('GET', 'status'): _status,
    ('POST', 'clear'): _clear,
    ('POST', 'faults'): _faults,
    ('POST', 'release'): _release,
    ('POST', 'disconnect'): _disconnect,
    ('POST', 'images'): _change_images,
    ('POST', 'tokens'): _tokens,
    ('POST', 'settings'): _settings,
}
