"""Price lists of suppliers: judged, taken as a whole, told, and taken once."""

import csv
import json
import os
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from time import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.models import Alert
from common.exceptions import InvalidInput
from inventory.models import ProductSupplier, SupplierPrice
from notifications.models import Notification
from operations.exchange.exceptions import CannotRead, FileTooLarge
from operations.models import PriceListRun, SupplierPriceFeed
from operations.price_lists import runs as runs_module
from operations.price_lists.exceptions import PriceListTaken
from operations.price_lists.feeds import run_asked_feed, run_due_feeds, run_feed, save_feed
from operations.price_lists.reading import Reading
from operations.price_lists.runs import take_price_list
from operations.tasks import take_price_feed
from tests.admin.pages import add_to, list_of, page_of, step_of
from tests.factories.inventory import VariationFactory
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.threads import run_at_once

LIST = "supplier_product_code,sku,cost_per_unit,lead_time_days\n"


def source(supplier, code="", cost="10", sku=None, **terms):
    variation = VariationFactory(**({"sku_code": sku} if sku else {}))
    return ProductSupplier.objects.create(
        product=variation.product,
        supplier=supplier,
        supplier_product_code=code,
        cost_per_unit=cost and Decimal(cost),
        **terms,
    )


@pytest.fixture
def supplier(db):
    return SupplierFactory(code="ACME", currency="EUR")


@pytest.fixture
def take(supplier, tmp_path):
    """Return a function that takes a text, or bytes, as the supplier's list."""
    user = UserFactory(role="manager")

    def run(content, *, dry_run=False, name="list.csv", **reading):
        path = tmp_path / "uploaded"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return take_price_list(
            supplier=supplier,
            path=path,
            file_name=name,
            reading=Reading(**reading),
            dry_run=dry_run,
            acting_user=user,
        )

    run.user = user
    return run


def terms():
    return list(
        ProductSupplier.objects.order_by("pk").values_list(
            "cost_per_unit", "lead_time_days", "min_order_quantity", "pack_size"
        )
    )


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
    assert Alert.objects.get().title == "ACME: 1 prices changed by 2.5 % or more"


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


# Feeds


@pytest.fixture
def base(settings, tmp_path):
    """Return the operator's directory."""
    folder = tmp_path / "lists"
    (folder / "acme").mkdir(parents=True)
    settings.PRICE_LIST_DIR = str(folder)
    return folder


@pytest.fixture
def feed(supplier, base):
    return save_feed(
        supplier=supplier,
        values={"kind": "folder", "folder": "acme"},
        acting_user=UserFactory(role="manager"),
    )


def put(folder, name, content, age=3600):
    path = folder / name
    path.write_text(content)
    os.utime(path, (time() - age, time() - age))
    return path


def look(feed, **wanted):
    return [(run.file_name, run.state) for run in run_feed(feed=feed, acting_user=None, **wanted)]


def test_new_lists_of_a_folder_are_taken_once_the_oldest_first(supplier, base, feed):
    source(supplier, "A-1", "10")
    put(base / "acme", "b.csv", LIST + "A-1,,12,\n", age=7200)
    put(base / "acme", "a.csv", LIST + "A-1,,11,\n", age=3600)
    put(base / "acme", "notes.docx", "no list")
    (base / "acme" / "old").mkdir()

    assert look(feed) == [("b.csv", "applied"), ("a.csv", "applied")]
    assert terms()[0][0] == 11
    assert look(feed) == []
    feed.refresh_from_db()
    assert feed.looked_at is not None
    assert PriceListRun.objects.filter(by_feed=True, created_by=None).count() == 2


def test_a_list_that_was_written_just_now_waits(supplier, base, feed):
    source(supplier, "A-1", "10")
    put(base / "acme", "a.csv", LIST + "A-1,,11,\n", age=0)

    assert look(feed) == []
    assert terms()[0][0] == 10


