"""Secrets in mailed links: derived when they are needed, and kept nowhere."""

from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from common.references import as_primary_key
from users.exceptions import InvalidLink
from users.models import User


def link_token(row: Any) -> str:
    """Return what a link holds: a new password or address of its owner makes it void."""
    return f"{row.pk}-{secret_of(row)}"


def row_of_link(rows: Any, token: str, refusal: type[InvalidLink]) -> Any:
    """Return the row of a link that is good now; raises the refusal, whatever is wrong."""
    key, _, secret = token.strip().partition("-")
    good = rows.filter(used_at=None, expires_at__gt=timezone.now()).select_related("user")
    row = good.filter(pk=as_primary_key(key) or 0).first()
    if row is None or not row.user.is_active:
        raise refusal
    if not compare_digest(secret.encode(errors="replace"), secret_of(row).encode()):
        raise refusal
    return row


def use_link(row: Any, refusal: type[InvalidLink]) -> None:
    """Mark a link as used, by one conditional statement: of several uses at once one wins."""
    unused = type(row).objects.filter(pk=row.pk, used_at=None)
    if not unused.update(used_at=timezone.now()):
        raise refusal


def lock_owner(row: Any, refusal: type[InvalidLink]) -> User:
    """Lock the account of a link; raises the refusal where the link became void meanwhile."""
    user: User = User.objects.select_for_update(no_key=True).get(pk=row.user_id)
    known = (row.user.email, row.user.password)
    if not user.is_active or (user.email, user.password) != known:
        raise refusal
    return user


def secret_of(row: Any) -> str:
    user = row.user
    return salted_hmac(
        row.link_salt,
        f"{row.pk} {user.pk} {user.email} {user.password}",
        secret=settings.SECRET_KEY,
        algorithm="sha256",
    ).hexdigest()
