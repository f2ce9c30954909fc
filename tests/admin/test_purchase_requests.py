"""Purchase requests in the admin site: the same services, the same refusals."""

import pytest

from common.models import CompanySettings
from inventory.models import Stock
from purchasing.models import PurchaseRequest
from tests.admin.pages import add_to, buttons, errors_of, lines, page_of, step_of
from tests.factories.goods_requests import make_goods_request, request_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]
STEPS = {
    "pending": {"approve", "reject"},
    "approved": set(),
    "rejected": set(),
    "cancelled": set(),
}


@pytest.mark.parametrize("status", STEPS)
def test_a_request_shows_the_lawful_buttons(office, place, status):
    request = make_goods_request(warehouse=place.own, status=status)

    assert buttons(office("staff"), request) == STEPS[status]


def test_only_who_asked_is_offered_to_take_it_back(office, place):
    clerk, other = office("staff"), office("manager")
    own = make_goods_request(warehouse=place.own, asked_by=clerk.user)
    before = request_facts(own)

    assert buttons(clerk, own) == {"cancel"}
    assert buttons(other, own) == {"approve", "reject"}
    told = other.post(step_of(own, "cancel"), follow=True)

    assert "Only who asked for it takes it back" in errors_of(told)
    assert request_facts(own) == before


def test_where_one_person_may_decide_alone_they_are_offered_it(office, place):
    CompanySettings.objects.update_or_create(pk=1, defaults={"second_person_rule": False})
    clerk = office("staff")
    own = make_goods_request(warehouse=place.own, asked_by=clerk.user)

    assert buttons(clerk, own) == {"approve", "reject", "cancel"}


def test_goods_are_asked_for_and_given_out_in_part(office, place):
    asker, manager = office("staff"), office("manager")
    rows = lines("lines", {"variation": place.variation.pk, "quantity": "6"})

    made = asker.post(
        add_to(PurchaseRequest),
        {"warehouse": place.own.pk, "reason": "Fair", "needed_by": "2099-01-31", **rows},
    )

    assert made.status_code == 302, errors_of(made)
    request = PurchaseRequest.objects.get()
    line = request.lines.get()
    assert "Fair" in asker.get(page_of(request)).content.decode()
    shown = manager.get(step_of(request, "approve")).content.decode()
    assert f"line_{line.pk}" in shown
    assert "6 asked for, 10 available" in shown
    told = manager.post(
        step_of(request, "approve"), {f"line_{line.pk}": "4", "note": "No more"}, follow=True
    )
    assert "the goods left stock" in errors_of(told)
    request.refresh_from_db()
    line.refresh_from_db()
    assert (request.status, request.decision_note, line.quantity_approved) == (
        "approved", "No more", 4,
    )  # fmt: skip
    assert Stock.objects.get(warehouse=place.own).on_hand == 6


def test_own_requests_short_stock_and_empty_forms_are_refused_with_words(office, place):
    clerk = office("staff")
    own = make_goods_request(warehouse=place.own, asked_by=clerk.user)
    short = make_goods_request(11, warehouse=place.own, variations=[place.variation])
    line, own_line = short.lines.get(), own.lines.get()
    before = request_facts(own), request_facts(short)

    refused = clerk.post(step_of(own, "approve"), {f"line_{own_line.pk}": "1"}, follow=True)
    missing = clerk.post(step_of(short, "approve"), {f"line_{line.pk}": "11"}, follow=True)
    nothing = clerk.post(step_of(short, "approve"), {f"line_{line.pk}": ""})
    twice = lines("lines", *[{"variation": place.variation.pk, "quantity": "1"}] * 2)
    doubled = clerk.post(add_to(PurchaseRequest), {"warehouse": place.own.pk, **twice})

    assert "somebody else decides it" in errors_of(refused)
    assert "Line 1: 11 asked for, 10 available." in errors_of(missing)
    assert "at least one line" in nothing.content.decode()
    assert "duplicate" in errors_of(doubled)
    assert (request_facts(own), request_facts(short)) == before
    assert PurchaseRequest.objects.count() == 2


def test_a_request_is_rejected_with_a_reason_or_taken_back(office, place):
    clerk = office("staff")
    theirs = make_goods_request(warehouse=place.own)
    own = make_goods_request(warehouse=place.own, asked_by=clerk.user)

    silent = clerk.post(step_of(theirs, "reject"), {"note": ""})
    clerk.post(step_of(theirs, "reject"), {"note": "Not now"})
    clerk.post(step_of(own, "cancel"))

    assert silent.status_code == 200
    theirs.refresh_from_db()
    own.refresh_from_db()
    assert (theirs.status, theirs.decision_note, own.status) == (
        "rejected", "Not now", "cancelled",
    )  # fmt: skip


def test_the_first_page_names_what_waits_for_a_decision(office, place):
    clerk = office("staff")
    waits = make_goods_request(warehouse=place.own)
    make_goods_request(warehouse=place.own, status="approved")
    make_goods_request(warehouse=place.foreign)

    cards = {card.title: card for card in clerk.get("/admin/").context["waiting"]}

    card = cards["Purchase requests to decide"]
    assert (card.number, [row.name for row in card.rows]) == (1, [waits.code])
