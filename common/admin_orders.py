"""What the pages of purchase and sales orders share."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from common.admin import LARGEST_QUANTITY, ScopedInline, ServiceForm
from common.admin_columns import plain as plain


def told(quantity: Decimal | None) -> str:
    """Write a quantity of which there is something."""
    return plain(quantity) if quantity else ""


def quantity_field(**options: Any) -> forms.DecimalField:
    """Return a field for a quantity, which may be left empty."""
    return forms.DecimalField(
        min_value=0,
        max_value=LARGEST_QUANTITY,
        max_digits=11,
        decimal_places=3,
        required=False,
        widget=UnfoldAdminDecimalFieldWidget,
        **options,
    )


class NewOrderForm(ServiceForm):
    """An order of which new ones may leave fields empty: `made_if_empty` says what is made then."""

    made_if_empty: Mapping[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            return
        for name in self.made_if_empty.keys() & self.fields.keys():
            self.fields[name].required = False
            self.fields[name].help_text = self.made_if_empty[name]
        if "currency" in self.fields:
            self.fields["currency"].initial = self.initial["currency"] = ""


class QuantitiesForm(forms.Form):
    """A quantity of each line of an order, at first all that is outstanding."""

    prefix_of_lines = "line_"
    gathered_as = "quantities"
    nothing_text = "Enter a quantity of at least one line."

    def __init__(self, lines: Iterable[tuple[int, str, Decimal]], posted: Any) -> None:
        super().__init__(posted)
        for key, label, outstanding in lines:
            self.fields[f"{self.prefix_of_lines}{key}"] = quantity_field(
                label=label,
                initial=plain(outstanding),
                help_text=f"{plain(outstanding)} outstanding",
            )

    def clean(self) -> dict[str, Any]:
        """Gather what was entered of the lines; one of them must have something."""
        filled = super().clean() or {}
        chosen = self.gathered(filled)
        if not chosen and not self.errors:
            raise forms.ValidationError(self.nothing_text)
        return {**filled, self.gathered_as: chosen}

    def gathered(self, filled: dict[str, Any]) -> Any:
        """Return the quantities above 0, by the key of their line."""
        quantities = self.taken(filled, self.prefix_of_lines)
        return {key: quantity for key, quantity in quantities.items() if quantity}

    def taken(self, filled: dict[str, Any], prefix: str) -> dict[int, Any]:
        """Take the values of one kind of field out of what was filled in, by line."""
        names = [name for name in filled if name.startswith(prefix)]
        return {int(name[len(prefix) :]): filled.pop(name) for name in names}


class QuantitiesTableForm(QuantitiesForm):
    """Fields of some `kinds` for each line of `keys`, side by side; those `beside` stand apart."""

    columns: Sequence[str] = ()
    kinds: Sequence[str] = ()
    beside: Sequence[str] = ()
    keys: Sequence[Any] = ()

    def leave_out(self, *kinds: str) -> None:
        """Show no columns for these kinds of fields; what is posted of them counts all the same."""
        shown = [
            pair for pair in zip(self.kinds, self.columns, strict=True) if pair[0] not in kinds
        ]
        self.kinds = [kind for kind, _ in shown]
        self.columns = [column for _, column in shown]

    @property
    def table(self) -> list[tuple[Any, list[Any]]]:
        """Return the fields of each line, after the first of them, which names the line."""
        rows = [[self[f"{kind}{key}"] for kind in self.kinds] for key in self.keys]
        for row in rows:
            for column, field in zip(self.columns, row, strict=True):
                spoken = f"{column}: {row[0].label} {row[0].help_text}"
                field.field.widget.attrs["aria-label"] = spoken.strip()
        return [(row[0], row) for row in rows]

    @property
    def beside_the_table(self) -> list[Any]:
        return [self[name] for name in self.beside]


class OrderLinesInline(ScopedInline):
    """The lines of an order, which may be written as long as the order is in `written_in`.

    A long order's are shown in pages and written elsewhere: a form of all its lines would be
    heavier than browsers bear, and more fields than a request may have.
    """

    written_in = ""
    most_written = 500
    rows_read = 50
    template_before = "admin/long_order.html"
    autocomplete_fields = ["variation"]
    verbose_name = "line"

    @classmethod
    def may_be_written(cls, order: Any) -> bool:
        return order is None or (order.status == cls.written_in and not cls.is_long(order))

    @classmethod
    def is_long(cls, order: Any) -> bool:
        """Say whether an order has more lines than are written on a page; asked once an order."""
        if not hasattr(order, "is_long"):
            lines = cls.model._default_manager.filter(order=order)
            order.is_long = lines.order_by()[: cls.most_written + 1].count() > cls.most_written
        return bool(order.is_long)

    def rows_a_page(self, request: HttpRequest, obj: Any) -> int | None:
        if self.has_change_permission(request, obj) or obj is None:
            return None
        return self.rows_read

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Show an empty line on the page of a new order."""
        return 1 if obj is None else 0

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the ways from a line to other pages, which take its room."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = getattr(field, "widget", None)
        if isinstance(widget, RelatedFieldWidgetWrapper):
            field.widget = widget.widget
        return field

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("variation__product")

    @admin.display(description="")
    def number(self, row: Any) -> Any:
        return row.position or ""

    @admin.display
    def product(self, row: Any) -> str:
        return row.variation.product.name if row.variation_id else ""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_be_written(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_be_written(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_be_written(obj) and super().has_delete_permission(request, obj)
