"""Tables of which the audit watches some columns: balances, lots, lines of counts."""

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Case, F, Value, When

from common.models import AuditEntry
from inventory.models import LowStockThreshold, Stock
from inventory.services.thresholds import refresh_reorder_points
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def balances():
    place = WarehouseFactory()
    return [put_in_stock(VariationFactory(), place, 5) for _ in range(3)]


def told(after):
    rows = AuditEntry.objects.filter(pk__gt=after).order_by("pk")
    return [(row.object_code, row.document_type, row.changes) for row in rows]


def last_entry():
    return AuditEntry.objects.latest("pk").pk


def test_all_rows_of_a_statement_are_told_in_the_order_of_their_keys(balances):
    before = last_entry()

    assert Stock.objects.update(reorder_point=3) == 3

    change = {"reorder_point": [None, 3]}
    assert told(before) == [
        (stock.variation.sku_code, "product_variation", change) for stock in balances
    ]


def test_rows_that_keep_the_columns_are_not_told(balances):
    before = last_entry()
    first = balances[0]

    Stock.objects.update(
        bin_location=Case(When(pk=first.pk, then=Value("A-1")), default=F("bin_location"))
    )
    Stock.objects.update(bin_location=F("bin_location"), incoming=F("incoming"))
    Stock.objects.update(incoming=F("incoming") + 2)

    assert told(before) == [
        (first.variation.sku_code, "product_variation", {"bin_location": ["", "A-1"]})
    ]


def test_thresholds_of_many_balances_are_told_by_one_statement(balances):
    for stock in balances:
        LowStockThreshold.objects.create(
            variation=stock.variation, warehouse=stock.warehouse, threshold=Decimal("2.5")
        )
    before = last_entry()

    assert refresh_reorder_points([stock.variation_id for stock in balances]) == 3

    entries = AuditEntry.objects.filter(pk__gt=before, object_type="stock")
    assert [entry.changes for entry in entries] == [{"reorder_point": [None, 2.5]}] * 3
    definition = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass"
    with connection.cursor() as cursor:
        cursor.execute(f"{definition} AND NOT tgisinternal", ["inventory_stock"])
        (trigger,) = [row[0] for row in cursor.fetchall() if "audit" in row[0]]
    assert "FOR EACH STATEMENT" in trigger


def test_no_session_passes_over_the_trigger(balances):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger\\_audit\\_col%'")
        names = [row[0] for row in cursor.fetchall()]
        assert len(names) == 3
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{','.join(names)}}}"]
        )
    before = last_entry()

    Stock.objects.update(reorder_point=9)

    assert len(told(before)) == 3
