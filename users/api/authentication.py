"""Bearer tokens: every one belongs to a sign-in that can be ended at once."""

from typing import Any

from django.db.models import BigIntegerField
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from common.compiled_queries import CompiledQuery, Given
from users.api.tokens import UNREADABLE, claimed_key
from users.models import User

# Asked by every request. A cache would cost a question too, to learn of a dismissal at once.
SIGNED_IN = CompiledQuery(
    lambda: (
        User.objects.active()
        .filter(
            pk=Given("user_id", BigIntegerField()),
            sign_ins__pk=Given("sign_in_id", BigIntegerField()),
            sign_ins__revoked_at=None,
        )
        .order_by()[:1]
    )
)


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
        user = SIGNED_IN.first(
            user_id=claimed_key(validated_token, "user_id"),
            sign_in_id=claimed_key(validated_token, "sid"),
        )
        if user is None:
            raise TokenRejected
        return user
