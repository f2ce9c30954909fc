"""Writing products: what is described, where it comes from, and its default variation."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from common.codes import next_code
from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput
from inventory.exceptions import ReservationMismatch
from inventory.models import Product, ProductSupplier, ProductVariation
from inventory.queries import NO_STOCK, StockTotals, product_totals, warehouses_counted
from inventory.services.categories import resolve_category
from inventory.services.lots import track_product
from inventory.services.movements import record_movement
from inventory.services.units import resolve_unit
from inventory.services.variations import (
    VARIATION_COLUMNS,
    VARIATIONS_TAKEN,
    change_variation,
    check_prices,
    free_sku,
    post_opening_stock,
    refuse_without_lot,
)
from warehouses.queries import member_warehouse

PRODUCT_COLUMNS = {
    "code", "name", "description", "currency", "weight", "length", "width", "height",
    "specifications", "warehouse_location", "storage_requirements", "status", "tags", "seasonal",
    "expiration_tracking", "lot_tracking",
}  # fmt: skip
TAKEN = {
    "inventory_product_code_key": "product_id",
    **dict.fromkeys(VARIATIONS_TAKEN, "sku"),
}
SOURCING_COLUMNS = [
    "is_primary", "is_locked", "supplier_product_code", "lead_time_days", "min_order_quantity",
    "pack_size", "cost_per_unit",
]  # fmt: skip
PRICE_FIELD = "pricing.selling_price"


@transaction.atomic
def create_product(*, values: dict[str, Any], acting_user: Any) -> Product:
    """Add a product with its default variation, sourcing and opening stock.

    `values` holds columns of both and `category`, `subcategory`, `supplier`, `sourcing`,
    `supplier_product_code`, `current_stock` (posted as an inbound movement), `reserved_stock`
    (only 0), `warehouse` (where the stock is) and `allow_below_cost`. Raises DuplicateCode,
    ReservationMismatch, and InvalidInput.
    """
    refuse_reservation(values, NO_STOCK)
    check_prices(values, None, PRICE_FIELD)
    columns = {name: values[name] for name in PRODUCT_COLUMNS & values.keys()}
    columns["code"] = columns.get("code") or next_code(Product, "code", "PRD-")
    product = Product(
        **columns,
        category=resolve_category(values, None),
        created_by=acting_user,
        last_modified_by=acting_user,
    )
    with refuse_duplicates(TAKEN):
        product.save(force_insert=True)
        variation = add_default_variation(product, values)
    set_sourcing(product, values)
    post_opening_stock(
        variation=variation,
        quantity=values.get("current_stock"),
        warehouse=values.get("warehouse"),
        bin_location=product.warehouse_location,
        field="inventory.current_stock",
        acting_user=acting_user,
    )
    return product


@transaction.atomic
def update_product(*, product: Product, values: dict[str, Any], acting_user: Any) -> Product:
    """Change what `values` holds (see create_product) and nothing else.

    `current_stock` is what there shall be in `warehouse`, or else in all warehouses of the
    caller; the difference is posted as an adjustment of the default variation. Locks the
    product, then its default variation, then balances. Raises InsufficientStock as well.
    """
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    columns = PRODUCT_COLUMNS & values.keys()
    for name in columns:
        setattr(product, name, values[name])
    product.category = resolve_category(values, product.category)
    product.last_modified_by = acting_user
    own = {name: values[name] for name in VARIATION_COLUMNS & values.keys()}
    resolve_unit(own, "inventory.stock_unit")
    with refuse_duplicates(TAKEN):
        product.save(update_fields=[*columns, "category", "last_modified_by", "updated_at"])
        variation = locked_default(product)
        check_prices(values, variation, PRICE_FIELD)
        change_variation(variation, own)
    if columns & {"lot_tracking", "expiration_tracking"}:
        track_product(product.pk, lots=product.lot_tracking, expiry=product.expiration_tracking)
    set_sourcing(product, values)
    if {"current_stock", "reserved_stock"} & values.keys():
        set_stock(product, variation, values, acting_user)
    return product


@transaction.atomic
def delete_product(*, product: Product, acting_user: Any) -> bool:
    """Delete a product, or discontinue it if stock or documents refer to it; say which."""
    try:
        with transaction.atomic():
            product.delete()
    except ProtectedError:
        product.status = Product.Status.DISCONTINUED
        product.last_modified_by = acting_user
        product.save(update_fields=["status", "last_modified_by", "updated_at"])
        return False
    return True


def add_default_variation(product: Product, values: dict[str, Any]) -> ProductVariation:
    columns = {name: values[name] for name in VARIATION_COLUMNS & values.keys()}
    resolve_unit(columns, "inventory.stock_unit")
    columns["sku_code"] = columns.get("sku_code") or free_sku(product.code)
    return ProductVariation.objects.create(product=product, is_default=True, **columns)


def locked_default(product: Product) -> ProductVariation:
    """Lock the default variation and return it; a product without any gets one."""
    locked = product.variations.select_for_update(no_key=True).filter(is_default=True).first()
    return locked or add_default_variation(product, {})


def set_sourcing(product: Product, values: dict[str, Any]) -> None:
    """Make `sourcing` the product's suppliers, and `supplier` the primary one.

    Suppliers that stay keep their rows, so that the history of terms tells what really changed.
    """
    if not {"sourcing", "supplier", "supplier_product_code"} & values.keys():
        return
    present = {row.supplier_id: row for row in product.sourcing.all()}
    rows = dict(present)
    if "sourcing" in values:
        refuse_stray_lock(values)
        rows = {
            line["supplier"].pk: with_terms(present.get(line["supplier"].pk), product, line)
            for line in values["sourcing"]
        }
    primary = next((row for row in rows.values() if row.is_primary), None)
    if values.get("supplier"):
        supplier = values["supplier"]
        primary = rows.setdefault(supplier.pk, ProductSupplier(product=product, supplier=supplier))
    elif "supplier" in values:
        primary = None
    elif primary is None:
        primary = next(iter(rows.values()), None)
    for row in rows.values():
        row.is_primary = row is primary
        row.is_locked = row.is_locked and row.is_primary
    if primary is not None and "supplier_product_code" in values:
        primary.supplier_product_code = values["supplier_product_code"]
    write_sourcing(product, rows)


def refuse_stray_lock(values: dict[str, Any]) -> None:
    """Raise InvalidInput where a supplier is to be locked that will not be the primary one."""
    lines = values["sourcing"]
    chosen = values.get("supplier") or next(
        (line["supplier"] for line in lines if line.get("is_primary")),
        lines[0]["supplier"] if lines and values.get("supplier", True) else None,
    )
    for index, line in enumerate(lines):
        if line.get("is_locked") and line["supplier"] != chosen:
            text = "Only the primary supplier can be locked. Make it the primary one."
            raise InvalidInput(text, {f"suppliers.{index}.is_locked": [text]})


def with_terms(
    row: ProductSupplier | None, product: Product, line: dict[str, Any]
) -> ProductSupplier:
    """Return a supplier's row with the terms of a line; what the line leaves out is as new."""
    wanted = ProductSupplier(product=product, **line)
    wanted.pk = row.pk if row else None
    return wanted


