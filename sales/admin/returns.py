"""What customers sent back, and what became of what was set aside."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import HistoryAdmin, ReadOnlyInline
from common.admin_columns import plain
from common.admin_orders import QuantitiesForm, quantity_field
from common.admin_steps import Step
from common.permissions import Can
from inventory.admin.attachments import AttachmentsMixin
from sales.models import SalesReturn, SalesReturnItem
from sales.services.inspections import Inspected, inspect_returned_goods


class SalesReturnItemInline(ReadOnlyInline):
    model = SalesReturnItem
    may_view = Can.VIEW_SALES_ORDERS
    fields = [
        "order_item", "quantity", "reason", "disposition", "quantity_restocked",
        "quantity_scrapped", "lot_number", "unit_cost", "credit_amount",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("order_item__variation")


class InspectionForm(QuantitiesForm):
    """How much of each line goes back to stock, and how much is scrapped."""

    gathered_as = "decisions"
    nothing_text = "Enter what is good or not of at least one line."

    def __init__(self, row: SalesReturn, posted: Any) -> None:
        super().__init__([], posted)
        for item in row.items.select_related("order_item__variation"):
            waiting = item.quantity_in_inspection
            if not waiting and posted is None:
                continue
            sku, text = item.order_item.variation.sku_code, f"{plain(waiting)} in quarantine"
            for kind, words in (("stock", "to stock"), ("scrap", "to scrap")):
                self.fields[f"{kind}_{item.pk}"] = quantity_field(
                    label=f"{sku} {words}", help_text=text
                )

    def gathered(self, filled: dict[str, Any]) -> list[Inspected]:
        return [
            Inspected(item_id=key, quantity=quantity, disposition=kind)
            for kind in ("stock", "scrap")
            for key, quantity in self.taken(filled, f"{kind}_").items()
            if quantity
        ]


def waits_for_inspection(row: SalesReturn) -> bool:
    return any(item.quantity_in_inspection for item in row.items.all())


def inspect(row: SalesReturn, acting_user: Any, decisions: list[Inspected]) -> str:
    inspect_returned_goods(sales_return=row, lines=decisions, acting_user=acting_user)
    return "Decided; what is good is in stock again."


class InspectionFilter(admin.SimpleListFilter):
    """Returns of which something is in quarantine."""

    title = "quarantine"
    parameter_name = "quarantine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waits for inspection")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.in_inspection() if self.value() == "waiting" else None


@admin.register(SalesReturn)
class SalesReturnAdmin(AttachmentsMixin, HistoryAdmin):
    attachment_kind = "sales_return"
    may_view = Can.VIEW_SALES_ORDERS
    list_display = [
        "return_number", "order", "warehouse", "occurred_at", "restocking_fee_percent",
        "created_by",
    ]  # fmt: skip
    list_filter = [InspectionFilter]
    list_select_related = ["order", "warehouse", "created_by"]
    search_fields = ["return_number", "order__order_number"]
    inlines = [SalesReturnItemInline]
    steps = (
        Step(
            name="inspect",
            title="Inspect",
            permission=Can.POST_STOCK,
            run=inspect,
            lawful=waits_for_inspection,
            form=InspectionForm,
            icon="troubleshoot",
            explanation="Enter what is good and what is not; the rest stays in quarantine.",
        ),
    )
