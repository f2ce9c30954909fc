"""Goods of the demo company that track lots: one is fresh, one expires soon, some are set aside."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from inventory.models import Lot, ProductVariation
from inventory.models.lot import stock_day
from inventory.services.catalogue import create_product
from inventory.services.ledger import apply_stock_changes
from inventory.services.lots import set_quarantine
from inventory.services.stock_change import StockChange
from operations.demo.catalogue import ean_13
from operations.demo.demand import clock
from suppliers.models import Supplier
from users.models import User
from warehouses.models import Warehouse

CAME_IN = timedelta(days=25)
MORNING = 9 * 3600  # seconds
FIRST_BARCODE = 9001


@dataclass(frozen=True, slots=True)
class DemoLot:
    """A lot, in how many days it expires, and how much of it there is."""

    number: str
    days: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Perishable:
    """A product that goes by lots."""

    code: str
    name: str
    subcategory: str
    cost: str
    price: str
    location: str
    lots: tuple[DemoLot, ...]


PERISHABLES = (
    Perishable(
        "PER-101", "Lavender honey 500 g", "Preserves", "4.10", "9.90", "P-01-1",
        (DemoLot("H2407", 9, 24), DemoLot("H2411", 240, 60)),
    ),
    Perishable(
        "PER-102", "Oat biscuits, tin", "Biscuits", "3.20", "7.50", "P-01-2",
        (DemoLot("B0815", -3, 12), DemoLot("B0907", 45, 48)),
    ),
    Perishable(
        "PER-103", "Olive oil 1 l", "Oils", "6.80", "14.90", "P-02-1",
        (DemoLot("OIL-77", 180, 36), DemoLot("OIL-78", 210, 36)),
    ),
)  # fmt: skip
DOUBTFUL, DOUBT = "OIL-77", "Customers report a rancid smell; the supplier was asked."


def stock_perishables(
    warehouse: Warehouse, supplier: Supplier, users: dict[str, User]
) -> list[ProductVariation]:
    """Add the products, bring their lots in, and set one lot aside."""
    variations = [
        add(perishable, number, supplier, users["manager"])
        for number, perishable in enumerate(PERISHABLES)
    ]
    today = stock_day()
    apply_stock_changes(
        [
            StockChange(
                variation_id=variation.pk,
                warehouse_id=warehouse.pk,
                quantity=Decimal(lot.quantity),
                unit_cost=Decimal(perishable.cost),
                movement_type="inbound",
                reason_code="delivery",
                reference_type="demo",
                lot_number=lot.number,
                expiration_date=today + timedelta(days=lot.days),
                occurred_at=clock(today - CAME_IN, MORNING),
            )
            for perishable, variation in zip(PERISHABLES, variations, strict=True)
            for lot in perishable.lots
        ],
        acting_user=users["staff"],
        quiet=True,
    )
    set_quarantine(
        lot=Lot.objects.get(variation__in=variations, lot_number=DOUBTFUL),
        warehouses=[warehouse],
        quarantined=True,
        reason=DOUBT,
        acting_user=users["staff"],
    )
    return variations


def add(perishable: Perishable, number: int, supplier: Supplier, user: User) -> ProductVariation:
    product = create_product(
        values={
            "code": perishable.code,
            "sku_code": perishable.code,
            "name": perishable.name,
            "description": f"{perishable.name}, sold by the date.",
            "category": "Pantry",
            "subcategory": perishable.subcategory,
            "warehouse_location": perishable.location,
            "lot_tracking": True,
            "expiration_tracking": True,
            "barcode": ean_13(FIRST_BARCODE + number),
            "cost_price": Decimal(perishable.cost),
            "selling_price": Decimal(perishable.price),
            "supplier": supplier,
        },
        acting_user=user,
    )
    return product.variations.get()
