"""Writes of warehouses and of who belongs to them."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from common.codes import next_code
from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput, NotAllowed
from common.permissions import Can
from users.models import User
from users.services import change_user, create_user
from warehouses.exceptions import DefaultWarehouseNeeded, WarehouseInUse
from warehouses.models import Membership, Warehouse

TAKEN = {"warehouses_warehouse_code_key": "code"}


@transaction.atomic
def create_warehouse(*, acting_user: User | None, **fields: Any) -> Warehouse:
    """Add a warehouse, with the next free code where none is given.

    The first one, and any with `is_default`, becomes the company's default. Locks the choice of
    the default. Raises DuplicateCode and DefaultWarehouseNeeded.
    """
    fields["code"] = fields.get("code") or next_code(Warehouse, "code", "WH")
    warehouse = Warehouse(**fields)
    lock_default_warehouse()
    warehouse.is_default = warehouse.is_default or not Warehouse.objects.exists()
    return save_warehouse(warehouse)


@transaction.atomic
def change_warehouse(*, warehouse: Warehouse, acting_user: User, **fields: Any) -> Warehouse:
    """Change a warehouse; locks it, and the choice of the default where that changes.

    Raises DefaultWarehouseNeeded where the company would be left without an active default.
    """
    if fields.get("is_default"):
        lock_default_warehouse()
    warehouse = Warehouse.objects.select_for_update(no_key=True).get(pk=warehouse.pk)
    if warehouse.is_default and fields.get("is_default") is False:
        raise DefaultWarehouseNeeded(
            "This is the company's default warehouse. Make another one the default instead.",
            {"is_default": ["Set is_default on another warehouse."]},
        )
    for name, value in fields.items():
        setattr(warehouse, name, value)
    return save_warehouse(warehouse)


def save_warehouse(warehouse: Warehouse) -> Warehouse:
    """Save; a default one takes that from the one before. Its callers hold the lock."""
    if warehouse.is_default and not warehouse.is_active:
        raise DefaultWarehouseNeeded(
            "The company's default warehouse stays active. Make another one the default first.",
            {"is_active": ["Set is_default on another warehouse first."]},
        )
    with refuse_duplicates(TAKEN):
        if warehouse.is_default:
            others = Warehouse.objects.filter(is_default=True).exclude(pk=warehouse.pk)
            others.update(is_default=False)
        warehouse.save()
    return warehouse


def lock_default_warehouse() -> None:
    """Wait until nobody else chooses the company's default warehouse in an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('warehouses.default'))")


def delete_warehouse(*, warehouse: Warehouse, acting_user: User) -> None:
    """Delete a warehouse that nothing refers to.

    Raises WarehouseInUse where it has stock or documents, DefaultWarehouseNeeded for the default.
    """
    if warehouse.is_default:
        raise DefaultWarehouseNeeded(
            "This is the company's default warehouse. Make another one the default first."
        )
    try:
        with transaction.atomic():
            warehouse.delete()
    except (ProtectedError, IntegrityError) as error:
        raise WarehouseInUse(
            f"{warehouse.code} has stock or documents. Set is_active to false instead."
        ) from error


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
