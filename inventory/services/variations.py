"""Writing variations: what is stocked."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput
from inventory.exceptions import StillReferredTo
from inventory.models import Product, ProductVariation
from inventory.queries import variation_totals, warehouses_counted
from inventory.services.movements import record_movement
from inventory.services.thresholds import refresh_reorder_points
from inventory.services.units import count_in_new_unit, resolve_unit
from warehouses.queries import member_warehouse

VARIATION_COLUMNS = {
    "sku_code", "attributes", "barcode", "cost_price", "selling_price", "reorder_level",
    "reorder_quantity", "max_stock_level", "stock_unit", "is_active",
}  # fmt: skip
VARIATIONS_TAKEN = {"inventory_productvariation_sku_code_key": "sku_code"}
LONGEST_SKU = ProductVariation._meta.get_field("sku_code").max_length or 0


@transaction.atomic
def create_variation(
    *, product: Product, values: dict[str, Any], acting_user: Any
) -> ProductVariation:
    """Add a variation, with a free SKU where `values` has none.

    `values` holds columns and `stock_level` (posted as an inbound movement), `warehouse` and
    `allow_below_cost`. The first variation of a product is its default one. Locks the product.
    Raises DuplicateCode and InvalidInput.
    """
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    check_prices(values, None, "selling_price")
    columns = {name: values[name] for name in VARIATION_COLUMNS & values.keys()}
    resolve_unit(columns, "stock_unit")
    columns["sku_code"] = columns.get("sku_code") or free_sku(product.code)
    others = product.variations.all()
    is_default = bool(values.get("is_default")) or not others.exists()
    if is_default:
        others.filter(is_default=True).update(is_default=False)
    variation = ProductVariation(product=product, is_default=is_default, **columns)
    with refuse_duplicates(VARIATIONS_TAKEN):
        variation.save(force_insert=True)
    post_opening_stock(
        variation=variation,
        quantity=values.get("stock_level"),
        warehouse=values.get("warehouse"),
        bin_location=product.warehouse_location,
        field="stock_level",
        acting_user=acting_user,
    )
    return variation


@transaction.atomic
def update_variation(
    *, variation: ProductVariation, values: dict[str, Any], acting_user: Any
) -> ProductVariation:
    """Change what `values` holds (see create_variation) and nothing else.

    Locks the product, then the variation, then balances whose reorder point changes. Prices and
    levels of the default variation are the product's own: it counts as updated with them. Raises
    DuplicateCode and InvalidInput, also for a stock level other than the present one.
    """
    product = Product.objects.select_for_update(no_key=True).get(pk=variation.product_id)
    variation = ProductVariation.objects.select_for_update(no_key=True).get(pk=variation.pk)
    refuse_stock_level(variation, values, acting_user)
    check_prices(values, variation, "selling_price")
    if "is_default" in values:
        set_default(variation, is_default=values["is_default"])
    with refuse_duplicates(VARIATIONS_TAKEN):
        own = {name: values[name] for name in VARIATION_COLUMNS & values.keys()}
        resolve_unit(own, "stock_unit")
        change_variation(variation, own)
    if variation.is_default:
        product.save(update_fields=["updated_at"])
    return variation


@transaction.atomic
def delete_variation(*, variation: ProductVariation) -> bool:
    """Delete a variation, or deactivate it if stock or documents refer to it; say which.

    Raises StillReferredTo for the default variation, which every product has.
    """
    Product.objects.select_for_update(no_key=True).get(pk=variation.product_id)
    variation.refresh_from_db()
    if variation.is_default:
        raise StillReferredTo(
            f"{variation.sku_code} is the default variation. Make another one the default, or "
            "delete the product."
        )
    try:
        with transaction.atomic():
            variation.delete()
    except ProtectedError:
        change_variation(variation, {"is_active": False})
        return False
    return True


def change_variation(variation: ProductVariation, columns: dict[str, Any]) -> None:
    """Save columns of a locked variation, and what follows from a price or a reorder level."""
    before = {name: getattr(variation, name) for name in columns}
    changed = {name: value for name, value in columns.items() if value != before[name]}
    if not changed:
        return
    if changed.keys() & {"cost_price", "selling_price"}:
        changed["prices_changed_at"] = timezone.now()
    for name, value in changed.items():
        setattr(variation, name, value)
    variation.save(update_fields=[*changed, "updated_at"])
    if "stock_unit" in changed:
        count_in_new_unit(variation)
    if "reorder_level" in changed:
        refresh_reorder_points([variation.pk])


def set_default(variation: ProductVariation, *, is_default: bool) -> None:
    if variation.is_default and not is_default:
        text = "Every product has a default variation. Make another one the default instead."
        raise InvalidInput(text, {"is_default": [text]})
    if is_default and not variation.is_default:
        siblings = ProductVariation.objects.filter(product_id=variation.product_id)
        siblings.filter(is_default=True).update(is_default=False)
        variation.is_default = True
        variation.save(update_fields=["is_default", "updated_at"])


def refuse_stock_level(
    variation: ProductVariation, values: dict[str, Any], acting_user: Any
) -> None:
    level = values.get("stock_level")
    if level is None:
        return
    counted = warehouses_counted(acting_user, values.get("warehouse"))
    if level != variation_totals([variation.pk], counted)[variation.pk].on_hand:
        text = "Stock changes by movements. Post one to /api/stock-movements/."
        raise InvalidInput(text, {"stock_level": [text]})


def post_opening_stock(
    *,
    variation: ProductVariation,
    quantity: Decimal | None,
    warehouse: object,
    bin_location: str,
    field: str,
    acting_user: Any,
) -> None:
    """Receive the first stock of a new variation, if any, at its cost price.

    Raises InvalidInput on `field` for goods that track lots: nothing here names one.
    """
    if not quantity:
        return
    refuse_without_lot(variation.product, field)
    record_movement(
        variation=variation,
        warehouse=member_warehouse(warehouse, acting_user),
        movement_type="inbound",
        quantity=quantity,
        unit_cost=variation.cost_price,
        texts={"reason_code": "initial_stock", "bin_location": bin_location},
        acting_user=acting_user,
    )


def refuse_without_lot(product: Product, field: str) -> None:
    """Raise InvalidInput where goods would come in without the lot that they have to name."""
    if product.comes_in_lots:
        text = "These goods track lots. Assign the stock with its lot at /api/stocks/assign/."
        raise InvalidInput(text, {field: [text]})


def check_prices(values: dict[str, Any], current: ProductVariation | None, field: str) -> None:
    """Raise InvalidInput on `field` for a selling price below cost, unless that is allowed.

    A price that was never set (0) is not compared until somebody sets it.
    """
    if values.get("allow_below_cost") or not {"cost_price", "selling_price"} & values.keys():
        return
    cost = values.get("cost_price", current.cost_price if current else Decimal(0))
    price = values.get("selling_price", current.selling_price if current else Decimal(0))
    if price < cost and (price or "selling_price" in values):
        text = f"{price} is below the cost price {cost}. Raise it, or send allow_below_cost: true."
        raise InvalidInput(text, {field: [text]})


def free_sku(stem: str) -> str:
    """Return the stem, or the stem with the first number that no SKU has yet."""
    taken = set(
        ProductVariation.objects.filter(sku_code__startswith=stem[: LONGEST_SKU - 6]).values_list(
            "sku_code", flat=True
        )
    )
    candidate, number = stem, 1
    while candidate in taken:
        number += 1
        suffix = f"-{number}"
        candidate = stem[: LONGEST_SKU - len(suffix)] + suffix
    return candidate
