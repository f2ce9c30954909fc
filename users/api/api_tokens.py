"""Signing requests of scripts: `Authorization: Bearer ip_…`, or `Token ip_…`."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from common.api.preconditions import SAFE_METHODS
from users.api.authentication import TokenRejected
from users.models import ApiToken
from users.services.api_tokens import MARK, use_api_token


class ApiTokenAuthentication(BaseAuthentication):
    """Accept a personal token in force; other bearer tokens are left to their own class."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        words = get_authorization_header(request).split()
        kind = words[0].lower() if words else b""
        is_ours = len(words) == 2 and words[1].startswith(MARK.encode())
        if kind != b"token" and not (kind == b"bearer" and is_ours):
            return None
        token = use_api_token(words[1].decode("latin-1")) if is_ours else None
        if token is None:
            raise TokenRejected
        if token.is_read_only and request.method not in SAFE_METHODS:
            raise PermissionDenied("This API token may only read. Use one with another scope.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
