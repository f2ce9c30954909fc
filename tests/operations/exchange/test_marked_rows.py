"""Refused rows come back with what is wrong with them, are corrected there and sent again."""

import csv
import io

import pytest
from openpyxl import load_workbook

from inventory.models import Product
from operations.exchange import jobs
from operations.exchange.files import LONGEST_CELL, SourceFile, clean
from operations.exchange.marked import guarded, marked_rows
from operations.models import ImportJob, ImportMarkedPart
from tests.operations.exchange.test_import_api import send
from tests.operations.exchange.written import workbook

pytestmark = pytest.mark.django_db
NOT_A_NUMBER = "Not a number. Write it like 1234.5, without currency or unit."
BAD = (
    "sku;name;selling_price;Notes\n"
    "SKU-1;Grün;5,5;=1+1\n"
    "\n"
    "SKU-2;;-6,0;\n"
    "SKU-3;Three;five;\n"
    "SKU-3;=2+2;7,25;'=3\n"
)


def rows_of(answer):
    assert answer.status_code == 200, answer.content
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def refused(client, content=BAD, **fields):
    body = send(client, content, ignore_unknown_columns="true", **fields).json()
    return f"/api/import-jobs/{body['id']}/rows/", body["report"]


def test_refused_rows_come_back_with_their_problems(api):
    path, report = refused(api("manager"))

    client = api("admin")
    rows = rows_of(client.get(path))
    whole = rows_of(client.get(path + "?rows=all"))

    assert report["is_marked"] is True
    assert rows == [
        ["sku", "name", "selling_price", "Notes", "import_line", "import_problem"],
        ["SKU-2", "", "-6,0", "", "4",
         "name: New products need a name. | selling_price: Write a number 0 or more."],
        ["SKU-3", "Three", "five", "", "5", f"selling_price: {NOT_A_NUMBER}"],
        ["SKU-3", "'=2+2", "7,25", "'=3", "6", "name: Not as on line 5, of the same product."
         " | sku: On line 5 as well. Remove one of the two."],
    ]  # fmt: skip
    assert whole[1] == ["SKU-1", "Grün", "5,5", "'=1+1", "2", ""]
    assert [row[0] for row in whole] == ["sku", "SKU-1", "SKU-2", "SKU-3", "SKU-3"]


def test_corrected_in_place_they_are_imported(api):
    manager = api("manager")
    path, _ = refused(manager)
    rows = rows_of(manager.get(path + "?rows=all"))
    rows[2][1:3] = ["Two", "6,00"]
    rows[3][0], rows[3][2] = "SKU-4", "5"
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)

    answer = send(manager, text.getvalue(), "?dry_run=false", ignore_unknown_columns="true")

    assert answer.status_code == 200, answer.json()
    assert answer.json()["report"]["ignored_columns"] == ["Notes"]
    assert list(Product.objects.order_by("code").values_list("code", "name")) == [
        ("SKU-1", "Grün"), ("SKU-2", "Two"), ("SKU-3", "=2+2"), ("SKU-4", "Three"),
    ]  # fmt: skip


def test_a_file_that_came_back_twice_has_its_marks_once(api):
    manager = api("manager")
    path, _ = refused(manager)
    rows = rows_of(manager.get(path))
    again, _ = refused(manager, "\n".join(";".join(row) for row in rows))

    assert rows_of(manager.get(again))[0] == [
        "sku", "name", "selling_price", "Notes", "import_line", "import_problem",
    ]  # fmt: skip


def test_a_workbook_comes_back_as_one_and_a_refused_import_keeps_its_rows(api):
    manager = api("manager")
    file = workbook(["sku", "name", "cost_price"], ["SKU-1", "One", 1.5], ["SKU-2", "Two", "much"])
    answer = send(manager, file, "?dry_run=false")
    assert (answer.status_code, Product.objects.count()) == (400, 0)
    path = f"/api/import-jobs/{ImportJob.objects.get().pk}/rows/"

    answer = manager.get(path + "?format=xlsx")

    assert answer["Content-Disposition"] == 'attachment; filename="products-to-correct.xlsx"'
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert [[cell.value for cell in row] for row in book.active] == [
        ["sku", "name", "cost_price", "import_line", "import_problem"],
        ["SKU-2", "Two", "much", "3", f"cost_price: {NOT_A_NUMBER}"],
    ]


