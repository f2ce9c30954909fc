from datetime import timedelta

import pytest
from django.utils import timezone

from alerts.models import Alert
from tests.factories.alerts import AlertFactory
from tests.factories.suppliers import SupplierFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("item_count", [1, 3])
def test_list_shows_own_warehouses_in_a_literal_number_of_queries(
    api, warehouse, item_count, django_assert_num_queries
):
    client = api("viewer", warehouse)
    alerts = AlertFactory.create_batch(item_count, warehouse=warehouse, supplier=SupplierFactory())
    AlertFactory()

    with django_assert_num_queries(1):
        answer = client.get("/api/alerts")

    assert answer.status_code == 200
    rows = answer.json()["alerts"]
    assert [row["alert_id"] for row in rows] == [alert.code for alert in reversed(alerts)]
    assert answer.json()["pagination"]["total_items"] == item_count
    alert = alerts[0]
    shown = {name: rows[-1][name] for name in (
        "alert_type", "severity", "product_id", "title", "message", "status", "sku", "warehouse",
        "current_value", "threshold_value", "acknowledged_by",
    )}  # fmt: skip
    assert shown == {
        "alert_type": "low_stock",
        "severity": "high",
        "product_id": alert.product.code,
        "title": alert.title,
        "message": alert.message,
        "status": "active",
        "sku": alert.variation.sku_code,
        "warehouse": "WH-EAST",
        "current_value": 15,
        "threshold_value": 20,
        "acknowledged_by": None,
    }


