"""Lots in the back office: what expires, what is set aside, and where each went."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from common.admin import ReadOnlyAdmin, ReadOnlyInline, allows, caller
from common.admin_columns import plain
from common.admin_forms import DayInput
from common.admin_steps import Step
from common.permissions import Can
from inventory.admin.labels import LabelsMixin, pieces
from inventory.labels.content import MOST_LINES, LabelLine
from inventory.lot_queries import LOT_STATUSES, visible_lots
from inventory.models import Lot, LotBalance, LotExpiryChange, LotQuarantine
from inventory.services.lots import correct_expiry, set_quarantine
from operations.lot_recall import recall
from warehouses.models import Warehouse

RECEIVED = ["Document", "Supplier", "Warehouse", "Quantity", "First", "Last"]
SOLD = [
    "Order", "Customer", "E-mail", "Warehouse", "Sold", "Came back", "With the customer",
    "Last",
]  # fmt: skip
OTHERS = ["Movement", "Reason", "Document", "Warehouse", "Quantity", "Last"]


def on_hand_of(lot: Any) -> Decimal:
    """Return what is left of a lot in the warehouses whose balances were read with it."""
    return sum((balance.on_hand for balance in lot.balances.all()), Decimal(0))


class LotStatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status, status.title()) for status in LOT_STATUSES]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(status=self.value()) if self.value() in LOT_STATUSES else None


class OwnBalanceInline(ReadOnlyInline):
    model = LotBalance
    may_view = Can.VIEW_STOCK
    fields = ["warehouse", "on_hand", "quarantined", "expired"]
    readonly_fields = ["warehouse"]
    verbose_name_plural = "where it is"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.visible_to(caller(request)).select_related("stock__warehouse")

    @admin.display
    def warehouse(self, row: LotBalance) -> str:
        return row.stock.warehouse.code


class QuarantineInline(ReadOnlyInline):
    model = LotQuarantine
    may_view = Can.VIEW_STOCK
    fields = [
        "warehouse", "quarantined", "quantity", "released_reservations", "reason", "changed_by",
        "changed_at",
    ]  # fmt: skip
    readonly_fields = ["changed_at"]
    verbose_name_plural = "set aside and released"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.visible_to(caller(request)).select_related("warehouse", "changed_by")


class ExpiryChangeInline(ReadOnlyInline):
    model = LotExpiryChange
    may_view = Can.VIEW_STOCK
    fields = ["before", "after", "reason", "changed_by", "changed_at"]
    readonly_fields = ["changed_at"]
    verbose_name_plural = "dates that were corrected"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("changed_by")


class ExpiryForm(forms.Form):
    """The date that is right, and why it was another."""

    expiration_date = forms.DateField(
        required=False, widget=DayInput, label="Last day on which it may leave",
        help_text="Empty: it has no date.",
    )  # fmt: skip
    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextInputWidget, label="Why")

    def __init__(self, lot: Lot, posted: Any) -> None:
        super().__init__(posted, initial={"expiration_date": lot.expiration_date})


def correct_date(row: Lot, acting_user: Any, expiration_date: Any, reason: str) -> str:
    correct_expiry(lot=row, expiration_date=expiration_date, reason=reason, acting_user=acting_user)
    return (
        f"{row.lot_number} expires on {expiration_date}."
        if expiration_date
        else (f"{row.lot_number} has no date.")
    )


class QuarantineForm(forms.Form):
    """Where a lot is set aside or released, and why."""

    warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), widget=UnfoldAdminSelectWidget, empty_label=None
    )
    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextInputWidget)

    def __init__(self, lot: Lot, posted: Any) -> None:
        super().__init__(posted)
        shown = {balance.stock.warehouse_id for balance in lot.balances.all()}
        places: Any = self.fields["warehouse"]
        places.queryset = Warehouse.objects.filter(pk__in=shown).order_by("code")


def quarantine(row: Lot, acting_user: Any, warehouse: Warehouse, reason: str) -> str:
    done = set_quarantine(
        lot=row, warehouses=[warehouse], quarantined=True, reason=reason, acting_user=acting_user
    )
    text = f"{row.lot_number} is set aside in {warehouse.code}."
    if done[0].released_reservations:
        text += f" Orders lost {plain(done[0].released_reservations)} that they had reserved."
    return text


def release(row: Lot, acting_user: Any, warehouse: Warehouse, reason: str) -> str:
    set_quarantine(
        lot=row, warehouses=[warehouse], quarantined=False, reason=reason, acting_user=acting_user
    )
    return f"{row.lot_number} is available again in {warehouse.code}."


def has_balances(row: Lot) -> bool:
    return bool(row.balances.all())


def is_set_aside(row: Lot) -> bool:
    return any(balance.quarantined for balance in row.balances.all())


@admin.register(Lot)
class LotAdmin(LabelsMixin, ReadOnlyAdmin):
    """Lots; a lot's page tells where it came from and who got it."""

    may_view = Can.VIEW_STOCK
    list_display = [
        "lot_number", "variation", "product", "expiration_date", "status_label", "on_hand",
    ]  # fmt: skip
    list_filter = [LotStatusFilter, "expiration_date"]
    search_fields = ["lot_number", "variation__sku_code", "variation__product__name"]
    search_help_text = "A lot number, SKU or product."
    fields = ["code", "lot_number", "variation", "product", "expiration_date", "created_at"]
    readonly_fields = ["code", "product", "created_at"]
    inlines = [OwnBalanceInline, QuarantineInline, ExpiryChangeInline]
    change_form_outer_after_template = "admin/lot_recall.html"
    steps = (
        Step(
            name="quarantine", title="Quarantine", permission=Can.POST_STOCK, run=quarantine,
            lawful=has_balances, form=QuarantineForm, icon="front_hand",
            explanation="It is not available until it is released; orders lose what they reserved.",
        ),
        Step(
            name="release", title="Release", permission=Can.POST_STOCK, run=release,
            lawful=is_set_aside, form=QuarantineForm, icon="lock_open",
            explanation="It is available again.",
        ),
        Step(
            name="expiry", title="Correct the date", permission=Can.MANAGE_CATALOGUE,
            run=correct_date, form=ExpiryForm, icon="edit_calendar",
            explanation="What of it is available follows; movements keep their date.",
        ),
    )  # fmt: skip

    copies_help = "Empty: one for each piece that is on hand in your warehouses."

    def scope(self, request: HttpRequest) -> Any:
        return visible_lots(caller(request))

    def label_lines(self, rows: Any, copies: int | None) -> list[LabelLine]:
        """Label lots with their number and date, GS1 where the goods have a trade item number."""
        lots = rows.select_related("variation__product")[: MOST_LINES + 1]
        lines = [
            LabelLine(
                variation=lot.variation,
                quantity=copies or pieces(on_hand_of(lot)),
                lot_number=lot.lot_number,
                expiration_date=lot.expiration_date,
            )
            for lot in lots
        ]
        return [line for line in lines if line.quantity > 0]

    @admin.display(ordering="variation__product__name")
    def product(self, row: Lot) -> str:
        return row.variation.product.name

    @display(
        description="status",
        label={"Expired": "danger", "Quarantined": "warning", "Available": "success"},
    )
    def status_label(self, row: Any) -> str:
        label: str = row.status.title()
        return label

    @admin.display
    def on_hand(self, row: Lot) -> str:
        return plain(on_hand_of(row))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        lot = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if lot is not None and allows(request, Can.VIEW_SALES_ORDERS):
            shown["recall"] = tables(recall(lot, request.user))
            shown["recall_file"] = f"{reverse('lot-recall', args=[lot.pk])}?format=csv"
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})


def tables(trace: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a recall as tables of texts."""
    received = [
        [row["reference_code"], row.get("supplier_name", ""), row["warehouse"],
         plain(row["quantity"]), minute(row["first_at"]), minute(row["last_at"])]
        for row in trace["received_from"]
    ]  # fmt: skip
    sold = [
        [row["order_number"], row["customer_id"], row["customer_email"], row["warehouse"],
         plain(row["quantity_sold"]), plain(row["quantity_returned"]),
         plain(row["quantity_with_customer"]), minute(row["last_at"])]
        for row in trace["sold_to"]
    ]  # fmt: skip
    others = [
        [row["movement_type"].capitalize(), row["reason_code"].replace("_", " "),
         row["reference_code"], row["warehouse"],
         plain(row["quantity"]), minute(row["last_at"])]
        for row in trace["other_movements"]
    ]  # fmt: skip
    return [
        {"title": "Received from", "headers": RECEIVED, "rows": received},
        {"title": "Sold to", "headers": SOLD, "rows": sold},
        {"title": "Other movements", "headers": OTHERS, "rows": others},
    ]


def minute(moment: Any) -> str:
    """Write a moment as the reader's clock shows it."""
    return localize(timezone.localtime(moment))
