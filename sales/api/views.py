"""Orders over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import checked_body
from common.api.viewsets import ListRetrieveViewSet, field_paths
from common.compiled_queries import CompiledRow
from common.permissions import Can
from common.row_versions import RowVersion
from sales.api.bodies import NewOrderInput, OrderChangeInput
from sales.api.document_views import OrderDocuments
from sales.api.filters import SalesOrderFilterSet
from sales.api.order_actions import OrderActions
from sales.api.order_json import order_as_json
from sales.api.serializers import (
    SalesOrderAnswer,
    SalesOrderRowSerializer,
    SalesOrderSerializer,
)
from sales.models import SalesOrder
from sales.services.order_lines import sellable_lines
from sales.services.orders import change_sales_order, create_sales_order
from warehouses.queries import member_warehouse

ONE_ORDER = CompiledRow(
    lambda user: (
        SalesOrder.objects.visible_to(user)
        .annotate(row_version=RowVersion())
        .select_related("warehouse")
    )
)


class SalesOrderViewSet(OrderActions, OrderDocuments, ListRetrieveViewSet):
    """Sales orders: taken, changed, delivered, cancelled."""

    queryset = SalesOrder.objects.all()
    serializer_class = SalesOrderSerializer
    filterset_class = SalesOrderFilterSet
    search_fields = ["order_number", "customer_email", "customer_id"]
    ordering_fields = ["id", "order_number", "order_date", "priority", "status", "total_amount"]
    keyset_fields = ["id", "order_date"]
    resource_name = "sales_orders"
    permissions = {
        "list": Can.VIEW_SALES_ORDERS,
        "retrieve": Can.VIEW_SALES_ORDERS,
        "create": Can.MANAGE_SALES_ORDERS,
        # What the body asks for decides further: see require_rights.
        "update": Can.VIEW_SALES_ORDERS,
        "partial_update": Can.VIEW_SALES_ORDERS,
        **OrderActions.permissions,
        **OrderDocuments.permissions,
    }

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        if self.action == "list":
            return queryset.with_item_count()
        return queryset.select_related("warehouse")

    def compiled_row(self) -> CompiledRow:
        return ONE_ORDER

    def get_serializer_class(self) -> Any:
        return SalesOrderRowSerializer if self.action == "list" else SalesOrderSerializer

    def representation(self, row: Any) -> dict[str, Any]:
        return self.shown(row)

    def shown(self, row: Any) -> dict[str, Any]:
        return order_as_json(row.pk)

    @extend_schema(request=NewOrderInput, responses={201: SalesOrderAnswer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take an order; what is available is reserved, the rest back-ordered."""
        body = checked_body(NewOrderInput, request)
        body.pop("status", None)
        warehouse = member_warehouse(body.pop("warehouse", None), request.user)
        lines, body["currency"] = sellable_lines(
            body.pop("items"), currency=body.get("currency"), ordered_at=body.get("order_date")
        )
        order = create_sales_order(
            order=SalesOrder(warehouse=warehouse, **body), lines=lines, acting_user=request.user
        )
        return self.answer(order, "Sales order created successfully", status.HTTP_201_CREATED)

    @extend_schema(request=OrderChangeInput, responses=SalesOrderAnswer)
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change an order; a status acts: `fulfilled` delivers, `cancelled` cancels."""
        order = self.get_object()
        serializer = OrderChangeInput(order, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        body = dict(serializer.validated_data)
        self.require_rights(body)
        target, items = body.pop("status", None), body.pop("items", None)
        lines = None
        if items is not None:
            lines, _ = sellable_lines(
                items,
                currency=body.get("currency", order.currency),
                ordered_at=body.get("order_date", order.order_date),
            )
        order = change_sales_order(
            order=order,
            changes=body,
            lines=lines,
            status=target,
            acting_user=request.user,
        )
        return self.answer(
            order,
            "Sales order updated successfully",
            updated_fields=field_paths(request.data, serializer),
        )

    @extend_schema(request=OrderChangeInput, responses=SalesOrderAnswer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.update(request, *args, **kwargs)

    def require_rights(self, body: dict[str, Any]) -> None:
        """Delivering takes the right to post stock, everything else that to manage orders."""
        delivers = body.get("status") == SalesOrder.Status.FULFILLED
        required = [Can.POST_STOCK] if delivers else []
        if not delivers or len(body) > 1:
            required.append(Can.MANAGE_SALES_ORDERS)
        user: Any = self.request.user
        if not all(user.can(permission) for permission in required):
            self.permission_denied(self.request)
