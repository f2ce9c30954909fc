"""Inviting people: an account without a password, and a mailed link to choose one."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from common.exceptions import NotAllowed, WrongState
from common.permissions import Can
from notifications.outbox import queue_mail
from users.models import PasswordReset, User
from users.services.attempts import HOUR, require_attempt

INVITATION = "users.invitation"
INVITATION_LASTS = timedelta(days=7)
MAILS_AN_HOUR = 3


@transaction.atomic
def invite_user(*, user: User, acting_user: User | None) -> PasswordReset:
    """Mail somebody who has no password yet a link to choose one; earlier invitations end.

    Locks the account. Raises NotAllowed unless an administrator acts, WrongState where there is a
    password or the account is not in use, and TooManyAttempts after three mails in an hour.
    """
    if acting_user is not None and not acting_user.can(Can.MANAGE_USERS):
        raise NotAllowed("Only an administrator invites people.")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.has_usable_password():
        raise WrongState(f"{user.username} has chosen a password already.")
    if not user.is_active:
        raise WrongState(f"{user.username} is {user.status}. Make the account active first.")
    what = f"invitation {user.pk}"
    require_attempt(what, limit=MAILS_AN_HOUR, window=HOUR)
    now = timezone.now()
    PasswordReset.objects.invitations().filter(user=user).update(expires_at=now)
    row: PasswordReset = PasswordReset.objects.create(
        user=user, kind=PasswordReset.Kind.INVITATION, expires_at=now + INVITATION_LASTS
    )
    payload = {"reset_id": row.pk, "invited_by_id": acting_user.pk if acting_user else None}
    queue_mail(INVITATION, recipient=user, payload={"user_id": user.pk, **payload})
    return row


def open_invitation(user: User) -> PasswordReset | None:
    """Return the last invitation of somebody who has not chosen a password, expired or not.

    No query for whoever has a password.
    """
    if user.has_usable_password():
        return None
    return PasswordReset.objects.invitations().filter(user=user).order_by("-pk").first()
