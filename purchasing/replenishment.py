"""What is to be ordered: what customers wait for, and what fell to its reorder point."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from django.db.models import F, Sum

from inventory.models import Product, ProductSupplier, ProductVariation, Stock
from inventory.models.lot import stock_day
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from sales.models import SalesOrder, SalesOrderItem
from sales.queries import net_demand
from warehouses.models import Warehouse

ZERO = Decimal(0)
DEMAND_DAYS = 30
NO_SUPPLIER, NOT_ACTIVE, DISCONTINUED = "no_supplier", "supplier_not_active", "discontinued"
NOT_LOW, NO_QUANTITY = "not_low", "no_quantity"
IN_WORDS = {
    NO_SUPPLIER: "has no supplier",
    NOT_ACTIVE: "has no active supplier",
    DISCONTINUED: "is discontinued",
    NOT_LOW: "is not low",
    NO_QUANTITY: "has neither a reorder quantity nor a maximum",
}
REASONS = [(one, one) for one in (NO_SUPPLIER, NOT_ACTIVE, DISCONTINUED, NOT_LOW, NO_QUANTITY)]
Place = tuple[int, int]  # a variation and a warehouse, by their keys


@dataclass(slots=True)
class Position:
    """What a warehouse has of a variation and what it still gets, beside what waits for it.

    drafted: in purchase orders that are not sent yet. wanted: the part of `waiting` that the
    orders in question wait for.
    """

    available: Decimal = ZERO
    incoming: Decimal = ZERO
    drafted: Decimal = ZERO
    waiting: Decimal = ZERO
    wanted: Decimal = ZERO

    @property
    def level(self) -> Decimal:
        """The inventory position: available and on order, less back-orders.

        Source: Axsäter, Inventory Control, 3rd ed., section 3.1.
        """
        return self.available + self.incoming + self.drafted - self.waiting

    @property
    def short(self) -> Decimal:
        """What the orders in question lack after all that is there or on its way.

        Goods on their way serve everybody who waits, once: what one selection of orders lacks is
        never more than what all of them do.
        """
        return max(min(self.wanted, -self.level), ZERO)


class Need(NamedTuple):
    """So much of a variation is to be ordered for a warehouse; a reason where it cannot be."""

    variation: ProductVariation
    warehouse: Warehouse
    quantity: Decimal
    reason: str = ""


def needs_of_customers(
    warehouses: Sequence[Warehouse], orders: Collection[SalesOrder] | None
) -> list[Need]:
    """Return what sales orders lack, or all that wait in the warehouses; in order of SKUs."""
    places = positions(warehouses, None if orders is None else {order.pk for order in orders})
    short = {place: position.short for place, position in places.items() if position.short}
    by_key = {warehouse.pk: warehouse for warehouse in warehouses}
    variations = ProductVariation.objects.select_related("product").in_bulk(
        {variation for variation, _ in short}
    )
    needs = [
        Need(variations[variation], by_key[warehouse], quantity)
        for (variation, warehouse), quantity in short.items()
    ]
    return sorted(needs, key=lambda need: (need.warehouse.pk, need.variation.sku_code))


def needs_of_stock(
    warehouse: Warehouse, variations: Collection[ProductVariation] | None
) -> list[Need]:
    """Return what balances at or below their reorder point need, in order of SKUs.

    What is ordered, or stands in drafts, counts as there. Named variations that need nothing are
    told with the reason.
    """
    low = Stock.objects.low().filter(warehouse=warehouse).select_related("variation__product")
    if variations is not None:
        low = low.filter(variation__in=variations)
    balances = {stock.variation_id: stock for stock in low.order_by("variation__sku_code")}
    places = positions([warehouse], None)
    needs = []
    for stock in balances.values():
        position = places[stock.variation_id, warehouse.pk]
        if position.level <= (stock.reorder_point or ZERO):
            needs.append(replenish(stock, warehouse, position))
        elif variations is not None:
            needs.append(Need(stock.variation, warehouse, ZERO, NOT_LOW))
    needs += [
        Need(variation, warehouse, ZERO, NOT_LOW)
        for variation in variations or ()
        if variation.pk not in balances
    ]
    return needs


def replenish(stock: Stock, warehouse: Warehouse, position: Position) -> Need:
    """Return what a low balance needs: whole reorder quantities, else up to its maximum.

    Of Q at a time the fewest that lift the inventory position above the reorder point R: the
    (R, nQ) policy; without Q up to S: (R, S). Source: Axsäter, Inventory Control, 3rd ed.,
    section 3.2.
    """
    variation, point = stock.variation, stock.reorder_point or ZERO
    if variation.reorder_quantity:
        times = ((point - position.level) // variation.reorder_quantity) + 1
        return Need(variation, warehouse, times * variation.reorder_quantity)
    if variation.max_stock_level and variation.max_stock_level > position.level:
        return Need(variation, warehouse, variation.max_stock_level - position.level)
    return Need(variation, warehouse, ZERO, NO_QUANTITY)


def positions(warehouses: Sequence[Warehouse], orders: set[int] | None) -> dict[Place, Position]:
    """Return the position of every variation in warehouses, in three queries.

    `orders` are the sales orders in question; None means all that wait.
    """
    found: dict[Place, Position] = defaultdict(Position)
    for variation, warehouse, order, expired, lacking in waiting_lines(warehouses):
        is_wanted = order in orders if orders is not None else expired is None
        if is_wanted or expired is None:
            found[variation, warehouse].waiting += lacking
        if is_wanted:
            found[variation, warehouse].wanted += lacking
    balances = Stock.objects.filter(warehouse__in=warehouses).values_list(
        "variation_id", "warehouse_id", "on_hand", "reserved", "unavailable", "incoming"
    )
    for variation, warehouse, on_hand, reserved, unavailable, incoming in balances:
        position = found[variation, warehouse]
        position.available = on_hand - reserved - unavailable
        position.incoming = incoming
    drafted = (
        PurchaseOrderItem.objects.filter(
            order__status=PurchaseOrder.Status.DRAFT, order__warehouse__in=warehouses
        )
        .order_by()
        .values_list("variation_id", "order__warehouse_id")
        .annotate(Sum("quantity_ordered"))
    )
    for variation, warehouse, quantity in drafted:
        found[variation, warehouse].drafted = quantity
    return found


def waiting_lines(
    warehouses: Iterable[Warehouse],
) -> Iterable[tuple[int, int, int, object, Decimal]]:
    """Return what open order lines want and do not hold: variation, warehouse, order, quantity.

    An order whose reservation expired waits for nothing, and is told with the time of that.
    """
    lacking = (
        F("quantity") - F("quantity_fulfilled") - F("quantity_cancelled") - F("quantity_reserved")
    )
    lines: Iterable[tuple[int, int, int, object, Decimal]] = (
        SalesOrderItem.objects.with_reserved()
        .filter(order__status__in=SalesOrder.OPEN, order__warehouse__in=list(warehouses))
        .annotate(lacking=lacking)
        .filter(lacking__gt=0)
        .order_by()
        .values_list(
            "variation_id", "order__warehouse_id", "order_id", "order__reservation_expired_at",
            "lacking",
        )
    )  # fmt: skip
    return lines


def recent_demand(needs: Sequence[Need]) -> dict[Place, Decimal]:
    """Return what customers asked for in the last 30 days, net, by variation and warehouse.

    One query, or none.
    """
    found: dict[Place, Decimal] = defaultdict(Decimal)
    if not needs:
        return found
    today = stock_day()
    for day in net_demand(
        today - timedelta(days=DEMAND_DAYS - 1),
        today,
        warehouse_ids=list({need.warehouse.pk for need in needs}),
        variation_ids=[need.variation.pk for need in needs],
    ):
        found[day.variation_id, day.warehouse_id] += day.net_quantity
    return found


def why_not(need: Need, sources: dict[int, ProductSupplier | None]) -> str:
    """Return why a need cannot be ordered, or nothing."""
    variation = need.variation
    if need.reason:
        return need.reason
    if not variation.is_active or variation.product.status == Product.Status.DISCONTINUED:
        return DISCONTINUED
    if variation.product_id not in sources:
        return NO_SUPPLIER
    return "" if sources[variation.product_id] else NOT_ACTIVE


def order_quantity(needed: Decimal, source: ProductSupplier, decimals: int) -> Decimal:
    """Return what to order: at least the supplier's minimum, in whole packs, as the unit allows.

    ceil(max(needed, minimum) / pack) x pack, rounded up to the decimals of the stock unit.
    """
    quantity = max(needed, source.min_order_quantity or ZERO)
    pack = source.pack_size
    if pack:
        quantity = (quantity / pack).to_integral_value(ROUND_CEILING) * pack
    return quantity.quantize(Decimal(1).scaleb(-decimals), ROUND_CEILING)
