"""Pieces are whole, kilograms have decimals: wherever a quantity enters."""

from decimal import Decimal

import pytest

from common.exceptions import WrongState
from inventory.exceptions import UnfitLines
from inventory.models import (
    AdjustmentRequest,
    ProductVariation,
    Stock,
    StockCountLine,
    StockMovement,
    TransferRequest,
    UnitOfMeasure,
)
from inventory.services.movements import record_movement
from inventory.services.transfers.receiving import receive_transfer
from inventory.services.variations import update_variation
from inventory.units import fits, misfit
from operations.ledger_verification import verify_ledger
from purchasing.models import PurchaseOrder
from sales.models import SalesOrder
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.suppliers import SupplierFactory
from tests.factories.transfers import make_transfer, transfer_facts
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


@pytest.mark.parametrize("tracked", [False, True])
def test_unit_stays_while_parts_of_the_new_one_are_in_transit(shop, tracked):
    """Two halves on their way are a whole piece, and neither could be received as pieces."""
    kilo = VariationFactory(stock_unit="kg", product=ProductFactory(lot_tracking=tracked))
    there, user = WarehouseFactory(), UserFactory(role="admin")
    put_in_stock(kilo, shop, 10, **({"lot_number": "L-1"} if tracked else {}))
    first, second = (
        make_transfer("0.5", status="in_transit", source=shop, to=there, variations=[kilo])
        for _ in range(2)
    )
    before = Stock.objects.order_by("pk").values_list("quantity_decimals", flat=True)
    assert list(Stock.objects.values_list("incoming", flat=True).order_by("pk")) == [0, 1]

    with pytest.raises(WrongState, match=f"Transfer {first.code} has 0.5 on its way"):
        update_variation(variation=kilo, values={"stock_unit": "pieces"}, acting_user=user)

    assert ProductVariation.objects.get(pk=kilo.pk).stock_unit == "kg"
    assert list(before.all()) == [3, 3]
    for transfer in (first, second):
        receive_transfer(transfer=transfer, acting_user=user)
    update_variation(variation=kilo, values={"stock_unit": "pieces"}, acting_user=user)
    assert list(before.all()) == [0, 0]
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


def refusal_of(answer):
    assert answer.status_code == 400, answer.content
    return answer.json()["details"]


def whole(variation):
    text = f"{variation.sku_code} are counted whole: 1.5 does not fit. Send a whole number."
    return [text]


def test_transfer_of_part_of_a_piece_is_not_asked_for(api, bolt, shop):
    kilo = VariationFactory(stock_unit="kg")
    items = [{"sku": one.sku_code, "quantity": 1.5} for one in (kilo, bolt)]
    body = {"from_warehouse": WarehouseFactory().code, "to_warehouse": shop.code}
    client = api("manager", shop)

    refused = client.post("/api/transfer-requests/", body | {"items": items})

    assert refusal_of(refused) == {"items.1.quantity": whole(bolt)}
    assert not TransferRequest.objects.exists()
    assert client.post("/api/transfer-requests/", body | {"items": items[:1]}).status_code == 201


@pytest.mark.parametrize(
    ("status", "step", "field"),
    [
        ("pending", "approve/", "quantity"),
        ("approved", "ship/", "quantity"),
        ("in_transit", "receive/", "quantity_received"),
        ("in_transit", "receive/", "quantity_damaged"),
    ],
)
def test_part_of_a_piece_neither_leaves_nor_arrives(api, bolt, shop, status, step, field):
    kilo = VariationFactory(stock_unit="kg")
    for one in (kilo, bolt):
        put_in_stock(one, shop, 10)
    transfer = make_transfer(5, 5, status=status, source=shop, variations=[kilo, bolt])
    items = [{"id": line.pk, field: 1.5} for line in transfer.lines.order_by("position")]
    body = {"items": items} | ({"decision": "approve"} if step == "approve/" else {})
    before = transfer_facts(transfer)

    refused = api("admin").post(f"/api/transfer-requests/{transfer.code}/{step}", body)

    assert refusal_of(refused) == {f"items.1.{field}": whole(bolt)}
    assert transfer_facts(transfer) == before


