"""The door of everything that asks Django who somebody is: the admin site, the browsable API."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from common.addresses import address_of
from users.exceptions import InvalidCredentials
from users.models import User
from users.services.credentials import check_credentials


class GuardedBackend(ModelBackend):
    """Check passwords by the service that counts attempts; its other refusals pass through."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        code: str = "",
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        address = address_of(request) if request is not None else ""
        try:
            return check_credentials(name=username, password=password, code=code, address=address)
        except InvalidCredentials:
            return None
