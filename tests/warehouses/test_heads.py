"""Who may head a warehouse: held wherever a head is named, and when a role changes."""

import pytest
from django.db import transaction

from common.permissions import Role
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once
from users.services.accounts import change_user, set_role
from warehouses.models import Warehouse
from warehouses.services import create_warehouse

WAREHOUSES = "/api/warehouses/"
UNABLE = [
    {"role": "staff"}, {"role": "viewer"}, {"role": "manager", "account_locked": True},
    {"role": "manager", "status": "dismissed"},
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("fields", UNABLE)
def test_who_may_not_head_a_warehouse_is_refused_by_name(api, fields):
    person, place = UserFactory(**fields), WarehouseFactory()
    client = api("admin")

    made = client.post(WAREHOUSES, {"name": "North", "manager": person.code})
    changed = client.patch(f"{WAREHOUSES}{place.code}/", {"manager": person.code})

    for answer in (made, changed):
        assert (answer.status_code, list(answer.json()["details"])) == (400, ["manager"])
    assert list(Warehouse.objects.values_list("manager", flat=True)) == [None]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["manager", "admin"])
def test_manager_or_admin_heads_a_warehouse(api, role):
    person = UserFactory(role=role)

    answer = api("admin").post(WAREHOUSES, {"name": "North", "manager": person.code})

    assert (answer.status_code, answer.json()["manager"]["username"]) == (201, person.username)


@pytest.mark.django_db
def test_other_changes_ask_nothing_of_a_head_who_is_away(api):
    place = WarehouseFactory(manager=UserFactory(role="manager", status="suspended"))

    answer = api("admin").patch(f"{WAREHOUSES}{place.code}/", {"name": "North"})

    assert (answer.status_code, answer.json()["name"]) == (200, "North")


@pytest.mark.django_db
def test_head_with_another_role_heads_no_more(api):
    person = UserFactory(role="manager")
    place = WarehouseFactory(manager=person)

    answer = api("admin").patch(f"/api/users/{person.code}/", {"role": "viewer"})

    assert answer.status_code == 200
    place.refresh_from_db()
    assert place.manager is None


@pytest.mark.django_db
def test_head_keeps_the_place_when_something_else_changes():
    person, admin = UserFactory(role="manager"), UserFactory(role="admin")
    place = WarehouseFactory(manager=person)

    change_user(user=person, acting_user=admin, department="North")

    place.refresh_from_db()
    assert place.manager == person


@pytest.mark.django_db(transaction=True)
def test_nobody_becomes_a_head_while_losing_the_role():
    admin = UserFactory(role="admin")
    for number in range(5):
        person = UserFactory(role="manager")
        run_at_once(
            lambda person=person: set_role(user=person, role=Role.STAFF),
            lambda person=person, number=number: create_warehouse(
                name=f"North {number}", manager=person, acting_user=admin
            ),
        )

    assert not Warehouse.objects.filter(manager__role="staff").exists()


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_somebody_becomes_a_head_while_losing_the_role():
    """The control: a role that is read and not locked has changed when the head is written."""
    person, place = UserFactory(role="manager"), WarehouseFactory()

    with transaction.atomic():
        person.refresh_from_db()
        assert person.role == "manager"
        run_at_once(lambda: set_role(user=person, role=Role.STAFF))
        Warehouse.objects.filter(pk=place.pk).update(manager=person)

    assert Warehouse.objects.filter(manager__role="staff").exists()
