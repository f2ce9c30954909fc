"""Bearer tokens: every one belongs to a sign-in that can be ended at once."""

from typing import Any

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from users.api.tokens import UNREADABLE, claimed_key
from users.models import User


class TokenRejected(AuthenticationFailed):
    """The bearer token is broken, expired or belongs to an ended sign-in."""

    title = "Token invalid or expired"
    default_detail = "Please log in again."
    default_code = "token_not_valid"


class SessionJWTAuthentication(JWTAuthentication):
    """Accept an access token as long as its sign-in lasts and its user is active."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        try:
            return super().authenticate(request)
        except (AuthenticationFailed, *UNREADABLE) as error:
            raise TokenRejected from error

    def get_user(self, validated_token: Token) -> Any:
        """Load the user and check the sign-in, with one query."""
        user = (
            User.objects.active()
            .filter(
                pk=claimed_key(validated_token, "user_id"),
                sign_ins__pk=claimed_key(validated_token, "sid"),
                sign_ins__revoked_at=None,
            )
            .first()
        )
        if user is None:
            raise TokenRejected
        return user
