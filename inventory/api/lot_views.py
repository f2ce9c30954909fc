"""Lots over HTTP."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.filters import ReferenceFilter
from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from inventory.api.lot_serializers import (
    LotAnswer,
    LotChangeInput,
    LotQuarantineSerializer,
    LotSerializer,
    QuarantineInput,
)
from inventory.lot_queries import LOT_STATUSES, visible_lots
from inventory.models import Lot, LotBalance, Product, ProductVariation
from inventory.services.lots import correct_expiry, set_quarantine
from warehouses.models import Warehouse
from warehouses.queries import member_warehouse


class HeldInFilter(ReferenceFilter):
    """Lots of which a warehouse has, or had, something: as far as the caller may know."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        own = LotBalance.objects.visible_to(self.parent.request.user)
        return qs.filter(pk__in=super().filter(own, value).values("lot"))


class LotFilterSet(filters.FilterSet):
    expires_before = filters.DateFilter(field_name="expiration_date", lookup_expr="lt")
    product_id = ReferenceFilter(
        field_name="variation__product", queryset=lambda: Product.objects.all()
    )
    sku = ReferenceFilter(field_name="variation", queryset=lambda: ProductVariation.objects.all())
    warehouse = HeldInFilter(
        field_name="stock__warehouse", queryset=lambda: Warehouse.objects.all()
    )
    lot_number = filters.CharFilter(lookup_expr="iexact")
    status = filters.ChoiceFilter(choices=[(status, status) for status in LOT_STATUSES])

    class Meta:
        model = Lot
        fields: list[str] = []


class LotViewSet(ListRetrieveViewSet):
    """Lots: what expires when, what is set aside, and how much of it is where."""

    queryset = Lot.objects.all()
    serializer_class = LotSerializer
    filterset_class = LotFilterSet
    search_fields = ["lot_number", "variation__sku_code", "variation__product__name"]
    ordering_fields = ["id", "expiration_date", "lot_number", "created_at"]
    resource_name = "lots"
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "update": Can.MANAGE_CATALOGUE,
        "partial_update": Can.MANAGE_CATALOGUE,
        "quarantine": Can.POST_STOCK,
        "release": Can.POST_STOCK,
    }

    def get_queryset(self) -> Any:
        return visible_lots(self.request.user)

    @extend_schema(request=LotChangeInput, responses=LotAnswer)
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Correct the day on which a lot expires; movements keep the date they were posted with."""
        body = self.validated(LotChangeInput)
        lot = correct_expiry(lot=self.get_object(), acting_user=request.user, **body)
        return self.answer(lot, "Lot updated successfully", updated_fields=["expiration_date"])

    @extend_schema(request=LotChangeInput, responses=LotAnswer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Correct the day on which a lot expires, as PUT does."""
        return self.update(request, *args, **kwargs)

    @extend_schema(request=QuarantineInput, responses=LotAnswer)
    @action(detail=True, methods=["post"])
    def quarantine(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Set a lot aside: it is not available, and what orders had reserved of it is released."""
        return self.set_aside(request, "Lot quarantined", quarantined=True)

    @extend_schema(request=QuarantineInput, responses=LotAnswer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a lot that was set aside available again."""
        return self.set_aside(request, "Lot released", quarantined=False)

    def set_aside(self, request: Request, message: str, *, quarantined: bool) -> Response:
        body = self.validated(QuarantineInput)
        lot = self.get_object()
        rows = set_quarantine(
            lot=lot,
            warehouses=self.warehouses_of(lot, body.get("warehouse")),
            quarantined=quarantined,
            reason=body["reason"],
            acting_user=request.user,
        )
        return self.answer(lot, message, quarantines=LotQuarantineSerializer(rows, many=True).data)

    def warehouses_of(self, lot: Lot, reference: Any) -> list[Warehouse]:
        """Return the named warehouse, or all of the caller's that have, or had, the lot."""
        if reference:
            return [member_warehouse(reference, self.request.user)]
        own = LotBalance.objects.visible_to(self.request.user).filter(lot=lot)
        return list(Warehouse.objects.filter(stocks__lots__in=own).order_by("pk"))

    def validated(self, serializer_class: Any) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)
