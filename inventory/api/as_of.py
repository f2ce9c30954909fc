"""Stock of a past day over HTTP: what a list of balances was then, and what it was worth."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.dateparse import parse_date
from rest_framework import serializers
from rest_framework.request import Request

from common.api.fields import MoneyField, QuantityField
from common.exceptions import InvalidInput
from common.permissions import Can
from inventory.api.stock_serializers import StockSerializer
from inventory.as_of import value_by_warehouse
from inventory.models import Stock
from inventory.models.lot import stock_day
from warehouses.models import Warehouse

CENT, FOUR_PLACES = Decimal("0.01"), Decimal("0.0001")
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


def valuation(day: date, warehouses: Any, user: Any) -> dict[str, Any]:
    """Return the value of stock by warehouse, and in transit where the user sees both ends."""
    codes = dict(Warehouse.objects.filter(pk__in=warehouses).values_list("pk", "code"))
    rows = value_by_warehouse(day, sorted(codes))
    sees_all = user.can(Can.SEE_ALL_WAREHOUSES) and len(codes) == Warehouse.objects.count()
    # What left on transfers and has not come in is neither here nor there: it is on its way.
    transit = -sum((row.transferred for row in rows), Decimal(0)) if sees_all else None
    total = sum((row.value for row in rows), transit or Decimal(0))
    return {
        "as_of": day,
        "warehouses": [
            {"warehouse": codes[row.warehouse_id], "value": cents(row.value)} for row in rows
        ],
        "in_transit": None if transit is None else cents(transit),
        "total_value": cents(total),
    }


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
