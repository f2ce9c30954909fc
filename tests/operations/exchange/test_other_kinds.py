"""Suppliers, stock and thresholds from files."""

from datetime import date
from decimal import Decimal

import pytest

from common.exceptions import DomainError
from common.models import CompanySettings
from inventory.models import LowStockThreshold, Stock, StockMovement
from operations.ledger_verification import verify_ledger
from suppliers.models import Supplier
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory

pytestmark = pytest.mark.django_db


def told(report):
    return [(one["line"], one["column"], one["problem"]) for one in report.problems]


def member(role, *warehouses):
    user = UserFactory(role=role)
    for number, warehouse in enumerate(warehouses):
        MembershipFactory(user=user, warehouse=warehouse, is_default=number == 0)
    return user


def test_suppliers_are_made_changed_and_numbered(bring):
    SupplierFactory(code="SUP-OLD", company_name="Old Ltd", city="Bath", rating=4)

    report = bring(
        "suppliers",
        "supplier_id,company_name,email,phone,country,payment_terms,city\n"
        "SUP-OLD,Old Ltd,old@example.com,+1 (555) 111-2222,usa,14,\n"
        ",New Ltd,,,,,Ghent\n"
        ",Newer Ltd,,,DE,,\n",
    )

    assert report.lines == {"changed": [[2, 2]], "new": [[3, 4]]}
    old, new, newer = Supplier.objects.order_by("pk")
    assert (old.email, old.phone, old.country, old.payment_terms, old.city, old.rating) == (
        "old@example.com", "+15551112222", "US", 14, "", Decimal(4),
    )  # fmt: skip
    assert (new.company_name, new.city, new.lead_time_days, new.created_by) == (
        "New Ltd", "Ghent", 7, bring.user,
    )  # fmt: skip
    assert new.code.startswith("SUP")
    assert new.code != newer.code
    again = bring("suppliers", "company_name,city\nnew ltd,Ghent\n", commit=False)
    assert again.totals["changed"] == 1


def test_suppliers_cannot_share_an_address_or_be_there_twice(bring):
    SupplierFactory(code="SUP-A", company_name="A", email="a@example.com")

    report = bring(
        "suppliers",
        "supplier_id,company_name,email\n"
        "SUP-B,B,A@example.com\nSUP-C,C,c@example.com\nSUP-C,D,c@example.com\nSUP-E,,nobody\n",
    )

    assert told(report) == [
        (2, "email", "Supplier SUP-A has this address."),
        (4, "email", "On line 3 as well: two suppliers cannot share an address."),
        (4, "supplier_id", "On line 3 as well. Remove one of the two."),
        (5, "company_name", "New suppliers need a name."),
        (5, "email", "Write an e-mail address, such as sales@example.com."),
    ]
    assert Supplier.objects.count() == 1


@pytest.mark.parametrize("column", ["company_name", "display_name", "primary_contact"])
def test_names_of_suppliers_stand_on_one_line(bring, column):
    SupplierFactory(code="SUP-A", company_name="A")

    report = bring("suppliers", f'supplier_id,{column}\nSUP-A,"Acme\nBcc: all@example.com"\n')

    assert told(report) == [(2, column, "Write it on one line, without control characters.")]
    assert Supplier.objects.get().company_name == "A"


def test_stock_is_posted_as_opening_stock_and_as_corrections(bring):
    warehouse = WarehouseFactory(code="WH-A", is_default=True)
    old, new, same = (VariationFactory(sku_code=f"SKU-{name}", cost_price=2) for name in "ABC")
    put_in_stock(old, warehouse, 10)
    put_in_stock(same, warehouse, 3)

    report = bring(
        "stocks",
        "sku,warehouse,quantity,unit_cost,bin_location\n"
        "sku-a,wh-a,7.5,,\nSKU-B,,4,1.5,A-1\nSKU-C,WH-A,3,,\n",
    )

    assert report.lines == {"changed": [[2, 2]], "new": [[3, 3]], "unchanged": [[4, 4]]}
    assert list(
        Stock.objects.order_by("variation__sku_code").values_list("on_hand", "bin_location")
    ) == [(Decimal("7.5"), ""), (Decimal(4), "A-1"), (Decimal(3), "")]
    posted = StockMovement.objects.filter(reason_description="Imported from a file").order_by("pk")
    assert list(
        posted.values_list("variation", "movement_type", "quantity", "reason_code", "processed_by")
    ) == [
        (old.pk, "adjustment", Decimal("-2.5"), "count", bring.user.pk),
        (new.pk, "inbound", Decimal(4), "initial_stock", bring.user.pk),
    ]
    assert Stock.objects.get(variation=new).average_cost == Decimal("1.5")
    assert verify_ledger() == []


