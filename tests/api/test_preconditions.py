"""Whoever has read an old version of a row cannot overwrite the new one unawares."""

from datetime import timedelta
from threading import Event
from time import sleep

import pytest
from django.db import transaction
from django.utils.timezone import now

from alerts.models import Alert
from purchasing.models import PurchaseOrder
from suppliers.models import Supplier
from tests.factories.alerts import AlertFactory
from tests.factories.inventory import put_in_stock
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.webhooks import make_webhook
from tests.threads import run_at_once
from users.models import SignIn
from users.services.api_tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


@pytest.fixture
def stock():
    return put_in_stock(quantity=10)


@pytest.fixture
def admin(api):
    return api("admin")


@pytest.fixture
def addresses(admin, stock):
    """One row of every kind that has a page of its own, by what it is."""
    order = make_order(warehouse=stock.warehouse)
    sale = take_order((stock.variation, 1), warehouse=stock.warehouse)
    product = stock.variation.product
    return {
        "product": f"/api/products/{product.code}/",
        "variation": f"/api/variations/{stock.variation.sku_code}/",
        "supplier": f"/api/suppliers/{SupplierFactory().code}/",
        "warehouse": f"/api/warehouses/{stock.warehouse.code}/",
        "user": f"/api/users/{admin.user.code}/",
        "stock": f"/api/stocks/{stock.pk}/",
        "movement": f"/api/stock-movements/{stock.movements.get().pk}/",
        "purchase order": f"/api/purchase-orders/{order.order_number}/",
        "sales order": f"/api/sales-orders/{sale.order_number}/",
        "alert": f"/api/alerts/{AlertFactory(warehouse=stock.warehouse).pk}/",
    }


# How each is changed: method, path below the row's own, body.
CHANGES = {
    "product": ("patch", "", {"name": "Other"}),
    "variation": ("patch", "", {"barcode": "4711"}),
    "supplier": ("put", "", {"notes": "Other"}),
    "warehouse": ("patch", "", {"name": "Other"}),
    "user": ("patch", "", {"profile": {"department": "Other"}}),
    "purchase order": ("patch", "", {"notes": "Other"}),
    "sales order": ("patch", "", {"notes": "Other"}),
    "alert": ("post", "acknowledge/", {}),
}


def test_every_detail_answer_has_its_version(admin, addresses):
    for path in addresses.values():
        answer = admin.get(path)
        assert answer["ETag"] == f'"{answer.json()["version"]}"', path
        assert admin.get(path)["ETag"] == answer["ETag"], path


def test_reading_lists_gives_no_entity_tag(admin, addresses):
    assert not admin.get("/api/products/").has_header("ETag")


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_needs_the_present_version_and_makes_another(admin, addresses, kind):
    method, below, body = CHANGES[kind]
    path, send = addresses[kind], getattr(admin, method)
    tag = admin.get(path)["ETag"]

    stale = send(f"{path}{below}", body, headers={"If-Match": '"1"'})
    unchanged = admin.get(path)
    done = send(f"{path}{below}", body, headers={"If-Match": tag})

    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert unchanged["ETag"] == tag
    assert done.status_code == 200, done.content
    assert done["ETag"] not in (tag, "")
    assert admin.get(path)["ETag"] == done["ETag"]


@pytest.mark.parametrize("kind", CHANGES)
def test_a_stale_version_in_the_body_is_a_conflict(admin, addresses, kind):
    method, below, body = CHANGES[kind]
    path, send = addresses[kind], getattr(admin, method)
    version = admin.get(path).json()["version"]

    stale = send(f"{path}{below}", {**body, "version": version - 1})
    unchanged = admin.get(path).json()["version"]
    done = send(f"{path}{below}", {**body, "version": version})

    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert unchanged == version
    assert done.status_code == 200, done.content


@pytest.mark.parametrize("version", ["new", -1, 1.5, True, [1], {"a": 1}, 2**40])
def test_a_version_that_is_none_is_named(admin, version):
    supplier = SupplierFactory(notes="Old")

    answer = admin.patch(f"/api/suppliers/{supplier.code}/", {"notes": "New", "version": version})

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["version"]
    supplier.refresh_from_db()
    assert supplier.notes == "Old"


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"1", {tag}', "*"])
def test_entity_tags_are_read_in_every_form(admin, form):
    path = f"/api/suppliers/{SupplierFactory().code}/"
    tag = admin.get(path)["ETag"]

    answer = admin.patch(path, {"notes": "New"}, headers={"If-Match": form.format(tag=tag)})

    assert answer.status_code == 200


