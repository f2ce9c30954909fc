"""Writes of warehouses."""

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from common.codes import next_code
from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput
from users.models import User
from warehouses.exceptions import DefaultWarehouseNeeded, WarehouseInUse
from warehouses.models import Warehouse
from warehouses.queries import HEADING_ROLES, may_head

TAKEN = {"warehouses_warehouse_code_key": "code"}


@transaction.atomic
def create_warehouse(*, acting_user: User | None, **fields: Any) -> Warehouse:
    """Add a warehouse, with the next free code where none is given.

    The first one, and any with `is_default`, becomes the company's default. Locks the choice of
    the default. Raises DuplicateCode, DefaultWarehouseNeeded and InvalidInput (manager).
    """
    require_able_to_manage(fields.get("manager"))
    fields["code"] = fields.get("code") or next_code(Warehouse, "code", "WH")
    warehouse = Warehouse(**fields)
    lock_default_warehouse()
    warehouse.is_default = warehouse.is_default or not Warehouse.objects.exists()
    return save_warehouse(warehouse)


@transaction.atomic
def change_warehouse(*, warehouse: Warehouse, acting_user: User, **fields: Any) -> Warehouse:
    """Change a warehouse; locks its new manager, the choice of the default where that changes, it.

    Raises DefaultWarehouseNeeded where the company would be left without an active default, and
    InvalidInput (manager).
    """
    manager = fields.get("manager")
    if manager is not None and manager.pk != warehouse.manager_id:
        require_able_to_manage(manager)
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


def require_able_to_manage(person: User | None) -> None:
    """Lock the account of who shall head a warehouse, so that its role stays for the transaction.

    Raises InvalidInput (manager) where the account is not in use or has another role.
    """
    if person is None:
        return
    if not may_head(User.objects.select_for_update(no_key=True).get(pk=person.pk)):
        text = "Name somebody active with the role manager or admin."
        raise InvalidInput(text, {"manager": [text]})


def leave_headed_warehouses(person: User) -> None:
    """Leave the warehouses of somebody without a head, if their role heads none any more."""
    if person.role not in HEADING_ROLES:
        Warehouse.objects.filter(manager=person).update(manager=None)


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
