"""Writing suppliers."""

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from common.codes import next_code
from common.duplicates import refuse_duplicates
from suppliers.exceptions import SupplierInUse
from suppliers.models import Supplier

TAKEN = {
    "suppliers_supplier_code_key": "supplier_id",
    "supplier_email_once": "contact.email",
}


@transaction.atomic
def create_supplier(*, values: dict[str, Any], acting_user: Any) -> Supplier:
    """Add a supplier, with the next free code where `values` has none.

    Raises DuplicateCode for a code or an e-mail address that another supplier has.
    """
    code = values.get("code") or next_code(Supplier, "code", "SUP")
    supplier = Supplier(**{**values, "code": code}, created_by=acting_user)
    with refuse_duplicates(TAKEN):
        supplier.save(force_insert=True)
    return supplier


@transaction.atomic
def update_supplier(*, supplier: Supplier, values: dict[str, Any]) -> Supplier:
    """Change the columns in `values`, no others. Raises DuplicateCode."""
    for name, value in values.items():
        setattr(supplier, name, value)
    with refuse_duplicates(TAKEN):
        supplier.save(update_fields=[*values, "updated_at"])
    return supplier


@transaction.atomic
def delete_supplier(*, supplier: Supplier) -> None:
    """Delete a supplier that nothing refers to; raises SupplierInUse otherwise."""
    try:
        supplier.delete()
    except ProtectedError:
        raise SupplierInUse(
            f"Products or orders refer to {supplier.code}. "
            'Set its status to "inactive" instead of deleting it.'
        ) from None
