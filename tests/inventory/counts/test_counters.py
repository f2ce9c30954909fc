"""Counts of bins, and counts that are given to somebody."""

import pytest
from django.core import mail

from inventory.models import Stock, StockCount, StockMovement
from notifications.models import Notification, OutboxMessage
from notifications.services import deliver_due_messages
from tests.factories.inventory import VariationFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.inventory.counts.steps import enter, lines_by_sku, on_hand, opened, scanned
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


def test_a_bin_is_counted_without_those_whose_names_begin_with_its_own(clerk, place, goods):
    for variation, name in zip(goods, ("A-1", "A-10", "A-19"), strict=True):
        Stock.objects.filter(variation=variation).update(bin_location=name)

    one = opened(clerk, warehouse=place.code, bins="a-1")
    lines = lines_by_sku(clerk, one)
    clerk.post(f"{PATH}{one}/cancel/")
    aisle = opened(clerk, warehouse=place.code, bins="A-")
    paper = text_of(clerk.get(f"{PATH}{aisle}/sheet/?bins=A-1").content)

    assert set(lines) == {"G-1"}
    assert set(lines_by_sku(clerk, aisle)) == {"G-1", "G-2", "G-3"}
    assert [sku in paper for sku in ("G-1", "G-2", "G-3")] == [True, False, False]


def test_goods_that_lie_elsewhere_are_not_counted_with_a_bin(clerk, place, goods):
    new, nowhere = VariationFactory(sku_code="NEW"), goods[2]
    Stock.objects.filter(variation=nowhere).update(bin_location="")
    code = opened(clerk, warehouse=place.code, bins="BIN-1")
    known = {"id": lines_by_sku(clerk, code)["G-1"]["id"], "counted_quantity": 99}

    refused = enter(clerk, code, known, scanned("G-2", 3), scanned("G-3", 3), scanned("NEW", 3))

    assert refused.status_code == 400
    assert refused.json()["details"] == {
        "lines.1.sku": [
            f"G-2 lies in BIN-2, and {code} counts bins BIN-1. Count it in another count."
        ],
        "lines.2.sku": [
            f"G-3 lies in no bin, and {code} counts bins BIN-1. Count it in another count."
        ],
    }
    assert [line["counted_quantity"] for line in lines_by_sku(clerk, code).values()] == [None]
    Stock.objects.filter(variation=goods[1]).update(bin_location="bin-1")
    taken = enter(clerk, code, scanned("G-2", 49), scanned("NEW", 3))
    assert [line["difference"] for line in taken.json()["lines"]] == [-1, 3]
    assert [on_hand(one, place) for one in goods] == [100, 50, 10]
    assert not Stock.objects.filter(variation=new).exists()


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


def test_a_count_that_is_theirs_already_is_told_once(clerk, place, goods, counter):
    code = opened(clerk, warehouse=place.code, assigned_to=counter.code)

    answer = clerk.post(f"{PATH}{code}/assign/", {"assigned_to": counter.code})

    assert (answer.status_code, answer.json()["assigned_to"]) == (200, counter.code)
    assert Notification.objects.filter(recipient=counter).count() == 1


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


@pytest.mark.parametrize("is_named", [True, False])
def test_who_submitted_and_shall_count_again_is_told_once(
    clerk, manager, place, goods, counter, is_named
):
    """Who has the count is told of the recount, whoever submitted; nobody is told twice."""
    mine = opened(clerk, warehouse=place.code, bins="BIN-1", assigned_to=clerk.user.code)
    theirs = opened(clerk, warehouse=place.code, bins="BIN-2", assigned_to=counter.code)
    for code, sku, person in ((mine, "G-1", clerk.user), (theirs, "G-2", counter)):
        enter(clerk, code, scanned(sku, 50))
        StockCount.objects.filter(code=code).get().lines.update(needs_recount=False)
        clerk.post(f"{PATH}{code}/submit/")
        Notification.objects.all().delete()
        body = {"decision": "recount", "note": "Again"}
        named = {"assigned_to": person.code} if is_named else {}
        assert manager.post(f"{PATH}{code}/approve/", {**body, **named}).status_code == 200

        told = Notification.objects.order_by("pk").values_list("recipient", "title")
        decided = (clerk.user.pk, f"Count {code} is counting: Again")
        given = (counter.pk, f"Count {code} is yours to count")
        assert sorted(told) == sorted([decided] if person == clerk.user else [decided, given])
