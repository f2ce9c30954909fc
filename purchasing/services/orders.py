"""Making purchase orders and changing what stands in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from common.codes import next_code
from common.exceptions import DuplicateCode, InvalidInput, WrongState
from purchasing.models import PurchaseOrder
from purchasing.services.amendments import amend_lines, field_changes, record_amendment
from purchasing.services.approval import APPROVAL, take_over_terms
from purchasing.services.charges import (
    ChargeLine,
    add_charges,
    charges_by_key,
    require_shipping_carried,
    set_charges,
)
from purchasing.services.lateness import tell_of_late_order
from purchasing.services.order_lines import (
    OrderLine,
    insert_items,
    make_items,
    require_quantities,
    subtotal_of,
)
from purchasing.services.order_values import Change
from purchasing.services.packs import in_stock_units
from purchasing.services.receipts import Delivery, post_receipt
from purchasing.services.tell import mail_order, standing_of, tell_order_waits
from purchasing.services.terms import require_currency, require_offered
from purchasing.services.transitions import lock_purchase_order, move_order, require_active
from suppliers.models import Supplier
from warehouses.models import Warehouse

Status = PurchaseOrder.Status

_TERMS = frozenset(
    {"expected_delivery_date", "tax_amount", "shipping_cost", "shipping_address", "notes"}
)
_DRAFT = _TERMS | {"supplier", "warehouse", "order_date", "currency"}
# Which details may still change; the lines in a draft, and while goods are to come. When goods
# came is what their receipts say; a word about a closed order may always be added.
CHANGEABLE: dict[str, frozenset[str]] = {
    Status.DRAFT: _DRAFT,
    Status.SENT: _TERMS,
    Status.CONFIRMED: _TERMS,
    Status.SHIPPED: _TERMS,
    Status.PARTIALLY_RECEIVED: _TERMS,
    Status.RECEIVED: frozenset({"notes"}),
    Status.CANCELLED: frozenset({"notes"}),
}

COMPUTED = (
    "currency", "subtotal", "charges_amount", "status", "actual_delivery_date", "updated_at",
)  # fmt: skip

# What a new order may be.
FIRST = (Status.DRAFT, Status.SENT, Status.RECEIVED)


@transaction.atomic
def create_purchase_order(
    *,
    supplier: Supplier,
    warehouse: Warehouse,
    lines: Sequence[OrderLine],
    order_number: str | None = None,
    order_date: datetime | None = None,
    expected_delivery_date: datetime | None = None,
    currency: str | None = None,
    tax_amount: Decimal = Decimal(0),
    shipping_cost: Decimal = Decimal(0),
    shipping_address: Mapping[str, str] | None = None,
    notes: str = "",
    status: str = Status.DRAFT,
    delivered_at: datetime | None = None,
    charges: Sequence[ChargeLine] = (),
    quiet: bool = False,
    acting_user: Any,
) -> PurchaseOrder:
    """Make an order with its lines: a draft, or already sent, or sent and wholly received.

    Totals are computed. Without a number it gets the next of the year; without dates it is
    ordered now and expected after the supplier's lead time; the currency is the supplier's and
    the address the warehouse's. One that is sent goes to the supplier by mail; of one that awaits
    approval those who may give it are told. A quiet one tells nobody. Locks the balances unless it
    stays a draft. Raises InvalidInput, ApprovalNeeded, SupplierNotActive and
    DuplicateCode.
    """
    require_first_status(status, delivered_at)
    require_active(supplier)
    ordered = order_date or timezone.now()
    order = PurchaseOrder(
        order_number=order_number or next_code(PurchaseOrder, "order_number", "PO-", yearly=True),
        supplier=supplier,
        warehouse=warehouse,
        order_date=ordered,
        expected_delivery_date=expected_delivery_date or after_lead_time(ordered, supplier),
        currency=currency or supplier.currency,
        tax_amount=tax_amount,
        shipping_cost=shipping_cost,
        shipping_address=dict(shipping_address or address_of(warehouse)),
        notes=notes,
        created_by=acting_user,
        terms_by=acting_user,
    )
    require_sound(order, lines)
    require_currency(order)
    lines = orderable(order, lines)
    order.charges_amount = sum((charge.amount for charge in charges), Decimal(0))
    charges_by_key(charges, {})
    items = make_items(order, lines)
    order.subtotal = subtotal_of(items)
    insert_order(order)
    insert_items(items)
    add_charges(order, charges)
    if status == Status.SENT:
        move_order(order, status, acting_user)
    if status == Status.RECEIVED:
        post_receipt(order, None, Delivery(occurred_at=delivered_at, quiet=quiet), acting_user)
    if not quiet:
        tell_of_new_order(order, acting_user)
    return order


def tell_of_new_order(order: PurchaseOrder, acting_user: Any) -> None:
    """Tell the supplier of an order that was sent, and deciders of one that waits for them."""
    if order.status == Status.SENT:
        mail_order(order, acting_user)
    tell_order_waits(order)


def require_first_status(status: str, delivered_at: datetime | None) -> None:
    """Raise InvalidInput where an order cannot begin with a status or a delivery."""
    if status not in FIRST:
        text = f"A new order is {', '.join(FIRST)}. Create it, then change its status."
        raise InvalidInput(f"status: {text}", {"status": [text]})
    if delivered_at is not None and status != Status.RECEIVED:
        text = "Is set when the goods arrive. Leave it out."
        raise InvalidInput(f"actual_delivery_date: {text}", {"actual_delivery_date": [text]})


def insert_order(order: PurchaseOrder) -> None:
    """Save a new order, or raise DuplicateCode where its number is taken."""
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError:
        if not PurchaseOrder.objects.filter(order_number=order.order_number).exists():
            raise
        text = f"Order number {order.order_number} exists already. Choose another or leave it out."
        raise DuplicateCode(text, {"order_number": [text]}) from None


@transaction.atomic
def change_purchase_order(
    *,
    order: PurchaseOrder,
    details: Mapping[str, Any] | None = None,
    lines: Sequence[OrderLine] | None = None,
    charges: Sequence[ChargeLine] | None = None,
    reason: str = "",
    acting_user: Any,
) -> PurchaseOrder:
    """Change details (names as in CHANGEABLE), and the whole sets of lines and of charges.

    The lines of a draft are made anew; those of an order that goods are still to come of are
    changed, added and removed, and what is incoming follows. A change of an order that is no draft
    any more is an amendment. Where it awaits approval thereby, those who may give it are told.
    Locks the order, then the balances. Raises WrongState where its status permits a change no
    longer, AlreadyReceived, ChargeCarried, InvalidInput and SupplierNotActive.
    """
    locked = lock_purchase_order(order)
    return change_locked(locked, details or {}, lines, acting_user, charges=charges, reason=reason)


def change_locked(
    order: PurchaseOrder,
    details: Mapping[str, Any],
    lines: Sequence[OrderLine] | None,
    acting_user: Any,
    *,
    charges: Sequence[ChargeLine] | None = None,
    reason: str = "",
) -> PurchaseOrder:
    """Change a locked order and compute its totals anew."""
    parts = {"items": lines, "charges": charges}
    changed_parts = [name for name, rows in parts.items() if rows is not None]
    require_changeable(order, set(details), changed_parts)
    total_before, was_draft, was_late = order.present_total, is_draft(order), order.is_late
    stood = standing_of(order)
    changes = set_details(order, details)
    require_sound(order, lines)
    if lines is None and "supplier" in details:
        require_offered(order, lines_of(order))
    if lines is not None:
        lines = orderable(order, lines)
        if was_draft:
            replace_lines(order, lines)
        else:
            changes += amend_lines(order, lines, acting_user)
    if charges is not None:
        changes += set_charges(order, charges)
    take_over_terms(order, [*details, *changed_parts], acting_user)
    order.save(update_fields=[*details, *COMPUTED, *APPROVAL])
    if not was_draft:
        record_amendment(order, changes, total_before, reason, acting_user)
    tell_order_waits(order, stood)
    if was_late:
        tell_of_late_order(order)
    order.refresh_from_db(fields=["total_amount"])
    return order


def is_draft(order: PurchaseOrder) -> bool:
    return order.status == Status.DRAFT


def set_details(order: PurchaseOrder, details: Mapping[str, Any]) -> list[Change]:
    """Change details of a locked order in memory, and return what changed.

    With another supplier comes its currency, unless one is named.
    """
    changes = field_changes(order, details)
    for name, value in details.items():
        setattr(order, name, value)
    if "supplier" in details:
        require_active(order.supplier)
        if "currency" not in details:
            order.currency = order.supplier.currency
    if {"supplier", "currency"} & set(details):
        require_currency(order)
    require_shipping_carried(order)
    return changes


def lines_of(order: PurchaseOrder) -> list[OrderLine]:
    """Return what a draft orders, as far as terms are about it."""
    return [
        OrderLine(variation=item.variation, quantity_ordered=item.quantity_ordered)
        for item in order.items.select_related("variation")
    ]


def orderable(order: PurchaseOrder, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Return lines in stock units, or raise InvalidInput naming what cannot be ordered so."""
    told = in_stock_units(order.supplier, lines)
    require_quantities(told)
    require_offered(order, told)
    return told


