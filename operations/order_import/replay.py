"""Orders of a log, taken, delivered, cancelled and returned through the services of sales."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from common.codes import next_code
from common.validators import business_code
from inventory.exceptions import InsufficientStock
from operations.order_import.goods import Goods
from operations.order_import.lines import Line, LoggedOrder, is_code
from operations.order_import.options import ImportOptions
from sales.models import SalesOrder, SalesOrderItem, SalesReturnItem
from sales.services.line_choice import LineRequest
from sales.services.order_rows import OrderLine
from sales.services.orders import create_sales_order
from sales.services.replay import PastOrder, replay_sales_orders
from sales.services.returns import return_goods
from warehouses.models import Warehouse

# What an import counts, in the order of its summary; rows skipped follow, each by its reason.
COUNTED = (
    "rows",
    "orders in the log",
    "orders delivered",
    "lines delivered",
    "orders cancelled",
    "lines cancelled",
    "lines that cancelled an order",
    "orders left open",
    "lines left open",
    "returns",
    "lines returned",
    "opening stock lines",
    "purchase receipts",
    "purchase receipt lines",
)
LONGEST_NUMBER = 24  # leaves room for "-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Whatever is the same for all orders of an import."""

    goods: Mapping[str, Goods]
    warehouse: Warehouse
    options: ImportOptions
    started_at: datetime
    never_left: set[int]
    withdrawals: set[int]
    notes: str
    acting_user: Any

    def post(self, orders: Sequence[LoggedOrder]) -> Counter[str]:
        """Post a batch: first what was sold, then what came back; return what was counted."""
        counted: Counter[str] = Counter()
        for order in orders:
            counted["rows"] += order.rows
            counted["orders in the log"] += 1
            counted.update({f"skipped: {reason}": n for reason, n in order.skipped.items()})
        self.sell([order for order in orders if order.sold], counted)
        self.take_back([order for order in orders if order.taken_back], counted)
        return counted

    def sell(self, orders: Sequence[LoggedOrder], counted: Counter[str]) -> None:
        numbered = self.number(orders, counted)
        try:
            self.deliver(numbered, counted)
        except InsufficientStock:
            # Somebody else took of this stock meanwhile: find the orders that have to wait.
            for pair in numbered:
                try:
                    self.deliver([pair], counted)
                except InsufficientStock:
                    self.leave_open(*pair, counted)

    def number(
        self, orders: Sequence[LoggedOrder], counted: Counter[str]
    ) -> list[tuple[LoggedOrder, str]]:
        """Pair orders with free numbers; orders that were here before the import are skipped."""
        taken = dict(
            SalesOrder.objects.filter(
                order_number__in={order.number for order in orders}
            ).values_list("order_number", "created_at")
        )
        used: set[str] = set()
        numbered = []
        for order in orders:
            if order.number in taken and taken[order.number] < self.started_at:
                counted["skipped: order number exists already"] += len(order.sold)
                continue
            number = order.number
            if not is_order_number(number):
                number = next_code(SalesOrder, "order_number", "SO-", yearly=True)
            elif number in taken or number in used:
                number = free_number(number, used)
            used.add(number)
            numbered.append((order, number))
        return numbered

    def deliver(self, numbered: Sequence[tuple[LoggedOrder, str]], counted: Counter[str]) -> None:
        past = [
            PastOrder(
                self.unsaved(order, number),
                self.lines(order),
                is_cancelled=order.index in self.never_left,
            )
            for order, number in numbered
        ]
        if past:
            replay_sales_orders(orders=past, acting_user=self.acting_user)
        for one in past:
            what = "cancelled" if one.is_cancelled else "delivered"
            counted[f"orders {what}"] += 1
            counted[f"lines {what}"] += len(one.lines)

    def leave_open(self, order: LoggedOrder, number: str, counted: Counter[str]) -> None:
        """Take an order that cannot be delivered; it waits for stock like any other."""
        create_sales_order(
            order=self.unsaved(order, number),
            lines=self.lines(order),
            quiet=True,
            acting_user=self.acting_user,
        )
        counted["orders left open"] += 1
        counted["lines left open"] += len(order.sold)

    def unsaved(self, order: LoggedOrder, number: str) -> SalesOrder:
        assert order.ordered_at is not None
        given = "" if number == order.number else f"Order {order.number[:200]}. "
        return SalesOrder(
            order_number=number,
            warehouse=self.warehouse,
            order_date=order.ordered_at,
            customer_id=order.customer,
            channel=self.options.channel,
            region=order.region,
            currency=self.options.currency,
            notes=f"{given}{self.notes}",
        )

    def lines(self, order: LoggedOrder) -> list[OrderLine]:
        return [
            OrderLine(self.goods[line.sku].variation.pk, line.quantity, line.price)
            for line in order.sold
        ]

    def take_back(self, orders: Sequence[LoggedOrder], counted: Counter[str]) -> None:
        """Return goods to stock, each line against an earlier delivery to the same customer."""
        for order in orders:
            if order.index in self.withdrawals:
                counted["lines that cancelled an order"] += len(order.taken_back)
        returning = [order for order in orders if order.index not in self.withdrawals]
        delivered = self.delivered_to(returning)
        for order in returning:
            matched = delivered.match(order, self.goods, counted)
            for sale, lines in matched.items():
                return_goods(
                    order=sale,
                    lines=lines,
                    occurred_at=order.ordered_at,
                    notes=f"{order.number[:200]}. {self.notes}",
                    quiet=True,
                    acting_user=self.acting_user,
                )
                counted["returns"] += 1

    def delivered_to(self, orders: Iterable[LoggedOrder]) -> "Delivered":
        """Read what the customers of these orders have of the goods that come back."""
        named = [order for order in orders if order.customer]
        variations = {
            self.goods[line.sku].variation.pk
            for order in named
            for line in order.taken_back
            if line.sku in self.goods
        }
        items = (
            SalesOrderItem.objects.filter(
                order__customer_id__in={order.customer for order in named},
                order__warehouse=self.warehouse,
                variation__in=variations,
                quantity_fulfilled__gt=0,
            )
            .select_related("order")
            .order_by("-order__order_date", "-pk")
        )
        return Delivered(items if named and variations else [])


