"""Writes of what belongs to no app below."""

from typing import Any

from django.db import transaction

from common.models import CompanySettings
from warehouses.models import Warehouse
from warehouses.services import change_warehouse


@transaction.atomic
def change_company_settings(
    *, default_warehouse: Warehouse | None = None, acting_user: Any, **fields: Any
) -> CompanySettings:
    """Change the settings of the company, and which warehouse is its default.

    Locks the settings, then the choice of the default. Raises DefaultWarehouseNeeded for a
    warehouse that is not active.
    """
    row = CompanySettings.objects.select_for_update(no_key=True).get(pk=CompanySettings.ONLY)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=[*fields, "updated_at"])
    if default_warehouse is not None and not default_warehouse.is_default:
        change_warehouse(warehouse=default_warehouse, is_default=True, acting_user=acting_user)
    return row
