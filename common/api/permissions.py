"""The one permission class of the API."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from common.permissions import ROLE_PERMISSIONS, Can


class RolePermission(BasePermission):
    """Allow an action only if the view names its permission and the user's role has it."""

    message: str | None = None

    def has_permission(self, request: Request, view: Any) -> bool:
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        action = getattr(view, "action", None) or method
        required = getattr(view, "permissions", {}).get(action)
        if action in ("metadata", "options"):
            return bool(request.user and request.user.is_authenticated)
        if not (request.user and request.user.is_authenticated):
            return False
        if not hasattr(view, method):
            raise MethodNotAllowed(str(request.method))
        if required is None or request.user.can(required):
            return required is not None
        self.message = lacking(required)
        return False


def lacking(permission: Can) -> str:
    """Say which permission is missing, and who has it."""
    roles = [str(role) for role, granted in ROLE_PERMISSIONS.items() if permission in granted]
    return (
        f"This needs the permission {permission}, which you lack here. "
        f"Roles that have it: {', '.join(roles)}."
    )
