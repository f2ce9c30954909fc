"""Lines ordered in the supplier's packs: kept as such, counted in stock units."""

from decimal import Decimal

import pytest

from common.exceptions import InvalidInput
from inventory.models import ProductSupplier, Stock, StockMovement
from purchasing.models import PurchaseOrder
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import change_purchase_order, create_purchase_order
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import facts
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplier():
    return SupplierFactory()


def sold_in_packs(supplier, size="12", cost=None, **wanted):
    variation = VariationFactory(**wanted)
    ProductSupplier.objects.create(
        product=variation.product, supplier=supplier, pack_size=size, cost_per_unit=cost
    )
    return variation


def order_of(supplier, *lines):
    return create_purchase_order(
        supplier=supplier,
        warehouse=WarehouseFactory(),
        lines=lines,
        acting_user=UserFactory(role="manager"),
    )


def test_packs_are_told_in_stock_units_and_kept(supplier):
    variation = sold_in_packs(supplier, "12")

    order = order_of(supplier, OrderLine(variation=variation, packs=5, pack_cost=Decimal("10")))

    item = order.items.get()
    assert (item.packs, item.pack_size, item.pack_cost) == (5, 12, 10)
    assert (item.quantity_ordered, item.unit_cost) == (60, Decimal("0.8333"))  # 10 / 12
    assert (item.line_total, order.total_amount) == (50, 50)  # and not 60 x 0.8333 = 49.998


def test_what_is_received_of_packs_costs_what_they_cost(supplier):
    variation = sold_in_packs(supplier, "3")
    order = order_of(supplier, OrderLine(variation=variation, packs=2, pack_cost=Decimal("1")))
    staff = UserFactory(role="staff")

    for _ in range(3):
        receive_purchase_order(
            order=order,
            lines=[ReceiptLine(item_id=order.items.get().pk, quantity_accepted=Decimal(2))],
            acting_user=staff,
        )

    amounts = [
        line.goods_amount for receipt in order.receipts.all() for line in receipt.lines.all()
    ]
    assert amounts == [Decimal("0.67"), Decimal("0.66"), Decimal("0.67")]
    assert sum(amounts) == 2
    assert {movement.unit_cost for movement in StockMovement.objects.all()} == {Decimal("0.3333")}


@pytest.mark.parametrize(("offered", "expected"), [("2.5", ("30", "2.5")), (None, ("84", "7"))])
def test_without_a_cost_a_pack_costs_what_its_size_costs(supplier, offered, expected):
    variation = sold_in_packs(supplier, "12", offered, cost_price=Decimal("7"))

    item = order_of(supplier, OrderLine(variation=variation, packs=1)).items.get()

    assert (item.pack_cost, item.unit_cost) == tuple(map(Decimal, expected))


def test_a_supplier_without_a_pack_size_is_named(supplier):
    variation = VariationFactory()

    with pytest.raises(InvalidInput) as refusal:
        order_of(
            supplier,
            OrderLine(variation=variation, quantity_ordered=Decimal(1)),
            OrderLine(variation=variation, packs=1),
        )

    assert list(refusal.value.details) == ["items.1.packs"]
    assert "no pack size" in refusal.value.message
    assert not PurchaseOrder.objects.exists()


@pytest.mark.parametrize(
    ("size", "packs", "quantity"),
    [
        ("2.5", 1, 0),
        ("12", 0, 0),
        ("12", -1, 0),
        ("12", 2**31, 0),
        ("99999999", 2, 0),
        ("12", 5, 59),
    ],
)
def test_quantities_that_cannot_be_are_named(supplier, size, packs, quantity):
    variation = sold_in_packs(supplier, size, stock_unit="pieces")

    with pytest.raises(InvalidInput) as refusal:
        order_of(
            supplier,
            OrderLine(variation=variation, packs=packs, quantity_ordered=Decimal(quantity)),
        )

    assert list(refusal.value.details) == ["items.0.packs"]
    assert not PurchaseOrder.objects.exists()


def test_packs_of_goods_by_weight_keep_the_units_decimals(supplier):
    variation = sold_in_packs(supplier, "2.5", stock_unit="kg")

    item = order_of(supplier, OrderLine(variation=variation, packs=3)).items.get()

    assert item.quantity_ordered == Decimal("7.5")


def test_packs_of_a_sent_order_are_amended(supplier):
    variation = sold_in_packs(supplier, "12")
    manager = UserFactory(role="manager")
    order = create_purchase_order(
        supplier=supplier,
        warehouse=WarehouseFactory(),
        lines=[OrderLine(variation=variation, packs=5, pack_cost=Decimal(12))],
        status="sent",
        acting_user=manager,
    )
    item = order.items.get()
    ProductSupplier.objects.update(pack_size=10)  # the line keeps its own
    line = OrderLine(
        variation=variation, item_id=item.pk, packs=6, pack_size=item.pack_size,
        pack_cost=item.pack_cost,
    )  # fmt: skip

    change_purchase_order(order=order, lines=[line], acting_user=manager)

    assert [(one["field"], one["from"], one["to"]) for one in order.amendments.get().changes] == [
        ("quantity_ordered", 60, 72), ("packs", 5, 6),
    ]  # fmt: skip
    assert Stock.objects.get().incoming == 72


