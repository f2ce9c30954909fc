"""Goods asked for out of a warehouse: who asks, who decides, and what leaves stock."""

from datetime import date
from decimal import Decimal

import pytest

from common.exceptions import InvalidInput, NotAllowed, OwnRequest, WrongState
from common.models import CompanySettings
from inventory.exceptions import InsufficientStock
from inventory.models import Stock, StockMovement
from operations.ledger_verification import verify_ledger
from purchasing.services.requests import (
    approve_goods_request,
    cancel_goods_request,
    reject_goods_request,
)
from tests.factories.goods_requests import make_goods_request, request_facts
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
STATUSES = ["pending", "approved", "rejected", "cancelled"]


@pytest.fixture
def clerk():
    return UserFactory(role="staff")


def left_of(request):
    stocks = Stock.objects.filter(warehouse=request.warehouse).order_by("pk")
    return list(stocks.values_list("on_hand", flat=True))


def test_approval_takes_all_lines_out_of_stock_in_one_posting(clerk):
    request = make_goods_request(10, "2.5", reason="For the fair")

    approve_goods_request(request=request, note="Here", acting_user=clerk)

    request.refresh_from_db()
    assert (request.status, request.decided_by, request.decision_note) == (
        "approved", clerk, "Here",
    )  # fmt: skip
    assert left_of(request) == [90, Decimal("97.5")]
    movements = StockMovement.objects.filter(reference_code=request.code).order_by("pk")
    assert [
        (row.quantity, row.movement_type, row.reason_code, row.reason_description,
         row.reference_type, row.processed_by, row.approved_by)
        for row in movements
    ] == [
        (quantity, "outbound", "goods_request", "For the fair", "purchase_request", clerk, clerk)
        for quantity in (-10, Decimal("-2.5"))
    ]  # fmt: skip
    assert [
        (line.quantity_approved, line.unit_cost, line.value) for line in request.lines.all()
    ] == [(10, 4, 40), (Decimal("2.5"), 4, 10)]
    assert verify_ledger() == []


def test_less_than_asked_for_may_be_given(clerk):
    request = make_goods_request(10, 5, 3)
    first, second, third = request.lines.all()

    approve_goods_request(
        request=request,
        quantities={first.pk: Decimal(4), second.pk: Decimal(0)},
        acting_user=clerk,
    )

    assert [
        (line.quantity, line.quantity_approved, line.unit_cost) for line in request.lines.all()
    ] == [(10, 4, 4), (5, 0, None), (3, 3, 4)]
    assert left_of(request) == [96, 100, 97]


@pytest.mark.parametrize(
    ("quantities", "field"),
    [
        ({0: "10.001"}, "items.0.quantity"),
        ({0: "-1"}, "items.0.quantity"),
        ({0: "0"}, "items"),
        ({7: "1"}, "items.0.id"),
    ],
)
def test_more_than_asked_for_or_nothing_is_not_given(clerk, quantities, field):
    request = make_goods_request(10)
    key = request.lines.get().pk
    before = request_facts(request)

    with pytest.raises(InvalidInput) as refusal:
        approve_goods_request(
            request=request,
            quantities={key + offset: Decimal(one) for offset, one in quantities.items()},
            acting_user=clerk,
        )

    assert (refusal.value.code, list(refusal.value.details)) == ("invalid", [field])
    assert request_facts(request) == before


def test_short_lines_are_named_and_nothing_leaves(clerk):
    request = make_goods_request(101, 50, 200)
    before = request_facts(request)

    with pytest.raises(InsufficientStock) as refusal:
        approve_goods_request(request=request, acting_user=clerk)

    assert [
        (line["line"], line["requested"], line["available"])
        for line in refusal.value.details["lines"]
    ] == [(1, 101, 100), (3, 200, 100)]
    assert request_facts(request) == before


def test_what_customers_reserved_is_not_given_away(clerk):
    stock = put_in_stock(quantity=10)
    take_order((stock.variation, 8), warehouse=stock.warehouse)
    request = make_goods_request(3, warehouse=stock.warehouse, variations=[stock.variation])
    before = request_facts(request)

    with pytest.raises(InsufficientStock):
        approve_goods_request(request=request, acting_user=clerk)

    assert request_facts(request) == before


def test_the_first_lots_to_expire_are_given(clerk):
    milk = VariationFactory(product__lot_tracking=True)
    stock = put_in_stock(milk, quantity=5, lot_number="L-1", expiration_date=date(2099, 2, 1))
    put_in_stock(milk, stock.warehouse, 5, lot_number="L-2", expiration_date=date(2099, 1, 1))
    request = make_goods_request(7, warehouse=stock.warehouse, variations=[milk])

    approve_goods_request(request=request, acting_user=clerk)

    assert list(
        StockMovement.objects.filter(reference_code=request.code)
        .order_by("pk")
        .values_list("lot_number", "quantity")
    ) == [("L-2", -5), ("L-1", -2)]
    assert verify_ledger() == []


@pytest.mark.parametrize("service", [approve_goods_request, reject_goods_request])
def test_nobody_decides_their_own_request(service):
    clerk = UserFactory(role="staff")
    request = make_goods_request(asked_by=clerk)
    before = request_facts(request)
    note = {"note": "No."} if service is reject_goods_request else {}

    with pytest.raises(OwnRequest):
        service(request=request, acting_user=clerk, **note)

    assert request_facts(request) == before
    CompanySettings.objects.update_or_create(pk=1, defaults={"second_person_rule": False})
    service(request=request, acting_user=clerk, **note)
    request.refresh_from_db()
    assert request.decided_by == clerk


def test_only_who_asked_takes_it_back(clerk):
    request = make_goods_request()
    before = request_facts(request)

    with pytest.raises(NotAllowed):
        cancel_goods_request(request=request, acting_user=UserFactory(role="admin"))

    assert request_facts(request) == before
    cancel_goods_request(request=request, acting_user=request.requested_by)
    request.refresh_from_db()
    assert (request.status, request.decided_by, left_of(request)) == ("cancelled", None, [100])


@pytest.mark.parametrize("status", STATUSES)
def test_every_state_has_its_lawful_steps(clerk, status):
    request = make_goods_request(status=status)
    before = request_facts(request)
    steps = {
        "approved": lambda: approve_goods_request(request=request, acting_user=clerk),
        "rejected": lambda: reject_goods_request(request=request, note="No.", acting_user=clerk),
        "cancelled": lambda: cancel_goods_request(
            request=request, acting_user=request.requested_by
        ),
    }

    assert request.allowed_transitions == (list(steps) if status == "pending" else [])
    if status == "pending":
        return
    for step in steps.values():
        with pytest.raises(WrongState):
            step()
    assert request_facts(request) == before


def test_a_rejection_says_why(clerk):
    request = make_goods_request()
    before = request_facts(request)

    with pytest.raises(InvalidInput) as refusal:
        reject_goods_request(request=request, note="  ", acting_user=clerk)

    assert list(refusal.value.details) == ["note"]
    assert request_facts(request) == before


@pytest.mark.parametrize("count", [1, 20])
def test_a_request_of_any_length_is_approved_in_as_many_statements(
    clerk, count, django_assert_num_queries
):
    request = make_goods_request(*[1] * count)

    # Savepoint and its end, lock, lines, lock of balances, their change with the movements, lines,
    # the request, who is told, their mail and message; one statement each for any number of lines.
    with django_assert_num_queries(11):
        approve_goods_request(request=request, acting_user=clerk)

    assert left_of(request) == [99] * count
