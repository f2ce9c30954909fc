"""What the company decided for everybody."""

import pytest

from common.models import CompanySettings
from purchasing.queries import most_receivable
from tests.factories.purchasing import make_order
from tests.factories.warehouses import WarehouseFactory
from warehouses.models import Warehouse

pytestmark = pytest.mark.django_db
SETTINGS = "/api/settings/"


@pytest.fixture(autouse=True)
def warehouse():
    return WarehouseFactory(code="WH-1", is_default=True)


def test_everybody_signed_in_reads_them(api, client):
    assert client.get(SETTINGS).status_code == 401

    body = api("viewer").get(SETTINGS).json()

    assert body.pop("version") > 0
    assert body.pop("updated_at")
    assert body == {
        "name": "",
        "letterhead": "",
        "logo": None,
        "currency": "USD",
        "default_warehouse": "WH-1",
        "over_receipt_tolerance_percent": 0,
        "purchase_approval_limit": None,
        "adjustment_limit_value": 1000,
        "adjustment_limit_quantity": None,
        "count_recount_tolerance_percent": 10,
        "reservation_days": None,
        "expiry_warning_days": 30,
        "second_person_rule": True,
        "mail_customers": False,
        "preferred_supplier_rule": "manual",
    }


@pytest.mark.parametrize("role", ["manager", "staff", "sales", "viewer"])
def test_only_an_administrator_changes_them(api, role):
    answer = api(role).patch(SETTINGS, {"name": "Mine"})

    assert answer.status_code == 403
    assert CompanySettings.current().name == ""


@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_is_named_changes_and_nothing_else(api, method):
    admin = api("admin")
    WarehouseFactory(code="WH-2")
    admin.patch(SETTINGS, {"letterhead": "Main Street 1"})

    answer = getattr(admin, method)(SETTINGS, {
        "name": "Acme", "currency": "eur", "default_warehouse": "wh-2",
        "over_receipt_tolerance_percent": 7.5,
    })  # fmt: skip

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["updated_fields"] == [
        "name", "currency", "default_warehouse", "over_receipt_tolerance_percent",
    ]  # fmt: skip
    assert (body["name"], body["letterhead"], body["currency"]) == ("Acme", "Main Street 1", "EUR")
    assert (body["default_warehouse"], body["over_receipt_tolerance_percent"]) == ("WH-2", 7.5)
    assert Warehouse.objects.get(is_default=True).code == "WH-2"
    assert CompanySettings.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("over_receipt_tolerance_percent", -0.01),
        ("over_receipt_tolerance_percent", 100.01),
        ("over_receipt_tolerance_percent", "NaN"),
        ("over_receipt_tolerance_percent", None),
        ("reservation_days", 0),
        ("reservation_days", 3651),
        ("reservation_days", "soon"),
        ("currency", "EURO"),
        ("currency", None),
        ("name", "x" * 201),
        ("letterhead", "x" * 1001),
        ("default_warehouse", "NOWHERE"),
        ("default_warehouse", None),
    ],
)
def test_a_value_out_of_range_is_named_and_nothing_is_lost(api, field, value):
    admin = api("admin")
    before = admin.patch(SETTINGS, {"name": "Acme"}).json()

    answer = admin.patch(SETTINGS, {"letterhead": "New", field: value})

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]
    assert admin.get(SETTINGS).json()["version"] == before["version"]


def test_a_default_warehouse_that_is_closed_changes_nothing(api):
    WarehouseFactory(code="WH-2", is_active=False)

    answer = api("admin").patch(SETTINGS, {"name": "Acme", "default_warehouse": "WH-2"})

    assert answer.status_code == 409
    assert CompanySettings.current().name == ""
    assert Warehouse.objects.get(is_default=True).code == "WH-1"


def test_a_stale_version_is_refused(api):
    admin = api("admin")
    tag = admin.get(SETTINGS)["ETag"]

    assert admin.patch(SETTINGS, {"name": "A"}, headers={"If-Match": tag}).status_code == 200
    assert admin.patch(SETTINGS, {"name": "B"}, headers={"If-Match": tag}).status_code == 412
    assert CompanySettings.current().name == "A"


def test_receiving_follows_the_tolerance(api):
    item = make_order(10, status="sent").items.get()
    assert most_receivable(item) == 10

    api("admin").patch(SETTINGS, {"over_receipt_tolerance_percent": 12.5})

    assert most_receivable(item) == 11.25
