"""The buttons of a purchase order."""

from typing import Any

from django import forms
from django.http import HttpResponse
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin_forms import DayInput
from common.admin_links import with_link
from common.admin_orders import QuantitiesTableForm, quantity_field
from common.admin_steps import FileStep, Step, can_become, pdf_page, permits
from common.permissions import Can
from common.second_person import may_decide
from inventory.admin.transfers import OptionalNoteForm, ReasonForm
from purchasing.admin.returns import RETURN_STEP
from purchasing.models import PurchaseOrder
from purchasing.services.closing import close_purchase_order
from purchasing.services.copies import copy_purchase_order
from purchasing.services.decisions import approve_purchase_order, reject_purchase_order
from purchasing.services.dispatch import send_purchase_order_again
from purchasing.services.receipts import ZERO, Delivery, ReceiptLine, receive_purchase_order
from purchasing.services.transitions import (
    cancel_purchase_order,
    confirm_purchase_order,
    send_purchase_order,
    ship_purchase_order,
)

Status = PurchaseOrder.Status


class ReceiveForm(QuantitiesTableForm):
    """What arrived of each line; one without a quantity stays outstanding."""

    gathered_as = "lines"
    nothing_text = "Enter what was accepted or rejected of at least one line."
    columns = ("Accepted", "Rejected", "Lot", "Expires")
    kinds = (QuantitiesTableForm.prefix_of_lines, "rejected_", "lot_", "expiry_")
    beside = ("delivery_note", "notes")

    delivery_note = forms.CharField(
        max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )
    notes = forms.CharField(
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, order: PurchaseOrder, posted: Any) -> None:
        items = [
            item
            for item in order.items.select_related("variation__product")
            if item.quantity_outstanding or posted is not None
        ]
        super().__init__(
            [(item.pk, item.variation.full_name, item.quantity_outstanding) for item in items],
            posted,
        )
        self.keys = [item.pk for item in items]
        for key in self.keys:
            self.fields[f"rejected_{key}"] = quantity_field(label="Rejected")
            self.fields[f"lot_{key}"] = forms.CharField(
                label="Lot",
                max_length=50,
                required=False,
                widget=UnfoldAdminTextInputWidget,
            )
            self.fields[f"expiry_{key}"] = forms.DateField(
                label="Expires", required=False, widget=DayInput
            )

    def gathered(self, filled: dict[str, Any]) -> list[ReceiptLine]:
        """Return the lines of which something was accepted or rejected."""
        accepted = self.taken(filled, self.prefix_of_lines)
        rejected = self.taken(filled, "rejected_")
        lots, expiries = self.taken(filled, "lot_"), self.taken(filled, "expiry_")
        return [
            ReceiptLine(
                item_id=key,
                quantity_accepted=accepted.get(key) or ZERO,
                quantity_rejected=rejected.get(key) or ZERO,
                lot_number=lots.get(key, ""),
                expiration_date=expiries.get(key),
            )
            for key in self.keys
            if accepted.get(key) or rejected.get(key)
        ]


def send(row: PurchaseOrder, acting_user: Any) -> str:
    order = send_purchase_order(order=row, acting_user=acting_user)
    return f"{row} is sent: what it orders is on its way. {mailed(order)}"


def send_again(row: PurchaseOrder, acting_user: Any) -> str:
    order = send_purchase_order_again(order=row, acting_user=acting_user)
    return f"{row} is sent again. {mailed(order)}"


def mailed(order: PurchaseOrder) -> str:
    address = order.supplier.email
    if address:
        return f"It goes to {address} by mail."
    return "The supplier has no e-mail address: nothing is mailed."


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
    lines: list[ReceiptLine],
    delivery_note: str = "",
    notes: str = "",
) -> str:
    delivery = Delivery(delivery_note=delivery_note, notes=notes)
    receipt = receive_purchase_order(
        order=row, lines=lines, delivery=delivery, acting_user=acting_user
    )
    if not any(line.quantity_accepted for line in lines):
        return f"Noted as {receipt.code}: all of it was rejected and stays outstanding."
    return f"Received as {receipt.code}; the goods are in stock."


