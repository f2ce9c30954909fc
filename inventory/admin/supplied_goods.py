"""What a supplier sells, on its page."""

from typing import Any

from common.admin_links import link_to, link_to_list
from common.admin_orders import plain
from common.admin_tables import PageTable
from common.documents.words import unit_price
from inventory.models import Product, ProductSupplier, SupplierPrice
from suppliers.models import Supplier
from suppliers.pages import show_on_suppliers

SHOWN = 50
COLUMNS = (
    "Product", "Supplier's code", "Cost", "Pack", "Minimum", "Lead time", "",
)  # fmt: skip


@show_on_suppliers
def goods_of(supplier: Supplier, user: Any) -> list[PageTable]:
    """Show what is bought from a supplier at which terms, by the names of the goods."""
    terms = (
        ProductSupplier.objects.filter(supplier=supplier)
        .exclude(product__status=Product.Status.DISCONTINUED)
        .select_related("product")
        .order_by("product__name", "pk")
    )
    shown = list(terms[: SHOWN + 1])
    history = link_to_list(SupplierPrice, f"?q={supplier.code}", "How prices changed")
    return [
        PageTable(
            title="Goods" if len(shown) <= SHOWN else f"Goods: the first {SHOWN}",
            columns=COLUMNS,
            rows=[cells(row, supplier) for row in shown[:SHOWN]],
            empty="Nothing is bought here yet. Add the supplier on the page of a product.",
            more=history,
        )
    ]


def cells(row: ProductSupplier, supplier: Supplier) -> list[Any]:
    days = supplier.lead_time_days if row.lead_time_days is None else row.lead_time_days
    price = row.cost_per_unit
    cost = "" if price is None else f"{unit_price(price)} {supplier.currency}"
    return [
        link_to(row.product, f"{row.product.code} {row.product.name}"),
        row.supplier_product_code,
        cost,
        "" if row.pack_size is None else plain(row.pack_size),
        "" if row.min_order_quantity is None else plain(row.min_order_quantity),
        f"{days} days",
        ", ".join(words(row)),
    ]


def words(row: ProductSupplier) -> list[str]:
    told = {"primary": row.is_primary, "exclusive": row.is_exclusive, "locked": row.is_locked}
    return [word for word, holds in told.items() if holds]
