"""The one permission class of the API."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class RolePermission(BasePermission):
    """Allow an action only if the view names its permission and the user's role has it."""

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
        return required is not None and request.user.can(required)
