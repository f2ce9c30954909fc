"""What stock was at the end of a past day, and what it was worth."""

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inventory.as_of import value_by_warehouse
from inventory.models import Stock, StockDay, StockDayProgress, StockMovement
from inventory.services import stock_days
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from inventory.services.stock_days import roll_up_stock_days
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.transfers import make_transfer
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.quiet_cluster
DAYS = [date(2026, 3, day) for day in (1, 2, 3, 4)]


def on(day, hour=12):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def post(stock, quantity, day, cost=None):
    change = StockChange(
        variation_id=stock.variation_id,
        warehouse_id=stock.warehouse_id,
        quantity=Decimal(quantity),
        movement_type="inbound" if quantity > 0 else "outbound",
        unit_cost=cost and Decimal(cost),
        occurred_at=on(day),
    )
    apply_stock_changes([change], acting_user=None)


@pytest.fixture
def history():
    """Ten at 4 on the first, four out on the third; six at 8 on the second, recorded last."""
    stock = put_in_stock(quantity=10, occurred_at=on(DAYS[0]))
    post(stock, -4, DAYS[2])
    post(stock, 6, DAYS[1], cost=8)
    return stock


def raw_value(day, warehouse):
    """Add up the ledger itself, movement by movement."""
    rows = StockMovement.objects.filter(warehouse=warehouse)
    return sum((row.total_value for row in rows if row.occurred_at.date() <= day), Decimal(0))


def rolled_value(day, *warehouses):
    return [row.value for row in value_by_warehouse(day, [one.pk for one in warehouses])]


def roll_up_all():
    """Roll up until nothing is left; transactions of other databases may hold it up a while."""
    rows, patience = 0, time.monotonic() + 60
    while True:
        rows += roll_up_stock_days()
        reached = StockDayProgress.objects.get().transaction_id
        if not StockMovement.objects.filter(transaction_id__gte=reached).exists():
            return rows
        assert time.monotonic() < patience, "somebody's transaction never ends"
        time.sleep(0.05)


@pytest.mark.django_db
def test_backdated_movement_shows_on_its_day_and_leaves_the_chain(api, history):
    client = api("viewer", history.warehouse)

    shown = [
        client.get("/api/stocks/", {"as_of": day.isoformat()}).json()["stocks"][0] for day in DAYS
    ]

    assert [(row["on_hand"], row["value"], row["as_of"]) for row in shown] == [
        (10, 40, "2026-03-01"),
        (16, 88, "2026-03-02"),
        (12, 72, "2026-03-03"),
        (12, 72, "2026-03-04"),
    ]
    assert (shown[1]["average_cost"], shown[1]["reserved"], shown[1]["is_low"]) == (5.5, None, None)
    rows = StockMovement.objects.order_by("pk").values_list("stock_before", "stock_after")
    assert list(rows) == [(0, 10), (10, 6), (6, 12)]
    assert verify_ledger() == []


@pytest.mark.django_db
def test_stock_before_its_first_day_is_nothing(api, history):
    answer = api("viewer", history.warehouse).get("/api/stocks/", {"as_of": "2026-02-28"})

    row = answer.json()["stocks"][0]
    assert (row["on_hand"], row["value"], row["average_cost"]) == (0, 0, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"as_of": ""}, "as_of"),
        ({"as_of": "2999-01-01"}, "as_of"),
        ({"as_of": "2026-03-01", "low_stock": "true"}, "low_stock"),
    ],
)
def test_wrong_day_is_refused_by_name(api, history, parameters, field):
    answer = api("viewer", history.warehouse).get("/api/stocks/", parameters)

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_list_as_of_takes_as_many_queries_as_the_present_one(
    api, number, django_assert_num_queries
):
    warehouse = WarehouseFactory()
    for _ in range(number):
        put_in_stock(warehouse=warehouse, occurred_at=on(DAYS[0]))
    client = api("viewer", warehouse)

    with django_assert_num_queries(1):  # balances with their number
        answer = client.get("/api/stocks/", {"as_of": DAYS[1].isoformat()})

    assert [row["on_hand"] for row in answer.json()["stocks"]] == [10] * number


@pytest.mark.django_db
def test_valuation_is_of_own_warehouses_and_of_goods_in_transit_for_who_sees_all(api):
    shop, store = WarehouseFactory(), WarehouseFactory()
    item = VariationFactory()
    put_in_stock(item, shop, 10)
    put_in_stock(item, store, 1)
    make_transfer(3, variations=[item], source=shop, to=store, status="in_transit")

    own = api("viewer", shop).get("/api/stocks/valuation/").json()
    everything = api("admin").get("/api/stocks/valuation/").json()
    foreign = api("viewer", shop).get("/api/stocks/valuation/", {"warehouse": store.code})

    today = timezone.now().date().isoformat()
    assert own == {
        "as_of": today,
        "warehouses": [{"warehouse": shop.code, "value": 28}],
        "in_transit": None,
        "total_value": 28,
    }
    assert everything == {
        "as_of": today,
        "warehouses": [
            {"warehouse": shop.code, "value": 28},
            {"warehouse": store.code, "value": 4},
        ],
        "in_transit": 12,
        "total_value": 44,
    }
    assert foreign.status_code == 400


