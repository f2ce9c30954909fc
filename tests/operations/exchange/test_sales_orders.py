"""Open sales orders from a file: judged by row, taken over, and reserved in their turn."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.models import Stock, StockMovement
from operations.ledger_verification import verify_ledger
from sales.models import SalesOrder, SalesOrderItem
from sales.services.fulfilment import fulfil_sales_order
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
HEADER = "order_number,warehouse,order_date,sku,quantity,sale_price_per_unit\n"


@pytest.fixture
def stock():
    place = WarehouseFactory(code="WH-A", is_default=True)
    return put_in_stock(VariationFactory(sku_code="SKU-1", stock_unit="pieces"), place, 10)


def told(report):
    return [(one["line"], one["column"], one["problem"]) for one in report.problems]


def reserved():
    items = SalesOrderItem.objects.with_reserved().order_by("pk")
    return list(items.values_list("order__order_number", "quantity_reserved"))


def test_orders_are_taken_over_and_the_urgent_and_the_old_reserve_first(bring, stock):
    report = bring(
        "sales_orders",
        "order_number,order_date,priority,customer_email,channel,promotion_details,sku,quantity,"
        "quantity_fulfilled,quantity_cancelled,sale_price_per_unit,discount_percent\n"
        'so-1,2026-02-02,,ann@example.com,Web,"{""code"": ""A""}",SKU-1,6,,,2.5,10\n'
        "SO-2,2026-02-01T08:00:00Z,Normal,,,,SKU-1,5,2,1,1,\n"
        "SO-3,2026-02-03,urgent,,,,SKU-1,4,,,1,\n",
    )

    assert (report.problems, report.lines) == ([], {"new": [[2, 4]]})
    first, second, third = SalesOrder.objects.order_by("pk")
    assert (first.order_number, first.status, first.customer_email, first.channel) == (
        "SO-1", "pending", "ann@example.com", "Web",
    )  # fmt: skip
    assert (first.promotion_details, first.total_amount, first.created_by) == (
        {"code": "A"}, Decimal("13.5"), bring.user,
    )  # fmt: skip
    assert (second.status, second.total_amount, second.order_date) == (
        "partially_fulfilled", 4, datetime(2026, 2, 1, 8, tzinfo=UTC),
    )  # fmt: skip
    assert third.priority == SalesOrder.Priority.URGENT
    # 10 are there: 4 for the urgent order, 2 that the oldest lacks, 4 of 6 for the last.
    assert reserved() == [("SO-1", 4), ("SO-2", 2), ("SO-3", 4)]
    assert StockMovement.objects.count() == 1
    assert verify_ledger() == []
    fulfil_sales_order(order=second, acting_user=bring.user)
    second.refresh_from_db()
    assert (second.status, Stock.objects.get().on_hand) == ("fulfilled", 8)


def test_the_same_file_again_changes_nothing_and_differing_orders_are_refused(bring, stock):
    content = HEADER + "SO-1,WH-A,2026-02-01,SKU-1,4,2\nSO-1,,,SKU-1,1,2\n"
    bring("sales_orders", content)
    before = list(SalesOrder.objects.values()), list(Stock.objects.values())

    again = bring("sales_orders", content)
    other = bring("sales_orders", content.replace("SKU-1,4,2", "SKU-1,4,3"))

    assert (again.totals["unchanged"], again.totals["new"]) == (2, 0)
    assert [(line, column) for line, column, _ in told(other)] == [(2, "order_number")]
    assert other.totals["refused"] == 2
    assert (list(SalesOrder.objects.values()), list(Stock.objects.values())) == before


def test_every_bad_row_is_named_and_nothing_is_written(bring, stock):
    WarehouseFactory(code="WH-B")
    VariationFactory(sku_code="SKU-OLD", product__status="discontinued")
    take_order((stock.variation, 1), warehouse=WarehouseFactory(), order_number="SO-FAR")
    clerk = UserFactory(role="sales")
    MembershipFactory(user=clerk, warehouse=stock.warehouse, is_default=True)
    before = list(Stock.objects.order_by("pk").values())

    report = bring(
        "sales_orders",
        "order_number,warehouse,order_date,customer_email,priority,reserved_until,sku,quantity,"
        "quantity_fulfilled,quantity_cancelled,sale_price_per_unit,discount_percent\n"
        "SO-2,WH-B,,,,,SKU-1,1,,,1,\n"
        "SO-3,WH-X,,,,,SKU-1,1,,,1,\n"
        "SO-4,,2099-01-01,nobody,soon,2001-01-01,SKU-1,1,,,1,\n"
        "SO-5,,,,,,SKU-OLD,1.5,,,-1,101\n"
        "SO-6,,,,,,SKU-1,0,,,,\n"
        "SO-7,,,,,,SKU-1,2,1,1,1,\n"
        "SO-8,,,,,,SKU-1,2,2,1,1,\nSO-8,,,,,,SKU-1,2,,,1,\n"
        "SO-FAR,,,,,,SKU-1,1,,,1,\n",
        user=clerk,
    )

    unknown = "There is no such warehouse among yours. Use the code of one."
    assert told(report) == [
        (2, "warehouse", unknown),
        (3, "warehouse", unknown),
        (4, "customer_email", "Write an e-mail address, such as sales@example.com."),
        (4, "order_date", "Lies in the future. Correct it."),
        (4, "priority", "Use one of: low, normal, high, urgent."),
        (4, "reserved_until", "Lies in the past. Write a later time, or leave it empty."),
        (5, "discount_percent", "Write a number of at most 100."),
        (5, "sale_price_per_unit", "Write a number 0 or more."),
        (5, "sku", "It is not sold (any more). Take the line out."),
        (6, "quantity", "Write a number greater than 0."),
        (6, "sale_price_per_unit", "Fill this in."),
        (7, "order_number",
         "Nothing of it is outstanding, and files hold open orders. Take its rows out."),
        (8, "quantity_fulfilled", "More than the 2 that were ordered."),
        (10, "order_number",
         "This number is taken, by an order that differs. Files add orders; take its rows out, or"
         " choose another number."),
    ]  # fmt: skip
    assert SalesOrder.objects.count() == 1
    assert list(Stock.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("number", [1, 60])
def test_many_orders_are_taken_over_in_as_many_statements(
    bring, stock, number, django_assert_num_queries
):
    rows = "".join(f"SO-{n},WH-A,2026-01-31,SKU-1,1,1\nSO-{n},,,SKU-1,2,1\n" for n in range(number))

    with django_assert_num_queries(73):
        bring("sales_orders", HEADER + rows)

    assert SalesOrder.objects.count() == number
    assert Stock.objects.get().reserved == min(3 * number, 10)


def test_sales_imports_and_sees_the_import_and_gets_a_file_to_fill_in(api, stock):
    sales, viewer = api("sales", stock.warehouse), api("viewer", stock.warehouse)
    file = SimpleUploadedFile("orders.csv", (HEADER + "SO-1,,,SKU-1,1,1\n").encode())

    sent = sales.post("/api/sales-orders/import/", {"file": file}, format="multipart")
    key = sent.json()["id"]

    assert (sent.status_code, sent.json()["report"]["totals"]["new"]) == (200, 1)
    assert viewer.get(f"/api/import-jobs/{key}/").status_code == 404
    assert sales.post(f"/api/import-jobs/{key}/confirm/").json()["state"] == "imported"
    assert SalesOrder.objects.get().created_by == sales.user
    template = sales.get("/api/sales-orders/template/")
    text = b"".join(template.streaming_content).decode()
    assert (text.count("\n"), text.split(",")[:2]) == (1, ["order_number", "warehouse"])
    exported = b"".join(sales.get("/api/sales-orders/export/").streaming_content).decode()
    assert "SO-1" in exported
    assert viewer.get("/api/sales-orders/export/").status_code == 403
