"""Feeds of price lists: folders and addresses that are looked at every night."""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from alerts.models import Alert
from common.exceptions import InvalidInput
from operations.models import PriceListRun, SupplierPriceFeed
from operations.price_lists.feeds import run_asked_feed, run_due_feeds, save_feed
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.operations.price_lists.lists import LIST, look, put, source, terms


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
