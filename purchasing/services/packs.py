"""Lines that are ordered in the supplier's packs, in stock units and money."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from common.exceptions import InvalidInput
from inventory.models import ProductSupplier
from inventory.services.stock_change import LARGEST_QUANTITY
from purchasing.services.landed_costs import FOUR_PLACES
from purchasing.services.order_lines import OrderLine
from suppliers.models import Supplier

MOST_PACKS = 2_147_483_647


def in_stock_units(supplier: Supplier, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Return lines whose packs are told in stock units: packs x size, at cost / size.

    The size is the one that a line has already, else the supplier's of the product; without a cost
    a pack costs what its size costs by the unit. Whether the quantity fits the unit is judged with
    all others. Raises InvalidInput where there is no size, or a quantity that disagrees.
    """
    wanted = [line for line in lines if line.packs is not None]
    if not wanted:
        return list(lines)
    offers = pack_offers(supplier, wanted)
    errors: dict[str, list[Any]] = {}
    told = []
    for index, line in enumerate(lines):
        offer = offers.get(line.variation.product_id)
        size = line.pack_size or (offer.pack_size if offer else None)
        if line.packs is None:
            told.append(line)
        elif problem := problem_of(line, size, supplier):
            errors[f"items.{index}.packs"] = [problem]
        elif size is not None:
            told.append(unpacked(line, size, offer))
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return told


def pack_offers(supplier: Supplier, lines: Sequence[OrderLine]) -> Mapping[int, ProductSupplier]:
    """Return what the supplier says of the products of these lines, where one needs it."""
    if all(line.pack_size and line.pack_cost is not None for line in lines):
        return {}
    products = {line.variation.product_id for line in lines}
    rows = ProductSupplier.objects.filter(supplier=supplier, product__in=products)
    return {row.product_id: row for row in rows}


def problem_of(line: OrderLine, size: Decimal | None, supplier: Supplier) -> str:
    """Say what is wrong with a line of packs, or nothing."""
    packs = line.packs or 0
    if size is None:
        return (
            f"{supplier.code} has no pack size for {line.variation.sku_code}. Enter it with the "
            "product's suppliers, or order in stock units."
        )
    if not 0 < packs <= MOST_PACKS or packs * size > LARGEST_QUANTITY:
        return f"Order at least 1 pack, and at most {LARGEST_QUANTITY} in stock units."
    if line.quantity_ordered and line.quantity_ordered != packs * size:
        return (
            f"{packs} packs of {size.normalize():f} are not {line.quantity_ordered.normalize():f}. "
            "Send packs or quantity_ordered."
        )
    return ""


def unpacked(line: OrderLine, size: Decimal, offer: ProductSupplier | None) -> OrderLine:
    """Return a line of packs in stock units."""
    cost = line.pack_cost
    if cost is None:
        offered = offer.cost_per_unit if offer else None
        cost = (line.variation.cost_price if offered is None else offered) * size
        cost = cost.quantize(FOUR_PLACES, ROUND_HALF_UP)
    return replace(
        line,
        quantity_ordered=(line.packs or 0) * size,
        unit_cost=(cost / size).quantize(FOUR_PLACES, ROUND_HALF_UP),
        pack_size=size,
        pack_cost=cost,
    )
