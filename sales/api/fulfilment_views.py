"""What left for customers, over HTTP."""

from typing import Any

from django.db.models import F, OuterRef

from common.api.copied_csv import NumberCell
from common.api.database_json import JSON, JsonLines, JsonRow
from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from sales.api.filters import FulfilmentFilterSet
from sales.api.serializers import FulfilmentRowSerializer
from sales.models import Fulfilment, FulfilmentItem

# As FulfilmentItemSerializer describes it.
LINE = {
    "line": F("order_item__position"),
    "product_id": F("order_item__variation__product__code"),
    "product_name": F("order_item__variation__product__name"),
    "sku": F("order_item__variation__sku_code"),
    "quantity": NumberCell("quantity"),
    "unit_cost": NumberCell("unit_cost"),
    "warehouse": F("warehouse__code"),
}


class FulfilmentViewSet(ListRetrieveViewSet):
    """What left for orders of the caller's warehouses, and out of these for orders of others."""

    queryset = Fulfilment.objects.select_related("order__warehouse").order_by("-pk")
    serializer_class = FulfilmentRowSerializer
    filterset_class = FulfilmentFilterSet
    search_fields = ["order__order_number"]
    ordering_fields = ["id", "occurred_at"]
    resource_name = "fulfilments"
    permissions = {"list": Can.VIEW_SALES_ORDERS, "retrieve": Can.VIEW_SALES_ORDERS}

    def get_queryset(self) -> Any:
        lines = FulfilmentItem.objects.visible_to(self.request.user).filter(
            fulfilment=OuterRef("pk")
        )
        written = lines.order_by("pk").values(**{JSON: JsonRow(LINE)})
        return super().get_queryset().annotate(items_json=JsonLines(written))
