"""Every list as CSV and XLSX."""

import csv
import io
import tracemalloc
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import zip_longest

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from common.api.exports import CHUNK, CUT, LONGEST_CELL, XlsxRenderer, cell_of, fitting
from inventory.models import Stock, StockMovement
from suppliers.models import Supplier
from tests.factories.alerts import AlertFactory
from tests.factories.inventory import (
    ProductFactory,
    VariationFactory,
    add_movements,
    put_in_stock,
)
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
LISTS = [
    "alerts", "categories", "low-stock-thresholds", "notifications", "products",
    "purchase-orders", "sales-orders", "sales-returns", "stock-movements", "stocks", "suppliers",
    "users", "variations", "warehouses",
]  # fmt: skip
SUPPLIERS = "/api/suppliers/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cells_of(shown):
    return [["" if one is None else str(cell_of(one)) for one in row.values()] for row in shown]


def csv_rows(answer):
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def xlsx_rows(answer):
    assert answer.status_code == 200, answer.content
    sheets = load_workbook(io.BytesIO(answer.getvalue()), read_only=True).worksheets
    heading, *rows = sheets[0].iter_rows(values_only=True)
    return [dict(zip_longest(heading, row)) for row in rows]


def flat(row, path=""):
    found = {}
    for name, value in row.items():
        found |= flat(value, f"{path}{name}.") if isinstance(value, dict) else {path + name: value}
    return found


@pytest.fixture
def stock():
    return put_in_stock(quantity=Decimal("12.5"))


@pytest.fixture
def something_of_each(stock):
    make_order(warehouse=stock.warehouse)
    take_order((stock.variation, 1), warehouse=stock.warehouse)
    AlertFactory(warehouse=stock.warehouse)
    SupplierFactory(phone="+15551112222")


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_exported_with_the_columns_of_its_rows(api, something_of_each, name):
    client = api("admin")
    path = f"/api/{name}/"
    rows = client.get(path).json()[name.replace("-", "_")]

    text, book = client.get(path, {"format": "csv"}), client.get(path, {"format": "xlsx"})

    assert text["Content-Type"] == "text/csv; charset=utf-8"
    assert text["Content-Disposition"] == f'attachment; filename="{name.replace("-", "_")}.csv"'
    assert book["Content-Type"] == XLSX
    assert len(csv_rows(text)) == len(rows)
    assert len(xlsx_rows(book)) == len(rows)


def test_cells_hold_what_the_list_shows(api, stock):
    client = api("viewer", stock.warehouse)
    row = client.get("/api/stock-movements/").json()["stock_movements"][0]

    (text,) = csv_rows(client.get("/api/stock-movements/?format=csv"))
    (cells,) = xlsx_rows(client.get("/api/stock-movements/?format=xlsx"))

    assert list(text) == list(cells) == list(row)
    assert cells == {name: value if value != "" else None for name, value in row.items()}
    assert (text["quantity"], cells["quantity"]) == ("12.5", 12.5)
    assert text["id"] == str(row["id"])


def test_nested_objects_become_dotted_columns(api):
    SupplierFactory(code="SUP1", email="a@example.com", phone="")

    (row,) = csv_rows(api("viewer").get(f"{SUPPLIERS}?format=csv"))

    assert (row["supplier_id"], row["contact.email"], row["contact.phone"]) == (
        "SUP1", "a@example.com", "",
    )  # fmt: skip
    assert row["preferred"] == "false"


def test_the_accept_header_asks_too(api, stock):
    client = api("viewer", stock.warehouse)

    assert csv_rows(client.get("/api/stocks/", headers={"Accept": "text/csv"}))
    assert xlsx_rows(client.get("/api/stocks/", headers={"Accept": XLSX}))
    assert client.get("/api/stocks/", headers={"Accept": "*/*"})["Content-Type"] == (
        "application/json"
    )
    page = client.get("/api/stocks/", {"format": "api"})
    assert page["Content-Type"].startswith("text/html")


def test_filters_search_and_ordering_select_and_pages_do_not(api):
    for number in range(25):
        SupplierFactory(code=f"S-{number:02d}", preferred=number > 1)
    query = "preferred=true&search=S-&ordering=-code&format=csv&limit=2&page=3"

    rows = csv_rows(api("viewer").get(f"{SUPPLIERS}?{query}"))

    assert [row["supplier_id"] for row in rows] == [f"S-{n:02d}" for n in range(24, 1, -1)]