def pdf(row: PurchaseOrder, acting_user: Any) -> HttpResponse:
    from purchasing.documents.order_pdf import (  # noqa: PLC0415 - loads the layout engine
        purchase_order_pdf,
    )

    return pdf_page(purchase_order_pdf(row.pk), row.order_number)


def is_decided_by(row: PurchaseOrder, user: Any) -> bool:
    return may_decide(row.answerable_ids, user)


def approve(row: PurchaseOrder, acting_user: Any, note: str = "") -> str:
    order = approve_purchase_order(order=row, note=note, acting_user=acting_user)
    return f"{row} is approved up to {order.approved_total:.2f} {order.currency}."


def reject(row: PurchaseOrder, acting_user: Any, note: str = "") -> str:
    reject_purchase_order(order=row, note=note, acting_user=acting_user)
    return f"{row} is rejected."


def close(row: PurchaseOrder, acting_user: Any, note: str) -> str:
    close_purchase_order(order=row, reason=note, acting_user=acting_user)
    return f"{row} is closed: nothing more of it is incoming."


def order_again(row: PurchaseOrder, acting_user: Any) -> str:
    order = copy_purchase_order(order=row, acting_user=acting_user)
    return with_link("Drafted again as {}.", order)


STEPS = (
    FileStep(
        name="pdf", title="PDF", permission=Can.VIEW_PURCHASE_ORDERS, give=pdf,
        icon="picture_as_pdf",
    ),
    Step(
        name="approve", title="Approve", permission=Can.APPROVE_PURCHASE_ORDERS, run=approve,
        lawful=permits("approve"), is_for=is_decided_by, form=OptionalNoteForm, icon="verified",
        explanation="The order may go on up to what it costs now, charges included.",
    ),
    Step(
        name="reject", title="Reject", permission=Can.APPROVE_PURCHASE_ORDERS, run=reject,
        lawful=permits("reject"), is_for=is_decided_by, form=ReasonForm, icon="thumb_down",
        explanation="The order stays as it is until it is changed, approved or cancelled.",
    ),
    Step(
        name="send", title="Send", permission=Can.MANAGE_PURCHASE_ORDERS, run=send,
        lawful=can_become(Status.SENT), icon="send",
        explanation="What it orders becomes incoming stock; a change is an amendment from then on. "
        "The supplier gets it as PDF by mail.",
    ),
    Step(
        is_aside=True,
        name="send_again", title="Send again", permission=Can.MANAGE_PURCHASE_ORDERS,
        run=send_again, lawful=lambda row: row.may_be_sent_again, icon="forward_to_inbox",
        explanation="The supplier gets the order, as it is now, by mail once more.",
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
        explanation="All that is outstanding; enter less where less arrived. What is rejected does "
        "not enter stock and stays outstanding.",
    ),
    RETURN_STEP,
    Step(
        is_aside=True,
        name="close", title="Close short", permission=Can.MANAGE_PURCHASE_ORDERS, run=close,
        lawful=permits("close"), form=ReasonForm, icon="lock", is_final=True,
        explanation="The rest does not come: it is no longer incoming. This cannot be undone.",
    ),
    Step(
        is_aside=True,
        name="copy", title="Order again", permission=Can.MANAGE_PURCHASE_ORDERS, run=order_again,
        icon="content_copy",
        explanation="A draft of the same goods from the same supplier, at the costs of today.",
    ),
    Step(
        is_aside=True,
        name="cancel", title="Cancel order", permission=Can.MANAGE_PURCHASE_ORDERS, run=cancel,
        lawful=can_become(Status.CANCELLED), icon="block", is_final=True,
        explanation="It is no longer incoming stock. This cannot be undone.",
    ),
)  # fmt: skip
