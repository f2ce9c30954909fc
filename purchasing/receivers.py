"""What purchasing tells the apps below."""

from collections.abc import Iterator, Mapping, Sequence
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
from warehouses.open_tasks import OpenTask, register_open_tasks

register_document(KIND, PurchaseRequest)

DONE = (PurchaseOrder.Status.RECEIVED, PurchaseOrder.Status.CANCELLED)

register_mail(ORDER_SENT)(write_order_mail)
register_mail(ORDER_WAITS)(write_order_waits)
register_mail(ORDER_DECIDED)(write_order_decided)
register_attachments(
    AttachmentKind(
        name="goods_receipt",
        title="goods receipt",
        documents=lambda: GoodsReceipt.objects.all(),
        may_view=Can.VIEW_PURCHASE_ORDERS,
        may_attach=Can.POST_STOCK,
        may_remove=Can.MANAGE_PURCHASE_ORDERS,
        guard=lambda receipt: receipt.order,  # nobody may lock what nobody may change
    )
)
register_attachments(
    AttachmentKind(
        name="purchase_order",
        title="purchase order",
        documents=lambda: PurchaseOrder.objects.all(),
        may_view=Can.VIEW_PURCHASE_ORDERS,
        may_attach=Can.MANAGE_PURCHASE_ORDERS,
        may_remove=Can.MANAGE_PURCHASE_ORDERS,
    )
)

register_attachments(
    AttachmentKind(
        name="supplier_return",
        title="supplier return",
        documents=lambda: SupplierReturn.objects.all(),
        may_view=Can.VIEW_PURCHASE_ORDERS,
        may_attach=Can.POST_STOCK,
        may_remove=Can.MANAGE_PURCHASE_ORDERS,
    )
)


@register_open_tasks
def open_orders_of(person: Any, seen_by: Any) -> Iterator[OpenTask]:
    """Name the purchase orders that somebody wrote and of which something is still to come."""
    orders = PurchaseOrder.objects.visible_to(seen_by).filter(created_by=person)
    for order in orders.exclude(status__in=DONE).select_related("warehouse").order_by("pk"):
        title = f"{order.get_status_display()} purchase order {order.order_number}"
        yield OpenTask("purchase_order", order.order_number, title, order.warehouse.code)


@register_measure
def measured_by_deliveries(
    supplier_ids: Sequence[int], start: datetime | None, end: datetime | None
) -> Mapping[int, PerformanceFigures]:
    """Measure suppliers by their orders of a period, or of the year up to now."""
    if start is None:
        return figures_now(supplier_ids)
    return figures_between(supplier_ids, start, end or timezone.now())


@register_open_tasks
def open_requests_of(person: Any, seen_by: Any) -> Iterator[OpenTask]:
    """Name the purchase requests of somebody that nobody has decided yet."""
    requests = PurchaseRequest.objects.visible_to(seen_by).pending().filter(requested_by=person)
    for request in requests.select_related("warehouse").order_by("pk"):
        title = f"Purchase request {request.code} waits for a decision"
        yield OpenTask("purchase_request", request.code, title, request.warehouse.code)
