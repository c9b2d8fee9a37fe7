"""Stand-in image services for tests: real HTTP, real quirks, recorded requests, faults on demand.

Standard library only. In a test: `from cloud import Cloud`; from a shell: `/usr/bin/python3 test/cloud --help`.
"""
from .client import RemoteCloud
from .identity import Identity
from .standin import ADMIN, OTHER_USER, USER, Cloud

__all__ = ['ADMIN', 'OTHER_USER', 'USER', 'Cloud', 'Identity', 'RemoteCloud']
