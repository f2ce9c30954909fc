"""Price lists in the back office: feeds, uploads, and what became of each list."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from common.admin import ScopedAdmin, ServiceForm, allows
from common.admin_saving import persistently
from common.admin_steps import Step
from common.exceptions import DomainError
from common.permissions import Can
from operations.admin_imports import DECIMALS, ENCODINGS
from operations.exchange.jobs import KEPT
from operations.models import PriceListRun, SupplierPriceFeed
from operations.price_lists.feeds import ask_for_feed, delete_feed, reading_of, save_feed
from operations.price_lists.reading import Reading
from operations.price_lists.runs import take_price_list
from operations.price_lists.sources import uploaded
from suppliers.models import Supplier

SHOWN = 200
FEED_FIELDS = [
    "kind", "folder", "url", "columns", "encoding", "delimiter", "decimal", "jump_percent",
    "is_active",
]  # fmt: skip
DELIMITERS = [("", "Recognise"), (",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Bar")]
STATES = {"checked": "info", "applied": "success", "refused": "warning", "failed": "danger"}


def choice(choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, choices=choices, widget=UnfoldAdminSelectWidget)


class PriceFeedForm(ServiceForm):
    """Where a supplier's lists come from; what is empty is recognised."""

    encoding = choice(ENCODINGS)
    delimiter = choice(DELIMITERS)
    decimal = choice(DECIMALS)

    class Meta:
        model = SupplierPriceFeed
        fields = ["supplier", *FEED_FIELDS]

    def clean_columns(self) -> Any:
        return self.cleaned_data["columns"] or {}


def fetch(row: SupplierPriceFeed, acting_user: Any) -> str:
    ask_for_feed(feed=row, acting_user=acting_user)
    return f"{row}: the worker looks at it. What became of its lists stands under Price lists."


@admin.register(SupplierPriceFeed)
class PriceFeedAdmin(ScopedAdmin):
    """The folder or the address that a supplier's price lists are taken from every night."""

    may_view = may_add = may_change = may_delete = Can.MANAGE_CATALOGUE
    form = PriceFeedForm
    list_display = ["supplier", "kind", "place", "jump_percent", "is_active", "looked_at"]
    list_filter = ["is_active", "kind"]
    list_select_related = ["supplier"]
    search_fields = ["supplier__code", "supplier__company_name", "folder"]
    autocomplete_fields = ["supplier"]
    fieldsets = [
        (None, {"fields": ["supplier", ("kind", "is_active"), "folder", "url"]}),
        ("How a list is read", {
            "fields": ["columns", ("encoding", "delimiter", "decimal"), "jump_percent"]
        }),
        ("History", {"fields": [("looked_at", "changed_by", "updated_at")]}),
    ]  # fmt: skip
    readonly_fields = ["looked_at", "changed_by", "updated_at"]
    steps = (
        Step(
            name="fetch", title="Look now", permission=Can.MANAGE_CATALOGUE, run=fetch,
            icon="download", explanation="Takes what is new, and tries again what was refused.",
        ),
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, *(["supplier"] if obj is not None else [])]

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> SupplierPriceFeed:
        filled = form.cleaned_data
        supplier = form.instance.supplier if change else filled["supplier"]
        values = {name: filled[name] for name in FEED_FIELDS if name in filled}
        return save_feed(supplier=supplier, values=values, acting_user=request.user)

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        delete_feed(feed=row)


class PriceListForm(forms.Form):
    """A price list; how it is read is said by the supplier's feed, if there is one."""

    supplier = forms.ModelChoiceField(
        Supplier.objects.order_by("code"), widget=UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        label="CSV or XLSX", widget=UnfoldAdminFileFieldWidget, allow_empty_file=True
    )
    in_force = forms.BooleanField(
        label="Put its terms in force", required=False, widget=UnfoldBooleanSwitchWidget
    )


@admin.register(PriceListRun)
class PriceListRunAdmin(ScopedAdmin):
    """What became of price lists; adding one checks a file or puts its terms in force."""

    may_view = may_add = Can.MANAGE_CATALOGUE
    list_display = [
        "file_name", "supplier", "state_label", "rows", "changed", "jumps", "unknown", "refused",
        "by_feed", "created_at",
    ]  # fmt: skip
    list_filter = ["state", "dry_run", "by_feed"]
    list_select_related = ["supplier"]
    search_fields = ["file_name", "supplier__code", "supplier__company_name"]
    fields = [
        "supplier", "file_name", ("state", "dry_run", "by_feed"), "message",
        ("rows", "changed", "unchanged"), ("jumps", "unknown", "refused"),
        ("created_by", "created_at"), "sha256",
    ]  # fmt: skip
    readonly_fields = ["created_at"]
    change_form_outer_after_template = "admin/price_list_report.html"

    @display(description="state", ordering="state", label=STATES)
    def state_label(self, row: PriceListRun) -> tuple[str, str]:
        return row.state, row.get_state_display()

    def scope(self, request: HttpRequest) -> Any:
        return PriceListRun.objects.defer("lines")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for a list; check it or put it in force, and show what became of each line."""
        if not allows(request, self.may_add):
            raise PermissionDenied
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = PriceListForm(*sent)
        if request.method == "POST" and form.is_valid():
            try:
                run = persistently(lambda: take_sent(form.cleaned_data, request.user))
            except DomainError as error:
                form.add_error("file", error.message)
            else:
                messages.info(request, told_of(run))
                return HttpResponseRedirect(self.change_address(run.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Take a price list",
            "form": form,
            "explanation": "All rows are taken, or none where one is refused. Without the switch "
            "nothing is written: the report says what would change.",
            "button": "Send the list",
        }
        return TemplateResponse(request, "admin/import.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        lines = run.lines if run is not None else []
        shown = {
            "run": run,
            "lines": lines[:SHOWN],
            "further_lines": len(lines) - SHOWN,
            "kept_days": KEPT.days,
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})


def take_sent(filled: dict[str, Any], user: Any) -> PriceListRun:
    supplier = filled["supplier"]
    feed = SupplierPriceFeed.objects.filter(supplier=supplier).first()
    with uploaded(filled["file"]) as path:
        return take_price_list(
            supplier=supplier,
            path=path,
            file_name=filled["file"].name,
            reading=reading_of(feed) if feed else Reading(),
            dry_run=not filled["in_force"],
            acting_user=user,
        )


def told_of(run: PriceListRun) -> str:
    if run.state == PriceListRun.State.REFUSED:
        return "Rows are refused, so nothing was changed. Correct them and send the list again."
    if run.dry_run:
        return "Checked: nothing was written. Send it with the switch on to put it in force."
    return f"The list is in force: {run.changed} changed."
