"""Files as other programs write them: what is tolerated is said, what is not is refused whole."""

import io
import time
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from openpyxl import Workbook, load_workbook

from inventory.models import Lot, Product, ProductVariation
from operations.exchange import workbooks
from operations.exchange.exceptions import CannotRead, FileTooLarge
from operations.exchange.export import xlsx_file
from operations.exchange.fields import LARGEST_AMOUNT, Number
from operations.exchange.kinds import KINDS
from operations.exchange.staging import wrong_when
from tests.factories.inventory import VariationFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db

TEXT = "sku,name,selling_price\nSKU-1,Müller €,2.5\n"


def told(report):
    return [(one["line"], one["column"], one["problem"]) for one in report.problems]


def workbook(*rows, title="Sheet"):
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_encodings_are_recognised_and_said(bring, content, encoding):
    report = bring("products", content)

    assert (report.encoding, report.is_imported) == (encoding, True)
    assert Product.objects.get().name == "Müller €"


@pytest.mark.parametrize(
    ("mark", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")]
)
def test_delimiters_are_recognised_and_said(bring, mark, name):
    content = f'"sku"{mark}"name, or title; both"{mark}name\nSKU-1{mark}{mark}One\n'

    report = bring("products", content, ignore_unknown_columns=True)

    assert (report.delimiter, report.is_imported) == (name, True)
    assert report.ignored_columns == ["name, or title; both"]


@pytest.mark.parametrize(
    ("numbers", "read"),
    [
        (["1.5", "1234.25"], ["1.5", "1234.25"]),
        (["1,5", "1.234,25"], ["1.5", "1234.25"]),
        (["1,5", "1.234"], ["1.5", "1234"]),
        (["0.5", "1,234"], ["0.5", "1234"]),
        (["1,234.5", "1,234"], ["1234.5", "1234"]),
        (["1 234,5", "7"], ["1234.5", "7"]),
        (["1'234.5", "+7"], ["1234.5", "7"]),
        (["1.234", "7"], ["1.234", "7"]),
    ],
)
def test_numbers_are_read_by_what_the_whole_file_shows(bring, numbers, read):
    rows = "".join(f"SKU-{place};N;{number}\n" for place, number in enumerate(numbers))

    report = bring("products", f"sku;name;weight\n{rows}")

    assert report.problems == []
    assert [one.weight for one in Product.objects.order_by("code")] == [
        Decimal(number) for number in read
    ]


def test_a_number_that_can_be_read_in_two_ways_is_refused_unless_it_is_said_which(bring):
    content = "sku;name;weight\nSKU-1;One;1,234\n"

    report = bring("products", content)

    assert told(report) == [
        (
            2,
            "weight",
            "It can be read as thousands or as a decimal comma. Write it without marks of "
            "thousands, or name the decimal mark of the file (decimal).",
        )
    ]
    assert Product.objects.count() == 0
    bring("products", content, decimal=",")
    assert Product.objects.get().weight == Decimal("1.234")
    bring("products", content, decimal=".")
    assert Product.objects.get().weight == 1234


def test_points_and_commas_in_one_file_are_refused(bring):
    report = bring("products", "sku;name;weight\nSKU-1;One;1.5\nSKU-2;Two;1,5\n")

    assert [(line, column) for line, column, _ in told(report)] == [(3, "weight")]
    assert Product.objects.count() == 0


@pytest.mark.parametrize(
    "number", ["1e3", "NaN", "12 kg", "$5", "1,23,4", "--1", "1.2.3", "0x10", "９", "9" * 40]
)
def test_what_is_no_number_is_refused(bring, number):
    report = bring("products", f'sku;name;weight\nSKU-1;One;"{number}"\nSKU-2;Two;0.5\n')

    assert [(line, column) for line, column, _ in told(report)] == [(2, "weight")]
    assert Product.objects.count() == 0


def test_dates_are_iso_or_of_the_stated_form(bring):
    WarehouseFactory(is_default=True)
    VariationFactory(sku_code="SKU-1", product__lot_tracking=True)
    content = "sku,quantity,lot_number,expiration_date\nSKU-1,1,L-1,31.01.2099\n"

    report = bring("stocks", content)

    assert told(report) == [
        (2, "expiration_date", "Write the date as 2026-01-31, or name its form (date_format).")
    ]
    assert bring("stocks", content, date_format="%d.%m.%Y").is_imported
    assert Lot.objects.get().expiration_date == date(2099, 1, 31)
    again = bring("stocks", content.replace("31.01.2099", "2099-02-31"))
    assert [line for line, _, _ in told(again)] == [2]


def test_empty_lines_are_passed_over_and_counted(bring):
    report = bring("products", "\nsku,name\n\nSKU-1,One\n,\n\nSKU-1,One\n")

    assert (report.totals["rows"], told(report)) == (
        2,
        [(7, "sku", "On line 4 as well. Remove one of the two.")],
    )


def test_a_row_with_more_cells_than_the_header_is_refused(bring):
    report = bring("products", "sku,name\nSKU-1,Hammer, small\n")

    assert told(report) == [
        (
            2,
            "",
            "More cells than the header has columns. Put a text that holds the delimiter in"
            " quotes.",
        )
    ]
    assert Product.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "told_of"),
    [
        (b"", "empty"),
        (b"sku,name\n", "no rows"),
        (b"\x89PNG\r\n\x1a\n0000", "PNG"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "XLS"),
        (b"\x1f\x8b\x08abc", "gzip"),
        (b"<!DOCTYPE html><html></html>", "no table"),
        (b"sku\0,na\0\0me\nx,y\n\0\0\0", "no table"),
        (b"PK\x03\x04nothing of the kind", "XLSX"),
        (b"alpha,beta\n1,2\n", "product_id"),
        (b"sku,name,name\nSKU-1,a,b\n", "twice"),
        (
            b'sku,name\nSKU-1,"' + b"x" * 200_000 + b'"\n',
            "begins on line 2 has a cell of more than",
        ),
        (
            b'sku,name\nSKU-1,One\nSKU-2,"Two\nSKU-3,Three\n',
            "begins on line 3 has a quotation mark",
        ),
        (b'sku,name\nSKU-1,"5" nail"\n', "inside a quoted text"),
        (b"sku,name\nSKU-1,O\0ne\n", "NUL"),
        (b"RIFF\x10\0\0\0WEBPVP8 " + b"\xff\0\xfe\x01" * 50, "no table"),
        (b"sku,name\n\x81\x8d,\x8f\n", "no table"),
        (b"Our products\nsku,name\nSKU-1,One\n", "must be the header"),
    ],
)
def test_what_is_no_table_of_goods_is_refused_with_the_remedy(bring, content, told_of):
    with pytest.raises(CannotRead) as refusal:
        bring("products", content)

    assert told_of in refusal.value.message
    assert Product.objects.count() == 0


