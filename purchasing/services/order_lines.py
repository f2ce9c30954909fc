"""The lines of a purchase order: their costs and their sum."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from common.exceptions import InvalidInput
from inventory.models import Product, ProductSupplier, ProductVariation
from inventory.services.sql_arrays import columns, numbers, texts
from inventory.services.units import require_fit
from purchasing.models import PurchaseOrder, PurchaseOrderItem

INSERT_ITEMS = """
    INSERT INTO purchasing_purchaseorderitem
        (order_id, position, variation_id, quantity_ordered, quantity_received,
         quantity_rejected, quantity_returned, unit_cost, packs, pack_size, pack_cost, notes)
    SELECT n.order_id, n.position, n.variation_id, n.ordered, n.received, 0, 0, n.cost, n.packs,
           n.pack_size, n.pack_cost, n.notes
    FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::numeric[], %s::numeric[],
                %s::numeric[], %s::int[], %s::numeric[], %s::numeric[], %s::text[])
        WITH ORDINALITY AS n(order_id, position, variation_id, ordered, received, cost, packs,
                             pack_size, pack_cost, notes, line)
    ORDER BY n.line
    RETURNING id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line as the buyer wants it.

    item_id: the line of the order that it is about; None is a new one.
    quantity_ordered: in the variation's stock unit.
    unit_cost: in the order's currency; None is the supplier's cost, else the variation's.
    packs: how many of the supplier's packs, which is told in stock units by purchasing.services.
        packs; pack_size: in the stock unit; pack_cost: of one pack.
    """

    variation: ProductVariation
    quantity_ordered: Decimal = Decimal(0)
    item_id: int | None = None
    unit_cost: Decimal | None = None
    packs: int | None = None
    pack_size: Decimal | None = None
    pack_cost: Decimal | None = None
    notes: str = ""


def not_orderable(variation: ProductVariation) -> str:
    """Return why nothing more of a variation is ordered, or nothing."""
    if variation.is_active and variation.product.status != Product.Status.DISCONTINUED:
        return ""
    return f"{variation.sku_code} is discontinued. Activate it or order another."


def require_quantities(lines: Sequence[OrderLine]) -> None:
    """Raise InvalidInput for quantities that are not above 0 or that the goods' units forbid."""
    errors: dict[str, list[Any]] = {
        f"items.{index}.quantity_ordered": ["Order a quantity above 0."]
        for index, line in enumerate(lines)
        if line.quantity_ordered <= 0
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    require_fit(
        (
            line.variation,
            line.quantity_ordered,
            f"items.{index}.{'quantity_ordered' if line.packs is None else 'packs'}",
        )
        for index, line in enumerate(lines)
    )


def make_items(
    order: PurchaseOrder, lines: Sequence[OrderLine], first_position: int = 1
) -> list[PurchaseOrderItem]:
    """Return unsaved items at their costs, in the order of the lines."""
    offers = offered_costs(order, lines)
    return [
        PurchaseOrderItem(
            order=order,
            position=position,
            variation=line.variation,
            quantity_ordered=line.quantity_ordered,
            unit_cost=cost_of(line, offers),
            packs=line.packs,
            pack_size=line.pack_size,
            pack_cost=line.pack_cost,
            notes=line.notes,
        )
        for position, line in enumerate(lines, start=first_position)
    ]


def insert_items(items: Sequence[PurchaseOrderItem]) -> Sequence[PurchaseOrderItem]:
    """Insert unsaved items of saved orders in one statement, set their keys and return them."""
    rows = [
        (
            item.order.pk,
            item.position,
            item.variation_id,
            item.quantity_ordered,
            item.quantity_received,
            item.unit_cost,
            item.packs,
            item.pack_size,
            item.pack_cost,
            item.notes,
        )
        for item in items
    ]
    *amounts, notes = columns(rows, 10)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_ITEMS, [*map(numbers, amounts), texts(notes)])
        keys = cursor.fetchall()
    for item, (key,) in zip(items, keys, strict=True):
        item.pk, item.order = key, item.order  # a new key alone would forget the order
        item._state.adding, item._state.db = False, connection.alias
    return items


def offered_costs(order: PurchaseOrder, lines: Iterable[OrderLine]) -> dict[int, Decimal]:
    """Return what the order's supplier asks per unit, by product, where a line needs it."""
    products = {line.variation.product_id for line in lines if line.unit_cost is None}
    if not products:
        return {}
    offers = ProductSupplier.objects.filter(
        supplier=order.supplier_id, product__in=products, cost_per_unit__isnull=False
    )
    return {offer.product_id: offer.cost_per_unit or Decimal(0) for offer in offers}


def cost_of(line: OrderLine, offers: dict[int, Decimal]) -> Decimal:
    if line.unit_cost is not None:
        return line.unit_cost
    return offers.get(line.variation.product_id, line.variation.cost_price)


def subtotal_of(items: Iterable[PurchaseOrderItem]) -> Decimal:
    """Sum what lines cost, each rounded to cents as the database rounds line_total."""
    return sum((item.goods_amount(item.quantity_ordered) for item in items), Decimal(0))
