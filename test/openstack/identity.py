#!/usr/bin/python3
"""Fills a bootstrapped Keystone: identity.py KEYSTONE_URL GLANCE_URL OTHER_GLANCE_URL NOVA_URL TOKENS

Prints as shell assignments the ids that it made; TOKENS becomes the file that populate.py reads. Two projects:
p1 with the users u1 (member; password pw1, application credential fdw with secret s3cret) and rd (reader, pwr),
p2 with u2 (member, pw2) and u1. admin (adminpw) administrates both, the system, and the project admin; svc (svcpw) is
the user of Glance and Nova. lost (lostpw) has no role anywhere.
The catalog, by region and interface: each image and compute endpoint differs from the others.
"""
import json
import os
import sys

from api import Api

PASSWORDS = {"u1": "pw1", "u2": "pw2", "rd": "pwr", "svc": "svcpw", "lost": "lostpw"}
ROLES = [
    ("service", "svc", "admin"), ("p1", "u1", "member"), ("p2", "u1", "member"), ("p2", "u2", "member"),
    ("p1", "rd", "reader"), ("p1", "admin", "admin"), ("p2", "admin", "admin"),
]


def endpoints(glance, other_glance, nova):
    """Service type and name, then interface, region, URL: some with a version or a project, as clouds do."""
    return [
        ("image", "glance", [
            ("public", "RegionOne", glance),
            ("admin", "RegionOne", glance),
            ("internal", "RegionOne", other_glance + "/v2/"),
            ("public", "RegionTwo", other_glance),
        ]),
        ("compute", "nova", [
            ("public", "RegionOne", nova + "/v2.1"),
            ("admin", "RegionOne", nova + "/v2.1/"),
            ("internal", "RegionOne", nova + "/v2.1/$(project_id)s"),
        ]),
    ]


def sign_in(keystone, user, password, scope):
    person = {"name": user, "domain": {"id": "default"}, "password": password}
    identity = {"methods": ["password"], "password": {"user": person}}
    headers, answer = keystone.call(None, "POST", "/v3/auth/tokens", {"auth": {"identity": identity, "scope": scope}})
    return headers["X-Subject-Token"], answer["token"]


def project_scope(name):
    return {"project": {"name": name, "domain": {"id": "default"}}}


class Filler:
    def __init__(self, keystone):
        self.keystone = keystone
        self.token, signed_in = sign_in(keystone, "admin", "adminpw", project_scope("admin"))
        self.roles = {role["name"]: role["id"] for role in self.call("GET", "/roles")["roles"]}
        self.users = {"admin": signed_in["user"]["id"]}
        self.projects = {}

    def call(self, method, path, body=None):
        return self.keystone.call(self.token, method, "/v3" + path, body)[1]

    def create(self, kind, **members):
        return self.call("POST", f"/{kind}s", {kind: members})[kind]["id"]

    def fill(self, catalog):
        for name in ("service", "p1", "p2"):
            self.projects[name] = self.create("project", name=name, domain_id="default")
        for name, password in PASSWORDS.items():
            self.users[name] = self.create("user", name=name, domain_id="default", password=password)
        for project, user, role in ROLES:
            self.call("PUT", f"/projects/{self.projects[project]}/users/{self.users[user]}/roles/{self.roles[role]}")
        self.create("region", id="RegionTwo")
        for kind, name, places in catalog:
            service = self.create("service", type=kind, name=name)
            for interface, region, url in places:
                self.create("endpoint", service_id=service, interface=interface, region_id=region, url=url)

    def application_credential(self, token):
        path = f"/v3/users/{self.users['u1']}/application_credentials"
        body = {"application_credential": {"name": "fdw", "secret": "s3cret", "roles": [{"name": "member"}]}}
        return self.keystone.call(token, "POST", path, body)[1]["application_credential"]["id"]


def main():
    keystone_url, *urls, tokens_file = sys.argv[1:]
    keystone = Api(keystone_url)
    filler = Filler(keystone)
    filler.fill(endpoints(*urls))
    owners = [
        {
            "project": filler.projects[project],
            "member": sign_in(keystone, user, PASSWORDS[user], project_scope(project))[0],
            "admin": sign_in(keystone, "admin", "adminpw", project_scope(project))[0],
        }
        for project, user in (("p1", "u1"), ("p2", "u2"))
    ]
    without_project = sign_in(keystone, "admin", "adminpw", {"system": {"all": True}})[0]
    with open(os.open(tokens_file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        json.dump({"owners": owners, "without_project": without_project}, file)
    print(f"export KEYSTONE_APPLICATION_CREDENTIAL_ID={filler.application_credential(owners[0]['member'])}")
    for name in ("p1", "p2"):
        print(f"export KEYSTONE_PROJECT_{name.upper()}={filler.projects[name]}")
    for name in ("u1", "u2", "rd"):
        print(f"export KEYSTONE_USER_{name.upper()}={filler.users[name]}")


main()
