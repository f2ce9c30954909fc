"""How a supplier performs, over HTTP."""

import re
from calendar import monthrange
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from common.permissions import Can
from suppliers.models import Supplier
from suppliers.queries import PerformanceFigures, performance_figures

MONTHS_SHOWN = 12
PERIOD = re.compile(r"(\d{4})(?:-(\d{2}))?")


class PerformanceQuery(serializers.Serializer[Any]):
    """Which orders are meant: by when they were placed."""

    period = serializers.CharField(
        required=False, help_text="A month such as 2026-03, or a year such as 2026."
    )
    start_date = serializers.DateField(required=False, help_text="Placed on or after it.")
    end_date = serializers.DateField(required=False, help_text="Placed on or before it.")

    @classmethod
    def of(cls, request: Request) -> Self:
        """Read the query of a request; refuse what is not known."""
        query = cls(data=request.query_params)
        unknown = {
            name: [f"Unknown parameter. Known: {', '.join(sorted(query.fields))}."]
            for name in request.query_params
            if name not in query.fields
        }
        if unknown:
            raise serializers.ValidationError(unknown)
        query.is_valid(raise_exception=True)
        return query

    def validate_period(self, text: str) -> tuple[date, date]:
        found = PERIOD.fullmatch(text)
        year, month = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
        if not year or month > 12 or (found and found[2] and not month):
            raise serializers.ValidationError("Send a month such as 2026-03, or a year.")
        last = month or 12
        return date(year, month or 1, 1), date(year, last, monthrange(year, last)[1])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "period" in attrs and len(attrs) > 1:
            raise serializers.ValidationError({"period": ["Send a period or dates, not both."]})
        start, end = attrs.get("start_date"), attrs.get("end_date")
        if start and end and end < start:
            raise serializers.ValidationError({"end_date": ["Lies before the start date."]})
        return attrs

    def days(self) -> tuple[date, date] | None:
        """Return the first and the last day asked for, if any are."""
        given = self.validated_data
        if not given:
            return None
        if "period" in given:
            days: tuple[date, date] = given["period"]
            return days
        end = given.get("end_date") or max(timezone.now().date(), given["start_date"])
        return given.get("start_date") or date.min, end


def performance_of(supplier: Supplier, query: PerformanceQuery, user: Any) -> dict[str, Any]:
    """Return what is told of a supplier: live figures, and the months as they were measured."""
    today = timezone.now().date()
    days = query.days()
    sees_value = user.can(Can.VIEW_PURCHASE_ORDERS)
    current = performance_figures([supplier.pk])[supplier.pk]
    told = {
        "supplier_id": supplier.code,
        "company_name": supplier.company_name,
        "currency": supplier.currency,
        "rating": supplier.rating,
        "communication_score": supplier.communication_score,
        "current": figures(current, today - timedelta(days=365), today, sees_value),
        "period": None,
        "months": months_of(supplier, days or (months_ago(today), today), sees_value),
    }
    if days is not None:
        start, end = (datetime.combine(day, time.min, UTC) for day in days)
        found = performance_figures([supplier.pk], start, day_after(end))[supplier.pk]
        told["period"] = figures(found, *days, sees_value)
    return told


def figures(
    measured: PerformanceFigures, start: date, end: date, sees_value: bool
) -> dict[str, Any]:
    value = {} if sees_value else {"total_value": None}
    return {**asdict(measured), **value, "start_date": start, "end_date": end}


def months_of(supplier: Supplier, days: tuple[date, date], sees_value: bool) -> list[Any]:
    """Return the months that days lie in, newest first."""
    start, end = days
    months = list(
        supplier.performances.filter(
            evaluation_period_end__gte=start, evaluation_period_start__lte=end
        ).select_related("supplier")
    )
    for month in months:
        month.total_value_in_period = month.total_value_in_period if sees_value else None
    return months


def months_ago(today: date) -> date:
    """Return the first day of the earliest month that is shown without being asked for."""
    number = today.year * 12 + today.month - MONTHS_SHOWN
    return date(number // 12, number % 12 + 1, 1)


def day_after(moment: datetime) -> datetime:
    return moment + timedelta(days=1) if moment.date() < date.max else moment
