"""The stock card of a balance over HTTP: in pages, as CSV or XLSX, or as PDF."""

from decimal import Decimal
from typing import Any

from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.documents import FileAnswersMixin, PdfRenderer, pdf_answer
from common.api.fields import MoneyField, QuantityField
from common.api.filters import FromDay, StrictFilterBackend, StrictOrderingFilter, ToDay
from common.api.viewsets import ListViewSet
from common.permissions import Can
from inventory.api.stock_serializers import user_code
from inventory.models import Stock, StockMovement
from inventory.stock_card import Level, StockCard, stock_card


class StockCardFilterSet(filters.FilterSet):
    start_date = FromDay(field_name="occurred_at", help_text="Without it from the first one on.")
    end_date = ToDay(field_name="occurred_at", help_text="Without it up to now.")

    class Meta:
        model = StockMovement
        fields: list[str] = []


class StockCardRowSerializer(serializers.ModelSerializer[StockMovement]):
    """A movement, and what was left after it and all that occurred before."""

    movement_id = serializers.CharField(source="code")
    timestamp = serializers.DateTimeField(source="occurred_at")
    reference_id = serializers.CharField(source="reference_code")
    quantity_in = serializers.SerializerMethodField()
    quantity_out = serializers.SerializerMethodField()
    balance = QuantityField()
    balance_value = MoneyField()
    processed_by = serializers.SerializerMethodField()

    class Meta:
        model = StockMovement
        fields = [
            "movement_id", "timestamp", "recorded_at", "movement_type", "reason_code",
            "reference_type", "reference_id", "lot_number", "quantity_in", "quantity_out",
            "balance", "unit_cost", "total_value", "balance_value", "processed_by", "notes",
        ]  # fmt: skip

    def get_quantity_in(self, row: StockMovement) -> Decimal | None:
        return row.quantity if row.quantity > 0 else None

    def get_quantity_out(self, row: StockMovement) -> Decimal | None:
        return -row.quantity if row.quantity < 0 else None

    def get_processed_by(self, row: StockMovement) -> str | None:
        return user_code(row.processed_by_id)


class StockCardViewSet(FileAnswersMixin, ListViewSet):
    """The movements of one balance by their days, with the running balance."""

    queryset = StockMovement.objects.order_by("occurred_at", "pk")
    serializer_class = StockCardRowSerializer
    filterset_class = StockCardFilterSet
    filter_backends = [StrictFilterBackend, StrictOrderingFilter]
    resource_name = "stock_card"
    permissions = {"list": Can.VIEW_STOCK}

    def get_renderers(self) -> list[Any]:
        return [*super().get_renderers(), PdfRenderer()]

    @extend_schema(operation_id="stock_card", tags=["stocks"])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """List the movements of a balance in the order of their days, with what each left."""
        if "search" in request.query_params:
            text = "Leave it out: what is left adds up over all movements."
            raise ValidationError({"search": [text]})
        if not isinstance(getattr(request, "accepted_renderer", None), PdfRenderer):
            return super().list(request, *args, **kwargs)
        from inventory.documents.stock_card import (  # noqa: PLC0415 - loads the layout engine
            stock_card_pdf,
        )

        self.filter_queryset(self.queryset)  # which refuses what is no date
        card = self.get_card()
        return pdf_answer(stock_card_pdf(card), f"stock-card-{card.stock.variation.sku_code}")

    def list_rows(self, rows: Any) -> Any:
        self.card = self.get_card()
        return self.card.movements

    def get_card(self) -> StockCard:
        """Return the card that the path and the filtered days mean; raises Http404."""
        reference = self.kwargs["stock_reference"]
        stocks = Stock.objects.visible_to(self.request.user).by_reference(reference)
        stock = stocks.select_related("variation__product", "warehouse").first()
        if stock is None:
            raise Http404(f"There is no stock {reference[:50]!r} among those you may see.")
        days = StockCardFilterSet(self.request.query_params, queryset=self.queryset).form
        days.is_valid()  # filtering has refused what is no date
        return stock_card(
            stock, days.cleaned_data.get("start_date"), days.cleaned_data.get("end_date")
        )

    def get_paginated_response(self, data: Any) -> Response:
        answer = super().get_paginated_response(data)
        stock = self.card.stock
        head = {
            "stock": {
                "id": stock.pk,
                "product_id": stock.variation.product.code,
                "product_name": stock.variation.product.name,
                "sku": stock.variation.sku_code,
                "unit": stock.variation.stock_unit,
                "warehouse": stock.warehouse.code,
                "bin_location": stock.bin_location,
            },
            "opening": shown(self.card.opening),
            "closing": shown(self.card.closing),
        }
        answer.data = {**head, **answer.data}
        return answer


def shown(level: Level) -> dict[str, Decimal]:
    return {"quantity": level.quantity, "value": round(level.value, 2) + 0}