def test_a_stale_delete_deletes_nothing(admin):
    supplier = SupplierFactory()
    path = f"/api/suppliers/{supplier.code}/"

    stale = admin.delete(path, headers={"If-Match": '"1"'})
    assert (stale.status_code, Supplier.objects.count()) == (412, 1)

    done = admin.delete(path, headers={"If-Match": admin.get(path)["ETag"]})
    assert (done.status_code, Supplier.objects.count()) == (204, 0)


def test_a_price_of_the_default_variation_is_the_products_too(admin, addresses):
    before = admin.get(addresses["product"])["ETag"]

    admin.patch(addresses["variation"], {"selling_price": 77})

    assert admin.get(addresses["product"])["ETag"] != before


def test_a_step_with_a_key_and_a_stale_version_changes_nothing(admin, stock):
    order = make_order(warehouse=stock.warehouse)
    headers = {"If-Match": '"1"', "Idempotency-Key": "send-once"}

    answers = [
        admin.post(f"/api/purchase-orders/{order.order_number}/send/", headers=headers)
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [412, 412]
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.DRAFT


def own_sign_in(user):
    return SignIn.objects.create(user=user, current_jti="x", expires_at=now() + timedelta(days=1))


def own_token(user):
    return create_api_token(name="script", scopes=["all"], acting_user=user)[0]


@pytest.mark.parametrize(
    ("path", "make", "method", "below"),
    [
        ("/api/auth/sessions/", own_sign_in, "delete", ""),
        ("/api/auth/tokens/", own_token, "delete", ""),
        ("/api/webhooks/", lambda user: make_webhook()[0], "post", "rotate-secret/"),
    ],
)
def test_versions_are_heeded_where_answers_are_not_kept(admin, path, make, method, below):
    address = f"{path}{make(admin.user).pk}/"
    tag = admin.get(address)["ETag"]
    send = getattr(admin, method)

    stale = send(f"{address}{below}", headers={"If-Match": '"1"'})
    unchanged = admin.get(address)
    done = send(f"{address}{below}", headers={"If-Match": tag})

    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert (unchanged.status_code, unchanged["ETag"]) == (200, tag)
    assert done.status_code in (200, 204)


def at_once(api, path, bodies, headers):
    clients = [api("admin") for _ in bodies]
    calls = [
        lambda client=client, body=body: client.patch(path, body, headers=headers)
        for client, body in zip(clients, bodies, strict=True)
    ]
    return sorted(answer.status_code for answer in run_at_once(*calls))


def test_of_two_changes_of_one_version_one_is_refused(api, admin):
    supplier = SupplierFactory()
    path = f"/api/suppliers/{supplier.code}/"
    for number in range(ROUNDS):
        headers = {"If-Match": admin.get(path)["ETag"]}
        bodies = [{"notes": f"{name} {number}"} for name in ("Ann", "Bob")]

        assert at_once(api, path, bodies, headers) == [200, 412]


def test_without_a_version_both_changes_are_made(api):
    """The control: the same race, and the earlier change is lost."""
    path = f"/api/suppliers/{SupplierFactory().code}/"
    bodies = [{"notes": name} for name in ("Ann", "Bob")]

    assert at_once(api, path, bodies, {}) == [200, 200]


def test_a_change_that_is_not_committed_yet_is_waited_for(api, admin):
    """The comparison itself happens under the lock: before it, both versions look the same."""
    supplier = SupplierFactory()
    path = f"/api/suppliers/{supplier.code}/"
    headers = {"If-Match": admin.get(path)["ETag"]}
    client, is_held = api("admin"), Event()

    def hold():
        with transaction.atomic():
            Supplier.objects.filter(pk=supplier.pk).update(notes="First")
            is_held.set()
            sleep(0.5)

    def change():
        is_held.wait(timeout=10)
        return client.patch(path, {"notes": "Second"}, headers=headers).status_code

    assert run_at_once(hold, change) == [None, 412]
    supplier.refresh_from_db()
    assert supplier.notes == "First"


def test_alerts_say_what_may_be_done_next(admin, stock):
    alert = AlertFactory(warehouse=stock.warehouse)
    path = f"/api/alerts/{alert.pk}/"

    assert admin.get(path).json()["allowed_transitions"] == [
        "acknowledged",
        "resolved",
        "dismissed",
    ]
    done = admin.post(f"{path}acknowledge/")
    assert done.json()["allowed_transitions"] == ["resolved", "dismissed"]
    done = admin.post(f"{path}resolve/")
    assert done.json()["allowed_transitions"] == []
    assert Alert.objects.get().status == Alert.Status.RESOLVED
