"""Files in and out in the back office: send one, read what would become of it, confirm."""

from dataclasses import fields as dataclass_fields
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

from common.admin import ScopedAdmin, allows, caller
from common.admin_steps import Step
from common.exceptions import DomainError
from common.permissions import Can
from operations.exchange.describe import columns_of
from operations.exchange.files import NAMES
from operations.exchange.jobs import PIECE, cancel_import, confirm_import, create_import
from operations.exchange.kinds import KINDS
from operations.exchange.presets import PRESETS
from operations.exchange.run import FATES
from operations.exchange.staging import Options
from operations.models import ImportJob

SHOWN, RANGES_SHOWN = 50, 12
ENCODINGS = [("", "Recognise"), ("utf-8", "UTF-8"), ("cp1252", "Windows (cp1252)")]
DECIMALS = [("", "Recognise"), (".", "Point: 1234.5"), (",", "Comma: 1234,5")]
DELIMITERS = [("", "Recognise"), *((sign, name.capitalize()) for sign, name in NAMES.items())]
DATES = [
    ("", "2026-01-31"), ("%d.%m.%Y", "31.01.2026"), ("%d/%m/%Y", "31/01/2026"),
    ("%m/%d/%Y", "01/31/2026"), ("%d-%m-%Y", "31-01-2026"), ("%Y/%m/%d", "2026/01/31"),
    ("%d.%m.%y", "31.01.26"), ("%m/%d/%y", "01/31/26"),
]  # fmt: skip
STATES = {
    "queued": "info", "running": "info", "checked": "info", "imported": "success",
    "refused": "warning", "failed": "danger", "cancelled": "warning",
}  # fmt: skip


class ImportForm(forms.Form):
    """A file, and how to read it where that cannot be recognised."""

    kind = forms.ChoiceField(label="What it holds", widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label="CSV or XLSX", widget=UnfoldAdminFileFieldWidget, allow_empty_file=True
    )
    preset = forms.ChoiceField(
        label="Column names", required=False, widget=UnfoldAdminSelectWidget,
        choices=[
            ("", "Recognise"),
            ("inventorypulse", "InventoryPulse"),
            *((name, name) for name in dict.fromkeys(preset.name for preset in PRESETS)),
        ],
    )  # fmt: skip
    encoding = forms.ChoiceField(required=False, choices=ENCODINGS, widget=UnfoldAdminSelectWidget)
    delimiter = forms.ChoiceField(
        label="Separator in CSV files",
        required=False,
        choices=DELIMITERS,
        widget=UnfoldAdminSelectWidget,
    )
    date_format = forms.ChoiceField(
        label="Dates are written", required=False, choices=DATES, widget=UnfoldAdminSelectWidget
    )
    decimal = forms.ChoiceField(
        label="Decimal mark", required=False, choices=DECIMALS, widget=UnfoldAdminSelectWidget
    )
    ignore_unknown_columns = forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget)
    allow_below_cost = forms.BooleanField(
        label="Prices below cost are meant", required=False, widget=UnfoldBooleanSwitchWidget
    )

    def __init__(self, user: Any, *sent: Any) -> None:
        super().__init__(*sent)
        kinds: Any = self.fields["kind"]
        kinds.choices = [
            (kind.name, kind.title) for kind in KINDS.values() if user.can(kind.permission)
        ]

    def options(self) -> Options:
        return Options(
            **{one.name: self.cleaned_data[one.name] for one in dataclass_fields(Options)}
        )


def confirm(row: ImportJob, acting_user: Any) -> str:
    job = confirm_import(job=row, acting_user=acting_user)
    if job.state == ImportJob.State.QUEUED:
        return f"{job} is being imported. This page tells how far it is."
    return f"{job}: {job.get_state_display().lower()}. {job.message}"


def can_be_confirmed(row: ImportJob) -> bool:
    return row.can_be_confirmed


def cancel(row: ImportJob, acting_user: Any) -> str:
    return f"{row}: {cancel_import(job=row, acting_user=acting_user).message}"


def can_be_cancelled(row: ImportJob) -> bool:
    return row.can_be_cancelled


