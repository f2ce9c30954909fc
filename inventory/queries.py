"""Reads over the catalogue and its stock."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Round

from common.references import as_primary_key
from inventory.models import (
    Category,
    Product,
    Stock,
    TransferLine,
    TransferRequest,
)
from inventory.models.transfers import IN_TRANSIT
from warehouses.models import Warehouse
from warehouses.queries import member_warehouse

ZERO = Decimal(0)
SUBTREE = """
    WITH RECURSIVE tree AS (
        SELECT id FROM inventory_category WHERE id = ANY(%s)
        UNION
        SELECT child.id FROM inventory_category child JOIN tree ON child.parent_id = tree.id
    ) SELECT id FROM tree"""


@dataclass(frozen=True, slots=True)
class StockTotals:
    """Sums over balances, in the stock unit."""

    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    unavailable: Decimal = ZERO
    incoming: Decimal = ZERO

    @property
    def available(self) -> Decimal:
        return self.on_hand - self.reserved - self.unavailable


NO_STOCK = StockTotals()


def warehouses_counted(user: Any, reference: object = None) -> Any:
    """Return whose balances count for a user: the named warehouse, or all of their own."""
    if reference in (None, ""):
        return Warehouse.objects.member(user).values("pk")
    return [member_warehouse(reference, user).pk]


def product_totals(product_ids: Iterable[int], warehouses: Any) -> dict[int, StockTotals]:
    """Return the stock of each product over its variations, in one query."""
    return totals_by("variation__product_id", product_ids, warehouses)


def variation_totals(variation_ids: Iterable[int], warehouses: Any) -> dict[int, StockTotals]:
    """Return the stock of each variation, in one query."""
    return totals_by("variation_id", variation_ids, warehouses)


def totals_by(path: str, keys: Iterable[int], warehouses: Any) -> dict[int, StockTotals]:
    rows = (
        Stock.objects.filter(**{f"{path}__in": list(keys)}, warehouse__in=warehouses)
        .order_by()
        .values_list(path)
        .annotate(Sum("on_hand"), Sum("reserved"), Sum("unavailable"), Sum("incoming"))
    )
    totals: dict[int, StockTotals] = defaultdict(lambda: NO_STOCK)
    totals.update({key: StockTotals(*sums) for key, *sums in rows})
    return totals


def product_rows() -> QuerySet[Any]:
    """Return products with what a list row shows of default variation and primary supplier."""
    rows: QuerySet[Any] = (
        Product.objects.select_related("category__parent")
        .annotate(
            main=FilteredRelation("variations", condition=Q(variations__is_default=True)),
            main_source=FilteredRelation("sourcing", condition=Q(sourcing__is_primary=True)),
        )
        .annotate(
            sku=F("main__sku_code"),
            unit_cost=F("main__cost_price"),
            selling_price=F("main__selling_price"),
            reorder_threshold=F("main__reorder_level"),
            primary_supplier=F("main_source__supplier__code"),
        )
        .order_by("pk")
    )
    return rows


def low_products(products: QuerySet[Any], warehouses: Any) -> QuerySet[Any]:
    """Narrow product rows to those with no more available than their reorder threshold."""
    available = (
        Stock.objects.filter(variation__product=OuterRef("pk"), warehouse__in=warehouses)
        .order_by()
        .values("variation__product")
        .annotate(total=Sum(F("on_hand") - F("reserved") - F("unavailable")))
        .values("total")
    )
    total = Coalesce(Subquery(available), Value(ZERO), output_field=DecimalField())
    low: QuerySet[Any] = products.alias(total_available=total).filter(
        main__reorder_level__gte=F("total_available")
    )
    return low


def categories_named(reference: object) -> list[Category]:
    """Return the category of a code or key, or else all of a name, whatever their case."""
    text = str(reference).strip()
    key = as_primary_key(text)
    found = list(
        Category.objects.filter(
            Q(code=text.upper()) | Q(name__iexact=text) | (Q(pk=key) if key else Q())
        )
    )
    exact = [one for one in found if one.code == text.upper()]
    named = [one for one in found if one.name.upper() == text.upper()]
    return exact or named or found


def category_subtree(categories: Iterable[Category]) -> RawSQL:
    """Return the keys of categories and all below them, as a subquery."""
    return RawSQL(SUBTREE, [[category.pk for category in categories]])  # nosec B611


def in_transit_by_stock() -> QuerySet[Any, Any]:
    """Return rows of variation_id, warehouse_id and quantity: what transfers still bring."""
    return (
        lines_in_transit(TransferRequest.objects.all())
        .order_by()
        .values("variation_id", warehouse_id=F("transfer__to_warehouse_id"))
        .annotate(quantity=Sum(IN_TRANSIT))
    )


def in_transit_value(transfers: Any) -> list[dict[str, Any]]:
    """Return what is on its way to each destination: transfers, quantity, and value at cost.

    Goods in transit count in no warehouse's stock: the value of all stock is that of the
    balances plus this.
    """
    rows: QuerySet[Any, Any] = (
        lines_in_transit(transfers)
        .order_by("transfer__to_warehouse__code")
        .values(warehouse=F("transfer__to_warehouse__code"))
        .annotate(
            transfers=Count("transfer", distinct=True),
            quantity=Sum(IN_TRANSIT),
            value=Sum(Round(IN_TRANSIT * F("unit_cost"), precision=2)),
        )
    )
    return list(rows)


def lines_in_transit(transfers: Any) -> QuerySet[TransferLine]:
    """Return the lines of transfers that were shipped and have not all arrived."""
    return TransferLine.objects.filter(
        transfer__in=transfers.filter(status__in=TransferRequest.ON_THE_WAY).values("pk")
    ).exclude(quantity_shipped=0)
