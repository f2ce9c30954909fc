"""The page on which goods leave: how much of each line, and from where."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from common.admin_orders import QuantitiesTableForm, plain, quantity_field
from sales.availability import ZERO, LineAvailability, Offer, availability_of
from sales.models import SalesOrder, SalesOrderItem
from sales.services.line_choice import LineRequest
from warehouses.models import Warehouse


class FulfilForm(QuantitiesTableForm):
    """What leaves of each line and from where: at first from where it lies.

    A line that is to leave several warehouses has a row for each. Rows are named by the line's key,
    further ones by `<key>-<number>`.
    """

    gathered_as = "lines"
    nothing_text = "Enter what leaves of at least one line."
    columns = ("Quantity", "Ship from", "Lot")
    kinds = (QuantitiesTableForm.prefix_of_lines, "from_", "lot_")

    def __init__(self, order: SalesOrder, posted: Any, user: Any) -> None:
        super().__init__([], posted)
        self.own_place = order.warehouse.code
        places = Warehouse.objects.member(user).filter(is_active=True)
        self.places = {place.code: place for place in places}
        items = list(order.items.select_related("variation__product"))
        if not any(item.variation.product.comes_in_lots for item in items):
            self.leave_out("lot_")
        self.rows: dict[str, SalesOrderItem] = {}
        found = {line.item.pk: line for line in availability_of(order, user)}
        for item in items:
            if item.pk in found:
                self.add_rows(item, found[item.pk])
        for item in items:
            self.add_posted_rows(item, found.get(item.pk))
        self.keys = tuple(self.rows)

    def add_rows(self, item: SalesOrderItem, line: LineAvailability) -> None:
        """Propose from where a line leaves; of what is nowhere nothing is proposed."""
        proposed: list[Offer | None] = [*line.proposal] or [None]
        for number, offer in enumerate(proposed):
            key = f"{item.pk}-{number}" if number else f"{item.pk}"
            self.add_row(key, item, line, offer)

    def add_posted_rows(self, item: SalesOrderItem, line: LineAvailability | None) -> None:
        """Take rows that were entered, though nothing would be proposed like that any more."""
        for name in self.data:
            key = name.removeprefix(self.prefix_of_lines)
            if key != name and key not in self.rows and key.split("-")[0] == str(item.pk):
                self.add_row(key, item, line, None)

    def add_row(
        self, key: str, item: SalesOrderItem, line: LineAvailability | None, offer: Offer | None
    ) -> None:
        self.rows[key] = item
        variation = item.variation
        self.fields[f"line_{key}"] = quantity_field(
            label=variation.full_name,
            initial=plain(offer.quantity) if offer else None,
            help_text=outstanding_text(item, line),
        )
        self.fields[f"from_{key}"] = forms.ChoiceField(
            choices=self.choices_of(key, line),
            initial=offer.warehouse if offer else self.own_place,
            required=False,
            widget=UnfoldAdminSelectWidget,
        )
        self.fields[f"lot_{key}"] = forms.CharField(
            max_length=50,
            required=False,
            disabled=not item.variation.product.comes_in_lots,
            widget=UnfoldAdminTextInputWidget({"placeholder": lot_hint(item)}),
        )

    def choices_of(self, key: str, line: LineAvailability | None) -> list[tuple[str, str]]:
        """Return where a line lies, the order's own warehouse, and what was chosen before."""
        free = {offer.warehouse: offer.quantity for offer in (line.offers if line else ())}
        chosen = str(self.data.get(f"from_{key}") or "")
        codes = [self.own_place, *(code for code in free if free[code] > 0), chosen]
        known = dict.fromkeys(code for code in codes if code in self.places)
        return [(code, f"{code} ({plain(free.get(code, ZERO))} available)") for code in known]

    def gathered(self, filled: dict[str, Any]) -> list[LineRequest]:
        """Return what leaves, by line, place and lot."""
        requests = []
        for key, item in self.rows.items():
            quantity, place, lot = (
                filled.pop(f"{kind}{key}", None) for kind in ("line_", "from_", "lot_")
            )
            if quantity:
                requests.append(
                    LineRequest(
                        "id",
                        str(item.pk),
                        quantity,
                        lot_number=lot or "",
                        warehouse=self.places.get(place or self.own_place),
                    )
                )
        return requests


def lot_hint(item: SalesOrderItem) -> str:
    return "First to expire" if item.variation.product.comes_in_lots else ""


def outstanding_text(item: SalesOrderItem, line: LineAvailability | None) -> str:
    short = f", {plain(line.short)} of it nowhere" if line and line.short > 0 else ""
    return f"{plain(item.outstanding)} outstanding{short}"