def write_sourcing(product: Product, rows: dict[int, ProductSupplier]) -> None:
    """Leave a product with these suppliers: others go, and no two are primary on the way."""
    kept = [row for row in rows.values() if row.pk]
    product.sourcing.exclude(pk__in=[row.pk for row in kept]).delete()
    demoted = [row.pk for row in kept if not row.is_primary]
    product.sourcing.filter(pk__in=demoted, is_primary=True).update(
        is_primary=False, is_locked=False
    )
    ProductSupplier.objects.bulk_update(kept, SOURCING_COLUMNS)
    ProductSupplier.objects.bulk_create(row for row in rows.values() if not row.pk)


def set_stock(
    product: Product, variation: ProductVariation, values: dict[str, Any], acting_user: Any
) -> None:
    """Post the difference between what there is and what `values` says there shall be."""
    named = values.get("warehouse")
    totals = product_totals([product.pk], warehouses_counted(acting_user, named))[product.pk]
    refuse_reservation(values, totals)
    wanted: Decimal | None = values.get("current_stock")
    if wanted is None or wanted == totals.on_hand:
        return
    if wanted > totals.on_hand:
        refuse_without_lot(product, "inventory.current_stock")
    record_movement(
        variation=variation,
        warehouse=member_warehouse(named, acting_user),
        movement_type="adjustment",
        quantity=wanted - totals.on_hand,
        texts={"reason_code": "stock_correction", "bin_location": product.warehouse_location},
        acting_user=acting_user,
    )


def refuse_reservation(values: dict[str, Any], totals: StockTotals) -> None:
    """Raise ReservationMismatch where the body would change what is reserved."""
    reserved = values.get("reserved_stock")
    if reserved is not None and reserved != totals.reserved:
        text = f"Orders reserve {totals.reserved.normalize():f}; only they change it. Leave it out."
        raise ReservationMismatch(text, {"inventory.reserved_stock": [text]})
