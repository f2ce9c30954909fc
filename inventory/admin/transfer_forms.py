"""The pages on which goods of a transfer leave and arrive: line by line, and lot by lot."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from common.admin_orders import QuantitiesTableForm, plain, quantity_field
from inventory.documents.portions import sellable_lots
from inventory.models import LotBalance, Stock, TransferLine, TransferRequest
from inventory.services.lot_change import first_expired_first_out
from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.receiving import Arrival

ZERO = Decimal(0)


class Row(NamedTuple):
    """A row of such a page: a line, or one lot of it, and what is proposed of it."""

    line: TransferLine
    lot_number: str
    words: str
    proposed: Decimal


def lot_words(lot: Any, quantity: Decimal, where: str) -> str:
    """Say which lot it is, when it expires, and how much of it is where."""
    expires = f", expires {lot.expiration_date}" if lot.expiration_date else ""
    return f"Lot {lot.lot_number}{expires}: {plain(quantity)} {where}"


class LinesByLotForm(QuantitiesTableForm):
    """Quantities of lines; of goods that track lots there is a row for each lot.

    A row is named by its line's key, that of a lot by `<line>-<lot>`.
    """

    kinds: Sequence[str] = (QuantitiesTableForm.prefix_of_lines,)

    def __init__(self, rows: dict[str, Row], posted: Any) -> None:
        super().__init__([], posted)
        self.rows = rows
        self.keys = tuple(rows)
        for key, row in rows.items():
            self.fields[f"{self.prefix_of_lines}{key}"] = quantity_field(
                label=row.line.variation.full_name, help_text=row.words, initial=plain(row.proposed)
            )

    def entered(self, filled: dict[str, Any], kind: str) -> dict[str, Any]:
        """Take the values of one kind of field out of what was filled in, by row."""
        return {key: filled.pop(f"{kind}{key}", None) for key in self.rows}


class ShipForm(LinesByLotForm):
    """What leaves of each line and lot: at first what was asked for, the first to expire.

    Who does not work at the source sees of its stock and its lots nothing.
    """

    gathered_as = "leaving"
    nothing_text = "Enter what leaves of at least one line."
    columns = ("Leaves",)
    beside = ("rest_later",)

    rest_later = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label="Ship the rest later",
        help_text="What does not leave now stands in a transfer of its own, approved already.",
    )

    def __init__(self, transfer: TransferRequest, posted: Any, user: Any) -> None:
        lines = list(transfer.lines.select_related("variation__product"))
        super().__init__(rows_to_ship(transfer, lines, posted or {}, user), posted)

    def gathered(self, filled: dict[str, Any]) -> list[Leaving]:
        """Return what leaves; a line of which nothing was entered stays where it is."""
        quantities = self.entered(filled, self.prefix_of_lines)
        leaving = [
            Leaving(line_id=row.line.pk, quantity=quantities[key], lot_number=row.lot_number)
            for key, row in self.rows.items()
            if quantities[key]
        ]
        going = {entry.line_id for entry in leaving}
        staying = {row.line.pk for row in self.rows.values()} - going
        stays = [Leaving(line_id=key, quantity=ZERO) for key in sorted(staying)]
        return [*leaving, *stays] if leaving else []


def rows_to_ship(
    transfer: TransferRequest, lines: Iterable[TransferLine], posted: Any, user: Any
) -> dict[str, Row]:
    """Return the rows from which goods leave, by key; also those that were entered before."""
    lines = list(lines)
    stocks = Stock.objects.visible_to(user).filter(
        warehouse=transfer.from_warehouse_id, variation__in=[line.variation_id for line in lines]
    )
    balances = {stock.variation_id: stock for stock in stocks}
    lots = sellable_lots(balances.values())
    gone = lots_entered(transfer, posted, user)
    rows: dict[str, Row] = {}
    for line in lines:
        stock = balances.get(line.variation_id)
        there = lots.get(stock.pk, []) if stock and line.variation.product.comes_in_lots else []
        for lot in there:
            key, words = f"{line.pk}-{lot.id}", lot_words(lot, lot.on_hand, "there")
            rows[key] = Row(line, lot.lot_number, words, ZERO)
        whole = min(line.quantity, sum((lot.on_hand for lot in there), ZERO))
        for lot, quantity in first_expired_first_out(there, whole) if whole else ():
            key = f"{line.pk}-{lot.id}"
            rows[key] = rows[key]._replace(proposed=quantity)
        if not there or f"{QuantitiesTableForm.prefix_of_lines}{line.pk}" in posted:
            rows[f"{line.pk}"] = Row(line, "", f"{plain(line.quantity)} asked for", line.quantity)
        for key, lot_number in gone.items():
            if key.split("-")[0] == str(line.pk) and key not in rows:
                rows[key] = Row(line, lot_number, f"Lot {lot_number}", ZERO)
    return rows


def lots_entered(transfer: TransferRequest, posted: Any, user: Any) -> dict[str, str]:
    """Return the numbers of lots that were entered, by row, though none of it may be there now."""
    keys = [name.removeprefix(QuantitiesTableForm.prefix_of_lines) for name in posted]
    lots = {key: part for key in keys if (part := key.partition("-")[2]).isascii()}
    known = {key: int(part) for key, part in lots.items() if part.isdigit() and len(part) < 19}
    balances = LotBalance.objects.visible_to(user).filter(
        stock__warehouse=transfer.from_warehouse_id, lot__in=known.values()
    )
    numbers = dict(balances.values_list("lot", "lot__lot_number"))
    return {key: numbers[lot] for key, lot in known.items() if lot in numbers}


class ReceiveTransferForm(LinesByLotForm):
    """What of each line or lot arrived well or damaged, and what was wrong; the rest is awaited."""

    columns = ("Arrived well", "Damaged", "What was wrong")
    kinds = ("line_", "damaged_", "wrong_")

    def __init__(self, transfer: TransferRequest, posted: Any) -> None:
        lines = transfer.lines.select_related("variation__product").prefetch_related("lots__lot")
        super().__init__(rows_to_receive(lines, posted is not None), posted)
        for key in self.keys:
            self.fields[f"damaged_{key}"] = quantity_field()
            self.fields[f"wrong_{key}"] = forms.CharField(
                max_length=500, required=False, widget=UnfoldAdminTextInputWidget
            )

    def gathered(self, filled: dict[str, Any]) -> list[Arrival]:
        """Return what arrived, of each row of which anything did."""
        well, damaged, wrong = (self.entered(filled, kind) for kind in self.kinds)
        return [
            Arrival(
                line_id=row.line.pk,
                received=well[key] or ZERO,
                damaged=damaged[key] or ZERO,
                discrepancy=wrong[key] or "",
                lot_number=row.lot_number,
            )
            for key, row in self.rows.items()
            if well[key] or damaged[key]
        ]


def rows_to_receive(lines: Iterable[TransferLine], all_of_them: bool) -> dict[str, Row]:
    """Return the rows that goods are awaited of, or all, as they may have been entered before."""
    rows: dict[str, Row] = {}
    for line in lines:
        for part in line.lots.all():
            words = lot_words(part.lot, part.quantity_in_transit, "on its way")
            if part.quantity_in_transit or all_of_them:
                key = f"{line.pk}-{part.lot_id}"
                rows[key] = Row(line, part.lot.lot_number, words, part.quantity_in_transit)
        on_its_way = line.quantity_in_transit
        if not line.lots.all() and (on_its_way or all_of_them):
            words = f"{plain(on_its_way)} on its way"
            rows[f"{line.pk}"] = Row(line, "", words, on_its_way)
    return rows
