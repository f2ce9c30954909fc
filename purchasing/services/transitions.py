"""The states of a purchase order, and what they mean for incoming stock."""

from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField

from common.compiled_queries import CompiledQuery, Given
from common.exceptions import WrongState
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from purchasing.exceptions import SupplierNotActive
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from purchasing.services.approval import APPROVAL, authorise, require_approval
from purchasing.services.lateness import tell_of_late_order
from purchasing.services.tell import mail_order
from suppliers.models import Supplier

Status = PurchaseOrder.Status
LOCK = CompiledQuery(
    lambda: (
        PurchaseOrder.objects.select_for_update(no_key=True)
        .filter(pk=Given("key", BigIntegerField()))
        .order_by()
    )
)

ITEMS = CompiledQuery(
    lambda: PurchaseOrderItem.objects.filter(order_id=Given("key", BigIntegerField()))
)


def lock_purchase_order(order: PurchaseOrder) -> PurchaseOrder:
    """Lock an order's row until the transaction ends and return it as it is now.

    Every writer of an order and its lines comes through here, and locks balances only after it.
    """
    locked: PurchaseOrder | None = LOCK.first(key=order.pk)
    if locked is None:
        raise PurchaseOrder.DoesNotExist(f"There is no purchase order {order.pk}.")
    return locked


@transaction.atomic
def send_purchase_order(
    *, order: PurchaseOrder, quiet: bool = False, acting_user: Any
) -> PurchaseOrder:
    """Send a draft: what it orders becomes incoming stock, and the supplier gets it by mail.

    A quiet one mails nothing. Locks the order, then the balances. Raises WrongState,
    ApprovalNeeded and SupplierNotActive.
    """
    order = move_order(lock_purchase_order(order), Status.SENT, acting_user)
    if not quiet:
        mail_order(order, acting_user)
    return order


@transaction.atomic
def confirm_purchase_order(*, order: PurchaseOrder, acting_user: Any) -> PurchaseOrder:
    """Note that the supplier confirmed. Locks the order. Raises WrongState, ApprovalNeeded."""
    return move_order(lock_purchase_order(order), Status.CONFIRMED, acting_user)


@transaction.atomic
def ship_purchase_order(*, order: PurchaseOrder, acting_user: Any) -> PurchaseOrder:
    """Note that the goods are on their way. Locks the order. Raises WrongState, ApprovalNeeded."""
    return move_order(lock_purchase_order(order), Status.SHIPPED, acting_user)


@transaction.atomic
def cancel_purchase_order(*, order: PurchaseOrder, acting_user: Any) -> PurchaseOrder:
    """Cancel an order of which nothing was accepted: it is no longer incoming stock.

    Locks the order, then the balances. Raises WrongState.
    """
    return move_order(lock_purchase_order(order), Status.CANCELLED, acting_user)


def move_order(order: PurchaseOrder, target: str, acting_user: Any) -> PurchaseOrder:
    """Give a locked order a status that is not reached by receiving goods."""
    require_transition(order, target)
    if target != Status.CANCELLED:
        require_approval(order)
    if target == Status.SENT:
        require_active(order.supplier)
        if not order.is_approved:
            authorise(order, acting_user)
    was_incoming, was_late = order.is_incoming, order.is_late
    order.status = target
    order.save(update_fields=["status", *APPROVAL, "updated_at"])
    if order.is_incoming != was_incoming:
        change_incoming(order, 1 if order.is_incoming else -1, acting_user)
    if was_late and not order.is_late:
        tell_of_late_order(order)
    return order


def require_transition(order: PurchaseOrder, target: str) -> None:
    """Raise WrongState, naming the lawful steps, where an order cannot take a status next."""
    if target in PurchaseOrder.TRANSITIONS[order.status]:
        return
    lawful = order.allowed_transitions
    remedy = f"Lawful now: {', '.join(lawful)}." if lawful else "It is final."
    text = f"A purchase order that is {order.status} cannot become {target}. {remedy}"
    raise WrongState(text, {"status": [text], "allowed_transitions": lawful})


def require_active(supplier: Supplier) -> None:
    """Raise SupplierNotActive unless goods may be ordered from a supplier."""
    if supplier.status != Supplier.Status.ACTIVE:
        text = f"Supplier {supplier.code} is {supplier.status}. Activate it or choose another."
        raise SupplierNotActive(text, {"supplier_id": [text]})


def change_incoming(order: PurchaseOrder, sign: int, acting_user: Any) -> None:
    """Add what a locked order lacks to incoming stock, or take it off again."""
    apply_stock_changes(
        [
            StockChange(
                variation_id=item.variation_id,
                warehouse_id=order.warehouse_id,
                incoming=sign * item.quantity_outstanding,
            )
            for item in ITEMS.all(key=order.pk)
            if item.quantity_outstanding
        ],
        acting_user=acting_user,
    )
