"""Balances and movements to read: only the ledger writes them. Thresholds to set."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin import HistoryAdmin, ReadOnlyAdmin, ReadOnlyInline, ScopedAdmin, ServiceForm
from common.admin_columns import quantity_column
from common.admin_links import link_to, with_link
from common.admin_orders import plain
from common.admin_steps import Step
from common.exceptions import InvalidInput
from common.permissions import Can
from common.validators import one_line
from inventory.admin.finding import found_in_admin
from inventory.admin.labels import LabelsMixin
from inventory.admin.past_stock import PastStockMixin
from inventory.admin.stock_card import CARD, StockCardMixin
from inventory.admin.transfers import ReasonForm
from inventory.labels.content import MOST_LINES, BinLine, LabelLine
from inventory.models import (
    LowStockThreshold,
    Stock,
    StockMovement,
    StockReservation,
)
from inventory.reservation_holders import document_number, noun_of
from inventory.search import matching_variations
from inventory.services.bins import place_in_bins
from inventory.services.reversals import OWN_WAYS, reverse_movement, why_not_reversible
from inventory.services.thresholds import create_threshold, delete_threshold, update_threshold
from warehouses.admin.filters import OwnWarehouseFilter

DOCUMENTS = (*OWN_WAYS, "adjustment", "stock_count")


class OutOfStockFilter(admin.SimpleListFilter):
    """Low balances, or those of them with nothing left to promise."""

    title = "level"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", "Low"), ("out", "Out of stock")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "low":
            return queryset.low()
        return out_of_stock(queryset.low()) if self.value() == "out" else None


def out_of_stock(balances: Any) -> Any:
    """Narrow to balances with nothing left to promise."""
    return balances.filter(on_hand__lte=F("reserved") + F("unavailable"))


class ReservationInline(ReadOnlyInline):
    model = StockReservation
    may_view = Can.VIEW_STOCK
    fields = readonly_fields = ("document", "quantity", "created_at")
    verbose_name_plural = "reserved for"

    def get_queryset(self, request: HttpRequest) -> Any:
        held = super().get_queryset(request).filter(quantity__gt=0)
        return held.annotate(document_number=document_number())

    @admin.display(description="Document")
    def document(self, row: Any) -> str:
        return f"{noun_of(row.reference_type)} {row.document_number or row.reference_id}"


class BinForm(forms.Form):
    """Where goods lie."""

    bin_location = forms.CharField(
        label="Bin", max_length=100, required=False, validators=[one_line],
        widget=UnfoldAdminTextInputWidget, help_text="Empty: nowhere in particular.",
    )  # fmt: skip

    def __init__(self, row: Stock, posted: Any) -> None:
        super().__init__(posted, initial={"bin_location": row.bin_location})


def put_away(row: Stock, acting_user: Any, bin_location: str) -> str:
    place_in_bins(bins={row.pk: bin_location}, acting_user=acting_user)
    return f"{row} lies in {bin_location}." if bin_location else f"{row} lies in no bin."


def lines_of_bins(rows: Any, copies: int | None) -> list[BinLine]:
    """Return a line for each bin, by name; what lies nowhere has none."""
    named = rows.exclude(bin_location="").order_by("bin_location")
    names = named.values_list("bin_location", flat=True).distinct()[: MOST_LINES + 1]
    return [BinLine(bin_location=name, quantity=copies or 1) for name in names]


@admin.register(Stock)
class StockAdmin(PastStockMixin, StockCardMixin, LabelsMixin, ReadOnlyAdmin):
    may_view = Can.VIEW_STOCK
    list_display = [
        "variation", "product", "warehouse", "bin_location", "on_hand", "reserved", "available",
        "incoming", "reorder_point", "level",
    ]  # fmt: skip
    list_filter = [OutOfStockFilter, OwnWarehouseFilter]
    list_select_related = ["variation__product", "warehouse"]
    search_fields = ["variation__sku_code", "variation__product__name"]
    search_help_text = "A product, SKU, barcode, or the whole name of a bin."
    actions = ["print_labels", "print_bin_labels"]
    of_symbols_alone = ["print_bin_labels"]
    inlines = [ReservationInline]
    fields = [
        ("variation", "product"), ("warehouse", "bin_location"), ("on_hand_now", "reserved_now"),
        ("unavailable_now", "available"), ("incoming_now", "average_cost"), ("level", "reorder_at"),
    ]  # fmt: skip
    readonly_fields = [
        "product", "on_hand_now", "reserved_now", "unavailable_now", "available", "incoming_now",
        "level", "reorder_at",
    ]  # fmt: skip
    steps = (
        CARD,
        Step(
            name="put_away", title="Put away", permission=Can.POST_STOCK, run=put_away,
            form=BinForm, icon="shelves", explanation="Say in which bin these goods lie.",
        ),
    )  # fmt: skip

    available = quantity_column("available", "Available")
    on_hand_now = quantity_column("on_hand", "On hand")
    reserved_now = quantity_column("reserved", "Reserved")
    unavailable_now = quantity_column("unavailable", "Expired or set aside")
    incoming_now = quantity_column("incoming", "Incoming")

    @admin.display(ordering="variation__product__name")
    def product(self, row: Stock) -> str:
        return row.variation.product.name

    @display(
        description="level", label={"Out of stock": "danger", "Low": "warning", "OK": "success"}
    )
    def level(self, row: Stock) -> str:
        if not row.is_low:
            return "OK"
        return "Low" if row.available > 0 else "Out of stock"

    @admin.display(description="Reorder point")
    def reorder_at(self, row: Stock) -> str:
        return "no alerts" if row.reorder_point is None else plain(row.reorder_point)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        in_bin = queryset.filter(bin_location__iexact=search_term.strip())
        if search_term.strip() and in_bin.exists():
            return in_bin, False
        found = found_in_admin(request, queryset, search_term, matching_variations, "variation")
        return found, False

    @admin.action(description="Print labels of bins", permissions=["view"])
    def print_bin_labels(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """Print a label of each bin that the chosen goods lie in."""
        return self.asked_or_printed(request, queryset, lines_of_bins, "print_bin_labels")

    def label_lines(self, rows: Any, copies: int | None) -> list[LabelLine]:
        """Label balances with the bin that they lie in."""
        return [
            LabelLine(variation=row.variation, quantity=copies or 1, bin_location=row.bin_location)
            for row in rows.select_related("variation__product").order_by("pk")[: MOST_LINES + 1]
        ]


def reverse(row: StockMovement, acting_user: Any, note: str) -> Any:
    posted = reverse_movement(movement=row, reason=note, acting_user=acting_user)
    done = StockMovement.objects.get(pk=posted.movement_id or 0)
    freed = posted.released_from_others
    told = f" Reservations of {plain(freed)} were released." if freed else ""
    return with_link(f"{row} is reversed by {{}}.{told}", done)


def is_reversible(row: StockMovement) -> bool:
    return not why_not_reversible(row)


@admin.register(StockMovement)
class StockMovementAdmin(HistoryAdmin):
    may_view = Can.VIEW_STOCK
    steps = (
        Step(
            name="reverse", title="Reverse", permission=Can.POST_STOCK, run=reverse,
            form=ReasonForm, lawful=is_reversible, icon="undo",
            explanation="Its opposite is posted now, with why; the movement itself stays.",
        ),
    )  # fmt: skip
    readonly_fields = ["reversed_by", "undoes"]
    list_display = [
        "code", "occurred_at", "variation", "warehouse", "movement_type", "quantity",
        "stock_after", "reference_code", "processed_by",
    ]  # fmt: skip
    list_filter = ["movement_type", OwnWarehouseFilter]
    list_select_related = ["variation", "warehouse", "processed_by"]
    search_fields = ["variation__sku_code", "reference_code"]
    search_help_text = "A product, SKU, barcode, movement or document, such as PO-2026-001."

    @admin.display(description="Reversed by")
    def reversed_by(self, row: StockMovement) -> Any:
        return link_to(row.reversal.by_movement) if hasattr(row, "reversal") else "-"

    @admin.display(description="Reverses")
    def undoes(self, row: StockMovement) -> Any:
        return link_to(row.reverses.movement) if hasattr(row, "reverses") else "-"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Look for products by their indexes, for documents by their whole code."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.upper().startswith("MOV-"):
            return queryset.by_reference(term), False
        document = Q(reference_type__in=DOCUMENTS, reference_code=term.upper())
        try:
            return queryset.filter(Q(variation__in=matching_variations(term)) | document), False
        except InvalidInput as error:
            messages.error(request, error.message)
            return queryset.none(), False


class ThresholdForm(ServiceForm):
    class Meta:
        model = LowStockThreshold
        fields = ["variation", "warehouse", "threshold"]


@admin.register(LowStockThreshold)
class LowStockThresholdAdmin(ScopedAdmin):
    """Reorder points of single warehouses, in place of the variation's own."""

    may_view = Can.VIEW_STOCK
    may_add = may_change = may_delete = Can.MANAGE_CATALOGUE
    form = ThresholdForm
    positive_fields = ("threshold",)
    list_display = ["variation", "product", "warehouse", "threshold", "updated_at"]
    list_filter = [OwnWarehouseFilter]
    list_select_related = ["variation__product", "warehouse"]
    search_fields = ["variation__sku_code", "variation__product__name"]
    autocomplete_fields = ["variation"]
    fields = ["variation", "warehouse", "threshold"]

    @admin.display(ordering="variation__product__name")
    def product(self, row: LowStockThreshold) -> str:
        return row.variation.product.name

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A threshold stays where it is: delete it and make another."""
        return ["variation", "warehouse"] if obj else []

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> LowStockThreshold:
        if change:
            row = LowStockThreshold.objects.get(pk=form.instance.pk)
            return update_threshold(row=row, values=form.cleaned_data)
        return create_threshold(**form.cleaned_data)

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        delete_threshold(row=row)
