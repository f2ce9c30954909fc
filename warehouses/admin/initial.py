"""New documents of a warehouse."""

from typing import Any

from django.http import HttpRequest

from common.admin import ScopedAdmin, caller
from warehouses.queries import default_warehouse_for


class DefaultWarehouseMixin(ScopedAdmin):
    """Pages on which a new document begins in the warehouse where its author works."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        place = default_warehouse_for(caller(request))
        named = {} if place is None else {"warehouse": place.pk}
        return {**named, **super().get_changeform_initial_data(request)}