def test_list_is_filtered(api):
    client = api("admin")
    one = AlertFactory()
    AlertFactory(
        alert_type="overstock",
        severity="low",
        status="resolved",
        snoozed_until=timezone.now() + timedelta(days=1),
    )
    for query in (
        "status=active",
        "severity=high",
        "alert_type=low_stock",
        f"product_id={one.product.code}",
        f"product_id={one.product.pk}",
        f"warehouse={one.warehouse.code}",
        "snoozed=false",
        f"search={one.product.code}",
        "ordering=created_at&limit=1",
    ):
        answer = client.get(f"/api/alerts/?{query}").json()
        assert [row["alert_id"] for row in answer["alerts"]] == [one.code], query


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("status=open", "status"),
        ("severity=1", "severity"),
        ("alert_type=x", "alert_type"),
        ("product_id=NO-SUCH", "product_id"),
        ("warehouse=NO-SUCH", "warehouse"),
        ("colour=red", "colour"),
    ],
)
def test_wrong_filter_is_refused_by_name(api, query, parameter):
    answer = api("admin").get(f"/api/alerts/?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [parameter]


def test_alert_is_found_by_code_and_by_id(api, warehouse):
    alert = AlertFactory(warehouse=warehouse)
    client = api("viewer", warehouse)
    wrong_year = alert.code.replace(f"{alert.created_at:%Y}", "1999")

    assert client.get(f"/api/alerts/{alert.code}/").json()["id"] == alert.pk
    assert client.get(f"/api/alerts/{alert.code.lower()}").json()["id"] == alert.pk
    assert client.get(f"/api/alerts/{alert.pk}/").json()["alert_id"] == alert.code
    for reference in (wrong_year, "ALT-2026", "ALT-2026-99999999999999999999", "x", "-1"):
        assert client.get(f"/api/alerts/{reference}/").status_code == 404


def test_system_alert_without_a_warehouse_is_for_administrators(api, warehouse):
    AlertFactory(warehouse=None, alert_type="system")

    assert api("admin").get("/api/alerts/").json()["pagination"]["total_items"] == 1
    assert api("manager", warehouse).get("/api/alerts/").json()["alerts"] == []


def test_alert_about_a_supplier_is_for_those_who_manage_the_catalogue(api, warehouse):
    alert = AlertFactory(warehouse=None, alert_type="system", supplier=SupplierFactory())
    path = f"/api/alerts/{alert.code}/"

    for role, status in (("admin", 200), ("manager", 200), ("staff", 404), ("viewer", 404)):
        assert api(role, warehouse).get(path).status_code == status, role
    assert api("staff", warehouse).get("/api/alerts/").json()["alerts"] == []
    answer = api("manager", warehouse).post(f"{path}acknowledge/", {})
    assert (answer.status_code, answer.json()["status"]) == (200, "acknowledged")


def test_acknowledge(api, warehouse):
    alert = AlertFactory(warehouse=warehouse)
    client = api("staff", warehouse)

    answer = client.post(
        f"/api/alerts/{alert.code}/acknowledge",
        {"acknowledged_by": client.user.code, "notes": "PO is being created."},
    )

    alert.refresh_from_db()
    assert answer.status_code == 200
    body = answer.json()
    assert body["message"] == "Alert acknowledged successfully"
    assert (body["alert_id"], body["status"]) == (alert.code, "acknowledged")
    assert body["acknowledged_at"].endswith("Z")
    assert body["acknowledged_by"] == client.user.code
    assert (alert.status, alert.acknowledged_by) == ("acknowledged", client.user)
    assert alert.notes == "PO is being created."


def test_resolve(api, warehouse):
    alert = AlertFactory(warehouse=warehouse, status="acknowledged")
    client = api("manager", warehouse)

    answer = client.post(
        f"/api/alerts/{alert.code}/resolve/",
        {
            "resolved_by": client.user.code,
            "resolution_notes": "Stock replenished via PO-2025-002.",
            "resolution_type": "stock_replenished",
            "reference_id": "PO-2025-002",
        },
    )

    alert.refresh_from_db()
    assert answer.status_code == 200
    assert answer.json()["message"] == "Alert resolved successfully"
    assert answer.json()["resolved_at"] is not None
    assert (alert.status, alert.resolved_by) == ("resolved", client.user)
    assert (alert.resolution_type, alert.reference_id) == ("stock_replenished", "PO-2025-002")
    assert alert.resolution_notes == "Stock replenished via PO-2025-002."


def test_dismiss_and_snooze_take_an_empty_or_a_full_body(api, warehouse):
    alert = AlertFactory(warehouse=warehouse)
    client = api("staff", warehouse)
    until = (timezone.now() + timedelta(days=2)).isoformat()

    snoozed = client.post(f"/api/alerts/{alert.code}/snooze/", {"snoozed_until": until})
    assert (snoozed.status_code, snoozed.json()["status"]) == (200, "active")
    assert snoozed.json()["message"] == "Alert snoozed successfully"
    assert snoozed.json()["snoozed_by"] == client.user.code

    dismissed = client.post(f"/api/alerts/{alert.code}/dismiss/")
    alert.refresh_from_db()
    assert (dismissed.status_code, alert.status) == (200, "dismissed")
    assert alert.dismissed_by == client.user


STEPS = ["acknowledge", "resolve", "dismiss", "snooze"]
LAWFUL = {
    "acknowledge": ["active"],
    "resolve": ["active", "acknowledged"],
    "dismiss": ["active", "acknowledged"],
    "snooze": ["active", "acknowledged"],
}


@pytest.mark.parametrize("status", Alert.Status.values)
@pytest.mark.parametrize("step", STEPS)
def test_step_follows_only_from_its_states(api, step, status):
    alert = AlertFactory(status=status)
    until = (timezone.now() + timedelta(days=2)).isoformat()

    answer = api("admin").post(f"/api/alerts/{alert.pk}/{step}/", {"snoozed_until": until})

    if status in LAWFUL[step]:
        assert answer.status_code == 200
        return
    after = Alert.objects.get()
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert answer.json()["details"]["allowed"] == LAWFUL[step]
    assert (after.status, after.updated_at) == (status, alert.updated_at)


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("acknowledge", {"acknowledged_by": "USR999999"}, "acknowledged_by"),
        ("acknowledge", {"notes": "n" * 501}, "notes"),
        ("acknowledge", {"notes": ["x"]}, "notes"),
        ("resolve", {"resolved_by": "USR999999"}, "resolved_by"),
        ("resolve", {"resolution_type": "Not A Code"}, "resolution_type"),
        ("resolve", {"reference_id": "r" * 51}, "reference_id"),
        ("snooze", {}, "snoozed_until"),
        ("snooze", {"snoozed_until": "tomorrow"}, "snoozed_until"),
        ("snooze", {"snoozed_until": "2020-01-01T00:00:00Z"}, "snoozed_until"),
        ("snooze", {"snoozed_until": "9999-12-31T23:59:59-23:00"}, "snoozed_until"),
        ("dismiss", [], "body"),
    ],
)
def test_wrong_body_is_refused_by_its_field(api, step, body, field):
    alert = AlertFactory()

    answer = api("admin").post(f"/api/alerts/{alert.code}/{step}/", body)

    assert answer.status_code == 400, answer.content
    assert list(answer.json()["details"]) == [field]
    assert Alert.objects.get().updated_at == alert.updated_at


def test_nobody_acts_in_anothers_name(api, warehouse):
    alert = AlertFactory(warehouse=warehouse)
    other = api("manager", warehouse).user

    answer = api("staff", warehouse).post(
        f"/api/alerts/{alert.code}/acknowledge/", {"acknowledged_by": other.code}
    )

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["acknowledged_by"]
    assert Alert.objects.get().status == "active"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("role", "own", "status"),
    [
        ("admin", False, 200),
        ("manager", True, 200),
        ("staff", True, 200),
        ("sales", True, 403),
        ("viewer", True, 403),
        ("manager", False, 404),
        ("staff", False, 404),
    ],
)
def test_who_may_act(api, warehouse, step, role, own, status):
    alert = AlertFactory(warehouse=warehouse)
    until = (timezone.now() + timedelta(days=2)).isoformat()
    client = api(role, warehouse if own else WarehouseFactory())

    answer = client.post(f"/api/alerts/{alert.code}/{step}/", {"snoozed_until": until})

    assert answer.status_code == status
    assert (Alert.objects.get().updated_at == alert.updated_at) is (status != 200)


def test_same_key_acts_once(api):
    alert = AlertFactory()
    client = api("admin")
    answers = [
        client.post(
            f"/api/alerts/{alert.code}/acknowledge/", {}, headers={"Idempotency-Key": "one"}
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