def test_a_workbook_is_read_whatever_its_name(bring):
    report = bring(
        "products",
        workbook(
            ["sku", "name", "weight", "barcode", "is_active"],
            ["SKU-1", "One", 0.1 + 0.2, 4006381333931, True],
            [None, None, None, None, None],
            ["SKU-2", "Two", 2, None, None],
        ),
    )

    assert (report.format, report.is_imported, report.lines) == (
        "xlsx",
        True,
        {"new": [[2, 2], [4, 4]]},
    )
    first = ProductVariation.objects.get(sku_code="SKU-1")
    assert (first.product.weight, first.barcode) == (Decimal("0.3"), "4006381333931")


def test_a_formula_that_was_never_calculated_is_refused(bring):
    with pytest.raises(CannotRead) as refusal:
        bring("products", workbook(["sku", "name"], ["SKU-1", "=A2"]))

    assert refusal.value.message.startswith("Cell B2 holds a formula that was never calculated.")
    assert Product.objects.count() == 0


def test_of_a_calculated_formula_the_value_is_read(bring):
    content = workbook(["sku", "name"], ["SKU-1", "=A2"])
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                assert b"<v />" in part or b"<v></v>" in part or b"<v/>" in part
                for empty in (b"<v />", b"<v></v>", b"<v/>"):
                    part = part.replace(empty, b"<v>Calculated</v>")
                part = part.replace(b'<c r="B2"', b'<c r="B2" t="str"')
            new.writestr(name, part)

    assert bring("products", file.getvalue()).is_imported
    assert Product.objects.get().name == "Calculated"


def bomb(unpacked):
    """Return a small workbook whose sheet unpacks to so many bytes of zeros."""
    file = io.BytesIO(workbook(["sku", "name"], ["SKU-1", "One"]))
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet2.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(unpacked // 1_000_000):
            part.write(b"0" * 1_000_000)
    return file.getvalue()


def test_a_bomb_is_refused_before_it_is_unpacked(bring, monkeypatch):
    def unpack(*args, **kwargs):
        raise AssertionError("It was unpacked.")

    monkeypatch.setattr(workbooks, "visible_sheets", unpack)
    content = bomb(30_000_000)
    assert len(content) < 100_000

    with pytest.raises(FileTooLarge) as refusal:
        bring("products", content)

    assert refusal.value.http_status == 413
    assert Product.objects.count() == 0


def test_a_workbook_of_too_many_parts_is_refused(bring, monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_ENTRIES", 3)

    with pytest.raises(FileTooLarge):
        bring("products", workbook(["sku", "name"], ["SKU-1", "One"]))


def test_the_line_by_which_excel_tells_the_delimiter_is_passed_over(bring):
    report = bring("products", "sep=;\nsku;name\nSKU-1;One, two\nSKU-2\n")

    assert (report.delimiter, told(report)) == (
        "semicolon",
        [(4, "name", "New products need a name.")],
    )


def test_a_header_that_comes_again_is_refused(bring):
    report = bring("products", "sku,name\nSKU-1,One\nsku,name\nSKU-2,Two\n")

    assert told(report) == [(3, "", "The header once more. Take this row out.")]
    assert report.totals == {"rows": 3, "new": 2, "changed": 0, "unchanged": 0, "refused": 1}
    assert Product.objects.count() == 0


def test_a_wrong_cell_is_told_once(bring):
    products = bring("products", f"sku,name\nSKU 1,One\nSKU-2,{'x' * 201}\n")
    suppliers = bring("suppliers", f"supplier_id,company_name\nS-1,{'x' * 201}\n")

    assert [(line, column) for line, column, _ in told(products)] == [(2, "sku"), (3, "name")]
    assert [(line, column) for line, column, _ in told(suppliers)] == [(2, "company_name")]


def sheets(*tables, hidden=()):
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(tables):
        sheet = book.create_sheet(f"Sheet {number}")
        if number in hidden:
            sheet.sheet_state = "hidden"
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


GOODS = [["sku", "name"], ["SKU-1", "One"]]


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (sheets(GOODS, [["notes"], ["x"]]), "Sheet 0"),
        (sheets([], GOODS), "Sheet 1"),
        (sheets([["notes"], ["x"]], GOODS, hidden=[0]), "Sheet 1"),
    ],
)
def test_the_first_visible_sheet_with_rows_is_read_and_said(bring, content, read):
    report = bring("products", content)

    assert (report.sheet, report.is_imported) == (read, True)
    assert Product.objects.get().name == "One"


