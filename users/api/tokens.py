"""JSON web tokens of a sign-in."""

from typing import Any

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_to_epoch

from common.references import as_primary_key
from users.exceptions import SignInEnded
from users.models import SignIn

# The library lets through what dates far beyond the calendar raise.
UNREADABLE = (TokenError, OverflowError, ValueError, OSError)


def refresh_token_of(sign_in: SignIn) -> RefreshToken:
    """Return the good refresh token of a sign-in; its access token carries the sign-in too."""
    token = RefreshToken()
    token["jti"] = sign_in.current_jti
    token["exp"] = datetime_to_epoch(sign_in.expires_at)
    token["user_id"] = str(sign_in.user_id)
    token["sid"] = sign_in.pk
    return token


def read_refresh_token(text: str) -> dict[str, Any]:
    """Return `sign_in_id` and `jti` of a refresh token that we signed, else raise SignInEnded."""
    try:
        token = RefreshToken(text)  # type: ignore[arg-type]
    except UNREADABLE as error:
        raise SignInEnded from error
    return {"sign_in_id": claimed_key(token, "sid"), "jti": str(token.get("jti", ""))}


def claimed_key(token: Token, claim: str) -> int:
    """Return the primary key that a claim holds, or 0, which no row has."""
    return as_primary_key(token.get(claim)) or 0