def test_stock_of_foreign_warehouses_is_unknown(bring):
    own, foreign = WarehouseFactory(code="WH-A"), WarehouseFactory(code="WH-B")
    VariationFactory(sku_code="SKU-A")

    report = bring(
        "stocks",
        "sku,warehouse,quantity\nSKU-A,WH-A,1\nSKU-A,WH-B,1\nSKU-A,WH-NONE,1\nSKU-X,WH-A,1\n"
        "SKU-A,WH-A,2\nSKU-A,,-1\n",
        user=member("staff", own),
    )

    unknown = "There is no such warehouse among yours. Use the code of one."
    assert told(report) == [
        (3, "warehouse", unknown),
        (4, "warehouse", unknown),
        (5, "sku", "There is no such SKU. Import the product first."),
        (6, "sku", "On line 2 as well. Remove one of the two."),
        (7, "quantity", "Write a number 0 or more."),
        (7, "sku", "On line 2 as well. Remove one of the two."),
    ]
    assert StockMovement.objects.filter(warehouse__in=[own, foreign]).count() == 0


def test_stock_of_lots_names_its_lots(bring):
    warehouse = WarehouseFactory(code="WH-A", is_default=True)
    variation = VariationFactory(sku_code="SKU-L", product__lot_tracking=True)
    VariationFactory(sku_code="SKU-N")

    refused = bring("stocks", "sku,quantity,lot_number\nSKU-L,1,\nSKU-N,1,L-1\n")
    report = bring(
        "stocks",
        "sku,quantity,lot_number,expiration_date\nSKU-L,5,L-1,2099-01-31\nSKU-L,2,L-2,\n",
    )

    assert told(refused) == [
        (2, "lot_number", "These goods track lots. Name the lot."),
        (3, "lot_number", "These goods track no lots. Leave it empty."),
    ]
    assert report.totals["new"] == 2
    stock = Stock.objects.get(variation=variation, warehouse=warehouse)
    assert stock.on_hand == 7
    assert list(
        stock.lots.order_by("lot__lot_number").values_list(
            "lot__lot_number", "lot__expiration_date", "on_hand"
        )
    ) == [("L-1", date(2099, 1, 31), Decimal(5)), ("L-2", None, Decimal(2))]
    bring("stocks", "sku,quantity,lot_number\nSKU-L,1,L-2\n")
    stock.refresh_from_db()
    assert (stock.on_hand, verify_ledger()) == (Decimal(6), [])


def test_a_correction_beyond_the_limit_of_staff_is_refused_whole(bring):
    warehouse = WarehouseFactory(code="WH-A")
    variation = VariationFactory(sku_code="SKU-A")
    put_in_stock(variation, warehouse, 10)
    CompanySettings.objects.update_or_create(pk=1, defaults={"adjustment_limit_quantity": 5})

    with pytest.raises(DomainError) as refusal:
        bring("stocks", "sku,quantity\nSKU-A,1\n", user=member("staff", warehouse))

    assert refusal.value.code == "beyond_limit"
    assert Stock.objects.get(variation=variation).on_hand == 10


def test_thresholds_take_effect_on_balances(bring):
    warehouse = WarehouseFactory(code="WH-A", is_default=True)
    first, second = VariationFactory(sku_code="SKU-A"), VariationFactory(sku_code="SKU-B")
    put_in_stock(first, warehouse, 10)
    LowStockThreshold.objects.create(variation=second, warehouse=warehouse, threshold=3)

    report = bring("thresholds", "sku;warehouse;threshold\nSKU-A;WH-A;12,5\nSKU-B;;3\n")

    assert (report.delimiter, report.lines) == (
        "semicolon",
        {"new": [[2, 2]], "unchanged": [[3, 3]]},
    )
    assert Stock.objects.get(variation=first).reorder_point == Decimal("12.5")
    refused = bring("thresholds", "sku,threshold\nSKU-A,0\nSKU-B,\n")
    assert told(refused) == [
        (2, "threshold", "Write a number greater than 0."),
        (3, "threshold", "Fill this in."),
    ]
    assert LowStockThreshold.objects.count() == 2
