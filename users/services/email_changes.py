"""New e-mail addresses, confirmed by a link that is mailed to them."""

from django.db import transaction
from django.utils import timezone

from common.audit_context import recorded_by_link
from common.exceptions import InvalidInput
from notifications.outbox import queue_mail, queue_mails
from users.exceptions import InvalidEmailLink
from users.models import EmailChange, User
from users.services.accounts import message_to_old_address, save_account
from users.services.attempts import HOUR, require_attempt
from users.services.links import lock_owner, row_of_link, use_link
from users.services.passwords import KEEP_LINKS, require_password

CONFIRM_ADDRESS = "users.confirm_address"
LINK_LASTS = 24 * HOUR
MAILS_AN_HOUR = 3


def ask_for_email_change(
    *, email: str, password: str, address: str = "", acting_user: User
) -> EmailChange:
    """Mail a link to the new address of the acting user, whose address stays until it is used.

    Whether somebody else has that address is told to nobody but its owner, by that mail. The
    password counts as an attempt to sign in. Raises InvalidInput (password, new_email) and
    TooManyAttempts.
    """
    require_password(user=acting_user, password=password, address=address, field="password")
    if email.lower() == acting_user.email.lower():
        text = "This is your address already."
        raise InvalidInput(text, {"new_email": [text]})
    what = f"email change {acting_user.pk}"
    require_attempt(what, limit=MAILS_AN_HOUR, window=HOUR)
    with transaction.atomic():
        row: EmailChange = EmailChange.objects.create(
            user=acting_user,
            email=User.objects.normalize_email(email),
            expires_at=timezone.now() + LINK_LASTS,
        )
        payload = {"user_id": acting_user.pk, "change_id": row.pk}
        queue_mail(CONFIRM_ADDRESS, recipient=acting_user, payload=payload, address=row.email)
    return row


@transaction.atomic
def confirm_email_change(*, token: str) -> User:
    """Give the owner of a link the address that it was mailed to, and tell the one before.

    Locks the account; of several uses at once exactly one wins, and every other link that was
    mailed to the account is void. The audit names the owner. Raises InvalidEmailLink, and
    DuplicateCode (email) where somebody else has the address by now.
    """
    row = email_change_of(token)
    with recorded_by_link(row.user_id):
        use_link(row, InvalidEmailLink)
        user = lock_owner(row, InvalidEmailLink)
        old, user.email = user.email, row.email
        save_account(user)
        queue_mails([message_to_old_address(user, old)])
    return user


def email_change_of(token: str) -> EmailChange:
    """Return the row of a link that is good now; raises InvalidEmailLink."""
    row: EmailChange = row_of_link(EmailChange.objects.all(), token, InvalidEmailLink)
    return row


def purge_email_changes() -> int:
    """Delete links that ended a month ago; return how many."""
    over = EmailChange.objects.filter(expires_at__lt=timezone.now() - KEEP_LINKS)
    return over.delete()[0]
