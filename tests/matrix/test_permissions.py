"""Every endpoint names who may use it."""

import pytest
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from common.api.permissions import RolePermission
from common.api.schema_view import SchemaView
from common.permissions import ROLE_PERMISSIONS, Can, Role
from tests.matrix.routes import METHODS, routes
from tests.matrix.rows import ROWS

# Pages of forms, which are no part of the API.
FORMS = ("/api/session/", "/account/")
ANONYMOUS = {row.endpoint[1] for row in ROWS if row.anonymous != 401}


def views():
    """Return the path and the class of each API view."""
    found = [(path, one) for path, one in routes() if isinstance(getattr(one, "cls", None), type)]
    assert len(found) > 20
    return found


def actions(callback):
    """Return the names that a view's permission table has to have."""
    named = getattr(callback, "actions", None)
    if named:
        return set(named.values())
    return {method for method in METHODS if hasattr(callback.cls, method)}


def permissions(callback):
    """Return the permission table of a view's class, or of the path that gives it another."""
    return callback.initkwargs.get("permissions") or getattr(callback.cls, "permissions", {})


def test_every_api_path_is_an_api_view():
    plain = [
        path
        for path, callback in views()
        if path.startswith("/api/") and not issubclass(callback.cls, APIView)
    ]

    assert plain == []


def test_only_the_listed_paths_are_anonymous():
    anonymous = {path for path, callback in views() if AllowAny in callback.cls.permission_classes}
    anonymous |= {
        path
        for path, callback in views()
        if callback.cls in (SchemaView, SpectacularSwaggerSplitView)
    }

    no_views = {"/", "/favicon.ico", "/metrics"}
    pages = {path for path in ANONYMOUS if not path.startswith(FORMS)} - no_views
    assert anonymous == pages


def test_every_other_view_asks_the_role():
    others = {
        path
        for path, callback in views()
        if path not in ANONYMOUS and list(callback.cls.permission_classes) != [RolePermission]
    }

    assert others == set()


def test_every_action_names_its_permission():
    unnamed = {
        f"{path} {action}"
        for path, callback in views()
        if path not in ANONYMOUS
        for action in actions(callback)
        if not isinstance(permissions(callback).get(action), Can)
    }

    assert unnamed == set()


@pytest.mark.parametrize("role", Role)
def test_every_role_signs_in_and_sees_stock(role):
    assert {Can.SIGN_IN, Can.VIEW_STOCK} <= ROLE_PERMISSIONS[role]


def test_admin_may_everything():
    assert ROLE_PERMISSIONS[Role.ADMIN] == set(Can)