def test_problems_are_told_by_kind_the_most_frequent_first(api):
    lines = "".join(f"SKU-{number},Name,x{number}\n" for number in range(1200))

    _, report = refused(api("manager"), f"sku,name,selling_price\n{lines}SKU-0,,5\n")

    assert len(report["problems"]) == 1000
    assert report["groups"][0] == {
        "column": "selling_price", "problem": NOT_A_NUMBER, "count": 1200, "line": 2, "value": "x0",
    }  # fmt: skip
    assert report["groups"][1]["count"] == 1


def test_what_was_not_refused_or_is_anothers_has_no_rows(api):
    manager, other = api("manager"), api("manager")
    good = send(manager, "sku,name\nSKU-1,One\n").json()
    path, _ = refused(manager)

    assert manager.get(f"/api/import-jobs/{good['id']}/rows/").status_code == 404
    assert other.get(path).status_code == 404
    for query in ("?rows=some", "?format=json"):
        answer = manager.get(path + query)
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")


def test_rows_are_kept_in_pieces_and_go_with_their_import(api, monkeypatch):
    monkeypatch.setattr(jobs, "PIECE", 50)
    manager = api("manager")
    path, _ = refused(manager)

    assert ImportMarkedPart.objects.count() > 3
    assert len(rows_of(manager.get(path))) == 4
    ImportJob.objects.all().delete()
    assert ImportMarkedPart.objects.count() == 0


@pytest.mark.parametrize(
    ("cell", "shown", "read"),
    [
        (" =1", "'=1", "=1"), ("\t12", "12", "12"), (" +44 (0)20", "'+44 (0)20", "+44 (0)20"),
        ("'=3", "'=3", "=3"), ("-5,0", "-5,0", "-5,0"), ("\u00a0@x ", "'@x", "@x"),
    ],
)  # fmt: skip
def test_a_cell_that_came_back_is_read_as_the_one_that_was_sent(cell, shown, read):
    assert (guarded(cell), clean(cell), clean(shown)) == (shown, read, read)


def test_the_names_of_columns_are_run_by_no_spreadsheet(api):
    manager = api("manager")
    path, _ = refused(manager, 'sku;name;=1+1;"+a\x01"\nSKU-1;;;\n')

    sheet = load_workbook(
        io.BytesIO(b"".join(manager.get(path + "?format=xlsx").streaming_content))
    ).active
    assert [(cell.value, cell.data_type) for cell in sheet[1]][:4] == [
        ("sku", "s"), ("name", "s"), ("'=1+1", "s"), ("'+a\ufffd", "s"),
    ]  # fmt: skip
    header, row = rows_of(manager.get(path))
    assert header[:4] == ["sku", "name", "'=1+1", "'+a\x01"]
    _, report = refused(manager, "\n".join(",".join(one) for one in (header, row)))
    assert report["ignored_columns"] == ["=1+1", "+a\x01"]


def test_cells_beyond_the_header_come_back_and_are_refused_again(api):
    manager = api("manager")
    path, _ = refused(manager, "sku,name\nSKU-1,Hammer, =small,\nSKU-2,Two\n")
    rows = rows_of(manager.get(path))

    assert rows[1:] == [
        ["SKU-1", "Hammer", "2", "More cells than the header has columns. Put a text that holds"
         " the delimiter in quotes.", "'=small", ""],
    ]  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    again, report = refused(manager, text.getvalue())
    assert report["totals"]["refused"] == 1
    assert [row[4:] for row in rows_of(manager.get(again))[1:]] == [["'=small", ""]]


def test_a_header_that_came_again_is_refused_also_in_what_came_back(api):
    manager = api("manager")
    path, _ = refused(manager, "sku,name\nsku,name\n")
    rows = rows_of(manager.get(path))

    _, report = refused(manager, "\n".join(",".join(row) for row in rows))

    assert [one["problem"] for one in report["problems"]] == [
        "The header once more. Take this row out."
    ]


def test_files_that_are_read_at_the_same_time_keep_the_length_of_cells(api, tmp_path):
    longest = "=" + "x" * (LONGEST_CELL - 1)
    path, _ = refused(api("manager"), f"sku,name,Notes\nSKU-1,,\nSKU-2,,{longest}\n")
    file = tmp_path / "other.csv"
    file.write_text("sku,name\nSKU-1,One\n")

    with (
        marked_rows(ImportJob.objects.get(), refused_only=True) as rows,
        SourceFile(file, "csv", "utf-8", ",").rows() as others,
    ):
        assert [next(rows)[0], next(others)[0]] == ["sku", "sku"]
        assert [row[2] for row in rows] == ["", f"'{longest}"]
        assert list(others) == [["SKU-1", "One"]]
