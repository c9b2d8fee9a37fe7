"""Stands in for Keystone's middleware: X-Auth-Token is USER:PROJECT:ROLE, the project "none" for none.

Without such a token Glance takes the caller for nobody and answers 401.
"""

IDENTITY = ("HTTP_X_USER", "HTTP_X_PROJECT", "HTTP_X_TENANT", "HTTP_X_ROLE", "HTTP_X_IDENTITY")


def filter_factory(global_conf, **local_conf):
    return lambda app: lambda environ, start_response: app(with_identity(environ), start_response)


def with_identity(environ):
    environ = {key: value for key, value in environ.items() if not key.startswith(IDENTITY)}
    token = environ.get("HTTP_X_AUTH_TOKEN", "").split(":")
    if len(token) == 3:
        user, project, role = token
        environ.update(HTTP_X_IDENTITY_STATUS="Confirmed", HTTP_X_USER_ID=user, HTTP_X_ROLES=role)
        if project != "none":
            environ["HTTP_X_PROJECT_ID"] = project
    return environ
