"""Price lists of suppliers: judged, taken as a whole, told, and taken once."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert
from inventory.models import ProductSupplier, SupplierPrice
from notifications.models import Notification
from operations.exchange.exceptions import CannotRead, FileTooLarge
from operations.models import PriceListRun
from operations.price_lists import runs as runs_module
from operations.price_lists.exceptions import PriceListTaken
from operations.price_lists.reading import Reading
from operations.price_lists.runs import take_price_list
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.operations.price_lists.lists import LIST, source, terms
from tests.threads import run_at_once


def test_a_list_puts_its_terms_in_force_and_tells_each_line(supplier, take):
    by_code = source(supplier, "A-1", "10", lead_time_days=5, pack_size=Decimal(6))
    by_sku = source(supplier, "", "4", sku="SKU-B")
    same = source(supplier, "C-3", "7")
    source(SupplierFactory(), "D-4", "1", sku="SKU-D")

    run = take(
        LIST + "a-1,,10.5,7\n" + ",sku-b,4.1000,\n" + "C-3,,7,\n" + "D-4,,2,\n" + ",SKU-D,2,\n"
        "Z,NOPE,3,\n" + "C-3,,,\n"
    )

    assert run.state == "applied"
    counted = (run.rows, run.changed, run.unchanged, run.unknown, run.refused, run.jumps)
    assert counted == (7, 2, 1, 4, 0, 0)
    assert terms()[:3] == [
        (Decimal("10.5"), 7, None, Decimal(6)),
        (Decimal("4.1"), None, None, None),
        (Decimal(7), None, None, None),
    ]
    assert run.lines[0] == {
        "line": 2,
        "supplier_product_code": "a-1",
        "sku": None,
        "product_id": by_code.product.code,
        "fate": "changed",
        "is_jump": False,
        "cost_before": 10,
        "cost_after": 10.5,
        "change_percent": 5,
        "lead_time_before": 5,
        "lead_time_after": 7,
        "problem": "",
    }
    assert [(line["line"], line["fate"], line["problem"]) for line in run.lines[1:]] == [
        (3, "changed", ""),
        (5, "unknown", "No product of this supplier has this code or SKU."),
        (6, "unknown", "The product has no such supplier. Add it to the product."),
        (7, "unknown", "No product of this supplier has this code or SKU."),
        (8, "unknown", "The list names no price."),
    ]
    assert (run.created_by, run.by_feed, run.file_name) == (take.user, False, "list.csv")
    prices = SupplierPrice.objects.filter(source="price_list").order_by("pk")
    assert [(one.product, one.cost_per_unit, one.reference) for one in prices] == [
        (by_code.product, Decimal("10.5"), "list.csv"),
        (by_sku.product, Decimal("4.1"), "list.csv"),
    ]
    assert same.product.supplier_prices.count() == 1
    assert not Alert.objects.exists()


def test_a_dry_run_tells_the_same_and_writes_nothing(supplier, take):
    source(supplier, "A-1", "10")
    content = LIST + "A-1,,20,3\n"
    before, history = terms(), SupplierPrice.objects.count()

    checked = take(content, dry_run=True)

    assert (checked.state, checked.changed, checked.jumps) == ("checked", 1, 1)
    assert (terms(), SupplierPrice.objects.count()) == (before, history)
    assert not Alert.objects.exists()
    applied = take(content)
    assert (applied.state, applied.lines) == ("applied", checked.lines)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("A-1,,ten,", "cost_per_unit: Not a number."),
        ("A-1,,-1,", "cost_per_unit: Write a number greater than 0."),
        ("A-1,,0,", "cost_per_unit: Write a number greater than 0."),
        ("A-1,,1.00001,", "cost_per_unit: Write a number with at most 4 decimals."),
        ("A-1,,1,0", "lead_time_days: Write a number 1 or more."),
        ("A-1,SKU-B,1,", "sku: The code is of another product than the SKU."),
        ("A-1,,11,\nA-1,,12,", "cost_per_unit: Not as on line 3, of the same product."),
    ],
)
def test_one_refused_row_keeps_the_whole_list_out(supplier, take, row, problem):
    source(supplier, "A-1", "10")
    source(supplier, "B-2", "5", sku="SKU-B")
    before = terms()

    run = take(LIST + f"B-2,,6,\n{row}\n")

    assert (run.state, run.refused) == ("refused", 1)
    assert run.lines[0]["fate"] == "refused"
    assert run.lines[0]["problem"].startswith(problem)
    assert terms() == before
    assert not SupplierPrice.objects.filter(source="price_list").exists()


def test_prices_in_another_currency_are_refused(supplier, take):
    source(supplier, "A-1", "10")

    run = take("code,price,currency\nA-1,11,usd\n")

    assert run.state == "refused"
    assert run.lines[0]["problem"] == ("currency: The supplier's prices are in EUR. Convert them.")
    assert take("code,price,currency\nA-1,11,eur\n").state == "applied"


def test_a_code_of_several_products_is_unknown_without_the_sku(supplier, take):
    source(supplier, "A-1", "10", sku="SKU-A")
    source(supplier, "a-1", "10", sku="SKU-B")

    run = take(LIST + "A-1,,11,\nA-1,SKU-B,12,\n")

    assert (run.unknown, run.changed) == (1, 1)
    assert [cost for cost, *_ in terms()] == [10, 12]
    assert run.lines[1]["problem"] == (
        "Several products have this code of the supplier. Name the SKU."
    )


def test_the_same_line_twice_is_no_contradiction(supplier, take):
    source(supplier, "A-1", "10", sku="SKU-A")

    run = take(LIST + "A-1,,11,\n,SKU-A,11,\n")

    assert (run.state, run.changed) == ("applied", 2)
    assert SupplierPrice.objects.filter(source="price_list").count() == 1


def test_columns_of_their_own_with_semicolons_and_decimal_commas_in_cp1252(supplier, take):
    source(supplier, "A-1", "10")
    content = "Artikel;Bezeichnung;Größe;Netto €;VPE\nA-1;Schlüssel;5;1.234,50;12\n".encode(
        "cp1252"
    )

    run = take(
        content,
        columns={
            "supplier_product_code": "Artikel", "cost_per_unit": "Netto €", "pack_size": "vpe",
        },
    )  # fmt: skip

    assert run.state == "applied"
    assert terms() == [(Decimal("1234.5"), None, None, Decimal(12))]


def test_a_workbook_is_read_as_well(supplier, take):
    from openpyxl import Workbook  # noqa: PLC0415 - slow to load

    source(supplier, "A-1", "10")
    book, file = Workbook(), BytesIO()
    book.active.append(["article", "net price"])
    book.active.append(["A-1", 11.25])
    book.save(file)

    assert take(file.getvalue(), name="list.xlsx").changed == 1
    assert terms()[0][0] == Decimal("11.25")


@pytest.mark.parametrize(
    ("content", "reading", "text"),
    [
        ("", {}, "The file is empty"),
        ("code,price\n", {}, "no rows"),
        ("price\n1\n", {}, "no column supplier_product_code or sku"),
        ("code\nA-1\n", {}, "no column cost_per_unit"),
        ("%PDF-1.7 x", {}, "This is a PDF"),
        ("code,price,price\nA,1,2\n", {}, "price is there twice"),
        ("code,price\nA,1\n", {"columns": {"cost_per_unit": "Netto"}}, "no column Netto for"),
        ("code,price\nA,1\n", {"encoding": "klingon"}, "Unknown encoding"),
    ],
)
def test_what_is_no_list_is_refused_and_leaves_nothing(supplier, take, content, reading, text):
    with pytest.raises(CannotRead, match=text):
        take(content, **reading)

    assert not PriceListRun.objects.exists()


def test_a_list_beyond_the_limit_is_refused(take, monkeypatch):
    monkeypatch.setattr(runs_module, "MOST_BYTES", 10)

    with pytest.raises(FileTooLarge):
        take(LIST + "A-1,,1,\n")


def test_a_file_is_taken_once_for_each_supplier(supplier, take):
    source(supplier, "A-1", "10")
    content = LIST + "A-1,,11,\n"
    first = take(content)
    ProductSupplier.objects.update(cost_per_unit=12)

    with pytest.raises(PriceListTaken, match=f"as run {first.pk}"):
        take(content, name="other.csv")

    assert terms()[0][0] == 12
    assert PriceListRun.objects.count() == 1
    assert take(content, dry_run=True).state == "checked"


def test_a_refused_file_may_be_sent_again_once_the_catalogue_is_right(supplier, take):
    source(supplier, "A-1", "10")
    other = source(supplier, "B-2", "5", sku="SKU-B")
    content = LIST + "A-1,SKU-B,11,\n"
    assert take(content).state == "refused"
    other.delete()

    assert take(content).state == "applied"


def test_jumps_raise_one_alert_that_names_the_greatest(supplier, take):
    small, great = source(supplier, "A-1", "10"), source(supplier, "B-2", "10")
    source(supplier, "C-3", "10")
    source(supplier, "D-4", None)
    admin, staff = UserFactory(role="admin"), UserFactory(role="staff")

    run = take(LIST + "A-1,,12,\nB-2,,5,\nC-3,,11.99,\nD-4,,99,\n", name="spring.csv")

    assert (run.jumps, run.changed) == (2, 4)
    alert = Alert.objects.get()
    assert (alert.alert_type, alert.severity, alert.supplier) == ("system", "high", supplier)
    assert alert.title == "ACME: 2 prices changed by 20 % or more"
    assert alert.message == (
        f"Price list spring.csv of {supplier.company_name}: {great.product.code} -50 %, "
        f"{small.product.code} +20 %."
    )
    told = Notification.objects.filter(reference="ACME", title=alert.title)
    assert {one.recipient for one in told} == {admin, take.user}
    assert staff not in {one.recipient for one in told}


def test_the_limit_of_jumps_is_the_readings(supplier, take):
    source(supplier, "A-1", "10")

    assert take(LIST + "A-1,,10.30,\n", jump_percent=Decimal("2.5")).jumps == 1
    assert Alert.objects.get().title == "ACME: 1 price changed by 2.5 % or more"


@pytest.mark.parametrize("rows", [3, 300])
def test_number_of_statements_does_not_depend_on_the_rows(supplier, take, rows):
    for number in range(3):
        source(supplier, f"A-{number}", "10")
    content = LIST + "".join(f"A-{number},,10.5,\n" for number in range(rows))

    with CaptureQueriesContext(connection) as queries:
        run = take(content)

    assert run.changed == 3
    assert len(queries) == 36


@pytest.mark.django_db(transaction=True)
def test_the_same_list_sent_by_several_at_once_is_taken_once(tmp_path):
    supplier = SupplierFactory()
    source(supplier, "A-1", "10")
    path = tmp_path / "list.csv"
    path.write_text(LIST + "A-1,,15,\n")
    user = UserFactory(role="manager")

    outcomes = run_at_once(*[lambda: take_at(path, supplier, user)] * 4)

    assert sorted(type(one).__name__ for one in outcomes) == [
        "PriceListRun", "PriceListTaken", "PriceListTaken", "PriceListTaken",
    ]  # fmt: skip
    assert PriceListRun.objects.get().changed == 1
    assert SupplierPrice.objects.filter(source="price_list").count() == 1
    assert Alert.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_the_constraint_refuses_what_was_judged_too_early(
    tmp_path, monkeypatch
):
    supplier = SupplierFactory()
    source(supplier, "A-1", "10")
    path = tmp_path / "list.csv"
    path.write_text(LIST + "A-1,,15,\n")
    user = UserFactory(role="manager")
    monkeypatch.setattr(runs_module, "refuse_taken", lambda run: None)

    outcomes = run_at_once(*[lambda: take_at(path, supplier, user)] * 4)

    assert sorted(type(one).__name__ for one in outcomes) == [
        "IntegrityError", "IntegrityError", "IntegrityError", "PriceListRun",
    ]  # fmt: skip
    assert PriceListRun.objects.count() == 1


def take_at(path, supplier, user):
    return take_price_list(
        supplier=supplier,
        path=path,
        file_name="list.csv",
        reading=Reading(),
        dry_run=False,
        acting_user=user,
    )