class Delivered:
    """Delivered lines by customer and variation, newest first, less what came back."""

    def __init__(self, items: Iterable[SalesOrderItem]) -> None:
        self.items: dict[tuple[str, int], list[SalesOrderItem]] = {}
        self.left: dict[int, Decimal] = {}
        for item in items:
            self.items.setdefault((item.order.customer_id, item.variation_id), []).append(item)
            self.left[item.pk] = item.quantity_fulfilled - item.quantity_returned

    def match(
        self, order: LoggedOrder, goods: Mapping[str, Goods], counted: Counter[str]
    ) -> dict[SalesOrder, list[LineRequest]]:
        """Return what comes back of which order; what matches none is counted as skipped."""
        quantities: dict[SalesOrderItem, Decimal] = {}
        matched: dict[SalesOrder, list[LineRequest]] = {}
        for line in order.taken_back:
            item = self.find(order, line, goods)
            if item is None:
                reason = "no earlier order of it" if order.customer else "no customer"
                counted[f"skipped: return with {reason}"] += 1
                continue
            self.left[item.pk] += line.quantity
            quantities[item] = quantities.get(item, Decimal(0)) - line.quantity
            counted["lines returned"] += 1
        for item, quantity in quantities.items():
            request = LineRequest("id", str(item.pk), quantity, SalesReturnItem.Reason.UNWANTED)
            matched.setdefault(item.order, []).append(request)
        return matched

    def find(
        self, order: LoggedOrder, line: Line, goods: Mapping[str, Goods]
    ) -> SalesOrderItem | None:
        """Return the newest line, not newer than the return, of which so much can come back."""
        assert order.ordered_at is not None
        if line.sku not in goods or not order.customer:
            return None
        candidates = self.items.get((order.customer, goods[line.sku].variation.pk), [])
        for item in candidates:
            if item.order.order_date <= order.ordered_at and self.left[item.pk] >= -line.quantity:
                return item
        return None


def is_order_number(number: str) -> bool:
    """Say whether a log's number can be an order's own."""
    return len(number) <= LONGEST_NUMBER and is_code(number, business_code)


def free_number(number: str, used: set[str]) -> str:
    """Return a number like 536365-2 for an order that goes on later in the log."""
    part = 2
    while (
        f"{number}-{part}" in used
        or SalesOrder.objects.filter(order_number=f"{number}-{part}").exists()
    ):
        part += 1
    return f"{number}-{part}"
