"""Filters that other apps' lists share."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.references import as_primary_key
from warehouses.models import Warehouse


class OwnWarehouseFilter(admin.SimpleListFilter):
    """Rows of one of the warehouses that the user works in."""

    title = "warehouse"
    parameter_name = "warehouse"
    path = "warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        own = Warehouse.objects.member(request.user)
        return [(str(key), code) for key, code in own.values_list("pk", "code")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return None
        return queryset.filter(**{self.path: as_primary_key(self.value()) or 0})
