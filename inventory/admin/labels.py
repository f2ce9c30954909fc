"""Printing labels of chosen rows: a page that asks how, then the PDF."""

from collections.abc import Callable, Collection, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from common.admin import ScopedAdmin
from common.exceptions import InvalidInput
from inventory.labels.content import (
    DEFAULT_FIELDS,
    FIELDS,
    MOST_LABELS,
    MOST_LINES,
    BinLine,
    LabelLine,
    bin_sheet,
    label_sheet,
)
from inventory.labels.formats import (
    DEFAULT_FORMAT,
    FORMATS,
    LARGEST,
    SMALLEST,
    LabelFormat,
    own_size,
)
from inventory.models import ProductVariation

WORDS = {"sku": "SKU", "qr": "QR code", "lot": "Lot and expiry"}
MOST_COPIES = 1_000
SYMBOLS = ["barcode", "qr"]
OWN_SIZE = "own"


def size_field(label: str, side: int) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        min_value=SMALLEST[side],
        max_value=LARGEST[side],
        required=False,
        help_text="Only for “A size of its own”; one label a page.",
        widget=UnfoldAdminTextInputWidget,
    )


class LabelForm(forms.Form):
    """How the labels are printed."""

    label_format = forms.ChoiceField(
        label="Labels",
        choices=[
            *((name, one.title) for name, one in FORMATS.items()),
            (OWN_SIZE, "A size of its own"),
        ],
        initial=DEFAULT_FORMAT,
        widget=UnfoldAdminSelectWidget,
    )
    width = size_field("Width in mm", 0)
    height = size_field("Height in mm", 1)
    fields_shown = forms.MultipleChoiceField(
        label="What stands on them",
        choices=[(name, WORDS.get(name, name.capitalize())) for name in FIELDS],
        initial=list(DEFAULT_FIELDS),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    copies = forms.IntegerField(
        label="How many of each",
        min_value=1,
        max_value=MOST_COPIES,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    start = forms.IntegerField(
        label="First free place",
        min_value=1,
        initial=1,
        help_text="Of a sheet that was begun, counted by rows.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    border = forms.BooleanField(
        label="Lines around the labels, to try", required=False, widget=UnfoldBooleanWidget
    )

    def offer_symbols_alone(self) -> None:
        """Ask of labels that are a name and a symbol for the symbol alone."""
        shown: Any = self.fields["fields_shown"]
        shown.choices = [(name, title) for name, title in shown.choices if name in SYMBOLS]
        shown.initial = SYMBOLS[:1]

    def clean(self) -> dict[str, Any]:
        wanted = super().clean() or {}
        is_own = wanted.get("label_format") == OWN_SIZE
        for side in ("width", "height") if is_own else ():
            if side in wanted and wanted[side] is None:
                self.add_error(side, "Say how large the labels are.")
        chosen = self.format_of(wanted)
        if chosen and (wanted.get("start") or 1) > chosen.a_page:
            self.add_error("start", f"A page has {chosen.a_page} labels.")
        return wanted

    def format_of(self, wanted: dict[str, Any]) -> LabelFormat | None:
        """Return the format that was chosen, or of the size that was entered."""
        width, height = wanted.get("width"), wanted.get("height")
        if wanted.get("label_format") == OWN_SIZE and width and height:
            return own_size(width, height)
        return FORMATS.get(wanted.get("label_format", ""))


class LabelsMixin(ScopedAdmin):
    """Rows whose labels can be printed; `label_lines` says which."""

    copies_help = "Empty: one."
    of_symbols_alone: Collection[str] = ()  # actions whose labels have a name and symbols
    actions = ["print_labels"]

    def label_lines(self, rows: Any, copies: int | None) -> list[LabelLine]:
        """Return what is printed for some rows, at most one line more than may be."""
        raise NotImplementedError

    @admin.action(description="Print labels", permissions=["view"])
    def print_labels(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """Ask how, or give out the PDF."""
        return self.asked_or_printed(request, queryset, self.label_lines, "print_labels")

    def asked_or_printed(
        self, request: HttpRequest, queryset: Any, lines_of: Callable[..., Any], name: str
    ) -> HttpResponse:
        """Ask how the lines of some rows are printed, or print them, for the action `name`."""
        form = LabelForm(request.POST if "print" in request.POST else None)
        form.fields["copies"].help_text = self.copies_help
        if name in self.of_symbols_alone:
            form.offer_symbols_alone()
        if form.is_bound and form.is_valid():
            try:
                return pdf_of(lines_of(queryset, form.cleaned_data["copies"]), form)
            except InvalidInput as error:
                for texts in list(error.details.values())[:5] or [[error.message]]:
                    messages.error(request, str(texts[0]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Print labels",
            "form": form,
            "action_name": name,
            "chosen": request.POST.getlist("_selected_action"),
            "select_across": request.POST.get("select_across", "0"),
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/labels.html", context)


def pdf_of(lines: Sequence[Any], form: LabelForm) -> HttpResponse:
    """Return the sheet; raises InvalidInput where there is too much or too little to print."""
    if not lines:
        raise InvalidInput("There is nothing to print a label of.")
    number = sum(line.quantity for line in lines)
    if len(lines) > MOST_LINES or number > MOST_LABELS:
        raise InvalidInput(
            f"At most {MOST_LINES} rows and {MOST_LABELS} labels at once. Choose fewer."
        )
    wanted = form.cleaned_data
    sheet: Callable[..., bytes] = bin_sheet if isinstance(lines[0], BinLine) else label_sheet
    pdf = sheet(
        lines,
        label_format=form.format_of(wanted),
        fields=wanted["fields_shown"],
        start=wanted["start"],
        border=wanted["border"],
    )
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="labels.pdf"'},
    )


def lines_of_variations(variations: Any, copies: int | None) -> list[LabelLine]:
    found: Sequence[ProductVariation] = variations.select_related("product").order_by("pk")
    return [LabelLine(variation=one, quantity=copies or 1) for one in found[: MOST_LINES + 1]]


def pieces(quantity: Decimal) -> int:
    """Return how many labels so much of a thing gets: one for each piece that was begun."""
    return int(quantity.to_integral_value(ROUND_CEILING))
