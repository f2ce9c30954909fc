"""The reorder list of a warehouse, to read, print and export: what to order of whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from inventory.models import ProductVariation, Stock
from purchasing.replenishment import Need, needs_of_customers, needs_of_stock
from purchasing.services.drafts import DraftLine, sort_needs
from suppliers.models import Supplier
from warehouses.models import Warehouse

ZERO = Decimal(0)
LOW, SHORT = "reorder-list", "shortage"
TITLES = {LOW: "At or below the reorder point", SHORT: "Customers wait for it"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderRow:
    """What is to be ordered of one variation for a warehouse; a reason where it cannot be.

    available, incoming, reorder_point: of its balance now; 0, 0 and None without one.
    """

    variation: ProductVariation
    needed: Decimal
    supplier: Supplier | None = None
    line: DraftLine | None = None
    reason: str = ""
    bin_location: str = ""
    available: Decimal = ZERO
    incoming: Decimal = ZERO
    reorder_point: Decimal | None = None

    @property
    def total(self) -> Decimal | None:
        return None if self.line is None else self.line.total


def reorder_rows(warehouse: Warehouse, source: str) -> list[ReorderRow]:
    """Return what is to be ordered by supplier, then what cannot be; makes no orders.

    Of what fell to its reorder point, or of what customers wait for, as drafts are made of it. The
    number of statements does not depend on the rows.
    """
    needs = (
        needs_of_customers([warehouse], None)
        if source == SHORT
        else needs_of_stock(warehouse, None)
    )
    drafts, not_ordered = sort_needs(needs)
    balances = balances_of(warehouse, needs)
    rows = [
        row_of(line.variation, line.needed, balances, supplier=draft.supplier, line=line)
        for draft in sorted(drafts, key=lambda draft: draft.supplier.code)
        for line in draft.lines
    ]
    return [
        *rows,
        *(row_of(need.variation, need.quantity, balances, need.reason) for need in not_ordered),
    ]


def balances_of(warehouse: Warehouse, needs: Sequence[Need]) -> dict[int, Stock]:
    keys = [need.variation.pk for need in needs]
    found = Stock.objects.filter(warehouse=warehouse, variation__in=keys)
    return {stock.variation_id: stock for stock in found}


def row_of(
    variation: ProductVariation,
    needed: Decimal,
    balances: dict[int, Stock],
    reason: str = "",
    *,
    supplier: Supplier | None = None,
    line: DraftLine | None = None,
) -> ReorderRow:
    stock = balances.get(variation.pk)
    return ReorderRow(
        variation=variation,
        needed=needed,
        supplier=supplier,
        line=line,
        reason=reason,
        bin_location=stock.bin_location if stock else "",
        available=stock.available if stock else ZERO,
        incoming=stock.incoming if stock else ZERO,
        reorder_point=stock.reorder_point if stock else None,
    )
