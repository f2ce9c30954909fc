"""The recall of a lot over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.exports import CsvRenderer, ExportRenderer, XlsxRenderer, columns_of
from common.api.fields import QuantityField
from common.api.viewsets import ApiViewSet
from common.permissions import Can
from inventory.api.lot_serializers import (
    LotExpiryChangeSerializer,
    LotQuarantineSerializer,
    LotSerializer,
)
from inventory.lot_queries import visible_lots
from inventory.models import Lot
from operations.lot_recall import recall


class LotMovementsSerializer(serializers.Serializer[Any]):
    """What one document did with the lot in one warehouse."""

    movement_type = serializers.CharField()
    reason_code = serializers.CharField()
    reference_type = serializers.CharField()
    reference_id = serializers.CharField(source="reference_code")
    warehouse = serializers.CharField()
    quantity = QuantityField()
    movements = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class LotReceiptSerializer(LotMovementsSerializer):
    supplier_id = serializers.CharField(default="")
    supplier_name = serializers.CharField(default="")


class LotSaleSerializer(serializers.Serializer[Any]):
    """Who got how much of the lot with which order."""

    order_number = serializers.CharField()
    customer_id = serializers.CharField()
    customer_email = serializers.CharField()
    warehouse = serializers.CharField()
    quantity_sold = QuantityField()
    quantity_returned = QuantityField()
    quantity_with_customer = QuantityField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class RecallAnswer(serializers.Serializer[Any]):
    """Where a lot came from and where it went, in the caller's warehouses."""

    lot = LotSerializer()
    received_from = LotReceiptSerializer(many=True)
    sold_to = LotSaleSerializer(many=True)
    other_movements = LotMovementsSerializer(many=True)
    quarantines = LotQuarantineSerializer(many=True)
    expiry_changes = LotExpiryChangeSerializer(many=True)


class LotRecallViewSet(ApiViewSet):
    """The trace of one lot."""

    queryset = Lot.objects.all()
    serializer_class = RecallAnswer
    permissions = {"retrieve": Can.VIEW_SALES_ORDERS}

    def get_queryset(self) -> Any:
        return visible_lots(self.request.user)

    def get_renderers(self) -> list[Any]:
        return [*super().get_renderers(), CsvRenderer(), XlsxRenderer()]

    @extend_schema(tags=["lots"], responses=RecallAnswer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Tell where a lot came from, which orders and customers got it, and what is left.

        As CSV or XLSX it is the list of the customers to write to.
        """
        lot = self.get_object()
        trace = recall(lot, request.user)
        renderer = request.accepted_renderer
        if isinstance(renderer, ExportRenderer):
            rows = LotSaleSerializer(trace["sold_to"], many=True).data
            columns = columns_of(LotSaleSerializer())
            return renderer.answer(f"recall-{lot.code}", columns, (part for part in [rows]))
        return Response(RecallAnswer({"lot": lot, **trace}).data)
