"""Purchase orders over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import checked_body
from common.api.callers import require_caller
from common.api.viewsets import ListRetrieveViewSet, field_paths
from common.compiled_queries import CompiledRow
from common.exceptions import InvalidInput
from common.permissions import Can
from common.row_versions import RowVersion
from purchasing.api.approval_views import ApprovalMixin
from purchasing.api.document_views import OrderDocumentsMixin
from purchasing.api.draft_views import DraftsMixin
from purchasing.api.filters import PurchaseOrderFilterSet
from purchasing.api.lines import (
    charge_lines,
    describes_lines,
    order_lines,
    receipt_lines,
    received_in_all,
    refuse_received,
)
from purchasing.api.order_json import order_as_json
from purchasing.api.order_rows import with_items
from purchasing.api.receipt_serializers import ReceiveInput
from purchasing.api.serializers import (
    ChangedOrderSerializer,
    ClosingInput,
    PurchaseOrderInput,
    PurchaseOrderRowSerializer,
    PurchaseOrderSerializer,
    ReceivedOrderSerializer,
    UpdatedOrderSerializer,
)
from purchasing.models import PurchaseOrder
from purchasing.services.closing import close_purchase_order
from purchasing.services.orders import create_purchase_order
from purchasing.services.receipts import Delivery, receive_purchase_order
from purchasing.services.transitions import (
    cancel_purchase_order,
    confirm_purchase_order,
    ship_purchase_order,
)
from purchasing.services.updates import OrderUpdate, update_purchase_order
from warehouses.queries import member_warehouse

ONE_ORDER = CompiledRow(
    lambda user: PurchaseOrder.objects.visible_to(user).annotate(row_version=RowVersion())
)
PEOPLE = ("created_by", "approved_by", "received_by")
NOT_DETAILS = {
    *PEOPLE,
    "items",
    "charges",
    "status",
    "reason",
    "actual_delivery_date",
    "order_number",
}


class PurchaseOrderViewSet(ApprovalMixin, DraftsMixin, OrderDocumentsMixin, ListRetrieveViewSet):
    """Orders to suppliers: made as drafts, sent, confirmed, shipped, received in parts."""

    queryset = PurchaseOrder.objects.order_by("-order_date", "-pk")
    serializer_class = PurchaseOrderSerializer
    filterset_class = PurchaseOrderFilterSet
    search_fields = ["order_number", "supplier__code", "supplier__company_name"]
    ordering_fields = [
        "id", "order_number", "order_date", "expected_delivery_date", "total_amount", "status",
        "created_at",
    ]  # fmt: skip
    keyset_fields = ["id", "order_date", "expected_delivery_date", "created_at"]
    resource_name = "purchase_orders"
    permissions = {
        "list": Can.VIEW_PURCHASE_ORDERS,
        "retrieve": Can.VIEW_PURCHASE_ORDERS,
        "pdf": Can.VIEW_PURCHASE_ORDERS,
        "create": Can.MANAGE_PURCHASE_ORDERS,
        # Who may post stock may receive; any other change asks for more, in the service.
        "update": Can.POST_STOCK,
        "partial_update": Can.POST_STOCK,
        "receive": Can.POST_STOCK,
        "send": Can.MANAGE_PURCHASE_ORDERS,
        "confirm": Can.MANAGE_PURCHASE_ORDERS,
        "ship": Can.MANAGE_PURCHASE_ORDERS,
        "cancel": Can.MANAGE_PURCHASE_ORDERS,
        "close": Can.MANAGE_PURCHASE_ORDERS,
        "copy": Can.MANAGE_PURCHASE_ORDERS,
        "from_shortage": Can.MANAGE_PURCHASE_ORDERS,
        "from_reorder_list": Can.MANAGE_PURCHASE_ORDERS,
        "approve": Can.APPROVE_PURCHASE_ORDERS,
        "reject": Can.APPROVE_PURCHASE_ORDERS,
    }

    def get_serializer_class(self) -> Any:
        return PurchaseOrderRowSerializer if self.action == "list" else self.serializer_class

    def get_queryset(self) -> Any:
        orders = super().get_queryset()
        return with_items(orders) if self.action == "list" else orders

    def compiled_row(self) -> CompiledRow:
        return ONE_ORDER

    def representation(self, row: Any) -> dict[str, Any]:
        return self.shown(row)

    def shown(self, row: Any) -> dict[str, Any]:
        return order_as_json(row.pk)

    @extend_schema(request=PurchaseOrderInput, responses={201: ChangedOrderSerializer})
    def create(self, request: Request) -> Response:
        """Make an order: a draft unless `status` says sent or received."""
        body = validated(PurchaseOrderInput(data=request.data, context={"request": request}))
        require_caller(request, body, *PEOPLE)
        entries = body.pop("items")
        refuse_received(entries)
        body["warehouse"] = member_warehouse(body.get("warehouse"), request.user)
        body.pop("reason", None)
        body["charges"] = charge_lines(body.get("charges", ()))
        body["delivered_at"] = body.pop("actual_delivery_date", None)
        order = create_purchase_order(
            **{name: body[name] for name in body.keys() - set(PEOPLE)},
            lines=order_lines(entries),
            acting_user=request.user,
        )
        return self.answer(order, "Purchase order created successfully", 201)

    @extend_schema(request=PurchaseOrderInput(partial=True), responses=UpdatedOrderSerializer)
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what the body names: details, lines, status, quantities received.

        A change of an order that is no draft any more is kept as an amendment.
        """
        order = self.get_object()
        serializer = PurchaseOrderInput(
            data=request.data, context={"request": request}, partial=True
        )
        update = as_update(order, validated(serializer), request)
        order = update_purchase_order(order=order, update=update, acting_user=request.user)
        return self.answer(
            order,
            "Purchase order updated successfully",
            updated_fields=field_paths(serializer.initial_data, serializer),
        )

    @extend_schema(request=PurchaseOrderInput(partial=True), responses=UpdatedOrderSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what the body names; PUT and PATCH are the same."""
        return self.update(request, *args, **kwargs)

    @extend_schema(request=ReceiveInput, responses=ReceivedOrderSerializer)
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """Receive a delivery: the items it names, or all that is outstanding."""
        order = self.get_object()
        body = checked_body(ReceiveInput, request)
        entries = body.pop("items", None)
        receipt = receive_purchase_order(
            order=order,
            lines=None if entries is None else receipt_lines(entries, items_of(order)),
            delivery=Delivery(**body),
            acting_user=request.user,
        )
        return self.answer(order, "Goods received successfully", receipt=receipt.code)

    @extend_schema(request=None, responses=ChangedOrderSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Note that the supplier confirmed."""
        order = confirm_purchase_order(order=self.get_object(), acting_user=request.user)
        return self.answer(order, "Purchase order confirmed successfully")

    @extend_schema(request=None, responses=ChangedOrderSerializer)
    @action(detail=True, methods=["post"])
    def ship(self, request: Request, pk: str) -> Response:
        """Note that the goods are on their way."""
        order = ship_purchase_order(order=self.get_object(), acting_user=request.user)
        return self.answer(order, "Purchase order shipped successfully")

    @extend_schema(request=None, responses=ChangedOrderSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel an order of which nothing was accepted."""
        order = cancel_purchase_order(order=self.get_object(), acting_user=request.user)
        return self.answer(order, "Purchase order cancelled successfully")

    @extend_schema(request=ClosingInput, responses=ChangedOrderSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """End a partly received order of which the rest does not come, with the reason."""
        reason = validated(ClosingInput(data=request.data))["reason"]
        order = close_purchase_order(
            order=self.get_object(), reason=reason, acting_user=request.user
        )
        return self.answer(order, "Purchase order closed")


def validated(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def items_of(order: PurchaseOrder) -> list[Any]:
    return list(order.items.select_related("variation__product"))


def as_update(order: PurchaseOrder, body: dict[str, Any], request: Request) -> OrderUpdate:
    """Return what a body wants an order to be."""
    require_caller(request, unlike_stored(order, body), *PEOPLE)
    if body.get("order_number", order.order_number) != order.order_number:
        text = "Cannot be changed. Leave it out."
        raise InvalidInput(f"order_number: {text}", {"order_number": [text]})
    details = {name: body[name] for name in body.keys() - NOT_DETAILS}
    if "warehouse" in details:
        details["warehouse"] = member_warehouse(details["warehouse"], request.user)
    if "shipping_address" in details:
        details["shipping_address"] = {**order.shipping_address, **details["shipping_address"]}
    entries = body.get("items", [])
    items = items_of(order) if entries else []
    return OrderUpdate(
        details=details,
        lines=order_lines(entries, items) if describes_lines(entries) else None,
        charges=charge_lines(body["charges"]) if "charges" in body else None,
        reason=body.get("reason", ""),
        status=body.get("status"),
        received=received_in_all(entries, items),
        delivered_at=body.get("actual_delivery_date"),
    )


def unlike_stored(order: PurchaseOrder, body: dict[str, Any]) -> dict[str, Any]:
    """Return the people that a body names otherwise than the order does."""
    stored = {name: getattr(getattr(order, name), "code", None) for name in PEOPLE}
    return {name: body[name] for name in PEOPLE if body.get(name) not in (None, stored[name])}
