"""Warehouses over HTTP."""

import pytest
from rest_framework.test import APIClient

from tests.factories.inventory import put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.threads import run_at_once
from warehouses.models import Warehouse
from warehouses.services import change_warehouse, create_warehouse, places

pytestmark = pytest.mark.django_db
WAREHOUSES = "/api/warehouses/"
ROLES = ["admin", "manager", "staff", "sales", "viewer"]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_one_query(api, django_assert_num_queries, rows):
    for _ in range(rows):
        WarehouseFactory(manager=UserFactory(role="manager"))
    client = api("viewer")

    with django_assert_num_queries(1):
        body = client.get(WAREHOUSES).json()

    assert len(body["warehouses"]) == rows


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_the_names_of_all(api, role):
    foreign = WarehouseFactory(code="WH900", name="North", city="Oslo")
    client = api(role, WarehouseFactory(code="WH901"))

    rows = {row["code"]: row for row in client.get(WAREHOUSES).json()["warehouses"]}

    public = {
        "id": foreign.pk,
        "warehouse_id": "WH900",
        "code": "WH900",
        "name": "North",
        "is_active": True,
        "is_default": False,
    }
    assert {name: rows["WH900"][name] for name in public} == public
    assert set(rows["WH901"]) - set(public) == {"address", "manager"}
    assert (set(rows["WH900"]) == set(public)) is (role != "admin")


@pytest.mark.parametrize("role", ROLES)
def test_details_are_for_those_who_work_there(api, role):
    own = WarehouseFactory(city="Oslo", manager=UserFactory(role="manager", first_name="Ada"))
    foreign = MembershipFactory().warehouse
    client = api(role, own)

    shown = client.get(f"{WAREHOUSES}{own.code}/").json()
    hidden = client.get(f"{WAREHOUSES}{foreign.code}/").json()

    assert shown["address"]["city"] == "Oslo"
    assert shown["manager"] == {
        "user_id": own.manager.code,
        "username": own.manager.username,
        "name": "Ada",
    }
    assert shown["members"] == [
        {
            "user_id": client.user.code,
            "username": client.user.username,
            "role": role,
            "is_default": True,
        }
    ]
    private = {"address", "manager", "members", "created_at", "updated_at"}
    assert private <= set(shown)
    assert (private & set(hidden) == set()) is (role != "admin")


def test_detail_takes_two_queries(api, django_assert_num_queries):
    warehouse = WarehouseFactory()
    for _ in range(3):
        MembershipFactory(warehouse=warehouse)
    client = api("admin")

    with django_assert_num_queries(2):
        assert len(client.get(f"{WAREHOUSES}{warehouse.pk}/").json()["members"]) == 3


def test_admin_creates_with_a_code_made(api):
    WarehouseFactory(code="WH001", is_default=True)
    WarehouseFactory(code="WH002")
    manager = UserFactory(role="manager")
    body = {
        "name": "South",
        "address": {"street": "1 Quay", "city": "Rome", "country": "ita"},
        "manager": manager.code,
    }

    answer = api("admin").post(WAREHOUSES, body)

    shown = answer.json()
    warehouse = Warehouse.objects.get(name="South")
    assert answer.status_code == 201
    assert (shown["message"], shown["id"]) == ("Warehouse created successfully", warehouse.pk)
    assert shown["warehouse_id"] == warehouse.code
    assert warehouse.code.startswith("WH")
    assert warehouse.code not in {"WH001", "WH002"}
    assert (warehouse.country, warehouse.manager, warehouse.is_default) == ("IT", manager, False)


def test_given_code_is_upper_cased_and_the_first_is_the_default(api):
    answer = api("admin").post(WAREHOUSES, {"name": "Main", "code": "main-1"})

    assert (answer.json()["code"], answer.json()["is_default"]) == ("MAIN-1", True)


def test_taken_code_is_a_conflict(api):
    WarehouseFactory(code="MAIN")

    answer = api("admin").post(WAREHOUSES, {"name": "Other", "code": "main"})

    assert (answer.status_code, set(answer.json()["details"])) == (409, {"code"})
    assert Warehouse.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "A", "code": "?"}, "code"),
        ({"name": "A", "address": {"country": "XX"}}, "address.country"),
        ({"name": "A", "manager": "USR999999"}, "manager"),
        ({"name": "A", "is_active": "perhaps"}, "is_active"),
    ],
)
def test_bad_field_is_named_and_nothing_created(api, body, field):
    answer = api("admin").post(WAREHOUSES, body)

    assert (answer.status_code, set(answer.json()["details"])) == (400, {field})
    assert Warehouse.objects.count() == 0


def test_manager_has_a_role_to_manage(api):
    answer = api("admin").post(WAREHOUSES, {"name": "A", "manager": UserFactory().username})

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"manager"})
    assert Warehouse.objects.count() == 0


