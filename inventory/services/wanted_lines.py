"""What somebody asks for line by line, and how much of it is granted: of any request for goods."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from common.exceptions import InvalidInput
from inventory.models import ProductVariation
from inventory.services.units import require_fit

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """So much of a variation, in its stock unit."""

    variation: ProductVariation
    quantity: Decimal


def require_wanted(lines: Sequence[WantedLine]) -> None:
    """Raise InvalidInput where nothing is wanted, too little, or the same thing twice."""
    errors: dict[str, list[Any]] = {} if lines else {"items": ["Name at least one item."]}
    seen: set[int] = set()
    for index, line in enumerate(lines):
        if line.quantity <= 0:
            errors[f"items.{index}.quantity"] = ["Send a quantity above 0."]
        if line.variation.pk in seen:
            sku = line.variation.sku_code
            errors[f"items.{index}.sku"] = [f"{sku} is named twice. Send one line with the sum."]
        seen.add(line.variation.pk)
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    require_fit(
        (line.variation, line.quantity, f"items.{index}.quantity")
        for index, line in enumerate(lines)
    )


def require_known(lines: Mapping[int, Any], keys: Iterable[int]) -> None:
    """Raise InvalidInput where a line is not of this document."""
    errors: dict[str, list[Any]] = {
        f"items.{index}.id": ["The document has no such line. Read it again."]
        for index, key in enumerate(keys)
        if key not in lines
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)


def granted_quantities(
    lines: Mapping[int, Any],
    quantities: Mapping[int, Decimal] | None,
    places: Mapping[int, int] | None = None,
) -> dict[int, Decimal]:
    """Return what leaves of each line, without the lines of which nothing does.

    Lines that `quantities` does not name leave whole. Raises InvalidInput naming every bad line
    by where it stands in the request: in the order of `quantities`, unless `places` say.
    """
    wanted: dict[int, Decimal] = {key: line.quantity for key, line in lines.items()}
    quantities = quantities or {}
    require_known(lines, quantities)
    errors: dict[str, list[Any]] = {}
    where = places or {key: index for index, key in enumerate(quantities)}
    fields = {key: f"items.{index}.quantity" for key, index in where.items()}
    for key, quantity in quantities.items():
        if quantity < 0:
            errors[fields[key]] = ["Send a quantity of at least 0."]
        elif quantity > wanted[key]:
            text = f"Only {wanted[key].normalize():f} were asked for. Send at most that."
            errors[fields[key]] = [text]
    leaving = {
        key: quantity for key, quantity in {**wanted, **quantities}.items() if quantity > ZERO
    }
    if not leaving and not errors:
        errors["items"] = ["Give something of at least one line, or reject the request."]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    # A line that the body leaves out may have been asked for in a former unit of its goods.
    require_fit(
        (lines[key].variation, quantity, fields.get(key, "items"))
        for key, quantity in leaving.items()
    )
    return leaving