def test_a_refused_list_is_told_by_an_alert_that_ends_with_the_next_one(supplier, base, feed):
    source(supplier, "A-1", "10")
    put(base / "acme", "a.csv", LIST + "A-1,,ten,\n", age=9000)
    put(base / "acme", "b.csv", "%PDF-1.7", age=8000)

    assert look(feed) == [("a.csv", "refused"), ("b.csv", "failed")]
    alert = Alert.objects.get()
    assert (alert.title, alert.status) == ("ACME: no price list was taken", "active")
    assert alert.message.startswith("b.csv: This is a PDF")
    assert look(feed) == []
    assert look(feed, again=True) == [("a.csv", "refused"), ("b.csv", "failed")]
    assert Alert.objects.count() == 1

    put(base / "acme", "c.csv", LIST + "A-1,,11,\n")
    assert look(feed) == [("c.csv", "applied")]
    alert.refresh_from_db()
    assert (alert.status, alert.resolution_type) == ("resolved", "cause_gone")


def test_links_and_what_is_no_file_are_left_alone(supplier, base, feed, tmp_path):
    source(supplier, "A-1", "10")
    outside = put(tmp_path, "secret.csv", LIST + "A-1,,1,\n")
    (base / "acme" / "link.csv").symlink_to(outside)
    os.mkfifo(base / "acme" / "pipe.csv")
    (base / "acme" / "folder.csv").mkdir()

    assert look(feed) == []
    assert terms()[0][0] == 10


def test_a_folder_that_is_a_link_is_not_entered(supplier, base, feed, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    put(outside, "a.csv", LIST + "A-1,,1,\n")
    (base / "acme").rmdir()
    (base / "acme").symlink_to(outside)

    assert look(feed) == [("acme", "failed")]
    assert "or it is a link" in PriceListRun.objects.get().message


@pytest.mark.parametrize(
    "folder",
    ["../outside", "acme/../../etc", "/etc", "", ".", "..", "\\\\host", "acme\\..\\x", "a\0b"],
)
def test_folders_elsewhere_are_refused(supplier, base, folder):
    with pytest.raises(InvalidInput) as refusal:
        save_feed(
            supplier=supplier,
            values={"kind": "folder", "folder": folder},
            acting_user=UserFactory(role="manager"),
        )

    assert list(refusal.value.details) == ["folder"]
    assert not SupplierPriceFeed.objects.exists()


def test_without_a_directory_of_the_operator_no_folder_is_read(supplier, base, feed, settings):
    settings.PRICE_LIST_DIR = ""

    assert look(feed) == [("acme", "failed")]
    assert "PRICE_LIST_DIR" in PriceListRun.objects.get().message


@pytest.mark.parametrize(
    "url",
    [
        "http://lists.example.com/a.csv", "https://127.0.0.1/a.csv", "https://[::1]/a.csv",
        "https://169.254.169.254/latest", "https://10.0.0.1/", "https://localhost/a.csv",
        "ftp://lists.example.com/a.csv", "file:///etc/passwd", "https://user:pw@example.com/",
        "", "no address",
    ],
)  # fmt: skip
def test_addresses_elsewhere_are_refused(supplier, url):
    with pytest.raises(InvalidInput) as refusal:
        save_feed(
            supplier=supplier,
            values={"kind": "url", "url": url},
            acting_user=UserFactory(role="manager"),
        )

    assert list(refusal.value.details) == ["url"]
    assert not SupplierPriceFeed.objects.exists()


class Shop(BaseHTTPRequestHandler):
    """Answers with what the test put on its shelf."""

    shelf: dict[str, tuple[int, bytes]] = {}

    def do_GET(self):
        status, body = self.shelf.get(self.path, (404, b""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "/prices.csv")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def shop(settings):
    server = HTTPServer(("127.0.0.1", 0), Shop)
    settings.WEBHOOK_ALLOWED_HOSTS = [f"127.0.0.1:{server.server_port}"]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_list_is_fetched_from_an_address(supplier, shop):
    source(supplier, "A-1", "10")
    Shop.shelf = {"/prices.csv?key=secret": (200, (LIST + "A-1,,11,\n").encode())}
    feed = save_feed(
        supplier=supplier,
        values={"kind": "url", "url": f"{shop}/prices.csv?key=secret"},
        acting_user=UserFactory(role="manager"),
    )

    assert look(feed) == [("127.0.0.1/prices.csv", "applied")]
    assert look(feed) == []
    assert terms()[0][0] == 11


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((404, b""), "answers 404"),
        ((302, b""), "answers 302"),
        ((200, b""), "The file is empty"),
        ((200, b"<html>sign in</html>"), "no table"),
    ],
)
def test_an_address_without_a_list_is_told(supplier, shop, answer, text):
    Shop.shelf = {"/a.csv": answer, "/prices.csv": (200, (LIST + "A-1,,1,\n").encode())}
    feed = save_feed(
        supplier=supplier,
        values={"kind": "url", "url": f"{shop}/a.csv"},
        acting_user=UserFactory(role="manager"),
    )

    assert [state for _, state in look(feed)] == ["failed"]
    assert text in PriceListRun.objects.get().message
    assert Alert.objects.get().title == "ACME: no price list was taken"


