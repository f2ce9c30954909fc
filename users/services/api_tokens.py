"""Writes of API tokens."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from common.exceptions import InvalidInput
from common.permissions import Can
from users.exceptions import TooManyTokens
from users.models import ApiToken, User

MARK = "ip_"
LASTS = timedelta(days=90)
LONGEST = timedelta(days=366)
TOKENS_EACH = 10
USE_IS_NOTED = timedelta(minutes=1)
# Who somebody is and how far they see is no act: without it no scope would find anything.
ALWAYS = frozenset({Can.SIGN_IN, Can.SEE_ALL_WAREHOUSES})


@transaction.atomic
def create_api_token(
    *, name: str, scopes: Sequence[str], expires_at: datetime | None = None, acting_user: User
) -> tuple[ApiToken, str]:
    """Create a token of the acting user; return it with its secret, which stands nowhere else.

    `scopes` are `all`, `read`, or names of permissions that the user has; `read` beside others
    narrows them to reading. Locks the user, so that the number of tokens holds. Raises
    InvalidInput (scopes, expires_at) and TooManyTokens.
    """
    now = timezone.now()
    expires_at = expires_at or now + LASTS
    if not now < expires_at <= now + LONGEST:
        text = "Name a time within a year from now."
        raise InvalidInput(text, {"expires_at": [text]})
    permissions = permissions_of(scopes, acting_user)
    User.objects.select_for_update(no_key=True).get(pk=acting_user.pk)
    if ApiToken.objects.filter(user=acting_user).in_force().count() >= TOKENS_EACH:
        raise TooManyTokens(
            f"There may be {TOKENS_EACH} tokens at a time. Revoke one that is not used any more."
        )
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=acting_user,
        name=name,
        prefix=secret[:11],
        token_hash=hash_of(secret),
        is_read_only="read" in scopes,
        permissions=permissions,
        expires_at=expires_at,
    )
    return token, secret


def permissions_of(scopes: Sequence[str], owner: User) -> list[str]:
    """Return the permissions that scopes name; raises InvalidInput for any that is not had."""
    names = {scope.removeprefix("can_") for scope in scopes} - {"read", "all"}
    own = {can.value for can in Can if owner.can(can)}
    unknown = sorted(names - own)
    if unknown or not scopes or ("all" in scopes and len(set(scopes)) > 1):
        text = 'Send ["read"], ["all"], or names of permissions that you have yourself.'
        told = [f"You have no permission {name!r}." for name in unknown] or [text]
        raise InvalidInput(text, {"scopes": told})
    return sorted(names)


def use_api_token(secret: str) -> ApiToken | None:
    """Return the token in force with this secret and its owner in use, or None; note its use.

    One query; a second one where no use was noted for a minute, which waits for nobody.
    """
    found = ApiToken.objects.in_force().select_related("user")
    token: ApiToken | None = found.filter(token_hash=hash_of(secret)).first()
    if token is None or not token.user.is_active:
        return None
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USE_IS_NOTED:
        with transaction.atomic(savepoint=False):  # a request has none of its own
            found = ApiToken.objects.select_for_update(skip_locked=True, no_key=True)
            free = found.filter(pk=token.pk).values("pk")
            ApiToken.objects.filter(pk__in=free).update(last_used_at=now)
    token.user.acts_by_token = True
    if token.permissions:
        token.user.scope = ALWAYS | {can for can in Can if can.value in token.permissions}
    return token


def revoke_api_token(*, token: ApiToken) -> None:
    """Stop a token for good, at once."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def revoke_api_tokens(user: User) -> None:
    """Stop all tokens of a user."""
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def hash_of(secret: str) -> str:
    """Return what is stored of a secret, which is random enough not to need a slow hash."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
