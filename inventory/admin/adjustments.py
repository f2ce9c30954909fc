"""Adjustments in the admin site."""

from typing import Any

from django.contrib import admin
from django.core.validators import MinValueValidator
from django.http import HttpRequest
from unfold.decorators import display

from common.admin import ServiceForm
from common.admin_orders import OrderLinesInline
from common.admin_saving import filled_rows
from common.admin_steps import Step, can_become
from common.permissions import Can
from inventory.admin.transfers import OptionalNoteForm, ReasonForm
from inventory.models import AdjustmentLine, AdjustmentRequest
from inventory.services.adjustments import (
    Correction,
    approve_adjustment,
    cancel_adjustment,
    reject_adjustment,
    request_adjustment,
)
from warehouses.admin.filters import OwnWarehouseFilter
from warehouses.admin.initial import DefaultWarehouseMixin

Status = AdjustmentRequest.Status
LABELS = {"Pending": "info", "Posted": "success", "Rejected": "danger", "Cancelled": "danger"}


def approve(row: AdjustmentRequest, acting_user: Any, note: str = "") -> str:
    approve_adjustment(adjustment=row, note=note, acting_user=acting_user)
    return f"{row} is approved and posted."


def reject(row: AdjustmentRequest, acting_user: Any, note: str) -> str:
    reject_adjustment(adjustment=row, note=note, acting_user=acting_user)
    return f"{row} is rejected."


def cancel(row: AdjustmentRequest, acting_user: Any) -> str:
    cancel_adjustment(adjustment=row, acting_user=acting_user)
    return f"{row} is cancelled."


class AdjustmentForm(ServiceForm):
    class Meta:
        model = AdjustmentRequest
        fields = ["warehouse", "notes"]


class AdjustmentLineInline(OrderLinesInline):
    model = AdjustmentLine
    may_view = Can.VIEW_STOCK
    may_add = may_change = may_delete = Can.POST_STOCK
    readonly_fields = ["product", "released_reservations"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "quantity":  # a correction goes either way
            field.min_value = -field.max_value
            field.validators = [
                one for one in field.validators if not isinstance(one, MinValueValidator)
            ]
            field.widget.attrs.pop("min", None)
            field.help_text = "Negative: goods that are gone."
        return field

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = [
            "variation", "product", "quantity", "reason_code", "reason_description", "unit_cost",
            "bin_location", "lot_number", "expiration_date",
        ]  # fmt: skip
        return asked if obj is None else [*asked, "released_reservations"]


@admin.register(AdjustmentRequest)
class AdjustmentRequestAdmin(DefaultWarehouseMixin):
    may_view = Can.VIEW_STOCK
    may_add = Can.POST_STOCK
    form = AdjustmentForm
    list_display = ["code", "warehouse", "state", "value", "requested_by", "created_at", "notes"]
    list_filter = ["status", OwnWarehouseFilter]
    list_select_related = ["warehouse", "requested_by"]
    search_fields = ["code", "notes", "lines__variation__sku_code"]
    inlines = [AdjustmentLineInline]
    steps = (
        Step(
            name="approve", title="Approve and post", permission=Can.DECIDE_STOCK_CORRECTIONS,
            run=approve, lawful=can_become(Status.POSTED), form=OptionalNoteForm,
            icon="thumb_up", explanation="Stock changes at once; reserved goods may be released.",
        ),
        Step(
            name="reject", title="Reject", permission=Can.DECIDE_STOCK_CORRECTIONS, run=reject,
            lawful=can_become(Status.REJECTED), form=ReasonForm, icon="thumb_down", is_final=True,
        ),
        Step(
            name="cancel", title="Take back", permission=Can.POST_STOCK, run=cancel,
            lawful=can_become(Status.CANCELLED), icon="block", is_final=True,
        ),
    )  # fmt: skip

    @display(description="Status", ordering="status", label=LABELS)
    def state(self, row: AdjustmentRequest) -> str:
        return row.get_status_display()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["warehouse", "notes"]})]
        return [
            (None, {"fields": [("code", "state", "value"), "warehouse", "notes"]}),
            ("People", {"fields": [
                ("requested_by", "created_at"), ("decided_by", "decided_at", "decision_note"),
                "posted_at",
            ]}),
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = [
            "code", "state", "value", "warehouse", "notes", "requested_by", "created_at",
            "decided_by", "decided_at", "decision_note", "posted_at",
        ]  # fmt: skip
        return [] if obj is None else shown

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> AdjustmentRequest:
        names = (
            "variation", "quantity", "reason_code", "reason_description", "unit_cost",
            "bin_location", "lot_number", "expiration_date",
        )  # fmt: skip
        return request_adjustment(
            corrections=[
                Correction(**{name: row[name] for name in names})
                for row in filled_rows(formsets[0])
                if "variation" in row
            ],
            acting_user=request.user,
            **form.cleaned_data,
        )
