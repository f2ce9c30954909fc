"""What was measured of suppliers, as JSON."""

from typing import Any

from rest_framework import serializers

from common.api.fields import MoneyField, PlainDecimalField
from suppliers.models import SupplierPerformance

MEASURED: dict[str, Any] = {"allow_null": True, "default": None}
LEAD_TIME = "Days from order to receipt, on average over order lines."
SPREAD = "Standard deviation of the lead time, in days; null for fewer than two lines."


class PerformanceSerializer(serializers.Serializer[Any]):
    """Of the last year, as of now; null where nothing could be measured. Orders are of all times.

    Rates are percentages, means over order lines that are due or complete; quality is from 1 to 5.
    """

    reliability_score = PlainDecimalField(**MEASURED, help_text="From 0 to 100.")
    average_lead_time = PlainDecimalField(
        source="average_lead_time_days", **MEASURED, help_text=LEAD_TIME
    )
    lead_time_spread = PlainDecimalField(
        source="lead_time_spread_days", **MEASURED, help_text=SPREAD
    )
    on_time_delivery_rate = PlainDecimalField(**MEASURED)
    order_fulfillment_rate = PlainDecimalField(**MEASURED)
    quality_rating = PlainDecimalField(source="quality_score", **MEASURED)
    return_rate = PlainDecimalField(**MEASURED)
    total_orders = serializers.IntegerField()
    last_order_date = serializers.DateTimeField(**MEASURED)


class RowPerformanceSerializer(serializers.Serializer[Any]):
    """What lists show and sort by: as it was measured last night."""

    reliability_score = PlainDecimalField(**MEASURED)
    average_lead_time = PlainDecimalField(**MEASURED)
    lead_time_spread = PlainDecimalField(**MEASURED)
    on_time_delivery_rate = PlainDecimalField(**MEASURED)
    order_fulfillment_rate = PlainDecimalField(**MEASURED)
    quality_rating = PlainDecimalField(**MEASURED)
    return_rate = PlainDecimalField(**MEASURED)
    total_orders = serializers.SerializerMethodField()
    last_order_date = serializers.DateTimeField(**MEASURED)

    def get_total_orders(self, supplier: Any) -> int:
        return supplier.total_orders or 0


class FiguresSerializer(PerformanceSerializer):
    """Figures of the orders that were placed in a period; all but the value is told to everybody.

    The value is in the supplier's currency, for those who see purchase orders.
    """

    start_date = serializers.DateField()
    end_date = serializers.DateField()
    judged_lines = serializers.IntegerField(help_text="Order lines that are due or complete.")
    total_value = MoneyField(max_digits=30, allow_null=True)
    other_currency_orders = serializers.IntegerField(help_text="Orders that the value lacks.")


class MonthSerializer(serializers.ModelSerializer[SupplierPerformance]):
    """The orders that were placed in one month; measured when `recorded_at` says."""

    performance_record_id = serializers.CharField()
    supplier_id = serializers.CharField(source="supplier.code")
    total_value_in_period = MoneyField(max_digits=30, allow_null=True)

    class Meta:
        model = SupplierPerformance
        fields = [
            "performance_record_id", "supplier_id", "evaluation_period_start",
            "evaluation_period_end", "on_time_delivery_rate", "quality_score",
            "average_lead_time_days", "lead_time_spread_days", "order_fulfillment_rate",
            "total_orders_in_period", "total_value_in_period", "return_rate",
            "communication_score", "reliability_score", "judged_lines", "notes", "recorded_at",
        ]  # fmt: skip
        read_only_fields = fields


class PerformanceAnswer(serializers.Serializer[Any]):
    """How a supplier performs: now, in a period if one was asked for, and month by month."""

    supplier_id = serializers.CharField()
    company_name = serializers.CharField()
    currency = serializers.CharField()
    rating = PlainDecimalField()
    communication_score = PlainDecimalField(allow_null=True)
    current = FiguresSerializer(help_text="Of the year up to now; orders are of all times.")
    period = FiguresSerializer(allow_null=True, help_text="Of the period asked for.")
    months = MonthSerializer(many=True, help_text="Newest first.")
