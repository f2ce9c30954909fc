"""A simulated day becomes documents and ledger lines, through the services of the product."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal

from django.db import connection, models

from inventory.models import ProductVariation, StockMovement
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from operations.demo.catalogue import DemoItem
from operations.demo.demand import DemoOrder
from operations.demo.events import (
    Arrival,
    Correction,
    Day,
    GoodsBack,
    Purchase,
    Shipment,
    Transfer,
    WaitingOrder,
)
from purchasing.models import PurchaseOrder
from purchasing.services.order_lines import OrderLine as PurchaseLine
from purchasing.services.orders import create_purchase_order
from purchasing.services.receipts import Delivery, ReceiptLine, receive_purchase_order
from purchasing.services.transitions import cancel_purchase_order, send_purchase_order
from sales.models import SalesOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.order_rows import OrderLine
from sales.services.orders import create_sales_order
from sales.services.replay import PastOrder, replay_sales_orders
from sales.services.returns import return_goods
from suppliers.models import Supplier
from users.models import User
from warehouses.models import Warehouse

DUE_AT = time(16, tzinfo=UTC)
FOUR_PLACES = Decimal("0.0001")
PRICE_RISE = Decimal("0.96")  # what goods cost before the suppliers raised their prices
RISE_AFTER = 200  # days before the last one


@dataclass(frozen=True, slots=True)
class Company:
    """The rows that the demo's documents refer to; all sequences by the demo's own numbers."""

    items: Sequence[DemoItem]
    variations: dict[int, ProductVariation]
    warehouses: Sequence[Warehouse]
    suppliers: Sequence[Supplier]
    heads: Sequence[User]
    order_desk: User


class Poster:
    """Posts days one after the other; keeps the documents that later days come back to."""

    def __init__(self, company: Company, prices_rose_on: datetime) -> None:
        self.company, self.prices_rose_on = company, prices_rose_on
        self.orders: dict[DemoOrder, SalesOrder] = {}
        self.purchases: dict[Purchase, PurchaseOrder] = {}
        self.transfers = 0

    def post(self, day: Day) -> None:
        """Post a day in the order in which the simulation lived it."""
        for arrival in day.arrivals:
            self.receive(arrival)
        for transfer in day.transfers:
            self.transfer(transfer)
        for shipment in day.shipments:
            self.ship(shipment)
        for waiting in day.given_up:
            order = self.orders.pop(waiting.order)
            cancel_sales_order(order=order, quiet=True, acting_user=self.company.order_desk)
        self.sell(day.delivered)
        self.take_waiting(day.waiting)
        for goods_back in day.returns:
            self.take_back(goods_back)
        self.correct(day.corrections)
        for purchase in day.purchases:
            self.order_goods(purchase)

    def receive(self, arrival: Arrival) -> None:
        purchase = arrival.purchase
        order = self.purchases[purchase]
        keys = list(order.items.order_by("position").values_list("pk", flat=True))
        receive_purchase_order(
            order=order,
            lines=[
                ReceiptLine(
                    item_id=keys[position],
                    quantity_accepted=self.amount(purchase.lines[position][0], accepted),
                    quantity_rejected=self.amount(purchase.lines[position][0], rejected),
                )
                for position, accepted, rejected in arrival.lines
            ],
            delivery=Delivery(
                occurred_at=arrival.arrived_at,
                delivery_note=f"DN-{order.pk:05d}-{arrival.arrived_at:%m%d}",
                notes="Some goods refused: damaged in transit." if arrival.has_rejects else "",
                quiet=True,
            ),
            acting_user=self.company.heads[purchase.warehouse],
        )
        if not any(purchase.outstanding):
            self.purchases.pop(purchase, None)

    def transfer(self, transfer: Transfer) -> None:
        self.transfers += 1
        changes = []
        for item, quantity in transfer.lines:
            variation = self.company.variations[item]
            source, destination = (
                self.company.warehouses[number].pk
                for number in (transfer.source, transfer.destination)
            )
            leaving = StockChange(
                variation_id=variation.pk,
                warehouse_id=source,
                quantity=-self.amount(item, quantity),
                movement_type=StockMovement.Type.TRANSFER,
                reference_type="transfer",
                reference_code=f"TR-DEMO-{self.transfers:03d}",
                occurred_at=transfer.happened_at,
            )
            arriving = replace(
                leaving,
                warehouse_id=destination,
                quantity=-leaving.quantity,
                cost_from=(variation.pk, source),
            )
            changes += [leaving, arriving]
        self.apply(changes, transfer.source)

    def ship(self, shipment: Shipment) -> None:
        waiting = shipment.waiting
        fulfil_sales_order(
            order=self.orders[waiting.order],
            lines=[
                LineRequest(
                    "line",
                    str(position + 1),
                    self.amount(waiting.order.lines[position].item, waiting.lines[position].wanted),
                )
                for position in shipment.positions
            ],
            occurred_at=shipment.shipped_at,
            quiet=True,
            acting_user=self.company.order_desk,
        )
        if not waiting.is_open:
            del self.orders[waiting.order]

    def sell(self, delivered: Sequence[DemoOrder]) -> None:
        rows = self.order_rows(delivered)
        past = [
            PastOrder(row, self.order_lines(order), is_cancelled=order.is_cancelled)
            for order, row in zip(delivered, rows, strict=True)
        ]
        if past:
            replay_sales_orders(orders=past, acting_user=self.company.order_desk)
        for order, row in zip(delivered, rows, strict=True):
            if order.comes_back:
                self.orders[order] = row

    def take_waiting(self, waiting: Sequence[WaitingOrder]) -> None:
        rows = self.order_rows([order.order for order in waiting])
        for order, row in zip(waiting, rows, strict=True):
            self.orders[order.order] = create_sales_order(
                order=row,
                lines=self.order_lines(order.order),
                quiet=True,
                acting_user=self.company.order_desk,
            )

    def take_back(self, goods_back: GoodsBack) -> None:
        line = goods_back.order.lines[goods_back.position]
        quantity = self.amount(line.item, goods_back.quantity)
        return_goods(
            order=self.orders.pop(goods_back.order),
            lines=[LineRequest("line", str(goods_back.position + 1), quantity, goods_back.reason)],
            occurred_at=goods_back.returned_at,
            quiet=True,
            acting_user=self.company.heads[goods_back.order.warehouse],
        )

    def correct(self, corrections: Iterable[Correction]) -> None:
        for correction in corrections:
            item, warehouse = correction.key
            change = StockChange(
                variation_id=self.company.variations[item].pk,
                warehouse_id=self.company.warehouses[warehouse].pk,
                quantity=self.amount(item, correction.quantity),
                movement_type=StockMovement.Type.ADJUSTMENT,
                reason_code=correction.reason,
                reason_description=correction.explanation,
                occurred_at=correction.happened_at,
            )
            self.apply([change], warehouse)

    def order_goods(self, purchase: Purchase) -> None:
        warehouse = self.company.warehouses[purchase.warehouse]
        head = self.company.heads[purchase.warehouse]
        order = create_purchase_order(
            supplier=self.company.suppliers[purchase.supplier],
            warehouse=warehouse,
            order_number=draw_codes(PurchaseOrder, "PO", [purchase.placed_at])[0],
            order_date=purchase.placed_at,
            expected_delivery_date=datetime.combine(purchase.expected_on, DUE_AT),
            lines=[
                PurchaseLine(
                    variation=self.company.variations[item],
                    quantity_ordered=self.amount(item, quantity),
                    unit_cost=self.cost(item, purchase.placed_at),
                )
                for item, quantity in purchase.lines
            ],
            quiet=True,
            acting_user=head,
        )
        if purchase.is_draft:
            return
        order = send_purchase_order(order=order, quiet=True, acting_user=head)
        if purchase.is_cancelled:
            cancel_purchase_order(order=order, acting_user=head)
        else:
            self.purchases[purchase] = order

    def apply(self, changes: Sequence[StockChange], warehouse: int) -> None:
        apply_stock_changes(changes, acting_user=self.company.heads[warehouse], quiet=True)

    def amount(self, item: int, steps: int) -> Decimal:
        return self.company.items[item].step * steps

    def cost(self, item: int, when: datetime) -> Decimal:
        """Return what an item cost per unit at a time."""
        cost = self.company.items[item].cost
        return cost if when >= self.prices_rose_on else (cost * PRICE_RISE).quantize(FOUR_PLACES)

    def order_lines(self, order: DemoOrder) -> list[OrderLine]:
        return [
            OrderLine(
                self.company.variations[line.item].pk,
                self.amount(line.item, line.quantity),
                line.price,
            )
            for line in order.lines
        ]

    def order_rows(self, orders: Sequence[DemoOrder]) -> list[SalesOrder]:
        """Return unsaved sales orders with their numbers."""
        codes = draw_codes(SalesOrder, "SO", [order.placed_at for order in orders])
        return [
            SalesOrder(
                order_number=code,
                warehouse=self.company.warehouses[order.warehouse],
                order_date=order.placed_at,
                customer_email=order.customer.email,
                customer_id=order.customer.customer_id,
                channel=order.customer.channel,
                region=order.customer.region,
                promotion_applied=order.promotion is not None,
                promotion_details=(
                    {
                        "name": order.promotion.name,
                        "discount_percent": order.promotion.discount_percent,
                    }
                    if order.promotion
                    else {}
                ),
            )
            for order, code in zip(orders, codes, strict=True)
        ]


def draw_codes(model: type[models.Model], prefix: str, times: Sequence[datetime]) -> list[str]:
    """Return a code such as SO-2026-007 for each time, with the year of that time.

    The numbers come from the sequence that later documents draw theirs from.
    """
    if not times:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT nextval('{model._meta.db_table}_code_seq') FROM generate_series(1, %s)",
            [len(times)],
        )
        numbers = [row[0] for row in cursor.fetchall()]
    return [
        f"{prefix}-{when.year}-{number:03d}" for when, number in zip(times, numbers, strict=True)
    ]
