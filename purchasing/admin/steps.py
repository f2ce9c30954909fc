"""The buttons of a purchase order."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin_orders import QuantitiesForm
from common.admin_steps import Step
from common.permissions import Can
from purchasing.models import PurchaseOrder
from purchasing.services.receipts import Delivery, ReceiptLine, receive_purchase_order
from purchasing.services.transitions import (
    cancel_purchase_order,
    confirm_purchase_order,
    send_purchase_order,
    ship_purchase_order,
)

Status = PurchaseOrder.Status


class ReceiveForm(QuantitiesForm):
    """What arrived; a line without a quantity stays outstanding."""

    delivery_note = forms.CharField(
        max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, order: PurchaseOrder, posted: Any) -> None:
        items = order.items.select_related("variation__product")
        super().__init__(
            [
                (item.pk, f"{item.variation.sku_code} {item.variation.product.name}",
                 item.quantity_outstanding)
                for item in items if item.quantity_outstanding or posted is not None
            ],
            posted,
        )  # fmt: skip
        self.order_fields(["delivery_note"])


def send(row: PurchaseOrder, acting_user: Any) -> str:
    send_purchase_order(order=row, acting_user=acting_user)
    return f"{row} is sent: what it orders is on its way."


def confirm(row: PurchaseOrder, acting_user: Any) -> str:
    confirm_purchase_order(order=row, acting_user=acting_user)
    return f"{row} is confirmed by the supplier."


def ship(row: PurchaseOrder, acting_user: Any) -> str:
    ship_purchase_order(order=row, acting_user=acting_user)
    return f"{row} is shipped."


def cancel(row: PurchaseOrder, acting_user: Any) -> str:
    cancel_purchase_order(order=row, acting_user=acting_user)
    return f"{row} is cancelled."


def receive(
    row: PurchaseOrder,
    acting_user: Any,
    quantities: dict[int, Decimal],
    delivery_note: str = "",
) -> str:
    lines = [
        ReceiptLine(item_id=key, quantity_accepted=quantity) for key, quantity in quantities.items()
    ]
    delivery = Delivery(delivery_note=delivery_note)
    receipt = receive_purchase_order(
        order=row, lines=lines, delivery=delivery, acting_user=acting_user
    )
    return f"Received as {receipt.code}; the goods are in stock."


def can_become(status: str) -> Any:
    def lawful(row: PurchaseOrder) -> bool:
        return status in row.allowed_transitions

    return lawful


STEPS = (
    Step(
        name="send", title="Send", permission=Can.MANAGE_PURCHASE_ORDERS, run=send,
        lawful=can_become(Status.SENT), icon="send",
        explanation="What it orders becomes incoming stock; its lines are fixed.",
    ),
    Step(
        name="confirm", title="Confirm", permission=Can.MANAGE_PURCHASE_ORDERS, run=confirm,
        lawful=can_become(Status.CONFIRMED), icon="thumb_up",
        explanation="The supplier has confirmed the order.",
    ),
    Step(
        name="ship", title="Shipped", permission=Can.MANAGE_PURCHASE_ORDERS, run=ship,
        lawful=can_become(Status.SHIPPED), icon="local_shipping",
        explanation="The goods are on their way.",
    ),
    Step(
        name="receive", title="Receive", permission=Can.POST_STOCK, run=receive,
        lawful=can_become(Status.PARTIALLY_RECEIVED), form=ReceiveForm, icon="inventory",
        explanation="All that is outstanding; enter less where less arrived.",
    ),
    Step(
        name="cancel", title="Cancel order", permission=Can.MANAGE_PURCHASE_ORDERS, run=cancel,
        lawful=can_become(Status.CANCELLED), icon="block", is_final=True,
        explanation="It is no longer incoming stock. This cannot be undone.",
    ),
)  # fmt: skip
