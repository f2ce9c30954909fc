"""What does not leave with a transfer stands in one of its own, if somebody says so."""

from decimal import Decimal

import pytest

from inventory.models import TransferRequest
from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.receiving import receive_transfer
from inventory.services.transfers.requests import approve_transfer
from inventory.services.transfers.shipping import ship_transfer
from tests.factories.transfers import at, make_transfer, transfer_facts

pytestmark = pytest.mark.django_db
PATH = "/api/transfer-requests/"


def part(transfer, *quantities):
    lines = transfer.lines.order_by("position")
    return [
        Leaving(line_id=line.pk, quantity=Decimal(quantity))
        for line, quantity in zip(lines, quantities, strict=True)
    ]


def test_the_rest_is_approved_already_and_ships_later(boss):
    transfer = make_transfer(10, 6, 4, status="approved", notes="Sale")

    ship_transfer(
        transfer=transfer, leaving=part(transfer, 7, 0, 4), rest_later=True, acting_user=boss
    )

    rest = TransferRequest.objects.get(follows=transfer)
    transfer.refresh_from_db()
    assert (transfer.status, rest.status) == ("in_transit", "approved")
    same = ("from_warehouse", "to_warehouse", "requested_by", "decided_by", "decided_at", "notes")
    assert [getattr(rest, name) for name in same] == [getattr(transfer, name) for name in same]
    lines = list(rest.lines.values_list("position", "quantity", "quantity_shipped"))
    assert lines == [(1, 3, 0), (2, 6, 0)]
    assert at(transfer.from_warehouse, transfer.lines.first().variation) == (93, 0)

    ship_transfer(transfer=rest, acting_user=boss)
    receive_transfer(transfer=rest, acting_user=boss)
    assert at(transfer.to_warehouse, transfer.lines.first().variation) == (3, 7)


def test_nothing_is_made_where_all_leaves_or_the_rest_is_dropped(boss):
    whole, dropped = make_transfer(10, status="approved"), make_transfer(10, status="approved")

    ship_transfer(transfer=whole, rest_later=True, acting_user=boss)
    ship_transfer(transfer=dropped, leaving=part(dropped, 4), acting_user=boss)

    assert not TransferRequest.objects.exclude(follows=None).exists()


def test_the_rest_of_what_is_received_at_once_waits_too(boss):
    transfer = make_transfer(10, auto_receive=True)

    approve_transfer(
        transfer=transfer, leaving=part(transfer, 4), rest_later=True, acting_user=boss
    )

    rest = TransferRequest.objects.get(follows=transfer)
    assert (rest.auto_receive, rest.status, rest.lines.get().quantity) == (True, "approved", 6)
    transfer.refresh_from_db()
    assert transfer.status == "received"


def test_the_rest_is_told_over_http(api, boss):
    transfer = make_transfer(10, status="approved")
    clerk = api("staff", transfer.from_warehouse)

    answer = clerk.post(f"{PATH}{transfer.code}/ship/", {
        "items": [{"line": 1, "quantity": 4}], "rest_later": True,
    })  # fmt: skip

    assert answer.status_code == 200, answer.content
    code = answer.json()["followed_by"]
    rest = clerk.get(f"{PATH}{code}/").json()
    assert (rest["follows"], rest["followed_by"], rest["status"]) == (
        transfer.code,
        None,
        "approved",
    )
    assert [item["quantity"] for item in rest["items"]] == [6]


@pytest.mark.parametrize(
    "said", [{"items": [{"line": 1, "quantity": 4}]}, {"rest_later": True}], ids=str
)
def test_what_leaves_is_not_said_before_it_leaves(api, said):
    transfer = make_transfer(10)
    before = transfer_facts(transfer)

    answer = api("admin").post(
        f"{PATH}{transfer.code}/approve/", {"decision": "approve", "ship": False, **said}
    )

    text = "Nothing leaves yet. Say what leaves when it is shipped."
    assert (answer.status_code, answer.json()["details"]) == (400, {"ship": [text]})
    assert transfer_facts(transfer) == before
