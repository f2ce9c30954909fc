"""Shipping, duty and other charges become part of what goods cost in stock, to the cent."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.exceptions import InvalidInput, WrongState
from inventory.models import Stock, StockMovement
from purchasing.exceptions import ChargeCarried
from purchasing.models import GoodsReceiptLine
from purchasing.services.charges import ChargeLine
from purchasing.services.landed_costs import spread_amount
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import change_purchase_order, create_purchase_order
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import facts
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
DUTY = ChargeLine(kind="duty", amount=Decimal("7.00"))
HANDLING = ChargeLine(kind="handling", amount=Decimal("1.00"), spread="quantity")
# A 10 x 2.50 = 25.00, B 4 x 12.25 = 49.00, C 3 x 8.67 = 26.01: together 100.01, 17 pieces.
LINES = [("10", "2.50"), ("4", "12.25"), ("3", "8.67")]


def landed_order(*, shipping="10.00", charges=(DUTY, HANDLING), lines=LINES):
    return create_purchase_order(
        supplier=SupplierFactory(),
        warehouse=WarehouseFactory(),
        lines=[
            OrderLine(
                variation=VariationFactory(),
                quantity_ordered=Decimal(quantity),
                unit_cost=Decimal(cost),
            )
            for quantity, cost in lines
        ],
        shipping_cost=Decimal(shipping),
        charges=charges,
        status="sent",
        acting_user=UserFactory(role="manager"),
    )


def receive(order, *accepted):
    """Accept so much of each line; without any, all that is outstanding."""
    receipt = receive_purchase_order(
        order=order,
        lines=[
            ReceiptLine(item_id=item.pk, quantity_accepted=Decimal(quantity))
            for item, quantity in zip(order.items.all(), accepted, strict=True)
            if quantity
        ]
        if accepted
        else None,
        acting_user=UserFactory(role="staff"),
    )
    order.refresh_from_db()
    return list(receipt.lines.values_list("goods_amount", "charges_amount"))


def unit_costs():
    return list(StockMovement.objects.order_by("pk").values_list("unit_cost", flat=True))


def money(*pairs):
    return [(Decimal(goods), Decimal(charges)) for goods, charges in pairs]


def test_a_hand_computed_example():
    """All of it at once.

    Shipping 10.00 by value: A 10 x 25.00 / 100.01 = 2.4997.., B 4.8995.., C 2.6007..; rounded
    down 2.49 + 4.89 + 2.60, two cents to the largest remainders, A and B: 2.50, 4.90, 2.60.
    Duty 7.00 by value: 1.7498.., 3.4296.., 1.8205..; 1.74 + 3.42 + 1.82, two cents: 1.75, 3.43,
    1.82. Handling 1.00 by quantity (10, 4, 3 of 17): .5882.., .2352.., .1764..; two cents to A
    and C: .59, .23, .18. Together A 4.84, B 8.56, C 4.60 = 18.00. Per piece: A 2.50 + 4.84 / 10
    = 2.9840, B 12.25 + 8.56 / 4 = 14.3900, C 8.67 + 4.60 / 3 = 10.2033.
    """
    order = landed_order()

    arrived = receive(order)

    assert arrived == money(("25.00", "4.84"), ("49.00", "8.56"), ("26.01", "4.60"))
    assert sum(goods + charges for goods, charges in arrived) == order.landed_total
    assert order.landed_total == Decimal("118.01")
    assert unit_costs() == [Decimal("2.9840"), Decimal("14.3900"), Decimal("10.2033")]
    assert [stock.average_cost for stock in Stock.objects.order_by("pk")] == unit_costs()
    assert order.total_amount == Decimal("110.01")  # as the specification has it
    assert order.shipping_carried == 10
    assert all(charge.left == 0 for charge in order.charges.all())


def test_partial_receipts_take_their_share():
    """First 3 of A and all of B.

    A: .3 x 2.50 = .75, .3 x 1.75 = .525 up to .53, .3 x .59 = .177 up to .18: 1.46; B 8.56. Left
    are 4.35, 3.04 and .59 for 7 of A (17.50) and C (26.01), 43.51 in value, 10 pieces. Shipping:
    A 1.7495.., C 2.6004..: 1.75, 2.60. Duty: A 1.2227.., C 1.8172..: 1.22, 1.82. Handling: A
    .413, C .177: .41, .18. Together A 3.38, C 4.60.
    """
    order = landed_order()

    assert receive(order, 3, 4, 0) == money(("7.50", "1.46"), ("49.00", "8.56"))
    assert [charge.carried for charge in order.charges.all()] == [
        Decimal("3.96"), Decimal("0.41"),
    ]  # fmt: skip
    assert order.shipping_carried == Decimal("5.65")
    assert receive(order) == money(("17.50", "3.38"), ("26.01", "4.60"))

    assert sum(line.landed_amount for line in GoodsReceiptLine.objects.all()) == Decimal("118.01")
    assert unit_costs()[0] == Decimal("2.9867")  # 2.50 + 1.46 / 3


def test_two_lots_of_a_line_share_what_is_the_lines():
    order = landed_order(lines=[("10", "2.50")], charges=(), shipping="0.05")
    item = order.items.get()
    lines = [ReceiptLine(item_id=item.pk, quantity_accepted=Decimal(n)) for n in (3, 3, 4)]

    receipt = receive_purchase_order(
        order=order, lines=lines, acting_user=UserFactory(role="staff")
    )

    shares = [line.charges_amount for line in receipt.lines.all()]
    assert shares == [Decimal("0.02"), Decimal("0.01"), Decimal("0.02")]


def test_what_comes_beyond_the_order_carries_nothing_more():
    order = landed_order(lines=[("10", "2.50")], charges=(), shipping="10.00")
    order.supplier.over_receipt_tolerance_percent = 20
    order.supplier.save()

    assert receive(order, 12) == money(("30.00", "10.00"))
    assert unit_costs() == [Decimal("3.3333")]


def test_goods_that_cost_nothing_share_by_quantity():
    order = landed_order(lines=[("3", "0"), ("1", "0")], charges=(), shipping="1.00")

    assert receive(order, 3, 1) == money(("0", "0.75"), ("0", "0.25"))


def test_a_charge_that_comes_between_falls_on_what_is_to_come():
    order = landed_order(lines=[("10", "2.50")], charges=(), shipping="0")
    assert receive(order, 4) == money(("10.00", "0"))

    change_purchase_order(order=order, charges=[DUTY], acting_user=UserFactory(role="manager"))

    assert receive(order, 6) == money(("15.00", "7.00"))
    assert order.amendments.get().changes == [
        {
            "field": "charge", "from": None,
            "to": {"kind": "duty", "amount": 7, "spread": "value", "notes": ""},
        }
    ]  # fmt: skip


def test_a_charge_is_not_less_than_what_is_in_stock_of_it():
    order = landed_order(lines=[("10", "2.50")], charges=[DUTY])
    receive(order, 5)
    charge, manager = order.charges.get(), UserFactory(role="manager")
    before = facts(order), list(order.charges.values())
    less = ChargeLine(charge_id=charge.pk, kind="duty", amount=Decimal("3.49"))

    for charges in ([less], []):
        with pytest.raises(ChargeCarried) as refusal:
            change_purchase_order(order=order, charges=charges, acting_user=manager)
        assert refusal.value.details["lines"][0]["carried"] == Decimal("3.50")
    with pytest.raises(ChargeCarried):
        change_purchase_order(
            order=order, details={"shipping_cost": Decimal("4.99")}, acting_user=manager
        )
    assert (facts(order), list(order.charges.values())) == before

    just = ChargeLine(charge_id=charge.pk, kind="duty", amount=Decimal("3.50"))
    change_purchase_order(order=order, charges=[just], acting_user=manager)
    assert receive(order, 5) == money(("12.50", "5.00"))


def test_no_charge_comes_after_the_last_goods():
    order = landed_order(charges=())
    receive(order)
    before = facts(order)

    with pytest.raises(WrongState) as refusal:
        change_purchase_order(order=order, charges=[DUTY], acting_user=UserFactory(role="manager"))

    assert list(refusal.value.details) == ["charges"]
    assert facts(order) == before
    assert not order.charges.exists()


@pytest.mark.parametrize(
    ("charges", "field"),
    [
        ([ChargeLine(kind="duty", amount=Decimal(0))], "charges.0.amount"),
        ([DUTY, ChargeLine(kind="duty", amount=Decimal(1), charge_id=10**9)], "charges.1.id"),
    ],
)
def test_bad_charges_are_named(charges, field):
    order = landed_order(charges=())

    with pytest.raises(InvalidInput) as refusal:
        change_purchase_order(order=order, charges=charges, acting_user=UserFactory(role="manager"))

    assert list(refusal.value.details) == [field]
    assert not order.charges.exists()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # it tells of the machine
@given(
    cents=st.integers(0, 10**9),
    ten_thousandths=st.lists(st.integers(0, 10**10), min_size=1, max_size=30).filter(any),
)
def test_shares_add_up_and_nobody_is_off_by_a_cent(cents, ten_thousandths):
    amount = Decimal(cents) / 100
    weights = [Decimal(one) / 10_000 for one in ten_thousandths]
    total = sum(weights)

    shares = spread_amount(amount, weights)

    assert sum(shares) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - amount * weight / total) < Decimal("0.01")


@settings(deadline=None, max_examples=20)
@given(
    costs=st.lists(
        st.tuples(st.integers(1, 40), st.decimals("0", "99", places=2)), min_size=1, max_size=4
    ),
    shipping=st.decimals("0", "99", places=2),
    duty=st.decimals("0.01", "99", places=2),
    parts=st.lists(st.integers(1, 20), min_size=1, max_size=4),
)
@pytest.mark.parametrize("spread", ["value", "quantity"])
def test_however_goods_come_in_the_cents_add_up(spread, costs, shipping, duty, parts):
    order = landed_order(
        lines=[(str(quantity), str(cost)) for quantity, cost in costs],
        shipping=str(shipping),
        charges=[ChargeLine(kind="duty", amount=duty, spread=spread)],
    )
    for part in parts:
        items = [item for item in order.items.all() if item.quantity_outstanding]
        if items:
            item = items[0]
            receive_purchase_order(
                order=order,
                lines=[
                    ReceiptLine(
                        item_id=item.pk,
                        quantity_accepted=min(Decimal(part), item.quantity_outstanding),
                    )
                ],
                acting_user=None,
            )
    order.refresh_from_db()
    if order.status != "received":
        receive_purchase_order(order=order, acting_user=None)
    order.refresh_from_db()

    landed = GoodsReceiptLine.objects.filter(receipt__order=order)
    assert sum(line.landed_amount for line in landed) == order.landed_total
    assert sum(line.goods_amount for line in landed) == order.subtotal


def test_over_http(api):
    place = WarehouseFactory()
    manager = api("manager", place)
    variation, supplier = VariationFactory(), SupplierFactory()
    body = {
        "supplier_id": supplier.code,
        "warehouse": place.code,
        "items": [{"sku": variation.sku_code, "quantity_ordered": 4, "unit_cost": 2.5}],
        "financial": {"shipping_cost": 1.5},
        "charges": [{"kind": "Duty", "amount": 2.5}],
    }

    made = manager.post("/api/purchase-orders/", body)
    assert made.status_code == 201
    order = made.json()
    assert order["financial"] == {
        "subtotal": 10, "tax_amount": 0, "shipping_cost": 1.5, "total_amount": 11.5,
        "currency": "USD", "charges_amount": 2.5, "landed_total": 14,
    }  # fmt: skip
    (charge,) = order["charges"]
    assert (charge["kind"], charge["spread"], charge["carried"]) == ("duty", "value", 0)
    path = f"/api/purchase-orders/{order['order_number']}/"
    answer = manager.patch(path, {"charges": [charge | {"amount": 3.5}]}).json()
    assert [(one["id"], one["amount"]) for one in answer["charges"]] == [(charge["id"], 3.5)]
    bad = manager.patch(path, {"charges": [{"kind": "bribe", "amount": -1}]})
    assert bad.status_code == 400
    for part, missing in (({"notes": "x"}, {"kind", "amount"}), ({"kind": "duty"}, {"amount"})):
        refused = manager.patch(path, {"charges": [charge, part]})
        assert refused.status_code == 400
        assert set(refused.json()["details"]) == {f"charges.1.{name}" for name in missing}
    assert manager.get(path).json()["charges"] == answer["charges"]
    received = manager.post(f"{path}receive/").json()
    (line,) = received["receipts"][0]["lines"]
    assert (line["goods_amount"], line["charges_amount"], line["landed_amount"]) == (10, 5, 15)
    assert received["charges"][0]["carried"] == 3.5
    # What was read may be sent back.
    whole = manager.get(path).json()
    assert manager.put(path, whole).status_code == 200


@pytest.mark.parametrize("size", [5, 500])
def test_the_number_of_statements_does_not_depend_on_the_lines(size, django_assert_num_queries):
    order = landed_order(lines=[("2", "1.25")] * size)
    staff = UserFactory(role="staff")

    with django_assert_num_queries(15):
        receive_purchase_order(order=order, acting_user=staff)

    landed = GoodsReceiptLine.objects.all()
    assert sum(line.landed_amount for line in landed) == Decimal("2.50") * size + 18
