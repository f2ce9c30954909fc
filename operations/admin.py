"""What operations keeps: how far imports are."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import ReadOnlyAdmin
from common.permissions import Can
from operations.models import OrderImport


@admin.register(OrderImport)
class OrderImportAdmin(ReadOnlyAdmin):
    """Imports run by `manage.py import_orders`; here is how far each one is."""

    may_view = Can.MANAGE_SETTINGS
    list_display = [
        "file_name", "warehouse", "orders_done", "rows_done", "started_at", "updated_at",
        "finished_at",
    ]  # fmt: skip
    list_filter = [("finished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["warehouse"]
    search_fields = ["file_name", "file_sha256"]

    def scope(self, request: HttpRequest) -> Any:
        return OrderImport.objects.all()
