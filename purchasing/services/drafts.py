"""Drafts of purchase orders, made of what is short: one a supplier and warehouse."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.db import transaction

from common.exceptions import InvalidInput
from inventory.models import ProductSupplier, ProductVariation, UnitOfMeasure
from inventory.sourcing import preferred_suppliers
from purchasing.models import PurchaseOrder
from purchasing.models.figures import CENT
from purchasing.replenishment import (
    Need,
    needs_of_customers,
    needs_of_stock,
    order_quantity,
    recent_demand,
    why_not,
)
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import create_purchase_order
from sales.models import SalesOrder
from suppliers.models import Supplier
from warehouses.models import Warehouse

LONGEST_NOTES = 1000
MOST_DECIMALS = 3


class DraftLine(NamedTuple):
    """So much of a variation is needed, and so much is to be ordered of it at a cost per unit.

    recent_demand: what was asked for in the last 30 days, without what was cancelled or came back.
    """

    variation: ProductVariation
    needed: Decimal
    quantity: Decimal
    unit_cost: Decimal
    recent_demand: Decimal

    @property
    def total(self) -> Decimal:
        """Quantity times cost, rounded to cents as in the order itself."""
        return (self.quantity * self.unit_cost).quantize(CENT, ROUND_HALF_UP)


@dataclass(slots=True)
class Draft:
    """An order as it shall be; `order` is what became of it, unless this is a dry run."""

    supplier: Supplier
    warehouse: Warehouse
    lines: list[DraftLine] = field(default_factory=list)
    order: PurchaseOrder | None = None

    @property
    def subtotal(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal(0))


class Drafts(NamedTuple):
    """The drafts, and what is needed and in none of them, each with the reason."""

    drafts: list[Draft]
    not_ordered: list[Need]


@transaction.atomic
def draft_from_shortage(
    *,
    sales_orders: Sequence[SalesOrder] | None = None,
    warehouse: Warehouse | None = None,
    dry_run: bool = False,
    acting_user: Any,
) -> Drafts:
    """Draft purchase orders of what sales orders lack, or of all back-orders of a warehouse.

    What is available, on its way or in other drafts counts first. Makes one draft a supplier and
    warehouse; a dry run makes none. Locks the warehouses, so that two at once do not order the
    same. Raises InvalidInput naming orders of which nothing is outstanding.
    """
    refuse_closed(sales_orders or ())
    if sales_orders is None:
        places = [] if warehouse is None else [warehouse]
    else:
        places = list({order.warehouse_id: order.warehouse for order in sales_orders}.values())
    places = lock_places(places, dry_run=dry_run)
    notes = "For all back-orders"
    if sales_orders is not None:
        notes = f"For {', '.join(order.order_number for order in sales_orders)}"
    return make_drafts(needs_of_customers(places, sales_orders), notes, dry_run, acting_user)


@transaction.atomic
def draft_from_reorder_list(
    *,
    warehouse: Warehouse,
    variations: Collection[ProductVariation] | None = None,
    dry_run: bool = False,
    acting_user: Any,
) -> Drafts:
    """Draft purchase orders of what is at or below its reorder point in a warehouse.

    Makes one draft a supplier; a dry run makes none. Locks the warehouse, so that two at once do
    not order the same.
    """
    (place,) = lock_places([warehouse], dry_run=dry_run)
    return make_drafts(
        needs_of_stock(place, variations), "From the reorder list", dry_run, acting_user
    )


def refuse_closed(orders: Sequence[SalesOrder]) -> None:
    """Raise InvalidInput where nothing more is to be delivered of an order."""
    errors: dict[str, list[Any]] = {
        f"sales_orders.{index}": [f"{order.order_number} is {order.status}. Leave it out."]
        for index, order in enumerate(orders)
        if not order.is_open
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)


def lock_places(warehouses: Sequence[Warehouse], *, dry_run: bool) -> list[Warehouse]:
    """Lock warehouses in the order of their keys until the transaction ends."""
    rows = Warehouse.objects.filter(pk__in=[one.pk for one in warehouses]).order_by("pk")
    return list(rows if dry_run else rows.select_for_update(no_key=True))


def make_drafts(needs: Sequence[Need], notes: str, dry_run: bool, acting_user: Any) -> Drafts:
    """Sort needs by who supplies them and, unless this is a dry run, make the orders."""
    drafts, not_ordered = sort_needs(needs)
    for draft in () if dry_run else drafts:
        draft.order = create_purchase_order(
            supplier=draft.supplier,
            warehouse=draft.warehouse,
            lines=[
                OrderLine(
                    variation=line.variation,
                    quantity_ordered=line.quantity,
                    unit_cost=line.unit_cost,
                )
                for line in draft.lines
            ],
            notes=notes[:LONGEST_NOTES],
            acting_user=acting_user,
        )
    return Drafts(drafts, not_ordered)


def sort_needs(needs: Sequence[Need]) -> tuple[list[Draft], list[Need]]:
    """Return the drafts by supplier and warehouse, and what cannot be ordered with the reason."""
    variations = [need.variation for need in needs]
    sources, decimals, demand = (
        preferred_suppliers(one.product_id for one in variations),
        decimals_of(variations),
        recent_demand(needs),
    )
    drafts: dict[tuple[int, int], Draft] = {}
    not_ordered = []
    for need in needs:
        reason = why_not(need, sources)
        source = sources.get(need.variation.product_id)
        if reason or source is None:
            not_ordered.append(need._replace(reason=reason))
            continue
        key = (source.supplier_id, need.warehouse.pk)
        draft = drafts.setdefault(key, Draft(source.supplier, need.warehouse))
        places = decimals.get(need.variation.stock_unit, MOST_DECIMALS)
        asked_for = demand[need.variation.pk, need.warehouse.pk]
        draft.lines.append(draft_line(need, source, places, asked_for))
    return list(drafts.values()), not_ordered


def draft_line(
    need: Need, source: ProductSupplier, decimals: int, recent_demand: Decimal
) -> DraftLine:
    cost = source.cost_per_unit
    return DraftLine(
        need.variation,
        need.quantity,
        order_quantity(need.quantity, source, decimals),
        need.variation.cost_price if cost is None else cost,
        recent_demand,
    )


def decimals_of(variations: Sequence[ProductVariation]) -> dict[str, int]:
    units = UnitOfMeasure.objects.filter(code__in={one.stock_unit for one in variations})
    return dict(units.values_list("code", "decimals"))
