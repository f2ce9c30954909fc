from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin, ReadOnlyInline, ScopedAdmin, ServiceForm, allows
from common.admin_columns import day
from common.admin_tables import PageTable, TablesMixin
from common.permissions import Can
from suppliers.models import Supplier, SupplierPerformance
from suppliers.pages import tables_of_supplier
from suppliers.queries import PerformanceFigures, performance_figures
from suppliers.services import create_supplier, delete_supplier, update_supplier

COLUMNS = [
    "code", "company_name", "display_name", "status", "preferred", "rating", "primary_contact",
    "email", "phone", "alternative_phone", "website", "street", "city", "state", "postal_code",
    "country", "tax_id", "payment_terms", "currency", "lead_time_days", "minimum_order_value",
    "over_receipt_tolerance_percent",
    "communication_score", "notes",
]  # fmt: skip
HISTORY = ["created_by", "created_at", "updated_at"]
MEASURED = [
    ("reliability", "on_time", "fulfilment"), ("quality", "returned"),
    ("lead_time", "last_order", "orders"),
]  # fmt: skip
FIGURES = [name for row in MEASURED for name in row]
RATES = [
    "on_time_delivery_rate", "order_fulfillment_rate", "quality_score", "return_rate",
    "average_lead_time_days", "lead_time_spread_days", "reliability_score",
]  # fmt: skip
MONTHS_SHOWN = timedelta(days=730)

FIELDSETS: Any = [
    (None, {"fields": ["code", "company_name", "display_name", ("status", "preferred")]}),
    (
        "Contact",
        {"fields": ["primary_contact", "email", ("phone", "alternative_phone"), "website"]},
    ),
    ("Address", {"fields": ["street", ("postal_code", "city"), ("state", "country")]}),
    (
        "Terms",
        {
            "fields": [
                "tax_id", ("payment_terms", "currency"),
                ("lead_time_days", "minimum_order_value"), "over_receipt_tolerance_percent",
                ("rating", "communication_score"),
                "notes",
            ]
        },
    ),
    ("Measured over the last year, as of now", {"fields": MEASURED}),
    ("History", {"fields": [tuple(HISTORY)]}),
]  # fmt: skip


class SupplierForm(ServiceForm):
    """A supplier; a new one may leave its code to be made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields and self.instance.pk is None:
            self.fields["code"].required = False
            self.fields["code"].help_text = "Empty: the next free one."


class MonthInline(ReadOnlyInline):
    """The months of the last two years, as they were measured last."""

    model = SupplierPerformance
    may_view = Can.VIEW_STOCK
    verbose_name_plural = "months"
    fields = ["month", "total_orders_in_period", *RATES, "communication_score", "notes"]
    readonly_fields = ["month"]

    def get_queryset(self, request: HttpRequest) -> Any:
        first = timezone.now().date() - MONTHS_SHOWN
        months = super().get_queryset(request).select_related("supplier")
        return months.filter(evaluation_period_start__gte=first)

    @admin.display
    def month(self, row: SupplierPerformance) -> str:
        return f"{row.evaluation_period_start:%Y-%m}"


@admin.register(Supplier)
class SupplierAdmin(TablesMixin, ScopedAdmin):
    may_view = Can.VIEW_STOCK
    may_add = may_change = may_delete = Can.MANAGE_CATALOGUE
    form = SupplierForm
    list_display = [
        "code", "company_name", "email", "lead_time_days", "status", "preferred", "rating",
        "on_time_last_night", "reliability_last_night",
    ]  # fmt: skip
    list_filter = ["status", "preferred", "country"]
    list_select_related = ["standing"]
    search_fields = ["code", "company_name", "display_name", "email"]
    readonly_fields = [*FIGURES, *HISTORY]
    inlines = [MonthInline]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return FIELDSETS if obj is not None else FIELDSETS[:-2]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else []

    def tables_of(self, row: Supplier, user: Any) -> list[PageTable]:
        return tables_of_supplier(row, user)

    @admin.display(description="on time", ordering="standing__on_time_delivery_rate")
    def on_time_last_night(self, row: Supplier) -> str:
        standing = getattr(row, "standing", None)
        return percent(standing.on_time_delivery_rate) if standing else UNKNOWN

    @admin.display(description="reliability", ordering="standing__reliability_score")
    def reliability_last_night(self, row: Supplier) -> str:
        standing = getattr(row, "standing", None)
        return in_figures(standing.reliability_score) if standing else UNKNOWN

    @admin.display(description="reliability (0–100)")
    def reliability(self, row: Supplier) -> str:
        return in_figures(figures_of(row).reliability_score)

    @admin.display(description="on time")
    def on_time(self, row: Supplier) -> str:
        return percent(figures_of(row).on_time_delivery_rate)

    @admin.display(description="fulfilled")
    def fulfilment(self, row: Supplier) -> str:
        return percent(figures_of(row).order_fulfillment_rate)

    @admin.display(description="quality (1–5)")
    def quality(self, row: Supplier) -> str:
        return in_figures(figures_of(row).quality_score)

    @admin.display(description="returned")
    def returned(self, row: Supplier) -> str:
        return percent(figures_of(row).return_rate)

    @admin.display(description="lead time")
    def lead_time(self, row: Supplier) -> str:
        measured = figures_of(row)
        if measured.average_lead_time_days is None:
            return UNKNOWN
        spread = measured.lead_time_spread_days
        tail = "" if spread is None else f" ± {spread}"
        return f"{measured.average_lead_time_days}{tail} days"

    @admin.display(description="orders in all")
    def orders(self, row: Supplier) -> int:
        return figures_of(row).total_orders

    @admin.display(description="last order")
    def last_order(self, row: Supplier) -> Any:
        ordered = figures_of(row).last_order_date
        return day(ordered) if ordered else UNKNOWN

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> Supplier:
        if not change:
            return create_supplier(values=form.cleaned_data, acting_user=request.user)
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        supplier = Supplier.objects.get(pk=form.instance.pk)
        return update_supplier(supplier=supplier, values=values)

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        delete_supplier(supplier=row)


@admin.register(SupplierPerformance)
class SupplierPerformanceAdmin(ReadOnlyAdmin):
    """Suppliers month by month, to compare; measured every night."""

    may_view = Can.VIEW_STOCK
    list_display = [
        "supplier", "evaluation_period_start", "total_orders_in_period", "on_time_delivery_rate",
        "order_fulfillment_rate", "quality_score", "average_lead_time_days", "reliability_score",
    ]  # fmt: skip
    list_filter = ["evaluation_period_start"]
    list_select_related = ["supplier"]
    search_fields = ["supplier__code", "supplier__company_name"]
    fields = [
        "supplier", ("evaluation_period_start", "evaluation_period_end"),
        ("total_orders_in_period", "total_value_in_period"), "judged_lines", *RATES,
        "communication_score", "notes", "recorded_at",
    ]  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if allows(request, Can.VIEW_PURCHASE_ORDERS):
            return self.fields
        return ["total_orders_in_period" if isinstance(one, tuple) and "total" in one[0] else one
                for one in self.fields]  # fmt: skip


UNKNOWN = "–"


def figures_of(row: Supplier) -> PerformanceFigures:
    """Measure a supplier once a page."""
    if not hasattr(row, "measured_now"):
        row.measured_now = performance_figures([row.pk])[row.pk]  # type: ignore[attr-defined]
    measured: PerformanceFigures = row.measured_now  # type: ignore[attr-defined]
    return measured


def in_figures(number: Any) -> str:
    return UNKNOWN if number is None else str(number)


def percent(rate: Any) -> str:
    return UNKNOWN if rate is None else f"{rate} %"
