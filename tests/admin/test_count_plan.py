"""The page of what is due to be counted, and the count that it opens."""

import pytest

from inventory.models import StockCount
from tests.admin.pages import errors_of, list_of, page_of
from tests.factories.inventory import put_in_stock
from tests.factories.warehouses import MembershipFactory
from warehouses.models import Membership

pytestmark = pytest.mark.django_db
PLAN = f"{list_of(StockCount)}count-plan/"


def test_what_is_due_becomes_a_count(office, place):
    clerk = office("staff")
    put_in_stock(warehouse=place.own, quantity=3)
    page = clerk.get(PLAN)
    assert (page.context["warehouse"], page.context["due"]) == (place.own, 2)
    assert place.variation.sku_code in page.content.decode()
    assert PLAN in clerk.get(list_of(StockCount)).content.decode()

    body = {"warehouse": place.own.pk, "limit": "1", "is_blind": "on"}
    opened = clerk.post(PLAN, body, follow=True)

    count = StockCount.objects.get()
    assert (count.warehouse, count.is_partial, count.is_blind) == (place.own, True, True)
    assert (count.created_by, count.lines.count()) == (clerk.user, 1)
    assert f"{count} is open with 1 lines to count" in errors_of(opened)
    assert opened.redirect_chain == [(page_of(count).replace("/change/", "/enter/"), 302)]
    assert clerk.get(PLAN).context["due"] == 1


def test_where_nothing_is_due_nothing_is_opened(office, place):
    clerk = office("staff")
    clerk.post(PLAN, {"warehouse": place.own.pk, "limit": "20"})
    assert StockCount.objects.count() == 1

    again = clerk.post(PLAN, {"warehouse": place.own.pk, "limit": "20"})

    assert "Nothing is due to be counted" in errors_of(again)
    assert "Open the count" not in again.content.decode()
    assert StockCount.objects.count() == 1


@pytest.mark.parametrize("limit", ["0", "201", "", "many"])
def test_a_senseless_number_is_refused(office, place, limit):
    answer = office("staff").post(PLAN, {"warehouse": place.own.pk, "limit": limit})

    assert list(answer.context["form"].errors) == ["limit"]
    assert not StockCount.objects.exists()


def test_a_foreign_warehouse_is_not_there(office, place):
    clerk = office("staff")

    shown = clerk.get(PLAN, {"warehouse": place.foreign.pk})
    posted = clerk.post(PLAN, {"warehouse": place.foreign.pk, "limit": "5"})

    assert shown.context["warehouse"] == place.own
    assert place.foreign.code not in shown.content.decode()
    assert list(posted.context["form"].errors) == ["warehouse"]
    assert not StockCount.objects.exists()


def test_another_own_warehouse_may_be_chosen(office, place):
    clerk = office("staff")
    MembershipFactory(user=clerk.user, warehouse=place.foreign)

    assert clerk.get(PLAN, {"warehouse": place.foreign.pk}).context["warehouse"] == place.foreign


def test_who_works_nowhere_is_told_so(office, place):
    clerk = office("staff")
    Membership.objects.filter(user=clerk.user).delete()

    page = clerk.get(PLAN)

    assert (page.status_code, page.context["warehouse"]) == (200, None)
    assert "You belong to no warehouse" in page.content.decode()


@pytest.mark.parametrize(("role", "status"), [("viewer", 302), ("sales", 302), ("manager", 200)])
def test_the_plan_is_for_those_who_count(office, place, role, status):
    assert office(role).get(PLAN).status_code == status
