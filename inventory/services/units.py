"""In what unit a variation is counted."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Q

from common.exceptions import InvalidInput, WrongState
from inventory.models import ProductVariation, Stock, TransferRequest, UnitOfMeasure
from inventory.queries import lines_in_transit
from inventory.units import fits, misfit


def resolve_unit(columns: dict[str, Any], field: str) -> None:
    """Put the code of a unit in place of whatever name it has; raises InvalidInput on `field`.

    An empty name, as forms send it, leaves the unit as it is.
    """
    text = str(columns.pop("stock_unit", "")).strip().lower()
    if not text:
        return
    unit = UnitOfMeasure.objects.filter(Q(code__iexact=text) | Q(aliases__contains=[text])).first()
    if unit is None:
        known = ", ".join(UnitOfMeasure.objects.values_list("code", flat=True))
        wrong = f"Unknown unit. Known: {known}. An administrator or manager may add one."
        raise InvalidInput(wrong, {field: [wrong]})
    columns["stock_unit"] = unit.code


def count_in_new_unit(variation: ProductVariation, field: str = "stock_unit") -> None:
    """Let a locked variation's balances be counted in the unit that it now has.

    Raises WrongState where a quantity in stock or in transit would not fit. Locks the balances; a
    balance that is being made waits for the variation.
    """
    decimals = UnitOfMeasure.objects.get(code=variation.stock_unit).decimals
    stocks = Stock.objects.filter(variation=variation)
    locked = list(stocks.order_by("pk").select_for_update(no_key=True))
    refuse_parts_in_transit(variation, decimals, field)
    for stock in locked:
        if not all(fits(quantity, decimals) for quantity in (stock.on_hand, stock.incoming)):
            text = f"There is stock that does not fit {variation.stock_unit}. Adjust it first."
            raise WrongState(text, {field: [text]})
    stocks.exclude(quantity_decimals=decimals).update(quantity_decimals=decimals)


def refuse_parts_in_transit(variation: ProductVariation, decimals: int, field: str) -> None:
    """Raise WrongState where goods on their way to a locked balance could not be received.

    What several lines bring may fit as a whole, and each of them, or each of their lots, not.
    """
    for line in (
        lines_in_transit(TransferRequest.objects.all())
        .filter(variation=variation)
        .select_related("transfer")
        .prefetch_related("lots")
        .order_by("pk")
    ):
        parts = [line.quantity_in_transit, *(lot.quantity_in_transit for lot in line.lots.all())]
        unfit = next((quantity for quantity in parts if not fits(quantity, decimals)), None)
        if unfit is not None:
            text = (
                f"Transfer {line.transfer.code} has {unfit.normalize():f} on its way, which does "
                f"not fit {variation.stock_unit}. Receive it or close it first."
            )
            raise WrongState(text, {field: [text]})


def require_fit(lines: Iterable[tuple[ProductVariation, Decimal, str]]) -> None:
    """Raise InvalidInput naming the field of every quantity that its variation's unit forbids.

    Whole numbers fit every unit: only where there are others are units read, in one query.
    """
    broken = [line for line in lines if not fits(line[1], 0)]
    if not broken:
        return
    units = {variation.stock_unit for variation, _, _ in broken}
    rows = UnitOfMeasure.objects.filter(code__in=units)
    decimals = dict(rows.values_list("code", "decimals"))
    errors: dict[str, list[Any]] = {}
    for variation, quantity, field in broken:
        if not fits(quantity, decimals.get(variation.stock_unit, 3)):
            text = misfit(quantity, variation.sku_code, decimals[variation.stock_unit])
            errors[field] = [text]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
