"""Filters of the list of purchase orders."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from purchasing.models import PurchaseOrder


class DueFilter(admin.SimpleListFilter):
    """Orders that still bring goods, or should have."""

    title = "delivery"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "On its way"), ("overdue", "Late")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "open":
            return queryset.filter(status__in=PurchaseOrder.INCOMING)
        return queryset.late() if self.value() == "overdue" else None


class ApprovalFilter(admin.SimpleListFilter):
    """Orders above the limit that somebody must approve before they go on."""

    title = "approval"
    parameter_name = "approval"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("awaited", "Awaited")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.awaiting_approval() if self.value() == "awaited" else None
