"""What is due to be counted, and the count of it."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.utils import timezone

from inventory.abc_classes import due_to_count, variations_of_class
from inventory.models import StockCountLine, StockMovement
from tests.factories.inventory import (
    put_in_stock,
)
from tests.inventory.counts.steps import enter, lines_by_sku, scanned, sell

pytestmark = pytest.mark.django_db
PATH = "/api/stock-counts/"


def test_classes_follow_the_value_of_issues(place, goods):
    for variation, quantity in zip(goods, (80, 15, 5), strict=True):
        sell(variation, place, quantity)
    idle = put_in_stock(warehouse=place, quantity=1000).variation

    assert variations_of_class(place, "A") == [goods[0].pk]
    assert variations_of_class(place, "B") == [goods[1].pk]
    assert variations_of_class(place, "C") == [goods[2].pk, idle.pk]


def test_the_plan_proposes_what_is_due_and_makes_the_count(clerk, manager, place, goods):
    for variation, quantity in zip(goods, (80, 15, 5), strict=True):
        sell(variation, place, quantity)
    plan = clerk.get("/api/count-plan/").json()
    assert (plan["due"], [item["sku"] for item in plan["items"]]) == (3, ["G-1", "G-2", "G-3"])
    assert [item["abc_class"] for item in plan["items"]] == ["A", "B", "C"]

    made = clerk.post("/api/count-plan/", {"limit": 2, "is_blind": True})

    assert made.status_code == 201, made.content
    code = made.json()["code"]
    assert set(lines_by_sku(clerk, code)) == {"G-1", "G-2"}
    assert [item.sku for item in due_to_count(place, 10)] == ["G-3"]
    enter(clerk, code, scanned("G-1", 20), scanned("G-2", 35))
    clerk.post(f"{PATH}{code}/submit/")
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})
    assert [item.sku for item in due_to_count(place, 10)] == ["G-3"]
    StockCountLine.objects.update(counted_at=timezone.now() - timedelta(days=31))
    assert [item.sku for item in due_to_count(place, 10)] == ["G-3", "G-1"]
    StockCountLine.objects.update(counted_at=timezone.now() - timedelta(days=92))
    assert [item.sku for item in due_to_count(place, 10)] == ["G-3", "G-1", "G-2"]


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", "9" * 30])
def test_the_plan_refuses_a_senseless_limit(clerk, limit):
    assert clerk.get(f"/api/count-plan/?limit={limit}").status_code == 400


def test_the_plan_refuses_what_it_does_not_know(clerk):
    answer = clerk.get("/api/count-plan/?abc=A")

    assert answer.status_code == 400
    assert answer.json()["details"] == {
        "abc": ["Unknown parameter. Known: format, limit, warehouse."]
    }


def test_the_plan_is_a_file_too(clerk, place, goods):
    answer = clerk.get("/api/count-plan/?format=csv&limit=2")

    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert answer["Content-Disposition"] == f'attachment; filename="count_plan-{place.code}.csv"'
    assert rows[0] == [
        "product_id", "product_name", "sku", "abc_class", "issued_value", "last_counted_at",
    ]  # fmt: skip
    assert [row[2] for row in rows[1:]] == ["G-1", "G-2"]
    book = clerk.get("/api/count-plan/?format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(book.streaming_content))).active
    assert [row[2] for row in sheet.values] == ["sku", "G-1", "G-2", "G-3"]
    book.close()
    refused = clerk.get("/api/count-plan/?format=csv&limit=0")
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/json")


def test_an_issue_that_was_reversed_was_none(clerk, place, goods):
    for variation, quantity in zip(goods, (80, 15, 5), strict=True):
        sell(variation, place, quantity)
    wrong = StockMovement.objects.get(variation=goods[0], movement_type="outbound")

    answer = clerk.post(f"/api/stock-movements/{wrong.code}/reverse/", {"reason": "Never left"})

    assert answer.status_code == 201, answer.content
    assert variations_of_class(place, "A") == [goods[1].pk, goods[2].pk]
    assert variations_of_class(place, "C") == [goods[0].pk]
