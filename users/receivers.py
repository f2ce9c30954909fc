"""The mails of accounts, and browsers that sign in and out."""

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from common.addresses import address_of
from common.documents.words import name_of
from notifications.models import OutboxMessage
from notifications.notices import notice
from notifications.registry import CauseGone, Mail, register_event_handler, register_mail
from users.models import EmailChange, PasswordReset, User
from users.services.accounts import ADDRESS_CHANGED
from users.services.credentials import ACCOUNT_LOCKED
from users.services.email_changes import CONFIRM_ADDRESS
from users.services.invitations import INVITATION
from users.services.links import link_token
from users.services.passwords import PASSWORD_CHANGED, RESET_ASKED, RESET_LINK, open_reset
from users.services.sign_ins import note_browser_sign_in, sign_out_browser


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Write down a browser's sign-in; Django gave its session a new key just before."""
    if not request.session.session_key:
        request.session.save()
    note_browser_sign_in(
        user=user,
        session_key=str(request.session.session_key),
        expires_at=request.session.get_expiry_date(),
        user_agent=request.headers.get("User-Agent", ""),
        address=address_of(request),
    )


@receiver(user_logged_out)
def note_sign_out(request: HttpRequest, **kwargs: Any) -> None:
    if request.session.session_key:
        sign_out_browser(session_key=request.session.session_key)


@register_event_handler(RESET_ASKED)
def reset_asked(payload: dict[str, Any]) -> None:
    open_reset(user_id=payload["user_id"])


@register_mail(RESET_LINK)
def reset_mail(message: OutboxMessage) -> Mail:
    """Send the link to choose a new password; only the mail ever holds it."""
    user = owner_of(message)
    row = good_link(PasswordReset.objects.all(), message.payload["reset_id"])
    address = f"{settings.PUBLIC_URL.rstrip('/')}/account/password/?token={link_token(row)}"
    return Mail(
        subject="Choose a new InventoryPulse password",
        template="password_reset",
        context={
            "user": user,
            "address": address,
            "expires_at": for_reader(user, row.expires_at),
        },
        keeps_text=False,
    )


@register_mail(INVITATION)
def invitation_mail(message: OutboxMessage) -> Mail:
    """Send somebody new the link to choose a password, and what is waiting behind it."""
    user = owner_of(message)
    row = good_link(PasswordReset.objects.all(), message.payload["reset_id"])
    inviting = User.objects.filter(pk=message.payload["invited_by_id"]).first()
    places = user.warehouse_memberships.order_by("warehouse__code")
    names = ", ".join(places.values_list("warehouse__name", flat=True))
    return notice(
        "You are invited to InventoryPulse",
        "An account was made for you. Choose your password to open it; the link is good once, "
        f"until {for_reader(user, row.expires_at)}.",
        [
            ("Invited by", name_of(inviting)),
            ("Your user name", user.username),
            ("Role", user.get_role_display()),
            ("Where you work", names),
        ],
        link=f"/account/password/?token={link_token(row)}",
        button="Choose your password",
        keeps_text=False,
    )


@register_mail(CONFIRM_ADDRESS)
def confirm_address_mail(message: OutboxMessage) -> Mail:
    """Ask a new address whether it belongs to who wants it; one that somebody has hears of that."""
    user = owner_of(message)
    row = good_link(EmailChange.objects.all(), message.payload["change_id"])
    if User.objects.exclude(pk=user.pk).filter(email__iexact=row.email).exists():
        return notice(
            "Somebody entered your address",
            "Somebody wanted this address for another account of InventoryPulse. You have one "
            "with it, so nothing was changed, and there is nothing to do.",
            button="",
        )
    return notice(
        "Confirm your new address",
        "From then on mails of InventoryPulse go here, and you may sign in with this address. The "
        f"link is good once, until {for_reader(user, row.expires_at)}. If it was not you, do "
        "nothing.",
        [("User name", user.username), ("New address", row.email)],
        link=f"/account/email/?token={link_token(row)}",
        button="Confirm the address",
        keeps_text=False,
    )


@register_mail(ADDRESS_CHANGED)
def address_changed_mail(message: OutboxMessage) -> Mail:
    """Tell an address that its account has another one now; not which."""
    user = owner_of(message)
    return notice(
        "Your InventoryPulse account has another address now",
        "Mails do not come here any more. If neither you nor an administrator changed that, tell "
        "an administrator at once: whoever did it knows your password.",
        [("User name", user.username), ("Changed at", for_reader(user, message.created_at))],
        button="",
    )


@register_mail(PASSWORD_CHANGED)
def changed_mail(message: OutboxMessage) -> Mail:
    """Tell an owner that the password is another one."""
    user = owner_of(message)
    return Mail(
        subject="Your InventoryPulse password was changed",
        template="password_changed",
        context={"user": user, "changed_at": for_reader(user, message.created_at)},
    )


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


def good_link(rows: Any, key: int) -> Any:
    """Return the row of a link to mail; raises CauseGone where it leads nowhere or would leak."""
    row = rows.select_related("user").get(pk=key)
    if row.used_at is not None or row.expires_at <= timezone.now():
        raise CauseGone("The link is used or expired.")
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend") and not (
        settings.DEBUG or settings.DEMO
    ):
        raise CauseGone("Without a mail server the link would stand in the log.")
    return row


def owner_of(message: OutboxMessage) -> User:
    """Return the user whom a mail about an account goes to; raises CauseGone."""
    user: User | None = User.objects.active().filter(pk=message.payload["user_id"]).first()
    if user is None:
        raise CauseGone("The account is not in use any more.")
    return user


def for_reader(user: User, moment: Any) -> str:
    """Return a time as the reader's clock shows it."""
    local = timezone.localtime(moment, user.clock)
    return f"{local:%H:%M on %d %B %Y} ({user.clock.key})"