def test_a_workbook_without_rows_that_people_see_is_refused(bring):
    for content in (sheets([]), sheets([], GOODS, hidden=[1])):
        with pytest.raises(CannotRead) as refusal:
            bring("products", content)

        assert "no visible sheet with rows" in refusal.value.message


def test_an_error_is_no_empty_cell(bring):
    with pytest.raises(CannotRead) as refusal:
        bring("products", workbook(["sku", "name", "category"], ["SKU-1", "One", "#N/A"]))

    assert refusal.value.message.startswith("Cell C2 holds an error")
    assert Product.objects.count() == 0


def test_characters_that_no_workbook_holds_are_marked_in_it(bring):
    VariationFactory(product__name="Bell \x07", sku_code="SKU-1")

    with xlsx_file(KINDS["products"], bring.user) as file:
        rows = list(load_workbook(file).active.values)

    assert rows[1][rows[0].index("name")] == "Bell \ufffd"


class EveryNumberJudged(Number):
    """A number without the short way past the judgement."""

    def is_right(self, cell, decimal):
        return ""


@pytest.mark.parametrize("decimal", [".", ",", "?"])
@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"above_zero": True},
        {"places": 0, "least": Decimal(1), "most": Decimal(3650)},
        {"places": 1, "least": Decimal(1), "most": Decimal(5)},
        {"places": 4, "most": LARGEST_AMOUNT},
    ],
)
def test_the_short_way_judges_numbers_as_the_long_one(limits, decimal):
    wholes = [
        "0",
        "00",
        "1",
        "5",
        "6",
        "12",
        "3650",
        "3651",
        "-1",
        "+7",
        "x",
        " ",
        "1 000",
        "1,000",
    ]
    wholes += ["9" * 7, "9" * 8, "1" + "0" * 8, "9" * 9, "1" + "0" * 9, "1" + "0" * 8 + "1"]
    ends = ("", ".5", ",5", ".1234", ".12345", ".", ",000")
    cells = [f"{one}{end}" for one in wholes for end in ends]
    short, long = (kind(name="cell", **limits) for kind in (Number, EveryNumberJudged))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT cell, ({wrong_when(short, decimal)}), ({wrong_when(long, decimal)})"
            " FROM unnest(%s::text[]) AS cell",
            [cells],
        )
        judged = cursor.fetchall()

    assert [(cell, one) for cell, one, _ in judged] == [(cell, other) for cell, _, other in judged]
    assert sum(one is None for _, one, _ in judged) > 1


def sheet_of(xml):
    """Return a workbook whose sheet is this text, as nobody's spreadsheet program writes it."""
    content, file = workbook(["sku", "name"], ["SKU-1", "One"]), io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, xml if name.endswith("sheet1.xml") else old.read(name))
    return file.getvalue()


@pytest.mark.parametrize("piece", [b"<c>", b"<c r='A1'", b"<x:c><f>", b"<c></f>", b"<" * 7 + b"c "])
def test_a_sheet_of_cells_that_never_end_takes_no_time(bring, piece):
    """Half a megabyte of them took hours where the end of each was looked for anew."""
    content = sheet_of(b"<row><f>" + piece * (500_000 // len(piece)))
    start = time.process_time()

    with pytest.raises(CannotRead):
        bring("products", content)

    assert time.process_time() - start < 3
    assert Product.objects.count() == 0


def test_a_row_without_end_is_not_read_to_its_end(bring, monkeypatch):
    monkeypatch.setattr(workbooks, "LONGEST_ROW", 100_000)

    with pytest.raises(CannotRead, match="too long"):
        bring("products", sheet_of(b"<row><c><v>1</v></c>" + b"<a/>" * 600_000))
