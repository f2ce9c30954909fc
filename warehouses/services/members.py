"""Writes of accounts together with the warehouses that they belong to."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from common.exceptions import InvalidInput, NotAllowed
from common.permissions import Can
from users.models import User
from users.services.accounts import change_user, create_user
from warehouses.models import Membership, Warehouse


@transaction.atomic
def create_member(
    *,
    warehouses: Sequence[Warehouse] | None = None,
    default: Warehouse | None = None,
    acting_user: User | None,
    **fields: Any,
) -> User:
    """Create an account that belongs to warehouses; raises as create_user and set_memberships."""
    user = create_user(acting_user=acting_user, **fields)
    set_memberships(user=user, warehouses=warehouses, default=default)
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

    People may choose their own default warehouse; an administrator says who belongs where.
    """
    user = change_user(user=user, acting_user=acting_user, **fields)
    held = set(user.warehouse_memberships.values_list("warehouse_id", flat=True))
    moved = warehouses is not None and {warehouse.pk for warehouse in warehouses} != held
    if moved and not acting_user.can(Can.MANAGE_USERS):
        text = "Only an administrator changes this."
        raise NotAllowed(f"warehouse_access: {text} Leave it out.", {"warehouse_access": [text]})
    set_memberships(user=user, warehouses=warehouses, default=default)
    return user


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