@pytest.mark.parametrize("role", ROLES[1:])
def test_only_admins_write(api, role):
    warehouse = WarehouseFactory(name="Before")
    client, url = api(role, warehouse), f"{WAREHOUSES}{warehouse.code}/"

    assert client.post(WAREHOUSES, {"name": "A"}).status_code == 403
    assert client.put(url, {"name": "After"}).status_code == 403
    assert client.patch(url, {"name": "After"}).status_code == 403
    assert client.delete(url).status_code == 403
    assert Warehouse.objects.get().name == "Before"


@pytest.mark.parametrize("method", ["put", "patch"])
def test_change_answers_with_the_fields(api, method):
    warehouse = WarehouseFactory(street="1 Quay")

    answer = getattr(api("admin"), method)(
        f"{WAREHOUSES}{warehouse.code}", {"name": "Renamed", "address": {"city": "Rome"}}
    )

    warehouse.refresh_from_db()
    assert answer.json()["updated_fields"] == ["name", "address.city"]
    assert (warehouse.name, warehouse.city, warehouse.street) == ("Renamed", "Rome", "1 Quay")


def test_code_stays_as_it_is(api):
    warehouse = WarehouseFactory(code="WH950")
    client = api("admin")

    assert client.patch(f"{WAREHOUSES}WH950/", {"code": "WH951"}).status_code == 400
    assert client.patch(f"{WAREHOUSES}WH950/", {"code": "wh950"}).status_code == 200
    warehouse.refresh_from_db()
    assert warehouse.code == "WH950"


def test_default_moves_to_another(api):
    old, new = WarehouseFactory(is_default=True), WarehouseFactory()

    answer = api("admin").patch(f"{WAREHOUSES}{new.code}/", {"is_default": True})

    assert answer.status_code == 200
    assert Warehouse.objects.get(is_default=True) == new
    assert not Warehouse.objects.get(pk=old.pk).is_default


@pytest.mark.parametrize("change", [{"is_default": False}, {"is_active": False}])
def test_default_is_not_just_taken_away(api, change):
    warehouse = WarehouseFactory(is_default=True)

    answer = api("admin").patch(f"{WAREHOUSES}{warehouse.code}/", change)

    warehouse.refresh_from_db()
    assert (answer.status_code, answer.json()["code"]) == (409, "default_warehouse")
    assert (warehouse.is_default, warehouse.is_active) == (True, True)


def switch_at_once():
    """Make two warehouses the default at the same moment; return the outcomes' types."""
    Warehouse.objects.all().delete()
    admin = UserFactory(role="admin")
    WarehouseFactory(is_default=True)
    targets = [WarehouseFactory(), WarehouseFactory()]

    def switch(target):
        return lambda: change_warehouse(warehouse=target, acting_user=admin, is_default=True)

    outcomes = run_at_once(*map(switch, targets))
    assert Warehouse.objects.filter(is_default=True).count() == 1
    return {type(outcome).__name__ for outcome in outcomes}


@pytest.mark.django_db(transaction=True)
def test_two_new_defaults_at_once_leave_one_without_error():
    assert [switch_at_once() for _ in range(15)] == [{"Warehouse"}] * 15


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_new_default_fails(monkeypatch):
    """Prove that the test above would notice a default that is switched without a lock."""
    monkeypatch.setattr(places, "lock_default_warehouse", lambda: None)

    assert {"Warehouse", "IntegrityError"} in [switch_at_once() for _ in range(30)]


@pytest.mark.django_db(transaction=True)
def test_two_first_warehouses_at_once_make_one_default():
    for _ in range(5):
        Warehouse.objects.all().delete()
        outcomes = run_at_once(
            *[lambda: create_warehouse(name="First", acting_user=None) for _ in range(4)]
        )

        assert {type(outcome) for outcome in outcomes} == {Warehouse}
        assert Warehouse.objects.filter(is_default=True).count() == 1


def test_unused_warehouse_is_deleted(api):
    warehouse = MembershipFactory().warehouse

    answer = api("admin").delete(f"{WAREHOUSES}{warehouse.code}/")

    assert answer.status_code == 204
    assert not Warehouse.objects.exists()


def test_used_warehouse_is_not_deleted(api):
    stock = put_in_stock()

    answer = api("admin").delete(f"{WAREHOUSES}{stock.warehouse.code}/")

    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert Warehouse.objects.get() == stock.warehouse


def test_default_warehouse_is_not_deleted(api):
    warehouse = WarehouseFactory(is_default=True)

    assert api("admin").delete(f"{WAREHOUSES}{warehouse.code}/").status_code == 409
    assert Warehouse.objects.get() == warehouse


def test_unknown_warehouse(api):
    assert api("admin").get(f"{WAREHOUSES}WH404/").status_code == 404
    assert APIClient().get(WAREHOUSES).status_code == 401


def test_list_filters(api):
    WarehouseFactory(code="WH960", name="Blue", is_active=False)
    WarehouseFactory(code="WH961", name="Green")
    client = api("viewer")

    def codes(**query):
        return [row["code"] for row in client.get(WAREHOUSES, query).json()["warehouses"]]

    assert codes(is_active="false") == codes(search="blue") == ["WH960"]
    assert codes(ordering="-name") == ["WH961", "WH960"]
