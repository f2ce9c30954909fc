"""Open orders that were made elsewhere, taken over many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput
from common.models import CompanySettings
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from purchasing.services.approval import authorise, require_approval
from purchasing.services.order_lines import (
    OrderLine,
    insert_items,
    make_items,
    require_quantities,
    subtotal_of,
)
from purchasing.services.orders import require_sound
from purchasing.services.terms import (
    exclusive_suppliers,
    refuse_sold_elsewhere,
    require_currency,
)
from purchasing.services.transitions import require_active

Status = PurchaseOrder.Status
TAKEN = {"purchasing_purchaseorder_order_number_key": "order_number"}
# What an order may be whose goods are still to come.
OPEN = (Status.DRAFT, *PurchaseOrder.INCOMING)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An unsaved order with its number, dates and status, and its lines with their costs.

    received: how much of each line came in before, wherever that was: it is in no stock of ours.
    """

    order: PurchaseOrder
    lines: Sequence[OrderLine]
    received: Sequence[Decimal]


@transaction.atomic
def take_over_purchase_orders(
    *, orders: Sequence[OpenOrder], acting_user: Any
) -> list[PurchaseOrder]:
    """Save open orders as they stand elsewhere, all or none; what they lack becomes incoming.

    The rules are those of single orders, and nothing is mailed: the suppliers have their orders.
    The statements are as many for one order as for thousands, if suppliers and variations are
    loaded. Locks the balances. Raises InvalidInput, ApprovalNeeded, SupplierNotActive and
    DuplicateCode.
    """
    limit = CompanySettings.current().purchase_approval_limit
    require_quantities([line for one in orders for line in one.lines])
    sellers = exclusive_suppliers(line for one in orders for line in one.lines)
    items: list[PurchaseOrderItem] = []
    for one in orders:
        refuse_sold_elsewhere(one.order, dict(enumerate(one.lines)), sellers)
        items += prepare(one, limit, acting_user)
    with refuse_duplicates(TAKEN):
        made = PurchaseOrder.objects.bulk_create([one.order for one in orders])
    insert_items(items)
    apply_stock_changes(
        [
            StockChange(
                variation_id=item.variation_id,
                warehouse_id=item.order.warehouse_id,
                incoming=item.quantity_outstanding,
            )
            for item in items
            if item.order.is_incoming and item.quantity_outstanding
        ],
        acting_user=acting_user,
    )
    return made


def prepare(one: OpenOrder, limit: Decimal | None, acting_user: Any) -> list[PurchaseOrderItem]:
    """Judge an order and compute its total; return its unsaved items."""
    order = one.order
    if order.status not in OPEN:
        text = f"Only open orders are taken over: {', '.join(OPEN)}."
        raise InvalidInput(text, {"status": [text]})
    require_active(order.supplier)
    require_sound(order, one.lines)
    require_currency(order)
    items = make_items(order, one.lines)
    for item, quantity in zip(items, one.received, strict=True):
        item.quantity_received = quantity
    order.subtotal = subtotal_of(items)
    order.created_by = order.terms_by = acting_user
    order.approval_limit = limit  # read once for all of them
    if order.is_incoming:
        require_approval(order)
        authorise(order, acting_user)
    return items
