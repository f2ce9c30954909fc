"""Returned goods in quarantine are in no stock until somebody decides about them."""

from decimal import Decimal

import pytest

from inventory.models import StockMovement
from operations.ledger_verification import verify_ledger
from sales.exceptions import QuantityExceeded
from sales.services.fulfilment import fulfil_sales_order
from sales.services.inspections import Inspected, inspect_returned_goods
from sales.services.line_choice import LineRequest
from sales.services.returns import return_goods
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.sales import figures, reserved, take_order

pytestmark = pytest.mark.django_db
RETURNS = "/api/sales-returns/"


def aside(stock, quantity=3, lot=""):
    """Return a return of goods that were put into quarantine, of an order of 4."""
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    fulfil_sales_order(order=order, acting_user=None)
    line = LineRequest("line", "1", Decimal(quantity), "defective", "quarantine", lot)
    return return_goods(order=order, lines=[line], acting_user=None)


def decided(returned, *quantities):
    key = returned.items.get().pk
    return [
        Inspected(item_id=key, quantity=Decimal(quantity), disposition=kind)
        for kind, quantity in quantities
    ]


def state(returned):
    return returned.items.values_list("quantity_restocked", "quantity_scrapped").get()


def test_goods_in_quarantine_are_credited_and_in_no_balance(stock):
    returned = aside(stock)

    item = returned.items.get()
    assert (item.quantity_in_inspection, item.credit_amount) == (3, Decimal("29.97"))
    assert figures(stock) == (6, 0)
    assert verify_ledger() == []


def test_what_is_good_comes_to_stock_at_the_cost_it_left_at_and_the_rest_is_scrapped(stock):
    returned = aside(stock)
    waiting = take_order((stock.variation, 7), warehouse=stock.warehouse)

    inspect_returned_goods(
        sales_return=returned, lines=decided(returned, ("stock", 1), ("scrap", 1)), acting_user=None
    )
    assert (state(returned), figures(stock), reserved(waiting)) == ((1, 1), (7, 7), [7])
    moved = StockMovement.objects.latest("pk")
    assert (moved.reference_code, moved.quantity, moved.unit_cost, moved.reason_code) == (
        returned.return_number, 1, 4, "return",
    )  # fmt: skip

    inspect_returned_goods(
        sales_return=returned, lines=decided(returned, ("scrap", 1)), acting_user=None
    )
    assert (state(returned), figures(stock)) == ((1, 2), (7, 7))
    assert verify_ledger() == []


def test_lots_are_kept():
    milk = VariationFactory(product=ProductFactory(lot_tracking=True))
    stock = put_in_stock(milk, None, 5, lot_number="A")
    returned = aside(stock)

    inspect_returned_goods(
        sales_return=returned, lines=decided(returned, ("stock", 2)), acting_user=None
    )

    assert StockMovement.objects.latest("pk").lot_number == "A"
    assert stock.lots.get().on_hand == 3
    assert verify_ledger() == []


def test_no_more_is_decided_about_than_is_in_quarantine(stock):
    returned = aside(stock)

    with pytest.raises(QuantityExceeded) as refusal:
        inspect_returned_goods(
            sales_return=returned,
            lines=decided(returned, ("stock", 2), ("scrap", 2)),
            acting_user=None,
        )

    text = ["3 of this line are in quarantine. Send at most that."]
    assert refusal.value.details == {"items.0.quantity": text, "items.1.quantity": text}
    assert (state(returned), figures(stock)) == ((0, 0), (6, 0))


def test_inspection_over_http(manager, stock):
    returned = aside(stock)
    path, key = f"{RETURNS}{returned.return_number}/", returned.items.get().pk
    waiting = manager.get(f"{RETURNS}?in_inspection=true").json()["sales_returns"]
    assert [row["return_number"] for row in waiting] == [returned.return_number]

    answer = manager.post(
        f"{path}inspect/", {"items": [{"id": key, "quantity": 3, "disposition": "Restock"}]}
    )

    assert answer.status_code == 200
    item = answer.json()["items"][0]
    assert (item["disposition"], item["quantity_restocked"], item["quantity_in_inspection"]) == (
        "quarantine", 3, 0,
    )  # fmt: skip
    assert manager.get(f"{RETURNS}?in_inspection=true").json()["sales_returns"] == []
    assert len(manager.get(f"{RETURNS}?in_inspection=false").json()["sales_returns"]) == 1
    again = manager.post(
        f"{path}inspect/", {"items": [{"id": key, "quantity": 1, "disposition": "scrap"}]}
    )
    assert (again.status_code, again.json()["code"]) == (409, "quantity_exceeded")
    assert figures(stock) == (9, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": [{"id": 999999, "quantity": 1, "disposition": "stock"}]}, "items.0.id"),
        ({"items": [{"id": 2**63, "quantity": 1, "disposition": "stock"}]}, "items.0.id"),
        ({"items": [{"id": 1, "quantity": 0, "disposition": "stock"}]}, "items.0.quantity"),
        ({"items": [{"id": 1, "quantity": 1, "disposition": "quarantine"}]}, "items.0.disposition"),
    ],
)
def test_bad_inspections_are_refused(manager, stock, body, field):
    returned = aside(stock)

    answer = manager.post(f"{RETURNS}{returned.return_number}/inspect/", body)

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    assert (state(returned), figures(stock)) == ((0, 0), (6, 0))
