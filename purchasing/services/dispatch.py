"""Sending an order to its supplier once more."""

from typing import Any

from django.db import transaction

from common.exceptions import WrongState
from purchasing.exceptions import SupplierWithoutAddress
from purchasing.models import PurchaseOrder
from purchasing.services.approval import require_approval
from purchasing.services.tell import mail_order
from purchasing.services.transitions import lock_purchase_order


@transaction.atomic
def send_purchase_order_again(*, order: PurchaseOrder, acting_user: Any) -> PurchaseOrder:
    """Mail an order that the supplier still has to deliver once more, as it is now.

    Changes nothing of the order. Locks it. Raises WrongState for one that was never sent, or of
    which nothing is to come, ApprovalNeeded and SupplierWithoutAddress.
    """
    order = lock_purchase_order(order)
    if not order.is_incoming:
        remedy = "Send it first." if order.status == PurchaseOrder.Status.DRAFT else "It is final."
        text = f"A purchase order that is {order.status} cannot be sent again. {remedy}"
        raise WrongState(text, {"again": [text]})
    require_approval(order)
    if not order.supplier.email:
        text = f"Supplier {order.supplier.code} has no e-mail address. Enter one, then send again."
        raise SupplierWithoutAddress(text, {"supplier_id": [text]})
    mail_order(order, acting_user, again=True)
    return order
