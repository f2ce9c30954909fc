"""Filters of dates and of truth, the same on every list."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from purchasing.models import PurchaseOrder
from tests.factories.inventory import put_in_stock
from tests.factories.purchasing import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(api):
    return api("admin")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("start_date=2026-03-02", {"2026-03-02T00:00", "2026-03-02T23:59"}),
        ("end_date=2026-03-01", {"2026-03-01T23:59"}),
        ("start_date=2026-03-02&end_date=2026-03-02", {"2026-03-02T00:00", "2026-03-02T23:59"}),
    ],
)
def test_days_begin_and_end_at_midnight_utc(admin, query, found):
    for day, hour, minute in ((1, 23, 59), (2, 0, 0), (2, 23, 59)):
        order = make_order()
        moment = datetime(2026, 3, day, hour, minute, tzinfo=UTC)
        PurchaseOrder.objects.filter(pk=order.pk).update(order_date=moment)

    rows = admin.get(f"/api/purchase-orders/?{query}").json()["purchase_orders"]

    assert {row["order_date"][:16] for row in rows} == found


@pytest.mark.parametrize("path", ["stock-movements", "purchase-orders", "sales-orders"])
def test_days_are_compared_with_the_bare_column(admin, path):
    with CaptureQueriesContext(connection) as queries:
        admin.get(f"/api/{path}/?start_date=2026-01-01&end_date=2026-12-31")

    (page,) = [query["sql"] for query in queries if "ORDER BY" in query["sql"]]
    assert "::date" not in page
    assert "AT TIME ZONE" not in page


@pytest.mark.parametrize("value", ["2026-13-01", "yesterday", "", "2026-02-30"])
def test_a_day_that_is_none_is_named(admin, value):
    answer = admin.get(f"/api/stock-movements/?start_date={value}")

    assert answer.status_code == (400 if value else 200)
    if value:
        assert list(answer.json()["details"]) == ["start_date"]


@pytest.mark.parametrize(
    ("value", "status"), [("true", 200), ("True", 200), ("0", 200), ("yes", 400), ("2", 400)]
)
def test_low_stock_is_true_or_false(admin, value, status):
    put_in_stock()

    answer = admin.get(f"/api/stocks/?low_stock={value}")

    assert answer.status_code == status
    if status == 200:
        assert len(answer.json()["stocks"]) == (value.lower() in ("false", "0"))
