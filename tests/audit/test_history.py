"""The history page of an object in the admin."""

import re

import pytest
from django.test import Client

from common.audit_context import recorded_as
from inventory.models import Stock
from notifications.models import OutboxMessage
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.purchasing import make_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from users.services.groups import create_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return WarehouseFactory()


@pytest.fixture
def enter(place):
    def sign_in(role):
        user = UserFactory(role=role)
        MembershipFactory(user=user, warehouse=place)
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def history_of(row):
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/history/"


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_history_shows_what_the_audit_has(enter, place, role):
    order = make_order(2, warehouse=place, notes="before")
    with recorded_as("task", "tests.hurry"):
        type(order).objects.filter(pk=order.pk).update(notes="<b>after</b>")
        order.items.update(quantity_ordered=7)

    page = enter(role).get(history_of(order))

    assert page.status_code == 200
    text = page.content.decode()
    assert "before → &lt;b&gt;after&lt;/b&gt;" in text
    assert "2.0 → 7.0" in text or "2.000 → 7.000" in text
    assert "tests.hurry" in text
    entries = list(page.context["page"])
    assert [(entry.action, entry.object_type) for entry in entries[:2]] == [
        ("changed", "purchase_order_item"), ("changed", "purchase_order"),
    ]  # fmt: skip


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("manager", 302), ("staff", 302)])
def test_history_of_a_foreign_object_is_as_absent(enter, role, status):
    order = make_order(2)

    assert enter(role).get(history_of(order)).status_code == status


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("manager", 403), ("staff", 403)])
def test_history_of_a_foreign_warehouse_is_not_for_managers(enter, role, status):
    assert enter(role).get(history_of(WarehouseFactory())).status_code == status


def test_history_of_the_own_warehouse_shows_its_members(enter, place):
    page = enter("manager").get(history_of(place))

    assert {entry.object_type for entry in page.context["page"]} == {"warehouse", "membership"}


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("manager", 403)])
def test_history_of_people_is_for_admins(enter, place, role, status):
    colleague = MembershipFactory(warehouse=place).user

    assert enter(role).get(history_of(colleague)).status_code == status


def test_history_of_a_variation_tells_nothing_of_foreign_balances(enter):
    stock = put_in_stock(VariationFactory(), WarehouseFactory(), 5)
    Stock.objects.filter(pk=stock.pk).update(bin_location="SECRET-BIN")

    page = enter("manager").get(history_of(stock.variation))

    assert page.status_code == 200
    assert "SECRET-BIN" not in page.content.decode()


@pytest.mark.parametrize(("role", "link"), [("manager", True), ("staff", False)])
def test_change_page_leads_to_history_those_who_may_read_it(enter, place, role, link):
    order = make_order(2, warehouse=place)

    page = enter(role).get(f"/admin/purchasing/purchaseorder/{order.pk}/change/")

    assert (history_of(order) in page.content.decode()) is link


@pytest.mark.parametrize("rows", [1, 3])
def test_history_takes_as_many_queries_for_many_entries(
    enter, place, django_assert_num_queries, rows
):
    order = make_order(2, warehouse=place)
    for number in range(rows):
        type(order).objects.filter(pk=order.pk).update(notes=f"note {number}")
    client = enter("admin")
    client.get(history_of(order))

    # Session, user, the order with its warehouse, how many entries, the entries; the codes of the
    # suppliers, warehouses, people, orders and variations that they refer to.
    with django_assert_num_queries(10):
        client.get(history_of(order))


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("manager", 403)])
def test_audit_list_is_for_admins(enter, role, status):
    make_order(2)

    assert enter(role).get("/admin/common/auditentry/").status_code == status


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_history_names_what_keys_refer_to(enter, place, role):
    order = make_order(2, warehouse=place)

    text = enter(role).get(history_of(order)).content.decode()

    for code in (place.code, order.supplier.code, order.items.get().variation.sku_code):
        assert f"</span> {code}</div>" in text


def test_history_names_nothing_of_a_foreign_warehouse(enter, place):
    order, foreign = make_order(2, warehouse=place), make_order(3)
    type(order).objects.filter(pk=order.pk).update(notes="x")
    line = order.items.model.objects.filter(pk=order.items.get().pk)
    line.update(order=foreign, position=9)
    line.update(order=order, position=1)

    text = enter("manager").get(history_of(order)).content.decode()

    assert foreign.order_number not in text
    assert f"{foreign.pk} → {order.order_number}" in text


def test_history_writes_json_out(enter, place):
    variation = VariationFactory(attributes={"size": "L", "tags": ["new", "red"]})

    text = enter("admin").get(history_of(variation)).content.decode()

    assert "</span> size: L, tags: (new, red)</div>" in text


@pytest.mark.parametrize("rows", [1, 3])
def test_audit_list_takes_as_many_queries_for_many_entries(
    enter, place, django_assert_num_queries, rows
):
    orders = [make_order(2, warehouse=place) for _ in range(rows)]
    client = enter("admin")
    client.get("/admin/common/auditentry/")

    # Session, user, saved filters, the entries; the codes of suppliers, warehouses and people.
    with django_assert_num_queries(7):
        page = client.get("/admin/common/auditentry/", {"object_type": "purchase_order"})

    shown = page.content.decode()
    for order in orders:
        assert f"created by: {order.created_by.username}; " in shown
    assert len(re.findall(r"; and \d+ more", shown)) == rows


def test_history_of_a_person_names_the_groups(enter):
    person = UserFactory()
    create_group(name="Packers & Co", members=[person], acting_user=UserFactory(role="admin"))

    text = enter("admin").get(history_of(person)).content.decode()

    assert "Packers &amp; Co" in text


@pytest.mark.parametrize("key", ["present", "absent"])
def test_history_of_what_a_role_does_not_see_is_refused_whether_or_not_it_is_there(enter, key):
    message = OutboxMessage.objects.create(topic="x", channel="event")
    address = history_of(message)
    if key == "absent":
        message.delete()

    assert enter("staff").get(address).status_code == 403


def test_history_of_a_person_tells_where_they_worked(enter, place):
    person = MembershipFactory(user=UserFactory(), warehouse=place).user
    MembershipFactory(user=UserFactory(), warehouse=WarehouseFactory(code="WH-OTHER"))
    person.warehouse_memberships.all().delete()

    page = enter("admin").get(history_of(person))

    told = [(entry.action, entry.object_type) for entry in page.context["page"]]
    assert told == [("deleted", "membership"), ("created", "membership"), ("created", "user")]
    text = page.content.decode()
    assert (place.code in text, "WH-OTHER" in text) == (True, False)
