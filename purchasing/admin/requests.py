"""Purchase requests in the admin site: asked for here, decided by buttons."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin import ScopedAdmin, ServiceForm
from common.admin_orders import OrderLinesInline, QuantitiesForm, plain
from common.admin_steps import Step, can_become
from common.permissions import Can
from common.second_person import may_decide
from inventory.admin.transfers import ReasonForm, wanted_lines
from inventory.models import Stock
from purchasing.models import PurchaseRequest, PurchaseRequestLine
from purchasing.services.requests import (
    approve_goods_request,
    cancel_goods_request,
    reject_goods_request,
    request_goods,
)
from warehouses.admin.filters import OwnWarehouseFilter
from warehouses.admin.initial import DefaultWarehouseMixin

Status = PurchaseRequest.Status
LABELS = {"Pending": "info", "Approved": "success", "Rejected": "danger", "Cancelled": "danger"}


class GiveOutForm(QuantitiesForm):
    """What is given of each line, beside what there is; one without a quantity is not given."""

    def __init__(self, request: PurchaseRequest, posted: Any) -> None:
        lines = list(request.lines.select_related("variation__product"))
        super().__init__(
            [(line.pk, line.variation.full_name, line.quantity) for line in lines], posted
        )
        balances = Stock.objects.filter(
            warehouse=request.warehouse_id, variation__in=[line.variation_id for line in lines]
        )
        there = {stock.variation_id: stock.available for stock in balances}
        for line in lines:
            available = there.get(line.variation_id, Decimal(0))
            self.fields[
                f"{self.prefix_of_lines}{line.pk}"
            ].help_text = f"{plain(line.quantity)} asked for, {plain(available)} available"
        self.fields["note"] = forms.CharField(
            max_length=500, required=False, widget=UnfoldAdminTextInputWidget, label="Note"
        )


def approve(
    row: PurchaseRequest, acting_user: Any, quantities: dict[int, Decimal], note: str = ""
) -> str:
    not_given = dict.fromkeys(row.lines.values_list("pk", flat=True), Decimal(0))
    approve_goods_request(
        request=row, quantities=not_given | quantities, note=note, acting_user=acting_user
    )
    return f"{row} is approved: the goods left stock."


def reject(row: PurchaseRequest, acting_user: Any, note: str) -> str:
    reject_goods_request(request=row, note=note, acting_user=acting_user)
    return f"{row} is rejected."


def cancel(row: PurchaseRequest, acting_user: Any) -> str:
    cancel_goods_request(request=row, acting_user=acting_user)
    return f"{row} is cancelled."


def is_decided_by(row: PurchaseRequest, user: Any) -> bool:
    return may_decide(row.requested_by_id, user)


class PurchaseRequestForm(ServiceForm):
    class Meta:
        model = PurchaseRequest
        fields = ["warehouse", "reason", "needed_by"]


class PurchaseRequestLineInline(OrderLinesInline):
    model = PurchaseRequestLine
    may_view = may_add = may_change = may_delete = Can.REQUEST_GOODS
    positive_fields = ("quantity",)
    readonly_fields = ["product", "quantity_approved", "unit_cost"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = ["variation", "product", "quantity"]
        return asked if obj is None else [*asked, "quantity_approved", "unit_cost"]


@admin.register(PurchaseRequest)
class PurchaseRequestAdmin(DefaultWarehouseMixin, ScopedAdmin):
    may_view = may_add = Can.REQUEST_GOODS
    form = PurchaseRequestForm
    list_display = [
        "code", "warehouse", "state", "requested_by", "needed_by", "created_at", "decided_by",
    ]  # fmt: skip
    list_filter = ["status", OwnWarehouseFilter]
    list_select_related = ["warehouse", "requested_by", "decided_by"]
    search_fields = ["code", "reason", "lines__variation__sku_code"]
    inlines = [PurchaseRequestLineInline]
    steps = (
        Step(
            name="approve", title="Approve and give out", permission=Can.DECIDE_GOODS_REQUESTS,
            run=approve, lawful=can_become(Status.APPROVED), is_for=is_decided_by,
            form=GiveOutForm, icon="thumb_up",
            explanation="The goods leave stock at once, all lines or none.",
        ),
        Step(
            name="reject", title="Reject", permission=Can.DECIDE_GOODS_REQUESTS, run=reject,
            lawful=can_become(Status.REJECTED), is_for=is_decided_by, form=ReasonForm,
            icon="thumb_down", is_final=True,
        ),
        Step(
            name="cancel", title="Take back", permission=Can.REQUEST_GOODS, run=cancel,
            lawful=can_become(Status.CANCELLED), icon="block", is_final=True,
            is_for=lambda row, user: row.requested_by_id == user.pk,
            explanation="Nobody decides it any more.",
        ),
    )  # fmt: skip

    @display(description="Status", ordering="status", label=LABELS)
    def state(self, row: PurchaseRequest) -> str:
        return row.get_status_display()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = ["warehouse", "reason", "needed_by"]
        if obj is None:
            return [(None, {"fields": asked})]
        return [
            (None, {"fields": [("code", "state"), *asked]}),
            ("People", {"fields": [
                ("requested_by", "created_at"), ("decided_by", "decided_at", "decision_note"),
            ]}),
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = [
            "code", "state", "warehouse", "reason", "needed_by", "requested_by", "created_at",
            "decided_by", "decided_at", "decision_note",
        ]  # fmt: skip
        return [] if obj is None else shown

    def text_of_line(self, line: dict[str, Any], row: Any) -> str:
        return (
            f"Line {line['line']}: {line['requested'].normalize():f} asked for, "
            f"{line['available'].normalize():f} available."
        )

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> PurchaseRequest:
        return request_goods(
            lines=wanted_lines(formsets[0]), acting_user=request.user, **form.cleaned_data
        )
