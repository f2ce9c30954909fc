"""Pieces are whole, kilograms have decimals: wherever a quantity enters."""

from decimal import Decimal

import pytest

from common.exceptions import WrongState
from inventory.exceptions import UnfitLines
from inventory.models import ProductVariation, Stock, StockMovement, UnitOfMeasure
from inventory.services.movements import record_movement
from inventory.services.variations import update_variation
from inventory.units import fits, misfit
from operations.ledger_verification import verify_ledger
from purchasing.models import PurchaseOrder
from sales.models import SalesOrder
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
WHOLE = "These goods are counted whole: 1.5 does not fit. Send a whole number."


@pytest.fixture
def shop():
    return WarehouseFactory()


@pytest.fixture
def bolt():
    return VariationFactory(stock_unit="pieces")


@pytest.mark.parametrize(
    ("quantity", "decimals", "does"),
    [("2", 0, True), ("2.000", 0, True), ("2.5", 0, False), ("2.5", 1, True),
     ("2.25", 1, False), ("-0.125", 3, True), ("-0.125", 2, False)],
)  # fmt: skip
def test_quantity_fits_a_unit_of_so_many_decimals(quantity, decimals, does):
    assert fits(Decimal(quantity), decimals) is does


def test_misfit_says_what_would_do():
    assert misfit(Decimal("2.50"), "pieces", 0) == (
        "pieces are counted whole: 2.5 does not fit. Send a whole number."
    )
    assert misfit(Decimal("2.25"), "g", 1) == (
        "g are measured to 1 decimal: 2.25 does not fit. Round it."
    )


def test_movement_of_part_of_a_piece_is_refused_on_its_quantity(api, bolt, shop):
    put_in_stock(bolt, shop, 10)

    for kind, quantity in (("inbound", 1.5), ("outbound", 1.5), ("adjustment", -1.5)):
        body = {"sku": bolt.sku_code, "warehouse": shop.code, "quantity": quantity}
        answer = api("staff", shop).post("/api/stock-movements/", body | {"movement_type": kind})
        assert (answer.status_code, answer.json()["details"]) == (400, {"quantity": [WHOLE]})

    assert StockMovement.objects.count() == 1


def test_first_receipt_of_goods_knows_their_unit(bolt, shop):
    with pytest.raises(UnfitLines):
        put_in_stock(bolt, shop, Decimal("0.5"))

    kilo = VariationFactory(stock_unit="kg")
    assert put_in_stock(kilo, shop, Decimal("0.125")).on_hand == Decimal("0.125")


def test_order_lines_name_the_line_whose_quantity_does_not_fit(api, bolt, shop):
    kilo, supplier = VariationFactory(stock_unit="kg"), SupplierFactory()
    put_in_stock(bolt, shop, 10)
    skus = (kilo.sku_code, bolt.sku_code)
    client = api("manager", shop)

    sale = client.post(
        "/api/sales-orders/",
        {"warehouse": shop.code, "items": [{"sku": sku, "quantity": 1.5} for sku in skus]},
    )
    purchase = client.post(
        "/api/purchase-orders/",
        {
            "warehouse": shop.code,
            "supplier_id": supplier.code,
            "items": [{"sku": sku, "quantity_ordered": 1.5, "unit_cost": 1} for sku in skus],
        },
    )

    assert (sale.status_code, sale.json()["details"]) == (400, {"items.1.quantity": [WHOLE]})
    assert (purchase.status_code, list(purchase.json()["details"])) == (
        400,
        ["items.1.quantity_ordered"],
    )
    assert not SalesOrder.objects.exists()
    assert not PurchaseOrder.objects.exists()


def test_unit_goes_by_its_other_names_and_an_unknown_one_is_refused(api, bolt, shop):
    client = api("manager", shop)
    path = f"/api/variations/{bolt.sku_code}/"

    assert client.patch(path, {"stock_unit": "Kilogram"}).json()["stock_unit"] == "kg"
    refused = client.patch(path, {"stock_unit": "furlongs"})

    assert (refused.status_code, list(refused.json()["details"])) == (400, ["stock_unit"])
    product = client.patch(
        f"/api/products/{bolt.product.code}/", {"inventory": {"stock_unit": "furlongs"}}
    )
    assert list(product.json()["details"]) == ["inventory.stock_unit"]
    assert ProductVariation.objects.get(pk=bolt.pk).stock_unit == "kg"


def test_unit_changes_only_where_stock_fits_the_new_one(shop):
    kilo, user = VariationFactory(stock_unit="kg"), UserFactory()
    stock = put_in_stock(kilo, shop, Decimal("1.5"))

    with pytest.raises(WrongState):
        update_variation(variation=kilo, values={"stock_unit": "pieces"}, acting_user=user)
    put_in_stock(kilo, shop, Decimal("0.5"))
    update_variation(variation=kilo, values={"stock_unit": "pieces"}, acting_user=user)

    stock.refresh_from_db()
    assert stock.quantity_decimals == 0
    assert verify_ledger() == []


def test_correction_may_take_away_what_never_fitted(bolt, shop):
    put_in_stock(bolt, shop, 3)
    Stock.objects.update(quantity_decimals=3)
    put_in_stock(bolt, shop, Decimal("0.5"))
    Stock.objects.update(quantity_decimals=0)

    def adjust(quantity):
        record_movement(
            variation=bolt, warehouse=shop, movement_type="adjustment",
            quantity=Decimal(quantity), acting_user=UserFactory(),
        )  # fmt: skip

    with pytest.raises(UnfitLines):
        adjust("-0.25")
    adjust("-0.5")

    assert Stock.objects.get().on_hand == 3


def test_units_are_known_from_the_start():
    assert dict(UnitOfMeasure.objects.values_list("code", "decimals"))["pieces"] == 0
    assert UnitOfMeasure.objects.get(aliases__contains=["pcs"]).code == "pieces"


@pytest.mark.parametrize("number", [1, 3])
def test_list_of_units_takes_one_query_for_any_number(api, number, django_assert_num_queries):
    UnitOfMeasure.objects.all().delete()
    for index in range(number):
        UnitOfMeasure.objects.create(code=f"u{index}", name="unit")
    client = api("viewer")

    with django_assert_num_queries(1):
        answer = client.get("/api/units/")

    assert len(answer.json()["units"]) == number


def test_manager_adds_a_unit_once(api):
    body = {"code": "crates", "name": "crate", "decimals": 0}

    answers = [api("manager").post("/api/units/", body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 400]
    assert list(answers[1].json()["details"]) == ["code"]