def replace_lines(order: PurchaseOrder, lines: Sequence[OrderLine]) -> None:
    """Make the lines of a locked draft anew."""
    order.items.all().delete()
    order.subtotal = subtotal_of(insert_items(make_items(order, lines)))


def require_changeable(order: PurchaseOrder, names: set[str], parts: Sequence[str]) -> None:
    """Raise WrongState naming what the order's status no longer lets one change."""
    fixed = sorted(names - CHANGEABLE[order.status])
    if order.status in PurchaseOrder.FINAL:
        fixed += parts
    if fixed:
        text = f"Cannot change any more while the purchase order is {order.status}."
        raise WrongState(
            f"{', '.join(fixed)}: {text[0].lower()}{text[1:]}", {name: [text] for name in fixed}
        )


def require_sound(order: PurchaseOrder, lines: Sequence[OrderLine] | None) -> None:
    """Raise InvalidInput where dates run backwards or nothing is ordered."""
    if order.expected_delivery_date.date() < order.order_date.date():
        text = "Lies before the order date. Send a later date."
        raise InvalidInput(f"expected_delivery_date: {text}", {"expected_delivery_date": [text]})
    if lines is not None and not lines:
        text = "Order at least one item."
        raise InvalidInput(text, {"items": [text]})


def after_lead_time(ordered: datetime, supplier: Supplier) -> datetime:
    try:
        return ordered + timedelta(days=supplier.lead_time_days)
    except OverflowError:
        text = "Too far in the future. Send a nearer date."
        raise InvalidInput(f"order_date: {text}", {"order_date": [text]}) from None


def address_of(warehouse: Warehouse) -> dict[str, str]:
    """Return where a warehouse takes deliveries."""
    return {
        "name": warehouse.name,
        "street": warehouse.street,
        "city": warehouse.city,
        "state": warehouse.state,
        "postal_code": warehouse.postal_code,
        "country": warehouse.country,
    }
