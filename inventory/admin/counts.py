"""Stock counts in the admin site, with a page to count on."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.decorators import display

from common.admin import ServiceForm, allows
from common.admin_orders import plain
from common.admin_saving import persistently
from common.admin_steps import FileStep, Step, can_become, pdf_page
from common.exceptions import DomainError
from common.permissions import Can
from inventory.admin.count_forms import AssignForm, EntryForm, RecountForm, SubmitForm
from inventory.admin.count_lines import CountLineInline
from inventory.admin.count_plan import CountPlanMixin
from inventory.admin.transfers import OptionalNoteForm, ReasonForm
from inventory.count_lookup import entries_of
from inventory.models import StockCount, StockCountLine
from inventory.services.counts.closing import (
    approve_count,
    cancel_count,
    order_recount,
    reject_count,
    submit_count,
)
from inventory.services.counts.counters import assign_count
from inventory.services.counts.entering import enter_counted
from inventory.services.counts.opening import Scope, open_count
from warehouses.admin.filters import OwnWarehouseFilter
from warehouses.admin.initial import DefaultWarehouseMixin

Status = StockCount.Status
LABELS = {
    "Counting": "info", "Submitted": "warning", "Posted": "success", "Rejected": "danger",
    "Cancelled": "danger",
}  # fmt: skip
SHOWN_AT_ONCE = 25


def enter(row: StockCount, acting_user: Any) -> str:
    raise NotImplementedError("has a page of its own")


def sheet(row: StockCount, acting_user: Any) -> HttpResponse:
    from inventory.documents.count_sheet import (  # noqa: PLC0415 - loads the layout engine
        count_sheet_pdf,
    )

    return pdf_page(count_sheet_pdf(row.pk), f"count-sheet-{row.code}")


def submit(row: StockCount, acting_user: Any, uncounted: str = "") -> str:
    submit_count(count=row, uncounted=uncounted, acting_user=acting_user)
    return f"{row} is submitted: a manager decides."


def approve(row: StockCount, acting_user: Any, note: str = "") -> str:
    approve_count(count=row, note=note, acting_user=acting_user)
    freed = row.lines.filter(released_reservations__gt=0).count()
    told = f" Reservations of {freed} lines were released." if freed else ""
    return f"{row} is approved: its differences are posted.{told}"


def assign(row: StockCount, acting_user: Any, assigned_to: Any) -> str:
    assign_count(count=row, assigned_to=assigned_to, acting_user=acting_user)
    return f"{row} is given to {assigned_to or 'nobody in particular'}."


def recount(row: StockCount, acting_user: Any, note: str, assigned_to: Any = None) -> str:
    order_recount(count=row, note=note, assigned_to=assigned_to, acting_user=acting_user)
    return f"{row} is counted again where it differs."


def reject(row: StockCount, acting_user: Any, note: str) -> str:
    reject_count(count=row, note=note, acting_user=acting_user)
    return f"{row} is rejected: nothing is posted."


def cancel(row: StockCount, acting_user: Any, note: str = "") -> str:
    cancel_count(count=row, note=note, acting_user=acting_user)
    return f"{row} is cancelled."


def is_submitted(row: StockCount) -> bool:
    return row.status == Status.SUBMITTED


def is_counting(row: StockCount) -> bool:
    return row.status == Status.COUNTING


class CountForm(ServiceForm):
    class Meta:
        model = StockCount
        fields = [
            "warehouse", "category", "abc_class", "bins", "is_blind",
            "recount_tolerance_percent", "notes",
        ]  # fmt: skip


class GivenToMeFilter(admin.SimpleListFilter):
    """Counts that were given to who looks."""

    title = "given to"
    parameter_name = "given"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Me")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(assigned_to=request.user.pk) if self.value() == "me" else None


@admin.register(StockCount)
class StockCountAdmin(CountPlanMixin, DefaultWarehouseMixin):
    may_view = Can.VIEW_STOCK
    may_add = Can.POST_STOCK
    form = CountForm
    list_display = [
        "code", "warehouse", "counted_is", "is_blind", "state", "accuracy", "assigned_to",
        "created_by", "created_at",
    ]  # fmt: skip
    list_filter = ["status", "abc_class", "is_blind", GivenToMeFilter, OwnWarehouseFilter]
    list_select_related = ["warehouse", "category", "created_by", "assigned_to"]
    search_fields = ["code", "notes"]
    autocomplete_fields = ["category"]
    inlines = [CountLineInline]
    steps = (
        Step(
            name="enter", title="Count", permission=Can.POST_STOCK, run=enter,
            lawful=is_counting, icon="barcode_scanner",
        ),
        FileStep(
            name="sheet", title="Print", permission=Can.VIEW_STOCK, give=sheet, icon="print",
        ),
        Step(
            name="assign", title="Give to", permission=Can.POST_STOCK, run=assign,
            lawful=is_counting, form=AssignForm, icon="person_add", is_aside=True,
            explanation="They are told; others may count in it all the same.",
        ),
        Step(
            name="submit", title="Submit", permission=Can.POST_STOCK, run=submit,
            lawful=can_become(Status.SUBMITTED), form=SubmitForm, icon="send",
            explanation="Counting ends; somebody else decides.",
        ),
        Step(
            name="approve", title="Approve and post", permission=Can.DECIDE_STOCK_CORRECTIONS,
            run=approve, lawful=can_become(Status.POSTED), form=OptionalNoteForm,
            icon="thumb_up", explanation="All differences are posted in one document.",
        ),
        Step(
            name="recount", title="Count again", permission=Can.DECIDE_STOCK_CORRECTIONS,
            run=recount, lawful=is_submitted, form=RecountForm, icon="replay",
            explanation="Every line that differs is counted again.",
        ),
        Step(
            name="reject", title="Reject", permission=Can.DECIDE_STOCK_CORRECTIONS, run=reject,
            lawful=can_become(Status.REJECTED), form=ReasonForm, icon="thumb_down", is_final=True,
        ),
        Step(
            name="cancel", title="Cancel count", permission=Can.POST_STOCK, run=cancel,
            lawful=can_become(Status.CANCELLED), form=OptionalNoteForm, icon="block",
            is_final=True, explanation="Nothing is posted.",
        ),
    )  # fmt: skip

    @display(description="Status", ordering="status", label=LABELS)
    def state(self, row: StockCount) -> str:
        return row.get_status_display()

    @admin.display(description="What is counted")
    def counted_is(self, row: StockCount) -> str:
        return row.scope_in_words

    @admin.display(description="Progress")
    def progress(self, row: StockCount) -> str:
        return progress_in_words(progress_of(row))

    @admin.display(description="Accuracy")
    def accuracy(self, row: StockCount) -> str:
        if row.accuracy_percent is None:
            return "-"
        by_value = row.value_accuracy_percent
        return f"{row.accuracy_percent} % of lines" + (
            f", {by_value} % of value" if by_value is not None else ""
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": [
                "warehouse", "category", "abc_class", "bins",
                ("is_blind", "recount_tolerance_percent"), "notes",
            ]})]  # fmt: skip
        kind = ("is_blind", "recount_tolerance_percent")
        head = [("code", "state"), ("warehouse", "counted_is"), "progress", kind, "notes"]
        result = [
            ("Result", {"fields": [
                ("lines_right", "lines_counted", "uncounted"), "accuracy",
                ("value_expected", "value_difference", "value_net"),
            ]}),
        ] if obj.lines_counted else []  # fmt: skip
        return [
            (None, {"fields": head}),
            *result,
            ("People", {"fields": [
                ("created_by", "created_at"), ("assigned_to",), ("submitted_by", "submitted_at"),
                ("decided_by", "decided_at", "decision_note"),
            ]}),
        ]  # fmt: skip

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show no lines of a count that is yet to be opened: opening makes them."""
        return [] if obj is None else self.inlines

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else flatten_fieldsets(self.get_fieldsets(request, obj))

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> StockCount:
        values = dict(form.cleaned_data)
        names = ("category", "abc_class", "bins")
        scope = Scope(**{name: values.pop(name) for name in names})
        return open_count(scope=scope, acting_user=request.user, **values)

    # The page to count on

    def take_step(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        if step.name == "enter":
            return self.enter_page(request, object_id, step)
        return super().take_step(request, object_id, step)

    def enter_page(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        """Show lines to count, in the order of their bins, and a place to scan; take entries."""
        if not allows(request, step.permission):
            raise PermissionDenied
        count = self.get_object(request, object_id)
        if count is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return gone
        if not is_counting(count):
            messages.warning(request, f"{count} takes no more entries.")
            return self.to_change_page(object_id)
        term = request.GET.get("q", "").strip()[:100]
        lines = list(lines_to_count(count, term)[:SHOWN_AT_ONCE])
        if request.method != "POST":
            return self.show_entry(request, count, lines, EntryForm(lines, None), term)
        posted = {name.removeprefix("line_") for name in request.POST if name.startswith("line_")}
        keys = [int(key) for key in posted if key.isascii() and key.isdigit() and len(key) < 19]
        form = EntryForm(count.lines.filter(pk__in=keys).select_related("variation"), request.POST)
        if not form.is_valid():
            return self.show_entry(request, count, lines, form, term)
        if not self.took(request, count, form.bodies()):
            return self.show_entry(request, count, lines, form, term)
        return HttpResponseRedirect(request.get_full_path())

    def took(self, request: HttpRequest, count: StockCount, bodies: list[dict[str, Any]]) -> bool:
        """Enter what was counted and say so, or say what is wrong with it."""

        def write() -> list[StockCountLine]:
            entries = entries_of(count, bodies) if bodies else []
            return enter_counted(count=count, entries=entries, acting_user=request.user)

        try:
            lines = persistently(write)
        except DomainError as error:
            self.tell(request, error, count)
            return False
        for line in lines:
            again = " It differs: count it again." if line.needs_recount else ""
            level = messages.WARNING if again else messages.SUCCESS
            text = f"{line}: {plain(line.counted_quantity or Decimal(0))} counted.{again}"
            self.message_user(request, text, level)
        return True

    def show_entry(
        self, request: HttpRequest, count: StockCount, lines: Any, form: EntryForm, term: str
    ) -> HttpResponse:
        done = progress_of(count)
        shown = [
            {
                "line": line,
                "field": form[name] if (name := f"line_{line.pk}") in form.fields else None,
                "expected": plain(line.expected),
                "counted": None if line.counted_quantity is None else plain(line.counted_quantity),
            }
            for line in lines
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Count {count}",
            "count": count,
            "done": done,
            "percent": round(100 * done["counted"] / done["lines"]) if done["lines"] else 0,
            "shown": shown,
            "form": form,
            "term": term,
            "back": self.change_address(count.pk),
        }
        return TemplateResponse(request, "admin/count_entry.html", context)


def progress_of(count: StockCount) -> dict[str, int]:
    """Return how many lines a count has, are entered, and are to be counted again."""
    return count.lines.aggregate(
        lines=Count("pk"),
        counted=Count("pk", filter=Q(counted_quantity__isnull=False)),
        recount=Count("pk", filter=Q(needs_recount=True)),
    )


def progress_in_words(done: dict[str, int]) -> str:
    again = f", {done['recount']} to count again" if done["recount"] else ""
    return f"{done['counted']} of {done['lines']} lines{again}"


def lines_to_count(count: StockCount, term: str) -> Any:
    """Return lines that wait for a count or a recount, or all that a term finds, by bin."""
    lines = count.lines.select_related("variation__product")
    if not term:
        return lines.to_be_counted()
    return lines.filter(
        Q(variation__sku_code__icontains=term)
        | Q(variation__barcode=term)
        | Q(variation__product__name__icontains=term)
        | Q(bin_location__istartswith=term)
    )