def test_rows_of_other_warehouses_never_appear(api, stock):
    foreign = put_in_stock(warehouse=WarehouseFactory())
    for warehouse in (stock.warehouse, foreign.warehouse):
        make_order(warehouse=warehouse)
        AlertFactory(warehouse=warehouse)
        take_order((stock.variation, 1), warehouse=warehouse)
    client = api("manager", stock.warehouse)

    for name in ("stocks", "stock-movements", "purchase-orders", "sales-orders", "alerts"):
        for read, form in ((csv_rows, "csv"), (xlsx_rows, "xlsx")):
            rows = read(client.get(f"/api/{name}/", {"format": form}))
            assert {row["warehouse"] for row in rows} == {stock.warehouse.code}, name


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_asks_for_the_rights_of_the_list(api, client, stock, form):
    assert api("viewer").get("/api/sales-orders/", {"format": form}).status_code == 403
    refused = client.get("/api/stocks/", {"format": form})
    assert (refused.status_code, refused["Content-Type"]) == (401, "application/json")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("format=csv&colour=red", "colour"),
        ("format=xlsx&preferred=maybe", "preferred"),
        ("format=csv&ordering=secret", "ordering"),
        ("format=pdf", "format"),
        ("format=exe", "format"),
    ],
)
def test_what_is_wrong_is_named_in_json(api, query, named):
    answer = api("viewer").get(f"{SUPPLIERS}?{query}")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert list(answer.json()["details"]) == [named]


def test_only_lists_are_exported(api):
    supplier = SupplierFactory()

    answer = api("viewer").get(f"{SUPPLIERS}{supplier.code}/?format=csv")

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["format"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A"]
)
def test_no_cell_runs_as_a_formula(api, text):
    Supplier.objects.all().delete()
    SupplierFactory(company_name=text, display_name='","=1+1')

    (row,) = csv_rows(api("viewer").get(f"{SUPPLIERS}?format=csv"))
    (cells,) = xlsx_rows(api("viewer").get(f"{SUPPLIERS}?format=xlsx"))

    assert row["company_name"] == f"'{text}"
    assert row["display_name"] == '","=1+1'
    assert cells["company_name"].startswith("'")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("-12.500"), -12.5), (Decimal("75.000"), 75), (-3, -3), (-0.5, -0.5),
        (True, True), (None, None), ([], ""), (["a", "b"], "a; b"), (["=a"], "'=a"),
        ({"a": Decimal("1.50")}, '{"a":1.5}'), ([{"a": 1}], '[{"a":1}]'),
    ],
)  # fmt: skip
def test_values_become_cells(value, cell):
    assert cell_of(value) == cell
    assert type(cell_of(value)) is type(cell)


def test_a_sheet_gets_no_character_or_length_it_cannot_hold():
    assert fitting("a\x0bb") == "a\ufffdb"
    assert fitting("x" * LONGEST_CELL) == "x" * LONGEST_CELL
    cut = fitting("x" * (LONGEST_CELL + 1))
    assert len(cut) == LONGEST_CELL
    assert cut.endswith(CUT)


