"""The reorder list over HTTP: as JSON, CSV, XLSX or PDF."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.documents import FileAnswersMixin, PdfRenderer, pdf_answer
from common.api.exports import CsvRenderer, ExportRenderer, XlsxRenderer, columns_of
from common.api.fields import CostField, MoneyField, QuantityField, ReferenceInput
from common.api.viewsets import ApiViewSet
from common.permissions import Can
from inventory.api.document_lines import OPTIONAL
from inventory.api.symbols import StrictParameters
from purchasing.models import PurchaseOrder
from purchasing.reorder_list import LOW, SHORT, ReorderRow, reorder_rows
from purchasing.replenishment import REASONS
from warehouses.queries import member_warehouse

SOURCES = {"stock": LOW, "customers": SHORT}


class ReorderParameters(StrictParameters):
    """The query of the list; what it does not know is refused by name."""

    warehouse = ReferenceInput(**OPTIONAL)
    needed_by = serializers.ChoiceField(
        [*SOURCES],
        default="stock",
        help_text="stock: at or below the reorder point; customers: they wait for it.",
    )


class ReorderRowSerializer(serializers.Serializer[ReorderRow]):
    """A line of the list; `reason` says why something is in no order."""

    supplier_id = serializers.CharField(source="supplier.code", default=None, allow_null=True)
    supplier_name = serializers.CharField(
        source="supplier.company_name", default=None, allow_null=True
    )
    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")
    unit = serializers.CharField(source="variation.stock_unit")
    bin_location = serializers.CharField()
    available = QuantityField()
    incoming = QuantityField()
    reorder_point = QuantityField(allow_null=True)
    demand_30_days = QuantityField(source="line.recent_demand", default=None, allow_null=True)
    quantity_needed = QuantityField(source="needed")
    quantity_to_order = QuantityField(source="line.quantity", default=None, allow_null=True)
    unit_cost = CostField(source="line.unit_cost", default=None, allow_null=True)
    total = MoneyField(allow_null=True)
    currency = serializers.CharField(source="supplier.currency", default=None, allow_null=True)
    reason = serializers.ChoiceField(choices=REASONS, allow_blank=True)


@extend_schema_serializer(many=False)
class ReorderListAnswer(serializers.Serializer[Any]):
    """What is to be ordered for a warehouse."""

    warehouse = serializers.CharField()
    needed_by = serializers.ChoiceField([*SOURCES])
    reorder_list = ReorderRowSerializer(many=True)


@extend_schema(tags=["reorder list"])
class ReorderListViewSet(FileAnswersMixin, ApiViewSet):
    """What is to be ordered for a warehouse, as drafts would be made of it."""

    queryset = PurchaseOrder.objects.all()
    serializer_class = ReorderRowSerializer
    resource_name = "reorder_list"
    pagination_class = None
    permissions = {"list": Can.MANAGE_PURCHASE_ORDERS}

    def get_renderers(self) -> list[Any]:
        return [*super().get_renderers(), CsvRenderer(), XlsxRenderer(), PdfRenderer()]

    @extend_schema(parameters=[ReorderParameters], responses=ReorderListAnswer)
    def list(self, request: Request) -> Any:
        """What is to be ordered of whom, and what cannot be; `?format=csv`, `xlsx` or `pdf` too."""
        asked = ReorderParameters(data=request.query_params)
        asked.is_valid(raise_exception=True)
        user: Any = request.user
        needed_by = asked.validated_data["needed_by"]
        source = SOURCES[needed_by]
        if source == SHORT and not user.can(Can.VIEW_SALES_ORDERS):
            self.permission_denied(request)
        warehouse = member_warehouse(asked.validated_data.get("warehouse"), user)
        rows = reorder_rows(warehouse, source)
        name, renderer = f"reorder-list-{warehouse.code}", request.accepted_renderer
        if isinstance(renderer, PdfRenderer):
            from purchasing.documents.reorder_list_pdf import (  # noqa: PLC0415 - loads the layout engine
                reorder_list_pdf,
            )

            return pdf_answer(reorder_list_pdf(warehouse, source, rows), name)
        told = self.get_serializer(rows, many=True).data
        if isinstance(renderer, ExportRenderer):
            chunks = (part for part in [told])
            return renderer.answer(name, columns_of(ReorderRowSerializer()), chunks)
        return Response({"warehouse": warehouse.code, "needed_by": needed_by, "reorder_list": told})
