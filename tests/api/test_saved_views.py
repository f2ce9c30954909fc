"""Filters of lists under a name: saved, shared, used with ?view=."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import SavedView
from common.saved_views import MOST_OF_A_LIST, canonical_query, parameters_of
from tests.factories.inventory import put_in_stock
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
PATH = "/api/saved-views/"
BODY = {
    "name": "Most first",
    "resource": "stocks",
    "parameters": {"low_stock": False, "ordering": "-on_hand"},
}


def saved(client, **changes):
    answer = client.post(PATH, {**BODY, **changes})
    assert answer.status_code == 201, answer.content
    return answer.json()


def facts():
    return list(SavedView.objects.order_by("pk").values())


def test_a_filter_is_saved_read_changed_and_deleted(api):
    clerk = api("staff")

    made = saved(clerk)

    assert (made["name"], made["resource"], made["owner"]) == (
        "Most first",
        "stocks",
        clerk.user.code,
    )
    assert made["query"] == "low_stock=false&ordering=-on_hand"
    assert made["parameters"] == {"low_stock": "false", "ordering": "-on_hand"}
    assert (made["is_shared"], made["is_default"]) == (False, False)
    path = f"{PATH}{made['id']}/"
    assert clerk.get(path).json()["parameters"] == made["parameters"]
    changed = clerk.patch(path, {"parameters": {"search": "milk & honey"}, "is_shared": True})
    assert changed.status_code == 200
    assert changed.json()["query"] == "search=milk+%26+honey"
    assert changed.json()["updated_fields"] == ["parameters.search", "is_shared"]
    assert clerk.delete(path).status_code == 204
    assert facts() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"resource": "nowhere"}, "resource"),
        ({"resource": "audit"}, "resource"),  # of administrators
        ({"resource": "admin/inventory/stock"}, "resource"),  # a page, no list
        ({"parameters": {"no_such": "1"}}, "parameters.no_such"),
        ({"parameters": {"low_stock": "perhaps"}}, "parameters.low_stock"),
        ({"parameters": {"warehouse": "WH-NONE"}}, "parameters.warehouse"),
        ({"parameters": {"ordering": "secret"}}, "parameters.ordering"),
        ({"parameters": {"page": 2}}, "parameters.page"),
        ({"parameters": {"format": "csv"}}, "parameters.format"),
        ({"parameters": {"view": "Mine"}}, "parameters.view"),
        ({"parameters": {"search": {"a": 1}}}, "parameters.search"),
        ({"parameters": {"search": "x" * 2100}}, "parameters.search"),
        ({"resource": "alerts", "parameters": {"status": ["active"] * 300}}, "parameters"),
        ({"parameters": {}}, "parameters"),
        ({"parameters": {"search": ""}}, "parameters"),
        ({"parameters": "low_stock=true"}, "parameters"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 81}, "name"),
    ],
)
def test_what_the_list_does_not_know_is_not_saved(api, changes, field):
    answer = api("staff").post(PATH, {**BODY, **changes})

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]
    assert facts() == []


def test_as_of_is_checked_as_the_list_checks_it(api):
    clerk = api("staff")

    assert saved(clerk, parameters={"as_of": "2026-01-31"})["query"] == "as_of=2026-01-31"
    wrong = clerk.post(PATH, {**BODY, "name": "Other", "parameters": {"as_of": "soon"}})

    assert wrong.status_code == 400
    assert SavedView.objects.count() == 1


def test_a_name_is_taken_once_a_person_and_list(api):
    clerk, other = api("staff"), api("staff")
    saved(clerk)
    before = facts()

    again = clerk.post(PATH, BODY)

    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    assert list(again.json()["details"]) == ["name"]
    assert facts() == before
    saved(other)
    saved(clerk, resource="lots", parameters={"search": "L"})


def test_nobody_keeps_filters_without_end(api):
    clerk = api("staff")
    SavedView.objects.bulk_create(
        SavedView(owner=clerk.user, resource="stocks", name=str(number), query="search=a")
        for number in range(MOST_OF_A_LIST)
    )

    answer = clerk.post(PATH, BODY)

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["resource"])
    assert SavedView.objects.count() == MOST_OF_A_LIST


def test_shared_filters_are_offered_and_stay_their_owners(api):
    clerk, viewer, admin = api("staff"), api("viewer"), api("admin")
    own = saved(clerk, name="Own")
    shared = saved(clerk, name="Everybody's", is_shared=True)
    before = facts()

    rows = viewer.get(PATH).json()["saved_views"]

    assert [row["name"] for row in rows] == ["Everybody's"]
    assert viewer.get(f"{PATH}{own['id']}/").status_code == 404
    for method, body in (("patch", {"name": "Mine"}), ("delete", None)):
        answer = getattr(viewer, method)(f"{PATH}{shared['id']}/", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert admin.patch(f"{PATH}{shared['id']}/", {"name": "Mine"}).status_code == 403
    assert facts() == before
    assert admin.patch(f"{PATH}{shared['id']}/", {"is_shared": False}).status_code == 200
    assert viewer.get(PATH).json()["saved_views"] == []
    assert SavedView.objects.get(pk=shared["id"]).owner == clerk.user


def test_sharing_is_for_people_of_the_back_office(api):
    answer = api("viewer").post(PATH, {**BODY, "is_shared": True})

    assert (answer.status_code, list(answer.json()["details"])) == (403, ["is_shared"])
    assert facts() == []


def test_a_shared_filter_of_a_list_that_one_may_not_read_is_not_told(api):
    admin = api("admin")
    saved(admin, resource="audit", parameters={"search": "PO"}, is_shared=True)

    assert len(admin.get(PATH).json()["saved_views"]) == 1
    assert api("manager").get(PATH).json()["saved_views"] == []


def test_a_new_default_takes_the_place_of_the_old_one(api):
    clerk = api("staff")
    first = saved(clerk, is_default=True)
    second = saved(clerk, name="Second", is_default=True)

    rows = clerk.get(f"{PATH}?is_default=true").json()["saved_views"]
    assert [row["id"] for row in rows] == [second["id"]]
    clerk.patch(f"{PATH}{first['id']}/", {"is_default": True})
    rows = clerk.get(f"{PATH}?is_default=true&resource=stocks").json()["saved_views"]
    assert [row["id"] for row in rows] == [first["id"]]


def test_a_list_takes_a_saved_filter_by_name_or_id(api):
    warehouse = WarehouseFactory()
    clerk = api("staff", warehouse)
    for quantity in (1, 3, 2):
        put_in_stock(warehouse=warehouse, quantity=quantity)
    made = saved(clerk)

    by_name = clerk.get("/api/stocks/?view=Most first").json()
    by_id = clerk.get(f"/api/stocks/?view={made['id']}").json()
    reordered = clerk.get("/api/stocks/?view=Most first&ordering=on_hand&limit=2").json()

    assert [row["on_hand"] for row in by_name["stocks"]] == [3, 2, 1]
    assert by_id["stocks"] == by_name["stocks"]
    assert [row["on_hand"] for row in reordered["stocks"]] == [1, 2]
    exported = clerk.get("/api/stocks/?view=Most first&format=csv")
    assert b"".join(exported).count(b"\n") == 4


def test_a_list_refuses_a_filter_that_it_does_not_have(api):
    clerk, stranger = api("staff"), api("staff")
    saved(stranger, name="Not yours")
    saved(clerk, name="Of lots", resource="lots", parameters={"search": "L"})

    for name in ("Not yours", "Of lots", "", "999999"):
        answer = clerk.get(f"/api/stocks/?view={name}")
        assert (answer.status_code, list(answer.json()["details"])) == (400, ["view"])


def test_ones_own_filter_counts_more_than_a_shared_one_of_the_same_name(api):
    warehouse = WarehouseFactory()
    other, clerk = api("staff"), api("staff", warehouse)
    for quantity in (1, 2):
        put_in_stock(warehouse=warehouse, quantity=quantity)
    saved(other, is_shared=True)
    shown = clerk.get("/api/stocks/?view=Most first").json()["stocks"]
    assert [row["on_hand"] for row in shown] == [2, 1]

    saved(clerk, parameters={"ordering": "on_hand"})

    shown = clerk.get("/api/stocks/?view=Most first").json()["stocks"]
    assert [row["on_hand"] for row in shown] == [1, 2]


def test_both_paths_of_a_list_know_its_filters(api):
    admin = api("admin")
    saved(admin, name="Late", resource="orders/purchase", parameters={"status": "sent"})

    for path in ("orders/purchase", "purchase-orders"):
        assert admin.get(f"/api/{path}/?view=Late").status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_one_query(api, number):
    clerk = api("staff")
    for index in range(number):
        saved(clerk, name=str(index))

    with CaptureQueriesContext(connection) as queries:
        rows = clerk.get(PATH).json()["saved_views"]

    assert len(rows) == number
    assert len(queries) == 1


def test_a_list_with_a_filter_takes_one_query_more(api):
    warehouse = WarehouseFactory()
    clerk = api("staff", warehouse)
    put_in_stock(warehouse=warehouse)
    saved(clerk)

    with CaptureQueriesContext(connection) as plain:
        clerk.get("/api/stocks/?low_stock=false&ordering=-on_hand")
    with CaptureQueriesContext(connection) as viewed:
        clerk.get("/api/stocks/?view=Most first")

    assert len(viewed) == len(plain) + 1


def test_parameters_survive_being_written_as_a_query():
    pairs = [("b", "ü &=?+%"), ("a", "2"), ("a", "1"), ("empty", "")]

    query = canonical_query(pairs)

    assert query == "a=1&a=2&b=%C3%BC+%26%3D%3F%2B%25"
    assert parameters_of(query) == {"a": ["1", "2"], "b": "ü &=?+%"}