def test_a_host_that_is_permitted_no_longer_is_not_asked(supplier, shop, settings):
    feed = save_feed(
        supplier=supplier,
        values={"kind": "url", "url": f"{shop}/a.csv"},
        acting_user=UserFactory(role="manager"),
    )
    settings.WEBHOOK_ALLOWED_HOSTS = []

    assert [state for _, state in look(feed)] == ["failed"]
    assert "not an address of the public internet" in PriceListRun.objects.get().message


def test_the_nightly_job_looks_at_all_feeds_that_are_switched_on(supplier, base, feed):
    source(supplier, "A-1", "10")
    put(base / "acme", "a.csv", LIST + "A-1,,11,\n")
    idle = SupplierFactory()
    (base / "idle").mkdir()
    put(base / "idle", "a.csv", LIST + "X,,11,\n")
    save_feed(
        supplier=idle,
        values={"kind": "folder", "folder": "idle", "is_active": False},
        acting_user=UserFactory(role="manager"),
    )
    broken = SupplierFactory()
    save_feed(
        supplier=broken,
        values={"kind": "folder", "folder": "nowhere"},
        acting_user=UserFactory(role="manager"),
    )

    assert run_due_feeds() == 1
    assert run_due_feeds() == 0
    assert set(PriceListRun.objects.values_list("supplier__code", "state")) == {
        ("ACME", "applied"),
        (broken.code, "failed"),
    }


def test_feeds_that_were_looked_at_longest_ago_come_first(supplier, base, feed):
    other = SupplierFactory()
    (base / "other").mkdir()
    save_feed(
        supplier=other,
        values={"kind": "folder", "folder": "other"},
        acting_user=UserFactory(role="manager"),
    )
    SupplierPriceFeed.objects.filter(pk=feed.pk).update(looked_at=timezone.now())
    for folder in ("acme", "other"):
        put(base / folder, "a.csv", LIST + f"{folder},,11,\n")

    assert run_due_feeds() == 2

    assert list(PriceListRun.objects.order_by("pk").values_list("supplier", flat=True)) == [
        other.pk,
        supplier.pk,
    ]


def test_who_may_not_any_more_has_nothing_taken(supplier, base, feed):
    source(supplier, "A-1", "10")
    put(base / "acme", "a.csv", LIST + "A-1,,11,\n")

    assert run_asked_feed(feed.pk, UserFactory(role="staff").pk) == 0
    assert terms()[0][0] == 10
    assert run_asked_feed(feed.pk, UserFactory(role="manager").pk) == 1
    assert run_asked_feed(feed.pk + 1, UserFactory(role="manager").pk) == 0


# HTTP

PATH = "/api/suppliers/ACME/price-lists/"
FEED = "/api/suppliers/ACME/price-feed/"


def send(client, content, **fields):
    file = SimpleUploadedFile("list.csv", content.encode())
    return client.post(PATH, {"file": file, **fields}, format="multipart")


def test_api_checks_takes_and_tells(api, supplier):
    row = source(supplier, "A-1", "10")
    client = api("manager")
    content = LIST + "A-1,,15,\nNOPE,,1,\n"

    checked = send(client, content)
    assert checked.status_code == 201
    assert checked.json()["message"].startswith("Checked: nothing was written.")
    assert terms()[0][0] == 10
    taken = send(client, content, dry_run="false")
    body = taken.json()

    assert taken.status_code == 201
    assert body["message"] == "Price list taken: 1 changed."
    assert body["created_by"] == client.user.code
    assert (body["changed"], body["unknown"], body["jumps"]) == (1, 1, 1)
    assert body["lines"][0]["product_id"] == row.product.code
    assert terms()[0][0] == 15
    detail = client.get(f"/api/price-list-runs/{body['id']}/").json()
    assert {name: detail[name] for name in body if name != "message"} == {
        name: body[name] for name in body if name != "message"
    }
    again = send(client, content, dry_run="false")
    assert (again.status_code, again.json()["code"]) == (409, "price_list_taken")
    listed = client.get(PATH).json()["price_list_runs"]
    assert [one["state"] for one in listed] == ["applied", "checked"]
    assert "lines" not in listed[0]


