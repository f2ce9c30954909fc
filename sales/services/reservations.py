"""Until when an order holds goods and waits for them; reserving again, and for the urgent first."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from common.compiled_queries import CompiledQuery
from common.exceptions import InvalidInput, WrongState
from common.models import CompanySettings
from inventory.services.ledger import apply_stock_changes, lock_balances
from inventory.services.stock_change import Holder, RunningBalance, StockChange
from sales.models import LINE_HOLDER, SalesOrder, SalesOrderItem
from sales.services.back_orders import reserve_back_orders
from sales.services.order_rows import ZERO
from sales.services.order_state import lock_order, require_action
from sales.services.tell import tell_reservation_taken

# What lines of less urgent orders hold of these balances: the least urgent and newest come first.
YIELDING = """
    SELECT r.stock_id, i.id, i.variation_id, o.id, o.order_number, i.position, r.quantity, 0
    FROM inventory_stockreservation r
    JOIN sales_salesorderitem i ON i.id = r.reference_id
    JOIN sales_salesorder o ON o.id = i.order_id
    WHERE r.reference_type = %s AND r.stock_id = ANY(%s) AND r.quantity > 0 AND o.priority < %s
    ORDER BY o.priority, o.order_date DESC, o.id DESC, i.position DESC"""

RESERVATION_DAYS = CompiledQuery(
    lambda: (
        CompanySettings.objects.filter(pk=CompanySettings.ONLY)
        .order_by()
        .values("reservation_days")
    )
)


class Yielding(NamedTuple):
    """A line of a less urgent order: what it held of a balance, and how much of it it gives up."""

    stock_id: int
    item_id: int
    variation_id: int
    order_id: int
    order_number: str
    line: int
    held: Decimal
    quantity: Decimal


class Allocation(NamedTuple):
    """An order that got goods, and from whom."""

    order: SalesOrder
    taken: list[Yielding]


def default_reserved_until() -> datetime | None:
    """Return when the reservation of an order that is taken now ends; None: never."""
    found = RESERVATION_DAYS.first()
    days = found and found["reservation_days"]
    return None if days is None else timezone.now() + timedelta(days=days)


def require_future(moment: datetime | None) -> None:
    """Raise InvalidInput for a reservation that would be over at once."""
    if moment is not None and moment <= timezone.now():
        text = "Lies in the past. Name a later time, or leave it out."
        raise InvalidInput(text, {"reserved_until": [text]})


@transaction.atomic
def reserve_sales_order(
    *, order: SalesOrder, reserved_until: datetime | None = None, acting_user: Any
) -> SalesOrder:
    """Let an order wait for goods again after its reservation expired, or for longer.

    Without a time the company's setting counts from now. It takes its place among those who wait,
    and gets what is available in its turn. Locks the order, then the balances. Raises WrongState
    and InvalidInput.
    """
    require_future(reserved_until)
    locked = lock_order(order)
    require_action(locked, "reserve")
    locked.reserved_until = reserved_until or default_reserved_until()
    locked.reservation_expired_at = None
    locked.save(update_fields=["reserved_until", "reservation_expired_at", "updated_at"])
    items = outstanding_items(locked)
    balances = lock_balances([wish(locked, item, item.outstanding) for item in items])
    reserve_back_orders(
        stock_ids=[balance.id for balance in balances.values()], acting_user=acting_user
    )
    return locked


@transaction.atomic
def allocate_stock(*, order: SalesOrder, acting_user: Any) -> Allocation:
    """Reserve for an order what is available and what less urgent orders hold, as far as it goes.

    The least urgent orders give first, of these the newest; they become back-orders, and who took
    them is told. Locks the order, then the balances, under which alone reservations change; locks
    no other order. Raises WrongState.
    """
    locked = lock_order(order)
    require_action(locked, "allocate")
    if locked.reservation_expired_at is not None:
        raise WrongState(
            f"The reservation of {locked.order_number} expired. Reserve again first.",
            {"status": ["Reserve again with the action `reserve` first."]},
        )
    items = outstanding_items(locked)
    balances = lock_balances([wish(locked, item, item.outstanding) for item in items])
    held: Any = SalesOrderItem.objects.with_reserved().filter(order=locked)
    short = [
        (item, item.outstanding - item.quantity_reserved)
        for item in held
        if item.outstanding > item.quantity_reserved
    ]
    taken = choose_yielding(locked, short, balances)
    apply_stock_changes(
        [
            *[yields(locked, one) for one in taken],
            *[wish(locked, item, quantity) for item, quantity in short],
        ],
        acting_user=acting_user,
    )
    tell_reservation_taken(locked, {one.order_id for one in taken}, acting_user)
    return Allocation(locked, taken)


def choose_yielding(
    order: SalesOrder,
    short: Sequence[tuple[SalesOrderItem, Decimal]],
    balances: dict[tuple[int, int], RunningBalance],
) -> list[Yielding]:
    """Return what less urgent orders have to give up for lines that are short."""
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    for item, quantity in short:
        wanted[balances[item.variation_id, order.warehouse_id].id] += quantity
    for balance in balances.values():
        wanted[balance.id] -= max(balance.available, ZERO)
    with connection.cursor() as cursor:
        cursor.execute(YIELDING, [LINE_HOLDER, list(wanted), order.priority])
        holders = [Yielding(*row) for row in cursor.fetchall()]
    taken = []
    for holder in holders:
        quantity = min(holder.held, wanted[holder.stock_id])
        if quantity > 0:
            wanted[holder.stock_id] -= quantity
            taken.append(holder._replace(quantity=quantity))
    return taken


def outstanding_items(order: SalesOrder) -> list[SalesOrderItem]:
    return [item for item in order.items.all() if item.outstanding]


def wish(order: SalesOrder, item: SalesOrderItem, quantity: Decimal) -> StockChange:
    """Return the change that reserves so much for a line, or what there is."""
    return StockChange(
        variation_id=item.variation_id,
        warehouse_id=order.warehouse_id,
        hold=quantity,
        holder=Holder(LINE_HOLDER, item.pk),
    )


def yields(order: SalesOrder, one: Yielding) -> StockChange:
    """Return the change that takes a reservation from a less urgent order."""
    return StockChange(
        variation_id=one.variation_id,
        warehouse_id=order.warehouse_id,
        release_beyond=one.held - one.quantity,
        holder=Holder(LINE_HOLDER, one.item_id),
    )
