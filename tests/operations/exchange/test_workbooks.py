"""Workbooks: which sheet is read and which cells, and what is refused before it is unpacked."""

import io
import zipfile
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook

from inventory.models import Product, ProductVariation
from operations.exchange import workbooks
from operations.exchange.exceptions import CannotRead, FileTooLarge
from operations.exchange.export import xlsx_file
from operations.exchange.kinds import KINDS
from tests.factories.inventory import VariationFactory
from tests.operations.exchange.written import workbook

pytestmark = pytest.mark.django_db


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
def test_a_sheet_of_cells_that_never_end_is_read_to_its_end(bring, piece):
    """Half a megabyte of them takes hours where the end of each is looked for anew."""
    content = sheet_of(b"<row><f>" + piece * (500_000 // len(piece)))

    with pytest.raises(CannotRead):
        bring("products", content)

    assert Product.objects.count() == 0


def test_a_row_without_end_is_not_read_to_its_end(bring, monkeypatch):
    monkeypatch.setattr(workbooks, "LONGEST_ROW", 100_000)

    with pytest.raises(CannotRead, match="too long"):
        bring("products", sheet_of(b"<row><c><v>1</v></c>" + b"<a/>" * 600_000))


LIST_ELSEWHERE = b"<extLst><ext><xm:f>Lists!A1:A3</xm:f><xm:sqref>A2</xm:sqref></ext></extLst>"


def test_an_empty_cell_before_the_list_of_a_drop_down_holds_no_formula(bring):
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c>'
    row += b'<c r="B1" t="inlineStr"><is><t>name</t></is></c></row>'
    row += b'<row r="2"><c r="A2" t="inlineStr"><is><t>SKU-1</t></is></c>'
    row += b'<c r="B2" t="inlineStr"><is><t>One</t></is></c><c r="C2" s="1"/></row>'

    bring("products", sheet_of(sheet_xml(row) % LIST_ELSEWHERE))

    assert Product.objects.get().name == "One"


def test_a_drop_down_fills_no_sheet(bring):
    with pytest.raises(CannotRead, match="no visible sheet with rows"):
        bring("products", sheet_of(sheet_xml(b"") % LIST_ELSEWHERE))


def sheet_xml(rows):
    """Return a sheet of rows, with a place behind them."""
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    head += b' xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
    return head + b"<sheetData>" + rows + b"</sheetData>%s</worksheet>"


def test_a_part_packed_in_an_unknown_way_is_told(bring):
    content = bytearray(workbook(["sku", "name"], ["SKU-1", "One"]))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        place = content.find(mark)
        while place >= 0:
            content[place + at : place + at + 2] = b"\x63\x00"
            place = content.find(mark, place + 4)

    with pytest.raises(CannotRead, match="not a readable XLSX file"):
        bring("products", bytes(content))
