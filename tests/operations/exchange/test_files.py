"""Files as other programs write them: what is tolerated is said, what is not is refused whole."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from inventory.models import Lot, Product
from operations.exchange.exceptions import CannotRead
from operations.exchange.fields import LARGEST_AMOUNT, Number
from operations.exchange.staging import wrong_when
from tests.factories.inventory import VariationFactory
from tests.factories.warehouses import WarehouseFactory
from tests.operations.exchange.written import told

pytestmark = pytest.mark.django_db

TEXT = "sku,name,selling_price\nSKU-1,Müller €,2.5\n"


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
        (b' [{"sku": "SKU-1"}]', "This is JSON"),
        (b'\xef\xbb\xbf{\n "products": []}', "This is JSON"),
        (b"alpha,beta\n1,2\n", "product_id"),
        (b"sku,name,name\nSKU-1,a,b\n", "twice"),
        (
            b'sku,name\nSKU-1,"' + b"x" * 200_001 + b'"\n',
            "begins on line 2 has a cell of more than",
        ),
        (
            b"sku,name\nSKU-1,One\nSKU-2," + b"x" * 100_001 + b"\n",
            "begins on line 3 has a cell of more than",
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
