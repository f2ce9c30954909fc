"""What leaves of a transfer: how much of which line, and of which lot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from common.exceptions import InvalidInput
from inventory.exceptions import InsufficientStock
from inventory.models import TransferLine
from inventory.services.wanted_lines import granted_quantities, require_known

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """So much of a line leaves, in the stock unit; nothing of it stays at the source with 0.

    Of goods that track lots it may name the lot, and the line be named once for each; without a
    lot the first to expire leave.
    """

    line_id: int
    quantity: Decimal
    lot_number: str = ""


class Portion(NamedTuple):
    """A quantity of a line that leaves, of one lot where it was chosen; of the `place`-th entry."""

    line: TransferLine
    quantity: Decimal
    lot_number: str
    place: int


def portions_of(
    lines: Mapping[int, TransferLine], leaving: Sequence[Leaving] | None
) -> list[Portion]:
    """Return what leaves of which line: chosen lots first, so that the rest takes none of them.

    Lines that `leaving` does not name leave whole. Raises InvalidInput naming every bad entry.
    """
    entries = leaving or ()
    require_known(lines, [entry.line_id for entry in entries])
    totals: dict[int, Decimal] = {}
    places: dict[int, int] = {}
    for index, entry in enumerate(entries):
        totals[entry.line_id] = totals.get(entry.line_id, ZERO) + entry.quantity
        places.setdefault(entry.line_id, index)
    require_entries(lines, entries)
    granted = granted_quantities(lines, totals, places)
    portions = [
        Portion(lines[entry.line_id], entry.quantity, entry.lot_number, index)
        for index, entry in enumerate(entries)
        if entry.quantity
    ]
    portions += [
        Portion(lines[key], quantity, "", position)
        for position, (key, quantity) in enumerate(granted.items())
        if key not in totals
    ]
    return sorted(portions, key=lambda portion: not portion.lot_number)


def require_entries(lines: Mapping[int, TransferLine], entries: Sequence[Leaving]) -> None:
    """Raise InvalidInput where a line or a lot of it is named twice, or goods have no lots."""
    errors: dict[str, list[Any]] = {}
    seen: set[tuple[int, str]] = set()
    for index, entry in enumerate(entries):
        product = lines[entry.line_id].variation.product
        if entry.quantity < 0:
            errors[f"items.{index}.quantity"] = ["Send a quantity of at least 0."]
        if entry.lot_number and not product.comes_in_lots:
            text = f"{lines[entry.line_id].variation} is not tracked by lot. Leave the lot out."
            errors[f"items.{index}.lot_number"] = [text]
        if (entry.line_id, entry.lot_number) in seen:
            errors[f"items.{index}"] = ["This line is named twice. Send the sum."]
        seen.add((entry.line_id, entry.lot_number))
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)


def name_short_lines(error: InsufficientStock, portions: Sequence[Portion]) -> None:
    """Let a refusal speak of the transfer's lines by their number, as people know them.

    Each portion is two changes of the posting: out of the source, and on its way.
    """
    for short in error.details["lines"]:
        short["line"] = portions[short["line"] // 2].line.position
