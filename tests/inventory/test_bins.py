"""Where goods lie: said by people, found by scan and filter, and nobody else's to say."""

from functools import partial
from threading import Event

import pytest
from django.db import OperationalError, transaction

from common.models import AuditEntry
from inventory.models import Stock, StockMovement
from inventory.services import bins
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db
STOCKS = "/api/stocks/"


@pytest.fixture
def place():
    return WarehouseFactory()


@pytest.fixture
def clerk(api, place):
    return api("staff", place)


def in_bins():
    return dict(Stock.objects.values_list("variation__sku_code", "bin_location"))


def test_a_balance_is_put_into_a_bin_and_found_there(clerk, place):
    stock = put_in_stock(VariationFactory(sku_code="A-1"), place)
    put_in_stock(VariationFactory(sku_code="A-2"), place)
    moved = StockMovement.objects.count()

    answer = clerk.patch(f"{STOCKS}{stock.pk}/", {"bin_location": " B-07 "})

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["bin_location"], body["updated_fields"]) == ("B-07", ["bin_location"])
    assert body["on_hand"] == 10
    assert in_bins() == {"A-1": "B-07", "A-2": ""}
    assert StockMovement.objects.count() == moved
    rows = clerk.get(STOCKS, {"bin_location": "B-07"}).json()["stocks"]
    assert [row["sku"] for row in rows] == ["A-1"]
    found = clerk.get("/api/scan/", {"code": "B-07"}).json()["matches"]
    assert [(one["type"], one["sku"]) for one in found] == [("bin", "A-1")]
    entry = AuditEntry.objects.filter(object_type="stock").latest("pk")
    assert (entry.changes["bin_location"], entry.actor_id) == (["", "B-07"], clerk.user.pk)
    assert clerk.put(f"{STOCKS}{stock.pk}/", {"bin_location": ""}).status_code == 200
    assert in_bins() == {"A-1": "", "A-2": ""}


def test_many_are_put_away_at_once_or_none(clerk, place):
    for number in (1, 2):
        put_in_stock(VariationFactory(sku_code=f"A-{number}"), place)
    VariationFactory(sku_code="NEVER-1")
    items = [{"sku": "A-1", "bin_location": "B-1"}, {"sku": "A-2", "bin_location": "B-2"}]

    answer = clerk.post(f"{STOCKS}put-away/", {"items": items})

    assert answer.status_code == 200, answer.content
    assert [row["bin_location"] for row in answer.json()["stocks"]] == ["B-1", "B-2"]
    assert in_bins() == {"A-1": "B-1", "A-2": "B-2"}
    for wrong, field in (
        ({"sku": "NEVER-1", "bin_location": "B-3"}, "items.1.sku"),
        ({"sku": "NO-SUCH", "bin_location": "B-3"}, "items.1.sku"),
        ({"sku": "A-1", "bin_location": "B-3"}, "items.1.sku"),
        ({"sku": "A-2", "bin_location": "B\n3"}, "items.1.bin_location"),
        ({"sku": "A-2", "bin_location": "B" * 101}, "items.1.bin_location"),
        ({"sku": "A-2"}, "items.1.bin_location"),
    ):
        body = {"items": [{"sku": "A-1", "bin_location": "B-9"}, wrong]}
        refused = clerk.post(f"{STOCKS}put-away/", body)
        assert (refused.status_code, list(refused.json()["details"])) == (400, [field])
    assert in_bins() == {"A-1": "B-1", "A-2": "B-2"}


@pytest.mark.parametrize("body", [{}, {"bin_location": None}, {"bin_location": "A\nB"}])
def test_what_is_no_bin_is_refused(clerk, place, body):
    stock = put_in_stock(warehouse=place)

    answer = clerk.patch(f"{STOCKS}{stock.pk}/", body)

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["bin_location"])
    assert Stock.objects.get().bin_location == ""


def test_quantities_stay_with_the_ledger(clerk, place):
    stock = put_in_stock(warehouse=place)

    clerk.patch(f"{STOCKS}{stock.pk}/", {"bin_location": "B-1", "on_hand": 99})

    stock.refresh_from_db()
    assert (stock.bin_location, stock.on_hand) == ("B-1", 10)


def test_a_stale_version_is_refused(clerk, place):
    stock = put_in_stock(warehouse=place)

    answer = clerk.patch(
        f"{STOCKS}{stock.pk}/", {"bin_location": "B-1"}, headers={"If-Match": '"1"'}
    )

    assert answer.status_code == 412
    assert Stock.objects.get().bin_location == ""


@pytest.mark.parametrize("number", [1, 3])
def test_putting_away_takes_as_many_queries_for_any_number(
    clerk, place, number, django_assert_num_queries
):
    skus = [put_in_stock(warehouse=place).variation.sku_code for _ in range(number)]
    items = [{"sku": sku, "bin_location": f"B-{sku}"} for sku in skus]

    # the warehouse, the goods, their balances; begin, lock, write, commit; the answer
    with django_assert_num_queries(8):
        answer = clerk.post(f"{STOCKS}put-away/", {"items": items})

    assert len(answer.json()["stocks"]) == number


def put_away_while_somebody_posts(lock_stocks, monkeypatch):
    """Put two balances away while a posting holds the first and then wants the second."""
    place = WarehouseFactory()
    first, second = put_in_stock(warehouse=place), put_in_stock(warehouse=place)
    holds_first, waits = Event(), Event()

    def issue(stock):
        change = StockChange(
            variation_id=stock.variation_id, warehouse_id=place.pk, quantity=-1,
            movement_type="outbound",
        )  # fmt: skip
        apply_stock_changes([change], acting_user=None)

    def post():
        with transaction.atomic():
            issue(first)
            holds_first.set()
            waits.wait(timeout=1)
            issue(second)

    def locking(keys):
        holds_first.wait(timeout=10)
        return lock_stocks(keys)

    monkeypatch.setattr(bins, "lock_stocks", locking)
    both = {first.pk: "B-1", second.pk: "B-2"}
    outcomes = run_at_once(post, partial(bins.place_in_bins, bins=both, acting_user=None))
    return [one for one in outcomes if isinstance(one, Exception)]


@pytest.mark.django_db(transaction=True)
def test_putting_away_and_a_posting_never_wait_for_each_other(monkeypatch):
    assert put_away_while_somebody_posts(bins.lock_stocks, monkeypatch) == []

    assert sorted(in_bins().values()) == ["B-1", "B-2"]
    assert set(Stock.objects.values_list("on_hand", flat=True)) == {9}


@pytest.mark.django_db(transaction=True)
def test_locked_in_another_order_they_would(monkeypatch):
    def last_first(keys):
        rows = Stock.objects.filter(pk__in=keys).order_by("-pk")
        return list(rows.select_for_update(no_key=True))

    errors = put_away_while_somebody_posts(last_first, monkeypatch)

    assert [type(error) for error in errors] == [OperationalError]
    assert "deadlock" in str(errors[0])
