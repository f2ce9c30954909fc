"""Stock of a past day over HTTP: what a list of balances was then, and what it was worth."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.dateparse import parse_date
from rest_framework import serializers
from rest_framework.request import Request

from common.api.fields import MoneyField, QuantityField
from common.exceptions import InvalidInput
from inventory.api.stock_serializers import StockSerializer
from inventory.api.symbols import StrictParameters
from inventory.as_of import cents
from inventory.models import Stock
from inventory.models.lot import stock_day

FOUR_PLACES = Decimal("0.0001")
UNKNOWN_THEN = ("reserved", "unavailable", "available", "incoming", "reorder_point", "is_low")


def day_asked_for(request: Request) -> date | None:
    """Return the day of `as_of`, if any; raises InvalidInput for no date or one in the future."""
    text = request.query_params.get("as_of")
    if text is None:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise InvalidInput("Unknown date.", {"as_of": ["Send a date, as YYYY-MM-DD."]})
    if day > stock_day():
        wrong = "Lies in the future. Send today's date or an earlier one."
        raise InvalidInput(wrong, {"as_of": [wrong]})
    return day


class StockAsOfSerializer(StockSerializer):
    """A balance at the end of a day; what nobody wrote down (reservations, …) is null."""

    on_hand = QuantityField(source="quantity_then")
    average_cost = serializers.SerializerMethodField()
    value = serializers.SerializerMethodField()
    as_of = serializers.SerializerMethodField()

    class Meta(StockSerializer.Meta):
        fields = [*StockSerializer.Meta.fields, "value", "as_of"]

    def to_representation(self, stock: Any) -> dict[str, Any]:
        return {**super().to_representation(stock), **dict.fromkeys(UNKNOWN_THEN)}

    def get_average_cost(self, stock: Any) -> Decimal | None:
        """What a unit was worth: value by quantity; null where there was nothing."""
        if not stock.quantity_then:
            return None
        cost: Decimal = stock.value_then / stock.quantity_then
        return cost.quantize(FOUR_PLACES, ROUND_HALF_UP)

    def get_value(self, stock: Any) -> Decimal:
        return cents(stock.value_then)

    def get_as_of(self, stock: Stock) -> date | None:
        return day_asked_for(self.context["request"])


class WarehouseValueSerializer(serializers.Serializer[Any]):
    warehouse = serializers.CharField()
    value = MoneyField()


class ValuationSerializer(serializers.Serializer[Any]):
    """What the stock of the caller's warehouses was worth at the end of a day, in UTC."""

    as_of = serializers.DateField()
    warehouses = WarehouseValueSerializer(many=True)
    in_transit = MoneyField(
        allow_null=True,
        help_text="Goods on their way between warehouses; known to whoever sees them all.",
    )
    total_value = MoneyField()


class ValuationParameters(StrictParameters):
    """The query of a valuation; what it does not know is refused by name."""

    as_of = serializers.CharField(required=False)
    warehouse = serializers.CharField(required=False, allow_blank=True)


def valuation_rows(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a valuation as rows of a file: a warehouse each, and what is on its way."""
    rows = [{"as_of": told["as_of"], **row} for row in told["warehouses"]]
    if told["in_transit"] is not None:
        on_its_way = {"warehouse": "in transit", "value": told["in_transit"]}
        rows.append({"as_of": told["as_of"], **on_its_way})
    return rows
