"""From whom a product is bought: one place that chooses, by hand or by the company's rule.

Whoever makes orders out of needs (of a shortage, a reorder list, suggestions) asks here.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from common.models import CompanySettings
from inventory.models import ProductSupplier, ProductVariation
from suppliers.models import Supplier, SupplierStanding

Rule = CompanySettings.SupplierRule


def offers() -> Any:
    """Return what suppliers offer, with what the choice among them needs."""
    return ProductSupplier.objects.select_related("product", "supplier__standing")


def preferred_supplier(variation: ProductVariation) -> ProductSupplier | None:
    """Return from whom, and at which terms, a variation is to be bought; see preferred_offer."""
    return preferred_suppliers([variation.product_id]).get(variation.product_id)


def preferred_suppliers(product_ids: Iterable[int]) -> dict[int, ProductSupplier | None]:
    """Return from whom to buy each product that somebody supplies; two queries.

    None where a product has only suppliers that may not be chosen.
    """
    by_product: dict[int, list[ProductSupplier]] = defaultdict(list)
    for offer in offers().filter(product__in=set(product_ids)):
        by_product[offer.product_id].append(offer)
    rule = rule_in_force()
    return {key: preferred_offer(rows, rule) for key, rows in by_product.items()}


def rule_in_force() -> str:
    """Return by what the company chooses suppliers; one query, which writes nothing."""
    settings = CompanySettings.objects.filter(pk=CompanySettings.ONLY)
    chosen = settings.values_list("preferred_supplier_rule", flat=True).first()
    return chosen or Rule.MANUAL


def preferred_offer(rows: Iterable[ProductSupplier], rule: str) -> ProductSupplier | None:
    """Return the offer to buy at out of those of one product, as a rule chooses; None for none.

    Suppliers that are not active are never chosen. An exclusive one is the only choice, else a
    locked one. Otherwise the best by the rule: `manual`, the primary one; `cheapest`, the lowest
    cost per unit among offers in the product's currency (there are no rates for others);
    `most_reliable`, the highest reliability of the last year; `fastest`, the shortest lead time,
    as measured over the last year, else as agreed. Offers without the figure come last; among
    equals the primary one comes first, then suppliers that are preferred in general, then the
    older offer.
    """
    rows = list(rows)
    exclusive = [row for row in rows if row.is_exclusive]
    locked = [row for row in rows if row.is_locked]
    active = [
        row for row in exclusive or locked or rows if row.supplier.status == Supplier.Status.ACTIVE
    ]
    return min(active, key=lambda row: ranked(row, FIGURES[Rule(rule)](row)), default=None)


def ranked(row: ProductSupplier, figure: Decimal | None) -> tuple[Any, ...]:
    """Return what offers are sorted by, the best first."""
    return (
        figure is None,
        figure or Decimal(0),
        not row.is_primary,
        not row.supplier.preferred,
        row.pk,
    )


def by_hand(row: ProductSupplier) -> Decimal | None:
    """Return nothing: whom people chose comes first among equals."""
    return None


def cost(row: ProductSupplier) -> Decimal | None:
    return row.cost_per_unit if row.supplier.currency == row.product.currency else None


def unreliability(row: ProductSupplier) -> Decimal | None:
    standing = standing_of(row)
    if standing is None or standing.reliability_score is None:
        return None
    return -standing.reliability_score


def lead_time(row: ProductSupplier) -> Decimal:
    standing = standing_of(row)
    if standing is not None and standing.average_lead_time_days is not None:
        measured: Decimal = standing.average_lead_time_days
        return measured
    return Decimal(row.lead_time_days or row.supplier.lead_time_days)


def standing_of(row: ProductSupplier) -> SupplierStanding | None:
    return getattr(row.supplier, "standing", None)


FIGURES = {
    Rule.MANUAL: by_hand,
    Rule.CHEAPEST: cost,
    Rule.MOST_RELIABLE: unreliability,
    Rule.FASTEST: lead_time,
}
