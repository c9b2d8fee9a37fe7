"""The kinds of images that clouds offer, for the generator.

In names: {v} version, {x} the version's digits, {d} build date, {a} x86_64 or aarch64, {b} amd64 or arm64.
"""
import typing


class Kind(typing.NamedTuple):
    weight: int                  # how common it is
    name: str
    system: str                  # os_type/os_distro, or nothing
    versions: typing.Tuple[str, ...]
    formats: typing.Tuple[str, ...]
    megabytes: typing.Tuple[int, int]
    min_disk: typing.Tuple[int, ...] = (0,)
    min_ram: typing.Tuple[int, ...] = (0,)
    tags: typing.Tuple[str, ...] = ()


CLOUD = ('cloud-init',)
KINDS = (
    Kind(12, 'ubuntu-{v}-server-{b}-{d}', 'linux/ubuntu', ('18.04', '20.04', '22.04', '24.04'), ('qcow2', 'raw'),
         (350, 2400), (0, 4, 8), (0, 512, 1024), ('lts', 'cloud-init')),
    Kind(3, 'Ubuntu {v} LTS', 'linux/ubuntu', ('20.04', '22.04', '24.04'), ('qcow2',), (500, 2400), (8, 10), (1024,),
         ('lts',)),
    Kind(8, 'debian-{v}-genericcloud-{b}-{d}', 'linux/debian', ('10', '11', '12', '13'), ('qcow2', 'raw'),
         (220, 2048), (0, 2, 4), (0, 256), CLOUD),
    Kind(2, 'debian-{v}-nocloud-{b}', 'linux/debian', ('11', '12'), ('raw',), (280, 2048), (2,), (256,)),
    Kind(5, 'Rocky-{v}-GenericCloud-Base-{d}.{a}', 'linux/rocky', ('8.9', '9.2', '9.3', '9.4'), ('qcow2',),
         (560, 1900), (10,), (1024, 2048), ('el9', 'cloud-init')),
    Kind(4, 'AlmaLinux-{v}-GenericCloud-{d}.{a}', 'linux/almalinux', ('8.10', '9.3', '9.4'), ('qcow2',),
         (480, 1200), (10,), (1024,), CLOUD),
    Kind(4, 'CentOS-Stream-GenericCloud-{v}-{d}.0.{a}', 'linux/centos', ('8', '9', '10'), ('qcow2',), (700, 1900),
         (10,), (1024,)),
    Kind(2, 'CentOS-{v}-{a}-GenericCloud-2009', 'linux/centos', ('7',), ('qcow2',), (800, 900), (8,), (512,), ('eol',)),
    Kind(4, 'fedora-coreos-{v}.{d}.3.0-openstack.{a}', 'linux/fedora-coreos', ('38', '39', '40', '41'), ('qcow2',),
         (1500, 1900), (10,), (2048,), ('container', 'ignition')),
    Kind(3, 'Fedora-Cloud-Base-{v}-1.10.{a}', 'linux/fedora', ('38', '39', '40', '41'), ('qcow2', 'raw'), (380, 5120),
         (5,), (1024,), CLOUD),
    Kind(2, 'openSUSE-Leap-{v}-OpenStack', 'linux/opensuse', ('15.4', '15.5', '15.6'), ('qcow2',), (420, 900), (10,),
         (1024,)),
    Kind(2, 'SLES15-SP{v}-byos-{d}', 'linux/sles', ('4', '5', '6'), ('qcow2',), (600, 1500), (10,), (2048,),
         ('licensed',)),
    Kind(2, 'rhel-{v}-{a}-kvm', 'linux/rhel', ('8.8', '9.2', '9.4'), ('qcow2',), (700, 1100), (10,), (2048,),
         ('licensed',)),
    Kind(2, 'alpine-{v}-{a}-cloudinit', 'linux/alpine', ('3.18.4', '3.19.1', '3.20.0'), ('qcow2', 'raw'), (60, 180),
         (0, 1), (0, 128)),
    Kind(2, 'flatcar-stable-{v}', 'linux/flatcar', ('3602.2.3', '3760.2.0', '3815.2.5'), ('qcow2',), (420, 600), (9,),
         (1024,), ('container', 'ignition')),
    Kind(2, 'cirros-{v}-{a}-disk', 'linux/cirros', ('0.5.2', '0.6.1', '0.6.2'), ('qcow2',), (20, 24), tags=('test',)),
    Kind(3, 'ubuntu-2204-kube-v{v}', 'linux/ubuntu', ('1.27.8', '1.28.6', '1.29.1', '1.30.0'), ('qcow2', 'raw'),
         (2200, 5200), (20,), (4096,), ('kubernetes', 'capi')),
    Kind(1, 'amphora-x64-haproxy-{d}', 'linux/ubuntu', ('22.04',), ('qcow2',), (350, 480), (2,), (1024,), ('amphora',)),
    Kind(4, 'windows-server-{v}-datacenter-{d}', 'windows/windows', ('2016', '2019', '2022', '2025'),
         ('qcow2', 'vhd', 'vmdk'), (6000, 30000), (40, 60), (4096,), ('licensed', 'sysprep')),
    Kind(1, 'windows-{v}-pro-23H2', 'windows/windows', ('10', '11'), ('vhd', 'vmdk'), (9000, 22000), (64,), (4096,),
         ('licensed', 'desktop')),
    Kind(1, 'FreeBSD-{v}-RELEASE-{b}', 'bsd/freebsd', ('13.2', '14.0', '14.1'), ('qcow2', 'raw'), (600, 6000), (6,),
         (512,)),
    Kind(2, 'debian-{v}.0-{b}-netinst.iso', 'linux/debian', ('12.4', '12.5', '12.6'), ('iso',), (620, 660),
         tags=('installer',)),
    Kind(1, 'virtio-win-0.1.{x}.iso', '', ('229', '240', '248'), ('iso',), (500, 720), tags=('driver',)),
    Kind(1, 'pfSense-CE-{v}', 'bsd/freebsd', ('2.6.0', '2.7.2'), ('vdi', 'vmdk'), (400, 900), (8,), (1024,),
         ('appliance',)),
    Kind(1, 'bitnami-wordpress-{v}-r01', 'linux/debian', ('6.4.2', '6.5.5'), ('vmdk',), (900, 1800), (10,), (1024,),
         ('appliance',)),
    Kind(1, 'nginx:{v}', '', ('1.25', '1.27-alpine'), ('raw',), (20, 190), tags=('container',)),
)
SNAPSHOT_HOSTS = ('web', 'db', 'mail', 'build', 'gitlab', 'ci-runner', 'jump', 'k8s-node', 'ldap', 'erp', 'monitor')
