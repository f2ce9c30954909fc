"""Sales orders in the admin site: taken and changed through the services, then delivered."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, F, OuterRef, prefetch_related_objects
from django.http import HttpRequest
from unfold.decorators import display

from common.admin import ScopedAdmin, ServiceForm
from common.admin_columns import day, quantity_column
from common.admin_orders import NewOrderForm, OrderLinesInline, plain, told
from common.admin_saving import filled_rows
from common.admin_tables import PageTable, TablesMixin
from common.documents.words import money
from common.exceptions import InvalidInput
from common.permissions import Can
from sales.admin.customers import orders_of_customer
from sales.admin.history import history_of
from sales.admin.steps import STEPS
from sales.models import SalesOrder, SalesOrderItem
from sales.services.order_lines import is_sold
from sales.services.order_rows import ZERO
from sales.services.orders import (
    OPEN_ONLY,
    PENDING_ONLY,
    change_sales_order,
    create_sales_order,
)
from sales.services.prices import AskedLine, price_lines
from warehouses.admin.filters import OwnWarehouseFilter
from warehouses.admin.initial import DefaultWarehouseMixin

Status = SalesOrder.Status
CUSTOMER = ["customer_email", "customer_id", "channel", "region", "promotion_applied", "notes"]
SHOWN = [
    "state", "total_amount", "credited", "net", "reservation_expired_at", "created_by",
    "created_at", "updated_at",
]  # fmt: skip
STATUS_LABELS = {
    "Pending": "info", "Partially Fulfilled": "warning", "Fulfilled": "success",
    "Cancelled": "danger",
}  # fmt: skip
PRIORITY_LABELS = {"Low": "info", "High": "warning", "Urgent": "danger"}


def ready_to_fulfil(orders: Any) -> Any:
    """Narrow to open orders whose every line has reserved all that it still wants."""
    waiting = SalesOrderItem.objects.with_reserved().filter(
        order=OuterRef("pk"),
        quantity__gt=F("quantity_fulfilled") + F("quantity_cancelled") + F("quantity_reserved"),
    )
    return orders.open().filter(~Exists(waiting))


class ReadyFilter(admin.SimpleListFilter):
    """Open orders, or those of them that can leave at once."""

    title = "delivery"
    parameter_name = "delivery"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "Open"), ("ready", "Ready to fulfil"), ("expired", "Reservation expired"),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "open":
            return queryset.open()
        if self.value() == "expired":
            return queryset.open().exclude(reservation_expired_at=None)
        return ready_to_fulfil(queryset) if self.value() == "ready" else None


class SalesOrderForm(NewOrderForm):
    """What a new order leaves empty is made: number and currency."""

    made_if_empty = {
        "order_number": "Empty: the next of the year.",
        "order_date": "Empty: now.",
        "reserved_until": "Empty: as the company's settings say.",
        "currency": "Empty: the first product's.",
    }

    class Meta:
        model = SalesOrder
        fields = [
            "order_number", "warehouse", "priority", "order_date", "reserved_until", "currency",
            *CUSTOMER,
        ]  # fmt: skip


class LineForm(ServiceForm):
    """One line; without a price it has the one of the price list, or the selling price."""

    class Meta:
        model = SalesOrderItem
        fields = ["variation", "quantity", "sale_price_per_unit", "discount_percent"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "discount_percent" in self.fields:
            self.fields["discount_percent"].required = False
        if "sale_price_per_unit" in self.fields:
            self.fields["sale_price_per_unit"].required = False
            self.fields["sale_price_per_unit"].help_text = "Empty: as the price list says."

    def clean_variation(self) -> Any:
        variation = self.cleaned_data["variation"]
        if "variation" in self.changed_data and not is_sold(variation):
            raise forms.ValidationError(f"{variation} is not sold (any more).")
        return variation


class SalesOrderItemInline(OrderLinesInline):
    written_in = Status.PENDING
    model = SalesOrderItem
    form = LineForm
    may_view = Can.VIEW_SALES_ORDERS
    may_add = may_change = may_delete = Can.MANAGE_SALES_ORDERS
    positive_fields = ("quantity",)
    hide_title = True
    fields = [
        "number", "variation", "product", "quantity", "sale_price_per_unit", "discount_percent",
        "line_total", "reserved", "left", "cancelled", "returned",
    ]  # fmt: skip
    readonly_fields = [
        "number", "product", "line_total", "reserved", "left", "cancelled", "returned",
    ]  # fmt: skip

    left = quantity_column("quantity_fulfilled", "Left", told)
    cancelled = quantity_column("quantity_cancelled", "Cancelled", told)
    returned = quantity_column("quantity_returned", "Returned", told)

    @admin.display(description="Reserved")
    def reserved(self, row: Any) -> str:
        return told(getattr(row, "quantity_reserved", None))  # a row to be added has none

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Say of a new order's lines only what there is to enter, and then what can be."""
        if obj is None:
            return ["variation", "product", "quantity", "sale_price_per_unit", "discount_percent"]
        nothing_left = {"left", "returned"} if obj.status == Status.PENDING else set()
        return [name for name in self.fields if name not in nothing_left]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_reserved()


