"""Every endpoint names who may use it."""

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLPattern
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from common.api.permissions import RolePermission
from common.permissions import ROLE_PERMISSIONS, Can, Role

METHODS = {"get", "post", "put", "patch", "delete"}
ANONYMOUS = {
    "/api/auth/login/",
    "/api/auth/refresh/",
    "/api/docs/",
    "/api/health/",
    "/api/health/live/",
    "/api/health/ready/",
    "/api/schema/",
    "/api/token/",
    "/api/token/refresh/",
}


def routes(patterns, prefix="/"):
    """Yield the path and the class of each API view."""
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        if not isinstance(pattern, URLPattern):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(getattr(pattern.callback, "cls", None), type):
            yield path, pattern.callback


def endpoints():
    found = list(routes(get_resolver().url_patterns))
    assert len(found) > 20
    return found


def actions(callback):
    """Return the names that a view's permission table has to have."""
    named = getattr(callback, "actions", None)
    if named:
        return set(named.values())
    return {method for method in METHODS if hasattr(callback.cls, method)}


def test_every_api_path_is_an_api_view():
    plain = [
        path
        for path, callback in endpoints()
        if path.startswith("/api/") and not issubclass(callback.cls, APIView)
    ]

    assert plain == []


def test_only_the_listed_paths_are_anonymous():
    anonymous = {
        path for path, callback in endpoints() if AllowAny in callback.cls.permission_classes
    }
    anonymous |= {
        path
        for path, callback in endpoints()
        if callback.cls in (SpectacularAPIView, SpectacularSwaggerSplitView)
    }

    assert anonymous == ANONYMOUS


def test_every_other_view_asks_the_role():
    others = {
        path
        for path, callback in endpoints()
        if path not in ANONYMOUS and list(callback.cls.permission_classes) != [RolePermission]
    }

    assert others == set()


def test_every_action_names_its_permission():
    unnamed = {
        f"{path} {action}"
        for path, callback in endpoints()
        if path not in ANONYMOUS
        for action in actions(callback)
        if not isinstance(getattr(callback.cls, "permissions", {}).get(action), Can)
    }

    assert unnamed == set()


@pytest.mark.parametrize("role", Role)
def test_every_role_signs_in_and_sees_stock(role):
    assert {Can.SIGN_IN, Can.VIEW_STOCK} <= ROLE_PERMISSIONS[role]


def test_admin_may_everything():
    assert ROLE_PERMISSIONS[Role.ADMIN] == set(Can)
