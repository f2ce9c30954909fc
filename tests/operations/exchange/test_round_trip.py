"""What was exported, imported into an empty database, is the same again."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from inventory.models import (
    Category,
    LotBalance,
    LowStockThreshold,
    Product,
    ProductSupplier,
    ProductVariation,
    Stock,
)
from operations.exchange.export import csv_lines, xlsx_file
from operations.exchange.kinds import KINDS
from operations.ledger_verification import verify_ledger
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from purchasing.services.open_orders import OPEN
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import create_purchase_order
from sales.models import SalesOrder, SalesOrderItem, SalesPrice
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from suppliers.models import Supplier
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.purchasing import make_order, receive_one
from tests.factories.sales import list_price, take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
HOSTILE = ["=1+1", "-5", "+4", "@cmd", "'quoted", "'=1", "a,b;c", 'say "hi"', "two\nlines", "Ω ü"]
OWN = {
    "id", "created_at", "updated_at", "created_by", "last_modified_by", "prices_changed_at",
    "approved_at",
}  # fmt: skip


def make_company():
    """Make a company with a text in it for everything that a file can get wrong."""
    suppliers = [
        SupplierFactory(
            company_name=text.replace("\n", " "),
            notes=text,
            country="GB",
            rating=Decimal("4.5"),
        )
        for text in HOSTILE
    ]
    above = Category.objects.create(code="CAT001", name="Garden")
    below = Category.objects.create(code="CAT002", name="Tools", parent=above)
    for text in HOSTILE:
        above = Category.objects.create(
            code=f"CAT{len(text)}-{ord(text[0])}", name=text, parent=above
        )
    above = Category.objects.get(code="CAT001")
    first, second = WarehouseFactory(code="WH-1", is_default=True), WarehouseFactory(code="WH-2")
    for number, text in enumerate(HOSTILE):
        variation = VariationFactory(
            sku_code=f"-{number}A" if number % 2 else f"00{number}",
            product__code=f"PRD-{number}",
            product__name=text,
            product__description=text,
            product__category=(above, below, None)[number % 3],
            product__tags=[text, "b;c"] if number % 2 else ["x", "y"],
            product__specifications={"text": text, "list": [1, 2.5]},
            product__weight=Decimal("0.125") if number else None,
            product__seasonal=bool(number % 2),
            product__expiration_tracking=number == 3,
            attributes={"size": text},
            barcode=f"0{number}",
            cost_price=Decimal("1.2345"),
            selling_price=Decimal("1.00") if number == 4 else Decimal("9.99"),
            reorder_level=Decimal("2.5") if number else None,
            is_active=bool(number % 3),
            is_default=True,
        )
        VariationFactory(product=variation.product, sku_code=f"SKU-{number}-B", is_default=False)
        list_price(variation, "8.50", "EUR", valid_until=date(2030, 12, 31))
        list_price(variation, number, min_quantity=Decimal("2.5"))
        ProductSupplier.objects.create(
            product=variation.product, supplier=suppliers[number], is_primary=True,
            is_locked=number == 1, is_exclusive=number == 2, supplier_product_code=text,
            lead_time_days=number + 1, cost_per_unit=Decimal("0.5"),
        )  # fmt: skip
        ProductSupplier.objects.create(
            product=variation.product, supplier=suppliers[number - 1], is_primary=False,
            min_order_quantity=Decimal("2.5"), pack_size=Decimal(12),
        )  # fmt: skip
        lot = {"lot_number": f"LOT {text}"[:20], "expiration_date": date(2099, 1, 31)}
        put_in_stock(variation, first, number + Decimal("0.5"), **(lot if number == 3 else {}))
        LowStockThreshold.objects.create(
            variation=variation, warehouse=second, threshold=Decimal("7.125")
        )
    Stock.objects.filter(variation__sku_code="-1A").update(bin_location="=A1")
    make_orders(suppliers[0], first, second)


def make_orders(supplier, first, second):
    """Make open orders in their states, and closed ones, which stay behind."""
    goods = [one for one in ProductVariation.objects.order_by("pk") if one.is_active][:3]
    for status in ("draft", "sent", "confirmed", "shipped", "partially_received", "cancelled"):
        make_order(
            3, 1, "2.5", variations=goods, supplier=supplier, status=status, warehouse=second,
            notes=HOSTILE[0], tax_amount=Decimal("1.25"), order_number=f"PO-{status}".upper(),
        )  # fmt: skip
    packed = create_purchase_order(
        supplier=supplier, warehouse=second, order_number="PO-PACKED", status="sent",
        shipping_cost=Decimal("10.01"), acting_user=UserFactory(role="manager"),
        lines=[OrderLine(variation=goods[2], packs=3, pack_size=Decimal(7), pack_cost=Decimal(10))],
    )  # fmt: skip
    receive_one(order=packed, acting_user=packed.created_by)
    for number, priority in enumerate((1, 2, 4)):
        order = take_order(
            *[(one, 2 + number) for one in goods], warehouse=first, priority=priority,
            customer_email="ann@example.com", promotion_details={"text": HOSTILE[1]},
            order_number=f"SO-{number}", notes=HOSTILE[2],
        )  # fmt: skip
    put_in_stock(goods[0], first, 50)
    lines = [LineRequest("line", "1", Decimal(1))]
    fulfil_sales_order(order=order, lines=lines, acting_user=None)


def rows_of(model, *paths, **wanted):
    """Return the rows of a table by what they say, whatever their keys."""
    names = [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in OWN and not field.is_relation
    ]
    return sorted(model.objects.filter(**wanted).values_list(*paths, *names), key=repr)


def contents():
    return {
        "categories": sorted(
            Category.objects.values_list("code", "name", "parent__code"), key=repr
        ),
        "suppliers": rows_of(Supplier),
        "products": rows_of(Product, "category__name", "category__parent__name"),
        "variations": rows_of(ProductVariation, "product__code"),
        "sourcing": rows_of(ProductSupplier, "product__code", "supplier__code"),
        "prices": rows_of(SalesPrice, "variation__sku_code"),
        "stock": rows_of(Stock, "variation__sku_code", "warehouse__code"),
        "lots": sorted(
            LotBalance.objects.values_list(
                "lot__variation__sku_code", "lot__lot_number", "lot__expiration_date", "on_hand"
            )
        ),
        "purchases": rows_of(PurchaseOrder, "supplier__code", "warehouse__code", status__in=OPEN),
        "purchased": rows_of(
            PurchaseOrderItem, "order__order_number", "variation__sku_code", order__status__in=OPEN
        ),
        "sales": rows_of(SalesOrder, "warehouse__code"),
        "sold": rows_of(SalesOrderItem, "order__order_number", "variation__sku_code"),
        "thresholds": rows_of(LowStockThreshold, "variation__sku_code", "warehouse__code"),
    }


def written(kind, user, form):
    if form == "csv":
        return b"".join(csv_lines(KINDS[kind], user))
    with xlsx_file(KINDS[kind], user) as file:
        return file.read()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_export_and_import_into_an_empty_database_gives_the_same(bring, form):
    kinds = ["categories", "suppliers", "products", "sourcing", "sales_prices", "stocks"]
    kinds += ["thresholds", "purchase_orders", "sales_orders"]
    with transaction.atomic():
        make_company()
        before = contents()
        files = {kind: written(kind, bring.user, form) for kind in kinds}
        transaction.set_rollback(True)
    assert Product.objects.count() == Supplier.objects.count() == Category.objects.count() == 0
    WarehouseFactory(code="WH-1", is_default=True)
    WarehouseFactory(code="WH-2")

    for kind in kinds:
        report = bring(kind, files[kind])
        assert (kind, report.problems) == (kind, [])

    assert (len(before["stock"]), len(before["purchases"]), len(before["sales"])) == (15, 6, 3)
    assert contents() == before
    assert verify_ledger() == []
    if form == "csv":
        for kind in kinds:  # balances may have got their keys in another order
            again = written(kind, bring.user, form)
            assert sorted(again.splitlines()) == sorted(files[kind].splitlines())
    for kind in kinds:
        totals = bring(kind, files[kind], commit=False).totals
        assert (kind, totals["unchanged"]) == (kind, totals["rows"])
