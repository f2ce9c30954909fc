"""Goods that went back to suppliers, over HTTP."""

from collections.abc import Sequence
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.documents import FileAnswersMixin, PdfRenderer, file_answer, pdf_answer
from common.api.fields import ChoiceSynonymField, MoneyField, QuantityField, ReferenceField
from common.api.filters import FromDay, ReferenceFilter, ToDay
from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from inventory.api.document_lines import (
    OPTIONAL,
    Entry,
    Errors,
    ExistingLineInput,
    NamedLines,
    only,
    refuse,
)
from inventory.api.stock_serializers import user_code
from purchasing.api.fields import ABOVE_NOTHING, MOST_LINES, WORDS
from purchasing.models import PurchaseOrder, SupplierReturn, SupplierReturnItem
from purchasing.services.returns import ReturnLine, return_to_supplier
from suppliers.models import Supplier
from warehouses.models import Warehouse


class SupplierReturnItemSerializer(serializers.ModelSerializer[SupplierReturnItem]):
    line = serializers.IntegerField(source="item.position")
    product_id = serializers.CharField(source="item.variation.product.code")
    product_name = serializers.CharField(source="item.variation.product.name")
    sku = serializers.CharField(source="item.variation.sku_code")

    class Meta:
        model = SupplierReturnItem
        fields = [
            "item", "line", "product_id", "product_name", "sku", "quantity", "reason",
            "lot_number", "unit_cost", "credit_amount",
        ]  # fmt: skip


class SupplierReturnSerializer(serializers.ModelSerializer[SupplierReturn]):
    order_number = serializers.CharField(source="order.order_number")
    supplier_id = serializers.CharField(source="order.supplier.code")
    supplier_name = serializers.CharField(source="order.supplier.company_name")
    warehouse = serializers.CharField(source="order.warehouse.code")
    currency = serializers.CharField(source="order.currency")
    created_by = serializers.SerializerMethodField()
    items = SupplierReturnItemSerializer(many=True)

    class Meta:
        model = SupplierReturn
        fields = [
            "id", "return_number", "order_number", "supplier_id", "supplier_name", "warehouse",
            "occurred_at", "credit_amount", "currency", "notes", "created_by", "created_at",
            "items",
        ]  # fmt: skip

    def get_created_by(self, returned: SupplierReturn) -> str | None:
        return user_code(returned.created_by_id)


class SupplierReturnAnswer(SupplierReturnSerializer):
    message = serializers.CharField()

    class Meta(SupplierReturnSerializer.Meta):
        fields = ["message", *SupplierReturnSerializer.Meta.fields]


class SupplierReturnLineInput(ExistingLineInput):
    """What goes back of a line; the credit is what it cost unless told."""

    renamed = {"item": "id", "sku_code": "sku", "quantity_returned": "quantity"}

    quantity = QuantityField(**ABOVE_NOTHING)
    reason = ChoiceSynonymField(SupplierReturnItem.Reason.choices)
    lot_number = serializers.CharField(max_length=50, **WORDS)
    credit_amount = MoneyField(min_value=0, **OPTIONAL)


class SupplierReturnInput(serializers.Serializer[Any]):
    """Goods of one order that go back."""

    order_number = ReferenceField(queryset=lambda: PurchaseOrder.objects.all())
    items = serializers.ListField(
        child=SupplierReturnLineInput(), allow_empty=False, max_length=MOST_LINES
    )
    occurred_at = serializers.DateTimeField(**OPTIONAL)
    notes = serializers.CharField(max_length=1000, **WORDS)


class SupplierReturnFilterSet(filters.FilterSet):
    order = ReferenceFilter(field_name="order", queryset=lambda: PurchaseOrder.objects.all())
    supplier_id = ReferenceFilter(
        field_name="order__supplier", queryset=lambda: Supplier.objects.all()
    )
    warehouse = ReferenceFilter(
        field_name="order__warehouse", queryset=lambda: Warehouse.objects.all()
    )
    start_date = FromDay(field_name="occurred_at", help_text="Went back on or after it.")
    end_date = ToDay(field_name="occurred_at", help_text="Went back on or before it.")

    class Meta:
        model = SupplierReturn
        fields: list[str] = []


class SupplierReturnViewSet(FileAnswersMixin, ListRetrieveViewSet):
    """Goods that went back to suppliers, and what is credited for them."""

    queryset = SupplierReturn.objects.select_related(
        "order__warehouse", "order__supplier"
    ).prefetch_related("items__item__variation__product")
    serializer_class = SupplierReturnSerializer
    filterset_class = SupplierReturnFilterSet
    search_fields = ["return_number", "order__order_number", "notes"]
    ordering_fields = ["id", "occurred_at", "credit_amount"]
    keyset_fields = ["id", "occurred_at"]
    resource_name = "supplier_returns"
    permissions = {
        "list": Can.VIEW_PURCHASE_ORDERS,
        "retrieve": Can.VIEW_PURCHASE_ORDERS,
        "pdf": Can.VIEW_PURCHASE_ORDERS,
        "create": Can.POST_STOCK,
    }
    file_renderers = {"pdf": [PdfRenderer]}

    @extend_schema(responses=file_answer(PdfRenderer))
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get the paper that goes with the goods, and asks for the credit."""
        from purchasing.documents.return_pdf import (  # noqa: PLC0415 - loads the layout engine
            supplier_return_pdf,
        )

        returned = self.get_object()
        return pdf_answer(supplier_return_pdf(returned.pk), returned.return_number)

    @extend_schema(request=SupplierReturnInput, responses={201: SupplierReturnAnswer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send goods of an order back to its supplier."""
        serializer = SupplierReturnInput(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        body = serializer.validated_data
        order = body["order_number"]
        returned = return_to_supplier(
            order=order,
            lines=return_lines(body["items"], order),
            occurred_at=body.get("occurred_at"),
            notes=body.get("notes") or "",
            acting_user=request.user,
        )
        return self.answer(returned, "Return recorded successfully", 201)


def return_lines(entries: Sequence[Entry], order: PurchaseOrder) -> list[ReturnLine]:
    """Return the lines that entries mean; raises InvalidInput naming every bad one."""
    items = NamedLines(order.items.select_related("variation__product"))
    errors: Errors = {}
    lines = []
    for index, entry in enumerate(entries):
        item = only(items, entry, index, errors)
        if item is not None:
            lines.append(
                ReturnLine(
                    item_id=item.pk,
                    quantity=entry["quantity"],
                    reason=entry["reason"],
                    lot_number=entry.get("lot_number", ""),
                    credit_amount=entry.get("credit_amount"),
                )
            )
    refuse(errors)
    return lines
