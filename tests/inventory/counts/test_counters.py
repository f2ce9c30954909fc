"""Counts of bins, and counts that are given to somebody."""

import pytest
from django.core import mail

from inventory.models import StockCount, StockMovement
from notifications.models import Notification, OutboxMessage
from notifications.services import deliver_due_messages
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.inventory.counts.steps import enter, lines_by_sku, opened, scanned
from tests.pdf_pages import text_of

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/stock-counts/"


@pytest.fixture
def counter(place):
    person = UserFactory(role="staff")
    MembershipFactory(user=person, warehouse=place)
    return person


@pytest.mark.parametrize(
    ("bins", "expected"), [("BIN-1", {"G-1"}), ("bin-", {"G-1", "G-2", "G-3"}), ("BIN-3", {"G-3"})]
)
@pytest.mark.parametrize("name", ["bins", "bin_location"])
def test_a_count_of_bins_has_what_lies_there(clerk, place, goods, bins, expected, name):
    code = opened(clerk, warehouse=place.code, **{name: bins})

    assert set(lines_by_sku(clerk, code)) == expected
    assert clerk.get(f"{PATH}{code}/").json()["bins"] == bins


def test_bins_where_nothing_lies_and_two_scopes_are_refused(clerk, place, goods):
    empty = clerk.post(PATH, {"warehouse": place.code, "bins": "NOWHERE"})
    both = clerk.post(PATH, {"warehouse": place.code, "bins": "BIN-1", "abc_class": "A"})

    assert (empty.status_code, empty.json()["code"]) == (409, "nothing_to_count")
    assert (both.status_code, list(both.json()["details"])) == (400, ["category"])
    assert StockCount.objects.count() == 0


def test_each_of_several_counters_gets_a_sheet_of_their_bins(clerk, place, goods):
    code = opened(clerk, warehouse=place.code)

    one = text_of(clerk.get(f"{PATH}{code}/sheet/?bins=BIN-2").content)

    assert [sku in one for sku in ("G-1", "G-2", "G-3")] == [False, True, False]
    assert clerk.get(f"{PATH}{code}/sheet/?colour=red").status_code == 400


def test_a_count_is_given_to_somebody_who_is_told(clerk, place, goods, counter):
    code = opened(clerk, warehouse=place.code, assigned_to=counter.code)

    assert clerk.get(f"{PATH}{code}/").json()["assigned_to"] == counter.code
    mail.outbox.clear()
    deliver_due_messages()
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == ([counter.email], f"Count {code} is yours to count")
    assert Notification.objects.get(recipient=counter).reference == code
    assert enter(clerk, code, scanned("G-1", 100)).status_code == 201
    found = clerk.get(f"{PATH}?assigned_to={clerk.user.code}").json()
    assert found["pagination"]["total_items"] == 0


def test_who_takes_a_count_is_not_told_and_a_mail_that_is_late_does_not_leave(
    clerk, place, goods, counter
):
    code = opened(clerk, warehouse=place.code, assigned_to=clerk.user.code)
    assert Notification.objects.count() == 0

    clerk.post(f"{PATH}{code}/assign/", {"assigned_to": counter.username})
    answer = clerk.post(f"{PATH}{code}/assign/", {"assigned_to": None})

    assert answer.json()["assigned_to"] is None
    mail.outbox.clear()
    deliver_due_messages()
    assert mail.outbox == []
    assert OutboxMessage.objects.get(recipient=counter).status == "closed"


def test_only_who_counts_there_is_given_a_count(clerk, place, goods, counter):
    stranger, viewer = UserFactory(role="staff"), UserFactory(role="viewer")
    MembershipFactory(user=stranger, warehouse=WarehouseFactory())
    MembershipFactory(user=viewer, warehouse=place)
    code = opened(clerk, warehouse=place.code)

    for person in (stranger.code, viewer.code, "USR999999", "nobody"):
        answer = clerk.post(f"{PATH}{code}/assign/", {"assigned_to": person})
        assert (answer.status_code, list(answer.json()["details"])) == (400, ["assigned_to"])
        assert f'Nobody "{person}" counts in' in answer.json()["message"]
    assert StockCount.objects.get().assigned_to is None
    clerk.post(f"{PATH}{code}/cancel/")
    late = clerk.post(f"{PATH}{code}/assign/", {"assigned_to": counter.code})
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")


def test_a_recount_is_given_to_somebody_else(clerk, manager, place, goods, counter):
    code = opened(clerk, warehouse=place.code)
    enter(clerk, code, scanned("G-1", 99))
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    path = f"{PATH}{code}/approve/"
    body = {"note": "Look behind the pillar", "assigned_to": counter.code}

    for door, named in ((path, {}), (f"{PATH}approve/", {"code": code})):
        wrong = manager.post(door, {**body, **named, "decision": "approve"})
        assert (wrong.status_code, list(wrong.json()["details"])) == (400, ["assigned_to"])
    back = manager.post(path, {**body, "decision": "recount"}).json()

    assert (back["status"], back["assigned_to"]) == ("counting", counter.code)
    assert Notification.objects.get(recipient=counter).title == f"Count {code} is yours to count"
    assert StockMovement.objects.filter(movement_type="adjustment").count() == 0
