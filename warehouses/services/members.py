"""Writes of accounts together with the warehouses that they belong to."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from common.exceptions import InvalidInput, NotAllowed, WrongState
from common.permissions import Can, Role
from users.models import User
from users.services.accounts import change_user, create_user, lock_admins
from users.services.invitations import invite_user
from warehouses.lifecycle import BY_STEPS_ONLY
from warehouses.models import Membership, Warehouse


@transaction.atomic
def create_member(
    *,
    password: str | None = None,
    warehouses: Sequence[Warehouse] | None = None,
    default: Warehouse | None = None,
    acting_user: User | None,
    **fields: Any,
) -> User:
    """Create an account that belongs to warehouses; who has no password is invited by mail.

    Raises as create_user, set_memberships and invite_user.
    """
    if fields.get("status") in BY_STEPS_ONLY:
        text = "A new account is active, inactive or suspended."
        raise InvalidInput(text, {"status": [text]})
    user = create_user(password=password, acting_user=acting_user, **fields)
    set_memberships(user=user, warehouses=warehouses, default=default)
    if password is None:
        invite_user(user=user, acting_user=acting_user)
    return user


@transaction.atomic
def change_member(
    *,
    user: User,
    warehouses: Sequence[Warehouse] | None = None,
    default: Warehouse | None = None,
    acting_user: User,
    **fields: Any,
) -> User:
    """Change an account and where it belongs; raises as change_user and set_memberships.

    People may choose their own default warehouse; an administrator says who belongs where. Who
    can head a warehouse no longer, heads none. Raises WrongState for a status that is reached or
    left only by deciding about a registration, dismissing or reinstating.
    """
    if "status" in fields:
        refuse_step_by_hand(user, fields["status"])
    user = change_user(user=user, acting_user=acting_user, **fields)
    if not user.is_active or user.role not in (Role.MANAGER, Role.ADMIN):
        Warehouse.objects.filter(manager=user).update(manager=None)
    held = set(user.warehouse_memberships.values_list("warehouse_id", flat=True))
    moved = warehouses is not None and {warehouse.pk for warehouse in warehouses} != held
    if moved and not acting_user.can(Can.MANAGE_USERS):
        text = "Only an administrator changes this."
        raise NotAllowed(f"warehouse_access: {text} Leave it out.", {"warehouse_access": [text]})
    set_memberships(user=user, warehouses=warehouses, default=default)
    return user


def refuse_step_by_hand(user: User, status: str) -> None:
    """Raise WrongState where a status is written that only a step of the life cycle gives.

    Locks the admins and the account, as change_user does.
    """
    lock_admins()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if status != user.status and {status, user.status} & BY_STEPS_ONLY:
        raise WrongState(
            f"{user.username} is {user.status}. Approve, reject, dismiss or reinstate instead "
            "(/api/staffs/).",
            {"status": [f"Not from {user.status} to {status} by hand."]},
        )


def deactivate_member(*, user: User, acting_user: User) -> User:
    """Take an account out of use and end its sign-ins; raises as change_member."""
    return change_member(user=user, status=User.Status.INACTIVE, acting_user=acting_user)


@transaction.atomic
def set_memberships(
    *,
    user: User,
    warehouses: Sequence[Warehouse] | None = None,
    default: Warehouse | None = None,
) -> None:
    """Make a user belong to exactly these warehouses, one of them the default; locks the user.

    Without `warehouses` only the default changes; without `default` it stays or is the first.
    Raises InvalidInput where the default is not among them.
    """
    if warehouses is None and default is None:
        return
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    held = {member.warehouse_id: member for member in user.warehouse_memberships.order_by("pk")}
    wanted = list(held) if warehouses is None else [warehouse.pk for warehouse in warehouses]
    if default is not None and default.pk not in wanted:
        text = "Choose one of the warehouses that the user belongs to."
        raise InvalidInput(text, {"default_warehouse": [text]})
    present = [key for key, member in held.items() if member.is_default and key in wanted]
    first = default.pk if default else next(iter([*present, *wanted]), None)
    user.warehouse_memberships.exclude(warehouse__in=wanted).delete()
    user.warehouse_memberships.exclude(warehouse=first).update(is_default=False)
    Membership.objects.bulk_create(
        [
            Membership(user=user, warehouse_id=key)
            for key in dict.fromkeys(wanted)
            if key not in held
        ]
    )
    user.warehouse_memberships.filter(warehouse=first).update(is_default=True)
