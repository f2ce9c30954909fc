"""The catalogue that an order log needs: made where it is missing, left alone where it is not."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.db import transaction

from inventory.models import Product, ProductSupplier, ProductVariation, SupplierPrice
from inventory.services.terms import terms_from
from operations.order_import.exceptions import CannotImport
from operations.order_import.options import ImportOptions
from operations.order_import.plan import GoodsPlan, ReplayPlan
from suppliers.models import Supplier
from warehouses.models import Warehouse

SUPPLIER_CODE = "ORDER-LOG"
FOUR_PLACES = Decimal("0.0001")
ROWS_A_STATEMENT = 1_000


class Goods(NamedTuple):
    """What a SKU of the log is here, and what a unit of it costs."""

    variation: ProductVariation
    unit_cost: Decimal


@transaction.atomic
def make_warehouse(code: str) -> Warehouse:
    """Return the warehouse of a code, else the company's default or first one; make a missing one.

    The first warehouse of a company becomes its default. Raises CannotImport on a closed one.
    """
    warehouses = Warehouse.objects.select_for_update(no_key=True)
    found = warehouses.filter(code=code) if code else warehouses.order_by("-is_default", "pk")
    warehouse: Warehouse | None = found.first()
    if warehouse is None:
        warehouse = Warehouse(
            code=code or "WH001",
            name=f"Warehouse {code}" if code else "Main warehouse",
            is_default=not Warehouse.objects.filter(is_default=True).exists(),
        )
        warehouse.full_clean()
        warehouse.save(force_insert=True)
    if not warehouse.is_active:
        raise CannotImport(f"Warehouse {warehouse.code} is closed. Name another: --warehouse CODE.")
    return warehouse


def make_supplier(options: ImportOptions) -> Supplier:
    """Return the supplier that stands for all those whom the log does not name."""
    supplier, _ = Supplier.objects.get_or_create(
        code=SUPPLIER_CODE,
        defaults={
            "company_name": "Supplier of imported order logs",
            "currency": options.currency,
            "lead_time_days": 7,
        },
    )
    return supplier


@transaction.atomic
def make_goods(
    plan: ReplayPlan, options: ImportOptions, supplier: Supplier, acting_user: Any
) -> dict[str, Goods]:
    """Return the goods of each SKU; products, variations and sourcing are made where missing.

    A SKU is a variation's, else the code of a product, whose default variation is meant.
    """
    variations = existing_variations(plan.goods)
    missing = [sku for sku in plan.goods if sku not in variations]
    made = make_products({sku: plan.goods[sku] for sku in missing}, options, supplier, acting_user)
    variations |= made
    return {
        sku: Goods(variation, variation.cost_price or share(plan.goods[sku].price, options))
        for sku, variation in variations.items()
    }


def existing_variations(skus: Iterable[str]) -> dict[str, ProductVariation]:
    wanted = list(skus)
    defaults = ProductVariation.objects.filter(product__code__in=wanted, is_default=True)
    found = {row.product.code: row for row in defaults.select_related("product")}
    return found | {
        row.sku_code: row for row in ProductVariation.objects.filter(sku_code__in=wanted)
    }


def make_products(
    plans: dict[str, GoodsPlan], options: ImportOptions, supplier: Supplier, acting_user: Any
) -> dict[str, ProductVariation]:
    """Insert a product, its default variation and its sourcing for each SKU."""
    products = Product.objects.bulk_create(
        (
            Product(
                code=sku,
                name=plan.description[:200] or sku,
                currency=options.currency,
                created_by=acting_user,
                last_modified_by=acting_user,
            )
            for sku, plan in plans.items()
        ),
        batch_size=ROWS_A_STATEMENT,
    )
    variations = ProductVariation.objects.bulk_create(
        (
            ProductVariation(
                product=product,
                sku_code=product.code,
                selling_price=plans[product.code].price,
                cost_price=share(plans[product.code].price, options),
                stock_unit="units",  # the log tells none
                is_default=True,
            )
            for product in products
        ),
        batch_size=ROWS_A_STATEMENT,
    )
    with terms_from(SupplierPrice.Source.IMPORT):
        ProductSupplier.objects.bulk_create(
            (
                ProductSupplier(
                    product=variation.product,
                    supplier=supplier,
                    is_primary=True,
                    supplier_product_code=variation.sku_code,
                    cost_per_unit=variation.cost_price,
                )
                for variation in variations
            ),
            batch_size=ROWS_A_STATEMENT,
        )
    return {variation.sku_code: variation for variation in variations}


def share(price: Decimal, options: ImportOptions) -> Decimal:
    """Return the cost per unit that a price stands for; the log tells no costs."""
    return (price * options.cost_share).quantize(FOUR_PLACES, ROUND_HALF_UP)
