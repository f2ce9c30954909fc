"""Which warehouse is meant."""

from typing import Any

from django.db.models import Exists, OuterRef

from common.exceptions import InvalidInput
from warehouses.models import Membership, Warehouse


def default_warehouse_for(user: Any) -> Warehouse | None:
    """Return the user's default warehouse, else the company's if they may use it, else any own."""
    default: Warehouse | None = (
        Warehouse.objects.member(user)
        .filter(is_active=True)
        .annotate(
            own_default=Exists(
                Membership.objects.filter(warehouse=OuterRef("pk"), user=user, is_default=True)
            )
        )
        .order_by("-own_default", "-is_default", "pk")
        .first()
    )
    return default


def member_warehouse(reference: object | None, user: Any, field: str = "warehouse") -> Warehouse:
    """Return the named warehouse, or the default one, if the user works in it.

    Raises InvalidInput on `field`, with the same text for unknown and foreign ones.
    """
    if reference is None or reference == "":
        warehouse = default_warehouse_for(user)
        if warehouse is None:
            raise InvalidInput(
                "You belong to no warehouse. Ask an administrator to add you to one.",
                {field: ["Name a warehouse that you belong to."]},
            )
        return warehouse
    found: Warehouse | None = (
        Warehouse.objects.member(user).filter(is_active=True).by_reference(reference).first()
    )
    if found is None:
        text = f'Unknown warehouse "{str(reference)[:50]}". Use the code of one you belong to.'
        raise InvalidInput(text, {field: [text]})
    return found
