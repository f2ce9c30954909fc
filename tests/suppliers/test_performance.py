"""How suppliers perform, over HTTP and in the back office."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from suppliers.models import Supplier, SupplierPerformance
from tests.admin.pages import filled, list_of, page_of
from tests.factories.purchasing import make_order
from tests.factories.suppliers import (
    SupplierFactory,
    SupplierPerformanceFactory,
    SupplierStandingFactory,
)
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
NOTHING = {
    "reliability_score": None,
    "average_lead_time": None,
    "lead_time_spread": None,
    "on_time_delivery_rate": None,
    "order_fulfillment_rate": None,
    "quality_rating": None,
    "return_rate": None,
    "total_orders": 0,
    "last_order_date": None,
}


def month(supplier, number, **figures):
    return SupplierPerformanceFactory(
        supplier=supplier,
        evaluation_period_start=date(2025, number, 1),
        evaluation_period_end=date(2025, number, 28),
        **figures,
    )


def test_detail_tells_live_figures(api):
    supplier = SupplierFactory()
    order = make_order(10, status="received", supplier=supplier)
    make_order(10, status="draft", supplier=supplier)

    told = api("viewer").get(f"/api/suppliers/{supplier.code}/").json()["performance"]

    assert told == {
        "reliability_score": 100,
        "average_lead_time": 0,
        "lead_time_spread": None,
        "on_time_delivery_rate": 100,
        "order_fulfillment_rate": 100,
        "quality_rating": 5,
        "return_rate": 0,
        "total_orders": 1,
        "last_order_date": order.order_date.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def test_performance_of_a_supplier_of_whom_nothing_is_known(api):
    supplier = SupplierFactory(code="SUP7", company_name="Acme", currency="EUR")

    told = api("viewer").get("/api/suppliers/sup7/performance/").json()

    current = told.pop("current")
    assert told == {
        "supplier_id": "SUP7",
        "company_name": "Acme",
        "currency": "EUR",
        "rating": 3,
        "communication_score": None,
        "period": None,
        "months": [],
    }
    days = {"start_date", "end_date"}
    assert {name: current[name] for name in current.keys() - days} == {
        **NOTHING,
        "judged_lines": 0,
        "total_value": 0,
        "other_currency_orders": 0,
    }
    assert supplier.pk


def test_performance_tells_the_last_months_newest_first(api, time_machine):
    time_machine.move_to(datetime(2025, 12, 15, 12, tzinfo=UTC), tick=False)
    supplier = SupplierFactory(communication_score=Decimal("4.25"))
    older, newer = month(supplier, 1), month(supplier, 12, quality_score=None, notes="A note.")
    month(SupplierFactory(), 12)
    SupplierPerformanceFactory(
        supplier=supplier,
        evaluation_period_start=date(2024, 12, 1),
        evaluation_period_end=date(2024, 12, 31),
    )

    told = api("viewer").get(f"/api/suppliers/{supplier.pk}/performance/").json()

    assert told["communication_score"] == 4.25
    assert (told["current"]["start_date"], told["current"]["end_date"]) == (
        "2024-12-15",
        "2025-12-15",
    )
    assert [one["performance_record_id"] for one in told["months"]] == [
        f"{supplier.pk}-2025-12",
        f"{supplier.pk}-2025-01",
    ]
    assert told["months"][0] == {
        "performance_record_id": newer.performance_record_id,
        "supplier_id": supplier.code,
        "evaluation_period_start": "2025-12-01",
        "evaluation_period_end": "2025-12-28",
        "on_time_delivery_rate": 98.5,
        "quality_score": None,
        "average_lead_time_days": 4.8,
        "lead_time_spread_days": 1.2,
        "order_fulfillment_rate": 99,
        "total_orders_in_period": 3,
        "total_value_in_period": 1200.5,
        "return_rate": None,
        "communication_score": None,
        "reliability_score": 92,
        "judged_lines": 7,
        "notes": "A note.",
        "recorded_at": newer.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    assert older.performance_record_id == told["months"][1]["performance_record_id"]


@pytest.mark.parametrize(
    ("query", "months", "orders"),
    [
        ("period=2025-02", ["02"], 1),
        ("period=2025", ["04", "03", "02"], 2),
        ("period=2024", [], 0),
        ("start_date=2025-03-10&end_date=2025-04-01", ["04", "03"], 1),
        ("start_date=2025-03-13", ["04", "03"], 0),
        ("end_date=2025-03-12", ["03", "02"], 2),
        ("end_date=9999-12-31", ["04", "03", "02"], 2),
    ],
)
def test_a_period_chooses_months_and_live_figures(api, query, months, orders):
    supplier = SupplierFactory()
    for number in (2, 3, 4):
        month(supplier, number)
    for day in (datetime(2025, 2, 3, tzinfo=UTC), datetime(2025, 3, 12, 23, 59, tzinfo=UTC)):
        make_order(4, status="sent", supplier=supplier, order_date=day)

    told = api("manager").get(f"/api/suppliers/{supplier.code}/performance/?{query}").json()

    assert [one["evaluation_period_start"][5:7] for one in told["months"]] == months
    assert told["period"]["total_orders"] == orders
    assert told["period"]["total_value"] == orders * 10
    assert told["current"]["total_orders"] == 2


def test_value_is_told_to_those_who_see_purchase_orders(api):
    supplier = SupplierFactory()
    month(supplier, 2)
    make_order(4, status="sent", supplier=supplier)
    path = f"/api/suppliers/{supplier.code}/performance/?period=2025"

    seller, viewer = (api(role).get(path).json() for role in ("sales", "viewer"))

    assert seller["current"]["total_value"] is None
    assert seller["period"]["total_value"] is None
    assert seller["months"][0]["total_value_in_period"] is None
    assert seller["current"]["total_orders"] == 1
    assert viewer["current"]["total_value"] == 10
    assert viewer["months"][0]["total_value_in_period"] == 1200.5


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("period=2025-13", "period"),
        ("period=2025-00", "period"),
        ("period=0000", "period"),
        ("period=monthly", "period"),
        ("period=2025-1", "period"),
        ("period=2025&start_date=2025-01-01", "period"),
        ("start_date=yesterday", "start_date"),
        ("end_date=2025-02-30", "end_date"),
        ("start_date=2025-02-02&end_date=2025-02-01", "end_date"),
        ("colour=red", "colour"),
    ],
)
def test_a_period_that_is_none_is_refused_by_its_name(api, query, field):
    answer = api("viewer").get(f"/api/suppliers/{SupplierFactory().code}/performance/?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]


def test_an_unknown_supplier_has_no_performance(api):
    assert api("viewer").get("/api/suppliers/NOPE/performance/").status_code == 404


@pytest.mark.parametrize("months", [1, 3])
def test_performance_takes_a_fixed_number_of_queries(api, django_assert_num_queries, months):
    supplier = SupplierFactory()
    for number in range(1, months + 1):
        month(supplier, number)
        make_order(4, 5, status="received", supplier=supplier)
    client = api("viewer")

    # The supplier; live figures of the year and of the period; the months.
    with django_assert_num_queries(4):
        told = client.get(f"/api/suppliers/{supplier.code}/performance/?period=2025").json()

    assert len(told["months"]) == months


def measured_suppliers():
    """Make suppliers with figures from best to worst, and one that was never measured."""
    for number, rate in enumerate(("99.00", "70.00", "12.50")):
        SupplierStandingFactory(
            supplier=SupplierFactory(code=f"SUP-{number}"),
            on_time_delivery_rate=Decimal(rate),
            total_orders=5 - number,
        )
    SupplierFactory(code="SUP-NEW")


@pytest.mark.parametrize(
    ("ordering", "codes"),
    [
        ("on_time_delivery_rate", ["SUP-2", "SUP-1", "SUP-0", "SUP-NEW"]),
        ("-on_time_delivery_rate", ["SUP-0", "SUP-1", "SUP-2", "SUP-NEW"]),
        ("-total_orders", ["SUP-0", "SUP-1", "SUP-2", "SUP-NEW"]),
        ("reliability_score,-code", ["SUP-2", "SUP-1", "SUP-0", "SUP-NEW"]),
    ],
)
def test_list_sorts_by_what_was_measured_and_the_unmeasured_come_last(api, ordering, codes):
    measured_suppliers()

    rows = api("viewer").get(f"/api/suppliers/?ordering={ordering}").json()["suppliers"]

    assert [row["supplier_id"] for row in rows] == codes


@pytest.mark.parametrize(
    "name",
    [
        "on_time_delivery_rate", "order_fulfillment_rate", "quality_rating", "return_rate",
        "average_lead_time", "lead_time_spread", "reliability_score", "total_orders",
        "last_order_date",
    ],
)  # fmt: skip
def test_list_sorts_by_every_figure(api, name):
    measured_suppliers()

    assert api("viewer").get(f"/api/suppliers/?ordering=-{name}").status_code == 200


def test_list_row_tells_what_was_measured(api):
    SupplierStandingFactory(supplier=SupplierFactory(code="SUP-1"))
    SupplierFactory(code="SUP-2")

    rows = api("viewer").get("/api/suppliers/?ordering=code").json()["suppliers"]

    assert rows[0]["performance"] == {
        "reliability_score": 92,
        "average_lead_time": 4.8,
        "lead_time_spread": 1.2,
        "on_time_delivery_rate": 98.5,
        "order_fulfillment_rate": 99,
        "quality_rating": 4.5,
        "return_rate": None,
        "total_orders": 120,
        "last_order_date": None,
    }
    assert rows[1]["performance"] == NOTHING


def test_export_has_a_column_for_each_figure(api):
    SupplierStandingFactory(supplier=SupplierFactory(code="SUP-1"))

    answer = api("viewer").get("/api/suppliers/?format=csv")

    row = next(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
    assert row["performance.on_time_delivery_rate"] == "98.5"
    assert row["performance.total_orders"] == "120"
    assert row["performance.last_order_date"] == ""


@pytest.mark.parametrize("count", [1, 3])
def test_sorted_list_takes_one_query(api, django_assert_num_queries, count):
    for _ in range(count):
        SupplierStandingFactory()
    client = api("viewer")

    with django_assert_num_queries(1):
        answer = client.get("/api/suppliers/?ordering=-reliability_score")

    assert len(answer.json()["suppliers"]) == count


def test_people_judge_communication_and_rating(api):
    supplier = SupplierFactory()
    path = f"/api/suppliers/{supplier.code}/"

    answer = api("manager").patch(path, {"communication_score": 4.25, "rating": 4.5})
    assert answer.status_code == 200
    assert answer.json()["communication_score"] == 4.25
    assert api("staff").patch(path, {"communication_score": 1}).status_code == 403
    assert api("manager").patch(path, {"communication_score": None}).status_code == 200

    supplier.refresh_from_db()
    assert (supplier.communication_score, supplier.rating) == (None, Decimal("4.5"))


@pytest.fixture
def manager(client):
    client.force_login(UserFactory(role="manager"))
    return client


def test_admin_page_tells_figures_and_months(manager):
    supplier = SupplierFactory()
    make_order(10, status="received", supplier=supplier)
    month(supplier, 1)
    SupplierPerformance.objects.update(
        evaluation_period_start=date.today().replace(day=1)  # noqa: DTZ011 - any day of now
    )

    page = manager.get(page_of(supplier)).content.decode()

    assert "100.00 %" in page
    assert "98.50" in page
    assert f"{date.today():%Y-%m}" in page  # noqa: DTZ011


def test_admin_saves_communication_and_leaves_what_is_measured(manager):
    supplier = SupplierFactory()
    figures = month(supplier, 1)

    answer = manager.post(
        page_of(supplier), filled(manager, page_of(supplier), communication_score="3.75")
    )

    assert answer.status_code == 302
    supplier.refresh_from_db()
    assert supplier.communication_score == Decimal("3.75")
    kept = SupplierPerformance.objects.get()
    assert kept.on_time_delivery_rate == figures.on_time_delivery_rate


def test_admin_lists_show_figures_in_few_queries(manager, django_assert_num_queries):
    for _ in range(3):
        figures = SupplierStandingFactory()
        month(figures.supplier, 1)
    SupplierFactory()
    manager.get(list_of(Supplier))

    with django_assert_num_queries(6):
        page = manager.get(list_of(Supplier) + "?o=-8")
    assert page.content.decode().count("98.50 %") == 3
    assert manager.get(list_of(SupplierPerformance)).content.decode().count("92.00") == 3