def test_headings_are_made_to_fit_as_cells_are():
    answer = XlsxRenderer().file_of("list", ["a\x0bb", "c"], iter([]))

    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    answer.close()
    assert [cell.value for cell in book.active[1]] == ["a\ufffdb", "c"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_ten_thousand_rows_fit_in_little_memory(api, stock, form):
    add_movements(stock, 10_000)
    client = api("viewer", stock.warehouse)
    peaks = {}
    for path in ("/api/stock-movements/?start_date=2999-01-01", "/api/stock-movements/?"):
        tracemalloc.start()
        answer = client.get(f"{path}&format={form}")
        size = sum(len(block) for block in answer.streaming_content)
        peaks[path] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    few, many = peaks.values()
    assert size > 300_000
    assert many - few < 6_000_000  # all rows at once take 40 MB


def test_queries_grow_with_the_chunks_not_with_the_rows(api, stock):
    client = api("admin")
    counts = []
    for number in (3, CHUNK // 2, CHUNK + 10):
        for _ in range(number - ProductFactory._meta.model.objects.count()):
            VariationFactory()
        with CaptureQueriesContext(connection) as queries:
            rows = csv_rows(client.get("/api/products/?format=csv"))
        assert len(rows) == number
        counts.append(sum("FROM" in query["sql"] for query in queries))

    assert counts[0] == counts[1]
    assert counts[2] == counts[1] + 1  # the stock of the second chunk


def test_an_empty_list_is_a_heading(api):
    client = api("admin")

    text = client.get("/api/stock-movements/?format=csv").getvalue().decode()
    assert text.startswith("id,movement_id,")
    assert text.count("\r\n") == 1
    assert xlsx_rows(client.get("/api/stock-movements/?format=xlsx")) == []
    assert not StockMovement.objects.exists()


@pytest.mark.parametrize("key", [999, 1_234_567])
def test_the_database_writes_the_cells_that_other_formats_show(api, key):
    """Movements are copied out of the database: the same texts, numbers, times and codes."""
    clerk = UserFactory(pk=key)
    hostile = [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "＠x",
        'a "b", c\nd',
        "'",
        "\\.",
    ]
    texts = [*hostile, "plain", "ÄÖ\\N", " ", ""]
    stock = put_in_stock(VariationFactory(sku_code="-SKU"), quantity=Decimal("12.5"))
    StockMovement.objects.bulk_create(
        StockMovement(
            pk=key + number,
            stock=stock, variation=stock.variation, warehouse=stock.warehouse,
            movement_type="adjustment", quantity=Decimal("0.125"), unit_cost=Decimal("1.5"),
            stock_before=0, stock_after=Decimal("0.125"), total_value=Decimal("0.1875"),
            occurred_at=datetime(2025, 12, 31, 23, 59, 59, 120, tzinfo=UTC),
            recorded_at=datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))),
            expiration_date=date(2026, 2, 3) if text else None, notes=text, reason_code="x",
            reason_description=text, lot_number=text, processed_by=clerk,
        )
        for number, text in enumerate(texts, 1)
    )  # fmt: skip
    client = api("admin")
    shown = client.get("/api/stock-movements/", {"limit": 100}).json()["stock_movements"]

    copied = client.get("/api/stock-movements/", {"format": "csv"})

    lines = list(csv.reader(io.StringIO(copied.getvalue().decode(), newline="")))
    assert lines[0] == list(shown[0])
    expected = [["" if one is None else str(cell_of(one)) for one in row.values()] for row in shown]
    assert lines[1:] == expected
    assert len(shown) == len(texts) + 1
    # The newest rows are JSON of the database, those in an order asked for are ours.
    ordered = client.get("/api/stock-movements/", {"limit": 100, "ordering": "-id"})
    assert ordered.json()["stock_movements"] == shown
    assert [list(row) for row in ordered.json()["stock_movements"]] == [list(row) for row in shown]
    assert b"\n" not in copied.getvalue().replace(b"\r\n", b"").replace(b"c\nd", b"").replace(
        b"'\nx", b""
    )


def test_balances_are_copied_as_they_are_shown(api):
    """The database writes what the serializer says, formulas and truths included."""
    place = WarehouseFactory()
    client = api("viewer", place)
    for number, name in enumerate(["=1+1", 'a "b", c', "Plain"]):
        variation = VariationFactory(
            sku_code=f"-SKU-{number}", product__name=name, reorder_level=None if number else 5
        )
        stock = put_in_stock(variation, quantity=Decimal("12.5"), warehouse=place)
        Stock.objects.filter(pk=stock.pk).update(bin_location="@A" if number else "")
    put_in_stock(VariationFactory(), quantity=1)

    shown = client.get("/api/stocks/", {"limit": 100, "ordering": "-id"}).json()["stocks"]
    copied = client.get("/api/stocks/", {"format": "csv", "ordering": "-id"})

    lines = list(csv.reader(io.StringIO(copied.getvalue().decode(), newline="")))
    assert lines[0] == list(shown[0])
    assert lines[1:] == [
        [cell.lower() if cell in ("True", "False") else cell for cell in row]
        for row in cells_of(shown)
    ]
    assert len(shown) == 3
    past = client.get("/api/stocks/", {"format": "csv", "as_of": "2020-01-01"})
    assert [row["on_hand"] for row in csv_rows(past)] == ["0", "0", "0"]
