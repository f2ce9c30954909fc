"""Writes of what belongs to no app below."""

from typing import Any

from django.db import transaction

from common.models import CompanyLogo, CompanySettings
from common.pictures import PictureRules, digest_of
from warehouses.models import Warehouse
from warehouses.services import change_warehouse

LOGO = PictureRules(field="logo", side=1000)


@transaction.atomic
def change_company_settings(
    *, default_warehouse: Warehouse | None = None, acting_user: Any, **fields: Any
) -> CompanySettings:
    """Change the settings of the company, and which warehouse is its default.

    `logo` is a picture of common.pictures, or None to take it away. Locks the settings, then the
    choice of the default. Raises DefaultWarehouseNeeded for a warehouse that is not active.
    """
    row = CompanySettings.objects.select_for_update(no_key=True).get(pk=CompanySettings.ONLY)
    if "logo" in fields:
        set_logo(row, fields.pop("logo"))
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=[*fields, "updated_at"])
    if default_warehouse is not None and not default_warehouse.is_default:
        change_warehouse(warehouse=default_warehouse, is_default=True, acting_user=acting_user)
    return row


def set_logo(row: CompanySettings, image: bytes | None) -> None:
    """Put a picture in the place of the one before, or take it away."""
    if image is None:
        CompanyLogo.objects.filter(settings=row).delete()
        return
    CompanyLogo.objects.update_or_create(
        settings=row, defaults={"image": image, "digest": digest_of(image)}
    )
