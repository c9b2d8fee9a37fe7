"""The service catalog: services with endpoints by region and interface, in the forms of v3 and of v2.0.

Besides the services that tests register there are decoys: other regions, other interfaces, other services of the same
type. Their hosts do not exist (.invalid), so that a client which picks the wrong endpoint gets nowhere.
"""
import dataclasses
import typing

from .identity_accounts import make_id

# What an image service registers as: type and name
ENTRIES = {'glance': ('image', 'glance'), 'nova': ('compute', 'nova'), 'rackspace_images': ('image', 'cloudImages'),
           'rackspace_servers': ('compute', 'cloudServersOpenStack'), 'ims': ('image', 'ims')}


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One URL of a service; `{tenant}` in it becomes the project's id."""
    type: str
    name: str
    interface: str
    region: typing.Optional[str]
    url: str


class Catalog:
    def __init__(self, endpoints=()):
        self.endpoints = list(endpoints)

    def add(self, type, name, url, region, interface='public'):
        """Adds an endpoint, in place of the one of the same description if there is one."""
        new = Endpoint(type, name, interface, region, url)
        kept = [each for each in self.endpoints
                if (each.type, each.name, each.interface, each.region) != (type, name, interface, region)]
        self.endpoints = kept + [new]

    def _services(self):
        services = {}
        for endpoint in self.endpoints:
            services.setdefault((endpoint.type, endpoint.name), []).append(endpoint)
        return services.items()

    def v3(self, project_id):
        return [{'endpoints': [{'id': make_id('endpoint', each.type, each.name, each.interface, str(each.region)),
                                'interface': each.interface, 'region_id': each.region,
                                'url': _filled(each.url, project_id), 'region': each.region} for each in endpoints],
                 'id': make_id('service', type, name), 'type': type, 'name': name}
                for (type, name), endpoints in self._services()]

    def v2(self, project_id, with_tenant=False):
        """One endpoint a region, with a key for each interface; with_tenant adds the tenant, as Rackspace does."""
        services = []
        for (type, name), endpoints in self._services():
            regions = {}
            for each in endpoints:
                entry = regions.setdefault(each.region, {'region': each.region} if each.region else {})
                if with_tenant:
                    entry['tenantId'] = project_id
                entry[each.interface + 'URL'] = _filled(each.url, project_id)
            services.append({'name': name, 'endpoints': list(regions.values()), 'type': type})
        return services


def _filled(url, project_id):
    return url.replace('{tenant}', project_id or '')


def keystone_catalog():
    """Decoys around the services of region RegionOne."""
    catalog = Catalog()
    for type, name, path in (('object-store', 'swift', '/v1/AUTH_{tenant}'), ('image', 'glance', ''),
                             ('compute', 'nova', '/v2.1'), ('compute_legacy', 'nova_legacy', '/v2/{tenant}')):
        for region in ('RegionTwo', 'RegionOne'):
            for interface in ('internal', 'admin', 'public'):
                host = '%s-%s.%s.invalid' % (name.replace('_', '-'), interface, region.lower())
                catalog.add(type, name, 'http://%s%s' % (host, path), region, interface)
    catalog.add('dns', 'designate', 'http://designate.invalid', None)
    return catalog


def rackspace_catalog():
    """Two compute services, the old one first and without a region; several regions."""
    catalog = Catalog()
    catalog.add('compute', 'cloudServers', 'https://servers.api.rackspacecloud.invalid/v1.0/{tenant}', None)
    catalog.add('rax:dns', 'cloudDNS', 'https://dns.api.rackspacecloud.invalid/v1.0/{tenant}', None)
    for region in ('SYD', 'IAD', 'DFW', 'HKG'):
        place = region.lower() + '.%s.api.rackspacecloud.invalid'
        catalog.add('compute', 'cloudServersOpenStack', 'https://%s/v2/{tenant}' % (place % 'servers'), region)
        catalog.add('image', 'cloudImages', 'https://%s/v2' % (place % 'images'), region)
        for interface, host in (('public', place % 'queues'), ('internal', 'snet-' + place % 'queues')):
            catalog.add('rax:queues', 'cloudQueues', 'https://%s/v1/{tenant}' % host, region, interface)
    return catalog
