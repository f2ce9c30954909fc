"""Purchase orders in the admin site: drafts to write, then the lawful steps as buttons."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin import ScopedAdmin
from common.admin_columns import day
from common.admin_orders import NewOrderForm, plain
from common.documents.words import money
from common.permissions import Can
from inventory.admin.attachments import AttachmentsMixin
from purchasing.admin.drafts import DraftsMixin
from purchasing.admin.filters import ApprovalFilter, DueFilter
from purchasing.admin.history import history_of
from purchasing.admin.lines import (
    ChargeInline,
    PurchaseOrderItemInline,
    charge_lines,
    is_open,
    order_lines,
)
from purchasing.admin.of_suppliers import expected_on
from purchasing.admin.steps import STEPS
from purchasing.models import PurchaseOrder
from purchasing.services.orders import (
    CHANGEABLE,
    change_purchase_order,
    create_purchase_order,
)
from suppliers.models import Supplier
from warehouses.admin.filters import OwnWarehouseFilter
from warehouses.admin.initial import DefaultWarehouseMixin

Status = PurchaseOrder.Status
DETAILS = [
    "supplier", "warehouse", "order_date", "expected_delivery_date", "actual_delivery_date",
    "currency", "tax_amount", "shipping_cost", "notes",
]  # fmt: skip
APPROVAL = [
    "approval", "approved_by", "approved_at", "approved_total", "rejected_by", "rejected_at",
    "approval_note",
]  # fmt: skip
SHOWN = [
    "state", "subtotal", "total_amount", "charges_amount", "with_charges", "created_by",
    "received_by", *APPROVAL,
]  # fmt: skip
STATUS_LABELS = {
    "Draft": "info", "Sent": "primary", "Confirmed": "primary", "Shipped": "primary",
    "Partially Received": "warning", "Received": "success", "Cancelled": "danger",
}  # fmt: skip


class PurchaseOrderForm(NewOrderForm):
    """What a new order leaves empty is made: number, dates, the supplier's currency."""

    reason = forms.CharField(
        label="Reason of the change",
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept with the amendment that this change makes.",
    )

    made_if_empty = {
        "order_number": "Empty: the next of the year.",
        "expected_delivery_date": "Empty: after the supplier's lead time.",
        "order_date": "Empty: now.",
        "currency": "Empty: the supplier's.",
        "tax_amount": "",
        "shipping_cost": "",
    }

    class Meta:
        model = PurchaseOrder
        fields = ["order_number", *DETAILS]


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(DefaultWarehouseMixin, AttachmentsMixin, DraftsMixin, ScopedAdmin):
    attachment_kind = "purchase_order"
    may_view = Can.VIEW_PURCHASE_ORDERS
    may_add = may_change = Can.MANAGE_PURCHASE_ORDERS
    form = PurchaseOrderForm
    steps = STEPS
    list_display = [
        "order_number", "supplier", "place", "state", "ordered", "expected", "total",
    ]  # fmt: skip
    list_filter = ["status", DueFilter, ApprovalFilter, OwnWarehouseFilter]
    list_select_related = ["supplier", "warehouse"]
    search_fields = ["order_number", "supplier__code", "supplier__company_name"]
    autocomplete_fields = ["supplier"]
    inlines = [PurchaseOrderItemInline, ChargeInline]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show charges once the order is there, then what happened to it."""
        if obj is None:
            return [PurchaseOrderItemInline]
        return [*self.inlines, *history_of(obj)]

    @display(description="Status", ordering="status", label=STATUS_LABELS)
    def state(self, row: PurchaseOrder) -> str:
        return row.get_status_display()

    @admin.display(description="Warehouse", ordering="warehouse__code")
    def place(self, row: PurchaseOrder) -> str:
        return row.warehouse.code

    @admin.display(ordering="order_date")
    def ordered(self, row: PurchaseOrder) -> str:
        return day(row.order_date)

    @admin.display(ordering="expected_delivery_date")
    def expected(self, row: PurchaseOrder) -> str:
        return expected_on(row)

    @admin.display(ordering="total_amount")
    def total(self, row: PurchaseOrder) -> str:
        return money(row.total_amount, row.currency)

    @display(
        description="Approval",
        label={"Approved": "success", "Rejected": "danger", "Pending": "warning"},
    )
    def approval(self, row: PurchaseOrder) -> str:
        return row.approval_status.replace("_", " ").capitalize()

    @admin.display(description="Total with charges")
    def with_charges(self, row: PurchaseOrder) -> Decimal:
        return row.committed_total

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        dates = ["order_date", "expected_delivery_date"]
        amounts = [("currency", "tax_amount", "shipping_cost"), "notes"]
        who = [("supplier", "warehouse")]
        if obj is None:
            return [(None, {"fields": ["order_number", *who, *dates, *amounts]})]
        reason = [] if obj.status == Status.DRAFT else ["reason"]
        return [
            (None, {"fields": [("order_number", "state"), *who, *dates, *reason]}),
            ("Delivery and money", {
                "fields": [
                    "actual_delivery_date", *amounts, ("subtotal", "total_amount"),
                    ("charges_amount", "with_charges"),
                ]
            }),
            ("Approval", {"fields": [
                ("approval", "approved_total"), ("approved_by", "approved_at"),
                ("rejected_by", "rejected_at"), "approval_note",
            ]}),
            ("People", {"fields": [("created_by", "received_by")]}),
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        fixed = [name for name in DETAILS if name not in CHANGEABLE[obj.status]]
        return ["order_number", *fixed, *SHOWN]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "supplier":
            kwargs["queryset"] = Supplier.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def text_of_line(self, line: dict[str, Any], row: Any) -> str:
        named = f"Line {line['position']}, {line['sku']}"
        if "kind" in line:
            return f"{line['kind']}: {line['carried']:.2f} is in stock already."
        if "most_returnable" in line:
            return f"{named}: {plain(line['most_returnable'])} may go back."
        if "most_acceptable" not in line:
            return f"{named}: {plain(line['quantity_received'])} received."
        return (
            f"{named}: {plain(line['quantity_accepted'])} accepted, "
            f"at most {plain(line['most_acceptable'])} outstanding."
        )

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> PurchaseOrder:
        values = {**form.cleaned_data}
        reason = values.pop("reason", "")
        if not change:
            given = {name: value for name, value in values.items() if value not in (None, "")}
            lines = order_lines(formsets[0])
            return create_purchase_order(lines=lines, acting_user=request.user, **given)
        has_new_lines = (
            PurchaseOrderItemInline.may_be_written(form.instance) and formsets[0].has_changed()
        )
        has_new_charges = is_open(form.instance) and formsets[1].has_changed()
        return change_purchase_order(
            order=form.instance,
            details={name: values[name] for name in form.changed_data if name in values},
            lines=order_lines(formsets[0]) if has_new_lines else None,
            charges=charge_lines(formsets[1]) if has_new_charges else None,
            reason=reason,
            acting_user=request.user,
        )