@admin.register(ImportJob)
class ImportJobAdmin(ScopedAdmin):
    """Imports; adding one sends a file, and its page tells what would become of each row."""

    may_view = Can.POST_STOCK
    may_add = Can.POST_STOCK
    list_display = [
        "file_name", "kind_title", "state_label", "percent", "rows_read", "created_by",
        "created_at",
    ]  # fmt: skip
    list_filter = ["state", "kind", "dry_run"]
    list_select_related = ["created_by"]
    search_fields = ["file_name"]
    fields = [
        "file_name", "kind_title", "state", "percent", "message", "read_as", "created_by",
        "created_at", "finished_at",
    ]  # fmt: skip
    readonly_fields = ["kind_title", "read_as", "created_at"]
    list_before_template = "admin/exports.html"
    change_form_outer_before_template = "admin/import_progress.html"
    change_form_outer_after_template = "admin/import_report.html"
    steps = (
        Step(
            name="confirm", title="Import now", permission=Can.POST_STOCK, run=confirm,
            lawful=can_be_confirmed, icon="upload_file",
            explanation="Every row is judged anew; then all of them are imported, or none.",
        ),
        Step(
            name="cancel", title="Cancel", permission=Can.POST_STOCK, run=cancel,
            lawful=can_be_cancelled, icon="cancel", is_final=True,
            explanation="The file is dropped, and nothing of it is imported.",
        ),
    )  # fmt: skip

    def scope(self, request: HttpRequest) -> Any:
        return ImportJob.objects.visible_to(caller(request))

    @admin.display(description="holds")
    def kind_title(self, row: ImportJob) -> str:
        return KINDS[row.kind].title if row.kind in KINDS else row.kind

    @display(description="state", ordering="state", label=STATES)
    def state_label(self, row: ImportJob) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @admin.display(description="rows")
    def rows_read(self, row: ImportJob) -> str:
        totals = row.report.get("totals", {})
        return f"{totals['rows']:,}" if totals else ""

    @admin.display(description="read as")
    def read_as(self, row: ImportJob) -> str:
        names = ("format", "encoding", "delimiter", "sheet", "preset")
        found = [str(row.report.get(name)) for name in names if row.report.get(name)]
        ignored = row.report.get("ignored_columns")
        return ", ".join(found) + (f"; left out: {', '.join(ignored)}" if ignored else "")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        user = caller(request)
        shown = {"exports": [kind for kind in KINDS.values() if user.can(kind.view)]}
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for a file; judge it, and show what would become of it."""
        if not allows(request, self.may_add):
            raise PermissionDenied
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = ImportForm(request.user, *sent)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                job = create_import(
                    kind=form.cleaned_data["kind"],
                    chunks=file.chunks(PIECE),
                    file_name=file.name,
                    options=form.options(),
                    dry_run=True,
                    acting_user=request.user,
                )
            except DomainError as error:
                form.add_error("file", error.message)
            else:
                messages.info(request, "Nothing was written yet. Read the report, then confirm.")
                return HttpResponseRedirect(self.change_address(job.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Import a file",
            "form": form,
            "kinds": [
                (kind, columns_of(kind))
                for kind in KINDS.values()
                if caller(request).can(kind.permission)
            ],
        }
        return TemplateResponse(request, "admin/import.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        shown = {"job": job, **report_of(job)} if job is not None else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})


def report_of(job: ImportJob) -> dict[str, Any]:
    """Return what a report's page shows: how many rows have which fate, where, and the problems."""
    if not job.report:
        return {}
    lines = job.report["lines"]
    problems = job.report["problems"]
    further = job.report["problem_count"] - len(problems[:SHOWN])
    return {
        "groups": [
            {**group, "count": f"{group['count']:,}"} for group in job.report.get("groups", [])
        ],
        "fates": [
            (fate, f"{job.report['totals'][fate]:,}", in_words(lines.get(fate, [])))
            for fate in FATES
        ],
        "problems": problems[:SHOWN],
        "further_problems": f"{further:,}" if further else "",
    }


def in_words(ranges: list[list[int]]) -> str:
    """Say some lines as people write them: 2–5, 9."""
    shown, rest = ranges[:RANGES_SHOWN], ranges[RANGES_SHOWN:]
    texts = [str(first) if first == last else f"{first}–{last}" for first, last in shown]
    hidden = sum(last - first + 1 for first, last in rest)
    return ", ".join(texts) + (f" and {hidden:,} more lines" if hidden else "")
