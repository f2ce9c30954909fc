"""Files to fill in: their columns are explained, and their examples make a small company."""

import csv
import io

import pytest
from openpyxl import load_workbook

from inventory.models import Stock
from operations.exchange.describe import columns_of
from operations.exchange.kinds import KINDS
from purchasing.models import PurchaseOrder
from sales.models import SalesOrder
from tests.factories.warehouses import WarehouseFactory
from tests.operations.exchange.test_import_api import send
from tests.operations.exchange.written import told

pytestmark = pytest.mark.django_db


def template(client, kind, **query):
    answer = client.get(f"/api/{KINDS[kind].resource}/template/", query)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("file", ["csv", "xlsx"])
def test_the_examples_of_all_kinds_are_imported_one_after_another(api, bring, file):
    WarehouseFactory(is_default=True)
    admin = api("admin")

    for kind in KINDS:
        report = bring(kind, template(admin, kind, format=file, example="true"))
        assert (kind, told(report), report.is_imported) == (kind, [], True)

    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved, stock.incoming, stock.bin_location) == (
        24, 2, 24, "A-03-2",
    )  # fmt: skip
    assert PurchaseOrder.objects.get().order_number == "PO-OLD-17"
    assert SalesOrder.objects.get().order_number == "SO-OLD-88"


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_is_the_columns_alone(api, kind):
    header = [one.name for one in KINDS[kind].fields]

    assert template(api("admin"), kind) == (",".join(header) + "\r\n").encode()


def test_a_workbook_explains_its_columns_on_a_second_sheet(api):
    book = load_workbook(io.BytesIO(template(api("admin"), "stocks", format="xlsx")))

    rows, columns = book.worksheets
    assert [cell.value for cell in rows[1]] == [one.name for one in KINDS["stocks"].fields]
    assert rows.max_row == 1
    assert [cell.value for cell in columns[3]][:3] == [
        "warehouse", None, "The warehouse's code or name; empty: yours.",
    ]  # fmt: skip
    assert [cell.value for cell in columns[4]] == [
        "quantity", "yes", "How many are on the shelf: the difference is posted.",
        "Number with at most 3 decimals, from 0 to 99,999,999.999", "24",
        "on_hand, stock, current_stock",
    ]  # fmt: skip


def test_what_is_written_into_a_workbook_stays_text(api):
    book = load_workbook(
        io.BytesIO(template(api("admin"), "products", format="xlsx", example="true"))
    )

    rows, columns = book.worksheets
    letters = [cell.column_letter for cell in rows[1]]
    assert {rows.column_dimensions[one].number_format for one in letters} == {"@"}
    assert {cell.number_format for row in rows for cell in row} == {"@"}
    assert {cell.number_format for row in columns for cell in row} == {"General"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_is_explained(api, kind):
    answer = api("admin").get(f"/api/{KINDS[kind].resource}/template/?format=json")

    columns = answer.json()["columns"]
    assert [one["name"] for one in columns] == [one.name for one in KINDS[kind].fields]
    assert [one["name"] for one in columns if not one["meaning"] or not one["form"]] == []


def test_forms_say_how_cells_are_written():
    forms = {one.name: one.form for kind in KINDS.values() for one in columns_of(kind)}

    assert forms["priority"] == "One of: low, normal, high, urgent"
    assert forms["is_active"] == "yes or no"
    assert forms["valid_from"] == "Date (2026-01-31)"
    assert forms["order_date"] == "Time (2026-01-31T10:00:00Z) or date"
    assert forms["product_id"] == "3 to 30 of A-Z, 0-9, - _ . /"
    assert forms["discount_percent"] == "Number with at most 2 decimals, from 0 to 100"


@pytest.mark.parametrize("form", ["dd.mm.yyyy", "%d.%m.%Y", "DD.MM.YYYY"])
def test_dates_are_read_as_they_are_said_to_be_written(bring, form):
    WarehouseFactory(is_default=True)
    bring("products", "sku,name\nSKU-1,One\n")
    content = "sku,price,valid_from,currency\nSKU-1,5,31.01.2030,EUR\n"

    guessed = bring("sales_prices", content)
    said = bring("sales_prices", content, date_format=form)

    assert [one["column"] for one in guessed.problems] == ["valid_from"]
    assert said.is_imported


@pytest.mark.parametrize(
    "form", ["%d.%m", "yyyy", "%Q", "day", "%", "mm/dd", "dd-mmm-yyyy", "dd.dd.yyyy", "%Y.%c"]
)
def test_a_form_that_tells_no_day_is_refused_by_name(api, form):
    answer = send(api("manager"), "sku,name\nSKU-1,One\n", date_format=form)

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["date_format"])


def test_a_template_with_an_example_is_csv(api):
    text = template(api("admin"), "products", example="true").decode()

    header, example = list(csv.reader(io.StringIO(text)))
    assert dict(zip(header, example, strict=True))["specifications"] == '{"head": "forged steel"}'
