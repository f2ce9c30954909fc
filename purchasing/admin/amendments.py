"""What changed in orders that suppliers already had, to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from common.admin import ReadOnlyInline
from common.admin_columns import in_rows
from common.permissions import Can
from purchasing.models import PurchaseOrderAmendment

SHOWN = (
    "number", "amended_at", "amended_by", "reason", "what", "total_before", "total_after",
)  # fmt: skip


class AmendmentInline(ReadOnlyInline):
    model = PurchaseOrderAmendment
    may_view = Can.VIEW_PURCHASE_ORDERS
    verbose_name = "amendment"
    hide_title = True
    fields = SHOWN
    readonly_fields = SHOWN

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("amended_by")

    @admin.display(description="Changes")
    def what(self, row: PurchaseOrderAmendment) -> SafeString:
        return in_rows(row.sentences)
