"""Who exists: domains, projects, users, application credentials and the roles between them, as plain values.

`keystone_accounts()` and `rackspace_accounts()` are what an identity service starts with; tests add their own.
"""
import dataclasses
import hashlib
import typing


@dataclasses.dataclass(frozen=True)
class Domain:
    id: str
    name: str


@dataclasses.dataclass(frozen=True)
class Project:
    id: str
    name: str
    domain: Domain


@dataclasses.dataclass
class User:
    id: str
    name: str
    domain: Domain
    password: typing.Optional[str] = None
    api_key: typing.Optional[str] = None         # Rackspace's
    enabled: bool = True
    second_factor: bool = False                  # a password alone does not do
    default_project: typing.Optional[Project] = None
    roles: typing.Dict[str, tuple] = dataclasses.field(default_factory=dict)     # project's or domain's id: names
    system_roles: tuple = ()


@dataclasses.dataclass
class ApplicationCredential:
    id: str
    name: str
    secret: str
    user: User
    project: Project
    roles: tuple


class Accounts:
    """Everybody and everything, by id and by name."""

    def __init__(self):
        self.domains, self.projects, self.users, self.credentials = [], [], [], []

    def add_domain(self, name, id=None):
        domain = Domain(id or make_id('domain', name), name)
        self.domains.append(domain)
        return domain

    def add_project(self, name, domain=None, id=None):
        domain = domain or self.domains[0]
        project = Project(id or make_id('project', domain.name, name), name, domain)
        self.projects.append(project)
        return project

    def add_user(self, name, password=None, domain=None, id=None, **more):
        domain = domain or self.domains[0]
        user = User(id or make_id('user', domain.name, name), name, domain, password, **more)
        self.users.append(user)
        return user

    def add_credential(self, name, secret, user, project, roles=('member',)):
        credential = ApplicationCredential(make_id('credential', user.id, name), name, secret, user, project, roles)
        self.credentials.append(credential)
        return credential

    def domain(self, id=None, name=None):
        return _first(self.domains, lambda each: each.id == id if id is not None else each.name == name)

    def project(self, id=None, name=None, domain=None):
        return self._named(self.projects, id, name, domain)

    def user(self, id=None, name=None, domain=None):
        return self._named(self.users, id, name, domain)

    def credential(self, id=None, name=None, user=None):
        if id is not None:
            return _first(self.credentials, lambda each: each.id == id)
        return _first(self.credentials, lambda each: each.name == name and each.user is user)

    def projects_of(self, user):
        return [project for project in self.projects if user.roles.get(project.id)]

    @staticmethod
    def _named(things, id, name, domain):
        """By id; else by name, in any domain if none is given."""
        if id is not None:
            return _first(things, lambda each: each.id == id)
        return _first(things, lambda each: each.name == name and domain in (None, each.domain))


def _first(things, condition):
    return next(filter(condition, things), None)


def make_id(*names):
    """32 hex digits, the same for the same names."""
    return hashlib.md5('/'.join(names).encode()).hexdigest()


def keystone_accounts():
    """Two domains in which the same names mean different things, and users for each way of being refused.

    u1/pw1 in projects p1 (member, reader) and p2 (member), application credential fdw/s3cret on p1; u2/pw2 in p2;
    rd/pwr reads p1; admin/adminpw; mfa/pwm needs a second factor; off/pwo is disabled; lost/pwl is in no project;
    home/pwh has default project p1. In domain Other: u1/other1 in that domain's p1.
    """
    accounts = Accounts()
    default, other = accounts.add_domain('Default', 'default'), accounts.add_domain('Other')
    p1, p2 = accounts.add_project('p1'), accounts.add_project('p2')
    other_p1 = accounts.add_project('p1', other)
    member = {p1.id: ('member', 'reader')}
    u1 = accounts.add_user('u1', 'pw1', roles={**member, p2.id: ('member',), default.id: ('member',)})
    accounts.add_user('u2', 'pw2', roles={p2.id: ('member',)})
    accounts.add_user('rd', 'pwr', roles={p1.id: ('reader',)})
    accounts.add_user('admin', 'adminpw', roles={p1.id: ('admin', 'member', 'reader'), default.id: ('admin',)},
                      system_roles=('admin', 'member', 'reader'))
    accounts.add_user('mfa', 'pwm', roles=dict(member), second_factor=True)
    accounts.add_user('off', 'pwo', roles=dict(member), enabled=False)
    accounts.add_user('lost', 'pwl')
    accounts.add_user('home', 'pwh', roles=dict(member), default_project=p1)
    accounts.add_user('u1', 'other1', other, roles={other_p1.id: ('member',)})
    accounts.add_credential('fdw', 's3cret', u1, p1)
    return accounts


def rackspace_accounts():
    """demoauthor (two tenants: the account's number and that of its files), another account, one with a second
    factor, one disabled."""
    accounts = Accounts()
    accounts.add_domain('Rackspace', 'rackspace')
    tenant, another = accounts.add_project('1100111', id='1100111'), accounts.add_project('820712', id='820712')
    files_id = 'MossoCloudFS_9c24e3db-52bf-4f26-8dc1-220871796e9f'
    files = accounts.add_project(files_id, id=files_id)
    everywhere = {tenant.id: ('compute:default',), files.id: ('object-store:default',)}
    accounts.add_user('demoauthor', 'theUsersPassword', id='172157', api_key='aaaaa-bbbbb-ccccc-12345678',
                      roles=everywhere, default_project=tenant)
    accounts.add_user('someone', 'someonesPassword', id='172158', api_key='0f97f489c848438090250d50c7e1ea88',
                      roles={another.id: ('compute:default',)}, default_project=another)
    accounts.add_user('careful', 'carefulPassword', id='172159', api_key='careful-key', roles=dict(everywhere),
                      second_factor=True, default_project=tenant)
    accounts.add_user('gone', 'gonePassword', id='172160', api_key='gone-key', roles=dict(everywhere), enabled=False,
                      default_project=tenant)
    return accounts
