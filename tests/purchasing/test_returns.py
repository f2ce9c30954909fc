"""Goods go back to their supplier: no more than came in, out of what is available."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.exceptions import InvalidInput, NotAllowed
from inventory.exceptions import InsufficientStock
from inventory.models import ProductSupplier, Stock, StockMovement
from operations.ledger_verification import verify_ledger
from purchasing.exceptions import ReturnExceeded
from purchasing.models import SupplierReturn
from purchasing.queries import returned_share_of_orders
from purchasing.services import returns
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import create_purchase_order
from purchasing.services.receipts import Delivery, ReceiptLine, receive_purchase_order
from purchasing.services.returns import ReturnLine, return_to_supplier
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.purchasing import facts, make_order
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db


def send_back(order, *lines, user=None, **wanted):
    """Send back lines of (index, quantity[, changes])."""
    items = list(order.items.all())
    return return_to_supplier(
        order=order,
        lines=[
            ReturnLine(
                **{
                    "item_id": items[index].pk,
                    "quantity": Decimal(quantity),
                    "reason": "damaged",
                    **(changes[0] if changes else {}),
                }
            )
            for index, quantity, *changes in lines
        ],
        acting_user=user or UserFactory(role="staff"),
        **wanted,
    )


def on_hand(order):
    stocks = Stock.objects.filter(warehouse=order.warehouse).order_by("pk")
    return list(stocks.values_list("on_hand", flat=True))


def everything(order):
    return facts(order), list(SupplierReturn.objects.values())


def test_credits_of_packs_that_go_back_in_parts_add_up_to_what_they_cost():
    supplier, variation = SupplierFactory(), VariationFactory()
    ProductSupplier.objects.create(product=variation.product, supplier=supplier, pack_size=3)
    order = create_purchase_order(
        supplier=supplier,
        warehouse=WarehouseFactory(),
        lines=[OrderLine(variation=variation, packs=1, pack_cost=Decimal(1))],
        status="received",
        acting_user=UserFactory(role="manager"),
    )

    credits = [send_back(order, (0, 1)).credit_amount for _ in range(3)]

    assert credits == [Decimal("0.33"), Decimal("0.34"), Decimal("0.33")]


def test_goods_leave_stock_and_are_credited():
    order = make_order(10, 4, status="received")
    staff = UserFactory(role="staff")

    returned = send_back(
        order,
        (0, "2.5"),
        (1, 1, {"reason": "wrong_item", "credit_amount": Decimal("1.99")}),
        user=staff,
        notes="By Friday's truck.",
    )

    assert returned.return_number.startswith("RTS-")
    assert returned.credit_amount == Decimal("8.24")  # 2.5 x 2.50 = 6.25, and 1.99
    assert [
        (item.quantity, item.reason, item.unit_cost, item.credit_amount)
        for item in returned.items.all()
    ] == [
        (Decimal("2.5"), "damaged", Decimal("2.5"), Decimal("6.25")),
        (1, "wrong_item", Decimal("2.5"), Decimal("1.99")),
    ]
    assert on_hand(order) == [Decimal("7.5"), 3]
    assert [item.quantity_returned for item in order.items.all()] == [Decimal("2.5"), 1]
    movements = StockMovement.objects.filter(reference_type="supplier_return").order_by("pk")
    assert [
        (one.movement_type, one.quantity, one.reason_code, one.reason_description)
        for one in movements
    ] == [
        ("outbound", Decimal("-2.5"), "supplier_return", "damaged"),
        ("outbound", -1, "supplier_return", "wrong_item"),
    ]
    assert {one.reference_code for one in movements} == {returned.return_number}
    order.refresh_from_db()
    assert (order.status, verify_ledger()) == ("received", [])


def test_never_more_than_came_in_and_did_not_go_back():
    order = make_order(10, 4, status="sent")
    receive_purchase_order(
        order=order,
        lines=[ReceiptLine(item_id=order.items.first().pk, quantity_accepted=Decimal(6))],
        acting_user=UserFactory(role="staff"),
    )
    send_back(order, (0, 2))
    before = everything(order)

    with pytest.raises(ReturnExceeded) as refusal:
        send_back(order, (0, 3), (0, "1.001"), (1, 1))

    assert [
        (line["position"], line["requested"], line["most_returnable"])
        for line in refusal.value.details["lines"]
    ] == [(1, Decimal("4.001"), 4), (2, 1, 0)]
    assert everything(order) == before
    send_back(order, (0, 4))


def test_what_is_gone_or_reserved_does_not_go_back():
    order = make_order(10, status="received")
    take_order((order.items.get().variation, 8), warehouse=order.warehouse)
    before = everything(order)

    with pytest.raises(InsufficientStock) as refusal:
        send_back(order, (0, 3))

    assert refusal.value.details["lines"][0]["available"] == 2
    assert everything(order) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": Decimal(0)}, "items.0.quantity"),
        ({"quantity": Decimal(-1)}, "items.0.quantity"),
        ({"reason": "spite"}, "items.0.reason"),
        ({"credit_amount": Decimal(-1)}, "items.0.credit_amount"),
        ({"item_id": 10**9}, "items.0.id"),
    ],
)
def test_bad_lines_are_named(changes, field):
    order = make_order(10, status="received")
    before = everything(order)

    with pytest.raises(InvalidInput) as refusal:
        send_back(order, (0, 1, changes))

    assert list(refusal.value.details) == [field]
    assert everything(order) == before


def test_nothing_is_no_return():
    order = make_order(10, status="received")

    with pytest.raises(InvalidInput):
        send_back(order)


def lots_order():
    """Make an order of which 6 came in as lot A and 4 as lot B."""
    milk = VariationFactory(product=ProductFactory(lot_tracking=True))
    order = make_order(10, variations=[milk], status="sent")
    key = order.items.get().pk
    receive_purchase_order(
        order=order,
        lines=[
            ReceiptLine(item_id=key, quantity_accepted=Decimal(n), lot_number=lot)
            for lot, n in (("A", 6), ("B", 4))
        ],
        acting_user=UserFactory(role="staff"),
    )
    return order


def test_of_several_lots_one_is_named():
    order = lots_order()
    before = everything(order)

    for changes, field in [
        ({}, "items.0.lot_number"),
        ({"lot_number": "C"}, "items.0.lot_number"),
        ({"lot_number": "B", "quantity": Decimal(5)}, "items.0.quantity"),
    ]:
        with pytest.raises(InvalidInput) as refusal:
            send_back(order, (0, 1, changes))
        assert list(refusal.value.details) == [field]
        assert everything(order) == before

    send_back(order, (0, 6, {"lot_number": "A"}))
    send_back(order, (0, 1))  # B alone is left
    went = StockMovement.objects.filter(reference_type="supplier_return").order_by("pk")
    assert [(one.lot_number, one.quantity) for one in went] == [("A", -6), ("B", -1)]
    assert verify_ledger() == []


def test_a_past_return_needs_the_right_to_it():
    past = timezone.now() - timedelta(days=1)
    order = make_order(10, status="sent", order_date=past - timedelta(days=5))
    receive_purchase_order(
        order=order,
        delivery=Delivery(occurred_at=past - timedelta(days=2)),
        acting_user=UserFactory(role="manager"),
    )

    with pytest.raises(NotAllowed):
        send_back(order, (0, 1), occurred_at=past)
    with pytest.raises(InvalidInput):
        send_back(
            order,
            (0, 1),
            occurred_at=past - timedelta(days=9),
            user=UserFactory(role="manager"),
        )
    with pytest.raises(InsufficientStock):  # the goods had not come yet
        send_back(
            order,
            (0, 1),
            occurred_at=past - timedelta(days=4),
            user=UserFactory(role="manager"),
        )
    returned = send_back(order, (0, 1), occurred_at=past, user=UserFactory(role="manager"))
    assert returned.occurred_at == past
    assert SupplierReturn.objects.count() == 1


def test_the_database_refuses_what_no_rule_permits():
    order = make_order(10, status="received")

    with pytest.raises(IntegrityError), transaction.atomic():
        order.items.update(quantity_returned=11)

    assert order.items.get().quantity_returned == 0


@pytest.mark.parametrize("size", [5, 100])
def test_the_number_of_statements_does_not_depend_on_the_lines(size, django_assert_num_queries):
    order = make_order(*[3] * size, status="received")
    staff = UserFactory(role="staff")

    with django_assert_num_queries(13):
        send_back(order, *[(index, 1) for index in range(size)], user=staff)


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_send_back_no_more_than_came():
    order, staff = make_order(5, status="received"), UserFactory(role="staff")

    outcomes = run_at_once(*[partial(send_back, order, (0, 1), user=staff)] * 8)

    assert sum(isinstance(outcome, SupplierReturn) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, ReturnExceeded) for outcome in outcomes) == 3
    assert (on_hand(order), order.items.get().quantity_returned) == ([0], 5)


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_more_than_came_is_refused_by_the_database_alone(monkeypatch):
    order, staff = make_order(5, status="received"), UserFactory(role="staff")
    put_in_stock(order.items.get().variation, order.warehouse, 20)
    monkeypatch.setattr(returns, "lock_purchase_order", lambda order: order)
    monkeypatch.setattr(returns, "refuse_excess", lambda items, lines: None)

    outcomes = run_at_once(*[partial(send_back, order, (0, 1), user=staff)] * 8)

    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 3


def test_over_http(api, place):
    staff, viewer, sales = api("staff", place), api("viewer", place), api("sales", place)
    order = make_order(10, warehouse=place, status="received")
    sku = order.items.get().variation.sku_code
    body = {
        "order_number": order.order_number,
        "items": [{"sku": sku, "quantity": 4, "reason": "Defective"}],
        "notes": "RMA 17",
    }

    assert viewer.post("/api/supplier-returns/", body).status_code == 403
    made = staff.post("/api/supplier-returns/", body)

    assert made.status_code == 201
    answer = made.json()
    number = answer["return_number"]
    assert (answer["credit_amount"], answer["currency"]) == (10, "USD")
    assert (answer["supplier_id"], answer["warehouse"]) == (order.supplier.code, place.code)
    assert [(item["sku"], item["quantity"], item["reason"]) for item in answer["items"]] == [
        (sku, 4, "defective")
    ]
    assert viewer.get(f"/api/supplier-returns/{number}/").json()["notes"] == "RMA 17"
    assert sales.get("/api/supplier-returns/").status_code == 403
    detail = viewer.get(f"/api/purchase-orders/{order.order_number}/").json()
    assert detail["items"][0]["quantity_returned"] == 4
    excess = staff.post("/api/supplier-returns/", body | {"items": [
        {"sku": sku, "quantity": 7, "reason": "other"}
    ]})  # fmt: skip
    assert (excess.status_code, excess.json()["code"]) == (409, "return_exceeded")
    bad = staff.post("/api/supplier-returns/", body | {"items": [{"sku": sku, "quantity": 0}]})
    assert bad.status_code == 400
    found = staff.get(f"/api/scan/?code={number}")
    assert number in found.content.decode()
    csv = viewer.get("/api/supplier-returns/?format=csv")
    assert number in b"".join(csv).decode()
    for query in (f"order={order.order_number}", f"supplier_id={order.supplier.code}"):
        rows = viewer.get(f"/api/supplier-returns/?{query}").json()["supplier_returns"]
        assert [row["return_number"] for row in rows] == [number]


def test_lines_are_named_by_their_numbers(api):
    variation = VariationFactory()
    order = make_order(10, 4, variations=[variation, variation], status="received")
    staff = api("staff", order.warehouse)

    def send(**entry):
        items = [{"quantity": 1, "reason": "damaged", **entry}]
        body = {"order_number": order.order_number, "items": items}
        return staff.post("/api/supplier-returns/", body)

    before = everything(order)
    for entry, field in (
        ({"sku": variation.sku_code}, "items.0.sku"),
        ({"line": 3}, "items.0.line"),
        ({"line": 0}, "items.0.line"),
        ({}, "items.0.product_id"),
    ):
        refused = send(**entry)
        assert (refused.status_code, list(refused.json()["details"])) == (400, [field])
    nothing = staff.post(
        "/api/supplier-returns/", {"order_number": order.order_number, "items": []}
    )
    assert (nothing.status_code, list(nothing.json()["details"])) == (400, ["items"])
    assert everything(order) == before

    made = send(line=2)

    assert made.status_code == 201, made.content
    assert [item["line"] for item in made.json()["items"]] == [2]
    assert list(order.items.values_list("quantity_returned", flat=True)) == [0, 1]


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(api, place, count, django_assert_num_queries):
    viewer = api("viewer", place)
    for _ in range(count):
        send_back(make_order(10, 4, warehouse=place, status="received"), (0, 1), (1, 1))

    with django_assert_num_queries(5):
        rows = viewer.get("/api/supplier-returns/").json()["supplier_returns"]

    assert len(rows) == count


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_that_is_none_is_refused_with_what_to_send(api, quantity):
    order = make_order(10, status="received")
    before = everything(order)
    entry = {"id": order.items.get().pk, "quantity": quantity, "reason": "damaged"}

    answer = api("staff", order.warehouse).post(
        "/api/supplier-returns/", {"order_number": order.order_number, "items": [entry]}
    )

    assert answer.json()["details"] == {"items.0.quantity": ["Send a quantity above 0."]}
    assert everything(order) == before


def test_the_share_of_orders_with_returns():
    supplier, other = SupplierFactory(), SupplierFactory()
    orders = [make_order(10, 4, supplier=supplier, status="received") for _ in range(3)]
    make_order(10, supplier=supplier, status="sent")  # nothing came in
    make_order(10, supplier=other, status="received")
    send_back(orders[0], (0, 1), (1, 2))
    send_back(orders[0], (0, 1))
    now = timezone.now()
    span = now - timedelta(days=1), now + timedelta(days=1)

    assert returned_share_of_orders([supplier.pk, other.pk], *span) == {
        supplier.pk: Decimal("33.33"),  # 1 of 3
        other.pk: Decimal("0.00"),
    }
    assert returned_share_of_orders([supplier.pk], now, now) == {}
