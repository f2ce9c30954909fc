"""The mails of accounts."""

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from notifications.models import OutboxMessage
from notifications.registry import CauseGone, Mail, register_mail
from users.models import User
from users.services.credentials import ACCOUNT_LOCKED


@register_mail(ACCOUNT_LOCKED)
def lock_mail(message: OutboxMessage) -> Mail:
    """Tell an owner that somebody used up the attempts to sign in."""
    user = owner_of(message)
    if user.locked_until is None:
        raise CauseGone("The account is not locked any more.")
    return Mail(
        subject="Your InventoryPulse account is locked for a while",
        template="account_locked",
        context={
            "user": user,
            "attempts": user.failed_login_attempts,
            "locked_until": for_reader(user, user.locked_until),
        },
    )


def owner_of(message: OutboxMessage) -> User:
    """Return the user whom a mail about an account goes to; raises CauseGone."""
    user: User | None = User.objects.active().filter(pk=message.payload["user_id"]).first()
    if user is None:
        raise CauseGone("The account is not in use any more.")
    return user


def for_reader(user: User, moment: Any) -> str:
    """Return a time as the reader's clock shows it."""
    local = timezone.localtime(moment, ZoneInfo(user.timezone))
    return f"{local:%H:%M on %d %B %Y} ({user.timezone})"
