"""Who may do what with an order in which state: every cell, against a table written by hand.

A cell is what the API answers: 200 done, 403 not this role's, 404 not there to see, 409 not in this
state. Rows are states, columns actions; each cell names the roles that get 200. An action that no
role may take in a state answers 409 to those who have the right to it.
"""

from itertools import product

import pytest

from common.models import CompanySettings
from common.permissions import ROLE_PERMISSIONS, Can, Role
from purchasing.models import PurchaseOrder
from tests.factories.purchasing import facts, make_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db

ACTIONS = (
    "send", "again", "confirm", "ship", "receive", "cancel", "approve", "reject", "amend", "return",
    "close",
)  # fmt: skip
STATES = (
    "draft", "awaiting", "sent", "confirmed", "shipped", "partially_received", "received",
    "cancelled",
)  # fmt: skip
# A: admin, M: manager, S: staff. Sales see no purchase orders; viewers see them.
TABLE = """
                    send again confirm ship receive cancel approve reject amend return close
draft               AM   -     -       -    AMS     AM     -       -      AM    -      -
awaiting            -    -     -       -    -       AM     AM      AM     AM    -      -
sent                -    AM    AM      AM   AMS     AM     -       -      AM    -      -
confirmed           -    AM    -       AM   AMS     AM     -       -      AM    -      -
shipped             -    AM    -       -    AMS     AM     -       -      AM    -      -
partially_received  -    AM    -       -    AMS     -      -       -      AM    AMS    AM
received            -    -     -       -    -       -      -       -      -     AMS    -
cancelled           -    -     -       -    -       -      -       -      -     -      -
"""
LETTERS = {Role.ADMIN: "A", Role.MANAGER: "M", Role.STAFF: "S", Role.SALES: "-", Role.VIEWER: "-"}
# What a role needs; who may receive also reaches the door through which an order is changed.
NEEDED = {
    "approve": Can.APPROVE_PURCHASE_ORDERS, "reject": Can.APPROVE_PURCHASE_ORDERS,
    "receive": Can.POST_STOCK, "return": Can.POST_STOCK,
}  # fmt: skip


def table():
    """Return what the table says: the roles of each (state, action)."""
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    assert tuple(head) == ACTIONS
    return {(row[0], action): row[index] for row in rows for index, action in enumerate(head, 1)}


CELLS = list(product(STATES, ACTIONS, Role))


def test_the_table_is_complete():
    assert set(table()) == set(product(STATES, ACTIONS))
    assert {state for state in STATES if state != "awaiting"} == set(PurchaseOrder.Status.values)
    assert len(CELLS) == 8 * 11 * 5


def order_in(state, place):
    buyer = UserFactory(role="manager")
    if state == "awaiting":
        CompanySettings.objects.update_or_create(pk=1, defaults={"purchase_approval_limit": 20})
        return make_order(10, warehouse=place, acting_user=buyer)
    return make_order(10, warehouse=place, status=state, acting_user=buyer)


def act(client, order, action):
    path = f"/api/purchase-orders/{order.order_number}/"
    item = order.items.get().pk
    if action == "again":
        return client.post(f"{path}send/", {"again": True})
    if action == "amend":
        return client.patch(path, {"items": [{"id": item, "quantity_ordered": 12}]})
    if action == "return":
        line = {"id": item, "quantity": 1, "reason": "damaged"}
        body = {"order_number": order.order_number, "items": [line]}
        return client.post("/api/supplier-returns/", body)
    says_why = action in ("reject", "close")
    return client.post(f"{path}{action}/", {"note": "No."} if says_why else None)


def expected(state, action, role):
    if NEEDED.get(action, Can.MANAGE_PURCHASE_ORDERS) not in ROLE_PERMISSIONS[role]:
        return 403
    if LETTERS[role] not in table()[state, action]:
        return 409
    return 201 if action == "return" else 200


@pytest.mark.parametrize(("state", "action", "role"), CELLS)
def test_every_state_action_and_role(api, state, action, role):
    place = WarehouseFactory()
    order = order_in(state, place)
    client = api(role.value, place)
    before = facts(order)

    answer = act(client, order, action)

    status = expected(state, action, role)
    assert answer.status_code == status, answer.json()
    if status >= 400:
        assert facts(order) == before
    elif action != "again":  # which mails it once more
        assert facts(order) != before


@pytest.mark.parametrize("state", STATES)
def test_allowed_actions_tell_the_same(api, state):
    place = WarehouseFactory()
    order = order_in(state, place)

    told = api("viewer", place).get(f"/api/purchase-orders/{order.order_number}/").json()

    lawful = {action for action in ACTIONS if table()[state, action] != "-"} - {"return"}
    lawful = {"send_again" if action == "again" else action for action in lawful}
    # A draft is changed as such; an amendment is a change of what the supplier has.
    lawful -= {"amend"} if state in ("draft", "awaiting") else set()
    assert set(told["allowed_actions"]) == lawful
