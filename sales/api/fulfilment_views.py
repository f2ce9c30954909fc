"""What left for customers, over HTTP."""

from typing import Any

from django.db.models import Prefetch

from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from sales.api.filters import FulfilmentFilterSet
from sales.api.serializers import FulfilmentRowSerializer
from sales.models import Fulfilment, FulfilmentItem


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
        lines = FulfilmentItem.objects.visible_to(self.request.user).select_related(
            "order_item__variation__product", "warehouse"
        )
        return super().get_queryset().prefetch_related(Prefetch("items", lines))