def test_transfer_asked_for_in_a_former_unit_ships_what_fits(api, shop):
    kilo = VariationFactory(stock_unit="kg")
    put_in_stock(kilo, shop, 10)
    transfer = make_transfer("1.5", status="approved", source=shop, variations=[kilo])
    update_variation(variation=kilo, values={"stock_unit": "pieces"}, acting_user=UserFactory())
    path, line = f"/api/transfer-requests/{transfer.code}/ship/", transfer.lines.get()

    refused = api("admin").post(path)
    shipped = api("admin").post(path, {"items": [{"id": line.pk, "quantity": 1}]})

    assert refusal_of(refused) == {"items": whole(kilo)}
    assert shipped.status_code == 200, shipped.content


def test_adjustment_by_part_of_a_piece_is_refused_before_it_waits(api, bolt, shop):
    kilo = VariationFactory(stock_unit="kg", cost_price=5000)
    for one in (kilo, bolt):
        put_in_stock(one, shop, 10)
    items = [{"sku": one.sku_code, "quantity": 1.5, "unit_cost": 5000} for one in (kilo, bolt)]
    body = {"reason_code": "found", "items": items}

    refused = api("staff", shop).post("/api/adjustment-requests/", body)

    assert refusal_of(refused) == {"items.1.quantity": whole(bolt)}
    assert not AdjustmentRequest.objects.exists()
    waits = api("staff", shop).post("/api/adjustment-requests/", body | {"items": items[:1]})
    assert waits.json()["status"] == "pending"


def hold_parts(variation, warehouse, quantity):
    """Let part of a piece be in stock, as from before its goods had a unit."""
    put_in_stock(variation, warehouse, 1)
    Stock.objects.update(quantity_decimals=3)
    put_in_stock(variation, warehouse, Decimal(quantity) - 1)
    Stock.objects.update(quantity_decimals=0)


def test_adjustment_may_take_away_what_never_fitted(api, bolt, shop):
    hold_parts(bolt, shop, "3.5")
    body = {"sku": bolt.sku_code, "reason_code": "data_error"}
    client = api("staff", shop)

    assert client.post("/api/adjustment-requests/", body | {"quantity": -1.5}).status_code == 201

    assert Stock.objects.get().on_hand == 2
    assert client.post("/api/adjustment-requests/", body | {"quantity": -1.5}).status_code == 400


def test_part_of_a_piece_is_not_counted_but_corrected_by_a_count(api, bolt, shop):
    kilo = VariationFactory(stock_unit="kg")
    hold_parts(bolt, shop, "3.5")
    put_in_stock(kilo, shop, 2)
    clerk = api("staff", shop)
    body = {"warehouse": shop.code, "recount_tolerance_percent": 100}
    path = f"/api/stock-counts/{clerk.post('/api/stock-counts/', body).json()['code']}/"

    def enter(of_kilos, of_bolts):
        entries = zip((kilo, bolt), (of_kilos, of_bolts), strict=True)
        lines = [{"sku": one.sku_code, "counted_quantity": quantity} for one, quantity in entries]
        return clerk.post(f"{path}lines/", {"lines": lines})

    assert refusal_of(enter(1.5, 1.5)) == {"lines.1.counted_quantity": whole(bolt)}
    assert not StockCountLine.objects.exclude(counted_quantity=None).exists()
    assert enter(1.5, 3).status_code == 201
    assert clerk.post(f"{path}submit/").status_code == 200
    decided = api("manager", shop).post(f"{path}approve/", {"decision": "approve"})

    assert decided.status_code == 200, decided.content
    assert Stock.objects.get(variation=bolt).on_hand == 3
    assert verify_ledger() == []


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
