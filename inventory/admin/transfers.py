"""Transfers in the admin site: asked for here, then the lawful steps as buttons."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from common.admin import ScopedAdmin, ServiceForm
from common.admin_columns import UNIT_COST_PLACES, quantity_column, written
from common.admin_links import link_to, with_link
from common.admin_orders import (
    OrderLinesInline,
)
from common.admin_saving import filled_rows
from common.admin_steps import FileStep, Step, can_become, pdf_page
from common.permissions import Can
from inventory.admin.transfer_forms import ReceiveTransferForm, ShipForm
from inventory.models import TransferLine, TransferRequest
from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.receiving import (
    Arrival,
    cancel_transfer,
    close_transfer,
    receive_transfer,
)
from inventory.services.transfers.requests import (
    approve_transfer,
    reject_transfer,
    request_transfer,
)
from inventory.services.transfers.shipping import ship_transfer
from inventory.services.wanted_lines import WantedLine
from warehouses.models import Membership, Warehouse

Status = TransferRequest.Status
LABELS = {
    "Pending": "info", "Approved": "primary", "Rejected": "danger", "In Transit": "warning",
    "Partially Received": "warning", "Received": "success", "Closed": "success",
    "Cancelled": "danger",
}  # fmt: skip


class ReasonForm(forms.Form):
    """Why: asked for by steps that somebody wants explained."""

    note = forms.CharField(max_length=500, widget=UnfoldAdminTextInputWidget, label="Why")

    def __init__(self, row: Any, posted: Any) -> None:
        super().__init__(posted)


class OptionalNoteForm(ReasonForm):
    note = forms.CharField(
        max_length=500, required=False, widget=UnfoldAdminTextInputWidget, label="Note"
    )


class ApproveTransferForm(OptionalNoteForm):
    ship = forms.BooleanField(
        required=False, initial=True, widget=UnfoldBooleanSwitchWidget, label="Ship at once",
        help_text="Off: the people of the source ship it later.",
    )  # fmt: skip


class CloseTransferForm(ReasonForm):
    outcome = forms.ChoiceField(
        choices=[("lost", "Lost: write it off"), ("returned", "Went back to the source")],
        widget=UnfoldAdminSelectWidget, label="What did not arrive",
    )  # fmt: skip


def wanted_lines(formset: Any) -> list[WantedLine]:
    """Return the goods that somebody asks for on a page."""
    return [
        WantedLine(variation=row["variation"], quantity=row["quantity"])
        for row in filled_rows(formset)
        if "variation" in row
    ]


def approve(row: TransferRequest, acting_user: Any, note: str = "", ship: bool = False) -> str:
    approve_transfer(transfer=row, note=note, ship=ship, acting_user=acting_user)
    return f"{row} is approved" + (" and on its way." if ship else ": the source may ship it.")


def reject(row: TransferRequest, acting_user: Any, note: str) -> str:
    reject_transfer(transfer=row, note=note, acting_user=acting_user)
    return f"{row} is rejected."


def ship(
    row: TransferRequest, acting_user: Any, leaving: list[Leaving], rest_later: bool = False
) -> str:
    ship_transfer(transfer=row, leaving=leaving, rest_later=rest_later, acting_user=acting_user)
    rest = TransferRequest.objects.filter(follows=row).first()
    told = with_link("; the rest is {}.", rest) if rest else "."
    return format_html("{} is on its way{}", row, told)


def receive(row: TransferRequest, acting_user: Any, quantities: list[Arrival]) -> str:
    receive_transfer(transfer=row, arrivals=quantities, acting_user=acting_user)
    return f"{row}: the goods are in stock."


def note(row: TransferRequest, acting_user: Any) -> HttpResponse:
    from inventory.documents.transfer_note import (  # noqa: PLC0415 - loads the layout engine
        transfer_note_pdf,
    )

    return pdf_page(transfer_note_pdf(row.pk, acting_user), f"transfer-{row.code}")


def close(row: TransferRequest, acting_user: Any, note: str, outcome: str) -> str:
    close_transfer(transfer=row, is_lost=outcome == "lost", note=note, acting_user=acting_user)
    return f"{row} is closed."


def cancel(row: TransferRequest, acting_user: Any, note: str = "") -> str:
    cancel_transfer(transfer=row, note=note, acting_user=acting_user)
    return f"{row} is cancelled."


def moves_goods(row: TransferRequest) -> bool:
    return row.moves_goods


def rest_of(row: TransferRequest) -> list[str]:
    """Return the fields that lead from a transfer to the one of its rest, and back."""
    followed = ["followed"] if hasattr(row, "followed_by") else []
    return [*(["follows"] if row.follows_id else []), *followed]


class TransferForm(ServiceForm):
    class Meta:
        model = TransferRequest
        fields = ["from_warehouse", "to_warehouse", "auto_receive", "notes"]


class TransferLineInline(OrderLinesInline):
    model = TransferLine
    may_view = Can.VIEW_STOCK
    may_add = may_change = may_delete = Can.REQUEST_TRANSFERS
    positive_fields = ("quantity",)
    hide_title = True
    readonly_fields = [
        "product", "asked_for", "shipped", "received", "damaged", "lost", "went_back",
        "in_transit", "cost", "discrepancy",
    ]  # fmt: skip

    asked_for = quantity_column("quantity", "Asked for")
    shipped = quantity_column("quantity_shipped", "Shipped")
    received = quantity_column("quantity_received", "Received")
    damaged = quantity_column("quantity_damaged", "Damaged")
    lost = quantity_column("quantity_lost", "Lost")
    went_back = quantity_column("quantity_returned", "Went back")
    in_transit = quantity_column("quantity_in_transit", "On its way")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ["variation", "product", "quantity"]
        return ["variation", *self.readonly_fields]

    @admin.display(description="Unit cost")
    def cost(self, row: TransferLine) -> str:
        return "" if row.unit_cost is None else written(row.unit_cost, UNIT_COST_PLACES)


class WaitingTransferFilter(admin.SimpleListFilter):
    """Transfers that wait for somebody: to be decided, shipped, or received where one works."""

    title = "waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("decision", "For a decision"), ("shipping", "To be shipped"),
            ("arrival", "On its way here"),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        found = {"decision": to_decide, "shipping": to_ship, "arrival": to_receive}
        chosen = found.get(self.value() or "")
        return chosen(queryset, request.user) if chosen else None


def own_keys(user: Any) -> Any:
    if user.can(Can.SEE_ALL_WAREHOUSES):
        return Warehouse.objects.values("pk")
    return Membership.objects.filter(user_id=user.pk).values("warehouse_id")


def to_decide(transfers: Any, user: Any) -> Any:
    return transfers.filter(status=Status.PENDING)


def to_ship(transfers: Any, user: Any) -> Any:
    return transfers.filter(status=Status.APPROVED, from_warehouse__in=own_keys(user))


def to_receive(transfers: Any, user: Any) -> Any:
    on_the_way = Q(status__in=TransferRequest.ON_THE_WAY)
    return transfers.filter(on_the_way, to_warehouse__in=own_keys(user))


@admin.register(TransferRequest)
class TransferRequestAdmin(ScopedAdmin):
    may_view = Can.VIEW_STOCK
    may_add = Can.REQUEST_TRANSFERS
    form = TransferForm
    list_display = [
        "code", "from_warehouse", "to_warehouse", "state", "requested_by", "created_at",
        "shipped_at", "received_at",
    ]  # fmt: skip
    list_filter = ["status", WaitingTransferFilter]
    list_select_related = ["from_warehouse", "to_warehouse", "requested_by"]
    search_fields = ["code", "notes", "lines__variation__sku_code"]
    inlines = [TransferLineInline]
    steps = (
        FileStep(
            name="note", title="Print", permission=Can.VIEW_STOCK, give=note, icon="print",
            lawful=moves_goods,
        ),
        Step(
            name="approve", title="Approve", permission=Can.DECIDE_TRANSFERS, run=approve,
            lawful=can_become(Status.APPROVED), form=ApproveTransferForm, icon="thumb_up",
            explanation="What leaves the source is in transit until the destination receives it.",
        ),
        Step(
            name="reject", title="Reject", permission=Can.DECIDE_TRANSFERS, run=reject,
            lawful=can_become(Status.REJECTED), form=ReasonForm, icon="thumb_down", is_final=True,
        ),
        Step(
            name="ship", title="Ship", permission=Can.POST_STOCK, run=ship, own_form=ShipForm,
            lawful=can_become(Status.IN_TRANSIT), icon="local_shipping",
            explanation="What leaves the source, and of which lot; enter less where less leaves.",
        ),
        Step(
            name="receive", title="Receive", permission=Can.POST_STOCK, run=receive,
            lawful=can_become(Status.RECEIVED), form=ReceiveTransferForm, icon="inventory",
            explanation="What arrived of each line; the rest stays in transit.",
        ),
        Step(
            name="close", title="Close", permission=Can.DECIDE_STOCK_CORRECTIONS, run=close,
            lawful=can_become(Status.CLOSED), form=CloseTransferForm, icon="lock", is_final=True,
            explanation="The rest will not arrive: it is lost, or back at the source.",
        ),
        Step(
            name="cancel", title="Cancel transfer", permission=Can.REQUEST_TRANSFERS, run=cancel,
            lawful=can_become(Status.CANCELLED), form=OptionalNoteForm, icon="block",
            is_final=True, explanation="Goods on their way go back to the source.",
        ),
    )  # fmt: skip

    @admin.display(description="Rest goes with")
    def followed(self, row: TransferRequest) -> Any:
        return link_to(row.followed_by)

    @display(description="Status", ordering="status", label=LABELS)
    def state(self, row: TransferRequest) -> str:
        return row.get_status_display()

    @admin.display(description="Value in transit")
    def value_in_transit(self, row: TransferRequest) -> Decimal:
        return sum((line.value_in_transit for line in row.lines.all()), Decimal(0))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = [("from_warehouse", "to_warehouse"), "auto_receive", "notes"]
        if obj is None:
            return [(None, {"fields": asked})]
        return [
            (None, {"fields": [("code", "state", "value_in_transit"), *asked, *rest_of(obj)]}),
            ("Chain of custody", {"fields": [
                ("requested_by", "created_at"), ("decided_by", "decided_at", "decision_note"),
                ("shipped_by", "shipped_at"), ("received_by", "received_at"),
                ("closed_by", "closed_at", "closing_note"),
            ]}),
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else flatten_fieldsets(self.get_fieldsets(request, obj))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("from_warehouse", "to_warehouse"):  # one of the two is one's own
            kwargs["queryset"] = Warehouse.objects.filter(is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> TransferRequest:
        return request_transfer(
            lines=wanted_lines(formsets[0]), acting_user=request.user, **form.cleaned_data
        )