@admin.register(SalesOrder)
class SalesOrderAdmin(DefaultWarehouseMixin, TablesMixin, ScopedAdmin):
    may_view = Can.VIEW_SALES_ORDERS
    may_add = may_change = Can.MANAGE_SALES_ORDERS
    form = SalesOrderForm
    steps = STEPS
    list_display = [
        "order_number", "place", "state", "urgency", "ordered", "customer_email", "channel",
        "total",
    ]  # fmt: skip
    list_filter = ["status", ReadyFilter, "priority", OwnWarehouseFilter, "promotion_applied"]
    list_select_related = ["warehouse"]
    search_fields = ["order_number", "customer_email", "customer_id"]
    inlines = [SalesOrderItemInline]

    def tables_of(self, row: SalesOrder, user: Any) -> list[PageTable]:
        return orders_of_customer(row, user)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show the lines, then what left and what came back, if anything did."""
        return [*self.inlines, *(history_of(obj) if obj is not None else [])]

    @display(description="Status", ordering="status", label=STATUS_LABELS)
    def state(self, row: SalesOrder) -> str:
        return row.get_status_display()

    @admin.display(description="Warehouse", ordering="warehouse__code")
    def place(self, row: SalesOrder) -> str:
        return row.warehouse.code

    @admin.display(ordering="order_date")
    def ordered(self, row: SalesOrder) -> str:
        return day(row.order_date)

    @admin.display(ordering="total_amount")
    def total(self, row: SalesOrder) -> str:
        return money(row.total_amount, row.currency)

    @admin.display(description="Credited for returns")
    def credited(self, row: SalesOrder) -> Decimal:
        prefetch_related_objects([row], "items")  # once for both figures
        return sum((item.credited_amount for item in row.items.all()), ZERO)

    @admin.display(description="Net amount")
    def net(self, row: SalesOrder) -> Decimal:
        return row.total_amount - self.credited(row)

    @display(description="Priority", ordering="priority", label=PRIORITY_LABELS)
    def urgency(self, row: SalesOrder) -> str:
        return row.get_priority_display()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        customer = ("Customer", {
            "fields": [
                ("customer_email", "customer_id"), ("channel", "region"), "promotion_applied",
                "notes",
            ]
        })  # fmt: skip
        when: list[Any] = ["priority", "order_date", "reserved_until", "currency"]
        if obj is None:
            return [(None, {"fields": ["order_number", "warehouse", *when]}), customer]
        when.insert(3, "reservation_expired_at")
        head: list[Any] = [("order_number", "state"), ("warehouse", "total_amount")]
        if obj.returns.exists():
            head.append(("credited", "net"))
        return [
            (None, {"fields": [*head, *when]}),
            customer,
            ("History", {"fields": [("created_by", "created_at", "updated_at")]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        late = (
            []
            if SalesOrderItemInline.may_be_written(obj)
            else [one for one in PENDING_ONLY if one != "items"]
        )
        closed = [] if obj.is_open else [*OPEN_ONLY]
        return ["order_number", "warehouse", *late, *closed, *SHOWN]

    def text_of_line(self, line: dict[str, Any], row: Any) -> str:
        """Name a short line by its number and SKU, as the order's page shows it."""
        item = row.items.select_related("variation").filter(position=line.get("line")).first()
        sku = f" ({item.variation.sku_code})" if item else ""
        place = line.get("warehouse")
        where = f" in {place}" if place and place != row.warehouse.code else ""
        return (
            f"Line {line.get('line')}{sku}: {plain(line['requested'])} wanted, "
            f"{plain(line['available'])} available{where}."
        )

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> SalesOrder:
        values = form.cleaned_data
        if change and not SalesOrderItemInline.may_be_written(form.instance):
            return self.change(request, form, None)
        rows = [row for row in filled_rows(formsets[0]) if "variation" in row]
        if not rows:
            raise InvalidInput("Order at least one item, or cancel the order.")
        order = form.instance
        currency = values.get("currency", order.currency) or rows[0]["variation"].product.currency
        lines = price_lines(
            [asked_line(row) for row in rows],
            currency=currency,
            ordered_at=values.get("order_date", order.order_date),
        )
        if not change:
            given = {name: value for name, value in values.items() if value is not None}
            order = SalesOrder(**{**given, "currency": currency})
            return create_sales_order(order=order, lines=lines, acting_user=request.user)
        priced_anew = formsets[0].has_changed() or "currency" in form.changed_data
        return self.change(request, form, lines if priced_anew else None)

    def change(self, request: HttpRequest, form: Any, lines: Any) -> SalesOrder:
        return change_sales_order(
            order=form.instance,
            changes={name: form.cleaned_data[name] for name in form.changed_data},
            lines=lines,
            acting_user=request.user,
        )


def asked_line(row: dict[str, Any]) -> AskedLine:
    return AskedLine(
        row["variation"],
        row["quantity"],
        row["sale_price_per_unit"],
        row["discount_percent"] or ZERO,
    )
