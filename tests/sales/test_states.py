"""Every status × every action × every role, against one literal table."""

from itertools import product

import pytest

from common.permissions import Role
from sales.models import SalesOrder
from sales.order_states import ACTIONS, TRANSITIONS, status_of
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from tests.factories.sales import figures, take_order
from tests.matrix.conftest import undone

pytestmark = pytest.mark.django_db
ROLES = ("admin", "manager", "staff", "sales", "viewer")
PART = {"items": [{"line": 1, "quantity": 1}]}
BACK = {"items": [{"line": 1, "quantity": 1, "reason": "late"}]}

# What is asked for: the action that allows it, method, path behind the order, body.
REQUESTS = {
    "change its lines": ("change_items", "patch", "", lambda sku: {
        "items": [{"sku": sku, "quantity": 2}]}),
    "change its priority": ("prioritise", "patch", "", lambda sku: {"priority": "high"}),
    "set fulfilled": ("fulfill", "patch", "", lambda sku: {"status": "fulfilled"}),
    "set cancelled": ("", "patch", "", lambda sku: {"status": "cancelled"}),
    "fulfil": ("fulfill", "post", "fulfill/", lambda sku: {}),
    "fulfil a part": ("fulfill", "post", "fulfill/", lambda sku: PART),
    "cancel": ("cancel", "post", "cancel/", lambda sku: {}),
    "cancel a part": ("cancel", "post", "cancel/", lambda sku: PART),
    "reserve": ("reserve", "post", "reserve/", lambda sku: {}),
    "allocate": ("allocate", "post", "allocate/", lambda sku: {}),
    "return": ("return", "post", "return", lambda sku: BACK),
    "note": ("", "patch", "", lambda sku: {"notes": "called"}),
    "order again": ("", "post", "copy/", lambda sku: {}),
}  # fmt: skip
DESK, FLOOR, BOSS = "200 200 403 200 403", "200 200 200 403 403", "200 200 403 403 403"
MADE_AT_DESK = "201 201 403 201 403"
NOT_DESK, NOT_FLOOR, NOT_BOSS = (
    "409 409 403 409 403", "409 409 409 403 403", "409 409 403 403 403",
)  # fmt: skip
CLOSED = {
    "change its lines": (NOT_DESK, ""),
    "change its priority": (NOT_DESK, ""),
    "set fulfilled": (NOT_FLOOR, ""),
    "set cancelled": (NOT_DESK, ""),
    "fulfil": (NOT_FLOOR, ""),
    "fulfil a part": (NOT_FLOOR, ""),
    "cancel": (NOT_DESK, ""),
    "cancel a part": (NOT_DESK, ""),
    "reserve": (NOT_DESK, ""),
    "allocate": (NOT_BOSS, ""),
}
# What admin, manager, staff, sales and viewer get, and the status of the order afterwards.
TABLE = {
    "pending": {
        "change its lines": (DESK, "pending"),
        "change its priority": (DESK, "pending"),
        "set fulfilled": (FLOOR, "fulfilled"),
        "set cancelled": (DESK, "cancelled"),
        "fulfil": (FLOOR, "fulfilled"),
        "fulfil a part": (FLOOR, "partially_fulfilled"),
        "cancel": (DESK, "cancelled"),
        "cancel a part": (DESK, "pending"),
        "reserve": (DESK, "pending"),
        "allocate": (BOSS, "pending"),
        "return": (NOT_FLOOR, ""),
        "note": (DESK, "pending"),
        "order again": (MADE_AT_DESK, "pending"),
    },
    "partially_fulfilled": {
        "change its lines": (NOT_DESK, ""),
        "change its priority": (DESK, "partially_fulfilled"),
        "set fulfilled": (FLOOR, "fulfilled"),
        "set cancelled": (NOT_DESK, ""),
        "fulfil": (FLOOR, "fulfilled"),
        "fulfil a part": (FLOOR, "partially_fulfilled"),
        "cancel": (DESK, "fulfilled"),
        "cancel a part": (DESK, "partially_fulfilled"),
        "reserve": (DESK, "partially_fulfilled"),
        "allocate": (BOSS, "partially_fulfilled"),
        "return": ("201 201 201 403 403", "partially_fulfilled"),
        "note": (DESK, "partially_fulfilled"),
        "order again": (MADE_AT_DESK, "partially_fulfilled"),
    },
    "fulfilled": {
        **CLOSED,
        "return": ("201 201 201 403 403", "fulfilled"),
        "note": (DESK, "fulfilled"),
        "order again": (MADE_AT_DESK, "fulfilled"),
    },
    "cancelled": {
        **CLOSED,
        "return": (NOT_FLOOR, ""),
        "note": (DESK, "cancelled"),
        "order again": (MADE_AT_DESK, "cancelled"),
    },
}


def order_in(status, stock):
    """Return an order of 4 in a status."""
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    if status == "partially_fulfilled":
        fulfil_sales_order(order=order, lines=[LineRequest("line", "1", 2)], acting_user=None)
    elif status == "fulfilled":
        fulfil_sales_order(order=order, acting_user=None)
    elif status == "cancelled":
        cancel_sales_order(order=order, acting_user=None)
    order.refresh_from_db()
    assert order.status == status
    return order


def test_table_names_every_status_action_and_role():
    assert set(TABLE) == set(SalesOrder.Status.values) == set(ACTIONS) == set(TRANSITIONS)
    assert {tuple(rows) for rows in map(sorted, TABLE.values())} == {tuple(sorted(REQUESTS))}
    named = {action for action, *_ in REQUESTS.values()} - {""}
    assert named == {action for actions in ACTIONS.values() for action in actions}
    assert set(ROLES) == {role.value for role in Role}


@pytest.mark.parametrize(("status", "request_name"), [*product(TABLE, REQUESTS)])
def test_every_role_gets_what_the_table_says(api, stock, status, request_name):
    expected, after = TABLE[status][request_name]
    _, method, path, body = REQUESTS[request_name]
    order = order_in(status, stock)
    before = figures(stock)
    address, sent = f"/api/sales-orders/{order.order_number}/{path}", body(stock.variation.sku_code)
    if path == "return":
        address, sent = "/api/sales-returns/", {"order_number": order.order_number, **sent}

    found, statuses = [], set()
    for role in ROLES:
        client = api(role, stock.warehouse)
        with undone():
            answer = getattr(client, method)(address, sent)
            order.refresh_from_db()
        found.append(str(answer.status_code))
        if answer.status_code < 300:
            statuses.add(order.status)
        else:
            assert (order.status, figures(stock)) == (status, before)

    assert " ".join(found) == expected
    assert statuses == ({after} if after else set())


@pytest.mark.parametrize("status", TABLE)
def test_allowed_actions_are_those_that_an_administrator_may_take(status):
    lawful = {
        action
        for name, (action, *_) in REQUESTS.items()
        if action and TABLE[status][name][0].startswith("20")
    }

    order = SalesOrder(status=status)
    assert set(order.allowed_actions) == lawful
    settable = {
        name.removeprefix("set ")
        for name in ("set fulfilled", "set cancelled")
        if TABLE[status][name][0].startswith("20")
    }
    assert set(order.allowed_transitions) == settable


@pytest.mark.parametrize(
    ("has_outstanding", "has_left", "status"),
    [
        (True, False, "pending"),
        (True, True, "partially_fulfilled"),
        (False, True, "fulfilled"),
        (False, False, "cancelled"),
    ],
)
def test_status_follows_from_what_is_outstanding_and_what_left(has_outstanding, has_left, status):
    assert status_of(has_outstanding=has_outstanding, has_left=has_left) == status
