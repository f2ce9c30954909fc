"""New passwords, chosen by their owners."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from common.audit_context import recorded_by_link
from common.exceptions import InvalidInput
from notifications.outbox import queue_mail, record_event
from users.exceptions import CodeRequired, InvalidCredentials, InvalidResetLink
from users.models import PasswordReset, User
from users.services.accounts import check_password_strength, end_access
from users.services.attempts import HOUR, take_attempt
from users.services.credentials import check_credentials
from users.services.links import lock_owner, row_of_link, use_link
from users.services.sign_ins import end_sign_ins

RESET_ASKED, RESET_LINK = "users.password_reset_asked", "users.password_reset"
PASSWORD_CHANGED = "users.password_changed"  # nosec B105
LINK_LASTS = HOUR
MAILS_AN_HOUR = 3
KEEP_LINKS = timedelta(days=30)


def change_password(
    *, old: str, new: str, keep: int | None = None, address: str = "", acting_user: User
) -> User:
    """Give the acting user a new password and end their sign-ins, but the one to keep.

    The old password counts as an attempt to sign in. Raises InvalidInput (old_password,
    new_password) and TooManyAttempts.
    """
    require_password(user=acting_user, password=old, address=address)
    with transaction.atomic():
        user: User = User.objects.select_for_update(no_key=True).get(pk=acting_user.pk)
        set_password(user, new)
        tell_of_new_password(user)
        end_sign_ins(user, keep=keep)
    return user


def require_password(
    *, user: User, password: str, address: str = "", field: str = "old_password"
) -> None:
    """Raise InvalidInput on `field` unless this is the user's password; counts like a sign-in.

    Who is signed in has shown a second factor already, so that the password alone is asked for.
    """
    try:
        check_credentials(name=user.username, password=password, address=address)
    except CodeRequired:
        return
    except InvalidCredentials:
        text = "This is not the present password, or there were too many attempts."
        raise InvalidInput(text, {field: [text]}) from None


def ask_for_reset(*, name: str) -> None:
    """Let a link be mailed to the account of a user name or address, if it is in use.

    The answer and the work are the same whether there is one: it is looked for here and mailed by
    the worker. At most three mails an hour go to one account.
    """
    user = User.objects.active().signing_in_as(name).first()
    may_mail = take_attempt(
        f"reset {user.pk if user else name.strip().lower()}",
        limit=MAILS_AN_HOUR,
        window=HOUR,
    )
    record_event(RESET_ASKED, {"user_id": user.pk if user and may_mail else 0})


def open_reset(*, user_id: int) -> None:
    """Make the row of a link and queue its mail; for nobody, nothing."""
    user = User.objects.active().filter(pk=user_id).first()
    if user is None:
        return
    row = PasswordReset.objects.create(user=user, expires_at=timezone.now() + LINK_LASTS)
    queue_mail(RESET_LINK, recipient=user, payload={"user_id": user.pk, "reset_id": row.pk})


@transaction.atomic
def confirm_reset(*, token: str, password: str) -> User:
    """Give the owner of a link a new password, or their first, end all their sign-ins, and unlock.

    Of several uses at once exactly one wins: the row is marked as used by one conditional
    statement. The audit names the owner. Raises InvalidResetLink, and InvalidInput (new_password),
    which leaves the link good.
    """
    row = reset_of(token)
    check_new_password(password, row.user)
    with recorded_by_link(row.user_id):
        use_link(row, InvalidResetLink)
        user = lock_owner(row, InvalidResetLink)
        is_first = not user.has_usable_password()
        set_password(user, password)
        end_access(user)
        if not is_first:
            tell_of_new_password(user)
    return user


def reset_of(token: str) -> PasswordReset:
    """Return the row of a link that is good now; raises InvalidResetLink."""
    row: PasswordReset = row_of_link(PasswordReset.objects.all(), token, InvalidResetLink)
    return row


def set_password(user: User, password: str) -> None:
    """Store a new password and end a lock by wrong ones; raises InvalidInput."""
    check_new_password(password, user)
    user.set_password(password)
    user.failed_login_attempts, user.attempts_end_at = 0, None
    user.save(update_fields=["password", "failed_login_attempts", "attempts_end_at", "updated_at"])


def tell_of_new_password(user: User) -> None:
    """Mail an owner that the password is another one."""
    queue_mail(PASSWORD_CHANGED, recipient=user, payload={"user_id": user.pk})


def check_new_password(password: str, user: User) -> None:
    try:
        check_password_strength(password, user)
    except InvalidInput as error:
        raise InvalidInput(error.message, {"new_password": error.details["password"]}) from None


def purge_resets() -> int:
    """Delete links that ended a month ago; return how many."""
    over = PasswordReset.objects.filter(expires_at__lt=timezone.now() - KEEP_LINKS)
    return over.delete()[0]
