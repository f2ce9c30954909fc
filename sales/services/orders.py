"""Orders: taken and changed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from common.codes import next_code
from common.exceptions import InvalidInput, WrongState
from inventory.exceptions import UnfitLines
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import Holder, StockChange
from sales.models import LINE_HOLDER, SalesOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.holds import released
from sales.services.order_rows import (
    ZERO,
    OrderLine,
    delete_items,
    insert_items,
    insert_orders,
    total_of,
)
from sales.services.order_state import lock_order, require_action, wrong_transition
from sales.services.reservations import default_reserved_until, require_future

PENDING_ONLY = ("items", "currency", "order_date")
OPEN_ONLY = ("priority", "reserved_until")


@transaction.atomic
def create_sales_order(
    *, order: SalesOrder, lines: Sequence[OrderLine], quiet: bool = False, acting_user: Any
) -> SalesOrder:
    """Save a new order with its lines and reserve what is available; the rest is back-ordered.

    `order` comes unsaved; an order number is made where it has none, and its reservation ends
    when the company's settings say so unless it names another time. Locks the balances. Raises
    DuplicateCode and InvalidInput.
    """
    require_future(order.reserved_until)
    order.reserved_until = order.reserved_until or default_reserved_until()
    if not order.order_number:
        order.order_number = next_code(SalesOrder, "order_number", "SO-", yearly=True)
    order.status = SalesOrder.Status.PENDING
    order.total_amount = total_of(lines)
    order.created_by = acting_user
    insert_orders([order])
    with at_lines(len(lines)):
        apply_stock_changes(_added(order, lines), acting_user=acting_user, quiet=quiet)
    return order


@transaction.atomic
def change_sales_order(
    *,
    order: SalesOrder,
    changes: dict[str, Any],
    lines: Sequence[OrderLine] | None = None,
    status: str | None = None,
    acting_user: Any,
) -> SalesOrder:
    """Change fields of an order, replace its lines, and take it to another status.

    What is given as it already is counts as unchanged, so that a whole order may be sent. Lines,
    currency and date may change while nothing has been delivered or cancelled, the currency with
    the lines' prices alone; new lines reserve what is available after the old ones have released
    theirs. Priority and the end of the reservation may change while the order is open; that moves
    its place among those who wait, and takes nothing from anybody. Status `fulfilled` delivers all
    that is outstanding, `cancelled` cancels. Locks the order, then the balances. Raises
    WrongState, InvalidInput and InsufficientStock.
    """
    locked = lock_order(order)
    says_more = bool(changes) or lines is not None
    changes = {name: value for name, value in changes.items() if getattr(locked, name) != value}
    is_repriced = lines is not None
    if lines is not None and not _differ(locked, lines):
        lines = None
    refuse_late_changes(locked, [*changes, "items"] if lines is not None else [*changes])
    if "currency" in changes and not is_repriced:
        text = f"Prices are in {locked.currency}. Send the lines with their new prices, too."
        raise InvalidInput(text, {"currency": [text]})
    require_future(changes.get("reserved_until"))
    for field, value in changes.items():
        setattr(locked, field, value)
    if lines is not None:
        locked.total_amount = total_of(lines)
    if changes or lines is not None:
        locked.save(update_fields=[*changes, "total_amount", "updated_at"])
    if lines is not None:
        _replace_lines(locked, lines, acting_user)
    is_kept = status == locked.status and (says_more or locked.is_open)
    if status is not None and not is_kept:
        take_to_status(locked, status, acting_user)
        locked.refresh_from_db(fields=["status", "updated_at"])
    return locked


def refuse_late_changes(order: SalesOrder, fields: Sequence[str]) -> None:
    """Raise WrongState where a field may no longer change."""
    late = [field for field in fields if field in PENDING_ONLY]
    if late and "change_items" not in order.allowed_actions:
        raise WrongState(
            f"{late[0]} can change while an order is pending; this one is {order.status}.",
            {field: ["Can change only while the order is pending."] for field in late},
        )
    if any(field in OPEN_ONLY for field in fields):
        require_action(order, "prioritise")
    if "reserved_until" in fields and order.reservation_expired_at is not None:
        text = "Its reservation expired. Reserve again with the action `reserve`."
        raise WrongState(text, {"reserved_until": [text]})


def take_to_status(order: SalesOrder, status: str, acting_user: Any) -> None:
    """Do what a status that somebody set means; raises WrongState where it cannot follow."""
    if status == SalesOrder.Status.FULFILLED:
        fulfil_sales_order(order=order, acting_user=acting_user)
    elif status == SalesOrder.Status.CANCELLED and status in order.allowed_transitions:
        cancel_sales_order(order=order, acting_user=acting_user)
    else:
        raise wrong_transition(order, status)


@contextmanager
def at_lines(number: int, before: int = 0) -> Iterator[None]:
    """Say the ledger's objections to lines at the places where the request has them."""
    try:
        yield
    except UnfitLines as error:
        error.at_paths([""] * before + [f"items.{index}." for index in range(number)])
        raise


def _differ(order: SalesOrder, lines: Sequence[OrderLine]) -> bool:
    present = order.items.values_list(
        "variation_id", "quantity", "sale_price_per_unit", "discount_percent"
    )
    return list(present) != [
        (line.variation_id, line.quantity, line.sale_price_per_unit, line.discount_percent)
        for line in lines
    ]


def _replace_lines(order: SalesOrder, lines: Sequence[OrderLine], acting_user: Any) -> None:
    gone = released(order, [(*item, ZERO) for item in delete_items(order)])
    with at_lines(len(lines), before=len(gone)):
        apply_stock_changes([*gone, *_added(order, lines)], acting_user=acting_user)


def _added(order: SalesOrder, lines: Sequence[OrderLine]) -> list[StockChange]:
    """Insert lines and return the changes that reserve for them."""
    keys = insert_items([(order.pk, position, line) for position, line in enumerate(lines, 1)])
    return [
        StockChange(
            variation_id=line.variation_id,
            warehouse_id=order.warehouse_id,
            hold=line.quantity,
            holder=Holder(LINE_HOLDER, key),
        )
        for key, line in zip(keys, lines, strict=True)
    ]
