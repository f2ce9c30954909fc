"""Whom a page of the admin site is for, and which rows a form of it may name."""

from typing import Any

from django.http import HttpRequest

from common.permissions import Can


def caller(request: HttpRequest) -> Any:
    """Return the user, who is signed in wherever the admin site asks."""
    return request.user


def allows(request: HttpRequest, permission: Can | None) -> bool:
    user = caller(request)
    return permission is not None and user.is_authenticated and user.can(permission)


def offered(model: Any, user: Any) -> Any:
    """Return the rows that a form may name: of warehouses those one works in, else the visible."""
    rows = model._default_manager.all()
    if hasattr(rows, "member"):
        return rows.member(user)
    return rows.visible_to(user) if hasattr(rows, "visible_to") else rows