@pytest.mark.django_db(transaction=True)
def test_rolled_up_value_is_the_ledgers_on_every_day_also_after_backdated_movements(history):
    warehouse, other = history.warehouse, WarehouseFactory()
    put_in_stock(history.variation, other, 7, occurred_at=on(DAYS[3], 23))

    def compare():
        for day in (DAYS[0] - timedelta(days=1), *DAYS):
            expected = [raw_value(day, warehouse), raw_value(day, other)]
            assert rolled_value(day, warehouse, other) == expected

    compare()
    assert roll_up_all() == 4
    compare()
    post(history, 2, DAYS[0], cost=100)
    compare()
    assert (roll_up_all(), roll_up_all()) == (1, 0)
    compare()
    first = StockDay.objects.get(warehouse=warehouse, day=DAYS[0])
    assert (first.movements, first.quantity, first.value) == (2, 12, 240)
    assert StockDay.objects.count() == 4


def roll_up_while_a_posting_is_open(stock, finish):
    """Roll up between two postings of which the first commits last."""
    posted, rolled = Event(), Event()

    def post_slowly():
        with transaction.atomic():
            post(stock, 5, DAYS[1], cost=3)
            posted.set()
            rolled.wait(timeout=10)

    def roll_up():
        posted.wait(timeout=10)
        put_in_stock(VariationFactory(), stock.warehouse, 1, occurred_at=on(DAYS[1]))
        roll_up_stock_days()
        rolled.set()

    assert run_at_once(post_slowly, roll_up) == [None, None]
    finish()


@pytest.mark.django_db(transaction=True)
def test_posting_that_commits_after_later_ones_were_rolled_up_is_not_lost(history):
    roll_up_while_a_posting_is_open(history, roll_up_all)

    assert rolled_value(DAYS[3], history.warehouse) == [raw_value(DAYS[3], history.warehouse)]
    assert sum(StockDay.objects.values_list("movements", flat=True)) == 5


@pytest.mark.django_db(transaction=True)
def test_with_the_last_key_seen_as_the_mark_a_late_posting_is_lost(history, monkeypatch):
    newest = "(SELECT max(transaction_id) + 1 FROM inventory_stockmovement)"
    naive = stock_days.ROLL_UP.replace(
        "pg_snapshot_xmin(pg_current_snapshot())::text::bigint", newest
    )
    assert naive != stock_days.ROLL_UP
    monkeypatch.setattr(stock_days, "ROLL_UP", naive)

    roll_up_while_a_posting_is_open(history, roll_up_stock_days)

    assert sum(StockDay.objects.values_list("movements", flat=True)) == 4
    assert rolled_value(DAYS[3], history.warehouse) != [raw_value(DAYS[3], history.warehouse)]


@pytest.mark.django_db(transaction=True)
def test_roll_ups_at_once_add_each_movement_once():
    stock = put_in_stock(quantity=100, occurred_at=on(DAYS[0]))
    calls = [partial(post, stock, -1, DAYS[number % 4]) for number in range(4)]

    for _ in range(3):
        outcomes = run_at_once(*calls, *[roll_up_stock_days] * 4)
        assert [one for one in outcomes if isinstance(one, Exception)] == []
    roll_up_all()

    assert sum(StockDay.objects.values_list("movements", flat=True)) == 13
    assert Stock.objects.get().on_hand == 88
    assert rolled_value(DAYS[3], stock.warehouse) == [raw_value(DAYS[3], stock.warehouse)]


@pytest.mark.django_db
def test_movement_of_today_is_in_todays_value_before_any_roll_up(history):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inventory_stockday")
        assert cursor.fetchone() == (0,)

    assert rolled_value(timezone.now().date(), history.warehouse) == [Decimal(72)]


@pytest.mark.django_db
def test_a_valuation_is_a_file_and_refuses_what_it_does_not_know(api):
    shop = WarehouseFactory(code="WH-A")
    put_in_stock(warehouse=shop, quantity=10)
    admin = api("admin")

    given = admin.get("/api/stocks/valuation/?format=csv").getvalue().decode().splitlines()
    unknown = admin.get("/api/stocks/valuation/?day=2026-01-01")
    wrong = admin.get("/api/stocks/valuation/?as_of=yesterday&format=csv")

    assert given[0] == "as_of,warehouse,value"
    assert [line.split(",")[1:] for line in given[1:]] == [["WH-A", "40"], ["in transit", "0"]]
    assert (unknown.status_code, list(unknown.json()["details"])) == (400, ["day"])
    assert (wrong.status_code, wrong["Content-Type"]) == (400, "application/json")


@pytest.mark.django_db
def test_the_total_is_what_the_rows_add_up_to(api):
    for _ in range(2):
        post(put_in_stock(quantity=1), 1, DAYS[0], cost="0.005")

    told = api("admin").get("/api/stocks/valuation/").json()

    assert [row["value"] for row in told["warehouses"]] == [4.01, 4.01]
    assert told["total_value"] == 8.02
