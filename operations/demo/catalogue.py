"""What the demo company sells: planned in memory, then written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product as combinations
from random import Random

from inventory.models import Category, Product, ProductSupplier, ProductVariation
from operations.demo.assortment import ProductLine
from operations.demo.assortment_home import HOME
from operations.demo.assortment_outdoor import OUTDOOR
from operations.demo.partners import SUPPLIERS
from suppliers.models import Supplier
from users.models import User

SLOW = 0.1  # below this popularity an item hardly moves
SUPPLIER_NUMBERS = {supplier.code: number for number, supplier in enumerate(SUPPLIERS)}
# Up to this price: how many a shop takes at a time, how many come in a carton.
BULK = ((5, 16, 24), (15, 8, 12), (40, 4, 6), (10_000, 2, 2))
# How many of the smallest quantities a private customer takes on average, by stock unit.
RETAIL = {"pieces": 1.3, "kg": 2.5, "metres": 14.0}
SECOND_SOURCE_SHARE = 0.25


@dataclass(slots=True)
class DemoProduct:
    """A product of the catalogue with its variations."""

    code: str
    name: str
    line: ProductLine
    location: str
    items: list["DemoItem"] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class DemoItem:
    """One variation; all quantities of the simulation are whole numbers of `step`.

    popularity: its weight among all items; bulk, retail: what a shop and a private customer take
    on average; carton: what it is bought in.
    """

    number: int
    product: DemoProduct
    sku: str
    attributes: dict[str, str]
    barcode: str
    cost: Decimal
    price: Decimal
    popularity: float
    step: Decimal
    supplier: int
    bulk: float
    retail: float
    carton: int

    @property
    def is_slow(self) -> bool:
        return self.popularity < SLOW


def plan_catalogue(rng: Random) -> list[DemoItem]:
    """Return all items of the assortment in catalogue order."""
    items: list[DemoItem] = []
    for aisle, line in enumerate((*HOME, *OUTDOOR)):
        for position, row in enumerate(line.rows):
            product = DemoProduct(
                code=f"{line.prefix}-{101 + position}",
                name=row[0],
                line=line,
                location=f"{chr(65 + aisle)}-{position + 1:02d}-{rng.randint(1, 4)}",
            )
            options = row[4] if len(row) == 5 else {}
            choices = list(combinations(*options.values()))
            for choice in choices:
                attributes = dict(zip(options, choice, strict=True))
                item = plan_item(len(items), product, attributes)
                item.cost, item.price = Decimal(row[1]), Decimal(row[2])
                item.popularity = row[3] / len(choices) * rng.uniform(0.75, 1.25)
                size_up(item)
                product.items.append(item)
                items.append(item)
    return items


def plan_item(number: int, product: DemoProduct, attributes: dict[str, str]) -> DemoItem:
    suffix = "".join(f"-{value.upper().replace(' ', '')[:5]}" for value in attributes.values())
    return DemoItem(
        number=number,
        product=product,
        sku=product.code + suffix,
        attributes=attributes,
        barcode=ean_13(number + 1),
        cost=Decimal(0),
        price=Decimal(0),
        popularity=0.0,
        step=Decimal(product.line.step),
        supplier=SUPPLIER_NUMBERS[product.line.supplier],
        bulk=0.0,
        retail=RETAIL[product.line.unit],
        carton=1,
    )


def size_up(item: DemoItem) -> None:
    """Set how many are sold and bought at a time."""
    _, bulk, carton = next(row for row in BULK if item.price <= row[0])
    item.bulk = 1.5 if item.is_slow else bulk * item.retail / RETAIL["pieces"]
    item.carton = 1 if item.is_slow else carton


def ean_13(number: int) -> str:
    """Return a barcode of the range kept for use inside a company, with its check digit."""
    digits = f"20{number:010d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def write_catalogue(
    items: Sequence[DemoItem], suppliers: Sequence[Supplier], levels: dict[int, Decimal], user: User
) -> dict[int, ProductVariation]:
    """Create categories, products, variations and sourcing; return the variations by number.

    `levels` are the reorder levels by item number, in stock units.
    """
    planned = list({item.product.code: item.product for item in items}.values())
    categories = write_categories(planned)
    products = Product.objects.bulk_create(
        Product(
            code=product.code,
            name=product.name,
            description=describe(product),
            category=categories[product.line.subcategory],
            warehouse_location=product.location,
            tags=list(product.line.tags),
            seasonal=product.line.season not in ("flat", "pantry"),
            created_by=user,
            last_modified_by=user,
        )
        for product in planned
    )
    rows = {row.code: row for row in products}
    ProductSupplier.objects.bulk_create(sourcing(planned, rows, suppliers))
    variations = ProductVariation.objects.bulk_create(
        ProductVariation(
            product=rows[item.product.code],
            sku_code=item.sku,
            attributes=item.attributes,
            barcode=item.barcode,
            cost_price=item.cost,
            selling_price=item.price,
            reorder_level=levels[item.number],
            reorder_quantity=item.carton * item.step * 2,
            max_stock_level=levels[item.number] * 12,
            stock_unit=item.product.line.unit,
            is_default=item is item.product.items[0],
        )
        for item in items
    )
    return {item.number: row for item, row in zip(items, variations, strict=True)}


def write_categories(planned: list[DemoProduct]) -> dict[str, Category]:
    """Create the tree; return the subcategories by name."""
    tree = dict.fromkeys((product.line.category, product.line.subcategory) for product in planned)
    tops = {
        name: Category.objects.create(code=code_of(name), name=name)
        for name in dict.fromkeys(top for top, _ in tree)
    }
    return {
        name: Category.objects.create(code=code_of(name), name=name, parent=tops[top])
        for top, name in tree
    }


def code_of(name: str) -> str:
    return "CAT-" + "-".join(name.upper().split())


def describe(product: DemoProduct) -> str:
    unit = "" if product.line.unit == "pieces" else f" Sold by the {product.line.unit}."
    choice = ", ".join(
        f"{name} {'/'.join(dict.fromkeys(item.attributes[name] for item in product.items))}"
        for name in product.items[0].attributes
    )
    return (
        f"{product.name}, from our {product.line.subcategory.lower()} range."
        f"{f' Comes in {choice}.' if choice else ''}{unit}"
    )


def sourcing(
    planned: list[DemoProduct], rows: dict[str, Product], suppliers: Sequence[Supplier]
) -> list[ProductSupplier]:
    """Return who offers what: each product has its supplier, every fourth another, dearer one."""
    offers = []
    for number, product in enumerate(planned):
        item = product.items[0]
        first = suppliers[item.supplier]
        offers.append(offer(rows[product.code], first, item, item.cost, number))
        offers[-1].is_primary = True
        if number % round(1 / SECOND_SOURCE_SHARE) == 0:
            second = suppliers[(item.supplier + 3) % len(suppliers)]
            dearer = (item.cost * Decimal("1.08")).quantize(Decimal("0.01"))
            offers.append(offer(rows[product.code], second, item, dearer, number))
    return offers


def offer(
    product: Product, supplier: Supplier, item: DemoItem, cost: Decimal, number: int
) -> ProductSupplier:
    return ProductSupplier(
        product=product,
        supplier=supplier,
        supplier_product_code=f"{supplier.code[-2:]}{7000 + number * 7}",
        lead_time_days=supplier.lead_time_days,
        min_order_quantity=item.carton * item.step,
        pack_size=item.carton * item.step,
        cost_per_unit=cost,
    )
