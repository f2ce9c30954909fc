"""Who is told of a warehouse's alerts."""

import pytest

from alerts.queries import alert_recipients
from common.permissions import Can
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from users.services.groups import create_group
from users.services.roles import seed_roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return WarehouseFactory()


def works_in(place, **fields):
    return MembershipFactory(warehouse=place, user=UserFactory(**fields)).user


def told(place):
    return alert_recipients({place.pk})[place.pk]


def test_managers_who_work_there_and_the_head_are_told(place):
    manager, head = works_in(place, role="manager"), UserFactory(role="admin")
    for role in ("staff", "sales", "viewer", "admin"):
        works_in(place, role=role)
    works_in(WarehouseFactory(), role="manager")
    place.manager = head
    place.save()

    assert told(place) == [manager, head]


def test_who_may_order_goods_by_a_group_is_told(place):
    seed_roles()
    works_in(place, role="staff")
    buyer = works_in(place, role="staff")
    create_group(
        name="Buyers", permissions=[Can.MANAGE_PURCHASE_ORDERS], members=[buyer],
        acting_user=UserFactory(role="admin"),
    )  # fmt: skip

    assert told(place) == [buyer]


@pytest.mark.parametrize(
    "state", [{"status": "inactive"}, {"status": "dismissed"}, {"account_locked": True}]
)
def test_whose_account_is_not_in_use_is_not_told(place, state):
    admin = UserFactory(role="admin")
    UserFactory(role="admin", **state)
    works_in(place, role="manager", **state)
    place.manager = UserFactory(role="manager", **state)
    place.save()

    assert told(place) == [admin]


@pytest.mark.parametrize("number", [1, 3])
def test_any_number_of_warehouses_takes_three_statements(number, django_assert_num_queries):
    places = WarehouseFactory.create_batch(number)
    managers = [works_in(place, role="manager") for place in places]

    with django_assert_num_queries(3):
        found = alert_recipients({place.pk for place in places})

    assert found == {
        place.pk: [manager] for place, manager in zip(places, managers, strict=True)
    }  # fmt: skip
