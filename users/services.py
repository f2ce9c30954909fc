"""Writes of accounts, sign-ins and role groups."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput, NotAllowed
from common.permissions import ROLE_PERMISSIONS, Can, Role
from users.exceptions import InvalidCredentials, LastAdmin, SignInEnded
from users.models import SignIn, User

SIGN_IN_LASTS: timedelta = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
TWIN_GRACE = timedelta(seconds=10)
KEEP_ENDED_SIGN_INS = timedelta(days=30)
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
TAKEN = {
    "users_user_username_key": "username",
    "user_name_once": "username",
    "user_email_once": "email",
}


@transaction.atomic
def create_user(*, password: str, acting_user: User | None, **fields: Any) -> User:
    """Create an account and return it.

    Raises InvalidInput for a weak password and DuplicateCode for a name or address that is taken.
    """
    user = User(created_by=acting_user, **fields)
    user.username = User.normalize_username(user.username)
    check_password_strength(password, user)
    user.set_password(password)
    save_account(user)
    return user


@transaction.atomic
def change_user(
    *, user: User, acting_user: User, password: str | None = None, **fields: Any
) -> User:
    """Change an account; locks it, and every admin where the change could remove the last one.

    People change their own profile and preferences, an admin everything. An account that may no
    longer sign in, or has a new password, loses its sign-ins. Raises NotAllowed, LastAdmin,
    InvalidInput (password) and DuplicateCode.
    """
    admins = lock_admins() if user.role == Role.ADMIN else set()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    changes = {name: value for name, value in fields.items() if getattr(user, name) != value}
    may_change(user, acting_user, set(changes) | ({"password"} if password else set()))
    for name, value in changes.items():
        setattr(user, name, value)
    if admins == {user.pk} and not (user.role == Role.ADMIN and user.is_active):
        raise LastAdmin("This is the only active admin. Make somebody else an admin first.")
    if password:
        check_password_strength(password, user)
        user.set_password(password)
    save_account(user)
    if password or not user.is_active:
        end_sign_ins(user)
    return user


def deactivate_user(*, user: User, acting_user: User) -> User:
    """Take an account out of use and end its sign-ins; its history stays. Raises LastAdmin."""
    return change_user(user=user, status=User.Status.INACTIVE, acting_user=acting_user)


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


def check_password_strength(password: str, user: User) -> None:
    """Raise InvalidInput on `password` if the configured validators refuse it."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), {"password": error.messages}) from None


def save_account(user: User) -> None:
    """Save with the group of the role; DuplicateCode for a taken user name or e-mail address."""
    with refuse_duplicates(TAKEN):
        user.save()
    join_role_group(user)


def sign_in(*, name: str, password: str, user_agent: str = "") -> SignIn:
    """Start a sign-in for a user name or e-mail address, and count failures on the account.

    Raises InvalidCredentials, after the work of one password check whoever is asked for.
    """
    user = User.objects.signing_in_as(name).first()
    if user is None:
        make_password(password)
        raise InvalidCredentials
    account = User.objects.filter(pk=user.pk)
    if not user.check_password(password):
        account.update(failed_login_attempts=F("failed_login_attempts") + 1)
        raise InvalidCredentials
    if not user.is_active:
        raise InvalidCredentials
    account.update(failed_login_attempts=0, last_login=timezone.now())
    return SignIn.objects.create(
        user=user,
        current_jti=uuid4().hex,
        expires_at=timezone.now() + SIGN_IN_LASTS,
        user_agent=user_agent[:200],
    )


def rotate_sign_in(*, sign_in_id: int, jti: str) -> SignIn:
    """Exchange the newest refresh token of a sign-in for the next one.

    Of several simultaneous uses one wins. The others are refused; an older token that comes
    back later was stolen or copied and ends the sign-in for good. Raises SignInEnded.
    """
    sign_in = SignIn.objects.select_related("user").filter(pk=sign_in_id).first()
    if sign_in is None or not sign_in.user.is_active or sign_in.revoked_at is not None:
        raise SignInEnded
    new_jti = uuid4().hex
    if swap_jti(sign_in_id, jti, new_jti):
        sign_in.refresh_from_db(fields=["current_jti", "expires_at"])
        return sign_in
    sign_in.refresh_from_db()
    if jti != sign_in.previous_jti or timezone.now() - sign_in.rotated_at > TWIN_GRACE:
        sign_out(sign_in_id=sign_in_id)
    raise SignInEnded


def swap_jti(sign_in_id: int, old: str, new: str) -> bool:
    """Replace the good token by the next one, in a single conditional statement."""
    now = timezone.now()
    return bool(
        SignIn.objects.filter(
            pk=sign_in_id, current_jti=old, revoked_at=None, expires_at__gt=now
        ).update(current_jti=new, previous_jti=old, rotated_at=now, expires_at=now + SIGN_IN_LASTS)
    )


def sign_out(*, sign_in_id: int) -> None:
    """Revoke a sign-in: its access and refresh tokens stop at once."""
    SignIn.objects.filter(pk=sign_in_id, revoked_at=None).update(revoked_at=timezone.now())


def end_sign_ins(user: User) -> None:
    """Revoke every sign-in of a user."""
    SignIn.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def purge_ended_sign_ins() -> int:
    """Delete sign-ins that nobody could go on with for a month; return how many."""
    deleted, _ = SignIn.objects.filter(expires_at__lt=timezone.now() - KEEP_ENDED_SIGN_INS).delete()
    return deleted


def join_role_group(user: User) -> bool:
    """Put a user into the group of their role and no other role's; say whether that was new."""
    groups = {group.name: group for group in Group.objects.filter(name__in=list(Role))}
    held = set(user.groups.filter(name__in=list(Role)).values_list("name", flat=True))
    wanted = {user.role} & set(groups)
    user.groups.remove(*[groups[name] for name in held - wanted])
    user.groups.add(*[groups[name] for name in wanted - held])
    return held != wanted


@transaction.atomic
def seed_roles() -> list[str]:
    """Make groups, permissions and memberships equal the role table; return what changed."""
    changes = []
    account = ContentType.objects.get_for_model(User)
    permissions = {}
    for can in Can:
        name = can.replace("_", " ").capitalize()
        permissions[can], made = Permission.objects.get_or_create(
            content_type=account, codename=can.value, defaults={"name": name}
        )
        changes += [f"permission {can} created"] if made else []
    for role, granted in ROLE_PERMISSIONS.items():
        group, made = Group.objects.get_or_create(name=role.value)
        changes += [f"group {role} created"] if made else []
        held = set(group.permissions.values_list("pk", flat=True))
        wanted = {permissions[can].pk for can in granted}
        if held != wanted:
            group.permissions.set(wanted)
            changes.append(f"group {role} now has {len(wanted)} permissions")
    changes += [
        f"user {user} joined group {user.role}"
        for user in User.objects.order_by("pk").iterator()
        if join_role_group(user)
    ]
    return changes
