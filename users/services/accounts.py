"""Writes of accounts."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput, NotAllowed
from common.permissions import Can, Role
from notifications.models import OutboxMessage
from notifications.outbox import mail_message, queue_mails
from users.exceptions import LastAdmin
from users.models import User
from users.password_rules import normal_password
from users.services.api_tokens import revoke_api_tokens
from users.services.roles import join_role_group
from users.services.sign_ins import end_sign_ins
from users.signals import role_changed

ADDRESS_CHANGED = "users.address_changed"
OWN_FIELDS = {
    "first_name",
    "last_name",
    "display_name",
    "phone",
    "department",
    "job_title",
    "timezone",
    "language",
    "notify_by_email",
    "notify_in_app",
    "notify_low_stock",
}
# Whoever sets these can sign in as somebody.
TAKES_OVER = {"email", "password"}
TAKEN = {
    "users_user_username_key": "username",
    "user_name_once": "username",
    "user_email_once": "email",
}


@transaction.atomic
def create_user(*, password: str | None, acting_user: User | None, **fields: Any) -> User:
    """Create an account and return it; without a password nobody can sign in yet.

    Raises InvalidInput for a weak password, DuplicateCode for a name or address that is taken, and
    NotAllowed where an API token would make an administrator.
    """
    if acting_user is not None:
        refuse_to_scripts(acting_user, {"role"} if fields.get("role") == Role.ADMIN else set())
    user = User(created_by=acting_user, **fields)
    user.username = User.normalize_username(user.username)
    if password is not None:
        check_password_strength(password, user)
    user.set_password(password)
    save_account(user)
    return user


@transaction.atomic
def change_user(
    *, user: User, acting_user: User, password: str | None = None, **fields: Any
) -> User:
    """Change an account; locks it, and every admin where the change could remove the last one.

    People change their own profile and preferences, an admin everything but the own password. An
    account that may no longer sign in, or has a new password, loses its sign-ins and API tokens;
    an address that is not the account's any more hears of it.
    Raises NotAllowed, LastAdmin, InvalidInput (password) and DuplicateCode.
    """
    admins = lock_admins() if user.role == Role.ADMIN else set()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    changes = {name: value for name, value in fields.items() if getattr(user, name) != value}
    named = set(changes) | ({"password"} if password else set())
    may_change(user, acting_user, named)
    makes_admin = changes.get("role") == Role.ADMIN
    refuse_to_scripts(acting_user, named & TAKES_OVER | ({"role"} if makes_admin else set()))
    old_address = user.email
    for name, value in changes.items():
        setattr(user, name, value)
    if admins == {user.pk} and not (user.role == Role.ADMIN and user.is_active):
        raise LastAdmin("This is the only active admin. Make somebody else an admin first.")
    if password:
        refuse_own_password(user, acting_user)
        check_password_strength(password, user)
        user.set_password(password)
        user.failed_login_attempts, user.attempts_end_at = 0, None
    save_account(user)
    if "email" in changes and user.has_usable_password():
        queue_mails([message_to_old_address(user, old_address)])
    if "role" in changes:
        role_changed.send(sender=User, user=user)
    if password or not user.is_active:
        end_access(user)
    return user


@transaction.atomic
def set_role(*, user: User, role: Role) -> User:
    """Give somebody another role, from the command line; locks as change_user. Raises LastAdmin.

    Who heads warehouses and may not any more leaves them without a head, as with change_user.
    """
    admins = lock_admins()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if admins == {user.pk} and role != Role.ADMIN:
        raise LastAdmin("This is the only active admin. Make somebody else an admin first.")
    user.role = role.value
    save_account(user)
    role_changed.send(sender=User, user=user)
    return user


@transaction.atomic
def unlock_user(*, user: User, acting_user: User | None) -> User:
    """Let somebody sign in again, whatever locked the account; locks it. Raises NotAllowed."""
    if acting_user is not None and not acting_user.can(Can.MANAGE_USERS):
        raise NotAllowed("Only an administrator unlocks an account.")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    user.account_locked = False
    user.failed_login_attempts, user.attempts_end_at = 0, None
    save_account(user)
    return user


def message_to_old_address(user: User, old: str) -> OutboxMessage:
    """Return a mail that tells an address that it is not an account's any more."""
    return mail_message(ADDRESS_CHANGED, user.pk, {"user_id": user.pk}, address=old)


@transaction.atomic
def sign_out_user(*, user: User, acting_user: User) -> User:
    """End all sign-ins and API tokens of somebody; locks the account. Raises NotAllowed."""
    if not acting_user.can(Can.MANAGE_USERS):
        raise NotAllowed("Only an administrator signs others out.")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    end_access(user)
    return user


def end_access(user: User) -> None:
    """End all sign-ins and API tokens of somebody, for good."""
    end_sign_ins(user)
    revoke_api_tokens(user)


def lock_admins() -> set[int]:
    """Lock the active admins in the order of their keys, so that the last one cannot vanish."""
    admins = User.objects.active().filter(role=Role.ADMIN).order_by("pk")
    return set(admins.select_for_update(no_key=True).values_list("pk", flat=True))


def may_change(user: User, acting_user: User, names: set[str]) -> None:
    """Raise NotAllowed unless `acting_user` may change these fields of `user`."""
    if acting_user.can(Can.MANAGE_USERS):
        return
    if user.pk != acting_user.pk:
        raise NotAllowed("Only an administrator changes other people's accounts.")
    refused = sorted(names - OWN_FIELDS)
    if refused:
        raise NotAllowed(
            f"Only an administrator changes {', '.join(refused)}. Leave it out.",
            {name: ["Only an administrator changes this."] for name in refused},
        )


def refuse_to_scripts(acting_user: User, names: set[str]) -> None:
    """Raise NotAllowed where an API token sets what would outlive it: a way into an account."""
    if acting_user.acts_by_token and names:
        text = "An API token may not do this. Sign in with the password."
        raise NotAllowed(text, {name: [text] for name in sorted(names)})


def refuse_own_password(user: User, acting_user: User) -> None:
    """Raise NotAllowed: who changes the own password shows the present one."""
    if user.pk == acting_user.pk:
        text = "Change your own password with the present one: /api/auth/password/change/."
        raise NotAllowed(text, {"password": [text]})


def check_password_strength(password: str, user: User) -> None:
    """Raise InvalidInput on `password` if the configured validators refuse it."""
    try:
        validate_password(normal_password(password), user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), {"password": error.messages}) from None


def save_account(user: User) -> None:
    """Save with the group of the role; DuplicateCode for a taken user name or e-mail address."""
    with refuse_duplicates(TAKEN):
        user.save()
    join_role_group(user)