def test_api_refuses_a_list_with_a_wrong_row_by_its_line(api, supplier):
    source(supplier, "A-1", "10")

    answer = send(api("manager"), LIST + "A-1,,ten,\n", dry_run="false")

    assert (answer.status_code, answer.json()["code"]) == (400, "rows_refused")
    assert answer.json()["details"]["rows"][0]["line"] == 2
    assert terms()[0][0] == 10


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"columns": "[]"}, "columns"),
        ({"columns": "no json"}, "columns"),
        ({"columns": '{"colour": "x"}'}, "columns"),
        ({"columns": '{"sku": ""}'}, "columns"),
        ({"columns": '{"sku": 5}'}, "columns"),
        ({"delimiter": "slash"}, "delimiter"),
        ({"decimal": ";"}, "decimal"),
        ({"jump_percent": "-1"}, "jump_percent"),
        ({"jump_percent": "NaN"}, "jump_percent"),
        ({"dry_run": "perhaps"}, "dry_run"),
        ({"file": "text"}, "file"),
    ],
)
def test_api_refuses_what_it_does_not_understand(api, supplier, fields, field):
    answer = send(api("manager"), LIST + "A-1,,1,\n", **fields)

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]
    assert not PriceListRun.objects.exists()


def test_api_reads_a_list_as_the_feed_says_unless_told_otherwise(api, supplier):
    source(supplier, "A-1", "10")
    client = api("manager")
    answer = client.put(
        FEED,
        {
            "kind": "url", "url": "https://lists.example.com/a.csv", "jump_percent": 50,
            "columns": {"cost_per_unit": "Netto"},
        },
    )  # fmt: skip
    assert answer.status_code == 200, answer.json()

    by_feed = send(client, "code,Netto\nA-1,14\n").json()
    told = send(
        client, "code,Brutto\nA-1,14\n",
        columns=json.dumps({"cost_per_unit": "Brutto"}), jump_percent="40",
    ).json()  # fmt: skip

    assert (by_feed["changed"], by_feed["jumps"]) == (1, 0)
    assert (told["changed"], told["jumps"]) == (1, 1)


def test_report_is_a_file_that_runs_no_formula(api, supplier):
    client = api("manager")
    run = send(client, LIST + "=1+1,,5,\n").json()

    answer = client.get(f"/api/price-list-runs/{run['id']}/report/")

    assert answer["Content-Disposition"] == f'attachment; filename="price-list-{run["id"]}.csv"'
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
    assert rows[0]["supplier_product_code"] == "'=1+1"
    assert rows[0]["problem"] == "No product of this supplier has this code or SKU."


def test_feed_is_set_read_changed_and_removed(api, supplier, base):
    client = api("manager")
    assert client.get(FEED).status_code == 404
    set_up = client.put(FEED, {"kind": "folder", "folder": "acme", "delimiter": "semicolon"})

    assert set_up.status_code == 200
    assert sorted(set_up.json()["updated_fields"]) == ["delimiter", "folder", "kind"]
    told = client.get(FEED).json()
    assert {name: told[name] for name in told.keys() - {"updated_at"}} == {
        "supplier_id": "ACME",
        "kind": "folder",
        "folder": "acme",
        "url": "",
        "columns": {},
        "encoding": "",
        "delimiter": "semicolon",
        "decimal": "",
        "jump_percent": 20,
        "is_active": True,
        "looked_at": None,
        "changed_by": client.user.code,
    }
    assert client.patch(FEED, {"is_active": False}).json()["delimiter"] == "semicolon"
    refused = client.patch(FEED, {"folder": "../x"})
    assert (refused.status_code, list(refused.json()["details"])) == (400, ["folder"])
    assert SupplierPriceFeed.objects.get().folder == "acme"
    assert client.delete(FEED).status_code == 204
    assert client.delete(FEED).status_code == 404


