"""What purchasing tells the apps below."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from common.permissions import Can
from inventory.attachments import AttachmentKind, register_attachments
from inventory.services.tell import register_document
from notifications.registry import register_mail
from purchasing.documents.approval_mail import write_order_decided, write_order_waits
from purchasing.documents.order_mail import write_order_mail
from purchasing.measuring import figures_between, figures_now
from purchasing.models import GoodsReceipt, PurchaseOrder, PurchaseRequest, SupplierReturn
from purchasing.services.requests import KIND
from purchasing.services.tell import ORDER_DECIDED, ORDER_SENT, ORDER_WAITS
from suppliers.queries import PerformanceFigures, register_measure
from warehouses.open_tasks import register_open_tasks

register_document(KIND, PurchaseRequest)

register_mail(ORDER_SENT)(write_order_mail)
register_mail(ORDER_WAITS)(write_order_waits)
register_mail(ORDER_DECIDED)(write_order_decided)


def let_attach(model: Any, may_attach: Can, **rest: Any) -> None:
    """Let files be attached to the documents of a model."""
    title = str(model._meta.verbose_name)
    register_attachments(
        AttachmentKind(
            name=title.replace(" ", "_"),
            title=title,
            documents=lambda: model.objects.all(),
            may_view=Can.VIEW_PURCHASE_ORDERS,
            may_attach=may_attach,
            may_remove=Can.MANAGE_PURCHASE_ORDERS,
            **rest,
        )
    )


let_attach(PurchaseOrder, Can.MANAGE_PURCHASE_ORDERS)
let_attach(SupplierReturn, Can.POST_STOCK)
# Nobody may lock what nobody may change: the order's lock stands for that of its receipts.
let_attach(GoodsReceipt, Can.POST_STOCK, guard=lambda receipt: receipt.order)


@register_open_tasks(
    "purchase_order",
    begun_by="created_by",
    title=lambda order: f"{order.get_status_display()} purchase order {order}",
)
def open_orders(seen_by: Any) -> Any:
    """Return the purchase orders of which something is still to come."""
    return PurchaseOrder.objects.visible_to(seen_by).exclude(status__in=PurchaseOrder.FINAL)


@register_measure
def measured_by_deliveries(
    supplier_ids: Sequence[int], start: datetime | None, end: datetime | None
) -> Mapping[int, PerformanceFigures]:
    """Measure suppliers by their orders of a period, or of the year up to now."""
    if start is None:
        return figures_now(supplier_ids)
    return figures_between(supplier_ids, start, end or timezone.now())


@register_open_tasks(
    "purchase_request",
    begun_by="requested_by",
    title=lambda request: f"Purchase request {request} waits for a decision",
)
def open_requests(seen_by: Any) -> Any:
    """Return the purchase requests that nobody has decided yet."""
    return PurchaseRequest.objects.visible_to(seen_by).pending()
