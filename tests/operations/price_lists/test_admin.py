"""Price lists and their feeds in the back office."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from operations.models import PriceListRun, SupplierPriceFeed
from tests.admin.pages import add_to, list_of, page_of, step_of
from tests.factories.users import UserFactory
from tests.operations.price_lists.lists import LIST, source, terms


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