def test_fetching_asks_the_worker_once_and_the_worker_takes_the_list(
    api, supplier, base, feed, django_capture_on_commit_callbacks
):
    source(supplier, "A-1", "10")
    put(base / "acme", "a.csv", LIST + "A-1,,11,\n")
    client = api("manager")

    with django_capture_on_commit_callbacks() as asked:
        answer = client.post(f"{FEED}fetch/")

    assert (answer.status_code, len(asked)) == (202, 1)
    assert asked[0].args == (feed.pk, client.user.pk)
    assert take_price_feed(*asked[0].args) == 1
    assert terms()[0][0] == 11


@pytest.mark.parametrize(
    "path",
    [
        "/api/suppliers/NOPE/price-lists/",
        "/api/suppliers/NOPE/price-feed/",
        "/api/price-list-runs/999999/",
        "/api/price-list-runs/999999/report/",
    ],
)
def test_unknown_suppliers_and_runs_are_not_found(api, supplier, path):
    assert api("manager").get(path).status_code == 404


@pytest.mark.parametrize("role", ["staff", "sales", "viewer"])
def test_only_those_who_manage_the_catalogue_may(api, supplier, role):
    client = api(role)

    assert send(client, LIST + "A-1,,1,\n").status_code == 403
    assert client.put(FEED, {"kind": "folder", "folder": "acme"}).status_code == 403
    assert client.get("/api/price-list-runs/").status_code == 403
    assert not PriceListRun.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_runs_takes_one_query(api, supplier, take, django_assert_num_queries, count):
    source(supplier, "A-1", "10")
    for number in range(count):
        take(LIST + f"A-1,,{number + 11},\n")
    client = api("manager")

    with django_assert_num_queries(1):
        found = client.get("/api/price-list-runs/?state=applied").json()["price_list_runs"]

    assert len(found) == count


# Back office


@pytest.fixture
def manager(client, db):
    client.force_login(UserFactory(role="manager"))
    return client


def test_admin_takes_a_list_and_shows_what_changed(manager, supplier):
    source(supplier, "A-1", "10")
    file = SimpleUploadedFile("<b>.csv", (LIST + "A-1,,15,\n<i>x</i>,,1,\n").encode())
    assert "Put its terms in force" in manager.get(add_to(PriceListRun)).content.decode()

    page = manager.post(
        add_to(PriceListRun), {"supplier": supplier.pk, "file": file, "in_force": "on"}, follow=True
    )

    run = PriceListRun.objects.get()
    assert page.redirect_chain == [(page_of(run), 302)]
    text = page.content.decode()
    assert "The list is in force: 1 changed." in text
    assert "changed (jump)" in text
    assert "&lt;i&gt;x&lt;/i&gt;" in text
    assert "<i>x</i>" not in text
    assert terms()[0][0] == 15
    assert "1" in manager.get(list_of(PriceListRun)).content.decode()


def test_admin_says_what_is_no_list(manager, supplier):
    file = SimpleUploadedFile("a.csv", b"")

    page = manager.post(add_to(PriceListRun), {"supplier": supplier.pk, "file": file})

    assert "The file is empty" in page.content.decode()
    assert not PriceListRun.objects.exists()


def test_admin_sets_a_feed_and_refuses_a_wrong_one(manager, supplier, base):
    fields = {
        "supplier": supplier.pk, "kind": "folder", "folder": "acme", "url": "", "columns": "{}",
        "jump_percent": "20", "is_active": "on", "_version": "",
    }  # fmt: skip

    wrong = manager.post(add_to(SupplierPriceFeed), {**fields, "folder": "../x"})
    assert "below PRICE_LIST_DIR" in wrong.content.decode()
    assert not SupplierPriceFeed.objects.exists()
    assert manager.post(add_to(SupplierPriceFeed), fields).status_code == 302

    feed = SupplierPriceFeed.objects.get()
    assert feed.folder == "acme"
    told = manager.post(step_of(feed, "fetch"), follow=True)
    assert "the worker looks at it" in told.content.decode()