def post(client, supplier, place, *items):
    return client.post(
        "/api/purchase-orders/",
        {"supplier_id": supplier.code, "warehouse": place.code, "items": list(items)},
    )


@pytest.mark.parametrize(
    "entry",
    [
        {"unit": "pack", "quantity": 5, "unit_cost": 60},
        {"unit": "Packs", "quantity_ordered": 5, "pack_cost": 60},
        {"packs": 5, "pack_cost": 60},
        {"packs": 5, "pack_cost": 60, "quantity_ordered": 60, "unit": "pack", "unit_cost": 5},
    ],
)
def test_packs_over_http(manager, supplier, place, entry):
    variation = sold_in_packs(supplier)

    answer = post(manager, supplier, place, {"sku": variation.sku_code, **entry})

    assert answer.status_code == 201, answer.json()
    (item,) = answer.json()["items"]
    assert {name: item[name] for name in (
        "unit", "packs", "pack_size", "pack_cost", "quantity_ordered", "unit_cost", "line_total"
    )} == {
        "unit": "pack", "packs": 5, "pack_size": 12, "pack_cost": 60, "quantity_ordered": 60,
        "unit_cost": 5, "line_total": 300,
    }  # fmt: skip


@pytest.mark.parametrize(
    "entry", [{"unit": "pack", "quantity": 2, "unit_cost": 0}, {"packs": 2, "pack_cost": 0}]
)
def test_packs_that_cost_nothing_cost_nothing(manager, supplier, place, entry):
    variation = sold_in_packs(supplier, cost="3")

    (item,) = post(manager, supplier, place, {"sku": variation.sku_code, **entry}).json()["items"]

    assert (item["packs"], item["pack_cost"], item["unit_cost"], item["line_total"]) == (2, 0, 0, 0)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"unit": "pack", "quantity": 2.5}, "items.0.quantity_ordered"),
        ({"packs": 5, "quantity_ordered": 61}, "items.0.packs"),
        ({"packs": 0}, "items.0.packs"),
        ({"packs": 1.5}, "items.0.packs"),
        ({"unit": "box", "quantity": 1}, "items.0.unit"),
        ({"unit": "pack"}, "items.0.quantity_ordered"),
    ],
)
def test_bad_packs_over_http_are_named(manager, supplier, place, entry, field):
    variation = sold_in_packs(supplier)

    answer = post(manager, supplier, place, {"sku": variation.sku_code, **entry})

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    assert not PurchaseOrder.objects.exists()


@pytest.mark.parametrize("quantity", [0, -3])
def test_a_quantity_that_is_none_is_refused_with_what_to_send(manager, supplier, place, quantity):
    variation = VariationFactory()

    answer = post(
        manager, supplier, place, {"sku": variation.sku_code, "quantity_ordered": quantity}
    )

    assert answer.json()["details"] == {"items.0.quantity_ordered": ["Send a quantity above 0."]}
    assert not PurchaseOrder.objects.exists()


def test_what_was_read_may_be_sent_back_and_changed(manager, supplier, place):
    variation = sold_in_packs(supplier)
    entry = {"sku": variation.sku_code, "packs": 5, "pack_cost": 50}
    number = post(manager, supplier, place, entry).json()["order_number"]
    path, order = f"/api/purchase-orders/{number}/", PurchaseOrder.objects.get()
    before = facts(order)

    assert manager.put(path, manager.get(path).json()).status_code == 200
    assert facts(order) == before

    def change(**changed):
        item = manager.get(path).json()["items"][0]["id"]
        (row,) = manager.patch(path, {"items": [{"id": item, **changed}]}).json()["items"]
        return row["packs"], row["quantity_ordered"], row["pack_cost"], row["line_total"]

    assert change(packs=6) == (6, 72, 50, 300)
    assert change(notes="Blue ones.") == (6, 72, 50, 300)
    assert change(unit="pack", quantity=7) == (7, 84, 50, 350)
    assert change(quantity_ordered=85) == (None, 85, None, 354.17)  # at 4.1667 a piece
    assert change(unit="pack", quantity=2, unit_cost=48) == (2, 24, 48, 96)
    assert change(unit="stock", quantity=24) == (None, 24, None, 96)


def test_deliveries_are_received_in_packs(manager, supplier, place):
    variation, single = sold_in_packs(supplier), VariationFactory()
    made = post(
        manager, supplier, place,
        {"sku": variation.sku_code, "packs": 5},
        {"sku": single.sku_code, "quantity_ordered": 3},
    ).json()  # fmt: skip
    path = f"/api/purchase-orders/{made['order_number']}/receive/"

    refused = manager.post(
        path, {"items": [{"sku": single.sku_code, "unit": "pack", "quantity_accepted": 1}]}
    )
    assert (refused.status_code, list(refused.json()["details"])) == (400, ["items.0.unit"])
    answer = manager.post(
        path,
        {
            "items": [
                {"sku": variation.sku_code, "unit": "pack", "quantity": 2, "quantity_rejected": 1}
            ]
        },
    ).json()

    assert [
        (row["quantity_received"], row["quantity_rejected"]) for row in answer["items"]
    ] == [(24, 12), (0, 0)]  # fmt: skip
    assert Stock.objects.get(variation=variation).on_hand == 24
